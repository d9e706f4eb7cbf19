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
#include "input.h"
#include "origin.h"
#include "tracker.h"

struct db;
struct store;

/* rules and origin are borrowed. Rules get the numbers that the database knows them by. */
struct store *store_new(struct db *d, struct rules *rules, const struct origin *origin);
struct store *store_free(struct store *s); /* always NULL */
const struct sink *store_sink(struct store *s);
/* The two random numbers that stay with this database. */
void store_key(struct store *s, uint64_t key[2]);

/* A content stream as the database knows it (faults.md 1.4). */
struct generation {
	uint32_t gen;
	uint32_t log;
	int64_t base, off;
	char head[INPUT_HEAD];
	size_t head_n;
	char seam[INPUT_SEAM];
	size_t seam_n;
	uint64_t dev, ino;
	int64_t first_us, last_us; /* STAMP_NONE before the first line */
	struct stamp_clock clock;  /* of which year, month, anchored, folded and last_us are kept */
	bool unsure, stored;
	char family[256], path[1024];
	int rotation;
	int64_t dated;
	int state;
};
enum { GENERATION_LIVE, GENERATION_DRAINING, GENERATION_COMPLETE, GENERATION_GONE };

/* All that are not gone, newest first; the caller frees the array. */
struct generation *store_generations(struct store *s, size_t *n);
uint32_t store_next_generation(struct store *s);
uint32_t store_log(struct store *s, struct slice name);

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

#endif
