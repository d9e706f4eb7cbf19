#include "../analyzer/punycode.h"
#include "report_i.h"
#include "report_tables.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define TABLE(name, title, none, flags, it)                                                      \
	{                                                                                        \
		name, title, none, flags, it##_columns, COUNT(it##_columns), it##_rows, it##_row \
	}

/* ------------------------------------------------------------------ sources */

static const struct report_column sources_columns[] = {
    {"source", "Source", "source", COLUMN_NAME},
    {"kind", "Kind", "kind", 0},
    {"would_be_lost", "Lost", "would-be-lost", COLUMN_NUMBER},
    {"mails", "Mails", "mail", COLUMN_NUMBER},
    {"recipients", "People", "people", COLUMN_NUMBER},
    {"days_seen", "Days", "day", COLUMN_NUMBER},
    {"last_seen", "Last", NULL, COLUMN_DATE},
    {"verdict", "Verdict", "verdict", 0},
    {"suggestion", "Suggested", "suggestion", 0},
    {"reason", "Why", "suggestion", COLUMN_LONG},
    {"evidence", "Evidence", "evidence", COLUMN_LONG},
    {"fates", "Fates", "fate", COLUMN_LONG},
    {"clients", "IPs", NULL, COLUMN_NUMBER},
    {"senders", "Senders", NULL, COLUMN_NUMBER},
    {"attempts", "Attempts", "attempt", COLUMN_NUMBER},
    {"undecided", NULL, NULL, COLUMN_NUMBER | COLUMN_PROGRAM},
    {"lossy_days", NULL, NULL, COLUMN_NUMBER | COLUMN_PROGRAM},
    {"first_seen", NULL, NULL, COLUMN_PROGRAM},
    {"owner", NULL, NULL, COLUMN_PROGRAM},
    {"expires", NULL, NULL, COLUMN_PROGRAM},
    {"note", NULL, NULL, COLUMN_PROGRAM},
    {"shared_domain", NULL, NULL, COLUMN_PROGRAM},
    {"sentence", NULL, NULL, COLUMN_PROGRAM},
};

static size_t sources_rows(const struct report *r)
{
	return r->what->sources ? r->what->sources->n : 0;
}

/* `SPF pass 360`, `pass 12 fail 3` ... of the words that were said. */
static void add_said(struct text *t, const char *check, const int64_t count[EVIDENCE_COUNT])
{
	bool any = false;

	for (int e = 0; e < EVIDENCE_COUNT; e++) {
		if (count[e] == 0 || !evidence_name((enum evidence)e))
			continue;
		text_printf(t, "%s%s%s %lld",
		            any    ? ", "
		            : t->n ? "; "
		                   : "",
		            any ? "" : check, evidence_name((enum evidence)e), (long long)count[e]);
		any = true;
	}
}

static void add_evidence(struct field *f, const struct source_row *s)
{
	add_said(&f->own, "SPF ", s->facts.spf);
	add_said(&f->own, "DKIM ", s->facts.dkim);
	add_said(&f->own, "DMARC ", s->facts.dmarc);
	add_said(&f->own, "content ", s->facts.spam);
	if (s->facts.listed)
		text_printf(&f->own, "%son a block list %lld", f->own.n ? "; " : "", (long long)s->facts.listed);
	if (s->facts.tls)
		text_printf(&f->own, "%sTLS %lld", f->own.n ? "; " : "", (long long)s->facts.tls);
	if (s->facts.logins)
		text_printf(&f->own, "%slogged in %lld", f->own.n ? "; " : "", (long long)s->facts.logins);
	f->kind = f->own.n ? FIELD_WORDS : FIELD_NULL;
}

static void add_fates(struct field *f, const struct source_row *s)
{
	for (int i = 0; i < FATE_COUNT; i++)
		if (s->facts.fates[i])
			text_printf(&f->own, "%s%s %lld", f->own.n ? ", " : "", fate_name((enum fate)i),
			            (long long)s->facts.fates[i]);
	f->kind = f->own.n ? FIELD_WORDS : FIELD_NULL;
}

static int64_t to_second(int64_t us)
{
	return us == STAMP_NONE ? us : us - (us % 1000000 + 1000000) % 1000000;
}

static void sources_row(const struct report *r, size_t i, struct field *f)
{
	const struct source_row *s = &r->what->sources->row[i];
	const struct source_facts *facts = &s->facts;

	field_str(&f[0], s->name);
	f[0].shown = slice_str(s->shown);
	field_words(&f[1], source_kind_name(facts->kind));
	field_int(&f[2], facts->lost);
	field_int(&f[3], facts->mails);
	field_int(&f[4], facts->recipients);
	field_int(&f[5], facts->days_seen);
	field_time(&f[6], to_second(s->last_us));
	field_words(&f[7], source_verdict_name(s->verdict));
	field_words(&f[8], suggestion_name(s->suggested.suggestion));
	field_words(&f[9], s->suggested.reason);
	add_evidence(&f[10], s);
	add_fates(&f[11], s);
	field_int(&f[12], facts->clients);
	field_int(&f[13], facts->senders);
	field_int(&f[14], s->attempts);
	field_int(&f[15], s->decided[SOURCE_VERDICT_NONE]);
	field_int(&f[16], s->lossy_days);
	field_time(&f[17], to_second(s->first_us));
	field_str(&f[18], s->owner);
	field_str(&f[19], s->expires);
	field_str(&f[20], s->note);
	field_str(&f[21], s->domain);
	field_words(&f[22], s->suggested.sentence);
}

/* ------------------------------------------------------------------ own domains */

static const struct report_column domains_columns[] = {
    {"domain", "Own domain", "own-domain", COLUMN_NAME},
    {"phase", "Phase", "phase", 0},
    {"since", "Since", NULL, COLUMN_DATE},
    {"decision", "Decision", "decision", 0},
    {"decided_by", "Decided by", "criterion", 0},
    {"would_be_lost", "Lost", "would-be-lost", COLUMN_NUMBER},
    {"mails", "Mails", "mail", COLUMN_NUMBER},
    {"sources", "Sources", "source", COLUMN_NUMBER},
    {"undecided", "Undecided sources", "verdict", COLUMN_NUMBER},
};

static size_t domains_rows(const struct report *r)
{
	return r->what->domain ? 1 : r->d->domains;
}

static void domains_row(const struct report *r, size_t i, struct field *f)
{
	const struct decided *one = r->what->domain ? r->what : &r->d->domain[i];
	struct phase_sum sum = phase_sum_of(r->d, one->domain);

	field_str(&f[0], one->domain);
	field_words(&f[1], phase_name(sum.phase));
	field_time(&f[2], sum.since);
	field_words(&f[3], decision_name(one->decision));
	field_str(&f[4], decided_by(one));
	field_int(&f[5], one->sources->lost);
	field_int(&f[6], one->sources->mails);
	field_int(&f[7], (int64_t)one->sources->n);
	field_int(&f[8], one->sources->undecided);
}

/* ------------------------------------------------------------------ exceptions */

/* A punycode name is shown both ways. */
static void field_name(struct field *f, const char *name)
{
	char both[2 * PUNYCODE_TEXT];

	field_str(f, name);
	if (f->kind == FIELD_NULL || strcmp(punycode_both(slice_str(name), both, sizeof both), name) == 0)
		return;
	text_str(&f->own, both);
	f->shown = slice_of(f->own.p, f->own.n);
}

static const struct report_column exceptions_columns[] = {
    {"subject", "Who", "verdict", COLUMN_NAME},
    {"kind", "Kind", "kind", 0},
    {"verdict", "Verdict", "verdict", 0},
    {"proven", "Proven", "in_force", 0},
    {"why", "Why", "in_force", COLUMN_LONG},
    {"still_warned", "Still warned", "still_warned", 0},
    {"would_be_lost", "Lost", "would-be-lost", COLUMN_NUMBER},
    {"mails", "Mails", "mail", COLUMN_NUMBER},
    {"recipients", "People", "people", COLUMN_NUMBER},
    {"owner", "Owner", NULL, 0},
    {"expires", "Until", NULL, 0},
    {"said", "Said", NULL, COLUMN_DATE},
    {"note", "Note", NULL, COLUMN_LONG},
    {"last_warned", NULL, NULL, COLUMN_PROGRAM},
    {"last_unwarned", NULL, NULL, COLUMN_PROGRAM},
    {"login", NULL, NULL, COLUMN_PROGRAM},
    {"login_mismatches", NULL, NULL, COLUMN_NUMBER | COLUMN_PROGRAM},
};

static size_t exceptions_rows(const struct report *r)
{
	return r->d->proof ? r->d->proof->subjects : 0;
}

static void exceptions_row(const struct report *r, size_t i, struct field *f)
{
	const struct proof_subject *s = &r->d->proof->subject[i];

	field_name(&f[0], s->subject);
	field_words(&f[1], s->kind);
	field_words(&f[2], s->verdict);
	field_bool(&f[3], s->proof != PROOF_NONE);
	field_words(&f[4], s->why);
	field_bool(&f[5], s->still_warned);
	field_int(&f[6], s->lost);
	field_int(&f[7], s->mails);
	field_int(&f[8], s->recipients);
	field_str(&f[9], s->owner);
	field_str(&f[10], s->expires);
	field_time(&f[11], s->said_us);
	field_str(&f[12], s->note);
	field_time(&f[13], s->last_warned);
	field_time(&f[14], s->last_unwarned);
	field_str(&f[15], s->login);
	field_int(&f[16], s->mismatches);
}

static const struct report_column expired_columns[] = {
    {"subject", "Who", "verdict", COLUMN_NAME}, {"kind", "Kind", "kind", 0}, {"verdict", "Verdict", "verdict", 0},
    {"expires", "Expired on", NULL, 0},         {"owner", "Owner", NULL, 0},
};

static size_t expired_rows(const struct report *r)
{
	return r->expired_n;
}

static void expired_row(const struct report *r, size_t i, struct field *f)
{
	const struct report_expired *e = &r->expired[i];

	field_name(&f[0], e->subject);
	field_words(&f[1], e->kind);
	field_words(&f[2], e->verdict);
	field_str(&f[3], e->expires);
	field_str(&f[4], e->owner);
}

/* ------------------------------------------------------------------ insiders, gaps */

static const struct report_column insiders_columns[] = {
    {"client_ip", "Address", NULL, COLUMN_NAME},
    {"client_name", "Name", NULL, 0},
    {"sort", "What", "insider", 0},
    {"sender", "A sender", NULL, 0},
    {"senders", "Senders", NULL, COLUMN_NUMBER},
    {"mails", "Mails", "mail", COLUMN_NUMBER},
    {"last_seen", "Last", NULL, COLUMN_DATE},
    {"in_mynetworks", "In mynetworks", NULL, 0},
    {"first_seen", NULL, NULL, COLUMN_PROGRAM},
};

static size_t insiders_rows(const struct report *r)
{
	return r->d->proof ? r->d->proof->insiders : 0;
}

static void insiders_row(const struct report *r, size_t i, struct field *f)
{
	const struct proof_insider *s = &r->d->proof->insider[i];

	field_str(&f[0], s->client_ip);
	field_str(&f[1], s->client_name);
	field_words(&f[2], s->foreign ? "foreign-sender" : "warned");
	field_str(&f[3], s->sender && *s->sender ? s->sender : "<>");
	field_int(&f[4], s->senders);
	field_int(&f[5], s->mails);
	field_time(&f[6], s->last_us);
	if (s->networks != INSIDER_UNKNOWN)
		field_bool(&f[7], s->networks == INSIDER_IN_NETWORKS);
	field_time(&f[8], s->first_us);
}

static const struct report_column gaps_columns[] = {
    {"sender", "Sender", NULL, COLUMN_NAME},
    {"domain", "Own domain", "own-domain", 0},
    {"host", "Host", "host", 0},
    {"source", "Source", "source", 0},
    {"client_ip", "Address", NULL, 0},
    {"mails", "Mails", "mail", COLUMN_NUMBER},
    {"last_seen", "Last", NULL, COLUMN_DATE},
    {"exempted", "By an exception", NULL, 0},
    {"why", "Why", "rule-gap", COLUMN_LONG},
    {"client_name", NULL, NULL, COLUMN_PROGRAM},
    {"first_seen", NULL, NULL, COLUMN_PROGRAM},
};

static size_t gaps_rows(const struct report *r)
{
	return r->d->proof ? r->d->proof->gaps : 0;
}

static void gaps_row(const struct report *r, size_t i, struct field *f)
{
	const struct proof_gap *g = &r->d->proof->gap[i];

	field_str(&f[0], g->sender);
	field_str(&f[1], g->domain);
	field_str(&f[2], g->host);
	field_str(&f[3], g->source);
	field_str(&f[4], g->client_ip);
	field_int(&f[5], g->mails);
	field_time(&f[6], g->last_us);
	field_bool(&f[7], g->exempted);
	field_words(&f[8], g->why);
	field_str(&f[9], g->client_name);
	field_time(&f[10], g->first_us);
}

/* ------------------------------------------------------------------ after the switch */

static const struct report_column regressions_columns[] = {
    {"time", "Time", NULL, COLUMN_NAME},
    {"host", "Host", "host", 0},
    {"sender", "Sender", NULL, 0},
    {"recipient", "Recipient", NULL, 0},
    {"source", "Source", "source", 0},
    {"client_ip", "Address", NULL, 0},
    {"code", "Code", NULL, COLUMN_NUMBER},
    {"attempts", "Attempts", "attempt", COLUMN_NUMBER},
    {"why", "Why", "regression", COLUMN_LONG},
    {"client_name", NULL, NULL, COLUMN_PROGRAM},
};

static size_t regressions_rows(const struct report *r)
{
	return r->d->proof ? r->d->proof->regressions : 0;
}

static void regressions_row(const struct report *r, size_t i, struct field *f)
{
	const struct proof_regression *g = &r->d->proof->regression[i];

	field_time(&f[0], g->time_us);
	field_str(&f[1], g->host);
	field_str(&f[2], g->sender && *g->sender ? g->sender : "<>");
	field_str(&f[3], g->recipient);
	field_str(&f[4], g->source);
	field_str(&f[5], g->client_ip);
	field_int(&f[6], g->code);
	field_int(&f[7], g->attempts);
	field_words(&f[8], g->why);
	field_str(&f[9], g->client_name);
}

static const struct report_column forecast_columns[] = {
    {"source", "Source", "source", COLUMN_NAME},
    {"forecast_a_day", "Forecast a day", "forecast", COLUMN_NUMBER},
    {"refused_a_day", "Refused a day", NULL, COLUMN_NUMBER},
    {"refused", "Refused in all", NULL, COLUMN_NUMBER},
    {"verdict", "Verdict", "verdict", 0},
    {"days", NULL, NULL, COLUMN_NUMBER | COLUMN_PROGRAM},
};

static size_t forecast_rows(const struct report *r)
{
	return r->d->proof ? r->d->proof->forecasts : 0;
}

static void forecast_row(const struct report *r, size_t i, struct field *f)
{
	const struct proof_forecast *p = &r->d->proof->forecast[i];

	field_str(&f[0], p->source);
	field_real(&f[1], p->forecast);
	field_real(&f[2], p->days > 0 ? (double)p->refused / p->days : 0);
	field_int(&f[3], p->refused);
	field_words(&f[4], source_verdict_name(p->verdict));
	field_real(&f[5], p->days);
}

/* ------------------------------------------------------------------ before the switch */

static const struct report_column rates_columns[] = {
    {"verdict", "Verdict", "verdict", COLUMN_NAME},
    {"refused", "Will be refused", NULL, 0},
    {"attempts", "Lines", "attempt", COLUMN_NUMBER},
    {"mails", "Mails", "mail", COLUMN_NUMBER},
    {"would_be_lost", "Lost", "would-be-lost", COLUMN_NUMBER},
    {"mails_a_day", "Mails a day", "forecast", COLUMN_NUMBER},
    {"lost_a_day", "Lost a day", "forecast", COLUMN_NUMBER},
    {"days", NULL, NULL, COLUMN_NUMBER | COLUMN_PROGRAM},
};

static size_t rates_rows(const struct report *r)
{
	return r->forecast_days > 0 ? REPORT_FORECASTS : 0;
}

static void rates_row(const struct report *r, size_t i, struct field *f)
{
	const struct report_forecast *p = &r->forecast[i];

	field_words(&f[0], *p->verdict ? p->verdict : "undecided");
	field_bool(&f[1], strcmp(p->verdict, "exempt") != 0);
	field_int(&f[2], p->attempts);
	field_int(&f[3], p->mails);
	field_int(&f[4], p->lost);
	field_real(&f[5], (double)p->mails / r->forecast_days);
	field_real(&f[6], (double)p->lost / r->forecast_days);
	field_real(&f[7], r->forecast_days);
}

/* ------------------------------------------------------------------ the tables */

const struct report_table table_sources = TABLE("sources", "Who sent it, heaviest loss first", "Nobody.", 0, sources);
const struct report_table table_domains =
    TABLE("domains", "Own domains: each may be switched alone", "None was seen as a sender's domain.", 0, domains);
const struct report_table table_exceptions =
    TABLE("exceptions", "Exceptions: who must not be hit", "No source that loses mail was marked exempt or move.", 0,
          exceptions);
const struct report_table table_expired = TABLE("expired", "Verdicts that are over", "None.", TABLE_IF_ROWS, expired);
const struct report_table table_insiders = TABLE("insiders", "Insiders", "None.", TABLE_IF_ROWS, insiders);
const struct report_table table_gaps =
    TABLE("rule_gaps", "Rule gaps: mail of own domains from outside without a warning", "None.", 0, gaps);
const struct report_table table_regressions =
    TABLE("regressions", "Regressions: refused, and nobody predicted it", "None.", TABLE_IF_SWITCHED, regressions);
const struct report_table table_forecast =
    TABLE("forecast", "Forecast against fact, by source", "The rule has not refused yet.", TABLE_IF_SWITCHED, forecast);
const struct report_table table_rates =
    TABLE("rates", "Forecast: what the rule will refuse if mail stays as it was", "The window is too short.", 0, rates);
