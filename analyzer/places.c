#include "places.h"

#include <string.h>
#include <sysexits.h>

#include "msg.h"

/* Nobody has so many. */
#define MOST_ROWS (INT64_C(1) << 28)

void *places_at(struct places *x, int64_t row)
{
	if (row < 0 || row >= MOST_ROWS)
		msg_die(EX_DATAERR, "the database is damaged: it has a row %lld", (long long)row);
	if ((size_t)row >= x->n) {
		size_t n = (size_t)row + (size_t)row / 2 + 64;
		x->p = xrealloc(x->p, n * x->size);
		memset((char *)x->p + x->n * x->size, 0, (n - x->n) * x->size);
		x->n = n;
	}
	return (char *)x->p + (size_t)row * x->size;
}

void *places_find(const struct places *x, int64_t row)
{
	return row >= 0 && (uint64_t)row < x->n ? (char *)x->p + (size_t)row * x->size : NULL;
}

void places_clear(struct places *x)
{
	if (x->n)
		memset(x->p, 0, x->n * x->size);
}
