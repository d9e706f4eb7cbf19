/*
 * Patterns: the scanners of queue ids and clients, and the tokens that a row's
 * pattern is taken apart into, each with the function that steps over it.
 */
#include "attrs.h"
#include "shapes_i.h"
#include "vector.h"

#include <stdlib.h>

/* ----------------------------------------------------------------- scanners */

uint8_t pattern_classes[256];

static void classes_fill(const char *bytes, uint8_t bits)
{
	for (; *bytes; bytes++)
		pattern_classes[(unsigned char)*bytes] |= bits;
}

void pattern_init(void)
{
	classes_fill("0123456789ABCDEF", CLASS_SHORT_ID);
	classes_fill("0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz", CLASS_LONG_ID);
	classes_fill("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_", CLASS_HOST);
	classes_fill("0123456789abcdefABCDEF.:", CLASS_ADDRESS);
	classes_fill("unkow", CLASS_ADDRESS); /* unknown[unknown]: the peer vanished */
}

/* How many bytes of this class s begins with. */
static inline size_t span(struct slice s, uint8_t class)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i + 4 <= s.n && (pattern_classes[p[i]] & pattern_classes[p[i + 1]] & pattern_classes[p[i + 2]] &
	                        pattern_classes[p[i + 3]] & class))
		i += 4;
	while (i < s.n && (pattern_classes[p[i]] & class))
		i++;
	return i;
}

/* mail_queue.h: a short id is five hex digits and an inode, a long one at least twelve of 52 letters. */
bool shapes_queue_id(struct slice *s, struct slice *id)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t n = 0, most = s->n < 64 ? s->n : 64;
	unsigned all = CLASS_SHORT_ID | CLASS_LONG_ID, next;

	for (; n < most && (next = all & pattern_classes[p[n]]); n++)
		all = next;
	if (!((all & CLASS_SHORT_ID) && n >= 6) && !((all & CLASS_LONG_ID) && n >= 12))
		return false;
	*id = slice_of(s->p, n);
	*s = slice_of(s->p + n, s->n - n);
	return true;
}

static size_t digits_span(struct slice s)
{
	const char *p = s.p;
	size_t i = 0;

	while (i < s.n && p[i] >= '0' && p[i] <= '9')
		i++;
	return i;
}

static bool scan_port(struct slice *s, struct slice *port)
{
	size_t n = digits_span(*s);

	if (n == 0 && slice_starts(*s, SLICE("unknown")))
		n = 7;
	*port = slice_head(*s, n);
	*s = slice_from(*s, n);
	return n > 0;
}

/* Of addresses; `unknown` is left to the table. */
static inline vector is_address(vector v)
{
	vector small = v | 0x20;

	return (vector_in(v, '.', ':') & ~vector_is(v, '/')) | vector_in(small, 'a', 'f');
}

/* The host name that s begins with; before the bracket that mostly follows it there is no need to ask the table. */
static inline size_t host_span(struct slice s)
{
	size_t n = vector_span(s, vector_is_name);

	if (n < s.n && s.p[n] != '[')
		n += span(slice_of(s.p + n, s.n - n), CLASS_HOST);
	return n;
}

/* The same of the address within the brackets. */
static inline size_t address_span(struct slice s, size_t back)
{
	size_t n = vector_span(s, is_address);

	n += vector_span_last(slice_of(s.p + n, s.n - n), back + n, is_address);
	if (n < s.n && s.p[n] != ']')
		n += span(slice_of(s.p + n, s.n - n), CLASS_ADDRESS);
	return n;
}

/* `[ADDR]`, then `:PORT` if there is one. Of the text before it `back` bytes can be read, too. */
static inline bool scan_address(struct slice *s, size_t back, struct slice *ip, struct slice *port)
{
	if (s->n == 0 || s->p[0] != '[')
		return false;
	struct slice t = slice_of(s->p + 1, s->n - 1);
	size_t n = address_span(t, back + 1);
	if (n == 0 || n >= t.n || t.p[n] != ']')
		return false;
	*ip = slice_of(t.p, n);
	*port = SLICE_NONE;
	t = slice_of(t.p + n + 1, t.n - n - 1);
	if (t.n > 1 && t.p[0] == ':' && t.p[1] != ' ') {
		t = slice_from(t, 1);
		if (!scan_port(&t, port))
			return false;
	}
	*s = t;
	return true;
}

static inline bool scan_client(struct slice *s, struct slice *name, struct slice *ip, struct slice *port)
{
	size_t n = host_span(*s);

	if (n == 0)
		return false;
	*name = slice_of(s->p, n);
	struct slice t = slice_of(s->p + n, s->n - n);
	if (!scan_address(&t, n, ip, port))
		return false;
	*s = t;
	return true;
}

bool shapes_client(struct slice *s, struct slice *name, struct slice *ip, struct slice *port)
{
	return scan_client(s, name, ip, port);
}

/* state->where of smtpd; of two that begin alike the longer first (grammar 2.5, 2.7). */
static const struct slice stages[] = {
    SLICE("RCPT"),    SLICE("DATA content"), SLICE("BDAT content"), SLICE("END-OF-MESSAGE"), SLICE("MAIL"),
    SLICE("DATA"),    SLICE("CONNECT"),      SLICE("EHLO"),         SLICE("HELO"),           SLICE("BDAT"),
    SLICE("VRFY"),    SLICE("ETRN"),         SLICE("STARTTLS"),     SLICE("AUTH"),           SLICE("RSET"),
    SLICE("NOOP"),    SLICE("QUIT"),         SLICE("HELP"),         SLICE("XCLIENT"),        SLICE("XFORWARD"),
    SLICE("UNKNOWN"), SLICE("EXPN"),         SLICE("connect"),
};

/* ------------------------------------------------------------------- tokens */

#define UNUSED __attribute__((unused))

static const char *match_literal(const struct token *t, const char *p, const char *end, UNUSED struct record *r)
{
	size_t n = t->literal.n;

	if ((size_t)(end - p) < n)
		return NULL;
	if (end - p < 8)
		return slice_same(p, t->literal.p, n) ? p + n : NULL;
	if (!word_fits(&t->word, slice_word(p)))
		return NULL;
	return n <= 8 || slice_same(p + 8, t->literal.p + 8, n - 8) ? p + n : NULL;
}

static const char *match_queue_id(UNUSED const struct token *t, const char *p, const char *end, UNUSED struct record *r)
{
	struct slice s = slice_of(p, (size_t)(end - p)), id;

	return shapes_queue_id(&s, &id) ? s.p : NULL;
}

static const char *match_queue_id_or_none(const struct token *t, const char *p, const char *end, struct record *r)
{
	struct slice s = slice_of(p, (size_t)(end - p));

	return slice_skip(&s, SLICE("NOQUEUE")) ? s.p : match_queue_id(t, p, end, r);
}

static const char *match_client(UNUSED const struct token *t, const char *p, const char *end, struct record *r)
{
	struct slice s = slice_of(p, (size_t)(end - p));

	return scan_client(&s, &r->client_name, &r->client_ip, &r->client_port) ? s.p : NULL;
}

static const char *match_screen_client(UNUSED const struct token *t, const char *p, const char *end,
                                       UNUSED struct record *r)
{
	struct slice s = slice_of(p, (size_t)(end - p)), ip, port;

	return scan_address(&s, 0, &ip, &port) ? s.p : NULL;
}

static const char *match_stage(UNUSED const struct token *t, const char *p, const char *end, UNUSED struct record *r)
{
	size_t n = (size_t)(end - p);

	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (n >= stages[i].n && slice_same(p, stages[i].p, stages[i].n))
			return p + stages[i].n;
	return NULL;
}

static const char *match_digits(UNUSED const struct token *t, const char *p, const char *end, UNUSED struct record *r)
{
	size_t n = digits_span(slice_of(p, (size_t)(end - p)));

	return n ? p + n : NULL;
}

static const char *match_word(UNUSED const struct token *t, const char *p, const char *end, UNUSED struct record *r)
{
	size_t n = vector_find(slice_of(p, (size_t)(end - p)), ' ');

	return n ? p + n : NULL;
}

static const char *match_until(const struct token *t, const char *p, const char *end, UNUSED struct record *r)
{
	ptrdiff_t at = slice_find(slice_of(p, (size_t)(end - p)), t->literal);

	return at < 0 ? NULL : p + at + t->literal.n;
}

/* External form; else as in `%~`, but for the bracket that closes what a bracket has opened. */
static const char *match_address(const struct token *t, const char *p, const char *end, struct record *r)
{
	struct slice s = slice_of(p, (size_t)(end - p));
	const char *behind;

	if (attrs_address(&s, &r->sender) && (behind = match_literal(t, s.p, end, r)))
		return behind;
	r->sender = SLICE_NONE;
	bool bracket = p < end && *p == '<';
	while ((p = match_until(t, p, end, r)))
		if (!bracket || p[-(ptrdiff_t)t->literal.n - 1] == '>')
			break;
	return p;
}

static const char *match_rest(UNUSED const struct token *t, UNUSED const char *p, const char *end,
                              UNUSED struct record *r)
{
	return end;
}

bool pattern_tokens(const struct compiled *c, struct slice s, struct record *r)
{
	const char *p = s.p + c->word_n, *end = s.p + s.n;

	for (const struct token *t = c->token + c->first, *last = c->token + c->tokens; t < last; t++)
		if (!(p = t->match(t, p, end, r)))
			return false;
	return p == end;
}

/* ---------------------------------------------------------------- compiling */

static const struct {
	char letter;
	token_match *match;
} letters[] = {
    {'q', match_queue_id}, {'Q', match_queue_id_or_none},
    {'c', match_client},   {'p', match_screen_client},
    {'s', match_stage},    {'d', match_digits},
    {'w', match_word},     {'a', match_address},
    {'~', match_until},    {'*', match_rest},
};

static void compile_letter(struct compiled *c, char letter)
{
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].letter == letter) {
			c->token[c->tokens++].match = letters[i].match;
			c->fills_client |= letters[i].match == match_client;
			c->fills_sender |= letters[i].match == match_address;
			return;
		}
	abort(); /* a mistake in our own table; the test of the table finds it first */
}

static void token_literal(struct token *t, struct slice literal)
{
	struct slice head = slice_head(literal, 8);

	t->literal = literal;
	t->word = (struct word){word_first(head), head.n ? UINT64_MAX >> (64 - 8 * head.n) : 0};
}

/* Takes the first k bytes off the literal where matching begins. */
static void literal_cut(struct compiled *c, size_t k)
{
	struct token *t = &c->token[c->first];

	token_literal(t, slice_from(t->literal, k));
	c->first += t->literal.n == 0;
}

/* What the lists and the word settle is no longer among the tokens to match. */
static void compile_head(struct compiled *c)
{
	token_match *match = c->token[0].match;

	c->id_optional = match == match_queue_id_or_none;
	c->has_id = c->tokens > 1 && (match == match_queue_id || c->id_optional) &&
	            slice_starts(c->token[1].literal, SLICE(": "));
	if (c->has_id) {
		c->first = 1;
		literal_cut(c, 2);
	}
	if (c->first < c->tokens && c->token[c->first].match == match_literal) {
		c->word = c->token[c->first].word;
		c->word_n = (uint8_t)slice_head(c->token[c->first].literal, 8).n;
		literal_cut(c, c->word_n);
	}
	if (c->first == c->tokens)
		c->tail = TAIL_NOTHING;
	else
		c->tail = c->token[c->first].match == match_rest ? TAIL_ANYTHING : TAIL_TOKENS;
}

void pattern_compile(struct compiled *c, const struct shape *shape)
{
	const char *p = shape->pattern;

	c->shape = shape;
	while (*p) {
		if (c->tokens >= TOKENS_MAX)
			abort();
		if (*p == '%') {
			compile_letter(c, p[1]);
			p += 2;
			continue;
		}
		struct slice literal = slice_of(p, strcspn(p, "%"));
		p += literal.n;
		struct token *last = c->tokens ? &c->token[c->tokens - 1] : NULL;
		if (!last || (last->match != match_until && last->match != match_address)) {
			last = &c->token[c->tokens++];
			last->match = match_literal;
		}
		token_literal(last, literal);
	}
	compile_head(c);
}
