#include "names.h"

#include <stdlib.h>

#include "db.h"
#include "mask.h"
#include "msg.h"
#include "own.h"

/* ----------------------------------------------------------------------- caches */

/* A keyed 64-bit hash stands for the text: two texts with one hash are not to be expected in the life of the sun. */
struct interned {
	uint64_t hash;
	uint32_t id, more; /* more: a client's source, an address' folded row, a text's rule */
};

struct cache {
	struct interned *slot;
	uint32_t mask;
	bool holds_all; /* the table was empty at our start, and nothing had to make room */
};

struct recent {
	uint32_t id, value;
};
#define RECENT 16384

struct names {
	struct db *db;
	struct rules *rules;
	const struct origin *origin;
	uint64_t key[2];
	struct cache addresses, clients, words, texts, services, lines;
	struct own *own;
	const struct slice *own_settings;
	size_t own_settings_n;
	uint8_t *text_rule; /* by text id, with TEXT_LISTED */
	uint32_t text_rules;
	int rule_id[RULES_MAX + 1];     /* rule number of the settings -> row of dim_rule */
	struct recent *folds, *sources, *domains; /* of address and client ids: what was asked last */
	bool indexed;
};

#define TEXT_LISTED 0x80 /* rules are at most RULES_MAX */

#define WAYS 4 /* a set is one cache line */

static void cache_init(struct cache *c, uint32_t slots)
{
	c->slot = xcalloc(slots, sizeof *c->slot);
	c->mask = slots / WAYS - 1;
}

/* Where the text is, or the place it shall have: the first of its set, what was there moves up. */
static struct interned *cache_slot(struct cache *c, uint64_t hash)
{
	struct interned *set = &c->slot[((hash >> 7) & c->mask) * WAYS];

	for (int i = 0; i < WAYS; i++)
		if (set[i].hash == hash)
			return &set[i];
	if (!set->hash) /* empty, or kept free for somebody who asks again */
		return set;
	if (set[WAYS - 1].hash)
		c->holds_all = false;
	memmove(set + 1, set, (WAYS - 1) * sizeof *set);
	set->hash = 0;
	return set;
}

static uint64_t hash_of(const struct names *n, struct slice text)
{
	return slice_hash(text, n->key[0], n->key[1]) | 1; /* 0 is the empty slot */
}

/* A search by name without an index would read the whole table. */
void names_index(struct names *n)
{
	if (n->indexed)
		return;
	n->indexed = true;
	db_exec(n->db, sql_text[SQL_WRITE_NAMES_INDEX]);
}

/*
 * The row of a text in a two-column table, made if it is new. A cache that
 * holds all rows there are knows that a text is new without asking.
 */
static uint32_t intern_row(struct names *n, const struct cache *c, enum sql_id find, enum sql_id add, struct slice text,
                           bool *made)
{
	sqlite3_stmt *q;

	if (made)
		*made = false;
	if (!c || !c->holds_all) {
		if (c)
			names_index(n);
		q = db_stmt(n->db, find);
		db_bind_slice(q, 1, text);
		if (db_step(n->db, q)) {
			uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
			sqlite3_reset(q);
			return id;
		}
	}
	q = db_stmt(n->db, add);
	db_bind_slice(q, 1, text);
	db_run(n->db, q);
	if (made)
		*made = true;
	return (uint32_t)sqlite3_last_insert_rowid(n->db->h);
}

static uint32_t intern(struct names *n, struct cache *c, enum sql_id find, enum sql_id add, struct slice text)
{
	uint64_t hash = hash_of(n, text);
	struct interned *slot = cache_slot(c, hash);

	if (slot->hash != hash)
		*slot = (struct interned){.hash = hash, .id = intern_row(n, c, find, add, text, NULL)};
	return slot->id;
}

uint32_t names_host(struct names *n, struct slice name)
{
	return intern_row(n, NULL, SQL_READ_HOST_ID, SQL_WRITE_HOST, slice_is_set(name) ? name : SLICE(""), NULL);
}

static uint32_t intern_word(struct names *n, struct slice text)
{
	return intern(n, &n->words, SQL_READ_WORD_ID, SQL_WRITE_WORD, text);
}

/* -------------------------------------------------------------------- addresses */

/* One number that belongs to an id, by a query if it was not asked lately. */
static uint32_t value_of(struct names *n, struct recent *recent, enum sql_id query, uint32_t id)
{
	struct recent *r = &recent[id % RECENT];

	if (r->id != id) {
		sqlite3_stmt *q = db_stmt(n->db, query);
		sqlite3_bind_int64(q, 1, id);
		*r = (struct recent){id, db_step(n->db, q) ? (uint32_t)sqlite3_column_int64(q, 0) : 0};
		sqlite3_reset(q);
	}
	return r->value;
}

uint32_t names_fold(struct names *n, uint32_t address)
{
	return value_of(n, n->folds, SQL_READ_ADDRESS_FOLD, address);
}

/* Most addresses are folded already: their row says so by having no other. */
static uint32_t address_made(struct names *n, struct slice text, uint32_t id)
{
	char buf[2048];
	struct slice bare = slice_ends(text, SLICE(".")) ? slice_head(text, text.n - 1) : text;
	struct slice folded = slice_fold(bare, buf, sizeof buf);
	if (slice_eq(folded, text))
		return id;
	uint32_t fold = names_address(n, folded);
	sqlite3_stmt *q = db_stmt(n->db, SQL_WRITE_ADDRESS_FOLD);
	sqlite3_bind_int64(q, 1, fold);
	sqlite3_bind_int64(q, 2, id);
	db_run(n->db, q);
	return fold;
}

static uint32_t address_row(struct names *n, struct slice text, uint32_t *fold)
{
	bool made;
	uint32_t id = intern_row(n, &n->addresses, SQL_READ_ADDRESS_ID, SQL_WRITE_ADDRESS, text, &made);

	*fold = made ? address_made(n, text, id) : names_fold(n, id);
	return id;
}

uint32_t names_address(struct names *n, struct slice text)
{
	uint64_t hash = hash_of(n, text);
	struct interned *slot = cache_slot(&n->addresses, hash);

	if (slot->hash != hash) {
		uint32_t fold, id = address_row(n, text, &fold);
		slot = cache_slot(&n->addresses, hash); /* the folded spelling may have taken the place */
		*slot = (struct interned){.hash = hash, .id = id, .more = fold};
	}
	n->folds[slot->id % RECENT] = (struct recent){slot->id, slot->more};
	return slot->id;
}

/* ---------------------------------------------------------------- senders' domains */

static uint32_t domain_row(struct names *n, struct slice text)
{
	char buf[1024];
	struct slice name = own_domain(text, buf, sizeof buf);
	uint32_t id = intern_row(n, NULL, SQL_READ_DOMAIN_ID, SQL_WRITE_DOMAIN, name, NULL);

	own_add(n->own, name);
	return id;
}

uint32_t names_sender_domain(struct names *n, uint32_t address, struct slice text)
{
	struct recent *r = &n->domains[address % RECENT];

	if (r->id == address)
		return r->value;
	sqlite3_stmt *q = db_stmt(n->db, SQL_READ_ADDRESS_DOMAIN);
	sqlite3_bind_int64(q, 1, address);
	uint32_t domain = db_step(n->db, q) ? (uint32_t)sqlite3_column_int64(q, 0) : 0;
	sqlite3_reset(q);
	if (!domain) {
		domain = domain_row(n, text);
		q = db_stmt(n->db, SQL_WRITE_ADDRESS_DOMAIN);
		sqlite3_bind_int64(q, 1, domain);
		sqlite3_bind_int64(q, 2, address);
		db_run(n->db, q);
	}
	*r = (struct recent){address, domain};
	return domain;
}

bool names_is_own(const struct names *n, struct slice address)
{
	return own_has(n->own, address);
}

/* ---------------------------------------------------------------------- clients */

static uint32_t source_row(struct names *n, const struct source_name *source)
{
	sqlite3_stmt *q;

	for (int turn = 0; turn < 2; turn++) {
		q = db_stmt(n->db, turn ? SQL_WRITE_SOURCE : SQL_READ_SOURCE_ID);
		db_bind_slice(q, 1, slice_str(source_kind_name(source->kind)));
		db_bind_slice(q, 2, slice_str(source->text));
		db_bind_slice(q, 3, slice_str(source->domain));
		if (turn)
			db_run(n->db, q);
		else if (db_step(n->db, q)) {
			uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
			sqlite3_reset(q);
			return id;
		}
	}
	return (uint32_t)sqlite3_last_insert_rowid(n->db->h);
}

static struct interned client_row(struct names *n, struct slice name, struct slice ip)
{
	struct source_name source;
	sqlite3_stmt *q;

	if (!n->clients.holds_all) {
		names_index(n);
		q = db_stmt(n->db, SQL_READ_CLIENT_ID);
		db_bind_slice(q, 1, ip);
		db_bind_slice(q, 2, name);
		if (db_step(n->db, q)) {
			struct interned found = {.id = (uint32_t)sqlite3_column_int64(q, 0),
			                         .more = (uint32_t)sqlite3_column_int64(q, 1)};
			sqlite3_reset(q);
			return found;
		}
	}
	origin_name(n->origin, name, ip, &source);
	uint32_t id = source_row(n, &source);
	struct ip address;
	q = db_stmt(n->db, SQL_WRITE_CLIENT);
	db_bind_slice(q, 1, ip);
	db_bind_slice(q, 2, name);
	if (ip_parse(ip, &address))
		sqlite3_bind_blob(q, 3, address.b, sizeof address.b, SQLITE_STATIC);
	else
		sqlite3_bind_null(q, 3);
	sqlite3_bind_int64(q, 4, id);
	db_run(n->db, q);
	return (struct interned){.id = (uint32_t)sqlite3_last_insert_rowid(n->db->h), .more = id};
}

static struct interned *client_of(struct names *n, struct slice name, struct slice ip)
{
	if (!slice_is_set(name))
		name = SLICE("");
	if (!slice_is_set(ip))
		ip = SLICE("");
	uint64_t hash = hash_of(n, ip) * 31 + hash_of(n, name);
	struct interned *slot = cache_slot(&n->clients, hash);
	if (slot->hash != hash) {
		*slot = client_row(n, name, ip);
		slot->hash = hash;
	}
	n->sources[slot->id % RECENT] = (struct recent){slot->id, slot->more};
	return slot;
}

uint32_t names_client(struct names *n, struct slice name, struct slice ip)
{
	return client_of(n, name, ip)->id;
}

uint32_t names_source(struct names *n, uint32_t client)
{
	return value_of(n, n->sources, SQL_READ_CLIENT_SOURCE, client);
}

/* ------------------------------------------------------------------------ texts */

static bool action_is(const struct record *r, enum record_action a)
{
	return r->action == a;
}

/* Which rule is this the text of? A suspect line decides nothing. */
static int rule_of(struct names *n, const struct record *r)
{
	int rule = 0;

	if (r->flags & RECORD_SUSPECT)
		return 0;
	if (action_is(r, ACTION_WARN) || action_is(r, ACTION_WARNING) || action_is(r, ACTION_REJECT_WARNING))
		rule = rules_match(n->rules, r->text, false);
	if (!rule && (action_is(r, ACTION_REJECT) || action_is(r, ACTION_MILTER_REJECT) ||
	              action_is(r, ACTION_PROXY_REJECT) || action_is(r, ACTION_REJECT_WARNING)))
		rule = rules_match(n->rules, r->text, true);
	return n->rule_id[rule];
}

/* Postfix's default reply of a blocklist, and what nearly all admins leave of it. */
static bool says_listed(struct slice text)
{
	return slice_find(text, SLICE("blocked using ")) >= 0;
}

static void remember_text(struct names *n, uint32_t text, int rule, bool listed)
{
	if (text >= n->text_rules) {
		uint32_t more = text * 2 + 64;
		n->text_rule = xrealloc(n->text_rule, more);
		memset(n->text_rule + n->text_rules, 0, more - n->text_rules);
		n->text_rules = more;
	}
	n->text_rule[text] = (uint8_t)(rule | (listed ? TEXT_LISTED : 0));
}

static uint32_t text_row(struct names *n, struct slice text, bool template, int rule)
{
	sqlite3_stmt *q;

	for (int turn = 0; turn < 2; turn++) {
		q = db_stmt(n->db, turn ? SQL_WRITE_TEXT : SQL_READ_TEXT_ID);
		db_bind_slice(q, 1, text);
		sqlite3_bind_int(q, 2, template);
		sqlite3_bind_int(q, 3, rule);
		if (turn) {
			sqlite3_bind_int(q, 4, says_listed(text));
			db_run(n->db, q);
		} else if (db_step(n->db, q)) {
			uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
			sqlite3_reset(q);
			return id;
		}
	}
	uint32_t id = (uint32_t)sqlite3_last_insert_rowid(n->db->h);
	remember_text(n, id, rule, says_listed(text));
	return id;
}

uint32_t names_text(struct names *n, const struct record *r, struct text_sort *out)
{
	struct masked masked;
	int rule = 0;
	struct slice text = slice_is_set(r->text) ? r->text : SLICE("");
	bool template = mask_text(r, &masked);
	uint64_t sort = 1;

	if (template) {
		rule = rule_of(n, r);
		text = slice_of(masked.bytes, masked.n);
		sort = (uint64_t)rule * 2;
	} else { /* always the same bytes: then what decides the rule besides stands for it */
		sort = 1 + 2 * (uint64_t)r->action + (r->flags & RECORD_SUSPECT ? 512 : 0);
	}
	uint64_t hash = hash_of(n, text) * 1024 + sort;
	struct interned *slot = cache_slot(&n->texts, hash);
	if (slot->hash != hash) {
		rule = template ? rule : rule_of(n, r);
		uint32_t id = text_row(n, text, template, rule);
		*slot = (struct interned){
		    .hash = hash, .id = id, .more = (uint32_t)rule | (says_listed(text) ? TEXT_LISTED : 0u)};
	}
	*out = (struct text_sort){.rule = (int)(slot->more & ~(uint32_t)TEXT_LISTED),
	                          .listed = (slot->more & TEXT_LISTED) != 0};
	return slot->id;
}

/* ------------------------------------------------------------------------ lines */

uint32_t names_word(struct names *n, struct slice word)
{
	return slice_is_set(word) ? intern_word(n, word) : 0;
}

/* All that decides the row, one after the other. */
static uint64_t line_hash(const struct names *n, const struct fact_attempt *a)
{
	const struct record *r = a->rec;
	const struct slice parts[] = {r->line->tag, r->word, r->stage, r->proto, r->dsn};
	uint32_t numbers[] = {a->host, (uint32_t)r->code, r->line->stamp.digits, a->flags};
	char buf[256];
	size_t at = sizeof numbers;

	memcpy(buf, numbers, sizeof numbers);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct slice part = slice_head(parts[i], 40);
		if (part.n)
			memcpy(buf + at, part.p, part.n);
		at += part.n;
		buf[at++] = slice_is_set(part) ? '\1' : '\0';
	}
	return slice_hash(slice_of(buf, at), n->key[0], n->key[1]) | 1;
}

struct line_ids {
	uint32_t service, action, stage, proto;
};

static void line_bind(sqlite3_stmt *q, const struct fact_attempt *a, const struct line_ids *ids)
{
	sqlite3_bind_int64(q, 1, a->host);
	sqlite3_bind_int64(q, 2, ids->service);
	sqlite3_bind_int64(q, 3, ids->action);
	db_bind_id(q, 4, ids->stage);
	db_bind_id(q, 5, ids->proto);
	db_bind_id(q, 6, (uint32_t)a->rec->code);
	db_bind_slice(q, 7, a->rec->dsn);
	sqlite3_bind_int(q, 8, a->rec->line->stamp.digits);
	sqlite3_bind_int64(q, 9, a->flags);
}

static uint32_t line_row(struct names *n, const struct fact_attempt *a, uint32_t action)
{
	const struct record *r = a->rec;
	struct slice tag = slice_is_set(r->line->tag) ? r->line->tag : SLICE("");
	struct line_ids ids = {.service = intern(n, &n->services, SQL_READ_SERVICE_ID, SQL_WRITE_SERVICE, tag),
	                       .action = action,
	                       .stage = names_word(n, r->stage),
	                       .proto = names_word(n, r->proto)};
	sqlite3_stmt *q = db_stmt(n->db, SQL_READ_LINE_ID);

	line_bind(q, a, &ids);
	if (db_step(n->db, q)) {
		uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
		return id;
	}
	q = db_stmt(n->db, SQL_WRITE_LINE);
	line_bind(q, a, &ids);
	db_run(n->db, q);
	return (uint32_t)sqlite3_last_insert_rowid(n->db->h);
}

/* What action lines have in common: the row, and the word of its action. */
uint32_t names_line(struct names *n, const struct fact_attempt *a, uint32_t *action)
{
	uint64_t hash = line_hash(n, a);
	struct interned *slot = cache_slot(&n->lines, hash);

	if (slot->hash != hash) {
		uint32_t word = intern_word(n, a->rec->word);
		*slot = (struct interned){.hash = hash, .id = line_row(n, a, word), .more = word};
	}
	*action = slot->more;
	return slot->id;
}

int names_rule_of_text(const struct names *n, uint32_t text)
{
	return text < n->text_rules ? n->text_rule[text] & ~TEXT_LISTED : 0;
}

bool names_text_is_listed(const struct names *n, uint32_t text)
{
	return text < n->text_rules && (n->text_rule[text] & TEXT_LISTED);
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

uint32_t names_log(struct names *n, struct slice name)
{
	return intern_row(n, NULL, SQL_READ_LOG_ID, SQL_WRITE_LOG, name, NULL);
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

void names_forget(struct names *n)
{
	own_free(n->own);
	own_load(n);
	memset(n->text_rule, 0, n->text_rules);
}

struct names *names_new(struct db *d, struct rules *rules, const struct origin *origin, const struct slice *own,
                        size_t own_n, const uint64_t key[2], bool fresh)
{
	struct names *n = xcalloc(1, sizeof *n);

	n->db = d;
	n->rules = rules;
	n->origin = origin;
	n->key[0] = key[0];
	n->key[1] = key[1];
	n->folds = xcalloc(RECENT, sizeof *n->folds);
	n->sources = xcalloc(RECENT, sizeof *n->sources);
	n->domains = xcalloc(RECENT, sizeof *n->domains);
	cache_init(&n->addresses, 131072);
	cache_init(&n->clients, 65536);
	cache_init(&n->words, 65536);
	cache_init(&n->texts, 8192);
	cache_init(&n->services, 256);
	cache_init(&n->lines, 4096);
	rules_load(n);
	n->own_settings = own;
	n->own_settings_n = own_n;
	own_load(n);
	sqlite3_stmt *q = db_stmt(d, SQL_READ_TEXT_RULES);
	while (db_step(d, q))
		remember_text(n, (uint32_t)sqlite3_column_int64(q, 0), sqlite3_column_int(q, 1),
		              sqlite3_column_int(q, 2));
	if (fresh)
		n->addresses.holds_all = n->clients.holds_all = n->words.holds_all = n->services.holds_all = true;
	else
		names_index(n); /* the first load may have been killed */
	return n;
}

struct names *names_free(struct names *n)
{
	struct cache *caches[] = {&n->addresses, &n->clients, &n->words, &n->texts, &n->services, &n->lines};

	for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
		free(caches[i]->slot);
	free(n->text_rule);
	free(n->folds);
	free(n->sources);
	free(n->domains);
	own_free(n->own);
	free(n);
	return NULL;
}
