#include <stdio.h>

#include "report_i.h"
#include "report_tables.h"

/* ------------------------------------------------------------------ tables */

static void md_field(struct text *t, const struct field *f)
{
	char buf[64];

	if (f->kind == FIELD_TEXT)
		encode_markdown(t, field_shown(f, buf));
	else if (f->kind == FIELD_NULL)
		text_char(t, '-');
	else
		encode_markdown_text(t, field_shown(f, buf));
}

static bool for_people(const struct report_table *table, size_t column)
{
	return !(table->column[column].flags & COLUMN_PROGRAM);
}

static void md_head(struct text *t, const struct report_table *table)
{
	for (size_t c = 0; c < table->columns; c++)
		if (for_people(table, c))
			text_printf(t, "| %s ", table->column[c].title);
	text_str(t, "|\n");
	for (size_t c = 0; c < table->columns; c++)
		if (for_people(table, c))
			text_str(t, table->column[c].flags & COLUMN_NUMBER ? "| ---: " : "| --- ");
	text_str(t, "|\n");
}

static void md_rows(struct page *p, const struct report_table *table)
{
	struct report_row row = {0};
	size_t n = table->rows(p->r);

	for (size_t i = 0; i < shown(p, n); i++) {
		report_row_fill(&row, table, p->r, i);
		for (size_t c = 0; c < table->columns; c++) {
			if (!for_people(table, c))
				continue;
			text_str(p->t, "| ");
			md_field(p->t, &row.field[c]);
			text_char(p->t, ' ');
		}
		text_str(p->t, "|\n");
	}
	report_row_release(&row);
}

static void md_table(struct page *p, const struct report_table *table)
{
	size_t n = table->rows(p->r);
	char buf[32];

	if (n == 0) {
		text_printf(p->t, "%s\n", table->none);
		return;
	}
	md_head(p->t, table);
	md_rows(p, table);
	if (n > shown(p, n))
		text_printf(p->t, "\n%s more: `wouldblock report --format csv --table %s`\n",
		            grouped((int64_t)(n - shown(p, n)), buf), table->name);
}

/* ------------------------------------------------------------------ sentences */

static void md_words(struct text *t, const char *before, struct slice words)
{
	text_str(t, before);
	encode_markdown_text(t, words);
	text_char(t, '\n');
}

static void md_say(struct page *p, const char *before, void (*say)(struct text *t, const struct report *r))
{
	struct text words = {0};

	say(&words, p->r);
	md_words(p->t, before, slice_of(words.p, words.n));
	text_release(&words);
}

static void md_title(struct page *p)
{
	md_say(p, "# wouldblock: ", say_title);
	if (p->r->what->domain) {
		text_str(p->t, "\nDomain ");
		encode_markdown(p->t, slice_str(p->r->what->domain));
		text_str(p->t, " and what is below it, alone\n");
	}
	text_char(p->t, '\n');
}

static void md_first(struct page *p)
{
	struct text decision = {0};

	say_decision(&decision, p->r);
	text_printf(p->t, "**%s**\n\n", decision.p);
	text_release(&decision);
	md_say(p, "- phase: ", say_phase);
	md_say(p, "- window: ", say_window);
	if (p->r->begun_n)
		md_say(p, "- followed ", say_begun);
	if (p->r->d->window.as_of)
		md_say(p, "- as of ", say_as_of);
	if (p->r->anonymous)
		text_str(p->t, "- anonymized: people are pseudonyms, addresses are cut to their networks\n");
	for (size_t i = 0; i < p->r->notes; i++)
		md_words(p->t, "- ", slice_str(p->r->note[i]));
	text_char(p->t, '\n');
	md_table(p, report_table_find("criteria"));
	text_char(p->t, '\n');
	md_say(p, "- ", say_lost);
	if (p->r->totals.may_return)
		md_say(p, "- ", say_may_return);
	md_say(p, "- ", say_warned);
}

static void md_unseen(struct page *p)
{
	const struct decision_window *w = &p->r->d->window;

	text_str(p->t, "\n## What was not seen\n\n");
	md_say(p, "- ", say_calendar);
	for (size_t i = 0; i < w->hosts; i++)
		if (!w->host[i].warned && !w->host[i].canary) {
			text_str(p->t, "- host ");
			encode_markdown(p->t, slice_str(w->host[i].name));
			text_str(p->t, ": the rule was never seen there\n");
		}
	md_say(p, "- ", say_losing_estimate);
	md_say(p, "- ", say_estimate);
	md_say(p, "- ", say_not_judged);
}

void report_markdown(struct text *t, const struct report *r, const struct report_look *look)
{
	struct page p = {.t = t, .r = r, .look = look};
	const struct report_table *table;
	char why[300];

	md_title(&p);
	if (report_missing(r, why, sizeof why)) {
		md_words(t, "", slice_str(why));
		return;
	}
	md_first(&p);
	for (size_t i = 0; (table = report_tables(i)) != NULL; i++) {
		if (!report_table_is_shown(table, r))
			continue;
		text_printf(t, "\n## %s\n\n", table->title);
		md_table(&p, table);
	}
	md_unseen(&p);
}
