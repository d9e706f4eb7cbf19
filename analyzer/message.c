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

static uint64_t message_key(const struct tracker *t, const struct host *h, struct slice id)
{
	return slice_hash(id, t->key[0] + h->number, t->key[1]);
}

/* The name of its row of half-finished state: there is one live file of an id on a host, and the name must not be random. */
uint64_t message_name(const struct message *m)
{
	return slice_hash(slice_str(m->queue_id), m->host->id, 0) >> 1;
}

static struct message **message_slot(struct tracker *t, uint64_t key)
{
	return &t->message_table[key & t->message_mask];
}

struct message *message_find(struct tracker *t, const struct host *h, struct slice queue_id)
{
	if (queue_id.n >= QUEUE_ID_MAX || t->messages.used == 0)
		return NULL;
	uint64_t key = message_key(t, h, queue_id);
	for (struct message *m = *message_slot(t, key); m; m = m->chain)
		if (m->key == key) {
			m->used_by = t->line;
			return m;
		}
	return NULL;
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
	if (m->dirty)
		return;
	m->dirty = true;
	m->next_dirty = NULL;
	*t->message_dirty_end = m;
	t->message_dirty_end = &m->next_dirty;
}

void message_touch(struct tracker *t, struct message *m)
{
	m->touched_us = t->us;
	message_unlink(t, m);
	message_append(t, m);
	message_changed(t, m);
}

void message_insert(struct tracker *t, struct message *m)
{
	struct message **at;

	m->key = message_key(t, m->host, slice_str(m->queue_id));
	at = message_slot(t, m->key);
	m->chain = *at;
	*at = m;
	message_append(t, m);
}

/* Slots that are still in the list of new ones only because they have not been taken out of it yet. */
static bool messages_reap(struct tracker *t)
{
	struct message **at = &t->message_dirty, *m;
	bool any = false;

	while ((m = *at)) {
		if (!m->gone) {
			at = &m->next_dirty;
			continue;
		}
		*at = m->next_dirty;
		slab_give(&t->messages, m);
		any = true;
	}
	t->message_dirty_end = at;
	return any;
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

	if (messages_reap(t))
		return true;
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
struct message *message_new(struct tracker *t, struct host *h, struct slice queue_id, enum message_kind kind,
                            uint64_t first)
{
	struct message *m = message_find(t, h, queue_id);

	if (m)
		message_free(t, m);
	while (!(m = slab_take(&t->messages)))
		if (!message_evict(t))
			msg_bug("no room for a queue file");
	memcpy(m->queue_id, queue_id.p, queue_id.n < QUEUE_ID_MAX ? queue_id.n : QUEUE_ID_MAX - 1);
	m->host = h;
	m->kind = (uint8_t)kind;
	m->first = first;
	m->since_us = t->us;
	m->used_by = t->line;
	m->nrcpt = -1;
	message_insert(t, m);
	message_touch(t, m);
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
	struct message **at = message_slot(t, m->key);

	while (*at != m)
		at = &(*at)->chain;
	*at = m->chain;
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
	m->gone = true;
	if (!m->dirty)
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

static void message_rearm(struct tracker *t, struct message *m, int timer)
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

/* ---------------------------------------------------------------------- waits */

struct wait *wait_add(struct tracker *t, struct message *m, struct recipient *r, uint64_t orig, enum fate fate)
{
	struct wait *w, **at;

	for (w = m->waits; w; w = w->next)
		if (w->r == r && (w->orig == orig || w->to == orig))
			return w;
	m->used_by = r->mail->used_by = t->line;
	while (!(w = slab_take(&t->waits)))
		if (!mail_evict_oldest(t)) {
			t->counts.evictions++;
			return NULL;
		}
	w->message = m;
	w->r = r;
	w->orig = orig;
	w->fate = (uint8_t)fate;
	for (at = &m->waits; *at;)
		at = &(*at)->next;
	*at = w;
	for (at = &r->waits; *at;)
		at = &(*at)->next_of_r;
	*at = w;
	r->mail->refs++;
	message_touch(t, m);
	recipient_update(t, r);
	return w;
}

void wait_drop(struct tracker *t, struct wait *w)
{
	struct wait **at;

	for (at = &w->message->waits; *at != w;)
		at = &(*at)->next;
	*at = w->next;
	for (at = &w->r->waits; *at != w;)
		at = &(*at)->next_of_r;
	*at = w->next_of_r;
	message_touch(t, w->message);
	mail_unref(t, w->r->mail);
	slab_give(&t->waits, w);
}

static void wait_fate(struct tracker *t, struct wait *w, enum fate fate)
{
	w->fate = (uint8_t)fate;
	recipient_update(t, w->r);
}

static void wait_final(struct tracker *t, struct wait *w, enum fate fate)
{
	if (w->done)
		return;
	w->done = true;
	if ((uint8_t)fate < w->r->best)
		w->r->best = (uint8_t)fate;
	recipient_update(t, w->r);
	mail_touch(t, w->r->mail);
}

/* The filter took it: from now on the second queue id speaks for it. */
static void wait_hand_on(struct tracker *t, struct wait *w, struct slice hop_id)
{
	struct recipient *r = w->r;
	uint64_t address = w->to ? w->to : w->orig;
	struct host *h = w->message->host;

	w->done = true;
	wait_link(t, h, hop_id, r, address);
	recipient_update(t, r);
	mail_touch(t, r->mail);
}

/* ----------------------------------------------------------------- deliveries */

struct past *past_add(struct tracker *t, struct message *m)
{
	struct past *p = slab_take(&t->pasts), **at = &m->past;

	if (!p) {
		t->counts.forgotten++;
		return NULL;
	}
	while (*at)
		at = &(*at)->next;
	*at = p;
	return p;
}

struct outcome {
	uint64_t orig, to; /* orig 0: none said */
	enum fate fate;
	struct slice hop;      /* the next queue id, absent if this was the last hop */
	bool final;
};

static bool relay_is_filter(const struct tracker *t, const struct record *rec)
{
	struct ip ip;

	if (ip_parse(rec->relay_ip, &ip) && ip_is_loopback(&ip))
		return true;
	for (size_t i = 0; i < t->filters; i++)
		if (slice_eq_fold(t->filter[i], rec->relay) || slice_eq_fold(t->filter[i], rec->relay_ip) ||
		    (rec->relay.n > t->filter[i].n && rec->relay.p[t->filter[i].n] == '[' &&
		     slice_eq_fold(slice_head(rec->relay, t->filter[i].n), t->filter[i])))
			return true;
	return false;
}

static bool says(const struct record *rec, struct slice word)
{
	return slice_find(rec->response, word) >= 0;
}

/* The filter's answer without a second queue id (grammar 4.3): thrown away, or nothing that proves a delivery. */
static enum fate filter_fate(const struct record *rec)
{
	if (says(rec, SLICE("iscarded")) || says(rec, SLICE("DISCARD")) || says(rec, SLICE("BOUNCE")))
		return FATE_SPAM;
	if (slice_ends(rec->line->tag, SLICE("/lmtp")) || says(rec, SLICE("Saved")))
		return FATE_DELIVERED;
	return FATE_UNKNOWN;
}

static void outcome_sent(struct tracker *t, const struct record *rec, struct outcome *o)
{
	bool filter = relay_is_filter(t, rec);

	o->final = true;
	if (rec->daemon == DAEMON_DISCARD)
		o->fate = FATE_DISCARDED;
	else if (filter && slice_is_set(rec->queued_as))
		o->hop = rec->queued_as;
	else
		o->fate = filter ? filter_fate(rec) : FATE_DELIVERED;
}

static void outcome_read(struct tracker *t, const struct record *rec, struct outcome *o)
{
	*o = (struct outcome){.to = tracker_address(t, rec->recipient), .fate = FATE_QUEUED};
	if (slice_is_set(rec->orig_recipient))
		o->orig = tracker_address(t, rec->orig_recipient);
	if (slice_eq(rec->status, SLICE("sent"))) {
		outcome_sent(t, rec, o);
	} else if (slice_eq(rec->status, SLICE("bounced"))) {
		o->final = true;
		o->fate = relay_is_filter(t, rec) && says(rec, SLICE("5.7.")) && says(rec, SLICE(" Reject")) ? FATE_SPAM
		                                                                                           : FATE_BOUNCED;
	}
}

/* An address probe (sendmail -bv, verify) is no mail. */
static bool is_probe(const struct record *rec)
{
	return slice_starts(rec->status, SLICE("deliverable")) || slice_starts(rec->status, SLICE("undeliverable"));
}

static void wait_outcome(struct tracker *t, struct wait *w, const struct outcome *o)
{
	if (!w)
		return; /* there was no room for it, and that has been counted */
	w->to = o->to;
	if (slice_is_set(o->hop))
		wait_hand_on(t, w, o->hop);
	else if (o->final && o->fate == FATE_UNKNOWN && w->r->best != FATE_COUNT)
		w->done = true; /* the filter's own line has told it better */
	else if (o->final)
		wait_final(t, w, o->fate);
	else
		wait_fate(t, w, o->fate);
	mail_touch(t, w->r->mail);
}

static struct wait *wait_child(struct tracker *t, struct message *m, const struct wait *parent, uint64_t to)
{
	struct wait *w = wait_add(t, m, parent->r, to, FATE_QUEUED);

	if (w)
		w->orig = parent->orig;
	return w;
}

/*
 * Whose delivery is this? The address given to the filter or in RCPT is in
 * orig_to= if it was rewritten, else in to=; one alias can become many.
 */
static struct wait *wait_match(struct tracker *t, struct message *m, const struct outcome *o)
{
	struct wait *parent = NULL;

	for (struct wait *w = m->waits; w; w = w->next) {
		if (w->orig == 0 || (w->orig != o->orig && w->orig != o->to && w->to != o->to))
			continue;
		if (w->to == o->to)
			return w;
		if (w->to == 0 && (o->orig == 0 || w->orig == o->orig || w->orig == o->to))
			return w;
		if (!parent && w->orig == (o->orig ? o->orig : o->to))
			parent = w;
	}
	return parent ? wait_child(t, m, parent, o->to) : NULL;
}

/* The only recipient there is: then any delivery is his (grammar 7, aliases). */
static struct wait *wait_only(const struct message *m)
{
	struct wait *w = m->waits;

	return m->nrcpt == 1 && w && !w->next && !w->to && w->orig ? w : NULL;
}

static void past_keep(struct tracker *t, struct message *m, const struct outcome *o)
{
	struct past *p = past_add(t, m);

	if (!p)
		return;
	p->orig = o->orig;
	p->to = o->to;
	p->fate = (uint8_t)(o->final || slice_is_set(o->hop) ? o->fate : FATE_QUEUED);
	p->hop = slice_is_set(o->hop);
	if (p->hop && o->hop.n < QUEUE_ID_MAX)
		memcpy(p->hop_id, o->hop.p, o->hop.n);
}

/* A refused try came back without any decision line: acceptance closes it all the same (design.md 3, mail). */
static bool message_returns(struct tracker *t, struct message *m, const struct outcome *o)
{
	uint64_t address = o->orig ? o->orig : o->to;

	if (m->login || (m->kind != MESSAGE_MINE && m->kind != MESSAGE_WATCH) || !m->accepted)
		return false;
	struct open *open = open_find(t, m->sender_hash, address, &m->peer, slice_str(m->client_name), m->since_us);
	if (!open)
		return false;
	struct recipient *r = open->r;
	if (r)
		r->mail->used_by = t->line;
	if (r && !m->tx) {
		struct transaction *tx = tx_new(t, m->host, m->first);
		tx->mail_id = open->mail_id;
		tx->client = m->client ? m->client
		                       : t->sink.client(t->sink.arg, slice_str(m->client_name), slice_str(m->client_ip));
		tx->first_us = m->since_us;
		tx->over = true;
		memcpy(tx->queue_id, m->queue_id, sizeof tx->queue_id);
		message_adopt(t, m, tx, r->mail);
	}
	open_drop(t, open);
	if (r)
		wait_outcome(t, wait_add(t, m, r, address, FATE_QUEUED), o);
	return true;
}

void message_delivery(struct tracker *t, struct message *m, const struct record *rec)
{
	struct outcome o;
	struct wait *w;

	if (is_probe(rec))
		return;
	outcome_read(t, rec, &o);
	if (m->tentative && !m->accepted)
		message_detach(t, m);
	if (!m->accepted) /* a delivery proves what a lost qmgr line would have said */
		message_accept(t, m);
	w = wait_match(t, m, &o);
	if (!w)
		w = wait_only(m);
	if (w) {
		wait_outcome(t, w, &o);
		return;
	}
	if (m->tx && m->tx->wide[0] && m->kind == MESSAGE_MINE) {
		struct slice shown = slice_is_set(rec->orig_recipient) ? rec->orig_recipient : rec->recipient;
		uint64_t address = o.orig ? o.orig : o.to;
		struct recipient *r = tx_wide_recipient(t, m->tx, address, t->sink.address(t->sink.arg, shown));
		wait_outcome(t, wait_add(t, m, r, address, FATE_QUEUED), &o);
		return;
	}
	if (!message_returns(t, m, &o))
		past_keep(t, m, &o);
}

/* Recipients whose own delivery line could not be told get the best that the file's other lines allow. */
static void message_settle(struct tracker *t, struct message *m, struct wait *w)
{
	enum fate best = m->expired ? FATE_BOUNCED : FATE_COUNT;
	bool handed = false;
	struct wait *live;

	for (live = w->r->waits; live && (live == w || live->done); live = live->next_of_r)
		;
	if (w->r->best != FATE_COUNT || live) { /* another queue file speaks for him */
		w->done = true;
		recipient_update(t, w->r);
		return;
	}
	for (struct past *p = m->past; p; p = p->next) {
		if (p->hop) {
			handed = true;
			wait_link(t, m->host, slice_str(p->hop_id), w->r, p->to);
		} else if (p->fate < best)
			best = (enum fate)p->fate;
	}
	if (handed) {
		w->done = true;
		recipient_update(t, w->r);
		return;
	}
	wait_final(t, w, best == FATE_COUNT ? FATE_UNKNOWN : best);
}

static void message_close(struct tracker *t, struct message *m)
{
	m->closed = true;
	message_rearm(t, m, TIMER_LINGER);
}

void message_removed(struct tracker *t, struct message *m, const struct record *rec)
{
	bool discarded = slice_eq(rec->detail, SLICE("discarded"));
	bool canceled = slice_eq(rec->detail, SLICE("canceled"));

	if (m->closed)
		return;
	for (struct wait *w = m->waits, *next; w; w = next) {
		next = w->next;
		if (w->done)
			continue;
		if (discarded)
			wait_final(t, w, FATE_DISCARDED);
		else if (canceled)
			wait_final(t, w, FATE_ABORTED);
		else
			message_settle(t, m, w);
	}
	if (m->tentative)
		message_detach(t, m);
	message_close(t, m);
}

void message_expired(struct tracker *t, struct message *m)
{
	for (struct past *p = m->past; p; p = p->next)
		if (p->fate == FATE_QUEUED && !p->hop)
			p->fate = FATE_BOUNCED;
	m->expired = true;
	for (struct wait *w = m->waits; w; w = w->next)
		if (!w->done)
			wait_final(t, w, FATE_BOUNCED);
}

/* ---------------------------------------------------------- behind the filter */

/* What came before we knew whose it was. */
static void past_replay(struct tracker *t, struct message *m, struct wait *w)
{
	for (struct past **at = &m->past, *p; (p = *at);) {
		if (p->to != w->orig && p->orig != w->orig) {
			at = &p->next;
			continue;
		}
		struct outcome o = {.orig = p->orig, .to = p->to, .fate = (enum fate)p->fate};
		char hop_id[QUEUE_ID_MAX];
		memcpy(hop_id, p->hop_id, sizeof hop_id);
		if (p->hop)
			o.hop = slice_str(hop_id);
		o.final = p->fate != FATE_QUEUED;
		*at = p->next;
		slab_give(&t->pasts, p);
		struct wait *child = w->to && w->to != o.to ? wait_child(t, m, w, o.to) : w;
		wait_outcome(t, child, &o);
	}
}

/* The recipient goes on under another queue id: known already, or to be seen. */
void wait_link(struct tracker *t, struct host *h, struct slice queue_id, struct recipient *r, uint64_t address)
{
	struct message *m = message_find(t, h, queue_id);

	if (!m)
		m = message_new(t, h, queue_id, MESSAGE_HOP, 0);
	if (m->kind == MESSAGE_CANDIDATE) {
		m->kind = MESSAGE_HOP;
		if (!m->closed)
			message_untimer(m);
	}
	for (struct wait *w = m->waits; w; w = w->next)
		if (w->r == r && (w->orig == address || w->to == address)) {
			/* named before: by orig_queue_id, or by amavis' own line; then perhaps others could still speak for him */
			if (m->closed && w->done && !w->to && r->best == FATE_COUNT && !recipient_waits(r))
				message_settle(t, m, w);
			return;
		}
	struct wait *w = wait_add(t, m, r, address, m->held ? FATE_HELD : FATE_QUEUED);
	if (!w || t->hops >= HOPS_MAX)
		return;
	t->hops++;
	past_replay(t, m, w);
	if (m->closed && !w->done && !w->to)
		message_settle(t, m, w);
	t->hops--;
}

/* `orig_queue_id=`: the second file names the first. */
void message_hop(struct tracker *t, struct message *first, struct message *second)
{
	for (struct wait *w = first->waits; w; w = w->next)
		if (w->orig)
			wait_link(t, first->host, slice_str(second->queue_id), w->r, w->to ? w->to : w->orig);
}

static struct wait *wait_of_address(struct message *m, uint64_t address)
{
	for (struct wait *w = m->waits; w; w = w->next)
		if (w->orig == address || w->to == address)
			return w;
	return NULL;
}

static void amavis_recipient(struct tracker *t, struct message *m, const struct record *rec, struct slice address)
{
	uint64_t hash = tracker_address(t, address);
	struct wait *w = wait_of_address(m, hash);
	struct slice ids = rec->queued_as, id;

	if (!w)
		w = wait_only(m);
	if (!w)
		return;
	struct recipient *r = w->r;
	if (slice_eq(rec->category, SLICE("Blocked"))) {
		if (!slice_starts(rec->result, SLICE("MTA-BLOCKED")) && slice_find(rec->detail, SLICE("TempFailed")) < 0)
			wait_final(t, w, FATE_SPAM);
		return;
	}
	while (slice_is_set(ids) && shapes_queue_id(&ids, &id)) {
		wait_link(t, m->host, id, r, hash);
		slice_skip(&ids, SLICE("/"));
	}
}

void message_amavis(struct tracker *t, struct message *m, const struct record *rec)
{
	struct slice list = rec->recipients, address;

	if (m->tx && m->tx->mail)
		evidence_note(t, m->tx->mail, &m->tx->mail->spam, evidence_of(rec->result));
	while (slice_is_set(list) && attrs_address(&list, &address)) {
		amavis_recipient(t, m, rec, address);
		slice_skip(&list, SLICE(","));
	}
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
	if (!tx->over)
		tx_finish(t, tx, TX_NEXT, false);
	else if (!tx->mail)
		tx_let_go(t, tx);
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
