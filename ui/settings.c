#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/msg.h"

#define WHY_MAX 320

static const struct setting {
	const char *section, *key;
	const struct setting_type *type;
	size_t offset;
	const char *preset; /* "" is not set */
	const char *help;
} settings[] = {
#define S(section, key, type, member, preset, help)                                            \
	{                                                                                      \
		section, key, &SETTING_##type, offsetof(struct settings, member), preset, help \
	}
    S("database", "file", PATH, database, "", "the database; empty: $WOULDBLOCK_DB, else the usual place"),
    S("database", "wal_limit", SIZE, wal_limit, "64M",
      "how far its write-ahead log may grow by a reader before that is said"),
    S("log", "files", TEXTS, log_files, "/var/log/mail.log", "logs that follow reads"),
    S("log", "timezone", ZONE, timezone, "", "zone of stamps that name none; empty: the machine's"),
    S("log", "history", TEXTS, history, "", "older logs, read first when the database is new"),
    S("log", "olddir", TEXTS, olddir, "", "other folders where rotated files of these logs lie"),
    S("log", "rotate_wait", DURATION, rotate_wait, "10s", "how long a rotated file must be silent to be complete"),
    S("log", "poll", DURATION, poll, "2s", "how often follow looks at its log, events or none"),
    S("log", "unpack_limit", DURATION, unpack_limit, "1h",
      "how long one compressed file may be read before it is given up"),
    S("networks", "inside", NETWORKS, inside, "", "networks that are inside, besides the private ranges"),
    S("networks", "domains", DOMAINS, domains, "", "own domains; empty: the map's keys, else from the log"),
    S("networks", "shared", DOMAINS, shared, "", "domains that many senders share, besides the built-in list"),
    S("networks", "mynetworks", NETWORKS, mynetworks, "",
      "Postfix's mynetworks: inside, and let through before the rule"),
    S("hosts", "alias", ALIASES, alias, "", "NAME=HOST: the log's NAME is the host HOST"),
    S("hosts", "retired", HOSTS, retired, "", "hosts that take no mail any more"),
    S("hosts", "canary_client", NETWORKS, canary_client, "", "clients that only test: they prove life, nothing else"),
    S("hosts", "canary_sender", ADDRESSES, canary_sender, "", "senders that only test"),
    S("filter", "relays", HOSTS, relays, "", "content filters that are not on loopback"),
    S("postfix", "main_cf", PATH, main_cf, "", "Postfix's main.cf, only read: what is in force; empty: beside the map"),
    S("criteria", "days", DAYS, days, "30", "days the rule must have been watched"),
    S("criteria", "continuity", PERCENT, continuity, "99", "percent of the window for which we must hold the log"),
    S("criteria", "coverage", PERCENT, coverage, "97", "percent of source coverage by days"),
    S("criteria", "quiet_days", DAYS, quiet_days, "7", "days without a warning for exempt and move sources"),
    S("criteria", "behind", DURATION, behind, "5m", "how far follow may be behind its log"),
    S("mail", "to", ADDRESSES, mail_to, "postmaster", "who gets the daily summary"),
    S("mail", "from", ADDRESS, mail_from, "wouldblock", "its sender"),
    S("mail", "sendmail", PATH, sendmail, "/usr/sbin/sendmail", "the program that takes it"),
#undef S
};

#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

static void *dest_of(struct settings *s, const struct setting *row)
{
	return (char *)s + row->offset;
}

static const struct setting *setting_find(const char *section, const char *key)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (strcmp(settings[i].section, section) == 0 && strcmp(settings[i].key, key) == 0)
			return &settings[i];
	return NULL;
}

bool settings_has_section(struct slice section)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (slice_eq(section, slice_str(settings[i].section)))
			return true;
	return false;
}

struct slice settings_rule_name(struct slice section)
{
	if (!slice_skip(&section, SLICE("rule")) || section.n == 0 || !strchr(" \t", section.p[0]))
		return SLICE_NONE;
	while (section.n > 0 && strchr(" \t", section.p[0]))
		section = slice_from(section, 1);
	return section;
}

static bool setting_store(struct settings *s, const struct setting *row, const char *value, char *why, size_t cap)
{
	if (value[0] != '\0')
		return setting_type_store(row->type, dest_of(s, row), slice_str(value), why, cap);
	if (row->type->list)
		return true;
	if (row->preset[0] != '\0') {
		snprintf(why, cap, "must not be empty");
		return false;
	}
	setting_type_clear(row->type, dest_of(s, row));
	return true;
}

bool settings_is_list(const char *section, const char *key)
{
	const struct setting *row = setting_find(section, key);

	return row && row->type->list;
}

bool settings_add(struct settings *s, const char *section, const char *key, const char *value, char *why, size_t cap)
{
	struct slice rule = settings_rule_name(slice_str(section));
	const struct setting *row = setting_find(section, key);
	size_t at;

	if (slice_is_set(rule))
		return rules_set(&s->rules, rule, slice_str(key), slice_str(value), &at, why, cap);
	if (row)
		return setting_store(s, row, value, why, cap);
	snprintf(why, cap, "unknown setting");
	return false;
}

bool settings_set(struct settings *s, const char *section, const char *key, const char *value, char *why, size_t cap)
{
	const struct setting *row = setting_find(section, key);

	if (row && row->type->list)
		setting_type_clear(row->type, dest_of(s, row));
	return settings_add(s, section, key, value, why, cap);
}

void settings_default(struct settings *s)
{
	char why[WHY_MAX];

	memset(s, 0, sizeof(*s));
	if (!rules_init(&s->rules))
		msg_fail(EX_OSERR, "out of memory");
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (!setting_store(s, &settings[i], settings[i].preset, why, sizeof(why)))
			msg_bug("default of %s: %s", settings[i].key, why);
}

void settings_release(struct settings *s)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		setting_type_clear(settings[i].type, dest_of(s, &settings[i]));
	rules_release(&s->rules);
}

static char *join(const char *dir, const char *rest)
{
	size_t n = strlen(dir) + strlen(rest) + 1;
	char *path = xmalloc(n);

	snprintf(path, n, "%s%s", dir, rest);
	return path;
}

static const char *database_named(const struct settings *s)
{
	const char *given = getenv("WOULDBLOCK_DB");

	if (s->database)
		return s->database;
	return given && *given ? given : NULL;
}

/* there: bytes of the path that name what we do not make. */
static char *database_unnamed(size_t *there)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	*there = 0;
	if (geteuid() != 0 && state && *state == '/') /* the XDG rules ignore a relative path */
		return join(state, "/wouldblock/wouldblock.db");
	if (geteuid() != 0 && home && *home == '/') {
		*there = strlen(home);
		return join(home, "/.local/state/wouldblock/wouldblock.db");
	}
	*there = strlen("/var/lib");
	return xstrdup("/var/lib/wouldblock/wouldblock.db");
}

char *settings_database(const struct settings *s)
{
	const char *named = database_named(s);
	size_t there;

	return named ? xstrdup(named) : database_unnamed(&there);
}

char *settings_make_directories(const struct settings *s)
{
	size_t there;

	if (database_named(s))
		return NULL;
	char *path = database_unnamed(&there);
	for (char *slash = strchr(path + there + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (access(path, F_OK) != 0 && mkdir(path, 0700) != 0 && errno != EEXIST)
			return path;
		*slash = '/';
	}
	free(path);
	return NULL;
}

void settings_print(FILE *out)
{
	const char *section = "";
	struct rules rules;

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *row = &settings[i];

		if (strcmp(section, row->section) != 0)
			fprintf(out, "%s[%s]\n", i ? "\n" : "", row->section);
		section = row->section;
		fprintf(out, "; %s\n%s =%s%s\n", row->help, row->key, *row->preset ? " " : "", row->preset);
	}
	if (!rules_init(&rules))
		msg_fail(EX_OSERR, "out of memory");
	for (int i = 0; i < rules.count; i++) {
		const struct rule *r = &rules.rule[i];

		fprintf(out, "\n; a rule; of any number of sections [rule NAME] the first match counts\n");
		fprintf(out, "[rule %s]\n; what people read\ntitle = %s\n", r->name, r->title);
		fprintf(out, "; pattern (PCRE2) of the text it warns with\nwarn = %s\n", r->warn);
		fprintf(out, "; pattern of the text it rejects with\nreject = %s\n", r->reject);
		fprintf(out, "; the access map that has it\nmap = %s\n", r->map);
	}
	rules_release(&rules);
}
