/* cidr: tables, and the if/endif blocks that pattern tables have, too. The first row that matches wins. */
#include <strings.h>

#include "access_i.h"
#include "logical.h"

#define NETWORK_WORD 64

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

bool access_keyword(struct slice *line, struct slice word)
{
	if (line->n < word.n || strncasecmp(line->p, word.p, word.n) != 0)
		return false;
	if (line->n > word.n && is_alnum(line->p[word.n]))
		return false;
	*line = slice_from(*line, word.n);
	return true;
}

bool access_negated(struct slice *s)
{
	bool negated = false;

	for (; s->n > 0 && (s->p[0] == '!' || is_space(s->p[0])); *s = slice_from(*s, 1))
		negated ^= s->p[0] == '!';
	return negated;
}

/* From the end, the endif that an if meets is the last one that no later if has taken: kept as a chain. */
void access_pair(struct access *a)
{
	uint32_t top = NO_ROW;

	for (size_t i = a->rows; i-- > 0;) {
		struct row *r = &a->row[i];
		if (r->op == ROW_ENDIF) {
			r->other = top;
			top = (uint32_t)i;
		} else if (r->op == ROW_IF && top != NO_ROW) {
			r->other = top;
			top = a->row[top].other;
		} else if (r->op == ROW_IF) {
			access_complain(a, r->line, "if without endif: it reaches to the end");
		}
	}
}

/* Postfix takes `/024`; network_parse does not. */
static struct slice without_zeros(struct slice word, char buf[NETWORK_WORD])
{
	ptrdiff_t slash = slice_rchr(word, '/');
	size_t head, n;

	if (slash < 0 || word.n >= NETWORK_WORD)
		return word;
	head = n = (size_t)slash + 1;
	memcpy(buf, word.p, head);
	while (head + 1 < word.n && word.p[head] == '0' && word.p[head + 1] != ']')
		head++;
	memcpy(buf + n, word.p + head, word.n - head);
	return slice_of(buf, n + word.n - head);
}

static bool network_of(struct access *a, struct row *r, struct slice word)
{
	char buf[NETWORK_WORD];

	r->key = word;
	r->v6 = slice_chr(word, ':') >= 0;
	if (network_parse(without_zeros(word, buf), &r->net))
		return true;
	access_complain(a, r->line, "no network, or one with address bits beyond its length: skipped");
	return false;
}

/* The row was bad after all. */
static void take_back(struct access *a)
{
	a->rows--;
}

static void if_line(struct access *a, struct slice rest, int number)
{
	struct row *r = access_row_add(a, number);

	if (!r)
		return;
	r->op = ROW_IF;
	r->negate = access_negated(&rest);
	if (network_of(a, r, trim(rest)))
		a->open_ifs++;
	else
		take_back(a);
}

static void endif_line(struct access *a, struct slice rest, int number)
{
	struct row *r;

	if (trim(rest).n > 0 || a->open_ifs == 0) {
		access_complain(a, number, rest.n > 0 ? "text after endif: skipped" : "endif without if: skipped");
		return;
	}
	if (!(r = access_row_add(a, number)))
		return;
	r->op = ROW_ENDIF;
	a->open_ifs--;
}

static void match_line(struct access *a, struct slice line, int number)
{
	bool negate = access_negated(&line);
	struct row *r;
	size_t end = 0;

	while (end < line.n && !is_space(line.p[end]))
		end++;
	if (!(r = access_row_add(a, number)))
		return;
	r->negate = negate;
	r->action = trim(slice_from(line, end));
	if (!network_of(a, r, slice_head(line, end)))
		take_back(a);
	else if (r->action.n == 0) {
		access_complain(a, number, "has no action: skipped");
		take_back(a);
	}
}

void access_cidr_line(struct access *a, struct slice line, int number)
{
	struct slice rest = line;

	if (access_keyword(&rest, SLICE("if")))
		if_line(a, rest, number);
	else if (access_keyword(&rest, SLICE("endif")))
		endif_line(a, rest, number);
	else
		match_line(a, line, number);
}

static bool has_bits(const struct network *n, const struct ip *ip)
{
	unsigned part = n->bits % 8, last = part ? 0xffu << (8 - part) & 0xffu : 0;
	size_t whole = n->bits / 8;

	return memcmp(n->ip.b, ip->b, whole) == 0 && (!last || ((unsigned)(n->ip.b[whole] ^ ip->b[whole]) & last) == 0);
}

enum access_answer access_cidr_find(const struct access *a, struct slice key, struct access_hit *hit)
{
	bool v6 = slice_chr(key, ':') >= 0;
	struct ip ip;

	if (!ip_parse(key, &ip))
		return ACCESS_NONE;
	for (size_t i = 0; i < a->rows; i++) {
		const struct row *r = &a->row[i];
		/* A row of the other family matches nothing, negated or not. */
		bool yes = r->v6 == v6 && has_bits(&r->net, &ip) != r->negate;
		if (r->op == ROW_MATCH && yes)
			return access_found(hit, r, r->action);
		if (r->op == ROW_IF && !yes) {
			if (r->other == NO_ROW)
				return ACCESS_NONE;
			i = r->other;
		}
	}
	return ACCESS_NONE;
}
