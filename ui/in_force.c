#include "in_force.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/msg.h"
#include "encode.h"

struct reading {
	struct in_force *f;
	const char *command;
	const struct in_force_given *given;
	const struct settings *settings;
	const char *map_path; /* of the map; NULL: none */
	bool main_cf;         /* it was read */
};

/* Dies if somebody named it and it cannot be read; else says whether it can. */
static bool readable(const struct reading *r, const char *option, const char *path, bool named)
{
	char safe[300];

	if (access(path, R_OK) == 0)
		return true;
	if (named)
		msg_die(EX_NOINPUT, "%s: %s %s: %s", r->command, option, msg_safe(slice_str(path), safe, sizeof safe),
		        strerror(errno));
	return false;
}

static const char *map_of_rule(const struct settings *s, const char *rule)
{
	for (int i = 0; i < s->rules.count; i++)
		if (strcmp(s->rules.rule[i].name, rule) == 0)
			return s->rules.rule[i].map;
	return NULL;
}

/* A bare path is indexed, as postconf's default_database_type has it on Debian. */
static char *map_name(const char *said)
{
	struct text name = {0};

	if (access_path_of(slice_str(said)).p == said)
		text_str(&name, "hash:");
	text_str(&name, said);
	return name.p;
}

static void read_map(struct reading *r, const char *rule)
{
	bool named = r->given->map != NULL;
	const char *said = named ? r->given->map : map_of_rule(r->settings, rule);
	char safe[300];

	if (!said)
		return;
	struct slice path = access_path_of(slice_str(said));
	enum access_kind kind = access_kind_of(slice_str(said));
	bool file = kind != ACCESS_INLINE && kind != ACCESS_STATIC && kind != ACCESS_UNKNOWN;

	if (named && (kind == ACCESS_UNKNOWN || said[strcspn(said, " \t,")]))
		msg_die(EX_USAGE,
		        "%s: --sender-access %s: no map that can be read here: TYPE:PATH without blanks or commas",
		        r->command, msg_safe(slice_str(said), safe, sizeof safe));
	if (file)
		r->map_path = path.p;
	if (kind == ACCESS_UNKNOWN || (file && !readable(r, "--sender-access", path.p, named)))
		return;
	char *name = map_name(said);
	if (policy_read_map(r->f->policy, name))
		r->f->map = name;
	else if (named)
		exit(EX_NOINPUT); /* it has been said why */
	else
		free(name);
}

static char *beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct text file = {0};

	text_add(&file, slash ? slice_of(path, (size_t)(slash - path) + 1) : SLICE_NONE);
	text_str(&file, "main.cf");
	return file.p;
}

static void read_main_cf(struct reading *r)
{
	const char *named = r->given->main_cf, *said = named ? named : r->settings->main_cf;
	char *path = said ? xstrdup(said) : r->f->map && r->map_path ? beside(r->map_path) : NULL;

	if (path && readable(r, "--main-cf", path, named != NULL)) {
		r->main_cf = policy_read_main_cf(r->f->policy, path);
		if (!r->main_cf && named)
			exit(EX_NOINPUT); /* it has been said why */
	}
	free(path);
}

/* As main.cf has them: IPv6 in brackets. */
static void add_network(struct text *list, const struct network *n)
{
	char buf[NETWORK_TEXT];
	struct slice whole = slice_of(buf, network_text(n, buf));
	ptrdiff_t slash = slice_chr(whole, '/');
	struct slice head = slash < 0 ? whole : slice_head(whole, (size_t)slash);
	bool brackets = slice_chr(whole, ':') >= 0;

	text_str(list, brackets ? " [" : " ");
	text_add(list, head);
	text_str(list, brackets ? "]" : "");
	text_add(list, slice_from(whole, head.n));
}

/* The command line counts most, then main.cf, then the setting. True if they are known. */
static bool read_networks(const struct reading *r)
{
	const struct settings_networks *set = &r->settings->mynetworks;

	if (r->given->networks) {
		if (!policy_networks(r->f->policy, r->given->networks))
			exit(EX_USAGE); /* it has been said why */
		return true;
	}
	if (r->main_cf && policy_setting(r->f->policy, "mynetworks"))
		return true;
	if (set->n == 0)
		return false;
	struct text list = {0};
	for (size_t i = 0; i < set->n; i++)
		add_network(&list, &set->item[i]);
	policy_networks(r->f->policy, list.p);
	text_release(&list);
	return true;
}

void in_force_read(struct in_force *f, const char *command, const struct in_force_given *given,
                   const struct settings *s, const char *rule)
{
	struct reading r = {.f = f, .command = command, .given = given, .settings = s};
	struct policy_place place;

	*f = (struct in_force){.policy = policy_new()};
	read_map(&r, rule);
	read_main_cf(&r);
	bool networks = read_networks(&r);
	if (r.main_cf && f->map && r.map_path && policy_place(f->policy, r.map_path, &place))
		policy_networks_first(f->policy, place.networks_before);
	if (!f->map && !r.main_cf && !networks)
		f->policy = policy_free(f->policy);
}

void in_force_release(struct in_force *f)
{
	policy_free(f->policy);
	free(f->map);
}

struct decision_options in_force_options(const struct in_force *f, const struct settings *s,
                                         const struct origin *origin)
{
	return (struct decision_options){
	    .since = STAMP_NONE,
	    .until = STAMP_NONE,
	    .days = s->days,
	    .quiet_days = s->quiet_days,
	    .behind = s->behind * INT64_C(1000000),
	    .continuity = s->continuity,
	    .coverage = s->coverage,
	    .alias = s->alias.item,
	    .alias_n = s->alias.n,
	    .retired = s->retired.item,
	    .retired_n = s->retired.n,
	    .domains = s->domains.item,
	    .domains_n = s->domains.n,
	    .origin = origin,
	    .policy = f->policy,
	    .map = f->map,
	};
}
