#include "pool.h"

#include <stdlib.h>

#define HOST_CAP (POOL_HOST_MAX + 1)

/* Decimal digits of a host name, as many as stand together. */
struct digits {
	const char *at;
	size_t n;
	int value;   /* -1 for more than three digits */
	bool joined; /* one separator stands between these and the digits before */
};

#define DIGITS_MAX (HOST_CAP / 2 + 1)

static size_t digits_find(const char *host, struct digits out[DIGITS_MAX])
{
	const char *p = host, *before = NULL;
	size_t count = 0;

	while (p += strcspn(p, "0123456789"), *p) {
		struct digits d = {.at = p, .n = strspn(p, "0123456789"), .value = -1};

		if (d.n <= 3)
			d.value = atoi(p);
		d.joined = before && p == before + 1 && strchr("-._x", *before);
		out[count++] = d;
		before = p += d.n;
	}
	return count;
}

/* Do n octets stand in the name one after the other, with at least min digits in all? */
static bool digits_have(const struct digits *d, size_t count, const uint8_t *octet, size_t n, size_t min)
{
	for (size_t i = 0; i + n <= count; i++) {
		size_t k = 0, total = 0;

		while (k < n && d[i + k].value == octet[k] && (k == 0 || d[i + k].joined))
			total += d[i + k++].n;
		if (k == n && total >= min)
			return true;
	}
	return false;
}

/* Words with which providers name the lines and machines of their customers. */
static const struct slice pool_words[] = {
    SLICE("adsl"),   SLICE("broadband"), SLICE("cable"),     SLICE("client"),      SLICE("clients"), SLICE("cpe"),
    SLICE("cust"),   SLICE("customer"),  SLICE("customers"), SLICE("dhcp"),        SLICE("dial"),    SLICE("dialin"),
    SLICE("dialup"), SLICE("dip"),       SLICE("dsl"),       SLICE("dyn"),         SLICE("dynamic"), SLICE("dynip"),
    SLICE("fiber"),  SLICE("fttb"),      SLICE("ftth"),      SLICE("gprs"),        SLICE("home"),    SLICE("host"),
    SLICE("ip"),     SLICE("lte"),       SLICE("mobile"),    SLICE("modem"),       SLICE("nat"),     SLICE("pool"),
    SLICE("pools"),  SLICE("ppp"),       SLICE("pppoe"),     SLICE("residential"), SLICE("sdsl"),    SLICE("static"),
    SLICE("umts"),   SLICE("user"),      SLICE("users"),     SLICE("vdsl"),        SLICE("vps"),     SLICE("vserver"),
    SLICE("wlan"),   SLICE("xdsl"),
};

static bool is_pool_word(struct slice word)
{
	for (size_t i = 0; i < sizeof(pool_words) / sizeof(pool_words[0]); i++)
		if (slice_eq(word, pool_words[i]))
			return true;
	return false;
}

/* What one label says: a pool word, the last octet, and whether it is digits only. */
struct label {
	bool word, octet, bare;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* The bytes at the start for which `is` holds; steps over them. */
static struct slice take(struct slice *s, bool (*is)(char))
{
	struct slice run = slice_head(*s, 0);

	while (run.n < s->n && is(s->p[run.n]))
		run.n++;
	*s = slice_from(*s, run.n);
	return run;
}

static struct label label_read(struct slice s, uint8_t octet)
{
	struct label l = {.bare = true};
	uint64_t value;

	while (s.n > 0) {
		struct slice digits = take(&s, is_digit);
		struct slice word = take(&s, is_letter);

		if (digits.n > 0 && digits.n <= 3 && slice_number(&digits, 999, &value))
			l.octet |= value == octet;
		l.word |= is_pool_word(word);
		l.bare &= word.n == 0;
		if (s.n > 0 && !is_digit(s.p[0])) {
			s = slice_from(s, 1);
			l.bare = false;
		}
	}
	return l;
}

/*
 * One octet alone proves little (out12 may have .12 by chance): it counts in a
 * label with a pool word (dyn-149), or as a label of its own beside one (149.dyn).
 */
static bool is_pool_member(const char *host, uint8_t octet)
{
	struct slice rest = slice_str(host);
	bool words = false, bare = false;

	while (rest.n > 0) {
		ptrdiff_t dot = slice_chr(rest, '.');
		struct slice one = dot < 0 ? rest : slice_head(rest, (size_t)dot);
		struct label l = label_read(one, octet);

		if (l.word && l.octet)
			return true;
		words |= l.word;
		bare |= l.bare && l.octet;
		rest = slice_from(rest, one.n + 1);
	}
	return words && bare;
}

/* Four digits or more: a pair such as 1-2 is found in too many honest names. */
#define PAIR_DIGITS 4

/* The octets one after the other, each with so many digits of this base. */
static void octets_text(const uint8_t octet[4], unsigned base, size_t width, char text[16])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 4; i++) {
		unsigned v = octet[i];
		for (size_t k = width; k-- > 0; v /= base)
			text[i * width + k] = digits[v % base];
	}
	text[4 * width] = '\0';
}

static bool has_ip4_digits(const char *host, const uint8_t ip[4])
{
	const uint8_t back[4] = {ip[3], ip[2], ip[1], ip[0]};
	struct digits d[DIGITS_MAX];
	size_t n = digits_find(host, d);
	char text[4][16];

	if (digits_have(d, n, ip, 4, 0) || digits_have(d, n, back, 4, 0) || digits_have(d, n, ip + 2, 2, PAIR_DIGITS) ||
	    digits_have(d, n, back, 2, PAIR_DIGITS))
		return true;
	octets_text(ip, 10, 3, text[0]);
	octets_text(back, 10, 3, text[1]);
	octets_text(ip, 16, 2, text[2]);
	octets_text(back, 16, 2, text[3]);
	for (size_t i = 0; i < 4; i++)
		if (strstr(host, text[i]))
			return true;
	return is_pool_member(host, ip[3]);
}

/* IPv6: the usual text with - for :, or all 32 hex digits in either direction, dotted or not. */
static bool has_ip6_digits(const char *host, const struct ip *ip)
{
	static const char hex[] = "0123456789abcdef";
	char text[IP_TEXT], close[HOST_CAP], fore[33] = "", back[33] = "";
	size_t n = 0;

	for (size_t i = 0; i < 32; i++) {
		fore[i] = hex[ip->b[i / 2] >> (i % 2 ? 0 : 4) & 15];
		back[31 - i] = fore[i];
	}
	for (const char *p = host; *p; p++)
		if (*p != '.' && *p != '-')
			close[n++] = *p;
	close[n] = '\0';
	ip_text(ip, text);
	for (char *p = text; *p; p++)
		if (*p == ':')
			*p = '-';
	return strstr(host, text) || strstr(close, fore) || strstr(close, back);
}

bool pool_has_ip(const char *host, const struct ip *ip)
{
	return ip_is_v4(ip) ? has_ip4_digits(host, ip->b + 12) : has_ip6_digits(host, ip);
}
