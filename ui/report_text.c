#include <stdio.h>

#include "report_i.h"

#define BAR 24
#define MARK 2 /* columns at which the parts of a criterion's row begin */
#define NAME 8
#define VALUE 22
#define THRESHOLD 51
#define COLOUR_GOOD "\033[1;32m"
#define COLOUR_BAD "\033[1;31m"
#define COLOUR_END "\033[0m"

/* ------------------------------------------------------------------ title */

/* A line made of words that one of the functions of report_say.c says. */
static void page_say(struct page *p, int first, int indent, void (*say)(struct text *t, const struct report *r))
{
	struct text words = {0};

	say(&words, p->r);
	add_line_words(p->t, first, indent, slice_of(words.p, words.n));
	text_release(&words);
}

static void page_title(struct page *p)
{
	struct text words = {0};

	text_str(&words, "wouldblock: ");
	say_title(&words, p->r);
	add_line_words(p->t, 0, 2, slice_of(words.p, words.n));
	text_release(&words);
	if (p->r->what->domain) {
		text_str(p->t, "Domain   ");
		encode_cell(p->t, slice_str(p->r->what->domain), 60, false, false);
		text_str(p->t, " and what is below it, alone\n");
	}
}

static void page_window(struct page *p)
{
	text_str(p->t, "Phase    ");
	say_phase(p->t, p->r);
	text_str(p->t, "\nWindow   ");
	say_window(p->t, p->r);
	text_char(p->t, '\n');
	if (p->r->begun_n) {
		struct text words = {0};
		text_str(p->t, "Followed");
		say_begun(&words, p->r);
		add_line_words(p->t, 1, 9, slice_of(words.p, words.n));
		text_release(&words);
	}
	if (p->r->d->window.as_of) {
		text_str(p->t, "As of    ");
		say_as_of(p->t, p->r);
		text_char(p->t, '\n');
	}
}

/* ------------------------------------------------------------------ the decision */

static void page_verdict(struct page *p)
{
	text_char(p->t, '\n');
	if (p->look->colour)
		text_str(p->t, p->r->what->decision == DECISION_GO ? COLOUR_GOOD : COLOUR_BAD);
	say_decision(p->t, p->r);
	text_str(p->t, p->look->colour ? COLOUR_END "\n" : "\n");
}

/* Value and threshold stand side by side, each in as many lines as it needs. */
static void page_criterion(struct page *p, enum criterion_id id)
{
	const struct criterion *c = &p->r->what->criterion[id];
	struct slice value = slice_str(c->value), threshold = slice_str(c->threshold);
	const char *colour = !p->look->colour ? "" : c->pass ? COLOUR_GOOD : COLOUR_BAD;

	text_printf(p->t, "%*s%s%-*s%s%-*s", MARK, "", colour, NAME - MARK, c->pass ? "ok" : "FAIL",
	            p->look->colour ? COLOUR_END : "", VALUE - NAME, criterion_name(id));
	for (bool first = true; first || value.n || threshold.n; first = false) {
		if (!first)
			text_fill(p->t, ' ', VALUE);
		int used = add_some_words(p->t, &value, THRESHOLD - VALUE - 2);
		if (threshold.n)
			text_fill(p->t, ' ', (size_t)(THRESHOLD - VALUE - used));
		add_some_words(p->t, &threshold, PAGE_WIDTH - THRESHOLD);
		text_char(p->t, '\n');
	}
	if (*c->advice)
		add_line_words(p->t, NAME, NAME, slice_str(c->advice));
}

/* ------------------------------------------------------------------ the headline */

static void page_headline(struct page *p)
{
	text_char(p->t, '\n');
	page_say(p, 0, 2, say_lost);
	if (p->r->totals.may_return)
		page_say(p, 2, 2, say_may_return);
	page_say(p, 2, 2, say_warned);
}

/* ------------------------------------------------------------------ fates */

static void page_fate(struct page *p, enum fate f, int64_t most)
{
	const struct decision_totals *totals = &p->r->totals;
	int64_t n = totals->fates[f];
	char buf[32];

	text_printf(p->t, "  %-11s%9s  %-8s ", fate_name(f), grouped(n, buf), fate_loses(f) ? "LOST" : "not lost");
	text_fill(p->t, '#', (size_t)((double)n / (double)most * BAR + 0.999));
	if (f == FATE_TEMPFAILED && totals->may_return)
		text_printf(p->t, "  %s may still return", grouped(totals->may_return, buf));
	text_char(p->t, '\n');
}

static void page_fates(struct page *p)
{
	int64_t most = 0;

	heading(p, "What became of it, mail by recipient");
	for (int f = 0; f < FATE_COUNT; f++)
		if (p->r->totals.fates[f] > most)
			most = p->r->totals.fates[f];
	for (int f = 0; f < FATE_COUNT; f++)
		if (p->r->totals.fates[f])
			page_fate(p, (enum fate)f, most);
	if (!most)
		text_str(p->t, "  nothing was warned\n");
}

/* ------------------------------------------------------------------ all of it */

static void page_first(struct page *p)
{
	page_title(p);
	page_window(p);
	for (size_t i = 0; i < p->r->notes; i++)
		add_line_words(p->t, 0, 2, slice_str(p->r->note[i]));
	page_verdict(p);
	for (int i = 0; i < CRITERION_COUNT; i++)
		page_criterion(p, (enum criterion_id)i);
	page_headline(p);
}

void report_text(struct text *t, const struct report *r, const struct report_look *look)
{
	static void (*const parts[])(struct page *) = {
	    page_first, page_fates,    page_sources, page_domains, page_exceptions, page_switched,
	    page_hosts, page_insiders, page_unseen,  page_others,  page_account,
	};
	struct page p = {.t = t, .r = r, .look = look};
	char why[300];

	if (report_missing(r, why, sizeof why)) {
		page_title(&p);
		add_line_words(t, 0, 2, slice_str(why));
		return;
	}
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		parts[i](&p);
}
