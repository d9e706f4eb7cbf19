#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/follow.h"
#include "../analyzer/input.h"
#include "../analyzer/msg.h"
#include "follower.h"

#define DEFAULT_LOG "/var/log/mail.log"
#define OTHER_LOG "/var/log/maillog" /* as Red Hat has it */

struct follow_command {
	struct common common;
	bool from_start, journal, as_root, no_follow;
	int64_t history, poll, rotate_wait;
	const char *journalctl;
	struct option_list olddir;
};

static const struct option_row rows[] = {
    COMMON_ROWS(struct follow_command),
    {"--from-start", NULL, OPTION_FLAG, offsetof(struct follow_command, from_start),
     "a log that is new to the database: from its first line, not from its end", 0, 0, NULL},
    {"--history", "N", OPTION_INT, offsetof(struct follow_command, history),
     "the same, and the N newest rotated files before it", 0, 10000, NULL},
    {"--olddir", "DIR", OPTION_LIST, offsetof(struct follow_command, olddir),
     "another folder where rotated files lie; may be given again (default: `olddir` of the settings)", 0, 0, NULL},
    {"--rotate-wait", "MS", OPTION_INT, offsetof(struct follow_command, rotate_wait),
     "how long a rotated file must be silent to be taken as complete (default: `rotate_wait` of the settings)", 0,
     86400000, NULL},
    {"--poll", "MS", OPTION_INT, offsetof(struct follow_command, poll),
     "look at the log at least this often, events or none (default: `poll` of the settings)", 1, 3600000, NULL},
    {"--journal", NULL, OPTION_FLAG, offsetof(struct follow_command, journal),
     "follow systemd's journal; an operand without a slash is the unit", 0, 0, NULL},
    {"--journalctl", "PROGRAM", OPTION_STRING, offsetof(struct follow_command, journalctl),
     "what prints the journal (default: /usr/bin/journalctl)", 0, 0, NULL},
    {"--no-follow", NULL, OPTION_FLAG, offsetof(struct follow_command, no_follow),
     "refuse a log, or a rotated file, that is a symbolic link; else what it leads to is read", 0, 0, NULL},
    {"--as-root", NULL, OPTION_FLAG, offsetof(struct follow_command, as_root),
     "run as root, though a user in group adm would do", 0, 0, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

static volatile int stop, hangup; /* signals that came */

static void on_stop(int sig)
{
	stop = sig;
}

static void on_hangup(int sig)
{
	hangup = sig;
}

static void signal_set(int sig, void (*handler)(int))
{
	struct sigaction a = {.sa_handler = handler};

	sigemptyset(&a.sa_mask);
	sigaction(sig, &a, NULL);
}

/* Ours are kept back but when follow lets them in: none is missed between a look and a wait. *waiting: the mask for then. */
static void catch_signals(sigset_t *waiting)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGHUP}, none[] = {SIGALRM, SIGUSR1, SIGUSR2, SIGPIPE};
	sigset_t kept;

	signal_set(SIGTERM, on_stop);
	signal_set(SIGINT, on_stop);
	signal_set(SIGHUP, on_hangup);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		signal(none[i], SIG_IGN);
	sigemptyset(&kept);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		sigaddset(&kept, ours[i]);
	sigprocmask(SIG_BLOCK, &kept, waiting);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		sigdelset(waiting, ours[i]);
}

/* ------------------------------------------------------------------ which logs */

struct logs {
	char **v;
	size_t n;
	const char *unit;
};

static void logs_add(struct logs *logs, const char *name)
{
	char *path = follower_path(name);

	for (size_t i = 0; i < logs->n; i++)
		if (strcmp(logs->v[i], path) == 0) {
			free(path);
			return;
		}
	logs->v = xrealloc(logs->v, (logs->n + 1) * sizeof *logs->v);
	logs->v[logs->n++] = path;
}

static void logs_find(struct logs *logs, const struct follow_command *o, const struct settings *s,
                      const struct option_rest *rest)
{
	for (int i = 0; i < rest->n; i++) {
		if (!o->journal || strchr(rest->v[i], '/'))
			logs_add(logs, rest->v[i]);
		else if (logs->unit)
			msg_die(EX_USAGE, "follow: one unit of the journal, or none");
		else
			logs->unit = rest->v[i];
	}
	if (logs->n == 0 && !o->journal)
		for (size_t i = 0; i < s->log_files.n; i++)
			logs_add(logs, s->log_files.item[i].p);
	if (rest->n == 0 && logs->n == 1 && strcmp(logs->v[0], DEFAULT_LOG) == 0 && access(DEFAULT_LOG, F_OK) != 0) {
		if (access(OTHER_LOG, F_OK) == 0) {
			free(logs->v[0]);
			logs->v[0] = xstrdup(OTHER_LOG);
		} else if (access("/run/systemd/journal", F_OK) == 0) {
			msg_warn("no %s: this host seems to log to systemd's journal only; install rsyslog, or "
			         "`wouldblock follow --journal`",
			         DEFAULT_LOG);
		}
	}
}

/* ------------------------------------------------------------------ settings */

/* Two of each: what is in use, and what is to be. */
struct current {
	const struct follow_command *o;
	const char *database;
	struct settings settings[2];
	struct origin *origin[2];
	int used;
};

static void current_take(struct current *c, struct follow_settings *into)
{
	struct settings *s = &c->settings[c->used];

	*into = (struct follow_settings){&s->rules, c->origin[c->used], s->relays.item, s->relays.n};
}

static bool new_settings(void *arg, struct follow_settings *into)
{
	struct current *c = arg;
	int next = !c->used;

	if (c->origin[next]) {
		c->origin[next] = origin_free(c->origin[next]);
		settings_release(&c->settings[next]);
	}
	if (settings_load(&c->settings[next], c->o->common.config) != 0) {
		msg_warn("the settings are bad: the old ones stay");
		settings_release(&c->settings[next]);
		return false;
	}
	c->origin[next] = common_origin(&c->settings[next]);
	c->used = next;
	input_unpack_limit(c->settings[next].unpack_limit);
	current_take(c, into);
	return true;
}

static void current_release(struct current *c)
{
	for (int i = 0; i < 2; i++)
		if (c->origin[i]) {
			origin_free(c->origin[i]);
			settings_release(&c->settings[i]);
		}
}

/* ------------------------------------------------------------------ the command */

/* Reading a log needs group adm, writing our files nothing: whoever is root by mistake shall notice (faults.md S4). */
static void check_user(const struct follow_command *o, const struct settings *s)
{
	if (geteuid() == 0 && !o->as_root && !o->common.database && !s->database && !getenv("WOULDBLOCK_DB"))
		msg_die(EX_NOPERM, "follow does not need root: run it as a user in group adm (see wouldblock.service), "
		                   "or say --as-root");
}

static struct ingest_options history_options(const struct settings *s)
{
	return (struct ingest_options){
	    .filters = s->relays.item, .filters_n = s->relays.n, .batch_lines = 65536, .stop = &stop};
}

static void read_history(void *arg)
{
	struct current *c = arg;
	struct settings *s = &c->settings[c->used];
	const struct ingest_options how = history_options(s);

	follower_history_again(c->database, s, c->origin[c->used], &how);
}

static void olddirs_of_settings(struct option_list *olddir, const struct settings *s)
{
	olddir->v = xcalloc(s->olddir.n + 1, sizeof *olddir->v);
	for (; olddir->n < s->olddir.n; olddir->n++)
		olddir->v[olddir->n] = s->olddir.item[olddir->n].p;
}

int command_follow(const struct command *c, struct common *common, int argc, char **argv)
{
	struct follow_command o = {
	    .common = *common, .history = -1, .poll = -1, .rotate_wait = -1, .journalctl = "/usr/bin/journalctl"};
	struct option_rest rest = {0};
	struct current current = {.o = &o};
	struct logs logs = {0};
	struct settings *s = &current.settings[0];
	sigset_t waiting;

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	common_settings(&o.common, s);
	check_user(&o, s);
	if (o.no_follow)
		input_refuse_links();
	logs_find(&logs, &o, s, &rest);
	if (o.olddir.n == 0)
		olddirs_of_settings(&o.olddir, s);
	char *database = common_database_made(&o.common, s);
	current.origin[0] = common_origin(s);
	current.database = database;
	const struct ingest_options history = history_options(s);
	follower_history(database, s, current.origin[0], &history);
	catch_signals(&waiting);

	struct follow_options options = {.paths = (const char *const *)logs.v,
	                                 .paths_n = logs.n,
	                                 .olddirs = o.olddir.v,
	                                 .olddirs_n = o.olddir.n,
	                                 .begin = o.history >= 0 ? FOLLOW_HISTORY
	                                          : o.from_start ? FOLLOW_START
	                                                         : FOLLOW_END,
	                                 .history = (int)o.history,
	                                 .journal = o.journal,
	                                 .unit = logs.unit,
	                                 .journalctl = o.journalctl,
	                                 .poll_ms = o.poll >= 0 ? (int)o.poll : (int)s->poll * 1000,
	                                 .wal_limit = s->wal_limit,
	                                 .rotate_wait_ms =
	                                     o.rotate_wait >= 0 ? (int)o.rotate_wait : (int)s->rotate_wait * 1000,
	                                 .read_history = read_history,
	                                 .stop = &stop,
	                                 .reload = &hangup,
	                                 .new_settings = new_settings,
	                                 .arg = &current,
	                                 .waiting = &waiting};
	current_take(&current, &options.settings);
	int code = follow_run(database, &options);
	for (size_t i = 0; i < logs.n; i++)
		free(logs.v[i]);
	free(logs.v);
	option_release(rows, ROWS, &o);
	current_release(&current);
	free(database);
	return code;
}
