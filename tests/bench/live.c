/*
 * live reader LOG PAGE: the least that a reader with inotify can be: wakes up,
 * reads, finds the newline. live append LOG PAGE LINES: appends warned lines,
 * one after the other has been parsed (and, if the reader says so, committed),
 * and prints for each how long that took, in microseconds.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

#include "live.h"

#define PAUSE_NS 3000000   /* between lines: each finds the reader asleep */
#define WAIT_NS 2000000000 /* for a line: longer is a loss */

static struct live *page_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(struct live)) != 0)
		err(1, "%s", path);
	void *p = mmap(NULL, sizeof(struct live), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	return p;
}

static void reader(const char *log, struct live *page)
{
	char bytes[65536];
	int fd = open(log, O_RDONLY | O_CLOEXEC), watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0 || watch < 0 || inotify_add_watch(watch, log, IN_MODIFY) < 0 || lseek(fd, 0, SEEK_END) < 0)
		err(1, "%s", log);
	for (;;) {
		struct pollfd p = {.fd = watch, .events = POLLIN};
		ssize_t n;
		poll(&p, 1, -1);
		if (read(watch, bytes, sizeof bytes) < 0)
			continue;
		while ((n = read(fd, bytes, sizeof bytes)) > 0)
			if (memchr(bytes, '\n', (size_t)n)) {
				live_note(&page->parsed, &page->parsed_ns);
				live_note(&page->committed, &page->committed_ns);
			}
	}
}

static void nap(long ns)
{
	const struct timespec t = {.tv_nsec = ns};

	nanosleep(&t, NULL);
}

/* Without looking all the time: there are two processors, and the reader needs one. */
static int64_t wait_for(_Atomic uint64_t *n, _Atomic int64_t *ns, uint64_t before, int64_t since)
{
	while (atomic_load(n) == before) {
		if (live_now_ns() - since > WAIT_NS)
			errx(1, "a line was not read in 2 s");
		nap(200000);
	}
	return atomic_load(ns) - since;
}

static void append(const char *log, struct live *page, int lines)
{
	int fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	char line[512];

	if (fd < 0)
		err(1, "%s", log);
	for (int i = 0; i < lines; i++) {
		int n =
		    snprintf(line, sizeof line,
		             "2026-11-22T%02d:%02d:%02d.%06d+00:00 mx1 postfix/smtpd[%d]: NOQUEUE: warn: RCPT from "
		             "mail%d.news.example[192.0.2.%d]: *** Invalid Inbound Sender ***; from=<a%d@own.example> "
		             "to=<b%d@own.example> proto=ESMTP helo=<mail%d.news.example>\n",
		             i / 3600 % 24, i / 60 % 60, i % 60, i % 1000000, 1000 + i % 50, i % 20, i % 20, i % 300,
		             i % 70, i % 20);
		uint64_t parsed = atomic_load(&page->parsed), committed = atomic_load(&page->committed);
		int64_t since = live_now_ns();
		if (write(fd, line, (size_t)n) != n)
			err(1, "%s", log);
		int64_t p = wait_for(&page->parsed, &page->parsed_ns, parsed, since);
		int64_t c = wait_for(&page->committed, &page->committed_ns, committed, since);
		printf("%.1f %.1f\n", (double)p / 1e3, (double)c / 1e3);
		nap(PAUSE_NS);
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "reader") == 0)
		reader(argv[2], page_open(argv[3]));
	else if (argc == 5 && strcmp(argv[1], "append") == 0)
		append(argv[2], page_open(argv[3]), atoi(argv[4]));
	else
		errx(64, "live reader LOG PAGE | live append LOG PAGE LINES");
	return 0;
}
