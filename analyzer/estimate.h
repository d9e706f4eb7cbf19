/*
 * estimate: have we watched long enough? Sample coverage of the sources of a
 * rule, and how many new ones another stretch of days would show (design.md 4).
 *
 * The unit is the source-day, not the mail: one newsletter of 4 000 mails is
 * one source on one day. With m days watched, Q_k sources seen on exactly k of
 * them and U = sum of k * Q_k, the coverage is the share of all source-days to
 * come that belong to sources we know:
 *
 *     C = 1 - (Q1 / U) * ((m-1) Q1 / ((m-1) Q1 + 2 Q2))
 *
 * A. Chao, L. Jost (2012), Coverage-based rarefaction and extrapolation,
 * Ecology 93: 2533-2547, for incidence data. Where Q2 = 0 the fraction is 1,
 * which is more careful than their own correction for that case: it says less.
 *
 * What it is not: it counts no mails, knows no source by name, and is blind to
 * a sender that keeps to the calendar (once a quarter); see calendar.h. It
 * also takes days as alike and sources as independent of each other.
 */
#ifndef WB_ESTIMATE_H
#define WB_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

/* Begin with {.days = m}; then estimate_add each source, or fill in what a query has counted. */
struct estimate_counts {
	int64_t days;        /* m: days watched */
	int64_t sources;     /* sources seen on at least one of them */
	int64_t source_days; /* U */
	int64_t once, twice; /* Q1, Q2: sources seen on exactly one, exactly two days */
	int64_t most;        /* days of the source seen most often; 0: not said */
};

/* days_seen: on how many of the days watched. A source seen on none of them (0 or less) is none. */
void estimate_add(struct estimate_counts *c, int64_t days_seen);

enum estimate_state {
	ESTIMATE_COMPUTED,
	ESTIMATE_NONE,         /* not one source: at_most is all that can be said */
	ESTIMATE_TOO_SHORT,    /* fewer than two days watched: nothing can be said */
	ESTIMATE_CONTRADICTORY /* no list of sources has these counts: a mistake of ours, and nothing is said */
};

/* Figures that a state has not are 0, which no threshold takes for good; none is ever infinite or NaN. */
struct estimate {
	enum estimate_state state;
	double coverage;    /* COMPUTED: 0..1 */
	double unseen;      /* COMPUTED: Q0, a lower bound of the sources that exist and were not seen */
	double new_sources; /* COMPUTED: how many new ones to expect in more_days; a forecast, never a gate */
	double at_most;     /* NONE: new sources a day, with 95 % confidence (rule of three, 3/m) */
	int64_t more_days;
};

#define ESTIMATE_AS_MANY (-1) /* as many days again as were watched */

/* more_days: how far the forecast looks, in days of watching; any negative number is ESTIMATE_AS_MANY. */
struct estimate estimate_make(const struct estimate_counts *c, int64_t more_days);

/*
 * Is the coverage at least so many percent? True for NONE, which passes once
 * enough days were watched: that is for the criterion `window` to say. Compares
 * the figure itself, not the one rounded for the eye.
 */
bool estimate_passes(const struct estimate *e, double percent);

#endif
