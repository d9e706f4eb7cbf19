/*
 * pattern: a compiled regular expression. pattern.c is the only file that
 * knows PCRE2 (8-bit library, no UTF mode: bytes are bytes, faults.md I38).
 *
 * JIT where the kernel allows it, else the interpreter (faults.md part 5);
 * match limit 100 000 and depth and heap limits in both (H15), own JIT stack
 * (H16). A limit that is hit is an answer of its own, never "no match".
 */
#ifndef WB_PATTERN_H
#define WB_PATTERN_H

#include "slice.h"

struct pattern;

enum pattern_answer { PATTERN_NO, PATTERN_YES, PATTERN_LIMIT };

/*
 * Compiles `text`. NULL on error: then *at is the byte offset in the pattern
 * and why (of size cap) the reason in words. The caller frees with pattern_free.
 */
struct pattern *pattern_new(struct slice text, size_t *at, char *why, size_t cap);
struct pattern *pattern_free(struct pattern *p); /* always NULL */

/* The options that a pcre: table's flags stand for; PATTERN_GROUPS keeps what the parentheses matched. */
enum pattern_option {
	PATTERN_CASELESS = 1,
	PATTERN_MULTILINE = 2,
	PATTERN_DOTALL = 4,
	PATTERN_EXTENDED = 8,
	PATTERN_ANCHORED = 16,
	PATTERN_DOLLAR_ENDONLY = 32,
	PATTERN_UNGREEDY = 64,
	PATTERN_GROUPS = 128
};

/* pattern_new with an OR of the above. */
struct pattern *pattern_new_as(struct slice text, unsigned options, size_t *at, char *why, size_t cap);
/* How many parentheses capture. */
unsigned pattern_groups(const struct pattern *p);
/*
 * What group n (0: all of it) of a pattern with PATTERN_GROUPS matched in the subject of the last
 * pattern_match that said PATTERN_YES; absent if it took no part.
 */
struct slice pattern_group(const struct pattern *p, struct slice subject, unsigned n);

/* Does it match anywhere in `subject`? Allocates nothing. */
enum pattern_answer pattern_match(const struct pattern *p, struct slice subject);

bool pattern_has_jit(void);        /* of the library, as --version says it */
const char *pattern_library(void); /* "10.42" */

#endif
