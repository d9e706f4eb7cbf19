/*
 * ingest's own insides, shared by its files and nobody else:
 *   ingest.c   the call, its batches, the loop over lines
 *   piece.c    lines with their records, perhaps read ahead by a thread
 *   packed.c   such a line in the room that it needs
 *   account.c  what the lines were, added up until the next commit
 *   resume.c   which content is this, and from where is it new (faults.md 1.4)
 */
#ifndef WB_INGEST_I_H
#define WB_INGEST_I_H

#include "db.h"
#include "ingest.h"
#include "msg.h"
#include "piece.h"
#include "poison.h"
#include "store.h"

#define BATCH_BYTES (INT64_C(16) << 20)
#define BATCH_NS INT64_C(1000000000) /* for what comes through a pipe; of a plain file a full batch takes some 50 ms */
#define MANY_BYTES (50 << 20)        /* of so many the names fill what is held of them */
#define READER_BYTES (64 << 10)      /* from so many on a thread reads ahead */
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
	uint32_t before;     /* the stream that the next new one follows; 0: not known */
	struct syslog_frame frame;
	struct piece piece; /* the lines at hand, unless a reader has them */
	const char *path;
	size_t file; /* of `in` */
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
	bool slow;             /* a decompressor or stdin decides how fast lines come */
	struct reader *reader; /* reads ahead; NULL: none */
	bool lean;             /* the thread that writes makes its pieces */
	struct poison *poison; /* lines that the program dies of; NULL: nobody remembers them */
};

/* ingest.c */
void run_commit(struct run *run);
void run_begin(struct run *run);
void remember_bytes(struct generation *g, const struct input_block *b);
void run_feed(struct run *run, const struct input_block *block);
/* Room for its lines and their account. */
void run_init(struct run *run);
void run_release(struct run *run);
void run_trouble(struct run *run);
void run_read(struct run *run);
/* After msg_fail: ends the thread that reads ahead, if there is one. */
void run_stop_ahead(struct run *run);
struct tracker *run_tracker(struct run *run, const struct sink *sink);
void run_tell_changes(struct run *run);

/* account.c */
void run_flush_spans(struct run *run);
void run_note_spans(struct run *run, const struct piece *piece);
/* Keeps a line that was not understood, in whole bytes and as it was taken apart. number: which of its file, from 1. */
void run_sample(struct run *run, int64_t off, struct slice bytes, uint64_t number, const struct line *line);
void run_flush_counts(struct run *run);
/* What was added up since the last commit belongs to a batch that never was. */
void run_forget_counts(struct run *run);

/* resume.c */
bool same_head(const struct generation *g, const struct input_about *a);
/* run->known is what the database says now: another stream that is open may have moved on since. */
void run_know(struct run *run);
/* The newest stream that the file may be, by its beginning alone; NULL: its content is new. */
const struct generation *known_head(const struct run *run, const struct input_about *a);
/* The number of a log by its name, made if there is none yet. */
uint32_t log_of_path(struct run *run, const char *path);
/* What the name says of the stream's place in a rotated set. */
void generation_name(struct generation *g, const struct input_about *a);
/* run->g and run->frame are a stream that begins now, or one that is known. */
void run_stream_begin(struct run *run, const struct input_about *a);
void run_stream_resume(struct run *run, const struct generation *known);
/* Reads what is new of a file. */
enum run_outcome {
	RUN_AT_END,  /* run->g is its stream; it was read to its end, and `in` may go on from there */
	RUN_NEW,     /* the same, and the stream is new from its first byte on */
	RUN_OLD,     /* nothing new, and no place to go on from */
	RUN_CHANGED, /* it is not what was looked at any more: look again */
	RUN_FAILED
};
/* Of a `struct run`: shows how far it is, and says whether to stop; for input_heed. */
bool run_is_told_to_stop(void *run);
enum run_outcome run_file(struct run *run, size_t i);
/* The same; what it made known is asked for later, by run_know: that has to wait until all is written. */
enum run_outcome run_unknown_file(struct run *run, size_t i);
/* Takes the file's end as the beginning of what we want to know of it. */
enum run_outcome run_skip(struct run *run, size_t i);

#endif
