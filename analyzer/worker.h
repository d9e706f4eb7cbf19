/*
 * worker: a thread beside the one that has the signals and, on the screen, the
 * terminal. No signal comes to it but those of a crash: were they held back, the
 * process would end at once, and nobody would put the terminal back.
 */
#ifndef WB_WORKER_H
#define WB_WORKER_H

#include <pthread.h>
#include <stdbool.h>

/* False: none can be had. */
bool worker_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
