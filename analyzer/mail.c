/*
 * Mails, their recipients and fates; and the refusals for now, which may return.
 */
#include <stdlib.h>

#include "msg.h"
#include "tracker_i.h"

/* -------------------------------------------------------------------- mails */

static void mail_unlink(struct tracker *t, struct mail *m)
{
	*(m->older ? &m->older->newer : &t->mail_old) = m->newer;
	*(m->newer ? &m->newer->older : &t->mail_new) = m->older;
	m->older = m->newer = NULL;
}

static void mail_append(struct tracker *t, struct mail *m)
{
	m->older = t->mail_new;
	*(t->mail_new ? &t->mail_new->newer : &t->mail_old) = m;
	t->mail_new = m;
}

void mail_touch(struct tracker *t, struct mail *m)
{
	mail_unlink(t, m);
	mail_append(t, m);
	if (m->dirty)
		return;
	m->dirty = true;
	m->next_dirty = NULL;
	*t->mail_dirty_end = m;
	t->mail_dirty_end = &m->next_dirty;
}

void mail_unref(struct tracker *t, struct mail *m)
{
	if (--m->refs == 0)
		mail_touch(t, m); /* the next flush says it a last time and lets it go */
}

struct mail *mail_new(struct tracker *t, uint64_t id)
{
	struct mail *m = slab_take(&t->mails);

	while (!m) {
		if (!mail_evict_oldest(t))
			msg_bug("no room for a mail and none to evict");
		m = slab_take(&t->mails);
	}
	m->id = id;
	m->first_us = m->last_us = t->us;
	m->digits = t->digits;
	mail_append(t, m);
	mail_touch(t, m);
	return m;
}

struct recipient *recipient_add(struct tracker *t, struct mail *m)
{
	struct recipient *r = slab_take(&t->recipients), **at = &m->recipients;

	while (!r) {
		if (t->mail_old == m || !mail_evict_oldest(t))
			msg_bug("no room for a recipient and no mail to evict");
		r = slab_take(&t->recipients);
	}
	while (*at) /* in the order in which they were named */
		at = &(*at)->next;
	*at = r;
	r->mail = m;
	r->best = FATE_COUNT;
	r->fate = FATE_UNKNOWN;
	r->since_us = t->us;
	r->last_try_us = STAMP_NONE;
	return r;
}

static struct recipient *recipient_find(const struct mail *m, uint64_t address)
{
	for (struct recipient *r = m->recipients; r; r = r->next)
		if (r->address == address)
			return r;
	return NULL;
}

struct recipient *mail_recipient(struct tracker *t, struct mail *m, uint64_t address, uint32_t shown)
{
	struct recipient *r = recipient_find(m, address);

	if (!r) {
		r = recipient_add(t, m);
		r->address = address;
		r->shown = shown;
	}
	mail_touch(t, m);
	return r;
}

static void recipient_release(struct tracker *t, struct recipient *r)
{
	while (r->waits)
		wait_drop(t, r->waits);
	if (r->open)
		open_drop(t, r->open);
	slab_give(&t->recipients, r);
}

static void recipient_remove(struct tracker *t, struct recipient *r)
{
	struct recipient **at = &r->mail->recipients;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	mail_touch(t, r->mail);
	recipient_release(t, r);
}

void recipient_fate(struct tracker *t, struct recipient *r, enum fate fate)
{
	if (r->fate == fate)
		return;
	r->fate = (uint8_t)fate;
	r->since_us = t->us;
	mail_touch(t, r->mail);
}

/* Is it in a queue file whose end we do not know? */
bool recipient_waits(const struct recipient *r)
{
	for (struct wait *w = r->waits; w; w = w->next_of_r)
		if (!w->done)
			return true;
	return false;
}

/* A recipient can become several (aliases, a split by the filter): delivered if any is. */
void recipient_update(struct tracker *t, struct recipient *r)
{
	uint8_t fate = r->best;

	for (struct wait *w = r->waits; w; w = w->next_of_r)
		if (!w->done && w->fate < fate)
			fate = w->fate;
	if (fate < FATE_COUNT)
		recipient_fate(t, r, (enum fate)fate);
}

void evidence_note(struct tracker *t, struct mail *m, uint8_t *slot, enum evidence e)
{
	if (e == EVIDENCE_NONE_SAID || *slot == e)
		return;
	*slot = (uint8_t)(*slot == EVIDENCE_NONE_SAID ? e : EVIDENCE_MIXED);
	mail_touch(t, m);
}

/* ------------------------------------------------------------- transactions */

struct transaction *tx_new(struct tracker *t, struct host *h, uint64_t id)
{
	struct transaction *tx = slab_take(&t->txs);

	while (!tx) {
		if (!mail_evict_oldest(t))
			msg_bug("no room for a transaction and no mail to evict");
		tx = slab_take(&t->txs);
	}
	tx->id = id;
	tx->host = h;
	tx->first_us = tx->last_us = t->us;
	tx->digits = t->digits;
	return tx;
}

/* Out of its mail, its session and its message; nothing is said. */
void tx_free(struct tracker *t, struct transaction *tx)
{
	struct entry *next;

	for (struct entry *e = tx->entries; e; e = next) {
		next = e->next;
		slab_give(&t->entries, e);
	}
	if (tx->mail) {
		struct transaction **at = &tx->mail->txs;
		while (*at != tx)
			at = &(*at)->next;
		*at = tx->next;
		mail_unref(t, tx->mail);
	}
	if (tx->session)
		tx->session->tx = NULL;
	if (tx->message)
		tx->message->tx = NULL;
	free(tx->message_id);
	slab_give(&t->txs, tx);
}

struct entry *tx_entry(struct tracker *t, struct transaction *tx, uint64_t address, uint32_t shown)
{
	struct entry **at = &tx->entries;

	for (; *at; at = &(*at)->next)
		if ((*at)->address == address)
			return tx->last_entry = *at;
	struct entry *e = slab_take(&t->entries);
	while (!e) {
		if (!mail_evict_oldest(t))
			msg_bug("no room for a recipient of a transaction");
		e = slab_take(&t->entries);
	}
	e->address = address;
	e->shown = shown;
	e->us = t->us;
	*at = e;
	return tx->last_entry = e;
}

static void tx_attach(struct tracker *t, struct transaction *tx, struct mail *m)
{
	struct transaction **at = &m->txs;

	while (*at)
		at = &(*at)->next;
	*at = tx;
	tx->mail = m;
	tx->mail_id = m->id;
	tx->dirty = true;
	m->refs++;
	m->transactions++;
	m->attempts += tx->attempts;
	if (t->us > m->last_us)
		m->last_us = t->us;
	mail_touch(t, m);
}

/* The mail of a transaction, made if it had none: its own, or that of the tries before. */
struct mail *tx_mail(struct tracker *t, struct transaction *tx)
{
	if (tx->mail)
		return tx->mail;
	bool joined = tx->mail_id && tx->mail_id != tx->id;
	struct mail *m = mail_new(t, joined ? tx->mail_id : tx->id);
	m->host = joined ? tx->chain_host : tx->host->id;
	m->sender = joined ? tx->chain_sender : tx->sender;
	m->client = joined ? tx->chain_client : tx->client;
	m->first_us = joined ? tx->chain_us : tx->first_us;
	m->digits = tx->digits;
	m->transactions = tx->chain_tries;
	m->attempts = tx->chain_attempts;
	tx_attach(t, tx, m);
	return m;
}

static bool mails_share_recipient(const struct mail *a, const struct mail *b)
{
	for (const struct recipient *r = a->recipients; r; r = r->next)
		if (r->address && recipient_find(b, r->address))
			return true;
	return false;
}

/* All that `from` had is `into`'s; the next flush takes back what was said of it. */
static void mail_merge(struct tracker *t, struct mail *from, struct mail *into)
{
	struct recipient **r = &into->recipients;
	struct transaction **tx = &into->txs;

	while (*r)
		r = &(*r)->next;
	while (*tx)
		tx = &(*tx)->next;
	*r = from->recipients;
	*tx = from->txs;
	for (struct recipient *x = *r; x; x = x->next)
		x->mail = into;
	for (struct transaction *x = *tx; x; x = x->next) {
		x->mail = into;
		x->mail_id = into->id;
		x->dirty = true;
	}
	into->refs += from->refs;
	into->transactions += from->transactions;
	into->attempts += from->attempts;
	if (from->last_us > into->last_us)
		into->last_us = from->last_us;
	from->recipients = NULL;
	from->txs = NULL;
	from->refs = 0;
	mail_touch(t, from);
	mail_touch(t, into);
}

/* The tries before, of which nobody was warned, as a mail. */
static struct mail *open_mail(struct tracker *t, const struct open *o)
{
	struct mail *m = o->r ? o->r->mail : mail_new(t, o->mail_id);

	if (o->r)
		return m;
	m->host = o->host;
	m->sender = o->sender;
	m->client = o->client;
	m->first_us = o->first_us;
	m->digits = o->digits;
	m->transactions = o->tries;
	m->attempts = o->attempts;
	return m;
}

/*
 * Another recipient of this transaction had no earlier try, so it has a mail of
 * its own by now; but it is one transaction, so it is one mail: the older one.
 */
static bool tx_merge(struct tracker *t, struct transaction *tx, const struct open *o)
{
	if (!tx->mail || (o->r && mails_share_recipient(tx->mail, o->r->mail)))
		return false;
	struct mail *older = open_mail(t, o), *younger = tx->mail;
	if (younger->first_us < older->first_us) {
		struct mail *swap = older;
		older = younger;
		younger = swap;
	}
	mail_merge(t, younger, older);
	return true;
}

/* A try joins the open refusal of the same sender and recipient, once for each of its recipients (design.md 3, mail). */
void tx_join(struct tracker *t, struct transaction *tx, struct entry *e)
{
	if (e->looked || tx->submission || tx->login || !tx->has_sender)
		return;
	e->looked = true;
	struct open *o = open_find(t, tx->sender_hash, e->address, &tx->peer, tx->first_us);
	if (!o || (tx->mail_id && tx->mail_id != o->mail_id && !tx_merge(t, tx, o)))
		return;
	e->chain_us = o->first_us;
	if (tx->mail_id == 0) {
		tx->mail_id = o->mail_id;
		tx->chain_us = o->first_us;
		tx->chain_host = o->host;
		tx->chain_client = o->client;
		tx->chain_sender = o->sender;
		tx->chain_tries = o->tries;
		tx->chain_attempts = o->attempts;
		if (o->r)
			tx_attach(t, tx, o->r->mail);
	}
	if (o->r)
		e->r = o->r;
	open_drop(t, o);
}

static void recipient_warn(struct tracker *t, struct recipient *r, uint32_t text)
{
	if (!texts_add(r->text, text))
		t->counts.evictions++;
	mail_touch(t, r->mail);
}

/* A real recipient takes the place of the one that stood for all. */
static void drop_placeholder(struct tracker *t, struct mail *m)
{
	struct recipient *r = recipient_find(m, 0);

	if (r)
		recipient_remove(t, r);
}

static void entry_recipient(struct tracker *t, struct transaction *tx, struct entry *e)
{
	struct mail *m = tx_mail(t, tx);

	if (!e->r)
		e->r = mail_recipient(t, m, e->address, e->shown);
	for (int i = 0; i < FACT_TEXTS && tx->wide[i]; i++)
		recipient_warn(t, e->r, tx->wide[i]);
	if (tx->wide[0])
		drop_placeholder(t, m);
}

void tx_warn(struct tracker *t, struct transaction *tx, struct entry *e, uint32_t text)
{
	tx_join(t, tx, e);
	entry_recipient(t, tx, e);
	recipient_warn(t, e->r, text);
	if (e->reply)
		return;
	if (e->r->best == FATE_COUNT && !recipient_waits(e->r))
		recipient_fate(t, e->r, FATE_UNKNOWN);
	if (tx->message && !tx->message->tentative)
		wait_add(t, tx->message, e->r, e->address, FATE_UNKNOWN);
}

void tx_warn_wide(struct tracker *t, struct transaction *tx, uint32_t text)
{
	struct mail *m = tx_mail(t, tx);

	if (!texts_add(tx->wide, text))
		t->counts.evictions++;
	bool any = false;
	for (struct entry *e = tx->entries; e; e = e->next) {
		any = true;
		entry_recipient(t, tx, e);
		if (e->reply == 4 || e->reply == 5) {
			recipient_fate(t, e->r, e->reply == 4 ? FATE_TEMPFAILED : FATE_REFUSED);
			e->r->last_try_us = e->reply == 4 ? e->us : STAMP_NONE;
		} else if (tx->message && !tx->message->tentative)
			wait_add(t, tx->message, e->r, e->address, FATE_UNKNOWN);
	}
	/* recipients that only a delivery has named so far */
	for (struct recipient *r = m->recipients; r; r = r->next)
		if (r->address && m->txs == tx && !tx->next) {
			any = true;
			recipient_warn(t, r, text);
		}
	if (any)
		return;
	struct recipient *r = mail_recipient(t, m, 0, 0);
	recipient_warn(t, r, text);
	if (tx->message && !tx->message->tentative)
		wait_add(t, tx->message, r, 0, FATE_UNKNOWN);
}

/* A recipient of a transaction that was warned as a whole, named by a line that is not about the warning. */
struct recipient *tx_wide_recipient(struct tracker *t, struct transaction *tx, uint64_t address, uint32_t shown)
{
	struct mail *m = tx_mail(t, tx);
	struct recipient *r = mail_recipient(t, m, address, shown);

	for (int i = 0; i < FACT_TEXTS && tx->wide[i]; i++)
		recipient_warn(t, r, tx->wide[i]);
	drop_placeholder(t, m);
	return r;
}

static void recipient_refuse(struct tracker *t, struct transaction *tx, struct recipient *r, int class)
{
	struct wait *next;

	for (struct wait *w = r->waits; w; w = next) {
		next = w->next_of_r;
		if (w->message == tx->message)
			wait_drop(t, w);
	}
	r->last_try_us = class == 4 ? t->us : STAMP_NONE;
	recipient_fate(t, r, class == 4 ? FATE_TEMPFAILED : FATE_REFUSED);
}

void tx_refuse(struct tracker *t, struct transaction *tx, struct entry *e, int class)
{
	tx_join(t, tx, e);
	if (e->reply == 5)
		return;
	e->reply = (uint8_t)class;
	e->us = t->us;
	if (tx->wide[0] && !e->r)
		entry_recipient(t, tx, e);
	if (e->r)
		recipient_refuse(t, tx, e->r, class);
}

void tx_refuse_all(struct tracker *t, struct transaction *tx, int class)
{
	struct recipient *all = tx->mail ? recipient_find(tx->mail, 0) : NULL;

	for (struct entry *e = tx->entries; e; e = e->next)
		if (e->reply != 5 && e->reply != 4)
			tx_refuse(t, tx, e, class);
	if (all)
		recipient_refuse(t, tx, all, class);
	tx->refused = true;
	if (tx->message)
		tx->message->refused = true;
}

static void entry_publish(struct tracker *t, struct transaction *tx, const struct entry *e)
{
	if (tx->submission || tx->login || !tx->has_sender || !tx->peer.has_ip)
		return;
	struct open *o = slab_take(&t->opens);
	while (!o) {
		if (t->open_old->r)
			t->counts.evictions++;
		else
			t->counts.forgotten++;
		open_drop(t, t->open_old);
		o = slab_take(&t->opens);
	}
	bool joined = tx->mail_id && tx->mail_id != tx->id;
	o->key = tx->sender_hash * 31 + e->address;
	o->sender_hash = tx->sender_hash;
	o->mail_id = tx->mail_id ? tx->mail_id : tx->id;
	o->place = e->place;
	o->peer = tx->peer;
	o->end_us = tx->last_us;
	o->last_try_us = e->us;
	o->first_us = e->chain_us ? e->chain_us : tx->first_us;
	o->client = joined ? tx->chain_client : tx->client;
	o->host = joined ? tx->chain_host : tx->host->id;
	o->sender = joined ? tx->chain_sender : tx->sender;
	o->tries = tx->chain_tries + 1;
	o->attempts = tx->chain_attempts + tx->attempts;
	o->digits = tx->digits;
	o->r = e->r;
	open_insert(t, o);
}

/* The fate of what was never accepted: it went away, unless lines may be missing. */
static enum fate unaccepted_fate(const struct transaction *tx, enum tx_end how, bool data_accepted)
{
	bool hole = tx->host->loss_us != STAMP_NONE && tx->host->loss_us >= tx->first_us;

	return how == TX_LOST || data_accepted || hole ? FATE_UNKNOWN : FATE_ABORTED;
}

static void tx_say(struct tracker *t, struct transaction *tx)
{
	struct fact_transaction f = {.id = tx->id,
	                             .mail = tx->mail_id ? tx->mail_id : tx->id,
	                             .host = tx->host->id,
	                             .client = tx->client,
	                             .sender = tx->sender,
	                             .queue_id = tx->queue_id[0] ? slice_str(tx->queue_id) : SLICE_NONE,
	                             .message_id = slice_str(tx->message_id),
	                             .first_us = tx->first_us};
	tx->dirty = false;
	t->sink.transaction(t->sink.arg, &f);
}

void tx_finish(struct tracker *t, struct transaction *tx, enum tx_end how, bool data_accepted)
{
	enum fate fate = unaccepted_fate(tx, how, data_accepted);

	if (tx->over)
		return;
	tx->over = true;
	tx_spf(t, tx);
	for (struct entry *e = tx->entries; e; e = e->next) {
		if (e->reply == 0 && e->r && !tx->message && e->r->best == FATE_COUNT && !recipient_waits(e->r))
			recipient_fate(t, e->r, fate);
		if (e->reply == 4)
			entry_publish(t, tx, e);
	}
	if (tx->mail) {
		struct recipient *all = recipient_find(tx->mail, 0);
		if (all && !tx->message && !tx->refused)
			recipient_fate(t, all, fate);
		mail_touch(t, tx->mail);
		return;
	}
	if (tx->message)
		return; /* not yet clear whose the queue id is */
	if (tx->mail_id && tx->mail_id != tx->id)
		tx_say(t, tx);
	tx_free(t, tx);
}

/* policyd-spf's line names client and sender, no queue id; it stands near the RCPT (grammar 6). */
void tx_spf(struct tracker *t, struct transaction *tx)
{
	if (!tx->mail || !tx->peer.has_ip || tx->mail->spf)
		return;
	for (unsigned i = 1; i <= SPF_RING && i <= t->spf_next; i++) {
		const struct spf_seen *seen = &t->spf[(t->spf_next - i) % SPF_RING];
		if (seen->us < tx->first_us - SPF_NEAR)
			return;
		if (seen->sender == tx->sender_hash && ip_eq(&seen->ip, &tx->peer.ip)) {
			evidence_note(t, tx->mail, &tx->mail->spf, (enum evidence)seen->result);
			return;
		}
	}
}

/* ------------------------------------------------- refused for now: may return */

static struct open **open_slot(struct tracker *t, uint64_t key)
{
	return &t->open_table[(key >> 20) & t->open_mask];
}

static void filter_add(uint16_t *filter, uint64_t hash, int by)
{
	uint16_t *n = &filter[(hash >> 1) % NET_FILTER];

	*n = (uint16_t)(*n + by);
}

static bool filter_has(const uint16_t *filter, uint64_t hash)
{
	return filter[(hash >> 1) % NET_FILTER] != 0;
}

/* A counting filter tells for nearly every accepted mail that it is no return of anything. */
static void open_count(struct tracker *t, const struct open *o, int by)
{
	filter_add(t->net_filter, o->peer.net, by);
	filter_add(t->pair_filter, o->peer.net ^ o->sender_hash, by);
	if (o->peer.org) {
		filter_add(t->org_filter, o->peer.org, by);
		filter_add(t->pair_filter, o->peer.org ^ o->sender_hash, by);
	}
}

void open_insert(struct tracker *t, struct open *o)
{
	struct open **at = open_slot(t, o->key);

	o->chain = *at;
	*at = o;
	o->older = t->open_new;
	*(t->open_new ? &t->open_new->newer : &t->open_old) = o;
	t->open_new = o;
	open_count(t, o, 1);
	if (o->r) {
		o->r->open = o;
		o->r->mail->refs++;
	}
	if (o->stored)
		return;
	o->dirty = true;
	o->next_dirty = NULL;
	*t->open_dirty_end = o;
	t->open_dirty_end = &o->next_dirty;
}

void open_drop(struct tracker *t, struct open *o)
{
	struct open **at = open_slot(t, o->key);

	while (*at != o)
		at = &(*at)->chain;
	*at = o->chain;
	*(o->older ? &o->older->newer : &t->open_old) = o->newer;
	*(o->newer ? &o->newer->older : &t->open_new) = o->older;
	open_count(t, o, -1);
	if (o->r) {
		o->r->open = NULL;
		mail_unref(t, o->r->mail);
		o->r = NULL;
	}
	if (o->stored)
		t->sink.pending_drop(t->sink.arg, PENDING_OPEN, o->place);
	if (o->dirty)
		o->key = 0; /* still in the list of new ones; opens_flush gives it back */
	else
		slab_give(&t->opens, o);
}

static bool open_eligible(const struct open *o, const struct peer *peer, int64_t start_us)
{
	if (o->end_us > start_us || start_us - o->last_try_us > RETURN_WITHIN || start_us - o->first_us > CHAIN_WITHIN)
		return false;
	return o->peer.net == peer->net || (o->peer.org && o->peer.org == peer->org);
}

struct open *open_find(struct tracker *t, uint64_t sender, uint64_t address, const struct peer *peer, int64_t start_us)
{
	uint64_t key = sender * 31 + address;
	struct open *best = NULL;
	bool best_same = false;

	if (!peer->has_ip)
		return NULL;
	for (struct open *o = *open_slot(t, key); o; o = o->chain) {
		if (o->key != key || !open_eligible(o, peer, start_us))
			continue;
		bool same = ip_eq(&o->peer.ip, &peer->ip);
		if (!best || (same && !best_same) || (same == best_same && o->last_try_us < best->last_try_us)) {
			best = o;
			best_same = same;
		}
	}
	return best;
}

bool open_may_return(const struct tracker *t, const struct peer *peer)
{
	return filter_has(t->net_filter, peer->net) || (peer->org && filter_has(t->org_filter, peer->org));
}

bool open_may_return_from(const struct tracker *t, const struct peer *peer, uint64_t sender)
{
	return filter_has(t->pair_filter, peer->net ^ sender) ||
	       (peer->org && filter_has(t->pair_filter, peer->org ^ sender));
}

void open_expire(struct tracker *t, int64_t now_us)
{
	/* an hour more than a return may take: lines of several hosts are not in step */
	while (t->open_old && t->open_old->last_try_us < now_us - RETURN_WITHIN - 3600 * SECOND)
		open_drop(t, t->open_old);
}

void opens_flush(struct tracker *t)
{
	for (struct open *o = t->open_dirty, *next; o; o = next) {
		next = o->next_dirty;
		o->dirty = false;
		if (o->key == 0) {
			slab_give(&t->opens, o);
			continue;
		}
		o->stored = true;
		t->sink.pending_put(t->sink.arg, PENDING_OPEN, o->place, pending_open(o));
	}
	t->open_dirty = NULL;
	t->open_dirty_end = &t->open_dirty;
}

/* ------------------------------------------------------------------- telling */

static void told_add(struct tracker *t, size_t n, const struct recipient *r)
{
	if (n >= t->told_cap) {
		t->told_cap = t->told_cap ? t->told_cap * 2 : 64;
		t->told = xrealloc(t->told, t->told_cap * sizeof *t->told);
	}
	struct fact_recipient *f = &t->told[n];
	*f = (struct fact_recipient){.shown = r->shown,
	                             .fate = (enum fate)r->fate,
	                             .since_us = r->since_us,
	                             .last_try_us = r->last_try_us};
	memcpy(f->text, r->text, sizeof f->text);
}

/* The transaction whose queue id the client was told: the last one that has any. */
static void mail_choose_shown(struct mail *m)
{
	for (struct transaction *tx = m->txs; tx; tx = tx->next)
		if (tx->queue_id[0])
			m->shown_tx = tx->id;
}

static void mail_say(struct tracker *t, struct mail *m)
{
	size_t n = 0;

	mail_choose_shown(m);
	for (struct recipient *r = m->recipients; r; r = r->next)
		if (r->text[0])
			told_add(t, n++, r);
	if (n == 0 && !m->told)
		return;
	struct fact_mail f = {.id = m->id,
	                      .told = m->told,
	                      .host = m->host,
	                      .sender = m->sender,
	                      .client = m->client,
	                      .first_us = m->first_us,
	                      .last_us = m->last_us,
	                      .digits = m->digits,
	                      .transactions = m->transactions,
	                      .attempts = m->attempts,
	                      .shown_transaction = m->shown_tx,
	                      .spf = m->spf,
	                      .dkim = m->dkim,
	                      .dmarc = m->dmarc,
	                      .spam = m->spam,
	                      .recipient = t->told,
	                      .recipients = n};
	t->sink.mail(t->sink.arg, &f);
	m->told = true;
}

static void mail_release(struct tracker *t, struct mail *m)
{
	struct recipient *next;

	for (struct recipient *r = m->recipients; r; r = next) {
		next = r->next;
		slab_give(&t->recipients, r);
	}
	mail_unlink(t, m);
	if (m->stored)
		t->sink.pending_drop(t->sink.arg, PENDING_MAIL, m->id);
	slab_give(&t->mails, m);
}

/* Transactions that can say no more are let go once they have been said. */
static void mail_say_transactions(struct tracker *t, struct mail *m)
{
	struct transaction *next;

	for (struct transaction *tx = m->txs; tx; tx = next) {
		next = tx->next;
		if (tx->dirty)
			tx_say(t, tx);
		if (tx->over && !tx->message && !tx->session)
			tx_free(t, tx);
	}
}

static void mail_flush(struct tracker *t, struct mail *m)
{
	mail_say(t, m);
	mail_say_transactions(t, m);
	m->dirty = false;
	if (m->refs == 0) {
		mail_release(t, m);
		return;
	}
	m->stored = true;
	t->sink.pending_put(t->sink.arg, PENDING_MAIL, m->id, pending_mail(m));
}

void mails_flush(struct tracker *t)
{
	struct mail *next;

	/* mail_flush touches nothing but its own mail, which is in the list already */
	for (struct mail *m = t->mail_dirty; m; m = next) {
		next = m->next_dirty;
		mail_flush(t, m);
	}
	t->mail_dirty = NULL;
	t->mail_dirty_end = &t->mail_dirty;
}

/* Out of the list of new ones: the mail goes before the next flush. */
static void mail_undirty(struct tracker *t, struct mail *m)
{
	struct mail **at = &t->mail_dirty;

	if (!m->dirty)
		return;
	while (*at != m)
		at = &(*at)->next_dirty;
	*at = m->next_dirty;
	if (t->mail_dirty_end == &m->next_dirty)
		t->mail_dirty_end = at;
	m->dirty = false;
}

static void mail_let_go(struct tracker *t, struct mail *m)
{
	for (struct recipient *r = m->recipients; r; r = r->next) {
		while (r->waits)
			wait_drop(t, r->waits);
		if (r->open)
			open_drop(t, r->open);
	}
	while (m->txs) {
		struct transaction *tx = m->txs;
		struct message *msg = tx->message;
		tx->over = true;
		if (tx->dirty)
			tx_say(t, tx);
		tx_free(t, tx);
		if (msg)
			message_free(t, msg);
	}
}

/* The oldest by its last line closes as unknown where its fate was still open (faults.md 1.6). */
bool mail_evict_oldest(struct tracker *t)
{
	struct mail *m = t->mail_old;

	if (!m)
		return false;
	t->counts.evictions++;
	m->refs++; /* so that nothing below lets it go early */
	for (struct recipient *r = m->recipients; r; r = r->next)
		if (recipient_waits(r))
			recipient_fate(t, r, FATE_UNKNOWN);
	mail_say(t, m);
	mail_let_go(t, m);
	mail_undirty(t, m);
	mail_release(t, m);
	return true;
}
