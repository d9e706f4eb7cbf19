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
	news_add(&t->mail_news, &m->news);
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

struct recipient *recipient_find(const struct mail *m, uint64_t address)
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

void recipient_remove(struct tracker *t, struct recipient *r)
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

/* ------------------------------------------------------------------- telling */

static void told_add(struct tracker *t, size_t n, const struct recipient *r)
{
	if (n >= t->told_cap) {
		t->told_cap = t->told_cap ? t->told_cap * 2 : 64;
		t->told = xrealloc(t->told, t->told_cap * sizeof *t->told);
	}
	struct fact_recipient *f = &t->told[n];
	*f = (struct fact_recipient){
	    .shown = r->shown, .fate = (enum fate)r->fate, .since_us = r->since_us, .last_try_us = r->last_try_us};
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
	                      .flags = m->flags,
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
	news_remove(&t->mail_news, &m->news);
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
	news_remove(&t->mail_news, &m->news);
	if (m->refs == 0) {
		mail_release(t, m);
		return;
	}
	m->stored = true;
	t->sink.pending_put(t->sink.arg, PENDING_MAIL, m->id, pending_mail(m));
}

void mails_flush(struct tracker *t)
{
	for (struct news *n; (n = t->mail_news.first);)
		mail_flush(t, FOUND(n, struct mail, news));
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
	mail_release(t, m);
}

/* Is the line being fed about it? Then somebody up the stack holds it. */
static bool mail_in_use(const struct tracker *t, const struct mail *m)
{
	if (m->used_by == t->line)
		return true;
	for (const struct transaction *tx = m->txs; tx; tx = tx->next)
		if ((tx->session && tx->session->used_by == t->line) ||
		    (tx->message && tx->message->used_by == t->line))
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
