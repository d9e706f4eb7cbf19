/*
 * summary: what is new of one local day since the day before, for the admins'
 * inbox every morning.
 *
 * It is the one model of the decision (analyzer/decision.h) as of the end of
 * the day beside the same as of the end of the day before; nothing is judged
 * here. Fates and verdicts are as they are known now, so the same day told
 * again from the same database is the same.
 */
#ifndef WB_SUMMARY_H
#define WB_SUMMARY_H

#include "../analyzer/outbox.h"
#include "../analyzer/proof.h"
#include "settings.h"
#include "summary_leaflet.h"

#define SUMMARY_TOP 5

/* A source with mail on both sides of midnight that behaves in another way now. */
struct summary_change {
	const struct source_row *source; /* of the day's list */
	char how[200];
};

struct summary_rule {
	struct decision *now, *before;   /* as of the end of the day, of the day before; before may have read nothing */
	struct source_list *day;         /* of the mails first tried that day */
	const struct source_row **fresh; /* sources of the day's list that lose mail for the first time */
	size_t fresh_n;
	int64_t harmless; /* sources never seen before that lose nothing */
	struct summary_change *change;
	size_t changes;
	int64_t regressions;          /* (client, sender, recipient) first refused that day that nobody predicted */
	size_t holes;                 /* of now->window.hole that reach into the day */
	bool turned[CRITERION_COUNT]; /* the criterion has another outcome */
	bool anything;                /* is new */
};

/* What a person said that day, or what counted for the last time. */
struct summary_said {
	char *kind, *subject, *verdict, *note, *who, *expires; /* the last three may be NULL */
	bool expired;
};

/* Days before this one that got no mail: one of the last SUMMARY_MISSED, or all before these as one. */
#define SUMMARY_MISSED 7
struct summary_missed {
	int32_t first, last;
	char *why;        /* sendmail did not take it; NULL: none was made */
	bool given_up;    /* else it is tried again */
	int64_t tries;    /* of sendmail */
	bool read, holes; /* some of it was read; something of it is missing */
	struct summary_figures {
		int64_t mails, lost;
	} * figure; /* for each of missed_rule */
};

struct summary {
	int32_t day;
	int64_t from, to;           /* the day is [from, to) */
	int64_t log_first, log_end; /* of all that was read; STAMP_NONE: nothing */
	bool over;                  /* the day is over */
	bool read;                  /* some of the day was read: else there are no rules here */
	struct summary_rule *rule;
	size_t rules;
	struct summary_said *said;
	size_t said_n;
	struct summary_missed *missed; /* oldest first */
	size_t missed_n;
	char **missed_rule;
	size_t missed_rules;
	bool anything; /* is new */
};

/* settings, origin: borrowed. now_us: the clock. Dies on trouble with the database. */
void summary_load(struct summary *s, struct reader *r, const struct settings *settings, const struct origin *origin,
                  int32_t day, int64_t now_us);
void summary_release(struct summary *s);
/*
 * For a mail, after summary_load: the days since the last one that was sent to the same recipients before this one
 * (faults.md P25); of recipients that never got one, since the first that was made for them. made: outbox_all.
 */
void summary_missed_load(struct summary *s, struct reader *r, const struct outbox *made);
void summary_missed_release(struct summary *s);
bool summary_hole_is_of_day(const struct summary *s, const struct decision_hole *h);

/* The whole of it, for both parts of the mail. */
void summary_say(const struct summary *s, struct leaflet *p);
/* One line of constants and figures: `2026-11-21: NO-GO, 2 new sources`. */
void summary_subject(const struct summary *s, struct text *t);

#endif
