#include "table.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "../analyzer/msg.h"
#include "encode.h"

/* The text table keeps rows back until it has seen so many of them, or so many bytes. */
#define LOOK_ROWS 2000
#define LOOK_BYTES ((size_t)1 << 20)
#define GAP 2 /* blanks between columns */

struct kept_cell {
	size_t from, n; /* in the kept text */
	bool number;
};

struct table {
	FILE *out;
	const struct format *format;
	const struct column *cols;
	size_t n;
	size_t at; /* column of the next cell */
	int64_t rows;
	struct text line; /* the row that is being made, as it goes out */

	bool raw; /* CSV */
	/* JSON: what stands in front of each value, made once */
	struct text *keys;

	/* text table */
	int screen;
	bool colour;
	bool laid_out;
	size_t last;      /* the last column that is shown: no blanks behind it */
	int *need;        /* widest cell so far */
	int *width;       /* what a column got */
	struct text kept; /* cells that wait, one after the other */
	struct kept_cell *cells;
	size_t cells_n, cells_cap;
};

struct format {
	void (*begin)(struct table *);
	void (*cell)(struct table *, enum cell_type, struct slice, int64_t);
	void (*row_end)(struct table *);
	void (*end)(struct table *); /* NULL: nothing to add */
};

/* Errors of the stream are sticky: table_end asks once. */
static void line_out(struct table *t)
{
	text_char(&t->line, '\n');
	fwrite(t->line.p, 1, t->line.n, t->out);
	text_clear(&t->line);
}

/* JSON, as a list or as lines. */

static void json_begin(struct table *t)
{
	t->keys = xcalloc(t->n, sizeof(*t->keys));
	for (size_t i = 0; i < t->n; i++) {
		text_char(&t->keys[i], i ? ',' : '{');
		encode_json(&t->keys[i], slice_str(t->cols[i].name));
		text_char(&t->keys[i], ':');
	}
}

static void json_cell(struct table *t, enum cell_type type, struct slice text, int64_t number)
{
	text_add(&t->line, slice_of(t->keys[t->at].p, t->keys[t->at].n));
	switch (type) {
	case CELL_NULL: text_str(&t->line, "null"); break;
	case CELL_TEXT: encode_json(&t->line, text); break;
	case CELL_INT: text_int(&t->line, number); break;
	case CELL_BOOL: text_str(&t->line, number ? "true" : "false"); break;
	case CELL_JSON: encode_json_made(&t->line, text); break;
	}
}

static void jsonl_row_end(struct table *t)
{
	text_char(&t->line, '}');
	line_out(t);
}

static void json_row_end(struct table *t)
{
	text_char(&t->line, '}');
	fputs(t->rows > 0 ? ",\n" : "[\n", t->out);
	fwrite(t->line.p, 1, t->line.n, t->out);
	text_clear(&t->line);
}

static void json_end(struct table *t)
{
	fputs(t->rows > 0 ? "\n]\n" : "[]\n", t->out);
}

/* CSV: RFC 4180, but lines end as everywhere on this system. */

static void csv_begin(struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			text_char(&t->line, ',');
		encode_csv(&t->line, slice_str(t->cols[i].name), true);
	}
	line_out(t);
}

static void csv_cell(struct table *t, enum cell_type type, struct slice text, int64_t number)
{
	if (t->at)
		text_char(&t->line, ',');
	switch (type) {
	case CELL_NULL: break;
	case CELL_TEXT:
	case CELL_JSON: encode_csv(&t->line, text, t->raw); break;
	case CELL_INT:
		text_char(&t->line, '"');
		text_int(&t->line, number);
		text_char(&t->line, '"');
		break;
	case CELL_BOOL: text_str(&t->line, number ? "\"true\"" : "\"false\""); break;
	}
}

/* The aligned table. */

static bool column_has(const struct table *t, size_t i, unsigned flag)
{
	return t->cols[i].flags & flag;
}

static int column_min(const struct table *t, size_t i)
{
	return t->cols[i].min > 1 ? t->cols[i].min : 1;
}

static int column_max(const struct table *t, size_t i)
{
	return t->cols[i].max > 0 ? t->cols[i].max : INT_MAX;
}

static void column_title(const struct column *c, struct text *out)
{
	text_str(out, c->title ? c->title : c->name);
	for (size_t i = 0; !c->title && i < out->n; i++)
		out->p[i] = (char)(out->p[i] == '_' ? ' ' : toupper((unsigned char)out->p[i]));
}

static void aligned_begin(struct table *t)
{
	t->need = xcalloc(t->n, sizeof(*t->need));
	t->width = xcalloc(t->n, sizeof(*t->width));
	for (size_t i = 0; i < t->n; i++)
		if (!column_has(t, i, COLUMN_HIDDEN))
			t->last = i;
}

static struct kept_cell *kept_add(struct table *t)
{
	if (t->cells_n == t->cells_cap) {
		t->cells_cap = t->cells_cap * 2 + 64;
		t->cells = xrealloc(t->cells, t->cells_cap * sizeof(*t->cells));
	}
	return &t->cells[t->cells_n++];
}

static void aligned_cell(struct table *t, enum cell_type type, struct slice text, int64_t number)
{
	struct kept_cell *cell = kept_add(t);

	*cell = (struct kept_cell){.from = t->kept.n, .number = type == CELL_INT};
	if (column_has(t, t->at, COLUMN_HIDDEN))
		return;
	switch (type) {
	case CELL_NULL: text_char(&t->kept, '-'); break;
	case CELL_TEXT:
	case CELL_JSON: text_add(&t->kept, text); break;
	case CELL_INT: text_int(&t->kept, number); break;
	case CELL_BOOL: text_str(&t->kept, number ? "yes" : "no"); break;
	}
	cell->n = t->kept.n - cell->from;
}

static struct slice kept_slice(const struct table *t, const struct kept_cell *cell)
{
	return slice_of(t->kept.p + cell->from, cell->n);
}

/* What each column would like to have, from its title and the rows that wait. */
static void layout_wishes(struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct text title = {0};
		int most = column_max(t, i);

		if (column_has(t, i, COLUMN_HIDDEN))
			continue;
		for (size_t k = i; k < t->cells_n; k += t->n) {
			int w = encode_width(kept_slice(t, &t->cells[k]));
			if (w > t->need[i])
				t->need[i] = w;
		}
		column_title(&t->cols[i], &title);
		t->width[i] = encode_width(slice_of(title.p, title.n));
		text_release(&title);
		if (t->need[i] > t->width[i])
			t->width[i] = t->need[i];
		if (t->width[i] > most)
			t->width[i] = most;
		/*
		 * A wish beyond the screen is cut here, to keep the sums and the steps of
		 * layout_cut small.
		 */
		if (t->screen > 0 && t->width[i] > t->screen && !column_has(t, i, COLUMN_RIGHT))
			t->width[i] = t->screen;
		if (t->width[i] < column_min(t, i))
			t->width[i] = column_min(t, i);
	}
}

/* Columns that the table has too many (negative: that are left). */
static int64_t layout_excess(const struct table *t)
{
	int64_t sum = -GAP;

	for (size_t i = 0; i < t->n; i++)
		if (!column_has(t, i, COLUMN_HIDDEN))
			sum += t->width[i] + GAP;
	return t->screen > 0 ? sum - t->screen : 0;
}

static int layout_floor(const struct table *t, size_t i)
{
	int least = column_min(t, i);

	return column_has(t, i, COLUMN_RIGHT) && t->need[i] > least ? t->need[i] : least;
}

/*
 * Takes from the widest of the columns that have all of `flags`, step by step, so that they
 * end up alike.
 */
static void layout_cut(struct table *t, unsigned flags)
{
	for (int64_t excess = layout_excess(t); excess > 0; excess--) {
		size_t widest = t->n;

		for (size_t i = 0; i < t->n; i++) {
			bool may = !column_has(t, i, COLUMN_HIDDEN) && (t->cols[i].flags & flags) == flags &&
			           t->width[i] > layout_floor(t, i);
			if (may && (widest == t->n || t->width[i] > t->width[widest]))
				widest = i;
		}
		if (widest == t->n)
			return;
		t->width[widest]--;
	}
}

/* Rows still to come may be wider than those seen: the room that is left is for them. */
static void layout_grow(struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		int64_t room = -layout_excess(t), most = column_max(t, i);

		if (!column_has(t, i, COLUMN_GROW) || column_has(t, i, COLUMN_HIDDEN) || room <= 0)
			continue;
		t->width[i] = (int)(most - t->width[i] < room ? most : t->width[i] + room);
	}
}

static void aligned_put(struct table *t, size_t i, struct slice s, bool whole)
{
	bool right = column_has(t, i, COLUMN_RIGHT);
	int width = t->width[i];

	if (i != t->last || right) {
		int need = whole ? encode_width(s) : 0;
		encode_cell(&t->line, s, need > width ? need : width, true, right);
	} else {
		encode_cell(&t->line, s, whole ? INT_MAX : width, false, false);
	}
	if (i != t->last)
		text_fill(&t->line, ' ', GAP);
}

static void aligned_trim(struct text *line)
{
	while (line->n > 0 && line->p[line->n - 1] == ' ')
		line->n--;
}

static void aligned_heading(struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct text title = {0};

		if (column_has(t, i, COLUMN_HIDDEN))
			continue;
		column_title(&t->cols[i], &title);
		aligned_put(t, i, slice_of(title.p, title.n), false);
		text_release(&title);
	}
	if (t->colour)
		fputs("\033[1m", t->out);
	aligned_trim(&t->line);
	if (t->colour)
		text_str(&t->line, "\033[0m");
	line_out(t);
}

static void aligned_flush(struct table *t)
{
	for (size_t k = 0; k < t->cells_n; k++) {
		const struct kept_cell *cell = &t->cells[k];
		size_t i = k % t->n;

		if (!column_has(t, i, COLUMN_HIDDEN))
			aligned_put(t, i, kept_slice(t, cell), cell->number || t->screen <= 0);
		if (i < t->n - 1)
			continue;
		aligned_trim(&t->line);
		line_out(t);
	}
	t->cells_n = 0;
	text_clear(&t->kept);
}

static void aligned_lay_out(struct table *t, bool more)
{
	if (t->laid_out)
		return;
	layout_wishes(t);
	layout_cut(t, COLUMN_GROW);
	layout_cut(t, 0);
	if (more && t->screen > 0)
		layout_grow(t);
	t->laid_out = true;
	aligned_heading(t);
}

static void aligned_row_end(struct table *t)
{
	if (!t->laid_out && t->rows + 1 < LOOK_ROWS && t->kept.n < LOOK_BYTES)
		return;
	aligned_lay_out(t, true);
	aligned_flush(t);
}

static void aligned_end(struct table *t)
{
	if (t->rows == 0)
		return;
	aligned_lay_out(t, false);
	aligned_flush(t);
}

static const struct format formats[] = {
    [TABLE_TEXT] = {aligned_begin, aligned_cell, aligned_row_end, aligned_end},
    [TABLE_JSON] = {json_begin, json_cell, json_row_end, json_end},
    [TABLE_JSONL] = {json_begin, json_cell, jsonl_row_end, NULL},
    [TABLE_CSV] = {csv_begin, csv_cell, line_out, NULL},
    [TABLE_CSV_RAW] = {csv_begin, csv_cell, line_out, NULL},
};

struct table *table_new(FILE *out, enum table_format f, const struct column *cols, size_t n, int width, bool colour)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->out = out;
	t->format = &formats[f];
	t->raw = f == TABLE_CSV_RAW;
	t->cols = cols;
	t->n = n;
	t->screen = width;
	t->colour = colour;
	t->format->begin(t);
	return t;
}

void table_cell(struct table *t, enum cell_type type, struct slice text, int64_t number)
{
	if ((type == CELL_TEXT || type == CELL_JSON) && !slice_is_set(text))
		type = CELL_NULL;
	t->format->cell(t, type, text, number);
	if (++t->at < t->n)
		return;
	t->format->row_end(t);
	t->rows++;
	t->at = 0;
}

static void table_free(struct table *t)
{
	for (size_t i = 0; t->keys && i < t->n; i++)
		text_release(&t->keys[i]);
	free(t->keys);
	text_release(&t->line);
	text_release(&t->kept);
	free(t->need);
	free(t->width);
	free(t->cells);
	free(t);
}

int64_t table_end(struct table *t)
{
	int64_t rows = t->rows;
	FILE *out = t->out;

	if (t->at != 0)
		msg_bug("a row ends after %zu of %zu cells", t->at, t->n);
	if (t->format->end)
		t->format->end(t);
	table_free(t);
	return fflush(out) == 0 && !ferror(out) ? rows : -1;
}
