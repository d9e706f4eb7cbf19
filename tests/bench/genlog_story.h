/*
 * genlog_story: what happens when. Each step of a story is an event; it
 * composes its lines at once and says when the next step is due.
 */
#ifndef WB_GENLOG_STORY_H
#define WB_GENLOG_STORY_H

#include "genlog_mail.h"

#define HOUR (3600 * SECOND)

struct teller;

/* dense: nothing but attempts, many times as many: stories without one do not happen. */
struct teller *teller_new(struct world *w, int64_t start, bool dense);
struct teller *teller_free(struct teller *t); /* always NULL */

/* When the next event is due; teller_step composes its lines, none of them for an earlier time. */
int64_t teller_next(const struct teller *t);
void teller_step(struct teller *t);

/*
 * The log ends: what has not begun never will. Lines already composed are part
 * of the log; mails on their way get the fate that these lines show.
 */
void teller_end(struct teller *t);

const struct truth *teller_truth(const struct teller *t);

/* ---- for the stories (genlog_tales.c) ---- */

struct story {
	unsigned weight; /* how often, compared with the others */
	bool clean;      /* no rule objects to it */
	void (*tell)(struct teller *t, int64_t now);
};
extern const struct story stories[];
extern const size_t story_count;

void tell_news(struct teller *t, int64_t now); /* one session of a campaign */

struct world *teller_world(struct teller *t);
struct truth *teller_account(struct teller *t);

/*
 * A mail to one of the hosts. It belongs to the teller once bring() has it;
 * before that, free() takes it.
 */
struct mail *mail_new(struct teller *t, const struct client *c, const char *sender);
/* Up to n recipients; fewer, perhaps none, if no others can be told apart in the log. */
void add_recipients(struct teller *t, struct mail *m, unsigned n, int64_t now);
/* One session that brings the mails of one client to the host of the first. */
void bring(struct teller *t, struct mail **m, unsigned n, enum answer answer, int64_t now);

#endif
