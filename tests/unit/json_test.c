#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../parsers/stamp.h"
#include "../../ui/json.h"

static struct text text;
static struct json json;

static int begin(void **state)
{
	(void)state;
	text = (struct text){0};
	json = (struct json){.out = &text};
	return 0;
}

static int end(void **state)
{
	(void)state;
	text_release(&text);
	return 0;
}

/* Without its blanks and lines, which stand only between values here. */
static void is(const char *expected)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != ' ' && text.p[i] != '\n')
			text.p[n++] = text.p[i];
	text.p[n] = '\0';
	assert_string_equal(text.p, expected);
}

static void commas_stand_between_values_only(void **state)
{
	(void)state;
	json_list(&json, NULL);
	for (int64_t i = 1; i <= 2; i++) {
		json_object(&json, NULL);
		json_int(&json, "n", i);
		json_list(&json, "empty");
		json_list_end(&json);
		json_bool(&json, "odd", i % 2);
		json_object_end(&json);
	}
	json_list_end(&json);
	is("[{\"n\":1,\"empty\":[],\"odd\":true},{\"n\":2,\"empty\":[],\"odd\":false}]");
}

static void what_is_missing_is_null(void **state)
{
	(void)state;
	json_list(&json, NULL);
	json_str(&json, NULL, NULL);
	json_str(&json, NULL, "");
	json_slice(&json, NULL, SLICE_NONE);
	json_slice(&json, NULL, SLICE(""));
	json_real(&json, NULL, NAN);
	json_real(&json, NULL, INFINITY);
	json_time(&json, NULL, STAMP_NONE);
	json_time(&json, NULL, INT64_MAX / 4);
	json_list_end(&json);
	is("[null,null,null,\"\",null,null,null,null]");
}

static void a_figure_is_never_minus_zero(void **state)
{
	(void)state;
	json_list(&json, NULL);
	json_real(&json, NULL, -0.0);
	json_real(&json, NULL, -1.5);
	json_real(&json, NULL, 99.45);
	json_list_end(&json);
	is("[0,-1.5,99.45]");
}

static void bytes_that_are_no_utf8_and_controls_are_escaped(void **state)
{
	(void)state;
	json_object(&json, NULL);
	json_slice(&json, "a\"b", slice_of("\xff\x1b\0\n", 4));
	json_object_end(&json);
	is("{\"a\\\"b\":\"\\udcff\\u001b\\u0000\\u000a\"}");
}

static void times_have_microseconds_only_if_there_are_any(void **state)
{
	(void)state;
	json_list(&json, NULL);
	json_time(&json, NULL, 0);
	json_time(&json, NULL, 1);
	json_time(&json, NULL, -1);
	json_list_end(&json);
	is("[\"1970-01-01T00:00:00Z\",\"1970-01-01T00:00:00.000001Z\",\"1969-12-31T23:59:59.999999Z\"]");
}

static void a_row_of_a_list_in_an_object_is_one_line(void **state)
{
	(void)state;
	json_object(&json, NULL);
	json_list(&json, "rows");
	for (int i = 0; i < 2; i++) {
		json_object(&json, NULL);
		json_int(&json, "a", 1);
		json_int(&json, "b", 2);
		json_object_end(&json);
	}
	json_list_end(&json);
	json_object_end(&json);
	assert_non_null(strstr(text.p, "\n  {\"a\":1,\"b\":2},\n  {\"a\":1,\"b\":2}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(commas_stand_between_values_only, begin, end),
	    cmocka_unit_test_setup_teardown(what_is_missing_is_null, begin, end),
	    cmocka_unit_test_setup_teardown(a_figure_is_never_minus_zero, begin, end),
	    cmocka_unit_test_setup_teardown(bytes_that_are_no_utf8_and_controls_are_escaped, begin, end),
	    cmocka_unit_test_setup_teardown(times_have_microseconds_only_if_there_are_any, begin, end),
	    cmocka_unit_test_setup_teardown(a_row_of_a_list_in_an_object_is_one_line, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
