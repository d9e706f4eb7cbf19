#include "report_tables.h"

#include "report_i.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ------------------------------------------------------------------ criteria, totals, fates */

static const struct report_column criteria_columns[] = {
    {"name", "Criterion", "criterion", COLUMN_NAME},
    {"pass", "Met", NULL, 0},
    {"value", "Figure", NULL, 0},
    {"threshold", "Threshold", NULL, 0},
    {"advice", "What to do", NULL, COLUMN_LONG},
    {"figure", NULL, NULL, COLUMN_NUMBER | COLUMN_PROGRAM},
    {"limit", NULL, NULL, COLUMN_NUMBER | COLUMN_PROGRAM},
};

static size_t criteria_rows(const struct report *r)
{
	(void)r;
	return CRITERION_COUNT;
}

static void criteria_row(const struct report *r, size_t i, struct field *f)
{
	const struct criterion *c = &r->what->criterion[i];

	field_str(&f[0], criterion_name((enum criterion_id)i));
	field_bool(&f[1], c->pass);
	field_words(&f[2], c->value);
	field_words(&f[3], c->threshold);
	field_words(&f[4], c->advice);
	field_real(&f[5], c->figure);
	field_real(&f[6], c->limit);
}

static const struct report_column totals_columns[] = {
    {"name", "What", NULL, COLUMN_NAME},
    {"number", "Number", NULL, COLUMN_NUMBER},
};

static const struct {
	const char *name;
	size_t at;
} totals[] = {
#define TOTAL(name)                                           \
	{                                                     \
#name, offsetof(struct decision_totals, name) \
	}
    TOTAL(attempts),   TOTAL(mails),          TOTAL(would_be_lost), TOTAL(recipients),
    TOTAL(senders),    TOTAL(clients),        TOTAL(sources),       TOTAL(losing_sources),
    TOTAL(may_return), TOTAL(accepted_mails), TOTAL(null_sender),
#undef TOTAL
};

static size_t totals_rows(const struct report *r)
{
	(void)r;
	return COUNT(totals);
}

static void totals_row(const struct report *r, size_t i, struct field *f)
{
	field_words(&f[0], totals[i].name);
	field_int(&f[1], *(const int64_t *)((const char *)&r->totals + totals[i].at));
}

static const struct report_column fates_columns[] = {
    {"fate", "Fate", "fate", COLUMN_NAME},
    {"would_be_lost", "Would be lost", "would-be-lost", 0},
    {"pairs", "Mail by recipient", "pair", COLUMN_NUMBER},
};

static size_t fates_rows(const struct report *r)
{
	(void)r;
	return FATE_COUNT;
}

static void fates_row(const struct report *r, size_t i, struct field *f)
{
	field_words(&f[0], fate_name((enum fate)i));
	field_bool(&f[1], fate_loses((enum fate)i));
	field_int(&f[2], r->totals.fates[i]);
}

/* ------------------------------------------------------------------ days */

static const struct report_column days_columns[] = {
    {"day", "Day", "day", COLUMN_NAME},
    {"watched", "Watched", "watched", 0},
    {"hole", "Hole", "hole", 0},
    {"mails", "Mails warned", "mail", COLUMN_NUMBER},
    {"would_be_lost", "Would be lost", "would-be-lost", COLUMN_NUMBER},
    {"new_sources", "New sources", "source", COLUMN_NUMBER},
    {"new_losing_sources", "New that lose mail", "source", COLUMN_NUMBER},
    {"sources", "Sources so far", "coverage", COLUMN_NUMBER},
    {"losing_sources", "Losing so far", "coverage", COLUMN_NUMBER},
};

static size_t days_rows(const struct report *r)
{
	return r->days;
}

static void days_row(const struct report *r, size_t i, struct field *f)
{
	const struct report_day *day = &r->day[i];

	field_day(&f[0], day->day);
	field_bool(&f[1], day->watched);
	field_bool(&f[2], day->hole);
	field_int(&f[3], day->mails);
	field_int(&f[4], day->lost);
	field_int(&f[5], day->new_sources);
	field_int(&f[6], day->new_losing);
	field_int(&f[7], day->sources);
	field_int(&f[8], day->losing);
}

/* ------------------------------------------------------------------ hosts, phases, holes */

static const struct report_column hosts_columns[] = {
    {"host", "Host", "host", COLUMN_NAME},
    {"from", "From", NULL, COLUMN_DATE},
    {"to", "To", NULL, COLUMN_DATE},
    {"continuity", "Log held", "continuity", COLUMN_NUMBER},
    {"warned", "Lines of the rule", "attempt", COLUMN_NUMBER},
    {"canary", "By canaries", "canary", COLUMN_NUMBER},
    {"accepted", "Mails accepted", "accepted", COLUMN_NUMBER},
    {"null_sender", "With a null sender", "not-judged", COLUMN_NUMBER},
};

static size_t hosts_rows(const struct report *r)
{
	return r->d->window.hosts;
}

static void hosts_row(const struct report *r, size_t i, struct field *f)
{
	const struct decision_host *h = &r->d->window.host[i];

	field_str(&f[0], h->name);
	field_time(&f[1], h->from);
	field_time(&f[2], h->to);
	field_share(&f[3], h->continuity * 100);
	field_int(&f[4], h->warned);
	field_int(&f[5], h->canary);
	field_int(&f[6], h->accepted);
	field_int(&f[7], h->null_sender);
}

static const struct report_column phases_columns[] = {
    {"host", "Host", "host", COLUMN_NAME},
    {"domain", "Own domain", "own-domain", 0},
    {"phase", "Phase", "phase", 0},
    {"since", "Since", NULL, 0},
    {"changes", "Changes", NULL, COLUMN_NUMBER},
    {"warned", "Warned", "attempt", COLUMN_NUMBER},
    {"refused", "Refused", NULL, COLUMN_NUMBER},
    {"deferred", "Deferred", NULL, COLUMN_NUMBER},
    {"first_warned", NULL, NULL, COLUMN_PROGRAM},
    {"first_refused", NULL, NULL, COLUMN_PROGRAM},
};

/* Those of the own domain that was asked for. */
static const struct decision_phase *phase_at(const struct report *r, size_t wanted)
{
	const struct decision_window *w = &r->d->window;
	size_t n = 0;

	for (size_t i = 0; i < w->phases; i++)
		if (!r->what->domain || strcmp(r->what->domain, w->phase[i].domain) == 0)
			if (n++ == wanted)
				return &w->phase[i];
	return NULL;
}

static size_t phases_rows(const struct report *r)
{
	size_t n = 0;

	while (phase_at(r, n))
		n++;
	return n;
}

static void phases_row(const struct report *r, size_t i, struct field *f)
{
	const struct decision_phase *p = phase_at(r, i);

	field_str(&f[0], p->host);
	field_str(&f[1], p->domain);
	field_words(&f[2], phase_name(p->phase));
	field_time(&f[3], p->since);
	field_int(&f[4], p->changes);
	field_int(&f[5], p->warned);
	field_int(&f[6], p->refused);
	field_int(&f[7], p->deferred);
	field_time(&f[8], p->first_warned);
	field_time(&f[9], p->first_refused);
}

static const struct report_column holes_columns[] = {
    {"from", "From", NULL, COLUMN_NAME},
    {"to", "To", NULL, 0},
    {"host", "Host", "host", 0},
    {"cause", "Cause", "hole", COLUMN_LONG},
    {"lines", "Lines", NULL, COLUMN_NUMBER},
};

static size_t holes_rows(const struct report *r)
{
	return r->d->window.holes;
}

static void holes_row(const struct report *r, size_t i, struct field *f)
{
	const struct decision_hole *h = &r->d->window.hole[i];

	field_time(&f[0], h->from);
	field_time(&f[1], h->to);
	field_str(&f[2], h->host);
	field_words(&f[3], h->cause);
	if (h->lines)
		field_int(&f[4], h->lines);
}

/* ------------------------------------------------------------------ other warnings, account, inputs */

/* A key of the JSON, for people without its underscores. */
static void field_key(struct field *f, const char *key)
{
	field_words(f, key);
	text_str(&f->own, key);
	for (size_t i = 0; i < f->own.n; i++)
		if (f->own.p[i] == '_')
			f->own.p[i] = ' ';
	f->shown = slice_of(f->own.p, f->own.n);
}

static const struct report_column others_columns[] = {
    {"text", "Text", NULL, COLUMN_NAME | COLUMN_LONG},
    {"attempts", "Attempts", "attempt", COLUMN_NUMBER},
};

static size_t others_rows(const struct report *r)
{
	return r->other_n;
}

static void others_row(const struct report *r, size_t i, struct field *f)
{
	f[0].kind = FIELD_TEXT;
	f[0].text = slice_of(r->other[i].text, r->other[i].n);
	if (r->other[i].n == 0)
		f[0].shown = SLICE("(no text)");
	field_int(&f[1], r->other[i].attempts);
}

static const struct report_column account_columns[] = {
    {"name", "What", "account", COLUMN_NAME},
    {"number", "Number", NULL, COLUMN_NUMBER},
};

static const struct {
	const char *name;
	size_t at;
} accounts[] = {
#define ACCOUNT(name, field)                                   \
	{                                                      \
		name, offsetof(struct decision_account, field) \
	}
    ACCOUNT("understood", understood),    ACCOUNT("not_of_interest", no_interest),
    ACCOUNT("not_understood", other),     ACCOUNT("names_a_rule", names_rule),
    ACCOUNT("sessions_checked", checked), ACCOUNT("sessions_that_differ", differ),
    ACCOUNT("suspect", suspect),          ACCOUNT("truncated", truncated),
    ACCOUNT("damaged", damaged),          ACCOUNT("evictions", evictions),
    ACCOUNT("match_limit", limit_hits),   ACCOUNT("streams", streams),
    ACCOUNT("streams_unsure", unsure),    ACCOUNT("in_memory", in_memory),
#undef ACCOUNT
};

static size_t account_rows(const struct report *r)
{
	(void)r;
	return 1 + COUNT(accounts);
}

static void account_row(const struct report *r, size_t i, struct field *f)
{
	const struct decision_account *a = &r->d->account;

	if (i == 0) {
		field_key(&f[0], "lines");
		field_int(&f[1], a->understood + a->no_interest + a->other);
		return;
	}
	field_key(&f[0], accounts[i - 1].name);
	field_int(&f[1], *(const int64_t *)((const char *)a + accounts[i - 1].at));
}

static const struct report_column inputs_columns[] = {
    {"file", "Last seen as", NULL, COLUMN_NAME},
    {"log", NULL, NULL, COLUMN_PROGRAM},
    {"first_time", "First line", NULL, 0},
    {"last_time", "Last line", NULL, 0},
    {"from_byte", "From byte", NULL, COLUMN_NUMBER},
    {"to_byte", "To byte", NULL, COLUMN_NUMBER},
    {"whole", "To its end", NULL, 0},
    {"unsure", "Year guessed", NULL, 0},
    {"head_bytes", "Head", NULL, COLUMN_NUMBER},
    {"head_sha256", "SHA-256 of the head", "hash", COLUMN_LONG},
    {"tail_bytes", NULL, NULL, COLUMN_NUMBER | COLUMN_PROGRAM},
    {"tail_sha256", NULL, NULL, COLUMN_PROGRAM},
};

static size_t inputs_rows(const struct report *r)
{
	return r->inputs;
}

static void inputs_row(const struct report *r, size_t i, struct field *f)
{
	const struct report_input *in = &r->input[i];

	field_str(&f[0], in->file ? in->file : in->log);
	field_str(&f[1], in->log);
	field_time(&f[2], in->first_us);
	field_time(&f[3], in->last_us);
	field_int(&f[4], in->from);
	field_int(&f[5], in->to);
	field_bool(&f[6], in->whole);
	field_bool(&f[7], in->unsure);
	field_int(&f[8], in->head_bytes);
	field_words(&f[9], in->head);
	field_int(&f[10], in->tail_bytes);
	field_words(&f[11], in->tail);
}

/* ------------------------------------------------------------------ all of them */

#define TABLE(name, title, none, flags, it)                                                      \
	{                                                                                        \
		name, title, none, flags, it##_columns, COUNT(it##_columns), it##_rows, it##_row \
	}
static const struct report_table table_criteria = TABLE("criteria", "Criteria", "", TABLE_PROGRAM, criteria);
static const struct report_table table_totals = TABLE("totals", "Totals", "", TABLE_PROGRAM, totals);
static const struct report_table table_fates = TABLE("fates", "What became of it, mail by recipient", "", 0, fates);
static const struct report_table table_days =
    TABLE("days", "Day by day", "No day lies in the window.", TABLE_PROGRAM, days);
static const struct report_table table_hosts = TABLE("hosts", "Hosts that take outside mail", "None.", 0, hosts);
static const struct report_table table_phases =
    TABLE("phases", "Phase by host and own domain", "The rule was seen nowhere.", 0, phases);
static const struct report_table table_holes =
    TABLE("holes", "Holes in the log", "None is known in the window.", 0, holes);
static const struct report_table table_others =
    TABLE("other_warnings", "Warnings that belong to no rule", "None.", TABLE_IF_ROWS, others);
static const struct report_table table_account = TABLE("account", "Account of all lines read", "", 0, account);
static const struct report_table table_inputs =
    TABLE("inputs", "What it was made from", "Nothing was read.", 0, inputs);

static const struct report_table *const tables[] = {
    &table_criteria, &table_totals,     &table_fates,   &table_days,   &table_sources,
    &table_domains,  &table_exceptions, &table_expired, &table_rates,  &table_regressions,
    &table_forecast, &table_insiders,   &table_hosts,   &table_phases, &table_holes,
    &table_gaps,     &table_others,     &table_account, &table_inputs,
};

const struct report_table *report_tables(size_t at)
{
	return at < COUNT(tables) ? tables[at] : NULL;
}

const struct report_table *report_table_find(const char *name)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		if (strcmp(tables[i]->name, name) == 0)
			return tables[i];
	return NULL;
}

bool report_table_is_shown(const struct report_table *t, const struct report *r)
{
	if (t->flags & TABLE_PROGRAM)
		return false;
	if (t->flags & TABLE_IF_SWITCHED)
		return r->d->window.switched != STAMP_NONE;
	return !(t->flags & TABLE_IF_ROWS) || t->rows(r) > 0;
}
