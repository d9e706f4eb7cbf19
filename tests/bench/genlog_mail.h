/*
 * genlog_mail: one mail and the sessions it comes in. A session composes its
 * lines at once, from the connection to the disconnect line with its counters.
 */
#ifndef WB_GENLOG_MAIL_H
#define WB_GENLOG_MAIL_H

#include "genlog_world.h"

#define RCPT_MAX 6

/* Fates of a warned mail in design.md's order: the first of its recipients' is the mail's. */
#define FATES(X)                  \
	X(DELIVERED, "delivered") \
	X(QUEUED, "queued")       \
	X(BOUNCED, "bounced")     \
	X(SPAM, "spam")           \
	X(REFUSED, "refused")     \
	X(TEMPFAILED, "tempfailed")
enum fate {
#define X(id, name) FATE_##id,
	FATES(X)
#undef X
	    FATE_COUNT
};

struct truth {
	uint64_t warns, rejects;    /* lines */
	uint64_t sessions;          /* smtpd's, without the filter's own */
	uint64_t fates[FATE_COUNT]; /* of warned mails; one that came twice is one */
};

/* What becomes of the recipients that are accepted. */
enum plan { PLAN_DELIVER, PLAN_BOUNCE, PLAN_SPAM };

struct mail {
	struct host *host;
	const struct client *client;
	const char *sender, *rcpt[RCPT_MAX];
	unsigned n;
	uint32_t nobody;   /* bit i: rcpt[i] does not exist */
	uint32_t accepted; /* bit i: rcpt[i] was accepted */
	bool warned;       /* the rule speaks about it */
	bool login;        /* by submission, with a password */
	enum plan plan;
	unsigned deferrals; /* how often the store will not have it */
	bool comes_back;    /* after a refusal for now */
	unsigned tries;
	int64_t first_try, accepted_at;
	uint64_t id; /* the queue file it is in; 0: none */
	uint32_t size;
	char message_id[104];
};

/* What smtpd answers to RCPT. */
enum answer {
	ANSWER_OK,
	ANSWER_GREYLISTED,
	ANSWER_NOBODY,
	ANSWER_BLOCKLISTED,
	ANSWER_RELAY,
	ANSWER_HELO,
	ANSWER_NO_NAME,
	ANSWER_COUNT
};

enum command { CMD_EHLO, CMD_STARTTLS, CMD_AUTH, CMD_MAIL, CMD_RCPT, CMD_DATA, CMD_RSET, CMD_QUIT, CMD_COUNT };

struct session {
	struct world *w;
	struct truth *truth;
	struct host *host;
	const struct client *client;
	struct proc *proc;
	bool submission;
	int64_t now;
	struct {
		unsigned good, bad;
	} count[CMD_COUNT];
};

/* postscreen's lines before it lets the client in; returns the time at which it does. */
int64_t session_screen(struct world *w, struct host *h, const struct client *c, int64_t now);

/* False if smtpd has no process left: then nothing happened. Fill w and truth first. */
bool session_open(struct session *s, struct host *h, const struct client *c, bool submission, int64_t now);
void session_step(struct session *s, uint32_t low_us, uint32_t high_us); /* time passes */
void session_hello(struct session *s);                                   /* EHLO, perhaps STARTTLS */
void session_login_fails(struct session *s, const char *mechanism);

/*
 * One transaction; `answer` for each recipient that exists. True if it was
 * accepted: then m->id is set, and the queue manager has it at s->now.
 */
bool session_mail(struct session *s, struct mail *m, enum answer answer);

/* `lost` names the stage after which the client went away; NULL: it said QUIT. */
void session_close(struct session *s, const char *lost);

/*
 * The content filter has the mail at `now`: hands it back under a second queue
 * id, which replaces m->id, or throws it away. False if all its processes are
 * busy: then nothing happened. *done is when m may be delivered; 0 if it is gone.
 */
bool mail_filter(struct world *w, struct mail *m, int64_t now, int64_t *done);

/* The last hop. False if the mail stays in the queue for another try. */
bool mail_deliver(struct world *w, struct mail *m, int64_t now);

/* Another try begins. */
void mail_requeue(struct world *w, struct mail *m, int64_t now);

extern const char tls_words[]; /* protocol and cipher, for both directions */

#endif
