/*
 * stamp: the spellings of time at the head of a log line, and the year and the
 * zone where the line does not say them.
 *
 * Forms: postfix-log-grammar.md 1.1 (BSD with blank or zero pad, with or
 * without fraction; RFC 3339 and ISO with +hhmm; `Thu 2026-03-05 07:08:09 CET`;
 * epoch with fraction). Inference: 1.2 there and faults.md T1-T10. No clock is
 * ever asked: a year comes from the line before, from the caller's anchor, or
 * the stamp is unsure. Zone of stamps without one: the C library's TZ at the
 * time of stamp_clock_init (the caller sets TZ and calls tzset).
 */
#ifndef WB_STAMP_H
#define WB_STAMP_H

#include "slice.h"

#define STAMP_NONE INT64_MIN

enum {
	STAMP_YEARLESS = 1, /* the line had no year: it was inferred */
	STAMP_UNSURE = 2,   /* ... from nothing better than a guess; never good enough for a GO */
	STAMP_BAD = 4,      /* no such moment (31 Apr, hour 24): time of the line before (T4) */
	STAMP_FOLDED = 8,   /* second pass of the hour that DST repeats (T5) */
	STAMP_SKIPPED = 16  /* in the hour that DST leaves out: mapped forward (T6) */
};

struct stamp {
	int64_t us;     /* microseconds since 1970-01-01T00:00:00Z; STAMP_NONE if none */
	uint8_t digits; /* fraction digits the line itself had, 0..6 (more are cut) */
	uint8_t flags;
};

/* What one stream of lines has said of its time so far. Plain data: copy it to keep it. */
struct stamp_clock {
	int year;        /* year of the last stamp as the line meant it; 0: not known yet */
	int month;       /* 1..12 of the last stamp; 0: none yet */
	bool anchored;   /* the year came from a caller or a line that had one */
	int64_t last_us; /* time of the last good stamp, STAMP_NONE before it */
	bool folded;     /* the last stamp without a zone was in the second pass of a repeated hour */
	/* The rest is a cache, private to stamp.c: the next line is mostly of the same minute. */
	size_t key_n;      /* bytes of key in use, 0: none */
	char key[16];      /* a stamp up to its minute */
	int64_t minute_us; /* when that minute began; for stamps with an offset, before it is taken off */
	uint8_t minute_flags;
	char model[16]; /* `:00.000000+01:00`: what follows the minute, with the last offset as it was written ... */
	int64_t zone_offset;  /* ... and that in seconds east of UTC */
	int64_t plain_hour;   /* a local hour, counted from 1970, far from any change of the clocks ... */
	int64_t plain_offset; /* ... and its distance from UTC in seconds */
};

/* year: of the first stamp that has none; 0 if unknown (such stamps are then STAMP_UNSURE and take year 1970). */
void stamp_clock_init(struct stamp_clock *c, int year);

/*
 * Reads a stamp at the start of `in`. On success fills *out, sets *used to its
 * length (without the blank behind it) and moves the clock. False if `in` does
 * not begin with any known form, or something else than a blank or the end
 * follows it; then nothing changes. A form that names an impossible moment is
 * success with STAMP_BAD, and the clock does not move.
 */
bool stamp_scan(struct stamp_clock *c, struct slice in, struct stamp *out, size_t *used);

/* Length of the stamp at the start of `in` as stamp_scan finds it, 0: none. Moves no clock. */
size_t stamp_length(struct slice in);

/*
 * Month 1..12 if `in` begins with a BSD stamp (`Mar  5 07:08:09`, perhaps with a
 * <PRI> in front), else 0: for those who count year ends ahead of time (see
 * stamp_first_year).
 */
int stamp_bsd_month(struct slice in);

/*
 * Year of the first yearless stamp of a file, from its end: `last_us` is the
 * latest moment the last line can have (the file's mtime, or the first stamp
 * of the newer neighbour), year_ends how often the year changed between first
 * and last stamp (months that fell by more than six, less those that rose by
 * more than six: late lines), `last` the last line. Never gives a last line
 * later than last_us + 1 day. 0 if `last` has no stamp, or one of no year at all.
 */
int stamp_first_year(struct slice last, int64_t last_us, int year_ends);

/*
 * RFC 3339 in UTC with `digits` fraction digits, e.g. 2026-11-22T05:18:00.123456Z.
 * buf must hold STAMP_TEXT bytes. Returns its length. Years beyond 0..9999 are clamped.
 */
#define STAMP_TEXT 32
size_t stamp_text(int64_t us, int digits, char buf[STAMP_TEXT]);

/* The other way, for options and settings: RFC 3339, or YYYY-MM-DD (local midnight), or YYYY-MM-DD HH:MM[:SS] local. */
bool stamp_parse_time(struct slice in, int64_t *us);

/* Local day of a moment as days since 1970-01-01 in the zone TZ (T13: each moment in exactly one day). */
int32_t stamp_local_day(int64_t us);

struct stamp_date {
	int year;
	int month; /* 1..12 */
	int day;   /* 1..31 */
};

/* Days since 1970-01-01 of a Gregorian date, and back; also before there was such a thing. 31 Apr is 1 May. */
int64_t stamp_days_of(int64_t year, int month, int day);
struct stamp_date stamp_date_of(int64_t days); /* of a day that has a year which fits an int */

#endif
