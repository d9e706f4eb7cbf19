/*
 * logical: the lines of Postfix's own files (tables and main.cf), put together
 * as Postfix does it (postconf(5), src/util/readlline.c): lines that are empty
 * or begin with `#` do not count, a line that begins with a blank goes on with
 * the one before.
 */
#ifndef WB_LOGICAL_H
#define WB_LOGICAL_H

#include "slice.h"

struct logical {
	struct slice rest; /* bytes still to be read */
	int line;          /* number of the last line read; before the first: 0 */
	char *out;         /* where the joined lines go: the caller's, as long as the bytes are */
};

enum logical_answer {
	LOGICAL_END,
	LOGICAL_LINE,
	LOGICAL_NUL,   /* a line that has a NUL byte: *text ends before it, as it does for Postfix */
	LOGICAL_BLANK, /* begins with a blank and there is nothing that it could go on with: not used */
};

/* Begins to read; out has room for bytes.n bytes. */
void logical_init(struct logical *l, struct slice bytes, char *out);

/* The next one, in out, for as long as out lives; its bytes may be changed. *first: its first line. */
enum logical_answer logical_next(struct logical *l, struct slice *text, int *first);

/* As in C's isspace, and ASCII only. */
static inline bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without blanks at its start; at its end; both. */
struct slice trim_left(struct slice s);
struct slice trim_right(struct slice s);
struct slice trim(struct slice s);

/*
 * Cuts the next word off a list: words end at a blank or a comma, but not
 * inside braces. False at its end. (mystrtokq() with CHARS_COMMA_SP, CHARS_BRACE.)
 */
bool list_word(struct slice *list, struct slice *word);

#endif
