#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "walk.h"

/* ------------------------------------------------------------------ verdicts by their subjects */

struct named {
	char *text;
	int64_t verdict;
};
/* In the order of the texts. */
struct names {
	struct named *row;
	size_t n;
};

struct net {
	uint8_t low[16];
	int bits; /* of the v4-mapped form */
	int64_t verdict;
};

struct covers {
	struct names sender, source, domain;
	struct net *net; /* the longest first, of one length by their address */
	size_t nets;
};

static void names_add(struct names *x, const struct query *q)
{
	struct slice text = query_text(q, 2);

	x->row = xgrown(x->row, x->n, sizeof *x->row);
	x->row[x->n++] = (struct named){xstrndup(slice_is_set(text) ? text.p : "", text.n), query_number(q, 0)};
}

static int compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static int compare_text(const void *key, const void *row)
{
	const struct slice *text = key;
	const struct named *x = row;
	size_t n = strlen(x->text);
	int order = memcmp(text->p, x->text, text->n < n ? text->n : n);

	return order ? order : (text->n > n) - (text->n < n);
}

/* 0: there is none. */
static int64_t names_find(const struct names *x, struct slice text)
{
	const struct named *row = x->n && text.n ? bsearch(&text, x->row, x->n, sizeof *x->row, compare_text) : NULL;

	return row ? row->verdict : 0;
}

static void names_sort(struct names *x)
{
	if (x->n)
		qsort(x->row, x->n, sizeof *x->row, compare_named);
}

static void names_release(struct names *x)
{
	for (size_t i = 0; i < x->n; i++)
		free(x->row[i].text);
	free(x->row);
}

static int compare_nets(const void *a, const void *b)
{
	const struct net *x = a, *y = b;

	return x->bits != y->bits ? (x->bits < y->bits) - (x->bits > y->bits) : memcmp(x->low, y->low, sizeof x->low);
}

static void nets_add(struct covers *c, const struct query *q)
{
	struct slice low = query_text(q, 3);
	struct net net = {.bits = (int)query_number(q, 4), .verdict = query_number(q, 0)};

	if (low.n != sizeof net.low || net.bits < 0 || net.bits > 128)
		return;
	memcpy(net.low, low.p, sizeof net.low);
	c->net = xgrown(c->net, c->nets, sizeof *c->net);
	c->net[c->nets++] = net;
}

static void covers_load(struct covers *c, struct reader *r)
{
	struct query *q = query_new(r, SQL_READ_JUDGE_VERDICTS, NULL, 0);

	*c = (struct covers){0};
	while (query_row(q)) {
		struct slice kind = query_text(q, 1);
		if (slice_eq(kind, SLICE("sender")))
			names_add(&c->sender, q);
		else if (slice_eq(kind, SLICE("source")))
			names_add(&c->source, q);
		else if (slice_eq(kind, SLICE("domain")))
			names_add(&c->domain, q);
		else
			nets_add(c, q);
	}
	query_free(q);
	names_sort(&c->sender);
	names_sort(&c->source);
	names_sort(&c->domain);
	if (c->nets)
		qsort(c->net, c->nets, sizeof *c->net, compare_nets);
}

static void covers_release(struct covers *c)
{
	names_release(&c->sender);
	names_release(&c->source);
	names_release(&c->domain);
	free(c->net);
}

/* ------------------------------------------------------------------ clients */

static void mask(uint8_t ip[16], int bits)
{
	for (int i = bits; i < 128; i++)
		ip[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

/* One search for each length that there is. */
static int64_t covers_ip(const struct covers *c, struct slice key)
{
	struct net wanted = {0};

	if (key.n != sizeof wanted.low)
		return 0;
	memcpy(wanted.low, key.p, sizeof wanted.low);
	for (size_t from = 0, n; from < c->nets; from += n) {
		wanted.bits = c->net[from].bits;
		mask(wanted.low, wanted.bits);
		for (n = 1; from + n < c->nets && c->net[from + n].bits == wanted.bits; n++)
			;
		const struct net *found = bsearch(&wanted, c->net + from, n, sizeof wanted, compare_nets);
		if (found)
			return found->verdict;
	}
	return 0;
}

static void load_clients(struct judged *j, struct reader *r, const struct covers *c)
{
	const struct query *q;
	struct walk w;

	if (c->nets + c->source.n == 0)
		return;
	walk_init(&w, r, SQL_READ_JUDGE_CLIENTS, NULL, 0, -1);
	while ((q = walk_row(&w)) != NULL) {
		int64_t verdict = covers_ip(c, query_text(q, 1));
		if (!verdict)
			verdict = names_find(&c->source, query_text(q, 2));
		if (!verdict)
			continue;
		j->client = xgrown(j->client, j->clients, sizeof *j->client);
		j->client[j->clients++] = (struct judged_client){query_number(q, 0), verdict};
	}
	walk_release(&w);
}

/* ------------------------------------------------------------------ senders */

/* The longest that the domain is, or is below. */
static int64_t covers_domain(const struct covers *c, struct slice domain)
{
	int64_t verdict = 0;

	while (domain.n && !(verdict = names_find(&c->domain, domain))) {
		ptrdiff_t dot = slice_chr(domain, '.');
		domain = dot < 0 ? SLICE("") : slice_from(domain, (size_t)dot + 1);
	}
	return verdict;
}

static void load_senders(struct judged *j, struct reader *r, const struct covers *c)
{
	const struct query *q;
	struct walk w;

	if (c->sender.n + c->domain.n == 0)
		return;
	walk_init(&w, r, SQL_READ_JUDGE_SENDERS, NULL, 0, -1);
	while ((q = walk_row(&w)) != NULL) {
		struct judged_sender s = {query_number(q, 0), names_find(&c->sender, query_text(q, 1)),
		                          covers_domain(c, query_text(q, 2))};
		if (!s.own && !s.domain)
			continue;
		j->sender = xgrown(j->sender, j->senders, sizeof *j->sender);
		j->sender[j->senders++] = s;
	}
	walk_release(&w);
}

/* ------------------------------------------------------------------ both */

void judged_load(struct judged *j, struct reader *r)
{
	struct covers c;

	*j = (struct judged){0};
	covers_load(&c, r);
	load_clients(j, r, &c);
	load_senders(j, r, &c);
	covers_release(&c);
}

void judged_release(struct judged *j)
{
	free(j->client);
	free(j->sender);
}
