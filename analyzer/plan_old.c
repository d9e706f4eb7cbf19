/* The map as it is now: which of its rows are the rule's, and what of it is kept. */
#include <stdlib.h>
#include <string.h>

#include "../parsers/logical.h"
#include "msg.h"
#include "plan_i.h"

static struct slice action_text(struct slice action, enum access_word *word)
{
	struct access_action a;

	access_action_parse(action, ACCESS_OF_SENDER, 554, 450, &a);
	*word = a.word;
	return a.text;
}

static bool is_rule_text(const struct plan_options *o, struct slice text)
{
	return rules_match(o->rules, text, false) == o->rule || rules_match(o->rules, text, true) == o->rule;
}

bool plan_is_rule_action(const struct plan_options *o, const struct plan *p, struct slice action)
{
	enum access_word word;
	struct slice text = action_text(action, &word);

	if (word == ACCESS_WARN || word == ACCESS_REJECT || word == ACCESS_DEFER)
		return is_rule_text(o, text);
	size_t n = strlen(p->class);
	return word == ACCESS_LIST &&
	       (slice_eq(action, slice_str(p->class)) ||
	        (slice_starts(action, slice_str(p->class)) && slice_eq(slice_from(action, n), SLICE("_open"))));
}

struct slice plan_map_warning(const struct plan_options *o)
{
	const struct access *a = o->policy ? policy_access(o->policy, o->map) : NULL;
	struct access_row row;
	enum access_word word;

	for (size_t at = 0; a && access_next(a, &at, &row);) {
		struct slice text = action_text(row.action, &word);
		if (word == ACCESS_WARN && !row.winner && rules_match(o->rules, text, false) == o->rule)
			return text;
	}
	return SLICE_NONE;
}

/* ------------------------------------------------------------------ the plan's own block */

static bool is_marker(const struct plan_options *o, struct slice line, const char *marker)
{
	struct slice rule = slice_str(o->rules->rule[o->rule - 1].name);

	return slice_skip(&line, slice_str(marker)) && slice_eq(trim(line), rule);
}

static struct slice next_line(struct slice *rest)
{
	ptrdiff_t end = slice_chr(*rest, '\n');
	struct slice line = slice_head(*rest, end < 0 ? rest->n : (size_t)end);

	*rest = slice_from(*rest, line.n + (end >= 0));
	return line;
}

bool plan_old_block(const struct plan_options *o, int *first, int *last)
{
	struct slice rest = o->map_text;

	*first = *last = 0;
	for (int i = 1; rest.n && !*last; i++) {
		struct slice line = next_line(&rest);
		if (!*first && is_marker(o, line, PLAN_BEGIN))
			*first = i;
		else if (*first && is_marker(o, line, PLAN_END))
			*last = i;
	}
	/* A begin without an end: whatever follows may be the admin's. */
	return *first && *last;
}

/* ------------------------------------------------------------------ each row */

struct old {
	struct plan_making *m;
	const struct plan_key *keys;
	size_t n;
	unsigned char *what; /* by line: enum plan_row of the row that begins there */
	int lines;
	int first, last; /* lines of the block of an earlier plan; 0: there is none */
};

static bool in_block(const struct old *d, int line)
{
	return d->last && d->first <= line && line <= d->last;
}

/* The keys of the map are folded, and so are ours. */
static const struct plan_key *key_of(const struct old *d, struct slice key)
{
	for (size_t i = 0; i < d->n; i++)
		if (slice_eq(key, slice_str(d->keys[i].key)))
			return &d->keys[i];
	return NULL;
}

static const char *safe_key(const struct access_row *row, char *buf, size_t cap)
{
	return msg_safe(row->key, buf, cap);
}

/* "You are still warning": REJECT rows that were appended below WARN rows. */
static void say_shadowed(struct old *d, const struct access_row *row)
{
	enum access_word word, winner;
	char key[200], action[200];

	action_text(row->action, &word);
	action_text(row->winner_action, &winner);
	safe_key(row, key, sizeof key);
	msg_safe(row->action, action, sizeof action);
	bool trap = winner == ACCESS_WARN && (word == ACCESS_REJECT || word == ACCESS_DEFER);
	if (trap)
		plan_remark(
		    d->m->p, true,
		    "you are still warning: line %d of the map has `%s %s`, but line %d has the key first, with WARN; "
		    "the first row wins",
		    row->line, key, action, row->winner);
	else
		plan_remark(d->m->p, false,
		            "line %d of the map, `%s %s`, was never found (line %d has the key first): dropped",
		            row->line, key, action, row->winner);
	d->m->p->remark[d->m->p->remarks - 1].trap = trap;
}

/* A row of an earlier plan says nothing else than these. */
static bool is_plan_action(const struct old *d, struct slice action)
{
	return slice_eq(action, SLICE("DUNNO")) || plan_is_rule_action(d->m->o, d->m->p, action);
}

static enum plan_row judge(struct old *d, const struct access_row *row, bool block)
{
	char key[200], action[200];
	const struct plan_key *ours = key_of(d, row->key);

	safe_key(row, key, sizeof key);
	msg_safe(row->action, action, sizeof action);
	if (block && is_plan_action(d, row->action)) {
		if (!ours && !slice_eq(row->action, slice_str(d->m->p->class)))
			plan_remark(d->m->p, false,
			            "`%s %s`, a row of the plan before, has no verdict any more: dropped", key, action);
		return PLAN_ROW_OURS;
	}
	if (row->winner) {
		say_shadowed(d, row);
		return PLAN_ROW_SHADOWED;
	}
	if (plan_is_rule_action(d->m->o, d->m->p, row->action))
		return PLAN_ROW_RULE;
	if (!ours)
		return PLAN_ROW_KEPT;
	plan_remark(d->m->p, true,
	            "line %d of the map, `%s %s`, gives way to the verdict's row `%s %s`: kept as a comment", row->line,
	            key, action, key, ours->action);
	return PLAN_ROW_CLASH;
}

static void judge_rows(struct old *d)
{
	const struct access *a = d->m->o->policy ? policy_access(d->m->o->policy, d->m->o->map) : NULL;
	struct access_row row;

	for (size_t at = 0; a && access_next(a, &at, &row);)
		if (row.line > 0 && row.line <= d->lines)
			d->what[row.line] = (unsigned char)judge(d, &row, in_block(d, row.line));
}

static void put_line(FILE *f, struct slice line, bool comment)
{
	fputs(comment ? "# replaced: " : "", f);
	fwrite(line.p, 1, line.n, f);
	fputc('\n', f);
}

static void copy(const struct old *d, FILE *f)
{
	struct slice rest = d->m->o->map_text;
	enum plan_row row = PLAN_ROW_KEPT; /* the one that a line belongs to */

	for (int i = 1; rest.n; i++) {
		struct slice line = next_line(&rest), bare = trim(line);
		bool comment = bare.n == 0 || bare.p[0] == '#';
		if (!comment && !is_space(line.p[0]))
			row = d->what[i];
		if (comment ? !in_block(d, i) : row == PLAN_ROW_KEPT || row == PLAN_ROW_CLASH)
			put_line(f, line, !comment && row == PLAN_ROW_CLASH);
	}
}

void plan_old_write(struct plan_making *m, const struct plan_key *keys, size_t n, FILE *f)
{
	struct old d = {.m = m, .keys = keys, .n = n, .lines = 1};

	if (!slice_is_set(m->o->map_text))
		return;
	for (size_t i = 0; i < m->o->map_text.n; i++)
		d.lines += m->o->map_text.p[i] == '\n';
	d.what = xcalloc((size_t)d.lines + 2, 1);
	if (!plan_old_block(m->o, &d.first, &d.last))
		d.last = 0;
	judge_rows(&d);
	copy(&d, f);
	free(d.what);
}
