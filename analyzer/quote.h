/*
 * quote: a line as it stands in the log, by its place. The database keeps no
 * log; the file is read again, found by where it was last seen and known by its
 * first bytes. A rotated file is looked for beside it.
 */
#ifndef WB_QUOTE_H
#define WB_QUOTE_H

#include "query.h"

#define QUOTE_MAX 4096 /* bytes of a line that are quoted */

struct quote {
	char line[QUOTE_MAX];
	size_t n;
	char where[1200]; /* path and byte offset, in words */
};

/* False: the log is not there any more, or not the same; `where` says where the line stood. */
bool quote_line(struct reader *r, uint64_t place, struct quote *out);

#endif
