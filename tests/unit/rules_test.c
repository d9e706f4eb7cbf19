#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../parsers/rules.h"

static char why[200];
static size_t at;

static int setup(void **state)
{
	struct rules *r = malloc(sizeof(*r));

	assert_non_null(r);
	rules_init(r);
	why[0] = '\0';
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	rules_release(*state);
	free(*state);
	return 0;
}

static bool set(struct rules *r, const char *name, const char *field, const char *value)
{
	return rules_set(r, slice_str(name), slice_str(field), slice_str(value), &at, why, sizeof(why));
}

static void the_built_in_rule_knows_the_articles_texts(void **state)
{
	struct rules *r = *state;

	assert_int_equal(r->count, 1);
	assert_string_equal(r->rule[0].name, "own-domain");
	assert_string_equal(r->rule[0].title, "Mail from our own domains, from outside");
	assert_string_equal(r->rule[0].map, "/etc/postfix/check_custom_sender_access");
	assert_int_equal(rules_match(r, SLICE("*** Invalid Inbound Sender ***"), false), 1);
	assert_int_equal(rules_match(r, SLICE("Delivery not authorized, message refused"), true), 1);
	assert_int_equal(rules_match(r, SLICE("*** Invalid Inbound Sender ***"), true), 0);
	assert_int_equal(rules_match(r, SLICE("Delivery not authorized, message refused"), false), 0);
	assert_true(rules_check(r, 1, why, sizeof(why)));
}

static void a_text_of_no_rule_is_number_0(void **state)
{
	assert_int_equal(rules_match(*state, SLICE("Greylisted"), false), 0);
	assert_int_equal(rules_match(*state, SLICE(""), false), 0);
	assert_int_equal(rules_match(*state, SLICE_NONE, true), 0);
}

static void the_first_rule_that_matches_wins(void **state)
{
	struct rules *r = *state;

	assert_true(set(r, "any-sender", "warn", "Sender"));
	assert_true(set(r, "foreign", "warn", "Foreign Sender"));
	assert_int_equal(rules_match(r, SLICE("Invalid Inbound Sender"), false), 1);
	assert_int_equal(rules_match(r, SLICE("Foreign Sender"), false), 2);
}

static void runs_of_blanks_count_as_one(void **state)
{
	assert_int_equal(rules_match(*state, SLICE("***  Invalid   Inbound \t Sender ***"), false), 1);
	assert_int_equal(rules_match(*state, SLICE("Invalid\tInbound\tSender"), false), 1);
	assert_int_equal(rules_match(*state, SLICE("InvalidInbound Sender"), false), 0);
}

static void a_text_too_long_to_fold_is_matched_as_it_is(void **state)
{
	char text[3000];

	memset(text, 'x', sizeof(text));
	memcpy(text + 2900, "Invalid Inbound Sender", 22);
	assert_int_equal(rules_match(*state, slice_of(text, sizeof(text)), false), 1);
	memset(text, 'x', sizeof(text));
	memcpy(text + 2020, "Invalid  Inbound Sender", 23);
	assert_int_equal(rules_match(*state, slice_of(text, 2048), false), 1);
}

static void a_broken_pattern_is_refused_with_its_offset(void **state)
{
	assert_false(set(*state, "own-domain", "warn", "abc(de"));
	assert_int_equal(at, 6);
	assert_string_equal(why, "offset 6: missing closing parenthesis");
	assert_false(set(*state, "own-domain", "reject", "a[b"));
	assert_int_equal(at, 3);
	/* It answers nothing any more, rather than by the pattern it had. */
	assert_int_equal(rules_match(*state, SLICE("Invalid Inbound Sender"), false), 0);
}

static void two_blanks_in_a_pattern_are_refused(void **state)
{
	assert_false(set(*state, "own-domain", "warn", "Invalid  Inbound"));
	assert_int_equal(at, 7);
	assert_non_null(strstr(why, "offset 7: two blanks"));
	assert_true(set(*state, "own-domain", "title", "two  blanks in a title are fine"));
}

static void a_catastrophic_pattern_is_counted_and_the_next_rule_asked(void **state)
{
	struct rules *r = *state;

	assert_true(set(r, "own-domain", "warn", "(a+)+$"));
	assert_true(set(r, "next", "warn", "aaa"));
	assert_int_equal(rules_match(r, SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), false), 2);
	assert_int_equal(r->limit_hits, 1);
	assert_int_equal(rules_match(r, SLICE("aaa"), false), 1);
	assert_int_equal(r->limit_hits, 1);
}

static void a_new_name_makes_a_rule_and_an_old_one_changes_it(void **state)
{
	struct rules *r = *state;

	assert_true(set(r, "no-rdns", "warn", "cannot find"));
	assert_int_equal(r->count, 2);
	assert_string_equal(r->rule[1].title, "no-rdns");
	assert_null(r->rule[1].reject);
	assert_null(r->rule[1].map);
	assert_true(set(r, "no-rdns", "title", "Clients without a name"));
	assert_int_equal(r->count, 2);
	assert_string_equal(r->rule[1].title, "Clients without a name");
	assert_int_equal(rules_match(r, SLICE("cannot find your hostname"), true), 0);
}

static void an_empty_value_unsets_reject_and_map_only(void **state)
{
	struct rules *r = *state;

	assert_true(set(r, "own-domain", "reject", ""));
	assert_true(set(r, "own-domain", "map", ""));
	assert_null(r->rule[0].reject);
	assert_null(r->rule[0].map);
	assert_int_equal(rules_match(r, SLICE("Delivery not authorized, message refused"), true), 0);
	assert_false(set(r, "own-domain", "warn", ""));
	assert_false(set(r, "own-domain", "title", ""));
	assert_string_equal(why, "must not be empty");
	assert_int_equal(rules_match(r, SLICE("Invalid Inbound Sender"), false), 1);
}

static void names_and_keys_are_checked(void **state)
{
	struct rules *r = *state;
	char longest[42];

	memset(longest, 'a', 41);
	longest[41] = '\0';
	assert_false(set(r, "Own", "warn", "x"));
	assert_false(set(r, "", "warn", "x"));
	assert_false(set(r, "a b", "warn", "x"));
	assert_false(set(r, longest, "warn", "x"));
	assert_int_equal(r->count, 1);
	assert_true(set(r, longest + 1, "warn", "x"));
	assert_false(set(r, "own-domain", "warning", "x"));
	assert_non_null(strstr(why, "unknown key"));
	assert_false(rules_set(r, SLICE("own-domain"), SLICE("warn"), SLICE("a\0b"), &at, why, sizeof(why)));
	assert_string_equal(why, "has a NUL byte");
}

static void a_rule_that_cannot_warn_is_named(void **state)
{
	struct rules *r = *state;

	assert_true(set(r, "half", "reject", "no"));
	assert_true(rules_check(r, 1, why, sizeof(why)));
	assert_false(rules_check(r, 2, why, sizeof(why)));
	assert_non_null(strstr(why, "half"));
}

static void there_is_room_for_62_rules_and_no_more(void **state)
{
	struct rules *r = *state;
	char name[16], pattern[16];

	for (int i = 2; i <= RULES_MAX; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		snprintf(pattern, sizeof(pattern), "^r%d$", i);
		assert_true(set(r, name, "warn", pattern));
	}
	assert_false(set(r, "one-more", "warn", "x"));
	assert_string_equal(why, "more than 62 rules");
	assert_int_equal(rules_match(r, SLICE("r62"), false), 62);
	assert_true(set(r, "r62", "warn", "other"));
}

static uint64_t hash_with(const char *name, const char *field, const char *value)
{
	struct rules r;
	uint64_t h;

	rules_init(&r);
	if (name)
		assert_true(set(&r, name, field, value));
	h = rules_hash(&r);
	rules_release(&r);
	return h;
}

static void the_hash_changes_with_what_decides_and_with_nothing_else(void **state)
{
	uint64_t h = hash_with(NULL, NULL, NULL);

	(void)state;
	assert_true(h == hash_with("own-domain", "warn", "Invalid Inbound Sender"));
	assert_true(h == hash_with("own-domain", "title", "other"));
	assert_true(h == hash_with("own-domain", "map", "/other"));
	assert_true(h != hash_with("own-domain", "warn", "Invalid Inbound"));
	assert_true(h != hash_with("own-domain", "reject", ""));
	assert_true(h != hash_with("another", "warn", "x"));
	assert_true(hash_with("ab", "warn", "c") != hash_with("a", "warn", "bc"));
}

/* It is stored: another value on the next start would rebuild the database each time. */
static void the_hash_of_the_built_in_rule_is_what_it_always_was(void **state)
{
	assert_true(rules_hash(*state) == UINT64_C(0x87fd4383ab36e20a));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_built_in_rule_knows_the_articles_texts),
	    T(a_text_of_no_rule_is_number_0),
	    T(the_first_rule_that_matches_wins),
	    T(runs_of_blanks_count_as_one),
	    T(a_text_too_long_to_fold_is_matched_as_it_is),
	    T(a_broken_pattern_is_refused_with_its_offset),
	    T(two_blanks_in_a_pattern_are_refused),
	    T(a_catastrophic_pattern_is_counted_and_the_next_rule_asked),
	    T(a_new_name_makes_a_rule_and_an_old_one_changes_it),
	    T(an_empty_value_unsets_reject_and_map_only),
	    T(names_and_keys_are_checked),
	    T(a_rule_that_cannot_warn_is_named),
	    T(there_is_room_for_62_rules_and_no_more),
	    T(the_hash_changes_with_what_decides_and_with_nothing_else),
	    T(the_hash_of_the_built_in_rule_is_what_it_always_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
