#include "punycode.h"

#include "../parsers/utf8.h"

/* RFC 3492, section 5. */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128 };

#define LABEL 64 /* characters of a label that we convert; DNS allows 63 bytes */
#define NAME 254 /* bytes of a name that we convert */

struct label {
	uint32_t c[LABEL];
	uint32_t n;
};

struct out {
	char *p;
	size_t n, cap;
	bool full;
};

static void put(struct out *o, struct slice s)
{
	if (s.n >= o->cap - o->n)
		o->full = true;
	if (o->full || s.n == 0)
		return;
	memcpy(o->p + o->n, s.p, s.n);
	o->n += s.n;
}

static void put_byte(struct out *o, unsigned c)
{
	char byte = (char)c;

	put(o, slice_of(&byte, 1));
}

static void put_utf8(struct out *o, uint32_t c)
{
	if (c < 0x80) {
		put_byte(o, c);
		return;
	}
	int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	put_byte(o, (0xff00u >> (more + 1) & 0xff) | c >> (6 * more));
	while (more--)
		put_byte(o, 0x80 | (c >> (6 * more) & 0x3f));
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
	return k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
}

static uint32_t digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0') + 26;
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a');
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	return BASE;
}

/* One number of variable length, added to *i. */
static bool decode_number(struct slice *in, uint32_t bias, uint32_t *i)
{
	uint64_t w = 1, sum = *i;

	for (uint32_t k = BASE;; k += BASE) {
		if (in->n == 0)
			return false;
		uint32_t d = digit_of(in->p[0]), t = threshold(k, bias);
		*in = slice_from(*in, 1);
		sum += d * w;
		if (d >= BASE || sum > UINT32_MAX)
			return false;
		if (d < t)
			break;
		w *= BASE - t;
		if (w > UINT32_MAX)
			return false;
	}
	*i = (uint32_t)sum;
	return true;
}

/* What stands behind `xn--`. */
static bool decode(struct slice in, struct label *l)
{
	ptrdiff_t dash = slice_rchr(in, '-');
	uint32_t n = FIRST, i = 0, bias = BIAS;

	l->n = 0;
	if (in.n >= LABEL)
		return false;
	for (ptrdiff_t k = 0; k < dash; k++)
		l->c[l->n++] = (unsigned char)in.p[k];
	in = slice_from(in, (size_t)(dash + 1));
	while (in.n) {
		uint32_t old = i;
		if (!decode_number(&in, bias, &i) || l->n == LABEL)
			return false;
		bias = adapt(i - old, l->n + 1, old == 0);
		if (i / (l->n + 1) > 0x10ffff - n)
			return false;
		n += i / (l->n + 1);
		i %= l->n + 1;
		memmove(&l->c[i + 1], &l->c[i], (l->n - i) * sizeof l->c[0]);
		l->c[i++] = n;
		l->n++;
	}
	return l->n > 0;
}

/* Not one that a screen would hide or turn around, and no ASCII in disguise. */
static bool presentable(const struct label *l)
{
	bool beyond = false;

	for (uint32_t i = 0; i < l->n; i++) {
		if ((l->c[i] >= 0xd800 && l->c[i] < 0xe000) || utf8_width(l->c[i]) == UTF8_HIDDEN)
			return false;
		beyond |= l->c[i] >= 0x80;
	}
	return beyond;
}

static void put_encoded_number(struct out *o, uint32_t q, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = threshold(k, bias), d = q < t ? q : t + (q - t) % (BASE - t);
		put_byte(o, d < 26 ? 'a' + d : '0' + d - 26);
		if (q < t)
			return;
		q = (q - t) / (BASE - t);
	}
}

static uint32_t least_from(const struct label *l, uint32_t n)
{
	uint32_t m = UINT32_MAX;

	for (uint32_t i = 0; i < l->n; i++)
		if (l->c[i] >= n && l->c[i] < m)
			m = l->c[i];
	return m;
}

/* At most 63 characters below 0x110000: no sum reaches 2^32. */
static void put_encoded(struct out *o, const struct label *l)
{
	uint32_t n = FIRST, delta = 0, bias = BIAS, basic = 0;

	put(o, SLICE("xn--"));
	for (uint32_t i = 0; i < l->n; i++)
		if (l->c[i] < FIRST) {
			put_byte(o, l->c[i]);
			basic++;
		}
	if (basic)
		put_byte(o, '-');
	for (uint32_t done = basic; done < l->n; n++, delta++) {
		uint32_t m = least_from(l, n);
		delta += (m - n) * (done + 1);
		n = m;
		for (uint32_t i = 0; i < l->n; i++) {
			delta += l->c[i] < n;
			if (l->c[i] != n)
				continue;
			put_encoded_number(o, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
}

static bool characters(struct slice s, struct label *l)
{
	for (l->n = 0; s.n; l->n++) {
		size_t used = l->n < LABEL - 1 ? utf8_decode(s, &l->c[l->n]) : 0;
		if (used == 0)
			return false;
		s = slice_from(s, used);
	}
	return true;
}

static struct slice next_label(struct slice *name)
{
	ptrdiff_t dot = slice_chr(*name, '.');
	struct slice label = dot < 0 ? *name : slice_head(*name, (size_t)dot);

	*name = slice_from(*name, label.n);
	return label;
}

/* Each label by itself, the dots between them as they are. False if one could not be converted. */
static bool convert(struct slice name, struct out *o, bool (*one)(struct slice, struct out *))
{
	while (name.n) {
		if (!one(next_label(&name), o))
			return false;
		if (name.n) {
			put_byte(o, '.');
			name = slice_from(name, 1);
		}
	}
	return !o->full;
}

static bool label_to_unicode(struct slice label, struct out *o)
{
	struct label l;

	if (label.n < 4 || !slice_eq_fold(slice_head(label, 4), SLICE("xn--"))) {
		put(o, label);
		return true;
	}
	if (!decode(slice_from(label, 4), &l) || !presentable(&l))
		return false;
	for (uint32_t i = 0; i < l.n; i++)
		put_utf8(o, l.c[i]);
	return true;
}

static bool label_to_ascii(struct slice label, struct out *o)
{
	struct label l;

	for (size_t i = 0; i < label.n; i++)
		if ((unsigned char)label.p[i] >= 0x80) {
			if (!characters(label, &l))
				return false;
			put_encoded(o, &l);
			return true;
		}
	put(o, label);
	return true;
}

const char *punycode_both(struct slice name, char *buf, size_t cap)
{
	struct out o = {.p = buf, .cap = cap};
	bool other = name.n < NAME && slice_find(name, SLICE("xn--")) >= 0 && convert(name, &o, label_to_unicode);

	if (other && !slice_eq(slice_of(buf, o.n), name)) {
		put(&o, SLICE(" ("));
		put(&o, name);
		put(&o, SLICE(")"));
	}
	if (!other || o.full) {
		o = (struct out){.p = buf, .cap = cap};
		put(&o, slice_head(name, cap - 1));
	}
	buf[o.n] = '\0';
	return buf;
}

bool punycode_ascii(struct slice name, char *buf, size_t cap)
{
	struct out o = {.p = buf, .cap = cap};

	if (name.n >= NAME || !convert(name, &o, label_to_ascii))
		return false;
	buf[o.n] = '\0';
	return true;
}
