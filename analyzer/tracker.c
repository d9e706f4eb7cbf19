#include <stdio.h>
#include <stdlib.h>

#include "../parsers/shapes.h"
#include "large.h"
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
    .arrivals = 8192,
};

static void *table_at(char **at, size_t n, size_t size)
{
	void *table = *at;

	*at += n * size;
	return table;
}

/* Tables in which each look goes somewhere else. */
static void large_tables_new(struct tracker *t)
{
	const size_t tls = (size_t)1 << TLS_BITS, nets = (size_t)1 << NET_FILTER_BITS,
		     pairs = (size_t)1 << PAIR_FILTER_BITS, opens = finder_bytes(t->limits.opens);
	size_t n = 2 * opens + ORG_CACHE * sizeof *t->org_cache + tls * sizeof *t->tls + 2 * nets + pairs;
	char *at = large_new(n, &t->large);

	large_pages(at, n);
	finder_init_at(&t->open_by_address, t->opens.base, t->limits.opens, table_at(&at, 1, opens));
	finder_init_at(&t->open_by_mail, t->opens.base, t->limits.opens, table_at(&at, 1, opens));
	t->org_cache = table_at(&at, ORG_CACHE, sizeof *t->org_cache);
	t->tls = table_at(&at, tls, sizeof *t->tls);
	t->net_filter = table_at(&at, nets, sizeof *t->net_filter);
	t->tail_filter = table_at(&at, nets, sizeof *t->tail_filter);
	t->pair_filter = table_at(&at, pairs, sizeof *t->pair_filter);
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
	slab_init(&t->arrivals, sizeof(struct arrival), l->arrivals);
	finder_init(&t->session_by_pid, t->sessions.base, l->sessions);
	finder_init(&t->message_by_id, t->messages.base, l->messages);
	finder_init(&t->arrival_by_id, t->arrivals.base, l->arrivals);
	large_tables_new(t);
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
	news_init(&t->session_news);
	news_init(&t->message_news);
	news_init(&t->mail_news);
	news_init(&t->open_news);
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
	                        &t->messages, &t->waits, &t->pasts, &t->opens,   &t->arrivals};
	struct finder *finders[] = {&t->session_by_pid, &t->message_by_id, &t->open_by_address, &t->open_by_mail,
	                            &t->arrival_by_id};
	void *tables[] = {t->large, t->host, t->told};

	texts_free(t);
	for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
		slab_release(pools[i]);
	for (size_t i = 0; i < sizeof finders / sizeof *finders; i++)
		finder_release(finders[i]);
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

/* --------------------------------------------------------------- other lines */

/* A content filter of the settings, which gives mail back. */
static bool is_filter(const struct tracker *t, const struct record *rec)
{
	for (size_t i = 0; i < t->filters; i++)
		if (slice_eq_fold(t->filter[i], rec->client_name) || slice_eq_fold(t->filter[i], rec->client_ip))
			return true;
	return false;
}

static bool own_side(struct tracker *t, const struct record *rec, const struct peer *peer)
{
	struct slice label;

	if (peer->loopback || is_filter(t, rec))
		return true;
	if (t->hosts <= 1)
		return false;
	label = first_label(rec->client_name);
	for (uint32_t i = 0; i < t->hosts; i++) {
		struct slice name = slice_of(t->host[i]->name, t->host[i]->label_n);
		if (label.n == name.n && slice_eq_fold(label, name))
			return true;
	}
	return false;
}

static void client_of_session(struct tracker *t, const struct queue_name *name, struct session *s, struct record *rec,
                              uint64_t place)
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
	message_bind(t, message_new(t, name, MESSAGE_MINE, place), s->tx);
}

/* May a refused try return from there? Then the file is watched until its sender is known. */
static void client_watch(struct tracker *t, const struct queue_name *name, const struct record *rec, uint64_t place,
                         struct peer *peer)
{
	peer_read_name(rec->client_name, peer);
	if (!open_may_return(t, peer))
		return;
	struct message *m = message_new(t, name, MESSAGE_WATCH, place);
	m->peer = *peer;
	text_keep(m->client_name, sizeof m->client_name, rec->client_name);
	text_keep(m->client_ip, sizeof m->client_ip, rec->client_ip);
	message_timer(t, m, TIMER_ABORT);
}

/* `client=` of a session that we know nothing of: from our own side, or where a refused try may return from? */
static void client_alone(struct tracker *t, const struct queue_name *name, struct record *rec, uint64_t place,
                         struct peer *peer, bool own, bool submission)
{
	struct message *first = slice_is_set(rec->orig_queue_id) ? message_of(t, name->host, rec->orig_queue_id) : NULL;
	struct message *m = message_find(t, name);

	if (m && m->kind == MESSAGE_HOP && m->first == 0) { /* named before its own first line */
		m->first = place;
		message_touch(t, m);
		if (first)
			message_hop(t, first, m);
	} else if (first) {
		m = message_new(t, name, MESSAGE_HOP, place);
		message_hop(t, first, m);
	} else if (own) {
		m = message_new(t, name, MESSAGE_CANDIDATE, place);
		message_timer(t, m, TIMER_LINGER);
	} else if (!(rec->flags & RECORD_LOGIN) && !submission) {
		client_watch(t, name, rec, place, peer);
	}
}

static void on_client(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	struct peer peer;

	__builtin_prefetch(&rec->sasl_username); /* who parsed it has it in another cache */
	if (!shapes_fields(rec))
		return;
	struct queue_name name = queue_name(t, h, rec->queue_id);
	peer_read_ip(rec->client_ip, &peer);
	t->client_name = rec->client_name;
	bool own = own_side(t, rec, &peer), submission = is_submission(rec->line->tag);
	if (!peer.loopback) {
		t->counts.accepted++;
		if (peer.has_ip)
			t->sink.arrived(t->sink.arg, h->id, t->us, &peer.ip, submission);
		if (slice_is_set(rec->queue_id) && !slice_is_set(rec->orig_queue_id) &&
		    !origin_is_canary(t->origin, rec->client_ip, SLICE_NONE) && !own)
			arrival_add(t, &name, rec, &peer, submission);
	}
	struct session *s = session_find(t, h, rec->line->pid);
	if (s && (s->tx || s->wide[0]) && !slice_is_set(rec->orig_queue_id)) {
		client_of_session(t, &name, s, rec, place);
		if (s->tx || !slice_is_set(rec->queue_id))
			return;
	}
	if (slice_is_set(rec->queue_id))
		client_alone(t, &name, rec, place, &peer, own, submission);
}

static void on_disconnect(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)place;
	struct session *s = session_find(t, h, rec->line->pid);

	tls_forget(t, h, rec->line->pid);
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

static void on_proxy_accept(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)place;
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

static void on_lost(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)place;
	struct session *s = session_find(t, h, rec->line->pid);

	if (!s || !shapes_fields(rec))
		return;
	session_touch(t, s);
	/* grammar 7 row 11: after these the mail was answered before */
	if (!stage_is(rec, SLICE("END-OF-MESSAGE")) && !stage_is(rec, SLICE("RSET")) && !stage_is(rec, SLICE("QUIT")) &&
	    !stage_is(rec, SLICE("NOOP")))
		s->lost = true;
}

static void on_crash(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)place;
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

static void on_loss(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)place;
	h->loss_us = t->us;
	h->dirty = true;
	t->sink.hole(t->sink.arg, h->id, t->us, t->us, rec->line->repeated, "syslog lost lines");
}

/* Not of lines that are read all the same and would tell a file that nobody asks about nothing. */
static bool message_needs_fields(const struct message *m, const struct record *rec)
{
	if (rec->kind == RECORD_MESSAGE_ID)
		return m->tx && !m->tx->message_id;
	return rec->kind != RECORD_REMOVED || m->waits;
}

/* The record's fields have been read if message_needs_fields. */
static void on_message(struct tracker *t, struct message *m, struct record *rec)
{
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

#define REMEMBER_MAX 4096 /* Postfix cuts its lines at 2000 bytes */

void remember_attempt(struct tracker *t, struct host *h, const struct record *rec)
{
	const struct line *l = rec->line;
	size_t n = l->tag.n + l->text.n;

	if (n > REMEMBER_MAX)
		return;
	if (n >= h->last.cap) {
		h->last.cap = (uint32_t)(2 * n + 1);
		h->last.bytes = xrealloc(h->last.bytes, h->last.cap);
	}
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
__attribute__((noinline)) static void forget_attempt_of(struct tracker *t, struct slice host)
{
	for (uint32_t i = 0; i < t->hosts; i++)
		if (slice_eq(slice_str(t->host[i]->name), host))
			forget_attempt(t, t->host[i]);
}

/* `last message repeated N times`: the host's line before happened again; only attempts are worth it. */
static void on_repeat(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
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

/* A line of a queue file that somebody asked about; a: it is qmgr's, of mail on its way in. */
__attribute__((noinline)) static void file_line(struct tracker *t, struct message *m, struct arrival *a,
                                                struct record *rec)
{
	if (message_needs_fields(m, rec) && !shapes_fields(rec))
		return;
	if (a)
		arrival_queued(t, a, rec, m);
	if (m)
		on_message(t, m, rec);
}

/* A line of a queue file. */
static void on_file(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	struct queue_name name = queue_name(t, h, rec->queue_id);
	struct message *m = slice_is_set(rec->queue_id) ? message_find(t, &name) : NULL;
	struct arrival *a = rec->kind == RECORD_QUEUED ? arrival_find(t, &name) : NULL;

	(void)place;
	if (m || a)
		file_line(t, m, a, rec);
}

/* A new file: who had its name before is over. */
static void on_pickup(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	struct queue_name name = queue_name(t, h, rec->queue_id);
	struct message *m = message_find(t, &name);

	(void)place;
	if (m)
		message_free(t, m);
	arrival_forget(t, &name);
}

static void on_connect(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	struct session *s = session_find(t, h, rec->line->pid);

	(void)place;
	tls_forget(t, h, rec->line->pid);
	if (s)
		session_close(t, s, SESSION_SUPERSEDED, -1);
}

static void on_tls(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)place;
	tls_note(t, h, rec->line->pid);
}

static void on_restart(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)rec, (void)place;
	sessions_of_host_lost(t, h);
}

/* The others tell nothing of a mail's way; not even the time is taken from them, so that they cost nothing. */
static on_line *const on_kind[RECORD_KIND_COUNT] = {
    [RECORD_ATTEMPT] = on_attempt,
    [RECORD_CONNECT] = on_connect,
    [RECORD_DISCONNECT] = on_disconnect,
    [RECORD_CLIENT] = on_client,
    [RECORD_LOST_CONNECTION] = on_lost,
    [RECORD_PROXY_ACCEPT] = on_proxy_accept,
    [RECORD_PICKUP] = on_pickup,
    [RECORD_MESSAGE_ID] = on_file,
    [RECORD_QUEUED] = on_file,
    [RECORD_DELIVERY] = on_file,
    [RECORD_EXPIRED] = on_file,
    [RECORD_REMOVED] = on_file,
    [RECORD_HELD] = on_file,
    [RECORD_RELEASED] = on_file,
    [RECORD_CRASH] = on_crash,
    [RECORD_RESTART] = on_restart,
    [RECORD_AMAVIS] = on_amavis,
    [RECORD_RSPAMD] = on_rspamd,
    [RECORD_SPF] = on_spf,
    [RECORD_DKIM] = on_signature,
    [RECORD_DMARC] = on_signature,
    [RECORD_TLS] = on_tls,
    [RECORD_LOSS] = on_loss,
    [RECORD_REPEAT] = on_repeat,
};

bool tracker_asks(enum record_kind kind)
{
	return on_kind[kind];
}

/* --------------------------------------------------------------- time goes by */

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
	arrivals_expire(t);
}

/* Is there nothing to do at this time but to go on? Without a time there is. */
static inline bool time_is_quiet(const struct tracker *t, const struct host *h, int64_t us)
{
	return us < h->due_us && us < t->sweep_us && us >= t->sweep_us - 2 * SWEEP_EVERY &&
	       !(t->session_old && t->session_old->last_us < us - SESSION_IDLE);
}

static void time_pass(struct tracker *t, struct host *h)
{
	if (t->us >= h->due_us)
		host_timers(t, h);
	sessions_expire(t);
	if (t->us >= t->sweep_us || t->us < t->sweep_us - 2 * SWEEP_EVERY)
		sweep(t);
}

static inline void feed(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	t->line++; /* what the timers have touched is not in use any more */
	t->client_name = SLICE_NONE;
	on_kind[rec->kind](t, h, rec, place);
}

/* With whatever has to be done before (h NULL: not one of the hosts that logged last); apart, so that the other lines need not make room for it. */
__attribute__((noinline)) static void feed_carefully(struct tracker *t, struct host *h, struct record *rec,
                                                     uint64_t place)
{
	const struct line *line = rec->line;

	if (!h)
		h = tracker_host(t, line->host);
	if (rec->kind != RECORD_REPEAT)
		forget_attempt(t, h);
	if (line->stamp.us != STAMP_NONE) {
		t->us = line->stamp.us;
		t->digits = line->stamp.digits;
		time_pass(t, h);
	}
	if (t->giant) {
		t->line++;
		mail_evict(t, t->giant);
	}
	feed(t, h, rec, place);
}

void tracker_feed(struct tracker *t, struct record *rec, uint64_t place)
{
	const struct line *line = rec->line;

	if (!on_kind[rec->kind]) {
		if (t->remembered)
			forget_attempt_of(t, line->host);
		return;
	}
	struct host *h = tracker_host_again(t, line->host);
	if (!h || h->last.n || t->giant || !time_is_quiet(t, h, line->stamp.us)) {
		feed_carefully(t, h, rec, place);
		return;
	}
	t->us = line->stamp.us;
	t->digits = line->stamp.digits;
	feed(t, h, rec, place);
}

void tracker_stream(struct tracker *t)
{
	for (uint32_t i = 0; i < t->hosts; i++)
		forget_attempt(t, t->host[i]);
}

/* ------------------------------------------------------------------- commit */

static void sessions_flush(struct tracker *t)
{
	for (struct news *n; (n = t->session_news.first);) {
		struct session *s = FOUND(n, struct session, news);
		news_remove(&t->session_news, n);
		s->stored = true;
		t->sink.pending_put(t->sink.arg, PENDING_SESSION, session_name(s), pending_session(s));
	}
}

static void messages_flush(struct tracker *t)
{
	for (struct news *n; (n = t->message_news.first);) {
		struct message *m = FOUND(n, struct message, news);
		news_remove(&t->message_news, n);
		m->stored = true;
		t->sink.pending_put(t->sink.arg, PENDING_MESSAGE, message_name(m), pending_message(m));
	}
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
	arrivals_flush(t);
	tls_flush(t);
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
