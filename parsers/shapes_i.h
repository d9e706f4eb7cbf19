/*
 * shapes' own insides, shared by its files and nobody else:
 *   shapes.c          which row is a line's
 *   shapes_pattern.c  what a row's pattern is made of, and whether a text is like it
 */
#ifndef WB_SHAPES_I_H
#define WB_SHAPES_I_H

#include "shapes.h"

#define TOKENS_MAX 8

/* Up to eight bytes that a text begins with; mask 0: it may begin with any. */
struct word {
	uint64_t bytes, mask;
};

/* A text's first bytes, for comparing with a word. No literal has a NUL, so that what a short text lacks fits none. */
static inline uint64_t word_first(struct slice s)
{
	return s.n < 8 ? slice_word_short(s.p, s.n) : slice_word(s.p);
}

static inline bool word_fits(const struct word *w, uint64_t first)
{
	return ((w->bytes ^ first) & w->mask) == 0;
}

struct token;
/* Returns where in p..end the token ends, NULL if it does not stand there. What it has read may go into r. */
typedef const char *token_match(const struct token *t, const char *p, const char *end, struct record *r);

struct token {
	token_match *match;
	struct slice literal; /* the text itself, or what stands behind `%a` and `%~` */
	struct word word;     /* its beginning */
};

/* What must follow the word of a row's first literal. */
enum tail { TAIL_NOTHING, TAIL_ANYTHING, TAIL_TOKENS };

/* A row of the table, ready for use. */
struct compiled {
	struct word word; /* of the first literal, behind the queue id if it has one */
	uint8_t word_n;
	bool has_id, id_optional;
	bool fills_client, fills_sender; /* by `%c` and `%a`, on its way */
	enum tail tail;
	int first; /* the token where matching goes on behind the word */
	int tokens;
	const struct shape *shape;
	struct token token[TOKENS_MAX];
};

/* What a byte can stand in. */
enum { CLASS_SHORT_ID = 1, CLASS_LONG_ID = 2, CLASS_HOST = 4, CLASS_ADDRESS = 8 };
extern uint8_t pattern_classes[256];

void pattern_init(void);
void pattern_compile(struct compiled *c, const struct shape *shape);
/* Of s, which begins behind the queue id and its colon, the first bytes are known to be the row's word. */
bool pattern_tokens(const struct compiled *c, struct slice s, struct record *r);

static inline bool pattern_fits(const struct compiled *c, struct slice s, struct record *r)
{
	if (c->tail == TAIL_TOKENS)
		return pattern_tokens(c, s, r);
	return c->tail == TAIL_ANYTHING || s.n == c->word_n;
}

#endif
