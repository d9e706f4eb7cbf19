#include "names_i.h"

#include <stdlib.h>

#include "msg.h"

void cache_init(struct cache *c, uint32_t slots)
{
	cache_init_at(c, slots, xcalloc_aligned(slots, sizeof *c->slot, &c->memory));
}

void cache_init_at(struct cache *c, uint32_t slots, void *at)
{
	c->slot = at;
	c->mask = slots / WAYS - 1;
}

static inline struct interned *set_find(struct interned *set, uint64_t hash)
{
	for (int i = 0; i < WAYS; i++)
		if (set[i].hash == hash)
			return &set[i];
	return NULL;
}

static inline int set_used(const struct interned *set)
{
	int n = 0;

	while (n < WAYS && set[n].hash)
		n++;
	return n;
}

/* A text can be in either of two sets, in the other one only if this one held so many by then. */
#define FIRST_WAYS 2

static inline struct interned *set_of(const struct cache *c, uint64_t hash, int which)
{
	return &c->slot[(hash >> (which ? 35 : 7) & c->mask) * WAYS];
}

/* The first set: nearly all are there, or nowhere. */
void cache_fetch(const struct cache *c, uint64_t hash)
{
	if (hash)
		__builtin_prefetch(set_of(c, hash, 0));
}

/* From FIRST_WAYS on the emptier of the two sets, so that both are full only when most are. */
__attribute__((noinline)) static struct interned *slot_of_two(struct cache *c, struct interned *set, uint64_t hash)
{
	struct interned *other = set_of(c, hash, 1), *found;

	if ((found = set_find(other, hash)))
		return found;
	int used = set_used(set), others = set_used(other);
	if (used < WAYS || others < WAYS)
		return used <= others ? &set[used] : &other[others];
	c->holds_all = false;
	c->lost = true;
	memmove(set, set + 1, (WAYS - 1) * sizeof *set); /* the oldest goes */
	set[WAYS - 1].hash = 0;
	return &set[WAYS - 1];
}

struct interned *cache_slot(struct cache *c, uint64_t hash)
{
	struct interned *set = set_of(c, hash, 0), *found;

	if ((found = set_find(set, hash)))
		return found;
	int used = set_used(set);
	return used < FIRST_WAYS ? &set[used] : slot_of_two(c, set, hash);
}

void table_flush(struct table *t)
{
	bulk_flush(t->rows);
	t->written = t->last;
}

void table_need(struct table *t, uint32_t id)
{
	if (id > t->written)
		table_flush(t);
}

void table_search(struct table *t, struct cache *c)
{
	if (c->lost)
		table_flush(t);
	c->lost = false;
}

uint64_t names_hash_of(struct slice text, const uint64_t key[2])
{
	return slice_hash(text, key[0], key[1]) | 1; /* 0 is the empty slot */
}

uint64_t names_hash(const struct names *n, struct slice text)
{
	return names_hash_of(text, n->key);
}

void names_index(struct names *n)
{
	if (n->indexed)
		return;
	n->indexed = true;
	names_flush(n);
	db_exec(n->db, sql_text[SQL_WRITE_NAMES_INDEX]);
}

uint32_t names_answer(struct names *n, sqlite3_stmt *q)
{
	uint32_t id = db_step(n->db, q) ? (uint32_t)sqlite3_column_int64(q, 0) : 0;

	sqlite3_reset(q);
	return id;
}

uint32_t names_row(struct names *n, enum sql_id find, enum sql_id add, struct slice text)
{
	sqlite3_stmt *q = db_stmt(n->db, find);

	db_bind_slice(q, 1, text);
	uint32_t id = names_answer(n, q);
	if (id)
		return id;
	q = db_stmt(n->db, add);
	db_bind_slice(q, 1, text);
	db_run(n->db, q);
	return (uint32_t)sqlite3_last_insert_rowid(n->db->h);
}

uint32_t names_search(struct names *n, struct table *t, struct cache *c, enum sql_id find, struct slice text)
{
	if (c->holds_all)
		return 0;
	names_index(n);
	table_search(t, c);
	sqlite3_stmt *q = db_stmt(n->db, find);
	db_bind_slice(q, 1, text);
	return names_answer(n, q);
}

void cache_clear(struct cache *c)
{
	memset(c->slot, 0, ((size_t)c->mask + 1) * WAYS * sizeof *c->slot);
	c->holds_all = c->lost = false;
}

bool cache_fits(struct cache *c, const struct table *t)
{
	c->holds_all = t->last <= (c->mask + 1) * WAYS / 2;
	return c->holds_all && t->last;
}

void cache_put(struct cache *c, uint64_t hash, uint32_t id, uint32_t more)
{
	*cache_slot(c, hash) = (struct interned){.hash = hash, .id = id, .more = more};
}
