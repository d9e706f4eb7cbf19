#include "genlog_story.h"

#include <stdlib.h>
#include <string.h>

/*
 * What chance decides is drawn in statements of its own, never twice among the
 * arguments of one call: their order would be the compiler's.
 */

static struct host *any_host(struct world *w)
{
	return &w->host[world_chance(w, 450)];
}

static const char *outsider(struct world *w)
{
	return w->outside[world_zipf(w, OUTSIDE_PEOPLE)];
}

static const char *insider(struct world *w)
{
	return w->own[world_zipf(w, OWN_PEOPLE)];
}

static const struct client *mta_of_sender(struct world *w, const char *sender)
{
	size_t i = (size_t)((const char(*)[56])(const void *)sender - (const char(*)[56])w->outside);

	return &w->mta[i % DOMAINS * 2 + world_random(w, 2)];
}

/* ---- stories without a warning ---- */

static void fates_of_accepted(struct world *w, struct mail *m, uint32_t bounce, uint32_t defer, uint32_t spam)
{
	if (world_chance(w, bounce))
		m->plan = PLAN_BOUNCE;
	else if (m->host->filter && world_chance(w, spam))
		m->plan = PLAN_SPAM;
	if (world_chance(w, defer)) /* the store is away for a moment, or a mailbox is full */
		m->deferrals = world_chance(w, 900) ? world_between(w, 1, 4) : world_between(w, 20, 70);
}

/* Recipients whose bit is set turn out not to exist. */
static void to_nobody(struct world *w, struct mail *m, uint32_t which)
{
	uint32_t first = world_random(w, NOBODIES);

	m->nobody = which;
	for (unsigned i = 0; i < m->n; i++)
		if (which >> i & 1)
			m->rcpt[i] = w->nobody[(first + 7 * i) % NOBODIES];
}

static unsigned few(struct world *w, unsigned most)
{
	return world_chance(w, 700) ? 1 : world_between(w, 1, most);
}

static void tell_ham(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	const char *sender = outsider(w);
	const struct client *c = mta_of_sender(w, sender);
	unsigned n = few(w, 4);
	struct mail *m[4];

	for (unsigned i = 0; i < n; i++) {
		m[i] = mail_new(t, c, sender);
		m[i]->host = m[0]->host;
		add_recipients(t, m[i], few(w, 4), now);
		if (world_chance(w, 40))
			to_nobody(w, m[i], world_random(w, 1u << m[i]->n));
		fates_of_accepted(w, m[i], 10, 15, 60);
	}
	bring(t, m, n, ANSWER_OK, now);
}

static void tell_notice(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	struct mail *m = mail_new(t, &w->mta[world_random(w, MTAS)], "");

	add_recipients(t, m, 1, now);
	bring(t, &m, 1, ANSWER_OK, now);
}

static void tell_new_ham(struct teller *t, int64_t now)
{
	const char *sender = teller_world(t)->outside[world_random(teller_world(t), OUTSIDE_PEOPLE)];
	struct mail *m = mail_new(t, mta_of_sender(teller_world(t), sender), sender);

	add_recipients(t, m, few(teller_world(t), 3), now);
	m->comes_back = true;
	fates_of_accepted(teller_world(t), m, 10, 15, 60);
	bring(t, &m, 1, ANSWER_GREYLISTED, now);
}

static void tell_submission(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	const char *sender = insider(w);
	struct mail *m = mail_new(t, &w->roamer[world_zipf(w, ROAMERS)], sender);

	m->login = true;
	add_recipients(t, m, few(w, 4), now);
	fates_of_accepted(w, m, 15, 25, 0);
	bring(t, &m, 1, ANSWER_OK, now);
}

static struct mail *bot_mail(struct teller *t, uint32_t bot)
{
	struct world *w = teller_world(t);

	return mail_new(t, &w->bot[bot], outsider(w));
}

static void tell_refused(struct teller *t, int64_t now, enum answer answer, unsigned most)
{
	struct world *w = teller_world(t);
	struct mail *m = bot_mail(t, world_zipf(w, BOTS));

	add_recipients(t, m, world_between(w, 1, most), now);
	if (answer == ANSWER_NOBODY)
		to_nobody(w, m, (1u << RCPT_MAX) - 1);
	bring(t, &m, 1, answer == ANSWER_NOBODY ? ANSWER_OK : answer, now);
}

static void tell_harvest(struct teller *t, int64_t now)
{
	tell_refused(t, now, ANSWER_NOBODY, RCPT_MAX);
}

static void tell_listed(struct teller *t, int64_t now)
{
	tell_refused(t, now, ANSWER_BLOCKLISTED, 4);
}

static void tell_relay(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	struct mail *m = bot_mail(t, world_zipf(w, BOTS));

	m->rcpt[m->n++] = outsider(w);
	bring(t, &m, 1, ANSWER_RELAY, now);
}

static void tell_bad_helo(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	uint32_t bot = world_zipf(w, BOTS / 5) * 5 + 1; /* these say WIN-... */
	struct mail *m = bot_mail(t, bot);

	add_recipients(t, m, world_between(w, 1, 3), now);
	bring(t, &m, 1, ANSWER_HELO, now);
}

static void tell_no_name(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	uint32_t bot = world_zipf(w, BOTS / 9) * 9; /* these are unknown */
	struct mail *m = bot_mail(t, bot);

	add_recipients(t, m, world_between(w, 1, 3), now);
	bring(t, &m, 1, ANSWER_NO_NAME, now);
}

static void tell_one_try(struct teller *t, int64_t now)
{
	tell_refused(t, now, ANSWER_GREYLISTED, 3);
}

static void tell_probe(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	const struct client *c = &w->bot[world_zipf(w, BOTS)];
	struct host *h = any_host(w);
	struct session s = {.w = w, .truth = teller_account(t)};
	bool hello = world_chance(w, 500);

	if (!session_open(&s, h, c, false, session_screen(w, h, c, now)))
		return;
	if (hello)
		session_hello(&s);
	session_step(&s, 50000, 9000000);
	session_close(&s, !hello ? "CONNECT" : c->tls ? "STARTTLS" : "EHLO");
}

static void tell_guess(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	const struct client *c = &w->bot[world_zipf(w, BOTS / 40)];
	struct session s = {.w = w, .truth = teller_account(t)};

	if (!session_open(&s, any_host(w), c, true, now))
		return;
	session_hello(&s);
	session_login_fails(&s, world_chance(w, 700) ? "LOGIN" : "PLAIN");
	session_close(&s, world_chance(w, 500) ? "AUTH" : NULL);
}

static void tell_monitor(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	struct host *h = any_host(w);
	struct session s = {.w = w, .truth = teller_account(t)};

	if (!session_open(&s, h, &w->monitor, false, session_screen(w, h, &w->monitor, now)))
		return;
	session_hello(&s);
	session_close(&s, NULL);
}

/* postscreen keeps it for itself. */
static void tell_screened(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	struct host *h = any_host(w);
	const struct client *c = &w->bot[world_zipf(w, BOTS)];
	const char *head = host_head(w, h, POOL_POSTSCREEN, now), *why, *reply;
	const char *sender = outsider(w), *rcpt = insider(w);
	unsigned port = world_between(w, 32768, 60999), rank = world_between(w, 3, 9);
	char blocked[112];

	lines_add(w->lines, now, head, "CONNECT from [%s]:%u to [%s]:25", c->ip, port, h->address);
	if (world_chance(w, 250)) {
		now += world_between(w, 10000, 5900000);
		lines_add(w->lines, now, head, "HANGUP after %t from [%s]:%u in tests before SMTP handshake",
		          world_between(w, 10, 5900), c->ip, port);
		lines_add(w->lines, now + 9, head, "DISCONNECT [%s]:%u", c->ip, port);
		return;
	}
	why = "DNSBL";
	snprintf(blocked, sizeof blocked, "550 5.7.1 Service unavailable; client [%s] blocked using bl.rbl.example",
	         c->ip);
	reply = blocked;
	if (world_chance(w, 300)) {
		why = "PREGREET";
		reply = "550 5.5.1 Protocol error";
		lines_add(w->lines, now + 120000, head, "PREGREET %u after 0.12 from [%s]:%u: EHLO %s\\r\\n",
		          (unsigned)strlen(c->helo) + 7, c->ip, port, c->helo);
	} else {
		lines_add(w->lines, now + 60000, host_head(w, h, POOL_DNSBLOG, now),
		          "addr %s listed by domain bl.rbl.example as 127.0.0.%u", c->ip, rank);
	}
	now += 6 * SECOND;
	if (why[0] == 'D')
		lines_add(w->lines, now, head, "DNSBL rank %u for [%s]:%u", rank, c->ip, port);
	now += world_between(w, 100000, 900000);
	lines_add(w->lines, now, head,
	          "NOQUEUE: reject: RCPT from [%s]:%u: %s; from=<%s>, to=<%s>, proto=ESMTP, helo=<%s>", c->ip, port,
	          reply, sender, rcpt, c->helo);
	teller_account(t)->rejects++;
	lines_add(w->lines, now + 40, head, "DISCONNECT [%s]:%u", c->ip, port);
}

/* ---- stories with a warning ---- */

static struct mail *warned(struct teller *t, const struct client *c, const char *sender, unsigned n, int64_t now)
{
	struct mail *m = mail_new(t, c, sender);

	m->warned = true;
	add_recipients(t, m, n, now);
	return m;
}

/* No recipient was left that the log could tell apart: then nobody came. */
static void bring_warned(struct teller *t, struct mail *m, enum answer answer, int64_t now)
{
	if (m->n)
		bring(t, &m, 1, answer, now);
	else
		free(m);
}

void tell_news(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	const struct client *c = &w->mailer[world_random(w, MAILERS)];
	unsigned n = few(w, 3), kept = 0;
	struct mail *m[3];

	for (unsigned i = 0; i < n; i++) {
		unsigned rcpts = few(w, 4);

		m[kept] = warned(t, c, "newsletter@firma.example", rcpts, now);
		m[kept]->host = m[0]->host;
		fates_of_accepted(w, m[kept], 12, 20, 0);
		if (m[kept]->n)
			kept++;
		else
			free(m[kept]);
	}
	if (kept)
		bring(t, m, kept, ANSWER_OK, now);
}

static void tell_forwarded(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	const char *sender = insider(w);
	struct mail *m = warned(t, &w->forwarder, sender, few(w, 2), now);

	fates_of_accepted(w, m, 5, 10, 20);
	bring_warned(t, m, ANSWER_OK, now);
}

static void tell_printer(struct teller *t, int64_t now)
{
	const struct client *c = &teller_world(t)->printer[world_zipf(teller_world(t), PRINTERS)];
	struct mail *m = warned(t, c, "scanner@firma.example", 1, now);

	fates_of_accepted(teller_world(t), m, 5, 5, 0);
	bring_warned(t, m, ANSWER_OK, now);
}

static void tell_invoice(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	const struct client *c = &w->invoicer[world_random(w, INVOICERS)];
	bool fresh = world_chance(w, 450);
	struct mail *m = warned(t, c, "rechnung@filiale.firma.example", few(w, 2), now);

	m->comes_back = fresh;
	fates_of_accepted(w, m, 10, 10, 10);
	bring_warned(t, m, fresh ? ANSWER_GREYLISTED : ANSWER_OK, now);
}

static struct mail *spoofed(struct teller *t, unsigned n, int64_t now)
{
	struct world *w = teller_world(t);
	const struct client *c = &w->bot[world_random(w, BOTS)];

	return warned(t, c, insider(w), n, now);
}

static void tell_spoof_listed(struct teller *t, int64_t now)
{
	bring_warned(t, spoofed(t, world_between(teller_world(t), 1, 3), now), ANSWER_BLOCKLISTED, now);
}

static void tell_spoof_nobody(struct teller *t, int64_t now)
{
	struct world *w = teller_world(t);
	struct mail *m = spoofed(t, world_between(w, 1, 4), now);

	if (m->n < 2 || world_chance(w, 700)) {
		to_nobody(w, m, (1u << RCPT_MAX) - 1);
	} else { /* some of the names exist: the filter's turn */
		to_nobody(w, m, 1);
		m->plan = m->host->filter ? PLAN_SPAM : PLAN_DELIVER;
	}
	bring_warned(t, m, ANSWER_OK, now);
}

static void tell_spoof_one_try(struct teller *t, int64_t now)
{
	bring_warned(t, spoofed(t, few(teller_world(t), 3), now), ANSWER_GREYLISTED, now);
}

static void tell_spoof_patient(struct teller *t, int64_t now)
{
	struct mail *m = spoofed(t, few(teller_world(t), 3), now);

	m->comes_back = true;
	if (m->host->filter && world_chance(teller_world(t), 800))
		m->plan = PLAN_SPAM;
	bring_warned(t, m, ANSWER_GREYLISTED, now);
}

const struct story stories[] = {
    {1560, true, tell_ham},         {60, true, tell_notice},         {230, false, tell_new_ham},
    {840, true, tell_submission},   {245, false, tell_harvest},      {265, false, tell_listed},
    {90, false, tell_relay},        {90, false, tell_bad_helo},      {100, false, tell_no_name},
    {150, false, tell_one_try},     {230, true, tell_probe},         {90, true, tell_guess},
    {60, true, tell_monitor},       {210, false, tell_screened},     {30, false, tell_forwarded},
    {34, false, tell_printer},      {40, false, tell_invoice},       {56, false, tell_spoof_listed},
    {22, false, tell_spoof_nobody}, {44, false, tell_spoof_one_try}, {30, false, tell_spoof_patient},
};
const size_t story_count = sizeof stories / sizeof *stories;
