#include "planned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/msg.h"

static char *print(const char *fmt, const char *a, const char *b)
{
	char *s = NULL;

	if (asprintf(&s, fmt, a, b) < 0)
		msg_die(EX_OSERR, "out of memory");
	return s;
}

static void find_rule(struct planned *p)
{
	const char *name = p->options.rule ? p->options.rule : "own-domain";
	char safe[100];

	for (int i = 0; i < p->settings.rules.count; i++)
		if (strcmp(p->settings.rules.rule[i].name, name) == 0)
			p->rule = i + 1;
	if (p->rule == 0)
		msg_die(EX_USAGE, "%s: --rule: the settings have no rule `%s`", p->command,
		        msg_safe(slice_str(name), safe, sizeof safe));
}

static void check_text(const struct planned *p, const char *option, const char *text)
{
	const char *trouble = text ? plan_text_trouble(text) : NULL;

	if (trouble)
		msg_die(EX_USAGE, "%s: %s: the text %s", p->command, option, trouble);
}

/* The map as it was named, its path made absolute: scripts run elsewhere. */
static void find_map(struct planned *p)
{
	const struct rule *rule = &p->settings.rules.rule[p->rule - 1];
	const char *said = p->options.given.map ? p->options.given.map : rule->map;
	char safe[300];

	if (!said)
		msg_die(EX_CONFIG, "%s: rule %s has no access map: name it with --sender-access", p->command,
		        rule->name);
	msg_safe(slice_str(said), safe, sizeof safe);
	struct slice name = slice_str(said), path = access_path_of(name);
	if (access_kind_of(name) != ACCESS_INDEXED)
		msg_die(EX_USAGE,
		        "%s: %s: a map of this type has no rows by sender; hash:, btree:, lmdb:, texthash: have",
		        p->command, safe);
	if (plan_text_trouble(said) || slice_chr(name, ' ') >= 0 || slice_chr(name, ',') >= 0)
		msg_die(EX_USAGE, "%s: %s: a map's path has no blanks, commas or characters that nobody sees",
		        p->command, safe);
	if (path.n == 0 || path.p[path.n - 1] == '/')
		msg_die(EX_USAGE, "%s: %s: no file is named", p->command, safe);
	char *here = path.p[0] == '/' ? xstrdup("") : getcwd(NULL, 0);
	char *type = path.p == said ? xstrdup("hash:") : xstrndup(said, (size_t)(path.p - said));
	char *whole = print("%s/%s", here ? here : "", path.p);
	p->files.map = print("%s%s", type, path.p[0] == '/' ? path.p : whole);
	free(whole);
	free(type);
	free(here);
}

/* As main.cf says, else where the main.cf lies that was read, or that should be there. */
static char *config_directory(const struct planned *p)
{
	const char *own = p->files.main_cf ? policy_setting(p->files.policy, "config_directory") : NULL;
	const char *named = p->options.given.main_cf ? p->options.given.main_cf : p->settings.main_cf;
	const char *path = named ? named : access_path_of(slice_str(p->files.map)).p;
	const char *slash = strrchr(path, '/');

	if (own && own[0] == '/')
		return xstrdup(own);
	return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

static void read_map(struct planned *p)
{
	p->map_bytes = plan_read_map(access_path_of(slice_str(p->files.map)).p, &p->map_text);
	if (p->map_bytes && !policy_table(p->files.policy, p->files.map, p->map_text))
		p->map_text = SLICE_NONE;
}

void planned_open(struct planned *p, const char *command, const struct common *common, const struct planned_options *o)
{
	*p = (struct planned){.command = command, .options = *o};
	common_settings(common, &p->settings);
	find_rule(p);
	check_text(p, "--warn-text", o->warn_text);
	check_text(p, "--reject-text", o->reject_text);
	find_map(p);
	char *database = common_database(common, &p->settings);
	p->reader = reader_open(database);
	free(database);
	p->origin = common_origin(&p->settings);
	in_force_read_around(&p->files, command, &p->options.given, &p->settings);
	p->config_directory = config_directory(p);
	read_map(p);
}

void planned_release(struct planned *p)
{
	reader_close(p->reader);
	origin_free(p->origin);
	in_force_release(&p->files);
	free(p->map_bytes);
	free(p->config_directory);
	settings_release(&p->settings);
}

char *planned_list(const struct planned *p, bool warn_if_reject)
{
	return print("%scheck_sender_access %s",
	             warn_if_reject && p->files.placed && p->files.place.warn_if_reject ? "warn_if_reject " : "",
	             p->files.map);
}

char *planned_host(const struct planned *p)
{
	struct query_param rule = {"rule", slice_str(p->settings.rules.rule[p->rule - 1].name), 0, false};
	struct query *q = query_new(p->reader, SQL_READ_PLAN_STRETCH, &rule, 1);
	char *host = NULL;

	if (query_row(q) && !query_is_null(q, 2))
		host = xstrndup(query_text(q, 2).p, query_text(q, 2).n);
	query_free(q);
	return host;
}

struct plan *planned_plan(const struct planned *p, enum plan_stage stage, char *why, size_t cap)
{
	/* Matching counts its limit hits, and changes nothing else. */
	struct plan_options o = {.rules = (struct rules *)&p->settings.rules,
	                         .rule = p->rule,
	                         .stage = stage,
	                         .map = p->files.map,
	                         .map_text = p->map_text,
	                         .policy = p->files.policy,
	                         .config_directory = p->config_directory,
	                         .domains = p->settings.domains.item,
	                         .domains_n = p->settings.domains.n,
	                         .origin = p->origin,
	                         .warn_text = p->options.warn_text,
	                         .reject_text = p->options.reject_text};

	return plan_new(p->reader, &o, why, cap);
}
