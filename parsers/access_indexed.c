/* Tables with an index (and inline:, static:): rows of key, blank, action; the first of a key wins. */
#include <stdlib.h>

#include "access_i.h"
#include "logical.h"

/* The tables are the admin's own: no need for a key that an attacker cannot know. */
static uint64_t hash_of(struct slice key)
{
	return slice_hash(key, 0x77622d6163636573, 0x7461626c65);
}

/* Where the key ends: at the first blank (or stop) that stands neither in quotes nor after a backslash. */
static bool key_end(struct slice line, char stop, size_t *end)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < line.n; i++) {
		char c = line.p[i];
		if (c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (is_space(c) || c == stop))
			break;
	}
	*end = i < line.n ? i : line.n;
	return !quoted;
}

static void add(struct access *a, struct slice key, struct slice action, int line)
{
	struct row *r = access_row_add(a, line);
	char *own = a->text + (key.p - a->text);

	if (!r)
		return;
	r->key = slice_fold(key, own, key.n);
	r->action = action;
}

void access_indexed_line(struct access *a, struct slice line, int number)
{
	struct slice key, action;
	size_t end;

	if (!access_is_utf8(line)) {
		access_complain(a, number, "is not UTF-8: skipped");
		return;
	}
	if (!key_end(line, ' ', &end)) {
		access_complain(a, number, "the key's quotes are not closed: skipped");
		return;
	}
	key = slice_head(line, end);
	action = trim(slice_from(line, end));
	if (key.n == 0 || action.n == 0) {
		access_complain(a, number, "has no action: skipped");
		return;
	}
	if (slice_chr(key, ':') == (ptrdiff_t)key.n - 1)
		access_complain(a, number, "the key ends in a colon, as in a file of aliases");
	add(a, key, action, number);
}

/* Room for four entries of three rows: always a free one to end at. */
static bool index_make(struct access *a)
{
	size_t size = 16;

	while (size < a->rows + a->rows / 3 + 1)
		size *= 2;
	a->index = calloc(size, sizeof(*a->index));
	a->index_mask = size - 1;
	a->no_memory = !a->index;
	return a->index != NULL;
}

/* The place of the key: its row's, or a free one. */
static uint32_t *place_of(const struct access *a, struct slice key)
{
	size_t i = (size_t)hash_of(key) & a->index_mask;

	while (a->index[i] && !slice_eq(a->row[a->index[i] - 1].key, key))
		i = (i + 1) & a->index_mask;
	return &a->index[i];
}

void access_index(struct access *a)
{
	bool last_wins = a->kind == ACCESS_INLINE;

	if (!index_make(a))
		return;
	for (uint32_t i = 0; i < a->rows; i++) {
		uint32_t *at = place_of(a, a->row[i].key);
		uint32_t before = *at;
		if (before && !last_wins) {
			a->row[i].other = before - 1;
			continue;
		}
		if (before)
			a->row[before - 1].other = i;
		*at = i + 1;
	}
}

enum access_answer access_indexed_find(const struct access *a, struct slice key, struct access_hit *hit)
{
	uint32_t at = 1;

	hit->key = slice_fold(key, hit->key_text, sizeof(hit->key_text));
	if (a->kind != ACCESS_STATIC)
		at = *place_of(a, hit->key);
	return at ? access_found(hit, &a->row[at - 1], a->row[at - 1].action) : ACCESS_NONE;
}

/* `{ ... }` to what is inside; false if the closing brace is not the last byte. */
static bool unbrace(struct slice *s)
{
	int depth = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i] == '{')
			depth++;
		else if (s->p[i] == '}')
			depth--;
		if (depth == 0 && i + 1 < s->n)
			return false;
	}
	if (s->n < 2 || depth != 0)
		return false;
	*s = trim(slice_head(slice_from(*s, 1), s->n - 2));
	return true;
}

/* `key = action`. */
static bool inline_entry(struct access *a, struct slice entry)
{
	struct slice rest;
	size_t end;

	if (entry.p[0] == '{' && !unbrace(&entry))
		return false;
	if (!key_end(entry, '=', &end))
		return false;
	rest = trim_left(slice_from(entry, end));
	if (end == 0 || !slice_skip(&rest, SLICE("=")))
		return false;
	add(a, slice_head(entry, end), trim(rest), 1);
	return true;
}

bool access_inline_read(struct access *a, struct slice content)
{
	struct slice list, entry;
	bool good;

	memcpy(a->text, content.p, content.n);
	list = slice_of(a->text, content.n);
	good = list.n > 0 && list.p[0] == '{' && unbrace(&list);
	while (good && list_word(&list, &entry))
		good = inline_entry(a, entry);
	if (good && a->rows > 0)
		return true;
	access_complain(a, 0, "must look like inline:{ {key = action}, ... }");
	return false;
}

bool access_static_read(struct access *a, struct slice content)
{
	struct row *r = access_row_add(a, 1);
	struct slice value;

	memcpy(a->text, content.p, content.n);
	value = slice_of(a->text, content.n);
	if (value.n > 0 && value.p[0] == '{' && !unbrace(&value)) {
		access_complain(a, 0, "must look like static:{ action }");
		return false;
	}
	if (r)
		r->action = value;
	return true;
}
