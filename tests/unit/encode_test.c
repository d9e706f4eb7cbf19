#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../parsers/utf8.h"
#include "../../ui/encode.h"

static uint32_t random_state = 1;

static uint32_t random_next(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

/* Pieces that hurt, to be strewn between random bytes. */
static const char *const nasty[] = {
    "\033[31m", "\033]0;x\a",   "\xc2\x9bm", "\x9b",
    "\u202e",   "\u200b",       "\u2028",    "\ufe0f",
    "e\u0301",  "\u0301",       "漢字",      "ｗ",
    "😀",        "\U000e0041",   "\\",        "\"",
    "\r\n",     "\xed\xa0\x80", "\xc0\x80",  "\xf4\x90\x80\x80",
    "\xe2\x82", "\u00ad",       "\ufeff",    "=1",
    "＝",       "\x7f",         "\xc2\x85",  "\ue000",
    "ä",        "\u1160",       "~",         ",",
};

/* Random text of up to cap bytes. */
static struct slice random_text(char *buf, size_t cap)
{
	size_t n = 0, want = random_next((uint32_t)cap);

	while (n < want) {
		const char *add = nasty[random_next(sizeof(nasty) / sizeof(nasty[0]))];
		switch (random_next(4)) {
		case 0: buf[n++] = (char)random_next(256); break;
		case 1: buf[n++] = (char)(32 + random_next(95)); break;
		default:
			for (; *add && n < want; add++)
				buf[n++] = *add;
		}
	}
	return slice_of(buf, n);
}

/* Columns of text that is safe for a terminal; fails the test if it is not. */
static int columns_of_safe(const char *p, size_t n)
{
	struct slice s = slice_of(p, n);
	int cols = 0, marks = 0;

	while (s.n) {
		uint32_t code = 0;
		size_t k = utf8_decode(s, &code);
		assert_true(k > 0);
		assert_false(code < 0x20 || (code >= 0x7f && code < 0xa0));
		int w = utf8_width(code);
		assert_true(w >= 0);
		marks = w ? 0 : marks + 1;
		assert_true(marks <= 8);
		cols += w;
		s = slice_from(s, k);
	}
	return cols;
}

static void assert_term(struct slice in, const char *want)
{
	struct text t = {0};

	assert_int_equal(encode_term(&t, in), encode_width(in));
	text_add(&t, SLICE(""));
	assert_string_equal(t.p, want);
	text_release(&t);
}

static void what_a_terminal_shows_is_what_the_table_says(void **state)
{
	static const struct {
		struct slice in;
		const char *want;
	} cases[] = {
	    {SLICE(""), ""},
	    {SLICE("plain text"), "plain text"},
	    {SLICE("#033[31m"), "#033[31m"},
	    {SLICE("\033[31m"), "\\x1b[31m"},
	    {SLICE("a\0b"), "a\\x00b"},
	    {SLICE("\x7f"), "\\x7f"},
	    {SLICE("back\\slash"), "back\\\\slash"},
	    {SLICE("caf\xe9"), "caf\\xe9"},
	    {SLICE("café 漢字"), "café 漢字"},
	    {SLICE("\xc2\x85\u202e\u200d"), "\\u{85}\\u{202e}\\u{200d}"},
	    {SLICE("\U000e0041"), "\\u{e0041}"},
	    {SLICE("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
	    {SLICE("\xc0\xaf"), "\\xc0\\xaf"},
	    {SLICE("\xe2\x82"), "\\xe2\\x82"},
	    {SLICE("e\u0301"), "e\u0301"},
	    {SLICE("\u0301e"), "\\u{301}e"},
	    {SLICE("\x01\u0301"), "\\x01\\u{301}"},
	    {SLICE("a\x01\u0301"), "a\\x01\\u{301}"},
	    {SLICE("ab\u0301"), "ab\u0301"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_term(cases[i].in, cases[i].want);
}

static void each_single_byte_is_safe_for_a_terminal(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		struct text t = {0};

		int cols = encode_term(&t, slice_of(&byte, 1));
		assert_int_equal(columns_of_safe(t.p, t.n), cols);
		assert_int_equal(cols, c == '\\' ? 2 : c >= 0x20 && c < 0x7f ? 1 : 4);
		text_release(&t);
	}
}

static void each_character_of_unicode_is_safe_for_a_terminal(void **state)
{
	struct text t = {0};

	(void)state;
	for (uint32_t c = 0x80; c <= 0x10ffff; c++) {
		char in[4];
		size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		for (size_t i = n - 1, rest = c; i > 0; i--, rest >>= 6)
			in[i] = (char)(0x80 | (rest & 0x3f));
		in[0] = (char)(n == 2 ? 0xc0 | c >> 6 : n == 3 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);

		text_clear(&t);
		int cols = encode_term(&t, slice_of(in, n));
		assert_int_equal(columns_of_safe(t.p, t.n), cols);
		assert_true(cols >= 1);
	}
	text_release(&t);
}

static void random_text_is_safe_for_a_terminal_and_has_the_width_it_says(void **state)
{
	char buf[200];
	struct text t = {0};

	(void)state;
	for (int i = 0; i < 30000; i++) {
		struct slice in = random_text(buf, sizeof(buf));
		text_clear(&t);
		int cols = encode_term(&t, in);
		assert_int_equal(cols, encode_width(in));
		assert_int_equal(cols, columns_of_safe(t.p, t.n));
	}
	text_release(&t);
}

static void a_thousand_marks_on_one_letter_become_eight(void **state)
{
	struct text in = {0}, out = {0};

	(void)state;
	text_char(&in, 'a');
	for (int i = 0; i < 1000; i++)
		text_str(&in, "\u0301");
	assert_int_equal(encode_term(&out, slice_of(in.p, in.n)), 1 + 992 * 7);
	assert_int_equal(out.n, 1 + 8 * 2 + 992 * 7);
	text_release(&in);
	text_release(&out);
}

static void a_cell_is_cut_with_an_ellipsis_and_padded(void **state)
{
	static const struct {
		struct slice in;
		int cols;
		bool pad, right;
		const char *want;
	} cases[] = {
	    {SLICE("abc"), 5, true, false, "abc  "},
	    {SLICE("abc"), 5, true, true, "  abc"},
	    {SLICE("abc"), 5, false, false, "abc"},
	    {SLICE("abc"), 3, true, false, "abc"},
	    {SLICE("abcd"), 3, true, false, "ab…"},
	    {SLICE("abcd"), 1, true, false, "…"},
	    {SLICE("abcd"), 0, true, false, ""},
	    {SLICE(""), 2, true, false, "  "},
	    {SLICE("漢字"), 4, true, false, "漢字"},
	    {SLICE("漢字"), 3, true, false, "漢…"},
	    {SLICE("漢字漢"), 4, true, false, "漢… "},
	    {SLICE("漢字漢"), 4, true, true, "漢… "},
	    {SLICE("漢"), 1, true, false, "…"},
	    {SLICE("ab\033cd"), 5, true, false, "ab…  "},
	    {SLICE("e\u0301x"), 2, true, false, "e\u0301x"},
	    {SLICE("e\u0301xyz"), 2, true, false, "e\u0301…"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text t = {0};
		text_add(&t, SLICE(""));
		encode_cell(&t, cases[i].in, cases[i].cols, cases[i].pad, cases[i].right);
		assert_string_equal(t.p, cases[i].want);
		text_release(&t);
	}
}

static void a_cell_never_exceeds_its_columns_and_a_padded_one_fills_them(void **state)
{
	char buf[120];
	struct text t = {0};

	(void)state;
	for (int i = 0; i < 60000; i++) {
		struct slice in = random_text(buf, sizeof(buf));
		int cols = (int)random_next(90), width = encode_width(in);
		bool pad = random_next(2), right = random_next(2);

		text_clear(&t);
		encode_cell(&t, in, cols, pad, right);
		int used = columns_of_safe(t.p, t.n);
		assert_true(used <= cols);
		if (pad)
			assert_int_equal(used, cols);
		else if (width <= cols)
			assert_int_equal(used, width);
	}
	text_release(&t);
}

static void a_terminal_without_utf8_gets_ascii_but_files_stay_utf8(void **state)
{
	struct text t = {0};

	(void)state;
	encode_ascii_only(true);
	assert_term(SLICE("café"), "caf\\u{e9}");
	encode_cell(&t, SLICE("abcd"), 3, true, false);
	text_char(&t, ' ');
	encode_json(&t, SLICE("é"));
	encode_csv(&t, SLICE("é"), false);
	encode_ascii_only(false);
	assert_string_equal(t.p, "ab~ \"é\"\"é\"");
	text_release(&t);
}

/* A strict reader of one JSON string (RFC 8259): gives the bytes back, or fails the test. */
static uint32_t json_hex(const char **p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++, (*p)++) {
		const char *digits = "0123456789abcdef", *at = strchr(digits, **p);
		assert_true(**p && at);
		v = v << 4 | (uint32_t)(at - digits);
	}
	return v;
}

static void put_utf8(struct text *out, uint32_t c)
{
	if (c < 0x80) {
		text_char(out, (char)c);
	} else if (c < 0x800) {
		text_char(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			text_char(out, (char)(0xe0 | c >> 12));
		} else {
			text_char(out, (char)(0xf0 | c >> 18));
			text_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		text_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	if (c >= 0x80)
		text_char(out, (char)(0x80 | (c & 0x3f)));
}

static void json_escape(const char **p, struct text *out)
{
	char c = *(*p)++;

	if (c == '"' || c == '\\') {
		text_char(out, c);
		return;
	}
	assert_int_equal(c, 'u');
	uint32_t unit = json_hex(p);
	if (unit >= 0xd800 && unit < 0xdc00) {
		assert_int_equal(*(*p)++, '\\');
		assert_int_equal(*(*p)++, 'u');
		uint32_t low = json_hex(p);
		assert_in_range(low, 0xdc00, 0xdfff);
		put_utf8(out, 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00)));
	} else if (unit >= 0xdc00 && unit < 0xe000) {
		assert_in_range(unit, 0xdc80, 0xdcff);
		text_char(out, (char)(unit - 0xdc00));
	} else {
		put_utf8(out, unit);
	}
}

static void json_read(const char *p, size_t n, struct text *out)
{
	const char *end = p + n;

	assert_int_equal(*p++, '"');
	while (p < end && *p != '"') {
		uint32_t code = 0;
		size_t k = utf8_decode(slice_of(p, (size_t)(end - p)), &code);
		assert_true(k > 0 && code >= 0x20 && utf8_width(code) >= 0);
		p += k;
		if (code == '\\')
			json_escape(&p, out);
		else
			put_utf8(out, code);
	}
	assert_ptr_equal(p, end - 1);
}

static void assert_json_comes_back(struct slice in)
{
	struct text json = {0}, back = {0};

	text_add(&back, SLICE(""));
	encode_json(&json, in);
	json_read(json.p, json.n, &back);
	assert_int_equal(back.n, in.n);
	if (in.n)
		assert_memory_equal(back.p, in.p, in.n);
	text_release(&json);
	text_release(&back);
}

static void json_is_valid_and_gives_every_byte_back(void **state)
{
	char buf[300], byte[9] = "xxxxxxxx";

	(void)state;
	for (int c = 0; c < 256; c++) {
		for (int at = 0; at < 9; at++) {
			memset(byte, 'x', sizeof(byte));
			byte[at] = (char)c;
			assert_json_comes_back(slice_of(byte, 9));
			assert_json_comes_back(slice_of(byte + at, 1));
		}
	}
	for (int i = 0; i < 30000; i++)
		assert_json_comes_back(random_text(buf, sizeof(buf)));
}

static void assert_json(struct slice in, const char *want)
{
	struct text t = {0};

	encode_json(&t, in);
	assert_string_equal(t.p, want);
	text_release(&t);
}

static void json_is_spelt_as_the_contract_says(void **state)
{
	(void)state;
	assert_json(SLICE_NONE, "\"\"");
	assert_json(SLICE("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
	assert_json(SLICE("\0\n\x1f\x7f"), "\"\\u0000\\u000a\\u001f\\u007f\"");
	assert_json(SLICE("caf\xe9 café 😀"), "\"caf\\udce9 café 😀\"");
	assert_json(SLICE("\u2028\u202e\xc2\x9b\U000e0041"), "\"\\u2028\\u202e\\u009b\\udb40\\udc41\"");
	assert_json(SLICE("\xed\xb2\x80"), "\"\\udced\\udcb2\\udc80\"");
}

static void json_made_by_sql_stays_but_for_bytes_that_hurt(void **state)
{
	struct text t = {0};

	(void)state;
	encode_json_made(&t, SLICE("{\"a\\\"\":\n[1,\t\"caf\xe9 é \x1b\u202e\"]}"));
	assert_string_equal(t.p, "{\"a\\\"\": [1, \"caf\\udce9 é \\u001b\\u202e\"]}");
	text_release(&t);
}

static void assert_csv(struct slice in, bool raw, struct slice want)
{
	struct text t = {0};

	encode_csv(&t, in, raw);
	assert_int_equal(t.n, want.n);
	assert_memory_equal(t.p, want.p, want.n);
	text_release(&t);
}

static void a_csv_field_cannot_be_a_formula(void **state)
{
	static const char *const starts[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct text t = {0};
		char in[16], want[32];
		snprintf(in, sizeof(in), "%s1", starts[i]);
		snprintf(want, sizeof(want), "\"'%s1\"", starts[i]);
		encode_csv(&t, slice_str(in), false);
		assert_string_equal(t.p, want);
		text_clear(&t);
		encode_csv(&t, slice_str(in), true);
		assert_true(t.p[1] != '\'');
		text_release(&t);
	}
	assert_csv(SLICE("a=1"), false, SLICE("\"a=1\""));
}

static void csv_keeps_separators_quotes_and_newlines_in_one_field(void **state)
{
	(void)state;
	assert_csv(SLICE("a,b;\"c\"\r\nd\\e"), false, SLICE("\"a,b;\"\"c\"\"\r\nd\\e\""));
	assert_csv(SLICE("a,b;\"c\"\r\nd\\e"), true, SLICE("\"a,b;\"\"c\"\"\r\nd\\e\""));
	assert_csv(SLICE_NONE, false, SLICE("\"\""));
}

static void csv_shows_what_a_terminal_must_not_see_unless_raw(void **state)
{
	(void)state;
	assert_csv(SLICE("\033]0;x\a\xff é\u202e"), false, SLICE("\"\\x1b]0;x\\x07\\xff é\\u{202e}\""));
	assert_csv(SLICE("\033\0\xff"), true, SLICE("\"\033\0\xff\""));
}

/* A strict reader of one quoted field (RFC 4180): its bytes, or fails the test. */
static void csv_read(struct slice in, struct text *out)
{
	size_t i = 1;

	assert_true(in.n >= 2 && in.p[0] == '"' && in.p[in.n - 1] == '"');
	while (i < in.n - 1) {
		if (in.p[i] == '"')
			assert_int_equal(in.p[++i], '"');
		assert_true(i < in.n - 1);
		text_char(out, in.p[i++]);
	}
}

static void random_csv_is_one_field_and_raw_csv_gives_every_byte_back(void **state)
{
	char buf[200];

	(void)state;
	for (int i = 0; i < 30000; i++) {
		struct slice in = random_text(buf, sizeof(buf));
		struct text csv = {0}, back = {0};
		bool raw = i & 1;

		text_add(&back, SLICE(""));
		encode_csv(&csv, in, raw);
		csv_read(slice_of(csv.p, csv.n), &back);
		if (raw) {
			assert_int_equal(back.n, in.n);
			assert_memory_equal(back.p, in.n ? in.p : "", in.n);
		} else {
			for (size_t k = 0; k < back.n; k++)
				if (memchr("\t\r\n", back.p[k], 3))
					back.p[k] = ' ';
			columns_of_safe(back.p, back.n);
			assert_null(back.n ? memchr("=+-@", back.p[0], 4) : NULL);
		}
		text_release(&csv);
		text_release(&back);
	}
}

static void whole_numbers_are_written_to_their_limits(void **state)
{
	static const int64_t numbers[] = {0, 7, -1, 1000000, INT64_MAX, INT64_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct text t = {0}, want = {0};
		text_int(&t, numbers[i]);
		text_printf(&want, "%lld", (long long)numbers[i]);
		assert_string_equal(t.p, want.p);
		text_release(&t);
		text_release(&want);
	}
}

static void a_text_grows_and_ends_in_nul_after_each_step(void **state)
{
	struct text t = {0};

	(void)state;
	for (int i = 0; i < 5000; i++) {
		text_printf(&t, "%04d", i);
		assert_int_equal(t.n, 4 * (i + 1));
		assert_int_equal(t.p[t.n], 0);
	}
	assert_memory_equal(t.p + 4 * 4321, "4321", 4);
	text_clear(&t);
	assert_string_equal(t.p, "");
	text_fill(&t, '-', 3);
	assert_string_equal(t.p, "---");
	text_release(&t);
	assert_null(t.p);
}

static void a_shell_word_is_quoted_or_refused(void **state)
{
	static const struct {
		struct slice in;
		const char *out; /* NULL: refused */
	} rows[] = {
	    {SLICE("a@b.example"), "a@b.example"},
	    {SLICE("/etc/x-1_2.cf"), "/etc/x-1_2.cf"},
	    {SLICE(""), "''"},
	    {SLICE("a b"), "'a b'"},
	    {SLICE("$(id)`id`;&|<>*?~#!"), "'$(id)`id`;&|<>*?~#!'"},
	    {SLICE("it's"), "'it'\\''s'"},
	    {SLICE("''"), "''\\'''\\'''"},
	    {SLICE("a\\b=c"), "'a\\b=c'"},
	    {SLICE("m\xc3\xbcller"), "'m\xc3\xbcller'"},
	    {SLICE("a\nb"), NULL},
	    {SLICE("a\0b"), NULL},
	    {SLICE("a\x1b[200~"), NULL},
	    {SLICE("a\xff"), NULL},
	    {SLICE("a\xe2\x80\xae"), NULL},
	};
	struct text t = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		text_clear(&t);
		assert_int_equal(encode_shell(&t, rows[i].in), rows[i].out != NULL);
		assert_int_equal(t.n, rows[i].out ? strlen(rows[i].out) : 0);
		if (rows[i].out)
			assert_memory_equal(t.p, rows[i].out, t.n);
	}
	text_release(&t);
}

/* ------------------------------------------------------------------ pages */

static void an_html_text_has_no_markup_and_nothing_a_terminal_obeys(void **state)
{
	(void)state;
	char buf[200];

	for (int i = 0; i < 20000; i++) {
		struct text t = {0};
		struct slice in = random_text(buf, sizeof(buf));
		encode_html(&t, in);
		if (t.n == 0)
			continue;
		assert_null(memchr(t.p, '<', t.n));
		assert_null(memchr(t.p, '>', t.n));
		assert_null(memchr(t.p, '"', t.n));
		assert_null(memchr(t.p, '\'', t.n));
		columns_of_safe(t.p, t.n);
		text_release(&t);
	}
}

static void the_five_characters_of_html_become_entities(void **state)
{
	(void)state;
	struct text t = {0};

	encode_html(&t, SLICE("<a href=\"x\" b='&amp;'>\033\xff\\"));
	assert_string_equal(t.p, "&lt;a href=&quot;x&quot; b=&#39;&amp;amp;&#39;&gt;\\x1b\\xff\\\\");
	text_release(&t);
}

static void markdown_code_is_one_span_whatever_it_holds(void **state)
{
	(void)state;
	char buf[200];

	for (int i = 0; i < 20000; i++) {
		struct text t = {0};
		struct slice in = random_text(buf, sizeof(buf));
		encode_markdown(&t, in);
		assert_true(t.n > 2 && t.p[0] == '`' && t.p[t.n - 1] == '`');
		assert_null(memchr(t.p + 1, '`', t.n - 2));
		assert_null(memchr(t.p, '|', t.n));
		columns_of_safe(t.p, t.n);
		text_release(&t);
	}
}

static void a_backtick_and_a_bar_in_markdown_code_are_shown_as_bytes(void **state)
{
	(void)state;
	struct text t = {0};

	encode_markdown(&t, SLICE("a`b|c\\d"));
	encode_markdown(&t, SLICE(""));
	assert_string_equal(t.p, "`a\\x60b\\x7cc\\\\d``-`");
	text_release(&t);
}

static void a_sentence_in_markdown_keeps_its_words_and_has_no_markup(void **state)
{
	(void)state;
	struct text t = {0};

	encode_markdown_text(&t, SLICE("12 345 of *x* <b> [a](b) | `c` & d"));
	assert_string_equal(t.p, "12 345 of \\*x\\* &lt;b&gt; \\[a\\](b) \\| \\`c\\` &amp; d");
	text_release(&t);
}

static void pages_are_utf8_even_where_the_terminal_is_not(void **state)
{
	(void)state;
	struct text t = {0};

	encode_ascii_only(true);
	encode_html(&t, SLICE("ä"));
	encode_markdown(&t, SLICE("漢"));
	encode_ascii_only(false);
	assert_string_equal(t.p, "ä`漢`");
	text_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_html_text_has_no_markup_and_nothing_a_terminal_obeys),
	    cmocka_unit_test(the_five_characters_of_html_become_entities),
	    cmocka_unit_test(markdown_code_is_one_span_whatever_it_holds),
	    cmocka_unit_test(a_backtick_and_a_bar_in_markdown_code_are_shown_as_bytes),
	    cmocka_unit_test(a_sentence_in_markdown_keeps_its_words_and_has_no_markup),
	    cmocka_unit_test(pages_are_utf8_even_where_the_terminal_is_not),
	    cmocka_unit_test(what_a_terminal_shows_is_what_the_table_says),
	    cmocka_unit_test(each_single_byte_is_safe_for_a_terminal),
	    cmocka_unit_test(each_character_of_unicode_is_safe_for_a_terminal),
	    cmocka_unit_test(random_text_is_safe_for_a_terminal_and_has_the_width_it_says),
	    cmocka_unit_test(a_thousand_marks_on_one_letter_become_eight),
	    cmocka_unit_test(a_cell_is_cut_with_an_ellipsis_and_padded),
	    cmocka_unit_test(a_cell_never_exceeds_its_columns_and_a_padded_one_fills_them),
	    cmocka_unit_test(a_terminal_without_utf8_gets_ascii_but_files_stay_utf8),
	    cmocka_unit_test(json_is_valid_and_gives_every_byte_back),
	    cmocka_unit_test(json_is_spelt_as_the_contract_says),
	    cmocka_unit_test(json_made_by_sql_stays_but_for_bytes_that_hurt),
	    cmocka_unit_test(a_csv_field_cannot_be_a_formula),
	    cmocka_unit_test(csv_keeps_separators_quotes_and_newlines_in_one_field),
	    cmocka_unit_test(csv_shows_what_a_terminal_must_not_see_unless_raw),
	    cmocka_unit_test(random_csv_is_one_field_and_raw_csv_gives_every_byte_back),
	    cmocka_unit_test(a_shell_word_is_quoted_or_refused),
	    cmocka_unit_test(whole_numbers_are_written_to_their_limits),
	    cmocka_unit_test(a_text_grows_and_ends_in_nul_after_each_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
