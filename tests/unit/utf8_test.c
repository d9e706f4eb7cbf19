#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../parsers/utf8.h"

/* The same before, behind and between plain letters, wherever a step of eight bytes may end. */
static void assert_text(struct slice what, bool is)
{
	char text[64];

	for (size_t before = 0; before < 20; before++)
		for (size_t behind = 0; behind < 20; behind++) {
			memset(text, 'x', sizeof(text));
			memcpy(text + before, what.p, what.n);
			assert_int_equal(utf8_is_text(slice_of(text, before + what.n + behind)), is);
		}
}

static void well_formed_characters_are_text(void **state)
{
	(void)state;
	assert_true(utf8_is_text(SLICE("")));
	assert_text(SLICE("\x01\x7f"), true);
	assert_text(SLICE("\xc3\xbc"), true);
	assert_text(SLICE("\xe2\x82\xac"), true);
	assert_text(SLICE("\xf0\x9f\x93\xa7"), true);
}

static void a_NUL_and_broken_characters_are_none(void **state)
{
	(void)state;
	assert_text(SLICE("\0"), false);
	assert_text(SLICE("\x80"), false);
	assert_text(SLICE("\xc3"), false);
	assert_text(SLICE("\xc0\xaf"), false);
	assert_text(SLICE("\xed\xa0\x80"), false);
	assert_text(SLICE("\xf4\x90\x80\x80"), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(well_formed_characters_are_text),
	    cmocka_unit_test(a_NUL_and_broken_characters_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
