/*
 * Mail on its way in: from `client=` until qmgr says who the sender is. Only
 * then is it known whether the mail tells anything of a rule (the own domain
 * that was not warned, the login on 587, the insider on port 25), and it is
 * said to the sink and forgotten. And which sessions speak TLS, said before
 * their first action line.
 */
#include "../parsers/shapes.h"
#include "msg.h"
#include "tracker_i.h"

/* A big mail on a slow line takes its time; then it is gone without having come (grammar 7, row 11). */
#define ARRIVAL_IDLE (3600 * SECOND)

static uint64_t arrival_name(const struct arrival *a)
{
	return slice_hash(slice_str(a->queue_id), a->host->id, 0) >> 1;
}

static void arrival_drop(struct tracker *t, struct arrival *a)
{
	finder_drop(&t->arrival_by_id, &a->by_id);
	*(a->older ? &a->older->newer : &t->arrival_old) = a->newer;
	*(a->newer ? &a->newer->older : &t->arrival_new) = a->older;
	if (a->stored)
		t->sink.pending_drop(t->sink.arg, PENDING_ARRIVAL, arrival_name(a));
	slab_give(&t->arrivals, a);
}

/* by_id.key is set: its name's. */
void arrival_insert(struct tracker *t, struct arrival *a)
{
	finder_put(&t->arrival_by_id, &a->by_id);
	a->older = t->arrival_new;
	*(t->arrival_new ? &t->arrival_new->newer : &t->arrival_old) = a;
	t->arrival_new = a;
}

static struct arrival *arrival_take(struct tracker *t)
{
	struct arrival *a;

	while (!(a = slab_take(&t->arrivals))) {
		t->counts.forgotten++;
		arrival_drop(t, t->arrival_old);
	}
	return a;
}

/* A `client=` of somebody who is neither loopback nor our own filter. */
void arrival_add(struct tracker *t, const struct queue_name *name, const struct record *rec, const struct peer *peer,
                 bool submission)
{
	struct arrival *a;

	if (rec->queue_id.n >= QUEUE_ID_MAX || !peer->has_ip || slice_chr(rec->queue_id, '\0') >= 0)
		return;
	if ((a = arrival_find(t, name)))
		arrival_drop(t, a); /* queue ids come back */
	a = arrival_take(t);
	a->by_id.key = name->key;
	a->host = name->host;
	a->since_us = t->us;
	a->ip = peer->ip;
	a->submission = submission;
	a->login = (rec->flags & RECORD_LOGIN) != 0;
	text_keep(a->queue_id, sizeof a->queue_id, rec->queue_id);
	text_keep(a->client_name, sizeof a->client_name, rec->client_name);
	text_keep(a->client_ip, sizeof a->client_ip, rec->client_ip);
	text_keep(a->username, sizeof a->username, rec->sasl_username);
	arrival_insert(t, a);
}

/* The texts that warned about the mail, each once as far as there is room. */
static void texts_of(const struct message *m, uint32_t text[FACT_TEXTS])
{
	if (!m || !m->tx)
		return;
	for (int i = 0; i < FACT_TEXTS && m->tx->wide[i]; i++)
		texts_add(text, m->tx->wide[i]);
	if (!m->tx->mail)
		return;
	for (const struct recipient *r = m->tx->mail->recipients; r; r = r->next)
		for (int i = 0; i < FACT_TEXTS && r->text[i]; i++)
			texts_add(text, r->text[i]);
}

/* qmgr has it: rec is its line with the sender, its fields are read. m: the queue file if somebody asked about it. */
void arrival_queued(struct tracker *t, struct arrival *a, const struct record *rec, const struct message *m)
{
	struct fact_accepted f = {.host = a->host->id,
	                          .us = t->us,
	                          .client_name = slice_str(a->client_name),
	                          .client_ip = slice_str(a->client_ip),
	                          .ip = a->ip,
	                          .submission = a->submission,
	                          .login = a->login,
	                          .username = slice_str(a->username),
	                          .sender = rec->sender};
	texts_of(m, f.text);
	if (slice_is_set(f.sender))
		t->sink.accepted(t->sink.arg, &f);
	arrival_drop(t, a);
}

void arrival_forget(struct tracker *t, const struct queue_name *name)
{
	struct arrival *a = arrival_find(t, name);

	if (a)
		arrival_drop(t, a);
}

void arrivals_expire(struct tracker *t)
{
	while (t->arrival_old && t->arrival_old->since_us < t->us - ARRIVAL_IDLE)
		arrival_drop(t, t->arrival_old);
}

/* In bulk nearly all have come and gone between two commits and cost no row. */
void arrivals_flush(struct tracker *t)
{
	for (struct arrival *a = t->arrival_new; a && !a->stored; a = a->older) {
		a->stored = true;
		t->sink.pending_put(t->sink.arg, PENDING_ARRIVAL, arrival_name(a), pending_arrival(a));
	}
}

/* ------------------------------------------------------------------------ TLS */

static struct tls_seen *tls_slot(struct tracker *t, const struct host *h, uint32_t pid)
{
	return &t->tls[((uint64_t)h->id << 32 | pid) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - TLS_BITS)];
}

static void tls_clear(struct tracker *t, struct tls_seen *s)
{
	if (s->stored)
		t->sink.pending_drop(t->sink.arg, PENDING_TLS, s->session);
	*s = (struct tls_seen){0};
}

/* Two sessions may want one slot: then the older one's evidence is lost, nothing else. */
void tls_note(struct tracker *t, const struct host *h, uint32_t pid)
{
	struct tls_seen *s = tls_slot(t, h, pid);
	uint64_t session = (uint64_t)h->id << 32 | pid;

	if (s->session == session)
		return;
	if (s->session)
		tls_clear(t, s);
	s->session = session;
	t->tls_dirty = true;
}

void tls_forget(struct tracker *t, const struct host *h, uint32_t pid)
{
	struct tls_seen *s = tls_slot(t, h, pid);

	if (s->session == ((uint64_t)h->id << 32 | pid))
		tls_clear(t, s);
}

bool tls_spoken(struct tracker *t, const struct host *h, uint32_t pid)
{
	return tls_slot(t, h, pid)->session == ((uint64_t)h->id << 32 | pid);
}

void tls_flush(struct tracker *t)
{
	if (!t->tls_dirty)
		return;
	t->tls_dirty = false;
	for (size_t i = 0; i < 1u << TLS_BITS; i++) {
		struct tls_seen *s = &t->tls[i];
		if (!s->session || s->stored)
			continue;
		s->stored = true;
		t->sink.pending_put(t->sink.arg, PENDING_TLS, s->session,
		                    slice_of((const char *)&s->session, sizeof s->session));
	}
}

void tls_load(struct tracker *t, uint64_t session)
{
	struct host h = {.id = (uint32_t)(session >> 32)};
	struct tls_seen *s = tls_slot(t, &h, (uint32_t)session);

	*s = (struct tls_seen){.session = session, .stored = true};
}
