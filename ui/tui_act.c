/* What each key does; the keys of verdicts are in tui_verdict.c, those that open a prompt in tui_prompt.c. */
#include "tui_i.h"

#include <stdio.h>

/* ------------------------------------------------------------------ moving */

static void scroll_by(struct tui *t, int64_t by)
{
	if (t->mode == TUI_LIST)
		list_move(&tui_view(t)->list, by);
	else if (by < 0)
		t->scroll -= (size_t)-by < t->scroll ? (size_t)-by : t->scroll;
	else
		t->scroll += (size_t)by; /* the drawing knows where the end is */
}

static void act_up(struct tui *t)
{
	scroll_by(t, -1);
}

static void act_down(struct tui *t)
{
	scroll_by(t, 1);
}

static int64_t page(const struct tui *t)
{
	return t->list_rows > 1 ? t->list_rows - 1 : 1;
}

static void act_page_up(struct tui *t)
{
	scroll_by(t, -page(t));
}

static void act_page_down(struct tui *t)
{
	scroll_by(t, page(t));
}

static void act_home(struct tui *t)
{
	scroll_by(t, -(int64_t)(t->scroll + SHEET_ROWS * 100));
}

static void act_end(struct tui *t)
{
	scroll_by(t, SHEET_ROWS * 100);
}

static void act_next(struct tui *t)
{
	tui_show_tab(t, t->at == SCREEN_TABS ? SCREEN_SOURCES : (enum screen_id)(t->at + 1));
}

static void act_previous(struct tui *t)
{
	tui_show_tab(t, t->at == SCREEN_SOURCES ? SCREEN_TABS : (enum screen_id)(t->at - 1));
}

static void act_enter(struct tui *t)
{
	const struct tui_view *v = tui_view(t);
	size_t row;

	if (!list_selected(&v->list, &row) || v->sheet->row[row].heading)
		return;
	int to = sheet_section_of(v->sheet, row)->enter;
	if (to != SCREEN_NONE) {
		tui_go_in(t, (enum screen_id)to, sheet_key(v->sheet, row));
		return;
	}
	t->mode = TUI_CARD;
	t->scroll = 0;
}

/* First what stands in the way, then the view before. */
static void act_back(struct tui *t)
{
	struct tui_view *v = tui_view(t);

	if (t->mode != TUI_LIST)
		t->mode = TUI_LIST;
	else if (v->list.marks)
		list_unmark(&v->list);
	else if (*v->list.filter)
		list_filter(&v->list, SLICE(""));
	else
		tui_go_back(t);
}

/* ------------------------------------------------------------------ the rest */

static void act_mark(struct tui *t)
{
	list_mark_toggle(&tui_view(t)->list);
	list_move(&tui_view(t)->list, 1);
}

static void act_mark_all(struct tui *t)
{
	list_mark_all(&tui_view(t)->list);
}

static void sort_by(struct tui *t, int column, bool descending)
{
	struct list *l = &tui_view(t)->list;
	const struct sheet *s = tui_view(t)->sheet;

	if (!s || s->sections != 1) {
		tui_say(t, "this view has an order of its own");
		return;
	}
	l->newest = false;
	list_sort(l, column, descending);
	if (column < 0)
		tui_say(t, "in the order of the view");
	else
		snprintf(t->said, sizeof t->said, "sorted by %s%s", s->section[0].column[column].title,
		         descending ? ", largest first" : "");
}

/* Numbers begin with the largest; behind the last column comes the view's own order. */
static void act_sort(struct tui *t)
{
	const struct tui_view *v = tui_view(t);
	int next = v->list.column + 1;

	if (v->sheet && v->sheet->sections == 1 && next >= (int)v->sheet->section[0].columns)
		next = -1;
	bool text = next < 0 || !v->sheet || v->sheet->sections != 1 ||
	            v->sheet->section[0].column[next].kind == SHEET_TEXT ||
	            v->sheet->section[0].column[next].kind == SHEET_FATE;
	sort_by(t, next, !text);
}

static void act_reverse(struct tui *t)
{
	const struct list *l = &tui_view(t)->list;

	sort_by(t, l->column < 0 ? 0 : l->column, !l->descending);
}

static void act_pause(struct tui *t)
{
	t->paused = !t->paused;
	lane_pause(t->rows, t->paused);
	lane_pause(t->head_lane, t->paused);
	tui_say(t, t->paused ? "held: nothing new is shown until p" : "goes on");
}

static void act_newest(struct tui *t)
{
	struct list *l = &tui_view(t)->list;

	if (!screens[tui_view(t)->screen].newest) {
		tui_say(t, "only Live follows its newest line");
		return;
	}
	list_to(l, l->n);
	l->newest = true;
	tui_say(t, "follows the newest line");
}

static void act_reload(struct tui *t)
{
	lane_again(t->head_lane);
	if (!screens[tui_view(t)->screen].of_head)
		lane_again(t->rows);
	tui_say(t, "loaded anew");
}

static void act_redraw(struct tui *t)
{
	t->redraw = true;
}

static void act_help(struct tui *t)
{
	t->mode = TUI_HELP;
	t->scroll = 0;
}

static void act_suspend(struct tui *t)
{
	t->suspend = true;
}

static void act_quit(struct tui *t)
{
	t->quit = true;
}

static void act_none(struct tui *t)
{
	tui_say(t, "no such key; ? tells which there are");
}

static void (*const acts[DO_COUNT])(struct tui *t) = {
    [DO_NONE] = act_none,
    [DO_UP] = act_up,
    [DO_DOWN] = act_down,
    [DO_PAGE_UP] = act_page_up,
    [DO_PAGE_DOWN] = act_page_down,
    [DO_HOME] = act_home,
    [DO_END] = act_end,
    [DO_ENTER] = act_enter,
    [DO_BACK] = act_back,
    [DO_NEXT] = act_next,
    [DO_PREVIOUS] = act_previous,
    [DO_MARK] = act_mark,
    [DO_MARK_ALL] = act_mark_all,
    [DO_EXEMPT] = tui_act_exempt,
    [DO_MOVE] = tui_act_move,
    [DO_BLOCK] = tui_act_block,
    [DO_CLEAR] = tui_act_clear,
    [DO_UNDO] = tui_act_undo,
    [DO_NOTE] = tui_act_note,
    [DO_FILTER] = tui_act_filter,
    [DO_SORT] = act_sort,
    [DO_REVERSE] = act_reverse,
    [DO_JUMP] = tui_act_jump,
    [DO_PAUSE] = act_pause,
    [DO_NEWEST] = act_newest,
    [DO_RELOAD] = act_reload,
    [DO_REDRAW] = act_redraw,
    [DO_HELP] = act_help,
    [DO_SUSPEND] = act_suspend,
    [DO_QUIT] = act_quit,
};

/* Of help and card only what moves in them, leaves them or ends. */
static bool goes_with_text(enum key_action a)
{
	return a == DO_UP || a == DO_DOWN || a == DO_PAGE_UP || a == DO_PAGE_DOWN || a == DO_HOME || a == DO_END ||
	       a == DO_BACK || a == DO_QUIT || a == DO_REDRAW || a == DO_SUSPEND;
}

static void act(struct tui *t, uint32_t code)
{
	enum key_action a = keys_action(code);

	t->said[0] = '\0';
	if (t->mode != TUI_LIST && !goes_with_text(a))
		a = DO_BACK;
	if (a != DO_VIEW)
		acts[a](t);
	else if (code - '0' <= SCREEN_TABS)
		tui_show_tab(t, (enum screen_id)(code - '0'));
	else
		act_none(t);
}

static void click(struct tui *t, const struct key *k)
{
	struct list *l = &tui_view(t)->list;

	if (t->mode != TUI_LIST)
		t->mode = TUI_LIST;
	for (int id = SCREEN_SOURCES; k->y == t->tabs_y && id <= SCREEN_TABS; id++)
		if (k->x >= t->tab_x[id] && k->x < t->tab_x[id + 1])
			tui_show_tab(t, (enum screen_id)id);
	int row = k->y - t->list_y;
	if (row < 0 || row >= t->list_rows || l->top + (size_t)row >= l->n)
		return;
	list_to(l, l->top + (size_t)row);
	if (k->button == MOUSE_DOUBLE)
		act_enter(t);
}

static void mouse(struct tui *t, const struct key *k)
{
	if (k->button == MOUSE_UP)
		scroll_by(t, -3);
	else if (k->button == MOUSE_DOWN)
		scroll_by(t, 3);
	else
		click(t, k);
}

void tui_key(struct tui *t, const struct key *k)
{
	if (k->code == CODE_MOUSE)
		mouse(t, k);
	else if (t->mode == TUI_PROMPT)
		tui_prompt_key(t, k->code);
	else if (k->code != CODE_RESIZE && k->code != CODE_SIZE && k->code != CODE_WAIT)
		act(t, k->code);
}
