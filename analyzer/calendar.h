/*
 * calendar: which ends of months, quarters and years were watched, and when
 * the next one comes. A sender that keeps to the calendar (an invoice run, an
 * auditor's mail once a quarter) cannot be forecast from days alone, so the
 * report says what the window did not see (design.md 4). Words, never a gate.
 *
 * An end counts as inside if the last day of the month, quarter or year is
 * itself a day watched; the first day after it, when many jobs run, may still
 * be missing. Quarters and years are the calendar's, not a company's own.
 *
 * Days are local days of the log's zone since 1970-01-01, as stamp_local_day
 * gives them.
 */
#ifndef WB_CALENDAR_H
#define WB_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALENDAR_DATE_TEXT 24
/* `31 Dec 2026`, in English whatever the locale. Returns buf. */
const char *calendar_date_text(int32_t day, char buf[CALENDAR_DATE_TEXT]);

enum calendar_end { CALENDAR_MONTH, CALENDAR_QUARTER, CALENDAR_YEAR, CALENDAR_ENDS };

const char *calendar_end_name(enum calendar_end e); /* `month end`, `quarter end`, `year end` */

/* Is it the last day of its month, quarter or year? */
bool calendar_is_end(int32_t day, enum calendar_end e);
/* The first such day that is not before `day`. */
int32_t calendar_end_from(int32_t day, enum calendar_end e);

struct calendar {
	size_t inside[CALENDAR_ENDS]; /* how many of the days watched are such ends */
	int32_t last[CALENDAR_ENDS];  /* the latest of them; meaningless if there are none */
	int32_t next[CALENDAR_ENDS];  /* the next that can still be watched */
};

/*
 * days: the n days watched, ascending; may have holes, may be none. today: the
 * first day whose watching is not over; an end that falls on it is the next
 * one, unless it is among `days` already.
 */
struct calendar calendar_of_days(const int32_t *days, size_t n, int32_t today);

#define CALENDAR_TEXT 160
/* `quarter end inside: 30 Sep 2026` or `no quarter end inside; next 31 Dec 2026`. Returns buf. */
const char *calendar_end_text(const struct calendar *c, enum calendar_end e, char buf[CALENDAR_TEXT]);
/* All three: `inside: month end (31 Oct 2026); not inside: quarter end (next 31 Dec 2026), year end (...)`. */
const char *calendar_text(const struct calendar *c, char buf[CALENDAR_TEXT]);

#endif
