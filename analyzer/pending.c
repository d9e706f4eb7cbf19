/*
 * The half-finished state, to and from bytes (faults.md 1.6). One function a
 * thing serves both ways, so what is written is what is read. Pointers become
 * names: a mail's id, a recipient's address, a host's name. The format belongs
 * to one version of the schema; an upgrade that changes it must convert it.
 */
#include <stdlib.h>

#include "msg.h"
#include "tracker_i.h"

struct codec {
	bool reading, bad;
	char *p;
	size_t n, cap;
};

static struct codec out;

void pending_release(void)
{
	free(out.p);
	out = (struct codec){0};
}

/* Reading, or there is no room yet. */
__attribute__((noinline)) static void code_bytes_slowly(struct codec *c, void *at, size_t n)
{
	if (c->reading) {
		if (c->bad || c->cap - c->n < n) {
			c->bad = true;
			memset(at, 0, n);
			return;
		}
		memcpy(at, c->p + c->n, n);
		c->n += n;
		return;
	}
	c->cap = (c->cap + n) * 2;
	c->p = xrealloc(c->p, c->cap);
	memcpy(c->p + c->n, at, n);
	c->n += n;
}

/* Inline, since nearly all lengths are known to the compiler: then to write a field is to move a word. */
static inline void code_bytes(struct codec *c, void *at, size_t n)
{
	if (n == 0)
		return;
	if (c->reading || c->cap - c->n < n) {
		code_bytes_slowly(c, at, n);
		return;
	}
	memcpy(c->p + c->n, at, n);
	c->n += n;
}

#define CODE(c, field) code_bytes((c), &(field), sizeof(field))

/* Small numbers, and there are many: seven bits a byte. */
static void code_count(struct codec *c, uint32_t *v)
{
	uint8_t b = 0;
	uint32_t rest = *v;

	if (c->reading) {
		*v = 0;
		for (int shift = 0; shift < 35; shift += 7) {
			CODE(c, b);
			*v |= (uint32_t)(b & 0x7f) << shift;
			if (!(b & 0x80))
				return;
		}
		c->bad = true;
		return;
	}
	do {
		b = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
		CODE(c, b);
		rest >>= 7;
	} while (rest);
}

static void code_text(struct codec *c, char *text, uint32_t cap)
{
	uint32_t n = (uint32_t)strnlen(text, cap);

	code_count(c, &n);
	if (n >= cap) {
		c->bad = true;
		return;
	}
	code_bytes(c, text, n);
	if (c->reading)
		text[n] = '\0';
}

static void code_queue_id(struct codec *c, char id[QUEUE_ID_MAX])
{
	code_text(c, id, QUEUE_ID_MAX);
}

static void code_string(struct codec *c, char **s)
{
	uint32_t n = *s ? (uint32_t)strlen(*s) + 1 : 0;

	code_count(c, &n);
	if (c->reading) {
		if (n > 4096 || c->bad) {
			c->bad = true;
			return;
		}
		*s = n ? xcalloc(1, n + 1) : NULL;
	}
	if (*s)
		code_bytes(c, *s, n);
}

static void code_host(struct codec *c, struct tracker *t, struct host **h)
{
	char *name = !c->reading && *h ? (*h)->name : NULL;

	code_string(c, &name);
	if (c->reading) {
		*h = tracker_host(t, slice_str(name ? name : ""));
		free(name);
	}
}

static void code_texts(struct codec *c, uint32_t text[FACT_TEXTS])
{
	uint32_t n = 0;

	while (n < FACT_TEXTS && text[n])
		n++;
	code_count(c, &n);
	for (uint32_t i = 0; i < n && i < FACT_TEXTS; i++)
		code_count(c, &text[i]);
}

static void code_peer(struct codec *c, struct peer *p)
{
	CODE(c, p->has_ip);
	if (p->has_ip)
		CODE(c, p->ip);
	CODE(c, p->loopback);
	CODE(c, p->net);
	CODE(c, p->tail);
	CODE(c, p->org);
}

static uint32_t list_count(const void *first, size_t next_at)
{
	uint32_t n = 0;

	for (; first; n++)
		memcpy(&first, (const char *)first + next_at, sizeof first);
	return n;
}

#define COUNT(list) list_count((list), 0) /* `next` is the first member of each */

/* --------------------------------------------------------- mails on loading */

/* They come in the order of their ids. */
static struct {
	struct mail **mail;
	size_t n, cap;
} loaded;

static void loaded_add(struct mail *m)
{
	if (loaded.n == loaded.cap) {
		loaded.cap = loaded.cap ? loaded.cap * 2 : 256;
		loaded.mail = xrealloc(loaded.mail, loaded.cap * sizeof *loaded.mail);
	}
	loaded.mail[loaded.n++] = m;
}

static struct mail *loaded_mail(uint64_t id)
{
	size_t lo = 0, hi = loaded.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (loaded.mail[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < loaded.n && loaded.mail[lo]->id == id ? loaded.mail[lo] : NULL;
}

/* A recipient by the name of its mail and its address. */
static void code_recipient_name(struct codec *c, struct recipient **r)
{
	uint64_t mail = c->reading || !*r ? 0 : (*r)->mail->id, address = c->reading || !*r ? 0 : (*r)->address;

	CODE(c, mail);
	CODE(c, address);
	if (!c->reading)
		return;
	struct mail *m = mail ? loaded_mail(mail) : NULL;
	*r = m ? m->recipients : NULL;
	while (*r && (*r)->address != address)
		*r = (*r)->next;
	if (mail && !*r)
		c->bad = true;
}

/* -------------------------------------------------------------------- things */

static void code_entries(struct codec *c, struct tracker *t, struct transaction *tx)
{
	uint32_t n = c->reading ? 0 : COUNT(tx->entries);
	struct entry **at = &tx->entries;

	code_count(c, &n);
	for (; n && !c->bad; n--) {
		if (c->reading)
			*at = slab_take(&t->entries);
		struct entry *e = *at;
		if (!e)
			return;
		tx->entries_n += c->reading;
		bool last = tx->last_entry == e;
		CODE(c, e->address);
		code_count(c, &e->shown);
		CODE(c, e->reply);
		CODE(c, e->looked);
		CODE(c, e->us);
		CODE(c, e->chain_us);
		CODE(c, e->place);
		CODE(c, last);
		bool has = e->r != NULL;
		CODE(c, has);
		if (has)
			code_recipient_name(c, &e->r);
		if (last)
			tx->last_entry = e;
		at = &e->next;
	}
}

static void code_tx(struct codec *c, struct tracker *t, struct transaction *tx)
{
	uint32_t *counts[] = {&tx->client, &tx->sender, &tx->attempts};
	bool *flags[] = {&tx->has_sender, &tx->submission, &tx->login,   &tx->over,
	                 &tx->hold,       &tx->discard,    &tx->proxied, &tx->refused};

	CODE(c, tx->id);
	CODE(c, tx->mail_id);
	code_host(c, t, &tx->host);
	code_peer(c, &tx->peer);
	CODE(c, tx->sender_hash);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		code_count(c, counts[i]);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		code_bytes(c, flags[i], 1);
	CODE(c, tx->digits);
	CODE(c, tx->evidence);
	CODE(c, tx->first_us);
	CODE(c, tx->last_us);
	code_texts(c, tx->wide);
	code_queue_id(c, tx->queue_id);
	code_string(c, &tx->message_id);
	code_entries(c, t, tx);
}

static void code_recipients(struct codec *c, struct tracker *t, struct mail *m)
{
	uint32_t n = c->reading ? 0 : COUNT(m->recipients);
	struct recipient *r = m->recipients;

	code_count(c, &n);
	for (; n && !c->bad; n--) {
		if (t) /* we are reading */
			r = recipient_add(t, m);
		CODE(c, r->address);
		code_count(c, &r->shown);
		code_texts(c, r->text);
		CODE(c, r->fate);
		CODE(c, r->best);
		CODE(c, r->since_us);
		CODE(c, r->last_try_us);
		r = r->next;
	}
}

static void code_txs(struct codec *c, struct tracker *t, struct mail *m)
{
	uint32_t n = c->reading ? 0 : COUNT(m->txs);
	struct transaction **at = &m->txs;

	code_count(c, &n);
	for (; n && !c->bad; n--) {
		if (c->reading) {
			*at = slab_take(&t->txs);
			if (!*at)
				return;
			(*at)->mail = m;
			m->refs++;
		}
		code_tx(c, t, *at);
		at = &(*at)->next;
	}
}

static void code_mail(struct codec *c, struct tracker *t, struct mail *m)
{
	uint32_t *counts[] = {&m->host, &m->sender, &m->client, &m->transactions, &m->attempts};
	uint8_t *bytes[] = {&m->digits, &m->spf, &m->dkim, &m->dmarc, &m->spam, &m->flags};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		code_count(c, counts[i]);
	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
		code_bytes(c, bytes[i], 1);
	CODE(c, m->first_us);
	CODE(c, m->last_us);
	CODE(c, m->shown_tx);
	CODE(c, m->told);
	code_recipients(c, t, m);
	code_txs(c, t, m);
}

static void code_waits(struct codec *c, struct tracker *t, struct message *m)
{
	uint32_t n = c->reading ? 0 : COUNT(m->waits);
	struct wait *w = m->waits;

	code_count(c, &n);
	for (; n && !c->bad; n--) {
		struct recipient *r = c->reading ? NULL : w->r;
		struct wait read = {0}, *from = c->reading ? &read : w;
		code_recipient_name(c, &r);
		CODE(c, from->orig);
		CODE(c, from->to);
		CODE(c, from->fate);
		CODE(c, from->done);
		if (c->reading && r) {
			struct wait **at = &m->waits;
			while (*at)
				at = &(*at)->next;
			*at = slab_take(&t->waits);
			if (!*at)
				return;
			(*at)->orig = read.orig;
			(*at)->to = read.to;
			(*at)->fate = read.fate;
			(*at)->done = read.done;
			(*at)->message = m;
			(*at)->r = r;
			struct wait **of_r = &r->waits;
			while (*of_r)
				of_r = &(*of_r)->next_of_r;
			*of_r = *at;
			r->mail->refs++;
		}
		w = w ? w->next : NULL;
	}
}

static void code_pasts(struct codec *c, struct tracker *t, struct message *m)
{
	uint32_t n = c->reading ? 0 : COUNT(m->past);
	struct past *p = m->past;

	code_count(c, &n);
	for (; n && !c->bad; n--) {
		if (c->reading && !(p = past_add(t, m)))
			return;
		CODE(c, p->orig);
		CODE(c, p->to);
		CODE(c, p->fate);
		CODE(c, p->hop);
		code_queue_id(c, p->hop_id);
		p = p->next;
	}
}

static void code_message(struct codec *c, struct tracker *t, struct message *m)
{
	bool *flags[] = {&m->accepted, &m->held,      &m->closed, &m->expired,
	                 &m->refused,  &m->tentative, &m->named,  &m->login};
	uint64_t tx = !c->reading && m->tx ? m->tx->id : 0, mail = !c->reading && m->tx ? m->tx->mail_id : 0;
	bool inner = !c->reading && m->tx && !m->tx->mail; /* tentative: the transaction has no mail to live in */

	code_host(c, t, &m->host);
	code_queue_id(c, m->queue_id);
	CODE(c, m->first);
	code_peer(c, &m->peer);
	CODE(c, m->sender_hash);
	code_count(c, &m->client);
	code_text(c, m->client_name, sizeof m->client_name);
	code_text(c, m->client_ip, sizeof m->client_ip);
	CODE(c, m->since_us);
	CODE(c, m->touched_us);
	CODE(c, m->due_us);
	CODE(c, m->nrcpt);
	CODE(c, m->kind);
	CODE(c, m->timer);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		code_bytes(c, flags[i], 1);
	CODE(c, tx);
	CODE(c, mail);
	CODE(c, inner);
	if (c->reading && inner) {
		m->tx = slab_take(&t->txs);
	} else if (c->reading && tx) {
		struct mail *owner = loaded_mail(mail);
		m->tx = owner ? owner->txs : NULL;
		while (m->tx && m->tx->id != tx)
			m->tx = m->tx->next;
	}
	if (inner && m->tx)
		code_tx(c, t, m->tx);
	if (c->reading && m->tx)
		m->tx->message = m;
	code_waits(c, t, m);
	code_pasts(c, t, m);
}

/* Queue files that the session was told, by their first places: they have been loaded before. */
static void code_bound(struct codec *c, struct tracker *t, struct session *s)
{
	uint32_t n = 0;
	struct message *m = s->bound;

	for (struct message *x = c->reading ? NULL : s->bound; x; x = x->next_bound)
		n++;
	code_count(c, &n);
	struct message **at = &s->bound;
	for (; n && !c->bad; n--) {
		char id[QUEUE_ID_MAX] = "";
		if (!c->reading && m) {
			memcpy(id, m->queue_id, sizeof id);
			m = m->next_bound;
		}
		code_queue_id(c, id);
		struct message *found = c->reading ? message_of(t, s->host, slice_str(id)) : NULL;
		if (found) {
			found->session = s;
			*at = found;
			at = &found->next_bound;
		}
	}
}

static void code_session_tx(struct codec *c, struct tracker *t, struct session *s)
{
	uint64_t id = !c->reading && s->tx ? s->tx->id : 0, mail = !c->reading && s->tx ? s->tx->mail_id : 0;
	bool inner = !c->reading && s->tx && !s->tx->mail && !s->tx->message;

	CODE(c, id);
	CODE(c, mail);
	CODE(c, inner);
	if (c->reading && inner) {
		s->tx = slab_take(&t->txs);
	} else if (c->reading && id) {
		struct mail *owner = mail ? loaded_mail(mail) : NULL;
		s->tx = owner ? owner->txs : NULL;
		while (s->tx && s->tx->id != id)
			s->tx = s->tx->next;
		for (struct message *m = s->bound; !s->tx && m; m = m->next_bound)
			if (m->tx && m->tx->id == id)
				s->tx = m->tx;
	}
	if (inner && s->tx)
		code_tx(c, t, s->tx);
	if (c->reading && s->tx)
		s->tx->session = s;
}

static void code_session(struct codec *c, struct tracker *t, struct session *s)
{
	CODE(c, s->refused);
	CODE(c, s->bound_n);
	CODE(c, s->lost);
	code_texts(c, s->wide);
	code_bound(c, t, s);
	code_session_tx(c, t, s);
}

static void code_open(struct codec *c, struct open *o)
{
	uint32_t *counts[] = {&o->client, &o->host, &o->attempts, &o->sender, &o->shown};
	uint64_t address = open_address(o); /* the key has it, too */

	CODE(c, o->by_address.key);
	CODE(c, o->mail_id);
	CODE(c, o->place);
	CODE(c, o->sender_hash);
	CODE(c, address);
	code_peer(c, &o->peer);
	CODE(c, o->end_us);
	CODE(c, o->last_try_us);
	CODE(c, o->first_us);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		code_count(c, counts[i]);
	CODE(c, o->digits);
	bool has = o->r != NULL;
	CODE(c, has);
	if (has)
		code_recipient_name(c, &o->r);
}

static void code_host_state(struct codec *c, struct host *h)
{
	CODE(c, h->loss_us);
	code_count(c, &h->last.n);
	if (h->last.n == 0 || c->bad)
		return;
	code_count(c, &h->last.tag_n);
	code_count(c, &h->last.pid);
	CODE(c, h->last.flags);
	if (c->reading && h->last.tag_n <= h->last.n && h->last.n <= c->cap - c->n)
		h->last.bytes = xcalloc(1, h->last.n + 1);
	if (c->reading)
		h->last.cap = h->last.n;
	if (h->last.bytes)
		code_bytes(c, h->last.bytes, h->last.n);
	else
		c->bad = true;
}

/* All of it: a session that is still open asks when it ends. */
static void code_spf(struct codec *c, struct tracker *t)
{
	uint32_t n = t->spf_next < SPF_RING ? t->spf_next : SPF_RING;

	code_count(c, &n);
	for (uint32_t i = 0; i < n && !c->bad; i++) {
		struct spf_seen *seen = &t->spf[(c->reading ? t->spf_next++ : t->spf_next - n + i) % SPF_RING];
		CODE(c, seen->sender);
		CODE(c, seen->ip);
		CODE(c, seen->us);
		CODE(c, seen->result);
	}
}

static void code_arrival(struct codec *c, struct tracker *t, struct arrival *a)
{
	code_host(c, t, &a->host);
	CODE(c, a->since_us);
	CODE(c, a->ip);
	CODE(c, a->submission);
	CODE(c, a->login);
	code_queue_id(c, a->queue_id);
	code_text(c, a->client_name, sizeof a->client_name);
	code_text(c, a->client_ip, sizeof a->client_ip);
	code_text(c, a->username, sizeof a->username);
}

/* -------------------------------------------------------------------- writing */

static struct codec *begin(void)
{
	out.n = 0;
	out.reading = out.bad = false;
	return &out;
}

static struct slice done(const struct codec *c)
{
	return slice_of(c->p, c->n);
}

struct slice pending_host(struct host *h)
{
	struct codec *c = begin();

	code_host(c, NULL, &h);
	code_host_state(c, h);
	return done(c);
}

struct slice pending_mail(struct mail *m)
{
	struct codec *c = begin();

	CODE(c, m->id);
	code_mail(c, NULL, m);
	return done(c);
}

struct slice pending_message(struct message *m)
{
	struct codec *c = begin();

	code_message(c, NULL, m);
	return done(c);
}

struct slice pending_session(struct session *s)
{
	struct codec *c = begin();

	code_host(c, NULL, &s->host);
	CODE(c, s->pid);
	CODE(c, s->last_us);
	code_session(c, NULL, s);
	return done(c);
}

struct slice pending_open(struct open *o)
{
	struct codec *c = begin();

	code_open(c, o);
	return done(c);
}

struct slice pending_spf(struct tracker *t)
{
	struct codec *c = begin();

	code_spf(c, t);
	return done(c);
}

struct slice pending_arrival(struct arrival *a)
{
	struct codec *c = begin();

	code_arrival(c, NULL, a);
	return done(c);
}

/* -------------------------------------------------------------------- reading */

static void load_host(struct tracker *t, struct codec *c)
{
	struct host *h = NULL;

	code_host(c, t, &h);
	if (!h)
		return;
	code_host_state(c, h);
	t->remembered += h->last.n != 0;
}

static void load_mail(struct tracker *t, struct codec *c)
{
	uint64_t id = 0;

	CODE(c, id);
	struct mail *m = mail_new(t, id);
	loaded_add(m);
	code_mail(c, t, m);
	news_remove(&t->mail_news, &m->news); /* nothing about it is new */
	m->stored = true;
}

static void load_message(struct tracker *t, struct codec *c)
{
	struct message *m = slab_take(&t->messages);

	if (!m)
		return;
	code_message(c, t, m);
	m->stored = true;
	m->by_id.key = queue_name(t, m->host, slice_str(m->queue_id)).key;
	message_insert(t, m);
	int timer = m->timer;
	m->timer = TIMER_NONE;
	if (timer)
		message_timer(t, m, timer);
}

static void load_session(struct tracker *t, struct codec *c)
{
	struct host *h = NULL;
	uint32_t pid = 0;
	int64_t last = 0;

	code_host(c, t, &h);
	CODE(c, pid);
	CODE(c, last);
	struct session *s = session_load(t, h, pid);
	s->last_us = last;
	s->stored = true;
	code_session(c, t, s);
}

static void load_open(struct tracker *t, struct codec *c)
{
	struct open *o = slab_take(&t->opens);

	if (!o)
		return;
	code_open(c, o);
	o->stored = true;
	open_insert(t, o);
}

static void load_spf(struct tracker *t, struct codec *c)
{
	code_spf(c, t);
}

static void load_arrival(struct tracker *t, struct codec *c)
{
	struct arrival *a = slab_take(&t->arrivals);

	if (!a)
		return;
	code_arrival(c, t, a);
	a->stored = true;
	a->by_id.key = queue_name(t, a->host, slice_str(a->queue_id)).key;
	arrival_insert(t, a);
}

static void load_tls(struct tracker *t, struct codec *c)
{
	uint64_t session = 0;

	CODE(c, session);
	tls_load(t, session);
}

void tracker_load(struct tracker *t, int kind, struct slice state)
{
	struct codec c = {.reading = true, .cap = state.n};
	static void (*const loads[])(struct tracker *, struct codec *) = {
	    [PENDING_HOST] = load_host,       [PENDING_MAIL] = load_mail, [PENDING_MESSAGE] = load_message,
	    [PENDING_SESSION] = load_session, [PENDING_OPEN] = load_open, [PENDING_SPF] = load_spf,
	    [PENDING_ARRIVAL] = load_arrival, [PENDING_TLS] = load_tls,
	};

	if (kind < PENDING_HOST || kind >= PENDING_KINDS)
		msg_bug("pending state of kind %d", kind);
	c.p = xmalloc(state.n + 1); /* a copy, since the codec's pointer serves both ways */
	memcpy(c.p, state.p, state.n);
	loads[kind](t, &c);
	if (c.bad)
		msg_bug("pending state of kind %d cannot be read", kind);
	free(c.p);
}

struct aged {
	int64_t us;
	void *thing;
};

static int by_age(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	return x->us < y->us ? -1 : x->us > y->us;
}

/* They came in the order of their names; what makes room and what expires goes by age. */
#define SORT_BY_AGE(type, old, new, used, field)                     \
	do {                                                         \
		struct aged *all = xcalloc((used) + 1, sizeof *all); \
		size_t n = 0;                                        \
		for (type *x = (old); x; x = x->newer)               \
			all[n++] = (struct aged){x->field, x};       \
		qsort(all, n, sizeof *all, by_age);                  \
		(old) = (new) = NULL;                                \
		for (size_t i = 0; i < n; i++) {                     \
			type *x = all[i].thing;                      \
			x->older = (new);                            \
			x->newer = NULL;                             \
			*((new) ? &(new)->newer : &(old)) = x;       \
			(new) = x;                                   \
		}                                                    \
		free(all);                                           \
	} while (0)

static void sessions_sort(struct tracker *t)
{
	SORT_BY_AGE(struct session, t->session_old, t->session_new, t->sessions.used, last_us);
}

static void mails_sort(struct tracker *t)
{
	SORT_BY_AGE(struct mail, t->mail_old, t->mail_new, t->mails.used, last_us);
}

static void messages_sort(struct tracker *t)
{
	SORT_BY_AGE(struct message, t->message_old, t->message_new, t->messages.used, touched_us);
}

static void opens_sort(struct tracker *t)
{
	SORT_BY_AGE(struct open, t->open_old, t->open_new, t->opens.used, last_try_us);
}

static void arrivals_sort(struct tracker *t)
{
	SORT_BY_AGE(struct arrival, t->arrival_old, t->arrival_new, t->arrivals.used, since_us);
}

void tracker_loaded(struct tracker *t)
{
	sessions_sort(t);
	mails_sort(t);
	messages_sort(t);
	opens_sort(t);
	arrivals_sort(t);
	free(loaded.mail);
	loaded.mail = NULL;
	loaded.n = loaded.cap = 0;
}
