#include "logical.h"

#include <limits.h>

struct slice trim_left(struct slice s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s = slice_from(s, 1);
	return s;
}

struct slice trim_right(struct slice s)
{
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct slice trim(struct slice s)
{
	return trim_right(trim_left(s));
}

static bool is_separator(char c)
{
	return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool list_word(struct slice *list, struct slice *word)
{
	size_t i = 0;
	int depth = 0;

	while (list->n > 0 && is_separator(list->p[0]))
		*list = slice_from(*list, 1);
	if (list->n == 0)
		return false;
	for (; i < list->n && (depth > 0 || !is_separator(list->p[i])); i++) {
		if (list->p[i] == '{')
			depth++;
		else if (list->p[i] == '}' && depth > 0)
			depth--;
	}
	*word = slice_head(*list, i);
	*list = slice_from(*list, i);
	return true;
}

void logical_init(struct logical *l, struct slice bytes, char *out)
{
	*l = (struct logical){.rest = bytes, .out = out};
}

/* The next physical line, without its newline. */
static struct slice physical(struct logical *l)
{
	ptrdiff_t end = slice_chr(l->rest, '\n');
	struct slice line = end < 0 ? l->rest : slice_head(l->rest, (size_t)end);

	l->rest = slice_from(l->rest, end < 0 ? l->rest.n : (size_t)end + 1);
	if (l->line < INT_MAX)
		l->line++;
	return line;
}

static bool says_nothing(struct slice line)
{
	line = trim_left(line);
	return line.n == 0 || line.p[0] == '#';
}

/* Does what follows belong to the line before it? Comments and empty lines are looked past. */
static bool goes_on(struct slice rest)
{
	return rest.n > 0 && (rest.p[0] == '#' || is_space(rest.p[0]));
}

enum logical_answer logical_next(struct logical *l, struct slice *text, int *first)
{
	size_t n = 0;
	ptrdiff_t nul;

	do {
		struct slice line;
		if (l->rest.n == 0)
			break;
		line = physical(l);
		if (n == 0)
			*first = l->line;
		if (says_nothing(line))
			continue;
		memcpy(l->out + n, line.p, line.n);
		n += line.n;
	} while (n == 0 || goes_on(l->rest));
	*text = slice_of(l->out, n);
	l->out += n;
	if (n == 0)
		return LOGICAL_END;
	if (is_space(text->p[0]))
		return LOGICAL_BLANK;
	nul = slice_chr(*text, '\0');
	if (nul < 0)
		return LOGICAL_LINE;
	*text = slice_head(*text, (size_t)nul);
	return LOGICAL_NUL;
}
