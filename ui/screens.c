#include "screens.h"

#include <stdlib.h>
#include <strings.h>

#include "../analyzer/msg.h"
#include "../analyzer/query.h"

#define COUNT(columns) columns, sizeof columns / sizeof *columns

static const struct sheet_column source_columns[] = {
    {"SOURCE", SHEET_TEXT, 18, 60, SHEET_GROW, 0},
    {"KIND", SHEET_TEXT, 3, 6, 0, 6},
    {"IPS", SHEET_NUMBER, 3, 0, 0, 8},
    {"SENDERS", SHEET_NUMBER, 3, 0, 0, 9},
    {"MAILS", SHEET_NUMBER, 5, 0, 0, 2},
    {"LOST", SHEET_LOST, 4, 0, 0, 0},
    {"SPF", SHEET_TEXT, 4, 10, 0, 7},
    {"LAST", SHEET_AGO, 6, 0, 0, 5},
    {"SUGGESTED", SHEET_TEXT, 21, 70, SHEET_GROW, 3},
    {"VERDICT", SHEET_TEXT, 7, 9, 0, 1},
    {"NOTE", SHEET_TEXT, 4, 40, SHEET_GROW, 10},
};
static const struct sheet_column sender_columns[] = {
    {"SENDER", SHEET_TEXT, 12, 80, SHEET_GROW, 0},
    {"SOURCES", SHEET_NUMBER, 3, 0, 0, 3},
    {"IPS", SHEET_NUMBER, 3, 0, 0, 4},
    {"MAILS", SHEET_NUMBER, 5, 0, 0, 2},
    {"LOST", SHEET_LOST, 4, 0, 0, 0},
    {"LAST", SHEET_AGO, 6, 0, 0, 5},
    {"VERDICT", SHEET_TEXT, 7, 9, 0, 1},
};
static const struct sheet_column recipient_columns[] = {
    {"RECIPIENT", SHEET_TEXT, 12, 80, SHEET_GROW, 0},
    {"SOURCES", SHEET_NUMBER, 3, 0, 0, 3},
    {"MAILS", SHEET_NUMBER, 5, 0, 0, 1},
    {"LOST", SHEET_LOST, 4, 0, 0, 0},
};
static const struct sheet_column live_columns[] = {
    {"TIME", SHEET_CLOCK, 8, 19, 0, 3},
    {"ACTION", SHEET_TEXT, 4, 14, 0, 4},
    {"FATE", SHEET_FATE, 9, 10, 0, 0},
    {"SENDER", SHEET_TEXT, 14, 60, SHEET_GROW, 0},
    {"RECIPIENT", SHEET_TEXT, 14, 60, SHEET_GROW, 2},
    {"SOURCE", SHEET_TEXT, 10, 40, SHEET_GROW, 1},
    {"CLIENT", SHEET_TEXT, 7, 39, 0, 5},
    {"RULE", SHEET_TEXT, 4, 20, 0, 6},
};
static const struct sheet_column client_columns[] = {
    {"IP", SHEET_TEXT, 9, 39, SHEET_GROW, 0}, {"NAME", SHEET_TEXT, 8, 60, SHEET_GROW, 2},
    {"MAILS", SHEET_NUMBER, 5, 0, 0, 1},      {"LOST", SHEET_LOST, 4, 0, 0, 0},
    {"LAST", SHEET_AGO, 6, 0, 0, 4},          {"VERDICT", SHEET_TEXT, 7, 9, 0, 3},
};
static const struct sheet_column mail_columns[] = {
    {"TIME", SHEET_CLOCK, 8, 19, 0, 3},
    {"FATE", SHEET_FATE, 9, 10, 0, 0},
    {"SENDER", SHEET_TEXT, 12, 60, SHEET_GROW, 0},
    {"RECIPIENTS", SHEET_TEXT, 12, 80, SHEET_GROW, 1},
    {"SOURCE", SHEET_TEXT, 12, 40, SHEET_GROW, 2},
    {"CLIENT", SHEET_TEXT, 7, 39, 0, 4},
    {"SPF", SHEET_TEXT, 4, 9, 0, 5},
    {"TRIES", SHEET_NUMBER, 5, 0, 0, 6},
};

const struct sheet_section senders_section = {NULL, COUNT(sender_columns), "sender", true, SCREEN_MAILS};
const struct sheet_section recipients_section = {NULL, COUNT(recipient_columns), "recipient", false, SCREEN_MAILS};
const struct sheet_section mails_section = {NULL, COUNT(mail_columns), "mail", false, SCREEN_LINES};
const struct sheet_section clients_section = {"Clients", COUNT(client_columns), "ip", true, SCREEN_MAILS};

static struct sheet *take(struct sheet **from)
{
	struct sheet *s = *from;

	*from = NULL;
	return s;
}

static struct sheet *take_sources(struct head *h)
{
	return take(&h->sources);
}

static struct sheet *take_criteria(struct head *h)
{
	return take(&h->criteria);
}

static struct sheet *take_holes(struct head *h)
{
	return take(&h->holes);
}

const struct screen screens[SCREEN_COUNT] = {
    [SCREEN_SOURCES] = {"Sources",
                        0,
                        {NULL, COUNT(source_columns), "source", true, SCREEN_SOURCE},
                        NULL,
                        take_sources,
                        false,
                        "No mail was warned yet.",
                        0},
    [SCREEN_SENDERS] = {"Senders",
                        0,
                        {NULL, COUNT(sender_columns), "sender", true, SCREEN_MAILS},
                        screen_senders,
                        NULL,
                        false,
                        "No mail was warned yet.",
                        0},
    [SCREEN_RECIPIENTS] = {"Recipients",
                           0,
                           {NULL, COUNT(recipient_columns), "recipient", false, SCREEN_MAILS},
                           screen_recipients,
                           NULL,
                           false,
                           "No mail was warned yet.",
                           0},
    [SCREEN_LIVE] = {"Live",
                     SQL_READ_TUI_LIVE,
                     {NULL, COUNT(live_columns), "place", false, SCREEN_LINES},
                     NULL,
                     NULL,
                     true,
                     "No action line was read yet.",
                     SCREEN_FEW},
    [SCREEN_CRITERIA] =
	{"Criteria", 0, {0}, NULL, take_criteria, false, "The database does not know this rule yet.", 0},
    [SCREEN_PLAN] = {"Plan", 0, {0}, screen_plan, NULL, false, "There is no plan.", 0},
    [SCREEN_HOLES] = {"Holes", 0, {0}, NULL, take_holes, false, "Nothing was read yet.", 0},
    [SCREEN_SOURCE] = {"Source", 0, {0}, screen_source, NULL, false, "Nothing is known of it any more.", 0},
    [SCREEN_MAILS] = {"Mails",
                      0,
                      {NULL, COUNT(mail_columns), "mail", false, SCREEN_LINES},
                      screen_mails,
                      NULL,
                      false,
                      "No mail.",
                      0},
    [SCREEN_LINES] = {"Lines", 0, {0}, screen_lines, NULL, false, "No line.", 0},
};

/* ------------------------------------------------------------------ loading */

static void add_cell(struct sheet *s, const struct sheet_column *c, const struct query *q, int column)
{
	if (query_is_null(q, column))
		sheet_none(s);
	else if (c->kind == SHEET_TEXT || c->kind == SHEET_FATE)
		sheet_text(s, query_text(q, column));
	else
		sheet_number(s, query_number(q, column));
}

void screen_row(struct sheet *s, const struct query *q, const struct sheet_section *section)
{
	sheet_row(s, slice_is_set(query_text(q, 0)) ? query_text(q, 0) : SLICE(""));
	for (size_t c = 0; c < section->columns; c++)
		add_cell(s, &section->column[c], q, (int)c + 1);
}

size_t screen_section(struct sheet *s, const struct load *l, enum sql_id query, const struct sheet_section *section,
                      int64_t limit)
{
	const struct query_param p[] = {{"rule", slice_str(l->rule), 0, false},
	                                {"since", SLICE_NONE, l->since, l->since == STAMP_NONE},
	                                {"until", SLICE_NONE, l->until, l->until == STAMP_NONE},
	                                {"limit", SLICE_NONE, limit, false}};
	struct query *q = query_new(l->reader, query, p, sizeof p / sizeof *p);
	size_t n = 0;

	sheet_section(s, section);
	for (; query_row(q); n++)
		screen_row(s, q, section);
	query_free(q);
	return n;
}

struct sheet *screen_load(enum screen_id id, const struct load *l)
{
	const struct screen *screen = &screens[id];
	const size_t most = screen->most ? screen->most : SHEET_ROWS;
	struct sheet *s = sheet_new();

	if (l->key.n)
		s->title = xstrndup(l->key.p, l->key.n);
	if (screen->load)
		screen->load(s, l);
	else
		s->more = screen_section(s, l, screen->query, &screen->section, (int64_t)most) == most;
	if (s->rows == 0 && !s->note)
		s->note = xstrdup(screen->empty);
	return s;
}

enum screen_id screen_find(struct slice name)
{
	for (int id = SCREEN_NONE + 1; name.n && id <= SCREEN_TABS; id++)
		if (strlen(screens[id].title) >= name.n && strncasecmp(screens[id].title, name.p, name.n) == 0)
			return (enum screen_id)id;
	return SCREEN_NONE;
}

/* ------------------------------------------------------------------ the sources, as the decision has them */

/* The word that most mails were given, with how many if not all. */
static void add_spf(struct sheet *s, const struct source_facts *f)
{
	int most = EVIDENCE_NONE_SAID;

	for (int e = 1; e < EVIDENCE_COUNT; e++)
		if (f->spf[e] > (most ? f->spf[most] : 0))
			most = e;
	if (most == EVIDENCE_NONE_SAID)
		sheet_none(s);
	else
		sheet_str(s, evidence_name((enum evidence)most));
}

static void add_source(struct sheet *s, const struct source_row *r)
{
	const struct source_facts *f = &r->facts;
	struct text t = {0};

	sheet_row(s, slice_str(r->name));
	sheet_str(s, r->shown);
	sheet_str(s, source_kind_name(f->kind));
	sheet_number(s, f->clients);
	sheet_number(s, f->senders);
	sheet_number(s, f->mails);
	sheet_number(s, f->lost);
	add_spf(s, f);
	sheet_number(s, r->last_us);
	text_printf(&t, "%s: %s", suggestion_name(r->suggested.suggestion), r->suggested.reason);
	sheet_text(s, slice_of(t.p, t.n));
	sheet_str(s, source_verdict_name(r->verdict));
	if (r->verdict == SOURCE_VERDICT_NONE && f->lost > 0) {
		s->cells--;
		sheet_str(s, "undecided");
		sheet_role(s, ROLE_BAD);
	}
	sheet_text(s, r->note ? slice_str(r->note) : SLICE(""));
	text_release(&t);
}

struct sheet *screen_sources(const struct decision *d)
{
	struct sheet *s = sheet_new();
	const struct source_list *list = d->all.sources;

	sheet_section(s, &screens[SCREEN_SOURCES].section);
	for (size_t i = 0; list && i < list->n && i < SHEET_ROWS; i++)
		add_source(s, &list->row[i]);
	s->more = list && list->n > SHEET_ROWS;
	if (s->rows == 0)
		s->note = xstrdup(screens[SCREEN_SOURCES].empty);
	return s;
}

struct first {
	int64_t source, mails, lost;
	char *name, *kind;
};

/* All in one pass, for somebody waits: the sources, and what was lost each day. */
static struct first *load_first(const struct load *l, struct head *h, int64_t last_day, size_t *n)
{
	const struct query_param p = {"rule", slice_str(l->rule), 0, false};
	struct query *q = query_new(l->reader, SQL_READ_TUI_FIRST, &p, 1);
	struct first *row = NULL;

	*n = 0;
	while (query_row(q)) {
		int64_t back = last_day - query_number(q, 1);
		if (*n == 0 || row[*n - 1].source != query_number(q, 0)) {
			row = xgrown(row, *n, sizeof *row);
			row[(*n)++] = (struct first){.source = query_number(q, 0)};
		}
		row[*n - 1].mails += query_number(q, 2);
		row[*n - 1].lost += query_number(q, 3);
		if (back >= 0 && back < HEAD_DAYS)
			h->day[HEAD_DAYS - 1 - back] += query_number(q, 3);
	}
	query_free(q);
	return row;
}

static int compare_first(const void *a, const void *b)
{
	const struct first *x = a, *y = b;

	if (x->lost != y->lost)
		return x->lost < y->lost ? 1 : -1;
	if (x->mails != y->mails)
		return x->mails < y->mails ? 1 : -1;
	return x->name && y->name ? strcmp(x->name, y->name) : 0;
}

static void name_first(const struct load *l, struct first *row)
{
	const struct query_param p = {"id", SLICE_NONE, row->source, false};
	struct query *q = query_new(l->reader, SQL_READ_TUI_SOURCE, &p, 1);

	if (query_row(q)) {
		row->name = xstrndup(query_text(q, 0).p, query_text(q, 0).n);
		row->kind = xstrndup(query_text(q, 1).p, query_text(q, 1).n);
	}
	query_free(q);
}

static void add_first(struct sheet *s, const struct first *row)
{
	sheet_row(s, slice_str(row->name));
	sheet_str(s, row->name);
	sheet_str(s, row->kind);
	sheet_none(s);
	sheet_none(s);
	sheet_number(s, row->mails);
	sheet_number(s, row->lost);
	for (size_t c = 6; c < sizeof source_columns / sizeof *source_columns; c++)
		sheet_none(s);
}

struct sheet *screen_sources_first(const struct load *l, struct head *h, int64_t last_day)
{
	struct sheet *s = sheet_new();
	size_t n;
	struct first *row = load_first(l, h, last_day, &n);

	sheet_section(s, &screens[SCREEN_SOURCES].section);
	for (size_t i = 0; i < n; i++)
		if (row[i].mails && row[i].source)
			name_first(l, &row[i]);
	if (n)
		qsort(row, n, sizeof *row, compare_first);
	for (size_t i = 0; i < n; i++) {
		if (row[i].name && s->rows < SHEET_ROWS)
			add_first(s, &row[i]);
		h->mails += row[i].name ? row[i].mails : 0;
		h->lost += row[i].name ? row[i].lost : 0;
		free(row[i].name);
		free(row[i].kind);
	}
	free(row);
	return s;
}
