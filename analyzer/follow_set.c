/*
 * The rotated files of a log (faults.md 1.5): which are there, which are unread,
 * in what order. What is open already is left to whoever holds it open.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "follow_i.h"
#include "sibling.h"

#define KNOWN_ENOUGH 3 /* so many files in turn are read to their end: so are the older ones */
#define LISTINGS 100   /* until two in turn agree */

/* The files of one listing as they were, oldest first. */
struct chain {
	struct input_about *v;
	size_t n;
};

/* Is what we hold for the live file still the file of that name? */
static bool live_holds(const struct followed *l)
{
	struct stat st;

	if (stat(l->path, &st) != 0 || !l->live.in)
		return !l->live.in; /* missing, or not to be opened */
	return st.st_dev == l->live.dev && st.st_ino == l->live.ino;
}

/* ------------------------------------------------------------------- what is what */

/* The open stream that this file is, or is a copy of. */
static struct tail *open_tail(struct followed *l, const struct input_about *a)
{
	for (size_t i = 0; i < l->old_n; i++)
		if (l->old[i].dev == a->dev && l->old[i].ino == a->ino)
			return &l->old[i];
	for (size_t i = 0; i < l->old_n; i++)
		if (l->old[i].begun && same_head(&l->old[i].g, a))
			return &l->old[i];
	if (l->live.begun && same_head(&l->live.g, a))
		return &l->live;
	return NULL;
}

/* The newest stream of this log that the database knows; NULL: it is new to us. */
static const struct generation *newest_known(const struct follow *f, const struct followed *l)
{
	const struct run *run = &f->run;
	const struct generation *newest = NULL;
	for (size_t k = 0; k < run->known_n; k++) {
		const struct generation *g = &run->known[k];
		if (g->log == l->log && g->first_us != STAMP_NONE && (!newest || g->first_us > newest->first_us))
			newest = g;
	}
	return newest;
}

/*
 * A file older than the anchor may still have grown, long after its turn, or
 * not have been read to its end when we were killed.
 */
static bool has_more(const struct input_about *a, const struct generation *g)
{
	if (a->pack == INPUT_PLAIN)
		return a->size > g->off;
	if (a->content >= 0)
		return a->content != (g->off & UINT32_MAX);
	return g->state != GENERATION_COMPLETE || (g->rotation == 0 && g->dated == 0);
}

/* A packed copy of what lies unpacked beside it. */
static bool has_plain_twin(const struct input *in, size_t i)
{
	const struct input_about *a = input_about(in, i);

	for (size_t k = 0; k < input_count(in); k++) {
		const struct input_about *b = input_about(in, k);
		size_t n = a->head_n < b->head_n ? a->head_n : b->head_n;
		if (a->pack != INPUT_PLAIN && b->pack == INPUT_PLAIN && b->rotation == a->rotation &&
		    b->dated == a->dated && n > 0 && memcmp(a->head, b->head, n) == 0)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------- reading */

/* Its writer may not have let go of it yet: it is kept open, and drained like one that was rotated under our eyes. */
static void keep_open(struct follow *f, struct followed *l, struct input *set, size_t i)
{
	struct tail *t = &l->old[l->old_n++];
	const struct input_about *a = input_about(set, i);

	*t = (struct tail){
	    .dev = a->dev, .ino = a->ino, .size = -1, .watch = -1, .before = f->run.before, .quiet_ns = clock_ns()};
	t->in = input_split(set, i);
	t->watch = watch_file(f->watch, input_fd(t->in));
	input_finished(t->in, false);
	if (!tail_begin(f, l, t, false) && t->useless) {
		tail_close(f, t);
		l->old_n--;
	}
}

static bool is_fresh(const struct follow *f, const struct input_about *a)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000 - a->mtime_us / 1000 < f->o->rotate_wait_ms;
}

/*
 * Its writer may not have let go of it: it was written a moment ago, or nothing
 * younger has a line yet, however long it has been silent.
 */
static bool may_grow(const struct follow *f, const struct followed *l, const struct input *set, size_t i)
{
	const struct input_about *a = input_about(set, i);
	bool youngest = !l->live.begun;

	for (size_t k = i + 1; k < input_count(set); k++)
		youngest &= input_about(set, k)->head_n == 0;
	return a->pack == INPUT_PLAIN && (a->head_n == 0 || youngest || is_fresh(f, a));
}

/* Another file of the set holds the same content and more of it: of copies that one counts. */
static bool has_longer_twin(const struct input *set, size_t i)
{
	const struct input_about *a = input_about(set, i);

	for (size_t k = 0; k < input_count(set); k++) {
		const struct input_about *b = input_about(set, k);
		size_t n = a->head_n < b->head_n ? a->head_n : b->head_n;
		if (k != i && b->size > a->size && n > 0 && memcmp(a->head, b->head, n) == 0)
			return true;
	}
	return false;
}

/* It was read to its end, and is worth holding open for what may still come. */
static bool is_worth_holding(const struct follow *f, const struct followed *l, const struct input *set, size_t i,
                             const struct generation *g)
{
	return input_about(set, i)->size == g->off && may_grow(f, l, set, i) && !has_longer_twin(set, i);
}

/* A file of the set, whose turn it is; kept open it leaves the set. */
static void read_file(struct follow *f, struct followed *l, struct input *set, size_t i)
{
	const struct input_about *a = input_about(set, i);

	if (has_plain_twin(set, i))
		return;
	l->join = true;
	if (may_grow(f, l, set, i) && l->old_n < TAILS) {
		keep_open(f, l, set, i); /* an empty one, too: its writer may be late */
		return;
	}
	if (a->head_n == 0)
		return;
	f->run.in = set;
	f->ingest.log = l->path;
	run_file(&f->run, i);
	f->run.in = NULL;
}

/* ------------------------------------------------------------------- opening */

/* How far back is there anything to read? */
struct looking {
	const struct follow *f;
	const struct followed *l;
	int known; /* streams in turn that are read to their end */
	uint32_t last;
	bool ended; /* older ones were not looked at */
};

/* Are all streams of this log that may have more behind us? `a` is the file that was opened last. */
static bool all_found(const struct looking *k, const struct input_about *a)
{
	const struct run *run = &k->f->run;

	for (size_t i = 0; i < run->known_n; i++) {
		const struct generation *g = &run->known[i];
		if (g->log == k->l->log && g->state != GENERATION_COMPLETE && g->first_us < a->first_us)
			return false;
	}
	return true;
}

static bool enough(void *arg, const struct input_about *a)
{
	struct looking *k = arg;
	const struct generation *g = known_head(&k->f->run, a);

	if (!g || has_more(a, g))
		k->known = 0;
	else if (g->gen != k->last)
		k->known++;
	k->last = g ? g->gen : 0;
	k->ended = k->known >= KNOWN_ENOUGH && all_found(k, a);
	return k->ended;
}

static struct input *open_listed(const struct follow *f, const struct followed *l, const struct names *names,
                                 bool *ended)
{
	const char **paths = xcalloc(names->n + 1, sizeof *paths);
	struct looking k = {.f = f, .l = l};
	struct input *in;

	for (size_t i = 0; i < names->n; i++)
		paths[i] = names->v[i].path;
	in = input_open_listed(paths, names->n, enough, &k);
	free(paths); /* leaves errno alone */
	*ended = k.ended;
	return in;
}

static bool is_in(const struct input *set, const struct name *name)
{
	for (size_t i = 0; i < input_count(set); i++)
		if (input_about(set, i)->dev == name->dev && input_about(set, i)->ino == name->ino)
			return true;
	return false;
}

/* Its base name, and what another try says: no permission, nothing there to uncompress it with. */
static void why_closed(struct followed *l, const struct name *name)
{
	const char *why = NULL, *slash = strrchr(name->path, '/');
	struct input *in = input_open_one(name->path, 0, &why);
	char file[300];

	snprintf(l->closed_why, sizeof l->closed_why, "the rotated file %s could not be opened: %s",
	         msg_safe(slice_str(slash ? slash + 1 : name->path), file, sizeof file), in ? "for a moment" : why);
	input_close(in);
}

/* The youngest that could not be opened. ended: those that are older than the last one that was were not looked at. */
static void note_closed(struct followed *l, const struct input *set, const struct names *names, bool ended)
{
	size_t last = names->n;

	l->closed = (struct input_about){0};
	while (ended && last > 0 && !is_in(set, &names->v[last - 1]))
		last--;
	for (size_t i = 0; i < last; i++)
		if (!is_in(set, &names->v[i])) {
			l->closed = names->v[i].about;
			why_closed(l, &names->v[i]);
			return;
		}
}

static void nap(void)
{
	const struct timespec t = {.tv_nsec = 5000000};

	nanosleep(&t, NULL);
}

/*
 * All files of the set, open, as they were called at one moment: the listing
 * before and after the opening is the same. NULL: the live name is another file by now.
 */
static struct input *open_set(const struct follow *f, struct followed *l)
{
	struct names before, after;
	struct input *in = NULL;
	bool same = false, ended = false;
	int error = 0;

	for (int i = 0; i < LISTINGS && !same && !error && live_holds(l); i++) {
		if (i)
			nap();
		input_close(in);
		names_list(f, l, &before);
		in = open_listed(f, l, &before, &ended);
		error = in ? 0 : errno;
		names_list(f, l, &after);
		error = error ? error : before.error ? before.error : after.error;
		same = in && names_same(&before, &after);
		if (same)
			note_closed(l, in, &before, ended);
		names_release(&before);
		names_release(&after);
	}
	if (error) {
		input_close(in);
		msg_fail(EX_OSERR, "cannot look for rotated files of %s: %s", l->base, strerror(error));
	}
	return same && live_holds(l) ? in : input_close(in);
}

/*
 * Content that is unknown though some of what is younger is not: a file that was
 * still empty when it was rotated, and whose writer was late. Only as far back
 * as the last few streams: what is older was never wanted.
 */
static int64_t not_older_than(const struct follow *f, const struct followed *l)
{
	int64_t newest[KNOWN_ENOUGH + 1];
	size_t n = 0;

	for (size_t k = 0; k < f->run.known_n; k++) {
		int64_t us = f->run.known[k].first_us;
		size_t at = n;
		if (f->run.known[k].log != l->log || us == STAMP_NONE)
			continue;
		while (at > 0 && newest[at - 1] < us)
			at--;
		if (at > KNOWN_ENOUGH)
			continue;
		n += n <= KNOWN_ENOUGH;
		memmove(newest + at + 1, newest + at, (n - at - 1) * sizeof *newest);
		newest[at] = us;
	}
	return n > KNOWN_ENOUGH ? newest[KNOWN_ENOUGH] : INT64_MAX;
}

/* Where in the set, oldest first, what is unread begins. */
static size_t first_unread(struct follow *f, struct followed *l, struct input *set)
{
	size_t n = input_count(set), from = n;
	const struct generation *newest = newest_known(f, l);
	bool anchored = false;

	for (size_t i = 0; i < n; i++) {
		const struct input_about *a = input_about(set, i);
		const struct tail *t = open_tail(l, a);
		bool begun = t && t->begun; /* if not, nothing says that what is older was read */
		if (begun || known_head(&f->run, a)) {
			anchored = true;
			from = begun ? i + 1 : i;
		}
	}
	if (anchored)
		return from;
	if (l->live.in && known_head(&f->run, input_about(l->live.in, 0)))
		return n;
	if (!newest) /* all is new: how much of it is wanted? */
		return l->started || f->starts != FOLLOW_HISTORY ? n
		       : (size_t)f->history < n                  ? n - (size_t)f->history
		                                                 : 0;
	for (from = 0; from < n; from++)
		if (input_about(set, from)->first_us > newest->first_us)
			break;
	return from;
}

/* Is the content of this stream in any file that is there? */
static bool is_present(const struct followed *l, const struct input *set, const struct generation *g)
{
	if (l->live.in && same_head(g, input_about(l->live.in, 0)))
		return true;
	for (size_t i = 0; i < l->old_n; i++)
		if (l->old[i].begun && l->old[i].g.gen == g->gen)
			return true;
	for (size_t i = 0; i < input_count(set); i++)
		if (same_head(g, input_about(set, i)))
			return true;
	return false;
}

/* The first stamp of what is there and younger than g. */
static int64_t next_stamp(const struct followed *l, const struct input *set, const struct generation *g)
{
	for (size_t i = 0; i < input_count(set); i++)
		if (input_about(set, i)->first_us > g->first_us)
			return input_about(set, i)->first_us;
	return l->live.in ? input_about(l->live.in, 0)->first_us : STAMP_NONE;
}

static void tell_lost(struct follow *f, struct followed *l, struct generation *g, int64_t until)
{
	struct run *run = &f->run;
	char path[300], cause[800];

	snprintf(cause, sizeof cause, "rotated away before it was read to its end%s%s",
	         l->closed.rotated ? ", or " : "", l->closed.rotated ? l->closed_why : "");
	store_begin(run->store);
	store_hole(run->store, 0, g->gen, g->last_us, until, 0, 0, cause);
	g->state = GENERATION_COMPLETE;
	store_commit(run->store, NULL, g);
	msg_warn("%s: what was read last is not there any more: lines may be missing%s%s",
	         msg_safe(slice_str(l->path), path, sizeof path), l->closed.rotated ? "; " : "",
	         l->closed.rotated ? l->closed_why
	         : f->o->olddirs_n ? ""
	                           : " (--olddir names another folder for rotated files)");
}

/* Streams that were not read to their end and that no file holds any more: so much is known of what is missing. */
static bool find_lost(struct follow *f, struct followed *l, const struct input *set)
{
	struct run *run = &f->run;
	const struct generation *newest = newest_known(f, l);
	bool lost = false;

	for (size_t k = 0; k < run->known_n; k++) {
		struct generation *g = &run->known[k];
		int64_t until;
		if (g->log != l->log || g->first_us == STAMP_NONE || (g->state == GENERATION_COMPLETE && g != newest))
			continue;
		if (is_present(l, set, g) || (l->cut && g == newest))
			continue;
		until = next_stamp(l, set, g);
		if (until == STAMP_NONE)
			continue;
		tell_lost(f, l, g, until);
		lost = true;
	}
	return lost;
}

/*
 * A rotated file that we may not open, or have nothing to uncompress it with: what is younger is
 * read without it, and what it would have told is a hole.
 */
static void tell_closed(struct follow *f, const struct followed *l, const struct input *set)
{
	int64_t until = l->live.in ? input_about(l->live.in, 0)->first_us : STAMP_NONE;
	bool wanted = newest_known(f, l) || (!l->started && f->starts == FOLLOW_HISTORY);
	char path[300];

	if (!l->closed.rotated || !wanted || (l->live.in && known_head(&f->run, input_about(l->live.in, 0))))
		return;
	for (size_t i = input_count(set); i-- > 0;) {
		const struct input_about *a = input_about(set, i);
		if (sibling_compare_names(a, &l->closed) < 0)
			until = a->first_us;
		if (known_head(&f->run, a) && sibling_compare_names(a, &l->closed) < 0)
			return; /* what is younger was read before */
	}
	msg_warn("%s: %s; what it holds is missing", msg_safe(slice_str(l->path), path, sizeof path), l->closed_why);
	store_begin(f->run.store);
	store_hole(f->run.store, 0, 0, until, until, 0, 0, l->closed_why);
	store_commit(f->run.store, NULL, NULL);
}

/* ------------------------------------------------------------------- seams */

/* Do these names stand beside each other in one rotated set? newer NULL: the live file. */
static bool names_adjacent(const struct input_about *older, const struct input_about *newer)
{
	if (older->dated && newer && newer->dated) {
		int64_t a = older->dated / 1000000, b = newer->dated / 1000000;
		return b - a <= 7 || b % 100 <= 7;
	}
	if (older->dated)
		return !newer;
	return older->rotation == (newer ? newer->rotation : 0) + 1 && !(newer && newer->dated);
}

static uint32_t gen_of(const struct follow *f, struct followed *l, const struct input_about *a)
{
	const struct tail *t = open_tail(l, a);
	const struct generation *g = t && t->begun ? &t->g : known_head(&f->run, a);

	return g ? g->gen : 0;
}

static void seam_write(struct follow *f, uint32_t newer, uint32_t older)
{
	sqlite3_stmt *q = db_stmt(f->run.db, SQL_WRITE_FOLLOWS);

	if (newer == 0 || older == 0 || newer == older)
		return;
	sqlite3_bind_int64(q, 1, older);
	sqlite3_bind_int64(q, 2, newer);
	db_run(f->run.db, q);
}

/*
 * The stream whose name stands right before that of `of` (NULL: the live file);
 * files without content between them are passed over. 0: none.
 */
static uint32_t stream_before(const struct follow *f, struct followed *l, const struct chain *chain,
                              const struct input_about *of)
{
	const struct input_about *before = of;

	for (size_t steps = 0; steps < chain->n; steps++) {
		size_t k = chain->n;
		while (k-- > 0)
			if (&chain->v[k] != before && names_adjacent(&chain->v[k], before))
				break;
		if (k == SIZE_MAX)
			return 0;
		before = &chain->v[k];
		if (before->content != 0)
			return gen_of(f, l, before);
	}
	return 0;
}

/* Streams whose names stood beside each other in one listing have nothing between them (design.md 3, coverage). */
static void join_set(struct follow *f, struct followed *l, const struct chain *chain)
{
	store_begin(f->run.store);
	for (size_t i = 0; i < chain->n; i++)
		seam_write(f, gen_of(f, l, &chain->v[i]), stream_before(f, l, chain, &chain->v[i]));
	store_commit(f->run.store, NULL, NULL);
	l->live.before = stream_before(f, l, chain, NULL);
}

void set_join_live(struct follow *f, struct followed *l)
{
	store_begin(f->run.store);
	seam_write(f, l->live.g.gen, l->live.before);
	store_find_holes(f->run.store);
	store_commit(f->run.store, NULL, NULL);
	l->join = false;
}

/* ------------------------------------------------------------------ all of it */

/* It was read to its end when we were killed, and its writer has let go of it. */
static void mark_complete(struct follow *f, const struct generation *known)
{
	struct generation g = *known;

	g.state = GENERATION_COMPLETE;
	store_begin(f->run.store);
	store_commit(f->run.store, NULL, &g);
}

/* It is open already: what it has comes before what younger files have. */
static void open_file(struct follow *f, struct followed *l, struct tail *t, const struct input_about *a)
{
	if (!t->begun) {
		t->before = f->run.before;
		tail_begin(f, l, t, false);
	}
	while (t->begun && tail_read(f, t) && !follow_stopped(f))
		;
	tail_rename(f, t, a);
}

static void scan_file(struct follow *f, struct followed *l, struct input *set, size_t i, bool unread)
{
	const struct input_about *a = input_about(set, i);
	struct tail *t = open_tail(l, a);
	const struct generation *g = known_head(&f->run, a);

	if (t && t->dev == a->dev && t->ino == a->ino)
		open_file(f, l, t, a);
	else if (!t && (g ? has_more(a, g) || is_worth_holding(f, l, set, i, g) : unread))
		read_file(f, l, set, i);
	else if (!t && g && g->state != GENERATION_COMPLETE && !is_fresh(f, a))
		mark_complete(f, g);
}

void set_release(struct followed *l)
{
	l->set = input_close(l->set);
	free(l->chain);
	l->chain = NULL;
}

bool set_scan(struct follow *f, struct followed *l)
{
	struct input *set;
	struct chain chain = {0};
	int64_t young;
	size_t from;

	run_know(&f->run);
	set = l->set = open_set(f, l);
	if (!set)
		return false;
	from = first_unread(f, l, set);
	young = not_older_than(f, l);
	cut_find(f, l, set);
	if (!find_lost(f, l, set))
		tell_closed(f, l, set);
	chain.n = input_count(set);
	chain.v = l->chain = xcalloc(chain.n + 1, sizeof *chain.v);
	for (size_t i = 0; i < chain.n; i++)
		chain.v[i] = *input_about(set, i);
	/* What is open may have grown since it was last read, and all of this set come into being behind it. */
	tails_catch_up(f, l, NULL);
	for (size_t i = 0; i < chain.n && !follow_stopped(f); i++) {
		f->run.before = stream_before(f, l, &chain, &chain.v[i]);
		scan_file(f, l, set, i - (chain.n - input_count(set)), i >= from || chain.v[i].first_us > young);
	}
	run_know(&f->run);
	join_set(f, l, &chain);
	set_release(l);
	return true;
}
