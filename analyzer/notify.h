/*
 * notify: tells the service manager how we are, as sd_notify(3) does: datagrams
 * of NAME=VALUE lines to $NOTIFY_SOCKET. Without one nothing happens. A message
 * that does not get through is lost: nothing here can fail.
 */
#ifndef WB_NOTIFY_H
#define WB_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct notify;

/* Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID and takes them out of the environment of children. */
struct notify *notify_new(void);
struct notify *notify_free(struct notify *n); /* always NULL */

/* One message: `READY=1`, `STOPPING=1`, `STATUS=...`; lines parted by newlines. */
void notify_say(struct notify *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* `RELOADING=1` with the time that the manager wants to know of it. */
void notify_reloading(struct notify *n);
/* Call it often: sends WATCHDOG=1 when half of the manager's patience is over. */
void notify_alive(struct notify *n);
/* Milliseconds in which notify_alive wants to be called; -1: never. */
int notify_patience(const struct notify *n);

#endif
