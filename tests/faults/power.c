/*
 * The power goes (faults.md D18): what was written since the last sync of a file may have come to the
 * disk or not, in parts, and in any order. Remembers for each file what it held before each write that
 * is not synced, and can put that back.
 */
#include "power.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WRITES 65536
#define FILES 32
#define SECTOR 512

struct write {
	int file;
	int64_t off, size_before;
	size_t n, had; /* bytes that were written, and how many stood there before */
	char *old, *now;
};

/* A descriptor of our own for each file, which stays open when SQLite closes its. */
static struct {
	uint64_t dev, ino;
	int fd;
} file[FILES];
static int files;
static struct write *write_log;
static size_t writes;
static bool held;
static _Thread_local bool inside; /* malloc may be one of ours */

/* False: we are in here already. */
static bool enter(void)
{
	if (inside)
		return false;
	inside = true;
	while (__atomic_test_and_set(&held, __ATOMIC_ACQUIRE))
		;
	return true;
}

static void leave(void)
{
	__atomic_clear(&held, __ATOMIC_RELEASE);
	inside = false;
}

static int file_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return -1;
	for (int i = 0; i < files; i++)
		if (file[i].dev == st.st_dev && file[i].ino == st.st_ino)
			return i;
	if (files == FILES)
		return -1;
	file[files].dev = st.st_dev;
	file[files].ino = st.st_ino;
	file[files].fd = dup(fd);
	return files++;
}

static ssize_t put(int fd, const char *from, size_t n, int64_t off)
{
	return syscall(SYS_pwrite64, fd, from, n, off);
}

static void remember(int fd, const void *now, size_t n, int64_t off, bool cuts)
{
	struct write *w;
	struct stat st;
	int at = file_of(fd);
	ssize_t had;

	if (at < 0 || writes == WRITES || fstat(fd, &st) != 0)
		return;
	if (!write_log)
		write_log = calloc(WRITES, sizeof *write_log);
	w = &write_log[writes++];
	*w = (struct write){.file = at, .off = off, .size_before = st.st_size, .n = n};
	w->old = malloc(n ? n : 1);
	had = n ? syscall(SYS_pread64, fd, w->old, n, off) : 0;
	w->had = had > 0 ? (size_t)had : 0;
	if (!cuts) {
		w->now = malloc(n ? n : 1);
		memcpy(w->now, now, n);
	}
}

void power_write(int fd, const void *from, size_t n, int64_t off)
{
	if (!enter())
		return;
	remember(fd, from, n, off, false);
	leave();
}

void power_truncate(int fd, int64_t size)
{
	struct stat st;

	if (!enter())
		return;
	if (fstat(fd, &st) == 0 && st.st_size > size)
		remember(fd, NULL, (size_t)(st.st_size - size), size, true);
	leave();
}

void power_sync(int fd)
{
	size_t kept = 0;
	int at;

	if (!enter())
		return;
	at = file_of(fd);
	for (size_t i = 0; i < writes; i++) {
		if (write_log[i].file == at) {
			free(write_log[i].old);
			free(write_log[i].now);
		} else {
			write_log[kept++] = write_log[i];
		}
	}
	writes = kept;
	leave();
}

static void put_back(const struct write *w)
{
	int fd = file[w->file].fd;

	put(fd, w->old, w->had, w->off);
	if (syscall(SYS_ftruncate, fd, w->size_before) != 0)
		return;
}

/* A write comes to the disk after all: whole, or the sectors before a place in it; what is cut off stays so. */
static void put_again(const struct write *w, size_t n)
{
	int fd = file[w->file].fd;

	if (w->now)
		put(fd, w->now, n, w->off);
	else if (syscall(SYS_ftruncate, fd, w->off) != 0)
		abort();
}

static uint64_t dice(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

void power_cut(enum power_order order, uint64_t seed)
{
	size_t kept;

	if (!enter())
		return;
	for (size_t i = writes; i-- > 0;)
		put_back(&write_log[i]);
	kept = order == POWER_TORN ? writes : 0;
	for (size_t i = 0; i < kept; i++)
		put_again(&write_log[i],
		          i + 1 == kept ? dice(&seed) % (write_log[i].n / SECTOR + 1) * SECTOR : write_log[i].n);
	if (order != POWER_MIXED)
		return;
	for (size_t i = writes; i-- > 0;) /* the last first, and of each two one */
		if (dice(&seed) % 2)
			put_again(&write_log[i], write_log[i].n);
}
