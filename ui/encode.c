#include "encode.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"
#include "../parsers/utf8.h"

#define MARKS_MAX 8 /* on one character; more only serve to draw over the lines around it */

static bool ascii_only;

void encode_ascii_only(bool on)
{
	ascii_only = on;
}

/* Makes room for n more bytes and the NUL, and returns where they go. */
static char *text_room(struct text *t, size_t n)
{
	if (n >= TEXT_MAX - t->n)
		msg_bug("a text of more than %zu bytes", TEXT_MAX);
	if (t->n + n + 1 > t->cap) {
		t->cap = (t->n + n + 1) * 3 / 2 + 64;
		t->p = xrealloc(t->p, t->cap);
	}
	return t->p + t->n;
}

static void text_end_at(struct text *t, const char *end)
{
	t->n = (size_t)(end - t->p);
	t->p[t->n] = '\0';
}

void text_add(struct text *t, struct slice s)
{
	char *at = text_room(t, s.n);

	if (s.n)
		memcpy(at, s.p, s.n);
	text_end_at(t, at + s.n);
}

void text_str(struct text *t, const char *s)
{
	text_add(t, slice_str(s));
}

void text_char(struct text *t, char c)
{
	text_add(t, slice_of(&c, 1));
}

void text_fill(struct text *t, char c, size_t n)
{
	char *at = text_room(t, n);

	memset(at, c, n);
	text_end_at(t, at + n);
}

void text_int(struct text *t, int64_t n)
{
	char digits[20];
	size_t i = sizeof(digits);
	uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do
		digits[--i] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (n < 0)
		digits[--i] = '-';
	text_add(t, slice_of(digits + i, sizeof(digits) - i));
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list args, again;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		msg_bug("a format that cannot be printed: %s", fmt);
	char *at = text_room(t, (size_t)n);
	vsnprintf(at, (size_t)n + 1, fmt, again);
	va_end(again);
	text_end_at(t, at + n);
}

void text_clear(struct text *t)
{
	t->n = 0;
	if (t->p)
		t->p[0] = '\0';
}

void text_release(struct text *t)
{
	free(t->p);
	*t = (struct text){0};
}

/* How the encoders see a byte. PLAIN goes out as it is in all of them. */
enum { PLAIN, QUOTE, CONTROL, HIGH };

static unsigned char byte_class(unsigned char byte)
{
	if (byte < 0x20 || byte == 0x7f)
		return CONTROL;
	if (byte == '"' || byte == '\\')
		return QUOTE;
	return byte < 0x80 ? PLAIN : HIGH;
}

/* True if each of the 8 bytes is plain: lists are long, and nearly all of their bytes are. */
static bool all_plain(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	uint64_t quote = v ^ ones * '"', back = v ^ ones * '\\', del = v ^ ones * 0x7f;
	uint64_t low = (v - ones * 0x20) | (quote - ones) | (back - ones) | (del - ones);
	return !((v | low) & tops);
}

/* Bytes at the start of s that are plain. */
static size_t plain_run(struct slice s)
{
	size_t i = 0;

	while (s.n - i >= 8 && all_plain(s.p + i))
		i += 8;
	while (i < s.n && byte_class((unsigned char)s.p[i]) == PLAIN)
		i++;
	return i;
}

/* What a terminal gets for one character or one bad byte. */
struct piece {
	char text[12]; /* \u{10ffff} is the longest */
	size_t n;
	int cols;
};

struct pieces {
	struct slice rest;
	bool ascii;
	bool base; /* the last piece can carry marks; escapes must not */
	int marks;
};

/*
 * Begins behind the plain bytes at the start of s, but not beyond `most` of them. Returns
 * how many these are.
 */
static size_t pieces_begin(struct pieces *it, struct slice s, size_t most)
{
	size_t n = plain_run(slice_head(s, most));

	*it = (struct pieces){.rest = slice_from(s, n), .ascii = ascii_only, .base = n > 0};
	return n;
}

static const char hex[] = "0123456789abcdef";

static void piece_byte(struct piece *out, unsigned char byte)
{
	const char text[] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};

	memcpy(out->text, text, sizeof(text));
	out->n = sizeof(text);
	out->cols = (int)sizeof(text);
}

static void piece_code(struct piece *out, uint32_t code)
{
	out->n = (size_t)snprintf(out->text, sizeof(out->text), "\\u{%x}", code);
	out->cols = (int)out->n;
}

/* True if a character of this width may go out as it stands; keeps count of the marks. */
static bool piece_stays(struct pieces *it, uint32_t code, int width)
{
	if (width == UTF8_HIDDEN || (it->ascii && code > 0x7e))
		return false;
	if (width != UTF8_MARK) {
		it->base = true;
		it->marks = 0;
		return true;
	}
	return it->base && it->marks++ < MARKS_MAX;
}

static bool piece_next(struct pieces *it, struct piece *out)
{
	uint32_t code = 0;
	size_t n = utf8_decode(it->rest, &code);
	int width = n ? utf8_width(code) : UTF8_HIDDEN;

	if (it->rest.n == 0)
		return false;
	if (piece_stays(it, code, width)) {
		memcpy(out->text, it->rest.p, n);
		out->n = n;
		out->cols = width;
		if (code == '\\') {
			out->text[out->n++] = '\\';
			out->cols++;
		}
	} else {
		it->base = false;
		if (n > 1)
			piece_code(out, code);
		else
			piece_byte(out, (unsigned char)it->rest.p[0]);
	}
	it->rest = slice_from(it->rest, n ? n : 1);
	return true;
}

static int cols_add(int cols, int more)
{
	return cols > INT_MAX - more ? INT_MAX : cols + more;
}

int encode_term(struct text *t, struct slice s)
{
	struct pieces it;
	struct piece piece;
	size_t plain = pieces_begin(&it, s, INT_MAX);
	int cols = (int)plain;

	text_add(t, slice_head(s, plain));
	while (piece_next(&it, &piece)) {
		text_add(t, slice_of(piece.text, piece.n));
		cols = cols_add(cols, piece.cols);
	}
	return cols;
}

/* Columns of s, looking no further than to see that they exceed `enough`. */
static int width_up_to(struct slice s, int enough)
{
	struct pieces it;
	struct piece piece;
	int cols = (int)pieces_begin(&it, s, (size_t)enough + 1);

	while (cols <= enough && piece_next(&it, &piece))
		cols = cols_add(cols, piece.cols);
	return cols;
}

int encode_width(struct slice s)
{
	return width_up_to(s, INT_MAX - 1);
}

/* Whole pieces of s in at most cols columns. Returns the columns used. */
static int cell_head(struct text *t, struct slice s, int cols)
{
	struct pieces it;
	struct piece piece;
	size_t plain = pieces_begin(&it, s, (size_t)cols);
	int used = (int)plain;

	text_add(t, slice_head(s, plain));
	while (piece_next(&it, &piece) && used + piece.cols <= cols) {
		text_add(t, slice_of(piece.text, piece.n));
		used += piece.cols;
	}
	return used;
}

void encode_cell(struct text *t, struct slice s, int cols, bool pad, bool right)
{
	if (cols <= 0)
		return;

	int width = width_up_to(s, cols);
	if (width <= cols) {
		size_t gap = pad ? (size_t)(cols - width) : 0;
		if (right)
			text_fill(t, ' ', gap);
		cell_head(t, s, cols);
		if (!right)
			text_fill(t, ' ', gap);
		return;
	}
	width = cell_head(t, s, cols - 1);
	text_str(t, ascii_only ? "~" : "…");
	if (pad)
		text_fill(t, ' ', (size_t)(cols - 1 - width));
}

static void json_unit(struct text *t, uint32_t unit)
{
	char text[] = "\\u0000";

	for (size_t i = 5; i > 1; i--, unit >>= 4)
		text[i] = hex[unit & 15];
	text_add(t, slice_of(text, 6));
}

/* The character at the start of s, which is beyond ASCII or none at all. Returns its length. */
static size_t json_high(struct text *t, struct slice s)
{
	uint32_t code;
	size_t n = utf8_decode(s, &code);

	if (n == 0) {
		json_unit(t, 0xdc00u | (unsigned char)s.p[0]);
		return 1;
	}
	if (utf8_width(code) != UTF8_HIDDEN) {
		text_add(t, slice_head(s, n));
	} else if (code < 0x10000) {
		json_unit(t, code);
	} else {
		json_unit(t, 0xd800u | (code - 0x10000) >> 10);
		json_unit(t, 0xdc00u | (code & 0x3ff));
	}
	return n;
}

/*
 * made: quotes and backslashes belong to the JSON, and control characters can only be blanks
 * between its parts.
 */
static void json_body(struct text *t, struct slice s, bool made)
{
	for (;;) {
		size_t n = plain_run(s);
		text_add(t, slice_head(s, n));
		s = slice_from(s, n);
		if (s.n == 0)
			return;

		unsigned char c = (unsigned char)s.p[0];
		n = 1;
		switch (byte_class(c)) {
		case HIGH: n = json_high(t, s); break;
		case QUOTE:
			if (!made)
				text_char(t, '\\');
			text_char(t, (char)c);
			break;
		default:
			if (made && (c == '\n' || c == '\r' || c == '\t'))
				text_char(t, ' ');
			else
				json_unit(t, c);
		}
		s = slice_from(s, n);
	}
}

void encode_json(struct text *t, struct slice s)
{
	/* Room for the usual case at once, so that a list does not grow its row bit by bit. */
	text_room(t, s.n + 2);
	text_char(t, '"');
	json_body(t, s, false);
	text_char(t, '"');
}

void encode_json_made(struct text *t, struct slice json)
{
	json_body(t, json, true);
}

/* Does a spreadsheet read this as a formula, or skip what is in front of one? */
static bool csv_is_formula(struct slice s)
{
	static const char *const starts[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (slice_starts(s, slice_str(starts[i])))
			return true;
	return false;
}

static void csv_piece(struct text *t, struct slice c, const struct piece *piece)
{
	if (c.n == 1 && memchr("\t\r\n\\", c.p[0], 4))
		text_char(t, c.p[0]);
	else if (c.n == 1 && c.p[0] == '"')
		text_str(t, "\"\"");
	else
		text_add(t, slice_of(piece->text, piece->n));
}

static void csv_raw(struct text *t, struct slice s)
{
	ptrdiff_t quote;

	while ((quote = slice_chr(s, '"')) >= 0) {
		text_add(t, slice_head(s, (size_t)quote + 1));
		text_char(t, '"');
		s = slice_from(s, (size_t)quote + 1);
	}
	text_add(t, s);
}

/*
 * As a terminal may see it, but always with all of UTF-8: a file does not depend on where it
 * is written.
 */
static void csv_shown(struct text *t, struct slice s)
{
	struct pieces it;
	struct piece piece;
	size_t plain = pieces_begin(&it, s, s.n);

	it.ascii = false;
	if (csv_is_formula(s))
		text_char(t, '\'');
	text_add(t, slice_head(s, plain));
	for (struct slice at = it.rest; piece_next(&it, &piece); at = it.rest)
		csv_piece(t, slice_of(at.p, at.n - it.rest.n), &piece);
}

void encode_csv(struct text *t, struct slice s, bool raw)
{
	text_char(t, '"');
	if (raw)
		csv_raw(t, s);
	else
		csv_shown(t, s);
	text_char(t, '"');
}

/* ------------------------------------------------------------------- pages */

static const char *html_entity(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

/*
 * All of s as a terminal may see it, with all of UTF-8, since a file does not depend on where it is
 * written; `special` says what goes out for a printable character, NULL: itself.
 */
static void encode_pieces(struct text *t, struct slice s, const char *(*special)(char c))
{
	struct pieces it;
	struct piece piece;

	pieces_begin(&it, s, 0);
	it.ascii = false;
	while (piece_next(&it, &piece)) {
		const char *instead = piece.n == 1 ? special(piece.text[0]) : NULL;
		if (instead)
			text_str(t, instead);
		else
			text_add(t, slice_of(piece.text, piece.n));
	}
}

void encode_html(struct text *t, struct slice s)
{
	encode_pieces(t, s, html_entity);
}

static const char *markdown_code(char c)
{
	return c == '`' ? "\\x60" : c == '|' ? "\\x7c" : NULL;
}

void encode_markdown(struct text *t, struct slice s)
{
	text_char(t, '`');
	encode_pieces(t, s.n ? s : SLICE("-"), markdown_code);
	text_char(t, '`');
}

static const char *markdown_special(char c)
{
	static const char *const escaped[128] = {
	    ['`'] = "\\`", ['*'] = "\\*",   ['_'] = "\\_", ['['] = "\\[", [']'] = "\\]", ['<'] = "&lt;", ['>'] = "&gt;",
	    ['|'] = "\\|", ['&'] = "&amp;", ['~'] = "\\~", ['$'] = "\\$", ['@'] = "\\@", ['!'] = "\\!",  ['#'] = "\\#",
	};

	return (unsigned char)c < 128 ? escaped[(unsigned char)c] : NULL;
}

void encode_markdown_text(struct text *t, struct slice s)
{
	encode_pieces(t, s, markdown_special);
}

/* ------------------------------------------------------------------- the shell */

static bool is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("@%+:,./_-", c));
}

bool encode_shell(struct text *t, struct slice s)
{
	bool bare = s.n > 0;
	uint32_t code;

	for (struct slice rest = s; rest.n;) {
		size_t n = utf8_decode(rest, &code);
		if (n == 0 || utf8_width(code) == UTF8_HIDDEN)
			return false;
		bare = bare && n == 1 && is_bare(rest.p[0]);
		rest = slice_from(rest, n);
	}
	if (bare) {
		text_add(t, s);
		return true;
	}
	text_char(t, '\'');
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\'')
			text_str(t, "'\\''");
		else
			text_char(t, s.p[i]);
	text_char(t, '\'');
	return true;
}
