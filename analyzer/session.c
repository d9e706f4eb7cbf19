/*
 * SMTP sessions, and which lines of one belong to which transaction (grammar 7).
 */
#include "msg.h"
#include "tracker_i.h"

/* ----------------------------------------------------------------- sessions */

/* The name of its row of half-finished state, which must outlive this process, as hosts' numbers do not. */
uint64_t session_name(const struct session *s)
{
	return (uint64_t)s->host->id << 32 | s->pid;
}

static void session_unlink(struct tracker *t, struct session *s)
{
	*(s->older ? &s->older->newer : &t->session_old) = s->newer;
	*(s->newer ? &s->newer->older : &t->session_new) = s->older;
	s->older = s->newer = NULL;
}

static void session_append(struct tracker *t, struct session *s)
{
	s->older = t->session_new;
	*(t->session_new ? &t->session_new->newer : &t->session_old) = s;
	t->session_new = s;
}

/* Its row is to be written anew. */
void session_changed(struct tracker *t, struct session *s)
{
	news_add(&t->session_news, &s->news);
}

void session_touch(struct tracker *t, struct session *s)
{
	s->last_us = t->us;
	session_unlink(t, s);
	session_append(t, s);
	session_changed(t, s);
}

/* What is known of the end, for each queue id that the session was told. */
static void session_leave_messages(struct tracker *t, struct session *s, enum session_end how, int data_ok)
{
	int accepted = 0;
	struct message *next;

	for (struct message *m = s->bound; m; m = m->next_bound)
		accepted += m->accepted || m->refused;
	for (struct message *m = s->bound; m; m = next) {
		next = m->next_bound;
		m->session = NULL;
		m->next_bound = NULL;
		message_session_over(t, m, how == SESSION_ENDED, data_ok >= s->bound_n,
		                     data_ok >= 0 && data_ok <= accepted, s->lost);
	}
	s->bound = NULL;
}

static void session_free(struct tracker *t, struct session *s)
{
	finder_drop(&t->session_by_pid, &s->by_pid);
	session_unlink(t, s);
	news_remove(&t->session_news, &s->news);
	if (s->stored)
		t->sink.pending_drop(t->sink.arg, PENDING_SESSION, session_name(s));
	slab_give(&t->sessions, s);
}

/* data_ok: accepted DATA commands as disconnect counts them, -1 if it does not. */
void session_close(struct tracker *t, struct session *s, enum session_end how, int data_ok)
{
	static const enum tx_end ends[] = {TX_ENDED, TX_LOST, TX_LOST};

	if (s->tx) {
		struct transaction *tx = s->tx;
		s->tx = NULL;
		tx->session = NULL;
		tx_finish(t, tx, ends[how], data_ok > 0 && !s->bound);
	}
	session_leave_messages(t, s, how, data_ok);
	session_free(t, s);
}

bool session_evict_oldest(struct tracker *t)
{
	struct session *s = t->session_old;

	while (s && s->used_by == t->line)
		s = s->newer;
	if (!s)
		return false;
	t->counts.evictions += s->tx && s->tx->mail;
	session_close(t, s, SESSION_LOST, -1);
	return true;
}

static struct session *session_add(struct tracker *t, struct host *h, uint64_t key, uint32_t pid)
{
	struct session *s;

	while (!(s = slab_take(&t->sessions)))
		if (!session_evict_oldest(t))
			msg_bug("no room for a session and none to evict");
	s->used_by = t->line;
	s->by_pid.key = key;
	s->host = h;
	s->pid = pid;
	s->last_us = t->us;
	finder_put(&t->session_by_pid, &s->by_pid);
	session_append(t, s);
	return s;
}

struct session *session_load(struct tracker *t, struct host *h, uint32_t pid)
{
	return session_add(t, h, session_key(h, pid), pid);
}

struct session *session_get(struct tracker *t, struct host *h, uint32_t pid)
{
	struct session *s = session_find(t, h, pid);

	if (!s)
		s = session_add(t, h, session_key(h, pid), pid);
	session_touch(t, s);
	return s;
}

void sessions_of_host_lost(struct tracker *t, const struct host *h)
{
	struct session *next;

	for (struct session *s = t->session_old; s; s = next) {
		next = s->newer;
		if (s->host == h)
			session_close(t, s, SESSION_LOST, -1);
	}
}

/* ------------------------------------------------------------- transactions */

void session_next(struct tracker *t, struct session *s)
{
	struct transaction *tx = s->tx;

	if (!tx)
		return;
	s->tx = NULL;
	tx->session = NULL;
	tx_finish(t, tx, TX_NEXT, false);
}

/* No real mail has so many recipients; what follows counts as another one. */
static void session_cut(struct tracker *t, struct session *s)
{
	struct transaction *tx = s->tx;

	t->counts.evictions += tx->mail != NULL;
	s->tx = NULL;
	tx->session = NULL;
	tx_finish(t, tx, TX_LOST, false);
}

struct transaction *session_begin(struct tracker *t, struct session *s, uint64_t id)
{
	struct transaction *tx = tx_new(t, s->host, id);

	tx->session = s;
	s->tx = tx;
	for (int i = 0; i < FACT_TEXTS && s->wide[i]; i++)
		tx_warn_wide(t, tx, s->wide[i]);
	return tx;
}

bool stage_before_mail(const struct record *rec)
{
	return stage_is(rec, SLICE("CONNECT")) || stage_is(rec, SLICE("HELO")) || stage_is(rec, SLICE("EHLO"));
}

bool stage_after_rcpt(const struct record *rec)
{
	return slice_starts(rec->stage, SLICE("DATA")) || slice_starts(rec->stage, SLICE("BDAT")) ||
	       stage_is(rec, SLICE("END-OF-MESSAGE"));
}

/* Does a line with this id and sender belong to the session's transaction? (grammar 7, rows 2, 3, 5, 6) */
static bool same_transaction(const struct transaction *tx, const struct record *rec, uint64_t sender)
{
	bool has_id = slice_is_set(rec->queue_id);

	if (has_id && tx->queue_id[0])
		return slice_eq(rec->queue_id, slice_str(tx->queue_id));
	if (!has_id && (tx->message || tx->queue_id[0]))
		return false; /* Postfix clears the id when the message is through */
	if (stage_before_mail(rec))
		return !tx->has_sender && !tx->entries;
	if (stage_is(rec, SLICE("MAIL")) && tx->has_sender && tx->entries)
		return false;
	return !tx->has_sender || !slice_is_set(rec->sender) || tx->sender_hash == sender;
}

struct transaction *session_transaction(struct tracker *t, struct session *s, const struct record *rec, uint64_t place)
{
	uint64_t sender = slice_is_set(rec->sender) ? tracker_address(t, rec->sender) : 0;

	/* a client= after refusals only was perhaps another message: now the line says whose the id is */
	if (s->tx && s->tx->message && s->tx->message->tentative && slice_is_set(rec->queue_id)) {
		if (slice_eq(rec->queue_id, slice_str(s->tx->message->queue_id)) && s->tx->sender_hash == sender)
			message_confirm(t, s->tx->message);
		else
			message_detach(t, s->tx->message);
	}
	if (s->tx && !same_transaction(s->tx, rec, sender))
		session_next(t, s);
	if (s->tx && s->tx->entries_n >= RECIPIENTS_MAX(t))
		session_cut(t, s);
	if (!s->tx)
		session_begin(t, s, place);
	struct transaction *tx = s->tx;
	if (slice_is_set(rec->sender) && !tx->has_sender) {
		tx->has_sender = true;
		tx->sender_hash = sender;
	}
	return tx;
}
