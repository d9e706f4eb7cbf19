/*
 * walk: the rows of a query that may take long, in pieces. With reader_brief each
 * piece is a query, and a read transaction, of its own of some milliseconds; the
 * next one goes on behind the last row. Any other reader has one snapshot, and of
 * it all rows in one piece: the same rows, by the same statement.
 *
 * The query's first column is its key, a number, in whose order its rows come; of
 * its parameter :at only rows behind that key (above it, or below if the order is
 * descending) are asked for. Rows of one key are never parted. A key may have two
 * parts, the first two columns, ascending; :at and :after are those of the last.
 *
 * The statement must give its rows as it meets them: what it has to sort or to
 * group first, it does in each piece anew. And it must meet one now and then, for
 * only between two rows the clock is looked at: where few of many are wanted it
 * gives one in WALK_GIVES of the others too, by their number, and who walks
 * passes over them.
 *
 * What is true of the rows, if somebody commits between two pieces: each is read
 * once, as it was at the moment of its piece, since keys are never given anew and
 * a row of a sum is changed, not taken away. They are not of one moment: a mail
 * that came in between may be in a later sum and not in an earlier one. Whoever
 * puts several together therefore compares reader_renew's number with that of
 * before the first, and loads again if it is another one (ui/tui_lane.c); until
 * then it is right but for the lines that came meanwhile.
 */
#ifndef WB_WALK_H
#define WB_WALK_H

#include "query.h"

#define WALK_GIVES 64 /* stands as it is in the statements */
#define WALK_PARAMS 9
struct walk {
	struct reader *reader;
	enum sql_id id;
	struct query_param param[WALK_PARAMS]; /* the last ones are :at and :after */
	size_t params;
	struct query *query;
	int parts;                        /* of a key */
	int64_t key[2], before[2], began; /* before: the key before that one */
	unsigned rows;
	bool whole, any, tired; /* whole: in one piece */
};

/* What the parameters point to must outlive the walk; at: behind which key it begins. */
void walk_init(struct walk *w, struct reader *r, enum sql_id id, const struct query_param *params, size_t n,
               int64_t at);
/* With a key of two parts, from the first row on; none of them is below 0. */
void walk_init_pairs(struct walk *w, struct reader *r, enum sql_id id, const struct query_param *params, size_t n);
/* The next row, until the next call; NULL: there is none, or the reader was cancelled. */
const struct query *walk_row(struct walk *w);
/* Between two pieces, as long as the caller likes; the row that was given last is given again. */
void walk_pause(struct walk *w);
void walk_release(struct walk *w);

#endif
