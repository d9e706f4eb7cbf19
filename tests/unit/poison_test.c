#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../analyzer/poison.h"

static char database[200];

static int setup(void **state)
{
	(void)state;
	snprintf(database, sizeof database, "%s/poison-test.%ld", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp",
	         (long)getpid());
	return 0;
}

static int teardown(void **state)
{
	char name[220];

	(void)state;
	snprintf(name, sizeof name, "%s.reading", database);
	unlink(name);
	return 0;
}

/* A run that reads from `off` on, and what it does then. */
enum end { ABORT, KILLED, KILLED_AT_COMMIT, PASSES };

static void run(int64_t off, enum end end)
{
	pid_t child = fork();

	if (child == 0) {
		struct poison *p = poison_new(database);
		poison_at(p, 1, off);
		if (end == ABORT)
			abort();
		if (end == KILLED_AT_COMMIT || end == PASSES)
			poison_rest(p);
		if (end == PASSES)
			poison_passed(p, 1, off + 1);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

static bool is_poison(int64_t off, int *deaths)
{
	struct poison *p = poison_new(database);
	bool is = poison_is(p, 1, off, deaths);

	poison_free(p);
	return is;
}

static bool isolates(void)
{
	struct poison *p = poison_new(database);
	bool is = poison_isolates(p);

	poison_free(p);
	return is;
}

static void three_deaths_by_fault(void **state)
{
	int deaths = 0;

	(void)state;
	run(100, ABORT);
	assert_false(isolates());
	run(100, ABORT);
	assert_true(isolates());
	run(150, ABORT); /* line by line it gets so far */
	assert_true(is_poison(150, &deaths));
	assert_int_equal(deaths, 3);
	assert_false(is_poison(100, &deaths));
}

static void whoever_is_killed_needs_more(void **state)
{
	int deaths = 0;

	(void)state;
	run(100, KILLED);
	run(100, KILLED);
	for (int i = 0; i < 3; i++) {
		assert_false(is_poison(150, &deaths));
		run(150, KILLED);
	}
	assert_true(is_poison(150, &deaths));
	assert_int_equal(deaths, 5);
}

static void another_place_begins_anew(void **state)
{
	int deaths = 0;

	(void)state;
	for (int64_t off = 100; off < 1000; off += 100) {
		run(off, KILLED);
		assert_false(isolates());
	}
	run(1000, KILLED);
	run(1000, KILLED);
	for (int64_t off = 1000; off < 2000; off += 100) {
		run(off, KILLED);
		assert_false(is_poison(off, &deaths));
	}
}

static void what_passes_is_no_poison(void **state)
{
	(void)state;
	run(100, KILLED);
	run(100, PASSES);
	run(100, KILLED);
	assert_false(isolates());
}

static void a_commit_counts_for_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		run(100, KILLED_AT_COMMIT);
	assert_false(isolates());
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {T(three_deaths_by_fault), T(whoever_is_killed_needs_more),
	                                   T(another_place_begins_anew), T(what_passes_is_no_poison),
	                                   T(a_commit_counts_for_nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
