#include "genlog_story.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS (1u << 18)
#define MAY_RETURN \
	(38 * HOUR) /* a refused try and its like: more than the 36 hours of design.md \
								*/

enum event_kind { EVENT_STORY, EVENT_TRY, EVENT_FILTER, EVENT_DELIVER, EVENT_CAMPAIGN, EVENT_STATISTICS };

struct event {
	int64_t when;
	uint32_t order;
	enum event_kind kind;
	struct mail *mail;
	unsigned left; /* a campaign: its sessions; a delivery: 1 if it was tried before; statistics:
					  the host */
};

struct teller {
	struct world *w;
	struct truth truth;
	struct event *heap;
	size_t n, room;
	uint32_t order;
	unsigned weights; /* of all stories that happen */
	bool dense;
	int64_t *pair_open; /* by hash of sender and recipient: until when a refused try may come again
						 */
};

/* ---- events ---- */

static bool sooner(const struct event *a, const struct event *b)
{
	if (a->when != b->when)
		return a->when < b->when;
	return (int32_t)(a->order - b->order) < 0;
}

static void event_push(struct teller *t, int64_t when, enum event_kind kind, struct mail *m, unsigned left)
{
	struct event e = {.when = when, .order = t->order++, .kind = kind, .mail = m, .left = left};
	size_t i = t->n++;

	if (t->n > t->room) {
		t->room = t->room ? 2 * t->room : 1024;
		t->heap = realloc(t->heap, t->room * sizeof *t->heap);
		if (!t->heap)
			abort();
	}
	for (; i && sooner(&e, &t->heap[(i - 1) / 2]); i = (i - 1) / 2)
		t->heap[i] = t->heap[(i - 1) / 2];
	t->heap[i] = e;
}

static struct event event_pop(struct teller *t)
{
	struct event top = t->heap[0], last = t->heap[--t->n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < t->n) {
		if (child + 1 < t->n && sooner(&t->heap[child + 1], &t->heap[child]))
			child++;
		if (!sooner(&t->heap[child], &last))
			break;
		t->heap[i] = t->heap[child];
		i = child;
	}
	t->heap[i] = last;
	return top;
}

static bool is_weekend(int64_t now)
{
	return (now / (24 * HOUR) + 3) % 7 >= 5; /* 1 January 1970 was a Thursday */
}

/* ---- mails ---- */

struct mail *mail_new(struct teller *t, const struct client *c, const char *sender)
{
	struct mail *m = xcalloc(1, sizeof *m);
	const char *at = strchr(sender, '@');
	struct world *w = t->w;
	uint32_t part[3];

	m->host = &w->host[world_chance(w, 450)];
	m->client = c;
	m->sender = sender;
	m->size = 900 + world_random(w, 3000);
	if (world_chance(w, 300))
		m->size += world_random(w, 90000);
	for (int i = 0; i < 3; i++)
		part[i] = world_random(w, UINT32_MAX);
	snprintf(m->message_id, sizeof m->message_id, "%08X-%04X-%08X.%u@%s", part[0], part[1] & 65535, part[2],
	         ++w->serial, at ? at + 1 : c->name);
	return m;
}

static void mail_ends(struct teller *t, struct mail *m, enum fate fate)
{
	if (m->warned)
		t->truth.fates[fate]++;
	free(m);
}

static int64_t *pair(struct teller *t, const char *sender, const char *rcpt)
{
	uint32_t h = 2166136261u;

	for (; *sender; sender++)
		h = (h ^ (unsigned char)*sender) * 16777619u;
	for (; *rcpt; rcpt++)
		h = (h ^ (unsigned char)*rcpt) * 16777619u;
	return &t->pair_open[(h ^ h >> 15) & (PAIRS - 1)];
}

static bool has_recipient(const struct mail *m, const char *rcpt)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->rcpt[i] == rcpt)
			return true;
	return false;
}

/*
 * Two mails with the same sender and recipient, of which the first was refused
 * for now, cannot be told apart in a log; so of warned ones there are none.
 */
void add_recipients(struct teller *t, struct mail *m, unsigned n, int64_t now)
{
	struct world *w = t->w;
	const char *rcpt;

	for (unsigned tries = 0; m->n < n && tries < 50 * n; tries++) {
		rcpt = m->login && !m->warned && m->n == 0 && world_chance(w, 600)
		           ? w->outside[world_zipf(w, OUTSIDE_PEOPLE)]
		           : w->own[world_zipf(w, OWN_PEOPLE)];
		if (m->n && strstr(m->rcpt[0], "firma.example") == NULL)
			break;
		if (has_recipient(m, rcpt) || (m->warned && *pair(t, m->sender, rcpt) > now))
			continue;
		m->rcpt[m->n++] = rcpt;
	}
}

/* ---- a session with mails ---- */

static int64_t screened(struct teller *t, const struct mail *m, int64_t now)
{
	return m->login ? now : session_screen(t->w, m->host, m->client, now);
}

/* Some senders turn to the other MX at once, most wait; some come from a neighbour's address then.
 */
static void come_back(struct teller *t, struct mail *m, int64_t now)
{
	static const uint32_t wait[][2] = {{100, 290}, {310, 1800}, {900, 7200}, {3600, 21600}};
	const uint32_t *range = wait[world_random(t->w, 4)];
	uint32_t seconds = world_between(t->w, range[0], range[1]);

	if (world_chance(t->w, 300))
		m->client = world_neighbour(t->w, m->client);
	if (m->tries == 1 && world_chance(t->w, 100)) {
		m->host = &t->w->host[m->host == &t->w->host[0]];
		seconds = world_between(t->w, 2, 20);
	}
	event_push(t, now + seconds * SECOND, EVENT_TRY, m, 0);
}

static void refused(struct teller *t, struct mail *m, enum answer answer, int64_t now)
{
	if (answer != ANSWER_GREYLISTED && answer != ANSWER_NO_NAME) {
		mail_ends(t, m, FATE_REFUSED);
		return;
	}
	for (unsigned i = 0; i < m->n && m->warned; i++)
		*pair(t, m->sender, m->rcpt[i]) = now + MAY_RETURN;
	if (m->comes_back)
		come_back(t, m, now);
	else
		mail_ends(t, m, FATE_TEMPFAILED);
}

static void mail_comes(struct teller *t, struct session *s, struct mail *m, enum answer answer)
{
	if (session_mail(s, m, answer)) {
		bool filter = m->host->filter;

		event_push(t, s->now + world_between(t->w, 2000, 60000), filter ? EVENT_FILTER : EVENT_DELIVER, m, 0);
	} else {
		refused(t, m, m->nobody ? ANSWER_NOBODY : answer, s->now + SECOND);
	}
}

/* No process was left to talk to it: of a first try the log says nothing. */
static void mail_unseen(struct teller *t, struct mail *m)
{
	if (m->tries)
		mail_ends(t, m, FATE_TEMPFAILED);
	else
		free(m);
}

void bring(struct teller *t, struct mail **m, unsigned n, enum answer answer, int64_t now)
{
	struct session s = {.w = t->w, .truth = &t->truth};

	if (!session_open(&s, m[0]->host, m[0]->client, m[0]->login, screened(t, m[0], now))) {
		for (unsigned i = 0; i < n; i++)
			mail_unseen(t, m[i]);
		return;
	}
	session_hello(&s);
	for (unsigned i = 0; i < n; i++)
		mail_comes(t, &s, m[i], answer);
	session_close(&s, NULL);
}

static void event_try(struct teller *t, struct mail *m, int64_t now)
{
	bool early = now - m->first_try < 300 * SECOND;

	bring(t, &m, 1, early ? ANSWER_GREYLISTED : ANSWER_OK, now);
}

static void event_filter(struct teller *t, struct mail *m, int64_t now)
{
	int64_t done = 0;

	if (!mail_filter(t->w, m, now, &done))
		event_push(t, now + 250000, EVENT_FILTER, m, 0);
	else if (!done)
		mail_ends(t, m, FATE_SPAM);
	else
		event_push(t, done, EVENT_DELIVER, m, 0);
}

static void event_deliver(struct teller *t, struct mail *m, int64_t now, bool again)
{
	if (again)
		mail_requeue(t->w, m, now);
	if (mail_deliver(t->w, m, now + 800))
		mail_ends(t, m, m->plan == PLAN_BOUNCE ? FATE_BOUNCED : FATE_DELIVERED);
	else
		event_push(t, now + world_between(t->w, 300, 5000) * SECOND, EVENT_DELIVER, m, 1);
}

#define DENSE_ATTEMPTS 5 /* times as many a day */
#define DENSE_STORIES 2  /* that is: they are all that happens */

static void event_campaign(struct teller *t, int64_t now, unsigned left)
{
	if (!left) {
		event_push(t, now + 24 * HOUR, EVENT_CAMPAIGN, NULL, 0);
		left = is_weekend(now) ? 0 : world_between(t->w, 500, 1300) * (t->dense ? DENSE_ATTEMPTS : 1);
	}
	if (left)
		tell_news(t, now);
	if (left > 1)
		event_push(t, now + world_between(t->w, 50000, 900000) / (t->dense ? DENSE_ATTEMPTS : 1),
		           EVENT_CAMPAIGN, NULL, left - 1);
}

/* anvil's and postscreen's accounts, every ten minutes. */
static void event_statistics(struct teller *t, int64_t now, unsigned host)
{
	struct world *w = t->w;
	struct host *h = &w->host[host];
	const char *head = host_head(w, h, POOL_ANVIL, now), *ip = w->bot[world_zipf(w, BOTS)].ip;
	unsigned kept = world_between(w, 900, 4000), rate = world_between(w, 1, 30);
	char stamp[16];

	lines_bsd_stamp(now - world_between(w, 1, 590) * SECOND, stamp);
	lines_add(w->lines, now, head, "statistics: max connection rate %u/60s for (smtpd:%s) at %s", rate, ip, stamp);
	lines_add(w->lines, now + 60, head, "statistics: max connection count %u for (smtpd:%s) at %s", rate / 4 + 1,
	          ip, stamp);
	lines_add(w->lines, now + 90, head, "statistics: max cache size %u at %s", world_between(w, 3, 60), stamp);
	if (now / HOUR % 12 == 3 && world_chance(w, 160))
		lines_add(w->lines, now + 300, host_head(w, h, POOL_POSTSCREEN, now),
		          "cache btree:/var/lib/postfix/postscreen_cache full cleanup: retained=%u dropped=%u entries",
		          kept, kept / 13);
	event_push(t, now + 600 * SECOND, EVENT_STATISTICS, NULL, host);
}

/* ---- how often ---- */

static const uint16_t busy_by_hour[24] = {20,  15,  12,  12,  15,  25,  45, 80, 150, 190, 195, 180,
                                          150, 165, 180, 175, 160, 120, 80, 60, 50,  45,  35,  28};
#define MEAN_GAP UINT64_C(22600000000) /* microseconds, divided by how busy it is */

static int64_t next_story(const struct teller *t, int64_t now)
{
	uint32_t busy = busy_by_hour[now / HOUR % 24] * (is_weekend(now) ? 35u : 100u) * (t->dense ? DENSE_STORIES : 1);

	return now + world_random(t->w, (uint32_t)(2 * MEAN_GAP / busy));
}

static unsigned weight_of(const struct teller *t, const struct story *s)
{
	return t->dense && s->clean ? 0 : s->weight;
}

static void event_story(struct teller *t, int64_t now)
{
	const struct story *s = stories;

	for (unsigned pick = world_random(t->w, t->weights); pick >= weight_of(t, s); s++)
		pick -= weight_of(t, s);
	s->tell(t, now);
	event_push(t, next_story(t, now), EVENT_STORY, NULL, 0);
}

struct teller *teller_new(struct world *w, int64_t start, bool dense)
{
	struct teller *t = xcalloc(1, sizeof *t);

	t->w = w;
	t->dense = dense;
	t->pair_open = xcalloc(PAIRS, sizeof *t->pair_open);
	for (size_t i = 0; i < story_count; i++)
		t->weights += weight_of(t, &stories[i]);
	event_push(t, start + SECOND, EVENT_STORY, NULL, 0);
	event_push(t, start + 10 * HOUR, EVENT_CAMPAIGN, NULL, 0);
	for (unsigned h = 0; h < 2; h++)
		event_push(t, start + (60 + 97 * h) * SECOND, EVENT_STATISTICS, NULL, h);
	return t;
}

struct teller *teller_free(struct teller *t)
{
	free(t->pair_open);
	free(t->heap);
	free(t);
	return NULL;
}

int64_t teller_next(const struct teller *t)
{
	return t->heap[0].when;
}

void teller_step(struct teller *t)
{
	struct event e = event_pop(t);

	switch (e.kind) {
	case EVENT_STORY: event_story(t, e.when); break;
	case EVENT_TRY: event_try(t, e.mail, e.when); break;
	case EVENT_FILTER: event_filter(t, e.mail, e.when); break;
	case EVENT_DELIVER: event_deliver(t, e.mail, e.when, e.left); break;
	case EVENT_CAMPAIGN: event_campaign(t, e.when, e.left); break;
	case EVENT_STATISTICS: event_statistics(t, e.when, e.left); break;
	}
}

void teller_end(struct teller *t)
{
	while (t->n) {
		struct event e = event_pop(t);

		if (e.mail) /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a mail stands in one event at a time */
			mail_ends(t, e.mail, e.mail->id ? FATE_QUEUED : FATE_TEMPFAILED);
	}
}

const struct truth *teller_truth(const struct teller *t)
{
	return &t->truth;
}

struct world *teller_world(struct teller *t)
{
	return t->w;
}

struct truth *teller_account(struct teller *t)
{
	return &t->truth;
}
