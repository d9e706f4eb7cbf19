#include <stdlib.h>

#include "../analyzer/msg.h"
#include "explain.h"

static bool lets_through(enum policy_kind kind)
{
	return kind != POLICY_REJECT && kind != POLICY_DEFER && kind != POLICY_NOT_KNOWN && kind != POLICY_DISCARD;
}

/* Where files and verdict differ, or the files are not what they seem; NULL: nowhere. */
static const char *doubt(const struct policy_judgement *after, struct slice verdict)
{
	bool exempt = slice_eq(verdict, SLICE("exempt")), through = lets_through(after->kind);

	if (after->kind == POLICY_NOT_KNOWN || after->kind == POLICY_PERMIT_NETWORKS || after->kind == POLICY_NO_ROW)
		return NULL;
	if (exempt && !through)
		return "the verdict says exempt, but no row can express it: it would be refused";
	if (!exempt && slice_is_set(verdict) && through)
		return "the files let it through, whatever the verdict says";
	return NULL;
}

/* ------------------------------------------------------------------ as text */

static const struct {
	enum policy_kind kind;
	const char *says;
} words[] = {
    {POLICY_NO_ROW, "let through: the rule has no row for it"},
    {POLICY_DUNNO, "let through by an exception; the later checks still apply"},
    {POLICY_WARN, "warned, and let through"},
    {POLICY_PERMIT_NETWORKS, "not asked: the client is in mynetworks"},
    {POLICY_OK, "let through, and past the later checks of the list"},
    {POLICY_DEFER, "refused for now"},
    {POLICY_REJECT, "refused"},
    {POLICY_NOT_KNOWN, "not known"},
};

static void add_judgement(struct text *t, const struct policy_judgement *j)
{
	const char *says = policy_kind_text(j->kind);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].kind == j->kind)
			says = words[i].says;
	text_str(t, says);
	if (j->code)
		text_printf(t, ": %d %s", j->code, j->dsn);
	if (j->text.n && j->kind != POLICY_PERMIT_NETWORKS) {
		text_str(t, j->code ? " " : ": ");
		encode_term(t, j->text);
	}
	text_char(t, '\n');
	for (int i = 0; i < j->steps; i++) {
		const struct policy_step *s = &j->step[i];
		if (!s->table)
			continue;
		text_str(t, "           ");
		encode_term(t, slice_str(s->table));
		if (s->line)
			text_printf(t, ":%d", s->line);
		text_str(t, slice_is_set(s->key) ? "  " : "  no row");
		encode_term(t, s->key);
		text_str(t, "  ");
		encode_term(t, s->action);
		text_char(t, '\n');
	}
}

static void text_verdict(struct explaining *e, const struct policy_judgement *after)
{
	struct text *t = &e->out;
	struct query *q = explain_ask(e, SQL_READ_EXPLAIN_VERDICT);
	bool any = query_row(q);

	text_str(t, "Verdict  ");
	if (!any)
		text_str(t, "none: undecided");
	for (int i = 0; any && i < 3; i++) {
		static const int order[] = {3, 1, 2};
		encode_term(t, query_text(q, order[i]));
		text_str(t, i < 2 ? " " : "");
	}
	static const char *const names[] = {", note ", ", owner ", ", until "};
	for (int i = 0; any && i < 3; i++)
		if (!query_is_null(q, 4 + i)) {
			text_str(t, names[i]);
			encode_term(t, query_text(q, 4 + i));
		}
	text_str(t, any ? "\n         precedence: sender, ip, longest network, source, sender's domain\n" : "\n");
	const char *trouble = e->plan && after ? doubt(after, any ? query_text(q, 3) : SLICE_NONE) : NULL;
	if (trouble)
		text_printf(t, "       ! %s\n", trouble);
	query_free(q);
}

static void text_counts(struct explaining *e)
{
	static const char *const of[] = {"of this client and sender", "of this client", "of this sender"};
	struct query *q = explain_ask(e, SQL_READ_EXPLAIN_COUNTS);
	struct text *t = &e->out;

	query_row(q);
	for (int i = 0; i < 3; i++) {
		text_printf(t, "%s%lld mail%s warned %s, %lld would be lost", i ? "         " : "History  ",
		            (long long)query_number(q, 2 * i), query_number(q, 2 * i) == 1 ? "" : "s", of[i],
		            (long long)query_number(q, 2 * i + 1));
		if (!query_is_null(q, 6 + i)) {
			text_str(t, ", the last ");
			encode_term(t, query_text(q, 6 + i));
		}
		text_char(t, '\n');
	}
	query_free(q);
}

static void text_mails(struct explaining *e)
{
	struct query *q = explain_ask(e, SQL_READ_EXPLAIN_MAILS);
	struct text *t = &e->out;

	while (query_row(q)) {
		text_str(t, "           ");
		encode_term(t, query_text(q, 0));
		text_str(t, "  ");
		encode_cell(t, query_text(q, 2), 10, true, false);
		text_str(t, "  ");
		encode_term(t, query_text(q, 1));
		text_char(t, '\n');
	}
	query_free(q);
}

static void text_sightings(struct explaining *e)
{
	struct query *q = explain_ask(e, SQL_READ_EXPLAIN_SIGHTINGS);
	struct text *t = &e->out;

	while (query_row(q)) {
		bool login = slice_eq(query_text(q, 0), SLICE("login"));
		text_printf(t, "         %lld mail%s of this sender %s", (long long)query_number(q, 2),
		            query_number(q, 2) == 1 ? "" : "s",
		            login ? "accepted with a login" : "accepted from this client without a warning");
		if (!query_is_null(q, 1)) {
			text_char(t, ' ');
			encode_term(t, query_text(q, 1));
		}
		text_str(t, ", the last ");
		encode_term(t, query_text(q, 3));
		text_char(t, '\n');
	}
	query_free(q);
}

static void text_head(struct explaining *e)
{
	struct text *t = &e->out;

	text_str(t, "Mail     ");
	encode_term(t, slice_str(*e->sender ? e->sender : "<>"));
	text_str(t, " from ");
	encode_term(t, slice_str(e->name));
	text_printf(t, "[%s]", e->ip_text);
	text_str(t, strcmp(e->name_from, "log") == 0 ? " (the name is the log's)"
	            : strcmp(e->name_from, "option") ? " (no name is known: --client-name)"
	                                             : "");
	text_str(t, "\nSource   ");
	encode_term(t, slice_str(e->source.text));
	text_printf(t, ", %s\n", source_kind_name(e->source.kind));
}

static void text_traps(struct explaining *e)
{
	for (size_t i = 0; e->plan && i < e->plan->remarks; i++)
		if (e->plan->remark[i].trap) {
			text_str(&e->out, "       ! ");
			encode_term(&e->out, slice_str(e->plan->remark[i].text));
			text_char(&e->out, '\n');
		}
}

void explain_text(struct explaining *e)
{
	struct policy_judgement *j = xmalloc(sizeof *j);
	struct text *t = &e->out;

	text_head(e);
	text_str(t, "Now      ");
	explain_judge(e, true, j);
	add_judgement(t, j);
	text_traps(e);
	text_str(t, "After    ");
	if (e->plan) {
		plan_into_policy(e->plan, e->now.files.policy);
		explain_judge(e, false, j);
		add_judgement(t, j);
	} else {
		text_str(t, "not known: ");
		encode_term(t, slice_str(e->why));
		text_char(t, '\n');
	}
	if (!e->now.files.networks_known && origin_is_inside(e->now.origin, &e->ip))
		text_str(t, "       ! an inside client: mynetworks is not known, so it may never be asked\n");
	text_verdict(e, e->plan ? j : NULL);
	text_counts(e);
	text_mails(e);
	text_sightings(e);
	text_str(t, "Try      ");
	if (!plan_text_try(t, e->host ? e->host : "localhost", slice_str(e->sender), slice_str(e->recipient), false))
		text_str(t, "no line that is safe to paste can say this sender and recipient");
	text_str(t, "\n");
	free(j);
}
