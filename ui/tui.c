#include "tui_i.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"

struct tui_view *tui_view(struct tui *t)
{
	return t->depth ? &t->deep[t->depth - 1] : &t->tab[t->at];
}

void tui_say(struct tui *t, const char *words)
{
	snprintf(t->said, sizeof t->said, "%s", words);
}

/* ------------------------------------------------------------------ views */

static void view_init(struct tui_view *v, enum screen_id screen, struct slice key)
{
	*v = (struct tui_view){.screen = screen, .list = {.column = -1, .newest = screens[screen].newest}};
	if (key.n)
		v->key = xstrndup(key.p, key.n);
}

static void view_release(struct tui_view *v)
{
	list_release(&v->list);
	sheet_free(v->sheet);
	sheet_free(v->below);
	free(v->key);
	*v = (struct tui_view){0};
}

static void view_take(struct tui_view *v, struct sheet *s)
{
	if (!s)
		return;
	list_show(&v->list, sheet_rows(s));
	sheet_free(v->sheet);
	v->sheet = s;
}

/* What the head knows of a source is there at once; the rest of it comes below. */
static void view_of_source(struct tui_view *v, const struct head *h)
{
	struct sheet *s = screen_source_facts(h, slice_str(v->key));

	if (v->below)
		sheet_join(s, v->below);
	if (s->rows || v->below)
		view_take(v, s);
	else
		sheet_free(s);
}

/* What the lane is to load from now on. A view of the head's asks the rows' lane for nothing. */
static void ask(struct tui *t)
{
	const struct tui_view *v = tui_view(t);
	bool of_head = screens[v->screen].of_head != NULL;

	t->paused = false;
	lane_pause(t->rows, false);
	lane_pause(t->head_lane, false);
	lane_show(t->rows, of_head ? SCREEN_NONE : v->screen, slice_str(v->key));
}

void tui_show_tab(struct tui *t, enum screen_id at)
{
	while (t->depth)
		view_release(&t->deep[--t->depth]);
	t->at = at;
	ask(t);
}

void tui_go_in(struct tui *t, enum screen_id screen, struct slice key)
{
	if (t->depth == TUI_DEEP) {
		tui_say(t, "this is as deep as it goes");
		return;
	}
	view_init(&t->deep[t->depth++], screen, key);
	if (screen == SCREEN_SOURCE)
		view_of_source(tui_view(t), t->head);
	ask(t);
}

void tui_go_back(struct tui *t)
{
	if (t->depth == 0)
		return;
	view_release(&t->deep[--t->depth]);
	ask(t);
}

struct tui *tui_new(const struct load *load, bool threaded, int wake)
{
	struct tui *t = xcalloc(1, sizeof *t);

	t->load = *load;
	t->rows = lane_new(load, false, threaded, wake);
	t->head_lane = lane_new(load, true, threaded, wake);
	for (int id = SCREEN_NONE + 1; id <= SCREEN_TABS; id++)
		view_init(&t->tab[id], (enum screen_id)id, SLICE(""));
	tui_show_tab(t, SCREEN_SOURCES);
	return t;
}

bool tui_free(struct tui *t)
{
	int ms = t->load.took ? 60000 : 200; /* who asks how long queries took waits for the last of them */
	bool rows = lane_free(t->rows, ms), head = lane_free(t->head_lane, ms);

	if (!rows || !head)
		return false;
	for (size_t i = 0; i < t->depth; i++)
		view_release(&t->deep[i]);
	for (int id = SCREEN_NONE + 1; id <= SCREEN_TABS; id++)
		view_release(&t->tab[id]);
	for (size_t i = 0; i < t->undos; i++)
		free(t->undo[i].said);
	free(t->undo);
	free(t->note);
	head_free(t->head);
	free(t);
	return true;
}

/* ------------------------------------------------------------------ what the lanes say */

static void take_head(struct tui *t, struct lane_answer *a)
{
	head_free(t->head);
	t->head = a->head;
	a->head = NULL;
	for (int id = SCREEN_NONE + 1; id <= SCREEN_TABS; id++)
		if (screens[id].of_head)
			view_take(&t->tab[id], screens[id].of_head(t->head));
	for (size_t i = 0; i < t->depth; i++)
		if (t->deep[i].screen == SCREEN_SOURCE)
			view_of_source(&t->deep[i], t->head);
}

static bool same_key(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* An answer to what was asked before the view changed is of no use. */
static void take_sheet(struct tui *t, struct lane_answer *a)
{
	struct tui_view *v = tui_view(t);

	if (a->screen != v->screen || !same_key(a->key, v->key))
		return;
	if (v->screen == SCREEN_SOURCE) {
		sheet_free(v->below);
		v->below = a->sheet;
		view_of_source(v, t->head);
	} else {
		view_take(v, a->sheet);
	}
	a->sheet = NULL;
}

static void take_written(struct tui *t, struct lane_answer *a)
{
	tui_say(t, a->words);
	if (a->saids) {
		t->undo = xrealloc(t->undo, (t->undos + 1) * sizeof *t->undo);
		t->undo[t->undos++] = (struct tui_undo){a->said, a->saids};
		a->said = NULL;
	}
	lane_again(t->head_lane);
	if (!screens[tui_view(t)->screen].of_head)
		lane_again(t->rows);
	t->writing--;
	if (t->writing == 0 && t->undo_later) {
		t->undo_later--;
		tui_act_undo(t);
	}
}

static bool take_from(struct tui *t, struct lane *l)
{
	struct lane_answer *a = lane_take(l);

	if (!a)
		return false;
	if (a->head)
		take_head(t, a);
	if (a->sheet)
		take_sheet(t, a);
	if (a->wrote)
		take_written(t, a);
	lane_answer_free(a);
	return true;
}

bool tui_take(struct tui *t)
{
	bool any = false;

	while (take_from(t, t->rows) || take_from(t, t->head_lane))
		any = true;
	return any;
}

void tui_settle(struct tui *t)
{
	do {
		lane_work(t->rows);
		lane_work(t->head_lane);
	} while (tui_take(t));
}
