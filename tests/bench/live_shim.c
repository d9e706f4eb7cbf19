/*
 * Preloaded into follow: tells when a line that was read has been parsed, and
 * when its row has been committed, in the page of $BENCH_LIVE. Parsed is when
 * the file is asked for more, or SQLite is given the first value, after bytes
 * of a plain file were read with read(2) (SQLite itself uses pread(2));
 * committed is when a transaction that held such bytes has ended and SQLite has
 * returned.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"

#define REAL(f) ((__typeof__(f) *)dlsym(RTLD_NEXT, #f))

static struct live *page;
static int was_read = -1; /* the descriptor */
static bool was_parsed;

__attribute__((constructor)) static void page_map(void)
{
	const char *path = getenv("BENCH_LIVE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		page = NULL;
	close(fd);
}

static ssize_t note_read(int fd, ssize_t got)
{
	struct stat st;

	if (got > 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		was_read = fd;
	return got;
}

static void note_value(void)
{
	if (was_read < 0 || !page)
		return;
	was_read = -1;
	was_parsed = true;
	live_note(&page->parsed, &page->parsed_ns);
}

static void note_end(sqlite3 *db)
{
	if (!was_parsed || !sqlite3_get_autocommit(db))
		return;
	was_parsed = false;
	live_note(&page->committed, &page->committed_ns);
}

ssize_t read(int fd, void *to, size_t n)
{
	static __typeof__(read) *real;

	if (!real)
		real = REAL(read);
	if (fd == was_read)
		note_value();
	return note_read(fd, real(fd, to, n));
}

int sqlite3_bind_int64(sqlite3_stmt *q, int at, sqlite3_int64 v)
{
	static __typeof__(sqlite3_bind_int64) *real;

	if (!real)
		real = REAL(sqlite3_bind_int64);
	note_value();
	return real(q, at, v);
}

int sqlite3_bind_text(sqlite3_stmt *q, int at, const char *v, int n, void (*end)(void *))
{
	static __typeof__(sqlite3_bind_text) *real;

	if (!real)
		real = REAL(sqlite3_bind_text);
	note_value();
	return real(q, at, v, n, end);
}

int sqlite3_step(sqlite3_stmt *q)
{
	static __typeof__(sqlite3_step) *real;

	if (!real)
		real = REAL(sqlite3_step);
	int rc = real(q);
	note_end(sqlite3_db_handle(q));
	return rc;
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *arg, char **why)
{
	static __typeof__(sqlite3_exec) *real;

	if (!real)
		real = REAL(sqlite3_exec);
	int rc = real(db, sql, row, arg, why);
	note_end(db);
	return rc;
}
