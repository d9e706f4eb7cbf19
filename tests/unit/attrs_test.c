#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../parsers/attrs.h"
#include "../../parsers/shapes.h"

#define SMTPD "postfix/smtpd"
#define CLEANUP "postfix/cleanup"

static struct line line;
static struct record rec;

/* The fields of a line; the kind is OTHER if it is not understood. */
static void read_text(const char *tag, struct slice text)
{
	memset(&line, 0, sizeof line);
	line.form = LINE_LOG;
	line.tag = slice_str(tag);
	line.text = text;
	shapes_parse(&line, &rec);
	shapes_fields(&rec);
}

static bool is(struct slice got, const char *want)
{
	return want ? slice_is_set(got) && slice_eq(got, slice_str(want)) : !slice_is_set(got);
}

/* ----------------------------------------------------------------- hostile text */

static uint64_t seed;

static unsigned pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 33) % n);
}

/* What an attacker would like to be taken for something else. */
static const char *const baits[] = {
    "; from=<",
    "> to=<",
    " proto=ESMTP helo=<",
    ">",
    "<",
    "\"",
    "\\",
    "@",
    ";",
    ": ",
    " ",
    ".",
    ",",
    "a",
    "b",
    "x.example",
    "h",
    "z@spam.example",
    "; from=<z@spam.example> to=<y@e.example> proto=ESMTP helo=<h>",
    "; from=<>",
    " to=<",
    " proto=SMTP",
    " helo=<",
    "; proto=SMTP",
    "@x> to=<",
    "\" to=<\"",
    "; from=<\"",
    "\\\"",
    "\xC3\xA9",
    "\xE6\x97\xA5",
    ">: Sender address rejected: Access denied",
    " from x[192.0.2.9]",
    ";: ",
    " from x[192.0.2.9]; from=<c@d> to=<e@f> proto=ESMTP helo=<g>: y",
    " from local; from=<c@d>",
    "(",
    "[",
    "]",
    "=",
    "; ",
};
#define BAITS (sizeof baits / sizeof *baits)

static const char *const user_baits[] = {" sasl_method=PLAIN", " sasl_username=u", " sasl_username=u v",
                                         " sasl_sender="};

/* Some baits one after the other; users: those that imitate a login too. */
static void lure(char *out, unsigned most, bool users)
{
	unsigned n = 1 + pick(most);

	for (*out = '\0'; n; n--)
		strcat(out, users && pick(6) == 0 ? user_baits[pick(4)] : baits[pick(BAITS)]);
}

static bool needs_quotes(const char *local)
{
	size_t n = strlen(local);

	return n == 0 || local[0] == '.' || local[n - 1] == '.' || strstr(local, "..") ||
	       strpbrk(local, " ()<>@,;:\\\"[]");
}

/* An address as Postfix has it inside, and as it logs it (grammar 2.6). */
struct address {
	char internal[8192], external[16384];
};

static void address_make(struct address *a, unsigned most, bool users)
{
	static const char *const domains[] = {"@example.com", "@[192.0.2.1]", "@[IPv6:2001:db8::1]",
	                                      "@b\xC3\xBC.example", ""};
	const char *domain = domains[pick(5)];
	char local[6144], *out = a->external;

	lure(local, most, users);
	snprintf(a->internal, sizeof a->internal, "%s%s", local, domain);
	if (!needs_quotes(local)) {
		snprintf(a->external, sizeof a->external, "%s%s", local, domain);
		return;
	}
	*out++ = '"';
	for (const char *p = local; *p; p++) {
		if (*p == '"' || *p == '\\')
			*out++ = '\\';
		*out++ = *p;
	}
	*out++ = '"';
	strcpy(out, domain);
}

static void address_none(struct address *a)
{
	a->internal[0] = a->external[0] = '\0';
}

/* smtpd takes the sting out of a name it was greeted with. */
static void helo_make(char *out)
{
	lure(out, 4, false);
	for (; *out; out++)
		if (strchr(" <>()\\\";@", *out))
			*out = '?';
}

struct hostile {
	struct address from, to;
	char helo[512], text[8192], line[65536];
	size_t tail; /* where the true tail begins */
	bool local;  /* mail that did not come by SMTP: no proto=, no helo= */
};

static void hostile_addresses(struct hostile *h, unsigned most, bool users)
{
	address_make(&h->from, most, users);
	address_make(&h->to, most, users);
	if (pick(16) == 0)
		address_none(&h->from);
	helo_make(h->helo);
}

static void hostile_line(struct hostile *h, const char *word, const char *code, const char *login)
{
	int n =
	    snprintf(h->line, sizeof h->line, "NOQUEUE: %s: RCPT from unknown[192.0.2.7]: %s%s", word, code, h->text);

	h->tail = (size_t)n;
	snprintf(h->line + n, sizeof h->line - (size_t)n, "; from=<%s> to=<%s> proto=ESMTP helo=<%s>%s",
	         h->from.external, h->to.external, h->helo, login);
}

/* A reply that shows an address of the client, cut as smtpd cuts it; a user's login now and then. */
static void hostile_reject(struct hostile *h, bool users)
{
	static const char *const logins[] = {"", "", "", " sasl_method=PLAIN sasl_username=jane sasl_sender=j+40x"};
	static const char code[] = "554 5.7.1 ";

	hostile_addresses(h, pick(64) ? 6 : 90, users);
	if (pick(4) == 0) {
		char why[1024];
		do /* a quote that nobody closes does have two readings here */
			lure(why, 4, false);
		while (strchr(why, '"'));
		snprintf(h->text, sizeof h->text,
		         "Service unavailable; Client host [192.0.2.7] blocked using bl.example; %s; from=<x>", why);
	} else {
		snprintf(h->text, sizeof h->text, "<%.600s>: %s address rejected: Access denied",
		         pick(2) ? h->from.internal : h->to.internal, pick(2) ? "Sender" : "Recipient");
	}
	h->text[510 - (sizeof code - 1)] = '\0';
	hostile_line(h, pick(3) ? "reject" : "reject_warning", code, logins[pick(4)]);
}

static void hostile_warn(struct hostile *h)
{
	hostile_addresses(h, 6, true);
	snprintf(h->text, sizeof h->text, "*** Invalid %u; Sender: <x> ***", pick(100));
	hostile_line(h, pick(2) ? "warn" : "info", "", "");
}

static bool read_exactly(const struct hostile *h)
{
	return rec.kind == RECORD_ATTEMPT && is(rec.sender, h->from.external) && is(rec.recipient, h->to.external) &&
	       is(rec.helo, h->helo) && is(rec.text, h->text);
}

#define LINES 100000

static void a_reject_is_read_as_it_was_written(void **state)
{
	static struct hostile h;

	(void)state;
	seed = 20260305;
	for (int i = 0; i < LINES; i++) {
		hostile_reject(&h, false);
		read_text(SMTPD, slice_str(h.line));
		int marks = rec.flags & (RECORD_SUSPECT | RECORD_TRUNCATED);
		if (!read_exactly(&h) || marks != (strlen(h.line) == 2000 ? RECORD_TRUNCATED : 0))
			fail_msg("line %d, flags %d: %s", i, rec.flags, h.line);
		assert_int_equal(rec.code, 554);
		assert_true(is(rec.dsn, "5.7.1"));
	}
}

static void a_warning_is_read_as_it_was_written(void **state)
{
	static struct hostile h;

	(void)state;
	seed = 1;
	for (int i = 0; i < LINES; i++) {
		hostile_warn(&h);
		read_text(SMTPD, slice_str(h.line));
		if (!read_exactly(&h) || rec.flags)
			fail_msg("line %d, flags %d: %s", i, rec.flags, h.line);
	}
}

static void an_address_that_imitates_a_login_is_read_right_or_suspect(void **state)
{
	static struct hostile h;
	int suspect = 0;

	(void)state;
	seed = 77;
	for (int i = 0; i < LINES / 4; i++) {
		hostile_reject(&h, true);
		read_text(SMTPD, slice_str(h.line));
		suspect += (rec.flags & RECORD_SUSPECT) != 0;
		if (!(rec.flags & RECORD_SUSPECT) && !read_exactly(&h))
			fail_msg("line %d, flags %d: %s", i, rec.flags, h.line);
	}
	assert_true(suspect < LINES / 4 / 100);
}

static void a_text_of_the_admins_that_imitates_a_tail_is_suspect(void **state)
{
	static struct hostile h;

	(void)state;
	seed = 3;
	for (int i = 0; i < LINES / 10; i++) {
		char more[1024];
		hostile_addresses(&h, 4, false);
		lure(more, 4, false);
		snprintf(h.text, sizeof h.text, "policy; from=<%s", more);
		hostile_line(&h, "warn", "", "");
		read_text(SMTPD, slice_str(h.line));
		if (!(rec.flags & RECORD_SUSPECT))
			fail_msg("line %d: %s", i, h.line);
	}
}

static void a_user_name_that_imitates_a_tail_is_suspect(void **state)
{
	static const char *const words[] = {
	    "warn: RCPT from unknown[192.0.2.7]: t",
	    "reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <b@x>: Relay access denied"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof text,
		         "NOQUEUE: %s; from=<a@x> to=<b@x> proto=ESMTP helo=<x> sasl_method=PLAIN "
		         "sasl_username=u; from=<z@y> to=<q@y> proto=ESMTP helo=<h>",
		         words[i]);
		read_text(SMTPD, slice_str(text));
		assert_int_equal(rec.kind, RECORD_ATTEMPT);
		assert_true(rec.flags & RECORD_SUSPECT);
	}
}

/* ------------------------------------------------------------------ header checks */

static void hostile_header(struct hostile *h)
{
	static const char *const whence[] = {"mx.example.net[198.51.100.5]", "mx.example.net[2001:db8::5]:99",
	                                     "unknown", "local"};
	unsigned which = pick(4);
	char content[2048], tail[64 + sizeof h->helo] = "";

	hostile_addresses(h, 6, true);
	lure(content, 12, true);
	content[pick(3) ? 200 : 80] = '\0'; /* cleanup shows no more than 200 */
	h->local = which >= 2;
	if (!h->local)
		snprintf(tail, sizeof tail, " proto=ESMTP helo=<%s>", h->helo);
	int n = snprintf(h->line, sizeof h->line, "3F2A1C0D9E: warning: header Subject: %s", content);
	snprintf(h->text, sizeof h->text, "Subject: %s", content);
	h->tail = (size_t)n;
	snprintf(h->line + n, sizeof h->line - (size_t)n, " from %s; from=<%s> to=<%s>%s%s", whence[which],
	         h->from.external, h->to.external, tail, pick(3) ? ": *** to be refused ***" : "");
}

static void a_header_check_is_read_as_it_was_written(void **state)
{
	static struct hostile h;
	int suspect = 0;

	(void)state;
	seed = 5;
	for (int i = 0; i < LINES; i++) {
		hostile_header(&h);
		read_text(CLEANUP, slice_str(h.line));
		/* local mail has no proto=, so a tail in its recipient may be a second reading */
		if (rec.flags == RECORD_SUSPECT && h.local) {
			suspect++;
			continue;
		}
		bool behind = slice_ends(slice_str(h.line), SLICE(": *** to be refused ***"));
		if (rec.kind != RECORD_ATTEMPT || rec.flags || !is(rec.sender, h.from.external) ||
		    !is(rec.recipient, h.to.external) || !is(rec.detail, h.text) ||
		    !is(rec.helo, h.local ? NULL : h.helo) ||
		    !is(rec.text, behind ? "*** to be refused ***" : h.text) ||
		    slice_eq(rec.client_ip, SLICE("192.0.2.9")))
			fail_msg("line %d, flags %d: %s", i, rec.flags, h.line);
	}
	assert_true(suspect < LINES / 20);
}

static void a_text_of_the_admins_may_name_the_keys_of_a_tail(void **state)
{
	(void)state;
	read_text(CLEANUP, SLICE("3F2A1C0D9E: warning: header Subject: x from mx[192.0.2.7]; from=<a@x> to=<b@x> "
	                         "proto=ESMTP helo=<mx>: no mail from=<> to=<> please"));
	assert_int_equal(rec.flags, 0);
	assert_true(is(rec.sender, "a@x"));
	assert_true(is(rec.text, "no mail from=<> to=<> please"));
	/* but then a header that imitates a tail is the only one of two readings */
	read_text(CLEANUP, SLICE("3F2A1C0D9E: warning: header Subject: x from z[192.0.2.9]; from=<c@d>: y from "
	                         "mx[192.0.2.7]; from=<a@x> to=<b@x> proto=ESMTP helo=<mx>: no mail from=<> please"));
	assert_int_equal(rec.flags, RECORD_SUSPECT);
	read_text(CLEANUP, SLICE("3F2A1C0D9E: warning: header Subject: x from z[192.0.2.9]; from=<c@d>: y from "
	                         "mx[192.0.2.7]; from=<a@"));
	assert_int_equal(rec.flags, RECORD_SUSPECT);
}

static void a_text_that_quotes_the_header_is_suspect(void **state)
{
	(void)state;
	read_text(CLEANUP, SLICE("3F2A1C0D9E: warning: header Subject: buy cheap pills now from mx[192.0.2.7]; "
	                         "from=<a@x> to=<b@x> proto=ESMTP helo=<mx>: buy cheap pills now"));
	assert_int_equal(rec.flags, RECORD_SUSPECT);
}

static void a_long_header_line_says_nothing_of_its_sender(void **state)
{
	static char text[2001];
	int n =
	    snprintf(text, sizeof text,
	             "3F2A1C0D9E: warning: header Subject: x from mx[192.0.2.7]; from=<a@x> to=<\"y from z[192.0.2.9]; "
	             "from=<c@d> to=<e@f> proto=ESMTP helo=<g>: ");

	(void)state;
	memset(text + n, 'y', 2000 - (size_t)n);
	read_text(CLEANUP, slice_of(text, 2000));
	assert_int_equal(rec.kind, RECORD_ATTEMPT);
	assert_int_equal(rec.flags, RECORD_TRUNCATED);
	assert_false(slice_is_set(rec.sender));
	assert_false(slice_is_set(rec.client_ip));
}

/* ---------------------------------------------------------------------- cut lines */

/* Whatever is told of a cut line is true, and it is marked if anything is missing. */
static void true_or_absent(const char *whole, size_t n, const char *from, const char *to)
{
	char *copy = malloc(n ? n : 1); /* ends where the line ends */

	assert_non_null(copy);
	memcpy(copy, whole, n);
	read_text(SMTPD, slice_of(copy, n));
	bool fine = rec.kind == RECORD_OTHER || rec.kind == RECORD_ATTEMPT;
	if (rec.kind == RECORD_ATTEMPT) {
		bool missing = !slice_is_set(rec.sender) || !slice_is_set(rec.recipient) || !slice_is_set(rec.proto);
		fine = (is(rec.sender, NULL) || is(rec.sender, from)) &&
		       (is(rec.recipient, NULL) || is(rec.recipient, to)) && (!missing || rec.flags & RECORD_TRUNCATED);
	}
	if (!fine)
		fail_msg("flags %d, sender %.*s, recipient %.*s: %.*s", rec.flags, (int)rec.sender.n,
		         rec.sender.n ? rec.sender.p : "", (int)rec.recipient.n, rec.recipient.n ? rec.recipient.p : "",
		         (int)n, copy);
	free(copy);
}

#define MONSTER "q; from=<z@spam.example> to=<y@e.example> proto=ESMTP helo=<h>"
#define HEAD "from mx.example.net[192.0.2.7]: "

static const struct {
	const char *text, *from, *to;
} cuttable[] = {
    {"NOQUEUE: warn: RCPT " HEAD "*** Invalid Inbound Sender ***; from=<a@example.com> to=<b@example.org> "
     "proto=ESMTP helo=<mx.example.net>",
     "a@example.com", "b@example.org"},
    {"NOQUEUE: reject: RCPT " HEAD "554 5.7.1 <b.long.name@mail.example.org>: Recipient address rejected: Access "
     "denied; from=<a.long.name@mail.example.com> to=<b.long.name@mail.example.org> proto=ESMTP helo=<mx> "
     "sasl_method=PLAIN sasl_username=jane sasl_sender=x",
     "a.long.name@mail.example.com", "b.long.name@mail.example.org"},
    {"NOQUEUE: reject: RCPT " HEAD "554 5.7.1 <" MONSTER "@example.com>: Sender address rejected: Access denied; "
     "from=<\"" MONSTER "\"@example.com> to=<\"" MONSTER "\"@example.org> proto=ESMTP helo=<x>",
     "\"" MONSTER "\"@example.com", "\"" MONSTER "\"@example.org"},
    {"NOQUEUE: reject: RCPT " HEAD "554 5.7.1 <b@example.org>: Relay access denied; from=<\"" MONSTER
     "\"@example.com> to=<b@example.org> proto=ESMTP helo=<x>",
     "\"" MONSTER "\"@example.com", "b@example.org"},
    {"NOQUEUE: reject: RCPT " HEAD "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.example; "
     "why; from=<x>; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>",
     "a@example.com", "b@example.org"},
    {"NOQUEUE: warn: RCPT " HEAD "t; from=<a@example.com> to=<\"" MONSTER "\"@example.org> proto=ESMTP helo=<x>",
     "a@example.com", "\"" MONSTER "\"@example.org"},
    {"NOQUEUE: warn: RCPT " HEAD "a; b; from=<\"" MONSTER "> to=<\\\"\"@[192.0.2.1]> to=<b@example.org> proto=ESMTP "
     "helo=<x>",
     "\"" MONSTER "> to=<\\\"\"@[192.0.2.1]", "b@example.org"},
};

static void a_line_cut_at_any_byte_names_nobody_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cuttable / sizeof *cuttable; i++)
		for (size_t n = 0; n <= strlen(cuttable[i].text); n++)
			true_or_absent(cuttable[i].text, n, cuttable[i].from, cuttable[i].to);
}

static void the_sender_of_a_plain_line_outlives_the_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *text = cuttable[i].text, *end = strstr(text, " to=<");
		for (const char *p = end; *p; p++) {
			read_text(SMTPD, slice_of(text, (size_t)(p - text)));
			assert_true(is(rec.sender, cuttable[i].from));
			assert_int_equal(slice_is_set(rec.recipient), p > strstr(text, "> proto="));
			assert_false(rec.flags & RECORD_SUSPECT);
		}
	}
}

static void hostile_lines_cut_in_their_tail_name_nobody_else(void **state)
{
	static struct hostile h;

	(void)state;
	seed = 11;
	for (int i = 0; i < LINES / 2; i++) {
		if (i % 2)
			hostile_reject(&h, false);
		else
			hostile_warn(&h);
		size_t n = strlen(h.line);
		true_or_absent(h.line, h.tail + 8 + pick((unsigned)(n - h.tail - 7)), h.from.external, h.to.external);
	}
}

static void a_text_of_just_the_longest_length_counts_as_cut(void **state)
{
	static char text[2001];

	(void)state;
	for (size_t n = 1999; n <= 2000; n++) {
		int k = snprintf(text, sizeof text,
		                 "NOQUEUE: warn: RCPT " HEAD "t; from=<a@x> to=<b@x> proto=ESMTP helo=<h> "
		                 "sasl_method=PLAIN sasl_username=");
		memset(text + k, 'u', n - (size_t)k);
		read_text(SMTPD, slice_of(text, n));
		assert_true(is(rec.sender, "a@x"));
		assert_true(is(rec.recipient, "b@x"));
		assert_int_equal(rec.flags, RECORD_LOGIN | (n == 2000 ? RECORD_TRUNCATED : 0));
		assert_int_equal(slice_is_set(rec.sasl_username), n != 2000);
	}
}

static void a_repeated_line_that_was_cut_is_marked(void **state)
{
	(void)state;
	memset(&line, 0, sizeof line);
	line.form = LINE_REPEATED;
	line.repeated = 2;
	line.flags = LINE_INNER_CUT;
	line.tag = SLICE(SMTPD);
	line.text = SLICE("NOQUEUE: warn: RCPT " HEAD "t; from=<a@x> to=<b@x> proto=ESMTP");
	shapes_parse(&line, &rec);
	assert_true(shapes_fields(&rec));
	assert_int_equal(rec.flags, RECORD_TRUNCATED);
	assert_true(is(rec.sender, "a@x"));
}

/* ---------------------------------------------------------------- older and odder lines */

static void an_address_in_internal_form_is_shown_but_suspect(void **state)
{
	(void)state;
	read_text(SMTPD,
	          SLICE("NOQUEUE: warn: RCPT " HEAD "t; from=<a b@example.com> to=<c> d@example.org> proto=ESMTP "
	                "helo=<x> sasl_method=PLAIN sasl_username=u"));
	assert_true(is(rec.sender, "a b@example.com"));
	assert_true(is(rec.recipient, "c> d@example.org"));
	assert_true(is(rec.helo, "x"));
	assert_true(is(rec.sasl_username, "u"));
	assert_true(is(rec.text, "t"));
	assert_int_equal(rec.flags, RECORD_SUSPECT | RECORD_LOGIN);
	read_text(SMTPD, SLICE("NOQUEUE: warn: MAIL " HEAD "t; from=<a\"b@example.com> proto=SMTP"));
	assert_true(is(rec.sender, "a\"b@example.com"));
	assert_false(slice_is_set(rec.recipient));
	assert_int_equal(rec.flags, RECORD_SUSPECT);
}

static void a_name_at_hello_is_what_the_client_said(void **state)
{
	static const char *const stages[] = {"HELO", "EHLO"};
	static const char *const names[] = {"a b",
	                                    "<x>",
	                                    "x> sasl_method=PLAIN sasl_username=u v",
	                                    "x; from=<z@y> to=<q@y> proto=ESMTP helo=<h",
	                                    "",
	                                    ">",
	                                    "mx.example.net"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(text, sizeof text, "NOQUEUE: warn: %s " HEAD "t; proto=ESMTP helo=<%s>", stages[i % 2],
		         names[i]);
		read_text(SMTPD, slice_str(text));
		assert_true(is(rec.helo, names[i]));
		assert_true(is(rec.text, "t"));
		assert_false(slice_is_set(rec.sender));
		assert_int_equal(rec.flags, 0);
		/* what came behind is lost: nothing of it is anybody's address, nor a login */
		read_text(SMTPD, slice_of(text, strlen(text) - 1));
		assert_false(slice_is_set(rec.sender));
		assert_false(rec.flags & RECORD_LOGIN);
	}
}

static void a_hello_that_imitates_the_reply_is_suspect(void **state)
{
	(void)state;
	read_text(SMTPD,
	          SLICE("NOQUEUE: reject: HELO " HEAD "504 5.5.2 <q; proto=SMTP helo=<z>: Helo command rejected: "
	                "x; proto=SMTP helo=<q; proto=SMTP helo=<z>"));
	assert_int_equal(rec.flags, RECORD_SUSPECT);
	assert_false(slice_is_set(rec.sender));
}

static void an_address_ends_at_its_own_bracket(void **state)
{
	static const struct {
		const char *text, *address;
	} rows[] = {
	    {"<>", ""},
	    {"<a@b>c", "a@b"},
	    {"<\"a> \\\"\\\\\"@b>", "\"a> \\\"\\\\\"@b"},
	    {"<\"\"@b>", "\"\"@b"},
	    {"<root>", "root"},
	    {"<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"},
	    {"<\xC3\xA9@b\xC3\xBC>", "\xC3\xA9@b\xC3\xBC"},
	    {"", NULL},
	    {"<", NULL},
	    {"a@b", NULL},
	    {"<a@b", NULL},
	    {"<a b>", NULL},
	    {"<\"a>", NULL},
	    {"<\"a\\\"@b>", NULL},
	    {"<a@[192.0.2.1>", NULL},
	    {"<a@[x y]>", NULL},
	    {"<a@b c>", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice s = slice_str(rows[i].text), before = s, address = SLICE_NONE;
		assert_int_equal(attrs_address(&s, &address), rows[i].address != NULL);
		if (rows[i].address)
			assert_true(is(address, rows[i].address));
		else
			assert_true(s.p == before.p && s.n == before.n);
	}
	struct slice none = SLICE_NONE, address;
	assert_false(attrs_address(&none, &address));
}

static void a_text_without_a_tail_is_all_text(void **state)
{
	struct attrs a;

	(void)state;
	for (int f = ATTRS_SMTPD; f <= ATTRS_SCREEN; f++) {
		assert_false(attrs_read(SLICE("abc; d"), (enum attrs_flavour)f, SLICE("RCPT"), false, &a));
		assert_true(is(a.text, "abc; d"));
		assert_true(a.truncated);
		assert_false(attrs_read(SLICE_NONE, (enum attrs_flavour)f, SLICE_NONE, true, &a));
	}
}

/* ---------------------------------------------------------------------------- cost */

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The head, then the piece as often as fits, then the end. */
static struct slice swollen(char *out, size_t n, const char *head, const char *piece, const char *end)
{
	size_t k = strlen(piece), at = strlen(head), stop = n - strlen(end);

	memcpy(out, head, at);
	for (; at + k <= stop; at += k)
		memcpy(out + at, piece, k);
	memcpy(out + at, end, strlen(end));
	return slice_of(out, at + strlen(end));
}

static double cost(const char *tag, struct slice text)
{
	double best = 1e9;

	for (int i = 0; i < 3; i++) {
		double start = cpu();
		read_text(tag, text);
		double t = cpu() - start;
		best = t < best ? t : best;
	}
	return best;
}

static const struct {
	const char *tag, *head;
} swellable[] = {
    {SMTPD, "NOQUEUE: warn: RCPT " HEAD},
    {SMTPD, "NOQUEUE: reject: RCPT " HEAD "554 5.7.1 "},
    {SMTPD, "NOQUEUE: reject: RCPT " HEAD "554 5.7.1 <"},
    {SMTPD, "NOQUEUE: reject: EHLO " HEAD "554 5.7.1 "},
    {SMTPD, "NOQUEUE: milter-reject: RCPT " HEAD "554 5.7.1 "},
    {SMTPD, "proxy-accept: END-OF-MESSAGE: "},
    {SMTPD, "3F2A1C0D9E: client=unknown[192.0.2.7], "},
    {SMTPD, "disconnect from unknown[192.0.2.7] ehlo=1 "},
    {SMTPD, "lost connection after "},
    {CLEANUP, "3F2A1C0D9E: milter-reject: END-OF-MESSAGE " HEAD "5.7.1 "},
    {CLEANUP, "3F2A1C0D9E: warning: header "},
    {"postfix/qmgr", "3F2A1C0D9E: from=<"},
    {"postfix/smtp", "3F2A1C0D9E: to=<"},
    {"postfix/smtp", "3F2A1C0D9E: to=<>, relay=none, delay=0, dsn=2.0.0, status=sent (queued as 4F9D195432C "},
    {"postfix/pickup", "3F2A1C0D9E: uid=1 from=<"},
    {"postfix/bounce", "3F2A1C0D9E: sender "},
    {"postfix/postscreen", "NOQUEUE: reject: RCPT from [192.0.2.7]:2413: 550 5.5.1 "},
    {"postfix", "3F2A1C0D9E: "},
    {"postfix", ""},
};

static const char *const pieces[] = {
    ";",
    "; from=<",
    "; from=<\"",
    "; from=<\"\\",
    "; from=<\"\\\"",
    "; from=<\"> to=<\"",
    "; from=<a@[",
    "; from=<>",
    "; from=<> proto=SMTP helo=<",
    "; proto=SMTP sasl_username=a ",
    "; proto=SMTP sasl_username=<a ",
    "; proto=SMTP",
    "; proto=ESMTP helo=<",
    "> proto=ESMTP",
    "> to=<",
    "\"",
    "\", ",
    "\\",
    " from ",
    " from x[192.0.2.9];",
    " from x[192.0.2.9];: ",
    " from local; from=<>: ",
    ">, to=<",
    ">, proto=",
    ", helo=<",
    ">, ",
    ", size=",
    ", ",
    ", size=1, nrcpt=1",
    "queued as ",
    "queued as ABCDEF",
    ", orig_client=",
    ": ",
    " notification: ",
    "<",
    ">",
    "[",
    "a",
};

static void a_line_four_times_as_long_takes_about_four_times_as_long(void **state)
{
	static const char *const ends[] = {"", ">", " from=<"};
	static char small[16384], large[65536];

	(void)state;
	for (size_t h = 0; h < sizeof swellable / sizeof *swellable; h++)
		for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++)
			for (size_t e = 0; e < 3; e++) {
				const char *tag = swellable[h].tag, *head = swellable[h].head;
				struct slice a = swollen(small, sizeof small, head, pieces[p], ends[e]);
				struct slice b = swollen(large, sizeof large, head, pieces[p], ends[e]);
				/* linear is 4, quadratic 16; below 100 us the machine tells more than the code */
				for (int tries = 0; cost(tag, b) > 10 * cost(tag, a) + 100e-6; tries++)
					if (tries == 10)
						fail_msg("too slow: %s, %s, %s", head, pieces[p], ends[e]);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_reject_is_read_as_it_was_written),
	    cmocka_unit_test(a_warning_is_read_as_it_was_written),
	    cmocka_unit_test(an_address_that_imitates_a_login_is_read_right_or_suspect),
	    cmocka_unit_test(a_text_of_the_admins_that_imitates_a_tail_is_suspect),
	    cmocka_unit_test(a_user_name_that_imitates_a_tail_is_suspect),
	    cmocka_unit_test(a_header_check_is_read_as_it_was_written),
	    cmocka_unit_test(a_text_of_the_admins_may_name_the_keys_of_a_tail),
	    cmocka_unit_test(a_text_that_quotes_the_header_is_suspect),
	    cmocka_unit_test(a_long_header_line_says_nothing_of_its_sender),
	    cmocka_unit_test(a_line_cut_at_any_byte_names_nobody_else),
	    cmocka_unit_test(the_sender_of_a_plain_line_outlives_the_cut),
	    cmocka_unit_test(hostile_lines_cut_in_their_tail_name_nobody_else),
	    cmocka_unit_test(a_text_of_just_the_longest_length_counts_as_cut),
	    cmocka_unit_test(a_repeated_line_that_was_cut_is_marked),
	    cmocka_unit_test(an_address_in_internal_form_is_shown_but_suspect),
	    cmocka_unit_test(a_name_at_hello_is_what_the_client_said),
	    cmocka_unit_test(a_hello_that_imitates_the_reply_is_suspect),
	    cmocka_unit_test(an_address_ends_at_its_own_bracket),
	    cmocka_unit_test(a_text_without_a_tail_is_all_text),
	    cmocka_unit_test(a_line_four_times_as_long_takes_about_four_times_as_long),
	};

	shapes_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
