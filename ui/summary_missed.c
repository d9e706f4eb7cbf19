/* Days that got no mail: the machine was off, its clock jumped, or sendmail took none. */
#include <stdlib.h>

#include "../analyzer/msg.h"
#include "../analyzer/stretch.h"
#include "summary.h"

/* The last day before this one of which these recipients know; false: they never were to get anything. */
static bool told_until(const struct outbox *made, int32_t day, int32_t *told)
{
	bool any = false;

	for (size_t i = 0; i < made->n && made->mail[i].day < day; i++) {
		if (!any)
			*told = made->mail[i].day - 1;
		any = true;
		if (made->mail[i].sent)
			*told = made->mail[i].day;
	}
	return any;
}

static const struct outbox_mail *mail_of(const struct outbox *made, int32_t day)
{
	const struct outbox_mail *m = NULL;

	for (size_t i = 0; i < made->n && made->mail[i].day <= day; i++)
		if (made->mail[i].day == day)
			m = &made->mail[i];
	return m;
}

static bool has_hole(const struct summary *s, int64_t from, int64_t to)
{
	const struct decision_window *w = s->rules ? &s->rule[0].now->window : NULL; /* the same log for all */

	for (size_t i = 0; w && i < w->holes; i++)
		if (w->hole[i].to >= from && w->hole[i].from < to)
			return true;
	return s->log_first > from || s->log_end < to;
}

static void figures_load(const struct summary *s, struct reader *r, struct summary_missed *m)
{
	int64_t first[2], last[2];

	stretch_day_starts(m->first, 1, first);
	stretch_day_starts(m->last, 1, last);
	m->read = s->log_end != STAMP_NONE && s->log_end >= first[0] && s->log_first < last[1];
	m->holes = m->read && has_hole(s, first[0], last[1]);
	m->figure = xcalloc(s->missed_rules + 1, sizeof *m->figure);
	for (size_t i = 0; m->read && i < s->missed_rules; i++) {
		const struct source_window w = {
		    .rule = slice_str(s->missed_rule[i]), .since = first[0], .until = last[1]};
		struct source_list *l = source_list_load(r, &w);
		m->figure[i] = (struct summary_figures){l->mails, l->lost};
		source_list_free(l);
	}
}

/* Of a day of which nothing was read a summary has no rules. */
static void rules_load(struct summary *s, struct reader *r)
{
	struct query *q = query_new(r, SQL_READ_SUMMARY_RULES, NULL, 0);

	while (query_row(q)) {
		struct slice name = query_text(q, 0);
		s->missed_rule = xrealloc(s->missed_rule, (s->missed_rules + 1) * sizeof *s->missed_rule);
		s->missed_rule[s->missed_rules++] = xstrndup(name.p, name.n);
	}
	query_free(q);
}

static void add(struct summary *s, struct reader *r, const struct outbox *made, int32_t first, int32_t last)
{
	const struct outbox_mail *mail = first == last ? mail_of(made, first) : NULL;

	s->missed = xrealloc(s->missed, (s->missed_n + 1) * sizeof *s->missed);
	struct summary_missed *m = &s->missed[s->missed_n++];
	*m = (struct summary_missed){.first = first, .last = last};
	if (mail && mail->why) {
		m->why = xstrdup(mail->why);
		m->given_up = mail->given_up;
		m->tries = mail->tries;
	}
	figures_load(s, r, m);
}

void summary_missed_load(struct summary *s, struct reader *r, const struct outbox *made)
{
	int32_t told;

	if (!told_until(made, s->day, &told))
		return;
	int32_t first = told + 1;
	if (first < s->day)
		rules_load(s, r);
	if (s->day - first > SUMMARY_MISSED) {
		add(s, r, made, first, s->day - SUMMARY_MISSED - 1);
		first = s->day - SUMMARY_MISSED;
	}
	for (; first < s->day; first++)
		add(s, r, made, first, first);
	s->anything = s->anything || s->missed_n;
}

void summary_missed_release(struct summary *s)
{
	for (size_t i = 0; i < s->missed_n; i++) {
		free(s->missed[i].why);
		free(s->missed[i].figure);
	}
	for (size_t i = 0; i < s->missed_rules; i++)
		free(s->missed_rule[i]);
	free(s->missed_rule);
	free(s->missed);
	s->missed_rule = NULL;
	s->missed = NULL;
	s->missed_n = s->missed_rules = 0;
}
