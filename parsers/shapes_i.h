/*
 * shapes' own insides, shared by its files and nobody else:
 *   shapes.c          which row is a line's
 *   shapes_pattern.c  what a row's pattern is made of, and whether a text is like it
 */
#ifndef WB_SHAPES_I_H
#define WB_SHAPES_I_H

#include "shapes.h"
#include "vector.h"

#define TOKENS_MAX 8

/* Up to sixteen bytes that a text begins with: those behind them are free, which is 255 where any byte fits. */
struct word {
	vector bytes, free;
};

/* A text's first bytes, for comparing with words. No literal has a NUL, so that what a short text lacks fits none. */
static inline vector word_first(struct slice s)
{
	return s.n < VECTOR_BYTES ? vector_load_short(s.p, s.n) : vector_load(s.p);
}

static inline bool word_fits(const struct word *w, vector first)
{
	return vector_mask((vector)(first == w->bytes) | w->free) == 0xffff;
}

enum token_kind {
	TOKEN_LITERAL,
	TOKEN_QUEUE_ID,
	TOKEN_QUEUE_ID_OR_NONE,
	TOKEN_CLIENT,
	TOKEN_SCREEN_CLIENT,
	TOKEN_STAGE,
	TOKEN_DIGITS,
	TOKEN_WORD,
	TOKEN_ADDRESS,
	TOKEN_UNTIL,
	TOKEN_REST /* the last one, if there is any */
};

struct token {
	enum token_kind kind;
	struct slice literal;  /* the text itself, or what stands behind `%a` and `%~` */
	uint64_t bytes, cared; /* its first eight bytes, and 255 where it has one */
};

/* What must follow the word of a row's first literal. */
enum tail { TAIL_NOTHING, TAIL_ANYTHING, TAIL_TOKENS };

/* A row of the table, ready for use. */
struct compiled {
	struct word word; /* of the first literal, behind the queue id if it has one */
	uint8_t word_n;   /* its bytes, 0: it has none */
	bool has_id, id_optional;
	bool fills_client, fills_sender; /* by `%c` and `%a`, on its way */
	bool open;                       /* behind the tokens anything may stand */
	enum tail tail;
	int tokens;
	const struct token *first, *last; /* where matching goes on behind the word, and where it ends */
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

#endif
