/*
 * punycode: host names as DNS has them (`xn--mller-kva.example`, A-labels) and
 * as people read them (`müller.example`, U-labels), RFC 3492. For showing names
 * and for finding one that was typed; nothing is ever stored in another form
 * than the log's.
 *
 * No table of IDNA is asked: what a label decodes to may be anything, so the
 * A-label is always shown beside it.
 */
#ifndef WB_PUNYCODE_H
#define WB_PUNYCODE_H

#include "../parsers/slice.h"

#define PUNYCODE_TEXT 1100 /* a name of 253 bytes, both ways */

/*
 * `müller.example (xn--mller-kva.example)`; a name without a label that decodes
 * is itself. Decoded letters that are hidden, bidi or control characters leave
 * the name as it is. Into buf, which ends in NUL. Returns buf.
 */
const char *punycode_both(struct slice name, char *buf, size_t cap);

/* The name with each label beyond ASCII as an A-label. False if it is no UTF-8 or does not fit; buf ends in NUL. */
bool punycode_ascii(struct slice name, char *buf, size_t cap);

#endif
