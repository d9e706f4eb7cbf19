/*
 * follow's own insides, shared by its files and nobody else:
 *   follow.c       start, the loop, new settings, the end
 *   follow_log.c   one log: its live file, what was rotated away under us
 *   follow_tail.c  one open stream: what is new in it, is it still the same
 *   follow_list.c  the names beside it
 *   follow_cut.c   truncation: what may be lost by it
 *   follow_set.c   the rotated files beside it: which of them are unread (faults.md 1.5)
 *   follow_lock.c  what the lock file tells readers
 */
#ifndef WB_FOLLOW_I_H
#define WB_FOLLOW_I_H

#include <sys/stat.h>

#include "clock.h"
#include "follow.h"
#include "ingest_i.h"
#include "notify.h"
#include "watch.h"

#define LIVE_LINES 1000
#define LIVE_BYTES (INT64_C(1) << 20)
#define LIVE_NS INT64_C(20000000)
#define BACKLOG_LINES 65536
#define TAILS 8 /* rotated files that are held open; more and the oldest is closed */

/* An open stream. Its position is that of the last commit, or of the batch that is being made. */
struct tail {
	struct input *in; /* NULL: no such file */
	uint64_t dev, ino;
	int64_t size, mtime_ns; /* when it was last looked at; -1: look again */
	int watch;
	uint32_t before; /* the stream whose name stood right before its own; 0: not known */
	bool begun;      /* has a generation: a first line is there */
	struct generation g;
	struct syslog_frame frame;
	int failures;     /* of reading, in turn */
	int64_t quiet_ns; /* a rotated one: silent since then */
	bool drained;     /* it was silent for long enough: what it holds is complete */
	bool useless;     /* it holds nothing that is not read elsewhere: to be closed */
	bool renamed;     /* its new name is not yet in the database */
};

/* A log: DIR/mail.log and all of its rotations. */
struct followed {
	const char *path;
	char dir[1024], base[256];
	struct tail live;
	struct tail old[TAILS]; /* oldest first */
	size_t old_n;
	int watch;                /* of the directory */
	uint32_t log;             /* its number in the database */
	bool scan;                /* look at the rotated files before the live one is read on */
	char scanned[INPUT_HEAD]; /* what the live file began with when that was done; 0 bytes: with no line yet */
	size_t scanned_n;
	bool again;    /* ... for the second time */
	bool join;     /* streams were read whose seams are not in the database yet */
	bool told;     /* where we begin with it is in the database */
	bool started;  /* where to begin is decided */
	bool late;     /* it was not there when we began: nothing of it is old */
	char why[200]; /* why it cannot be opened, as last said */
	bool cut;      /* its last stream was cut off by a truncation, and the next one has not begun */
	/* of a scan that is being made */
	struct input *set;
	struct input_about *chain;
	struct input_about
	    closed;           /* the youngest rotated file that could not be opened, by its name; not rotated: none */
	char closed_why[700]; /* which one that is, and why */
};

struct journal;

struct follow {
	const struct follow_options *o;
	struct follow_settings settings;
	enum follow_begin starts; /* as the options say, or after damage all that is there */
	int history;
	bool rebuilding; /* the database took the place of a damaged one, and not all that is there is read yet */
	struct ingest_options ingest;
	struct ingest_result result;
	struct run run;
	struct followed *log;
	size_t logs;
	struct journal *journal;
	struct watch *watch;
	struct notify *notify;
	const char *database;
	int64_t since_us, caught_up_us, told_ns; /* of the lock file; caught_up_us 0: not yet */
	int64_t paused_us;                       /* since when, though tries come between; 0: all is well */
	int64_t kept_us, kept_bytes; /* a reader keeps the write-ahead log; 0: none does, or not much of it */
	uint64_t round;              /* of the loop */
	bool behind;                 /* something was read since it was last said that all is */
	bool woken;                  /* something happened to what we watch */
	bool backlog;                /* it has not caught up yet */
	bool begun;                  /* from here on trouble that may pass is waited for */
	int troubles;                /* in turn: how often all had to be begun anew */
};

bool follow_stopped(const struct follow *f);

/* follow_log.c: one round; true if there may be more to read at once. */
bool followed_step(struct follow *f, struct followed *l, bool woken);
/*
 * Was what the live file, which begins so, holds there before the rotated files were looked at? If not, it may have
 * been truncated once more since, and a copy of what it held then is still to be read.
 */
bool followed_is_scanned(const struct followed *l, const struct input_about *a);
void followed_release(struct follow *f, struct followed *l);
/* A batch was rolled back: what is open stays open, and is read from where the database says. */
void followed_again(struct follow *f, struct followed *l);

/* follow_tail.c */
enum tail_look {
	TAIL_SAME,  /* nothing to read */
	TAIL_GROWN, /* go on reading */
	TAIL_CUT    /* its content is another one now: truncated, edited */
};
bool tail_open(struct follow *f, struct tail *t, const char *path, const char **why);
void tail_close(struct follow *f, struct tail *t);
/* st: what stat(2) says of it now; woken: look at the bytes even if that says that nothing happened. */
enum tail_look tail_look(struct tail *t, const struct stat *st, bool woken);
/* Finds out what it is and reads it; true if it is begun now. */
bool tail_begin(struct follow *f, struct followed *l, struct tail *t, bool at_end);
/* The run has been reading this stream to its end: it stays open here. */
void tail_take(struct follow *f, struct tail *t);
/* Reads on for a while and commits; true if there is more. */
bool tail_read(struct follow *f, struct tail *t);
void tail_again(struct follow *f, struct tail *t);
/* Before anything younger is read: the rest of the rotated files that are open and begun, but for `t` (NULL: of all). */
void tails_catch_up(struct follow *f, struct followed *l, const struct tail *t);
/* Nobody writes to it any more: a half line is a line. */
void tail_drain(struct follow *f, struct followed *l, struct tail *t);
void tail_rename(struct follow *f, struct tail *t, const struct input_about *a);

/* follow_list.c */
struct name {
	char *path;
	struct input_about about; /* only what the name says */
	uint64_t dev, ino;
	int64_t mtime_ns;
	uid_t owner;
};

struct names {
	struct name *v;
	size_t n, cap;
	int error; /* errno: the folder is there and could not be listed for now; 0 */
};

/* Newest first, as the names tell it; of two for one content the plain one first. */
void names_list(const struct follow *f, const struct followed *l, struct names *names);
bool names_same(const struct names *a, const struct names *b);
void names_release(struct names *names);

/* follow_set.c */
/* Reads what is unread of the rotated files. False: the live name moved meanwhile, look again. */
bool set_scan(struct follow *f, struct followed *l);
void set_release(struct followed *l);
/* Once the live stream has begun: what it follows, and what is missing between streams. */
void set_join_live(struct follow *f, struct followed *l);

/* follow_cut.c: the first two in a batch */
void cut_open(struct follow *f, struct followed *l, const struct generation *g, int64_t unread);
void cut_close(struct follow *f, struct followed *l, int64_t first_us);
/* Was the live file, which is not begun, truncated while nobody looked on? */
void cut_find(struct follow *f, struct followed *l, const struct input *set);

/* follow_lock.c */
void lock_tell(struct follow *f, bool caught_up);
/* Nothing can be stored for now: why, and in how many milliseconds the next try comes. */
void lock_pause(struct follow *f, const char *why, int64_t ms);
/* A reader keeps so much of the write-ahead log; 0: it is over. */
void lock_kept(struct follow *f, int64_t bytes);
/* That try goes well so far. */
void lock_go_on(struct follow *f);

#endif
