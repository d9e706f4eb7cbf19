/*
 * fact: the vocabulary between the tracker and the world. The tracker says
 * facts to a sink; a sink stores, prints or counts them. Words are those of
 * design.md 3.
 */
#ifndef WB_FACT_H
#define WB_FACT_H

#include "../parsers/network.h"
#include "../parsers/record.h"

/*
 * Place of a line: generation and byte offset in one number, in the order of
 * reading. An attempt, a transaction and a mail are named by the place of their
 * first line, so every row of the database leads back to the log.
 */
#define PLACE_SHIFT 40 /* 1 TiB a generation, 8 million generations */
static inline uint64_t place_make(uint32_t gen, int64_t off)
{
	return (uint64_t)gen << PLACE_SHIFT | (uint64_t)off;
}

/* In the order of the table of design.md 3: a mail's fate is the smallest of its recipients'. */
#define FATES(X)                    \
	X(DELIVERED, "delivered")   \
	X(QUEUED, "queued")         \
	X(HELD, "held")             \
	X(UNKNOWN, "unknown")       \
	X(BOUNCED, "bounced")       \
	X(SPAM, "spam")             \
	X(REFUSED, "refused")       \
	X(TEMPFAILED, "tempfailed") \
	X(ABORTED, "aborted")       \
	X(DISCARDED, "discarded")

enum fate {
#define X(id, name) FATE_##id,
	FATES(X)
#undef X
	    FATE_COUNT
};

const char *fate_name(enum fate f);
static inline bool fate_loses(enum fate f)
{
	return f <= FATE_UNKNOWN;
}

/* Evidence words; 0 is "nothing was said". MIXED: two parts of the system disagree. */
#define EVIDENCE_WORDS(X)           \
	X(NONE_SAID, "")            \
	X(PASS, "pass")             \
	X(FAIL, "fail")             \
	X(SOFTFAIL, "softfail")     \
	X(NEUTRAL, "neutral")       \
	X(NO_RECORD, "none")        \
	X(TEMPERROR, "temperror")   \
	X(PERMERROR, "permerror")   \
	X(MIXED, "mixed")           \
	X(CLEAN, "clean")           \
	X(SPAMMY, "spammy")         \
	X(SPAM, "spam")             \
	X(INFECTED, "infected")     \
	X(BANNED, "banned")         \
	X(BAD_HEADER, "bad-header") \
	X(OVERSIZED, "oversized")   \
	X(UNCHECKED, "unchecked")   \
	X(OTHER, "other")

enum evidence {
#define X(id, name) EVIDENCE_##id,
	EVIDENCE_WORDS(X)
#undef X
	    EVIDENCE_COUNT
};
const char *evidence_name(enum evidence e);
/* The evidence a program's word stands for (`Pass`, `CLEAN`, `BAD-HEADER-1`), any case. */
enum evidence evidence_of(struct slice word);

#define FACT_TEXTS 8 /* different warning texts kept for one recipient; more are counted as an eviction */

enum {
	ATTEMPT_WARNS = 1,   /* warn, reject_warning, header and body WARN: has a fate */
	ATTEMPT_WIDE = 2,    /* applies to every recipient of its transaction */
	ATTEMPT_SUSPECT = 4, /* decides nothing */
	ATTEMPT_TRUNCATED = 8,
	ATTEMPT_CANARY = 16 /* a test client's or test sender's: proves life, counts nowhere else */
};

/* What a mail's sessions tell besides. */
enum {
	MAIL_TLS = 1,
	MAIL_LISTED = 2, /* a client of it was refused or warned because it stands on a blocklist */
	MAIL_LOGIN = 4
};

struct fact_attempt {
	uint64_t place, transaction;
	const struct record *rec;
	uint32_t count; /* 1, or what a repeat marker says */
	unsigned flags;
	uint32_t host;
	/* the sink's answer: its names for these texts */
	uint32_t client, sender, recipient, text;
};

struct fact_transaction {
	uint64_t id, mail;
	uint32_t host, client, sender;
	struct slice queue_id, message_id; /* absent: none */
	int64_t first_us;
};

struct fact_recipient {
	uint32_t shown; /* the sink's name of the address as it was first logged, 0: all recipients of the mail */
	enum fate fate;
	int64_t since_us;          /* when this fate was seen */
	int64_t last_try_us;       /* of the last 4xx, for may_return; STAMP_NONE if none */
	uint32_t text[FACT_TEXTS]; /* the warnings it got, 0 ends */
};

struct fact_mail {
	uint64_t id;
	bool told;     /* was told before: what was said is replaced */
	uint64_t into; /* has turned out to be part of this older mail, and so have all its transactions; 0: no */
	uint32_t host, sender, client;
	int64_t first_us, last_us;
	uint8_t digits;
	uint32_t transactions, attempts;
	uint64_t shown_transaction;            /* whose queue id and Message-ID stand for the mail, 0 none */
	uint8_t spf, dkim, dmarc, spam, flags; /* flags: MAIL_TLS ... */
	const struct fact_recipient *recipient;
	size_t recipients; /* 0: nobody was warned; only its transactions are of interest */
};

/* A mail that smtpd accepted from a client that is not loopback, once its sender is known. */
struct fact_accepted {
	uint32_t host;
	int64_t us;
	struct slice client_name, client_ip, username;
	struct ip ip;
	bool submission, login;
	struct slice sender;
	uint32_t text[FACT_TEXTS]; /* the warnings it got, 0 ends */
};

struct sink {
	void *arg;
	uint32_t (*host)(void *arg, struct slice name);
	uint32_t (*address)(void *arg, struct slice address);
	uint32_t (*client)(void *arg, struct slice name, struct slice ip);
	void (*attempt)(void *arg, struct fact_attempt *a); /* fills the ids */
	/* A `client=` line of a client that is not loopback; submission: not on port 25. */
	void (*arrived)(void *arg, uint32_t host, int64_t us, const struct ip *ip, bool submission);
	void (*accepted)(void *arg, const struct fact_accepted *f);
	void (*transaction)(void *arg, const struct fact_transaction *t);
	void (*mail)(void *arg, const struct fact_mail *m);
	/* Half-finished state, in the same transaction as the facts (faults.md 1.6). Keys are unique within a kind. */
	void (*pending_put)(void *arg, int kind, uint64_t key, struct slice state);
	void (*pending_drop)(void *arg, int kind, uint64_t key);
	void (*hole)(void *arg, uint32_t host, int64_t from_us, int64_t to_us, int64_t lines, const char *cause);
};

#endif
