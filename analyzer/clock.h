/*
 * clock: time that only goes on (CLOCK_MONOTONIC), for how long something took
 * or may take. It says nothing of the day.
 */
#ifndef WB_CLOCK_H
#define WB_CLOCK_H

#include <stdint.h>

/* The same moment in nanoseconds, microseconds and milliseconds. */
int64_t clock_ns(void);
int64_t clock_us(void);
int64_t clock_ms(void);

#endif
