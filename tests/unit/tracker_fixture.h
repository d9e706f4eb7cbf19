/*
 * tracker_fixture: a world around a tracker. It reads lines of text, keeps all
 * that the tracker says as a database would, checks that what is said is sound,
 * and can lose its memory after every line. For the tests of the tracker and
 * for the fuzzer; knows no test library: it says world_bad(), which its user
 * defines before including this.
 */
#ifndef WB_TRACKER_FIXTURE_H
#define WB_TRACKER_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "../../analyzer/msg.h"
#include "../../analyzer/tracker_i.h"
#include "../../parsers/shapes.h"

struct names {
	struct slice *text;
	uint32_t n;
};

struct row { /* of half-finished state */
	int kind;
	uint64_t key;
	char *state;
	size_t n;
};

struct seen {
	struct fact_attempt f;
};

struct told_transaction {
	struct fact_transaction f;
	char *queue_id, *message_id;
};

struct told_accepted {
	uint32_t host, client, sender, username; /* username: among the addresses */
	bool submission, login, warned;
	uint32_t text[FACT_TEXTS];
};

struct told_mail {
	struct fact_mail f;
	struct fact_recipient *recipient;
};

struct world {
	struct tracker *tracker;
	struct origin *origin;
	struct tracker_limits limits;
	struct slice filter[2];
	size_t filters;
	struct syslog_frame frame;
	uint64_t place;
	unsigned forget_every; /* lose the memory after so many lines; 0: never */
	unsigned lines;
	struct names hosts, addresses, clients, texts;
	struct seen *attempt;
	struct told_transaction *transaction;
	struct told_mail *mail;
	struct row *row;
	struct told_accepted *accepted;
	size_t accepted_n;
	unsigned arrived;
	size_t attempts, transactions, mails, rows;
	uint64_t attempts_said;
	unsigned holes;
	struct tracker_counts before; /* of the trackers that are no more */
};

/* One more element at the end of an array that lives as long as the world. */
static inline void *world_grow(void *array, size_t n, size_t size)
{
	return n & (n - 1) ? array : xrealloc(array, (n ? n * 2 : 1) * size);
}

/* -------------------------------------------------------------------- names */

static inline uint32_t names_id(struct names *names, struct slice text)
{
	for (uint32_t i = 0; i < names->n; i++)
		if (slice_eq(names->text[i], text))
			return i + 1;
	names->text = world_grow(names->text, names->n, sizeof(*names->text));
	char *copy = xmalloc(text.n + 1);
	if (text.n)
		memcpy(copy, text.p, text.n);
	names->text[names->n] = slice_of(copy, text.n);
	return ++names->n;
}

static inline struct slice names_text(const struct names *names, uint32_t id)
{
	if (id > names->n)
		world_bad("a name that was never given");
	return id ? names->text[id - 1] : SLICE("*");
}

static inline void names_release(struct names *names)
{
	for (uint32_t i = 0; i < names->n; i++)
		free((char *)names->text[i].p);
	free(names->text);
}

static inline uint32_t names_join(struct names *names, struct slice a, struct slice b)
{
	char *p = xmalloc(a.n + b.n + 3);
	int n = snprintf(p, a.n + b.n + 3, "%.*s[%.*s]", (int)a.n, a.n ? a.p : "", (int)b.n, b.n ? b.p : "");
	uint32_t id = names_id(names, slice_of(p, (size_t)n));

	free(p);
	return id;
}

/* ---------------------------------------------------------- what the tracker says */

static inline uint32_t world_host(void *arg, struct slice name)
{
	return names_id(&((struct world *)arg)->hosts, name);
}

static inline uint32_t world_address(void *arg, struct slice address)
{
	return names_id(&((struct world *)arg)->addresses, address);
}

static inline uint32_t world_client(void *arg, struct slice name, struct slice ip)
{
	return names_join(&((struct world *)arg)->clients, name, ip);
}

static inline void world_attempt(void *arg, struct fact_attempt *a)
{
	struct world *w = arg;
	const struct record *r = a->rec;

	a->client = world_client(w, r->client_name, r->client_ip);
	a->sender = slice_is_set(r->sender) ? world_address(w, r->sender) : 0;
	a->recipient = slice_is_set(r->recipient) ? world_address(w, r->recipient) : 0;
	a->text = names_join(&w->texts, r->word, r->text);
	if (w->attempts && a->place <= w->attempt[w->attempts - 1].f.place)
		world_bad("attempts are not in the order of the log");
	if (a->transaction > a->place || a->count == 0)
		world_bad("an attempt from before its transaction, or of nothing");
	w->attempt = world_grow(w->attempt, w->attempts, sizeof(*w->attempt));
	w->attempt[w->attempts++].f = *a;
	w->attempts_said += a->count;
}

static inline void world_arrived(void *arg, uint32_t host, int64_t us, const struct ip *ip, bool submission)
{
	(void)host, (void)us, (void)ip, (void)submission;
	((struct world *)arg)->arrived++;
}

static inline void world_accepted(void *arg, const struct fact_accepted *f)
{
	struct world *w = arg;

	w->accepted = world_grow(w->accepted, w->accepted_n, sizeof(*w->accepted));
	struct told_accepted *a = &w->accepted[w->accepted_n++];
	*a = (struct told_accepted){.host = f->host,
	                            .client = world_client(w, f->client_name, f->client_ip),
	                            .sender = world_address(w, f->sender),
	                            .username = world_address(w, f->username),
	                            .submission = f->submission,
	                            .login = f->login,
	                            .warned = f->text[0] != 0};
	memcpy(a->text, f->text, sizeof(a->text));
}

static inline struct told_transaction *world_transaction_of(const struct world *w, uint64_t id)
{
	for (size_t i = 0; i < w->transactions; i++)
		if (w->transaction[i].f.id == id)
			return &w->transaction[i];
	return NULL;
}

static inline char *world_copy(struct slice s)
{
	return slice_is_set(s) ? xstrndup(s.p, s.n) : NULL;
}

static inline void world_transaction(void *arg, const struct fact_transaction *f)
{
	struct world *w = arg;
	struct told_transaction *t = world_transaction_of(w, f->id);

	if (!t) {
		w->transaction = world_grow(w->transaction, w->transactions, sizeof(*t));
		t = &w->transaction[w->transactions++];
		memset(t, 0, sizeof(*t));
	}
	free(t->queue_id);
	free(t->message_id);
	t->f = *f;
	t->queue_id = world_copy(f->queue_id);
	t->message_id = world_copy(f->message_id);
}

static inline struct told_mail *world_mail_of(const struct world *w, uint64_t id)
{
	for (size_t i = 0; i < w->mails; i++)
		if (w->mail[i].f.id == id)
			return &w->mail[i];
	return NULL;
}

static inline void world_check_mail(const struct world *w, const struct fact_mail *f)
{
	const struct told_mail *known = world_mail_of(w, f->id);

	if (f->told != (known && !known->f.into))
		world_bad("a mail is told again as if it were new, or the other way round");
	if (f->recipients == 0 && !f->told && !f->into)
		world_bad("a mail without recipients is told");
	if (known && (known->f.client != f->client || known->f.first_us != f->first_us))
		world_bad("a mail is told again under another client or time, where its sums do not stand");
	if (f->into && (f->recipients || f->into == f->id))
		world_bad("a mail that is part of another one has recipients of its own");
	if (f->last_us < f->first_us && f->recipients)
		world_bad("a mail ends before it begins");
	for (size_t i = 0; i < f->recipients; i++) {
		const struct fact_recipient *r = &f->recipient[i];
		if (r->fate >= FATE_COUNT || r->text[0] == 0)
			world_bad("a recipient without a fate, or without a warning");
		names_text(&w->addresses, r->shown);
		for (size_t k = 0; k < i; k++)
			if (f->recipient[k].shown == r->shown)
				world_bad("the same recipient twice");
	}
}

static inline void world_mail(void *arg, const struct fact_mail *f)
{
	struct world *w = arg;
	struct told_mail *m = world_mail_of(w, f->id);

	world_check_mail(w, f);
	for (size_t i = 0; f->into && i < w->transactions; i++)
		if (w->transaction[i].f.mail == f->id)
			w->transaction[i].f.mail = f->into;
	if (!m) {
		w->mail = world_grow(w->mail, w->mails, sizeof(*m));
		m = &w->mail[w->mails++];
		m->recipient = NULL;
	}
	m->f = *f;
	m->recipient = xrealloc(m->recipient, (f->recipients + 1) * sizeof(*m->recipient));
	if (f->recipients)
		memcpy(m->recipient, f->recipient, f->recipients * sizeof(*m->recipient));
	m->f.recipient = m->recipient;
}

static inline struct row *world_row_of(const struct world *w, int kind, uint64_t key)
{
	for (size_t i = 0; i < w->rows; i++)
		if (w->row[i].kind == kind && w->row[i].key == key)
			return &w->row[i];
	return NULL;
}

static inline void world_pending_put(void *arg, int kind, uint64_t key, struct slice state)
{
	struct world *w = arg;
	struct row *row = world_row_of(w, kind, key);

	if (!row) {
		w->row = world_grow(w->row, w->rows, sizeof(*row));
		row = &w->row[w->rows++];
		*row = (struct row){.kind = kind, .key = key};
	}
	row->state = xrealloc(row->state, state.n + 1);
	memcpy(row->state, state.p, state.n);
	row->n = state.n;
}

static inline void world_pending_drop(void *arg, int kind, uint64_t key)
{
	struct world *w = arg;
	struct row *row = world_row_of(w, kind, key);

	if (!row)
		return;
	free(row->state);
	*row = w->row[--w->rows];
}

static inline void world_hole(void *arg, uint32_t host, int64_t from_us, int64_t to_us, int64_t lines,
                              const char *cause)
{
	struct world *w = arg;

	(void)lines;
	names_text(&w->hosts, host);
	if (from_us > to_us || !cause)
		world_bad("a hole that is none");
	w->holes++;
}

static inline bool world_has_text(const struct told_mail *m, struct slice to, const struct world *w, uint32_t text)
{
	for (size_t i = 0; i < m->f.recipients; i++)
		if (slice_eq_fold(names_text(&w->addresses, m->f.recipient[i].shown), to))
			for (int k = 0; k < FACT_TEXTS; k++)
				if (m->f.recipient[i].text[k] == text)
					return true;
	return false;
}

/* After a flush every warning leads to the fate of its mail for its recipient (design.md 3, fate). */
static inline void world_check_warnings(const struct world *w)
{
	for (size_t i = 0; i < w->attempts; i++) {
		const struct fact_attempt *a = &w->attempt[i].f;
		const struct told_transaction *t = world_transaction_of(w, a->transaction);
		const struct told_mail *m = world_mail_of(w, t ? t->f.mail : a->transaction);
		if ((a->flags & (ATTEMPT_WARNS | ATTEMPT_SUSPECT)) != ATTEMPT_WARNS || a->transaction == 0)
			continue;
		if (a->flags & ATTEMPT_WIDE)
			continue; /* of a check behind the filter, before it is known whose the file is */
		if (!m || m->f.recipients == 0)
			world_bad("a warning without a mail");
		else if (!world_has_text(m, names_text(&w->addresses, a->recipient), w, a->text))
			world_bad("a warning that its mail does not know");
	}
}

/* ------------------------------------------------------------ the inside is sound */

static inline uint32_t world_count_txs(const struct tracker *t, uint32_t *entries)
{
	uint32_t n = 0;

#define COUNT_TX(tx)                                                  \
	do {                                                          \
		n++;                                                  \
		for (struct entry *e = (tx)->entries; e; e = e->next) \
			++*entries;                                   \
	} while (0)
	for (struct mail *m = t->mail_old; m; m = m->newer)
		for (struct transaction *tx = m->txs; tx; tx = tx->next) {
			if (tx->mail != m)
				world_bad("a transaction in the wrong mail");
			COUNT_TX(tx);
		}
	for (struct message *m = t->message_old; m; m = m->newer)
		if (m->tx && !m->tx->mail)
			COUNT_TX(m->tx);
	for (struct session *s = t->session_old; s; s = s->newer)
		if (s->tx && !s->tx->mail && !s->tx->message)
			COUNT_TX(s->tx);
#undef COUNT_TX
	return n;
}

static inline bool world_wait_stands(const struct wait *w)
{
	const struct wait *x = w->message->waits;

	while (x && x != w)
		x = x->next;
	return x && x->message == w->message;
}

static inline void world_check_recipients(const struct tracker *t, uint32_t *recipients, uint32_t *waits)
{
	for (struct mail *m = t->mail_old; m; m = m->newer) {
		uint32_t refs = 0;
		for (struct transaction *tx = m->txs; tx; tx = tx->next)
			refs++;
		for (struct recipient *r = m->recipients; r; r = r->next) {
			++*recipients;
			refs += r->open != NULL;
			if (r->mail != m || r->fate >= FATE_COUNT || (r->open && r->open->r != r))
				world_bad("a recipient points elsewhere");
			for (struct wait *w = r->waits; w; w = w->next_of_r) {
				++*waits;
				refs++;
				if (w->r != r || !world_wait_stands(w))
					world_bad("a wait points elsewhere");
			}
		}
		if (refs != m->refs)
			world_bad("a mail's references are not as many as it says");
		if (refs == 0 && !m->news.at)
			world_bad("a mail that nobody needs is kept");
	}
}

/* All that was handed out can be reached, and only that. */
static inline void world_check(const struct world *w)
{
	const struct tracker *t = w->tracker;
	uint32_t sessions = 0, mails = 0, messages = 0, waits = 0, waits_of_r = 0, pasts = 0, opens = 0;
	uint32_t entries = 0, recipients = 0, txs = world_count_txs(t, &entries);

	for (struct session *s = t->session_old; s; s = s->newer)
		sessions++;
	for (struct mail *m = t->mail_old; m; m = m->newer)
		mails++;
	for (struct message *m = t->message_old; m; m = m->newer) {
		messages++;
		for (struct wait *x = m->waits; x; x = x->next)
			waits++;
		for (struct past *p = m->past; p; p = p->next)
			pasts++;
		if (m->tx && m->tx->message != m)
			world_bad("a transaction of another queue file");
	}
	for (struct open *o = t->open_old; o; o = o->newer)
		opens++;
	world_check_recipients(t, &recipients, &waits_of_r);
	if (sessions != t->sessions.used || mails != t->mails.used || txs != t->txs.used ||
	    entries != t->entries.used || recipients != t->recipients.used || messages != t->messages.used ||
	    waits != t->waits.used || waits_of_r != waits || pasts != t->pasts.used || opens != t->opens.used)
		world_bad("what is handed out and what is in use differ");
	if (t->session_by_pid.used != sessions || t->message_by_id.used != messages ||
	    t->open_by_address.used != opens || t->open_by_mail.used != opens ||
	    t->arrival_by_id.used != t->arrivals.used)
		world_bad("what can be found and what is in use differ");
}

/* ------------------------------------------------------------- birth, lines, death */

static const uint64_t world_key[2] = {0x0123456789abcdef, 0xfedcba9876543210};

static const struct tracker_limits world_limits = {
    .sessions = 512,
    .mails = 512,
    .transactions = 512,
    .recipients = 1024,
    .messages = 512,
    .waits = 1024,
    .opens = 512,
    .arrivals = 512,
};

static inline void world_tracker(struct world *w)
{
	const struct sink sink = {.arg = w,
	                          .host = world_host,
	                          .address = world_address,
	                          .client = world_client,
	                          .attempt = world_attempt,
	                          .arrived = world_arrived,
	                          .accepted = world_accepted,
	                          .transaction = world_transaction,
	                          .mail = world_mail,
	                          .pending_put = world_pending_put,
	                          .pending_drop = world_pending_drop,
	                          .hole = world_hole};

	w->tracker = tracker_new(&sink, w->origin, world_key, w->filter, w->filters, &w->limits);
}

static inline struct world *world_new(const struct tracker_limits *limits, unsigned forget_every)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->origin = origin_new(NULL, 0, NULL, 0);
	w->limits = *limits;
	w->forget_every = forget_every;
	w->place = place_make(1, 0);
	syslog_init(&w->frame, 2026);
	world_tracker(w);
	return w;
}

/* Before the first line: the settings name a content filter. */
static inline void world_filter(struct world *w, struct slice relay)
{
	w->filter[w->filters++] = relay;
	tracker_free(w->tracker);
	world_tracker(w);
}

static inline struct world *world_free(struct world *w)
{
	if (!w)
		return NULL;
	tracker_free(w->tracker);
	origin_free(w->origin);
	struct names *names[] = {&w->hosts, &w->addresses, &w->clients, &w->texts};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		names_release(names[i]);
	for (size_t i = 0; i < w->transactions; i++) {
		free(w->transaction[i].queue_id);
		free(w->transaction[i].message_id);
	}
	for (size_t i = 0; i < w->mails; i++)
		free(w->mail[i].recipient);
	for (size_t i = 0; i < w->rows; i++)
		free(w->row[i].state);
	free(w->attempt);
	free(w->accepted);
	free(w->transaction);
	free(w->mail);
	free(w->row);
	free(w);
	return NULL;
}

static inline int row_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind - y->kind;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* All counts are of one type. */
static inline struct tracker_counts world_counts(const struct world *w)
{
	struct tracker_counts sum = w->before, now = *tracker_counts(w->tracker);
	uint64_t a[sizeof(sum) / sizeof(uint64_t)], b[sizeof(sum) / sizeof(uint64_t)];

	memcpy(a, &sum, sizeof(sum));
	memcpy(b, &now, sizeof(now));
	for (size_t i = 0; i < sizeof(sum) / sizeof(uint64_t); i++)
		a[i] += b[i];
	memcpy(&sum, a, sizeof(sum));
	return sum;
}

enum { WORLD_POOLS = 9 };

static inline void world_used(const struct tracker *t, uint32_t used[WORLD_POOLS])
{
	const struct slab *pools[WORLD_POOLS] = {&t->sessions, &t->mails, &t->txs,   &t->entries, &t->recipients,
	                                         &t->messages, &t->waits, &t->pasts, &t->opens};

	for (size_t i = 0; i < WORLD_POOLS; i++)
		used[i] = pools[i]->used;
}

static inline void world_same_used(const struct tracker *t, const uint32_t before[WORLD_POOLS])
{
	static const char *const names[WORLD_POOLS] = {"sessions", "mails", "transactions", "entries", "recipients",
	                                               "messages", "waits", "pasts",        "opens"};
	uint32_t now[WORLD_POOLS];
	char text[100];

	world_used(t, now);
	for (size_t i = 0; i < WORLD_POOLS; i++)
		if (now[i] != before[i]) {
			snprintf(text, sizeof(text), "the rows hold %u %s of %u", now[i], names[i], before[i]);
			world_bad(text);
		}
}

/* Another tracker goes on with what the first has left in the rows. */
static inline void world_forget(struct world *w)
{
	uint32_t used[WORLD_POOLS];

	tracker_flush(w->tracker);
	world_used(w->tracker, used);
	w->before = world_counts(w);
	tracker_free(w->tracker);
	world_tracker(w);
	if (w->rows)
		qsort(w->row, w->rows, sizeof(*w->row), row_order);
	for (size_t i = 0; i < w->rows; i++)
		tracker_load(w->tracker, w->row[i].kind, slice_of(w->row[i].state, w->row[i].n));
	tracker_loaded(w->tracker);
	world_same_used(w->tracker, used);
	world_check(w);
}

/* The line is a block of its own and gone afterwards: what still points into it is found out. */
static inline void world_line(struct world *w, struct slice bytes)
{
	char *copy = xmalloc(bytes.n + 1);
	struct line line;
	struct record rec;

	memcpy(copy, bytes.p, bytes.n);
	syslog_parse(&w->frame, slice_of(copy, bytes.n), &line);
	shapes_parse(&line, &rec);
	tracker_feed(w->tracker, &rec, w->place);
	free(copy);
	w->place += bytes.n + 1;
	w->lines++;
	if (w->forget_every && w->lines % w->forget_every == 0)
		world_forget(w);
}

static inline void world_feed(struct world *w, struct slice text)
{
	while (text.n) {
		ptrdiff_t end = slice_chr(text, '\n');
		size_t n = end < 0 ? text.n : (size_t)end;
		world_line(w, slice_head(text, n));
		text = slice_from(text, n + 1);
	}
}

/* ---------------------------------------------------------------------- all facts */

static inline int mail_order(const void *a, const void *b)
{
	const struct told_mail *x = a, *y = b;

	return x->f.id < y->f.id ? -1 : x->f.id > y->f.id;
}

static inline int transaction_order(const void *a, const void *b)
{
	const struct told_transaction *x = a, *y = b;

	return x->f.id < y->f.id ? -1 : x->f.id > y->f.id;
}

static inline unsigned long short_place(uint64_t place)
{
	return place ? (unsigned long)(place - place_make(1, 0)) : 0;
}

static inline void world_print_mail(const struct world *w, const struct fact_mail *f, FILE *out)
{
	struct slice host = names_text(&w->hosts, f->host), from = names_text(&w->addresses, f->sender);
	struct slice client = names_text(&w->clients, f->client);

	fprintf(out,
	        "mail %lu %.*s from=<%.*s> %.*s %ld..%ld digits %d transactions %u attempts %u shown %lu %s,%s,%s,%s\n",
	        short_place(f->id), (int)host.n, host.p, (int)from.n, from.p, (int)client.n, client.p,
	        (long)f->first_us, (long)f->last_us, f->digits, f->transactions, f->attempts,
	        short_place(f->shown_transaction), evidence_name((enum evidence)f->spf),
	        evidence_name((enum evidence)f->dkim), evidence_name((enum evidence)f->dmarc),
	        evidence_name((enum evidence)f->spam));
	for (size_t i = 0; i < f->recipients; i++) {
		const struct fact_recipient *r = &f->recipient[i];
		struct slice to = names_text(&w->addresses, r->shown);
		fprintf(out, "  to=<%.*s> %s since %ld last try %ld\n", (int)to.n, to.p, fate_name(r->fate),
		        (long)r->since_us, (long)r->last_try_us);
		for (int k = 0; k < FACT_TEXTS && r->text[k]; k++) {
			struct slice text = names_text(&w->texts, r->text[k]);
			fprintf(out, "    %.*s\n", (int)text.n, text.p);
		}
	}
}

/* Everything that was said, in an order that does not depend on when; to be freed. */
static inline char *world_print(struct world *w)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	for (size_t i = 0; i < w->attempts; i++) {
		const struct fact_attempt *a = &w->attempt[i].f;
		struct slice what = names_text(&w->texts, a->text), from = names_text(&w->addresses, a->sender);
		struct slice to = names_text(&w->addresses, a->recipient);
		fprintf(out, "attempt %lu transaction %lu count %u flags %u %.*s from=<%.*s> to=<%.*s>\n",
		        short_place(a->place), short_place(a->transaction), a->count, a->flags, (int)what.n, what.p,
		        (int)from.n, from.p, (int)to.n, to.p);
	}
	if (w->transactions)
		qsort(w->transaction, w->transactions, sizeof(*w->transaction), transaction_order);
	for (size_t i = 0; i < w->transactions; i++) {
		const struct told_transaction *t = &w->transaction[i];
		struct slice client = names_text(&w->clients, t->f.client),
			     from = names_text(&w->addresses, t->f.sender);
		fprintf(out, "transaction %lu mail %lu %.*s from=<%.*s> %s <%s> %ld\n", short_place(t->f.id),
		        short_place(t->f.mail), (int)client.n, client.p, (int)from.n, from.p,
		        t->queue_id ? t->queue_id : "-", t->message_id ? t->message_id : "-", (long)t->f.first_us);
	}
	if (w->mails)
		qsort(w->mail, w->mails, sizeof(*w->mail), mail_order);
	for (size_t i = 0; i < w->mails; i++)
		if (w->mail[i].f.recipients)
			world_print_mail(w, &w->mail[i].f, out);
	fprintf(out, "holes %u\n", w->holes);
	fclose(out);
	return text;
}

#endif
