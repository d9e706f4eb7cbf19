/*
 * An older schema becomes ours: a copy beside it first, then all steps in one
 * transaction, the version last. Whoever dies in between leaves the old one
 * whole, or has the new one (faults.md D6).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "db.h"
#include "msg.h"

static int64_t version_of(struct db *d)
{
	sqlite3_stmt *s = NULL;
	int64_t version = 0;
	int rc = sqlite3_prepare_v2(d->h, "PRAGMA user_version", -1, &s, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW)
		version = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	if (rc != SQLITE_ROW)
		db_fail(d, NULL, rc);
	return version;
}

/* One that was begun before we died is made anew: what it is a copy of has not changed. */
static void keep_copy(struct db *d, int64_t version)
{
	char copy[4096], half[4096 + 8], shown[512];
	sqlite3_stmt *s = NULL;

	snprintf(copy, sizeof copy, "%s.schema-%lld", d->path, (long long)version);
	snprintf(half, sizeof half, "%s.half", copy);
	unlink(half);
	int rc = sqlite3_prepare_v2(d->h, "VACUUM INTO ?", -1, &s, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_text(s, 1, half, -1, SQLITE_STATIC);
		rc = sqlite3_step(s);
	}
	sqlite3_finalize(s);
	if (rc != SQLITE_DONE)
		db_fail(d, NULL, rc);
	if (rename(half, copy) != 0)
		msg_die(EX_CANTCREAT, "cannot keep a copy of the database as %s",
		        msg_safe(slice_str(copy), shown, sizeof shown));
	msg_note("the database is of an older version: a copy of it is kept as %s",
	         msg_safe(slice_str(copy), shown, sizeof shown));
}

void db_upgrade(struct db *d, const char *const *steps, int steps_n)
{
	int64_t version = version_of(d);
	char last[64];

	if (version == steps_n + 1)
		return;
	if (version < 1)
		db_damaged(d, "it says nothing of its schema");
	if (version > steps_n + 1)
		msg_die(EX_CONFIG, "%s: schema %lld cannot be upgraded", d->path, (long long)version);
	keep_copy(d, version);
	db_begin(d);
	for (int64_t v = version; v <= steps_n; v++)
		db_exec(d, steps[v - 1]);
	snprintf(last, sizeof last, "PRAGMA user_version = %d", steps_n + 1);
	db_exec(d, last);
	db_commit(d);
}
