/* What a policy is made of, from memory and from files. */
#include "policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"
#include "policy_i.h"

struct policy *policy_new(void)
{
	struct policy *p = xcalloc(1, sizeof(*p));

	p->options = ACCESS_OPTIONS;
	p->reject_code = 554;
	p->defer_code = 450;
	p->networks_first = p->network_parents = true;
	return p;
}

void policy_pairs_release(struct policy_pairs *ps)
{
	for (size_t i = 0; i < ps->count; i++) {
		free(ps->pair[i].name);
		free(ps->pair[i].value);
	}
	free(ps->pair);
	*ps = (struct policy_pairs){NULL, 0, 0};
}

struct policy *policy_free(struct policy *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->maps; i++) {
		free(p->map[i].name);
		access_free(p->map[i].access);
	}
	free(p->map);
	policy_pairs_release(&p->classes);
	policy_pairs_release(&p->settings);
	policy_networks_release(p);
	policy_lists_release(p);
	free(p->delimiters);
	free(p->null_key);
	free(p->origin);
	free(p);
	return NULL;
}

const char *policy_pair_get(const struct policy_pairs *ps, const char *name, size_t n)
{
	for (size_t i = 0; i < ps->count; i++)
		if (slice_eq(slice_str(ps->pair[i].name), slice_of(name, n)))
			return ps->pair[i].value;
	return NULL;
}

void policy_pair_set(struct policy_pairs *ps, struct slice name, struct slice value)
{
	char *text = xstrndup(value.p ? value.p : "", value.n);

	for (size_t i = 0; i < ps->count; i++) {
		if (!slice_eq(slice_str(ps->pair[i].name), name))
			continue;
		free(ps->pair[i].value);
		ps->pair[i].value = text;
		return;
	}
	if (ps->count == ps->room) {
		ps->room = ps->room ? 2 * ps->room : 16;
		ps->pair = xrealloc(ps->pair, ps->room * sizeof(*ps->pair));
	}
	ps->pair[ps->count++] = (struct policy_pair){xstrndup(name.p, name.n), text};
}

void policy_class(struct policy *p, const char *name, const char *list)
{
	policy_pair_set(&p->classes, slice_str(name), slice_str(list));
}

void policy_networks_first(struct policy *p, bool first)
{
	p->networks_first = first;
}

/* ------------------------------------------------------------------ tables */

/* `hash:x` and `proxy:hash:x` are one, and so are `/x` and `hash:/x`. */
static bool same_table(struct slice a, struct slice b)
{
	return access_kind_of(a) == access_kind_of(b) && slice_eq(access_path_of(a), access_path_of(b));
}

/* An unknown type has only its whole name. */
static bool is_table(struct slice a, struct slice b)
{
	return slice_eq(a, b) || (access_kind_of(a) != ACCESS_UNKNOWN && same_table(a, b));
}

struct policy_map *policy_map_of(const struct policy *p, struct slice name)
{
	for (size_t i = 0; i < p->maps; i++)
		if (is_table(name, slice_str(p->map[i].name)))
			return &p->map[i];
	return NULL;
}

static void say_row(void *arg, const char *table, int line, const char *why)
{
	char safe[256];

	(void)arg;
	msg_safe(slice_str(table), safe, sizeof(safe));
	if (line > 0)
		msg_warn("%s: line %d: %s", safe, line, why);
	else
		msg_warn("%s: %s", safe, why);
}

static void set_map(struct policy *p, struct slice name, struct access *access)
{
	struct policy_map *m = policy_map_of(p, name);

	if (!m) {
		if (p->maps == p->map_room) {
			p->map_room = p->map_room ? 2 * p->map_room : 8;
			p->map = xrealloc(p->map, p->map_room * sizeof(*p->map));
		}
		m = &p->map[p->maps++];
		*m = (struct policy_map){.name = xstrndup(name.p, name.n)};
	}
	access_free(m->access);
	m->access = access;
}

bool policy_table(struct policy *p, const char *name, struct slice bytes)
{
	struct access_complaints complaints = {say_row, NULL};
	struct access *access = access_new(slice_str(name), bytes, &complaints);

	set_map(p, slice_str(name), access);
	return access != NULL;
}

const struct access *policy_access(const struct policy *p, const char *table)
{
	const struct policy_map *m = policy_map_of(p, slice_str(table));

	return m ? m->access : NULL;
}

/* ------------------------------------------------------------------ files */

/* NULL, or why not. A pipe or device would have us wait for ever. */
static const char *read_fd(int fd, char **out, size_t *n)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is no regular file";
	if (st.st_size > (off_t)ACCESS_BYTES_MAX)
		return "is longer than 64 MiB";
	*out = xmalloc((size_t)st.st_size + 1);
	for (*n = 0; *n < (size_t)st.st_size; *n += (size_t)got) {
		got = read(fd, *out + *n, (size_t)st.st_size - *n);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got < 0)
			return strerror(errno);
		else if (got == 0)
			break;
	}
	return NULL;
}

char *policy_read_file(const char *path, struct slice *bytes)
{
	char safe[512], *text = NULL;
	size_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *why = fd < 0 ? strerror(errno) : read_fd(fd, &text, &n);

	if (fd >= 0)
		close(fd);
	if (why) {
		msg_warn("%s: %s; what depends on it is not known", msg_safe(slice_str(path), safe, sizeof(safe)), why);
		free(text);
		return NULL;
	}
	*bytes = slice_of(text, n);
	return text;
}

/* Only types that postmap makes a file of; without one beside it, the text may be a copy. */
static bool is_unmapped(struct slice name)
{
	static const struct {
		struct slice type;
		const char *suffix;
	} made[] = {{{"hash:", 5}, ".db"}, {{"btree:", 6}, ".db"}, {{"lmdb:", 5}, ".lmdb"},
	            {{"cdb:", 4}, ".cdb"}, {{"dbm:", 4}, ".pag"},  {{"sdbm:", 5}, ".pag"}};
	struct slice path = access_path_of(name);
	struct stat source, index;
	char file[4096];

	slice_skip(&name, SLICE("proxy:"));
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		if (!slice_starts(name, made[i].type) || path.n + 6 > sizeof file)
			continue;
		snprintf(file, sizeof file, "%.*s%s", (int)path.n, path.p, made[i].suffix);
		if (stat(file, &index) < 0)
			continue;
		file[path.n] = '\0';
		return stat(file, &source) == 0 && source.st_mtime > index.st_mtime;
	}
	return false;
}

const char *policy_unmapped(const struct policy *p)
{
	for (size_t i = 0; i < p->maps; i++)
		if (p->map[i].unmapped)
			return p->map[i].name;
	return NULL;
}

bool policy_read_map(struct policy *p, const char *name)
{
	enum access_kind kind = access_kind_of(slice_str(name));
	struct slice bytes;
	char *text;
	bool good;

	if (kind == ACCESS_UNKNOWN || kind == ACCESS_INLINE || kind == ACCESS_STATIC)
		return policy_table(p, name, SLICE(""));
	text = policy_read_file(access_path_of(slice_str(name)).p, &bytes);
	if (!text) {
		set_map(p, slice_str(name), NULL);
		return false;
	}
	good = policy_table(p, name, bytes);
	free(text);
	policy_map_of(p, slice_str(name))->unmapped = is_unmapped(slice_str(name));
	return good;
}

/* ------------------------------------------------------------------ own domains */

/* The domain that a key of an access table stands for; absent for an address, a network, a local part. */
static struct slice domain_of_key(struct slice key)
{
	struct network net;

	slice_skip(&key, SLICE("."));
	if (slice_chr(key, '@') >= 0 || slice_chr(key, ':') >= 0 || slice_chr(key, '<') >= 0)
		return SLICE_NONE;
	return network_parse(key, &net) ? SLICE_NONE : key;
}

/* Is this the row for which its domain is told: not the `.domain` twin of a row, nor a shadowed one. */
static bool is_first(const struct access *a, const struct access_row *row, struct slice domain)
{
	struct access_hit hit;

	return domain.n > 0 && !row->winner && (domain.n == row->key.n || access_get(a, domain, &hit) == ACCESS_NONE);
}

size_t policy_domains(const struct policy *p, const char *table, char ***out)
{
	const struct access *a = policy_access(p, table);
	enum access_kind kind = access_kind_of(slice_str(table));
	struct access_row row;
	size_t at = 0, n = 0, room = 0;

	*out = NULL;
	if (!a || (kind != ACCESS_INDEXED && kind != ACCESS_INLINE))
		return 0;
	while (access_next(a, &at, &row)) {
		struct slice domain = domain_of_key(row.key);
		if (!is_first(a, &row, domain))
			continue;
		if (n == room) {
			room = room ? 2 * room : 16;
			*out = xrealloc(*out, room * sizeof(**out));
		}
		(*out)[n++] = xstrndup(domain.p, domain.n);
	}
	return n;
}

void policy_domains_free(char **domains, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(domains[i]);
	free(domains);
}
