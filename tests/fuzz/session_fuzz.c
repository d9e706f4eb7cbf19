/*
 * Any lines of a log through the tracker: it never falls over, what it says is sound, what it
 * hands out it can account for, and losing its memory at any line changes nothing that it says.
 * Then the same with next to no room, where only the first three hold.
 *
 * The input is a log. The mutator writes lines and short scenes of sessions and deliveries, with
 * few names, so that they meet.
 */
#define world_bad(what) fail(what)
static void fail(const char *what);
#include "../unit/tracker_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

/* ---------------------------------------------------------------------- the checks */

static const struct tracker_limits tiny = {
    .sessions = 3,
    .mails = 6,
    .transactions = 6,
    .recipients = 24,
    .messages = 6,
    .waits = 6,
    .opens = 3,
    .arrivals = 3,
};

/* The facts of a log, to be freed. */
static char *read_log(struct slice log, const struct tracker_limits *limits, unsigned forget_every, bool *room)
{
	struct world *w = world_new(limits, forget_every);

	world_filter(w, SLICE("scan.example"));
	world_feed(w, log);
	world_check(w);
	tracker_flush(w->tracker);
	world_check(w);
	if (world_counts(w).evictions == 0)
		world_check_warnings(w);
	char *facts = world_print(w);
	tracker_abandon(w->tracker);
	world_check(w);
	struct tracker_counts c = world_counts(w);
	if (c.attempts != w->attempts_said)
		fail("attempts said and counted differ");
	if (w->tracker->sessions.used)
		fail("sessions are left");
	*room = c.evictions + c.forgotten == 0;
	world_free(w);
	return facts;
}

/* Lists are kept by age: where the time goes back, what was dropped earlier depends on the order of reading. */
static bool time_goes_on(struct slice log)
{
	struct syslog_frame frame;
	struct line line;
	int64_t last = INT64_MIN;

	syslog_init(&frame, 2026);
	while (log.n) {
		ptrdiff_t end = slice_chr(log, '\n');
		size_t n = end < 0 ? log.n : (size_t)end;
		syslog_parse(&frame, slice_head(log, n), &line);
		if (line.form != LINE_ODD && line.stamp.us != STAMP_NONE) {
			if (line.stamp.us < last)
				return false;
			last = line.stamp.us;
		}
		log = slice_from(log, n + 1);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice log = slice_of((const char *)data, n);
	unsigned every = n ? 1 + data[n / 2] % 5 : 1;
	bool room, room_too;
	char *facts, *again;

	shapes_init();
	facts = read_log(log, &world_limits, 0, &room);
	again = read_log(log, &world_limits, every, &room_too);
	if (room && room_too && time_goes_on(log) && strcmp(facts, again) != 0) {
		fprintf(stderr, "in one go:\n%s\nmemory lost after every %u lines:\n%s\n", facts, every, again);
		fail("losing the memory changes what is said");
	}
	free(facts);
	free(again);
	free(read_log(log, &tiny, every % 2 ? every : 0, &room));
	return 0;
}

/* -------------------------------------------------------------------- the mutator */

static uint64_t dice_state;

static unsigned dice(unsigned sides)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice_state >> 33) % sides;
}

#define PICK(list) (list)[dice(sizeof(list) / sizeof((list)[0]))]

static const char *const hosts[] = {"mx1", "mx1", "mx1", "mx2"};
static const char *const pids[] = {"1", "2", "3"};
static const char *const ids[] = {"4A0011C0D1", "4A0022C0D2", "4A0033C0D3", "4A0044C0D4", "4A0055C0D5"};
static const char *const clients[] = {
    "out1.news.example[192.0.2.7]",     "out1.news.example[192.0.2.7]", "unknown[192.0.2.9]",
    "out9.news.example[198.51.100.44]", "localhost[127.0.0.1]",         "scan.example[10.0.0.9]",
    "mx.other.example[2001:db8:1:2::5]"};
static const char *const senders[] = {"boss@firma.example", "boss@firma.example", "cfo@firma.example", ""};
static const char *const people[] = {"anna@firma.example", "Anna@firma.example", "bernd@firma.example",
                                     "clara@firma.example"};
static const char *const steps[] = {"0",  "0",   "0",   "0",    "0",     "1",      "2",      "30",
                                    "61", "301", "900", "3700", "72000", "133200", "950400", "-2"};

#define STAMP_LENGTH 20 /* of those that we write */

#define WARN "warn: RCPT from %c: *** Invalid Inbound Sender ***; from=<%s> to=<%r> proto=ESMTP helo=<mx>\n"
#define GREY                                                                                                           \
	"reject: RCPT from %c: 450 4.2.0 <%r>: Recipient address rejected: Greylisted; from=<%s> to=<%r> proto=ESMTP " \
	"helo=<mx>\n"
#define REJECT                                                                                               \
	"reject: RCPT from %c: 550 5.1.1 <%r>: Recipient address rejected: User unknown; from=<%s> to=<%r> " \
	"proto=ESMTP helo=<mx>\n"
#define SMTPD "postfix/smtpd[%p]: "
#define QMGR "postfix/qmgr[9]: "
#define CLEANUP "postfix/cleanup[8]: "
#define AGENT ", delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status="
#define BOX ", relay=mx1[private/dovecot-lmtp]" AGENT
#define FILTER ", relay=127.0.0.1[127.0.0.1]:10024" AGENT
#define BYE "disconnect from %c ehlo=1 mail=1 rcpt=%d/2 data=%d quit=1 commands=5\n"
#define HEAD "header Subject: x from %c; from=<%s> to=<%r> proto=ESMTP helo=<mx>: no\n"
#define ACTIVE "from=<%s>, size=700, nrcpt=%d (queue active)\n"
#define TAIL "; from=<%s> to=<%r> proto=ESMTP helo=<mx>\n"

/* %h host, %p pid, %q and %k queue ids, %Q one or NOQUEUE, %c client, %s sender, %r recipient, %d 0..2 */
static const char *const scenes[] = {
    SMTPD "connect from %c\n",
    SMTPD BYE,
    SMTPD "disconnect from %c\n",
    SMTPD "%Q: " WARN,
    SMTPD "%Q: " WARN,
    SMTPD "%Q: " GREY,
    SMTPD "%Q: " REJECT,
    SMTPD "%Q: reject_" WARN,
    SMTPD "%Q: hold: RCPT from %c: <%s>: Sender address triggers HOLD action" TAIL,
    SMTPD "%Q: discard: RCPT from %c: <%s>: Sender address triggers DISCARD action" TAIL,
    SMTPD "NOQUEUE: warn: MAIL from %c: text; from=<%s> proto=ESMTP helo=<mx>\n",
    SMTPD "NOQUEUE: warn: CONNECT from %c: text; proto=SMTP\n",
    SMTPD "NOQUEUE: warn: EHLO from %c: text; proto=SMTP helo=<mx>\n",
    SMTPD "NOQUEUE: reject: MAIL from %c: 450 4.1.8 no; from=<%s> proto=ESMTP helo=<mx>\n",
    SMTPD "%Q: warn: DATA from %c: text; from=<%s> proto=ESMTP helo=<mx>\n",
    SMTPD "%Q: reject: DATA from %c: 554 5.5.3 no; from=<%s> proto=ESMTP helo=<mx>\n",
    SMTPD "%Q: milter-reject: END-OF-MESSAGE from %c: 451 4.7.1 later; from=<%s> to=<%r> proto=ESMTP helo=<mx>\n",
    SMTPD "%Q: client=%c\n",
    SMTPD "%Q: client=%c, sasl_method=PLAIN, sasl_username=u\n",
    SMTPD "%k: client=localhost[127.0.0.1], orig_queue_id=%q, orig_client=%c\n",
    "postfix/submission/smtpd[%p]: %Q: " WARN,
    SMTPD "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as %k" TAIL,
    SMTPD "proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject" TAIL,
    SMTPD "lost connection after DATA (9 bytes) from %c\n",
    SMTPD "timeout after END-OF-MESSAGE from %c\n",
    SMTPD "fatal: out of memory\n",
    SMTPD "message repeated %d times: [ %Q: " WARN "]",
    "postfix/postscreen[4]: NOQUEUE: reject: RCPT from [192.0.2.7]:25: 450 4.3.2 no; from=<%s>, to=<%r>, proto=ESMTP, "
    "helo=<mx>\n",
    "postfix/master[1]: warning: process /usr/lib/postfix/sbin/smtpd pid %p killed by signal 9\n",
    "postfix/master[1]: daemon started -- version 3.7.11, configuration /etc/postfix\n",
    "last message repeated %d times\n",
    "rsyslogd: imuxsock begins to drop messages due to rate-limiting\n",
    CLEANUP "%q: message-id=<%k@x>\n",
    CLEANUP "%q: reject: " HEAD,
    CLEANUP "%q: warning: " HEAD,
    CLEANUP "%q: hold: " HEAD,
    CLEANUP "%q: discard: " HEAD,
    CLEANUP "%q: milter-hold: END-OF-MESSAGE from %c: milter triggers HOLD action" TAIL,
    CLEANUP "%q: milter-discard: END-OF-MESSAGE from %c: milter triggers DISCARD action" TAIL,
    CLEANUP "%q: removed (canceled)\n",
    CLEANUP "%q: removed (discarded)\n",
    QMGR "%q: " ACTIVE,
    QMGR "%q: removed\n",
    QMGR "%q: from=<%s>, status=expired, returned to sender\n",
    "postfix/pickup[6]: %q: uid=0 from=<root>\n",
    "postfix/postsuper[5]: %q: removed\n",
    "postfix/postsuper[5]: %q: placed on hold\n",
    "postfix/postsuper[5]: %q: released from hold\n",
    "postfix/lmtp[7]: %q: to=<%r>" BOX "sent (250 2.0.0 Saved)\n",
    "postfix/lmtp[7]: %q: to=<x@inner.example>, orig_to=<%r>" BOX "sent (250 2.0.0 Saved)\n",
    "postfix/lmtp[7]: %q: to=<y@inner.example>, orig_to=<%r>" BOX "bounced (no)\n",
    "postfix/lmtp[7]: %q: to=<%r>" BOX "bounced (no)\n",
    "postfix/lmtp[7]: %q: to=<%r>" BOX "deferred (full)\n",
    "postfix/discard[7]: %q: to=<%r>, relay=none" AGENT "sent (away)\n",
    "postfix/smtp[7]: %q: to=<%r>" FILTER "sent (250 2.0.0 Ok: queued as %k)\n",
    "postfix/smtp[7]: %q: to=<%r>" FILTER "sent (250 2.7.0 Ok, discarded, id=1 - spam)\n",
    "postfix/smtp[7]: %q: to=<%r>" FILTER "sent (250 2.5.0 Ok)\n",
    "postfix/smtp[7]: %q: to=<%r>, relay=scan.example[10.0.0.9]:25" AGENT "sent (250 2.0.0 Ok: queued as %k)\n",
    "amavis[30]: (1-1) Passed CLEAN {RelayedInbound}, [192.0.2.7]:4 [192.0.2.7] <%s> -> <%r>,<clara@firma.example>, "
    "Queue-ID: %q, "
    "Message-ID: <m@x>, mail_id: abc, Hits: 1, size: 7, queued_as: %k/4A0055C0D5, 8 ms\n",
    "amavis[30]: (1-1) Blocked SPAM {DiscardedInbound}, [192.0.2.7]:4 [192.0.2.7] <%s> -> <%r>, Queue-ID: %q, "
    "Message-ID: <m@x>, "
    "mail_id: abc, Hits: 9, size: 7, 8 ms\n",
    "policyd-spf[5]: : prepend Received-SPF: Fail (mailfrom) identity=mailfrom; client-ip=192.0.2.7; helo=mx; "
    "envelope-from=%s; "
    "receiver=x \n",
    "opendkim[6]: %q: DKIM verification successful\n",
    "opendmarc[6]: %q: firma.example fail\n",
    /* several lines: the names stay the same */
    SMTPD "connect from %c\n" SMTPD "NOQUEUE: " WARN SMTPD "%q: client=%c\n" QMGR "%q: " ACTIVE SMTPD BYE,
    SMTPD "connect from %c\n" SMTPD "NOQUEUE: " WARN SMTPD "NOQUEUE: " GREY SMTPD BYE,
    SMTPD "NOQUEUE: " GREY SMTPD BYE,
    SMTPD "NOQUEUE: " WARN SMTPD "NOQUEUE: " GREY SMTPD "%q: client=%c\n" QMGR "%q: " ACTIVE,
    SMTPD "%q: client=%c\n" QMGR "%q: " ACTIVE "postfix/lmtp[7]: %q: to=<%r>" BOX "sent (250 Saved)\n" QMGR
	  "%q: removed\n",
    SMTPD "%k: client=localhost[127.0.0.1]\n" QMGR "%k: " ACTIVE "postfix/lmtp[7]: %k: to=<%r>" BOX
	  "sent (250 Saved)\n" QMGR "%k: removed\n"
	  "postfix/smtp[7]: %q: to=<%r>" FILTER "sent (250 2.0.0 Ok: queued as %k)\n" QMGR "%q: removed\n",
};

struct cast {
	const char *host, *pid, *id, *other_id, *client, *sender, *recipient;
};

static const char *cast_word(const struct cast *c, char letter)
{
	static const char *const digits[] = {"0", "1", "2"};

	switch (letter) {
	case 'p': return c->pid;
	case 'q': return c->id;
	case 'k': return c->other_id;
	case 'Q': return dice(2) ? "NOQUEUE" : c->id;
	case 'c': return c->client;
	case 's': return c->sender;
	case 'r': return c->recipient;
	default: return PICK(digits);
	}
}

/* The time of the last line before `end`, and a step further. */
static int64_t next_time(const uint8_t *data, size_t n, size_t end)
{
	int64_t us = INT64_C(1793700000) * SECOND;
	struct slice before = slice_of((const char *)data, end);
	struct syslog_frame frame;
	struct line line;
	ptrdiff_t at;

	while (before.n && before.p[before.n - 1] == '\n')
		before.n--;
	at = slice_rchr(before, '\n');
	syslog_init(&frame, 2026);
	syslog_parse(&frame, slice_from(before, (size_t)(at + 1)), &line);
	if (line.stamp.us != STAMP_NONE && line.form != LINE_ODD)
		us = line.stamp.us;
	/* between lines the time must not go on, or those behind would go back */
	return end == n ? us + strtol(PICK(steps), NULL, 10) * SECOND : us;
}

/* One scene as text; its length. */
static size_t scene_write(char *out, size_t cap, int64_t us)
{
	struct cast c = {PICK(hosts), PICK(pids), PICK(ids), PICK(ids), PICK(clients), PICK(senders), PICK(people)};
	char stamp[STAMP_TEXT];
	size_t n = 0;
	bool start = true;

	stamp[stamp_text(us, 0, stamp)] = '\0';
	for (const char *p = PICK(scenes); *p && n + 400 < cap; p++) {
		if (start)
			n += (size_t)snprintf(out + n, cap - n, "%s %s ", stamp, c.host);
		start = *p == '\n';
		if (*p == '%' && p[1])
			n += (size_t)snprintf(out + n, cap - n, "%s", cast_word(&c, *++p));
		else
			out[n++] = *p;
	}
	return n;
}

static size_t insert(uint8_t *data, size_t n, size_t max, size_t at, const void *what, size_t len)
{
	if (n + len > max)
		return n;
	memmove(data + at + len, data + at, n - at);
	memcpy(data + at, what, len);
	return n + len;
}

/* The beginning of some line. */
static size_t line_start(const uint8_t *data, size_t n)
{
	size_t at = n ? dice((unsigned)n) : 0;

	while (at > 0 && data[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_length(const uint8_t *data, size_t n, size_t at)
{
	const uint8_t *end = n > at ? memchr(data + at, '\n', n - at) : NULL;

	return end ? (size_t)(end - data) - at + 1 : n - at;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	char text[4096];

	dice_state = seed;
	unsigned what = dice(16);
	if (what == 0)
		return LLVMFuzzerMutate(data, n, max);
	if (what == 1) {
		size_t at = line_start(data, n), len = line_length(data, n, at);
		memmove(data + at, data + at + len, n - at - len);
		return n - len;
	}
	if (what <= 3) {
		size_t from = line_start(data, n), len = line_length(data, n, from);
		if (len > sizeof(text))
			return n;
		memcpy(text, data + from, len);
		size_t to = line_start(data, n);
		if (len > STAMP_LENGTH && to + STAMP_LENGTH < n)
			memcpy(text, data + to, STAMP_LENGTH);
		return insert(data, n, max, to, text, len);
	}
	for (unsigned i = dice(5) + 1; i; i--) {
		size_t at = what <= 9 ? n : line_start(data, n);
		n = insert(data, n, max, at, text, scene_write(text, sizeof(text), next_time(data, n, at)));
	}
	return n;
}
