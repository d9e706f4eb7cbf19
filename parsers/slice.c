#include "vector.h"

#include <limits.h>

/* With more false starts than this within a text, slice_find's time would no longer be linear in the text alone. */
#define FIND_SHORT 16
#define FIND_STARTS 64

/* What begins and what ends the text that is looked for, at sixteen places at once. */
struct ends {
	vector first, last;
	size_t apart;
};

static inline unsigned places(const struct ends *e, const char *p)
{
	vector first = (vector)(vector_load(p) == e->first), last = (vector)(vector_load(p + e->apart) == e->last);

	return vector_mask(first & last);
}

static ptrdiff_t find_near(struct slice s, struct slice what)
{
	for (size_t i = 0; i + what.n <= s.n; i++)
		if (s.p[i] == what.p[0] && slice_same(s.p + i, what.p, what.n))
			return (ptrdiff_t)i;
	return -1;
}

/* memmem makes a table first, which costs more than all of a short text. */
static ptrdiff_t find_far(struct slice s, struct slice what)
{
	const char *q = memmem(s.p, s.n, what.p, what.n);

	return q ? q - s.p : -1;
}

static inline struct ends ends_of(struct slice what)
{
	return (struct ends){vector_of(what.p[0]), vector_of(what.p[what.n - 1]), what.n - 1};
}

/* On from s.p + at, of whose places one has proved to be none, and `found` are left. */
__attribute__((noinline)) static ptrdiff_t find_on(struct slice s, struct slice what, size_t at, unsigned found)
{
	const struct ends e = ends_of(what);
	const size_t last = s.n - what.n + 1 - VECTOR_BYTES;
	int starts = what.n > FIND_SHORT ? FIND_STARTS : INT_MAX;

	for (;;) {
		for (; found; found &= found - 1) {
			size_t i = at + vector_first(found);
			if (slice_same(s.p + i, what.p, what.n))
				return (ptrdiff_t)i;
			if (starts-- == 0)
				return find_far(s, what);
		}
		if (at == last)
			return -1;
		at = at + VECTOR_BYTES < last ? at + VECTOR_BYTES : last;
		found = places(&e, s.p + at);
	}
}

ptrdiff_t slice_find(struct slice s, struct slice what)
{
	if (s.n < what.n || s.n == 0)
		return -1;
	if (what.n == 0)
		return 0;
	size_t all = s.n - what.n + 1; /* places where it can stand */
	if (all < VECTOR_BYTES)
		return find_near(s, what);
	const struct ends e = ends_of(what);
	size_t last = all - VECTOR_BYTES, at = 0;
	unsigned found = 0;
	while (at < last && !(found = places(&e, s.p + at)))
		at += VECTOR_BYTES;
	if (at >= last) { /* reaches back over places that are done */
		at = last;
		if (!(found = places(&e, s.p + at)))
			return -1;
	}
	/* Mostly that is it; the rest is kept apart, lest each call should save its registers. */
	size_t i = at + vector_first(found);
	return slice_same(s.p + i, what.p, what.n) ? (ptrdiff_t)i : find_on(s, what, at, found & (found - 1));
}

/* Capitals whose small letter is as long: code points from..to in steps; small = capital + delta. */
struct fold_range {
	uint16_t from, to, step;
	int16_t delta;
};

static const struct fold_range fold_ranges[] = {
    {0x00B5, 0x00B5, 1, 775}, /* micro sign, as Unicode folds it */
    {0x00C0, 0x00D6, 1, 32},  {0x00D8, 0x00DE, 1, 32}, {0x0100, 0x012E, 2, 1},    {0x0132, 0x0136, 2, 1},
    {0x0139, 0x0147, 2, 1},   {0x014A, 0x0176, 2, 1},  {0x0178, 0x0178, 1, -121}, {0x0179, 0x017D, 2, 1},
    {0x0386, 0x0386, 1, 38},  {0x0388, 0x038A, 1, 37}, {0x038C, 0x038C, 1, 64},   {0x038E, 0x038F, 1, 63},
    {0x0391, 0x03A1, 1, 32},  {0x03A3, 0x03AB, 1, 32}, {0x03C2, 0x03C2, 1, 1}, /* final sigma */
    {0x0400, 0x040F, 1, 80},  {0x0410, 0x042F, 1, 32}, {0x0460, 0x0480, 2, 1},    {0x048A, 0x04BE, 2, 1},
    {0x04C0, 0x04C0, 1, 15},  {0x04C1, 0x04CD, 2, 1},  {0x04D0, 0x052E, 2, 1},
};

static unsigned fold_point(unsigned c)
{
	for (size_t i = 0; i < sizeof(fold_ranges) / sizeof(fold_ranges[0]); i++) {
		const struct fold_range *r = &fold_ranges[i];
		if (c < r->from)
			break;
		if (c <= r->to)
			return (c - r->from) % r->step == 0 ? (unsigned)((int)c + r->delta) : c;
	}
	return c;
}

static unsigned char fold_ascii(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

/* Folds the letter at p, of which `left` bytes may be read, into out; returns its bytes, 1 or 2. */
static size_t fold_letter(const char *p, size_t left, unsigned char out[2])
{
	unsigned char lead = (unsigned char)p[0];
	unsigned char next = left > 1 ? (unsigned char)p[1] : 0;
	unsigned c;

	if (lead < 0xC2 || lead > 0xDF || (next & 0xC0) != 0x80) {
		out[0] = fold_ascii(lead);
		return 1;
	}
	c = fold_point((lead & 0x1Fu) << 6 | (next & 0x3Fu));
	out[0] = (unsigned char)(0xC0 | c >> 6);
	out[1] = (unsigned char)(0x80 | (c & 0x3F));
	return 2;
}

/* Folds eight bytes at once if all are ASCII. */
static inline bool fold_word(uint64_t *w)
{
	uint64_t from_a, beyond_z;

	if (*w & 0x8080808080808080)
		return false;
	from_a = *w + 0x0101010101010101 * (0x80 - 'A');
	beyond_z = *w + 0x0101010101010101 * (0x7f - 'Z');
	*w |= ((from_a & ~beyond_z) & 0x8080808080808080) >> 2;
	return true;
}

static inline void word_store(char *p, uint64_t w)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	memcpy(p, &w, sizeof(w));
}

struct slice slice_fold(struct slice s, char *out, size_t cap)
{
	size_t n = s.n < cap ? s.n : cap;
	unsigned char letter[2];

	for (size_t i = 0; i < n;) {
		/* The last word reaches back over bytes that are done: folded twice they stay the same. */
		size_t at = i + 8 <= n ? i : n - 8;
		uint64_t w;
		if (n >= 8 && (w = slice_word(s.p + at), fold_word(&w))) {
			word_store(out + at, w);
			i = at + 8;
			continue;
		}
		size_t k = fold_letter(s.p + i, s.n - i, letter);
		out[i++] = (char)letter[0];
		if (k == 2 && i < n)
			out[i++] = (char)letter[1];
	}
	return slice_of(out, n);
}

bool slice_eq_fold(struct slice a, struct slice b)
{
	unsigned char la[2], lb[2];

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n;) {
		uint64_t wa, wb;
		if (i + 8 <= a.n && (wa = slice_word(a.p + i), fold_word(&wa)) &&
		    (wb = slice_word(b.p + i), fold_word(&wb))) {
			if (wa != wb)
				return false;
			i += 8;
			continue;
		}
		size_t k = fold_letter(a.p + i, a.n - i, la);
		if (k != fold_letter(b.p + i, b.n - i, lb) || memcmp(la, lb, k) != 0)
			return false;
		i += k;
	}
	return true;
}

struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t turn(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static inline void sip_round(struct sip *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = turn(s->b, 13) ^ s->a;
	s->d = turn(s->d, 16) ^ s->c;
	s->a = turn(s->a, 32) + s->d;
	s->c += s->b;
	s->d = turn(s->d, 21) ^ s->a;
	s->b = turn(s->b, 17) ^ s->c;
	s->c = turn(s->c, 32);
}

static inline void sip_eat(struct sip *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	s->a ^= word;
}

uint64_t slice_hash(struct slice s, uint64_t k0, uint64_t k1)
{
	struct sip v = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
	                k1 ^ 0x7465646279746573};
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8)
		sip_eat(&v, slice_word(s.p + i));
	sip_eat(&v, slice_word_short(i ? s.p + i : s.p, s.n - i) | (uint64_t)s.n << 56);
	v.c ^= 0xff;
	sip_round(&v);
	sip_round(&v);
	sip_round(&v);
	return v.a ^ v.b ^ v.c ^ v.d;
}
