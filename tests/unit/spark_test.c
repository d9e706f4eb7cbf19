#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ui/spark.h"

static struct text out;

static int fresh(void **state)
{
	(void)state;
	glyph_ascii_only(false);
	text_clear(&out);
	return 0;
}

static int done(void **state)
{
	(void)state;
	glyph_ascii_only(false);
	text_release(&out);
	return 0;
}

static void the_highest_is_tallest_and_little_is_not_nothing(void **state)
{
	static const int64_t figure[] = {0, 1, 500, 1000, -7};

	(void)state;
	spark_line(&out, figure, 5);
	assert_string_equal(out.p, "▁▂▅█▁");
}

static void no_figures_make_no_line(void **state)
{
	static const int64_t zero[] = {0, 0};

	(void)state;
	spark_line(&out, zero, 2);
	assert_string_equal(out.p, "▁▁");
	text_clear(&out);
	spark_line(&out, zero, 0);
	assert_int_equal(out.n, 0);
}

static void figures_are_joined_from_the_newest_backwards(void **state)
{
	static const int64_t figure[] = {1, 2, 3, 4, 5};
	int64_t joined[5];

	(void)state;
	assert_int_equal(spark_fit(figure, 5, 3, joined), 3);
	assert_int_equal(joined[0], 1);
	assert_int_equal(joined[1], 5);
	assert_int_equal(joined[2], 9);
	assert_int_equal(spark_fit(figure, 5, 9, joined), 5);
	assert_int_equal(spark_fit(figure, 5, 0, joined), 0);
}

static void a_bar_shows_each_part_that_is_there(void **state)
{
	(void)state;
	spark_bar(&out, 1, 1000, 1001, 10);
	assert_string_equal(out.p, "█▒▒▒▒▒▒▒▒▒");
	text_clear(&out);
	spark_bar(&out, 1000, 1, 1001, 10);
	assert_string_equal(out.p, "█████████▒");
	text_clear(&out);
	spark_bar(&out, 0, 0, 0, 3);
	assert_string_equal(out.p, "░░░");
}

static void a_strip_shows_the_last_days(void **state)
{
	static const int32_t day[] = {10, 11, 13};

	(void)state;
	assert_int_equal(spark_days(&out, day, 3, 9, 14, 40), 9);
	assert_string_equal(out.p, "░██░█░");
	text_clear(&out);
	assert_int_equal(spark_days(&out, day, 3, 9, 14, 3), 12);
	assert_string_equal(out.p, "░█░");
	text_clear(&out);
	spark_days(&out, day, 3, 14, 9, 3);
	assert_int_equal(out.n, 0);
}

static void without_utf8_they_are_ascii(void **state)
{
	static const int64_t figure[] = {0, 5, 10};

	(void)state;
	glyph_ascii_only(true);
	spark_line(&out, figure, 3);
	spark_bar(&out, 1, 1, 4, 4);
	assert_string_equal(out.p, "_=##%..");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
	    TEST(the_highest_is_tallest_and_little_is_not_nothing),
	    TEST(no_figures_make_no_line),
	    TEST(figures_are_joined_from_the_newest_backwards),
	    TEST(a_bar_shows_each_part_that_is_there),
	    TEST(a_strip_shows_the_last_days),
	    TEST(without_utf8_they_are_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
