#include <stdio.h>
#include <stdlib.h>

#include "proof_i.h"

/* ---------------------------------------------------------------- for all of us */

#define PARAMS 7
static void params_of(const struct proof_work *w, struct query_param params[PARAMS])
{
	int64_t switched = w->d->window.switched;
	const struct query_param all[] = {
	    {"rule", w->o->rule, 0, false},
	    {"since", SLICE_NONE, w->from, false},
	    {"until", SLICE_NONE, w->to, false},
	    {"switched", SLICE_NONE, switched > w->from ? switched : w->from, switched == STAMP_NONE},
	    {"refuses", SLICE_NONE, w->d->window.rule_phase == PHASE_REJECT, false},
	    {"first_day", SLICE_NONE, stamp_local_day(w->from), false},
	    {"last_day", SLICE_NONE, stamp_local_day(w->to - 1), false},
	};

	_Static_assert(sizeof all / sizeof *all == PARAMS, "PARAMS is wrong");
	memcpy(params, all, sizeof all);
}

struct query *proof_ask(const struct proof_work *w, enum sql_id id, int64_t sender)
{
	struct query_param params[PARAMS + 1];

	params_of(w, params);
	params[PARAMS] = (struct query_param){"sender", SLICE_NONE, sender, false};
	return query_new(w->reader, id, params, PARAMS + 1);
}

void proof_walk(const struct proof_work *w, struct walk *walk, enum sql_id id, int parts)
{
	struct query_param params[PARAMS];

	params_of(w, params);
	if (parts == 2)
		walk_init_pairs(walk, w->reader, id, params, PARAMS);
	else
		walk_init(walk, w->reader, id, params, PARAMS, -1);
}

const char *proof_when(int64_t us, char buf[PROOF_WHEN])
{
	char stamp[STAMP_TEXT];

	stamp_text(us, 0, stamp);
	snprintf(buf, PROOF_WHEN, "%.10s %.5s", stamp, stamp + 11);
	return buf;
}

/* ------------------------------------------------------------------- the files */

bool proof_has_files(const struct proof_work *w)
{
	return w->o->policy && w->o->map;
}

enum policy_kind proof_judge(const struct proof_work *w, struct slice name, struct slice ip, struct slice sender)
{
	char list[4096];

	snprintf(list, sizeof list, "check_sender_access %s", w->o->map);
	policy_judge(w->o->policy, list, name.n ? name : SLICE("unknown"), ip, sender, w->judged);
	return w->judged->kind;
}

enum policy_kind proof_judge_pair(const struct proof_work *w, const struct proof_pair *pair)
{
	struct policy_judgement *j = w->judged;
	enum policy_kind kind = proof_judge(w, slice_str(pair->name), slice_str(pair->ip),
	                                    pair->address ? slice_str(pair->address) : SLICE(""));

	if (kind != POLICY_NOT_KNOWN && policy_unmapped(w->o->policy)) {
		j->text = SLICE("a map is newer than what postmap made of it: run postmap");
		return j->kind = POLICY_NOT_KNOWN;
	}
	if (kind != POLICY_NOT_KNOWN && !policy_asks(w->o->policy, w->o->map)) {
		j->text = SLICE("main.cf does not ask the map");
		return j->kind = POLICY_NOT_KNOWN;
	}
	if (kind != POLICY_NO_ROW || (j->steps && slice_is_set(j->step[0].key)))
		return kind;
	j->text = SLICE("the map has no row for it: is it the rule's?");
	return j->kind = POLICY_NOT_KNOWN;
}

/* On hold, thrown away or sent to somebody else is not let through: whom it was meant for does not get it. */
bool proof_lets_through(enum policy_kind kind)
{
	static const bool lets[POLICY_NOT_KNOWN + 1] = {
	    [POLICY_NO_ROW] = true, [POLICY_DUNNO] = true,  [POLICY_PREPEND] = true,         [POLICY_INFO] = true,
	    [POLICY_BCC] = true,    [POLICY_FILTER] = true, [POLICY_PERMIT_NETWORKS] = true, [POLICY_OK] = true};

	return lets[kind];
}

void proof_judge_text(const struct proof_work *w, char *buf, size_t cap)
{
	const struct policy_judgement *j = w->judged;
	const struct policy_step *row = NULL;

	for (int i = 0; i < j->steps; i++)
		if (j->step[i].table && slice_is_set(j->step[i].key))
			row = &j->step[i];
	if (j->kind == POLICY_NOT_KNOWN)
		snprintf(buf, cap, "not known: %.*s", (int)j->text.n, j->text.p ? j->text.p : "");
	else if (row)
		snprintf(buf, cap, "%s, %s line %d", policy_kind_text(j->kind), row->table, row->line);
	else
		snprintf(buf, cap, "%s", policy_kind_text(j->kind));
}

/* --------------------------------------------------------------- the first rows */

static void top_cut(struct proof_top *t, size_t most)
{
	if (t->n > 1)
		qsort(t->row, t->n, t->size, t->compare);
	while (t->n > most)
		t->release(t->row + --t->n * t->size);
}

void proof_top_add(struct proof_top *t, const void *row)
{
	/* Now and then, so that a million rows need the room of a few and one sort for each few hundred. */
	if (t->n == 4 * PROOF_ROWS)
		top_cut(t, PROOF_ROWS);
	if (!t->row)
		t->row = xcalloc(4 * PROOF_ROWS, t->size);
	memcpy(t->row + t->n++ * t->size, row, t->size);
}

size_t proof_top_end(struct proof_top *t, void *rows)
{
	top_cut(t, PROOF_ROWS);
	memcpy(rows, &t->row, sizeof t->row);
	return t->n;
}

/* -------------------------------------------------------------------- the proof */

static struct proof_work *work_new(struct reader *r, const struct decision_options *o, const struct decision *d)
{
	struct proof_work *w = xcalloc(1, sizeof *w);
	const struct decision_window *window = &d->window;

	w->reader = r;
	w->o = o;
	w->d = d;
	w->from = window->from;
	w->to = window->to + (window->to == window->log_end);
	w->quiet_from = window->to - o->quiet_days * DAY_US;
	w->judged = xcalloc(1, sizeof *w->judged);
	return w;
}

struct proof *proof_new(struct reader *r, const struct decision_options *o, const struct decision *d)
{
	struct proof *p = xcalloc(1, sizeof *p);

	if (!d->known || !d->any)
		return p;
	p->work = work_new(r, o, d);
	proof_pairs_load(p->work);
	proof_subjects_make(p);
	proof_gaps_load(p);
	proof_insiders_load(p);
	if (d->window.switched != STAMP_NONE)
		proof_regressions_load(p);
	return p;
}

static void work_free(struct proof_work *w)
{
	if (!w)
		return;
	proof_pairs_release(w);
	free(w->judged);
	free(w);
}

struct proof *proof_free(struct proof *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->subjects; i++)
		proof_subject_release(&p->subject[i]);
	for (size_t i = 0; i < p->gaps; i++)
		proof_gap_release(&p->gap[i]);
	for (size_t i = 0; i < p->insiders; i++)
		proof_insider_release(&p->insider[i]);
	for (size_t i = 0; i < p->regressions; i++)
		proof_regression_release(&p->regression[i]);
	for (size_t i = 0; i < p->forecasts; i++)
		proof_forecast_release(&p->forecast[i]);
	free(p->subject);
	free(p->gap);
	free(p->insider);
	free(p->regression);
	free(p->forecast);
	work_free(p->work);
	free(p);
	return NULL;
}
