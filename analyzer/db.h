/*
 * db: the database file: open, create, upgrade, lock, statements by name. With
 * store.c and query.c the only code that knows SQLite.
 *
 * A failing call ends the program with the statement's name, SQLite's words and
 * an exit code of sysexits(3); what was not committed is as if it never was. What
 * may pass (disk full, an I/O error, no memory) goes through msg_fail, and so does
 * a database that is damaged (65): db_damage.h puts another one in its place.
 */
#ifndef WB_DB_H
#define WB_DB_H

#include <sqlite3.h>

#include "../parsers/slice.h"
#include "sql.h"

#define DB_APPLICATION_ID 0x77626c6b /* "wblk" */
#define DB_SCHEMA 1
#define DB_PAGE 8192

struct writer;

struct db {
	sqlite3 *h;
	char *path;
	bool writes;
	bool impatient; /* gives up after DB_PATIENCE */
	bool (*go_on)(void *arg, int waited_ms);
	void *go_on_arg;
	int ingest_lock, write_lock; /* descriptors, -1 */
	uint64_t dev, ino;           /* of the file we opened (faults.md 1.3) */
	sqlite3_stmt *stmt[SQL_COUNT];
	struct writer *writer; /* NULL: whoever calls writes */
	int wal_pages;         /* with db_checkpoint_lazily: in the write-ahead log since the last checkpoint */
	int wal_fd;            /* of db_wal_hasten, -1 */
	int wal_kept;          /* pages that a reader of an old state kept the last checkpoint from taking over */
	void (*before_commit)(void *arg); /* NULL: nothing is to be done then */
	void *before_commit_arg;
	struct db *next; /* of those that this thread has open */
};

/* Read-only; dies with 66 if there is no such file, 65 or 78 if it is none of ours. */
struct db *db_open(const char *path);
/*
 * From the schema that it has to version steps_n + 1: steps[0] leads from 1 to 2. A copy is kept beside
 * it as PATH.schema-N; then all steps are one transaction. For db_open_ingest, and for tests.
 */
void db_upgrade(struct db *d, const char *const *steps, int steps_n);
/* To write as the one reader of logs (ingest.lock, else 75); makes the file, mode 0600; looks for damage (db_damage.h). */
struct db *db_open_ingest(const char *path);
/* Both locks and no database, for who puts another file in its place. */
struct db *db_open_locks(const char *path);
/* A new one that nobody else knows: without locks, and without those who look for damage. */
struct db *db_create(const char *path);
/*
 * To write what a person says, beside whoever reads logs: no ingest.lock, so neither made (66) nor
 * upgraded (78) nor checkpointed. A transaction that has to wait longer than DB_PATIENCE for
 * write.lock ends the program with 75.
 */
#define DB_PATIENCE 5 /* seconds */
struct db *db_open_write(const char *path);
/*
 * After msg_fail: whatever transaction there was is gone, statements are made anew, the locks stay
 * ours. For the one who opened with db_open_ingest; ends the program if the file is another one now.
 */
void db_reopen(struct db *d);
/*
 * Whoever waits for another process's lock asks this about fifty times a second, and gives up with
 * msg_fail (75) once it says no. Without it the one who reads logs waits for ever.
 */
void db_wait_while(struct db *d, bool (*go_on)(void *arg, int waited_ms), void *arg);
struct db *db_close(struct db *d); /* always NULL */
/* After msg_try: closes all that this thread opened. What was not committed is as if it never was; locks are let go. */
void db_abandon(void);

/*
 * From here on db_later's jobs are done by a thread of their own. The caller's
 * statements wait for them, so each sees the database as if it had done all
 * itself; what a job was given it must leave alone until then.
 */
void db_writer_start(struct db *d);
/* At once if there is no such thread. Returns the job's number. */
unsigned db_later(struct db *d, void (*job)(void *arg), void *arg);
/* db_run, later: of a statement whose parameters are up to DB_NUMBERS numbers. */
#define DB_NUMBERS 3
void db_run_later(struct db *d, enum sql_id id, const int64_t *number, int numbers);
/*
 * What that thread does between jobs (writer.h); false: there is none. work is NULL to end it. db_nudge: there is
 * something to do again.
 */
bool db_spare(struct db *d, bool (*work)(void *arg), void *arg);
void db_nudge(void *db);
/* Waits for this job and those before it. */
void db_await(struct db *d, unsigned job);
/* Waits for all jobs. */
void db_settle(struct db *d);

/* The prepared statement, reset, its parameters cleared. Parameters are numbered in the order of their names' first use. */
sqlite3_stmt *db_stmt(struct db *d, enum sql_id id);
/* One step: true if there is a row. Resets the statement when it is through. */
bool db_step(struct db *d, sqlite3_stmt *s);
/* db_step for what gives no rows. */
void db_run(struct db *d, sqlite3_stmt *s);
void db_exec(struct db *d, const char *sql);
/* Dies with what SQLite says of the last call. */
_Noreturn void db_fail(struct db *d, sqlite3_stmt *s, int rc);
/* Dies as one that is damaged (65). */
_Noreturn void db_damaged(const struct db *d, const char *why);
/* The first column of a statement's only row; 0 if there is none. */
int64_t db_number(struct db *d, const char *sql);

/* One write transaction under write.lock. */
void db_begin(struct db *d);
void db_commit(struct db *d);
/* write.lock alone, for what is no transaction. */
void db_lock(struct db *d);
void db_unlock(struct db *d);

/*
 * A checkpoint waits for the disk, and a commit that has to make one keeps the
 * next line waiting. After db_checkpoint_lazily a commit makes one only when
 * the write-ahead log has got really long; before that, db_checkpoint_is_due
 * says so, for whoever has nothing to do just now. Its failure is none: what
 * was committed stands in the write-ahead log.
 */
void db_checkpoint_lazily(struct db *d);
bool db_checkpoint_is_due(const struct db *d);
void db_checkpoint(struct db *d);
/*
 * Bytes of the write-ahead log that the last checkpoint had to leave there, since a reader holds a state of the database
 * from before: it grows until that reader ends (faults.md D2).
 */
int64_t db_wal_kept(const struct db *d);
/* After a large commit, of which many follow: lets the disk begin with what the next checkpoint waits for. */
void db_wal_hasten(struct db *d);

/* Text as it is: TEXT if it is UTF-8 without NUL, else a BLOB of the same bytes; absent slices bind NULL. Borrowed. */
void db_bind_slice(sqlite3_stmt *s, int at, struct slice v);
/* A row's number; 0 binds NULL. */
void db_bind_id(sqlite3_stmt *s, int at, uint32_t id);
struct slice db_column_slice(sqlite3_stmt *s, int at);

/* Before the first use of SQLite; db_open and its like call it. */
void db_library_init(void);
const char *db_library(void); /* SQLite's version */

#endif
