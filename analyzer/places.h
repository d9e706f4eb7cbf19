/*
 * places: a place for each row of a table, found by the row's number. Numbers
 * are given one after the other, so an array has them all; who has read a
 * table into one asks no query for a row of it.
 */
#ifndef WB_PLACES_H
#define WB_PLACES_H

#include <stddef.h>
#include <stdint.h>

/* What a place has room for stands in size before the first is made; free(p) frees all. */
struct places {
	void *p;
	size_t n, size;
};

/*
 * The place of a row, made of zeros if it is not there. What makes one may move all others. Dies (65) of a
 * number that no table of ours can have: the database is damaged.
 */
void *places_at(struct places *x, int64_t row);
void *places_find(const struct places *x, int64_t row); /* NULL: nobody has made it */
void places_clear(struct places *x);                    /* all zeros again */

#endif
