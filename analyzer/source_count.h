/*
 * source_count: how many different senders, clients and recipients the mails of
 * each source have, and which verdicts decide what it would lose. SQL would sort hundreds of thousands of rows for each list
 * of sources; here they are read once, in the order in which they lie, for all
 * lists of a run: of the whole rule and of each own domain. With reader_brief in
 * pieces (walk.h says what holds then).
 */
#ifndef WB_SOURCE_COUNT_H
#define WB_SOURCE_COUNT_H

#include "origin.h"
#include "query.h"

struct source_count {
	int64_t senders, clients, recipients; /* different; senders and recipients case folded, clients by address */
	int64_t id;                           /* dim_source, the lowest of its clients; 0: it has no mails */
	enum source_kind kind;                /* shared, if any of its clients is */
	const char *domain;                   /* kind shared: the domain; lives as long as the counts */
	int64_t listed_lines;                 /* of any rule and domain */
};

/* Would-be-lost mails of a source that one verdict decides. */
struct source_loss {
	int64_t source;  /* the first of its name */
	int64_t verdict; /* row of human_verdict */
	int64_t mails;
};

struct source_counts;

/* Of the stretch that the reader's sums are of (reader_window). since, until: the same, for listed_lines. Never NULL. */
struct source_counts *source_counts_new(struct reader *r, struct slice rule, int64_t since, int64_t until);
struct source_counts *source_counts_free(struct source_counts *c); /* always NULL */

/* Counts mails whose sender is of this domain or of one below it; absent: all. What was counted before is gone. */
void source_counts_make(struct source_counts *c, struct slice domain);
/* The number of the first source of the name that this one has; 0: there is none. */
int64_t source_counts_first(const struct source_counts *c, int64_t source);
/* Of the source with this number in dim_source, and all of its name; NULL: there is none. */
const struct source_count *source_counts_of(const struct source_counts *c, int64_t source);
/* Of such a source, n of them in the order of verdicts; of what no verdict decides there is none. Until the next make. */
const struct source_loss *source_counts_losses(const struct source_counts *c, int64_t source, size_t *n);
/* Of all sources together: recipients only of mails that would be lost. */
struct source_count source_counts_all(const struct source_counts *c);

#endif
