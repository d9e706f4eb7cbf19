#include "rollup.h"

#include <stdlib.h>

#include "bulk.h"
#include "msg.h"

enum { SUM_ATTEMPTS, SUM_MAILS, SUM_LOST, SUM_FATES, SUM_COUNT = SUM_FATES + FATE_COUNT };

/* One table for all sorts: what it is of, then the sums. */
enum sort {
	SORT_NONE,
	SORT_DAY,      /* source, day */
	SORT_HOUR,     /* hour */
	SORT_TEXT,     /* text, action */
	SORT_DOMAIN,   /* host and domain, day */
	SORT_TEXT_DAY, /* text, day */
	SORT_HOST,     /* host, day */
	SORT_LISTED,   /* source, day */
	SORT_SIGHTING, /* client and sender, day, kind and host and login, rules */
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
	int64_t first_us, last_us;   /* SORT_DOMAIN: of warnings */
	int64_t first_us2, last_us2; /* ... of refusals */
};

struct rollup {
	struct row *row;
	uint32_t *order; /* slots in the order of their birth, so that a flush needs no search */
	uint32_t size, used;
	struct bulk *bulk[SORTS]; /* made when there is something to write */
};

#define ROWS_AT_BIRTH 1024

struct rollup *rollup_new(void)
{
	struct rollup *r = xcalloc(1, sizeof *r);

	r->size = ROWS_AT_BIRTH;
	r->row = xcalloc(r->size, sizeof *r->row);
	r->order = xcalloc(r->size, sizeof *r->order);
	return r;
}

struct rollup *rollup_free(struct rollup *r)
{
	for (int i = 0; i < SORTS; i++)
		bulk_free(r->bulk[i]);
	free(r->row);
	free(r->order);
	free(r);
	return NULL;
}

static uint32_t slot_of(const struct rollup *r, const struct row_key *key)
{
	uint64_t h = (key->a * UINT64_C(0x9e3779b97f4a7c15) ^ key->b) * UINT64_C(0xff51afd7ed558ccd) +
	             (uint64_t)key->rule * 31 + key->sort;
	h ^= (key->c * UINT64_C(0xc4ceb9fe1a85ec53) ^ key->d) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t i = (uint32_t)(h >> 32) & (r->size - 1);

	for (;; i = (i + 1) & (r->size - 1)) {
		const struct row_key *x = &r->row[i].of;
		if (x->sort == SORT_NONE || (x->sort == key->sort && x->a == key->a && x->b == key->b &&
		                             x->rule == key->rule && x->c == key->c && x->d == key->d))
			return i;
	}
}

static void rollup_grow(struct rollup *r)
{
	struct rollup old = *r;

	r->size *= 2; /* a batch names at most as many rows as it has lines */
	r->row = xcalloc(r->size, sizeof *r->row);
	r->order = xcalloc(r->size, sizeof *r->order);
	for (uint32_t i = 0; i < old.used; i++) {
		uint32_t at = slot_of(r, &old.row[old.order[i]].of);
		r->row[at] = old.row[old.order[i]];
		r->order[i] = at;
	}
	free(old.row);
	free(old.order);
}

static struct row *row_of(struct rollup *r, const struct row_key *key)
{
	if (r->used * 2 >= r->size)
		rollup_grow(r);
	uint32_t at = slot_of(r, key);
	if (r->row[at].of.sort == SORT_NONE) { /* all its sums are 0 */
		r->row[at].of = *key;
		r->row[at].first_us = r->row[at].first_us2 = INT64_MAX;
		r->row[at].last_us = r->row[at].last_us2 = INT64_MIN;
		r->order[r->used++] = at;
	}
	return &r->row[at];
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

void rollup_attempt(struct rollup *r, int rule, uint32_t source, int32_t day, int64_t us, uint32_t count)
{
	row_get(r, SORT_DAY, rule, source, (uint64_t)(int64_t)day)->sum[SUM_ATTEMPTS] += count;
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

void rollup_mail(struct rollup *r, const struct mail_sum *sum, uint32_t source, int32_t day, int sign)
{
	for (int i = 0; i < sum->n; i++) {
		struct row *row = row_get(r, SORT_DAY, sum->of[i].rule, source, (uint64_t)(int64_t)day);
		bool lost = false;
		for (int f = 0; f < FATE_COUNT; f++) {
			row->sum[SUM_FATES + f] += sign * sum->of[i].fates[f];
			lost |= sum->of[i].fates[f] && fate_loses((enum fate)f);
		}
		row->sum[SUM_MAILS] += sign;
		row->sum[SUM_LOST] += sign * lost;
	}
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

static void put_day(struct bulk *b, const struct row *x)
{
	for (int i = 0; i < SUM_COUNT; i++)
		if (x->sum[i])
			goto something;
	return; /* a mail was told anew and nothing changed */
something:
	bulk_row(b);
	bulk_number(b, x->of.rule);
	bulk_number(b, (int64_t)x->of.a);
	bulk_number(b, (int64_t)x->of.b);
	for (int i = 0; i < SUM_COUNT; i++)
		bulk_number(b, x->sum[i]);
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

static void put_moment(struct bulk *b, int64_t us)
{
	if (us == INT64_MAX || us == INT64_MIN)
		bulk_null(b);
	else
		bulk_number(b, us);
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
	static const char *const kinds[] = {"own", "login", "foreign"};

	bulk_row(b);
	bulk_text(b, slice_str(kinds[x->of.c >> 60]));
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
    [SORT_DAY] = {SQL_WRITE_ROLL_SOURCE_DAY, 3 + SUM_COUNT, put_day},
    [SORT_HOUR] = {SQL_WRITE_ROLL_HOUR, 3, put_hour},
    [SORT_TEXT] = {SQL_WRITE_ROLL_TEXT, 5, put_text},
    [SORT_DOMAIN] = {SQL_WRITE_ROLL_DOMAIN_DAY, 11, put_domain},
    [SORT_TEXT_DAY] = {SQL_WRITE_ROLL_TEXT_DAY, 3, put_sum},
    [SORT_HOST] = {SQL_WRITE_ROLL_HOST_DAY, 6, put_host},
    [SORT_LISTED] = {SQL_WRITE_ROLL_LISTED, 3, put_sum},
    [SORT_SIGHTING] = {SQL_WRITE_SIGHTING, 10, put_sighting},
};

_Static_assert(3 + SUM_COUNT <= BULK_COLUMNS, "the widest row has room");

void rollup_flush(struct rollup *r, struct db *d)
{
	for (uint32_t i = 0; i < r->used; i++) {
		struct row *x = &r->row[r->order[i]];
		if (!r->bulk[x->of.sort])
			r->bulk[x->of.sort] = bulk_new(d, tables[x->of.sort].insert, tables[x->of.sort].columns);
		tables[x->of.sort].put(r->bulk[x->of.sort], x);
		x->of.sort = SORT_NONE;
		memset(x->sum, 0, sizeof x->sum);
	}
	r->used = 0;
	for (int i = 0; i < SORTS; i++)
		if (r->bulk[i])
			bulk_flush(r->bulk[i]);
}
