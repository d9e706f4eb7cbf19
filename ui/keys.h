/*
 * keys: what each key does, in one table. The footer, the help screen and the
 * names that a key script knows come from it.
 */
#ifndef WB_KEYS_H
#define WB_KEYS_H

#include "../parsers/slice.h"

/* A key: a character, or one of these. */
enum {
	CODE_NONE = 0,
	CODE_BACKSPACE = 8,
	CODE_TAB = 9,
	CODE_ENTER = 13,
	CODE_ESCAPE = 27,
	CODE_UP = 0x110000,
	CODE_DOWN,
	CODE_LEFT,
	CODE_RIGHT,
	CODE_PAGE_UP,
	CODE_PAGE_DOWN,
	CODE_HOME,
	CODE_END,
	CODE_BACK_TAB,
	CODE_MOUSE,  /* pressed: where, is in struct key */
	CODE_RESIZE, /* the size is another one */
	CODE_SIZE,   /* of a script: be this large */
	CODE_WAIT    /* of a script: until all is loaded, and what is new in the database */
};

enum mouse_button { MOUSE_LEFT, MOUSE_DOUBLE, MOUSE_UP, MOUSE_DOWN };

struct key {
	uint32_t code;
	int y, x; /* CODE_MOUSE: cell; CODE_SIZE: rows and columns */
	enum mouse_button button;
};

/* The formatter never settles on these rows. */
/* clang-format off */
#define KEY_ACTIONS(X)                                                                                          \
	X(NONE)                                                                                                 \
	X(UP)                                                                                                   \
	X(DOWN)                                                                                                 \
	X(PAGE_UP) X(PAGE_DOWN) X(HOME) X(END) X(ENTER) X(BACK) X(NEXT) X(PREVIOUS) X(VIEW) X(MARK) X(MARK_ALL) \
	    X(EXEMPT) X(MOVE) X(BLOCK) X(CLEAR) X(UNDO) X(NOTE) X(FILTER) X(SORT) X(REVERSE) X(JUMP) X(PAUSE)   \
		X(NEWEST) X(RELOAD) X(REDRAW) X(HELP) X(SUSPEND) X(QUIT)
/* clang-format on */
enum key_action {
#define X(id) DO_##id,
	KEY_ACTIONS(X)
#undef X
	    DO_COUNT
};

#define KEY_CODES 4
struct key_row {
	uint32_t code[KEY_CODES];
	const char *shown; /* as people say it */
	enum key_action action;
	const char *footer; /* a word for the last line; NULL: not there */
	enum key_where {
		KEY_ALWAYS,
		KEY_JUDGED, /* in the footer only where verdicts can be given */
		KEY_LIVE    /* ... only of Live */
	} where;
	const char *help;
};
const struct key_row *keys_table(size_t *n);

enum key_action keys_action(uint32_t code);

/*
 * One key of a script: a character stands for itself, `<enter>` and its like for keys without one,
 * `<lt>` for `<`; `<mouse Y X>`, `<double Y X>`, `<size COLSxROWS>`, `<wait>`. Steps over it. False: no such name.
 */
bool keys_script(struct slice *script, struct key *out);

#endif
