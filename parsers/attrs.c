#include "attrs.h"

#include "shapes.h"
#include "vector.h"

/* Of the reply that a `reject:` shows, smtpd logs no more (grammar 1.7). */
#define REPLY_MAX 510

/* ------------------------------------------------------------------ pieces */

/*
 * What is left of a line. ended: it came to its end where the grammar goes on,
 * so that this may be the beginning of something longer.
 */
struct cursor {
	struct slice s;
	bool ended;
};

/* The line is shorter than the word: does it end within it? */
__attribute__((noinline)) static void word_ended(struct cursor *c, struct slice w)
{
	if (slice_same(w.p, c->s.p, c->s.n))
		c->ended = true;
}

/* Inline for the literals' sake: with a length that the compiler knows no memcmp is called. */
__attribute__((always_inline)) static inline bool word(struct cursor *c, struct slice w)
{
	if (slice_skip(&c->s, w))
		return true;
	if (c->s.n < w.n)
		word_ended(c, w);
	return false;
}

/*
 * What each byte may stand in. A local part: without blank, brackets and the
 * other bytes that Postfix quotes it for (quote_822_local.c). A domain: `?` is
 * what Postfix makes of a byte it will not log. A table, made by the compiler,
 * since every address of a log goes through it byte by byte.
 */
enum { IN_LOCAL = 1, IN_DOMAIN = 2, IN_LITERAL = 4, IN_TOKEN = 8, IN_HELO = 16 };

#define ANGLED(c) ((c) == '<' || (c) == '>')
#define SPECIAL(c) ((c) == '(' || (c) == ')' || ANGLED(c) || (c) == '@' || (c) == ';' || (c) == '\\' || (c) == '"')
#define LOCAL(c) ((c) > ' ' && (c) != 0x7f && !SPECIAL(c) && (c) != ',' && (c) != ':' && (c) != '[' && (c) != ']')
#define DOMAIN(c)                                                                                             \
	((c) >= 0x80 || (c) == '.' || (c) == '-' || (c) == '_' || (c) == '?' || ((c) >= '0' && (c) <= '9') || \
	 ((c) >= 'A' && (c) <= 'Z') || ((c) >= 'a' && (c) <= 'z'))
#define BITS(c)                                                                                                 \
	((LOCAL(c) ? IN_LOCAL : 0) | (DOMAIN(c) ? IN_DOMAIN : 0) | (DOMAIN(c) || (c) == ':' ? IN_LITERAL : 0) | \
	 ((c) != ' ' && !ANGLED(c) ? IN_TOKEN : 0) | ((c) != ' ' && !SPECIAL(c) ? IN_HELO : 0))
#define BITS4(c) BITS(c), BITS((c) + 1), BITS((c) + 2), BITS((c) + 3)
#define BITS16(c) BITS4(c), BITS4((c) + 4), BITS4((c) + 8), BITS4((c) + 12)
#define BITS64(c) BITS16(c), BITS16((c) + 16), BITS16((c) + 32), BITS16((c) + 48)

static const uint8_t bits_of[256] = {BITS64(0), BITS64(64), BITS64(128), BITS64(192)};

/* How many bytes of this class s begins with. */
static inline size_t span(struct slice s, uint8_t class)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i + 4 <= s.n && (bits_of[p[i]] & bits_of[p[i + 1]] & bits_of[p[i + 2]] & bits_of[p[i + 3]] & class))
		i += 4;
	while (i < s.n && (bits_of[p[i]] & class))
		i++;
	return i;
}

/* `"...\"..."` with the first quote at s[0]; 0 if it never ends. */
static size_t quoted_span(struct slice s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return 0;
}

static bool local_part(struct cursor *c)
{
	if (c->s.n && c->s.p[0] == '"') {
		size_t n = quoted_span(c->s);
		c->ended |= n == 0;
		c->s = slice_from(c->s, n);
		return n > 0;
	}
	c->s = slice_from(c->s, span(c->s, IN_LOCAL));
	return true;
}

/* A host name, or an address in square brackets. */
static bool domain(struct cursor *c)
{
	bool literal = slice_skip(&c->s, SLICE("["));

	c->s = slice_from(c->s, span(c->s, literal ? IN_LITERAL : IN_DOMAIN));
	return !literal || word(c, SLICE("]"));
}

/*
 * The same; all classes have what names are made of, and before `end` there is
 * no need to ask the table. Of the text before s `back` bytes can be read, too.
 */
static inline size_t span_name(struct slice s, size_t back, uint8_t class, char end)
{
	size_t n = vector_span_all(s, back, vector_is_name);

	if (n < s.n && s.p[n] != end)
		n += span(slice_of(s.p + n, s.n - n), class);
	return n;
}

/*
 * Length of the `<LOCAL@DOMAIN>` or `<LOCAL>` that s begins with, if there is
 * nothing in it but an `@` and what names are made of, as in most; else 0.
 */
static inline size_t named_address(struct slice s)
{
	bool in_domain = false;

	if (s.n == 0 || s.p[0] != '<')
		return 0;
	for (size_t at = 1; at + VECTOR_BYTES <= s.n; at += VECTOR_BYTES) {
		unsigned other = vector_mask(~vector_is_name(vector_load(s.p + at)));
		for (; other; other &= other - 1) {
			size_t n = at + vector_first(other);
			if (s.p[n] == '>')
				return n + 1;
			if (s.p[n] != '@' || in_domain)
				return 0;
			in_domain = true;
		}
	}
	return 0;
}

/* Any. */
__attribute__((noinline)) static bool odd_address(struct cursor *c, struct slice *value)
{
	if (!word(c, SLICE("<")))
		return false;
	const char *start = c->s.p;
	if (!local_part(c) || (slice_skip(&c->s, SLICE("@")) && !domain(c)) || !word(c, SLICE(">")))
		return false;
	*value = slice_of(start, (size_t)(c->s.p - 1 - start));
	return true;
}

static inline bool address(struct cursor *c, struct slice *value)
{
	size_t n = named_address(c->s);

	if (n == 0)
		return odd_address(c, value);
	*value = slice_of(c->s.p + 1, n - 2);
	c->s = slice_of(c->s.p + n, c->s.n - n);
	return true;
}

static bool attrs_odd_address(struct slice *s, struct slice *value)
{
	struct cursor c = {*s, false};

	if (!odd_address(&c, value))
		return false;
	*s = c.s;
	return true;
}

bool attrs_address(struct slice *s, struct slice *value)
{
	size_t n = named_address(*s);

	if (n == 0)
		return attrs_odd_address(s, value);
	*value = slice_of(s->p + 1, n - 2);
	*s = slice_of(s->p + n, s->n - n);
	return true;
}

/* An attribute that may be missing; `KEY=` without a value is none. */
static void token(struct cursor *c, struct slice key, struct slice *value)
{
	struct cursor t = *c;

	if (word(&t, key)) {
		size_t n = span(t.s, IN_TOKEN);
		t.ended |= t.s.n == 0;
		if (n) {
			*value = slice_head(t.s, n);
			c->s = slice_from(t.s, n);
		}
	}
	c->ended |= t.ended;
}

static bool proto(struct cursor *c, bool needed, struct attrs *a)
{
	if (!word(c, SLICE(" proto=")))
		return !needed;
	const char *start = c->s.p;
	if (!word(c, SLICE("ESMTP")) && !word(c, SLICE("SMTP")))
		return false;
	a->proto = slice_of(start, (size_t)(c->s.p - start));
	return true;
}

/* ` helo=<H>` as smtpd logs it after having defused the name; may be missing. */
static bool helo(struct cursor *c, struct attrs *a)
{
	if (!word(c, SLICE(" helo=<")))
		return true;
	const size_t back = sizeof "; helo=<" - 1; /* there is more, mostly */
	struct slice value = slice_head(c->s, span_name(c->s, back, IN_HELO, '>'));

	c->s = slice_from(c->s, value.n);
	if (!word(c, SLICE(">")))
		return false;
	a->helo = value;
	return true;
}

/* What is left may be the rest of a user name with blanks (2.7.4 d): nothing else can stand there. */
static void login(struct cursor *c, struct attrs *a)
{
	struct slice sender;

	if (c->s.n == 0) { /* nearly always */
		c->ended = true;
		return;
	}
	token(c, SLICE(" sasl_method="), &a->sasl_method);
	token(c, SLICE(" sasl_username="), &a->sasl_username);
	token(c, SLICE(" sasl_sender="), &sender);
}

/* ` sasl_username=<U>`; the user has proved a password, so his name may hold anything but an end. */
static void login_milter(struct cursor *c, struct attrs *a)
{
	struct cursor t = *c;

	if (!word(&t, SLICE(" sasl_username=<"))) {
		c->ended |= t.ended;
	} else if (slice_ends(t.s, SLICE(">"))) {
		a->sasl_username = slice_head(t.s, t.s.n - 1);
		c->s = slice_from(t.s, t.s.n);
	} else {
		c->ended = true;
	}
}

/* -------------------------------------------------------------------- tails */

static const struct grammar {
	bool proto_needed;
	void (*login)(struct cursor *c, struct attrs *a);
	bool text_behind; /* `: TEXT` may follow */
	bool name_first;  /* the text before it begins with `CODE DSN <NAME>`, and NAME is the client's */
} grammars[] = {
    [ATTRS_SMTPD] = {true, login, false, true},
    [ATTRS_MILTER] = {true, login_milter, false, false},
    [ATTRS_CLEANUP] = {false, NULL, true, false},
    [ATTRS_CLEANUP_MILTER] = {false, NULL, false, false},
};

/* As what the text from some `;` on can be read, if as a tail at all. */
enum fit {
	FIT_NONE,
	FIT_CUT,   /* it may be the beginning of one */
	FIT_LOOSE, /* whole, if the user's name has blanks (2.7.4 d) */
	FIT_WHOLE
};

static bool tail_parts(struct cursor *c, const struct grammar *g, struct attrs *a)
{
	if (!word(c, SLICE(";")) || (word(c, SLICE(" from=")) && !address(c, &a->from)) ||
	    (word(c, SLICE(" to=")) && !address(c, &a->to)) || !proto(c, g->proto_needed, a) || !helo(c, a))
		return false;
	if (g->login)
		g->login(c, a);
	if (g->text_behind && word(c, SLICE(": "))) {
		a->after = c->s;
		c->s = slice_from(c->s, c->s.n);
	}
	return true;
}

static enum fit tail_end(struct slice s, const struct grammar *g, struct attrs *a)
{
	struct cursor c = {s, false};
	bool parts = tail_parts(&c, g, a);

	if (parts && c.s.n == 0)
		return FIT_WHOLE;
	if (c.ended)
		return FIT_CUT;
	if (!parts || c.s.p[0] != ' ' || g->login != login || !slice_is_set(a->sasl_username))
		return FIT_NONE;
	a->sasl_username.n = (size_t)(s.p + s.n - a->sasl_username.p);
	return FIT_LOOSE;
}

/* Field by field: for the whole struct gcc takes a slow string instruction. */
static inline void attrs_clear(struct attrs *a)
{
	a->text = SLICE_NONE;
	a->from = SLICE_NONE;
	a->to = SLICE_NONE;
	a->proto = SLICE_NONE;
	a->helo = SLICE_NONE;
	a->sasl_method = SLICE_NONE;
	a->sasl_username = SLICE_NONE;
	a->after = SLICE_NONE;
	a->suspect = a->truncated = false;
}

static enum fit tail(struct slice s, const struct grammar *g, struct attrs *a)
{
	attrs_clear(a);
	enum fit fit = tail_end(s, g, a);
	if (fit != FIT_CUT)
		return fit;
	/* a `;` and the half of a key may be anybody's */
	bool begun = slice_starts(s, SLICE("; from=<")) || slice_starts(s, SLICE("; to=<")) ||
	             slice_starts(s, SLICE("; proto="));
	return begun ? FIT_CUT : FIT_NONE;
}

/* What `CODE DSN ` is made of. */
static inline vector is_code(vector v)
{
	return (vector_in(v, '.', '9') & ~vector_is(v, '/')) | vector_is(v, ' ');
}

/*
 * Where the NAME that a reply begins with ends at the earliest: a `;` before
 * that is the client's, unless the reply was cut within the name.
 */
static size_t name_end(struct slice s)
{
	size_t i = vector_span(s, is_code);

	while (i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.' || s.p[i] == ' '))
		i++;
	if (i >= s.n || s.p[i] != '<')
		return 0;
	size_t n = vector_find(s, '>');
	return n < REPLY_MAX ? n : REPLY_MAX;
}

/* The readings of a text: how many there are of each fit, and the offset of the `;` of the first. */
struct readings {
	int n[FIT_WHOLE + 1];
	size_t at[FIT_WHOLE + 1];
	size_t held; /* that which was read last */
};

static enum fit read_at(struct slice s, const struct grammar *g, size_t at, struct attrs *a)
{
	enum fit fit = tail(slice_from(s, at), g, a);

	a->text = slice_head(s, at);
	return fit;
}

/* The first reading of this fit; what was read last is in *a still. */
static void take_first(struct slice s, const struct grammar *g, const struct readings *r, enum fit fit, struct attrs *a)
{
	if (r->held != r->at[fit])
		read_at(s, g, r->at[fit], a);
}

/*
 * Linear, though each `;` is tried: outside a quoted string a scan that has
 * begun at one `; ` ends at the next, and the quote that opens behind the next
 * `=<` ends a quoted string, since no backslash stands between the two.
 */
static void read_all(struct slice s, const struct grammar *g, size_t from, struct readings *r, struct attrs *a)
{
	size_t at = from;

	for (; (at += vector_find(slice_from(s, at), ';')) < s.n; at++) {
		enum fit fit = read_at(s, g, at, a);
		r->held = at;
		if (r->n[fit]++ == 0)
			r->at[fit] = at;
	}
}

/* ---------------------------------------------------------- when none fits */

static void read_nothing(struct slice s, struct attrs *out)
{
	memset(out, 0, sizeof *out);
	out->text = s;
	out->truncated = true;
}

static bool from_before(struct slice s, struct slice text)
{
	ptrdiff_t at = slice_find(s, SLICE("; from=<"));

	return at >= 0 && (size_t)at < text.n;
}

/*
 * 2.7.4 a: the line was cut. Its tail can be told from the text before it only
 * if it is the first thing that looks so; else nothing of it is believed.
 */
static void read_cut(struct slice s, bool own_text, const struct grammar *g, const struct readings *r,
                     struct attrs *out)
{
	struct slice text = slice_head(s, r->at[FIT_CUT]);
	bool whole = r->n[FIT_WHOLE] || r->n[FIT_LOOSE];
	bool sure = own_text ? !from_before(s, text) : slice_chr(text, ';') < 0 && r->n[FIT_CUT] == 1;

	if (sure && !whole)
		take_first(s, g, r, FIT_CUT, out);
	else
		read_nothing(s, out);
	out->suspect = !sure || whole;
	out->truncated = true;
}

/* Does the first reading of this fit begin before the first of that? */
static bool earlier(const struct readings *r, enum fit this, enum fit that)
{
	return r->n[this] && (!r->n[that] || r->at[this] < r->at[that]);
}

static void read_whole(struct slice s, bool own_text, const struct grammar *g, const struct readings *r,
                       struct attrs *out)
{
	enum fit fit = r->n[FIT_WHOLE] ? FIT_WHOLE : FIT_LOOSE;
	bool rival = fit == FIT_WHOLE && earlier(r, FIT_LOOSE, FIT_WHOLE);

	take_first(s, g, r, fit, out);
	/* the admin's text must not hold a second beginning, or we cannot know which is ours */
	if (own_text)
		out->suspect = rival || from_before(s, out->text);
	else
		out->suspect = rival || r->n[fit] > 1;
}

/*
 * 2.7.4 c: with smtpd_delay_reject=no these stages show what the client really
 * said, up to the last `>`. There is no sender then, nor a login.
 */
static bool read_hello(struct slice s, struct slice stage, bool own_text, struct attrs *out)
{
	struct cursor c = {s, false};
	ptrdiff_t at;

	if (!slice_eq(stage, SLICE("HELO")) && !slice_eq(stage, SLICE("EHLO")))
		return false;
	at = slice_find(s, SLICE("; proto="));
	if (at < 0)
		return false;
	memset(out, 0, sizeof *out);
	c.s = slice_from(s, (size_t)at + 1);
	out->text = slice_head(s, (size_t)at);
	out->suspect = !own_text && slice_find(c.s, SLICE("; proto=")) >= 0;
	out->truncated = !proto(&c, true, out);
	if (word(&c, SLICE(" helo=<")) && slice_ends(c.s, SLICE(">")))
		out->helo = slice_head(c.s, c.s.n - 1);
	else
		out->truncated |= c.s.n > 0;
	return true;
}

/* Offset of the last `> proto=` of s, or -1. */
static ptrdiff_t last_proto(struct slice s)
{
	struct slice rest = s;
	ptrdiff_t at, last = -1;

	while ((at = slice_find(rest, SLICE("> proto="))) >= 0) {
		last = rest.p - s.p + at;
		rest = slice_from(rest, (size_t)at + 1);
	}
	return last;
}

/* 2.7.4 b: addresses in internal form, as before Postfix 3.5: the last ` proto=` group ends them. */
static bool read_internal(struct slice s, const struct grammar *g, size_t name, struct attrs *out)
{
	ptrdiff_t from = slice_find(s, SLICE("; from=<")), end = last_proto(s), to;

	memset(out, 0, sizeof *out);
	if (from < 0 || (size_t)from < name || end < from + 8)
		return false;
	struct cursor c = {slice_from(s, (size_t)end + 1), false};
	if (!proto(&c, true, out) || !helo(&c, out))
		return false;
	if (g->login)
		g->login(&c, out);
	if (c.s.n)
		return false;
	struct slice both = slice_of(s.p + from + 8, (size_t)(end - from - 8));
	to = slice_find(both, SLICE("> to=<"));
	out->text = slice_head(s, (size_t)from);
	out->from = to < 0 ? both : slice_head(both, (size_t)to);
	if (to >= 0)
		out->to = slice_from(both, (size_t)to + 6);
	out->suspect = true;
	return true;
}

/*
 * postscreen validates nothing, so its fields are for showing only. Each mark
 * is looked for behind the one before it; one that comes again allows another
 * reading.
 */
static bool read_screen(struct slice s, struct attrs *out)
{
	static const struct slice marks[] = {SLICE("; from=<"), SLICE(">, to=<"), SLICE(">, proto="),
	                                     SLICE(", helo=<")};
	struct slice value[4], rest = s;
	bool again = false;

	for (size_t i = 0; i < 4; i++) {
		ptrdiff_t at = slice_find(rest, marks[i]);
		if (at < 0) {
			read_nothing(i ? value[0] : s, out);
			return i > 0;
		}
		value[i] = slice_head(rest, (size_t)at);
		rest = slice_from(rest, (size_t)at + marks[i].n);
		again |= slice_find(rest, marks[i]) >= 0;
	}
	if (!slice_ends(rest, SLICE(">"))) {
		read_nothing(value[0], out);
		return true;
	}
	*out = (struct attrs){.text = value[0],
	                      .from = value[1],
	                      .to = value[2],
	                      .proto = value[3],
	                      .helo = slice_head(rest, rest.n - 1),
	                      .suspect = again};
	return true;
}

bool attrs_read(struct slice s, enum attrs_flavour flavour, struct slice stage, bool own_text, struct attrs *out)
{
	struct readings r = {0};

	if (flavour == ATTRS_SCREEN)
		return read_screen(s, out);
	if (read_hello(s, stage, own_text, out))
		return true;
	const struct grammar *g = &grammars[flavour];
	size_t name = g->name_first && !own_text ? name_end(s) : 0;
	read_all(s, g, name, &r, out);
	if (earlier(&r, FIT_CUT, FIT_WHOLE) && earlier(&r, FIT_CUT, FIT_LOOSE)) {
		read_cut(s, own_text, g, &r, out);
		return true;
	}
	if (r.n[FIT_WHOLE] || r.n[FIT_LOOSE]) {
		read_whole(s, own_text, g, &r, out);
		return true;
	}
	if (read_internal(s, g, name, out))
		return true;
	read_nothing(s, out);
	return false;
}

/* -------------------------------------------------- header and body checks */

/* `host[ip][:port];`, `local;` or `unknown;` behind ` from `. */
static bool origin_before_semicolon(struct slice *s, struct slice *origin)
{
	struct slice t = *s, name, ip, port;

	if (!shapes_client(&t, &name, &ip, &port) && !slice_skip(&t, SLICE("local")) &&
	    !slice_skip(&t, SLICE("unknown")))
		return false;
	*origin = slice_of(s->p, (size_t)(t.p - s->p));
	*s = t;
	return t.n && t.p[0] == ';';
}

/*
 * Where the last key of a tail begins; s.p if there is none. Lines of mail that
 * came by SMTP have a ` proto=`, which the grammar's rule does not count but
 * which tells a tail within a recipient without helo.
 */
static const char *last_key(struct slice s)
{
	static const struct slice keys[] = {SLICE(" from=<"), SLICE(" to=<"), SLICE(" proto="), SLICE(" helo=<")};
	const char *last = s.p;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct slice rest = s;
		ptrdiff_t at;
		for (; (at = slice_find(rest, keys[i])) >= 0; rest = slice_from(rest, (size_t)at + 1))
			if (rest.p + at > last)
				last = rest.p + at;
	}
	return last;
}

bool attrs_read_check(struct slice s, struct slice *content, struct slice *origin, struct attrs *out)
{
	struct slice rest = s, whence;
	const char *key = last_key(s);
	int plain = 0, imitating = 0, cut = 0;
	ptrdiff_t at;

	for (; (at = slice_find(rest, SLICE(" from "))) >= 0; rest = slice_from(rest, 1)) {
		struct attrs a;
		rest = slice_from(rest, (size_t)at);
		struct slice t = slice_from(rest, 6);
		if (!origin_before_semicolon(&t, &whence))
			continue;
		enum fit fit = tail(t, &grammars[ATTRS_CLEANUP], &a);
		bool imitates = slice_is_set(a.after) && key >= a.after.p;
		cut += fit == FIT_CUT;
		if (fit != FIT_WHOLE || (imitates ? imitating++ || plain : plain++))
			continue;
		*out = a;
		*origin = whence;
		*content = slice_of(s.p, (size_t)(rest.p - s.p));
	}
	/*
	 * The leftmost complete tail whose text imitates none is the real one (3.2).
	 * The admin's own text may imitate one too: then it must be the only one.
	 */
	if (plain + imitating)
		out->suspect = plain ? plain > 1 : imitating + cut > 1;
	return plain + imitating > 0;
}
