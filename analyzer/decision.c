#include "decision.h"

#include <stdlib.h>
#include <sysexits.h>

#include "decision_i.h"
#include "filesystem.h"
#include "proof.h"

/* ------------------------------------------------------------------ helpers of all files */

size_t making_params(const struct making *m, const char *domain, struct query_param params[MAKING_PARAMS])
{
	const struct decision_options *o = m->o;
	const struct query_param all[] = {{"rule", o->rule, 0, false},
	                                  {"since", SLICE_NONE, o->since, o->since == STAMP_NONE},
	                                  {"until", SLICE_NONE, o->until, o->until == STAMP_NONE},
	                                  {"domain", slice_str(domain), 0, !domain},
	                                  {"from", SLICE_NONE, m->d->window.from, false},
	                                  {"to", SLICE_NONE, m->d->window.to, false}};

	_Static_assert(sizeof all / sizeof *all == MAKING_PARAMS, "MAKING_PARAMS is wrong");
	memcpy(params, all, sizeof all);
	return MAKING_PARAMS;
}

char *text_copy(const struct query *q, int column)
{
	struct slice s = query_text(q, column);

	return slice_is_set(s) ? xstrndup(s.p, s.n) : NULL;
}

/* ------------------------------------------------------------------ the rule and the log */

static void rule_load(struct making *m)
{
	struct query_param params[MAKING_PARAMS];
	size_t n = making_params(m, NULL, params);
	struct query *q = query_new(m->reader, SQL_READ_DECISION_HEAD, params, n);
	struct decision *d = m->d;

	d->rule = xstrndup(m->o->rule.p, m->o->rule.n);
	d->window.log_first = d->window.log_end = STAMP_NONE;
	if (query_row(q)) {
		d->known = query_number(q, 0) != 0;
		d->title = text_copy(q, 1);
		if (!query_is_null(q, 2)) {
			d->window.log_first = query_number(q, 2);
			d->window.log_end = query_number(q, 3);
		}
	}
	query_free(q);
}

static void account_row(struct decision_account *a, const struct query *q)
{
	static const struct {
		const char *sort, *name; /* name NULL: all of the sort */
		size_t at;
	} places[] = {
	    {"understood", NULL, offsetof(struct decision_account, understood)},
	    {"no-interest", NULL, offsetof(struct decision_account, no_interest)},
	    {"not-understood", NULL, offsetof(struct decision_account, other)},
	    {"check", "names a rule", offsetof(struct decision_account, names_rule)},
	    {"check", "sessions checked", offsetof(struct decision_account, checked)},
	    {"check", "sessions that differ", offsetof(struct decision_account, differ)},
	    {"check", "evictions", offsetof(struct decision_account, evictions)},
	    {"check", "suspect", offsetof(struct decision_account, suspect)},
	    {"check", "truncated", offsetof(struct decision_account, truncated)},
	    {"check", "damaged", offsetof(struct decision_account, damaged)},
	    {"check", "suspect of rule", offsetof(struct decision_account, suspect_rule)},
	    {"check", "without a client", offsetof(struct decision_account, without_client)},
	    {"check", "without a mail", offsetof(struct decision_account, without_mail)},
	    {"check", "match limit", offsetof(struct decision_account, limit_hits)},
	    {"stream", "unsure", offsetof(struct decision_account, unsure)},
	    {"stream", "all", offsetof(struct decision_account, streams)},
	};

	if (slice_eq(query_text(q, 1), SLICE("sums differ")) && query_number(q, 2))
		msg_die(EX_DATAERR,
		        "the database is damaged: its sums differ; `wouldblock ingest --rebuild` makes them anew");
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (slice_eq(query_text(q, 0), slice_str(places[i].sort)) &&
		    (!places[i].name || slice_eq(query_text(q, 1), slice_str(places[i].name))))
			*(int64_t *)(void *)((char *)a + places[i].at) += query_number(q, 2);
}

/* Of the streams that hold any of the window: a line is not counted by its time. */
static void account_load(struct making *m)
{
	struct query_param params[MAKING_PARAMS];
	size_t n = making_params(m, NULL, params);

	reader_window(m->reader, m->o->since, m->o->until);
	struct query *q = query_new(m->reader, SQL_READ_DECISION_ACCOUNT, params, n);

	while (query_row(q))
		account_row(&m->d->account, q);
	query_free(q);
	m->d->account.in_memory = filesystem_of(reader_database(m->reader)) == FILESYSTEM_MEMORY;
}

/* ------------------------------------------------------------------ totals */

static void totals_make(const struct decided *what, struct decision_totals *t)
{
	const struct source_total *all = &what->sources->total;

	t->attempts = all->attempts;
	t->mails = all->mails;
	t->would_be_lost = all->lost;
	t->sources = all->sources;
	t->losing_sources = all->losing;
	t->senders = what->sources->senders;
	t->clients = what->sources->clients;
	t->recipients = what->sources->people;
	memcpy(t->fates, all->fates, sizeof t->fates);
	t->may_return = all->may_return;
}

void decision_totals_of(const struct decision *d, const struct decided *what, struct decision_totals *out)
{
	*out =
	    (struct decision_totals){.accepted_mails = d->totals.accepted_mails, .null_sender = d->totals.null_sender};
	totals_make(what, out);
}

/* ------------------------------------------------------------------ sources and domains */

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct decided *)a)->domain, ((const struct decided *)b)->domain);
}

/* One row for each own domain that the rule has spoken of in the window. */
static void domains_make(struct making *m)
{
	struct decision *d = m->d;

	for (size_t i = 0; i < d->window.phases; i++) {
		const struct decision_phase *p = &d->window.phase[i];
		bool have = p->warned + p->refused + p->deferred == 0;
		for (size_t k = 0; k < d->domains && !have; k++)
			have = strcmp(d->domain[k].domain, p->domain) == 0;
		if (have)
			continue;
		d->domain = xrealloc(d->domain, (d->domains + 1) * sizeof *d->domain);
		d->domain[d->domains++] = (struct decided){.domain = xstrdup(p->domain)};
	}
	if (d->domains)
		qsort(d->domain, d->domains, sizeof *d->domain, by_text);
}

/* Of the whole rule and of each own domain. */
static void sources_load(struct making *m)
{
	struct decision *d = m->d;
	const struct source_window w = {
	    .rule = m->o->rule, .since = m->o->since, .until = m->o->until, .days_watched = d->window.days};
	const char **domain = xcalloc(d->domains + 1, sizeof *domain);
	struct source_list **list = xcalloc(d->domains + 1, sizeof(struct source_list *));

	for (size_t i = 0; i < d->domains; i++)
		domain[i] = d->domain[i].domain;
	source_lists_load(m->reader, &w, domain, d->domains + 1, list); /* the last one is NULL: all */
	for (size_t i = 0; i < d->domains; i++)
		d->domain[i].sources = list[i];
	d->all.sources = list[d->domains];
	free(domain);
	free(list);
}

/* ------------------------------------------------------------------ all of it */

struct decision *decision_new(struct reader *r, const struct decision_options *o)
{
	struct decision *d = xcalloc(1, sizeof *d);
	struct making m = {.reader = r, .o = o, .d = d};

	d->all.decision = DECISION_NOT_ENOUGH;
	d->window.switched = STAMP_NONE;
	rule_load(&m);
	phase_load(&m);
	window_bounds(&m);
	if (d->known && d->any) {
		phase_find(&m);
		window_load(&m);
		account_load(&m);
		domains_make(&m);
		sources_load(&m);
		totals_make(&d->all, &d->totals);
		d->proof = proof_new(r, o, d);
		criteria_judge(&m, &d->all);
		for (size_t i = 0; i < d->domains; i++)
			criteria_judge(&m, &d->domain[i]);
	}
	window_release(&m);
	phase_release(&m);
	return d;
}

static void window_free(struct decision_window *w)
{
	for (size_t i = 0; i < w->hosts; i++)
		free(w->host[i].name);
	for (size_t i = 0; i < w->phases; i++) {
		free(w->phase[i].host);
		free(w->phase[i].domain);
	}
	for (size_t i = 0; i < w->holes; i++) {
		free(w->hole[i].host);
		free(w->hole[i].cause);
	}
	free(w->host);
	free(w->phase);
	free(w->hole);
	free(w->day);
}

struct decision *decision_free(struct decision *d)
{
	if (!d)
		return NULL;
	window_free(&d->window);
	source_list_free(d->all.sources);
	for (size_t i = 0; i < d->domains; i++) {
		source_list_free(d->domain[i].sources);
		free(d->domain[i].domain);
	}
	free(d->domain);
	proof_free(d->proof);
	free(d->rule);
	free(d->title);
	free(d);
	return NULL;
}
