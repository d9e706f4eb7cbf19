#include "grid.h"

#include <stdlib.h>

#include "../analyzer/msg.h"
#include "../parsers/utf8.h"

static bool ascii_glyphs;

const char *glyph(enum glyph g)
{
	static const char *const signs[2][GLYPH_COUNT] = {{
#define X(id, utf8, ascii) utf8,
							      GLYPHS(X)
#undef X
							  },
	                                                  {
#define X(id, utf8, ascii) ascii,
							      GLYPHS(X)
#undef X
							  }};

	return signs[ascii_glyphs][g];
}

void glyph_ascii_only(bool on)
{
	ascii_glyphs = on;
	encode_ascii_only(on);
}

bool glyph_is_ascii(void)
{
	return ascii_glyphs;
}

static int clamp(int n)
{
	return n < 1 ? 1 : n > GRID_MAX ? GRID_MAX : n;
}

void grid_reset(struct grid *g, int rows, int cols)
{
	rows = clamp(rows);
	cols = clamp(cols);
	size_t n = (size_t)rows * (size_t)cols;
	if (rows != g->rows || cols != g->cols) {
		free(g->cell);
		g->cell = xmalloc(n * sizeof *g->cell);
	}
	g->rows = rows;
	g->cols = cols;
	for (size_t i = 0; i < n; i++)
		g->cell[i] = (struct grid_cell){.width = 1};
	text_clear(&g->pool);
	g->cursor_y = g->cursor_x = -1;
}

void grid_release(struct grid *g)
{
	free(g->cell);
	text_release(&g->pool);
	*g = (struct grid){0};
}

static struct grid_cell *cell_of(const struct grid *g, int y, int x)
{
	return &g->cell[(size_t)y * (size_t)g->cols + (size_t)x];
}

const struct grid_cell *grid_at(const struct grid *g, int y, int x)
{
	return cell_of(g, y, x);
}

struct slice grid_bytes(const struct grid *g, int y, int x)
{
	const struct grid_cell *c = cell_of(g, y, x);

	return slice_of(g->pool.p ? g->pool.p + c->at : "", c->n);
}

/* Half of a wide character is nothing: what is left of one that is written over becomes a blank. */
static void cell_cut(struct grid *g, int y, int x)
{
	struct grid_cell *c = cell_of(g, y, x);

	if (c->width == 0 && x > 0)
		*cell_of(g, y, x - 1) = (struct grid_cell){.width = 1, .role = c->role};
	if (c->width == 2 && x + 1 < g->cols)
		*cell_of(g, y, x + 1) = (struct grid_cell){.width = 1, .role = c->role};
}

static void cell_set(struct grid *g, int y, int x, struct slice bytes, int width, enum role role)
{
	cell_cut(g, y, x);
	if (width == 2)
		cell_cut(g, y, x + 1);
	*cell_of(g, y, x) =
	    (struct grid_cell){.at = (uint32_t)g->pool.n, .width = (uint8_t)width, .role = (uint8_t)role};
	if (!slice_eq(bytes, SLICE(" "))) {
		cell_of(g, y, x)->n = (uint8_t)bytes.n;
		text_add(&g->pool, bytes);
	}
	if (width == 2)
		*cell_of(g, y, x + 1) = (struct grid_cell){.role = (uint8_t)role};
}

/* The first character of what the encoder made, with its marks, and its width. */
static size_t cluster(struct slice s, int *width)
{
	uint32_t code;
	size_t n = utf8_decode(s, &code), more;

	*width = n ? utf8_width(code) : 1;
	if (n == 0)
		return 1;
	while (n < 200 && (more = utf8_decode(slice_from(s, n), &code)) > 0 && utf8_width(code) == UTF8_MARK)
		n += more;
	return n;
}

/* Encoded bytes from column x on; none beyond `end`. Returns the column behind them. */
static int put_encoded(struct grid *g, int y, int x, int end, enum role role, struct slice s)
{
	int width;

	while (s.n) {
		size_t n = cluster(s, &width);
		if (x + width > end)
			break;
		cell_set(g, y, x, slice_head(s, n), width, role);
		s = slice_from(s, n);
		x += width;
	}
	return x;
}

int grid_put(struct grid *g, int y, int x, int cols, enum role role, struct slice s)
{
	struct text t = {0};
	int end = cols > g->cols - x ? g->cols : x + cols;

	if (y < 0 || y >= g->rows || x < 0 || x >= end || s.n == 0)
		return 0;
	encode_cell(&t, s, end - x, false, false);
	int used = put_encoded(g, y, x, end, role, slice_of(t.p, t.n)) - x;
	text_release(&t);
	return used;
}

void grid_put_right(struct grid *g, int y, int x, int cols, enum role role, struct slice s)
{
	int width = encode_width(s);

	if (width < cols)
		grid_put(g, y, x + cols - width, width, role, s);
	else
		grid_put(g, y, x, cols, role, s);
}

int grid_str(struct grid *g, int y, int x, enum role role, const char *s)
{
	return grid_put(g, y, x, g->cols, role, slice_str(s));
}

void grid_fill(struct grid *g, int y, int x, int cols, enum role role, const char *one)
{
	for (int i = 0; i < cols; i++)
		grid_put(g, y, x + i, 1, role, slice_str(one));
}

void grid_select(struct grid *g, int y, int x, int cols)
{
	for (int i = x; y >= 0 && y < g->rows && i < x + cols && i < g->cols; i++)
		cell_of(g, y, i)->selected = true;
}

static void print_row(const struct grid *g, int y, struct text *out)
{
	int last = g->cols;

	while (last > 0 && cell_of(g, y, last - 1)->n == 0 && cell_of(g, y, last - 1)->width == 1)
		last--;
	for (int x = 0; x < last; x++) {
		const struct grid_cell *c = cell_of(g, y, x);
		if (c->n)
			text_add(out, grid_bytes(g, y, x));
		else if (c->width)
			text_char(out, ' ');
	}
	text_char(out, '\n');
}

void grid_print(const struct grid *g, struct text *out)
{
	for (int y = 0; y < g->rows; y++)
		print_row(g, y, out);
}
