#include "watch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "msg.h"

#define FILE_EVENTS (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)
#define DIR_EVENTS (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR)

struct watch {
	int fd; /* -1: no inotify here */
	const sigset_t *waiting;
	sigset_t mask;
};

struct watch *watch_new(const sigset_t *waiting)
{
	struct watch *w = xcalloc(1, sizeof *w);

	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (waiting) {
		w->mask = *waiting;
		w->waiting = &w->mask;
	}
	return w;
}

struct watch *watch_free(struct watch *w)
{
	if (w && w->fd >= 0)
		close(w->fd);
	free(w);
	return NULL;
}

/* By the descriptor: a name may stand for another file by now. */
int watch_file(struct watch *w, int fd)
{
	char name[64];

	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	return w->fd < 0 ? -1 : inotify_add_watch(w->fd, name, FILE_EVENTS);
}

int watch_dir(struct watch *w, const char *path)
{
	return w->fd < 0 ? -1 : inotify_add_watch(w->fd, path, DIR_EVENTS);
}

void watch_forget(struct watch *w, int number)
{
	if (w->fd >= 0 && number >= 0)
		inotify_rm_watch(w->fd, number);
}

bool watch_wait(struct watch *w, int ms, int other)
{
	struct pollfd p[2] = {{.fd = w->fd, .events = POLLIN}, {.fd = other, .events = POLLIN}};
	const struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	char events[16384];

	if (ppoll(p, 2, &limit, w->waiting) == 0)
		return false;
	/* What is left comes with the next call. */
	if ((p[0].revents & POLLIN) && read(w->fd, events, sizeof events) < 0)
		return true;
	return true;
}

void watch_sleep(struct watch *w, int ms)
{
	const struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	ppoll(NULL, 0, &limit, w->waiting);
}
