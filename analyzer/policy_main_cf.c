/* main.cf (postconf(5)): its lines, $name in values, and what of it a policy needs. */
#include <stdio.h>
#include <stdlib.h>

#include "../parsers/logical.h"
#include "msg.h"
#include "policy_i.h"

#define EXPAND_DEEP 20
#define EXPAND_MAX 65536

/* ------------------------------------------------------------------ expansion */

struct expansion {
	const struct policy_pairs *raw;
	char *text;
	size_t n;
	int depth;
};

static bool expand(struct expansion *e, struct slice value);

static bool put(struct expansion *e, struct slice s)
{
	if (s.n > EXPAND_MAX - e->n)
		return false;
	if (s.n > 0)
		memcpy(e->text + e->n, s.p, s.n);
	e->n += s.n;
	return true;
}

static bool is_name(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Cuts the name off the start of s. */
static struct slice cut_name(struct slice *s)
{
	size_t n = 0;
	struct slice name;

	while (n < s->n && is_name(s->p[n]))
		n++;
	name = slice_head(*s, n);
	*s = slice_from(*s, n);
	return name;
}

/* Cuts what stands between s's first byte and the one that closes it. */
static bool cut_group(struct slice *s, char open, char close, struct slice *inside)
{
	int depth = 0;

	for (size_t i = 0; i < s->n; i++) {
		depth += (s->p[i] == open) - (s->p[i] == close);
		if (depth > 0)
			continue;
		*inside = slice_head(slice_from(*s, 1), i - 1);
		*s = slice_from(*s, i + 1);
		return true;
	}
	return false;
}

/* One branch of `?` or `:`: a text up to the end, or one in braces. */
static bool cut_branch(struct slice *s, struct slice *branch)
{
	*s = trim_left(*s);
	if (s->n > 0 && s->p[0] == '{') {
		if (!cut_group(s, '{', '}', branch))
			return false;
		*s = trim_left(*s);
		return true;
	}
	*branch = *s;
	*s = slice_from(*s, s->n);
	return true;
}

/* `name`, `name?text`, `name:text`, `name?{text}:{text}`; rest is what follows the name. */
static bool expand_name(struct expansion *e, struct slice name, struct slice rest)
{
	const char *value = policy_pair_get(e->raw, name.p, name.n);
	struct slice yes = SLICE_NONE, no = SLICE_NONE;
	char op;

	if (name.n == 0 || !value)
		return false;
	rest = trim_left(rest);
	if (rest.n == 0)
		return expand(e, slice_str(value));
	op = rest.p[0];
	rest = slice_from(rest, 1);
	if ((op != '?' && op != ':') || !cut_branch(&rest, op == '?' ? &yes : &no))
		return false;
	if (op == '?' && slice_skip(&rest, SLICE(":")) && !cut_branch(&rest, &no))
		return false;
	if (rest.n > 0)
		return false;
	if (value[0] == '\0')
		return expand(e, no);
	return expand(e, op == '?' ? yes : slice_str(value));
}

/* What follows a `$`. */
static bool expand_dollar(struct expansion *e, struct slice *s)
{
	struct slice inside, name;

	if (slice_skip(s, SLICE("$")))
		return put(e, SLICE("$"));
	if (s->n > 0 && (s->p[0] == '{' || s->p[0] == '(')) {
		if (!cut_group(s, s->p[0], s->p[0] == '{' ? '}' : ')', &inside))
			return false;
		inside = trim(inside);
		name = cut_name(&inside);
		return expand_name(e, name, inside);
	}
	return expand_name(e, cut_name(s), SLICE_NONE);
}

static bool expand(struct expansion *e, struct slice value)
{
	bool good = e->depth < EXPAND_DEEP;

	e->depth++;
	while (good && value.n > 0) {
		ptrdiff_t dollar = slice_chr(value, '$');
		size_t plain = dollar < 0 ? value.n : (size_t)dollar;
		good = put(e, slice_head(value, plain));
		value = slice_from(value, plain);
		if (good && slice_skip(&value, SLICE("$")))
			good = expand_dollar(e, &value);
	}
	e->depth--;
	return good;
}

/* ------------------------------------------------------------------ lines */

static void complain(const char *path, int line, const char *why)
{
	char safe[512];

	msg_warn("%s: line %d: %s", msg_safe(slice_str(path), safe, sizeof(safe)), line, why);
}

static void read_setting(struct policy_pairs *raw, const char *path, struct slice line, int number)
{
	ptrdiff_t equals = slice_chr(line, '=');
	struct slice name = equals < 0 ? SLICE_NONE : trim(slice_head(line, (size_t)equals));
	struct slice rest = name;

	if (name.n == 0 || cut_name(&rest).n == 0 || rest.n > 0)
		complain(path, number, "is not `name = value': skipped");
	else
		policy_pair_set(raw, name, trim(slice_from(line, (size_t)equals + 1)));
}

/* Built-in values that lists of restrictions are known to use. */
static const char *const defaults[][2] = {
    {"default_database_type", "hash"},
    {"queue_directory", "/var/spool/postfix"},
    {"data_directory", "/var/lib/postfix"},
    {"mail_name", "Postfix"},
};

static void read_settings(struct policy_pairs *raw, const char *path, struct slice bytes)
{
	const char *slash = strrchr(path, '/');
	char *joined = xmalloc(bytes.n + 1);
	struct slice line;
	struct logical l;
	enum logical_answer answer;
	int number;

	policy_pair_set(raw, SLICE("config_directory"),
	                slash ? slice_of(path, slash > path ? (size_t)(slash - path) : 1) : SLICE("."));
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		policy_pair_set(raw, slice_str(defaults[i][0]), slice_str(defaults[i][1]));
	logical_init(&l, bytes, joined);
	while ((answer = logical_next(&l, &line, &number)) != LOGICAL_END) {
		if (answer == LOGICAL_BLANK)
			complain(path, number, "begins with a blank but continues no line: skipped");
		else
			read_setting(raw, path, line, number);
	}
	free(joined);
}

/* ------------------------------------------------------------------ what is made of them */

struct reading {
	struct policy *p;
	const char *path;
	struct policy_pairs raw;
};

/* The expanded value: NULL if it is not set, or not known, which is said. Kept in the policy's settings. */
static const char *value_of(struct reading *r, const char *name)
{
	const char *raw = policy_pair_get(&r->raw, name, strlen(name));
	struct expansion e = {.raw = &r->raw};
	char safe[512], safe_name[128];

	if (!raw)
		return NULL;
	e.text = xmalloc(EXPAND_MAX);
	if (expand(&e, slice_str(raw)))
		policy_pair_set(&r->p->settings, slice_str(name), slice_of(e.text, e.n));
	else
		msg_warn("%s: %s: names a setting that is not set there, or in a way that is not understood; it is not "
		         "known",
		         msg_safe(slice_str(r->path), safe, sizeof(safe)),
		         msg_safe(slice_str(name), safe_name, sizeof(safe_name)));
	free(e.text);
	return policy_setting(r->p, name);
}

const char *policy_setting(const struct policy *p, const char *name)
{
	return policy_pair_get(&p->settings, name, strlen(name));
}

static struct slice own(char **into, const char *value)
{
	free(*into);
	*into = xstrdup(value);
	return slice_str(*into);
}

static int code_of(const char *value, int otherwise)
{
	struct slice s = slice_str(value);
	uint64_t n;

	return value && slice_number(&s, 999, &n) && s.n == 0 ? (int)n : otherwise;
}

static bool list_has(const char *list, const char *name)
{
	struct slice rest = slice_str(list), word;

	while (list_word(&rest, &word))
		if (slice_eq(word, slice_str(name)))
			return true;
	return false;
}

/* A path means the first line of that file (Debian's /etc/mailname). */
static void read_origin(struct reading *r)
{
	const char *value = value_of(r, "myorigin");
	struct slice bytes, word;
	char *text, *name;

	if (!value)
		return;
	if (value[0] != '/') {
		r->p->options.origin = own(&r->p->origin, value);
		return;
	}
	if (!(text = policy_read_file(value, &bytes)))
		return;
	if (list_word(&bytes, &word)) {
		name = xstrndup(word.p, word.n);
		r->p->options.origin = own(&r->p->origin, name);
		free(name);
	}
	free(text);
}

static void read_options(struct reading *r)
{
	struct policy *p = r->p;
	const char *value;

	if ((value = value_of(r, "recipient_delimiter")))
		p->options.delimiters = own(&p->delimiters, value);
	if ((value = value_of(r, "smtpd_null_access_lookup_key")))
		p->options.null_key = own(&p->null_key, value);
	if ((value = value_of(r, "parent_domain_matches_subdomains"))) {
		p->options.parents = list_has(value, "smtpd_access_maps");
		p->network_parents = list_has(value, "mynetworks");
	}
	p->reject_code = code_of(value_of(r, "access_map_reject_code"), p->reject_code);
	p->defer_code = code_of(value_of(r, "access_map_defer_code"), p->defer_code);
	value = value_of(r, "soft_bounce");
	p->soft_bounce = value && slice_eq_fold(slice_str(value), SLICE("yes"));
	read_origin(r);
}

/* The tables that a class asks for a sender or a client. */
static void read_tables(struct policy *p, const char *list)
{
	struct slice rest = slice_str(list), word, table;

	while (list_word(&rest, &word)) {
		char *name;
		if (!policy_word_is(word, "check_sender_access") && !policy_word_is(word, "check_client_access"))
			continue;
		if (!list_word(&rest, &table) || policy_map_of(p, table))
			continue;
		name = xstrndup(table.p, table.n);
		policy_read_map(p, name);
		free(name);
	}
}

static void read_classes(struct reading *r)
{
	const char *value = value_of(r, "smtpd_restriction_classes"), *list;
	/* value_of may move the settings, so its text is copied. */
	char *names = xstrdup(value ? value : ""), safe[512];
	struct slice rest = slice_str(names), word;

	while (list_word(&rest, &word)) {
		char *name = xstrndup(word.p, word.n);
		list = value_of(r, name);
		if (list) {
			policy_class(r->p, name, list);
			read_tables(r->p, list);
		} else {
			msg_warn("%s: the restriction class %.100s has no list that is known",
			         msg_safe(slice_str(r->path), safe, sizeof(safe) / 2),
			         msg_safe(word, safe + sizeof(safe) / 2, sizeof(safe) / 2));
		}
		free(name);
	}
	free(names);
}

/* ------------------------------------------------------------------ all of it */

static void read_lists(struct reading *r)
{
	policy_lists_release(r->p);
	for (size_t i = 0; policy_list_name(i); i++)
		policy_list_add(r->p, policy_list_name(i), value_of(r, policy_list_name(i)));
}

/* Unset, it is made from the host's interfaces; set and not expanded, it is not known either. */
static void read_networks(struct reading *r)
{
	const char *value = value_of(r, "mynetworks");
	char safe[512];

	if (value) {
		policy_networks(r->p, value);
	} else if (!r->p->networks_set) {
		msg_warn("%s: mynetworks is not set, or not known: who is let through by it is not known",
		         msg_safe(slice_str(r->path), safe, sizeof(safe)));
		policy_networks_unknown(r->p);
	}
}

bool policy_read_main_cf(struct policy *p, const char *path)
{
	struct reading r = {.p = p, .path = path};
	struct slice bytes;
	char *text = policy_read_file(path, &bytes);

	if (!text)
		return false;
	read_settings(&r.raw, path, bytes);
	free(text);
	value_of(&r, "config_directory");
	read_options(&r);
	read_classes(&r);
	read_networks(&r);
	read_lists(&r);
	policy_pairs_release(&r.raw);
	return true;
}
