/*
 * piece: some lines of a block with what each of them says, parsed in one go;
 * and a reader that fetches and parses a plain file's lines ahead, in a thread
 * of its own or another's, while the caller works on those before.
 *
 * Parsing looks at nothing but the lines and the clock of their stamps, so
 * whoever parses them, the records are the same. What follows from a record
 * (tracker, database, position) is the caller's alone.
 */
#ifndef WB_PIECE_H
#define WB_PIECE_H

#include "input.h"
#include "packed.h"

#define PIECE_LINES 512
#define PIECE_HOSTS 8

struct piece_host {
	struct slice name; /* the lines of this host point here, too, so that they are soon told from others */
	int64_t first_us, last_us;
	int64_t lines;      /* with a stamp */
	bool after_attempt; /* its last line may be an action line, which a repetition would mean */
};

struct piece {
	struct input_block block; /* the bytes that the lines are, as input.h says; none at the end */
	struct packed *line;      /* room for PIECE_LINES; borrow their text from the block */
	char *rest;               /* of these lines; room for all that they may need */
	size_t lines, kept;       /* all of them, and those in `line` */
	/* The others: nobody asks for more than what kind they are. */
	uint32_t passed[RECORD_KIND_COUNT];
	struct piece_host host[PIECE_HOSTS];
	size_t hosts;
	struct syslog_frame frame; /* the clock behind the last line */
	const uint64_t *names_key; /* two numbers, for looking ahead at names (names.h); NULL: do not */
	/* of a reader: how far it is, as input_progress says, and at the end INPUT_END or INPUT_ERROR */
	int64_t done, total;
	enum input_next next;
};

/* shapes_init must have been called. */
void piece_init(struct piece *p);
void piece_release(struct piece *p);

/*
 * Parses the first lines of *block, `most` at most but one at least, and those of
 * PIECE_HOSTS hosts at most, and leaves in *block what is behind them; nothing if
 * that was all. frame moves on.
 */
void piece_fill(struct piece *p, struct syslog_frame *frame, struct input_block *block, size_t most);

/* What the piece's i-th kept line says; borrowed from the piece. */
static inline void piece_line(const struct piece *p, size_t i, struct parsed *out)
{
	const struct packed *l = &p->line[i];
	packed_get(l, p->block.bytes.p, l->host < PIECE_HOSTS ? p->host[l->host].name : SLICE_NONE, p->rest, out);
}

struct reader;

/*
 * Reads on in `in`, at which input_start was successful, from where the frame
 * stands. `in` is the reader's until reader_stop; not for pipes, whose
 * INPUT_AGAIN it could not tell. NULL: no thread could be had.
 */
struct reader *reader_start(struct input *in, const struct syslog_frame *frame, const uint64_t *names_key);
/*
 * Without a thread of its own: another one of the program's calls reader_make when it has nothing else to do, as long as
 * that says true, and again after nudge(arg).
 */
struct reader *reader_lean(struct input *in, const struct syslog_frame *frame, const uint64_t *names_key,
                           void (*nudge)(void *arg), void *arg);
bool reader_make(void *reader);
/* The next piece, good until the next call: makes it if it is not there and nobody is at it, else waits. At the end a piece without lines, again and again. */
const struct piece *reader_next(struct reader *r);
/* Ends the thread; what was read ahead is dropped. Nobody may be in reader_make, or come to it. Always NULL. */
struct reader *reader_stop(struct reader *r);

#endif
