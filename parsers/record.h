/*
 * record: what one line says, in the field's own words. Each kind and each
 * field has its name here and nowhere else; dumps, JSON and tests use these.
 *
 * A record borrows all its text from the line. shapes_parse fills the head
 * (kind, daemon, queue id) of every line; fields that cost more are filled
 * only when somebody asks (shapes_fields), since most lines of a log belong to
 * mails nobody asked about.
 */
#ifndef WB_RECORD_H
#define WB_RECORD_H

#include "slice.h"
#include "syslog.h"

/* X(NAME, "name"): kinds as `records` shows them. */
#define RECORD_KINDS(X)                                                                                       \
	X(OTHER, "other")                     /* not understood */                                            \
	X(NO_INTEREST, "no-interest")         /* a named row of the shape table, nothing for us in it */      \
	X(ATTEMPT, "attempt")                 /* an action line (design.md 3) */                              \
	X(CONNECT, "connect")                 /* smtpd: connect from */                                       \
	X(DISCONNECT, "disconnect")           /* smtpd: disconnect from, with its counters */                 \
	X(CLIENT, "client")                   /* smtpd, qmqpd: QID: client= */                                \
	X(LOST_CONNECTION, "lost-connection") /* smtpd: lost connection, timeout, too many errors */          \
	X(PROXY_ACCEPT, "proxy-accept")       /* smtpd before-queue proxy */                                  \
	X(PICKUP, "pickup")                   /* pickup: QID: uid= from= */                                   \
	X(MESSAGE_ID, "message-id")           /* cleanup */                                                   \
	X(QUEUED, "queued")                   /* qmgr: (queue active) */                                      \
	X(DELIVERY, "delivery")               /* an agent: to= ... status= */                                 \
	X(EXPIRED, "expired")                 /* qmgr: status=expired, returned to sender */                  \
	X(REMOVED, "removed")                 /* qmgr, postsuper, cleanup: removed */                         \
	X(NOTICE, "notice")                   /* bounce: ... notification: QID2 */                            \
	X(HELD, "held")                       /* postsuper: placed on hold */                                 \
	X(RELEASED, "released")               /* postsuper: released from hold */                             \
	X(REQUEUED, "requeued")               /* postsuper: requeued */                                       \
	X(CRASH, "crash")                     /* fatal:, panic: of a daemon, master about a killed process */ \
	X(RESTART, "restart")                 /* master: daemon started, terminating */                       \
	X(SCREEN, "screen")                   /* postscreen tests and verdicts */                             \
	X(AMAVIS, "amavis")                   /* Passed, Blocked */                                           \
	X(RSPAMD, "rspamd")                   /* task line */                                                 \
	X(GREYLIST, "greylist")               /* postgrey: action= */                                         \
	X(SPF, "spf")                         /* policyd-spf */                                               \
	X(DKIM, "dkim")                       /* opendkim result */                                           \
	X(DMARC, "dmarc")                     /* opendmarc result */                                          \
	X(TLS, "tls")                         /* smtpd: TLS connection established from */                    \
	X(LOSS, "loss")                       /* syslog lost lines */                                         \
	X(REPEAT, "repeat")                   /* last message repeated N times */

enum record_kind {
#define X(id, name) RECORD_##id,
	RECORD_KINDS(X)
#undef X
	    RECORD_KIND_COUNT
};

/* Postfix's own action words; OTHER keeps the word in record.word. */
#define RECORD_ACTIONS(X)                                                                       \
	X(WARN, "warn")                                                                         \
	X(REJECT, "reject")                                                                     \
	X(REJECT_WARNING, "reject_warning")                                                     \
	X(HOLD, "hold")                                                                         \
	X(DISCARD, "discard")                                                                   \
	X(REDIRECT, "redirect")                                                                 \
	X(FILTER, "filter")                                                                     \
	X(BCC, "bcc")                                                                           \
	X(INFO, "info")                                                                         \
	X(PERMIT, "permit")                                                                     \
	X(HANGUP, "hangup")                                                                     \
	X(DELAY, "delay")                                                                       \
	X(WARNING, "warning")                                                                   \
	X(PASS, "pass")                                                                         \
	X(PREPEND, "prepend")                                                                   \
	X(REPLACE, "replace")                                                                   \
	X(STRIP, "strip")                                                                       \
	X(PROXY_REJECT, "proxy-reject")                                                         \
	X(MILTER_REJECT, "milter-reject")                                                       \
	X(MILTER_HOLD, "milter-hold")                                                           \
	X(MILTER_DISCARD, "milter-discard")                                                     \
	X(MILTER_OTHER, "milter") /* milter-header-redirect and the like: record.word has it */ \
	X(OTHER, "other")

enum record_action {
#define X(id, name) ACTION_##id,
	RECORD_ACTIONS(X)
#undef X
	    ACTION_COUNT
};

enum record_daemon {
	DAEMON_NONE, /* not a program we know */
	DAEMON_SMTPD,
	DAEMON_CLEANUP,
	DAEMON_QMGR,
	DAEMON_AGENT, /* smtp lmtp local virtual pipe error retry discard bounce-as-agent relay ... */
	DAEMON_DISCARD,
	DAEMON_PICKUP,
	DAEMON_BOUNCE,
	DAEMON_POSTSCREEN,
	DAEMON_DNSBLOG,
	DAEMON_POSTSUPER,
	DAEMON_MASTER,
	DAEMON_QMQPD,
	DAEMON_HELPER, /* anvil scache tlsmgr verify tlsproxy proxymap trivial-rewrite flush showq postfix-script ... */
	DAEMON_AMAVIS,
	DAEMON_RSPAMD,
	DAEMON_POSTGREY,
	DAEMON_SPF,
	DAEMON_OPENDKIM,
	DAEMON_OPENDMARC,
	DAEMON_SPAMD,
	DAEMON_DOVECOT,
	DAEMON_SYSLOG, /* rsyslogd, journald: loss markers */
	DAEMON_LOST,   /* APP-NAME was cut to `postfix`: the text tells */
	DAEMON_COUNT
};

enum {
	RECORD_SUSPECT = 1,   /* more than one reading: never decides a rule, a fate or evidence (2.7) */
	RECORD_TRUNCATED = 2, /* cut at a length limit: later fields are missing */
	RECORD_LOGIN = 4      /* sasl_method= or sasl_username= was there */
};

struct names_ahead; /* of names.h, for whoever works on what was parsed ahead of him */

struct record {
	/* filled for every line */
	enum record_kind kind;
	enum record_daemon daemon;
	const struct line *line;
	const struct names_ahead *ahead; /* NULL: nothing is known; the parsers know nothing */
	struct slice queue_id;           /* absent for NOQUEUE */
	struct slice body;               /* where the fields begin; private to the parsers */
	int shape;                       /* row of the shape table, -1 if none */
	enum {
		FIELDS_UNREAD,
		FIELDS_READ,
		FIELDS_WRONG,
		FIELDS_FORGOTTEN
	} fields; /* FORGOTTEN: unread, and what shapes_parse found of them on its way is not there any more */
	uint8_t flags;

	/* filled by shapes_fields; absent slices, -1 numbers where the line has none */
	struct slice client_name, client_ip, client_port;
	struct slice sender; /* present and empty: null sender */
	enum record_action action;
	struct slice word;      /* the action word as it stands in the line */
	struct slice stage;     /* RCPT, END-OF-MESSAGE ...; header, body */
	int code;               /* 400..599, 0: none */
	struct slice dsn;       /* 5.7.1 */
	struct slice text;      /* the free text, code and DSN taken off */
	struct slice recipient; /* to= */
	struct slice orig_recipient;
	struct slice helo, proto;
	struct slice sasl_method, sasl_username;
	struct slice message_id; /* without <> */
	int64_t size;
	int nrcpt;
	struct slice relay, relay_ip, relay_port; /* relay: the whole host[ip]:port as logged */
	struct slice delay, delays;
	struct slice status;   /* sent deferred bounced ...; expired */
	struct slice response; /* what the other side said, without the outer parentheses */
	struct slice orig_queue_id, orig_client;
	struct slice queued_as;                   /* the next queue id; amavis may say several, slash between */
	int rcpt_ok, rcpt_all, data_ok, data_all; /* disconnect's counters, -1 if not told */
	struct slice recipients;                  /* amavis: the raw `<a>,<b>` list */
	struct slice category;                    /* amavis: Passed|Blocked, see result; evidence: pass fail none ... */
	struct slice result;                      /* evidence word as the program says it */
	struct slice detail;                      /* domain, score, class: what else the evidence line names */
};

const char *record_kind_name(enum record_kind k);

/* Makes all fields absent from `action` on; those before it, of which nearly every kind has some, are the caller's. */
static inline void record_clear_rest(struct record *r)
{
	enum { STEP = 64 };
	const size_t head = offsetof(struct record, action), n = sizeof *r - head;

	_Static_assert(sizeof *r - offsetof(struct record, action) >= STEP, "the last step lies within");
	/* Step by step: for all at once gcc takes a slow string instruction. */
	for (size_t at = 0; at + STEP <= n; at += STEP)
		memset((char *)r + head + at, 0, STEP);
	memset((char *)r + sizeof *r - STEP, 0, STEP);
	r->action = ACTION_OTHER;
	r->size = r->nrcpt = -1;
	r->rcpt_ok = r->rcpt_all = r->data_ok = r->data_all = -1;
}

static inline void record_clear_client(struct record *r)
{
	r->client_name = SLICE_NONE;
	r->client_ip = SLICE_NONE;
	r->client_port = SLICE_NONE;
}

/* All fields. */
static inline void record_clear(struct record *r)
{
	record_clear_client(r);
	r->sender = SLICE_NONE;
	record_clear_rest(r);
}

/* Does the text of a warning or refusal say that a blocklist has the client? Postfix's default reply, and what nearly all admins leave of it. */
bool record_text_is_listed(struct slice text);

/*
 * The record as `field=value` pairs for people, one line, or as a JSON object
 * (design.md 5, `records --format jsonl`). Calls put once for each field that
 * is there, in the contract's order; number fields come as digits with
 * quoted = false. The encoder belongs to the caller.
 */
typedef void record_put(void *arg, const char *field, struct slice value, bool quoted);
void record_fields(const struct record *r, record_put *put, void *arg);

#endif
