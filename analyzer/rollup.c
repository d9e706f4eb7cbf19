#include "rollup.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "bulk.h"
#include "db.h"
#include "msg.h"

enum { SUM_ATTEMPTS, SUM_MAILS, SUM_LOST, SUM_FATES, SUM_COUNT = SUM_FATES + FATE_COUNT };

/* One table for all sorts: what it is of, then the sums. */
enum sort {
	SORT_NONE,
	SORT_DAY,      /* source, domain and day */
	SORT_PAIR,     /* sender, client */
	SORT_PERSON,   /* source and domain, recipient */
	SORT_EVIDENCE, /* source and domain, evidence */
	SORT_LINE,     /* sort, place */
	SORT_PLACE,    /* generation, hour */
	SORT_HOUR,     /* hour */
	SORT_TEXT,     /* text, action */
	SORT_DOMAIN,   /* host and domain, day */
	SORT_TEXT_DAY, /* text, day */
	SORT_HOST,     /* host, day */
	SORT_LISTED,   /* source, day */
	SORT_SIGHTING, /* client and sender, day, kind and host and login, rules */
	SORT_WARNED,   /* transaction, host: of no mail so far */
	SORT_TOLD,     /* transaction that may have been told of as SORT_WARNED before */
	SORT_SETTLED,  /* again */
	SORTS
};

struct row_key { /* what it is of, as said beside the sorts */
	uint64_t a, b, c, d;
	int rule;
	enum sort sort;
};

struct row {
	struct row_key of;
	int64_t sum[SUM_COUNT];
	int64_t first_us, last_us;   /* SORT_DAY: of mails; SORT_DOMAIN, SORT_PAIR, SORT_WARNED: of warnings */
	int64_t first_us2, last_us2; /* ... of refusals */
};

/* Where a row is, by its key; small, so that a search seldom leaves what is near. */
struct slot {
	uint32_t hash, row; /* from 1; 0: none */
};

struct rollup {
	struct db *db;
	struct row *row; /* in the order of their birth */
	struct slot *slot;
	uint32_t size, used;  /* slots, twice as many as there is room for rows; rows */
	uint32_t last[SORTS]; /* the row that was asked for last: most lines ask for what the line before asked for */
	uint64_t *senders; /* a bit for each sender who has a pair, by its number's lowest bits; NULL: nobody asked */
	struct bulk *bulk[SORTS]; /* made when there is something to write */
	uint64_t rules;           /* bit n: rule n has warned */
	atomic_bool loose;        /* roll_loose has rows */
	unsigned asked;           /* the job that finds out */
	bool stale;
	uint64_t hour; /* of the place told last, with its generation */
};

#define SLOTS_AT_BIRTH 1024
#define SENDER_WORDS 4096

static void rollup_room(struct rollup *r, uint32_t slots)
{
	r->size = slots;
	r->row = xrealloc(r->row, slots / 2 * sizeof *r->row);
	free(r->slot);
	r->slot = xcalloc(slots, sizeof *r->slot);
}

static void loose_ask(void *arg)
{
	struct rollup *r = arg;
	sqlite3_stmt *q = db_stmt(r->db, SQL_READ_ROLL_LOOSE_ANY);

	r->loose = db_step(r->db, q) && sqlite3_column_int(q, 0);
	sqlite3_reset(q);
}

/* Are there warnings of a transaction whose mail was not told in their batch? */
static bool has_loose(struct rollup *r)
{
	db_await(r->db, r->asked);
	return r->loose;
}

struct rollup *rollup_new(struct db *d)
{
	struct rollup *r = xcalloc(1, sizeof *r);

	r->db = d;
	loose_ask(r);
	r->hour = UINT64_MAX;
	rollup_room(r, SLOTS_AT_BIRTH);
	return r;
}

struct rollup *rollup_free(struct rollup *r)
{
	for (int i = 0; i < SORTS; i++)
		bulk_free(r->bulk[i]);
	free(r->row);
	free(r->slot);
	free(r->senders);
	free(r);
	return NULL;
}

static bool is_same(const struct row_key *x, const struct row_key *key)
{
	return x->sort == key->sort && x->a == key->a && x->b == key->b && x->rule == key->rule && x->c == key->c &&
	       x->d == key->d;
}

static uint32_t key_hash(const struct row_key *key)
{
	uint64_t h = (key->a * UINT64_C(0x9e3779b97f4a7c15) ^ key->b) * UINT64_C(0xff51afd7ed558ccd) +
	             (uint64_t)key->rule * 31 + key->sort;
	h ^= (key->c * UINT64_C(0xc4ceb9fe1a85ec53) ^ key->d) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32);
}

/* Of the key, or the one that it shall have. */
static struct slot *slot_of(const struct rollup *r, const struct row_key *key, uint32_t hash)
{
	uint32_t i = hash & (r->size - 1);

	for (;; i = (i + 1) & (r->size - 1)) {
		struct slot *s = &r->slot[i];
		if (s->row == 0 || (s->hash == hash && is_same(&r->row[s->row - 1].of, key)))
			return s;
	}
}

/* A batch names at most as many rows as it has lines. */
static void rollup_grow(struct rollup *r)
{
	rollup_room(r, r->size * 2);
	for (uint32_t i = 0; i < r->used; i++) {
		uint32_t hash = key_hash(&r->row[i].of);
		*slot_of(r, &r->row[i].of, hash) = (struct slot){hash, i + 1};
	}
}

static uint64_t *sender_word(struct rollup *r, uint64_t sender)
{
	return &r->senders[sender / 64 % SENDER_WORDS];
}

static void sender_note(struct rollup *r, uint64_t sender)
{
	*sender_word(r, sender) |= UINT64_C(1) << sender % 64;
}

static struct row *row_new(struct rollup *r, const struct row_key *key)
{
	struct row *row = &r->row[r->used++];

	memset(row, 0, sizeof *row);
	row->of = *key;
	row->first_us = row->first_us2 = INT64_MAX;
	row->last_us = row->last_us2 = INT64_MIN;
	if (key->sort == SORT_PAIR && r->senders)
		sender_note(r, key->a);
	return row;
}

static struct row *row_of(struct rollup *r, const struct row_key *key)
{
	uint32_t at = r->last[key->sort], hash;

	if (at < r->used && is_same(&r->row[at].of, key))
		return &r->row[at];
	if (r->used * 2 >= r->size)
		rollup_grow(r);
	hash = key_hash(key);
	struct slot *s = slot_of(r, key, hash);
	if (s->row == 0) {
		row_new(r, key);
		*s = (struct slot){hash, r->used};
	}
	r->last[key->sort] = s->row - 1;
	return &r->row[s->row - 1];
}

static struct row *row_get(struct rollup *r, enum sort sort, int rule, uint64_t a, uint64_t b)
{
	const struct row_key key = {.a = a, .b = b, .rule = rule, .sort = sort};

	return row_of(r, &key);
}

static void widen(int64_t *first_us, int64_t *last_us, int64_t us)
{
	if (us == STAMP_NONE)
		return;
	if (us < *first_us)
		*first_us = us;
	if (us > *last_us)
		*last_us = us;
}

static uint64_t two(uint32_t a, uint32_t b)
{
	return (uint64_t)a << 32 | b;
}

void rollup_attempt(struct rollup *r, int rule, uint32_t source, uint32_t domain, int32_t day, int64_t us,
                    uint32_t count)
{
	row_get(r, SORT_DAY, rule, source, two(domain, (uint32_t)day))->sum[SUM_ATTEMPTS] += count;
	if (us != STAMP_NONE)
		row_get(r, SORT_HOUR, rule, (uint64_t)(us / (INT64_C(3600) * 1000000)), 0)->sum[SUM_ATTEMPTS] += count;
}

void mail_sum_add(struct mail_sum *sum, int rule, int fate)
{
	int i = 0;

	while (i < sum->n && sum->of[i].rule != rule)
		i++;
	if (i == SUM_RULES || fate < 0 || fate >= FATE_COUNT)
		return;
	if (i == sum->n) {
		memset(&sum->of[i], 0, sizeof sum->of[i]);
		sum->of[i].rule = rule;
		sum->n++;
	}
	sum->of[i].fates[fate]++;
}

static void mail_of_rule(struct rollup *r, int rule, const struct mail_place *at, bool lost, int sign)
{
	const struct row_key pair = {.sort = SORT_PAIR, .rule = rule, .a = at->sender, .b = at->client};
	const uint8_t *e = at->evidence;
	uint64_t said =
	    (uint64_t)e[0] << 32 | (uint64_t)e[1] << 24 | (uint64_t)e[2] << 16 | (uint64_t)e[3] << 8 | at->flags;
	struct row *row = row_of(r, &pair);

	row->sum[0] += sign;
	row->sum[1] += sign * lost;
	row_get(r, SORT_EVIDENCE, rule, two(at->source, at->domain), said)->sum[0] += sign;
}

void rollup_mail(struct rollup *r, const struct mail_sum *sum, const struct mail_place *at, int sign)
{
	for (int i = 0; i < sum->n; i++) {
		int rule = sum->of[i].rule;
		uint32_t domain = rule ? at->domain : 0;
		struct row *row = row_get(r, SORT_DAY, rule, at->source, two(domain, (uint32_t)at->day));
		bool lost = false;
		for (int f = 0; f < FATE_COUNT; f++) {
			row->sum[SUM_FATES + f] += sign * sum->of[i].fates[f];
			lost |= sum->of[i].fates[f] && fate_loses((enum fate)f);
		}
		row->sum[SUM_MAILS] += sign;
		row->sum[SUM_LOST] += sign * lost;
		if (sign > 0) {
			widen(&row->first_us, &row->last_us, at->first_us);
			widen(&row->first_us, &row->last_us, at->last_us);
		}
		if (rule)
			mail_of_rule(r, rule, at, lost, sign);
	}
}

void rollup_person(struct rollup *r, int rule, const struct mail_place *at, uint32_t recipient, bool lost, int sign)
{
	if (!rule)
		return;
	struct row *row = row_get(r, SORT_PERSON, rule, two(at->source, at->domain), recipient);
	row->sum[0] += sign;
	row->sum[1] += sign * lost;
}

void rollup_warned(struct rollup *r, int rule, uint64_t tx, uint32_t host, int64_t us, uint32_t count)
{
	struct row *row = row_get(r, SORT_WARNED, rule, tx, host);

	r->rules |= UINT64_C(1) << rule;
	row->sum[0] += count;
	widen(&row->first_us, &row->last_us, us == STAMP_NONE ? 0 : us);
}

static void told_again(struct rollup *r, uint64_t tx)
{
	row_get(r, SORT_TOLD, 0, tx, 0)->sum[0] = 1;
	row_get(r, SORT_SETTLED, 0, tx, 0)->sum[0] = 1;
}

void rollup_told(struct rollup *r, uint64_t tx, uint32_t host, uint32_t sender, uint32_t client)
{
	for (int rule = 1; rule < 64 && r->rules >> rule; rule++) {
		const struct row_key key = {.sort = SORT_WARNED, .rule = rule, .a = tx, .b = host};
		const struct row_key pair = {.sort = SORT_PAIR, .rule = rule, .a = sender, .b = client};
		const struct slot *s = slot_of(r, &key, key_hash(&key));
		if (s->row == 0 || !r->row[s->row - 1].sum[0])
			continue;
		struct row seen = r->row[s->row - 1];
		r->row[s->row - 1].sum[0] = 0;
		struct row *row = row_of(r, &pair);
		widen(&row->first_us, &row->last_us, seen.first_us);
		widen(&row->first_us, &row->last_us, seen.last_us);
	}
	if (has_loose(r))
		told_again(r, tx);
}

void rollup_told_later(struct rollup *r, uint64_t tx)
{
	if (has_loose(r))
		told_again(r, tx);
}

void rollup_stale(struct rollup *r)
{
	r->stale = true;
}

/* From here on row_new keeps it; a bit that stays set for nobody costs a query. */
static void senders_load(struct rollup *r)
{
	sqlite3_stmt *q = db_stmt(r->db, SQL_READ_ROLL_PAIR_SENDERS);

	r->senders = xcalloc(SENDER_WORDS, sizeof *r->senders);
	while (db_step(r->db, q))
		sender_note(r, (uint64_t)sqlite3_column_int64(q, 0));
	for (uint32_t i = 0; i < r->used; i++)
		if (r->row[i].of.sort == SORT_PAIR)
			sender_note(r, r->row[i].of.a);
}

bool rollup_has_sender(struct rollup *r, uint32_t sender)
{
	if (!r->senders)
		senders_load(r);
	if (!(*sender_word(r, sender) >> sender % 64 & 1))
		return false;
	for (uint32_t i = 0; i < r->used; i++) {
		const struct row_key *x = &r->row[i].of;
		if (x->sort == SORT_PAIR && x->a == sender)
			return true;
	}
	sqlite3_stmt *q = db_stmt(r->db, SQL_READ_ROLL_PAIR_SENDER);
	sqlite3_bind_int64(q, 1, sender);
	bool found = db_step(r->db, q);
	sqlite3_reset(q);
	return found;
}

void rollup_line(struct rollup *r, enum line_sort sort, uint64_t place)
{
	row_get(r, SORT_LINE, 0, sort, place)->sum[0] = 1;
}

void rollup_place(struct rollup *r, uint64_t place, int64_t us)
{
	uint64_t gen = place >> PLACE_SHIFT, hour = us == STAMP_NONE ? 0 : (uint64_t)(us / (INT64_C(3600) * 1000000));

	if (r->hour == (gen << 32 | hour)) /* the places of a stream ascend: the first has been told */
		return;
	r->hour = gen << 32 | hour;
	struct row *row = row_get(r, SORT_PLACE, 0, gen, hour);
	if (!row->sum[0] || (uint64_t)row->sum[0] > place)
		row->sum[0] = (int64_t)place;
}

void rollup_text(struct rollup *r, uint32_t text, uint32_t action, uint32_t count, int64_t us)
{
	struct row *row = row_get(r, SORT_TEXT, 0, text, action);

	row->sum[SUM_ATTEMPTS] += count;
	widen(&row->first_us, &row->last_us, us);
}

void rollup_domain(struct rollup *r, int rule, uint32_t host, uint32_t domain, int32_t day, int64_t us,
                   enum rule_act act, uint32_t count)
{
	struct row *row = row_get(r, SORT_DOMAIN, rule, (uint64_t)host << 32 | domain, (uint64_t)(int64_t)day);

	row->sum[act] += count;
	if (act == RULE_WARNED)
		widen(&row->first_us, &row->last_us, us);
	else
		widen(&row->first_us2, &row->last_us2, us);
}

void rollup_text_day(struct rollup *r, uint32_t text, int32_t day, uint32_t count)
{
	row_get(r, SORT_TEXT_DAY, 0, text, (uint64_t)(int64_t)day)->sum[0] += count;
}

void rollup_host(struct rollup *r, uint32_t host, int32_t day, enum host_sum what, uint32_t count)
{
	row_get(r, SORT_HOST, 0, host, (uint64_t)(int64_t)day)->sum[what] += count;
}

void rollup_listed(struct rollup *r, uint32_t source, int32_t day, uint32_t count)
{
	row_get(r, SORT_LISTED, 0, source, (uint64_t)(int64_t)day)->sum[0] += count;
}

void rollup_sighting(struct rollup *r, const struct sighting *s)
{
	const struct row_key key = {.sort = SORT_SIGHTING,
	                            .a = (uint64_t)s->client << 32 | s->sender,
	                            .b = (uint64_t)(int64_t)s->day,
	                            .c = (uint64_t)s->kind << 60 | (uint64_t)s->host << 32 | s->login,
	                            .d = s->rules};
	struct row *row = row_of(r, &key);

	row->sum[0]++;
	widen(&row->first_us, &row->last_us, s->us);
}

static void put_moment(struct bulk *b, int64_t us)
{
	if (us == INT64_MAX || us == INT64_MIN)
		bulk_null(b);
	else
		bulk_number(b, us);
}

/* Was a mail told anew, and nothing changed? */
static bool is_empty(const struct row *x)
{
	for (int i = 0; i < SUM_COUNT; i++)
		if (x->sum[i])
			return false;
	return x->last_us == INT64_MIN;
}

static void put_day(struct bulk *b, const struct row *x)
{
	if (is_empty(x))
		return;
	bulk_row(b);
	bulk_number(b, x->of.rule);
	bulk_number(b, (int64_t)x->of.a);
	bulk_number(b, (int64_t)(x->of.b >> 32));
	bulk_number(b, (int32_t)(uint32_t)x->of.b);
	for (int i = 0; i < SUM_COUNT; i++)
		bulk_number(b, x->sum[i]);
	put_moment(b, x->first_us);
	put_moment(b, x->last_us);
}

static void put_pair(struct bulk *b, const struct row *x)
{
	if (is_empty(x))
		return;
	bulk_row(b);
	bulk_number(b, x->of.rule);
	bulk_number(b, (int64_t)x->of.a);
	bulk_number(b, (int64_t)x->of.b);
	bulk_number(b, x->sum[0]);
	bulk_number(b, x->sum[1]);
	put_moment(b, x->first_us);
	put_moment(b, x->last_us);
}

static void put_person(struct bulk *b, const struct row *x)
{
	if (is_empty(x))
		return;
	bulk_row(b);
	bulk_number(b, x->of.rule);
	bulk_number(b, (int64_t)(x->of.a >> 32));
	bulk_number(b, (int64_t)(x->of.a & UINT32_MAX));
	bulk_number(b, (int64_t)x->of.b);
	bulk_number(b, x->sum[0]);
	bulk_number(b, x->sum[1]);
	if (x->sum[0] < 0)
		bulk_then(b, SQL_WRITE_ROLL_PERSON_GONE);
}

static void put_evidence(struct bulk *b, const struct row *x)
{
	if (is_empty(x))
		return;
	bulk_row(b);
	bulk_number(b, x->of.rule);
	bulk_number(b, (int64_t)(x->of.a >> 32));
	bulk_number(b, (int64_t)(x->of.a & UINT32_MAX));
	for (int i = 4; i >= 0; i--)
		bulk_number(b, (int64_t)(x->of.b >> 8 * i & 0xff));
	bulk_number(b, x->sum[0]);
	if (x->sum[0] < 0)
		bulk_then(b, SQL_WRITE_ROLL_EVIDENCE_GONE);
}

static void put_loose(struct bulk *b, const struct row *x)
{
	if (!x->sum[0])
		return;
	bulk_row(b);
	bulk_number(b, (int64_t)x->of.a);
	bulk_number(b, x->of.rule);
	bulk_number(b, (int64_t)x->of.b);
	bulk_number(b, x->sum[0]);
	bulk_number(b, x->first_us);
	bulk_number(b, x->last_us);
}

static void put_line(struct bulk *b, const struct row *x)
{
	bulk_row(b);
	bulk_number(b, (int64_t)x->of.a);
	bulk_number(b, (int64_t)x->of.b);
}

static void put_key(struct bulk *b, const struct row *x)
{
	bulk_row(b);
	bulk_number(b, (int64_t)x->of.a);
}

static void put_hour(struct bulk *b, const struct row *x)
{
	bulk_row(b);
	bulk_number(b, x->of.rule);
	bulk_number(b, (int64_t)x->of.a);
	bulk_number(b, x->sum[SUM_ATTEMPTS]);
}

static void put_text(struct bulk *b, const struct row *x)
{
	bulk_row(b);
	bulk_number(b, (int64_t)x->of.a);
	bulk_number(b, (int64_t)x->of.b);
	bulk_number(b, x->sum[SUM_ATTEMPTS]);
	bulk_number(b, x->first_us);
	bulk_number(b, x->last_us);
}

static void put_domain(struct bulk *b, const struct row *x)
{
	bulk_row(b);
	bulk_number(b, x->of.rule);
	bulk_number(b, (int64_t)(x->of.a >> 32));
	bulk_number(b, (int64_t)(x->of.a & UINT32_MAX));
	bulk_number(b, (int64_t)x->of.b);
	for (int i = RULE_WARNED; i <= RULE_DEFERRED; i++)
		bulk_number(b, x->sum[i]);
	put_moment(b, x->first_us);
	put_moment(b, x->last_us);
	put_moment(b, x->first_us2);
	put_moment(b, x->last_us2);
}

/* Of a text or of a source, per day. */
static void put_sum(struct bulk *b, const struct row *x)
{
	bulk_row(b);
	bulk_number(b, (int64_t)x->of.a);
	bulk_number(b, (int64_t)x->of.b);
	bulk_number(b, x->sum[0]);
}

static void put_host(struct bulk *b, const struct row *x)
{
	bulk_row(b);
	bulk_number(b, (int64_t)x->of.a);
	bulk_number(b, (int64_t)x->of.b);
	for (int i = HOST_ACCEPTED; i <= HOST_CANARY; i++)
		bulk_number(b, x->sum[i]);
}

static void put_sighting(struct bulk *b, const struct row *x)
{
	bulk_row(b);
	bulk_number(b, (int64_t)(x->of.c >> 60));
	bulk_number(b, (int64_t)(x->of.c >> 32 & 0x0fffffff));
	bulk_number(b, (int64_t)x->of.b);
	bulk_number(b, (int64_t)(x->of.a >> 32));
	bulk_number(b, (int64_t)(x->of.a & UINT32_MAX));
	bulk_number(b, (int64_t)(x->of.c & UINT32_MAX));
	bulk_number(b, (int64_t)x->of.d);
	bulk_number(b, x->sum[0]);
	bulk_number(b, x->first_us);
	bulk_number(b, x->last_us);
}

static const struct {
	enum sql_id insert;
	int columns;
	void (*put)(struct bulk *b, const struct row *x);
} tables[] = {
    [SORT_DAY] = {SQL_WRITE_ROLL_SOURCE_DAY, 6 + SUM_COUNT, put_day},
    [SORT_PAIR] = {SQL_WRITE_ROLL_PAIR, 7, put_pair},
    [SORT_PERSON] = {SQL_WRITE_ROLL_PERSON, 6, put_person},
    [SORT_EVIDENCE] = {SQL_WRITE_ROLL_EVIDENCE, 9, put_evidence},
    [SORT_LINE] = {SQL_WRITE_ROLL_LINE, 2, put_line},
    [SORT_PLACE] = {SQL_WRITE_ROLL_PLACE, 3, put_sum},
    [SORT_HOUR] = {SQL_WRITE_ROLL_HOUR, 3, put_hour},
    [SORT_TEXT] = {SQL_WRITE_ROLL_TEXT, 5, put_text},
    [SORT_DOMAIN] = {SQL_WRITE_ROLL_DOMAIN_DAY, 11, put_domain},
    [SORT_TEXT_DAY] = {SQL_WRITE_ROLL_TEXT_DAY, 3, put_sum},
    [SORT_HOST] = {SQL_WRITE_ROLL_HOST_DAY, 6, put_host},
    [SORT_LISTED] = {SQL_WRITE_ROLL_LISTED, 3, put_sum},
    [SORT_SIGHTING] = {SQL_WRITE_SIGHTING, 10, put_sighting},
    [SORT_WARNED] = {SQL_WRITE_ROLL_LOOSE, 6, put_loose},
    [SORT_TOLD] = {SQL_WRITE_ROLL_SETTLE, 1, put_key},
    [SORT_SETTLED] = {SQL_WRITE_ROLL_SETTLED, 1, put_key},
};

_Static_assert(6 + SUM_COUNT <= BULK_COLUMNS, "the widest row has room");

/* Warnings that nobody told a mail of in this batch: of a mail that was told before, or of none. False: there are none. */
static bool settle(struct rollup *r)
{
	uint32_t used = r->used;
	bool any = false;

	for (uint32_t i = 0; i < used; i++) {
		const struct row *x = &r->row[i];
		if (x->of.sort == SORT_WARNED && x->sum[0]) {
			told_again(r, x->of.a);
			any = true;
		}
	}
	return any;
}

static void rows_write(struct rollup *r)
{
	for (uint32_t i = 0; i < r->used; i++) {
		const struct row *x = &r->row[i];
		if (!r->bulk[x->of.sort])
			r->bulk[x->of.sort] = bulk_new(r->db, tables[x->of.sort].insert, tables[x->of.sort].columns);
		tables[x->of.sort].put(r->bulk[x->of.sort], x);
	}
	r->used = 0;
	memset(r->slot, 0, r->size * sizeof *r->slot);
	r->rules = 0;
	r->hour = UINT64_MAX;
}

void rollup_flush(struct rollup *r)
{
	bool loose = has_loose(r) || r->stale;

	if (r->rules)
		loose |= settle(r);
	rows_write(r);
	for (int i = 0; i < SORTS; i++)
		if (r->bulk[i])
			bulk_flush(r->bulk[i]);
	if (r->stale)
		rollup_recount(r->db);
	if (loose)
		r->asked = db_later(r->db, loose_ask, r);
	r->stale = false;
}

void rollup_recount(struct db *d)
{
	static const enum sql_id counts[] = {SQL_WRITE_RECOUNT_SOURCE_DAY, SQL_WRITE_RECOUNT_PAIR,
	                                     SQL_WRITE_RECOUNT_PERSON,     SQL_WRITE_RECOUNT_EVIDENCE,
	                                     SQL_WRITE_RECOUNT_LOOSE,      SQL_WRITE_RECOUNT_LINE};

	db_exec(d, "DELETE FROM roll_source_day; DELETE FROM roll_pair; DELETE FROM roll_person;"
	           "DELETE FROM roll_evidence; DELETE FROM roll_loose; DELETE FROM roll_line WHERE sort < 2");
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		db_run(d, db_stmt(d, counts[i]));
}
