#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/punycode.h"

/* Of RFC 3492, section 7.1, and names that are registered. */
static const struct {
	const char *unicode, *ascii;
} names[] = {
    {"m\xc3\xbcller.example", "xn--mller-kva.example"},
    {"b\xc3\xbc"
     "cher.\xe4\xbe\x8b\xe3\x81\x88.jp",
     "xn--bcher-kva.xn--r8jz45g.jp"},
    {"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80."
     "\xd0\xb8\xd1\x81\xd0\xbf\xd1\x8b\xd1\x82\xd0\xb0\xd0\xbd\xd0\xb8\xd0\xb5",
     "xn--e1afmkfd.xn--80akhbyknj4f"},
    {"\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87",
     "xn--ihqwcrb4cv8a8dqg056pqjye"},
};
#define NAMES (sizeof names / sizeof *names)

static void a_name_goes_both_ways(void **state)
{
	char buf[PUNYCODE_TEXT], expected[PUNYCODE_TEXT];

	(void)state;
	for (size_t i = 0; i < NAMES; i++) {
		assert_true(punycode_ascii(slice_str(names[i].unicode), buf, sizeof buf));
		assert_string_equal(buf, names[i].ascii);
		snprintf(expected, sizeof expected, "%s (%s)", names[i].unicode, names[i].ascii);
		assert_string_equal(punycode_both(slice_str(names[i].ascii), buf, sizeof buf), expected);
	}
}

static void a_plain_name_is_itself(void **state)
{
	static const char *const plain[] = {"news.example", "", ".", "a.b.c", "203.0.113.0/24", "boss@firma.example"};
	char buf[PUNYCODE_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		assert_string_equal(punycode_both(slice_str(plain[i]), buf, sizeof buf), plain[i]);
		assert_true(punycode_ascii(slice_str(plain[i]), buf, sizeof buf));
		assert_string_equal(buf, plain[i]);
	}
}

static void what_does_not_decode_is_shown_as_it_is(void **state)
{
	/* numbers that run over, nothing behind the prefix, a hidden U+202E, a control, ASCII in disguise */
	static const char *const odd[] = {
	    "xn--99999999999.example", "xn--.example",
	    "xn---.example",           "xn--\xff.example",
	    "xn--abcd-wd7a.example",   "xn--a.example",
	    "xn--abc-.example",        "xn--zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"};
	char buf[PUNYCODE_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		assert_string_equal(punycode_both(slice_str(odd[i]), buf, sizeof buf), odd[i]);
}

static void room_that_is_short_is_not_overrun(void **state)
{
	char buf[12];

	(void)state;
	for (size_t cap = 1; cap <= sizeof buf; cap++) {
		memset(buf, '#', sizeof buf);
		punycode_both(SLICE("xn--mller-kva.example"), buf, cap);
		assert_true(strlen(buf) < cap);
		assert_false(punycode_ascii(SLICE("m\xc3\xbcller.example"), buf, cap));
	}
	assert_false(punycode_ascii(SLICE("a\xff.example"), buf, sizeof buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_goes_both_ways),
	    cmocka_unit_test(a_plain_name_is_itself),
	    cmocka_unit_test(what_does_not_decode_is_shown_as_it_is),
	    cmocka_unit_test(room_that_is_short_is_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
