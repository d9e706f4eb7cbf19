#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../ui/anonymize.h"

static struct slice own[] = {SLICE("firma.example")};
static struct anonymizer *one, *other;
static struct text text;

static int begin(void **state)
{
	(void)state;
	one = anonymizer_keyed(SLICE("first key"), own, 1);
	other = anonymizer_keyed(SLICE("second key"), own, 1);
	text = (struct text){0};
	return 0;
}

static int end(void **state)
{
	(void)state;
	text_release(&text);
	one = anonymizer_free(one);
	other = anonymizer_free(other);
	return 0;
}

static const char *address(const struct anonymizer *a, const char *s)
{
	text_clear(&text);
	anonymize_address(a, &text, slice_str(s));
	return text.p ? text.p : "";
}

static const char *words(const char *s)
{
	text_clear(&text);
	anonymize_words(one, &text, slice_str(s));
	return text.p ? text.p : "";
}

static const char *network(const char *s, bool exact)
{
	text_clear(&text);
	anonymize_network(one, &text, slice_str(s), exact);
	return text.p ? text.p : "";
}

static void a_person_has_one_pseudonym_in_any_case_and_with_the_last_dot(void **state)
{
	(void)state;
	char first[100];

	snprintf(first, sizeof first, "%.9s", address(one, "Anna@firma.example"));
	assert_memory_equal(address(one, "anna@FIRMA.example"), first, 9);
	assert_memory_equal(address(one, "anna@firma.example."), first, 9);
}

static void own_domains_stay_and_others_do_not(void **state)
{
	(void)state;
	assert_non_null(strstr(address(one, "anna@firma.example"), "@firma.example"));
	assert_non_null(strstr(address(one, "anna@mail.firma.example"), "@mail.firma.example"));
	assert_null(strstr(address(one, "anna@andere-firma.example"), "firma"));
	assert_non_null(strstr(address(one, "anna@private.example"), ".invalid"));
	assert_null(strstr(address(one, "anna@private.example"), "private"));
}

static void people_and_keys_differ(void **state)
{
	(void)state;
	char anna[100], berta[100], elsewhere[100];

	snprintf(anna, sizeof anna, "%s", address(one, "anna@firma.example"));
	snprintf(berta, sizeof berta, "%s", address(one, "berta@firma.example"));
	snprintf(elsewhere, sizeof elsewhere, "%s", address(other, "anna@firma.example"));
	assert_string_not_equal(anna, berta);
	assert_string_not_equal(anna, elsewhere);
	assert_string_equal(anna, address(one, "anna@firma.example"));
}

static void a_sender_that_is_nobody_stays_nobody(void **state)
{
	(void)state;
	assert_string_equal(address(one, ""), "");
	assert_string_equal(address(one, "<>"), "<>");
}

static void addresses_of_clients_are_cut_to_their_network(void **state)
{
	(void)state;
	assert_string_equal(network("192.0.2.77", false), "192.0.2.0/24");
	assert_string_equal(network("192.0.2.64/26", false), "192.0.2.0/24");
	assert_string_equal(network("192.0.0.0/16", false), "192.0.0.0/16");
	assert_string_equal(network("2001:db8:1:2:3::4", false), "2001:db8:1:2::/64");
	assert_string_equal(network("2001:db8::/32", false), "2001:db8::/32");
	assert_string_equal(network("unknown", false), "unknown");
	assert_string_equal(network("news.example", true), "news.example");
}

static void two_of_one_network_can_be_told_apart(void **state)
{
	(void)state;
	char first[100];

	snprintf(first, sizeof first, "%s", network("10.1.2.3", true));
	assert_string_not_equal(first, network("10.1.2.4", true));
	assert_string_equal(first, network("10.1.2.3", true));
	assert_memory_equal(first, "10.1.2.0/24-h", 13);
}

static void words_lose_people_and_addresses_and_nothing_else(void **state)
{
	(void)state;
	assert_string_equal(words("read to 2026-11-15 22:56Z (mx1), 99.8 %"),
	                    "read to 2026-11-15 22:56Z (mx1), 99.8 %");
	assert_string_equal(words("from 192.0.2.77, then [2001:db8::7]:25."),
	                    "from 192.0.2.0/24, then [2001:db8::/64]:25.");
	assert_string_equal(words("row 0.0.0.0/0 and ::/0"), "row 0.0.0.0/0 and ::/0");
	assert_null(strstr(words("ask \"kuni gunde\"@firma.example or anna+x@private.example."), "gunde"));
	assert_null(strstr(words("ask \"kuni gunde\"@firma.example or anna+x@private.example."), "anna"));
	assert_null(strstr(text.p, "private"));
	assert_memory_equal(text.p, "ask p", 5);
	assert_null(strstr(words("dsl-198-51-100-7.isp.example"), "198-51"));
	assert_non_null(strstr(text.p, ".isp.example"));
	assert_string_equal(words("1-2-3 and 1.2.3"), "1-2-3 and 1.2.3");
}

static void any_bytes_are_words(void **state)
{
	(void)state;
	static const char bytes[] = "@.:\"<> a1/-\xff\0x";
	char buf[24];
	uint32_t seed = 1;

	for (int i = 0; i < 200000; i++) {
		size_t n = (size_t)(i % (int)sizeof buf);
		for (size_t k = 0; k < n; k++) {
			seed = seed * 1664525u + 1013904223u;
			buf[k] = bytes[(seed >> 8) % (sizeof bytes - 1)];
		}
		text_clear(&text);
		anonymize_words(one, &text, slice_of(buf, n));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_person_has_one_pseudonym_in_any_case_and_with_the_last_dot, begin, end),
	    cmocka_unit_test_setup_teardown(own_domains_stay_and_others_do_not, begin, end),
	    cmocka_unit_test_setup_teardown(people_and_keys_differ, begin, end),
	    cmocka_unit_test_setup_teardown(a_sender_that_is_nobody_stays_nobody, begin, end),
	    cmocka_unit_test_setup_teardown(addresses_of_clients_are_cut_to_their_network, begin, end),
	    cmocka_unit_test_setup_teardown(two_of_one_network_can_be_told_apart, begin, end),
	    cmocka_unit_test_setup_teardown(words_lose_people_and_addresses_and_nothing_else, begin, end),
	    cmocka_unit_test_setup_teardown(any_bytes_are_words, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
