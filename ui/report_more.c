#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "../analyzer/msg.h"
#include "../analyzer/policy.h"
#include "../analyzer/stretch.h"
#include "../analyzer/walk.h"
#include "report_i.h"
#include "sha256.h"

#define DAY_US INT64_C(86400000000)
#define FORECAST_DAYS 7
#define UNREAD_SAID 65536 /* fewer bytes are what was logged since */

struct more {
	struct report *r;
	struct reader *reader;
	const struct query_param *param;
	size_t params;
};

/* ------------------------------------------------------------------ days */

static void days_make(struct report *r)
{
	const struct decision_window *w = &r->d->window;
	int32_t first = stamp_local_day(w->from), last = stamp_local_day(w->to > w->from ? w->to - 1 : w->to);
	size_t n = last < first ? 0 : (size_t)(last - first) + 1;
	int64_t *start = xcalloc(n + 1, sizeof *start);

	r->day = xcalloc(n + 1, sizeof *r->day);
	r->days = n;
	stretch_day_starts(first, n, start);
	for (size_t i = 0; i < n; i++)
		r->day[i].day = first + (int32_t)i;
	for (int64_t i = 0; i < w->days; i++)
		if (w->day[i] >= first && w->day[i] <= last)
			r->day[w->day[i] - first].watched = true;
	for (size_t i = 0; i < w->holes; i++)
		for (size_t j = 0; j < n; j++)
			if (w->hole[i].from < start[j + 1] && w->hole[i].to >= start[j])
				r->day[j].hole = true;
	free(start);
}

/* NULL: the day lies outside of the window. */
static struct report_day *day_find(const struct report *r, int64_t day)
{
	bool inside = r->days && day >= r->day[0].day && day <= r->day[r->days - 1].day;

	return inside ? &r->day[day - r->day[0].day] : NULL;
}

static void days_count(const struct more *m)
{
	struct query *q = query_new(m->reader, SQL_READ_REPORT_DAYS, m->param, m->params);

	while (query_row(q)) {
		struct report_day *day = day_find(m->r, query_number(q, 0));
		if (day) {
			day->mails = query_number(q, 1);
			day->lost = query_number(q, 2);
		}
	}
	query_free(q);
}

/* A source is new on its first day, and loses mail from its first day with a loss on. */
static void days_accumulate(const struct more *m)
{
	int64_t source = -1, sources = 0, losing = 0;
	const struct query *q;
	struct walk w;
	bool loses = false;

	walk_init_pairs(&w, m->reader, SQL_READ_DECISION_SOURCE_DAYS, m->param, m->params);
	while ((q = walk_row(&w)) != NULL) {
		struct report_day *day = day_find(m->r, query_number(q, 1));
		bool is_new = query_number(q, 0) != source;
		source = query_number(q, 0);
		loses = loses && !is_new;
		if (day && is_new)
			day->new_sources++;
		if (day && !loses && query_number(q, 2))
			day->new_losing++;
		loses = loses || query_number(q, 2);
	}
	walk_release(&w);
	for (size_t i = 0; i < m->r->days; i++) {
		struct report_day *day = &m->r->day[i];
		day->sources = sources += day->new_sources;
		day->losing = losing += day->new_losing;
	}
}

/* ------------------------------------------------------------------ inputs */

/* How much of the very file that was read was not read: another one of that name says nothing of it. */
static int64_t unread_of(const struct query *q, const struct report_input *in)
{
	struct stat st;

	if (in->whole || !in->file || stat(in->file, &st) != 0 || (int64_t)st.st_dev != query_number(q, 11) ||
	    (int64_t)st.st_ino != query_number(q, 12) || st.st_size <= in->to)
		return 0;
	return st.st_size - in->to;
}

static void inputs_load(const struct more *m)
{
	struct query *q = query_new(m->reader, SQL_READ_REPORT_INPUTS, m->param, m->params);
	struct report *r = m->r;

	while (query_row(q)) {
		r->input = xrealloc(r->input, (r->inputs + 1) * sizeof *r->input);
		struct report_input *in = &r->input[r->inputs++];
		struct slice log = query_text(q, 1), file = query_text(q, 2), head = query_text(q, 7),
			     tail = query_text(q, 8);
		*in = (struct report_input){.log = xstrndup(log.p, log.n),
		                            .file = slice_is_set(file) ? xstrndup(file.p, file.n) : NULL,
		                            .from = query_number(q, 3),
		                            .to = query_number(q, 4),
		                            .first_us = query_is_null(q, 5) ? STAMP_NONE : query_number(q, 5),
		                            .last_us = query_is_null(q, 6) ? STAMP_NONE : query_number(q, 6),
		                            .head_bytes = (int64_t)head.n,
		                            .tail_bytes = (int64_t)tail.n,
		                            .whole = query_number(q, 9) >= 2,
		                            .unsure = query_number(q, 10) != 0};
		sha256_hex(head, in->head);
		sha256_hex(tail, in->tail);
		in->unread = unread_of(q, in);
	}
	query_free(q);
}

static char *column(const struct query *q, int at)
{
	struct slice s = query_text(q, at);

	return xstrndup(slice_is_set(s) ? s.p : "", s.n);
}

static void begun_load(const struct more *m)
{
	struct report *r = m->r;
	struct query *q = query_new(m->reader, SQL_READ_REPORT_BEGUN, NULL, 0);

	while (query_row(q)) {
		r->begun = xrealloc(r->begun, (r->begun_n + 1) * sizeof *r->begun);
		r->begun[r->begun_n++] = (struct report_begun){column(q, 0), column(q, 1)};
	}
	query_free(q);
}

/* ------------------------------------------------------------------ forecast */

static void forecast_load(const struct more *m)
{
	static const char *const words[REPORT_FORECASTS] = {"", "move", "block", "exempt"};
	const struct decision_window *w = &m->r->d->window;
	int64_t from = w->to - FORECAST_DAYS * DAY_US;
	struct query_param params[8];
	size_t n = 0;

	if (from < w->from)
		from = w->from;
	m->r->forecast_days = (double)(w->to - from) / (double)DAY_US;
	for (size_t i = 0; i < m->params; i++)
		if (strcmp(m->param[i].name, "from") != 0)
			params[n++] = m->param[i];
	params[n++] = (struct query_param){"from", SLICE_NONE, from, false};
	for (int i = 0; i < REPORT_FORECASTS; i++)
		m->r->forecast[i].verdict = words[i];
	struct query *q = query_new(m->reader, SQL_READ_REPORT_FORECAST, params, n);
	while (query_row(q))
		for (int i = 0; i < REPORT_FORECASTS; i++)
			if (slice_eq(query_text(q, 0), slice_str(words[i]))) {
				m->r->forecast[i].attempts = query_number(q, 1);
				m->r->forecast[i].mails = query_number(q, 2);
				m->r->forecast[i].lost = query_number(q, 3);
			}
	query_free(q);
}

/* ------------------------------------------------------------------ what figures do not say */

static void note(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct report *r, const char *fmt, ...)
{
	va_list args;
	char *words = NULL;

	va_start(args, fmt);
	if (vasprintf(&words, fmt, args) < 0)
		msg_die(EX_OSERR, "out of memory");
	va_end(args);
	r->note = xrealloc(r->note, (r->notes + 1) * sizeof *r->note);
	r->note[r->notes++] = words;
}

static void notes_make(struct report *r)
{
	const struct decision_window *w = &r->d->window;
	const struct decision_account *a = &r->d->account;
	char n[32], lines[32];

	if (w->hosts == 0)
		note(r, "No host in the window took mail from outside: the logs read are not those of a mail server on "
		        "port 25, or `inside` of the settings holds all its clients.");
	else if (r->totals.attempts == 0 && w->rule_phase == PHASE_OFF)
		note(r,
		     "The rule was never seen at work in the window, so nothing below says what it would block: is the "
		     "map active, and is its text the rule's? `wouldblock list rules` shows all texts that were seen.");
	if (a->understood == 0)
		note(r, "No line of Postfix was understood among the %s that were read: is this a mail log?",
		     grouped(a->no_interest + a->other, lines));
	for (size_t i = 0; i < r->inputs; i++) {
		const struct report_input *in = &r->input[i];
		if (in->unread > UNREAD_SAID)
			note(r,
			     "Half read: %s bytes of %s were not read yet, so the figures are those of a part: "
			     "`wouldblock ingest` goes on where it stopped.",
			     grouped(in->unread, n), in->file);
	}
}

/* REJECT rows that were appended below WARN rows: of one key the first row counts (design.md 6). */
static void note_of_map(struct report *r, const struct decision_options *o)
{
	const struct access *map = o->policy && o->map ? policy_access(o->policy, o->map) : NULL;
	struct access_action first, later;
	struct access_row row;
	int64_t keys = 0;
	int line = 0;

	for (size_t at = 0; map && access_next_shadowed(map, &at, &row);) {
		access_action_parse(row.winner_action, ACCESS_OF_SENDER, 554, 450, &first);
		access_action_parse(row.action, ACCESS_OF_SENDER, 554, 450, &later);
		if (first.word != ACCESS_WARN || (later.word != ACCESS_REJECT && later.word != ACCESS_DEFER))
			continue;
		keys++;
		if (!line)
			line = row.line;
	}
	if (keys)
		note(r,
		     "You are still warning: %s:%d refuses what an earlier row of the same key warns about, and so do "
		     "%lld rows in all. Of one key the first row counts; `wouldblock plan` writes the map anew.",
		     access_path_of(slice_str(o->map)).p, line, (long long)keys);
}

/* ------------------------------------------------------------------ all of it */

void report_more_load(struct report *r, struct reader *reader, const struct decision_options *o)
{
	const struct decision_window *w = &r->d->window;
	const char *domain = r->what->domain;
	const struct query_param params[] = {{"rule", o->rule, 0, false},
	                                     {"since", SLICE_NONE, o->since, o->since == STAMP_NONE},
	                                     {"until", SLICE_NONE, o->until, o->until == STAMP_NONE},
	                                     {"domain", slice_str(domain), 0, !domain},
	                                     {"from", SLICE_NONE, w->from, false},
	                                     {"to", SLICE_NONE, w->to, false}};
	const struct more m = {.r = r, .reader = reader, .param = params, .params = sizeof params / sizeof *params};

	days_make(r);
	days_count(&m);
	days_accumulate(&m);
	inputs_load(&m);
	begun_load(&m);
	forecast_load(&m);
	notes_make(r);
	note_of_map(r, o);
}

void report_more_release(struct report *r)
{
	for (size_t i = 0; i < r->inputs; i++) {
		free(r->input[i].log);
		free(r->input[i].file);
	}
	for (size_t i = 0; i < r->begun_n; i++) {
		free(r->begun[i].log);
		free(r->begun[i].with);
	}
	for (size_t i = 0; i < r->notes; i++)
		free(r->note[i]);
	free(r->begun);
	free(r->input);
	free(r->note);
	free(r->day);
}
