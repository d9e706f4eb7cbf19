#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/calendar.h"
#include "../../parsers/stamp.h"

static int32_t day_of(int year, int month, int day)
{
	return (int32_t)stamp_days_of(year, month, day);
}

#define DAY(y, m, d) day_of(y, m, d)
#define DAYS 500

/* All days from one to another, both watched. */
static struct calendar calendar_of_all(int32_t from, int32_t to, int32_t today)
{
	static int32_t days[DAYS];
	size_t n = 0;

	for (int64_t day = from; day <= to && n < DAYS; day++)
		days[n++] = (int32_t)day;
	return calendar_of_days(days, n, today);
}

static void an_end_is_the_day_before_the_next_begins(void **state)
{
	(void)state;
	for (int32_t day = -40000; day <= 40000; day++) {
		struct stamp_date next = stamp_date_of(day + 1);
		assert_int_equal(calendar_is_end(day, CALENDAR_MONTH), next.day == 1);
		assert_int_equal(calendar_is_end(day, CALENDAR_QUARTER), next.day == 1 && next.month % 3 == 1);
		assert_int_equal(calendar_is_end(day, CALENDAR_YEAR), next.day == 1 && next.month == 1);
	}
}

static void the_next_end_is_the_first_that_is_not_before(void **state)
{
	(void)state;
	for (enum calendar_end e = 0; e < CALENDAR_ENDS; e++)
		for (int32_t day = 19000, next; day < 21000; day++) {
			for (next = day; !calendar_is_end(next, e);)
				next++;
			assert_int_equal(calendar_end_from(day, e), next);
		}
	assert_int_equal(calendar_end_from(DAY(2028, 2, 1), CALENDAR_MONTH), DAY(2028, 2, 29));
	assert_int_equal(calendar_end_from(DAY(2100, 2, 1), CALENDAR_MONTH), DAY(2100, 2, 28));
}

static void an_end_on_the_edge_of_the_window_is_inside(void **state)
{
	(void)state;
	int32_t end = DAY(2026, 12, 31);
	struct calendar ends_there = calendar_of_all(DAY(2026, 12, 2), end, end + 1);
	struct calendar begins_there = calendar_of_all(end, end + 10, end + 11);
	struct calendar only_that = calendar_of_all(end, end, end + 1);
	struct calendar begins_after = calendar_of_all(end + 1, end + 10, end + 11);

	for (enum calendar_end e = 0; e < CALENDAR_ENDS; e++) {
		assert_int_equal(ends_there.inside[e], 1);
		assert_int_equal(ends_there.last[e], end);
		assert_int_equal(begins_there.inside[e], 1);
		assert_int_equal(only_that.inside[e], 1);
		assert_int_equal(begins_after.inside[e], 0);
	}
	assert_int_equal(ends_there.next[CALENDAR_MONTH], DAY(2027, 1, 31));
	assert_int_equal(ends_there.next[CALENDAR_QUARTER], DAY(2027, 3, 31));
	assert_int_equal(ends_there.next[CALENDAR_YEAR], DAY(2027, 12, 31));
}

static void an_end_in_a_hole_of_the_window_is_not_inside(void **state)
{
	(void)state;
	int32_t days[] = {DAY(2026, 10, 29), DAY(2026, 10, 30), DAY(2026, 11, 1), DAY(2026, 11, 2)};
	struct calendar c = calendar_of_days(days, 4, DAY(2026, 11, 3));

	assert_int_equal(c.inside[CALENDAR_MONTH], 0);
	assert_int_equal(c.next[CALENDAR_MONTH], DAY(2026, 11, 30));
}

static void a_day_named_twice_counts_once(void **state)
{
	(void)state;
	int32_t days[] = {DAY(2026, 10, 31), DAY(2026, 10, 31), DAY(2026, 11, 30)};
	struct calendar c = calendar_of_days(days, 3, DAY(2026, 12, 1));

	assert_int_equal(c.inside[CALENDAR_MONTH], 2);
	assert_int_equal(c.last[CALENDAR_MONTH], DAY(2026, 11, 30));
}

static void an_end_today_is_the_next_one_unless_it_was_watched(void **state)
{
	(void)state;
	int32_t today = DAY(2026, 11, 30);
	struct calendar open = calendar_of_all(today - 5, today - 1, today);
	struct calendar done = calendar_of_all(today - 5, today, today);

	assert_int_equal(open.next[CALENDAR_MONTH], today);
	assert_int_equal(done.next[CALENDAR_MONTH], DAY(2026, 12, 31));
}

static void of_no_day_nothing_is_inside(void **state)
{
	(void)state;
	struct calendar none = calendar_of_days(NULL, 0, DAY(2026, 11, 22));
	char buf[CALENDAR_TEXT];

	for (enum calendar_end e = 0; e < CALENDAR_ENDS; e++) {
		assert_int_equal(none.inside[e], 0);
	}
	assert_string_equal(calendar_text(&none, buf),
	                    "not inside: month end (next 30 Nov 2026), quarter end (next 31 Dec "
	                    "2026), year end (next 31 Dec 2026)");
}

static void before_1970_the_calendar_is_the_same(void **state)
{
	(void)state;
	struct calendar c = calendar_of_days(NULL, 0, DAY(1969, 2, 3));

	assert_int_equal(c.next[CALENDAR_MONTH], DAY(1969, 2, 28));
	assert_int_equal(c.next[CALENDAR_QUARTER], DAY(1969, 3, 31));
	assert_int_equal(c.next[CALENDAR_YEAR], -1);
}

static void it_is_said_in_words(void **state)
{
	(void)state;
	struct calendar c = calendar_of_all(DAY(2026, 10, 20), DAY(2026, 11, 21), DAY(2026, 11, 22));
	struct calendar all = calendar_of_all(DAY(2026, 12, 1), DAY(2027, 1, 3), DAY(2027, 1, 4));
	char buf[CALENDAR_TEXT];

	assert_string_equal(calendar_end_text(&c, CALENDAR_MONTH, buf), "month end inside: 31 Oct 2026");
	assert_string_equal(calendar_end_text(&c, CALENDAR_QUARTER, buf), "no quarter end inside; next 31 Dec 2026");
	assert_string_equal(calendar_text(&c, buf),
	                    "inside: month end (31 Oct 2026); not inside: quarter end (next 31 Dec "
	                    "2026), year end (next 31 Dec 2026)");
	assert_string_equal(calendar_text(&all, buf),
	                    "inside: month end (31 Dec 2026), quarter end (31 Dec 2026), year end (31 Dec 2026)");
}

static void the_last_days_there_are_end_no_loop_and_no_buffer(void **state)
{
	(void)state;
	char buf[CALENDAR_TEXT], date[CALENDAR_DATE_TEXT];
	struct calendar c = calendar_of_all(INT32_MAX - 100, INT32_MAX, INT32_MAX);
	struct calendar d = calendar_of_all(INT32_MIN, INT32_MIN + 100, INT32_MIN);

	assert_true(c.inside[CALENDAR_MONTH] >= 3);
	assert_true(d.inside[CALENDAR_MONTH] >= 3);
	assert_true(strlen(calendar_text(&c, buf)) < CALENDAR_TEXT - 1);
	calendar_text(&d, buf);
	assert_int_equal(buf[strlen(buf) - 1], ')');
	assert_non_null(strstr(calendar_date_text(INT32_MIN, date), " -58776"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_end_is_the_day_before_the_next_begins),
	    cmocka_unit_test(the_next_end_is_the_first_that_is_not_before),
	    cmocka_unit_test(an_end_on_the_edge_of_the_window_is_inside),
	    cmocka_unit_test(an_end_in_a_hole_of_the_window_is_not_inside),
	    cmocka_unit_test(a_day_named_twice_counts_once),
	    cmocka_unit_test(an_end_today_is_the_next_one_unless_it_was_watched),
	    cmocka_unit_test(of_no_day_nothing_is_inside),
	    cmocka_unit_test(before_1970_the_calendar_is_the_same),
	    cmocka_unit_test(it_is_said_in_words),
	    cmocka_unit_test(the_last_days_there_are_end_no_loop_and_no_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
