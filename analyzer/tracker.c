#include <stdio.h>
#include <stdlib.h>

#include "../parsers/attrs.h"
#include "../parsers/shapes.h"
#include "msg.h"
#include "tracker_i.h"

/* About 35 MiB if all of it were ever in use (performance.md, point 8). */
const struct tracker_limits tracker_limits_default = {
    .sessions = 32768,
    .mails = 65536,
    .transactions = 65536,
    .recipients = 131072,
    .messages = 65536,
    .waits = 131072,
    .opens = 65536,
};

#define HOSTS_MAX 4096

static uint32_t table_mask(uint32_t n)
{
	uint32_t size = 1024;

	while (size < n)
		size *= 2;
	return size - 1;
}

static void tables_new(struct tracker *t)
{
	const struct tracker_limits *l = &t->limits;

	slab_init(&t->sessions, sizeof(struct session), l->sessions);
	slab_init(&t->mails, sizeof(struct mail), l->mails);
	slab_init(&t->txs, sizeof(struct transaction), l->transactions);
	slab_init(&t->entries, sizeof(struct entry), l->recipients);
	slab_init(&t->recipients, sizeof(struct recipient), l->recipients);
	slab_init(&t->messages, sizeof(struct message), l->messages);
	slab_init(&t->waits, sizeof(struct wait), l->waits);
	slab_init(&t->pasts, sizeof(struct past), l->waits);
	slab_init(&t->opens, sizeof(struct open), l->opens);
	t->session_mask = table_mask(l->sessions);
	t->message_mask = table_mask(l->messages);
	t->open_mask = table_mask(l->opens);
	t->session_table = xcalloc(t->session_mask + 1, sizeof *t->session_table);
	t->message_table = xcalloc(t->message_mask + 1, sizeof *t->message_table);
	t->open_table = xcalloc(t->open_mask + 1, sizeof *t->open_table);
	t->open_mail_table = xcalloc(t->open_mask + 1, sizeof *t->open_mail_table);
	t->net_filter = xcalloc(NET_FILTER, sizeof *t->net_filter);
	t->tail_filter = xcalloc(NET_FILTER, sizeof *t->tail_filter);
	t->pair_filter = xcalloc(NET_FILTER, sizeof *t->pair_filter);
	t->org_cache = xcalloc(ORG_CACHE, sizeof *t->org_cache);
	t->host = xcalloc(HOSTS_MAX, sizeof *t->host);
}

struct tracker *tracker_new(const struct sink *sink, const struct origin *origin, const uint64_t key[2],
                            const struct slice *filters, size_t filters_n, const struct tracker_limits *limits)
{
	struct tracker *t = xcalloc(1, sizeof *t);

	t->sink = *sink;
	t->origin = origin;
	t->key[0] = key[0];
	t->key[1] = key[1];
	t->limits = *limits;
	for (size_t i = 0; i < filters_n && i < FILTERS_MAX; i++)
		t->filter[t->filters++] = filters[i];
	t->message_dirty_end = &t->message_dirty;
	t->mail_dirty_end = &t->mail_dirty;
	t->open_dirty_end = &t->open_dirty;
	tables_new(t);
	shapes_init();
	return t;
}

static void texts_free(struct tracker *t)
{
	for (struct mail *m = t->mail_old; m; m = m->newer)
		for (struct transaction *tx = m->txs; tx; tx = tx->next)
			free(tx->message_id);
	for (struct message *m = t->message_old; m; m = m->newer)
		if (m->tx && !m->tx->mail)
			free(m->tx->message_id);
	for (uint32_t i = 0; i < t->hosts; i++) {
		free(t->host[i]->last.bytes);
		free(t->host[i]->name);
		free(t->host[i]);
	}
}

struct tracker *tracker_free(struct tracker *t)
{
	struct slab *pools[] = {&t->sessions, &t->mails, &t->txs,   &t->entries, &t->recipients,
	                        &t->messages, &t->waits, &t->pasts, &t->opens};
	void *tables[] = {t->session_table, t->message_table, t->open_table, t->open_mail_table, t->net_filter,
	                  t->tail_filter,    t->pair_filter, t->org_cache,     t->host,       t->told};

	texts_free(t);
	for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
		slab_release(pools[i]);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		free(tables[i]);
	free(t);
	pending_release();
	return NULL;
}

const struct tracker_counts *tracker_counts(const struct tracker *t)
{
	return &t->counts;
}

/* -------------------------------------------------------- names and numbers */

uint64_t tracker_address(const struct tracker *t, struct slice a)
{
	char buf[2048];
	/* `postmaster` and `<postmaster@x.>` differ on purpose; a trailing dot of the domain does not (design.md 3) */
	struct slice folded = slice_fold(slice_ends(a, SLICE(".")) ? slice_head(a, a.n - 1) : a, buf, sizeof buf);
	uint64_t h = slice_hash(folded, t->key[0], t->key[1]);

	return h ? h : 1; /* 0 stands for "all recipients" */
}

static uint64_t org_hash(struct tracker *t, struct slice name)
{
	char buf[SOURCE_TEXT];
	uint64_t h = slice_hash(name, t->key[0], t->key[1]) | 1;
	size_t slot = (h >> 1) % ORG_CACHE;

	if (t->org_cache[slot].name != h) {
		struct slice org = origin_org(t->origin, name, buf, sizeof buf);
		t->org_cache[slot].name = h;
		t->org_cache[slot].org = org.n ? slice_hash(org, t->key[1], t->key[0]) | 1 : 0;
	}
	return t->org_cache[slot].org;
}

/* The last two labels, any case: equal for all names of one organisational domain. */
static uint64_t tail_hash(struct slice name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	int dots = 0;

	if (name.n == 0 || slice_eq(name, SLICE("unknown")))
		return 0;
	if (name.p[name.n - 1] == '.')
		name.n--;
	for (size_t i = name.n; i-- > 0;) {
		unsigned char c = (unsigned char)name.p[i];
		if (c == '.' && ++dots == 2)
			break;
		h = (h ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c)) * UINT64_C(0x100000001b3);
	}
	return h | 1;
}

void peer_read(struct slice name, struct slice ip, struct peer *out)
{
	memset(out, 0, sizeof *out);
	out->tail = tail_hash(name);
	out->has_ip = ip_parse(ip, &out->ip);
	if (!out->has_ip)
		return;
	const uint8_t *b = out->ip.b;
	bool v4 = ip_is_v4(&out->ip);
	for (int i = v4 ? 12 : 0; i < (v4 ? 15 : 8); i++)
		out->net = out->net << 8 | b[i];
	out->net |= v4 ? UINT64_C(1) << 32 : 0;
	out->loopback = v4 ? b[12] == 127 : ip_is_loopback(&out->ip);
}

/* name: the client's, of which p was read. */
void peer_org(struct tracker *t, struct peer *p, struct slice name)
{
	if (!p->org && p->tail && name.n)
		p->org = org_hash(t, name);
}

struct host *tracker_host(struct tracker *t, struct slice name)
{
	struct host *h = t->last_host;

	if (h && slice_eq(slice_of(h->name, h->name_n), name))
		return h;
	name.n = name.n ? strnlen(name.p, name.n) : 0; /* damage: what we keep ends at a NUL */
	for (uint32_t i = 0; i < t->hosts; i++)
		if (slice_eq(slice_of(t->host[i]->name, t->host[i]->name_n), name))
			return t->last_host = t->host[i];
	if (t->hosts == HOSTS_MAX) /* forged names: all the rest share the last one */
		return t->last_host = t->host[HOSTS_MAX - 1];
	h = xcalloc(1, sizeof *h);
	h->name = xstrndup(name.n ? name.p : "", name.n);
	h->name_n = strlen(h->name);
	h->number = t->hosts;
	h->loss_us = h->now_us = STAMP_NONE;
	h->due_us = INT64_MAX;
	h->id = t->sink.host(t->sink.arg, name);
	t->host[t->hosts++] = h;
	return t->last_host = h;
}

bool texts_add(uint32_t text[FACT_TEXTS], uint32_t id)
{
	for (int i = 0; i < FACT_TEXTS; i++) {
		if (text[i] == id)
			return true;
		if (text[i] == 0) {
			text[i] = id;
			return true;
		}
	}
	return false;
}

/* ----------------------------------------------------------------- sessions */

/* One process serves one client at a time, and pids are unique on a host while they live. */
static uint64_t session_key(const struct host *h, uint32_t pid)
{
	return ((uint64_t)h->number << 32 | pid) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The name of its row of half-finished state, which must outlive this process, as hosts' numbers do not. */
static uint64_t session_name(const struct session *s)
{
	return (uint64_t)s->host->id << 32 | s->pid;
}

static struct session **session_slot(struct tracker *t, uint64_t key)
{
	return &t->session_table[(key >> 32) & t->session_mask];
}

static struct session *session_find(struct tracker *t, const struct host *h, uint32_t pid)
{
	uint64_t key = session_key(h, pid);

	for (struct session *s = *session_slot(t, key); s; s = s->chain)
		if (s->key == key) {
			s->used_by = t->line;
			return s;
		}
	return NULL;
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
	if (s->dirty)
		return;
	s->dirty = true;
	s->next_dirty = t->session_dirty;
	t->session_dirty = s;
}

void session_touch(struct tracker *t, struct session *s)
{
	s->last_us = t->us;
	session_unlink(t, s);
	session_append(t, s);
	session_changed(t, s);
}

enum session_end { SESSION_ENDED, SESSION_SUPERSEDED, SESSION_LOST };

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
		message_session_over(t, m, how == SESSION_ENDED, data_ok >= s->bound_n, data_ok >= 0 && data_ok <= accepted,
		                     s->lost);
	}
	s->bound = NULL;
}

static void session_free(struct tracker *t, struct session *s)
{
	struct session **at = session_slot(t, s->key);

	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	session_unlink(t, s);
	if (s->dirty) {
		struct session **d = &t->session_dirty;
		while (*d != s)
			d = &(*d)->next_dirty;
		*d = s->next_dirty;
	}
	if (s->stored)
		t->sink.pending_drop(t->sink.arg, PENDING_SESSION, session_name(s));
	slab_give(&t->sessions, s);
}

/* data_ok: accepted DATA commands as disconnect counts them, -1 if it does not. */
static void session_close(struct tracker *t, struct session *s, enum session_end how, int data_ok)
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
	s->key = key;
	s->host = h;
	s->pid = pid;
	s->last_us = t->us;
	s->chain = *session_slot(t, key);
	*session_slot(t, key) = s;
	session_append(t, s);
	return s;
}

struct session *session_load(struct tracker *t, struct host *h, uint32_t pid)
{
	return session_add(t, h, session_key(h, pid), pid);
}

static struct session *session_get(struct tracker *t, struct host *h, uint32_t pid)
{
	struct session *s = session_find(t, h, pid);

	if (!s)
		s = session_add(t, h, session_key(h, pid), pid);
	session_touch(t, s);
	return s;
}

static void sessions_of_host_lost(struct tracker *t, const struct host *h)
{
	struct session *next;

	for (struct session *s = t->session_old; s; s = next) {
		next = s->newer;
		if (s->host == h)
			session_close(t, s, SESSION_LOST, -1);
	}
}

/* ------------------------------------------------------------- transactions */

static void session_next(struct tracker *t, struct session *s)
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

static struct transaction *session_begin(struct tracker *t, struct session *s, uint64_t id)
{
	struct transaction *tx = tx_new(t, s->host, id);

	tx->session = s;
	s->tx = tx;
	for (int i = 0; i < FACT_TEXTS && s->wide[i]; i++)
		tx_warn_wide(t, tx, s->wide[i]);
	return tx;
}

static bool stage_is(const struct record *rec, struct slice stage)
{
	return slice_eq(rec->stage, stage);
}

static bool stage_before_mail(const struct record *rec)
{
	return stage_is(rec, SLICE("CONNECT")) || stage_is(rec, SLICE("HELO")) || stage_is(rec, SLICE("EHLO"));
}

static bool stage_after_rcpt(const struct record *rec)
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

static struct transaction *session_transaction(struct tracker *t, struct session *s, const struct record *rec,
                                               uint64_t place)
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

/* ----------------------------------------------------------------- attempts */

static bool action_warns(const struct record *rec)
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
static int reply_class(const struct record *rec)
{
	if (rec->code)
		return rec->code / 100;
	return slice_is_set(rec->dsn) && rec->dsn.p[0] == '4' ? 4 : 5;
}

static bool is_submission(struct slice tag)
{
	return slice_find(tag, SLICE("submission")) >= 0 || slice_find(tag, SLICE("smtps")) >= 0;
}

/* Where syslog has cut the service's name off, the words of the login checks still tell. */
static bool sounds_like_submission(const struct record *rec)
{
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
	a->flags |= (action_warns(a->rec) ? ATTEMPT_WARNS : 0u) |
	            (a->rec->flags & RECORD_SUSPECT ? ATTEMPT_SUSPECT : 0u) |
	            (a->rec->flags & RECORD_TRUNCATED ? ATTEMPT_TRUNCATED : 0u);
	t->sink.attempt(t->sink.arg, a);
}

static void tx_note(struct tracker *t, struct transaction *tx, const struct record *rec, const struct fact_attempt *a)
{
	if (tx->attempts == 0) {
		tx->client = a->client;
		peer_read(rec->client_name, rec->client_ip, &tx->peer);
		tx->submission = sounds_like_submission(rec);
	}
	if (action_refuses(rec) && reply_class(rec) == 4) /* it may return, and then somebody will ask */
		peer_org(t, &tx->peer, rec->client_name);
	if (!tx->sender && slice_is_set(rec->sender)) {
		tx->sender = a->sender;
		tx->dirty = true;
	}
	tx->attempts += a->count;
	tx->last_us = t->us;
	tx->login |= (rec->flags & RECORD_LOGIN) != 0;
	if (tx->mail) {
		struct mail *m = tx->mail;
		m->attempts += a->count;
		m->last_us = t->us > m->last_us ? t->us : m->last_us;
		if (!m->sender)
			m->sender = tx->sender;
		mail_touch(t, m);
	}
}

static void session_warn(struct tracker *t, struct session *s, struct transaction *tx, const struct record *rec,
                         const struct fact_attempt *a)
{
	if (stage_before_mail(rec))
		texts_add(s->wide, a->text);
	if (!slice_is_set(rec->recipient) || stage_after_rcpt(rec)) {
		tx_warn_wide(t, tx, a->text);
		return;
	}
	struct entry *e = tx_entry(t, tx, tracker_address(t, rec->recipient), a->recipient);
	e->place = a->place;
	tx_warn(t, tx, e, a->text);
}

static void session_refuse(struct tracker *t, struct session *s, struct transaction *tx, const struct record *rec,
                           const struct fact_attempt *a)
{
	int class = reply_class(rec);
	struct entry *e = NULL;

	if (stage_is(rec, SLICE("RCPT"))) {
		s->refused += a->count;
		/* a cut line has lost its recipient: what was open just before in this session is the one (grammar 7, fact 2) */
		if (slice_is_set(rec->recipient))
			e = tx_entry(t, tx, tracker_address(t, rec->recipient), a->recipient);
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

static void session_act(struct tracker *t, struct session *s, struct transaction *tx, const struct record *rec,
                        const struct fact_attempt *a)
{
	if (rec->flags & RECORD_SUSPECT)
		return;
	if (action_warns(rec))
		session_warn(t, s, tx, rec, a);
	else if (action_refuses(rec))
		session_refuse(t, s, tx, rec, a);
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

	if (tx)
		a->transaction = tx->id;
	attempt_say(t, a);
	if (!tx)
		return;
	tx_note(t, tx, rec, a);
	if (slice_is_set(rec->queue_id) && !tx->message && !suspect) {
		/* its client= was of no interest then, or is lost: the line itself says that a recipient was accepted */
		struct message *m = message_find(t, h, rec->queue_id);
		if (!m || m->kind != MESSAGE_WATCH)
			m = message_new(t, h, rec->queue_id, MESSAGE_MINE, a->place);
		m->kind = MESSAGE_MINE;
		message_bind(t, m, tx);
	}
	session_act(t, s, tx, rec, a);
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
	tx_refuse(t, tx, e, reply_class(rec));
	tx_finish(t, tx, TX_ENDED, false);
}

/* Lines of cleanup and of milters at the end of the message: the queue id says whose they are. */
static void message_attempt(struct tracker *t, struct host *h, struct record *rec, struct fact_attempt *a)
{
	struct message *m = message_find(t, h, rec->queue_id);

	if (!m || !m->tx) {
		if (m && m->kind != MESSAGE_MINE && m->kind != MESSAGE_WATCH) {
			attempt_say(t, a); /* a check behind the content filter: the mail has its story already */
			return;
		}
		if (!m)
			m = message_new(t, h, rec->queue_id, MESSAGE_MINE, a->place);
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
	if (action_warns(rec))
		tx_warn_wide(t, m->tx, a->text);
	else if (action_refuses(rec))
		tx_refuse_all(t, m->tx, reply_class(rec));
	else if (rec->action == ACTION_DISCARD || rec->action == ACTION_MILTER_DISCARD ||
	         slice_ends(rec->word, SLICE("-discard")))
		message_discard(t, m);
	else if (rec->action == ACTION_HOLD || rec->action == ACTION_MILTER_HOLD || slice_ends(rec->word, SLICE("-hold"))) {
		m->tx->hold = true;
		/* a milter at the end of the message has seen all of it; a header check has not */
		if (stage_is(rec, SLICE("END-OF-MESSAGE")))
			m->named = true;
		message_hold(t, m);
		if (m->named && (stage_is(rec, SLICE("END-OF-MESSAGE")) || !m->session))
			message_session_over(t, m, true, true, false, false);
	}
}

#define REMEMBER_MAX 4096 /* Postfix cuts its lines at 2000 bytes */
static void remember_attempt(struct tracker *t, struct host *h, const struct record *rec);

static void on_attempt(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	struct fact_attempt a = {.place = place, .transaction = place, .rec = rec, .host = h->id};

	if (!shapes_fields(rec))
		return;
	t->client_name = rec->client_name;
	a.count = rec->line->form == LINE_REPEATED || rec->line->form == LINE_LAST_REPEATED ? rec->line->repeated : 1;
	a.flags = attempt_is_wide(rec) ? ATTEMPT_WIDE : 0;
	if (rec->daemon == DAEMON_POSTSCREEN)
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

/* --------------------------------------------------------------- other lines */

static bool own_side(struct tracker *t, const struct record *rec, const struct peer *peer)
{
	ptrdiff_t dot = slice_chr(rec->client_name, '.');
	struct slice label = dot > 0 ? slice_head(rec->client_name, (size_t)dot) : rec->client_name;

	if (peer->loopback)
		return true;
	for (uint32_t i = 0; i < t->hosts && t->hosts > 1; i++) {
		struct slice name = slice_str(t->host[i]->name);
		ptrdiff_t d = slice_chr(name, '.');
		if (slice_eq_fold(label, d > 0 ? slice_head(name, (size_t)d) : name))
			return true;
	}
	return false;
}

static void client_of_session(struct tracker *t, struct session *s, struct record *rec, uint64_t place)
{
	session_touch(t, s);
	if (s->tx && s->tx->message)
		session_next(t, s);
	if (!slice_is_set(rec->queue_id)) { /* before-queue proxy: NOQUEUE for ever */
		if (s->tx)
			s->tx->proxied = true;
		return;
	}
	if (!s->tx && s->wide[0])
		session_begin(t, s, place);
	if (!s->tx)
		return;
	s->tx->login |= (rec->flags & RECORD_LOGIN) != 0;
	message_bind(t, message_new(t, s->host, rec->queue_id, MESSAGE_MINE, place), s->tx);
}

/* `client=` of a session that we know nothing of: from our own side, or where a refused try may return from? */
static void client_alone(struct tracker *t, struct host *h, struct record *rec, uint64_t place, const struct peer *peer)
{
	struct message *first =
	    slice_is_set(rec->orig_queue_id) ? message_find(t, h, rec->orig_queue_id) : NULL;
	struct message *m = message_find(t, h, rec->queue_id);

	if (m && m->kind == MESSAGE_HOP && m->first == 0) { /* named before its own first line */
		m->first = place;
		message_touch(t, m);
		if (first)
			message_hop(t, first, m);
	} else if (first) {
		m = message_new(t, h, rec->queue_id, MESSAGE_HOP, place);
		message_hop(t, first, m);
	} else if (own_side(t, rec, peer)) {
		m = message_new(t, h, rec->queue_id, MESSAGE_CANDIDATE, place);
		message_timer(t, m, TIMER_LINGER);
	} else if (!(rec->flags & RECORD_LOGIN) && !is_submission(rec->line->tag) && open_may_return(t, peer)) {
		m = message_new(t, h, rec->queue_id, MESSAGE_WATCH, place);
		m->peer = *peer;
		snprintf(m->client_name, sizeof m->client_name, "%.*s", (int)rec->client_name.n, rec->client_name.p);
		snprintf(m->client_ip, sizeof m->client_ip, "%.*s", (int)rec->client_ip.n, rec->client_ip.p);
		message_timer(t, m, TIMER_ABORT);
	}
}

static void on_client(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	struct peer peer;

	if (!shapes_fields(rec))
		return;
	peer_read(rec->client_name, rec->client_ip, &peer);
	t->client_name = rec->client_name;
	if (!peer.loopback)
		t->counts.accepted++;
	struct session *s = session_find(t, h, rec->line->pid);
	if (s && (s->tx || s->wide[0]) && !slice_is_set(rec->orig_queue_id)) {
		client_of_session(t, s, rec, place);
		if (s->tx || !slice_is_set(rec->queue_id))
			return;
	}
	if (slice_is_set(rec->queue_id))
		client_alone(t, h, rec, place, &peer);
}

static void on_disconnect(struct tracker *t, struct host *h, struct record *rec)
{
	struct session *s = session_find(t, h, rec->line->pid);

	if (!shapes_fields(rec))
		return;
	if (rec->rcpt_all >= 0 && rec->daemon == DAEMON_SMTPD) {
		t->counts.sessions_checked++;
		if ((uint32_t)(rec->rcpt_all - rec->rcpt_ok) != (s ? s->refused : 0))
			t->counts.sessions_differ++;
	}
	if (s)
		session_close(t, s, SESSION_ENDED, rec->data_ok);
}

static void on_proxy_accept(struct tracker *t, struct host *h, struct record *rec)
{
	struct session *s = session_find(t, h, rec->line->pid);

	if (!s || !s->tx || !shapes_fields(rec) || !slice_is_set(rec->queued_as))
		return;
	session_touch(t, s);
	if (rec->queued_as.n < QUEUE_ID_MAX)
		memcpy(s->tx->queue_id, rec->queued_as.p, rec->queued_as.n);
	s->tx->dirty = true;
	for (struct entry *e = s->tx->entries; e; e = e->next) {
		if (e->reply)
			continue;
		e->reply = 2;
		if (e->r)
			wait_link(t, h, rec->queued_as, e->r, e->address);
	}
	if (s->tx->mail)
		mail_touch(t, s->tx->mail);
}

static void on_lost(struct tracker *t, struct host *h, struct record *rec)
{
	struct session *s = session_find(t, h, rec->line->pid);

	if (!s || !shapes_fields(rec))
		return;
	session_touch(t, s);
	/* grammar 7 row 11: after these the mail was answered before */
	if (!stage_is(rec, SLICE("END-OF-MESSAGE")) && !stage_is(rec, SLICE("RSET")) && !stage_is(rec, SLICE("QUIT")) &&
	    !stage_is(rec, SLICE("NOOP")))
		s->lost = true;
}

static void on_crash(struct tracker *t, struct host *h, struct record *rec)
{
	struct slice digits;
	uint64_t pid = rec->line->pid;

	if (rec->daemon == DAEMON_MASTER) {
		if (!shapes_fields(rec))
			return;
		digits = rec->detail;
		if (!slice_number(&digits, UINT32_MAX, &pid))
			return;
	}
	struct session *s = session_find(t, h, (uint32_t)pid);
	if (s)
		session_close(t, s, SESSION_LOST, -1);
}

static void on_loss(struct tracker *t, struct host *h, const struct record *rec)
{
	h->loss_us = t->us;
	h->dirty = true;
	t->sink.hole(t->sink.arg, h->id, t->us, t->us, rec->line->repeated, "syslog lost lines");
}

static void on_spf(struct tracker *t, struct record *rec)
{
	if (!shapes_fields(rec) || !slice_is_set(rec->sender) || (rec->flags & RECORD_SUSPECT))
		return;
	struct spf_seen *seen = &t->spf[t->spf_next % SPF_RING];
	if (!ip_parse(rec->client_ip, &seen->ip))
		return;
	struct slice sender = slice_eq(rec->sender, SLICE("<>")) ? SLICE("") : rec->sender;
	seen->sender = tracker_address(t, sender);
	seen->us = t->us;
	seen->result = (uint8_t)evidence_of(rec->result);
	t->spf_next++;
	t->spf_dirty = true;
}

static void on_evidence(struct tracker *t, struct message *m, struct record *rec)
{
	if (!m->tx || !m->tx->mail || !shapes_fields(rec) || !slice_is_set(rec->category))
		return;
	struct mail *mail = m->tx->mail;
	evidence_note(t, mail, rec->kind == RECORD_DKIM ? &mail->dkim : &mail->dmarc, evidence_of(rec->category));
}

/* Reading the whole line is dear, and most of amavis' lines are about mails that nobody asked about. */
static bool amavis_of_interest(struct tracker *t, const struct host *h, const struct record *rec)
{
	struct slice rest = rec->line->text, id;
	ptrdiff_t at;

	while ((at = slice_find(rest, SLICE("Queue-ID: "))) >= 0) {
		rest = slice_from(rest, (size_t)at + 10);
		struct slice s = rest;
		if (shapes_queue_id(&s, &id) && message_find(t, h, id))
			return true;
	}
	return false;
}

static void on_amavis(struct tracker *t, struct host *h, struct record *rec)
{
	if (!amavis_of_interest(t, h, rec))
		return;
	if (!shapes_fields(rec) || !slice_is_set(rec->queue_id) || (rec->flags & RECORD_SUSPECT))
		return;
	struct message *m = message_find(t, h, rec->queue_id);
	if (m)
		message_amavis(t, m, rec);
}

static void on_message(struct tracker *t, struct message *m, struct record *rec)
{
	if (!shapes_fields(rec))
		return;
	message_touch(t, m);
	switch (rec->kind) {
	case RECORD_MESSAGE_ID:
		m->named = true;
		if (m->tx && !m->tx->message_id && rec->message_id.n < 1000) {
			m->tx->message_id = xstrndup(rec->message_id.p, rec->message_id.n);
			m->tx->dirty = true;
			if (m->tx->mail)
				mail_touch(t, m->tx->mail);
		}
		break;
	case RECORD_QUEUED: message_queued(t, m, rec); break;
	case RECORD_DELIVERY: message_delivery(t, m, rec); break;
	case RECORD_EXPIRED: message_expired(t, m); break;
	case RECORD_REMOVED: message_removed(t, m, rec); break;
	case RECORD_HELD: message_put_on_hold(t, m); break;
	case RECORD_RELEASED: m->held = false; break;
	default: break;
	}
}

/* ------------------------------------------------------------------ the feed */

static void remember_attempt(struct tracker *t, struct host *h, const struct record *rec)
{
	const struct line *l = rec->line;
	size_t n = l->tag.n + l->text.n;

	if (n > REMEMBER_MAX)
		return;
	h->last.bytes = xrealloc(h->last.bytes, n + 1);
	if (l->tag.n)
		memcpy(h->last.bytes, l->tag.p, l->tag.n);
	memcpy(h->last.bytes + l->tag.n, l->text.p, l->text.n);
	h->last.tag_n = (uint32_t)l->tag.n;
	h->last.n = (uint32_t)n;
	h->last.pid = l->pid;
	h->last.flags = l->flags;
	h->dirty = true;
	t->remembered++;
}

static void forget_attempt(struct tracker *t, struct host *h)
{
	if (h->last.n == 0)
		return;
	h->last.n = 0;
	h->dirty = true;
	t->remembered--;
}

/* Lines that are of no interest come between, too. */
static void forget_attempt_of(struct tracker *t, struct slice host)
{
	for (uint32_t i = 0; i < t->hosts; i++)
		if (slice_eq(slice_str(t->host[i]->name), host))
			forget_attempt(t, t->host[i]);
}

/* `last message repeated N times`: the host's line before happened again; only attempts are worth it. */
static void on_repeat(struct tracker *t, struct host *h, const struct record *rec, uint64_t place)
{
	struct line line = *rec->line;
	struct record again;

	if (h->last.n == 0)
		return;
	line.tag = slice_of(h->last.bytes, h->last.tag_n);
	line.text = slice_of(h->last.bytes + h->last.tag_n, h->last.n - h->last.tag_n);
	line.pid = h->last.pid;
	line.flags = h->last.flags;
	struct line as_log = line;
	as_log.form = LINE_LOG;
	shapes_parse(&as_log, &again);
	again.line = &line;
	if (again.kind == RECORD_ATTEMPT)
		on_attempt(t, h, &again, place);
}

static void feed_keyed(struct tracker *t, struct host *h, struct record *rec)
{
	struct message *m = slice_is_set(rec->queue_id) ? message_find(t, h, rec->queue_id) : NULL;

	if (!m)
		return;
	if (rec->kind == RECORD_DKIM || rec->kind == RECORD_DMARC)
		on_evidence(t, m, rec);
	else
		on_message(t, m, rec);
}

static void feed_kind(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	struct session *s;

	switch (rec->kind) {
	case RECORD_CONNECT:
		if ((s = session_find(t, h, rec->line->pid)))
			session_close(t, s, SESSION_SUPERSEDED, -1);
		break;
	case RECORD_DISCONNECT: on_disconnect(t, h, rec); break;
	case RECORD_ATTEMPT: on_attempt(t, h, rec, place); break;
	case RECORD_CLIENT: on_client(t, h, rec, place); break;
	case RECORD_LOST_CONNECTION: on_lost(t, h, rec); break;
	case RECORD_PROXY_ACCEPT: on_proxy_accept(t, h, rec); break;
	case RECORD_CRASH: on_crash(t, h, rec); break;
	case RECORD_RESTART: sessions_of_host_lost(t, h); break;
	case RECORD_LOSS: on_loss(t, h, rec); break;
	case RECORD_REPEAT: on_repeat(t, h, rec, place); break;
	case RECORD_SPF: on_spf(t, rec); break;
	case RECORD_AMAVIS: on_amavis(t, h, rec); break;
	case RECORD_DKIM:
	case RECORD_DMARC:
		if (!slice_is_set(rec->queue_id) && !shapes_fields(rec))
			break;
		feed_keyed(t, h, rec);
		break;
	case RECORD_PICKUP: {
		struct message *m = message_find(t, h, rec->queue_id);
		if (m)
			message_free(t, m); /* a new file with an old name */
		break;
	}
	case RECORD_MESSAGE_ID:
	case RECORD_QUEUED:
	case RECORD_DELIVERY:
	case RECORD_EXPIRED:
	case RECORD_REMOVED:
	case RECORD_HELD:
	case RECORD_RELEASED: feed_keyed(t, h, rec); break;
	default: break;
	}
}

/* Sessions without a line for an hour are over, whatever the log says of them (grammar 7, pid reuse). */
static void sessions_expire(struct tracker *t)
{
	while (t->session_old && t->session_old->last_us < t->us - SESSION_IDLE)
		session_close(t, t->session_old, SESSION_LOST, -1);
}

/* What is due after hours and days is looked for once a minute of the log. */
static void sweep(struct tracker *t)
{
	t->sweep_us = t->us + SWEEP_EVERY;
	open_expire(t, t->us);
	messages_expire(t);
}

/* The others tell nothing of a mail's way; not even the time is taken from them, so that they cost nothing. */
static const bool kind_matters[RECORD_KIND_COUNT] = {
    [RECORD_ATTEMPT] = true,  [RECORD_CONNECT] = true, [RECORD_DISCONNECT] = true, [RECORD_CLIENT] = true,
    [RECORD_PICKUP] = true,   [RECORD_QUEUED] = true,  [RECORD_DELIVERY] = true,   [RECORD_LOST_CONNECTION] = true,
    [RECORD_EXPIRED] = true,  [RECORD_REMOVED] = true, [RECORD_MESSAGE_ID] = true, [RECORD_PROXY_ACCEPT] = true,
    [RECORD_HELD] = true,     [RECORD_CRASH] = true,   [RECORD_RELEASED] = true,   [RECORD_RESTART] = true,
    [RECORD_AMAVIS] = true,   [RECORD_SPF] = true,     [RECORD_DKIM] = true,       [RECORD_DMARC] = true,
    [RECORD_LOSS] = true,     [RECORD_REPEAT] = true,
};

void tracker_feed(struct tracker *t, struct record *rec, uint64_t place)
{
	const struct line *line = rec->line;

	if (!kind_matters[rec->kind]) {
		if (t->remembered)
			forget_attempt_of(t, line->host);
		return;
	}
	struct host *h = tracker_host(t, line->host);
	if (rec->kind != RECORD_REPEAT)
		forget_attempt(t, h);
	if (line->stamp.us != STAMP_NONE) {
		t->us = line->stamp.us;
		t->digits = line->stamp.digits;
		h->now_us = t->us;
		if (t->us >= h->due_us)
			host_timers(t, h);
		if (t->session_old && t->session_old->last_us < t->us - SESSION_IDLE)
			sessions_expire(t);
		if (t->us >= t->sweep_us || t->us < t->sweep_us - 2 * SWEEP_EVERY)
			sweep(t);
	}
	t->line++; /* what the timers have touched is not in use any more */
	if (t->giant)
		mail_evict(t, t->giant);
	feed_kind(t, h, rec, place);
}

void tracker_stream(struct tracker *t)
{
	for (uint32_t i = 0; i < t->hosts; i++) {
		t->host[i]->now_us = STAMP_NONE;
		forget_attempt(t, t->host[i]);
	}
}

/* ------------------------------------------------------------------- commit */

static void sessions_flush(struct tracker *t)
{
	for (struct session *s = t->session_dirty, *next; s; s = next) {
		next = s->next_dirty;
		s->dirty = false;
		s->stored = true;
		t->sink.pending_put(t->sink.arg, PENDING_SESSION, session_name(s), pending_session(s));
	}
	t->session_dirty = NULL;
}

static void messages_flush(struct tracker *t)
{
	for (struct message *m = t->message_dirty, *next; m; m = next) {
		next = m->next_dirty;
		m->dirty = false;
		if (m->gone) {
			slab_give(&t->messages, m);
			continue;
		}
		m->stored = true;
		t->sink.pending_put(t->sink.arg, PENDING_MESSAGE, message_name(m), pending_message(m));
	}
	t->message_dirty = NULL;
	t->message_dirty_end = &t->message_dirty;
}

void tracker_flush(struct tracker *t)
{
	for (uint32_t i = 0; i < t->hosts; i++)
		if (t->host[i]->dirty) {
			t->host[i]->dirty = false;
			t->sink.pending_put(t->sink.arg, PENDING_HOST, t->host[i]->id, pending_host(t->host[i]));
		}
	if (t->spf_dirty)
		t->sink.pending_put(t->sink.arg, PENDING_SPF, 0, pending_spf(t));
	t->spf_dirty = false;
	mails_flush(t);
	messages_flush(t);
	sessions_flush(t);
	opens_flush(t);
}

void tracker_abandon(struct tracker *t)
{
	while (t->session_old)
		session_close(t, t->session_old, SESSION_LOST, -1);
	/* whether these came back stands in a log that was read before: nobody can tell now */
	for (struct open *o = t->open_old; o; o = o->newer)
		if (o->r && t->us - o->last_try_us <= RETURN_WITHIN)
			recipient_fate(t, o->r, FATE_UNKNOWN);
	tracker_flush(t);
}
