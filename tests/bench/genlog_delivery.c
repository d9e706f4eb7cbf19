#include "genlog_mail.h"

#include <string.h>

/* How a delivery ends: what the status line says of it. */
enum ending { ENDING_SENT, ENDING_DEFERRED, ENDING_BOUNCED };

enum hop { HOP_VIRTUAL, HOP_LMTP, HOP_SMTP };

struct hop_row {
	enum pool_id pool;
	const char *relay; /* NULL: the recipient's own */
};

static const struct hop_row hops[] = {
    [HOP_VIRTUAL] = {POOL_VIRTUAL, "virtual"},
    [HOP_LMTP] = {POOL_LMTP, "store1.firma.example[10.20.2.11]:24"},
    [HOP_SMTP] = {POOL_SMTP, NULL},
};

struct ending_row {
	const char *dsn;
	bool contacted;     /* else the relay is `none` */
	const char *status; /* %r recipient, %h the relay without its port, %s something unique */
};

static const struct ending_row endings[][3] = {
    [HOP_VIRTUAL] =
	{
	    {"2.0.0", true, "sent (delivered to maildir)"},
	    {"4.2.2", true,
             "deferred (maildir delivery failed: error writing message: "
             "Disk quota exceeded)"},
	    {"5.1.1", true, "bounced (unknown user: \"%r\")"},
	},
    [HOP_LMTP] =
	{
	    {"2.1.5", true, "sent (250 2.1.5 Ok SESSIONID=<store1-%s>)"},
	    {"4.4.1", false,
             "deferred (connect to store1.firma.example[10.20.2.11]:24: "
             "Connection refused)"},
	    {"5.2.2", true,
             "bounced (host store1.firma.example[10.20.2.11] said: "
             "552 5.2.2 <%r> Over quota (in reply to RCPT TO command))"},
	},
    [HOP_SMTP] =
	{
	    {"2.0.0", true, "sent (250 2.0.0 Ok: queued as 4%s)"},
	    {"4.7.1", true,
             "deferred (host %h said: 451 4.7.1 Greylisting in action, "
             "please come back later (in reply to RCPT TO command))"},
	    {"5.1.1", true,
             "bounced (host %h said: 550 5.1.1 <%r>: Recipient address rejected: "
             "User unknown (in reply to RCPT TO command))"},
	},
};

static void serial_text(struct world *w, unsigned digits, char *at)
{
	static const char letters[] = "BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789";

	while (digits--)
		*at++ = letters[world_random(w, sizeof letters - 1)];
	*at = '\0';
}

static void status_text(struct world *w, char *at, const char *format, const char *relay, const char *rcpt)
{
	char serial[16];

	for (; *format; format++) {
		if (*format != '%') {
			*at++ = *format;
		} else if (*++format == 'r') {
			at = stpcpy(at, rcpt);
		} else if (*format == 'h') {
			at = stpncpy(at, relay, strcspn(relay, "]") + 1);
		} else {
			serial_text(w, 12, serial);
			at = stpcpy(at, serial);
		}
	}
	*at = '\0';
}

/* The delays of a try that ends at `now`; the last part is what the other side took. */
struct delays {
	unsigned all, before, waiting, last;
};

static struct delays delays_of(const struct mail *m, int64_t now, unsigned last_ms)
{
	struct delays d = {.all = (unsigned)((now - m->accepted_at) / 1000) + 10, .last = last_ms, .before = 10};

	if (d.all < d.last + d.before)
		d.all = d.last + d.before;
	d.waiting = d.all - d.before - d.last;
	return d;
}

static void status_line(struct world *w, const struct mail *m, unsigned i, int64_t now, const char *head,
                        const char *relay, struct delays d, const char *dsn, const char *status)
{
	lines_add(w->lines, now, head, "%q: to=<%s>, relay=%s, delay=%t, delays=%t/%t/0/%t, dsn=%s, status=%s", m->id,
	          m->rcpt[i], relay, d.all, d.before, d.waiting, d.last, dsn, status);
}

static void removed(struct world *w, struct host *h, uint64_t id, int64_t now)
{
	lines_add(w->lines, now, host_head(w, h, POOL_QMGR, now), "%q: removed", id);
	queue_id_free(h, id, now + 1);
}

static void queued(struct world *w, struct host *h, uint64_t id, const char *sender, unsigned size, unsigned nrcpt,
                   int64_t now)
{
	lines_add(w->lines, now, host_head(w, h, POOL_QMGR, now), "%q: from=<%s>, size=%u, nrcpt=%u (queue active)", id,
	          sender, size, nrcpt);
}

void mail_requeue(struct world *w, struct mail *m, int64_t now)
{
	queued(w, m->host, m->id, m->sender, m->size, (unsigned)__builtin_popcount(m->accepted), now);
}

/* ---- the content filter ---- */

static void recipients_text(const struct mail *m, char *at)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->accepted >> i & 1) {
			*at++ = '<';
			at = stpcpy(at, m->rcpt[i]);
			at = stpcpy(at, ">,");
		}
	at[-1] = '\0';
}

struct judgement {
	struct proc *amavis;
	char id[24], mail_id[16], recipients[RCPT_MAX * 52];
	unsigned took_ms;
	int64_t now; /* when amavis says so */
};

static void amavis_line(struct world *w, const struct mail *m, struct judgement *j, const char *head, uint64_t second)
{
	unsigned port = world_between(w, 32768, 60999), tenths = world_random(w, 59);
	char quarantine[48] = "", queued_as[32] = "";

	if (second)
		snprintf(queued_as, sizeof queued_as, ", queued_as: %05X%X", (unsigned)(second >> 32),
		         (unsigned)second);
	else
		snprintf(quarantine, sizeof quarantine, "quarantine: %c/spam-%s.gz, ", j->mail_id[0], j->mail_id);
	lines_add(w->lines, j->now, j->amavis->head,
	          "(%s) %s, [%s]:%u [%s] <%s> -> %s, %sQueue-ID: %q, Message-ID: <%s>, mail_id: %s, "
	          "Hits: %s%u.%u, size: %u%s, %u ms",
	          j->id, head, m->client->ip, port, m->client->ip, m->sender, j->recipients, quarantine, m->id,
	          m->message_id, j->mail_id, second ? "-" : "1", tenths / 10, tenths % 10, m->size, queued_as,
	          j->took_ms);
}

/* What the mail's first queue file reads when the filter has answered. */
static void filter_answers(struct world *w, const struct mail *m, int64_t now, unsigned took_ms, const char *dsn,
                           const char *status)
{
	const char *head = host_head(w, m->host, POOL_SMTP, now);

	for (unsigned i = 0; i < m->n; i++)
		if (m->accepted >> i & 1)
			status_line(w, m, i, now, head, "127.0.0.1[127.0.0.1]:10024", delays_of(m, now, took_ms), dsn,
			            status);
	removed(w, m->host, m->id, now + world_between(w, 10, 200));
}

static uint64_t filter_hands_back(struct world *w, const struct mail *m, int64_t now, int64_t *done)
{
	struct lines *l = w->lines;
	struct proc *p = host_process(w, m->host, POOL_REINJECT, now);
	unsigned n = (unsigned)__builtin_popcount(m->accepted);
	uint64_t second;

	lines_add(l, now, p->head, "connect from localhost[127.0.0.1]");
	now += world_between(w, 1500, 9000);
	second = queue_id_new(m->host, now - world_between(w, 20, 200));
	lines_add(l, now, p->head, "%q: client=localhost[127.0.0.1]", second);
	now += world_between(w, 300, 6000);
	lines_add(l, now, host_head(w, m->host, POOL_CLEANUP, now), "%q: message-id=<%s>", second, m->message_id);
	now += world_between(w, 300, 9000);
	queued(w, m->host, second, m->sender, m->size + 462, n, now);
	now += world_between(w, 100, 900);
	lines_add(l, now, p->head,
	          "disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=%u data=1 quit=1 commands=%u", n, n + 4);
	p->free_at = now + 1;
	*done = now + world_between(w, 50, 900);
	return second;
}

bool mail_filter(struct world *w, struct mail *m, int64_t now, int64_t *done)
{
	struct judgement j = {.took_ms = world_between(w, 120, 2600)};
	char status[140];
	uint64_t second;

	j.amavis = host_process(w, m->host, POOL_AMAVIS, now);
	if (!j.amavis)
		return false;
	snprintf(j.id, sizeof j.id, "%05u-%02u", j.amavis->pid, j.amavis->uses);
	serial_text(w, 12, j.mail_id);
	recipients_text(m, j.recipients);
	j.now = now + j.took_ms * INT64_C(1000);
	j.amavis->free_at = j.now + 100000; /* its session on 10025 is over by then */
	if (m->plan == PLAN_SPAM) {
		amavis_line(w, m, &j, "Blocked SPAM {DiscardedInbound,Quarantined}", 0);
		snprintf(status, sizeof status, "sent (250 2.7.0 Ok, discarded, id=%s - spam)", j.id);
		filter_answers(w, m, j.now + 900, j.took_ms, "2.7.0", status);
		m->id = 0;
		return true;
	}
	second = filter_hands_back(w, m, j.now - 80000, &j.now);
	amavis_line(w, m, &j, m->login ? "Passed CLEAN {RelayedOpenRelay}" : "Passed CLEAN {RelayedInbound}", second);
	snprintf(status, sizeof status,
	         "sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as %05X%X)",
	         (unsigned)(second >> 32), (unsigned)second);
	filter_answers(w, m, j.now + 700, j.took_ms, "2.0.0", status);
	m->id = second;
	m->accepted_at = j.now;
	*done = j.now + world_between(w, 1500, 30000);
	return true;
}

/* ---- the last hop ---- */

static bool is_own(const char *address)
{
	size_t n = strlen(address), tail = strlen("firma.example");

	return n > tail && !strcmp(address + n - tail, "firma.example");
}

static const struct client *mta_of(struct world *w, const char *address)
{
	const char *digits = strpbrk(strchr(address, '@'), "0123456789");
	unsigned domain = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		domain = domain * 10 + (unsigned)(*digits - '0');
	return &w->mta[2 * domain + world_random(w, 2)];
}

static void hop(struct world *w, const struct mail *m, enum ending ending, int64_t *now)
{
	enum hop kind = !is_own(m->rcpt[0]) ? HOP_SMTP : m->host->filter ? HOP_VIRTUAL : HOP_LMTP;
	const struct hop_row *row = &hops[kind];
	const struct ending_row *end = &endings[kind][ending];
	const char *head = host_head(w, m->host, row->pool, *now);
	unsigned took = world_between(w, 5, kind == HOP_SMTP ? 2500 : 90);
	char relay[130], status[300];

	snprintf(relay, sizeof relay, "%s", row->relay ? row->relay : "");
	if (kind == HOP_SMTP) {
		const struct client *to = mta_of(w, m->rcpt[0]);

		snprintf(relay, sizeof relay, "%s:25", to->text);
		if (to->tls)
			lines_add(w->lines, *now + 2000, head, "Untrusted TLS connection established to %s: %s", relay,
			          tls_words);
	}
	*now += took * INT64_C(1000);
	for (unsigned i = 0; i < m->n; i++) {
		if (!(m->accepted >> i & 1))
			continue;
		status_text(w, status, end->status, relay, m->rcpt[i]);
		status_line(w, m, i, *now, head, end->contacted ? relay : "none", delays_of(m, *now, took), end->dsn,
		            status);
	}
}

/* The sender of a bounced mail is told; the notice is a mail of its own. */
static void notice(struct world *w, const struct mail *m, int64_t *now)
{
	struct mail note = {
	    .host = m->host, .sender = "", .rcpt = {m->sender}, .n = 1, .accepted = 1, .accepted_at = *now};
	char clock[16];

	note.id = queue_id_new(m->host, *now);
	lines_bsd_stamp(*now, clock);
	snprintf(note.message_id, sizeof note.message_id, "%c%c%c%c%c%c.%05X%X@%s.firma.example", clock[7], clock[8],
	         clock[10], clock[11], clock[13], clock[14], (unsigned)(note.id >> 32), (unsigned)note.id,
	         m->host->name);
	lines_add(w->lines, *now, host_head(w, m->host, POOL_CLEANUP, *now), "%q: message-id=<%s>", note.id,
	          note.message_id);
	*now += 900;
	lines_add(w->lines, *now, host_head(w, m->host, POOL_BOUNCE, *now), "%q: sender non-delivery notification: %q",
	          m->id, note.id);
	*now += 60;
	queued(w, m->host, note.id, "", m->size + 2400, 1, *now);
	*now += 90;
	removed(w, m->host, m->id, *now);
	hop(w, &note, ENDING_SENT, now);
	removed(w, m->host, note.id, *now + 100);
}

bool mail_deliver(struct world *w, struct mail *m, int64_t now)
{
	enum ending ending = m->deferrals ? ENDING_DEFERRED : m->plan == PLAN_BOUNCE ? ENDING_BOUNCED : ENDING_SENT;

	hop(w, m, ending, &now);
	if (ending == ENDING_DEFERRED) {
		m->deferrals--;
		return false;
	}
	if (ending == ENDING_BOUNCED) {
		now += 400;
		notice(w, m, &now);
	} else {
		removed(w, m->host, m->id, now + world_between(w, 10, 200));
	}
	m->id = 0;
	return true;
}
