/*
 * decision: may the rule start to refuse (design.md 4)? The one model of the
 * report, read in one snapshot of the database: window, hosts, phases, the ten
 * criteria, per rule and per own domain. Text, JSON, the screen and the summary
 * show what stands here; nobody else decides.
 *
 * Everything is judged as of `now`, or as of --until if that is in the past. No
 * figure is a guess: what is not known fails the row that needs it.
 *
 * Times are microseconds since 1970 UTC, days local days since 1970.
 */
#ifndef WB_DECISION_H
#define WB_DECISION_H

#include "calendar.h"
#include "estimate.h"
#include "source_list.h"

struct policy;

/* What the admin set; all borrowed. */
struct decision_options {
	struct slice rule;
	int64_t since, until; /* STAMP_NONE: not given */
	int64_t now;          /* the clock */
	int64_t behind;       /* [criteria] behind, microseconds: how far follow may be behind; 0: five minutes */
	/* thresholds of [criteria] */
	int days, quiet_days;
	double continuity, coverage;                   /* percent */
	const struct slice *alias, *retired, *domains; /* [hosts], [networks] */
	size_t alias_n, retired_n, domains_n;
	const struct origin *origin;
	/* The map and network files given: NULL if none were. map: the rule's, as `hash:/etc/postfix/x`. */
	const struct policy *policy;
	const char *map;
};

/* ------------------------------------------------------------------ the window */

enum phase { PHASE_OFF, PHASE_WARN, PHASE_REJECT, PHASE_MIXED };
const char *phase_name(enum phase p);

/* A host that takes outside mail, aliases joined, retired ones left out. */
struct decision_host {
	char *name;
	int64_t from, to;  /* from its first to its last day with outside mail, within the window */
	double continuity; /* 0..1 of that */
	int64_t
	    read_to; /* the end of the logs that hold it, whether it spoke then or not; with a gap at --until, before it */
	int64_t warned;                /* lines of the rule on the days of the window, if any of them lies within it */
	int64_t canary;                /* warnings of the rule that a canary caused */
	int64_t accepted, null_sender; /* in the window, see roll_host_day */
};

/* What the rule did on one host to senders of one own domain. */
struct decision_phase {
	char *host, *domain;
	enum phase phase; /* at the end of the window */
	int64_t since;    /* when that phase began, as the log shows it; STAMP_NONE: off */
	int changes;      /* within the window, between warn and reject */
	int64_t off;      /* since when the rule was gone for a while, within the window; STAMP_NONE: never */
	int64_t warned, refused, deferred;   /* lines in the window; refused: for good */
	int64_t first_warned, first_refused; /* ever; STAMP_NONE: never */
};

struct decision_hole {
	char *host; /* NULL: all */
	char *cause;
	int64_t from, to, lines; /* lines: 0 unknown */
};

struct decision_window {
	int64_t from, to;
	bool as_of;                 /* --until lies in the past */
	int64_t log_first, log_end; /* of all that was read */
	int64_t days;               /* watched */
	int32_t *day;               /* which; ascending */
	struct calendar calendar;
	struct decision_hole *hole;
	size_t holes;
	struct decision_host *host;
	size_t hosts;
	struct decision_phase *phase;
	size_t phases;
	enum phase rule_phase;
	int64_t
	    switched; /* the first refusal of the rule after it had warned, even if it went back; STAMP_NONE: never */
};

/* ------------------------------------------------------------------ the criteria */

#define CRITERIA(X)                 \
	X(WINDOW, "window")         \
	X(CONTINUITY, "continuity") \
	X(CURRENT, "current")       \
	X(INTACT, "intact")         \
	X(ALIVE, "alive")           \
	X(UNCHANGED, "unchanged")   \
	X(COVERAGE, "coverage")     \
	X(UNDECIDED, "undecided")   \
	X(IN_FORCE, "in_force")     \
	X(STILL_WARNED, "still_warned")
enum criterion_id {
#define X(id, name) CRITERION_##id,
	CRITERIA(X)
#undef X
	    CRITERION_COUNT
};
const char *criterion_name(enum criterion_id c);

#define CRITERION_TEXT 200
struct criterion {
	bool pass;
	char value[CRITERION_TEXT];     /* the figure: `20 days`, `99.8 % (mx1)` */
	char threshold[CRITERION_TEXT]; /* `at least 30 days` */
	char advice[CRITERION_TEXT];    /* what to do about it; empty if it passes */
	double figure, limit;           /* the two as numbers, for programs; NAN: it is not one number */
};

enum verdict_of_all { DECISION_GO, DECISION_NO_GO, DECISION_NOT_ENOUGH };
const char *decision_name(enum verdict_of_all d); /* go, no-go, not-enough-evidence: also the exit codes 0, 1, 2 */

/* The rule as a whole (domain NULL), or one own domain. */
struct decided {
	char *domain;
	enum verdict_of_all decision;
	struct criterion criterion[CRITERION_COUNT];
	struct source_list *sources;
	struct estimate coverage_lost, coverage_all; /* of sources that lose mail, and of all */
};

/* ------------------------------------------------------------------ totals */

struct decision_totals {
	int64_t attempts, mails, would_be_lost;
	int64_t recipients; /* distinct people who would lose mail */
	int64_t senders, clients, sources, losing_sources;
	int64_t fates[FATE_COUNT]; /* (mail, recipient) pairs */
	int64_t may_return, accepted_mails, null_sender;
};

struct decision_account {
	int64_t understood, no_interest, other,
	    names_rule; /* lines; names_rule: of other, those that hold a rule's text */
	int64_t checked, differ, suspect, truncated, evictions, limit_hits;
	int64_t damaged;        /* lines that were too long, held NUL or were cut */
	int64_t suspect_rule;   /* warnings with the rule's text that can be read in two ways: they decide nothing */
	int64_t without_client; /* mails of nobody: they stand in no list */
	int64_t without_mail;   /* warnings that belong to no mail, on hosts where most are such */
	int64_t unsure;         /* streams whose year is a guess */
	int64_t streams;
	int64_t in_memory; /* 1: the database lies in memory, and is gone after a reboot */
};

/* ------------------------------------------------------------------ after and beside the rule (proof.h) */

struct proof;

struct decision {
	char *rule, *title;
	bool known; /* the database has such a rule; else only `rule` is set and the decision is DECISION_NOT_ENOUGH */
	bool any;   /* something was read in the window */
	struct decision_window window;
	struct decided all;
	struct decided *domain; /* by name */
	size_t domains;
	struct decision_totals totals;
	struct decision_account account;
	struct proof *proof;
};

/* Never NULL. */
struct decision *decision_new(struct reader *r, const struct decision_options *o);
struct decision *decision_free(struct decision *d); /* always NULL */

/*
 * The totals of d->all, as d->totals, or of one of d->domain. What hosts accepted is not known per
 * domain: these two figures are all hosts'.
 */
void decision_totals_of(const struct decision *d, const struct decided *what, struct decision_totals *out);

#endif
