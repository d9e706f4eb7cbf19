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

struct phase_sum phase_sum_of(const struct decision *d, const char *domain)
{
	const struct decision_window *w = &d->window;
	struct phase_sum sum = {PHASE_OFF, STAMP_NONE, 0};

	for (size_t i = 0; i < w->phases; i++) {
		const struct decision_phase *p = &w->phase[i];
		if (domain && strcmp(p->domain, domain) != 0)
			continue;
		if (sum.hosts++ == 0)
			sum.phase = p->phase;
		else if (sum.phase != p->phase)
			sum.phase = PHASE_MIXED;
		if (p->since != STAMP_NONE && (sum.since == STAMP_NONE || p->since < sum.since))
			sum.since = p->since;
	}
	return sum;
}

/* `WARN since 11 Oct 2026`: the phase of what is shown. */
static void page_phase(struct page *p)
{
	static const char *const words[] = {
	    [PHASE_OFF] = "OFF: the rule was never seen at work",
	    [PHASE_WARN] = "WARN",
	    [PHASE_REJECT] = "REJECT",
	    [PHASE_MIXED] = "MIXED: it warns for some and refuses others",
	};
	struct phase_sum sum = phase_sum_of(p->r->d, p->r->what->domain);
	char date[CALENDAR_DATE_TEXT];

	text_printf(p->t, "Phase    %s", words[sum.phase]);
	if (sum.since != STAMP_NONE && sum.phase != PHASE_MIXED)
		text_printf(p->t, " since %s", calendar_date_text(stamp_local_day(sum.since), date));
	if (p->r->d->window.switched != STAMP_NONE)
		text_printf(p->t, ", first refused %s",
		            calendar_date_text(stamp_local_day(p->r->d->window.switched), date));
	text_char(p->t, '\n');
}

static void page_title(struct page *p)
{
	const struct decision *d = p->r->d;
	struct text words = {0};

	text_printf(&words, "wouldblock: rule %s", d->rule);
	if (d->title && *d->title)
		text_printf(&words, ": %s", d->title);
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
	const struct decision_window *w = &p->r->d->window;
	char from[STAMP_TEXT], to[STAMP_TEXT];

	text_printf(p->t, "Window   %s to %s, %.1f days, %lld watched\n", time_of(w->from, from), time_of(w->to, to),
	            (double)(w->to - w->from) / 86400e6, (long long)w->days);
	if (w->as_of)
		text_printf(p->t, "As of    %s: what came later does not count\n", to);
}

/* ------------------------------------------------------------------ the decision */

const char *decided_by(const struct decided *what)
{
	/* a no-go is decided by the last three rows, or by what the rule did after the switch */
	bool no_go = what->decision == DECISION_NO_GO;

	for (int i = no_go ? CRITERION_UNDECIDED : 0; i < CRITERION_COUNT; i++)
		if (!what->criterion[i].pass)
			return criterion_name((enum criterion_id)i);
	return no_go ? "regressions" : NULL;
}

static void page_verdict(struct page *p)
{
	static const char *const words[] = {
	    [DECISION_GO] = "GO: all criteria met",
	    [DECISION_NO_GO] = "NO-GO",
	    [DECISION_NOT_ENOUGH] = "NOT ENOUGH EVIDENCE",
	};
	enum verdict_of_all decision = p->r->what->decision;
	const char *by = decided_by(p->r->what);

	text_char(p->t, '\n');
	if (p->look->colour)
		text_str(p->t, decision == DECISION_GO ? COLOUR_GOOD : COLOUR_BAD);
	text_str(p->t, words[decision]);
	if (by && strcmp(by, "regressions") == 0)
		text_str(p->t, ": mail was refused that nobody predicted");
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
	const struct decision_totals *t = &p->r->totals;
	struct text words = {0};
	char buf[32];

	text_str(&words, "would be lost: ");
	add_count(&words, t->would_be_lost, "mail to ", "mails to ");
	add_count(&words, t->recipients, "person, from ", "people, from ");
	add_count(&words, t->losing_sources, "source, of ", "sources, of ");
	add_count(&words, t->mails, "warned mail (", "warned mails (");
	add_count(&words, t->attempts, "attempt)", "attempts)");
	text_char(p->t, '\n');
	add_line_words(p->t, 0, 2, slice_of(words.p, words.n));
	text_clear(&words);
	if (t->may_return) {
		text_printf(&words, "%s more may still return: refused for now, less than 36 hours ago",
		            grouped(t->may_return, buf));
		add_line_words(p->t, 2, 2, slice_of(words.p, words.n));
		text_clear(&words);
	}
	text_str(&words, "all warned: ");
	add_count(&words, t->sources, "source, ", "sources, ");
	add_count(&words, t->senders, "sender, ", "senders, ");
	add_count(&words, t->clients, "client address; ", "client addresses; ");
	text_printf(&words, "beside them %s mails were accepted, whatever the sender", grouped(t->accepted_mails, buf));
	add_line_words(p->t, 2, 2, slice_of(words.p, words.n));
	text_release(&words);
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
	page_phase(p);
	page_window(p);
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
