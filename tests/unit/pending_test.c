/*
 * Memory: what has to make room, what is given back, and that losing all of it
 * after every line changes nothing.
 */
#include <glob.h>

#include "story_fixture.h"

#include "../../analyzer/input.h"

/* -------------------------------------------------------------------------- memory */

static const struct tracker_limits tiny = {
    .sessions = 3,
    .mails = 3,
    .transactions = 4,
    .recipients = 16,
    .messages = 4,
    .waits = 16,
    .opens = 3,
    .arrivals = 3,
};

/* A line of a template: #t the time, #p a pid, #q a queue id, #r a recipient; all of them the i-th. */
static void fill(char *out, size_t cap, const char *template, int i)
{
	size_t n = 0;

	for (const char *p = template; *p && n + 40 < cap; p++) {
		if (*p != '#') {
			out[n++] = *p;
			continue;
		}
		switch (*++p) {
		case 't':
			n += (size_t)snprintf(out + n, cap - n, "2026-11-03T%02d:%02d:00+00:00", 10 + i / 60, i % 60);
			break;
		case 'p': n += (size_t)snprintf(out + n, cap - n, "%d", 100 + i); break;
		case 'q': n += (size_t)snprintf(out + n, cap - n, "4A%04dC0D1", i); break;
		default: n += (size_t)snprintf(out + n, cap - n, "user%d@firma.example", i); break;
		}
	}
	out[n] = '\0';
}

/* The template's lines n times, each time of another pid, queue id and recipient. */
static void many(const char *template, int n)
{
	char text[2000];

	for (int i = 0; i < n; i++) {
		fill(text, sizeof(text), template, i);
		for (size_t k = 0; k < READERS; k++)
			world_feed(readers[k], slice_str(text));
	}
	for (size_t k = 0; k < READERS; k++)
		tracker_flush(readers[k]->tracker);
}

#define MANY(text) "#t mx1 postfix/" text "\n"
#define TAIL_OF_MANY "; from=<" BOSS "> to=<#r> proto=ESMTP helo=<mx>"
#define MANY_WARN MANY("smtpd[#p]: NOQUEUE: warn: RCPT from " NEWS ": " TEXT TAIL_OF_MANY)
#define MANY_CLIENT MANY("smtpd[#p]: #q: client=" NEWS)
#define MANY_QUEUED MANY("qmgr[9]: #q: from=<" BOSS ">, size=7, nrcpt=1 (queue active)")
#define MANY_GREY MANY("smtpd[#p]: NOQUEUE: reject: RCPT from " NEWS ": 450 4.2.0 Later" TAIL_OF_MANY)
#define MANY_BYE MANY("smtpd[#p]: disconnect from " NEWS " quit=1 commands=1")

static void what_has_to_make_room_is_counted_and_unknown(void **state)
{
	(void)state;
	each_with(&tiny);
	many(MANY_WARN MANY_CLIENT MANY_QUEUED MANY_BYE, 10);
	mails_are(10);
	fate_is("user0@firma.example", FATE_UNKNOWN);
	fate_is("user9@firma.example", FATE_QUEUED);
	assert_in_range(evictions(), 7, 10);
	world_check(world);
}

static void open_sessions_make_room_for_new_ones(void **state)
{
	(void)state;
	each_with(&tiny);
	many(MANY_WARN, 10);
	mails_are(10);
	fate_is("user0@firma.example", FATE_UNKNOWN);
	assert_in_range(evictions(), 7, 10);
	world_check(world);
}

static void refusals_make_room_for_new_ones(void **state)
{
	(void)state;
	each_with(&tiny);
	many(MANY_WARN MANY_GREY MANY_BYE, 10);
	mails_are(10);
	/* it was refused for now, and whether it comes back we cannot see any more */
	fate_is("user0@firma.example", FATE_UNKNOWN);
	fate_is("user9@firma.example", FATE_TEMPFAILED);
	assert_in_range(evictions(), 7, 10);
	world_check(world);
}

static void refusals_of_nobody_warned_are_forgotten_without_harm(void **state)
{
	(void)state;
	each_with(&tiny);
	many(MANY_GREY MANY_BYE, 10);
	mails_are(0);
	assert_int_equal(evictions(), 0);
	assert_int_equal(world_counts(world).forgotten, 7);
}

static void a_session_with_more_recipients_than_there_is_room_ends_nothing_but_itself(void **state)
{
	(void)state;
	each_with(&tiny);
	story(ACCEPTED("03T09:00:00", "1", Q1, ANNA));
	many(MANY("smtpd[5]: NOQUEUE: reject: RCPT from " NEWS ": 550 5.1.1 No" TAIL_OF_MANY), 20);
	many(MANY("smtpd[6]: NOQUEUE: warn: RCPT from " NEWS ": no" TAIL_OF_MANY), 20);
	world_check(world);
	fate_is(ANNA, FATE_QUEUED);
	assert_true(evictions() > 0);
}

static void more_than_eight_texts_of_a_recipient_are_counted(void **state)
{
	(void)state;
	char text[512];

	story(CONNECT("03T10:00:00", "1"));
	for (int i = 0; i < 9; i++) {
		snprintf(text, sizeof(text),
		         "2026-11-03T10:00:00+00:00 mx1 postfix/smtpd[1]: NOQUEUE: warn: RCPT from " NEWS
		         ": rule %c; from=<" BOSS "> to=<" ANNA "> proto=ESMTP helo=<mx>\n",
		         'a' + i);
		story(text);
	}
	assert_int_equal(evictions(), 1);
	mails_are(1);
}

static void everything_is_given_back_when_all_is_over(void **state)
{
	(void)state;
	story(ACCEPTED("03T10:00:00", "1", Q1, ANNA) HOP("03T10:00:01", Q2, Q1) QUEUED("03T10:00:01", Q2, "1")
	          HOP_BYE("03T10:00:01") DELIVERED("03T10:00:01", Q2, ANNA)
	              FILTERED("03T10:00:02", Q1, ANNA, QUEUED_AS(Q2)) REMOVED("03T10:00:02", Q1)
	                  HALF_WARNED("03T11:00:00") GREYLISTED("03T11:30:00", "1", CLARA)
	                      WARNED("03T12:00:00", "4", Q3, ANNA) PLAIN_HOP("03T12:00:00", "4A0077C0D7")
	                          SENT("03T12:00:00", "4A0077C0D7", ANNA));
	assert_true(slots_in_use(world->tracker) > 0);
	story(LATER("15T00:00:00") LATER("15T00:10:00") LATER("26T00:00:00"));
	for (size_t i = 0; i < READERS; i++) {
		assert_int_equal(slots_in_use(readers[i]->tracker), 0);
		for (size_t k = 0; k < readers[i]->rows; k++)
			assert_true(readers[i]->row[k].kind == PENDING_HOST || readers[i]->row[k].kind == PENDING_SPF);
	}
}

static void refusals_alone_are_given_back_too(void **state)
{
	(void)state;
	story(GREYLISTED("03T11:30:00", "1", CLARA));
	story(LATER("06T00:00:00"));
	assert_int_equal(slots_in_use(world->tracker), 0);
	fate_is(CLARA, FATE_TEMPFAILED);
}

static void one_mail_of_far_too_many_recipients_is_given_up_alone(void **state)
{
	(void)state;
	each_with(&tiny);
	story(ACCEPTED("03T09:00:00", "1", Q1, ANNA));
	many(MANY("smtpd[5]: 4A9999C0D9: warn: RCPT from " NEWS ": no" TAIL_OF_MANY), 40);
	fate_is(ANNA, FATE_QUEUED);
	assert_true(evictions() > 0);
}

/* ------------------------------------------------------------------ losing the memory */

/* The first lines of a log. */
static void read_log(const char *path, size_t lines)
{
	size_t bad = 0;
	struct input *in = input_open(&path, 1, 2026, &bad);
	struct input_block block;

	assert_int_equal(bad, 0);
	assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
	while (lines && input_next(in, true, &block) == INPUT_BLOCK) {
		size_t n = 0;
		while (lines && n < block.bytes.n)
			if (block.bytes.p[n++] == '\n')
				lines--;
		read_bytes(slice_head(block.bytes, n));
	}
	input_close(in);
	assert_int_equal(evictions(), 0);
}

static void no_story_depends_on_memory(void **state)
{
	(void)state;
	glob_t list;

	assert_int_equal(glob("samples/stories/*.log", 0, NULL, &list), 0);
	for (size_t i = 0; i < list.gl_pathc; i++) {
		each_with(&world_limits);
		read_log(list.gl_pathv[i], SIZE_MAX);
		assert_true(world->attempts > 0);
	}
	assert_true(list.gl_pathc > 10);
	globfree(&list);
}

static void a_real_log_does_not_depend_on_memory(void **state)
{
	(void)state;
	struct tracker_limits limits = world_limits;

	limits.mails = limits.messages = limits.transactions = limits.opens = 2048;
	limits.recipients = limits.waits = 4096;
	each_with(&limits);
	read_log("tests/corpus/mail.iso.log.xz", 2500);
	assert_true(world->attempts > 100);
}

static void a_host_seen_first_after_the_memory_was_lost_has_sessions_of_its_own(void **state)
{
	(void)state;
	story(REMOVED("03T10:00:00", Q1) HOST_LINE("03T10:00:00", "mx2", "postfix/smtpd[3]",
	                                           "NOQUEUE: warn: RCPT from " NEWS ": " TEXT TAIL(BOSS, ANNA))
	          WARN("03T10:00:01", "3", "NOQUEUE", BERND) HOST_LINE("03T10:00:02", "mx2", "postfix/smtpd[3]",
	                                                               "disconnect from " NEWS " quit=1 commands=1"));
	fate_is(ANNA, FATE_ABORTED);
	fate_is(BERND, FATE_UNKNOWN);
	story(BYE("03T10:00:03", "3", "quit=1 commands=1"));
	fate_is(BERND, FATE_ABORTED);
}

static void a_try_that_was_refused_is_not_published_twice(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") GREY("03T10:00:00", "1", "NOQUEUE", ANNA) CLIENT("03T10:00:00", "1", Q1)
	          DONE("03T10:00:01", "1") REMOVED("03T10:00:02", Q1));
	assert_int_equal(world->tracker->opens.used, 1);
}

static void a_queue_file_that_was_not_the_refused_mails_is_let_go(void **state)
{
	(void)state;
	story(CONNECT("03T10:00:00", "1") GREY("03T10:00:00", "1", "NOQUEUE", ANNA) CLIENT("03T10:00:00", "1", Q1)
	          ID("03T10:00:00", Q1, "t@x") WARN("03T10:00:01", "1", Q2, BERND));
	queue_id_is(BERND, Q2);
}

/* n candidates, each handed on to the next one, the last to the first. */
static void circle(int n, const char *to, bool closed)
{
	char text[1000], at[] = "2026-11-03T15:00:00+00:00 mx1";

	for (int i = 0; i < n; i++) {
		int len =
		    snprintf(text, sizeof(text),
		             "%s postfix/smtpd[5]: 4A%04dC0D1: client=" LOCAL "\n"
		             "%s postfix/smtp[7]: 4A%04dC0D1: to=<%s>, relay=" FILTER
		             ", delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4A%04dC0D1)\n",
		             at, i, at, i, to, (i + 1) % n);
		if (closed)
			snprintf(text + len, sizeof(text) - (size_t)len, "%s postfix/qmgr[9]: 4A%04dC0D1: removed\n",
			         at, i);
		for (size_t k = 0; k < READERS; k++)
			world_feed(readers[k], slice_str(text));
	}
}

static void a_chain_of_queue_ids_is_not_followed_without_end(void **state)
{
	(void)state;
	circle(300, ANNA, false);
	story(ACCEPTED("03T15:00:01", "1", Q1, ANNA) FILTERED("03T15:00:02", Q1, ANNA, QUEUED_AS("4A0007C0D1"))
	          REMOVED("03T15:00:03", Q1));
	fate_is(ANNA, FATE_QUEUED);
}

static void a_circle_of_queue_ids_is_not_followed_without_end(void **state)
{
	(void)state;
	circle(3, "anna@inner.example", true);
	story(ACCEPTED("03T15:00:01", "1", Q1, ANNA) FILTERED("03T15:00:02", Q1, ANNA, QUEUED_AS("4A0001C0D1"))
	          REMOVED("03T15:00:03", Q1));
	fate_is(ANNA, FATE_QUEUED);
	story(AMAVIS("03T15:00:04", "Passed CLEAN {RelayedInbound}", "<" ANNA ">", Q1,
	             ", queued_as: 4A0000C0D1/4A0001C0D1/4A0002C0D1"));
	fate_is(ANNA, FATE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(what_has_to_make_room_is_counted_and_unknown),
	    T(open_sessions_make_room_for_new_ones),
	    T(refusals_make_room_for_new_ones),
	    T(refusals_of_nobody_warned_are_forgotten_without_harm),
	    T(a_session_with_more_recipients_than_there_is_room_ends_nothing_but_itself),
	    T(more_than_eight_texts_of_a_recipient_are_counted),
	    T(everything_is_given_back_when_all_is_over),
	    T(refusals_alone_are_given_back_too),
	    T(one_mail_of_far_too_many_recipients_is_given_up_alone),
	    T(no_story_depends_on_memory),
	    T(a_real_log_does_not_depend_on_memory),
	    T(a_host_seen_first_after_the_memory_was_lost_has_sessions_of_its_own),
	    T(a_try_that_was_refused_is_not_published_twice),
	    T(a_queue_file_that_was_not_the_refused_mails_is_let_go),
	    T(a_chain_of_queue_ids_is_not_followed_without_end),
	    T(a_circle_of_queue_ids_is_not_followed_without_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
