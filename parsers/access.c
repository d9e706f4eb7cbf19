#include "access.h"

#include <stdio.h>
#include <stdlib.h>

#include "access_i.h"
#include "logical.h"
#include "pattern.h"
#include "utf8.h"

static const struct type {
	const char *name;
	enum access_kind kind;
} types[] = {
    {"hash", ACCESS_INDEXED},  {"btree", ACCESS_INDEXED}, {"lmdb", ACCESS_INDEXED},     {"cdb", ACCESS_INDEXED},
    {"dbm", ACCESS_INDEXED},   {"sdbm", ACCESS_INDEXED},  {"texthash", ACCESS_INDEXED}, {"inline", ACCESS_INLINE},
    {"static", ACCESS_STATIC}, {"cidr", ACCESS_CIDR},     {"pcre", ACCESS_PCRE},        {"regexp", ACCESS_REGEXP},
};

/* How a kind is read (line by line, or at once from the name), finished and asked. */
static const struct method {
	void (*line)(struct access *a, struct slice line, int number);
	bool (*whole)(struct access *a, struct slice content);
	void (*finish)(struct access *a);
	enum access_answer (*find)(const struct access *a, struct slice key, struct access_hit *hit);
	bool takes_parts;
} methods[] = {
    [ACCESS_INDEXED] = {access_indexed_line, NULL, access_index, access_indexed_find, true},
    [ACCESS_INLINE] = {NULL, access_inline_read, access_index, access_indexed_find, true},
    [ACCESS_STATIC] = {NULL, access_static_read, NULL, access_indexed_find, true},
    [ACCESS_CIDR] = {access_cidr_line, NULL, access_pair, access_cidr_find, false},
    [ACCESS_PCRE] = {access_pattern_line, NULL, access_pair, access_pattern_find, false},
    [ACCESS_REGEXP] = {access_pattern_line, NULL, access_pair, access_pattern_find, false},
};

/* `proxy:` only says which process opens the table. */
static struct slice without_proxy(struct slice name)
{
	slice_skip(&name, SLICE("proxy:"));
	return name;
}

enum access_kind access_kind_of(struct slice name)
{
	ptrdiff_t colon;

	name = without_proxy(name);
	colon = slice_chr(name, ':');
	if (colon < 0)
		return name.n > 0 && name.p[0] == '/' ? ACCESS_INDEXED : ACCESS_UNKNOWN;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_eq(slice_head(name, (size_t)colon), slice_str(types[i].name)))
			return types[i].kind;
	return ACCESS_UNKNOWN;
}

struct slice access_path_of(struct slice name)
{
	name = without_proxy(name);
	return slice_from(name, (size_t)(slice_chr(name, ':') + 1));
}

void access_complain(const struct access *a, int line, const char *why)
{
	if (a->complain.say)
		a->complain.say(a->complain.arg, a->name, line, why);
}

struct row *access_row_add(struct access *a, int line)
{
	struct row *r;

	if (a->rows == a->room) {
		size_t room = a->room ? 2 * a->room : 16;
		struct row *more = room < NO_ROW ? realloc(a->row, room * sizeof(*more)) : NULL;
		if (!more) {
			a->no_memory = true;
			return NULL;
		}
		a->row = more;
		a->room = room;
	}
	r = &a->row[a->rows++];
	*r = (struct row){.line = line, .other = NO_ROW};
	return r;
}

static void read_lines(struct access *a, struct slice bytes)
{
	struct logical l;
	struct slice line;
	enum logical_answer answer;
	int number = 0;

	logical_init(&l, bytes, a->text);
	while (!a->no_memory && (answer = logical_next(&l, &line, &number)) != LOGICAL_END) {
		if (answer == LOGICAL_BLANK) {
			access_complain(a, number, "begins with a blank but continues no line: skipped");
			continue;
		}
		if (answer == LOGICAL_NUL)
			access_complain(a, number, "has a NUL byte: what follows it does not count");
		methods[a->kind].line(a, line, number);
	}
}

static bool read_all(struct access *a, struct slice bytes)
{
	const struct method *m = &methods[a->kind];

	if (m->line)
		read_lines(a, bytes);
	else if (!m->whole(a, bytes))
		return false;
	if (m->finish && !a->no_memory)
		m->finish(a);
	if (a->no_memory)
		access_complain(a, 0, "out of memory");
	return !a->no_memory;
}

struct access *access_new(struct slice name, struct slice bytes, const struct access_complaints *complain)
{
	struct access *a = calloc(1, sizeof(*a));

	if (!a || !(a->name = strndup(name.p ? name.p : "", name.n)))
		return access_free(a);
	if (complain)
		a->complain = *complain;
	a->kind = access_kind_of(name);
	if (a->kind == ACCESS_UNKNOWN) {
		access_complain(a, 0, "a table of this type cannot be read here");
		return access_free(a);
	}
	if (!methods[a->kind].line)
		bytes = access_path_of(slice_str(a->name));
	if (bytes.n > ACCESS_BYTES_MAX) {
		access_complain(a, 0, "longer than 64 MiB");
		return access_free(a);
	}
	a->text = malloc(bytes.n + 1);
	return a->text && read_all(a, bytes) ? a : access_free(a);
}

struct access *access_free(struct access *a)
{
	if (!a)
		return NULL;
	for (size_t i = 0; i < a->rows; i++)
		pattern_free(a->row[i].pattern);
	free(a->row);
	free(a->index);
	free(a->text);
	free(a->name);
	free(a);
	return NULL;
}

bool access_takes_parts(const struct access *a)
{
	return methods[a->kind].takes_parts;
}

bool access_next(const struct access *a, size_t *at, struct access_row *out)
{
	const struct row *r;

	while (*at < a->rows && a->row[*at].op != ROW_MATCH)
		++*at;
	if (*at >= a->rows)
		return false;
	r = &a->row[(*at)++];
	*out = (struct access_row){.key = r->key, .action = r->action, .line = r->line};
	if (r->other != NO_ROW) {
		out->winner = a->row[r->other].line;
		out->winner_action = a->row[r->other].action;
	}
	return true;
}

bool access_next_shadowed(const struct access *a, size_t *at, struct access_row *out)
{
	while (access_next(a, at, out))
		if (out->winner)
			return true;
	return false;
}

enum access_answer access_found(struct access_hit *hit, const struct row *r, struct slice action)
{
	hit->line = r->line;
	hit->action = action;
	/* An action without text is an error of its own to Postfix, not "no such row". */
	return action.n > 0 ? ACCESS_FOUND : access_unsure(hit, "the row has an empty action", r->line);
}

enum access_answer access_unsure(struct access_hit *hit, const char *why, int line)
{
	hit->why = why;
	hit->line = line;
	return ACCESS_UNSURE;
}

bool access_is_utf8(struct slice s)
{
	uint32_t code;

	while (s.n > 0) {
		size_t k = utf8_decode(s, &code);
		if (k == 0)
			return false;
		s = slice_from(s, k);
	}
	return true;
}

enum access_answer access_get(const struct access *a, struct slice key, struct access_hit *hit)
{
	hit->key = hit->action = SLICE_NONE;
	hit->line = 0;
	hit->why = NULL;
	/* Neither an empty key nor bytes that are no UTF-8 are ever looked up (maps.c, dict_utf8.c). */
	if (key.n == 0 || !access_is_utf8(key))
		return ACCESS_NONE;
	if (key.n > sizeof(hit->key_text))
		return access_unsure(hit, "the key is too long", 0);
	memmove(hit->key_text, key.p, key.n);
	hit->key = slice_of(hit->key_text, key.n);
	return methods[a->kind].find(a, hit->key, hit);
}
