/*
 * The ten criteria of the decision (design.md 4), one row each: what it
 * measures, what it must be, what to do about it. go only if every row passes.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "decision_i.h"
#include "follow.h"
#include "proof.h"
#include "walk.h"

#define INGEST_BEHIND DAY_US /* design.md 4, current: what a nightly `ingest` may be behind */
#define FOLLOW_BEHIND (300 * SECOND_US)
#define CLOCK_AHEAD (300 * SECOND_US)
#define NOT_UNDERSTOOD 0.001

const char *criterion_name(enum criterion_id c)
{
	static const char *const names[] = {
#define X(id, name) name,
	    CRITERIA(X)
#undef X
	};
	return names[c];
}

const char *decision_name(enum verdict_of_all d)
{
	static const char *const names[] = {"go", "no-go", "not-enough-evidence"};

	return names[d];
}

/* One rule, or one own domain of it, being judged. */
struct judged {
	struct making *m;
	struct decided *what;
	int32_t *day; /* watched */
	size_t days;
	int64_t not_proven, still_warned;
};

#define SAY(c, field, ...) snprintf((c)->field, sizeof(c)->field, __VA_ARGS__)

static const char *days_of(int64_t n)
{
	return n == 1 ? "day" : "days";
}

/* A percentage that never rounds up to what it is not: 98.96 is `98.9 %`. */
static void percent(char buf[32], double share)
{
	snprintf(buf, 32, "%.1f %%", floor(share * 1000) / 10);
}

/* ------------------------------------------------------------------ the rows */

static void judge_window(struct judged *j, struct criterion *c)
{
	int64_t need = j->m->o->days, have = (int64_t)j->days;

	c->pass = have >= need;
	c->figure = (double)have;
	c->limit = (double)need;
	SAY(c, value, "%lld %s", (long long)have, days_of(have));
	SAY(c, threshold, "at least %lld %s watched", (long long)need, days_of(need));
	SAY(c, advice, "watch %lld more %s, or read older logs of the warn phase with `wouldblock ingest`",
	    (long long)(need - have), days_of(need - have));
}

static void judge_continuity(struct judged *j, struct criterion *c)
{
	const struct decision_window *w = &j->m->d->window;
	const struct decision_host *worst = NULL;
	char share[32];

	SAY(c, threshold, "at least %g %% on each host", j->m->o->continuity);
	for (size_t i = 0; i < w->hosts; i++)
		if (!worst || w->host[i].continuity < worst->continuity)
			worst = &w->host[i];
	if (!worst) {
		SAY(c, value, "no host takes outside mail");
		SAY(c, advice, "no smtpd on port 25 has logged a client from outside: is this the right log?");
		return;
	}
	percent(share, worst->continuity);
	c->pass = worst->continuity * 100 >= j->m->o->continuity;
	c->figure = worst->continuity * 100;
	c->limit = j->m->o->continuity;
	SAY(c, value, "%s (%.60s)", share, worst->name);
	SAY(c, advice, "`wouldblock list holes` says what is missing; read it with `wouldblock ingest`, or watch on");
}

/* The host whose logs end first, if they end before the newest one; each may have a log of its own. */
static const struct decision_host *host_behind(const struct decision_window *w)
{
	const struct decision_host *last = NULL;

	for (size_t i = 0; i < w->hosts; i++)
		if (w->host[i].read_to < (last ? last->read_to : w->log_end))
			last = &w->host[i];
	return last;
}

/* Where `follow` reads the log, or was the last to do so: false if it is not. */
static bool current_by_follow(const struct judged *j, struct criterion *c)
{
	const struct decision_options *o = j->m->o;
	int64_t may = o->behind ? o->behind : FOLLOW_BEHIND;
	struct follow_state f;
	char when[STAMP_TEXT];

	follow_state(reader_database(j->m->reader), &f);
	if (f.since_us == STAMP_NONE || j->m->d->window.log_end - o->now > CLOCK_AHEAD)
		return false;
	SAY(c, threshold, "at most %lld min behind", (long long)(may / (60 * SECOND_US)));
	if (!f.alive) {
		SAY(c, value, "follow is not running");
		SAY(c, advice,
		    "start it again: it reads on where it stopped; or read the log with `wouldblock ingest`");
		return true;
	}
	/* it says so every quarter of a minute */
	c->pass = f.caught_up_us != STAMP_NONE && f.caught_up_us >= o->now - may && f.paused_us == STAMP_NONE;
	when[stamp_text(f.caught_up_us == STAMP_NONE ? f.since_us : f.caught_up_us, 0, when)] = '\0';
	when[16] = '\0';
	when[10] = ' ';
	SAY(c, value, c->pass ? "follow, read to %sZ" : "follow is behind since %sZ", when);
	if (f.paused_us != STAMP_NONE)
		SAY(c, advice, "it pauses, since nothing can be stored; `wouldblock status` says why");
	else
		SAY(c, advice, "`wouldblock status` says how far; it is reading, or the machine is too slow for it");
	return true;
}

static void judge_current(struct judged *j, struct criterion *c)
{
	const struct decision_window *w = &j->m->d->window;
	const struct decision_options *o = j->m->o;
	const struct decision_host *host = host_behind(w);
	char end[STAMP_TEXT];

	if (w->log_end == STAMP_NONE) {
		SAY(c, value, "nothing was read");
		SAY(c, threshold, "read to within 24 hours");
		SAY(c, advice, "`wouldblock ingest /var/log/mail.log*`");
		return;
	}
	/* a host may have a log of its own, which nobody follows */
	bool apart = host && host->read_to < o->now - INGEST_BEHIND;
	if (!w->as_of && !apart && current_by_follow(j, c))
		return;
	int64_t moment = w->as_of ? o->until : o->now, read_to = host ? host->read_to : w->log_end;
	end[stamp_text(read_to, 0, end)] = '\0';
	end[16] = '\0'; /* to the minute */
	end[10] = ' ';
	SAY(c, value, "read to %sZ%s%.60s%s", end, host ? " (" : "", host ? host->name : "", host ? ")" : "");
	SAY(c, threshold, "at most 24 hours behind");
	if (w->log_end - o->now > CLOCK_AHEAD) {
		SAY(c, advice, "the log is ahead of this machine's clock: one of the two is wrong");
		return;
	}
	c->pass = read_to >= moment - INGEST_BEHIND;
	SAY(c, advice, "%s",
	    host ? "read its newest log, or name it in the setting `retired` if it takes no mail any more"
	         : "read the newest log: `wouldblock ingest /var/log/mail.log*`");
}

/* What is wrong with the material itself, the worst first; NULL: nothing. */
static const char *blemish(const struct judged *j, char *buf, size_t cap)
{
	const struct decision_account *a = &j->m->d->account;
	const struct decision_window *w = &j->m->d->window;
	int64_t lines = a->understood + a->no_interest + a->other, overlaps = 0;
	const struct {
		int64_t n;
		const char *what;
	} marks[] = {
	    {a->names_rule, "lines with a rule's text were not understood"},
	    {a->suspect_rule, "warnings of the rule can be read in two ways"},
	    {a->without_client, "warned mails of which the client is not known"},
	    {a->without_mail, "warnings belong to no mail that is known"},
	    {a->damaged, "lines are damaged"},
	    {a->evictions, "sessions or mails had to make room"},
	    {a->limit_hits, "matches of a rule's pattern ran into the match limit"},
	    {a->unsure, "streams have stamps whose year is a guess"},
	};

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (marks[i].n) {
			snprintf(buf, cap, "%lld %s", (long long)marks[i].n, marks[i].what);
			return buf;
		}
	for (size_t i = 0; i < w->holes; i++)
		overlaps += strcmp(w->hole[i].cause, "overlap") == 0;
	if (overlaps) {
		snprintf(buf, cap, "%lld stretches were read from two streams", (long long)overlaps);
		return buf;
	}
	if ((double)a->other <= NOT_UNDERSTOOD * (double)lines)
		return NULL;
	snprintf(buf, cap, "%.2f %% of the lines were not understood", 100.0 * (double)a->other / (double)lines);
	return buf;
}

static void judge_intact(struct judged *j, struct criterion *c)
{
	const struct decision_account *a = &j->m->d->account;
	int64_t lines = a->understood + a->no_interest + a->other;
	char buf[CRITERION_TEXT];
	const char *bad = blemish(j, buf, sizeof buf);

	c->pass = lines > 0 && !bad;
	SAY(c, value, "%s", bad ? bad : lines ? "nothing lost or in doubt" : "nothing was read");
	SAY(c, threshold, "0.1 %% not understood at most");
	SAY(c, advice, "the account at the end names it; `wouldblock list holes`; then `wouldblock ingest --rebuild`");
}

static void judge_alive(struct judged *j, struct criterion *c)
{
	const struct decision_window *w = &j->m->d->window;
	size_t alive = 0;
	const char *dead = NULL;

	for (size_t i = 0; i < w->hosts; i++)
		if (w->host[i].warned || w->host[i].canary)
			alive++;
		else if (!dead)
			dead = w->host[i].name;
	c->pass = w->hosts > 0 && !dead;
	c->figure = (double)alive;
	c->limit = (double)w->hosts;
	SAY(c, threshold, "warning seen on each host");
	SAY(c, value, "%zu of %zu %s", alive, w->hosts, w->hosts == 1 ? "host" : "hosts");
	if (!alive)
		SAY(c, advice,
		    "rule never seen: is its pattern right, is the map active, are warnings logged? Try it with swaks");
	else if (dead)
		SAY(c, advice, "never seen on %.80s: is the map active there? A test by swaks from outside counts",
		    dead);
}

/* ---- unchanged */

/* A warning text without what differs from line to line: digits, and words with an @. */
static void text_mask(struct slice text, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n && n + 1 < cap;) {
		size_t word = i;
		while (word < text.n && text.p[word] != ' ')
			word++;
		if (slice_chr(slice_of(text.p + i, word - i), '@') >= 0) {
			out[n++] = '@';
			i = word;
			continue;
		}
		for (; i < word && n + 1 < cap; i++)
			if (text.p[i] < '0' || text.p[i] > '9')
				out[n++] = text.p[i];
			else if (n == 0 || out[n - 1] != '#')
				out[n++] = '#';
		if (i < text.n && n + 1 < cap)
			out[n++] = text.p[i++];
	}
	out[n] = '\0';
}

struct text_set {
	char **text;
	size_t n;
};

static void text_set_add(struct text_set *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->text[i], text) == 0)
			return;
	s->text = xrealloc(s->text, (s->n + 1) * sizeof *s->text);
	s->text[s->n++] = xstrdup(text);
}

static bool text_set_within(const struct text_set *a, const struct text_set *b)
{
	for (size_t i = 0; i < a->n; i++) {
		size_t k = 0;
		while (k < b->n && strcmp(a->text[i], b->text[k]) != 0)
			k++;
		if (k == b->n)
			return false;
	}
	return true;
}

static void text_set_release(struct text_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->text[i]);
	free(s->text);
}

enum texts { TEXTS_SAME, TEXTS_DIFFER, TEXTS_NONE_FIRST, TEXTS_NONE_LAST };

/* Of the first and the last third of the window. */
static enum texts texts_compare(const struct making *m)
{
	struct query_param params[MAKING_PARAMS];
	size_t n = making_params(m, NULL, params);
	struct query *q = query_new(m->reader, SQL_READ_DECISION_TEXTS, params, n);
	struct text_set first = {0}, last = {0};
	int32_t third = m->days < 6 ? 1 : (int32_t)(m->days / 3), end = m->first_day + (int32_t)m->days;
	char masked[1024];

	while (query_row(q)) {
		int32_t day = (int32_t)query_number(q, 1);
		text_mask(query_text(q, 0), masked, sizeof masked);
		if (day >= m->first_day && day < m->first_day + third)
			text_set_add(&first, masked);
		if (day < end && day >= end - third)
			text_set_add(&last, masked);
	}
	query_free(q);
	for (size_t i = 0; i < m->canaries; i++) { /* all of the window */
		text_mask(slice_str(m->canary[i].text), masked, sizeof masked);
		if (m->canary[i].day < m->first_day + third)
			text_set_add(&first, masked);
		if (m->canary[i].day >= end - third)
			text_set_add(&last, masked);
	}
	enum texts answer = first.n == 0                                                       ? TEXTS_NONE_FIRST
	                    : last.n == 0                                                      ? TEXTS_NONE_LAST
	                    : text_set_within(&first, &last) && text_set_within(&last, &first) ? TEXTS_SAME
	                                                                                       : TEXTS_DIFFER;
	text_set_release(&first);
	text_set_release(&last);
	return answer;
}

/* The first phase that speaks against it, NULL: none. */
static const struct decision_phase *phase_changed(const struct decision_window *w, const char *own)
{
	for (size_t i = 0; i < w->phases; i++) {
		const struct decision_phase *p = &w->phase[i];
		if (own && strcmp(p->domain, own) != 0)
			continue;
		if (p->changes || p->phase == PHASE_MIXED || p->off != STAMP_NONE)
			return p;
		for (size_t k = 0; k < i; k++) /* the same domain on another host */
			if (strcmp(w->phase[k].domain, p->domain) == 0 && w->phase[k].phase != p->phase)
				return p;
	}
	return NULL;
}

static void judge_unchanged(struct judged *j, struct criterion *c)
{
	const struct decision_phase *p = phase_changed(&j->m->d->window, j->what->domain);

	SAY(c, threshold, "phase and texts constant");
	if (p) {
		SAY(c, value, "%s on %.50s for %.60s",
		    p->phase == PHASE_MIXED ? "warns and refuses"
		    : p->off != STAMP_NONE  ? "was off for a while"
		                            : "changed",
		    p->host, p->domain);
		SAY(c, advice, "judge from the change on: --since, or --until before it");
		return;
	}
	static const char *const says[] = {
	    [TEXTS_SAME] = "phase and texts the same",
	    [TEXTS_DIFFER] = "warning texts differ",
	    [TEXTS_NONE_FIRST] = "no warning in the first third",
	    [TEXTS_NONE_LAST] = "no warning in the last third",
	};
	enum texts t = texts_compare(j->m);
	c->pass = t == TEXTS_SAME;
	SAY(c, value, "%s", says[t]);
	SAY(c, advice, "%s",
	    t == TEXTS_DIFFER ? "the rule's text was changed meanwhile: judge from then on with --since"
	                      : "nothing shows that the rule is still the same: a test by swaks from outside counts");
}

/* ---- coverage and what follows from the verdicts */

static void judge_coverage(struct judged *j, struct criterion *c)
{
	const struct estimate *e = &j->what->coverage_lost;
	const struct criterion *window = &j->what->criterion[CRITERION_WINDOW];
	char share[32];

	SAY(c, threshold, "at least %g %% by days", j->m->o->coverage);
	switch (e->state) {
	case ESTIMATE_COMPUTED:
		c->pass = estimate_passes(e, j->m->o->coverage);
		c->figure = e->coverage * 100;
		c->limit = j->m->o->coverage;
		percent(share, e->coverage);
		SAY(c, value, "%s of losing sources", share);
		SAY(c, advice, "sources that lose mail still turn up: watch on");
		return;
	case ESTIMATE_NONE:
		if (j->what->sources->lost) { /* a source that is known to lose mail is no source that was not seen */
			SAY(c, value, "seen on unwatched days only");
			SAY(c, advice,
			    "mail was lost, but on no day watched: watch on, or read what is missing of the log");
			return;
		}
		c->pass = window->pass;
		SAY(c, value, "0 in %zu days: < %.2g new a day", j->days, e->at_most);
		SAY(c, advice, "no source loses mail: this row passes once `window` does");
		return;
	default:
		SAY(c, value, "cannot be said of %zu %s", j->days, days_of((int64_t)j->days));
		SAY(c, advice, "watch at least two whole days");
	}
}

static void judge_undecided(struct judged *j, struct criterion *c)
{
	const struct source_list *l = j->what->sources;

	c->pass = l->undecided == 0;
	c->figure = (double)l->undecided;
	c->limit = 0;
	SAY(c, threshold, "0 without a verdict");
	SAY(c, value, "%lld %s, %lld %s", (long long)l->undecided, l->undecided == 1 ? "source" : "sources",
	    (long long)l->undecided_lost, l->undecided_lost == 1 ? "mail" : "mails");
	SAY(c, advice, "decide each: `wouldblock review`, or `wouldblock mark SOURCE exempt|move|block`");
}

static void judge_in_force(struct judged *j, struct criterion *c)
{
	c->pass = j->not_proven == 0;
	c->figure = (double)j->not_proven;
	c->limit = 0;
	SAY(c, threshold, "each exempt and move proven");
	SAY(c, value, "%lld not proven", (long long)j->not_proven);
	SAY(c, advice,
	    "put the plan's exceptions in place and give the files (--sender-access, --main-cf), or wait until "
	    "they are seen without a warning");
}

static void judge_still_warned(struct judged *j, struct criterion *c)
{
	c->pass = j->still_warned == 0;
	c->figure = (double)j->still_warned;
	c->limit = 0;
	SAY(c, threshold, "0 in the last %d %s", j->m->o->quiet_days, days_of(j->m->o->quiet_days));
	SAY(c, value, "%lld exempt or move warned", (long long)j->still_warned);
	SAY(c, advice, "their exceptions are not active, or they have not moved yet: see the exceptions below");
}

/* ------------------------------------------------------------------ the table */

/* A new criterion is a row here, and a name in decision.h. */
static const struct {
	void (*judge)(struct judged *j, struct criterion *c);
	enum verdict_of_all otherwise;
} rows[CRITERION_COUNT] = {
    [CRITERION_WINDOW] = {judge_window, DECISION_NOT_ENOUGH},
    [CRITERION_CONTINUITY] = {judge_continuity, DECISION_NOT_ENOUGH},
    [CRITERION_CURRENT] = {judge_current, DECISION_NOT_ENOUGH},
    [CRITERION_INTACT] = {judge_intact, DECISION_NOT_ENOUGH},
    [CRITERION_ALIVE] = {judge_alive, DECISION_NOT_ENOUGH},
    [CRITERION_UNCHANGED] = {judge_unchanged, DECISION_NOT_ENOUGH},
    [CRITERION_COVERAGE] = {judge_coverage, DECISION_NOT_ENOUGH},
    [CRITERION_UNDECIDED] = {judge_undecided, DECISION_NO_GO},
    [CRITERION_IN_FORCE] = {judge_in_force, DECISION_NO_GO},
    [CRITERION_STILL_WARNED] = {judge_still_warned, DECISION_NO_GO},
};

/* How many days of those watched each source was seen on, and lost mail on. */
static void estimates_make(struct judged *j)
{
	struct query_param params[MAKING_PARAMS];
	size_t n = making_params(j->m, j->what->domain, params);
	const struct query *q;
	struct walk w;
	struct estimate_counts all = {.days = (int64_t)j->days}, lost = all;
	int64_t source = -1, seen = 0, seen_lost = 0;
	size_t at = 0;

	walk_init_pairs(&w, j->m->reader, SQL_READ_DECISION_SOURCE_DAYS, params, n);
	while ((q = walk_row(&w)) != NULL) {
		if (query_number(q, 0) != source) {
			estimate_add(&all, seen);
			estimate_add(&lost, seen_lost);
			source = query_number(q, 0);
			seen = seen_lost = 0;
			at = 0;
		}
		while (at < j->days && j->day[at] < query_number(q, 1))
			at++;
		if (at == j->days || j->day[at] != query_number(q, 1))
			continue;
		seen++;
		seen_lost += query_number(q, 2) != 0;
	}
	walk_release(&w);
	estimate_add(&all, seen);
	estimate_add(&lost, seen_lost);
	j->what->coverage_all = estimate_make(&all, ESTIMATE_AS_MANY);
	j->what->coverage_lost = estimate_make(&lost, ESTIMATE_AS_MANY);
}

static void verdicts_count(struct judged *j)
{
	const struct decision *d = j->m->d;

	if (j->what->domain) {
		proof_of_domain(j->m->reader, j->m->o, d, d->proof, slice_str(j->what->domain), &j->not_proven,
		                &j->still_warned);
		return;
	}
	j->not_proven = d->proof->not_proven;
	j->still_warned = d->proof->still_warned;
}

void criteria_judge(struct making *m, struct decided *what)
{
	struct judged j = {.m = m, .what = what, .day = xcalloc(m->days + 1, sizeof *j.day)};

	j.days = window_watched(m, what->domain, j.day);
	estimates_make(&j);
	verdicts_count(&j);
	what->decision = DECISION_GO;
	for (int i = 0; i < CRITERION_COUNT; i++) {
		struct criterion *c = &what->criterion[i];
		c->figure = c->limit = NAN;
		rows[i].judge(&j, c);
		if (c->pass)
			c->advice[0] = '\0';
		else if (what->decision != DECISION_NO_GO)
			what->decision = rows[i].otherwise;
	}
	/* after the switch: the log itself shows somebody who was hit and should not have been */
	if (!what->domain && m->d->proof->regressions_all)
		what->decision = DECISION_NO_GO;
	free(j.day);
}
