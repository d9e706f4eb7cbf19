/*
 * told: what was said of mails lately, so that a mail that is told anew can be
 * taken out of the sums without asking the database, for which all that is on
 * its way there would have to arrive first. It may forget any mail.
 */
#ifndef WB_TOLD_H
#define WB_TOLD_H

#include "rollup.h"

#define TOLD_RECIPIENTS 6 /* rows of fact_recipient; a mail with more is not remembered */

struct told_mail {
	uint64_t id; /* 0: none */
	struct mail_place at;
	size_t recipients;
	struct told_recipient {
		uint32_t recipient, text; /* the folded address */
		uint8_t fate;
	} recipient[TOLD_RECIPIENTS];
};

struct told;

struct told *told_new(void);
struct told *told_free(struct told *t); /* always NULL */
/* NULL: not known. Good until the next call. */
const struct told_mail *told_find(const struct told *t, uint64_t id);
/* The mail is told now; its recipients follow. */
void told_mail(struct told *t, uint64_t id, const struct mail_place *at);
/* A row of fact_recipient, of the mail that told_mail named last; those of one recipient one after the other. */
void told_recipient(struct told *t, uint32_t recipient, uint32_t text, enum fate fate);
void told_forget(struct told *t, uint64_t id);
void told_forget_all(struct told *t);

#endif
