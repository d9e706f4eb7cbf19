/*
 * namesakes: rows of a table with a text in which several may be the same: the
 * sources of one name, the clients of one address. Gathered here, as a walk
 * gives them, and put together by that text.
 */
#ifndef WB_NAMESAKES_H
#define WB_NAMESAKES_H

#include <stdint.h>

#include "../parsers/slice.h"

struct namesake {
	uint32_t id, other; /* other: what else the row says */
	size_t at, n;       /* the text, in the pool */
};

/* Begins as zeros. */
struct namesakes {
	struct namesake *row;
	size_t n;
	int64_t most; /* the highest id */
	char *pool;
	size_t used, room;
};

/* Both numbers are 0 or more and below 2^30, as ids of rows are: else the database is damaged, and it dies (65). */
void namesakes_add(struct namesakes *x, int64_t id, int64_t other, struct slice text);
/* In the order of the texts' bytes, those of one text by id. */
void namesakes_sort(struct namesakes *x);
/* Has the row at that place the text of the one before it? */
bool namesakes_again(const struct namesakes *x, size_t i);
void namesakes_release(struct namesakes *x);

#endif
