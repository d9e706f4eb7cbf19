#include "walk.h"

#include <string.h>

#include "clock.h"
#include "msg.h"

#define PIECE_US 12000 /* how long one piece may take, with what the caller does with its rows */
#define LOOK_ROWS 16   /* so often we look at the clock */

static void init(struct walk *w, struct reader *r, enum sql_id id, const struct query_param *params, size_t n)
{
	*w = (struct walk){.reader = r, .id = id, .whole = !reader_is_brief(r)};
	if (n + 2 > WALK_PARAMS)
		msg_bug("a walk with too many parameters");
	if (n)
		memcpy(w->param, params, n * sizeof *params);
	w->param[n] = (struct query_param){.name = "at"};
	w->param[n + 1] = (struct query_param){.name = "after"};
	w->params = n + 2;
}

void walk_init(struct walk *w, struct reader *r, enum sql_id id, const struct query_param *params, size_t n, int64_t at)
{
	init(w, r, id, params, n);
	w->parts = 1;
	w->key[0] = w->before[0] = at;
}

void walk_init_pairs(struct walk *w, struct reader *r, enum sql_id id, const struct query_param *params, size_t n)
{
	init(w, r, id, params, n);
	w->parts = 2;
	for (int i = 0; i < 2; i++)
		w->key[i] = w->before[i] = -1;
}

static void piece_begin(struct walk *w)
{
	w->param[w->params - 2].number = w->key[0];
	w->param[w->params - 1].number = w->key[1];
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
	if (!w->whole && ++w->rows % LOOK_ROWS == 0 && clock_us() - w->began >= PIECE_US)
		w->tired = true;
	return query_row(w->query);
}

static bool is_next_key(const struct walk *w)
{
	for (int i = 0; i < w->parts; i++)
		if (query_number(w->query, i) != w->key[i])
			return true;
	return false;
}

static void key_take(struct walk *w)
{
	memcpy(w->before, w->key, sizeof w->key);
	for (int i = 0; i < w->parts; i++)
		w->key[i] = query_number(w->query, i);
}

const struct query *walk_row(struct walk *w)
{
	if (!step(w))
		return NULL;
	if (w->tired && w->any && is_next_key(w)) {
		piece_end(w);
		if (!step(w))
			return NULL;
	}
	if (is_next_key(w))
		key_take(w);
	w->any = true;
	return w->query;
}

void walk_pause(struct walk *w)
{
	piece_end(w);
	memcpy(w->key, w->before, sizeof w->key);
}

void walk_release(struct walk *w)
{
	piece_end(w);
}
