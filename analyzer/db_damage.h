/*
 * db_damage: a database that is damaged (faults.md D3, D5). Who opens it to read logs looks for damage; a
 * statement that meets some ends in db_damaged. Then another file can take its place: the damaged one is
 * renamed to FILE.corrupt-STAMP with its write-ahead log, and the new one begins with what people said, as far
 * as that can be read, and with what the old one covered (table `lost`): a hole, until a log that is read anew
 * covers it.
 *
 * At most two are kept. A third within a day is not set aside: then the disk or the memory is to blame, and a
 * service that is started again and again must not fill the one with copies of the other.
 */
#ifndef WB_DB_DAMAGE_H
#define WB_DB_DAMAGE_H

#include "db.h"

/*
 * Says in write.lock that a database of ours stands here. Should there be an empty file one day, or one that
 * cannot be read at all, it is known by this for ours; others are never touched.
 */
void damage_mark(const struct db *d);

/* Under ingest.lock, before SQLite sees the file: ends a replacement that was cut off, and finds a file that is empty. */
void damage_before_open(struct db *d);
/*
 * Of an open one: are its tables what they should be? Up to DAMAGE_WHOLE bytes all pages are looked at; of a larger one
 * the tables, what is small first, until DAMAGE_MS are over. What that does not find is found when it is read.
 */
#define DAMAGE_WHOLE (INT64_C(100) << 20)
#define DAMAGE_MS 300
void damage_look(struct db *d);
/*
 * Of one that is open to be read: beside it stands a write-ahead log, and nobody who reads logs has it open. He may
 * have been killed, but the log may also be another database's, which SQLite takes for this one's (D5). Up to
 * DAMAGE_WHOLE bytes indices are compared with their tables, too. Ends in db_damaged. Where the pages of both fit
 * together all the same, as they may in databases of one log, this finds nothing.
 */
void damage_look_at_rest(struct db *d);
/* All of it, however long that takes, content of indices included: false if anything is wrong. */
bool damage_is_whole(struct db *d);

/*
 * Puts a new database in the place of the damaged one and says so. Nobody of this thread has it open. Dies with 65 if
 * that must not be done, with what stands in its way otherwise; then all is as it was.
 */
void damage_replace(const char *path);

/* Begun in the place of a damaged one, and the logs are not yet read again. */
bool damage_is_rebuilding(struct db *d);
/* In a batch. */
void damage_rebuilt(struct db *d);

#endif
