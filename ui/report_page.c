#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "report_i.h"

const char *grouped(int64_t n, char buf[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%lld", (long long)n), out = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
			buf[out++] = ' ';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

void add_count(struct text *t, int64_t n, const char *one, const char *many)
{
	char buf[32];

	text_printf(t, "%s %s", grouped(n, buf), n == 1 ? one : many);
}

const char *percent(double share, char buf[32])
{
	snprintf(buf, 32, "%.1f %%", floor(share * 1000) / 10);
	return buf;
}

const char *time_of(int64_t us, char buf[STAMP_TEXT])
{
	if (us == STAMP_NONE)
		memcpy(buf, "-", 2);
	else
		buf[stamp_text(us, 0, buf)] = '\0';
	return buf;
}

const char *day_of(int64_t us, char buf[STAMP_TEXT])
{
	time_of(us, buf);
	if (us != STAMP_NONE)
		buf[strlen("2026-11-15")] = '\0';
	return buf;
}

const char *mail_word(int64_t n)
{
	return n == 1 ? "mail" : "mails";
}

const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

void heading(struct page *p, const char *fmt, ...)
{
	char title[PAGE_WIDTH + 1];
	va_list args;

	va_start(args, fmt);
	vsnprintf(title, sizeof title, fmt, args);
	va_end(args);
	text_str(p->t, p->look->colour ? "\n\033[1m" : "\n");
	text_str(p->t, title);
	text_str(p->t, p->look->colour ? "\033[0m\n" : "\n");
}

static bool is_digit(struct slice s, size_t at)
{
	return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

/* Up to the first blank that is not part of a figure: `12 345` and `0.1 %` stay together. */
static struct slice word_of(struct slice words)
{
	for (size_t i = 0; i < words.n; i++) {
		bool behind_digit = i > 0 && is_digit(words, i - 1);
		bool figure = behind_digit && (is_digit(words, i + 1) || (i + 1 < words.n && words.p[i + 1] == '%'));
		if (words.p[i] == ' ' && !figure)
			return slice_head(words, i);
	}
	return words;
}

static void skip_blanks(struct slice *words)
{
	while (words->n && words->p[0] == ' ')
		*words = slice_from(*words, 1);
}

int add_some_words(struct text *t, struct slice *words, int room)
{
	int used = 0;

	for (skip_blanks(words); words->n; skip_blanks(words)) {
		struct slice word = word_of(*words);
		int width = encode_width(word);
		if (used && used + 1 + width > room)
			break;
		if (used)
			text_char(t, ' ');
		encode_cell(t, word, room - used - (used > 0), false, false);
		used += (used > 0) + width;
		*words = slice_from(*words, word.n);
	}
	return used < room ? used : room;
}

void add_line_words(struct text *t, int first, int indent, struct slice words)
{
	skip_blanks(&words);
	for (int column = first; words.n; column = indent) {
		text_fill(t, ' ', (size_t)column);
		add_some_words(t, &words, PAGE_WIDTH - column);
		text_char(t, '\n');
	}
}

void add_line(struct text *t, int indent, const char *fmt, ...)
{
	char words[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(words, sizeof words, fmt, args);
	va_end(args);
	add_line_words(t, indent, indent + 2, slice_str(words));
}

void add_cell(struct text *t, const char *s, int cols)
{
	encode_cell(t, slice_str(or_dash(s)), cols, true, false);
	text_char(t, ' ');
}

size_t shown(const struct page *p, size_t n)
{
	return n > (uint64_t)p->look->top ? (size_t)p->look->top : n;
}

void add_more(struct page *p, size_t all, const char *where)
{
	char buf[32];

	if (all > shown(p, all))
		add_line(p->t, 2, "%s more: `wouldblock %s`", grouped((int64_t)(all - shown(p, all)), buf), where);
}
