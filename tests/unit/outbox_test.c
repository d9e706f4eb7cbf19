#include "verdict_world.h"

#include <sys/wait.h>

#include "../../analyzer/outbox.h"

static int close_world(void **state)
{
	char name[80];

	snprintf(name, sizeof name, "%s.mail.lock", world_path);
	unlink(name);
	return world_close(state);
}

static void prepare(const char *to, int32_t day, const char *id, const char *bytes)
{
	const struct outbox_mail m = {.day = day,
	                              .sender = (char *)"robot",
	                              .message_id = (char *)id,
	                              .bytes = (char *)bytes,
	                              .bytes_n = strlen(bytes)};

	outbox_prepare(world_path, to, &m, 77);
}

static struct outbox waiting(const char *to)
{
	struct outbox b;

	outbox_waiting(world_path, to, &b);
	return b;
}

static void a_prepared_mail_waits_with_its_bytes(void **state)
{
	(void)state;
	prepare("a@b", 100, "1@x", "Date: x\n\nbody\xff\n");
	struct outbox b = waiting("a@b");
	assert_int_equal(b.n, 1);
	assert_int_equal(b.mail[0].day, 100);
	assert_false(b.mail[0].sent);
	assert_string_equal(b.mail[0].sender, "robot");
	assert_string_equal(b.mail[0].message_id, "1@x");
	assert_int_equal(b.mail[0].bytes_n, strlen("Date: x\n\nbody\xff\n"));
	assert_memory_equal(b.mail[0].bytes, "Date: x\n\nbody\xff\n", b.mail[0].bytes_n);
	outbox_release(&b);
}

static void a_sent_one_does_not_wait_and_is_remembered(void **state)
{
	struct outbox b;

	(void)state;
	prepare("a@b", 100, "1@x", "m");
	b = waiting("a@b");
	outbox_sent(world_path, b.mail[0].id, 4711);
	outbox_release(&b);
	b = waiting("a@b");
	assert_int_equal(b.n, 0);
	outbox_release(&b);
	outbox_of_day(world_path, "a@b", 100, &b);
	assert_int_equal(b.n, 1);
	assert_true(b.mail[0].sent);
	assert_int_equal(b.mail[0].sent_us, 4711);
	outbox_release(&b);
}

static void each_set_of_recipients_has_its_own(void **state)
{
	(void)state;
	prepare("a@b", 101, "1@x", "m");
	prepare("a@b,c@d", 100, "2@x", "m");
	prepare("a@b", 99, "3@x", "m");
	struct outbox b = waiting("a@b");
	assert_int_equal(b.n, 2);
	assert_string_equal(b.mail[0].message_id, "3@x"); /* the older day first */
	assert_string_equal(b.mail[1].message_id, "1@x");
	outbox_release(&b);
	outbox_of_day(world_path, "a@b", 100, &b);
	assert_int_equal(b.n, 0);
	outbox_release(&b);
}

static void a_rebuild_leaves_them_alone(void **state)
{
	(void)state;
	prepare("a@b", 100, "1@x", "m");
	db_exec(world, sql_text[SQL_WRITE_REBUILD]);
	struct outbox b = waiting("a@b");
	assert_int_equal(b.n, 1);
	outbox_release(&b);
}

static void the_lock_ends_with_its_holder(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		outbox_lock(world_path);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	int lock = outbox_lock(world_path);
	assert_true(lock >= 0);
	outbox_unlock(lock);
}

static void tries_are_further_and_further_apart(void **state)
{
	static const int minutes[] = {0, 1, 5, 15, 60, 60, 60};

	(void)state;
	for (int tries = 0; tries < 7; tries++)
		assert_int_equal(outbox_next_us(tries, 1000), 1000 + minutes[tries] * INT64_C(60000000));
	const struct outbox_mail m = {.tries = 2, .tried_us = 1000};
	assert_false(outbox_is_due(&m, 1000 + 299 * INT64_C(1000000)));
	assert_true(outbox_is_due(&m, 1000 + 300 * INT64_C(1000000)));
	assert_true(outbox_is_due(&m, 999)); /* the clock was set back */
}

static void a_failure_is_kept_and_the_last_one_gives_up(void **state)
{
	const int64_t hour = INT64_C(3600000000);
	struct outbox_trouble t;
	struct outbox b;

	(void)state;
	prepare("a@b", 100, "1@x", "m");
	b = waiting("a@b");
	assert_false(outbox_failed(world_path, &b.mail[0], "full", 77 + 22 * hour - 1));
	outbox_release(&b);
	b = waiting("a@b");
	assert_int_equal(b.mail[0].tries, 1);
	assert_string_equal(b.mail[0].why, "full");
	assert_true(outbox_failed(world_path, &b.mail[0], "fuller", 77 + 22 * hour));
	outbox_release(&b);
	b = waiting("a@b");
	assert_int_equal(b.n, 0);
	outbox_release(&b);

	struct reader *r = world_reader();
	outbox_trouble_load(&t, r, 77 + 23 * hour);
	assert_int_equal(t.n, 1);
	assert_true(t.mail[0].given_up);
	assert_int_equal(t.mail[0].tries, 2);
	assert_string_equal(t.mail[0].why, "fuller");
	outbox_trouble_release(&t);
	outbox_trouble_load(&t, r, 77 + 23 * hour + 7 * 24 * hour); /* a week is enough */
	assert_int_equal(t.n, 0);
	outbox_trouble_release(&t);
	reader_close(r);
}

static void mark(const char *text, char out[OUTBOX_MARK])
{
	struct reader *r = world_reader();

	outbox_mark(r, slice_str(text), out);
	reader_close(r);
}

static void a_mark_is_of_its_text_and_its_database(void **state)
{
	char first[OUTBOX_MARK], again[OUTBOX_MARK], other[OUTBOX_MARK], elsewhere[OUTBOX_MARK];

	(void)state;
	world_sql("INSERT INTO meta VALUES ('key', x'000102030405060708090a0b0c0d0e0f')");
	mark("day 100", first);
	mark("day 100", again);
	mark("day 101", other);
	world_sql("UPDATE meta SET value = x'ff0102030405060708090a0b0c0d0e0f' WHERE key = 'key'");
	mark("day 100", elsewhere);
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
	assert_string_not_equal(first, elsewhere);
	assert_int_equal(strspn(first, "0123456789abcdef"), 16);
}

#define T(test) cmocka_unit_test_setup_teardown(test, world_open, close_world)
int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_prepared_mail_waits_with_its_bytes), T(a_sent_one_does_not_wait_and_is_remembered),
	    T(each_set_of_recipients_has_its_own),   T(a_rebuild_leaves_them_alone),
	    T(tries_are_further_and_further_apart),  T(a_failure_is_kept_and_the_last_one_gives_up),
	    T(the_lock_ends_with_its_holder),        T(a_mark_is_of_its_text_and_its_database),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
