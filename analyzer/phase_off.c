/*
 * When a rule was not there though it had been: somebody whom it warns about at
 * other times passes without a warning, nothing exempts him, and nobody else is
 * warned for a day. Silence alone is no such sign.
 */
#include <stdlib.h>

#include "decision_i.h"

/* A check in front of the rule may let one mail pass: only a stretch as long as a day that is watched tells of the rule. */
#define OFF_LEAST DAY_US

/* What stands between a moment and the rule's warnings before and after it. */
struct silence {
	int64_t before, after; /* STAMP_NONE: none */
	bool spoke;            /* it warned on both sides of the moment within one day: nobody can tell */
};

static struct silence silence_around(const struct making *m, const char *host, const char *own, int64_t us)
{
	struct silence s = {STAMP_NONE, STAMP_NONE, false};

	for (size_t i = 0; i < m->rule_days; i++) {
		const struct rule_day *d = &m->rule_day[i];
		if (d->first_warned == STAMP_NONE || !d->own || strcmp(d->own, own) != 0 || strcmp(d->host, host) != 0)
			continue;
		if (d->first_warned > us && (s.after == STAMP_NONE || d->first_warned < s.after))
			s.after = d->first_warned;
		if (d->last_warned <= us && d->last_warned > s.before)
			s.before = d->last_warned;
		s.spoke = s.spoke || (d->first_warned <= us && us < d->last_warned);
	}
	return s;
}

static void off_add(struct making *m, const char *host, const char *own, int64_t us)
{
	struct silence s = silence_around(m, host, own, us);
	int64_t to = m->d->window.to, after = s.after != STAMP_NONE ? s.after : to;
	struct off_days off = {.host = host, .own = own, .since = us, .again = s.before != STAMP_NONE};

	if (s.spoke || us > to || after - (s.before != STAMP_NONE ? s.before : us) < OFF_LEAST)
		return;
	off.from = stamp_local_day(us);
	off.to = stamp_local_day(after) - (s.after != STAMP_NONE);
	if (off.to < off.from)
		off.to = off.from;
	if (m->offs && m->off[m->offs - 1].to >= off.to && strcmp(m->off[m->offs - 1].own, own) == 0 &&
	    strcmp(m->off[m->offs - 1].host, host) == 0)
		return; /* the same silence */
	m->off = xrealloc(m->off, (m->offs + 1) * sizeof *m->off);
	m->off[m->offs++] = off;
}

/* The name that the phases have, NULL: the rule never spoke of it. */
static const char *own_of(const struct making *m, struct slice domain)
{
	for (size_t i = 0; i < m->owns.n; i++)
		if (domain_is_below(domain, slice_str(m->owns.name[i])))
			return m->owns.name[i];
	return NULL;
}

static const char *host_name(const struct making *m, struct slice logged)
{
	struct slice name = host_canonical(m->o, logged);

	for (size_t i = 0; i < m->rule_days; i++)
		if (slice_eq(slice_str(m->rule_day[i].host), name))
			return m->rule_day[i].host;
	return NULL;
}

/* Since when it was off there, after it had warned, on a day of the window; STAMP_NONE: never. */
static int64_t off_since(const struct making *m, const struct decision_phase *p)
{
	int32_t first_day = stamp_local_day(m->d->window.from);

	for (size_t i = 0; i < m->offs; i++) {
		const struct off_days *off = &m->off[i];
		if (off->again && off->to >= first_day && strcmp(off->own, p->domain) == 0 &&
		    strcmp(off->host, p->host) == 0)
			return off->since;
	}
	return STAMP_NONE;
}

/* A host that never warned is the row `alive`, a retired one nobody's. */
void off_find(struct making *m)
{
	struct query_param params[MAKING_PARAMS];
	size_t n = making_params(m, NULL, params);
	struct query *q = query_new(m->reader, SQL_READ_DECISION_OFF, params, n);

	while (query_row(q)) {
		const char *host = host_name(m, query_text(q, 0)), *own = own_of(m, query_text(q, 1));
		if (!host || !own || host_is_retired(m->o, query_text(q, 0)) || host_is_retired(m->o, slice_str(host)))
			continue;
		off_add(m, host, own, query_number(q, 3));
		off_add(m, host, own, query_number(q, 4));
	}
	query_free(q);
	for (size_t i = 0; i < m->d->window.phases; i++)
		m->d->window.phase[i].off = off_since(m, &m->d->window.phase[i]);
}

bool off_on(const struct making *m, int32_t day, const char *own)
{
	for (size_t i = 0; i < m->offs; i++) {
		const struct off_days *off = &m->off[i];
		if ((!own || strcmp(off->own, own) == 0) && off->from <= day && day <= off->to)
			return true;
	}
	return false;
}
