/*
 * Queue files: from `client=` to `removed`, and the second ones behind a
 * content filter (postfix-log-grammar.md 4). What was delivered before we know
 * whose it is waits in a short list (struct past), since behind a filter the
 * second id's lines come before the first id's `sent`.
 */
#include "../parsers/attrs.h"
#include "../parsers/shapes.h"
#include "msg.h"
#include "tracker_i.h"

/* -------------------------------------------------------------- the queue file */

/* The name of its row of half-finished state: there is one live file of an id on a host, and the name must not be random. */
uint64_t message_name(const struct message *m)
{
	return slice_hash(slice_str(m->queue_id), m->host->id, 0) >> 1;
}

struct message *message_of(struct tracker *t, struct host *h, struct slice queue_id)
{
	struct queue_name name = queue_name(t, h, queue_id);

	return message_find(t, &name);
}

static void message_unlink(struct tracker *t, struct message *m)
{
	*(m->older ? &m->older->newer : &t->message_old) = m->newer;
	*(m->newer ? &m->newer->older : &t->message_new) = m->older;
	m->older = m->newer = NULL;
}

static void message_append(struct tracker *t, struct message *m)
{
	m->older = t->message_new;
	*(t->message_new ? &t->message_new->newer : &t->message_old) = m;
	t->message_new = m;
}

/* Its row is to be written anew. */
void message_changed(struct tracker *t, struct message *m)
{
	news_add(&t->message_news, &m->news);
}

void message_touch(struct tracker *t, struct message *m)
{
	m->touched_us = t->us;
	message_unlink(t, m);
	message_append(t, m);
	message_changed(t, m);
}

/* by_id.key is set: its name's. */
void message_insert(struct tracker *t, struct message *m)
{
	finder_put(&t->message_by_id, &m->by_id);
	message_append(t, m);
}

static struct message *message_oldest(struct tracker *t, bool any)
{
	struct message *m = t->message_old;

	while (m && (m->used_by == t->line ||
	             !(any || m->kind == MESSAGE_CANDIDATE || m->kind == MESSAGE_WATCH || m->closed)))
		m = m->newer;
	return m;
}

/* The oldest candidate goes first: it is only a guess that it matters. */
bool message_evict(struct tracker *t)
{
	struct message *m;

	m = message_oldest(t, false);
	if (!m && mail_evict_oldest(t))
		return true;
	if (!m)
		m = message_oldest(t, true);
	if (!m)
		return false;
	t->counts.forgotten++;
	message_free(t, m);
	return true;
}

/* A new file under an id that we still hold: the old one is over (ids come back). */
struct message *message_new(struct tracker *t, const struct queue_name *name, enum message_kind kind, uint64_t first)
{
	struct message *m = message_find(t, name);

	if (m)
		message_free(t, m);
	while (!(m = slab_take(&t->messages)))
		if (!message_evict(t))
			msg_bug("no room for a queue file");
	text_keep(m->queue_id, sizeof m->queue_id, name->id);
	m->by_id.key = name->id.n < QUEUE_ID_MAX ? name->key : queue_name(t, name->host, slice_str(m->queue_id)).key;
	m->host = name->host;
	m->kind = (uint8_t)kind;
	m->first = first;
	m->since_us = t->us;
	m->used_by = t->line;
	m->nrcpt = -1;
	m->touched_us = t->us;
	message_insert(t, m);
	message_changed(t, m);
	return m;
}

static void message_leave_session(struct tracker *t, struct message *m)
{
	struct message **at;

	if (!m->session)
		return;
	for (at = &m->session->bound; *at && *at != m;)
		at = &(*at)->next_bound;
	if (*at)
		*at = m->next_bound;
	session_changed(t, m->session);
	m->session = NULL;
}

/* Forgets the file. Recipients that still wait in it keep the fate they have. */
void message_free(struct tracker *t, struct message *m)
{
	finder_drop(&t->message_by_id, &m->by_id);
	message_untimer(m);
	message_leave_session(t, m);
	while (m->waits)
		wait_drop(t, m->waits);
	for (struct past *p = m->past, *next; p; p = next) {
		next = p->next;
		slab_give(&t->pasts, p);
	}
	if (m->tentative)
		message_detach(t, m);
	if (m->tx) {
		m->tx->message = NULL;
		if (m->tx->mail)
			mail_touch(t, m->tx->mail);
	}
	message_unlink(t, m);
	if (m->stored)
		t->sink.pending_drop(t->sink.arg, PENDING_MESSAGE, message_name(m));
	news_remove(&t->message_news, &m->news);
	slab_give(&t->messages, m);
}

/* --------------------------------------------------------------------- timers */

void message_untimer(struct message *m)
{
	struct host *h = m->host;
	bool abort = m->timer == TIMER_ABORT;

	if (m->timer == TIMER_NONE)
		return;
	*(m->sooner ? &m->sooner->later : abort ? &h->abort_first : &h->linger_first) = m->later;
	*(m->later ? &m->later->sooner : abort ? &h->abort_last : &h->linger_last) = m->sooner;
	m->sooner = m->later = NULL;
	m->timer = TIMER_NONE;
}

static void host_due(struct host *h)
{
	h->due_us = INT64_MAX;
	if (h->abort_first)
		h->due_us = h->abort_first->due_us;
	if (h->linger_first && h->linger_first->due_us < h->due_us)
		h->due_us = h->linger_first->due_us;
}

/* Kept in order of what is due; nearly always that is at the end. */
void message_timer(struct tracker *t, struct message *m, int timer)
{
	struct host *h = m->host;
	struct message **first = timer == TIMER_ABORT ? &h->abort_first : &h->linger_first;
	struct message **last = timer == TIMER_ABORT ? &h->abort_last : &h->linger_last;

	message_untimer(m);
	if (m->due_us == 0)
		m->due_us = t->us + (timer == TIMER_ABORT ? ABORT_AFTER : LINGER);
	m->timer = (uint8_t)timer;
	m->sooner = *last;
	while (m->sooner && m->sooner->due_us > m->due_us)
		m->sooner = m->sooner->sooner;
	m->later = m->sooner ? m->sooner->later : *first;
	*(m->sooner ? &m->sooner->later : first) = m;
	*(m->later ? &m->later->sooner : last) = m;
	host_due(h);
}

void message_rearm(struct tracker *t, struct message *m, int timer)
{
	m->due_us = 0;
	message_timer(t, m, timer);
	message_touch(t, m);
}

/* A queue file of which nobody said a word for ten days: whatever its fate is, we keep what we know. */
void messages_expire(struct tracker *t)
{
	while (t->message_old && t->message_old->touched_us < t->us - MESSAGE_IDLE)
		message_free(t, t->message_old);
}

void host_timers(struct tracker *t, struct host *h)
{
	struct message *m;

	while ((m = h->abort_first) && m->due_us <= t->us) {
		message_untimer(m);
		message_abort(t, m);
	}
	while ((m = h->linger_first) && m->due_us <= t->us) {
		message_untimer(m);
		message_free(t, m);
	}
	host_due(h);
}

/* ----------------------------------------------------- bound to a transaction */

static bool tx_all_refused(const struct transaction *tx)
{
	if (tx->wide[0] || !tx->entries)
		return false;
	for (const struct entry *e = tx->entries; e; e = e->next)
		if (e->reply == 0 || e->reply == 2)
			return false;
	return true;
}

void message_adopt(struct tracker *t, struct message *m, struct transaction *tx, struct mail *mail)
{
	m->tx = tx;
	tx->message = m;
	struct transaction **at = &mail->txs;
	while (*at)
		at = &(*at)->next;
	*at = tx;
	tx->mail = mail;
	tx->mail_id = mail->id;
	tx->dirty = true;
	mail->refs++;
	mail->transactions++;
	mail->flags |= tx->evidence;
	mail_touch(t, mail);
}

void message_bind(struct tracker *t, struct message *m, struct transaction *tx)
{
	m->tx = tx;
	tx->message = m;
	peer_org(t, &tx->peer, t->client_name);
	m->peer = tx->peer;
	m->client = tx->client;
	m->login = tx->login;
	if (tx->session && !m->session) {
		m->session = tx->session;
		m->next_bound = tx->session->bound;
		tx->session->bound = m;
		tx->session->bound_n++;
	}
	message_changed(t, m);
	m->tentative = tx_all_refused(tx);
	if (!m->tentative)
		message_confirm(t, m);
}

/* The queue id is this transaction's: what was not refused is in it. */
void message_confirm(struct tracker *t, struct message *m)
{
	struct transaction *tx = m->tx;

	m->tentative = false;
	memcpy(tx->queue_id, m->queue_id, sizeof tx->queue_id);
	tx_mail(t, tx);
	tx->dirty = true;
	tx_spf(t, tx);
	enum fate fate = m->accepted ? FATE_QUEUED : FATE_UNKNOWN;
	for (struct entry *e = tx->entries; e; e = e->next) {
		if (e->reply == 4 || e->reply == 5)
			continue;
		e->reply = 2;
		if (e->r)
			wait_add(t, m, e->r, e->address, fate);
	}
	if (tx->wide[0])
		for (struct recipient *r = tx->mail->recipients; r; r = r->next)
			if (r->address == 0)
				wait_add(t, m, r, 0, fate);
	if (tx->over)
		tx_publish(t, tx);
	mail_touch(t, tx->mail);
	message_touch(t, m);
	if (tx->hold)
		message_hold(t, m);
	if (tx->discard)
		message_discard(t, m);
}

/* It was another message: the refused transaction stays without a queue id. */
void message_detach(struct tracker *t, struct message *m)
{
	struct transaction *tx = m->tx;

	m->tentative = false;
	message_changed(t, m);
	if (!tx)
		return;
	m->tx = NULL;
	tx->message = NULL;
	m->kind = MESSAGE_WATCH;
	if (tx->session && tx->session->tx == tx) {
		session_changed(t, tx->session);
		tx->session->tx = NULL;
		tx->session = NULL;
	}
	if (!tx->over) {
		tx_finish(t, tx, TX_NEXT, false);
		return;
	}
	tx_publish(t, tx);
	if (!tx->mail)
		tx_free(t, tx);
}

void message_accept(struct tracker *t, struct message *m)
{
	m->accepted = true;
	if (m->timer == TIMER_ABORT)
		message_untimer(m);
	for (struct wait *w = m->waits; w; w = w->next)
		if (!w->done && w->fate == FATE_UNKNOWN)
			wait_fate(t, w, FATE_QUEUED);
}

void message_queued(struct tracker *t, struct message *m, const struct record *rec)
{
	if (m->kind == MESSAGE_MINE || m->kind == MESSAGE_WATCH) /* nobody asks for the others' */
		m->sender_hash = tracker_address(t, rec->sender);
	m->nrcpt = rec->nrcpt;
	m->held = false;
	if (m->tentative) {
		m->accepted = true;
		if (m->tx->sender_hash == m->sender_hash)
			message_confirm(t, m);
		else
			message_detach(t, m);
	}
	if (m->kind == MESSAGE_WATCH && !m->waits && !open_may_return_from(t, &m->peer, m->sender_hash)) {
		message_free(t, m); /* another sender: nothing of his is awaited */
		return;
	}
	message_accept(t, m);
	for (struct wait *w = m->waits; w; w = w->next)
		if (!w->done && w->fate == FATE_HELD)
			wait_fate(t, w, FATE_QUEUED);
}

/* -------------------------------------------------- held, discarded, went away */

/* Until the session shows that the message was finished, a hold is a promise only. */
void message_hold(struct tracker *t, struct message *m)
{
	m->held = true;
	message_touch(t, m);
}

void message_discard(struct tracker *t, struct message *m)
{
	if (m->tx)
		m->tx->discard = true;
	message_touch(t, m);
	if (!m->session)
		message_session_over(t, m, true, true, false, false);
}

static void waits_all(struct tracker *t, struct message *m, enum fate fate, bool final)
{
	for (struct wait *w = m->waits; w; w = w->next) {
		if (w->done)
			continue;
		if (final)
			wait_final(t, w, fate);
		else
			wait_fate(t, w, fate);
	}
}

/* By hand: it is in the hold queue, whatever we know of its session. */
void message_put_on_hold(struct tracker *t, struct message *m)
{
	message_hold(t, m);
	if (!m->closed && !m->refused)
		waits_all(t, m, FATE_HELD, false);
	if (m->timer == TIMER_ABORT)
		message_untimer(m);
}

/*
 * The session that was told this id is over. proven: it finished as many
 * messages as it was told ids; nothing: it finished none that we do not know of.
 */
void message_session_over(struct tracker *t, struct message *m, bool ended, bool proven, bool nothing, bool lost)
{
	bool discard = m->tx && m->tx->discard;

	message_touch(t, m);
	if (m->refused) {
		message_close(t, m);
		return;
	}
	if (m->accepted || m->closed || !ended)
		return;
	if ((m->held || discard) && (proven || (!nothing && m->named && !lost))) {
		waits_all(t, m, discard ? FATE_DISCARDED : FATE_HELD, discard);
		if (discard)
			message_close(t, m);
		return;
	}
	if (!proven)
		message_rearm(t, m, TIMER_ABORT);
}

/* A minute of the host's log later, and no word of a message: it never came. */
void message_abort(struct tracker *t, struct message *m)
{
	bool hole = m->host->loss_us != STAMP_NONE && m->host->loss_us >= m->since_us;

	if (m->kind == MESSAGE_WATCH && m->accepted)
		return;
	if (!hole)
		waits_all(t, m, FATE_ABORTED, true);
	message_free(t, m);
}
