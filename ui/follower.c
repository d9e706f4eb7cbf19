#include "follower.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "../analyzer/follow.h"
#include "../analyzer/ingest.h"
#include "../analyzer/input.h"
#include "../analyzer/msg.h"
#include "../analyzer/query.h"
#include "../analyzer/worker.h"

struct follower {
	const char *database;
	int wake;
	char *path;
	struct settings settings; /* a rule's pattern keeps its last match: two threads need two */
	struct origin *origin;
	const char **olddir;
	sigset_t waiting;
	pthread_t thread;
	bool runs;
	pthread_mutex_t mutex;
	/* guarded by it */
	bool ended;
	int code;
	char trouble[MSG_MAX];
};

/* Of the thread that follows, and of no other: it is told by a signal, which comes to it only while it waits. */
static volatile int stop;

static void on_stop(int sig)
{
	stop = sig;
}

/* ------------------------------------------------------------------ what `follow` has too */

static char *absolute(const char *name)
{
	char here[PATH_MAX], *path;

	if (name[0] == '/')
		return xstrdup(name);
	if (!getcwd(here, sizeof here))
		msg_die(EX_OSERR, "cannot tell the current directory: %s", strerror(errno));
	size_t n = strlen(here) + strlen(name) + 2;
	path = xmalloc(n);
	snprintf(path, n, "%s/%s", here, name);
	return path;
}

char *follower_path(const char *name)
{
	char *path = absolute(name), safe[300];
	struct stat st;

	if (input_is_refused_link(path))
		msg_die(EX_NOINPUT, "cannot follow %s: is a symbolic link, which --no-follow refuses",
		        msg_safe(slice_str(path), safe, sizeof safe));
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		msg_die(EX_NOINPUT, "cannot follow %s: %s", msg_safe(slice_str(path), safe, sizeof safe),
		        S_ISFIFO(st.st_mode)  ? "a pipe gives its lines only once; `wouldblock ingest -` reads one"
		        : S_ISDIR(st.st_mode) ? "is a directory"
		                              : "is no plain file");
	return path;
}

void follower_history_again(const char *database, struct settings *s, const struct origin *origin,
                            const struct ingest_options *how)
{
	struct ingest_result result;
	const char **paths;

	if (s->history.n == 0)
		return;
	paths = xcalloc(s->history.n, sizeof *paths);
	for (size_t i = 0; i < s->history.n; i++)
		paths[i] = s->history.item[i].p;
	ingest_run(database, &s->rules, origin, paths, s->history.n, how, &result);
	ingest_release(&result);
	free(paths);
}

void follower_history(const char *database, struct settings *s, const struct origin *origin,
                      const struct ingest_options *how)
{
	if (access(database, F_OK) != 0)
		follower_history_again(database, s, origin, how);
}

/* ------------------------------------------------------------------ the thread */

/* While old logs are read, too, there are moments when the signal may come. */
static void let_signal_in(void *arg, const char *path, int64_t done, int64_t total)
{
	struct follower *f = arg;
	sigset_t held;

	(void)path, (void)done, (void)total;
	pthread_sigmask(SIG_SETMASK, &f->waiting, &held);
	pthread_sigmask(SIG_SETMASK, &held, NULL);
}

static struct ingest_options history_options(struct follower *f)
{
	return (struct ingest_options){.filters = f->settings.relays.item,
	                               .filters_n = f->settings.relays.n,
	                               .batch_lines = 65536,
	                               .progress = let_signal_in,
	                               .progress_arg = f,
	                               .stop = &stop};
}

static void read_history(void *arg)
{
	struct follower *f = arg;
	const struct ingest_options how = history_options(f);

	follower_history_again(f->database, &f->settings, f->origin, &how);
}

static void work(void *arg)
{
	struct follower *f = arg;
	struct settings *s = &f->settings;
	const char *const paths[] = {f->path};
	const struct ingest_options history = history_options(f);
	const struct follow_options o = {.paths = paths,
	                                 .paths_n = 1,
	                                 .olddirs = f->olddir,
	                                 .olddirs_n = s->olddir.n,
	                                 .begin = FOLLOW_END,
	                                 .poll_ms = (int)s->poll * 1000,
	                                 .wal_limit = s->wal_limit,
	                                 .rotate_wait_ms = (int)s->rotate_wait * 1000,
	                                 .settings = {&s->rules, f->origin, s->relays.item, s->relays.n},
	                                 .read_history = read_history,
	                                 .arg = f,
	                                 .stop = &stop,
	                                 .waiting = &f->waiting};

	follower_history(f->database, s, f->origin, &history);
	follow_run(f->database, &o);
}

static void *run(void *arg)
{
	struct follower *f = arg;
	struct msg_death death;
	char one = 1;

	stop = 0;
	pthread_sigmask(SIG_BLOCK, NULL, &f->waiting);
	sigdelset(&f->waiting, SIGUSR1);
	bool well = msg_try(work, f, &death);
	if (!well)
		reader_abandon();
	pthread_mutex_lock(&f->mutex);
	f->ended = true;
	if (!well) {
		f->code = death.code;
		memcpy(f->trouble, death.words, sizeof f->trouble);
	}
	pthread_mutex_unlock(&f->mutex);
	if (f->wake >= 0 && write(f->wake, &one, 1) < 0)
		return NULL; /* full: it is awake */
	return NULL;
}

static bool has_ended(struct follower *f)
{
	pthread_mutex_lock(&f->mutex);
	bool ended = f->ended;
	pthread_mutex_unlock(&f->mutex);
	return ended;
}

/* Others may follow into the same database, until ours finds that out. */
static bool is_ours(const struct follower *f)
{
	struct follow_state state;

	return follow_state(f->database, &state) && state.pid == (long)getpid();
}

bool follower_start(struct follower *f)
{
	const struct timespec nap = {.tv_nsec = 5 * 1000 * 1000};
	struct sigaction a = {.sa_handler = on_stop};
	bool anew = access(f->database, F_OK) != 0;
	char zone[256];

	sigemptyset(&a.sa_mask);
	sigaction(SIGUSR1, &a, NULL);
	f->ended = false;
	if (!worker_start(&f->thread, run, f))
		msg_die(EX_OSERR, "tui: no thread can be started");
	f->runs = true;
	/* of a history that is long something can be seen before all of it is read */
	while (!has_ended(f) && !is_ours(f) && !(anew && reader_zone(f->database, zone, sizeof zone)))
		nanosleep(&nap, NULL);
	return !has_ended(f);
}

void follower_stop(struct follower *f)
{
	if (!f->runs)
		return;
	pthread_kill(f->thread, SIGUSR1);
	pthread_join(f->thread, NULL);
	f->runs = false;
}

const char *follower_trouble(struct follower *f, int *code)
{
	const char *words;

	pthread_mutex_lock(&f->mutex);
	*code = f->code;
	words = f->code ? f->trouble : NULL; /* nobody writes it any more */
	pthread_mutex_unlock(&f->mutex);
	return words;
}

/* ------------------------------------------------------------------ birth and end */

struct follower *follower_new(const struct common *c, const char *database, const char *log, int wake)
{
	struct follower *f = xcalloc(1, sizeof *f);

	f->database = database;
	f->wake = wake;
	f->path = follower_path(log);
	if (settings_load(&f->settings, c->config) > 0)
		exit(EX_CONFIG);
	f->origin = common_origin(&f->settings);
	f->olddir = xcalloc(f->settings.olddir.n + 1, sizeof *f->olddir);
	for (size_t i = 0; i < f->settings.olddir.n; i++)
		f->olddir[i] = f->settings.olddir.item[i].p;
	pthread_mutex_init(&f->mutex, NULL);
	return f;
}

struct follower *follower_free(struct follower *f)
{
	if (!f)
		return NULL;
	follower_stop(f);
	pthread_mutex_destroy(&f->mutex);
	free(f->olddir);
	origin_free(f->origin);
	settings_release(&f->settings);
	free(f->path);
	free(f);
	return NULL;
}
