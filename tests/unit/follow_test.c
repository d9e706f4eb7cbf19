#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../analyzer/follow_i.h"

static char folder[64];
static struct follow_options options;
static struct follow follow;

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/wouldblock-follow.XXXXXX");
	options = (struct follow_options){0};
	follow = (struct follow){.o = &options};
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(name);
}

static int remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* The whole file anew, in place. */
static void write_file(const char *name, const char *text)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* ------------------------------------------------------------------ one stream (follow_tail.c) */

#define LINES "a first line\na second line\n"

/* An open stream of LINES that was read to its end. */
static void read_all(struct tail *t)
{
	const char *why;

	write_file("mail.log", LINES);
	*t = (struct tail){.in = input_open_one(path_of("mail.log"), 0, &why), .size = -1, .watch = -1, .begun = true};
	assert_non_null(t->in);
	t->g.off = (int64_t)strlen(LINES);
	t->g.seam_n = strlen(LINES);
	memcpy(t->g.seam, LINES, t->g.seam_n);
}

static enum tail_look look(struct tail *t, bool woken)
{
	struct stat st;

	assert_int_equal(fstat(input_fd(t->in), &st), 0);
	return tail_look(t, &st, woken);
}

static void what_was_read_to_its_end_is_the_same(void **state)
{
	struct tail t;

	(void)state;
	read_all(&t);
	look(&t, false);
	assert_int_equal(look(&t, false), TAIL_SAME);
	assert_int_equal(look(&t, true), TAIL_SAME);
	input_close(t.in);
}

static void what_has_grown_is_read_on(void **state)
{
	struct tail t;

	(void)state;
	read_all(&t);
	look(&t, false);
	write_file("mail.log", LINES "a third line\n");
	assert_int_equal(look(&t, false), TAIL_GROWN);
	input_close(t.in);
}

static void what_is_shorter_than_we_read_is_another_content(void **state)
{
	struct tail t;

	(void)state;
	read_all(&t);
	look(&t, false);
	write_file("mail.log", "a first line\n");
	assert_int_equal(look(&t, false), TAIL_CUT);
	input_close(t.in);
}

static void so_is_what_was_truncated_and_has_outgrown_our_place(void **state)
{
	struct tail t;

	(void)state;
	read_all(&t);
	look(&t, false);
	write_file("mail.log", "other lines\nthat are longer than those before\nby far\n");
	assert_int_equal(look(&t, false), TAIL_CUT);
	input_close(t.in);
}

/* Size and time tell nothing: only the bytes before our place do. */
static void other_bytes_of_the_same_size_and_time_are_found_when_we_are_woken(void **state)
{
	struct timespec then[2];
	struct stat st;
	struct tail t;

	(void)state;
	read_all(&t);
	look(&t, false);
	assert_int_equal(fstat(input_fd(t.in), &st), 0);
	then[0] = st.st_atim;
	then[1] = st.st_mtim;
	write_file("mail.log", "A FIRST LINE\nA SECOND LINE\n");
	assert_int_equal(utimensat(AT_FDCWD, path_of("mail.log"), then, 0), 0);
	assert_int_equal(look(&t, false), TAIL_SAME);
	assert_int_equal(look(&t, true), TAIL_CUT);
	input_close(t.in);
}

static void after_trouble_a_stream_is_where_the_database_has_it(void **state)
{
	struct generation known = {.gen = 7, .off = 13, .first_us = 1, .last_us = 2, .clock.year = 2026};
	struct tail t;

	(void)state;
	read_all(&t);
	t.g.gen = 7;
	t.drained = true;
	follow.run.known = &known;
	follow.run.known_n = 1;
	tail_again(&follow, &t);
	assert_true(t.begun);
	assert_int_equal(t.g.off, 13);
	assert_int_equal(t.frame.clock.year, 2026);
	assert_false(t.drained);
	input_close(t.in);
}

static void after_trouble_a_stream_that_the_database_never_saw_has_not_begun(void **state)
{
	struct tail t;

	(void)state;
	read_all(&t);
	t.g.gen = 7;
	tail_again(&follow, &t);
	assert_false(t.begun);
	input_close(t.in);
}

/* ------------------------------------------------------------------ names (follow_list.c) */

static struct names list(void)
{
	struct followed l = {.path = path_of("mail.log"), .base = "mail.log"};
	struct names names;

	snprintf(l.dir, sizeof l.dir, "%s/", folder);
	names_list(&follow, &l, &names);
	return names;
}

static void only_rotations_of_the_log_are_listed_newest_first(void **state)
{
	static const char *const there[] = {"mail.log",      "mail.log.1", "mail.log.2.gz", "mail.log.10",
	                                    "mail.log.1.gz", "mail.err.1", "mail.log.old",  "other"};
	static const char *const wanted[] = {"mail.log.1", "mail.log.1.gz", "mail.log.2.gz", "mail.log.10"};
	struct names names;

	(void)state;
	for (size_t i = 0; i < sizeof there / sizeof *there; i++)
		write_file(there[i], "x\n");
	names = list();
	assert_int_equal(names.n, sizeof wanted / sizeof *wanted);
	for (size_t i = 0; i < names.n; i++)
		assert_string_equal(names.v[i].path, path_of(wanted[i]));
	names_release(&names);
}

static void two_listings_differ_when_two_files_have_changed_their_names(void **state)
{
	struct names before, again, after;
	char from[256];

	(void)state;
	write_file("mail.log.1", "x\n");
	write_file("mail.log.2", "y\n");
	before = list();
	again = list();
	assert_true(names_same(&before, &again));
	strcpy(from, path_of("mail.log.2"));
	assert_int_equal(rename(from, path_of("aside")), 0);
	strcpy(from, path_of("mail.log.1"));
	assert_int_equal(rename(from, path_of("mail.log.2")), 0);
	strcpy(from, path_of("aside"));
	assert_int_equal(rename(from, path_of("mail.log.1")), 0);
	after = list();
	assert_int_equal(before.n, after.n);
	assert_false(names_same(&before, &after));
	names_release(&before);
	names_release(&again);
	names_release(&after);
}

/* ------------------------------------------------------------------ what readers are told (follow_lock.c) */

/* What follow_state makes of a lock file with this text, which somebody holds or not. */
static bool told(const char *text, bool held, struct follow_state *out)
{
	int fd;
	bool alive;

	write_file("db.ingest.lock", text);
	fd = open(path_of("db.ingest.lock"), O_RDWR);
	assert_true(fd >= 0);
	if (held)
		assert_int_equal(flock(fd, LOCK_EX), 0);
	alive = follow_state(path_of("db"), out);
	close(fd);
	return alive;
}

#define TOLD "4711\nfollow 00001760000000000000 00001760000001000000\n/var/log/mail.log\n/var/log/other\n"

static void a_follower_that_holds_its_lock_tells_since_when_and_what(void **state)
{
	struct follow_state s;

	(void)state;
	assert_true(told(TOLD, true, &s));
	assert_int_equal(s.pid, 4711);
	assert_int_equal(s.since_us, INT64_C(1760000000000000));
	assert_int_equal(s.caught_up_us, INT64_C(1760000001000000));
	assert_string_equal(s.logs, "/var/log/mail.log\n/var/log/other");
}

static void what_a_dead_follower_left_is_not_alive(void **state)
{
	struct follow_state s;

	(void)state;
	assert_false(told(TOLD, false, &s));
}

static void an_ingest_is_no_follower_and_half_a_text_is_none(void **state)
{
	struct follow_state s;

	(void)state;
	assert_false(told("4711\n", true, &s));
	assert_false(told("4711\nfollow 0000176000", true, &s));
	assert_false(told("", true, &s));
	assert_false(told("follow me\n", true, &s));
}

static void who_has_not_caught_up_yet_says_so(void **state)
{
	struct follow_state s;

	(void)state;
	assert_true(told("4711\nfollow 00001760000000000000 00000000000000000000\n/l\n", true, &s));
	assert_int_equal(s.caught_up_us, STAMP_NONE);
}

#define PAUSED_LINE(since, next, why) "paused " since " " next " " why "\n"

static void who_pauses_says_since_when_and_why(void **state)
{
	struct follow_state s;

	(void)state;
	assert_true(told("4711\nfollow 00001760000000000000 00001760000001000000\n" PAUSED_LINE(
			     "00001760000002000000", "00001760000003000000",
			     "db: write/attempt: disk is full      ") "/var/log/mail.log\n",
	                 true, &s));
	assert_int_equal(s.paused_us, INT64_C(1760000002000000));
	assert_int_equal(s.next_try_us, INT64_C(1760000003000000));
	assert_string_equal(s.why, "db: write/attempt: disk is full");
	assert_string_equal(s.logs, "/var/log/mail.log");
}

static void who_does_not_pause_has_no_time_of_it(void **state)
{
	struct follow_state s;

	(void)state;
	assert_true(told("4711\nfollow 00001760000000000000 00001760000001000000\n" PAUSED_LINE(
			     "00000000000000000000", "00000000000000000000", "    ") "/l\n",
	                 true, &s));
	assert_int_equal(s.paused_us, STAMP_NONE);
	assert_string_equal(s.why, "");
	assert_string_equal(s.logs, "/l");
	assert_true(told(TOLD, true, &s));
	assert_int_equal(s.paused_us, STAMP_NONE);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
	    TEST(what_was_read_to_its_end_is_the_same),
	    TEST(what_has_grown_is_read_on),
	    TEST(what_is_shorter_than_we_read_is_another_content),
	    TEST(so_is_what_was_truncated_and_has_outgrown_our_place),
	    TEST(other_bytes_of_the_same_size_and_time_are_found_when_we_are_woken),
	    TEST(after_trouble_a_stream_is_where_the_database_has_it),
	    TEST(after_trouble_a_stream_that_the_database_never_saw_has_not_begun),
	    TEST(only_rotations_of_the_log_are_listed_newest_first),
	    TEST(two_listings_differ_when_two_files_have_changed_their_names),
	    TEST(a_follower_that_holds_its_lock_tells_since_when_and_what),
	    TEST(what_a_dead_follower_left_is_not_alive),
	    TEST(an_ingest_is_no_follower_and_half_a_text_is_none),
	    TEST(who_has_not_caught_up_yet_says_so),
	    TEST(who_pauses_says_since_when_and_why),
	    TEST(who_does_not_pause_has_no_time_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
