#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/calendar.h"
#include "../analyzer/msg.h"
#include "../analyzer/quote.h"
#include "spark.h"

#define MOST 200 /* rows of a section */
#define BAR 20   /* columns of a bar */
#define STRIP_DAYS 60

static const struct sheet_column fact_columns[] = {
    {"", SHEET_TEXT, 9, 12, 0, 0},
    {"", SHEET_TEXT, 10, 0, SHEET_GROW, 0},
};
static const struct sheet_column fate_columns[] = {
    {"FATE", SHEET_FATE, 10, 10, 0, 0},
    {"PAIRS", SHEET_NUMBER, 5, 0, 0, 0},
    {"", SHEET_TEXT, 4, BAR, 0, 2},
    {"WOULD REJECT TAKE IT", SHEET_TEXT, 4, 40, SHEET_GROW, 1},
};
static const struct sheet_column day_columns[] = {
    {"DAY", SHEET_TEXT, 10, 12, 0, 0}, {"ATTEMPTS", SHEET_NUMBER, 5, 0, 0, 2}, {"MAILS", SHEET_NUMBER, 5, 0, 0, 0},
    {"LOST", SHEET_LOST, 4, 0, 0, 0},  {"", SHEET_TEXT, 4, BAR, 0, 3},
};
static const struct sheet_column line_columns[] = {
    {"LINE", SHEET_TEXT, 20, 0, SHEET_GROW, 0},
};
#define COUNT(columns) columns, sizeof columns / sizeof *columns

static const struct sheet_section facts_section = {"Source", COUNT(fact_columns), NULL, false, SCREEN_NONE};
static const struct sheet_section fates_section = {"Fates", COUNT(fate_columns), NULL, false, SCREEN_NONE};
static const struct sheet_section days_section = {"Days", COUNT(day_columns), NULL, false, SCREEN_NONE};
static const struct sheet_section lines_section = {"Lines", COUNT(line_columns), NULL, false, SCREEN_NONE};

/* ------------------------------------------------------------------ what is known of it */

static void fact(struct sheet *s, const char *label, const char *value)
{
	sheet_row(s, slice_str(label));
	sheet_str(s, label);
	sheet_role(s, ROLE_TITLE);
	sheet_str(s, value);
}

static void fact_text(struct sheet *s, const char *label, struct text *t)
{
	fact(s, label, t->p ? t->p : "");
	text_clear(t);
}

/* `201 pass, 3 fail` */
static void add_words(struct text *t, const int64_t count[EVIDENCE_COUNT])
{
	const char *between = "";

	for (int e = 1; e < EVIDENCE_COUNT; e++)
		if (count[e]) {
			text_printf(t, "%s%lld %s", between, (long long)count[e], evidence_name((enum evidence)e));
			between = ", ";
		}
	if (!*between)
		text_str(t, "nothing was said");
}

static void add_evidence(struct sheet *s, const struct source_row *r, struct text *t)
{
	const struct source_facts *f = &r->facts;
	const struct {
		const char *label;
		const int64_t *count;
	} sorts[] = {{"SPF", f->spf}, {"DKIM", f->dkim}, {"DMARC", f->dmarc}, {"filter", f->spam}};

	for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
		add_words(t, sorts[i].count);
		fact_text(s, sorts[i].label, t);
	}
	text_printf(t, "TLS %lld, login %lld, on a blocklist %lld of %lld mails", (long long)f->tls,
	            (long long)f->logins, (long long)f->listed, (long long)f->mails);
	fact_text(s, "sessions", t);
}

static void add_verdict(struct sheet *s, const struct source_row *r, struct text *t)
{
	text_str(t, r->verdict == SOURCE_VERDICT_NONE ? r->facts.lost ? "undecided" : "none"
	                                              : source_verdict_name(r->verdict));
	if (r->owner)
		text_printf(t, ", owner %s", r->owner);
	if (r->expires)
		text_printf(t, ", until %s", r->expires);
	if (r->verdict == SOURCE_VERDICT_MIXED)
		text_printf(t, ": %lld exempt, %lld move, %lld block, %lld undecided",
		            (long long)r->decided[SOURCE_VERDICT_EXEMPT], (long long)r->decided[SOURCE_VERDICT_MOVE],
		            (long long)r->decided[SOURCE_VERDICT_BLOCK], (long long)r->decided[SOURCE_VERDICT_NONE]);
	fact_text(s, "verdict", t);
	if (r->note && *r->note)
		fact(s, "note", r->note);
}

static void add_facts(struct sheet *s, const struct source_row *r, int64_t now)
{
	const struct source_facts *f = &r->facts;
	char first[SHEET_VALUE], last[SHEET_VALUE];
	struct text t = {0};

	sheet_section(s, &facts_section);
	fact(s, "source", r->shown);
	text_printf(&t, "%s%s%s", source_kind_name(f->kind), *r->domain ? ", of " : "", r->domain);
	fact_text(s, "kind", &t);
	text_printf(&t, "%lld would be lost of %lld mails (%lld attempts) to %lld recipient%s", (long long)f->lost,
	            (long long)f->mails, (long long)r->attempts, (long long)f->recipients,
	            f->recipients == 1 ? "" : "s");
	fact_text(s, "loss", &t);
	if (f->lost)
		sheet_role(s, ROLE_LOST);
	text_printf(&t, "first %s, last %s, on %lld day%s", ago_text(r->first_us, now, first),
	            ago_text(r->last_us, now, last), (long long)f->days_seen, f->days_seen == 1 ? "" : "s");
	fact_text(s, "seen", &t);
	text_printf(&t, "%s: %s", suggestion_name(r->suggested.suggestion), r->suggested.reason);
	fact_text(s, "suggested", &t);
	fact(s, "why", r->suggested.sentence);
	add_verdict(s, r, &t);
	add_evidence(s, r, &t);
	text_release(&t);
}

static void add_fates(struct sheet *s, const struct source_facts *f)
{
	int64_t total = 0;
	struct text bar = {0};

	sheet_section(s, &fates_section);
	for (int i = 0; i < FATE_COUNT; i++)
		total += f->fates[i];
	for (int i = 0; i < FATE_COUNT; i++) {
		if (!f->fates[i])
			continue;
		sheet_row(s, slice_str(fate_name((enum fate)i)));
		sheet_str(s, fate_name((enum fate)i));
		sheet_number(s, f->fates[i]);
		spark_bar(&bar, f->fates[i], 0, total, BAR);
		sheet_text(s, slice_of(bar.p, bar.n));
		text_clear(&bar);
		sheet_str(s, i <= FATE_UNKNOWN                       ? "yes"
		             : i == FATE_TEMPFAILED && f->may_return ? "no, but it may still return"
		                                                     : "no");
	}
	text_release(&bar);
}

/* ------------------------------------------------------------------ its days */

struct day {
	int32_t day;
	int64_t attempts, mails, lost;
};

/* The days up to its last one, that one first. */
static size_t load_days(const struct load *l, struct day day[STRIP_DAYS])
{
	const struct query_param p[] = {{"rule", slice_str(l->rule), 0, false},
	                                {"source", slice_from(l->key, sizeof "source:" - 1), 0, false},
	                                {"from", SLICE_NONE, INT32_MIN, false},
	                                {"to", SLICE_NONE, INT32_MAX, false}};
	struct query *q = query_new(l->reader, SQL_READ_TUI_DAYS, p, sizeof p / sizeof *p);
	size_t n = 0;

	while (n < STRIP_DAYS && query_row(q)) {
		day[n] = (struct day){(int32_t)query_number(q, 0), query_number(q, 1), query_number(q, 2),
		                      query_number(q, 3)};
		if (day[n].day <= day[0].day - STRIP_DAYS)
			break;
		n++;
	}
	query_free(q);
	return n;
}

static void add_day(struct sheet *s, const struct day *d, int64_t most)
{
	char date[CALENDAR_DATE_TEXT];
	struct text bar = {0};

	calendar_date_text(d->day, date);
	sheet_row(s, slice_str(date));
	sheet_str(s, date);
	sheet_number(s, d->attempts);
	sheet_number(s, d->mails);
	sheet_number(s, d->lost);
	spark_bar(&bar, d->lost, d->mails - d->lost, most, BAR);
	sheet_text(s, slice_of(bar.p, bar.n));
	sheet_role(s, ROLE_SPARK);
	text_release(&bar);
}

static void add_days(struct sheet *s, const struct load *l)
{
	struct day day[STRIP_DAYS];
	size_t n = load_days(l, day);
	int64_t most = 1;

	sheet_section(s, &days_section);
	for (size_t i = 0; i < n; i++)
		most = day[i].mails > most ? day[i].mails : most;
	for (size_t i = 0; i < n && i < 31; i++)
		add_day(s, &day[i], most);
}

/* ------------------------------------------------------------------ lines of the log */

static void add_line(struct sheet *s, const struct load *l, uint64_t place)
{
	struct quote *quote = xmalloc(sizeof *quote);
	char id[32];

	snprintf(id, sizeof id, "%llu", (unsigned long long)place);
	bool found = quote_line(l->reader, place, quote);
	sheet_row(s, slice_str(id));
	if (found)
		sheet_text(s, slice_of(quote->line, quote->n));
	else
		sheet_str(s, "the log is not there any more, or another one");
	if (!found)
		sheet_role(s, ROLE_DOUBT);
	snprintf(id, sizeof id, "%llu at", (unsigned long long)place);
	sheet_row(s, slice_str(id));
	sheet_str(s, quote->where);
	sheet_role(s, ROLE_DIM);
	free(quote);
}

static void add_lines(struct sheet *s, const struct load *l)
{
	uint64_t place[SCREEN_LINES_MOST];
	size_t n = screen_newest_lines(l, place);

	sheet_section(s, &lines_section);
	for (size_t i = 0; i < n; i++)
		add_line(s, l, place[i]);
}

/* Of `mail:PLACE` all its action lines, of `place:PLACE` that one. */
void screen_lines(struct sheet *s, const struct load *l)
{
	struct slice key = l->key;
	uint64_t place;

	sheet_section(s, &(struct sheet_section){NULL, COUNT(line_columns), NULL, false, SCREEN_NONE});
	if (slice_skip(&key, SLICE("place:"))) {
		if (slice_number(&key, INT64_MAX, &place))
			add_line(s, l, place);
		return;
	}
	if (!slice_skip(&key, SLICE("mail:")))
		return;
	const struct query_param p[] = {{"mail", key, 0, false}, {"limit", SLICE_NONE, 100, false}};
	struct query *q = query_new(l->reader, SQL_READ_TUI_MAIL_LINES, p, 2);
	uint64_t *places = NULL;
	size_t n = 0;
	while (query_row(q)) {
		places = xrealloc(places, (n + 1) * sizeof *places);
		places[n++] = (uint64_t)query_number(q, 0);
	}
	query_free(q);
	for (size_t i = 0; i < n; i++)
		add_line(s, l, places[i]);
	free(places);
}

/* ------------------------------------------------------------------ the view */

void screen_source(struct sheet *s, const struct load *l)
{
	screen_source_sums(s, l, MOST);
	if (s->rows == 0)
		return;
	add_days(s, l);
	add_lines(s, l);
}

struct sheet *screen_source_facts(const struct head *h, struct slice key)
{
	const struct source_list *list = h && h->decision ? h->decision->all.sources : NULL;
	const struct source_row *r = list ? source_list_find(list, slice_from(key, sizeof "source:" - 1)) : NULL;
	struct sheet *s = sheet_new();

	s->title = xstrndup(key.p, key.n);
	if (r) {
		add_facts(s, r, h->now);
		add_fates(s, &r->facts);
	}
	return s;
}
