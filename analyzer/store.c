#include "store_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"
#include "owner.h"

/* ------------------------------------------------------------------------ names */

static uint32_t sink_host(void *arg, struct slice name)
{
	struct store *s = arg;

	return names_host(s->names, name);
}

static uint32_t sink_address(void *arg, struct slice address)
{
	struct store *s = arg;

	return names_address(s->names, address, 0);
}

static uint32_t sink_client(void *arg, struct slice name, struct slice ip)
{
	struct store *s = arg;

	return names_client(s->names, name, ip, 0);
}

uint32_t store_log(struct store *s, struct slice name)
{
	return names_log(s->names, name);
}
/* ---------------------------------------------------------- half-finished state */

static void sink_pending_put(void *arg, int kind, uint64_t key, struct slice state)
{
	unfinished_put(((struct store *)arg)->unfinished, kind, key, state);
}

static void sink_pending_drop(void *arg, int kind, uint64_t key)
{
	unfinished_drop(((struct store *)arg)->unfinished, kind, key);
}

static void load_thing(void *arg, int kind, struct slice state)
{
	tracker_load(arg, kind, state);
}

void store_load_pending(struct store *s, struct tracker *t)
{
	unfinished_load(s->unfinished, load_thing, t);
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
	db_run(s->db, db_stmt(s->db, SQL_WRITE_HOLES_LOST));
}

/* ------------------------------------------------------------------------ account */

void store_count(struct store *s, uint32_t gen, const char *sort, const char *name, int64_t lines)
{
	struct bulk *b = s->counted;

	bulk_row(b);
	bulk_number(b, gen);
	bulk_text(b, slice_str(sort));
	bulk_text(b, slice_str(name));
	bulk_number(b, lines);
}

void store_span(struct store *s, uint32_t gen, struct slice host, int64_t first_us, int64_t last_us, int64_t lines)
{
	struct bulk *b = s->spans;

	bulk_row(b);
	bulk_number(b, gen);
	bulk_number(b, sink_host(s, host));
	bulk_number(b, first_us);
	bulk_number(b, last_us);
	bulk_number(b, lines);
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

/* ------------------------------------------------------------------------ batches */

/* Who has lost the database to another must not get as far as a row that stands there already. */
static void begin_job(void *arg)
{
	struct store *s = arg;

	db_begin(s->db);
	if (s->epoch)
		owner_check(s->db, s->epoch);
}

void store_begin(struct store *s)
{
	if (s->in_batch)
		return;
	db_later(s->db, begin_job, s);
	s->in_batch = true;
}

bool store_in_batch(const struct store *s)
{
	return s->in_batch;
}

static void bulks_flush(struct store *s)
{
	names_flush(s->names);
	bulk_flush(s->attempts);
	bulk_flush(s->transactions);
	bulk_flush(s->mails);
	bulk_flush(s->recipients);
	bulk_flush(s->counted);
	bulk_flush(s->spans);
	unfinished_flush(s->unfinished);
}

static void commit_job(void *arg)
{
	struct closing *c = arg;

	if (c->g.gen)
		generation_write(c->store->db, &c->g);
	db_commit(c->store->db);
	if (c->store->db->writer) /* a backlog */
		db_wal_hasten(c->store->db);
}

void store_commit(struct store *s, struct tracker *t, struct generation *g)
{
	struct closing *c = &s->closing[s->batches++ % 2];

	store_begin(s);
	if (t)
		tracker_flush(t);
	bulks_flush(s);
	rollup_flush(s->rollup);
	db_await(s->db, c->job);
	c->store = s;
	c->g.gen = 0;
	if (g) {
		c->g = *g;
		g->stored = true;
	}
	c->job = db_later(s->db, commit_job, c);
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
	if (getrandom(s->key, sizeof s->key, 0) != sizeof s->key)
		msg_die(71, "no random numbers from the system");
	q = db_stmt(s->db, SQL_WRITE_META);
	db_bind_slice(q, 1, SLICE("key"));
	sqlite3_bind_blob(q, 2, s->key, sizeof s->key, SQLITE_STATIC);
	db_run(s->db, q);
	/* days are cut in it, and whoever reads them must cut them alike */
	const char *zone = getenv("TZ");
	q = db_stmt(s->db, SQL_WRITE_META);
	db_bind_slice(q, 1, SLICE("zone"));
	db_bind_slice(q, 2, slice_str(zone ? zone : ""));
	db_run(s->db, q);
}

static void names_begin(struct store *s)
{
	size_t own_n;
	const struct slice *own = origin_own(s->origin, &own_n);

	s->names = names_new(s->db, s->rules, s->origin, own, own_n, s->key);
}

bool store_rederive(struct store *s, struct rederived *out)
{
	if (!rederive(s->db, s->rules, s->origin, out))
		return false;
	names_free(s->names);
	names_begin(s);
	rollup_free(s->rollup); /* nothing waits in it yet */
	s->rollup = rollup_new(s->db);
	told_forget_all(s->told);
	return true;
}

void store_forget(struct store *s)
{
	rederive_remember(s->db, s->rules, s->origin);
	names_forget(s->names);
	unfinished_forget(s->unfinished);
	told_forget_all(s->told);
	memset(s->side, 0, sizeof s->side);
}

struct store *store_new(struct db *d, struct rules *rules, const struct origin *origin)
{
	struct store *s = xcalloc(1, sizeof *s);

	s->db = d;
	s->rules = rules;
	s->origin = origin;
	s->rollup = rollup_new(d);
	s->attempts = bulk_new(d, SQL_WRITE_ATTEMPT, 12);
	bulk_plain(s->attempts, SQL_WRITE_ATTEMPT_PLAIN);
	s->transactions = bulk_new(d, SQL_WRITE_TRANSACTION, 5);
	s->mails = bulk_new(d, SQL_WRITE_MAIL, 16);
	s->recipients = bulk_new(d, SQL_WRITE_RECIPIENT, 7);
	s->counted = bulk_new(d, SQL_WRITE_COUNTED, 4);
	s->spans = bulk_new(d, SQL_WRITE_SPAN, 5);
	s->unfinished = unfinished_new(d);
	s->told = told_new();
	s->day_to = INT64_MIN;
	s->day_from = INT64_MAX;
	s->sink = (struct sink){.arg = s,
	                        .host = sink_host,
	                        .address = sink_address,
	                        .client = sink_client,
	                        .attempt = store_attempt,
	                        .arrived = store_arrived,
	                        .accepted = store_accepted,
	                        .transaction = store_transaction,
	                        .mail = store_mail,
	                        .pending_put = sink_pending_put,
	                        .pending_drop = sink_pending_drop,
	                        .hole = sink_hole};
	store_begin(s);
	s->epoch = owner_take(d);
	key_load(s);
	names_begin(s);
	store_commit(s, NULL, NULL);
	return s;
}

struct store *store_free(struct store *s)
{
	db_settle(s->db);
	names_free(s->names);
	rollup_free(s->rollup);
	bulk_free(s->attempts);
	bulk_free(s->transactions);
	bulk_free(s->mails);
	bulk_free(s->recipients);
	bulk_free(s->counted);
	bulk_free(s->spans);
	unfinished_free(s->unfinished);
	told_free(s->told);
	free(s);
	return NULL;
}

const struct sink *store_sink(struct store *s)
{
	return &s->sink;
}

const uint64_t *store_key(const struct store *s)
{
	return s->key;
}

bool store_names_rule(struct store *s, struct slice line)
{
	return rules_match(s->rules, line, false) || rules_match(s->rules, line, true);
}

uint64_t store_limit_hits(const struct store *s)
{
	return s->rules->limit_hits;
}
