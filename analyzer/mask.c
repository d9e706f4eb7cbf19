#include "mask.h"

static void mask_replace(struct masked *m, struct slice what, char letter)
{
	char copy[MASK_MAX];
	struct slice rest = slice_of(copy, m->n);
	ptrdiff_t at;
	size_t n = 0;

	memcpy(copy, m->bytes, m->n);
	while ((at = slice_find(rest, what)) >= 0) {
		memcpy(m->bytes + n, rest.p, (size_t)at);
		n += (size_t)at;
		m->bytes[n++] = '\1';
		m->bytes[n++] = letter;
		rest = slice_from(rest, (size_t)at + what.n);
	}
	memcpy(m->bytes + n, rest.p, rest.n);
	m->n = n + rest.n;
}

bool mask_text(const struct record *r, struct masked *m)
{
	const struct slice words[] = {r->sender, r->recipient, r->client_name, r->client_ip, r->helo};
	bool used = false;

	if (r->text.n > MASK_MAX)
		return false;
	/* addresses have an @, names stand in <>: most texts have neither */
	bool at = slice_chr(r->text, '@') >= 0, angle = slice_chr(r->text, '<') >= 0;
	const bool may[] = {at || angle, at || angle, angle, true, angle};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct slice w = words[i];
		if (!may[i] || w.n < 4 || slice_eq(w, SLICE("unknown")))
			continue;
		struct slice in = used ? slice_of(m->bytes, m->n) : r->text;
		if (slice_find(in, w) < 0)
			continue;
		if (!used) {
			if (slice_chr(r->text, '\1') >= 0)
				return false;
			memcpy(m->bytes, r->text.p, r->text.n);
			m->n = r->text.n;
		}
		if (slice_chr(w, '\1') >= 0)
			return false;
		mask_replace(m, w, "SRCIH"[i]);
		used = true;
	}
	return used;
}
