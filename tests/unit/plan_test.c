#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../analyzer/db.h"
#include "../../analyzer/msg.h"
#include "../../analyzer/plan.h"

#define MAP "hash:/etc/postfix/check_custom_sender_access"
#define OLD                                                  \
	"company.my   WARN *** Invalid Inbound Sender ***\n" \
	".company.my  WARN *** Invalid Inbound Sender ***\n"
#define REFUSE "REJECT 5.7.1 Delivery not authorized, message refused"

/* A database with verdicts, and the plan made of it. */
struct fixture {
	char path[40], why[300];
	struct reader *reader;
	struct rules rules;
	struct origin *origin;
	struct policy *policy;
	struct plan_options o;
	struct plan *plan;
};

static void begin(struct fixture *f, const char *map, const char *sql)
{
	memset(f, 0, sizeof *f);
	strcpy(f->path, "/tmp/plan_test.XXXXXX");
	close(mkstemp(f->path));
	unlink(f->path);
	struct db *d = db_open_ingest(f->path);
	db_exec(d, sql);
	db_close(d);
	rules_init(&f->rules);
	f->origin = origin_new(NULL, 0, NULL, 0);
	f->policy = policy_new();
	f->o = (struct plan_options){.rules = &f->rules,
	                             .rule = 1,
	                             .stage = PLAN_REJECT,
	                             .map = MAP,
	                             .map_text = slice_str(map),
	                             .policy = f->policy,
	                             .config_directory = "/etc/postfix",
	                             .origin = f->origin};
	if (map)
		policy_table(f->policy, MAP, f->o.map_text);
	f->reader = reader_open(f->path);
}

static void make(struct fixture *f)
{
	f->plan = plan_new(f->reader, &f->o, f->why, sizeof f->why);
}

static void end(struct fixture *f)
{
	static const char *const ends[] = {"",           "-wal", "-shm", ".ingest.lock", ".write.lock", "-ingest.lock",
	                                   "-write.lock"};
	char path[80];

	plan_free(f->plan);
	reader_close(f->reader);
	policy_free(f->policy);
	origin_free(f->origin);
	rules_release(&f->rules);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, "%s%s", f->path, ends[i]);
		unlink(path);
	}
}

static const char *file(const struct fixture *f, const char *ending)
{
	for (size_t i = 0; i < f->plan->files; i++)
		if (slice_ends(slice_str(f->plan->file[i].name), slice_str(ending)))
			return f->plan->file[i].text;
	fail_msg("no file %s", ending);
	return NULL;
}

static bool has_row(const char *text, const char *row)
{
	size_t n = strlen(row);

	for (const char *at = text; (at = strstr(at, row)); at++)
		if ((at == text || at[-1] == '\n') && at[n] == '\n')
			return true;
	return false;
}

static bool remarked(const struct fixture *f, const char *what)
{
	for (size_t i = 0; i < f->plan->remarks; i++)
		if (strstr(f->plan->remark[i].text, what))
			return true;
	return false;
}

static enum policy_kind judged(struct fixture *f, const char *name, const char *ip, const char *sender)
{
	struct policy_judgement *j = xmalloc(sizeof *j);

	policy_judge(f->policy, "check_sender_access " MAP, slice_str(name), slice_str(ip), slice_str(sender), j);
	enum policy_kind kind = j->kind;
	free(j);
	return kind;
}

/* ------------------------------------------------------------------ precedence */

/* Subjects that lie in each other, and all that can be said of each. */
static const struct {
	enum subject_kind kind;
	const char *text, *low, *high;
	int bits;
} subjects[] = {
    {SUBJECT_SENDER, "a@company.my", NULL, NULL, 0},
    {SUBJECT_IP, "192.0.2.7", "c0000207", "c0000207", 128},
    {SUBJECT_NETWORK, "192.0.2.0/28", "c0000200", "c000020f", 124},
    {SUBJECT_NETWORK, "192.0.2.0/24", "c0000200", "c00002ff", 120},
    {SUBJECT_SOURCE, "news.example", NULL, NULL, 0},
    {SUBJECT_DOMAIN, "deep.sub.company.my", NULL, NULL, 0},
    {SUBJECT_DOMAIN, "sub.company.my", NULL, NULL, 0},
    {SUBJECT_DOMAIN, "company.my", NULL, NULL, 0},
};
#define SUBJECTS (sizeof subjects / sizeof *subjects)
static const char *const verdict_words[] = {NULL, "exempt", "block", "move"};

static const char *const senders[] = {"a@company.my", "b@company.my", "a@sub.company.my", "a@x.deep.sub.company.my"};
static const char *const ips[] = {"192.0.2.7", "192.0.2.8", "192.0.2.200", "198.51.100.1"};
static const char *const names[] = {"mx.news.example", "unknown", "xnews.example"};

/* design.md 3, said once more: does the first subject that covers the mail exempt it? */
static bool covers(size_t i, const char *sender, const char *ip, const char *name)
{
	struct network net;
	struct ip a;
	struct slice domain = slice_str(strchr(sender, '@') + 1), text = slice_str(subjects[i].text);

	switch (subjects[i].kind) {
	case SUBJECT_SENDER: return strcmp(sender, subjects[i].text) == 0;
	case SUBJECT_IP:
	case SUBJECT_NETWORK: return network_parse(text, &net) && ip_parse(slice_str(ip), &a) && network_has(&net, &a);
	case SUBJECT_SOURCE: return strcmp(name, "mx.news.example") == 0;
	default: return slice_ends(domain, text) && (domain.n == text.n || domain.p[domain.n - text.n - 1] == '.');
	}
}

static bool exempt(const int said[SUBJECTS], const char *sender, const char *ip, const char *name)
{
	for (size_t i = 0; i < SUBJECTS; i++)
		if (said[i] && covers(i, sender, ip, name))
			return said[i] == 1;
	return false;
}

static void say(char *sql, size_t cap, const int said[SUBJECTS])
{
	size_t n = 0;

	sql[0] = '\0';
	for (size_t i = 0; i < SUBJECTS; i++) {
		if (!said[i])
			continue;
		n += (size_t)snprintf(sql + n, cap - n,
		                      "INSERT INTO human_verdict (at, kind, subject, verdict, bits, low, high) "
		                      "VALUES (1, '%s', '%s', '%s', ",
		                      subject_kind_name(subjects[i].kind), subjects[i].text, verdict_words[said[i]]);
		if (subjects[i].low)
			n += (size_t)snprintf(sql + n, cap - n,
			                      "%d, x'00000000000000000000ffff%s', x'00000000000000000000ffff%s');",
			                      subjects[i].bits, subjects[i].low, subjects[i].high);
		else
			n += (size_t)snprintf(sql + n, cap - n, "NULL, NULL, NULL);");
	}
}

static void check_all(struct fixture *f, const int said[SUBJECTS])
{
	for (size_t s = 0; s < 4; s++)
		for (size_t i = 0; i < 4; i++)
			for (size_t n = 0; n < 3; n++) {
				enum policy_kind kind = judged(f, names[n], ips[i], senders[s]);
				bool through = kind == POLICY_DUNNO || kind == POLICY_NO_ROW;
				if (through == exempt(said, senders[s], ips[i], names[n]) &&
				    (through || kind == POLICY_REJECT))
					continue;
				for (size_t k = 0; k < f->plan->files; k++)
					print_message("--- %s\n%s", f->plan->file[k].name, f->plan->file[k].text);
				fail_msg("<%s> from %s[%s]: %s", senders[s], names[n], ips[i], policy_kind_text(kind));
			}
}

static void whatever_is_said_of_what_the_files_exempt_what_the_precedence_exempts(void **state)
{
	static char sql[8000];
	struct fixture f;

	(void)state;
	srandom(7);
	for (int round = 0; round < 60; round++) {
		int said[SUBJECTS];
		for (size_t i = 0; i < SUBJECTS; i++)
			said[i] = (int)(random() % 4);
		say(sql, sizeof sql, said);
		begin(&f, OLD, sql);
		make(&f);
		assert_non_null(f.plan);
		plan_into_policy(f.plan, f.policy);
		check_all(&f, said);
		end(&f);
	}
}

/* ------------------------------------------------------------------ the map */

static void rows_of_the_admin_stay_where_and_as_they_are(void **state)
{
	static const char *const kept = "# ours\nfriend@x.example OK\nspam.example\tREJECT 5.7.1\n  go away\n\n#end\n";
	static char old[1000];
	struct fixture f;

	(void)state;
	snprintf(old, sizeof old, "# ours\nfriend@x.example OK\n" OLD "spam.example\tREJECT 5.7.1\n  go away\n\n#end");
	begin(&f, old, "");
	make(&f);
	const char *map = file(&f, "check_custom_sender_access"), *rest = strstr(map, "# ours");
	assert_non_null(rest);
	assert_string_equal(rest, kept);
	assert_true(has_row(map, "company.my wouldblock_own_domain"));
	assert_true(has_row(map, ".company.my wouldblock_own_domain"));
	end(&f);
}

static void appended_reject_rows_are_a_trap_that_is_told(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, OLD "company.my " REFUSE "\n", "");
	make(&f);
	assert_int_equal(f.plan->remarks, 1);
	assert_true(f.plan->remark[0].trap && f.plan->remark[0].danger);
	assert_true(remarked(&f, "still warning: line 3"));
	end(&f);
}

static void a_row_of_the_admin_that_a_verdict_needs_becomes_a_comment(void **state)
{
	struct fixture f;

	(void)state;
	begin(
	    &f, OLD "boss@company.my REJECT go\n  away\n",
	    "INSERT INTO human_verdict (at, kind, subject, verdict) VALUES (1, 'sender', 'boss@company.my', 'exempt')");
	make(&f);
	const char *map = file(&f, "check_custom_sender_access");
	assert_true(has_row(map, "boss@company.my DUNNO"));
	assert_true(has_row(map, "# replaced: boss@company.my REJECT go"));
	assert_true(has_row(map, "# replaced:   away"));
	assert_true(remarked(&f, "gives way"));
	end(&f);
}

static void without_a_map_our_domains_are_the_settings_or_else_the_shortest_warned_ones(void **state)
{
	static const struct slice domain = SLICE("set.example");
	struct fixture f;

	(void)state;
	begin(&f, NULL,
	      "INSERT INTO dim_rule VALUES (1, 'own-domain', NULL) ON CONFLICT DO NOTHING;"
	      "INSERT INTO domain VALUES (1, 'b.company.my'), (2, 'company.my'), (3, 'xcompany.my'), (4, '');"
	      "INSERT INTO roll_domain_day SELECT 1, 1, id, 1, 1, 0, 0, 1, 1, NULL, NULL FROM domain");
	make(&f);
	assert_non_null(f.plan);
	assert_int_equal(f.plan->domains, 2);
	assert_string_equal(f.plan->domain[0], "company.my");
	assert_string_equal(f.plan->domain[1], "xcompany.my");
	assert_false(f.plan->map_known);
	plan_free(f.plan);
	f.o.domains = &domain;
	f.o.domains_n = 1;
	make(&f);
	assert_int_equal(f.plan->domains, 1);
	assert_true(has_row(file(&f, "check_custom_sender_access"), ".set.example wouldblock_own_domain"));
	end(&f);
}

static void without_any_domain_there_is_no_plan_and_it_says_why(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "friend@x.example OK\n", "");
	make(&f);
	assert_null(f.plan);
	assert_non_null(strstr(f.why, "no domain of ours"));
	end(&f);
}

/* ------------------------------------------------------------------ senders */

static void a_sender_without_a_row_that_finds_it_is_told_and_has_none(void **state)
{
	static const struct {
		const char *sender, *key;
	} rows[] = {
	    {"boss@company.my", "boss@company.my"},
	    {"a b@company.my", "\"a b\"@company.my"},
	    {"\"a b\"@company.my", "\"a b\"@company.my"},
	    {"\"boss2\"@company.my", "boss2@company.my"},
	    {"\"a@b\"@company.my", "\"a@b\"@company.my"},
	    {"#x@company.my", NULL},
	    {"a\nb@company.my", NULL},
	    {"a\tb@company.my", NULL},
	    {"m\xfcller@company.my", NULL},
	    {"x@other.example", NULL},
	    {"nobody", NULL},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char sql[400], hex[100] = "";
		for (const char *c = rows[i].sender; *c; c++)
			snprintf(hex + strlen(hex), 3, "%02x", (unsigned char)*c);
		snprintf(sql, sizeof sql,
		         "INSERT INTO human_verdict (at, kind, subject, verdict) VALUES (1, 'sender', CAST(x'%s' AS "
		         "TEXT), 'exempt')",
		         hex);
		begin(&f, OLD, sql);
		make(&f);
		assert_non_null(f.plan);
		if (!rows[i].key && f.plan->verdicts)
			assert_true(f.plan->verdict[0].why[0] && !f.plan->verdict[0].file);
		plan_into_policy(f.plan, f.policy);
		if (rows[i].key) {
			assert_string_equal(f.plan->verdict[0].key, rows[i].key);
			assert_int_equal(judged(&f, "unknown", "192.0.2.1", rows[i].sender), POLICY_DUNNO);
		} else {
			assert_null(strstr(file(&f, "check_custom_sender_access"), "DUNNO"));
		}
		assert_int_equal(judged(&f, "unknown", "192.0.2.1", "else@company.my"), POLICY_REJECT);
		end(&f);
	}
}

/* ------------------------------------------------------------------ names and texts */

static void only_a_name_that_stands_for_a_source_gets_a_row(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, OLD,
	      "INSERT INTO human_verdict (at, kind, subject, verdict) VALUES (1, 'source', 'com', 'exempt'),"
	      "(1, 'source', 'unknown', 'exempt'), (1, 'source', 'mx.news.example', 'exempt'),"
	      "(1, 'source', 'news.example', 'exempt'), (1, 'source', 'x.example$/ OK', 'exempt')");
	make(&f);
	const char *table = file(&f, "_names.pcre");
	assert_true(has_row(table, "/(^|\\.)news\\.example$/ DUNNO"));
	const char *first = strstr(table, "DUNNO");
	assert_null(strstr(first + 1, "DUNNO"));
	plan_into_policy(f.plan, f.policy);
	assert_int_equal(judged(&f, "unknown", "192.0.2.1", "a@company.my"), POLICY_REJECT);
	assert_int_equal(judged(&f, "mx.other.com", "192.0.2.1", "a@company.my"), POLICY_REJECT);
	assert_int_equal(judged(&f, "MX.NEWS.example", "192.0.2.1", "a@company.my"), POLICY_DUNNO);
	end(&f);
}

static void a_dollar_in_a_text_is_no_substring(void **state)
{
	struct fixture f;
	struct policy_judgement *j = xmalloc(sizeof *j);

	(void)state;
	begin(&f, OLD, "");
	f.o.reject_text = "Delivery not authorized, message refused, costs $1";
	make(&f);
	plan_into_policy(f.plan, f.policy);
	policy_judge(f.policy, "check_sender_access " MAP, SLICE("unknown"), SLICE("192.0.2.1"), SLICE("a@company.my"),
	             j);
	assert_int_equal(j->code, 554);
	assert_true(slice_ends(j->text, SLICE("costs $1")));
	free(j);
	end(&f);
}

static void only_the_last_row_tells_the_stages_apart(void **state)
{
	static const struct {
		enum plan_stage stage;
		enum policy_kind kind;
	} rows[] = {{PLAN_WARN, POLICY_WARN}, {PLAN_DEFER, POLICY_DEFER}, {PLAN_REJECT, POLICY_REJECT}};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(&f, OLD, "");
		f.o.stage = rows[i].stage;
		make(&f);
		plan_into_policy(f.plan, f.policy);
		assert_int_equal(judged(&f, "unknown", "192.0.2.1", "a@company.my"), rows[i].kind);
		assert_int_equal(judged(&f, "unknown", "2001:db8::1", "a@sub.company.my"), rows[i].kind);
		assert_int_equal(judged(&f, "unknown", "192.0.2.1", "a@notcompany.my"), POLICY_NO_ROW);
		assert_int_equal(judged(&f, "unknown", "192.0.2.1", ""), POLICY_NO_ROW);
		end(&f);
	}
}

static void a_text_is_one_line_that_can_be_seen(void **state)
{
	static char longest[500];

	(void)state;
	memset(longest, 'x', sizeof longest - 1);
	assert_null(plan_text_trouble("Nein, danke: ümlaut"));
	assert_non_null(plan_text_trouble(""));
	assert_non_null(plan_text_trouble("  "));
	assert_non_null(plan_text_trouble("a\nb OK"));
	assert_non_null(plan_text_trouble("a\x1b[2J"));
	assert_non_null(plan_text_trouble("a\xff"));
	assert_non_null(plan_text_trouble(longest));
}

static void an_owner_or_a_note_cannot_begin_a_row(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, OLD,
	      "INSERT INTO human_verdict (at, kind, subject, verdict, owner, note) VALUES (1, 'source', "
	      "'news.example', 'exempt',"
	      " 'x' || char(10) || '/./ OK', 'y' || char(13, 10) || '/./ OK')");
	make(&f);
	assert_false(has_row(file(&f, "_names.pcre"), "/./ OK"));
	assert_null(strstr(file(&f, "_names.pcre"), "\n/./"));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whatever_is_said_of_what_the_files_exempt_what_the_precedence_exempts),
	    cmocka_unit_test(rows_of_the_admin_stay_where_and_as_they_are),
	    cmocka_unit_test(appended_reject_rows_are_a_trap_that_is_told),
	    cmocka_unit_test(a_row_of_the_admin_that_a_verdict_needs_becomes_a_comment),
	    cmocka_unit_test(without_a_map_our_domains_are_the_settings_or_else_the_shortest_warned_ones),
	    cmocka_unit_test(without_any_domain_there_is_no_plan_and_it_says_why),
	    cmocka_unit_test(a_sender_without_a_row_that_finds_it_is_told_and_has_none),
	    cmocka_unit_test(only_a_name_that_stands_for_a_source_gets_a_row),
	    cmocka_unit_test(a_dollar_in_a_text_is_no_substring),
	    cmocka_unit_test(only_the_last_row_tells_the_stages_apart),
	    cmocka_unit_test(a_text_is_one_line_that_can_be_seen),
	    cmocka_unit_test(an_owner_or_a_note_cannot_begin_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
