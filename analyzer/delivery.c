/*
 * Who waits in which queue file, and what each delivery line says of him. What
 * was delivered before we know whose it is waits in a short list (struct past),
 * since behind a filter the second id's lines come before the first id's `sent`.
 */
#include "../parsers/attrs.h"
#include "../parsers/shapes.h"
#include "msg.h"
#include "tracker_i.h"

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

void wait_fate(struct tracker *t, struct wait *w, enum fate fate)
{
	w->fate = (uint8_t)fate;
	message_changed(t, w->message);
	recipient_update(t, w->r);
}

void wait_final(struct tracker *t, struct wait *w, enum fate fate)
{
	if (w->done)
		return;
	w->done = true;
	message_changed(t, w->message);
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
	message_changed(t, w->message);
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
	struct slice hop; /* the next queue id, absent if this was the last hop */
	bool final;
};

static bool relay_is_filter(const struct tracker *t, const struct record *rec)
{
	struct ip ip;

	if (slice_eq(rec->relay_ip, SLICE("127.0.0.1")) || /* nearly all that are one */
	    (ip_parse(rec->relay_ip, &ip) && ip_is_loopback(&ip)))
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
		o->fate = relay_is_filter(t, rec) && says(rec, SLICE("5.7.")) && says(rec, SLICE(" Reject"))
		              ? FATE_SPAM
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
	message_changed(t, w->message);
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
		tx->client = m->client
		                 ? m->client
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
	message_changed(t, m);
	if (w->r->best != FATE_COUNT || live) { /* another queue file speaks for him */
		w->done = true;
		recipient_update(t, w->r);
		return;
	}
	if (m->settling) /* queue ids that name each other in a circle */
		return;
	m->settling = true;
	for (struct past *p = m->past; p; p = p->next) {
		if (p->hop) {
			handed = true;
			wait_link(t, m->host, slice_str(p->hop_id), w->r, p->to);
		} else if (p->fate < best)
			best = (enum fate)p->fate;
	}
	m->settling = false;
	if (handed) {
		w->done = true;
		recipient_update(t, w->r);
		return;
	}
	wait_final(t, w, best == FATE_COUNT ? FATE_UNKNOWN : best);
}

void message_close(struct tracker *t, struct message *m)
{
	m->closed = true;
	message_rearm(t, m, TIMER_LINGER);
}

void message_removed(struct tracker *t, struct message *m, const struct record *rec)
{
	if (m->closed)
		return;
	for (struct wait *w = m->waits, *next; w; w = next) {
		next = w->next;
		if (w->done)
			continue;
		if (slice_eq(rec->detail, SLICE("discarded")))
			wait_final(t, w, FATE_DISCARDED);
		else if (slice_eq(rec->detail, SLICE("canceled")))
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
	if (m->settling) /* somebody up the stack walks the list */
		return;
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
		if (slice_is_set(o.hop)) /* it may have led back to this file, and taken more of the list */
			at = &m->past;
	}
}

/* The recipient goes on under another queue id: known already, or to be seen. */
void wait_link(struct tracker *t, struct host *h, struct slice queue_id, struct recipient *r, uint64_t address)
{
	struct queue_name name = queue_name(t, h, queue_id);
	struct message *m = message_find(t, &name);

	if (!m)
		m = message_new(t, &name, MESSAGE_HOP, 0);
	if (m->kind == MESSAGE_CANDIDATE) {
		m->kind = MESSAGE_HOP;
		message_changed(t, m);
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
		if (!slice_starts(rec->result, SLICE("MTA-BLOCKED")) &&
		    slice_find(rec->detail, SLICE("TempFailed")) < 0)
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
