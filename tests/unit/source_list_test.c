#include "verdict_world.h"

static struct source_list *sources(void)
{
	struct reader *r = world_reader();
	const struct source_window all = {.rule = SLICE("own-domain"), .since = STAMP_NONE, .until = STAMP_NONE};
	struct source_list *l = source_list_load(r, &all);

	reader_close(r);
	return l;
}

static const struct source_row *row_of(const struct source_list *l, const char *name)
{
	const struct source_row *row = source_list_find(l, slice_str(name));

	assert_non_null(row);
	return row;
}

static void the_heaviest_loss_comes_first(void **state)
{
	(void)state;
	for (int day = 0; day < 3; day++)
		world_mail(BOSS, NEWS_A, day, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(LOUD_BOSS, NEWS_B, 3, FATE_SPAM, EVIDENCE_FAIL);
	for (int i = 0; i < 4; i++)
		world_mail(CLERK, PRINTER, i / 2, FATE_QUEUED, EVIDENCE_NONE_SAID);
	for (int i = 0; i < 9; i++)
		world_mail(CLERK, STRANGER, 0, FATE_REFUSED, EVIDENCE_FAIL);
	struct source_list *l = sources();
	assert_int_equal(l->n, 3);
	assert_string_equal(l->row[0].name, "10.20.30.77");
	assert_string_equal(l->row[1].name, "news.example");
	assert_string_equal(l->row[2].name, "203.0.113.0/24");
	assert_int_equal(l->mails, 17);
	assert_int_equal(l->lost, 7);
	assert_int_equal(l->undecided, 2);
	assert_int_equal(l->undecided_lost, 7);
	source_list_free(l);
}

static void a_row_counts_its_own_mails(void **state)
{
	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(LOUD_BOSS, NEWS_B, 0, FATE_DELIVERED, EVIDENCE_FAIL);
	world_mail(CLERK, NEWS_B, 2, FATE_SPAM, EVIDENCE_FAIL);
	world_sql("UPDATE fact_mail SET flags = 3 WHERE id = 1");
	world_sql("INSERT INTO roll_listed VALUES (1, %d, 7)", DAY_ONE);
	struct source_list *l = sources();
	const struct source_row *row = row_of(l, "news.example");
	const struct source_facts *f = &row->facts;
	assert_int_equal(f->kind, SOURCE_ORG);
	assert_int_equal(f->mails, 3);
	assert_int_equal(f->lost, 2);
	assert_int_equal(f->clients, 2);
	assert_int_equal(f->senders, 2); /* Boss is boss */
	assert_int_equal(f->recipients, 1);
	assert_int_equal(f->fates[FATE_DELIVERED], 2);
	assert_int_equal(f->fates[FATE_SPAM], 1);
	assert_int_equal(f->spf[EVIDENCE_PASS], 1);
	assert_int_equal(f->spf[EVIDENCE_FAIL], 2);
	assert_int_equal(f->days_seen, 2);
	assert_int_equal(row->lossy_days, 1);
	assert_int_equal(f->tls, 3);
	assert_int_equal(f->listed, 1);
	assert_int_equal(row->listed_lines, 7);
	assert_int_equal(f->days_watched, 3);
	assert_int_equal(row->first_us, NOON(0) + 1);
	assert_int_equal(row->last_us, NOON(2) + 3);
	source_list_free(l);
}

static void a_window_and_a_domain_choose_mails(void **state)
{
	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(BRANCH, NEWS_A, 1, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(BRANCH, PRINTER, 2, FATE_DELIVERED, EVIDENCE_PASS);
	struct reader *r = world_reader();
	struct source_window w = {.rule = SLICE("own-domain"), .since = NOON(1), .until = NOON(2)};
	struct source_list *l = source_list_load(r, &w);
	assert_int_equal(l->mails, 1);
	source_list_free(l);
	w = (struct source_window){.rule = SLICE("own-domain"), .since = STAMP_NONE, .until = STAMP_NONE};
	w.domain = SLICE("filiale.firma.example");
	l = source_list_load(r, &w);
	assert_int_equal(l->mails, 2);
	source_list_free(l);
	w.domain = SLICE("firma.example");
	l = source_list_load(r, &w);
	assert_int_equal(l->mails, 3);
	source_list_free(l);
	w.rule = SLICE("other");
	l = source_list_load(r, &w);
	assert_int_equal(l->n, 0);
	source_list_free(l);
	reader_close(r);
}

static void lists_loaded_together_count_as_each_alone(void **state)
{
	static const char *const domains[] = {"filiale.firma.example", NULL, "firma.example", "(null sender)"};
	struct source_list *together[4];

	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(BRANCH, NEWS_A, 1, FATE_SPAM, EVIDENCE_PASS);
	world_mail(LOUD_BOSS, PRINTER, 2, FATE_DELIVERED, EVIDENCE_PASS);
	struct reader *r = world_reader();
	struct source_window w = {.rule = SLICE("own-domain"), .since = STAMP_NONE, .until = STAMP_NONE};
	source_lists_load(r, &w, domains, 4, together);
	for (int i = 0; i < 4; i++) {
		w.domain = domains[i] ? slice_str(domains[i]) : SLICE_NONE;
		struct source_list *alone = source_list_load(r, &w);
		assert_int_equal(together[i]->n, alone->n);
		assert_int_equal(together[i]->senders, alone->senders);
		assert_int_equal(together[i]->people, alone->people);
		for (size_t k = 0; k < alone->n; k++) {
			assert_string_equal(together[i]->row[k].name, alone->row[k].name);
			assert_int_equal(together[i]->row[k].facts.clients, alone->row[k].facts.clients);
			assert_int_equal(together[i]->row[k].facts.senders, alone->row[k].facts.senders);
		}
		source_list_free(alone);
	}
	assert_int_equal(together[0]->n, 1);
	assert_int_equal(together[0]->clients, 1);
	assert_int_equal(together[0]->people, 0);  /* it would not be lost */
	assert_int_equal(together[1]->senders, 2); /* Boss is boss, at two sources */
	assert_int_equal(together[1]->clients, 2);
	assert_int_equal(together[1]->people, 1);
	assert_int_equal(together[3]->n, 0);
	for (int i = 0; i < 4; i++)
		source_list_free(together[i]);
	reader_close(r);
}

static void verdicts_are_rolled_up_by_loss(void **state)
{
	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(CLERK, NEWS_B, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(CLERK, NEWS_B, 0, FATE_SPAM, EVIDENCE_PASS);
	mark_as("boss@firma.example", VERDICT_MOVE);
	struct source_list *l = sources();
	const struct source_row *row = row_of(l, "news.example");
	assert_int_equal(row->verdict, SOURCE_VERDICT_MIXED);
	assert_int_equal(row->decided[SOURCE_VERDICT_MOVE], 1);
	assert_int_equal(row->decided[SOURCE_VERDICT_NONE], 1);
	assert_int_equal(l->undecided, 1);
	assert_int_equal(l->undecided_lost, 1);
	assert_null(row->note);
	source_list_free(l);

	said("news.example", (struct mark){VERDICT_EXEMPT, "ticket 5", "anna", VERDICT_NEVER});
	l = sources();
	row = row_of(l, "news.example");
	assert_int_equal(row->verdict, SOURCE_VERDICT_MIXED);
	assert_int_equal(row->decided[SOURCE_VERDICT_NONE], 0);
	assert_string_equal(row->note, "ticket 5"); /* of the source's own */
	assert_int_equal(l->undecided, 0);
	source_list_free(l);

	mark_as("boss@firma.example", VERDICT_CLEAR);
	l = sources();
	row = row_of(l, "news.example");
	assert_int_equal(row->verdict, SOURCE_VERDICT_EXEMPT);
	assert_string_equal(row->owner, "anna");
	source_list_free(l);
}

static void the_note_is_of_the_row_that_decides(void **state)
{
	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	said("news.example", (struct mark){VERDICT_EXEMPT, "of the source", NULL, VERDICT_NEVER});
	said("203.0.113.7", (struct mark){VERDICT_BLOCK, "of the address", NULL, VERDICT_NEVER});
	struct source_list *l = sources();
	const struct source_row *row = row_of(l, "news.example");
	assert_int_equal(row->verdict, SOURCE_VERDICT_BLOCK);
	assert_string_equal(row->note, "of the address");
	source_list_free(l);
}

static void two_rows_of_one_word_are_not_the_one_row(void **state)
{
	(void)state;
	world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(BOSS, NEWS_B, 0, FATE_DELIVERED, EVIDENCE_PASS);
	said("203.0.113.7", (struct mark){VERDICT_EXEMPT, "one", NULL, VERDICT_NEVER});
	said("198.51.100.9", (struct mark){VERDICT_EXEMPT, "two", NULL, VERDICT_NEVER});
	struct source_list *l = sources();
	const struct source_row *row = row_of(l, "news.example");
	assert_int_equal(row->verdict, SOURCE_VERDICT_EXEMPT);
	assert_int_equal(row->decided[SOURCE_VERDICT_EXEMPT], 2);
	assert_int_equal(row->verdict_id, 0);
	assert_null(row->note);
	source_list_free(l);
}

static void a_source_without_loss_shows_what_was_said_of_it(void **state)
{
	(void)state;
	world_mail(BOSS, STRANGER, 0, FATE_SPAM, EVIDENCE_FAIL);
	said("203.0.113.0/24", (struct mark){VERDICT_BLOCK, "spoofer", NULL, VERDICT_NEVER});
	struct source_list *l = sources();
	const struct source_row *row = row_of(l, "203.0.113.0/24");
	assert_int_equal(row->verdict, SOURCE_VERDICT_BLOCK);
	assert_string_equal(row->note, "spoofer");
	assert_int_equal(l->undecided, 0);
	source_list_free(l);
}

static void evidence_never_turns_into_a_verdict(void **state)
{
	(void)state;
	for (int day = 0; day < 30; day++) {
		world_mail(BOSS, NEWS_A, day, FATE_DELIVERED, EVIDENCE_PASS);
		world_mail(BOSS, PRINTER, day, FATE_DELIVERED, EVIDENCE_PASS);
	}
	struct source_list *l = sources();
	assert_int_equal(row_of(l, "news.example")->suggested.suggestion, SUGGEST_EXEMPT);
	assert_int_equal(row_of(l, "10.20.30.77")->suggested.suggestion, SUGGEST_MOVE);
	assert_int_equal(l->undecided, 2);
	assert_int_equal(row_of(l, "news.example")->verdict, SOURCE_VERDICT_NONE);
	source_list_free(l);
}

static void a_network_that_is_shared_too_is_one_row_and_shared(void **state)
{
	(void)state;
	world_sql("INSERT INTO dim_source (kind, name, domain) VALUES ('shared', '203.0.113.0/24', 'isp.example')");
	world_sql("INSERT INTO client VALUES (9, 'p5.isp.example', '203.0.113.5', x'00000000000000000000ffffcb007105',"
	          " (SELECT id FROM dim_source WHERE domain = 'isp.example'))");
	world_mail(BOSS, STRANGER, 0, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(BOSS, 9, 0, FATE_DELIVERED, EVIDENCE_PASS);
	struct source_list *l = sources();
	assert_int_equal(l->n, 1);
	assert_int_equal(l->row[0].facts.kind, SOURCE_SHARED);
	assert_int_equal(l->row[0].facts.mails, 2);
	assert_string_equal(l->row[0].domain, "isp.example");
	source_list_free(l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_heaviest_loss_comes_first),
	    TEST(a_row_counts_its_own_mails),
	    TEST(a_window_and_a_domain_choose_mails),
	    TEST(lists_loaded_together_count_as_each_alone),
	    TEST(verdicts_are_rolled_up_by_loss),
	    TEST(the_note_is_of_the_row_that_decides),
	    TEST(two_rows_of_one_word_are_not_the_one_row),
	    TEST(a_source_without_loss_shows_what_was_said_of_it),
	    TEST(evidence_never_turns_into_a_verdict),
	    TEST(a_network_that_is_shared_too_is_one_row_and_shared),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
