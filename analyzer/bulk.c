#include "bulk.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "../parsers/utf8.h"
#include "db.h"
#include "msg.h"

/* Enough that a statement and a call of the writing thread are little beside the rows, few enough to stay near. */
#define ROWS 512
/* A row that begins beyond so many bytes of text waits for the rows before it to go. */
#define BYTES 32768
/* The writing thread may be as far behind: two batches, while it waits for the disk. */
#define SETS 24

struct cell {
	int64_t value; /* the number, or where the bytes begin */
	uint32_t n;    /* how many */
	uint32_t type; /* of SQLite: SQLITE_NULL ... */
};

struct rows {
	struct bulk *of;
	int n, columns;
	struct cell *cell, *next; /* next: where the last row's next value goes */
	char *bytes;
	size_t bytes_n, bytes_cap;
	enum sql_id then;   /* SQL_COUNT: nothing */
	bool rare;          /* some of them need the statement for all rows */
	atomic_bool flying; /* they are on their way and not ours */
	unsigned flight;    /* what to wait for until they are */
};

struct bulk {
	struct db *db;
	enum sql_id insert, plain; /* plain: for rows that are not rare; SQL_COUNT: none */
	bool numbered;
	int columns;
	struct rows set[SETS], *now; /* one fills while those before it fly; made when they are needed */
};

/* ------------------------------------------------------------ the virtual table */

/* The rows, as the statement's parameter names them. */
#define POINTER "wouldblock-bulk"

struct cursor {
	sqlite3_vtab_cursor base;
	const struct rows *rows;
	const struct cell *cell; /* the first of this row */
	int row, columns;
};

static int table_connect(sqlite3 *h, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **error)
{
	(void)aux, (void)argc, (void)argv, (void)error;
	int rc =
	    sqlite3_declare_vtab(h, "CREATE TABLE bulk (rows HIDDEN, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, "
	                            "c12, c13, c14, c15, c16, c17, c18, c19)");
	if (rc != SQLITE_OK)
		return rc;
	*out = sqlite3_malloc(sizeof **out);
	if (!*out)
		return SQLITE_NOMEM;
	memset(*out, 0, sizeof **out);
	return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *t)
{
	sqlite3_free(t);
	return SQLITE_OK;
}

/* There is one way to read it: all rows of the parameter. */
static int table_plan(sqlite3_vtab *t, sqlite3_index_info *plan)
{
	(void)t;
	for (int i = 0; i < plan->nConstraint; i++)
		if (plan->aConstraint[i].iColumn == 0 && plan->aConstraint[i].usable &&
		    plan->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_EQ) {
			plan->aConstraintUsage[i].argvIndex = 1;
			plan->aConstraintUsage[i].omit = 1;
			return SQLITE_OK;
		}
	return SQLITE_CONSTRAINT;
}

static int cursor_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
	struct cursor *c = sqlite3_malloc(sizeof *c);

	(void)t;
	if (!c)
		return SQLITE_NOMEM;
	memset(c, 0, sizeof *c);
	*out = &c->base;
	return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
	sqlite3_free(base);
	return SQLITE_OK;
}

static int cursor_first(sqlite3_vtab_cursor *base, int plan, const char *name, int argc, sqlite3_value **argv)
{
	struct cursor *c = (struct cursor *)base;

	(void)plan, (void)name;
	c->rows = argc == 1 ? sqlite3_value_pointer(argv[0], POINTER) : NULL;
	c->row = 0;
	c->cell = c->rows ? c->rows->cell : NULL;
	c->columns = c->rows ? c->rows->columns : 0;
	return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
	struct cursor *c = (struct cursor *)base;

	c->row++;
	c->cell += c->columns;
	return SQLITE_OK;
}

static int cursor_ended(sqlite3_vtab_cursor *base)
{
	const struct cursor *c = (const struct cursor *)base;

	return !c->rows || c->row >= c->rows->n;
}

static int cursor_value(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
	const struct cursor *c = (const struct cursor *)base;

	if ((unsigned)column - 1 >= (unsigned)c->columns) /* 0 is the parameter */
		return SQLITE_OK;
	const struct cell *x = &c->cell[column - 1];
	if (x->type == SQLITE_INTEGER)
		sqlite3_result_int64(out, x->value);
	else if (x->type == SQLITE_TEXT)
		sqlite3_result_text(out, c->rows->bytes + x->value, (int)x->n, SQLITE_STATIC);
	else if (x->type == SQLITE_BLOB)
		sqlite3_result_blob(out, c->rows->bytes + x->value, (int)x->n, SQLITE_STATIC);
	return SQLITE_OK;
}

static int cursor_place(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
	*out = ((const struct cursor *)base)->row;
	return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_first,
    .xNext = cursor_next,
    .xEof = cursor_ended,
    .xColumn = cursor_value,
    .xRowid = cursor_place,
};

/* ------------------------------------------------------------------------ rows */

static struct rows *set_made(struct bulk *b, struct rows *r)
{
	if (r->of)
		return r;
	r->of = b;
	r->columns = b->columns;
	r->then = SQL_COUNT;
	r->cell = xcalloc(ROWS * (size_t)b->columns, sizeof *r->cell);
	r->bytes_cap = 1024; /* never none: to SQLite text at no address is NULL, not empty */
	r->bytes = xmalloc(r->bytes_cap);
	return r;
}

struct bulk *bulk_new(struct db *d, enum sql_id insert, int columns)
{
	struct bulk *b = xcalloc(1, sizeof *b);
	sqlite3_stmt *q;

	db_settle(d);
	/* The first of a connection brings the table; to bring it again would disturb statements that use it. */
	if (sqlite3_prepare_v2(d->h, "SELECT c1 FROM bulk(NULL)", -1, &q, NULL) == SQLITE_OK)
		sqlite3_finalize(q);
	else if (sqlite3_create_module(d->h, "bulk", &module, NULL) != SQLITE_OK)
		db_fail(d, NULL, sqlite3_errcode(d->h));
	b->db = d;
	b->insert = insert;
	b->plain = SQL_COUNT;
	b->columns = columns;
	b->now = set_made(b, &b->set[0]);
	return b;
}

struct bulk *bulk_new_numbered(struct db *d, enum sql_id insert, int columns)
{
	struct bulk *b = bulk_new(d, insert, columns);

	b->numbered = true;
	return b;
}

struct bulk *bulk_free(struct bulk *b)
{
	if (!b)
		return NULL;
	db_settle(b->db);
	for (int i = 0; i < SETS; i++) {
		free(b->set[i].cell);
		free(b->set[i].bytes);
	}
	free(b);
	return NULL;
}

void bulk_row(struct bulk *b)
{
	if (b->now->n == ROWS || b->now->bytes_n >= BYTES)
		bulk_flush(b);
	b->now->next = &b->now->cell[b->now->n++ * b->now->columns];
}

static struct cell *cell_next(struct bulk *b)
{
	return b->now->next++;
}

void bulk_number(struct bulk *b, int64_t v)
{
	*cell_next(b) = (struct cell){.value = v, .type = SQLITE_INTEGER};
}

void bulk_null(struct bulk *b)
{
	*cell_next(b) = (struct cell){.type = SQLITE_NULL};
}

void bulk_id(struct bulk *b, uint32_t id)
{
	*cell_next(b) = (struct cell){.value = id, .type = id ? SQLITE_INTEGER : SQLITE_NULL};
}

static void bytes_put(struct bulk *b, struct slice v, uint32_t type)
{
	struct rows *r = b->now;

	if (r->bytes_n + v.n > r->bytes_cap) {
		r->bytes_cap = (r->bytes_n + v.n) * 2;
		r->bytes = xrealloc(r->bytes, r->bytes_cap);
	}
	*cell_next(b) = (struct cell){.value = (int64_t)r->bytes_n, .n = (uint32_t)v.n, .type = type};
	if (v.n)
		memcpy(r->bytes + r->bytes_n, v.p, v.n);
	r->bytes_n += v.n;
}

void bulk_text(struct bulk *b, struct slice v)
{
	if (!slice_is_set(v))
		bulk_null(b);
	else
		bytes_put(b, v, utf8_is_text(v) ? SQLITE_TEXT : SQLITE_BLOB);
}

void bulk_blob(struct bulk *b, struct slice v)
{
	bytes_put(b, v, SQLITE_BLOB);
}

/* Mostly asked about a row that has come lately. */
static struct cell *row_find(const struct bulk *b, int64_t first)
{
	const struct rows *r = b->now;

	if (b->numbered) { /* without a gap */
		int64_t i = r->n ? first - r->cell->value : -1;
		return i >= 0 && i < r->n ? &r->cell[i * r->columns] : NULL;
	}
	for (int i = r->n; i-- > 0;)
		if (r->cell[i * r->columns].value == first)
			return &r->cell[i * r->columns];
	return NULL;
}

bool bulk_has(const struct bulk *b, int64_t first)
{
	return row_find(b, first) != NULL;
}

bool bulk_fill(struct bulk *b, int64_t first, int column, int64_t v)
{
	struct cell *x = row_find(b, first);

	if (!x || x[column - 1].type != SQLITE_NULL)
		return false;
	x[column - 1] = (struct cell){.value = v, .type = SQLITE_INTEGER};
	return true;
}

void bulk_plain(struct bulk *b, enum sql_id insert)
{
	b->plain = insert;
}

void bulk_rare(struct bulk *b)
{
	b->now->rare = true;
}

void bulk_then(struct bulk *b, enum sql_id statement)
{
	b->now->then = statement;
}

static void rows_give(struct rows *r, enum sql_id statement)
{
	struct db *d = r->of->db;
	sqlite3_stmt *q = db_stmt(d, statement);

	sqlite3_bind_pointer(q, 1, r, POINTER, NULL);
	db_run(d, q);
}

static void check_numbers(const struct rows *r)
{
	if (sqlite3_last_insert_rowid(r->of->db->h) != r->cell[(r->n - 1) * r->columns].value)
		msg_bug("%s: other numbers than expected", sql_name[r->of->insert]);
}

static void rows_write(void *arg)
{
	struct rows *r = arg;

	rows_give(r, r->rare || r->of->plain == SQL_COUNT ? r->of->insert : r->of->plain);
	if (r->of->numbered)
		check_numbers(r);
	if (r->then != SQL_COUNT)
		rows_give(r, r->then);
	r->n = 0;
	r->bytes_n = 0;
	r->then = SQL_COUNT;
	r->rare = false;
	r->flying = false;
}

/* The first that is ours, not the one after the last: those used lately are near, and most tables need few. */
static struct rows *set_landed(struct bulk *b)
{
	struct rows *oldest = b->now == b->set ? b->set + 1 : b->set;

	for (struct rows *r = b->set; r < b->set + SETS; r++) {
		if (r == b->now)
			continue;
		if (!r->flying)
			return r;
		if ((int)(r->flight - oldest->flight) < 0)
			oldest = r;
	}
	db_await(b->db, oldest->flight);
	return oldest;
}

void bulk_flush(struct bulk *b)
{
	struct rows *r = b->now, *next;

	if (r->n == 0)
		return;
	next = set_landed(b);
	r->flying = true;
	b->now = set_made(b, next);
	r->flight = db_later(b->db, rows_write, r);
}
