/*
 * Which content is this, and from where is it new? By bytes, never by name (faults.md 1.4).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "ingest_i.h"

bool same_head(const struct generation *g, const struct input_about *a)
{
	size_t n = g->head_n < a->head_n ? g->head_n : a->head_n;

	return n > 0 && memcmp(g->head, a->head, n) == 0;
}

void generation_name(struct generation *g, const struct input_about *a)
{
	snprintf(g->family, sizeof g->family, "%s", a->family);
	snprintf(g->path, sizeof g->path, "%s", a->path);
	g->rotation = a->rotated || a->rotation > 0 ? a->rotation : 0;
	g->dated = a->dated;
	g->dev = a->dev;
	g->ino = a->ino;
}

void run_know(struct run *run)
{
	free(run->known);
	run->known = NULL;
	run->known = generation_list(run->db, &run->known_n);
}

const struct generation *known_head(const struct run *run, const struct input_about *a)
{
	for (size_t k = 0; k < run->known_n; k++)
		if (same_head(&run->known[k], a))
			return &run->known[k];
	return NULL;
}

uint32_t log_of_path(struct run *run, const char *path)
{
	store_begin(run->store);
	uint32_t log = store_log(run->store, slice_str(path));
	store_commit(run->store, NULL, NULL);
	return log;
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

void run_stream_begin(struct run *run, const struct input_about *a)
{
	struct generation *g = &run->g;

	memset(g, 0, sizeof *g);
	run_begin(run);
	g->gen = generation_next(run->db);
	g->log = log_of(run, a);
	g->first_us = g->last_us = STAMP_NONE;
	g->unsure = a->year_unsure;
	g->follows = run->before;
	generation_name(g, a);
	syslog_init(&run->frame, a->first_year);
	run->r->files_new++;
	run->r->unsure |= g->unsure;
}

void run_stream_resume(struct run *run, const struct generation *known)
{
	run->g = *known;
	syslog_init(&run->frame, known->clock.year);
	run->frame.clock.year = known->clock.year;
	run->frame.clock.month = known->clock.month;
	run->frame.clock.anchored = known->clock.anchored;
	run->frame.clock.folded = known->clock.folded;
	run->frame.clock.last_us = known->clock.last_us;
}

enum found { FOUND_NEW, FOUND_SAME, FOUND_SHORT, FOUND_EDITED, FOUND_CHANGED, FOUND_FAILED };

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
		if (seek == INPUT_CHANGED)
			return FOUND_CHANGED;
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

/* A new stream that begins at the end of the file; the caller commits it. */
static enum run_outcome skip_to_end(struct run *run, size_t i, const struct input_about *a)
{
	struct input_block block;

	if (input_start(run->in, i, 0, NULL, 0) != INPUT_OK)
		return RUN_FAILED;
	input_heed(run->in, NULL, NULL); /* where it ends must be known: it is read to its end, or not begun */
	run_stream_begin(run, a);
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
	return RUN_AT_END;
}

/* Cases E and F: the same beginning, another continuation or none. What it holds was counted or never will be; go on at its end. */
static enum run_outcome skip_edited(struct run *run, size_t i, const struct input_about *a,
                                    const struct generation *known, const char *cause)
{
	char path[300];
	int64_t from = known->last_us;

	msg_warn("%s: %s since it was read: its lines up to here are not read again",
	         msg_safe(slice_str(a->path), path, sizeof path), cause);
	if (skip_to_end(run, i, a) != RUN_AT_END)
		return RUN_FAILED;
	store_hole(run->store, 0, run->g.gen, from < run->g.last_us ? from : run->g.last_us,
	           from < run->g.last_us ? run->g.last_us : from, 0, 0, cause);
	run_commit(run);
	return RUN_AT_END;
}

enum run_outcome run_skip(struct run *run, size_t i)
{
	enum run_outcome end = skip_to_end(run, i, input_about(run->in, i));

	run_commit(run);
	return end;
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

static enum run_outcome resume_stream(struct run *run, const struct generation *known, const struct input_about *a)
{
	struct input_block block;
	char path[300];
	uint64_t before = run->r->bytes;

	run_stream_resume(run, known);
	generation_name(&run->g, a);
	enum input_next next = input_next(run->in, true, &block);
	if (next == INPUT_BLOCK && rest_is_known(run, &block)) {
		msg_warn("%s: goes on with lines that were read from another file: not read again",
		         msg_safe(slice_str(a->path), path, sizeof path));
		return RUN_OLD;
	}
	if (next == INPUT_BLOCK) {
		tracker_stream(run->tracker);
		run_feed(run, &block);
		run_read(run);
	} else if (next == INPUT_ERROR) {
		run_trouble(run);
		run_commit(run);
	} else if (run->g.rotation != known->rotation || run->g.dated != known->dated) {
		run_begin(run);
		run_commit(run); /* its name has changed, its content has not */
	}
	run->r->known += run->r->bytes == before;
	return next == INPUT_ERROR ? RUN_FAILED : RUN_AT_END;
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

static enum run_outcome cannot_read(struct run *run)
{
	char path[300];
	const char *why = input_trouble(run->in);

	if (msg_is_lack(errno)) /* nothing younger must be read before it */
		msg_fail(EX_OSERR, "cannot read %s: %s", msg_safe(slice_str(run->path), path, sizeof path), why);
	msg_warn("cannot read %s: %s", msg_safe(slice_str(run->path), path, sizeof path),
	         why ? why : "no reason given");
	run->r->bad++;
	run->r->exit = EX_NOINPUT;
	return RUN_FAILED;
}

/* Truncated after it was looked at: what it is now only another look can tell. */
static enum run_outcome has_changed(struct run *run)
{
	char path[300];

	msg_warn("%s: truncated while it was looked at", msg_safe(slice_str(run->path), path, sizeof path));
	run->r->bad++;
	run->r->exit = EX_NOINPUT;
	return RUN_CHANGED;
}

static enum run_outcome new_stream(struct run *run, size_t i, const struct input_about *a)
{
	enum input_seek seek;

	need_year(a);
	seek = input_start(run->in, i, 0, NULL, 0);
	if (seek != INPUT_OK)
		return seek == INPUT_CHANGED ? has_changed(run) : cannot_read(run);
	run_stream_begin(run, a);
	tracker_stream(run->tracker);
	run_read(run);
	return RUN_NEW;
}

static enum run_outcome read_found(struct run *run, size_t i, const struct input_about *a)
{
	struct generation *known = NULL;
	char path[300];

	switch (find_generation(run, i, a, &known)) {
	case FOUND_SAME: return resume_stream(run, known, a);
	case FOUND_SHORT:
		if (same_place(known, a))
			return skip_edited(run, i, a, known, "it lost its tail");
		msg_note("%s: an older copy of a log that was read further; nothing new in it",
		         msg_safe(slice_str(a->path), path, sizeof path));
		run->r->known++;
		return RUN_OLD;
	case FOUND_EDITED: return skip_edited(run, i, a, known, "it was edited");
	case FOUND_CHANGED: return has_changed(run);
	case FOUND_FAILED: return cannot_read(run);
	case FOUND_NEW: break;
	}
	return new_stream(run, i, a);
}

/* Compressed, and not a byte of it can be had: that is no empty file (faults.md I42). */
static bool holds_nothing_readable(struct run *run, size_t i, const struct input_about *a)
{
	struct input_block block;

	errno = 0;
	return a->pack != INPUT_PLAIN && a->pack != INPUT_STDIN && input_start(run->in, i, 0, NULL, 0) == INPUT_OK &&
	       input_next(run->in, true, &block) == INPUT_ERROR;
}

enum run_outcome run_unknown_file(struct run *run, size_t i)
{
	const struct input_about *a = input_about(run->in, i);
	char path[300];

	run->path = a->path;
	run->file = i;
	run->line_number = 0;
	run->slow = a->pack != INPUT_PLAIN;
	run->r->files++;
	input_heed(run->in, run_is_told_to_stop, run);
	if (a->head_n == 0 && holds_nothing_readable(run, i, a)) {
		errno = 0;
		return cannot_read(run);
	}
	if (a->head_n == 0) {
		msg_note("%s: empty", msg_safe(slice_str(a->path), path, sizeof path));
		return RUN_OLD;
	}
	return read_found(run, i, a);
}

enum run_outcome run_file(struct run *run, size_t i)
{
	enum run_outcome outcome = run_unknown_file(run, i);

	run_know(run);
	return outcome;
}
