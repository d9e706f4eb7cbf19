/*
 * review: what there is to decide, as questions, and what can be said instead
 * of the subject that is asked about: narrower ones and wider ones, with what
 * they would cover. It decides nothing and writes nothing (verdict.h does).
 */
#ifndef WB_REVIEW_H
#define WB_REVIEW_H

#include "source_list.h"
#include "verdict.h"

enum review_why {
	REVIEW_UNDECIDED, /* would-be-lost mails without a verdict */
	REVIEW_CHANGED,   /* decided, but it has changed its ways (ways.h) */
	REVIEW_ASKED      /* decided, and to be asked again on a day that has come */
};

struct review_question {
	enum review_why why;
	struct subject subject;
	char *source;    /* UNDECIDED: its name in the list of sources; else NULL */
	int64_t lost;    /* UNDECIDED: would-be-lost mails without a verdict */
	int64_t verdict; /* CHANGED, ASKED: the row that stands */
	char how[200];   /* CHANGED: the change in words */
};

struct review {
	struct source_list *sources;
	struct review_question *question; /* undecided ones first, heaviest loss first */
	size_t n;
};

/* today: local day; what was put off until later than that is not asked. Never NULL. */
struct review *review_load(struct reader *r, const struct source_window *w, int64_t today);
struct review *review_free(struct review *v); /* always NULL */

/* Would-be-lost mails of a source that have no verdict (yet): 0 once a verdict on anything covers them all. */
int64_t review_undecided(struct reader *r, const struct source_window *w, const char *source);

/* Another subject to decide about. */
struct review_choice {
	struct subject subject;
	int64_t mails, lost; /* that it would cover; of the question's subject for narrower ones */
	/* of these, mails of other sources than the question's; refused and spam: by what became of them */
	int64_t others, others_lost, others_refused, others_spam;
};

#define REVIEW_CHOICES 20
/* The senders, addresses, networks and sources in a subject's mails, heaviest loss first. Returns how many. */
size_t review_narrower(struct reader *r, const struct source_window *w, const struct subject *s,
                       struct review_choice out[REVIEW_CHOICES]);
/* Network, source and sender's domain around it; source: the question's, or NULL. */
size_t review_wider(struct reader *r, const struct source_window *w, const struct subject *s, const char *source,
                    struct review_choice out[REVIEW_CHOICES]);
/* What a verdict on a subject would cover, into out->mails and so on. */
void review_reach(struct reader *r, const struct source_window *w, const struct subject *s, const char *source,
                  struct review_choice *out);

/* Places of the newest warnings about a subject's mails (source: only of this one, or NULL), oldest first. */
size_t review_lines(struct reader *r, const struct source_window *w, const struct subject *s, const char *source,
                    uint64_t *place, size_t max);

#endif
