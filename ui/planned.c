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
	const char *said = p->options.map ? p->options.map : rule->map;
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
	p->map = print("%s%s", type, path.p[0] == '/' ? path.p : whole);
	free(whole);
	free(type);
	free(here);
}

static char *beside_map(const struct planned *p)
{
	const char *path = access_path_of(slice_str(p->map)).p, *slash = strrchr(path, '/');
	char *directory = xstrndup(path, (size_t)(slash - path));
	char *file = print("%s/%s", directory, "main.cf");

	free(directory);
	return file;
}

static void read_main_cf(struct planned *p)
{
	const char *said = p->options.main_cf ? p->options.main_cf : p->settings.main_cf;
	char *path = said ? xstrdup(said) : beside_map(p);

	if (said || access(path, R_OK) == 0) {
		if (policy_read_main_cf(p->policy, path))
			p->main_cf = xstrdup(path);
		else if (p->options.main_cf)
			exit(EX_NOINPUT); /* it has been said why */
	}
	const char *own = p->main_cf ? policy_setting(p->policy, "config_directory") : NULL,
		   *slash = strrchr(path, '/');
	if (own && own[0] == '/')
		p->config_directory = xstrdup(own);
	else
		p->config_directory = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	free(path);
}

/* As main.cf has it: IPv6 in brackets. */
static void add_network(char **list, const struct network *n)
{
	char text[NETWORK_TEXT + 4], inner[NETWORK_TEXT];
	size_t len = network_text(n, inner);
	const char *slash = memchr(inner, '/', len);
	int head = slash ? (int)(slash - inner) : (int)len;

	if (memchr(inner, ':', len))
		snprintf(text, sizeof text, "[%.*s]%s", head, inner, slash ? slash : "");
	else
		snprintf(text, sizeof text, "%s", inner);
	char *longer = print("%s %s", *list ? *list : "", text);
	free(*list);
	*list = longer;
}

static void read_networks(struct planned *p)
{
	char *list = NULL;

	p->networks_known = p->main_cf && policy_setting(p->policy, "mynetworks");
	if (p->options.networks) {
		if (!policy_networks(p->policy, p->options.networks))
			msg_die(EX_USAGE, "%s: --mynetworks: a part of it is not understood", p->command);
		p->networks_known = true;
		return;
	}
	if (p->networks_known || p->settings.mynetworks.n == 0)
		return;
	for (size_t i = 0; i < p->settings.mynetworks.n; i++)
		add_network(&list, &p->settings.mynetworks.item[i]);
	p->networks_known = policy_networks(p->policy, list);
	free(list);
}

/* main.cf may name the map with another type than we took it for. */
static void take_type(struct planned *p)
{
	const char *path = access_path_of(slice_str(p->map)).p;
	struct slice entry = slice_str(p->place.entry[p->place.at]);
	ptrdiff_t at = slice_find(entry, slice_str(path));

	if (!slice_is_set(entry))
		return;
	while (at > 0 && entry.p[at - 1] != ' ')
		at--;
	char *name = at > 0 ? xstrdup(entry.p + at) : NULL;
	if (name)
		name[strcspn(name, " ,")] = '\0';
	if (name && access_kind_of(slice_str(name)) == ACCESS_INDEXED && strchr(name, ':') &&
	    strcmp(access_path_of(slice_str(name)).p, path) == 0) {
		free(p->map);
		p->map = slice_starts(slice_str(name), SLICE("proxy:")) ? xstrdup(name + 6) : xstrdup(name);
	}
	free(name);
}

static void read_map(struct planned *p)
{
	p->map_bytes = plan_read_map(access_path_of(slice_str(p->map)).p, &p->map_text);
	if (p->map_bytes && !policy_table(p->policy, p->map, p->map_text))
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
	p->policy = policy_new();
	read_main_cf(p);
	read_networks(p);
	p->placed = p->main_cf && policy_place(p->policy, access_path_of(slice_str(p->map)).p, &p->place);
	if (p->placed) {
		take_type(p);
		policy_networks_first(p->policy, p->place.networks_before);
	}
	read_map(p);
}

void planned_release(struct planned *p)
{
	reader_close(p->reader);
	origin_free(p->origin);
	policy_free(p->policy);
	free(p->map);
	free(p->map_bytes);
	free(p->main_cf);
	free(p->config_directory);
	settings_release(&p->settings);
}

char *planned_list(const struct planned *p, bool warn_if_reject)
{
	return print("%scheck_sender_access %s",
	             warn_if_reject && p->placed && p->place.warn_if_reject ? "warn_if_reject " : "", p->map);
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
	                         .map = p->map,
	                         .map_text = p->map_text,
	                         .policy = p->policy,
	                         .config_directory = p->config_directory,
	                         .domains = p->settings.domains.item,
	                         .domains_n = p->settings.domains.n,
	                         .origin = p->origin,
	                         .warn_text = p->options.warn_text,
	                         .reject_text = p->options.reject_text};

	return plan_new(p->reader, &o, why, cap);
}
