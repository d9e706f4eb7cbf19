/*
 * grid: a screen as cells with a text and a role. It knows no terminal: term.c
 * shows one, and it prints itself as plain text, so that every screen can be
 * compared with a file.
 *
 * Whatever is put in passes the terminal's encoder (encode.h) on its way, so
 * nothing of a log can reach a terminal by another door. A cell holds one
 * character with its marks; of one that is two columns wide the second cell is
 * empty.
 */
#ifndef WB_GRID_H
#define WB_GRID_H

#include "encode.h"

/* What a cell is for; how that looks is term.c's to say. Words and signs carry the meaning, colours only help. */
#define ROLES(X)                                \
	X(PLAIN)                                \
	X(DIM)   /* what can be passed over */  \
	X(TITLE) /* names of parts */           \
	X(HEAD)  /* the line above columns */   \
	X(FRAME)                                \
	X(TAB)                                  \
	X(KEY)  /* a key that can be pressed */ \
	X(LOST) /* would be lost */             \
	X(GOOD)                                 \
	X(BAD)                                  \
	X(DOUBT)                                \
	X(SPARK)                                \
	X(SAID) /* an answer to the last key */
enum role {
#define X(id) ROLE_##id,
	ROLES(X)
#undef X
	    ROLE_COUNT
};

#define GRID_MAX 1000 /* rows and columns */

struct grid_cell {
	uint32_t at;   /* in the grid's pool */
	uint8_t n;     /* bytes; 0: blank, or the second half of a wide character */
	uint8_t width; /* columns: 1 or 2; 0: the second half */
	uint8_t role;  /* enum role */
	bool selected;
};

/* {0} is a grid without cells. */
struct grid {
	int rows, cols;
	int cursor_y, cursor_x; /* where something is typed; -1: nowhere */
	struct grid_cell *cell;
	struct text pool;
};

/* A blank grid of that size, clamped to 1..GRID_MAX. */
void grid_reset(struct grid *g, int rows, int cols);
void grid_release(struct grid *g);

/*
 * Puts s at row y, column x, in at most `cols` columns, cut as encode_cell cuts; what lies outside
 * of the grid is left out. Returns the columns used.
 */
int grid_put(struct grid *g, int y, int x, int cols, enum role role, struct slice s);
/* The same, to the right end of these columns. */
void grid_put_right(struct grid *g, int y, int x, int cols, enum role role, struct slice s);
int grid_str(struct grid *g, int y, int x, enum role role, const char *s);
/* One character of ours, again and again. */
void grid_fill(struct grid *g, int y, int x, int cols, enum role role, const char *one);
void grid_select(struct grid *g, int y, int x, int cols);

/* Bytes of a cell, for who shows it; empty: a blank. */
struct slice grid_bytes(const struct grid *g, int y, int x);
const struct grid_cell *grid_at(const struct grid *g, int y, int x);

/* As plain text, a line for each row, without blanks at its end. */
void grid_print(const struct grid *g, struct text *out);

/* Signs of ours, and what stands for them where there is no UTF-8. */
#define GLYPHS(X)              \
	X(YES, "✓", "ok")      \
	X(NO, "✗", "NO")       \
	X(AT, "▶", ">")        \
	X(MARK, "●", "*")      \
	X(DOT, "·", "-")       \
	X(ROW, "─", "-")       \
	X(COLUMN, "│", "|")    \
	X(TOP_LEFT, "┌", "+")  \
	X(TOP_RIGHT, "┐", "+") \
	X(LOW_LEFT, "└", "+")  \
	X(LOW_RIGHT, "┘", "+") \
	X(FULL, "█", "#")      \
	X(HALF, "▒", "%")      \
	X(EMPTY, "░", ".")
enum glyph {
#define X(id, utf8, ascii) GLYPH_##id,
	GLYPHS(X)
#undef X
	    GLYPH_COUNT
};
const char *glyph(enum glyph g);
/* For terminals that know no UTF-8: from now on, for the encoder too. */
void glyph_ascii_only(bool on);
bool glyph_is_ascii(void);

#endif
