#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../analyzer/db.h"
#include "../../analyzer/unfinished.h"

static char folder[] = "/tmp/wouldblock-unfinished.XXXXXX";
static char path[64];
static struct db *db;

static int begin(void **state)
{
	(void)state;
	db = db_open_ingest(path);
	db_begin(db);
	db_exec(db, "DELETE FROM pending");
	return 0;
}

static int with_writer(void **state)
{
	begin(state);
	db_writer_start(db);
	return 0;
}

static int end(void **state)
{
	(void)state;
	db_commit(db);
	db = db_close(db);
	return 0;
}

static int64_t ask(const char *sql)
{
	sqlite3_stmt *q;

	db_settle(db);
	assert_int_equal(sqlite3_prepare_v2(db->h, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	int64_t v = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return v;
}

struct said {
	char text[256];
	int things;
};

static void note(void *arg, int kind, struct slice state)
{
	struct said *s = arg;
	size_t n = strlen(s->text);

	s->things++;
	snprintf(s->text + n, sizeof s->text - n, "%d%.*s ", kind, (int)state.n, state.p);
}

/* What somebody else would load now. */
static struct said loaded(void)
{
	struct unfinished *u = unfinished_new(db);
	struct said s = {.things = 0};

	unfinished_load(u, note, &s);
	unfinished_free(u);
	return s;
}

static void what_was_said_last_of_a_thing_holds(void **state)
{
	struct unfinished *u = unfinished_new(db);

	(void)state;
	unfinished_put(u, 2, 9, SLICE("old"));
	unfinished_put(u, 2, 9, SLICE("new"));
	unfinished_flush(u);
	unfinished_put(u, 2, 9, SLICE("newer"));
	unfinished_put(u, 2, 8, SLICE(""));
	unfinished_flush(u);
	assert_string_equal(loaded().text, "2 2newer ");
	unfinished_free(u);
}

static void things_come_in_the_order_of_kind_and_key(void **state)
{
	struct unfinished *u = unfinished_new(db);

	(void)state;
	unfinished_put(u, 5, 1, SLICE("d"));
	unfinished_put(u, 1, UINT64_MAX, SLICE("b"));
	unfinished_put(u, 2, 0, SLICE("c"));
	unfinished_put(u, 1, 3, SLICE("a"));
	unfinished_flush(u);
	assert_string_equal(loaded().text, "1a 1b 2c 5d ");
	unfinished_free(u);
}

static void what_is_over_is_gone_until_it_is_said_again(void **state)
{
	struct unfinished *u = unfinished_new(db);

	(void)state;
	unfinished_put(u, 1, 7, SLICE("a"));
	unfinished_put(u, 2, 7, SLICE("b"));
	unfinished_flush(u);
	unfinished_drop(u, 1, 7);
	unfinished_flush(u);
	assert_string_equal(loaded().text, "2b ");
	unfinished_drop(u, 2, 7);
	unfinished_put(u, 1, 7, SLICE("c"));
	unfinished_flush(u);
	assert_string_equal(loaded().text, "1c ");
	unfinished_free(u);
}

static void nothing_is_in_the_table_before_the_flush(void **state)
{
	struct unfinished *u = unfinished_new(db);

	(void)state;
	unfinished_put(u, 1, 7, SLICE("a"));
	assert_int_equal(ask("SELECT count(*) FROM pending"), 0);
	unfinished_flush(u);
	unfinished_flush(u);
	assert_int_equal(ask("SELECT count(*) FROM pending"), 1);
	unfinished_free(u);
}

/* Some thousand live for a while, one after the other, and two for ever. */
static void what_is_over_makes_room_and_nothing_else_is_lost(void **state)
{
	struct unfinished *u = unfinished_new(db);
	char bytes[100];

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	unfinished_put(u, 1, 1, SLICE("first"));
	for (uint64_t i = 0; i < 20000; i++) {
		unfinished_put(u, 3, i, slice_of(bytes, sizeof bytes));
		if (i >= 10)
			unfinished_drop(u, 3, i - 10);
		if (i == 9999)
			unfinished_put(u, 2, 1, SLICE("second"));
		if (i % 50 == 0)
			unfinished_flush(u);
	}
	unfinished_flush(u);
	assert_true(ask("SELECT sum(length(state)) FROM pending") < 200000);
	struct said s = loaded();
	assert_int_equal(s.things, 2 + 10);
	assert_int_equal(strncmp(s.text, "1first 2second 3xxx", 19), 0);
	unfinished_free(u);
}

static void more_than_a_row_holds_is_loaded_whole(void **state)
{
	struct unfinished *u = unfinished_new(db);
	size_t n = 1000000;
	char *bytes = calloc(n, 1);

	(void)state;
	assert_non_null(bytes);
	for (uint64_t i = 0; i < 3; i++)
		unfinished_put(u, 4, i, slice_of(bytes, n));
	for (uint64_t i = 0; i < 5000; i++)
		unfinished_put(u, 5, i, slice_of(bytes, 100));
	free(bytes);
	unfinished_flush(u);
	assert_int_equal(loaded().things, 5003);
	unfinished_free(u);
}

static int remove_folder(void)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".ingest.lock", ".write.lock"};
	char name[96];

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	return rmdir(folder);
}

#define BOTH_WAYS(test)                                              \
	cmocka_unit_test_setup_teardown(test, begin, end),           \
	{                                                            \
#test "_by_the_writer", test, with_writer, end, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    BOTH_WAYS(what_was_said_last_of_a_thing_holds),
	    BOTH_WAYS(things_come_in_the_order_of_kind_and_key),
	    BOTH_WAYS(what_is_over_is_gone_until_it_is_said_again),
	    BOTH_WAYS(nothing_is_in_the_table_before_the_flush),
	    BOTH_WAYS(what_is_over_makes_room_and_nothing_else_is_lost),
	    BOTH_WAYS(more_than_a_row_holds_is_loaded_whole),
	};

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/db", folder);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return remove_folder() == 0 ? failed : 1;
}
