/*
 * The lock file says who reads logs: pid, and of a follow since when, when it
 * had last read all, whether it waits because nothing can be stored, whether a
 * reader keeps the write-ahead log, and what it reads. `ingest` leaves only its pid there. It is written over in place, which
 * needs no room on a disk that is full.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "follow_i.h"

static int64_t wall_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

#define WHY 300

/* A reader who sees half of it asks again soon. What changes has its place, so that the text never gets shorter. */
static void lock_write(struct follow *f, const char *why, int64_t next_try_us)
{
	char text[2048];
	size_t n;

	if (!f->since_us)
		f->since_us = wall_us();
	n = (size_t)snprintf(text, sizeof text,
	                     "%ld\nfollow %020lld %020lld\npaused %020lld %020lld %-*.*s\nkept %020lld %020lld\n",
	                     (long)getpid(), (long long)f->since_us, (long long)f->caught_up_us,
	                     next_try_us ? (long long)f->paused_us : 0LL, (long long)next_try_us, WHY, WHY, why,
	                     (long long)f->kept_us, (long long)f->kept_bytes);
	for (size_t i = 0; i < f->logs && n < sizeof text - 1; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s\n", f->log[i].path);
	if (f->journal && n < sizeof text - 1)
		n += (size_t)snprintf(text + n, sizeof text - n, "journal\n");
	if (n >= sizeof text)
		n = sizeof text - 1;
	/* Only readers lose by a failure: they take us for one who is behind. */
	if (pwrite(f->run.db->ingest_lock, text, n, 0) < 0)
		return;
}

/* Now and then, and at once when the text would be another one. */
void lock_tell(struct follow *f, bool caught_up)
{
	int64_t now = clock_ns();

	if (f->since_us && (!caught_up || (f->caught_up_us && now - f->told_ns < FOLLOW_TELLS * INT64_C(1000000000))))
		return;
	f->told_ns = now;
	f->caught_up_us = caught_up ? wall_us() : 0;
	lock_write(f, "", 0);
}

void lock_pause(struct follow *f, const char *why, int64_t ms)
{
	int64_t now = wall_us();

	if (!f->paused_us)
		f->paused_us = now;
	lock_write(f, why, now + ms * 1000);
}

void lock_kept(struct follow *f, int64_t bytes)
{
	f->kept_us = bytes == 0 ? 0 : f->kept_us ? f->kept_us : wall_us();
	f->kept_bytes = bytes;
	lock_write(f, "", 0);
}

void lock_go_on(struct follow *f)
{
	lock_write(f, "", 0);
}

/* Two times and what stands behind them to the line's end. */
static bool line_read(struct slice *text, struct slice word, uint64_t time[2], struct slice *rest)
{
	ptrdiff_t end;

	if (!slice_skip(text, word) || !slice_number(text, INT64_MAX, &time[0]) || !slice_skip(text, SLICE(" ")) ||
	    !slice_number(text, INT64_MAX, &time[1]) || (end = slice_chr(*text, '\n')) < 0)
		return false;
	*rest = slice_head(*text, (size_t)end);
	*text = slice_from(*text, (size_t)end + 1);
	return true;
}

static int64_t time_or_none(uint64_t us)
{
	return us ? (int64_t)us : STAMP_NONE;
}

static void why_read(struct slice why, struct follow_state *out)
{
	slice_skip(&why, SLICE(" "));
	while (why.n > 0 && why.p[why.n - 1] == ' ')
		why.n--;
	why = slice_head(why, why.n < sizeof out->why - 1 ? why.n : sizeof out->why - 1);
	memcpy(out->why, why.p, why.n);
	out->why[why.n] = '\0';
}

static bool lock_read(struct slice text, struct follow_state *out)
{
	uint64_t pid, time[2];
	struct slice rest;
	size_t n;

	if (!slice_number(&text, INT32_MAX, &pid) || !slice_skip(&text, SLICE("\n")))
		return false;
	out->pid = (long)pid;
	if (!line_read(&text, SLICE("follow "), time, &rest) || rest.n)
		return false;
	out->since_us = (int64_t)time[0];
	out->caught_up_us = time_or_none(time[1]);
	if (line_read(&text, SLICE("paused "), time, &rest)) {
		out->paused_us = time_or_none(time[0]);
		out->next_try_us = time_or_none(time[1]);
		why_read(rest, out);
	}
	if (line_read(&text, SLICE("kept "), time, &rest)) {
		out->kept_us = time_or_none(time[0]);
		out->kept_bytes = (int64_t)time[1];
	}
	n = text.n < sizeof out->logs - 1 ? text.n : sizeof out->logs - 1;
	memcpy(out->logs, text.p, n);
	while (n > 0 && out->logs[n - 1] == '\n')
		n--;
	out->logs[n] = '\0';
	return true;
}

bool follow_state(const char *database, struct follow_state *out)
{
	char name[4096], text[2048];
	bool says, held;
	ssize_t n;
	int fd;

	*out = (struct follow_state){.since_us = STAMP_NONE,
	                             .caught_up_us = STAMP_NONE,
	                             .paused_us = STAMP_NONE,
	                             .next_try_us = STAMP_NONE,
	                             .kept_us = STAMP_NONE};
	snprintf(name, sizeof name, "%s.ingest.lock", database);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	n = pread(fd, text, sizeof text, 0);
	says = n > 0 && lock_read(slice_of(text, (size_t)n), out);
	/* Shared and for an instant: whoever wants the lock for himself asks more than once (db.c). */
	held = says && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	out->alive = held;
	return held;
}

bool follow_alive(const char *database)
{
	struct follow_state state;

	return follow_state(database, &state);
}
