/*
 * report: what the one model of the decision (analyzer/decision.h) looks like,
 * as text for people and as JSON for programs. Nothing is judged or counted
 * here. All of it goes into a growing text first, so that trouble with the
 * database ends the program before anything looks like a report.
 */
#ifndef WB_REPORT_H
#define WB_REPORT_H

#include "../analyzer/proof.h"
#include "encode.h"

/* A warning text that belongs to no rule. */
struct report_other {
	char *text;
	size_t n; /* may hold any byte */
	int64_t attempts;
};

/* A verdict that the log's end has left behind. */
struct report_expired {
	char *kind, *subject, *verdict, *owner, *expires;
};

/* What is shown of one rule, or of one own domain of it. */
struct report {
	const struct decision *d;
	const struct decided *what;    /* &d->all, or the own domain that was asked for */
	struct decision_totals totals; /* of what */
	int64_t now;
	const char *map;            /* the file that exceptions were judged by; NULL: none */
	struct report_other *other; /* the most frequent ones; others: all there are */
	size_t other_n;
	int64_t others;
	struct report_expired *expired;
	size_t expired_n;
};

/* d and o are borrowed; domain is one of d's, or NULL. Dies on trouble with the database. */
void report_init(struct report *r, struct reader *reader, const struct decision_options *o, const struct decision *d,
                 const struct decided *domain);
void report_release(struct report *r);

struct json;
#define REPORT_SCHEMA 1 /* of the JSON: grows when a field changes its meaning */
struct report_look {
	int64_t top; /* rows of each list */
	bool colour;
};

/* 80 columns, without the last line `RESULT: ...`, which closes all that was printed. */
void report_text(struct text *t, const struct report *r, const struct report_look *look);
/* One object of the contract (design.md 5), whole lists, as the next value of j. */
void report_json(struct json *j, const struct report *r);

/* Why there is nothing to judge; NULL: there is. Into buf. */
const char *report_missing(const struct report *r, char *buf, size_t cap);

#endif
