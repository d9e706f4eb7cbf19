#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../parsers/record.h"
#include "../../parsers/shapes.h"

static struct line line;
static struct record rec;

/* A record that has nothing at all. */
static void record_none(void)
{
	memset(&line, 0, sizeof line);
	memset(&rec, 0, sizeof rec);
	rec.line = &line;
	rec.size = rec.nrcpt = -1;
	rec.rcpt_ok = rec.rcpt_all = rec.data_ok = rec.data_all = -1;
}

static void put_name(void *arg, const char *field, struct slice value, bool quoted)
{
	(void)value;
	(void)quoted;
	strcat(strcat(arg, field), " ");
}

static void put_value(void *arg, const char *field, struct slice value, bool quoted)
{
	char *out = arg;

	out += strlen(out);
	sprintf(out, quoted ? "%s=\"%.*s\" " : "%s=%.*s ", field, (int)value.n, value.n ? value.p : "");
}

static void shows(const char *want)
{
	char got[4096] = "";

	record_fields(&rec, put_value, got);
	assert_string_equal(got, want);
}

/* As the contract lists them, between the envelope and the marks. */
static const char *const contract[] = {
    "queue_id",    "action",        "stage",      "client_name", "client_ip",      "client_port",   "code",
    "dsn",         "text",          "sender",     "recipient",   "orig_recipient", "helo",          "proto",
    "sasl_method", "sasl_username", "message_id", "size",        "nrcpt",          "relay",         "relay_ip",
    "relay_port",  "delay",         "delays",     "status",      "response",       "orig_queue_id", "queued_as",
    "suspect",     "truncated",     "repeated",
};

static void record_full(void)
{
	struct slice x = SLICE("x");

	record_none();
	rec.queue_id = rec.word = rec.stage = rec.client_name = rec.client_ip = rec.client_port = rec.dsn = x;
	rec.text = rec.sender = rec.recipient = rec.orig_recipient = rec.helo = rec.proto = x;
	rec.sasl_method = rec.sasl_username = rec.message_id = rec.relay = rec.relay_ip = rec.relay_port = x;
	rec.delay = rec.delays = rec.status = rec.response = rec.orig_queue_id = rec.orig_client = rec.queued_as = x;
	rec.recipients = rec.category = rec.result = rec.detail = x;
	rec.code = 554;
	rec.size = rec.nrcpt = rec.rcpt_ok = rec.rcpt_all = rec.data_ok = rec.data_all = 1;
	rec.flags = RECORD_SUSPECT | RECORD_TRUNCATED | RECORD_LOGIN;
	line.repeated = 2;
}

static void fields_come_in_the_order_of_the_contract(void **state)
{
	char got[4096] = " ", name[64];

	(void)state;
	record_full();
	record_fields(&rec, put_name, got + 1);
	const char *at = got;
	for (size_t i = 0; i < sizeof contract / sizeof *contract; i++) {
		snprintf(name, sizeof name, " %s ", contract[i]);
		at = strstr(at, name);
		if (!at) {
			fail_msg("%s is missing or too early: %s", contract[i], got);
			return; /* which cmocka does not tell the compiler */
		}
		at += strlen(name) - 1;
	}
}

static void no_field_comes_twice(void **state)
{
	char got[4096] = " ", name[64];
	const char *at = got;
	size_t n = 0;

	(void)state;
	record_full();
	record_fields(&rec, put_name, got + 1);
	for (; sscanf(at, "%63s", name) == 1; at = strstr(at, name) + strlen(name), n++) {
		char padded[70];
		snprintf(padded, sizeof padded, " %s ", name);
		assert_null(strstr(strstr(got, padded) + 1, padded));
	}
	assert_int_equal(n,
	                 sizeof contract / sizeof *contract + 9); /* orig_client, what companions say, four counters */
}

static void what_is_absent_is_not_shown(void **state)
{
	(void)state;
	record_none();
	shows("");
}

static void what_is_empty_is_shown(void **state)
{
	(void)state;
	record_none();
	rec.sender = SLICE("");
	rec.text = SLICE("");
	shows("text=\"\" sender=\"\" ");
}

static void a_number_may_be_zero(void **state)
{
	(void)state;
	record_none();
	rec.size = rec.nrcpt = 0;
	rec.rcpt_ok = rec.rcpt_all = rec.data_ok = rec.data_all = 0;
	shows("size=0 nrcpt=0 rcpt_ok=0 rcpt_all=0 data_ok=0 data_all=0 ");
}

static void numbers_and_marks_are_not_quoted(void **state)
{
	(void)state;
	record_none();
	rec.code = 450;
	rec.dsn = SLICE("4.7.1");
	rec.size = INT64_MAX;
	rec.flags = RECORD_SUSPECT | RECORD_TRUNCATED;
	line.repeated = UINT32_MAX;
	shows("code=450 dsn=\"4.7.1\" size=9223372036854775807 suspect=true truncated=true repeated=4294967295 ");
}

static void a_login_shows_in_its_fields_only(void **state)
{
	(void)state;
	record_none();
	rec.flags = RECORD_LOGIN;
	shows("");
}

static void the_action_is_the_word_of_the_line(void **state)
{
	(void)state;
	record_none();
	rec.action = ACTION_MILTER_OTHER;
	rec.word = SLICE("milter-header-redirect");
	shows("action=\"milter-header-redirect\" ");
}

static void put_slice(void *arg, const char *field, struct slice value, bool quoted)
{
	assert_string_equal(field, "helo");
	assert_true(quoted);
	*(struct slice *)arg = value;
}

static void bytes_are_handed_on_as_they_are(void **state)
{
	static const char bytes[] = "a\0\xFF\x1B";
	struct slice got = SLICE_NONE;

	(void)state;
	record_none();
	rec.helo = slice_of(bytes, 4);
	record_fields(&rec, put_slice, &got);
	assert_true(slice_eq(got, rec.helo));
}

static void each_kind_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < RECORD_KIND_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(record_kind_name((enum record_kind)i),
			                        record_kind_name((enum record_kind)k));
	assert_string_equal(record_kind_name(RECORD_NO_INTEREST), "no-interest");
	assert_string_equal(record_kind_name(RECORD_REPEAT), "repeat");
	assert_string_equal(record_kind_name(RECORD_KIND_COUNT), "other");
}

/* Lines that no row reads: what a record of them is. */
static void line_of(enum line_form form, const char *tag, const char *text)
{
	memset(&line, 0, sizeof line);
	memset(&rec, 0xA5, sizeof rec);
	line.form = form;
	line.tag = slice_str(tag);
	line.text = slice_str(text);
	shapes_parse(&line, &rec);
	assert_true(shapes_fields(&rec));
}

static void a_line_without_envelope_is_not_understood(void **state)
{
	(void)state;
	line_of(LINE_ODD, NULL, "NOQUEUE: warn: RCPT from unknown[192.0.2.7]: t; proto=SMTP");
	assert_int_equal(rec.kind, RECORD_OTHER);
	shows("");
	line_of(LINE_LOG, NULL, "hello");
	assert_int_equal(rec.kind, RECORD_OTHER);
}

static void what_syslog_says_itself_has_its_own_kinds(void **state)
{
	(void)state;
	line_of(LINE_LOSS, "rsyslogd", "imuxsock: begin to drop messages");
	assert_int_equal(rec.kind, RECORD_LOSS);
	line_of(LINE_LAST_REPEATED, NULL, "last message repeated 3 times");
	assert_int_equal(rec.kind, RECORD_REPEAT);
	line_of(LINE_BANNER, NULL, "-- Boot --");
	assert_int_equal(rec.kind, RECORD_NO_INTEREST);
}

static void a_program_that_is_not_of_mail_is_of_no_interest(void **state)
{
	(void)state;
	line_of(LINE_LOG, "sshd", "warn: RCPT from unknown[192.0.2.7]: t; proto=SMTP");
	assert_int_equal(rec.kind, RECORD_NO_INTEREST);
	assert_int_equal(rec.daemon, DAEMON_NONE);
	line_of(LINE_LOG, "sshd", "NOQUEUE: wran: RCPT from unknown[192.0.2.7]: t; proto=SMTP");
	assert_int_equal(rec.kind, RECORD_OTHER);
	line_of(LINE_LOG, "postfix", "something new");
	assert_int_equal(rec.kind, RECORD_OTHER);
	line_of(LINE_LOG, "postfix/smtpd", "something new");
	assert_int_equal(rec.kind, RECORD_OTHER);
	assert_int_equal(rec.daemon, DAEMON_SMTPD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_come_in_the_order_of_the_contract),
	    cmocka_unit_test(no_field_comes_twice),
	    cmocka_unit_test(what_is_absent_is_not_shown),
	    cmocka_unit_test(what_is_empty_is_shown),
	    cmocka_unit_test(a_number_may_be_zero),
	    cmocka_unit_test(numbers_and_marks_are_not_quoted),
	    cmocka_unit_test(a_login_shows_in_its_fields_only),
	    cmocka_unit_test(the_action_is_the_word_of_the_line),
	    cmocka_unit_test(bytes_are_handed_on_as_they_are),
	    cmocka_unit_test(each_kind_has_a_name_of_its_own),
	    cmocka_unit_test(a_line_without_envelope_is_not_understood),
	    cmocka_unit_test(what_syslog_says_itself_has_its_own_kinds),
	    cmocka_unit_test(a_program_that_is_not_of_mail_is_of_no_interest),
	};

	shapes_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
