/*
 * shapes: the table of line shapes, and how a line finds its row.
 *
 * A row holds all facts of its shape: program, pattern, kind, name, its own
 * example line (the MSG part), and the function that reads its fields. A test
 * feeds each example through and demands that exactly that row answered. A line
 * that no row matches is not understood; a line is of no interest only if a row
 * of kind NO_INTEREST matched it (design.md 3, account).
 *
 * Patterns are literal text with:
 *   %q  a queue id by its alphabet (grammar 4.1); `NOQUEUE` never counts as one
 *   %Q  a queue id or NOQUEUE
 *   %c  a client: NAME[ADDR], perhaps :PORT
 *   %p  a client of postscreen: [ADDR]:PORT
 *   %s  a stage of an SMTP session (RCPT, END-OF-MESSAGE, `DATA content`; grammar 2.5)
 *   %d  decimal digits, one or more
 *   %w  one or more bytes other than blank
 *   %a  an address, in brackets or not, up to the literal behind it
 *   %~  anything, up to the first place where the literal behind it stands
 *   %*  anything, perhaps nothing, to the end of the line (last in a pattern)
 * A pattern must match the whole text. `%q: ` or `%Q: ` can only stand first.
 * Matching goes left to right, never back, and takes linear time.
 */
#ifndef WB_SHAPES_H
#define WB_SHAPES_H

#include "record.h"

struct shape {
	enum record_daemon daemon;
	enum record_kind kind;
	const char *name; /* unique: `smtpd-connect` */
	const char *pattern;
	const char *example; /* the MSG part of a line that this row and no earlier one matches */
	/*
	 * Fills the fields of r from r->line->text; r->body is what stands behind
	 * the queue id (or the whole text). NULL: nothing to fill. A line whose head
	 * matched but whose fields cannot be read is left with RECORD_SUSPECT or
	 * RECORD_TRUNCATED; returning false says "this row after all not": the line
	 * is then not understood. Nor is an attempt that is two lines in one.
	 */
	bool (*fields)(struct record *r);
};

/* Rows of one daemon stand in the order in which they are tried. */
extern const struct shape shapes_postfix[]; /* shapes_postfix.c: mail and its life */
extern const size_t shapes_postfix_count;
extern const struct shape shapes_companions[]; /* shapes_companions.c: amavis, rspamd, SPF, DKIM, DMARC, greylisting */
extern const size_t shapes_companions_count;
extern const struct shape shapes_noise[]; /* shapes_noise.c: what is of no interest, each with its name */
extern const size_t shapes_noise_count;

/* Builds the lookup from the tables. Call once before any other; cheap. */
void shapes_init(void);
/* What Postfix means by the word of an action line. */
enum record_action shapes_action(struct slice word);
size_t shapes_count(void);
const struct shape *shapes_row(int shape);

/*
 * Finds the row of a line and fills the head of *r: kind, daemon, queue id,
 * body, shape. Lines of form LOSS and LAST_REPEATED get their kinds too.
 * Looks at the beginning of the text only; nothing is allocated.
 */
void shapes_parse(const struct line *line, struct record *r);

/*
 * Reads the row's fields, only for records that somebody asked about; a second
 * call gives the first one's answer. If they cannot be read the kind becomes
 * OTHER and the answer is false.
 */
bool shapes_fields(struct record *r);

/* Helpers for rows: the same scanners that patterns use. Each steps over what it read. */
bool shapes_queue_id(struct slice *s, struct slice *id);
bool shapes_client(struct slice *s, struct slice *name, struct slice *ip, struct slice *port);

#endif
