/*
 * The shapes of mail and its life: smtpd, cleanup, qmgr, the delivery agents,
 * postscreen (postfix-log-grammar.md 2-5). What Postfix says besides is in
 * shapes_noise.c.
 */
#include "attrs.h"
#include "shapes.h"
#include "vector.h"

/* ------------------------------------------------------------------ actions */

static const struct {
	struct slice word;
	enum record_action action;
} action_words[] = {
#define X(id, name) {SLICE(name), ACTION_##id},
    RECORD_ACTIONS(X)
#undef X
};

enum record_action shapes_action(struct slice word)
{
	for (size_t i = 0; i < sizeof action_words / sizeof *action_words; i++)
		if (slice_eq(action_words[i].word, word))
			return action_words[i].action;
	return slice_starts(word, SLICE("milter-")) ? ACTION_MILTER_OTHER : ACTION_OTHER;
}

/* `WORD: `, stepping over it; the row's pattern has seen that it is there. */
static bool read_word(struct slice *s, struct record *r)
{
	size_t colon = vector_find(*s, ':');

	if (colon == 0 || colon + 2 > s->n)
		return false;
	r->word = slice_head(*s, colon);
	r->action = shapes_action(r->word);
	*s = slice_of(s->p + colon + 2, s->n - colon - 2);
	return true;
}

/* `STAGE from `, stepping over it; the row's pattern has seen that the stage is one. */
static bool read_stage(struct slice *s, struct record *r)
{
	ptrdiff_t from = slice_find(*s, SLICE(" from "));

	if (from <= 0)
		return false;
	r->stage = slice_head(*s, (size_t)from);
	*s = slice_from(*s, (size_t)from + 6);
	return true;
}

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* D.D{1,3}.D{1,3} with D of 2, 4, 5 (dsn_util.c). */
static size_t dsn_span(struct slice s)
{
	size_t i = 2, dots = 1, digits = 0;

	if (s.n < 5 || !memchr("245", s.p[0], 3) || s.p[1] != '.')
		return 0;
	for (; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9' && digits < 3)
			digits++;
		else if (s.p[i] == '.' && dots == 1 && digits)
			dots++, digits = 0;
		else
			break;
	}
	return dots == 2 && digits && (i == s.n || s.p[i] == ' ') ? i : 0;
}

/* `CODE DSN TEXT`, `DSN TEXT` or `TEXT`: code and DSN come off. */
static void read_reply(struct record *r, struct slice text)
{
	if (text.n >= 3 && (text.p[0] == '4' || text.p[0] == '5') && all_digits(slice_head(text, 3)) &&
	    (text.n == 3 || text.p[3] == ' ')) {
		r->code = (text.p[0] - '0') * 100 + (text.p[1] - '0') * 10 + (text.p[2] - '0');
		text = slice_from(text, 4);
	}
	size_t n = dsn_span(text);
	if (n) {
		r->dsn = slice_head(text, n);
		text = slice_from(text, n + 1);
	}
	r->text = text;
}

static void take_attrs(struct record *r, const struct attrs *a)
{
	r->sender = a->from;
	r->recipient = a->to;
	r->proto = a->proto;
	r->helo = a->helo;
	r->sasl_method = a->sasl_method;
	r->sasl_username = a->sasl_username;
	if (a->suspect)
		r->flags |= RECORD_SUSPECT;
	if (a->truncated)
		r->flags |= RECORD_TRUNCATED;
	if (slice_is_set(a->sasl_method) || slice_is_set(a->sasl_username))
		r->flags |= RECORD_LOGIN;
}

/* Postfix logs no more of a text, syslog's repeat marker even less; a line of just that length counts as cut. */
#define TEXT_MAX 2000

static bool line_was_cut(const struct record *r)
{
	return r->line->text.n == TEXT_MAX || (r->line->flags & LINE_INNER_CUT);
}

static void mark_cut(struct record *r)
{
	if (line_was_cut(r))
		r->flags |= RECORD_TRUNCATED;
}

static bool text_is_own(enum record_action a)
{
	return a == ACTION_WARN || a == ACTION_INFO;
}

/* Only what the client is told has a code; the text of other actions may begin with digits by chance. */
static bool text_is_reply(struct slice word)
{
	return slice_ends(word, SLICE("reject")) || slice_eq(word, SLICE("reject_warning")) ||
	       slice_eq(word, SLICE("proxy-accept"));
}

static void take_text(struct record *r, struct slice text)
{
	if (text_is_reply(r->word))
		read_reply(r, text);
	else
		r->text = text;
}

static void finish_action(struct record *r, struct slice rest, enum attrs_flavour flavour)
{
	struct attrs a;

	attrs_read(rest, flavour, r->stage, text_is_own(r->action), &a);
	take_attrs(r, &a);
	take_text(r, a.text);
	mark_cut(r);
	if (line_was_cut(r)) /* the last thing of a line, of any length: what we see may be half a name */
		r->sasl_username = SLICE_NONE;
}

static enum attrs_flavour flavour_of(const struct record *r)
{
	if (!slice_starts(r->word, SLICE("milter-")))
		return ATTRS_SMTPD;
	return r->daemon == DAEMON_CLEANUP ? ATTRS_CLEANUP_MILTER : ATTRS_MILTER;
}

/* The row's pattern has filled in the client; what stands behind it? */
static struct slice behind_client(const struct record *r)
{
	struct slice port = r->client_port, ip = r->client_ip;
	const char *end = slice_is_set(port) ? port.p + port.n : ip.p + ip.n + 1;

	return slice_of(end, (size_t)(r->body.p + r->body.n - end));
}

/* smtpd's log_whatsup() and check_milter_reply(), cleanup's cleanup_milter_apply(). */
static bool fields_action(struct record *r)
{
	struct slice s = r->body;
	struct attrs none;

	if (!read_word(&s, r))
		return false;
	r->stage = slice_of(s.p, (size_t)(r->client_name.p - s.p) - 6); /* ` from ` */
	s = behind_client(r);
	if (!slice_skip(&s, SLICE(": ")))
		return false;
	/* `421 4.3.0 HOST Server local data error` and postscreen's overload texts have no tail at all */
	if (slice_ends(s, SLICE(" Server local data error")) && slice_find(s, SLICE("; ")) < 0) {
		memset(&none, 0, sizeof none);
		read_reply(r, s);
		return true;
	}
	finish_action(r, s, flavour_of(r));
	return true;
}

/* postscreen: no client name, commas between the fields. */
static bool fields_screen_action(struct record *r)
{
	struct slice s = r->body;

	if (!read_word(&s, r) || !read_stage(&s, r))
		return false;
	/* the pattern has seen that this is [ADDR]:PORT */
	ptrdiff_t close = slice_chr(s, ']'), colon = slice_find(s, SLICE(": "));
	if (close < 1 || colon < close)
		return false;
	r->client_ip = slice_of(s.p + 1, (size_t)close - 1);
	if (colon > close + 1)
		r->client_port = slice_of(s.p + close + 2, (size_t)(colon - close - 2));
	s = slice_from(s, (size_t)colon + 2);
	if (slice_find(s, SLICE("; from=<")) < 0) {
		read_reply(r, s);
		if (r->code) /* the overload texts have neither code nor tail, all others both */
			r->flags |= RECORD_TRUNCATED;
		return true;
	}
	finish_action(r, s, ATTRS_SCREEN);
	return true;
}

/* In a line that was cut an id that ends with the text may be half of one, and none is better than an earlier one. */
static void take_queued_as(struct record *r, struct slice s)
{
	bool cut = r->flags & RECORD_TRUNCATED;
	struct slice id;

	if (cut)
		r->queued_as = SLICE_NONE;
	if (shapes_queue_id(&s, &id) && (s.n || !cut))
		r->queued_as = id;
}

/* The id behind the last `queued as `: through amavis the inner server's answer stands last (4.3). */
static void read_queued_as(struct record *r, struct slice answer)
{
	struct slice rest = answer;
	ptrdiff_t at;

	while ((at = slice_find(rest, SLICE("queued as "))) >= 0) {
		rest = slice_from(rest, (size_t)at + 10);
		take_queued_as(r, rest);
	}
	if (!slice_is_set(r->queued_as) && slice_skip(&answer, SLICE("forwarded as ")))
		take_queued_as(r, answer);
}

/* `proxy-accept: STAGE: REPLY; from=<> ...`: no client. */
static bool fields_proxy(struct record *r)
{
	struct slice s = r->body;
	ptrdiff_t colon;

	if (!read_word(&s, r) || (colon = slice_find(s, SLICE(": "))) <= 0)
		return false;
	r->stage = slice_head(s, (size_t)colon);
	finish_action(r, slice_from(s, (size_t)colon + 2), ATTRS_MILTER);
	read_queued_as(r, r->text);
	return true;
}

static bool check_client(struct record *r, struct slice origin)
{
	if (slice_eq(origin, SLICE("local")) || slice_eq(origin, SLICE("unknown"))) {
		r->client_name = origin;
		return true;
	}
	return shapes_client(&origin, &r->client_name, &r->client_ip, &r->client_port);
}

/* cleanup_act_log(): the text stands behind the attributes. */
static bool fields_check(struct record *r)
{
	struct slice s = r->body, content, origin;
	struct attrs a;

	if (!read_word(&s, r))
		return false;
	ptrdiff_t blank = slice_chr(s, ' ');
	if (blank <= 0)
		return false;
	r->stage = slice_head(s, (size_t)blank);
	s = slice_from(s, (size_t)blank + 1);
	/*
	 * smtp_header_checks have no origin, and a cut line has lost it or cannot
	 * be told from one in the content: the action stands, its mail is named by the id.
	 */
	if (r->daemon == DAEMON_AGENT || line_was_cut(r) || !attrs_read_check(s, &content, &origin, &a) ||
	    !check_client(r, origin)) {
		r->text = s;
		if (r->daemon == DAEMON_AGENT)
			mark_cut(r);
		else
			r->flags |= RECORD_TRUNCATED;
		return true;
	}
	take_attrs(r, &a);
	if (slice_is_set(a.after))
		take_text(r, a.after);
	else
		r->text = content;
	if (slice_is_set(a.after) && a.after.n > 12 && slice_find(content, slice_head(a.after, 12)) >= 0)
		r->flags |= RECORD_SUSPECT; /* the admin's text quotes the content ($1): nothing can be told apart */
	r->detail = content;
	return true;
}

/* ----------------------------------------------------------------- sessions */

static bool fields_connect(struct record *r)
{
	(void)r; /* the client is all there is */
	return true;
}

#define COUNTER_MAX 1000000

/* Digits at *p, stepping over them; false if there are none or too many. */
static inline bool read_count(const char **p, const char *end, int *count)
{
	const char *start = *p;
	int v = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
		v = v * 10 + (**p - '0');
		if (v > COUNTER_MAX)
			return false;
	}
	*count = v;
	return *p > start;
}

/* One ` word=ok/all` or ` word=all` of disconnect's counters. */
static inline bool read_counter(struct slice *s, struct slice *word, int *ok, int *all)
{
	const char *p = s->p, *end = s->p + s->n;

	if (p == end || *p != ' ')
		return false;
	while (++p < end && *p != '=')
		;
	*word = slice_of(s->p + 1, (size_t)(p - s->p - 1));
	if (p == end || word->n == 0)
		return false;
	p++;
	if (!read_count(&p, end, ok))
		return false;
	*all = *ok;
	if (p < end && *p == '/') {
		p++;
		if (!read_count(&p, end, all))
			return false;
	}
	*s = slice_of(p, (size_t)(end - p));
	return true;
}

/* What a session's counters come to; -1 if they are not told. */
struct tally {
	int rcpt_ok, rcpt_all, data_ok, data_all;
};

static struct tally read_tally(struct slice s)
{
	struct tally sum = {0}, told = {-1, -1, -1, -1};
	struct slice word;
	int ok, all;

	while (read_counter(&s, &word, &ok, &all)) {
		if (slice_eq(word, SLICE("rcpt"))) {
			sum.rcpt_ok = ok;
			sum.rcpt_all = all;
		} else if (slice_eq(word, SLICE("data")) || slice_eq(word, SLICE("bdat"))) {
			sum.data_ok += ok;
			sum.data_all += all;
		} else if (slice_eq(word, SLICE("commands"))) { /* the last one; before Postfix 3.0 none is there */
			told = sum;
		}
	}
	return told;
}

/* Most sessions go the same few ways, so that most counters have been read before. */
#define TALLY_BITS 7
#define TALLY_TEXT 79

static _Thread_local struct {
	struct tally tally;
	uint8_t n;
	char text[TALLY_TEXT];
} tallies[1 << TALLY_BITS];

static struct tally tally_of(struct slice s)
{
	if (s.n < 8 || s.n > TALLY_TEXT)
		return read_tally(s);
	uint64_t some = slice_word(s.p + s.n - 8) + slice_word(s.p + s.n / 2 - 4) + s.n;
	size_t slot = some * UINT64_C(0x9e3779b97f4a7c15) >> (64 - TALLY_BITS);

	if (tallies[slot].n != s.n || !slice_same(tallies[slot].text, s.p, s.n)) {
		tallies[slot].tally = read_tally(s);
		tallies[slot].n = (uint8_t)s.n;
		memcpy(tallies[slot].text, s.p, s.n);
	}
	return tallies[slot].tally;
}

static bool fields_disconnect(struct record *r)
{
	struct tally t = tally_of(behind_client(r));

	r->rcpt_ok = t.rcpt_ok;
	r->rcpt_all = t.rcpt_all;
	r->data_ok = t.data_ok;
	r->data_all = t.data_all;
	return true;
}

/* What can stand behind the client of `client=`; of sasl_sender only its place matters. */
static const struct client_key {
	struct slice key;
	size_t field;
} client_keys[] = {
    {SLICE(", sasl_method="), offsetof(struct record, sasl_method)},
    {SLICE(", sasl_username="), offsetof(struct record, sasl_username)},
    {SLICE(", sasl_sender="), 0},
    {SLICE(", orig_queue_id="), offsetof(struct record, orig_queue_id)},
    {SLICE(", orig_client="), offsetof(struct record, orig_client)},
};

/* Steps to the next `, KEY=`, and over it; *before is where it begins. NULL: there is none. */
static const struct client_key *client_key(struct slice *s, const char **before)
{
	ptrdiff_t at;

	for (; (at = slice_find(*s, SLICE(", "))) >= 0; *s = slice_from(*s, 1)) {
		*s = slice_from(*s, (size_t)at);
		*before = s->p;
		for (size_t i = 0; i < sizeof client_keys / sizeof *client_keys; i++)
			if (slice_skip(s, client_keys[i].key))
				return &client_keys[i];
	}
	return NULL;
}

/* A value goes up to the next key, or to the end. A key that comes again may be a user's name that imitates it. */
static void read_client_keys(struct record *r, struct slice s)
{
	const struct client_key *key;
	struct slice *value = NULL;
	const char *before;

	while ((key = client_key(&s, &before))) {
		if (value)
			value->n = (size_t)(before - value->p);
		value = key->field ? (struct slice *)(void *)((char *)r + key->field) : NULL;
		if (value && slice_is_set(*value)) {
			r->flags |= RECORD_SUSPECT;
			value = NULL;
		}
		if (value)
			*value = s;
	}
}

static bool fields_client(struct record *r)
{
	struct slice s = behind_client(r);

	if (s.n == 0) /* nearly always */
		return true;
	read_client_keys(r, s);
	if (slice_is_set(r->sasl_method) || slice_is_set(r->sasl_username))
		r->flags |= RECORD_LOGIN;
	return true;
}

/* `{lost connection|timeout|too many errors} after STAGE[ (N bytes)] from CLIENT` */
static bool fields_lost(struct record *r)
{
	ptrdiff_t after = slice_find(r->body, SLICE(" after ")), from = slice_find(r->body, SLICE(" from "));

	if (after < 0 || from < after + 7) /* ` after from ` is both at once */
		return false;
	r->detail = slice_head(r->body, (size_t)after);
	r->stage = slice_of(r->body.p + after + 7, (size_t)(from - after - 7));
	ptrdiff_t bytes = slice_find(r->stage, SLICE(" ("));
	if (bytes > 0)
		r->stage = slice_head(r->stage, (size_t)bytes);
	struct slice s = slice_from(r->body, (size_t)from + 6);
	return shapes_client(&s, &r->client_name, &r->client_ip, &r->client_port);
}

/* --------------------------------------------------------------- life of mail */

/* Internal form or without brackets: up to what must come next. */
__attribute__((noinline)) static bool read_odd_address(struct slice *s, struct slice *address)
{
	bool bracket = s->n && s->p[0] == '<';
	ptrdiff_t end = slice_find(*s, bracket ? SLICE(">, ") : SLICE(", "));

	if (end < 0)
		return false;
	*address = slice_of(s->p + bracket, (size_t)end - bracket);
	*s = slice_from(*s, (size_t)end + bracket);
	return true;
}

/* `KEY<ADDR>` or, as some agents write it, `KEYADDR` up to the comma. Inline for the key's sake, of known length. */
__attribute__((always_inline)) static inline bool read_address(struct slice *s, struct slice key, struct slice *address)
{
	struct slice t = *s;

	if (!slice_skip(&t, key))
		return false;
	if (!attrs_address(&t, address) && !read_odd_address(&t, address))
		return false;
	*s = t;
	return true;
}

/* Up to `, `, which is near. */
static inline bool read_value(struct slice *s, struct slice key, struct slice *value)
{
	struct slice t = *s;
	size_t end;

	if (!slice_skip(&t, key))
		return false;
	for (end = vector_find(t, ','); end + 1 < t.n && t.p[end + 1] != ' ';)
		end += 1 + vector_find(slice_of(t.p + end + 1, t.n - end - 1), ',');
	if (end + 1 >= t.n)
		return false;
	*value = slice_of(t.p, end);
	*s = slice_of(t.p + end, t.n - end);
	return true;
}

/* host[ip]:port; also host[path] of a socket, a transport's name, `none`. */
static void read_relay(struct record *r)
{
	size_t open = vector_find_either(r->relay, '[', '/');

	if (open == r->relay.n || r->relay.p[open] == '/')
		return;
	ptrdiff_t close = slice_rchr(r->relay, ']');
	if (close < (ptrdiff_t)open || vector_find(r->relay, '/') < r->relay.n)
		return;
	r->relay_ip = slice_of(r->relay.p + open + 1, (size_t)close - open - 1);
	if ((size_t)close + 1 < r->relay.n && r->relay.p[close + 1] == ':')
		r->relay_port = slice_from(r->relay, (size_t)close + 2);
}

/* log_adhoc.c: left to right, since the reason at the end belongs to the other side. */
static bool fields_delivery(struct record *r)
{
	struct slice s = r->body, skip;

	if (!read_address(&s, SLICE("to="), &r->recipient))
		return false;
	read_address(&s, SLICE(", orig_to="), &r->orig_recipient);
	if (!read_value(&s, SLICE(", relay="), &r->relay))
		return false;
	read_relay(r);
	read_value(&s, SLICE(", conn_use="), &skip);
	read_value(&s, SLICE(", delay="), &r->delay);
	read_value(&s, SLICE(", delays="), &r->delays);
	read_value(&s, SLICE(", tls="), &skip);
	read_value(&s, SLICE(", dsn="), &r->dsn);
	if (!slice_skip(&s, SLICE(", status=")) && !slice_skip(&s, SLICE(" status=")))
		return false;
	r->status = slice_of(s.p, vector_find(s, ' '));
	s = slice_from(s, r->status.n + 1);
	if (slice_skip(&s, SLICE("("))) {
		r->response = slice_ends(s, SLICE(")")) ? slice_head(s, s.n - 1) : s;
		if (!slice_ends(s, SLICE(")")))
			r->flags |= RECORD_TRUNCATED;
	}
	mark_cut(r);
	read_queued_as(r, r->response);
	return r->status.n > 0;
}

/* `from=`, of which the row's pattern has filled in an address in external form. */
static bool read_sender(struct slice *s, struct record *r)
{
	if (!slice_is_set(r->sender))
		return read_address(s, SLICE("from="), &r->sender);
	const char *end = r->sender.p + r->sender.n + 1;
	*s = slice_of(end, (size_t)(s->p + s->n - end));
	return true;
}

static bool fields_queued(struct record *r)
{
	struct slice s = r->body;
	uint64_t v;

	if (!read_sender(&s, r) || !slice_skip(&s, SLICE(", size=")) || !slice_number(&s, INT64_MAX, &v))
		return false;
	r->size = (int64_t)v;
	if (!slice_skip(&s, SLICE(", nrcpt=")) || !slice_number(&s, INT32_MAX, &v))
		return false;
	r->nrcpt = (int)v;
	return true;
}

static bool fields_expired(struct record *r)
{
	struct slice s = r->body;

	if (!read_sender(&s, r))
		return false;
	r->status = SLICE("expired");
	return true;
}

/* External form; else internal, up to the last bracket, or without brackets, to the end. */
static bool read_pickup_address(struct slice *s, struct slice *address)
{
	struct slice t = *s;

	if (!slice_skip(&t, SLICE("from=")))
		return false;
	if (!attrs_address(&t, address)) {
		ptrdiff_t end = slice_rchr(t, '>');
		bool bracket = slice_skip(&t, SLICE("<"));
		if (bracket && end < 1)
			return false;
		*address = bracket ? slice_head(t, (size_t)end - 1) : t;
		t = slice_from(t, bracket ? (size_t)end : t.n);
	}
	*s = t;
	return true;
}

static bool fields_pickup(struct record *r)
{
	ptrdiff_t from = slice_find(r->body, SLICE(" from="));

	if (from < 0)
		return false;
	struct slice s = slice_from(r->body, (size_t)from + 1);
	if (!read_pickup_address(&s, &r->sender))
		return false;
	if (slice_skip(&s, SLICE(" orig_id=")))
		shapes_queue_id(&s, &r->orig_queue_id);
	return true;
}

static bool fields_message_id(struct record *r)
{
	struct slice s = r->body;

	if (!slice_skip(&s, SLICE("message-id=")))
		return false;
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = slice_of(s.p + 1, s.n - 2);
	r->message_id = s;
	mark_cut(r);
	return true;
}

static bool fields_notice(struct record *r)
{
	ptrdiff_t colon = slice_rchr(r->body, ':');
	struct slice s = slice_from(r->body, (size_t)colon + 2);

	shapes_queue_id(&s, &r->queued_as);
	return true;
}

/* `removed`, `removed (canceled)`, `removed (discarded)` */
static bool fields_removed(struct record *r)
{
	struct slice s = r->body;

	slice_skip(&s, SLICE("removed"));
	if (slice_skip(&s, SLICE(" (")) && s.n)
		r->detail = slice_head(s, s.n - 1);
	return true;
}

/* master: `warning: process /usr/lib/postfix/sbin/smtpd pid 123 exit status 1` */
static bool fields_crash(struct record *r)
{
	ptrdiff_t pid = slice_find(r->body, SLICE(" pid "));

	if (pid >= 0) {
		struct slice s = slice_from(r->body, (size_t)pid + 5);
		uint64_t v;
		r->detail = slice_head(s, 0);
		if (slice_number(&s, INT32_MAX, &v))
			r->detail = slice_of(r->detail.p, (size_t)(s.p - r->detail.p));
	}
	return true;
}

static bool fields_screen(struct record *r)
{
	ptrdiff_t open = slice_chr(r->body, '['), close = slice_chr(r->body, ']');

	if (open >= 0 && close > open)
		r->client_ip = slice_of(r->body.p + open + 1, (size_t)(close - open - 1));
	return true;
}

/* -------------------------------------------------------------------- the table */

#define SMTPD_ACTION(word, text)                                                                   \
	{                                                                                          \
		DAEMON_SMTPD, RECORD_ATTEMPT, "smtpd-" word, "%Q: " word ": %s from %c: %*",       \
		    "NOQUEUE: " word ": RCPT from mx.example.net[192.0.2.7]: " text                \
		    "; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mx.example.net>", \
		    fields_action                                                                  \
	}
#define CHECK_ROW(word, what)                                                                          \
	{                                                                                              \
		DAEMON_CLEANUP, RECORD_ATTEMPT, "cleanup-" word "-" what, "%q: " word ": " what " %*", \
		    "3F2A1C0D9E: " word ": " what " Subject: hi from mx.example.net[192.0.2.7]; "      \
		    "from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mx>: policy",           \
		    fields_check                                                                       \
	}
#define CHECK_WORD(word) CHECK_ROW(word, "header"), CHECK_ROW(word, "body"), CHECK_ROW(word, "content")
#define SCREEN_ROW(name, pattern, example)                                                            \
	{                                                                                             \
		DAEMON_POSTSCREEN, RECORD_SCREEN, "postscreen-" name, pattern, example, fields_screen \
	}

const struct shape shapes_postfix[] = {
    /* smtpd, the commonest first */
    {DAEMON_SMTPD, RECORD_CONNECT, "smtpd-connect", "connect from %c", "connect from mx.example.net[192.0.2.7]",
     fields_connect},
    {DAEMON_SMTPD, RECORD_DISCONNECT, "smtpd-disconnect", "disconnect from %c ehlo=%*",
     "disconnect from mx.example.net[192.0.2.7] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4", fields_disconnect},
    {DAEMON_SMTPD, RECORD_DISCONNECT, "smtpd-disconnect-counters", "disconnect from %c %~commands=%*",
     "disconnect from mx.example.net[192.0.2.7] helo=1 quit=1 commands=2", fields_disconnect},
    {DAEMON_SMTPD, RECORD_DISCONNECT, "smtpd-disconnect-plain", "disconnect from %c",
     "disconnect from mx.example.net[192.0.2.7]", fields_disconnect},
    {DAEMON_SMTPD, RECORD_TLS, "smtpd-tls", "%w TLS connection established from %c: %*",
     "Anonymous TLS connection established from mx.example.net[192.0.2.7]: TLSv1.3 with cipher "
     "TLS_AES_256_GCM_SHA384 (256/256 bits)",
     NULL},
    {DAEMON_SMTPD, RECORD_CLIENT, "smtpd-client", "%Q: client=%c", "3F2A1C0D9E: client=mx.example.net[192.0.2.7]",
     fields_client},
    {DAEMON_SMTPD, RECORD_CLIENT, "smtpd-client-login", "%Q: client=%c, %*",
     "3Pt2mN2VXxznjll: client=unknown[192.0.2.7], sasl_method=PLAIN, sasl_username=u@example.com", fields_client},
    SMTPD_ACTION("warn", "*** Invalid Inbound Sender ***"),
    SMTPD_ACTION("reject", "554 5.7.1 <b@example.org>: Relay access denied"),
    SMTPD_ACTION("reject_warning", "554 5.7.1 <a@example.com>: Sender address rejected: Access denied"),
    SMTPD_ACTION("hold", "<a@example.com>: Sender address triggers HOLD action"),
    SMTPD_ACTION("discard", "<a@example.com>: Sender address triggers DISCARD action"),
    SMTPD_ACTION("redirect", "<a@example.com>: Sender address triggers REDIRECT c@example.org"),
    SMTPD_ACTION("filter", "<a@example.com>: Sender address triggers FILTER smtp:[127.0.0.1]:10026"),
    SMTPD_ACTION("bcc", "<a@example.com>: Sender address triggers BCC c@example.org"),
    SMTPD_ACTION("info", "a note"),
    SMTPD_ACTION("permit", "action=permit_mynetworks for Client host=mx.example.net[192.0.2.7]"),
    SMTPD_ACTION("hangup", "no more of you"),
    SMTPD_ACTION("delay", "<a@example.com>: Sender address triggers DELAY action"),
    SMTPD_ACTION("milter-reject", "451 4.7.1 Later"),
    SMTPD_ACTION("milter-hold", "milter triggers HOLD action"),
    SMTPD_ACTION("milter-discard", "milter triggers DISCARD action"),
    {DAEMON_SMTPD, RECORD_PROXY_ACCEPT, "smtpd-proxy-accept", "proxy-accept: %s: %*",
     "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 4F9D195432C; from=<a@example.com> to=<b@example.org> "
     "proto=ESMTP helo=<mx>",
     fields_proxy},
    {DAEMON_SMTPD, RECORD_ATTEMPT, "smtpd-proxy-reject", "proxy-reject: %s: %*",
     "proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<mx>",
     fields_proxy},
    {DAEMON_SMTPD, RECORD_LOST_CONNECTION, "smtpd-lost-connection", "lost connection after %*",
     "lost connection after DATA (1234 bytes) from unknown[192.0.2.7]", fields_lost},
    {DAEMON_SMTPD, RECORD_LOST_CONNECTION, "smtpd-timeout", "timeout after %*",
     "timeout after RCPT from unknown[192.0.2.7]", fields_lost},
    {DAEMON_SMTPD, RECORD_LOST_CONNECTION, "smtpd-too-many-errors", "too many errors after %*",
     "too many errors after RCPT from unknown[192.0.2.7]", fields_lost},
    {DAEMON_SMTPD, RECORD_LOST_CONNECTION, "smtpd-lost-connection-id", "%Q: lost connection after %*",
     "NOQUEUE: lost connection after DATA (1234 bytes) from unknown[192.0.2.7]", fields_lost},
    {DAEMON_SMTPD, RECORD_LOST_CONNECTION, "smtpd-timeout-id", "%Q: timeout after %*",
     "3F2A1C0D9E: timeout after RCPT from unknown[192.0.2.7]", fields_lost},
    {DAEMON_SMTPD, RECORD_LOST_CONNECTION, "smtpd-too-many-errors-id", "%Q: too many errors after %*",
     "NOQUEUE: too many errors after RCPT from unknown[192.0.2.7]", fields_lost},
    {DAEMON_SMTPD, RECORD_CRASH, "smtpd-fatal", "fatal: %*", "fatal: no SASL authentication mechanisms", NULL},
    {DAEMON_SMTPD, RECORD_CRASH, "smtpd-panic", "panic: %*", "panic: myfree: corrupt or unallocated memory block",
     NULL},

    /* cleanup */
    {DAEMON_CLEANUP, RECORD_MESSAGE_ID, "cleanup-message-id", "%q: message-id=%*",
     "3F2A1C0D9E: message-id=<20261122.1@example.com>", fields_message_id},
    {DAEMON_CLEANUP, RECORD_ATTEMPT, "cleanup-milter-reject", "%q: milter-reject: %s from %c: %*",
     "3F2A1C0D9E: milter-reject: END-OF-MESSAGE from unknown[192.0.2.7]: 5.7.1 Spam message rejected; "
     "from=<a@example.com> to=<z@example.org> proto=ESMTP helo=<x>",
     fields_action},
    {DAEMON_CLEANUP, RECORD_ATTEMPT, "cleanup-milter-hold", "%q: milter-hold: %s from %c: %*",
     "3F2A1C0D9E: milter-hold: END-OF-MESSAGE from unknown[192.0.2.7]: milter triggers HOLD action; "
     "from=<a@example.com> to=<z@example.org> proto=ESMTP helo=<x>",
     fields_action},
    {DAEMON_CLEANUP, RECORD_ATTEMPT, "cleanup-milter-discard", "%q: milter-discard: %s from %c: %*",
     "3F2A1C0D9E: milter-discard: END-OF-MESSAGE from unknown[192.0.2.7]: milter triggers DISCARD action; "
     "from=<a@example.com> to=<z@example.org> proto=ESMTP helo=<x>",
     fields_action},
    CHECK_WORD("reject"),
    CHECK_WORD("warning"),
    CHECK_WORD("info"),
    CHECK_WORD("filter"),
    CHECK_WORD("pass"),
    CHECK_WORD("discard"),
    CHECK_WORD("hold"),
    CHECK_WORD("delay"),
    CHECK_WORD("prepend"),
    CHECK_WORD("replace"),
    CHECK_WORD("redirect"),
    CHECK_WORD("bcc"),
    CHECK_WORD("strip"),
    CHECK_WORD("milter-header-reject"),
    CHECK_WORD("milter-header-warning"),
    CHECK_WORD("milter-header-discard"),
    CHECK_WORD("milter-header-hold"),
    CHECK_WORD("milter-header-redirect"),
    CHECK_ROW("reject", "mime-error"),
    {DAEMON_CLEANUP, RECORD_REMOVED, "cleanup-removed", "%q: removed (%*", "3F2A1C0D9E: removed (canceled)",
     fields_removed},

    /* qmgr */
    {DAEMON_QMGR, RECORD_QUEUED, "qmgr-queued", "%q: from=%a, size=%d, nrcpt=%d (queue active)",
     "3F2A1C0D9E: from=<a@example.com>, size=664, nrcpt=2 (queue active)", fields_queued},
    {DAEMON_QMGR, RECORD_REMOVED, "qmgr-removed", "%q: removed", "3F2A1C0D9E: removed", fields_removed},
    {DAEMON_QMGR, RECORD_EXPIRED, "qmgr-expired", "%q: from=%a, status=expired, returned to sender",
     "3F2A1C0D9E: from=<a@example.com>, status=expired, returned to sender", fields_expired},
    {DAEMON_QMGR, RECORD_EXPIRED, "qmgr-force-expired", "%q: from=%a, status=force-expired, returned to sender",
     "3F2A1C0D9E: from=<a@example.com>, status=force-expired, returned to sender", fields_expired},
    {DAEMON_QMGR, RECORD_DELIVERY, "qmgr-delivery", "%q: to=%~, relay=%*",
     "3F2A1C0D9E: to=<b@example.org>, relay=none, delay=0.1, delays=0.1/0/0/0, dsn=4.3.0, status=deferred (unknown "
     "mail transport error)",
     fields_delivery},

    /* delivery agents */
    {DAEMON_AGENT, RECORD_DELIVERY, "agent-delivery", "%q: to=%*",
     "1A2B3C4D5E: to=<b@example.org>, relay=mail.example.org[192.0.2.25]:25, delay=1.2, delays=0.1/0/0.1/1, dsn=2.0.0, "
     "status=sent (250 2.0.0 Ok: queued as 4F9D195432C)",
     fields_delivery},
    {DAEMON_DISCARD, RECORD_DELIVERY, "discard-delivery", "%q: to=%*",
     "1A2B3C4D5E: to=<b@example.org>, relay=none, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (nobody reads "
     "it)",
     fields_delivery},
    {DAEMON_AGENT, RECORD_ATTEMPT, "agent-header-check", "%q: warning: header %*",
     "1A2B3C4D5E: warning: header Subject: hi: policy", fields_check},
    {DAEMON_AGENT, RECORD_CRASH, "agent-fatal", "fatal: %*", "fatal: unknown service: smtp/tcp", NULL},

    /* pickup, qmqpd, bounce, postsuper, master */
    {DAEMON_PICKUP, RECORD_PICKUP, "pickup-mail", "%q: uid=%d from=%*", "3F2A1C0D9E: uid=0 from=<root>", fields_pickup},
    {DAEMON_QMQPD, RECORD_CLIENT, "qmqpd-client", "%q: client=%c", "3F2A1C0D9E: client=mx.example.net[192.0.2.7]",
     fields_client},
    {DAEMON_BOUNCE, RECORD_NOTICE, "bounce-notice", "%q: %w %~ notification: %q",
     "3F2A1C0D9E: sender non-delivery notification: 4F9D195432C", fields_notice},
    {DAEMON_POSTSUPER, RECORD_REMOVED, "postsuper-removed", "%q: removed", "3F2A1C0D9E: removed", fields_removed},
    {DAEMON_POSTSUPER, RECORD_HELD, "postsuper-held", "%q: placed on hold", "3F2A1C0D9E: placed on hold", NULL},
    {DAEMON_POSTSUPER, RECORD_RELEASED, "postsuper-released", "%q: released from hold",
     "3F2A1C0D9E: released from hold", NULL},
    {DAEMON_POSTSUPER, RECORD_REQUEUED, "postsuper-requeued", "%q: requeued", "3F2A1C0D9E: requeued", NULL},
    {DAEMON_MASTER, RECORD_RESTART, "master-started", "daemon started -- %*",
     "daemon started -- version 3.7.11, configuration /etc/postfix", NULL},
    {DAEMON_MASTER, RECORD_RESTART, "master-terminating", "terminating on signal %d", "terminating on signal 15", NULL},
    {DAEMON_MASTER, RECORD_CRASH, "master-process", "warning: process %w pid %*",
     "warning: process /usr/lib/postfix/sbin/smtpd pid 31311 killed by signal 9", fields_crash},

    /* postscreen */
    {DAEMON_POSTSCREEN, RECORD_ATTEMPT, "postscreen-reject", "%Q: reject: %s from %p: %*",
     "NOQUEUE: reject: RCPT from [192.0.2.7]:2413: 550 5.7.1 Service unavailable; client [192.0.2.7] blocked using "
     "bl.example; from=<a@example.com>, to=<b@example.org>, proto=ESMTP, helo=<x>",
     fields_screen_action},
    {DAEMON_POSTSCREEN, RECORD_ATTEMPT, "postscreen-busy", "reject: %s from %p: %*",
     "reject: connect from [192.0.2.7]:2413: all screening ports busy", fields_screen_action},
    SCREEN_ROW("connect", "CONNECT from %p to %p", "CONNECT from [192.0.2.7]:2413 to [192.0.2.25]:25"),
    SCREEN_ROW("pass-new", "PASS NEW %p", "PASS NEW [192.0.2.7]:2413"),
    SCREEN_ROW("pass-old", "PASS OLD %p", "PASS OLD [192.0.2.7]:2413"),
    SCREEN_ROW("disconnect", "DISCONNECT %p", "DISCONNECT [192.0.2.7]:2413"),
    SCREEN_ROW("allowlisted", "ALLOWLISTED %p", "ALLOWLISTED [192.0.2.7]:2413"),
    SCREEN_ROW("whitelisted", "WHITELISTED %p", "WHITELISTED [192.0.2.7]:2413"),
    SCREEN_ROW("denylisted", "DENYLISTED %p", "DENYLISTED [192.0.2.7]:2413"),
    SCREEN_ROW("blacklisted", "BLACKLISTED %p", "BLACKLISTED [192.0.2.7]:2413"),
    SCREEN_ROW("allowlist-veto", "ALLOWLIST VETO %p", "ALLOWLIST VETO [192.0.2.7]:2413"),
    SCREEN_ROW("whitelist-veto", "WHITELIST VETO %p", "WHITELIST VETO [192.0.2.7]:2413"),
    SCREEN_ROW("pregreet", "PREGREET %d after %w from %p: %*",
               "PREGREET 14 after 0.02 from [192.0.2.7]:2413: EHLO ylmf-pc\\r\\n"),
    SCREEN_ROW("dnsbl", "DNSBL rank %d for %p", "DNSBL rank 4 for [192.0.2.7]:2413"),
    SCREEN_ROW("pipelining", "COMMAND PIPELINING from %p after %*",
               "COMMAND PIPELINING from [192.0.2.7]:2413 after EHLO: QUIT\\r\\n"),
    SCREEN_ROW("non-smtp", "NON-SMTP COMMAND from %p after %*",
               "NON-SMTP COMMAND from [192.0.2.7]:2413 after CONNECT: GET / HTTP/1.1"),
    SCREEN_ROW("bare-newline", "BARE NEWLINE from %p after %*", "BARE NEWLINE from [192.0.2.7]:2413 after RCPT"),
    SCREEN_ROW("time-limit", "COMMAND TIME LIMIT from %p%*", "COMMAND TIME LIMIT from [192.0.2.7]:2413 after CONNECT"),
    SCREEN_ROW("count-limit", "COMMAND COUNT LIMIT from %p%*", "COMMAND COUNT LIMIT from [192.0.2.7]:2413 after RCPT"),
    SCREEN_ROW("length-limit", "COMMAND LENGTH LIMIT from %p%*",
               "COMMAND LENGTH LIMIT from [192.0.2.7]:2413 after RCPT"),
    SCREEN_ROW("hangup", "HANGUP after %w from %p in tests %*",
               "HANGUP after 0.4 from [192.0.2.7]:2413 in tests before SMTP handshake"),
    SCREEN_ROW("no-rcpt", "DATA without valid RCPT from %p", "DATA without valid RCPT from [192.0.2.7]:2413"),
    SCREEN_ROW("no-rcpt-bdat", "BDAT without valid RCPT from %p", "BDAT without valid RCPT from [192.0.2.7]:2413"),

    /* a program that is not part of Postfix and not known to us; see foreign() in shapes.c for the conditions */
    {DAEMON_NONE, RECORD_NO_INTEREST, "foreign-program", "%*", "session opened for user root(uid=0)", NULL},
};

const size_t shapes_postfix_count = sizeof shapes_postfix / sizeof *shapes_postfix;
