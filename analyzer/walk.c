#include "walk.h"

#include <string.h>

#include "clock.h"
#include "msg.h"

#define PIECE_US 15000 /* how long one piece may take, with what the caller does with its rows */
#define LOOK_ROWS 128  /* so often we look at the clock */

void walk_init(struct walk *w, struct reader *r, enum sql_id id, const struct query_param *params, size_t n, int64_t at)
{
	*w = (struct walk){.reader = r, .id = id, .params = n + 1, .key = at, .before = at};
	if (n >= WALK_PARAMS)
		msg_bug("a walk with too many parameters");
	if (n)
		memcpy(w->param, params, n * sizeof *params);
	w->param[n] = (struct query_param){"at", SLICE_NONE, at, false};
}

static void piece_begin(struct walk *w)
{
	w->param[w->params - 1].number = w->key;
	w->query = query_new(w->reader, w->id, w->param, w->params);
	w->began = clock_us();
	w->rows = 0;
	w->any = w->tired = false;
}

static void piece_end(struct walk *w)
{
	if (w->query)
		w->query = query_free(w->query);
}

static bool step(struct walk *w)
{
	if (!w->query)
		piece_begin(w);
	if (++w->rows % LOOK_ROWS == 0 && clock_us() - w->began >= PIECE_US)
		w->tired = true;
	return query_row(w->query);
}

const struct query *walk_row(struct walk *w)
{
	if (!step(w))
		return NULL;
	if (w->tired && w->any && query_number(w->query, 0) != w->key) {
		piece_end(w);
		if (!step(w))
			return NULL;
	}
	if (query_number(w->query, 0) != w->key)
		w->before = w->key;
	w->key = query_number(w->query, 0);
	w->any = true;
	return w->query;
}

void walk_pause(struct walk *w)
{
	piece_end(w);
	w->key = w->before;
}

void walk_release(struct walk *w)
{
	piece_end(w);
}
