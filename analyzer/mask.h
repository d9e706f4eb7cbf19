/*
 * mask: refusals repeat sender, recipient and address of the client in their
 * text; with marks in place of these a log has a few hundred texts, not a
 * million. Exact: the view `attempt` puts the row's own words back.
 */
#ifndef WB_MASK_H
#define WB_MASK_H

#include "../parsers/record.h"

#define MASK_MAX 4096 /* longer texts are left as they are */

struct masked {
	char bytes[MASK_MAX];
	size_t n;
};

/*
 * The record's text with byte 1 and a letter for each of its words in it:
 * S sender, R recipient, C client name, I client address, H helo. False if
 * there is nothing to mask, or if text or word hold the mark's byte.
 */
bool mask_text(const struct record *r, struct masked *m);

#endif
