#include "generation.h"

#include "db.h"
#include "msg.h"

uint32_t generation_next(struct db *d)
{
	sqlite3_stmt *q = db_stmt(d, SQL_READ_GENERATION_NEXT);
	uint32_t gen = db_step(d, q) ? (uint32_t)sqlite3_column_int64(q, 0) : 1;

	sqlite3_reset(q);
	return gen;
}

static size_t copy_column(sqlite3_stmt *q, int at, char *to, size_t cap)
{
	struct slice v = db_column_slice(q, at);
	size_t n = v.n < cap ? v.n : cap;

	if (n)
		memcpy(to, v.p, n);
	return n;
}

static void generation_read(sqlite3_stmt *q, struct generation *g)
{
	memset(g, 0, sizeof *g);
	g->gen = (uint32_t)sqlite3_column_int64(q, 0);
	g->log = (uint32_t)sqlite3_column_int64(q, 1);
	g->base = sqlite3_column_int64(q, 2);
	g->off = sqlite3_column_int64(q, 3);
	g->head_n = copy_column(q, 4, g->head, sizeof g->head);
	g->seam_n = copy_column(q, 5, g->seam, sizeof g->seam);
	g->dev = (uint64_t)sqlite3_column_int64(q, 6);
	g->ino = (uint64_t)sqlite3_column_int64(q, 7);
	g->first_us = sqlite3_column_type(q, 8) == SQLITE_NULL ? STAMP_NONE : sqlite3_column_int64(q, 8);
	g->last_us = sqlite3_column_type(q, 9) == SQLITE_NULL ? STAMP_NONE : sqlite3_column_int64(q, 9);
	stamp_clock_init(&g->clock, sqlite3_column_int(q, 10));
	g->clock.month = sqlite3_column_int(q, 11);
	g->clock.anchored = sqlite3_column_int(q, 12) != 0;
	g->clock.folded = sqlite3_column_int(q, 13) != 0;
	g->clock.last_us = g->last_us;
	g->unsure = sqlite3_column_int(q, 14) != 0;
	copy_column(q, 15, g->family, sizeof g->family - 1);
	g->rotation = sqlite3_column_int(q, 16);
	g->dated = sqlite3_column_int64(q, 17);
	g->state = sqlite3_column_int(q, 18);
	copy_column(q, 19, g->path, sizeof g->path - 1);
	g->stored = true;
}

struct generation *generation_list(struct db *d, size_t *n)
{
	sqlite3_stmt *q = db_stmt(d, SQL_READ_GENERATIONS);
	struct generation *all = NULL;
	size_t cap = 0;

	*n = 0;
	while (db_step(d, q)) {
		if (*n == cap) {
			cap = cap ? cap * 2 : 16;
			all = xrealloc(all, cap * sizeof *all);
		}
		generation_read(q, &all[(*n)++]);
	}
	return all;
}

static void bind_time(sqlite3_stmt *q, int at, int64_t us)
{
	if (us == STAMP_NONE)
		sqlite3_bind_null(q, at);
	else
		sqlite3_bind_int64(q, at, us);
}

void generation_write(struct db *d, const struct generation *g)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_GENERATION);

	sqlite3_bind_int64(q, 1, g->gen);
	sqlite3_bind_int64(q, 2, g->log);
	sqlite3_bind_int64(q, 3, g->base);
	sqlite3_bind_int64(q, 4, g->off);
	sqlite3_bind_blob(q, 5, g->head, (int)g->head_n, SQLITE_STATIC);
	sqlite3_bind_blob(q, 6, g->seam, (int)g->seam_n, SQLITE_STATIC);
	sqlite3_bind_int64(q, 7, (int64_t)g->dev);
	sqlite3_bind_int64(q, 8, (int64_t)g->ino);
	bind_time(q, 9, g->first_us);
	bind_time(q, 10, g->last_us);
	sqlite3_bind_int(q, 11, g->clock.year);
	sqlite3_bind_int(q, 12, g->clock.month);
	sqlite3_bind_int(q, 13, g->clock.anchored);
	sqlite3_bind_int(q, 14, g->clock.folded);
	sqlite3_bind_int(q, 15, g->unsure);
	db_bind_slice(q, 16, slice_str(g->family));
	sqlite3_bind_int(q, 17, g->rotation);
	sqlite3_bind_int64(q, 18, g->dated);
	db_bind_slice(q, 19, slice_str(g->path));
	sqlite3_bind_int(q, 20, g->state);
	db_bind_id(q, 21, g->follows);
	db_run(d, q);
}
