#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/slab.h"

struct thing {
	char bytes[13];
};

static struct slab slab;

static int setup(void **state)
{
	(void)state;
	slab_init(&slab, sizeof(struct thing), 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	slab_release(&slab);
	return 0;
}

static bool is_zero(const struct thing *t)
{
	static const struct thing zero;

	return memcmp(t, &zero, sizeof(zero)) == 0;
}

static void it_hands_out_its_limit_and_no_more(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_non_null(slab_take(&slab));
	assert_null(slab_take(&slab));
	assert_int_equal(slab.used, 3);
	assert_null(slab_take(&slab));
	assert_int_equal(slab.used, 3);
}

static void things_do_not_overlap(void **state)
{
	(void)state;
	struct thing *a = slab_take(&slab), *b = slab_take(&slab), *c = slab_take(&slab);

	memset(a, 'a', sizeof(*a));
	memset(c, 'c', sizeof(*c));
	assert_true(is_zero(b));
	memset(b, 'b', sizeof(*b));
	assert_int_equal(a->bytes[12], 'a');
	assert_int_equal(c->bytes[0], 'c');
}

static void what_comes_back_is_handed_out_again_and_clean(void **state)
{
	(void)state;
	struct thing *a = slab_take(&slab), *b = slab_take(&slab);

	memset(a, 'a', sizeof(*a));
	memset(b, 'b', sizeof(*b));
	slab_give(&slab, a);
	assert_int_equal(slab.used, 1);
	struct thing *again = slab_take(&slab);
	assert_ptr_equal(again, a);
	assert_true(is_zero(again));
	assert_int_equal(b->bytes[0], 'b');
}

static void the_last_one_given_back_is_the_first_to_go(void **state)
{
	(void)state;
	struct thing *a = slab_take(&slab), *b = slab_take(&slab), *c = slab_take(&slab);

	slab_give(&slab, a);
	slab_give(&slab, b);
	slab_give(&slab, c);
	assert_int_equal(slab.used, 0);
	assert_ptr_equal(slab_take(&slab), c);
	assert_ptr_equal(slab_take(&slab), b);
	assert_ptr_equal(slab_take(&slab), a);
	assert_null(slab_take(&slab));
}

static void a_free_one_is_taken_before_a_fresh_one(void **state)
{
	(void)state;
	struct thing *a = slab_take(&slab);

	slab_give(&slab, a);
	slab_take(&slab);
	assert_int_equal(slab.high, 1);
}

static void a_released_one_is_empty(void **state)
{
	(void)state;
	slab_take(&slab);
	slab_release(&slab);
	assert_null(slab.base);
	assert_int_equal(slab.used, 0);
	assert_null(slab_take(&slab));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(it_hands_out_its_limit_and_no_more),
	    T(things_do_not_overlap),
	    T(what_comes_back_is_handed_out_again_and_clean),
	    T(the_last_one_given_back_is_the_first_to_go),
	    T(a_free_one_is_taken_before_a_fresh_one),
	    T(a_released_one_is_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
