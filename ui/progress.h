/*
 * progress: one line on stderr that tells how far long work is, how fast and
 * how long it still takes. Only for people: silent unless stderr is a terminal
 * that can overwrite a line (TERM is not `dumb`).
 */
#ifndef WB_PROGRESS_H
#define WB_PROGRESS_H

#include "../parsers/slice.h"
#include "encode.h"

struct progress {
	const char *label; /* borrowed until progress_end */
	uint64_t total;    /* bytes; 0 if nobody knows */
	int64_t start_ns, next_ns;
	bool on;    /* somebody is looking */
	bool drawn; /* a line stands on the screen */
	struct text line;
};

void progress_init(struct progress *p, const char *label, uint64_t total);
/*
 * `done` bytes are done; draws at most 10 times a second and costs little otherwise. extra:
 * shown behind the figures, or NULL.
 */
void progress_at(struct progress *p, uint64_t done, const char *extra);
/* Takes the line away. Also before a message, after which progress_at may go on. */
void progress_end(struct progress *p);

#endif
