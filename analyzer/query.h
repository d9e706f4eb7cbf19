/*
 * query: the readers' only door to the database: a named query and its
 * parameters in, rows out. Read-only, one snapshot for all queries of a reader.
 */
#ifndef WB_QUERY_H
#define WB_QUERY_H

#include <stdatomic.h>

#include "../parsers/slice.h"
#include "../parsers/stamp.h"
#include "sql.h"

struct reader;
struct query;

/*
 * For a program with several threads, each with readers (and verdicts) of its own: before anything
 * else is asked of a database.
 */
void reader_threads(void);
/* Dies with a clear line if there is no database, or none of ours (66, 65, 78). */
struct reader *reader_open(const char *database);
struct reader *reader_close(struct reader *r); /* always NULL */
/* After msg_try (msg.h): as db_abandon; this thread's readers are not to be used any more, nor closed. */
void reader_abandon(void);
const char *reader_database(const struct reader *r); /* as reader_open was given it */
/*
 * From now on queries of this reader end early, as if there were no more rows, while *cancel is not 0;
 * another thread may set it, to whom the answer is of no use any more. It outlives the reader.
 */
void reader_cancel_by(struct reader *r, const atomic_int *cancel);
/*
 * Ends the snapshot; the next query sees what has been committed until then. Until that query no
 * read transaction is held. A number that is another one than before if somebody has committed since.
 */
int64_t reader_renew(struct reader *r);
/*
 * From now on each query has a snapshot and a read transaction of its own, which ends with its last row or query_free:
 * for who must not keep the write-ahead log from being shortened. Whether somebody has committed between two queries
 * reader_renew tells.
 */
void reader_brief(struct reader *r);
bool reader_is_brief(const struct reader *r);
/* How often, and how long: of each query from the first row asked for to its end; of the read transactions. */
struct reader_time {
	int64_t times, total_us, longest_us;
};
struct reader_times {
	struct reader_time query[SQL_COUNT], held;
};
const struct reader_times *reader_times(const struct reader *r); /* until it is closed */
void reader_times_add(struct reader_times *sum, const struct reader_times *t);
/*
 * Reads every page of the database and dies (65) if one is damaged: a query may
 * not notice, and find less. Takes a second for each gigabyte or two.
 */
void reader_check(struct reader *r);

/*
 * The zone in which the days of this database were cut: TZ at the first ingest,
 * into buf. False, and no complaint, if there is none, or no such database.
 */
bool reader_zone(const char *database, char *buf, size_t cap);

/*
 * Of which stretch of time the sums of warned mail are from now on (roll_source_day, roll_pair, roll_person,
 * roll_evidence): all of it as it was written, if both are STAMP_NONE, else of mails first tried in [since, until),
 * counted from the facts. That costs a few microseconds a mail, and nothing if they are of that stretch already.
 * Where it changes, no query on this reader is under way. With reader_brief they are counted in parts, by the place of the
 * line or of the mail, each with a read transaction of its own: what is committed meanwhile is in some of them, and then
 * reader_renew gives another number.
 */
void reader_window(struct reader *r, int64_t since, int64_t until);

/* Parameters by name, without the colon; one that is not set is NULL. Names that a query does not have are ignored. */
struct query_param {
	const char *name;
	struct slice text; /* absent: the number counts */
	int64_t number;
	bool null;
};

/* One query of a kind at a time; text of a row lives until the next row. */
struct query *query_new(struct reader *r, enum sql_id id, const struct query_param *params, size_t n);
bool query_row(struct query *q);
struct query *query_free(struct query *q); /* always NULL */

int query_columns(const struct query *q);
bool query_is_null(const struct query *q, int column);
int64_t query_number(const struct query *q, int column);
struct slice query_text(const struct query *q, int column); /* numbers as digits; absent for NULL */

#endif
