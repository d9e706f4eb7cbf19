/*
 * unfinished: half-finished sessions, mails and queue files as the database
 * holds them (table `pending`, faults.md 1.6). What the tracker says of them in
 * a batch becomes one row of bytes, not a row for each: of a thing the last that
 * was said counts. When too much of what is there does not count any more, it is
 * written anew without that. What the bytes of a thing mean is pending.c's.
 */
#ifndef WB_UNFINISHED_H
#define WB_UNFINISHED_H

#include "../parsers/slice.h"

struct db;
struct unfinished;

struct unfinished *unfinished_new(struct db *d);
struct unfinished *unfinished_free(struct unfinished *u); /* always NULL; what was not flushed is lost */
/* A thing has a kind (0 to 127) and in that a key. The state is copied. */
void unfinished_put(struct unfinished *u, int kind, uint64_t key, struct slice state);
void unfinished_drop(struct unfinished *u, int kind, uint64_t key);
/* Writes what was said since the last time. In a transaction, before its commit. */
void unfinished_flush(struct unfinished *u);
/* All things, in the order of kind and key. */
void unfinished_load(struct unfinished *u, void (*thing)(void *arg, int kind, struct slice state), void *arg);
/* All rows were deleted. */
void unfinished_forget(struct unfinished *u);

#endif
