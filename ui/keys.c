#include "keys.h"

#include "../parsers/utf8.h"

/* In the order of the help; of the footer those with a word, as many as fit. */
static const struct key_row table[] = {
    {{'e'}, "e", DO_EXEMPT, "exempt", KEY_JUDGED, "legitimate, goes on sending from outside: needs an exception"},
    {{'m'}, "m", DO_MOVE, "move", KEY_JUDGED, "legitimate, must move to 587/465 or into mynetworks"},
    {{'b'}, "b", DO_BLOCK, "block", KEY_JUDGED, "let REJECT have it"},
    {{'u'}, "u", DO_UNDO, "undo", KEY_JUDGED, "take the last verdict back, all rows of it"},
    {{'n'}, "n", DO_NOTE, "note", KEY_JUDGED, "a note: of the row's verdict, else for the next one"},
    {{'x'}, "x", DO_CLEAR, NULL, KEY_ALWAYS, "no verdict any more"},
    {{CODE_ENTER, '\n'}, "Enter", DO_ENTER, "in", KEY_ALWAYS, "go in: what the row stands for, or all of it"},
    {{CODE_UP, 'k'}, "Up k", DO_UP, NULL, KEY_ALWAYS, "one row up"},
    {{CODE_DOWN, 'j'}, "Down j", DO_DOWN, NULL, KEY_ALWAYS, "one row down"},
    {{CODE_PAGE_UP}, "PgUp", DO_PAGE_UP, NULL, KEY_ALWAYS, "a page up"},
    {{CODE_PAGE_DOWN}, "PgDn", DO_PAGE_DOWN, NULL, KEY_ALWAYS, "a page down"},
    {{CODE_HOME, 'g'}, "Home g", DO_HOME, NULL, KEY_ALWAYS, "the first row"},
    {{CODE_END, 'G'}, "End G", DO_END, NULL, KEY_ALWAYS, "the last row"},
    {{CODE_ESCAPE, CODE_BACKSPACE, 127},
     "Esc Bksp",
     DO_BACK,
     "back",
     KEY_ALWAYS,
     "go back; take marks and filter away"},
    {{CODE_TAB, CODE_RIGHT, 'l'}, "Tab Right l", DO_NEXT, "view", KEY_ALWAYS, "the next view"},
    {{CODE_BACK_TAB, CODE_LEFT, 'h'}, "BackTab Left h", DO_PREVIOUS, NULL, KEY_ALWAYS, "the view before"},
    {{'1'}, "1 ... 7", DO_VIEW, NULL, KEY_ALWAYS, "a view by its number"},
    {{' '}, "Space", DO_MARK, "mark", KEY_JUDGED, "mark the row; e m b n x act on all marked rows"},
    {{'*'}, "*", DO_MARK_ALL, NULL, KEY_ALWAYS, "mark all rows shown, or none"},
    {{'p'}, "p", DO_PAUSE, "pause", KEY_LIVE, "hold what is shown, or let it go on"},
    {{'f'}, "f", DO_NEWEST, "follow", KEY_LIVE, "Live: stay on the newest line"},
    {{'/'}, "/", DO_FILTER, "filter", KEY_ALWAYS, "only rows that hold a text, in any case"},
    {{'s'}, "s", DO_SORT, "sort", KEY_ALWAYS, "sort by the next column"},
    {{'S'}, "S", DO_REVERSE, NULL, KEY_ALWAYS, "sort the other way around"},
    {{':'}, ":", DO_JUMP, NULL, KEY_ALWAYS, "to a view by its name, else to the next row that holds the text"},
    {{'r'}, "r", DO_RELOAD, NULL, KEY_ALWAYS, "load anew"},
    {{12}, "Ctrl-L", DO_REDRAW, NULL, KEY_ALWAYS, "draw the screen anew"},
    {{26}, "Ctrl-Z", DO_SUSPEND, NULL, KEY_ALWAYS, "leave it for a while; `fg` comes back"},
    {{'?'}, "?", DO_HELP, "help", KEY_ALWAYS, "this help"},
    {{'q', 3}, "q", DO_QUIT, "quit", KEY_ALWAYS, "end"},
};
#define KEYS (sizeof table / sizeof *table)

const struct key_row *keys_table(size_t *n)
{
	*n = KEYS;
	return table;
}

enum key_action keys_action(uint32_t code)
{
	if (code >= '1' && code <= '9')
		return DO_VIEW;
	for (size_t i = 0; i < KEYS; i++)
		for (size_t k = 0; k < KEY_CODES; k++)
			if (code != CODE_NONE && table[i].code[k] == code)
				return table[i].action;
	return DO_NONE;
}

/* ------------------------------------------------------------------ scripts */

static const struct {
	const char *name;
	uint32_t code;
} names[] = {
    {"up", CODE_UP},
    {"down", CODE_DOWN},
    {"left", CODE_LEFT},
    {"right", CODE_RIGHT},
    {"pgup", CODE_PAGE_UP},
    {"pgdn", CODE_PAGE_DOWN},
    {"home", CODE_HOME},
    {"end", CODE_END},
    {"enter", CODE_ENTER},
    {"esc", CODE_ESCAPE},
    {"bksp", CODE_BACKSPACE},
    {"tab", CODE_TAB},
    {"backtab", CODE_BACK_TAB},
    {"space", ' '},
    {"lt", '<'},
    {"wait", CODE_WAIT},
    {"redraw", 12},
};

/* `WORD A B` or `WORD AxB` */
static bool two_numbers(struct slice s, const char *word, char between, int *a, int *b)
{
	uint64_t x, y;

	if (!slice_skip(&s, slice_str(word)) || !slice_skip(&s, SLICE(" ")) || !slice_number(&s, 100000, &x) ||
	    !slice_skip(&s, slice_of(&between, 1)) || !slice_number(&s, 100000, &y) || s.n)
		return false;
	*a = (int)x;
	*b = (int)y;
	return true;
}

static bool named(struct slice name, struct key *out)
{
	if (two_numbers(name, "size", 'x', &out->x, &out->y)) {
		out->code = CODE_SIZE;
		return true;
	}
	out->button = slice_starts(name, SLICE("double")) ? MOUSE_DOUBLE : MOUSE_LEFT;
	if (two_numbers(name, out->button == MOUSE_DOUBLE ? "double" : "mouse", ' ', &out->y, &out->x)) {
		out->code = CODE_MOUSE;
		return true;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq(name, slice_str(names[i].name))) {
			out->code = names[i].code;
			return true;
		}
	return false;
}

bool keys_script(struct slice *script, struct key *out)
{
	*out = (struct key){0};
	ptrdiff_t end = slice_starts(*script, SLICE("<")) ? slice_chr(*script, '>') : -1;

	if (end > 0) {
		struct slice name = slice_from(slice_head(*script, (size_t)end), 1);
		*script = slice_from(*script, (size_t)end + 1);
		return named(name, out);
	}
	size_t n = utf8_decode(*script, &out->code);
	if (n == 0 || script->p[0] == '<')
		return false;
	*script = slice_from(*script, n);
	return true;
}
