#include "summary.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"
#include "../analyzer/stretch.h"
#include "in_force.h"

#define TIMES 5  /* so many times the mails a day are another way */
#define MANY 10  /* ... if they are at least so many */
#define TURNED 3 /* mails that it takes to say that evidence turned */

/* All that the parts of one summary need. */
struct loading {
	struct summary *s;
	struct reader *reader;
	const struct settings *settings;
	const struct origin *origin;
	int64_t now;
};

static char *copy(struct slice s)
{
	return slice_is_set(s) ? xstrndup(s.p, s.n) : NULL;
}

/* ------------------------------------------------------------------ the two decisions */

static struct decision_options options_of(const struct loading *l, const char *rule, const struct in_force *f,
                                          int64_t until)
{
	struct decision_options o = in_force_options(f, l->settings, l->origin);

	o.rule = slice_str(rule);
	o.until = until;
	o.now = l->now;
	return o;
}

static void decisions_load(const struct loading *l, struct summary_rule *r, const char *rule)
{
	struct in_force files;

	in_force_read(&files, "summary", &(struct in_force_given){0}, l->settings, rule);
	struct decision_options now = options_of(l, rule, &files, l->s->over ? l->s->to : STAMP_NONE);
	struct decision_options before = options_of(l, rule, &files, l->s->from);
	r->now = decision_new(l->reader, &now);
	r->before = decision_new(l->reader, &before);
	in_force_release(&files);
}

/* ------------------------------------------------------------------ sources */

static const struct source_row *find(const struct decision *d, const char *name)
{
	return d->all.sources ? source_list_find(d->all.sources, slice_str(name)) : NULL;
}

/* Heaviest loss first, as the day's list is. */
static void fresh_load(struct summary_rule *r)
{
	r->fresh = xcalloc(r->day->n + 1, sizeof(*r->fresh));
	for (size_t i = 0; i < r->day->n; i++) {
		const struct source_row *today = &r->day->row[i], *before = find(r->before, today->name);
		if (today->facts.lost > 0 && (!before || before->facts.lost == 0))
			r->fresh[r->fresh_n++] = today;
		else if (!before)
			r->harmless++;
	}
}

static void change_add(struct summary_rule *r, const struct source_row *source, const char *how)
{
	r->change = xrealloc(r->change, (r->changes + 1) * sizeof *r->change);
	r->change[r->changes].source = source;
	snprintf(r->change[r->changes++].how, sizeof r->change->how, "%s", how);
}

/* What most of those mails said that said anything; 0: fewer than TURNED did. */
static enum evidence most(const int64_t count[EVIDENCE_COUNT])
{
	enum evidence best = EVIDENCE_NONE_SAID;

	for (int e = EVIDENCE_NONE_SAID + 1; e < EVIDENCE_COUNT; e++)
		if (count[e] > (best ? count[best] : TURNED - 1))
			best = (enum evidence)e;
	return best;
}

static void turned(struct summary_rule *r, const struct source_row *today, const char *check,
                   const int64_t before[EVIDENCE_COUNT], const int64_t now[EVIDENCE_COUNT])
{
	enum evidence was = most(before), is = most(now);
	char how[100];

	if (!was || !is || was == is || (was != EVIDENCE_PASS && is != EVIDENCE_PASS))
		return;
	snprintf(how, sizeof how, "%s was %s before, and is %s now", check, evidence_name(was), evidence_name(is));
	change_add(r, today, how);
}

static void grown(struct summary_rule *r, const struct source_row *today, const struct source_row *before, double days)
{
	double usual = (double)before->facts.mails / (days < 1 ? 1 : days);
	char how[100];

	if (today->facts.mails < MANY || (double)today->facts.mails < TIMES * usual)
		return;
	snprintf(how, sizeof how, "%lld mails that day, %.1f a day before", (long long)today->facts.mails, usual);
	change_add(r, today, how);
}

/* Only of what nobody has decided yet: a verdict does not follow a suggestion. */
static void suggested(struct summary_rule *r, const struct source_row *today, const struct source_row *before)
{
	const struct source_row *now = find(r->now, today->name);
	char how[160];

	if (!now || now->suggested.suggestion == before->suggested.suggestion || now->facts.lost == 0 ||
	    (now->verdict != SOURCE_VERDICT_NONE && now->verdict != SOURCE_VERDICT_MIXED))
		return;
	snprintf(how, sizeof how, "we suggest %s now: %s", suggestion_name(now->suggested.suggestion),
	         now->suggested.reason);
	change_add(r, today, how);
}

static void changes_load(const struct loading *l, struct summary_rule *r)
{
	double days = (double)(l->s->from - r->before->window.from) / 86400e6;

	for (size_t i = 0; i < r->day->n; i++) {
		const struct source_row *today = &r->day->row[i], *before = find(r->before, today->name);
		if (!before)
			continue;
		turned(r, today, "SPF", before->facts.spf, today->facts.spf);
		turned(r, today, "DKIM", before->facts.dkim, today->facts.dkim);
		turned(r, today, "DMARC", before->facts.dmarc, today->facts.dmarc);
		grown(r, today, before, days);
		suggested(r, today, before);
	}
}

/* A new network matters where something was decided, perhaps of the networks known so far. */
static void networks_load(const struct loading *l, struct summary_rule *r)
{
	const struct query_param params[] = {{"rule", slice_str(r->now->rule), 0, false},
	                                     {"from", SLICE_NONE, l->s->from, false},
	                                     {"until", SLICE_NONE, l->s->to, false}};
	struct query *q = query_new(l->reader, SQL_READ_SUMMARY_NETWORKS, params, 3);
	char how[100];

	while (query_row(q)) {
		struct slice name = query_text(q, 0);
		const struct source_row *today = source_list_find(r->day, name);
		int64_t n = query_number(q, 1);
		if (!today || !find(r->before, today->name))
			continue;
		const struct source_row *now = find(r->now, today->name);
		if (!now || now->verdict == SOURCE_VERDICT_NONE)
			continue;
		snprintf(how, sizeof how, "sends from %lld network%s never seen before, and its verdict is %s",
		         (long long)n, n == 1 ? "" : "s", source_verdict_name(now->verdict));
		change_add(r, today, how);
	}
	query_free(q);
}

/* ------------------------------------------------------------------ the log, the criteria */

bool summary_hole_is_of_day(const struct summary *s, const struct decision_hole *h)
{
	return h->to >= s->from && h->from < s->to;
}

static void rest_load(const struct summary *s, struct summary_rule *r)
{
	const struct proof *now = r->now->proof, *before = r->before->proof;

	for (size_t i = 0; i < r->now->window.holes; i++)
		r->holes += summary_hole_is_of_day(s, &r->now->window.hole[i]);
	r->regressions = (now ? now->regressions_all : 0) - (before ? before->regressions_all : 0);
	if (r->regressions < 0) /* a verdict of today makes an old refusal one that was predicted */
		r->regressions = 0;
	for (int c = 0; c < CRITERION_COUNT; c++)
		r->turned[c] = r->before->any && r->now->all.criterion[c].pass != r->before->all.criterion[c].pass;
}

static bool anything(const struct summary_rule *r)
{
	bool any =
	    r->fresh_n || r->changes || r->regressions || r->holes || r->now->all.decision != r->before->all.decision;

	for (int c = 0; c < CRITERION_COUNT; c++)
		any = any || r->turned[c];
	return any;
}

static void rule_load(const struct loading *l, struct summary_rule *r, const char *rule)
{
	*r = (struct summary_rule){0};
	decisions_load(l, r, rule);
	const struct source_window day = {
	    .rule = slice_str(rule), .since = l->s->from, .until = l->s->to, .days_watched = r->now->window.days};
	r->day = source_list_load(l->reader, &day);
	fresh_load(r);
	changes_load(l, r);
	networks_load(l, r);
	rest_load(l->s, r);
	r->anything = anything(r);
}

static void rule_release(struct summary_rule *r)
{
	decision_free(r->now);
	decision_free(r->before);
	source_list_free(r->day);
	free(r->fresh);
	free(r->change);
}

/* ------------------------------------------------------------------ verdicts */

static void said_load(const struct loading *l)
{
	struct summary *s = l->s;
	const struct query_param params[] = {{"from", SLICE_NONE, s->from, false},
	                                     {"until", SLICE_NONE, s->to, false},
	                                     {"day", SLICE_NONE, s->day, false}};
	struct query *q = query_new(l->reader, SQL_READ_SUMMARY_VERDICTS, params, 3);

	while (query_row(q)) {
		s->said = xrealloc(s->said, (s->said_n + 1) * sizeof *s->said);
		s->said[s->said_n++] = (struct summary_said){.kind = copy(query_text(q, 0)),
		                                             .subject = copy(query_text(q, 1)),
		                                             .verdict = copy(query_text(q, 2)),
		                                             .note = copy(query_text(q, 3)),
		                                             .who = copy(query_text(q, 4)),
		                                             .expires = copy(query_text(q, 5)),
		                                             .expired = query_number(q, 6) != 0};
	}
	query_free(q);
}

/* ------------------------------------------------------------------ all of it */

struct names {
	char **name;
	size_t n;
};

static struct names names_load(const struct loading *l)
{
	struct query *q = query_new(l->reader, SQL_READ_SUMMARY_RULES, NULL, 0);
	struct names rules = {0};

	while (query_row(q)) {
		rules.name = xrealloc(rules.name, (rules.n + 1) * sizeof *rules.name);
		rules.name[rules.n++] = copy(query_text(q, 0));
		if (query_is_null(q, 1))
			continue;
		l->s->log_first = query_number(q, 1);
		l->s->log_end = query_number(q, 2);
	}
	query_free(q);
	return rules;
}

void summary_load(struct summary *s, struct reader *r, const struct settings *settings, const struct origin *origin,
                  int32_t day, int64_t now_us)
{
	const struct loading l = {.s = s, .reader = r, .settings = settings, .origin = origin, .now = now_us};
	int64_t start[2];

	stretch_day_starts(day, 1, start);
	*s = (struct summary){.day = day,
	                      .from = start[0],
	                      .to = start[1],
	                      .over = start[1] <= now_us,
	                      .log_first = STAMP_NONE,
	                      .log_end = STAMP_NONE};
	struct names rules = names_load(&l);
	s->read = s->log_end != STAMP_NONE && s->log_end >= s->from && s->log_first < s->to;
	if (s->read)
		s->rule = xcalloc(rules.n, sizeof *s->rule);
	for (size_t i = 0; i < rules.n; i++) {
		if (s->read)
			rule_load(&l, &s->rule[s->rules++], rules.name[i]);
		free(rules.name[i]);
	}
	free(rules.name);
	for (size_t i = 0; i < s->rules; i++)
		if (s->rule[i].now->all.decision == DECISION_GO) {
			reader_check(r); /* who finds less for a damaged page must not say go */
			break;
		}
	said_load(&l);
	s->anything = s->said_n > 0;
	for (size_t i = 0; i < s->rules; i++)
		s->anything = s->anything || s->rule[i].anything;
}

void summary_release(struct summary *s)
{
	for (size_t i = 0; i < s->rules; i++)
		rule_release(&s->rule[i]);
	for (size_t i = 0; i < s->said_n; i++) {
		struct summary_said *v = &s->said[i];
		char *const texts[] = {v->kind, v->subject, v->verdict, v->note, v->who, v->expires};
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			free(texts[k]);
	}
	free(s->rule);
	free(s->said);
	summary_missed_release(s);
}
