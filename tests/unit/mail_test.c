/*
 * Mails: tries that were refused for now and return, and what other programs
 * said of the mail.
 */
#include "story_fixture.h"

/* --------------------------------------------------------------- tries that return */

static void a_greylisted_mail_that_returns_is_one_mail(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) GREYLISTED("03T10:02:00", "1", ANNA) ACCEPTED(
	    "03T10:20:00", "3", Q1, ANNA) ID("03T10:20:00", Q1, "g@x") DELIVERED("03T10:20:01", Q1, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	assert_int_equal(mail_to(ANNA)->transactions, 3);
	assert_int_equal(mail_to(ANNA)->attempts, 5);
	queue_id_is(ANNA, Q1);
	assert_string_equal(shown_of(mail_to(ANNA))->message_id, "g@x");
}

#define RETURNS_BY(t, pid, c, q)                  \
	CONNECT_OF(t, pid, c)                     \
	WARN_OF(t, pid, c, "NOQUEUE", BOSS, ANNA) \
	CLIENT_OF(t, pid, c, q)                   \
	QUEUED(t, q, "1")                         \
	BYE_OF(t, pid, c, "ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5") SENT(t, q, ANNA) REMOVED(t, q)

static void a_try_from_the_same_network_joins(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) RETURNS_BY("03T10:20:00", "3", BESIDE, Q1));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_try_from_the_same_organisation_joins(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) RETURNS_BY("03T10:20:00", "3", COUSIN, Q1));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_try_from_elsewhere_is_a_new_mail(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) RETURNS_BY("03T10:20:00", "3", OTHER, Q1));
	mails_are(2);
	mail_fate(nth_mail(0), ANNA, FATE_TEMPFAILED);
	mail_fate(nth_mail(1), ANNA, FATE_DELIVERED);
}

static void a_try_after_35_hours_joins(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) RETURNS_BY("04T21:00:00", "3", NEWS, Q1));
	mails_are(1);
}

static void a_try_after_37_hours_is_a_new_mail(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) RETURNS_BY("04T23:00:00", "3", NEWS, Q1));
	mails_are(2);
}

static void tries_of_one_mail_lie_within_five_days(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) GREYLISTED("04T10:00:00", "1", ANNA)
	          GREYLISTED("05T10:00:00", "1", ANNA) GREYLISTED("06T10:00:00", "1", ANNA)
	              GREYLISTED("07T10:00:00", "1", ANNA) GREYLISTED("08T09:00:00", "1", ANNA));
	mails_are(1);
	story(GREYLISTED("08T11:00:00", "1", ANNA));
	mails_are(2);
}

static void another_sender_or_recipient_does_not_join(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) ACCEPTED("03T10:20:00", "1", Q1, BERND)
	          DELIVERED("03T10:20:01", Q1, BERND) CONNECT("03T10:30:00", "1")
	              WARN_OF("03T10:30:00", "1", NEWS, "NOQUEUE", "cfo@firma.example", ANNA)
	                  CLIENT("03T10:30:00", "1", Q2) QUEUED_BY("03T10:30:00", Q2, "cfo@firma.example", "1")
	                      DONE("03T10:30:00", "1") DELIVERED("03T10:30:01", Q2, ANNA));
	mails_are(3);
	fate_is(BERND, FATE_DELIVERED);
	mail_fate(nth_mail(0), ANNA, FATE_TEMPFAILED);
	mail_fate(nth_mail(2), ANNA, FATE_DELIVERED);
}

static void a_login_never_joins(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) CONNECT("03T10:20:00", "1") SMTPD(
	    "03T10:20:00", "1",
	    "NOQUEUE: warn: RCPT from " NEWS ": " TEXT TAIL(BOSS, ANNA) " sasl_method=PLAIN sasl_username=boss")
	          SMTPD("03T10:20:00", "1", Q1 ": client=" NEWS ", sasl_method=PLAIN, sasl_username=boss")
	              QUEUED("03T10:20:00", Q1, "1") DONE("03T10:20:00", "1") DELIVERED("03T10:20:01", Q1, ANNA));
	mails_are(2);
	mail_fate(nth_mail(0), ANNA, FATE_TEMPFAILED);
}

static void a_login_without_a_warning_does_not_close_the_refusal(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) CONNECT("03T10:20:00", "1")
	          SMTPD("03T10:20:00", "1", Q1 ": client=" NEWS ", sasl_method=PLAIN, sasl_username=boss")
	              QUEUED("03T10:20:00", Q1, "1") DONE("03T10:20:00", "1") DELIVERED("03T10:20:01", Q1, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_TEMPFAILED);
}

static void the_submission_service_never_joins(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) LINE("03T10:20:00", "postfix/submission/smtpd[1]",
	                                                "NOQUEUE: warn: RCPT from " NEWS ": " TEXT TAIL(BOSS, ANNA))
	          LINE("03T10:20:00", "postfix/submission/smtpd[1]", Q1 ": client=" NEWS) QUEUED("03T10:20:00", Q1, "1")
	              DELIVERED("03T10:20:01", Q1, ANNA));
	mails_are(2);
	mail_fate(nth_mail(0), ANNA, FATE_TEMPFAILED);
}

static void overlapping_sessions_do_not_join(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) CONNECT("03T10:00:01", "3")
	          WARN("03T10:00:01", "3", "NOQUEUE", ANNA) GREY("03T10:00:02", "1", "NOQUEUE", ANNA)
	              GREY("03T10:00:03", "3", "NOQUEUE", ANNA) BYE("03T10:00:04", "1", "quit=1 commands=1")
	                  BYE("03T10:00:04", "3", "quit=1 commands=1"));
	mails_are(2);
}

static void a_final_refusal_closes_the_mail(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) CONNECT("03T10:10:00", "1") WARN("03T10:10:00", "1", "NOQUEUE", ANNA)
	          UNKNOWN("03T10:10:00", "1", "NOQUEUE", ANNA)
	              BYE("03T10:10:01", "1", "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"));
	mails_are(1);
	fate_is(ANNA, FATE_REFUSED);
	story(GREYLISTED("03T10:30:00", "1", ANNA));
	mails_are(2);
}

static void an_accepted_mail_is_closed(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) ACCEPTED("03T10:20:00", "1", Q1, ANNA) DELIVERED(
	    "03T10:20:01", Q1, ANNA) ACCEPTED("03T10:40:00", "1", Q2, ANNA) DELIVERED("03T10:40:01", Q2, ANNA));
	mails_are(2);
}

static void a_refused_try_without_a_warning_joins_what_was_warned(void **state)
{
	(void)state;
	/* the other way round: the first try was refused before the rule was asked */
	story(CONNECT("03T10:00:00", "1") GREY("03T10:00:00", "1", "NOQUEUE", ANNA)
	          BYE("03T10:00:01", "1", "rcpt=0/1 quit=1 commands=1/2") ACCEPTED("03T10:20:00", "1", Q1, ANNA)
	              DELIVERED("03T10:20:01", Q1, ANNA));
	mails_are(1);
	assert_int_equal(mail_to(ANNA)->transactions, 2);
	assert_int_equal(mail_to(ANNA)->attempts, 2);
	assert_int_equal(mail_to(ANNA)->first_us % (3600 * SECOND), 0);
}

static void postscreen_refuses_first_and_the_mail_returns(void **state)
{
	(void)state;
	story(LINE("03T10:00:00", "postfix/postscreen[3]",
	           "NOQUEUE: reject: RCPT from [192.0.2.7]:2413: 450 4.3.2 Service currently unavailable; from=<" BOSS
	           ">, to=<" ANNA ">, proto=ESMTP, helo=<mx>") ACCEPTED("03T10:20:00", "1", Q1, ANNA)
	          DELIVERED("03T10:20:01", Q1, ANNA));
	mails_are(1);
	assert_int_equal(mail_to(ANNA)->transactions, 2);
	fate_is(ANNA, FATE_DELIVERED);
}

static void acceptance_without_any_decision_line_closes_the_refusal(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) CONNECT("03T10:20:00", "3") CLIENT("03T10:20:00", "3", Q1)
	          ID("03T10:20:00", Q1, "w@x") QUEUED("03T10:20:00", Q1, "1") DONE("03T10:20:00", "3"));
	fate_is(ANNA, FATE_TEMPFAILED);
	story(DELIVERED("03T10:20:01", Q1, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	queue_id_is(ANNA, Q1);
	assert_int_equal(mail_to(ANNA)->transactions, 2);
	story(ACCEPTED("03T10:40:00", "1", Q2, ANNA) DELIVERED("03T10:40:01", Q2, ANNA));
	mails_are(2);
}

static void acceptance_without_a_decision_line_of_another_mail_closes_nothing(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) CONNECT("03T10:20:00", "3") CLIENT("03T10:20:00", "3", Q1)
	          QUEUED("03T10:20:00", Q1, "1") DONE("03T10:20:00", "3") DELIVERED("03T10:20:01", Q1, BERND));
	mails_are(1);
	fate_is(ANNA, FATE_TEMPFAILED);
}

static void a_client_line_after_refusals_only_belongs_if_the_sender_agrees(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          GREY("03T10:00:00", "1", "NOQUEUE", ANNA) CLIENT("03T10:00:01", "1", Q1)
	              QUEUED_BY("03T10:00:01", Q1, "else@elsewhere.example", "1") DONE("03T10:00:02", "1")
	                  DELIVERED("03T10:00:02", Q1, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_TEMPFAILED);
	assert_int_equal(mail_to(ANNA)->shown_transaction, 0);
	story(CONNECT("03T11:00:00", "1") WARN("03T11:00:00", "1", "NOQUEUE", BERND)
	          GREY("03T11:00:00", "1", "NOQUEUE", BERND) CLIENT("03T11:00:01", "1", Q2)
	              QUEUED("03T11:00:01", Q2, "1") DONE("03T11:00:02", "1") DELIVERED("03T11:00:02", Q2, CLARA));
	fate_is(BERND, FATE_TEMPFAILED);
	queue_id_is(BERND, Q2);
}

static void recipients_of_one_mail_return_one_by_one(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          GREY("03T10:00:00", "1", "NOQUEUE", ANNA) WARN("03T10:00:00", "1", "NOQUEUE", BERND)
	              GREY("03T10:00:00", "1", "NOQUEUE", BERND)
	                  BYE("03T10:00:01", "1", "rcpt=0/2 quit=1 commands=1/3"));
	mails_are(1);
	story(ACCEPTED("03T10:20:00", "1", Q1, BERND) DELIVERED("03T10:20:01", Q1, BERND));
	mails_are(1);
	fate_is(ANNA, FATE_TEMPFAILED);
	fate_is(BERND, FATE_DELIVERED);
	story(ACCEPTED("03T10:30:00", "1", Q2, ANNA) DELIVERED("03T10:30:01", Q2, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	assert_int_equal(mail_to(ANNA)->transactions, 3);
}

static void the_unwarned_half_of_a_mail_returns_into_the_same_mail(void **state)
{
	(void)state;
	story(HALF_WARNED("03T10:00:00") ACCEPTED("03T10:20:00", "1", Q1, BERND) DELIVERED("03T10:20:01", Q1, BERND));
	mails_are(1);
	fate_is(ANNA, FATE_TEMPFAILED);
	fate_is(BERND, FATE_DELIVERED);
	story(ACCEPTED("03T10:30:00", "1", Q2, ANNA) DELIVERED("03T10:30:01", Q2, ANNA));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	assert_int_equal(mail_to(ANNA)->transactions, 3);
}

static void a_mail_that_was_over_goes_on_when_its_unwarned_half_returns(void **state)
{
	(void)state;
	story(HALF_WARNED("03T10:00:00") ACCEPTED("03T10:20:00", "1", Q1, ANNA) DELIVERED("03T10:20:01", Q1, ANNA)
	          LATER("03T10:50:00"));
	fate_is(ANNA, FATE_DELIVERED);
	story(ACCEPTED("03T11:20:00", "1", Q2, BERND) DELIVERED("03T11:20:01", Q2, BERND));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_DELIVERED);
}

static void two_refused_mails_come_back_in_one_transaction_as_one(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) GREYLISTED("03T10:01:00", "1", BERND));
	mails_are(2);
	story(CONNECT("03T10:20:00", "1") WARN("03T10:20:00", "1", "NOQUEUE", ANNA) CLIENT("03T10:20:00", "1", Q1)
	          WARN("03T10:20:00", "1", Q1, BERND) QUEUED("03T10:20:00", Q1, "2") DONE("03T10:20:00", "1")
	              SENT("03T10:20:01", Q1, ANNA) DELIVERED("03T10:20:01", Q1, BERND));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_DELIVERED);
	assert_int_equal(mail_to(ANNA)->transactions, 3);
}

static void who_is_still_away_returns_into_the_merged_mail(void **state)
{
	(void)state;
	story(GREYLISTED("03T10:00:00", "1", ANNA) CONNECT("03T10:01:00", "1")
	          WARN("03T10:01:00", "1", "NOQUEUE", BERND) GREY("03T10:01:00", "1", "NOQUEUE", BERND)
	              WARN("03T10:01:00", "1", "NOQUEUE", CLARA) GREY("03T10:01:00", "1", "NOQUEUE", CLARA)
	                  BYE("03T10:01:01", "1", "rcpt=0/2 quit=1 commands=1/3"));
	mails_are(2);
	story(CONNECT("03T10:20:00", "1") WARN("03T10:20:00", "1", "NOQUEUE", ANNA) CLIENT("03T10:20:00", "1", Q1)
	          WARN("03T10:20:00", "1", Q1, BERND) QUEUED("03T10:20:00", Q1, "2") DONE("03T10:20:00", "1")
	              SENT("03T10:20:01", Q1, ANNA) DELIVERED("03T10:20:01", Q1, BERND) LATER("03T10:40:00")
	                  ACCEPTED("03T11:00:00", "1", Q2, CLARA) DELIVERED("03T11:00:01", Q2, CLARA));
	mails_are(1);
	fate_is(CLARA, FATE_DELIVERED);
	assert_int_equal(mail_to(CLARA)->transactions, 4);
}

static void a_mail_warned_as_a_whole_returns_as_one(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") STAGE("03T10:00:00", "1", "NOQUEUE", "MAIL", "warn", TEXT)
	          GREY("03T10:00:00", "1", "NOQUEUE", ANNA) BYE("03T10:00:01", "1", "rcpt=0/1 quit=1 commands=1/2"));
	fate_is(ANNA, FATE_TEMPFAILED);
	story(CONNECT("03T10:20:00", "1") STAGE("03T10:20:00", "1", "NOQUEUE", "MAIL", "warn", TEXT)
	          CLIENT("03T10:20:00", "1", Q1) QUEUED("03T10:20:01", Q1, "1") DONE("03T10:20:01", "1")
	              DELIVERED("03T10:20:02", Q1, ANNA));
	mails_are(1);
	recipients_are(mail_to(ANNA), 1);
	fate_is(ANNA, FATE_DELIVERED);
	assert_int_equal(mail_to(ANNA)->transactions, 2);
}

static void both_unwarned_halves_return_into_one_mail(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") GREY("03T10:00:00", "1", "NOQUEUE", ANNA)
	          GREY("03T10:00:00", "1", "NOQUEUE", BERND) BYE("03T10:00:01", "1", "rcpt=0/2 quit=1 commands=1/3")
	              ACCEPTED("03T10:20:00", "1", Q1, ANNA) DELIVERED("03T10:20:01", Q1, ANNA) LATER("03T10:50:00"));
	mails_are(1);
	story(ACCEPTED("03T11:00:00", "1", Q2, BERND) DELIVERED("03T11:00:01", Q2, BERND));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_DELIVERED);
	assert_int_equal(mail_to(BERND)->transactions, 3);
}

/* ------------------------------------------------------------------------ evidence */

static void evidence_stands_with_the_mail(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          LINE("03T10:00:00", "policyd-spf[5]",
	               ": prepend Received-SPF: Softfail (mailfrom) identity=mailfrom; client-ip=192.0.2.7; helo=mx; "
	               "envelope-from=" BOSS "; receiver=firma.example ") CLIENT("03T10:00:00", "1", Q1)
	              LINE("03T10:00:01", "opendkim[6]", Q1 ": DKIM verification successful")
	                  LINE("03T10:00:01", "opendmarc[6]", Q1 ": firma.example fail") QUEUED("03T10:00:01", Q1, "1")
	                      DONE("03T10:00:01", "1") DELIVERED("03T10:00:02", Q1, ANNA));
	const struct fact_mail *m = mail_to(ANNA);
	assert_string_equal(evidence_name((enum evidence)m->spf), "softfail");
	assert_string_equal(evidence_name((enum evidence)m->dkim), "pass");
	assert_string_equal(evidence_name((enum evidence)m->dmarc), "fail");
}

static void disconnect_counters_are_checked_against_our_own(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) UNKNOWN(
	    "03T10:00:00", "1", "NOQUEUE", ANNA) BYE("03T10:00:01", "1", "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"));
	assert_int_equal(world_counts(world).sessions_checked, 1);
	assert_int_equal(world_counts(world).sessions_differ, 0);
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA)
	          BYE("03T10:00:01", "1", "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4"));
	assert_int_equal(world_counts(world).sessions_checked, 2);
	assert_int_equal(world_counts(world).sessions_differ, 1);
}

static void accepted_counts_clients_that_are_not_loopback(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) PLAIN_HOP("03T10:00:01", Q2) CONNECT_OF("03T10:00:02", "5", OTHER)
	          CLIENT_OF("03T10:00:02", "5", OTHER, Q3));
	assert_int_equal(world_counts(world).accepted, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_greylisted_mail_that_returns_is_one_mail),
	    T(a_try_from_the_same_network_joins),
	    T(a_try_from_the_same_organisation_joins),
	    T(a_try_from_elsewhere_is_a_new_mail),
	    T(a_try_after_35_hours_joins),
	    T(a_try_after_37_hours_is_a_new_mail),
	    T(tries_of_one_mail_lie_within_five_days),
	    T(another_sender_or_recipient_does_not_join),
	    T(a_login_never_joins),
	    T(a_login_without_a_warning_does_not_close_the_refusal),
	    T(the_submission_service_never_joins),
	    T(overlapping_sessions_do_not_join),
	    T(a_final_refusal_closes_the_mail),
	    T(an_accepted_mail_is_closed),
	    T(a_refused_try_without_a_warning_joins_what_was_warned),
	    T(postscreen_refuses_first_and_the_mail_returns),
	    T(acceptance_without_any_decision_line_closes_the_refusal),
	    T(acceptance_without_a_decision_line_of_another_mail_closes_nothing),
	    T(a_client_line_after_refusals_only_belongs_if_the_sender_agrees),
	    T(recipients_of_one_mail_return_one_by_one),
	    T(the_unwarned_half_of_a_mail_returns_into_the_same_mail),
	    T(a_mail_that_was_over_goes_on_when_its_unwarned_half_returns),
	    T(two_refused_mails_come_back_in_one_transaction_as_one),
	    T(who_is_still_away_returns_into_the_merged_mail),
	    T(a_mail_warned_as_a_whole_returns_as_one),
	    T(both_unwarned_halves_return_into_one_mail),
	    T(evidence_stands_with_the_mail),
	    T(disconnect_counters_are_checked_against_our_own),
	    T(accepted_counts_clients_that_are_not_loopback),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
