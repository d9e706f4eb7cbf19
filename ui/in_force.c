#include "in_force.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/msg.h"
#include "../parsers/logical.h"
#include "encode.h"

struct reading {
	struct in_force *f;
	const char *command;
	const struct in_force_given *given;
	const struct settings *settings;
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

/* ------------------------------------------------------------------ the map */

static const char *map_of_rule(const struct settings *s, const char *rule)
{
	for (int i = 0; i < s->rules.count; i++)
		if (strcmp(s->rules.rule[i].name, rule) == 0)
			return s->rules.rule[i].map;
	return NULL;
}

static bool is_file(const char *map)
{
	enum access_kind kind = access_kind_of(slice_str(map));

	return kind != ACCESS_INLINE && kind != ACCESS_STATIC && kind != ACCESS_UNKNOWN;
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

static void find_map(const struct reading *r, const char *rule)
{
	bool named = r->given->map != NULL;
	const char *said = named ? r->given->map : map_of_rule(r->settings, rule);
	char safe[300];

	if (!said)
		return;
	bool unknown = access_kind_of(slice_str(said)) == ACCESS_UNKNOWN;
	if (named && (unknown || said[strcspn(said, " \t,")]))
		msg_die(EX_USAGE,
		        "%s: --sender-access %s: no map that can be read here: TYPE:PATH without blanks or commas",
		        r->command, msg_safe(slice_str(said), safe, sizeof safe));
	const char *path = access_path_of(slice_str(said)).p;
	if (!unknown && (!is_file(said) || readable(r, "--sender-access", path, named)))
		r->f->map = map_name(said);
}

static void read_map(const struct reading *r)
{
	if (!r->f->map || policy_read_map(r->f->policy, r->f->map))
		return;
	if (r->given->map)
		exit(EX_NOINPUT); /* it has been said why */
	free(r->f->map);
	r->f->map = NULL;
}

/*
 * The map as an entry of main.cf names it, for free(): TYPE:PATH without
 * `proxy:`. NULL if it names none of this path that has a type and rows by sender.
 */
static char *map_in_entry(struct slice entry, struct slice path)
{
	struct slice word;

	while (list_word(&entry, &word)) {
		slice_skip(&word, SLICE("proxy:"));
		if (slice_chr(word, ':') > 0 && access_kind_of(word) == ACCESS_INDEXED &&
		    slice_eq(access_path_of(word), path))
			return xstrndup(word.p, word.n);
	}
	return NULL;
}

/* main.cf may name the map with another type than we took it for. */
static void take_type(struct in_force *f)
{
	char *name = map_in_entry(slice_str(f->place.entry[f->place.at]), access_path_of(slice_str(f->map)));

	if (!name)
		return;
	free(f->map);
	f->map = name;
}

/* ------------------------------------------------------------------ what stands around it */

static char *beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct text file = {0};

	text_add(&file, slash ? slice_of(path, (size_t)(slash - path) + 1) : SLICE_NONE);
	text_str(&file, "main.cf");
	return file.p;
}

static void read_main_cf(const struct reading *r)
{
	const char *named = r->given->main_cf, *said = named ? named : r->settings->main_cf, *map = r->f->map;
	char *path = said ? xstrdup(said) : map && is_file(map) ? beside(access_path_of(slice_str(map)).p) : NULL;

	if (path && readable(r, "--main-cf", path, named != NULL)) {
		if (policy_read_main_cf(r->f->policy, path))
			r->f->main_cf = xstrdup(path);
		else if (named)
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
	if (r->f->main_cf && policy_setting(r->f->policy, "mynetworks"))
		return true;
	if (set->n == 0)
		return false;
	struct text list = {0};
	for (size_t i = 0; i < set->n; i++)
		add_network(&list, &set->item[i]);
	bool known = policy_networks(r->f->policy, list.p);
	text_release(&list);
	return known;
}

/* Before the map: only main.cf knows its type, and so whether postmap has to make a file of it. */
static void read_around(const struct reading *r)
{
	struct in_force *f = r->f;

	f->policy = policy_new();
	read_main_cf(r);
	f->networks_known = read_networks(r);
	if (!f->main_cf || !f->map || !is_file(f->map))
		return;
	f->placed = policy_place(f->policy, access_path_of(slice_str(f->map)).p, &f->place);
	if (!f->placed)
		return;
	policy_networks_first(f->policy, f->place.networks_before);
	take_type(f);
}

/* ------------------------------------------------------------------ for the others */

void in_force_read_around(struct in_force *f, const char *command, const struct in_force_given *given,
                          const struct settings *s)
{
	const struct reading r = {.f = f, .command = command, .given = given, .settings = s};

	read_around(&r);
}

void in_force_read(struct in_force *f, const char *command, const struct in_force_given *given,
                   const struct settings *s, const char *rule)
{
	const struct reading r = {.f = f, .command = command, .given = given, .settings = s};

	*f = (struct in_force){0};
	find_map(&r, rule);
	read_around(&r);
	read_map(&r);
	if (!f->map && !f->main_cf && !f->networks_known)
		f->policy = policy_free(f->policy);
}

void in_force_release(struct in_force *f)
{
	policy_free(f->policy);
	free(f->map);
	free(f->main_cf);
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
