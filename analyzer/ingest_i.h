/*
 * ingest's own insides, shared by its files and nobody else:
 *   ingest.c   the call, its batches, the loop over lines
 *   account.c  what the lines were, added up until the next commit
 *   resume.c   which content is this, and from where is it new (faults.md 1.4)
 */
#ifndef WB_INGEST_I_H
#define WB_INGEST_I_H

#include "db.h"
#include "ingest.h"
#include "msg.h"
#include "store.h"

#define BATCH_BYTES (INT64_C(16) << 20)
#define BATCH_NS INT64_C(1000000000) /* for what comes through a pipe; of a plain file a full batch takes some 50 ms */
#define SPANS 64

/* One host's part of the stream that is being read, since the last commit. */
struct part {
	char host[256];
	size_t host_n;
	int64_t first_us, last_us, lines;
};

struct run {
	struct db *db;
	struct store *store;
	struct tracker *tracker;
	const struct sink *sink;
	const struct origin *origin;
	const struct ingest_options *o;
	struct ingest_result *r;
	struct input *in;
	struct generation *known;
	size_t known_n;
	struct generation g; /* of the stream that is being read */
	struct syslog_frame frame;
	const char *path;
	/* since the last commit */
	uint64_t kinds[RECORD_KIND_COUNT];
	uint64_t *shapes; /* lines by row of the shape table */
	uint64_t checked, differ;
	struct tracker_counts told;
	uint64_t told_limit_hits, names_rule; /* names_rule: lines that were not understood and hold a rule's text */
	struct part part[SPANS];
	size_t parts, last_part;
	int64_t batch_lines, batch_bytes, batch_start_ns;
	uint64_t line_number;
	bool slow; /* a decompressor or stdin decides how fast lines come */
};

/* ingest.c */
void run_commit(struct run *run);
void run_begin(struct run *run);
void remember_bytes(struct generation *g, const struct input_block *b);
void run_feed(struct run *run, const struct input_block *block);
void run_trouble(struct run *run);
void run_read(struct run *run);

/* account.c */
void run_flush_spans(struct run *run);
void run_note_span(struct run *run, const struct line *l);
void run_sample(struct run *run, int64_t off, struct slice line);
void run_flush_counts(struct run *run);

/* resume.c */
bool same_head(const struct generation *g, const struct input_about *a);
void run_file(struct run *run, size_t i);

#endif
