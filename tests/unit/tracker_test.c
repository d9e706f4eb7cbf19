/*
 * Sessions and their transactions: which warning belongs to which mail, who went
 * away, and what holes and names that recur do to it.
 */
#include "story_fixture.h"

/* ------------------------------------------ the state machine, row by row (grammar 7) */

static void a_connect_while_a_session_is_open_ends_that_one_as_unknown(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          CONNECT_OF("03T10:00:05", "1", OTHER));
	fate_is(ANNA, FATE_UNKNOWN);
	story(WARN_OF("03T10:00:06", "1", OTHER, "NOQUEUE", BOSS, BERND)
	          BYE_OF("03T10:00:07", "1", OTHER, "quit=1 commands=1"));
	fate_is(BERND, FATE_ABORTED);
	fate_is(ANNA, FATE_UNKNOWN);
	mails_are(2);
}

static void a_warning_without_connect_begins_a_session(void **state)
{
	(void)state;
	story(WARN("03T10:00:00", "1", "NOQUEUE", ANNA) CLIENT("03T10:00:00", "1", Q1) QUEUED("03T10:00:01", Q1, "1")
	          DELIVERED("03T10:00:02", Q1, ANNA));
	fate_is(ANNA, FATE_DELIVERED);
	queue_id_is(ANNA, Q1);
}

static void another_sender_in_a_session_is_another_mail(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          WARN_OF("03T10:00:01", "1", NEWS, "NOQUEUE", "cfo@firma.example", BERND)
	              CLIENT("03T10:00:01", "1", Q1) QUEUED_BY("03T10:00:02", Q1, "cfo@firma.example", "1")
	                  DELIVERED("03T10:00:03", Q1, BERND)
	                      BYE("03T10:00:04", "1", "ehlo=1 mail=2 rcpt=1/2 rset=1 data=1 quit=1 commands=6/7"));
	mails_are(2);
	fate_is(ANNA, FATE_ABORTED);
	fate_is(BERND, FATE_DELIVERED);
}

static void a_warning_at_connect_is_about_all_mails_of_the_session(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1")
	          SMTPD("03T10:00:00", "1", "NOQUEUE: warn: CONNECT from " NEWS ": " TEXT "; proto=SMTP")
	              CLIENT("03T10:00:01", "1", Q1) QUEUED("03T10:00:02", Q1, "2") CLIENT("03T10:00:03", "1", Q2)
	                  QUEUED("03T10:00:04", Q2, "1")
	                      BYE("03T10:00:05", "1", "ehlo=1 mail=2 rcpt=3 data=2 quit=1 commands=9")
	                          SENT("03T10:00:06", Q1, ANNA) BOUNCED("03T10:00:06", Q1, BERND)
	                              REMOVED("03T10:00:06", Q1) DELIVERED("03T10:00:07", Q2, CLARA));
	mails_are(2);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_BOUNCED);
	fate_is(CLARA, FATE_DELIVERED);
	queue_id_is(CLARA, Q2);
}

static void a_warning_at_ehlo_is_about_the_mail_that_follows(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1")
	          SMTPD("03T10:00:00", "1", "NOQUEUE: warn: EHLO from " NEWS ": " TEXT "; proto=ESMTP helo=<mx>")
	              CLIENT("03T10:00:01", "1", Q1) QUEUED("03T10:00:02", Q1, "1") DONE("03T10:00:03", "1")
	                  DELIVERED("03T10:00:04", Q1, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_warning_at_mail_is_about_all_its_recipients(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") STAGE("03T10:00:00", "1", "NOQUEUE", "MAIL", "warn", TEXT));
	fate_is("*", FATE_UNKNOWN);
	story(UNKNOWN("03T10:00:01", "1", "NOQUEUE", CLARA) CLIENT("03T10:00:01", "1", Q1)
	          QUEUED("03T10:00:02", Q1, "2") DONE("03T10:00:03", "1") SENT("03T10:00:04", Q1, ANNA)
	              BOUNCED("03T10:00:04", Q1, BERND) REMOVED("03T10:00:05", Q1));
	mails_are(1);
	recipients_are(mail_to(ANNA), 3);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_BOUNCED);
	fate_is(CLARA, FATE_REFUSED);
}

static void a_warning_at_mail_without_any_recipient_went_away(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") STAGE("03T10:00:00", "1", "NOQUEUE", "MAIL", "warn", TEXT)
	          BYE("03T10:00:01", "1", "ehlo=1 mail=1 quit=1 commands=3"));
	mails_are(1);
	fate_is("*", FATE_ABORTED);
}

static void a_warned_recipient_refused_by_another_rule_is_refused(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) UNKNOWN(
	    "03T10:00:00", "1", "NOQUEUE", ANNA) BYE("03T10:00:01", "1", "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"));
	fate_is(ANNA, FATE_REFUSED);
	assert_int_equal(mail_to(ANNA)->shown_transaction, 0);
}

static void a_warned_recipient_refused_for_now_is_tempfailed_and_may_return(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA));
	fate_is(ANNA, FATE_TEMPFAILED);
	assert_int_not_equal(recipient_of(mail_to(ANNA), ANNA)->last_try_us, STAMP_NONE);
}

static void the_queue_id_binds_only_who_was_not_refused(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          UNKNOWN("03T10:00:00", "1", "NOQUEUE", ANNA) WARN("03T10:00:01", "1", "NOQUEUE", BERND)
	              CLIENT("03T10:00:01", "1", Q1) QUEUED("03T10:00:02", Q1, "1") DONE("03T10:00:03", "1")
	                  DELIVERED("03T10:00:04", Q1, BERND));
	mails_are(1);
	fate_is(ANNA, FATE_REFUSED);
	fate_is(BERND, FATE_DELIVERED);
}

static void a_second_queue_id_in_a_session_is_a_second_mail(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) QUEUED("03T10:00:01", Q1, "1") WARN(
	    "03T10:00:02", "1", "NOQUEUE", BERND) CLIENT("03T10:00:02", "1", Q2) QUEUED("03T10:00:03", Q2, "1")
	          BYE("03T10:00:04", "1", "ehlo=1 mail=2 rcpt=2 data=2 quit=1 commands=8")
	              DELIVERED("03T10:00:05", Q2, BERND) BOUNCED("03T10:00:06", Q1, ANNA) REMOVED("03T10:00:06", Q1));
	mails_are(2);
	fate_is(ANNA, FATE_BOUNCED);
	fate_is(BERND, FATE_DELIVERED);
	queue_id_is(ANNA, Q1);
	queue_id_is(BERND, Q2);
}

static void noqueue_after_a_queue_id_begins_another_mail_of_the_same_sender(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) QUEUED("03T10:00:01", Q1, "1")
	          WARN("03T10:00:02", "1", "NOQUEUE", ANNA) UNKNOWN("03T10:00:02", "1", "NOQUEUE", ANNA)
	              BYE("03T10:00:04", "1", "ehlo=1 mail=2 rcpt=1/2 data=1 quit=1 commands=6/7")
	                  DELIVERED("03T10:00:05", Q1, ANNA));
	mails_are(2);
	mail_fate(nth_mail(0), ANNA, FATE_DELIVERED);
	mail_fate(nth_mail(1), ANNA, FATE_REFUSED);
}

static void a_warning_with_a_queue_id_stands_for_a_lost_client_line(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) WARN("03T10:00:01", "1", Q1, BERND)
	          QUEUED("03T10:00:02", Q1, "2") DONE("03T10:00:03", "1") SENT("03T10:00:04", Q1, BERND)
	              DELIVERED("03T10:00:04", Q1, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_DELIVERED);
}

static void a_refusal_under_a_queue_id_is_for_that_recipient_only(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) WARN("03T10:00:00", "1", Q1, BERND)
	          UNKNOWN("03T10:00:00", "1", Q1, BERND) QUEUED("03T10:00:02", Q1, "1") DONE("03T10:00:03", "1")
	              DELIVERED("03T10:00:04", Q1, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_REFUSED);
}

static void a_refusal_at_data_is_for_all(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) WARN("03T10:00:00", "1", Q1, BERND)
	          STAGE("03T10:00:01", "1", Q1, "DATA", "reject", "554 5.7.1 <DATA>: Data command rejected: no")
	              BYE("03T10:00:02", "1", "ehlo=1 mail=1 rcpt=2 data=0/1 quit=1 commands=5/6")
	                  LATER("03T10:09:00"));
	mails_are(1);
	fate_is(ANNA, FATE_REFUSED);
	fate_is(BERND, FATE_REFUSED);
}

static void a_refusal_for_now_at_the_end_of_the_message_may_return(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA)
	          STAGE("03T10:00:01", "1", Q1, "END-OF-MESSAGE", "milter-reject", "451 4.7.1 Try again later")
	              BYE("03T10:00:02", "1", "ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5"));
	fate_is(ANNA, FATE_TEMPFAILED);
	story(ACCEPTED("03T10:30:00", "2", Q2, ANNA) DELIVERED("03T10:30:01", Q2, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	queue_id_is(ANNA, Q2);
}

static void a_refusal_at_mail_is_for_all(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") STAGE("03T10:00:00", "1", "NOQUEUE", "MAIL", "warn", TEXT) STAGE(
	    "03T10:00:00", "1", "NOQUEUE", "MAIL", "reject", "550 5.1.8 <" BOSS ">: Sender address rejected: no")
	          BYE("03T10:00:01", "1", "ehlo=1 mail=0/1 quit=1 commands=2/3"));
	mails_are(1);
	fate_is("*", FATE_REFUSED);
}

#define PROXY(word, text) "proxy-" word ": END-OF-MESSAGE: " text TAIL(BOSS, ANNA)

static void what_the_proxy_accepts_goes_on_under_its_queue_id(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          CLIENT("03T10:00:00", "1", "NOQUEUE") WARN("03T10:00:00", "1", "NOQUEUE", BERND)
	              CONNECT_OF("03T10:00:01", "2", LOCAL)
	                  SMTPD("03T10:00:01", "2", Q1 ": client=" LOCAL ", orig_client=" NEWS)
	                      ID("03T10:00:01", Q1, "p@x") QUEUED("03T10:00:01", Q1, "2")
	                          BYE_OF("03T10:00:01", "2", LOCAL, "ehlo=1 mail=1 rcpt=2 data=1 quit=1 commands=6")
	                              SMTPD("03T10:00:02", "1", PROXY("accept", "250 2.0.0 Ok: queued as " Q1))
	                                  BYE("03T10:00:02", "1", "ehlo=1 mail=1 rcpt=2 data=1 quit=1 commands=6")
	                                      SENT("03T10:00:03", Q1, ANNA) BOUNCED("03T10:00:03", Q1, BERND)
	                                          REMOVED("03T10:00:03", Q1));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_BOUNCED);
	queue_id_is(ANNA, Q1);
}

static void what_the_proxy_refuses_is_refused(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          CLIENT("03T10:00:00", "1", "NOQUEUE") SMTPD("03T10:00:02", "1", PROXY("reject", "554 5.7.0 Reject"))
	              BYE("03T10:00:02", "1", "ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5"));
	mails_are(1);
	fate_is(ANNA, FATE_REFUSED);
}

static void a_connection_lost_before_any_queue_id_is_aborted(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          SMTPD("03T10:00:01", "1", "lost connection after RCPT from " NEWS)
	              BYE("03T10:00:01", "1", "ehlo=1 mail=1 rcpt=0/1 commands=2/3"));
	fate_is(ANNA, FATE_ABORTED);
}

static void a_connection_lost_in_the_data_is_aborted(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA)
	          SMTPD("03T10:00:10", "1", "lost connection after DATA (1234 bytes) from " NEWS)
	              BYE("03T10:00:10", "1", "ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4"));
	fate_is(ANNA, FATE_UNKNOWN);
	story(LATER("03T10:01:09"));
	fate_is(ANNA, FATE_UNKNOWN);
	story(LATER("03T10:01:11"));
	fate_is(ANNA, FATE_ABORTED);
}

static void a_connection_lost_after_the_answer_changes_nothing(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) QUEUED("03T10:00:01", Q1, "1")
	          SMTPD("03T10:00:10", "1", "lost connection after QUIT from " NEWS)
	              BYE("03T10:00:10", "1", "ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5") LATER("03T10:09:00"));
	fate_is(ANNA, FATE_QUEUED);
	story(DELIVERED("03T10:10:00", Q1, ANNA));
	fate_is(ANNA, FATE_DELIVERED);
}

static void who_disconnects_before_any_queue_id_is_aborted(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          BYE("03T10:00:01", "1", "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"));
	fate_is(ANNA, FATE_ABORTED);
}

static void a_crash_leaves_the_session_unknown(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "31311") WARN("03T10:00:00", "31311", "NOQUEUE", ANNA)
	          SMTPD("03T10:00:01", "31311", "fatal: out of memory"));
	fate_is(ANNA, FATE_UNKNOWN);
	story(CONNECT("03T10:00:00", "31312") WARN("03T10:00:00", "31312", "NOQUEUE", BERND)
	          LINE("03T10:00:01", "postfix/master[1]",
	               "warning: process /usr/lib/postfix/sbin/smtpd pid 31312 killed by signal 9"));
	fate_is(BERND, FATE_UNKNOWN);
	story(BYE("03T10:00:02", "31312", "ehlo=1 mail=1 quit=1 commands=3"));
	fate_is(BERND, FATE_UNKNOWN);
}

static void a_queue_id_outlives_the_crash_of_its_session(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) SMTPD("03T10:00:01", "1", "panic: corrupt memory")
	          LATER("03T10:05:00"));
	fate_is(ANNA, FATE_UNKNOWN);
	story(QUEUED("03T10:05:01", Q1, "1") DELIVERED("03T10:05:02", Q1, ANNA));
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_restart_ends_all_sessions_of_the_host(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) LINE(
	    "03T10:00:01", "postfix/master[1]", "daemon started -- version 3.7.11, configuration /etc/postfix")
	          BYE("03T10:00:02", "1", "quit=1 commands=1"));
	fate_is(ANNA, FATE_UNKNOWN);
}

/* ------------------------------------------------------------- who went away, holes */

static void disconnect_with_data_1_is_never_aborted(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) DONE("03T10:00:01", "1") LATER("03T12:00:00"));
	fate_is(ANNA, FATE_UNKNOWN);
	story(CONNECT("03T13:00:00", "1") WARN("03T13:00:00", "1", "NOQUEUE", BERND) DONE("03T13:00:01", "1")
	          LATER("03T14:00:00"));
	fate_is(BERND, FATE_UNKNOWN);
}

static void a_client_without_message_is_aborted_after_60_seconds_of_the_hosts_log(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA)
	          BYE("03T10:00:01", "1", "ehlo=1 mail=1 rcpt=1 rset=1 quit=1 commands=5")
	              HOST_LINE("03T11:00:00", "mx2", "postfix/smtpd[5]", "connect from " LOCAL) LATER("03T10:00:59"));
	fate_is(ANNA, FATE_UNKNOWN);
	story(LATER("03T10:01:02"));
	fate_is(ANNA, FATE_ABORTED);
}

static void with_a_hole_it_is_unknown(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA)
	          LINE("03T10:00:01", "rsyslogd",
	               "imjournal: 214 messages lost due to rate-limiting (20000 allowed within 600 seconds)")
	              BYE("03T10:00:02", "1", "ehlo=1 mail=1 rcpt=1 rset=1 quit=1 commands=5") LATER("03T12:00:00"));
	fate_is(ANNA, FATE_UNKNOWN);
	assert_int_equal(world->holes, 1);
	story(CONNECT("03T13:00:00", "1") WARN("03T13:00:00", "1", "NOQUEUE", BERND)
	          LINE("03T13:00:01", "rsyslogd", "imuxsock begins to drop messages due to rate-limiting")
	              BYE("03T13:00:02", "1", "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"));
	fate_is(BERND, FATE_UNKNOWN);
}

static void a_hole_before_the_session_does_not_matter(void **state)
{
	(void)state;
	story(LINE("03T09:00:01", "rsyslogd", "imuxsock begins to drop messages due to rate-limiting")
	          CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	              BYE("03T10:00:02", "1", "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"));
	fate_is(ANNA, FATE_ABORTED);
}

static void the_end_of_the_log_is_unknown(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          WARNED("03T10:00:00", "3", Q1, BERND));
	fate_is(ANNA, FATE_UNKNOWN);
	fate_is(BERND, FATE_UNKNOWN);
	for (size_t i = 0; i < READERS; i++)
		tracker_abandon(readers[i]->tracker);
	same_facts();
	fate_is(ANNA, FATE_UNKNOWN);
	fate_is(BERND, FATE_UNKNOWN);
}

static void a_session_without_a_line_for_an_hour_is_over(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) LATER("03T11:00:01")
	          CLIENT("03T11:00:02", "1", Q1) QUEUED("03T11:00:02", Q1, "1") DELIVERED("03T11:00:03", Q1, ANNA));
	fate_is(ANNA, FATE_UNKNOWN);
}

/* ------------------------------------------------------------------ names that recur */

static void pid_reuse(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          BYE("03T10:00:01", "1", "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4")
	              CONNECT_OF("03T10:00:02", "1", OTHER) CLIENT_OF("03T10:00:02", "1", OTHER, Q1)
	                  QUEUED("03T10:00:02", Q1, "1") DELIVERED("03T10:00:03", Q1, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_ABORTED);
}

static void queue_id_reuse(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) DELIVERED("03T10:00:01", Q1, ANNA)
	          CONNECT_OF("03T10:01:00", "4", OTHER) CLIENT_OF("03T10:01:00", "4", OTHER, Q1)
	              QUEUED("03T10:01:00", Q1, "1") BOUNCED("03T10:01:01", Q1, ANNA) REMOVED("03T10:01:01", Q1));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	story(LINE("03T10:02:00", "postfix/pickup[6]", Q1 ": uid=0 from=<root>")
	          QUEUED_BY("03T10:02:00", Q1, "root", "1") BOUNCED("03T10:02:00", Q1, ANNA));
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_queue_id_is_reused_before_its_removal_was_seen(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) ACCEPTED("03T11:00:00", "1", Q1, BERND)
	          DELIVERED("03T11:00:01", Q1, BERND));
	mails_are(2);
	fate_is(ANNA, FATE_QUEUED);
	fate_is(BERND, FATE_DELIVERED);
}

#define ON(host, t, prog, text) HOST_LINE(t, host, "postfix/" prog, text)
#define MAIL_ON(host, to)                                                                              \
	ON(host, "03T10:00:00", "smtpd[1]", "connect from " NEWS)                                      \
	ON(host, "03T10:00:00", "smtpd[1]", "NOQUEUE: warn: RCPT from " NEWS ": " TEXT TAIL(BOSS, to)) \
	ON(host, "03T10:00:01", "smtpd[1]", Q1 ": client=" NEWS)                                       \
	ON(host, "03T10:00:01", "qmgr[9]", Q1 ": from=<" BOSS ">, size=7, nrcpt=2 (queue active)")

static void two_hosts_with_the_same_pid_and_queue_id(void **state)
{
	(void)state;
	story(MAIL_ON("mx1", ANNA) MAIL_ON("mx2", BERND) BOUNCED("03T10:00:02", Q1, BERND) SENT("03T10:00:02", Q1, ANNA)
	          ON("mx2", "03T10:00:03", "lmtp[7]",
	             Q1 ": to=<" BERND ">, relay=" BOX
	                ", delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=deferred (full)"));
	mails_are(2);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_QUEUED);
}

static void a_greylisted_mail_returns_to_the_other_host(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) ON("mx2", "03T10:20:00", "smtpd[1]", "connect from " NEWS)
	          ON("mx2", "03T10:20:00", "smtpd[1]", "NOQUEUE: warn: RCPT from " NEWS ": " TEXT TAIL(BOSS, ANNA))
	              ON("mx2", "03T10:20:00", "smtpd[1]", Q1 ": client=" NEWS)
	                  ON("mx2", "03T10:20:00", "qmgr[9]", Q1 ": from=<" BOSS ">, size=7, nrcpt=1 (queue active)"));
	mails_are(1);
	fate_is(ANNA, FATE_QUEUED);
}

/* -------------------------------------------------------------- repeats, suspects */

#define REPEATED(n, line) "message repeated " n " times: [ " line "]"

static void a_repeated_warning_counts_as_often_as_it_happened(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA)
	          SMTPD("03T10:00:04", "1", REPEATED("3", Q1 ": warn: RCPT from " NEWS ": " TEXT TAIL(BOSS, ANNA)))
	              QUEUED("03T10:00:05", Q1, "1") DONE("03T10:00:05", "1") DELIVERED("03T10:00:06", Q1, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	assert_int_equal(world->attempts_said, 4);
	assert_int_equal(mail_to(ANNA)->attempts, 4);
}

#define LAST_REPEATED(t, host, n) "2026-11-" t "+00:00 " host " last message repeated " n " times\n"

static void last_message_repeated_counts_the_attempt_before(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          LAST_REPEATED("03T10:00:03", "mx1", "2") LAST_REPEATED("03T10:00:04", "mx1", "5"));
	assert_int_equal(world->attempts_said, 8);
	mails_are(1);
	assert_int_equal(mail_to(ANNA)->attempts, 8);
}

static void last_message_repeated_after_another_line_is_about_that_one(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) BYE(
	    "03T10:00:01", "1", "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4") LAST_REPEATED("03T10:00:03", "mx1", "2"));
	assert_int_equal(world->attempts_said, 1);
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", BERND)
	          LINE("03T10:00:01", "postfix/anvil[3]", "statistics: max cache size 3 at Nov  3 10:00:00")
	              LAST_REPEATED("03T10:00:03", "mx1", "2"));
	assert_int_equal(world->attempts_said, 2);
}

static void last_message_repeated_is_about_the_same_host(void **state)
{
	(void)state;
	story(WARN("03T10:00:00", "1", "NOQUEUE", ANNA) ON("mx2", "03T10:00:00", "smtpd[1]", "connect from " NEWS)
	          LAST_REPEATED("03T10:00:03", "mx2", "2"));
	assert_int_equal(world->attempts_said, 1);
	story(WARN("03T10:00:04", "1", "NOQUEUE", ANNA)
	          ON("mx2", "03T10:00:05", "smtpd[1]", "NOQUEUE: warn: RCPT from " NEWS ": " TEXT TAIL(BOSS, BERND))
	              LAST_REPEATED("03T10:00:06", "mx1", "2"));
	assert_int_equal(world->attempts_said, 5);
	assert_int_equal(mail_to(ANNA)->attempts, 4);
}

static void a_suspect_line_decides_nothing(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          SMTPD("03T10:00:00", "1",
	                "NOQUEUE: reject: RCPT from " NEWS ": 550 5.1.1 <x; from=<" BOSS "> to=<" ANNA
	                "> proto=ESMTP helo=<mx>: no; from=<" BOSS "> to=<" ANNA "> proto=ESMTP helo=<mx>; from=<" BOSS
	                "> to=<" BERND "> proto=ESMTP helo=<mx>") CLIENT("03T10:00:01", "1", Q1)
	              QUEUED("03T10:00:01", Q1, "1") DONE("03T10:00:02", "1") DELIVERED("03T10:00:02", Q1, ANNA));
	fate_is(ANNA, FATE_DELIVERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_connect_while_a_session_is_open_ends_that_one_as_unknown),
	    T(a_warning_without_connect_begins_a_session),
	    T(another_sender_in_a_session_is_another_mail),
	    T(a_warning_at_connect_is_about_all_mails_of_the_session),
	    T(a_warning_at_ehlo_is_about_the_mail_that_follows),
	    T(a_warning_at_mail_is_about_all_its_recipients),
	    T(a_warning_at_mail_without_any_recipient_went_away),
	    T(a_warned_recipient_refused_by_another_rule_is_refused),
	    T(a_warned_recipient_refused_for_now_is_tempfailed_and_may_return),
	    T(the_queue_id_binds_only_who_was_not_refused),
	    T(a_second_queue_id_in_a_session_is_a_second_mail),
	    T(noqueue_after_a_queue_id_begins_another_mail_of_the_same_sender),
	    T(a_warning_with_a_queue_id_stands_for_a_lost_client_line),
	    T(a_refusal_under_a_queue_id_is_for_that_recipient_only),
	    T(a_refusal_at_data_is_for_all),
	    T(a_refusal_for_now_at_the_end_of_the_message_may_return),
	    T(a_refusal_at_mail_is_for_all),
	    T(what_the_proxy_accepts_goes_on_under_its_queue_id),
	    T(what_the_proxy_refuses_is_refused),
	    T(a_connection_lost_before_any_queue_id_is_aborted),
	    T(a_connection_lost_in_the_data_is_aborted),
	    T(a_connection_lost_after_the_answer_changes_nothing),
	    T(who_disconnects_before_any_queue_id_is_aborted),
	    T(a_crash_leaves_the_session_unknown),
	    T(a_queue_id_outlives_the_crash_of_its_session),
	    T(a_restart_ends_all_sessions_of_the_host),
	    T(disconnect_with_data_1_is_never_aborted),
	    T(a_client_without_message_is_aborted_after_60_seconds_of_the_hosts_log),
	    T(with_a_hole_it_is_unknown),
	    T(a_hole_before_the_session_does_not_matter),
	    T(the_end_of_the_log_is_unknown),
	    T(a_session_without_a_line_for_an_hour_is_over),
	    T(pid_reuse),
	    T(queue_id_reuse),
	    T(a_queue_id_is_reused_before_its_removal_was_seen),
	    T(two_hosts_with_the_same_pid_and_queue_id),
	    T(a_greylisted_mail_returns_to_the_other_host),
	    T(a_repeated_warning_counts_as_often_as_it_happened),
	    T(last_message_repeated_counts_the_attempt_before),
	    T(last_message_repeated_after_another_line_is_about_that_one),
	    T(last_message_repeated_is_about_the_same_host),
	    T(a_suspect_line_decides_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
