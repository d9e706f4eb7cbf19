#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "../parsers/utf8.h"
#include "db_damage.h"
#include "db_place.h"
#include "msg.h"
#include "writer.h"

/* ------------------------------------------------------------------- failing */

static const struct {
	int rc, exit;
	bool passes; /* may be otherwise in a while */
} exits[] = {
    {SQLITE_FULL, EX_IOERR, true},      {SQLITE_IOERR, EX_IOERR, true},        {SQLITE_NOTADB, EX_DATAERR, true},
    {SQLITE_CORRUPT, EX_DATAERR, true}, {SQLITE_CANTOPEN, EX_CANTCREAT, true}, {SQLITE_READONLY, EX_CANTCREAT, true},
    {SQLITE_BUSY, EX_TEMPFAIL, true},   {SQLITE_LOCKED, EX_TEMPFAIL, true},    {SQLITE_NOMEM, EX_OSERR, true},
    {SQLITE_AUTH, EX_NOPERM, false},    {SQLITE_PERM, EX_NOPERM, false},
};

static int exit_of(int rc, bool *passes)
{
	*passes = false;
	for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
		if (exits[i].rc == (rc & 0xff)) {
			*passes = exits[i].passes;
			return exits[i].exit;
		}
	return EX_SOFTWARE;
}

static const char *name_of(const struct db *d, const sqlite3_stmt *s)
{
	for (int i = 0; s && i < SQL_COUNT; i++)
		if (d->stmt[i] == s)
			return sql_name[i];
	return "database";
}

_Noreturn void db_damaged(const struct db *d, const char *why)
{
	char file[512], text[400];

	msg_fail(
	    EX_DATAERR,
	    "%s is damaged: %s; `wouldblock follow`, or `wouldblock ingest --set-aside` with all logs, makes a new "
	    "one and keeps what people said",
	    msg_safe(slice_str(d->path), file, sizeof file), msg_safe(slice_str(why), text, sizeof text));
}

/* Our own mistake, or rows are there that we never wrote. */
static bool is_against_rules(int rc)
{
	return (rc & 0xff) == SQLITE_CONSTRAINT || (rc & 0xff) == SQLITE_MISMATCH;
}

_Noreturn void db_fail(struct db *d, sqlite3_stmt *s, int rc)
{
	char file[512];

	const char *why = d->h ? sqlite3_errmsg(d->h) : sqlite3_errstr(rc);
	bool passes;
	int code = exit_of(rc, &passes);

	if ((rc & 0xff) == SQLITE_CORRUPT || (is_against_rules(rc) && d->ingest_lock >= 0 && !damage_is_whole(d)))
		db_damaged(d, why);
	msg_safe(slice_str(d->path), file, sizeof file);
	if (passes)
		msg_fail(code, "%s: %s: %s", file, name_of(d, s), why);
	msg_die(code, "%s: %s: %s", file, name_of(d, s), why);
}

/* --------------------------------------------------------- the writing thread */

void db_writer_start(struct db *d)
{
	if (!d->writer && sysconf(_SC_NPROCESSORS_ONLN) > 1)
		d->writer = writer_new();
}

unsigned db_later(struct db *d, void (*job)(void *arg), void *arg)
{
	if (d->writer)
		return writer_do(d->writer, job, arg);
	job(arg);
	return 0;
}

bool db_spare(struct db *d, bool (*work)(void *arg), void *arg)
{
	if (d->writer)
		writer_spare(d->writer, work, arg);
	return d->writer;
}

void db_nudge(void *db)
{
	struct db *d = db;

	writer_nudge(d->writer);
}

void db_await(struct db *d, unsigned job)
{
	if (d->writer)
		writer_await(d->writer, job);
}

void db_settle(struct db *d)
{
	if (d->writer)
		writer_settle(d->writer);
}

/* ---------------------------------------------------------------- statements */

sqlite3_stmt *db_stmt(struct db *d, enum sql_id id)
{
	db_settle(d);
	sqlite3_stmt *s = d->stmt[id];

	if (s) {
		sqlite3_reset(s);
		return s;
	}
	int rc = sqlite3_prepare_v3(d->h, sql_text[id], -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);
	d->stmt[id] = s;
	if (rc == SQLITE_ERROR) /* it prepares well against the schema: this is another one */
		db_damaged(d, sqlite3_errmsg(d->h));
	if (rc != SQLITE_OK)
		db_fail(d, NULL, rc);
	return s;
}

bool db_step(struct db *d, sqlite3_stmt *s)
{
	db_settle(d);
	int rc = sqlite3_step(s);

	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		db_fail(d, s, rc);
	sqlite3_reset(s);
	return false;
}

void db_run(struct db *d, sqlite3_stmt *s)
{
	while (db_step(d, s))
		;
}

void db_exec(struct db *d, const char *sql)
{
	db_settle(d);
	int rc = sqlite3_exec(d->h, sql, NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		db_fail(d, NULL, rc);
}

struct later {
	struct db *db;
	enum sql_id id;
	int64_t number[DB_NUMBERS];
	int numbers;
};

static void later_run(void *arg)
{
	struct later l = *(struct later *)arg;

	free(arg); /* first: what fails does not come back */
	sqlite3_stmt *q = db_stmt(l.db, l.id);
	for (int i = 0; i < l.numbers; i++)
		sqlite3_bind_int64(q, i + 1, l.number[i]);
	db_run(l.db, q);
}

void db_run_later(struct db *d, enum sql_id id, const int64_t *number, int numbers)
{
	struct later *l = xcalloc(1, sizeof *l);

	l->db = d;
	l->id = id;
	l->numbers = numbers;
	memcpy(l->number, number, (size_t)numbers * sizeof *number);
	db_later(d, later_run, l);
}

static bool plain_text(struct slice v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] >= 0x80 || v.p[i] == '\0')
			return false;
	return true;
}

static bool is_text(struct slice v)
{
	uint32_t code;

	if (plain_text(v))
		return true;
	while (v.n) {
		size_t n = utf8_decode(v, &code);
		if (n == 0 || code == 0)
			return false;
		v = slice_from(v, n);
	}
	return true;
}

void db_bind_slice(sqlite3_stmt *s, int at, struct slice v)
{
	if (!slice_is_set(v))
		sqlite3_bind_null(s, at);
	else if (is_text(v))
		sqlite3_bind_text(s, at, v.p, (int)v.n, SQLITE_STATIC);
	else
		sqlite3_bind_blob(s, at, v.p, (int)v.n, SQLITE_STATIC);
}

void db_bind_id(sqlite3_stmt *s, int at, uint32_t id)
{
	if (id)
		sqlite3_bind_int64(s, at, id);
	else
		sqlite3_bind_null(s, at);
}

struct slice db_column_slice(sqlite3_stmt *s, int at)
{
	if (sqlite3_column_type(s, at) == SQLITE_NULL)
		return SLICE_NONE;
	const void *p = sqlite3_column_type(s, at) == SQLITE_BLOB ? sqlite3_column_blob(s, at)
	                                                          : (const void *)sqlite3_column_text(s, at);
	return slice_of(p ? p : "", (size_t)sqlite3_column_bytes(s, at));
}

/* ------------------------------------------------------------------- the file */

int64_t db_number(struct db *d, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t v = 0;
	int rc = sqlite3_prepare_v2(d->h, sql, -1, &s, NULL);

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(s);
		if (rc == SQLITE_ROW)
			v = sqlite3_column_int64(s, 0);
	}
	if (rc == SQLITE_ERROR) /* nothing is wrong with what we ask */
		db_damaged(d, sqlite3_errmsg(d->h));
	sqlite3_finalize(s);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		db_fail(d, NULL, rc);
	return v;
}

static void check_ours(struct db *d)
{
	char file[512];
	int64_t id = db_number(d, "PRAGMA application_id"), version = db_number(d, "PRAGMA user_version");

	msg_safe(slice_str(d->path), file, sizeof file);
	if (id == 0 && db_number(d, "PRAGMA page_count") == 0)
		msg_die(EX_DATAERR, "%s: an empty file, no database", file);
	if (id != DB_APPLICATION_ID)
		msg_die(EX_CONFIG, "%s: a database of another program", file);
	if (version > DB_SCHEMA)
		msg_die(EX_CONFIG, "%s: made by a newer wouldblock (schema %lld, this program knows %d)", file,
		        (long long)version, DB_SCHEMA);
}

static void harden(struct db *d)
{
	sqlite3_db_config(d->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_timeout(d->h, 5000);
	db_exec(d, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
}

/* What our statements need: `MATERIALIZED` came with 3.35; JSON is always there from 3.38 on, but may be left out. */
#define LIBRARY_NEEDED 3035000
#define LIBRARY_WITH_JSON 3038000

static void check_library(void)
{
	int version = sqlite3_libversion_number();
	bool json = version < LIBRARY_WITH_JSON ? sqlite3_compileoption_used("ENABLE_JSON1")
	                                        : !sqlite3_compileoption_used("OMIT_JSON");

	if (version < LIBRARY_NEEDED)
		msg_die(EX_CONFIG, "SQLite %s is installed here: 3.35 or newer is needed", sqlite3_libversion());
	if (!json || sqlite3_compileoption_used("OMIT_WAL"))
		msg_die(EX_CONFIG, "SQLite is installed here without %s, which is needed", json ? "WAL" : "JSON");
}

/* One thread at a time is in SQLite, and we count no memory: SQLite's locks around both would cost a tenth of all its work. */
void db_library_init(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	check_library();
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static _Thread_local struct db *opened;

static struct db *db_new(const char *path)
{
	struct db *d = xcalloc(1, sizeof *d);

	db_library_init();

	d->path = xstrdup(path);
	d->ingest_lock = d->write_lock = d->wal_fd = -1;
	d->next = opened;
	opened = d;
	return d;
}

static void remember_file(struct db *d)
{
	struct stat st;

	if (stat(d->path, &st) == 0) {
		d->dev = st.st_dev;
		d->ino = st.st_ino;
	}
}

struct db *db_open(const char *path)
{
	struct db *d = db_new(path);
	char file[512];

	msg_safe(slice_str(path), file, sizeof file);
	place_need_file(path);
	int rc = place_open_to_read(path, &d->h);
	if (rc != SQLITE_OK)
		msg_die(EX_NOINPUT, "cannot read database %s: %s", file, sqlite3_errmsg(d->h));
	harden(d);
	check_ours(d);
	return d;
}

/*
 * How often the lock is asked for. Who asks whether we are alive holds it for an instant
 * (follow_lock.c); a child that was being started when its parent was killed, until it has become
 * another program.
 */
#define ASKER_NAPS 5
#define GONE_NAPS 200

static bool is_gone(long pid)
{
	return pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* Taken for life by the one process that reads logs (design.md 8). */
static void take_ingest_lock(struct db *d)
{
	const struct timespec nap = {.tv_nsec = 10 * 1000 * 1000};
	char name[4096], file[512], pid[32] = "";

	snprintf(name, sizeof name, "%s.ingest.lock", d->path);
	msg_safe(slice_str(name), file, sizeof file);
	d->ingest_lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->ingest_lock < 0)
		msg_die(EX_CANTCREAT, "cannot create %s: %s", file, strerror(errno));
	for (int naps = 0; flock(d->ingest_lock, LOCK_EX | LOCK_NB) != 0; naps++) {
		ssize_t n = errno == EWOULDBLOCK || errno == EINTR ? pread(d->ingest_lock, pid, sizeof pid - 1, 0) : -1;
		long holder = strtol(n > 0 ? pid : "", NULL, 10);
		if (n < 0)
			msg_die(EX_IOERR, "cannot lock %s: %s", file, strerror(errno));
		if (naps >= (is_gone(holder) ? GONE_NAPS : ASKER_NAPS))
			msg_die(EX_TEMPFAIL, "%s: another wouldblock (pid %ld) is reading logs into this database",
			        file, holder);
		nanosleep(&nap, NULL);
		memset(pid, 0, sizeof pid);
	}
	int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (ftruncate(d->ingest_lock, 0) != 0 || pwrite(d->ingest_lock, pid, (size_t)n, 0) != n)
		msg_die(EX_IOERR, "cannot write %s: %s", file, strerror(errno));
}

static void open_write_lock(struct db *d)
{
	char name[4096], file[512];

	snprintf(name, sizeof name, "%s.write.lock", d->path);
	msg_safe(slice_str(name), file, sizeof file);
	d->write_lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->write_lock < 0)
		msg_die(EX_CANTCREAT, "cannot create %s: %s", file, strerror(errno));
}

static void create_schema(struct db *d)
{
	char numbers[128];

	snprintf(numbers, sizeof numbers,
	         "PRAGMA page_size = %d; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", DB_PAGE);
	db_exec(d, numbers);
	db_begin(d);
	db_exec(d, sql_text[SQL_SCHEMA]);
	snprintf(numbers, sizeof numbers, "PRAGMA application_id = %d; PRAGMA user_version = %d", DB_APPLICATION_ID,
	         DB_SCHEMA);
	db_exec(d, numbers);
	db_commit(d);
}

#define WRITER_PRAGMAS "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 2000"

/* A file that was replaced under us would swallow the commit without a word (faults.md 1.7, D8). */
static void check_same_file(struct db *d)
{
	struct stat st;

	if (stat(d->path, &st) != 0 || st.st_dev != d->dev || st.st_ino != d->ino)
		msg_die(EX_TEMPFAIL, "%s: the database was moved or replaced while we wrote", d->path);
}

static void open_to_write(struct db *d, int flags)
{
	char file[512];
	int rc = sqlite3_open_v2(d->path, &d->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | flags, NULL);

	if (rc != SQLITE_OK)
		msg_die(EX_CANTCREAT, "cannot open database %s: %s", msg_safe(slice_str(d->path), file, sizeof file),
		        sqlite3_errmsg(d->h));
}

struct db *db_open_locks(const char *path)
{
	struct db *d = db_new(path);

	umask(077);
	place_refuse_odd(path);
	take_ingest_lock(d);
	open_write_lock(d);
	return d;
}

struct db *db_create(const char *path)
{
	struct db *d = db_new(path);

	open_to_write(d, SQLITE_OPEN_CREATE);
	harden(d);
	create_schema(d);
	return d;
}

#define OUR_TABLES "SELECT count(*) FROM sqlite_master WHERE name IN ('generation', 'fact_attempt', 'human_verdict')"

/* Of a file that is not empty it is damage if it has no tables, or ours and another's number. */
static void create_or_check(struct db *d)
{
	bool ours = db_number(d, "PRAGMA application_id") == DB_APPLICATION_ID;

	if (db_number(d, "SELECT count(*) FROM sqlite_master") == 0) {
		if (ours || db_number(d, "PRAGMA page_count") > 1)
			db_damaged(d, "its tables are gone");
		create_schema(d);
	} else if (!ours && db_number(d, OUR_TABLES) == 3) {
		db_damaged(d, "it says it is another program's, and has our tables");
	} else if (ours && sqlite3_db_readonly(d->h, "main") == 1 && access(d->path, W_OK) == 0) {
		db_damaged(d, "its header says that no SQLite of today may write to it");
	}
}

struct db *db_open_ingest(const char *path)
{
	struct db *d = db_open_locks(path);

	damage_before_open(d);
	open_to_write(d, SQLITE_OPEN_CREATE);
	harden(d);
	d->writes = true;
	remember_file(d);
	create_or_check(d);
	check_ours(d);
	damage_look(d);
	damage_mark(d);
	db_exec(d, WRITER_PRAGMAS);
	db_upgrade(d, sql_upgrades, sql_upgrades_count);
	return d;
}

static int on_busy(void *arg, int times);

void db_reopen(struct db *d)
{
	int rc;

	for (int i = 0; i < SQL_COUNT; i++)
		d->stmt[i] = (sqlite3_finalize(d->stmt[i]), NULL);
	sqlite3_close(d->h);
	d->h = NULL;
	flock(d->write_lock, LOCK_UN);
	check_same_file(d);
	rc = sqlite3_open_v2(d->path, &d->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		db_fail(d, NULL, rc);
	harden(d);
	if (d->go_on)
		sqlite3_busy_handler(d->h, on_busy, d);
	check_ours(d);
	db_exec(d, WRITER_PRAGMAS);
}

struct db *db_open_write(const char *path)
{
	struct db *d = db_new(path);
	char file[512];

	msg_safe(slice_str(path), file, sizeof file);
	umask(077);
	place_need_file(path);
	place_refuse_odd(path);
	int rc = sqlite3_open_v2(path, &d->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		msg_die(EX_CANTCREAT, "cannot open database %s: %s", file, sqlite3_errmsg(d->h));
	sqlite3_db_config(d->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	harden(d);
	check_ours(d);
	if (db_number(d, "PRAGMA user_version") < DB_SCHEMA)
		msg_die(EX_CONFIG, "%s: made by an older wouldblock; the next `wouldblock ingest` upgrades it", file);
	open_write_lock(d);
	d->writes = d->impatient = true;
	remember_file(d);
	db_exec(d, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");
	return d;
}

/* What another thread opened is in no list of ours. */
static void forget(const struct db *d)
{
	struct db **at = &opened;

	while (*at && *at != d)
		at = &(*at)->next;
	if (*at)
		*at = d->next;
}

struct db *db_close(struct db *d)
{
	if (!d)
		return NULL;
	d->writer = writer_free(d->writer);
	forget(d);
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(d->stmt[i]);
	sqlite3_close(d->h);
	const int open[] = {d->wal_fd, d->write_lock, d->ingest_lock};
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		if (open[i] >= 0)
			close(open[i]);
	free(d->path);
	free(d);
	return NULL;
}

static void roll_back(struct db *d)
{
	for (sqlite3_stmt *s; (s = sqlite3_next_stmt(d->h, NULL)) != NULL;)
		sqlite3_finalize(s);
	memset(d->stmt, 0, sizeof d->stmt);
	if (!sqlite3_get_autocommit(d->h))
		sqlite3_exec(d->h, "ROLLBACK", NULL, NULL, NULL);
}

void db_abandon(void)
{
	while (opened) {
		opened->writer = writer_free(opened->writer);
		if (opened->h)
			roll_back(opened);
		db_close(opened);
	}
}

/* ---------------------------------------------------------------- transactions */

#define NAP_MS 20

static bool keeps_waiting(const struct db *d, int waited_ms)
{
	if (d->go_on)
		return d->go_on(d->go_on_arg, waited_ms);
	return waited_ms < DB_PATIENCE * 1000;
}

/* Whoever holds it needs it for milliseconds, but for one who rebuilds all that is derived. */
void db_lock(struct db *d)
{
	const struct timespec nap = {.tv_nsec = NAP_MS * 1000 * 1000};
	bool for_ever = !d->impatient && !d->go_on;
	char file[512];

	msg_safe(slice_str(d->path), file, sizeof file);
	if (d->write_lock < 0) /* db_create */
		return;
	for (int naps = 0; flock(d->write_lock, for_ever ? LOCK_EX : LOCK_EX | LOCK_NB) != 0;) {
		if (errno == EWOULDBLOCK && keeps_waiting(d, naps++ * NAP_MS))
			nanosleep(&nap, NULL);
		else if (errno == EWOULDBLOCK)
			msg_fail(EX_TEMPFAIL, "%s: another wouldblock is writing; try again", file);
		else if (errno != EINTR)
			msg_die(EX_IOERR, "cannot lock %s: %s", file, strerror(errno));
	}
}

/* Somebody who knows nothing of write.lock has SQLite's: a shell, a backup (faults.md D1, D15). */
static int on_busy(void *arg, int times)
{
	const struct timespec nap = {.tv_nsec = NAP_MS * 1000 * 1000};

	if (!keeps_waiting(arg, times * NAP_MS))
		return 0;
	nanosleep(&nap, NULL);
	return 1;
}

void db_wait_while(struct db *d, bool (*go_on)(void *arg, int waited_ms), void *arg)
{
	d->go_on = go_on;
	d->go_on_arg = arg;
	sqlite3_busy_handler(d->h, on_busy, d);
}

void db_begin(struct db *d)
{
	db_lock(d);
	db_exec(d, "BEGIN IMMEDIATE");
}

void db_unlock(struct db *d)
{
	if (d->write_lock >= 0)
		flock(d->write_lock, LOCK_UN);
}

void db_commit(struct db *d)
{
	if (d->dev || d->ino)
		check_same_file(d);
	if (d->before_commit)
		d->before_commit(d->before_commit_arg);
	db_exec(d, "COMMIT");
	db_unlock(d);
}

const char *db_library(void)
{
	return sqlite3_libversion();
}
