#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "../parsers/shapes.h"
#include "db_damage.h"
#include "follow_i.h"
#include "journal.h"
#include "owner.h"

#define LULL_MS 50

bool follow_stopped(const struct follow *f)
{
	return f->o->stop && *f->o->stop;
}

/* ------------------------------------------------------------------ memory of the database's state */

/* All that is kept in memory is in the database, too: it can be forgotten at any commit and loaded again. */
static void memory_load(struct follow *f)
{
	struct run *run = &f->run;

	run->origin = f->settings.origin;
	f->ingest.filters = f->settings.filters;
	f->ingest.filters_n = f->settings.filters_n;
	run->store = store_new(run->db, f->settings.rules, f->settings.origin);
	run->sink = store_sink(run->store);
	run->told_limit_hits = store_limit_hits(run->store);
	run_tell_changes(run);
	run->tracker = run_tracker(run, run->sink);
	store_load_pending(run->store, run->tracker);
}

static void memory_drop(struct follow *f)
{
	if (f->run.tracker)
		f->run.tracker = tracker_free(f->run.tracker);
	if (f->run.store)
		f->run.store = store_free(f->run.store);
}

/* SIGHUP: settings anew; bad ones are complained of, and the old ones stay. */
static void reload(struct follow *f)
{
	*f->o->reload = 0;
	notify_reloading(f->notify);
	if (f->o->new_settings && f->o->new_settings(f->o->arg, &f->settings)) {
		memory_drop(f);
		memory_load(f);
	}
	for (size_t i = 0; i < f->logs; i++)
		f->log[i].why[0] = '\0';
	notify_say(f->notify, "READY=1");
}

/* ------------------------------------------------------------------ birth and end */

static void log_init(struct follow *f, struct followed *l, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) + 1 : 0;

	if (n >= sizeof l->dir || strlen(path + n) >= sizeof l->base)
		msg_die(EX_USAGE, "the name of a log is too long");
	*l = (struct followed){.path = path, .watch = -1, .live.watch = -1, .scan = true};
	memcpy(l->dir, path, n);
	memcpy(l->base, path + n, strlen(path + n) + 1);
	l->log = log_of_path(&f->run, path);
	l->watch = watch_dir(f->watch, l->dir);
}

/* They come by themselves only while we wait. */
static void let_signals_in(const struct follow *f)
{
	sigset_t before;

	if (!f->o->waiting)
		return;
	pthread_sigmask(SIG_SETMASK, f->o->waiting, &before);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The loop of ingest shows progress at each block: a good moment to show that we live. */
static void show_life(void *arg, const char *path, int64_t done, int64_t total)
{
	struct follow *f = arg;

	(void)path, (void)done, (void)total;
	notify_alive(f->notify);
	let_signals_in(f);
}

#define LOCK_PATIENCE_MS 5000

/* Whoever waits for a lock hears a signal and shows life; begun, it can wait as well between two tries. */
static bool may_wait(void *arg, int waited_ms)
{
	struct follow *f = arg;

	notify_alive(f->notify);
	let_signals_in(f);
	return !follow_stopped(f) && (!f->begun || waited_ms < LOCK_PATIENCE_MS);
}

/* What does not change when a damaged database is replaced. */
static void begin(struct follow *f, const char *database)
{
	f->settings = f->o->settings;
	f->database = database;
	f->ingest = (struct ingest_options){
	    .batch_lines = BACKLOG_LINES, .progress = show_life, .progress_arg = f, .stop = f->o->stop};
	f->result.first_us = f->result.last_us = STAMP_NONE;
	f->run = (struct run){.o = &f->ingest, .r = &f->result};
	shapes_init();
	f->notify = notify_new();
	f->watch = watch_new(f->o->waiting);
	run_init(&f->run);
}

/* One that took the place of a damaged one, now or before we were killed: all logs that are there are its own. */
static void database_open(struct follow *f)
{
	f->starts = f->o->begin;
	f->history = f->o->history;
	f->run.db = db_open_ingest(f->database);
	f->rebuilding = damage_is_rebuilding(f->run.db);
	if (!f->rebuilding)
		return;
	f->starts = FOLLOW_HISTORY;
	f->history = INT32_MAX;
	if (!f->o->read_history)
		return;
	f->run.db = db_close(f->run.db);
	f->o->read_history(f->o->arg);
	f->run.db = db_open_ingest(f->database);
}

static void rest_before_commit(void *arg)
{
	poison_rest(((struct follow *)arg)->run.poison);
}

static void begin_to_read(struct follow *f)
{
	database_open(f);
	db_wait_while(f->run.db, may_wait, f);
	db_checkpoint_lazily(f->run.db);
	if (!f->run.poison)
		f->run.poison = poison_new(f->database);
	f->run.db->before_commit = rest_before_commit;
	f->run.db->before_commit_arg = f;
	memory_load(f);
	f->run.known = generation_list(f->run.db, &f->run.known_n);
	f->log = xcalloc(f->o->paths_n + 1, sizeof *f->log);
	for (; f->logs < f->o->paths_n; f->logs++)
		log_init(f, &f->log[f->logs], f->o->paths[f->logs]);
	if (f->o->journal)
		f->journal = journal_new(f);
	lock_tell(f, false);
	f->begun = f->behind = true;
	notify_say(f->notify, "READY=1\nSTATUS=reading what is new");
}

/* All that hangs on the database. */
static void end_reading(struct follow *f)
{
	f->journal = journal_free(f->journal);
	for (size_t i = 0; i < f->logs; i++)
		followed_release(f, &f->log[i]);
	free(f->log);
	f->log = NULL;
	f->logs = 0;
	memory_drop(f);
	free(f->run.known);
	f->run.known = NULL;
	f->run.known_n = 0;
}

static void end(struct follow *f)
{
	notify_say(f->notify, "STOPPING=1");
	end_reading(f);
	db_close(f->run.db);
	run_release(&f->run);
	poison_free(f->run.poison);
	ingest_release(&f->result);
	watch_free(f->watch);
	notify_free(f->notify);
}

/* ------------------------------------------------------------------ the loop */

/* All is read for now. */
static void at_rest(struct follow *f)
{
	if (f->backlog) {
		f->backlog = false;
		f->ingest.batch_lines = LIVE_LINES;
	}
	poison_calm(f->run.poison);
	if (f->rebuilding) {
		f->rebuilding = false;
		db_begin(f->run.db);
		damage_rebuilt(f->run.db);
		db_commit(f->run.db);
		msg_warn("%s: all logs that are there have been read again", f->database);
	}
	if (f->behind)
		notify_say(f->notify, "STATUS=following, all is read");
	f->behind = false;
	lock_tell(f, true);
}

static int patience(const struct follow *f, int ms)
{
	int limit = notify_patience(f->notify);

	return limit >= 0 && limit < ms ? limit : ms;
}

/*
 * Somebody reads a state from long ago, a shell that was left open: all that was written since stays in the write-ahead
 * log, which has no end then (faults.md D2). Said once, and once when it is over.
 */
static void watch_kept(struct follow *f)
{
	char file[512];
	int64_t kept = db_wal_kept(f->run.db), tenth = f->kept_bytes / 10;

	msg_safe(slice_str(f->database), file, sizeof file);
	if (kept < f->o->wal_limit && f->kept_us) {
		if (kept > f->o->wal_limit / 2)
			return;
		msg_warn("%s: nobody keeps its write-ahead log any more", file);
		lock_kept(f, 0);
	} else if (kept >= f->o->wal_limit && !f->kept_us) {
		msg_warn("%s: its write-ahead log has grown to %lld kB, since a reader holds an old state of it, and "
		         "grows until that reader (a shell, a backup?) is ended",
		         file, (long long)kept / 1024);
		lock_kept(f, kept);
	} else if (f->kept_us && kept > f->kept_bytes + tenth) {
		lock_kept(f, kept);
	}
}

static bool wants_checkpoint(const struct follow *f)
{
	return db_checkpoint_is_due(f->run.db) || db_wal_kept(f->run.db) ||
	       (int64_t)f->run.db->wal_pages * DB_PAGE >= f->o->wal_limit;
}

/* Once nothing has come for a moment, what makes a commit slow is done before the next line comes. */
static bool wait_for_more(struct follow *f)
{
	if (wants_checkpoint(f)) {
		if (watch_wait(f->watch, LULL_MS, journal_fd(f->journal)))
			return true;
		db_checkpoint(f->run.db);
	}
	return watch_wait(f->watch, patience(f, f->o->poll_ms), journal_fd(f->journal));
}

static void one_round(struct follow *f)
{
	bool more = false;

	if (f->o->reload && *f->o->reload) {
		reload(f);
		f->woken = true;
	}
	for (size_t i = 0; i < f->logs && !follow_stopped(f); i++)
		more |= followed_step(f, &f->log[i], f->woken);
	if (f->journal)
		more |= journal_step(f->journal);
	notify_alive(f->notify);
	watch_kept(f);
	f->woken = false;
	f->round++;
	f->troubles = 0;
	f->paused_us = 0;
	if (more || follow_stopped(f)) {
		let_signals_in(f);
		return;
	}
	at_rest(f);
	f->woken = wait_for_more(f);
}

/* ------------------------------------------------------------------ trouble */

#define PAUSE_MAX_MS 60000
#define MEMORY_TRIES 2 /* in turn: who has no memory had better be another process */

/*
 * After trouble nothing in memory is believed (faults.md 1.3): the batch is rolled back, and all
 * is loaded as the database has it. What is open stays open, or rotated files would be lost with
 * their last names.
 */
static void begin_anew(struct follow *f)
{
	struct run *run = &f->run;

	run_stop_ahead(run);
	run->in = NULL;
	memory_drop(f);
	run_forget_counts(run);
	db_reopen(run->db);
	db_checkpoint_lazily(run->db);
	db_begin(run->db); /* can it be written to? If not, nothing is made in vain */
	owner_take(run->db);
	db_commit(run->db);
	memory_load(f);
	run_know(run);
	for (size_t i = 0; i < f->logs; i++)
		followed_again(f, &f->log[i]);
	if (f->journal)
		journal_again(f->journal);
	f->woken = f->behind = true;
	lock_go_on(f);
	notify_say(f->notify, "STATUS=reading on");
}

/* Once by once longer, but a signal is heard. */
static void rest_from_trouble(struct follow *f, int code)
{
	int64_t ms = f->o->poll_ms / 2 + 1, until;

	if (code == EX_OSERR && f->troubles >= MEMORY_TRIES)
		_exit(code); /* why has been said */
	for (int i = 0; i < f->troubles && ms < PAUSE_MAX_MS; i++)
		ms *= 2;
	ms = ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
	f->troubles++;
	notify_say(f->notify, "STATUS=paused, next try in %lld s: %.300s", (long long)(ms + 999) / 1000, msg_failure());
	lock_pause(f, msg_failure(), ms);
	until = clock_ns() + ms * 1000000;
	while (!follow_stopped(f) && (ms = (until - clock_ns()) / 1000000) > 0) {
		watch_sleep(f->watch, patience(f, (int)ms));
		notify_alive(f->notify);
	}
}

/* Rounds until we are stopped, 0; or the code of a trouble that may pass. */
static int follow_rounds(struct follow *f)
{
	jmp_buf trouble;

	switch (setjmp(trouble)) {
	case 0: break;
	case EX_OSERR: return EX_OSERR;
	case EX_DATAERR: return EX_DATAERR;
	default: return EX_IOERR;
	}
	msg_rescue(&trouble);
	if (f->troubles && !follow_stopped(f))
		begin_anew(f);
	while (!follow_stopped(f))
		one_round(f);
	msg_rescue(NULL);
	return 0;
}

/* The same for the beginning, where only damage is no end of the program. */
static int follow_begins(struct follow *f)
{
	jmp_buf damage;

	if (setjmp(damage))
		return EX_DATAERR;
	msg_rescue_of(EX_DATAERR, &damage);
	begin_to_read(f);
	msg_rescue(NULL);
	return 0;
}

/* Nothing of the old one is believed any more, and nothing that was made of it. */
static void replace_damaged(struct follow *f)
{
	notify_say(f->notify, "STATUS=the database is damaged: making a new one");
	run_stop_ahead(&f->run);
	f->run.in = NULL;
	end_reading(f);
	run_forget_counts(&f->run);
	f->run.db = NULL;
	db_abandon();
	damage_replace(f->database);
	poison_forget(f->run.poison);
	f->woken = f->backlog = true;
	f->begun = false;
	f->ingest.batch_lines = BACKLOG_LINES;
	f->troubles = 0;
	f->since_us = f->caught_up_us = f->paused_us = 0;
}

int follow_run(const char *database, const struct follow_options *o)
{
	struct follow *f = xcalloc(1, sizeof *f);
	bool reads;
	int code;

	f->o = o;
	f->woken = f->backlog = true;
	begin(f, database);
	do {
		reads = f->begun;
		code = reads ? follow_rounds(f) : follow_begins(f);
		if (code == EX_DATAERR)
			replace_damaged(f);
		else if (code)
			rest_from_trouble(f, code);
	} while (code || !reads);
	end(f);
	free(f);
	return 0;
}
