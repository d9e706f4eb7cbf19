/*
 * Queue files: what the lines about a queue id say of the mail, on this side of
 * the content filter and behind it.
 */
#include "story_fixture.h"

/* ---------------------------------------------------- the life of a queue file (grammar 7) */

#define BY_CLEANUP(t, q, word, what) LINE(t, "postfix/cleanup[8]", q ": " word ": " what)
#define HEADER(text) "header Subject: sale from " NEWS "; from=<" BOSS "> to=<" ANNA "> proto=ESMTP helo=<mx>: " text
#define MILTER(text) "END-OF-MESSAGE from " NEWS ": " text TAIL(BOSS, ANNA)

static void a_header_check_refuses_the_whole_mail(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) WARN("03T10:00:00", "1", Q1, BERND)
	          BY_CLEANUP("03T10:00:01", Q1, "reject", HEADER("5.7.1 no ads"))
	              BYE("03T10:00:02", "1", "ehlo=1 mail=1 rcpt=2 data=0/1 quit=1 commands=5/6")
	                  LATER("03T10:09:00"));
	fate_is(ANNA, FATE_REFUSED);
	fate_is(BERND, FATE_REFUSED);
	mails_are(1);
}

static void a_milter_refuses_the_whole_mail(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA)
	          BY_CLEANUP("03T10:00:01", Q1, "milter-reject", MILTER("5.7.1 Spam message rejected"))
	              BYE("03T10:00:02", "1", "ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5"));
	fate_is(ANNA, FATE_REFUSED);
}

static void a_header_check_that_warns_is_about_all_recipients(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") CLIENT("03T10:00:00", "1", Q1)
	          BY_CLEANUP("03T10:00:01", Q1, "warning", HEADER("policy")) QUEUED("03T10:00:02", Q1, "2")
	              DONE("03T10:00:02", "1") SENT("03T10:00:03", Q1, ANNA) BOUNCED("03T10:00:03", Q1, BERND)
	                  REMOVED("03T10:00:03", Q1));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_BOUNCED);
}

static void a_mail_on_hold_is_held_until_it_is_released(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) ACTION_OF(
	    "03T10:00:00", "1", NEWS, "NOQUEUE", "hold", "<" BOSS ">: Sender address triggers HOLD action", BOSS, ANNA)
	          CLIENT("03T10:00:00", "1", Q1) ID("03T10:00:01", Q1, "h@x") DONE("03T10:00:02", "1"));
	fate_is(ANNA, FATE_HELD);
	story(LATER("03T12:00:00"));
	fate_is(ANNA, FATE_HELD);
	story(LINE("03T13:00:00", "postfix/postsuper[50]", Q1 ": released from hold") QUEUED("03T13:00:01", Q1, "1"));
	fate_is(ANNA, FATE_QUEUED);
	story(DELIVERED("03T13:00:02", Q1, ANNA));
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_header_check_or_a_milter_can_hold_a_mail(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) ID("03T10:00:01", Q1, "h@x")
	          BY_CLEANUP("03T10:00:01", Q1, "hold", HEADER("look at it")) DONE("03T10:00:02", "1"));
	fate_is(ANNA, FATE_HELD);
	story(WARNED("03T11:00:00", "1", Q2, BERND) ID("03T11:00:01", Q2, "i@x") BY_CLEANUP(
	    "03T11:00:01", Q2, "milter-hold", MILTER("milter triggers HOLD action")) DONE("03T11:00:02", "1"));
	fate_is(BERND, FATE_HELD);
}

static void who_goes_away_before_the_end_of_a_mail_to_be_held_is_aborted(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) ACTION_OF(
	    "03T10:00:00", "1", NEWS, "NOQUEUE", "hold", "<" BOSS ">: Sender address triggers HOLD action", BOSS, ANNA)
	          CLIENT("03T10:00:00", "1", Q1)
	              SMTPD("03T10:00:10", "1", "lost connection after DATA (9 bytes) from " NEWS)
	                  BYE("03T10:00:10", "1", "ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4") LATER("03T10:05:00"));
	fate_is(ANNA, FATE_ABORTED);
}

static void an_admin_can_hold_and_delete_a_mail(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA)
	          LINE("03T10:00:10", "postfix/postsuper[50]", Q1 ": placed on hold"));
	fate_is(ANNA, FATE_HELD);
	story(LINE("03T11:00:10", "postfix/postsuper[50]", Q1 ": removed") LATER("03T12:00:00"));
	/* thrown away after it was accepted, by a hand: the log proves no more (design.md 3) */
	fate_is(ANNA, FATE_UNKNOWN);
}

static void a_discarded_mail_is_discarded(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") WARN("03T10:00:00", "1", "NOQUEUE", ANNA) ACTION_OF(
	    "03T10:00:00", "1", NEWS, "NOQUEUE", "discard", "<" BOSS ">: Sender address triggers DISCARD action", BOSS,
	    ANNA) CLIENT("03T10:00:00", "1", Q1) ID("03T10:00:01", Q1, "d@x") DONE("03T10:00:02", "1"));
	fate_is(ANNA, FATE_DISCARDED);
	story(WARNED("03T11:00:00", "1", Q2, BERND)
	          LINE("03T11:00:01", "postfix/cleanup[8]", Q2 ": removed (discarded)") DONE("03T11:00:02", "1"));
	fate_is(BERND, FATE_DISCARDED);
}

static void the_discard_transport_discards(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) STATUS("03T10:00:02", "discard", Q1, ANNA, "none", "2.0.0",
	                                                    "sent (nobody reads it)") REMOVED("03T10:00:02", Q1));
	fate_is(ANNA, FATE_DISCARDED);
}

static void what_cleanup_cancels_is_aborted_or_stays_refused(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) LINE("03T10:00:05", "postfix/cleanup[8]", Q1 ": removed (canceled)")
	          BYE("03T10:00:05", "1", "ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4"));
	fate_is(ANNA, FATE_ABORTED);
	story(WARNED("03T11:00:00", "1", Q2, BERND) BY_CLEANUP("03T11:00:01", Q2, "milter-reject", MILTER("5.7.1 no"))
	          LINE("03T11:00:01", "postfix/cleanup[8]", Q2 ": removed (canceled)")
	              BYE("03T11:00:02", "1", "ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5"));
	fate_is(BERND, FATE_REFUSED);
}

static void the_queue_manager_proves_acceptance(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA));
	fate_is(ANNA, FATE_UNKNOWN);
	story(QUEUED("03T10:00:01", Q1, "1"));
	fate_is(ANNA, FATE_QUEUED);
}

static void the_last_final_status_wins(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) DEFERRED("03T10:00:02", Q1, ANNA));
	fate_is(ANNA, FATE_QUEUED);
	story(QUEUED("03T10:05:00", Q1, "1") DEFERRED("03T10:05:01", Q1, ANNA));
	fate_is(ANNA, FATE_QUEUED);
	story(QUEUED("03T10:25:00", Q1, "1") DELIVERED("03T10:25:01", Q1, ANNA));
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_soft_bounce_stays_in_the_queue(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA)
	          STATUS("03T10:00:02", "lmtp", Q1, ANNA, BOX, "5.1.1", "SOFTBOUNCE (host said no)"));
	fate_is(ANNA, FATE_QUEUED);
}

static void an_address_probe_is_no_delivery(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA)
	          STATUS("03T10:00:02", "lmtp", Q1, ANNA, BOX, "2.0.0", "deliverable (250 Ok)"));
	fate_is(ANNA, FATE_QUEUED);
}

static void an_expired_mail_has_bounced(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) DEFERRED("03T10:00:02", Q1, ANNA) QUEUED("08T10:00:00", Q1, "1")
	          LINE("08T10:00:01", "postfix/qmgr[9]", Q1 ": from=<" BOSS ">, status=expired, returned to sender")
	              REMOVED("08T10:00:02", Q1));
	fate_is(ANNA, FATE_BOUNCED);
}

static void only_those_bounce_by_age_who_still_waited(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) WARN("03T10:00:00", "1", Q1, BERND) QUEUED("03T10:00:01", Q1, "2")
	          SENT("03T10:00:02", Q1, ANNA) DEFERRED("03T10:00:02", Q1, BERND)
	              LINE("08T10:00:01", "postfix/qmgr[9]",
	                   Q1 ": from=<" BOSS ">, status=force-expired, returned to sender"));
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_BOUNCED);
}

static void a_removed_file_without_a_status_is_unknown(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) REMOVED("03T10:00:02", Q1));
	fate_is(ANNA, FATE_UNKNOWN);
}

/* ------------------------------------------------------------ the content filter */

static void a_second_queue_id_delivered_before_the_first_says_sent_is_followed(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) PLAIN_HOP("03T10:00:01", Q2) ID("03T10:00:01", Q2, "m@x")
	          QUEUED("03T10:00:01", Q2, "1") HOP_BYE("03T10:00:01") DELIVERED("03T10:00:01", Q2, ANNA));
	fate_is(ANNA, FATE_QUEUED);
	story(FILTERED("03T10:00:02", Q1, ANNA, QUEUED_AS(Q2)) REMOVED("03T10:00:02", Q1));
	fate_is(ANNA, FATE_DELIVERED);
	queue_id_is(ANNA, Q1);
	mails_are(1);
}

static void a_second_queue_id_not_seen_yet_is_queued(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) FILTERED("03T10:00:02", Q1, ANNA, QUEUED_AS(Q2))
	          REMOVED("03T10:00:02", Q1));
	fate_is(ANNA, FATE_QUEUED);
	story(LATER("03T11:00:00"));
	fate_is(ANNA, FATE_QUEUED);
}

static void a_second_queue_id_that_comes_late_is_followed(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) FILTERED("03T10:00:02", Q1, ANNA, QUEUED_AS(Q2))
	          REMOVED("03T10:00:02", Q1) PLAIN_HOP("03T10:00:03", Q2) QUEUED("03T10:00:03", Q2, "1")
	              BOUNCED("03T10:00:04", Q2, ANNA) REMOVED("03T10:00:04", Q2));
	fate_is(ANNA, FATE_BOUNCED);
}

static void orig_queue_id_ties_both_ids_at_once(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) HOP("03T10:00:01", Q2, Q1) QUEUED("03T10:00:01", Q2, "1")
	          HOP_BYE("03T10:00:01") DELIVERED("03T10:00:01", Q2, ANNA)
	              FILTERED("03T10:00:02", Q1, ANNA, QUEUED_AS(Q2)) REMOVED("03T10:00:02", Q1));
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_split_by_the_filter_named_only_by_amavis_is_followed(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) WARN("03T10:00:00", "1", Q1,
	                                                BERND) QUEUED("03T10:00:01", Q1, "2") DONE("03T10:00:01", "1")
	          PLAIN_HOP("03T10:00:02", Q2) QUEUED("03T10:00:02", Q2, "1") CLIENT_OF("03T10:00:02", "2", LOCAL, Q3)
	              QUEUED("03T10:00:02", Q3, "1") HOP_BYE("03T10:00:02") DELIVERED("03T10:00:03", Q2, ANNA)
	                  AMAVIS("03T10:00:04", "Passed CLEAN {RelayedInbound}", "<" ANNA ">,<" BERND ">", Q1,
	                         ", queued_as: " Q2 "/" Q3) FILTERED("03T10:00:04", Q1, ANNA, QUEUED_AS(Q2))
	                      FILTERED("03T10:00:04", Q1, BERND, QUEUED_AS(Q2)) REMOVED("03T10:00:04", Q1)
	                          BOUNCED("03T10:00:05", Q3, BERND) REMOVED("03T10:00:05", Q3) LATER("03T10:10:00"));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_BOUNCED);
	assert_string_equal(evidence_name((enum evidence)mail_to(ANNA)->spam), "clean");
}

static void amavis_discard_that_says_sent_is_spam(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA)
	          AMAVIS("03T10:00:01", "Blocked SPAM {DiscardedInbound,Quarantined}", "<" ANNA ">", Q1, "")
	              FILTERED("03T10:00:01", Q1, ANNA, "250 2.7.0 Ok, discarded, id=00030-01 - spam")
	                  REMOVED("03T10:00:02", Q1));
	fate_is(ANNA, FATE_SPAM);
	story(ACCEPTED("03T11:00:00", "1", Q2, BERND) FILTERED(
	    "03T11:00:01", Q2, BERND, "250 2.7.0 Ok, discarded, id=00030-02 - INFECTED: x") REMOVED("03T11:00:02", Q2));
	fate_is(BERND, FATE_SPAM);
}

static void what_the_filter_refuses_is_spam(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) STATUS(
	    "03T10:00:01", "smtp", Q1, ANNA, FILTER, "5.7.0",
	    "bounced (host " FILTER " said: 554 5.7.0 Reject, id=00030-01 - spam (in reply to end of DATA command))")
	          REMOVED("03T10:00:02", Q1));
	fate_is(ANNA, FATE_SPAM);
}

static void an_answer_of_the_filter_that_proves_nothing_is_unknown(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) FILTERED("03T10:00:01", Q1, ANNA, "250 2.5.0 Ok, id=00030-01")
	          REMOVED("03T10:00:02", Q1));
	fate_is(ANNA, FATE_UNKNOWN);
}

static void amavis_tells_of_each_recipient_what_became_of_him(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) WARN("03T10:00:00", "1", Q1, BERND) QUEUED("03T10:00:01", Q1, "2")
	          DONE("03T10:00:01", "1") HOP("03T10:00:02", Q2, Q1) QUEUED("03T10:00:02", Q2, "1")
	              HOP_BYE("03T10:00:02") DELIVERED("03T10:00:03", Q2, ANNA)
	                  AMAVIS("03T10:00:04", "Passed CLEAN {RelayedInbound}", "<" ANNA ">", Q1, ", queued_as: " Q2)
	                      AMAVIS("03T10:00:04", "Blocked SPAM {DiscardedInbound,Quarantined}", "<" BERND ">", Q1,
	                             "") FILTERED("03T10:00:04", Q1, ANNA, "250 2.5.0 Ok, id=00030-01, but 1 DISCARD")
	                          FILTERED("03T10:00:04", Q1, BERND, "250 2.5.0 Ok, id=00030-01, but 1 DISCARD")
	                              REMOVED("03T10:00:04", Q1));
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_SPAM);
	assert_string_equal(evidence_name((enum evidence)mail_to(ANNA)->spam), "mixed");
}

static void queued_as_on_another_host_is_delivered(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA)
	          STATUS("03T10:00:01", "smtp", Q1, ANNA, "mail.inner.example[10.20.0.9]:25", "2.0.0",
	                 "sent (250 2.0.0 Ok: queued as " Q2 ")") REMOVED("03T10:00:01", Q1));
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_relay_of_the_settings_is_a_filter(void **state)
{
	(void)state;
	for (size_t i = 0; i < READERS; i++)
		world_filter(readers[i], SLICE("scan.inner.example"));
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA)
	          STATUS("03T10:00:01", "smtp", Q1, ANNA, "scan.inner.example[10.20.0.9]:10024", "2.0.0",
	                 "sent (250 2.0.0 Ok: queued as " Q2 ")") REMOVED("03T10:00:01", Q1));
	fate_is(ANNA, FATE_QUEUED);
	story(CONNECT_OF("03T10:00:02", "2", "scan.inner.example[10.20.0.9]")
	          CLIENT_OF("03T10:00:02", "2", "scan.inner.example[10.20.0.9]", Q2) QUEUED("03T10:00:02", Q2, "1")
	              BOUNCED("03T10:00:03", Q2, ANNA) REMOVED("03T10:00:03", Q2));
	fate_is(ANNA, FATE_BOUNCED);
}

static void a_check_behind_the_filter_does_not_refuse_the_mail_twice(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) PLAIN_HOP("03T10:00:01", Q2)
	          BY_CLEANUP("03T10:00:01", Q2, "warning", HEADER("policy")) QUEUED("03T10:00:01", Q2, "1")
	              HOP_BYE("03T10:00:01") DELIVERED("03T10:00:02", Q2, ANNA)
	                  FILTERED("03T10:00:02", Q1, ANNA, QUEUED_AS(Q2)) REMOVED("03T10:00:02", Q1));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	assert_int_equal(world->attempts, 2);
}

/* ------------------------------------------------------------------- recipients */

#define ALIAS(t, q, to, orig, status)                          \
	LINE(t, "postfix/lmtp[7]",                             \
	     q ": to=<" to ">, orig_to=<" orig ">, relay=" BOX \
	       ", delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=" status)

static void orig_to_names_the_warned_recipient(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) ALIAS("03T10:00:01", Q1, "a.becker@firma.example", ANNA, SAVED)
	          REMOVED("03T10:00:01", Q1));
	fate_is(ANNA, FATE_DELIVERED);
}

static void an_alias_is_delivered_if_one_of_many_is(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) ALIAS("03T10:00:01", Q1, "x@firma.example", ANNA, "bounced (gone)")
	          ALIAS("03T10:00:01", Q1, "y@firma.example", ANNA, SAVED)
	              ALIAS("03T10:00:01", Q1, "z@firma.example", ANNA, "bounced (gone)") REMOVED("03T10:00:01", Q1));
	fate_is(ANNA, FATE_DELIVERED);
}

static void an_alias_of_which_one_still_waits_is_queued(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) ALIAS("03T10:00:01", Q1, "x@firma.example", ANNA, "bounced (gone)")
	          ALIAS("03T10:00:01", Q1, "y@firma.example", ANNA, "deferred (full)"));
	fate_is(ANNA, FATE_QUEUED);
	story(ALIAS("03T10:10:01", Q1, "y@firma.example", ANNA, "bounced (gone)") REMOVED("03T10:10:01", Q1));
	fate_is(ANNA, FATE_BOUNCED);
}

static void the_only_recipient_owns_any_delivery(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) DELIVERED("03T10:00:01", Q1, "a.becker@inner.example"));
	fate_is(ANNA, FATE_DELIVERED);
}

static void a_stranger_to_the_warning_does_not_speak_for_the_warned(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") CLIENT("03T10:00:00", "1", Q1) WARN("03T10:00:00", "1", Q1, ANNA)
	          QUEUED("03T10:00:01", Q1, "2") DONE("03T10:00:01", "1") SENT("03T10:00:02", Q1, BERND));
	fate_is(ANNA, FATE_QUEUED);
	story(BOUNCED("03T10:00:02", Q1, ANNA) REMOVED("03T10:00:02", Q1));
	fate_is(ANNA, FATE_BOUNCED);
	recipients_are(mail_to(ANNA), 1);
}

static void addresses_are_folded_and_keep_their_first_spelling(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, "Anna@Firma.Example") WARN("03T10:00:00", "1", Q1, ANNA)
	          DELIVERED("03T10:00:01", Q1, ANNA));
	recipients_are(mail_to("Anna@Firma.Example"), 1);
	fate_is("Anna@Firma.Example", FATE_DELIVERED);
}

static void a_warning_at_data_is_about_all_recipients(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") CLIENT("03T10:00:00", "1", Q1)
	          STAGE("03T10:00:01", "1", Q1, "DATA", "warn", TEXT) QUEUED("03T10:00:01", Q1, "2")
	              DONE("03T10:00:01", "1") SENT("03T10:00:02", Q1, ANNA) SENT("03T10:00:02", Q1, BERND)
	                  REMOVED("03T10:00:02", Q1));
	mails_are(1);
	recipients_are(mail_to(ANNA), 2);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_DELIVERED);
}

static void a_warning_at_the_end_of_the_message_reaches_who_was_warned_before(void **state)
{
	(void)state;
	story(WARNED("03T10:00:00", "1", Q1, ANNA) STAGE("03T10:00:01", "1", Q1, "END-OF-MESSAGE", "warn", "Too big")
	          QUEUED("03T10:00:01", Q1, "2") DONE("03T10:00:01", "1") SENT("03T10:00:02", Q1, ANNA)
	              BOUNCED("03T10:00:02", Q1, BERND) REMOVED("03T10:00:02", Q1));
	mails_are(1);
	fate_is(ANNA, FATE_DELIVERED);
	fate_is(BERND, FATE_BOUNCED);
	assert_int_not_equal(recipient_of(mail_to(ANNA), ANNA)->text[1], 0);
	assert_int_equal(recipient_of(mail_to(BERND), BERND)->text[1], 0);
}

static void warn_if_reject_counts_as_a_warning(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") ACTION_OF("03T10:00:00", "1", NEWS, "NOQUEUE", "reject_warning",
	                                            "554 5.7.1 <" BOSS ">: Sender address rejected: no", BOSS, ANNA)
	          CLIENT("03T10:00:00", "1", Q1) QUEUED("03T10:00:01", Q1, "1") DONE("03T10:00:01", "1")
	              DELIVERED("03T10:00:02", Q1, ANNA));
	fate_is(ANNA, FATE_DELIVERED);
	assert_true(world->attempt[0].f.flags & ATTEMPT_WARNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_header_check_refuses_the_whole_mail),
	    T(a_milter_refuses_the_whole_mail),
	    T(a_header_check_that_warns_is_about_all_recipients),
	    T(a_mail_on_hold_is_held_until_it_is_released),
	    T(a_header_check_or_a_milter_can_hold_a_mail),
	    T(who_goes_away_before_the_end_of_a_mail_to_be_held_is_aborted),
	    T(an_admin_can_hold_and_delete_a_mail),
	    T(a_discarded_mail_is_discarded),
	    T(the_discard_transport_discards),
	    T(what_cleanup_cancels_is_aborted_or_stays_refused),
	    T(the_queue_manager_proves_acceptance),
	    T(the_last_final_status_wins),
	    T(a_soft_bounce_stays_in_the_queue),
	    T(an_address_probe_is_no_delivery),
	    T(an_expired_mail_has_bounced),
	    T(only_those_bounce_by_age_who_still_waited),
	    T(a_removed_file_without_a_status_is_unknown),
	    T(a_second_queue_id_delivered_before_the_first_says_sent_is_followed),
	    T(a_second_queue_id_not_seen_yet_is_queued),
	    T(a_second_queue_id_that_comes_late_is_followed),
	    T(orig_queue_id_ties_both_ids_at_once),
	    T(a_split_by_the_filter_named_only_by_amavis_is_followed),
	    T(amavis_discard_that_says_sent_is_spam),
	    T(what_the_filter_refuses_is_spam),
	    T(an_answer_of_the_filter_that_proves_nothing_is_unknown),
	    T(amavis_tells_of_each_recipient_what_became_of_him),
	    T(queued_as_on_another_host_is_delivered),
	    T(a_relay_of_the_settings_is_a_filter),
	    T(a_check_behind_the_filter_does_not_refuse_the_mail_twice),
	    T(orig_to_names_the_warned_recipient),
	    T(an_alias_is_delivered_if_one_of_many_is),
	    T(an_alias_of_which_one_still_waits_is_queued),
	    T(the_only_recipient_owns_any_delivery),
	    T(a_stranger_to_the_warning_does_not_speak_for_the_warned),
	    T(addresses_are_folded_and_keep_their_first_spelling),
	    T(a_warning_at_data_is_about_all_recipients),
	    T(a_warning_at_the_end_of_the_message_reaches_who_was_warned_before),
	    T(warn_if_reject_counts_as_a_warning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
