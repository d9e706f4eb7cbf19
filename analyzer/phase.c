/*
 * Phases of a rule per host and own domain, found in the log itself: a rule
 * that warns is in `warn`, one that refuses in `reject`; before the first of
 * either it was `off` as far as anybody can tell.
 */
#include <stdlib.h>

#include "decision_i.h"
#include "policy.h"

#define TEN_MINUTES (600 * SECOND_US)
#define OWNS_MAX 200 /* a rule that warns about everybody has no own domains */

const char *phase_name(enum phase p)
{
	static const char *const names[] = {"off", "warn", "reject", "mixed"};

	return names[p];
}

bool domain_is_below(struct slice domain, struct slice own)
{
	if (domain.n <= own.n)
		return slice_eq(domain, own);
	return own.n && slice_ends(domain, own) && domain.p[domain.n - own.n - 1] == '.';
}

/* ------------------------------------------------------------------ own domains */

static void owns_add(struct owns *o, struct slice name)
{
	for (size_t i = 0; i < o->n; i++)
		if (slice_eq(slice_str(o->name[i]), name))
			return;
	o->name = xrealloc(o->name, (o->n + 1) * sizeof *o->name);
	o->name[o->n++] = xstrndup(name.p, name.n);
}

static const char *owns_of(const struct owns *o, struct slice domain)
{
	for (size_t i = 0; i < o->n; i++)
		if (domain_is_below(domain, slice_str(o->name[i])))
			return o->name[i];
	return NULL;
}

static int by_length(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	size_t n = strlen(x), k = strlen(y);

	return n != k ? (n < k ? -1 : 1) : strcmp(x, y);
}

/* The map's keys, else the setting (design.md 3). */
static void owns_given(struct making *m)
{
	const struct decision_options *o = m->o;
	char **keys = NULL;
	size_t n = o->policy && o->map ? policy_domains(o->policy, o->map, &keys) : 0;

	for (size_t i = 0; i < n; i++)
		if (!owns_of(&m->owns, slice_str(keys[i])))
			owns_add(&m->owns, slice_str(keys[i]));
	if (n == 0)
		for (size_t i = 0; i < o->domains_n; i++)
			owns_add(&m->owns, o->domains[i]);
	if (keys)
		policy_domains_free(keys, n);
}

/* What no own domain contains is one itself, the shortest first. */
static void owns_find(struct making *m)
{
	char **names = xcalloc(m->rule_days + 1, sizeof *names);

	owns_given(m);
	for (size_t i = 0; i < m->rule_days; i++)
		names[i] = m->rule_day[i].domain;
	qsort(names, m->rule_days, sizeof *names, by_length);
	for (size_t i = 0; i < m->rule_days; i++)
		if (!owns_of(&m->owns, slice_str(names[i])) && m->owns.n < OWNS_MAX)
			owns_add(&m->owns, slice_str(names[i]));
	free(names);
	for (size_t i = 0; i < m->rule_days; i++) {
		struct rule_day *d = &m->rule_day[i];
		d->own = (char *)owns_of(&m->owns, slice_str(d->domain));
	}
}

/* ------------------------------------------------------------------ loading */

static int64_t moment(const struct query *q, int column)
{
	return query_is_null(q, column) ? STAMP_NONE : query_number(q, column);
}

static void rule_day_add(struct making *m, const struct query *q)
{
	m->rule_day = xgrown(m->rule_day, m->rule_days, sizeof *m->rule_day);
	struct slice host = host_canonical(m->o, query_text(q, 0));
	m->rule_day[m->rule_days++] = (struct rule_day){.host = xstrndup(host.p, host.n),
	                                                .domain = text_copy(q, 1),
	                                                .day = (int32_t)query_number(q, 2),
	                                                .warned = query_number(q, 3),
	                                                .refused = query_number(q, 4),
	                                                .deferred = query_number(q, 5),
	                                                .first_warned = moment(q, 6),
	                                                .last_warned = moment(q, 7),
	                                                .first_refused = moment(q, 8),
	                                                .last_refused = moment(q, 9)};
}

void phase_load(struct making *m)
{
	struct query_param params[MAKING_PARAMS];
	size_t n = making_params(m, NULL, params);
	struct query *q = query_new(m->reader, SQL_READ_DECISION_RULE_DAYS, params, n);

	while (query_row(q))
		rule_day_add(m, q);
	query_free(q);
	owns_find(m);
}

void phase_release(struct making *m)
{
	for (size_t i = 0; i < m->rule_days; i++) {
		free(m->rule_day[i].host);
		free(m->rule_day[i].domain);
	}
	free(m->rule_day);
	free(m->warning);
	free(m->off);
	for (size_t i = 0; i < m->owns.n; i++)
		free(m->owns.name[i]);
	free(m->owns.name);
}

int64_t phase_first_warned(const struct making *m)
{
	int64_t first = STAMP_NONE;

	for (size_t i = 0; i < m->rule_days; i++) {
		int64_t us = m->rule_day[i].first_warned;
		if (us != STAMP_NONE && (first == STAMP_NONE || us < first))
			first = us;
	}
	return first;
}

/* ------------------------------------------------------------------ one host and domain */

struct event {
	int64_t us;
	enum phase phase;
};

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->us != y->us)
		return x->us < y->us ? -1 : 1;
	return (int)x->phase - (int)y->phase;
}

static size_t events_of(const struct making *m, const struct decision_phase *p, struct event *event)
{
	size_t n = 0;

	for (size_t i = 0; i < m->rule_days; i++) {
		const struct rule_day *d = &m->rule_day[i];
		const int64_t at[] = {d->first_warned, d->last_warned, d->first_refused, d->last_refused};
		if (strcmp(d->host, p->host) != 0 || !d->own || strcmp(d->own, p->domain) != 0)
			continue;
		for (int k = 0; k < 4; k++)
			if (at[k] != STAMP_NONE && at[k] <= m->d->window.to)
				event[n++] = (struct event){at[k], k < 2 ? PHASE_WARN : PHASE_REJECT};
	}
	qsort(event, n, sizeof *event, by_time);
	return n;
}

/* A change counts if what came before does not come back within ten minutes: at the switch both speak for a while. */
static bool lasts(const struct event *event, size_t n, size_t at)
{
	for (size_t i = at + 1; i < n && event[i].us - event[at].us <= TEN_MINUTES; i++)
		if (event[i].phase != event[at].phase)
			return false;
	return true;
}

static void phase_follow(const struct making *m, struct decision_phase *p, const struct event *event, size_t n)
{
	const struct decision_window *w = &m->d->window;
	int64_t last[PHASE_MIXED] = {STAMP_NONE, STAMP_NONE, STAMP_NONE};
	bool seen[PHASE_MIXED] = {false}; /* within the window */

	p->since = p->first_warned = p->first_refused = STAMP_NONE;
	for (size_t i = 0; i < n; i++) {
		int64_t *first = event[i].phase == PHASE_WARN ? &p->first_warned : &p->first_refused;
		seen[event[i].phase] |= event[i].us >= w->from;
		if (*first == STAMP_NONE)
			*first = event[i].us;
		last[event[i].phase] = event[i].us;
		if (event[i].phase == p->phase || !lasts(event, n, i))
			continue;
		p->changes += p->phase != PHASE_OFF && event[i].us >= w->from;
		p->phase = event[i].phase;
		p->since = event[i].us;
	}
	if (p->changes == 0 && seen[PHASE_WARN] && seen[PHASE_REJECT])
		p->changes = 1; /* there and back within minutes */
	if (last[PHASE_WARN] != STAMP_NONE && last[PHASE_REJECT] != STAMP_NONE &&
	    llabs(last[PHASE_WARN] - last[PHASE_REJECT]) <= TEN_MINUTES)
		p->phase = PHASE_MIXED;
}

static struct decision_phase *phase_of(struct decision_window *w, const char *host, const char *domain)
{
	for (size_t i = 0; i < w->phases; i++)
		if (strcmp(w->phase[i].host, host) == 0 && strcmp(w->phase[i].domain, domain) == 0)
			return &w->phase[i];
	w->phase = xrealloc(w->phase, (w->phases + 1) * sizeof *w->phase);
	w->phase[w->phases] = (struct decision_phase){.host = xstrdup(host), .domain = xstrdup(domain)};
	return &w->phase[w->phases++];
}

static int by_host(const void *a, const void *b)
{
	const struct decision_phase *x = a, *y = b;
	int c = strcmp(x->host, y->host);

	return c ? c : strcmp(x->domain, y->domain);
}

static void phase_sums(struct making *m)
{
	struct decision_window *w = &m->d->window;
	int32_t from = stamp_local_day(w->from), to = stamp_local_day(w->to);

	for (size_t i = 0; i < m->rule_days; i++) {
		const struct rule_day *d = &m->rule_day[i];
		if (!d->own)
			continue;
		struct decision_phase *p = phase_of(w, d->host, d->own);
		if (d->day < from || d->day > to)
			continue;
		p->warned += d->warned;
		p->refused += d->refused;
		p->deferred += d->deferred;
	}
}

/* ------------------------------------------------------------------ days in `warn` */

static int by_day(const void *a, const void *b)
{
	const struct rule_day *x = *(const struct rule_day *const *)a, *y = *(const struct rule_day *const *)b;

	return (x->day > y->day) - (x->day < y->day);
}

static void warning_add(struct making *m, const struct decision_phase *p, int32_t from, int32_t to)
{
	if (from > to)
		return;
	m->warning = xrealloc(m->warning, (m->warnings + 1) * sizeof *m->warning);
	m->warning[m->warnings++] = (struct warning_days){.own = p->domain, .from = from, .to = to};
}

/*
 * From its first warning on, whether or not it warns anybody that day, until it
 * refuses; and again once it has gone back. A day on which it refused does not
 * count. day: room for all of them.
 */
static void warnings_find(struct making *m, const struct decision_phase *p, const struct rule_day **day)
{
	size_t n = 0;
	int32_t from = 0;
	bool on = false;

	for (size_t i = 0; i < m->rule_days; i++)
		if (strcmp(m->rule_day[i].host, p->host) == 0 && m->rule_day[i].own &&
		    strcmp(m->rule_day[i].own, p->domain) == 0)
			day[n++] = &m->rule_day[i];
	qsort(day, n, sizeof *day, by_day);
	for (size_t i = 0; i < n;) {
		int32_t today = day[i]->day;
		int64_t warned = STAMP_NONE, refused = STAMP_NONE;
		for (; i < n && day[i]->day == today; i++) { /* its subdomains have rows of their own */
			warned = day[i]->last_warned > warned ? day[i]->last_warned : warned;
			refused = day[i]->last_refused > refused ? day[i]->last_refused : refused;
		}
		if (on && refused != STAMP_NONE)
			warning_add(m, p, from, today - 1);
		if (!on || refused != STAMP_NONE)
			from = today + (refused != STAMP_NONE);
		on = warned > refused || (on && refused == STAMP_NONE);
	}
	if (on)
		warning_add(m, p, from, INT32_MAX);
}

/* The rule's phase is that of all hosts and domains, if they agree. */
static enum phase phase_of_all(const struct decision_window *w)
{
	enum phase all = w->phases ? w->phase[0].phase : PHASE_OFF;

	for (size_t i = 1; i < w->phases; i++)
		if (w->phase[i].phase != all)
			return PHASE_MIXED;
	return all;
}

void phase_find(struct making *m)
{
	struct decision_window *w = &m->d->window;
	struct event *event = xcalloc(m->rule_days * 4 + 1, sizeof *event);
	const struct rule_day **day = xcalloc(m->rule_days + 1, sizeof *day);

	phase_sums(m);
	if (w->phases)
		qsort(w->phase, w->phases, sizeof *w->phase, by_host);
	w->switched = STAMP_NONE;
	for (size_t i = 0; i < w->phases; i++) {
		struct decision_phase *p = &w->phase[i];
		phase_follow(m, p, event, events_of(m, p, event));
		warnings_find(m, p, day);
		bool switched = p->first_refused != STAMP_NONE &&
		                (p->first_warned == STAMP_NONE || p->first_warned < p->first_refused);
		if (switched && (w->switched == STAMP_NONE || p->first_refused < w->switched))
			w->switched = p->first_refused;
	}
	off_find(m);
	w->rule_phase = phase_of_all(w);
	free(day);
	free(event);
}

bool phase_warns_on(const struct making *m, int32_t day, const char *own)
{
	if (off_on(m, day, own))
		return false;
	for (size_t i = 0; i < m->warnings; i++) {
		const struct warning_days *w = &m->warning[i];
		if ((!own || strcmp(w->own, own) == 0) && w->from <= day && day <= w->to)
			return true;
	}
	return false;
}
