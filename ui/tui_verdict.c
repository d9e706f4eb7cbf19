/* The keys of verdicts: on the marked rows, else on the selected one; and notes. */
#include "tui_i.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"

static void write_add(struct lane_write *w, struct slice key)
{
	w->key = xrealloc(w->key, (w->keys + 1) * sizeof *w->key);
	w->key[w->keys++] = xstrndup(key.n ? key.p : "", key.n);
}

/* The marked rows that can be judged, else the selected one; in the detail of a source, else that source. */
static struct lane_write *write_new(struct tui *t)
{
	struct tui_view *v = tui_view(t);
	struct lane_write *w = xcalloc(1, sizeof *w);
	size_t at;
	bool any = list_selected(&v->list, &at);

	for (size_t row = 0; any && row < v->sheet->rows; row++)
		if ((v->list.marks ? list_is_marked(&v->list, sheet_id(v->sheet, row)) : row == at) &&
		    sheet_section_of(v->sheet, row)->judged && !v->sheet->row[row].heading)
			write_add(w, sheet_key(v->sheet, row));
	if (w->keys == 0 && v->screen == SCREEN_SOURCE && !v->list.marks)
		write_add(w, slice_str(v->key));
	if (w->keys)
		return w;
	tui_say(t, "no verdict can be given here: on a source, a sender or a client it can");
	lane_write_free(w);
	return NULL;
}

static void do_write(struct tui *t, struct lane_write *w)
{
	t->writing++;
	lane_do(t->rows, w);
}

static void decide(struct tui *t, enum verdict_word word)
{
	struct lane_write *w = write_new(t);

	if (!w)
		return;
	w->word = word;
	if (word != VERDICT_CLEAR) {
		w->note = t->note;
		t->note = NULL;
	}
	list_unmark(&tui_view(t)->list);
	tui_say(t, "being written ...");
	do_write(t, w);
}

void tui_act_exempt(struct tui *t)
{
	decide(t, VERDICT_EXEMPT);
}

void tui_act_move(struct tui *t)
{
	decide(t, VERDICT_MOVE);
}

void tui_act_block(struct tui *t)
{
	decide(t, VERDICT_BLOCK);
}

void tui_act_clear(struct tui *t)
{
	decide(t, VERDICT_CLEAR);
}

void tui_act_undo(struct tui *t)
{
	if (t->writing) { /* the last verdict is meant, not the one before it */
		t->undo_later++;
		tui_say(t, "to be taken back as soon as it is written ...");
		return;
	}
	if (t->undos == 0) {
		tui_say(t, "nothing to undo");
		return;
	}
	struct lane_write *w = xcalloc(1, sizeof *w);
	struct tui_undo *u = &t->undo[--t->undos];
	w->undo = true;
	w->said = u->said;
	w->saids = u->n;
	tui_say(t, "being taken back ...");
	do_write(t, w);
}

/* Does any of the rows have a verdict, so that the note belongs to it? */
static bool any_verdict(struct tui *t, const struct lane_write *w)
{
	const struct sheet *s = tui_view(t)->sheet;
	char buf[SHEET_VALUE];

	for (size_t row = 0; row < s->rows; row++)
		for (size_t i = 0; i < w->keys; i++) {
			const struct sheet_section *sec = sheet_section_of(s, row);
			if (s->row[row].heading || !slice_eq(sheet_key(s, row), slice_str(w->key[i])))
				continue;
			for (size_t c = 0; c < sec->columns; c++) {
				enum verdict_word word;
				if (strcmp(sec->column[c].title, "VERDICT") == 0 &&
				    verdict_word_of(sheet_value(s, row, c, 0, buf), &word))
					return true;
			}
		}
	return false;
}

void tui_take_note(struct tui *t)
{
	const char *trouble = verdict_text_trouble(t->input);

	if (trouble) {
		snprintf(t->said, sizeof t->said, "the note: %s", trouble);
		return;
	}
	struct lane_write *w = write_new(t);
	if (!w)
		return;
	if (any_verdict(t, w)) {
		w->keep_word = true;
		w->note = xstrdup(t->input);
		list_unmark(&tui_view(t)->list);
		do_write(t, w);
		return;
	}
	lane_write_free(w);
	free(t->note);
	t->note = xstrdup(t->input);
	tui_say(t, "noted, for the verdict to come");
}
