/*
 * db_salvage: what can still be read of a damaged database, into a new one: what people said, the keys and the
 * zone of its days, and which stretches it covered.
 */
#ifndef WB_DB_SALVAGE_H
#define WB_DB_SALVAGE_H

#include "db.h"

#define SALVAGE_META "rebuild" /* the key in meta of a database that was made so, until its logs are read */

struct salvaged {
	int64_t human; /* rows */
	bool human_whole;
};

/* Can SQLite read so much of it that it says it is ours? */
bool salvage_is_ours(const char *path);
/* `aside`: what the damaged one will be called. All in one transaction; `into` is on the disk then. */
void salvage(struct db *into, const char *path, const char *aside, struct salvaged *out);

#endif
