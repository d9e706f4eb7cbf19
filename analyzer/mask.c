#include "mask.h"

/* The text with a mark for each `what`, which first stands at `at`. */
static void mask_replace(struct masked *m, struct slice text, struct slice what, char letter, ptrdiff_t at)
{
	size_t n = 0;

	for (; at >= 0; at = slice_find(text, what)) {
		memcpy(m->bytes + n, text.p, (size_t)at);
		n += (size_t)at;
		m->bytes[n++] = '\1';
		m->bytes[n++] = letter;
		text = slice_from(text, (size_t)at + what.n);
	}
	if (text.n)
		memcpy(m->bytes + n, text.p, text.n);
	m->n = n + text.n;
}

bool mask_text(const struct record *r, struct masked *m)
{
	const struct slice words[] = {r->sender, r->recipient, r->client_name, r->client_ip, r->helo};
	struct slice text = r->text;
	char before[MASK_MAX];
	bool used = false;

	if (r->text.n > MASK_MAX)
		return false;
	/* addresses have an @, names stand in <>: most texts have neither */
	bool at = slice_chr(r->text, '@') >= 0, angle = slice_chr(r->text, '<') >= 0;
	const bool may[] = {at || angle, at || angle, angle, true, angle};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct slice w = words[i];
		ptrdiff_t first;
		if (!may[i] || w.n < 4 || slice_eq(w, SLICE("unknown")) || (first = slice_find(text, w)) < 0)
			continue;
		if (slice_chr(used ? w : r->text, '\1') >= 0)
			return false;
		if (used) {
			memcpy(before, m->bytes, m->n);
			text = slice_of(before, m->n);
		}
		mask_replace(m, text, w, "SRCIH"[i], first);
		text = slice_of(m->bytes, m->n);
		used = true;
	}
	return used;
}
