#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/mask.h"
#include "../../analyzer/names_i.h"
#include "folder.h"

static char folder[] = "/tmp/wouldblock-again.XXXXXX";
static char path[64];
static struct origin *origin;
static struct db *db;

/* Words that stand in each other, in the texts, or have what parts words in them. */
static const char *const senders[] = {"anna@firm.example",
                                      "bob@firm.example",
                                      "b@firm.example",
                                      "ann",
                                      "unknown",
                                      "User unknown",
                                      "firm.example",
                                      "odd=way@firm.example",
                                      "192.0.2.1",
                                      "",
                                      "x y@firm.example",
                                      "spam rule@firm.example",
                                      "\1R>: Recip",
                                      "bob@else.example",
                                      "m@m.firm.example",
                                      "rbl.example",
                                      "example>: Recip",
                                      "2.1@firm.example",
                                      "m@m.fr",
                                      "a-much-longer-name.of-somebody@firm.example"};
static const char *const clients[] = {"mail.firm.example", "unknown", "firm.example", "Recipient", "host",
                                      "bl.rbl.example",    "bob",     "m.firm"};
static const char *const ips[] = {"192.0.2.1", "192.0.2.12", "2.0.2.1", "2001:db8::1", "ann@firm", "ient", "host"};
static const char *const helos[] = {"mail.firm.example", "firm.example", "[192.0.2.1]", "\1R>: Recip", "User", "bob",
                                    "rejected",          "R>: R"};

/* In place of a letter of MASK_LETTERS behind a % stands the word. */
static const char *const texts[] = {
    "<%R>: Recipient address rejected: User unknown in table",
    "<%R>: Recipient address rejected: Greylisted, see http://rbl.example/help/firm.example.html",
    "<%S>: Sender address rejected: Domain not found",
    "Client host rejected: cannot find your hostname, [%I]",
    "Service unavailable; Client host [%I] blocked using bl.rbl.example; see http://rbl.example/?ip=%I",
    "Service unavailable; client [%I] blocked using bl.rbl.example",
    "<%R>: Recipient address rejected of (%S)",
    "%R%S: glued address rejected",
    "*** Invalid Inbound Sender ***",
    "%I was refused by the policy of ours",
    "<%H>: Helo command rejected: need fully-qualified hostname",
    "blocked %I@firm.example mail here",
    "<%R%R>: doubled address is rejected",
    "<%R> ask %R or %R or %R or %R for help please",
    "<%R> ask %R and %R for help please",
    "spam rule: %R rejected as it is",
    "Name <%C> is not the name of %I, go away",
    "refused: %R",
    "spam %S rule of this house",
    "short",
    "a text <\1R> in it, that is rejected",
    "a text <%R> in it, that is rejected",
    "<%R>: Recipient address rejected of (%S) by this house",
};

#define PICK(from) (from)[(size_t)(next() % (sizeof(from) / sizeof *(from)))]

static uint32_t next(void)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33);
}

static struct slice text_made(const char *from, const struct slice words[MASK_WORDS], char *buf)
{
	size_t n = 0;

	for (; *from; from++) {
		if (*from != '%') {
			buf[n++] = *from;
			continue;
		}
		struct slice w = words[strchr(MASK_LETTERS, *++from) - MASK_LETTERS];
		if (w.n)
			memcpy(buf + n, w.p, w.n);
		n += w.n;
	}
	return slice_of(buf, n);
}

static void record_made(struct record *r, char *buf)
{
	static const enum record_action actions[] = {ACTION_WARN, ACTION_REJECT, ACTION_REJECT_WARNING, ACTION_HOLD};
	struct slice words[MASK_WORDS];

	*r = (struct record){.sender = slice_str(PICK(senders)),
	                     .recipient = slice_str(PICK(senders)),
	                     .client_name = slice_str(PICK(clients)),
	                     .client_ip = slice_str(PICK(ips)),
	                     .helo = slice_str(PICK(helos)),
	                     .action = PICK(actions),
	                     .flags = next() % 16 ? 0 : RECORD_SUSPECT};
	mask_words(r, words);
	r->text = text_made(PICK(texts), words, buf);
}

/* What is stored under the number is what mask_text and the rules say of the record. */
static void assert_text(struct names *n, struct rules *rules, const struct record *r)
{
	struct masked masked;
	struct text_sort sort;
	uint32_t id = names_text(n, r, &sort);
	bool template = mask_text(r, &masked);
	struct slice text = template ? slice_of(masked.bytes, masked.n) : r->text;
	int rule = r->flags & RECORD_SUSPECT ? 0 : n->rule_id[names_match_rule(rules, r->action, r->text)];
	sqlite3_stmt *q;

	assert_int_equal(sort.rule, rule);
	assert_int_equal(sort.listed, record_text_is_listed(text));
	assert_int_equal(sqlite3_prepare_v2(db->h, "SELECT text, template, rule FROM text WHERE id = ?", -1, &q, NULL),
	                 SQLITE_OK);
	sqlite3_bind_int64(q, 1, id);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_int_equal(sqlite3_column_bytes(q, 0), text.n);
	assert_memory_equal(sqlite3_column_blob(q, 0), text.p, text.n);
	assert_int_equal(sqlite3_column_int(q, 1), template);
	assert_int_equal(sqlite3_column_int(q, 2), rule);
	sqlite3_finalize(q);
}

struct rule_text {
	const char *name, *field, *value;
};

static void texts_are_what_masks_and_rules_make_of_them(const struct rule_text *rule, size_t rules_n)
{
	static const uint64_t key[2] = {1, 2};
	struct rules rules;
	struct record r;
	char buf[1024], why[160];
	size_t at;
	int known = 0;

	rules_init(&rules);
	for (size_t i = 0; i < rules_n; i++)
		assert_true(rules_set(&rules, slice_str(rule[i].name), slice_str(rule[i].field),
		                      slice_str(rule[i].value), &at, why, sizeof why));
	db_begin(db);
	struct names *n = names_new(db, &rules, origin, NULL, 0, key);
	for (int i = 0; i < 40000; i++) {
		record_made(&r, buf);
		known += text_known(n, &r, r.text) != NULL;
		assert_text(n, &rules, &r);
	}
	assert_in_range(known, 5000, 40000); /* else nothing of it was shown */
	names_flush(n);
	names_free(n);
	db_commit(db);
	rules_release(&rules);
}

static void with_rules_of_mere_bytes(void **state)
{
	static const struct rule_text rule[] = {
	    {"spam", "warn", "spam rule"}, {"long", "warn", "somebody"}, {"spam", "reject", "User unknown in"}};

	(void)state;
	texts_are_what_masks_and_rules_make_of_them(rule, sizeof rule / sizeof *rule);
}

static void with_a_rule_that_a_word_can_match(void **state)
{
	static const struct rule_text rule[] = {{"short", "warn", "bob"}, {"short", "reject", "else"}};

	(void)state;
	texts_are_what_masks_and_rules_make_of_them(rule, sizeof rule / sizeof *rule);
}

static void with_a_rule_that_reaches_from_the_text_into_a_word(void **state)
{
	static const struct rule_text rule[] = {{"edge", "warn", "<bob"}, {"edge", "reject", "hostname, "}};

	(void)state;
	texts_are_what_masks_and_rules_make_of_them(rule, sizeof rule / sizeof *rule);
}

static void with_a_rule_that_is_more_than_bytes(void **state)
{
	static const struct rule_text rule[] = {{"more", "warn", "^<b.*unknown"}, {"more", "reject", "(?i)USER|ann"}};

	(void)state;
	texts_are_what_masks_and_rules_make_of_them(rule, sizeof rule / sizeof *rule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(with_rules_of_mere_bytes),
	    cmocka_unit_test(with_a_rule_that_a_word_can_match),
	    cmocka_unit_test(with_a_rule_that_reaches_from_the_text_into_a_word),
	    cmocka_unit_test(with_a_rule_that_is_more_than_bytes),
	};

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof path, "%s/db", folder);
	origin = origin_new(NULL, 0, NULL, 0);
	db = db_open_ingest(path);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	db_close(db);
	origin_free(origin);
	return folder_remove(folder) == 0 ? failed : 1;
}
