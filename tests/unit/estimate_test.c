#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../analyzer/estimate.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define MANY INT64_C(1000000000000)

/* Q = (6, 3, 2, 1), and ten sources that are seen often; 30 days. */
static const int64_t example[] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 13, 15, 20, 25};

static struct estimate_counts counts_of(int64_t days, const int64_t *seen, size_t n)
{
	struct estimate_counts c = {.days = days};

	for (size_t i = 0; i < n; i++)
		estimate_add(&c, seen[i]);
	return c;
}

static bool near(double a, double b, double within)
{
	return a - b <= within && b - a <= within;
}

/* False for NaN too. */
static bool finite(double x)
{
	return x >= 0 && x <= 1e300;
}

static void a_list_is_counted_into_its_frequencies(void **state)
{
	(void)state;
	struct estimate_counts c = counts_of(30, example, COUNT(example));

	assert_int_equal(c.sources, 22);
	assert_int_equal(c.source_days, 140);
	assert_int_equal(c.once, 6);
	assert_int_equal(c.twice, 3);
	assert_int_equal(c.most, 25);
}

/* C = 1 - 6/140 * 174/180; Q0 = 29/30 * 36/6 = 5.8; new = 5.8 * (1 - (1 - 6/180)^30). */
static void the_example_of_the_contract_has_its_figures(void **state)
{
	(void)state;
	struct estimate_counts c = counts_of(30, example, COUNT(example));
	struct estimate e = estimate_make(&c, ESTIMATE_AS_MANY);
	double stays_unseen = 1;

	for (int day = 0; day < 30; day++)
		stays_unseen *= 29.0 / 30.0;
	assert_int_equal(e.state, ESTIMATE_COMPUTED);
	assert_int_equal(e.more_days, 30);
	assert_true(near(e.coverage * 25200, 25200 - 6 * 174, 1e-6));
	assert_true(near(e.coverage, 0.959, 0.0005));
	assert_true(near(e.unseen, 5.8, 1e-12));
	assert_true(near(e.new_sources, 5.8 * (1 - stays_unseen), 1e-12));
	assert_true(near(e.new_sources, 3.7, 0.05));
}

static void without_single_days_all_is_covered_and_nothing_new_is_forecast(void **state)
{
	(void)state;
	struct estimate_counts c = counts_of(30, (const int64_t[]){2, 2, 30}, 3);
	struct estimate e = estimate_make(&c, ESTIMATE_AS_MANY);

	assert_int_equal(e.state, ESTIMATE_COMPUTED);
	assert_true(near(e.coverage, 1, 0));
	assert_true(near(e.unseen, 0, 0));
	assert_true(near(e.new_sources, 0, 0));
}

static void without_double_days_each_single_day_counts_in_full(void **state)
{
	(void)state;
	struct estimate_counts c = counts_of(10, (const int64_t[]){1, 1, 1, 7}, 4);
	struct estimate e = estimate_make(&c, 10);

	assert_true(near(e.coverage, 0.7, 1e-12));
	assert_true(near(e.unseen, 0.9 * 3, 1e-12));
}

static void only_single_days_cover_nothing(void **state)
{
	(void)state;
	struct estimate_counts c = counts_of(10, (const int64_t[]){1, 1, 1, 1}, 4);
	struct estimate e = estimate_make(&c, ESTIMATE_AS_MANY);

	assert_true(near(e.coverage, 0, 1e-12));
	assert_false(estimate_passes(&e, 1));
}

static void one_source_on_one_day_covers_nothing_and_divides_by_nothing(void **state)
{
	(void)state;
	struct estimate_counts c = counts_of(2, (const int64_t[]){1}, 1);
	struct estimate e = estimate_make(&c, ESTIMATE_AS_MANY);

	assert_int_equal(e.state, ESTIMATE_COMPUTED);
	assert_true(near(e.coverage, 0, 0));
	assert_true(near(e.unseen, 0, 0));
	assert_true(near(e.new_sources, 0, 0));
}

static void fewer_than_two_days_tell_nothing_and_never_pass(void **state)
{
	(void)state;
	for (int64_t days = -1; days < 2; days++) {
		struct estimate_counts some = counts_of(days, (const int64_t[]){1, 1}, 2), none = {.days = days};
		struct estimate a = estimate_make(&some, ESTIMATE_AS_MANY), b = estimate_make(&none, ESTIMATE_AS_MANY);

		assert_int_equal(a.state, ESTIMATE_TOO_SHORT);
		assert_int_equal(b.state, ESTIMATE_TOO_SHORT);
		assert_false(estimate_passes(&a, 0));
		assert_false(estimate_passes(&b, 0));
		assert_true(near(b.at_most, 0, 0));
	}
}

static void no_source_at_all_gives_the_rule_of_three_and_passes(void **state)
{
	(void)state;
	struct estimate_counts c = {.days = 30};
	struct estimate e;

	estimate_add(&c, 0);
	e = estimate_make(&c, ESTIMATE_AS_MANY);
	assert_int_equal(e.state, ESTIMATE_NONE);
	assert_true(near(e.at_most, 0.1, 1e-12));
	assert_true(near(e.coverage, 0, 0));
	assert_true(estimate_passes(&e, 97));
}

static void counts_that_no_list_has_never_pass(void **state)
{
	(void)state;
	static const struct estimate_counts wrong[] = {
	    {.days = 30, .sources = 1, .source_days = 31, .most = 31}, /* more days than were watched */
	    {.days = 30, .sources = 1, .source_days = 31},
	    {.days = 30, .sources = 3, .source_days = 33, .most = 31},
	    {.days = 30, .sources = 2, .source_days = 3, .once = 3},
	    {.days = 30, .sources = 0, .source_days = 5},
	    {.days = 30, .sources = 5, .source_days = 5, .once = 3}, /* the other two on at least three */
	    {.days = 30, .sources = -1, .source_days = -3},
	    {.days = 30, .sources = 3, .source_days = 40, .once = -1},
	    {.days = 30, .sources = 3, .source_days = 40, .twice = -1},
	    {.days = 30, .sources = INT64_MAX, .source_days = 40, .once = 1},
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct estimate e = estimate_make(&wrong[i], ESTIMATE_AS_MANY);
		assert_int_equal(e.state, ESTIMATE_CONTRADICTORY);
		assert_false(estimate_passes(&e, 0));
	}
}

static void a_threshold_reached_exactly_is_passed(void **state)
{
	(void)state;
	/* Three single days and no double one of U = 100: 97 %; of U = 99 less. */
	struct estimate_counts c = counts_of(60, (const int64_t[]){1, 1, 1, 50, 47}, 5);
	struct estimate e = estimate_make(&c, ESTIMATE_AS_MANY);
	struct estimate_counts less = counts_of(60, (const int64_t[]){1, 1, 1, 50, 46}, 5);
	struct estimate f = estimate_make(&less, ESTIMATE_AS_MANY);

	assert_true(estimate_passes(&e, 97));
	assert_false(estimate_passes(&e, 97.001));
	assert_false(estimate_passes(&f, 97));
}

static void a_longer_look_ahead_shows_more_but_never_more_than_are_unseen(void **state)
{
	(void)state;
	struct estimate_counts c = counts_of(30, example, COUNT(example));
	double before = -1;

	for (int64_t more = 0; more <= 3000; more += 100) {
		struct estimate e = estimate_make(&c, more);
		assert_int_equal(e.more_days, more);
		assert_true(e.new_sources > before || near(e.new_sources, e.unseen, 1e-9));
		assert_true(e.new_sources <= e.unseen);
		before = e.new_sources;
	}
	assert_true(near(estimate_make(&c, 0).new_sources, 0, 0));
	assert_true(near(estimate_make(&c, INT64_MAX).new_sources, 5.8, 1e-12));
}

/* All lists of up to four sources on up to six days, and some of a size no log will ever have. */
static void no_figure_is_ever_infinite_or_negative_or_no_number(void **state)
{
	(void)state;
	static const struct estimate_counts huge[] = {
	    {.days = MANY, .sources = MANY, .source_days = MANY, .once = MANY},
	    {.days = 2, .sources = MANY, .source_days = 2 * MANY, .twice = MANY},
	    {.days = INT64_MAX, .sources = 2, .source_days = 3, .once = 1, .twice = 1},
	};

	for (int64_t n = 0; n < 6 * 7 * 7 * 7 * 7; n++) {
		int64_t seen[] = {n / 6 % 7, n / 42 % 7, n / 294 % 7, n / 2058 % 7};
		struct estimate_counts c = counts_of(1 + n % 6, seen, 4);
		struct estimate e = estimate_make(&c, ESTIMATE_AS_MANY);
		assert_true(e.coverage >= 0 && e.coverage <= 1);
		assert_true(finite(e.unseen) && finite(e.new_sources) && finite(e.at_most));
	}
	for (size_t i = 0; i < COUNT(huge); i++) {
		struct estimate e = estimate_make(&huge[i], ESTIMATE_AS_MANY);
		assert_int_equal(e.state, ESTIMATE_COMPUTED);
		assert_true(e.coverage >= 0 && e.coverage <= 1);
		assert_true(finite(e.unseen) && finite(e.new_sources));
	}
}

/* ------------------------------------------------------------------ a world of which we know the truth */

#define SOURCES 40
#define DAYS 14
#define RUNS 2000

struct world {
	double daily[SOURCES];  /* how probable mail of it is on a day */
	int64_t mails[SOURCES]; /* and how many on such a day */
	uint64_t random;
};

/* xorshift64*: the same numbers everywhere, whatever the C library. */
static double chance(struct world *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return (double)(w->random * UINT64_C(0x2545f4914f6cdd1d) >> 11) / 9007199254740992.0;
}

/* From a daily newsletter of 4 000 mails to somebody who writes one mail in half a year. */
static struct world world_make(uint64_t seed)
{
	struct world w = {.random = seed};

	for (int i = 0; i < SOURCES; i++) {
		w.daily[i] = i == 0 ? 0.95 : w.daily[i - 1] * 0.87;
		w.mails[i] = i < 4 ? 4000 >> (2 * i) : 1 + i % 3;
	}
	return w;
}

struct seen {
	int64_t days[SOURCES], mails, single_mails;
	double truth; /* share of the source-days to come that belong to sources seen */
	int64_t sources;
};

static void watch(struct world *w, int days, struct seen *s)
{
	double all = 0, known = 0;

	for (int i = 0; i < SOURCES; i++) {
		for (int d = 0; d < days; d++)
			s->days[i] += chance(w) < w->daily[i];
		s->mails += s->days[i] * w->mails[i];
		s->single_mails += s->days[i] * w->mails[i] == 1;
		s->sources += s->days[i] > 0;
		all += w->daily[i];
		known += s->days[i] > 0 ? w->daily[i] : 0;
	}
	s->truth = known / all;
}

struct means {
	double truth, coverage, by_mails, seen, forecast, appeared;
};

static struct means simulate(uint64_t seed)
{
	struct world w = world_make(seed);
	struct means sum = {0};

	for (int run = 0; run < RUNS; run++) {
		struct seen first = {0}, second = {0};
		watch(&w, DAYS, &first);
		watch(&w, DAYS, &second);
		struct estimate_counts c = counts_of(DAYS, first.days, SOURCES);
		struct estimate e = estimate_make(&c, ESTIMATE_AS_MANY);
		sum.truth += first.truth / RUNS;
		sum.coverage += e.coverage / RUNS;
		/* The same thought with mails as the unit (Good 1953). */
		sum.by_mails += (1 - (double)first.single_mails / (double)first.mails) / RUNS;
		sum.seen += (double)first.sources / SOURCES / RUNS;
		sum.forecast += e.new_sources / RUNS;
		for (int i = 0; i < SOURCES; i++)
			sum.appeared += (first.days[i] == 0 && second.days[i] > 0) / (double)RUNS;
	}
	return sum;
}

static void the_estimate_lies_near_the_truth(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct means m = simulate(seed * 7919);
		assert_true(m.truth > 0.8 && m.truth < 0.99); /* a world in which there is something to estimate */
		assert_true(near(m.coverage, m.truth, 0.003));
	}
}

static void counting_mails_flatters(void **state)
{
	(void)state;
	struct means m = simulate(42);

	assert_true(m.by_mails > 0.998);
	assert_true(m.seen < 0.7);
	assert_true(m.by_mails - m.truth > 5 * (m.truth > m.coverage ? m.truth - m.coverage : m.coverage - m.truth));
}

/* Q0 is a lower bound, so the forecast errs to that side, but not by much. */
static void the_forecast_is_of_the_size_of_what_comes(void **state)
{
	(void)state;
	struct means m = simulate(4711);

	assert_true(m.appeared > 2);
	assert_true(m.forecast < 1.1 * m.appeared);
	assert_true(m.forecast > 0.7 * m.appeared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_is_counted_into_its_frequencies),
	    cmocka_unit_test(the_example_of_the_contract_has_its_figures),
	    cmocka_unit_test(without_single_days_all_is_covered_and_nothing_new_is_forecast),
	    cmocka_unit_test(without_double_days_each_single_day_counts_in_full),
	    cmocka_unit_test(only_single_days_cover_nothing),
	    cmocka_unit_test(one_source_on_one_day_covers_nothing_and_divides_by_nothing),
	    cmocka_unit_test(fewer_than_two_days_tell_nothing_and_never_pass),
	    cmocka_unit_test(no_source_at_all_gives_the_rule_of_three_and_passes),
	    cmocka_unit_test(counts_that_no_list_has_never_pass),
	    cmocka_unit_test(a_threshold_reached_exactly_is_passed),
	    cmocka_unit_test(a_longer_look_ahead_shows_more_but_never_more_than_are_unseen),
	    cmocka_unit_test(no_figure_is_ever_infinite_or_negative_or_no_number),
	    cmocka_unit_test(the_estimate_lies_near_the_truth),
	    cmocka_unit_test(counting_mails_flatters),
	    cmocka_unit_test(the_forecast_is_of_the_size_of_what_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
