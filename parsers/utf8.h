/*
 * utf8: one character from bytes that may be anything, and how many columns a
 * terminal gives it. Knows nothing of locales: the same bytes look the same on
 * every system. The widths are those of Unicode 14 (Debian 12's wcwidth has
 * the same); what is newer counts as hidden.
 */
#ifndef WB_UTF8_H
#define WB_UTF8_H

#include "slice.h"

/*
 * Length (1 to 4) of the well-formed character at the start of s, and its code
 * point. 0 if there is none: empty, cut, overlong, a surrogate, > U+10FFFF.
 */
size_t utf8_decode(struct slice s, uint32_t *code);

/* Is it well-formed to its end, and without a NUL? */
bool utf8_is_text(struct slice s);

enum {
	/* Never to be shown as it is: controls, bidi, zero width, tags, private use, unassigned. */
	UTF8_HIDDEN = -1,
	/* Drawn onto the character before it. */
	UTF8_MARK = 0
};

/* Columns of a character: 1, 2, UTF8_MARK or UTF8_HIDDEN. */
int utf8_width(uint32_t code);

#endif
