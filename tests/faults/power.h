/*
 * power: what a power cut does to files, for shim.c. Calls come before the real ones, of one thread at a time.
 */
#ifndef WB_TESTS_POWER_H
#define WB_TESTS_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum power_order {
	POWER_LOST, /* nothing of what was not synced has come to the disk */
	POWER_TORN, /* all but the end of the last write */
	POWER_MIXED /* some writes and not others, later ones before earlier ones */
};

void power_write(int fd, const void *from, size_t n, int64_t off);
void power_truncate(int fd, int64_t size);
void power_sync(int fd); /* after the real one went well */
/* The files are what the disk may hold then. The process must end at once. */
void power_cut(enum power_order order, uint64_t seed);

#endif
