#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../analyzer/notify.h"

/* A service manager: a socket by a path, or (with @) by an abstract name. */
static int manager(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	strcpy(a.sun_path, name);
	if (name[0] == '@')
		a.sun_path[0] = '\0';
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static const char *heard(int fd)
{
	static char text[2048];
	ssize_t n = recv(fd, text, sizeof text - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void without_a_manager_nothing_happens(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	struct notify *n = notify_new();
	notify_say(n, "READY=1");
	notify_alive(n);
	assert_int_equal(notify_patience(n), -1);
	assert_null(notify_free(n));
}

static void a_manager_hears_what_is_said(void **state)
{
	char path[64] = "/tmp/wouldblock-notify.XXXXXX";
	int fd;

	(void)state;
	close(mkstemp(path));
	unlink(path);
	fd = manager(path);
	struct notify *n = notify_new();
	notify_say(n, "READY=1\nSTATUS=%d logs", 2);
	assert_string_equal(heard(fd), "READY=1\nSTATUS=2 logs");
	notify_reloading(n);
	assert_int_equal(strncmp(heard(fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	notify_free(n);
	close(fd);
	unlink(path);
}

static void an_abstract_name_is_understood(void **state)
{
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof name, "@wouldblock-notify-%d", (int)getpid());
	fd = manager(name);
	struct notify *n = notify_new();
	notify_say(n, "STOPPING=1");
	assert_string_equal(heard(fd), "STOPPING=1");
	notify_free(n);
	close(fd);
}

static void children_do_not_inherit_the_manager(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof name, "@wouldblock-notify-%d", (int)getpid());
	int fd = manager(name);
	setenv("WATCHDOG_USEC", "1000000", 1);
	notify_free(notify_new());
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	close(fd);
}

static void the_watchdog_hears_of_us_in_half_its_time_and_not_more_often(void **state)
{
	const struct timespec nap = {.tv_nsec = 60 * 1000000};
	char name[64];

	(void)state;
	snprintf(name, sizeof name, "@wouldblock-notify-%d", (int)getpid());
	int fd = manager(name);
	setenv("WATCHDOG_USEC", "100000", 1);
	unsetenv("WATCHDOG_PID");
	struct notify *n = notify_new();
	assert_int_equal(notify_patience(n), 50);
	notify_alive(n);
	assert_string_equal(heard(fd), "WATCHDOG=1");
	notify_alive(n);
	assert_string_equal(heard(fd), "");
	nanosleep(&nap, NULL);
	notify_alive(n);
	assert_string_equal(heard(fd), "WATCHDOG=1");
	notify_free(n);
	close(fd);
}

static void a_watchdog_of_another_process_is_none_of_our_business(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof name, "@wouldblock-notify-%d", (int)getpid());
	int fd = manager(name);
	setenv("WATCHDOG_USEC", "100000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	struct notify *n = notify_new();
	assert_int_equal(notify_patience(n), -1);
	notify_free(n);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_manager_nothing_happens),
	    cmocka_unit_test(a_manager_hears_what_is_said),
	    cmocka_unit_test(an_abstract_name_is_understood),
	    cmocka_unit_test(children_do_not_inherit_the_manager),
	    cmocka_unit_test(the_watchdog_hears_of_us_in_half_its_time_and_not_more_often),
	    cmocka_unit_test(a_watchdog_of_another_process_is_none_of_our_business),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
