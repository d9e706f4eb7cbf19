#include "verdict_world.h"

static const struct source_window all = {.rule = SLICE("own-domain"), .since = STAMP_NONE, .until = STAMP_NONE};

/* Questions as `why subject` lines. */
static void asks(const char *expected)
{
	static const char *const why[] = {"undecided", "changed", "asked"};
	struct reader *r = world_reader();
	struct review *v = review_load(r, &all, verdict_today());
	char got[2000] = "";

	for (size_t i = 0; i < v->n; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s %s\n", why[v->question[i].why],
		         v->question[i].subject.text);
	review_free(v);
	reader_close(r);
	assert_string_equal(got, expected);
}

static bool changed(const char *typed, char how[200])
{
	struct subject s = subject_typed(typed);
	struct reader *r = world_reader();
	struct verdict_row row;

	verdict_find(r, &s, &row);
	bool is = ways_changed(r, &s, row.id, how, 200);
	reader_close(r);
	return is;
}

static void the_undecided_are_asked_heaviest_loss_first(void **state)
{
	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	for (int i = 0; i < 3; i++)
		world_mail(CLERK, PRINTER, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(BOSS, STRANGER, 0, FATE_REFUSED, EVIDENCE_FAIL);
	asks("undecided 10.20.30.77\nundecided news.example\n");
	mark_as("10.20.30.77", VERDICT_MOVE);
	asks("undecided news.example\n");
	mark_as("@firma.example", VERDICT_EXEMPT);
	asks("");
}

static void what_was_put_off_is_asked_from_its_day_on(void **state)
{
	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	said("news.example", (struct mark){VERDICT_LATER, NULL, NULL, verdict_today() + 1});
	asks("");
	world_sql("UPDATE human_verdict SET expires = %lld", (long long)verdict_today());
	asks("undecided news.example\n");
	mark_as("news.example", VERDICT_EXEMPT);
	asks("");
	said("news.example", (struct mark){VERDICT_LATER, NULL, NULL, verdict_today()});
	asks("asked news.example\n");
}

static void more_of_the_same_is_no_change(void **state)
{
	char how[200];

	(void)state;
	for (int day = 0; day < 10; day++)
		for (int i = 0; i < 4; i++)
			world_mail(BOSS, NEWS_A, day, FATE_DELIVERED, EVIDENCE_PASS);
	mark_as("news.example", VERDICT_EXEMPT);
	for (int day = 11; day < 14; day++)
		for (int i = 0; i < 16; i++)
			world_mail(BOSS, NEWS_A, day, FATE_DELIVERED, EVIDENCE_PASS);
	assert_false(changed("news.example", how));
	asks("");
}

static void a_new_network_is_a_change(void **state)
{
	char how[200];

	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	mark_as("news.example", VERDICT_EXEMPT);
	world_mail(BOSS, NEWS_B, 0, FATE_DELIVERED, EVIDENCE_PASS);
	assert_true(changed("news.example", how));
	assert_string_equal(how, "new network 198.51.100.0/24");
	asks("changed news.example\n");
	mark_as("news.example", VERDICT_EXEMPT); /* confirmed */
	asks("");
}

static void five_times_the_mails_a_day_is_a_change(void **state)
{
	char how[200];

	(void)state;
	for (int day = 0; day < 10; day++)
		world_mail(BOSS, NEWS_A, day, FATE_DELIVERED, EVIDENCE_PASS);
	mark_as("news.example", VERDICT_EXEMPT);
	for (int i = 0; i < 9; i++)
		world_mail(BOSS, NEWS_A, 10, FATE_DELIVERED, EVIDENCE_PASS);
	assert_false(changed("news.example", how)); /* nine are not many */
	world_mail(BOSS, NEWS_A, 10, FATE_DELIVERED, EVIDENCE_PASS);
	assert_true(changed("news.example", how));
	assert_non_null(strstr(how, "mails a day"));
}

static void evidence_that_turns_is_a_change(void **state)
{
	char how[200];

	(void)state;
	for (int day = 0; day < 9; day++)
		world_mail(BOSS, NEWS_A, day, FATE_DELIVERED, EVIDENCE_PASS);
	mark_as("203.0.113.7", VERDICT_EXEMPT);
	world_mail(BOSS, NEWS_A, 9, FATE_DELIVERED, EVIDENCE_FAIL);
	world_mail(BOSS, NEWS_A, 10, FATE_DELIVERED, EVIDENCE_FAIL);
	assert_false(changed("203.0.113.7", how));
	world_mail(BOSS, NEWS_A, 11, FATE_DELIVERED, EVIDENCE_FAIL);
	assert_true(changed("203.0.113.7", how));
	assert_string_equal(how, "SPF mostly fail, it was pass");
}

static void a_subject_decided_ahead_of_its_first_mail_has_no_ways_to_change(void **state)
{
	char how[200];

	(void)state;
	world_mail(BOSS, PRINTER, 0, FATE_DELIVERED, EVIDENCE_PASS);
	mark_as("news.example", VERDICT_EXEMPT);
	world_mail(BOSS, NEWS_A, 1, FATE_DELIVERED, EVIDENCE_PASS);
	assert_false(changed("news.example", how));
}

static void ways_know_narrower_and_wider_verdicts(void **state)
{
	struct subject s = subject_typed("203.0.113.0/24");
	struct reader *r;
	struct ways w;

	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(BOSS, STRANGER, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(CLERK, STRANGER, 0, FATE_SPAM, EVIDENCE_PASS);
	mark_as("203.0.113.77", VERDICT_BLOCK);
	mark_as("203.0.0.0/16", VERDICT_EXEMPT);
	r = world_reader();
	ways_load(r, &s, STAMP_NONE, &w);
	assert_int_equal(w.mails, 3);
	assert_int_equal(w.lost, 2);
	assert_int_equal(w.narrower, 1);
	assert_int_equal(w.wider, 1);
	assert_int_equal(w.networks, 1);
	ways_release(&w);
	reader_close(r);
}

static void narrower_names_what_the_subject_consists_of(void **state)
{
	struct review_choice c[REVIEW_CHOICES];
	struct subject s = subject_typed("news.example");

	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(LOUD_BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(CLERK, NEWS_B, 0, FATE_SPAM, EVIDENCE_PASS);
	struct reader *r = world_reader();
	assert_int_equal(review_narrower(r, &all, &s, c), 6);
	assert_string_equal(c[0].subject.text, "203.0.113.0/24");
	assert_string_equal(c[1].subject.text, "203.0.113.7");
	assert_string_equal(c[2].subject.text, "boss@firma.example");
	assert_int_equal(c[2].lost, 2);
	assert_int_equal(c[5].lost, 0);
	s = subject_typed("boss@firma.example");
	assert_int_equal(review_narrower(r, &all, &s, c), 0);
	reader_close(r);
}

static void wider_says_what_else_it_would_admit(void **state)
{
	struct review_choice c[REVIEW_CHOICES];
	struct subject s = subject_typed("203.0.113.7");

	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(CLERK, STRANGER, 0, FATE_REFUSED, EVIDENCE_FAIL);
	world_mail(CLERK, STRANGER, 0, FATE_SPAM, EVIDENCE_FAIL);
	world_mail(CLERK, STRANGER, 0, FATE_DELIVERED, EVIDENCE_FAIL);
	struct reader *r = world_reader();
	assert_int_equal(review_wider(r, &all, &s, "news.example", c), 3);
	assert_string_equal(c[0].subject.text, "203.0.113.0/24");
	assert_int_equal(c[0].mails, 4);
	assert_int_equal(c[0].others, 3);
	assert_int_equal(c[0].others_lost, 1);
	assert_int_equal(c[0].others_refused, 1);
	assert_int_equal(c[0].others_spam, 1);
	assert_string_equal(c[1].subject.text, "news.example");
	assert_int_equal(c[1].others, 0);
	assert_string_equal(c[2].subject.text, "firma.example");
	reader_close(r);
}

static void six_keeps_its_form(void **state)
{
	struct review_choice c[REVIEW_CHOICES];
	struct subject s = subject_typed("2001:db8::7");

	(void)state;
	world_mail(BOSS, SIX, 0, FATE_DELIVERED, EVIDENCE_PASS);
	struct reader *r = world_reader();
	assert_int_equal(review_wider(r, &all, &s, NULL, c), 2);
	assert_string_equal(c[0].subject.text, "2001:db8::/64");
	assert_int_equal(c[0].mails, 1);
	reader_close(r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_undecided_are_asked_heaviest_loss_first),
	    TEST(what_was_put_off_is_asked_from_its_day_on),
	    TEST(more_of_the_same_is_no_change),
	    TEST(a_new_network_is_a_change),
	    TEST(five_times_the_mails_a_day_is_a_change),
	    TEST(evidence_that_turns_is_a_change),
	    TEST(a_subject_decided_ahead_of_its_first_mail_has_no_ways_to_change),
	    TEST(ways_know_narrower_and_wider_verdicts),
	    TEST(narrower_names_what_the_subject_consists_of),
	    TEST(wider_says_what_else_it_would_admit),
	    TEST(six_keeps_its_form),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
