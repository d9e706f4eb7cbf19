#include "ingest_i.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include "../parsers/shapes.h"
#include "clock.h"
#include "db_damage.h"

/* -------------------------------------------------------------------------- batches */

void run_commit(struct run *run)
{
	if (!store_in_batch(run->store))
		return;
	run->g.clock = run->frame.clock;
	run_flush_counts(run);
	run_flush_spans(run);
	store_commit(run->store, run->tracker, &run->g);
	run->batch_lines = run->batch_bytes = 0;
	poison_passed(run->poison, run->g.gen, run->g.off);
	if (run->reader) /* it parses on */
		poison_at(run->poison, run->g.gen, run->g.off);
}

void run_begin(struct run *run)
{
	if (store_in_batch(run->store))
		return;
	store_begin(run->store);
	run->batch_start_ns = clock_ns();
}

static bool batch_full(const struct run *run)
{
	return poison_isolates(run->poison) || run->batch_lines >= run->o->batch_lines ||
	       run->batch_bytes >= BATCH_BYTES || (run->slow && clock_ns() - run->batch_start_ns >= BATCH_NS);
}

/* ------------------------------------------------------------------------- one line */

static void feed_line(struct run *run, struct parsed *x, int64_t off)
{
	struct record *rec = &x->rec;

	tracker_feed(run->tracker, rec, place_make(run->g.gen, off));
	run->kinds[rec->kind]++;
	if (rec->kind == RECORD_NO_INTEREST)
		run->shapes[rec->shape < 0 ? (int)shapes_count() : rec->shape]++;
	else if (rec->kind == RECORD_OTHER)
		run_sample(run, off, x->bytes, run->line_number + x->number + 1, rec->line);
}

/* The beginning of the stream, and what stands right before the next unread byte. */
void remember_bytes(struct generation *g, const struct input_block *b)
{
	size_t n = b->bytes.n;

	if ((size_t)b->off == g->head_n && g->head_n < INPUT_HEAD) {
		size_t more = INPUT_HEAD - g->head_n < n ? INPUT_HEAD - g->head_n : n;
		memcpy(g->head + g->head_n, b->bytes.p, more);
		g->head_n += more;
	}
	if (b->skipped) { /* the bytes before the offset were passed over; a newline ended them */
		g->seam[0] = '\n';
		g->seam_n = 1;
	} else if (n >= INPUT_SEAM) {
		memcpy(g->seam, b->bytes.p + n - INPUT_SEAM, INPUT_SEAM);
		g->seam_n = INPUT_SEAM;
	} else {
		size_t keep = g->seam_n + n > INPUT_SEAM ? INPUT_SEAM - n : g->seam_n;
		memmove(g->seam, g->seam + g->seam_n - keep, keep);
		memcpy(g->seam + keep, b->bytes.p, n);
		g->seam_n = keep + n;
	}
	g->off = b->next;
}

/*
 * What the reader's processor has in its cache is asked for so many lines ahead
 * that it is here when it is needed: first what tells what a line is, and when
 * that is known, what the tracker will look at in such a line.
 */
#define FETCH_HEAD 8
#define FETCH_REST 4
#define AMAVIS_BYTES 320  /* of its lines, in which the queue id stands somewhere */
#define ATTEMPT_BYTES 192 /* of an action line, from its stage on to where the recipient mostly stands */

/* always_inline: gcc 12 drops calls of functions that do nothing but fetch. */
#define FETCHES __attribute__((always_inline)) static inline void

FETCHES fetch(const void *from, size_t n)
{
	for (size_t k = 0; k < n; k += 64)
		__builtin_prefetch((const char *)from + k);
}

FETCHES fetch_rest(const struct store *s, const struct piece *p, const struct packed *x)
{
	const char *line = p->block.bytes.p + x->at;
	const struct names_ahead *ahead;

	switch (x->kind) {
	case RECORD_AMAVIS: fetch(line + PACKED_AT(x->text), AMAVIS_BYTES); break;
	case RECORD_ATTEMPT:
		fetch(line + PACKED_AT(x->text) + x->body, ATTEMPT_BYTES);
		ahead = packed_ahead(x, p->rest);
		if (ahead)
			store_expect(s, ahead);
		break;
	case RECORD_CLIENT:
	case RECORD_QUEUED:
	case RECORD_DELIVERY:
	case RECORD_MESSAGE_ID:
	case RECORD_REMOVED: fetch(line + PACKED_AT(x->text), 1); break;
	default: break;
	}
}

FETCHES piece_fetch(const struct store *s, const struct piece *p, size_t i)
{
	if (i + FETCH_HEAD < p->kept)
		fetch(&p->line[i + FETCH_HEAD], 1);
	if (i + FETCH_REST < p->kept)
		fetch_rest(s, p, &p->line[i + FETCH_REST]);
}

static void feed_piece(struct run *run, const struct piece *p)
{
	struct parsed x;

	run_begin(run);
	for (size_t i = 0; i < p->kept; i++) {
		piece_fetch(run->store, p, i);
		piece_line(p, i, &x);
		feed_line(run, &x, p->block.off + (x.bytes.p - p->block.bytes.p));
	}
	for (int k = 0; k < RECORD_KIND_COUNT; k++)
		run->kinds[k] += p->passed[k];
	run->line_number += p->lines;
	run_note_spans(run, p);
	remember_bytes(&run->g, &p->block);
	run->frame = p->frame;
	run->batch_lines += (int64_t)p->lines;
	run->batch_bytes += (int64_t)p->block.bytes.n;
	run->r->bytes += p->block.bytes.n;
	if (batch_full(run))
		run_commit(run);
}

/* So many lines of a block that we parse ourselves, for they are still near when their turn comes. */
#define NEAR_LINES 32

/* A line that the program died of is data like any other damaged line, but nobody parses it. */
static void pass_over(struct run *run, struct input_block *rest, int deaths)
{
	struct input_block line = *rest;
	ptrdiff_t end = slice_chr(rest->bytes, '\n');
	size_t n = end < 0 ? rest->bytes.n : (size_t)end + 1;
	int64_t us = run->g.last_us != STAMP_NONE ? run->g.last_us : time(NULL) * INT64_C(1000000);
	char path[300];

	msg_warn("%s: the line at byte %lld is passed over: the program died %d times when it read it (`list holes`)",
	         msg_safe(slice_str(run->path ? run->path : "journal"), path, sizeof path), (long long)rest->off,
	         deaths);
	run_begin(run);
	rest->bytes = slice_from(rest->bytes, n);
	rest->off += (int64_t)n;
	line.bytes = slice_head(line.bytes, n);
	if (rest->bytes.n) {
		line.next = rest->off;
		line.skipped = 0;
	}
	store_sample(run->store, run->g.gen, line.off, slice_head(line.bytes, n - (end >= 0)), "died of it", INT32_MAX);
	store_hole(run->store, 0, run->g.gen, us, us, 1, (int64_t)n, "a line that the program dies of");
	run->kinds[RECORD_OTHER]++;
	run->names_rule++; /* nobody knows */
	run->line_number++;
	run->r->bytes += n;
	remember_bytes(&run->g, &line);
	run_commit(run);
}

/* Where the batch begins is noted before anything of it is parsed. True: a line was passed over. */
static bool beware(struct run *run, struct input_block *rest)
{
	int deaths;

	if (poison_is(run->poison, run->g.gen, rest->off, &deaths)) {
		pass_over(run, rest, deaths);
		return true;
	}
	if (!store_in_batch(run->store) || poison_isolates(run->poison))
		poison_at(run->poison, run->g.gen, rest->off);
	if (poison_isolates(run->poison) && run->o->progress) /* one by one a block takes its time */
		run->o->progress(run->o->progress_arg, run->path, 0, -1);
	return false;
}

/* A commit may only stand at a line's end that the position names, so blocks are cut to the batch's size. */
void run_feed(struct run *run, const struct input_block *block)
{
	struct input_block rest = *block;

	while (rest.bytes.n) {
		int64_t room = poison_isolates(run->poison) ? 1 : run->o->batch_lines - run->batch_lines;
		if (run->poison && beware(run, &rest))
			continue;
		piece_fill(&run->piece, &run->frame, &rest, room < NEAR_LINES ? (size_t)room : NEAR_LINES);
		feed_piece(run, &run->piece);
		if (poison_isolates(run->poison) && run->o->stop && *run->o->stop)
			return; /* what was read is committed */
	}
}

static void show_progress(struct run *run, int64_t done, int64_t total)
{
	if (run->o->progress)
		run->o->progress(run->o->progress_arg, run->path, done, total);
}

static bool stopped(const struct run *run)
{
	return run->o->stop && *run->o->stop;
}

bool run_is_told_to_stop(void *arg)
{
	struct run *run = arg;
	int64_t bytes, done, total;

	input_progress(run->in, &bytes, &done, &total);
	show_progress(run, done, total);
	return stopped(run);
}

void run_trouble(struct run *run)
{
	char path[300];
	const char *why = input_trouble(run->in);

	msg_warn("%s: %s; what came before it is kept", msg_safe(slice_str(run->path), path, sizeof path),
	         why ? why : "cannot be read");
	run_begin(run);
	store_hole(run->store, 0, run->g.gen, run->g.last_us, run->g.last_us, 0, 0, why ? why : "cannot be read");
	run->r->bad++;
	run->r->exit = EX_DATAERR;
}

static enum input_next read_near(struct run *run)
{
	struct input_block block;
	enum input_next next = INPUT_AGAIN;
	int64_t bytes, done, total;

	while (!stopped(run)) {
		next = input_next(run->in, !store_in_batch(run->store), &block);
		if (next == INPUT_AGAIN)
			run_commit(run); /* nothing to read for now: what there is must not wait for more */
		else if (next != INPUT_BLOCK)
			break;
		else
			run_feed(run, &block);
		input_progress(run->in, &bytes, &done, &total);
		show_progress(run, done, total);
	}
	return next;
}

void run_stop_ahead(struct run *run)
{
	if (!run->reader)
		return;
	if (run->lean)
		db_spare(run->db, NULL, NULL);
	run->reader = reader_stop(run->reader);
}

/* More threads than that take turns with each other on the processors instead of working. */
static bool few_processors(void)
{
	cpu_set_t ours;

	return sched_getaffinity(0, sizeof ours, &ours) == 0 && CPU_COUNT(&ours) <= 2;
}

/* Where there is a thread that writes, and a processor for each of us but no third one, that thread reads between its jobs. */
static struct reader *start_ahead(struct run *run)
{
	const uint64_t *key = store_key(run->store);

	run->lean = run->db->writer && few_processors();
	if (!run->lean)
		return reader_start(run->in, &run->frame, key);
	struct reader *r = reader_lean(run->in, &run->frame, key, db_nudge, run->db);
	db_spare(run->db, reader_make, r);
	return r;
}

static enum input_next read_ahead(struct run *run)
{
	enum input_next next = INPUT_AGAIN;

	while (!stopped(run)) {
		const struct piece *p = reader_next(run->reader);
		next = p->next;
		if (next != INPUT_BLOCK)
			break;
		if (run->batch_lines + (int64_t)p->lines > run->o->batch_lines)
			run_commit(run);
		feed_piece(run, p);
		show_progress(run, p->done, p->total);
	}
	run_stop_ahead(run);
	return next;
}

static int64_t bytes_to_go(const struct run *run)
{
	return input_about(run->in, run->file)->size - run->g.off;
}

/* Is so much left to read that a thread for it pays? Not of what comes through a pipe: that may have nothing for now. */
static bool far_to_go(const struct run *run)
{
	return !run->slow && !poison_isolates(run->poison) && bytes_to_go(run) > READER_BYTES &&
	       run->o->batch_lines >= PIECE_LINES;
}

void run_read(struct run *run)
{
	bool far = far_to_go(run);
	enum input_next next;

	if (far && bytes_to_go(run) > MANY_BYTES)
		store_expect_many(run->store);
	if (far)
		poison_at(run->poison, run->g.gen, run->g.off);
	run->reader = far ? start_ahead(run) : NULL;
	next = run->reader ? read_ahead(run) : read_near(run);
	if (next == INPUT_ERROR)
		run_trouble(run);
	run->g.state = next == INPUT_END ? GENERATION_COMPLETE : GENERATION_LIVE;
	run_commit(run);
	poison_rest(run->poison);
}

/* ---------------------------------------------------------------------- the whole call */

/* The host of the first line that names one. */
static struct slice head_host(const struct input_about *a)
{
	struct syslog_frame frame;
	struct slice rest = slice_of(a->head, a->head_n);
	struct line line;

	syslog_init(&frame, a->first_year);
	for (ptrdiff_t end; (end = slice_chr(rest, '\n')) >= 0; rest = slice_from(rest, (size_t)end + 1)) {
		syslog_parse(&frame, slice_head(rest, (size_t)end), &line);
		if (slice_is_set(line.host))
			return line.host;
	}
	return SLICE_NONE;
}

/* New content from before the time that its host's log has been read to. */
static bool is_older(struct run *run, const struct input_about *a)
{
	struct slice host = head_host(a);

	if (a->head_n == 0 || a->first_us == STAMP_NONE || !slice_is_set(host))
		return false;
	for (size_t k = 0; k < run->known_n; k++)
		if (same_head(&run->known[k], a))
			return false;
	sqlite3_stmt *q = db_stmt(run->db, SQL_READ_HOST_LAST);
	db_bind_slice(q, 1, host);
	int64_t last = db_step(run->db, q) ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_reset(q);
	return a->first_us < last - INT64_C(2000000);
}

void run_init(struct run *run)
{
	run->shapes = xcalloc(shapes_count() + 1, sizeof *run->shapes);
	piece_init(&run->piece);
}

void run_release(struct run *run)
{
	free(run->shapes);
	piece_release(&run->piece);
}

struct tracker *run_tracker(struct run *run, const struct sink *sink)
{
	run->piece.names_key = store_key(run->store);
	memset(&run->told, 0, sizeof run->told);
	return tracker_new(sink, run->origin, store_key(run->store), run->o->filters, run->o->filters_n,
	                   &tracker_limits_default);
}

static void counts_add(struct run *run)
{
	const struct tracker_counts *c = tracker_counts(run->tracker);
	struct tracker_counts *sum = &run->r->counts;

	sum->attempts += c->attempts;
	sum->evictions += c->evictions;
	sum->forgotten += c->forgotten;
	sum->accepted += c->accepted;
	sum->sessions_checked += c->sessions_checked;
	sum->sessions_differ += c->sessions_differ;
	sum->suspect += c->suspect;
	sum->truncated += c->truncated;
}

/*
 * Older content has a story of its own: what is half finished now belongs to a
 * later time and must not meet it. What its end leaves open stays as it is.
 */
static void no_put(void *arg, int kind, uint64_t key, struct slice state)
{
	(void)arg, (void)kind, (void)key, (void)state;
}

static void no_drop(void *arg, int kind, uint64_t key)
{
	(void)arg, (void)kind, (void)key;
}

static void read_older(struct run *run, const bool *older, size_t n)
{
	struct sink facts_only = *run->sink;
	facts_only.pending_put = no_put;
	facts_only.pending_drop = no_drop;
	run->tracker = run_tracker(run, &facts_only);
	for (size_t i = 0; i < n && !stopped(run); i++)
		if (older[i])
			run_file(run, i);
	run_begin(run);
	tracker_abandon(run->tracker);
	store_commit(run->store, NULL, NULL);
	counts_add(run);
	run->tracker = tracker_free(run->tracker);
	msg_note("older than what had been read: mails that the seam cuts may stay `unknown`; "
	         "`wouldblock ingest --rebuild` with all files joins them");
}

static bool adjacent(const struct generation *older, const struct generation *newer)
{
	if (older->log != newer->log || strcmp(older->family, newer->family) != 0)
		return false;
	if (older->dated) {
		struct {
			int64_t days;
		} a = {older->dated / 1000000}, b = {newer->dated / 1000000};
		return newer->dated ? b.days - a.days <= 7 || b.days % 100 <= 7 : newer->rotation == 0;
	}
	return newer->dated == 0 && older->rotation == newer->rotation + 1;
}

static int by_time(const void *a, const void *b)
{
	const struct generation *x = a, *y = b;

	if (x->log != y->log)
		return x->log < y->log ? -1 : 1;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return x->gen < y->gen ? -1 : x->gen > y->gen;
}

/* Streams whose names are adjacent have nothing between them (design.md 3, coverage). */
static void join_streams(struct run *run)
{
	if (run->known_n == 0)
		return;
	qsort(run->known, run->known_n, sizeof *run->known, by_time);
	for (size_t i = 1; i < run->known_n; i++) {
		const struct generation *older = &run->known[i - 1], *newer = &run->known[i];
		if (!adjacent(older, newer))
			continue;
		sqlite3_stmt *q = db_stmt(run->db, SQL_WRITE_FOLLOWS);
		sqlite3_bind_int64(q, 1, older->gen);
		sqlite3_bind_int64(q, 2, newer->gen);
		db_run(run->db, q);
	}
}

static void check_rebuild(struct run *run)
{
	for (size_t k = 0; k < run->known_n; k++) {
		bool found = run->known[k].head_n == 0;
		for (size_t i = 0; i < input_count(run->in) && !found; i++)
			found = same_head(&run->known[k], input_about(run->in, i));
		if (!found)
			msg_die(EX_NOINPUT,
			        "--rebuild needs all logs that were read, and one that was `%s` is not among these; "
			        "nothing was changed",
			        run->known[k].path[0] ? run->known[k].path : run->known[k].family);
	}
	run_begin(run);
	db_exec(run->db, sql_text[SQL_WRITE_REBUILD]);
	store_forget(run->store);
	store_commit(run->store, NULL, NULL);
	free(run->known);
	run->known = generation_list(run->db, &run->known_n);
}

void run_tell_changes(struct run *run)
{
	struct rederived r;
	const struct {
		const bool *is;
		const char *name;
	} parts[] = {{&r.rules, "rules"},
	             {&r.inside, "inside networks"},
	             {&r.own, "own domains"},
	             {&r.canaries, "canaries"},
	             {&r.suffixes, "shared domains or the suffix list"}};

	run_begin(run);
	bool changed = store_rederive(run->store, &r);
	store_commit(run->store, NULL, NULL);
	if (!changed)
		return;
	char what[100] = "";
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (*parts[i].is)
			snprintf(what + strlen(what), sizeof what - strlen(what), "%s%s", *what ? ", " : "",
			         parts[i].name);
	msg_note("%s: not as they were. What was read before is named anew: %lld texts, %lld clients", what,
	         (long long)r.texts, (long long)r.clients);
	if (r.holes)
		msg_note(
		    "not all of it can be judged anew, so the time before counts as a hole until `wouldblock ingest "
		    "--rebuild` with all logs (`list holes`)");
}

static void run_files(struct run *run)
{
	size_t n = input_count(run->in);
	bool *older = xcalloc(n + 1, sizeof *older), any = false;

	for (size_t i = 0; i < n; i++)
		any |= older[i] = is_older(run, input_about(run->in, i));
	if (any)
		read_older(run, older, n);
	run->r->older = any;
	run->tracker = run_tracker(run, run->sink);
	store_load_pending(run->store, run->tracker);
	db_writer_start(run->db);
	for (size_t i = 0; i < n && !stopped(run); i++) {
		if (older[i])
			continue;
		run_unknown_file(run, i);
		if (i + 1 < n)
			run_know(run);
	}
	counts_add(run);
	run->tracker = tracker_free(run->tracker); /* while the rows are being written */
	run_know(run);
	free(older);
}

/* Only at the beginning: what damage is met later ends the program, and the next call starts with it. */
static struct db *open_or_replace(const char *database, bool set_aside)
{
	jmp_buf damage;
	struct db *d;

	if (!set_aside)
		return db_open_ingest(database);
	if (setjmp(damage)) {
		db_abandon();
		damage_replace(database);
		return db_open_ingest(database);
	}
	msg_rescue_of(EX_DATAERR, &damage);
	d = db_open_ingest(database);
	msg_rescue(NULL);
	return d;
}

void ingest_run(const char *database, struct rules *rules, const struct origin *origin, const char *const *paths,
                size_t n, const struct ingest_options *o, struct ingest_result *out)
{
	struct run run = {.origin = origin, .o = o, .r = out};

	memset(out, 0, sizeof *out);
	out->first_us = out->last_us = STAMP_NONE;
	shapes_init();
	run.in = input_open(paths, n, o->year, &out->bad);
	if (out->bad)
		out->exit = EX_NOINPUT;
	if (input_count(run.in) == 0) { /* nothing to read makes no database */
		input_close(run.in);
		return;
	}
	run.db = open_or_replace(database, o->set_aside);
	run.store = store_new(run.db, rules, origin);
	run.sink = store_sink(run.store);
	run_init(&run);
	run.known = generation_list(run.db, &run.known_n);
	if (o->rebuild)
		check_rebuild(&run);
	else
		run_tell_changes(&run);
	run_files(&run);
	if (out->bytes || out->known) { /* a call that ended before this may have read all */
		store_begin(run.store);
		join_streams(&run);
		store_find_holes(run.store);
		if (o->set_aside) /* all logs that there are: who says this names them */
			damage_rebuilt(run.db);
		store_commit(run.store, NULL, NULL);
	}
	for (int k = 0; k < RECORD_KIND_COUNT; k++)
		out->lines += out->kinds[k];
	store_free(run.store);
	db_close(run.db);
	input_close(run.in);
	free(run.known);
	run_release(&run);
}

void ingest_release(struct ingest_result *r)
{
	for (int i = 0; i < r->samples; i++)
		free(r->sample[i].text);
}
