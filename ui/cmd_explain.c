#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "../analyzer/msg.h"
#include "../analyzer/own.h"
#include "explain.h"

struct explain_command {
	struct common common;
	struct planned_options planned;
	const char *client, *client_name, *sender, *recipient;
	int format;
};

static const char *const formats[] = {"text", "json", NULL};
#define LAST_MAILS 10

#define AT(field) offsetof(struct explain_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct explain_command),
    PLANNED_ROWS(struct explain_command),
    {"--client", "IP", OPTION_STRING, AT(client), "the client's address", 0, 0, NULL},
    {"--client-name", "NAME", OPTION_STRING, AT(client_name),
     "its verified name, or `unknown` (default: what the log had last)", 0, 0, NULL},
    {"--sender", "ADDRESS", OPTION_STRING, AT(sender), "the envelope sender; <> is the null sender", 0, 0, NULL},
    {"--recipient", "ADDRESS", OPTION_STRING, AT(recipient), "for the history and the swaks line", 0, 0, NULL},
    {"--format", "FORMAT", OPTION_CHOICE, AT(format), "how to print (default: text)", 0, 0, formats},
};
#define ROWS (sizeof rows / sizeof *rows)

/* ------------------------------------------------------------------ what is asked */

static void ask_client(struct explaining *e)
{
	struct slice ip = slice_str(e->client);

	if (!ip_parse(ip, &e->ip))
		msg_die(EX_USAGE, "explain: --client: an IP address is needed, as 192.0.2.7 or 2001:db8::7");
	e->ip_text[ip_text(&e->ip, e->ip_text)] = '\0';
	memcpy(e->key, e->ip.b, sizeof e->key);
	e->params[0] = (struct query_param){"ip", slice_str(e->ip_text), 0, false};
	e->params[1] = (struct query_param){"other", ip, 0, false};
	e->name_from = "option";
	if (e->client_name) {
		e->name = xstrdup(*e->client_name ? e->client_name : "unknown");
		return;
	}
	struct query *q = query_new(e->now.reader, SQL_READ_EXPLAIN_NAME, e->params, 2);
	bool found = query_row(q);
	e->name = found ? xstrndup(query_text(q, 0).p, query_text(q, 0).n) : xstrdup("unknown");
	e->name_from = found ? "log" : "nowhere";
	query_free(q);
}

static void ask_sender(struct explaining *e)
{
	struct slice s = slice_str(e->asked_sender);

	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = slice_of(s.p + 1, s.n - 2);
	if (s.n >= SUBJECT_TEXT)
		msg_die(EX_USAGE, "explain: --sender: longer than any address");
	e->sender = xstrndup(s.p, s.n);
	e->folded = xstrndup(s.p, s.n);
	slice_fold(s, e->folded, s.n);
	struct slice domain = own_domain(s, e->domain, sizeof e->domain - 1);
	e->domain[domain.n] = '\0';
	origin_name(e->now.origin, slice_str(e->name), slice_str(e->ip_text), &e->source);
	e->params[2] = (struct query_param){"sender", slice_str(e->folded), 0, false};
	e->params[3] = (struct query_param){"domain", slice_str(e->domain), 0, false};
	e->params[4] = (struct query_param){"key", slice_of(e->key, sizeof e->key), 0, false};
	e->params[5] = (struct query_param){"source", slice_str(e->source.text), 0, false};
	e->params[6] =
	    (struct query_param){"rule", slice_str(e->now.settings.rules.rule[e->now.rule - 1].name), 0, false};
	e->params[7] = (struct query_param){"recipient", slice_str(e->recipient), 0, !e->recipient};
	e->n = 8;
}

/* ------------------------------------------------------------------ for those who tell it */

struct query *explain_ask(struct explaining *e, enum sql_id id)
{
	struct query_param params[9];

	memcpy(params, e->params, sizeof e->params);
	params[e->n] = (struct query_param){"limit", SLICE_NONE, LAST_MAILS, false};
	return query_new(e->now.reader, id, params, e->n + 1);
}

/* Judged as the files are now (plan NULL), or with the plan in force. */
void explain_judge(struct explaining *e, bool now, struct policy_judgement *j)
{
	char *list = planned_list(&e->now, now);

	policy_judge(e->now.files.policy, list, slice_str(e->name), slice_str(e->ip_text), slice_str(e->sender), j);
	free(list);
}

/* ------------------------------------------------------------------ the command */

int command_explain(const struct command *c, struct common *common, int argc, char **argv)
{
	struct explain_command o = {.common = *common};
	struct option_rest rest = {0};
	struct explaining e = {0};

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n)
		msg_die(EX_USAGE, "explain: what is `%s`? It takes options only", rest.v[0]);
	if (!o.client || !o.sender)
		msg_die(EX_USAGE, "explain: --client IP and --sender ADDRESS are needed");
	e.client = o.client;
	e.client_name = o.client_name;
	e.asked_sender = o.sender;
	e.recipient = o.recipient;
	planned_open(&e.now, "explain", &o.common, &o.planned);
	e.host = planned_host(&e.now);
	ask_client(&e);
	ask_sender(&e);
	e.plan = planned_plan(&e.now, PLAN_REJECT, e.why, sizeof e.why);
	o.format ? explain_json(&e) : explain_text(&e);
	fwrite(e.out.p, 1, e.out.n, stdout);
	output_check();
	text_release(&e.out);
	plan_free(e.plan);
	free(e.host);
	free(e.name);
	free(e.sender);
	free(e.folded);
	planned_release(&e.now);
	return 0;
}
