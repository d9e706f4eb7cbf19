#include "writer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "msg.h"
#include "worker.h"

#define JOBS 8

struct writer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	struct {
		void (*run)(void *arg);
		void *arg;
	} job[JOBS];
	unsigned asked, done;
	bool stop;
};

static _Thread_local bool is_writer;

static void *writer_run(void *arg)
{
	struct writer *w = arg;

	is_writer = true;
	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->asked == w->done && !w->stop)
			pthread_cond_wait(&w->more, &w->lock);
		if (w->asked == w->done)
			break;
		unsigned at = w->done % JOBS;
		pthread_mutex_unlock(&w->lock);
		w->job[at].run(w->job[at].arg);
		pthread_mutex_lock(&w->lock);
		w->done++;
		pthread_cond_signal(&w->less);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void writer_release(struct writer *w)
{
	pthread_cond_destroy(&w->more);
	pthread_cond_destroy(&w->less);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct writer *writer_new(void)
{
	struct writer *w = xcalloc(1, sizeof *w);

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_cond_init(&w->less, NULL);
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

void writer_do(struct writer *w, void (*job)(void *arg), void *arg)
{
	pthread_mutex_lock(&w->lock);
	while (w->asked - w->done == JOBS)
		pthread_cond_wait(&w->less, &w->lock);
	w->job[w->asked % JOBS].run = job;
	w->job[w->asked++ % JOBS].arg = arg;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

void writer_settle(struct writer *w)
{
	if (is_writer)
		return;
	pthread_mutex_lock(&w->lock);
	while (w->asked != w->done)
		pthread_cond_wait(&w->less, &w->lock);
	pthread_mutex_unlock(&w->lock);
}
