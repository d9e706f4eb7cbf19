/*
 * The window: which stretches of each host's log we hold, and on which days the
 * rule was watched (design.md 3, coverage, hole, day).
 */
#include <stdlib.h>

#include "decision_i.h"

/* A mark of lost lines says when it was noticed, not since when: at least so much is gone. */
#define LOSS_AT_LEAST (60 * SECOND_US)

struct slice host_canonical(const struct decision_options *o, struct slice name)
{
	for (size_t i = 0; i < o->alias_n; i++) {
		ptrdiff_t eq = slice_chr(o->alias[i], '=');
		if (eq > 0 && slice_eq_fold(slice_head(o->alias[i], (size_t)eq), name))
			return slice_from(o->alias[i], (size_t)eq + 1);
	}
	return name;
}

bool host_is_retired(const struct decision_options *o, struct slice name)
{
	for (size_t i = 0; i < o->retired_n; i++)
		if (slice_eq_fold(o->retired[i], name))
			return true;
	return false;
}

/* ------------------------------------------------------------------ bounds */

/* Without --since the window begins on the day of the rule's first warning: before that it was off, or unknown. */
void window_bounds(struct making *m)
{
	struct decision_window *w = &m->d->window;
	const struct decision_options *o = m->o;
	int64_t warned = phase_first_warned(m), midnight[2];

	w->from = w->log_first;
	if (o->since != STAMP_NONE) {
		w->from = o->since > w->log_first ? o->since : w->log_first;
	} else if (warned != STAMP_NONE) {
		stretch_day_starts(stamp_local_day(warned), 1, midnight);
		w->from = midnight[0] > w->log_first ? midnight[0] : w->log_first;
	}
	w->to = o->until != STAMP_NONE && o->until < w->log_end ? o->until : w->log_end;
	w->as_of = o->until != STAMP_NONE && o->until < o->now;
	m->d->any = w->log_end != STAMP_NONE && w->from <= w->to;
}

static void days_make(struct making *m)
{
	const struct decision_window *w = &m->d->window;

	m->first_day = stamp_local_day(w->from);
	m->days = (size_t)(stamp_local_day(w->to) - m->first_day) + 1;
	m->start = xcalloc(m->days + 1, sizeof *m->start);
	stretch_day_starts(m->first_day, m->days, m->start);
}

/* ------------------------------------------------------------------ hosts */

/* The host of that name; made if add. */
static struct decision_host *host_of(struct making *m, struct slice logged, bool add)
{
	struct decision_window *w = &m->d->window;
	struct slice name = host_canonical(m->o, logged);

	for (size_t i = 0; i < w->hosts; i++)
		if (slice_eq(slice_str(w->host[i].name), name))
			return &w->host[i];
	if (!add)
		return NULL;
	w->host = xrealloc(w->host, (w->hosts + 1) * sizeof *w->host);
	m->coverage = xrealloc(m->coverage, (w->hosts + 1) * sizeof *m->coverage);
	w->host[w->hosts] = (struct decision_host){.name = xstrndup(name.p, name.n), .read_to = STAMP_NONE};
	m->coverage[w->hosts] = (struct coverage){.first_day = INT32_MAX, .last_day = INT32_MIN, .unwarned = INT32_MIN};
	return &w->host[w->hosts++];
}

static void host_day(struct making *m, const struct query *q)
{
	int32_t day = (int32_t)query_number(q, 1);
	int64_t outside = query_number(q, 3);
	struct decision_host *h;

	m->d->totals.accepted_mails += query_number(q, 2);
	m->d->totals.null_sender += query_number(q, 4);
	if (host_is_retired(m->o, query_text(q, 0)) || host_is_retired(m->o, host_canonical(m->o, query_text(q, 0))))
		return;
	h = host_of(m, query_text(q, 0), outside > 0);
	if (!h)
		return;
	struct coverage *c = &m->coverage[h - m->d->window.host];
	h->accepted += query_number(q, 2);
	h->null_sender += query_number(q, 4);
	if (outside > 0 && day < c->first_day)
		c->first_day = day;
	if (outside > 0 && day > c->last_day)
		c->last_day = day;
}

static void hosts_load(struct making *m)
{
	const struct query_param params[] = {{"first", SLICE_NONE, m->first_day, false},
	                                     {"last", SLICE_NONE, m->first_day + (int32_t)m->days - 1, false}};
	struct query *q = query_new(m->reader, SQL_READ_DECISION_HOST_DAYS, params, 2);

	while (query_row(q))
		host_day(m, q);
	query_free(q);
	for (size_t i = 0; i < m->rule_days; i++) {
		const struct rule_day *d = &m->rule_day[i];
		struct decision_host *h = host_of(m, slice_str(d->host), false);
		const struct decision_window *w = &m->d->window;
		if (h && d->warned && d->last_warned >= w->from && d->first_warned <= w->to)
			h->warned += d->warned;
	}
}

static void canaries_load(struct making *m)
{
	struct query_param params[MAKING_PARAMS];
	size_t n = making_params(m, NULL, params);
	struct query *q = query_new(m->reader, SQL_READ_DECISION_CANARIES, params, n);

	while (query_row(q)) {
		struct decision_host *h = host_of(m, query_text(q, 0), false);
		if (h)
			h->canary += query_number(q, 3);
		m->canary = xgrown(m->canary, m->canaries, sizeof *m->canary);
		m->canary[m->canaries++] = (struct canary){text_copy(q, 2), stamp_local_day(query_number(q, 1))};
	}
	query_free(q);
}

/* ------------------------------------------------------------------ coverage */

static void spans_load(struct making *m)
{
	struct query *q = query_new(m->reader, SQL_READ_DECISION_SPANS, NULL, 0);

	while (query_row(q)) {
		struct decision_host *h = host_of(m, query_text(q, 0), false);
		if (!h)
			continue;
		struct stretches *s = &m->coverage[h - m->d->window.host].covered;
		stretches_add(s, query_number(q, 1), query_number(q, 2) + 1);
		if (!query_is_null(q, 3)) /* nothing is missing between the stream before and this one */
			stretches_add(s, query_number(q, 3), query_number(q, 1));
	}
	query_free(q);
}

/* Two streams that are not joined leave a hole by themselves; an overlap is too much, not too little. */
static bool hole_takes(const char *cause)
{
	return strcmp(cause, "not joined") != 0 && strcmp(cause, "overlap") != 0;
}

static void hole_subtract(struct making *m, const struct decision_hole *hole)
{
	struct decision_window *w = &m->d->window;

	for (size_t i = 0; i < w->hosts; i++) {
		struct stretches gone = {0}, rest = {0};
		if (hole->host && strcmp(hole->host, w->host[i].name) != 0)
			continue;
		int64_t from = hole->to - hole->from < LOSS_AT_LEAST ? hole->to - LOSS_AT_LEAST : hole->from;
		stretches_add(&gone, from, hole->to + 1);
		stretches_subtract(&rest, &m->coverage[i].covered, &gone);
		stretches_release(&m->coverage[i].covered);
		stretches_release(&gone);
		m->coverage[i].covered = rest;
	}
}

static void holes_load(struct making *m)
{
	struct decision_window *w = &m->d->window;
	const struct query_param rule = {"rule", m->o->rule, 0, false};
	struct query *q = query_new(m->reader, SQL_READ_DECISION_HOLES, &rule, 1);

	while (query_row(q)) {
		struct decision_hole hole = {.cause = text_copy(q, 1),
		                             .from = query_is_null(q, 2) ? STRETCH_EVER : query_number(q, 2),
		                             .to = query_is_null(q, 3) ? STRETCH_FOREVER : query_number(q, 3),
		                             .lines = query_number(q, 4)};
		if (!query_is_null(q, 0)) {
			struct slice host = host_canonical(m->o, query_text(q, 0));
			hole.host = xstrndup(host.p, host.n);
		}
		if (hole_takes(hole.cause))
			hole_subtract(m, &hole);
		if (hole.to < w->from || hole.from > w->to ||
		    (hole.host && host_is_retired(m->o, slice_str(hole.host)))) {
			free(hole.host);
			free(hole.cause);
			continue;
		}
		w->hole = xrealloc(w->hole, (w->holes + 1) * sizeof *w->hole);
		w->hole[w->holes++] = hole;
	}
	query_free(q);
}

/* How far its log was read without a break that is open at the moment of which we judge. */
static int64_t read_to(const struct making *m, const struct stretches *covered)
{
	const struct decision_window *w = &m->d->window;
	int64_t moment = w->as_of ? m->o->until : m->o->now, to = w->log_first;

	for (size_t i = 0; i < covered->n && covered->at[i].from <= moment; i++)
		to = covered->at[i].to - 1;
	return to;
}

static void host_judge(struct making *m, size_t i)
{
	struct decision_window *w = &m->d->window;
	struct decision_host *h = &w->host[i];
	struct coverage *c = &m->coverage[i];
	int64_t from = m->start[c->first_day - m->first_day], to = m->start[c->last_day - m->first_day + 1];
	struct stretches in = {0}, kept = {0};
	int32_t *days = xcalloc(m->days, sizeof *days);

	h->read_to = read_to(m, &c->covered);
	h->from = from > w->from ? from : w->from;
	h->to = to < w->to ? to : w->to;
	h->continuity = h->to > h->from ? stretches_share(&c->covered, h->from, h->to) : 1;
	stretches_add(&in, w->from, w->to + 1);
	stretches_intersect(&kept, &in, &c->covered);
	c->share = xcalloc(m->days, sizeof *c->share);
	stretches_days(&kept, m->first_day, m->start, m->days, DAY_COVERED, days, c->share);
	stretches_release(&in);
	stretches_release(&kept);
	free(days);
}

/* A host that let an own domain's mail in without a warning before its first warning had not got the rule yet. */
static void unwarned_load(struct making *m)
{
	struct query_param params[MAKING_PARAMS];
	size_t n = making_params(m, NULL, params);
	struct query *q = query_new(m->reader, SQL_READ_DECISION_UNWARNED, params, n);

	while (query_row(q)) {
		struct decision_host *h = host_of(m, query_text(q, 0), false);
		int32_t day = (int32_t)query_number(q, 1);
		if (h && day > m->coverage[h - m->d->window.host].unwarned)
			m->coverage[h - m->d->window.host].unwarned = day;
	}
	query_free(q);
}

static bool day_is_covered(const struct making *m, size_t at)
{
	int32_t day = m->first_day + (int32_t)at;
	bool any = false;

	for (size_t i = 0; i < m->d->window.hosts; i++) {
		const struct coverage *c = &m->coverage[i];
		if (day < c->first_day || day > c->last_day)
			continue;
		any = true;
		if (c->share[at] < DAY_COVERED || day <= c->unwarned)
			return false;
	}
	return any;
}

size_t window_watched(const struct making *m, const char *own, int32_t *day)
{
	size_t n = 0;

	for (size_t i = 0; i < m->days; i++)
		if (day_is_covered(m, i) && phase_warns_on(m, m->first_day + (int32_t)i, own))
			day[n++] = m->first_day + (int32_t)i;
	return n;
}

/* ------------------------------------------------------------------ all of it */

void window_load(struct making *m)
{
	struct decision_window *w = &m->d->window;

	days_make(m);
	hosts_load(m);
	canaries_load(m);
	spans_load(m);
	holes_load(m);
	for (size_t i = 0; i < w->hosts; i++)
		host_judge(m, i);
	unwarned_load(m);
	w->day = xcalloc(m->days, sizeof *w->day);
	w->days = (int64_t)window_watched(m, NULL, w->day);
	w->calendar = calendar_of_days(w->day, (size_t)w->days, stamp_local_day(w->to));
}

void window_release(struct making *m)
{
	for (size_t i = 0; i < m->d->window.hosts; i++) {
		stretches_release(&m->coverage[i].covered);
		free(m->coverage[i].share);
	}
	for (size_t i = 0; i < m->canaries; i++)
		free(m->canary[i].text);
	free(m->canary);
	free(m->coverage);
	free(m->start);
}
