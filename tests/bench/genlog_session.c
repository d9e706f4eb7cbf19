#include "genlog_mail.h"

#include <string.h>

const char tls_words[] = "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 "
			 "server-signature RSA-PSS (2048 bits) server-digest SHA256";

static const char *const command_names[CMD_COUNT] = {
    [CMD_EHLO] = "ehlo", [CMD_STARTTLS] = "starttls", [CMD_AUTH] = "auth", [CMD_MAIL] = "mail",
    [CMD_RCPT] = "rcpt", [CMD_DATA] = "data",         [CMD_RSET] = "rset", [CMD_QUIT] = "quit",
};

/* Text of a refusal: %r recipient, %d its domain, %h helo, %i address. */
struct answer_row {
	bool after_rule; /* stands behind the rule, so that a warning was written before */
	const char *text;
};

static const struct answer_row answers[ANSWER_COUNT] = {
    [ANSWER_OK] = {true, NULL},
    [ANSWER_GREYLISTED] = {true, "450 4.2.0 <%r>: Recipient address rejected: Greylisted, "
                                 "see http://postgrey.schweikert.ch/help/%d.html"},
    [ANSWER_NOBODY] = {true, "550 5.1.1 <%r>: Recipient address rejected: "
                             "User unknown in virtual mailbox table"},
    [ANSWER_BLOCKLISTED] = {true, "554 5.7.1 Service unavailable; Client host [%i] blocked using "
                                  "bl.rbl.example; listed, see http://rbl.example/?ip=%i"},
    [ANSWER_RELAY] = {false, "554 5.7.1 <%r>: Relay access denied"},
    [ANSWER_HELO] = {false, "504 5.5.2 <%h>: Helo command rejected: "
                            "need fully-qualified hostname"},
    [ANSWER_NO_NAME] = {false, "450 4.7.25 Client host rejected: "
                               "cannot find your hostname, [%i]"},
};

static void answer_text(char *at, const char *format, const struct client *c, const char *rcpt)
{
	for (; *format; format++) {
		const char *word;

		if (*format != '%') {
			*at++ = *format;
			continue;
		}
		switch (*++format) {
		case 'r': word = rcpt; break;
		case 'd': word = strchr(rcpt, '@') + 1; break;
		case 'h': word = c->helo; break;
		default: word = c->ip;
		}
		at = stpcpy(at, word);
	}
	*at = '\0';
}

int64_t session_screen(struct world *w, struct host *h, const struct client *c, int64_t now)
{
	const char *head = host_head(w, h, POOL_POSTSCREEN, now);
	unsigned port = world_between(w, 32768, 60999);

	lines_add(w->lines, now, head, "CONNECT from [%s]:%u to [%s]:25", c->ip, port, h->address);
	now += world_between(w, 100, 900);
	if (!strncmp(c->ip, "10.", 3)) {
		lines_add(w->lines, now, head, "ALLOWLISTED [%s]:%u", c->ip, port);
	} else if (world_chance(w, 850)) {
		lines_add(w->lines, now, head, "PASS OLD [%s]:%u", c->ip, port);
	} else {
		now += 6 * SECOND;
		lines_add(w->lines, now, head, "PASS NEW [%s]:%u", c->ip, port);
	}
	return now + world_between(w, 300, 2500);
}

void session_step(struct session *s, uint32_t low_us, uint32_t high_us)
{
	s->now += world_between(s->w, low_us, high_us);
}

static void count(struct session *s, enum command c, bool good)
{
	if (good)
		s->count[c].good++;
	else
		s->count[c].bad++;
}

bool session_open(struct session *s, struct host *h, const struct client *c, bool submission, int64_t now)
{
	struct lines *l = s->w->lines;

	memset(s->count, 0, sizeof s->count);
	s->host = h;
	s->client = c;
	s->submission = submission;
	s->now = now;
	s->proc = host_process(s->w, h, submission ? POOL_SUBMISSION : POOL_SMTPD, now);
	if (!s->proc)
		return false;
	s->truth->sessions++;
	if (c->name[0] == 'u' && world_chance(s->w, 200) && !strcmp(c->name, "unknown")) {
		lines_add(l, s->now, s->proc->head,
		          "warning: hostname static-%s.isp.example does not resolve to address %s", c->ip, c->ip);
		session_step(s, 20, 90);
	}
	lines_add(l, s->now, s->proc->head, "connect from %s", c->text);
	session_step(s, 2000, 90000);
	return true;
}

void session_hello(struct session *s)
{
	count(s, CMD_EHLO, true);
	if (s->client->tls || s->submission) {
		count(s, CMD_STARTTLS, true);
		session_step(s, 8000, 120000);
		lines_add(s->w->lines, s->now, s->proc->head, "Anonymous TLS connection established from %s: %s",
		          s->client->text, tls_words);
		count(s, CMD_EHLO, true);
		session_step(s, 1000, 60000);
	}
}

void session_login_fails(struct session *s, const char *mechanism)
{
	count(s, CMD_AUTH, false);
	session_step(s, 40000, 2000000);
	lines_add(s->w->lines, s->now, s->proc->head, "warning: %s: SASL %s authentication failed: UGFzc3dvcmQ6",
	          s->client->text, mechanism);
}

static void greylist_line(struct session *s, const struct mail *m, const char *rcpt, bool pass)
{
	const char *head = host_head(s->w, s->host, POOL_POSTGREY, s->now);
	unsigned age = (unsigned)((s->now - m->first_try) / SECOND);
	char prefix[32] = "", reason[64];

	if (m->id)
		snprintf(prefix, sizeof prefix, "%05X%X: ", (unsigned)(m->id >> 32), (unsigned)m->id);
	if (pass && m->tries > 1)
		snprintf(reason, sizeof reason, "triplet found, delay=%u", age);
	else if (pass)
		snprintf(reason, sizeof reason, "%s",
		         m->client->ip[0] == '1' && m->client->ip[1] == '0' ? "client whitelist" : "client AWL");
	else if (m->tries > 1 && age < 300)
		snprintf(reason, sizeof reason, "early-retry (%us missing)", 300 - age);
	else
		snprintf(reason, sizeof reason, "new");
	lines_add(s->w->lines, s->now, head,
	          "%saction=%s, reason=%s, client_name=%s, client_address=%s, sender=%s, recipient=%s", prefix,
	          pass ? "pass" : "greylist", reason, m->client->name, m->client->ip, m->sender, rcpt);
	session_step(s, 60, 900);
}

static void warn_line(struct session *s, const struct mail *m, const char *rcpt)
{
	lines_add(s->w->lines, s->now, s->proc->head,
	          "%Q: warn: RCPT from %s: *** Invalid Inbound Sender ***; from=<%s> to=<%s> proto=ESMTP helo=<%s>",
	          m->id, s->client->text, m->sender, rcpt, s->client->helo);
	s->truth->warns++;
	session_step(s, 40, 3000);
}

static void reject_line(struct session *s, const struct mail *m, const char *rcpt, enum answer answer)
{
	char text[400];

	answer_text(text, answers[answer].text, s->client, rcpt);
	lines_add(s->w->lines, s->now, s->proc->head,
	          "%Q: reject: RCPT from %s: %s; from=<%s> to=<%s> proto=ESMTP helo=<%s>", m->id, s->client->text, text,
	          m->sender, rcpt, s->client->helo);
	s->truth->rejects++;
}

static void client_line(struct session *s, struct mail *m)
{
	m->id = queue_id_new(s->host, s->now - world_between(s->w, 20, 300));
	if (m->login)
		lines_add(s->w->lines, s->now, s->proc->head, "%q: client=%s, sasl_method=PLAIN, sasl_username=%s",
		          m->id, s->client->text, m->sender);
	else
		lines_add(s->w->lines, s->now, s->proc->head, "%q: client=%s", m->id, s->client->text);
}

static void session_recipient(struct session *s, struct mail *m, unsigned i, enum answer answer)
{
	const char *rcpt = m->rcpt[i];

	session_step(s, 300, 40000);
	if (m->warned && answers[answer].after_rule)
		warn_line(s, m, rcpt);
	if (!s->submission && (answer == ANSWER_OK || answer == ANSWER_GREYLISTED))
		greylist_line(s, m, rcpt, answer == ANSWER_OK);
	count(s, CMD_RCPT, answer == ANSWER_OK);
	if (answer != ANSWER_OK) {
		reject_line(s, m, rcpt, answer);
		return;
	}
	m->accepted |= 1u << i;
	if (!m->id)
		client_line(s, m);
}

static void session_data(struct session *s, struct mail *m)
{
	struct world *w = s->w;

	count(s, CMD_DATA, true);
	session_step(s, 3000, 60000 + m->size / 8);
	lines_add(w->lines, s->now, host_head(w, s->host, POOL_CLEANUP, s->now), "%q: message-id=<%s>", m->id,
	          m->message_id);
	session_step(s, 900, 30000 + m->size / 16);
	lines_add(w->lines, s->now, host_head(w, s->host, POOL_QMGR, s->now),
	          "%q: from=<%s>, size=%u, nrcpt=%u (queue active)", m->id, m->sender, m->size,
	          (unsigned)__builtin_popcount(m->accepted));
	m->accepted_at = s->now;
	session_step(s, 100, 900);
}

bool session_mail(struct session *s, struct mail *m, enum answer answer)
{
	if (m->login && !s->count[CMD_AUTH].good)
		count(s, CMD_AUTH, true);
	count(s, CMD_MAIL, true);
	m->accepted = 0;
	if (!m->tries++)
		m->first_try = s->now;
	for (unsigned i = 0; i < m->n; i++)
		session_recipient(s, m, i, answer == ANSWER_OK && m->nobody >> i & 1 ? ANSWER_NOBODY : answer);
	if (m->accepted) {
		session_data(s, m);
		return true;
	}
	if (s->client->pipelining) {
		count(s, CMD_DATA, false);
		count(s, CMD_RSET, true);
	}
	session_step(s, 500, 60000);
	return false;
}

static char *count_text(char *at, const char *name, unsigned good, unsigned bad)
{
	if (!bad)
		return at + sprintf(at, " %s=%u", name, good);
	return at + sprintf(at, " %s=%u/%u", name, good, good + bad);
}

void session_close(struct session *s, const char *lost)
{
	struct lines *l = s->w->lines;
	unsigned good = 0, bad = 0;
	char text[200], *at = text;

	session_step(s, 500, 20000);
	if (lost)
		lines_add(l, s->now++, s->proc->head, "lost connection after %s from %s", lost, s->client->text);
	else
		count(s, CMD_QUIT, true);
	for (int c = 0; c < CMD_COUNT; c++) {
		good += s->count[c].good;
		bad += s->count[c].bad;
		if (s->count[c].good + s->count[c].bad)
			at = count_text(at, command_names[c], s->count[c].good, s->count[c].bad);
	}
	if (good + bad)
		count_text(at, "commands", good, bad);
	else
		sprintf(at, " commands=0/0");
	lines_add(l, s->now, s->proc->head, "disconnect from %s%s", s->client->text, text);
	s->proc->free_at = s->now + 1;
}
