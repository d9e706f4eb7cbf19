/*
 * The write-ahead log: when it is taken over into the database, and who keeps it from that.
 */
#include "db.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define WAL_LONG 500      /* pages: worth a checkpoint in a quiet moment; 4 MB */
#define WAL_TOO_LONG 4000 /* at once; 32 MB */

static void take_over(struct db *d)
{
	int pages = 0, done = 0;

	if (sqlite3_wal_checkpoint_v2(d->h, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &done) == SQLITE_OK)
		d->wal_kept = done < pages ? pages : 0;
}

static int on_commit(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct db *d = arg;

	(void)name;
	(void)h;
	d->wal_pages = pages;
	if (pages >= WAL_TOO_LONG)
		take_over(d);
	return SQLITE_OK;
}

void db_checkpoint_lazily(struct db *d)
{
	sqlite3_wal_hook(d->h, on_commit, d);
}

bool db_checkpoint_is_due(const struct db *d)
{
	return d->wal_pages >= WAL_LONG;
}

/* Under write.lock, as one that a commit makes: SQLite before 3.51.3 does not bear a writer beside it (faults.md 1.7). */
void db_checkpoint(struct db *d)
{
	db_lock(d);
	take_over(d);
	db_unlock(d);
	d->wal_pages = 0; /* if a reader kept it from finishing, the next commit says so */
}

/*
 * The next checkpoint has to wait until all of the log is on the disk; what the
 * disk begins with now it need not wait for then. Nothing depends on it.
 */
void db_wal_hasten(struct db *d)
{
#ifdef SYNC_FILE_RANGE_WRITE
	char path[4096];

	if (d->wal_fd < 0 && snprintf(path, sizeof path, "%s-wal", d->path) < (int)sizeof path)
		d->wal_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (d->wal_fd >= 0)
		(void)sync_file_range(d->wal_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
	(void)d;
#endif
}

int64_t db_wal_kept(const struct db *d)
{
	return (int64_t)d->wal_kept * DB_PAGE;
}
