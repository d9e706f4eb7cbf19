/*
 * store: the sink that writes. Facts, half-finished state, roll-ups, account
 * and read position of a batch go into one transaction (faults.md 1.1).
 *
 * Names (addresses, clients, texts) are interned: a bounded cache of hashes in
 * memory, the database decides on a miss.
 */
#ifndef WB_STORE_H
#define WB_STORE_H

#include "../parsers/rules.h"
#include "fact.h"
#include "generation.h"
#include "origin.h"
#include "rederive.h"
#include "tracker.h"

struct db;
struct store;

/* rules and origin are borrowed. Rules get the numbers that the database knows them by. */
struct store *store_new(struct db *d, struct rules *rules, const struct origin *origin);
struct store *store_free(struct store *s); /* always NULL */
const struct sink *store_sink(struct store *s);
/* The two random numbers that stay with this database; the store's. */
const uint64_t *store_key(const struct store *s);

uint32_t store_log(struct store *s, struct slice name);

/*
 * What was derived with other settings is made anew (rederive.h); false if they
 * are the same. Before the first line is stored, in a batch.
 */
bool store_rederive(struct store *s, struct rederived *out);
/* So much will be read that what is held in memory of names and mails will be in use. */
void store_expect_many(struct store *s);
/* An action line will come that names these. */
void store_expect(const struct store *s, const struct names_ahead *a);
/* All rows that came from logs were deleted. In a batch. */
void store_forget(struct store *s);

/* Batches. store_begin opens the transaction (if none is), store_commit ends it. */
void store_begin(struct store *s);
bool store_in_batch(const struct store *s);
/* g: the stream being read, with the position after the batch's last line; NULL: none. */
void store_commit(struct store *s, struct tracker *t, struct generation *g);

/* The account of stream `gen`: added up in memory, written at commit. */
void store_count(struct store *s, uint32_t gen, const char *sort, const char *name, int64_t lines);
void store_span(struct store *s, uint32_t gen, struct slice host, int64_t first_us, int64_t last_us, int64_t lines);
/* Keeps up to `max` samples of a reason per stream. */
void store_sample(struct store *s, uint32_t gen, int64_t off, struct slice bytes, const char *reason, int max);
void store_hole(struct store *s, uint32_t host, uint32_t gen, int64_t from_us, int64_t to_us, int64_t lines,
                int64_t bytes, const char *cause);

/* Half-finished state into the tracker. */
void store_load_pending(struct store *s, struct tracker *t);
/* Compares the streams: seams that are not joined, the same time from two streams. In a batch. */
void store_find_holes(struct store *s);

uint64_t store_limit_hits(const struct store *s);
/* Does a line that was not understood hold a warning or reject text of a rule? */
bool store_names_rule(struct store *s, struct slice line);

#endif
