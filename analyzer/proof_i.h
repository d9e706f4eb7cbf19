/*
 * The proof's own insides, shared by its files and nobody else:
 *   proof.c             puts it together; which part of the log it looks at
 *   proof_pair.c        senders and clients whose mail a verdict exempt or move decides, and what is known of each
 *   proof_subject.c     the verdicts: proven or not, still warned or not
 *   proof_gap.c         what the rule did not see
 *   proof_insider.c     insiders that send over port 25
 *   proof_regression.c  after the switch
 */
#ifndef WB_PROOF_I_H
#define WB_PROOF_I_H

#include "decision_i.h"
#include "policy.h"
#include "proof.h"
#include "walk.h"

/* A sender and a client of the rule's mails in the window: what Postfix, and so a verdict, can tell apart. */
struct proof_pair {
	int64_t verdict;                    /* that decides them: exempt or move */
	int64_t sender, client;             /* rows of address (0: none) and client */
	int64_t person;                     /* the sender's folded address, 0: none */
	char *address, *domain, *name, *ip; /* address: folded */
	int64_t mails, lost;                /* of the window */
	int64_t lost_ever;                  /* also before it */
	int64_t first_warned, last_warned;  /* lines of the rule; STAMP_NONE: none */
	/* Of those that lose mail, or are still warned, only: */
	enum policy_kind kind;     /* what the files given say; POLICY_NOT_KNOWN without any */
	enum policy_member member; /* in mynetworks? POLICY_UNSURE without any */
	int64_t login_us;          /* the sender's last login; STAMP_NONE */
	char *login;
	int64_t mismatches;
};

/* Unwarned mail that a verdict decides, by the sender's domain. */
struct proof_seen {
	int64_t verdict;
	char *domain;
	int64_t last_us;
};

/* A person who would lose mail that a verdict decides. */
struct proof_person {
	int64_t verdict, recipient;
};

struct proof_work {
	struct reader *reader;
	const struct decision_options *o;
	const struct decision *d;
	int64_t from, to, quiet_from;    /* [from, to) is the window; the log's last moment belongs to it */
	struct policy_judgement *judged; /* room for one */
	struct proof_subject *subject;   /* all verdicts exempt and move, by id; proof_subject.c moves what counts */
	size_t subjects;
	struct proof_pair *pair; /* by sender and client */
	size_t pairs;
	struct proof_seen *seen;
	size_t seens;
	struct proof_person *person; /* by verdict; none twice */
	size_t persons;
};

/* A query with the parameters that all of ours take: rule, since, until, switched, refuses, first_day, last_day, sender. */
struct query *proof_ask(const struct proof_work *w, enum sql_id id, int64_t sender);
/* The same, but for sender, of one that may take long, by a key of so many parts, from its first row on. */
void proof_walk(const struct proof_work *w, struct walk *walk, enum sql_id id, int parts);
bool proof_has_files(const struct proof_work *w); /* the rule's map was given */
/* What the rule's map says; w->judged has the steps. Only if proof_has_files. */
enum policy_kind proof_judge(const struct proof_work *w, struct slice name, struct slice ip, struct slice sender);
/* The same of a pair. A map without a row for a sender that the rule has warned about is not that rule's: not known. */
enum policy_kind proof_judge_pair(const struct proof_work *w, const struct proof_pair *pair);
/* Does it come through, and to whom it was meant for? */
bool proof_lets_through(enum policy_kind kind);
/* `warn, hash:/etc/postfix/x line 3` of w->judged. */
void proof_judge_text(const struct proof_work *w, char *buf, size_t cap);
/* `2026-11-22 05:18`, UTC. */
#define PROOF_WHEN 24
const char *proof_when(int64_t us, char buf[PROOF_WHEN]);

/* proof_pair.c: subject, pair, seen and person of the work */
void proof_pairs_load(struct proof_work *w);
void proof_pairs_release(struct proof_work *w);
struct proof_subject *proof_subject_find(const struct proof_work *w, int64_t verdict);
void proof_subject_release(struct proof_subject *s);

/* Warned within the last quiet days? */
bool proof_pair_is_warned(const struct proof_work *w, const struct proof_pair *pair);

/* proof_subject.c */
void proof_subjects_make(struct proof *p);

/* proof_gap.c; the releases are of a row */
void proof_gaps_load(struct proof *p);
void proof_gap_release(void *gap);

/* proof_insider.c */
void proof_insiders_load(struct proof *p);
void proof_insider_release(void *insider);

/* proof_regression.c: regressions and forecasts */
void proof_regressions_load(struct proof *p);
void proof_regression_release(void *regression);
void proof_forecast_release(void *forecast);

/*
 * A list that keeps the first PROOF_ROWS in the order of `compare` of however
 * many are added; the others are released.
 */
struct proof_top {
	size_t size; /* of a row */
	int (*compare)(const void *, const void *);
	void (*release)(void *row);
	char *row;
	size_t n;
};

void proof_top_add(struct proof_top *t, const void *row); /* copies it */
size_t proof_top_end(struct proof_top *t, void *rows);    /* rows: where the pointer to them goes; returns how many */

#endif
