#include "names.h"

#include <stdlib.h>

#include "bulk.h"
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
	bool holds_all; /* all rows of the table were loaded, and nothing had to make room */
	bool lost;      /* something had to make room, and may be one of the rows that still wait */
};

/* A table of many rows, which wait to be written; we give them the numbers that SQLite would. */
struct table {
	struct bulk *rows;
	uint32_t last, written; /* numbers given; those up to `written` need not be waited for */
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
	struct cache addresses, clients, words, texts, services, lines, sources_named, domains_named, source_names;
	struct table address, client, word, source;
	struct own *own;
	const struct slice *own_settings;
	size_t own_settings_n;
	uint8_t *text_rule; /* by text id, with TEXT_LISTED */
	uint32_t text_rules;
	int rule_id[RULES_MAX + 1];                       /* rule number of the settings -> row of dim_rule */
	struct recent *folds, *sources, *domains, *named; /* of address, client and source ids: what was asked last */
	bool indexed;
};

#define TEXT_LISTED 0x80 /* rules are at most RULES_MAX */

/* The column of an address' domain, the last of its row. */
#define ADDRESS_DOMAIN 4

#define WAYS 4 /* a set is one cache line */

static void cache_init(struct cache *c, uint32_t slots)
{
	c->slot = xcalloc(slots, sizeof *c->slot);
	c->mask = slots / WAYS - 1;
}

static struct interned *set_find(struct interned *set, uint64_t hash)
{
	for (int i = 0; i < WAYS; i++)
		if (set[i].hash == hash)
			return &set[i];
	return NULL;
}

static int set_used(const struct interned *set)
{
	int n = 0;

	while (n < WAYS && set[n].hash)
		n++;
	return n;
}

/* Where the text is, or the place it shall have: the emptier of its two sets, so that both are full only when all are. */
static struct interned *cache_slot(struct cache *c, uint64_t hash)
{
	struct interned *set = &c->slot[((hash >> 7) & c->mask) * WAYS];
	struct interned *other = &c->slot[((hash >> 35) & c->mask) * WAYS], *found;

	if ((found = set_find(set, hash)) || (found = set_find(other, hash)))
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

static void table_flush(struct table *t)
{
	bulk_flush(t->rows);
	t->written = t->last;
}

/* Before the row is asked for by its number. */
static void table_need(struct table *t, uint32_t id)
{
	if (id > t->written)
		table_flush(t);
}

/* Before a row is looked for by its name, which its cache does not hold: only rows that it has lost can wait unseen. */
static void table_search(struct table *t, struct cache *c)
{
	if (c->lost)
		table_flush(t);
	c->lost = false;
}

static uint64_t hash_of(const struct names *n, struct slice text)
{
	return slice_hash(text, n->key[0], n->key[1]) | 1; /* 0 is the empty slot */
}

/* A search by name without an index would read the whole table. */
static void names_index(struct names *n)
{
	if (n->indexed)
		return;
	n->indexed = true;
	names_flush(n);
	db_exec(n->db, sql_text[SQL_WRITE_NAMES_INDEX]);
}

/* The number in the first row of an answer, 0 if there is none. */
static uint32_t answer(struct names *n, sqlite3_stmt *q)
{
	uint32_t id = db_step(n->db, q) ? (uint32_t)sqlite3_column_int64(q, 0) : 0;

	sqlite3_reset(q);
	return id;
}

/* The row of a text in a two-column table of few rows, made if it is new. */
static uint32_t intern_row(struct names *n, enum sql_id find, enum sql_id add, struct slice text)
{
	sqlite3_stmt *q = db_stmt(n->db, find);

	db_bind_slice(q, 1, text);
	uint32_t id = answer(n, q);
	if (id)
		return id;
	q = db_stmt(n->db, add);
	db_bind_slice(q, 1, text);
	db_run(n->db, q);
	return (uint32_t)sqlite3_last_insert_rowid(n->db->h);
}

uint32_t names_host(struct names *n, struct slice name)
{
	return intern_row(n, SQL_READ_HOST_ID, SQL_WRITE_HOST, slice_is_set(name) ? name : SLICE(""));
}

static uint32_t intern_service(struct names *n, struct slice text)
{
	uint64_t hash = hash_of(n, text);
	struct interned *slot = cache_slot(&n->services, hash);

	if (slot->hash != hash)
		*slot =
		    (struct interned){.hash = hash, .id = intern_row(n, SQL_READ_SERVICE_ID, SQL_WRITE_SERVICE, text)};
	return slot->id;
}

/* The row of a text in a table of many. A cache that holds all rows there are knows that a text is new without asking. */
static uint32_t search(struct names *n, struct table *t, struct cache *c, enum sql_id find, struct slice text)
{
	if (c->holds_all)
		return 0;
	names_index(n);
	table_search(t, c);
	sqlite3_stmt *q = db_stmt(n->db, find);
	db_bind_slice(q, 1, text);
	return answer(n, q);
}

static uint32_t word_row(struct names *n, struct slice text)
{
	uint32_t id = search(n, &n->word, &n->words, SQL_READ_WORD_ID, text);

	if (id)
		return id;
	bulk_row(n->word.rows);
	bulk_number(n->word.rows, ++n->word.last);
	bulk_text(n->word.rows, text);
	return n->word.last;
}

static uint32_t intern_word(struct names *n, struct slice text)
{
	uint64_t hash = hash_of(n, text);
	struct interned *slot = cache_slot(&n->words, hash);

	if (slot->hash != hash)
		*slot = (struct interned){.hash = hash, .id = word_row(n, text)};
	return slot->id;
}

/* -------------------------------------------------------------------- addresses */

/* One number that belongs to an id, by a query if it was not asked lately. */
static uint32_t value_of(struct names *n, struct recent *recent, struct table *t, enum sql_id query, uint32_t id)
{
	struct recent *r = &recent[id % RECENT];

	if (r->id != id) {
		table_need(t, id);
		sqlite3_stmt *q = db_stmt(n->db, query);
		sqlite3_bind_int64(q, 1, id);
		*r = (struct recent){id, answer(n, q)};
	}
	return r->value;
}

uint32_t names_fold(struct names *n, uint32_t address)
{
	return value_of(n, n->folds, &n->address, SQL_READ_ADDRESS_FOLD, address);
}

static uint32_t address_row(struct names *n, struct slice text, uint32_t *fold)
{
	char buf[2048];
	uint32_t id = search(n, &n->address, &n->addresses, SQL_READ_ADDRESS_ID, text);

	if (id) {
		*fold = names_fold(n, id);
		return id;
	}
	*fold = id = ++n->address.last;
	/* Most addresses are folded already: their row says so by having no other. */
	struct slice bare = slice_ends(text, SLICE(".")) ? slice_head(text, text.n - 1) : text;
	struct slice folded = slice_fold(bare, buf, sizeof buf);
	if (!slice_eq(folded, text))
		*fold = names_address(n, folded);
	if (n->address.written >= id) /* when that one made the others go this one did not wait yet */
		n->address.written = id - 1;
	bulk_row(n->address.rows);
	bulk_number(n->address.rows, id);
	bulk_text(n->address.rows, text);
	bulk_id(n->address.rows, *fold == id ? 0 : *fold);
	bulk_null(n->address.rows);
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
	uint64_t hash = hash_of(n, name);
	struct interned *slot = cache_slot(&n->domains_named, hash);

	if (slot->hash != hash) {
		*slot =
		    (struct interned){.hash = hash, .id = intern_row(n, SQL_READ_DOMAIN_ID, SQL_WRITE_DOMAIN, name)};
		own_add(n->own, name);
	}
	return slot->id;
}

/* An address' domain is written with it if it still waits to be written. */
static uint32_t address_domain(struct names *n, uint32_t address, struct slice text, bool *made)
{
	uint32_t domain;

	if (bulk_has(n->address.rows, address)) {
		domain = domain_row(n, text);
		if (bulk_fill(n->address.rows, address, ADDRESS_DOMAIN, domain))
			return domain;
	}
	table_need(&n->address, address);
	sqlite3_stmt *q = db_stmt(n->db, SQL_READ_ADDRESS_DOMAIN);
	sqlite3_bind_int64(q, 1, address);
	domain = answer(n, q);
	if (domain)
		return domain;
	*made = true;
	domain = domain_row(n, text);
	q = db_stmt(n->db, SQL_WRITE_ADDRESS_DOMAIN);
	sqlite3_bind_int64(q, 1, domain);
	sqlite3_bind_int64(q, 2, address);
	db_run(n->db, q);
	return domain;
}

uint32_t names_domain_of(struct names *n, uint32_t address)
{
	struct recent *r = &n->domains[address % RECENT];

	if (r->id != address) {
		table_need(&n->address, address);
		sqlite3_stmt *q = db_stmt(n->db, SQL_READ_ADDRESS_DOMAIN);
		sqlite3_bind_int64(q, 1, address);
		*r = (struct recent){address, answer(n, q)};
	}
	return r->value;
}

uint32_t names_sender_domain(struct names *n, uint32_t address, struct slice text, bool *made)
{
	struct recent *r = &n->domains[address % RECENT];

	*made = false;
	if (r->id == address && r->value)
		return r->value;
	uint32_t domain = address_domain(n, address, text, made);
	*r = (struct recent){address, domain};
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
	return answer(n, q);
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
	return (hash_of(n, name) * 31 + hash_of(n, domain)) * 31 + (kind.n ? (unsigned char)kind.p[0] : 0);
}

/* Which source is the first of its name is known without asking as long as all names are at hand. */
static void source_name_note(struct names *n, struct slice name, uint32_t source)
{
	uint64_t hash = hash_of(n, name);
	struct interned *slot = cache_slot(&n->source_names, hash);

	if (slot->hash != hash)
		*slot = (struct interned){.hash = hash, .id = source};
	if (n->source_names.holds_all)
		n->named[source % RECENT] = (struct recent){source, slot->id};
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
	bulk_text(rows, ip);
	bulk_text(rows, name);
	if (ip_parse(ip, &address))
		bulk_blob(rows, slice_of((const char *)address.b, sizeof address.b));
	else
		bulk_null(rows);
	bulk_number(rows, id);
	return (struct interned){.id = n->client.last, .more = id};
}

static uint64_t client_hash(const struct names *n, struct slice ip, struct slice name)
{
	return hash_of(n, ip) * 31 + hash_of(n, name);
}

static struct interned *client_of(struct names *n, struct slice name, struct slice ip)
{
	if (!slice_is_set(name))
		name = SLICE("");
	if (!slice_is_set(ip))
		ip = SLICE("");
	uint64_t hash = client_hash(n, ip, name);
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
	return value_of(n, n->sources, &n->client, SQL_READ_CLIENT_SOURCE, client);
}

uint32_t names_source_named(struct names *n, uint32_t client)
{
	return value_of(n, n->named, &n->source, SQL_READ_SOURCE_NAMED, names_source(n, client));
}

/* ------------------------------------------------------------------------ texts */

int names_match_rule(struct rules *rules, enum record_action action, struct slice text)
{
	int rule = 0;

	if (action == ACTION_WARN || action == ACTION_WARNING || action == ACTION_REJECT_WARNING)
		rule = rules_match(rules, text, false);
	if (!rule && (action == ACTION_REJECT || action == ACTION_MILTER_REJECT || action == ACTION_PROXY_REJECT ||
	              action == ACTION_REJECT_WARNING))
		rule = rules_match(rules, text, true);
	return rule;
}

/* Which rule is this the text of? A suspect line decides nothing. */
static int rule_of(struct names *n, const struct record *r)
{
	return r->flags & RECORD_SUSPECT ? 0 : n->rule_id[names_match_rule(n->rules, r->action, r->text)];
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
			sqlite3_bind_int(q, 4, record_text_is_listed(text));
			db_run(n->db, q);
		} else if (db_step(n->db, q)) {
			uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
			sqlite3_reset(q);
			return id;
		}
	}
	uint32_t id = (uint32_t)sqlite3_last_insert_rowid(n->db->h);
	remember_text(n, id, rule, record_text_is_listed(text));
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
		    .hash = hash, .id = id, .more = (uint32_t)rule | (record_text_is_listed(text) ? TEXT_LISTED : 0u)};
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
	struct line_ids ids = {.service = intern_service(n, tag),
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
	return intern_row(n, SQL_READ_LOG_ID, SQL_WRITE_LOG, name);
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

static void cache_clear(struct cache *c)
{
	memset(c->slot, 0, ((size_t)c->mask + 1) * WAYS * sizeof *c->slot);
	c->holds_all = c->lost = false;
}

/* Are there rows to load, and few enough for the cache to hold them all and as many again? */
static bool cache_fits(struct cache *c, const struct table *t)
{
	c->holds_all = t->last <= (c->mask + 1) * WAYS / 2;
	return c->holds_all && t->last;
}

static void cache_put(struct cache *c, uint64_t hash, uint32_t id, uint32_t more)
{
	*cache_slot(c, hash) = (struct interned){.hash = hash, .id = id, .more = more};
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
		for (q = db_stmt(n->db, SQL_READ_NAMES_ADDRESSES); db_step(n->db, q);)
			cache_put(&n->addresses, hash_of(n, db_column_slice(q, 1)), column_id(q, 0), column_id(q, 2));
	if (cache_fits(&n->clients, &n->client))
		for (q = db_stmt(n->db, SQL_READ_NAMES_CLIENTS); db_step(n->db, q);)
			cache_put(&n->clients, client_hash(n, db_column_slice(q, 1), db_column_slice(q, 2)),
			          column_id(q, 0), column_id(q, 3));
	if (cache_fits(&n->words, &n->word))
		for (q = db_stmt(n->db, SQL_READ_NAMES_WORDS); db_step(n->db, q);)
			cache_put(&n->words, hash_of(n, db_column_slice(q, 1)), column_id(q, 0), 0);
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
	table_flush(&n->client);
	table_flush(&n->word);
	table_flush(&n->source);
}

void names_forget(struct names *n)
{
	struct cache *const caches[] = {&n->addresses,     &n->clients,       &n->words,
	                                &n->texts,         &n->services,      &n->lines,
	                                &n->sources_named, &n->domains_named, &n->source_names};

	for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
		cache_clear(caches[i]);
	tables_load(n);
	caches_load(n);
	memset(n->folds, 0, RECENT * sizeof *n->folds);
	memset(n->sources, 0, RECENT * sizeof *n->sources);
	memset(n->domains, 0, RECENT * sizeof *n->domains);
	memset(n->named, 0, RECENT * sizeof *n->named);
	own_free(n->own);
	own_load(n);
	memset(n->text_rule, 0, n->text_rules);
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
	n->folds = xcalloc(RECENT, sizeof *n->folds);
	n->sources = xcalloc(RECENT, sizeof *n->sources);
	n->domains = xcalloc(RECENT, sizeof *n->domains);
	n->named = xcalloc(RECENT, sizeof *n->named);
	cache_init(&n->addresses, 131072);
	cache_init(&n->clients, 65536);
	cache_init(&n->words, 65536);
	cache_init(&n->texts, 8192);
	cache_init(&n->services, 256);
	cache_init(&n->lines, 4096);
	cache_init(&n->sources_named, 16384);
	cache_init(&n->source_names, 16384);
	cache_init(&n->domains_named, 1024);
	n->address.rows = bulk_new(d, SQL_WRITE_ADDRESS, ADDRESS_DOMAIN);
	n->client.rows = bulk_new(d, SQL_WRITE_CLIENT, 5);
	n->word.rows = bulk_new(d, SQL_WRITE_WORD, 2);
	n->source.rows = bulk_new(d, SQL_WRITE_SOURCE, 4);
	tables_load(n);
	caches_load(n);
	rules_load(n);
	n->own_settings = own;
	n->own_settings_n = own_n;
	own_load(n);
	sqlite3_stmt *q = db_stmt(d, SQL_READ_TEXT_RULES);
	while (db_step(d, q))
		remember_text(n, (uint32_t)sqlite3_column_int64(q, 0), sqlite3_column_int(q, 1),
		              sqlite3_column_int(q, 2));
	return n;
}

struct names *names_free(struct names *n)
{
	struct cache *caches[] = {&n->addresses, &n->clients,       &n->words,         &n->texts,       &n->services,
	                          &n->lines,     &n->sources_named, &n->domains_named, &n->source_names};

	for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
		free(caches[i]->slot);
	bulk_free(n->address.rows);
	bulk_free(n->client.rows);
	bulk_free(n->word.rows);
	bulk_free(n->source.rows);
	free(n->text_rule);
	free(n->folds);
	free(n->sources);
	free(n->domains);
	free(n->named);
	own_free(n->own);
	free(n);
	return NULL;
}
