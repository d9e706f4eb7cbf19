/*
 * The lock file says who reads logs: pid, and of a follow since when, when it
 * had last read all, and what. `ingest` leaves only its pid there.
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

/* Now and then, and at once when the text would be another one. A reader who sees half of it asks again soon. */
void lock_tell(struct follow *f, bool caught_up)
{
	char text[2048];
	size_t n;
	int64_t now = follow_now_ns();

	if (f->since_us && (!caught_up || (f->told && now - f->told_ns < FOLLOW_TELLS * INT64_C(1000000000))))
		return;
	f->told = caught_up;
	f->told_ns = now;
	if (!f->since_us)
		f->since_us = wall_us();
	n = (size_t)snprintf(text, sizeof text, "%ld\nfollow %020lld %020lld\n", (long)getpid(), (long long)f->since_us,
	                     caught_up ? (long long)wall_us() : 0LL);
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

static bool lock_read(struct slice text, struct follow_state *out)
{
	uint64_t pid, since, caught;
	size_t n;

	if (!slice_number(&text, INT32_MAX, &pid) || !slice_skip(&text, SLICE("\n")))
		return false;
	out->pid = (long)pid;
	if (!slice_skip(&text, SLICE("follow ")) || !slice_number(&text, INT64_MAX, &since) ||
	    !slice_skip(&text, SLICE(" ")) || !slice_number(&text, INT64_MAX, &caught) ||
	    !slice_skip(&text, SLICE("\n")))
		return false;
	out->since_us = (int64_t)since;
	out->caught_up_us = caught ? (int64_t)caught : STAMP_NONE;
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

	*out = (struct follow_state){.since_us = STAMP_NONE, .caught_up_us = STAMP_NONE};
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
