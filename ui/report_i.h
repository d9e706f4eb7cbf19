/*
 * The report's own insides, shared by its files and nobody else:
 *   report.c       what is shown besides the decision
 *   report_text.c  the first page and the order of the others
 *   report_who.c   sources, own domains, exceptions, insiders
 *   report_log.c   hosts, what was not seen, after the switch, the account
 *   report_json.c, report_json_proof.c, report_json_more.c  the same for programs
 *   report_tables.h, report_md.c, report_csv.c, report_html_i.h  tables, and the formats made of them
 *   report_page.c  numbers, lines and headings of 80 columns
 *   report_say.c   sentences that all formats for people have
 *   report_more.c  days, inputs, forecast, and what figures do not say
 */
#ifndef WB_REPORT_I_H
#define WB_REPORT_I_H

#include "report.h"

#define PAGE_WIDTH 80

/* ------------------------------------------------------------------ report_say.c */

/* Sentences that all formats for people have, without indent or newline; names of a log stand in them as they are. */
void say_title(struct text *t, const struct report *r); /* `rule own-domain: Mail from ...` */
void say_phase(struct text *t, const struct report *r); /* `WARN since 11 Oct 2026` */
void say_window(struct text *t, const struct report *r);
void say_begun(struct text *t, const struct report *r);      /* where follow began; only if it did */
void say_as_of(struct text *t, const struct report *r);      /* only if it is */
void say_decision(struct text *t, const struct report *r);   /* `NO-GO` */
void say_lost(struct text *t, const struct report *r);       /* `would be lost: 849 mails to ...` */
void say_may_return(struct text *t, const struct report *r); /* only if some may */
void say_warned(struct text *t, const struct report *r);
void say_calendar(struct text *t, const struct report *r);
void say_losing_estimate(struct text *t, const struct report *r);
void say_estimate(struct text *t, const struct report *r);
void say_not_judged(struct text *t, const struct report *r);

/* ------------------------------------------------------------------ report_more.c */

/* What report_init leaves to report_more.c. */
void report_more_load(struct report *r, struct reader *reader, const struct decision_options *o);
void report_more_release(struct report *r);

struct page {
	struct text *t;
	const struct report *r;
	const struct report_look *look;
};

/* ------------------------------------------------------------------ report_page.c */

/* 12 345: easier to read than 12345, and no locale is asked. Returns buf. */
const char *grouped(int64_t n, char buf[32]);
/* "1 mail", "2 204 mails" */
void add_count(struct text *t, int64_t n, const char *one, const char *many);
/* `98.9 %`, never rounded up to what it is not; 0..1. Returns buf. */
const char *percent(double share, char buf[32]);
/* `2026-11-15`, or `-` for STAMP_NONE. Returns buf. */
const char *day_of(int64_t us, char buf[STAMP_TEXT]);
const char *time_of(int64_t us, char buf[STAMP_TEXT]);

const char *mail_word(int64_t n);   /* `mail` or `mails` */
const char *or_dash(const char *s); /* `-` for NULL and "" */

void heading(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * As many of the words as there is room for, at least one, and takes them off. Any bytes: they pass the
 * terminal's encoder word by word, and a word wider than the room is cut. Returns the columns used.
 */
int add_some_words(struct text *t, struct slice *words, int room);
/* All of them, in lines of PAGE_WIDTH, none if there are none: the first at column `first`, the others at `indent`. */
void add_line_words(struct text *t, int first, int indent, struct slice words);
/* The same from a format; the first line at `indent`, the others two columns further. At most 2 KiB. */
void add_line(struct text *t, int indent, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A cell of a row: padded to its columns, and a blank. */
void add_cell(struct text *t, const char *s, int cols);
/* The last line of a list that was cut: where the others are. */
void add_more(struct page *p, size_t all, const char *where);
size_t shown(const struct page *p, size_t n);

/* ------------------------------------------------------------------ the parts */

void page_sources(struct page *p);
void page_domains(struct page *p);
void page_exceptions(struct page *p);
void page_insiders(struct page *p);

/* The keys `regressions`, `rule_gaps`, `exceptions` ... of the object; NULL: empty lists. */
void report_json_proof(struct json *j, const struct proof *proof);
/* The keys `days`, `rates`, `inputs`. */
void report_json_more(struct json *j, const struct report *r);

void page_hosts(struct page *p);
void page_unseen(struct page *p);
void page_switched(struct page *p);
void page_others(struct page *p);
void page_account(struct page *p);

/* The phase of an own domain over all hosts, since when (STAMP_NONE: off), on how many hosts. NULL: of the rule. */
struct phase_sum {
	enum phase phase;
	int64_t since;
	size_t hosts;
};
struct phase_sum phase_sum_of(const struct decision *d, const char *domain);
/* The first criterion that fails and decides; NULL: all are met. */
const char *decided_by(const struct decided *what);

#endif
