/*
 * vector: sixteen bytes of text looked at in one step. The compiler makes of it
 * what the processor has; only the mask, for which C has no word, is spelt for
 * one (SSE2), and put together from two words for all others.
 */
#ifndef WB_VECTOR_H
#define WB_VECTOR_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "slice.h"

#define VECTOR_BYTES 16

/* Each byte by itself; a comparison leaves 255 where it holds, else 0. */
typedef unsigned char vector __attribute__((vector_size(VECTOR_BYTES)));
typedef signed char vector_signed __attribute__((vector_size(VECTOR_BYTES)));

/* Sixteen bytes that must be there. */
static inline vector vector_load(const char *p)
{
	vector v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* Of n bytes, fewer than sixteen; what is not there counts as zero. */
static inline vector vector_load_short(const char *p, size_t n)
{
	uint64_t w[2] = {n < 8 ? slice_word_short(p, n) : slice_word(p), n > 8 ? slice_word_short(p + 8, n - 8) : 0};
	vector v;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w[0] = __builtin_bswap64(w[0]);
	w[1] = __builtin_bswap64(w[1]);
#endif
	memcpy(&v, w, sizeof v);
	return v;
}

/* Sixteen times the same. */
static inline vector vector_of(char c)
{
	return (vector){0} + (unsigned char)c;
}

/* Where is it this byte? */
static inline vector vector_is(vector v, char c)
{
	return (vector)(v == vector_of(c));
}

/* Where is it one of from..to, which are not all there are? Moved to the top of the signed numbers, they are above one bound. */
static inline vector vector_in(vector v, char from, char to)
{
	vector moved = v + (unsigned char)(127 - (unsigned char)to);
	vector bound = vector_of((char)(126 - ((unsigned char)to - (unsigned char)from)));

	return (vector)((vector_signed)moved > (vector_signed)bound);
}

static inline unsigned vector_mask_portable(vector v)
{
	const uint64_t low = 0x0101010101010101, gather = 0x0102040810204080;
	char b[VECTOR_BYTES];

	memcpy(b, &v, sizeof b);
	return (unsigned)((slice_word(b) & low) * gather >> 56) | (unsigned)((slice_word(b + 8) & low) * gather >> 56)
	                                                              << 8;
}

/* Of what a comparison left: bit i is set where byte i holds. */
static inline unsigned vector_mask(vector v)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8((__m128i)v);
#else
	return vector_mask_portable(v);
#endif
}

/* The number of the lowest set bit; there must be one. */
static inline size_t vector_first(unsigned mask)
{
	return (size_t)__builtin_ctz(mask);
}

/* Are these n bytes the same? There must be sixteen at least. */
static inline bool vector_same(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i + VECTOR_BYTES < n; i += VECTOR_BYTES)
		if (vector_mask((vector)(vector_load(a + i) == vector_load(b + i))) != 0xffff)
			return false;
	a += n - VECTOR_BYTES;
	b += n - VECTOR_BYTES;
	return vector_mask((vector)(vector_load(a) == vector_load(b))) == 0xffff;
}

/*
 * Where one of two bytes stands first in s, or s.n: for places so near that a
 * call of memchr would cost more than the search. The last step reaches back
 * over bytes that are done, rather than beyond the end.
 */
static inline size_t vector_find_either(struct slice s, char a, char b)
{
	size_t at = 0;
	unsigned found;

	if (s.n < VECTOR_BYTES) {
		while (at < s.n && s.p[at] != a && s.p[at] != b)
			at++;
		return at;
	}
	for (size_t last = s.n - VECTOR_BYTES;; at += VECTOR_BYTES) {
		at = at < last ? at : last;
		vector v = vector_load(s.p + at);
		if ((found = vector_mask(vector_is(v, a) | vector_is(v, b))))
			return at + vector_first(found);
		if (at == last)
			return s.n;
	}
}

static inline size_t vector_find(struct slice s, char c)
{
	return vector_find_either(s, c, c);
}

/* How many bytes s begins with to which `is` says yes, as far as whole vectors go. */
static inline size_t vector_span(struct slice s, vector (*is)(vector))
{
	size_t at = 0;

	for (; at + VECTOR_BYTES <= s.n; at += VECTOR_BYTES) {
		unsigned mask = ~vector_mask(is(vector_load(s.p + at)));
		size_t n = vector_first(mask); /* the bits above a vector's are set now */
		if (n < VECTOR_BYTES)
			return at + n;
	}
	return at;
}

/*
 * The same of the last bytes of a text, fewer than a vector's, before which
 * `back` bytes of it can be read. 0 as well if there are not enough of these.
 */
static inline size_t vector_span_last(struct slice s, size_t back, vector (*is)(vector))
{
	if (s.n >= VECTOR_BYTES || s.n + back < VECTOR_BYTES)
		return 0;
	size_t before = VECTOR_BYTES - s.n;
	return vector_first(~vector_mask(is(vector_load(s.p - before))) >> before);
}

/* The same of all of a text, if as much can be read before it as its end wants; else as far as whole vectors go. */
static inline size_t vector_span_all(struct slice s, size_t back, vector (*is)(vector))
{
	size_t n = vector_span(s, is);

	if (s.n - n < VECTOR_BYTES)
		n += vector_span_last(slice_of(s.p + n, s.n - n), back + n, is);
	return n;
}

/* Letters, digits, dot, dash, underscore: most of what names and addresses are made of. */
static inline vector vector_is_name(vector v)
{
	vector small = v | 0x20;

	return vector_in(small, 'a', 'z') | (vector_in(v, '-', '9') & ~vector_is(v, '/')) | vector_is(v, '_');
}

#endif
