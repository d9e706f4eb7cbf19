/* What comes with the decision: the upper lines, and the views that show it. */
#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"
#include "../analyzer/outbox.h"
#include "in_force.h"
#include "spark.h"

#define COUNT(columns) columns, sizeof columns / sizeof *columns
#define HOUR_US INT64_C(3600000000)
#define STRIP 62 /* days of the strip */

/* ------------------------------------------------------------------ criteria */

static const struct sheet_column criterion_columns[] = {
    {"CRITERION", SHEET_TEXT, 9, 12, 0, 0},
    {"", SHEET_TEXT, 2, 2, 0, 0},
    {"IS", SHEET_TEXT, 18, 40, SHEET_GROW, 0},
    {"MUST BE", SHEET_TEXT, 26, 40, SHEET_GROW, 2},
    {"WHAT TO DO", SHEET_TEXT, 24, 200, SHEET_GROW, 1},
};
static const struct sheet_column domain_columns[] = {
    {"DOMAIN", SHEET_TEXT, 10, 60, SHEET_GROW, 0},
    {"DECISION", SHEET_TEXT, 10, 20, 0, 0},
    {"LOST", SHEET_LOST, 4, 0, 0, 1},
    {"NOT MET", SHEET_TEXT, 8, 90, SHEET_GROW, 2},
};
static const struct sheet_column label_columns[] = {
    {"", SHEET_TEXT, 9, 20, 0, 0},
    {"", SHEET_TEXT, 10, 0, SHEET_GROW, 0},
};
static const struct sheet_section criteria_section = {"Criteria", COUNT(criterion_columns), NULL, false, SCREEN_NONE};
static const struct sheet_section domains_section = {"Own domains", COUNT(domain_columns), NULL, false, SCREEN_NONE};
static const struct sheet_section window_section = {"Days watched", COUNT(label_columns), NULL, false, SCREEN_NONE};

static void label(struct sheet *s, const char *name, const char *value)
{
	sheet_row(s, slice_str(name));
	sheet_str(s, name);
	sheet_role(s, ROLE_TITLE);
	sheet_str(s, value);
}

static void label_text(struct sheet *s, const char *name, struct text *t)
{
	label(s, name, t->p ? t->p : "");
	text_clear(t);
}

static void add_criteria(struct sheet *s, const struct decided *all)
{
	sheet_section(s, &criteria_section);
	for (int c = 0; c < CRITERION_COUNT; c++) {
		const struct criterion *k = &all->criterion[c];
		sheet_row(s, slice_str(criterion_name((enum criterion_id)c)));
		sheet_str(s, criterion_name((enum criterion_id)c));
		sheet_str(s, glyph(k->pass ? GLYPH_YES : GLYPH_NO));
		sheet_role(s, k->pass ? ROLE_GOOD : ROLE_BAD);
		sheet_str(s, k->value);
		sheet_str(s, k->threshold);
		sheet_str(s, *k->advice ? k->advice : "");
	}
}

static void add_domains(struct sheet *s, const struct decision *d)
{
	struct text t = {0};

	if (d->domains == 0)
		return;
	sheet_section(s, &domains_section);
	for (size_t i = 0; i < d->domains; i++) {
		const struct decided *one = &d->domain[i];
		sheet_row(s, slice_str(one->domain));
		sheet_str(s, one->domain);
		sheet_str(s, decision_name(one->decision));
		sheet_role(s, one->decision == DECISION_GO      ? ROLE_GOOD
		              : one->decision == DECISION_NO_GO ? ROLE_BAD
		                                                : ROLE_DOUBT);
		sheet_number(s, one->sources ? one->sources->lost : 0);
		for (int c = 0; c < CRITERION_COUNT; c++)
			if (!one->criterion[c].pass)
				text_printf(&t, "%s%s", t.n ? ", " : "", criterion_name((enum criterion_id)c));
		sheet_text(s, t.n ? slice_of(t.p, t.n) : SLICE(""));
		text_clear(&t);
	}
	text_release(&t);
}

static void add_window(struct sheet *s, const struct decision *d)
{
	const struct decision_window *w = &d->window;
	char a[CALENDAR_DATE_TEXT], b[CALENDAR_DATE_TEXT], ends[CALENDAR_TEXT];
	int32_t from = stamp_local_day(w->from), to = stamp_local_day(w->to);
	struct text t = {0};

	sheet_section(s, &window_section);
	text_printf(&t, "%s to %s, %lld day%s watched", calendar_date_text(from, a), calendar_date_text(to, b),
	            (long long)w->days, w->days == 1 ? "" : "s");
	label_text(s, "window", &t);
	from = spark_days(&t, w->day, (size_t)w->days, from, to, STRIP);
	label_text(s, "strip", &t);
	sheet_role(s, ROLE_SPARK);
	text_printf(&t, "from %s, a day a sign: %s watched, %s not", calendar_date_text(from, a), glyph(GLYPH_FULL),
	            glyph(GLYPH_EMPTY));
	label_text(s, "", &t);
	for (int e = 0; e < CALENDAR_ENDS; e++)
		label(s, calendar_end_name((enum calendar_end)e),
		      calendar_end_text(&w->calendar, (enum calendar_end)e, ends));
	for (size_t i = 0; i < w->phases; i++) {
		const struct decision_phase *p = &w->phase[i];
		text_printf(&t, "phase %zu", i + 1);
		char *name = xstrdup(t.p);
		text_clear(&t);
		text_printf(&t, "%s on %s for %s", phase_name(p->phase), p->host, p->domain);
		label_text(s, name, &t);
		free(name);
	}
	text_release(&t);
}

static struct sheet *screen_criteria(const struct decision *d)
{
	struct sheet *s = sheet_new();

	if (d->known && d->any) {
		add_criteria(s, &d->all);
		add_domains(s, d);
		add_window(s, d);
	} else {
		s->note = xstrdup(screens[SCREEN_CRITERIA].empty);
	}
	return s;
}

/* ------------------------------------------------------------------ holes and the account */

static const struct sheet_column host_columns[] = {
    {"HOST", SHEET_TEXT, 6, 60, SHEET_GROW, 0},
    {"CONTINUITY", SHEET_TEXT, 8, 10, 0, 0},
    {"WARNED", SHEET_NUMBER, 5, 0, 0, 1},
    {"READ TO", SHEET_AGO, 6, 0, 0, 2},
};
static const struct sheet_column hole_columns[] = {
    {"FROM", SHEET_CLOCK, 8, 19, 0, 0},          {"TO", SHEET_CLOCK, 8, 19, 0, 1},
    {"HOST", SHEET_TEXT, 4, 40, SHEET_GROW, 2},  {"LINES", SHEET_NUMBER, 5, 0, 0, 3},
    {"CAUSE", SHEET_TEXT, 8, 60, SHEET_GROW, 0},
};
static const struct sheet_column account_columns[] = {
    {"LINES", SHEET_NUMBER, 8, 0, 0, 0},
    {"SORT", SHEET_TEXT, 8, 16, 0, 1},
    {"WHAT", SHEET_TEXT, 10, 0, SHEET_GROW, 0},
};
static const struct sheet_section hosts_section = {"Hosts", COUNT(host_columns), NULL, false, SCREEN_NONE};
static const struct sheet_section holes_section = {"Holes", COUNT(hole_columns), NULL, false, SCREEN_NONE};
static const struct sheet_section sums_section = {"Account", COUNT(label_columns), NULL, false, SCREEN_NONE};
static const struct sheet_section account_section = {"Lines by what they were", COUNT(account_columns), NULL, false,
                                                     SCREEN_NONE};

static void add_hosts(struct sheet *s, const struct decision_window *w)
{
	char share[32];

	sheet_section(s, &hosts_section);
	for (size_t i = 0; i < w->hosts; i++) {
		sheet_row(s, slice_str(w->host[i].name));
		sheet_str(s, w->host[i].name);
		snprintf(share, sizeof share, "%.2f %%", w->host[i].continuity * 100);
		sheet_str(s, share);
		sheet_number(s, w->host[i].warned);
		sheet_number(s, w->host[i].read_to);
	}
}

static void add_moment(struct sheet *s, int64_t us)
{
	if (us == STAMP_NONE)
		sheet_none(s);
	else
		sheet_number(s, us);
}

static void add_holes(struct sheet *s, const struct decision_window *w)
{
	char id[32];

	sheet_section(s, &holes_section);
	for (size_t i = w->holes; i-- > 0 && w->holes - i < 1000;) {
		const struct decision_hole *h = &w->hole[i];
		snprintf(id, sizeof id, "%zu", i);
		sheet_row(s, slice_str(id));
		add_moment(s, h->from);
		add_moment(s, h->to);
		sheet_str(s, h->host ? h->host : "all");
		if (h->lines)
			sheet_number(s, h->lines);
		else
			sheet_none(s);
		sheet_str(s, h->cause);
	}
	if (w->holes == 0) {
		sheet_row(s, SLICE("none"));
		for (int c = 0; c < 4; c++)
			sheet_none(s);
		sheet_str(s, "no hole is known");
		sheet_role(s, ROLE_GOOD);
	}
}

static void add_sums(struct sheet *s, const struct decision_account *a)
{
	int64_t all = a->understood + a->no_interest + a->other;
	struct text t = {0};

	sheet_section(s, &sums_section);
	text_printf(&t, "%lld lines in %lld stream%s = %lld understood + %lld not of interest + %lld not understood",
	            (long long)all, (long long)a->streams, a->streams == 1 ? "" : "s", (long long)a->understood,
	            (long long)a->no_interest, (long long)a->other);
	label_text(s, "read", &t);
	text_printf(&t, "%lld sessions counted after Postfix, %lld differ", (long long)a->checked,
	            (long long)a->differ);
	label_text(s, "checked", &t);
	if (a->differ)
		sheet_role(s, ROLE_DOUBT);
	text_printf(&t,
	            "%lld suspect, %lld truncated, %lld damaged, %lld evicted, %lld match limits, %lld unsure years",
	            (long long)a->suspect, (long long)a->truncated, (long long)a->damaged, (long long)a->evictions,
	            (long long)a->limit_hits, (long long)a->unsure);
	label_text(s, "trouble", &t);
	text_release(&t);
}

static struct sheet *screen_holes(const struct decision *d, const struct load *l)
{
	struct sheet *s = sheet_new();

	if (!d->any) {
		s->note = xstrdup(screens[SCREEN_HOLES].empty);
		return s;
	}
	add_hosts(s, &d->window);
	add_window(s, d);
	add_holes(s, &d->window);
	add_sums(s, &d->account);
	screen_section(s, l, SQL_READ_TUI_ACCOUNT, &account_section, 0);
	return s;
}

/* ------------------------------------------------------------------ all of it */

static struct decision_options options_of(const struct load *l, const struct in_force *f)
{
	struct decision_options o = in_force_options(f, l->settings, l->origin);

	o.rule = slice_str(l->rule);
	o.since = l->since;
	o.until = l->until;
	o.now = l->now;
	return o;
}

static void load_figures(const struct load *l, enum sql_id id, int column, int64_t last, size_t n, int64_t *out)
{
	const struct query_param p[] = {{"rule", slice_str(l->rule), 0, false},
	                                {"from", SLICE_NONE, last - (int64_t)n + 1, false},
	                                {"to", SLICE_NONE, last, false}};
	struct query *q = query_new(l->reader, id, p, sizeof p / sizeof *p);

	while (query_row(q))
		out[query_number(q, 0) - last + (int64_t)n - 1] = query_number(q, column);
	query_free(q);
}

static void load_log(struct head *h, const struct load *l)
{
	struct query *q = query_new(l->reader, SQL_READ_TUI_LOG, NULL, 0);

	h->last_us = STAMP_NONE;
	if (query_row(q)) {
		h->last_us = query_number(q, 0);
		struct slice path = query_is_null(q, 1) ? query_text(q, 2) : query_text(q, 1);
		ptrdiff_t slash = slice_rchr(path, '/');
		path = slice_from(path, (size_t)(slash + 1));
		h->log = xstrndup(path.n ? path.p : "", path.n);
	}
	query_free(q);
}

static int64_t end_of(const struct head *h, const struct load *l)
{
	return l->until != STAMP_NONE && l->until < h->last_us ? l->until - 1 : h->last_us;
}

static void load_mail(struct head *h, const struct load *l)
{
	struct outbox_trouble t;

	outbox_trouble_load(&t, l->reader, l->now);
	h->unsent = (int64_t)t.n;
	h->unsent_tries = t.n ? t.mail[0].tries : 0;
	h->unsent_given_up = t.n && t.mail[0].given_up;
	outbox_trouble_release(&t);
}

/* What is drawn beside the decision. */
static void load_rest(struct head *h, const struct load *l)
{
	h->now = l->now;
	load_log(h, l);
	if (h->last_us != STAMP_NONE)
		load_figures(l, SQL_READ_TUI_HOURS, 1, end_of(h, l) / HOUR_US, HEAD_HOURS, h->hour);
	h->following = follow_alive(l->database);
	load_mail(h, l);
}

struct head *head_first(const struct load *l)
{
	if (l->since != STAMP_NONE || l->until != STAMP_NONE)
		return NULL;
	struct head *h = xcalloc(1, sizeof *h);
	load_rest(h, l);
	h->sources = screen_sources_first(l, h, h->last_us == STAMP_NONE ? 0 : stamp_local_day(h->last_us));
	return h;
}

struct head *head_load(const struct load *l)
{
	struct head *h = xcalloc(1, sizeof *h);
	static const struct in_force_given nothing;
	struct in_force files;

	in_force_read(&files, "tui", &nothing, l->settings, l->rule);
	struct decision_options o = options_of(l, &files);
	h->decision = decision_new(l->reader, &o);
	in_force_release(&files);
	load_rest(h, l);
	if (h->last_us != STAMP_NONE)
		load_figures(l, SQL_READ_TUI_DAYS, 3, stamp_local_day(end_of(h, l)), HEAD_DAYS, h->day);
	h->sources = screen_sources(h->decision);
	h->criteria = screen_criteria(h->decision);
	h->holes = screen_holes(h->decision, l);
	return h;
}

struct head *head_free(struct head *h)
{
	if (!h)
		return NULL;
	if (h->decision)
		decision_free(h->decision);
	free(h->log);
	sheet_free(h->sources);
	sheet_free(h->criteria);
	sheet_free(h->holes);
	free(h);
	return NULL;
}
