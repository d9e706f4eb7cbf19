#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../analyzer/watch.h"
#include "folder.h"

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/wouldblock-watch.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return folder_remove(folder);
}

static int make_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void a_wait_without_news_lasts_as_long_as_it_may(void **state)
{
	struct watch *w = watch_new(NULL);
	int64_t start = now_ms();

	(void)state;
	assert_false(watch_wait(w, 40, -1));
	assert_true(now_ms() - start >= 39);
	watch_free(w);
}

static void a_file_that_grows_ends_the_wait(void **state)
{
	struct watch *w = watch_new(NULL);
	int fd = make_file("a");

	(void)state;
	assert_true(watch_file(w, fd) >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_true(watch_wait(w, 5000, -1));
	assert_false(watch_wait(w, 1, -1)); /* told once */
	close(fd);
	watch_free(w);
}

static void a_renamed_file_is_still_the_one_that_is_watched(void **state)
{
	struct watch *w = watch_new(NULL);
	int fd = make_file("b");
	char from[128], to[128];

	(void)state;
	watch_file(w, fd);
	snprintf(from, sizeof from, "%s/b", folder);
	snprintf(to, sizeof to, "%s/b.1", folder);
	assert_int_equal(rename(from, to), 0);
	assert_true(watch_wait(w, 5000, -1));
	assert_int_equal(write(fd, "x", 1), 1);
	assert_true(watch_wait(w, 5000, -1));
	close(fd);
	watch_free(w);
}

static void a_name_that_appears_in_a_folder_ends_the_wait(void **state)
{
	struct watch *w = watch_new(NULL);
	int number = watch_dir(w, folder);

	(void)state;
	assert_true(number >= 0);
	close(make_file("c"));
	assert_true(watch_wait(w, 5000, -1));
	watch_forget(w, number);
	while (watch_wait(w, 1, -1))
		;
	close(make_file("d"));
	assert_false(watch_wait(w, 1, -1));
	watch_free(w);
}

static void what_cannot_be_watched_is_no_error(void **state)
{
	struct watch *w = watch_new(NULL);

	(void)state;
	assert_int_equal(watch_dir(w, "/nonexistent/folder"), -1);
	watch_forget(w, -1);
	assert_false(watch_wait(w, 1, -1));
	watch_free(w);
}

static void another_descriptor_ends_the_wait(void **state)
{
	struct watch *w = watch_new(NULL);
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_true(watch_wait(w, 5000, fds[0]));
	close(fds[0]);
	close(fds[1]);
	watch_free(w);
}

static volatile sig_atomic_t came;

static void on_signal(int sig)
{
	came = sig;
}

static void a_signal_that_came_before_the_wait_ends_it(void **state)
{
	struct sigaction a = {.sa_handler = on_signal}, before;
	sigset_t ours, waiting;

	(void)state;
	sigaction(SIGUSR1, &a, &before);
	sigemptyset(&ours);
	sigaddset(&ours, SIGUSR1);
	sigprocmask(SIG_BLOCK, &ours, &waiting);
	struct watch *w = watch_new(&waiting);
	raise(SIGUSR1);
	assert_int_equal(came, 0);
	assert_true(watch_wait(w, 5000, -1));
	assert_int_equal(came, SIGUSR1);
	watch_free(w);
	sigprocmask(SIG_SETMASK, &waiting, NULL);
	sigaction(SIGUSR1, &before, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_wait_without_news_lasts_as_long_as_it_may),
	    cmocka_unit_test(a_file_that_grows_ends_the_wait),
	    cmocka_unit_test(a_renamed_file_is_still_the_one_that_is_watched),
	    cmocka_unit_test(a_name_that_appears_in_a_folder_ends_the_wait),
	    cmocka_unit_test(what_cannot_be_watched_is_no_error),
	    cmocka_unit_test(another_descriptor_ends_the_wait),
	    cmocka_unit_test(a_signal_that_came_before_the_wait_ends_it),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
