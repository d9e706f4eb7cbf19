/*
 * Action lines: which transaction they belong to, and what they do to it
 * (grammar 7, rows 2 to 8 and 14 to 16).
 */
#include "../parsers/shapes.h"
#include "msg.h"
#include "tracker_i.h"

bool attempt_warns(const struct record *rec)
{
	return rec->action == ACTION_WARN || rec->action == ACTION_REJECT_WARNING || rec->action == ACTION_WARNING ||
	       slice_ends(rec->word, SLICE("-warning"));
}

static bool action_refuses(const struct record *rec)
{
	return rec->action == ACTION_REJECT || rec->action == ACTION_MILTER_REJECT ||
	       rec->action == ACTION_PROXY_REJECT || slice_ends(rec->word, SLICE("-reject"));
}

/* 4 or 5; a refusal that names no code (`bare <LF> received`) is answered with 521. */
int attempt_class(const struct record *rec)
{
	if (rec->code)
		return rec->code / 100;
	return slice_is_set(rec->dsn) && rec->dsn.p[0] == '4' ? 4 : 5;
}

bool is_submission(struct slice tag)
{
	if (slice_eq(tag, SLICE("postfix/smtpd"))) /* nearly all are */
		return false;
	if (slice_eq(tag, SLICE("postfix/submission/smtpd"))) /* and of the others */
		return true;
	return slice_find(tag, SLICE("submission")) >= 0 || slice_find(tag, SLICE("smtps")) >= 0;
}

/* Where syslog has cut the service's name off, the words of the login checks still tell. */
bool attempt_on_submission(const struct record *rec)
{
	if (slice_eq(rec->line->tag, SLICE("postfix/smtpd"))) /* nearly all are, and nothing is cut off */
		return false;
	return is_submission(rec->line->tag) ||
	       (slice_chr(rec->line->tag, '/') < 0 && (slice_ends(rec->text, SLICE(": not logged in")) ||
	                                               slice_find(rec->text, SLICE(": not owned by user ")) >= 0));
}

static void attempt_say(struct tracker *t, struct fact_attempt *a)
{
	t->counts.attempts += a->count;
	if (a->rec->flags & RECORD_SUSPECT)
		t->counts.suspect += a->count;
	if (a->rec->flags & RECORD_TRUNCATED)
		t->counts.truncated += a->count;
	a->flags |= (attempt_warns(a->rec) && !(a->flags & ATTEMPT_CANARY) ? ATTEMPT_WARNS : 0u) |
	            (a->rec->flags & RECORD_SUSPECT ? ATTEMPT_SUSPECT : 0u) |
	            (a->rec->flags & RECORD_TRUNCATED ? ATTEMPT_TRUNCATED : 0u);
	t->sink.attempt(t->sink.arg, a);
}

/* What the session tells besides that is not known of it yet: nothing of it decides a fate. */
static uint8_t evidence_of_attempt(struct tracker *t, const struct transaction *tx, const struct record *rec)
{
	uint8_t e = tx->login ? MAIL_LOGIN : 0;

	if (rec->daemon == DAEMON_SMTPD && tls_spoken(t, tx->host, rec->line->pid))
		e |= MAIL_TLS;
	if (!(tx->evidence & MAIL_LISTED) && (attempt_warns(rec) || action_refuses(rec)) &&
	    record_text_is_listed(rec->text))
		e |= MAIL_LISTED;
	return e;
}

static void tx_note(struct tracker *t, struct transaction *tx, const struct record *rec, const struct fact_attempt *a)
{
	if (tx->attempts == 0) {
		tx->client = a->client;
		if (tx->mail &&
		    !tx->mail->client) /* its own client= line was not seen: a check of the content speaks first */
			tx->mail->client = a->client;
		peer_read(rec->client_name, rec->client_ip, &tx->peer);
		tx->submission = attempt_on_submission(rec);
	}
	/* it may return, and then somebody will ask; who was warned as a whole is asked about when delivered */
	if ((action_refuses(rec) && attempt_class(rec) == 4) || (a->flags & ATTEMPT_WIDE))
		peer_org(t, &tx->peer, rec->client_name);
	if (!tx->sender && slice_is_set(rec->sender)) {
		tx->sender = a->sender;
		tx->dirty = true;
	}
	tx->attempts += a->count;
	tx->last_us = t->us;
	tx->login |= (rec->flags & RECORD_LOGIN) != 0;
	tx->evidence |= evidence_of_attempt(t, tx, rec);
	if (tx->mail) {
		struct mail *m = tx->mail;
		m->flags |= tx->evidence;
		m->attempts += a->count;
		m->last_us = t->us > m->last_us ? t->us : m->last_us;
		if (!m->sender)
			m->sender = tx->sender;
		mail_touch(t, m);
	}
}

static void session_warn(struct tracker *t, struct session *s, struct transaction *tx, const struct record *rec,
                         const struct fact_attempt *a, uint64_t address)
{
	if (stage_before_mail(rec))
		texts_add(s->wide, a->text);
	if (!slice_is_set(rec->recipient) || stage_after_rcpt(rec)) {
		tx_warn_wide(t, tx, a->text);
		return;
	}
	struct entry *e = tx_entry(t, tx, address, a->recipient);
	e->place = a->place;
	tx_warn(t, tx, e, a->text);
}

static void session_refuse(struct tracker *t, struct session *s, struct transaction *tx, const struct record *rec,
                           const struct fact_attempt *a, uint64_t address)
{
	int class = attempt_class(rec);
	struct entry *e = NULL;

	if (stage_is(rec, SLICE("RCPT"))) {
		s->refused += a->count;
		/* a cut line has lost its recipient: what was open just before in this session is the one (grammar 7, fact 2) */
		if (slice_is_set(rec->recipient))
			e = tx_entry(t, tx, address, a->recipient);
		else if (tx->last_entry && tx->last_entry->reply == 0)
			e = tx->last_entry;
		if (e) {
			e->place = a->place;
			tx_refuse(t, tx, e, class);
		}
		return;
	}
	if (stage_is(rec, SLICE("MAIL")) || stage_after_rcpt(rec))
		tx_refuse_all(t, tx, class);
}

/* address: the recipient's, if the line names one. */
static void session_act(struct tracker *t, struct session *s, struct transaction *tx, const struct record *rec,
                        const struct fact_attempt *a, uint64_t address)
{
	if (rec->flags & RECORD_SUSPECT)
		return;
	if (attempt_warns(rec))
		session_warn(t, s, tx, rec, a, address);
	else if (action_refuses(rec))
		session_refuse(t, s, tx, rec, a, address);
	else if (rec->action == ACTION_HOLD || rec->action == ACTION_MILTER_HOLD)
		tx->hold = true;
	else if (rec->action == ACTION_DISCARD || rec->action == ACTION_MILTER_DISCARD)
		tx->discard = true;
	if (tx->message && tx->hold)
		message_hold(t, tx->message);
	if (tx->message && tx->discard)
		message_discard(t, tx->message);
}

static bool attempt_is_wide(const struct record *rec)
{
	return !slice_is_set(rec->recipient) || stage_after_rcpt(rec) || rec->daemon == DAEMON_CLEANUP ||
	       rec->daemon == DAEMON_AGENT;
}

/* VRFY, ETRN and the like stand outside any transaction. */
static bool stage_outside(const struct record *rec)
{
	return stage_is(rec, SLICE("VRFY")) || stage_is(rec, SLICE("ETRN"));
}

static void smtpd_attempt(struct tracker *t, struct host *h, struct record *rec, struct fact_attempt *a)
{
	if (stage_outside(rec)) {
		attempt_say(t, a);
		return;
	}
	struct session *s = session_get(t, h, rec->line->pid);
	bool suspect = rec->flags & RECORD_SUSPECT;
	struct transaction *tx = suspect ? s->tx : session_transaction(t, s, rec, a->place);
	uint64_t address = slice_is_set(rec->recipient) ? tracker_address(t, rec->recipient) : 0;

	if (tx) {
		a->transaction = tx->id;
		open_fetch(t, tx->sender_hash, address, 1);
	}
	attempt_say(t, a);
	if (!tx)
		return;
	open_fetch(t, tx->sender_hash, address, 2);
	tx_note(t, tx, rec, a);
	if (slice_is_set(rec->queue_id) && !tx->message && !suspect) {
		/* its client= was of no interest then, or is lost: the line itself says that a recipient was accepted */
		struct queue_name name = queue_name(t, h, rec->queue_id);
		struct message *m = message_find(t, &name);
		if (!m || m->kind != MESSAGE_WATCH)
			m = message_new(t, &name, MESSAGE_MINE, a->place);
		m->kind = MESSAGE_MINE;
		message_bind(t, m, tx);
	}
	session_act(t, s, tx, rec, a, address);
}

/* postscreen refuses before smtpd is asked: a transaction of one line. */
static void screen_attempt(struct tracker *t, struct host *h, struct record *rec, struct fact_attempt *a)
{
	attempt_say(t, a);
	if (!slice_is_set(rec->recipient) || !slice_is_set(rec->sender) || (rec->flags & RECORD_SUSPECT))
		return;
	struct transaction *tx = tx_new(t, h, a->place);
	tx->has_sender = true;
	tx->sender_hash = tracker_address(t, rec->sender);
	tx_note(t, tx, rec, a);
	struct entry *e = tx_entry(t, tx, tracker_address(t, rec->recipient), a->recipient);
	e->place = a->place;
	tx_refuse(t, tx, e, attempt_class(rec));
	tx_finish(t, tx, TX_ENDED, false);
}

/* Lines of cleanup and of milters at the end of the message: the queue id says whose they are. */
static void message_attempt(struct tracker *t, struct host *h, struct record *rec, struct fact_attempt *a)
{
	struct queue_name name = queue_name(t, h, rec->queue_id);
	struct message *m = message_find(t, &name);

	if (!m || !m->tx) {
		if (m && m->kind != MESSAGE_MINE && m->kind != MESSAGE_WATCH) {
			attempt_say(t, a); /* a check behind the content filter: the mail has its story already */
			return;
		}
		if (!m)
			m = message_new(t, &name, MESSAGE_MINE, a->place);
		m->kind = MESSAGE_MINE;
		struct transaction *tx = tx_new(t, h, a->place);
		if (slice_is_set(rec->sender)) {
			tx->has_sender = true;
			tx->sender_hash = tracker_address(t, rec->sender);
		}
		message_bind(t, m, tx);
	}
	if (m->tentative)
		message_confirm(t, m);
	a->transaction = m->tx->id;
	attempt_say(t, a);
	tx_note(t, m->tx, rec, a);
	if (rec->flags & RECORD_SUSPECT)
		return;
	if (attempt_warns(rec))
		tx_warn_wide(t, m->tx, a->text);
	else if (action_refuses(rec))
		tx_refuse_all(t, m->tx, attempt_class(rec));
	else if (rec->action == ACTION_DISCARD || rec->action == ACTION_MILTER_DISCARD ||
	         slice_ends(rec->word, SLICE("-discard")))
		message_discard(t, m);
	else if (rec->action == ACTION_HOLD || rec->action == ACTION_MILTER_HOLD ||
	         slice_ends(rec->word, SLICE("-hold"))) {
		m->tx->hold = true;
		/* a milter at the end of the message has seen all of it; a header check has not */
		if (stage_is(rec, SLICE("END-OF-MESSAGE")))
			m->named = true;
		message_hold(t, m);
		if (m->named && (stage_is(rec, SLICE("END-OF-MESSAGE")) || !m->session))
			message_session_over(t, m, true, true, false, false);
	}
}

void on_attempt(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	struct fact_attempt a = {.place = place, .transaction = place, .rec = rec, .host = h->id};

	if (!shapes_fields(rec))
		return;
	t->client_name = rec->client_name;
	a.count = rec->line->form == LINE_REPEATED || rec->line->form == LINE_LAST_REPEATED ? rec->line->repeated : 1;
	a.flags = attempt_is_wide(rec) ? ATTEMPT_WIDE : 0;
	if (origin_is_canary(t->origin, rec->client_ip, rec->sender)) {
		a.flags |= ATTEMPT_CANARY;
		attempt_say(t, &a);
	} else if (rec->daemon == DAEMON_POSTSCREEN)
		screen_attempt(t, h, rec, &a);
	else if (rec->daemon == DAEMON_CLEANUP || rec->daemon == DAEMON_AGENT ||
	         (slice_is_set(rec->queue_id) && stage_is(rec, SLICE("END-OF-MESSAGE")) &&
	          slice_starts(rec->word, SLICE("milter-"))))
		message_attempt(t, h, rec, &a);
	else
		smtpd_attempt(t, h, rec, &a);
	if (rec->line->form == LINE_LOG)
		remember_attempt(t, h, rec);
}
