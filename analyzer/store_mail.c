/*
 * Transactions and mails on their way into the database. A mail is told anew as a whole whenever something of it
 * changed: what was told before is taken out of the sums first.
 */
#include "store_i.h"

void store_transaction(void *arg, const struct fact_transaction *t)
{
	struct store *s = arg;
	struct bulk *b = s->transactions;

	bulk_row(b);
	bulk_number(b, (int64_t)t->id);
	if (t->mail != t->id)
		bulk_number(b, (int64_t)t->mail);
	else
		bulk_null(b);
	bulk_number(b, t->client);
	bulk_text(b, t->queue_id);
	bulk_text(b, t->message_id);
	if (t->mail != t->id && t->mail == s->mail.id)
		rollup_told(s->rollup, t->id, t->host, s->mail.sender, s->mail.client);
	else if (t->mail != t->id)
		rollup_told_later(s->rollup, t->id);
}

/* What follows from its sender and client. */
static void place_fill(struct store *s, struct mail_place *at)
{
	at->source = at->client ? names_source_named(s->names, at->client) : 0;
	at->domain = at->sender ? names_domain_of(s->names, at->sender) : 0;
}

/* Where it stood in the sums; false if it was never told. */
static bool mail_was(struct store *s, uint64_t id, struct mail_place *was)
{
	if (bulk_has(s->mails, (int64_t)id))
		bulk_flush(s->mails);
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_MAIL_PLACE);
	sqlite3_bind_int64(q, 1, (int64_t)id);
	bool found = db_step(s->db, q);
	if (found) {
		*was = (struct mail_place){.sender = (uint32_t)sqlite3_column_int64(q, 0),
		                           .client = (uint32_t)sqlite3_column_int64(q, 1),
		                           .day = (int32_t)sqlite3_column_int64(q, 2),
		                           .first_us = sqlite3_column_int64(q, 3),
		                           .last_us = sqlite3_column_int64(q, 4)};
		place_fill(s, was);
		for (int i = 0; i < 4; i++)
			was->evidence[i] = (uint8_t)sqlite3_column_int(q, 5 + i);
		was->flags = (uint8_t)sqlite3_column_int(q, 9);
	}
	sqlite3_reset(q);
	return found;
}

/* A mail on its way out of the sums, recipient by recipient; each counts once for a rule. */
struct untelling {
	struct mail_sum sum;
	const struct mail_place *was;
	int64_t recipient; /* -1: none yet */
	uint64_t rules;
};

static void recipient_untell(struct store *s, struct untelling *u, uint32_t recipient, uint32_t text, enum fate fate)
{
	int rule = names_rule_of_text(s->names, text);

	if (u->recipient != recipient)
		u->rules = 0;
	u->recipient = recipient;
	if (!(u->rules & UINT64_C(1) << rule)) {
		mail_sum_add(&u->sum, rule, (int)fate);
		rollup_person(s->rollup, rule, u->was, recipient, fate_loses(fate), -1);
	}
	u->rules |= UINT64_C(1) << rule;
}

/* What the database says of this mail so far goes out of the roll-ups; a mail is told anew as a whole. */
static void mail_untell(struct store *s, uint64_t id, const struct mail_place *was)
{
	struct untelling u = {.was = was, .recipient = -1};

	if (bulk_has(s->recipients, (int64_t)id))
		bulk_flush(s->recipients);
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_RECIPIENTS_OF_MAIL);
	sqlite3_bind_int64(q, 1, (int64_t)id);
	while (db_step(s->db, q))
		recipient_untell(s, &u, (uint32_t)sqlite3_column_int64(q, 0), (uint32_t)sqlite3_column_int64(q, 1),
		                 (enum fate)sqlite3_column_int(q, 2));
	rollup_mail(s->rollup, &u.sum, was, -1);
	db_run_later(s->db, SQL_WRITE_RECIPIENTS_FORGET, (const int64_t[]){(int64_t)id}, 1);
}

static bool has_recipient(struct store *s, const struct fact_mail *m, const struct told_recipient *row)
{
	for (size_t i = 0; i < m->recipients; i++) {
		const struct fact_recipient *r = &m->recipient[i];
		if ((r->shown ? names_fold(s->names, r->shown) : 0) != row->recipient)
			continue;
		for (int k = 0; k < FACT_TEXTS && r->text[k]; k++)
			if (r->text[k] == row->text)
				return true;
	}
	return false;
}

/* The same from memory, for a mail whose rows will all be replaced; false if it is none. */
static bool mail_untell_known(struct store *s, const struct fact_mail *m, struct mail_place *was)
{
	struct untelling u = {.was = was, .recipient = -1};
	struct told_mail t;

	if (m->into || m->recipients > TOLD_RECIPIENTS || !told_find(s->told, m->id, &t))
		return false;
	for (size_t i = 0; i < t.recipients; i++)
		if (!has_recipient(s, m, &t.recipient[i]))
			return false;
	*was = t.at;
	place_fill(s, was);
	for (size_t i = 0; i < t.recipients; i++)
		recipient_untell(s, &u, t.recipient[i].recipient, t.recipient[i].text, t.recipient[i].fate);
	rollup_mail(s->rollup, &u.sum, was, -1);
	return true;
}

static void recipient_insert(struct store *s, uint64_t mail, const struct fact_recipient *r, uint32_t fold,
                             uint32_t text)
{
	struct bulk *b = s->recipients;

	bulk_row(b);
	bulk_number(b, (int64_t)mail);
	bulk_number(b, fold);
	bulk_number(b, text);
	bulk_number(b, r->shown);
	bulk_number(b, r->fate);
	bulk_number(b, r->since_us);
	if (r->last_try_us != STAMP_NONE)
		bulk_number(b, r->last_try_us);
	else
		bulk_null(b);
}

/* A recipient counts once for a rule, however many of its texts he got. */
static void recipient_sum(const struct store *s, struct mail_sum *sum, const struct mail_place *at,
                          const struct fact_recipient *r, uint32_t fold)
{
	uint64_t rules = 0;

	for (int i = 0; i < FACT_TEXTS && r->text[i]; i++) {
		int rule = names_rule_of_text(s->names, r->text[i]);
		if (!(rules & UINT64_C(1) << rule)) {
			mail_sum_add(sum, rule, (int)r->fate);
			rollup_person(s->rollup, rule, at, fold, fate_loses(r->fate), 1);
		}
		rules |= UINT64_C(1) << rule;
	}
}

static void mail_insert(struct store *s, const struct fact_mail *m, int32_t day)
{
	struct bulk *b = s->mails;

	bulk_row(b);
	bulk_number(b, (int64_t)m->id);
	bulk_number(b, m->host);
	bulk_id(b, m->sender);
	bulk_number(b, m->client);
	bulk_number(b, m->first_us);
	bulk_number(b, m->last_us);
	bulk_number(b, m->digits);
	bulk_number(b, day);
	bulk_number(b, m->transactions);
	bulk_number(b, m->attempts);
	if (m->shown_transaction)
		bulk_number(b, m->shown_transaction == m->id ? 0 : (int64_t)m->shown_transaction);
	else
		bulk_null(b);
	bulk_number(b, m->spf);
	bulk_number(b, m->dkim);
	bulk_number(b, m->dmarc);
	bulk_number(b, m->spam);
	bulk_number(b, m->flags);
}

/* All its transactions are another mail's now. What was its own only cannot be subtracted. */
static void mail_merge(struct store *s, const struct fact_mail *m, const struct mail_place *was)
{
	struct mail_place into;

	bulk_flush(s->transactions);
	db_run_later(s->db, SQL_WRITE_MAIL_MERGE, (const int64_t[]){(int64_t)m->into, (int64_t)m->id}, 2);
	if (m->told && (!mail_was(s, m->into, &into) || into.sender != was->sender || into.client != was->client ||
	                into.day != was->day))
		rollup_stale(s->rollup);
}

static void mail_forget(struct store *s, uint64_t id)
{
	bulk_flush(s->mails);
	db_run_later(s->db, SQL_WRITE_MAIL_FORGET, (const int64_t[]){(int64_t)id}, 1);
}

void store_mail(void *arg, const struct fact_mail *m)
{
	struct store *s = arg;
	struct mail_place was = {0};
	struct mail_sum sum = {0};
	bool known = m->told && mail_untell_known(s, m, &was), told = known || (m->told && mail_was(s, m->id, &was));

	if (told && !known)
		mail_untell(s, m->id, &was);
	told_forget(s->told, m->id);
	if (m->into)
		mail_merge(s, m, &was);
	if (m->recipients == 0) {
		mail_forget(s, m->id);
		if (told && !m->into)
			rollup_stale(s->rollup);
		return;
	}
	struct mail_place at = {.sender = m->sender,
	                        .client = m->client,
	                        .day = store_day_of(s, m->first_us),
	                        .first_us = m->first_us,
	                        .last_us = m->last_us,
	                        .evidence = {m->spf, m->dkim, m->dmarc, m->spam},
	                        .flags = m->flags};
	place_fill(s, &at);
	if (told &&
	    (at.sender != was.sender || at.client != was.client || at.day != was.day || at.last_us < was.last_us))
		rollup_stale(s->rollup);
	mail_insert(s, m, at.day);
	told_mail(s->told, m->id, &at);
	for (size_t i = 0; i < m->recipients; i++) {
		const struct fact_recipient *r = &m->recipient[i];
		uint32_t fold = r->shown ? names_fold(s->names, r->shown) : 0;
		for (int k = 0; k < FACT_TEXTS && r->text[k]; k++) {
			recipient_insert(s, m->id, r, fold, r->text[k]);
			told_recipient(s->told, fold, r->text[k], r->fate);
		}
		recipient_sum(s, &sum, &at, r, fold);
	}
	rollup_mail(s->rollup, &sum, &at, 1);
	rollup_told(s->rollup, m->id, m->host, m->sender, m->client);
	s->mail.id = m->id;
	s->mail.sender = m->sender;
	s->mail.client = m->client;
}
