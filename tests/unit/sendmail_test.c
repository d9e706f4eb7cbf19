#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../ui/sendmail.h"

static char dir[] = "/tmp/wouldblock-sendmail.XXXXXX";
static char program[64], path[80], said[SENDMAIL_SAID];

static int begin(void **state)
{
	(void)state;
	strcpy(dir + sizeof dir - 7, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(program, sizeof program, "%s/sendmail", dir);
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = {"sendmail", "got", "pid"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

/* A file in our folder, as a C string. */
static const char *got(const char *name)
{
	static char bytes[4096];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(bytes, 1, sizeof bytes - 1, f) : 0;
	if (f)
		fclose(f);
	bytes[n] = '\0';
	return bytes;
}

/* The program is this shell script; $D is our folder. */
static bool hand(const char *script, struct slice mail, int seconds)
{
	const struct slice to[] = {SLICE("a@b.example"), SLICE("$(touch x);`id`")};
	const struct sendmail s = {.program = program, .sender = "robot", .to = to, .to_n = 2, .seconds = seconds};
	FILE *f = fopen(program, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\nD=%s\n%s\n", dir, script);
	fclose(f);
	assert_int_equal(chmod(program, 0700), 0);
	return sendmail_hand(&s, mail, said);
}

static void it_gets_the_mail_and_its_words(void **state)
{
	(void)state;
	assert_true(hand("cat >$D/got; printf '[%s]' \"$@\" >>$D/got", SLICE("mail\n.\nmore\n"), 10));
	assert_string_equal(said, "");
	assert_string_equal(got("got"), "mail\n.\nmore\n[-i][-f][robot][--][a@b.example][$(touch x);`id`]");
}

static void a_large_mail_arrives_whole(void **state)
{
	const size_t n = 3000000;
	char *mail = malloc(n);

	(void)state;
	assert_non_null(mail);
	memset(mail, 'x', n);
	assert_true(hand("cat | wc -c >$D/got", slice_of(mail, n), 20));
	assert_int_equal(strtol(got("got"), NULL, 10), n);
	free(mail);
}

static void its_status_is_told_with_its_first_line(void **state)
{
	(void)state;
	assert_false(hand("printf '\\n\\033[31mno room\\nmore\\n' >&2; exit 75", SLICE("m"), 10));
	assert_string_equal(said, "status 75: \\x1b[31mno room");
}

static void a_signal_is_no_success(void **state)
{
	(void)state;
	assert_false(hand("cat >/dev/null; kill -TERM $$", SLICE("m"), 10));
	assert_string_equal(said, "killed by signal 15");
}

static void who_does_not_read_it_all_has_not_taken_it(void **state)
{
	(void)state;
	assert_false(hand("exec <&-; exit 0", SLICE("mail"), 10));
	assert_string_equal(said, "it read only 0 of 4 bytes");
}

static void words_beside_a_success_are_told(void **state)
{
	(void)state;
	assert_true(hand("cat >/dev/null; echo careful", SLICE("m"), 10));
	assert_string_equal(said, "careful");
}

static void a_flood_of_words_does_not_block_it(void **state)
{
	(void)state;
	assert_true(hand("head -c 2000000 /dev/zero | tr '\\0' x >&2; cat >/dev/null", SLICE("m"), 20));
	assert_true(strlen(said) > 100 && strlen(said) < SENDMAIL_SAID);
}

static bool is_running(long pid)
{
	char name[40], state = 'Z';

	snprintf(name, sizeof name, "/proc/%ld/stat", pid);
	FILE *f = fopen(name, "r");
	if (!f)
		return false;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state != 'Z';
}

static void one_that_hangs_is_killed_with_what_it_started(void **state)
{
	time_t began = time(NULL);
	const struct timespec nap = {.tv_nsec = 10 * 1000 * 1000};

	(void)state;
	assert_false(hand("sleep 60 & echo $! >$D/pid; cat >/dev/null; sleep 60", SLICE("m"), 1));
	assert_string_equal(said, "no end after 1 seconds: killed");
	assert_true(time(NULL) - began < 10);
	long pid = strtol(got("pid"), NULL, 10);
	assert_true(pid > 1);
	for (int i = 0; i < 300 && is_running(pid); i++)
		nanosleep(&nap, NULL);
	assert_false(is_running(pid));
}

static void what_it_leaves_running_is_not_waited_for(void **state)
{
	time_t began = time(NULL);

	(void)state;
	assert_true(hand("cat >/dev/null; sleep 20 & echo $! >$D/pid", SLICE("m"), 15));
	assert_true(time(NULL) - began < 10);
	kill((pid_t)strtol(got("pid"), NULL, 10), SIGKILL);
}

static void its_end_is_known_where_children_are_ignored(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_false(hand("cat >/dev/null; exit 3", SLICE("m"), 10));
	assert_string_equal(said, "status 3");
}

static void no_program_is_told(void **state)
{
	const struct slice to = SLICE("a");
	const struct sendmail s = {.program = "/nowhere/sendmail", .sender = "x", .to = &to, .to_n = 1, .seconds = 5};

	(void)state;
	assert_false(sendmail_hand(&s, SLICE("m"), said));
	assert_string_equal(said, "No such file or directory");
}

static void a_program_that_may_not_be_run_is_told(void **state)
{
	const struct slice to = SLICE("a");
	const struct sendmail s = {.program = "/etc/passwd", .sender = "x", .to = &to, .to_n = 1, .seconds = 5};

	(void)state;
	assert_false(sendmail_hand(&s, SLICE("m"), said));
	assert_string_equal(said, "Permission denied");
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(it_gets_the_mail_and_its_words),
	    T(a_large_mail_arrives_whole),
	    T(its_status_is_told_with_its_first_line),
	    T(a_signal_is_no_success),
	    T(who_does_not_read_it_all_has_not_taken_it),
	    T(words_beside_a_success_are_told),
	    T(a_flood_of_words_does_not_block_it),
	    T(one_that_hangs_is_killed_with_what_it_started),
	    T(what_it_leaves_running_is_not_waited_for),
	    T(its_end_is_known_where_children_are_ignored),
	    T(no_program_is_told),
	    T(a_program_that_may_not_be_run_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
