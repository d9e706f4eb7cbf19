#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define world_bad(what) fail_msg("%s", what)
#include "tracker_fixture.h"

static struct world *world;

static int setup(void **state)
{
	(void)state;
	world = world_new(&world_limits, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world = world_free(world);
	return 0;
}

static uint64_t address(const char *text)
{
	return tracker_address(world->tracker, slice_str(text));
}

static uint64_t tail(const char *name)
{
	struct peer p;

	peer_read(slice_str(name), SLICE("192.0.2.1"), &p);
	return p.tail;
}

static void addresses_of_any_length_are_the_same_in_any_case(void **state)
{
	static const char small[] = "abcdefgh@klmnopq-stuvwxyz-0123-example";
	static const char large[] = "ABCDEFGH@KLMNOPQ-STUVWXYZ-0123-EXAMPLE";

	(void)state;
	for (size_t n = 0; n < sizeof small; n++) {
		uint64_t h = tracker_address(world->tracker, slice_of(small, n));
		assert_int_equal(h, tracker_address(world->tracker, slice_of(large, n)));
		/* it is kept from run to run */
		assert_int_equal(h,
		                 slice_hash_short(slice_of(small, n), world->tracker->key[0], world->tracker->key[1]));
		for (size_t k = 0; k < n; k++)
			assert_int_not_equal(h, tracker_address(world->tracker, slice_of(small, k)));
	}
}

static void what_is_no_letter_has_no_case(void **state)
{
	(void)state;
	/* pairs that differ by the bit that makes letters small */
	assert_int_not_equal(address("boss@firma.example"), address("boss\140firma.example"));
	assert_int_not_equal(address("a[b@firma.example"), address("a{b@firma.example"));
	assert_int_not_equal(address("boss@firma.example"), address("boss@firma\016example"));
}

static void letters_beyond_ascii_are_folded_as_well(void **state)
{
	(void)state;
	assert_int_equal(address("M\303\234ller@firma.example"), address("m\303\274LLER@FIRMA.example"));
	assert_int_not_equal(address("m\303\274ller@firma.example"), address("m\303\266ller@firma.example"));
	assert_int_equal(address("\303\234"), address("\303\274"));
}

static void the_dot_at_the_end_of_a_domain_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(address("boss@firma.example."), address("boss@firma.example"));
	assert_int_not_equal(address("boss@firma.example.."), address("boss@firma.example"));
	assert_int_not_equal(address(""), 0);
}

static void clients_of_one_domain_end_alike(void **state)
{
	(void)state;
	uint64_t t = tail("mail1.news.example");

	assert_int_equal(tail("OUT.mta.News.EXAMPLE"), t);
	assert_int_equal(tail("news.example"), t);
	assert_int_equal(tail("mail1.news.example."), t);
	assert_int_not_equal(tail("mail1.olds.example"), t);
	assert_int_not_equal(tail("mail1.anews.example"), t);
	assert_int_not_equal(tail("localhost"), t);
	assert_int_equal(tail("unknown"), 0);
	assert_int_equal(tail(""), 0);
}

/* More than the filter can count. */
static void a_client_with_any_number_of_open_refusals_may_return(void **state)
{
	struct tracker *t = world->tracker;
	struct open *o[300];
	struct peer peer;

	(void)state;
	peer_read(SLICE("mail1.many.example"), SLICE("198.51.100.7"), &peer);
	for (int i = 0; i < 300; i++) {
		o[i] = slab_take(&t->opens);
		o[i]->sender_hash = 7;
		o[i]->by_address.key = open_key(7, (uint64_t)i);
		assert_int_equal(open_address(o[i]), i);
		o[i]->peer = peer;
		open_insert(t, o[i]);
		assert_true(open_may_return(t, &peer));
		assert_true(open_may_return_from(t, &peer, 7));
	}
	for (int i = 0; i < 300; i++) {
		assert_true(open_may_return(t, &peer));
		assert_true(open_may_return_from(t, &peer, 7));
		open_drop(t, o[i]);
	}
}

static void the_last_open_refusal_takes_the_mark_of_its_client_away(void **state)
{
	struct tracker *t = world->tracker;
	struct peer peer;

	(void)state;
	peer_read(SLICE("mail1.few.example"), SLICE("203.0.113.7"), &peer);
	struct open *o = slab_take(&t->opens);
	o->sender_hash = 8;
	o->peer = peer;
	assert_false(open_may_return(t, &peer));
	open_insert(t, o);
	assert_true(open_may_return(t, &peer));
	assert_false(open_may_return_from(t, &peer, 9));
	open_drop(t, o);
	assert_false(open_may_return(t, &peer));
	assert_false(open_may_return_from(t, &peer, 8));
}

static void hosts_are_told_apart_however_they_take_turns(void **state)
{
	static const char *const name[] = {"mx1", "mx2", "mx10", "gateway.firma.example", "gateway.firma.test", ""};
	struct host *h[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		h[i] = tracker_host(world->tracker, slice_str(name[i]));
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 6; k++) {
			assert_ptr_equal(tracker_host(world->tracker, slice_str(name[i])), h[i]);
			assert_ptr_equal(tracker_host(world->tracker, slice_str(name[k])), h[k]);
			assert_int_equal(h[i] == h[k], i == k);
		}
	assert_int_equal(world->tracker->hosts, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_of_any_length_are_the_same_in_any_case),
	    cmocka_unit_test(what_is_no_letter_has_no_case),
	    cmocka_unit_test(letters_beyond_ascii_are_folded_as_well),
	    cmocka_unit_test(the_dot_at_the_end_of_a_domain_says_nothing),
	    cmocka_unit_test(clients_of_one_domain_end_alike),
	    cmocka_unit_test(a_client_with_any_number_of_open_refusals_may_return),
	    cmocka_unit_test(the_last_open_refusal_takes_the_mark_of_its_client_away),
	    cmocka_unit_test(hosts_are_told_apart_however_they_take_turns),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
