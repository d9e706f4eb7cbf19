/*
 * report_tables: every table of a report, once: its columns, how many rows it
 * has and what stands in each. CSV writes all columns under their names,
 * Markdown and HTML those that are for people under their headings, so that no
 * two formats can disagree. A new table is one row of the list and two
 * functions.
 */
#ifndef WB_REPORT_TABLES_H
#define WB_REPORT_TABLES_H

#include "report.h"

enum field_kind {
	FIELD_NULL,
	FIELD_TEXT,  /* of a log or of somebody: hostile */
	FIELD_WORDS, /* our own, in which a name from a log may stand */
	FIELD_INT,
	FIELD_REAL,  /* one digit behind the point for people */
	FIELD_SHARE, /* a percentage, 0..100; for people never rounded up */
	FIELD_BOOL,
	FIELD_TIME, /* microseconds since 1970 */
	FIELD_DAY   /* days since 1970 */
};

struct field {
	enum field_kind kind;
	struct slice text;
	int64_t number;
	double real;
	struct slice shown; /* how people see a text, if that is not `text` */
	struct text own;    /* room for a text that is made for this row: `text`, if that is absent, or `shown` */
};

enum {
	COLUMN_NUMBER = 1,  /* to the right */
	COLUMN_PROGRAM = 2, /* not for people */
	COLUMN_LONG = 4,    /* sentences: gets the room that is left */
	COLUMN_NAME = 8,    /* what the row is about */
	COLUMN_DATE = 16    /* a time of which people need the day only */
};

struct report_column {
	const char *name;  /* as in the JSON of the contract */
	const char *title; /* for people */
	const char *word;  /* of report_words.h, that says what it means; NULL: none */
	unsigned flags;
};

#define REPORT_FIELDS 28 /* most columns of a table */
enum {
	TABLE_PROGRAM = 1,    /* not for people, who have it elsewhere */
	TABLE_IF_ROWS = 2,    /* people see it only if there is something in it */
	TABLE_IF_SWITCHED = 4 /* ... only after the switch */
};

struct report_table {
	const char *name;  /* of --table */
	const char *title; /* heading */
	const char *none;  /* what to say without any row */
	unsigned flags;
	const struct report_column *column;
	size_t columns;
	size_t (*rows)(const struct report *r);
	/* f[columns]: all FIELD_NULL, with empty texts of their own to use. Texts live as long as the report. */
	void (*row)(const struct report *r, size_t i, struct field *f);
};

/* Number `at` of them, in the order in which they are read; NULL: there are no more. */
const struct report_table *report_tables(size_t at);
/* NULL: there is none of that name. */
const struct report_table *report_table_find(const char *name);

/* Do people see it in this report? */
bool report_table_is_shown(const struct report_table *t, const struct report *r);

/* A row's fields, made by report_row and given back at the end. */
struct report_row {
	struct field field[REPORT_FIELDS];
};
void report_row_fill(struct report_row *row, const struct report_table *t, const struct report *r, size_t i);
void report_row_release(struct report_row *row);
/* The text of a FIELD_TEXT or FIELD_WORDS. */
struct slice field_text(const struct field *f);
/* What stands there for people, not encoded; FIELD_NULL: absent. Texts are the field's, the others are put into buf. */
struct slice field_shown(const struct field *f, char buf[64]);

/* report_fields.c, for the files that fill rows */
void field_str(struct field *f, const char *s); /* NULL or "": FIELD_NULL */
void field_words(struct field *f, const char *s);
void field_int(struct field *f, int64_t n);
void field_real(struct field *f, double x);
void field_share(struct field *f, double percent);
void field_bool(struct field *f, bool b);
void field_time(struct field *f, int64_t us); /* STAMP_NONE and open ends: FIELD_NULL */
void field_day(struct field *f, int64_t day);

/* report_tables_who.c: sources, domains, exceptions, insiders ... */
extern const struct report_table table_sources, table_domains, table_exceptions, table_expired, table_insiders,
    table_gaps, table_regressions, table_forecast, table_rates;

#endif
