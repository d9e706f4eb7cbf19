#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../parsers/shapes.h"

/* A line from its envelope to its fields. */
static struct syslog_frame frame;
static struct line line;
static struct record rec;
static char *held; /* the bytes of `line`, in a buffer that ends where the line ends */

static int release(void **state)
{
	(void)state;
	free(held);
	held = NULL;
	return 0;
}

static void parse_log(const char *tag, const char *text)
{
	static const char head[] = "2026-03-05T07:08:09.123456+01:00 mx1 ";
	size_t n = sizeof head + strlen(tag) + strlen(text) + 8;
	char *whole = malloc(n);

	assert_non_null(whole);
	n = (size_t)snprintf(whole, n, "%s%s[4711]:%s%s", head, tag, *text == ' ' ? "" : " ", text);
	free(held);
	held = malloc(n);
	assert_non_null(held);
	memcpy(held, whole, n);
	free(whole);
	memset(&line, 0xA5, sizeof line);
	memset(&rec, 0xA5, sizeof rec);
	syslog_parse(&frame, slice_of(held, n), &line);
	shapes_parse(&line, &rec);
}

static void put_text(void *arg, const char *field, struct slice value, bool quoted)
{
	char *out = arg;
	size_t n = strlen(out);

	(void)quoted;
	snprintf(out + n, 4096 - n, "%s%s=%.*s", n ? "\n" : "", field, (int)value.n, value.n ? value.p : "");
}

/* All fields of the line must be these, one `field=value` a line. */
static void reads(enum record_kind kind, const char *tag, const char *text, const char *want)
{
	char got[4096] = "";

	parse_log(tag, text);
	assert_string_equal(record_kind_name(rec.kind), record_kind_name(kind));
	assert_true(shapes_fields(&rec));
	assert_string_equal(record_kind_name(rec.kind), record_kind_name(kind));
	record_fields(&rec, put_text, got);
	assert_string_equal(got, want);
}

static void not_understood(const char *tag, const char *text)
{
	parse_log(tag, text);
	if (rec.kind != RECORD_OTHER && rec.kind != RECORD_NO_INTEREST)
		assert_false(shapes_fields(&rec));
	if (rec.kind != RECORD_OTHER)
		fail_msg("%s: taken for %s: %s", tag, shapes_row(rec.shape)->name, text);
}

#define SMTPD "postfix/smtpd"
#define CLEANUP "postfix/cleanup"
#define QMGR "postfix/qmgr"
#define SMTP "postfix/smtp"
#define SCREEN "postfix/postscreen"

/* What most lines of smtpd have: `action stage client code dsn text` stand before it. */
#define UNKNOWN "client_name=unknown\nclient_ip=192.0.2.7\n"
#define A_TO_B "sender=a@example.com\nrecipient=b@example.org\n"

/* -------------------------------------------------- vectors of the grammar, section 10 */

#define VECTOR_1                                                                               \
	"NOQUEUE: warn: RCPT from mx.example.net[192.0.2.7]: *** Invalid Inbound Sender ***; " \
	"from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mx.example.net>"

static void a_plain_warning_gives_all_its_fields(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD, VECTOR_1,
	      "action=warn\nstage=RCPT\nclient_name=mx.example.net\nclient_ip=192.0.2.7\n"
	      "text=*** Invalid Inbound Sender ***\n" A_TO_B "helo=mx.example.net\nproto=ESMTP");
	assert_int_equal(rec.action, ACTION_WARN);
	assert_int_equal(rec.daemon, DAEMON_SMTPD);
	assert_int_equal(line.pid, 4711);
}

static void a_text_may_be_empty_and_a_sender_null(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: warn: RCPT from unknown[2001:db8::1]: ; from=<> to=<b@example.org> proto=SMTP helo=<x>",
	      "action=warn\nstage=RCPT\nclient_name=unknown\nclient_ip=2001:db8::1\ntext=\nsender=\n"
	      "recipient=b@example.org\nhelo=x\nproto=SMTP");
}

static void a_client_may_have_a_port(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: warn: RCPT from unknown[192.0.2.7]:51234: t; from=<a@example.com> to=<b@example.org> "
	      "proto=ESMTP helo=<x>",
	      "action=warn\nstage=RCPT\n" UNKNOWN "client_port=51234\ntext=t\n" A_TO_B "helo=x\nproto=ESMTP");
}

static void at_connect_there_is_no_sender_recipient_or_helo(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD, "NOQUEUE: warn: CONNECT from unknown[192.0.2.7]: t; proto=SMTP",
	      "action=warn\nstage=CONNECT\n" UNKNOWN "text=t\nproto=SMTP");
}

static void with_several_recipients_the_end_of_message_names_none(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "3F2A1C0D9E: warn: END-OF-MESSAGE from unknown[192.0.2.7]: t; from=<a@example.com> proto=ESMTP helo=<x>",
	      "queue_id=3F2A1C0D9E\naction=warn\nstage=END-OF-MESSAGE\n" UNKNOWN
	      "text=t\nsender=a@example.com\nhelo=x\nproto=ESMTP");
}

static void a_recipient_cannot_imitate_a_sender(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: warn: RCPT from unknown[192.0.2.7]: t; from=<a@example.com> to=<\"x; from=<z@spam.example> "
	      "to=<y\"@example.org> proto=ESMTP helo=<x>",
	      "action=warn\nstage=RCPT\n" UNKNOWN "text=t\nsender=a@example.com\n"
	      "recipient=\"x; from=<z@spam.example> to=<y\"@example.org\nhelo=x\nproto=ESMTP");
}

#define MONSTER "q; from=<z@spam.example> to=<y@e.example> proto=ESMTP helo=<h>"

static void a_name_in_the_reply_cannot_imitate_a_tail(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <" MONSTER "@example.com>: Sender address "
	      "rejected: Access denied; from=<\"" MONSTER "\"@example.com> to=<b@example.org> proto=ESMTP helo=<x>",
	      "action=reject\nstage=RCPT\n" UNKNOWN "code=554\ndsn=5.7.1\ntext=<" MONSTER
	      "@example.com>: Sender address rejected: Access denied\nsender=\"" MONSTER
	      "\"@example.com\nrecipient=b@example.org\nhelo=x\nproto=ESMTP");
}

static void the_text_of_a_blocklist_may_hold_semicolons(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 Service unavailable; Client host [192.0.2.7] "
	      "blocked using bl.example; why; from=<x>; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>",
	      "action=reject\nstage=RCPT\n" UNKNOWN "code=554\ndsn=5.7.1\ntext=Service unavailable; Client host "
	      "[192.0.2.7] blocked using bl.example; why; from=<x>\n" A_TO_B "helo=x\nproto=ESMTP");
}

static void a_user_name_with_blanks_goes_to_the_end(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: warn: RCPT from unknown[192.0.2.7]: t; from=<a@example.com> to=<b@example.org> proto=ESMTP "
	      "helo=<x> sasl_method=PLAIN sasl_username=jane doe",
	      "action=warn\nstage=RCPT\n" UNKNOWN "text=t\n" A_TO_B
	      "helo=x\nproto=ESMTP\nsasl_method=PLAIN\nsasl_username=jane doe");
	assert_true(rec.flags & RECORD_LOGIN);
}

static void a_milter_of_cleanup_gives_no_code(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, CLEANUP,
	      "3F2A1C0D9E: milter-reject: END-OF-MESSAGE from unknown[192.0.2.7]: 5.7.1 Spam message rejected; "
	      "from=<a@example.com> to=<z@example.org> proto=ESMTP helo=<x>",
	      "queue_id=3F2A1C0D9E\naction=milter-reject\nstage=END-OF-MESSAGE\n" UNKNOWN
	      "dsn=5.7.1\ntext=Spam message "
	      "rejected\nsender=a@example.com\nrecipient=z@example.org\nhelo=x\nproto=ESMTP");
	assert_int_equal(rec.action, ACTION_MILTER_REJECT);
}

static void a_milter_of_smtpd_has_its_user_in_brackets(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: milter-reject: RCPT from unknown[192.0.2.7]: 451 4.7.1 Later; from=<a@example.com> "
	      "to=<b@example.org> proto=ESMTP helo=<x> sasl_username=<u>",
	      "action=milter-reject\nstage=RCPT\n" UNKNOWN "code=451\ndsn=4.7.1\ntext=Later\n" A_TO_B
	      "helo=x\nproto=ESMTP\nsasl_username=u");
	assert_true(rec.flags & RECORD_LOGIN);
}

static void a_header_cannot_imitate_the_client(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, CLEANUP,
	      "3F2A1C0D9E: warning: header Subject: hi from x[192.0.2.9]; from=<c@d> to=<e@f> proto=ESMTP helo=<g>: y "
	      "from mx.example.net[192.0.2.7]; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mx>: policy",
	      "queue_id=3F2A1C0D9E\naction=warning\nstage=header\nclient_name=mx.example.net\nclient_ip=192.0.2.7\n"
	      "text=policy\n" A_TO_B "helo=mx\nproto=ESMTP\n"
	      "detail=Subject: hi from x[192.0.2.9]; from=<c@d> to=<e@f> proto=ESMTP helo=<g>: y");
}

static void a_header_of_local_mail_has_no_protocol(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, CLEANUP,
	      "3F2A1C0D9E: info: header X: 1 from local; from=<a@example.com> to=<b@example.org>",
	      "queue_id=3F2A1C0D9E\naction=info\nstage=header\nclient_name=local\ntext=X: 1\n" A_TO_B "detail=X: 1");
}

static void postscreen_writes_commas(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SCREEN,
	      "NOQUEUE: reject: RCPT from [192.0.2.7]:2413: 550 5.7.1 Service unavailable; client [192.0.2.7] blocked "
	      "using bl.example; from=<a@example.com>, to=<b@example.org>, proto=ESMTP, helo=<x>",
	      "action=reject\nstage=RCPT\nclient_ip=192.0.2.7\nclient_port=2413\ncode=550\ndsn=5.7.1\n"
	      "text=Service unavailable; client [192.0.2.7] blocked using bl.example\n" A_TO_B "helo=x\nproto=ESMTP");
}

static void a_long_queue_id_is_one(void **state)
{
	(void)state;
	reads(RECORD_CLIENT, SMTPD,
	      "3Pt2mN2VXxznjll: client=unknown[192.0.2.7], sasl_method=PLAIN, sasl_username=u@example.com",
	      "queue_id=3Pt2mN2VXxznjll\n" UNKNOWN "sasl_method=PLAIN\nsasl_username=u@example.com");
	assert_true(rec.flags & RECORD_LOGIN);
}

static void a_client_behind_a_filter_names_the_first_mail(void **state)
{
	(void)state;
	reads(RECORD_CLIENT, SMTPD,
	      "6B4A9924782: client=localhost[127.0.0.1], orig_queue_id=951F692462F, "
	      "orig_client=mx.example.net[192.0.2.7]",
	      "queue_id=6B4A9924782\nclient_name=localhost\nclient_ip=127.0.0.1\norig_queue_id=951F692462F\n"
	      "orig_client=mx.example.net[192.0.2.7]");
}

static void a_lost_connection_may_or_may_not_name_a_queue_id(void **state)
{
	(void)state;
	reads(RECORD_LOST_CONNECTION, SMTPD, "NOQUEUE: lost connection after DATA (1234 bytes) from unknown[192.0.2.7]",
	      "stage=DATA\n" UNKNOWN "detail=lost connection");
	reads(RECORD_LOST_CONNECTION, SMTPD, "lost connection after DATA (1234 bytes) from unknown[192.0.2.7]",
	      "stage=DATA\n" UNKNOWN "detail=lost connection");
}

static void a_repeat_marker_says_how_many_more(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      " message repeated 2 times: [ NOQUEUE: warn: RCPT from unknown[192.0.2.7]: t; from=<a@example.com> "
	      "to=<b@example.org> proto=ESMTP helo=<x>]",
	      "action=warn\nstage=RCPT\n" UNKNOWN "text=t\n" A_TO_B "helo=x\nproto=ESMTP\nrepeated=2");
}

static void a_refusal_may_have_no_attributes_at_all(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: reject: DATA content from unknown[192.0.2.7]: 421 4.3.0 mx.example.org Server local data error",
	      "action=reject\nstage=DATA content\n" UNKNOWN
	      "code=421\ndsn=4.3.0\ntext=mx.example.org Server local data error");
}

static void a_cut_recipient_is_absent(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: warn: RCPT from mx.example.net[192.0.2.7]: *** Invalid Inbound Sender ***; "
	      "from=<a@example.com> to=<b@exa",
	      "action=warn\nstage=RCPT\nclient_name=mx.example.net\nclient_ip=192.0.2.7\n"
	      "text=*** Invalid Inbound Sender ***\nsender=a@example.com\ntruncated=true");
}

static void a_warning_about_a_name_is_not_a_session(void **state)
{
	(void)state;
	parse_log(SMTPD, "warning: hostname x.example does not resolve to address 192.0.2.7");
	assert_string_equal(record_kind_name(rec.kind), "no-interest");
	reads(RECORD_CONNECT, SMTPD, "connect from unknown[192.0.2.7]", "client_name=unknown\nclient_ip=192.0.2.7");
}

static void a_mail_that_the_filter_threw_away_has_no_next_id(void **state)
{
	(void)state;
	reads(RECORD_DELIVERY, SMTP,
	      "1A2B3C4D5E: to=<b@example.org>, relay=127.0.0.1[127.0.0.1]:10024, delay=1.2, delays=0.1/0/0.1/1, "
	      "dsn=2.7.0, status=sent (250 2.7.0 Ok, discarded, id=01234-05 - spam)",
	      "queue_id=1A2B3C4D5E\ndsn=2.7.0\nrecipient=b@example.org\nrelay=127.0.0.1[127.0.0.1]:10024\n"
	      "relay_ip=127.0.0.1\nrelay_port=10024\ndelay=1.2\ndelays=0.1/0/0.1/1\nstatus=sent\n"
	      "response=250 2.7.0 Ok, discarded, id=01234-05 - spam");
}

/* ---------------------------------------------------------------- what is remembered */

/* `connect from CLIENT` by process `pid`, parsed from a buffer that ends where the line ends. */
static void parse_connect(unsigned pid, const char *client, size_t n)
{
	char head[128];
	size_t at = (size_t)snprintf(head, sizeof head,
	                             "2026-03-05T07:08:09.123456+01:00 mx1 postfix/smtpd[%u]: connect from ", pid);

	free(held);
	held = malloc(at + n);
	assert_non_null(held);
	memcpy(held, head, at);
	memcpy(held + at, client, n);
	memset(&line, 0xA5, sizeof line);
	memset(&rec, 0xA5, sizeof rec);
	syslog_parse(&frame, slice_of(held, at + n), &line);
	shapes_parse(&line, &rec);
	shapes_fields(&rec);
}

struct connected {
	enum record_kind kind;
	size_t name, name_n, ip, ip_n, port, port_n;
};

static size_t told_offset(struct slice s)
{
	return slice_is_set(s) ? (size_t)(s.p - line.text.p) : SIZE_MAX;
}

static struct connected connect_by(unsigned pid, const char *client, size_t n)
{
	struct connected c;

	parse_connect(pid, client, n);
	memset(&c, 0, sizeof c);
	c.kind = rec.kind;
	c.name = told_offset(rec.client_name);
	c.name_n = rec.client_name.n;
	c.ip = told_offset(rec.client_ip);
	c.ip_n = rec.client_ip.n;
	c.port = told_offset(rec.client_port);
	c.port_n = rec.client_port.n;
	return c;
}

/* Told to process 1, which has just had `known`, and to process 2, which has not. */
static void assert_client(const char *known, const char *client, size_t n)
{
	static const char stranger[] = "a-client-of-nobody-else.example[198.51.100.1]";
	struct connected again, anew;

	connect_by(1, known, strlen(known));
	again = connect_by(1, client, n);
	connect_by(2, stranger, sizeof stranger - 1);
	anew = connect_by(2, client, n);
	assert_memory_equal(&again, &anew, sizeof anew);
}

static void a_client_that_differs_in_one_byte_is_another(void **state)
{
	static const char known[] = "mail.example.net[192.0.2.7]";
	const size_t n = sizeof known - 1;
	char other[sizeof known];

	(void)state;
	assert_client(known, known, n);
	for (size_t at = 0; at < n; at++)
		for (int c = 0; c < 256; c++) {
			memcpy(other, known, n);
			other[at] = (char)c;
			assert_client(known, other, n);
		}
}

/* More than is remembered. */
static const char long_client[] = "a-name-of-many-letters.and-of-many-parts.in-a-long-domain.of"
				  "-some-country.example.net[2001:db8::1]";

static void a_client_is_known_again_with_all_that_follows(void **state)
{
	static const char *const behind[] = {"", ":25", ":unknown", ": ", ":", ":x", " ", "]", "[192.0.2.7]", "x"};
	static const char *const clients[] = {"mail.example.net[192.0.2.7]", "a[::1]", "unknown[unknown]",
	                                      "mail.example.net[192.0.2.7]:25", long_client};
	char text[256];

	(void)state;
	for (size_t c = 0; c < sizeof clients / sizeof *clients; c++)
		for (size_t b = 0; b < sizeof behind / sizeof *behind; b++) {
			size_t n = (size_t)snprintf(text, sizeof text, "%s%s", clients[c], behind[b]);
			for (; n >= strlen(clients[c]) - 1; n--)
				assert_client(clients[c], text, n);
		}
}

/* ---------------------------------------------------------------- rows prove themselves */

static const char *const tags[DAEMON_COUNT] = {
    [DAEMON_NONE] = "sshd",
    [DAEMON_SMTPD] = SMTPD,
    [DAEMON_CLEANUP] = CLEANUP,
    [DAEMON_QMGR] = QMGR,
    [DAEMON_AGENT] = SMTP,
    [DAEMON_DISCARD] = "postfix/discard",
    [DAEMON_PICKUP] = "postfix/pickup",
    [DAEMON_BOUNCE] = "postfix/bounce",
    [DAEMON_POSTSCREEN] = SCREEN,
    [DAEMON_DNSBLOG] = "postfix/dnsblog",
    [DAEMON_POSTSUPER] = "postfix/postsuper",
    [DAEMON_MASTER] = "postfix/master",
    [DAEMON_QMQPD] = "postfix/qmqpd",
    [DAEMON_HELPER] = "postfix/anvil",
    [DAEMON_AMAVIS] = "amavis",
    [DAEMON_RSPAMD] = "rspamd",
    [DAEMON_POSTGREY] = "postgrey",
    [DAEMON_SPF] = "policyd-spf",
    [DAEMON_OPENDKIM] = "opendkim",
    [DAEMON_OPENDMARC] = "opendmarc",
    [DAEMON_SPAMD] = "spamd",
    [DAEMON_DOVECOT] = "dovecot",
    [DAEMON_SYSLOG] = "rsyslogd",
    [DAEMON_LOST] = "postfix",
};

static void each_example_is_answered_by_its_own_row(void **state)
{
	int bad = 0;

	(void)state;
	assert_true(shapes_count() >= shapes_postfix_count + shapes_companions_count + shapes_noise_count);
	for (int i = 0; i < (int)shapes_count(); i++) {
		const struct shape *row = shapes_row(i);
		parse_log(tags[row->daemon], row->example);
		const struct shape *got = shapes_row(rec.shape);
		if (got == row && rec.kind == row->kind && rec.daemon == row->daemon && shapes_fields(&rec) &&
		    rec.kind == row->kind)
			continue;
		bad++;
		print_error("%s: answered by %s as %s: %s\n", row->name, got ? got->name : "none",
		            record_kind_name(rec.kind), row->example);
	}
	assert_int_equal(bad, 0);
}

static void each_row_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < (int)shapes_count(); i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(shapes_row(i)->name, shapes_row(k)->name);
	assert_null(shapes_row(-1));
	assert_null(shapes_row((int)shapes_count()));
}

/* smtp_header_checks are the delivery agent's own: their words mean something else in cleanup. */
static void no_attempt_is_of_no_interest_to_another_daemon(void **state)
{
	static const enum record_daemon daemons[] = {DAEMON_SMTPD, DAEMON_CLEANUP, DAEMON_QMGR, DAEMON_AGENT,
	                                             DAEMON_LOST};

	(void)state;
	for (int i = 0; i < (int)shapes_count(); i++) {
		const struct shape *row = shapes_row(i);
		if (row->kind != RECORD_ATTEMPT)
			continue;
		for (size_t k = 0; k < sizeof daemons / sizeof *daemons; k++) {
			if (daemons[k] == DAEMON_AGENT && row->daemon == DAEMON_CLEANUP)
				continue;
			parse_log(tags[daemons[k]], row->example);
			if (rec.kind == RECORD_NO_INTEREST)
				fail_msg("%s is swallowed by %s", row->name, shapes_row(rec.shape)->name);
		}
	}
}

static void no_attempt_is_of_no_interest_when_the_daemon_is_lost(void **state)
{
	(void)state;
	for (int i = 0; i < (int)shapes_count(); i++) {
		const struct shape *row = shapes_row(i);
		if (row->kind != RECORD_ATTEMPT || row->daemon == DAEMON_AGENT)
			continue;
		parse_log("postfix", row->example);
		assert_int_equal(rec.kind, RECORD_ATTEMPT);
		assert_true(shapes_fields(&rec));
		assert_int_equal(rec.kind, RECORD_ATTEMPT);
	}
}

static void every_example_may_be_cut_or_damaged_anywhere(void **state)
{
	(void)state;
	for (int i = 0; i < (int)shapes_count(); i++) {
		const struct shape *row = shapes_row(i);
		char text[2048];
		size_t n = strlen(row->example);
		assert_true(n < sizeof text);
		for (size_t at = 0; at < n; at++) {
			memcpy(text, row->example, n + 1);
			text[at] = (char)(at % 3 ? 0xFF : 1);
			parse_log(tags[row->daemon], text);
			shapes_fields(&rec);
			text[at] = '\0';
			parse_log(tags[row->daemon], text);
			shapes_fields(&rec);
		}
	}
}

/* ---------------------------------------------------------------------- misspelt words */

static const char *const action_names[] = {
#define X(id, name) name,
    RECORD_ACTIONS(X)
#undef X
};

static bool is_a_word(const char *word)
{
	for (int a = 0; a < ACTION_COUNT; a++)
		if (strcmp(action_names[a], word) == 0)
			return true;
	return strcmp(word, "milter-header-hold") == 0;
}

/* As smtpd, cleanup's milters and cleanup's checks would write it, by whoever it is. */
static void nobody_understands(const char *word)
{
	static const char *const by[] = {SMTPD, CLEANUP, "postfix", "mx-in"};
	static const char *const forms[] = {
	    "NOQUEUE: %s: RCPT from mx.example.net[192.0.2.7]: t; from=<a@example.com> to=<b@example.org> "
	    "proto=ESMTP helo=<x>",
	    "3F2A1C0D9E: %s: END-OF-MESSAGE from mx.example.net[192.0.2.7]: t; from=<a@example.com> proto=ESMTP "
	    "helo=<x>",
	    "3F2A1C0D9E: %s: header Subject: hi from mx.example.net[192.0.2.7]; from=<a@example.com> "
	    "to=<b@example.org> proto=ESMTP helo=<x>: t",
	    "%s: END-OF-MESSAGE: 250 2.0.0 Ok; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mx>",
	};
	char text[512];

	if (is_a_word(word))
		return;
	for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof text, forms[f], word);
#pragma GCC diagnostic pop
		/* without a queue id a program of any name may say such a thing */
		for (size_t i = 0; i < sizeof by / sizeof *by; i++)
			if (f < 3 || i < 3)
				not_understood(by[i], text);
	}
}

static void misspell(const char *word)
{
	size_t n = strlen(word);
	char wrong[64];

	for (size_t at = 0; at < n; at++) {
		memcpy(wrong, word, n + 1); /* a letter missing */
		memmove(wrong + at, wrong + at + 1, n - at);
		nobody_understands(wrong);
		memcpy(wrong, word, n + 1); /* one too many */
		memmove(wrong + at + 1, wrong + at, n - at + 1);
		nobody_understands(wrong);
		memcpy(wrong, word, n + 1); /* the wrong case */
		wrong[at] = (char)toupper((unsigned char)wrong[at]);
		if (wrong[at] != word[at])
			nobody_understands(wrong);
		if (at + 1 < n && word[at] != word[at + 1]) { /* two of them swapped */
			memcpy(wrong, word, n + 1);
			wrong[at] = word[at + 1];
			wrong[at + 1] = word[at];
			nobody_understands(wrong);
		}
	}
	for (const char *more = "xes_- "; *more; more++) {
		snprintf(wrong, sizeof wrong, "%s%c", word, *more);
		nobody_understands(wrong);
	}
}

static void a_misspelt_action_is_not_understood(void **state)
{
	(void)state;
	for (int a = 0; a < ACTION_COUNT; a++)
		if (a != ACTION_OTHER && a != ACTION_MILTER_OTHER)
			misspell(action_names[a]);
	misspell("milter-header-redirect");
}

/* ----------------------------------------------------------------------- smtpd's session */

static void the_counters_of_a_session_tell_accepted_and_all(void **state)
{
	(void)state;
	reads(RECORD_DISCONNECT, SMTPD,
	      "disconnect from unknown[192.0.2.7] ehlo=1 mail=1 rcpt=0/1 data=0/1 quit=1 commands=4/6",
	      UNKNOWN "rcpt_ok=0\nrcpt_all=1\ndata_ok=0\ndata_all=1");
	reads(RECORD_DISCONNECT, SMTPD,
	      "disconnect from unknown[2001:db8::7]:25 ehlo=2 starttls=1 mail=3 rcpt=3/5 bdat=2/3 data=1 quit=1 "
	      "commands=13/16 notes=bare_lf",
	      "client_name=unknown\nclient_ip=2001:db8::7\nclient_port=25\n"
	      "rcpt_ok=3\nrcpt_all=5\ndata_ok=3\ndata_all=4");
	reads(RECORD_DISCONNECT, SMTPD, "disconnect from unknown[192.0.2.7] unknown=0/3 commands=0/3",
	      UNKNOWN "rcpt_ok=0\nrcpt_all=0\ndata_ok=0\ndata_all=0");
	reads(RECORD_DISCONNECT, SMTPD, "disconnect from unknown[192.0.2.7] commands=0/0",
	      UNKNOWN "rcpt_ok=0\nrcpt_all=0\ndata_ok=0\ndata_all=0");
}

static void an_old_disconnect_counts_nothing(void **state)
{
	(void)state;
	reads(RECORD_DISCONNECT, SMTPD, "disconnect from unknown[192.0.2.7]",
	      "client_name=unknown\nclient_ip=192.0.2.7");
}

static void a_client_may_be_gone_before_it_is_known(void **state)
{
	(void)state;
	reads(RECORD_CONNECT, SMTPD, "connect from unknown[unknown]", "client_name=unknown\nclient_ip=unknown");
	reads(RECORD_CONNECT, SMTPD, "connect from unknown[unknown]:unknown",
	      "client_name=unknown\nclient_ip=unknown\nclient_port=unknown");
}

static void a_client_line_may_have_every_attribute(void **state)
{
	(void)state;
	reads(RECORD_CLIENT, "postfix/submission/smtpd",
	      "6B4A9924782: client=mx.example.net[192.0.2.7]:4711, sasl_method=LOGIN, sasl_username=jane, d. o'e, "
	      "sasl_sender=j+40x, orig_queue_id=951F692462F, orig_client=unknown[2001:db8::1]",
	      "queue_id=6B4A9924782\nclient_name=mx.example.net\nclient_ip=192.0.2.7\nclient_port=4711\n"
	      "sasl_method=LOGIN\nsasl_username=jane, d. o'e\norig_queue_id=951F692462F\n"
	      "orig_client=unknown[2001:db8::1]");
	reads(RECORD_CLIENT, SMTPD, "6B4A9924782: client=localhost[127.0.0.1], orig_client=mx.example.net",
	      "queue_id=6B4A9924782\nclient_name=localhost\nclient_ip=127.0.0.1\norig_client=mx.example.net");
}

static void an_attempt_glued_to_the_next_line_is_not_understood(void **state)
{
	static const char second[] =
	    "Mar  5 07:08:10 mx1 postfix/smtpd[8]: NOQUEUE: warn: RCPT from b.example[192.0.2.8]: "
	    "*** x ***; from=<boss@company.my> to=<u@company.my> proto=ESMTP helo=<h>";
	char text[600];

	(void)state;
	snprintf(text, sizeof text, "NOQUEUE: reject: RCPT from a.example[192.0.2.7]: 554 5.7.1 <x@y>: Sender addr%s",
	         second);
	parse_log(SMTPD, text);
	assert_false(shapes_fields(&rec));
	assert_int_equal(rec.kind, RECORD_OTHER);
	snprintf(text, sizeof text,
	         "1A2B3C4D5E: warning: header Subject: %s from a.example[192.0.2.7]; from=<a@b.example> "
	         "to=<u@company.my> proto=ESMTP helo=<h>",
	         "at Mar  5 07:08:10 mx1 said");
	parse_log("postfix/cleanup", text);
	assert_true(shapes_fields(&rec));
	assert_int_equal(rec.kind, RECORD_ATTEMPT);
}

static void a_user_name_that_imitates_a_queue_id_is_suspect(void **state)
{
	(void)state;
	reads(RECORD_CLIENT, SMTPD,
	      "6B4A9924782: client=localhost[127.0.0.1], sasl_username=u, orig_queue_id=BADBADBAD, "
	      "orig_queue_id=951F692462F",
	      "queue_id=6B4A9924782\nclient_name=localhost\nclient_ip=127.0.0.1\nsasl_username=u\n"
	      "orig_queue_id=BADBADBAD\nsuspect=true");
}

static void a_proxied_client_has_no_queue_id(void **state)
{
	(void)state;
	reads(RECORD_CLIENT, SMTPD, "NOQUEUE: client=unknown[192.0.2.7]", "client_name=unknown\nclient_ip=192.0.2.7");
}

static void a_lost_connection_names_its_stage(void **state)
{
	(void)state;
	reads(RECORD_LOST_CONNECTION, SMTPD, "lost connection after BDAT content (77 bytes) from unknown[192.0.2.7]",
	      "stage=BDAT content\n" UNKNOWN "detail=lost connection");
	reads(
	    RECORD_LOST_CONNECTION, SMTPD, "timeout after END-OF-MESSAGE from mx.example.net[2001:db8::1]:99",
	    "stage=END-OF-MESSAGE\nclient_name=mx.example.net\nclient_ip=2001:db8::1\nclient_port=99\ndetail=timeout");
	reads(RECORD_LOST_CONNECTION, SMTPD, "3F2A1C0D9E: too many errors after XCLIENT from unknown[192.0.2.7]",
	      "queue_id=3F2A1C0D9E\nstage=XCLIENT\n" UNKNOWN "detail=too many errors");
	not_understood(SMTPD, "lost connection after DATA from unkn");
}

static void behind_a_mail_proxy_the_user_may_come_by_xclient(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: reject: RCPT from real.example.net[198.51.100.9]: 554 5.7.1 <b@example.org>: Relay access "
	      "denied; from=<a@example.com> to=<b@example.org> proto=ESMTP sasl_method=XCLIENT sasl_username=u "
	      "sasl_sender=a@example.com",
	      "action=reject\nstage=RCPT\nclient_name=real.example.net\nclient_ip=198.51.100.9\ncode=554\ndsn=5.7.1\n"
	      "text=<b@example.org>: Relay access denied\n" A_TO_B "proto=ESMTP\nsasl_method=XCLIENT\nsasl_username=u");
}

/* ------------------------------------------------------------------- actions of smtpd */

static void every_stage_may_carry_an_action(void **state)
{
	static const char *const stages[] = {"CONNECT", "HELO", "EHLO",         "MAIL",
	                                     "RCPT",    "DATA", "BDAT",         "END-OF-MESSAGE",
	                                     "VRFY",    "ETRN", "DATA content", "BDAT content"};
	char text[256], want[256];

	(void)state;
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
		snprintf(text, sizeof text, "NOQUEUE: warn: %s from unknown[192.0.2.7]: t; proto=SMTP helo=<x>",
		         stages[i]);
		snprintf(want, sizeof want, "action=warn\nstage=%s\n" UNKNOWN "text=t\nhelo=x\nproto=SMTP", stages[i]);
		reads(RECORD_ATTEMPT, SMTPD, text, want);
	}
}

static void a_refusal_of_vrfy_has_a_recipient_only(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: reject: VRFY from unknown[192.0.2.7]: 550 5.1.1 <b@example.org>: Recipient address rejected: "
	      "User unknown; to=<b@example.org> proto=SMTP",
	      "action=reject\nstage=VRFY\n" UNKNOWN "code=550\ndsn=5.1.1\ntext=<b@example.org>: Recipient address "
	      "rejected: User unknown\nrecipient=b@example.org\nproto=SMTP");
}

static void a_bare_newline_is_refused_without_a_code(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "3F2A1C0D9E: reject: DATA content from unknown[192.0.2.7]: bare <LF> received; from=<a@example.com> "
	      "to=<b@example.org> proto=ESMTP helo=<x>",
	      "queue_id=3F2A1C0D9E\naction=reject\nstage=DATA content\n" UNKNOWN "text=bare <LF> received\n" A_TO_B
	      "helo=x\nproto=ESMTP");
}

static void only_a_reply_has_a_code(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: warn: RCPT from unknown[192.0.2.7]: 554 5.7.1 would be refused; from=<a@example.com> "
	      "to=<b@example.org> proto=ESMTP helo=<x>",
	      "action=warn\nstage=RCPT\n" UNKNOWN "text=554 5.7.1 would be refused\n" A_TO_B "helo=x\nproto=ESMTP");
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: hangup: RCPT from unknown[192.0.2.7]: 554 lines; from=<a@example.com> to=<b@example.org> "
	      "proto=ESMTP helo=<x>",
	      "action=hangup\nstage=RCPT\n" UNKNOWN "text=554 lines\n" A_TO_B "helo=x\nproto=ESMTP");
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: reject_warning: RCPT from unknown[192.0.2.7]: 450 4.123.999 x; from=<a@example.com> "
	      "to=<b@example.org> proto=ESMTP helo=<x>",
	      "action=reject_warning\nstage=RCPT\n" UNKNOWN "code=450\ndsn=4.123.999\ntext=x\n" A_TO_B
	      "helo=x\nproto=ESMTP");
	reads(RECORD_ATTEMPT, SMTPD,
	      "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 450 4.1234.9 x; from=<a@example.com> "
	      "to=<b@example.org> proto=ESMTP helo=<x>",
	      "action=reject\nstage=RCPT\n" UNKNOWN "code=450\ntext=4.1234.9 x\n" A_TO_B "helo=x\nproto=ESMTP");
}

static void a_filter_before_the_queue_says_the_next_id(void **state)
{
	(void)state;
	reads(RECORD_PROXY_ACCEPT, SMTPD,
	      "proxy-accept: END-OF-MESSAGE: 250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as "
	      "4F9D195432C; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x> sasl_username=<u v>",
	      "action=proxy-accept\nstage=END-OF-MESSAGE\ntext=250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): "
	      "250 2.0.0 Ok: queued as 4F9D195432C\n" A_TO_B
	      "helo=x\nproto=ESMTP\nsasl_username=u v\nqueued_as=4F9D195432C");
	reads(RECORD_ATTEMPT, SMTPD,
	      "proxy-reject: END-OF-MESSAGE: ; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>",
	      "action=proxy-reject\nstage=END-OF-MESSAGE\ntext=\n" A_TO_B "helo=x\nproto=ESMTP");
}

/* ------------------------------------------------------------------------------ cleanup */

static void cleanup_may_know_no_protocol_of_a_milters_mail(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, CLEANUP,
	      "3F2A1C0D9E: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 no; from=<root@mx.example> "
	      "to=<b@example.org>",
	      "queue_id=3F2A1C0D9E\naction=milter-reject\nstage=END-OF-MESSAGE\nclient_name=localhost\n"
	      "client_ip=127.0.0.1\ndsn=5.7.1\ntext=no\nsender=root@mx.example\nrecipient=b@example.org");
}

static void a_refused_header_has_its_text_behind(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, CLEANUP,
	      "3F2A1C0D9E: reject: header Subject: win? filename=a.exe from mx.example.net[192.0.2.7]; "
	      "from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mx>: 5.7.1 no programs",
	      "queue_id=3F2A1C0D9E\naction=reject\nstage=header\nclient_name=mx.example.net\nclient_ip=192.0.2.7\n"
	      "dsn=5.7.1\ntext=no programs\n" A_TO_B "helo=mx\nproto=ESMTP\ndetail=Subject: win? filename=a.exe");
	reads(
	    RECORD_ATTEMPT, CLEANUP,
	    "3F2A1C0D9E: reject: mime-error improper use of 8-bit data in message body: caf? from unknown; from=<> "
	    "to=<unknown>: 5.6.0 bad",
	    "queue_id=3F2A1C0D9E\naction=reject\nstage=mime-error\nclient_name=unknown\ndsn=5.6.0\ntext=bad\nsender=\n"
	    "recipient=unknown\ndetail=improper use of 8-bit data in message body: caf?");
}

static void the_content_of_a_body_is_no_reply(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, CLEANUP,
	      "3F2A1C0D9E: warning: body 554 5.7.1 hello from local; from=<a@example.com> to=<b@example.org>",
	      "queue_id=3F2A1C0D9E\naction=warning\nstage=body\nclient_name=local\ntext=554 5.7.1 hello\n" A_TO_B
	      "detail=554 5.7.1 hello");
}

static void a_header_of_the_delivery_agent_names_nobody(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SMTP,
	      "3F2A1C0D9E: warning: header Subject: x from y[192.0.2.9]; from=<c@d> to=<e@f>: policy",
	      "queue_id=3F2A1C0D9E\naction=warning\nstage=header\ntext=Subject: x from y[192.0.2.9]; from=<c@d> "
	      "to=<e@f>: policy");
}

static void a_message_id_is_what_the_header_says(void **state)
{
	(void)state;
	reads(RECORD_MESSAGE_ID, CLEANUP, "3F2A1C0D9E: message-id=<1.2@example.com>",
	      "queue_id=3F2A1C0D9E\nmessage_id=1.2@example.com");
	reads(RECORD_MESSAGE_ID, CLEANUP, "3F2A1C0D9E: message-id=<>", "queue_id=3F2A1C0D9E\nmessage_id=");
	reads(RECORD_MESSAGE_ID, CLEANUP, "3F2A1C0D9E: message-id=", "queue_id=3F2A1C0D9E\nmessage_id=");
	reads(RECORD_MESSAGE_ID, CLEANUP, "3F2A1C0D9E: message-id==?utf-8?Q?<x>?= y",
	      "queue_id=3F2A1C0D9E\nmessage_id==?utf-8?Q?<x>?= y");
}

/* ------------------------------------------------------------------------- life of mail */

static void a_queued_mail_tells_sender_size_and_recipients(void **state)
{
	(void)state;
	reads(RECORD_QUEUED, QMGR, "3F2A1C0D9E: from=<>, size=9223372036854775807, nrcpt=2147483647 (queue active)",
	      "queue_id=3F2A1C0D9E\nsender=\nsize=9223372036854775807\nnrcpt=2147483647");
	reads(RECORD_QUEUED, QMGR, "3F2A1C0D9E: from=rory@example.com, size=664, nrcpt=2 (queue active)",
	      "queue_id=3F2A1C0D9E\nsender=rory@example.com\nsize=664\nnrcpt=2");
	not_understood(QMGR, "3F2A1C0D9E: from=<>, size=9223372036854775808, nrcpt=2 (queue active)");
	not_understood(QMGR, "3F2A1C0D9E: from=<>, size=1, nrcpt=2147483648 (queue active)");
}

static void a_sender_cannot_hide_that_his_mail_was_queued(void **state)
{
	(void)state;
	reads(
	    RECORD_QUEUED, QMGR,
	    "3F2A1C0D9E: from=<\"x>, size=y, status=expired, size=1, nrcpt=1 (queue active)\"@example.com>, size=664, "
	    "nrcpt=2 (queue active)",
	    "queue_id=3F2A1C0D9E\nsender=\"x>, size=y, status=expired, size=1, nrcpt=1 (queue active)\"@example.com\n"
	    "size=664\nnrcpt=2");
	reads(RECORD_QUEUED, QMGR, "3F2A1C0D9E: from=<a, size=b@example.com>, size=664, nrcpt=2 (queue active)",
	      "queue_id=3F2A1C0D9E\nsender=a, size=b@example.com\nsize=664\nnrcpt=2");
	reads(RECORD_EXPIRED, QMGR,
	      "3F2A1C0D9E: from=<\"a, status=b\"@example.com>, status=expired, returned to sender",
	      "queue_id=3F2A1C0D9E\nsender=\"a, status=b\"@example.com\nstatus=expired");
}

static void a_reason_cannot_imitate_a_status(void **state)
{
	(void)state;
	reads(RECORD_DELIVERY, SMTP,
	      "1A2B3C4D5E: to=<c@example.net>, orig_to=<b@example.org>, relay=mx.example.net[2001:db8::25]:25, "
	      "conn_use=2, delay=1.2, delays=0.1/0/0.1/1, tls=may:none, dsn=4.7.1, status=deferred (host said: 450 "
	      "(x), status=sent (250 2.0.0 Ok: queued as 4F9D195432C) (in reply to RCPT TO command))",
	      "queue_id=1A2B3C4D5E\ndsn=4.7.1\nrecipient=c@example.net\norig_recipient=b@example.org\n"
	      "relay=mx.example.net[2001:db8::25]:25\nrelay_ip=2001:db8::25\nrelay_port=25\ndelay=1.2\n"
	      "delays=0.1/0/0.1/1\nstatus=deferred\nresponse=host said: 450 (x), status=sent (250 2.0.0 Ok: queued as "
	      "4F9D195432C) (in reply to RCPT TO command)\nqueued_as=4F9D195432C");
}

static void a_recipient_cannot_imitate_a_delivery(void **state)
{
	(void)state;
	reads(RECORD_DELIVERY, SMTP,
	      "1A2B3C4D5E: to=<\"x>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (no\"@example.net>, "
	      "relay=none, delay=0, delays=0/0/0/0, dsn=5.4.4, status=bounced (Host not found)",
	      "queue_id=1A2B3C4D5E\ndsn=5.4.4\nrecipient=\"x>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, "
	      "status=sent (no\"@example.net\nrelay=none\ndelay=0\ndelays=0/0/0/0\nstatus=bounced\n"
	      "response=Host not found");
}

static void the_last_queue_id_of_an_answer_is_the_next(void **state)
{
	(void)state;
	reads(RECORD_DELIVERY, SMTP,
	      "1A2B3C4D5E: to=<b@example.org>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, dsn=2.0.0, "
	      "status=sent (250 2.0.0 from MTA(queued as BADBADBAD): 250 2.0.0 Ok: queued as 4F9D195432C)",
	      "queue_id=1A2B3C4D5E\ndsn=2.0.0\nrecipient=b@example.org\nrelay=127.0.0.1[127.0.0.1]:10024\n"
	      "relay_ip=127.0.0.1\nrelay_port=10024\ndelay=1\ndelays=0/0/0/1\nstatus=sent\nresponse=250 2.0.0 from "
	      "MTA(queued as BADBADBAD): 250 2.0.0 Ok: queued as 4F9D195432C\nqueued_as=4F9D195432C");
	reads(RECORD_DELIVERY, "postfix/local",
	      "1A2B3C4D5E: to=<b@example.org>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (forwarded "
	      "as 4F9D195432C)",
	      "queue_id=1A2B3C4D5E\ndsn=2.0.0\nrecipient=b@example.org\nrelay=local\ndelay=1\ndelays=0/0/0/1\n"
	      "status=sent\nresponse=forwarded as 4F9D195432C\nqueued_as=4F9D195432C");
}

static void a_cut_answer_gives_no_half_a_queue_id(void **state)
{
	(void)state;
	reads(RECORD_DELIVERY, SMTP,
	      "1A2B3C4D5E: to=<b@example.org>, relay=mx[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent "
	      "(250 queued as AAAAAAAAA: queued as 4F9D19543",
	      "queue_id=1A2B3C4D5E\ndsn=2.0.0\nrecipient=b@example.org\nrelay=mx[192.0.2.9]:25\nrelay_ip=192.0.2.9\n"
	      "relay_port=25\ndelay=1\ndelays=0/0/0/1\nstatus=sent\nresponse=250 queued as AAAAAAAAA: queued as "
	      "4F9D19543\ntruncated=true");
}

static void a_delivery_cut_before_its_status_is_not_understood(void **state)
{
	static const char *const cut[] = {"1A2B3C4D5E: to=<b@example.org>, relay=mx[192.0.2.9]:25, dsn=2.0.0, stat",
	                                  "1A2B3C4D5E: to=<b@example.org>, rel", "1A2B3C4D5E: to=<b@exa"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		parse_log(SMTP, cut[i]);
		assert_false(shapes_fields(&rec));
		assert_int_equal(rec.kind, RECORD_OTHER);
		assert_false(slice_is_set(rec.recipient));
		assert_false(slice_is_set(rec.queue_id));
	}
}

static void addresses_may_lack_their_brackets(void **state)
{
	(void)state;
	reads(RECORD_DELIVERY, "postfix/local",
	      "1A2B3C4D5E: to=b@example.org, orig_to=root, relay=local, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, "
	      "status=sent (delivered to command: IFS=' ' && exec /usr/bin/procmail -f- || exit 75)",
	      "queue_id=1A2B3C4D5E\ndsn=2.0.0\nrecipient=b@example.org\norig_recipient=root\nrelay=local\ndelay=0.1\n"
	      "delays=0.1/0/0/0\nstatus=sent\n"
	      "response=delivered to command: IFS=' ' && exec /usr/bin/procmail -f- || exit 75");
	reads(RECORD_PICKUP, "postfix/pickup", "3F2A1C0D9E: uid=0 from=root", "queue_id=3F2A1C0D9E\nsender=root");
}

static void addresses_may_be_in_internal_form(void **state)
{
	(void)state;
	reads(RECORD_DELIVERY, SMTP,
	      "1A2B3C4D5E: to=<a \"b, c@example.org>, orig_to=<x y@example.org>, relay=none, delay=1, delays=0/0/0/1, "
	      "dsn=4.4.3, status=deferred (later)",
	      "queue_id=1A2B3C4D5E\ndsn=4.4.3\nrecipient=a \"b, c@example.org\norig_recipient=x y@example.org\n"
	      "relay=none\ndelay=1\ndelays=0/0/0/1\nstatus=deferred\nresponse=later");
	reads(RECORD_PICKUP, "postfix/pickup", "3F2A1C0D9E: uid=0 from=<a b@example.com> orig_id=951F692462F",
	      "queue_id=3F2A1C0D9E\nsender=a b@example.com\norig_queue_id=951F692462F");
}

static void a_relay_may_be_a_socket_or_nothing(void **state)
{
	(void)state;
	reads(RECORD_DELIVERY, "postfix/lmtp",
	      "1A2B3C4D5E: to=<b@example.org>, relay=mail.example.org[private/dovecot-lmtp], delay=1, delays=0/0/0/1, "
	      "dsn=2.0.0, status=sent (250 2.0.0 <b@example.org> kAbC12 Saved)",
	      "queue_id=1A2B3C4D5E\ndsn=2.0.0\nrecipient=b@example.org\nrelay=mail.example.org[private/dovecot-lmtp]\n"
	      "delay=1\ndelays=0/0/0/1\nstatus=sent\nresponse=250 2.0.0 <b@example.org> kAbC12 Saved");
	reads(RECORD_DELIVERY, "postfix/pipe",
	      "1A2B3C4D5E: to=<b@example.org>, relay=dovecot, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent "
	      "(delivered via dovecot service)",
	      "queue_id=1A2B3C4D5E\ndsn=2.0.0\nrecipient=b@example.org\nrelay=dovecot\ndelay=1\ndelays=0/0/0/1\n"
	      "status=sent\nresponse=delivered via dovecot service");
}

static void a_requeued_mail_names_its_first_id(void **state)
{
	(void)state;
	reads(RECORD_PICKUP, "postfix/pickup", "3F2A1C0D9E: uid=1001 from=<a@example.com> orig_id=951F692462F",
	      "queue_id=3F2A1C0D9E\nsender=a@example.com\norig_queue_id=951F692462F");
}

static void a_notice_names_the_mail_it_is(void **state)
{
	(void)state;
	reads(RECORD_NOTICE, "postfix/bounce", "3F2A1C0D9E: sender delivery status notification: 4F9D195432C",
	      "queue_id=3F2A1C0D9E\nqueued_as=4F9D195432C");
	reads(RECORD_NOTICE, "postfix/bounce", "3F2A1C0D9E: postmaster non-delivery notification: 4F9D195432C",
	      "queue_id=3F2A1C0D9E\nqueued_as=4F9D195432C");
}

static void a_removal_may_say_why(void **state)
{
	(void)state;
	reads(RECORD_REMOVED, QMGR, "3F2A1C0D9E: removed", "queue_id=3F2A1C0D9E");
	reads(RECORD_REMOVED, CLEANUP, "3F2A1C0D9E: removed (discarded)", "queue_id=3F2A1C0D9E\ndetail=discarded");
}

static void a_word_with_vowels_is_no_queue_id(void **state)
{
	(void)state;
	not_understood(QMGR, "statistics: removed");
	not_understood(QMGR, "NOQUEUE: removed");
	not_understood(QMGR, "ABCDE: removed");
	reads(RECORD_REMOVED, QMGR, "ABCDEF: removed", "queue_id=ABCDEF");
}

/* --------------------------------------------------------------------------- postscreen */

static void the_overload_texts_of_postscreen_have_no_attributes(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SCREEN, "NOQUEUE: reject: CONNECT from [2001:db8::7]:2413: too many connections",
	      "action=reject\nstage=CONNECT\nclient_ip=2001:db8::7\nclient_port=2413\ntext=too many connections");
	reads(RECORD_ATTEMPT, SCREEN, "reject: connect from [192.0.2.7]:2413: all screening ports busy",
	      "action=reject\nstage=connect\nclient_ip=192.0.2.7\nclient_port=2413\ntext=all screening ports busy");
	reads(RECORD_ATTEMPT, SCREEN, "NOQUEUE: reject: CONNECT from [192.0.2.7]: too many connections",
	      "action=reject\nstage=CONNECT\nclient_ip=192.0.2.7\ntext=too many connections");
}

#define SCREEN_HEAD "NOQUEUE: reject: RCPT from [192.0.2.7]:2413: 550 5.5.1 Protocol error; "
#define SCREEN_WANT \
	"action=reject\nstage=RCPT\nclient_ip=192.0.2.7\nclient_port=2413\ncode=550\ndsn=5.5.1\ntext=Protocol error"

static void postscreen_shows_what_nobody_has_checked(void **state)
{
	(void)state;
	reads(RECORD_ATTEMPT, SCREEN, SCREEN_HEAD "from=<a b>; x@y>, to=<>>, proto=ESMTP, helo=<; x>>",
	      SCREEN_WANT "\nsender=a b>; x@y\nrecipient=>\nhelo=; x>\nproto=ESMTP");
}

static void what_postscreen_shows_in_two_ways_is_suspect(void **state)
{
	static const char *const tails[] = {
	    "from=<a>, to=<x>, to=<b@example.org>, proto=ESMTP, helo=<x>",
	    "from=<a>, to=<b>, proto=SMTP, helo=<y>, proto=ESMTP, helo=<x>",
	    "from=<a>, to=<b>, proto=ESMTP, helo=<x, helo=<z>",
	    "from=<a; from=<c>, to=<b>, proto=ESMTP, helo=<x>",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		snprintf(text, sizeof text, SCREEN_HEAD "%s", tails[i]);
		parse_log(SCREEN, text);
		assert_true(shapes_fields(&rec));
		assert_int_equal(rec.flags, RECORD_SUSPECT);
	}
}

static void a_cut_line_of_postscreen_names_nobody(void **state)
{
	static const char whole[] = SCREEN_HEAD "from=<a@b>, to=<c@d>, proto=ESMTP, helo=<x>";
	char text[256];

	(void)state;
	for (size_t n = sizeof SCREEN_HEAD - 3; n < sizeof whole - 1; n++) {
		snprintf(text, sizeof text, "%.*s", (int)n, whole);
		parse_log(SCREEN, text);
		assert_true(shapes_fields(&rec));
		if (rec.flags != RECORD_TRUNCATED)
			fail_msg("not marked: %s", text);
		assert_false(slice_is_set(rec.sender));
		assert_false(slice_is_set(rec.recipient));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plain_warning_gives_all_its_fields),
	    cmocka_unit_test(a_text_may_be_empty_and_a_sender_null),
	    cmocka_unit_test(a_client_may_have_a_port),
	    cmocka_unit_test(at_connect_there_is_no_sender_recipient_or_helo),
	    cmocka_unit_test(with_several_recipients_the_end_of_message_names_none),
	    cmocka_unit_test(a_recipient_cannot_imitate_a_sender),
	    cmocka_unit_test(a_name_in_the_reply_cannot_imitate_a_tail),
	    cmocka_unit_test(the_text_of_a_blocklist_may_hold_semicolons),
	    cmocka_unit_test(a_user_name_with_blanks_goes_to_the_end),
	    cmocka_unit_test(a_milter_of_cleanup_gives_no_code),
	    cmocka_unit_test(a_milter_of_smtpd_has_its_user_in_brackets),
	    cmocka_unit_test(a_header_cannot_imitate_the_client),
	    cmocka_unit_test(a_header_of_local_mail_has_no_protocol),
	    cmocka_unit_test(postscreen_writes_commas),
	    cmocka_unit_test(a_long_queue_id_is_one),
	    cmocka_unit_test(a_client_behind_a_filter_names_the_first_mail),
	    cmocka_unit_test(a_lost_connection_may_or_may_not_name_a_queue_id),
	    cmocka_unit_test(a_repeat_marker_says_how_many_more),
	    cmocka_unit_test(a_refusal_may_have_no_attributes_at_all),
	    cmocka_unit_test(a_cut_recipient_is_absent),
	    cmocka_unit_test(a_warning_about_a_name_is_not_a_session),
	    cmocka_unit_test(a_mail_that_the_filter_threw_away_has_no_next_id),
	    cmocka_unit_test(each_example_is_answered_by_its_own_row),
	    cmocka_unit_test(each_row_has_a_name_of_its_own),
	    cmocka_unit_test(no_attempt_is_of_no_interest_to_another_daemon),
	    cmocka_unit_test(no_attempt_is_of_no_interest_when_the_daemon_is_lost),
	    cmocka_unit_test(every_example_may_be_cut_or_damaged_anywhere),
	    cmocka_unit_test(a_misspelt_action_is_not_understood),
	    cmocka_unit_test(the_counters_of_a_session_tell_accepted_and_all),
	    cmocka_unit_test(an_old_disconnect_counts_nothing),
	    cmocka_unit_test(a_client_may_be_gone_before_it_is_known),
	    cmocka_unit_test(a_client_line_may_have_every_attribute),
	    cmocka_unit_test(an_attempt_glued_to_the_next_line_is_not_understood),
	    cmocka_unit_test(a_user_name_that_imitates_a_queue_id_is_suspect),
	    cmocka_unit_test(a_proxied_client_has_no_queue_id),
	    cmocka_unit_test(a_lost_connection_names_its_stage),
	    cmocka_unit_test(behind_a_mail_proxy_the_user_may_come_by_xclient),
	    cmocka_unit_test(every_stage_may_carry_an_action),
	    cmocka_unit_test(a_refusal_of_vrfy_has_a_recipient_only),
	    cmocka_unit_test(a_bare_newline_is_refused_without_a_code),
	    cmocka_unit_test(only_a_reply_has_a_code),
	    cmocka_unit_test(a_filter_before_the_queue_says_the_next_id),
	    cmocka_unit_test(cleanup_may_know_no_protocol_of_a_milters_mail),
	    cmocka_unit_test(a_refused_header_has_its_text_behind),
	    cmocka_unit_test(the_content_of_a_body_is_no_reply),
	    cmocka_unit_test(a_header_of_the_delivery_agent_names_nobody),
	    cmocka_unit_test(a_message_id_is_what_the_header_says),
	    cmocka_unit_test(a_queued_mail_tells_sender_size_and_recipients),
	    cmocka_unit_test(a_sender_cannot_hide_that_his_mail_was_queued),
	    cmocka_unit_test(a_reason_cannot_imitate_a_status),
	    cmocka_unit_test(a_recipient_cannot_imitate_a_delivery),
	    cmocka_unit_test(the_last_queue_id_of_an_answer_is_the_next),
	    cmocka_unit_test(a_cut_answer_gives_no_half_a_queue_id),
	    cmocka_unit_test(a_delivery_cut_before_its_status_is_not_understood),
	    cmocka_unit_test(addresses_may_lack_their_brackets),
	    cmocka_unit_test(addresses_may_be_in_internal_form),
	    cmocka_unit_test(a_relay_may_be_a_socket_or_nothing),
	    cmocka_unit_test(a_requeued_mail_names_its_first_id),
	    cmocka_unit_test(a_notice_names_the_mail_it_is),
	    cmocka_unit_test(a_removal_may_say_why),
	    cmocka_unit_test(a_word_with_vowels_is_no_queue_id),
	    cmocka_unit_test(a_client_that_differs_in_one_byte_is_another),
	    cmocka_unit_test(a_client_is_known_again_with_all_that_follows),
	    cmocka_unit_test(the_overload_texts_of_postscreen_have_no_attributes),
	    cmocka_unit_test(postscreen_shows_what_nobody_has_checked),
	    cmocka_unit_test(what_postscreen_shows_in_two_ways_is_suspect),
	    cmocka_unit_test(a_cut_line_of_postscreen_names_nobody),
	};

	shapes_init();
	syslog_init(&frame, 2026);
	return cmocka_run_group_tests(tests, NULL, release);
}
