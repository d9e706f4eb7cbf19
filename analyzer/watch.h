/*
 * watch: wake me when it may have grown. inotify where it works, else only the
 * caller's own clock: every event is a hint and none is relied on (faults.md
 * 1.5), so a watch that cannot be set is no error, and what an event says of a
 * file is not even looked at.
 */
#ifndef WB_WATCH_H
#define WB_WATCH_H

#include <signal.h>
#include <stdbool.h>

struct watch;

/*
 * waiting: the signals that are blocked while watch_wait waits; the caller
 * blocks those he wants to be woken by at all other times. NULL: as they are.
 */
struct watch *watch_new(const sigset_t *waiting);
struct watch *watch_free(struct watch *w); /* always NULL */

/*
 * An open file, whatever its name: it grows, is renamed, loses its last name.
 * A directory: names come and go. A number for watch_forget; -1 if the system
 * does not watch it (no inotify, limit reached, no such directory).
 */
int watch_file(struct watch *w, int fd);
int watch_dir(struct watch *w, const char *path);
void watch_forget(struct watch *w, int number); /* -1 is fine */

/*
 * Waits until something happened to what is watched, until `other` (-1: none)
 * can be read or has ended, until a signal came, or for `ms` milliseconds.
 * False if only the time is over. One system call if nothing happens.
 */
bool watch_wait(struct watch *w, int ms, int other);
/* The same, for time and signals only. */
void watch_sleep(struct watch *w, int ms);

#endif
