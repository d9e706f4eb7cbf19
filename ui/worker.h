/*
 * worker: a thread beside the one that draws. No signal comes to it but those of
 * a crash, and one of its own (SIGUSR1) where it lets that in.
 */
#ifndef WB_WORKER_H
#define WB_WORKER_H

#include <pthread.h>

/* Dies (71) if there can be none. */
pthread_t worker_start(void *(*run)(void *arg), void *arg);

#endif
