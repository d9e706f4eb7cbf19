/*
 * stretch: sets of time, for the question which parts of a window we hold the
 * log of (design.md 3, coverage and continuity). Pure arithmetic: what proves
 * that a stretch is covered is decided elsewhere.
 *
 * A stretch is [from, to) in microseconds since 1970 UTC. A set is always in
 * order and merged: its stretches neither overlap nor touch. So two streams
 * of which one begins in the microsecond where the other ends become one; if
 * there may be a hole between them, subtract it.
 *
 * Cost: adding in the order of time is logarithmic, out of order linear.
 * Memory grows with the number of stretches and without a limit of its own.
 */
#ifndef WB_STRETCH_H
#define WB_STRETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stretch {
	int64_t from, to;
};

/* {0} is the empty set. */
struct stretches {
	struct stretch *at;
	size_t n, cap;
};

/* Moments are clamped to these (73 000 years either way), so that no sum overflows: use them for open ends. */
#define STRETCH_EVER (INT64_MIN / 4)
#define STRETCH_FOREVER (INT64_MAX / 4)

void stretches_release(struct stretches *s); /* is the empty set then */
void stretches_clear(struct stretches *s);   /* empties it and keeps its memory */

/*
 * False, and nothing added, if `from` is not before `to` or one of them is
 * STAMP_NONE. Who adds holes must look: an unknown end of a hole is
 * STRETCH_EVER or STRETCH_FOREVER, or the hole would be forgotten.
 */
bool stretches_add(struct stretches *s, int64_t from, int64_t to);

/* What is in both, and what is in a but not in b. `out` is another set than both; what it held is gone. */
void stretches_intersect(struct stretches *out, const struct stretches *a, const struct stretches *b);
void stretches_subtract(struct stretches *out, const struct stretches *a, const struct stretches *b);

/* Microseconds of what lies in [from, to). */
int64_t stretches_covered(const struct stretches *s, int64_t from, int64_t to);
/* Covered part of [from, to), 0..1; 0 if that is empty, for of nothing we can prove nothing. */
double stretches_share(const struct stretches *s, int64_t from, int64_t to);

/*
 * Local days have 23, 24 or 25 hours (some zones: others, or a day is left
 * out), so they are given by their begins: day number first + i is
 * [start[i], start[i + 1]), and `start` holds n + 1 moments.
 */

/*
 * Fills start[0..n] for the zone of stamp_local_day. Where a change of the
 * clocks just after midnight leads back into the day before, the minutes in
 * question belong to either of the two.
 */
void stretch_day_starts(int32_t first, size_t n, int64_t *start);

/*
 * The days of which at least a share of `least` (0.95) is covered, into
 * days[0..n-1], ascending. Returns how many. share, if not NULL, gets the
 * covered part of all n days. A day of no length is never covered.
 */
size_t stretches_days(const struct stretches *s, int32_t first, const int64_t *start, size_t n, double least,
                      int32_t *days, double *share);

#endif
