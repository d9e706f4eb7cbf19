#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../../analyzer/writer.h"

/* More than may wait at once. */
#define MANY 1000

static struct writer *writer;
static int done[MANY + 1], dones;

static int begin(void **state)
{
	(void)state;
	dones = 0;
	writer = writer_new();
	return writer ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	writer = writer_free(writer);
	return 0;
}

static void note(void *arg)
{
	done[dones++] = (int)(intptr_t)arg;
}

static void note_slowly(void *arg)
{
	nanosleep(&(const struct timespec){.tv_nsec = 2000000}, NULL);
	note(arg);
}

/* A job that asks for another one, and waits for all: it is the only one who works. */
static void note_twice(void *arg)
{
	writer_do(writer, note, arg);
	writer_settle(writer);
	note((void *)((intptr_t)arg + 1));
}

static void jobs_are_done_in_the_order_of_the_calls(void **state)
{
	(void)state;
	for (int i = 0; i < MANY; i++)
		writer_do(writer, i % 100 ? note : note_slowly, (void *)(intptr_t)i);
	writer_settle(writer);
	assert_int_equal(dones, MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(done[i], i);
}

static void who_waits_for_a_job_waits_for_those_before_it(void **state)
{
	unsigned first, second;

	(void)state;
	first = writer_do(writer, note_slowly, (void *)1);
	second = writer_do(writer, note_slowly, (void *)2);
	writer_await(writer, first);
	assert_int_equal(done[0], 1);
	writer_await(writer, second);
	assert_int_equal(dones, 2);
	writer_await(writer, first); /* long done */
	writer_settle(writer);
}

static void a_job_that_asks_for_a_job_does_it_itself(void **state)
{
	(void)state;
	writer_do(writer, note_twice, (void *)5);
	writer_do(writer, note, (void *)9);
	writer_settle(writer);
	assert_int_equal(dones, 3);
	assert_int_equal(done[0], 5);
	assert_int_equal(done[1], 6);
	assert_int_equal(done[2], 9);
}

static void what_was_asked_for_is_done_before_it_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		writer_do(writer, note_slowly, (void *)(intptr_t)i);
	writer = writer_free(writer);
	assert_int_equal(dones, 20);
}

/* Spare work: so much is left of it, and so often it was done. */
static atomic_int spare_left, spare_done;

static bool spare(void *arg)
{
	(void)arg;
	if (spare_left > 0) {
		spare_left--;
		spare_done++;
	}
	return spare_left > 0;
}

static void spare_until(int n)
{
	for (int i = 0; spare_done < n && i < 5000; i++)
		nanosleep(&(const struct timespec){.tv_nsec = 1000000}, NULL);
	assert_int_equal(spare_done, n);
}

static void spare_work_is_done_between_jobs_while_there_is_some(void **state)
{
	(void)state;
	spare_done = 0;
	spare_left = 100;
	writer_spare(writer, spare, NULL);
	spare_until(100);
	spare_left = 7; /* it has said that there is no more, and does not ask */
	writer_do(writer, note, NULL);
	writer_settle(writer);
	assert_int_equal(spare_done, 100);
	writer_nudge(writer);
	spare_until(107);
	writer_spare(writer, NULL, NULL);
	spare_left = 5;
	writer_nudge(writer);
	writer_do(writer, note_slowly, NULL);
	writer_settle(writer);
	assert_int_equal(spare_done, 107);
	assert_int_equal(dones, 2);
}

/* Jobs wait for no more than the call that is going on, however much there is. */
static void jobs_come_before_spare_work(void **state)
{
	(void)state;
	spare_done = 0;
	spare_left = INT_MAX;
	writer_spare(writer, spare, NULL);
	for (int i = 0; i < MANY; i++)
		writer_do(writer, note, (void *)(intptr_t)i);
	writer_settle(writer);
	assert_int_equal(dones, MANY);
	writer_spare(writer, NULL, NULL);
	int after = spare_done;
	writer_do(writer, note_slowly, NULL);
	writer_settle(writer);
	assert_int_equal(spare_done, after); /* ended means ended */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(jobs_are_done_in_the_order_of_the_calls, begin, end),
	    cmocka_unit_test_setup_teardown(who_waits_for_a_job_waits_for_those_before_it, begin, end),
	    cmocka_unit_test_setup_teardown(a_job_that_asks_for_a_job_does_it_itself, begin, end),
	    cmocka_unit_test_setup_teardown(what_was_asked_for_is_done_before_it_ends, begin, end),
	    cmocka_unit_test_setup_teardown(spare_work_is_done_between_jobs_while_there_is_some, begin, end),
	    cmocka_unit_test_setup_teardown(jobs_come_before_spare_work, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
