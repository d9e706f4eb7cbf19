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
/* What a rule did to a sender's domain: count lines. */
enum rule_act { RULE_WARNED, RULE_REFUSED, RULE_DEFERRED };
void rollup_domain(struct rollup *r, int rule, uint32_t host, uint32_t domain, int32_t day, int64_t us,
                   enum rule_act act, uint32_t count);
void rollup_text_day(struct rollup *r, uint32_t text, int32_t day, uint32_t count);
/* What a host took in; see roll_host_day in sql/schema.sql. */
enum host_sum { HOST_ACCEPTED, HOST_OUTSIDE, HOST_NULL_SENDER, HOST_CANARY };
void rollup_host(struct rollup *r, uint32_t host, int32_t day, enum host_sum what, uint32_t count);
void rollup_listed(struct rollup *r, uint32_t source, int32_t day, uint32_t count);
/* An accepted mail that tells of the rules; see `sighting` in sql/schema.sql. */
enum sighting_kind { SIGHTING_OWN, SIGHTING_LOGIN, SIGHTING_FOREIGN };
struct sighting {
	enum sighting_kind kind;
	uint32_t host, client, sender, login;
	int32_t day;
	int64_t us;
	uint64_t rules; /* bit n: rule n warned about the mail */
};
void rollup_sighting(struct rollup *r, const struct sighting *s);
/* Writes what has come together. In a transaction. The tables are those of sql/schema.sql. */
void rollup_flush(struct rollup *r, struct db *d);

#endif
