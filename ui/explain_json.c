#include <stdlib.h>

#include "../analyzer/msg.h"
#include "explain.h"

static void json_text(struct text *t, const char *name, struct slice value)
{
	text_printf(t, "%s\"%s\":", t->n && !strchr("{[", t->p[t->n - 1]) ? "," : "", name);
	if (slice_is_set(value))
		encode_json(t, value);
	else
		text_str(t, "null");
}

static void json_number(struct text *t, const char *name, int64_t value, bool null)
{
	text_printf(t, "%s\"%s\":", t->n && !strchr("{[", t->p[t->n - 1]) ? "," : "", name);
	if (null)
		text_str(t, "null");
	else
		text_int(t, value);
}

static void json_judgement(struct text *t, const struct policy_judgement *j)
{
	text_char(t, '{');
	json_text(t, "kind", slice_str(policy_kind_text(j->kind)));
	json_number(t, "code", j->code, j->code == 0);
	json_text(t, "dsn", *j->dsn ? slice_str(j->dsn) : SLICE_NONE);
	json_text(t, "text", j->text.n ? j->text : SLICE_NONE);
	text_str(t, ",\"steps\":[");
	for (int i = 0, n = 0; i < j->steps; i++) {
		if (!j->step[i].table)
			continue;
		text_str(t, n++ ? ",{" : "{");
		json_text(t, "table", slice_str(j->step[i].table));
		json_number(t, "line", j->step[i].line, j->step[i].line == 0);
		json_text(t, "key", j->step[i].key);
		json_text(t, "action", slice_is_set(j->step[i].key) ? j->step[i].action : SLICE_NONE);
		text_char(t, '}');
	}
	text_str(t, "]}");
}

static void json_verdict(struct explaining *e)
{
	static const char *const names[] = {"kind", "subject", "verdict", "note", "owner", "expires"};
	struct query *q = explain_ask(e, SQL_READ_EXPLAIN_VERDICT);

	text_str(&e->out, ",\"verdict\":");
	if (query_row(q)) {
		text_char(&e->out, '{');
		for (int i = 0; i < 6; i++)
			json_text(&e->out, names[i], query_is_null(q, i + 1) ? SLICE_NONE : query_text(q, i + 1));
		text_char(&e->out, '}');
	} else {
		text_str(&e->out, "null");
	}
	query_free(q);
}

static void json_history(struct explaining *e)
{
	static const char *const names[] = {
	    "mails", "would_be_lost", "client_mails", "client_would_be_lost", "sender_mails", "sender_would_be_lost"};
	struct text *t = &e->out;
	struct query *q = explain_ask(e, SQL_READ_EXPLAIN_COUNTS);

	query_row(q);
	text_str(t, ",\"history\":{");
	for (int i = 0; i < 6; i++)
		json_number(t, names[i], query_number(q, i), false);
	query_free(q);
	text_str(t, ",\"last\":[");
	q = explain_ask(e, SQL_READ_EXPLAIN_MAILS);
	for (int n = 0; query_row(q); n++) {
		text_str(t, n ? ",{" : "{");
		json_text(t, "time", query_text(q, 0));
		json_text(t, "recipient", query_is_null(q, 1) ? SLICE_NONE : query_text(q, 1));
		json_text(t, "fate", query_text(q, 2));
		text_char(t, '}');
	}
	query_free(q);
	text_str(t, "],\"accepted\":[");
	q = explain_ask(e, SQL_READ_EXPLAIN_SIGHTINGS);
	for (int n = 0; query_row(q); n++) {
		text_str(t, n ? ",{" : "{");
		json_text(t, "how", slice_eq(query_text(q, 0), SLICE("login")) ? SLICE("login") : SLICE("unwarned"));
		json_text(t, "sasl_username", query_is_null(q, 1) ? SLICE_NONE : query_text(q, 1));
		json_number(t, "mails", query_number(q, 2), false);
		json_text(t, "last", query_text(q, 3));
		text_char(t, '}');
	}
	query_free(q);
	text_str(t, "]}");
}

static void json_traps(struct explaining *e)
{
	struct text *t = &e->out;

	text_str(t, ",\"still_warning\":[");
	for (size_t i = 0, n = 0; e->plan && i < e->plan->remarks; i++)
		if (e->plan->remark[i].trap) {
			text_str(t, n++ ? "," : "");
			encode_json(t, slice_str(e->plan->remark[i].text));
		}
	text_char(t, ']');
}

void explain_json(struct explaining *e)
{
	struct policy_judgement *j = xmalloc(sizeof *j);
	struct text *t = &e->out, line = {0};

	text_char(t, '{');
	json_text(t, "rule", e->params[6].text);
	json_text(t, "client_name", slice_str(e->name));
	json_text(t, "client_name_from", slice_str(e->name_from));
	json_text(t, "client_ip", slice_str(e->ip_text));
	json_text(t, "sender", slice_str(e->sender));
	json_text(t, "recipient", slice_str(e->recipient));
	json_text(t, "source", slice_str(e->source.text));
	json_text(t, "source_kind", slice_str(source_kind_name(e->source.kind)));
	text_str(t, ",\"now\":");
	explain_judge(e, true, j);
	json_judgement(t, j);
	json_traps(e);
	text_str(t, ",\"after\":");
	if (e->plan) {
		plan_into_policy(e->plan, e->now.files.policy);
		explain_judge(e, false, j);
		json_judgement(t, j);
	} else {
		text_str(t, "null");
	}
	json_verdict(e);
	json_history(e);
	bool can =
	    plan_text_try(&line, e->host ? e->host : "localhost", slice_str(e->sender), slice_str(e->recipient), false);
	json_text(t, "swaks", can ? slice_of(line.p, line.n) : SLICE_NONE);
	text_str(t, "}\n");
	text_release(&line);
	free(j);
}
