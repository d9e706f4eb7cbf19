/*
 * slice: borrowed text, a pointer and a length.
 *
 * A slice never owns anything and need not end in NUL. It lives as long as the
 * bytes it points into: for everything that comes out of a log line, until the
 * next line is read. Bytes are bytes: NUL, 8-bit and invalid UTF-8 included.
 * "Absent" is {NULL, 0}; "present and empty" has a pointer (see slice_is_set).
 */
#ifndef WB_SLICE_H
#define WB_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

#define SLICE_NONE ((struct slice){NULL, 0})
/* A string literal as a slice, without strlen. */
#define SLICE(lit) ((struct slice){"" lit, sizeof(lit) - 1})

static inline struct slice slice_of(const char *p, size_t n)
{
	return (struct slice){p, n};
}

/* From a C string; NULL gives the absent slice. */
static inline struct slice slice_str(const char *s)
{
	return s ? (struct slice){s, strlen(s)} : SLICE_NONE;
}

static inline bool slice_is_set(struct slice s)
{
	return s.p != NULL;
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	/* b is often a literal, whose length is known */
	return a.n == b.n && (b.n == 0 || memcmp(a.p, b.p, b.n) == 0);
}

static inline bool slice_starts(struct slice s, struct slice with)
{
	return s.n >= with.n && (with.n == 0 || memcmp(s.p, with.p, with.n) == 0);
}

static inline bool slice_ends(struct slice s, struct slice with)
{
	return s.n >= with.n && (with.n == 0 || memcmp(s.p + s.n - with.n, with.p, with.n) == 0);
}

/* Without its first k bytes; k beyond the end gives the empty slice at the end. */
static inline struct slice slice_from(struct slice s, size_t k)
{
	if (k > s.n)
		k = s.n;
	return (struct slice){k ? s.p + k : s.p, s.n - k}; /* NULL + 0 is undefined in C */
}

static inline struct slice slice_head(struct slice s, size_t k)
{
	return (struct slice){s.p, k < s.n ? k : s.n};
}

/* Offset of the first (last) byte c, or -1. */
static inline ptrdiff_t slice_chr(struct slice s, char c)
{
	const char *q = s.n ? memchr(s.p, c, s.n) : NULL;
	return q ? q - s.p : -1;
}

static inline ptrdiff_t slice_rchr(struct slice s, char c)
{
	const char *q = s.n ? memrchr(s.p, c, s.n) : NULL;
	return q ? q - s.p : -1;
}

/* Offset of the first place where `what` stands, or -1. */
ptrdiff_t slice_find(struct slice s, struct slice what);

/* If s starts with `with`, steps over it and says so. */
static inline bool slice_skip(struct slice *s, struct slice with)
{
	if (!slice_starts(*s, with))
		return false;
	*s = slice_from(*s, with.n);
	return true;
}

/* Eight bytes as one word, the first lowest; they must be there. */
static inline uint64_t slice_word(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/* The same of n bytes, fewer than eight; what is not there counts as zero. Loads may overlap: equal bits meet. */
static inline uint64_t slice_word_short(const char *p, size_t n)
{
	uint32_t low, high;

	if (n < 4)
		return n == 0 ? 0
		              : (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << n / 2 * 8 |
		                    (uint64_t)(unsigned char)p[n - 1] << (n - 1) * 8;
	memcpy(&low, p, sizeof low);
	memcpy(&high, p + n - 4, sizeof high);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	low = __builtin_bswap32(low);
	high = __builtin_bswap32(high);
#endif
	return low | (uint64_t)high << (n - 4) * 8;
}

/* Bits of which the lowest is the top bit of the first byte of a slice_word that is c; 0: none is. */
static inline uint64_t slice_word_find(uint64_t w, char c)
{
	uint64_t x = w ^ 0x0101010101010101 * (unsigned char)c;

	return (x - 0x0101010101010101) & ~x & 0x8080808080808080;
}

/* The top bit of each byte of a slice_word that is no decimal digit. */
static inline uint64_t slice_word_odd(uint64_t w)
{
	uint64_t x = w ^ 0x3030303030303030;

	return (((x & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676) | x) & 0x8080808080808080;
}

/* Are these n bytes the same? For lengths that only the running program knows: no call as of memcmp. */
static inline bool slice_same(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	if (n < 4) /* first, middle and last are all there are */
		return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
	if (n < 8)
		return memcmp(a, b, 4) == 0 && memcmp(a + n - 4, b + n - 4, 4) == 0;
	for (; i + 8 < n; i += 8)
		if (slice_word(a + i) != slice_word(b + i))
			return false;
	return slice_word(a + n - 8) == slice_word(b + n - 8);
}

/* The number that eight digits make, the first byte's the highest; zero bytes count as 0. */
static inline uint32_t slice_word_number(uint64_t w)
{
	w = (w & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
	w = (w & 0x00ff00ff00ff00ff) * 6553601 >> 16;
	return (uint32_t)((w & 0x0000ffff0000ffff) * 42949672960001 >> 32);
}

/*
 * Decimal digits at the start, stepping over them. False, and s unchanged, if
 * there is none or the number exceeds max: a number that wraps is no number
 * (faults.md H20).
 */
static inline bool slice_number(struct slice *s, uint64_t max, uint64_t *out)
{
	const size_t safe = 19; /* so many digits do not wrap */
	uint64_t odd = s->n >= 8 ? slice_word_odd(slice_word(s->p)) : 0, v = 0;
	size_t i = 0;

	if (odd && !(odd & 0x80)) { /* less than eight digits: one word has them */
		i = (size_t)__builtin_ctzll(odd) / 8;
		v = slice_word_number(slice_word(s->p) << (64 - 8 * i));
	} else {
		for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
			uint64_t d = (uint64_t)(s->p[i] - '0');
			if (i >= safe && v > (UINT64_MAX - d) / 10)
				return false;
			v = v * 10 + d;
		}
	}
	if (i == 0 || v > max)
		return false;
	*s = slice_from(*s, i);
	*out = v;
	return true;
}

/*
 * Case folding as mail needs it: ASCII, and the two-byte letters of Latin-1,
 * Latin Extended-A, Greek and Cyrillic in UTF-8; all else stays as it is. The
 * result has the input's length. Writes at most cap bytes, returns the slice
 * of `out` that was written (a longer input is cut: callers give enough room).
 */
struct slice slice_fold(struct slice s, char *out, size_t cap);

/* Equal after folding. */
bool slice_eq_fold(struct slice a, struct slice b);

/* 64-bit keyed hash (SipHash-1-3); key from hash_seed(). For tables in memory only, never stored. */
uint64_t slice_hash(struct slice s, uint64_t k0, uint64_t k1);

static inline uint64_t slice_mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * A keyed hash at a fifth of the price, for short texts. Who does not know the
 * key cannot fill one slot of a table, but equal hashes prove nothing: compare
 * the texts.
 */
static inline uint64_t slice_hash_short(struct slice s, uint64_t k0, uint64_t k1)
{
	uint64_t h = k0 ^ s.n, last = 0;
	size_t i = 0;

	for (; i + 8 < s.n; i += 8)
		h = slice_mix(h ^ slice_word(s.p + i), k1 | 1);
	if (s.n >= 8) /* over bytes that are in already */
		last = slice_word(s.p + s.n - 8);
	else
		for (; i < s.n; i++)
			last = last << 8 | (unsigned char)s.p[i];
	return slice_mix(h ^ last, k1 | 1);
}

#endif
