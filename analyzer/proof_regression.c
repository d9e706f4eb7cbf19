/*
 * After the switch: whom the rule hit that nobody predicted, and what was
 * forecast beside what came.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proof_i.h"

/* A source, as the two queries tell of it. */
struct tally {
	char *source;
	int64_t warned;              /* recipients on days before the switch that count */
	int64_t refused;             /* (client, sender, recipient) since then */
	enum source_verdict verdict; /* of what was refused */
};

struct tallies {
	struct tally *at;
	size_t n;
};

static void tallies_add(struct tallies *s, const struct tally *t)
{
	s->at = xgrown(s->at, s->n, sizeof *s->at);
	s->at[s->n++] = *t;
}

/* ----------------------------------------------------------------- regressions */

static int compare_regressions(const void *a, const void *b)
{
	const struct proof_regression *x = a, *y = b;

	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

void proof_regression_release(void *regression)
{
	struct proof_regression *r = regression;
	char *const texts[] = {r->host, r->client_name, r->client_ip, r->sender, r->recipient, r->source};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
}

static enum source_verdict verdict_of(struct slice word)
{
	for (int v = SOURCE_VERDICT_EXEMPT; v < SOURCE_VERDICT_MIXED; v++)
		if (slice_eq(word, slice_str(source_verdict_name((enum source_verdict)v))))
			return (enum source_verdict)v;
	return SOURCE_VERDICT_NONE;
}

/* Blocked was meant to be hit; undecided but seen stood in the forecast. NULL: predicted. */
static const char *unpredicted(enum source_verdict verdict, bool seen)
{
	switch (verdict) {
	case SOURCE_VERDICT_EXEMPT: return "marked exempt, and refused all the same";
	case SOURCE_VERDICT_MOVE: return "marked move, and it still sends the old way";
	case SOURCE_VERDICT_BLOCK: return NULL;
	default: return seen ? NULL : "its source was never seen while the rule warned";
	}
}

/* Columns as proof_refused.sql has them. */
static void regression_add(struct proof_top *top, const struct query *q, const char *why)
{
	struct proof_regression r = {.source = text_copy(q, 0),
	                             .time_us = query_number(q, 3),
	                             .place = (uint64_t)query_number(q, 4),
	                             .host = text_copy(q, 5),
	                             .client_name = text_copy(q, 6),
	                             .client_ip = text_copy(q, 7),
	                             .sender = text_copy(q, 8),
	                             .recipient = text_copy(q, 9),
	                             .code = (int)query_number(q, 10),
	                             .attempts = query_number(q, 11)};

	snprintf(r.why, sizeof r.why, "%s", why);
	proof_top_add(top, &r);
}

static void load_refused(struct proof *p, struct tallies *tallies)
{
	struct proof_top top = {sizeof(struct proof_regression), compare_regressions, proof_regression_release, NULL,
	                        0};
	struct query *q = proof_ask(p->work, SQL_READ_PROOF_REFUSED, 0);

	while (query_row(q)) {
		enum source_verdict verdict = verdict_of(query_text(q, 1));
		const char *why = unpredicted(verdict, query_number(q, 2) != 0);
		const struct tally t = {.source = text_copy(q, 0), .refused = 1, .verdict = verdict};
		tallies_add(tallies, &t);
		if (!why)
			continue;
		p->regressions_all++;
		regression_add(&top, q, why);
	}
	query_free(q);
	p->regressions = proof_top_end(&top, &p->regression);
}

/* -------------------------------------------------------------------- forecasts */

static int compare_days(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The days before the switch on which the rule was watched while it warned: they make the forecast. */
static size_t days_before(const struct decision_window *w)
{
	int32_t day = stamp_local_day(w->switched);
	size_t n = 0;

	while (n < (size_t)w->days && w->day[n] < day)
		n++;
	return n;
}

/* If no day was watched well enough, then all from the first to the one before the switch. */
static double load_warned(const struct proof_work *w, struct tallies *tallies)
{
	const struct decision_window *window = &w->d->window;
	int32_t switched = stamp_local_day(window->switched), first = switched;
	size_t watched = days_before(window);
	struct query *q = proof_ask(w, SQL_READ_PROOF_FORECAST, 0);

	while (query_row(q)) {
		int32_t day = (int32_t)query_number(q, 1);
		const struct tally t = {.source = NULL, .warned = query_number(q, 2)};
		if (day >= switched || t.warned == 0 ||
		    (watched && !bsearch(&day, window->day, watched, sizeof day, compare_days)))
			continue;
		first = day < first ? day : first;
		tallies_add(tallies, &t);
		tallies->at[tallies->n - 1].source = text_copy(q, 0);
	}
	query_free(q);
	return watched ? (double)watched : (double)(switched - first);
}

static int compare_tallies(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	return strcmp(x->source, y->source);
}

/* One for each source; a verdict that is not that of all is mixed. */
static void tallies_join(struct tallies *s)
{
	size_t n = 0;

	if (s->n > 1)
		qsort(s->at, s->n, sizeof *s->at, compare_tallies);
	for (size_t i = 0; i < s->n; i++) {
		struct tally *t = n ? &s->at[n - 1] : NULL, *more = &s->at[i];
		if (!t || compare_tallies(t, more) != 0) {
			s->at[n++] = *more;
			continue;
		}
		if (!t->refused)
			t->verdict = more->verdict;
		else if (more->refused && t->verdict != more->verdict)
			t->verdict = SOURCE_VERDICT_MIXED;
		t->warned += more->warned;
		t->refused += more->refused;
		free(more->source);
	}
	s->n = n;
}

static int compare_forecasts(const void *a, const void *b)
{
	const struct proof_forecast *x = a, *y = b;

	if (x->refused != y->refused)
		return x->refused > y->refused ? -1 : 1;
	if (x->forecast < y->forecast || x->forecast > y->forecast)
		return x->forecast > y->forecast ? -1 : 1;
	return strcmp(x->source, y->source);
}

void proof_forecast_release(void *forecast)
{
	struct proof_forecast *f = forecast;

	free(f->source);
}

/* The verdict on the mail that it would lose is the one that `list sources` shows. */
static void forecast_verdict(const struct proof_work *w, struct proof_forecast *f)
{
	const struct source_row *row =
	    w->d->all.sources ? source_list_find(w->d->all.sources, slice_str(f->source)) : NULL;

	if (row && row->verdict != SOURCE_VERDICT_NONE)
		f->verdict = row->verdict;
}

void proof_regressions_load(struct proof *p)
{
	const struct proof_work *w = p->work;
	const struct decision_window *window = &w->d->window;
	struct tallies tallies = {NULL, 0};
	struct proof_top top = {sizeof(struct proof_forecast), compare_forecasts, proof_forecast_release, NULL, 0};
	int64_t since = window->switched > w->from ? window->switched : w->from;

	load_refused(p, &tallies);
	double days = load_warned(w, &tallies);
	tallies_join(&tallies);
	for (size_t i = 0; i < tallies.n; i++) {
		const struct tally *t = &tallies.at[i];
		const struct proof_forecast f = {.source = t->source,
		                                 .forecast = days > 0 ? (double)t->warned / days : 0,
		                                 .refused = t->refused,
		                                 .days = (double)(w->to - since) / (double)DAY_US,
		                                 .verdict = t->verdict};
		proof_top_add(&top, &f);
	}
	free(tallies.at);
	p->forecasts = proof_top_end(&top, &p->forecast);
	for (size_t i = 0; i < p->forecasts; i++)
		forecast_verdict(w, &p->forecast[i]);
}
