/*
 * rollup: sums by rule, source and day, added up in memory and written once a
 * batch (performance.md, points 5 and 6). Few and wide rows.
 */
#ifndef WB_ROLLUP_H
#define WB_ROLLUP_H

#include "fact.h"

struct db;
struct rollup;

#define SUM_RULES 16 /* different rules that may have warned about one mail */

/* What one mail adds to the sums of each rule that warned about it. */
struct mail_sum {
	int n;
	struct {
		int rule;
		int32_t fates[FATE_COUNT];
	} of[SUM_RULES];
};
void mail_sum_add(struct mail_sum *sum, int rule, int fate);

struct rollup *rollup_new(void);
struct rollup *rollup_free(struct rollup *r); /* always NULL */
/* A warning line: by its own day and client. */
void rollup_attempt(struct rollup *r, int rule, uint32_t source, int32_t day, int64_t us, uint32_t count);
/* A mail comes (sign 1) or goes (-1): by the day and client of its first attempt. */
void rollup_mail(struct rollup *r, const struct mail_sum *sum, uint32_t source, int32_t day, int sign);
void rollup_text(struct rollup *r, uint32_t text, uint32_t action, uint32_t count, int64_t us);
/* Writes what has come together. In a transaction. */
void rollup_flush(struct rollup *r, struct db *d);

#endif
