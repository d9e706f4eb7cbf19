/*
 * review_show: what `review` prints: a question, the subjects to choose from,
 * lines of the log. Text only, at most 80 columns but for lines of the log.
 */
#ifndef WB_REVIEW_SHOW_H
#define WB_REVIEW_SHOW_H

#include "../analyzer/review.h"
#include "encode.h"

/* `source müller.example (xn--mller-kva.example)` */
void show_subject(struct text *t, const struct subject *s);
/* Who it is, what became of its mails, the evidence, our opinion; n of total. left: its undecided losses now. */
void show_question(struct text *t, const struct review *v, const struct review_question *q, size_t n, size_t total,
                   int64_t left);
/* One line for a subject that was chosen in place of the question's, with what it covers. */
void show_reach(struct text *t, const struct review_choice *c);
void show_choices(struct text *t, const struct review_choice *c, size_t n, bool wider);
/* A line of the log, or where it stood. */
void show_line(struct text *t, bool found, const char *where, struct slice line);
void show_help(struct text *t);

#endif
