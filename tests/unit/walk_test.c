#include "verdict_world.h"

#include <time.h>

#include "../../analyzer/walk.h"

#define ROWS 1000

/* Sources 1 to ROWS, and two rules' people: some for each fifth source, very many for source 50. */
static int open_many(void **state)
{
	world_open(state);
	world_sql("DELETE FROM dim_source; DELETE FROM roll_person; INSERT INTO dim_rule VALUES (70, 'walked', NULL)");
	world_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
	          "INSERT INTO dim_source SELECT i, 'org', 'name' || i, '' FROM n",
	          ROWS);
	world_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
	          "INSERT INTO roll_person SELECT 70, 5 * (i / 20 + 1), i, 0, 1, 0 FROM n "
	          "UNION ALL SELECT 70, 50, 1000 + i, 0, 1, 0 FROM n");
	return 0;
}

/* As somebody who does much with each row: a piece becomes tired. */
static void dawdle(int row)
{
	const struct timespec nap = {.tv_nsec = 20 * 1000 * 1000};

	if (row % 200 == 100)
		nanosleep(&nap, NULL);
}

static bool can_be_shortened(void)
{
	int log, done;

	return sqlite3_wal_checkpoint_v2(world->h, NULL, SQLITE_CHECKPOINT_TRUNCATE, &log, &done) == SQLITE_OK;
}

static void a_walk_gives_each_row_once_in_several_pieces(void **state)
{
	struct reader *r = reader_open(world_path);
	const struct query *q;
	struct walk w;
	int row = 0;

	(void)state;
	reader_brief(r);
	walk_init(&w, r, SQL_READ_TUI_SOURCE_NAMES, NULL, 0, -1);
	for (; (q = walk_row(&w)) != NULL; dawdle(row))
		assert_int_equal(query_number(q, 0), ++row);
	assert_int_equal(row, ROWS);
	assert_true(reader_times(r)->query[SQL_READ_TUI_SOURCE_NAMES].times > 2);
	assert_int_equal(reader_times(r)->query[SQL_READ_TUI_SOURCE_NAMES].times, reader_times(r)->held.times);
	walk_release(&w);
	reader_close(r);
}

static void rows_of_one_key_are_not_parted(void **state)
{
	const struct query_param rule = {"rule", SLICE("walked"), 0, false};
	struct reader *r = reader_open(world_path);
	const struct query *q;
	struct walk w;
	int rows = 0;
	int64_t sum = 0;

	(void)state;
	reader_brief(r);
	walk_init(&w, r, SQL_READ_TUI_PEOPLE, &rule, 1, -1);
	for (; (q = walk_row(&w)) != NULL; dawdle(rows)) {
		sum += query_number(q, 1);
		rows++;
	}
	assert_int_equal(rows, 800);
	assert_int_equal(sum, 400 * 401 + 400 * 1000);
	assert_true(reader_times(r)->query[SQL_READ_TUI_PEOPLE].times > 1);
	walk_release(&w);
	reader_close(r);
}

static int64_t people_pieces(const struct reader *r)
{
	return reader_times(r)->query[SQL_READ_SOURCE_PEOPLE].times;
}

/* Source 50 alone has half of the rows: each of its recipients is a key. */
static void a_key_of_two_parts_parts_the_rows_of_a_source(void **state)
{
	const struct query_param rule = {"rule", SLICE("walked"), 0, false};
	struct reader *r = reader_open(world_path);
	const struct query *q;
	struct walk w;
	int rows = 0;
	int64_t sum = 0, before = 0, last = 0;

	(void)state;
	reader_brief(r);
	walk_init_pairs(&w, r, SQL_READ_SOURCE_PEOPLE, &rule, 1);
	for (; (q = walk_row(&w)) != NULL; dawdle(rows)) {
		if (query_number(q, 0) == 50 && !before)
			before = people_pieces(r);
		last = query_number(q, 0) == 50 ? people_pieces(r) : last;
		sum += query_number(q, 1);
		if (++rows != 500)
			continue;
		int64_t again = query_number(q, 1);
		walk_pause(&w);
		q = walk_row(&w);
		assert_non_null(q);
		assert_int_equal(query_number(q, 0), 50);
		assert_int_equal(query_number(q, 1), again);
	}
	assert_int_equal(rows, 800);
	assert_int_equal(sum, 400 * 401 / 2 + 400 * 401 / 2 + 400 * 1000);
	assert_true(last > before + 1); /* one is the pause */
	walk_release(&w);
	reader_close(r);
}

static void a_reader_with_one_snapshot_walks_in_one_piece(void **state)
{
	struct reader *r = reader_open(world_path);
	const struct query *q;
	struct walk w;
	int row = 0;

	(void)state;
	walk_init(&w, r, SQL_READ_TUI_SOURCE_NAMES, NULL, 0, -1);
	for (; (q = walk_row(&w)) != NULL; dawdle(row))
		assert_int_equal(query_number(q, 0), ++row);
	assert_int_equal(row, ROWS);
	assert_int_equal(reader_times(r)->query[SQL_READ_TUI_SOURCE_NAMES].times, 1);
	walk_release(&w);
	reader_close(r);
}

static void after_a_pause_the_last_row_comes_again(void **state)
{
	struct reader *r = reader_open(world_path);
	const struct query *q;
	struct walk w;
	int64_t seen[] = {1, 2, 2, 3, 4, 4, 5};

	(void)state;
	reader_brief(r);
	walk_init(&w, r, SQL_READ_TUI_SOURCE_NAMES, NULL, 0, -1);
	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
		q = walk_row(&w);
		assert_non_null(q);
		assert_int_equal(query_number(q, 0), seen[i]);
		if (i == 1 || i == 4)
			walk_pause(&w);
	}
	walk_pause(&w);
	assert_true(can_be_shortened());
	walk_release(&w);
	reader_close(r);
}

/* One that keeps its snapshot does hold it, so this can fail. */
static void a_brief_reader_holds_nothing_between_two_queries(void **state)
{
	struct reader *r = reader_open(world_path);
	struct query *q = query_new(r, SQL_READ_TUI_SAID, NULL, 0);

	(void)state;
	sqlite3_busy_timeout(world->h, 10);
	assert_true(query_row(q));
	query_free(q);
	world_sql("INSERT INTO dim_source VALUES (2000, 'org', 'late', '')");
	assert_false(can_be_shortened());
	reader_brief(r);
	assert_true(can_be_shortened());
	q = query_new(r, SQL_READ_TUI_SAID, NULL, 0);
	assert_true(query_row(q));
	world_sql("INSERT INTO dim_source VALUES (2001, 'org', 'later', '')");
	assert_false(can_be_shortened());
	query_free(q);
	assert_true(can_be_shortened());
	reader_close(r);
}

static void a_brief_reader_sees_what_was_committed_between_its_queries(void **state)
{
	struct reader *r = reader_open(world_path);
	int64_t version;

	(void)state;
	reader_brief(r);
	version = reader_renew(r);
	for (int said = 0; said < 2; said++) {
		struct query *q = query_new(r, SQL_READ_TUI_SAID, NULL, 0);
		assert_true(query_row(q));
		assert_int_equal(query_number(q, 1), said);
		query_free(q);
		world_sql(
		    "INSERT INTO human_verdict (at, kind, subject, verdict) VALUES (1, 'ip', '192.0.2.%d', 'block')",
		    said);
	}
	assert_int_not_equal(reader_renew(r), version);
	reader_close(r);
}

static struct source_list *stretch_of(bool brief)
{
	const struct source_window w = {.rule = SLICE("own-domain"), .since = NOON(1), .until = NOON(4)};
	struct reader *r = reader_open(world_path);

	if (brief)
		reader_brief(r);
	struct source_list *l = source_list_load(r, &w);
	if (brief)
		assert_true(reader_times(r)->query[SQL_WRITE_RECOUNT_PAIR].times > 2);
	reader_close(r);
	return l;
}

/* More mails than a part has lines, of two sources of one name. */
static void a_stretch_counted_in_parts_is_the_same(void **state)
{
	(void)state;
	for (int i = 0; i < 16000; i++) /* more than 2048, 4096 and 8192, as parts grow on a fast machine */
		world_mail(i % 3 ? BOSS : LOUD_BOSS, i % 2 ? NEWS_A : NEWS_B, i % 6, i % 5 ? FATE_DELIVERED : FATE_SPAM,
		           EVIDENCE_PASS);
	world_sql("INSERT INTO fact_attempt SELECT id, first_time, 1, 1, client, 1, sender, NULL, NULL, NULL, NULL, 1 "
	          "FROM fact_mail "
	          "WHERE id NOT IN (SELECT place FROM fact_attempt)");
	struct source_list *whole = stretch_of(false), *parts = stretch_of(true);
	assert_int_equal(whole->n, 1);
	assert_int_equal(parts->n, 1);
	assert_true(whole->mails > 2000);
	assert_memory_equal(&parts->total, &whole->total, sizeof whole->total);
	assert_memory_equal(&parts->row[0].facts, &whole->row[0].facts, offsetof(struct source_facts, spf));
	assert_int_equal(parts->row[0].first_us, whole->row[0].first_us);
	assert_int_equal(parts->row[0].last_us, whole->row[0].last_us);
	assert_int_equal(parts->row[0].lossy_days, whole->row[0].lossy_days);
	source_list_free(whole);
	source_list_free(parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_walk_gives_each_row_once_in_several_pieces, open_many, world_close),
	    cmocka_unit_test_setup_teardown(rows_of_one_key_are_not_parted, open_many, world_close),
	    cmocka_unit_test_setup_teardown(a_key_of_two_parts_parts_the_rows_of_a_source, open_many, world_close),
	    cmocka_unit_test_setup_teardown(a_reader_with_one_snapshot_walks_in_one_piece, open_many, world_close),
	    cmocka_unit_test_setup_teardown(after_a_pause_the_last_row_comes_again, open_many, world_close),
	    cmocka_unit_test_setup_teardown(a_brief_reader_holds_nothing_between_two_queries, open_many, world_close),
	    cmocka_unit_test_setup_teardown(a_brief_reader_sees_what_was_committed_between_its_queries, open_many,
	                                    world_close),
	    cmocka_unit_test_setup_teardown(a_stretch_counted_in_parts_is_the_same, world_open, world_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
