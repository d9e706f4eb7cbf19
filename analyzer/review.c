#include "review.h"

#include <stdlib.h>

#include "msg.h"

/* -------------------------------------------------------------------- questions */

static struct review_question *add_question(struct review *v)
{
	v->question = xgrown(v->question, v->n, sizeof *v->question);
	v->question[v->n] = (struct review_question){0};
	return &v->question[v->n++];
}

static void add_undecided(struct review *v, struct reader *r, int64_t today)
{
	for (size_t i = 0; i < v->sources->n; i++) {
		const struct source_row *row = &v->sources->row[i];
		struct verdict_row said;
		struct subject s;
		if (row->decided[SOURCE_VERDICT_NONE] == 0 || !subject_of_source(slice_str(row->name), &s))
			continue;
		verdict_find(r, &s, &said);
		if (said.ask_from != VERDICT_NEVER && said.ask_from > today)
			continue;
		struct review_question *q = add_question(v);
		q->why = REVIEW_UNDECIDED;
		q->subject = s;
		q->source = xstrdup(row->name);
		q->lost = row->decided[SOURCE_VERDICT_NONE];
	}
}

static int compare_loss(const void *a, const void *b)
{
	const struct review_question *x = a, *y = b;

	if (x->lost != y->lost)
		return x->lost < y->lost ? 1 : -1;
	return strcmp(x->subject.text, y->subject.text);
}

static bool is_asked(const struct review *v, const struct subject *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->question[i].subject.kind == s->kind && strcmp(v->question[i].subject.text, s->text) == 0)
			return true;
	return false;
}

static void add_decided(struct review *v, struct reader *r, const struct subject *s, int64_t id, int64_t today)
{
	struct review_question asked = {.subject = *s, .verdict = id, .why = REVIEW_ASKED};
	struct verdict_row said;

	verdict_find(r, s, &said);
	bool put_off = said.ask_from != VERDICT_NEVER;
	if (is_asked(v, s) || (put_off && said.ask_from > today))
		return;
	if (ways_changed(r, s, id, asked.how, sizeof asked.how))
		asked.why = REVIEW_CHANGED;
	else if (!put_off)
		return;
	*add_question(v) = asked;
}

/* The subjects first: a query of a kind runs once at a time, and asking about one needs several. */
struct standing {
	struct subject subject;
	int64_t id;
};

static void add_changed(struct review *v, struct reader *r, int64_t today)
{
	struct query *q = query_new(r, SQL_READ_VERDICT_CURRENT, NULL, 0);
	struct standing *all = NULL, one;
	size_t n = 0;

	while (query_row(q)) {
		if (!subject_of_row(query_text(q, 1), query_text(q, 2), &one.subject))
			continue;
		one.id = query_number(q, 0);
		all = xgrown(all, n, sizeof *all);
		all[n++] = one;
	}
	query_free(q);
	for (size_t i = 0; i < n; i++)
		add_decided(v, r, &all[i].subject, all[i].id, today);
	free(all);
}

struct review *review_load(struct reader *r, const struct source_window *w, int64_t today)
{
	struct review *v = xcalloc(1, sizeof *v);

	v->sources = source_list_load(r, w);
	add_undecided(v, r, today);
	if (v->n)
		qsort(v->question, v->n, sizeof *v->question, compare_loss);
	add_changed(v, r, today);
	return v;
}

struct review *review_free(struct review *v)
{
	if (!v)
		return NULL;
	for (size_t i = 0; i < v->n; i++)
		free(v->question[i].source);
	free(v->question);
	source_list_free(v->sources);
	free(v);
	return NULL;
}

int64_t review_undecided(struct reader *r, const struct source_window *w, const char *source)
{
	const struct query_param params[] = {
	    {"rule", w->rule, 0, false},
	    {"source", slice_str(source), 0, false},
	    {"since", SLICE_NONE, w->since, w->since == STAMP_NONE},
	    {"until", SLICE_NONE, w->until, w->until == STAMP_NONE},
	    {"domain", w->domain, 0, !slice_is_set(w->domain)},
	};

	reader_window(r, w->since, w->until);
	struct query *q = query_new(r, SQL_READ_SOURCE_UNDECIDED, params, sizeof params / sizeof *params);
	int64_t lost = query_row(q) ? query_number(q, 0) : 0;

	query_free(q);
	return lost;
}

/* ------------------------------------------------------------------- other subjects */

/* Parameters of the queries about a subject; range must outlive them. */
#define PARAMS (SUBJECT_PARAMS + 4)
static size_t subject_query(const struct source_window *w, const struct subject *s, const char *source, int64_t limit,
                            uint8_t range[32], struct query_param params[PARAMS])
{
	subject_params(s, range, params);
	params[SUBJECT_PARAMS] = (struct query_param){"rule", w->rule, 0, false};
	params[SUBJECT_PARAMS + 1] = (struct query_param){"source", slice_str(source), 0, !source};
	params[SUBJECT_PARAMS + 2] = (struct query_param){"except", slice_str(source ? source : ""), 0, false};
	params[SUBJECT_PARAMS + 3] = (struct query_param){"limit", SLICE_NONE, limit, false};
	return PARAMS;
}

/* An address from its 16 bytes, a network from its first 15 (IPv4) or 8. */
static bool subject_of_key(struct slice key, struct subject *out)
{
	char text[NETWORK_TEXT];
	struct ip ip = {{0}};

	if (key.n > sizeof ip.b)
		return false;
	memcpy(ip.b, key.p, key.n);
	if (key.n == sizeof ip.b)
		return subject_of_row(SLICE("ip"), slice_of(text, ip_text(&ip, text)), out);
	struct network net = {.ip = ip, .bits = (uint8_t)(8 * key.n)};
	return subject_of_row(SLICE("network"), slice_of(text, network_text(&net, text)), out);
}

static bool subject_of_columns(const struct query *q, int kind, int text, int key, struct subject *out)
{
	return query_is_null(q, text) ? subject_of_key(query_text(q, key), out)
	                              : subject_of_row(query_text(q, kind), query_text(q, text), out);
}

size_t review_narrower(struct reader *r, const struct source_window *w, const struct subject *s,
                       struct review_choice out[REVIEW_CHOICES])
{
	struct query_param params[PARAMS];
	uint8_t range[32];
	size_t n = 0;

	size_t given = subject_query(w, s, NULL, REVIEW_CHOICES, range, params);
	struct query *q = query_new(r, SQL_READ_REVIEW_NARROWER, params, given);
	while (n < REVIEW_CHOICES && query_row(q)) {
		out[n] = (struct review_choice){.mails = query_number(q, 3), .lost = query_number(q, 4)};
		n += subject_of_columns(q, 0, 1, 2, &out[n].subject);
	}
	query_free(q);
	return n;
}

void review_reach(struct reader *r, const struct source_window *w, const struct subject *s, const char *source,
                  struct review_choice *out)
{
	struct query_param params[PARAMS];
	uint8_t range[32];

	*out = (struct review_choice){.subject = *s};
	size_t given = subject_query(w, s, source, 0, range, params);
	struct query *q = query_new(r, SQL_READ_REVIEW_REACH, params, given);
	while (query_row(q)) {
		out->mails += query_number(q, 2);
		out->lost += query_number(q, 3);
		if (source && slice_eq(query_text(q, 0), slice_str(source)))
			continue;
		out->others += query_number(q, 2);
		out->others_lost += query_number(q, 3);
		out->others_refused += query_number(q, 4);
		out->others_spam += query_number(q, 5);
	}
	query_free(q);
}

size_t review_wider(struct reader *r, const struct source_window *w, const struct subject *s, const char *source,
                    struct review_choice out[REVIEW_CHOICES])
{
	struct query_param params[PARAMS];
	uint8_t range[32];
	size_t n = 0;

	size_t given = subject_query(w, s, NULL, REVIEW_CHOICES, range, params);
	struct query *q = query_new(r, SQL_READ_REVIEW_WIDER, params, given);
	while (n < REVIEW_CHOICES && query_row(q))
		n += subject_of_columns(q, 1, 2, 3, &out[n].subject);
	query_free(q);
	for (size_t i = 0; i < n; i++) {
		struct subject wide = out[i].subject;
		review_reach(r, w, &wide, source, &out[i]);
	}
	return n;
}

size_t review_lines(struct reader *r, const struct source_window *w, const struct subject *s, const char *source,
                    uint64_t *place, size_t max)
{
	struct query_param params[PARAMS];
	uint8_t range[32];
	size_t n = 0;

	size_t given = subject_query(w, s, source, (int64_t)max, range, params);
	struct query *q = query_new(r, SQL_READ_REVIEW_LINES, params, given);
	while (n < max && query_row(q))
		place[n++] = (uint64_t)query_number(q, 0);
	query_free(q);
	for (size_t i = 0; i < n / 2; i++) {
		uint64_t swap = place[i];
		place[i] = place[n - 1 - i];
		place[n - 1 - i] = swap;
	}
	return n;
}
