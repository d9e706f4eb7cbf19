#include "rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "pattern.h"

#define RULE_NAME_MAX 40
#define FOLD_MAX 2048 /* Postfix cuts its lines at 2000 bytes */

/* What a rule says besides its name. pattern: 0 if it is none (the name stands at offset 0). */
static const struct field {
	const char *name;
	size_t text, pattern;
	bool may_be_empty;
} fields[] = {
    {"title", offsetof(struct rule, title), 0, false},
    {"warn", offsetof(struct rule, warn), offsetof(struct rule, warn_pattern), false},
    {"reject", offsetof(struct rule, reject), offsetof(struct rule, reject_pattern), true},
    {"map", offsetof(struct rule, map), 0, true},
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static const struct {
	const char *field, *value;
} own_domain[] = {
    {"title", "Mail from our own domains, from outside"},
    {"warn", "Invalid Inbound Sender"},
    {"reject", "Delivery not authorized, message refused"},
    {"map", "/etc/postfix/check_custom_sender_access"},
};

static char **text_of(struct rule *rule, const struct field *f)
{
	return (char **)(void *)((char *)rule + f->text);
}

static struct pattern **pattern_of(struct rule *rule, const struct field *f)
{
	return (struct pattern **)(void *)((char *)rule + f->pattern);
}

bool rules_init(struct rules *r)
{
	char why[160];
	size_t at;

	memset(r, 0, sizeof(*r));
	/* Constant texts: only a machine without memory can refuse them. */
	for (size_t i = 0; i < sizeof(own_domain) / sizeof(own_domain[0]); i++)
		if (!rules_set(r, SLICE("own-domain"), slice_str(own_domain[i].field), slice_str(own_domain[i].value),
		               &at, why, sizeof(why)))
			return false;
	return true;
}

void rules_release(struct rules *r)
{
	for (int i = 0; i < r->count; i++) {
		for (size_t f = 0; f < FIELD_COUNT; f++) {
			free(*text_of(&r->rule[i], &fields[f]));
			if (fields[f].pattern)
				pattern_free(*pattern_of(&r->rule[i], &fields[f]));
		}
		free(r->rule[i].name);
	}
	memset(r, 0, sizeof(*r));
}

static bool name_is_good(struct slice name)
{
	if (name.n == 0 || name.n > RULE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return true;
}

/* The rule of that name, made if need be; its title is its name until it gets one. */
static struct rule *rule_named(struct rules *r, struct slice name, char *why, size_t cap)
{
	struct rule *rule;

	for (int i = 0; i < r->count; i++)
		if (slice_eq(name, slice_str(r->rule[i].name)))
			return &r->rule[i];
	if (!name_is_good(name)) {
		snprintf(why, cap, "a rule's name is 1 to %d of a-z, 0-9 and -", RULE_NAME_MAX);
		return NULL;
	}
	if (r->count == RULES_MAX) {
		snprintf(why, cap, "more than %d rules", RULES_MAX);
		return NULL;
	}
	rule = &r->rule[r->count];
	rule->name = strndup(name.p, name.n);
	rule->title = strndup(name.p, name.n);
	if (!rule->name || !rule->title) {
		free(rule->name);
		free(rule->title);
		memset(rule, 0, sizeof(*rule));
		snprintf(why, cap, "out of memory");
		return NULL;
	}
	r->count++;
	return rule;
}

static const struct field *field_named(struct slice name, char *why, size_t cap)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (slice_eq(name, slice_str(fields[i].name)))
			return &fields[i];
	snprintf(why, cap, "unknown key; a rule has title, warn, reject and map");
	return NULL;
}

/* Texts are matched with one blank for each run of blanks, so two in a row could never match. */
static bool blanks_can_match(struct slice value, size_t *at, char *why, size_t cap)
{
	ptrdiff_t two = slice_find(value, SLICE("  "));

	if (two < 0)
		return true;
	*at = (size_t)two;
	snprintf(why, cap, "offset %zu: two blanks never match, a run of blanks counts as one", *at);
	return false;
}

static bool compile(struct pattern **into, struct slice value, size_t *at, char *why, size_t cap)
{
	char reason[160];

	*into = pattern_free(*into);
	if (value.n == 0)
		return true;
	if (!blanks_can_match(value, at, why, cap))
		return false;
	*into = pattern_new(value, at, reason, sizeof(reason));
	if (!*into)
		snprintf(why, cap, "offset %zu: %s", *at, reason);
	return *into != NULL;
}

bool rules_set(struct rules *r, struct slice name, struct slice field, struct slice value, size_t *at, char *why,
               size_t cap)
{
	struct rule *rule = rule_named(r, name, why, cap);
	const struct field *f = rule ? field_named(field, why, cap) : NULL;
	char *copy = NULL;

	*at = 0;
	if (!f)
		return false;
	if (value.n == 0 ? !f->may_be_empty : slice_chr(value, '\0') >= 0) {
		snprintf(why, cap, value.n ? "has a NUL byte" : "must not be empty");
		return false;
	}
	if (value.n > 0 && !(copy = strndup(value.p, value.n))) {
		snprintf(why, cap, "out of memory");
		return false;
	}
	free(*text_of(rule, f));
	*text_of(rule, f) = copy;
	return !f->pattern || compile(pattern_of(rule, f), value, at, why, cap);
}

bool rules_check(const struct rules *r, int number, char *why, size_t cap)
{
	const struct rule *rule = &r->rule[number - 1];

	if (rule->warn)
		return true;
	snprintf(why, cap, "rule %s: has no warn pattern, so it can never be seen warning", rule->name);
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* s with one blank for each run of blanks, in buf; a longer text comes back as it is. */
static struct slice fold_blanks(struct slice s, char *buf, size_t cap)
{
	size_t n = 0;

	/* hardly any text has two blanks together, or a tab */
	if (s.n > cap || (slice_find(s, SLICE("  ")) < 0 && slice_chr(s, '\t') < 0))
		return s;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_blank(s.p[i]))
			buf[n++] = s.p[i];
		else if (i == 0 || !is_blank(s.p[i - 1]))
			buf[n++] = ' ';
	}
	return slice_of(buf, n);
}

int rules_match(struct rules *r, struct slice text, bool reject)
{
	char buf[FOLD_MAX];
	struct slice folded = fold_blanks(text, buf, sizeof(buf));

	for (int i = 0; i < r->count; i++) {
		const struct rule *rule = &r->rule[i];
		const struct pattern *p = reject ? rule->reject_pattern : rule->warn_pattern;
		enum pattern_answer answer = p ? pattern_match(p, folded) : PATTERN_NO;

		if (answer == PATTERN_YES)
			return i + 1;
		r->limit_hits += answer == PATTERN_LIMIT;
	}
	return 0;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a over the text and its NUL, so that two texts never run into each other. */
static uint64_t hash_text(uint64_t h, const char *s)
{
	s = s ? s : "";
	do
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	while (*s++);
	return h;
}

static uint64_t hash_rule(uint64_t h, const struct rule *r)
{
	h = hash_text(h, r->name);
	h = hash_text(h, r->warn);
	return hash_text(h, r->reject);
}

uint64_t rule_hash(const struct rule *r)
{
	return hash_rule(HASH_START, r);
}

uint64_t rules_hash(const struct rules *r)
{
	uint64_t h = HASH_START;

	for (int i = 0; i < r->count; i++)
		h = hash_rule(h, &r->rule[i]);
	return h;
}
