#include "piece.h"

#include <pthread.h>
#include <stdlib.h>

#include "../parsers/shapes.h"
#include "msg.h"
#include "tracker.h"
#include "worker.h"

/* -------------------------------------------------------------------------- lines */

void piece_init(struct piece *p)
{
	*p = (struct piece){.line = xaligned(PIECE_LINES * sizeof *p->line),
	                    .rest = xaligned(PIECE_LINES * PACKED_REST),
	                    .next = INPUT_BLOCK};
}

void piece_release(struct piece *p)
{
	free(p->line);
	free(p->rest);
	p->line = NULL;
	p->rest = NULL;
}

/* A set of kinds. */
typedef uint64_t kinds;

#define KIND(k) (UINT64_C(1) << RECORD_##k)
/* Whose fields are nearly always asked for. */
#define FIELDS_WANTED (KIND(ATTEMPT) | KIND(CLIENT) | KIND(DISCONNECT) | KIND(QUEUED))

_Static_assert(RECORD_KIND_COUNT <= 64, "a set has room for all");

static inline bool kind_in(enum record_kind kind, kinds set)
{
	return set >> kind & 1;
}

static struct piece_host *host_of(struct piece *p, struct slice name)
{
	for (size_t i = 0; i < p->hosts; i++)
		if (p->host[i].name.n == name.n && slice_same(p->host[i].name.p, name.p, name.n))
			return &p->host[i];
	p->host[p->hosts] = (struct piece_host){
	    .name = name, .first_us = INT64_MAX, .last_us = INT64_MIN, .after_attempt = true}; /* for all we know */
	return &p->host[p->hosts++];
}

/* NULL: the line names none. */
static struct piece_host *host_note(struct piece *p, struct line *l)
{
	int64_t us = l->stamp.us;

	if (!slice_is_set(l->host))
		return NULL;
	struct piece_host *h = host_of(p, l->host);
	l->host = h->name;
	if (us == STAMP_NONE)
		return h;
	h->first_us = us < h->first_us ? us : h->first_us;
	h->last_us = us > h->last_us ? us : h->last_us;
	h->lines++;
	return h;
}

/*
 * Every fifth line, of postscreen and greylisting, is worth no more than a
 * count. But where an action line stands before it, the tracker has to hear
 * that a repetition behind it does not mean that one.
 */
static bool is_passed(struct piece_host *h, enum record_kind kind, kinds passing)
{
	bool after = !h || h->after_attempt;

	if (h)
		h->after_attempt = kind_in(kind, KIND(ATTEMPT) | KIND(REPEAT));
	return !after && kind_in(kind, passing);
}

/* The kinds that a count is enough for. */
static kinds kinds_passing(void)
{
	kinds all = 0;

	for (int k = 0; k < RECORD_KIND_COUNT; k++)
		if (k != RECORD_OTHER && k != RECORD_NO_INTEREST && !tracker_asks((enum record_kind)k))
			all |= (kinds)1 << k;
	return all;
}

/* A piece that is being filled. */
struct filling {
	struct piece *p;
	struct syslog_frame *frame;
	size_t used; /* of the piece's `rest` */
	kinds passing;
	struct parsed x; /* each line in turn: a place that is at hand */
};

static void line_fill(struct filling *f, struct slice bytes)
{
	struct piece *p = f->p;
	struct parsed *x = &f->x;

	x->bytes = bytes;
	x->number = p->lines++;
	syslog_parse(f->frame, bytes, &x->line);
	struct piece_host *h = host_note(p, &x->line);
	shapes_parse(&x->line, &x->rec);
	if (is_passed(h, x->rec.kind, f->passing)) {
		p->passed[x->rec.kind]++;
		return;
	}
	if (kind_in(x->rec.kind, FIELDS_WANTED) && shapes_fields(&x->rec) && x->rec.kind == RECORD_ATTEMPT &&
	    p->names_key) {
		names_look_ahead(&x->ahead, &x->rec, p->names_key);
		x->rec.ahead = &x->ahead;
	}
	packed_put(&p->line[p->kept++], x, p->block.bytes.p, h ? (int)(h - p->host) : PACKED_NO_HOST, p->rest,
	           &f->used);
}

void piece_fill(struct piece *p, struct syslog_frame *frame, struct input_block *block, size_t most)
{
	const char *at = block->bytes.p, *end = at + block->bytes.n;
	struct filling f;

	f.p = p;
	f.frame = frame;
	f.used = 0;
	f.passing = kinds_passing();
	p->lines = p->kept = p->hosts = 0;
	memset(p->passed, 0, sizeof p->passed);
	p->block = *block;
	if (most > PIECE_LINES)
		most = PIECE_LINES;
	do {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		line_fill(&f, slice_of(at, (size_t)((newline ? newline : end) - at)));
		at = newline ? newline + 1 : end;
	} while (at < end && p->lines < most && p->hosts < PIECE_HOSTS);
	*block = (struct input_block){.next = block->next};
	if (at < end) { /* what was passed over stands behind the last line only */
		*block = p->block;
		block->bytes = slice_of(at, (size_t)(end - at));
		block->off += at - p->block.bytes.p;
		p->block.bytes.n = (size_t)(at - p->block.bytes.p);
		p->block.next = block->off;
		p->block.skipped = 0;
		p->block.unterminated = false;
	}
	p->frame = *frame;
}

/* ------------------------------------------------------------------- reading ahead */

/* So much may wait. With more, what was parsed has left the nearer cache when its turn comes, which costs both of us more than to wait does. */
#define PIECES 32
#define BLOCKS 6
/* Whoever had to wait sleeps on until there is so much for him to do: to be woken for each piece costs as much as half of it. */
#define WORTH_READING (PIECES / 2)
#define WORTH_TAKING 2

/*
 * Both can make the next piece, the thread and the caller, but one at a time:
 * who has `making`, to whom all belongs that stands below it. The thread makes
 * them as long as there is room. The caller does when there is none for him and
 * the thread is not at it: it may have been woken and wait for a processor,
 * perhaps for this one.
 */
struct reader {
	pthread_t thread;
	void (*nudge)(void *arg); /* instead of a thread */
	void *nudge_arg;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	struct piece piece[PIECES];
	bool ends_block[PIECES];
	uint64_t given, taken;  /* pieces filled, pieces that the caller has done with */
	uint64_t blocks, freed; /* the same of blocks */
	bool lent, stop;
	bool thread_waits, caller_waits;
	bool ended; /* the last piece is filled */
	bool making;
	struct input *in;
	struct syslog_frame frame;
	struct input_block block; /* what is left of the one at hand */
	int64_t done, total;
	char *bytes[BLOCKS]; /* of the blocks, and the next one's */
};

/* With the lock: may one more piece be made? It may need a block. */
static bool has_room(const struct reader *r)
{
	return !r->ended && r->given - r->taken < PIECES && (r->block.bytes.n || r->blocks - r->freed < BLOCKS);
}

static enum input_next read_block(struct reader *r)
{
	int64_t bytes;
	enum input_next next = input_next(r->in, true, &r->block);

	if (next == INPUT_BLOCK) {
		char **place = &r->bytes[r->blocks % BLOCKS];
		*place = input_swap(r->in, *place);
		input_progress(r->in, &bytes, &r->done, &r->total);
	}
	return next;
}

/* The next one, by who is making. */
static void make_piece(struct reader *r)
{
	struct piece *p = &r->piece[r->given % PIECES];
	bool *ends_block = &r->ends_block[r->given % PIECES];

	*ends_block = false;
	p->next = r->block.bytes.n ? INPUT_BLOCK : read_block(r);
	if (p->next == INPUT_BLOCK) {
		piece_fill(p, &r->frame, &r->block, PIECE_LINES);
		p->done = r->done;
		p->total = r->total;
		*ends_block = r->block.bytes.n == 0;
		return;
	}
	p->lines = p->kept = p->hosts = 0;
	memset(p->passed, 0, sizeof p->passed);
	p->block = (struct input_block){.bytes = SLICE_NONE};
	p->frame = r->frame;
}

/* With the lock, which is let go of meanwhile. */
static void make_and_give(struct reader *r)
{
	bool new_block = r->block.bytes.n == 0;

	r->making = true;
	pthread_mutex_unlock(&r->lock);
	make_piece(r);
	pthread_mutex_lock(&r->lock);
	r->making = false;
	r->ended = r->piece[r->given % PIECES].next != INPUT_BLOCK;
	r->blocks += new_block && !r->ended;
	r->given++;
}

static void *reader_run(void *arg)
{
	struct reader *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->stop && !r->ended) {
		if (!r->making && has_room(r))
			make_and_give(r);
		else {
			r->thread_waits = true;
			if (r->caller_waits) /* for more than there will be */
				pthread_cond_signal(&r->filled);
			pthread_cond_wait(&r->emptied, &r->lock);
			r->thread_waits = false;
		}
		if (r->caller_waits && (r->ended || r->given - r->taken >= WORTH_TAKING))
			pthread_cond_signal(&r->filled);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static void reader_free(struct reader *r)
{
	for (int i = 0; i < PIECES; i++)
		piece_release(&r->piece[i]);
	for (int i = 0; i < BLOCKS; i++)
		free(r->bytes[i]);
	pthread_cond_destroy(&r->filled);
	pthread_cond_destroy(&r->emptied);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static struct reader *reader_new(struct input *in, const struct syslog_frame *frame, const uint64_t *names_key)
{
	struct reader *r = xcalloc(1, sizeof *r);

	r->in = in;
	r->frame = *frame;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->filled, NULL);
	pthread_cond_init(&r->emptied, NULL);
	for (int i = 0; i < PIECES; i++) {
		piece_init(&r->piece[i]);
		r->piece[i].names_key = names_key;
	}
	for (int i = 0; i < BLOCKS; i++)
		r->bytes[i] = xmalloc(INPUT_BUFFER);
	return r;
}

struct reader *reader_start(struct input *in, const struct syslog_frame *frame, const uint64_t *names_key)
{
	struct reader *r = reader_new(in, frame, names_key);

	if (worker_start(&r->thread, reader_run, r))
		return r;
	reader_free(r);
	return NULL;
}

struct reader *reader_lean(struct input *in, const struct syslog_frame *frame, const uint64_t *names_key,
                           void (*nudge)(void *arg), void *arg)
{
	struct reader *r = reader_new(in, frame, names_key);

	r->nudge = nudge;
	r->nudge_arg = arg;
	return r;
}

bool reader_make(void *reader)
{
	struct reader *r = reader;

	pthread_mutex_lock(&r->lock);
	if (!r->making && has_room(r))
		make_and_give(r);
	bool wake = r->caller_waits, more = !r->making && has_room(r);
	r->thread_waits = !more;
	pthread_mutex_unlock(&r->lock);
	if (wake)
		pthread_cond_signal(&r->filled);
	return more;
}

static void wake_thread(struct reader *r)
{
	if (r->nudge)
		r->nudge(r->nudge_arg);
	else
		pthread_cond_signal(&r->emptied);
}

/* With the lock: is there enough to do for the thread to be woken? */
static bool thread_is_due(const struct reader *r, bool block)
{
	return r->thread_waits && !r->ended && (block || r->given - r->taken <= PIECES - WORTH_READING);
}

/* The caller has done with the piece that was lent to him. */
static void give_back(struct reader *r)
{
	bool wake = false;

	pthread_mutex_lock(&r->lock);
	if (r->lent && r->piece[r->taken % PIECES].next == INPUT_BLOCK) {
		bool block = r->ends_block[r->taken % PIECES];
		r->freed += block;
		r->taken++;
		wake = thread_is_due(r, block);
	}
	r->lent = false;
	pthread_mutex_unlock(&r->lock);
	if (wake)
		wake_thread(r);
}

/* With the lock: until the thread, which is at it, has made so many that it pays to be awake, or stops. */
static void pieces_wait(struct reader *r)
{
	r->caller_waits = true;
	while (r->making && !r->ended && r->given - r->taken < WORTH_TAKING)
		pthread_cond_wait(&r->filled, &r->lock);
	r->caller_waits = false;
}

const struct piece *reader_next(struct reader *r)
{
	bool wake = false;

	give_back(r);
	pthread_mutex_lock(&r->lock);
	while (r->given == r->taken) {
		if (r->making)
			pieces_wait(r);
		else {
			make_and_give(r);
			wake = thread_is_due(r, false); /* it may have come meanwhile, and gone again */
		}
	}
	r->lent = true;
	pthread_mutex_unlock(&r->lock);
	if (wake)
		wake_thread(r);
	return &r->piece[r->taken % PIECES];
}

struct reader *reader_stop(struct reader *r)
{
	if (!r)
		return NULL;
	if (!r->nudge) {
		pthread_mutex_lock(&r->lock);
		r->stop = true;
		pthread_cond_signal(&r->emptied);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	reader_free(r);
	return NULL;
}
