/* Text that wraps and scrolls: the help, and all of a row. */
#include "tui_i.h"

#include <stdio.h>

/*
 * Bytes at the start of s that fit into cols columns, at least one character; a blank is where it
 * breaks if there is one not too far back.
 */
static size_t wrap(struct slice s, int cols)
{
	size_t n = 0, blank = 0;

	while (n < s.n) {
		size_t next = n + 1;
		while (next < s.n && ((unsigned char)s.p[next] & 0xc0) == 0x80 && next - n < 4)
			next++;
		if (encode_width(slice_head(s, next)) > cols)
			break;
		if (s.p[n] == ' ')
			blank = next;
		n = next;
	}
	if (n == s.n)
		return n;
	return blank > n / 2 ? blank : n ? n : 1;
}

static void page_line(struct page *p, int indent, enum role role, struct slice s)
{
	if (p->line >= p->skip && p->line - p->skip < (size_t)p->a.rows)
		grid_put(p->g, p->a.y + (int)(p->line - p->skip), p->a.x + indent, p->a.cols - indent, role, s);
	p->line++;
}

void tui_page_text(struct page *p, int indent, enum role role, struct slice s)
{
	int cols = p->a.cols - indent > 4 ? p->a.cols - indent : 4;

	do {
		size_t n = wrap(slice_head(s, 4 * (size_t)cols), cols);
		page_line(p, indent, role, slice_head(s, n));
		s = slice_from(s, n);
	} while (s.n);
}

static void card_lines(struct tui *t, struct page *p, int64_t now)
{
	const struct tui_view *v = tui_view(t);
	char buf[SHEET_VALUE];
	size_t row;

	if (!list_selected(&v->list, &row))
		return;
	const struct sheet_section *sec = sheet_section_of(v->sheet, row);
	for (size_t c = 0; c < sec->columns; c++) {
		struct slice value = sheet_value(v->sheet, row, c, now, buf);
		enum role role = sheet_role_of(v->sheet, row, c);
		/* a sign without a title of its own belongs to what stands before it */
		if (c && !*sec->column[c].title && *sec->column[c - 1].title && p->line) {
			p->line--;
			page_line(p, p->a.cols - 6, role, value);
			continue;
		}
		if (*sec->column[c].title)
			page_line(p, 1, ROLE_HEAD, slice_str(sec->column[c].title));
		tui_page_text(p, *sec->column[c].title ? 3 : 1, role, value);
	}
}

static void help_lines(struct page *p)
{
	size_t n;
	const struct key_row *k = keys_table(&n);
	int indent = p->a.cols >= 50 ? 16 : 4;

	page_line(p, 1, ROLE_TITLE, SLICE("Keys"));
	for (size_t i = 0; i < n; i++) {
		page_line(p, 1, ROLE_KEY, slice_str(k[i].shown));
		if (indent == 16)
			p->line--;
		tui_page_text(p, indent, ROLE_PLAIN, slice_str(k[i].help));
	}
	page_line(p, 1, ROLE_PLAIN, SLICE(""));
	page_line(p, 1, ROLE_TITLE, SLICE("Views"));
	for (int id = SCREEN_NONE + 1; id <= SCREEN_TABS; id++) {
		char words[80];
		snprintf(words, sizeof words, "%d  %s", id, screens[id].title);
		page_line(p, 1, ROLE_PLAIN, slice_str(words));
	}
	page_line(p, 1, ROLE_PLAIN, SLICE(""));
	tui_page_text(
	    p, 1, ROLE_PLAIN,
	    SLICE("LOST counts mails that people received or may still receive, and that REJECT would take away. "
	          "The mouse selects, a second click goes in, its wheel scrolls."));
}

static void page_fill(struct tui *t, struct page *p, int64_t now)
{
	if (t->mode == TUI_HELP)
		help_lines(p);
	else
		card_lines(t, p, now);
}

/* Drawn beyond the screen first, to know how far it can be scrolled. */
void tui_draw_page(struct tui *t, struct grid *g, struct area a, int64_t now)
{
	struct page p = {g, a, 0, SIZE_MAX};

	page_fill(t, &p, now);
	size_t most = p.line > (size_t)a.rows ? p.line - (size_t)a.rows : 0;
	if (t->scroll > most)
		t->scroll = most;
	p = (struct page){g, a, 0, t->scroll};
	page_fill(t, &p, now);
	t->list_rows = a.rows;
}
