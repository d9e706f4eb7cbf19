/*
 * verdict_world: a small database of warned mails, written row by row, for the
 * tests of subjects, verdicts, ways, sources and questions.
 */
#ifndef WB_VERDICT_WORLD_H
#define WB_VERDICT_WORLD_H

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
#include "../../analyzer/review.h"
#include "../../analyzer/rollup.h"

#define DAY_US INT64_C(86400000000)
#define DAY_ONE 20000 /* 2024-10-04 */
#define NOON(day) (((DAY_ONE) + (day)) * DAY_US + DAY_US / 2)

static char world_dir[] = "/tmp/wouldblock-verdict.XXXXXX";
static char world_path[64];
static struct db *world;
static int64_t world_mails;

static inline void world_sql(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline void world_sql(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	db_exec(world, sql);
	sqlite3_free(sql);
}

/* The one number that a query gives; -1: NULL or no row. */
static inline int64_t world_number(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline int64_t world_number(const char *fmt, ...)
{
	sqlite3_stmt *q = NULL;
	va_list ap;

	va_start(ap, fmt);
	char *sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	assert_int_equal(sqlite3_prepare_v2(world->h, sql, -1, &q, NULL), SQLITE_OK);
	int64_t n =
	    sqlite3_step(q) == SQLITE_ROW && sqlite3_column_type(q, 0) != SQLITE_NULL ? sqlite3_column_int64(q, 0) : -1;
	sqlite3_finalize(q);
	sqlite3_free(sql);
	return n;
}

static inline void world_client(int id, const char *name, const char *ip, const char *kind, const char *source)
{
	char key[33] = "";
	struct ip a;

	assert_true(ip_parse(slice_str(ip), &a));
	for (int i = 0; i < 16; i++)
		snprintf(key + 2 * i, 3, "%02x", a.b[i]);
	world_sql("INSERT OR IGNORE INTO dim_source (kind, name, domain) VALUES ('%s', '%s', '')", kind, source);
	world_sql("INSERT INTO client VALUES (%d, '%s', '%s', x'%s', (SELECT id FROM dim_source WHERE name = '%s'))",
	          id, name, ip, key, source);
}

/* fold: the row of the folded spelling, 0: it is that. */
static inline void world_sender(int id, const char *text, int fold, const char *domain)
{
	world_sql("INSERT OR IGNORE INTO domain (name) VALUES ('%s')", domain);
	world_sql("INSERT INTO address VALUES (%d, '%s', nullif(%d, 0), (SELECT id FROM domain WHERE name = '%s'))", id,
	          text, fold, domain);
}

/* A mail to one recipient; spf: a row of evidence. Returns its id. */
static inline int64_t world_mail(int sender, int client, int day, enum fate fate, enum evidence spf)
{
	int64_t id = ++world_mails, us = NOON(day) + world_mails;

	world_sql("INSERT INTO fact_mail VALUES (%lld, 1, %d, %d, %lld, %lld, 6, %d, 1, 1, NULL, %d, 0, 0, 0, 1)",
	          (long long)id, sender, client, (long long)us, (long long)us, DAY_ONE + day, spf);
	world_sql("INSERT INTO fact_recipient VALUES (%lld, 9, 1, 9, %d, %lld, NULL)", (long long)id, fate,
	          (long long)us);
	world_sql("UPDATE generation SET last_stamp = max(last_stamp, %lld)", (long long)us);
	return id;
}

/* Facts were written behind the back of those who sum them up. */
static inline struct reader *world_reader(void)
{
	rollup_recount(world);
	return reader_open(world_path);
}

enum { BOSS = 1, LOUD_BOSS, CLERK, BRANCH };         /* senders */
enum { NEWS_A = 1, NEWS_B, STRANGER, PRINTER, SIX }; /* clients */

static inline int world_open(void **state)
{
	(void)state;
	strcpy(world_dir + sizeof world_dir - 7, "XXXXXX");
	assert_non_null(mkdtemp(world_dir));
	snprintf(world_path, sizeof world_path, "%s/db", world_dir);
	world = db_open_ingest(world_path);
	world_mails = 0;
	world_sql("INSERT INTO log VALUES (1, 'mail.log'); INSERT INTO host VALUES (1, 'mx1');"
	          "INSERT INTO dim_rule VALUES (1, 'own-domain', 'Own');"
	          "INSERT INTO text VALUES (1, 'Invalid', 0, 1, 0);"
	          "INSERT INTO address VALUES (9, 'anna@firma.example', NULL, NULL);"
	          "INSERT INTO generation (log, off, head, seam, last_stamp, state) VALUES (1, 0, x'', x'', 0, 0)");
	world_client(NEWS_A, "a.news.example", "203.0.113.7", "org", "news.example");
	world_client(NEWS_B, "b.news.example", "198.51.100.9", "org", "news.example");
	world_client(STRANGER, "unknown", "203.0.113.77", "net", "203.0.113.0/24");
	world_client(PRINTER, "unknown", "10.20.30.77", "inside", "10.20.30.77");
	world_client(SIX, "unknown", "2001:db8::7", "net", "2001:db8::/64");
	world_sender(BOSS, "boss@firma.example", 0, "firma.example");
	world_sender(LOUD_BOSS, "Boss@Firma.Example", BOSS, "firma.example");
	world_sender(CLERK, "clerk@firma.example", 0, "firma.example");
	world_sender(BRANCH, "boss@filiale.firma.example", 0, "filiale.firma.example");
	return 0;
}

static inline int world_close(void **state)
{
	static const char *const files[] = {"", "-wal", "-shm", ".ingest.lock", ".write.lock"};
	char name[80];

	(void)state;
	world = db_close(world);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(name, sizeof name, "%s%s", world_path, files[i]);
		unlink(name);
	}
	return rmdir(world_dir);
}

static inline struct subject subject_typed(const char *typed)
{
	struct reader *r = world_reader();
	struct subject s;
	char why[200];

	if (!subject_parse(r, slice_str(typed), &s, why, sizeof why))
		fail_msg("`%s`: %s", typed, why);
	reader_close(r);
	return s;
}

/* As `mark` does it. */
static inline struct marked said(const char *typed, struct mark m)
{
	struct subject s = subject_typed(typed);
	struct reader *r = world_reader();
	struct verdict_row row;
	struct marked done;
	struct ways ways;
	char how[200];

	ways_load(r, &s, STAMP_NONE, &ways);
	bool changed = verdict_find(r, &s, &row) && ways_changed(r, &s, row.id, how, sizeof how);
	reader_close(r);
	verdict_mark(world_path, &s, &m, &ways, changed, &done);
	ways_release(&ways);
	return done;
}

static inline struct marked mark_as(const char *typed, enum verdict_word word)
{
	return said(typed, (struct mark){.word = word, .expires = VERDICT_KEEP});
}

/* What counts for a mail: a word of the view, or "". */
static inline const char *verdict_on(int64_t mail)
{
	static char word[20];
	sqlite3_stmt *q = NULL;

	sqlite3_prepare_v2(world->h, "SELECT coalesce(verdict, '') FROM mail WHERE id = ?", -1, &q, NULL);
	sqlite3_bind_int64(q, 1, mail);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	snprintf(word, sizeof word, "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	return word;
}

#endif
