#include "unfinished.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sysexits.h>

#include "db.h"
#include "msg.h"

/* Rows end at a thing beyond so many bytes. */
#define PART_BYTES (256 * 1024)
/* So much may come to what counts, besides twice that, before it is looked at. */
#define WASTE_BYTES (128 * 1024)
/* What a thing takes, as a guess: so much is there in vain when it is over. */
#define THING_BYTES 128

#define GONE 0x80 /* with the kind: it is over */
#define HEAD_BYTES 13

/* Bytes on their way into the table. */
struct part {
	struct db *db;
	size_t n, cap;
	char bytes[];
};

/* A thing where it lies among all bytes there are. */
struct thing {
	uint64_t key;
	size_t at;
	uint32_t n;
	uint8_t kind; /* perhaps with GONE */
	bool last;    /* nothing was said of it later */
};

struct heap {
	char *bytes;
	size_t n, cap;
	struct thing *thing;
	size_t things, things_cap;
};

struct unfinished {
	struct db *db;
	struct part *now;    /* NULL: nothing was said */
	atomic_size_t count; /* bytes of the table that counted when we looked last */
	size_t since;        /* all others */
	/* of the job that writes all of it anew; here, so that it is found if that fails */
	struct heap heap;
	struct part *last; /* what was said since the table was written */
	unsigned job;
};

struct unfinished *unfinished_new(struct db *d)
{
	struct unfinished *u = xcalloc(1, sizeof *u);

	u->db = d;
	return u;
}

static void heap_release(struct heap *h)
{
	free(h->bytes);
	free(h->thing);
	*h = (struct heap){0};
}

struct unfinished *unfinished_free(struct unfinished *u)
{
	if (!u)
		return NULL;
	heap_release(&u->heap);
	free(u->last);
	free(u->now);
	free(u);
	return NULL;
}

/* ---------------------------------------------------------------------- writing */

static void part_release(void *bytes)
{
	free((char *)bytes - offsetof(struct part, bytes));
}

static void part_write(void *arg)
{
	struct part *p = arg;
	struct db *d = p->db;
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_PENDING);

	/* The statement's from here on: if it fails it does not come back, and lets go of them when it ends. */
	sqlite3_bind_blob(q, 1, p->bytes, (int)p->n, part_release);
	db_run(d, q);
	sqlite3_clear_bindings(q);
}

static void part_send(struct unfinished *u)
{
	if (!u->now)
		return;
	u->since += u->now->n;
	db_later(u->db, part_write, u->now);
	u->now = NULL;
}

static char *part_room(struct unfinished *u, size_t n)
{
	struct part *p = u->now;

	if (!p || p->cap - p->n < n) {
		size_t used = p ? p->n : 0, cap = used < PART_BYTES / 2 ? used * 2 + 1024 : PART_BYTES;
		cap += n;
		p = xrealloc(p, sizeof *p + cap);
		p->db = u->db;
		p->n = used;
		p->cap = cap;
		u->now = p;
	}
	p->n += n;
	return p->bytes + p->n - n;
}

static void say(struct unfinished *u, int kind, uint64_t key, struct slice state)
{
	char *p = part_room(u, HEAD_BYTES + state.n);
	uint32_t n = (uint32_t)state.n;

	p[0] = (char)kind;
	memcpy(p + 1, &key, sizeof key);
	memcpy(p + 1 + sizeof key, &n, sizeof n);
	if (state.n)
		memcpy(p + HEAD_BYTES, state.p, state.n);
	if (u->now->n >= PART_BYTES)
		part_send(u);
}

void unfinished_put(struct unfinished *u, int kind, uint64_t key, struct slice state)
{
	say(u, kind, key, state);
}

void unfinished_drop(struct unfinished *u, int kind, uint64_t key)
{
	say(u, kind | GONE, key, SLICE(""));
	u->since += THING_BYTES;
}

/* ---------------------------------------------------------------------- reading */

static void heap_add(struct heap *h, const struct thing *t)
{
	if (h->things == h->things_cap) {
		h->things_cap = h->things_cap * 2 + 64;
		h->thing = xrealloc(h->thing, h->things_cap * sizeof *h->thing);
	}
	h->thing[h->things++] = *t;
}

/* False: these bytes are not ours. */
static bool part_read(struct heap *h, size_t from)
{
	for (size_t at = from; at < h->n;) {
		struct thing t = {.at = at + HEAD_BYTES};
		if (h->n - at < HEAD_BYTES)
			return false;
		t.kind = (uint8_t)h->bytes[at];
		memcpy(&t.key, h->bytes + at + 1, sizeof t.key);
		memcpy(&t.n, h->bytes + at + 1 + sizeof t.key, sizeof t.n);
		if (h->n - t.at < t.n)
			return false;
		heap_add(h, &t);
		at = t.at + t.n;
	}
	return true;
}

/* Is it the first of its kind and key that is asked about? slot holds numbers of things, from 1. */
static bool thing_is_first(const struct heap *h, uint32_t *slot, size_t mask, const struct thing *t)
{
	size_t i = (size_t)((t->key ^ (uint64_t)(t->kind | GONE) << 56) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	for (; slot[i]; i = (i + 1) & mask) {
		const struct thing *x = &h->thing[slot[i] - 1];
		if (x->key == t->key && (x->kind | GONE) == (t->kind | GONE))
			return false;
	}
	slot[i] = (uint32_t)(t - h->thing) + 1;
	return true;
}

/* Of each thing only the last that was said stays, if it is not that it is over. How many bytes they take. */
static size_t heap_settle(struct heap *h)
{
	size_t mask = 15, kept = 0, bytes = 0;

	while (mask < h->things * 2)
		mask = mask * 2 + 1;
	uint32_t *slot = xcalloc(mask + 1, sizeof *slot);
	for (size_t i = h->things; i-- > 0;)
		h->thing[i].last = thing_is_first(h, slot, mask, &h->thing[i]);
	for (size_t i = 0; i < h->things; i++) {
		const struct thing *t = &h->thing[i];
		if (!t->last || t->kind & GONE)
			continue;
		bytes += HEAD_BYTES + t->n;
		h->thing[kept++] = *t;
	}
	h->things = kept;
	free(slot);
	return bytes;
}

static void heap_take(struct unfinished *u, struct heap *h, const void *bytes, size_t n)
{
	size_t from = h->n;

	if (n == 0)
		return;
	if (!h->bytes || h->cap - h->n < n) {
		h->cap = (h->n + n) * 2;
		h->bytes = xrealloc(h->bytes, h->cap);
	}
	memcpy(h->bytes + h->n, bytes, n);
	h->n += n;
	if (!part_read(h, from))
		msg_die(EX_DATAERR, "%s: what it says of half-finished mails cannot be read", u->db->path);
}

/* Those of the table, and those of a part that is not there yet. */
static void heap_read(struct unfinished *u, const struct part *p)
{
	struct heap *h = &u->heap;
	sqlite3_stmt *q = db_stmt(u->db, SQL_READ_PENDING);

	heap_release(h);
	while (db_step(u->db, q))
		heap_take(u, h, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
	if (p)
		heap_take(u, h, p->bytes, p->n);
	u->count = heap_settle(h);
}

static int thing_order(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

void unfinished_load(struct unfinished *u, void (*thing)(void *arg, int kind, struct slice state), void *arg)
{
	struct heap *h = &u->heap;

	db_await(u->db, u->job);
	heap_read(u, u->now);
	u->since = h->n - u->count;
	if (h->things)
		qsort(h->thing, h->things, sizeof *h->thing, thing_order);
	for (size_t i = 0; i < h->things; i++)
		thing(arg, h->thing[i].kind, slice_of(h->bytes + h->thing[i].at, h->thing[i].n));
	heap_release(h);
}

/* ---------------------------------------------------------------------- all of it */

static void table_renew(void *arg)
{
	struct unfinished *u = arg, all = {.db = u->db};
	const struct heap *h = &u->heap;

	heap_read(u, u->last);
	db_run(u->db, db_stmt(u->db, SQL_WRITE_PENDING_FORGET));
	for (size_t i = 0; i < h->things; i++)
		unfinished_put(&all, h->thing[i].kind, h->thing[i].key,
		               slice_of(h->bytes + h->thing[i].at, h->thing[i].n));
	heap_release(&u->heap);
	free(u->last);
	u->last = NULL;
	if (all.now)
		part_write(all.now);
}

void unfinished_flush(struct unfinished *u)
{
	if (u->now && u->since + u->now->n > u->count * 2 + WASTE_BYTES) {
		db_await(u->db, u->job);
		u->last = u->now;
		u->now = NULL;
		u->since = 0;
		u->job = db_later(u->db, table_renew, u);
	}
	part_send(u);
}

void unfinished_forget(struct unfinished *u)
{
	u->count = u->since = 0;
}
