#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "../../analyzer/db.h"
#include "../../analyzer/msg.h"

static char folder[64], path[128];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/wouldblock-db.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/db", folder);
	return 0;
}

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(name);
}

static int remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* How a child that does this ends; what it says is thrown away. */
static int end_of(void (*does)(void))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		does();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int64_t rows(struct db *d)
{
	sqlite3_stmt *q;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(d->h, "SELECT count(*) FROM meta", -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

/* A transaction for which there is no room in so many pages. */
static void write_too_much(struct db *d)
{
	db_exec(d, "PRAGMA max_page_count = 1"); /* as many as there are: no more */
	db_begin(d);
	db_exec(d, "INSERT INTO meta VALUES ('a', 1)");
	for (int i = 0; i < 100; i++)
		db_exec(d, "INSERT INTO meta VALUES (hex(randomblob(16)), randomblob(20000))");
	db_commit(d);
}

static int rescued(struct db *d)
{
	jmp_buf trouble;

	switch (setjmp(trouble)) {
	case 0: break;
	case EX_IOERR: return EX_IOERR;
	default: return -1;
	}
	msg_rescue(&trouble);
	write_too_much(d);
	msg_rescue(NULL);
	return 0;
}

static void trouble_goes_to_the_rescue_and_leaves_nothing_of_the_batch(void **state)
{
	struct db *d = db_open_ingest(path);
	int64_t before = rows(d);

	(void)state;
	assert_int_equal(rescued(d), EX_IOERR);
	db_reopen(d);
	assert_true(sqlite3_get_autocommit(d->h));
	assert_int_equal(rows(d), before);
	db_begin(d);
	db_exec(d, "INSERT INTO meta VALUES ('b', 1)");
	db_commit(d);
	assert_int_equal(rows(d), before + 1);
	db_close(d);
}

static void fill(void)
{
	write_too_much(db_open_ingest(path));
}

static void without_a_rescue_it_ends_the_program(void **state)
{
	(void)state;
	assert_int_equal(end_of(fill), EX_IOERR);
}

static void fill_twice(void)
{
	struct db *d = db_open_ingest(path);

	if (rescued(d) != EX_IOERR)
		_exit(1);
	db_reopen(d);
	write_too_much(d);
}

static void a_rescue_is_for_one_trouble_only(void **state)
{
	(void)state;
	assert_int_equal(end_of(fill_twice), EX_IOERR);
}

static void reopen_another(void)
{
	struct db *d = db_open_ingest(path);
	char other[160];

	snprintf(other, sizeof other, "%s.other", path);
	if (rename(path, other) != 0)
		_exit(1);
	db_reopen(d);
}

static void a_database_that_was_moved_is_not_opened_anew(void **state)
{
	(void)state;
	assert_int_equal(end_of(reopen_another), EX_TEMPFAIL);
}

static void open_it(void)
{
	db_open_ingest(path);
}

/* As a decompressor that was being started when we were killed. */
static void leave_a_child_with_the_lock(void)
{
	db_open_ingest(path);
	if (fork() == 0)
		usleep(300000);
}

static void a_lock_whose_owner_is_dead_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(end_of(leave_a_child_with_the_lock), 0);
	assert_int_equal(end_of(open_it), 0);
}

static void a_lock_whose_owner_lives_is_not(void **state)
{
	struct db *d = db_open_ingest(path);

	(void)state;
	assert_int_equal(end_of(open_it), EX_TEMPFAIL);
	db_close(d);
}

/* ------------------------------------------------------------------ another schema */

static const char *const made_up[] = {
    "CREATE TABLE first (x); INSERT INTO first VALUES (1), (2), (3)",
    "ALTER TABLE first ADD COLUMN y; UPDATE first SET y = hex(randomblob(20000)); DROP TABLE owner",
};

/* The first number that a statement gives, -1 if it cannot be asked. */
static int64_t number(const char *file, const char *sql)
{
	sqlite3 *h = NULL;
	sqlite3_stmt *q = NULL;
	int64_t n = -1;

	if (sqlite3_open_v2(file, &h, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(h, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(h);
	return n;
}

static void upgrade_it(void)
{
	struct db *d = db_open_ingest(path);

	db_upgrade(d, made_up, 2);
	db_close(d);
}

static void an_older_schema_is_kept_and_upgraded(void **state)
{
	char copy[160];

	(void)state;
	db_close(db_open_ingest(path));
	assert_int_equal(number(path, "SELECT count(*) FROM sqlite_master WHERE name = 'first'"), 0);
	assert_int_equal(end_of(upgrade_it), 0);
	assert_int_equal(number(path, "PRAGMA user_version"), 3);
	assert_int_equal(number(path, "SELECT count(y) FROM first"), 3);
	snprintf(copy, sizeof copy, "%s.schema-1", path);
	assert_int_equal(number(copy, "PRAGMA user_version"), 1);
	assert_true(number(copy, "SELECT count(*) FROM owner") >= 0);
	assert_int_equal(end_of(open_it), EX_CONFIG); /* and this program has nothing to do with the new one */
}

#define STRIDE 3 /* 1 takes three seconds */

static int writes_left;

static ssize_t dying_pwrite(int fd, const void *from, size_t n, off_t off)
{
	if (writes_left-- == 0)
		_exit(99);
	return pwrite(fd, from, n, off);
}

static void upgrade_until_it_dies(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	struct db *d = db_open_ingest(path);

	vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)dying_pwrite);
	vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)dying_pwrite);
	db_upgrade(d, made_up, 2);
	db_close(d);
}

static void a_death_at_each_write_of_an_upgrade_leaves_the_old_or_the_new(void **state)
{
	int died = 0, old = 0, end = 99;

	(void)state;
	for (int n = 0; end == 99; n += STRIDE) {
		remove_folder(NULL);
		make_folder(NULL);
		db_close(db_open_ingest(path));
		writes_left = n;
		end = end_of(upgrade_until_it_dies);
		died += end == 99;
		int64_t version = number(path, "PRAGMA user_version");
		bool is_old =
		    number(path, "SELECT count(*) FROM sqlite_master WHERE name IN ('first', 'owner')") == 1 &&
		    number(path, "SELECT count(*) FROM owner") >= 0;
		assert_true(version == (is_old ? 1 : 3));
		assert_true(is_old || number(path, "SELECT count(y) FROM first") == 3);
		old += is_old;
		if (is_old)
			assert_int_equal(end_of(upgrade_it), 0);
		assert_int_equal(number(path, "SELECT count(y) FROM first"), 3);
	}
	assert_int_equal(end, 0);
	assert_true(died > 100 / STRIDE && old > 50 / STRIDE && old < died);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
	    TEST(trouble_goes_to_the_rescue_and_leaves_nothing_of_the_batch),
	    TEST(without_a_rescue_it_ends_the_program),
	    TEST(a_rescue_is_for_one_trouble_only),
	    TEST(a_database_that_was_moved_is_not_opened_anew),
	    TEST(a_lock_whose_owner_is_dead_is_waited_for),
	    TEST(a_lock_whose_owner_lives_is_not),
	    TEST(an_older_schema_is_kept_and_upgraded),
	    TEST(a_death_at_each_write_of_an_upgrade_leaves_the_old_or_the_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
