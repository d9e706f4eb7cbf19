#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../ui/list.h"

/* Rows are words; columns are their letters. */
static const char *const *words;

static struct slice word_id(const void *arg, size_t row)
{
	(void)arg;
	return slice_str(words[row]);
}

static int word_compare(const void *arg, size_t a, size_t b, int column)
{
	(void)arg;
	return words[a][column] - words[b][column];
}

static bool word_matches(const void *arg, size_t row, struct slice what)
{
	(void)arg;
	return slice_find(slice_str(words[row]), what) >= 0;
}

static struct list list;

static void show(const char *const *rows)
{
	size_t n = 0;

	words = rows;
	while (rows[n])
		n++;
	list_show(&list, (struct list_rows){n, word_id, word_compare, word_matches, NULL});
}
#define SHOW(...) show((const char *const[]){__VA_ARGS__, NULL})

static int fresh(void **state)
{
	(void)state;
	list = (struct list){.column = -1};
	return 0;
}

static int done(void **state)
{
	(void)state;
	list_release(&list);
	return 0;
}

static const char *selected(void)
{
	size_t row;

	return list_selected(&list, &row) ? words[row] : "";
}

static void an_empty_list_has_no_selection(void **state)
{
	static const char *const none[] = {NULL};

	(void)state;
	show(none);
	assert_string_equal(selected(), "");
	list_move(&list, 1);
	list_move(&list, -1);
	list_to(&list, 7);
	list_scroll(&list, 5);
	list_mark_toggle(&list);
	assert_false(list_find(&list, SLICE("x")));
	assert_int_equal(list.marks, 0);
}

static void moving_stops_at_the_ends(void **state)
{
	(void)state;
	SHOW("a", "b", "c");
	list_move(&list, -1);
	assert_string_equal(selected(), "a");
	list_move(&list, 100);
	assert_string_equal(selected(), "c");
	list_move(&list, INT64_MIN + 1);
	assert_string_equal(selected(), "a");
}

static void the_selection_stays_on_its_row_when_rows_change(void **state)
{
	(void)state;
	SHOW("a", "b", "c");
	list_move(&list, 1);
	SHOW("x", "y", "a", "b", "c");
	assert_string_equal(selected(), "b");
	SHOW("b");
	assert_string_equal(selected(), "b");
}

static void of_a_row_that_is_gone_the_place_stays(void **state)
{
	(void)state;
	SHOW("a", "b", "c");
	list_move(&list, 1);
	SHOW("a", "c", "d");
	assert_string_equal(selected(), "c");
	SHOW("a");
	assert_string_equal(selected(), "a");
}

static void the_selected_row_keeps_its_line_on_the_screen(void **state)
{
	(void)state;
	SHOW("a", "b", "c", "d", "e", "f", "g", "h");
	list_to(&list, 5);
	list_scroll(&list, 3);
	size_t line = list.at - list.top;
	SHOW("1", "2", "a", "b", "c", "d", "e", "f", "g", "h");
	list_scroll(&list, 3);
	assert_string_equal(selected(), "f");
	assert_int_equal(list.at - list.top, line);
}

static void a_list_that_follows_stays_on_the_last_row(void **state)
{
	(void)state;
	list.newest = true;
	SHOW("a", "b");
	assert_string_equal(selected(), "b");
	SHOW("a", "b", "c");
	assert_string_equal(selected(), "c");
	list_move(&list, -1);
	SHOW("a", "b", "c", "d");
	assert_string_equal(selected(), "b");
}

static void sorting_keeps_the_selection_and_equal_rows_in_their_order(void **state)
{
	(void)state;
	SHOW("b2", "a1", "b1", "a2");
	list_sort(&list, 0, false);
	assert_string_equal(selected(), "b2");
	assert_int_equal(list.order[0], 1);
	assert_int_equal(list.order[1], 3);
	assert_int_equal(list.order[2], 0);
	list_sort(&list, 0, true);
	assert_int_equal(list.order[0], 0);
	assert_int_equal(list.order[1], 2);
	list_sort(&list, -1, false);
	assert_int_equal(list.order[0], 0);
	assert_int_equal(list.order[3], 3);
}

static void a_filter_shows_only_what_matches(void **state)
{
	(void)state;
	SHOW("ab", "b", "ac");
	list_filter(&list, SLICE("a"));
	assert_int_equal(list.n, 2);
	list_move(&list, 5);
	assert_string_equal(selected(), "ac");
	list_filter(&list, SLICE("zz"));
	assert_int_equal(list.n, 0);
	assert_string_equal(selected(), "");
	list_filter(&list, SLICE(""));
	assert_int_equal(list.n, 3);
}

static void scrolling_keeps_the_selected_row_in_sight_and_no_room_empty(void **state)
{
	(void)state;
	SHOW("a", "b", "c", "d", "e");
	list_to(&list, 4);
	list_scroll(&list, 2);
	assert_int_equal(list.top, 3);
	list_to(&list, 0);
	list_scroll(&list, 2);
	assert_int_equal(list.top, 0);
	list_to(&list, 4);
	list_scroll(&list, 2);
	list_scroll(&list, 4); /* the screen became larger */
	assert_int_equal(list.top, 1);
}

static void find_goes_around_the_end(void **state)
{
	(void)state;
	SHOW("xa", "b", "xc");
	assert_true(list_find(&list, SLICE("x")));
	assert_string_equal(selected(), "xc");
	assert_true(list_find(&list, SLICE("x")));
	assert_string_equal(selected(), "xa");
	assert_false(list_find(&list, SLICE("nowhere")));
	assert_string_equal(selected(), "xa");
}

static void marks_are_of_rows_not_of_places(void **state)
{
	(void)state;
	SHOW("a", "b", "c");
	list_move(&list, 1);
	list_mark_toggle(&list);
	SHOW("c", "x", "b");
	assert_true(list_is_marked(&list, SLICE("b")));
	assert_false(list_is_marked(&list, SLICE("x")));
	list_to(&list, 2);
	list_mark_toggle(&list);
	assert_int_equal(list.marks, 0);
}

static void all_are_marked_or_none(void **state)
{
	(void)state;
	SHOW("a", "b", "c");
	list_mark_toggle(&list);
	list_mark_all(&list);
	assert_int_equal(list.marks, 3);
	list_mark_all(&list);
	assert_int_equal(list.marks, 0);
	list_filter(&list, SLICE("b"));
	list_mark_all(&list);
	assert_int_equal(list.marks, 1);
	assert_true(list_is_marked(&list, SLICE("b")));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
	    TEST(an_empty_list_has_no_selection),
	    TEST(moving_stops_at_the_ends),
	    TEST(the_selection_stays_on_its_row_when_rows_change),
	    TEST(of_a_row_that_is_gone_the_place_stays),
	    TEST(the_selected_row_keeps_its_line_on_the_screen),
	    TEST(a_list_that_follows_stays_on_the_last_row),
	    TEST(sorting_keeps_the_selection_and_equal_rows_in_their_order),
	    TEST(a_filter_shows_only_what_matches),
	    TEST(scrolling_keeps_the_selected_row_in_sight_and_no_room_empty),
	    TEST(find_goes_around_the_end),
	    TEST(marks_are_of_rows_not_of_places),
	    TEST(all_are_marked_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
