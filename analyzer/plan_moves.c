/* Who must move: senders, and clients by their address, of the rule's mails that a verdict `move` decides. */
#include <stdlib.h>

#include "msg.h"
#include "places.h"
#include "plan_i.h"
#include "walk.h"

/* A folded address, or a client. */
struct mover {
	int64_t id, mails;
	char *text, *name; /* the sender; or the address of the client and its name */
	bool inside;
};
struct movers {
	struct mover *row;
	size_t n;
	struct places at; /* uint32_t: 1 + which row is that id's */
};

/* NULL: its row is there already. */
static struct mover *mover_add(struct movers *x, int64_t id, int64_t mails)
{
	uint32_t *at = places_at(&x->at, id);

	if (*at) {
		x->row[*at - 1].mails += mails;
		return NULL;
	}
	x->row = xgrown(x->row, x->n, sizeof *x->row);
	x->row[x->n] = (struct mover){.id = id, .mails = mails};
	*at = (uint32_t)++x->n;
	return &x->row[x->n - 1];
}

static char *column(const struct query *q, int at)
{
	struct slice s = query_text(q, at);

	return xstrndup(slice_is_set(s) ? s.p : "", s.n);
}

static void load(struct movers *senders, struct movers *clients, struct reader *r, const char *rule)
{
	const struct query_param param = {"rule", slice_str(rule), 0, false};
	const struct query *q;
	struct walk w;

	walk_init_pairs(&w, r, SQL_READ_PLAN_MOVES, &param, 1);
	while ((q = walk_row(&w)) != NULL) {
		bool decided = !query_is_null(q, 2);
		struct mover *s =
		    decided && !query_is_null(q, 3) ? mover_add(senders, query_number(q, 3), query_number(q, 8)) : NULL;
		if (s)
			s->text = column(q, 4);
		struct mover *c =
		    decided && !query_is_null(q, 6) ? mover_add(clients, query_number(q, 1), query_number(q, 8)) : NULL;
		if (c) {
			c->name = column(q, 5);
			c->text = column(q, 6);
			c->inside = query_number(q, 7) != 0;
		}
	}
	walk_release(&w);
}

static void movers_release(struct movers *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free(x->row[i].text);
		free(x->row[i].name);
	}
	free(x->row);
	free(x->at.p);
}

/* ------------------------------------------------------------------ senders */

static int compare_senders(const void *a, const void *b)
{
	const struct mover *x = a, *y = b;

	if (x->mails != y->mails)
		return x->mails < y->mails ? 1 : -1;
	return strcmp(x->text, y->text);
}

/* NULL: it was never seen logged in; "": with a login that is not known. */
static char *login_of(struct reader *r, int64_t sender)
{
	const struct query_param param = {"sender", SLICE_NONE, sender, false};
	struct query *q = query_new(r, SQL_READ_PLAN_LOGIN, &param, 1);
	char *login = query_row(q) ? column(q, 0) : NULL;

	query_free(q);
	return login;
}

static void senders_make(struct plan *p, struct movers *x, struct reader *r)
{
	if (x->n)
		qsort(x->row, x->n, sizeof *x->row, compare_senders);
	p->sender = xcalloc(x->n + 1, sizeof *p->sender);
	for (p->senders = 0; p->senders < x->n; p->senders++) {
		struct mover *m = &x->row[p->senders];
		p->sender[p->senders] = (struct plan_sender){m->text, login_of(r, m->id), m->mails};
		m->text = NULL;
	}
}

/* ------------------------------------------------------------------ clients */

static int compare_addresses(const void *a, const void *b)
{
	const struct mover *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : strcmp(x->name, y->name);
}

static int compare_clients(const void *a, const void *b)
{
	const struct plan_client *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (x->mails != y->mails)
		return x->mails < y->mails ? 1 : -1;
	return order ? order : strcmp(x->ip, y->ip);
}

/* Of several names of an address the first one stands. */
static void clients_make(struct plan *p, struct movers *x, const struct plan_options *o)
{
	if (x->n)
		qsort(x->row, x->n, sizeof *x->row, compare_addresses);
	struct plan_client *out = xcalloc(x->n + 1, sizeof *out), *last = NULL;
	for (size_t i = 0; i < x->n; i++) {
		struct mover *m = &x->row[i];
		if (last && strcmp(last->ip, m->text) == 0) {
			last->mails += m->mails;
			last->inside = last->inside || m->inside;
			continue;
		}
		last = &out[p->clients++];
		*last = (struct plan_client){
		    m->text, m->name, m->inside,
		    o->policy ? policy_in_networks(o->policy, slice_str(m->name), slice_str(m->text)) : POLICY_UNSURE,
		    m->mails};
		m->text = m->name = NULL;
	}
	p->client = out;
	if (p->clients)
		qsort(p->client, p->clients, sizeof *p->client, compare_clients);
}

/* ------------------------------------------------------------------ both */

void plan_moves_load(struct plan *p, struct reader *r, const struct plan_options *o)
{
	struct movers senders = {.at.size = sizeof(uint32_t)}, clients = senders;
	bool any = false;

	for (size_t i = 0; i < p->verdicts; i++)
		any = any || p->verdict[i].word == VERDICT_MOVE;
	if (!any)
		return;
	load(&senders, &clients, r, p->rule);
	senders_make(p, &senders, r);
	clients_make(p, &clients, o);
	movers_release(&senders);
	movers_release(&clients);
}
