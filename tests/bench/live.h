/*
 * What the two programs of the live figures share: a page in a file, which a
 * reader of the log writes and the one who appends reads. Times are
 * CLOCK_MONOTONIC, nanoseconds, so both see the same clock.
 */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

struct live {
	_Atomic uint64_t parsed, committed; /* how often, and when last */
	_Atomic int64_t parsed_ns, committed_ns;
};

static inline int64_t live_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static inline void live_note(_Atomic uint64_t *n, _Atomic int64_t *ns)
{
	atomic_store(ns, live_now_ns());
	atomic_fetch_add(n, 1);
}

#endif
