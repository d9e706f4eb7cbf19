#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"

#define PIPE_SIZE (256 * 1024)
#define SECOND_NS INT64_C(1000000000)
#define LONGEST_S INT64_C(1000000000)
#define DAY_MS (24 * 3600 * 1000)
#define DAY_NS (24 * 3600 * SECOND_NS)

static _Atomic int64_t limit_s = 3600;

struct unpack_tool {
	enum input_pack pack;
	int garbage; /* exit code for "all is there, garbage behind it"; 0: none of its own */
	const char *argv[4];
};

/* In the order of preference: the fastest first. */
static const struct unpack_tool tools[] = {
    {INPUT_GZ, 0, {"igzip", "-dc"}},
    {INPUT_GZ, 0, {"pigz", "-dc"}},
    {INPUT_GZ, 2, {"gzip", "-dc"}},
    {INPUT_BZ2, 0, {"pbzip2", "-dc"}},
    {INPUT_BZ2, 0, {"bzip2", "-dc"}},
    /* A file that asks for more memory than xz -9 ever needs is not a log. */
    {INPUT_XZ, 0, {"xz", "-dc", "--memlimit-decompress=256MiB"}},
    {INPUT_ZST, 0, {"zstd", "-dcq"}},
};

static const char *const folders[] = {"/usr/bin/", "/bin/"};

static const struct {
	enum input_pack pack;
	struct slice magic;
	const char *package;
} formats[] = {
    {INPUT_GZ, {"\x1f\x8b", 2}, "gzip"},
    {INPUT_BZ2, {"BZh", 3}, "bzip2"},
    {INPUT_XZ,
     {"\xfd"
      "7zXZ\0",
      6},
     "xz-utils"},
    {INPUT_ZST, {"\x28\xb5\x2f\xfd", 4}, "zstd"},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void input_unpack_limit(int64_t seconds)
{
	limit_s = seconds < LONGEST_S ? seconds : LONGEST_S;
}

enum input_pack unpack_magic(const char *head, size_t n)
{
	for (size_t i = 0; i < COUNT(formats); i++)
		if (slice_starts(slice_of(head, n), formats[i].magic))
			return formats[i].pack;
	return INPUT_PLAIN;
}

static const char *package_of(enum input_pack pack)
{
	for (size_t i = 0; i < COUNT(formats); i++)
		if (formats[i].pack == pack)
			return formats[i].package;
	return "";
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * Its own process group: Ctrl-C is for us, who end in good order, and must not
 * look like a damaged file. Signals as they were born: we may ignore SIGPIPE,
 * the child must not.
 */
static void child_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attr);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* Tries one path; the errno of the failure, or 0. */
static int spawn_at(struct unpack *u, const char *path, int in, int out, int err)
{
	char *const envp[] = {"LC_ALL=C", "PATH=/usr/bin:/bin", NULL};
	char *argv[COUNT(u->tool->argv)] = {NULL};
	posix_spawn_file_actions_t act;
	posix_spawnattr_t attr;
	int rc;

	for (size_t i = 0; u->tool->argv[i]; i++)
		argv[i] = (char *)u->tool->argv[i]; /* execve(2) does not write to them */
	child_attributes(&attr);
	posix_spawn_file_actions_init(&act);
	rc = posix_spawn_file_actions_adddup2(&act, in, STDIN_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&act, out, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&act, err, STDERR_FILENO);
	if (rc == 0) /* a child that reads from elsewhere would find the file empty */
		rc = posix_spawn(&u->pid, path, &act, &attr, argv, envp);
	posix_spawn_file_actions_destroy(&act);
	posix_spawnattr_destroy(&attr);
	if (rc != 0)
		u->pid = 0;
	return rc;
}

/* The first tool for `pack` that exists; ENOENT if there is none. */
static int spawn_any(struct unpack *u, enum input_pack pack, int in, int out, int err)
{
	char path[64];

	for (size_t i = 0; i < COUNT(tools) * COUNT(folders); i++) {
		int rc;

		u->tool = &tools[i / COUNT(folders)];
		if (u->tool->pack != pack)
			continue;
		snprintf(path, sizeof(path), "%s%s", folders[i % COUNT(folders)], u->tool->argv[0]);
		rc = spawn_at(u, path, in, out, err);
		if (rc != ENOENT && rc != EACCES)
			return rc;
	}
	return ENOENT;
}

bool unpack_start(struct unpack *u, enum input_pack pack, int fd, char *why, size_t cap)
{
	int out[2] = {-1, -1}, err[2] = {-1, -1};
	int rc = 0;

	*u = (struct unpack){.out = -1, .err = -1};
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC | O_NONBLOCK) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		rc = errno;
	else
		rc = spawn_any(u, pack, fd, out[1], err[1]);
	close_fd(&out[1]);
	close_fd(&err[1]);
	if (rc == 0) {
		u->out = out[0];
		u->err = err[0];
		u->until_ns = clock_ns() + limit_s * SECOND_NS;
		fcntl(u->out, F_SETPIPE_SZ, PIPE_SIZE); /* fewer switches; the old size will do */
		return true;
	}
	close_fd(&out[0]);
	close_fd(&err[0]);
	if (rc == ENOENT)
		snprintf(why, cap, "nothing installed to uncompress it (package %s)", package_of(pack));
	else
		snprintf(why, cap, "cannot start the decompressor: %s", strerror(rc));
	errno = rc;
	return false;
}

/* Its own time is over, whether it has written something by now or not. */
static ssize_t too_late(struct unpack *u)
{
	unpack_stop(u);
	errno = ETIMEDOUT;
	return -1;
}

ssize_t unpack_read(struct unpack *u, char *buf, size_t n)
{
	struct pollfd p = {.fd = u->out, .events = POLLIN};
	int64_t left_ns = u->until_ns - clock_ns();
	int ready;

	if (left_ns <= 0)
		return too_late(u);
	ready = poll(&p, 1, left_ns < DAY_NS ? (int)(left_ns / 1000000) + 1 : DAY_MS);
	if (ready == 0 && left_ns < DAY_NS)
		return too_late(u);
	if (ready == 0)
		errno = EINTR; /* ask again */
	return ready <= 0 ? -1 : read(u->out, buf, n);
}

void unpack_why_late(char *why, size_t cap)
{
	snprintf(why, cap, "not uncompressed to its end within %lld s (`unpack_limit` of the settings)",
	         (long long)limit_s);
}

/*
 * The gist of a complaint such as "\ngzip: stdin: unexpected end of file\n":
 * the first line that is not empty, without the names of tool and stream.
 */
static struct slice gist(struct slice s)
{
	while (s.n > 0 && (s.p[0] == '\n' || s.p[0] == ' '))
		s = slice_from(s, 1);
	if (slice_chr(s, '\n') >= 0)
		s = slice_head(s, (size_t)slice_chr(s, '\n'));
	for (ptrdiff_t at = slice_find(s, SLICE(": ")); at >= 0; at = slice_find(s, SLICE(": "))) {
		struct slice name = slice_head(s, (size_t)at);

		if (slice_chr(name, ' ') >= 0 && slice_find(name, SLICE("stdin")) < 0)
			break;
		s = slice_from(s, (size_t)at + 2);
	}
	return s;
}

static void why_damaged(struct unpack *u, int status, char *why, size_t cap)
{
	char raw[400], text[200];
	ssize_t n = read(u->err, raw, sizeof(raw));
	struct slice said = gist(slice_of(raw, n > 0 ? (size_t)n : 0));

	if (WIFSIGNALED(status))
		snprintf(why, cap, "%s was killed by signal %d", u->tool->argv[0], WTERMSIG(status));
	else if (said.n > 0)
		snprintf(why, cap, "compressed file damaged: %s", msg_safe(said, text, sizeof(text)));
	else
		snprintf(why, cap, "compressed file damaged: %s gave up with code %d", u->tool->argv[0],
		         WEXITSTATUS(status));
}

static int reap(struct unpack *u)
{
	int status = 0;
	pid_t got;

	do
		got = waitpid(u->pid, &status, 0);
	while (got < 0 && errno == EINTR);
	u->pid = 0;
	return got < 0 ? -1 : status;
}

bool unpack_end(struct unpack *u, char *why, size_t cap)
{
	bool well = true;

	if (u->pid) {
		int status = reap(u);

		well = status == 0 ||
		       (status > 0 && WIFEXITED(status) && u->tool->garbage && WEXITSTATUS(status) == u->tool->garbage);
		if (status < 0)
			snprintf(why, cap, "nobody knows how %s ended", u->tool->argv[0]);
		else if (!well)
			why_damaged(u, status, why, cap);
	}
	close_fd(&u->out);
	close_fd(&u->err);
	return well;
}

void unpack_stop(struct unpack *u)
{
	if (!u->pid)
		return;
	kill(u->pid, SIGKILL);
	reap(u);
	close_fd(&u->out);
	close_fd(&u->err);
}
