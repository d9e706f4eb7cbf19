/*
 * plan: what Postfix needs for the day (design.md 6): the sender map rewritten,
 * the restriction class with its exceptions, the settings for both; made from
 * the verdicts in force and from the map as it is now. Everything is text in
 * memory: nothing is written here, and Postfix is never touched.
 *
 * The sender's row in the map names a class. The class is a cidr: table of
 * client addresses, which hands over to a pcre: table of verified names, whose
 * last row is the stage's. An exception says DUNNO: it ends this rule and no
 * other check. So the first that speaks is the sender's address, the IP, the
 * longest network, the source, the sender's domain: as the view mail_verdict.
 *
 * `explain` judges by the same texts (plan_into_policy).
 */
#ifndef WB_PLAN_H
#define WB_PLAN_H

#include "../parsers/rules.h"
#include "origin.h"
#include "policy.h"
#include "verdict.h"

enum plan_stage { PLAN_WARN, PLAN_DEFER, PLAN_REJECT };
const char *plan_stage_name(enum plan_stage s);

/* All borrowed, and outlives the plan. */
struct plan_options {
	struct rules *rules;
	int rule; /* its number, from 1 */
	enum plan_stage stage;
	const char *map;              /* `hash:/etc/postfix/x`: the rule's, of an indexed type */
	struct slice map_text;        /* what stands in it; absent: it cannot be read */
	const struct policy *policy;  /* holds that map, and main.cf if it could be read */
	const char *config_directory; /* no / at the end */
	const struct slice *domains;  /* [networks] domains */
	size_t domains_n;
	const struct origin *origin;
	const char *warn_text, *reject_text; /* of the rows; NULL: found out */
};

struct plan_verdict {
	int64_t id;
	struct subject subject;
	enum verdict_word word;       /* exempt, move or block */
	char *note, *owner, *expires; /* NULL: not said */
	const char *file;             /* where its row stands, a name of plan->file; NULL: it has none */
	char *key;                    /* of a row of the map, or NULL */
	char why[160];                /* it has none: why */
	/* In the stretch of the forecast: warning lines, mails, mails that would be lost; decided by this verdict. */
	int64_t attempts, mails, lost;
};

/* One that does not count any more. */
struct plan_expired {
	char *kind, *subject, *verdict, *expires;
};

/* Something that the admin must know. */
struct plan_remark {
	bool danger; /* mail may be lost, or let in, or the rule does nothing */
	bool trap;   /* REJECT rows that were appended below WARN rows: "you are still warning" */
	char *text;
};

/* A sender who must move, and what is known of it. */
struct plan_sender {
	char *sender, *login; /* login: it was seen with last on 465/587; NULL: never */
	int64_t mails;
};

/* A client of mails that must move. */
struct plan_client {
	char *ip, *name;
	bool inside;
	enum policy_member networks; /* is it in mynetworks already? */
	int64_t mails;
};

/* The forecast's stretch, and what in it no verdict decided. */
struct plan_forecast {
	int64_t from, to; /* microseconds; from the first to the last moment of at most 7 days before the log's end */
	double days;
	int64_t attempts, mails, lost; /* undecided */
};

enum plan_domains_from { PLAN_FROM_MAP, PLAN_FROM_SETTINGS, PLAN_FROM_LOG };

struct plan_file {
	char *name;        /* no / in it */
	const char *class; /* the restriction class that asks it as a table of clients; NULL: none does */
	const char *what;  /* for people */
	char *text;
	size_t n;
};
#define PLAN_FILES 6

struct plan {
	enum plan_stage stage;
	char *rule;
	char *class, *names_class, *open_class, *open_names_class; /* the last two: NULL if they are not needed */
	char *map;                                                 /* type:path */
	char *map_path, *map_name;                                 /* its path, and the name of its file */
	bool map_known;                                            /* it could be read: its other rows are kept */
	bool map_ours;                                             /* a plan was applied to it before */
	char *config_directory;
	char *warn_text, *reject_text; /* warn_text NULL: not needed at this stage, and not known */
	char *action;                  /* of the last row at this stage */

	struct plan_verdict *verdict; /* in the order of precedence */
	size_t verdicts;
	struct plan_expired *expired;
	size_t expireds;
	char **domain; /* own domains */
	size_t domains;
	enum plan_domains_from domains_from;
	struct plan_remark *remark;
	size_t remarks;
	struct plan_sender *sender;
	size_t senders;
	struct plan_client *client;
	size_t clients;
	struct plan_forecast forecast;

	struct plan_file file[PLAN_FILES]; /* the map first, then networks, names, open ones, main.cf.add last */
	size_t files;
};

/*
 * The plan, in the snapshot of the reader. NULL with a reason in why: the map
 * is of a type that has no rows of our kind, no own domain is known, or a text
 * is missing.
 */
struct plan *plan_new(struct reader *r, const struct plan_options *o, char *why, size_t cap);
struct plan *plan_free(struct plan *p); /* always NULL */

/* Puts the plan's tables and classes in force in a policy, in place of what is there. */
void plan_into_policy(const struct plan *p, struct policy *policy);

/* A text for a row: one line, visible, at most 400 bytes. NULL, or why not. */
const char *plan_text_trouble(const char *text);

/*
 * The bytes of an access map, for free(); NULL: it cannot be read, with a
 * complaint unless there is no such file. At most ACCESS_BYTES_MAX.
 */
char *plan_read_map(const char *path, struct slice *bytes);

#endif
