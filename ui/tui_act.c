/* What each key does. */
#include "tui_i.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"
#include "../parsers/utf8.h"

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

/* ------------------------------------------------------------------ verdicts */

static void write_add(struct lane_write *w, struct slice key)
{
	w->key = xrealloc(w->key, (w->keys + 1) * sizeof *w->key);
	w->key[w->keys++] = xstrndup(key.n ? key.p : "", key.n);
}

/* The marked rows that can be judged, else the selected one. */
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
	if (w->keys)
		return w;
	tui_say(t, "no verdict can be given here: on a source, a sender or a client it can");
	lane_write_free(w);
	return NULL;
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
	lane_do(t->rows, w);
}

static void act_exempt(struct tui *t)
{
	decide(t, VERDICT_EXEMPT);
}

static void act_move(struct tui *t)
{
	decide(t, VERDICT_MOVE);
}

static void act_block(struct tui *t)
{
	decide(t, VERDICT_BLOCK);
}

static void act_clear(struct tui *t)
{
	decide(t, VERDICT_CLEAR);
}

static void act_undo(struct tui *t)
{
	if (t->undos == 0) {
		tui_say(t, "nothing to undo");
		return;
	}
	struct lane_write *w = xcalloc(1, sizeof *w);
	struct tui_undo *u = &t->undo[--t->undos];
	w->undo = true;
	w->said = u->said;
	w->saids = u->n;
	lane_do(t->rows, w);
}

static void act_mark(struct tui *t)
{
	list_mark_toggle(&tui_view(t)->list);
	list_move(&tui_view(t)->list, 1);
}

static void act_mark_all(struct tui *t)
{
	list_mark_all(&tui_view(t)->list);
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

static void take_note(struct tui *t)
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
		lane_do(t->rows, w);
		return;
	}
	lane_write_free(w);
	free(t->note);
	t->note = xstrdup(t->input);
	tui_say(t, "noted, for the verdict to come");
}

/* ------------------------------------------------------------------ prompts */

static void prompt(struct tui *t, enum tui_prompt what, const char *start)
{
	t->mode = TUI_PROMPT;
	t->prompt = what;
	snprintf(t->input, sizeof t->input, "%s", start);
}

static void act_filter(struct tui *t)
{
	prompt(t, PROMPT_FILTER, tui_view(t)->list.filter);
}

static void act_jump(struct tui *t)
{
	prompt(t, PROMPT_JUMP, "");
}

static void act_note(struct tui *t)
{
	prompt(t, PROMPT_NOTE, t->note ? t->note : "");
}

static void jump(struct tui *t)
{
	struct slice name = slice_str(t->input);
	enum screen_id id = screen_find(name);

	if (id != SCREEN_NONE)
		tui_show_tab(t, id);
	else if (name.n && !list_find(&tui_view(t)->list, name))
		tui_say(t, "no view and no row of that name");
}

static void prompt_done(struct tui *t)
{
	t->mode = TUI_LIST;
	if (t->prompt == PROMPT_JUMP)
		jump(t);
	else if (t->prompt == PROMPT_NOTE)
		take_note(t);
}

static size_t utf8_bytes(uint32_t code, char out[4])
{
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char head[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(head[n] | code);
	return n;
}

static void input_add(struct tui *t, uint32_t code)
{
	char buf[4];
	size_t n = strlen(t->input), k;

	if (code < ' ' || code == 127 || code >= 0x110000 || utf8_width(code) < 1)
		return;
	k = utf8_bytes(code, buf);
	if (n + k >= sizeof t->input)
		return;
	memcpy(t->input + n, buf, k);
	t->input[n + k] = '\0';
}

static void input_cut(struct tui *t)
{
	size_t n = strlen(t->input);

	while (n > 0 && ((unsigned char)t->input[--n] & 0xc0) == 0x80)
		;
	t->input[n] = '\0';
}

static void prompt_key(struct tui *t, uint32_t code)
{
	if (code == CODE_ENTER || code == '\n') {
		prompt_done(t);
		return;
	}
	if (code == CODE_ESCAPE) {
		t->mode = TUI_LIST;
		t->input[0] = '\0';
	} else if (code == CODE_BACKSPACE || code == 127) {
		input_cut(t);
	} else {
		input_add(t, code);
	}
	if (t->prompt == PROMPT_FILTER)
		list_filter(&tui_view(t)->list, slice_str(t->input));
}

/* ------------------------------------------------------------------ the rest */

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
    [DO_EXEMPT] = act_exempt,
    [DO_MOVE] = act_move,
    [DO_BLOCK] = act_block,
    [DO_CLEAR] = act_clear,
    [DO_UNDO] = act_undo,
    [DO_NOTE] = act_note,
    [DO_FILTER] = act_filter,
    [DO_SORT] = act_sort,
    [DO_REVERSE] = act_reverse,
    [DO_JUMP] = act_jump,
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
		prompt_key(t, k->code);
	else if (k->code != CODE_RESIZE && k->code != CODE_SIZE && k->code != CODE_WAIT)
		act(t, k->code);
}
