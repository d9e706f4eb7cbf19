#include "ways.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "msg.h"
#include "places.h"
#include "walk.h"

#define DAY_US INT64_C(86400000000)
#define TIMES 5  /* so many times the mails a day are another way */
#define MANY 10  /* ... if they are at least so many */
#define TURNED 3 /* mails that it takes to say that evidence turned */
#define NAMED 3  /* new networks that are named */

/* -------------------------------------------------------------------- networks */

static int compare(const void *a, const void *b)
{
	const struct network *x = a, *y = b;
	int order = memcmp(x->ip.b, y->ip.b, sizeof x->ip.b);

	return order ? order : x->bits - y->bits;
}

/* Rows come sorted by address, so a network's addresses stand together. */
static void add_network(struct ways *w, struct slice key)
{
	struct ip ip;

	if (key.n != sizeof ip.b)
		return;
	memcpy(ip.b, key.p, sizeof ip.b);
	struct network n = network_around(&ip);
	if (w->networks && compare(&w->network[w->networks - 1], &n) == 0)
		return;
	if (w->networks == WAYS_NETWORKS) {
		w->more = true;
		return;
	}
	w->network = xgrown(w->network, w->networks, sizeof *w->network);
	w->network[w->networks++] = n;
}

/* --------------------------------------------------------------------- loading */

static enum evidence most(const int64_t count[EVIDENCE_COUNT])
{
	enum evidence best = EVIDENCE_NONE_SAID;

	for (int e = EVIDENCE_NONE_SAID + 1; e < EVIDENCE_COUNT; e++)
		if (count[e] > (best ? count[best] : 0))
			best = (enum evidence)e;
	return best;
}

static void count_word(int64_t count[EVIDENCE_COUNT], int64_t word, int64_t mails)
{
	if (word >= 0 && word < EVIDENCE_COUNT)
		count[word] += mails;
}

/* What is known of a client or a sender, by its number. */
struct party {
	bool known, used;   /* used: a mail of the subject has it */
	int64_t own, other; /* verdicts: on a sender, and on its domain; or on a client */
	bool has_key;
	uint8_t key[16];
};

/* How narrow a verdict is; of two, the lower one decides. */
struct width {
	bool known;
	int kind, size;
};

struct looking {
	struct reader *reader;
	const struct subject *subject;
	struct places clients, senders; /* struct party */
	struct places widths;           /* struct width, by verdict */
	struct width ours;
	int64_t said[3][EVIDENCE_COUNT];
};

static struct width width_of(enum subject_kind kind, int64_t bits, size_t length)
{
	return (struct width){true, (int)kind,
	                      kind == SUBJECT_NETWORK  ? -(int)bits
	                      : kind == SUBJECT_DOMAIN ? -(int)length
	                                               : 0};
}

static int compare_widths(const struct width *x, const struct width *y)
{
	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
	                          : (x->size > y->size) - (x->size < y->size);
}

static void load_widths(struct looking *k)
{
	struct query *q = query_new(k->reader, SQL_READ_JUDGE_VERDICTS, NULL, 0);

	while (query_row(q))
		for (int kind = 0; kind < SUBJECT_KIND_COUNT; kind++)
			if (slice_eq(query_text(q, 1), slice_str(subject_kind_name((enum subject_kind)kind))))
				*(struct width *)places_at(&k->widths, query_number(q, 0)) =
				    width_of((enum subject_kind)kind, query_number(q, 4), query_text(q, 2).n);
	query_free(q);
}

static void load_clients(struct looking *k)
{
	const struct query *q;
	struct walk walk;

	walk_init(&walk, k->reader, SQL_READ_WAYS_CLIENTS, NULL, 0, -1);
	while ((q = walk_row(&walk)) != NULL) {
		struct party *c = places_at(&k->clients, query_number(q, 0));
		struct slice key = query_text(q, 1);
		*c = (struct party){.known = true, .other = query_number(q, 2), .has_key = key.n == sizeof c->key};
		if (c->has_key)
			memcpy(c->key, key.p, sizeof c->key);
	}
	walk_release(&walk);
}

static void load_senders(struct looking *k)
{
	const struct query *q;
	struct walk walk;

	walk_init(&walk, k->reader, SQL_READ_WAYS_SENDERS, NULL, 0, -1);
	while ((q = walk_row(&walk)) != NULL)
		*(struct party *)places_at(&k->senders, query_number(q, 0)) =
		    (struct party){.known = true, .own = query_number(q, 1), .other = query_number(q, 2)};
	walk_release(&walk);
}

/* As a JSON list; the caller frees it. */
static char *load_whose(const struct looking *k)
{
	uint8_t range[32];
	struct query_param params[SUBJECT_PARAMS];
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		msg_bug("no memory stream");
	subject_params(k->subject, range, params);
	struct query *q = query_new(k->reader, SQL_READ_WAYS_WHOSE, params, SUBJECT_PARAMS);
	for (const char *between = "["; query_row(q); between = ",")
		fprintf(f, "%s%lld", between, (long long)query_number(q, 0));
	query_free(q);
	fputs(ftell(f) ? "]" : "[]", f);
	if (fclose(f) != 0)
		msg_bug("a memory stream that fails");
	return text;
}

/* The verdict that decides a mail, if there is one: narrower than ours, or wider? */
static void count_lost(const struct looking *k, struct ways *w, const struct party *client, int64_t sender)
{
	const struct party *s = places_find(&k->senders, sender);
	int64_t verdict = s && s->own ? s->own : client->other ? client->other : s ? s->other : 0;
	const struct width *theirs = places_find(&k->widths, verdict);
	int order = theirs && theirs->known ? compare_widths(theirs, &k->ours) : 0;

	w->lost++;
	w->narrower += order < 0;
	w->wider += order > 0;
}

static void count_mail(struct looking *k, struct ways *w, const struct query *q)
{
	struct party *client = places_find(&k->clients, query_number(q, 2));

	if (!client || !client->known)
		return;
	client->used = true;
	w->mails++;
	for (int i = 0; i < 3; i++)
		count_word(k->said[i], query_number(q, 3 + i), 1);
	if (query_number(q, 7))
		count_lost(k, w, client, query_number(q, 1));
}

static void load_mails(struct looking *k, struct ways *w, int64_t since)
{
	char *whose = load_whose(k);
	bool by_sender = k->subject->kind == SUBJECT_SENDER || k->subject->kind == SUBJECT_DOMAIN;
	const struct query_param params[] = {{"whose", slice_str(whose), 0, false},
	                                     {"by_sender", SLICE_NONE, by_sender, false},
	                                     {"since", SLICE_NONE, since, since == STAMP_NONE}};
	const struct query *q;
	struct walk walk;

	walk_init(&walk, k->reader, SQL_READ_WAYS_MAILS, params, sizeof params / sizeof *params, -1);
	while ((q = walk_row(&walk)) != NULL)
		if (query_number(q, 6))
			count_mail(k, w, q);
	walk_release(&walk);
	free(whose);
	w->spf = most(k->said[0]);
	w->dkim = most(k->said[1]);
	w->dmarc = most(k->said[2]);
}

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, sizeof((struct party *)NULL)->key);
}

static void networks_make(const struct looking *k, struct ways *w)
{
	const struct party *c = k->clients.p;
	uint8_t(*key)[sizeof c->key] = xcalloc(k->clients.n + 1, sizeof *key);
	size_t n = 0;

	for (size_t i = 0; i < k->clients.n; i++)
		if (c[i].used && c[i].has_key)
			memcpy(key[n++], c[i].key, sizeof *key);
	if (n)
		qsort(key, n, sizeof *key, compare_keys);
	for (size_t i = 0; i < n; i++)
		add_network(w, slice_of((const char *)key[i], sizeof *key));
	free(key);
}

static void load_span(struct ways *w, struct reader *r, int64_t since)
{
	struct query *q = query_new(r, SQL_READ_VERDICT_SPAN, NULL, 0);

	w->days = 1;
	if (query_row(q) && !query_is_null(q, 1)) {
		int64_t from = since != STAMP_NONE   ? since
		               : query_is_null(q, 0) ? query_number(q, 1)
		                                     : query_number(q, 0);
		w->until = query_number(q, 1);
		if (w->until - from > DAY_US)
			w->days = (w->until - from + DAY_US - 1) / DAY_US;
	}
	query_free(q);
}

void ways_load(struct reader *r, const struct subject *s, int64_t since, struct ways *out)
{
	struct looking k = {.reader = r,
	                    .subject = s,
	                    .clients.size = sizeof(struct party),
	                    .senders.size = sizeof(struct party),
	                    .widths.size = sizeof(struct width),
	                    .ours = width_of(s->kind, subject_bits(s), strlen(s->text))};

	*out = (struct ways){0};
	load_widths(&k);
	load_clients(&k);
	load_senders(&k);
	load_mails(&k, out, since);
	networks_make(&k, out);
	load_span(out, r, since);
	free(k.clients.p);
	free(k.senders.p);
	free(k.widths.p);
}

void ways_release(struct ways *w)
{
	free(w->network);
	*w = (struct ways){0};
}

static void print_word(FILE *f, const char *name, enum evidence e)
{
	if (e)
		fprintf(f, ",\"%s\":\"%s\"", name, evidence_name(e));
	else
		fprintf(f, ",\"%s\":null", name);
}

char *ways_json(const struct ways *w)
{
	char *text = NULL, network[NETWORK_TEXT];
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		msg_bug("no memory stream");
	fprintf(f, "{\"until\":%lld,\"days\":%lld,\"mails\":%lld,\"more\":%d", (long long)w->until, (long long)w->days,
	        (long long)w->mails, w->more);
	print_word(f, "spf", w->spf);
	print_word(f, "dkim", w->dkim);
	print_word(f, "dmarc", w->dmarc);
	fputs(",\"networks\":[", f);
	for (size_t i = 0; i < w->networks; i++) {
		network_text(&w->network[i], network);
		fprintf(f, "%s\"%s\"", i ? "," : "", network);
	}
	fputs("]}", f);
	if (fclose(f) != 0)
		msg_bug("a memory stream that fails");
	return text;
}

/* --------------------------------------------------------------------- changes */

static bool load_seen(struct reader *r, int64_t id, struct ways *w)
{
	struct query_param params[] = {{"id", SLICE_NONE, id, false}};
	struct query *q = query_new(r, SQL_READ_VERDICT_SEEN, params, 1);
	bool found = query_row(q);

	*w = (struct ways){0};
	if (found) {
		w->until = query_number(q, 0);
		w->days = query_number(q, 1);
		w->mails = query_number(q, 2);
		w->more = query_number(q, 3);
		w->spf = evidence_of(query_text(q, 4));
		w->dkim = evidence_of(query_text(q, 5));
		w->dmarc = evidence_of(query_text(q, 6));
	}
	query_free(q);
	return found && w->mails > 0 && w->days > 0;
}

static void load_seen_networks(struct reader *r, int64_t id, struct ways *w)
{
	struct query_param params[] = {{"id", SLICE_NONE, id, false}};
	struct query *q = query_new(r, SQL_READ_VERDICT_SEEN_NETWORKS, params, 1);
	struct network n;

	while (query_row(q))
		if (network_parse(query_text(q, 0), &n))
			add_network(w, slice_of((const char *)n.ip.b, sizeof n.ip.b));
	query_free(q);
}

/* What changed, part by part. */
struct change {
	char *text;
	size_t n, cap;
};

static void __attribute__((format(printf, 2, 3))) tell(struct change *c, const char *fmt, ...)
{
	va_list ap;

	if (c->n >= c->cap)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(c->text + c->n, c->cap - c->n, fmt, ap);
	va_end(ap);
	c->n += n > 0 ? (size_t)n : 0;
}

static void compare_networks(struct change *c, const struct ways *then, const struct ways *now)
{
	char text[NETWORK_TEXT];
	size_t fresh = 0;

	if (then->more)
		return;
	for (size_t i = 0; i < now->networks; i++) {
		if (then->network &&
		    bsearch(&now->network[i], then->network, then->networks, sizeof *then->network, compare))
			continue;
		network_text(&now->network[i], text);
		if (fresh++ < NAMED)
			tell(c, "%s%s", fresh > 1 ? ", " : c->n ? "; new network " : "new network ", text);
	}
	if (fresh > NAMED)
		tell(c, " and %zu more", fresh - NAMED);
}

static void compare_volume(struct change *c, const struct ways *then, const struct ways *now)
{
	double before = (double)then->mails / (double)then->days, after = (double)now->mails / (double)now->days;

	if (now->mails >= MANY && after >= TIMES * before)
		tell(c, "%s%.1f mails a day, it was %.1f", c->n ? "; " : "", after, before);
}

static void compare_word(struct change *c, const char *name, enum evidence then, enum evidence now)
{
	if (then && now && then != now && (then == EVIDENCE_PASS || now == EVIDENCE_PASS))
		tell(c, "%s%s mostly %s, it was %s", c->n ? "; " : "", name, evidence_name(now), evidence_name(then));
}

bool ways_changed(struct reader *r, const struct subject *s, int64_t id, char *how, size_t cap)
{
	struct change c = {.text = how, .cap = cap};
	struct ways then, now;

	how[0] = '\0';
	if (!load_seen(r, id, &then))
		return false;
	load_seen_networks(r, id, &then);
	ways_load(r, s, then.until, &now);
	/* An address or a network was decided as such: what is new within it was decided too. */
	if (s->kind != SUBJECT_IP && s->kind != SUBJECT_NETWORK)
		compare_networks(&c, &then, &now);
	compare_volume(&c, &then, &now);
	if (now.mails >= TURNED) {
		compare_word(&c, "SPF", then.spf, now.spf);
		compare_word(&c, "DKIM", then.dkim, now.dkim);
		compare_word(&c, "DMARC", then.dmarc, now.dmarc);
	}
	ways_release(&then);
	ways_release(&now);
	return c.n > 0;
}
