#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../parsers/network.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(slice_str(text), &ip));
	return ip;
}

static struct network network_of(const char *text)
{
	struct network n;

	assert_true(network_parse(slice_str(text), &n));
	return n;
}

static bool has(const char *network, const char *ip)
{
	struct network n = network_of(network);
	struct ip a = ip_of(ip);

	return network_has(&n, &a);
}

static void each_address_has_one_canonical_form(void **state)
{
	static const char *const rows[][2] = {
	    {"192.0.2.7", "192.0.2.7"},
	    {"::ffff:192.0.2.7", "192.0.2.7"},
	    {"::FFFF:c000:207", "192.0.2.7"},
	    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
	    {"2001:0db8::0001", "2001:db8::1"},
	    {"::", "::"},
	    {"0.0.0.0", "0.0.0.0"},
	    {"255.255.255.255", "255.255.255.255"},
	};
	char text[IP_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ip ip = ip_of(rows[i][0]);

		assert_int_equal(ip_text(&ip, text), strlen(rows[i][1]));
		assert_string_equal(text, rows[i][1]);
	}
}

static void what_is_no_address_is_refused(void **state)
{
	static const struct slice rows[] = {
	    SLICE(""),
	    SLICE("unknown"),
	    SLICE("192.0.2"),
	    SLICE("192.0.2.256"),
	    SLICE("192.0.2.07"),
	    SLICE("192.000.002.007"),
	    SLICE("0xc0.0.2.7"),
	    SLICE("192.0.2.7:25"),
	    SLICE("192.0.2.7 "),
	    SLICE(" 192.0.2.7"),
	    SLICE("192.0.2.7\0x"),
	    SLICE("+1.2.3.4"),
	    SLICE("fe80::1%eth0"),
	    SLICE("[2001:db8::1]"),
	    SLICE("IPv6:2001:db8::1"),
	    SLICE("2001:db8::1::2"),
	    SLICE("::ffff:192.0.2.07"),
	    SLICE("2001:db8:00000::1"),
	    SLICE("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"),
	    {NULL, 0},
	};
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(ip_parse(rows[i], &ip));
}

static void a_refused_text_leaves_the_result_alone(void **state)
{
	struct ip before = ip_of("192.0.2.7"), ip = before;
	struct network nb = network_of("192.0.2.0/24"), n = nb;

	(void)state;
	assert_false(ip_parse(SLICE("2001:db8::x"), &ip));
	assert_true(ip_eq(&ip, &before));
	assert_false(network_parse(SLICE("198.51.100.1/24"), &n));
	assert_memory_equal(&n, &nb, sizeof(n));
}

static void a_mapped_client_and_its_ipv4_form_are_one(void **state)
{
	struct ip a = ip_of("::ffff:192.0.2.7"), b = ip_of("192.0.2.7"), c = ip_of("192.0.2.8");

	(void)state;
	assert_true(ip_eq(&a, &b));
	assert_true(ip_is_v4(&a));
	assert_false(ip_eq(&b, &c));
	c = ip_of("::192.0.2.7");
	assert_false(ip_is_v4(&c));
}

static void a_network_reads_as_postfix_writes_it(void **state)
{
	static const char *const rows[][2] = {
	    {"192.0.2.0/24", "192.0.2.0/24"},
	    {"192.0.2.7", "192.0.2.7/32"},
	    {"0.0.0.0/0", "0.0.0.0/0"},
	    {"128.0.0.0/1", "128.0.0.0/1"},
	    {"[2001:db8::]/32", "2001:db8::/32"},
	    {"[2001:db8::/32]", "2001:db8::/32"},
	    {"2001:db8::/32", "2001:db8::/32"},
	    {"[::1]", "::1/128"},
	    {"[::1]/128", "::1/128"},
	    {"::1", "::1/128"},
	    {"::/0", "::/0"},
	    {"[192.0.2.0]/24", "192.0.2.0/24"},
	    {"::ffff:192.0.2.0/120", "192.0.2.0/24"},
	};
	char text[NETWORK_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct network n = network_of(rows[i][0]);

		assert_int_equal(network_text(&n, text), strlen(rows[i][1]));
		assert_string_equal(text, rows[i][1]);
	}
}

static void what_is_no_network_is_refused(void **state)
{
	static const char *const rows[] = {
	    "",
	    "/24",
	    "192.0.2.0/",
	    "192.0.2.0/33",
	    "192.0.2.1/24",
	    "192.0.2.0/024",
	    "192.0.2.0/+24",
	    "192.0.2.0/24 ",
	    "192.0.2.0/24/8",
	    "192.0.2.0/255.255.255.0",
	    "192.0.2.0/4294967320",
	    "192.0.2/24",
	    "192.0.02.0/24",
	    "[2001:db8::",
	    "[2001:db8::]32",
	    "[2001:db8::]x/32",
	    "[2001:db8::]/129",
	    "2001:db8::1/32",
	    "[2001:db8::/32]/32",
	    "[]",
	    "[]/0",
	    "!192.0.2.0/24",
	    "hash:/etc/postfix/x",
	    "example.com",
	    "::ffff:192.0.2.0/24",
	};
	struct network n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(network_parse(slice_str(rows[i]), &n));
}

static void a_network_has_its_first_and_last_address_and_no_neighbour(void **state)
{
	(void)state;
	assert_true(has("192.0.2.0/25", "192.0.2.0"));
	assert_true(has("192.0.2.0/25", "192.0.2.127"));
	assert_false(has("192.0.2.0/25", "192.0.2.128"));
	assert_false(has("192.0.2.0/25", "192.0.1.255"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff:ffff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::"));
	assert_true(has("192.0.2.7", "192.0.2.7"));
	assert_false(has("192.0.2.7", "192.0.2.6"));
}

static void families_never_mix(void **state)
{
	(void)state;
	assert_false(has("::/0", "192.0.2.7"));
	assert_false(has("::/80", "192.0.2.7"));
	assert_false(has("0.0.0.0/0", "2001:db8::1"));
	assert_true(has("0.0.0.0/0", "192.0.2.7"));
	assert_true(has("::/0", "2001:db8::1"));
	assert_true(has("192.0.2.0/24", "::ffff:192.0.2.7"));
}

static void a_client_without_a_name_has_a_24_or_a_64_around_it(void **state)
{
	struct ip v4 = ip_of("203.0.113.149"), v6 = ip_of("2001:db8:1:2:3:4:5:6");
	struct network n = network_around(&v4);
	char text[NETWORK_TEXT];

	(void)state;
	network_text(&n, text);
	assert_string_equal(text, "203.0.113.0/24");
	assert_true(network_has(&n, &v4));
	n = network_around(&v6);
	network_text(&n, text);
	assert_string_equal(text, "2001:db8:1:2::/64");
	assert_true(network_has(&n, &v6));
}

static void the_longest_texts_fit(void **state)
{
	struct network n = network_of("1111:2222:3333:4444:5555:6666:7777:8888");
	char ip[IP_TEXT], text[NETWORK_TEXT];

	(void)state;
	assert_int_equal(ip_text(&n.ip, ip), 39);
	assert_int_equal(network_text(&n, text), 43);
}

static void private_ranges_end_where_the_rfcs_say(void **state)
{
	static const char *const inside[] = {
	    "10.0.0.0",        "10.255.255.255",  "172.16.0.0",      "172.31.255.255",
	    "192.168.0.0",     "192.168.255.255", "127.0.0.1",       "127.255.255.255",
	    "169.254.1.1",     "100.64.0.0",      "100.127.255.255", "fc00::1",
	    "fdff:ffff::1",    "fe80::1",         "febf::1",         "::1",
	    "::ffff:10.0.0.1",
	};
	static const char *const outside[] = {
	    "9.255.255.255",
	    "11.0.0.0",
	    "172.15.255.255",
	    "172.32.0.0",
	    "192.167.255.255",
	    "192.169.0.0",
	    "128.0.0.0",
	    "169.253.0.1",
	    "100.63.255.255",
	    "100.128.0.0",
	    "fbff::1",
	    "fe00::1",
	    "fec0::1",
	    "::2",
	    "::",
	    "2001:db8::1",
	    "203.0.113.1",
	};
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		ip = ip_of(inside[i]);
		assert_true(ip_is_private(&ip));
	}
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		ip = ip_of(outside[i]);
		assert_false(ip_is_private(&ip));
	}
}

static void loopback_is_all_of_127_and_one_address_of_ipv6(void **state)
{
	struct ip a = ip_of("127.9.9.9"), b = ip_of("::1"), c = ip_of("10.0.0.1"), d = ip_of("::ffff:127.0.0.1");

	(void)state;
	assert_true(ip_is_loopback(&a));
	assert_true(ip_is_loopback(&b));
	assert_false(ip_is_loopback(&c));
	assert_true(ip_is_loopback(&d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_address_has_one_canonical_form),
	    cmocka_unit_test(what_is_no_address_is_refused),
	    cmocka_unit_test(a_refused_text_leaves_the_result_alone),
	    cmocka_unit_test(a_mapped_client_and_its_ipv4_form_are_one),
	    cmocka_unit_test(a_network_reads_as_postfix_writes_it),
	    cmocka_unit_test(what_is_no_network_is_refused),
	    cmocka_unit_test(a_network_has_its_first_and_last_address_and_no_neighbour),
	    cmocka_unit_test(families_never_mix),
	    cmocka_unit_test(a_client_without_a_name_has_a_24_or_a_64_around_it),
	    cmocka_unit_test(the_longest_texts_fit),
	    cmocka_unit_test(private_ranges_end_where_the_rfcs_say),
	    cmocka_unit_test(loopback_is_all_of_127_and_one_address_of_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
