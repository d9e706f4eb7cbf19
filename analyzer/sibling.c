#include "sibling.h"

#include <stdlib.h>
#include <time.h>

#include "msg.h"

#define DAY_US (INT64_C(86400) * 1000000)
/* So far from the last line no file time is a good witness. */
#define FAR_US (31 * DAY_US)
/* The year 2000: earlier file times were not set by a clock. */
#define OLDEST_US (INT64_C(946684800) * 1000000)
/* NAME.N: longer numbers are dates or something else. */
#define NUMBER_DIGITS 4

/* Two decimal digits, in a range. */
static bool two_digits(struct slice *s, int low, int high, int64_t *into)
{
	int v;

	if (s->n < 2 || s->p[0] < '0' || s->p[0] > '9' || s->p[1] < '0' || s->p[1] > '9')
		return false;
	v = (s->p[0] - '0') * 10 + (s->p[1] - '0');
	if (v < low || v > high)
		return false;
	*into = *into * 100 + v;
	*s = slice_from(*s, 2);
	return true;
}

/* hhmmss, as much of it as there is; the rest counts as zero. */
static bool time_digits(struct slice *s, int64_t *into)
{
	static const int high[] = {23, 59, 60};

	for (size_t i = 0; i < 3; i++) {
		if (s->n == 0)
			*into *= 100;
		else if (!two_digits(s, 0, high[i], into))
			return false;
	}
	return s->n == 0;
}

/* The hour of an epoch (logrotate's dateformat with %s) orders the files of one day. */
static bool epoch_time(struct slice s, int64_t *into)
{
	uint64_t epoch;
	struct tm tm;
	time_t t;

	if (!slice_number(&s, INT32_MAX, &epoch) || s.n > 0)
		return false;
	t = (time_t)epoch;
	localtime_r(&t, &tm);
	*into = *into * 1000000 + tm.tm_hour * 10000 + tm.tm_min * 100 + tm.tm_sec;
	return true;
}

/* YYYYMMDD or YYYY-MM-DD, then a time or nothing: as YYYYMMDDhhmmss, 0 if it is no date. */
static int64_t date_suffix(struct slice s)
{
	int64_t v = 0;
	bool dashes = s.n > 4 && s.p[4] == '-';

	if (!two_digits(&s, 19, 99, &v) || !two_digits(&s, 0, 99, &v))
		return 0;
	if ((dashes && !slice_skip(&s, SLICE("-"))) || !two_digits(&s, 1, 12, &v))
		return 0;
	if ((dashes && !slice_skip(&s, SLICE("-"))) || !two_digits(&s, 1, 31, &v))
		return 0;
	slice_skip(&s, SLICE("-"));
	if (s.n > 6)
		return epoch_time(s, &v) ? v : 0;
	return time_digits(&s, &v) ? v : 0;
}

static struct slice base_name(const char *path)
{
	struct slice s = slice_str(path);

	return slice_from(s, (size_t)(slice_rchr(s, '/') + 1));
}

static struct slice without_packing(struct slice s)
{
	static const struct slice ends[] = {
	    {".gz", 3},
	    {".bz2", 4},
	    {".xz", 3},
	    {".zst", 4},
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (s.n > ends[i].n && slice_ends(s, ends[i]))
			return slice_head(s, s.n - ends[i].n);
	return s;
}

void sibling_name(const char *path, struct input_about *about)
{
	struct slice name = without_packing(base_name(path));
	struct slice suffix;
	size_t at = name.n;
	uint64_t number;

	/* Digits and dashes at the end, parted from the name by a dot or the first dash. */
	while (at > 0 && memchr("0123456789-", name.p[at - 1], 11))
		at--;
	suffix = slice_from(name, at);
	if (at > 1 && name.p[at - 1] == '.')
		at--;
	else if (!slice_skip(&suffix, SLICE("-")) || at == 0)
		suffix = SLICE_NONE;

	about->dated = date_suffix(suffix);
	about->rotated = about->dated != 0;
	about->rotation = about->rotated ? -1 : 0;
	if (!about->rotated && name.p[at] == '.' && suffix.n <= NUMBER_DIGITS && slice_number(&suffix, 9999, &number) &&
	    suffix.n == 0) {
		about->rotated = true;
		about->rotation = (int)number;
	}
	if (about->rotated)
		name = slice_head(name, at);
	name = slice_head(name, sizeof(about->family) - 1);
	memcpy(about->family, name.p, name.n);
	about->family[name.n] = '\0';
}

static int three_way(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

enum age { AGE_LIVE, AGE_NUMBERED, AGE_DATED };

static enum age age_class(const struct input_about *a)
{
	if (!a->rotated)
		return AGE_LIVE;
	return a->dated ? AGE_DATED : AGE_NUMBERED;
}

/* Newest first, as names tell it. Numbers beside dates tell nothing, but need an order. */
static int compare_age(const struct input_about *a, const struct input_about *b)
{
	enum age ca = age_class(a), cb = age_class(b);

	if (ca != cb)
		return three_way(ca, cb);
	if (ca == AGE_DATED)
		return three_way(b->dated, a->dated);
	return three_way(a->rotation, b->rotation);
}

int sibling_compare_names(const struct input_about *a, const struct input_about *b)
{
	return compare_age(a, b);
}

int sibling_compare(const struct input_about *a, const struct input_about *b)
{
	int64_t at_a = a->first_us != STAMP_NONE ? a->first_us : a->mtime_us;
	int64_t at_b = b->first_us != STAMP_NONE ? b->first_us : b->mtime_us;
	int c = three_way(at_a, at_b);

	if (c == 0)
		c = compare_age(b, a);
	return c ? c : strcmp(a->path, b->path);
}

static int compare_set(const struct input_about *a, const struct input_about *b)
{
	size_t na = (size_t)(base_name(a->path).p - a->path);
	size_t nb = (size_t)(base_name(b->path).p - b->path);
	int c = three_way((int64_t)na, (int64_t)nb);

	if (c == 0)
		c = memcmp(a->path, b->path, na);
	return c ? c : strcmp(a->family, b->family);
}

static int by_set_and_age(const void *va, const void *vb)
{
	const struct input_about *a = &(*(struct input_file *const *)va)->about;
	const struct input_about *b = &(*(struct input_file *const *)vb)->about;
	int c = compare_set(a, b);

	if (c == 0)
		c = compare_age(a, b);
	return c ? c : strcmp(a->path, b->path);
}

/* The first line's year if the last one was written just before `latest`; sure if it was so. */
static int year_before(const struct probe_span *span, int64_t latest, bool *sure)
{
	struct slice last = slice_of(span->last, span->last_n);
	int year = stamp_first_year(last, latest, span->year_ends);
	struct stamp_clock clock;
	struct stamp st;
	size_t used;

	stamp_clock_init(&clock, year + span->year_ends);
	*sure = latest >= OLDEST_US && stamp_scan(&clock, last, &st, &used) && !(st.flags & STAMP_BAD) &&
	        latest - st.us <= FAR_US;
	return year;
}

/*
 * bound: first stamp of the newer neighbour, STAMP_NONE if there is none. The
 * earlier of the two witnesses counts, unless it is far off and the other is
 * near: a writer may go on into the old file for days after a rotation (I2).
 */
static void year_from_end(struct input_file *f, int64_t bound)
{
	int64_t early = f->about.mtime_us, late = bound;
	struct probe_span span;
	bool sure;
	int year;

	probe_span(f, &span);
	if (span.last_n == 0) {
		probe_set_year(f, 0, true);
		return;
	}
	if (bound != STAMP_NONE && bound < early) {
		early = bound;
		late = f->about.mtime_us;
	}
	year = year_before(&span, early, &sure);
	if (!sure && late != STAMP_NONE) {
		bool other_sure;
		int other = year_before(&span, late, &other_sure);

		if (other_sure) {
			year = other;
			sure = true;
		}
	}
	probe_set_year(f, year, !sure);
}

/* set: one family, newest first. A sure beginning bounds the ends of the files behind it. */
static void years_from_ends(struct input_file **set, size_t n)
{
	int64_t bound = STAMP_NONE, live = STAMP_NONE, next = STAMP_NONE;

	for (size_t i = 0; i < n; i++) {
		const struct input_about *a = &set[i]->about;
		const struct input_about *newer = i > 0 ? &set[i - 1]->about : a;

		/* Files of one age (.1 and .1.gz) are one content: none bounds the other. */
		if (compare_age(newer, a) != 0)
			bound = next;
		if (age_class(newer) == AGE_NUMBERED && age_class(a) == AGE_DATED)
			bound = next = live;
		if (set[i]->yearless && !probe_is_pipe(set[i]))
			year_from_end(set[i], bound);
		if (a->first_us != STAMP_NONE && !a->year_unsure)
			next = a->first_us;
		if (age_class(a) == AGE_LIVE)
			live = next;
	}
}

/* The other way: the oldest begins in `year`, and each year end on the way counts. */
static void years_from_start(struct input_file **set, size_t n, int year)
{
	const struct input_file *before = NULL;
	struct probe_span span = {0};

	for (size_t i = n; i-- > 0;) {
		struct input_file *f = set[i];
		int last_month = span.last_month;

		if (!f->yearless || probe_is_pipe(f))
			continue;
		if (before && compare_age(&before->about, &f->about) == 0) {
			probe_set_year(f, before->about.first_year, false);
			continue;
		}
		year += span.year_ends;
		span = (struct probe_span){0};
		if (n > 1)
			probe_span(f, &span);
		if (last_month - span.first_month > 6 && span.first_month)
			year++;
		probe_set_year(f, year, false);
		before = f;
	}
}

/* What comes through a pipe has no end to look at, and no neighbours. */
static void years_of_pipes(struct input_file **files, size_t n, int year)
{
	for (size_t i = 0; i < n; i++)
		if (files[i]->yearless && probe_is_pipe(files[i]))
			probe_set_year(files[i], year, year == 0);
}

void sibling_years(struct input_file **files, size_t n, int year)
{
	size_t end;

	years_of_pipes(files, n, year);
	qsort(files, n, sizeof(files[0]), by_set_and_age);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (compare_set(&files[i]->about, &files[end]->about) != 0)
				break;
		if (year)
			years_from_start(files + i, end - i, year);
		else
			years_from_ends(files + i, end - i);
	}
}
