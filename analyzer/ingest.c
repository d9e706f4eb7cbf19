#include "ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include "../parsers/shapes.h"
#include "db.h"
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
	struct part part[SPANS];
	size_t parts, last_part;
	int64_t batch_lines, batch_bytes, batch_start_ns;
	uint64_t line_number;
	bool slow; /* a decompressor or stdin decides how fast lines come */
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* -------------------------------------------------------------------- the account */

static struct part *part_find(struct run *run, struct slice host)
{
	if (run->parts) {
		struct part *p = &run->part[run->last_part];
		if (slice_eq(slice_of(p->host, p->host_n), host))
			return p;
	}
	for (size_t i = 0; i < run->parts; i++)
		if (slice_eq(slice_of(run->part[i].host, run->part[i].host_n), host)) {
			run->last_part = i;
			return &run->part[i];
		}
	return NULL;
}

static void parts_flush(struct run *run)
{
	for (size_t i = 0; i < run->parts; i++) {
		struct part *p = &run->part[i];
		store_span(run->store, run->g.gen, slice_of(p->host, p->host_n), p->first_us, p->last_us, p->lines);
	}
	run->parts = 0;
}

static struct part *part_add(struct run *run, struct slice host, int64_t us)
{
	if (run->parts == SPANS)
		parts_flush(run);
	struct part *p = &run->part[run->parts];
	run->last_part = run->parts++;
	p->host_n = host.n < sizeof p->host ? host.n : sizeof p->host;
	memcpy(p->host, host.p, p->host_n);
	p->first_us = p->last_us = us;
	p->lines = 0;
	return p;
}

static void widen(int64_t *first_us, int64_t *last_us, int64_t us)
{
	if (*first_us == STAMP_NONE || us < *first_us)
		*first_us = us;
	if (*last_us == STAMP_NONE || us > *last_us)
		*last_us = us;
}

static void note_span(struct run *run, const struct line *l)
{
	int64_t us = l->stamp.us;

	if (us == STAMP_NONE || !slice_is_set(l->host))
		return;
	struct part *p = part_find(run, slice_head(l->host, sizeof p->host));
	if (!p)
		p = part_add(run, slice_head(l->host, sizeof p->host), us);
	if (us < p->first_us)
		p->first_us = us;
	if (us > p->last_us)
		p->last_us = us;
	p->lines++;
	widen(&run->g.first_us, &run->g.last_us, us);
	widen(&run->r->first_us, &run->r->last_us, us);
}

static void sample_line(struct run *run, int64_t off, struct slice line)
{
	struct ingest_result *r = run->r;

	store_sample(run->store, run->g.gen, off, line, "not understood", 5);
	if (r->samples == 5)
		return;
	struct ingest_sample *s = &r->sample[r->samples++];
	snprintf(s->path, sizeof s->path, "%s", run->path);
	s->line = run->line_number;
	s->n = line.n < 400 ? line.n : 400;
	s->text = xmalloc(s->n + 1);
	memcpy(s->text, line.p, s->n); /* it may hold a NUL */
}

static void counts_flush(struct run *run)
{
	const struct tracker_counts *c = tracker_counts(run->tracker);
	const struct {
		const char *name;
		uint64_t now, told;
	} checks[] = {
	    {"evictions", c->evictions, run->told.evictions},
	    {"forgotten", c->forgotten, run->told.forgotten},
	    {"accepted", c->accepted, run->told.accepted},
	    {"sessions checked", c->sessions_checked, run->told.sessions_checked},
	    {"sessions that differ", c->sessions_differ, run->told.sessions_differ},
	    {"suspect", c->suspect, run->told.suspect},
	    {"truncated", c->truncated, run->told.truncated},
	};

	for (int k = 0; k < RECORD_KIND_COUNT; k++) {
		if (run->kinds[k] && k != RECORD_NO_INTEREST)
			store_count(run->store, run->g.gen, k == RECORD_OTHER ? "not-understood" : "understood",
			            record_kind_name((enum record_kind)k), (int64_t)run->kinds[k]);
		run->r->kinds[k] += run->kinds[k];
		run->kinds[k] = 0;
	}
	for (size_t i = 0; i <= shapes_count(); i++) {
		if (run->shapes[i])
			store_count(run->store, run->g.gen, "no-interest",
			            i < shapes_count() ? shapes_row((int)i)->name : "syslog-banner", (int64_t)run->shapes[i]);
		run->shapes[i] = 0;
	}
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i].now != checks[i].told)
			store_count(run->store, run->g.gen, "check", checks[i].name,
			            (int64_t)(checks[i].now - checks[i].told));
	run->told = *c;
}

/* -------------------------------------------------------------------------- batches */

static void commit(struct run *run)
{
	if (!store_in_batch(run->store))
		return;
	run->g.clock = run->frame.clock;
	counts_flush(run);
	parts_flush(run);
	store_commit(run->store, run->tracker, &run->g);
	run->batch_lines = run->batch_bytes = 0;
}

static void begin(struct run *run)
{
	if (store_in_batch(run->store))
		return;
	store_begin(run->store);
	run->batch_start_ns = now_ns();
}

static bool batch_full(const struct run *run)
{
	return run->batch_lines >= run->o->batch_lines || run->batch_bytes >= BATCH_BYTES ||
	       (run->slow && now_ns() - run->batch_start_ns >= BATCH_NS);
}

/* ------------------------------------------------------------------------- one line */

static void feed_line(struct run *run, struct slice bytes, int64_t off)
{
	struct line line;
	struct record rec;

	run->line_number++;
	run->batch_lines++;
	syslog_parse(&run->frame, bytes, &line);
	shapes_parse(&line, &rec);
	tracker_feed(run->tracker, &rec, place_make(run->g.gen, off));
	run->kinds[rec.kind]++;
	if (rec.kind == RECORD_NO_INTEREST)
		run->shapes[rec.shape < 0 ? (int)shapes_count() : rec.shape]++;
	else if (rec.kind == RECORD_OTHER)
		sample_line(run, off, bytes);
	note_span(run, &line);
}

/* The beginning of the stream, and what stands right before the next unread byte. */
static void remember_bytes(struct generation *g, const struct input_block *b)
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

/* A commit may only stand at a line's end that the position names, so blocks are cut to the batch's size. */
static void feed_block(struct run *run, const struct input_block *block)
{
	struct slice rest = block->bytes;
	int64_t off = block->off;

	while (rest.n) {
		struct input_block part = {.bytes = rest, .off = off, .next = block->next, .skipped = block->skipped};
		size_t used = 0;
		begin(run);
		while (used < rest.n && run->batch_lines < run->o->batch_lines) {
			const char *start = rest.p + used, *end = memchr(start, '\n', rest.n - used);
			size_t n = end ? (size_t)(end - start) : rest.n - used;
			feed_line(run, slice_of(start, n), off + (int64_t)used);
			used += n + (end ? 1 : 0);
		}
		if (used < rest.n) {
			part.bytes = slice_head(rest, used);
			part.next = off + (int64_t)used;
			part.skipped = 0;
		}
		remember_bytes(&run->g, &part);
		run->batch_bytes += (int64_t)used;
		run->r->bytes += used;
		rest = slice_from(rest, used);
		off += (int64_t)used;
		if (batch_full(run))
			commit(run);
	}
}

static void show_progress(struct run *run)
{
	int64_t bytes, done, total;

	if (!run->o->progress)
		return;
	input_progress(run->in, &bytes, &done, &total);
	run->o->progress(run->o->progress_arg, run->path, done, total);
}

static bool stopped(const struct run *run)
{
	return run->o->stop && *run->o->stop;
}

static void trouble(struct run *run)
{
	char path[300];
	const char *why = input_trouble(run->in);

	msg_warn("%s: %s; what came before it is kept", msg_safe(slice_str(run->path), path, sizeof path),
	         why ? why : "cannot be read");
	begin(run);
	store_hole(run->store, 0, run->g.gen, run->g.last_us, run->g.last_us, 0, 0, why ? why : "cannot be read");
	run->r->bad++;
	run->r->exit = EX_DATAERR;
}

static void read_stream(struct run *run)
{
	struct input_block block;
	enum input_next next = INPUT_AGAIN;

	while (!stopped(run)) {
		next = input_next(run->in, !store_in_batch(run->store), &block);
		if (next == INPUT_AGAIN)
			commit(run); /* nothing to read for now: what there is must not wait for more */
		else if (next != INPUT_BLOCK)
			break;
		else
			feed_block(run, &block);
		show_progress(run);
	}
	if (next == INPUT_ERROR)
		trouble(run);
	run->g.state = next == INPUT_END ? GENERATION_COMPLETE : GENERATION_LIVE;
	commit(run);
}

/* ----------------------------------------------------------------- which file is this? */

static bool same_head(const struct generation *g, const struct input_about *a)
{
	size_t n = g->head_n < a->head_n ? g->head_n : a->head_n;

	return n > 0 && memcmp(g->head, a->head, n) == 0;
}

static void generation_name(struct generation *g, const struct input_about *a)
{
	snprintf(g->family, sizeof g->family, "%s", a->family);
	snprintf(g->path, sizeof g->path, "%s", a->path);
	g->rotation = a->rotated || a->rotation > 0 ? a->rotation : 0;
	g->dated = a->dated;
	g->dev = a->dev;
	g->ino = a->ino;
}

/* `DIR/mail.log` for all rotations of it; what --log said for stdin. */
static uint32_t log_of(struct run *run, const struct input_about *a)
{
	char name[1400];
	const char *slash = strrchr(a->path, '/');

	if (a->pack == INPUT_STDIN)
		snprintf(name, sizeof name, "%s", run->o->log ? run->o->log : "stdin");
	else if (run->o->log)
		snprintf(name, sizeof name, "%s", run->o->log);
	else
		snprintf(name, sizeof name, "%.*s%s", slash ? (int)(slash - a->path + 1) : 0, a->path, a->family);
	return store_log(run->store, slice_str(name));
}

static void generation_begin(struct run *run, const struct input_about *a)
{
	struct generation *g = &run->g;

	memset(g, 0, sizeof *g);
	begin(run);
	g->gen = generation_next(run->db);
	g->log = log_of(run, a);
	g->first_us = g->last_us = STAMP_NONE;
	g->unsure = a->year_unsure;
	generation_name(g, a);
	syslog_init(&run->frame, a->first_year);
	run->r->files_new++;
	run->r->unsure |= g->unsure;
}

static void generation_resume(struct run *run, const struct generation *known, const struct input_about *a)
{
	run->g = *known;
	generation_name(&run->g, a);
	syslog_init(&run->frame, known->clock.year);
	run->frame.clock.year = known->clock.year;
	run->frame.clock.month = known->clock.month;
	run->frame.clock.anchored = known->clock.anchored;
	run->frame.clock.folded = known->clock.folded;
	run->frame.clock.last_us = known->clock.last_us;
}

enum found { FOUND_NEW, FOUND_SAME, FOUND_SHORT, FOUND_EDITED, FOUND_FAILED };

/* faults.md 1.4: by content, newest first; a file may have several generations when it was edited. */
static enum found find_generation(struct run *run, size_t i, const struct input_about *a, struct generation **which)
{
	enum found found = FOUND_NEW;

	for (size_t k = 0; k < run->known_n; k++) {
		struct generation *g = &run->known[k];
		if (!same_head(g, a))
			continue;
		enum input_seek seek = input_start(run->in, i, g->off, g->seam, g->seam_n);
		if (seek == INPUT_FAILED)
			return FOUND_FAILED;
		if (!*which)
			*which = g;
		if (seek == INPUT_OK) {
			*which = g;
			return FOUND_SAME;
		}
		if (found == FOUND_NEW)
			found = seek == INPUT_SHORT ? FOUND_SHORT : FOUND_EDITED;
	}
	return found;
}

/* Cases E and F: the same beginning, another continuation or none. What it holds was counted or never will be; go on at its end. */
static void skip_edited(struct run *run, size_t i, const struct input_about *a, const struct generation *known,
                        const char *cause)
{
	struct input_block block;
	char path[300];
	int64_t from = known->last_us;

	msg_warn("%s: %s since it was read: its lines up to here are not read again",
	         msg_safe(slice_str(a->path), path, sizeof path), cause);
	if (input_start(run->in, i, 0, NULL, 0) != INPUT_OK)
		return;
	generation_begin(run, a);
	while (input_next(run->in, true, &block) == INPUT_BLOCK) {
		for (struct slice rest = block.bytes; rest.n;) {
			ptrdiff_t end = slice_chr(rest, '\n');
			struct slice bytes = end < 0 ? rest : slice_head(rest, (size_t)end);
			struct line line;
			syslog_parse(&run->frame, bytes, &line);
			if (line.stamp.us != STAMP_NONE)
				run->g.first_us = run->g.last_us = line.stamp.us;
			rest = slice_from(rest, end < 0 ? rest.n : (size_t)end + 1);
		}
		remember_bytes(&run->g, &block);
	}
	run->g.base = run->g.off;
	run->g.state = GENERATION_COMPLETE;
	store_hole(run->store, 0, run->g.gen, from < run->g.last_us ? from : run->g.last_us,
	           from < run->g.last_us ? run->g.last_us : from, 0, 0, cause);
	commit(run);
}

/* A copy of several logs in one file: what follows the known part may be known too. */
static bool rest_is_known(struct run *run, const struct input_block *block)
{
	for (size_t k = 0; k < run->known_n; k++) {
		const struct generation *g = &run->known[k];
		if (g->gen != run->g.gen && g->head_n >= 64 && block->bytes.n >= g->head_n &&
		    memcmp(block->bytes.p, g->head, g->head_n) == 0)
			return true;
	}
	return false;
}

static void resume_stream(struct run *run, const struct generation *known, const struct input_about *a)
{
	struct input_block block;
	char path[300];
	uint64_t before = run->r->bytes;

	generation_resume(run, known, a);
	enum input_next next = input_next(run->in, true, &block);
	if (next == INPUT_BLOCK && rest_is_known(run, &block)) {
		msg_warn("%s: goes on with lines that were read from another file: not read again",
		         msg_safe(slice_str(a->path), path, sizeof path));
		return;
	}
	if (next == INPUT_BLOCK) {
		tracker_stream(run->tracker);
		feed_block(run, &block);
		read_stream(run);
	} else if (next == INPUT_ERROR) {
		trouble(run);
		commit(run);
	} else if (run->g.rotation != known->rotation || run->g.dated != known->dated) {
		begin(run);
		commit(run); /* its name has changed, its content has not */
	}
	run->r->known += run->r->bytes == before;
}

/* The very file, or the live name of it: then it is no older copy, it has become shorter. */
static bool same_place(const struct generation *known, const struct input_about *a)
{
	if (a->pack != INPUT_PLAIN)
		return false;
	return (known->dev == a->dev && known->ino == a->ino) || (!a->rotated && strcmp(known->path, a->path) == 0);
}

static void need_year(const struct input_about *a)
{
	if (a->pack == INPUT_STDIN && a->year_unsure && a->first_year == 0)
		msg_die(EX_USAGE, "stdin: its stamps have no year; say of the first one with --year YYYY");
}

static void read_file(struct run *run, size_t i)
{
	const struct input_about *a = input_about(run->in, i);
	struct generation *known = NULL;
	char path[300];

	run->path = a->path;
	run->line_number = 0;
	run->slow = a->pack != INPUT_PLAIN;
	run->r->files++;
	if (a->head_n == 0) {
		msg_note("%s: empty", msg_safe(slice_str(a->path), path, sizeof path));
		return;
	}
	switch (find_generation(run, i, a, &known)) {
	case FOUND_SAME: resume_stream(run, known, a); break;
	case FOUND_SHORT:
		if (same_place(known, a)) {
			skip_edited(run, i, a, known, "it lost its tail");
			break;
		}
		msg_note("%s: an older copy of a log that was read further; nothing new in it",
		         msg_safe(slice_str(a->path), path, sizeof path));
		run->r->known++;
		break;
	case FOUND_EDITED: skip_edited(run, i, a, known, "it was edited"); break;
	case FOUND_FAILED:
		run->r->bad++;
		run->r->exit = EX_NOINPUT;
		break;
	case FOUND_NEW:
		need_year(a);
		if (input_start(run->in, i, 0, NULL, 0) != INPUT_OK) {
			run->r->bad++;
			run->r->exit = EX_NOINPUT;
			break;
		}
		generation_begin(run, a);
		tracker_stream(run->tracker);
		read_stream(run);
		break;
	}
	free(run->known);
	run->known = generation_list(run->db, &run->known_n);
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

static struct tracker *tracker_make(struct run *run, const struct sink *sink)
{
	uint64_t key[2];

	store_key(run->store, key);
	memset(&run->told, 0, sizeof run->told);
	return tracker_new(sink, run->origin, key, run->o->filters, run->o->filters_n, &tracker_limits_default);
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
	run->tracker = tracker_make(run, &facts_only);
	for (size_t i = 0; i < n && !stopped(run); i++)
		if (older[i])
			read_file(run, i);
	begin(run);
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
	begin(run);
	db_exec(run->db, sql_text[SQL_WRITE_REBUILD]);
	store_settings_forget(run->store);
	store_commit(run->store, NULL, NULL);
	free(run->known);
	run->known = generation_list(run->db, &run->known_n);
}

static void tell_changed_settings(struct run *run)
{
	begin(run);
	bool changed = store_settings_changed(run->store);
	store_commit(run->store, NULL, NULL);
	if (changed)
		msg_note("rules, networks or the suffix list have changed: what was read before keeps its old names until "
		         "`wouldblock ingest --rebuild` with all logs");
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
	run->tracker = tracker_make(run, run->sink);
	store_load_pending(run->store, run->tracker);
	for (size_t i = 0; i < n && !stopped(run); i++)
		if (!older[i])
			read_file(run, i);
	counts_add(run);
	free(older);
}

void ingest_run(const char *database, struct rules *rules, const struct origin *origin, const char *const *paths, size_t n,
                const struct ingest_options *o, struct ingest_result *out)
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
	run.db = db_open_ingest(database);
	run.store = store_new(run.db, rules, origin);
	run.sink = store_sink(run.store);
	run.shapes = xcalloc(shapes_count() + 1, sizeof *run.shapes);
	run.known = generation_list(run.db, &run.known_n);
	if (o->rebuild)
		check_rebuild(&run);
	else
		tell_changed_settings(&run);
	run_files(&run);
	if (out->bytes) {
		store_begin(run.store);
		store_index(run.store);
		join_streams(&run);
		store_find_holes(run.store);
		store_commit(run.store, NULL, NULL);
	}
	for (int k = 0; k < RECORD_KIND_COUNT; k++)
		out->lines += out->kinds[k];
	tracker_free(run.tracker);
	store_free(run.store);
	db_close(run.db);
	input_close(run.in);
	free(run.known);
	free(run.shapes);
}

void ingest_release(struct ingest_result *r)
{
	for (int i = 0; i < r->samples; i++)
		free(r->sample[i].text);
}
