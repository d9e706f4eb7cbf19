/*
 * A log that was truncated under its writer (copytruncate): what was written
 * between the copy and the truncation is in no file. Nobody can tell whether
 * there was anything, so each time is a hole (faults.md I3 to I8). It is
 * opened in the transaction that gives up the old stream, and closed in the one
 * that begins the next, so that no kill in between hides it.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "follow_i.h"

#define CAUSE "copytruncate seen: loss possible"

/* unread: bytes that were seen there and not read; a copy may have them. */
void cut_open(struct follow *f, struct followed *l, const struct generation *g, int64_t unread)
{
	sqlite3_stmt *q = db_stmt(f->run.db, SQL_WRITE_HOLE_OPEN);

	l->cut = true;
	sqlite3_bind_int64(q, 1, g->gen);
	if (g->last_us != STAMP_NONE)
		sqlite3_bind_int64(q, 2, g->last_us);
	else
		sqlite3_bind_null(q, 2);
	if (unread)
		sqlite3_bind_int64(q, 3, unread);
	else
		sqlite3_bind_null(q, 3);
	db_bind_slice(q, 4, slice_str(CAUSE));
	sqlite3_bind_int64(q, 5, g->log);
	db_run(f->run.db, q);
}

void cut_close(struct follow *f, struct followed *l, int64_t first_us)
{
	sqlite3_stmt *q = db_stmt(f->run.db, SQL_WRITE_HOLE_CLOSE);

	l->cut = false;
	if (first_us == STAMP_NONE)
		return;
	sqlite3_bind_int64(q, 1, first_us);
	db_bind_slice(q, 2, slice_str(CAUSE));
	sqlite3_bind_int64(q, 3, l->log);
	db_run(f->run.db, q);
}

/* When the file was made, microseconds; INT64_MAX if its file system does not know. */
static int64_t born_us(const struct tail *t)
{
	struct statx st;

	if (statx(input_fd(t->in), "", AT_EMPTY_PATH, STATX_BTIME, &st) != 0 || !(st.stx_mask & STATX_BTIME))
		return INT64_MAX;
	return st.stx_btime.tv_sec * INT64_C(1000000) + st.stx_btime.tv_nsec / 1000;
}

static bool in_dir(const struct followed *l, const char *path)
{
	size_t n = strlen(l->dir);

	return strncmp(path, l->dir, n) == 0 && !strchr(path + n, '/');
}

/*
 * The live file is the one that held the stream which a copy holds now: it was
 * copied and truncated while nobody looked on. If the copy is packed or in
 * another folder the file that held the stream may be gone and its inode in use
 * again; but a file that was there before the copy was last written to is no such one.
 */
static bool is_cut(const struct followed *l, const struct input_about *a, const struct generation *g)
{
	if (g->dev != l->live.dev || g->ino != l->live.ino || (a->dev == g->dev && a->ino == g->ino))
		return false;
	return (a->pack == INPUT_PLAIN && in_dir(l, a->path)) || born_us(&l->live) < a->mtime_us;
}

void cut_find(struct follow *f, struct followed *l, const struct input *set)
{
	struct store *store = f->run.store;

	if (!l->live.in || l->live.begun || known_head(&f->run, input_about(l->live.in, 0)))
		return;
	for (size_t i = 0; i < input_count(set); i++) {
		const struct input_about *a = input_about(set, i);
		const struct generation *g = known_head(&f->run, a);
		if (!g || !is_cut(l, a, g))
			continue;
		store_begin(store);
		cut_open(f, l, g, 0);
		store_commit(store, NULL, NULL);
	}
}
