#include <stdio.h>

#include "../analyzer/stretch.h"
#include "report_i.h"

#define HOLES_SHOWN 10

/* ------------------------------------------------------------------ hosts */

void page_hosts(struct page *p)
{
	const struct decision_window *w = &p->r->d->window;
	char share[32], from[STAMP_TEXT], to[STAMP_TEXT];

	heading(p, "Hosts that take outside mail");
	if (w->hosts)
		text_printf(p->t, "  %-20s %-10s  %-10s %8s %7s %7s %8s\n", "HOST", "FROM", "TO", "LOG HELD", "WARNED",
		            "CANARY", "ACCEPTED");
	else
		text_str(p->t, "  none\n");
	for (size_t i = 0; i < shown(p, w->hosts); i++) {
		const struct decision_host *h = &w->host[i];
		text_str(p->t, "  ");
		add_cell(p->t, h->name, 20);
		text_printf(p->t, "%-10s  %-10s %8s %7lld %7lld %8lld\n", day_of(h->from, from), day_of(h->to, to),
		            percent(h->continuity, share), (long long)h->warned, (long long)h->canary,
		            (long long)h->accepted);
	}
	add_more(p, w->hosts, "report --format json");
}

/* ------------------------------------------------------------------ what was not seen */

static const char *hole_end(int64_t us, char buf[STAMP_TEXT])
{
	return us <= STRETCH_EVER || us >= STRETCH_FOREVER ? "?" : time_of(us, buf);
}

static void unseen_holes(struct page *p)
{
	const struct decision_window *w = &p->r->d->window;
	char from[STAMP_TEXT], to[STAMP_TEXT], lines[60];

	if (w->holes == 0) {
		add_line(p->t, 2, "holes: none is known in the window");
		return;
	}
	add_line(p->t, 2, "holes: %zu in the window", w->holes);
	for (size_t i = 0; i < w->holes && i < HOLES_SHOWN; i++) {
		const struct decision_hole *h = &w->hole[i];
		lines[0] = '\0';
		if (h->lines)
			snprintf(lines, sizeof lines, ", %lld lines", (long long)h->lines);
		add_line(p->t, 4, "%s to %s, %s: %s%s", hole_end(h->from, from), hole_end(h->to, to),
		         h->host ? h->host : "all hosts", h->cause, lines);
	}
	if (w->holes > HOLES_SHOWN)
		add_line(p->t, 4, "%zu more: `wouldblock list holes`", w->holes - HOLES_SHOWN);
}

static void unseen_say(struct page *p, void (*say)(struct text *t, const struct report *r))
{
	struct text words = {0};

	say(&words, p->r);
	add_line_words(p->t, 2, 4, slice_of(words.p, words.n));
	text_release(&words);
}

static void unseen_hosts(struct page *p)
{
	const struct decision_window *w = &p->r->d->window;

	for (size_t i = 0; i < w->hosts; i++)
		if (!w->host[i].warned && !w->host[i].canary)
			add_line(p->t, 2, "host %s: the rule was never seen there", w->host[i].name);
}

static void page_gap(struct page *p, const struct proof_gap *g)
{
	char last[STAMP_TEXT];

	add_line(p->t, 4, "%s: %lld %s from %s by %s (%s), last %s: %s", or_dash(g->host), (long long)g->mails,
	         mail_word(g->mails), or_dash(g->sender), or_dash(g->source), or_dash(g->client_ip),
	         day_of(g->last_us, last), g->why);
}

static bool gap_belongs(const struct page *p, const struct proof_gap *g)
{
	const char *own = p->r->what->domain;

	if (!own || !g->domain)
		return !own;
	size_t n = strlen(own), k = strlen(g->domain);
	return k >= n && strcmp(g->domain + (k - n), own) == 0 && (k == n || g->domain[k - n - 1] == '.');
}

/* Both sorts: what nobody explains, and what an exception lets through as it should. */
static void unseen_gaps(struct page *p)
{
	const struct proof *proof = p->r->d->proof;
	size_t rows = 0;

	if (proof->gap_mails == 0 && proof->exempted_mails == 0) {
		add_line(p->t, 2, "rule gaps: no own-domain mail from outside without a warning");
		return;
	}
	add_line(
	    p->t, 2,
	    "rule gaps%s: %lld own-domain %s from outside without a warning, and %lld that an exception lets through",
	    p->r->what->domain ? " (figures of the whole rule)" : "", (long long)proof->gap_mails,
	    mail_word(proof->gap_mails), (long long)proof->exempted_mails);
	for (size_t i = 0; i < proof->gaps; i++)
		if (gap_belongs(p, &proof->gap[i]) && ++rows <= shown(p, SIZE_MAX))
			page_gap(p, &proof->gap[i]);
	add_more(p, rows, "report --format json");
}

void page_unseen(struct page *p)
{
	heading(p, "What was not seen");
	unseen_say(p, say_calendar);
	unseen_holes(p);
	unseen_hosts(p);
	unseen_say(p, say_losing_estimate);
	unseen_say(p, say_estimate);
	unseen_gaps(p);
	unseen_say(p, say_not_judged);
}

/* ------------------------------------------------------------------ after the switch */

static void page_regression(struct page *p, const struct proof_regression *g)
{
	char when[STAMP_TEXT];

	add_line(p->t, 2, "%s %s: %s to %s by %s (%s), %d, %lld %s: %s", time_of(g->time_us, when), or_dash(g->host),
	         g->sender && *g->sender ? g->sender : "<>", or_dash(g->recipient), or_dash(g->source),
	         or_dash(g->client_ip), g->code, (long long)g->attempts, g->attempts == 1 ? "time" : "times", g->why);
}

static void page_forecast(struct page *p, const struct proof_forecast *f)
{
	text_str(p->t, "  ");
	add_cell(p->t, f->source, 32);
	text_printf(p->t, "%9.1f %9.1f %9lld  %s\n", f->forecast, f->days > 0 ? (double)f->refused / f->days : 0,
	            (long long)f->refused, f->verdict ? source_verdict_name(f->verdict) : "undecided");
}

static void page_regressions(struct page *p)
{
	const struct proof *proof = p->r->d->proof;
	char n[32];

	if (proof->regressions_all == 0) {
		add_line(p->t, 2, "no regression: nobody was refused who was exempt, to move, or never seen before");
		return;
	}
	add_line(p->t, 2, "REGRESSIONS: %s refused that nobody predicted", grouped(proof->regressions_all, n));
	for (size_t i = 0; i < shown(p, proof->regressions); i++)
		page_regression(p, &proof->regression[i]);
	if ((uint64_t)proof->regressions_all > shown(p, proof->regressions))
		add_line(p->t, 2, "%s more: `wouldblock list attempts`",
		         grouped(proof->regressions_all - (int64_t)shown(p, proof->regressions), n));
}

void page_switched(struct page *p)
{
	const struct proof *proof = p->r->d->proof;
	char when[STAMP_TEXT];

	if (p->r->d->window.switched == STAMP_NONE)
		return;
	heading(p, "After the switch of %s%s", time_of(p->r->d->window.switched, when),
	        p->r->what->domain ? " (of the whole rule)" : "");
	page_regressions(p);
	if (proof->forecasts)
		text_printf(p->t, "  %-32s %9s %9s %9s  %s\n", "REFUSED: SOURCE", "FORECAST", "A DAY", "IN ALL",
		            "VERDICT");
	for (size_t i = 0; i < shown(p, proof->forecasts); i++)
		page_forecast(p, &proof->forecast[i]);
	add_more(p, proof->forecasts, "report --format json");
}

/* ------------------------------------------------------------------ other warnings, account */

void page_others(struct page *p)
{
	const struct report *r = p->r;
	char n[32];
	size_t rows = shown(p, r->other_n);

	if (r->others == 0)
		return;
	heading(p, "Warnings that belong to no rule");
	for (size_t i = 0; i < rows; i++) {
		text_printf(p->t, "  %9s  ", grouped(r->other[i].attempts, n));
		encode_cell(p->t, r->other[i].n ? slice_of(r->other[i].text, r->other[i].n) : SLICE("(no text)"), 66,
		            false, false);
		text_char(p->t, '\n');
	}
	if ((uint64_t)r->others > rows)
		add_line(p->t, 2, "%s more: `wouldblock list rules`", grouped(r->others - (int64_t)rows, n));
}

void page_account(struct page *p)
{
	const struct decision_account *a = &p->r->d->account;
	const struct {
		int64_t n;
		bool always;
		const char *what;
	} rows[] = {
	    {a->understood, true, "understood"},
	    {a->no_interest, true, "not of interest"},
	    {a->other, true, "not understood"},
	    {a->understood + a->no_interest + a->other, true, "lines"},
	    {a->names_rule, false, "of those not understood hold a rule's text"},
	    {a->checked, false, "sessions checked against Postfix's own counters"},
	    {a->differ, a->checked > 0, "of these differ"},
	    {a->limit_hits, false, "matches of a rule's pattern ran into the match limit"},
	    {a->suspect, false, "attempts can be read in two ways and decide nothing"},
	    {a->truncated, false, "lines were cut by syslog"},
	    {a->damaged, false, "lines were damaged: too long, with NUL bytes, or two in one"},
	    {a->evictions, false, "sessions or mails had to make room, their fate is unknown"},
	    {a->unsure, false, "streams have stamps whose year is a guess"},
	};
	char n[32];

	heading(p, "Account of all lines read");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].always || rows[i].n)
			text_printf(p->t, "  %12s  %s\n", grouped(rows[i].n, n), rows[i].what);
	if (a->in_memory)
		add_line(p->t, 2, "The database lies in memory (tmpfs): it does not survive a reboot.");
}
