#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../analyzer/msg.h"

static const char *safe(const char *p, size_t n)
{
	static char buf[256];

	return msg_safe(slice_of(p, n), buf, sizeof(buf));
}

#define SAFE(lit) safe("" lit, sizeof(lit) - 1)

static void printable_text_stays(void **state)
{
	(void)state;
	assert_string_equal(SAFE("plain <a@b.example> 100 %n"), "plain <a@b.example> 100 %n");
	assert_string_equal(SAFE("Gr\xc3\xbcn \xe4\xb8\xad"), "Gr\xc3\xbcn \xe4\xb8\xad");
	assert_string_equal(SAFE(""), "");
}

static void controls_become_escapes(void **state)
{
	(void)state;
	assert_string_equal(SAFE("a\x1b[31m\a\b\r\n\0\x7f"), "a\\x1b[31m\\x07\\x08\\x0d\\x0a\\x00\\x7f");
	assert_string_equal(SAFE("\xc2\x9b"), "\\u{9b}");
	assert_string_equal(SAFE("a\\b"), "a\\\\b");
}

static void bytes_that_are_no_utf8_become_escapes(void **state)
{
	(void)state;
	assert_string_equal(SAFE("\x9b\xff"), "\\x9b\\xff");
	assert_string_equal(SAFE("\xc0\xaf"), "\\xc0\\xaf");
	assert_string_equal(SAFE("\xed\xa0\x80"), "\\xed\\xa0\\x80");
	assert_string_equal(SAFE("\xe4\xb8"), "\\xe4\\xb8");
}

static void invisible_characters_are_named(void **state)
{
	(void)state;
	assert_string_equal(SAFE("\xe2\x80\xae"), "\\u{202e}");
	assert_string_equal(SAFE("\xe2\x81\xa6"), "\\u{2066}");
	assert_string_equal(SAFE("\xe2\x80\x8b"), "\\u{200b}");
	assert_string_equal(SAFE("\xe2\x80\xa8"), "\\u{2028}");
	assert_string_equal(SAFE("\xef\xbb\xbf"), "\\u{feff}");
	assert_string_equal(SAFE("\xf3\xa0\x80\x81"), "\\u{e0001}");
}

static void a_text_that_does_not_fit_ends_in_dots_and_never_in_half_an_escape(void **state)
{
	struct slice s = SLICE("ab\x1b\xc3\xbc"
	                       "cd\xe2\x80\xae"
	                       "efgh");
	char whole[64], buf[64];

	(void)state;
	msg_safe(s, whole, sizeof(whole));
	for (size_t cap = 1; cap <= strlen(whole); cap++) {
		size_t n;

		memset(buf, '#', sizeof(buf));
		assert_ptr_equal(msg_safe(s, buf, cap), buf);
		n = strlen(buf);
		assert_true(n < cap);
		assert_int_equal(buf[cap], '#');
		if (cap > 3) {
			assert_string_equal(buf + n - 3, "...");
			assert_memory_equal(buf, whole, n - 3);
		}
	}
	assert_string_equal(msg_safe(s, buf, 6), buf);
	assert_string_equal(buf, "ab...");
	msg_safe(s, buf, strlen(whole) + 1);
	assert_string_equal(buf, whole);
}

/* Runs f in a child and reads what it says on stderr. Returns the exit code. */
static int said_by(void (*f)(void), char *buf, size_t cap)
{
	int fds[2], status;
	ssize_t n, at = 0;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		f();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf + at, cap - 1 - (size_t)at)) > 0)
		at += n;
	buf[at] = '\0';
	close(fds[0]);
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void warn_once(void)
{
	errno = ENOENT;
	msg_warn("cannot read %s: %s", "x\x1b\ny", "why");
	if (errno != ENOENT)
		_exit(1);
}

static void a_warning_is_one_line_without_controls_and_keeps_errno(void **state)
{
	char buf[256];

	(void)state;
	assert_int_equal(said_by(warn_once, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "wouldblock: cannot read x??y: why\n");
}

static void warn_long(void)
{
	char text[5000];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	msg_warn("%s", text);
}

static void a_long_warning_is_cut_with_dots(void **state)
{
	char buf[8000];

	(void)state;
	said_by(warn_long, buf, sizeof(buf));
	assert_true(strlen(buf) < 2100);
	assert_string_equal(buf + strlen(buf) - 5, "a...\n");
}

static void note_loud_and_quiet(void)
{
	msg_note("one");
	msg_quiet(true);
	msg_note("two");
	msg_warn("three");
}

static void quiet_silences_notes_and_not_warnings(void **state)
{
	char buf[256];

	(void)state;
	said_by(note_loud_and_quiet, buf, sizeof(buf));
	assert_string_equal(buf, "one\nwouldblock: three\n");
}

static void hook(void)
{
	if (write(STDERR_FILENO, "hook ", 5) < 0)
		_exit(1);
}

static void die(void)
{
	msg_on_exit(hook);
	msg_die(66, "no input");
}

static void bug(void)
{
	msg_on_exit(hook);
	msg_bug("so %d", 7);
}

static void dying_calls_the_hook_before_it_speaks(void **state)
{
	char buf[256];

	(void)state;
	assert_int_equal(said_by(die, buf, sizeof(buf)), 66);
	assert_string_equal(buf, "hook wouldblock: no input\n");
	assert_int_equal(said_by(bug, buf, sizeof(buf)), 70);
	assert_non_null(strstr(buf, "hook wouldblock: bug: "));
	assert_non_null(strstr(buf, "msg_test.c:"));
	assert_non_null(strstr(buf, ": so 7\n"));
}

/* The address sanitizer would rather stop the program than refuse. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void want_too_much(void)
{
	volatile size_t n = (size_t)PTRDIFF_MAX - 4096;

	free(xmalloc(n));
}

static void without_memory_the_exit_code_is_71(void **state)
{
	char buf[4096];

	(void)state;
	assert_int_equal(said_by(want_too_much, buf, sizeof(buf)), 71);
	assert_non_null(strstr(buf, "wouldblock: out of memory\n"));
}

static void allocators_copy_and_clear(void **state)
{
	char *s = xstrndup("abcdef", 3), *t = xstrdup(s), *z = xcalloc(4, 1);

	(void)state;
	assert_string_equal(t, "abc");
	assert_int_equal(z[3], 0);
	z = xrealloc(z, 1000);
	assert_int_equal(z[0], 0);
	free(s);
	free(t);
	free(z);
	free(xmalloc(0));
	free(xcalloc(0, 0));
}

static void dies(void *arg)
{
	msg_die(*(int *)arg, "it broke: %s", "twice\033");
}

static void lives(void *arg)
{
	*(int *)arg = 0;
}

static void tries_and_lives(void *arg)
{
	struct msg_death inner;

	assert_false(msg_try(dies, arg, &inner));
	*(int *)arg = inner.code + 1;
}

static void what_is_tried_may_die_and_the_rest_goes_on(void **state)
{
	struct msg_death death = {0};
	int code = 74;

	(void)state;
	assert_false(msg_try(dies, &code, &death));
	assert_int_equal(death.code, 74);
	assert_string_equal(death.words, "it broke: twice?");
	assert_true(msg_try(tries_and_lives, &code, &death));
	assert_int_equal(code, 75);
	assert_true(msg_try(lives, &code, &death));
	assert_int_equal(code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(printable_text_stays),
	    cmocka_unit_test(controls_become_escapes),
	    cmocka_unit_test(bytes_that_are_no_utf8_become_escapes),
	    cmocka_unit_test(invisible_characters_are_named),
	    cmocka_unit_test(a_text_that_does_not_fit_ends_in_dots_and_never_in_half_an_escape),
	    cmocka_unit_test(a_warning_is_one_line_without_controls_and_keeps_errno),
	    cmocka_unit_test(a_long_warning_is_cut_with_dots),
	    cmocka_unit_test(quiet_silences_notes_and_not_warnings),
	    cmocka_unit_test(dying_calls_the_hook_before_it_speaks),
	    cmocka_unit_test(without_memory_the_exit_code_is_71),
	    cmocka_unit_test(what_is_tried_may_die_and_the_rest_goes_on),
	    cmocka_unit_test(allocators_copy_and_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
