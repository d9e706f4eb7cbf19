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

/* How many digits s begins with. Of the text before it `back` bytes can be read, too. */
static inline size_t digits_span(struct slice s, size_t back)
{
	const char *p = s.p;
	size_t i = 0;
	uint64_t odd;

	if (s.n >= 8) {
		if ((odd = slice_word_odd(slice_word(p))))
			return (size_t)__builtin_ctzll(odd) / 8;
	} else if (s.n && s.n + back >= 8) { /* what is shifted in is no digit */
		odd = slice_word_odd(slice_word(p + s.n - 8) >> (64 - 8 * s.n));
		return (size_t)__builtin_ctzll(odd) / 8;
	}
	while (i < s.n && p[i] >= '0' && p[i] <= '9')
		i++;
	return i;
}

/* Length of the port that s begins with. */
static inline size_t port_span(struct slice s, size_t back)
{
	size_t n = digits_span(s, back);

	return n == 0 && slice_starts(s, SLICE("unknown")) ? 7 : n;
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
	size_t n = vector_span_all(s, back, is_address);

	if (n < s.n && s.p[n] != ']')
		n += span(slice_of(s.p + n, s.n - n), CLASS_ADDRESS);
	return n;
}

/* A client as it stands in a text. */
struct client {
	struct slice name, ip, port;
};

/* A port follows the bracket before p. */
static inline bool port_follows(const char *p, const char *end)
{
	return end - p > 1 && p[0] == ':' && p[1] != ' ';
}

/* `[ADDR]`, then `:PORT` if there is one; returns its end or NULL. Of the text before it `back` bytes can be read, too. */
static inline const char *scan_address(const char *p, const char *end, size_t back, struct client *c)
{
	if (p == end || *p != '[')
		return NULL;
	p++;
	size_t n = address_span(slice_of(p, (size_t)(end - p)), back + 1);
	c->ip = slice_of(p, n);
	c->port = SLICE_NONE;
	p += n;
	if (n == 0 || p == end || *p != ']')
		return NULL;
	p++;
	if (port_follows(p, end)) {
		n = port_span(slice_of(p + 1, (size_t)(end - p - 1)), n + back);
		c->port = slice_of(p + 1, n);
		return n ? p + 1 + n : NULL;
	}
	return p;
}

static inline const char *scan_client(const char *p, const char *end, struct client *c)
{
	size_t n = host_span(slice_of(p, (size_t)(end - p)));

	c->name = slice_of(p, n);
	return n ? scan_address(p + n, end, n, c) : NULL;
}

bool shapes_client(struct slice *s, struct slice *name, struct slice *ip, struct slice *port)
{
	struct client c;
	const char *end = scan_client(s->p, s->p + s->n, &c);

	if (!end)
		return false;
	*name = c.name;
	*ip = c.ip;
	*port = c.port;
	*s = slice_of(end, (size_t)(s->p + s->n - end));
	return true;
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

/* Kept out of pattern_tokens, which would else save more registers for each text. */
#define APART __attribute__((noinline))

/* Each returns where in p..end what it is named for ends, NULL if that does not stand there. */

static inline const char *match_literal(const struct token *t, const char *p, const char *end)
{
	size_t n = t->literal.n;

	if ((size_t)(end - p) < n)
		return NULL;
	if (end - p < 8)
		return slice_same(p, t->literal.p, n) ? p + n : NULL;
	if ((t->bytes ^ slice_word(p)) & t->cared)
		return NULL;
	return n <= 8 || slice_same(p + 8, t->literal.p + 8, n - 8) ? p + n : NULL;
}

APART static const char *match_queue_id(const struct token *t, const char *p, const char *end)
{
	struct slice s = slice_of(p, (size_t)(end - p)), id;

	if (t->kind == TOKEN_QUEUE_ID_OR_NONE && slice_starts(s, SLICE("NOQUEUE")))
		return p + 7;
	return shapes_queue_id(&s, &id) ? s.p : NULL;
}

/*
 * A process speaks of one client for a while: its text, up to the closing
 * bracket, is that of the last line's `%c` more often than not, and then so is
 * where its name ends.
 */
#define LATELY_BITS 7
#define LATELY_TEXT 94

static _Thread_local struct {
	uint8_t n, name_n; /* n is 0, or a vector's bytes at least */
	char text[LATELY_TEXT];
} lately[1 << LATELY_BITS];

static inline unsigned lately_slot(const struct record *r)
{
	return r->line->pid % (1 << LATELY_BITS);
}

APART static const char *match_new_client(const char *p, const char *end, struct record *r)
{
	struct client c;
	const char *behind = scan_client(p, end, &c);

	if (!behind)
		return NULL;
	r->client_name = c.name;
	r->client_ip = c.ip;
	r->client_port = c.port;
	size_t n = (size_t)(behind - p);
	if (!slice_is_set(c.port) && n >= VECTOR_BYTES && n <= LATELY_TEXT) {
		unsigned slot = lately_slot(r);
		lately[slot].n = (uint8_t)n;
		lately[slot].name_n = (uint8_t)c.name.n;
		memcpy(lately[slot].text, p, n);
	}
	return behind;
}

static inline const char *match_client(const char *p, const char *end, struct record *r)
{
	unsigned slot = lately_slot(r);
	size_t n = lately[slot].n, name_n = lately[slot].name_n;

	if (n == 0 || n > (size_t)(end - p) || !vector_same(p, lately[slot].text, n) || port_follows(p + n, end))
		return match_new_client(p, end, r);
	r->client_name = slice_of(p, name_n);
	r->client_ip = slice_of(p + name_n + 1, n - name_n - 2);
	r->client_port = SLICE_NONE;
	return p + n;
}

static inline const char *match_screen_client(const char *p, const char *end, size_t back)
{
	struct client c;

	return scan_address(p, end, back, &c);
}

static inline const char *match_stage(const char *p, const char *end)
{
	size_t n = (size_t)(end - p);

	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (n >= stages[i].n && slice_same(p, stages[i].p, stages[i].n))
			return p + stages[i].n;
	return NULL;
}

static inline const char *match_digits(const char *p, const char *end, size_t back)
{
	size_t n = digits_span(slice_of(p, (size_t)(end - p)), back);

	return n ? p + n : NULL;
}

static inline const char *match_word(const char *p, const char *end)
{
	size_t n = vector_find(slice_of(p, (size_t)(end - p)), ' ');

	return n ? p + n : NULL;
}

APART static const char *match_until(const struct token *t, const char *p, const char *end)
{
	ptrdiff_t at = slice_find(slice_of(p, (size_t)(end - p)), t->literal);

	return at < 0 ? NULL : p + at + t->literal.n;
}

/* External form; else as in `%~`, but for the bracket that closes what a bracket has opened. */
APART static const char *match_address(const struct token *t, const char *p, const char *end, struct record *r)
{
	struct slice s = slice_of(p, (size_t)(end - p));
	const char *behind;

	if (attrs_address(&s, &r->sender) && (behind = match_literal(t, s.p, end)))
		return behind;
	r->sender = SLICE_NONE;
	bool bracket = p < end && *p == '<';
	while ((p = match_until(t, p, end)))
		if (!bracket || p[-(ptrdiff_t)t->literal.n - 1] == '>')
			break;
	return p;
}

bool pattern_tokens(const struct compiled *c, struct slice s, struct record *r)
{
	const char *p = s.p + c->word_n, *end = s.p + s.n;

	for (const struct token *t = c->first, *last = c->last; t < last; t++) {
		switch (t->kind) {
		case TOKEN_LITERAL: p = match_literal(t, p, end); break;
		case TOKEN_QUEUE_ID:
		case TOKEN_QUEUE_ID_OR_NONE: p = match_queue_id(t, p, end); break;
		case TOKEN_CLIENT: p = match_client(p, end, r); break;
		case TOKEN_SCREEN_CLIENT: p = match_screen_client(p, end, (size_t)(p - s.p)); break;
		case TOKEN_STAGE: p = match_stage(p, end); break;
		case TOKEN_DIGITS: p = match_digits(p, end, (size_t)(p - s.p)); break;
		case TOKEN_WORD: p = match_word(p, end); break;
		case TOKEN_ADDRESS: p = match_address(t, p, end, r); break;
		case TOKEN_UNTIL: p = match_until(t, p, end); break;
		case TOKEN_REST: p = end; break;
		}
		if (!p)
			return false;
	}
	return p == end || c->open;
}

/* ---------------------------------------------------------------- compiling */

static const struct {
	char letter;
	enum token_kind kind;
} letters[] = {
    {'q', TOKEN_QUEUE_ID}, {'Q', TOKEN_QUEUE_ID_OR_NONE},
    {'c', TOKEN_CLIENT},   {'p', TOKEN_SCREEN_CLIENT},
    {'s', TOKEN_STAGE},    {'d', TOKEN_DIGITS},
    {'w', TOKEN_WORD},     {'a', TOKEN_ADDRESS},
    {'~', TOKEN_UNTIL},    {'*', TOKEN_REST},
};

static void compile_letter(struct compiled *c, char letter)
{
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].letter == letter) {
			c->token[c->tokens++].kind = letters[i].kind;
			c->fills_client |= letters[i].kind == TOKEN_CLIENT;
			c->fills_sender |= letters[i].kind == TOKEN_ADDRESS;
			return;
		}
	abort(); /* a mistake in our own table; the test of the table finds it first */
}

static void token_literal(struct token *t, struct slice literal)
{
	struct slice head = slice_head(literal, 8);

	t->literal = literal;
	t->bytes = head.n < 8 ? slice_word_short(head.p, head.n) : slice_word(head.p);
	t->cared = head.n ? UINT64_MAX >> (64 - 8 * head.n) : 0;
}

static struct word word_of(struct slice literal)
{
	struct word w;

	for (size_t i = 0; i < VECTOR_BYTES; i++) {
		w.bytes[i] = i < literal.n ? (unsigned char)literal.p[i] : 0;
		w.free[i] = i < literal.n ? 0 : 255;
	}
	return w;
}

/* Takes the first k bytes off the literal where matching begins. */
static void literal_cut(struct compiled *c, struct token *t, size_t k)
{
	token_literal(t, slice_from(t->literal, k));
	c->first = t + (t->literal.n == 0);
}

/* What the lists and the word settle is no longer among the tokens to match, nor is an end that may be anything. */
static void compile_ends(struct compiled *c)
{
	struct token *t = c->token;

	c->first = t;
	c->id_optional = t->kind == TOKEN_QUEUE_ID_OR_NONE;
	c->has_id =
	    c->tokens > 1 && (t->kind == TOKEN_QUEUE_ID || c->id_optional) && slice_starts(t[1].literal, SLICE(": "));
	if (c->has_id)
		literal_cut(c, t + 1, 2);
	t = &c->token[c->first - c->token];
	struct slice literal = slice_head(t->literal, t->kind == TOKEN_LITERAL ? VECTOR_BYTES : 0);
	c->word = word_of(literal);
	c->word_n = (uint8_t)literal.n;
	if (literal.n)
		literal_cut(c, t, literal.n);
	c->open = c->token[c->tokens - 1].kind == TOKEN_REST;
	c->last = c->token + c->tokens - c->open;
	if (c->first < c->last)
		c->tail = TAIL_TOKENS;
	else
		c->tail = c->open ? TAIL_ANYTHING : TAIL_NOTHING;
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
		if (!last || (last->kind != TOKEN_UNTIL && last->kind != TOKEN_ADDRESS)) {
			last = &c->token[c->tokens++];
			last->kind = TOKEN_LITERAL;
		}
		token_literal(last, literal);
	}
	compile_ends(c);
}
