/*
 * owner: who writes what the log says. The lock file keeps a second reader of
 * logs away; should it be lost (removed, a network file system), the epoch in
 * the database does: each taker raises it, and whoever finds another one than
 * his own in a batch must not go on with it (faults.md 1.3, 1.7, P5).
 */
#ifndef WB_OWNER_H
#define WB_OWNER_H

#include <stdint.h>

struct db;

/* Takes the database over; the epoch that is ours from now on. In a batch. */
int64_t owner_take(struct db *d);
/* First of all in a batch: ends the program with 75 if somebody else has taken over. */
void owner_check(struct db *d, int64_t epoch);

#endif
