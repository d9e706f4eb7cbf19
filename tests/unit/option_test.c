#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "../../parsers/stamp.h"
#include "../../ui/option.h"

static const char *const formats[] = {"text", "json", "jsonl", "csv", NULL};

struct values {
	bool all;
	const char *db;
	int64_t days;
	const char *since;
	int format;
	struct option_list relays;
};

static const struct option_row rows[] = {
    {"--all", NULL, OPTION_FLAG, offsetof(struct values, all), "every mail, not only the warned", 0, 0, NULL},
    {"--db", "FILE", OPTION_STRING, offsetof(struct values, db),
     "the database; without it $WOULDBLOCK_DB, and without that the place that the settings "
     "name",
     0, 0, NULL},
    {"--days", "N", OPTION_INT, offsetof(struct values, days), "how far to look back", 1, 3660, NULL},
    {"--since", "TIME", OPTION_TIME, offsetof(struct values, since), "only what came at TIME or later", 0, 0, NULL},
    {"--format", "FORMAT", OPTION_CHOICE, offsetof(struct values, format), "how the rows go out", 0, 0, formats},
    {"--content-filter-relay", "HOST", OPTION_LIST, offsetof(struct values, relays), "a content filter elsewhere", 0, 0,
     NULL},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define WORDS_MAX 16

/* A command line that is being tried. */
struct line {
	char *v[WORDS_MAX];
	int n;
	struct values values;
	struct option_rest rest;
};

static void line_parse(struct line *l, const char *const *words)
{
	for (l->n = 0; words[l->n]; l->n++)
		l->v[l->n] = (char *)(uintptr_t)words[l->n];
	option_parse(rows, ROWS, l->n, l->v, &l->values, &l->rest);
}
#define PARSE(l, ...) line_parse(l, (const char *const[]){__VA_ARGS__, NULL})

static void assert_operands(const struct line *l, const char *const *want)
{
	int n = 0;

	for (; want[n]; n++) {
		assert_true(n < l->rest.n);
		assert_string_equal(l->rest.v[n], want[n]);
	}
	assert_int_equal(l->rest.n, n);
}
#define OPERANDS(l, ...) assert_operands(l, (const char *const[]){__VA_ARGS__, NULL})

static void each_type_of_value_is_stored(void **state)
{
	struct line l = {0};

	(void)state;
	PARSE(&l, "--all", "--db", "x.db", "--days=30", "--since", "2026-11-22T00:00:00Z", "--format", "jsonl",
	      "--content-filter-relay", "a", "--content-filter-relay=b");
	assert_true(l.values.all);
	assert_string_equal(l.values.db, "x.db");
	assert_int_equal(l.values.days, 30);
	assert_string_equal(l.values.since, "2026-11-22T00:00:00Z");
	assert_int_equal(option_time("--since", l.values.since), INT64_C(1795305600000000));
	assert_int_equal(l.values.format, 2);
	assert_int_equal(l.values.relays.n, 2);
	assert_string_equal(l.values.relays.v[0], "a");
	assert_string_equal(l.values.relays.v[1], "b");
	assert_int_equal(l.rest.n, 0);
	option_release(rows, ROWS, &l.values);
	assert_int_equal(l.values.relays.n, 0);
}

static void what_is_not_given_keeps_its_value(void **state)
{
	struct line l = {.values = {.days = 7, .format = 3}};

	(void)state;
	PARSE(&l, "--all");
	assert_int_equal(l.values.days, 7);
	assert_int_equal(l.values.format, 3);
	assert_null(l.values.since);
	assert_int_equal(option_time("--since", l.values.since), STAMP_NONE);
	assert_null(l.values.db);
}

static void of_an_option_given_twice_the_last_counts(void **state)
{
	struct line l = {0};

	(void)state;
	PARSE(&l, "--days", "1", "--days", "2");
	assert_int_equal(l.values.days, 2);
}

static void options_and_operands_may_be_mixed(void **state)
{
	struct line l = {0};

	(void)state;
	PARSE(&l, "a", "--all", "-", "--days", "3", "b", "");
	OPERANDS(&l, "a", "-", "b", "");
	assert_true(l.values.all);
	assert_int_equal(l.values.days, 3);
}

static void two_dashes_end_the_options(void **state)
{
	struct line l = {0};

	(void)state;
	PARSE(&l, "a", "--", "--all", "--", "-h");
	OPERANDS(&l, "a", "--all", "--", "-h");
	assert_false(l.values.all);
	assert_false(l.rest.help);
}

static void a_command_ends_the_options_before_it(void **state)
{
	struct line l = {.rest = {.stop_at_operand = true}};

	(void)state;
	PARSE(&l, "--db", "x", "list", "--unknown", "--", "--all", "mails");
	OPERANDS(&l, "list", "--unknown", "--", "--all", "mails");
	assert_string_equal(l.values.db, "x");
	assert_false(l.values.all);
}

static void a_value_may_be_empty_or_a_dash_or_hold_an_equals_sign(void **state)
{
	struct line l = {0};

	(void)state;
	PARSE(&l, "--db=");
	assert_string_equal(l.values.db, "");
	PARSE(&l, "--db", "-");
	assert_string_equal(l.values.db, "-");
	PARSE(&l, "--db=a=b");
	assert_string_equal(l.values.db, "a=b");
	PARSE(&l, "--db=--all");
	assert_string_equal(l.values.db, "--all");
	assert_false(l.values.all);
	PARSE(&l, "--db", "--odd-name");
	assert_string_equal(l.values.db, "--odd-name");
}

static void help_and_version_are_understood_everywhere(void **state)
{
	static const char *const words[] = {"--help", "-h", "--version"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct line l = {0};
		PARSE(&l, words[i], "--no-such-thing");
		assert_int_equal(l.rest.help, i < 2);
		assert_int_equal(l.rest.version, i == 2);
	}
}

/* Parses in a child; its last words and its exit code are the result. */
static int parse_dies(const char *const *words, char *said, size_t cap)
{
	int ends[2], status = 0;
	size_t n = 0;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct line l = {0};
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		line_parse(&l, words);
		option_time("--since", l.values.since);
		_exit(0);
	}
	close(ends[1]);
	for (ssize_t got; n < cap - 1 && (got = read(ends[0], said + n, cap - 1 - n)) > 0;)
		n += (size_t)got;
	said[n] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void each_mistake_is_one_line_that_helps(void **state)
{
	static const struct {
		const char *words[4];
		const char *want;
	} cases[] = {
	    {{"--sinc"}, "unknown option --sinc; did you mean --since?"},
	    {{"--sinc=2026-01-01"}, "unknown option --sinc; did you mean --since?"},
	    {{"-all"}, "unknown option -all; did you mean --all?"},
	    {{"--hlep"}, "unknown option --hlep; did you mean --help?"},
	    {{"--form"}, "unknown option --form; did you mean --format?"},
	    {{"-x"}, "unknown option -x; see --help"},
	    {{"--\033[31m"}, "unknown option --\\x1b[31m; see --help"},
	    {{"--db"}, "--db: needs a value, FILE"},
	    {{"--db", "--all"}, "--db: needs a value, FILE"},
	    {{"--db", "--days=3"}, "--db: needs a value, FILE"},
	    {{"--db", "--"}, "--db: needs a value, FILE"},
	    {{"--db", "--help"}, "--db: needs a value, FILE"},
	    {{"--all=yes"}, "--all: takes no value"},
	    {{"--days", "x"}, "--days: 'x' is no whole number from 1 to 3660"},
	    {{"--days", ""}, "--days: '' is no whole number from 1 to 3660"},
	    {{"--days", "3x"}, "--days: '3x' is no whole number from 1 to 3660"},
	    {{"--days", "0"}, "--days: '0' is no whole number from 1 to 3660"},
	    {{"--days", "-1"}, "--days: '-1' is no whole number from 1 to 3660"},
	    {{"--days", "3661"}, "--days: '3661' is no whole number from 1 to 3660"},
	    {{"--days", "18446744073709551617"}, "--days: '18446744073709551617' is no whole number from 1 to 3660"},
	    {{"--since", "soon"},
	     "--since: 'soon' is no time; write 2026-11-22, '2026-11-22 05:18' or "
	     "2026-11-22T05:18:00Z"},
	    {{"--format", "xml"}, "--format: 'xml' is not text, json, jsonl or csv"},
	    {{"--format", "jsom"}, "--format: 'jsom' is not text, json, jsonl or csv; did you mean json?"},
	    {{"--format", "%n%s\n"}, "--format: '%n%s\\x0a' is not text, json, jsonl or csv"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char said[1000], want[300];
		snprintf(want, sizeof(want), "wouldblock: %s\n", cases[i].want);
		assert_int_equal(parse_dies(cases[i].words, said, sizeof(said)), EX_USAGE);
		assert_string_equal(said, want);
	}
}

static void a_very_long_unknown_option_is_no_trouble(void **state)
{
	static char word[100000], said[2000];
	const char *words[] = {word, NULL};

	(void)state;
	memset(word, '-', sizeof(word) - 1);
	memset(word + 2, 'x', sizeof(word) - 3);
	assert_int_equal(parse_dies(words, said, sizeof(said)), EX_USAGE);
	assert_non_null(strstr(said, "; see --help\n"));
	assert_true(strlen(said) < 300);
}

static void the_nearest_word_is_found_or_none(void **state)
{
	static const char *const commands[] = {"ingest", "follow", "tui", "report", "summary", "list", "records"};
	static const struct {
		const char *word, *want;
	} cases[] = {
	    {"ingst", "ingest"},  {"reprot", "report"}, {"record", "records"}, {"rep", "report"},
	    {"REPORT", "report"}, {"lst", "list"},      {"tiu", "tui"},        {"sumary", "summary"},
	    {"xyzzy", NULL},      {"", NULL},           {"-", NULL},           {"q", NULL},
	    {"tail", NULL},       {"fololw", "follow"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = option_nearest(cases[i].word, commands, 7);
		if (cases[i].want) {
			assert_non_null(got);
			assert_string_equal(got, cases[i].want);
		} else {
			assert_null(got);
		}
	}
}

static void help_is_aligned_and_fits_80_columns(void **state)
{
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	option_help(out, rows, ROWS);
	fclose(out);
	assert_string_equal(text, "  --all                   every mail, not only the warned\n"
	                          "  --db FILE               the database; without it $WOULDBLOCK_DB, and without\n"
	                          "                          that the place that the settings name\n"
	                          "  --days N                how far to look back (1 to 3660)\n"
	                          "  --since TIME            only what came at TIME or later\n"
	                          "  --format FORMAT         how the rows go out: text, json, jsonl or csv\n"
	                          "  --content-filter-relay HOST\n"
	                          "                          a content filter elsewhere; may be given more than\n"
	                          "                          once\n"
	                          "  -h, --help              show this text\n"
	                          "  --version               show which version this is\n");
	free(text);
}

static void help_of_any_length_fits_80_columns(void **state)
{
	char help[200], *text;
	size_t n;

	(void)state;
	for (size_t length = 1; length < sizeof(help) - 1; length++) {
		const struct option_row one = {.name = "--x", .help = help};
		FILE *out = open_memstream(&text, &n);
		memset(help, 'x', length);
		help[length] = '\0';
		for (size_t i = length % 7 + 1; i + 1 < length; i += 7)
			help[i] = ' ';
		option_help(out, &one, 1);
		fclose(out);
		for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
			assert_true(end - line <= 80);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_type_of_value_is_stored),
	    cmocka_unit_test(what_is_not_given_keeps_its_value),
	    cmocka_unit_test(of_an_option_given_twice_the_last_counts),
	    cmocka_unit_test(options_and_operands_may_be_mixed),
	    cmocka_unit_test(two_dashes_end_the_options),
	    cmocka_unit_test(a_command_ends_the_options_before_it),
	    cmocka_unit_test(a_value_may_be_empty_or_a_dash_or_hold_an_equals_sign),
	    cmocka_unit_test(help_and_version_are_understood_everywhere),
	    cmocka_unit_test(each_mistake_is_one_line_that_helps),
	    cmocka_unit_test(a_very_long_unknown_option_is_no_trouble),
	    cmocka_unit_test(the_nearest_word_is_found_or_none),
	    cmocka_unit_test(help_of_any_length_fits_80_columns),
	    cmocka_unit_test(help_is_aligned_and_fits_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
