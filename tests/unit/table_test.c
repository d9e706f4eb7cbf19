#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../parsers/utf8.h"
#include "../../ui/encode.h"
#include "../../ui/table.h"

static const struct column columns[] = {
    {"source", NULL, 6, 0, COLUMN_GROW},    {"client_ip", NULL, 5, 15, 0},
    {"mails", "Mails", 3, 9, COLUMN_RIGHT}, {"lost", NULL, 0, 0, 0},
    {"fates", NULL, 0, 0, COLUMN_HIDDEN},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Where the tables of a test go. */
static FILE *out;
static char *out_text;
static size_t out_n;

static struct table *begin(enum table_format f, int width)
{
	out = open_memstream(&out_text, &out_n);
	assert_non_null(out);
	return table_new(out, f, columns, COLUMNS, width, false);
}

static void row(struct table *t, struct slice source, const char *ip, int64_t mails, bool lost)
{
	table_cell(t, CELL_TEXT, source, 0);
	table_cell(t, CELL_TEXT, slice_str(ip), 0);
	table_cell(t, CELL_INT, SLICE_NONE, mails);
	table_cell(t, CELL_BOOL, SLICE_NONE, lost);
	table_cell(t, CELL_JSON, SLICE("{\"sent\":1}"), 0);
}

static void end(struct table *t, int64_t want_rows)
{
	assert_int_equal(table_end(t), want_rows);
	fclose(out);
}

static void end_as(struct table *t, int64_t want_rows, const char *want)
{
	end(t, want_rows);
	assert_string_equal(out_text, want);
	free(out_text);
}

static void two_rows(struct table *t)
{
	row(t, SLICE("news.example"), "192.0.2.7", 201, true);
	row(t, SLICE("a \"b\", c"), NULL, -5, false);
}

static void text_is_aligned_with_numbers_to_the_right_and_no_hidden_column(void **state)
{
	struct table *t = begin(TABLE_TEXT, 80);

	(void)state;
	two_rows(t);
	end_as(t, 2,
	       "SOURCE        CLIENT IP  Mails  LOST\n"
	       "news.example  192.0.2.7    201  yes\n"
	       "a \"b\", c      -             -5  no\n");
}

static void json_is_one_list(void **state)
{
	struct table *t = begin(TABLE_JSON, 80);

	(void)state;
	two_rows(t);
	end_as(t, 2,
	       "[\n"
	       "{\"source\":\"news.example\",\"client_ip\":\"192.0.2.7\",\"mails\":201,\"lost\":"
	       "true,\"fates\":{\"sent\":1}},\n"
	       "{\"source\":\"a \\\"b\\\", c\",\"client_ip\":null,\"mails\":-5,\"lost\":false,"
	       "\"fates\":{\"sent\":1}}\n"
	       "]\n");
}

static void json_lines_are_one_object_each(void **state)
{
	struct table *t = begin(TABLE_JSONL, 80);

	(void)state;
	row(t, SLICE(""), "::1", INT64_MIN, true);
	row(t, SLICE("x"), NULL, INT64_MAX, false);
	end_as(t, 2,
	       "{\"source\":\"\",\"client_ip\":\"::1\",\"mails\":-9223372036854775808,\"lost\":"
	       "true,\"fates\":{\"sent\":1}}\n"
	       "{\"source\":\"x\",\"client_ip\":null,\"mails\":9223372036854775807,\"lost\":false,"
	       "\"fates\":{\"sent\":1}}\n");
}

static void csv_quotes_each_field_and_leaves_null_empty(void **state)
{
	struct table *t = begin(TABLE_CSV, 80);

	(void)state;
	two_rows(t);
	row(t, SLICE("=1+1"), "", 0, false);
	end_as(t, 3,
	       "\"source\",\"client_ip\",\"mails\",\"lost\",\"fates\"\n"
	       "\"news.example\",\"192.0.2.7\",\"201\",\"true\",\"{\"\"sent\"\":1}\"\n"
	       "\"a \"\"b\"\", c\",,\"-5\",\"false\",\"{\"\"sent\"\":1}\"\n"
	       "\"'=1+1\",\"\",\"0\",\"false\",\"{\"\"sent\"\":1}\"\n");
}

static void raw_csv_gives_the_bytes_of_the_log(void **state)
{
	struct table *t = begin(TABLE_CSV_RAW, 80);

	(void)state;
	row(t, SLICE("=\x1b\xff"), NULL, 0, false);
	end_as(t, 1,
	       "\"source\",\"client_ip\",\"mails\",\"lost\",\"fates\"\n"
	       "\"=\x1b\xff\",,\"0\",\"false\",\"{\"\"sent\"\":1}\"\n");
}

static void without_rows_only_programs_get_something(void **state)
{
	(void)state;
	end_as(begin(TABLE_TEXT, 80), 0, "");
	end_as(begin(TABLE_JSON, 80), 0, "[]\n");
	end_as(begin(TABLE_JSONL, 80), 0, "");
	end_as(begin(TABLE_CSV, 80), 0, "\"source\",\"client_ip\",\"mails\",\"lost\",\"fates\"\n");
}

static void json_from_sql_is_made_valid_and_kept_on_one_line(void **state)
{
	struct column one = {"x", NULL, 0, 0, 0};
	struct table *t;

	(void)state;
	out = open_memstream(&out_text, &out_n);
	t = table_new(out, TABLE_JSONL, &one, 1, 80, false);
	table_cell(t, CELL_JSON, SLICE("[\n \"\xff\"]"), 0);
	table_cell(t, CELL_JSON, SLICE_NONE, 0);
	end_as(t, 2, "{\"x\":[  \"\\udcff\"]}\n{\"x\":null}\n");
}

static void the_heading_is_bold_only_where_colour_is_allowed(void **state)
{
	struct table *t;

	(void)state;
	out = open_memstream(&out_text, &out_n);
	t = table_new(out, TABLE_TEXT, columns + 1, 2, 80, true);
	table_cell(t, CELL_NULL, SLICE_NONE, 0);
	table_cell(t, CELL_INT, SLICE_NONE, 1);
	end_as(t, 1, "\033[1mCLIENT IP  Mails\033[0m\n-              1\n");
}

static void a_long_text_is_cut_in_the_growing_column_first(void **state)
{
	struct table *t = begin(TABLE_TEXT, 36);

	(void)state;
	row(t, SLICE("a.very.long.name.of.a.source.example"), "192.0.2.7", 1234567, true);
	row(t, SLICE("漢字漢字漢字漢字"), "10.0.0.1", 1, false);
	end_as(t, 2,
	       "SOURCE      CLIENT IP    Mails  LOST\n"
	       "a.very.lo…  192.0.2.7  1234567  yes\n"
	       "漢字漢字…   10.0.0.1         1  no\n");
}

static void a_growing_column_is_cut_even_if_another_is_wider(void **state)
{
	struct table *t = begin(TABLE_TEXT, 36);

	(void)state;
	row(t, SLICE("0123456789"), "255.255.255.255", 1, true);
	end_as(t, 1,
	       "SOURCE  CLIENT IP        Mails  LOST\n"
	       "01234…  255.255.255.255      1  yes\n");
}

static void when_that_is_not_enough_the_others_shrink_but_numbers_stay_whole(void **state)
{
	struct table *t = begin(TABLE_TEXT, 28);

	(void)state;
	row(t, SLICE("a.very.long.name"), "192.0.2.77", 1234567, true);
	end_as(t, 1,
	       "SOURCE  CLIE…    Mails  LOST\n"
	       "a.ver…  192.…  1234567  yes\n");
}

static void a_column_is_never_wider_than_its_max_on_a_screen(void **state)
{
	struct table *t = begin(TABLE_TEXT, 200);

	(void)state;
	row(t, SLICE("s"), "2001:db8:1234:5678::1", 1, true);
	end_as(t, 1,
	       "SOURCE  CLIENT IP        Mails  LOST\n"
	       "s       2001:db8:1234:…      1  yes\n");
}

static void without_a_screen_no_cell_is_cut(void **state)
{
	struct table *t = begin(TABLE_TEXT, 0);

	(void)state;
	row(t, SLICE("s"), "2001:db8:1234:5678::1", 1, true);
	row(t, SLICE("s"), "192.0.2.7", 1, true);
	end_as(t, 2,
	       "SOURCE  CLIENT IP        Mails  LOST\n"
	       "s       2001:db8:1234:5678::1      1  yes\n"
	       "s       192.0.2.7            1  yes\n");
}

/* Columns of each line of what was written, at most `most`; returns the lines. */
static size_t assert_lines_fit(int most)
{
	size_t lines = 0;

	for (char *p = out_text, *nl; (nl = strchr(p, '\n')); p = nl + 1, lines++) {
		int cols = 0;
		for (struct slice s = slice_of(p, (size_t)(nl - p)); s.n;) {
			uint32_t code = 0;
			size_t k = utf8_decode(s, &code);
			assert_true(k > 0 && utf8_width(code) >= 0);
			cols += utf8_width(code);
			s = slice_from(s, k);
		}
		assert_true(cols <= most);
		assert_true(nl == p || nl[-1] != ' ');
	}
	return lines;
}

static void random_rows_fit_the_screen_and_come_out_all(void **state)
{
	char bytes[300];
	unsigned seed = 7;

	(void)state;
	for (int width = 36; width < 200; width += 9) {
		struct table *t = begin(TABLE_TEXT, width);
		for (int i = 0; i < 300; i++) {
			size_t n = (size_t)(rand_r(&seed) % (int)sizeof(bytes));
			for (size_t k = 0; k < n; k++)
				bytes[k] = (char)rand_r(&seed);
			row(t, slice_of(bytes, n), i & 1 ? "192.0.2.1" : NULL, rand_r(&seed) % 1000000, i & 1);
		}
		end(t, 300);
		assert_int_equal(assert_lines_fit(width), 301);
		free(out_text);
	}
}

static void rows_beyond_the_first_2000_stream_and_still_fit(void **state)
{
	struct table *t = begin(TABLE_TEXT, 80);

	(void)state;
	for (int i = 0; i < 1999; i++)
		row(t, SLICE("short"), "::1", i, true);
	fflush(out);
	assert_int_equal(out_n, 0);
	row(t, SLICE("short"), "::1", 1999, true);
	fflush(out);
	assert_true(out_n > 2000);
	row(t, SLICE("this one is longer, and finds room that nobody needed"), "::1", 2000, true);
	row(t, SLICE("-----------------------------------------------------------------------------"), "::1", 1, true);
	end(t, 2002);
	assert_int_equal(assert_lines_fit(80), 2003);
	assert_non_null(strstr(out_text, "this one is longer, and finds room that nobody needed "));
	assert_non_null(strstr(out_text, "---…  ::1"));
	free(out_text);
}

static void a_number_that_comes_late_is_not_cut(void **state)
{
	struct table *t = begin(TABLE_TEXT, 40);

	(void)state;
	for (int i = 0; i < 2000; i++)
		row(t, SLICE("s"), "::1", 1, true);
	row(t, SLICE("s"), "::1", 123456789012345, true);
	end(t, 2001);
	assert_non_null(strstr(out_text, "  123456789012345  yes\n"));
	free(out_text);
}

static void large_cells_do_not_pile_up(void **state)
{
	struct table *t = begin(TABLE_TEXT, 80);
	struct text big = {0};

	(void)state;
	text_fill(&big, 'x', 100000);
	for (int i = 0; i < 11; i++)
		row(t, slice_of(big.p, big.n), "::1", 1, true);
	fflush(out);
	assert_true(out_n > 0);
	end(t, 11);
	text_release(&big);
	free(out_text);
}

static int64_t rows_to(FILE *f, enum table_format format)
{
	struct table *t = table_new(f, format, columns, COLUMNS, 80, false);

	two_rows(t);
	return table_end(t);
}

static void a_full_disk_is_told(void **state)
{
	(void)state;
	for (enum table_format f = TABLE_TEXT; f <= TABLE_CSV_RAW; f++) {
		FILE *full = fopen("/dev/full", "w");
		assert_non_null(full);
		assert_int_equal(rows_to(full, f), -1);
		fclose(full);
	}
}

static void an_error_that_came_early_is_not_forgotten(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	/* Nothing is left for the last flush to fail on. */
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(rows_to(full, TABLE_JSONL), -1);
	fclose(full);
}

static void a_closed_pipe_is_told(void **state)
{
	int ends[2];
	FILE *f;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	f = fdopen(ends[1], "w");
	assert_int_equal(rows_to(f, TABLE_JSONL), -1);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_is_aligned_with_numbers_to_the_right_and_no_hidden_column),
	    cmocka_unit_test(json_is_one_list),
	    cmocka_unit_test(json_lines_are_one_object_each),
	    cmocka_unit_test(csv_quotes_each_field_and_leaves_null_empty),
	    cmocka_unit_test(raw_csv_gives_the_bytes_of_the_log),
	    cmocka_unit_test(without_rows_only_programs_get_something),
	    cmocka_unit_test(json_from_sql_is_made_valid_and_kept_on_one_line),
	    cmocka_unit_test(the_heading_is_bold_only_where_colour_is_allowed),
	    cmocka_unit_test(a_long_text_is_cut_in_the_growing_column_first),
	    cmocka_unit_test(a_growing_column_is_cut_even_if_another_is_wider),
	    cmocka_unit_test(when_that_is_not_enough_the_others_shrink_but_numbers_stay_whole),
	    cmocka_unit_test(a_column_is_never_wider_than_its_max_on_a_screen),
	    cmocka_unit_test(without_a_screen_no_cell_is_cut),
	    cmocka_unit_test(random_rows_fit_the_screen_and_come_out_all),
	    cmocka_unit_test(rows_beyond_the_first_2000_stream_and_still_fit),
	    cmocka_unit_test(a_number_that_comes_late_is_not_cut),
	    cmocka_unit_test(large_cells_do_not_pile_up),
	    cmocka_unit_test(a_full_disk_is_told),
	    cmocka_unit_test(an_error_that_came_early_is_not_forgotten),
	    cmocka_unit_test(a_closed_pipe_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
