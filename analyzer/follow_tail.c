/*
 * One open stream: is it still the same, what is new in it.
 */
#include <time.h>
#include <unistd.h>

#include "follow_i.h"

#define ROUND_BLOCKS 64 /* read in one go before the others have their turn */

bool tail_open(struct follow *f, struct tail *t, const char *path, const char **why)
{
	const struct input_about *a;
	struct input *in = input_open_one(path, f->ingest.year, why);

	if (!in)
		return false;
	a = input_about(in, 0);
	if (a->pack != INPUT_PLAIN) {
		*why = a->pack == INPUT_STDIN ? "is a pipe: `wouldblock ingest -` reads one" : "is compressed";
		input_close(in);
		return false;
	}
	*t = (struct tail){.in = in, .dev = a->dev, .ino = a->ino, .size = -1, .watch = -1, .quiet_ns = clock_ns()};
	t->watch = watch_file(f->watch, input_fd(in));
	return true;
}

void tail_close(struct follow *f, struct tail *t)
{
	if (!t->in)
		return;
	watch_forget(f->watch, t->watch);
	input_close(t->in);
	*t = (struct tail){.watch = -1};
}

/* Do the bytes before our place still stand there? An error tells nothing of that. */
static bool seam_holds(const struct tail *t, int64_t size)
{
	char there[INPUT_SEAM];
	const struct generation *g = &t->g;
	ssize_t got;

	if (size < g->off)
		return false;
	got = pread(input_fd(t->in), there, g->seam_n, g->off - (int64_t)g->seam_n);
	return got < 0 || (got == (ssize_t)g->seam_n && memcmp(there, g->seam, g->seam_n) == 0);
}

enum tail_look tail_look(struct tail *t, const struct stat *st, bool woken)
{
	int64_t mtime = st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec;
	bool moved = st->st_size != t->size || mtime != t->mtime_ns;

	if (!moved && !woken)
		return TAIL_SAME;
	t->mtime_ns = mtime;
	if (t->begun && !seam_holds(t, st->st_size))
		return TAIL_CUT; /* and the size that we saw last stays: how much was there to read? */
	moved |= st->st_size != t->g.off;
	t->size = st->st_size;
	return moved ? TAIL_GROWN : TAIL_SAME;
}

/* ---------------------------------------------------------------------- the run reads one stream at a time */

static void run_enter(struct follow *f, struct tail *t)
{
	struct run *run = &f->run;

	run->in = t->in;
	run->g = t->g;
	run->frame = t->frame;
	run->path = input_about(t->in, 0)->path;
	run->slow = false;
}

static void run_leave(struct follow *f, struct tail *t)
{
	struct run *run = &f->run;

	t->g = run->g;
	t->frame = run->frame;
	t->renamed = false;
	run->in = NULL;
}

void tail_take(struct follow *f, struct tail *t)
{
	run_leave(f, t);
	t->begun = true;
	t->failures = 0;
	t->g.state = t->drained ? GENERATION_COMPLETE : GENERATION_LIVE;
	t->quiet_ns = clock_ns();
}

void tail_again(struct follow *f, struct tail *t)
{
	struct run *run = &f->run;

	t->size = -1;
	t->drained = false;
	t->quiet_ns = clock_ns();
	input_finished(t->in, false);
	for (size_t k = 0; k < run->known_n; k++)
		/* One that was given up as truncated, but not in the database, must be found so again. */
		if (run->known[k].gen == t->g.gen && (t->begun || run->known[k].state != GENERATION_COMPLETE)) {
			t->begun = true;
			run_stream_resume(run, &run->known[k]);
			t->g = run->g;
			t->frame = run->frame;
			t->failures = 1; /* so that its place is sought */
			return;
		}
	t->begun = false;
}

/* ------------------------------------------------------------------------------------------------- reading on */

static bool live_batch_full(const struct run *run)
{
	return store_in_batch(run->store) &&
	       (run->batch_bytes >= LIVE_BYTES || clock_ns() - run->batch_start_ns >= LIVE_NS);
}

/*
 * Once a file has a line its writer has let go of the older ones: only now is
 * what they hold all that comes before it.
 */
void tails_catch_up(struct follow *f, struct followed *l, const struct tail *t)
{
	struct stat st;

	for (size_t i = 0; i < l->old_n; i++) {
		struct tail *old = &l->old[i];
		if (old == t || !old->begun || fstat(input_fd(old->in), &st) != 0)
			continue;
		if (tail_look(old, &st, true) == TAIL_GROWN)
			while (tail_read(f, old) && !follow_stopped(f))
				;
	}
}

/* Does another open stream read this content? A position has one owner, or a copy's would be written over the live one's. */
static bool is_read_elsewhere(const struct followed *l, const struct tail *t, const struct input_about *a)
{
	if (t == &l->live)
		return false;
	for (size_t i = 0; i < l->old_n; i++)
		if (&l->old[i] != t && l->old[i].begun && same_head(&l->old[i].g, a))
			return true;
	return l->live.begun && same_head(&l->live.g, a);
}

/*
 * The live file looks like an older copy of what was read further, or like a part of it; but a log of
 * which only the first lines are the same looks so too (faults.md I20).
 */
static void tell_passed_over(struct follow *f, const struct followed *l, const struct input_about *a)
{
	struct run *run = &f->run;
	const struct generation *known = known_head(run, a);
	struct timespec now;
	char path[300];

	clock_gettime(CLOCK_REALTIME, &now);
	msg_warn("%s: nothing in it continues what was read: followed from its end",
	         msg_safe(slice_str(l->path), path, sizeof path));
	store_begin(run->store);
	store_hole(run->store, 0, 0, known ? known->last_us : STAMP_NONE, now.tv_sec * INT64_C(1000000), 0, a->size,
	           "not read: it begins as a log that was read further");
	store_commit(run->store, NULL, NULL);
}

bool tail_begin(struct follow *f, struct followed *l, struct tail *t, bool at_end)
{
	struct run *run = &f->run;
	const struct input_about *a = input_about(t->in, 0);
	enum run_outcome outcome;

	if (input_look(t->in) || a->head_n == 0 || (!a->whole_line && !t->drained))
		return false;
	if (t == &l->live && !followed_is_scanned(l, a)) {
		l->scan = true;
		return false;
	}
	t->useless = is_read_elsewhere(l, t, a);
	if (t->useless)
		return false;
	tails_catch_up(f, l, t);
	run_know(run);
	f->ingest.log = l->path;
	run->before = t->before;
	run->in = t->in;
	outcome = at_end ? run_skip(run, 0) : run_file(run, 0);
	if (outcome == RUN_OLD && t != &l->live) {
		t->useless = true;
		outcome = RUN_FAILED;
	}
	if (outcome == RUN_OLD) {
		tell_passed_over(f, l, a);
		outcome = run_skip(run, 0);
	}
	if (outcome == RUN_FAILED || outcome == RUN_CHANGED) {
		if (outcome == RUN_CHANGED)
			t->size = -1;
		run->in = NULL;
		return false;
	}
	if (t == &l->live) { /* also if we were killed when it had just begun */
		run_begin(run);
		cut_close(f, l, run->g.first_us);
		run_commit(run);
	}
	tail_take(f, t);
	return true;
}

/* The place where reading stopped is that of the commit; what was read of a half line is read again. */
static bool seek(struct tail *t)
{
	return input_start(t->in, 0, t->g.off, t->g.seam, t->g.seam_n) == INPUT_OK;
}

bool tail_read(struct follow *f, struct tail *t)
{
	struct run *run = &f->run;
	struct input_block block;
	enum input_next next = INPUT_BLOCK;

	if ((t->failures || !input_is_reading(t->in) || input_half_line(t->in)) && !seek(t)) {
		t->failures++;
		t->size = -1;
		return false;
	}
	run_enter(f, t);
	for (int i = 0; i < ROUND_BLOCKS && !follow_stopped(f); i++) {
		next = input_next(t->in, false, &block);
		if (next != INPUT_BLOCK)
			break;
		run->g.state = GENERATION_LIVE;
		run_feed(run, &block);
		f->behind = true;
		t->quiet_ns = clock_ns();
		if (live_batch_full(run))
			run_commit(run);
	}
	run_commit(run);
	run_leave(f, t);
	t->failures = next == INPUT_ERROR ? t->failures + 1 : 0;
	if (t->failures)
		t->size = -1;
	return next == INPUT_BLOCK;
}

void tail_drain(struct follow *f, struct followed *l, struct tail *t)
{
	struct run *run = &f->run;

	t->drained = true;
	input_finished(t->in, true);
	if (t->begun && seek(t))
		while (tail_read(f, t) && !follow_stopped(f))
			;
	else if (!t->begun && !tail_begin(f, l, t, false))
		return;
	if (follow_stopped(f)) /* the next start reads it to its end */
		return;
	run_enter(f, t);
	run->g.state = GENERATION_COMPLETE;
	run_begin(run);
	if (t->failures)
		store_hole(run->store, 0, run->g.gen, run->g.last_us, run->g.last_us, 0, t->size - run->g.off,
		           input_trouble(t->in) ? input_trouble(t->in) : "cannot be read");
	run_commit(run);
	run_leave(f, t);
	input_finished(t->in, false);
}

/* Rotation has given it another name, which proves its place among the others. */
void tail_rename(struct follow *f, struct tail *t, const struct input_about *a)
{
	struct generation *g = &t->g;

	if (!t->begun || (g->rotation == a->rotation && g->dated == a->dated))
		return;
	generation_name(g, a);
	run_enter(f, t);
	run_begin(&f->run);
	run_commit(&f->run);
	run_leave(f, t);
}
