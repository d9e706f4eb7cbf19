/*
 * Mail on its way in, from `client=` to qmgr's line with the sender: what is
 * said of it, and of what nothing is said. And what sessions and companions
 * tell of a warned mail besides its fate.
 */
#include "story_fixture.h"

/* ---------------------------------------------------------------------- questions */

/* All readers were told of so many accepted mails, and of the same ones. */
static void told_are(size_t n)
{
	for (size_t i = 0; i < READERS; i++) {
		assert_int_equal(readers[i]->accepted_n, n);
		if (n)
			assert_memory_equal(readers[i]->accepted, world->accepted, n * sizeof *world->accepted);
	}
}

static const struct told_accepted *nth_told(size_t n)
{
	assert_true(n < world->accepted_n);
	return &world->accepted[n];
}

static void told_is(size_t n, const char *client, const char *sender)
{
	const struct told_accepted *a = nth_told(n);

	assert_true(name_is(&world->clients, a->client, client));
	assert_true(name_is(&world->addresses, a->sender, sender));
}

static void is_warned_with(const struct told_accepted *a, int at, const char *text)
{
	assert_true(a->warned);
	assert_true(at < FACT_TEXTS && a->text[at] != 0);
	assert_true(name_is(&world->texts, a->text[at], text));
}

static const struct fact_mail *warned_mail(void)
{
	mails_are(1);
	return nth_mail(0);
}

static void evidence_is(uint8_t slot, enum evidence want)
{
	assert_string_equal(evidence_name((enum evidence)slot), evidence_name(want));
}

/* ------------------------------------------------------------- mail that was accepted */

#define ARRIVED(t, pid, c, q, from) \
	CONNECT_OF(t, pid, c) CLIENT_OF(t, pid, c, q) ID(t, q, "m@x") QUEUED_BY(t, q, from, "1")
#define FOREIGN "info@other.example"

static void an_accepted_mail_is_told_once_with_its_sender_and_client(void **state)
{
	(void)state;
	story(ARRIVED("03T10:00:00", "1", OTHER, Q1, FOREIGN) BYE_OF("03T10:00:01", "1", OTHER, "rcpt=1 commands=5")
	          DELIVERED("03T10:00:01", Q1, ANNA));
	told_are(1);
	told_is(0, OTHER, FOREIGN);
	assert_false(nth_told(0)->warned);
	assert_false(nth_told(0)->login);
	assert_false(nth_told(0)->submission);
	assert_true(name_is(&world->hosts, nth_told(0)->host, "mx1"));
}

static void a_mail_that_is_queued_again_is_not_told_again(void **state)
{
	(void)state;
	story(ARRIVED("03T10:00:00", "1", OTHER, Q1, FOREIGN) DEFERRED("03T10:00:01", Q1, ANNA)
	          QUEUED_BY("03T10:30:00", Q1, FOREIGN, "1") DELIVERED("03T10:30:01", Q1, ANNA));
	told_are(1);
}

static void several_mails_of_one_session_are_told_each(void **state)
{
	(void)state;
	story(CONNECT_OF("03T10:00:00", "1", OTHER) CLIENT_OF("03T10:00:00", "1", OTHER, Q1)
	          CLIENT_OF("03T10:00:01", "1", OTHER, Q2) QUEUED_BY("03T10:00:02", Q2, BOSS, "1")
	              QUEUED_BY("03T10:00:03", Q1, FOREIGN, "1"));
	told_are(2);
	told_is(0, OTHER, BOSS);
	told_is(1, OTHER, FOREIGN);
}

static void the_null_sender_is_told_as_such(void **state)
{
	(void)state;
	story(ARRIVED("03T10:00:00", "1", OTHER, Q1, ""));
	told_are(1);
	told_is(0, OTHER, "");
}

static void a_warned_mail_is_told_with_its_texts(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) CLIENT("03T10:00:00", "1", Q1)
	          WARN("03T10:00:01", "1", Q1, BERND)
	              ACTION_OF("03T10:00:01", "1", NEWS, Q1, "warn", "another rule", BOSS, BERND)
	                  QUEUED("03T10:00:02", Q1, "2") DONE("03T10:00:02", "1"));
	told_are(1);
	told_is(0, NEWS, BOSS);
	is_warned_with(nth_told(0), 0, "warn[" TEXT "]");
	is_warned_with(nth_told(0), 1, "warn[another rule]");
	assert_int_equal(nth_told(0)->text[2], 0);
}

static void a_warning_about_the_whole_mail_is_one_of_its_texts(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") STAGE("03T10:00:00", "1", "NOQUEUE", "MAIL", "warn", TEXT)
	          CLIENT("03T10:00:00", "1", Q1) QUEUED("03T10:00:01", Q1, "1") DONE("03T10:00:02", "1"));
	told_are(1);
	is_warned_with(nth_told(0), 0, "warn[" TEXT "]");
}

static void the_mail_after_a_warned_one_is_not_warned(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) QUEUED("03T10:00:01", Q1, "1") CLIENT("03T10:00:02", "1", Q2)
	          QUEUED("03T10:00:03", Q2, "1") DONE("03T10:00:04", "1"));
	told_are(2);
	assert_true(nth_told(0)->warned);
	assert_false(nth_told(1)->warned);
}

/* -------------------------------------------------------------- services and logins */

#define ON(service, t, pid, text) LINE(t, "postfix/" service "smtpd[" pid "]", text)
#define AS_BOSS ", sasl_method=PLAIN, sasl_username=boss"

static void logins_and_services_are_told_apart(void **state)
{
	(void)state;
	story(ON("submission/", "03T10:00:00", "1", Q1 ": client=" OTHER AS_BOSS) QUEUED("03T10:00:01", Q1, "1")
	          ON("smtps/", "03T10:01:00", "1", Q2 ": client=" OTHER AS_BOSS) QUEUED("03T10:01:01", Q2, "1")
	              ON("", "03T10:02:00", "1", Q3 ": client=" OTHER AS_BOSS) QUEUED("03T10:02:01", Q3, "1")
	                  ON("submission/", "03T10:03:00", "1", Q1 ": client=" OTHER) QUEUED("03T10:03:01", Q1, "1")
	                      ON("", "03T10:04:00", "1", Q2 ": client=" OTHER) QUEUED("03T10:04:01", Q2, "1"));
	static const struct {
		bool submission, login;
	} want[] = {{true, true}, {true, true}, {false, true}, {true, false}, {false, false}};
	told_are(5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(nth_told(i)->submission, want[i].submission);
		assert_int_equal(nth_told(i)->login, want[i].login);
		assert_true(name_is(&world->addresses, nth_told(i)->username, want[i].login ? "boss" : ""));
	}
}

/* ------------------------------------------------------------------- what is not told */

static void mail_from_loopback_is_not_told(void **state)
{
	(void)state;
	story(ARRIVED("03T10:00:00", "1", LOCAL, Q1, BOSS) ARRIVED("03T10:00:01", "2", "localhost[::1]", Q2, BOSS));
	told_are(0);
}

static void what_comes_back_from_a_filter_is_not_told(void **state)
{
	(void)state;
	/* on loopback; and on another host, which says whose mail it was */
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) PLAIN_HOP("03T10:00:01", Q2) QUEUED("03T10:00:01", Q2, "1")
	          ARRIVED("03T10:01:00", "3", "scan.inner.example[10.0.0.3]", Q3 "F", BOSS));
	told_are(2);
	story(SMTPD("03T10:02:00", "4",
	            Q3 ": client=scan.inner.example[10.0.0.3], orig_queue_id=" Q1 ", orig_client=" NEWS)
	          QUEUED("03T10:02:01", Q3, "1"));
	told_are(2);
}

static void what_a_filter_of_the_settings_gives_back_is_not_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < READERS; i++)
		world_filter(readers[i], SLICE("10.0.0.3"));
	story(ARRIVED("03T10:01:00", "3", "scan.inner.example[10.0.0.3]", Q3, BOSS));
	told_are(0);
}

static void a_queue_id_that_sendmail_takes_over_is_not_told(void **state)
{
	(void)state;
	story(CONNECT_OF("03T10:00:00", "1", OTHER) CLIENT_OF("03T10:00:00", "1", OTHER, Q1) LINE(
	    "03T10:00:05", "postfix/pickup[2]", Q1 ": uid=0 from=<root>") QUEUED_BY("03T10:00:06", Q1, BOSS, "1"));
	told_are(0);
}

static void an_aborted_mail_is_never_told(void **state)
{
	(void)state;
	story(CONNECT_OF("03T10:00:00", "1", OTHER) CLIENT_OF("03T10:00:00", "1", OTHER, Q1)
	          LINE("03T10:00:05", "postfix/smtpd[1]", "lost connection after DATA from " OTHER)
	              BYE_OF("03T10:00:05", "1", OTHER, "ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4"));
	told_are(0);
	/* hours later another mail of that name comes from nowhere, as one that sendmail(1) has brought */
	story(LATER("03T12:00:00") QUEUED("03T12:00:01", Q1, "1"));
	told_are(0);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(readers[i]->tracker->arrivals.used, 0);
}

static void a_queue_id_that_comes_back_is_the_newer_mail(void **state)
{
	(void)state;
	story(CLIENT_OF("03T10:00:00", "1", OTHER, Q1) CLIENT_OF("03T10:10:00", "2", COUSIN, Q1)
	          QUEUED("03T10:10:01", Q1, "1"));
	told_are(1);
	told_is(0, COUSIN, BOSS);
	story(ARRIVED("03T10:20:00", "3", OTHER, Q1, FOREIGN));
	told_are(2);
	told_is(1, OTHER, FOREIGN);
}

static void one_queue_id_on_two_hosts_is_two_mails(void **state)
{
	(void)state;
	story(CLIENT_OF("03T10:00:00", "1", OTHER, Q1) HOST_LINE("03T10:00:00", "mx2", "postfix/smtpd[1]",
	                                                         Q1 ": client=" COUSIN) QUEUED("03T10:00:01", Q1, "1")
	          HOST_LINE("03T10:00:02", "mx2", "postfix/qmgr[9]",
	                    Q1 ": from=<" FOREIGN ">, size=7, nrcpt=1 (queue active)"));
	told_are(2);
	told_is(0, OTHER, BOSS);
	told_is(1, COUSIN, FOREIGN);
	assert_true(name_is(&world->hosts, nth_told(1)->host, "mx2"));
}

static void a_client_without_an_address_is_not_told(void **state)
{
	(void)state;
	story(ARRIVED("03T10:00:00", "1", "unknown[unknown]", Q1, BOSS)
	          SMTPD("03T10:00:02", "1", "NOQUEUE: client=" OTHER) QUEUED("03T10:00:03", "NOQUEUE", "1"));
	told_are(0);
}

/* ------------------------------------------------------------------------------- room */

/* format: with n as a fraction of a second, and in a queue id. */
static void feed_one(size_t reader, const char *format, unsigned n)
{
	char text[300];
	int len = snprintf(text, sizeof text, format, n, n);

	assert_true(len > 0 && (size_t)len < sizeof text);
	world_feed(readers[reader], slice_of(text, (size_t)len));
}

#define CLIENT_N SMTPD("03T10:00:00.%06u", "1", "4A%08X: client=" OTHER)
#define QUEUED_N LINE("03T10:00:30.%06u", "postfix/qmgr[9]", "4A%08X: from=<" BOSS ">, size=7, nrcpt=1 (queue active)")

/* In every reader, from one more mail than there is room for. */
static void the_oldest_makes_room(unsigned room, unsigned more, size_t reader)
{
	uint64_t forgotten = world_counts(readers[reader]).forgotten;

	for (unsigned n = 0; n < room + more; n++)
		feed_one(reader, CLIENT_N, n);
	assert_int_equal(readers[reader]->tracker->arrivals.used, room);
	assert_int_equal(world_counts(readers[reader]).forgotten - forgotten, more);
	for (unsigned n = 0; n < more; n++)
		feed_one(reader, QUEUED_N, n);
	assert_int_equal(readers[reader]->accepted_n, 0);
	for (unsigned n = more; n < room + more; n++)
		feed_one(reader, QUEUED_N, n);
	assert_int_equal(readers[reader]->accepted_n, room);
	assert_int_equal(readers[reader]->tracker->arrivals.used, 0);
	assert_int_equal(world_counts(readers[reader]).evictions, 0);
}

static void of_too_many_mails_on_their_way_the_oldest_make_room(void **state)
{
	(void)state;
	struct tracker_limits few = world_limits;

	few.arrivals = 5;
	each_with(&few);
	for (size_t i = 0; i < READERS; i++)
		the_oldest_makes_room(5, 3, i);
	told_are(5);
}

static void there_is_room_for_8192(void **state)
{
	(void)state;
	struct tracker_limits limits = world_limits;

	limits.arrivals = tracker_limits_default.arrivals;
	assert_int_equal(limits.arrivals, 8192);
	each_with(&limits);
	the_oldest_makes_room(8192, 100, 0);
}

static void what_is_told_leaves_no_row_behind(void **state)
{
	(void)state;
	story(CLIENT_OF("03T10:00:00", "1", OTHER, Q1) CLIENT_OF("03T10:00:00", "1", OTHER, Q2));
	for (size_t i = 0; i < READERS; i++) {
		size_t rows = 0;
		for (size_t k = 0; k < readers[i]->rows; k++)
			rows += readers[i]->row[k].kind == PENDING_ARRIVAL;
		assert_int_equal(rows, 2);
	}
	story(QUEUED("03T10:00:01", Q1, "1") LATER("03T12:00:00"));
	told_are(1);
	for (size_t i = 0; i < READERS; i++)
		for (size_t k = 0; k < readers[i]->rows; k++)
			assert_int_not_equal(readers[i]->row[k].kind, PENDING_ARRIVAL);
}

static void hostile_lengths_are_cut_and_told_alike(void **state)
{
	(void)state;
	char name[400], text[1200];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	snprintf(text, sizeof text,
	         SMTPD("03T10:00:00", "1", Q1 ": client=%s.example[192.0.2.7], sasl_method=PLAIN, sasl_username=%s")
	             QUEUED("03T10:00:01", Q1, "1"),
	         name, name);
	story(text);
	told_are(1);
	assert_int_equal(names_text(&world->addresses, nth_told(0)->username).n, 79);
	assert_true(name_is(&world->addresses, nth_told(0)->sender, BOSS));
}

/* -------------------------------------------------------------------------------- TLS */

#define TLS(t, pid)                                                                                             \
	SMTPD(t, pid,                                                                                           \
	      "Anonymous TLS connection established from " NEWS ": TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 " \
	      "(256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256")

static void a_session_that_speaks_tls_is_remembered_as_such(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") TLS("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          CLIENT("03T10:00:01", "1", Q1) QUEUED("03T10:00:01", Q1, "1") DONE("03T10:00:02", "1"));
	assert_int_equal(mail_to(ANNA)->flags & MAIL_TLS, MAIL_TLS);
}

static void the_next_session_of_the_same_pid_does_not_speak_it(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") TLS("03T10:00:00", "1") DONE("03T10:00:01", "1")
	          ACCEPTED("03T10:00:02", "1", Q1, ANNA));
	assert_int_equal(mail_to(ANNA)->flags & MAIL_TLS, 0);
	/* nor if the first one's end was not logged */
	story(CONNECT("03T10:01:00", "1") TLS("03T10:01:00", "1") ACCEPTED("03T10:01:02", "1", Q2, BERND));
	assert_int_equal(mail_to(BERND)->flags & MAIL_TLS, 0);
}

static void tls_of_another_process_or_host_is_not_ours(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") CONNECT("03T10:00:00", "2") TLS("03T10:00:00", "2")
	          HOST_LINE("03T10:00:00", "mx2", "postfix/smtpd[1]",
	                    "Anonymous TLS connection established from " NEWS ": TLSv1.3 with cipher X (256/256 bits)")
	              WARN("03T10:00:01", "1", "NOQUEUE", ANNA) WARN("03T10:00:01", "2", "NOQUEUE", BERND));
	assert_int_equal(mail_to(ANNA)->flags & MAIL_TLS, 0);
	assert_int_equal(mail_to(BERND)->flags & MAIL_TLS, MAIL_TLS);
}

/* -------------------------------------------------------------- blocklists and logins */

#define BLOCKED \
	"554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example; listed, see https://zen"

static void a_refusal_by_a_blocklist_is_noted_with_the_mail(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          ACTION_OF("03T10:00:00", "1", NEWS, "NOQUEUE", "reject", BLOCKED, BOSS, ANNA)
	              BYE("03T10:00:01", "1", "mail=1 rcpt=0/1 commands=2/3"));
	assert_int_equal(mail_to(ANNA)->flags & MAIL_LISTED, MAIL_LISTED);
	story(CONNECT("03T10:01:00", "1") WARN("03T10:01:00", "1", "NOQUEUE", BERND) UNKNOWN(
	    "03T10:01:00", "1", "NOQUEUE", BERND) BYE("03T10:01:01", "1", "mail=1 rcpt=0/1 commands=2/3"));
	assert_int_equal(mail_to(BERND)->flags & MAIL_LISTED, 0);
}

static void a_login_is_noted_with_the_mail(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") SMTPD("03T10:00:00", "1",
	                                        "NOQUEUE: warn: RCPT from " NEWS
	                                        ": " TEXT TAIL(BOSS, ANNA) " sasl_method=PLAIN sasl_username=boss")
	          SMTPD("03T10:00:00", "1", Q1 ": client=" NEWS AS_BOSS) QUEUED("03T10:00:01", Q1, "1")
	              DONE("03T10:00:02", "1"));
	assert_int_equal(mail_to(ANNA)->flags & MAIL_LOGIN, MAIL_LOGIN);
	told_are(1);
	assert_true(nth_told(0)->login && nth_told(0)->warned);
}

/* ---------------------------------------------------------------------------- canaries */

static void canaries_are(const struct network *clients, size_t clients_n, const struct slice *senders, size_t senders_n)
{
	for (size_t i = 0; i < READERS; i++)
		origin_canaries(readers[i]->origin, clients, clients_n, senders, senders_n);
}

static void a_canary_client_has_no_mail_and_no_fate(void **state)
{
	(void)state;
	struct network tester;

	assert_true(network_parse(SLICE("192.0.2.7/32"), &tester));
	canaries_are(&tester, 1, NULL, 0);
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) DELIVERED("03T10:00:02", Q1, ANNA));
	mails_are(0);
	told_are(0);
	assert_int_equal(world->attempts, 1);
	assert_int_equal(world->attempt[0].f.flags, ATTEMPT_CANARY);
	assert_int_equal(slots_in_use(world->tracker), 0);
	/* somebody else at the same time is no test */
	story(CONNECT_OF("03T10:01:00", "1", OTHER) WARN_OF("03T10:01:00", "1", OTHER, "NOQUEUE", BOSS, BERND)
	          CLIENT_OF("03T10:01:00", "1", OTHER, Q2) QUEUED("03T10:01:01", Q2, "1"));
	mails_are(1);
	told_are(1);
	assert_true(nth_told(0)->warned);
}

static void a_canary_sender_has_no_mail_and_no_fate(void **state)
{
	(void)state;
	static const struct slice testers[] = {SLICE("Boss@Firma.Example")};

	canaries_are(NULL, 0, testers, 1);
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) DELIVERED("03T10:00:02", Q1, ANNA));
	mails_are(0);
	assert_int_equal(world->attempt[0].f.flags, ATTEMPT_CANARY);
	story(CONNECT("03T10:01:00", "1") WARN_OF("03T10:01:00", "1", NEWS, "NOQUEUE", CLARA, BERND)
	          CLIENT("03T10:01:00", "1", Q2) QUEUED_BY("03T10:01:01", Q2, CLARA, "1"));
	mails_are(1);
}

/* ------------------------------------------------------------------------------ rspamd */

#define RSPAMD(t, q, action, symbols)                                                                          \
	LINE(t, "rspamd[60]",                                                                                  \
	     "<a1b2c3>; proxy; rspamd_task_write_log: id: <m@x>, qid: <" q ">, ip: 192.0.2.7, from: <" BOSS    \
	     ">, (default: F (" action "): [1.20/15.00] [" symbols "]), len: 812, time: 88.1ms, dns req: 12, " \
	     "digest: <0f>, rcpts: <" ANNA ">, mime_rcpts: <" ANNA ">")
#define GOOD_SYMBOLS \
	"R_SPF_ALLOW(-0.20){+mx;},R_DKIM_ALLOW(-0.20){firma.example:s=a;},DMARC_POLICY_ALLOW(-0.50){firma.example;}"

static void rspamds_line_tells_spf_dkim_dmarc_and_what_it_did(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) RSPAMD("03T10:00:01", Q1, "no action", GOOD_SYMBOLS)
	          QUEUED("03T10:00:01", Q1, "1") DONE("03T10:00:02", "1"));
	const struct fact_mail *m = warned_mail();
	evidence_is(m->spf, EVIDENCE_PASS);
	evidence_is(m->dkim, EVIDENCE_PASS);
	evidence_is(m->dmarc, EVIDENCE_PASS);
	evidence_is(m->spam, EVIDENCE_CLEAN);
}

static void rspamds_words_are_translated(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) RSPAMD(
	    "03T10:00:01", Q1, "add header",
	    "R_SPF_SOFTFAIL(0.00){~all;},R_DKIM_REJECT(1.00){firma.example:s=a;},DMARC_POLICY_QUARANTINE(1.50){}")
	          QUEUED("03T10:00:01", Q1, "1") DONE("03T10:00:02", "1"));
	const struct fact_mail *m = warned_mail();
	evidence_is(m->spf, EVIDENCE_SOFTFAIL);
	evidence_is(m->dkim, EVIDENCE_FAIL);
	evidence_is(m->dmarc, EVIDENCE_FAIL);
	evidence_is(m->spam, EVIDENCE_SPAMMY);
}

static void what_contradicts_itself_is_mixed(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) RSPAMD("03T10:00:01", Q1, "no action", GOOD_SYMBOLS)
	          LINE("03T10:00:01", "opendkim[6]", Q1 ": DKIM verification successful")
	              LINE("03T10:00:01", "opendmarc[6]", Q1 ": firma.example fail") QUEUED("03T10:00:02", Q1, "1")
	                  DONE("03T10:00:02", "1"));
	const struct fact_mail *m = warned_mail();
	evidence_is(m->spf, EVIDENCE_PASS);
	evidence_is(m->dkim, EVIDENCE_PASS); /* said twice, and alike */
	evidence_is(m->dmarc, EVIDENCE_MIXED);
	/* and stays so, whoever speaks next */
	story(RSPAMD("03T10:00:03", Q1, "reject", "DMARC_POLICY_ALLOW(-0.50){}"));
	evidence_is(warned_mail()->dmarc, EVIDENCE_MIXED);
	evidence_is(warned_mail()->spam, EVIDENCE_MIXED);
}

static void rspamd_of_another_mail_tells_nothing(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) RSPAMD("03T10:00:01", Q2, "reject", GOOD_SYMBOLS) RSPAMD(
	    "03T10:00:01", "undef", "reject", GOOD_SYMBOLS) QUEUED("03T10:00:01", Q1, "1") DONE("03T10:00:02", "1"));
	const struct fact_mail *m = warned_mail();
	evidence_is(m->spf, EVIDENCE_NONE_SAID);
	evidence_is(m->spam, EVIDENCE_NONE_SAID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_accepted_mail_is_told_once_with_its_sender_and_client),
	    T(a_mail_that_is_queued_again_is_not_told_again),
	    T(several_mails_of_one_session_are_told_each),
	    T(the_null_sender_is_told_as_such),
	    T(a_warned_mail_is_told_with_its_texts),
	    T(a_warning_about_the_whole_mail_is_one_of_its_texts),
	    T(the_mail_after_a_warned_one_is_not_warned),
	    T(logins_and_services_are_told_apart),
	    T(mail_from_loopback_is_not_told),
	    T(what_comes_back_from_a_filter_is_not_told),
	    T(what_a_filter_of_the_settings_gives_back_is_not_told),
	    T(a_queue_id_that_sendmail_takes_over_is_not_told),
	    T(an_aborted_mail_is_never_told),
	    T(a_queue_id_that_comes_back_is_the_newer_mail),
	    T(one_queue_id_on_two_hosts_is_two_mails),
	    T(a_client_without_an_address_is_not_told),
	    T(of_too_many_mails_on_their_way_the_oldest_make_room),
	    T(there_is_room_for_8192),
	    T(what_is_told_leaves_no_row_behind),
	    T(hostile_lengths_are_cut_and_told_alike),
	    T(a_session_that_speaks_tls_is_remembered_as_such),
	    T(the_next_session_of_the_same_pid_does_not_speak_it),
	    T(tls_of_another_process_or_host_is_not_ours),
	    T(a_refusal_by_a_blocklist_is_noted_with_the_mail),
	    T(a_login_is_noted_with_the_mail),
	    T(a_canary_client_has_no_mail_and_no_fate),
	    T(a_canary_sender_has_no_mail_and_no_fate),
	    T(rspamds_line_tells_spf_dkim_dmarc_and_what_it_did),
	    T(rspamds_words_are_translated),
	    T(what_contradicts_itself_is_mixed),
	    T(rspamd_of_another_mail_tells_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
