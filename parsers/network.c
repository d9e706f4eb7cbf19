#include "network.h"

#include <arpa/inet.h>

#define V4_BITS 96 /* bits in front of an IPv4 address in its v4-mapped form */

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool ip_is_v4(const struct ip *a)
{
	return memcmp(a->b, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool digit_at(const char *p, const char *end, unsigned *d)
{
	return p < end && (*d = (unsigned)(unsigned char)*p - '0') <= 9;
}

/* A decimal octet without leading zeros; *at moves behind it. A fourth digit is left to whoever wants something else there. */
__attribute__((always_inline)) static inline bool octet_parse(const char **at, const char *end, uint8_t *octet)
{
	const char *p = *at;
	unsigned v, d;

	if (!digit_at(p, end, &v))
		return false;
	if (digit_at(++p, end, &d)) {
		if (v == 0)
			return false;
		v = v * 10 + d;
		if (digit_at(++p, end, &d)) {
			v = v * 10 + d;
			p++;
		}
	}
	*octet = (uint8_t)v;
	*at = p;
	return v <= 255;
}

/* Four octets as inet_pton reads them, at a fraction of its price: a log has millions. */
static bool v4_parse(struct slice s, uint8_t octet[4])
{
	const char *p = s.p, *end;

	if (s.n == 0)
		return false;
	end = p + s.n;
	for (int i = 0; i < 3; i++)
		if (!octet_parse(&p, end, &octet[i]) || p == end || *p++ != '.')
			return false;
	return octet_parse(&p, end, &octet[3]) && p == end;
}

/* Apart, so that the others need not make room for it. */
__attribute__((noinline)) static bool v6_parse(struct slice s, struct ip *out)
{
	char text[INET6_ADDRSTRLEN];
	struct ip ip;

	if (s.n == 0 || s.n >= sizeof(text) || slice_chr(s, '\0') >= 0)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET6, text, ip.b) != 1)
		return false;
	*out = ip;
	return true;
}

/* Refused are zero-padded octets (octal to some), zone ids, ports. */
bool ip_parse(struct slice s, struct ip *out)
{
	uint8_t octet[4];

	if (!v4_parse(s, octet))
		return v6_parse(s, out);
	memcpy(out->b, v4_prefix, sizeof(v4_prefix));
	memcpy(out->b + sizeof(v4_prefix), octet, sizeof octet);
	return true;
}

static char *number_text(char *p, unsigned v)
{
	if (v >= 100)
		*p++ = (char)('0' + v / 100);
	if (v >= 10)
		*p++ = (char)('0' + v / 10 % 10);
	*p++ = (char)('0' + v % 10);
	return p;
}

size_t ip_text(const struct ip *a, char buf[IP_TEXT])
{
	char *p = buf;

	if (!ip_is_v4(a)) {
		inet_ntop(AF_INET6, a->b, buf, IP_TEXT);
		return strlen(buf);
	}
	for (size_t i = sizeof(v4_prefix); i < sizeof(a->b); i++) {
		p = number_text(p, a->b[i]);
		*p++ = '.';
	}
	*--p = '\0';
	return (size_t)(p - buf);
}

/* The address without the bits beyond the length. */
static struct ip masked(const struct ip *a, unsigned bits)
{
	struct ip out = {{0}};

	memcpy(out.b, a->b, bits / 8);
	if (bits % 8)
		out.b[bits / 8] = (uint8_t)(a->b[bits / 8] & (0xff << (8 - bits % 8)));
	return out;
}

/* `24` and nothing else: no sign, no blank, no leading zero. */
static bool length_parse(struct slice s, unsigned max, unsigned *bits)
{
	uint64_t n;

	if (s.n > 1 && s.p[0] == '0')
		return false;
	if (!slice_number(&s, max, &n) || s.n > 0)
		return false;
	*bits = (unsigned)n;
	return true;
}

/*
 * Takes the brackets off. Postfix reads `[addr]/len`, `[addr/len]` and
 * `[addr]`; the second becomes `addr/len`, the first leaves "/len" in *tail.
 */
static bool unbracket(struct slice *s, struct slice *tail)
{
	ptrdiff_t end;

	*tail = SLICE_NONE;
	if (!slice_skip(s, SLICE("[")))
		return true;
	end = slice_chr(*s, ']');
	if (end < 0)
		return false;
	*tail = slice_from(*s, (size_t)end + 1);
	*s = slice_head(*s, (size_t)end);
	return tail->n == 0 || (tail->p[0] == '/' && slice_chr(*s, '/') < 0);
}

bool network_parse(struct slice s, struct network *out)
{
	struct slice tail, length = SLICE_NONE;
	struct network n;
	struct ip plain;
	unsigned max, bits;
	ptrdiff_t slash;

	if (!unbracket(&s, &tail))
		return false;
	slash = slice_chr(s, '/');
	if (slash >= 0) {
		length = slice_from(s, (size_t)slash + 1);
		s = slice_head(s, (size_t)slash);
	} else if (tail.n > 0) {
		length = slice_from(tail, 1);
	}
	if (!ip_parse(s, &n.ip))
		return false;
	/* The spelling decides: `::ffff:192.0.2.0/120` counts from the left of the long form. */
	max = slice_chr(s, ':') >= 0 ? 128 : 32;
	bits = max;
	if (slice_is_set(length) && !length_parse(length, max, &bits))
		return false;
	n.bits = (uint8_t)(bits + 128 - max);
	plain = masked(&n.ip, n.bits);
	if (!ip_eq(&n.ip, &plain))
		return false;
	*out = n;
	return true;
}

static bool network_is_v4(const struct network *n)
{
	return n->bits >= V4_BITS && ip_is_v4(&n->ip);
}

/* Half an address as a number, its first byte the highest. */
static inline uint64_t half(const uint8_t b[8])
{
	return __builtin_bswap64(slice_word((const char *)b));
}

static inline bool halves_in(const struct network *n, uint64_t high, uint64_t low, bool v4)
{
	unsigned bits = n->bits;
	uint64_t high_mask = bits >= 64 ? UINT64_MAX : ~(UINT64_MAX >> bits);
	uint64_t low_mask = bits >= 128 ? UINT64_MAX : bits > 64 ? ~(UINT64_MAX >> (bits - 64)) : 0;

	return (high & high_mask) == half(n->ip.b) && (low & low_mask) == half(n->ip.b + 8) && network_is_v4(n) == v4;
}

/* Families never mix (grammar 8.5): that `::/0` spans the v4-mapped ones is our form's doing. */
bool network_has(const struct network *n, const struct ip *a)
{
	return halves_in(n, half(a->b), half(a->b + 8), ip_is_v4(a));
}

struct network network_around(const struct ip *a)
{
	struct network n = {.bits = ip_is_v4(a) ? V4_BITS + 24 : 64};

	n.ip = masked(a, n.bits);
	return n;
}

size_t network_text(const struct network *n, char buf[NETWORK_TEXT])
{
	char *p = buf + ip_text(&n->ip, buf);

	*p++ = '/';
	p = number_text(p, network_is_v4(n) ? n->bits - V4_BITS : n->bits);
	*p = '\0';
	return (size_t)(p - buf);
}

#define V4(a, b, c, d, len)                                        \
	{                                                          \
		{{[10] = 0xff, 0xff, a, b, c, d}}, V4_BITS + (len) \
	}

static const struct network loopback[] = {
    V4(127, 0, 0, 0, 8),
    {{{[15] = 1}}, 128},
};

static const struct network private_use[] = {
    V4(10, 0, 0, 0, 8),    V4(172, 16, 0, 0, 12), V4(192, 168, 0, 0, 16), V4(169, 254, 0, 0, 16), /* link-local */
    V4(100, 64, 0, 0, 10), /* carrier's NAT, RFC 6598 */
    {{{0xfc}}, 7},         {{{0xfe, 0x80}}, 10},
};

static bool any_has(const struct network *n, size_t count, const struct ip *a)
{
	uint64_t high = half(a->b), low = half(a->b + 8);
	bool v4 = ip_is_v4(a);

	for (size_t i = 0; i < count; i++)
		if (halves_in(&n[i], high, low, v4))
			return true;
	return false;
}

bool ip_is_loopback(const struct ip *a)
{
	return any_has(loopback, sizeof(loopback) / sizeof(loopback[0]), a);
}

bool ip_is_private(const struct ip *a)
{
	return ip_is_loopback(a) || any_has(private_use, sizeof(private_use) / sizeof(private_use[0]), a);
}
