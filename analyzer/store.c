#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "msg.h"
#include "rollup.h"

/* ------------------------------------------------------------------- interning */

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

struct store {
	struct db *db;
	struct rules *rules;
	const struct origin *origin;
	struct sink sink;
	struct rollup *rollup;
	uint64_t key[2];
	struct cache addresses, clients, words, texts, services;
	uint8_t *text_rule; /* by text id */
	uint32_t text_rules;
	int rule_id[RULES_MAX + 1]; /* rule number of the settings -> row of dim_rule */
	struct recent *folds, *sources; /* of address and client ids: what was asked last */
	bool in_batch, new_database;
	int64_t day_from, day_to; /* the stretch in which `day` holds */
	int32_t day;
};

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
	if (set[WAYS - 1].hash)
		c->holds_all = false;
	memmove(set + 1, set, (WAYS - 1) * sizeof *set);
	set->hash = 0;
	return set;
}

static uint64_t hash_of(const struct store *s, struct slice text)
{
	return slice_hash(text, s->key[0], s->key[1]) | 1; /* 0 is the empty slot */
}

/*
 * The row of a text in a two-column table, made if it is new. A cache that
 * holds all rows there are knows that a text is new without asking.
 */
static uint32_t intern_row(struct store *s, const struct cache *c, enum sql_id find, enum sql_id add, struct slice text,
                           bool *made)
{
	sqlite3_stmt *q;

	if (made)
		*made = false;
	if (!c || !c->holds_all) {
		q = db_stmt(s->db, find);
		db_bind_slice(q, 1, text);
		if (db_step(s->db, q)) {
			uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
			sqlite3_reset(q);
			return id;
		}
	}
	q = db_stmt(s->db, add);
	db_bind_slice(q, 1, text);
	db_run(s->db, q);
	if (made)
		*made = true;
	return (uint32_t)sqlite3_last_insert_rowid(s->db->h);
}

static uint32_t intern(struct store *s, struct cache *c, enum sql_id find, enum sql_id add, struct slice text)
{
	uint64_t hash = hash_of(s, text);
	struct interned *slot = cache_slot(c, hash);

	if (slot->hash != hash)
		*slot = (struct interned){.hash = hash, .id = intern_row(s, c, find, add, text, NULL)};
	return slot->id;
}

static uint32_t sink_host(void *arg, struct slice name)
{
	struct store *s = arg;

	return intern_row(s, NULL, SQL_READ_HOST_ID, SQL_WRITE_HOST, slice_is_set(name) ? name : SLICE(""), NULL);
}

static uint32_t intern_word(struct store *s, struct slice text)
{
	return intern(s, &s->words, SQL_READ_WORD_ID, SQL_WRITE_WORD, text);
}

/* -------------------------------------------------------------------- addresses */

/* One number that belongs to an id, by a query if it was not asked lately. */
static uint32_t value_of(struct store *s, struct recent *recent, enum sql_id query, uint32_t id)
{
	struct recent *r = &recent[id % RECENT];

	if (r->id != id) {
		sqlite3_stmt *q = db_stmt(s->db, query);
		sqlite3_bind_int64(q, 1, id);
		*r = (struct recent){id, db_step(s->db, q) ? (uint32_t)sqlite3_column_int64(q, 0) : 0};
		sqlite3_reset(q);
	}
	return r->value;
}

static uint32_t fold_of(struct store *s, uint32_t address)
{
	return value_of(s, s->folds, SQL_READ_ADDRESS_FOLD, address);
}

static uint32_t sink_address(void *arg, struct slice text);

/* Most addresses are folded already: their row says so by having no other. */
static uint32_t address_made(struct store *s, struct slice text, uint32_t id)
{
	char buf[2048];
	struct slice bare = slice_ends(text, SLICE(".")) ? slice_head(text, text.n - 1) : text;
	struct slice folded = slice_fold(bare, buf, sizeof buf);
	if (slice_eq(folded, text))
		return id;
	uint32_t fold = sink_address(s, folded);
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_ADDRESS_FOLD);
	sqlite3_bind_int64(q, 1, fold);
	sqlite3_bind_int64(q, 2, id);
	db_run(s->db, q);
	return fold;
}

static uint32_t address_row(struct store *s, struct slice text, uint32_t *fold)
{
	bool made;
	uint32_t id = intern_row(s, &s->addresses, SQL_READ_ADDRESS_ID, SQL_WRITE_ADDRESS, text, &made);

	*fold = made ? address_made(s, text, id) : fold_of(s, id);
	return id;
}

static uint32_t sink_address(void *arg, struct slice text)
{
	struct store *s = arg;
	uint64_t hash = hash_of(s, text);
	struct interned *slot = cache_slot(&s->addresses, hash);

	if (slot->hash != hash) {
		uint32_t fold, id = address_row(s, text, &fold);
		slot = cache_slot(&s->addresses, hash); /* the folded spelling may have taken the place */
		*slot = (struct interned){.hash = hash, .id = id, .more = fold};
	}
	s->folds[slot->id % RECENT] = (struct recent){slot->id, slot->more};
	return slot->id;
}

/* ---------------------------------------------------------------------- clients */

static uint32_t source_row(struct store *s, const struct source_name *n)
{
	sqlite3_stmt *q;

	for (int turn = 0; turn < 2; turn++) {
		q = db_stmt(s->db, turn ? SQL_WRITE_SOURCE : SQL_READ_SOURCE_ID);
		db_bind_slice(q, 1, slice_str(source_kind_name(n->kind)));
		db_bind_slice(q, 2, slice_str(n->text));
		db_bind_slice(q, 3, slice_str(n->domain));
		if (turn)
			db_run(s->db, q);
		else if (db_step(s->db, q)) {
			uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
			sqlite3_reset(q);
			return id;
		}
	}
	return (uint32_t)sqlite3_last_insert_rowid(s->db->h);
}

static struct interned client_row(struct store *s, struct slice name, struct slice ip)
{
	struct source_name source;
	sqlite3_stmt *q;

	if (!s->clients.holds_all) {
		q = db_stmt(s->db, SQL_READ_CLIENT_ID);
		db_bind_slice(q, 1, ip);
		db_bind_slice(q, 2, name);
		if (db_step(s->db, q)) {
			struct interned found = {.id = (uint32_t)sqlite3_column_int64(q, 0),
			                         .more = (uint32_t)sqlite3_column_int64(q, 1)};
			sqlite3_reset(q);
			return found;
		}
	}
	origin_name(s->origin, name, ip, &source);
	uint32_t id = source_row(s, &source);
	q = db_stmt(s->db, SQL_WRITE_CLIENT);
	db_bind_slice(q, 1, ip);
	db_bind_slice(q, 2, name);
	sqlite3_bind_int64(q, 3, id);
	db_run(s->db, q);
	return (struct interned){.id = (uint32_t)sqlite3_last_insert_rowid(s->db->h), .more = id};
}

static struct interned *client_of(struct store *s, struct slice name, struct slice ip)
{
	if (!slice_is_set(name))
		name = SLICE("");
	if (!slice_is_set(ip))
		ip = SLICE("");
	uint64_t hash = hash_of(s, ip) * 31 + hash_of(s, name);
	struct interned *slot = cache_slot(&s->clients, hash);
	if (slot->hash != hash) {
		*slot = client_row(s, name, ip);
		slot->hash = hash;
	}
	s->sources[slot->id % RECENT] = (struct recent){slot->id, slot->more};
	return slot;
}

static uint32_t sink_client(void *arg, struct slice name, struct slice ip)
{
	return client_of(arg, name, ip)->id;
}

static uint32_t source_of_client(struct store *s, uint32_t client)
{
	return value_of(s, s->sources, SQL_READ_CLIENT_SOURCE, client);
}

/* ------------------------------------------------------------------------ texts */

#define TEXT_CAP 4096

struct masked_text {
	char bytes[TEXT_CAP];
	size_t n;
};

static void mask_replace(struct masked_text *t, struct slice what, char letter)
{
	char copy[TEXT_CAP];
	struct slice rest = slice_of(copy, t->n);
	ptrdiff_t at;
	size_t n = 0;

	memcpy(copy, t->bytes, t->n);
	while ((at = slice_find(rest, what)) >= 0) {
		memcpy(t->bytes + n, rest.p, (size_t)at);
		n += (size_t)at;
		t->bytes[n++] = '\1';
		t->bytes[n++] = letter;
		rest = slice_from(rest, (size_t)at + what.n);
	}
	memcpy(t->bytes + n, rest.p, rest.n);
	t->n = n + rest.n;
}

/*
 * Refusals repeat sender, recipient and address of the client in their text:
 * with marks in place of these a log has a few hundred texts, not a million.
 * Exact: the view puts the row's own words back. A text or word that holds the
 * mark's byte itself is stored as it is.
 */
static bool text_mask(const struct record *r, struct masked_text *t)
{
	const struct slice words[] = {r->sender, r->recipient, r->client_name, r->client_ip, r->helo};
	bool used = false;

	if (r->text.n > TEXT_CAP)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct slice w = words[i];
		if (w.n < 4 || slice_eq(w, SLICE("unknown")))
			continue;
		struct slice in = used ? slice_of(t->bytes, t->n) : r->text;
		if (slice_find(in, w) < 0)
			continue;
		if (!used) {
			if (slice_chr(r->text, '\1') >= 0)
				return false;
			memcpy(t->bytes, r->text.p, r->text.n);
			t->n = r->text.n;
		}
		if (slice_chr(w, '\1') >= 0)
			return false;
		mask_replace(t, w, "SRCIH"[i]);
		used = true;
	}
	return used;
}

static bool action_is(const struct record *r, enum record_action a)
{
	return r->action == a;
}

/* Which rule is this the text of? A suspect line decides nothing. */
static int rule_of(struct store *s, const struct record *r)
{
	int rule = 0;

	if (r->flags & RECORD_SUSPECT)
		return 0;
	if (action_is(r, ACTION_WARN) || action_is(r, ACTION_WARNING) || action_is(r, ACTION_REJECT_WARNING))
		rule = rules_match(s->rules, r->text, false);
	if (!rule && (action_is(r, ACTION_REJECT) || action_is(r, ACTION_MILTER_REJECT) ||
	              action_is(r, ACTION_PROXY_REJECT) || action_is(r, ACTION_REJECT_WARNING)))
		rule = rules_match(s->rules, r->text, true);
	return s->rule_id[rule];
}

static void remember_rule(struct store *s, uint32_t text, int rule)
{
	if (text >= s->text_rules) {
		uint32_t n = text * 2 + 64;
		s->text_rule = xrealloc(s->text_rule, n);
		memset(s->text_rule + s->text_rules, 0, n - s->text_rules);
		s->text_rules = n;
	}
	s->text_rule[text] = (uint8_t)rule;
}

static uint32_t text_row(struct store *s, struct slice text, bool template, int rule)
{
	sqlite3_stmt *q;

	for (int turn = 0; turn < 2; turn++) {
		q = db_stmt(s->db, turn ? SQL_WRITE_TEXT : SQL_READ_TEXT_ID);
		db_bind_slice(q, 1, text);
		sqlite3_bind_int(q, 2, template);
		sqlite3_bind_int(q, 3, rule);
		if (turn)
			db_run(s->db, q);
		else if (db_step(s->db, q)) {
			uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
			sqlite3_reset(q);
			return id;
		}
	}
	uint32_t id = (uint32_t)sqlite3_last_insert_rowid(s->db->h);
	remember_rule(s, id, rule);
	return id;
}

static uint32_t text_of(struct store *s, const struct record *r, int *rule)
{
	struct masked_text t;
	struct slice text = slice_is_set(r->text) ? r->text : SLICE("");
	bool template = text_mask(r, &t);
	uint64_t sort = 1;

	if (template) {
		*rule = rule_of(s, r);
		text = slice_of(t.bytes, t.n);
		sort = (uint64_t)*rule * 2;
	} else { /* always the same bytes: then what decides the rule besides stands for it */
		sort = 1 + 2 * (uint64_t)r->action + (r->flags & RECORD_SUSPECT ? 512 : 0);
	}
	uint64_t hash = hash_of(s, text) * 1024 + sort;
	struct interned *slot = cache_slot(&s->texts, hash);
	if (slot->hash != hash) {
		*rule = template ? *rule : rule_of(s, r);
		uint32_t id = text_row(s, text, template, *rule);
		*slot = (struct interned){.hash = hash, .id = id, .more = (uint32_t)*rule};
	}
	*rule = (int)slot->more;
	return slot->id;
}

/* --------------------------------------------------------------------- attempts */

static int32_t day_of(struct store *s, int64_t us)
{
	const int64_t hour = INT64_C(3600) * 1000000;

	if (us < s->day_from || us >= s->day_to) {
		s->day = stamp_local_day(us);
		s->day_from = us - us % (hour / 4); /* no zone changes its day within a quarter of an hour */
		s->day_to = s->day_from + hour / 4;
	}
	return s->day;
}

static int64_t dsn_number(struct slice dsn)
{
	uint64_t part[3] = {0, 0, 0};

	for (int i = 0; i < 3; i++) {
		if (!slice_number(&dsn, 999, &part[i]))
			return 0;
		slice_skip(&dsn, SLICE("."));
	}
	return (int64_t)(part[0] * 1000000 + part[1] * 1000 + part[2]);
}

static void bind_word(struct store *s, sqlite3_stmt *q, int at, struct slice word, uint32_t id)
{
	(void)s;
	if (slice_is_set(word))
		sqlite3_bind_int64(q, at, id);
	else
		sqlite3_bind_null(q, at);
}

static uint32_t word_or_none(struct store *s, struct slice word)
{
	return slice_is_set(word) ? intern_word(s, word) : 0;
}

struct attempt_ids {
	uint32_t service, action, stage, helo, proto, sasl;
};

static void attempt_insert(struct store *s, const struct fact_attempt *a, const struct attempt_ids *ids)
{
	const struct record *r = a->rec;
	const struct line *l = r->line;
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_ATTEMPT);

	sqlite3_bind_int64(q, 1, (int64_t)a->place);
	sqlite3_bind_int64(q, 2, l->stamp.us == STAMP_NONE ? 0 : l->stamp.us);
	sqlite3_bind_int(q, 3, l->stamp.digits);
	sqlite3_bind_int64(q, 4, a->host);
	sqlite3_bind_int64(q, 5, ids->service);
	if (l->pid)
		sqlite3_bind_int64(q, 6, l->pid);
	else
		sqlite3_bind_null(q, 6);
	sqlite3_bind_int64(q, 7, ids->action);
	bind_word(s, q, 8, r->stage, ids->stage);
	sqlite3_bind_int64(q, 9, a->client);
	if (r->code)
		sqlite3_bind_int(q, 10, r->code);
	else
		sqlite3_bind_null(q, 10);
	if (slice_is_set(r->dsn))
		sqlite3_bind_int64(q, 11, dsn_number(r->dsn));
	else
		sqlite3_bind_null(q, 11);
	sqlite3_bind_int64(q, 12, a->text);
	bind_word(s, q, 13, r->sender, a->sender);
	bind_word(s, q, 14, r->recipient, a->recipient);
	bind_word(s, q, 15, r->helo, ids->helo);
	bind_word(s, q, 16, r->proto, ids->proto);
	bind_word(s, q, 17, r->sasl_username, ids->sasl);
	if (a->transaction != a->place)
		sqlite3_bind_int64(q, 18, (int64_t)a->transaction);
	else
		sqlite3_bind_null(q, 18);
	sqlite3_bind_int64(q, 19, a->count);
	sqlite3_bind_int64(q, 20, a->flags);
	db_run(s->db, q);
}

static void sink_attempt(void *arg, struct fact_attempt *a)
{
	struct store *s = arg;
	const struct record *r = a->rec;
	const struct interned *client = client_of(s, r->client_name, r->client_ip);
	uint32_t source = client->more;
	int64_t us = r->line->stamp.us;
	int rule;

	a->client = client->id;
	a->sender = slice_is_set(r->sender) ? sink_address(s, r->sender) : 0;
	a->recipient = slice_is_set(r->recipient) ? sink_address(s, r->recipient) : 0;
	a->text = text_of(s, r, &rule);
	struct slice tag = slice_is_set(r->line->tag) ? r->line->tag : SLICE("");
	struct attempt_ids ids = {.service = intern(s, &s->services, SQL_READ_SERVICE_ID, SQL_WRITE_SERVICE, tag),
	                          .action = intern_word(s, r->word),
	                          .stage = word_or_none(s, r->stage),
	                          .helo = word_or_none(s, r->helo),
	                          .proto = word_or_none(s, r->proto),
	                          .sasl = word_or_none(s, r->sasl_username)};
	attempt_insert(s, a, &ids);
	rollup_text(s->rollup, a->text, ids.action, a->count, us);
	if (a->flags & ATTEMPT_WARNS)
		rollup_attempt(s->rollup, rule, source, day_of(s, us), us, a->count);
}

/* --------------------------------------------------------- transactions and mails */

static void sink_transaction(void *arg, const struct fact_transaction *t)
{
	struct store *s = arg;
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_TRANSACTION);

	sqlite3_bind_int64(q, 1, (int64_t)t->id);
	if (t->mail != t->id)
		sqlite3_bind_int64(q, 2, (int64_t)t->mail);
	else
		sqlite3_bind_null(q, 2);
	sqlite3_bind_int64(q, 3, t->host);
	sqlite3_bind_int64(q, 4, t->client);
	if (t->sender)
		sqlite3_bind_int64(q, 5, t->sender);
	else
		sqlite3_bind_null(q, 5);
	db_bind_slice(q, 6, t->queue_id);
	db_bind_slice(q, 7, t->message_id);
	sqlite3_bind_int64(q, 8, t->first_us);
	db_run(s->db, q);
}

static int rule_of_text(const struct store *s, uint32_t text)
{
	return text < s->text_rules ? s->text_rule[text] : 0;
}

/* What the database says of this mail so far goes out of the roll-ups; a mail is told anew as a whole. */
static void mail_untell(struct store *s, const struct fact_mail *m, uint32_t source, int32_t day)
{
	struct mail_sum sum = {0};
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_RECIPIENTS_OF_MAIL);

	int64_t recipient = -1;
	uint64_t rules = 0;
	sqlite3_bind_int64(q, 1, (int64_t)m->id);
	while (db_step(s->db, q)) {
		int rule = rule_of_text(s, (uint32_t)sqlite3_column_int64(q, 1));
		if (sqlite3_column_int64(q, 0) != recipient)
			rules = 0;
		recipient = sqlite3_column_int64(q, 0);
		if (!(rules & UINT64_C(1) << rule))
			mail_sum_add(&sum, rule, sqlite3_column_int(q, 2));
		rules |= UINT64_C(1) << rule;
	}
	rollup_mail(s->rollup, &sum, source, day, -1);
	q = db_stmt(s->db, SQL_WRITE_RECIPIENTS_FORGET);
	sqlite3_bind_int64(q, 1, (int64_t)m->id);
	db_run(s->db, q);
}

static void recipient_insert(struct store *s, uint64_t mail, const struct fact_recipient *r, uint32_t fold, uint32_t text)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_RECIPIENT);

	sqlite3_bind_int64(q, 1, (int64_t)mail);
	sqlite3_bind_int64(q, 2, fold);
	sqlite3_bind_int64(q, 3, text);
	sqlite3_bind_int64(q, 4, r->shown);
	sqlite3_bind_int(q, 5, (int)r->fate);
	sqlite3_bind_int64(q, 6, r->since_us);
	if (r->last_try_us != STAMP_NONE)
		sqlite3_bind_int64(q, 7, r->last_try_us);
	else
		sqlite3_bind_null(q, 7);
	db_run(s->db, q);
}

/* A recipient counts once for a rule, however many of its texts he got. */
static void recipient_sum(const struct store *s, struct mail_sum *sum, const struct fact_recipient *r)
{
	uint64_t rules = 0;

	for (int i = 0; i < FACT_TEXTS && r->text[i]; i++) {
		int rule = rule_of_text(s, r->text[i]);
		if (!(rules & UINT64_C(1) << rule))
			mail_sum_add(sum, rule, (int)r->fate);
		rules |= UINT64_C(1) << rule;
	}
}

static void mail_insert(struct store *s, const struct fact_mail *m, int32_t day)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_MAIL);
	const uint8_t evidence[] = {m->spf, m->dkim, m->dmarc, m->spam};

	sqlite3_bind_int64(q, 1, (int64_t)m->id);
	sqlite3_bind_int64(q, 2, m->host);
	if (m->sender)
		sqlite3_bind_int64(q, 3, m->sender);
	else
		sqlite3_bind_null(q, 3);
	sqlite3_bind_int64(q, 4, m->client);
	sqlite3_bind_int64(q, 5, m->first_us);
	sqlite3_bind_int64(q, 6, m->last_us);
	sqlite3_bind_int(q, 7, m->digits);
	sqlite3_bind_int(q, 8, day);
	sqlite3_bind_int64(q, 9, m->transactions);
	sqlite3_bind_int64(q, 10, m->attempts);
	if (m->shown_transaction)
		sqlite3_bind_int64(q, 11, (int64_t)m->shown_transaction);
	else
		sqlite3_bind_null(q, 11);
	for (int i = 0; i < 4; i++)
		sqlite3_bind_int(q, 12 + i, evidence[i]);
	db_run(s->db, q);
}

static void sink_mail(void *arg, const struct fact_mail *m)
{
	struct store *s = arg;
	int32_t day = day_of(s, m->first_us);
	uint32_t source = source_of_client(s, m->client);
	struct mail_sum sum = {0};

	if (m->told)
		mail_untell(s, m, source, day);
	if (m->recipients == 0) {
		sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_MAIL_FORGET);
		sqlite3_bind_int64(q, 1, (int64_t)m->id);
		db_run(s->db, q);
		return;
	}
	mail_insert(s, m, day);
	for (size_t i = 0; i < m->recipients; i++) {
		const struct fact_recipient *r = &m->recipient[i];
		uint32_t fold = r->shown ? fold_of(s, r->shown) : 0;
		for (int k = 0; k < FACT_TEXTS && r->text[k]; k++)
			recipient_insert(s, m->id, r, fold, r->text[k]);
		recipient_sum(s, &sum, r);
	}
	rollup_mail(s->rollup, &sum, source, day, 1);
}

/* ---------------------------------------------------------- half-finished state */

static void sink_pending_put(void *arg, int kind, uint64_t key, struct slice state)
{
	struct store *s = arg;
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_PENDING);

	sqlite3_bind_int(q, 1, kind);
	sqlite3_bind_int64(q, 2, (int64_t)key);
	sqlite3_bind_blob(q, 3, state.p, (int)state.n, SQLITE_STATIC);
	db_run(s->db, q);
}

static void sink_pending_drop(void *arg, int kind, uint64_t key)
{
	struct store *s = arg;
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_PENDING_DROP);

	sqlite3_bind_int(q, 1, kind);
	sqlite3_bind_int64(q, 2, (int64_t)key);
	db_run(s->db, q);
}

void store_load_pending(struct store *s, struct tracker *t)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_PENDING);

	while (db_step(s->db, q))
		tracker_load(t, sqlite3_column_int(q, 0),
		             slice_of(sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1)));
	tracker_loaded(t);
}

/* ------------------------------------------------------------------------- holes */

void store_hole(struct store *s, uint32_t host, uint32_t gen, int64_t from_us, int64_t to_us, int64_t lines,
                int64_t bytes, const char *cause)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_HOLE);
	const int64_t values[] = {host, gen, from_us, to_us, lines, bytes};

	for (int i = 0; i < 6; i++)
		if (values[i] && values[i] != STAMP_NONE)
			sqlite3_bind_int64(q, i + 1, values[i]);
		else
			sqlite3_bind_null(q, i + 1);
	db_bind_slice(q, 7, slice_str(cause));
	sqlite3_bind_int(q, 8, 0);
	db_run(s->db, q);
}

static void sink_hole(void *arg, uint32_t host, int64_t from_us, int64_t to_us, int64_t lines, const char *cause)
{
	store_hole(arg, host, 0, from_us, to_us, lines, 0, cause);
}

void store_find_holes(struct store *s)
{
	db_run(s->db, db_stmt(s->db, SQL_WRITE_HOLES_FORGET));
	db_run(s->db, db_stmt(s->db, SQL_WRITE_HOLES_OVERLAP));
	db_run(s->db, db_stmt(s->db, SQL_WRITE_HOLES_SEAM));
}

/* ------------------------------------------------------------------------ account */

void store_count(struct store *s, uint32_t gen, const char *sort, const char *name, int64_t lines)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_COUNTED);

	sqlite3_bind_int64(q, 1, gen);
	db_bind_slice(q, 2, slice_str(sort));
	db_bind_slice(q, 3, slice_str(name));
	sqlite3_bind_int64(q, 4, lines);
	db_run(s->db, q);
}

void store_span(struct store *s, uint32_t gen, struct slice host, int64_t first_us, int64_t last_us, int64_t lines)
{
	sqlite3_stmt *q;
	uint32_t id = sink_host(s, host);

	q = db_stmt(s->db, SQL_WRITE_SPAN);
	sqlite3_bind_int64(q, 1, gen);
	sqlite3_bind_int64(q, 2, id);
	sqlite3_bind_int64(q, 3, first_us);
	sqlite3_bind_int64(q, 4, last_us);
	sqlite3_bind_int64(q, 5, lines);
	db_run(s->db, q);
}

void store_sample(struct store *s, uint32_t gen, int64_t off, struct slice bytes, const char *reason, int max)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_QUARANTINE_COUNT);

	sqlite3_bind_int64(q, 1, gen);
	db_bind_slice(q, 2, slice_str(reason));
	int have = db_step(s->db, q) ? sqlite3_column_int(q, 0) : 0;
	sqlite3_reset(q);
	if (have >= max)
		return;
	q = db_stmt(s->db, SQL_WRITE_QUARANTINE);
	sqlite3_bind_int64(q, 1, gen);
	sqlite3_bind_int64(q, 2, off);
	sqlite3_bind_int64(q, 3, (int64_t)bytes.n);
	db_bind_slice(q, 4, slice_str(reason));
	sqlite3_bind_blob(q, 5, bytes.p, (int)(bytes.n < 4096 ? bytes.n : 4096), SQLITE_STATIC);
	db_run(s->db, q);
}

/* -------------------------------------------------------------------- generations */

uint32_t store_next_generation(struct store *s)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_GENERATION_NEXT);
	uint32_t gen = db_step(s->db, q) ? (uint32_t)sqlite3_column_int64(q, 0) : 1;

	sqlite3_reset(q);
	return gen;
}

uint32_t store_log(struct store *s, struct slice name)
{
	return intern_row(s, NULL, SQL_READ_LOG_ID, SQL_WRITE_LOG, name, NULL);
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
	g->stored = true;
}

struct generation *store_generations(struct store *s, size_t *n)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_GENERATIONS);
	struct generation *all = NULL;
	size_t cap = 0;

	*n = 0;
	while (db_step(s->db, q)) {
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

static void generation_write(struct store *s, const struct generation *g)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_GENERATION);

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
	db_run(s->db, q);
}

/* ------------------------------------------------------------------------ batches */

void store_begin(struct store *s)
{
	if (s->in_batch)
		return;
	db_begin(s->db);
	s->in_batch = true;
}

bool store_in_batch(const struct store *s)
{
	return s->in_batch;
}

void store_commit(struct store *s, struct tracker *t, struct generation *g)
{
	store_begin(s);
	if (t)
		tracker_flush(t);
	rollup_flush(s->rollup, s->db);
	if (g) {
		generation_write(s, g);
		g->stored = true;
	}
	db_commit(s->db);
	s->in_batch = false;
}

/* -------------------------------------------------------------------------- birth */

static void key_load(struct store *s)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_META);

	db_bind_slice(q, 1, SLICE("key"));
	if (db_step(s->db, q) && sqlite3_column_bytes(q, 0) == sizeof s->key) {
		memcpy(s->key, sqlite3_column_blob(q, 0), sizeof s->key);
		sqlite3_reset(q);
		return;
	}
	sqlite3_reset(q);
	s->new_database = true;
	if (getrandom(s->key, sizeof s->key, 0) != sizeof s->key)
		msg_die(71, "no random numbers from the system");
	q = db_stmt(s->db, SQL_WRITE_META);
	db_bind_slice(q, 1, SLICE("key"));
	sqlite3_bind_blob(q, 2, s->key, sizeof s->key, SQLITE_STATIC);
	db_run(s->db, q);
}

static void rules_load(struct store *s)
{
	sqlite3_stmt *q;

	for (int i = 0; i < s->rules->count; i++) {
		q = db_stmt(s->db, SQL_WRITE_RULE);
		db_bind_slice(q, 1, slice_str(s->rules->rule[i].name));
		db_bind_slice(q, 2, slice_str(s->rules->rule[i].title));
		db_run(s->db, q);
	}
	q = db_stmt(s->db, SQL_READ_RULE_IDS);
	while (db_step(s->db, q)) {
		int id = sqlite3_column_int(q, 0);
		struct slice name = db_column_slice(q, 1);
		for (int i = 0; i < s->rules->count; i++)
			if (slice_eq(slice_str(s->rules->rule[i].name), name))
				s->rule_id[i + 1] = id;
		if (id > RULES_MAX)
			msg_die(78, "more than %d rules were ever used with this database", RULES_MAX);
	}
}

static void owner_take(struct store *s)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_OWNER);

	sqlite3_bind_int64(q, 1, getpid());
	sqlite3_bind_int64(q, 2, time(NULL));
	db_run(s->db, q);
}

struct store *store_new(struct db *d, struct rules *rules, const struct origin *origin)
{
	struct store *s = xcalloc(1, sizeof *s);

	s->db = d;
	s->rules = rules;
	s->origin = origin;
	s->rollup = rollup_new();
	s->day_to = INT64_MIN;
	s->day_from = INT64_MAX;
	s->folds = xcalloc(RECENT, sizeof *s->folds);
	s->sources = xcalloc(RECENT, sizeof *s->sources);
	cache_init(&s->addresses, 65536);
	cache_init(&s->clients, 32768);
	cache_init(&s->words, 32768);
	cache_init(&s->texts, 8192);
	cache_init(&s->services, 256);
	s->sink = (struct sink){.arg = s,
	                        .host = sink_host,
	                        .address = sink_address,
	                        .client = sink_client,
	                        .attempt = sink_attempt,
	                        .transaction = sink_transaction,
	                        .mail = sink_mail,
	                        .pending_put = sink_pending_put,
	                        .pending_drop = sink_pending_drop,
	                        .hole = sink_hole};
	store_begin(s);
	owner_take(s);
	key_load(s);
	rules_load(s);
	sqlite3_stmt *q = db_stmt(d, SQL_READ_TEXT_RULES);
	while (db_step(d, q))
		remember_rule(s, (uint32_t)sqlite3_column_int64(q, 0), sqlite3_column_int(q, 1));
	if (s->new_database)
		s->addresses.holds_all = s->clients.holds_all = s->words.holds_all = s->services.holds_all = true;
	store_commit(s, NULL, NULL);
	return s;
}

struct store *store_free(struct store *s)
{
	struct cache *caches[] = {&s->addresses, &s->clients, &s->words, &s->texts, &s->services};

	for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
		free(caches[i]->slot);
	rollup_free(s->rollup);
	free(s->text_rule);
	free(s->folds);
	free(s->sources);
	free(s);
	return NULL;
}

const struct sink *store_sink(struct store *s)
{
	return &s->sink;
}

void store_key(struct store *s, uint64_t key[2])
{
	key[0] = s->key[0];
	key[1] = s->key[1];
}

uint64_t store_limit_hits(const struct store *s)
{
	return s->rules->limit_hits;
}
