/* pcre: tables, and regexp: ones as far as PCRE2 reads a POSIX expression the same way. */
#include <stdio.h>

#include "access_i.h"
#include "logical.h"
#include "pattern.h"

#define GROUP_MAX 99

/* A flag behind the closing delimiter toggles an option; all rows begin with "i" and "s" on. */
static const struct flag {
	char letter;
	unsigned option;
	bool posix; /* regexp: has it, too */
} flags[] = {
    {'i', PATTERN_CASELESS, true},  {'m', PATTERN_MULTILINE, true},
    {'s', PATTERN_DOTALL, false},   {'x', PATTERN_EXTENDED, false},
    {'A', PATTERN_ANCHORED, false}, {'E', PATTERN_DOLLAR_ENDONLY, false},
    {'U', PATTERN_UNGREEDY, false}, {'X', 0, false},
};

struct expression {
	struct slice text;
	unsigned options;
	bool negate, opaque;
};

static const struct flag *flag_of(const struct access *a, char letter)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].letter == letter && (flags[i].posix || a->kind == ACCESS_PCRE))
			return &flags[i];
	return NULL;
}

/* Reads the flags; the `x` (basic expressions) and the second pattern of a regexp: row are beyond us. */
static bool read_flags(const struct access *a, struct slice *s, struct expression *e)
{
	const struct flag *f;

	for (e->options = PATTERN_CASELESS | PATTERN_DOTALL; s->n > 0 && !is_space(s->p[0]); *s = slice_from(*s, 1)) {
		if (a->kind == ACCESS_REGEXP && (s->p[0] == 'x' || s->p[0] == '!'))
			e->opaque = true;
		if (a->kind == ACCESS_REGEXP && s->p[0] == '!')
			return true;
		f = flag_of(a, s->p[0]);
		if (!f && !e->opaque)
			return false;
		if (f)
			e->options ^= f->option;
	}
	return true;
}

/*
 * From the `[` at the start of s to its `]`: the length, or 0 if a POSIX set
 * means something else there: a backslash is a plain character to it.
 */
static size_t plain_set(struct slice s)
{
	size_t i = 1;

	if (i < s.n && s.p[i] == '^')
		i++;
	if (i < s.n && s.p[i] == ']')
		i++;
	for (; i < s.n && s.p[i] != ']'; i++) {
		ptrdiff_t end;
		if (s.p[i] == '\\' || slice_starts(slice_from(s, i), SLICE("[.")) ||
		    slice_starts(slice_from(s, i), SLICE("[=")))
			return 0;
		if (!slice_starts(slice_from(s, i), SLICE("[:")))
			continue;
		if ((end = slice_find(slice_from(s, i), SLICE(":]"))) < 0)
			return 0;
		i += (size_t)end + 1;
	}
	return i < s.n ? i + 1 : 0;
}

static bool is_one_of(const char *set, char c)
{
	return c != '\0' && strchr(set, c);
}

/* Do PCRE2 and the POSIX expressions of the C library read this the same way? In doubt they do not. */
static bool is_posix_alike(struct slice s)
{
	size_t step;

	for (; s.n > 0; s = slice_from(s, step)) {
		char c = s.p[0], next = s.n > 1 ? s.p[1] : '\0';
		step = c == '[' ? plain_set(s) : c == '\\' ? 2 : 1;
		if (step == 0)
			return false;
		if (c == '\\' && !is_one_of("wWbBsS.^$*+?()[]{}|\\/@-_%=:,;!#&~", next))
			return false;
		if (c == '{' && next == ',')
			return false;
		if (is_one_of("(*+?}|^", c) && is_one_of("?+*", next))
			return false;
	}
	return true;
}

/* `!/text/flags` at the start of *s. NULL, or why not. */
static const char *read_expression(const struct access *a, struct slice *s, struct expression *e)
{
	size_t end = 1;

	e->negate = access_negated(s);
	e->opaque = false;
	if (s->n == 0)
		return "has no pattern: skipped";
	while (end < s->n && s->p[end] != s->p[0])
		end += s->p[end] == '\\' ? 2 : 1;
	if (end >= s->n)
		return "the pattern has no closing delimiter: skipped";
	e->text = slice_head(slice_from(*s, 1), end - 1);
	*s = slice_from(*s, end + 1);
	if (!read_flags(a, s, e))
		return "has a flag that is not known: skipped";
	if (a->kind == ACCESS_REGEXP && !is_posix_alike(e->text))
		e->opaque = true;
	return NULL;
}

/* Makes the row's pattern; false if there can be none. */
static bool compile(struct access *a, struct row *r, const struct expression *e)
{
	char why[160], text[224];
	size_t at;

	r->key = e->text;
	r->negate = e->negate;
	r->opaque = e->opaque;
	if (!r->opaque) {
		unsigned options = e->options | (r->groups ? PATTERN_GROUPS : 0);
		r->pattern = pattern_new_as(e->text, options, &at, why, sizeof(why));
		if (r->pattern)
			return true;
		snprintf(text, sizeof(text), "offset %zu of the pattern: %s: skipped", at, why);
		access_complain(a, r->line, text);
		return false;
	}
	access_complain(a, r->line, "a POSIX expression that is not understood here: lookups that get here stay open");
	return true;
}

/* One piece of a replacement: literal text, or a `$` expression with its number (-1: no number). */
struct piece {
	struct slice literal;
	int group; /* 0: literal */
};

static bool is_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The name behind a `$`: plain, or in braces or parentheses. False if they are not closed or it is empty. */
static bool read_name(struct slice *s, struct slice *name)
{
	char open = s->n > 0 ? s->p[0] : '\0', close = '\0';
	size_t i = 0;

	if (open == '{' || open == '(') {
		close = open == '{' ? '}' : ')';
		*s = slice_from(*s, 1);
	}
	while (i < s->n && (close ? s->p[i] != close : is_word(s->p[i])))
		i++;
	*name = slice_head(*s, i);
	if (close && i == s->n)
		return false;
	*s = slice_from(*s, close ? i + 1 : i);
	return name->n > 0;
}

/* Cuts the next piece off. False at the end, and with group -1 where the syntax is bad. */
static bool next_piece(struct slice *s, struct piece *out)
{
	struct slice name;
	uint64_t n;
	ptrdiff_t dollar = slice_chr(*s, '$');

	out->group = 0;
	if (s->n == 0)
		return false;
	if (dollar != 0) {
		out->literal = dollar < 0 ? *s : slice_head(*s, (size_t)dollar);
		*s = slice_from(*s, out->literal.n);
		return true;
	}
	*s = slice_from(*s, 1);
	if (slice_starts(*s, SLICE("$"))) {
		out->literal = slice_head(*s, 1);
		*s = slice_from(*s, 1);
		return true;
	}
	out->group = -1;
	if (!read_name(s, &name) || !slice_number(&name, GROUP_MAX, &n) || name.n > 0 || n == 0)
		return false;
	out->group = (int)n;
	return true;
}

/* The highest group that the text names; -1 if its syntax is bad. */
static int highest_group(struct slice text)
{
	struct piece piece;
	int highest = 0;

	while (next_piece(&text, &piece))
		highest = piece.group > highest ? piece.group : highest;
	return piece.group < 0 ? -1 : highest;
}

/* NULL, or why Postfix skips the row. */
static const char *check_groups(struct row *r, int highest)
{
	if (highest > 0 && r->negate)
		return "$1 and a negated pattern: skipped";
	if (highest > 0 && r->pattern && (unsigned)highest > pattern_groups(r->pattern))
		return "names a group that the pattern does not have: skipped";
	return NULL;
}

static void take_back(struct access *a, const char *why)
{
	struct row *r = &a->row[--a->rows];

	if (why)
		access_complain(a, r->line, why);
	r->pattern = pattern_free(r->pattern);
}

static void match_line(struct access *a, struct slice line, int number)
{
	struct expression e;
	const char *why = read_expression(a, &line, &e);
	struct row *r = why ? NULL : access_row_add(a, number);
	int highest;

	if (!r) {
		if (why)
			access_complain(a, number, why);
		return;
	}
	/* Opaque rows with a second pattern: where their action begins does not matter. */
	r->action = trim_left(line);
	highest = highest_group(r->action);
	r->groups = slice_chr(r->action, '$') >= 0;
	/* Which alternative the parentheses saw is where leftmost-longest and leftmost-first part. */
	if (a->kind == ACCESS_REGEXP && highest > 0 && slice_chr(e.text, '|') >= 0)
		e.opaque = true;
	if (highest < 0)
		take_back(a, "the action's $ is malformed: skipped");
	else if (!compile(a, r, &e))
		take_back(a, NULL);
	else if ((why = check_groups(r, highest)))
		take_back(a, why);
	else if (r->action.n == 0)
		access_complain(a, number, "has no action: a lookup that gets here is an error");
}

static void if_line(struct access *a, struct slice rest, int number)
{
	struct expression e;
	const char *why;
	struct row *r;

	rest = trim_left(rest);
	why = read_expression(a, &rest, &e);
	if (why) {
		access_complain(a, number, why);
		return;
	}
	if (!(r = access_row_add(a, number)))
		return;
	r->op = ROW_IF;
	if (!compile(a, r, &e)) {
		take_back(a, NULL);
		return;
	}
	a->open_ifs++;
	if (trim(rest).n > 0)
		access_complain(a, number, "text after an if: it does not count");
}

static void endif_line(struct access *a, struct slice rest, int number)
{
	struct row *r;

	if (a->open_ifs == 0) {
		access_complain(a, number, "endif without if: skipped");
		return;
	}
	if (trim(rest).n > 0)
		access_complain(a, number, "text after an endif: it does not count");
	if (!(r = access_row_add(a, number)))
		return;
	r->op = ROW_ENDIF;
	a->open_ifs--;
}

static bool is_alnum(char c)
{
	return is_word(c) && c != '_';
}

void access_pattern_line(struct access *a, struct slice line, int number)
{
	struct slice rest = trim_right(line);

	if (line.n > 0 && !is_alnum(line.p[0]))
		match_line(a, rest, number);
	else if (access_keyword(&rest, SLICE("if")))
		if_line(a, rest, number);
	else if (access_keyword(&rest, SLICE("endif")))
		endif_line(a, rest, number);
	else
		access_complain(a, number, "neither a pattern nor if nor endif: skipped");
}

/* The action with its groups in place. */
static enum access_answer expand(const struct row *r, struct slice key, struct access_hit *hit)
{
	struct slice text = r->action;
	struct piece piece;
	size_t n = 0;

	while (next_piece(&text, &piece)) {
		struct slice s = piece.literal;
		if (piece.group > 0)
			s = pattern_group(r->pattern, key, (unsigned)piece.group);
		if (s.n > sizeof(hit->action_text) - n)
			return access_unsure(hit, "the action is too long", r->line);
		if (s.n > 0)
			memcpy(hit->action_text + n, s.p, s.n);
		n += s.n;
	}
	return access_found(hit, r, slice_of(hit->action_text, n));
}

enum access_answer access_pattern_find(const struct access *a, struct slice key, struct access_hit *hit)
{
	for (size_t i = 0; i < a->rows; i++) {
		const struct row *r = &a->row[i];
		enum pattern_answer answer;
		if (r->op == ROW_ENDIF)
			continue;
		if (r->opaque)
			return access_unsure(hit, "a pattern that is not understood here", r->line);
		answer = pattern_match(r->pattern, key);
		if (answer == PATTERN_LIMIT)
			return access_unsure(hit, "a pattern ran into its limit", r->line);
		if (r->op == ROW_MATCH && (answer == PATTERN_YES) != r->negate)
			return r->groups ? expand(r, key, hit) : access_found(hit, r, r->action);
		if (r->op == ROW_IF && (answer == PATTERN_YES) == r->negate) {
			if (r->other == NO_ROW)
				return ACCESS_NONE;
			i = r->other;
		}
	}
	return ACCESS_NONE;
}
