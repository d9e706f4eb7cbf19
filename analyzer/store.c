#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "bulk.h"
#include "db.h"
#include "msg.h"
#include "names.h"
#include "owner.h"
#include "rollup.h"
#include "told.h"
#include "unfinished.h"

#define CLIENT_SIDES 1024

struct client_side {
	uint32_t client; /* its row; 0: none yet */
	bool inside;
};

struct store {
	struct db *db;
	struct rules *rules;
	const struct origin *origin;
	struct names *names;
	struct sink sink;
	struct rollup *rollup;
	struct closing {
		struct store *store;
		struct generation g; /* gen 0: none */
		unsigned job;
	} closing[2]; /* of batches that are being committed */
	struct bulk *attempts, *transactions, *mails, *recipients, *counted, *spans;
	struct unfinished *unfinished;
	struct told *told;
	uint64_t key[2];
	int64_t epoch; /* owner.h */
	bool in_batch;
	unsigned batches;
	struct {
		uint64_t id;
		uint32_t sender, client;
	} mail;                   /* told last; its transactions follow */
	int64_t day_from, day_to; /* the stretch in which `day` holds */
	int32_t day;
	struct client_side side[CLIENT_SIDES];
};

/* ------------------------------------------------------------------------ names */

static uint32_t sink_host(void *arg, struct slice name)
{
	struct store *s = arg;

	return names_host(s->names, name);
}

static uint32_t sink_address(void *arg, struct slice address)
{
	struct store *s = arg;

	return names_address(s->names, address, 0);
}

static uint32_t sink_client(void *arg, struct slice name, struct slice ip)
{
	struct store *s = arg;

	return names_client(s->names, name, ip, 0);
}

uint32_t store_log(struct store *s, struct slice name)
{
	return names_log(s->names, name);
}

/* --------------------------------------------------------------------- attempts */

static int32_t day_of(struct store *s, int64_t us)
{
	const int64_t hour = INT64_C(3600) * 1000000;

	if (us < s->day_from || us >= s->day_to) {
		s->day = stamp_local_day(us);
		s->day_from = us - us % (hour / 4); /* no zone changes its day within a quarter of an hour */
		s->day_to = s->day_from + hour / 4;
	}
	return s->day;
}

static void attempt_insert(struct store *s, const struct fact_attempt *a, uint32_t line, uint32_t helo)
{
	const struct record *r = a->rec;
	struct bulk *b = s->attempts;
	uint32_t login = names_word(s->names, r->sasl_username, 0);

	bulk_row(b);
	bulk_number(b, (int64_t)a->place);
	bulk_number(b, r->line->stamp.us == STAMP_NONE ? 0 : r->line->stamp.us);
	bulk_number(b, line);
	bulk_id(b, r->line->pid);
	bulk_number(b, a->client);
	bulk_number(b, a->text);
	bulk_id(b, a->sender);
	bulk_id(b, a->recipient);
	bulk_id(b, helo);
	bulk_id(b, login);
	if (a->transaction != a->place)
		bulk_number(b, (int64_t)a->transaction);
	else
		bulk_null(b);
	bulk_number(b, a->count);
}

/* Clients come in rows: what was found of one is remembered. */
static bool is_inside(struct store *s, uint32_t client, struct slice ip)
{
	struct client_side *side = &s->side[client % CLIENT_SIDES];
	struct ip address;

	if (side->client != client)
		*side = (struct client_side){client, ip_parse(ip, &address) && origin_is_inside(s->origin, &address)};
	return side->inside;
}

/* A sender who gets a domain only now, after a mail of his was told, stands in other sums than before. */
static uint32_t sender_domain(struct store *s, uint32_t sender, struct slice text)
{
	bool made;
	uint32_t domain = names_sender_domain(s->names, sender, text, &made);

	if (made && rollup_has_sender(s->rollup, sender))
		rollup_stale(s->rollup);
	return domain;
}

/* Lines that somebody will ask for one by one. */
static void attempt_remember(struct store *s, const struct fact_attempt *a)
{
	const struct record *r = a->rec;

	rollup_place(s->rollup, a->place, r->line->stamp.us);
	if (a->flags & ATTEMPT_SUSPECT)
		rollup_line(s->rollup, LINE_SUSPECT, a->place);
	if (a->flags & ATTEMPT_CANARY)
		rollup_line(s->rollup, LINE_CANARY, a->place);
	if (attempt_class(r) && attempt_on_submission(r) && slice_find(r->text, SLICE("not owned by user")) >= 0)
		rollup_line(s->rollup, LINE_NOT_OWNED, a->place);
}

/* What a rule did, and whom the host heard. */
static void attempt_sums(struct store *s, const struct fact_attempt *a, const struct text_sort *text, int32_t day)
{
	const struct record *r = a->rec;
	int64_t us = r->line->stamp.us;
	bool warns = attempt_warns(r), canary = a->flags & ATTEMPT_CANARY;

	if (canary) {
		if (warns)
			rollup_host(s->rollup, a->host, day, HOST_CANARY, a->count);
		return;
	}
	if (r->daemon == DAEMON_SMTPD && !attempt_on_submission(r) && !is_inside(s, a->client, r->client_ip))
		rollup_host(s->rollup, a->host, day, HOST_OUTSIDE, a->count);
	if (text->listed)
		rollup_listed(s->rollup, names_source(s->names, a->client), day, a->count);
	bool ruled = text->rule && !(a->flags & ATTEMPT_SUSPECT);
	uint32_t domain = ruled && a->sender ? sender_domain(s, a->sender, r->sender) : 0;
	if (a->flags & ATTEMPT_WARNS) {
		rollup_attempt(s->rollup, text->rule, names_source_named(s->names, a->client), domain, day, us,
		               a->count);
		if (ruled)
			rollup_warned(s->rollup, text->rule, a->transaction, a->host, us, a->count);
	}
	if (!ruled)
		return;
	rollup_domain(s->rollup, text->rule, a->host, domain, day, us,
	              warns                   ? RULE_WARNED
	              : attempt_class(r) == 4 ? RULE_DEFERRED
	                                      : RULE_REFUSED,
	              a->count);
	if (warns)
		rollup_text_day(s->rollup, a->text, day, a->count);
}

void store_expect(const struct store *s, const struct names_ahead *a)
{
	names_fetch(s->names, a);
}

static void sink_attempt(void *arg, struct fact_attempt *a)
{
	struct store *s = arg;
	const struct record *r = a->rec;
	int64_t us = r->line->stamp.us;
	uint32_t action;
	struct text_sort sort;

	const struct names_ahead *ahead = r->ahead ? r->ahead : &(const struct names_ahead){0};

	a->client = names_client(s->names, r->client_name, r->client_ip, ahead->client);
	a->sender = slice_is_set(r->sender) ? names_address(s->names, r->sender, ahead->sender) : 0;
	a->recipient = slice_is_set(r->recipient) ? names_address(s->names, r->recipient, ahead->recipient) : 0;
	a->text = names_text(s->names, r, &sort);
	uint32_t line = names_line(s->names, a, &action);
	attempt_insert(s, a, line, names_word(s->names, r->helo, ahead->helo));
	rollup_text(s->rollup, a->text, action, a->count, us);
	attempt_remember(s, a);
	attempt_sums(s, a, &sort, day_of(s, us));
}

/* ------------------------------------------------------------- mail that came in */

static void sink_arrived(void *arg, uint32_t host, int64_t us, const struct ip *ip, bool submission)
{
	struct store *s = arg;
	int32_t day = day_of(s, us);

	rollup_host(s->rollup, host, day, HOST_ACCEPTED, 1);
	if (!submission && !origin_is_inside(s->origin, ip))
		rollup_host(s->rollup, host, day, HOST_OUTSIDE, 1);
}

static void sighting_add(struct store *s, const struct fact_accepted *f, enum sighting_kind kind)
{
	struct sighting seen = {.kind = kind, .host = f->host, .day = day_of(s, f->us), .us = f->us};

	seen.sender = names_fold(s->names, names_address(s->names, f->sender, 0));
	if (kind == SIGHTING_LOGIN)
		seen.login = names_word(s->names, f->username, 0);
	else
		seen.client = names_client(s->names, f->client_name, f->client_ip, 0);
	for (int i = 0; i < FACT_TEXTS && f->text[i]; i++)
		seen.rules |= UINT64_C(1) << names_rule_of_text(s->names, f->text[i]);
	seen.rules &= ~UINT64_C(1); /* texts of no rule */
	rollup_sighting(s->rollup, &seen);
}

/* Most mail tells nothing of a rule and is not kept (sql/schema.sql, sighting). */
static void sink_accepted(void *arg, const struct fact_accepted *f)
{
	struct store *s = arg;
	bool inside = origin_is_inside(s->origin, &f->ip);

	if (origin_is_canary(s->origin, SLICE_NONE, f->sender))
		return;
	if (f->sender.n == 0) {
		if (!inside && !f->submission && !f->login)
			rollup_host(s->rollup, f->host, day_of(s, f->us), HOST_NULL_SENDER, 1);
		return;
	}
	if (names_is_own(s->names, f->sender)) {
		if (!f->login && !f->submission)
			sighting_add(s, f, SIGHTING_OWN);
		else if (f->login && f->submission)
			sighting_add(s, f, SIGHTING_LOGIN);
	} else if (inside && !f->submission && !f->login) {
		sighting_add(s, f, SIGHTING_FOREIGN);
	}
}

/* --------------------------------------------------------- transactions and mails */

static void sink_transaction(void *arg, const struct fact_transaction *t)
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

static struct mail_place mail_place(struct store *s, uint32_t sender, uint32_t client, int64_t day)
{
	return (struct mail_place){.source = client ? names_source_named(s->names, client) : 0,
	                           .domain = sender ? names_domain_of(s->names, sender) : 0,
	                           .sender = sender,
	                           .client = client,
	                           .day = (int32_t)day};
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
		*was = mail_place(s, (uint32_t)sqlite3_column_int64(q, 0), (uint32_t)sqlite3_column_int64(q, 1),
		                  sqlite3_column_int64(q, 2));
		was->first_us = sqlite3_column_int64(q, 3);
		was->last_us = sqlite3_column_int64(q, 4);
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
	const struct told_mail *t = told_find(s->told, m->id);
	struct untelling u = {.was = was, .recipient = -1};

	if (!t || m->into || m->recipients > TOLD_RECIPIENTS)
		return false;
	for (size_t i = 0; i < t->recipients; i++)
		if (!has_recipient(s, m, &t->recipient[i]))
			return false;
	*was = mail_place(s, t->at.sender, t->at.client, t->at.day);
	was->first_us = t->at.first_us;
	was->last_us = t->at.last_us;
	memcpy(was->evidence, t->at.evidence, sizeof was->evidence);
	was->flags = t->at.flags;
	for (size_t i = 0; i < t->recipients; i++)
		recipient_untell(s, &u, t->recipient[i].recipient, t->recipient[i].text,
		                 (enum fate)t->recipient[i].fate);
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

static void sink_mail(void *arg, const struct fact_mail *m)
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
	struct mail_place at = mail_place(s, m->sender, m->client, day_of(s, m->first_us));
	at.first_us = m->first_us;
	at.last_us = m->last_us;
	memcpy(at.evidence, (const uint8_t[]){m->spf, m->dkim, m->dmarc, m->spam}, sizeof at.evidence);
	at.flags = m->flags;
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

/* ---------------------------------------------------------- half-finished state */

static void sink_pending_put(void *arg, int kind, uint64_t key, struct slice state)
{
	unfinished_put(((struct store *)arg)->unfinished, kind, key, state);
}

static void sink_pending_drop(void *arg, int kind, uint64_t key)
{
	unfinished_drop(((struct store *)arg)->unfinished, kind, key);
}

static void load_thing(void *arg, int kind, struct slice state)
{
	tracker_load(arg, kind, state);
}

void store_load_pending(struct store *s, struct tracker *t)
{
	unfinished_load(s->unfinished, load_thing, t);
	tracker_loaded(t);
}

/* ------------------------------------------------------------------------- holes */

void store_hole(struct store *s, uint32_t host, uint32_t gen, int64_t from_us, int64_t to_us, int64_t lines,
                int64_t bytes, const char *cause)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_WRITE_HOLE);
	const int64_t values[] = {host, gen, from_us, to_us, lines, bytes};

	for (int i = 0; i < 6; i++)
		if (values[i] && values[i] != STAMP_NONE)
			sqlite3_bind_int64(q, i + 1, values[i]);
		else
			sqlite3_bind_null(q, i + 1);
	db_bind_slice(q, 7, slice_str(cause));
	sqlite3_bind_int(q, 8, 0);
	db_run(s->db, q);
}

static void sink_hole(void *arg, uint32_t host, int64_t from_us, int64_t to_us, int64_t lines, const char *cause)
{
	store_hole(arg, host, 0, from_us, to_us, lines, 0, cause);
}

void store_find_holes(struct store *s)
{
	db_run(s->db, db_stmt(s->db, SQL_WRITE_HOLES_FORGET));
	db_run(s->db, db_stmt(s->db, SQL_WRITE_HOLES_OVERLAP));
	db_run(s->db, db_stmt(s->db, SQL_WRITE_HOLES_SEAM));
	db_run(s->db, db_stmt(s->db, SQL_WRITE_HOLES_LOST));
}

/* ------------------------------------------------------------------------ account */

void store_count(struct store *s, uint32_t gen, const char *sort, const char *name, int64_t lines)
{
	struct bulk *b = s->counted;

	bulk_row(b);
	bulk_number(b, gen);
	bulk_text(b, slice_str(sort));
	bulk_text(b, slice_str(name));
	bulk_number(b, lines);
}

void store_span(struct store *s, uint32_t gen, struct slice host, int64_t first_us, int64_t last_us, int64_t lines)
{
	struct bulk *b = s->spans;

	bulk_row(b);
	bulk_number(b, gen);
	bulk_number(b, sink_host(s, host));
	bulk_number(b, first_us);
	bulk_number(b, last_us);
	bulk_number(b, lines);
}

void store_sample(struct store *s, uint32_t gen, int64_t off, struct slice bytes, const char *reason, int max)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_QUARANTINE_COUNT);

	sqlite3_bind_int64(q, 1, gen);
	db_bind_slice(q, 2, slice_str(reason));
	int have = db_step(s->db, q) ? sqlite3_column_int(q, 0) : 0;
	sqlite3_reset(q);
	if (have >= max)
		return;
	q = db_stmt(s->db, SQL_WRITE_QUARANTINE);
	sqlite3_bind_int64(q, 1, gen);
	sqlite3_bind_int64(q, 2, off);
	sqlite3_bind_int64(q, 3, (int64_t)bytes.n);
	db_bind_slice(q, 4, slice_str(reason));
	sqlite3_bind_blob(q, 5, bytes.p, (int)(bytes.n < 4096 ? bytes.n : 4096), SQLITE_STATIC);
	db_run(s->db, q);
}

/* ------------------------------------------------------------------------ batches */

/* Who has lost the database to another must not get as far as a row that stands there already. */
static void begin_job(void *arg)
{
	struct store *s = arg;

	db_begin(s->db);
	if (s->epoch)
		owner_check(s->db, s->epoch);
}

void store_begin(struct store *s)
{
	if (s->in_batch)
		return;
	db_later(s->db, begin_job, s);
	s->in_batch = true;
}

bool store_in_batch(const struct store *s)
{
	return s->in_batch;
}

static void bulks_flush(struct store *s)
{
	names_flush(s->names);
	bulk_flush(s->attempts);
	bulk_flush(s->transactions);
	bulk_flush(s->mails);
	bulk_flush(s->recipients);
	bulk_flush(s->counted);
	bulk_flush(s->spans);
	unfinished_flush(s->unfinished);
}

static void commit_job(void *arg)
{
	struct closing *c = arg;

	if (c->g.gen)
		generation_write(c->store->db, &c->g);
	db_commit(c->store->db);
}

void store_commit(struct store *s, struct tracker *t, struct generation *g)
{
	struct closing *c = &s->closing[s->batches++ % 2];

	store_begin(s);
	if (t)
		tracker_flush(t);
	bulks_flush(s);
	rollup_flush(s->rollup);
	db_await(s->db, c->job);
	c->store = s;
	c->g.gen = 0;
	if (g) {
		c->g = *g;
		g->stored = true;
	}
	c->job = db_later(s->db, commit_job, c);
	s->in_batch = false;
}

/* -------------------------------------------------------------------------- birth */

static void key_load(struct store *s)
{
	sqlite3_stmt *q = db_stmt(s->db, SQL_READ_META);

	db_bind_slice(q, 1, SLICE("key"));
	if (db_step(s->db, q) && sqlite3_column_bytes(q, 0) == sizeof s->key) {
		memcpy(s->key, sqlite3_column_blob(q, 0), sizeof s->key);
		sqlite3_reset(q);
		return;
	}
	sqlite3_reset(q);
	if (getrandom(s->key, sizeof s->key, 0) != sizeof s->key)
		msg_die(71, "no random numbers from the system");
	q = db_stmt(s->db, SQL_WRITE_META);
	db_bind_slice(q, 1, SLICE("key"));
	sqlite3_bind_blob(q, 2, s->key, sizeof s->key, SQLITE_STATIC);
	db_run(s->db, q);
	/* days are cut in it, and whoever reads them must cut them alike */
	const char *zone = getenv("TZ");
	q = db_stmt(s->db, SQL_WRITE_META);
	db_bind_slice(q, 1, SLICE("zone"));
	db_bind_slice(q, 2, slice_str(zone ? zone : ""));
	db_run(s->db, q);
}

static void names_begin(struct store *s)
{
	size_t own_n;
	const struct slice *own = origin_own(s->origin, &own_n);

	s->names = names_new(s->db, s->rules, s->origin, own, own_n, s->key);
}

bool store_rederive(struct store *s, struct rederived *out)
{
	if (!rederive(s->db, s->rules, s->origin, out))
		return false;
	names_free(s->names);
	names_begin(s);
	told_forget_all(s->told);
	return true;
}

void store_forget(struct store *s)
{
	rederive_remember(s->db, s->rules, s->origin);
	names_forget(s->names);
	unfinished_forget(s->unfinished);
	told_forget_all(s->told);
	memset(s->side, 0, sizeof s->side);
}

struct store *store_new(struct db *d, struct rules *rules, const struct origin *origin)
{
	struct store *s = xcalloc(1, sizeof *s);

	s->db = d;
	s->rules = rules;
	s->origin = origin;
	s->rollup = rollup_new(d);
	s->attempts = bulk_new(d, SQL_WRITE_ATTEMPT, 12);
	s->transactions = bulk_new(d, SQL_WRITE_TRANSACTION, 5);
	s->mails = bulk_new(d, SQL_WRITE_MAIL, 16);
	s->recipients = bulk_new(d, SQL_WRITE_RECIPIENT, 7);
	s->counted = bulk_new(d, SQL_WRITE_COUNTED, 4);
	s->spans = bulk_new(d, SQL_WRITE_SPAN, 5);
	s->unfinished = unfinished_new(d);
	s->told = told_new();
	s->day_to = INT64_MIN;
	s->day_from = INT64_MAX;
	s->sink = (struct sink){.arg = s,
	                        .host = sink_host,
	                        .address = sink_address,
	                        .client = sink_client,
	                        .attempt = sink_attempt,
	                        .arrived = sink_arrived,
	                        .accepted = sink_accepted,
	                        .transaction = sink_transaction,
	                        .mail = sink_mail,
	                        .pending_put = sink_pending_put,
	                        .pending_drop = sink_pending_drop,
	                        .hole = sink_hole};
	store_begin(s);
	s->epoch = owner_take(d);
	key_load(s);
	names_begin(s);
	store_commit(s, NULL, NULL);
	return s;
}

struct store *store_free(struct store *s)
{
	db_settle(s->db);
	names_free(s->names);
	rollup_free(s->rollup);
	bulk_free(s->attempts);
	bulk_free(s->transactions);
	bulk_free(s->mails);
	bulk_free(s->recipients);
	bulk_free(s->counted);
	bulk_free(s->spans);
	unfinished_free(s->unfinished);
	told_free(s->told);
	free(s);
	return NULL;
}

const struct sink *store_sink(struct store *s)
{
	return &s->sink;
}

const uint64_t *store_key(const struct store *s)
{
	return s->key;
}

bool store_names_rule(struct store *s, struct slice line)
{
	return rules_match(s->rules, line, false) || rules_match(s->rules, line, true);
}

uint64_t store_limit_hits(const struct store *s)
{
	return s->rules->limit_hits;
}
