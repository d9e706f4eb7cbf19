/*
 * The decision's own insides, shared by its files and nobody else:
 *   decision.c  puts it together: the rule, each own domain, totals, account
 *   window.c    what we hold of the log: hosts, holes, days watched
 *   phase.c     when the rule was off, warned, refused; whose domains are own
 *   phase_off.c when it was gone for a while
 *   criteria.c  the ten rows
 */
#ifndef WB_DECISION_I_H
#define WB_DECISION_I_H

#include "decision.h"
#include "msg.h"
#include "stretch.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US (INT64_C(86400) * SECOND_US)
#define DAY_COVERED 0.95 /* of a day that counts as watched */

/* A sum of a host's or domain's rule lines on one day, as roll_domain_day has it. */
struct rule_day {
	char *host, *domain, *own; /* own: points to a name of struct owns */
	int32_t day;
	int64_t warned, refused, deferred;
	int64_t first_warned, last_warned, first_refused, last_refused; /* STAMP_NONE: none */
};

/* Own domains, each once; none contains another. */
struct owns {
	char **name;
	size_t n;
};

/* Local days on which a host had the rule in `warn` for an own domain. */
struct warning_days {
	const char *own; /* points to the name of a struct decision_phase */
	int32_t from, to;
};

/* Local days on which a host had lost the rule for an own domain, as the mail shows that passed (phase_off.c). */
struct off_days {
	const char *host, *own; /* as in rule_day */
	int32_t from, to;
	int64_t since; /* the first moment that shows it */
	bool again;    /* it had warned before */
};

/* A warning that a canary caused. */
struct canary {
	char *text;
	int32_t day;
};

struct coverage {
	struct stretches covered;
	double *share;               /* of each day of the window */
	int32_t first_day, last_day; /* with outside mail, within the window */
	int32_t unwarned;            /* the last day on which the rule was not active there yet; INT32_MIN: none */
};

/* All that is gathered on the way to a decision. */
struct making {
	struct reader *reader;
	const struct decision_options *o;
	struct decision *d;
	struct rule_day *rule_day;
	size_t rule_days;
	struct owns owns;
	struct warning_days *warning;
	size_t warnings;
	struct off_days *off;
	size_t offs;
	struct canary *canary; /* within the window */
	size_t canaries;
	struct coverage *coverage; /* one for each host of the window */
	int32_t first_day;         /* of the window; its days are first_day .. first_day + days - 1 */
	size_t days;
	int64_t *start; /* begins of the days, days + 1 of them */
};

/* The parameters of all queries: rule, since and until as they were given, domain. */
#define MAKING_PARAMS 6
size_t making_params(const struct making *m, const char *domain, struct query_param params[MAKING_PARAMS]);
char *text_copy(const struct query *q, int column); /* NULL for NULL */
/* NAME of what the log calls it (settings, alias); points into either. */
struct slice host_canonical(const struct decision_options *o, struct slice name);
bool host_is_retired(const struct decision_options *o, struct slice name);
/* Is `domain` equal to `own` or below it? */
bool domain_is_below(struct slice domain, struct slice own);

/* phase.c */
void phase_load(struct making *m); /* rule_day, owns */
void phase_find(struct making *m); /* the window's phases; needs its bounds */
void phase_release(struct making *m);
int64_t phase_first_warned(const struct making *m); /* STAMP_NONE: never */
/* Was the rule in `warn` on that day, anywhere, or for senders of an own domain? */
bool phase_warns_on(const struct making *m, int32_t day, const char *own);

/* phase_off.c */
void off_find(struct making *m); /* off, and that of the phases; needs the window's bounds and the rule's days */
bool off_on(const struct making *m, int32_t day, const char *own); /* of that own domain, NULL: of any */

/* window.c */
void window_bounds(struct making *m); /* from, to, as_of */
void window_load(struct making *m);   /* hosts, holes, coverage, days, calendar */
void window_release(struct making *m);
/* Days on which the rule warned (for that own domain) and the log is there: ascending into day, returns how many. */
size_t window_watched(const struct making *m, const char *own, int32_t *day);

/* criteria.c */
void criteria_judge(struct making *m, struct decided *what);

#endif
