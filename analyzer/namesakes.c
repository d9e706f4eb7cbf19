#include "namesakes.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "msg.h"

/* Ids of rows are given one after the other. */
static uint32_t id_of(int64_t id)
{
	if (id < 0 || id >= INT64_C(1) << 30)
		msg_die(EX_DATAERR, "the database is damaged: it has a row %lld", (long long)id);
	return (uint32_t)id;
}

void namesakes_add(struct namesakes *x, int64_t id, int64_t other, struct slice text)
{
	x->row = xgrown(x->row, x->n, sizeof *x->row);
	x->row[x->n++] = (struct namesake){id_of(id), id_of(other), x->used, text.n};
	x->most = id > x->most ? id : x->most;
	if (x->room - x->used < text.n) {
		x->room = 2 * x->room + text.n;
		x->pool = xrealloc(x->pool, x->room);
	}
	if (text.n)
		memcpy(x->pool + x->used, text.p, text.n);
	x->used += text.n;
}

static int compare_texts(const struct namesake *x, const struct namesake *y, const char *pool)
{
	size_t n = x->n < y->n ? x->n : y->n;
	int order = n ? memcmp(pool + x->at, pool + y->at, n) : 0;

	return order ? order : (x->n > y->n) - (x->n < y->n);
}

static int compare(const void *a, const void *b, void *pool)
{
	const struct namesake *x = a, *y = b;
	int order = compare_texts(x, y, pool);

	return order ? order : (x->id > y->id) - (x->id < y->id);
}

void namesakes_sort(struct namesakes *x)
{
	if (x->n)
		qsort_r(x->row, x->n, sizeof *x->row, compare, x->pool);
}

bool namesakes_again(const struct namesakes *x, size_t i)
{
	return i && compare_texts(&x->row[i - 1], &x->row[i], x->pool) == 0;
}

void namesakes_release(struct namesakes *x)
{
	free(x->row);
	free(x->pool);
}
