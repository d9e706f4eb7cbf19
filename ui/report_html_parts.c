#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "../analyzer/msg.h"
#include "chart.h"
#include "report_html_i.h"

#define BARS 12 /* sources that the chart shows */
#define DAY_US INT64_C(86400000000)

/* A paragraph (or what `tag` is) of what one of report_say.c says. */
static void html_say(struct html_page *h, const char *tag, void (*say)(struct text *t, const struct report *r))
{
	struct text words = {0};

	say(&words, h->page.r);
	text_printf(h->page.t, "<%s>", tag);
	encode_html(h->page.t, slice_of(words.p, words.n));
	text_printf(h->page.t, "</%s>\n", tag);
	text_release(&words);
}

/* ------------------------------------------------------------------ tables */

/* For people a day is enough of most times. */
static struct slice shown_of(const struct report_column *column, const struct field *f, char buf[64])
{
	struct slice s = field_shown(f, buf);

	return column->flags & COLUMN_DATE && f->kind == FIELD_TIME ? slice_head(s, strlen("2026-11-22")) : s;
}

static bool is_sortable(enum field_kind kind)
{
	return kind == FIELD_INT || kind == FIELD_REAL || kind == FIELD_SHARE || kind == FIELD_TIME ||
	       kind == FIELD_DAY;
}

static void open_cell(struct text *t, const struct report_column *column, const struct field *f)
{
	const char *class = column->flags & COLUMN_NUMBER ? "n"
	                    : column->flags & COLUMN_LONG ? "l"
	                    : f->kind == FIELD_TEXT       ? "x"
	                                                  : "t";

	if (column->flags & COLUMN_NAME)
		text_str(t, "<th scope=\"row\"");
	else
		text_printf(t, "<td class=\"%s\"", class);
	if (is_sortable(f->kind))
		text_printf(t, " data-v=\"%.10g\"",
		            f->kind == FIELD_REAL || f->kind == FIELD_SHARE ? f->real + 0.0 : (double)f->number);
	text_char(t, '>');
}

static void html_field(struct text *t, const struct report_column *column, const struct field *f)
{
	char buf[64];

	open_cell(t, column, f);
	if (f->kind == FIELD_NULL)
		text_str(t, "<span class=\"dim\">-</span>");
	else if (f->kind == FIELD_WORDS)
		html_words(t, shown_of(column, f, buf));
	else
		encode_html(t, shown_of(column, f, buf));
	text_str(t, column->flags & COLUMN_NAME ? "</th>" : "</td>");
}

static void table_head(struct text *t, const struct report_table *table)
{
	text_str(t, "<thead><tr>");
	for (size_t c = 0; c < table->columns; c++) {
		const struct report_column *column = &table->column[c];
		if (column->flags & COLUMN_PROGRAM)
			continue;
		text_printf(t, "<th scope=\"col\"%s>", column->flags & COLUMN_NUMBER ? " class=\"n\"" : "");
		html_word(t, column->word, column->title);
		text_str(t, "</th>");
	}
	text_str(t, "</tr></thead>\n");
}

static void table_body(struct html_page *h, const struct report_table *table, size_t n)
{
	struct report_row row = {0};
	struct text *t = h->page.t;

	text_str(t, "<tbody>\n");
	for (size_t i = 0; i < n; i++) {
		report_row_fill(&row, table, h->page.r, i);
		text_str(t, "<tr>");
		for (size_t c = 0; c < table->columns; c++)
			if (!(table->column[c].flags & COLUMN_PROGRAM))
				html_field(t, &table->column[c], &row.field[c]);
		text_str(t, "</tr>\n");
	}
	text_str(t, "</tbody>\n");
	report_row_release(&row);
}

void html_table(struct html_page *h, const struct report_table *table, const char *class)
{
	struct text *t = h->page.t;
	size_t all = table->rows(h->page.r), n = shown(&h->page, all);
	char buf[32];

	if (all == 0) {
		text_printf(t, "<p>%s</p>\n", table->none);
		return;
	}
	text_printf(
	    t,
	    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n<table class=\"%s%ssort\">\n"
	    "<caption class=\"vh\">%s</caption>\n",
	    table->title, class, *class ? " " : "", table->title);
	table_head(t, table);
	table_body(h, table, n);
	text_str(t, "</table>\n</div>\n");
	if (all > n)
		text_printf(t, "<p>%s more: <code>wouldblock report --format csv --table %s</code></p>\n",
		            grouped((int64_t)(all - n), buf), table->name);
}

/* ------------------------------------------------------------------ what charts share */

static void legend(struct text *t, const char *class, const char *words)
{
	text_str(t, "<li>");
	chart_swatch(t, class);
	html_str(t, words);
	text_str(t, "</li>\n");
}

/* Titles are said with the rule, since a page may have several. */
struct drawing {
	struct chart chart;
	char id[32], first[STAMP_TEXT], last[STAMP_TEXT];
	struct text description;
};

static void drawing_init(struct drawing *d, const struct html_page *h, const char *name, const char *title)
{
	const struct report *r = h->page.r;

	*d = (struct drawing){.chart = {.title = title}};
	snprintf(d->id, sizeof d->id, "r%d-%s", h->number, name);
	d->chart.id = d->id;
	d->chart.first = day_of(r->days ? r->day[0].day * DAY_US : STAMP_NONE, d->first);
	d->chart.last = day_of(r->days ? r->day[r->days - 1].day * DAY_US : STAMP_NONE, d->last);
}

/* ------------------------------------------------------------------ day by day */

static char *day_tip(const struct report_day *day)
{
	char date[STAMP_TEXT], *tip = NULL;

	if (asprintf(&tip, "%s: %lld would be lost of %lld warned%s%s", day_of(day->day * DAY_US, date),
	             (long long)day->lost, (long long)day->mails, day->watched ? "" : ", not watched",
	             day->hole ? ", a hole in the log" : "") < 0)
		msg_die(EX_OSERR, "out of memory");
	return tip;
}

static void describe_days(struct text *t, const struct report *r)
{
	const struct report_day *most = &r->day[0];
	size_t unwatched = 0, holes = 0;
	char date[STAMP_TEXT];

	for (size_t i = 0; i < r->days; i++) {
		unwatched += !r->day[i].watched;
		holes += r->day[i].hole;
		if (r->day[i].lost > most->lost)
			most = &r->day[i];
	}
	text_printf(t, "%zu days, %zu of them not watched, %zu with a hole in the log. ", r->days, unwatched, holes);
	if (most->lost)
		text_printf(t, "The most would be lost on %s: ", day_of(most->day * DAY_US, date));
	add_count(t, most->lost, "mail.", most->lost ? "mails." : "mails would be lost on any day.");
}

static void days_chart(struct html_page *h)
{
	const struct report *r = h->page.r;
	struct chart_day *day = xcalloc(r->days, sizeof *day);
	struct drawing d;

	drawing_init(&d, h, "chart-days", "Mails warned, and would be lost, by day");
	describe_days(&d.description, r);
	d.chart.description = d.description.p;
	for (size_t i = 0; i < r->days; i++)
		day[i] = (struct chart_day){.whole = r->day[i].mails,
		                            .part = r->day[i].lost,
		                            .unwatched = !r->day[i].watched,
		                            .hole = r->day[i].hole,
		                            .tip = day_tip(&r->day[i])};
	chart_days(h->page.t, &d.chart, day, r->days);
	text_str(h->page.t, "<figcaption>");
	html_str(h->page.t, d.description.p);
	text_str(h->page.t, "</figcaption>\n");
	for (size_t i = 0; i < r->days; i++)
		free((char *)day[i].tip);
	text_release(&d.description);
	free(day);
}

void html_days(struct html_page *h)
{
	struct text *t = h->page.t;
	struct html_page whole = *h;
	struct report_look all = *h->page.look;

	if (h->page.r->days == 0)
		return;
	text_printf(t, "<section aria-labelledby=\"r%d-days\">\n<h2 id=\"r%d-days\">Day by day</h2>\n", h->number,
	            h->number);
	text_str(t, "<figure>\n<ul class=\"legend\">\n");
	legend(t, "lost", "would be lost");
	legend(t, "warned", "warned, and not lost");
	legend(t, "hatch", "day not watched");
	legend(t, "hole", "a hole in the log");
	text_str(t, "</ul>\n");
	days_chart(h);
	text_str(t, "</figure>\n<details>\n<summary>The same as a table</summary>\n");
	all.top = INT64_MAX;
	whole.page.look = &all;
	html_table(&whole, report_table_find("days"), "");
	text_str(t, "</details>\n</section>\n");
}

/* ------------------------------------------------------------------ bars in tables */

static void bars_begin(struct text *t, const char *caption, const char *what, const char *word, const char *number,
                       const char *words)
{
	text_printf(t,
	            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n<table class=\"bars\">\n"
	            "<caption class=\"vh\">%s</caption>\n<thead><tr><th scope=\"col\">",
	            caption, caption);
	html_word(t, word, what);
	text_str(t, "</th><th scope=\"col\" class=\"n\">");
	html_word(t, strcmp(word, "fate") == 0 ? "pair" : "would-be-lost", number);
	text_printf(t, "</th><th scope=\"col\">%s</th><td></td></tr></thead>\n<tbody>\n", words);
}

static void bar_row(struct text *t, const char *name, int64_t n, int64_t most, const char *class, const char *words)
{
	char buf[32];

	text_str(t, "<tr><th scope=\"row\">");
	html_str(t, name);
	text_printf(t, "</th><td class=\"n\">%s</td><td class=\"t\">%s</td><td class=\"bar\">", grouped(n, buf), words);
	chart_bar(t, class, most > 0 ? (double)n / (double)most : 0);
	text_str(t, "</td></tr>\n");
}

void html_fates(struct html_page *h)
{
	const struct decision_totals *totals = &h->page.r->totals;
	struct text *t = h->page.t;
	int64_t most = 0;
	char buf[32];

	for (int f = 0; f < FATE_COUNT; f++)
		if (totals->fates[f] > most)
			most = totals->fates[f];
	bars_begin(t, "Fates of warned mail, by recipient", "Fate", "fate", "Mail by recipient", "If refused");
	for (int f = 0; f < FATE_COUNT; f++)
		bar_row(t, fate_name((enum fate)f), totals->fates[f], most,
		        fate_loses((enum fate)f) ? "lost" : "warned",
		        fate_loses((enum fate)f) ? "<b class=\"bad\">lost</b>" : "not lost");
	text_str(t, "</tbody>\n</table>\n</div>\n");
	if (totals->may_return)
		text_printf(t, "<p>%s of the tempfailed <a href=\"#w-may-return\">may still return</a>.</p>\n",
		            grouped(totals->may_return, buf));
}

/* The heaviest, and which part of all losses each is, with those before it. */
void html_losses(struct html_page *h)
{
	const struct source_list *l = h->page.r->what->sources;
	struct text *t = h->page.t;
	int64_t sum = 0;

	if (!l || l->n == 0 || l->row[0].facts.lost == 0)
		return;
	text_str(t, "<h3>Sources by loss</h3>\n");
	bars_begin(t, "Sources by loss", "Source", "source", "Would be lost", "Of all, so far");
	for (size_t i = 0; i < l->n && i < BARS && l->row[i].facts.lost; i++) {
		char share[32];
		sum += l->row[i].facts.lost;
		percent((double)sum / (double)l->lost, share);
		bar_row(t, l->row[i].shown, l->row[i].facts.lost, l->row[0].facts.lost, "lost", share);
	}
	text_str(t, "</tbody>\n</table>\n</div>\n");
}

/* ------------------------------------------------------------------ coverage */

static void describe_coverage(struct text *t, const struct report *r)
{
	const struct report_day *last = &r->day[r->days - 1];

	add_count(t, last->losing, "source that loses mail, of ", "sources that lose mail, of ");
	add_count(t, last->sources, "source", "sources");
	text_printf(t, ", in %zu days. Of the %lld days watched: ", r->days, (long long)r->d->window.days);
	say_losing_estimate(t, r);
	text_str(t, "; ");
	say_estimate(t, r);
	text_char(t, '.');
}

static void coverage_chart(struct html_page *h, const int64_t *losing, const int64_t *all)
{
	const struct report *r = h->page.r;
	const struct chart_line lines[] = {{"line-all", "all sources", all}, {"line-lost", "that lose mail", losing}};
	struct drawing d;

	drawing_init(&d, h, "chart-coverage", "Different sources seen so far, by day");
	describe_coverage(&d.description, r);
	d.chart.description = d.description.p;
	chart_steps(h->page.t, &d.chart, lines, 2, r->days);
	text_str(h->page.t, "<figcaption>");
	html_str(h->page.t, d.description.p);
	text_str(h->page.t, " A line that has become flat has seen nearly all. <a href=\"#w-coverage\">What the figure "
	                    "means</a>.</figcaption>\n");
	text_release(&d.description);
}

void html_coverage(struct html_page *h)
{
	const struct report *r = h->page.r;
	struct text *t = h->page.t;

	if (r->days == 0)
		return;
	int64_t *losing = xcalloc(r->days, sizeof *losing), *all = xcalloc(r->days, sizeof *all);
	for (size_t i = 0; i < r->days; i++) {
		losing[i] = r->day[i].losing;
		all[i] = r->day[i].sources;
	}
	text_printf(t,
	            "<section aria-labelledby=\"r%d-coverage\">\n<h2 id=\"r%d-coverage\">Have we watched long "
	            "enough?</h2>\n<figure>\n<ul class=\"legend\">\n",
	            h->number, h->number);
	legend(t, "line-lost", "sources that lose mail");
	legend(t, "line-all", "all sources");
	text_str(t, "</ul>\n");
	coverage_chart(h, losing, all);
	text_str(t, "</figure>\n</section>\n");
	free(losing);
	free(all);
}

/* ------------------------------------------------------------------ what was not seen */

void html_unseen(struct html_page *h)
{
	const struct decision_window *w = &h->page.r->d->window;
	struct text *t = h->page.t;

	text_printf(t, "<section aria-labelledby=\"r%d-unseen\">\n<h2 id=\"r%d-unseen\">What was not seen</h2>\n<ul>\n",
	            h->number, h->number);
	html_say(h, "li", say_calendar);
	for (size_t i = 0; i < w->hosts; i++)
		if (!w->host[i].warned && !w->host[i].canary) {
			text_str(t, "<li>host ");
			html_str(t, w->host[i].name);
			text_str(t, ": the rule was never seen there</li>\n");
		}
	html_say(h, "li", say_losing_estimate);
	html_say(h, "li", say_estimate);
	html_say(h, "li", say_not_judged);
	text_str(t, "</ul>\n");
	for (size_t i = 0; i < 2; i++) {
		const struct report_table *table = report_table_find(i ? "rule_gaps" : "holes");
		text_printf(t, "<h3>%s</h3>\n", table->title);
		html_table(h, table, "");
	}
	text_str(t, "</section>\n");
}
