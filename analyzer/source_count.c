#include "source_count.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "namesakes.h"
#include "places.h"
#include "walk.h"

struct source {
	uint32_t first; /* that stands for all of its name; 0: there is no such source */
	enum source_kind kind;
	char *domain;
	struct source_count count; /* of first */
	uint32_t sender, ip;       /* of first: counted last */
};

struct client {
	uint32_t id, source, ip; /* ip: a number for each address, ascending */
};

struct address {
	uint32_t folded, domain; /* folded 0: it is that itself */
};

struct pair {
	uint32_t sender, client, domain; /* sender: folded */
	uint32_t lost, verdict;          /* mails, and the row of human_verdict that decides them; 0: none */
};

struct person {
	uint32_t source, recipient, domain;
	bool lost;
};

struct source_counts {
	struct reader *reader;
	struct places sources;   /* struct source */
	struct places source_of; /* uint32_t: the first source of a client */
	struct client *client;   /* in the order of addresses */
	struct pair *pair;       /* in the order of senders */
	struct person *person;   /* in the order of sources and recipients */
	size_t clients, pairs, people;
	struct source_loss *loss; /* in the order of sources */
	size_t losses;
	struct places own;                      /* bool: is the domain one to count? */
	struct places used, recipient;          /* bool: of clients and recipients that were met */
	bool whole;                             /* all domains are */
	int64_t senders, addresses, recipients; /* different ones of all sources */
};

/* ------------------------------------------------------------------ rows of the database */

static enum source_kind kind_of(struct slice name)
{
	for (int k = 0; k < SOURCE_KIND_COUNT; k++)
		if (slice_eq(name, slice_str(source_kind_name((enum source_kind)k))))
			return (enum source_kind)k;
	return SOURCE_NET;
}

/* The first of its name stands for each. */
static void first_sources(struct source_counts *c, struct namesakes *x)
{
	uint32_t first = 0;

	namesakes_sort(x);
	for (size_t i = 0; i < x->n; i++) {
		struct source *s = places_find(&c->sources, x->row[i].id);
		first = namesakes_again(x, i) ? first : x->row[i].id;
		s->first = first;
	}
}

static void load_sources(struct source_counts *c)
{
	struct namesakes names = {0};
	const struct query *q;
	struct walk w;

	walk_init(&w, c->reader, SQL_READ_SOURCE_NAMES, NULL, 0, -1);
	while ((q = walk_row(&w)) != NULL) {
		struct slice domain = query_text(q, 3);
		struct source *s = places_at(&c->sources, query_number(q, 0));
		namesakes_add(&names, query_number(q, 0), 0, query_text(q, 1));
		s->kind = kind_of(query_text(q, 2));
		free(s->domain); /* a damaged database may say a number twice */
		s->domain = xstrndup(slice_is_set(domain) ? domain.p : "", domain.n);
	}
	walk_release(&w);
	first_sources(c, &names);
	namesakes_release(&names);
}

static uint32_t first_of(const struct source_counts *c, int64_t source)
{
	const struct source *s = places_find(&c->sources, source);

	return s ? s->first : 0;
}

static void load_clients(struct source_counts *c)
{
	struct namesakes ips = {0};
	const struct query *q;
	struct walk w;
	uint32_t ip = 0;

	walk_init(&w, c->reader, SQL_READ_SOURCE_CLIENTS, NULL, 0, -1);
	while ((q = walk_row(&w)) != NULL) {
		uint32_t *first = places_at(&c->source_of, query_number(q, 0));
		*first = first_of(c, query_number(q, 1));
		namesakes_add(&ips, query_number(q, 0), query_number(q, 1), query_text(q, 2));
	}
	walk_release(&w);
	namesakes_sort(&ips);
	c->clients = ips.n;
	c->client = xcalloc(ips.n + 1, sizeof *c->client);
	for (size_t i = 0; i < ips.n; i++) {
		ip += !namesakes_again(&ips, i);
		c->client[i] = (struct client){ips.row[i].id, ips.row[i].other, ip};
	}
	namesakes_release(&ips);
}

static int compare_senders(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->sender > y->sender) - (x->sender < y->sender);
}

static struct places load_addresses(struct source_counts *c)
{
	struct places addresses = {.size = sizeof(struct address)};
	const struct query *q;
	struct walk w;

	walk_init(&w, c->reader, SQL_READ_SOURCE_ADDRESSES, NULL, 0, -1);
	while ((q = walk_row(&w)) != NULL) {
		struct address *a = places_at(&addresses, query_number(q, 0));
		a->folded = (uint32_t)query_number(q, 1);
		a->domain = (uint32_t)query_number(q, 2);
	}
	walk_release(&w);
	return addresses;
}

static void load_pairs(struct source_counts *c, const struct query_param *params, size_t n)
{
	struct places addresses = load_addresses(c);
	const struct query *q;
	struct walk w;
	bool sorted = true;

	walk_init_pairs(&w, c->reader, SQL_READ_SOURCE_PAIRS, params, n);
	while ((q = walk_row(&w)) != NULL) {
		int64_t sender = query_number(q, 0);
		const struct address *a = places_find(&addresses, sender);
		c->pair = xgrown(c->pair, c->pairs, sizeof *c->pair);
		c->pair[c->pairs] = (struct pair){.sender = a && a->folded ? a->folded : (uint32_t)sender,
		                                  .client = (uint32_t)query_number(q, 1),
		                                  .domain = a ? a->domain : 0,
		                                  .lost = (uint32_t)query_number(q, 2),
		                                  .verdict = (uint32_t)query_number(q, 3)};
		sorted = sorted && (!c->pairs || c->pair[c->pairs - 1].sender <= c->pair[c->pairs].sender);
		c->pairs++;
	}
	walk_release(&w);
	free(addresses.p);
	if (!sorted)
		qsort(c->pair, c->pairs, sizeof *c->pair, compare_senders);
}

static void load_people(struct source_counts *c, const struct query_param *params, size_t n)
{
	const struct query *q;
	struct walk w;

	walk_init_pairs(&w, c->reader, SQL_READ_SOURCE_PEOPLE, params, n);
	while ((q = walk_row(&w)) != NULL) {
		c->person = xgrown(c->person, c->people, sizeof *c->person);
		c->person[c->people++] = (struct person){first_of(c, query_number(q, 0)), (uint32_t)query_number(q, 1),
		                                         (uint32_t)query_number(q, 2), query_number(q, 3) != 0};
	}
	walk_release(&w);
}

static void load_listed(struct source_counts *c, const struct query_param *params, size_t n)
{
	const struct query *q;
	struct walk w;

	walk_init(&w, c->reader, SQL_READ_SOURCE_LISTED, params, n, -1);
	while ((q = walk_row(&w)) != NULL) {
		struct source *s = places_find(&c->sources, first_of(c, query_number(q, 0)));
		if (s)
			s->count.listed_lines += query_number(q, 1);
	}
	walk_release(&w);
}

struct source_counts *source_counts_new(struct reader *r, struct slice rule, int64_t since, int64_t until)
{
	const struct query_param params[] = {{"rule", rule, 0, false},
	                                     {"since", SLICE_NONE, since, since == STAMP_NONE},
	                                     {"until", SLICE_NONE, until, until == STAMP_NONE}};
	const size_t n = sizeof params / sizeof *params;
	struct source_counts *c = xcalloc(1, sizeof *c);

	c->reader = r;
	c->sources.size = sizeof(struct source);
	c->source_of.size = sizeof(uint32_t);
	c->own.size = c->used.size = c->recipient.size = sizeof(bool);
	load_sources(c);
	load_clients(c);
	load_pairs(c, params, n);
	load_people(c, params, n);
	load_listed(c, params, n);
	return c;
}

struct source_counts *source_counts_free(struct source_counts *c)
{
	for (size_t i = 0; i < c->sources.n; i++)
		free(((struct source *)c->sources.p)[i].domain);
	free(c->sources.p);
	free(c->source_of.p);
	free(c->own.p);
	free(c->used.p);
	free(c->recipient.p);
	free(c->client);
	free(c->pair);
	free(c->person);
	free(c->loss);
	free(c);
	return NULL;
}

/* ------------------------------------------------------------------ counting */

static bool counts(const struct source_counts *c, uint32_t domain)
{
	const bool *own = c->whole ? NULL : places_find(&c->own, domain);

	return c->whole || (own && *own);
}

static void load_own(struct source_counts *c, struct slice domain)
{
	const struct query_param param = {"domain", domain, 0, false};

	c->whole = !slice_is_set(domain);
	if (c->whole)
		return;
	places_clear(&c->own);
	struct query *q = query_new(c->reader, SQL_READ_SOURCE_OWN, &param, 1);
	while (query_row(q))
		*(bool *)places_at(&c->own, query_number(q, 0)) = true;
	query_free(q);
}

/* Pairs of a sender stand together, so a source needs to know only the last that it counted. */
static void count_senders(struct source_counts *c)
{
	uint32_t last = 0;

	for (size_t i = 0; i < c->pairs; i++) {
		const struct pair *p = &c->pair[i];
		const uint32_t *source = places_find(&c->source_of, p->client);
		if (!source || !*source || !counts(c, p->domain))
			continue;
		*(bool *)places_at(&c->used, p->client) = true;
		struct source *s = places_find(&c->sources, *source);
		if (p->sender && p->sender != s->sender) {
			s->sender = p->sender;
			s->count.senders++;
		}
		c->senders += p->sender && p->sender != last;
		last = p->sender ? p->sender : last;
	}
}

/* What the clients that it has mails from say of a source. */
static void source_describe(struct source_count *n, int64_t id, const struct source *s)
{
	const char *a = source_kind_name(s->kind), *b = source_kind_name(n->kind);

	if (n->id == 0) {
		n->id = id;
		n->kind = s->kind;
		n->domain = s->domain;
		return;
	}
	n->id = id < n->id ? id : n->id;
	n->domain = strcmp(s->domain, n->domain) > 0 ? s->domain : n->domain;
	if (n->kind != SOURCE_SHARED && (s->kind == SOURCE_SHARED || strcmp(a, b) < 0))
		n->kind = s->kind;
}

static void count_clients(struct source_counts *c)
{
	uint32_t last = 0;

	for (size_t i = 0; i < c->clients; i++) {
		const struct client *x = &c->client[i];
		const bool *used = places_find(&c->used, x->id);
		const struct source *own = places_find(&c->sources, x->source);
		struct source *s = own ? places_find(&c->sources, own->first) : NULL;
		if (!used || !*used || !s)
			continue;
		source_describe(&s->count, x->source, own);
		s->count.clients += s->ip != x->ip;
		c->addresses += last != x->ip;
		s->ip = last = x->ip;
	}
}

static void count_people(struct source_counts *c)
{
	const struct person *last = NULL;

	for (size_t i = 0; i < c->people; i++) {
		const struct person *p = &c->person[i];
		struct source *s = places_find(&c->sources, p->source);
		if (!counts(c, p->domain))
			continue;
		if (s && (!last || last->source != p->source || last->recipient != p->recipient))
			s->count.recipients++;
		last = p;
		bool *met = p->lost ? places_at(&c->recipient, p->recipient) : NULL;
		if (met && !*met)
			c->recipients += *met = true;
	}
}

static int compare_losses(const void *a, const void *b)
{
	const struct source_loss *x = a, *y = b;

	if (x->source != y->source)
		return (x->source > y->source) - (x->source < y->source);
	return (x->verdict > y->verdict) - (x->verdict < y->verdict);
}

/* One for each source and verdict, of many. */
static void merge_losses(struct source_counts *c)
{
	size_t n = 0;

	if (c->losses)
		qsort(c->loss, c->losses, sizeof *c->loss, compare_losses);
	for (size_t i = 0; i < c->losses; i++)
		if (n && compare_losses(&c->loss[n - 1], &c->loss[i]) == 0)
			c->loss[n - 1].mails += c->loss[i].mails;
		else
			c->loss[n++] = c->loss[i];
	c->losses = n;
}

static void count_losses(struct source_counts *c)
{
	free(c->loss);
	c->loss = NULL;
	c->losses = 0;
	for (size_t i = 0; i < c->pairs; i++) {
		const struct pair *p = &c->pair[i];
		if (!p->lost || !p->verdict || !counts(c, p->domain))
			continue;
		const uint32_t *source = places_find(&c->source_of, p->client);
		if (!source || !*source)
			continue;
		c->loss = xgrown(c->loss, c->losses, sizeof *c->loss);
		c->loss[c->losses++] = (struct source_loss){*source, p->verdict, p->lost};
	}
	merge_losses(c);
}

void source_counts_make(struct source_counts *c, struct slice domain)
{
	load_own(c, domain);
	places_clear(&c->used);
	places_clear(&c->recipient);
	c->senders = c->addresses = c->recipients = 0;
	for (size_t i = 0; i < c->sources.n; i++) {
		struct source *s = &((struct source *)c->sources.p)[i];
		s->count = (struct source_count){.listed_lines = s->count.listed_lines, .domain = ""};
		s->sender = s->ip = 0;
	}
	count_senders(c);
	count_clients(c);
	count_people(c);
	count_losses(c);
}

int64_t source_counts_first(const struct source_counts *c, int64_t source)
{
	return first_of(c, source);
}

const struct source_count *source_counts_of(const struct source_counts *c, int64_t source)
{
	uint32_t first = first_of(c, source);
	const struct source *s = first ? places_find(&c->sources, first) : NULL;

	return s && s->count.id ? &s->count : NULL;
}

static int compare_source(const void *key, const void *loss)
{
	const int64_t *source = key;
	const struct source_loss *x = loss;

	return (*source > x->source) - (*source < x->source);
}

const struct source_loss *source_counts_losses(const struct source_counts *c, int64_t source, size_t *n)
{
	int64_t first = first_of(c, source);
	const struct source_loss *l =
	    c->losses ? bsearch(&first, c->loss, c->losses, sizeof *c->loss, compare_source) : NULL;
	const struct source_loss *end = c->loss + c->losses;

	*n = 0;
	if (!l)
		return NULL;
	while (l > c->loss && l[-1].source == first)
		l--;
	while (l + *n < end && l[*n].source == first)
		++*n;
	return l;
}

struct source_count source_counts_all(const struct source_counts *c)
{
	return (struct source_count){.senders = c->senders, .clients = c->addresses, .recipients = c->recipients};
}
