#include "option.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sysexits.h>

#include "../analyzer/msg.h"
#include "../parsers/stamp.h"
#include "encode.h"

#define HELP_WIDTH 80
#define HELP_INDENT 26 /* where the explanations begin */
#define SHOWN 128      /* bytes of a user's word in a complaint */
#define WORD_MAX 40    /* longer words are not compared */

/* The nearest word so far. */
struct nearest {
	const char *word;
	size_t steps;
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool letters_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * Letters to insert, drop, change or swap with their neighbour to make a into b (optimal
 * string alignment).
 */
static size_t word_steps(const char *a, size_t an, const char *b, size_t bn)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= bn; j++)
		last[j] = j;
	for (size_t i = 1; i <= an; i++) {
		now[0] = i;
		for (size_t j = 1; j <= bn; j++) {
			bool same = letters_same(a[i - 1], b[j - 1]);
			now[j] = least(last[j - 1] + !same, least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && letters_same(a[i - 1], b[j - 2]) && letters_same(a[i - 2], b[j - 1]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
		size_t *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[bn];
}

static const char *dashes_off(const char *s)
{
	return s + strspn(s, "-");
}

/* Dashes do not count: `-since` is as near to `--since` as can be, and `--x` near to nothing. */
static void nearest_try(struct nearest *best, const char *word, const char *candidate)
{
	const char *a = dashes_off(word), *b = dashes_off(candidate);
	size_t an = strlen(a), bn = strlen(b), steps;

	if (an == 0 || an > WORD_MAX || bn > WORD_MAX)
		return;
	if (an >= 2 && strncasecmp(a, b, an) == 0)
		steps = an == bn ? 0 : 1;
	else
		steps = word_steps(a, an, b, bn);
	if (steps <= least((an + 1) / 3, 3) && (!best->word || steps < best->steps))
		*best = (struct nearest){candidate, steps};
}

const char *option_nearest(const char *word, const char *const *words, size_t n)
{
	struct nearest best = {0};

	for (size_t i = 0; i < n; i++)
		nearest_try(&best, word, words[i]);
	return best.word;
}

static const char *shown(const char *word, char buf[SHOWN])
{
	return msg_safe(slice_str(word), buf, SHOWN);
}

static noreturn void unknown_die(const struct option_row *rows, size_t n, struct slice name)
{
	struct nearest best = {0};
	char buf[SHOWN], word[WORD_MAX + 4] = "";

	if (name.n < sizeof(word)) {
		memcpy(word, name.p, name.n);
		nearest_try(&best, word, "--help");
		nearest_try(&best, word, "--version");
		for (size_t i = 0; i < n; i++)
			nearest_try(&best, word, rows[i].name);
	}
	msg_safe(name, buf, sizeof(buf));
	if (best.word)
		msg_die(EX_USAGE, "unknown option %s; did you mean %s?", buf, best.word);
	msg_die(EX_USAGE, "unknown option %s; see --help", buf);
}

static const struct option_row *row_find(const struct option_row *rows, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(name, slice_str(rows[i].name)))
			return &rows[i];
	return NULL;
}

/* Taking a value, one function for each type. They complain and end the program, or store. */

static void flag_take(const struct option_row *row, const char *value, void *at)
{
	(void)row;
	(void)value;
	*(bool *)at = true;
}

static void string_take(const struct option_row *row, const char *value, void *at)
{
	(void)row;
	*(const char **)at = value;
}

static bool int_read(const char *value, int64_t *out)
{
	struct slice s = slice_str(value);
	bool minus = slice_skip(&s, SLICE("-"));
	uint64_t n;

	if (!slice_number(&s, INT64_MAX, &n) || s.n)
		return false;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

static void int_take(const struct option_row *row, const char *value, void *at)
{
	char buf[SHOWN];
	int64_t n;

	if (!int_read(value, &n) || n < row->min || n > row->max)
		msg_die(EX_USAGE, "%s: '%s' is no whole number from %" PRId64 " to %" PRId64, row->name,
		        shown(value, buf), row->min, row->max);
	*(int64_t *)at = n;
}

static size_t choices_count(const struct option_row *row)
{
	size_t n = 0;

	while (row->choices[n])
		n++;
	return n;
}

/* `a, b or c` */
static void choices_text(const struct option_row *row, struct text *out)
{
	size_t n = choices_count(row);

	for (size_t i = 0; i < n; i++) {
		text_str(out, i == 0 ? "" : i == n - 1 ? " or " : ", ");
		text_str(out, row->choices[i]);
	}
}

static void choice_take(const struct option_row *row, const char *value, void *at)
{
	struct text list = {0};
	char buf[SHOWN];

	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], value) == 0) {
			*(int *)at = i;
			return;
		}
	}
	choices_text(row, &list);
	const char *near = option_nearest(value, row->choices, choices_count(row));
	msg_die(EX_USAGE, "%s: '%s' is not %s%s%s%s", row->name, shown(value, buf), list.p,
	        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static void list_take(const struct option_row *row, const char *value, void *at)
{
	struct option_list *list = at;

	(void)row;
	list->v = xrealloc(list->v, (list->n + 1) * sizeof(*list->v));
	list->v[list->n++] = value;
}

static void (*const takers[])(const struct option_row *row, const char *value, void *at) = {
    [OPTION_FLAG] = flag_take,   [OPTION_STRING] = string_take, [OPTION_INT] = int_take,
    [OPTION_TIME] = string_take, [OPTION_CHOICE] = choice_take, [OPTION_LIST] = list_take,
};

/* The words of argv, and how far we are. */
struct words {
	char **v;
	int n, at;
};

/*
 * A known option where a value should stand means that the value was forgotten (`--since
 * --until ...`).
 */
static bool word_is_option(const struct option_row *rows, size_t n, const char *word)
{
	return strcmp(word, "--") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "--version") == 0 ||
	       row_find(rows, n, slice_of(word, strcspn(word, "="))) != NULL;
}

/* The value of an option: behind its `=`, or the next word. */
static const char *value_next(const struct option_row *rows, size_t n, const struct option_row *row,
                              const char *inlined, struct words *w)
{
	if (row->type == OPTION_FLAG) {
		if (inlined)
			msg_die(EX_USAGE, "%s: takes no value", row->name);
		return NULL;
	}
	if (inlined)
		return inlined;

	const char *next = w->at < w->n ? w->v[w->at] : NULL;
	if (!next || word_is_option(rows, n, next))
		msg_die(EX_USAGE, "%s: needs a value, %s", row->name, row->metavar);
	w->at++;
	return next;
}

/* One option, whose word w has just passed. True: help or version, nothing else matters. */
static bool option_take(const struct option_row *rows, size_t n, const char *word, struct words *w, void *dest,
                        struct option_rest *rest)
{
	size_t length = strcspn(word, "=");
	struct slice name = slice_of(word, length);
	const struct option_row *row = row_find(rows, n, name);

	if (row) {
		const char *value = value_next(rows, n, row, word[length] ? word + length + 1 : NULL, w);
		takers[row->type](row, value, (char *)dest + row->at);
		return false;
	}
	rest->help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
	rest->version = strcmp(word, "--version") == 0;
	if (!rest->help && !rest->version)
		unknown_die(rows, n, name);
	return true;
}

void option_parse(const struct option_row *rows, size_t n, int argc, char **argv, void *dest, struct option_rest *rest)
{
	struct words w = {argv, argc, 0};
	bool options = true;

	rest->help = rest->version = false;
	rest->v = argv;
	rest->n = 0;
	while (w.at < w.n) {
		char *word = w.v[w.at++];

		if (!options || word[0] != '-' || word[1] == '\0') {
			rest->v[rest->n++] = word;
			if (rest->stop_at_operand)
				options = false;
		} else if (strcmp(word, "--") == 0) {
			options = false;
		} else if (option_take(rows, n, word, &w, dest, rest)) {
			return;
		}
	}
}

int64_t option_time(const char *name, const char *value)
{
	char buf[SHOWN];
	int64_t us;

	if (!value)
		return STAMP_NONE;
	if (!stamp_parse_time(slice_str(value), &us))
		msg_die(EX_USAGE,
		        "%s: '%s' is no time; write 2026-11-22, '2026-11-22 05:18' or "
		        "2026-11-22T05:18:00Z",
		        name, shown(value, buf));
	return us;
}

void option_release(const struct option_row *rows, size_t n, void *dest)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].type != OPTION_LIST)
			continue;
		struct option_list *list = (void *)((char *)dest + rows[i].at);
		free(list->v);
		*list = (struct option_list){0};
	}
}

static void help_facts(const struct option_row *row, struct text *out)
{
	text_str(out, row->help);
	if (row->type == OPTION_CHOICE) {
		text_str(out, ": ");
		choices_text(row, out);
	} else if (row->type == OPTION_INT && row->max < INT64_MAX) {
		text_printf(out, " (%" PRId64 " to %" PRId64 ")", row->min, row->max);
	} else if (row->type == OPTION_LIST) {
		text_str(out, "; may be given more than once");
	}
}

/* Words of `facts` from column HELP_INDENT on; `used` columns of the first line are taken. */
static void help_wrap(FILE *out, struct slice facts, size_t used)
{
	size_t room = HELP_WIDTH - HELP_INDENT;

	if (used + 2 > HELP_INDENT) {
		fputc('\n', out);
		used = 0;
	}
	do {
		size_t n = facts.n;
		if (n > room) {
			ptrdiff_t blank = slice_rchr(slice_head(facts, room + 1), ' ');
			n = blank > 0 ? (size_t)blank : room;
		}
		fprintf(out, "%*s%.*s\n", (int)(HELP_INDENT - used), "", (int)n, facts.p);
		facts = slice_from(facts, n);
		slice_skip(&facts, SLICE(" "));
		used = 0;
	} while (facts.n);
}

static void help_row(FILE *out, const struct option_row *row)
{
	struct text facts = {0};
	int used = fprintf(out, "  %s%s%s", row->name, row->metavar ? " " : "", row->metavar ? row->metavar : "");

	help_facts(row, &facts);
	help_wrap(out, slice_of(facts.p, facts.n), used > 0 ? (size_t)used : 0);
	text_release(&facts);
}

void option_help(FILE *out, const struct option_row *rows, size_t n)
{
	static const struct option_row always[] = {
	    {.name = "-h, --help", .help = "show this text"},
	    {.name = "--version", .help = "show which version this is"},
	};

	for (size_t i = 0; i < n; i++)
		help_row(out, &rows[i]);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		help_row(out, &always[i]);
}
