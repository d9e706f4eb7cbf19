#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../parsers/access.h"

static int complaints, complaint_line;

static void count(void *arg, const char *table, int line, const char *why)
{
	(void)arg;
	assert_non_null(table);
	assert_true(strlen(why) > 0);
	complaints++;
	complaint_line = line;
}

static struct access *read_bytes(const char *name, struct slice bytes)
{
	const struct access_complaints how = {count, NULL};
	/* A copy that ends where it ends, so that a sanitizer sees a read beyond it. */
	char *copy = malloc(bytes.n ? bytes.n : 1);
	struct access *a;

	complaints = complaint_line = 0;
	if (bytes.n)
		memcpy(copy, bytes.p, bytes.n);
	a = access_new(slice_str(name), slice_of(copy, bytes.n), &how);
	free(copy);
	return a;
}

static struct access *table(const char *name, const char *text)
{
	struct access *a = read_bytes(name, slice_str(text));

	assert_non_null(a);
	return a;
}

static struct access_hit hit;

static void is_action(enum access_answer answer, const char *action)
{
	if (!action) {
		assert_int_equal(answer, ACCESS_NONE);
		return;
	}
	assert_int_equal(answer, ACCESS_FOUND);
	assert_int_equal(hit.action.n, strlen(action));
	assert_memory_equal(hit.action.p, action, hit.action.n);
}

static void key(const struct access *a, const char *k, const char *action)
{
	is_action(access_get(a, slice_str(k), &hit), action);
}

static void sender(const struct access *a, const char *address, const char *action)
{
	struct access_options o = ACCESS_OPTIONS;

	is_action(access_find_sender(a, slice_str(address), &o, &hit), action);
}

static void client(const struct access *a, const char *name, const char *ip, const char *action)
{
	struct access_options o = ACCESS_OPTIONS;

	is_action(access_find_client(a, slice_str(name), slice_str(ip), &o, &hit), action);
}

static void the_type_stands_before_the_colon(void **state)
{
	(void)state;
	assert_int_equal(access_kind_of(SLICE("hash:/x")), ACCESS_INDEXED);
	assert_int_equal(access_kind_of(SLICE("proxy:lmdb:/x")), ACCESS_INDEXED);
	assert_int_equal(access_kind_of(SLICE("/etc/postfix/x")), ACCESS_INDEXED);
	assert_int_equal(access_kind_of(SLICE("cidr:/x")), ACCESS_CIDR);
	assert_int_equal(access_kind_of(SLICE("mysql:/x")), ACCESS_UNKNOWN);
	assert_int_equal(access_kind_of(SLICE("x")), ACCESS_UNKNOWN);
	assert_int_equal(access_kind_of(SLICE("")), ACCESS_UNKNOWN);
	assert_true(slice_eq(access_path_of(SLICE("proxy:hash:/x")), SLICE("/x")));
	assert_true(slice_eq(access_path_of(SLICE("/x")), SLICE("/x")));
	assert_null(read_bytes("mysql:/x", SLICE("a b\n")));
	assert_int_equal(complaints, 1);
}

static void comments_count_nothing_and_blanks_continue(void **state)
{
	struct access *a = table("hash:t", "\n# a\nA.example  WARN one\n  two\n#c\n\tthree\n   \nb.example OK");

	(void)state;
	key(a, "a.EXAMPLE", "WARN one  two\tthree");
	assert_int_equal(hit.line, 3);
	key(a, "b.example", "OK");
	assert_int_equal(hit.line, 8);
	key(a, "#", NULL);
	assert_int_equal(complaints, 0);
	access_free(a);
}

static void a_bad_row_is_told_and_the_others_count(void **state)
{
	static const char *const rows[] = {"lonely\n", "\"open x\n", " indented x\n", "bad\xff x\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "%sgood OK\n", rows[i]);
		struct access *a = table("hash:t", text);
		assert_int_equal(complaints, 1);
		assert_int_equal(complaint_line, 1);
		key(a, "good", "OK");
		access_free(a);
	}
}

static void the_first_row_wins_and_the_later_ones_can_be_asked_for(void **state)
{
	struct access *a = table("hash:t", "company.my WARN x\n.company.my WARN x\nother OK\n"
	                                   "Company.MY REJECT 5.7.1 y\n.company.my REJECT 5.7.1 z\n");
	struct access_row row;
	size_t at = 0;

	(void)state;
	key(a, "company.my", "WARN x");
	assert_true(access_next_shadowed(a, &at, &row));
	assert_int_equal(row.line, 4);
	assert_int_equal(row.winner, 1);
	assert_true(slice_eq(row.key, SLICE("company.my")));
	assert_true(slice_eq(row.action, SLICE("REJECT 5.7.1 y")));
	assert_true(slice_eq(row.winner_action, SLICE("WARN x")));
	assert_true(access_next_shadowed(a, &at, &row));
	assert_int_equal(row.line, 5);
	assert_int_equal(row.winner, 2);
	assert_false(access_next_shadowed(a, &at, &row));
	access_free(a);
}

static void the_dotted_row_never_matches_unless_the_setting_says_so(void **state)
{
	struct access *a = table("hash:t", ".company.my REJECT\nother.my WARN\n");
	struct access_options o = ACCESS_OPTIONS;

	(void)state;
	sender(a, "a@mail.company.my", NULL);
	sender(a, "a@mail.other.my", "WARN");
	assert_true(slice_eq(hit.key, SLICE("other.my")));
	o.parents = false;
	is_action(access_find_sender(a, SLICE("a@mail.company.my"), &o, &hit), "REJECT");
	is_action(access_find_sender(a, SLICE("a@company.my"), &o, &hit), NULL);
	is_action(access_find_sender(a, SLICE("a@mail.other.my"), &o, &hit), NULL);
	is_action(access_find_client(a, SLICE("mx.company.my"), SLICE("192.0.2.1"), &o, &hit), "REJECT");
	access_free(a);
}

static void a_sender_is_asked_for_from_its_whole_to_its_parts(void **state)
{
	struct access *a =
	    table("hash:t", "u+x@d.example whole\nv@d.example plain\nd.example domain\nexample top\n"
	                    "@e.test bare\nw+y@ local-ext\nw@ local\n<> null\n\"a b\"@q.example quoted\nc d@q no\n"
	                    "q\\ r@s.example back\n");
	struct access_options o = ACCESS_OPTIONS;

	(void)state;
	o.delimiters = SLICE("+");
	sender(a, "U+X@D.Example", "whole");
	sender(a, "v+x@d.example", "domain");
	is_action(access_find_sender(a, SLICE("v+x@d.example"), &o, &hit), "plain");
	sender(a, "z@sub.d.example", "domain");
	sender(a, "z@other.example", "top");
	sender(a, "w+y@e.test", "local-ext");
	is_action(access_find_sender(a, SLICE("w+z@e.test"), &o, &hit), "local");
	sender(a, "w+z@e.test", NULL);
	sender(a, "", "null");
	sender(a, "\"a b\"@q.example", "quoted");
	sender(a, "v@d.example.", "plain");
	is_action(access_find_sender(a, SLICE("postmaster+x@z.test"), &o, &hit), NULL);
	is_action(access_find_sender(a, SLICE("+x@e.test"), &o, &hit), NULL);
	o.null_key = SLICE("w@");
	is_action(access_find_sender(a, SLICE(""), &o, &hit), "local");
	access_free(a);
}

static void a_sender_without_domain_needs_the_origin(void **state)
{
	struct access *a = table("hash:t", "company.my WARN\n");
	struct access_options o = ACCESS_OPTIONS;

	(void)state;
	assert_int_equal(access_find_sender(a, SLICE("boss"), &o, &hit), ACCESS_UNSURE);
	assert_non_null(hit.why);
	o.origin = SLICE("mail.company.my");
	is_action(access_find_sender(a, SLICE("boss"), &o, &hit), "WARN");
	access_free(a);
}

static void an_at_sign_in_quotes_is_no_domain(void **state)
{
	struct access *a = table("hash:t", "company.my WARN\nevil.example OK\n");

	(void)state;
	sender(a, "\"x@company.my\"@evil.example", "OK");
	sender(a, "\"x\\\"@company.my\"@evil.example", "OK");
	sender(a, "x@evil.example@company.my", "WARN");
	assert_int_equal(
	    access_find_sender(a, SLICE("\"x@company.my\""), &(struct access_options){.parents = true}, &hit),
	    ACCESS_UNSURE);
	access_free(a);
}

static void a_client_is_asked_for_by_name_and_then_by_address(void **state)
{
	struct access *a = table("hash:t", "mx.example name\n192.0.2.7 host\n192.0.2 net\n2001:db8 net6\n"
	                                   "unknown noname\nexample.org org\n");

	(void)state;
	client(a, "MX.example", "192.0.2.7", "name");
	client(a, "a.b.example.org", "192.0.2.7", "org");
	client(a, "a.test", "192.0.2.7", "host");
	client(a, "a.test", "192.0.2.8", "net");
	client(a, "a.test", "::ffff:192.0.2.8", "net");
	client(a, "a.test", "192.0.20.8", NULL);
	client(a, "a.test", "2001:db8::1", "net6");
	client(a, "unknown", "192.0.2.7", "noname");
	client(a, "", "192.0.2.7", "noname");
	/* a name that looks like an address has no parents */
	client(a, "10.0.192.0", "198.51.100.1", NULL);
	access_free(a);
}

static void a_pattern_sees_whole_keys_only(void **state)
{
	struct access *a = table("pcre:t", "/^d\\.example$/ REJECT\n/^u@d\\.example$/ OK\n/^<>$/ WARN\n");

	(void)state;
	sender(a, "U@D.example", "OK");
	sender(a, "v@d.example", NULL);
	sender(a, "", "WARN");
	client(a, "d.example", "192.0.2.1", "REJECT");
	client(a, "a.d.example", "192.0.2.1", NULL);
	access_free(a);
}

static void the_first_network_that_matches_wins(void **state)
{
	struct access *a = table("cidr:t", "192.0.2.9 REJECT\n192.0.2.0/24 DUNNO\n!10.0.0.0/8 outside\n0.0.0.0/0 ten\n"
	                                   "::/0 six\n");

	(void)state;
	assert_int_equal(complaints, 0);
	client(a, "x.test", "192.0.2.9", "REJECT");
	client(a, "x.test", "192.0.2.8", "DUNNO");
	client(a, "x.test", "198.51.100.1", "outside");
	client(a, "x.test", "10.1.1.1", "ten");
	client(a, "x.test", "2001:db8::1", "six");
	client(a, "x.test", "::ffff:10.1.1.1", "ten");
	client(a, "x.test", "unknown", NULL);
	access_free(a);
}

static void networks_with_bits_beyond_their_length_are_told(void **state)
{
	struct access *a =
	    table("cidr:t", "192.0.2.1/24 A\n192.0.2.0/33 B\n1.2.3 C\n[2001:db8:: D\n192.0.2.0/24\nx.example E\n"
	                    "192.0.2.0/24 good\n");

	(void)state;
	assert_int_equal(complaints, 6);
	key(a, "192.0.2.1", "good");
	access_free(a);
}

static void blocks_nest_and_an_open_one_reaches_to_the_end(void **state)
{
	struct access *a =
	    table("cidr:t", "endif\nif 10.0.0.0/8\nif !10.1.0.0/16\n0.0.0.0/0 ten\nendif\n0.0.0.0/0 ten one\n"
	                    "endif\nif 192.0.2.0/24\n0.0.0.0/0 doc\n");

	(void)state;
	assert_int_equal(complaints, 2);
	key(a, "10.2.0.1", "ten");
	key(a, "10.1.0.1", "ten one");
	key(a, "192.0.2.1", "doc");
	key(a, "198.51.100.1", NULL);
	access_free(a);
	a = table("pcre:t", "if /a/\nif !/b/\n/x/ a not b\nendif\n/x/ a and b\nendif\n/x/ no a\n");
	key(a, "ax", "a not b");
	key(a, "abx", "a and b");
	key(a, "bx", "no a");
	access_free(a);
}

static void flags_and_groups_of_a_pattern(void **state)
{
	struct access *a = table("pcre:t", "/^ci/ folded\n/^CS/i exact\n/^(a)(b)?-/ <$1|${2}|$(1)|$$>\n!/-/ none\n"
	                                   "~^tilde/~ slash\n/e x/x free\n/^x(.*)$/s ok $1\n");

	(void)state;
	key(a, "CI-", "folded");
	key(a, "CS-", "exact");
	key(a, "cs-", NULL);
	key(a, "a-", "<a||a|$>");
	key(a, "AB-", "<A|B|A|$>");
	key(a, "tilde/-", "slash");
	key(a, "-ex", "free");
	key(a, "x-y", "ok -y");
	key(a, "nothing", "none");
	access_free(a);
}

static void a_row_that_postfix_skips_is_skipped(void **state)
{
	static const char *const rows[] = {
	    "/a(/ X\n",    "/a/q X\n",  "/a/ $1\n",   "!/(a)/ $1\n", "/a X\n",  "a X\n",
	    "/(a)/ ${1\n", "/(a)/ $\n", "/(a)/ $0\n", "/(a)/ $x\n",  "endif\n", "!\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "%s/a/ good\n", rows[i]);
		struct access *a = table("pcre:t", text);
		assert_int_equal(complaints, 1);
		key(a, "a", "good");
		access_free(a);
	}
}

static void what_we_do_not_understand_stays_open(void **state)
{
	static const char *const rows[] = {
	    "/a\\d/ X\n",  "/a*?/ X\n",     "/[a\\]/ X\n", "/a/x X\n",
	    "/a/!/b/ X\n", "/(a|ab)/ $1\n", "/(?i)a/ X\n", "/[[=a=]]/ X\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "/first/ OK\n%s/a/ good\n", rows[i]);
		struct access *a = table("regexp:t", text);
		assert_int_equal(complaints, 1);
		key(a, "first", "OK");
		assert_int_equal(access_get(a, SLICE("a"), &hit), ACCESS_UNSURE);
		assert_int_equal(hit.line, 2);
		access_free(a);
	}
	struct access *a = table("regexp:t", "/^[^]a-z]+\\.(com)$/ $1\n");
	assert_int_equal(complaints, 0);
	key(a, "9.com", "com");
	access_free(a);
}

static void a_pattern_that_runs_away_is_no_answer(void **state)
{
	struct access *a = table("pcre:t", "/^(([a-z])+.)+[A-Z]([a-z])+$/i WARN\n/^/ OK\n");
	char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1";

	(void)state;
	assert_int_equal(access_get(a, slice_str(text), &hit), ACCESS_UNSURE);
	access_free(a);
}

static void small_tables_stand_in_their_name(void **state)
{
	struct access *a = table("inline:{ {A@b.example = WARN x, y}, c.example=OK c.example=DUNNO }", "");

	(void)state;
	key(a, "a@B.example", "WARN x, y");
	key(a, "c.example", "DUNNO"); /* here the last one wins */
	access_free(a);
	a = table("static:{ REJECT 5.7.1 no }", "");
	key(a, "anything", "REJECT 5.7.1 no");
	sender(a, "a@b.example", "REJECT 5.7.1 no");
	access_free(a);
	assert_null(read_bytes("inline:x", SLICE("")));
	assert_null(read_bytes("inline:{}", SLICE("")));
	assert_null(read_bytes("inline:{a}", SLICE("")));
	assert_null(read_bytes("static:{x", SLICE("")));
}

static void an_empty_action_is_an_error_and_no_miss(void **state)
{
	struct access *a = table("pcre:t", "/a/\n/^/ OK\n");

	(void)state;
	assert_int_equal(access_get(a, SLICE("a"), &hit), ACCESS_UNSURE);
	key(a, "b", "OK");
	access_free(a);
}

static void right_hand_sides_mean_what_postfix_does(void **state)
{
	static const struct {
		const char *action;
		enum access_class class;
		enum access_word word;
		int code;
		const char *dsn, *text;
	} rows[] = {
	    {"OK", ACCESS_OF_SENDER, ACCESS_OK, 0, "", ""},
	    {"relay x", ACCESS_OF_SENDER, ACCESS_OK, 0, "", "x"},
	    {"550", ACCESS_OF_SENDER, ACCESS_OK, 0, "", ""},
	    {"dunno any", ACCESS_OF_SENDER, ACCESS_DUNNO, 0, "", "any"},
	    {"WARN *** Invalid ***", ACCESS_OF_SENDER, ACCESS_WARN, 0, "", "*** Invalid ***"},
	    {"REJECT", ACCESS_OF_SENDER, ACCESS_REJECT, 554, "5.7.1", "Access denied"},
	    {"reject 5.7.0 no", ACCESS_OF_SENDER, ACCESS_REJECT, 554, "5.7.0", "no"},
	    {"REJECT 4.7.0 no", ACCESS_OF_SENDER, ACCESS_REJECT, 554, "5.7.0", "no"},
	    {"REJECT 5.1.1 no", ACCESS_OF_SENDER, ACCESS_REJECT, 554, "5.1.7", "no"},
	    {"REJECT 5.1.8 no", ACCESS_OF_RECIPIENT, ACCESS_REJECT, 554, "5.1.2", "no"},
	    {"REJECT 5.1.1 no", ACCESS_OF_CLIENT, ACCESS_REJECT, 554, "5.0.0", "no"},
	    {"REJECT 5.7.1no", ACCESS_OF_SENDER, ACCESS_REJECT, 554, "5.7.1", "5.7.1no"},
	    {"DEFER 4.7.1 later", ACCESS_OF_SENDER, ACCESS_DEFER, 450, "4.7.1", "later"},
	    {"DEFER", ACCESS_OF_SENDER, ACCESS_DEFER, 450, "4.7.1", "Access denied"},
	    {"550 no", ACCESS_OF_SENDER, ACCESS_REJECT, 550, "5.7.1", "no"},
	    {"451 4.3.0 x", ACCESS_OF_SENDER, ACCESS_DEFER, 451, "4.3.0", "x"},
	    {"HOLD why", ACCESS_OF_SENDER, ACCESS_HOLD, 0, "", "why"},
	    {"DISCARD", ACCESS_OF_SENDER, ACCESS_DISCARD, 0, "", ""},
	    {"FILTER smtp:[127.0.0.1]:10025", ACCESS_OF_SENDER, ACCESS_FILTER, 0, "", "smtp:[127.0.0.1]:10025"},
	    {"FILTER x", ACCESS_OF_SENDER, ACCESS_VOID, 0, "", "x"},
	    {"REDIRECT a@b", ACCESS_OF_SENDER, ACCESS_REDIRECT, 0, "", "a@b"},
	    {"BCC a", ACCESS_OF_SENDER, ACCESS_VOID, 0, "", "a"},
	    {"PREPEND X-A: b", ACCESS_OF_SENDER, ACCESS_PREPEND, 0, "", "X-A: b"},
	    {"INFO i", ACCESS_OF_SENDER, ACCESS_INFO, 0, "", "i"},
	    {"defer_if_permit", ACCESS_OF_SENDER, ACCESS_DEFER_IF_PERMIT, 450, "4.7.1", "Service unavailable"},
	    {"my_class, reject", ACCESS_OF_SENDER, ACCESS_LIST, 0, "", "my_class, reject"},
	    {"check_client_access hash:x", ACCESS_OF_SENDER, ACCESS_BROKEN, 0, "", "check_client_access hash:x"},
	    {"REJECTED", ACCESS_OF_SENDER, ACCESS_LIST, 0, "", "REJECTED"},
	    {"650 x", ACCESS_OF_SENDER, ACCESS_LIST, 0, "", "650 x"},
	};
	struct access_action out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		access_action_parse(slice_str(rows[i].action), rows[i].class, 554, 450, &out);
		assert_int_equal(out.word, rows[i].word);
		assert_int_equal(out.code, rows[i].code);
		assert_string_equal(out.dsn, rows[i].dsn);
		assert_true(slice_eq(out.text, slice_str(rows[i].text)));
	}
	access_action_parse(SLICE("REJECT x"), ACCESS_OF_SENDER, 450, 450, &out);
	assert_int_equal(out.word, ACCESS_DEFER);
	assert_string_equal(out.dsn, "4.7.1");
}

static void long_keys_and_odd_bytes_do_no_harm(void **state)
{
	struct access *a = table("hash:t", "company.my WARN\n");
	struct access_options o = ACCESS_OPTIONS;
	size_t n = 6000;
	char *text = malloc(n);

	(void)state;
	memset(text, '"', n);
	assert_int_equal(access_find_sender(a, slice_of(text, n), &o, &hit), ACCESS_UNSURE);
	memset(text, '.', n);
	text[10] = '@';
	assert_int_equal(access_find_sender(a, slice_of(text, 2048), &o, &hit), ACCESS_NONE);
	memset(text, '\\', n);
	text[2036] = '@';
	memcpy(text + 2037, "company.my", 10);
	assert_int_equal(access_find_sender(a, slice_of(text, 2047), &o, &hit), ACCESS_FOUND);
	assert_int_equal(access_find_client(a, slice_of(text, n), slice_of(text, n), &o, &hit), ACCESS_UNSURE);
	assert_int_equal(access_find_sender(a, SLICE("a\0b@company.my"), &o, &hit), ACCESS_FOUND);
	assert_int_equal(access_find_sender(a, SLICE("\xff@company.my"), &o, &hit), ACCESS_FOUND);
	assert_int_equal(access_find_sender(a, SLICE("@"), &o, &hit), ACCESS_NONE);
	free(text);
	access_free(a);
}

/* Bytes at random out of what the syntaxes are made of: nothing may break, whatever it means. */
static void any_bytes_are_read_without_harm(void **state)
{
	static const char alphabet[] = "ab.@:/!#\"\\ \t\n\n{}()[]$1if endif10.0.0.0/8\r,=\xc3\xbc";
	static const char *const types[] = {"hash:t", "cidr:t", "pcre:t", "regexp:t"};
	uint32_t seed = 12345;
	char text[240];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)round % sizeof(text);
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = alphabet[(seed >> 16) % (sizeof(alphabet))];
		}
		struct access *a = read_bytes(types[round % 4], slice_of(text, n));
		struct access_options o = ACCESS_OPTIONS;
		assert_non_null(a);
		access_find_sender(a, slice_of(text, n / 8), &o, &hit);
		access_find_client(a, SLICE("a.b"), SLICE("10.0.0.1"), &o, &hit);
		access_free(a);
	}
}

static void a_nul_byte_ends_its_line(void **state)
{
	struct access *a = read_bytes("hash:t", SLICE("a WARN x\0y\nb OK\n"));

	(void)state;
	assert_int_equal(complaints, 1);
	key(a, "a", "WARN x");
	key(a, "b", "OK");
	access_free(a);
	a = read_bytes("pcre:t", SLICE("\0/a/ x\n/a/ OK\n"));
	assert_int_equal(complaints, 2);
	key(a, "a", "OK");
	access_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_type_stands_before_the_colon),
	    cmocka_unit_test(comments_count_nothing_and_blanks_continue),
	    cmocka_unit_test(a_bad_row_is_told_and_the_others_count),
	    cmocka_unit_test(the_first_row_wins_and_the_later_ones_can_be_asked_for),
	    cmocka_unit_test(the_dotted_row_never_matches_unless_the_setting_says_so),
	    cmocka_unit_test(a_sender_is_asked_for_from_its_whole_to_its_parts),
	    cmocka_unit_test(a_sender_without_domain_needs_the_origin),
	    cmocka_unit_test(an_at_sign_in_quotes_is_no_domain),
	    cmocka_unit_test(a_client_is_asked_for_by_name_and_then_by_address),
	    cmocka_unit_test(a_pattern_sees_whole_keys_only),
	    cmocka_unit_test(the_first_network_that_matches_wins),
	    cmocka_unit_test(networks_with_bits_beyond_their_length_are_told),
	    cmocka_unit_test(blocks_nest_and_an_open_one_reaches_to_the_end),
	    cmocka_unit_test(flags_and_groups_of_a_pattern),
	    cmocka_unit_test(a_row_that_postfix_skips_is_skipped),
	    cmocka_unit_test(what_we_do_not_understand_stays_open),
	    cmocka_unit_test(a_pattern_that_runs_away_is_no_answer),
	    cmocka_unit_test(small_tables_stand_in_their_name),
	    cmocka_unit_test(an_empty_action_is_an_error_and_no_miss),
	    cmocka_unit_test(right_hand_sides_mean_what_postfix_does),
	    cmocka_unit_test(long_keys_and_odd_bytes_do_no_harm),
	    cmocka_unit_test(any_bytes_are_read_without_harm),
	    cmocka_unit_test(a_nul_byte_ends_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
