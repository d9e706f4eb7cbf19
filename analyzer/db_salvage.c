#include "db_salvage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"

#define PATIENCE_S 60 /* a damaged file may lead in circles */
#define DAY_US INT64_C(86400000000)

static const char *const human[] = {"human_verdict", "human_mail"};

/* ------------------------------------------------------------------ the damaged one */

struct wreck {
	sqlite3 *h;
	char *copy; /* with another header; NULL: it is the file itself */
	time_t until;
};

static int is_over(void *arg)
{
	return time(NULL) > ((const struct wreck *)arg)->until;
}

/* Nothing is written to it: not its write-ahead log into it, either. */
static bool wreck_open(struct wreck *w, const char *path)
{
	sqlite3_stmt *s = NULL;

	w->until = time(NULL) + PATIENCE_S;
	if (sqlite3_open_v2(path, &w->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return false;
	sqlite3_db_config(w->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(w->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_timeout(w->h, 5000);
	sqlite3_exec(w->h, "PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0; PRAGMA query_only = ON", NULL,
	             NULL, NULL);
	sqlite3_progress_handler(w->h, 10000, is_over, w);
	bool readable = sqlite3_prepare_v2(w->h, "SELECT * FROM human_verdict", -1, &s, NULL) == SQLITE_OK;
	sqlite3_finalize(s);
	return readable;
}

static void wreck_close(struct wreck *w)
{
	sqlite3_close(w->h);
	w->h = NULL;
}

static bool copy_file(const char *from, const char *to)
{
	char *buf = xmalloc(1 << 20);
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = read(in, buf, 1 << 20)) > 0)
		if (write(out, buf, (size_t)n) != n) {
			n = -1;
			break;
		}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	free(buf);
	return n == 0;
}

/* Every database of ours has this header (https://www.sqlite.org/fileformat2.html, 1.3), but for counters. */
static void header_write(const char *path)
{
	unsigned char header[100] = "SQLite format 3";
	static const struct {
		size_t at;
		uint32_t v;
	} numbers[] = {{24, 1}, {40, 1},      {44, 4}, {56, 1}, {60, DB_SCHEMA}, {68, DB_APPLICATION_ID},
	               {92, 1}, {96, 3040000}};
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	memcpy(header + 16, "\x20\x00\x02\x02\x00\x40\x20\x20", 8);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		for (size_t k = 0; k < 4; k++)
			header[numbers[i].at + k] = (unsigned char)(numbers[i].v >> (24 - 8 * k));
	if (fstat(fd, &st) == 0)
		for (size_t k = 0; k < 4; k++)
			header[28 + k] = (unsigned char)(st.st_size / DB_PAGE >> (24 - 8 * k));
	if (pwrite(fd, header, sizeof header, 0) < 0)
		msg_warn("%s: cannot be written", path);
	close(fd);
}

static const char *const ends[] = {"", "-wal", "-shm"};

static void copy_forget(struct wreck *w)
{
	char name[4096];

	for (size_t i = 0; w->copy && i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", w->copy, ends[i]);
		unlink(name);
	}
	free(w->copy);
	w->copy = NULL;
}

/* A copy with a header as it should be: the page behind it may be well. Where there is no room for one, so be it. */
static bool wreck_open_copy(struct wreck *w, const char *path)
{
	char from[4096], to[4096];
	size_t n = strlen(path) + 16;

	w->copy = xmalloc(n);
	snprintf(w->copy, n, "%s.salvage", path);
	for (size_t i = 0; i < 2; i++) {
		snprintf(from, sizeof from, "%s%s", path, ends[i]);
		snprintf(to, sizeof to, "%s%s", w->copy, ends[i]);
		if (!copy_file(from, to) && i == 0)
			return false;
	}
	header_write(w->copy);
	return wreck_open(w, w->copy);
}

/* Of an empty file SQLite would throw away the write-ahead log. */
static bool is_empty(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || st.st_size < DB_PAGE;
}

bool salvage_is_ours(const char *path)
{
	struct wreck w = {0};
	sqlite3_stmt *s = NULL;

	if (is_empty(path))
		return false;
	wreck_open(&w, path);
	bool ours = sqlite3_prepare_v2(w.h, "PRAGMA application_id", -1, &s, NULL) == SQLITE_OK &&
	            sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int64(s, 0) == DB_APPLICATION_ID;
	sqlite3_finalize(s);
	wreck_close(&w);
	return ours;
}

/* ------------------------------------------------------------------ what people said */

/* The columns of a table, as the new database has them: names in the damaged one may be anything. */
static int columns(struct db *into, const char *table, char *list, size_t cap)
{
	sqlite3_stmt *s = NULL;
	char sql[100];
	int n = 0;

	list[0] = '\0';
	snprintf(sql, sizeof sql, "PRAGMA table_info(%s)", table);
	int rc = sqlite3_prepare_v2(into->h, sql, -1, &s, NULL);
	while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		snprintf(list + strlen(list), cap - strlen(list), "%s%s", n++ ? ", " : "",
		         (const char *)sqlite3_column_text(s, 1));
	sqlite3_finalize(s);
	return n;
}

static sqlite3_stmt *insert_into(struct db *into, const char *table, const char *list, int n)
{
	sqlite3_stmt *s = NULL;
	char sql[600];

	snprintf(sql, sizeof sql, "INSERT OR IGNORE INTO %s (%s) VALUES (?", table, list);
	for (int i = 1; i < n; i++)
		snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ", ?");
	snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ")");
	int rc = sqlite3_prepare_v2(into->h, sql, -1, &s, NULL);
	if (rc != SQLITE_OK)
		db_fail(into, NULL, rc);
	return s;
}

static void copy_row(struct db *into, sqlite3_stmt *row, sqlite3_stmt *insert, int n)
{
	sqlite3_reset(insert);
	for (int i = 0; i < n; i++)
		sqlite3_bind_value(insert, i + 1, sqlite3_column_value(row, i));
	int rc = sqlite3_step(insert);
	if (rc != SQLITE_DONE && (rc & 0xff) != SQLITE_CONSTRAINT && (rc & 0xff) != SQLITE_MISMATCH &&
	    (rc & 0xff) != SQLITE_TOOBIG)
		db_fail(into, NULL, rc);
}

/* Rows by their number, up or down, as far as that goes. True if that is to the end. */
static bool copy_rows(struct db *into, struct wreck *w, const char *table, bool down)
{
	char list[400], sql[600];
	int n = columns(into, table, list, sizeof list);
	sqlite3_stmt *insert = insert_into(into, table, list, n), *rows = NULL;
	int64_t last = 0;

	snprintf(sql, sizeof sql, "SELECT %s FROM %s ORDER BY id%s", list, table, down ? " DESC" : "");
	int rc = sqlite3_prepare_v2(w->h, sql, -1, &rows, NULL);
	for (bool any = false; rc == SQLITE_OK || rc == SQLITE_ROW; any = true) {
		rc = sqlite3_step(rows);
		if (rc != SQLITE_ROW)
			break;
		int64_t id = sqlite3_column_int64(rows, 0);
		if (any && (down ? id >= last : id <= last)) {
			rc = SQLITE_CORRUPT; /* in a circle */
			break;
		}
		last = id;
		copy_row(into, rows, insert, n);
	}
	sqlite3_finalize(rows);
	sqlite3_finalize(insert);
	return rc == SQLITE_DONE;
}

static void copy_human(struct db *into, struct wreck *w, struct salvaged *out)
{
	char sql[100];

	out->human_whole = true;
	for (size_t i = 0; i < sizeof human / sizeof *human; i++) {
		if (!copy_rows(into, w, human[i], false)) {
			out->human_whole = false;
			copy_rows(into, w, human[i], true);
		}
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", human[i]);
		out->human += db_number(into, sql);
	}
}

/* ------------------------------------------------------------------ keys, zone, coverage */

static void meta_write(struct db *into, struct slice key, struct slice value, bool blob)
{
	sqlite3_stmt *q = db_stmt(into, SQL_WRITE_META);

	db_bind_slice(q, 1, key);
	if (blob)
		sqlite3_bind_blob(q, 2, value.p, (int)value.n, SQLITE_TRANSIENT);
	else
		db_bind_slice(q, 2, value);
	db_run(into, q);
}

/* Both or none: with a key of its own it would take the zone of today for that of its days, too. */
static void copy_keys(struct db *into, struct wreck *w)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(w->h,
	                       "SELECT k.value, z.value FROM meta k, meta z WHERE k.key = 'key' AND z.key = 'zone'", -1,
	                       &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW && sqlite3_column_bytes(s, 0) == 16 &&
	    sqlite3_column_type(s, 1) == SQLITE_TEXT) {
		meta_write(into, SLICE("key"), db_column_slice(s, 0), true);
		meta_write(into, SLICE("zone"), db_column_slice(s, 1), false);
	}
	sqlite3_finalize(s);
}

static void lost_write(struct db *into, struct slice host, int64_t first_us, int64_t last_us, const char *aside)
{
	sqlite3_stmt *q = db_stmt(into, SQL_WRITE_LOST);

	sqlite3_clear_bindings(q);
	if (slice_is_set(host)) {
		db_bind_slice(q, 1, host);
		sqlite3_bind_int64(q, 2, first_us);
		sqlite3_bind_int64(q, 3, last_us);
	}
	sqlite3_bind_int64(q, 4, time(NULL) * INT64_C(1000000));
	db_bind_slice(q, 5, slice_str(aside));
	db_run(into, q);
}

/* What cannot be is not known: a damaged page may say anything. */
static bool copy_spans(struct db *into, struct wreck *w, const char *aside)
{
	sqlite3_stmt *s = NULL;
	int64_t now = time(NULL) * INT64_C(1000000);
	bool sane = true;
	int rc = sqlite3_prepare_v2(w->h, sql_text[SQL_READ_SALVAGE_SPANS], -1, &s, NULL);

	while (rc == SQLITE_OK && sane && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		int64_t first = sqlite3_column_int64(s, 1), last = sqlite3_column_int64(s, 2);
		sane = sqlite3_column_type(s, 0) == SQLITE_TEXT && first > 0 && first <= last && last < now + DAY_US;
		if (sane)
			lost_write(into, db_column_slice(s, 0), first, last, aside);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return sane && rc == SQLITE_DONE;
}

/* Those of a database that stood here still earlier, and was damaged, too. */
static bool copy_lost(struct db *into, struct wreck *w)
{
	sqlite3_stmt *s = NULL, *q;
	int rc = sqlite3_prepare_v2(w->h, "SELECT host, first_time, last_time, at, file FROM lost", -1, &s, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		q = db_stmt(into, SQL_WRITE_LOST);
		for (int i = 0; i < 5; i++)
			sqlite3_bind_value(q, i + 1, sqlite3_column_value(s, i));
		db_run(into, q);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE;
}

/* ------------------------------------------------------------------ all of it */

void salvage(struct db *into, const char *path, const char *aside, struct salvaged *out)
{
	struct wreck w = {0};
	bool readable = !is_empty(path) && wreck_open(&w, path);

	*out = (struct salvaged){0};
	if (!readable && !is_empty(path)) {
		wreck_close(&w);
		readable = wreck_open_copy(&w, path);
	}
	db_exec(into, "PRAGMA synchronous = FULL");
	db_begin(into);
	if (readable) {
		copy_human(into, &w, out);
		copy_keys(into, &w);
	}
	db_exec(into, "SAVEPOINT spans");
	if (!readable || !copy_spans(into, &w, aside) || !copy_lost(into, &w)) {
		db_exec(into, "ROLLBACK TO spans");
		lost_write(into, SLICE_NONE, 0, 0, aside);
	}
	db_exec(into, "RELEASE spans");
	meta_write(into, SLICE(SALVAGE_META), slice_str(aside), false);
	db_run(into, db_stmt(into, SQL_WRITE_HOLES_LOST));
	db_commit(into);
	db_exec(into, "PRAGMA wal_checkpoint(TRUNCATE)");
	wreck_close(&w);
	copy_forget(&w);
}
