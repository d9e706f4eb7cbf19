#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../parsers/utf8.h"
#include "../../ui/grid.h"

static struct grid g;
static struct text out;

static const char *printed(void)
{
	text_clear(&out);
	grid_print(&g, &out);
	return out.p;
}

static int fresh(void **state)
{
	(void)state;
	glyph_ascii_only(false);
	grid_reset(&g, 3, 10);
	return 0;
}

static int done(void **state)
{
	(void)state;
	glyph_ascii_only(false);
	grid_release(&g);
	text_release(&out);
	return 0;
}

/* What must hold of every grid: widths add up to the columns, and nothing in it steers a terminal. */
static void assert_sane(void)
{
	for (int y = 0; y < g.rows; y++) {
		int width = 0;
		for (int x = 0; x < g.cols; x++) {
			struct slice b = grid_bytes(&g, y, x);
			uint32_t code;
			width += grid_at(&g, y, x)->width;
			if (grid_at(&g, y, x)->width == 2)
				assert_int_equal(grid_at(&g, y, x + 1)->width, 0);
			for (size_t n; b.n; b = slice_from(b, n)) {
				n = utf8_decode(b, &code);
				assert_true(n > 0);
				assert_int_not_equal(utf8_width(code), UTF8_HIDDEN);
			}
		}
		assert_int_equal(width, g.cols);
	}
}

static void a_blank_grid_prints_empty_lines(void **state)
{
	(void)state;
	assert_string_equal(printed(), "\n\n\n");
}

static void text_stands_where_it_was_put(void **state)
{
	(void)state;
	assert_int_equal(grid_str(&g, 1, 2, ROLE_LOST, "abc"), 3);
	assert_string_equal(printed(), "\n  abc\n\n");
	assert_int_equal(grid_at(&g, 1, 3)->role, ROLE_LOST);
	assert_int_equal(grid_at(&g, 1, 5)->role, ROLE_PLAIN);
}

static void what_does_not_fit_is_cut_with_a_sign(void **state)
{
	(void)state;
	grid_put(&g, 0, 7, 99, ROLE_PLAIN, SLICE("abcdef"));
	grid_put(&g, 1, 0, 4, ROLE_PLAIN, SLICE("abcdef"));
	assert_string_equal(printed(), "       ab…\nabc…\n\n");
	assert_sane();
}

static void outside_of_the_grid_nothing_is_put(void **state)
{
	(void)state;
	assert_int_equal(grid_put(&g, 3, 0, 5, ROLE_PLAIN, SLICE("x")), 0);
	assert_int_equal(grid_put(&g, -1, 0, 5, ROLE_PLAIN, SLICE("x")), 0);
	assert_int_equal(grid_put(&g, 0, 10, 5, ROLE_PLAIN, SLICE("x")), 0);
	assert_int_equal(grid_put(&g, 0, 0, 0, ROLE_PLAIN, SLICE("x")), 0);
	grid_put_right(&g, 0, 12, -3, ROLE_PLAIN, SLICE("x"));
	grid_select(&g, 7, 0, 99);
	assert_string_equal(printed(), "\n\n\n");
}

static void what_steers_a_terminal_is_escaped(void **state)
{
	static const char evil[] = "\033[2J\x9b\xe2\x80\xae"; /* ESC, a raw C1 byte, a bidi override */

	(void)state;
	grid_reset(&g, 1, 60);
	grid_put(&g, 0, 0, 60, ROLE_PLAIN, slice_of(evil, sizeof evil - 1));
	assert_string_equal(printed(), "\\x1b[2J\\x9b\\u{202e}\n");
	assert_sane();
}

static void a_wide_character_takes_two_cells(void **state)
{
	(void)state;
	assert_int_equal(grid_put(&g, 0, 0, 10, ROLE_PLAIN, SLICE("日本x")), 5);
	assert_int_equal(grid_at(&g, 0, 0)->width, 2);
	assert_int_equal(grid_at(&g, 0, 1)->width, 0);
	grid_str(&g, 0, 5, ROLE_PLAIN, "|");
	assert_string_equal(printed(), "日本x|\n\n\n");
	assert_sane();
}

static void half_of_a_wide_character_is_a_blank(void **state)
{
	(void)state;
	grid_str(&g, 0, 0, ROLE_PLAIN, "日本");
	grid_str(&g, 0, 1, ROLE_PLAIN, "x"); /* its second half */
	assert_string_equal(printed(), " x本\n\n\n");
	grid_str(&g, 0, 2, ROLE_PLAIN, "y"); /* its first half */
	assert_string_equal(printed(), " xy\n\n\n");
	grid_reset(&g, 3, 10);
	grid_str(&g, 1, 1, ROLE_PLAIN, "日");
	grid_str(&g, 1, 0, ROLE_PLAIN, "本"); /* over the first half of the other */
	assert_string_equal(printed(), "\n本\n\n");
	assert_sane();
}

static void a_wide_character_at_the_edge_is_left_out(void **state)
{
	(void)state;
	grid_put(&g, 0, 9, 5, ROLE_PLAIN, SLICE("日"));
	assert_string_equal(printed(), "         …\n\n\n");
	assert_sane();
}

static void marks_stand_on_their_character(void **state)
{
	(void)state;
	assert_int_equal(grid_put(&g, 0, 0, 10, ROLE_PLAIN, SLICE("e\xcc\x81x")), 2);
	assert_int_equal(grid_bytes(&g, 0, 0).n, 3);
	assert_string_equal(printed(), "e\xcc\x81x\n\n\n");
	assert_sane();
}

static void no_more_than_eight_marks_stand_on_a_character(void **state)
{
	struct text zalgo = {0};

	(void)state;
	text_char(&zalgo, 'a');
	for (int i = 0; i < 1000; i++)
		text_str(&zalgo, "\xcc\x81");
	grid_reset(&g, 1, 100);
	grid_put(&g, 0, 0, 100, ROLE_PLAIN, slice_of(zalgo.p, zalgo.n));
	assert_int_equal(grid_bytes(&g, 0, 0).n, 1 + 8 * 2);
	assert_sane();
	text_release(&zalgo);
}

static void right_means_to_the_right_end(void **state)
{
	(void)state;
	grid_put_right(&g, 0, 2, 6, ROLE_PLAIN, SLICE("42"));
	grid_put_right(&g, 1, 2, 3, ROLE_PLAIN, SLICE("12345"));
	assert_string_equal(printed(), "      42\n  12…\n\n");
}

static void without_utf8_all_is_ascii(void **state)
{
	(void)state;
	glyph_ascii_only(true);
	grid_str(&g, 0, 0, ROLE_PLAIN, "ü");
	for (int i = 0; i < GLYPH_COUNT; i++)
		for (const char *p = glyph((enum glyph)i); *p; p++)
			assert_in_range(*p, ' ', '~');
	grid_fill(&g, 1, 0, 3, ROLE_FRAME, glyph(GLYPH_ROW));
	assert_string_equal(printed(), "\\u{fc}\n---\n\n");
}

static void impossible_sizes_are_clamped(void **state)
{
	(void)state;
	grid_reset(&g, 0, -5);
	assert_int_equal(g.rows, 1);
	assert_int_equal(g.cols, 1);
	grid_str(&g, 0, 0, ROLE_PLAIN, "abc");
	assert_string_equal(printed(), "…\n");
	grid_reset(&g, 1 << 20, 1 << 20);
	assert_int_equal(g.rows, GRID_MAX);
	assert_int_equal(g.cols, GRID_MAX);
}

static void a_grid_that_is_reset_is_blank(void **state)
{
	(void)state;
	grid_str(&g, 0, 0, ROLE_BAD, "abc");
	grid_select(&g, 0, 0, 10);
	grid_reset(&g, 3, 10);
	assert_string_equal(printed(), "\n\n\n");
	assert_false(grid_at(&g, 0, 0)->selected);
	assert_int_equal(g.cursor_y, -1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)
	const struct CMUnitTest tests[] = {
	    TEST(a_blank_grid_prints_empty_lines),      TEST(text_stands_where_it_was_put),
	    TEST(what_does_not_fit_is_cut_with_a_sign), TEST(outside_of_the_grid_nothing_is_put),
	    TEST(what_steers_a_terminal_is_escaped),    TEST(a_wide_character_takes_two_cells),
	    TEST(half_of_a_wide_character_is_a_blank),  TEST(a_wide_character_at_the_edge_is_left_out),
	    TEST(marks_stand_on_their_character),       TEST(no_more_than_eight_marks_stand_on_a_character),
	    TEST(right_means_to_the_right_end),         TEST(without_utf8_all_is_ascii),
	    TEST(impossible_sizes_are_clamped),         TEST(a_grid_that_is_reset_is_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
