#include "tui_lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "../analyzer/clock.h"
#include "../analyzer/worker.h"

#define LOOK_MS 50 /* how often we look whether somebody has committed */
#define PATIENCE 4 /* a load that took t is not repeated for t times this */
#define ANSWERS 16
#define HEAD_AGAIN 3

struct lane {
	struct load load;
	bool is_head, threaded;
	int wake;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	atomic_int cancel; /* what is being loaded is of no use */
	/* the rest is guarded by the mutex */
	enum screen_id screen;
	char *key;
	bool due, fresh, loading, paused, rest, resting, stop, ended, dead;
	struct lane_write *write; /* to be done, the first one first */
	bool writing;
	struct lane_answer *answer[ANSWERS];
	size_t answers;
	/* of the worker alone */
	struct reader *reader;
	bool first_done;
	bool checked; /* all pages, before it said go for the first time */
	int64_t version;
	int64_t not_before; /* monotonic, milliseconds */
	struct msg_death death;
};

void lane_answer_free(struct lane_answer *a)
{
	sheet_free(a->sheet);
	head_free(a->head);
	free(a->said);
	free(a->key);
	free(a);
}

/* The decision is never of no use; nor does it bear half an answer. */
static struct reader *lane_reader(const struct lane *l)
{
	struct reader *r = reader_open(l->load.database);

	reader_brief(r);
	if (!l->is_head)
		reader_cancel_by(r, &l->cancel);
	return r;
}

/* ------------------------------------------------------------------ verdicts */

struct writing {
	struct lane *lane;
	struct lane_write *write;
	struct lane_answer *answer;
};

static void write_it(void *arg)
{
	struct writing *it = arg;

	lane_write_do(it->lane->reader, it->lane->load.database, it->write, it->answer);
}

/* Who may only read, or finds somebody at work in the database for long, is told so and looks on. */
static struct lane_answer *do_write(struct lane *l, struct lane_write *w)
{
	struct lane_answer *a = xcalloc(1, sizeof *a);
	struct writing it = {l, w, a};
	struct msg_death death;

	a->wrote = true;
	if (!l->threaded) {
		write_it(&it);
	} else if (!msg_try(write_it, &it, &death)) {
		reader_abandon();
		l->reader = lane_reader(l);
		snprintf(a->words, sizeof a->words, "not written: %.280s", death.words);
	}
	lane_write_free(w);
	return a;
}

/* ------------------------------------------------------------------ one step */

static void wake(struct lane *l)
{
	char one = 1;

	if (l->wake >= 0 && write(l->wake, &one, 1) < 0 && errno != EAGAIN)
		l->wake = -1;
}

/* With the mutex held. */
static void give(struct lane *l, struct lane_answer *a)
{
	if (l->answers == ANSWERS) { /* nobody takes them: the oldest is of no use any more */
		lane_answer_free(l->answer[0]);
		memmove(l->answer, l->answer + 1, (ANSWERS - 1) * sizeof *l->answer);
		l->answers--;
	}
	l->answer[l->answers++] = a;
	wake(l);
}

static struct load load_of(const struct lane *l, const char *key)
{
	struct load load = l->load;
	struct timespec clock;

	clock_gettime(CLOCK_REALTIME, &clock);
	int64_t now = (int64_t)clock.tv_sec * 1000000 + clock.tv_nsec / 1000;

	load.reader = l->reader;
	load.key = key ? slice_str(key) : SLICE("");
	load.now = load.until != STAMP_NONE && load.until < now ? load.until : now;
	return load;
}

/* Something to look at before the first decision is there. */
static void do_first(struct lane *l)
{
	struct load load = load_of(l, NULL);
	struct head *h = l->first_done || !l->threaded ? NULL : head_first(&load);

	l->first_done = true;
	if (!h)
		return;
	struct lane_answer *a = xcalloc(1, sizeof *a);
	a->head = h;
	pthread_mutex_lock(&l->mutex);
	give(l, a);
	pthread_mutex_unlock(&l->mutex);
}

struct said {
	int64_t last, n;
};

static struct said said_now(struct reader *r)
{
	struct query *q = query_new(r, SQL_READ_TUI_SAID, NULL, 0);
	struct said said = {0};

	if (query_row(q))
		said = (struct said){query_number(q, 0), query_number(q, 1)};
	query_free(q);
	return said;
}

/*
 * Its queries see one moment each, and while a log is read each sees some lines more than the one before: a figure may
 * be off by these until the next load. But what was said by people is the same in all of them, and GO is no matter of
 * luck: it takes two in a row.
 */
static struct head *do_head(struct lane *l, const struct load *load)
{
	for (int again = 0;; again++) {
		struct said before = said_now(l->reader);
		struct head *h = head_load(load);
		struct said after = said_now(l->reader);
		bool same = before.last == after.last && before.n == after.n;
		bool torn = reader_renew(l->reader) != l->version;
		bool go = h->decision->all.decision == DECISION_GO;
		if (go && !l->checked)
			reader_check(l->reader); /* who finds less for a damaged page must not say go */
		l->checked |= go;
		if (!torn || again >= HEAD_AGAIN || (same && (!go || again)))
			return h;
		head_free(h);
		l->version = reader_renew(l->reader);
	}
}

/* For screens: some of an answer that is not whole yet, with the mutex free. */
struct giving {
	struct lane *lane;
	enum screen_id screen;
	const char *key;
};

static void give_some(void *arg, struct sheet *s)
{
	const struct giving *g = arg;
	struct lane_answer *a = xcalloc(1, sizeof *a);

	a->screen = g->screen;
	a->key = g->key ? xstrdup(g->key) : NULL;
	a->sheet = s;
	pthread_mutex_lock(&g->lane->mutex);
	if (atomic_load(&g->lane->cancel))
		lane_answer_free(a);
	else
		give(g->lane, a);
	pthread_mutex_unlock(&g->lane->mutex);
}

/* fresh: the view was not shown before, so that some of it is better than none. */
static struct lane_answer *do_load(struct lane *l, enum screen_id screen, char *key, bool fresh)
{
	struct lane_answer *a = xcalloc(1, sizeof *a);
	struct giving giving = {l, screen, key};
	struct load load = load_of(l, key);

	a->screen = screen;
	a->key = key;
	l->version = reader_renew(l->reader);
	if (l->is_head) {
		do_first(l);
		a->head = do_head(l, &load);
	} else {
		load.give = fresh && l->threaded ? give_some : NULL;
		load.give_arg = &giving;
		a->sheet = screen_load(screen, &load);
	}
	/* what was committed while we read is seen by the next look */
	int64_t now = reader_renew(l->reader);
	l->version = now == l->version ? now : -1;
	return a;
}

static void time_load(struct lane *l, int64_t began)
{
	int64_t now = clock_ms();

	l->not_before = now + (now - began) * PATIENCE;
}

/* With the mutex held: nobody waits for what is being loaded. */
static void cancel(struct lane *l)
{
	if (l->loading && l->threaded)
		atomic_store(&l->cancel, 1);
}

/* With the mutex held: what was cancelled is dropped, and what is wanted now is due. */
static bool settle(struct lane *l, struct lane_answer *a)
{
	bool cancelled = atomic_exchange(&l->cancel, 0) != 0;

	if (a && cancelled) {
		lane_answer_free(a);
		l->due = true;
		l->not_before = 0;
	} else if (a) {
		give(l, a);
	}
	return a != NULL;
}

/* With the mutex held, which it lets go while it works. True if there was something to do. */
static bool step(struct lane *l)
{
	struct lane_write *w = l->write;
	struct lane_answer *a;
	int64_t began = clock_ms();

	if (w)
		l->write = w->next;
	l->writing = w != NULL;
	if (!w && !l->due && (l->paused || l->rest || (l->threaded && began < l->not_before)))
		return false;
	bool due = l->due;
	if (w) {
		pthread_mutex_unlock(&l->mutex);
		a = do_write(l, w);
	} else {
		enum screen_id screen = l->screen;
		char *key = l->key ? xstrdup(l->key) : NULL;
		bool fresh = l->fresh;
		l->due = l->fresh = false;
		l->loading = true;
		atomic_store(&l->cancel, 0);
		pthread_mutex_unlock(&l->mutex);
		bool load = (screen != SCREEN_NONE || l->is_head) && (due || reader_renew(l->reader) != l->version);
		a = load ? do_load(l, screen, key, fresh) : NULL;
		if (load)
			time_load(l, began);
		else
			free(key);
	}
	pthread_mutex_lock(&l->mutex);
	l->writing = l->loading = false;
	return settle(l, a);
}

void lane_work(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);
	while (step(l))
		;
	pthread_mutex_unlock(&l->mutex);
}

static void wait_for_more(struct lane *l)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&l->changed, &l->mutex, &until);
}

static void work(void *arg)
{
	struct lane *l = arg;

	l->reader = lane_reader(l);
	pthread_mutex_lock(&l->mutex);
	while (!l->stop || l->write) {
		l->resting = l->rest;
		if (l->rest || !step(l))
			wait_for_more(l);
	}
	pthread_mutex_unlock(&l->mutex);
}

/* Whatever asks the database does so without the mutex, so that it is free when that fails. */
static void *run(void *arg)
{
	struct lane *l = arg;
	bool well = msg_try(work, l, &l->death);

	if (!well) {
		reader_abandon();
		l->reader = NULL;
	}
	pthread_mutex_lock(&l->mutex);
	l->writing = false;
	l->ended = l->resting = true;
	l->dead = !well;
	wake(l);
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

/* ------------------------------------------------------------------ from outside */

struct lane *lane_new(const struct load *load, bool is_head, bool threaded, int wake)
{
	struct lane *l = xcalloc(1, sizeof *l);

	l->load = *load;
	l->is_head = l->due = is_head;
	l->threaded = threaded;
	l->wake = wake;
	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->changed, NULL);
	if (threaded && !worker_start(&l->thread, run, l))
		msg_die(EX_OSERR, "tui: no thread can be started");
	if (!threaded)
		l->reader = lane_reader(l);
	return l;
}

bool lane_free(struct lane *l, int ms)
{
	pthread_mutex_lock(&l->mutex);
	l->stop = true;
	cancel(l);
	pthread_cond_signal(&l->changed);
	for (int waited = 0; l->threaded && !l->ended && (l->write || l->writing || waited < ms); waited += LOOK_MS)
		wait_for_more(l);
	bool ended = l->ended || !l->threaded;
	pthread_mutex_unlock(&l->mutex);
	if (!ended)
		return false;
	if (l->threaded)
		pthread_join(l->thread, NULL);
	if (l->load.took && l->reader)
		reader_times_add(l->load.took, reader_times(l->reader));
	reader_close(l->reader);
	for (size_t i = 0; i < l->answers; i++)
		lane_answer_free(l->answer[i]);
	free(l->key);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->mutex);
	free(l);
	return true;
}

static void lock(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);
}

static void unlock(struct lane *l)
{
	pthread_cond_signal(&l->changed);
	pthread_mutex_unlock(&l->mutex);
}

const struct msg_death *lane_death(struct lane *l)
{
	lock(l);
	bool dead = l->dead;
	unlock(l);
	return dead ? &l->death : NULL; /* nobody writes it any more */
}

void lane_show(struct lane *l, enum screen_id screen, struct slice key)
{
	lock(l);
	free(l->key);
	l->key = key.n ? xstrndup(key.p, key.n) : NULL;
	l->screen = screen;
	l->due = l->fresh = true;
	cancel(l);
	unlock(l);
}

void lane_again(struct lane *l)
{
	lock(l);
	l->due = true;
	unlock(l);
}

void lane_pause(struct lane *l, bool on)
{
	lock(l);
	l->paused = on;
	unlock(l);
}

void lane_do(struct lane *l, struct lane_write *w)
{
	struct lane_write **last = &l->write;

	lock(l);
	while (*last)
		last = &(*last)->next;
	*last = w;
	cancel(l); /* it goes first, and its outcome shows in what is loaded then */
	unlock(l);
}

struct lane_answer *lane_take(struct lane *l)
{
	struct lane_answer *a = NULL;

	lock(l);
	if (l->answers) {
		a = l->answer[0];
		l->answers--;
		memmove(l->answer, l->answer + 1, l->answers * sizeof *l->answer);
	}
	unlock(l);
	return a;
}

void lane_rest(struct lane *l, bool on)
{
	lock(l);
	l->rest = on;
	pthread_cond_signal(&l->changed);
	for (int waited = 0; on && l->threaded && !l->resting && waited < 1000; waited += LOOK_MS)
		wait_for_more(l);
	unlock(l);
}
