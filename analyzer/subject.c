#include "subject.h"

#include <stdio.h>

#include "../parsers/utf8.h"
#include "msg.h"
#include "punycode.h"

static const char *const kind_names[] = {
#define X(id, name) [SUBJECT_##id] = name,
    SUBJECT_KINDS(X)
#undef X
};

const char *subject_kind_name(enum subject_kind k)
{
	return kind_names[k];
}

struct complaint {
	char *why;
	size_t cap;
};

static bool wrong(struct complaint *c, const char *why)
{
	snprintf(c->why, c->cap, "%s", why);
	return false;
}

/* Letters that a person can see, in UTF-8: what was pasted with something hidden in it would match nothing. */
static bool visible(struct slice s)
{
	uint32_t code;

	while (s.n) {
		size_t n = utf8_decode(s, &code);
		if (n == 0 || utf8_width(code) == UTF8_HIDDEN)
			return false;
		s = slice_from(s, n);
	}
	return true;
}

static void set_text(struct subject *out, enum subject_kind kind, struct slice text)
{
	struct slice folded = slice_fold(text, out->text, sizeof out->text - 1);

	out->text[folded.n] = '\0';
	out->kind = kind;
}

/* ------------------------------------------------------------------- each kind */

static bool parse_sender(struct slice s, struct subject *out, struct complaint *c)
{
	if (slice_starts(s, SLICE("<")) && slice_ends(s, SLICE(">")) && s.n > 1)
		s = slice_of(s.p + 1, s.n - 2);
	while (slice_ends(s, SLICE(".")))
		s.n--;
	if (s.n == 0)
		return wrong(c, "the null sender: a rule on the sender's domain never sees it");
	if (slice_ends(s, SLICE("@")))
		return wrong(c, "an address has a domain behind its @");
	set_text(out, SUBJECT_SENDER, s);
	return true;
}

/* Labels of letters, digits, - and _, or beyond ASCII; at most 253 bytes. */
static bool is_name(struct slice s)
{
	char last = '.';

	for (size_t i = 0; i < s.n; last = s.p[i++]) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
		if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && (c != '.' || last == '.'))
			return false;
	}
	return s.n > 0 && s.n <= 253 && last != '.';
}

static bool parse_name(struct slice s, enum subject_kind kind, struct subject *out, struct complaint *c)
{
	if (slice_ends(s, SLICE(".")))
		s.n--;
	if (slice_starts(s, SLICE(".")))
		return wrong(c, "a name stands without the dot in front; what is below it is meant too");
	if (!is_name(s))
		return wrong(c, "neither an address nor a network nor a domain's name");
	set_text(out, kind, s);
	return true;
}

static bool parse_domain(struct slice s, struct subject *out, struct complaint *c)
{
	slice_skip(&s, SLICE("@"));
	return parse_name(s, SUBJECT_DOMAIN, out, c);
}

static bool parse_ip(struct slice s, struct subject *out, struct complaint *c)
{
	char text[IP_TEXT];

	if (slice_chr(s, '/') >= 0 || !network_parse(s, &out->net))
		return wrong(c, "not an IP address");
	out->net.bits = 128;
	set_text(out, SUBJECT_IP, slice_of(text, ip_text(&out->net.ip, text)));
	return true;
}

static bool covers_v4_and_v6(const struct network *n)
{
	static const struct network all_v4 = {{{[10] = 0xff, 0xff}}, 96};

	for (unsigned i = 0; i < n->bits && i < 96; i++)
		if ((n->ip.b[i / 8] ^ all_v4.ip.b[i / 8]) & 0x80 >> i % 8)
			return false;
	return n->bits < 96;
}

/* Is it the length, or the bits beyond it? Whatever parses without its tail is an address. */
static const char *network_trouble(struct slice s)
{
	struct network n;
	ptrdiff_t slash = slice_chr(s, '/');
	uint64_t bits;
	struct slice address = slice_head(s, (size_t)slash), length = slice_from(s, (size_t)slash + 1);

	if (!network_parse(address, &n))
		return "not a network: there is no address before the /";
	if (!slice_number(&length, slice_chr(address, ':') >= 0 ? 128 : 32, &bits) || length.n)
		return "not a network: the length behind the / is none";
	return "not a network: bits are set beyond its length (it would say another one than you mean)";
}

static bool parse_network(struct slice s, struct subject *out, struct complaint *c)
{
	char text[NETWORK_TEXT];

	if (slice_chr(s, '/') < 0)
		return wrong(c, "a network has a length: 192.0.2.0/24");
	if (!network_parse(s, &out->net))
		return wrong(c, network_trouble(s));
	if (out->net.bits == 128)
		return parse_ip(slice_of(text, ip_text(&out->net.ip, text)), out, c);
	if (out->net.bits == 0 || (out->net.bits == 96 && ip_is_v4(&out->net.ip)))
		return wrong(c, "all addresses: that is no exception but the end of the rule");
	if (covers_v4_and_v6(&out->net))
		return wrong(c, "an IPv6 network so wide that IPv4 is part of it");
	set_text(out, SUBJECT_NETWORK, slice_of(text, network_text(&out->net, text)));
	return true;
}

static bool looks_like_network(struct slice s)
{
	struct network n;

	return slice_chr(s, '/') >= 0 || network_parse(s, &n);
}

static bool parse_net(struct slice s, struct subject *out, struct complaint *c)
{
	return slice_chr(s, '/') >= 0 ? parse_network(s, out, c) : parse_ip(s, out, c);
}

/* Kind `source` is for those that have a name; the others are their address or network. */
static bool parse_source(struct slice s, struct subject *out, struct complaint *c)
{
	return looks_like_network(s) ? parse_net(s, out, c) : parse_name(s, SUBJECT_SOURCE, out, c);
}

/* ------------------------------------------------------------------ what was typed */

static struct slice trimmed(struct slice s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = slice_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* What the database knows of the name decides; if it knows nothing, only a source makes sense. */
static void look_up(struct reader *r, struct subject *out, bool bare)
{
	char ascii[SUBJECT_TEXT];
	bool other = punycode_ascii(slice_str(out->text), ascii, sizeof ascii);
	struct query_param params[] = {{"name", slice_str(out->text), 0, false},
	                               {"ascii", slice_str(other ? ascii : out->text), 0, false}};
	struct query *q = query_new(r, SQL_READ_VERDICT_KNOWN, params, 2);

	if (!query_row(q))
		msg_bug("a select without a row");
	bool source = !query_is_null(q, 0), domain = query_number(q, 1);
	if (source)
		set_text(out, SUBJECT_SOURCE, query_text(q, 0));
	else if (bare && domain)
		out->kind = SUBJECT_DOMAIN;
	out->also_domain = bare && source && domain;
	out->guessed = bare && !source && !domain;
	if (out->guessed && !query_is_null(q, 2))
		snprintf(out->near, sizeof out->near, "%.*s", (int)query_text(q, 2).n, query_text(q, 2).p);
	query_free(q);
}

static const struct {
	struct slice prefix;
	bool (*parse)(struct slice s, struct subject *out, struct complaint *c);
} prefixes[] = {
    {{"sender:", 7}, parse_sender}, {{"ip:", 3}, parse_ip},         {{"network:", 8}, parse_network},
    {{"source:", 7}, parse_source}, {{"domain:", 7}, parse_domain},
};

static bool parse_bare(struct slice s, struct subject *out, struct complaint *c)
{
	if (slice_starts(s, SLICE("@")))
		return parse_domain(s, out, c);
	if (slice_starts(s, SLICE("<")) || slice_chr(s, '@') >= 0)
		return parse_sender(s, out, c);
	return parse_source(s, out, c);
}

bool subject_parse(struct reader *r, struct slice typed, struct subject *out, char *why, size_t cap)
{
	struct complaint c = {why, cap};
	struct slice s = trimmed(typed);
	bool (*parse)(struct slice, struct subject *, struct complaint *) = parse_bare;

	*out = (struct subject){0};
	if (s.n == 0)
		return wrong(&c, "empty: name a source, an address, a network or a domain");
	if (s.n >= SUBJECT_TEXT)
		return wrong(&c, "too long");
	if (!visible(s))
		return wrong(&c, "it has characters that cannot be seen, or is no UTF-8");
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (slice_starts(s, prefixes[i].prefix)) {
			parse = prefixes[i].parse;
			s = slice_from(s, prefixes[i].prefix.n);
			break;
		}
	if (!parse(s, out, &c))
		return false;
	if (out->kind == SUBJECT_SOURCE)
		look_up(r, out, parse == parse_bare);
	return true;
}

bool subject_of_source(struct slice name, struct subject *out)
{
	char why[128];
	struct complaint c = {why, sizeof why};

	*out = (struct subject){0};
	return parse_source(name, out, &c);
}

bool subject_of_row(struct slice kind, struct slice text, struct subject *out)
{
	char why[128];
	struct complaint c = {why, sizeof why};

	*out = (struct subject){0};
	if (text.n >= SUBJECT_TEXT)
		return false;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (slice_eq(kind, slice_head(prefixes[i].prefix, prefixes[i].prefix.n - 1)))
			return prefixes[i].parse(text, out, &c);
	return false;
}

/* ---------------------------------------------------------------- for the database */

void subject_range(const struct subject *s, uint8_t buf[32], struct slice *low, struct slice *high)
{
	*low = *high = SLICE_NONE;
	if (s->kind != SUBJECT_IP && s->kind != SUBJECT_NETWORK)
		return;
	memcpy(buf, s->net.ip.b, 16);
	memcpy(buf + 16, s->net.ip.b, 16);
	for (unsigned i = s->net.bits; i < 128; i++)
		buf[16 + i / 8] |= (uint8_t)(0x80 >> i % 8);
	*low = slice_of((const char *)buf, 16);
	*high = slice_of((const char *)buf + 16, 16);
}

int subject_bits(const struct subject *s)
{
	return s->kind == SUBJECT_IP || s->kind == SUBJECT_NETWORK ? s->net.bits : 0;
}

void subject_params(const struct subject *s, uint8_t buf[32], struct query_param params[SUBJECT_PARAMS])
{
	struct slice low, high;

	subject_range(s, buf, &low, &high);
	params[0] = (struct query_param){.name = "kind", .text = slice_str(kind_names[s->kind])};
	params[1] = (struct query_param){.name = "subject", .text = slice_str(s->text)};
	params[2] = (struct query_param){.name = "low", .text = low, .null = !slice_is_set(low)};
	params[3] = (struct query_param){.name = "high", .text = high, .null = !slice_is_set(high)};
}
