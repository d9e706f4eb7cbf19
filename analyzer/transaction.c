/*
 * Transactions: their recipients as the client named them, what was answered,
 * and how a later try finds the mail of the tries before.
 */
#include <stdlib.h>

#include "msg.h"
#include "tracker_i.h"

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
	m->flags |= tx->evidence;
	if (t->us > m->last_us)
		m->last_us = t->us;
	mail_touch(t, m);
}

/*
 * A recipient of whom nobody was warned so far; he is not told of, but may still
 * return into this mail. NULL: there was no room for him.
 */
static struct recipient *recipient_silent(struct tracker *t, struct mail *m, uint64_t address, uint32_t shown,
                                          int64_t us)
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

	for (struct found *f = finder_first(&t->open_by_mail, open_mail_key(id)); f; f = f->chain) {
		struct open *o = FOUND(f, struct open, by_mail);
		if (o->mail_id != id || o->r)
			continue;
		struct recipient *r = recipient_silent(t, m, open_address(o), o->shown, o->last_try_us);
		if (!r || r->open)
			continue;
		o->r = r;
		r->open = o;
		m->refs++;
		open_touch(t, o);
	}
	return m;
}

/* The mail of a transaction, made if it had none. */
struct mail *tx_mail(struct tracker *t, struct transaction *tx)
{
	if (tx->mail)
		return tx->mail;
	struct mail *m = mail_new(t, tx->id);
	m->host = tx->host->id;
	m->sender = tx->sender;
	m->client = tx->client;
	m->first_us = tx->first_us;
	if (m->last_us < m->first_us) /* clocks step back */
		m->last_us = m->first_us;
	m->digits = tx->digits;
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
	struct fact_mail gone = {.id = from->id,
	                         .told = from->told,
	                         .client = from->client, /* with the day what its sums stand under */
	                         .first_us = from->first_us,
	                         .into = into->id};

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
	into->flags |= from->flags;
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
	m->transactions = 1;
	m->attempts = o->attempts;
	return m;
}

/*
 * Another recipient of this transaction had no earlier try, so it has a mail of
 * its own by now; but it is one transaction, so it is one mail: the older one.
 */
static bool tx_merge(struct tracker *t, struct transaction *tx, struct mail *older)
{
	struct mail *younger = tx->mail;

	if (mails_share_recipient(older, younger))
		return false;
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
	struct open *o = open_find(t, tx->sender_hash, e->address, &tx->peer, t->client_name, tx->first_us);
	if (!o)
		return;
	if (tx->mail)
		tx->mail->used_by = t->line;
	struct mail *m = open_mail(t, o);
	if (!o->r || (tx->mail && tx->mail != m && !tx_merge(t, tx, m)))
		return;
	if (!tx->mail)
		tx_attach(t, tx, m);
	e->chain_us = o->first_us;
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
	struct entry *e = tx_entry(t, tx, address, shown);

	tx_join(t, tx, e);
	e->reply = 2;
	entry_recipient(t, tx, e);
	return e->r;
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
	e->reply = (uint8_t) class;
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
	if (tx->message) {
		tx->message->refused = true;
		message_changed(t, tx->message);
	}
}

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
	o->by_address.key = open_key(tx->sender_hash, e->address);
	o->sender_hash = tx->sender_hash;
	o->mail_id = tx->mail ? tx->mail->id : tx->id;
	o->shown = e->shown;
	o->place = e->place;
	o->peer = tx->peer;
	o->end_us = tx->last_us;
	o->last_try_us = e->us;
	o->first_us = e->chain_us ? e->chain_us : tx->first_us;
	o->client = tx->client;
	o->host = tx->host->id;
	o->sender = tx->sender;
	o->attempts = tx->attempts;
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

void tx_say(struct tracker *t, struct transaction *tx)
{
	struct fact_transaction f = {.id = tx->id,
	                             .mail = tx->mail->id,
	                             .host = tx->host->id,
	                             .client = tx->client,
	                             .sender = tx->sender,
	                             .queue_id = tx->queue_id[0] ? slice_str(tx->queue_id) : SLICE_NONE,
	                             .message_id = slice_str(tx->message_id),
	                             .first_us = tx->first_us};
	tx->dirty = false;
	t->sink.transaction(t->sink.arg, &f);
}

/* Its refusals for now become what a later try can join. */
void tx_publish(struct tracker *t, struct transaction *tx)
{
	for (struct entry *e = tx->entries; e; e = e->next)
		if (e->reply == 4)
			entry_publish(t, tx, e);
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
	}
	bool undecided = tx->message && tx->message->tentative; /* perhaps it has a queue id, perhaps not */
	if (!undecided)
		tx_publish(t, tx);
	if (tx->mail) {
		struct recipient *all = recipient_find(tx->mail, 0);
		if (all && !tx->message && !tx->refused)
			recipient_fate(t, all, fate);
		mail_touch(t, tx->mail);
		return;
	}
	if (!undecided)
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
