/*
 * Senders, recipients and clients of a rule's mails, of all sources or of one: summed up here from the roll-ups' rows,
 * for a database that groups and counts them by itself needs a second for some hundred thousand.
 */
#include "screens.h"

#include <stdlib.h>

#include "../analyzer/msg.h"
#include "../analyzer/namesakes.h"
#include "../analyzer/walk.h"

/* ------------------------------------------------------------------ who sends */

struct client {
	uint32_t source,
	    ip; /* the first source of its name; a number for each address, from 1, ascending. 0: no such client */
};

/* By their ids. */
struct clients {
	struct client *client;
	size_t n;
	uint32_t ips, sources; /* one more than the highest */
	uint32_t wanted;       /* the source that is asked about; 0: all of them */
};

static int compare_slices(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static struct slice pooled(const struct text *pool, size_t at, size_t n)
{
	return n ? slice_of(pool->p + at, n) : SLICE("");
}

static void names_load(struct namesakes *x, const struct load *l, enum sql_id id)
{
	const struct query_param p = {"source", slice_from(l->key, sizeof "source:" - 1), 0, l->key.n == 0};
	const struct query *q;
	struct walk w;

	*x = (struct namesakes){0};
	walk_init(&w, l->reader, id, &p, 1, -1);
	while ((q = walk_row(&w)) != NULL)
		namesakes_add(x, query_number(q, 0), query_number(q, 2), query_text(q, 1));
	walk_release(&w);
	namesakes_sort(x);
}

/* The first source of its name, for each source. */
static uint32_t *load_firsts(const struct load *l, struct clients *c)
{
	struct namesakes x;

	names_load(&x, l, SQL_READ_TUI_SOURCE_NAMES);
	uint32_t *first = xcalloc((size_t)x.most + 1, sizeof *first);
	for (size_t i = 0, from = 0; i < x.n; i++) {
		from = namesakes_again(&x, i) ? from : i;
		first[x.row[i].id] = x.row[from].id;
		if (x.row[i].other)
			c->wanted = x.row[from].id;
	}
	c->sources = (uint32_t)x.most + 1;
	namesakes_release(&x);
	return first;
}

static void clients_load(struct clients *c, const struct load *l)
{
	struct namesakes x;

	*c = (struct clients){0};
	uint32_t *first = load_firsts(l, c);
	names_load(&x, l, SQL_READ_TUI_SOURCE_CLIENTS);
	c->n = (size_t)x.most + 1;
	c->client = xcalloc(c->n, sizeof *c->client);
	for (size_t i = 0; i < x.n; i++) {
		const struct namesake *row = &x.row[i];
		c->ips += !namesakes_again(&x, i);
		c->client[row->id] = (struct client){row->other < c->sources ? first[row->other] : 0, c->ips};
	}
	c->ips++;
	namesakes_release(&x);
	free(first);
}

static struct client client_of(const struct clients *c, int64_t id)
{
	return id >= 0 && (size_t)id < c->n ? c->client[id] : (struct client){0};
}

/* ------------------------------------------------------------------ rows and their sums */

struct part {
	uint32_t key;   /* what is summed by */
	uint32_t spelt; /* the sender as it was written, or the client */
	uint32_t source, ip;
	int64_t mails, lost, last;
};

struct total {
	uint32_t key;
	size_t from, n; /* its parts */
	int64_t mails, lost, last, sources, ips;
	size_t name, name_n, shown, shown_n; /* in the pool */
};

struct sums {
	struct part *part;
	size_t parts;
	struct total *total;
	size_t totals;
	struct text pool;
};

static void sums_release(struct sums *x)
{
	free(x->part);
	free(x->total);
	text_release(&x->pool);
}

static void part_add(struct sums *x, struct part part)
{
	x->part = xgrown(x->part, x->parts, sizeof *x->part);
	x->part[x->parts++] = part;
}

static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static bool is_sorted(const struct sums *x)
{
	for (size_t i = 1; i < x->parts; i++)
		if (x->part[i - 1].key > x->part[i].key)
			return false;
	return true;
}

/* Which total counted it last; a place for each number. */
struct met {
	uint32_t *by;
	size_t n;
};

static bool met_first(struct met *m, uint32_t number, size_t total)
{
	if (number >= m->n || m->by[number] == (uint32_t)total)
		return false;
	m->by[number] = (uint32_t)total;
	return true;
}

static void sums_make(struct sums *x, const struct clients *c)
{
	struct met sources = {xcalloc((size_t)c->sources + 1, sizeof(uint32_t)), c->sources};
	struct met ips = {xcalloc((size_t)c->ips + 1, sizeof(uint32_t)), c->ips};

	if (!is_sorted(x))
		qsort(x->part, x->parts, sizeof *x->part, compare_parts);
	for (size_t i = 0; i < x->parts; i++) {
		const struct part *p = &x->part[i];
		if (i == 0 || p[-1].key != p->key) {
			x->total = xgrown(x->total, x->totals, sizeof *x->total);
			x->total[x->totals++] = (struct total){.key = p->key, .from = i, .last = p->last};
		}
		struct total *t = &x->total[x->totals - 1];
		t->n++;
		t->mails += p->mails;
		t->lost += p->lost;
		t->last = p->last > t->last ? p->last : t->last;
		t->sources += met_first(&sources, p->source, x->totals);
		t->ips += met_first(&ips, p->ip, x->totals);
	}
	free(sources.by);
	free(ips.by);
}

static int compare_totals(const void *a, const void *b)
{
	const struct total *x = a, *y = b;

	if (x->lost != y->lost)
		return x->lost < y->lost ? 1 : -1;
	if (x->mails != y->mails)
		return x->mails < y->mails ? 1 : -1;
	return (x->key > y->key) - (x->key < y->key);
}

/* Heaviest loss first, and no more than that many; true: there were more. */
static bool sums_cut(struct sums *x, size_t most)
{
	bool more = x->totals > most;

	if (x->totals)
		qsort(x->total, x->totals, sizeof *x->total, compare_totals);
	x->totals = more ? most : x->totals;
	return more;
}

static struct slice name_of(const struct sums *x, const struct total *t)
{
	return pooled(&x->pool, t->name, t->name_n);
}

static int compare_named(const void *a, const void *b, void *arg)
{
	const struct total *x = a, *y = b;
	const struct sums *sums = arg;

	if (x->lost != y->lost || x->mails != y->mails)
		return compare_totals(a, b);
	return compare_slices(name_of(sums, x), name_of(sums, y));
}

/* Those that weigh the same by their names. */
static void sums_order(struct sums *x)
{
	if (x->totals)
		qsort_r(x->total, x->totals, sizeof *x->total, compare_named, x);
}

/* ------------------------------------------------------------------ names */

/* Into the pool; false: there is no such address. */
static bool load_address(struct sums *x, const struct load *l, uint32_t id, size_t *at, size_t *n)
{
	const struct query_param p = {"id", SLICE_NONE, id, false};
	struct query *q = query_new(l->reader, SQL_READ_TUI_ADDRESS, &p, 1);
	bool found = query_row(q);

	*at = x->pool.n;
	*n = 0;
	if (found) {
		*n = query_text(q, 0).n;
		text_add(&x->pool, query_text(q, 0));
	}
	query_free(q);
	return found;
}

static void name_people(struct sums *x, const struct load *l)
{
	for (size_t i = 0; i < x->totals; i++)
		load_address(x, l, x->total[i].key, &x->total[i].name, &x->total[i].name_n);
	sums_order(x);
}

/* Of several spellings the first one is shown. */
static void name_sender(struct sums *x, const struct load *l, struct total *t)
{
	size_t at, n;
	uint32_t last = 0;

	load_address(x, l, t->key, &t->name, &t->name_n);
	for (size_t i = t->from; i < t->from + t->n; i++) {
		uint32_t id = x->part[i].spelt;
		if (id == last || !load_address(x, l, id, &at, &n))
			continue;
		if (!last || compare_slices(pooled(&x->pool, at, n), pooled(&x->pool, t->shown, t->shown_n)) < 0) {
			t->shown = at;
			t->shown_n = n;
		}
		last = id;
	}
}

/* ------------------------------------------------------------------ senders */

/* ips: summed up by address besides, or NULL. */
static void load_pairs(struct sums *senders, struct sums *ips, const struct load *l, const struct clients *c)
{
	const struct query_param p = {"rule", slice_str(l->rule), 0, false};
	const struct query *q;
	struct walk w;

	walk_init(&w, l->reader, SQL_READ_TUI_PAIRS, &p, 1, -1);
	while ((q = walk_row(&w)) != NULL) {
		struct client x = client_of(c, query_number(q, 1));
		if (!x.ip || (c->wanted && x.source != c->wanted))
			continue;
		struct part part = {(uint32_t)query_number(q, 5), (uint32_t)query_number(q, 0), x.source,          x.ip,
		                    query_number(q, 2),           query_number(q, 3),           query_number(q, 4)};
		part_add(senders, part);
		if (!ips)
			continue;
		part.key = x.ip;
		part.spelt = (uint32_t)query_number(q, 1);
		part_add(ips, part);
	}
	walk_release(&w);
}

static bool any_sender_judged(const struct load *l)
{
	struct query *q = query_new(l->reader, SQL_READ_VERDICT_CURRENT, NULL, 0);
	bool any = false;

	while (!any && query_row(q))
		any = slice_eq(query_text(q, 1), SLICE("sender"));
	query_free(q);
	return any;
}

static void add_sender_verdict(struct sheet *s, const struct load *l, bool judged, struct slice name)
{
	const struct query_param p = {"sender", name, 0, false};
	struct query *q = judged ? query_new(l->reader, SQL_READ_TUI_SENDER_VERDICT, &p, 1) : NULL;

	sheet_text(s, q && query_row(q) ? query_text(q, 0) : SLICE(""));
	if (q)
		query_free(q);
}

static void show_senders(struct sheet *s, struct sums *x, const struct load *l, const struct sheet_section *section,
                         size_t most)
{
	bool judged = any_sender_judged(l);

	sheet_section(s, section);
	s->more |= sums_cut(x, most);
	for (size_t i = 0; i < x->totals; i++)
		name_sender(x, l, &x->total[i]);
	sums_order(x);
	for (size_t i = 0; i < x->totals; i++) {
		const struct total *t = &x->total[i];
		sheet_row(s, name_of(x, t));
		if (t->key)
			sheet_text(s, t->shown_n ? pooled(&x->pool, t->shown, t->shown_n) : SLICE("<>"));
		else
			sheet_none(s);
		sheet_number(s, t->sources);
		sheet_number(s, t->ips);
		sheet_number(s, t->mails);
		sheet_number(s, t->lost);
		sheet_number(s, t->last);
		add_sender_verdict(s, l, judged, name_of(x, t));
	}
}

void screen_senders(struct sheet *s, const struct load *l)
{
	struct sums senders = {0};
	struct clients c;

	reader_window(l->reader, l->since, l->until);
	clients_load(&c, l);
	load_pairs(&senders, NULL, l, &c);
	sums_make(&senders, &c);
	show_senders(s, &senders, l, &senders_section, SHEET_ROWS);
	sums_release(&senders);
	free(c.client);
}

/* ------------------------------------------------------------------ clients */

struct client_row {
	struct text ip, name, verdict;
	bool any;
};

/* Of several names of an address the first one is shown. */
static void load_client(struct client_row *row, const struct load *l, uint32_t id)
{
	const struct query_param p = {"id", SLICE_NONE, id, false};
	struct query *q = query_new(l->reader, SQL_READ_TUI_CLIENT, &p, 1);

	if (query_row(q) && (!row->any || compare_slices(query_text(q, 1), pooled(&row->name, 0, row->name.n)) < 0)) {
		text_clear(&row->ip);
		text_clear(&row->name);
		text_clear(&row->verdict);
		text_add(&row->ip, query_text(q, 0));
		text_add(&row->name, query_text(q, 1));
		text_add(&row->verdict, query_text(q, 2));
		row->any = true;
	}
	query_free(q);
}

static void add_client_row(struct sheet *s, const struct load *l, const struct sums *x, const struct total *t)
{
	struct client_row row = {0};

	for (size_t i = t->from; i < t->from + t->n; i++)
		if (i == t->from || x->part[i].spelt != x->part[i - 1].spelt)
			load_client(&row, l, x->part[i].spelt);
	sheet_row(s, pooled(&row.ip, 0, row.ip.n));
	sheet_text(s, pooled(&row.ip, 0, row.ip.n));
	sheet_text(s, pooled(&row.name, 0, row.name.n));
	sheet_number(s, t->mails);
	sheet_number(s, t->lost);
	sheet_number(s, t->last);
	sheet_text(s, pooled(&row.verdict, 0, row.verdict.n));
	text_release(&row.ip);
	text_release(&row.name);
	text_release(&row.verdict);
}

static int compare_clients(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->spelt > y->spelt) - (x->spelt < y->spelt);
}

static void show_clients(struct sheet *s, struct sums *x, const struct load *l, const struct clients *c, size_t most)
{
	if (x->parts)
		qsort(x->part, x->parts, sizeof *x->part, compare_clients);
	sums_make(x, c);
	sheet_section(s, &clients_section);
	sums_cut(x, most);
	for (size_t i = 0; i < x->totals; i++)
		add_client_row(s, l, x, &x->total[i]);
}

/* ------------------------------------------------------------------ recipients */

static void load_people(struct sums *x, const struct load *l, const struct clients *c)
{
	const struct query_param p[] = {{"rule", slice_str(l->rule), 0, false},
	                                {"last", SLICE_NONE, c->wanted, c->wanted == 0}};
	const struct query *q;
	struct walk w;

	walk_init(&w, l->reader, SQL_READ_TUI_PEOPLE, p, 2, (int64_t)c->wanted - 1);
	while ((q = walk_row(&w)) != NULL)
		part_add(x, (struct part){.key = (uint32_t)query_number(q, 1),
		                          .source = (uint32_t)query_number(q, 0),
		                          .mails = query_number(q, 2),
		                          .lost = query_number(q, 3)});
	walk_release(&w);
}

static void show_people(struct sheet *s, struct sums *x, const struct load *l, const struct sheet_section *section,
                        size_t most)
{
	sheet_section(s, section);
	s->more |= sums_cut(x, most);
	name_people(x, l);
	for (size_t i = 0; i < x->totals; i++) {
		const struct total *t = &x->total[i];
		sheet_row(s, name_of(x, t));
		if (t->key)
			sheet_text(s, name_of(x, t));
		else
			sheet_str(s, "(all of a mail)");
		sheet_number(s, t->sources);
		sheet_number(s, t->mails);
		sheet_number(s, t->lost);
	}
}

void screen_recipients(struct sheet *s, const struct load *l)
{
	struct sums people = {0};
	struct clients c = {0};

	reader_window(l->reader, l->since, l->until);
	free(load_firsts(l, &c));
	load_people(&people, l, &c);
	sums_make(&people, &c);
	show_people(s, &people, l, &recipients_section, SHEET_ROWS);
	sums_release(&people);
}

/* ------------------------------------------------------------------ all of a source */

void screen_source_sums(struct sheet *s, const struct load *l, size_t most)
{
	struct sums senders = {0}, ips = {0}, people = {0};
	struct sheet_section section = senders_section;
	struct clients c;
	bool more = s->more;

	reader_window(l->reader, l->since, l->until);
	clients_load(&c, l);
	if (c.wanted) {
		load_pairs(&senders, &ips, l, &c);
		show_clients(s, &ips, l, &c, most);
		sums_make(&senders, &c);
		section.title = "Senders";
		show_senders(s, &senders, l, &section, most);
		load_people(&people, l, &c);
		sums_make(&people, &c);
		section = recipients_section;
		section.title = "Recipients";
		show_people(s, &people, l, &section, most);
	}
	s->more = more;
	sums_release(&senders);
	sums_release(&ips);
	sums_release(&people);
	free(c.client);
}
