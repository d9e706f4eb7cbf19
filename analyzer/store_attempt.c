/*
 * Action lines on their way into the database, with all that is summed up of them; and mail that came in.
 */
#include "store_i.h"

/* --------------------------------------------------------------------- attempts */

int32_t store_day_of(struct store *s, int64_t us)
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
	if (login || a->count != 1)
		bulk_rare(b);
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

/* Only memory is asked for: whoever looks names up may do so meanwhile. */
static void expect_many(void *arg)
{
	struct store *s = arg;

	names_expect_many(s->names);
	told_expect_many(s->told);
}

void store_expect_many(struct store *s)
{
	db_later(s->db, expect_many, s);
}

void store_expect(const struct store *s, const struct names_ahead *a)
{
	names_fetch(s->names, a);
}

void store_attempt(void *arg, struct fact_attempt *a)
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
	attempt_sums(s, a, &sort, store_day_of(s, us));
}

/* ------------------------------------------------------------- mail that came in */

void store_arrived(void *arg, uint32_t host, int64_t us, const struct ip *ip, bool submission)
{
	struct store *s = arg;
	int32_t day = store_day_of(s, us);

	rollup_host(s->rollup, host, day, HOST_ACCEPTED, 1);
	if (!submission && !origin_is_inside(s->origin, ip))
		rollup_host(s->rollup, host, day, HOST_OUTSIDE, 1);
}

static void sighting_add(struct store *s, const struct fact_accepted *f, enum sighting_kind kind)
{
	struct sighting seen = {.kind = kind, .host = f->host, .day = store_day_of(s, f->us), .us = f->us};

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
void store_accepted(void *arg, const struct fact_accepted *f)
{
	struct store *s = arg;
	bool inside = origin_is_inside(s->origin, &f->ip);

	if (origin_is_canary(s->origin, SLICE_NONE, f->sender))
		return;
	if (f->sender.n == 0) {
		if (!inside && !f->submission && !f->login)
			rollup_host(s->rollup, f->host, store_day_of(s, f->us), HOST_NULL_SENDER, 1);
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
