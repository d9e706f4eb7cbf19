#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "follow_i.h"

#define BUFFER (1 << 20) /* a larger entry is passed over and counted */
#define AGAIN_NS INT64_C(2000000000)
#define LINE_ROOM 512 /* stamp, host, program and pid */

enum field { CURSOR, REALTIME, HOSTNAME, IDENTIFIER, SYSLOG_PID, PID, MESSAGE, FIELDS };
static const char *const field_names[FIELDS] = {
    "__CURSOR", "__REALTIME_TIMESTAMP", "_HOSTNAME", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "_PID", "MESSAGE"};

struct journal {
	struct follow *f;
	char name[300]; /* the log's, in the database */
	struct generation g;
	struct syslog_frame frame;
	bool begun;   /* g is a stream */
	bool resumed; /* the first entry must be the one that was read last */
	pid_t pid;
	int out;
	int64_t again_ns; /* not to be started before */
	char *buf, *line;
	size_t n;
};

/* ------------------------------------------------------------------ the program */

static void child_start(struct journal *j)
{
	char cursor[1100], unit[300];
	const char *argv[12] = {j->f->o->journalctl, "--output=export", "--follow", "--no-pager", "--quiet"};
	size_t n = 5;
	posix_spawn_file_actions_t act;
	posix_spawnattr_t attr;
	char *const envp[] = {"LC_ALL=C", "PATH=/usr/bin:/bin", NULL};
	sigset_t none;
	int fds[2], rc;

	if (j->begun) {
		snprintf(cursor, sizeof cursor, "--cursor=%s", j->g.path);
		argv[n++] = cursor;
		argv[n++] = "--no-tail";
	} else {
		argv[n++] = j->f->starts == FOLLOW_END ? "--lines=0" : "--no-tail";
	}
	snprintf(unit, sizeof unit, "--unit=%s", j->f->o->unit ? j->f->o->unit : "");
	argv[n++] = j->f->o->unit ? unit : "SYSLOG_FACILITY=2"; /* mail */
	argv[n] = NULL;
	j->resumed = j->begun;
	j->again_ns = clock_ns() + AGAIN_NS;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return;
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&act);
	rc = posix_spawn_file_actions_addopen(&act, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&act, fds[1], STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn(&j->pid, argv[0], &act, &attr, (char *const *)argv, envp);
	posix_spawn_file_actions_destroy(&act);
	posix_spawnattr_destroy(&attr);
	close(fds[1]);
	if (rc != 0) {
		j->pid = 0;
		close(fds[0]);
		msg_warn("cannot start %s: %s", argv[0], strerror(rc));
		j->again_ns += 30 * AGAIN_NS;
		return;
	}
	j->out = fds[0];
	fcntl(j->out, F_SETFL, O_NONBLOCK);
	j->n = 0;
}

static void child_end(struct journal *j)
{
	if (!j->pid)
		return;
	close(j->out);
	j->out = -1;
	kill(j->pid, SIGTERM);
	while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
		;
	j->pid = 0;
}

/* ------------------------------------------------------------------ entries (systemd: Journal Export Format) */

/* A field off the front of `text`: NAME=VALUE, or NAME, a length of 8 bytes and so many bytes. False: not all there. */
static bool take_field(struct slice *text, struct slice *name, struct slice *value)
{
	ptrdiff_t end = slice_chr(*text, '\n'), eq;
	uint64_t size = 0;

	if (end < 0)
		return false;
	*name = slice_head(*text, (size_t)end);
	eq = slice_chr(*name, '=');
	if (eq >= 0 || end == 0) {
		*value = eq < 0 ? SLICE_NONE : slice_from(*name, (size_t)eq + 1);
		*name = slice_head(*name, eq < 0 ? 0 : (size_t)eq);
		*text = slice_from(*text, (size_t)end + 1);
		return true;
	}
	if (text->n < (size_t)end + 9)
		return false;
	for (int i = 7; i >= 0; i--)
		size = size << 8 | (unsigned char)text->p[(size_t)end + 1 + (size_t)i];
	if (size > BUFFER || text->n < (size_t)end + 10 + size)
		return false;
	*value = slice_of(text->p + end + 9, (size_t)size);
	*text = slice_from(*text, (size_t)end + 10 + (size_t)size);
	return true;
}

/* An entry, which an empty line ends. */
static bool take_entry(struct slice *text, struct slice field[FIELDS])
{
	struct slice rest = *text, name, value;

	for (int i = 0; i < FIELDS; i++)
		field[i] = SLICE_NONE;
	while (take_field(&rest, &name, &value)) {
		if (name.n == 0) {
			*text = rest;
			return true;
		}
		for (int i = 0; i < FIELDS; i++)
			if (slice_eq(name, slice_str(field_names[i])))
				field[i] = value;
	}
	return false;
}

/* As rsyslog writes it; a newline in the message is #012 then. 0: no entry of a program. */
static size_t make_line(struct journal *j, const struct slice field[FIELDS])
{
	struct slice number = field[REALTIME], pid = slice_is_set(field[SYSLOG_PID]) ? field[SYSLOG_PID] : field[PID];
	struct slice host = slice_head(field[HOSTNAME], 255), who = slice_head(field[IDENTIFIER], 100);
	char *p = j->line, stamp[32];
	uint64_t us;
	time_t t;
	struct tm tm;

	if (!slice_number(&number, INT64_MAX, &us) || who.n == 0 || host.n == 0)
		return 0;
	t = (time_t)(us / 1000000);
	gmtime_r(&t, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
	p += snprintf(p, LINE_ROOM, "%s.%06d+00:00 %.*s %.*s", stamp, (int)(us % 1000000), (int)host.n, host.p,
	              (int)who.n, who.p);
	if (pid.n > 0 && pid.n < 12)
		p += snprintf(p, 20, "[%.*s]", (int)pid.n, pid.p);
	*p++ = ':';
	*p++ = ' ';
	for (size_t i = 0; i < field[MESSAGE].n && i < INPUT_LINE_MAX - LINE_ROOM; i++) {
		if (field[MESSAGE].p[i] == '\n') {
			memcpy(p, "#012", 4);
			p += 4;
		} else {
			*p++ = field[MESSAGE].p[i];
		}
	}
	*p++ = '\n';
	return (size_t)(p - j->line);
}

/* ------------------------------------------------------------------ the stream */

static void stream_begin(struct journal *j, const char *cursor)
{
	struct input_about about = {.path = cursor, .family = "journal", .pack = INPUT_PLAIN};
	struct run *run = &j->f->run;

	j->f->ingest.log = j->name;
	run->before = 0;
	run_stream_begin(run, &about);
	tracker_stream(run->tracker);
	j->begun = true;
}

static void feed(struct journal *j, struct slice cursor, size_t n)
{
	struct run *run = &j->f->run;
	char path[sizeof run->g.path];
	struct input_block block = {.bytes = slice_of(j->line, n)};

	snprintf(path, sizeof path, "%.*s", (int)(cursor.n < sizeof path ? cursor.n : sizeof path - 1), cursor.p);
	if (!j->begun)
		stream_begin(j, path);
	/* Before the line, so that each commit has the cursor of its last one. */
	memcpy(run->g.path, path, sizeof path);
	block.off = run->g.off;
	block.next = block.off + (int64_t)n;
	run_feed(run, &block);
	j->f->behind = true;
}

static void entry(struct journal *j, const struct slice field[FIELDS])
{
	struct run *run = &j->f->run;
	size_t n;

	if (j->resumed) {
		j->resumed = false;
		if (slice_eq(field[CURSOR], slice_str(run->g.path)))
			return; /* the one that was read last is still there: nothing is missing */
		run_begin(run);
		store_hole(run->store, 0, run->g.gen, run->g.last_us, run->g.last_us, 0, 0,
		           "the journal no longer holds what was read last");
	}
	n = make_line(j, field);
	if (n > 0 && field[CURSOR].n > 0)
		feed(j, field[CURSOR], n);
}

static void entries(struct journal *j)
{
	struct slice text = slice_of(j->buf, j->n), field[FIELDS];

	while (take_entry(&text, field))
		entry(j, field);
	if (text.n == BUFFER) /* no end in sight: what comes next is taken up at the next empty line */
		text = slice_from(text, text.n - 1);
	if (text.n)
		memmove(j->buf, text.p, text.n);
	j->n = text.n;
}

bool journal_step(struct journal *j)
{
	struct run *run = &j->f->run;
	ssize_t got;

	if (!j->pid) {
		if (clock_ns() < j->again_ns)
			return false;
		child_start(j);
		if (!j->pid)
			return false;
	}
	got = read(j->out, j->buf + j->n, BUFFER - j->n);
	if (got < 0)
		return false;
	if (got == 0) {
		child_end(j);
		return false;
	}
	j->n += (size_t)got;
	run->g = j->g;
	run->frame = j->frame;
	run->path = "journal";
	entries(j);
	run->g.state = GENERATION_LIVE;
	run_commit(run);
	j->g = run->g;
	j->frame = run->frame;
	return true;
}

int journal_fd(const struct journal *j)
{
	return j && j->pid ? j->out : -1;
}

/* The stream that the database knows, if there is one. */
static void stream_find(struct journal *j)
{
	struct run *run = &j->f->run;
	uint32_t log = log_of_path(run, j->name);

	j->begun = false;
	for (size_t k = 0; k < run->known_n && !j->begun; k++)
		if (run->known[k].log == log) {
			run_stream_resume(run, &run->known[k]);
			j->g = run->g;
			j->frame = run->frame;
			j->begun = true;
		}
}

void journal_again(struct journal *j)
{
	child_end(j);
	stream_find(j);
	j->again_ns = 0;
}

struct journal *journal_new(struct follow *f)
{
	struct journal *j = xcalloc(1, sizeof *j);

	j->f = f;
	j->out = -1;
	j->buf = xmalloc(BUFFER);
	j->line = xmalloc(4 * INPUT_LINE_MAX + LINE_ROOM);
	snprintf(j->name, sizeof j->name, "journal%s%s", f->o->unit ? ":" : "", f->o->unit ? f->o->unit : "");
	stream_find(j);
	return j;
}

struct journal *journal_free(struct journal *j)
{
	if (!j)
		return NULL;
	child_end(j);
	free(j->buf);
	free(j->line);
	free(j);
	return NULL;
}
