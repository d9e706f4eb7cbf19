#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/large.h"

static void it_is_cleared_and_begins_where_a_large_page_can(void **state)
{
	static const size_t sizes[] = {1, 4096, 3 << 20};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		void *memory;
		char *p = large_new(sizes[i], &memory);
		assert_int_equal((uintptr_t)p % (2 << 20), 0);
		large_pages(p, sizes[i]);
		for (size_t at = 0; at < sizes[i]; at++)
			assert_int_equal(p[at], 0);
		memset(p, 'x', sizes[i]);
		free(memory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_cleared_and_begins_where_a_large_page_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
