/*
 * generation: content streams as the database knows them, however their files
 * are named (faults.md 1.1, 1.4). A position moves only with its facts, so a
 * generation is written by store_commit alone.
 */
#ifndef WB_GENERATION_H
#define WB_GENERATION_H

#include "input.h"

struct db;

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
	uint32_t follows; /* the stream that it continues without a hole, where that is known as it begins; 0: not */
};
enum { GENERATION_LIVE, GENERATION_DRAINING, GENERATION_COMPLETE, GENERATION_GONE };

/* All that are not gone, newest first; the caller frees the array. */
struct generation *generation_list(struct db *d, size_t *n);
/* The number that the next one will have. */
uint32_t generation_next(struct db *d);
/* In a batch. */
void generation_write(struct db *d, const struct generation *g);

#endif
