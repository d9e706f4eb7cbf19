/*
 * input_fixture: files in a directory of the test's own, and opening them, for
 * the tests of reading and of names, order and years.
 */
#ifndef WB_INPUT_FIXTURE_H
#define WB_INPUT_FIXTURE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../analyzer/input.h"
#include "../../analyzer/msg.h"

#define ISO(day, text) "2026-11-" day "T10:00:00+00:00 mx1 postfix/smtpd[7]: " text "\n"
#define AFTER_DATE " 10:00:00 mx1 postfix/smtpd[7]: connect from a[192.0.2.1]\n"
#define BSD(date) date AFTER_DATE

static char dir[256];
static char said[4096]; /* what the last open_these() said on stderr */

/* A path in the test's own directory; a few at a time. */
static inline const char *at(const char *name)
{
	static char paths[16][512];
	static size_t next;
	char *p = paths[next++ % 16];

	snprintf(p, sizeof(paths[0]), "%s/%s", dir, name);
	return p;
}

static inline void put(const char *name, const char *bytes, size_t n)
{
	FILE *f = fopen(at(name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

/* A command in the test's directory. */
static inline void run(const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;
	int n = snprintf(cmd, sizeof(cmd), "cd '%s' && ", dir);

	va_start(ap, fmt);
	vsnprintf(cmd + n, sizeof(cmd) - (size_t)n, fmt, ap);
	va_end(ap);
	assert_int_equal(system(cmd), 0);
}

static inline void set_mtime(const char *name, int year, int month, int day)
{
	struct tm tm = {
	    .tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = day,
	    .tm_hour = 23,
	};
	struct timespec t[2] = {{.tv_sec = timegm(&tm)}, {.tv_sec = timegm(&tm)}};

	assert_int_equal(utimensat(AT_FDCWD, at(name), t, 0), 0);
}

static inline int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(dir, sizeof(dir), "%s/input_test.XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(dir) ? 0 : -1;
}

static inline int teardown(void **state)
{
	char cmd[300];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	return system(cmd);
}

/* Opens paths as they are and keeps what was said. */
static inline struct input *open_paths(const char *const *paths, size_t n, int year, size_t *bad)
{
	int saved = dup(STDERR_FILENO), fd = open(at(".said"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct input *in;
	ssize_t got;

	dup2(fd, STDERR_FILENO);
	in = input_open(paths, n, year, bad);
	dup2(saved, STDERR_FILENO);
	got = pread(fd, said, sizeof(said) - 1, 0);
	said[got > 0 ? got : 0] = '\0';
	close(fd);
	close(saved);
	return in;
}

/* Opens files of the test's directory, names parted by blanks, all of them good. */
static inline struct input *open_these(const char *names, int year)
{
	char list[512], *save = NULL;
	const char *paths[16];
	size_t n = 0, bad;
	struct input *in;

	snprintf(list, sizeof(list), "%s", names);
	for (char *p = strtok_r(list, " ", &save); p; p = strtok_r(NULL, " ", &save))
		paths[n++] = at(p);
	in = open_paths(paths, n, year, &bad);
	assert_int_equal(bad, 0);
	return in;
}

static inline const char *name_of(const struct input *in, size_t i)
{
	return strrchr(input_about(in, i)->path, '/') + 1;
}

static inline void expect_year(const struct input *in, size_t i, int year, bool unsure)
{
	const struct input_about *a = input_about(in, i);

	assert_int_equal(a->first_year, year);
	assert_int_equal(a->year_unsure, unsure);
	if (year) {
		time_t t = (time_t)(a->first_us / 1000000);
		struct tm tm;

		gmtime_r(&t, &tm);
		assert_int_equal(tm.tm_year + 1900, year);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
