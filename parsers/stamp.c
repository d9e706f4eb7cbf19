#include <limits.h>
#include <time.h>

#include "stamp_i.h"

#define DAY_S 86400
#define YEAR_NONE INT_MIN
#define ZONE_N 6
#define YEAR_GUESS 1970
#define OFFSET_WRONG INT64_MIN

/* A stamp as it was written. */
struct parts {
	int year; /* YEAR_NONE: it has none */
	int month, day, hour, minute, second;
	int32_t us;
	uint8_t digits;
	bool local;     /* no offset: the zone is TZ */
	int64_t offset; /* seconds east of UTC, OFFSET_WRONG if beyond a day; 0 if local */
	size_t key_n;   /* length of its head that says all down to the minute; 0: do not cache */
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static int two(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* Does `in` begin like the model: d a digit, p a digit or a blank, a anything, all else itself. */
static bool looks(struct slice in, struct slice model)
{
	if (in.n < model.n)
		return false;
	for (size_t i = 0; i < model.n; i++) {
		char c = in.p[i], m = model.p[i];
		if (m != 'a' && c != m && !(m == 'd' && digit(c)) && !(m == 'p' && (digit(c) || c == ' ')))
			return false;
	}
	return true;
}

/* 1..n if `in` begins with one of the n three-letter names that stand in a row, else 0. */
static int name_of(struct slice in, const char *names, int n)
{
	for (int i = 0; i < n && in.n >= 3; i++)
		if (memcmp(in.p, names + 3 * i, 3) == 0)
			return i + 1;
	return 0;
}

/* Howard Hinnant's era arithmetic: eras of 400 years that begin in March, so that the leap day is the last of its year. */
int64_t stamp_days_of(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct stamp_date stamp_date_of(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);

	return (struct stamp_date){
	    .year = (int)(yoe + era * 400 + (month <= 2)), .month = month, .day = (int)(doy - (153 * mp + 2) / 5 + 1)};
}

static void parts_from_seconds(int64_t s, struct parts *p)
{
	int64_t days = floor_div(s, DAY_S);
	int rest = (int)(s - days * DAY_S);
	struct stamp_date date = stamp_date_of(days);

	p->year = date.year;
	p->month = date.month;
	p->day = date.day;
	p->hour = rest / 3600;
	p->minute = rest / 60 % 60;
	p->second = rest % 60;
}

static bool leap_year(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool parts_possible(const struct parts *p)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (p->year < 1 || p->year > 9999 || p->month < 1 || p->month > 12)
		return false;
	if (p->day < 1 || p->day > days[p->month - 1] + (p->month == 2 && leap_year(p->year)))
		return false;
	return p->hour <= 23 && p->minute <= 59 && p->second <= 60 && p->offset != OFFSET_WRONG;
}

/* Distance from UTC, in the zone TZ, at a moment. */
static int64_t offset_at(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

/*
 * Of the two passes of a repeated hour the line order tells: a step back of
 * about the hour opens the second, small steps back are other processes' delay.
 */
static bool second_pass(const struct stamp_clock *c, int64_t first, int64_t second)
{
	int64_t width = second - first;
	int64_t last = c->last_us == STAMP_NONE ? STAMP_NONE : floor_div(c->last_us, SECOND_US);

	if (width <= 0 || last == STAMP_NONE)
		return false;
	if (c->folded)
		return second - last <= width * 3 / 2 && last - second <= width * 3 / 2;
	return last - first >= width / 2 && last - first <= width * 3 / 2;
}

/* A local time within a day of a change of the clocks. */
static int64_t moment_near_change(struct stamp_clock *c, int64_t local, uint8_t *flags)
{
	int64_t before = offset_at(local - DAY_S), after = offset_at(local + DAY_S);
	int64_t first = local - before, second = local - after;
	bool first_ok = offset_at(first) == before, second_ok = offset_at(second) == after;

	c->folded = first_ok && second_ok && second_pass(c, first, second);
	if (c->folded)
		*flags |= STAMP_FOLDED;
	if (!first_ok && !second_ok)
		*flags |= STAMP_SKIPPED;
	return second_ok && (c->folded || !first_ok) ? second : first;
}

static int64_t moment_of_local(struct stamp_clock *c, int64_t local, uint8_t *flags)
{
	int64_t hour = floor_div(local, 3600);

	if (hour != c->plain_hour) {
		int64_t before = offset_at(hour * 3600 - DAY_S);
		if (before != offset_at(hour * 3600 + 3599 + DAY_S))
			return moment_near_change(c, local, flags);
		c->plain_hour = hour;
		c->plain_offset = before;
	}
	c->folded = false;
	return local - c->plain_offset;
}

/* Seconds since 1970 in UTC; false if there is no such moment. */
static bool parts_moment(struct stamp_clock *c, const struct parts *p, int64_t *s, uint8_t *flags)
{
	int64_t as_utc;

	if (!parts_possible(p))
		return false;
	as_utc = stamp_days_of(p->year, p->month, p->day) * DAY_S + p->hour * 3600 + p->minute * 60 + p->second;
	*s = p->local ? moment_of_local(c, as_utc, flags) : as_utc - p->offset;
	return true;
}

/* The first six digits of a fraction, or as many as there are; returns the end of all of them. */
static const char *digits_scan(const char *p, const char *end, int32_t *us, uint8_t *digits)
{
	*us = 0;
	*digits = 0;
	for (int32_t unit = 100000; p < end && digit(*p); p++, unit /= 10) {
		*us += unit * (*p - '0');
		*digits = (uint8_t)(*digits + (unit > 0));
	}
	return p;
}

/* A fraction at `at`, if one stands there; returns where it ends. Beyond microseconds it is cut. */
static inline size_t fraction_scan(struct slice in, size_t at, int32_t *us, uint8_t *digits)
{
	const char *p = in.p + at + 1, *end = in.p + in.n;

	*us = 0;
	*digits = 0;
	if (at + 1 >= in.n || p[-1] != '.')
		return at;
	/* Nearly always six digits and a zone: one word, with the seventh byte a digit no more. */
	if (end - p >= 8 && slice_word_odd(slice_word(p)) << 8 == (uint64_t)0x80 << 56) {
		*us = (int32_t)slice_word_number(slice_word(p) << 16);
		*digits = 6;
		return at + 7;
	}
	p = digits_scan(p, end, us, digits);
	return *digits ? (size_t)(p - in.p) : at;
}

/* `Z`, `+01:00` or `+0100` at `at`; returns where it ends, `at` if there is none. */
static size_t offset_scan(struct slice in, size_t at, int64_t *offset)
{
	const char *p = in.p + at;
	size_t left = in.n - at, colon;
	int hours, minutes;

	if (left >= 1 && (*p == 'Z' || *p == 'z')) {
		*offset = 0;
		return at + 1;
	}
	if (left < 5 || (*p != '+' && *p != '-') || !digit(p[1]) || !digit(p[2]))
		return at;
	colon = p[3] == ':';
	if (left < 5 + colon || !digit(p[3 + colon]) || !digit(p[4 + colon]))
		return at;
	hours = two(p + 1);
	minutes = two(p + 3 + colon);
	*offset = hours > 23 || minutes > 59 ? OFFSET_WRONG : hours * 3600 + minutes * 60;
	if (*p == '-' && *offset != OFFSET_WRONG)
		*offset = -*offset;
	return at + 5 + colon;
}

/* The same, for stamps in a row: their offset is mostly that of the last. */
static inline size_t offset_again(struct stamp_clock *c, struct slice in, size_t at, int64_t *offset)
{
	char *zone = c->model + MICROS - ZONE_N;
	size_t end;

	if (in.n - at >= ZONE_N && memcmp(in.p + at, zone, ZONE_N) == 0) {
		*offset = c->zone_offset;
		return at + ZONE_N;
	}
	end = offset_scan(in, at, offset);
	if (end - at == ZONE_N && *offset != OFFSET_WRONG) {
		memcpy(zone, in.p + at, ZONE_N);
		c->zone_offset = *offset;
	}
	return end;
}

/* The name of a zone as journalctl prints it, ` CET`; only UTC means the same everywhere. */
static size_t zone_name_scan(struct slice in, size_t at, struct parts *p)
{
	struct slice name = slice_head(slice_from(in, at + 1), 7);
	ptrdiff_t end = slice_chr(name, ' ');

	if (end >= 0)
		name.n = (size_t)end;
	if (at >= in.n || in.p[at] != ' ' || name.n < 3 || name.n > 6)
		return at;
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'A' && name.p[i] <= 'Z') && !digit(name.p[i]) && name.p[i] != '+' &&
		    name.p[i] != '-')
			return at;
	p->local = !slice_eq(name, SLICE("UTC")) && !slice_eq(name, SLICE("GMT"));
	return at + 1 + name.n;
}

static void time_of_day(const char *s, struct parts *p)
{
	p->hour = two(s);
	p->minute = two(s + 3);
	p->second = two(s + 6);
}

static void date_of(const char *s, struct parts *p)
{
	p->year = two(s) * 100 + two(s + 2);
	p->month = two(s + 5);
	p->day = two(s + 8);
}

static size_t bsd_scan(struct slice in, struct parts *p)
{
	if (!looks(in, SLICE("aaa pd dd:dd:dd")))
		return 0;
	p->month = name_of(in, "JanFebMarAprMayJunJulAugSepOctNovDec", 12);
	if (p->month == 0)
		return 0;
	p->year = YEAR_NONE;
	p->day = in.p[4] == ' ' ? in.p[5] - '0' : two(in.p + 4);
	time_of_day(in.p + 7, p);
	p->local = true;
	p->key_n = BSD_KEY;
	return fraction_scan(in, 15, &p->us, &p->digits);
}

static size_t iso_scan(struct slice in, struct parts *p)
{
	size_t zone, end;

	if (!looks(in, SLICE("dddd-dd-ddTdd:dd:dd")))
		return 0;
	date_of(in.p, p);
	time_of_day(in.p + 11, p);
	zone = fraction_scan(in, 19, &p->us, &p->digits);
	end = offset_scan(in, zone, &p->offset);
	p->local = end == zone;
	p->key_n = p->local ? 0 : ISO_KEY;
	return end;
}

static size_t weekday_scan(struct slice in, struct parts *p)
{
	if (!looks(in, SLICE("aaa dddd-dd-dd dd:dd:dd")) || !name_of(in, "MonTueWedThuFriSatSun", 7))
		return 0;
	date_of(in.p + 4, p);
	time_of_day(in.p + 15, p);
	p->local = true;
	return zone_name_scan(in, fraction_scan(in, 23, &p->us, &p->digits), p);
}

/* Few digits are an epoch only with journalctl's six behind the point: `163 ` is an octet count. */
static size_t epoch_scan(struct slice in, struct parts *p)
{
	struct slice rest = in;
	uint64_t s;
	size_t whole, end;

	if (!slice_number(&rest, 999999999999, &s))
		return 0;
	whole = in.n - rest.n;
	end = fraction_scan(in, whole, &p->us, &p->digits);
	if (whole < 9 && end != whole + 7)
		return 0;
	parts_from_seconds((int64_t)s, p);
	return end;
}

static size_t parts_scan(struct slice in, struct parts *p)
{
	size_t end;

	*p = (struct parts){.year = YEAR_NONE};
	if (in.n < 9)
		return 0;
	if (digit(in.p[0]))
		end = in.p[4] == '-' ? iso_scan(in, p) : epoch_scan(in, p);
	else
		end = in.p[8] == '-' ? weekday_scan(in, p) : bsd_scan(in, p);
	return end < in.n && in.p[end] != ' ' ? 0 : end;
}

size_t stamp_minute_again(struct stamp_clock *c, struct slice in, struct stamp *out)
{
	const char *p = in.p + c->key_n;
	size_t end;
	int64_t offset = 0;
	int32_t us;
	int second;

	if (c->key_n == 0 || in.n < c->key_n + 3 || memcmp(in.p, c->key, c->key_n) != 0)
		return 0;
	if (p[0] != ':' || !digit(p[1]) || !digit(p[2]))
		return 0;
	second = two(p + 1);
	end = fraction_scan(in, c->key_n + 3, &us, &out->digits);
	if (c->key_n == ISO_KEY) {
		size_t zone = end;
		end = offset_again(c, in, zone, &offset);
		if (end == zone || offset == OFFSET_WRONG)
			return 0;
	}
	if (second > 60 || (end < in.n && in.p[end] != ' '))
		return 0;
	out->us = c->minute_us + (second - offset) * SECOND_US + us;
	out->flags = c->minute_flags;
	return end;
}

static int year_guess(const struct stamp_clock *c, const struct parts *p)
{
	int year = c->year ? c->year : YEAR_GUESS;

	if (c->month && p->month < c->month - 6)
		year++;
	else if (c->month && p->month > c->month + 6)
		year--;
	while (!c->anchored && p->month == 2 && p->day == 29 && !leap_year(year))
		year++;
	return year;
}

static void clock_move(struct stamp_clock *c, struct slice in, struct parts *p, struct stamp *out)
{
	bool yearless = p->year == YEAR_NONE;
	int64_t s;

	out->digits = p->digits;
	out->flags = 0;
	if (yearless) {
		p->year = year_guess(c, p);
		out->flags = c->anchored ? STAMP_YEARLESS : STAMP_YEARLESS | STAMP_UNSURE;
	}
	if (!parts_moment(c, p, &s, &out->flags)) {
		out->flags |= STAMP_BAD;
		out->us = c->last_us;
		return;
	}
	out->us = s * SECOND_US + p->us;
	c->last_us = out->us;
	c->anchored |= !yearless;
	c->year = p->year;
	c->month = p->month;
	c->key_n = p->key_n;
	memcpy(c->key, in.p, p->key_n);
	c->minute_us = (s - p->second + p->offset) * SECOND_US;
	c->minute_flags = out->flags;
}

/* The same of any minute. */
__attribute__((noinline)) static size_t minute_new(struct stamp_clock *c, struct slice in, struct stamp *out)
{
	struct parts p;
	size_t end = parts_scan(in, &p);

	if (end)
		clock_move(c, in, &p, out);
	return end;
}

void stamp_clock_init(struct stamp_clock *c, int year)
{
	*c = (struct stamp_clock){.last_us = STAMP_NONE, .model = ":00.000000+00:00", .plain_hour = INT64_MIN};
	if (year >= 1 && year <= 9999) {
		c->year = year;
		c->anchored = true;
	}
}

bool stamp_scan(struct stamp_clock *c, struct slice in, struct stamp *out, size_t *used)
{
	size_t end = stamp_again(c, in, out);

	if (end)
		c->last_us = out->us;
	else
		end = minute_new(c, in, out);
	*used = end;
	return end != 0;
}

size_t stamp_length(struct slice in)
{
	struct parts p;

	return parts_scan(in, &p);
}

static struct slice pri_skip(struct slice in)
{
	struct slice rest = in;
	uint64_t pri;

	if (slice_skip(&rest, SLICE("<")) && slice_number(&rest, 191, &pri) && slice_skip(&rest, SLICE(">")))
		return rest;
	return in;
}

int stamp_bsd_month(struct slice in)
{
	struct parts p = {0};

	return bsd_scan(pri_skip(in), &p) ? p.month : 0;
}

/* The latest year in which the yearless p comes no later than `limit`; 0 if none does. */
static int year_before(struct parts *p, int64_t limit)
{
	struct stamp_clock c;
	struct parts end;
	uint8_t flags = 0;
	int64_t s;

	stamp_clock_init(&c, 0);
	parts_from_seconds(limit + offset_at(limit), &end);
	/* From one 29 Feb to the next it may be eight years. */
	for (p->year = end.year; p->year > end.year - 9; p->year--)
		if (parts_moment(&c, p, &s, &flags) && s <= limit)
			return p->year;
	return 0;
}

int stamp_first_year(struct slice last, int64_t last_us, int year_ends)
{
	struct parts p;

	if (last_us == STAMP_NONE || parts_scan(pri_skip(last), &p) == 0)
		return 0;
	if (p.year == YEAR_NONE)
		p.year = year_before(&p, floor_div(last_us, SECOND_US) + DAY_S);
	return p.year > year_ends ? p.year - year_ends : 0;
}

static char *put_number(char *to, int value, int width)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		to[i] = (char)('0' + value % 10);
	return to + width;
}

size_t stamp_text(int64_t us, int digits, char buf[STAMP_TEXT])
{
	const int64_t least = stamp_days_of(0, 1, 1) * DAY_S * SECOND_US;
	const int64_t most = stamp_days_of(10000, 1, 1) * DAY_S * SECOND_US - 1;
	static const int unit[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
	struct parts p;
	char *to = buf;
	int64_t s;

	us = us < least ? least : us > most ? most : us;
	digits = digits < 0 ? 0 : digits > 6 ? 6 : digits;
	s = floor_div(us, SECOND_US);
	parts_from_seconds(s, &p);
	to = put_number(to, p.year, 4);
	*to++ = '-';
	to = put_number(to, p.month, 2);
	*to++ = '-';
	to = put_number(to, p.day, 2);
	*to++ = 'T';
	to = put_number(to, p.hour, 2);
	*to++ = ':';
	to = put_number(to, p.minute, 2);
	*to++ = ':';
	to = put_number(to, p.second, 2);
	if (digits)
		*to++ = '.';
	to = put_number(to, (int)(us - s * SECOND_US) / unit[digits], digits);
	*to++ = 'Z';
	*to = '\0';
	return (size_t)(to - buf);
}

bool stamp_parse_time(struct slice in, int64_t *us)
{
	char text[64] = "0000-00-00T00:00:00";
	struct stamp_clock c;
	struct parts p;
	uint8_t flags = 0;
	int64_t s;

	/* Missing parts are those of midnight; then there is but one form. */
	if (in.n > sizeof(text) || (in.n < 19 && in.n != 10 && in.n != 16))
		return false;
	memcpy(text, in.p, in.n);
	if (text[10] == ' ')
		text[10] = 'T';
	in = slice_of(text, in.n < 19 ? 19 : in.n);
	stamp_clock_init(&c, 0);
	p.offset = 0;
	if (iso_scan(in, &p) != in.n || !parts_moment(&c, &p, &s, &flags))
		return false;
	*us = s * SECOND_US + p.us;
	return true;
}

int32_t stamp_local_day(int64_t us)
{
	int64_t s = floor_div(us, SECOND_US);

	return (int32_t)floor_div(s + offset_at(s), DAY_S);
}
