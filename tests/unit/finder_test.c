#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/finder.h"

#define THINGS 5000

struct thing {
	int number;
	struct found by_key;
};

static struct finder finder;
static struct thing thing[THINGS];

static int setup(void **state)
{
	(void)state;
	memset(thing, 0, sizeof thing);
	finder_init(&finder, thing, THINGS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	finder_release(&finder);
	return 0;
}

static uint64_t key_of(int number)
{
	return (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15);
}

static void put(int number, uint64_t key)
{
	thing[number].number = number;
	thing[number].by_key.key = key;
	finder_put(&finder, &thing[number].by_key);
}

/* The nth of those with this key, NULL: there are not so many. */
static struct thing *find(uint64_t key, int nth)
{
	for (struct found *f = finder_first(&finder, key); f; f = f->chain)
		if (f->key == key && nth-- == 0)
			return FOUND(f, struct thing, by_key);
	return NULL;
}

static void all_that_was_put_in_is_found_however_much_it_is(void **state)
{
	(void)state;
	for (int i = 0; i < THINGS; i++) {
		put(i, key_of(i));
		assert_ptr_equal(find(key_of(i / 2), 0), &thing[i / 2]);
	}
	for (int i = 0; i < THINGS; i++)
		assert_ptr_equal(find(key_of(i), 0), &thing[i]);
	assert_null(find(key_of(THINGS), 0));
	assert_int_equal(finder.used, THINGS);
}

static void what_is_dropped_is_not_found_and_the_others_are(void **state)
{
	(void)state;
	for (int i = 0; i < THINGS; i++)
		put(i, key_of(i));
	for (int i = 0; i < THINGS; i += 3)
		finder_drop(&finder, &thing[i].by_key);
	for (int i = 0; i < THINGS; i++)
		assert_ptr_equal(find(key_of(i), 0), i % 3 ? &thing[i] : NULL);
	assert_int_equal(finder.used, THINGS - (THINGS + 2) / 3);
}

static void what_has_left_an_empty_slot_is_not_there_even_at_first_sight(void **state)
{
	(void)state;
	put(0, key_of(0));
	put(1, key_of(1));
	assert_ptr_equal(finder_first(&finder, key_of(1)), &thing[1].by_key);
	finder_drop(&finder, &thing[1].by_key);
	assert_null(finder_first(&finder, key_of(1)));
	assert_null(finder_first(&finder, key_of(0) ^ 1)); /* its slot, but not its key */
	assert_ptr_equal(finder_first(&finder, key_of(0)), &thing[0].by_key);
}

static void equal_keys_stay_newest_first_while_it_grows(void **state)
{
	(void)state;
	for (int i = 0; i < THINGS; i++)
		put(i, key_of(i % 100));
	for (int key = 0; key < 100; key += 33)
		for (int nth = 0; nth < THINGS / 100; nth++)
			assert_ptr_equal(find(key_of(key), nth), &thing[THINGS - 100 + key - 100 * nth]);
}

static void who_holds_little_has_few_slots_and_nobody_more_than_his_limit_needs(void **state)
{
	(void)state;
	put(0, key_of(0));
	assert_true(finder.mask < 1000);
	for (int i = 1; i < THINGS; i++)
		put(i, key_of(i));
	assert_true(finder.mask + 1 >= THINGS / 2 && finder.mask + 1 <= 2 * THINGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(all_that_was_put_in_is_found_however_much_it_is, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_dropped_is_not_found_and_the_others_are, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_has_left_an_empty_slot_is_not_there_even_at_first_sight, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(equal_keys_stay_newest_first_while_it_grows, setup, teardown),
	    cmocka_unit_test_setup_teardown(who_holds_little_has_few_slots_and_nobody_more_than_his_limit_needs, setup,
	                                    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
