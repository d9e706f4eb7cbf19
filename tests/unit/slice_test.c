#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../parsers/slice.h"

#define K0 0x0706050403020100
#define K1 0x0f0e0d0c0b0a0908

static void assert_folds(const char *from, const char *to)
{
	char out[64];
	struct slice got = slice_fold(slice_str(from), out, sizeof(out));

	assert_int_equal(got.n, strlen(to));
	assert_memory_equal(got.p, to, got.n);
	assert_true(slice_eq_fold(slice_str(from), slice_str(to)));
	assert_true(slice_eq_fold(slice_str(to), slice_str(from)));
}

static void ascii_letters_fold_and_nothing_else_of_ascii_does(void **state)
{
	(void)state;
	assert_folds("Chef@Firma.EXAMPLE", "chef@firma.example");
	assert_folds("@[`{|AZaz09", "@[`{|azaz09");
}

static void two_byte_letters_of_latin_greek_and_cyrillic_fold(void **state)
{
	(void)state;
	assert_folds("ÄÖÜÉØÞ", "äöüéøþ");
	assert_folds("ŁŽĀŠŸŐ", "łžāšÿő");
	assert_folds("ΑΩΆΉΌΎΣς", "αωάήόύσσ");
	assert_folds("АЯЁЂҐӀ", "аяёђґӏ");
}

static void letters_without_a_small_twin_of_the_same_length_stay(void **state)
{
	(void)state;
	assert_folds("×÷ßıİſ", "×÷ßıİſ");
	assert_folds("ẞＡ𝐀", "ẞＡ𝐀");
}

static void broken_utf8_stays_byte_for_byte(void **state)
{
	(void)state;
	assert_folds("\xC3", "\xC3");
	assert_folds("A\xC3Z", "a\xC3z");
	assert_folds("\xC1\x81\x84\xFF", "\xC1\x81\x84\xFF");
	assert_false(slice_eq_fold(SLICE("\xC1\x81"), SLICE("A")));
	assert_false(slice_eq_fold(SLICE("\xC1\x81"), SLICE("\xC1\xA1")));
}

static void folding_keeps_NUL_bytes_and_never_writes_beyond_cap(void **state)
{
	char out[4] = {'x', 'x', 'x', 'x'};
	struct slice got = slice_fold(SLICE("A\0B"), out, sizeof(out));

	(void)state;
	assert_true(slice_eq(got, SLICE("a\0b")));
	got = slice_fold(SLICE("AÄB"), out, 2);
	assert_int_equal(got.n, 2);
	assert_memory_equal(out,
	                    "a\xC3"
	                    "bx",
	                    4);
}

static void texts_of_other_length_or_letters_are_not_equal_when_folded(void **state)
{
	(void)state;
	assert_false(slice_eq_fold(SLICE("ab"), SLICE("abc")));
	assert_false(slice_eq_fold(SLICE("ab"), SLICE("ac")));
	assert_false(slice_eq_fold(SLICE("Ä"), SLICE("ö")));
	assert_true(slice_eq_fold(SLICE_NONE, SLICE("")));
}

/* The first is the published vector of the empty text; the rest are CPython 3.11's hash() of bytes, which is SipHash-1-3 too. */
static void the_hash_is_siphash_1_3(void **state)
{
	(void)state;
	assert_true(slice_hash(SLICE_NONE, K0, K1) == 0xabac0158050fc4dc);
	assert_true(slice_hash(SLICE("a"), 0, 0) == 0x407448d2b89b1813);
	assert_true(slice_hash(SLICE("postfix"), 0, 0) == 0xed135e2f01207c1f);
	assert_true(slice_hash(SLICE("postfix/"), 0, 0) == 0x46c4f9c2e092fc99);
	assert_true(slice_hash(SLICE("postfix/smtpd"), 0, 0) == 0x6c95c41183d3557b);
	assert_true(slice_hash(SLICE("0123456789abcdef"), 0, 0) == 0x1d42b30f7e060c24);
}

static void each_byte_and_the_length_and_the_key_change_the_hash(void **state)
{
	char text[40] = {0};

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		/* Exactly sized, so that a sanitizer sees any step beyond the end. */
		char *exact = malloc(n ? n : 1);
		uint64_t h;
		assert_non_null(exact);
		memcpy(exact, text, n);
		h = slice_hash(slice_of(exact, n), K0, K1);
		assert_true(h != slice_hash(slice_of(text, n + 1), K0, K1));
		assert_true(h != slice_hash(slice_of(text, n), K0 + 1, K1));
		assert_true(h != slice_hash(slice_of(text, n), K0, K1 + 1));
		for (size_t i = 0; i < n; i++) {
			exact[i] = 1;
			assert_true(h != slice_hash(slice_of(exact, n), K0, K1));
			exact[i] = 0;
		}
		free(exact);
	}
}

static void the_short_hash_knows_each_byte_the_length_and_the_key(void **state)
{
	char text[40];

	(void)state;
	for (size_t n = 0; n <= 33; n++) {
		char *exact = malloc(n + 1); /* what it reads beyond the text a sanitizer sees */
		memset(text, 'a', sizeof(text));
		assert_non_null(exact);
		memset(exact, 'a', n);
		char *end = realloc(exact, n ? n : 1);
		assert_non_null(end);
		uint64_t plain = slice_hash_short(slice_of(end, n), K0, K1);
		free(end);
		assert_true(plain == slice_hash_short(slice_of(text, n), K0, K1));
		assert_true(plain != slice_hash_short(slice_of(text, n + 1), K0, K1));
		assert_true(plain != slice_hash_short(slice_of(text, n), K0 + 1, K1));
		assert_true(plain != slice_hash_short(slice_of(text, n), K0, K1 + 2));
		for (size_t i = 0; i < n; i++) {
			text[i] = 'b';
			assert_true(plain != slice_hash_short(slice_of(text, n), K0, K1));
			text[i] = 'a';
		}
	}
}

static void texts_are_the_same_only_if_each_byte_is(void **state)
{
	char a[40], b[40];

	(void)state;
	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
	for (size_t n = 0; n <= 33; n++) {
		assert_true(slice_same(a, b, n));
		for (size_t i = 0; i < n; i++) {
			b[i] = 'y';
			assert_false(slice_same(a, b, n));
			b[i] = 'x';
		}
		b[n] = 'y';
		assert_true(slice_same(a, b, n));
		b[n] = 'x';
	}
}

static void a_long_text_is_found_behind_any_number_of_false_starts(void **state)
{
	char text[400];
	struct slice what = SLICE("aaaaaaaaaaaaaaaaaaaab");

	(void)state;
	for (size_t starts = 0; starts < 300; starts++) {
		memset(text, 'a', starts);
		memcpy(text + starts, what.p, what.n);
		struct slice s = slice_of(text, starts + what.n);
		assert_int_equal(slice_find(s, what), starts);
		s.n--;
		assert_int_equal(slice_find(s, what), -1);
	}
}

static void a_number_beyond_its_limit_is_no_number(void **state)
{
	struct slice s = SLICE("7x"), wraps = SLICE("18446744073709551616");
	uint64_t v = 0;

	(void)state;
	assert_false(slice_number(&s, 5, &v));
	assert_int_equal(s.n, 2);
	assert_true(slice_number(&s, 7, &v));
	assert_int_equal(v, 7);
	assert_true(slice_eq(s, SLICE("x")));
	assert_false(slice_number(&s, 7, &v));
	assert_false(slice_number(&wraps, UINT64_MAX, &v));
}

/* What follows the digits, or nothing, must not matter. */
static void a_number_is_read_to_its_last_digit_whatever_follows(void **state)
{
	char text[40];

	(void)state;
	for (size_t digits = 1; digits <= 19; digits++)
		for (size_t more = 0; more < 12; more++) {
			uint64_t v = 0, expected = 0;
			for (size_t i = 0; i < digits; i++) {
				text[i] = (char)('1' + i % 9);
				expected = expected * 10 + 1 + i % 9;
			}
			memset(text + digits, '/', more);
			struct slice s = slice_of(text, digits + more);
			assert_true(slice_number(&s, UINT64_MAX, &v));
			assert_int_equal(v, expected);
			assert_int_equal(s.n, more);
			s = slice_of(text, digits + more);
			assert_false(slice_number(&s, expected - 1, &v));
			assert_int_equal(s.n, digits + more);
		}
}

static void a_word_tells_its_digits_and_their_number(void **state)
{
	(void)state;
	assert_int_equal(slice_word_number(slice_word("12345678")), 12345678);
	assert_int_equal(slice_word_number(slice_word("\0\0\0"
	                                              "00042")),
	                 42);
	assert_true(slice_word_odd(slice_word("01234567")) == 0);
	assert_true(slice_word_odd(slice_word("0123/:\xb0"
	                                      "9")) == 0x0080808000000000);
	assert_true(slice_word_odd(slice_word("\xff\x00 [abc]")) == 0x8080808080808080);
}

static void the_absent_slice_may_be_asked_anything(void **state)
{
	struct slice none = SLICE_NONE;

	(void)state;
	assert_false(slice_is_set(slice_from(none, 3)));
	assert_true(slice_is_set(SLICE("")));
	assert_true(slice_starts(none, SLICE("")));
	assert_true(slice_ends(none, none));
	assert_int_equal(slice_find(none, SLICE("a")), -1);
	assert_int_equal(slice_chr(none, 'a'), -1);
	assert_false(slice_skip(&none, SLICE("a")));
}

/* Both ends of what is looked for stand everywhere. Blocks of their own, so that a sanitizer sees a read beyond them. */
static void a_text_is_found_at_every_place_among_false_starts(void **state)
{
	(void)state;
	for (size_t n = 1; n < 50; n++)
		for (size_t k = 3; k <= n && k < 20; k++) {
			char *text = malloc(n), what[20];
			assert_non_null(text);
			memset(what, 'x', sizeof what);
			what[k / 2] = 'y';
			memset(text, 'x', n);
			assert_int_equal(slice_find(slice_of(text, n), slice_of(what, k)), -1);
			for (size_t at = 0; at + k <= n; at++) {
				text[at + k / 2] = 'y';
				assert_int_equal(slice_find(slice_of(text, n), slice_of(what, k)), at);
				text[at + k / 2] = 'x';
			}
			free(text);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ascii_letters_fold_and_nothing_else_of_ascii_does),
	    cmocka_unit_test(two_byte_letters_of_latin_greek_and_cyrillic_fold),
	    cmocka_unit_test(letters_without_a_small_twin_of_the_same_length_stay),
	    cmocka_unit_test(broken_utf8_stays_byte_for_byte),
	    cmocka_unit_test(folding_keeps_NUL_bytes_and_never_writes_beyond_cap),
	    cmocka_unit_test(texts_of_other_length_or_letters_are_not_equal_when_folded),
	    cmocka_unit_test(the_hash_is_siphash_1_3),
	    cmocka_unit_test(each_byte_and_the_length_and_the_key_change_the_hash),
	    cmocka_unit_test(the_short_hash_knows_each_byte_the_length_and_the_key),
	    cmocka_unit_test(texts_are_the_same_only_if_each_byte_is),
	    cmocka_unit_test(a_long_text_is_found_behind_any_number_of_false_starts),
	    cmocka_unit_test(a_number_beyond_its_limit_is_no_number),
	    cmocka_unit_test(a_word_tells_its_digits_and_their_number),
	    cmocka_unit_test(the_absent_slice_may_be_asked_anything),
	    cmocka_unit_test(a_text_is_found_at_every_place_among_false_starts),
	    cmocka_unit_test(a_number_is_read_to_its_last_digit_whatever_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
