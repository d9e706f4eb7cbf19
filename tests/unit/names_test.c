#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../analyzer/db.h"
#include "../../analyzer/names.h"

static char folder[] = "/tmp/wouldblock-names.XXXXXX";
static char path[64];
static struct rules rules;
static struct origin *origin;
static struct db *db;

static struct names *names_begin(void)
{
	static const uint64_t key[2] = {1, 2};

	db_begin(db);
	return names_new(db, &rules, origin, NULL, 0, key);
}

static void names_end(struct names *n)
{
	names_flush(n);
	names_free(n);
	db_commit(db);
}

static int64_t ask(const char *sql)
{
	sqlite3_stmt *q;
	int64_t v;

	assert_int_equal(sqlite3_prepare_v2(db->h, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	v = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return v;
}

static uint32_t address(struct names *n, const char *name, int number)
{
	char text[64];
	int k = snprintf(text, sizeof text, "%s%d@firm.example", name, number);

	return names_address(n, slice_of(text, (size_t)k), 0);
}

/* More than the cache holds, so that each new one makes another one go. */
#define MANY 200000

static void a_name_keeps_its_number_when_the_cache_has_lost_it(void **state)
{
	struct names *n = names_begin();
	uint32_t before = address(n, "a", 1) - 1;
	char sql[128];

	(void)state;
	for (int i = 1; i <= MANY; i++)
		assert_int_equal(address(n, "a", i), before + (uint32_t)i);
	for (int i = 1; i <= MANY; i += 997)
		assert_int_equal(address(n, "a", i), before + (uint32_t)i);
	names_end(n);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM address WHERE text = 'a' || (id - %u) || '@firm.example'",
	         before);
	assert_int_equal(ask(sql), MANY);
}

static void names_that_were_there_keep_their_numbers_without_an_index(void **state)
{
	const struct slice name = SLICE("mx.firm.example"), ip = SLICE("192.0.2.7"), word = SLICE("helo.example");
	struct names *n = names_begin();
	uint32_t a, c, w, fold, source;

	(void)state;
	a = address(n, "Known", 1);
	c = names_client(n, name, ip, 0);
	w = names_word(n, word, 0);
	fold = names_fold(n, a);
	source = names_source(n, c);
	names_end(n);
	n = names_begin();
	assert_int_equal(address(n, "Known", 1), a);
	assert_int_equal(names_fold(n, a), fold);
	assert_int_equal(names_client(n, name, ip, 0), c);
	assert_int_equal(names_source(n, c), source);
	assert_int_equal(names_word(n, word, 0), w);
	assert_true(address(n, "Known", 2) > a);
	names_end(n);
	assert_int_equal(ask("SELECT count(*) FROM sqlite_master WHERE name = 'address_of_text'"), 0);
}

static void a_spelling_and_its_folded_one_know_each_other_while_they_wait(void **state)
{
	struct names *n = names_begin();

	(void)state;
	for (int i = 1; i <= MANY; i++) /* from here on each new name makes another one go */
		address(n, "a", i);
	for (int i = 0; i < 300; i++) {
		uint32_t id = address(n, "Boss", i), fold = names_fold(n, id);
		assert_int_equal(address(n, "boss", i), fold);
		assert_int_equal(fold, id - 1);
		assert_int_equal(names_fold(n, fold), fold);
		assert_int_not_equal(names_sender_domain(n, id, SLICE("Boss@firm.example"), &(bool){false}), 0);
	}
	names_end(n);
	assert_int_equal(ask("SELECT count(*) FROM address a JOIN address b ON b.id = a.fold "
	                     "WHERE b.text = lower(a.text) AND b.fold IS NULL AND a.domain NOT NULL"),
	                 300);
}

static void names_of_an_earlier_run_are_found_again(void **state)
{
	struct names *n = names_begin();
	uint32_t client = names_client(n, SLICE("mail.firm.example"), SLICE("192.0.2.1"), 0),
		 word = names_word(n, SLICE("ESMTP"), 0);

	(void)state;
	names_end(n);
	n = names_begin();
	assert_int_equal(names_client(n, SLICE("mail.firm.example"), SLICE("192.0.2.1"), 0), client);
	assert_int_equal(names_client(n, SLICE("mail.firm.example"), SLICE("192.0.2.2"), 0), client + 1);
	assert_int_equal(names_source(n, client), names_source(n, client + 1));
	assert_int_equal(names_word(n, SLICE("ESMTP"), 0), word);
	assert_int_equal(names_word(n, SLICE("SMTP"), 0), word + 1);
	assert_int_equal(address(n, "a", 17), ask("SELECT id FROM address WHERE text = 'a17@firm.example'"));
	names_end(n);
}

/* A domain comes with the address, behind it while it waits, and long after it was written. */
static void a_sender_gets_his_domain_whenever_a_rule_names_him(void **state)
{
	struct names *n = names_begin();
	uint32_t domain = 0;
	bool made;

	(void)state;
	for (int i = 1; i <= 2000; i++)
		address(n, "late", i);
	for (int turn = 0; turn < 2; turn++)
		for (int i = 1; i <= 2000; i++) {
			domain = names_sender_domain(n, address(n, "late", i), SLICE("late@firm.example"), &made);
			assert_int_equal(made, turn == 0);
			assert_int_equal(names_domain_of(n, address(n, "late", i)), domain);
		}
	names_end(n);
	n = names_begin();
	assert_int_equal(names_domain_of(n, address(n, "late", 1)), domain);
	assert_int_equal(names_domain_of(n, address(n, "later", 1)), 0);
	names_end(n);
	assert_int_equal(ask("SELECT count(*) FROM address WHERE text LIKE 'late%@firm.example' AND domain NOT NULL"),
	                 2000);
}

static void a_name_known_ahead_is_the_same_name(void **state)
{
	static const uint64_t key[2] = {1, 2};
	struct names *n = names_begin();
	struct names_ahead ahead, none;
	struct record r = {.client_name = SLICE("mx.ahead.example"),
	                   .client_ip = SLICE("192.0.2.99"),
	                   .sender = SLICE("s@ahead.example"),
	                   .recipient = SLICE("r@ahead.example"),
	                   .helo = SLICE("mx")};

	(void)state;
	names_look_ahead(&ahead, &r, key);
	names_fetch(n, &ahead);
	uint32_t client = names_client(n, r.client_name, r.client_ip, ahead.client);
	uint32_t sender = names_address(n, r.sender, ahead.sender);
	assert_int_equal(names_client(n, r.client_name, r.client_ip, 0), client);
	assert_int_equal(names_address(n, r.sender, 0), sender);
	assert_int_equal(names_address(n, r.recipient, 0), names_address(n, r.recipient, ahead.recipient));
	assert_int_equal(names_word(n, r.helo, ahead.helo), names_word(n, r.helo, 0));
	assert_int_not_equal(names_address(n, r.recipient, 0), sender);
	names_look_ahead(&none, &(const struct record){0}, key);
	assert_int_equal(none.sender | none.recipient | none.helo, 0);
	names_fetch(n, &none);
	assert_int_equal(names_client(n, SLICE_NONE, SLICE_NONE, none.client),
	                 names_client(n, SLICE(""), SLICE(""), 0));
	names_end(n);
}

static int remove_folder(void)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".ingest.lock", ".write.lock"};
	char name[96];

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_that_were_there_keep_their_numbers_without_an_index),
	    cmocka_unit_test(a_name_keeps_its_number_when_the_cache_has_lost_it),
	    cmocka_unit_test(a_spelling_and_its_folded_one_know_each_other_while_they_wait),
	    cmocka_unit_test(names_of_an_earlier_run_are_found_again),
	    cmocka_unit_test(a_sender_gets_his_domain_whenever_a_rule_names_him),
	    cmocka_unit_test(a_name_known_ahead_is_the_same_name),
	};

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/db", folder);
	rules_init(&rules);
	origin = origin_new(NULL, 0, NULL, 0);
	db = db_open_ingest(path);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	db_close(db);
	origin_free(origin);
	rules_release(&rules);
	return remove_folder() == 0 ? failed : 1;
}
