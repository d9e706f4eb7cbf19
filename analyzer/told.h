/*
 * told: what was said of mails lately, so that a mail that is told anew can be
 * taken out of the sums without asking the database, for which all that is on
 * its way there would have to arrive first. It may forget any mail.
 */
#ifndef WB_TOLD_H
#define WB_TOLD_H

#include "rollup.h"

/* Rows of fact_recipient, and different texts in them; a mail with more is not remembered. */
#define TOLD_RECIPIENTS 6
#define TOLD_TEXTS 2

struct told_mail {
	struct mail_place at; /* source and domain are not remembered: 0 */
	size_t recipients;
	struct told_recipient {
		uint32_t recipient, text; /* the folded address */
		enum fate fate;
	} recipient[TOLD_RECIPIENTS];
};

struct told;

struct told *told_new(void);
struct told *told_free(struct told *t); /* always NULL */
void told_expect_many(struct told *t);  /* much of it will be used */
/* False: not known. */
bool told_find(const struct told *t, uint64_t id, struct told_mail *found);
/* The mail is told now; its recipients follow. */
void told_mail(struct told *t, uint64_t id, const struct mail_place *at);
/* A row of fact_recipient, of the mail that told_mail named last; those of one recipient one after the other. */
void told_recipient(struct told *t, uint32_t recipient, uint32_t text, enum fate fate);
void told_forget(struct told *t, uint64_t id);
void told_forget_all(struct told *t);

#endif
