#include "writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "msg.h"
#include "worker.h"

#define JOBS 128

struct writer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, less, rested;
	struct {
		void (*run)(void *arg);
		void *arg;
	} job[JOBS];
	unsigned asked; /* the owner's alone to change */
	atomic_uint done;
	unsigned awaited;   /* the owner waits until so many are done */
	bool waiting, idle; /* the owner; the thread */
	bool stop;
	bool (*spare)(void *arg); /* what is done between jobs; NULL: nothing */
	void *spare_arg;
	bool spare_due, sparing; /* it may have something to do; it is at it */
};

static _Thread_local bool is_writer;

/* With the lock, which is let go of meanwhile. */
static void spare_do(struct writer *w)
{
	bool (*spare)(void *arg) = w->spare;
	void *arg = w->spare_arg;

	w->sparing = true;
	w->spare_due = false; /* a nudge that comes meanwhile is about what comes after */
	pthread_mutex_unlock(&w->lock);
	bool more = spare(arg);
	pthread_mutex_lock(&w->lock);
	w->spare_due |= more;
	w->sparing = false;
	if (!w->spare)
		pthread_cond_signal(&w->rested);
}

/* Jobs are there, or it is over. */
static bool job_wait(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->asked == w->done && !w->stop) {
		if (w->spare && w->spare_due) {
			spare_do(w);
			continue;
		}
		w->idle = true;
		pthread_cond_wait(&w->more, &w->lock);
		w->idle = false;
	}
	bool any = w->asked != w->done;
	pthread_mutex_unlock(&w->lock);
	return any;
}

/* Whoever wakes another one has let go of the lock, or he would wake up to wait for that. */
static void job_done(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	unsigned done = ++w->done;
	bool wake = w->waiting && done == w->awaited;
	pthread_mutex_unlock(&w->lock);
	if (wake)
		pthread_cond_signal(&w->less);
}

static void *writer_run(void *arg)
{
	struct writer *w = arg;

	is_writer = true;
	while (job_wait(w)) {
		unsigned at = w->done % JOBS;
		w->job[at].run(w->job[at].arg);
		job_done(w);
	}
	return NULL;
}

static void writer_release(struct writer *w)
{
	pthread_cond_destroy(&w->more);
	pthread_cond_destroy(&w->less);
	pthread_cond_destroy(&w->rested);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct writer *writer_new(void)
{
	struct writer *w = xcalloc(1, sizeof *w);

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_cond_init(&w->less, NULL);
	pthread_cond_init(&w->rested, NULL);
	if (worker_start(&w->thread, writer_run, w))
		return w;
	writer_release(w);
	return NULL;
}

struct writer *writer_free(struct writer *w)
{
	if (!w)
		return NULL;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	writer_release(w);
	return NULL;
}

/* With the lock. */
static void wait_until_done(struct writer *w, unsigned jobs)
{
	w->awaited = jobs;
	w->waiting = true;
	while ((int)(jobs - w->done) > 0)
		pthread_cond_wait(&w->less, &w->lock);
	w->waiting = false;
}

unsigned writer_do(struct writer *w, void (*job)(void *arg), void *arg)
{
	if (is_writer) {
		job(arg);
		return w->done;
	}
	pthread_mutex_lock(&w->lock);
	if (w->asked - w->done == JOBS)
		wait_until_done(w, w->asked - JOBS / 2);
	w->job[w->asked % JOBS].run = job;
	w->job[w->asked++ % JOBS].arg = arg;
	bool wake = w->idle;
	pthread_mutex_unlock(&w->lock);
	if (wake)
		pthread_cond_signal(&w->more);
	return w->asked;
}

void writer_spare(struct writer *w, bool (*work)(void *arg), void *arg)
{
	pthread_mutex_lock(&w->lock);
	w->spare = NULL;
	while (w->sparing)
		pthread_cond_wait(&w->rested, &w->lock);
	w->spare = work;
	w->spare_arg = arg;
	pthread_mutex_unlock(&w->lock);
	if (work)
		writer_nudge(w);
}

void writer_nudge(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->spare_due = true;
	bool wake = w->idle;
	pthread_mutex_unlock(&w->lock);
	if (wake)
		pthread_cond_signal(&w->more);
}

void writer_await(struct writer *w, unsigned job)
{
	if (is_writer || (int)(job - w->done) <= 0)
		return;
	pthread_mutex_lock(&w->lock);
	wait_until_done(w, job);
	pthread_mutex_unlock(&w->lock);
}

void writer_settle(struct writer *w)
{
	if (!is_writer) /* `asked` is the owner's */
		writer_await(w, w->asked);
}
