#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ui/keys.h"

static void no_key_has_two_meanings(void **state)
{
	size_t n;
	const struct key_row *k = keys_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < KEY_CODES; c++)
			if (k[i].code[c])
				assert_int_equal(keys_action(k[i].code[c]), k[i].action);
}

static void every_action_has_a_key_and_every_key_a_help(void **state)
{
	size_t n;
	const struct key_row *k = keys_table(&n);

	(void)state;
	for (int a = DO_NONE + 1; a < DO_COUNT; a++) {
		size_t found = 0;
		for (size_t i = 0; i < n; i++)
			found += (int)k[i].action == a;
		assert_int_equal(found, 1);
	}
	for (size_t i = 0; i < n; i++) {
		assert_true(*k[i].shown && *k[i].help);
		assert_true(strlen(k[i].help) < 80);
	}
}

static void a_key_that_nobody_knows_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(keys_action('Z'), DO_NONE);
	assert_int_equal(keys_action(CODE_NONE), DO_NONE);
	assert_int_equal(keys_action(0x1f600), DO_NONE);
}

static void a_script_is_read_key_by_key(void **state)
{
	static const struct key want[] = {{.code = 'j'},
	                                  {.code = CODE_ENTER},
	                                  {.code = 0xfc},
	                                  {.code = '<'},
	                                  {.code = CODE_SIZE, .x = 40, .y = 10},
	                                  {.code = CODE_MOUSE, .y = 3, .x = 5, .button = MOUSE_LEFT},
	                                  {.code = CODE_MOUSE, .y = 1, .x = 2, .button = MOUSE_DOUBLE},
	                                  {.code = '>'}};
	struct slice script = SLICE("j<enter>ü<lt><size 40x10><mouse 3 5><double 1 2>>");
	struct key k;

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_true(keys_script(&script, &k));
		assert_memory_equal(&k, &want[i], sizeof k);
	}
	assert_int_equal(script.n, 0);
}

static void a_name_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {"<nokey>",    "<",         "<enter",        "<size 40>",
	                                  "<size 40x>", "<mouse 1>", "<mouse 1 2 3>", "<size 99999999999999999999x1>",
	                                  "\xff",       "<>"};
	struct key k;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct slice script = slice_str(bad[i]);
		if (keys_script(&script, &k))
			fail_msg("`%s` is taken for a key", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_key_has_two_meanings),
	    cmocka_unit_test(every_action_has_a_key_and_every_key_a_help),
	    cmocka_unit_test(a_key_that_nobody_knows_does_nothing),
	    cmocka_unit_test(a_script_is_read_key_by_key),
	    cmocka_unit_test(a_name_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
