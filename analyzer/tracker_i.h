/*
 * The tracker's own insides, shared by its files and nobody else:
 *   tracker.c      which line goes where
 *   attempt.c      action lines, and what they do to their transaction
 *   session.c      SMTP sessions, and where one transaction ends
 *   transaction.c  recipients as the client named them; joining the tries before
 *   mail.c         mails, their recipients and fates; telling the sink
 *   open.c         refusals for now, which may return
 *   message.c      queue files, from client= to removed; timers
 *   delivery.c     who waits in which queue file; hops behind a content filter
 *   arrival.c      mail between client= and qmgr; sessions with TLS
 *   companion.c    what SPF, DKIM, DMARC, spam and virus filters say
 *   peer.c         hosts, clients and addresses, as they are compared
 *   pending.c      the half-finished state, to and from bytes
 *
 * Who points to whom: session -> transaction -> mail -> recipients; message ->
 * waits -> recipients; open -> recipient. Everything comes from slabs.
 */
#ifndef WB_TRACKER_I_H
#define WB_TRACKER_I_H

#include "finder.h"
#include "slab.h"
#include "tracker.h"

#define QUEUE_ID_MAX 32
#define HOSTS_MAX 4096
#define SECOND INT64_C(1000000)
#define RETURN_WITHIN (36 * 3600 * SECOND) /* a refused try may come back (design.md 3) */
#define CHAIN_WITHIN (5 * 86400 * SECOND)  /* ... and all tries of one mail lie within */
#define ABORT_AFTER (60 * SECOND)          /* a client= without message */
#define LINGER (300 * SECOND)              /* how long a finished queue id may still be named by others */
#define SESSION_IDLE (3600 * SECOND)
#define HOPS_MAX 50 /* as Postfix's hopcount_limit */
#define SWEEP_EVERY (60 * SECOND)
/* One transaction, and one mail, may take a quarter of all room for recipients; 10 times Postfix's own limit. */
#define RECIPIENTS_MAX(t) ((t)->limits.recipients / 4 < 10000 ? (t)->limits.recipients / 4 : 10000)
#define MESSAGE_IDLE (10 * 86400 * SECOND) /* twice Postfix's default queue lifetime */

/*
 * What has changed since the last flush and is to be written then, in the order
 * in which it first changed. Things bring their own link.
 */
struct news {
	struct news *next, **at; /* at: what points here; NULL: not in the list */
};

struct news_list {
	struct news *first, **end;
};

static inline void news_init(struct news_list *list)
{
	*list = (struct news_list){.end = &list->first};
}

static inline void news_add(struct news_list *list, struct news *n)
{
	if (n->at)
		return;
	n->next = NULL;
	n->at = list->end;
	*list->end = n;
	list->end = &n->next;
}

static inline void news_remove(struct news_list *list, struct news *n)
{
	if (!n->at)
		return;
	*n->at = n->next;
	*(n->next ? &n->next->at : &list->end) = n->at;
	n->at = NULL;
}

/*
 * Who is on the other side, as far as it decides whether a try is the same
 * sender's. The organisational domain is dear to find (Public Suffix List), so
 * it is asked for only when the last two labels of the name agree.
 */
struct peer {
	uint64_t net;  /* the /24 or /64 itself */
	uint64_t tail; /* hash of the verified name's last two labels, 0: no such name */
	uint64_t org;  /* hash of the organisational domain, 0: none, or not asked for (peer_org) */
	struct ip ip;
	bool has_ip, loopback;
};

struct host {
	char *name;
	size_t name_n, label_n; /* label_n: up to the first dot */
	uint64_t word;          /* what the name begins with: host_word */
	uint32_t id;
	uint32_t number;
	int64_t loss_us;     /* latest moment at which syslog lost lines */
	int64_t due_us;      /* when the first timer is due */
	bool dirty;          /* loss_us or the last attempt is new */
	struct {             /* its last line, if that was an attempt, for `last message repeated N times` */
		char *bytes; /* tag and text, if n; cap is room */
		uint32_t tag_n, n, cap, pid;
		uint8_t flags;
	} last;
	struct message *abort_first, *abort_last, *linger_first, *linger_last;
};

struct entry { /* a recipient as one transaction named it */
	struct entry *next;
	uint64_t address;
	uint32_t shown;
	uint8_t reply; /* 0 open, 2 accepted, 4 and 5 refused */
	bool looked;   /* has been asked for an earlier try */
	int64_t us, chain_us;
	uint64_t place;
	struct recipient *r;
};

struct transaction {
	struct transaction *next; /* in its mail */
	uint64_t id, mail_id;     /* mail_id 0: it has none (yet) */
	struct mail *mail;
	struct session *session;
	struct message *message;
	struct host *host;
	struct entry *entries, *last_entry;
	struct peer peer;
	uint64_t sender_hash;
	uint32_t client, sender, attempts, entries_n;
	bool has_sender, submission, login, over, told, dirty, hold, discard, proxied, refused;
	uint8_t digits, evidence; /* evidence: MAIL_TLS ... */
	int64_t first_us, last_us;
	uint32_t wide[FACT_TEXTS]; /* warnings that apply to every recipient */
	char queue_id[QUEUE_ID_MAX];
	char *message_id;
};

struct session {
	struct found by_pid;
	struct session *older, *newer;
	struct news news;
	struct host *host;
	uint32_t pid;
	int64_t last_us;
	uint32_t used_by; /* the line that looked it up last */
	uint32_t refused;
	uint16_t bound_n;
	bool stored, lost;
	uint32_t wide[FACT_TEXTS];
	struct transaction *tx;
	struct message *bound;
};

struct wait { /* a recipient's mail is in this queue file */
	struct wait *next, *next_of_r;
	struct message *message;
	struct recipient *r;
	uint64_t orig, to; /* to 0: no delivery seen yet */
	uint8_t fate;
	bool done;
};

struct recipient {
	struct recipient *next;
	struct mail *mail;
	uint64_t address; /* 0: stands for all recipients of a transaction that named none */
	uint32_t shown;
	uint32_t text[FACT_TEXTS];
	uint8_t fate, best; /* best: of the children that are through; FATE_COUNT: none */
	int64_t since_us, last_try_us;
	struct wait *waits; /* done ones too, as long as their queue file is remembered */
	struct open *open;
};

struct mail {
	struct mail *older, *newer;
	struct news news;
	uint64_t id;
	struct transaction *txs;
	struct recipient *recipients;
	uint32_t refs; /* live transactions, waits (done or not), opens */
	uint32_t used_by, recipients_n;
	uint32_t host, sender, client, transactions, attempts;
	int64_t first_us, last_us;
	uint64_t shown_tx;
	uint8_t digits, spf, dkim, dmarc, spam, flags;
	bool stored, told;
};

struct past { /* a delivery that nobody waited for (yet) */
	struct past *next;
	uint64_t orig, to;
	uint8_t fate;
	bool hop;
	char hop_id[QUEUE_ID_MAX];
};

/* What queue files and mail on its way in are found by: a host's queue id, and the hash of both. */
struct queue_name {
	struct host *host;
	struct slice id;
	uint64_t key;
};

enum message_kind {
	MESSAGE_MINE,      /* of a transaction that we know */
	MESSAGE_HOP,       /* second queue id of such a mail */
	MESSAGE_CANDIDATE, /* came from our own side: may turn out to be a hop */
	MESSAGE_WATCH      /* from where a refused try may return */
};

struct message {
	struct found by_id; /* what each line about it looks at stands together */
	struct host *host;
	char queue_id[QUEUE_ID_MAX];
	uint32_t used_by;
	int32_t nrcpt;
	struct message *older, *newer;
	int64_t touched_us;
	struct news news;
	uint8_t kind, timer; /* timer: 0, TIMER_ABORT, TIMER_LINGER */
	bool accepted, held, closed, expired, refused, tentative, named, login, stored, settling;
	uint64_t first;
	struct message *sooner, *later, *next_bound;
	struct session *session;
	struct transaction *tx;
	struct wait *waits;
	struct past *past;
	struct peer peer;
	uint64_t sender_hash;
	uint32_t client; /* 0: not asked for yet */
	int64_t since_us, due_us;
	char client_name[80], client_ip[48];
};
enum { TIMER_NONE, TIMER_ABORT, TIMER_LINGER };

struct open {                    /* a recipient that was refused for now and may return */
	struct found by_address; /* what decides whether a try is its return stands in one line of the cache */
	int64_t end_us, last_try_us, first_us;
	struct peer peer;
	struct found by_mail;
	struct open *older, *newer;
	struct news news;
	struct recipient *r;
	uint64_t mail_id, place, sender_hash;
	uint32_t client, host, attempts, sender, shown;
	uint8_t digits;
	bool stored;
};
_Static_assert(sizeof(void *) < 8 || (offsetof(struct open, peer.ip) == 64 && sizeof(struct open) % 64 == 0),
               "it is one, and each open refusal begins with it");

/* Sender and recipient as one: what an open refusal is found by. */
static inline uint64_t open_key(uint64_t sender, uint64_t address)
{
	return sender * 31 + address;
}
static inline uint64_t open_address(const struct open *o)
{
	return o->by_address.key - open_key(o->sender_hash, 0);
}

struct arrival { /* between client= and qmgr's line */
	struct found by_id;
	struct arrival *older, *newer;
	struct host *host;
	int64_t since_us;
	struct ip ip;
	bool submission, login, stored;
	char queue_id[QUEUE_ID_MAX];
	char client_name[256], client_ip[48], username[80];
};

#define TLS_BITS 12
struct tls_seen { /* a session that has said STARTTLS or speaks TLS from the start */
	uint64_t session;
	bool stored;
};

struct spf_seen {
	uint64_t sender;
	struct ip ip;
	int64_t us;
	uint8_t result;
};

#define SPF_RING 256
#define SPF_NEAR (5 * SECOND) /* policyd-spf's line stands this near to its RCPT */
#define FILTERS_MAX 16
#define NET_FILTER_BITS 16
#define PAIR_FILTER_BITS 18 /* each open refusal has two */
#define ORG_CACHE 32768

struct tracker {
	struct sink sink;
	const struct origin *origin;
	uint64_t key[2];
	struct slice filter[FILTERS_MAX];
	size_t filters;
	struct tracker_limits limits;
	struct tracker_counts counts;
	struct slab sessions, mails, txs, entries, recipients, messages, waits, pasts, opens, arrivals;
	struct host **host;
	uint32_t hosts;
	struct host *last_host[2]; /* two that logged last */
	uint64_t last_word[2];     /* their words */
	struct finder session_by_pid, message_by_id, open_by_address, open_by_mail, arrival_by_id;
	struct session *session_old, *session_new;
	struct message *message_old, *message_new;
	struct open *open_old, *open_new;
	struct mail *mail_old, *mail_new;
	struct arrival *arrival_old, *arrival_new;
	void *large; /* the memory of the tables in which each look goes somewhere else */
	struct tls_seen *tls;
	bool tls_dirty;
	struct news_list session_news, message_news, mail_news, open_news;
	uint8_t *net_filter, *tail_filter; /* of clients with an open refusal */
	uint8_t *pair_filter;              /* of these with the sender */
	struct {
		uint64_t name, org;
	} * org_cache;
	struct spf_seen spf[SPF_RING];
	unsigned spf_next;
	bool spf_dirty;
	struct fact_recipient *told; /* scratch of tracker_flush */
	size_t told_cap;
	struct slice client_name; /* of the line being fed, absent if it has none */
	int64_t us;               /* time of the line being fed */
	uint32_t line;            /* its number: what it uses must not make room for it */
	struct mail *giant;       /* has become too big to be kept: goes before the next line */
	unsigned hops;            /* how deep we are in following queue ids */
	int64_t sweep_us;
	uint8_t digits;
	uint32_t remembered; /* hosts whose last line was an attempt */
};

/* tracker.c */
uint64_t tracker_address(const struct tracker *t, struct slice a);
void peer_read(struct slice name, struct slice ip, struct peer *out);
/* ... in two steps: the name is read only where it matters. */
void peer_read_ip(struct slice ip, struct peer *out);
void peer_read_name(struct slice name, struct peer *out);
void peer_org(struct tracker *t, struct peer *p, struct slice name);
struct host *tracker_host(struct tracker *t, struct slice name);
/* Short names, which most are, are told apart by it alone. */
static inline uint64_t host_word(struct slice name)
{
	return name.n < 8 ? slice_word_short(name.p, name.n) : slice_word(name.p);
}
static inline bool host_is(const struct host *h, struct slice name, uint64_t word)
{
	return h->word == word && h->name_n == name.n && (name.n < 8 || slice_same(h->name, name.p, name.n));
}
/* One of the two that logged last, NULL: another. Hosts take turns in many a log. */
static inline struct host *tracker_host_again(const struct tracker *t, struct slice name)
{
	uint64_t word = host_word(name);

	if (t->last_word[0] == word && t->last_host[0] && host_is(t->last_host[0], name, word))
		return t->last_host[0];
	if (t->last_word[1] == word && t->last_host[1] && host_is(t->last_host[1], name, word))
		return t->last_host[1];
	return NULL;
}
struct slice first_label(struct slice name);
void text_keep(char *out, size_t cap, struct slice text);
void session_touch(struct tracker *t, struct session *s);
void session_changed(struct tracker *t, struct session *s);
bool session_evict_oldest(struct tracker *t);
struct session *session_load(struct tracker *t, struct host *h, uint32_t pid);
bool texts_add(uint32_t text[FACT_TEXTS], uint32_t id);

/* mail.c */
struct transaction *tx_new(struct tracker *t, struct host *h, uint64_t id);
void tx_free(struct tracker *t, struct transaction *tx);
struct entry *tx_entry(struct tracker *t, struct transaction *tx, uint64_t address, uint32_t shown);
void tx_join(struct tracker *t, struct transaction *tx, struct entry *e);
struct mail *tx_mail(struct tracker *t, struct transaction *tx);
void tx_warn(struct tracker *t, struct transaction *tx, struct entry *e, uint32_t text);
void tx_warn_wide(struct tracker *t, struct transaction *tx, uint32_t text);
void tx_refuse(struct tracker *t, struct transaction *tx, struct entry *e, int class);
void tx_refuse_all(struct tracker *t, struct transaction *tx, int class);
void tx_publish(struct tracker *t, struct transaction *tx);
enum tx_end { TX_ENDED, TX_NEXT, TX_LOST };
void tx_finish(struct tracker *t, struct transaction *tx, enum tx_end how, bool data_accepted);
struct recipient *tx_wide_recipient(struct tracker *t, struct transaction *tx, uint64_t address, uint32_t shown);
void mail_touch(struct tracker *t, struct mail *m);
void mail_unref(struct tracker *t, struct mail *m);
struct mail *mail_new(struct tracker *t, uint64_t id);
struct recipient *mail_recipient(struct tracker *t, struct mail *m, uint64_t address, uint32_t shown);
struct recipient *recipient_add(struct tracker *t, struct mail *m);
void recipient_fate(struct tracker *t, struct recipient *r, enum fate fate);
void recipient_update(struct tracker *t, struct recipient *r);
bool recipient_waits(const struct recipient *r);
bool mail_evict_oldest(struct tracker *t);
void mail_evict(struct tracker *t, struct mail *m);
void evidence_note(struct tracker *t, struct mail *m, uint8_t *slot, enum evidence e);
void tx_spf(struct tracker *t, struct transaction *tx);
/* open_find will be asked: step 1, then 2. */
void open_fetch(const struct tracker *t, uint64_t sender, uint64_t address, int step);
struct open *open_find(struct tracker *t, uint64_t sender, uint64_t address, struct peer *peer, struct slice name,
                       int64_t start_us);
void open_insert(struct tracker *t, struct open *o);
void open_drop(struct tracker *t, struct open *o);
void open_expire(struct tracker *t, int64_t now_us);
bool open_may_return(const struct tracker *t, const struct peer *peer);
bool open_may_return_from(const struct tracker *t, const struct peer *peer, uint64_t sender);
void mails_flush(struct tracker *t);
void opens_flush(struct tracker *t);

/* message.c */
static inline struct queue_name queue_name(const struct tracker *t, struct host *h, struct slice queue_id)
{
	return (struct queue_name){h, queue_id, slice_hash_short(queue_id, t->key[0] + h->number, t->key[1])};
}
/* id: shorter than QUEUE_ID_MAX. */
static inline bool queue_id_same(const char kept[QUEUE_ID_MAX], struct slice id)
{
	return slice_same(kept, id.p, id.n) && kept[id.n] == '\0';
}
/* Each line of a queue file asks for it, and most are told no: here, so that it costs no call. */
static inline struct message *message_find(struct tracker *t, const struct queue_name *name)
{
	if (name->id.n >= QUEUE_ID_MAX)
		return NULL;
	for (struct found *f = finder_first(&t->message_by_id, name->key); f; f = f->chain) {
		struct message *m = FOUND(f, struct message, by_id);
		if (f->key == name->key && m->host == name->host && queue_id_same(m->queue_id, name->id)) {
			m->used_by = t->line;
			return m;
		}
	}
	return NULL;
}
struct message *message_of(struct tracker *t, struct host *h, struct slice queue_id);
struct message *message_new(struct tracker *t, const struct queue_name *name, enum message_kind kind, uint64_t first);
uint64_t message_name(const struct message *m);
void message_insert(struct tracker *t, struct message *m);
bool message_evict(struct tracker *t);
void message_free(struct tracker *t, struct message *m);
void message_changed(struct tracker *t, struct message *m);
void message_touch(struct tracker *t, struct message *m);
void message_bind(struct tracker *t, struct message *m, struct transaction *tx);
void message_adopt(struct tracker *t, struct message *m, struct transaction *tx, struct mail *mail);
void message_accept(struct tracker *t, struct message *m);
void message_confirm(struct tracker *t, struct message *m);
void message_detach(struct tracker *t, struct message *m);
void message_queued(struct tracker *t, struct message *m, const struct record *rec);
void message_delivery(struct tracker *t, struct message *m, const struct record *rec);
void message_expired(struct tracker *t, struct message *m);
void message_removed(struct tracker *t, struct message *m, const struct record *rec);
void message_hold(struct tracker *t, struct message *m);
void message_put_on_hold(struct tracker *t, struct message *m);
void message_discard(struct tracker *t, struct message *m);
void message_abort(struct tracker *t, struct message *m);
void message_amavis(struct tracker *t, struct message *m, const struct record *rec);
void message_hop(struct tracker *t, struct message *first, struct message *second);
void message_session_over(struct tracker *t, struct message *m, bool ended, bool proven, bool nothing, bool lost);
void message_timer(struct tracker *t, struct message *m, int timer);
void message_untimer(struct message *m);
/* NULL: there was no room for it. */
struct wait *wait_add(struct tracker *t, struct message *m, struct recipient *r, uint64_t orig, enum fate fate);
void wait_drop(struct tracker *t, struct wait *w);
void wait_link(struct tracker *t, struct host *h, struct slice queue_id, struct recipient *r, uint64_t address);
void host_timers(struct tracker *t, struct host *h);
void messages_expire(struct tracker *t);
struct past *past_add(struct tracker *t, struct message *m);

/* pending.c */
/* In the order in which they must be loaded: each may name things of the kinds before it. */
enum pending_kind {
	PENDING_HOST = 1,
	PENDING_MAIL,
	PENDING_MESSAGE,
	PENDING_SESSION,
	PENDING_OPEN,
	PENDING_SPF,
	PENDING_ARRIVAL,
	PENDING_TLS,
	PENDING_KINDS
};
struct slice pending_arrival(struct arrival *a);
struct slice pending_spf(struct tracker *t);
struct slice pending_host(struct host *h);
struct slice pending_mail(struct mail *m);
struct slice pending_message(struct message *m);
struct slice pending_session(struct session *s);
struct slice pending_open(struct open *o);
void pending_release(void);

/* ... and what only some of these files share */
/* session.c */
enum session_end { SESSION_ENDED, SESSION_SUPERSEDED, SESSION_LOST };
uint64_t session_name(const struct session *s);
/* One process serves one client at a time, and pids are unique on a host while they live. */
static inline uint64_t session_key(const struct host *h, uint32_t pid)
{
	return ((uint64_t)h->number << 32 | pid) * UINT64_C(0x9e3779b97f4a7c15);
}
static inline struct session *session_find(struct tracker *t, const struct host *h, uint32_t pid)
{
	uint64_t key = session_key(h, pid);

	for (struct found *f = finder_first(&t->session_by_pid, key); f; f = f->chain)
		if (f->key == key) {
			struct session *s = FOUND(f, struct session, by_pid);
			s->used_by = t->line;
			return s;
		}
	return NULL;
}
void session_close(struct tracker *t, struct session *s, enum session_end how, int data_ok);
struct session *session_get(struct tracker *t, struct host *h, uint32_t pid);
void sessions_of_host_lost(struct tracker *t, const struct host *h);
void session_next(struct tracker *t, struct session *s);
struct transaction *session_begin(struct tracker *t, struct session *s, uint64_t id);
static inline bool stage_is(const struct record *rec, struct slice stage)
{
	return slice_eq(rec->stage, stage);
}
bool stage_before_mail(const struct record *rec);
bool stage_after_rcpt(const struct record *rec);
struct transaction *session_transaction(struct tracker *t, struct session *s, const struct record *rec, uint64_t place);

/* mail.c */
struct recipient *recipient_find(const struct mail *m, uint64_t address);
void recipient_remove(struct tracker *t, struct recipient *r);

/* transaction.c */
void tx_say(struct tracker *t, struct transaction *tx);

/* open.c */
uint64_t open_mail_key(uint64_t mail_id);
void open_touch(struct tracker *t, struct open *o);
void open_evict(struct tracker *t);

/* message.c */
void message_rearm(struct tracker *t, struct message *m, int timer);

/* delivery.c */
void wait_fate(struct tracker *t, struct wait *w, enum fate fate);
void wait_final(struct tracker *t, struct wait *w, enum fate fate);
void message_close(struct tracker *t, struct message *m);

/* tracker.c */
void remember_attempt(struct tracker *t, struct host *h, const struct record *rec);

/* arrival.c */
void arrival_add(struct tracker *t, const struct queue_name *name, const struct record *rec, const struct peer *peer,
                 bool submission);
void arrival_insert(struct tracker *t, struct arrival *a);
static inline struct arrival *arrival_find(struct tracker *t, const struct queue_name *name)
{
	if (name->id.n >= QUEUE_ID_MAX)
		return NULL;
	for (struct found *f = finder_first(&t->arrival_by_id, name->key); f; f = f->chain) {
		struct arrival *a = FOUND(f, struct arrival, by_id);
		if (f->key == name->key && a->host == name->host && queue_id_same(a->queue_id, name->id))
			return a;
	}
	return NULL;
}
void arrival_queued(struct tracker *t, struct arrival *a, const struct record *rec, const struct message *m);
/* Somebody else has this queue id now: who had it before never finished. */
void arrival_forget(struct tracker *t, const struct queue_name *name);
void arrivals_expire(struct tracker *t);
void arrivals_flush(struct tracker *t);
void tls_note(struct tracker *t, const struct host *h, uint32_t pid);
void tls_forget(struct tracker *t, const struct host *h, uint32_t pid);
bool tls_spoken(struct tracker *t, const struct host *h, uint32_t pid);
void tls_flush(struct tracker *t);
void tls_load(struct tracker *t, uint64_t session);

/* attempt.c */
bool is_submission(struct slice tag);
/* A line of a kind that matters. */
typedef void on_line(struct tracker *t, struct host *h, struct record *rec, uint64_t place);
on_line on_attempt;

/* companion.c */
on_line on_spf, on_amavis, on_rspamd, on_signature;

#endif
