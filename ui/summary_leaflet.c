#include "summary_leaflet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"

/* ------------------------------------------------------------------ saying */

static char *printed(const char *fmt, va_list args)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, args) < 0)
		msg_bug("a format that cannot be printed: %s", fmt);
	return s;
}

void leaflet_row(struct leaflet *p, enum block kind)
{
	p->block = xrealloc(p->block, (p->n + 1) * sizeof *p->block);
	p->block[p->n].kind = kind;
	p->block[p->n++].cells = 0;
}

void leaflet_cell(struct leaflet *p, const char *fmt, ...)
{
	va_list args;

	if (p->block[p->n - 1].cells == LEAFLET_CELLS)
		msg_bug("a row of more than %d cells", LEAFLET_CELLS);
	va_start(args, fmt);
	p->block[p->n - 1].cell[p->block[p->n - 1].cells++] = printed(fmt, args);
	va_end(args);
}

void leaflet_say(struct leaflet *p, enum block kind, const char *fmt, ...)
{
	va_list args;

	leaflet_row(p, kind);
	va_start(args, fmt);
	p->block[p->n - 1].cell[p->block[p->n - 1].cells++] = printed(fmt, args);
	va_end(args);
}

void leaflet_release(struct leaflet *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t c = 0; c < p->block[i].cells; c++)
			free(p->block[i].cell[c]);
	free(p->block);
	*p = (struct leaflet){0};
}

/* ------------------------------------------------------------------ text */

#define INDENT 2
/* Columns of a row's cells; the last takes what is left. */
static const int columns[LEAFLET_CELLS] = {28, 7, 7, 7, LEAFLET_WIDTH - INDENT - 28 - 3 * 7 - 4};

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789 ")] == '\0';
}

/* Digits that begin at a byte of s, at most 4. */
static size_t digits_at(struct slice s, size_t at)
{
	struct slice rest = slice_head(slice_from(s, at), 4);
	size_t n = 0;

	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	return n;
}

/* Up to the first blank that does not stand inside a figure such as `1 012 345`. */
static struct slice word_of(struct slice words)
{
	for (size_t i = 0; i < words.n; i++) {
		bool figure = i > 0 && i < 12 && digits_at(words, i - 1) == 1 && digits_at(words, i + 1) == 3;
		if (words.p[i] == ' ' && !figure)
			return slice_head(words, i);
	}
	return words;
}

/* Whole words; one that is wider than a line is cut, for nothing may reach beyond column 78. */
static void text_words(struct text *t, int first, int indent, struct slice words)
{
	int column = first;

	while (words.n) {
		struct slice word = word_of(words);
		bool begins = column == first || column == indent;
		int width = encode_width(word);

		words = slice_from(words, word.n + 1);
		if (word.n == 0)
			continue;
		if (!begins && column + 1 + width > LEAFLET_WIDTH) {
			text_char(t, '\n');
			text_fill(t, ' ', (size_t)indent);
			column = indent;
			begins = true;
		}
		if (!begins)
			text_char(t, ' ');
		encode_cell(t, word, LEAFLET_WIDTH - column, false, false);
		column += !begins + (width < LEAFLET_WIDTH - column ? width : LEAFLET_WIDTH - column);
	}
	text_char(t, '\n');
}

/* The first cell has a line of its own if it is too wide for its column, the last one those below. */
static void text_row(struct text *t, char *const *cell, size_t n)
{
	struct slice last = slice_str(cell[n - 1]), first = slice_str(cell[0]);
	bool below = encode_width(last) > columns[n - 1];

	text_fill(t, ' ', INDENT);
	if (encode_width(first) > columns[0]) {
		text_words(t, INDENT, INDENT, first);
		text_fill(t, ' ', INDENT);
		first = SLICE("");
	}
	encode_cell(t, first, columns[0], true, false);
	for (size_t i = 1; i + 1 < n; i++) {
		text_char(t, ' ');
		encode_cell(t, slice_str(cell[i]), columns[i], true, true);
	}
	text_str(t, below ? "\n" : " ");
	text_fill(t, ' ', below ? 2 * INDENT : 0);
	text_words(t, below ? 2 * INDENT : LEAFLET_WIDTH - columns[n - 1], 2 * INDENT, last);
}

static void text_title(struct text *t, const char *s, char line)
{
	text_words(t, 0, 0, slice_str(s));
	int width = encode_width(slice_str(s));
	text_fill(t, line, (size_t)(width < LEAFLET_WIDTH ? width : LEAFLET_WIDTH));
	text_char(t, '\n');
}

void leaflet_text(struct text *t, const struct leaflet *p)
{
	for (size_t i = 0; i < p->n; i++) {
		char *const *cell = p->block[i].cell;
		enum block kind = p->block[i].kind;
		bool after_title = i > 0 && p->block[i - 1].kind <= BLOCK_HEADING;
		bool in_list = i > 0 && p->block[i - 1].kind >= BLOCK_ITEM && kind >= BLOCK_ITEM;

		if (i > 0 && !in_list && !(after_title && kind > BLOCK_HEADING))
			text_char(t, '\n');
		switch (kind) {
		case BLOCK_TITLE: text_title(t, cell[0], '='); break;
		case BLOCK_HEADING: text_title(t, cell[0], '-'); break;
		case BLOCK_LINE: text_words(t, 0, 0, slice_str(cell[0])); break;
		case BLOCK_ITEM:
			text_str(t, "* ");
			text_words(t, 2, 2, slice_str(cell[0]));
			break;
		case BLOCK_ROW_HEAD:
		case BLOCK_ROW: text_row(t, cell, p->block[i].cells); break;
		}
	}
}

/* ------------------------------------------------------------------ HTML */

/* No colours: a mail program that turns white into black knows best what can be read there. */
#define STYLE_BODY "font-family:sans-serif;font-size:15px;line-height:1.4;max-width:46em;margin:1em"
#define STYLE_HEADING "font-size:16px;margin:1.2em 0 .3em"
#define STYLE_TABLE "border-collapse:collapse;margin:.3em 0;width:100%;max-width:34em"
#define STYLE_CELL "padding:5px 0 0 12px;vertical-align:top;overflow-wrap:anywhere;text-align:"
#define STYLE_BELOW "padding:0 0 5px 12px;border-bottom:1px solid;font-weight:normal;font-size:14px;text-align:left"

/* What opens and closes around a run of blocks of this kind. */
static const char *list_of(enum block kind)
{
	return kind == BLOCK_ITEM ? "ul" : kind >= BLOCK_ROW_HEAD ? "table" : NULL;
}

static void html_cell(struct text *t, const char *element, const char *style, const char *cell)
{
	text_printf(t, "<%s style=\"" STYLE_CELL "%s\">", element, style);
	encode_html(t, slice_str(cell));
	text_printf(t, "</%s>", element);
}

/* The last cell, which is long, has a row of its own, so that all fits on a telephone. */
static void html_row(struct text *t, char *const *cell, size_t n, const char *element)
{
	text_str(t, "<tr>");
	for (size_t i = 0; i + 1 < n; i++)
		html_cell(t, element,
		          i > 0 && (is_number(cell[i]) || element[1] == 'h') ? "right" : "left;text-indent:-12px",
		          cell[i]);
	text_printf(t, "</tr>\n<tr><%s colspan=\"%zu\" style=\"" STYLE_BELOW "\">", element, n - 1);
	encode_html(t, slice_str(cell[n - 1]));
	text_printf(t, "</%s></tr>\n", element);
}

static void html_block(struct text *t, enum block kind, char *const *cell, size_t n)
{
	static const struct {
		const char *open, *close;
	} around[] = {
	    [BLOCK_TITLE] = {"<h1 style=\"font-size:19px;margin:0 0 .3em\">", "</h1>\n"},
	    [BLOCK_HEADING] = {"<h2 style=\"" STYLE_HEADING "\">", "</h2>\n"},
	    [BLOCK_LINE] = {"<p style=\"margin:.4em 0\">", "</p>\n"},
	    [BLOCK_ITEM] = {"<li>", "</li>\n"},
	};

	if (kind >= BLOCK_ROW_HEAD) {
		html_row(t, cell, n, kind == BLOCK_ROW_HEAD ? "th" : "td");
		return;
	}
	text_str(t, around[kind].open);
	encode_html(t, slice_str(cell[0]));
	text_str(t, around[kind].close);
}

static void html_lead(struct text *t, const char *s)
{
	text_str(t, "<p style=\"margin:.4em 0;font-weight:bold\">");
	encode_html(t, slice_str(s));
	text_str(t, "</p>\n");
}

void leaflet_html(struct text *t, const struct leaflet *p)
{
	const char *list = NULL;

	text_str(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>");
	if (p->n)
		encode_html(t, slice_str(p->block[0].cell[0]));
	text_str(t, "</title></head>\n<body style=\"" STYLE_BODY "\">\n");
	for (size_t i = 0; i < p->n; i++) {
		const char *wanted = list_of(p->block[i].kind);
		if (list && list != wanted)
			text_printf(t, "</%s>\n", list);
		if (wanted && list != wanted)
			text_printf(t, "<%s style=\"%s\">\n", wanted,
			            wanted[0] == 't' ? STYLE_TABLE : "margin:.3em 0;padding-left:1.4em");
		list = wanted;
		if (i == 1 && p->block[i].kind == BLOCK_LINE) /* the decision, in short */
			html_lead(t, p->block[i].cell[0]);
		else
			html_block(t, p->block[i].kind, p->block[i].cell, p->block[i].cells);
	}
	if (list)
		text_printf(t, "</%s>\n", list);
	text_str(t, "</body>\n</html>\n");
}
