/*
 * Own domains, as far as they are known while a log is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../analyzer/own.h"

static const uint64_t key[2] = {1, 2};

static int setup(void **state)
{
	*state = own_new(key);
	return 0;
}

static int teardown(void **state)
{
	*state = own_free(*state);
	return 0;
}

static void add(struct own *o, const char *domain)
{
	own_add(o, slice_str(domain));
}

static void is_own(struct own *o, const char *address)
{
	if (!own_has(o, slice_str(address)))
		fail_msg("<%s> should be ours", address);
}

static void is_not_own(struct own *o, const char *address)
{
	if (own_has(o, slice_str(address)))
		fail_msg("<%s> should not be ours", address);
}

/* ------------------------------------------------------------------------ what is ours */

static void nothing_is_ours_at_first(void **state)
{
	is_not_own(*state, "boss@company.my");
	is_not_own(*state, "boss");
	is_not_own(*state, "");
}

static void a_domain_covers_its_addresses_and_what_is_below(void **state)
{
	add(*state, "company.my");
	is_own(*state, "boss@company.my");
	is_own(*state, "boss@news.company.my");
	is_own(*state, "boss@a.b.c.d.e.f.company.my");
	is_own(*state, "@company.my");
}

static void what_only_looks_like_it_is_not_ours(void **state)
{
	add(*state, "company.my");
	is_not_own(*state, "boss@my");
	is_not_own(*state, "boss@xcompany.my");
	is_not_own(*state, "boss@company.my.example");
	is_not_own(*state, "boss@company.myx");
	is_not_own(*state, "company.my@other.example");
	is_not_own(*state, "boss@company.my@other.example");
}

static void what_is_above_or_beside_is_not_ours(void **state)
{
	add(*state, "news.company.my");
	is_own(*state, "boss@news.company.my");
	is_not_own(*state, "boss@company.my");
	is_not_own(*state, "boss@mail.company.my");
}

static void an_address_without_a_domain_is_not_ours(void **state)
{
	add(*state, "company.my");
	is_not_own(*state, "company.my");
	is_not_own(*state, "boss@");
	is_not_own(*state, "boss@.");
	is_not_own(*state, "");
	assert_false(own_has(*state, SLICE_NONE));
}

static void case_and_a_trailing_dot_do_not_matter_in_an_address(void **state)
{
	add(*state, "company.my");
	is_own(*state, "Boss@COMPANY.My");
	is_own(*state, "boss@company.my.");
	is_own(*state, "boss@company.my..");
}

static void the_last_at_sign_counts(void **state)
{
	add(*state, "company.my");
	is_own(*state, "\"a@other.example\"@company.my");
	is_not_own(*state, "\"a@company.my\"@other.example");
}

/* -------------------------------------------------------------------------- the domain */

static void domain_is(const char *address, const char *want)
{
	char buf[64];
	struct slice got = own_domain(slice_str(address), buf, sizeof buf);

	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.n ? got.p : "", want, got.n);
}

static void the_domain_of_an_address_is_folded_and_has_no_dot_behind(void **state)
{
	(void)state;
	domain_is("Boss@Company.MY.", "company.my");
	domain_is("a@b@C", "c");
	domain_is("boss", "");
	domain_is("boss@", "");
	domain_is("", "");
}

static void what_own_domain_says_own_add_takes(void **state)
{
	char buf[64];

	own_add(*state, own_domain(SLICE("Boss@Company.MY."), buf, sizeof buf));
	is_own(*state, "anna@company.my");
}

static void hostile_addresses_are_survived(void **state)
{
	enum { N = 5000 };
	char *text = malloc(N);

	assert_non_null(text);
	add(*state, "company.my");
	memset(text, '.', N);
	text[0] = '@';
	assert_false(own_has(*state, slice_of(text, N)));
	memset(text, 'x', N);
	text[0] = '@';
	assert_false(own_has(*state, slice_of(text, N)));
	for (size_t i = 1; i < N; i += 2)
		text[i] = '.';
	assert_false(own_has(*state, slice_of(text, N)));
	assert_false(own_has(*state, slice_of("a@b\0company.my", 14)));
	assert_false(own_has(*state, slice_of("a@\xff\xfe", 4)));
	free(text);
}

/* --------------------------------------------------------------------------- the limit */

static void add_numbered(struct own *o, unsigned from, unsigned to)
{
	char name[32];

	for (unsigned i = from; i < to; i++) {
		snprintf(name, sizeof name, "d%u.example", i);
		add(o, name);
	}
}

static unsigned count_numbered(struct own *o, unsigned from, unsigned to)
{
	char address[40];
	unsigned n = 0;

	for (unsigned i = from; i < to; i++) {
		snprintf(address, sizeof address, "boss@d%u.example", i);
		n += own_has(o, slice_str(address));
	}
	return n;
}

static void there_is_room_for_so_many_and_no_more(void **state)
{
	add_numbered(*state, 0, OWN_MAX);
	assert_int_equal(count_numbered(*state, 0, OWN_MAX), OWN_MAX);
	add_numbered(*state, OWN_MAX, 3 * OWN_MAX);
	assert_int_equal(count_numbered(*state, 0, OWN_MAX), OWN_MAX);
	assert_int_equal(count_numbered(*state, OWN_MAX, 3 * OWN_MAX), 0);
}

static void a_domain_said_twice_takes_room_once(void **state)
{
	for (unsigned i = 0; i < 2 * OWN_MAX; i++)
		add(*state, "company.my");
	add(*state, "");
	add_numbered(*state, 0, OWN_MAX - 1);
	is_own(*state, "boss@company.my");
	assert_int_equal(count_numbered(*state, 0, OWN_MAX - 1), OWN_MAX - 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(nothing_is_ours_at_first),
	    T(a_domain_covers_its_addresses_and_what_is_below),
	    T(what_only_looks_like_it_is_not_ours),
	    T(what_is_above_or_beside_is_not_ours),
	    T(an_address_without_a_domain_is_not_ours),
	    T(case_and_a_trailing_dot_do_not_matter_in_an_address),
	    T(the_last_at_sign_counts),
	    T(the_domain_of_an_address_is_folded_and_has_no_dot_behind),
	    T(what_own_domain_says_own_add_takes),
	    T(hostile_addresses_are_survived),
	    T(there_is_room_for_so_many_and_no_more),
	    T(a_domain_said_twice_takes_room_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
