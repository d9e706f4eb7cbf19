#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../parsers/pattern.h"

static struct pattern *compiled(const char *text)
{
	char why[160] = "";
	size_t at;
	struct pattern *p = pattern_new(slice_str(text), &at, why, sizeof(why));

	assert_non_null(p);
	return p;
}

static enum pattern_answer ask(const char *text, struct slice subject)
{
	struct pattern *p = compiled(text);
	enum pattern_answer answer = pattern_match(p, subject);

	assert_null(pattern_free(p));
	return answer;
}

static void a_pattern_matches_anywhere_in_the_text(void **state)
{
	(void)state;
	assert_int_equal(ask("Inbound", SLICE("*** Invalid Inbound Sender ***")), PATTERN_YES);
	assert_int_equal(ask("^Inbound", SLICE("*** Invalid Inbound Sender ***")), PATTERN_NO);
	assert_int_equal(ask("(a)(b)(c)", SLICE("xabcx")), PATTERN_YES);
}

static void a_broken_pattern_names_the_offset_and_the_reason(void **state)
{
	static const struct {
		const char *text;
		size_t at;
		const char *reason;
	} rows[] = {
	    {"abc(de", 6, "parenthesis"},
	    {"ab[z-a]", 5, "out of order"},
	    {"*x", 0, "quantifier"},
	};
	char why[160];
	size_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(pattern_new(slice_str(rows[i].text), &at, why, sizeof(why)));
		assert_int_equal(at, rows[i].at);
		assert_non_null(strstr(why, rows[i].reason));
	}
}

static void a_reason_that_does_not_fit_is_cut_and_ends(void **state)
{
	char why[8];
	size_t at;

	(void)state;
	assert_null(pattern_new(SLICE("("), &at, why, sizeof(why)));
	assert_true(strnlen(why, sizeof(why)) < sizeof(why));
}

static void no_text_at_all_is_an_empty_text(void **state)
{
	(void)state;
	assert_int_equal(ask("^$", SLICE_NONE), PATTERN_YES);
	assert_int_equal(ask("x", SLICE_NONE), PATTERN_NO);
	assert_int_equal(ask("", SLICE("x")), PATTERN_YES);
}

static void bytes_are_bytes(void **state)
{
	(void)state;
	assert_int_equal(ask("a.b", SLICE("a\xff"
	                                  "b")),
	                 PATTERN_YES);
	assert_int_equal(ask("end$", SLICE("nul\0end")), PATTERN_YES);
	assert_int_equal(ask("^...$", SLICE("\xe2\x82\xac")), PATTERN_YES);
}

static void a_pattern_cannot_switch_utf_mode_on(void **state)
{
	char why[160];
	size_t at;

	(void)state;
	assert_null(pattern_new(SLICE("(*UTF)x"), &at, why, sizeof(why)));
	assert_null(pattern_new(SLICE("(*UCP)x"), &at, why, sizeof(why)));
}

/* Both engines: with JIT, and as on a kernel that allows none. */
static void a_catastrophic_pattern_hits_the_limit_and_is_not_no_match(void **state)
{
	struct slice bomb = SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");

	(void)state;
	assert_int_equal(ask("^(a+)+$", bomb), PATTERN_LIMIT);
	assert_int_equal(ask("(*NO_JIT)^(a+)+$", bomb), PATTERN_LIMIT);
}

static void a_pattern_cannot_raise_the_limit(void **state)
{
	struct slice bomb = SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");

	(void)state;
	assert_int_equal(ask("(*LIMIT_MATCH=4000000000)^(a+)+$", bomb), PATTERN_LIMIT);
}

static void the_interpreter_answers_as_jit_does(void **state)
{
	static const char *const subjects[] = {"", "Invalid Inbound Sender", "invalid", "xx yy"};

	(void)state;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		struct slice s = slice_str(subjects[i]);

		assert_int_equal(ask("Inb(ou)?nd|x+ y", s), ask("(*NO_JIT)Inb(ou)?nd|x+ y", s));
	}
}

/* Error -46 of the default JIT stack was taken for "no match" by others (faults.md H16). */
static void a_text_of_40_kilobytes_is_answered(void **state)
{
	size_t n = 40000;
	char *text = malloc(n);
	enum pattern_answer answer;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', n);
	text[n - 1] = 'c';
	answer = ask("^(?:a|b)*c$", slice_of(text, n));
	assert_int_equal(answer, PATTERN_YES);
	/* So deep a nesting may be too much, but it must not look like "no". */
	answer = ask("^((a|b)(?1)?)c$", slice_of(text, n));
	assert_int_not_equal(answer, PATTERN_NO);
	free(text);
}

static void the_library_says_its_version_without_a_date(void **state)
{
	(void)state;
	assert_true(strlen(pattern_library()) >= 4);
	assert_null(strchr(pattern_library(), ' '));
	assert_ptr_equal(pattern_library(), pattern_library());
	(void)pattern_has_jit();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pattern_matches_anywhere_in_the_text),
	    cmocka_unit_test(a_broken_pattern_names_the_offset_and_the_reason),
	    cmocka_unit_test(a_reason_that_does_not_fit_is_cut_and_ends),
	    cmocka_unit_test(no_text_at_all_is_an_empty_text),
	    cmocka_unit_test(bytes_are_bytes),
	    cmocka_unit_test(a_pattern_cannot_switch_utf_mode_on),
	    cmocka_unit_test(a_catastrophic_pattern_hits_the_limit_and_is_not_no_match),
	    cmocka_unit_test(a_pattern_cannot_raise_the_limit),
	    cmocka_unit_test(the_interpreter_answers_as_jit_does),
	    cmocka_unit_test(a_text_of_40_kilobytes_is_answered),
	    cmocka_unit_test(the_library_says_its_version_without_a_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
