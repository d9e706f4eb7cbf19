/*
 * encode: one encoder per way out (house.md). Bytes of a log leave the program
 * through these and nowhere else. Each appends to a growing text.
 */
#ifndef WB_ENCODE_H
#define WB_ENCODE_H

#include "../parsers/slice.h"

/*
 * A growing text, born with a limit: appending beyond it dies with EX_SOFTWARE,
 * for it is our own output. Starts as {0}; p is NULL until something is added
 * and from then on p[n] is NUL.
 */
struct text {
	char *p;
	size_t n, cap;
};
#define TEXT_MAX ((size_t)1 << 30)
void text_add(struct text *t, struct slice s);
void text_str(struct text *t, const char *s);
void text_char(struct text *t, char c);
void text_fill(struct text *t, char c, size_t n);
void text_int(struct text *t, int64_t n);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_clear(struct text *t);
void text_release(struct text *t);

/*
 * For terminals that know no UTF-8: from now on encode_term and encode_cell escape
 * everything beyond ASCII, and `~` stands for `…`.
 */
void encode_ascii_only(bool on);

/*
 * For a terminal or a plain text file: faults.md H1-H3. Well-formed UTF-8 that
 * takes room stays, with up to 8 marks on each character; the rest becomes
 * \xNN (bytes below 0x80 and bytes that are no UTF-8) or \u{NNNN}; backslash is
 * doubled. Returns the columns used (never counts on setlocale).
 */
int encode_term(struct text *t, struct slice s);
/* Columns that encode_term would use. */
int encode_width(struct slice s);
/*
 * As encode_term, cut to `cols` columns with `…` (or `~` if ascii) at the end when something
 * is missing, padded with blanks to `cols` if pad. Never cuts an escape in two.
 */
void encode_cell(struct text *t, struct slice s, int cols, bool pad, bool right);

/*
 * A JSON string with its quotes. Always valid JSON, and reversible: a byte that
 * is no UTF-8 becomes \udcXX (faults.md H7), what a terminal must not see
 * \uXXXX.
 */
void encode_json(struct text *t, struct slice s);
/*
 * JSON that SQL's functions made, on one line and with the same promise for the bytes inside
 * its strings.
 */
void encode_json_made(struct text *t, struct slice json);
/*
 * A CSV field with its quotes. Unless raw, a leading = + - @ TAB CR LF (or
 * their full-width forms) gets a ' in front (H6), and what a terminal must not
 * see is shown as encode_term does, but for TAB, CR and LF, which quotes
 * protect, and the backslash, which stays single.
 */
void encode_csv(struct text *t, struct slice s, bool raw);
/*
 * Text of an HTML page, or an attribute's value between quotes: the five characters of markup
 * become entities, what a terminal must not see is shown as encode_term does, backslash doubled.
 * Not for names, URLs, styles or scripts: nothing of a log belongs there.
 */
void encode_html(struct text *t, struct slice s);
/*
 * Code of a Markdown text, with its backticks: nothing in it is markup, also in a table, and no
 * link is made of it. As encode_term shows it, and the backtick as \x60, the bar as \x7c. `-` if
 * there is nothing.
 */
void encode_markdown(struct text *t, struct slice s);
/* A sentence of our own in Markdown, in which a name from a log may stand. Not at the start of a line. */
void encode_markdown_text(struct text *t, struct slice s);
/*
 * One word of a POSIX shell, in single quotes where it needs them, for a script or to be pasted.
 * False, and nothing is added, if there is something in it that nobody would see: a control
 * character, bytes that are no UTF-8, hidden or bidi characters. No quotes make a pasted line
 * with one of these harmless.
 */
bool encode_shell(struct text *t, struct slice s);

#endif
