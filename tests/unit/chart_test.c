#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../ui/chart.h"

static struct text text;

static int begin(void **state)
{
	(void)state;
	text = (struct text){0};
	return 0;
}

static int end(void **state)
{
	(void)state;
	text_release(&text);
	return 0;
}

static const struct chart frame = {"c1", "mails <by> day", "a \"description\"", "2026-01-01", "2026-01-03"};

static int count(const char *what)
{
	int n = 0;

	for (const char *at = text.p; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void the_scale_ends_at_a_round_number_that_can_be_halved(void **state)
{
	(void)state;
	int64_t last = 1;

	for (int64_t n = 2; n < 300000; n++) {
		int64_t most = chart_ceiling(n);
		assert_true(most >= n && most <= 2 * n);
		assert_int_equal(most % 2, 0);
		assert_true(most >= last);
		last = most;
	}
	assert_int_equal(chart_ceiling(0), 1);
	assert_int_equal(chart_ceiling(113), 120);
	assert_true(chart_ceiling(INT64_MAX) == INT64_MAX);
}

static void a_day_has_a_bar_for_the_whole_and_one_for_the_part(void **state)
{
	(void)state;
	const struct chart_day days[] = {{.whole = 10, .part = 4}, {.whole = 5, .part = 0}, {.whole = 0, .part = 0}};

	chart_days(&text, &frame, days, 3);
	assert_int_equal(count("class=\"warned\""), 2);
	assert_int_equal(count("class=\"lost\""), 1);
	assert_int_equal(count("class=\"hole\""), 0);
	assert_int_equal(count("url(#c1-h)"), 0);
	assert_non_null(strstr(text.p, "height=\"190.00\"")); /* 10 of 10 */
	assert_non_null(strstr(text.p, "height=\"76.00\""));  /* 4 of 10 */
}

static void a_day_not_watched_is_hatched_and_a_hole_is_marked_even_without_mail(void **state)
{
	(void)state;
	const struct chart_day days[] = {{.unwatched = true}, {.hole = true}, {.whole = 1}};

	chart_days(&text, &frame, days, 3);
	assert_int_equal(count("url(#c1-h)"), 1);
	assert_int_equal(count("class=\"hole\""), 1);
}

static void a_chart_says_what_it_is_and_its_texts_are_no_markup(void **state)
{
	(void)state;
	const struct chart_day days[] = {{.whole = 1, .tip = "<script>"}};

	chart_days(&text, &frame, days, 1);
	assert_non_null(strstr(text.p, "role=\"img\" aria-label=\"mails &lt;by&gt; day\" aria-describedby=\"c1-d\""));
	assert_non_null(strstr(text.p, "<desc id=\"c1-d\">a &quot;description&quot;</desc>"));
	assert_non_null(strstr(text.p, "<title>&lt;script&gt;</title>"));
	assert_non_null(strstr(text.p, ">2026-01-01</text>"));
	assert_int_equal(count("<svg "), count("</svg>"));
}

static void steps_rise_where_the_figure_does_and_reach_the_end(void **state)
{
	(void)state;
	const int64_t y[] = {1, 1, 2, 2};
	const struct chart_line line = {"line-lost", "that lose mail", y};

	chart_steps(&text, &frame, &line, 1, 4);
	assert_non_null(strstr(text.p, "d=\"M66 204H66.00V109.00H387.00V14.00H708\""));
	assert_non_null(strstr(text.p, ">that lose mail</text>"));
}

static void nothing_to_draw_is_drawn(void **state)
{
	(void)state;
	const struct chart_line line = {"line-lost", "x", NULL};

	chart_days(&text, &frame, NULL, 0);
	chart_steps(&text, &frame, &line, 1, 0);
	assert_int_equal(count("</svg>"), 2);
	assert_null(strstr(text.p, "nan"));
	assert_null(strstr(text.p, "inf"));
}

static void many_days_have_no_tips(void **state)
{
	(void)state;
	struct chart_day *days = calloc(2000, sizeof *days);

	for (size_t i = 0; i < 2000; i++)
		days[i] = (struct chart_day){.whole = 1, .tip = "tip"};
	chart_days(&text, &frame, days, 2000);
	assert_int_equal(count("<title>"), 0);
	assert_int_equal(count("class=\"warned\""), 2000);
	free(days);
}

static void the_smallest_share_of_a_bar_can_be_seen(void **state)
{
	(void)state;
	chart_bar(&text, "lost", 0.00001);
	assert_non_null(strstr(text.p, "width=\"0.50\""));
	text_clear(&text);
	chart_bar(&text, "lost", 0);
	assert_non_null(strstr(text.p, "width=\"0.00\""));
	text_clear(&text);
	chart_bar(&text, "lost", 1);
	assert_non_null(strstr(text.p, "width=\"100.00\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_scale_ends_at_a_round_number_that_can_be_halved),
	    cmocka_unit_test_setup_teardown(a_day_has_a_bar_for_the_whole_and_one_for_the_part, begin, end),
	    cmocka_unit_test_setup_teardown(a_day_not_watched_is_hatched_and_a_hole_is_marked_even_without_mail, begin,
	                                    end),
	    cmocka_unit_test_setup_teardown(a_chart_says_what_it_is_and_its_texts_are_no_markup, begin, end),
	    cmocka_unit_test_setup_teardown(steps_rise_where_the_figure_does_and_reach_the_end, begin, end),
	    cmocka_unit_test_setup_teardown(nothing_to_draw_is_drawn, begin, end),
	    cmocka_unit_test_setup_teardown(many_days_have_no_tips, begin, end),
	    cmocka_unit_test_setup_teardown(the_smallest_share_of_a_bar_can_be_seen, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
