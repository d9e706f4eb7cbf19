#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../ui/letter.h"

static struct text out;

static int clear(void **state)
{
	(void)state;
	text_release(&out);
	return 0;
}

static const char *header(struct slice value)
{
	text_clear(&out);
	encode_header(&out, "Subject", value);
	return out.p;
}

/* Of what `out` holds: no line too long, nothing but ASCII, and lines go on with a blank only. */
static void assert_is_one_field(void)
{
	size_t line = 0;

	assert_int_equal(out.p[out.n - 1], '\n');
	for (size_t i = 0; i < out.n; i++) {
		line = out.p[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 76);
		assert_true(out.p[i] == '\n' || (out.p[i] >= ' ' && out.p[i] <= '~'));
		if (out.p[i] == '\n' && i + 1 < out.n)
			assert_int_equal(out.p[i + 1], ' ');
	}
}

/* ------------------------------------------------------------------ fields */

static void a_plain_field_stays_plain(void **state)
{
	(void)state;
	assert_string_equal(header(SLICE("3 new sources")), "Subject: 3 new sources\n");
}

static void a_long_field_is_folded_before_a_word(void **state)
{
	(void)state;
	assert_string_equal(header(SLICE("eins zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf dreizehn")),
	                    "Subject: eins zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf\n dreizehn\n");
	assert_is_one_field();
}

static void text_beyond_ascii_becomes_an_encoded_word(void **state)
{
	(void)state;
	assert_string_equal(header(SLICE("Pr\303\274fung")), "Subject: =?UTF-8?B?UHLDvGZ1bmc=?=\n");
}

static void what_looks_like_an_encoded_word_is_encoded(void **state)
{
	(void)state;
	assert_null(strstr(header(SLICE("=?utf-8?Q?Bcc=3A?=")), "?Q?"));
	assert_is_one_field();
}

static void no_value_ends_its_field(void **state)
{
	static const char *const values[] = {"a\r\nBcc: b@c.example", "a\n\nbody", "a\r", "\n", "\r\n .\r\n", "a\0b"};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		header(slice_of(values[i], strlen(values[i]) + 1));
		assert_is_one_field();
		assert_null(strstr(out.p, "\n "));
	}
}

static void every_encoded_word_holds_whole_characters(void **state)
{
	struct text many = {0};
	const char *at;

	(void)state;
	for (int i = 0; i < 90; i++)
		text_str(&many, i % 2 ? "\303\274" : "\342\202\254");
	header(slice_of(many.p, many.n));
	assert_is_one_field();
	/* 39 bytes of two and three: no word is filled to the last byte by luck alone, and each is a multiple of 4 digits */
	for (at = out.p; (at = strstr(at, "?B?")); at++)
		assert_int_equal((strstr(at + 3, "?=") - (at + 3)) % 4, 0);
	assert_non_null(strstr(out.p, "4oKsw7zigqzDvOKCrMO84oKsw7zigqzDvOKCrMO84oKsw7zigqw="));
	text_release(&many);
}

static void a_field_of_10_kb_is_cut(void **state)
{
	struct text many = {0};

	(void)state;
	for (int i = 0; i < 2000; i++)
		text_str(&many, "wort ");
	header(slice_of(many.p, many.n));
	assert_is_one_field();
	assert_true(out.n < 3 * HEADER_COLUMNS);
	text_clear(&many);
	text_fill(&many, 'x', 10000);
	header(slice_of(many.p, many.n));
	assert_is_one_field();
	text_release(&many);
}

/* ------------------------------------------------------------------ quoted-printable */

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* RFC 2045, 6.7, as a reader does it. */
static void decode(struct text *t, const char *p)
{
	while (*p) {
		if (*p != '=') {
			text_char(t, *p++);
		} else if (p[1] == '\n') {
			p += 2;
		} else {
			text_char(t, (char)(digit(p[1]) << 4 | digit(p[2])));
			p += 3;
		}
	}
}

static void assert_survives(struct slice s)
{
	struct text back = {0};
	size_t line = 0;

	text_clear(&out);
	text_str(&out, "");
	encode_quoted_printable(&out, s);
	for (size_t i = 0; i < out.n; i++) {
		char c = out.p[i];
		assert_true(c == '\n' || c == '\t' || (c >= ' ' && c <= '~'));
		if (c == '\n' && i > 0)
			assert_true(out.p[i - 1] != ' ' && out.p[i - 1] != '\t');
		if (line == 0)
			assert_false(c == '.' || strncmp(out.p + i, "From ", 5) == 0);
		line = c == '\n' ? 0 : line + 1;
		assert_true(line <= 76);
	}
	assert_null(strstr(out.p, "=_"));
	text_str(&back, "");
	decode(&back, out.p);
	assert_int_equal(back.n, s.n);
	assert_memory_equal(back.p, s.p, s.n);
	text_release(&back);
}

static void all_bytes_survive(void **state)
{
	char bytes[600];
	unsigned dice = 7;

	(void)state;
	for (int round = 0; round < 500; round++) {
		size_t n = (size_t)round;
		for (size_t i = 0; i < n; i++) {
			dice = dice * 1103515245 + 12345;
			unsigned r = dice >> 16;
			bytes[i] = round % 2 ? (char)(r & 255) : "ab =.\t\n\303\274=_"[r % 11];
		}
		assert_survives(slice_of(bytes, n));
	}
}

static void lines_that_mailboxes_stumble_over_are_escaped(void **state)
{
	(void)state;
	assert_survives(SLICE("From me\n.\n..x\nend \nend\t\n--=_boundary\n"));
	assert_non_null(strstr(out.p, "=46rom me\n=2E\n=2E.x\nend=20\nend=09\n"));
}

static void a_soft_break_does_not_make_such_a_line(void **state)
{
	char line[200];

	(void)state;
	for (size_t n = 60; n < 90; n++) {
		memset(line, 'x', n);
		memcpy(line + n, ".From x", 7);
		text_clear(&out);
		encode_quoted_printable(&out, slice_of(line, n + 7));
		assert_null(strstr(out.p, "=\n."));
		assert_null(strstr(out.p, "=\nFrom "));
	}
}

/* ------------------------------------------------------------------ addresses */

static void addresses_that_can_be_sent_to(void **state)
{
	static const char *const good[] = {"postmaster",    "a@b.example",          "a.b+c=d@b-c.example",
	                                   "x@[192.0.2.7]", "x@[IPv6:2001:db8::7]", "o'neill@b.example",
	                                   "a@localhost"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_null(letter_address_trouble(slice_str(good[i])));
}

static void addresses_that_can_not(void **state)
{
	static const char *const bad[] = {
	    "",      "@b.example", "a@",     "-a@b.example", "a..b@c.example", ".a@b",    "a.@b",       "a b@c",
	    "a@b c", "a@-b",       "a@b..c", "a,b@c",        "a;b@c",          "\"a\"@b", "a@b\nTo: c", "<a@b>",
	    "a@b@c", "\303\244@b", "a@b_c",  "a@[x",         "a@[]",           "a(b)@c",  "a\\b@c",     "a@b\r"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(letter_address_trouble(slice_str(bad[i])));
	char local[260];
	memset(local, 'a', 255);
	assert_non_null(letter_address_trouble(slice_of(local, 255)));
}

/* ------------------------------------------------------------------ the whole */

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void write_one(struct slice subject, struct slice body, int64_t date)
{
	const struct slice to[] = {SLICE("a@b.example"), SLICE("c@d.example")};
	const struct letter l = {.name = SLICE("wouldblock"),
	                         .from = SLICE("robot@b.example"),
	                         .to = to,
	                         .to_n = 2,
	                         .subject = subject,
	                         .id = SLICE("1@b.example"),
	                         .boundary = SLICE("77"),
	                         .date_us = date,
	                         .text = body,
	                         .html = body};

	text_clear(&out);
	letter_write(&out, &l);
}

static void the_boundary_stands_where_it_must_and_nowhere_else(void **state)
{
	(void)state;
	write_one(SLICE("x"), SLICE("--=_77\n--=_77--\n=_77\n"), 0);
	assert_int_equal(count(out.p, "=_77"), 4);
	assert_int_equal(count(out.p, "\n--=_77\n"), 2);
	assert_int_equal(count(out.p, "\n--=_77--\n"), 1);
}

static void many_addresses_are_folded_between_two(void **state)
{
	struct slice to[40];
	struct letter l = {.name = SLICE("x"),
	                   .from = SLICE("x@y"),
	                   .to = to,
	                   .to_n = 40,
	                   .subject = SLICE("s"),
	                   .id = SLICE("i@j"),
	                   .boundary = SLICE("b"),
	                   .text = SLICE("t\n"),
	                   .html = SLICE("h\n")};

	(void)state;
	for (size_t i = 0; i < 40; i++)
		to[i] = SLICE("somebody.with.a.name@department.company.example");
	text_clear(&out);
	letter_write(&out, &l);
	assert_int_equal(count(out.p, "\n somebody.with.a.name@department.company.example"), 39);
	assert_int_equal(count(out.p, "example,\n"), 39);
}

static void the_date_is_english_and_has_its_offset(void **state)
{
	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	write_one(SLICE("x"), SLICE(""), INT64_C(1795323600) * 1000000);
	assert_non_null(strstr(out.p, "Date: Sun, 22 Nov 2026 06:00:00 +0100\n"));
	setenv("TZ", "America/St_Johns", 1);
	tzset();
	write_one(SLICE("x"), SLICE(""), INT64_C(1795323600) * 1000000);
	assert_non_null(strstr(out.p, "Date: Sun, 22 Nov 2026 01:30:00 -0330\n"));
	setenv("TZ", "UTC", 1);
	tzset();
}

#define T(test) cmocka_unit_test_teardown(test, clear)
int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_plain_field_stays_plain),
	    T(a_long_field_is_folded_before_a_word),
	    T(text_beyond_ascii_becomes_an_encoded_word),
	    T(what_looks_like_an_encoded_word_is_encoded),
	    T(no_value_ends_its_field),
	    T(every_encoded_word_holds_whole_characters),
	    T(a_field_of_10_kb_is_cut),
	    T(all_bytes_survive),
	    T(lines_that_mailboxes_stumble_over_are_escaped),
	    T(a_soft_break_does_not_make_such_a_line),
	    T(addresses_that_can_be_sent_to),
	    T(addresses_that_can_not),
	    T(the_boundary_stands_where_it_must_and_nowhere_else),
	    T(many_addresses_are_folded_between_two),
	    T(the_date_is_english_and_has_its_offset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
