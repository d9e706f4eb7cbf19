/*
 * ingest: reads logs into the database: which content is new (faults.md 1.4),
 * the loop, its batches, the account.
 */
#ifndef WB_INGEST_H
#define WB_INGEST_H

#include "../parsers/rules.h"
#include "origin.h"
#include "tracker.h"

struct ingest_options {
	const char *log; /* which log stdin is; NULL: named after the file */
	int year;        /* of the first stamp without one, 0: not given */
	bool rebuild;    /* forget all facts first; needs all logs that were ever read */
	bool
	    set_aside; /* a damaged database makes room for a new one (db_damage.h); else it ends the program with 65 */
	const struct slice *filters;
	size_t filters_n;
	uint32_t batch_lines; /* a commit at least this often; tests make it small */
	/* Called now and then; may be NULL. total: -1 unknown. */
	void (*progress)(void *arg, const char *path, int64_t done, int64_t total);
	void *progress_arg;
	volatile const int *stop; /* set by a signal: commit and end */
};

/* What one call read. */
struct ingest_result {
	uint64_t kinds[RECORD_KIND_COUNT]; /* lines by kind */
	uint64_t lines, bytes;
	int64_t first_us, last_us;
	size_t files, files_new, bad; /* bad: could not be read, or not to the end */
	size_t known;                 /* bytes had all been read before */
	bool older;                   /* older than what the database knew */
	bool unsure;                  /* a year was guessed */
	struct tracker_counts counts;
	uint64_t limit_hits; /* texts that a rule's pattern could not be matched with to the end */
	struct ingest_sample {
		char path[256];
		uint64_t line; /* number in this call's reading of the file, 0 unknown */
		char *text;
		size_t n;
	} sample[5];
	int samples;
	int exit; /* 0, or a code of sysexits(3) for what was bad */
};

/* database: path, made if it is not there. Complaints go through msg_warn; a broken database ends the program. */
void ingest_run(const char *database, struct rules *rules, const struct origin *origin, const char *const *paths,
                size_t n, const struct ingest_options *o, struct ingest_result *out);
void ingest_release(struct ingest_result *r);

#endif
