#include "owner.h"

#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "msg.h"

static int64_t owner_epoch(struct db *d)
{
	sqlite3_stmt *q = db_stmt(d, SQL_READ_FOLLOW_EPOCH);
	int64_t epoch = db_step(d, q) ? sqlite3_column_int64(q, 0) : -1;

	sqlite3_reset(q);
	return epoch;
}

int64_t owner_take(struct db *d)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_OWNER);

	sqlite3_bind_int64(q, 1, getpid());
	sqlite3_bind_int64(q, 2, time(NULL));
	db_run(d, q);
	return owner_epoch(d);
}

void owner_check(struct db *d, int64_t epoch)
{
	char file[512];

	if (owner_epoch(d) != epoch)
		msg_die(EX_TEMPFAIL, "%s: another wouldblock has taken over reading logs into this database",
		        msg_safe(slice_str(d->path), file, sizeof file));
}
