/*
 * tui_i: what the files of the dashboard have in common and nobody else needs.
 * tui.c has views and answers, tui_act.c what keys do (with tui_verdict.c and
 * tui_prompt.c), tui_draw.c the screen, of which tui_head.c draws the upper lines
 * and tui_page.c text that wraps.
 */
#ifndef WB_TUI_I_H
#define WB_TUI_I_H

#include "tui.h"

/* ------------------------------------------------------------------ state (tui.c) */

void tui_show_tab(struct tui *t, enum screen_id at);
void tui_go_in(struct tui *t, enum screen_id screen, struct slice key);
void tui_go_back(struct tui *t); /* out of what Enter opened last, if anything */

/* ------------------------------------------------------------------ keys */

/* tui_verdict.c */
void tui_act_exempt(struct tui *t);
void tui_act_move(struct tui *t);
void tui_act_block(struct tui *t);
void tui_act_clear(struct tui *t);
void tui_act_undo(struct tui *t);
void tui_take_note(struct tui *t); /* that was typed */

/* tui_prompt.c */
void tui_act_filter(struct tui *t);
void tui_act_jump(struct tui *t);
void tui_act_note(struct tui *t);
void tui_prompt_key(struct tui *t, uint32_t code);

/* ------------------------------------------------------------------ drawing */

#define LOW 16    /* rows: with fewer the upper lines are one */
#define FRAMED 60 /* columns: with fewer there is no frame */

/* A part of the screen. */
struct area {
	int y, x, rows, cols;
};

/* Puts s at *x, which it moves behind it. */
void tui_put(struct grid *g, int y, int *x, enum role role, const char *s);
/* The upper lines; returns the line behind them. */
int tui_draw_head(const struct tui *t, struct grid *g, int64_t now);

/* Text that is longer than its part of the screen. */
struct page {
	struct grid *g;
	struct area a;
	size_t line, skip; /* line: the one to be put next; skip: of them above the screen */
};

/* Wrapped, each line that many columns from the left. */
void tui_page_text(struct page *p, int indent, enum role role, struct slice s);
/* Help, or all of the selected row. */
void tui_draw_page(struct tui *t, struct grid *g, struct area a, int64_t now);

#endif
