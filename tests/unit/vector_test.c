#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../parsers/vector.h"

#define LENGTHS 70

/* Text of its own block, so that a sanitizer sees a read beyond it. */
static struct slice block(size_t n, char fill)
{
	char *p = malloc(n ? n : 1);

	assert_non_null(p);
	memset(p, fill, n);
	return slice_of(p, n);
}

static void block_free(struct slice s)
{
	free((void *)(uintptr_t)s.p);
}

static char *at(struct slice s, size_t i)
{
	return (char *)(uintptr_t)s.p + i;
}

static vector is_digit(vector v)
{
	return vector_in(v, '0', '9');
}

static void a_byte_is_found_wherever_it_stands_in_texts_of_all_lengths(void **state)
{
	(void)state;
	for (size_t n = 0; n < LENGTHS; n++) {
		struct slice s = block(n, 'a');
		assert_int_equal(vector_find(s, ':'), n);
		for (size_t i = n; i-- > 0;) { /* each time before those that are there already */
			*at(s, i) = ':';
			assert_int_equal(vector_find(s, ':'), i);
		}
		block_free(s);
	}
}

static void of_two_bytes_the_first_is_found_whichever_it_is(void **state)
{
	(void)state;
	for (size_t n = 3; n < LENGTHS; n++) {
		struct slice s = block(n, '\xff');
		*at(s, n - 1) = ' ';
		*at(s, n / 2) = '[';
		assert_int_equal(vector_find_either(s, ' ', '['), n / 2);
		assert_int_equal(vector_find_either(s, '[', ' '), n / 2);
		assert_int_equal(vector_find_either(s, ' ', ' '), n - 1);
		block_free(s);
	}
}

static void a_span_ends_at_the_first_other_byte_or_with_the_last_whole_vector(void **state)
{
	(void)state;
	for (size_t n = 0; n < LENGTHS; n++) {
		struct slice s = block(n, '7');
		size_t whole = n - n % VECTOR_BYTES;
		assert_int_equal(vector_span(s, is_digit), whole);
		for (size_t i = 0; i < n; i++) {
			*at(s, i) = i % 2 ? '/' : ':'; /* the neighbours of the digits */
			assert_int_equal(vector_span(s, is_digit), i < whole ? i : whole);
			*at(s, i) = '0';
		}
		block_free(s);
	}
}

static void of_a_short_text_what_is_not_there_is_zero(void **state)
{
	(void)state;
	for (size_t n = 0; n < VECTOR_BYTES; n++) {
		struct slice s = block(n, 'a');
		for (size_t i = 0; i < n; i++)
			*at(s, i) = (char)(i + 1);
		vector v = vector_load_short(s.p, n);
		for (size_t i = 0; i < VECTOR_BYTES; i++)
			assert_int_equal(v[i], i < n ? i + 1 : 0);
		block_free(s);
	}
}

static void a_range_holds_its_ends_and_no_byte_beyond(void **state)
{
	(void)state;
	for (int from = 0; from < 256; from += 5)
		for (int to = from; to < 256; to += 7)
			for (int c = 0; c < 256; c++) {
				char text[VECTOR_BYTES];
				memset(text, c, sizeof text);
				unsigned mask = vector_mask(vector_in(vector_load(text), (char)from, (char)to));
				assert_int_equal(mask, c >= from && c <= to ? 0xffff : 0);
			}
}

/* What processors without a word for it do must be what the others do. */
static void the_portable_mask_is_the_processors_own(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits <= 0xffff; bits++) {
		char text[VECTOR_BYTES];
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = bits >> i & 1 ? 'x' : 'y';
		vector v = vector_is(vector_load(text), 'x');
		assert_int_equal(vector_mask(v), bits);
		assert_int_equal(vector_mask_portable(v), bits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_byte_is_found_wherever_it_stands_in_texts_of_all_lengths),
	    cmocka_unit_test(of_two_bytes_the_first_is_found_whichever_it_is),
	    cmocka_unit_test(a_span_ends_at_the_first_other_byte_or_with_the_last_whole_vector),
	    cmocka_unit_test(of_a_short_text_what_is_not_there_is_zero),
	    cmocka_unit_test(a_range_holds_its_ends_and_no_byte_beyond),
	    cmocka_unit_test(the_portable_mask_is_the_processors_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
