/*
 * screens: the views, in one table: title, query, columns, where Enter leads.
 * A view of a query is a row of the table and a file in sql/read/; one that
 * asks the models of the analyzer (sources, criteria, plan) has a function.
 */
#ifndef WB_SCREENS_H
#define WB_SCREENS_H

#include "../analyzer/decision.h"
#include "../analyzer/follow.h"
#include "planned.h"
#include "tui_sheet.h"

enum screen_id {
	SCREEN_NONE,
	SCREEN_SOURCES, /* views by number, in this order */
	SCREEN_SENDERS,
	SCREEN_RECIPIENTS,
	SCREEN_LIVE,
	SCREEN_CRITERIA,
	SCREEN_PLAN,
	SCREEN_HOLES,
	SCREEN_SOURCE, /* where Enter leads */
	SCREEN_MAILS,
	SCREEN_LINES,
	SCREEN_COUNT
};
#define SCREEN_TABS SCREEN_HOLES

/* What a load needs to know; all borrowed. */
struct load {
	const char *database, *rule;
	int64_t since, until; /* STAMP_NONE: open */
	const struct settings *settings;
	const struct origin *origin;
	struct planned *planned; /* NULL: there can be no plan, and why not: */
	const char *no_plan;
	struct reader_times *took; /* to which is added, at their end, how long queries took; NULL: nobody asks */
	/* of the one load */
	struct reader *reader;
	struct slice key; /* of the row that Enter was pressed on: `source:news.example` */
	int64_t now;
	/* Takes over some of the rows while the others are looked for, as a sheet of their own; NULL: nobody waits for them. */
	void (*give)(void *arg, struct sheet *s);
	void *give_arg;
};

/* All that the upper lines show, and what comes with it from one reading of the database. */
#define HEAD_HOURS 72
#define HEAD_DAYS 60
struct head {
	struct decision *decision; /* NULL: not there yet, only what roll-ups say at once: */
	int64_t mails, lost;
	int64_t now;              /* of its load */
	int64_t hour[HEAD_HOURS]; /* warnings; the last is the hour of the log's end */
	int64_t day[HEAD_DAYS];   /* would-be-lost mails; the last is the day of the log's end */
	bool following;
	int64_t unsent, unsent_tries; /* summaries that sendmail did not take, and how often not the first of them */
	bool unsent_given_up;         /* it is tried no more */
	int64_t last_us;              /* of the log; STAMP_NONE: nothing was read */
	char *log;                    /* the one read last, or NULL */
	struct sheet *sources, *criteria, *holes;
};
struct head *head_load(const struct load *l); /* never NULL */
/* A head without a decision, in a moment whatever the size of the database; NULL: no such short way to --since or --until. */
struct head *head_first(const struct load *l);
struct head *head_free(struct head *h); /* always NULL */

struct screen {
	const char *title;
	enum sql_id query; /* of a view with a query: its first column is the row's id, the others are the columns */
	struct sheet_section section;
	void (*load)(struct sheet *s, const struct load *l); /* NULL: the query's rows */
	struct sheet *(*of_head)(struct head *h);            /* comes with the head; takes it from there */
	bool newest;                                         /* new rows come at the end, and the end is shown */
	const char *empty;                                   /* what it says without any row */
	size_t most;                                         /* rows; 0: SHEET_ROWS */
};
extern const struct screen screens[SCREEN_COUNT];

/* A view that does not come with the head. Never NULL. */
struct sheet *screen_load(enum screen_id id, const struct load *l);
/* The rows of a query as a section. Returns how many. */
size_t screen_section(struct sheet *s, const struct load *l, enum sql_id query, const struct sheet_section *section,
                      int64_t limit);
/* One of them: its first column is its id, the others are the section's. */
void screen_row(struct sheet *s, const struct query *q, const struct sheet_section *section);
/* The view whose name begins so, in any case; SCREEN_NONE: none. */
enum screen_id screen_find(struct slice name);

/* Of their own files. */
/* What is known of a source stands in the head; its clients, people, days and lines are loaded. */
struct sheet *screen_source_facts(const struct head *h, struct slice key);
void screen_source(struct sheet *s, const struct load *l);
void screen_lines(struct sheet *s, const struct load *l);
void screen_plan(struct sheet *s, const struct load *l);
struct sheet *screen_sources(const struct decision *d);
/* screen_sums.c: of all sources, and clients, senders and recipients of one, at most that many of each. */
void screen_senders(struct sheet *s, const struct load *l);
void screen_recipients(struct sheet *s, const struct load *l);
void screen_source_sums(struct sheet *s, const struct load *l, size_t most);
/* screen_mails.c: mails of the key, and the newest lines of a source, the newest first. */
#define SCREEN_FEW 1000 /* rows of a view that shows the newest of many */
#define SCREEN_LINES_MOST 12
void screen_mails(struct sheet *s, const struct load *l);
size_t screen_newest_lines(const struct load *l, uint64_t place[SCREEN_LINES_MOST]);
/* Also counts the head's mails, lost and day. */
struct sheet *screen_sources_first(const struct load *l, struct head *h, int64_t last_day);
extern const struct sheet_section senders_section, recipients_section, mails_section, clients_section;

#endif
