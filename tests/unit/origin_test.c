#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/origin.h"
#include "../../analyzer/shared_domains.h"

static struct origin *plain;

static int setup(void **state)
{
	(void)state;
	plain = origin_new(NULL, 0, NULL, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plain = origin_free(plain);
	return 0;
}

static void is_source(const struct origin *o, const char *name, const char *ip, enum source_kind kind, const char *text,
                      const char *domain)
{
	struct source_name got;

	origin_name(o, slice_str(name), slice_str(ip), &got);
	if (got.kind != kind || strcmp(got.text, text) != 0 || strcmp(got.domain, domain) != 0)
		fail_msg("%s[%s] is %s %s (%s)", name ? name : "-", ip, source_kind_name(got.kind), got.text,
		         got.domain);
}

static void is_org(const char *name, const char *ip, const char *text)
{
	is_source(plain, name, ip, SOURCE_ORG, text, "");
}

static void is_net(const char *name, const char *ip, const char *text)
{
	is_source(plain, name, ip, SOURCE_NET, text, "");
}

static void is_shared(const char *name, const char *ip, const char *text, const char *domain)
{
	is_source(plain, name, ip, SOURCE_SHARED, text, domain);
}

static void a_verified_name_gives_its_registrable_domain(void **state)
{
	(void)state;
	is_org("mx1.lieferant.example", "203.0.113.9", "lieferant.example");
	is_org("a.b.c.firma.intern", "203.0.113.9", "firma.intern");
	is_org("mail.news.co.uk", "203.0.113.9", "news.co.uk");
	is_org("news.co.uk", "203.0.113.9", "news.co.uk");
	is_org("mx.firma.de", "2001:db8::25", "firma.de");
	is_org("www.ck", "203.0.113.9", "www.ck");
}

static void a_public_suffix_never_becomes_a_source(void **state)
{
	(void)state;
	is_net("co.uk", "203.0.113.9", "203.0.113.0/24");
	is_net("co.uk.", "203.0.113.9", "203.0.113.0/24");
	is_net("CO.UK", "203.0.113.9", "203.0.113.0/24");
	is_net("com", "203.0.113.9", "203.0.113.0/24");
	is_net("example", "203.0.113.9", "203.0.113.0/24");
	is_net("foo.ck", "203.0.113.9", "203.0.113.0/24");
	is_net("localhost", "203.0.113.9", "203.0.113.0/24");
}

static void case_and_trailing_dot_make_no_second_source(void **state)
{
	(void)state;
	is_org("MX1.Lieferant.EXAMPLE.", "203.0.113.9", "lieferant.example");
	is_shared("SMTP.GMX.NET.", "203.0.113.9", "203.0.113.0/24", "gmx.net");
}

static void a_client_without_a_name_is_its_network(void **state)
{
	(void)state;
	is_net("unknown", "203.0.113.149", "203.0.113.0/24");
	is_net(NULL, "203.0.113.149", "203.0.113.0/24");
	is_net("", "203.0.113.149", "203.0.113.0/24");
	is_net("unknown", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
	is_net("unknown", "::ffff:203.0.113.149", "203.0.113.0/24");
}

static void an_address_that_is_none_is_net_unknown(void **state)
{
	(void)state;
	is_net("unknown", "unknown", "unknown");
	is_net("mx1.lieferant.example", "unknown", "unknown");
	is_net("mx1.lieferant.example", "", "unknown");
	is_net("mx1.lieferant.example", "203.0.113.09", "unknown");
}

static void a_name_that_cannot_be_one_is_no_name(void **state)
{
	static const struct slice names[] = {
	    SLICE("a..example"),
	    SLICE(".lieferant.example"),
	    SLICE("."),
	    SLICE(".."),
	    SLICE("mx\0.lieferant.example"),
	    SLICE("mx 1.lieferant.example"),
	    SLICE("m\xc3\xa4x.example"),
	    SLICE("203.0.113.9"),
	    SLICE("[203.0.113.9]"),
	    SLICE("x.lieferant.example.."),
	};
	struct source_name got;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		origin_name(plain, names[i], SLICE("203.0.113.9"), &got);
		assert_int_equal(got.kind, SOURCE_NET);
		assert_string_equal(got.text, "203.0.113.0/24");
	}
}

static void the_longest_name_fits_and_a_longer_one_is_no_name(void **state)
{
	char name[400];

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	name[253] = '\0';
	is_org(name, "203.0.113.9", "a.a");
	name[253] = '.';
	name[255] = '\0';
	is_net(name, "203.0.113.9", "203.0.113.0/24");
	memset(name, 'a', sizeof(name));
	memcpy(name + 250, ".de", 4);
	is_org(name, "203.0.113.9", name);
	memset(name, '1', 250);
	is_org(name, "203.0.113.9", name);
}

static void inside_is_decided_first_and_by_the_address(void **state)
{
	(void)state;
	is_source(plain, "printer.firma.example", "10.20.30.77", SOURCE_INSIDE, "10.20.30.77", "");
	is_source(plain, "mail.google.com", "192.168.1.1", SOURCE_INSIDE, "192.168.1.1", "");
	is_source(plain, "localhost", "127.0.0.1", SOURCE_INSIDE, "127.0.0.1", "");
	is_source(plain, "unknown", "::1", SOURCE_INSIDE, "::1", "");
	is_source(plain, "unknown", "::ffff:10.20.30.77", SOURCE_INSIDE, "10.20.30.77", "");
	is_source(plain, "unknown", "FD00:0:0::1", SOURCE_INSIDE, "fd00::1", "");
}

static void the_setting_adds_to_the_private_ranges(void **state)
{
	struct network n[2];
	struct origin *o;

	(void)state;
	assert_true(network_parse(SLICE("198.51.100.0/24"), &n[0]));
	assert_true(network_parse(SLICE("2001:db8:25::/48"), &n[1]));
	o = origin_new(n, 2, NULL, 0);
	is_source(o, "mx.firma.example", "198.51.100.7", SOURCE_INSIDE, "198.51.100.7", "");
	is_source(o, "unknown", "2001:db8:25::7", SOURCE_INSIDE, "2001:db8:25::7", "");
	is_source(o, "unknown", "10.0.0.1", SOURCE_INSIDE, "10.0.0.1", "");
	is_source(o, "mx.firma.example", "198.51.101.7", SOURCE_ORG, "firma.example", "");
	assert_null(origin_free(o));
}

static void a_domain_that_thousands_share_is_shown_but_names_no_source(void **state)
{
	(void)state;
	is_shared("mail-ej1-f50.google.com", "209.85.218.50", "209.85.218.0/24", "google.com");
	is_shared("mail-db8eur05.outbound.protection.outlook.com", "40.107.20.5", "40.107.20.0/24", "outlook.com");
	is_shared("a1-99.smtp-out.amazonses.com", "54.240.1.99", "54.240.1.0/24", "amazonses.com");
	is_shared("mo4-p00-ob.smtp.rzone.de", "2a01:238:400::5", "2a01:238:400::/64", "rzone.de");
	is_shared("gmx.net", "203.0.113.9", "203.0.113.0/24", "gmx.net");
}

static void each_line_of_the_built_in_list_is_shared(void **state)
{
	const char *line = shared_domains_txt;
	size_t count = 0;

	(void)state;
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		struct source_name got;
		char name[300];

		if (*line == '#' || *line == '\n')
			continue;
		snprintf(name, sizeof(name), "mx.%.*s", (int)strcspn(line, "\n"), line);
		origin_name(plain, slice_str(name), SLICE("203.0.113.9"), &got);
		if (got.kind != SOURCE_SHARED)
			fail_msg("%s is %s %s", name, source_kind_name(got.kind), got.text);
		count++;
	}
	assert_in_range(count, 100, 1000);
}

static void a_domain_that_only_ends_alike_is_not_shared(void **state)
{
	(void)state;
	is_org("mx.notgoogle.com", "203.0.113.9", "notgoogle.com");
	is_org("google.com.firma.de", "203.0.113.9", "firma.de");
}

static void a_rented_machine_is_shared_by_its_hosters_domain(void **state)
{
	(void)state;
	is_shared("ec2-203-0-113-9.compute.amazonaws.com", "203.0.113.9", "203.0.113.0/24", "amazonaws.com");
	is_shared("ec2-203-0-113-9.eu-west-1.compute.amazonaws.com", "203.0.113.9", "203.0.113.0/24", "amazonaws.com");
	is_shared("9.113.0.203.bc.googleusercontent.com", "203.0.113.9", "203.0.113.0/24", "googleusercontent.com");
}

static void customers_of_a_private_suffix_are_domains_of_their_own(void **state)
{
	(void)state;
	is_org("mx.alice.dyndns.org", "203.0.113.9", "alice.dyndns.org");
	is_net("dyndns.org", "203.0.113.9", "203.0.113.0/24");
}

static void the_setting_adds_shared_domains(void **state)
{
	struct slice more[] = {SLICE("Provider.Example."), SLICE(".dot.example"), SLICE("not a domain"), SLICE("")};
	struct origin *o = origin_new(NULL, 0, more, 4);

	(void)state;
	is_source(o, "mx.provider.example", "203.0.113.9", SOURCE_SHARED, "203.0.113.0/24", "provider.example");
	is_source(o, "mx.dot.example", "203.0.113.9", SOURCE_SHARED, "203.0.113.0/24", "dot.example");
	is_source(o, "mx.gmx.net", "203.0.113.9", SOURCE_SHARED, "203.0.113.0/24", "gmx.net");
	is_org("mx.provider.example", "203.0.113.9", "provider.example");
	assert_null(origin_free(o));
}

static void a_name_with_the_address_in_it_is_a_pool(void **state)
{
	static const char *const names[] = {
	    "dyn-149.dsl.example",           "149.dyn.isp.example",        "203-0-113-149.isp.example",
	    "203.0.113.149.isp.example",     "149-113-0-203.isp.example",  "149.113.0.203.isp.example",
	    "ip-203-0-113-149.isp.example",  "203x0x113x149.isp.example",  "p113-149.isp.example",
	    "149-113.isp.example",           "203000113149.isp.example",   "h149113000203.isp.example",
	    "203-000-113-149.isp.example",   "pcb007195.dip0.isp.example", "957100cb.isp.example",
	    "CB-007195.pool149.isp.example", "host149.isp.example",        "ip149.isp.example",
	    "customer-149.isp.example",      "pool-x-149-y.isp.example",   "DYN149.ISP.example",
	};
	struct source_name got;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		origin_name(plain, slice_str(names[i]), SLICE("203.0.113.149"), &got);
		if (got.kind != SOURCE_SHARED || strcmp(got.text, "203.0.113.0/24") != 0)
			fail_msg("%s is %s %s", names[i], source_kind_name(got.kind), got.text);
	}
	is_shared("dyn-149.dsl.example", "203.0.113.149", "203.0.113.0/24", "dsl.example");
}

static void a_number_that_is_no_address_makes_no_pool(void **state)
{
	static const struct {
		const char *name, *ip, *org;
	} rows[] = {
	    {"out12.mta.mailer.example", "203.0.113.12", "mailer.example"},
	    {"mx1.firma.example", "203.0.113.1", "firma.example"},
	    {"mx-1-2.firma.example", "203.0.1.2", "firma.example"},
	    {"out4.mta12.firma.example", "203.0.12.4", "firma.example"},
	    {"mta113out149.firma.example", "203.0.113.149", "firma.example"},
	    {"149.firma.example", "203.0.113.149", "firma.example"},
	    {"mail149.customercare.firma.example", "203.0.113.149", "firma.example"},
	    {"dynamics149.firma.example", "203.0.113.149", "firma.example"},
	    {"dyn-150.firma.example", "203.0.113.149", "firma.example"},
	    {"dyn-1490.firma.example", "203.0.113.149", "firma.example"},
	    {"203-0-114-149.firma.example", "203.0.113.149", "firma.example"},
	    {"mx.203-0-113-149.example", "203.0.113.149", "203-0-113-149.example"},
	    {"dyn-149.example", "203.0.113.149", "dyn-149.example"},
	    {"dyn.firma.example", "203.0.113.149", "firma.example"},
	    {"mail-2001.firma.example", "2001:db8::1", "firma.example"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_org(rows[i].name, rows[i].ip, rows[i].org);
}

static void an_ipv6_pool_is_seen_too(void **state)
{
	(void)state;
	is_shared("dyn-2001-db8--1-5.isp.example", "2001:db8::1:5", "2001:db8::/64", "isp.example");
	is_shared("20010db8000000000000000000010005.isp.example", "2001:db8::1:5", "2001:db8::/64", "isp.example");
	is_shared("2001-0db8-0000-0000-0000-0000-0001-0005.isp.example", "2001:db8::1:5", "2001:db8::/64",
	          "isp.example");
	is_shared("5.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.isp.example", "2001:db8::1:5",
	          "2001:db8::/64", "isp.example");
}

static void the_organisational_domain_of_a_name_is_given_or_absent(void **state)
{
	char buf[256];
	struct slice org = origin_org(plain, SLICE("MX.News.co.uk."), buf, sizeof(buf));

	(void)state;
	assert_true(slice_eq(org, SLICE("news.co.uk")));
	assert_ptr_equal(org.p, buf);
	org = origin_org(plain, SLICE("mail.google.com"), buf, sizeof(buf));
	assert_true(slice_eq(org, SLICE("google.com")));
	assert_false(slice_is_set(origin_org(plain, SLICE("co.uk"), buf, sizeof(buf))));
	assert_false(slice_is_set(origin_org(plain, SLICE("unknown"), buf, sizeof(buf))));
	assert_false(slice_is_set(origin_org(plain, SLICE_NONE, buf, sizeof(buf))));
	assert_false(slice_is_set(origin_org(plain, SLICE("mx.news.co.uk"), buf, 10)));
	assert_true(slice_is_set(origin_org(plain, SLICE("mx.news.co.uk"), buf, 11)));
}

static uint64_t hash_of(enum origin_part part, const char *network, const char *domain)
{
	struct network n;
	struct slice s = slice_str(domain);
	struct origin *o;
	uint64_t h;

	if (network)
		assert_true(network_parse(slice_str(network), &n));
	o = origin_new(&n, network != NULL, &s, domain != NULL);
	h = origin_hash(o, part);
	origin_free(o);
	return h;
}

static void each_part_s_hash_changes_with_it_alone(void **state)
{
	const enum origin_part in = ORIGIN_INSIDE, names = ORIGIN_NAMES;

	(void)state;
	for (int i = 0; i < ORIGIN_PARTS; i++)
		assert_true(origin_hash(plain, (enum origin_part)i) == hash_of((enum origin_part)i, NULL, NULL));
	assert_true(hash_of(in, NULL, NULL) != hash_of(in, "198.51.100.0/24", NULL));
	assert_true(hash_of(in, "198.51.100.0/24", NULL) != hash_of(in, "198.51.100.0/25", NULL));
	assert_true(hash_of(in, NULL, NULL) == hash_of(in, NULL, "provider.example"));
	assert_true(hash_of(names, NULL, NULL) == hash_of(names, "198.51.100.0/24", NULL));
	assert_true(hash_of(names, NULL, NULL) != hash_of(names, NULL, "provider.example"));
	assert_true(hash_of(names, NULL, "provider.example") == hash_of(names, NULL, "Provider.Example."));
}

static void each_kind_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(source_kind_name(SOURCE_ORG), "org");
	assert_string_equal(source_kind_name(SOURCE_NET), "net");
	assert_string_equal(source_kind_name(SOURCE_INSIDE), "inside");
	assert_string_equal(source_kind_name(SOURCE_SHARED), "shared");
	assert_true(strlen(origin_library()) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_verified_name_gives_its_registrable_domain),
	    cmocka_unit_test(a_public_suffix_never_becomes_a_source),
	    cmocka_unit_test(case_and_trailing_dot_make_no_second_source),
	    cmocka_unit_test(a_client_without_a_name_is_its_network),
	    cmocka_unit_test(an_address_that_is_none_is_net_unknown),
	    cmocka_unit_test(a_name_that_cannot_be_one_is_no_name),
	    cmocka_unit_test(the_longest_name_fits_and_a_longer_one_is_no_name),
	    cmocka_unit_test(inside_is_decided_first_and_by_the_address),
	    cmocka_unit_test(the_setting_adds_to_the_private_ranges),
	    cmocka_unit_test(a_domain_that_thousands_share_is_shown_but_names_no_source),
	    cmocka_unit_test(each_line_of_the_built_in_list_is_shared),
	    cmocka_unit_test(a_domain_that_only_ends_alike_is_not_shared),
	    cmocka_unit_test(a_rented_machine_is_shared_by_its_hosters_domain),
	    cmocka_unit_test(customers_of_a_private_suffix_are_domains_of_their_own),
	    cmocka_unit_test(the_setting_adds_shared_domains),
	    cmocka_unit_test(a_name_with_the_address_in_it_is_a_pool),
	    cmocka_unit_test(a_number_that_is_no_address_makes_no_pool),
	    cmocka_unit_test(an_ipv6_pool_is_seen_too),
	    cmocka_unit_test(the_organisational_domain_of_a_name_is_given_or_absent),
	    cmocka_unit_test(each_part_s_hash_changes_with_it_alone),
	    cmocka_unit_test(each_kind_has_its_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
