/*
 * poison: a line on which the program dies (faults.md I52). A service that is started again dies of it
 * again, for ever, unless somebody remembers. A file beside the database (FILE.reading) says at which place of
 * which stream lines are being parsed; the process writes it, and it outlives the process.
 *
 * Death between the parsing of a batch and its commit is held against the place where the batch began. After
 * two deaths there each line is a batch of its own, so that the third is known to the line. That line is
 * passed over, if the process died by its own fault (a signal such as SIGSEGV or abort(3)); if somebody killed
 * it, which happens anywhere, only after three deaths on this very line, with nothing committed in between.
 */
#ifndef WB_POISON_H
#define WB_POISON_H

#include <stdbool.h>
#include <stdint.h>

struct poison;

/* What the last run left there. Never fails: without the file nothing is remembered. */
struct poison *poison_new(const char *database);
struct poison *poison_free(struct poison *p); /* always NULL; NULL is fine here and below */
/* The streams have other numbers now. */
void poison_forget(struct poison *p);

/* From here on lines are parsed; until poison_rest, which comes right before a commit. */
void poison_at(struct poison *p, uint32_t gen, int64_t off);
void poison_rest(struct poison *p);
/* A commit has moved the position of a stream to `off`. */
void poison_passed(struct poison *p, uint32_t gen, int64_t off);

/* Each line is to be a batch of its own. poison_calm: all is read, it was not there. */
bool poison_isolates(const struct poison *p);
void poison_calm(struct poison *p);
/* Is it the line that begins here? deaths: how often the program died there. */
bool poison_is(const struct poison *p, uint32_t gen, int64_t off, int *deaths);

#endif
