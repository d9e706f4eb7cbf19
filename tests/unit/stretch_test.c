#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../analyzer/stretch.h"
#include "../../parsers/stamp.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static void zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

/* Normal: in order, none empty, none touching the next. */
static void assert_normal(const struct stretches *s)
{
	for (size_t i = 0; i < s->n; i++) {
		assert_true(s->at[i].from < s->at[i].to);
		if (i)
			assert_true(s->at[i - 1].to < s->at[i].from);
	}
}

static void assert_is(const struct stretches *s, const struct stretch *what, size_t n)
{
	assert_normal(s);
	assert_int_equal(s->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(s->at[i].from, what[i].from);
		assert_int_equal(s->at[i].to, what[i].to);
	}
}

#define IS(s, ...)                                          \
	assert_is(s, (const struct stretch[]){__VA_ARGS__}, \
	          sizeof((const struct stretch[]){__VA_ARGS__}) / sizeof(struct stretch))

static void stretches_come_into_order(void **state)
{
	(void)state;
	struct stretches s = {0};

	stretches_add(&s, 50, 60);
	stretches_add(&s, 10, 20);
	stretches_add(&s, 30, 40);
	IS(&s, {10, 20}, {30, 40}, {50, 60});
	assert_int_equal(stretches_covered(&s, STRETCH_EVER, STRETCH_FOREVER), 30);
	stretches_release(&s);
	assert_null(s.at);
	assert_int_equal(stretches_covered(&s, STRETCH_EVER, STRETCH_FOREVER), 0);
}

static void what_overlaps_or_touches_becomes_one(void **state)
{
	(void)state;
	struct stretches s = {0};

	stretches_add(&s, 10, 20);
	stretches_add(&s, 20, 30); /* touches behind */
	stretches_add(&s, 5, 10);  /* and in front */
	IS(&s, {5, 30});
	stretches_add(&s, 31, 40);
	stretches_add(&s, 50, 60);
	stretches_add(&s, 70, 80);
	IS(&s, {5, 30}, {31, 40}, {50, 60}, {70, 80});
	stretches_add(&s, 35, 55); /* bridges two */
	IS(&s, {5, 30}, {31, 60}, {70, 80});
	stretches_add(&s, 40, 41); /* lies within */
	IS(&s, {5, 30}, {31, 60}, {70, 80});
	stretches_add(&s, 0, 100); /* holds all */
	IS(&s, {0, 100});
	stretches_release(&s);
}

static void nothing_is_added_by_an_empty_stretch_or_an_unknown_end(void **state)
{
	(void)state;
	struct stretches s = {0};

	assert_false(stretches_add(&s, 10, 10));
	assert_false(stretches_add(&s, 10, 9));
	assert_false(stretches_add(&s, STAMP_NONE, 10));
	assert_false(stretches_add(&s, 10, STAMP_NONE));
	assert_int_equal(s.n, 0);
	assert_true(stretches_add(&s, 9, 10));
	stretches_release(&s);
}

static void the_outermost_moments_overflow_no_sum(void **state)
{
	(void)state;
	struct stretches s = {0};

	assert_true(stretches_add(&s, INT64_MIN + 1, INT64_MAX));
	IS(&s, {STRETCH_EVER, STRETCH_FOREVER});
	assert_true(stretches_covered(&s, STRETCH_EVER, STRETCH_FOREVER) > 0);
	assert_true(stretches_share(&s, INT64_MIN, INT64_MAX) == 1.0);
	stretches_release(&s);
}

static void a_cleared_set_is_empty_and_usable(void **state)
{
	(void)state;
	struct stretches s = {0};

	stretches_add(&s, 10, 20);
	stretches_clear(&s);
	assert_int_equal(stretches_covered(&s, STRETCH_EVER, STRETCH_FOREVER), 0);
	stretches_add(&s, 15, 16);
	IS(&s, {15, 16});
	stretches_release(&s);
}

static void a_hole_over_several_stretches_is_taken_from_each(void **state)
{
	(void)state;
	struct stretches all = {0}, holes = {0}, rest = {0};

	stretches_add(&all, 0, 10);
	stretches_add(&all, 20, 30);
	stretches_add(&all, 40, 50);
	stretches_add(&holes, STRETCH_EVER, 1);
	stretches_add(&holes, 5, 6);
	stretches_add(&holes, 8, 42);
	stretches_add(&holes, 50, 60);
	stretches_subtract(&rest, &all, &holes);
	IS(&rest, {1, 5}, {6, 8}, {42, 50});
	stretches_intersect(&rest, &all, &holes);
	IS(&rest, {0, 1}, {5, 6}, {8, 10}, {20, 30}, {40, 42});
	stretches_release(&all);
	stretches_release(&holes);
	stretches_release(&rest);
}

static void a_share_of_nothing_is_none(void **state)
{
	(void)state;
	struct stretches s = {0};

	assert_true(stretches_share(&s, 0, 10) == 0.0);
	stretches_add(&s, 0, 100);
	assert_true(stretches_share(&s, 10, 10) == 0.0);
	assert_true(stretches_share(&s, 20, 10) == 0.0);
	assert_true(stretches_share(&s, 10, 20) == 1.0);
	assert_true(stretches_share(&s, 90, 110) == 0.5);
	assert_true(stretches_share(&s, 200, 210) == 0.0);
	stretches_release(&s);
}

/* ------------------------------------------------------------------ against a set of single moments */

#define MOMENTS 64

static uint64_t bits_of(const struct stretches *s)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < s->n; i++)
		for (int64_t t = s->at[i].from; t < s->at[i].to; t++)
			bits |= UINT64_C(1) << t;
	return bits;
}

static uint64_t next_random(uint64_t *r)
{
	*r ^= *r << 13;
	*r ^= *r >> 7;
	*r ^= *r << 17;
	return *r;
}

static uint64_t fill(struct stretches *s, uint64_t *random)
{
	uint64_t bits = 0;

	stretches_clear(s);
	for (uint64_t n = next_random(random) % 12; n > 0; n--) {
		int64_t from = (int64_t)(next_random(random) % MOMENTS);
		int64_t to = from + (int64_t)(next_random(random) % 9);
		to = to > MOMENTS ? MOMENTS : to;
		assert_int_equal(stretches_add(s, from, to), from < to);
		for (int64_t t = from; t < to; t++)
			bits |= UINT64_C(1) << t;
	}
	return bits;
}

static void sets_of_stretches_behave_as_sets_of_moments(void **state)
{
	(void)state;
	struct stretches a = {0}, b = {0}, out = {0};
	uint64_t random = 88172645463325252;

	for (int round = 0; round < 20000; round++) {
		uint64_t in_a = fill(&a, &random), in_b = fill(&b, &random);
		int64_t from = (int64_t)(next_random(&random) % MOMENTS), to = from + 7;
		uint64_t window = UINT64_C(0x7f) << from;

		assert_normal(&a);
		assert_true(bits_of(&a) == in_a);
		assert_int_equal(stretches_covered(&a, STRETCH_EVER, STRETCH_FOREVER), __builtin_popcountll(in_a));
		assert_int_equal(stretches_covered(&a, from, to), __builtin_popcountll(in_a & window));
		stretches_intersect(&out, &a, &b);
		assert_normal(&out);
		assert_true(bits_of(&out) == (in_a & in_b));
		stretches_subtract(&out, &a, &b);
		assert_normal(&out);
		assert_true(bits_of(&out) == (in_a & ~in_b));
		for (size_t i = 0; i < b.n; i++)
			stretches_add(&a, b.at[i].from, b.at[i].to);
		assert_normal(&a);
		assert_true(bits_of(&a) == (in_a | in_b));
	}
	stretches_release(&a);
	stretches_release(&b);
	stretches_release(&out);
}

/* ------------------------------------------------------------------ local days */

static int32_t day_number(const char *noon)
{
	int64_t us;

	assert_true(stamp_parse_time(slice_str(noon), &us));
	return stamp_local_day(us);
}

static void each_moment_lies_in_the_day_whose_begin_comes_before_it(void **state)
{
	(void)state;
	static const char *const zones[] = {
	    "UTC0",     BERLIN,   "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "NZST-12NZDT,M9.5.0,M4.1.0/3", "HST10",
	    "<+14>-14", "<-12>12"};
	int64_t start[401];

	for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++) {
		zone(zones[z]);
		stretch_day_starts(20500, 400, start);
		for (int32_t i = 0; i <= 400; i++) {
			assert_int_equal(stamp_local_day(start[i]), 20500 + i);
			assert_int_equal(stamp_local_day(start[i] - 1), 20500 + i - 1);
		}
	}
}

static void days_of_a_clock_change_have_23_and_25_hours(void **state)
{
	(void)state;
	int64_t start[2];

	zone(BERLIN);
	stretch_day_starts(day_number("2026-03-29 12:00"), 1, start);
	assert_int_equal(start[1] - start[0], 23 * HOUR);
	stretch_day_starts(day_number("2026-10-25 12:00"), 1, start);
	assert_int_equal(start[1] - start[0], 25 * HOUR);
	stretch_day_starts(day_number("2026-10-26 12:00"), 1, start);
	assert_int_equal(start[1] - start[0], 24 * HOUR);
}

static void the_outermost_days_have_begins(void **state)
{
	(void)state;
	int64_t start[2];

	zone("UTC0");
	stretch_day_starts(INT32_MAX, 1, start);
	assert_true(start[0] <= start[1]);
	stretch_day_starts(INT32_MIN, 1, start);
	assert_true(start[0] <= start[1]);
}

static void a_day_is_watched_from_95_percent_on(void **state)
{
	(void)state;
	const int64_t start[] = {0, DAY, 2 * DAY, 3 * DAY, 4 * DAY};
	struct stretches s = {0};
	int32_t days[4];
	double share[4];

	stretches_add(&s, DAY / 20, DAY);               /* 95 % to the microsecond */
	stretches_add(&s, DAY + DAY / 20 + 1, 2 * DAY); /* and one less */
	stretches_add(&s, 3 * DAY, 3 * DAY + DAY / 2);  /* in two pieces */
	stretches_add(&s, 4 * DAY - DAY / 2 + HOUR, 5 * DAY);
	assert_int_equal(stretches_days(&s, 100, start, 4, 0.95, days, share), 2);
	assert_int_equal(days[0], 100);
	assert_int_equal(days[1], 103);
	assert_true(share[0] == 0.95);
	assert_true(share[1] < 0.95 && share[1] > 0.9499);
	assert_true(share[2] == 0.0);
	assert_true(share[3] > 0.958 && share[3] < 0.959);
	assert_int_equal(stretches_days(&s, 100, start, 4, 0.96, days, NULL), 0);
	stretches_release(&s);
}

static void an_hour_more_or_less_changes_what_95_percent_are(void **state)
{
	(void)state;
	struct stretches s = {0};
	int64_t start[3];
	int32_t days[2];

	zone(BERLIN);
	/* 70 minutes lost: of 24 h 4.9 %, of 23 h 5.1 %. */
	stretch_day_starts(day_number("2026-03-28 12:00"), 2, start);
	stretches_add(&s, start[0] + 70 * HOUR / 60, start[1]);
	stretches_add(&s, start[1] + 70 * HOUR / 60, start[2]);
	assert_int_equal(stretches_days(&s, 0, start, 2, 0.95, days, NULL), 1);
	assert_int_equal(days[0], 0);
	stretches_release(&s);
}

/* Samoa had no 30 December 2011. */
static void a_day_that_was_left_out_is_never_watched(void **state)
{
	(void)state;
	const int64_t start[] = {0, DAY, DAY, 2 * DAY};
	struct stretches s = {0};
	int32_t days[3];

	stretches_add(&s, -DAY, 9 * DAY);
	assert_int_equal(stretches_days(&s, 0, start, 3, 0, days, NULL), 2);
	assert_int_equal(days[1], 2);
	stretches_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stretches_come_into_order),
	    cmocka_unit_test(what_overlaps_or_touches_becomes_one),
	    cmocka_unit_test(nothing_is_added_by_an_empty_stretch_or_an_unknown_end),
	    cmocka_unit_test(the_outermost_moments_overflow_no_sum),
	    cmocka_unit_test(a_cleared_set_is_empty_and_usable),
	    cmocka_unit_test(a_hole_over_several_stretches_is_taken_from_each),
	    cmocka_unit_test(a_share_of_nothing_is_none),
	    cmocka_unit_test(sets_of_stretches_behave_as_sets_of_moments),
	    cmocka_unit_test(each_moment_lies_in_the_day_whose_begin_comes_before_it),
	    cmocka_unit_test(days_of_a_clock_change_have_23_and_25_hours),
	    cmocka_unit_test(the_outermost_days_have_begins),
	    cmocka_unit_test(a_day_is_watched_from_95_percent_on),
	    cmocka_unit_test(an_hour_more_or_less_changes_what_95_percent_are),
	    cmocka_unit_test(a_day_that_was_left_out_is_never_watched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
