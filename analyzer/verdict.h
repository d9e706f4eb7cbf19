/*
 * verdict: what the admin says of a subject: written, said once more, taken
 * back. Rows are only ever added, so what was said before stays (design.md 3).
 * Which verdict counts for a mail is the view mail_verdict's to say.
 */
#ifndef WB_VERDICT_H
#define WB_VERDICT_H

#include "subject.h"
#include "ways.h"

/* LATER decides nothing: a verdict before it still counts, the question comes back on its day. */
#define VERDICT_WORDS(X) X(EXEMPT, "exempt") X(MOVE, "move") X(BLOCK, "block") X(CLEAR, "clear") X(LATER, "later")
enum verdict_word {
#define X(id, name) VERDICT_##id,
	VERDICT_WORDS(X)
#undef X
	    VERDICT_WORD_COUNT
};
const char *verdict_word_name(enum verdict_word w);
bool verdict_word_of(struct slice name, enum verdict_word *out);

#define VERDICT_NOTE 500          /* bytes of a note or an owner */
#define VERDICT_KEEP INT64_MIN    /* expires: as it was */
#define VERDICT_NEVER (INT64_MAX) /* expires: no more */

/*
 * What is to be said. What is not given (NULL, VERDICT_KEEP) stays as the last
 * word had it if that was the same verdict and has not expired, else there is
 * none; "" and VERDICT_NEVER take it away.
 */
struct mark {
	enum verdict_word word;
	const char *note, *owner;
	int64_t expires; /* last day on which it counts, local days since 1970; of LATER the day on which to ask */
};

enum marked_how { MARKED_NEW, MARKED_ALREADY, MARKED_NOTHING }; /* NOTHING: there was nothing to clear */
struct marked {
	enum marked_how how;
	int64_t id, before; /* the new row; the last row of the subject before it, 0 none */
	bool had;           /* a verdict stood before, its word: */
	enum verdict_word was;
};

/*
 * Why a note or an owner cannot be kept: too long, no UTF-8, control
 * characters; NULL: it can.
 */
const char *verdict_text_trouble(const char *text);
/* A day as YYYY-MM-DD, local; `never` is VERDICT_NEVER. False: no such day. */
bool verdict_day(const char *text, int64_t *day);
int64_t verdict_today(void); /* local */

/*
 * Adds a row, unless the last one says exactly the same and the subject has not
 * changed its ways since (`changed`). ways: of all its mails, as they are now;
 * kept with it. One transaction under write.lock, on a connection of its own: a
 * reader sees the row once it is opened anew. Dies as db_open_write does (66,
 * 75, 78).
 */
void verdict_mark(const char *database, const struct subject *s, const struct mark *m, const struct ways *ways,
                  bool changed, struct marked *out);
/* Makes the subject's last word again what it was at row `before` (0: nothing), by another row. */
void verdict_restore(const char *database, const struct subject *s, int64_t before);

/* The last word on a subject that counts, LATER apart; false: none, or it was cleared. Expired ones too. */
struct verdict_row {
	int64_t id;
	enum verdict_word word;
	int64_t expires;  /* VERDICT_NEVER: it does not */
	int64_t ask_from; /* the last word was LATER: the day on which to ask; else VERDICT_NEVER */
	int64_t last;     /* the last row of all, 0: nothing was ever said */
};
bool verdict_find(struct reader *r, const struct subject *s, struct verdict_row *out);

#endif
