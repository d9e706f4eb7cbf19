#include "estimate.h"

#define ROUNDING 1e-9 /* of a percent: 97 % reached exactly must not fail by the last bit of a double */

void estimate_add(struct estimate_counts *c, int64_t days_seen)
{
	if (days_seen <= 0)
		return;
	c->sources++;
	c->source_days += days_seen;
	c->once += days_seen == 1;
	c->twice += days_seen == 2;
	if (days_seen > c->most)
		c->most = days_seen;
}

/* Is there a list of sources with these counts? In doubles, since no product of them can overflow. */
static bool possible(const struct estimate_counts *c)
{
	double rare = (double)c->once + (double)c->twice, often = (double)c->sources - rare;
	double known = (double)c->once + 2.0 * (double)c->twice;

	if (c->sources < 0 || c->once < 0 || c->twice < 0 || often < 0 || c->most > c->days)
		return false;
	return (double)c->source_days >= known + 3 * often && (double)c->source_days <= known + (double)c->days * often;
}

static enum estimate_state state_of(const struct estimate_counts *c)
{
	if (c->days < 2)
		return ESTIMATE_TOO_SHORT;
	if (!possible(c))
		return ESTIMATE_CONTRADICTORY;
	return c->sources == 0 ? ESTIMATE_NONE : ESTIMATE_COMPUTED;
}

static double coverage(const struct estimate_counts *c)
{
	double q1 = (double)c->once, q2 = (double)c->twice, tries = (double)(c->days - 1) * q1;

	return q1 > 0 ? 1 - q1 / (double)c->source_days * (tries / (tries + 2 * q2)) : 1;
}

/* Q0 (Chao 1987, with the correction for Q2 = 0). */
static double unseen(const struct estimate_counts *c)
{
	double m = (double)c->days, q1 = (double)c->once, q2 = (double)c->twice;

	return (m - 1) / m * (q2 > 0 ? q1 * q1 / (2 * q2) : q1 * (q1 - 1) / 2);
}

/* By squaring: the exponent is whole, and the mathematics library is not worth linking for it. */
static double power(double base, int64_t n)
{
	double result = 1;

	for (; n > 0; n /= 2) {
		if (n % 2)
			result *= base;
		base *= base;
	}
	return result;
}

static double new_sources(const struct estimate_counts *c, double q0, int64_t more_days)
{
	double m = (double)c->days, q1 = (double)c->once;

	return q0 > 0 ? q0 * (1 - power(1 - q1 / (m * q0 + q1), more_days)) : 0;
}

struct estimate estimate_make(const struct estimate_counts *c, int64_t more_days)
{
	struct estimate e = {.state = state_of(c), .more_days = more_days < 0 ? c->days : more_days};

	if (e.state == ESTIMATE_NONE)
		e.at_most = 3 / (double)c->days;
	if (e.state != ESTIMATE_COMPUTED)
		return e;
	e.coverage = coverage(c);
	e.unseen = unseen(c);
	e.new_sources = new_sources(c, e.unseen, e.more_days);
	return e;
}

bool estimate_passes(const struct estimate *e, double percent)
{
	return e->state == ESTIMATE_NONE || (e->state == ESTIMATE_COMPUTED && e->coverage * 100 + ROUNDING >= percent);
}
