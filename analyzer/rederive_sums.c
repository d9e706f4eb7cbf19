/* What the sources, senders' domains and sums of store.c come to with the rules and networks of today. */
#include "own.h"
#include "rederive_i.h"
#include "rollup.h"

#define ROWS_AT_ONCE 65536 /* that the sums take before they are written */

/* ------------------------------------------------------------------ sources */

static int64_t source_of(struct rederiving *w, const struct source_name *name)
{
	static const enum sql_id steps[] = {SQL_WRITE_REDERIVE_SOURCE, SQL_READ_SOURCE_ID};
	int64_t id = 0;

	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *q = db_stmt(w->db, steps[i]);
		db_bind_slice(q, 1, slice_str(source_kind_name(name->kind)));
		db_bind_slice(q, 2, slice_str(name->text));
		db_bind_slice(q, 3, slice_str(name->domain));
		if (db_step(w->db, q) && i)
			id = sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
	}
	return id;
}

void rederive_sources(struct rederiving *w)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_REDERIVE_CLIENTS);
	struct source_name name;

	while (db_step(w->db, q)) {
		origin_name(w->origin, db_column_slice(q, 1), db_column_slice(q, 2), &name);
		int64_t source = source_of(w, &name);
		if (source == sqlite3_column_int64(q, 3))
			continue;
		sqlite3_stmt *put = db_stmt(w->db, SQL_WRITE_REDERIVE_CLIENT);
		sqlite3_bind_int64(put, 1, source);
		sqlite3_bind_int64(put, 2, sqlite3_column_int64(q, 0));
		db_run(w->db, put);
		w->out->clients++;
	}
}

/* ------------------------------------------------------------------ senders' domains */

static int64_t domain_of(struct rederiving *w, struct slice address)
{
	char buf[1024];
	struct slice name = own_domain(address, buf, sizeof buf);
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_DOMAIN_ID);

	db_bind_slice(q, 1, name);
	int64_t id = db_step(w->db, q) ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_reset(q);
	if (id)
		return id;
	q = db_stmt(w->db, SQL_WRITE_DOMAIN);
	db_bind_slice(q, 1, name);
	db_run(w->db, q);
	return sqlite3_last_insert_rowid(w->db->h);
}

static void domains_make(struct rederiving *w)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_REDERIVE_SENDERS);

	while (db_step(w->db, q)) {
		int64_t domain = domain_of(w, db_column_slice(q, 1));
		sqlite3_stmt *put = db_stmt(w->db, SQL_WRITE_ADDRESS_DOMAIN);
		sqlite3_bind_int64(put, 1, domain);
		sqlite3_bind_int64(put, 2, sqlite3_column_int64(q, 0));
		db_run(w->db, put);
	}
}

/* ------------------------------------------------------------------ sums of action lines */

static enum rule_act act_of(sqlite3_stmt *q, bool warns)
{
	int code = sqlite3_column_int(q, 3);
	struct slice dsn = db_column_slice(q, 4);

	if (warns)
		return RULE_WARNED;
	if (code ? code / 100 == 4 : dsn.n && dsn.p[0] == '4')
		return RULE_DEFERRED;
	return RULE_REFUSED;
}

/* As sink_attempt and attempt_sums of store.c have it. */
static void attempt_add(struct rollup *r, sqlite3_stmt *q)
{
	int64_t time = sqlite3_column_int64(q, 0), us = time ? time : STAMP_NONE;
	uint32_t host = (uint32_t)sqlite3_column_int64(q, 1), source = (uint32_t)sqlite3_column_int64(q, 6);
	uint32_t text = (uint32_t)sqlite3_column_int64(q, 7), count = (uint32_t)sqlite3_column_int64(q, 11);
	int flags = sqlite3_column_int(q, 5), rule = sqlite3_column_int(q, 8);
	uint32_t domain = (uint32_t)sqlite3_column_int64(q, 10);
	bool warns = flags & ATTEMPT_WARNS;
	int32_t day = stamp_local_day(us);

	rollup_text(r, text, (uint32_t)sqlite3_column_int64(q, 2), count, us);
	if (flags & ATTEMPT_CANARY)
		return;
	if (sqlite3_column_int(q, 9))
		rollup_listed(r, source, day, count);
	if (warns)
		rollup_attempt(r, rule, source, domain, day, us,
		               count); /* for its hours; rollup_recount has the rest */
	if (!rule || (flags & ATTEMPT_SUSPECT))
		return;
	rollup_domain(r, rule, host, domain, day, us, act_of(q, warns), count);
	if (warns)
		rollup_text_day(r, text, day, count);
}

static void attempts_add(struct rederiving *w, struct rollup *r)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_REDERIVE_ATTEMPTS);

	for (int64_t n = 1; db_step(w->db, q); n++) {
		attempt_add(r, q);
		if (n % ROWS_AT_ONCE == 0)
			rollup_flush(r);
	}
}

void rederive_sums(struct rederiving *w)
{
	struct rollup *r = rollup_new(w->db);

	db_exec(w->db, sql_text[SQL_WRITE_REDERIVE_FORGET]);
	domains_make(w);
	attempts_add(w, r);
	rollup_flush(r);
	rollup_free(r);
	rollup_recount(w->db);
}
