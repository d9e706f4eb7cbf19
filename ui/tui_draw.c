/* The dashboard's state as a grid. */
#include "tui_i.h"

/* ------------------------------------------------------------------ tabs */

static int tabs_width(void)
{
	int w = 2;

	for (int id = SCREEN_NONE + 1; id <= SCREEN_TABS; id++)
		w += (int)strlen(screens[id].title) + 3;
	return w;
}

/* `row 3 of 120, 2 marked, holds "x"` */
static void draw_place(struct tui *t, struct grid *g, int y, int x)
{
	const struct tui_view *v = tui_view(t);
	const struct list *l = &v->list;
	struct text w = {0};

	if (*l->filter)
		text_printf(&w, "holds \"%s\" ", l->filter);
	if (l->marks)
		text_printf(&w, "%zu marked ", l->marks);
	if (l->n)
		text_printf(&w, "%zu/%zu%s", l->at + 1, l->n, v->sheet && v->sheet->more ? "+" : "");
	if (w.n)
		grid_put_right(g, y, x, g->cols - x - 2, ROLE_DIM, slice_of(w.p, w.n));
	text_release(&w);
}

static int draw_path(struct tui *t, struct grid *g, int y, int x)
{
	tui_put(g, y, &x, ROLE_TAB, screens[t->at].title);
	for (size_t i = 0; i < t->depth; i++) {
		const struct tui_view *v = &t->deep[i];
		tui_put(g, y, &x, ROLE_FRAME, " ");
		tui_put(g, y, &x, ROLE_DIM, "> ");
		tui_put(g, y, &x, ROLE_TAB, screens[v->screen].title);
		const char *name = v->key ? strchr(v->key, ':') : NULL;
		int room = g->cols - x - 16;
		/* a place in the log means nothing to people */
		if (name && v->screen != SCREEN_LINES && room > 8) {
			tui_put(g, y, &x, ROLE_FRAME, " ");
			x += grid_put(g, y, x, room < 60 ? room : 60, ROLE_TAB, slice_str(name + 1));
		}
	}
	return x;
}

static void draw_tabs(struct tui *t, struct grid *g, int y, bool framed)
{
	int x = framed ? 2 : 1;
	bool all = tabs_width() + 10 <= g->cols && t->depth == 0;

	t->tabs_y = all ? y : -1;
	grid_fill(g, y, 0, g->cols, ROLE_FRAME, glyph(GLYPH_ROW));
	if (framed) {
		grid_str(g, y, 0, ROLE_FRAME, glyph(GLYPH_TOP_LEFT));
		grid_str(g, y, g->cols - 1, ROLE_FRAME, glyph(GLYPH_TOP_RIGHT));
	}
	for (int id = SCREEN_NONE + 1; all && id <= SCREEN_TABS; id++) {
		t->tab_x[id] = x - 1;
		grid_str(g, y, x - 1, ROLE_FRAME, " ");
		int from = x;
		tui_put(g, y, &x, id == (int)t->at ? ROLE_TAB : ROLE_PLAIN, screens[id].title);
		if (id == (int)t->at) {
			/* words carry the meaning where nothing can be underlined or inverted */
			grid_str(g, y, from - 1, ROLE_TAB, glyph(GLYPH_AT));
			grid_select(g, y, from, x - from);
		}
		grid_str(g, y, x, ROLE_FRAME, " ");
		x += 3;
		t->tab_x[id + 1] = x - 1;
	}
	if (!all) {
		grid_str(g, y, x - 1, ROLE_FRAME, " ");
		x = draw_path(t, g, y, x);
		grid_str(g, y, x, ROLE_FRAME, " ");
	}
	draw_place(t, g, y, x);
}

/* ------------------------------------------------------------------ rows */

static bool is_right(enum sheet_kind k)
{
	return k == SHEET_NUMBER || k == SHEET_LOST;
}

static void draw_titles(struct grid *g, const struct sheet_section *sec, const int *width, int y, struct area a,
                        int from)
{
	int x = a.x + 2;

	for (size_t c = 0; c < sec->columns; c++) {
		struct slice title = slice_str(sec->column[c].title);
		if (!width[c])
			continue;
		if (x >= from && is_right(sec->column[c].kind))
			grid_put_right(g, y, x, width[c], ROLE_HEAD, title);
		else if (x >= from)
			grid_put(g, y, x, width[c], ROLE_HEAD, title);
		x += width[c] + 2;
	}
}

static void draw_cells(struct grid *g, const struct sheet *s, size_t row, const int *width, int y, struct area a,
                       int64_t now)
{
	const struct sheet_section *sec = sheet_section_of(s, row);
	char buf[SHEET_VALUE];
	int x = a.x + 2;

	for (size_t c = 0; c < sec->columns; c++) {
		if (!width[c])
			continue;
		struct slice v = sheet_value(s, row, c, now, buf);
		enum role role = sheet_role_of(s, row, c);
		int room = a.x + a.cols - x < width[c] ? a.x + a.cols - x : width[c];
		if (is_right(sec->column[c].kind))
			grid_put_right(g, y, x, room, role, v);
		else
			grid_put(g, y, x, room, role, v);
		x += width[c] + 2;
	}
}

static void draw_row(struct grid *g, struct tui_view *v, size_t at, const int *width, int y, struct area a, int64_t now)
{
	size_t row = v->list.order[at];
	const struct sheet *s = v->sheet;

	if (s->row[row].heading) {
		const char *title = sheet_section_of(s, row)->title;
		draw_titles(g, sheet_section_of(s, row), width, y, a, a.x + 3 + encode_width(slice_str(title)));
		grid_put(g, y, a.x + 1, a.cols - 1, ROLE_TITLE, slice_str(title));
	} else {
		draw_cells(g, s, row, width, y, a, now);
	}
	if (list_is_marked(&v->list, sheet_id(s, row)))
		grid_str(g, y, a.x + 1, ROLE_KEY, glyph(GLYPH_MARK));
	if (at == v->list.at) {
		grid_str(g, y, a.x, ROLE_KEY, glyph(GLYPH_AT));
		grid_select(g, y, a.x, a.cols);
	}
}

static void draw_rows(struct tui *t, struct grid *g, struct area a, int64_t now)
{
	struct tui_view *v = tui_view(t);
	int width[16][SHEET_COLUMNS];

	for (size_t i = 0; i < v->sheet->sections; i++)
		sheet_widths(v->sheet, i, a.cols - 3, now, width[i]);
	if (v->sheet->sections == 1 && !v->sheet->section[0].title && a.rows > 2) {
		draw_titles(g, &v->sheet->section[0], width[0], a.y, a, 0);
		a.y++;
		a.rows--;
	}
	t->list_y = a.y;
	t->list_rows = a.rows;
	list_scroll(&v->list, (size_t)a.rows);
	for (int i = 0; i < a.rows && v->list.top + (size_t)i < v->list.n; i++) {
		size_t at = v->list.top + (size_t)i;
		draw_row(g, v, at, width[v->sheet->row[v->list.order[at]].section], a.y + i, a, now);
	}
}

/* ------------------------------------------------------------------ the last line */

static void put_key(struct grid *g, int y, int *x, const struct key_row *k)
{
	ptrdiff_t blank = slice_chr(slice_str(k->shown), ' ');

	*x += grid_put(g, y, *x, g->cols, ROLE_KEY,
	               blank < 0 ? slice_str(k->shown) : slice_head(slice_str(k->shown), (size_t)blank));
	(*x)++;
	*x += grid_put(g, y, *x, g->cols, ROLE_PLAIN, slice_str(k->footer)) + 2;
}

static int key_width(const struct key_row *k)
{
	return (int)(strcspn(k->shown, " ") + 1 + strlen(k->footer) + 2);
}

static bool at_end(const struct key_row *k)
{
	return k->action == DO_HELP || k->action == DO_QUIT;
}

/* As many as fit; help and quit always. */
static void draw_keys(struct tui *t, struct grid *g, int y, bool framed)
{
	size_t n;
	const struct key_row *k = keys_table(&n);
	const struct tui_view *v = tui_view(t);
	bool live = screens[v->screen].newest, judged = false;
	int x = framed ? 2 : 0, end = g->cols - (framed ? 2 : 0), tail = 0;

	for (size_t i = 0; v->sheet && i < v->sheet->sections; i++)
		judged |= v->sheet->section[i].judged;
	for (size_t i = 0; i < n; i++)
		tail += k[i].footer && at_end(&k[i]) ? key_width(&k[i]) : 0;
	for (size_t i = 0; i < n; i++) {
		if (!k[i].footer || (k[i].where == KEY_LIVE && !live) || (k[i].where == KEY_JUDGED && !judged))
			continue;
		if (at_end(&k[i]) || x + key_width(&k[i]) + tail <= end)
			put_key(g, y, &x, &k[i]);
	}
}

static void draw_prompt(struct tui *t, struct grid *g, int y)
{
	static const char *const words[] = {
	    [PROMPT_FILTER] = "only rows with: ", [PROMPT_JUMP] = "view or row: ", [PROMPT_NOTE] = "note: "};
	int x = 0, width = encode_width(slice_str(t->input));
	struct slice input = slice_str(t->input);

	tui_put(g, y, &x, ROLE_TITLE, words[t->prompt]);
	/* of a long text its end */
	while (input.n && width > g->cols - x - 1) {
		input = slice_from(input, 1);
		while (input.n && ((unsigned char)input.p[0] & 0xc0) == 0x80)
			input = slice_from(input, 1);
		width = encode_width(input);
	}
	x += grid_put(g, y, x, g->cols - x - 1, ROLE_PLAIN, input);
	g->cursor_y = y;
	g->cursor_x = x < g->cols ? x : g->cols - 1;
}

static void draw_foot(struct tui *t, struct grid *g, bool framed)
{
	int y = g->rows - 1;

	if (t->mode == TUI_PROMPT) {
		draw_prompt(t, g, y);
		return;
	}
	if (framed) {
		grid_fill(g, y, 0, g->cols, ROLE_FRAME, glyph(GLYPH_ROW));
		grid_str(g, y, 0, ROLE_FRAME, glyph(GLYPH_LOW_LEFT));
		grid_fill(g, y, 1, 1, ROLE_FRAME, " ");
		grid_str(g, y, g->cols - 1, ROLE_FRAME, glyph(GLYPH_LOW_RIGHT));
		grid_fill(g, y, 2, g->cols - 3, ROLE_PLAIN, " ");
	}
	int x = framed ? 2 : 0;
	if (*t->said)
		grid_put(g, y, x, g->cols - 2 * x, ROLE_SAID, slice_str(t->said));
	else if (t->mode != TUI_LIST)
		grid_put(g, y, x, g->cols - 2 * x, ROLE_PLAIN, SLICE("Up Down scroll  Esc back"));
	else
		draw_keys(t, g, y, framed);
}

/* ------------------------------------------------------------------ all of it */

static void draw_sides(struct grid *g, int from, int to)
{
	for (int y = from; y < to; y++) {
		grid_str(g, y, 0, ROLE_FRAME, glyph(GLYPH_COLUMN));
		grid_str(g, y, g->cols - 1, ROLE_FRAME, glyph(GLYPH_COLUMN));
	}
}

static void draw_note(struct tui *t, struct grid *g, struct area a)
{
	const struct tui_view *v = tui_view(t);
	const char *words = v->sheet ? v->sheet->note : "reading ...";
	struct page p = {g, a, 0, 0};

	if (v->sheet && v->sheet->rows && v->list.n == 0)
		words = "No row holds this; Esc shows all.";
	tui_page_text(&p, 1, ROLE_DIM, slice_str(words ? words : ""));
	t->list_rows = 0;
}

void tui_draw(struct tui *t, struct grid *g, int64_t now)
{
	bool framed = g->cols >= FRAMED && g->rows >= LOW;
	int top = g->rows >= 4 ? tui_draw_head(t, g, now) : 0;
	struct area a = {.y = top + 1, .x = framed ? 1 : 0, .cols = g->cols - (framed ? 2 : 0)};
	const struct tui_view *v = tui_view(t);

	a.rows = g->rows - a.y - 1;
	if (a.rows < 1) { /* too small for anything: at least what it is */
		grid_str(g, 0, 0, ROLE_PLAIN, "too small");
		t->list_rows = 0;
		return;
	}
	draw_tabs(t, g, top, framed);
	if (t->mode == TUI_HELP || t->mode == TUI_CARD)
		tui_draw_page(t, g, a, now);
	else if (v->sheet && v->list.n)
		draw_rows(t, g, a, now);
	else
		draw_note(t, g, a);
	if (framed)
		draw_sides(g, a.y, g->rows - 1);
	draw_foot(t, g, framed);
}
