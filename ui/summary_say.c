/*
 * The words of a summary: short if nothing is new, and what is missing instead
 * of zeros where nothing was read.
 */
#include <stdio.h>

#include "../analyzer/punycode.h"
#include "../analyzer/stretch.h"
#include "../analyzer/subject.h"
#include "summary.h"

#define ITEMS_MAX 10 /* of each list; a mail that nobody reads to its end helps nobody */

static const char *const decision_words[] = {
    [DECISION_GO] = "GO",
    [DECISION_NO_GO] = "NO-GO",
    [DECISION_NOT_ENOUGH] = "NOT ENOUGH EVIDENCE",
};

/* 12 345 */
static const char *number(int64_t n, char buf[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%lld", (long long)n), out = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
			buf[out++] = ' ';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

/* `1 mail`, `2 204 mails` */
struct count {
	char text[80];
};
static struct count count(int64_t n, const char *one, const char *many)
{
	struct count c;
	char buf[32];

	snprintf(c.text, sizeof c.text, "%s %s", number(n, buf), n == 1 ? one : many);
	return c;
}
#define COUNT(n, one, many) (count(n, one, many).text)

static const char *moment(int64_t us, char buf[STAMP_TEXT])
{
	buf[stamp_text(us, 0, buf)] = '\0';
	return buf;
}

static void say_more(struct leaflet *p, size_t all, const char *where)
{
	if (all > ITEMS_MAX)
		leaflet_say(p, BLOCK_LINE, "%s more: `wouldblock %s`.", COUNT((int64_t)all - ITEMS_MAX, "row", "rows"),
		            where);
}

/* ------------------------------------------------------------------ what was read */

static void say_unread(const struct summary *s, struct leaflet *p)
{
	char at[STAMP_TEXT];

	if (s->log_end == STAMP_NONE)
		leaflet_say(p, BLOCK_LINE,
		            "Nothing was read yet, so there is nothing to tell: `wouldblock ingest /var/log/mail.log*` "
		            "reads old logs, `wouldblock follow` reads on from there.");
	else if (s->log_end < s->from)
		leaflet_say(p, BLOCK_LINE,
		            "Nothing was read of this day: the log that was read ends at %s. `wouldblock status` says "
		            "whether `follow` runs.",
		            moment(s->log_end, at));
	else
		leaflet_say(p, BLOCK_LINE, "Nothing was read of this day: the log that was read begins at %s.",
		            moment(s->log_first, at));
}

/* What of the day we do not know: its figures are of the rest. */
static void say_partly(const struct summary *s, struct leaflet *p)
{
	char at[STAMP_TEXT];

	if (!s->over)
		leaflet_say(p, BLOCK_LINE, "This day is not over: the log was read to %s.", moment(s->log_end, at));
	else if (s->log_end < s->to)
		leaflet_say(p, BLOCK_LINE,
		            "The log ends at %s: what came after that on this day was not read and is missing here. "
		            "`wouldblock status` says whether `follow` runs.",
		            moment(s->log_end, at));
	if (s->log_first > s->from)
		leaflet_say(p, BLOCK_LINE, "The log begins at %s: what came before that on this day is missing here.",
		            moment(s->log_first, at));
}

static void say_hosts(const struct summary *s, const struct summary_rule *r, struct leaflet *p)
{
	const struct decision_window *w = &r->now->window;
	char at[STAMP_TEXT];

	for (size_t i = 0; s->over && s->log_end >= s->to && i < w->hosts; i++)
		if (w->host[i].read_to != STAMP_NONE && w->host[i].read_to < s->to)
			leaflet_say(p, BLOCK_LINE, "The log of %s ends at %s: what it did after that is missing here.",
			            w->host[i].name, moment(w->host[i].read_to, at));
}

/* ------------------------------------------------------------------ days without a mail */

static void missed_days(const struct summary_missed *m, struct text *t)
{
	char date[CALENDAR_DATE_TEXT];

	text_str(t, calendar_date_text(m->first, date));
	if (m->last > m->first)
		text_printf(t, " to %s (%s)", calendar_date_text(m->last, date),
		            COUNT((int64_t)m->last - m->first + 1, "day", "days"));
	if (m->why)
		text_printf(t, ": sendmail did not take it, %s%s: %s", COUNT(m->tries, "try", "tries"),
		            m->given_up ? ", given up" : ", and it is tried again", m->why);
	else
		text_str(t, ": none was sent");
}

static void missed_figures(const struct summary *s, const struct summary_missed *m, struct text *t)
{
	if (!m->read)
		text_str(t, "; nothing was read of it");
	for (size_t i = 0; m->read && i < s->missed_rules; i++) {
		text_str(t, "; ");
		if (s->missed_rules > 1)
			text_printf(t, "rule %s: ", s->missed_rule[i]);
		text_printf(t, "%s warned, of which ", COUNT(m->figure[i].mails, "mail", "mails"));
		text_printf(t, "%s would be lost", COUNT(m->figure[i].lost, "mail", "mails"));
	}
	if (m->holes)
		text_str(t, "; some of its log is missing");
}

static void say_missed(const struct summary *s, struct leaflet *p)
{
	if (!s->missed_n)
		return;
	leaflet_say(p, BLOCK_HEADING, "Days before this one of which you got no mail");
	for (size_t i = 0; i < s->missed_n; i++) {
		struct text t = {0};
		missed_days(&s->missed[i], &t);
		missed_figures(s, &s->missed[i], &t);
		leaflet_say(p, BLOCK_ITEM, "%s", t.p);
		text_release(&t);
	}
	struct stamp_date d = stamp_date_of(s->missed[s->missed_n - 1].last);
	leaflet_say(p, BLOCK_LINE, "All of a day: `wouldblock summary --day %04d-%02d-%02d`.", d.year, d.month, d.day);
}

/* ------------------------------------------------------------------ sources */

static const char *verdict_or_suggestion(const struct summary_rule *r, const struct source_row *today,
                                         char buf[SUGGEST_REASON + 80])
{
	const struct source_row *all =
	    r->now->all.sources ? source_list_find(r->now->all.sources, slice_str(today->name)) : NULL;

	if (!all)
		all = today;
	if (all->verdict == SOURCE_VERDICT_NONE)
		snprintf(buf, SUGGEST_REASON + 80, "undecided; %s: %s", suggestion_name(all->suggested.suggestion),
		         all->suggested.reason);
	else
		snprintf(buf, SUGGEST_REASON + 80, "%s", source_verdict_name(all->verdict));
	return buf;
}

static void say_source(const struct summary_rule *r, const struct source_row *today, struct leaflet *p)
{
	char what[SUGGEST_REASON + 80], n[32];

	leaflet_row(p, BLOCK_ROW);
	leaflet_cell(p, "%s%s", today->shown, today->facts.kind == SOURCE_INSIDE ? " (inside)" : "");
	leaflet_cell(p, "%s", number(today->facts.lost, n));
	leaflet_cell(p, "%s", number(today->facts.mails, n));
	leaflet_cell(p, "%s", number(today->facts.recipients, n));
	leaflet_cell(p, "%s", verdict_or_suggestion(r, today, what));
}

static void say_table(struct leaflet *p)
{
	static const char *const names[LEAFLET_CELLS] = {"source", "lost", "mails", "people", "verdict"};

	leaflet_row(p, BLOCK_ROW_HEAD);
	for (size_t i = 0; i < LEAFLET_CELLS; i++)
		leaflet_cell(p, "%s", names[i]);
}

static void say_fresh(const struct summary_rule *r, struct leaflet *p)
{
	if (r->fresh_n) {
		leaflet_say(p, BLOCK_HEADING, "New sources that would lose mail");
		say_table(p);
		for (size_t i = 0; i < r->fresh_n && i < ITEMS_MAX; i++)
			say_source(r, r->fresh[i], p);
		say_more(p, r->fresh_n, "list sources");
	}
	if (r->harmless && r->anything)
		leaflet_say(p, BLOCK_LINE, "Never seen before, and losing nothing: %s.",
		            COUNT(r->harmless, "source", "sources"));
}

static void say_changes(const struct summary_rule *r, struct leaflet *p)
{
	if (!r->changes)
		return;
	leaflet_say(p, BLOCK_HEADING, "Sources that behave in another way");
	for (size_t i = 0; i < r->changes && i < ITEMS_MAX; i++)
		leaflet_say(p, BLOCK_ITEM, "%s: %s", r->change[i].source->shown, r->change[i].how);
	say_more(p, r->changes, "list sources");
}

static void say_top(const struct summary_rule *r, struct leaflet *p)
{
	if (r->day->lost == 0)
		return;
	leaflet_say(p, BLOCK_HEADING, "The heaviest of the day");
	say_table(p);
	for (size_t i = 0; i < r->day->n && i < SUMMARY_TOP && r->day->row[i].facts.lost > 0; i++)
		say_source(r, &r->day->row[i], p);
}

/* ------------------------------------------------------------------ regressions, holes */

static void say_regressions(const struct summary *s, const struct summary_rule *r, struct leaflet *p)
{
	const struct proof *proof = r->now->proof;
	int64_t said = 0;

	if (!r->regressions)
		return;
	leaflet_say(p, BLOCK_HEADING, "REGRESSIONS: refused, and nobody had predicted it");
	for (size_t i = 0; i < proof->regressions && said < ITEMS_MAX && said < r->regressions; i++) {
		const struct proof_regression *g = &proof->regression[i];
		if (g->time_us < s->from || g->time_us >= s->to)
			continue;
		leaflet_say(p, BLOCK_ITEM, "%s to %s by %s (%s), %d, %s: %s",
		            g->sender && *g->sender ? g->sender : "<>", g->recipient ? g->recipient : "-",
		            g->source ? g->source : "-", g->client_ip ? g->client_ip : "-", g->code,
		            COUNT(g->attempts, "time", "times"), g->why);
		said++;
	}
	if (r->regressions > said)
		leaflet_say(p, BLOCK_LINE, "%s more: `wouldblock report`.",
		            COUNT(r->regressions - said, "refusal", "refusals"));
}

static void say_hole(const struct decision_hole *h, struct leaflet *p)
{
	char from[STAMP_TEXT] = "before the log", to[STAMP_TEXT] = "its end", lines[100] = "";

	if (h->from > STRETCH_EVER)
		moment(h->from, from);
	if (h->to < STRETCH_FOREVER)
		moment(h->to, to);
	if (h->lines)
		snprintf(lines, sizeof lines, ", %s", COUNT(h->lines, "line", "lines"));
	leaflet_say(p, BLOCK_ITEM, "%s: %s to %s: %s%s", h->host ? h->host : "all hosts", from, to, h->cause, lines);
}

static void say_holes(const struct summary *s, const struct summary_rule *r, struct leaflet *p)
{
	size_t said = 0;

	if (!r->holes)
		return;
	leaflet_say(p, BLOCK_HEADING, "Missing from the log of the day");
	for (size_t i = 0; i < r->now->window.holes && said < ITEMS_MAX; i++)
		if (summary_hole_is_of_day(s, &r->now->window.hole[i])) {
			say_hole(&r->now->window.hole[i], p);
			said++;
		}
	say_more(p, r->holes, "list holes");
}

/* ------------------------------------------------------------------ the decision */

static void say_criterion(const struct summary_rule *r, enum criterion_id id, bool advice, struct leaflet *p)
{
	const struct criterion *c = &r->now->all.criterion[id];

	leaflet_say(p, BLOCK_ITEM, "%s: %s (%s)%s%s%s", criterion_name(id), c->value, c->threshold,
	            r->turned[id] ? ", new since the day before" : "", advice && *c->advice ? ": " : "",
	            advice ? c->advice : "");
}

static void say_missing(const struct summary_rule *r, struct leaflet *p)
{
	int failing = 0, met = 0;

	for (int c = 0; c < CRITERION_COUNT; c++)
		failing += !r->now->all.criterion[c].pass;
	if (failing) {
		leaflet_say(p, BLOCK_HEADING, "Missing for a GO: %d of %d criteria", failing, CRITERION_COUNT);
		for (int c = 0; c < CRITERION_COUNT; c++)
			if (!r->now->all.criterion[c].pass)
				say_criterion(r, (enum criterion_id)c, r->anything, p);
	}
	for (int c = 0; c < CRITERION_COUNT; c++)
		met += r->turned[c] && r->now->all.criterion[c].pass;
	if (met == 0)
		return;
	leaflet_say(p, BLOCK_HEADING, "Met since the day before");
	for (int c = 0; c < CRITERION_COUNT; c++)
		if (r->turned[c] && r->now->all.criterion[c].pass)
			leaflet_say(p, BLOCK_ITEM, "%s: %s", criterion_name((enum criterion_id)c),
			            r->now->all.criterion[c].value);
}

static void say_decision(const struct summary_rule *r, struct leaflet *p)
{
	const char *now = decision_words[r->now->all.decision], *before = decision_words[r->before->all.decision];

	if (!r->now->any)
		leaflet_say(p, BLOCK_LINE, "%s: the log has nothing of the time of this rule.", now);
	else if (!r->before->any)
		leaflet_say(p, BLOCK_LINE, "%s; this is the first day of the log.", now);
	else if (r->now->all.decision != r->before->all.decision)
		leaflet_say(p, BLOCK_LINE, "%s; it was %s the day before.", now, before);
	else
		leaflet_say(p, BLOCK_LINE, "%s, as the day before.%s", now,
		            r->now->all.decision == DECISION_GO ? " All criteria are met." : "");
}

static void say_figures(const struct summary_rule *r, struct leaflet *p)
{
	const struct decision_totals *t = &r->now->totals;

	leaflet_say(p, BLOCK_LINE,
	            "That day: %s warned, of which %s would be lost. In all: %s would be lost to %s, from %s.",
	            COUNT(r->day->mails, "mail", "mails"), COUNT(r->day->lost, "mail", "mails"),
	            COUNT(t->would_be_lost, "mail", "mails"), COUNT(t->recipients, "person", "people"),
	            COUNT(t->losing_sources, "source", "sources"));
}

/* ------------------------------------------------------------------ verdicts */

static void say_verdict(const struct summary_said *v, struct leaflet *p)
{
	char both[SUBJECT_TEXT + PUNYCODE_TEXT];
	const char *subject = punycode_both(slice_str(v->subject), both, sizeof both);

	if (v->expired) {
		leaflet_say(p, BLOCK_ITEM, "%s %s: %s has counted for the last time, it has expired", v->kind, subject,
		            v->verdict);
		return;
	}
	leaflet_say(p, BLOCK_ITEM, "%s %s: %s%s%s%s%s%s%s", v->kind, subject, v->verdict, v->expires ? " until " : "",
	            v->expires ? v->expires : "", v->who ? ", by " : "", v->who ? v->who : "", v->note ? ": " : "",
	            v->note ? v->note : "");
}

static void say_verdicts(const struct summary *s, struct leaflet *p)
{
	if (!s->said_n)
		return;
	leaflet_say(p, BLOCK_HEADING, "Decided that day");
	for (size_t i = 0; i < s->said_n && i < ITEMS_MAX; i++)
		say_verdict(&s->said[i], p);
	say_more(p, s->said_n, "list verdicts --all");
}

/* ------------------------------------------------------------------ all of it */

static void say_rule(const struct summary *s, const struct summary_rule *r, struct leaflet *p)
{
	const char *title = r->now->title;

	if (s->rules > 1)
		leaflet_say(p, BLOCK_TITLE, "Rule %s%s%s", r->now->rule, title && *title ? ": " : "",
		            title ? title : "");
	say_decision(r, p);
	if (!r->now->any)
		return;
	if (!r->anything && r->harmless)
		leaflet_say(p, BLOCK_LINE, "Nothing new but %s.",
		            COUNT(r->harmless, "source that loses nothing", "sources that lose nothing"));
	else if (!r->anything)
		leaflet_say(p, BLOCK_LINE, "Nothing new.");
	say_figures(r, p);
	say_hosts(s, r, p);
	say_regressions(s, r, p);
	say_fresh(r, p);
	say_changes(r, p);
	say_holes(s, r, p);
	if (r->anything)
		say_top(r, p);
	say_missing(r, p);
}

void summary_say(const struct summary *s, struct leaflet *p)
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970 began on a Thursday */
	char date[CALENDAR_DATE_TEXT];

	leaflet_say(p, BLOCK_TITLE, "wouldblock: %.3s %s", &days[3 * (((s->day % 7) + 7) % 7)],
	            calendar_date_text(s->day, date));
	if (s->read)
		say_partly(s, p);
	else
		say_unread(s, p);
	for (size_t i = 0; i < s->rules; i++)
		say_rule(s, &s->rule[i], p);
	say_verdicts(s, p);
	say_missed(s, p);
	if (s->read)
		leaflet_say(p, BLOCK_LINE, "All of it: `wouldblock report`; to decide: `wouldblock review`.");
}

/* no-go is worse than not knowing, and a go needs all to be go. */
static enum verdict_of_all worst(const struct summary *s)
{
	static const int badness[] = {[DECISION_GO] = 0, [DECISION_NOT_ENOUGH] = 1, [DECISION_NO_GO] = 2};
	enum verdict_of_all all = DECISION_GO;

	for (size_t i = 0; i < s->rules; i++)
		if (badness[s->rule[i].now->all.decision] > badness[all])
			all = s->rule[i].now->all.decision;
	return all;
}

void summary_subject(const struct summary *s, struct text *t)
{
	struct stamp_date d = stamp_date_of(s->day);
	int64_t fresh = 0, regressions = 0, changes = 0;
	size_t holes = 0;
	int64_t missed = s->missed_n ? (int64_t)s->day - s->missed[0].first : 0;

	text_printf(t, "%04d-%02d-%02d: ", d.year, d.month, d.day);
	if (!s->rules) {
		text_str(t, "nothing was read");
		if (missed)
			text_printf(t, ", %s", COUNT(missed, "day without a mail", "days without a mail"));
		return;
	}
	for (size_t i = 0; i < s->rules; i++) {
		fresh += (int64_t)s->rule[i].fresh_n;
		changes += (int64_t)s->rule[i].changes;
		regressions += s->rule[i].regressions;
		holes = s->rule[i].holes > holes ? s->rule[i].holes : holes; /* the same log for all */
	}
	const struct {
		int64_t n;
		const char *one, *many;
	} parts[] = {{regressions, "regression", "regressions"},
	             {fresh, "new source", "new sources"},
	             {changes, "change", "changes"},
	             {(int64_t)holes, "hole", "holes"},
	             {(int64_t)s->said_n, "verdict", "verdicts"},
	             {missed, "day without a mail", "days without a mail"}};
	text_str(t, decision_words[worst(s)]);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i].n)
			text_printf(t, ", %s", COUNT(parts[i].n, parts[i].one, parts[i].many));
	if (!s->anything)
		text_str(t, ", nothing new");
}
