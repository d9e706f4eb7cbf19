#include "rollup.h"

#include <stdlib.h>

#include "db.h"
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
	SORT_SIGHTING  /* client and sender, day, kind and host and login, rules */
};

struct row {
	uint64_t a, b, c, d; /* what it is of, as said beside the sorts */
	int rule;
	enum sort sort;
	int64_t sum[SUM_COUNT];
	int64_t first_us, last_us;       /* SORT_DOMAIN: of warnings */
	int64_t first_us2, last_us2; /* ... of refusals */
};

struct rollup {
	struct row *row;
	uint32_t *order; /* slots in the order of their birth, so that a flush needs no search */
	uint32_t size, used;
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
	free(r->row);
	free(r->order);
	free(r);
	return NULL;
}

static uint32_t slot_of(const struct rollup *r, const struct row *key)
{
	uint64_t h = (key->a * UINT64_C(0x9e3779b97f4a7c15) ^ key->b) * UINT64_C(0xff51afd7ed558ccd) +
	             (uint64_t)key->rule * 31 + key->sort;
	h ^= (key->c * UINT64_C(0xc4ceb9fe1a85ec53) ^ key->d) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t i = (uint32_t)(h >> 32) & (r->size - 1);

	for (;; i = (i + 1) & (r->size - 1)) {
		const struct row *x = &r->row[i];
		if (x->sort == SORT_NONE ||
		    (x->sort == key->sort && x->a == key->a && x->b == key->b && x->rule == key->rule &&
		     x->c == key->c && x->d == key->d))
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
		uint32_t at = slot_of(r, &old.row[old.order[i]]);
		r->row[at] = old.row[old.order[i]];
		r->order[i] = at;
	}
	free(old.row);
	free(old.order);
}

static struct row *row_of(struct rollup *r, const struct row *key)
{
	if (r->used * 2 >= r->size)
		rollup_grow(r);
	uint32_t at = slot_of(r, key);
	if (r->row[at].sort == SORT_NONE) {
		r->row[at] = *key;
		r->row[at].first_us = r->row[at].first_us2 = INT64_MAX;
		r->row[at].last_us = r->row[at].last_us2 = INT64_MIN;
		r->order[r->used++] = at;
	}
	return &r->row[at];
}

static struct row *row_get(struct rollup *r, enum sort sort, int rule, uint64_t a, uint64_t b)
{
	const struct row key = {.a = a, .b = b, .rule = rule, .sort = sort};

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
	const struct row key = {.sort = SORT_SIGHTING,
	                        .a = (uint64_t)s->client << 32 | s->sender,
	                        .b = (uint64_t)(int64_t)s->day,
	                        .c = (uint64_t)s->kind << 60 | (uint64_t)s->host << 32 | s->login,
	                        .d = s->rules};
	struct row *row = row_of(r, &key);

	row->sum[0]++;
	widen(&row->first_us, &row->last_us, s->us);
}

static void write_day(struct db *d, const struct row *x)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_ROLL_SOURCE_DAY);

	for (int i = 0; i < SUM_COUNT; i++)
		if (x->sum[i])
			goto something;
	return; /* a mail was told anew and nothing changed */
something:
	sqlite3_bind_int(q, 1, x->rule);
	sqlite3_bind_int64(q, 2, (int64_t)x->a);
	sqlite3_bind_int64(q, 3, (int64_t)x->b);
	for (int i = 0; i < SUM_COUNT; i++)
		sqlite3_bind_int64(q, 4 + i, x->sum[i]);
	db_run(d, q);
}

static void write_hour(struct db *d, const struct row *x)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_ROLL_HOUR);

	sqlite3_bind_int(q, 1, x->rule);
	sqlite3_bind_int64(q, 2, (int64_t)x->a);
	sqlite3_bind_int64(q, 3, x->sum[SUM_ATTEMPTS]);
	db_run(d, q);
}

static void write_text(struct db *d, const struct row *x)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_ROLL_TEXT);

	sqlite3_bind_int64(q, 1, (int64_t)x->a);
	sqlite3_bind_int64(q, 2, (int64_t)x->b);
	sqlite3_bind_int64(q, 3, x->sum[SUM_ATTEMPTS]);
	sqlite3_bind_int64(q, 4, x->first_us);
	sqlite3_bind_int64(q, 5, x->last_us);
	db_run(d, q);
}

static void bind_moment(sqlite3_stmt *q, int at, int64_t us)
{
	if (us == INT64_MAX || us == INT64_MIN)
		sqlite3_bind_null(q, at);
	else
		sqlite3_bind_int64(q, at, us);
}

static void write_domain(struct db *d, const struct row *x)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_ROLL_DOMAIN_DAY);

	sqlite3_bind_int(q, 1, x->rule);
	sqlite3_bind_int64(q, 2, (int64_t)(x->a >> 32));
	sqlite3_bind_int64(q, 3, (int64_t)(x->a & UINT32_MAX));
	sqlite3_bind_int64(q, 4, (int64_t)x->b);
	for (int i = RULE_WARNED; i <= RULE_DEFERRED; i++)
		sqlite3_bind_int64(q, 5 + i, x->sum[i]);
	bind_moment(q, 8, x->first_us);
	bind_moment(q, 9, x->last_us);
	bind_moment(q, 10, x->first_us2);
	bind_moment(q, 11, x->last_us2);
	db_run(d, q);
}

static void write_text_day(struct db *d, const struct row *x)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_ROLL_TEXT_DAY);

	sqlite3_bind_int64(q, 1, (int64_t)x->a);
	sqlite3_bind_int64(q, 2, (int64_t)x->b);
	sqlite3_bind_int64(q, 3, x->sum[0]);
	db_run(d, q);
}

static void write_host(struct db *d, const struct row *x)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_ROLL_HOST_DAY);

	sqlite3_bind_int64(q, 1, (int64_t)x->a);
	sqlite3_bind_int64(q, 2, (int64_t)x->b);
	for (int i = HOST_ACCEPTED; i <= HOST_CANARY; i++)
		sqlite3_bind_int64(q, 3 + i, x->sum[i]);
	db_run(d, q);
}

static void write_listed(struct db *d, const struct row *x)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_ROLL_LISTED);

	sqlite3_bind_int64(q, 1, (int64_t)x->a);
	sqlite3_bind_int64(q, 2, (int64_t)x->b);
	sqlite3_bind_int64(q, 3, x->sum[0]);
	db_run(d, q);
}

static void write_sighting(struct db *d, const struct row *x)
{
	static const char *const kinds[] = {"own", "login", "foreign"};
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_SIGHTING);

	db_bind_slice(q, 1, slice_str(kinds[x->c >> 60]));
	sqlite3_bind_int64(q, 2, (int64_t)(x->c >> 32 & 0x0fffffff));
	sqlite3_bind_int64(q, 3, (int64_t)x->b);
	sqlite3_bind_int64(q, 4, (int64_t)(x->a >> 32));
	sqlite3_bind_int64(q, 5, (int64_t)(x->a & UINT32_MAX));
	sqlite3_bind_int64(q, 6, (int64_t)(x->c & UINT32_MAX));
	sqlite3_bind_int64(q, 7, (int64_t)x->d);
	sqlite3_bind_int64(q, 8, x->sum[0]);
	sqlite3_bind_int64(q, 9, x->first_us);
	sqlite3_bind_int64(q, 10, x->last_us);
	db_run(d, q);
}

void rollup_flush(struct rollup *r, struct db *d)
{
	static void (*const writes[])(struct db *, const struct row *) = {
	    [SORT_DAY] = write_day,       [SORT_HOUR] = write_hour,         [SORT_TEXT] = write_text,
	    [SORT_DOMAIN] = write_domain, [SORT_TEXT_DAY] = write_text_day, [SORT_HOST] = write_host,
	    [SORT_LISTED] = write_listed, [SORT_SIGHTING] = write_sighting};

	for (uint32_t i = 0; i < r->used; i++) {
		struct row *x = &r->row[r->order[i]];
		writes[x->sort](d, x);
		x->sort = SORT_NONE;
		memset(x->sum, 0, sizeof x->sum);
	}
	r->used = 0;
}
