#include "letter.h"

#include <stdio.h>
#include <time.h>

#include "../parsers/utf8.h"

#define LINE_MAX_BYTES 76
#define WORD_BYTES 39 /* of text in an encoded word: 52 of base64, 64 with what is around it */

/* ------------------------------------------------------------------ addresses */

static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 5322, 3.2.3 */
static bool is_atom_byte(char c)
{
	return is_letter_or_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_host_byte(char c)
{
	return is_letter_or_digit(c) || c == '-';
}

/* Words of such bytes with single dots between them. */
static bool is_dotted(struct slice s, bool (*is_byte)(char))
{
	bool dot = true;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? dot : !is_byte(s.p[i]))
			return false;
		dot = s.p[i] == '.';
	}
	return !dot;
}

bool letter_is_host(struct slice s)
{
	return s.n <= 253 && is_dotted(s, is_host_byte) && s.p[0] != '-';
}

/* [192.0.2.7] or [IPv6:2001:db8::7] */
static bool is_literal(struct slice s)
{
	if (s.n < 3 || s.p[0] != '[' || s.p[s.n - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < s.n; i++)
		if (!is_letter_or_digit(s.p[i]) && s.p[i] != '.' && s.p[i] != ':')
			return false;
	return true;
}

const char *letter_address_trouble(struct slice address)
{
	ptrdiff_t at = slice_rchr(address, '@');
	struct slice local = at < 0 ? address : slice_head(address, (size_t)at);
	struct slice domain = at < 0 ? SLICE_NONE : slice_from(address, (size_t)at + 1);

	if (address.n > 254)
		return "it is too long";
	if (!is_dotted(local, is_atom_byte) || local.p[0] == '-')
		return "what stands before the @ must be plain ASCII, without quotes or blanks, not beginning with -";
	if (at >= 0 && !letter_is_host(domain) && !is_literal(domain))
		return "what stands behind the @ is no host name";
	return NULL;
}

/* ------------------------------------------------------------------ base64, quoted-printable */

static void add_base64(struct text *t, struct slice s)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (; s.n; s = slice_from(s, 3)) {
		const unsigned char *b = (const unsigned char *)s.p;
		unsigned bits = (unsigned)b[0] << 16 | (s.n > 1 ? (unsigned)b[1] << 8 : 0) | (s.n > 2 ? b[2] : 0u);
		text_char(t, digit[bits >> 18]);
		text_char(t, digit[bits >> 12 & 63]);
		text_char(t, s.n > 1 ? digit[bits >> 6 & 63] : '=');
		text_char(t, s.n > 2 ? digit[bits & 63] : '=');
	}
}

/* Must this byte of a line be written as =XX? first: of a line as it is written. */
static bool is_quoted(struct slice line, size_t at, bool first)
{
	unsigned char c = (unsigned char)line.p[at];

	if (c == ' ' || c == '\t')
		return at + 1 == line.n; /* a blank at the end of a line may get lost */
	if (first && (c == '.' || slice_starts(slice_from(line, at), SLICE("From "))))
		return true;
	return c < ' ' || c > '~' || c == '=';
}

static void quoted_line(struct text *t, struct slice line)
{
	size_t used = 0;

	for (size_t i = 0; i < line.n; i++) {
		size_t room = LINE_MAX_BYTES - (i + 1 < line.n); /* `=` ends a line that goes on */
		if (used + (is_quoted(line, i, used == 0) ? 3 : 1) > room) {
			text_str(t, "=\n");
			used = 0;
		}
		bool quoted = is_quoted(line, i, used == 0);
		if (quoted)
			text_printf(t, "=%02X", (unsigned char)line.p[i]);
		else
			text_char(t, line.p[i]);
		used += quoted ? 3 : 1;
	}
}

void encode_quoted_printable(struct text *t, struct slice s)
{
	while (s.n) {
		ptrdiff_t end = slice_chr(s, '\n');
		quoted_line(t, end < 0 ? s : slice_head(s, (size_t)end));
		if (end < 0)
			return;
		text_char(t, '\n');
		s = slice_from(s, (size_t)end + 1);
	}
}

/* ------------------------------------------------------------------ fields */

static bool is_plain(struct slice s)
{
	size_t word = 0;

	for (size_t i = 0; i < s.n; i++) {
		word = s.p[i] == ' ' ? 0 : word + 1;
		if (s.p[i] < ' ' || s.p[i] > '~' || word > LINE_MAX_BYTES / 2)
			return false;
	}
	return slice_find(s, SLICE("=?")) < 0;
}

/* Words, one blank before each; a line is folded before the word that it has no room for. */
static void fold_words(struct text *t, size_t used, struct slice s)
{
	while (s.n) {
		ptrdiff_t blank = slice_chr(s, ' ');
		struct slice word = blank < 0 ? s : slice_head(s, (size_t)blank);
		s = slice_from(s, word.n + (blank >= 0));
		if (word.n == 0)
			continue;
		if (used + 1 + word.n > LINE_MAX_BYTES) {
			text_char(t, '\n');
			used = 0;
		}
		text_char(t, ' ');
		text_add(t, word);
		used += 1 + word.n;
	}
}

/* An encoded word holds whole characters (RFC 2047, 5). s is UTF-8. */
static void fold_encoded(struct text *t, struct slice s)
{
	uint32_t code;

	for (bool first = true; s.n; first = false) {
		size_t n = 0, more;
		while (n < s.n && (more = utf8_decode(slice_from(s, n), &code)) > 0 && n + more <= WORD_BYTES)
			n += more;
		text_str(t, first ? " =?UTF-8?B?" : "\n =?UTF-8?B?");
		add_base64(t, slice_head(s, n));
		text_str(t, "?=");
		s = slice_from(s, n);
	}
}

void encode_header(struct text *t, const char *name, struct slice value)
{
	struct text shown = {0};

	text_printf(t, "%s:", name);
	encode_cell(&shown, value, HEADER_COLUMNS, false, false);
	if (is_plain(slice_of(shown.p, shown.n)))
		fold_words(t, strlen(name) + 1, slice_of(shown.p, shown.n));
	else
		fold_encoded(t, slice_of(shown.p, shown.n));
	text_char(t, '\n');
	text_release(&shown);
}

/* An address is never cut in two: folded behind commas only. */
static void add_addresses(struct text *t, const char *name, const struct slice *a, size_t n)
{
	size_t used = strlen(name) + 1;

	text_printf(t, "%s:", name);
	for (size_t i = 0; i < n; i++) {
		size_t width = 1 + a[i].n + (i + 1 < n);
		if (i > 0 && used + width > LINE_MAX_BYTES) {
			text_char(t, '\n');
			used = 0;
		}
		text_char(t, ' ');
		text_add(t, a[i]);
		text_str(t, i + 1 < n ? "," : "");
		used += width;
	}
	text_char(t, '\n');
}

/* RFC 5322, 3.3: English whatever the locale. */
static void add_date(struct text *t, int64_t us)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	long minutes = tm.tm_gmtoff / 60, off = minutes < 0 ? -minutes : minutes;
	text_printf(t, "Date: %.3s, %d %.3s %d %02d:%02d:%02d %c%02ld%02ld\n", &days[3 * tm.tm_wday], tm.tm_mday,
	            &months[3 * tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
	            minutes < 0 ? '-' : '+', off / 60, off % 60);
}

/* ------------------------------------------------------------------ the whole */

static void add_delimiter(struct text *t, const struct letter *l, const char *end)
{
	text_str(t, "--=_");
	text_add(t, l->boundary);
	text_str(t, end);
}

static void add_part(struct text *t, const struct letter *l, const char *type, struct slice content)
{
	add_delimiter(t, l, "\n");
	text_printf(t,
	            "Content-Type: %s; charset=utf-8\n"
	            "Content-Transfer-Encoding: quoted-printable\n\n",
	            type);
	encode_quoted_printable(t, content);
	text_char(t, '\n');
}

static void add_header(struct text *t, const struct letter *l)
{
	add_date(t, l->date_us);
	text_str(t, "From: ");
	text_add(t, l->name);
	text_str(t, " <");
	text_add(t, l->from);
	text_str(t, ">\n");
	add_addresses(t, "To", l->to, l->to_n);
	encode_header(t, "Subject", l->subject);
	text_str(t, "Message-ID: <");
	text_add(t, l->id);
	text_str(t, ">\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
	            "Content-Type: multipart/alternative;\n boundary=\"=_");
	text_add(t, l->boundary);
	text_str(t, "\"\n\n");
}

void letter_write(struct text *out, const struct letter *l)
{
	add_header(out, l);
	add_part(out, l, "text/plain", l->text);
	add_part(out, l, "text/html", l->html);
	add_delimiter(out, l, "--\n");
}
