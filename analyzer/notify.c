#include "notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"

struct notify {
	int fd; /* -1: nobody to tell */
	struct sockaddr_un to;
	socklen_t to_n;
	int64_t every_ns, next_ns; /* every_ns 0: no watchdog */
};

/* A path, or a name of the abstract sort, which is written with @ for its NUL. */
static bool address(struct notify *n, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	if (len < 2 || len >= sizeof n->to.sun_path || (name[0] != '/' && name[0] != '@'))
		return false;
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, name, len);
	if (name[0] == '@')
		n->to.sun_path[0] = '\0';
	n->to_n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

/* Half of the time that the manager waits for a sign of life of this very process. */
static int64_t watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	struct slice u = slice_str(usec ? usec : ""), p = slice_str(pid ? pid : "");
	uint64_t us, id;

	if (!slice_number(&u, INT64_MAX / 1000, &us) || u.n)
		return 0;
	if (pid && (!slice_number(&p, INT32_MAX, &id) || p.n || id != (uint64_t)getpid()))
		return 0;
	return (int64_t)us * 1000 / 2;
}

struct notify *notify_new(void)
{
	struct notify *n = xcalloc(1, sizeof *n);

	n->fd = -1;
	if (address(n, getenv("NOTIFY_SOCKET")))
		n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0)
		n->every_ns = watchdog();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return n;
}

struct notify *notify_free(struct notify *n)
{
	if (n && n->fd >= 0)
		close(n->fd);
	free(n);
	return NULL;
}

void notify_say(struct notify *n, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (n->fd < 0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	/* A manager that does not listen must not make us wait. */
	if (sendto(n->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&n->to, n->to_n) < 0)
		return;
}

void notify_reloading(struct notify *n)
{
	notify_say(n, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(clock_ns() / 1000));
}

void notify_alive(struct notify *n)
{
	int64_t now;

	if (n->every_ns == 0)
		return;
	now = clock_ns();
	if (now < n->next_ns)
		return;
	n->next_ns = now + n->every_ns;
	notify_say(n, "WATCHDOG=1");
}

int notify_patience(const struct notify *n)
{
	int64_t ms = n->every_ns / 1000000;

	if (n->every_ns == 0)
		return -1;
	return ms < 1 ? 1 : ms > 60000 ? 60000 : (int)ms;
}
