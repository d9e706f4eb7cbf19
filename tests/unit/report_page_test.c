#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../ui/report_i.h"

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

/* Columns of what the encoder has made, in which each character has one. */
static int columns(struct slice line)
{
	int n = 0;

	for (size_t i = 0; i < line.n; i++)
		n += (line.p[i] & 0xc0) != 0x80;
	return n;
}

static void no_line_is_wider_than_the_page(void **state)
{
	(void)state;
	char words[4000];

	for (size_t wide = 1; wide < 200; wide += 7) {
		for (size_t i = 0; i < sizeof words; i++)
			words[i] = i % wide == wide - 1 ? ' ' : (char)(i % 5 ? 'x' : '\033');
		text_clear(&text);
		add_line_words(&text, 4, 6, slice_of(words, sizeof words));
		struct slice rest = slice_of(text.p, text.n);
		while (rest.n) {
			struct slice line = slice_head(rest, (size_t)slice_chr(rest, '\n'));
			assert_true(columns(line) <= PAGE_WIDTH);
			assert_true(line.n == 0 || line.p[line.n - 1] != ' ');
			rest = slice_from(rest, line.n + 1);
		}
	}
}

static void nothing_of_the_words_is_lost_between_lines(void **state)
{
	(void)state;
	char expected[700] = "", got[700] = "";
	struct text words = {0};

	for (int i = 100; i < 200; i++)
		text_printf(&words, "w%d ", i);
	for (size_t i = 0, n = 0; i < words.n; i++)
		if (words.p[i] != ' ')
			expected[n++] = words.p[i];
	add_line_words(&text, 2, 10, slice_of(words.p, words.n));
	for (size_t i = 0, n = 0; i < text.n; i++)
		if (text.p[i] != ' ' && text.p[i] != '\n')
			got[n++] = text.p[i];
	assert_string_equal(got, expected);
	text_release(&words);
}

static void a_figure_stays_on_one_line(void **state)
{
	(void)state;
	struct slice words = SLICE("of 12 345 678 mails");

	add_some_words(&text, &words, 8);
	assert_string_equal(text.p, "of");
	text_clear(&text);
	add_some_words(&text, &words, 12);
	assert_string_equal(text.p, "12 345 678");
	text_clear(&text);
	words = SLICE("all but 0.1 %");
	add_some_words(&text, &words, 12);
	assert_string_equal(text.p, "all but");
}

static void a_share_is_never_rounded_up(void **state)
{
	(void)state;
	char buf[32];

	assert_string_equal(percent(0.98999, buf), "98.9 %");
	assert_string_equal(percent(0.99999, buf), "99.9 %");
	assert_string_equal(percent(1, buf), "100.0 %");
}

static void figures_are_grouped_by_three(void **state)
{
	(void)state;
	char buf[32];

	assert_string_equal(grouped(0, buf), "0");
	assert_string_equal(grouped(999, buf), "999");
	assert_string_equal(grouped(1000, buf), "1 000");
	assert_string_equal(grouped(-1234567, buf), "-1 234 567");
	assert_string_equal(grouped(INT64_MIN, buf), "-9 223 372 036 854 775 808");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(no_line_is_wider_than_the_page, begin, end),
	    cmocka_unit_test_setup_teardown(nothing_of_the_words_is_lost_between_lines, begin, end),
	    cmocka_unit_test_setup_teardown(a_figure_stays_on_one_line, begin, end),
	    cmocka_unit_test_setup_teardown(a_share_is_never_rounded_up, begin, end),
	    cmocka_unit_test_setup_teardown(figures_are_grouped_by_three, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
