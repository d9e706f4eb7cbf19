/*
 * story_fixture: a log of a few lines as a story, and what the tracker says of
 * it. Every story is read three times: in one go, and with the facts said and
 * the memory lost after every line, and after every third one. All must say the
 * same in the end.
 */
#ifndef WB_STORY_FIXTURE_H
#define WB_STORY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define world_bad(what) fail_msg("%s", what)
#include "tracker_fixture.h"

/* ------------------------------------------------------------------- the lines */

#define BOSS "boss@firma.example"
#define ANNA "anna@firma.example"
#define BERND "bernd@firma.example"
#define CLARA "clara@firma.example"

#define NEWS "out1.news.example[192.0.2.7]"
#define BESIDE "unknown[192.0.2.9]"               /* the same network, no name */
#define COUSIN "out9.news.example[198.51.100.44]" /* another network, the same organisation */
#define OTHER "mx.other.example[203.0.113.5]"
#define LOCAL "localhost[127.0.0.1]"

#define HOST_LINE(t, host, prog, text) "2026-11-" t "+00:00 " host " " prog ": " text "\n"
#define LINE(t, prog, text) HOST_LINE(t, "mx1", prog, text)
#define SMTPD(t, pid, text) LINE(t, "postfix/smtpd[" pid "]", text)
#define TAIL(from, to) "; from=<" from "> to=<" to "> proto=ESMTP helo=<mx>"
#define TEXT "*** Invalid Inbound Sender ***"

/* one session's lines, by whom, from whom */
#define CONNECT_OF(t, pid, c) SMTPD(t, pid, "connect from " c)
#define BYE_OF(t, pid, c, counters) SMTPD(t, pid, "disconnect from " c " " counters)
#define ACTION_OF(t, pid, c, q, word, text, from, to) \
	SMTPD(t, pid, q ": " word ": RCPT from " c ": " text TAIL(from, to))
#define WARN_OF(t, pid, c, q, from, to) ACTION_OF(t, pid, c, q, "warn", TEXT, from, to)
#define GREY_OF(t, pid, c, q, from, to) \
	ACTION_OF(t, pid, c, q, "reject", "450 4.2.0 <" to ">: Recipient address rejected: Greylisted", from, to)
#define CLIENT_OF(t, pid, c, q) SMTPD(t, pid, q ": client=" c)

/* ... and mostly by NEWS, from BOSS */
#define CONNECT(t, pid) CONNECT_OF(t, pid, NEWS)
#define BYE(t, pid, counters) BYE_OF(t, pid, NEWS, counters)
#define DONE(t, pid) BYE(t, pid, "ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5")
#define WARN(t, pid, q, to) WARN_OF(t, pid, NEWS, q, BOSS, to)
#define GREY(t, pid, q, to) GREY_OF(t, pid, NEWS, q, BOSS, to)
#define UNKNOWN(t, pid, q, to) \
	ACTION_OF(t, pid, NEWS, q, "reject", "550 5.1.1 <" to ">: Recipient address rejected: User unknown", BOSS, to)
#define STAGE(t, pid, q, stage, word, text) \
	SMTPD(t, pid, q ": " word ": " stage " from " NEWS ": " text "; from=<" BOSS "> proto=ESMTP helo=<mx>")
#define CLIENT(t, pid, q) CLIENT_OF(t, pid, NEWS, q)

/* the life of a queue file */
#define ID(t, q, id) LINE(t, "postfix/cleanup[8]", q ": message-id=<" id ">")
#define QUEUED_BY(t, q, from, n) LINE(t, "postfix/qmgr[9]", q ": from=<" from ">, size=700, nrcpt=" n " (queue active)")
#define QUEUED(t, q, n) QUEUED_BY(t, q, BOSS, n)
#define STATUS(t, agent, q, to, relay, dsn, status) \
	LINE(t, "postfix/" agent "[7]",             \
	     q ": to=<" to ">, relay=" relay ", delay=0.1, delays=0.1/0/0/0, dsn=" dsn ", status=" status)
#define BOX "mx1.firma.example[private/dovecot-lmtp]"
#define SAVED "sent (250 2.0.0 <user> kQy8mBvVd2c7EAAAxyz1Aw Saved)"
#define SENT(t, q, to) STATUS(t, "lmtp", q, to, BOX, "2.0.0", SAVED)
#define BOUNCED(t, q, to) STATUS(t, "lmtp", q, to, BOX, "5.1.1", "bounced (host " BOX " said: 550 5.1.1 No)")
#define DEFERRED(t, q, to) STATUS(t, "lmtp", q, to, BOX, "4.2.2", "deferred (host " BOX " said: 452 4.2.2 Full)")
#define FILTER "127.0.0.1[127.0.0.1]:10024"
#define FILTERED(t, q, to, reply) STATUS(t, "smtp", q, to, FILTER, "2.0.0", "sent (" reply ")")
#define QUEUED_AS(q) "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as " q
#define REMOVED(t, q) LINE(t, "postfix/qmgr[9]", q ": removed")
#define AMAVIS(t, what, list, q, rest)                                                                \
	LINE(t, "amavis[30]",                                                                         \
	     "(00030-01) " what ", [192.0.2.7]:4000 [192.0.2.7] <" BOSS "> -> " list ", Queue-ID: " q \
	     ", Message-ID: <m@x>, mail_id: abcDEF123456, Hits: -1.2, size: 700" rest ", 800 ms")

/* what is true of most mails */
#define WARNED(t, pid, q, to) CONNECT(t, pid) WARN(t, pid, "NOQUEUE", to) CLIENT(t, pid, q)
#define ACCEPTED(t, pid, q, to) WARNED(t, pid, q, to) QUEUED(t, q, "1") DONE(t, pid)
#define GREYLISTED(t, pid, to)      \
	CONNECT(t, pid)             \
	WARN(t, pid, "NOQUEUE", to) \
	GREY(t, pid, "NOQUEUE", to) BYE(t, pid, "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4")
#define DELIVERED(t, q, to) SENT(t, q, to) REMOVED(t, q)
/* a line that is about nobody: the host's time goes on */
#define LATER(t) CONNECT_OF(t, "99", LOCAL) BYE_OF(t, "99", LOCAL, "quit=1 commands=1")

#define Q1 "4A0011C0D1"
#define Q2 "4A0022C0D2"
#define Q3 "4A0033C0D3"

#define HOP(t, q, first) \
	CONNECT_OF(t, "2", LOCAL) SMTPD(t, "2", q ": client=" LOCAL ", orig_queue_id=" first ", orig_client=" NEWS)
#define PLAIN_HOP(t, q) CONNECT_OF(t, "2", LOCAL) SMTPD(t, "2", q ": client=" LOCAL)
#define HOP_BYE(t) BYE_OF(t, "2", LOCAL, "ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5")

/* Of one transaction, one recipient was warned and the other refused before the rule was asked. */
#define HALF_WARNED(t)                \
	CONNECT(t, "1")               \
	WARN(t, "1", "NOQUEUE", ANNA) \
	GREY(t, "1", "NOQUEUE", ANNA) GREY(t, "1", "NOQUEUE", BERND) BYE(t, "1", "rcpt=0/2 quit=1 commands=1/3")

/* ------------------------------------------------------------------ three readers */

static const unsigned forget_every[] = {0, 1, 3};
#define READERS (sizeof(forget_every) / sizeof(forget_every[0]))
static struct world *readers[READERS];
#define world (readers[0])

static inline void each_with(const struct tracker_limits *limits)
{
	for (size_t i = 0; i < READERS; i++) {
		world_free(readers[i]);
		readers[i] = world_new(limits, forget_every[i]);
	}
}

static inline int setup(void **state)
{
	(void)state;
	memset(readers, 0, sizeof(readers));
	each_with(&world_limits);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < READERS; i++)
		readers[i] = world_free(readers[i]);
	return 0;
}

/* Where two texts begin to differ, to look at. */
static inline void same_text(const char *a, const char *b, unsigned every)
{
	while (*a && *b) {
		size_t n = strcspn(a, "\n"), k = strcspn(b, "\n");
		if (n != k || memcmp(a, b, n) != 0)
			break;
		a += n + (a[n] != '\0');
		b += k + (b[k] != '\0');
	}
	if (*a || *b)
		fail_msg("memory lost after every %u lines:\n  in one go  %.*s\n  forgetful  %.*s", every,
		         (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
}

static inline void same_facts(void)
{
	char *text = world_print(world);

	for (size_t i = 1; i < READERS; i++) {
		char *forgetful = world_print(readers[i]);
		same_text(text, forgetful, forget_every[i]);
		free(forgetful);
	}
	free(text);
}

static inline void read_bytes(struct slice bytes)
{
	for (size_t i = 0; i < READERS; i++) {
		world_feed(readers[i], bytes);
		world_check(readers[i]);
		tracker_flush(readers[i]->tracker);
		world_check(readers[i]);
		if (world_counts(readers[i]).evictions == 0)
			world_check_warnings(readers[i]);
		struct tracker_counts c = world_counts(readers[i]);
		assert_int_equal(c.attempts, readers[i]->attempts_said);
	}
	same_facts();
}

static inline void story(const char *text)
{
	read_bytes(slice_str(text));
}

/* ---------------------------------------------------------------------- questions */

static inline bool name_is(const struct names *names, uint32_t id, const char *text)
{
	return slice_eq(names_text(names, id), slice_str(text));
}

static inline void show_all(void)
{
	char *text = world_print(world);

	print_message("%s", text);
	free(text);
}

static inline const struct fact_recipient *recipient_of(const struct fact_mail *m, const char *to)
{
	for (size_t i = 0; i < m->recipients; i++)
		if (name_is(&world->addresses, m->recipient[i].shown, to))
			return &m->recipient[i];
	return NULL;
}

/* The only mail with a warned recipient of this name. */
static inline const struct fact_mail *mail_to(const char *to)
{
	const struct fact_mail *found = NULL;

	for (size_t i = 0; i < world->mails; i++) {
		const struct fact_mail *m = &world->mail[i].f;
		if (!recipient_of(m, to))
			continue;
		if (found) {
			show_all();
			fail_msg("more than one mail to %s", to);
		}
		found = m;
	}
	if (!found) {
		show_all();
		fail_msg("no mail to %s", to);
	}
	return found;
}

static inline const struct fact_mail *nth_mail(size_t n)
{
	for (size_t i = 0; i < world->mails; i++)
		if (world->mail[i].f.recipients && n-- == 0)
			return &world->mail[i].f;
	fail_msg("so many mails there are not");
	return NULL;
}

static inline void mail_fate(const struct fact_mail *m, const char *to, enum fate fate)
{
	const struct fact_recipient *r = recipient_of(m, to);

	if (!r || r->fate != fate) {
		show_all();
		fail_msg("%s should be %s and is %s", to, fate_name(fate), r ? fate_name(r->fate) : "not there");
	}
}

static inline void fate_is(const char *to, enum fate fate)
{
	mail_fate(mail_to(to), to, fate);
}

static inline void mails_are(size_t n)
{
	size_t have = 0;

	for (size_t i = 0; i < world->mails; i++)
		have += world->mail[i].f.recipients != 0;
	if (have != n) {
		show_all();
		fail_msg("%zu mails, should be %zu", have, n);
	}
}

static inline void recipients_are(const struct fact_mail *m, size_t n)
{
	if (m->recipients != n) {
		show_all();
		fail_msg("%zu recipients, should be %zu", m->recipients, n);
	}
}

/* The transaction that stands for the mail. */
static inline const struct told_transaction *shown_of(const struct fact_mail *m)
{
	const struct told_transaction *t = world_transaction_of(world, m->shown_transaction);

	if (!t) {
		show_all();
		fail_msg("no transaction stands for the mail");
	}
	return t;
}

static inline void queue_id_is(const char *to, const char *id)
{
	const struct told_transaction *t = shown_of(mail_to(to));

	assert_non_null(t->queue_id);
	assert_string_equal(t->queue_id, id);
}

static inline uint64_t evictions(void)
{
	return world_counts(world).evictions;
}

static inline uint32_t slots_in_use(const struct tracker *t)
{
	return t->sessions.used + t->mails.used + t->txs.used + t->entries.used + t->recipients.used +
	       t->messages.used + t->waits.used + t->pasts.used + t->opens.used;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
