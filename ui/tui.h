/*
 * tui: the dashboard's state: which view is shown, what is selected, marked and
 * typed, and what a key does to it. It knows no terminal: keys go in, a grid
 * comes out, so all of it is tested without one.
 *
 * Keys act on loaded rows; whatever asks the database is the lanes' to do.
 */
#ifndef WB_TUI_H
#define WB_TUI_H

#include "keys.h"
#include "tui_lane.h"

#define TUI_DEEP 8 /* how often Enter goes in */

struct tui_view {
	enum screen_id screen;
	char *key;           /* `source:news.example`; NULL: a view that Enter did not open */
	struct sheet *sheet; /* NULL: not loaded yet */
	struct sheet *below; /* of a source: what was loaded of it, without what the head knows */
	struct list list;
};

enum tui_mode { TUI_LIST, TUI_HELP, TUI_CARD, TUI_PROMPT };
enum tui_prompt { PROMPT_FILTER, PROMPT_JUMP, PROMPT_NOTE };

/* What one key of verdicts wrote. */
struct tui_undo {
	struct lane_said *said;
	size_t n;
};

#define TUI_INPUT 400
struct tui {
	struct load load;
	struct lane *rows, *head_lane;
	struct head *head; /* NULL: not there yet */
	struct tui_view tab[SCREEN_TABS + 1];
	enum screen_id at; /* which of these */
	struct tui_view deep[TUI_DEEP];
	size_t depth;
	enum tui_mode mode;
	enum tui_prompt prompt;
	char input[TUI_INPUT];
	size_t scroll; /* of help and card */
	char said[300];
	char *note; /* for the verdict to come */
	struct tui_undo *undo;
	size_t undos;
	size_t writing, undo_later; /* verdicts whose outcome is not there yet; how often u was pressed meanwhile */
	bool paused;
	/* for who runs it: */
	bool quit, suspend, redraw;
	const char *trouble; /* of whoever follows the log in this process, borrowed; NULL: none */
	/* where tui_draw put what a mouse may hit */
	int list_y, list_rows, tabs_y;
	int tab_x[SCREEN_TABS + 2];
};

/* wake: see lane_new. Dies if there is no database (66). */
struct tui *tui_new(const struct load *load, bool threaded, int wake);
/* False: a query is still running; then the process is to end without more ado. */
bool tui_free(struct tui *t);

void tui_key(struct tui *t, const struct key *k);
/* Takes what the lanes have loaded; true if there was anything. */
bool tui_take(struct tui *t);
/* Without threads: loads all that is due. */
void tui_settle(struct tui *t);
struct tui_view *tui_view(struct tui *t);       /* the one that is shown */
void tui_say(struct tui *t, const char *words); /* until the next key; log's text passes the encoder */

/* tui_draw.c: `now` is what ages are told by. */
void tui_draw(struct tui *t, struct grid *g, int64_t now);

#endif
