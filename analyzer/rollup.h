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

/* Where a mail stands in the sums; evidence and flags as in fact_mail. */
struct mail_place {
	uint32_t source, domain; /* of the client and of the sender; 0 none */
	uint32_t sender, client;
	int32_t day;
	int64_t first_us, last_us;
	uint8_t evidence[4], flags; /* SPF, DKIM, DMARC, spam */
};

struct rollup *rollup_new(struct db *d);
struct rollup *rollup_free(struct rollup *r); /* always NULL */
/* A warning line: by its own day, client and sender. */
void rollup_attempt(struct rollup *r, int rule, uint32_t source, uint32_t domain, int32_t day, int64_t us,
                    uint32_t count);
/* A mail comes (sign 1) or goes (-1): by the day, client and sender of its first attempt. */
void rollup_mail(struct rollup *r, const struct mail_sum *sum, const struct mail_place *at, int sign);
/* One of its recipients (folded) comes or goes; once for each rule. */
void rollup_person(struct rollup *r, int rule, const struct mail_place *at, uint32_t recipient, bool lost, int sign);
/* Lines of a transaction (on a host) that warned, at that moment; rollup_told then says of which mail it is. */
void rollup_warned(struct rollup *r, int rule, uint64_t tx, uint32_t host, int64_t us, uint32_t count);
void rollup_told(struct rollup *r, uint64_t tx, uint32_t host, uint32_t sender, uint32_t client);
void rollup_told_later(struct rollup *r, uint64_t tx); /* of a mail that stands in the database */
/* Something that cannot be subtracted is gone: the next flush counts again from the facts. Seldom. */
void rollup_stale(struct rollup *r);
/* Has a rule's mail of this sender been told? */
bool rollup_has_sender(struct rollup *r, uint32_t sender);
/* A line that somebody will ask for, and the place of any; see roll_line and roll_place in sql/schema.sql. */
enum line_sort { LINE_SUSPECT, LINE_CANARY, LINE_NOT_OWNED };
void rollup_line(struct rollup *r, enum line_sort sort, uint64_t place);
void rollup_place(struct rollup *r, uint64_t place, int64_t us);
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
enum sighting_kind { SIGHTING_OWN, SIGHTING_LOGIN, SIGHTING_FOREIGN }; /* as the table has them */
struct sighting {
	enum sighting_kind kind;
	uint32_t host, client, sender, login;
	int32_t day;
	int64_t us;
	uint64_t rules; /* bit n: rule n warned about the mail */
};
void rollup_sighting(struct rollup *r, const struct sighting *s);
/* Writes what has come together. In a transaction, after the facts. The tables are those of sql/schema.sql. */
void rollup_flush(struct rollup *r);
/* Makes the sums of warned mail (roll_source_day, roll_pair, roll_person, roll_evidence, roll_loose) anew from the facts. */
void rollup_recount(struct db *d);

#endif
