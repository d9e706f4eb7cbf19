#include "bulk.h"

#include <stdlib.h>

#include "../parsers/utf8.h"
#include "db.h"
#include "msg.h"

/* Enough that the statement's own cost is little beside the rows', few enough that bulk_has may look at all. */
#define ROWS 256
/* A row that begins beyond so many bytes of text waits for the rows before it to go. */
#define BYTES 32768

struct cell {
	int64_t value; /* the number, or where the bytes begin */
	uint32_t n;    /* how many */
	uint32_t type; /* of SQLite: SQLITE_NULL ... */
};

struct bulk {
	struct db *db;
	enum sql_id insert;
	int columns, rows;
	struct cell *cell, *next; /* next: where the last row's next value goes */
	char *bytes;
	size_t bytes_n, bytes_cap;
};

/* ------------------------------------------------------------ the virtual table */

/* The rows, as the statement's parameter names them. */
#define POINTER "wouldblock-bulk"

struct cursor {
	sqlite3_vtab_cursor base;
	const struct bulk *rows;
	const struct cell *cell; /* the first of this row */
	int row;
};

static int table_connect(sqlite3 *h, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **error)
{
	(void)aux, (void)argc, (void)argv, (void)error;
	int rc =
	    sqlite3_declare_vtab(h, "CREATE TABLE bulk (rows HIDDEN, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, "
	                            "c12, c13, c14, c15, c16)");
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
	return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
	struct cursor *c = (struct cursor *)base;

	c->row++;
	c->cell += c->rows->columns;
	return SQLITE_OK;
}

static int cursor_ended(sqlite3_vtab_cursor *base)
{
	const struct cursor *c = (const struct cursor *)base;

	return !c->rows || c->row >= c->rows->rows;
}

static int cursor_value(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
	const struct cursor *c = (const struct cursor *)base;

	if (column < 1 || column > c->rows->columns)
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

struct bulk *bulk_new(struct db *d, enum sql_id insert, int columns)
{
	struct bulk *b = xcalloc(1, sizeof *b);
	sqlite3_stmt *q;

	/* The first of a connection brings the table; to bring it again would disturb statements that use it. */
	if (sqlite3_prepare_v2(d->h, "SELECT c1 FROM bulk(NULL)", -1, &q, NULL) == SQLITE_OK)
		sqlite3_finalize(q);
	else if (sqlite3_create_module(d->h, "bulk", &module, NULL) != SQLITE_OK)
		db_fail(d, NULL, sqlite3_errcode(d->h));
	b->db = d;
	b->insert = insert;
	b->columns = columns;
	b->cell = xcalloc(ROWS * (size_t)columns, sizeof *b->cell);
	b->bytes_cap = 1024; /* never none: to SQLite text at no address is NULL, not empty */
	b->bytes = xmalloc(b->bytes_cap);
	return b;
}

struct bulk *bulk_free(struct bulk *b)
{
	if (!b)
		return NULL;
	free(b->cell);
	free(b->bytes);
	free(b);
	return NULL;
}

void bulk_row(struct bulk *b)
{
	if (b->rows == ROWS || b->bytes_n >= BYTES)
		bulk_flush(b);
	b->next = &b->cell[b->rows++ * b->columns];
}

static struct cell *cell_next(struct bulk *b)
{
	return b->next++;
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
	if (b->bytes_n + v.n > b->bytes_cap) {
		b->bytes_cap = (b->bytes_n + v.n) * 2;
		b->bytes = xrealloc(b->bytes, b->bytes_cap);
	}
	*cell_next(b) = (struct cell){.value = (int64_t)b->bytes_n, .n = (uint32_t)v.n, .type = type};
	if (v.n)
		memcpy(b->bytes + b->bytes_n, v.p, v.n);
	b->bytes_n += v.n;
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

bool bulk_has(const struct bulk *b, int64_t first)
{
	const struct cell *x = b->cell;

	for (int i = 0; i < b->rows; i++, x += b->columns)
		if (x->value == first)
			return true;
	return false;
}

void bulk_flush(struct bulk *b)
{
	if (b->rows == 0)
		return;
	sqlite3_stmt *q = db_stmt(b->db, b->insert);
	sqlite3_bind_pointer(q, 1, b, POINTER, NULL);
	db_run(b->db, q);
	b->rows = 0;
	b->bytes_n = 0;
}
