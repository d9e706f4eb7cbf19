/*
 * term: the terminal, and the only file that knows ncurses. It shows grids and
 * gives keys; what a role looks like in 256, 16, 8 or no colours is its table.
 *
 * However the program ends, the terminal is put back first: term_close, the
 * exit hook of msg.h, and the signals of a crash. While it is open, stderr goes
 * to a file without a name, and what was said is said after it is closed.
 */
#ifndef WB_TERM_H
#define WB_TERM_H

#include "grid.h"
#include "keys.h"

/* Why there is no terminal to draw on, in words; NULL: there is one. */
const char *term_trouble(void);
/* Dies (64) if there is none. colour: false as NO_COLOR asks. */
void term_open(bool colour);
void term_close(void); /* may be called again and again */

void term_size(int *rows, int *cols);
void term_show(const struct grid *g);
void term_redraw(void); /* the next term_show draws all anew */

enum term_event { TERM_KEY, TERM_TIME, TERM_WOKEN, TERM_GONE };
/*
 * A key into k; or `ms` are over; or `wake` could be read, which has been emptied; or the terminal is gone.
 */
enum term_event term_wait(int ms, int wake, struct key *k);
/* A signal that asks us to end came (SIGTERM, SIGHUP, SIGINT), 0: none. */
int term_signal(void);
/* Puts the terminal back, stops the process, and opens again when it goes on. */
void term_suspend(void);

#endif
