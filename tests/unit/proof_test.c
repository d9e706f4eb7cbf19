/*
 * What log and files prove beside the warnings, on small logs that are read
 * into a real database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../../analyzer/ingest.h"
#include "../../analyzer/msg.h"
#include "../../analyzer/policy.h"
#include "../../analyzer/proof.h"
#include "folder.h"

#define MAP "hash:/etc/postfix/senders"
#define BOSS "boss@firma.example"
#define ANNA "anna@firma.example"
#define NEWS "out1.news.example[192.0.2.7]"
#define OTHER "mx.other.example[203.0.113.5]"
#define PRINTER "printer.firma.example[10.20.30.77]"

/* ------------------------------------------------------------------- the log */

static struct {
	char dir[32], log[48], database[48];
	FILE *lines;
	unsigned mails;
	struct rules rules;
	struct origin *origin;
	struct reader *reader;
	struct decision decision;
	struct policy *policy;
	struct proof *proof;
	struct decision_options options;
} world;

/* Moments are minutes since the begin of 2026-11-01 UTC. */
#define AT(day, hour) (((day)-1) * 1440 + (hour)*60)

static int64_t us_at(int minutes)
{
	return (INT64_C(1793491200) + minutes * INT64_C(60)) * 1000000;
}

__attribute__((format(printf, 4, 5))) static void line(int minutes, const char *host, const char *program,
                                                       const char *fmt, ...)
{
	va_list ap;

	fprintf(world.lines, "2026-11-%02dT%02d:%02d:00+00:00 %s postfix/%s: ", minutes / 1440 + 1, minutes / 60 % 24,
	        minutes % 60, host, program);
	va_start(ap, fmt);
	vfprintf(world.lines, fmt, ap);
	va_end(ap);
	putc('\n', world.lines);
}

struct
try {
	int at;
	const char *host, *client, *from, *to;
	bool warned, loses;
	const char *refused; /* `554 5.7.1` or `450 4.7.1` by the rule */
	const char *login;   /* on 587 */
};

static void one(struct try t)
{
	unsigned n = ++world.mails;
	const char *host = t.host ? t.host : "mx1", *to = t.to ? t.to : ANNA;
	char smtpd[64];

	snprintf(smtpd, sizeof smtpd, "%ssmtpd[%u]", t.login ? "submission/" : "", 1000 + n);
	line(t.at, host, smtpd, "connect from %s", t.client);
	if (t.warned)
		line(t.at, host, smtpd,
		     "NOQUEUE: warn: RCPT from %s: *** Invalid Inbound Sender ***; from=<%s> to=<%s> proto=ESMTP "
		     "helo=<x>",
		     t.client, t.from, to);
	if (t.refused) {
		line(t.at, host, smtpd,
		     "NOQUEUE: reject: RCPT from %s: %s <%s>: Sender address rejected: Delivery not authorized, "
		     "message refused; from=<%s> to=<%s> proto=ESMTP helo=<x>",
		     t.client, t.refused, t.from, t.from, to);
		line(t.at, host, smtpd, "disconnect from %s ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4", t.client);
		return;
	}
	if (t.login)
		line(t.at, host, smtpd, "4A%05XC0: client=%s, sasl_method=PLAIN, sasl_username=%s", n, t.client,
		     t.login);
	else
		line(t.at, host, smtpd, "4A%05XC0: client=%s", n, t.client);
	t.at++; /* the queue file is told of after the warning */
	line(t.at, host, "cleanup[8]", "4A%05XC0: message-id=<m%u@x>", n, n);
	line(t.at, host, "qmgr[9]", "4A%05XC0: from=<%s>, size=700, nrcpt=1 (queue active)", n, t.from);
	line(t.at, host, smtpd, "disconnect from %s ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5", t.client);
	line(t.at, host, "lmtp[7]",
	     "4A%05XC0: to=<%s>, relay=mx1.firma.example[private/dovecot-lmtp], delay=0.1, delays=0.1/0/0/0, "
	     "dsn=%s",
	     n, to,
	     t.loses ? "2.0.0, status=sent (250 2.0.0 <a> kQy8mBvVd2c7EAAAxyz1Aw Saved)"
	             : "5.1.1, status=bounced (host mx1.firma.example[private/dovecot-lmtp] said: 550 5.1.1 No)");
	line(t.at, host, "qmgr[9]", "4A%05XC0: removed", n);
}

/* A mail that arrives, with a warning and without one; and one that the rule refuses. */
static void warned(int at, const char *client, const char *from, const char *to)
{
	one((struct try){.at = at, .client = client, .from = from, .to = to, .warned = true, .loses = true});
}

static void unwarned(int at, const char *client, const char *from)
{
	one((struct try){.at = at, .client = client, .from = from, .loses = true});
}

static void refused(int at, const char *client, const char *from, const char *to)
{
	one((struct try){.at = at, .client = client, .from = from, .to = to, .refused = "554 5.7.1"});
}

static void logged_in(int at, const char *from, const char *login)
{
	one((struct try){
	    .at = at, .client = "home.isp.example[198.51.100.99]", .from = from, .loses = true, .login = login});
}

static void quiet_until(int at)
{
	line(at, "mx1", "smtpd[99]", "connect from localhost[127.0.0.1]");
	line(at, "mx1", "smtpd[99]", "disconnect from localhost[127.0.0.1] quit=1 commands=1");
}

/* ------------------------------------------------------------ database and proof */

static void sql(const char *fmt, ...)
{
	va_list ap;
	sqlite3 *db;
	char *error = NULL;

	va_start(ap, fmt);
	char *text = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	assert_int_equal(sqlite3_open(world.database, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", text, error);
	sqlite3_free(text);
	sqlite3_close(db);
}

static int64_t number_of(const char *query)
{
	sqlite3 *db;
	sqlite3_stmt *q;

	assert_int_equal(sqlite3_open(world.database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return n;
}

static void read_log(void)
{
	const char *paths[] = {world.log};
	const struct ingest_options options = {.batch_lines = 65536};
	struct ingest_result result;

	assert_int_equal(fclose(world.lines), 0);
	world.lines = NULL;
	ingest_run(world.database, &world.rules, world.origin, paths, 1, &options, &result);
	assert_int_equal(result.exit, 0);
	assert_int_equal(result.kinds[RECORD_OTHER], 0);
	ingest_release(&result);
}

/* kind and subject as `mark` writes them. */
static void verdict(int at, const char *kind, const char *subject, const char *what)
{
	struct network n;
	char low[33] = "", high[33] = "";

	if (!network_parse(slice_str(subject), &n)) {
		sql("INSERT INTO human_verdict (at, kind, subject, verdict) VALUES (%lld, %Q, %Q, %Q)",
		    (long long)us_at(at), kind, subject, what);
		return;
	}
	for (int i = 0; i < 16; i++) {
		int host = n.bits >= 8 * i + 8 ? 0 : n.bits <= 8 * i ? 0xff : 0xff >> (n.bits - 8 * i);
		snprintf(low + 2 * i, 3, "%02x", n.ip.b[i]);
		snprintf(high + 2 * i, 3, "%02x", n.ip.b[i] | host);
	}
	sql("INSERT INTO human_verdict (at, kind, subject, verdict, low, high, bits)"
	    " VALUES (%lld, %Q, %Q, %Q, x'%s', x'%s', %d)",
	    (long long)us_at(at), kind, subject, what, low, high, n.bits);
}

/* A map in which firma.example leads to a class with this table of networks. */
static void files(const char *senders, const char *networks)
{
	world.policy = policy_new();
	assert_true(policy_table(world.policy, MAP, slice_str(senders)));
	policy_class(world.policy, "tested", "check_client_access cidr:/etc/postfix/networks");
	assert_true(policy_table(world.policy, "cidr:/etc/postfix/networks", slice_str(networks)));
	world.options.policy = world.policy;
	world.options.map = MAP;
}

/* All that was read, as decision_new gives it. */
static const struct proof *prove(void)
{
	struct decision_window *w = &world.decision.window;
	struct source_window sources = {.rule = SLICE("own-domain"), .since = STAMP_NONE, .until = STAMP_NONE};

	w->from = w->log_first = number_of("SELECT min(first_stamp) FROM generation");
	w->to = w->log_end = number_of("SELECT max(last_stamp) FROM generation");
	world.decision.known = world.decision.any = true;
	world.reader = reader_open(world.database);
	world.decision.all.sources = source_list_load(world.reader, &sources);
	world.proof = proof_new(world.reader, &world.options, &world.decision);
	return world.proof;
}

static void prove_until(int at)
{
	world.decision.window.to = us_at(at);
	proof_free(world.proof);
	world.proof = proof_new(world.reader, &world.options, &world.decision);
}

static const struct proof_subject *subject(const char *text)
{
	for (size_t i = 0; i < world.proof->subjects; i++)
		if (strcmp(world.proof->subject[i].subject, text) == 0)
			return &world.proof->subject[i];
	fail_msg("no proof for %s", text);
	return NULL;
}

static const struct proof_gap *gap(const char *why)
{
	for (size_t i = 0; i < world.proof->gaps; i++)
		if (strstr(world.proof->gap[i].why, why))
			return &world.proof->gap[i];
	for (size_t i = 0; i < world.proof->gaps; i++)
		print_message("%s: %s\n", world.proof->gap[i].sender, world.proof->gap[i].why);
	fail_msg("no gap because `%s`", why);
	return NULL;
}

static void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("`%s` does not say `%s`", text, part);
}

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	strcpy(world.dir, "/tmp/proof_test.XXXXXX");
	assert_non_null(mkdtemp(world.dir));
	snprintf(world.log, sizeof world.log, "%s/mail.log", world.dir);
	snprintf(world.database, sizeof world.database, "%s/db", world.dir);
	world.lines = fopen(world.log, "w");
	assert_non_null(world.lines);
	rules_init(&world.rules);
	world.origin = origin_new(NULL, 0, NULL, 0);
	world.options = (struct decision_options){.rule = SLICE("own-domain"),
	                                          .since = STAMP_NONE,
	                                          .until = STAMP_NONE,
	                                          .quiet_days = 7,
	                                          .origin = world.origin};
	world.decision.window.switched = STAMP_NONE;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	proof_free(world.proof);
	source_list_free(world.decision.all.sources);
	reader_close(world.reader);
	policy_free(world.policy);
	origin_free(world.origin);
	rules_release(&world.rules);
	if (world.lines)
		fclose(world.lines);
	return folder_remove(world.dir);
}

/* ------------------------------------------------------------------------ subjects */

/* NEWS is warned on the first two days and decided on the third; the log ends on the 25th. */
static void two_warned_mails(void)
{
	warned(AT(1, 8), NEWS, BOSS, ANNA);
	warned(AT(2, 8), NEWS, BOSS, "bernd@firma.example");
}

static void an_exemption_is_proven_by_the_files(void **state)
{
	(void)state;
	two_warned_mails();
	one((struct try){
	    .at = AT(2, 8) + 5, .client = NEWS, .from = BOSS, .to = "clara@firma.example", .warned = true});
	warned(AT(2, 9), "out9.news.example[192.0.2.9]", BOSS, ANNA);
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	files("firma.example tested\n", "192.0.2.0/24 DUNNO\n0.0.0.0/0 REJECT no\n");
	prove();
	assert_int_equal(world.proof->subjects, 1);
	assert_int_equal(world.proof->not_proven, 0);
	assert_int_equal(subject("news.example")->proof, PROOF_FILES);
	assert_int_equal(subject("news.example")->mails, 4);
	assert_int_equal(subject("news.example")->lost, 3);
	assert_int_equal(subject("news.example")->recipients, 2);
}

static void files_that_still_warn_count_more_than_what_was_seen(void **state)
{
	(void)state;
	two_warned_mails();
	unwarned(AT(4, 8), NEWS, BOSS);
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	files("firma.example tested\n", "198.51.100.0/24 DUNNO\n0.0.0.0/0 WARN no\n");
	prove();
	assert_int_equal(world.proof->not_proven, 1);
	assert_int_equal(subject("news.example")->proof, PROOF_NONE);
	assert_says(subject("news.example")->why, "warn, cidr:/etc/postfix/networks line 2");
}

static void mail_put_on_hold_by_the_files_is_not_let_through(void **state)
{
	(void)state;
	two_warned_mails();
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	files("firma.example tested\n", "0.0.0.0/0 HOLD\n");
	prove();
	assert_int_equal(subject("news.example")->proof, PROOF_NONE);
}

static void files_that_do_not_tell_leave_it_to_the_log(void **state)
{
	(void)state;
	two_warned_mails();
	unwarned(AT(4, 8), NEWS, BOSS);
	warned(AT(1, 9), OTHER, ANNA, BOSS);
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	verdict(AT(3, 0), "source", "other.example", "exempt");
	files("firma.example nobody_knows_this\n", "");
	prove();
	assert_int_equal(subject("news.example")->proof, PROOF_SEEN);
	assert_int_equal(subject("other.example")->proof, PROOF_NONE);
	assert_says(subject("other.example")->why, "not known");
}

static void files_that_stop_one_sender_and_tell_nothing_of_another_prove_nothing(void **state)
{
	(void)state;
	two_warned_mails();
	warned(AT(2, 9), NEWS, "x@filiale.example", ANNA);
	unwarned(AT(4, 8), NEWS, BOSS);
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	files("firma.example REJECT\nfiliale.example nobody_knows_this\n", "");
	prove();
	assert_int_equal(subject("news.example")->proof, PROOF_NONE);
	assert_says(subject("news.example")->why, "reject");
}

static void an_exemption_is_proven_by_unwarned_mail_since_the_verdict(void **state)
{
	(void)state;
	two_warned_mails();
	unwarned(AT(4, 8), NEWS, BOSS);
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	prove();
	const struct proof_subject *s = subject("news.example");
	assert_int_equal(s->proof, PROOF_SEEN);
	assert_int_equal(s->last_unwarned, us_at(AT(4, 8) + 1));
	assert_int_equal(s->last_warned, us_at(AT(2, 8)));
	assert_says(s->why, "2026-11-04 08:01");
}

static void unwarned_mail_before_the_verdict_proves_nothing(void **state)
{
	(void)state;
	two_warned_mails();
	unwarned(AT(4, 8), NEWS, BOSS);
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(1, 0), "source", "other.example", "exempt");
	verdict(AT(5, 0), "source", "news.example", "exempt");
	prove();
	assert_int_equal(subject("news.example")->proof, PROOF_NONE);
	assert_says(subject("news.example")->why, "not seen sending since the verdict");
}

static void a_warning_after_the_unwarned_mail_takes_the_proof_away(void **state)
{
	(void)state;
	two_warned_mails();
	unwarned(AT(4, 8), NEWS, BOSS);
	warned(AT(5, 8), NEWS, BOSS, ANNA);
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	prove();
	assert_int_equal(subject("news.example")->proof, PROOF_NONE);
	assert_says(subject("news.example")->why, "warned again on 2026-11-05");
}

static void unwarned_mail_on_a_host_without_the_rule_proves_nothing(void **state)
{
	(void)state;
	two_warned_mails();
	one((struct try){.at = AT(4, 8), .host = "mx2", .client = NEWS, .from = BOSS, .loses = true});
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	prove();
	assert_int_equal(subject("news.example")->proof, PROOF_NONE);
}

/* The unwarned mail is of a client that a narrower verdict decides. */
static void unwarned_mail_proves_the_verdict_that_decides_it_and_no_other(void **state)
{
	(void)state;
	two_warned_mails();
	warned(AT(2, 9), "out9.news.example[192.0.2.9]", BOSS, ANNA);
	unwarned(AT(4, 8), "out9.news.example[192.0.2.9]", BOSS);
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	verdict(AT(3, 0), "ip", "192.0.2.9", "exempt");
	prove();
	assert_int_equal(subject("192.0.2.9")->proof, PROOF_SEEN);
	assert_int_equal(subject("news.example")->proof, PROOF_NONE);
	assert_int_equal(subject("192.0.2.9")->mails, 1);
	assert_int_equal(subject("news.example")->mails, 2);
	assert_string_equal(world.proof->subject[0].subject, "news.example");
}

/* `--until` cuts a day in two: of its sighting only the begin is sure. */
static void what_comes_after_the_window_proves_nothing(void **state)
{
	(void)state;
	two_warned_mails();
	unwarned(AT(10, 8), NEWS, BOSS);
	unwarned(AT(10, 20), NEWS, BOSS);
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	prove();
	assert_int_equal(subject("news.example")->last_unwarned, us_at(AT(10, 20) + 1));
	prove_until(AT(10, 12));
	assert_int_equal(subject("news.example")->last_unwarned, us_at(AT(10, 8) + 1));
	assert_int_equal(world.proof->not_proven, 0);
	prove_until(AT(9, 0));
	assert_int_equal(world.proof->not_proven, 1);
}

static void who_loses_nothing_needs_no_proof(void **state)
{
	(void)state;
	one((struct try){.at = AT(1, 8), .client = NEWS, .from = BOSS, .warned = true});
	warned(AT(20, 8), OTHER, BOSS, ANNA);
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	prove();
	assert_int_equal(world.proof->subjects, 0);
	assert_int_equal(world.proof->not_proven, 0);
}

static void who_loses_nothing_yet_and_is_warned_in_the_quiet_days_is_still_warned(void **state)
{
	(void)state;
	one((struct try){.at = AT(1, 8), .client = NEWS, .from = BOSS, .warned = true});
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	prove();
	assert_int_equal(world.proof->subjects, 1);
	assert_int_equal(world.proof->still_warned, 1);
}

static void a_move_is_proven_once_each_sender_has_logged_in(void **state)
{
	(void)state;
	warned(AT(1, 8), OTHER, "Boss@Firma.example", ANNA);
	warned(AT(1, 9), OTHER, ANNA, BOSS);
	logged_in(AT(5, 8), BOSS, "chef");
	logged_in(AT(4, 8), ANNA, "anna");
	read_log();
	verdict(AT(3, 0), "source", "other.example", "move");
	prove();
	assert_int_equal(subject("other.example")->proof, PROOF_LOGIN);
	assert_string_equal(subject("other.example")->login, "chef");
	assert_int_equal(world.proof->not_proven, 0);
}

static void a_move_is_not_proven_while_one_sender_has_not_logged_in(void **state)
{
	(void)state;
	warned(AT(1, 8), OTHER, BOSS, ANNA);
	warned(AT(1, 9), OTHER, ANNA, BOSS);
	logged_in(AT(5, 8), BOSS, "chef");
	for (int i = 0; i < 3; i++)
		line(AT(5, 9) + i, "mx1", "submission/smtpd[77]",
		     "NOQUEUE: reject: RCPT from home.isp.example[198.51.100.99]: 553 5.7.1 <%s>: Sender address "
		     "rejected: "
		     "not owned by user chef; from=<%s> to=<a@x.example> proto=ESMTP helo=<x>",
		     ANNA, ANNA);
	read_log();
	verdict(AT(3, 0), "source", "other.example", "move");
	prove();
	const struct proof_subject *s = subject("other.example");
	assert_int_equal(s->proof, PROOF_NONE);
	assert_int_equal(s->mismatches, 3);
	assert_says(s->why, ANNA);
	assert_says(s->why, "3 tries refused");
}

static void a_login_before_the_first_warning_is_no_move(void **state)
{
	(void)state;
	warned(AT(1, 8), NEWS, ANNA, BOSS);
	logged_in(AT(2, 8), BOSS, "chef");
	warned(AT(3, 8), OTHER, BOSS, ANNA);
	read_log();
	verdict(AT(4, 0), "source", "other.example", "move");
	prove();
	assert_int_equal(subject("other.example")->proof, PROOF_NONE);
}

static void an_exemption_in_the_files_proves_no_move(void **state)
{
	(void)state;
	two_warned_mails();
	unwarned(AT(4, 8), NEWS, BOSS);
	read_log();
	verdict(AT(3, 0), "source", "news.example", "move");
	files("firma.example tested\n", "192.0.2.0/24 DUNNO\n");
	prove();
	assert_int_equal(subject("news.example")->proof, PROOF_NONE);
	assert_says(subject("news.example")->why, "an exception lets it through");
}

static void a_client_in_mynetworks_has_moved(void **state)
{
	(void)state;
	warned(AT(1, 8), PRINTER, BOSS, ANNA);
	read_log();
	verdict(AT(3, 0), "ip", "10.20.30.77", "move");
	files("firma.example tested\n", "0.0.0.0/0 REJECT\n");
	assert_true(policy_networks(world.policy, "127.0.0.0/8 10.20.30.0/24"));
	prove();
	assert_int_equal(subject("10.20.30.77")->proof, PROOF_NETWORKS);
}

static void a_client_in_mynetworks_that_are_asked_too_late_has_not_moved(void **state)
{
	(void)state;
	warned(AT(1, 8), PRINTER, BOSS, ANNA);
	read_log();
	verdict(AT(3, 0), "ip", "10.20.30.77", "move");
	files("firma.example tested\n", "0.0.0.0/0 REJECT\n");
	assert_true(policy_networks(world.policy, "127.0.0.0/8 10.20.30.0/24"));
	policy_networks_first(world.policy, false);
	prove();
	assert_int_equal(subject("10.20.30.77")->proof, PROOF_NONE);
}

static void a_decided_source_is_still_warned_within_the_quiet_days(void **state)
{
	(void)state;
	warned(AT(18, 11), NEWS, BOSS, ANNA);
	warned(AT(17, 11), OTHER, BOSS, ANNA);
	quiet_until(AT(25, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	verdict(AT(3, 0), "source", "other.example", "exempt");
	prove();
	assert_true(subject("news.example")->still_warned);
	assert_false(subject("other.example")->still_warned);
	assert_int_equal(world.proof->still_warned, 1);
}

static void a_refusal_by_the_rule_is_no_warning(void **state)
{
	(void)state;
	warned(AT(1, 8), NEWS, BOSS, ANNA);
	one((struct try){.at = AT(2, 8), .client = NEWS, .from = BOSS, .warned = true, .refused = "450 4.7.1"});
	one((struct try){.at = AT(2, 9), .client = NEWS, .from = BOSS, .refused = "450 4.7.1"});
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	prove();
	assert_int_equal(subject("news.example")->mails, 2);
	assert_int_equal(subject("news.example")->last_warned, us_at(AT(2, 8)));
}

/* The last line of a log is in the window, too. */
static void a_warning_in_the_last_line_counts(void **state)
{
	(void)state;
	warned(AT(1, 8), NEWS, BOSS, ANNA);
	line(AT(20, 8), "mx1", "smtpd[77]", "connect from %s", OTHER);
	line(AT(20, 8), "mx1", "smtpd[77]",
	     "NOQUEUE: warn: RCPT from %s: *** Invalid Inbound Sender ***; from=<%s> to=<%s> proto=ESMTP helo=<x>",
	     OTHER, BOSS, ANNA);
	read_log();
	verdict(AT(3, 0), "source", "other.example", "exempt");
	prove();
	assert_int_equal(world.proof->still_warned, 1);
}

static void each_domain_has_its_own_proof(void **state)
{
	int64_t not_proven, still;

	(void)state;
	warned(AT(1, 8), NEWS, BOSS, ANNA);
	warned(AT(20, 8), NEWS, "x@shop.filiale.example", ANNA);
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	files("firma.example tested\nfiliale.example tested\n", "0.0.0.0/0 DUNNO\n");
	assert_true(policy_table(world.policy, MAP, SLICE("firma.example DUNNO\nfiliale.example REJECT\n")));
	prove();
	assert_int_equal(world.proof->not_proven, 1);
	proof_of_domain(world.reader, &world.options, &world.decision, world.proof, SLICE("firma.example"), &not_proven,
	                &still);
	assert_int_equal(not_proven, 0);
	assert_int_equal(still, 0);
	proof_of_domain(world.reader, &world.options, &world.decision, world.proof, SLICE("filiale.example"),
	                &not_proven, &still);
	assert_int_equal(not_proven, 1);
	assert_int_equal(still, 1);
	proof_of_domain(world.reader, &world.options, &world.decision, world.proof, SLICE("other.example"), &not_proven,
	                &still);
	assert_int_equal(not_proven + still, 0);
}

/* By sender, ip, longest network, source, sender's domain: as the view says of each mail. */
static void a_verdict_decides_the_mails_that_the_view_gives_it(void **state)
{
	static const char *const clients[] = {
	    NEWS, OTHER, "out2.news.example[192.0.2.8]", "unknown[192.0.2.199]", "unknown[2001:db8::7]", PRINTER};
	static const char *const senders[] = {
	    BOSS, ANNA, "Anna@Firma.example.", "x@sub.firma.example", "\"a@b\"@filiale.example", "y@evilfirma.example"};
	static const char *const subjects[][3] = {{"sender", ANNA, "move"},
	                                          {"ip", "192.0.2.8", "exempt"},
	                                          {"network", "192.0.2.0/25", "block"},
	                                          {"network", "192.0.2.0/24", "exempt"},
	                                          {"source", "other.example", "exempt"},
	                                          {"domain", "firma.example", "move"},
	                                          {"domain", "sub.firma.example", "exempt"}};
	char view[200];
	int64_t all = 0;

	(void)state;
	for (int c = 0; c < 6; c++)
		for (int s = 0; s < 6; s++)
			warned(AT(1, c) + s, clients[c], senders[s], BOSS);
	read_log();
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
		verdict(AT(2, 0), subjects[i][0], subjects[i][1], subjects[i][2]);
	prove();
	for (size_t i = 0; i < world.proof->subjects; i++) {
		const struct proof_subject *s = &world.proof->subject[i];
		snprintf(view, sizeof view, "SELECT count(*) FROM mail_verdict WHERE verdict = %lld",
		         (long long)s->verdict_id);
		assert_int_equal(s->mails, number_of(view));
		all += s->mails;
	}
	assert_int_equal(all, number_of("SELECT count(*) FROM mail WHERE verdict IN ('exempt', 'move')"));
	assert_int_equal(world.proof->subjects, 6);
}

/* ---------------------------------------------------------------------- gaps */

static void mail_that_was_not_warned_is_a_gap_with_its_reason(void **state)
{
	(void)state;
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	unwarned(AT(2, 9), OTHER, "\"x y\"@firma.example");
	unwarned(AT(2, 10), OTHER, "x@sub.firma.example");
	unwarned(AT(2, 11), OTHER, BOSS);
	unwarned(AT(2, 12), OTHER, ANNA);
	one((struct try){.at = AT(3, 8), .host = "mx2", .client = OTHER, .from = BOSS, .loses = true});
	unwarned(AT(3, 9), NEWS, ANNA);
	read_log();
	verdict(AT(1, 0), "source", "news.example", "exempt");
	prove();
	assert_int_equal(world.proof->gaps, 5);
	assert_int_equal(world.proof->gap_mails, 5);
	assert_int_equal(world.proof->exempted_mails, 1);
	assert_string_equal(gap("quoted local part")->sender, "\"x y\"@firma.example");
	assert_string_equal(gap("subdomain")->domain, "sub.firma.example");
	assert_string_equal(gap("this host never warned")->host, "mx2");
	assert_int_equal(gap("reason not known")->mails, 2);
	assert_string_equal(gap("reason not known")->source, "other.example");
	assert_true(gap("exempted by verdict")->exempted);
	assert_false(gap("reason not known")->exempted);
	assert_true(world.proof->gap[4].exempted);
}

static void the_files_given_say_why_mail_was_not_warned(void **state)
{
	(void)state;
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	unwarned(AT(2, 9), OTHER, BOSS);
	unwarned(AT(2, 10), "unknown[198.51.100.7]", BOSS);
	warned(AT(2, 11), NEWS, "x@filiale.example", ANNA);
	unwarned(AT(2, 12), OTHER, "x@filiale.example");
	read_log();
	files("firma.example tested\n", "203.0.113.0/24 DUNNO\n0.0.0.0/0 WARN w\n");
	prove();
	assert_says(gap("let through by the files given")->why, "cidr:/etc/postfix/networks line 1");
	assert_string_equal(gap("reason not known")->client_ip, "198.51.100.7");
	assert_says(gap("reason not known")->why, "warn");
	assert_string_equal(gap("the map given has no row")->domain, "filiale.example");
}

static void no_gap_is_mail_before_the_rule_warned_or_from_inside_or_of_a_canary(void **state)
{
	static struct network canary;
	static const struct slice own[] = {{"firma.example", 13}};

	(void)state;
	assert_true(network_parse(SLICE("198.51.100.200"), &canary));
	origin_canaries(world.origin, &canary, 1, NULL, 0);
	origin_domains(world.origin, own, 1);
	unwarned(AT(1, 8), OTHER, BOSS);
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	unwarned(AT(2, 9), PRINTER, BOSS);
	unwarned(AT(2, 10), "probe.example[198.51.100.200]", BOSS);
	unwarned(AT(2, 11), OTHER, "somebody@else.example");
	read_log();
	prove();
	assert_int_equal(world.proof->gaps, 0);
	assert_int_equal(world.proof->gap_mails, 0);
}

static void a_gap_of_a_host_known_by_another_name_is_no_other_host(void **state)
{
	static const struct slice alias[] = {{"mx1.firma.example=mx1", 21}}, retired[] = {{"old", 3}};

	(void)state;
	world.options.alias = alias;
	world.options.alias_n = 1;
	world.options.retired = retired;
	world.options.retired_n = 1;
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	one((struct try){.at = AT(3, 8), .host = "mx1.firma.example", .client = OTHER, .from = BOSS, .loses = true});
	one((struct try){.at = AT(3, 9), .host = "old", .client = OTHER, .from = BOSS, .loses = true});
	read_log();
	prove();
	assert_int_equal(world.proof->gaps, 1);
	assert_string_equal(gap("reason not known")->host, "mx1");
}

static void many_gaps_are_counted_and_the_heaviest_kept(void **state)
{
	char client[64];

	(void)state;
	warned(AT(2, 0), NEWS, BOSS, ANNA);
	for (int i = 0; i < 900; i++) {
		snprintf(client, sizeof client, "unknown[100.%d.%d.1]", 200 + i / 200, i % 200);
		unwarned(AT(3, 0) + i, client, BOSS);
		if (i == 700)
			unwarned(AT(3, 0) + i, client, ANNA);
	}
	read_log();
	prove();
	assert_int_equal(world.proof->gaps, PROOF_ROWS);
	assert_int_equal(world.proof->gap_mails, 901);
	assert_int_equal(world.proof->gap[0].mails, 2);
	assert_string_equal(world.proof->gap[0].client_ip, "100.203.100.1");
}

/* ------------------------------------------------------------------------ insiders */

static void insiders_are_those_with_foreign_senders_and_those_who_are_warned(void **state)
{
	(void)state;
	warned(AT(2, 8), PRINTER, BOSS, ANNA);
	unwarned(AT(2, 9), "pc7.firma.example[10.20.30.5]", "me@freemail.example");
	unwarned(AT(3, 9), "pc7.firma.example[10.20.30.5]", "you@freemail.example");
	warned(AT(2, 10), NEWS, BOSS, ANNA);
	read_log();
	files("firma.example tested\n", "0.0.0.0/0 WARN\n");
	assert_true(policy_networks(world.policy, "10.20.30.5/32"));
	prove();
	assert_int_equal(world.proof->insiders, 2);
	assert_string_equal(world.proof->insider[0].client_ip, "10.20.30.5");
	assert_true(world.proof->insider[0].foreign);
	assert_int_equal(world.proof->insider[0].senders, 2);
	assert_int_equal(world.proof->insider[0].mails, 2);
	assert_int_equal(world.proof->insider[0].networks, INSIDER_IN_NETWORKS);
	assert_string_equal(world.proof->insider[1].client_ip, "10.20.30.77");
	assert_false(world.proof->insider[1].foreign);
	assert_string_equal(world.proof->insider[1].sender, BOSS);
	assert_int_equal(world.proof->insider[1].networks, INSIDER_NOT_IN_NETWORKS);
}

static void without_files_nobody_knows_who_is_in_mynetworks(void **state)
{
	(void)state;
	warned(AT(2, 8), PRINTER, BOSS, ANNA);
	read_log();
	prove();
	assert_int_equal(world.proof->insider[0].networks, INSIDER_UNKNOWN);
}

/* --------------------------------------------------------------------- regressions */

static void switched(int at)
{
	world.decision.window.switched = us_at(at);
	world.decision.window.rule_phase = PHASE_REJECT;
}

static void what_was_blocked_or_in_the_forecast_is_no_regression(void **state)
{
	(void)state;
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	warned(AT(2, 9), OTHER, BOSS, ANNA);
	refused(AT(5, 8), NEWS, BOSS, ANNA);
	refused(AT(5, 9), OTHER, BOSS, ANNA);
	refused(AT(5, 10), "new.spam.example[203.0.113.99]", BOSS, ANNA);
	unwarned(AT(6, 8), OTHER, BOSS);
	read_log();
	verdict(AT(3, 0), "source", "other.example", "block");
	verdict(AT(3, 0), "source", "spam.example", "block");
	switched(AT(5, 8));
	prove();
	assert_int_equal(world.proof->regressions_all, 0);
	assert_int_equal(world.proof->regressions, 0);
	assert_int_equal(world.proof->gaps, 0); /* of the time while it only warned */
}

static void who_was_exempt_or_never_seen_is_a_regression_once_for_each_recipient(void **state)
{
	(void)state;
	refused(AT(1, 8), OTHER, BOSS, ANNA);
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	refused(AT(5, 8), NEWS, BOSS, ANNA);
	refused(AT(5, 9), NEWS, "Boss@firma.example", ANNA);
	refused(AT(5, 10), NEWS, BOSS, "bernd@firma.example");
	one((struct try){.at = AT(5, 11), .client = OTHER, .from = BOSS, .refused = "450 4.7.1"});
	read_log();
	verdict(AT(3, 0), "network", "192.0.2.0/24", "exempt");
	switched(AT(5, 8));
	prove();
	assert_int_equal(world.proof->regressions_all, 3);
	assert_int_equal(world.proof->regressions, 3);
	const struct proof_regression *r = world.proof->regression;
	assert_int_equal(r[0].time_us, us_at(AT(5, 8)));
	assert_int_equal(r[0].attempts, 2);
	assert_int_equal(r[0].code, 554);
	assert_string_equal(r[0].source, "news.example");
	assert_string_equal(r[0].client_ip, "192.0.2.7");
	assert_string_equal(r[0].host, "mx1");
	assert_says(r[0].why, "marked exempt");
	assert_string_equal(r[1].recipient, "bernd@firma.example");
	assert_int_equal(r[2].code, 450);
	assert_string_equal(r[2].sender, BOSS);
	assert_says(r[2].why, "never seen");
}

static void a_canary_and_what_was_refused_before_the_switch_never_count(void **state)
{
	static struct network canary;

	(void)state;
	assert_true(network_parse(SLICE("198.51.100.200"), &canary));
	origin_canaries(world.origin, &canary, 1, NULL, 0);
	refused(AT(1, 8), OTHER, BOSS, ANNA);
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	refused(AT(5, 8), NEWS, BOSS, ANNA);
	refused(AT(5, 9), "probe.example[198.51.100.200]", BOSS, ANNA);
	read_log();
	switched(AT(5, 8));
	prove();
	assert_int_equal(world.proof->regressions_all, 0);
}

/* A domain that goes later has more time to meet its sources. */
static void a_source_that_is_warned_after_the_switch_was_not_seen_before_it(void **state)
{
	(void)state;
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	warned(AT(2, 9), NEWS, "x@filiale.example", ANNA);
	refused(AT(5, 8), NEWS, BOSS, ANNA);
	warned(AT(6, 8), OTHER, "x@filiale.example", ANNA);
	refused(AT(7, 8), OTHER, BOSS, ANNA);
	refused(AT(8, 8), NEWS, "x@filiale.example", ANNA);
	refused(AT(9, 8), OTHER, "x@filiale.example", ANNA);
	read_log();
	switched(AT(5, 8));
	prove();
	assert_int_equal(world.proof->regressions_all, 1);
	assert_int_equal(world.proof->regression[0].time_us, us_at(AT(7, 8)));
}

static void before_the_switch_there_is_no_regression(void **state)
{
	(void)state;
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	refused(AT(5, 8), OTHER, BOSS, ANNA);
	read_log();
	prove();
	assert_int_equal(world.proof->regressions_all, 0);
	assert_int_equal(world.proof->forecasts, 0);
}

static void the_forecast_stands_beside_what_came(void **state)
{
	static int32_t days[] = {20758, 20759, 20762}; /* 2026-11-01, -02, -05 */

	(void)state;
	warned(AT(1, 8), NEWS, BOSS, ANNA);
	warned(AT(2, 8), NEWS, BOSS, ANNA);
	warned(AT(2, 9), NEWS, BOSS, "bernd@firma.example");
	warned(AT(3, 8), NEWS, BOSS, ANNA); /* on a day not watched */
	one((struct try){.at = AT(2, 10), .client = OTHER, .from = BOSS, .warned = true});
	refused(AT(5, 0), NEWS, BOSS, ANNA);
	refused(AT(6, 0), "new.spam.example[203.0.113.99]", BOSS, ANNA);
	refused(AT(6, 1), "new.spam.example[203.0.113.99]", ANNA, ANNA);
	quiet_until(AT(7, 0));
	read_log();
	verdict(AT(3, 0), "source", "news.example", "exempt");
	switched(AT(5, 0));
	world.decision.window.day = days;
	world.decision.window.days = 3;
	prove();
	assert_int_equal(world.proof->forecasts, 3);
	const struct proof_forecast *f = world.proof->forecast;
	assert_string_equal(f[0].source, "spam.example");
	assert_int_equal(f[0].refused, 2);
	assert_true(f[0].forecast < 0.001);
	assert_string_equal(f[1].source, "news.example");
	assert_int_equal(f[1].refused, 1);
	assert_true(f[1].forecast > 1.499 && f[1].forecast < 1.501);
	assert_true(f[1].days > 1.99 && f[1].days < 2.01);
	assert_int_equal(f[1].verdict, SOURCE_VERDICT_EXEMPT);
	assert_string_equal(f[2].source, "other.example");
	assert_true(f[2].forecast > 0.499 && f[2].forecast < 0.501);
}

/* From the first warning to the day before the switch: two mails in four days. */
static void without_a_day_watched_the_forecast_is_made_of_all_days(void **state)
{
	(void)state;
	warned(AT(1, 8), NEWS, BOSS, ANNA);
	warned(AT(3, 8), NEWS, BOSS, ANNA);
	warned(AT(5, 8), NEWS, BOSS, ANNA);
	refused(AT(5, 9), NEWS, BOSS, ANNA);
	read_log();
	switched(AT(5, 9));
	prove();
	assert_int_equal(world.proof->forecasts, 1);
	assert_true(world.proof->forecast[0].forecast > 0.499 && world.proof->forecast[0].forecast < 0.501);
}

static void an_unknown_rule_has_an_empty_proof(void **state)
{
	int64_t not_proven, still;

	(void)state;
	quiet_until(AT(1, 0));
	read_log();
	world.reader = reader_open(world.database);
	world.proof = proof_new(world.reader, &world.options, &world.decision);
	assert_int_equal(world.proof->subjects + world.proof->gaps + world.proof->insiders, 0);
	proof_of_domain(world.reader, &world.options, &world.decision, world.proof, SLICE("x.example"), &not_proven,
	                &still);
	assert_int_equal(not_proven + still, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(an_exemption_is_proven_by_the_files),
	    TEST(files_that_still_warn_count_more_than_what_was_seen),
	    TEST(mail_put_on_hold_by_the_files_is_not_let_through),
	    TEST(files_that_do_not_tell_leave_it_to_the_log),
	    TEST(files_that_stop_one_sender_and_tell_nothing_of_another_prove_nothing),
	    TEST(an_exemption_is_proven_by_unwarned_mail_since_the_verdict),
	    TEST(unwarned_mail_before_the_verdict_proves_nothing),
	    TEST(a_warning_after_the_unwarned_mail_takes_the_proof_away),
	    TEST(unwarned_mail_on_a_host_without_the_rule_proves_nothing),
	    TEST(unwarned_mail_proves_the_verdict_that_decides_it_and_no_other),
	    TEST(what_comes_after_the_window_proves_nothing),
	    TEST(who_loses_nothing_needs_no_proof),
	    TEST(who_loses_nothing_yet_and_is_warned_in_the_quiet_days_is_still_warned),
	    TEST(a_move_is_proven_once_each_sender_has_logged_in),
	    TEST(a_move_is_not_proven_while_one_sender_has_not_logged_in),
	    TEST(a_login_before_the_first_warning_is_no_move),
	    TEST(an_exemption_in_the_files_proves_no_move),
	    TEST(a_client_in_mynetworks_has_moved),
	    TEST(a_client_in_mynetworks_that_are_asked_too_late_has_not_moved),
	    TEST(a_decided_source_is_still_warned_within_the_quiet_days),
	    TEST(a_refusal_by_the_rule_is_no_warning),
	    TEST(a_warning_in_the_last_line_counts),
	    TEST(each_domain_has_its_own_proof),
	    TEST(a_verdict_decides_the_mails_that_the_view_gives_it),
	    TEST(mail_that_was_not_warned_is_a_gap_with_its_reason),
	    TEST(the_files_given_say_why_mail_was_not_warned),
	    TEST(no_gap_is_mail_before_the_rule_warned_or_from_inside_or_of_a_canary),
	    TEST(a_gap_of_a_host_known_by_another_name_is_no_other_host),
	    TEST(many_gaps_are_counted_and_the_heaviest_kept),
	    TEST(insiders_are_those_with_foreign_senders_and_those_who_are_warned),
	    TEST(without_files_nobody_knows_who_is_in_mynetworks),
	    TEST(what_was_blocked_or_in_the_forecast_is_no_regression),
	    TEST(who_was_exempt_or_never_seen_is_a_regression_once_for_each_recipient),
	    TEST(a_canary_and_what_was_refused_before_the_switch_never_count),
	    TEST(a_source_that_is_warned_after_the_switch_was_not_seen_before_it),
	    TEST(before_the_switch_there_is_no_regression),
	    TEST(the_forecast_stands_beside_what_came),
	    TEST(without_a_day_watched_the_forecast_is_made_of_all_days),
	    TEST(an_unknown_rule_has_an_empty_proof),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	msg_quiet(true);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
