#include "network.h"

#include <arpa/inet.h>
#include <stdio.h>

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

/* inet_pton refuses what we must: zero-padded octets (octal to some), zone ids, ports. */
bool ip_parse(struct slice s, struct ip *out)
{
	char text[INET6_ADDRSTRLEN];
	struct ip ip;

	if (s.n == 0 || s.n >= sizeof(text) || slice_chr(s, '\0') >= 0)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, ip.b + sizeof(v4_prefix)) == 1)
		memcpy(ip.b, v4_prefix, sizeof(v4_prefix));
	else if (inet_pton(AF_INET6, text, ip.b) != 1)
		return false;
	*out = ip;
	return true;
}

size_t ip_text(const struct ip *a, char buf[IP_TEXT])
{
	if (ip_is_v4(a))
		inet_ntop(AF_INET, a->b + sizeof(v4_prefix), buf, IP_TEXT);
	else
		inet_ntop(AF_INET6, a->b, buf, IP_TEXT);
	return strlen(buf);
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

/* Families never mix (grammar 8.5): that `::/0` spans the v4-mapped ones is our form's doing. */
bool network_has(const struct network *n, const struct ip *a)
{
	struct ip part = masked(a, n->bits);

	return network_is_v4(n) == ip_is_v4(a) && ip_eq(&part, &n->ip);
}

struct network network_around(const struct ip *a)
{
	struct network n = {.bits = ip_is_v4(a) ? V4_BITS + 24 : 64};

	n.ip = masked(a, n.bits);
	return n;
}

size_t network_text(const struct network *n, char buf[NETWORK_TEXT])
{
	size_t len = ip_text(&n->ip, buf);
	int bits = network_is_v4(n) ? n->bits - V4_BITS : n->bits;

	return len + (size_t)snprintf(buf + len, NETWORK_TEXT - len, "/%d", bits);
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
	for (size_t i = 0; i < count; i++)
		if (network_has(&n[i], a))
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
