#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clock.h"
#include "db.h"
#include "db_damage.h"
#include "judge.h"
#include "msg.h"
#include "namesakes.h"
#include "walk.h"

struct reader {
	struct db *db;
	int64_t since, until;     /* the stretch that the sums are of */
	int64_t version;          /* of the snapshot whose verdicts the tables have; 0: they are not filled */
	bool judged;              /* that is this snapshot */
	const atomic_int *cancel; /* NULL: nobody does */
	bool asking;              /* for rows: what else is done is never cut short */
	bool brief;
	int open;          /* queries under way */
	int64_t held_from; /* the read transaction; 0: none */
	struct reader_times times;
};

struct query {
	struct reader *reader;
	enum sql_id id;
	sqlite3_stmt *stmt;
	int64_t began; /* 0: it is not under way */
};

/* ------------------------------------------------------------------ how long */

static void time_add(struct reader_time *t, int64_t us)
{
	t->times++;
	t->total_us += us;
	if (us > t->longest_us)
		t->longest_us = us;
}

static void held_begin(struct reader *r, int64_t now)
{
	if (!r->held_from)
		r->held_from = now;
}

static void held_end(struct reader *r, int64_t now)
{
	if (r->held_from)
		time_add(&r->times.held, now - r->held_from);
	r->held_from = 0;
}

static void query_begin(struct query *q)
{
	q->began = clock_us();
	held_begin(q->reader, q->began);
	q->reader->open++;
}

static void query_end(struct query *q)
{
	struct reader *r = q->reader;
	int64_t now = clock_us();

	time_add(&r->times.query[q->id], now - q->began);
	q->began = 0;
	if (--r->open == 0 && r->brief)
		held_end(r, now);
}

const struct reader_times *reader_times(const struct reader *r)
{
	return &r->times;
}

static void times_join(struct reader_time *sum, const struct reader_time *t)
{
	sum->times += t->times;
	sum->total_us += t->total_us;
	if (t->longest_us > sum->longest_us)
		sum->longest_us = t->longest_us;
}

void reader_times_add(struct reader_times *sum, const struct reader_times *t)
{
	for (int i = 0; i < SQL_COUNT; i++)
		times_join(&sum->query[i], &t->query[i]);
	times_join(&sum->held, &t->held);
}

/* ------------------------------------------------------------------ readers */

void reader_threads(void)
{
	db_library_init(); /* takes us for one thread, unless we say otherwise */
	if (sqlite3_config(SQLITE_CONFIG_MULTITHREAD) != SQLITE_OK)
		msg_bug("SQLite cannot be told of threads any more");
}

struct reader *reader_open(const char *database)
{
	struct reader *r = xcalloc(1, sizeof *r);

	r->db = db_open(database);
	r->since = r->until = STAMP_NONE;
	db_exec(r->db, "BEGIN");
	damage_look_at_rest(r->db);
	return r;
}

/*
 * The sums that a reader has tables of its own for; they have the names of those that they stand for, and are found
 * first. And how what is counted of a part is added to what was counted of others.
 */
#define ADD(column) #column " = " #column " + excluded." #column
#define EARLIER(column) #column " = coalesce(min(" #column ", excluded." #column "), " #column ", excluded." #column ")"
#define LATER(column) #column " = coalesce(max(" #column ", excluded." #column "), " #column ", excluded." #column ")"
static const struct {
	const char *name;
	enum sql_id count;
	const char *add;
} summed[] = {
    {"roll_source_day", SQL_WRITE_RECOUNT_SOURCE_DAY,
     ADD(attempts) "," ADD(mails) "," ADD(lost) "," ADD(delivered) "," ADD(queued) "," ADD(held) "," ADD(unknown) "," ADD(bounced) "," ADD(
	 spam) "," ADD(refused) "," ADD(tempfailed) "," ADD(aborted) "," ADD(discarded) "," EARLIER(first_time) "," LATER(last_time)},
    {"roll_pair", SQL_WRITE_RECOUNT_PAIR,
     ADD(mails) "," ADD(lost) "," ADD(mails_ever) "," ADD(lost_ever) "," EARLIER(first_warned) "," LATER(last_warned)},
    {"roll_person", SQL_WRITE_RECOUNT_PERSON, ADD(mails) "," ADD(lost)},
    {"roll_evidence", SQL_WRITE_RECOUNT_EVIDENCE, ADD(mails)},
};
#define SUMMED (sizeof summed / sizeof *summed)

static void window_drop(struct reader *r)
{
	char sql[80];

	if (r->since == STAMP_NONE && r->until == STAMP_NONE)
		return;
	for (size_t i = 0; i < SUMMED; i++) {
		snprintf(sql, sizeof sql, "DROP TABLE temp.%s", summed[i].name);
		db_exec(r->db, sql);
	}
	r->since = r->until = STAMP_NONE;
}

#define CANCEL_STEPS 10000 /* of SQLite's machine: less than a millisecond; what takes fewer has its answer */

static int is_cancelled(void *arg)
{
	const struct reader *r = arg;

	return r->asking && atomic_load(r->cancel) != 0;
}

void reader_brief(struct reader *r)
{
	r->brief = true;
	db_exec(r->db, "COMMIT");
	held_end(r, clock_us());
}

bool reader_is_brief(const struct reader *r)
{
	return r->brief;
}

void reader_cancel_by(struct reader *r, const atomic_int *cancel)
{
	r->cancel = cancel;
	sqlite3_progress_handler(r->db->h, CANCEL_STEPS, is_cancelled, r);
}

const char *reader_database(const struct reader *r)
{
	return r->db->path;
}

struct reader *reader_close(struct reader *r)
{
	if (r)
		db_close(r->db);
	free(r);
	return NULL;
}

void reader_abandon(void)
{
	db_abandon();
}

/* Another number than before if somebody has committed since. */
static int64_t version_of(struct reader *r)
{
	sqlite3_stmt *s = NULL;

	int rc = sqlite3_prepare_v2(r->db->h, "PRAGMA data_version", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc != SQLITE_ROW)
		db_fail(r->db, s, rc);
	int64_t version = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return version;
}

int64_t reader_renew(struct reader *r)
{
	window_drop(r);
	if (!r->brief)
		db_exec(r->db, "COMMIT");
	held_end(r, clock_us());
	int64_t version = version_of(r);
	r->judged = false;
	if (!r->brief)
		db_exec(r->db, "BEGIN");
	return version;
}

void reader_check(struct reader *r)
{
	char file[512], why[300];
	sqlite3_stmt *s = NULL;

	int rc = sqlite3_prepare_v2(r->db->h, "PRAGMA quick_check(1)", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc != SQLITE_ROW)
		db_fail(r->db, s, rc);
	struct slice said = db_column_slice(s, 0);
	if (!slice_eq(said, SLICE("ok")))
		msg_die(EX_DATAERR, "database %s is damaged: %s", msg_safe(slice_str(r->db->path), file, sizeof file),
		        msg_safe(said, why, sizeof why));
	sqlite3_finalize(s);
}

bool reader_zone(const char *database, char *buf, size_t cap)
{
	sqlite3 *h = NULL;
	sqlite3_stmt *q = NULL;
	bool found = false;

	db_library_init();
	if (sqlite3_open_v2(database, &h, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(h, sql_text[SQL_READ_META], -1, &q, NULL) == SQLITE_OK) {
		sqlite3_bind_text(q, 1, "zone", -1, SQLITE_STATIC);
		if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_bytes(q, 0) < (int)cap) {
			snprintf(buf, cap, "%s", (const char *)sqlite3_column_text(q, 0));
			found = true;
		}
	}
	sqlite3_finalize(q);
	sqlite3_close(h);
	return found;
}

static void bind(sqlite3_stmt *s, const struct query_param *p)
{
	char name[64];
	size_t n = strlen(p->name);

	if (n + 2 > sizeof name)
		msg_bug("parameter name %s", p->name);
	name[0] = ':';
	memcpy(name + 1, p->name, n + 1);
	int at = sqlite3_bind_parameter_index(s, name);
	if (at == 0 || p->null)
		return;
	if (slice_is_set(p->text))
		db_bind_slice(s, at, p->text);
	else
		sqlite3_bind_int64(s, at, p->number);
}

/* Rows of so many numbers into a table of our own; 0 is NULL. */
static void fill(struct reader *r, const char *sql, int columns, const int64_t *row, size_t n)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(r->db->h, sql, -1, &s, NULL);

	for (size_t i = 0; rc == SQLITE_OK && i < n; i++) {
		for (int c = 0; c < columns; c++)
			row[c] ? sqlite3_bind_int64(s, c + 1, row[c]) : sqlite3_bind_null(s, c + 1);
		row += columns;
		rc = sqlite3_step(s) == SQLITE_DONE ? sqlite3_reset(s) : sqlite3_errcode(r->db->h);
	}
	if (rc != SQLITE_OK)
		db_fail(r->db, s, rc);
	sqlite3_finalize(s);
}

/*
 * Whom verdicts cover, into tables with the names of the views, which are found first: each query then joins by key, and
 * does not judge everybody anew. Made once, and never dropped: queries know them. They are not of the database, so that
 * filling them holds no read transaction.
 */
static void judge(struct reader *r)
{
	struct judged j;

	int64_t version = version_of(r);
	r->judged = true;
	if (version == r->version)
		return;
	judged_load(&j, r);
	/* of a load that nobody wants any more, it may have ended early: the next one begins anew */
	r->version = r->cancel && atomic_load(r->cancel) ? 0 : version;
	db_exec(
	    r->db,
	    "CREATE TEMP TABLE IF NOT EXISTS client_verdict (client INTEGER PRIMARY KEY, verdict INTEGER NOT NULL)");
	db_exec(
	    r->db,
	    "CREATE TEMP TABLE IF NOT EXISTS sender_verdict (sender INTEGER PRIMARY KEY, own INTEGER, domain INTEGER)");
	if (r->brief)
		db_exec(r->db, "BEGIN");
	db_exec(r->db, "DELETE FROM temp.client_verdict");
	db_exec(r->db, "DELETE FROM temp.sender_verdict");
	fill(r, "INSERT INTO temp.client_verdict VALUES (?, ?)", 2, (const int64_t *)j.client, j.clients);
	fill(r, "INSERT INTO temp.sender_verdict VALUES (?, ?, ?)", 3, (const int64_t *)j.sender, j.senders);
	if (r->brief)
		db_exec(r->db, "COMMIT");
	judged_release(&j);
}

static bool asks_for_verdicts(enum sql_id id)
{
	return strstr(sql_text[id], "client_verdict") || strstr(sql_text[id], "sender_verdict");
}

struct query *query_new(struct reader *r, enum sql_id id, const struct query_param *params, size_t n)
{
	struct query *q = xcalloc(1, sizeof *q);

	if (!r->judged && asks_for_verdicts(id))
		judge(r);
	q->reader = r;
	q->id = id;
	q->stmt = db_stmt(r->db, id);
	sqlite3_clear_bindings(q->stmt);
	for (size_t i = 0; i < n; i++)
		bind(q->stmt, &params[i]);
	return q;
}

/* db_step, but for who may be cancelled. */
static bool step_unless(struct query *q)
{
	struct reader *r = q->reader;

	r->asking = true;
	int rc = sqlite3_step(q->stmt);
	r->asking = false;
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE && !(rc == SQLITE_INTERRUPT && atomic_load(r->cancel)))
		db_fail(r->db, q->stmt, rc);
	sqlite3_reset(q->stmt);
	return false;
}

bool query_row(struct query *q)
{
	if (!q->began)
		query_begin(q);
	bool row = q->reader->cancel ? step_unless(q) : db_step(q->reader->db, q->stmt);
	if (!row)
		query_end(q);
	return row;
}

struct query *query_free(struct query *q)
{
	sqlite3_reset(q->stmt);
	if (q->began)
		query_end(q);
	free(q);
	return NULL;
}

/* ------------------------------------------------------------------ a stretch of time */

static sqlite3_stmt *prepared(struct reader *r, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(r->db->h, sql, -1, &s, NULL);

	if (rc != SQLITE_OK)
		db_fail(r->db, s, rc);
	return s;
}

/* With the keys of the one that it stands for. */
static void window_table(struct reader *r, const char *name)
{
	char sql[2048];
	sqlite3_stmt *s = prepared(r, "SELECT substr(sql, length('CREATE ')) FROM main.sqlite_schema WHERE name = ?");

	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	if (sqlite3_step(s) != SQLITE_ROW)
		db_fail(r->db, s, sqlite3_errcode(r->db->h));
	snprintf(sql, sizeof sql, "CREATE TEMP%s", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	db_exec(r->db, sql);
}

/* The first source of each name: to find them takes as long as a part may, so it is done once for all parts. */
static void window_names(struct reader *r)
{
	struct namesakes names = {0};
	const struct query *q;
	struct walk w;
	int64_t first = 0;

	walk_init(&w, r, SQL_READ_SOURCE_NAMES, NULL, 0, -1);
	while ((q = walk_row(&w)) != NULL)
		namesakes_add(&names, query_number(q, 0), 0, query_text(q, 1));
	walk_release(&w);
	namesakes_sort(&names);
	int64_t *row = xcalloc(names.n + 1, 2 * sizeof *row);
	for (size_t i = 0; i < names.n; i++) {
		row[2 * i] = names.row[i].id;
		row[2 * i + 1] = first = namesakes_again(&names, i) ? first : names.row[i].id;
	}
	db_exec(r->db, "CREATE TEMP TABLE IF NOT EXISTS named (id INTEGER PRIMARY KEY, first INTEGER NOT NULL)");
	db_exec(r->db, "BEGIN; DELETE FROM temp.named");
	fill(r, "INSERT INTO temp.named VALUES (?, ?)", 2, row, names.n);
	db_exec(r->db, "COMMIT");
	free(row);
	namesakes_release(&names);
}

/* The statement that counts all, but adding to what is there, and with the names that we have. */
static sqlite3_stmt *window_part(struct reader *r, size_t i)
{
	static const char named[] =
	    "named AS MATERIALIZED (SELECT id, min(id) OVER (PARTITION BY name) AS first FROM dim_source)";
	const char *all = sql_text[summed[i].count], *at = strstr(all, named);
	char sql[8192];

	if (!at && strstr(all, "named"))
		msg_bug("%s names sources in another way", summed[i].name);
	snprintf(sql, sizeof sql, "%.*s%s%s ON CONFLICT DO UPDATE SET %s", at ? (int)(at - all) : (int)strlen(all), all,
	         at ? "named AS NOT MATERIALIZED (SELECT id, first FROM temp.named)" : "",
	         at ? at + sizeof named - 1 : "", summed[i].add);
	return prepared(r, sql);
}

/* Returns how long it took. */
static int64_t window_count(struct reader *r, sqlite3_stmt *s, size_t i, const struct query_param *params, size_t n)
{
	int64_t began = clock_us();

	for (size_t k = 0; k < n; k++)
		bind(s, &params[k]);
	held_begin(r, began);
	if (sqlite3_step(s) != SQLITE_DONE)
		db_fail(r->db, s, sqlite3_errcode(r->db->h));
	sqlite3_reset(s);
	int64_t now = clock_us();
	time_add(&r->times.query[summed[i].count], now - began);
	held_end(r, now);
	return now - began;
}

static int64_t window_end(struct reader *r, int64_t at, int64_t lines)
{
	const struct query_param params[] = {{"at", SLICE_NONE, at, false}, {"lines", SLICE_NONE, lines, false}};
	struct query *q = query_new(r, SQL_READ_WINDOW_END, params, 2);
	int64_t end = query_row(q) ? query_number(q, 0) : INT64_MAX;

	query_free(q);
	return end;
}

#define PART_US 10000 /* what one part may take; the next one has more or fewer lines */
#define PART_LEAST 64
#define PART_MOST 65536

/* Each count of a part has a read transaction of its own. Who is cancelled begins anew the next time. */
static void window_fill_parts(struct reader *r, struct query_param params[4])
{
	sqlite3_stmt *s[SUMMED];
	int64_t lines = 2048;

	window_names(r);
	for (size_t i = 0; i < SUMMED; i++)
		s[i] = window_part(r, i);
	for (int64_t low = 0, high = 0; high != INT64_MAX && !(r->cancel && atomic_load(r->cancel)); low = high) {
		int64_t longest = 0;
		high = window_end(r, low, lines);
		params[2] = (struct query_param){"low", SLICE_NONE, low, false};
		params[3] = (struct query_param){"high", SLICE_NONE, high, false};
		for (size_t i = 0; i < SUMMED; i++) {
			int64_t us = window_count(r, s[i], i, params, 4);
			longest = us > longest ? us : longest;
		}
		if (longest > PART_US && lines > PART_LEAST)
			lines /= 2;
		else if (longest < PART_US / 2 && lines < PART_MOST)
			lines *= 2;
	}
	for (size_t i = 0; i < SUMMED; i++)
		sqlite3_finalize(s[i]);
}

static void window_fill(struct reader *r)
{
	struct query_param params[4] = {{"since", SLICE_NONE, r->since, r->since == STAMP_NONE},
	                                {"until", SLICE_NONE, r->until, r->until == STAMP_NONE}};

	for (size_t i = 0; i < SUMMED; i++)
		window_table(r, summed[i].name);
	if (r->brief) {
		window_fill_parts(r, params);
		return;
	}
	for (size_t i = 0; i < SUMMED; i++) {
		struct query *q = query_new(r, summed[i].count, params, 2);
		query_row(q);
		query_free(q);
	}
}

void reader_window(struct reader *r, int64_t since, int64_t until)
{
	if (since == r->since && until == r->until)
		return;
	window_drop(r);
	r->since = since;
	r->until = until;
	if (since != STAMP_NONE || until != STAMP_NONE)
		window_fill(r);
}

int query_columns(const struct query *q)
{
	return sqlite3_column_count(q->stmt);
}

bool query_is_null(const struct query *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

int64_t query_number(const struct query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

struct slice query_text(const struct query *q, int column)
{
	return db_column_slice(q->stmt, column);
}
