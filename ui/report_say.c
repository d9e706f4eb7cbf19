#include <stdio.h>

#include "report_i.h"

/* ------------------------------------------------------------------ the rule */

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

void say_title(struct text *t, const struct report *r)
{
	const struct decision *d = r->d;

	text_printf(t, "rule %s", d->rule);
	if (d->title && *d->title)
		text_printf(t, ": %s", d->title);
}

void say_phase(struct text *t, const struct report *r)
{
	static const char *const words[] = {
	    [PHASE_OFF] = "OFF: the rule was never seen at work",
	    [PHASE_WARN] = "WARN",
	    [PHASE_REJECT] = "REJECT",
	    [PHASE_MIXED] = "MIXED: it warns for some and refuses others",
	};
	struct phase_sum sum = phase_sum_of(r->d, r->what->domain);
	int64_t switched = r->d->window.switched;
	char date[CALENDAR_DATE_TEXT];

	text_str(t, words[sum.phase]);
	if (sum.since != STAMP_NONE && sum.phase != PHASE_MIXED)
		text_printf(t, " since %s", calendar_date_text(stamp_local_day(sum.since), date));
	if (switched != STAMP_NONE)
		text_printf(t, ", first refused %s", calendar_date_text(stamp_local_day(switched), date));
}

void say_window(struct text *t, const struct report *r)
{
	const struct decision_window *w = &r->d->window;
	char from[STAMP_TEXT], to[STAMP_TEXT];

	text_printf(t, "%s to %s, %.1f days, %lld watched", time_of(w->from, from), time_of(w->to, to),
	            (double)(w->to - w->from) / 86400e6, (long long)w->days);
}

void say_begun(struct text *t, const struct report *r)
{
	for (size_t i = 0; i < r->begun_n; i++)
		text_printf(t, "%swith the %s, %s", i ? "; " : "", r->begun[i].with, r->begun[i].log);
}

void say_as_of(struct text *t, const struct report *r)
{
	char to[STAMP_TEXT];

	text_printf(t, "%s: what came later does not count", time_of(r->d->window.to, to));
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

void say_decision(struct text *t, const struct report *r)
{
	static const char *const words[] = {
	    [DECISION_GO] = "GO: all criteria met",
	    [DECISION_NO_GO] = "NO-GO",
	    [DECISION_NOT_ENOUGH] = "NOT ENOUGH EVIDENCE",
	};
	const char *by = decided_by(r->what);

	text_str(t, words[r->what->decision]);
	if (by && strcmp(by, "regressions") == 0)
		text_str(t, ": mail was refused that nobody predicted");
}

/* ------------------------------------------------------------------ the headline */

void say_lost(struct text *t, const struct report *r)
{
	const struct decision_totals *n = &r->totals;

	text_str(t, "would be lost: ");
	add_count(t, n->would_be_lost, "mail to ", "mails to ");
	add_count(t, n->recipients, "person, from ", "people, from ");
	add_count(t, n->losing_sources, "source, of ", "sources, of ");
	add_count(t, n->mails, "warned mail (", "warned mails (");
	add_count(t, n->attempts, "attempt)", "attempts)");
}

void say_may_return(struct text *t, const struct report *r)
{
	char buf[32];

	text_printf(t, "%s more may still return: refused for now, less than 36 hours ago",
	            grouped(r->totals.may_return, buf));
}

void say_warned(struct text *t, const struct report *r)
{
	const struct decision_totals *n = &r->totals;
	char buf[32];

	text_str(t, "all warned: ");
	add_count(t, n->sources, "source, ", "sources, ");
	add_count(t, n->senders, "sender, ", "senders, ");
	add_count(t, n->clients, "client address; ", "client addresses; ");
	text_printf(t, "beside them %s mails were accepted, whatever the sender", grouped(n->accepted_mails, buf));
}

/* ------------------------------------------------------------------ what was not seen */

void say_calendar(struct text *t, const struct report *r)
{
	char words[CALENDAR_TEXT];

	text_printf(t, "calendar: %s", calendar_text(&r->d->window.calendar, words));
}

static void say_sources(struct text *t, const char *which, const struct estimate *e)
{
	char share[32];

	switch (e->state) {
	case ESTIMATE_COMPUTED:
		text_printf(
		    t,
		    "%s: %s covered by days; at least %.1f more there may be, expect %.1f new ones in %lld days more",
		    which, percent(e->coverage, share), e->unseen + 0.0, e->new_sources + 0.0, (long long)e->more_days);
		return;
	case ESTIMATE_NONE:
		text_printf(t, "%s: none was seen; at most %.2g new ones a day (95 %%)", which, e->at_most);
		return;
	case ESTIMATE_TOO_SHORT:
	case ESTIMATE_CONTRADICTORY: text_printf(t, "%s: nothing can be said of so few days", which);
	}
}

void say_losing_estimate(struct text *t, const struct report *r)
{
	say_sources(t, "sources that lose mail", &r->what->coverage_lost);
}

void say_estimate(struct text *t, const struct report *r)
{
	say_sources(t, "all sources", &r->what->coverage_all);
}

void say_not_judged(struct text *t, const struct report *r)
{
	char n[32];

	text_printf(
	    t,
	    "not judged: the rule judges the envelope sender only, so %s mails with a null sender and any forged "
	    "header From were not judged",
	    grouped(r->totals.null_sender, n));
}
