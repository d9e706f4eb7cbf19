/*
 * One log: the file of that name, and the files that were called so before and
 * whose writers may not have let go of them (faults.md 1.5).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "follow_i.h"

#define READ_TRIES 3  /* then a file that cannot be read is opened anew */
#define LATE_ROUNDS 5 /* of the loop, between looks at files that are done */

/* ------------------------------------------------------------------ the live name */

static void say_missing(struct followed *l, const char *why)
{
	char path[300];

	if (strcmp(l->why, why) == 0)
		return;
	snprintf(l->why, sizeof l->why, "%s", why);
	msg_warn("%s: %s; waiting for it", msg_safe(slice_str(l->path), path, sizeof path), why);
}

static void old_drop(struct follow *f, struct followed *l, size_t i)
{
	tail_close(f, &l->old[i]);
	l->old_n--;
	memmove(l->old + i, l->old + i + 1, (l->old_n - i) * sizeof *l->old);
}

/* It has another name now, or none. Its writer still has it. */
static void live_to_old(struct follow *f, struct followed *l)
{
	if (l->old_n == TAILS) {
		if (!l->old[0].drained)
			tail_drain(f, l, &l->old[0]);
		old_drop(f, l, 0);
	}
	l->live.quiet_ns = clock_ns();
	l->live.size = -1;
	l->old[l->old_n++] = l->live;
	l->live = (struct tail){.watch = -1};
	l->scan = true;
}

/* A file that was renamed and is back under its old name is what it was. */
static bool old_to_live(struct followed *l, const struct stat *st)
{
	for (size_t i = 0; i < l->old_n; i++) {
		struct tail *t = &l->old[i];
		if (t->dev != st->st_dev || t->ino != st->st_ino)
			continue;
		l->live = *t;
		l->live.drained = false;
		l->live.size = -1;
		l->old_n--;
		memmove(l->old + i, l->old + i + 1, (l->old_n - i) * sizeof *l->old);
		return true;
	}
	return false;
}

/* One content must not be read by two (faults.md I28). */
static bool followed_twice(const struct follow *f, const struct followed *l, const struct stat *st)
{
	for (size_t i = 0; i < f->logs; i++) {
		const struct tail *t = &f->log[i].live;
		if (&f->log[i] != l && t->in && t->dev == st->st_dev && t->ino == st->st_ino)
			return true;
	}
	return false;
}

static void live_open(struct follow *f, struct followed *l, const struct stat *st)
{
	const char *why;

	if (old_to_live(l, st))
		return;
	if (!S_ISREG(st->st_mode)) {
		say_missing(l, "is no plain file");
		return;
	}
	if (followed_twice(f, l, st)) {
		say_missing(l, "is the same file as another log that is followed");
		return;
	}
	if (!tail_open(f, &l->live, l->path, &why)) {
		say_missing(l, why);
		return;
	}
	l->why[0] = '\0';
	l->scan = true;
	l->again = false;
}

/* The content that was there is gone or elsewhere; what is there now is another stream. */
static void live_cut(struct follow *f, struct followed *l)
{
	struct tail *t = &l->live;
	struct run *run = &f->run;
	int64_t unread = t->size > t->g.off ? t->size - t->g.off : 0;

	l->scan = true;
	t->begun = false;
	t->size = -1;
	run->g = t->g;
	run->frame = t->frame;
	run_begin(run);
	run->g.state = GENERATION_COMPLETE;
	cut_open(f, l, &t->g, unread);
	run_commit(run);
}

static bool is_known(const struct follow *f, const struct followed *l)
{
	for (size_t k = 0; k < f->run.known_n; k++)
		if (f->run.known[k].log == l->log)
			return true;
	return false;
}

/* Where we begin with a log that the database has never seen: before its first line is read, so that no kill hides it. */
static void begin_tell(struct follow *f, struct followed *l, bool there)
{
	static const char *const words[] = {"end of the live file", "start of the live file", "rotated files"};
	enum follow_begin begin = f->starts == FOLLOW_END && !there ? FOLLOW_START : f->starts;
	char key[1400], value[100];
	sqlite3_stmt *q;

	l->told = true;
	if (is_known(f, l))
		return;
	snprintf(key, sizeof key, "follow_begin %s", l->path);
	snprintf(value, sizeof value, "%s", words[begin]);
	if (f->rebuilding)
		snprintf(value, sizeof value, "all that was there, after damage");
	else if (begin == FOLLOW_HISTORY)
		snprintf(value, sizeof value, "%d rotated files", f->history);
	q = db_stmt(f->run.db, SQL_WRITE_META);
	store_begin(f->run.store);
	db_bind_slice(q, 1, slice_str(key));
	db_bind_slice(q, 2, slice_str(value));
	db_run(f->run.db, q);
	store_commit(f->run.store, NULL, NULL);
}

/* First of all, of a log that nobody has read: does it begin at the end of what is there? */
static bool begin_at_end(const struct follow *f, const struct followed *l)
{
	if (l->started || l->late || f->starts != FOLLOW_END)
		return false;
	return !is_known(f, l) && !known_head(&f->run, input_about(l->live.in, 0));
}

/* ------------------------------------------------------------------ reading */

/*
 * A rotated file: read as long as it grows, closed once it is silent and the
 * new one has begun; then it is only held as long as it has a name, for a late
 * writer.
 */
static bool old_step(struct follow *f, struct followed *l, size_t i, bool woken)
{
	struct tail *t = &l->old[i];
	int64_t quiet_ms = (clock_ns() - t->quiet_ns) / 1000000;
	struct stat st;
	bool more = false;

	if (t->drained && !woken && f->round % LATE_ROUNDS)
		return false;
	if (!t->begun && l->scan) /* not before the scan says what comes before it */
		return false;
	if (fstat(input_fd(t->in), &st) != 0)
		return false;
	switch (tail_look(t, &st, woken)) {
	case TAIL_SAME: break;
	case TAIL_CUT: /* what it was is known as far as it goes; the next scan says what it is now */
		old_drop(f, l, i);
		return true;
	case TAIL_GROWN: more = t->begun ? tail_read(f, t) : tail_begin(f, l, t, false);
	}
	if (more)
		t->size = -1;
	else if (!t->drained && l->live.begun && quiet_ms >= f->o->rotate_wait_ms)
		tail_drain(f, l, t);
	if (t->useless || (t->drained && st.st_nlink == 0))
		old_drop(f, l, i);
	return more;
}

static bool olds_step(struct follow *f, struct followed *l, bool woken)
{
	bool more = false;

	for (size_t i = 0, n; i < l->old_n;) { /* oldest first */
		n = l->old_n;
		more |= old_step(f, l, i, woken);
		i += l->old_n == n;
	}
	return more;
}

/*
 * What the live file turned out to be may be held open as a copy of it already:
 * one that was made by copytruncate, and the truncation is still to come.
 */
static void copies_drop(struct follow *f, struct followed *l)
{
	for (size_t i = l->old_n; i-- > 0;)
		if (l->old[i].begun && l->old[i].g.gen == l->live.g.gen)
			old_drop(f, l, i);
}

static bool live_can_be_read(struct followed *l)
{
	struct tail *t = &l->live;

	if (!input_look(t->in))
		return true;
	t->failures++;
	t->size = -1;
	return false;
}

/*
 * The first lines of a new file: its writer has let go of the old one, so what
 * that holds now is all, and comes first.
 */
static bool live_begin(struct follow *f, struct followed *l, bool at_end)
{
	struct tail *t = &l->live;

	if (!live_can_be_read(l) || !input_about(t->in, 0)->whole_line)
		return false;
	while (olds_step(f, l, true) && !follow_stopped(f))
		;
	if (t->before == 0 && !l->again &&
	    l->old_n) { /* its forerunner had no name in the database before it had a line */
		l->again = l->scan = true;
		return true;
	}
	if (!tail_begin(f, l, t, at_end))
		return l->scan;
	copies_drop(f, l);
	l->join = true;
	return true;
}

/* True if the stream was found cut off; it is the same again for the reader then, and what it holds is new. */
static bool live_step(struct follow *f, struct followed *l, const struct stat *st, bool woken, bool at_end)
{
	enum tail_look look = tail_look(&l->live, st, woken);
	bool more = false;

	if (look == TAIL_CUT) {
		live_cut(f, l);
		return true;
	}
	if (look == TAIL_GROWN)
		more = l->live.begun ? tail_read(f, &l->live) : live_begin(f, l, at_end);
	if (more)
		l->live.size = -1;
	if (l->join && l->live.begun && !follow_stopped(f))
		set_join_live(f, l);
	return more;
}

/* What the live file begins with before the scan: see followed_is_scanned. */
static void head_remember(struct followed *l)
{
	const struct input_about *a = l->live.in ? input_about(l->live.in, 0) : NULL;

	l->scanned_n = a && a->whole_line ? a->head_n : 0;
	if (l->scanned_n)
		memcpy(l->scanned, a->head, l->scanned_n);
}

bool followed_is_scanned(const struct followed *l, const struct input_about *a)
{
	return l->scanned_n > 0 && a->head_n >= l->scanned_n && memcmp(a->head, l->scanned, l->scanned_n) == 0;
}

bool followed_step(struct follow *f, struct followed *l, bool woken)
{
	struct stat st;
	bool more = false, at_end = false, there = stat(l->path, &st) == 0;

	if (!l->told)
		begin_tell(f, l, there);
	if (l->live.in && (!there || st.st_dev != l->live.dev || st.st_ino != l->live.ino))
		live_to_old(f, l);
	/* What is not to be read as it was opened may be as it is now: on a network a file can get another handle (I46). */
	if (l->live.in && there && l->live.failures >= READ_TRIES)
		tail_close(f, &l->live);
	if (!there) {
		if (!woken || !l->started) /* between the two steps of a rotation it is no news */
			say_missing(l, strerror(errno));
		l->late |= !l->started;
	}
	if (l->watch < 0 || !there)
		l->watch = watch_dir(f->watch, l->dir);
	more |= olds_step(f, l, woken);
	if (!l->live.in && there) {
		live_open(f, l, &st);
		woken = true;
	}
	if (l->scan) {
		if (l->live.in && !l->live.begun && !live_can_be_read(l))
			return more;
		head_remember(l);
		at_end = l->live.in && begin_at_end(f, l);
		if (!set_scan(f, l))
			return true;
		l->scan = false;
		more |= olds_step(f, l, true);
	}
	if (!l->started && (l->live.in || !there))
		l->started = true;
	if (l->live.in)
		more |= live_step(f, l, &st, woken, at_end);
	return more;
}

void followed_again(struct follow *f, struct followed *l)
{
	set_release(l);
	for (size_t i = 0; i < l->old_n;) {
		if (l->old[i].in)
			tail_again(f, &l->old[i++]);
		else
			old_drop(f, l, i);
	}
	if (l->live.in)
		tail_again(f, &l->live);
	l->scan = l->join = true;
	l->again = l->told = false;
}

void followed_release(struct follow *f, struct followed *l)
{
	set_release(l);
	tail_close(f, &l->live);
	for (size_t i = 0; i < l->old_n; i++)
		tail_close(f, &l->old[i]);
	watch_forget(f->watch, l->watch);
}
