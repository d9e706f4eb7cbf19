#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../analyzer/bulk.h"
#include "../../analyzer/db.h"

static char folder[] = "/tmp/wouldblock-bulk.XXXXXX";
static char path[64];
static struct db *db;

static int begin(void **state)
{
	(void)state;
	db = db_open_ingest(path);
	db_begin(db);
	db_exec(db, "DELETE FROM address; DELETE FROM fact_transaction; DELETE FROM roll_person; "
	            "DELETE FROM fact_attempt");
	return 0;
}

static int end(void **state)
{
	(void)state;
	db_commit(db);
	db = db_close(db);
	return 0;
}

/* The first value of the answer as the sqlite3 shell would print it. */
static const char *ask(const char *sql)
{
	static char text[256];
	sqlite3_stmt *q;

	db_settle(db);
	assert_int_equal(sqlite3_prepare_v2(db->h, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	return text;
}

static void address(struct bulk *b, int64_t id, struct slice text, uint32_t fold)
{
	bulk_row(b);
	bulk_number(b, id);
	bulk_text(b, text);
	bulk_id(b, fold);
}

static void attempt(struct bulk *b, int64_t place, uint32_t login, int64_t count)
{
	bulk_row(b);
	bulk_number(b, place);
	for (int column = 2; column < 10; column++)
		bulk_number(b, column);
	bulk_id(b, login);
	bulk_number(b, 11);
	bulk_number(b, count);
	if (login || count != 1)
		bulk_rare(b);
}

static void rare_values_arrive_with_the_rows_around_them(void **state)
{
	struct bulk *b = bulk_new(db, SQL_WRITE_ATTEMPT, 12);

	(void)state;
	bulk_plain(b, SQL_WRITE_ATTEMPT_PLAIN);
	for (int64_t i = 1; i <= 9; i++) {
		attempt(b, i, i == 4 ? 77 : 0, i == 6 ? 5 : 1);
		if (i % 3 == 0)
			bulk_flush(b);
	}
	bulk_flush(b);
	bulk_free(b);
	assert_string_equal(ask("SELECT group_concat(place || ' ' || coalesce(sasl, '-') || ' ' || count, ', ') "
	                        "FROM (SELECT * FROM fact_attempt ORDER BY place)"),
	                    "1 - 1, 2 - 1, 3 - 1, 4 77 1, 5 - 1, 6 - 5, 7 - 1, 8 - 1, 9 - 1");
	assert_string_equal(
	    ask("SELECT group_concat(DISTINCT time || ' ' || line || ' ' || pid || ' ' || client || ' ' || "
	        "text || ' ' || sender || ' ' || recipient || ' ' || helo || ' ' || tx) FROM fact_attempt"),
	    "2 3 4 5 6 7 8 9 11");
}

static void values_arrive_with_their_types(void **state)
{
	struct bulk *b = bulk_new_numbered(db, SQL_WRITE_ADDRESS, 3);

	(void)state;
	address(b, 1, SLICE(""), 0);
	address(b, 2, SLICE("J\xc3\xb6rg@a.example"), 7);
	address(b, 3, SLICE("a\0b"), 0);
	address(b, 4, SLICE("\xff\xfe"), 4294967295u);
	bulk_flush(b);
	assert_string_equal(
	    ask("SELECT group_concat(id || quote(text) || typeof(text) || quote(fold), ' ') FROM address"),
	    "1''textNULL 2'J\xc3\xb6rg@a.example'text7 3X'610062'blobNULL 4X'FFFE'blob4294967295");
	bulk_free(b);
}

static void nothing_is_in_the_table_before_the_flush_and_nothing_twice_after_it(void **state)
{
	struct bulk *b = bulk_new_numbered(db, SQL_WRITE_ADDRESS, 3);

	(void)state;
	address(b, 1, SLICE("a"), 0);
	assert_string_equal(ask("SELECT count(*) FROM address"), "0");
	bulk_flush(b);
	bulk_flush(b);
	assert_string_equal(ask("SELECT count(*) FROM address"), "1");
	bulk_free(b);
}

static void more_rows_than_there_is_room_for_all_arrive(void **state)
{
	struct bulk *b = bulk_new_numbered(db, SQL_WRITE_ADDRESS, 3);
	char text[32];

	(void)state;
	for (int i = 1; i <= 10000; i++) {
		int n = snprintf(text, sizeof text, "%d@a.example", i);
		address(b, i, slice_of(text, (size_t)n), 0);
	}
	bulk_flush(b);
	assert_string_equal(ask("SELECT count(*) || ' ' || sum(text = id || '@a.example') FROM address"),
	                    "10000 10000");
	bulk_free(b);
}

static void texts_longer_than_the_room_for_texts_arrive_whole(void **state)
{
	struct bulk *b = bulk_new_numbered(db, SQL_WRITE_ADDRESS, 3);
	size_t n = 300000;
	char *text = malloc(n);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', n);
	for (int i = 1; i <= 5; i++)
		address(b, i, slice_of(text, n - (size_t)i), 0);
	free(text);
	bulk_flush(b);
	assert_string_equal(
	    ask("SELECT count(*) || ' ' || sum(length(text) = 300000 - id AND ltrim(text, 'x') = '') FROM address"),
	    "5 5");
	bulk_free(b);
}

static void a_waiting_row_is_known_by_its_first_value(void **state)
{
	struct bulk *b = bulk_new_numbered(db, SQL_WRITE_ADDRESS, 3);

	(void)state;
	address(b, 1, SLICE("a"), 9);
	address(b, 2, SLICE("b"), 0);
	assert_true(bulk_has(b, 1));
	assert_true(bulk_has(b, 2));
	assert_false(bulk_has(b, 9));
	bulk_flush(b);
	assert_false(bulk_has(b, 1));
	bulk_free(b);
}

static void transaction(struct bulk *b, int64_t id, struct slice queue_id)
{
	bulk_row(b);
	bulk_number(b, id);
	bulk_null(b);
	bulk_number(b, 1);
	bulk_text(b, queue_id);
	bulk_blob(b, SLICE("\0id"));
}

static void of_two_rows_with_one_key_the_later_one_stays(void **state)
{
	struct bulk *b = bulk_new(db, SQL_WRITE_TRANSACTION, 5);

	(void)state;
	transaction(b, -7, SLICE("OLD"));
	transaction(b, -7, SLICE("NEW"));
	bulk_flush(b);
	assert_string_equal(ask("SELECT group_concat(id || queue_id || hex(message_id)) FROM fact_transaction"),
	                    "-7NEW006964");
	bulk_free(b);
}

static void two_tables_wait_beside_each_other(void **state)
{
	struct bulk *a = bulk_new_numbered(db, SQL_WRITE_ADDRESS, 3), *b = bulk_new(db, SQL_WRITE_TRANSACTION, 5);

	(void)state;
	address(a, 1, SLICE("a"), 0);
	transaction(b, 1, SLICE("ABC"));
	bulk_flush(b);
	assert_string_equal(ask("SELECT (SELECT count(*) FROM address) || (SELECT count(*) FROM fact_transaction)"),
	                    "01");
	bulk_flush(a);
	assert_string_equal(ask("SELECT (SELECT count(*) FROM address) || (SELECT count(*) FROM fact_transaction)"),
	                    "11");
	bulk_free(a);
	bulk_free(b);
}

static void a_value_is_filled_in_only_while_its_row_waits_and_has_none(void **state)
{
	struct bulk *b = bulk_new_numbered(db, SQL_WRITE_ADDRESS, 3);

	(void)state;
	address(b, 1, SLICE("a"), 0);
	address(b, 2, SLICE("b"), 9);
	assert_true(bulk_fill(b, 1, 3, 77));
	assert_false(bulk_fill(b, 1, 3, 78));
	assert_false(bulk_fill(b, 2, 3, 79));
	assert_false(bulk_fill(b, 7, 3, 80));
	bulk_flush(b);
	assert_false(bulk_fill(b, 2, 3, 81));
	assert_string_equal(ask("SELECT group_concat(id || ' ' || fold) FROM address"), "1 77,2 9");
	bulk_free(b);
}

static void person(struct bulk *b, int64_t source, int mails)
{
	const int64_t values[] = {1, source, 0, 5, mails, 0};

	bulk_row(b);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		bulk_number(b, values[i]);
	if (mails < 0)
		bulk_then(b, SQL_WRITE_ROLL_PERSON_GONE);
}

/* Come, gone, come again ...: wherever the rows were cut. */
static void what_came_to_nothing_is_gone(void **state)
{
	struct bulk *b = bulk_new(db, SQL_WRITE_ROLL_PERSON, 6);

	(void)state;
	for (int round = 0; round < 300; round++)
		for (int source = 1; source <= 7; source++)
			person(b, source, round % 2 ? -1 : 1);
	for (int source = 3; source <= 7; source += 3)
		person(b, source, 1);
	bulk_flush(b);
	assert_string_equal(ask("SELECT group_concat(source || ' ' || mails) FROM roll_person"), "3 1,6 1");
	bulk_free(b);
}

/* From here on all is done by the writing thread. */
static int with_writer(void **state)
{
	begin(state);
	db_writer_start(db);
	return 0;
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
	    BOTH_WAYS(values_arrive_with_their_types),
	    BOTH_WAYS(rare_values_arrive_with_the_rows_around_them),
	    BOTH_WAYS(nothing_is_in_the_table_before_the_flush_and_nothing_twice_after_it),
	    BOTH_WAYS(more_rows_than_there_is_room_for_all_arrive),
	    BOTH_WAYS(texts_longer_than_the_room_for_texts_arrive_whole),
	    BOTH_WAYS(a_waiting_row_is_known_by_its_first_value),
	    BOTH_WAYS(of_two_rows_with_one_key_the_later_one_stays),
	    BOTH_WAYS(two_tables_wait_beside_each_other),
	    BOTH_WAYS(a_value_is_filled_in_only_while_its_row_waits_and_has_none),
	    BOTH_WAYS(what_came_to_nothing_is_gone),
	};

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/db", folder);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return remove_folder() == 0 ? failed : 1;
}
