/* Insiders that send over port 25 what the article forbids: by the client's address, from sightings and warned mails. */
#include <stdio.h>
#include <stdlib.h>

#include "proof_i.h"

/* A sender and a client that were met. */
struct met {
	char *ip, *name, *text; /* text: the sender; NULL: none is known */
	bool foreign;
	int64_t sender, mails, first_us, last_us; /* sender: 0 if none is known */
};
struct meetings {
	struct met *row;
	size_t n;
};

static void add(struct meetings *m, const struct met *met)
{
	m->row = xgrown(m->row, m->n, sizeof *m->row);
	m->row[m->n++] = *met;
}

static void load_foreigners(const struct proof_work *w, struct meetings *m)
{
	const struct query *q;
	struct walk walk;

	proof_walk(w, &walk, SQL_READ_PROOF_FOREIGNERS, 2);
	while ((q = walk_row(&walk)) != NULL)
		add(m, &(struct met){.ip = text_copy(q, 3),
		                     .name = text_copy(q, 4),
		                     .text = text_copy(q, 5),
		                     .foreign = true,
		                     .sender = query_number(q, 1),
		                     .mails = query_number(q, 6),
		                     .first_us = query_number(q, 7),
		                     .last_us = query_number(q, 8)});
	walk_release(&walk);
}

/* ------------------------------------------------------- inside clients that the rule warns */

struct inside {
	int64_t client, first_us, last_us; /* of the source's mails */
	char *ip, *name;
};
struct insides {
	struct inside *row;
	size_t n;
};

static int compare_inside(const void *a, const void *b)
{
	const struct inside *x = a, *y = b;

	return (x->client > y->client) - (x->client < y->client);
}

static void load_inside(const struct proof_work *w, struct insides *x)
{
	struct query *q = proof_ask(w, SQL_READ_PROOF_INSIDE, 0);

	while (query_row(q)) {
		x->row = xgrown(x->row, x->n, sizeof *x->row);
		x->row[x->n++] = (struct inside){.client = query_number(q, 0),
		                                 .ip = text_copy(q, 1),
		                                 .name = text_copy(q, 2),
		                                 .first_us = query_number(q, 3),
		                                 .last_us = query_number(q, 4)};
	}
	query_free(q);
	if (x->n)
		qsort(x->row, x->n, sizeof *x->row, compare_inside);
}

static char *clients_json(const struct insides *x)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		msg_bug("no memory stream");
	for (size_t i = 0; i < x->n; i++)
		fprintf(f, "%c%lld", i ? ',' : '[', (long long)x->row[i].client);
	fputc(']', f);
	if (fclose(f) != 0)
		msg_bug("a memory stream that fails");
	return text;
}

static void add_pair(struct meetings *m, const struct insides *x, const struct query *q)
{
	const struct inside key = {.client = query_number(q, 2)};
	const struct inside *i = bsearch(&key, x->row, x->n, sizeof key, compare_inside);

	if (i)
		add(m, &(struct met){.ip = xstrdup(i->ip),
		                     .name = xstrdup(i->name),
		                     .text = text_copy(q, 4),
		                     .sender = query_number(q, 3),
		                     .mails = query_number(q, 5),
		                     .first_us = i->first_us,
		                     .last_us = i->last_us});
}

static void load_pairs(const struct proof_work *w, struct meetings *m, const struct insides *x)
{
	char *clients = clients_json(x);
	const struct query_param params[] = {{"rule", w->o->rule, 0, false}, {"clients", slice_str(clients), 0, false}};
	const struct query *q;
	struct walk walk;

	walk_init_pairs(&walk, w->reader, SQL_READ_PROOF_INSIDE_PAIRS, params, sizeof params / sizeof *params);
	while ((q = walk_row(&walk)) != NULL)
		if (!query_is_null(q, 2))
			add_pair(m, x, q);
	walk_release(&walk);
	free(clients);
}

static void load_warned(const struct proof_work *w, struct meetings *m)
{
	struct insides x = {NULL, 0};

	load_inside(w, &x);
	if (x.n)
		load_pairs(w, m, &x);
	for (size_t i = 0; i < x.n; i++) {
		free(x.row[i].ip);
		free(x.row[i].name);
	}
	free(x.row);
}

/* ------------------------------------------------------------------ by address */

static int compare_met(const void *a, const void *b)
{
	const struct met *x = a, *y = b;
	int order = strcmp(x->ip, y->ip);

	if (order || x->foreign != y->foreign)
		return order ? order : (x->foreign ? 1 : -1);
	return (x->sender > y->sender) - (x->sender < y->sender);
}

/* One of the same insider's, in the order of senders. */
static void insider_add(struct proof_insider *i, const struct met *met, bool sender_again)
{
	if (strcmp(met->name, i->client_name) > 0) {
		free(i->client_name);
		i->client_name = xstrdup(met->name);
	}
	if (met->text && (!i->sender || strcmp(met->text, i->sender) < 0)) {
		free(i->sender);
		i->sender = xstrdup(met->text);
	}
	i->senders += met->sender && !sender_again;
	i->mails += met->mails;
	i->first_us = met->first_us < i->first_us ? met->first_us : i->first_us;
	i->last_us = met->last_us > i->last_us ? met->last_us : i->last_us;
}

static int compare_insiders(const void *a, const void *b)
{
	const struct proof_insider *x = a, *y = b;
	int order = strcmp(x->client_ip, y->client_ip);

	if (x->mails != y->mails)
		return x->mails > y->mails ? -1 : 1;
	return order ? order : x->foreign - y->foreign;
}

void proof_insider_release(void *insider)
{
	struct proof_insider *i = insider;

	free(i->client_ip);
	free(i->client_name);
	free(i->sender);
}

static struct proof_insider insider_of(const struct meetings *m, size_t from, size_t to)
{
	const struct met *met = &m->row[from];
	struct proof_insider i = {.client_ip = xstrdup(met->ip),
	                          .client_name = xstrdup(met->name),
	                          .foreign = met->foreign,
	                          .first_us = met->first_us,
	                          .last_us = met->last_us};

	for (size_t k = from; k < to; k++)
		insider_add(&i, &m->row[k], k > from && m->row[k - 1].sender == m->row[k].sender);
	return i;
}

static bool is_same(const struct met *x, const struct met *y)
{
	return x->foreign == y->foreign && strcmp(x->ip, y->ip) == 0;
}

static void insiders_make(struct proof *p, struct meetings *m)
{
	static const enum insider_networks membership[] = {[POLICY_OUTSIDE] = INSIDER_NOT_IN_NETWORKS,
	                                                   [POLICY_INSIDE] = INSIDER_IN_NETWORKS,
	                                                   [POLICY_UNSURE] = INSIDER_UNKNOWN};
	const struct decision_options *o = p->work->o;
	struct proof_top top = {sizeof(struct proof_insider), compare_insiders, proof_insider_release, NULL, 0};

	for (size_t from = 0, to; from < m->n; from = to) {
		for (to = from + 1; to < m->n && is_same(&m->row[from], &m->row[to]); to++)
			;
		if (o->origin && origin_is_canary(o->origin, slice_str(m->row[from].ip), SLICE_NONE))
			continue;
		const struct proof_insider i = insider_of(m, from, to);
		proof_top_add(&top, &i);
	}
	p->insiders = proof_top_end(&top, &p->insider);
	for (size_t k = 0; k < p->insiders; k++) {
		struct proof_insider *i = &p->insider[k];
		i->networks = membership[o->policy ? policy_in_networks(o->policy, slice_str(i->client_name),
		                                                        slice_str(i->client_ip))
		                                   : POLICY_UNSURE];
	}
}

void proof_insiders_load(struct proof *p)
{
	struct meetings m = {NULL, 0};

	load_foreigners(p->work, &m);
	load_warned(p->work, &m);
	if (m.n)
		qsort(m.row, m.n, sizeof *m.row, compare_met);
	insiders_make(p, &m);
	for (size_t i = 0; i < m.n; i++) {
		free(m.row[i].ip);
		free(m.row[i].name);
		free(m.row[i].text);
	}
	free(m.row);
}
