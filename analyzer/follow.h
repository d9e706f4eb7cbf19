/*
 * follow: logs into the database for ever, every line once, across restart,
 * crash and every kind of rotation (faults.md part 1).
 *
 * Whatever it does is a batch in one transaction with the position behind it, so
 * that it may die anywhere; the next start finds its place again by content. A
 * database that is damaged makes room for a new one, into which all logs are read
 * that are still there (db_damage.h).
 */
#ifndef WB_FOLLOW_H
#define WB_FOLLOW_H

#include <sys/types.h>

#include "../parsers/rules.h"
#include "origin.h"

/* Where to begin with a log that the database has never seen. */
enum follow_begin {
	FOLLOW_END,     /* with what comes from now on */
	FOLLOW_START,   /* with the first line of the live file */
	FOLLOW_HISTORY, /* with the `history` newest rotated files before it */
};

/* What the administrator may change while we run. */
struct follow_settings {
	struct rules *rules;
	const struct origin *origin;
	const struct slice *filters;
	size_t filters_n;
};

struct follow_options {
	const char *const *paths; /* the live names: /var/log/mail.log */
	size_t paths_n;
	const char *const *olddirs; /* where else rotated files may lie */
	size_t olddirs_n;
	enum follow_begin begin;
	int history;
	bool journal;           /* also the system's journal ... */
	const char *unit;       /* ... of this unit only; NULL: of all that calls itself postfix */
	const char *journalctl; /* the program that prints it */
	int poll_ms;            /* how long no event may mean no change, 2 000 */
	int64_t wal_limit;      /* bytes of write-ahead log that a reader may keep without a word */
	int rotate_wait_ms;     /* how long a rotated file must be silent, 10 000 */
	struct follow_settings settings;
	/* Reads the older logs that the settings name, when a damaged database is made anew; may be NULL. */
	void (*read_history)(void *arg);
	volatile const int *stop;
	volatile int *reload; /* set by a signal: ask for new settings */
	/* False: they are bad, and he has said so. What it gives lives until the call after the next. */
	bool (*new_settings)(void *arg, struct follow_settings *into);
	void *arg;
	const sigset_t *waiting; /* see watch_new */
};

/* Until *stop. 0, or a code of sysexits(3). A database that cannot be opened ends the program. */
int follow_run(const char *database, const struct follow_options *o);

/* What a reader can know of who reads logs into a database. */
struct follow_state {
	bool alive; /* a `follow` runs now */
	long pid;
	int64_t since_us;     /* when it began */
	int64_t caught_up_us; /* when it last saw that it had read all; STAMP_NONE: not yet */
	int64_t paused_us;    /* nothing can be stored, since then; STAMP_NONE: it does not pause */
	int64_t next_try_us;
	char why[304];
	int64_t
	    kept_us; /* a reader keeps the write-ahead log from being shortened, since then; STAMP_NONE: none does */
	int64_t kept_bytes;
	char logs[1024]; /* what it follows, parted by newlines */
};

/*
 * Asks the lock file beside the database; needs no more than leave to read it.
 * A moment when it had read all is at most FOLLOW_TELLS seconds old while that is so.
 */
#define FOLLOW_TELLS 15
bool follow_alive(const char *database);
bool follow_state(const char *database, struct follow_state *out); /* as follow_alive, and more */

#endif
