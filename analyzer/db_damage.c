#include "db_damage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "db_salvage.h"
#include "msg.h"

#define KEPT 2
#define KEPT_S (24 * 3600) /* a third one sooner than this is refused */
#define PATH_ROOM 4096
#define MARK "made\n"

static void name_beside(const struct db *d, const char *end, char name[PATH_ROOM])
{
	int n = snprintf(name, PATH_ROOM, "%s%s", d->path, end);

	if (n < 0 || n >= PATH_ROOM)
		msg_die(EX_CANTCREAT, "the name of the database is too long");
}

/* ------------------------------------------------------------------ was it ever ours? */

static bool is_marked(const struct db *d)
{
	char text[sizeof MARK] = "";

	return pread(d->write_lock, text, sizeof MARK - 1, 0) == (ssize_t)sizeof MARK - 1 && strcmp(text, MARK) == 0;
}

void damage_mark(const struct db *d)
{
	if (!is_marked(d) && pwrite(d->write_lock, MARK, sizeof MARK - 1, 0) < 0)
		return; /* it is for the worst case only */
}

/* ------------------------------------------------------------------ looking */

static void check(struct db *d, const char *pragma)
{
	sqlite3_stmt *s = NULL;
	char why[300] = "";
	int rc = sqlite3_prepare_v2(d->h, pragma, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW && !slice_eq(db_column_slice(s, 0), SLICE("ok"))) {
		struct slice said = db_column_slice(s, 0);
		for (ptrdiff_t end; (end = slice_chr(said, '\n')) >= 0;)
			said = slice_from(said, (size_t)end + 1);
		snprintf(why, sizeof why, "%.*s", (int)said.n, said.p);
	}
	sqlite3_finalize(s);
	if (why[0])
		db_damaged(d, why);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		db_fail(d, NULL, rc);
}

/* Tables of facts are large, and the last to be looked at; the largest of all at the very end. */
static const char large_last[] = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
				 "ORDER BY name LIKE 'fact_%', name = 'fact_attempt', name LIKE 'roll_%'";

static void look_at_tables(struct db *d)
{
	int64_t until = clock_ns() + DAMAGE_MS * INT64_C(1000000);
	sqlite3_stmt *s = NULL;
	char pragma[160];
	int rc = sqlite3_prepare_v2(d->h, large_last, -1, &s, NULL);

	while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW && clock_ns() < until) {
		struct slice name = db_column_slice(s, 0);
		if (slice_eq(name, SLICE("fact_attempt"))) /* takes seconds, and tells when it is read */
			break;
		if (name.n < 64 && slice_chr(name, '\'') < 0) {
			snprintf(pragma, sizeof pragma, "PRAGMA quick_check('%.*s')", (int)name.n, name.p);
			check(d, pragma);
		}
	}
	sqlite3_finalize(s);
	if (rc != SQLITE_OK)
		db_fail(d, NULL, rc);
}

void damage_look(struct db *d)
{
	if (db_number(d, "PRAGMA page_count") * db_number(d, "PRAGMA page_size") <= DAMAGE_WHOLE)
		check(d, "PRAGMA quick_check(1)");
	else
		look_at_tables(d);
}

/* Is there a write-ahead log with something in it, and nobody who would have looked at it? */
static bool is_left_alone(const struct db *d)
{
	char name[PATH_ROOM];
	struct stat st;
	int fd;
	bool held;

	name_beside(d, "-wal", name);
	if (stat(name, &st) != 0 || st.st_size == 0)
		return false;
	name_beside(d, ".ingest.lock", name);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return true;
	/* Shared and for an instant, as follow_lock.c asks. */
	held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return !held;
}

void damage_look_at_rest(struct db *d)
{
	if (!is_left_alone(d))
		return;
	if (db_number(d, "PRAGMA page_count") * db_number(d, "PRAGMA page_size") <= DAMAGE_WHOLE)
		check(d, "PRAGMA integrity_check(1)");
	else
		look_at_tables(d);
}

bool damage_is_whole(struct db *d)
{
	sqlite3_stmt *s = NULL;
	bool whole = sqlite3_prepare_v2(d->h, "PRAGMA integrity_check(1)", -1, &s, NULL) == SQLITE_OK &&
	             sqlite3_step(s) == SQLITE_ROW && slice_eq(db_column_slice(s, 0), SLICE("ok"));

	sqlite3_finalize(s);
	return whole;
}

/* ------------------------------------------------------------------ those that were set aside */

#define STAMP "%Y%m%dT%H%M%SZ"
#define STAMP_ROOM 32

struct aside {
	char stamp[8][STAMP_ROOM]; /* oldest first */
	size_t n;
};

static bool is_stamp(const char *s)
{
	static const char form[] = "dddddddd-dddddd-";
	size_t i = 0;

	for (; s[i] && form[i]; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != (i == 8 ? 'T' : 'Z'))
			return false;
	return i == sizeof form - 1 && !s[i];
}

static void split(const char *path, char dir[PATH_ROOM], const char **base)
{
	const char *slash = strrchr(path, '/');

	snprintf(dir, PATH_ROOM, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	*base = slash ? slash + 1 : path;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void list_aside(const struct db *d, struct aside *list)
{
	char dir[PATH_ROOM], head[300];
	const char *base;
	DIR *open_dir;

	list->n = 0;
	split(d->path, dir, &base);
	size_t n = (size_t)snprintf(head, sizeof head, "%s.corrupt-", base);
	open_dir = n < sizeof head ? opendir(dir) : NULL;
	if (!open_dir)
		return;
	for (const struct dirent *e; (e = readdir(open_dir)) != NULL && list->n < 8;)
		if (strncmp(e->d_name, head, n) == 0 && is_stamp(e->d_name + n))
			snprintf(list->stamp[list->n++], STAMP_ROOM, "%s", e->d_name + n);
	closedir(open_dir);
	qsort(list->stamp, list->n, sizeof *list->stamp, by_text);
}

static time_t time_of(const char *stamp)
{
	struct tm tm = {0};

	return strptime(stamp, STAMP, &tm) ? timegm(&tm) : 0;
}

static const char *const parts[] = {"", "-wal", "-shm"};
#define PARTS (sizeof parts / sizeof *parts)

static void forget_oldest(const struct db *d, const struct aside *list)
{
	char end[100], name[PATH_ROOM];

	for (size_t i = 0; i + KEPT <= list->n; i++)
		for (size_t k = 0; k < PARTS; k++) {
			snprintf(end, sizeof end, ".corrupt-%s%s", list->stamp[i], parts[k]);
			name_beside(d, end, name);
			unlink(name);
		}
}

/* ------------------------------------------------------------------ moving */

/* Names are for ever only when the folder has been written. */
static void sync_folder(const struct db *d)
{
	char dir[PATH_ROOM];
	const char *base;
	int fd;

	split(d->path, dir, &base);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static void move(const char *from, const char *to)
{
	char safe[512];

	if (rename(from, to) != 0 && errno != ENOENT)
		msg_die(EX_IOERR, "cannot rename %s: %s", msg_safe(slice_str(from), safe, sizeof safe),
		        strerror(errno));
}

#define BEING_MADE ".rebuilding"
#define MADE ".rebuilt"

/* The new one is whole. From here on a kill only puts off what is left to do: its time says the stamp. */
static bool finish(const struct db *d)
{
	char made[PATH_ROOM], from[PATH_ROOM], to[PATH_ROOM], end[100], stamp[STAMP_ROOM];
	struct aside list;
	struct stat st;
	struct tm tm;

	name_beside(d, MADE, made);
	if (lstat(made, &st) != 0)
		return false;
	gmtime_r(&st.st_mtim.tv_sec, &tm);
	strftime(stamp, sizeof stamp, STAMP, &tm);
	for (size_t i = 0; i < PARTS; i++) {
		snprintf(end, sizeof end, ".corrupt-%s%s", stamp, parts[i]);
		name_beside(d, parts[i], from);
		name_beside(d, end, to);
		move(from, to);
	}
	sync_folder(d);
	move(made, d->path);
	sync_folder(d);
	list_aside(d, &list);
	if (list.n > KEPT) {
		list.n--; /* the one that was set aside now is no candidate */
		forget_oldest(d, &list);
	}
	return true;
}

void damage_before_open(struct db *d)
{
	char made[PATH_ROOM];
	struct stat st;

	name_beside(d, MADE, made);
	if (lstat(made, &st) == 0) {
		db_lock(d);
		finish(d);
		db_unlock(d);
	}
	if (lstat(d->path, &st) == 0 && st.st_size == 0 && is_marked(d))
		db_damaged(d, "the file is empty");
}

/* ------------------------------------------------------------------ the new one */

static void refuse_others(const struct db *d)
{
	char file[512];

	if (!is_marked(d) && !salvage_is_ours(d->path))
		msg_die(EX_DATAERR, "%s: not made by wouldblock: left as it is",
		        msg_safe(slice_str(d->path), file, sizeof file));
}

static void refuse_third(const struct db *d, const struct aside *list)
{
	char file[512];

	if (list->n >= KEPT && time(NULL) - time_of(list->stamp[list->n - KEPT]) < KEPT_S)
		msg_die(
		    EX_DATAERR,
		    "%s: damaged for the third time within a day: the disk or the memory seems to be. Nothing is set "
		    "aside any more until %s.corrupt-%s is a day old or gone",
		    msg_safe(slice_str(d->path), file, sizeof file), file, list->stamp[list->n - KEPT]);
}

/* Of this second, or of the first one after it that is free. */
static time_t free_stamp(const struct aside *list)
{
	time_t t = time(NULL);

	if (list->n && t <= time_of(list->stamp[list->n - 1]))
		t = time_of(list->stamp[list->n - 1]) + 1;
	return t;
}

static void unlink_all(const char *name)
{
	char other[PATH_ROOM + 16];
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(other, sizeof other, "%s%s", name, ends[i]);
		unlink(other);
	}
}

static void make(const struct db *d, const struct aside *list)
{
	char name[PATH_ROOM], made[PATH_ROOM], file[512], aside[600], stamp[STAMP_ROOM];
	struct timespec times[2] = {{.tv_sec = free_stamp(list)}, {.tv_sec = free_stamp(list)}};
	struct salvaged got;
	struct tm tm;

	name_beside(d, BEING_MADE, name);
	name_beside(d, MADE, made);
	gmtime_r(&times[1].tv_sec, &tm);
	strftime(stamp, sizeof stamp, STAMP, &tm);
	snprintf(aside, sizeof aside, "%s.corrupt-%s", msg_safe(slice_str(d->path), file, sizeof file), stamp);
	unlink_all(name);
	struct db *fresh = db_create(name);
	salvage(fresh, d->path, aside, &got);
	db_close(fresh);
	if (utimensat(AT_FDCWD, name, times, 0) != 0)
		msg_die(EX_IOERR, "%s: %s", name, strerror(errno));
	move(name, made);
	sync_folder(d);
	msg_warn("%s: set aside as %s; a new one begins with %lld verdicts, answers and mails of the old one%s", file,
	         aside, (long long)got.human, got.human_whole ? "" : ": NOT ALL of them could be read");
}

void damage_replace(const char *path)
{
	struct db *d = db_open_locks(path);
	struct aside list;

	db_lock(d);
	if (!finish(d)) {
		list_aside(d, &list);
		refuse_others(d);
		refuse_third(d, &list);
		make(d, &list);
		finish(d);
	}
	damage_mark(d);
	db_unlock(d);
	db_close(d);
}

/* ------------------------------------------------------------------ is it rebuilt? */

bool damage_is_rebuilding(struct db *d)
{
	sqlite3_stmt *q = db_stmt(d, SQL_READ_META);

	db_bind_slice(q, 1, SLICE(SALVAGE_META));
	bool is = db_step(d, q);
	sqlite3_reset(q);
	return is;
}

void damage_rebuilt(struct db *d)
{
	db_run(d, db_stmt(d, SQL_WRITE_REBUILT));
}
