#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/filesystem.h"

static void the_folder_is_asked(void **state)
{
	(void)state;
	assert_int_equal(filesystem_of("/proc/no-such-file"), FILESYSTEM_LOCAL);
	assert_string_equal(filesystem_name("/proc/no-such-file"), "");
	assert_int_equal(filesystem_of("no-such-file"), filesystem_of("./no-such-file"));
	assert_int_equal(filesystem_of("/no/such/folder/file"), FILESYSTEM_LOCAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_folder_is_asked)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
