/*
 * walk: the rows of a query that may take long, in pieces. Each piece is a query,
 * and with reader_brief a read transaction, of its own of some milliseconds; the
 * next one goes on behind the last row. So what is found is true of each row, but
 * not of one moment of the whole database.
 *
 * The query's first column is its key, a number, in whose order its rows come; of
 * its parameter :at only rows behind that key (above it, or below if the order is
 * descending) are asked for. Rows of one key are never parted.
 */
#ifndef WB_WALK_H
#define WB_WALK_H

#include "query.h"

#define WALK_PARAMS 8
struct walk {
	struct reader *reader;
	enum sql_id id;
	struct query_param param[WALK_PARAMS]; /* the last one is :at */
	size_t params;
	struct query *query;
	int64_t key, before, began; /* before: the key before that one */
	unsigned rows;
	bool any, tired;
};

/* What the parameters point to must outlive the walk; at: behind which key it begins. */
void walk_init(struct walk *w, struct reader *r, enum sql_id id, const struct query_param *params, size_t n,
               int64_t at);
/* The next row, until the next call; NULL: there is none, or the reader was cancelled. */
const struct query *walk_row(struct walk *w);
/* Between two pieces, as long as the caller likes; the row that was given last is given again. */
void walk_pause(struct walk *w);
void walk_release(struct walk *w);

#endif
