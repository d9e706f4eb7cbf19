#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "../../parsers/companions.h"
#include "../../parsers/shapes.h"

static struct line line;
static struct record rec;

static void parse(const char *tag, const char *text)
{
	memset(&line, 0, sizeof line);
	memset(&rec, 0, sizeof rec);
	line.form = LINE_LOG;
	line.tag = slice_str(tag);
	line.text = slice_str(text);
	shapes_parse(&line, &rec);
}

/* Reads the line as that kind; the fields are then in rec. */
static void read_as(enum record_kind kind, const char *tag, const char *text)
{
	parse(tag, text);
	assert_string_equal(record_kind_name(rec.kind), record_kind_name(kind));
	assert_true(shapes_fields(&rec));
}

static void is(struct slice got, const char *want)
{
	char text[4096];

	if (!want) {
		assert_false(slice_is_set(got));
		return;
	}
	assert_true(slice_is_set(got));
	assert_true(got.n < sizeof text);
	memcpy(text, got.p, got.n);
	text[got.n] = '\0';
	assert_string_equal(text, want);
}

static void not_understood(const char *tag, const char *text)
{
	parse(tag, text);
	assert_string_equal(record_kind_name(rec.kind), "other");
}

#define TAIL(q, m, more) ", Queue-ID: " q ", Message-ID: <" m ">, mail_id: x-Y_1, Hits: 1.3, size: 780" more ", 141 ms"

/* -------------------------------------------------------------------- amavis */

static void an_amavis_line_gives_all_its_fields(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(31268-05-7) Blocked SPAM {DiscardedInbound,Quarantined}, [192.0.2.7]:33651 "
	        "[192.0.2.7] "
	        "<a@example.com> -> <b@example.org>,<c@example.org>, quarantine: L/spam-Ly.gz" TAIL("3F2A1C0D9E", "1@x",
	                                                                                            ""));
	is(rec.category, "Blocked");
	is(rec.result, "SPAM");
	is(rec.detail, "DiscardedInbound,Quarantined");
	is(rec.sender, "a@example.com");
	is(rec.recipients, "<b@example.org>,<c@example.org>");
	is(rec.queue_id, "3F2A1C0D9E");
	is(rec.message_id, "1@x");
	is(rec.queued_as, NULL);
	assert_int_equal(rec.flags, 0);
}

static void amavis_may_name_several_next_queue_ids(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(31399-03) Passed CLEAN {RelayedInbound,RelayedOpenRelay}, [192.0.2.7]:34925 "
	        "<a@example.com> -> "
	        "<b@example.org>,<c@example.net>" TAIL("2FA0427B", "1@x", ", queued_as: 97C75280/98328282"));
	is(rec.queued_as, "97C75280/98328282");
}

static void a_response_instead_of_a_queue_id_is_no_queue_id(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN {RelayedInbound}, <a@example.com> -> <b@example.org>" TAIL(
		    "2FA0427B", "1@x", ", queued_as: 250 2.0.0 Ok: queued as 97C75280 (later)"));
	is(rec.queue_id, "2FA0427B");
	is(rec.queued_as, NULL);
}

static void the_null_sender_is_there_and_empty(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed BAD-HEADER-2 {RelayedInbound}, MYNETS LOCAL [192.0.2.7]:1 ESMTP/ESMTP "
	        "<> -> <b@example.org>" TAIL("2FA0427B", "1@x", ", queued_as: 97C75280"));
	is(rec.sender, "");
	is(rec.result, "BAD-HEADER-2");
	is(rec.queued_as, "97C75280");
}

static void amavis_without_braces_is_an_old_one(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN, LOCAL [192.0.2.7] [192.0.2.8] <a@example.com> -> "
	        "<b@example.org>, Message-ID: <1@x>, "
	        "mail_id: x, Hits: -, size: 3, queued_as: 97C75280, 141 ms");
	is(rec.detail, NULL);
	is(rec.queue_id, NULL);
	is(rec.queued_as, "97C75280");
}

static void quoted_addresses_cannot_imitate_the_rest(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN {RelayedInbound}, [192.0.2.7]:1 <\"x> -> <y@evil.example>, "
	        "Queue-ID: 666666\"@example.com>"
	        " -> <\"q\\\\\"> , queued_as: 777777, \"@example.org>,<b@example.org>" TAIL("2FA0427B", "1@x",
	                                                                                    ", queued_as: 97C75280"));
	is(rec.sender, "\"x> -> <y@evil.example>, Queue-ID: 666666\"@example.com");
	is(rec.recipients, "<\"q\\\\\"> , queued_as: 777777, \"@example.org>,<b@example.org>");
	is(rec.queue_id, "2FA0427B");
	is(rec.queued_as, "97C75280");
	assert_int_equal(rec.flags, 0);
}

/* amavis doubles backslashes: `\\"` is a quoted quote, `\\\\"` a quoted backslash and the end. */
static void a_doubled_backslash_quotes_what_follows(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN {RelayedInbound}, <\"q\\\\\"q\"@example.com> -> "
	        "<\"q\\\\\\\\\"@example.org>" TAIL("2FA0427B", "1@x", ", queued_as: 97C75280"));
	is(rec.sender, "\"q\\\\\"q\"@example.com");
	is(rec.recipients, "<\"q\\\\\\\\\"@example.org>");
	assert_int_equal(rec.flags, 0);
}

static void a_message_id_cannot_imitate_later_fields(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN {RelayedInbound}, <a@example.com> -> <b@example.org>" TAIL(
		    "2FA0427B", "x, mail_id: a, Hits: -9, size: 1, queued_as: 666666, 1 ms", ", queued_as: 97C75280"));
	is(rec.message_id, "x, mail_id: a, Hits: -9, size: 1, queued_as: 666666, 1 ms");
	is(rec.queued_as, "97C75280");
	assert_int_equal(rec.flags, 0);
}

static void a_message_id_that_got_out_of_its_brackets_is_suspect(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN {RelayedInbound}, <a@example.com> -> <b@example.org>" TAIL(
		    "2FA0427B", "x>, mail_id: a, Hits: -9, size: 1, queued_as: 666666, <y", ", queued_as: 97C75280"));
	assert_true(rec.flags & RECORD_SUSPECT);
}

static void a_banned_name_with_brackets_has_one_reading(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Blocked BANNED (multipart/mixed | .exe,a (1) {x}, -> <b>.exe) "
	        "{DiscardedInbound}, [192.0.2.7]:1 "
	        "<a@example.com> -> <b@example.org>" TAIL("2FA0427B", "1@x", ""));
	is(rec.result, "BANNED");
	is(rec.detail, "DiscardedInbound");
	is(rec.sender, "a@example.com");
	is(rec.queue_id, "2FA0427B");
	assert_int_equal(rec.flags, 0);
}

static void a_banned_name_that_is_a_whole_line_is_suspect(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Blocked BANNED (a.exe) {RelayedInbound}, [192.0.2.9]:1 <v@evil.example> -> "
	        "<b@example.org>, "
	        "Queue-ID: 666666, x) {DiscardedInbound}, [192.0.2.7]:1 <a@example.com> -> "
	        "<b@example.org>" TAIL("2FA0427B", "1@x", ""));
	is(rec.category, "Blocked");
	is(rec.result, "BANNED");
	assert_true(rec.flags & RECORD_SUSPECT);
}

static void a_name_of_many_brackets_takes_no_time(void **state)
{
	static char text[60000];
	size_t n = 0;

	(void)state;
	n += (size_t)(stpcpy(text, "(1-03) Blocked INFECTED (") - text);
	while (n < sizeof text - 100)
		n += (size_t)(stpcpy(text + n, ") {A}, <a@b> -> ") - (text + n));
	strcpy(text + n, ") {DiscardedInbound}, <a@example.com> -> <b@example.org>, 3 ms");
	read_as(RECORD_AMAVIS, "amavis", text);
	assert_true(rec.flags & RECORD_SUSPECT);
}

static void a_cut_amavis_line_is_truncated_and_its_rest_is_noise(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN {RelayedInbound}, <a@example.com> -> <b@example.org>, "
	        "Queue-ID: 2FA04...");
	assert_int_equal(rec.flags, RECORD_TRUNCATED);
	is(rec.sender, "a@example.com");
	is(rec.queue_id, NULL);
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN {RelayedInbound}, <a@example.com> -> <b@example.org>,<c@exa...");
	assert_int_equal(rec.flags, RECORD_TRUNCATED);
	is(rec.recipients, NULL);
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN {RelayedInbound}, <a@example.com> -> <b@example.org>, "
	        "Queue-ID: 2FA0427B, Message-ID: <1@x...");
	assert_int_equal(rec.flags, RECORD_TRUNCATED);
	is(rec.queue_id, "2FA0427B");
	is(rec.message_id, NULL);
	read_as(RECORD_NO_INTEREST, "amavis", "(1-03) ...27B, Message-ID: <1@x>, Passed CLEAN {RelayedInbound}");
}

static void a_queue_id_at_the_very_end_may_have_been_cut(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Passed CLEAN {RelayedInbound}, <a@example.com> -> <b@example.org>, "
	        "Queue-ID: 2FA0427B");
	is(rec.queue_id, NULL);
}

static void an_address_nobody_can_read_is_suspect(void **state)
{
	(void)state;
	read_as(RECORD_AMAVIS, "amavis",
	        "(1-03) Blocked SPAM {DiscardedInbound}, <a b@example.com> -> <b@example.org>, 3 ms");
	is(rec.result, "SPAM");
	assert_true(rec.flags & RECORD_SUSPECT);
}

static void words_like_passed_are_no_result(void **state)
{
	(void)state;
	parse("amavis", "(1-03) Passed on to the next server");
	assert_false(shapes_fields(&rec));
	assert_int_equal(rec.kind, RECORD_OTHER);
	not_understood("amavis", "(1-03) Blockd SPAM {DiscardedInbound}, <a@example.com> -> <b@example.org>, 3 ms");
}

/* -------------------------------------------------------------------- rspamd */

#define SYMBOLS                                                                   \
	"[BAYES_SPAM(5.10){100.00%;},R_SPF_FAIL(1.00){-all;},URL(0.00){http://x/" \
	"?R_SPF_ALLOW(,R_DKIM_ALLOW(1){};},"                                      \
	"DMARC_NA(0.00)]"
#define TASK(mid, head) \
	"<a1b2c3>; proxy; rspamd_task_write_log: id: <" mid ">," head " (default: T (add header): [7.10/15.00] "
#define REST                                                                             \
	"), len: 812, time: 88.1ms, dns req: 12, digest: <0f>, rcpts: <b@example.org>, " \
	"mime_rcpts: <b@example.org>"

static void a_task_line_gives_all_its_fields(void **state)
{
	static const char *const heads[] = {"", "(rspamd_proxy) ", "#412(rspamd_proxy) "};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		strcpy(text, heads[i]);
		strcat(text, TASK("1@example.com", " qid: <3F2A1C0D9E>, ip: 2001:db8::7, user: u, "
		                                   "from: <\"a, b\"@example.com>,") SYMBOLS REST);
		read_as(RECORD_RSPAMD, "rspamd", text);
		is(rec.message_id, "1@example.com");
		is(rec.queue_id, "3F2A1C0D9E");
		is(rec.client_ip, "2001:db8::7");
		is(rec.sender, "\"a, b\"@example.com");
		is(rec.result, "add header");
		is(rec.detail, SYMBOLS);
		assert_int_equal(rec.flags, 0);
	}
}

static void a_task_line_may_lack_all_but_the_verdict(void **state)
{
	(void)state;
	read_as(RECORD_RSPAMD, "rspamd", TASK("undef", "") "[]" REST);
	is(rec.queue_id, NULL);
	is(rec.sender, NULL);
	is(rec.detail, "[]");
}

static void a_message_id_may_hold_a_queue_id(void **state)
{
	(void)state;
	read_as(RECORD_RSPAMD, "rspamd",
	        TASK("x>, qid: <666666>, ip: 192.0.2.66", " qid: <3F2A1C0D9E>, ip: 192.0.2.7,") SYMBOLS REST);
	is(rec.queue_id, "3F2A1C0D9E");
	is(rec.client_ip, "192.0.2.7");
	is(rec.message_id, "x>, qid: <666666>, ip: 192.0.2.66");
}

static void a_second_verdict_is_suspect(void **state)
{
	(void)state;
	read_as(RECORD_RSPAMD, "rspamd",
	        TASK("x>, qid: <666666>, (default: F (no action): [0.00/15.00] "
	             "[R_SPF_ALLOW(0){}]), len: 1, <y",
	             " qid: <3F2A1C0D9E>,") SYMBOLS REST);
	assert_true(rec.flags & RECORD_SUSPECT);
	read_as(RECORD_RSPAMD, "rspamd", TASK("1@x", "") "[URL(0){http://x/]), len: 3;},R_SPF_FAIL(1){}]" REST);
	assert_true(rec.flags & RECORD_SUSPECT);
}

static void a_symbol_counts_at_the_beginning_of_an_entry_only(void **state)
{
	(void)state;
	assert_true(rspamd_symbol(slice_str(SYMBOLS), "BAYES_SPAM"));
	assert_true(rspamd_symbol(slice_str(SYMBOLS), "R_SPF_FAIL"));
	assert_true(rspamd_symbol(slice_str(SYMBOLS), "DMARC_NA"));
	assert_false(rspamd_symbol(slice_str(SYMBOLS), "R_SPF_ALLOW"));
	assert_false(rspamd_symbol(slice_str(SYMBOLS), "R_DKIM_ALLOW"));
	assert_false(rspamd_symbol(slice_str(SYMBOLS), "BAYES"));
	assert_false(rspamd_symbol(slice_str(SYMBOLS), "SPF_FAIL"));
	assert_false(rspamd_symbol(slice_str("[]"), "BAYES"));
	assert_false(rspamd_symbol(slice_str("[A(1){x"), "x"));
	assert_false(rspamd_symbol(SLICE_NONE, "A"));
}

/* ------------------------------------------------------------------ postgrey */

static void a_greylist_line_gives_all_its_fields(void **state)
{
	(void)state;
	read_as(RECORD_GREYLIST, "postgrey",
	        "3F2A1C0D9E: action=pass, reason=triplet found, delay=312, client_name=mx.example.net, "
	        "client_address=192.0.2.7, sender=a@example.com, recipient=b@example.org");
	is(rec.queue_id, "3F2A1C0D9E");
	is(rec.result, "pass");
	is(rec.detail, "triplet found");
	is(rec.delay, "312");
	is(rec.client_name, "mx.example.net");
	is(rec.client_ip, "192.0.2.7");
	is(rec.sender, "a@example.com");
	is(rec.recipient, "b@example.org");
}

static void a_greylist_line_without_sender_is_of_the_null_sender(void **state)
{
	(void)state;
	read_as(RECORD_GREYLIST, "postgrey",
	        "action=greylist, reason=early-retry (2s missing), client_address=2001:db8::7, "
	        "recipient=b@example.org");
	is(rec.queue_id, NULL);
	is(rec.detail, "early-retry (2s missing)");
	is(rec.client_name, NULL);
	is(rec.sender, "");
	is(rec.recipient, "b@example.org");
}

static void a_sender_that_names_a_recipient_is_suspect(void **state)
{
	(void)state;
	read_as(RECORD_GREYLIST, "postgrey",
	        "action=greylist, reason=new, client_name=unknown, client_address=192.0.2.7, "
	        "sender=a, recipient=victim@example.org, recipient=b@example.org");
	assert_true(rec.flags & RECORD_SUSPECT);
	read_as(RECORD_GREYLIST, "postgrey",
	        "action=greylist, reason=new, client_name=unknown, client_address=192.0.2.7, "
	        "sender=a> to=<x@y> helo=<z@example.com, recipient=b@example.org");
	is(rec.sender, "a> to=<x@y> helo=<z@example.com");
	assert_int_equal(rec.flags, 0);
}

/* ----------------------------------------------------------------------- SPF */

static void a_received_spf_line_gives_all_its_fields(void **state)
{
	static const char *const heads[] = {"", ": ", "3F2A1C0D9E: "};
	char text[512];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		strcpy(text, heads[i]);
		strcat(text, "prepend Received-SPF: Softfail (mailfrom) identity=mailfrom; "
		             "client-ip=192.0.2.7; "
		             "helo=mx.example.net; envelope-from=a;b=c@example.com; "
		             "receiver=b@example.org ");
		read_as(RECORD_SPF, "policyd-spf", text);
		is(rec.queue_id, i == 2 ? "3F2A1C0D9E" : NULL);
		is(rec.result, "Softfail");
		is(rec.category, "softfail");
		is(rec.detail, "mailfrom");
		is(rec.client_ip, "192.0.2.7");
		is(rec.helo, "mx.example.net");
		is(rec.sender, "a;b=c@example.com");
		is(rec.recipient, "b@example.org");
		assert_int_equal(rec.flags, 0);
	}
}

static void spf_of_the_null_sender_is_of_the_helo_name(void **state)
{
	(void)state;
	read_as(RECORD_SPF, "policyd-spf",
	        ": prepend Received-SPF: None (no SPF record) identity=helo; "
	        "client-ip=2001:db8::7; helo=mx.example.net; "
	        "envelope-from=<>; receiver=b@example.org ");
	is(rec.category, "none");
	is(rec.detail, "helo");
	is(rec.sender, "");
}

static void authentication_results_are_read_too(void **state)
{
	(void)state;
	read_as(RECORD_SPF, "policyd-spf",
	        "prepend Authentication-Results: mx.example.org; spf=pass (sender SPF authorized) "
	        "smtp.mailfrom=example.com (client-ip=192.0.2.7; helo=mx.example.net; "
	        "envelope-from=a@example.com; "
	        "receiver=b@example.org)");
	is(rec.category, "pass");
	is(rec.detail, "mailfrom");
	is(rec.client_ip, "192.0.2.7");
	is(rec.recipient, "b@example.org");
}

static void an_explanation_that_imitates_the_details_is_suspect(void **state)
{
	(void)state;
	read_as(RECORD_SPF, "policyd-spf",
	        "prepend Received-SPF: Fail (see) identity=mailfrom; client-ip=192.0.2.66; helo=x; "
	        "envelope-from=v@evil.example; "
	        "x) identity=mailfrom; client-ip=192.0.2.7; helo=mx.example.net; "
	        "envelope-from=a@example.com; "
	        "receiver=b@example.org ");
	is(rec.category, "fail");
	assert_true(rec.flags & RECORD_SUSPECT);
	read_as(RECORD_SPF, "policyd-spf",
	        "prepend Received-SPF: Fail (mailfrom) identity=mailfrom; client-ip=192.0.2.7; helo=x; "
	        "envelope-from=a; receiver=v@example.org; receiver=b@example.org ");
	assert_true(rec.flags & RECORD_SUSPECT);
}

static void a_refusal_by_spf_says_whom_and_why(void **state)
{
	(void)state;
	read_as(RECORD_SPF, "policyd-spf",
	        ": 550 5.7.23 Message rejected due to: SPF fail - not authorized. Please see "
	        "http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.7;r=mx.example.org");
	is(rec.result, "fail");
	is(rec.category, "fail");
	is(rec.dsn, "5.7.23");
	is(rec.detail, "mailfrom");
	is(rec.sender, "a@example.com");
	is(rec.client_ip, "192.0.2.7");
	read_as(RECORD_SPF, "policyd-spf",
	        "550 5.7.23 Message rejected due to: Receiver policy for SPF Softfail. Please see "
	        "http://www.openspf.net/Why?s=helo;id=mx.example.net;ip=192.0.2.7;r=mx.example.org");
	is(rec.category, "softfail");
	is(rec.sender, NULL);
	is(rec.detail, "helo");
	read_as(RECORD_SPF, "policyd-spf", "3F2A1C0D9E: defer_if_permit 4.7.24 try again");
	is(rec.category, "temperror");
	is(rec.client_ip, NULL);
	read_as(RECORD_SPF, "policyd-spf",
	        "550 5.7.24 Message rejected due to: SPF Permanent Error: Too many DNS lookups");
	is(rec.category, "permerror");
	read_as(RECORD_SPF, "policyd-spf", "550 not here");
	is(rec.category, "fail");
	is(rec.text, "not here");
}

static void an_unknown_spf_result_is_not_understood(void **state)
{
	(void)state;
	parse("policyd-spf", "prepend Received-SPF: Perhaps (mailfrom) identity=mailfrom; client-ip=192.0.2.7");
	assert_false(shapes_fields(&rec));
	assert_int_equal(rec.kind, RECORD_OTHER);
}

/* --------------------------------------------------------------- DKIM, DMARC */

static void dkim_results_have_their_category(void **state)
{
	static const struct {
		const char *text, *category, *detail;
	} cases[] = {
	    {"3F2A1C0D9E: DKIM verification successful", "pass", NULL},
	    {"3F2A1C0D9E: bad signature data", "fail", NULL},
	    {"3F2A1C0D9E: no signature data", "none", NULL},
	    {"3F2A1C0D9E: key retrieval failed (s=mail, d=example.com): timeout", "temperror", "example.com"},
	    {"3F2A1C0D9E: key revoked (s=mail, d=example.com, a=rsa-sha256)", "permerror", "example.com"},
	    {"3F2A1C0D9E: signature=x1 domain=example.com selector=mail result=\"signature error\"", "fail",
	     "example.com"},
	    {"3F2A1C0D9E: signature=x1 domain=example.com selector=mail result=\"x\"; signature=x2 "
	     "domain=example.net "
	     "selector=m result=\"no signature error\"",
	     "pass", "example.com"},
	    {"3F2A1C0D9E: s=mail d=example.com a=rsa-sha256 SSL error:0407006A:rsa routines", "fail", "example.com"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		read_as(RECORD_DKIM, "opendkim", cases[i].text);
		is(rec.queue_id, "3F2A1C0D9E");
		is(rec.category, cases[i].category);
		is(rec.detail, cases[i].detail);
	}
}

static void what_we_sign_ourselves_is_no_evidence(void **state)
{
	(void)state;
	read_as(RECORD_NO_INTEREST, "opendkim", "3F2A1C0D9E: DKIM-Signature field added (s=mail, d=example.org)");
}

static void dmarc_lines_name_domain_and_result(void **state)
{
	(void)state;
	read_as(RECORD_DMARC, "opendmarc", "3F2A1C0D9E: example.com fail");
	is(rec.queue_id, "3F2A1C0D9E");
	is(rec.detail, "example.com");
	is(rec.category, "fail");
	read_as(RECORD_SPF, "opendmarc", "3F2A1C0D9E: SPF(mailfrom): example.com softfail");
	is(rec.detail, "mailfrom");
	is(rec.category, "softfail");
	not_understood("opendmarc", "3F2A1C0D9E: example.com perhaps");
}

/* --------------------------------------------------------------------- noise */

static void a_misspelt_action_matches_no_row(void **state)
{
	static const char *const tags[] = {
	    "postfix/smtpd",     "postfix/cleanup",    "postfix/qmgr",    "postfix/smtp",   "postfix/local",
	    "postfix/discard",   "postfix/postscreen", "postfix/pickup",  "postfix/bounce", "postfix/qmqpd",
	    "postfix/postsuper", "postfix/master",     "postfix/dnsblog", "postfix/anvil",  "postfix"};
	static const char *const texts[] = {
	    "NOQUEUE: wran: RCPT from mx.example.net[192.0.2.7]: t; from=<a@example.com> "
	    "to=<b@example.org> proto=ESMTP "
	    "helo=<x>",
	    "3F2A1C0D9E: rejct: RCPT from mx.example.net[192.0.2.7]: 554 5.7.1 no; "
	    "from=<a@example.com> "
	    "to=<b@example.org> proto=ESMTP helo=<x>",
	    "3F2A1C0D9E: wraning: header Subject: hi from mx.example.net[192.0.2.7]; "
	    "from=<a@example.com> "
	    "to=<b@example.org> proto=ESMTP helo=<x>: t",
	    "NOQUEUE: rejct: RCPT from [192.0.2.7]:2413: 550 5.7.1 no; from=<a@example.com>, "
	    "to=<b@example.org>, "
	    "proto=ESMTP, helo=<x>",
	    "proxy-rejct: END-OF-MESSAGE: 554 5.7.0 no; from=<a@example.com> to=<b@example.org> "
	    "proto=ESMTP helo=<x>",
	    "wran: RCPT from mx.example.net[192.0.2.7]: t; from=<a@example.com> proto=ESMTP "
	    "helo=<x>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			not_understood(tags[i], texts[k]);
}

static void an_unknown_warning_of_those_that_decide_matches_no_row(void **state)
{
	(void)state;
	not_understood("postfix/smtpd", "warning: something new happened");
	not_understood("postfix/cleanup", "warning: 3F2A1C0D9E: something new happened");
	not_understood("postfix/qmgr", "warning: something new happened");
	not_understood("postfix/smtp", "warning: something new happened");
	not_understood("postfix/postscreen", "warning: something new happened");
}

/* No row, and no field reader, may stumble over a line that stops anywhere or holds any byte. */
static void every_example_may_be_cut_or_damaged_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < shapes_companions_count; i++) {
		const struct shape *row = &shapes_companions[i];
		size_t n = strlen(row->example);
		for (size_t k = 0; k <= 2 * n; k++) {
			char *text = malloc(n + 1);
			assert_non_null(text);
			memcpy(text, row->example, n + 1);
			if (k < n)
				text[k] = (char)(k % 3 == 0 ? '\0' : k % 3 == 1 ? '\xff' : '"');
			size_t length = k < n ? n : k - n;
			char *exact = malloc(length ? length : 1);
			assert_non_null(exact);
			memcpy(exact, text, length);
			memset(&rec, 0, sizeof rec);
			line.form = LINE_LOG;
			line.text = slice_of(exact, length);
			rec.line = &line;
			rec.body = line.text;
			if (row->fields)
				row->fields(&rec);
			free(exact);
			free(text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_amavis_line_gives_all_its_fields),
	    cmocka_unit_test(amavis_may_name_several_next_queue_ids),
	    cmocka_unit_test(a_response_instead_of_a_queue_id_is_no_queue_id),
	    cmocka_unit_test(the_null_sender_is_there_and_empty),
	    cmocka_unit_test(amavis_without_braces_is_an_old_one),
	    cmocka_unit_test(quoted_addresses_cannot_imitate_the_rest),
	    cmocka_unit_test(a_doubled_backslash_quotes_what_follows),
	    cmocka_unit_test(a_message_id_cannot_imitate_later_fields),
	    cmocka_unit_test(a_message_id_that_got_out_of_its_brackets_is_suspect),
	    cmocka_unit_test(a_banned_name_with_brackets_has_one_reading),
	    cmocka_unit_test(a_banned_name_that_is_a_whole_line_is_suspect),
	    cmocka_unit_test(a_name_of_many_brackets_takes_no_time),
	    cmocka_unit_test(a_cut_amavis_line_is_truncated_and_its_rest_is_noise),
	    cmocka_unit_test(a_queue_id_at_the_very_end_may_have_been_cut),
	    cmocka_unit_test(an_address_nobody_can_read_is_suspect),
	    cmocka_unit_test(words_like_passed_are_no_result),
	    cmocka_unit_test(a_task_line_gives_all_its_fields),
	    cmocka_unit_test(a_task_line_may_lack_all_but_the_verdict),
	    cmocka_unit_test(a_message_id_may_hold_a_queue_id),
	    cmocka_unit_test(a_second_verdict_is_suspect),
	    cmocka_unit_test(a_symbol_counts_at_the_beginning_of_an_entry_only),
	    cmocka_unit_test(a_greylist_line_gives_all_its_fields),
	    cmocka_unit_test(a_greylist_line_without_sender_is_of_the_null_sender),
	    cmocka_unit_test(a_sender_that_names_a_recipient_is_suspect),
	    cmocka_unit_test(a_received_spf_line_gives_all_its_fields),
	    cmocka_unit_test(spf_of_the_null_sender_is_of_the_helo_name),
	    cmocka_unit_test(authentication_results_are_read_too),
	    cmocka_unit_test(an_explanation_that_imitates_the_details_is_suspect),
	    cmocka_unit_test(a_refusal_by_spf_says_whom_and_why),
	    cmocka_unit_test(an_unknown_spf_result_is_not_understood),
	    cmocka_unit_test(dkim_results_have_their_category),
	    cmocka_unit_test(what_we_sign_ourselves_is_no_evidence),
	    cmocka_unit_test(dmarc_lines_name_domain_and_result),
	    cmocka_unit_test(a_misspelt_action_matches_no_row),
	    cmocka_unit_test(an_unknown_warning_of_those_that_decide_matches_no_row),
	    cmocka_unit_test(every_example_may_be_cut_or_damaged_anywhere),
	};

	shapes_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
