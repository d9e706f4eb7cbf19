/*
 * Most texts of action lines differ from one seen before by nothing but the
 * line's own words: `<R>: Recipient address rejected: ...`. They are known again
 * by comparing what stays, without masking them (mask.h) and asking the rules
 * anew. What comes out must be what mask_text and the rules would say, so only a
 * text is known again of which that is certain:
 *
 * Its marks are all of one word, and between bytes that no plain word has: then a
 * plain word stands between the marks or within one, never across. And it does
 * not stand between them if four bytes of it stand together nowhere there.
 */
#include "names_i.h"

#include "../parsers/vector.h"
#include "mask.h"

#define ENDS 8        /* bytes of its begin or end that a text is looked up by */
#define KEEP_EACH 4   /* of the texts that were not known: so many different ones cost little more than none */
#define MOST_WORD 255 /* bytes of a word */

/* ------------------------------------------------------------------ plain words */

static bool byte_is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
	       c == '_' || c == '@' || c == '+' || c == ':';
}

static inline bool vector_is_plain(vector v)
{
	vector plain = vector_is_name(v) | vector_is(v, '@') | vector_is(v, '+') | vector_is(v, ':');

	return vector_mask(plain) == (1u << VECTOR_BYTES) - 1;
}

/* Fewer bytes than a vector has, but four at least: some of them twice. */
static inline vector vector_of_short(struct slice w)
{
	typedef uint64_t halves __attribute__((vector_size(VECTOR_BYTES)));
	uint32_t first, last;

	if (w.n >= 8)
		return (vector)(halves){slice_word(w.p), slice_word(w.p + w.n - 8)};
	memcpy(&first, w.p, sizeof first);
	memcpy(&last, w.p + w.n - sizeof last, sizeof last);
	uint64_t both = first | (uint64_t)last << 32;
	return (vector)(halves){both, both};
}

/* Most addresses and names: nothing in them that parts words, and no mark. Of at least four bytes. */
static inline bool is_plain(struct slice w)
{
	size_t at = 0;

	if (w.n < VECTOR_BYTES)
		return vector_is_plain(vector_of_short(w));
	for (; at + VECTOR_BYTES < w.n; at += VECTOR_BYTES)
		if (!vector_is_plain(vector_load(w.p + at)))
			return false;
	return vector_is_plain(vector_load(w.p + w.n - VECTOR_BYTES));
}

/* ------------------------------------------------------------------- four bytes */

static inline uint32_t quad_at(const char *p)
{
	uint32_t q;

	memcpy(&q, p, sizeof q);
	return q * UINT32_C(0x9e3779b1) / (UINT32_C(1) << 21);
}
_Static_assert(AGAIN_QUADS == 1 << (32 - 21), "the bits are what a quad's hash can say");

static inline bool quad_is(const struct text_again *a, const char *p)
{
	uint32_t q = quad_at(p);

	return a->quads[q / 64] >> q % 64 & 1;
}

static void quads_note(struct text_again *a)
{
	memset(a->quads, 0, sizeof a->quads);
	for (size_t i = 0; i + 4 <= a->n; i++) {
		uint32_t q = quad_at(a->bytes + i);
		a->quads[q / 64] |= UINT64_C(1) << q % 64;
	}
}

/* Perhaps; no is certain. */
static inline bool may_have(const struct text_again *a, struct slice w)
{
	return quad_is(a, w.p) && quad_is(a, w.p + w.n - 4) && quad_is(a, w.p + w.n / 2 - 2);
}

/* ---------------------------------------------------------------------- the rule */

/* A pattern that PCRE2 reads as the bytes it is made of. */
static bool pattern_is_literal(struct slice p)
{
	for (size_t i = 0; i < p.n; i++)
		if (!(byte_is_plain(p.p[i]) && p.p[i] != '.' && p.p[i] != '+') && !strchr(" ,;=<>!'\"%&/~", p.p[i]))
			return false;
	return p.n > 0;
}

static void rule_bytes_add(struct rule_bytes *b, struct slice pattern)
{
	if (!pattern_is_literal(pattern)) {
		b->literal = false;
		return;
	}
	bool plain = true;
	for (size_t i = 0; i < pattern.n; i++) {
		b->has[(unsigned char)pattern.p[i]] = true;
		plain &= byte_is_plain(pattern.p[i]);
	}
	if (plain && pattern.n <= b->most)
		b->most = (uint16_t)(pattern.n - 1);
}

static const struct rule_bytes *rule_bytes(struct names *n)
{
	struct rule_bytes *b = &n->rule_bytes;

	if (b->known)
		return b;
	*b = (struct rule_bytes){.known = true, .literal = true, .most = MOST_WORD};
	for (int i = 0; i < n->rules->count; i++) {
		const struct rule *rule = &n->rules->rule[i];
		if (rule->warn_pattern)
			rule_bytes_add(b, slice_str(rule->warn));
		if (rule->reject_pattern)
			rule_bytes_add(b, slice_str(rule->reject));
	}
	return b;
}

/*
 * Is the rule the same whatever plain word stands at the marks? It is if all
 * patterns are mere bytes, none has a byte that stands beside a mark, and none is
 * as short as the word.
 */
static void text_rule(struct names *n, struct text_again *a, struct slice word)
{
	const struct rule_bytes *b = rule_bytes(n);

	a->most = b->most;
	a->sure = b->literal && a->marks && word.n <= b->most && is_plain(word);
	for (size_t i = 0; i < a->marks; i++) {
		size_t before = a->mark[i], behind = before + 2u;
		if ((before && b->has[(unsigned char)a->bytes[before - 1]]) ||
		    (behind < a->n && b->has[(unsigned char)a->bytes[behind]]))
			a->sure = false;
	}
}

/* ------------------------------------------------------------------ looking it up */

static uint16_t also_of(const struct record *r)
{
	return (uint16_t)(r->action << 1 | ((r->flags & RECORD_SUSPECT) != 0));
}

/* eight: the bytes that the text begins or ends with. */
static uint64_t end_key(uint16_t also, const char *eight, bool begin)
{
	return slice_mix(slice_word(eight) ^ (uint64_t)(also << 1 | begin) << 48, UINT64_C(0x9e3779b97f4a7c15)) | 1;
}

static size_t set_of_key(uint64_t key)
{
	return (size_t)(key >> 60) * AGAIN_WAYS;
}
_Static_assert(AGAIN_SETS == 1 << (64 - 60), "the sets are what these bits can say");

static bool text_is(const struct text_again *a, struct slice text, struct slice word)
{
	const char *p = text.p;
	size_t at = 0;

	if (text.n != a->fixed + a->marks * word.n)
		return false;
	for (size_t i = 0; i < a->marks; i++) {
		size_t n = a->mark[i] - at;
		if (!slice_same(p, a->bytes + at, n) || !slice_same(p + n, word.p, word.n))
			return false;
		p += n + word.n;
		at = a->mark[i] + 2u;
	}
	return slice_same(p, a->bytes + at, a->n - at);
}

/* Would mask_text find this word, looked for before the one at the marks, within that? */
static bool word_is_within(struct slice w, struct slice word)
{
	return !is_plain(w) || (w.n <= word.n && slice_find(word, w) >= 0);
}

/* Would mask_text put marks where they stand in it, and nowhere else? */
static bool words_fit(const struct text_again *a, const struct slice words[MASK_WORDS])
{
	const struct slice word = words[a->word];

	if (a->marks && (word.n > MOST_WORD || !mask_takes(word) || !is_plain(word) ||
	                 (a->may == mask_may(SLICE("")) && slice_chr(word, '@') >= 0)))
		return false;
	for (unsigned i = 0; i < MASK_WORDS; i++) {
		if (!(a->may >> i & 1) || !mask_takes(words[i]))
			continue;
		if (may_have(a, words[i]) || (a->marks && i < a->word && word_is_within(words[i], word)))
			return false;
	}
	return true;
}

static bool is_again(struct names *n, const struct text_again *a, const struct record *r, struct slice text,
                     const struct slice words[MASK_WORDS])
{
	struct slice word = words[a->word];

	if (a->also != also_of(r) || !text_is(a, text, word) || !words_fit(a, words))
		return false;
	return a->marks == 0 || (a->sure && word.n <= a->most) || names_rule_of(n, r) == a->rule;
}

struct interned *text_known(struct names *n, const struct record *r, struct slice text)
{
	struct texts_again *known = &n->texts_again;
	struct slice words[MASK_WORDS];

	if (text.n < ENDS)
		return NULL;
	mask_words(r, words);
	for (int begin = 0; begin < 2; begin++) {
		uint64_t key = end_key(also_of(r), begin ? text.p : text.p + text.n - ENDS, begin);
		for (size_t i = set_of_key(key), end = i + AGAIN_WAYS; i < end; i++) {
			if (known->key[i] != key || !is_again(n, &known->text[i], r, text, words))
				continue;
			struct interned *slot = cache_slot(&n->texts, known->text[i].hash);
			return slot->hash == known->text[i].hash ? slot : NULL;
		}
	}
	return NULL;
}

/* ------------------------------------------------------------------ keeping it */

/* A byte beside a mark: the text's begin or end will do, and what no plain word has. */
static bool parts_words(const struct text_again *a, size_t at)
{
	return at >= a->n || (!byte_is_plain(a->bytes[at]) && a->bytes[at] != MASK_BYTE);
}

/* False: it cannot be known again. */
static bool marks_note(struct text_again *a)
{
	struct slice text = slice_of(a->bytes, a->n);

	a->marks = 0;
	for (size_t at = 0; at < a->n; at++) {
		if (a->bytes[at] != MASK_BYTE)
			continue;
		const char *letter = at + 1 < a->n ? strchr(MASK_LETTERS, a->bytes[at + 1]) : NULL;
		if (!letter || !*letter || a->marks == AGAIN_MARKS)
			return false;
		uint8_t word = (uint8_t)(letter - MASK_LETTERS);
		/* `at == 0`: no byte is before it */
		if ((a->marks && word != a->word) || !parts_words(a, at ? at - 1 : a->n) || !parts_words(a, at + 2))
			return false;
		a->word = word;
		a->mark[a->marks++] = (uint16_t)at++;
	}
	a->fixed = (uint16_t)(a->n - 2u * a->marks);
	a->may = (uint8_t)mask_may(text);
	return a->marks == 0 || MASK_LETTERS[a->word] == 'I' || slice_chr(text, '<') >= 0;
}

/* What it is looked up by: eight bytes at its end or begin that are always the same; 0: it has none. */
static uint64_t text_key(const struct text_again *a)
{
	size_t behind = a->marks ? a->mark[a->marks - 1] + 2u : 0, before = a->marks ? a->mark[0] : a->n;

	if (a->n - behind >= ENDS)
		return end_key(a->also, a->bytes + a->n - ENDS, false);
	return before >= ENDS ? end_key(a->also, a->bytes, true) : 0;
}

void text_keep_known(struct names *n, const struct record *r, struct slice text, int rule, uint64_t hash)
{
	struct texts_again *known = &n->texts_again;
	struct slice words[MASK_WORDS];

	if (known->turn++ % KEEP_EACH || text.n < ENDS || text.n > AGAIN_BYTES || slice_chr(r->text, MASK_BYTE) >= 0)
		return;
	struct text_again a = {.hash = hash, .n = (uint16_t)text.n, .also = also_of(r), .rule = rule};
	memcpy(a.bytes, text.p, text.n);
	if (!marks_note(&a))
		return;
	uint64_t key = text_key(&a);
	size_t first = set_of_key(key), at = first + known->turn / KEEP_EACH % AGAIN_WAYS;
	if (!key)
		return;
	for (size_t i = first + AGAIN_WAYS; i-- > first;)
		if (known->key[i] == 0)
			at = i;
		else if (known->key[i] == key && known->text[i].hash == hash)
			return; /* it is the words that were not plain */
	mask_words(r, words);
	quads_note(&a);
	text_rule(n, &a, words[a.word]);
	known->key[at] = key;
	known->text[at] = a;
}
