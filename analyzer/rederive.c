#include "rederive_i.h"

#include <stdio.h>

#include "msg.h"

/* ------------------------------------------------------------------ what differs */

static const char *const part_keys[ORIGIN_PARTS] = {
    [ORIGIN_NAMES] = "source names", [ORIGIN_INSIDE] = "inside", [ORIGIN_OWN] = "own", [ORIGIN_CANARIES] = "canaries"};

static bool meta_differs(struct db *d, const char *key, uint64_t hash)
{
	sqlite3_stmt *q = db_stmt(d, SQL_READ_META);

	db_bind_slice(q, 1, slice_str(key));
	bool same = db_step(d, q) && sqlite3_column_int64(q, 0) == (int64_t)hash;
	sqlite3_reset(q);
	return !same;
}

static bool meta_has(struct db *d, const char *key)
{
	sqlite3_stmt *q = db_stmt(d, SQL_READ_META);

	db_bind_slice(q, 1, slice_str(key));
	bool has = db_step(d, q);
	sqlite3_reset(q);
	return has;
}

static void meta_set(struct db *d, const char *key, uint64_t hash)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_META);

	db_bind_slice(q, 1, slice_str(key));
	sqlite3_bind_int64(q, 2, (int64_t)hash);
	db_run(d, q);
}

#define RULE_KEY 300

static const char *rule_key(const struct rule *r, char buf[RULE_KEY])
{
	snprintf(buf, RULE_KEY, "rule %s", r->name);
	return buf;
}

void rederive_remember(struct db *d, const struct rules *rules, const struct origin *origin)
{
	char key[RULE_KEY];

	meta_set(d, "rules", rules_hash(rules));
	for (int i = 0; i < rules->count; i++)
		meta_set(d, rule_key(&rules->rule[i], key), rule_hash(&rules->rule[i]));
	for (int i = 0; i < ORIGIN_PARTS; i++)
		meta_set(d, part_keys[i], origin_hash(origin, (enum origin_part)i));
}

/* False if nothing does, or there is nothing to compare with. */
static bool find_changes(struct rederiving *w)
{
	bool differs[ORIGIN_PARTS];
	char key[RULE_KEY];

	if (!meta_has(w->db, "rules")) {
		rederive_remember(w->db, w->rules, w->origin);
		return false;
	}
	for (int i = 0; i < ORIGIN_PARTS; i++)
		differs[i] = meta_differs(w->db, part_keys[i], origin_hash(w->origin, (enum origin_part)i));
	for (int i = 0; i < w->rules->count; i++)
		w->changed[i + 1] =
		    meta_differs(w->db, rule_key(&w->rules->rule[i], key), rule_hash(&w->rules->rule[i]));
	w->out->rules = meta_differs(w->db, "rules", rules_hash(w->rules));
	w->out->suffixes = differs[ORIGIN_NAMES];
	w->out->inside = differs[ORIGIN_INSIDE];
	w->out->own = differs[ORIGIN_OWN];
	w->out->canaries = differs[ORIGIN_CANARIES];
	return w->out->rules || w->out->suffixes || w->out->inside || w->out->own || w->out->canaries;
}

/* ------------------------------------------------------------------ lines that were not understood */

static int64_t count_lines_with_rule(struct rederiving *w, int64_t gen)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_REDERIVE_LINES);
	int64_t n = 0;

	sqlite3_bind_int64(q, 1, gen);
	while (db_step(w->db, q)) {
		struct slice bytes = db_column_slice(q, 0);
		n += rules_match(w->rules, bytes, false) || rules_match(w->rules, bytes, true);
	}
	return n;
}

/* Of most logs a few are kept as samples: then nobody knows what the others say. */
static void rederive_samples(struct rederiving *w)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_REDERIVE_SAMPLES);

	w->all_lines = true;
	while (db_step(w->db, q)) {
		int64_t gen = sqlite3_column_int64(q, 0);
		if (sqlite3_column_int64(q, 1) > sqlite3_column_int64(q, 2)) {
			w->all_lines = false;
			continue;
		}
		sqlite3_stmt *put = db_stmt(w->db, SQL_WRITE_REDERIVE_NAMES_RULE);
		sqlite3_bind_int64(put, 1, gen);
		sqlite3_bind_int64(put, 2, count_lines_with_rule(w, gen));
		db_run(w->db, put);
	}
}

/* ------------------------------------------------------------------ holes */

static void hole(struct rederiving *w, const char *cause)
{
	static const enum sql_id steps[] = {SQL_WRITE_REDERIVE_HOLE_FORGET, SQL_WRITE_REDERIVE_HOLE};

	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *q = db_stmt(w->db, steps[i]);
		db_bind_slice(q, 1, slice_str(cause));
		db_run(w->db, q);
	}
	w->out->holes |= sqlite3_changes(w->db->h) > 0;
}

/*
 * Accepted mail is kept by which rules warned about it, so a rule that has won
 * or lost a text might see it otherwise; a torn text is touched, too.
 */
static void leave_holes(struct rederiving *w)
{
	char cause[RULE_KEY + 20];

	if (w->out->inside)
		hole(w, "inside networks have changed");
	if (w->out->own)
		hole(w, "own domains have changed");
	if (w->out->canaries)
		hole(w, "canaries have changed");
	for (int i = 1; i <= w->rules->count; i++)
		if (w->touched[w->row[i]] || (w->changed[i] && !w->all_lines)) {
			snprintf(cause, sizeof cause, "rule %s has changed", w->rules->rule[i - 1].name);
			hole(w, cause);
		}
}

/* ------------------------------------------------------------------ all of it */

static void rows_load(struct rederiving *w)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_RULE_IDS);

	while (db_step(w->db, q))
		for (int i = 0; i < w->rules->count; i++)
			if (slice_eq(slice_str(w->rules->rule[i].name), db_column_slice(q, 1)))
				w->row[i + 1] = sqlite3_column_int(q, 0);
}

bool rederive(struct db *d, struct rules *rules, const struct origin *origin, struct rederived *out)
{
	struct rederiving w = {.db = d, .rules = rules, .origin = origin, .out = out};

	*out = (struct rederived){0};
	if (!find_changes(&w))
		return false;
	rows_load(&w);
	if (out->rules) {
		rederive_texts(&w);
		rederive_samples(&w);
	}
	if (out->suffixes || out->inside)
		rederive_sources(&w);
	if (out->rules || out->suffixes || out->inside)
		rederive_sums(&w);
	leave_holes(&w);
	rederive_remember(d, rules, origin);
	return true;
}
