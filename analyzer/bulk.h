/*
 * bulk: rows on their way into a table. A statement costs SQLite more than the
 * row that it writes, so rows wait here and some hundred of them go in by one
 * `INSERT ... SELECT c1, c2 ... FROM bulk(:rows)`, which reads them where they
 * lie (a virtual table).
 *
 * Whoever reads the table, or changes it in another way, says bulk_flush
 * first; so does whoever commits. Rows arrive in the order in which they were
 * added; they may do so by the database's writing thread (db.h), for which any
 * statement waits.
 */
#ifndef WB_BULK_H
#define WB_BULK_H

#include "../parsers/slice.h"
#include "sql.h"

#define BULK_COLUMNS 19

struct db;
struct bulk;

/* insert: the statement; its only parameter is :rows. columns: how many of c1 ... it reads, at most BULK_COLUMNS. */
struct bulk *bulk_new(struct db *d, enum sql_id insert, int columns);
/*
 * The first value of a row is the number that SQLite gives it, one more than the table's last; `insert` does not read
 * it, since a row of which SQLite knows that it goes to the end needs no search. Other numbers are a bug.
 */
struct bulk *bulk_new_numbered(struct db *d, enum sql_id insert, int columns);
struct bulk *bulk_free(struct bulk *b); /* always NULL; rows that still wait are lost */

/* Begins a row; its values follow from left to right, each by one call. Text is copied. */
void bulk_row(struct bulk *b);
void bulk_number(struct bulk *b, int64_t v);
void bulk_id(struct bulk *b, uint32_t id); /* 0 is NULL */
void bulk_null(struct bulk *b);
void bulk_text(struct bulk *b, struct slice v); /* TEXT, BLOB or NULL as db_bind_slice has it */
void bulk_blob(struct bulk *b, struct slice v);

/*
 * A shorter statement for sets of rows none of which bulk_rare was said of: it leaves out columns whose values are
 * nearly always the same, since each costs as much as a part of SQLite's work with the row. bulk_rare is about the row
 * that was begun last.
 */
void bulk_plain(struct bulk *b, enum sql_id insert);
void bulk_rare(struct bulk *b);

/* Does a row wait whose first value is this number? */
bool bulk_has(const struct bulk *b, int64_t first);
/* Gives the waiting row whose first value is `first` this number in a column, from 1, that is NULL. False: there is none. */
bool bulk_fill(struct bulk *b, int64_t first, int column, int64_t v);
/* The rows that wait, and go in with those, are then given to this statement too, as :rows. One for all of a bulk. */
void bulk_then(struct bulk *b, enum sql_id statement);
/* All rows go into the table. In a transaction. */
void bulk_flush(struct bulk *b);

#endif
