#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../analyzer/fact.h"

static enum evidence of(const char *word)
{
	return evidence_of(slice_str(word));
}

static void places_are_in_the_order_of_reading(void **state)
{
	(void)state;
	assert_true(place_make(1, 0) < place_make(1, 1));
	assert_true(place_make(1, (INT64_C(1) << PLACE_SHIFT) - 1) < place_make(2, 0));
	assert_int_equal(place_make(3, 77) >> PLACE_SHIFT, 3);
	assert_true(place_make((1u << 23) - 1, 0) <= INT64_MAX); /* SQLite's numbers have a sign */
}

static void the_fates_that_lose_mail_come_first(void **state)
{
	(void)state;
	const char *const names[] = {"delivered", "queued",  "held",       "unknown", "bounced",
	                             "spam",      "refused", "tempfailed", "aborted", "discarded"};

	assert_int_equal(FATE_COUNT, sizeof(names) / sizeof(names[0]));
	for (int f = 0; f < FATE_COUNT; f++) {
		assert_string_equal(fate_name((enum fate)f), names[f]);
		assert_int_equal(fate_loses((enum fate)f), f < 4);
	}
}

static void a_fate_out_of_range_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(fate_name(FATE_COUNT), "unknown");
	assert_string_equal(evidence_name(EVIDENCE_COUNT), "");
}

static void every_evidence_word_names_itself(void **state)
{
	(void)state;
	assert_string_equal(evidence_name(EVIDENCE_NONE_SAID), "");
	for (int e = EVIDENCE_PASS; e < EVIDENCE_COUNT; e++)
		assert_int_equal(of(evidence_name((enum evidence)e)), e);
}

static void evidence_words_are_read_in_any_case(void **state)
{
	(void)state;
	assert_int_equal(of("Pass"), EVIDENCE_PASS);
	assert_int_equal(of("SOFTFAIL"), EVIDENCE_SOFTFAIL);
	assert_int_equal(of("None"), EVIDENCE_NO_RECORD);
}

static void categories_of_amavis_may_say_more(void **state)
{
	(void)state;
	assert_int_equal(of("BAD-HEADER-2"), EVIDENCE_BAD_HEADER);
	assert_int_equal(of("UNCHECKED-ENCRYPTED"), EVIDENCE_UNCHECKED);
	assert_int_equal(of("BANNED (invoice.exe)"), EVIDENCE_BANNED);
	assert_int_equal(of("INFECTED (Eicar, x)"), EVIDENCE_INFECTED);
}

static void a_word_that_begins_like_another_is_not_that_one(void **state)
{
	(void)state;
	assert_int_equal(of("SPAMMY"), EVIDENCE_SPAMMY);
	assert_int_equal(of("SPAM"), EVIDENCE_SPAM);
	assert_int_equal(of("failure"), EVIDENCE_OTHER);
	assert_int_equal(of("passed"), EVIDENCE_OTHER);
	assert_int_equal(of(""), EVIDENCE_OTHER);
	assert_int_equal(evidence_of(SLICE_NONE), EVIDENCE_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(places_are_in_the_order_of_reading),
	    cmocka_unit_test(the_fates_that_lose_mail_come_first),
	    cmocka_unit_test(a_fate_out_of_range_is_unknown),
	    cmocka_unit_test(every_evidence_word_names_itself),
	    cmocka_unit_test(evidence_words_are_read_in_any_case),
	    cmocka_unit_test(categories_of_amavis_may_say_more),
	    cmocka_unit_test(a_word_that_begins_like_another_is_not_that_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
