#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../analyzer/told.h"

static bool is_known(const struct told *t, uint64_t id)
{
	struct told_mail m;

	return told_find(t, id, &m);
}

static const struct mail_place place = {
    .sender = 4, .client = 5, .day = 6, .first_us = -7, .last_us = 7, .evidence = {1, 2, 3, 17}, .flags = 5};

static void a_mail_is_known_with_its_recipients_until_it_is_forgotten(void **state)
{
	struct told *t = told_new();
	struct told_mail m;

	(void)state;
	assert_false(is_known(t, 99));
	told_mail(t, 99, &place);
	told_recipient(t, 1, 20, FATE_QUEUED);
	told_recipient(t, 1, 21, FATE_QUEUED);
	told_recipient(t, 2, 20, FATE_BOUNCED);
	assert_true(told_find(t, 99, &m));
	assert_int_equal(m.at.sender, 4);
	assert_int_equal(m.at.client, 5);
	assert_int_equal(m.at.day, 6);
	assert_int_equal(m.at.first_us, -7);
	assert_int_equal(m.at.last_us, 7);
	assert_memory_equal(m.at.evidence, place.evidence, sizeof place.evidence);
	assert_int_equal(m.at.flags, 5);
	assert_int_equal(m.recipients, 3);
	assert_int_equal(m.recipient[0].text, 20);
	assert_int_equal(m.recipient[1].text, 21);
	assert_int_equal(m.recipient[1].fate, FATE_QUEUED);
	assert_int_equal(m.recipient[2].text, 20);
	assert_int_equal(m.recipient[2].recipient, 2);
	assert_int_equal(m.recipient[2].fate, FATE_BOUNCED);
	told_forget(t, 98);
	assert_true(is_known(t, 99));
	told_forget(t, 99);
	assert_false(is_known(t, 99));
	told_free(t);
}

static void a_mail_that_is_told_anew_has_only_what_was_told_last(void **state)
{
	struct told *t = told_new();
	struct told_mail m;

	(void)state;
	told_mail(t, 99, &place);
	told_recipient(t, 1, 20, FATE_QUEUED);
	told_mail(t, 99, &place);
	told_recipient(t, 2, 21, FATE_DELIVERED);
	assert_true(told_find(t, 99, &m));
	assert_int_equal(m.recipients, 1);
	assert_int_equal(m.recipient[0].recipient, 2);
	assert_int_equal(m.recipient[0].text, 21);
	told_free(t);
}

/* Its rows replace each other in the table: what counts must be asked there. */
static void a_mail_whose_rows_are_not_what_was_told_is_not_known(void **state)
{
	static const struct {
		uint32_t recipient, text;
		enum fate fate;
	} rows[][3] = {{{1, 20, FATE_QUEUED}, {2, 20, FATE_QUEUED}, {1, 21, FATE_QUEUED}},
	               {{1, 20, FATE_QUEUED}, {1, 21, FATE_BOUNCED}, {2, 20, FATE_QUEUED}},
	               {{1, 20, FATE_QUEUED}, {1, 20, FATE_QUEUED}, {2, 20, FATE_QUEUED}}};
	struct told *t = told_new();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		told_mail(t, 99, &place);
		for (size_t k = 0; k < 3; k++)
			told_recipient(t, rows[i][k].recipient, rows[i][k].text, rows[i][k].fate);
		assert_false(is_known(t, 99));
	}
	told_free(t);
}

static void a_mail_with_too_many_recipients_is_not_known(void **state)
{
	struct told *t = told_new();

	(void)state;
	told_mail(t, 99, &place);
	for (uint32_t i = 1; i <= TOLD_RECIPIENTS; i++)
		told_recipient(t, i, 20, FATE_QUEUED);
	assert_true(is_known(t, 99));
	told_recipient(t, 77, 20, FATE_QUEUED);
	told_recipient(t, 78, 20, FATE_QUEUED);
	assert_false(is_known(t, 99));
	told_free(t);
}

static void a_mail_with_too_many_texts_is_not_known(void **state)
{
	struct told *t = told_new();

	(void)state;
	told_mail(t, 99, &place);
	for (uint32_t i = 0; i < TOLD_TEXTS; i++)
		told_recipient(t, 1, 20 + i, FATE_QUEUED);
	assert_true(is_known(t, 99));
	told_recipient(t, 2, 20 + TOLD_TEXTS, FATE_QUEUED);
	assert_false(is_known(t, 99));
	told_free(t);
}

#define MANY 100000

static void tell(struct told *t, uint64_t id)
{
	told_mail(t, id << 12, &(struct mail_place){.sender = (uint32_t)id});
	told_recipient(t, (uint32_t)id, 20, FATE_QUEUED);
}

static void of_many_mails_those_that_began_last_are_known(void **state)
{
	struct told *t = told_new();

	(void)state;
	for (uint64_t id = 1; id <= MANY; id++)
		tell(t, id);
	for (uint64_t id = MANY - 2000; id <= MANY; id++)
		assert_true(is_known(t, id << 12));
	assert_false(is_known(t, 1 << 12));
	tell(t, 1);
	assert_true(is_known(t, 1 << 12));
	told_free(t);
}

static void any_mail_known_is_the_one_that_was_told(void **state)
{
	struct told *t = told_new();
	struct told_mail m;
	int known = 0;

	(void)state;
	for (uint64_t id = 1; id <= MANY; id++)
		tell(t, id);
	for (uint64_t id = 1; id <= MANY; id++) {
		if (!told_find(t, id << 12, &m))
			continue;
		known++;
		assert_true(m.at.sender == id && m.recipients == 1 && m.recipient[0].recipient == id);
	}
	assert_in_range(known, 10000, 40000);
	told_forget_all(t);
	assert_false(is_known(t, (uint64_t)MANY << 12));
	told_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_mail_is_known_with_its_recipients_until_it_is_forgotten),
	    cmocka_unit_test(a_mail_that_is_told_anew_has_only_what_was_told_last),
	    cmocka_unit_test(a_mail_whose_rows_are_not_what_was_told_is_not_known),
	    cmocka_unit_test(a_mail_with_too_many_recipients_is_not_known),
	    cmocka_unit_test(a_mail_with_too_many_texts_is_not_known),
	    cmocka_unit_test(of_many_mails_those_that_began_last_are_known),
	    cmocka_unit_test(any_mail_known_is_the_one_that_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
