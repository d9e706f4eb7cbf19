#include "names_i.h"

#include <stdlib.h>

#include "large.h"
#include "msg.h"
#include "own.h"

/* -------------------------------------------------------------------- addresses */

/* What belongs to a row's number, by a query if another number has its place. */
static struct known *known_of(struct names *n, struct known *all, size_t places, struct table *t, enum sql_id query,
                              uint32_t id)
{
	struct known *k = &all[id % places];

	if (k->id == id)
		return k;
	table_need(t, id);
	if (t == &n->address)
		bulk_flush(n->domain_rows);
	sqlite3_stmt *q = db_stmt(n->db, query);
	sqlite3_bind_int64(q, 1, id);
	*k = (struct known){.id = id};
	if (db_step(n->db, q)) {
		k->first = (uint32_t)sqlite3_column_int64(q, 0);
		k->second = sqlite3_column_count(q) > 1 ? (uint32_t)sqlite3_column_int64(q, 1) : 0;
	}
	sqlite3_reset(q);
	return k;
}

static void know(struct known *all, size_t places, uint32_t id, uint32_t first, uint32_t second)
{
	all[id % places] = (struct known){id, first, second};
}

static struct known *address_known(struct names *n, uint32_t address)
{
	return known_of(n, n->address_known, ADDRESSES, &n->address, SQL_READ_ADDRESS_KNOWN, address);
}

uint32_t names_fold(struct names *n, uint32_t address)
{
	return address_known(n, address)->first;
}

static uint32_t address_row(struct names *n, struct slice text, uint32_t *fold)
{
	char buf[2048];
	uint32_t id = names_search(n, &n->address, &n->addresses, SQL_READ_ADDRESS_ID, text);

	if (id) {
		*fold = names_fold(n, id);
		return id;
	}
	/* Most addresses are folded already: their row says so by having no other. */
	struct slice bare = slice_ends(text, SLICE(".")) ? slice_head(text, text.n - 1) : text;
	struct slice folded = slice_fold(bare, buf, sizeof buf);
	uint32_t other = slice_eq(folded, text) ? 0 : names_address(n, folded, 0);
	id = ++n->address.last;
	*fold = other ? other : id;
	bulk_row(n->address.rows);
	bulk_number(n->address.rows, id);
	bulk_text(n->address.rows, text);
	bulk_id(n->address.rows, other);
	bulk_null(n->address.rows);
	know(n->address_known, ADDRESSES, id, *fold, 0);
	return id;
}

uint32_t names_address(struct names *n, struct slice text, uint64_t hash)
{
	if (!hash)
		hash = names_hash(n, text);
	struct interned *slot = cache_slot(&n->addresses, hash);

	if (slot->hash != hash) {
		uint32_t fold, id = address_row(n, text, &fold);
		slot = cache_slot(&n->addresses, hash); /* the folded spelling may have taken the place */
		*slot = (struct interned){.hash = hash, .id = id, .more = fold};
	}
	return slot->id;
}

/* ---------------------------------------------------------------- senders' domains */

static uint32_t domain_row(struct names *n, struct slice text)
{
	char buf[1024];
	struct slice name = own_domain(text, buf, sizeof buf);
	uint64_t hash = names_hash(n, name);
	struct interned *slot = cache_slot(&n->domains_named, hash);

	if (slot->hash != hash) {
		*slot = (struct interned){.hash = hash, .id = names_row(n, SQL_READ_DOMAIN_ID, SQL_WRITE_DOMAIN, name)};
		own_add(n->own, name);
	}
	return slot->id;
}

/* With the address, if that still waits to be written, else behind it. */
static void domain_write(struct names *n, uint32_t address, uint32_t domain)
{
	if (bulk_fill(n->address.rows, address, ADDRESS_DOMAIN, domain))
		return;
	bulk_row(n->domain_rows);
	bulk_number(n->domain_rows, address);
	bulk_number(n->domain_rows, domain);
}

uint32_t names_domain_of(struct names *n, uint32_t address)
{
	return address_known(n, address)->second;
}

uint32_t names_sender_domain(struct names *n, uint32_t address, struct slice text, bool *made)
{
	uint32_t domain = names_domain_of(n, address);

	*made = !domain;
	if (domain)
		return domain;
	domain = domain_row(n, text);
	domain_write(n, address, domain);
	address_known(n, address)->second = domain;
	return domain;
}

bool names_is_own(const struct names *n, struct slice address)
{
	return own_has(n->own, address);
}

/* ---------------------------------------------------------------------- clients */

static uint32_t source_search(struct names *n, struct slice kind, struct slice name, struct slice domain)
{
	if (n->sources_named.holds_all)
		return 0;
	table_search(&n->source, &n->sources_named);
	sqlite3_stmt *q = db_stmt(n->db, SQL_READ_SOURCE_ID);
	db_bind_slice(q, 1, kind);
	db_bind_slice(q, 2, name);
	db_bind_slice(q, 3, domain);
	return names_answer(n, q);
}

static uint32_t source_row(struct names *n, struct slice kind, struct slice name, struct slice domain)
{
	struct bulk *rows = n->source.rows;
	uint32_t id = source_search(n, kind, name, domain);

	if (id)
		return id;
	bulk_row(rows);
	bulk_number(rows, ++n->source.last);
	bulk_text(rows, kind);
	bulk_text(rows, name);
	bulk_text(rows, domain);
	return n->source.last;
}

static uint64_t source_hash(const struct names *n, struct slice kind, struct slice name, struct slice domain)
{
	return (names_hash(n, name) * 31 + names_hash(n, domain)) * 31 + (kind.n ? (unsigned char)kind.p[0] : 0);
}

/* Which source is the first of its name is known without asking as long as all names are at hand. */
static void source_name_note(struct names *n, struct slice name, uint32_t source)
{
	uint64_t hash = names_hash(n, name);
	struct interned *slot = cache_slot(&n->source_names, hash);

	if (slot->hash != hash)
		*slot = (struct interned){.hash = hash, .id = source};
	if (n->source_names.holds_all)
		know(n->source_known, SOURCES, source, slot->id, 0);
}

static uint32_t intern_source(struct names *n, const struct source_name *source)
{
	struct slice kind = slice_str(source_kind_name(source->kind)), name = slice_str(source->text);
	struct slice domain = slice_str(source->domain);
	uint64_t hash = source_hash(n, kind, name, domain);
	struct interned *slot = cache_slot(&n->sources_named, hash);

	if (slot->hash != hash) {
		*slot = (struct interned){.hash = hash, .id = source_row(n, kind, name, domain)};
		source_name_note(n, name, slot->id);
	}
	return slot->id;
}

static bool client_search(struct names *n, struct slice name, struct slice ip, struct interned *found)
{
	if (n->clients.holds_all)
		return false;
	names_index(n);
	table_search(&n->client, &n->clients);
	sqlite3_stmt *q = db_stmt(n->db, SQL_READ_CLIENT_ID);
	db_bind_slice(q, 1, ip);
	db_bind_slice(q, 2, name);
	bool known = db_step(n->db, q);
	if (known)
		*found = (struct interned){.id = (uint32_t)sqlite3_column_int64(q, 0),
		                           .more = (uint32_t)sqlite3_column_int64(q, 1)};
	sqlite3_reset(q);
	return known;
}

static struct interned client_row(struct names *n, struct slice name, struct slice ip)
{
	struct bulk *rows = n->client.rows;
	struct source_name source;
	struct interned found;
	struct ip address;

	if (client_search(n, name, ip, &found))
		return found;
	origin_name(n->origin, name, ip, &source);
	uint32_t id = intern_source(n, &source);
	bulk_row(rows);
	bulk_number(rows, ++n->client.last);
	bulk_text(rows, name);
	bulk_text(rows, ip);
	if (ip_parse(ip, &address))
		bulk_blob(rows, slice_of((const char *)address.b, sizeof address.b));
	else
		bulk_null(rows);
	bulk_number(rows, id);
	know(n->client_known, CLIENTS, n->client.last, id, 0);
	return (struct interned){.id = n->client.last, .more = id};
}

static uint64_t client_hash(const uint64_t key[2], struct slice ip, struct slice name)
{
	return names_hash_of(ip, key) * 31 + names_hash_of(name, key);
}

static struct slice text_or_none(struct slice s)
{
	return slice_is_set(s) ? s : SLICE("");
}

static struct interned *client_of(struct names *n, struct slice name, struct slice ip, uint64_t hash)
{
	name = text_or_none(name);
	ip = text_or_none(ip);
	if (!hash)
		hash = client_hash(n->key, ip, name);
	struct interned *slot = cache_slot(&n->clients, hash);
	if (slot->hash != hash) {
		*slot = client_row(n, name, ip);
		slot->hash = hash;
	}
	if (n->client.last > CLIENTS) /* another one may have its place */
		know(n->client_known, CLIENTS, slot->id, slot->more, 0);
	return slot;
}

uint32_t names_client(struct names *n, struct slice name, struct slice ip, uint64_t hash)
{
	return client_of(n, name, ip, hash)->id;
}

uint32_t names_source(struct names *n, uint32_t client)
{
	return known_of(n, n->client_known, CLIENTS, &n->client, SQL_READ_CLIENT_SOURCE, client)->first;
}

uint32_t names_source_named(struct names *n, uint32_t client)
{
	return known_of(n, n->source_known, SOURCES, &n->source, SQL_READ_SOURCE_NAMED, names_source(n, client))->first;
}

/* ------------------------------------------------------------------------ ahead */

void names_look_ahead(struct names_ahead *a, const struct record *r, const uint64_t key[2])
{
	a->client = client_hash(key, text_or_none(r->client_ip), text_or_none(r->client_name));
	a->sender = slice_is_set(r->sender) ? names_hash_of(r->sender, key) : 0;
	a->recipient = slice_is_set(r->recipient) ? names_hash_of(r->recipient, key) : 0;
	a->helo = slice_is_set(r->helo) ? names_hash_of(r->helo, key) : 0;
}

void names_fetch(const struct names *n, const struct names_ahead *a)
{
	cache_fetch(&n->clients, a->client);
	cache_fetch(&n->addresses, a->sender);
	cache_fetch(&n->addresses, a->recipient);
	cache_fetch(&n->words, a->helo);
}

/* -------------------------------------------------------------------------- birth */

static void rules_load(struct names *n)
{
	sqlite3_stmt *q;

	for (int i = 0; i < n->rules->count; i++) {
		q = db_stmt(n->db, SQL_WRITE_RULE);
		db_bind_slice(q, 1, slice_str(n->rules->rule[i].name));
		db_bind_slice(q, 2, slice_str(n->rules->rule[i].title));
		db_run(n->db, q);
	}
	q = db_stmt(n->db, SQL_READ_RULE_IDS);
	while (db_step(n->db, q)) {
		int id = sqlite3_column_int(q, 0);
		struct slice name = db_column_slice(q, 1);
		for (int i = 0; i < n->rules->count; i++)
			if (slice_eq(slice_str(n->rules->rule[i].name), name))
				n->rule_id[i + 1] = id;
		if (id > RULES_MAX)
			msg_die(78, "more than %d rules were ever used with this database", RULES_MAX);
	}
}

uint32_t names_host(struct names *n, struct slice name)
{
	uint64_t hash = names_hash(n, slice_is_set(name) ? name : SLICE(""));
	struct interned *slot = cache_slot(&n->hosts, hash);

	if (slot->hash != hash)
		*slot = (struct interned){
		    .hash = hash,
		    .id = names_row(n, SQL_READ_HOST_ID, SQL_WRITE_HOST, slice_is_set(name) ? name : SLICE(""))};
	return slot->id;
}

uint32_t names_log(struct names *n, struct slice name)
{
	return names_row(n, SQL_READ_LOG_ID, SQL_WRITE_LOG, name);
}

static void own_load(struct names *n)
{
	char buf[512];
	sqlite3_stmt *q = db_stmt(n->db, SQL_READ_DOMAINS);

	n->own = own_new(n->key);
	for (size_t i = 0; i < n->own_settings_n; i++)
		own_add(n->own, slice_fold(n->own_settings[i], buf, sizeof buf));
	while (db_step(n->db, q))
		own_add(n->own, db_column_slice(q, 0));
}

static void tables_load(struct names *n)
{
	struct table *const tables[] = {&n->address, &n->client, &n->word, &n->source};
	sqlite3_stmt *q = db_stmt(n->db, SQL_READ_NAMES_LAST);

	db_step(n->db, q);
	for (int i = 0; i < 4; i++)
		tables[i]->last = tables[i]->written = (uint32_t)sqlite3_column_int64(q, i);
	sqlite3_reset(q);
}

static uint32_t column_id(sqlite3_stmt *q, int at)
{
	return (uint32_t)sqlite3_column_int64(q, at);
}

/* Whoever has all names at hand knows a new one without asking, and needs no index. */
static void caches_load(struct names *n)
{
	sqlite3_stmt *q;

	if (cache_fits(&n->addresses, &n->address))
		for (q = db_stmt(n->db, SQL_READ_NAMES_ADDRESSES); db_step(n->db, q);) {
			uint32_t id = column_id(q, 0);
			cache_put(&n->addresses, names_hash(n, db_column_slice(q, 1)), id, column_id(q, 2));
			know(n->address_known, ADDRESSES, id, column_id(q, 2), column_id(q, 3));
		}
	if (cache_fits(&n->clients, &n->client))
		for (q = db_stmt(n->db, SQL_READ_NAMES_CLIENTS); db_step(n->db, q);) {
			uint32_t id = column_id(q, 0), source = column_id(q, 3);
			cache_put(&n->clients, client_hash(n->key, db_column_slice(q, 1), db_column_slice(q, 2)), id,
			          source);
			know(n->client_known, CLIENTS, id, source, 0);
		}
	if (cache_fits(&n->words, &n->word))
		for (q = db_stmt(n->db, SQL_READ_NAMES_WORDS); db_step(n->db, q);)
			cache_put(&n->words, names_hash(n, db_column_slice(q, 1)), column_id(q, 0), 0);
	cache_fits(&n->source_names, &n->source);
	if (cache_fits(&n->sources_named, &n->source))
		for (q = db_stmt(n->db, SQL_READ_NAMES_SOURCES); db_step(n->db, q);) {
			cache_put(&n->sources_named,
			          source_hash(n, db_column_slice(q, 1), db_column_slice(q, 2), db_column_slice(q, 3)),
			          column_id(q, 0), 0);
			source_name_note(n, db_column_slice(q, 2), column_id(q, 0));
		}
}

void names_flush(struct names *n)
{
	table_flush(&n->address);
	bulk_flush(n->domain_rows);
	table_flush(&n->client);
	table_flush(&n->word);
	table_flush(&n->source);
}

void names_forget(struct names *n)
{
	struct cache *const caches[] = {&n->addresses,    &n->clients, &n->words,         &n->texts,
	                                &n->services,     &n->lines,   &n->sources_named, &n->domains_named,
	                                &n->source_names, &n->hosts};

	for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
		cache_clear(caches[i]);
	memset(n->line_again, 0, sizeof n->line_again);
	memset(n->address_known, 0, ADDRESSES * sizeof *n->address_known);
	memset(n->client_known, 0, CLIENTS * sizeof *n->client_known);
	memset(n->source_known, 0, SOURCES * sizeof *n->source_known);
	tables_load(n);
	caches_load(n);
	own_free(n->own);
	own_load(n);
	memset(n->text_rule, 0, n->text_rules);
}

#define LARGE_BYTES ((ADDRESSES + CLIENTS + WORDS) * sizeof(struct interned) + (size_t)ADDRESSES * sizeof(struct known))

static void large_init(struct names *n)
{
	struct interned *slots = n->large = large_new(LARGE_BYTES, &n->large_memory);

	cache_init_at(&n->addresses, ADDRESSES, slots);
	cache_init_at(&n->clients, CLIENTS, slots + ADDRESSES);
	cache_init_at(&n->words, WORDS, slots + ADDRESSES + CLIENTS);
	n->address_known = (struct known *)(void *)(slots + ADDRESSES + CLIENTS + WORDS);
}

struct names *names_new(struct db *d, struct rules *rules, const struct origin *origin, const struct slice *own,
                        size_t own_n, const uint64_t key[2])
{
	struct names *n = xcalloc(1, sizeof *n);

	n->db = d;
	n->rules = rules;
	n->origin = origin;
	n->key[0] = key[0];
	n->key[1] = key[1];
	n->client_known = xcalloc(CLIENTS, sizeof *n->client_known);
	n->source_known = xcalloc(SOURCES, sizeof *n->source_known);
	large_init(n);
	cache_init(&n->texts, 8192);
	cache_init(&n->services, 256);
	cache_init(&n->lines, 4096);
	cache_init(&n->sources_named, SOURCES);
	cache_init(&n->source_names, SOURCES);
	cache_init(&n->domains_named, 1024);
	cache_init(&n->hosts, 256);
	n->address.rows = bulk_new_numbered(d, SQL_WRITE_ADDRESS, ADDRESS_DOMAIN);
	n->domain_rows = bulk_new(d, SQL_WRITE_ADDRESS_DOMAINS, 2);
	n->client.rows = bulk_new_numbered(d, SQL_WRITE_CLIENT, 5);
	n->word.rows = bulk_new_numbered(d, SQL_WRITE_WORD, 2);
	n->source.rows = bulk_new_numbered(d, SQL_WRITE_SOURCE, 4);
	tables_load(n);
	caches_load(n);
	rules_load(n);
	n->own_settings = own;
	n->own_settings_n = own_n;
	own_load(n);
	sqlite3_stmt *q = db_stmt(d, SQL_READ_TEXT_RULES);
	while (db_step(d, q))
		names_text_remember(n, (uint32_t)sqlite3_column_int64(q, 0), sqlite3_column_int(q, 1),
		                    sqlite3_column_int(q, 2));
	return n;
}

void names_expect_many(struct names *n)
{
	large_pages(n->large, LARGE_BYTES);
	memory_ask(n->large, LARGE_BYTES);
}

struct names *names_free(struct names *n)
{
	struct cache *caches[] = {&n->addresses, &n->clients,       &n->words,         &n->texts,        &n->services,
	                          &n->lines,     &n->sources_named, &n->domains_named, &n->source_names, &n->hosts};

	for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
		free(caches[i]->memory);
	bulk_free(n->address.rows);
	bulk_free(n->domain_rows);
	bulk_free(n->client.rows);
	bulk_free(n->word.rows);
	bulk_free(n->source.rows);
	free(n->text_rule);
	free(n->large_memory);
	free(n->client_known);
	free(n->source_known);
	own_free(n->own);
	free(n);
	return NULL;
}
