#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../../parsers/syslog.h"

static struct syslog_frame frame;
static struct line line;
static char *held; /* the bytes of `line` */

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	syslog_init(&frame, 2026);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(held);
	held = NULL;
	return 0;
}

/* Parses from a buffer that ends where the line ends. */
static void parse_bytes(const char *p, size_t n)
{
	free(held);
	held = malloc(n ? n : 1);
	assert_non_null(held);
	memcpy(held, p, n);
	memset(&line, 0xA5, sizeof(line));
	syslog_parse(&frame, slice_of(held, n), &line);
}

static void parse(const char *text)
{
	parse_bytes(text, strlen(text));
}

static void assert_slice(struct slice got, const char *want)
{
	if (!want) {
		assert_false(slice_is_set(got));
		return;
	}
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p, want, got.n);
}

static void assert_time(const char *utc)
{
	char buf[STAMP_TEXT];

	stamp_text(line.stamp.us, line.stamp.digits, buf);
	assert_string_equal(buf, utc);
}

static void assert_line(enum line_form form, const char *host, const char *tag, uint32_t pid, const char *text)
{
	assert_int_equal(line.form, form);
	assert_slice(line.host, host);
	assert_slice(line.tag, tag);
	assert_int_equal(line.pid, pid);
	assert_slice(line.text, text);
}

static void assert_odd(const char *text)
{
	struct syslog_frame before = frame;

	parse(text);
	assert_line(LINE_ODD, NULL, NULL, 0, text);
	assert_true(line.stamp.us == STAMP_NONE);
	assert_int_equal(line.flags, 0);
	assert_memory_equal(&before, &frame, sizeof(frame));
}

static void each_stamp_form_heads_a_line(void **state)
{
	static const char *const stamps[][2] = {
	    {"Mar  5 07:08:09", "2026-03-05T07:08:09Z"},
	    {"Mar 05 07:08:09", "2026-03-05T07:08:09Z"},
	    {"Mar 05 07:08:09.123456", "2026-03-05T07:08:09.123456Z"},
	    {"2026-03-05T07:08:09.123456+01:00", "2026-03-05T06:08:09.123456Z"},
	    {"2026-03-05T07:08:09Z", "2026-03-05T07:08:09Z"},
	    {"2026-03-05T07:08:09+0100", "2026-03-05T06:08:09Z"},
	    {"Thu 2026-03-05 07:08:09 CET", "2026-03-05T07:08:09Z"},
	    {"1772694489.123456", "2026-03-05T07:08:09.123456Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		char text[200];
		snprintf(text, sizeof(text), "%s gw01 postfix/smtpd[12345]: connect from unknown[192.0.2.7]",
		         stamps[i][0]);
		parse(text);
		assert_line(LINE_LOG, "gw01", "postfix/smtpd", 12345, "connect from unknown[192.0.2.7]");
		assert_time(stamps[i][1]);
		assert_int_equal(line.flags, 0);
	}
}

static void a_container_prefix_gives_the_time_and_the_inner_line_the_rest(void **state)
{
	static const char *const heads[] = {
	    "2026-03-05T06:08:09.1Z stdout F ", "2026-03-05T06:08:09.1Z stderr F ", "2026-03-05T06:08:09.1Z stdout P ",
	    "2026-03-05T06:08:09.1Z stdout ",   "2026-03-05T06:08:09.1Z ",
	};
	static const char *const inner[] = {"Mar 05 07:08:09", "2025-01-01T00:00:00+01:00"};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		for (size_t k = 0; k < 2; k++) {
			char text[200];
			snprintf(text, sizeof(text), "%s%s gw01 postfix/qmgr[7]: A1: removed", heads[i], inner[k]);
			parse(text);
			assert_line(LINE_LOG, "gw01", "postfix/qmgr", 7, "A1: removed");
			assert_time("2026-03-05T06:08:09.1Z");
			assert_int_equal(frame.clock.year, 2026);
		}
}

static void a_host_that_looks_like_a_container_word_is_a_host(void **state)
{
	(void)state;
	parse("2026-03-05T06:08:09Z stdout postfix/qmgr[7]: A1: removed");
	assert_line(LINE_LOG, "stdout", "postfix/qmgr", 7, "A1: removed");
	parse("2026-03-05T06:08:09Z 482915603742 postfix/qmgr[7]: A1: removed");
	assert_line(LINE_LOG, "482915603742", "postfix/qmgr", 7, "A1: removed");
	parse("Mar  5 06:08:09 mx01-b postfix/qmgr[7]: A1: removed");
	assert_line(LINE_LOG, "mx01-b", "postfix/qmgr", 7, "A1: removed");
	parse("Mar  5 06:08:09 gw1 postfix/qmgr[7]: A1: removed");
	assert_line(LINE_LOG, "gw1", "postfix/qmgr", 7, "A1: removed");
}

static void pri_and_octet_count_are_stepped_over(void **state)
{
	(void)state;
	parse("<22>Mar  5 07:08:09 gw01 postfix/qmgr[7]: A1: removed");
	assert_line(LINE_LOG, "gw01", "postfix/qmgr", 7, "A1: removed");
	parse("<22>2026-03-05T07:08:09Z gw01 postfix/qmgr[7]: A1: removed");
	assert_line(LINE_LOG, "gw01", "postfix/qmgr", 7, "A1: removed");
	parse("163 <22>1 2026-03-05T07:08:09Z gw01 postfix/qmgr 7 - - A1: removed");
	assert_line(LINE_LOG, "gw01", "postfix/qmgr", 7, "A1: removed");
	parse("1630 <22>Mar  5 07:08:09 gw01 postfix/qmgr[7]: A1: removed");
	assert_line(LINE_LOG, "gw01", "postfix/qmgr", 7, "A1: removed");
	assert_odd("<192>Mar  5 07:08:09 gw01 postfix/qmgr[7]: A1: removed");
	assert_odd("<22Mar  5 07:08:09 gw01 postfix/qmgr[7]: A1: removed");
}

static void rfc_5424_is_read_in_both_spellings_of_rsyslog(void **state)
{
	(void)state;
	parse("<22>1 2026-03-05T07:08:09.5+01:00 gw01 postfix/smtpd 31063 - - connect from x[192.0.2.7]");
	assert_line(LINE_LOG, "gw01", "postfix/smtpd", 31063, "connect from x[192.0.2.7]");
	assert_time("2026-03-05T06:08:09.5Z");
	parse("<22>1 2026-03-05T07:08:09.5+01:00 gw01 postfix 31063 - -  connect from x[192.0.2.7]");
	assert_line(LINE_LOG, "gw01", "postfix", 31063, "connect from x[192.0.2.7]");
}

static void rfc_5424_nil_values_are_absent(void **state)
{
	(void)state;
	parse("<22>1 2026-03-05T07:08:09Z - - - - - text");
	assert_line(LINE_LOG, NULL, NULL, 0, "text");
	parse("<22>1 - gw01 dovecot - - -  master: starting");
	assert_line(LINE_LOG, "gw01", "dovecot", 0, "master: starting");
	assert_time("2026-03-05T07:08:09Z");
	assert_int_equal(line.stamp.flags, STAMP_BAD);
	parse("<22>1 2026-03-05T07:08:09Z gw01 postfix/qmgr abc ID47 -");
	assert_line(LINE_LOG, "gw01", "postfix/qmgr", 0, "");
}

static void rfc_5424_structured_data_ends_at_its_own_bracket(void **state)
{
	(void)state;
	parse("<22>1 2026-03-05T07:08:09Z gw01 app 7 - [a x=\"1\"][b y=\"] \\\" \\] \\\\\"] text");
	assert_line(LINE_LOG, "gw01", "app", 7, "text");
	parse("<22>1 2026-03-05T07:08:09Z gw01 app 7 - [timeQuality tzKnown=\"1\"]");
	assert_line(LINE_LOG, "gw01", "app", 7, "");
	assert_odd("<22>1 2026-03-05T07:08:09Z gw01 app 7 - [a x=\"] text");
	assert_odd("<22>1 2026-03-05T07:08:09Z gw01 app 7 - [a]text");
	assert_odd("<22>1 2026-03-05T07:08:09Z gw01 app 7 - text");
	assert_odd("<22>1 2026-03-05T07:08:09Z gw01 app 7");
}

static void a_byte_order_mark_is_no_text(void **state)
{
	(void)state;
	parse("<22>1 2026-03-05T07:08:09Z gw01 app 7 - - \xEF\xBB\xBF"
	      "text");
	assert_line(LINE_LOG, "gw01", "app", 7, "text");
	parse("<22>1 2026-03-05T07:08:09Z gw01 app 7 - - \xEF\xBB\xBF text");
	assert_line(LINE_LOG, "gw01", "app", 7, "text");
	parse("<22>1 2026-03-05T07:08:09Z gw01 app 7 - - \xEF\xBBtext");
	assert_line(LINE_LOG, "gw01", "app", 7, "\xEF\xBBtext");
}

static void assert_tag(const char *word, const char *tag, uint32_t pid, int flags)
{
	char text[400];

	snprintf(text, sizeof(text), "Mar  5 07:08:09 gw01 %s text", word);
	parse(text);
	assert_line(LINE_LOG, "gw01", tag, pid, "text");
	assert_int_equal(line.flags, flags);
}

static void every_name_and_every_pid_is_read_from_the_tag(void **state)
{
	(void)state;
	assert_tag("postfix/smtpd[1]:", "postfix/smtpd", 1, 0);
	assert_tag("postfix/smtpd[12]:", "postfix/smtpd", 12, 0);
	assert_tag("postfix/smtpd[999999]:", "postfix/smtpd", 999999, 0);
	assert_tag("postfix/smtpd[4194304]:", "postfix/smtpd", 4194304, 0);
	assert_tag("postfix/smtpd[12345678]:", "postfix/smtpd", 12345678, 0);
	assert_tag("postfix/smtpd[4294967295]:", "postfix/smtpd", 4294967295, 0);
	assert_tag("postfix/postfix-script[1]:", "postfix/postfix-script", 1, 0);
	assert_tag("postfix-out/smtp[77]:", "postfix-out/smtp", 77, 0);
	assert_tag("postfix/10025/smtpd[77]:", "postfix/10025/smtpd", 77, 0);
	assert_tag("a[1]:", "a", 1, 0);
	assert_tag("ab[1234567]:", "ab", 1234567, 0);
	assert_tag("a[1234567]:", "a", 1234567, 0);
	assert_tag("postfix/smtpd[12]", "postfix/smtpd", 12, 0);
}

static void a_tag_needs_no_pid(void **state)
{
	(void)state;
	assert_tag("rsyslogd:", "rsyslogd", 0, 0);
	assert_tag("dovecot:", "dovecot", 0, 0);
	assert_tag("x:", "x", 0, 0);
}

static void what_is_no_number_is_no_pid(void **state)
{
	(void)state;
	assert_tag("postfix/smtpd[]:", "postfix/smtpd", 0, 0);
	assert_tag("postfix/smtpd[12a45]:", "postfix/smtpd", 0, 0);
	assert_tag("postfix/smtpd[4294967296]:", "postfix/smtpd", 0, 0);
	assert_tag("postfix/smtpd[99999999999999999999]:", "postfix/smtpd", 0, 0);
	assert_tag("postfix/12345]:", "postfix/12345]", 0, 0);
}

static void a_pid_cut_at_32_characters_is_marked_doubtful(void **state)
{
	(void)state;
	assert_tag("postfix/submission/smtpd[123456]", "postfix/submission/smtpd", 123456, 0);
	assert_tag("postfix/submissions/smtpd[419430", "postfix/submissions/smtpd", 419430, LINE_PID_DOUBTFUL);
	assert_tag("postfix/a-long-service/x/smtpd[1", "postfix/a-long-service/x/smtpd", 1, LINE_PID_DOUBTFUL);
	assert_tag("postfix/a-long-service/yx/smtpd[", "postfix/a-long-service/yx/smtpd", 0, LINE_PID_DOUBTFUL);
	assert_tag("postfix/a-very-long-service/smtp", "postfix/a-very-long-service/smtp", 0, LINE_PID_DOUBTFUL);
}

static void a_line_cut_inside_its_pid_is_marked_doubtful(void **state)
{
	(void)state;
	parse("Mar  5 07:08:09 gw01 postfix/smtpd[12");
	assert_line(LINE_LOG, "gw01", "postfix/smtpd", 12, "");
	assert_int_equal(line.flags, LINE_PID_DOUBTFUL);
}

static void a_line_needs_stamp_host_and_process(void **state)
{
	char text[700] = "Mar  5 07:08:09 ";

	(void)state;
	parse("Mar  5 07:08:09 gw01 postfix/smtpd[1]: x");
	assert_odd("");
	assert_odd("x");
	assert_odd("Mar  5 07:08:10");
	assert_odd("Mar  5 07:08:10 ");
	assert_odd("Mar  5 07:08:10 gw01");
	assert_odd("Mar  5 07:08:10 gw01 ");
	assert_odd("Mar  5 07:08:10  gw01 postfix/smtpd[1]: x");
	assert_odd("Mar  5 07:08:10 gw01  postfix/smtpd[1]: x");
	assert_odd("Mar  5 07:08:10 gw01 connect from unknown[192.0.2.7]");
	assert_odd("Mar  5 07:08:10 gw01 : x");
	assert_odd("Mar  5 07:08:10 gw01 [12]: x");
	assert_odd("Mar  5 07:08:10 gw01 [1234567890]: x");
	assert_odd("2099-01-01T00:00:00Z this is not for us");
	assert_odd("connect from unknown[192.0.2.7]");
	memset(text + 16, 'h', 256);
	strcpy(text + 16 + 256, " postfix/smtpd[1]: x");
	assert_odd(text);
	memset(text + 16, 'h', 255);
	strcpy(text + 16 + 255, " postfix/smtpd[1]: x");
	parse(text);
	assert_int_equal(line.form, LINE_LOG);
}

static void an_odd_line_does_not_set_the_year(void **state)
{
	(void)state;
	parse("Mar  5 07:08:09 gw01 postfix/smtpd[1]: x");
	assert_odd("2099-01-01T00:00:00Z continued");
	parse("Mar  5 07:08:10 gw01 postfix/smtpd[1]: x");
	assert_time("2026-03-05T07:08:10Z");
}

static void carriage_returns_at_the_end_are_removed_and_others_stay(void **state)
{
	(void)state;
	parse("Mar  5 07:08:09 gw01 postfix/smtpd[1]: a\rb\r");
	assert_line(LINE_LOG, "gw01", "postfix/smtpd", 1, "a\rb");
	parse("\r");
	assert_line(LINE_ODD, NULL, NULL, 0, "");
	parse("odd\r\r");
	assert_line(LINE_ODD, NULL, NULL, 0, "odd");
}

static void a_run_of_NUL_bytes_in_front_is_skipped_and_told(void **state)
{
	static const char text[] = "\0\0\0\0Mar  5 07:08:09 gw01 postfix/smtpd[1]: a\0b";

	(void)state;
	parse_bytes(text, sizeof(text) - 1);
	assert_int_equal(line.form, LINE_LOG);
	assert_int_equal(line.flags, LINE_DAMAGED);
	assert_true(slice_eq(line.text, SLICE("a\0b")));
	parse_bytes("\0\0\0", 3);
	assert_int_equal(line.form, LINE_ODD);
	assert_int_equal(line.flags, LINE_DAMAGED);
	assert_int_equal(line.text.n, 0);
}

static void invalid_utf8_passes_as_it_is(void **state)
{
	(void)state;
	parse("Mar  5 07:08:09 gw01 postfix/smtpd[1]: \xC0\x80\xED\xA0\x80\x9F\xFF");
	assert_line(LINE_LOG, "gw01", "postfix/smtpd", 1, "\xC0\x80\xED\xA0\x80\x9F\xFF");
}

static void a_repeat_marker_gives_the_inner_text_and_its_number(void **state)
{
	(void)state;
	parse("Mar  5 07:08:09 gw01 postfix/smtpd[1]: message repeated 2 times: [ NOQUEUE: warn: x]");
	assert_line(LINE_REPEATED, "gw01", "postfix/smtpd", 1, "NOQUEUE: warn: x");
	assert_int_equal(line.repeated, 2);
	assert_int_equal(line.flags, 0);
	parse("<22>1 2026-03-05T07:08:09Z gw01 postfix/smtpd 1 - -  message repeated 4294967295 times: [ x[1]]");
	assert_line(LINE_REPEATED, "gw01", "postfix/smtpd", 1, "x[1]");
	assert_int_equal(line.repeated, 4294967295);
}

static void a_repeat_marker_without_its_bracket_is_cut(void **state)
{
	(void)state;
	parse("Mar  5 07:08:09 gw01 postfix/smtpd[1]: message repeated 2 times: [ NOQUEUE: wa");
	assert_line(LINE_REPEATED, "gw01", "postfix/smtpd", 1, "NOQUEUE: wa");
	assert_int_equal(line.flags, LINE_INNER_CUT);
	parse("Mar  5 07:08:09 gw01 postfix/smtpd[1]: message repeated 2 times: [");
	assert_line(LINE_REPEATED, "gw01", "postfix/smtpd", 1, "");
	assert_int_equal(line.flags, LINE_INNER_CUT);
}

static void a_repeat_marker_with_800_bytes_inside_may_be_cut(void **state)
{
	static const char head[] = "Mar  5 07:08:09 gw01 postfix/smtpd[1]: message repeated 2 times: [";
	char text[sizeof(head) + 802];

	(void)state;
	for (int inner = 799; inner <= 800; inner++) {
		size_t n = sizeof(head) - 1 + (size_t)inner;
		memcpy(text, head, sizeof(head) - 1);
		memset(text + sizeof(head) - 1, 'x', (size_t)inner);
		text[n] = ']';
		parse_bytes(text, n + 1);
		assert_int_equal(line.form, LINE_REPEATED);
		assert_int_equal(line.text.n, inner);
		assert_int_equal(line.flags, inner == 800 ? LINE_INNER_CUT : 0);
	}
}

static void words_that_only_begin_like_a_repeat_marker_are_text(void **state)
{
	static const char *const texts[] = {
	    "message repeated 0 times: [ x]",
	    "message repeated 4294967296 times: [ x]",
	    "message repeated many times: [ x]",
	    "message repeated 2 times",
	    "message repeated ",
	    "m",
	    "message repeated 2 minutes: [ x]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[200];
		snprintf(text, sizeof(text), "Mar  5 07:08:09 gw01 postfix/smtpd[1]: %s", texts[i]);
		parse(text);
		assert_line(LINE_LOG, "gw01", "postfix/smtpd", 1, texts[i]);
		assert_int_equal(line.repeated, 0);
	}
}

static void last_message_repeated_names_the_host_only(void **state)
{
	(void)state;
	parse("Mar  5 07:08:09 gw01 last message repeated 3 times");
	assert_line(LINE_LAST_REPEATED, "gw01", NULL, 0, NULL);
	assert_int_equal(line.repeated, 3);
	assert_int_equal(line.flags, 0);
	assert_time("2026-03-05T07:08:09Z");
	parse("Mar  5 07:08:09 gw01 syslogd: last message repeated 1 time");
	assert_line(LINE_LAST_REPEATED, "gw01", NULL, 0, NULL);
	assert_int_equal(line.repeated, 1);
	assert_odd("Mar  5 07:08:09 gw01 last message repeated");
	parse("Mar  5 07:08:09 gw01 rspamd[5]: last message repeated 3 times");
	assert_int_equal(line.form, LINE_LOG);
}

static void each_loss_marker_is_known_with_its_number(void **state)
{
	static const struct {
		const char *text;
		uint32_t lost;
	} rows[] = {
	    {"rsyslogd: imuxsock[pid 9] from <postfix/smtpd:123>: begin to drop messages due to rate-limiting", 0},
	    {"rsyslogd: imuxsock: 77 messages lost due to rate-limiting (200 allowed within 5 seconds)", 77},
	    {"rsyslogd[12]: imjournal: 1234 messages lost due to rate-limiting (20000 allowed within 600 seconds)",
	     1234},
	    {"rsyslogd: imjournal: begin to drop messages due to rate-limiting", 0},
	    {"rsyslogd-2177: imuxsock begins to drop messages from pid 123 due to rate-limiting", 0},
	    {"rsyslogd-2177: imuxsock lost 300 messages from pid 123 due to rate-limiting", 300},
	    {"rsyslogd: 99999999999 messages lost due to rate-limiting", 0},
	    {"imjournal: 12 messages lost due to rate-limiting", 12},
	    {"journal: Suppressed 5 messages from /system.slice/postfix.service", 5},
	    {"systemd-journald[235]: Suppressed 1234 messages from postfix@-.service", 1234},
	    {"systemd-journal[235]: Suppressed 6 messages from unit postfix", 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200];
		snprintf(text, sizeof(text), "Mar  5 07:08:09 gw01 %s", rows[i].text);
		parse(text);
		assert_int_equal(line.form, LINE_LOSS);
		assert_int_equal(line.repeated, rows[i].lost);
		assert_true(slice_is_set(line.tag));
	}
}

static void the_words_of_a_loss_under_another_name_are_text(void **state)
{
	(void)state;
	parse("Mar  5 07:08:09 gw01 postfix/smtpd[1]: Suppressed 5 messages from x");
	assert_int_equal(line.form, LINE_LOG);
	parse("Mar  5 07:08:09 gw01 rsyslogd: [origin software=\"rsyslogd\"] rsyslogd was HUPed");
	assert_int_equal(line.form, LINE_LOG);
}

static void each_banner_is_known(void **state)
{
	static const char *const texts[] = {
	    "-- Logs begin at Thu 2026-03-05 07:08:09 CET, end at Fri 2026-03-06 07:08:09 CET. --",
	    "-- Journal begins at Thu 2026-03-05 07:08:09 CET. --",
	    "-- Boot 6f4e8d1c --",
	    "-- Reboot --",
	    "-- No entries --",
	    "Hint: You are currently not seeing messages from other users",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		parse(texts[i]);
		assert_line(LINE_BANNER, NULL, NULL, 0, texts[i]);
	}
	assert_odd("-- Bootleg");
}

static void no_beginning_of_any_line_is_read_beyond_its_end(void **state)
{
	static const char *const lines[] = {
	    "Mar  5 07:08:09 gw01 postfix/submissions/smtpd[419430 text",
	    "2026-03-05T07:08:09.123456+01:00 gw01 postfix/smtpd[12345]: message repeated 2 times: [ x]",
	    "2026-03-05T07:08:09.1Z stdout F Mar 05 07:08:09 gw01 postfix/smtpd[1]: x",
	    "163 <22>1 2026-03-05T07:08:09Z gw01 postfix/qmgr 7 - [a b=\"\\\"\"] \xEF\xBB\xBFtext",
	    "Mar  5 07:08:09 gw01 last message repeated 3 times",
	    "Thu 2026-03-05 07:08:09 CET gw01 systemd-journald[235]: Suppressed 1234 messages from x",
	    "1772694489.123456 gw01 rsyslogd: imuxsock: 77 messages lost due to rate-limiting",
	    "-- Journal begins at",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (size_t n = 0; n <= strlen(lines[i]); n++) {
			parse_bytes(lines[i], n);
			assert_true(line.form != LINE_ODD || line.text.n == n);
			syslog_glued(&line);
		}
}

static void random_damage_never_leads_outside_the_line(void **state)
{
	static const char *const lines[] = {
	    "Mar  5 07:08:09 gw01 postfix/smtpd[12345]: message repeated 2 times: [ x]",
	    "2026-03-05T07:08:09.123456+01:00 gw01 postfix/smtpd[12345]: x",
	    "163 <22>1 2026-03-05T07:08:09Z gw01 postfix/qmgr 7 - [a b=\"\\\"\"] text",
	};
	static const char bytes[] = " []:<>\"\\-+.0123456789TZ\0\r\xEF\xFFMarm";
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 60000; round++) {
		char text[120];
		const char *from = lines[round % 3];
		size_t n = strlen(from);
		memcpy(text, from, n);
		for (int k = 0; k < 1 + round % 4; k++) {
			size_t at, what;
			seed = seed * 1664525 + 1013904223;
			at = (seed >> 8) % n;
			seed = seed * 1664525 + 1013904223;
			what = (seed >> 8) % (sizeof(bytes) - 1);
			text[at] = bytes[what];
		}
		parse_bytes(text, n);
		if (slice_is_set(line.text))
			assert_true(line.text.p >= held && line.text.p + line.text.n <= held + n);
		if (slice_is_set(line.tag))
			assert_true(line.tag.p >= held && line.tag.p + line.tag.n <= held + n);
		assert_true(line.form != LINE_REPEATED || line.repeated >= 1);
	}
}

static void a_second_stamp_with_the_same_host_shows_where_lines_were_glued(void **state)
{
	static const struct {
		const char *text;
		const char *second;
	} rows[] = {
	    {"Mar  5 07:08:09 gw01 postfix/smtpd[1]: NOQUEUE: warn: RCPT froMar  5 07:09:00 gw01 postfix/qmgr[2]: A1: "
	     "removed",
	     "Mar  5 07:09:00 gw01 postfix/qmgr[2]: A1: removed"},
	    {"2026-03-05T07:08:09.123456+01:00 gw01 postfix/smtpd[1]: from=<a 2026-03-05T07:09:00+01:00 gw01 "
	     "postfix/qmgr[2]: x",
	     "2026-03-05T07:09:00+01:00 gw01 postfix/qmgr[2]: x"},
	    {"Mar  5 07:08:09 gw01 postfix/smtpd[1]: at Mar  5 07:09:00 gw02 said hello", NULL},
	    {"Mar  5 07:08:09 gw01 postfix/smtpd[1]: proxy gw01 gw01 on gw01 said 1772694489.123456 gw01 x", NULL},
	    {"Mar  5 07:08:09 gw01 postfix/smtpd[1]: connect from unknown[192.0.2.7]", NULL},
	    {"no line at all", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ptrdiff_t at;
		parse(rows[i].text);
		at = syslog_glued(&line);
		if (rows[i].second)
			assert_string_equal(rows[i].text + (line.text.p - held) + at, rows[i].second);
		else
			assert_int_equal(at, -1);
	}
}

#define MICROS_STAMP "2026-03-05T07:08:09.123456+01:00 "
#define SECONDS_STAMP "2026-03-05T07:08:09+01:00 "
#define KNOWN_HEAD "gw01 postfix/smtpd[31266]: "

/* As much of a line as its head decides; offsets are from the end of the stamp. */
struct told {
	enum line_form form;
	ptrdiff_t host, tag, text;
	size_t host_n, tag_n, text_n;
	uint32_t pid, repeated;
	uint8_t flags;
};

static ptrdiff_t told_offset(struct slice s, size_t stamp)
{
	return slice_is_set(s) ? s.p - held - (ptrdiff_t)stamp : -1;
}

static struct told told_by(const char *stamp, const char *rest, size_t n)
{
	struct told t;
	char text[256];
	size_t at = strlen(stamp);

	assert_true(at + n <= sizeof text);
	memcpy(text, stamp, at);
	memcpy(text + at, rest, n);
	parse_bytes(text, at + n);
	memset(&t, 0, sizeof t);
	t.form = line.form;
	t.pid = line.pid;
	t.repeated = line.repeated;
	t.flags = line.flags;
	t.host = told_offset(line.host, at);
	t.host_n = line.host.n;
	t.tag = told_offset(line.tag, at);
	t.tag_n = line.tag.n;
	if (line.form != LINE_ODD) { /* there it is all of the line */
		t.text = told_offset(line.text, at);
		t.text_n = line.text.n;
	}
	return t;
}

/* A head that is remembered is taken for a line's only if each of its bytes is the same. */
static void a_head_that_differs_in_one_byte_is_another(void **state)
{
	static const char known[] = KNOWN_HEAD "connect from unknown[192.0.2.7]";
	const size_t n = sizeof known - 1;
	char other[sizeof known];

	(void)state;
	/* the first line of a minute goes the general way, and so does each without a fraction */
	told_by(MICROS_STAMP, known, n);
	for (size_t at = 0; at <= sizeof KNOWN_HEAD; at++)
		for (int c = 0; c < 256; c++) {
			memcpy(other, known, n);
			other[at] = (char)c;
			told_by(MICROS_STAMP, known, n);
			struct told again = told_by(MICROS_STAMP, known, n);
			struct told want = told_by(SECONDS_STAMP, known, n);
			assert_memory_equal(&again, &want, sizeof want);
			told_by(MICROS_STAMP, known, n);
			struct told near = told_by(MICROS_STAMP, other, n);
			want = told_by(SECONDS_STAMP, other, n);
			assert_memory_equal(&near, &want, sizeof want);
		}
}

static void a_head_may_begin_and_end_as_another_does(void **state)
{
	static const char longer[] = "ten-bytes-ab[12345] tag-ab[12345]: hello",
			  shorter[] = "ten-bytes-ab[12345]: hello to all";

	(void)state;
	for (int i = 0; i < 3; i++) {
		told_by(MICROS_STAMP, longer, sizeof longer - 1);
		struct told got = told_by(MICROS_STAMP, shorter, sizeof shorter - 1);
		struct told want = told_by(SECONDS_STAMP, shorter, sizeof shorter - 1);
		assert_memory_equal(&got, &want, sizeof want);
	}
}

static void a_head_may_be_all_of_a_line(void **state)
{
	static const char known[] = KNOWN_HEAD "connect from unknown[192.0.2.7]";

	(void)state;
	for (size_t n = 0; n < sizeof known; n++) {
		told_by(MICROS_STAMP, known, sizeof known - 1);
		told_by(MICROS_STAMP, known, sizeof known - 1);
		struct told cut = told_by(MICROS_STAMP, known, n);
		struct told want = told_by(SECONDS_STAMP, known, n);
		assert_memory_equal(&cut, &want, sizeof want);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(each_stamp_form_heads_a_line),
	    TEST(a_head_that_differs_in_one_byte_is_another),
	    TEST(a_head_may_begin_and_end_as_another_does),
	    TEST(a_head_may_be_all_of_a_line),
	    TEST(a_container_prefix_gives_the_time_and_the_inner_line_the_rest),
	    TEST(a_host_that_looks_like_a_container_word_is_a_host),
	    TEST(pri_and_octet_count_are_stepped_over),
	    TEST(rfc_5424_is_read_in_both_spellings_of_rsyslog),
	    TEST(rfc_5424_nil_values_are_absent),
	    TEST(rfc_5424_structured_data_ends_at_its_own_bracket),
	    TEST(a_byte_order_mark_is_no_text),
	    TEST(every_name_and_every_pid_is_read_from_the_tag),
	    TEST(a_tag_needs_no_pid),
	    TEST(what_is_no_number_is_no_pid),
	    TEST(a_pid_cut_at_32_characters_is_marked_doubtful),
	    TEST(a_line_cut_inside_its_pid_is_marked_doubtful),
	    TEST(a_line_needs_stamp_host_and_process),
	    TEST(an_odd_line_does_not_set_the_year),
	    TEST(carriage_returns_at_the_end_are_removed_and_others_stay),
	    TEST(a_run_of_NUL_bytes_in_front_is_skipped_and_told),
	    TEST(invalid_utf8_passes_as_it_is),
	    TEST(a_repeat_marker_gives_the_inner_text_and_its_number),
	    TEST(a_repeat_marker_without_its_bracket_is_cut),
	    TEST(a_repeat_marker_with_800_bytes_inside_may_be_cut),
	    TEST(words_that_only_begin_like_a_repeat_marker_are_text),
	    TEST(last_message_repeated_names_the_host_only),
	    TEST(each_loss_marker_is_known_with_its_number),
	    TEST(the_words_of_a_loss_under_another_name_are_text),
	    TEST(each_banner_is_known),
	    TEST(no_beginning_of_any_line_is_read_beyond_its_end),
	    TEST(random_damage_never_leads_outside_the_line),
	    TEST(a_second_stamp_with_the_same_host_shows_where_lines_were_glued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
