/*
 * report: what the one model of the decision (analyzer/decision.h) looks like:
 * text, HTML and Markdown for people, JSON and CSV for programs. Nothing is
 * judged or counted here. All of it goes into a growing text first, so that
 * trouble with the database ends the program before anything looks like a
 * report.
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

/* A local day of the window. */
struct report_day {
	int32_t day;
	bool watched;                    /* the rule was in `warn`, and at least 95 % of the log is there */
	bool hole;                       /* something of the log is missing */
	int64_t mails, lost;             /* warned, and would be lost; by the first attempt */
	int64_t sources, losing;         /* different ones until then, and those that lose mail */
	int64_t new_sources, new_losing; /* of these, seen on that day first */
};

/* A stream that the report was made from: content, whatever its file is called by now. */
struct report_input {
	char *log, *file;          /* its name, and where it was last seen; file may be NULL */
	int64_t first_us, last_us; /* stamps of its first and last line; STAMP_NONE: it has none */
	int64_t from, to;          /* bytes of the uncompressed stream that were read: [from, to) */
	int64_t head_bytes, tail_bytes;
	char head[65], tail[65]; /* SHA-256 of the first head_bytes, and of the last tail_bytes, of these */
	bool whole;              /* read to its end, as far as is known */
	bool unsure;             /* the year of its stamps is a guess */
	int64_t unread;          /* bytes of the file that were not read yet; 0: none, or not known */
};

/* What the rule would refuse of one verdict's mail, by the last days of the window. */
struct report_forecast {
	const char *verdict; /* static; "": undecided */
	int64_t attempts, mails, lost;
};
#define REPORT_FORECASTS 4 /* undecided, move, block, exempt */

/* A log that was followed, and where that began: `end of the live file`, `2 rotated files`. */
struct report_begun {
	char *log, *with;
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
	struct report_day *day; /* all of the window, in their order */
	size_t days;
	struct report_input *input;
	size_t inputs;
	struct report_begun *begun; /* of logs that were not followed: none */
	size_t begun_n;
	struct report_forecast forecast[REPORT_FORECASTS];
	double forecast_days; /* the last days of the window, at most 7 */
	char **note;          /* what is missing, in words: figures do not say it */
	size_t notes;
	bool anonymous;      /* see anonymize.h */
	const char *version; /* of the program; NULL: not said */
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
/* A whole document for each rule, one behind the other; long lists are cut. */
void report_markdown(struct text *t, const struct report *r, const struct report_look *look);
/* One page for all rules: begin, one part for each (numbered from 1), end. */
void report_html_begin(struct text *t, const char *rule, enum verdict_of_all all, int rules);
void report_html(struct text *t, const struct report *r, const struct report_look *look, int number);
void report_html_end(struct text *t);
/* One table of report_tables.h: its heading, then the rows of each rule. raw: nothing is put before a formula. */
struct report_table;
void report_csv_head(struct text *t, const struct report_table *table);
void report_csv(struct text *t, const struct report *r, const struct report_table *table, bool raw);
/* One object of the contract (design.md 5), whole lists, as the next value of j. */
void report_json(struct json *j, const struct report *r);

/* Why there is nothing to judge; NULL: there is. Into buf. */
const char *report_missing(const struct report *r, char *buf, size_t cap);

#endif
