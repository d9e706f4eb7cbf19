#include "verdict_world.h"

#include "../../analyzer/judge.h"

/* ------------------------------------------------------------------------ subjects */

static void is_subject(const char *typed, enum subject_kind kind, const char *text)
{
	struct subject s = subject_typed(typed);

	if (s.kind != kind || strcmp(s.text, text) != 0)
		fail_msg("`%s` is %s `%s`, should be %s `%s`", typed, subject_kind_name(s.kind), s.text,
		         subject_kind_name(kind), text);
}

static void what_is_typed_becomes_one_spelling(void **state)
{
	(void)state;
	is_subject("boss@firma.example", SUBJECT_SENDER, "boss@firma.example");
	is_subject(" <BOSS@Firma.Example.> ", SUBJECT_SENDER, "boss@firma.example");
	is_subject("\"a b\"@firma.example", SUBJECT_SENDER, "\"a b\"@firma.example");
	is_subject("sender:boss", SUBJECT_SENDER, "boss");
	is_subject("192.0.2.7", SUBJECT_IP, "192.0.2.7");
	is_subject("::ffff:192.0.2.7", SUBJECT_IP, "192.0.2.7");
	is_subject("[2001:DB8:0::7]", SUBJECT_IP, "2001:db8::7");
	is_subject("192.0.2.7/32", SUBJECT_IP, "192.0.2.7");
	is_subject("ip:192.0.2.7", SUBJECT_IP, "192.0.2.7");
	is_subject("192.0.2.0/24", SUBJECT_NETWORK, "192.0.2.0/24");
	is_subject("::ffff:192.0.2.0/120", SUBJECT_NETWORK, "192.0.2.0/24");
	is_subject("[2001:DB8::]/32", SUBJECT_NETWORK, "2001:db8::/32");
	is_subject("source:203.0.113.0/24", SUBJECT_NETWORK, "203.0.113.0/24");
	is_subject("source:10.20.30.77", SUBJECT_IP, "10.20.30.77");
	is_subject("@Firma.Example.", SUBJECT_DOMAIN, "firma.example");
	is_subject("domain:firma.example", SUBJECT_DOMAIN, "firma.example");
	is_subject("NEWS.example.", SUBJECT_SOURCE, "news.example");
	is_subject("@M\xc3\x9cLLER.example", SUBJECT_DOMAIN, "m\xc3\xbcller.example");
	is_subject("XN--MLLER-KVA.example", SUBJECT_SOURCE, "xn--mller-kva.example");
}

static void what_cannot_be_meant_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *typed, *why;
	} bad[] = {
	    {"", "empty"},
	    {"   ", "empty"},
	    {"<>", "null sender"},
	    {"sender:", "null sender"},
	    {"boss@", "domain behind"},
	    {"192.0.2.1/24", "beyond its length"},
	    {"2001:db8::1/32", "beyond its length"},
	    {"192.0.2.0/33", "length behind"},
	    {"192.0.2.0/x", "length behind"},
	    {"192.0.2.0/24/24", "length behind"},
	    {"/24", "no address"},
	    {"0.0.0.0/0", "all addresses"},
	    {"::/0", "all addresses"},
	    {"::/8", "IPv4 is part"},
	    {"ip:192.0.2.0/24", "not an IP"},
	    {"network:192.0.2.7", "has a length"},
	    {"ip:news.example", "not an IP"},
	    {".firma.example", "without the dot"},
	    {"@", "domain's name"},
	    {"a..b", "domain's name"},
	    {"two words", "domain's name"},
	    {"news.example\x1b[31m", "cannot be seen"},
	    {"news\xe2\x80\x8b.example", "cannot be seen"},
	    {"n\xff.example", "no UTF-8"},
	};
	struct reader *r = world_reader();
	struct subject s;
	char why[200];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (subject_parse(r, slice_str(bad[i].typed), &s, why, sizeof why))
			fail_msg("`%s` is taken", bad[i].typed);
		if (!strstr(why, bad[i].why))
			fail_msg("`%s`: says `%s`, should say `%s`", bad[i].typed, why, bad[i].why);
	}
	assert_false(subject_parse(r, slice_of("a\0b.example", 11), &s, why, sizeof why));
	char *long_one = calloc(1, 5000);
	memset(long_one, 'a', 4999);
	assert_false(subject_parse(r, slice_str(long_one), &s, why, sizeof why));
	free(long_one);
	reader_close(r);
}

static void a_bare_name_is_what_the_database_knows_it_as(void **state)
{
	(void)state;
	assert_false(subject_typed("news.example").also_domain);
	is_subject("filiale.firma.example", SUBJECT_DOMAIN, "filiale.firma.example");
	is_subject("nobody.example", SUBJECT_SOURCE, "nobody.example");
	assert_true(subject_typed("nobody.example").guessed);
	assert_string_equal(subject_typed("out1.mail.news.example").near, "news.example");
	world_sql("INSERT INTO dim_source (kind, name, domain) VALUES ('org', 'firma.example', '')");
	is_subject("firma.example", SUBJECT_SOURCE, "firma.example");
	assert_true(subject_typed("firma.example").also_domain);
	is_subject("@firma.example", SUBJECT_DOMAIN, "firma.example");
}

static void a_name_beyond_ascii_finds_the_source_that_dns_names(void **state)
{
	(void)state;
	world_sql("INSERT INTO dim_source (kind, name, domain) VALUES ('org', 'xn--mller-kva.example', '')");
	is_subject("M\xc3\xbcller.example", SUBJECT_SOURCE, "xn--mller-kva.example");
}

static void a_source_and_a_row_give_back_their_subject(void **state)
{
	struct subject s;

	(void)state;
	assert_true(subject_of_source(SLICE("203.0.113.0/24"), &s));
	assert_int_equal(s.kind, SUBJECT_NETWORK);
	assert_true(subject_of_source(SLICE("unknown"), &s));
	assert_int_equal(s.kind, SUBJECT_SOURCE);
	assert_true(subject_of_row(SLICE("network"), SLICE("2001:db8::/64"), &s));
	assert_int_equal(subject_bits(&s), 64);
	assert_false(subject_of_row(SLICE("planet"), SLICE("mars"), &s));
}

/* ---------------------------------------------------------------------- precedence */

static void the_narrowest_subject_decides(void **state)
{
	static const char *const order[] = {"@firma.example", "news.example", "203.0.0.0/16",
	                                    "203.0.113.0/24", "203.0.113.7",  "boss@firma.example"};
	static const enum verdict_word words[] = {VERDICT_EXEMPT, VERDICT_BLOCK,  VERDICT_MOVE,
	                                          VERDICT_BLOCK,  VERDICT_EXEMPT, VERDICT_MOVE};
	int64_t mail = world_mail(LOUD_BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);

	(void)state;
	assert_string_equal(verdict_on(mail), "");
	for (size_t i = 0; i < 6; i++) {
		mark_as(order[i], words[i]);
		assert_string_equal(verdict_on(mail), verdict_word_name(words[i]));
	}
	for (size_t i = 6; i-- > 1;) {
		mark_as(order[i], VERDICT_CLEAR);
		assert_string_equal(verdict_on(mail), verdict_word_name(words[i - 1]));
	}
	mark_as(order[0], VERDICT_CLEAR);
	assert_string_equal(verdict_on(mail), "");
}

static void the_order_of_speaking_does_not_matter(void **state)
{
	int64_t mail = world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);

	(void)state;
	mark_as("boss@firma.example", VERDICT_MOVE);
	mark_as("203.0.113.7", VERDICT_BLOCK);
	mark_as("@firma.example", VERDICT_EXEMPT);
	assert_string_equal(verdict_on(mail), "move");
}

static void a_verdict_covers_its_own_and_nobody_else(void **state)
{
	int64_t news = world_mail(BOSS, NEWS_B, 0, FATE_DELIVERED, EVIDENCE_PASS);
	int64_t stranger = world_mail(CLERK, STRANGER, 0, FATE_DELIVERED, EVIDENCE_PASS);
	int64_t six = world_mail(CLERK, SIX, 0, FATE_DELIVERED, EVIDENCE_PASS);
	int64_t branch = world_mail(BRANCH, PRINTER, 0, FATE_DELIVERED, EVIDENCE_PASS);

	(void)state;
	mark_as("news.example", VERDICT_EXEMPT);
	mark_as("2001:db8::/32", VERDICT_BLOCK);
	mark_as("@filiale.firma.example", VERDICT_MOVE);
	assert_string_equal(verdict_on(news), "exempt");
	assert_string_equal(verdict_on(stranger), "");
	assert_string_equal(verdict_on(six), "block");
	assert_string_equal(verdict_on(branch), "move");
	mark_as("@firma.example", VERDICT_EXEMPT);
	assert_string_equal(verdict_on(stranger), "exempt");
	assert_string_equal(verdict_on(branch), "move");
	mark_as("@rma.example", VERDICT_BLOCK);
	assert_string_equal(verdict_on(stranger), "exempt");
}

/* --------------------------------------------------------------------------- history */

static int64_t human_rows(void)
{
	return world_number("SELECT count(*) FROM human_verdict");
}

static void said_twice_it_stands_once(void **state)
{
	(void)state;
	assert_int_equal(mark_as("news.example", VERDICT_EXEMPT).how, MARKED_NEW);
	assert_int_equal(mark_as("source:News.Example.", VERDICT_EXEMPT).how, MARKED_ALREADY);
	assert_int_equal(human_rows(), 1);
	assert_int_equal(mark_as("news.example", VERDICT_BLOCK).how, MARKED_NEW);
	assert_int_equal(mark_as("news.example", VERDICT_EXEMPT).how, MARKED_NEW);
	assert_int_equal(human_rows(), 3);
}

static void clearing_what_was_never_said_adds_nothing(void **state)
{
	(void)state;
	assert_int_equal(mark_as("news.example", VERDICT_CLEAR).how, MARKED_NOTHING);
	mark_as("news.example", VERDICT_MOVE);
	struct marked done = mark_as("news.example", VERDICT_CLEAR);
	assert_int_equal(done.how, MARKED_NEW);
	assert_true(done.had);
	assert_int_equal(done.was, VERDICT_MOVE);
	assert_int_equal(mark_as("news.example", VERDICT_CLEAR).how, MARKED_NOTHING);
	assert_int_equal(human_rows(), 2);
}

static void note_and_expiry_stay_with_the_same_verdict_only(void **state)
{
	int64_t soon = verdict_today() + 10;

	(void)state;
	said("news.example", (struct mark){VERDICT_EXEMPT, "ticket 5", "anna", soon});
	assert_int_equal(mark_as("news.example", VERDICT_EXEMPT).how, MARKED_ALREADY);
	said("news.example", (struct mark){VERDICT_EXEMPT, "ticket 6", NULL, VERDICT_KEEP});
	assert_int_equal(world_number("SELECT count(*) FROM human_verdict WHERE note = 'ticket 6' AND owner = 'anna' "
	                              "AND expires = %lld",
	                              (long long)soon),
	                 1);
	said("news.example", (struct mark){VERDICT_EXEMPT, "", NULL, VERDICT_NEVER});
	assert_int_equal(world_number("SELECT note IS NULL AND owner = 'anna' AND expires IS NULL FROM human_verdict "
	                              "ORDER BY id DESC"),
	                 1);
	mark_as("news.example", VERDICT_BLOCK);
	assert_int_equal(world_number("SELECT note IS NULL AND owner IS NULL FROM human_verdict ORDER BY id DESC"), 1);
}

static void an_expired_verdict_does_not_count_and_its_end_is_not_kept(void **state)
{
	int64_t mail = world_mail(BOSS, NEWS_A, 5, FATE_DELIVERED, EVIDENCE_PASS);

	(void)state;
	said("news.example", (struct mark){VERDICT_EXEMPT, NULL, NULL, DAY_ONE + 5});
	assert_string_equal(verdict_on(mail), "exempt");
	world_mail(CLERK, SIX, 6, FATE_DELIVERED, EVIDENCE_PASS);
	assert_string_equal(verdict_on(mail), "");
	assert_int_equal(mark_as("news.example", VERDICT_EXEMPT).how, MARKED_NEW);
	assert_string_equal(verdict_on(mail), "exempt");
}

static void later_leaves_the_verdict_standing(void **state)
{
	int64_t mail = world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);

	(void)state;
	mark_as("news.example", VERDICT_EXEMPT);
	said("news.example", (struct mark){VERDICT_LATER, NULL, NULL, verdict_today() + 3});
	assert_string_equal(verdict_on(mail), "exempt");
	struct subject s = subject_typed("news.example");
	struct reader *r = world_reader();
	struct verdict_row row;
	assert_true(verdict_find(r, &s, &row));
	assert_int_equal(row.word, VERDICT_EXEMPT);
	assert_int_equal(row.ask_from, verdict_today() + 3);
	reader_close(r);
	assert_int_equal(mark_as("news.example", VERDICT_EXEMPT).how, MARKED_NEW); /* no longer put off */
}

static void undone_is_as_before_whatever_was_before(void **state)
{
	int64_t mail = world_mail(BOSS, NEWS_A, 0, FATE_DELIVERED, EVIDENCE_PASS);
	struct subject s = subject_typed("news.example");
	struct marked done;

	(void)state;
	done = mark_as("news.example", VERDICT_EXEMPT);
	verdict_restore(world_path, &s, done.before);
	assert_string_equal(verdict_on(mail), "");
	said("news.example", (struct mark){VERDICT_BLOCK, "spam", NULL, VERDICT_KEEP});
	done = said("news.example", (struct mark){VERDICT_LATER, NULL, NULL, verdict_today() + 3});
	struct marked next = mark_as("news.example", VERDICT_MOVE);
	verdict_restore(world_path, &s, next.before);
	assert_string_equal(verdict_on(mail), "block");
	assert_int_equal(world_number("SELECT verdict = 'later' FROM human_verdict ORDER BY id DESC"), 1);
	verdict_restore(world_path, &s, done.before);
	assert_int_equal(world_number("SELECT verdict = 'block' AND note = 'spam' FROM human_verdict ORDER BY id DESC"),
	                 1);
}

static void a_row_says_who_and_when_and_keeps_the_range(void **state)
{
	(void)state;
	mark_as("192.0.2.0/24", VERDICT_BLOCK);
	assert_int_equal(world_number("SELECT count(*) FROM human_verdict WHERE who <> '' AND bits = 120 "
	                              "AND low = x'00000000000000000000ffffc0000200' "
	                              "AND high = x'00000000000000000000ffffc00002ff' "
	                              "AND abs(at / 1000000 - strftime('%%s', 'now')) < 100"),
	                 1);
	mark_as("news.example", VERDICT_BLOCK);
	assert_int_equal(world_number("SELECT low IS NULL AND bits IS NULL FROM human_verdict ORDER BY id DESC"), 1);
}

static void notes_and_days_are_looked_at(void **state)
{
	char text[VERDICT_NOTE + 2];
	int64_t day;

	(void)state;
	memset(text, 'x', sizeof text);
	text[VERDICT_NOTE + 1] = '\0';
	assert_non_null(verdict_text_trouble(text));
	text[VERDICT_NOTE] = '\0';
	assert_null(verdict_text_trouble(text));
	assert_null(verdict_text_trouble("Gr\xc3\xbc\xc3\x9f"
	                                 "e an 'Anna', \"ticket\" 5"));
	assert_non_null(verdict_text_trouble("a\x1b[2J"));
	assert_non_null(verdict_text_trouble("two\nlines"));
	assert_non_null(verdict_text_trouble("\xc2\x9b"
	                                     "1m"));
	assert_non_null(verdict_text_trouble("\xff"));
	assert_true(verdict_day("2024-10-04", &day));
	assert_int_equal(day, DAY_ONE);
	assert_true(verdict_day("never", &day));
	assert_int_equal(day, VERDICT_NEVER);
	assert_false(verdict_day("2024-02-30", &day));
	assert_false(verdict_day("tomorrow", &day));
	assert_false(verdict_day("2024-10-04T00:00:00Z", &day));
	assert_false(verdict_day("", &day));
}

/* What is told of a sender's mail, whatever day it was seen on and whoever else was seen later. */
static void sightings_of_a_sender_are_found_on_any_day(void **state)
{
	const struct query_param params[] = {{"sender", SLICE("boss@firma.example"), 0, false},
	                                     {"ip", SLICE("203.0.113.7"), 0, false},
	                                     {"other", SLICE_NONE, 0, true},
	                                     {"rule", SLICE("own-domain"), 0, false},
	                                     {"limit", SLICE_NONE, 9, false}};
	const struct query_param sender = {"sender", SLICE_NONE, BOSS, false};

	(void)state;
	world_sql("INSERT INTO word VALUES (1, 'chef'), (2, 'other')");
	world_sql(
	    "INSERT INTO sighting (kind, host, day, client, sender, login, rules, mails, first_time, last_time) VALUES "
	    "(1, 1, 20000, 0, %d, 1, 0, 2, 10, 20), (1, 1, 20001, 0, %d, 2, 0, 1, 30, 40), "
	    "(1, 1, 20002, 0, %d, 2, 0, 1, 50, 60), (0, 1, 20000, %d, %d, 0, 0, 4, 12, 13), "
	    "(0, 1, 20002, %d, %d, 0, 2, 8, 52, 53)",
	    BOSS, CLERK, CLERK, NEWS_A, BOSS, NEWS_A, BOSS);
	struct reader *r = world_reader();
	struct query *q = query_new(r, SQL_READ_PLAN_LOGIN, &sender, 1);
	assert_true(query_row(q));
	assert_true(slice_eq(query_text(q, 0), SLICE("chef")));
	query_free(q);
	q = query_new(r, SQL_READ_EXPLAIN_SIGHTINGS, params, sizeof params / sizeof *params);
	assert_true(query_row(q));
	assert_true(slice_eq(query_text(q, 0), SLICE("login")));
	assert_int_equal(query_number(q, 2), 2);
	assert_true(query_row(q));
	assert_true(slice_eq(query_text(q, 0), SLICE("own")));
	assert_int_equal(query_number(q, 2), 4); /* of the other day's the rule warned */
	assert_false(query_row(q));
	query_free(q);
	reader_close(r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)
static int64_t number_of(const char *sql, int64_t param)
{
	sqlite3_stmt *s;
	int64_t n = -1;

	assert_int_equal(sqlite3_prepare_v2(world->h, sql, -1, &s, NULL), SQLITE_OK);
	sqlite3_bind_int64(s, 1, param);
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* As the views, which are what the database says of itself. */
static void those_judged_are_those_of_the_views(void **state)
{
	static const char *const whose[] = {"10.0.0.0/16", "10.0.1.0/24", "10.1.2.0/24",  "10.0.0.3",
	                                    "src2.test",   "@b.test",     "@a.b.test",    "@test",
	                                    "u0@a.b.test", "u4@a.b.test", "2001:db8::/32"};
	static const char *const domains[] = {"a.b.test", "b.test", "xb.test", "a.b.test."};
	char name[60], ip[60];
	struct judged j;

	(void)state;
	for (int i = 0; i < 24; i++) {
		snprintf(ip, sizeof ip, "10.%d.%d.%d", i % 2, i % 3, i % 5);
		snprintf(name, sizeof name, "src%d.test", i % 4);
		world_client(900 + i, "c", ip, "org", name);
		snprintf(name, sizeof name, "u%d@%s", i % 8, domains[i % 4]);
		world_sql("INSERT OR IGNORE INTO address VALUES (%d, '%s', NULL, NULL)", 900 + i, name);
	}
	for (size_t i = 0; i < sizeof whose / sizeof *whose; i++)
		mark_as(whose[i], i % 2 ? VERDICT_EXEMPT : VERDICT_BLOCK);
	struct reader *r = world_reader();
	judged_load(&j, r);
	assert_true(j.clients > 10 && j.senders > 5);
	assert_int_equal(j.clients, number_of("SELECT count(*) FROM client_verdict WHERE verdict IS NOT NULL", 0));
	assert_int_equal(j.senders, number_of("SELECT count(*) FROM sender_verdict", 0));
	for (size_t i = 0; i < j.clients; i++)
		assert_int_equal(j.client[i].verdict,
		                 number_of("SELECT verdict FROM client_verdict WHERE client = ?", j.client[i].client));
	for (size_t i = 0; i < j.senders; i++)
		assert_int_equal(j.sender[i].own * 1000 + j.sender[i].domain,
		                 number_of("SELECT coalesce(own, 0) * 1000 + coalesce(domain, 0) FROM sender_verdict "
		                           "WHERE sender = ?",
		                           j.sender[i].sender));
	judged_release(&j);
	reader_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(those_judged_are_those_of_the_views),
	    TEST(what_is_typed_becomes_one_spelling),
	    TEST(what_cannot_be_meant_is_refused_with_a_reason),
	    TEST(a_bare_name_is_what_the_database_knows_it_as),
	    TEST(a_name_beyond_ascii_finds_the_source_that_dns_names),
	    TEST(a_source_and_a_row_give_back_their_subject),
	    TEST(the_narrowest_subject_decides),
	    TEST(the_order_of_speaking_does_not_matter),
	    TEST(a_verdict_covers_its_own_and_nobody_else),
	    TEST(said_twice_it_stands_once),
	    TEST(clearing_what_was_never_said_adds_nothing),
	    TEST(note_and_expiry_stay_with_the_same_verdict_only),
	    TEST(an_expired_verdict_does_not_count_and_its_end_is_not_kept),
	    TEST(later_leaves_the_verdict_standing),
	    TEST(undone_is_as_before_whatever_was_before),
	    TEST(a_row_says_who_and_when_and_keeps_the_range),
	    TEST(notes_and_days_are_looked_at),
	    TEST(sightings_of_a_sender_are_found_on_any_day),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
