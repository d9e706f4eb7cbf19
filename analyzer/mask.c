#include "mask.h"

/* The text with a mark for each `what`, which first stands at `at`. */
static void mask_replace(struct masked *m, struct slice text, struct slice what, char letter, ptrdiff_t at)
{
	size_t n = 0;

	for (; at >= 0; at = slice_find(text, what)) {
		memcpy(m->bytes + n, text.p, (size_t)at);
		n += (size_t)at;
		m->bytes[n++] = MASK_BYTE;
		m->bytes[n++] = letter;
		text = slice_from(text, (size_t)at + what.n);
	}
	if (text.n)
		memcpy(m->bytes + n, text.p, text.n);
	m->n = n + text.n;
}

bool mask_text(const struct record *r, struct masked *m)
{
	struct slice words[MASK_WORDS];
	struct slice text = r->text;
	char before[MASK_MAX];
	bool used = false;

	if (r->text.n > MASK_MAX)
		return false;
	mask_words(r, words);
	unsigned may = mask_may(r->text);

	for (size_t i = 0; i < MASK_WORDS; i++) {
		struct slice w = words[i];
		ptrdiff_t first;
		if (!(may >> i & 1) || !mask_takes(w) || (first = slice_find(text, w)) < 0)
			continue;
		if (slice_chr(used ? w : r->text, MASK_BYTE) >= 0)
			return false;
		if (used) {
			memcpy(before, m->bytes, m->n);
			text = slice_of(before, m->n);
		}
		mask_replace(m, text, w, MASK_LETTERS[i], first);
		text = slice_of(m->bytes, m->n);
		used = true;
	}
	return used;
}
