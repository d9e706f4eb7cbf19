#include "sendmail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/clock.h"
#include "../analyzer/msg.h"

#define TICK_MS 20
#define HEARD 400 /* bytes of what it says that we keep */

/* The program while it runs. */
struct child {
	pid_t pid;
	int mail;  /* the file that it reads; we share its offset */
	int voice; /* what it writes to stdout and stderr */
	char heard[HEARD];
	size_t heard_n;
	int status;
	bool late;
};

/* ------------------------------------------------------------------ starting */

static bool write_all(int fd, struct slice bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = slice_from(bytes, (size_t)n);
	}
	return true;
}

static int file_of(struct slice mail)
{
	int fd = memfd_create("mail", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (write_all(fd, mail) && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static char **words_of(const struct sendmail *s)
{
	const char *const head[] = {"sendmail", "-i", "-f", s->sender, "--"};
	const size_t n = sizeof head / sizeof *head;
	char **words = xcalloc(n + s->to_n + 1, sizeof *words);

	for (size_t i = 0; i < n; i++)
		words[i] = (char *)head[i];
	for (size_t i = 0; i < s->to_n; i++)
		words[n + i] = (char *)s->to[i].p;
	return words;
}

/* In the child, until it is another program: nothing but system calls. Tells the errno of a failure. */
static void become(const struct sendmail *s, char **words, int mail, int voice, int trouble)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid(); /* a group of its own, which can be killed as one; Ctrl-C does not reach it */
	if (dup2(mail, STDIN_FILENO) >= 0 && dup2(voice, STDOUT_FILENO) >= 0 && dup2(voice, STDERR_FILENO) >= 0)
		execv(s->program, words);
	int error = errno;
	while (write(trouble, &error, sizeof error) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* 0, or the errno of what failed. */
static int start(struct child *c, const struct sendmail *s)
{
	int voice[2], trouble[2], error = 0;

	if (pipe2(voice, O_CLOEXEC | O_NONBLOCK) < 0)
		return errno;
	if (pipe2(trouble, O_CLOEXEC) < 0) {
		error = errno;
		close(voice[0]);
		close(voice[1]);
		return error;
	}
	fcntl(voice[1], F_SETFL, 0); /* the program may expect to block */
	char **words = words_of(s);
	c->pid = fork();
	if (c->pid == 0)
		become(s, words, c->mail, voice[1], trouble[1]);
	if (c->pid < 0)
		error = errno;
	free(words);
	close(voice[1]);
	close(trouble[1]);
	while (read(trouble[0], &error, sizeof error) < 0 && errno == EINTR)
		;
	close(trouble[0]);
	c->voice = voice[0];
	if (error && c->pid > 0)
		waitpid(c->pid, NULL, 0);
	return error;
}

/* ------------------------------------------------------------------ waiting */

/* Reads what is there, and keeps the beginning of it: a flood must not block it. */
static void listen_to(struct child *c)
{
	char more[4096];
	ssize_t n;

	while (c->voice >= 0 && (n = read(c->voice, more, sizeof more)) != 0) {
		if (n < 0)
			return;
		size_t room = sizeof c->heard - c->heard_n, keep = (size_t)n < room ? (size_t)n : room;
		memcpy(c->heard + c->heard_n, more, keep);
		c->heard_n += keep;
	}
	if (c->voice >= 0)
		close(c->voice);
	c->voice = -1; /* all has been said */
}

static bool has_ended(struct child *c)
{
	pid_t pid;

	while ((pid = waitpid(c->pid, &c->status, WNOHANG)) < 0)
		if (errno != EINTR)
			msg_die(EX_OSERR, "cannot wait for sendmail: %s", strerror(errno));
	return pid != 0;
}

/* Ends with it: a grandchild that keeps the pipe open is not waited for. */
static void wait_for(struct child *c, int seconds)
{
	int64_t end = clock_ms() + (int64_t)seconds * 1000;

	while (!has_ended(c)) {
		struct pollfd p = {.fd = c->voice, .events = POLLIN};
		poll(&p, 1, TICK_MS);
		listen_to(c);
		if (clock_ms() < end)
			continue;
		c->late = true;
		kill(-c->pid, SIGKILL);
	}
	listen_to(c);
}

/* ------------------------------------------------------------------ what became of it */

/* `: ` and the first line of what it said. */
static void add_heard(const struct child *c, const char *before, char said[SENDMAIL_SAID])
{
	struct slice line = slice_of(c->heard, c->heard_n);
	size_t n = strlen(said);

	while (line.n && strchr(" \t\r\n", line.p[0]))
		line = slice_from(line, 1);
	if (slice_chr(line, '\n') >= 0)
		line = slice_head(line, (size_t)slice_chr(line, '\n'));
	if (line.n == 0)
		return;
	snprintf(said + n, SENDMAIL_SAID - n, "%s", before);
	n = strlen(said);
	msg_safe(line, said + n, SENDMAIL_SAID - n);
}

static bool judge(const struct child *c, const struct sendmail *s, size_t bytes, char said[SENDMAIL_SAID])
{
	off_t read_to = lseek(c->mail, 0, SEEK_CUR);

	said[0] = '\0';
	if (c->late)
		snprintf(said, SENDMAIL_SAID, "no end after %d seconds: killed", s->seconds);
	else if (WIFSIGNALED(c->status))
		snprintf(said, SENDMAIL_SAID, "killed by signal %d", WTERMSIG(c->status));
	else if (WEXITSTATUS(c->status) != 0)
		snprintf(said, SENDMAIL_SAID, "status %d", WEXITSTATUS(c->status));
	else if (read_to < (off_t)bytes)
		snprintf(said, SENDMAIL_SAID, "it read only %lld of %zu bytes", (long long)read_to, bytes);
	bool taken = said[0] == '\0';
	add_heard(c, taken ? "" : ": ", said);
	return taken;
}

bool sendmail_hand(const struct sendmail *s, struct slice mail, char said[SENDMAIL_SAID])
{
	struct child c = {.mail = file_of(mail), .voice = -1};

	signal(SIGCHLD, SIG_DFL); /* who started us may have had it ignored, and then nobody tells how a child ended */
	int error = c.mail < 0 ? errno : start(&c, s);
	bool taken = false;
	if (error) {
		snprintf(said, SENDMAIL_SAID, "%s", strerror(error));
	} else {
		wait_for(&c, s->seconds);
		taken = judge(&c, s, mail.n, said);
	}
	if (c.voice >= 0)
		close(c.voice);
	if (c.mail >= 0)
		close(c.mail);
	return taken;
}
