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
	m->used_by = t->line;
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
	struct recipient *r, **at = &m->recipients;

	m->used_by = t->line;
	while (!(r = slab_take(&t->recipients)))
		if (!mail_evict_oldest(t))
			msg_bug("no room for a recipient and no mail to evict");
	if (++m->recipients_n >= RECIPIENTS_MAX(t))
		t->giant = m;
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
	r->mail->recipients_n--;
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
	struct transaction *tx;

	while (!(tx = slab_take(&t->txs)))
		if (!mail_evict_oldest(t) && !session_evict_oldest(t) && !message_evict(t))
			msg_bug("no room for a transaction and nothing to evict");
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
	if (tx->session) {
		tx->session->tx = NULL;
		session_changed(t, tx->session);
	}
	if (tx->message) {
		tx->message->tx = NULL;
		message_changed(t, tx->message);
	}
	free(tx->message_id);
	slab_give(&t->txs, tx);
}

struct entry *tx_entry(struct tracker *t, struct transaction *tx, uint64_t address, uint32_t shown)
{
	struct entry **at = &tx->entries;

	for (; *at; at = &(*at)->next)
		if ((*at)->address == address)
			return tx->last_entry = *at;
	struct entry *e;
	if (tx->mail)
		tx->mail->used_by = t->line;
	while (!(e = slab_take(&t->entries)))
		if (!mail_evict_oldest(t) && !session_evict_oldest(t) && !message_evict(t))
			msg_bug("no room for a recipient of a transaction and nothing to evict");
	tx->entries_n++;
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

static struct open **open_mail_slot(struct tracker *t, uint64_t mail_id);
static void open_touch(struct tracker *t, struct open *o);

/*
 * A recipient of whom nobody was warned so far; he is not told of, but may still
 * return into this mail. NULL: there was no room for him.
 */
static struct recipient *recipient_silent(struct tracker *t, struct mail *m, uint64_t address, uint32_t shown, int64_t us)
{
	if (t->recipients.used == t->recipients.max && !mail_evict_oldest(t))
		return NULL;
	struct recipient *r = mail_recipient(t, m, address, shown);
	if (!r->text[0] && !r->waits) {
		recipient_fate(t, r, FATE_TEMPFAILED);
		r->last_try_us = r->since_us = us;
	}
	return r;
}

/* The mail of an earlier try comes to life: what else of it was refused for now returns to it, too. */
static struct mail *mail_of_chain(struct tracker *t, uint64_t id)
{
	struct mail *m = mail_new(t, id);

	for (struct open *o = *open_mail_slot(t, id); o; o = o->mail_chain) {
		if (o->mail_id != id || o->r)
			continue;
		struct recipient *r = recipient_silent(t, m, o->address, o->shown, o->last_try_us);
		if (!r || r->open)
			continue;
		o->r = r;
		r->open = o;
		m->refs++;
		open_touch(t, o);
	}
	return m;
}

/* The mail of a transaction, made if it had none: its own, or that of the tries before. */
struct mail *tx_mail(struct tracker *t, struct transaction *tx)
{
	if (tx->mail)
		return tx->mail;
	bool joined = tx->mail_id && tx->mail_id != tx->id;
	struct mail *m = mail_of_chain(t, joined ? tx->mail_id : tx->id);
	m->host = joined ? tx->chain_host : tx->host->id;
	m->sender = joined ? tx->chain_sender : tx->sender;
	m->client = joined ? tx->chain_client : tx->client;
	m->first_us = joined ? tx->chain_us : tx->first_us;
	if (m->last_us < m->first_us) /* clocks step back */
		m->last_us = m->first_us;
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

/* What names the recipient's mail in its own row. */
static void recipient_renamed(struct tracker *t, struct recipient *r)
{
	for (struct wait *w = r->waits; w; w = w->next_of_r)
		message_changed(t, w->message);
	if (r->open)
		open_touch(t, r->open);
}

static void tx_renamed(struct tracker *t, struct transaction *tx, struct mail *m)
{
	tx->mail = m;
	tx->mail_id = m->id;
	tx->dirty = true;
	if (tx->message)
		message_changed(t, tx->message);
	if (tx->session)
		session_changed(t, tx->session);
}

/* All that `from` had is `into`'s. */
static void mail_merge(struct tracker *t, struct mail *from, struct mail *into)
{
	struct recipient **r = &into->recipients;
	struct transaction **tx = &into->txs;
	struct fact_mail gone = {.id = from->id, .told = from->told, .into = into->id};

	t->sink.mail(t->sink.arg, &gone); /* at once: the next merge may take `into` away */
	from->told = false;

	while (*r)
		r = &(*r)->next;
	while (*tx)
		tx = &(*tx)->next;
	*r = from->recipients;
	*tx = from->txs;
	for (struct recipient *x = *r; x; x = x->next) {
		x->mail = into;
		recipient_renamed(t, x);
	}
	for (struct transaction *x = *tx; x; x = x->next)
		tx_renamed(t, x, into);
	into->refs += from->refs;
	into->transactions += from->transactions;
	into->attempts += from->attempts;
	if (from->last_us > into->last_us)
		into->last_us = from->last_us;
	into->recipients_n += from->recipients_n;
	if (into->recipients_n >= RECIPIENTS_MAX(t))
		t->giant = into;
	from->recipients_n = 0;
	from->recipients = NULL;
	from->txs = NULL;
	from->refs = 0;
	mail_touch(t, from);
	mail_touch(t, into);
}

/* The tries before, of which nobody was warned, as a mail. */
static struct mail *open_mail(struct tracker *t, const struct open *o)
{
	if (o->r)
		return o->r->mail;
	struct mail *m = mail_of_chain(t, o->mail_id);
	m->host = o->host;
	m->sender = o->sender;
	m->client = o->client;
	m->first_us = o->first_us;
	if (m->last_us < m->first_us)
		m->last_us = m->first_us;
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

static uint64_t open_mail_id(const struct open *o)
{
	return o->r ? o->r->mail->id : o->mail_id; /* mails can have been merged since */
}

/* A try joins the open refusal of the same sender and recipient, once for each of its recipients (design.md 3, mail). */
void tx_join(struct tracker *t, struct transaction *tx, struct entry *e)
{
	if (e->looked || tx->submission || tx->login || !tx->has_sender)
		return;
	e->looked = true;
	struct open *o = open_find(t, tx->sender_hash, e->address, &tx->peer, t->client_name, tx->first_us);
	if (!o || (tx->mail_id && tx->mail_id != open_mail_id(o) && !tx_merge(t, tx, o)))
		return;
	e->chain_us = o->first_us;
	if (tx->mail_id == 0) {
		tx->mail_id = open_mail_id(o);
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

static void open_evict(struct tracker *t);

static void entry_publish(struct tracker *t, struct transaction *tx, struct entry *e)
{
	if (tx->submission || tx->login || !tx->has_sender || !tx->peer.has_ip)
		return;
	if (tx->mail && !e->r)
		e->r = recipient_silent(t, tx->mail, e->address, e->shown, e->us);
	if (e->r && e->r->open)
		return;
	struct open *o;

	while (!(o = slab_take(&t->opens)))
		open_evict(t);
	bool joined = tx->mail_id && tx->mail_id != tx->id;
	o->key = tx->sender_hash * 31 + e->address;
	o->sender_hash = tx->sender_hash;
	o->mail_id = tx->mail_id ? tx->mail_id : tx->id;
	o->address = e->address;
	o->shown = e->shown;
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

/* One that nobody was warned in, and that is over. */
void tx_let_go(struct tracker *t, struct transaction *tx)
{
	if (tx->mail_id && tx->mail_id != tx->id)
		tx_say(t, tx);
	tx_free(t, tx);
}

void tx_finish(struct tracker *t, struct transaction *tx, enum tx_end how, bool data_accepted)
{
	enum fate fate = unaccepted_fate(tx, how, data_accepted);

	if (tx->over)
		return;
	tx->over = true;
	if (tx->mail)
		tx->mail->used_by = t->line;
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
	if (!tx->message) /* else it is not yet clear whose the queue id is */
		tx_let_go(t, tx);
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

static size_t filter_slot(uint64_t hash)
{
	return (size_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 48) % NET_FILTER;
}

static struct open **open_mail_slot(struct tracker *t, uint64_t mail_id)
{
	return &t->open_mail_table[(mail_id * UINT64_C(0x9e3779b97f4a7c15) >> 40) & t->open_mask];
}

static void filter_add(uint16_t *filter, uint64_t hash, int by)
{
	uint16_t *n = &filter[filter_slot(hash)];

	*n = (uint16_t)(*n + by);
}

static bool filter_has(const uint16_t *filter, uint64_t hash)
{
	return filter[filter_slot(hash)] != 0;
}

/* A counting filter tells for nearly every accepted mail that it is no return of anything. */
static void open_count(struct tracker *t, const struct open *o, int by)
{
	filter_add(t->net_filter, o->peer.net, by);
	filter_add(t->pair_filter, o->peer.net ^ o->sender_hash, by);
	if (o->peer.tail) {
		filter_add(t->tail_filter, o->peer.tail, by);
		filter_add(t->pair_filter, o->peer.tail ^ o->sender_hash, by);
	}
}

static void open_touch(struct tracker *t, struct open *o)
{
	if (o->dirty)
		return;
	o->dirty = true;
	o->next_dirty = NULL;
	*t->open_dirty_end = o;
	t->open_dirty_end = &o->next_dirty;
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
	at = open_mail_slot(t, o->mail_id);
	o->mail_chain = *at;
	*at = o;
	if (o->r) {
		o->r->open = o;
		o->r->mail->refs++;
	}
	if (!o->stored)
		open_touch(t, o);
}

void open_drop(struct tracker *t, struct open *o)
{
	struct open **at = open_slot(t, o->key);

	while (*at != o)
		at = &(*at)->chain;
	*at = o->chain;
	for (at = open_mail_slot(t, o->mail_id); *at != o;)
		at = &(*at)->mail_chain;
	*at = o->mail_chain;
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

static bool open_in_time(const struct open *o, int64_t start_us)
{
	return o->end_us <= start_us && start_us - o->last_try_us <= RETURN_WITHIN &&
	       start_us - o->first_us <= CHAIN_WITHIN;
}

static bool same_sender_side(struct tracker *t, const struct open *o, struct peer *peer, struct slice name)
{
	if (o->peer.net == peer->net)
		return true;
	if (!o->peer.tail || o->peer.tail != peer->tail)
		return false;
	peer_org(t, peer, name);
	return o->peer.org && o->peer.org == peer->org;
}

struct open *open_find(struct tracker *t, uint64_t sender, uint64_t address, struct peer *peer, struct slice name,
                       int64_t start_us)
{
	uint64_t key = sender * 31 + address;
	struct open *best = NULL;
	bool best_same = false;

	if (!peer->has_ip)
		return NULL;
	for (struct open *o = *open_slot(t, key); o; o = o->chain) {
		if (o->key != key || !open_in_time(o, start_us) || !same_sender_side(t, o, peer, name))
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
	return filter_has(t->net_filter, peer->net) || (peer->tail && filter_has(t->tail_filter, peer->tail));
}

bool open_may_return_from(const struct tracker *t, const struct peer *peer, uint64_t sender)
{
	return filter_has(t->pair_filter, peer->net ^ sender) ||
	       (peer->tail && filter_has(t->pair_filter, peer->tail ^ sender));
}

void open_expire(struct tracker *t, int64_t now_us)
{
	/* an hour more than a return may take: lines of several hosts are not in step */
	while (t->open_old && t->open_old->last_try_us < now_us - RETURN_WITHIN - 3600 * SECOND)
		open_drop(t, t->open_old);
}

/* Slots of dropped ones that are still in the list of new ones. */
static bool opens_reap(struct tracker *t)
{
	struct open **at = &t->open_dirty, *o;
	bool any = false;

	while ((o = *at)) {
		if (o->key) {
			at = &o->next_dirty;
			continue;
		}
		*at = o->next_dirty;
		slab_give(&t->opens, o);
		any = true;
	}
	t->open_dirty_end = at;
	return any;
}

/* The oldest makes room: whether it comes back cannot be seen any more. */
static void open_evict(struct tracker *t)
{
	struct open *o = t->open_old;

	if (opens_reap(t))
		return;
	if (o->r && o->r->text[0]) {
		t->counts.evictions++;
		if (t->us - o->last_try_us <= RETURN_WITHIN)
			recipient_fate(t, o->r, FATE_UNKNOWN);
	} else {
		t->counts.forgotten++;
	}
	open_drop(t, o);
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
	if (t->giant == m)
		t->giant = NULL;
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

/* What is still open closes as unknown (faults.md 1.6). */
void mail_evict(struct tracker *t, struct mail *m)
{
	bool harm = false;

	m->refs++; /* so that nothing below lets it go early */
	for (struct recipient *r = m->recipients; r; r = r->next) {
		bool open = recipient_waits(r) || (r->open && t->us - r->open->last_try_us <= RETURN_WITHIN);
		if (open && r->best > FATE_UNKNOWN)
			recipient_fate(t, r, FATE_UNKNOWN);
		harm |= r->text[0] && (open || r->fate == FATE_UNKNOWN);
	}
	t->counts.evictions += harm;
	t->counts.forgotten += !harm;
	mail_say(t, m);
	mail_let_go(t, m);
	mail_undirty(t, m);
	mail_release(t, m);
}

/* Is the line being fed about it? Then somebody up the stack holds it. */
static bool mail_in_use(const struct tracker *t, const struct mail *m)
{
	if (m->used_by == t->line)
		return true;
	for (const struct transaction *tx = m->txs; tx; tx = tx->next)
		if ((tx->session && tx->session->used_by == t->line) || (tx->message && tx->message->used_by == t->line))
			return true;
	for (const struct recipient *r = m->recipients; r; r = r->next)
		for (const struct wait *w = r->waits; w; w = w->next_of_r)
			if (w->message->used_by == t->line)
				return true;
	return false;
}

/* The oldest by its last line goes first. */
bool mail_evict_oldest(struct tracker *t)
{
	struct mail *m = t->mail_old;

	while (m && mail_in_use(t, m))
		m = m->newer;
	if (!m)
		return false;
	mail_evict(t, m);
	return true;
}
