/* What smtpd asks a table for, one key after the other, for a sender and for a client. */

#include "access_i.h"

#define ADDRESS_MAX 2048 /* Postfix's own limit for a line, and so for an address */

/* An address in its internal form: no quotes, case folded. */
struct address {
	char text[ADDRESS_MAX];
	size_t n, at; /* at: where its last @ stands */
};

static struct slice whole(const struct address *a)
{
	return slice_of(a->text, a->n);
}

static struct slice domain_of(const struct address *a)
{
	return slice_from(whole(a), a->at + 1);
}

/*
 * Takes quotes and backslashes off the local part (unquote_822_local()). False
 * if it is too long. *bare: an @ outside quotes was there.
 */
static bool unquote(struct slice s, struct address *out, bool *bare)
{
	bool quoted = false;
	size_t from = 0;

	*bare = false;
	out->n = 0;
	if (s.n > sizeof(out->text))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '@' && !quoted) {
			*bare = true;
			out->at = out->n;
			from = i;
		} else if (c == '\\') {
			if (i + 1 == s.n)
				continue;
			c = s.p[++i];
		}
		out->text[out->n++] = c;
	}
	if (!*bare)
		return true;
	out->n = out->at + s.n - from;
	memcpy(out->text + out->at, s.p + from, s.n - from);
	return true;
}

/* Postfix puts $myorigin behind an address without a domain before it looks it up. */
static bool add_origin(struct address *a, struct slice origin)
{
	if (origin.n == 0 || origin.n >= sizeof(a->text) - a->n)
		return false;
	a->at = a->n;
	a->text[a->n++] = '@';
	memcpy(a->text + a->n, origin.p, origin.n);
	a->n += origin.n;
	return true;
}

/* NULL, or why the address cannot be looked up. */
static const char *resolve(struct slice sender, const struct access_options *o, struct address *out)
{
	bool bare;

	if (!unquote(sender, out, &bare))
		return "the address is too long";
	if (!bare && !add_origin(out, o->origin))
		return "no domain in the address: Postfix adds its $myorigin";
	/* The resolver drops one dot at the end, but not the second of two. */
	if (out->n > out->at + 2 && out->text[out->n - 1] == '.' && out->text[out->n - 2] != '.')
		out->n--;
	slice_fold(whole(out), out->text, sizeof(out->text));
	return NULL;
}

static bool is_special(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f || strchr("()<>@,;:\\\"[]", c);
}

/* Can this local part stand without quotes? 8-bit text can. */
static bool is_dot_string(struct slice local)
{
	if (local.n == 0 || local.p[0] == '.' || local.p[local.n - 1] == '.' || slice_find(local, SLICE("..")) >= 0)
		return false;
	for (size_t i = 0; i < local.n; i++)
		if (is_special(local.p[i]))
			return false;
	return true;
}

/* local, and then rest, in quotes if need be (quote_822_local()). */
static struct slice quote(struct slice local, struct slice rest, char buf[ACCESS_KEY_MAX])
{
	size_t n = 0;

	buf[n++] = '"';
	for (size_t i = 0; i < local.n; i++) {
		if (local.p[i] == '"' || local.p[i] == '\\' || local.p[i] == '\r')
			buf[n++] = '\\';
		buf[n++] = local.p[i];
	}
	buf[n++] = '"';
	memcpy(buf + n, rest.p, rest.n);
	return slice_of(buf, n + rest.n);
}

_Static_assert(ACCESS_KEY_MAX >= 2 * ADDRESS_MAX + 3, "a quoted address fits");

/* The address quoted, then, if that is something else, as it is. */
static enum access_answer find_address(const struct access *a, struct slice local, struct slice rest,
                                       struct access_hit *hit)
{
	char buf[ACCESS_KEY_MAX];
	enum access_answer answer;

	if (!is_dot_string(local)) {
		answer = access_get(a, quote(local, rest, buf), hit);
		if (answer != ACCESS_NONE)
			return answer;
	}
	memcpy(buf, local.p, local.n);
	memcpy(buf + local.n, rest.p, rest.n);
	return access_get(a, slice_of(buf, local.n + rest.n), hit);
}

/* Where the extension begins, or the local part's length; some names have none (split_addr()). */
static size_t extension(struct slice local, struct slice delimiters)
{
	static const struct slice whole_names[] = {SLICE("postmaster"), SLICE("mailer-daemon"), SLICE("double-bounce")};

	for (size_t i = 0; i < sizeof(whole_names) / sizeof(whole_names[0]); i++)
		if (slice_eq(local, whole_names[i]))
			return local.n;
	if (slice_chr(delimiters, '-') >= 0 &&
	    (slice_starts(local, SLICE("owner-")) || (local.n > 8 && slice_ends(local, SLICE("-request")))))
		return local.n;
	for (size_t i = 0; i < local.n; i++)
		if (slice_chr(delimiters, local.p[i]) >= 0)
			return i > 0 ? i : local.n;
	return local.n;
}

/* The next key after this name: what follows its first dot, with the dot in the other style. Empty: no more. */
static struct slice parent_of(struct slice name, bool parents)
{
	ptrdiff_t dot = name.n > 0 ? slice_chr(slice_from(name, 1), '.') : -1;

	return dot < 0 ? SLICE_NONE : slice_from(name, (size_t)dot + (parents ? 2 : 1));
}

static enum access_answer find_domains(const struct access *a, struct slice name, bool parents, struct access_hit *hit)
{
	enum access_answer answer = ACCESS_NONE;

	for (; name.n > 0 && answer == ACCESS_NONE; name = parent_of(name, parents))
		answer = access_get(a, name, hit);
	return answer;
}

/* Everything but the whole address: tables with an index only. */
static enum access_answer find_parts(const struct access *a, const struct address *ad, const struct access_options *o,
                                     struct access_hit *hit)
{
	struct slice local = slice_head(whole(ad), ad->at), rest = slice_from(whole(ad), ad->at);
	struct slice plain = slice_head(local, extension(local, o->delimiters));
	enum access_answer answer = ACCESS_NONE;

	if (plain.n < local.n)
		answer = find_address(a, plain, rest, hit);
	if (answer == ACCESS_NONE)
		answer = find_domains(a, domain_of(ad), o->parents, hit);
	if (answer == ACCESS_NONE)
		answer = find_address(a, local, SLICE("@"), hit);
	if (answer == ACCESS_NONE && plain.n < local.n)
		answer = find_address(a, plain, SLICE("@"), hit);
	return answer;
}

enum access_answer access_find_sender(const struct access *a, struct slice sender, const struct access_options *o,
                                      struct access_hit *hit)
{
	struct address ad;
	enum access_answer answer;
	const char *why;

	if (sender.n == 0)
		return access_get(a, o->null_key, hit);
	why = resolve(sender, o, &ad);
	if (why) {
		hit->key = hit->action = SLICE_NONE;
		return access_unsure(hit, why, 0);
	}
	answer = find_address(a, slice_head(whole(&ad), ad.at), slice_from(whole(&ad), ad.at), hit);
	return answer == ACCESS_NONE && access_takes_parts(a) ? find_parts(a, &ad, o, hit) : answer;
}

/* The name, then its parents; a name that is an address has none. */
static enum access_answer find_name(const struct access *a, struct slice name, bool parents, struct access_hit *hit)
{
	enum access_answer answer = access_get(a, name, hit);
	struct ip ip;

	if (answer != ACCESS_NONE || !access_takes_parts(a) || ip_parse(name, &ip))
		return answer;
	return find_domains(a, parent_of(name, parents), parents, hit);
}

/* `192.0.2.7`, `192.0.2`, `192.0`, `192`; `2001:db8::1`, `2001:db8:`, `2001:db8`, `2001`. */
static enum access_answer find_networks(const struct access *a, struct slice ip, struct access_hit *hit)
{
	char delimiter = slice_chr(ip, ':') >= 0 ? ':' : '.';
	enum access_answer answer = access_get(a, ip, hit);
	ptrdiff_t end;

	while (answer == ACCESS_NONE && access_takes_parts(a) && (end = slice_rchr(ip, delimiter)) >= 0) {
		ip = slice_head(ip, (size_t)end);
		answer = access_get(a, ip, hit);
	}
	return answer;
}

enum access_answer access_find_client(const struct access *a, struct slice name, struct slice ip,
                                      const struct access_options *o, struct access_hit *hit)
{
	char text[IP_TEXT];
	struct ip parsed;
	enum access_answer answer;

	if (name.n == 0)
		name = SLICE("unknown");
	/* smtpd knows a v4-mapped client by its IPv4 address, and any other by its shortest text. */
	if (ip_parse(ip, &parsed))
		ip = slice_of(text, ip_text(&parsed, text));
	answer = find_name(a, name, o->parents, hit);
	return answer == ACCESS_NONE ? find_networks(a, ip, hit) : answer;
}
