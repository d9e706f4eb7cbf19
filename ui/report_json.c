#include <math.h>

#include "json.h"
#include "report_i.h"

/* ------------------------------------------------------------------ window, phases, hosts */

static void json_window(struct json *j, const struct report *r)
{
	const struct decision_window *w = &r->d->window;
	bool any = r->d->known && r->d->any;

	json_object(j, "window");
	json_time(j, "from", any ? w->from : STAMP_NONE);
	json_time(j, "to", any ? w->to : STAMP_NONE);
	json_int(j, "days", w->days);
	json_bool(j, "as_of", w->as_of);
	json_time(j, "log_first", w->log_first);
	json_time(j, "log_end", w->log_end);
	json_time(j, "switched", w->switched);
	json_list(j, "begun");
	for (size_t i = 0; i < r->begun_n; i++) {
		json_object(j, NULL);
		json_str(j, "log", r->begun[i].log);
		json_str(j, "with", r->begun[i].with);
		json_object_end(j);
	}
	json_list_end(j);
	json_list(j, "holes");
	for (size_t i = 0; i < w->holes; i++) {
		const struct decision_hole *h = &w->hole[i];
		json_object(j, NULL);
		json_time(j, "from", h->from);
		json_time(j, "to", h->to);
		json_str(j, "host", h->host);
		json_str(j, "cause", h->cause);
		if (h->lines)
			json_int(j, "lines", h->lines);
		else
			json_null(j, "lines");
		json_object_end(j);
	}
	json_list_end(j);
	json_object_end(j);
}

static void json_hosts(struct json *j, const struct decision_window *w)
{
	json_list(j, "hosts");
	for (size_t i = 0; i < w->hosts; i++) {
		const struct decision_host *h = &w->host[i];
		json_object(j, NULL);
		json_str(j, "host", h->name);
		json_time(j, "from", h->from);
		json_time(j, "to", h->to);
		json_real(j, "continuity", h->continuity * 100);
		json_int(j, "warned", h->warned);
		json_int(j, "canary", h->canary);
		json_int(j, "accepted", h->accepted);
		json_int(j, "null_sender", h->null_sender);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_phases(struct json *j, const struct report *r)
{
	const struct decision_window *w = &r->d->window;

	json_list(j, "phases");
	for (size_t i = 0; i < w->phases; i++) {
		const struct decision_phase *p = &w->phase[i];
		if (r->what->domain && strcmp(r->what->domain, p->domain) != 0)
			continue;
		json_object(j, NULL);
		json_str(j, "host", p->host);
		json_str(j, "domain", p->domain);
		json_str(j, "phase", phase_name(p->phase));
		json_time(j, "since", p->since);
		json_int(j, "changes", p->changes);
		json_int(j, "warned", p->warned);
		json_int(j, "refused", p->refused);
		json_int(j, "deferred", p->deferred);
		json_time(j, "first_warned", p->first_warned);
		json_time(j, "first_refused", p->first_refused);
		json_object_end(j);
	}
	json_list_end(j);
}

static const char *json_date(int32_t day, char buf[STAMP_TEXT])
{
	return day_of((int64_t)day * INT64_C(86400000000), buf);
}

static void json_calendar(struct json *j, const struct decision_window *w)
{
	static const char *const keys[] = {"month_end", "quarter_end", "year_end"};
	char buf[STAMP_TEXT];

	json_object(j, "calendar");
	for (int e = 0; e < CALENDAR_ENDS; e++) {
		const struct calendar *c = &w->calendar;
		json_object(j, keys[e]);
		json_int(j, "inside", (int64_t)c->inside[e]);
		json_str(j, "last", c->inside[e] ? json_date(c->last[e], buf) : NULL);
		json_str(j, "next", json_date(c->next[e], buf));
		json_object_end(j);
	}
	json_object_end(j);
}

/* ------------------------------------------------------------------ the decision */

static void json_criteria(struct json *j, const struct decided *what)
{
	json_list(j, "criteria");
	for (int i = 0; i < CRITERION_COUNT; i++) {
		const struct criterion *c = &what->criterion[i];
		json_object(j, NULL);
		json_str(j, "name", criterion_name((enum criterion_id)i));
		json_str(j, "value", c->value);
		json_str(j, "threshold", c->threshold);
		json_bool(j, "pass", c->pass);
		json_str(j, "advice", c->advice);
		json_real(j, "figure", c->figure);
		json_real(j, "limit", c->limit);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_estimate_of(struct json *j, const char *key, const struct estimate *e)
{
	bool computed = e->state == ESTIMATE_COMPUTED;

	json_object(j, key);
	json_real(j, "coverage", computed ? e->coverage * 100 : NAN);
	json_real(j, "unseen", computed ? e->unseen : NAN);
	json_real(j, "new_sources", computed ? e->new_sources : NAN);
	json_int(j, "more_days", e->more_days);
	json_real(j, "at_most_a_day", e->state == ESTIMATE_NONE ? e->at_most : NAN);
	json_object_end(j);
}

static void json_estimate(struct json *j, const struct decided *what)
{
	json_object(j, "estimate");
	json_estimate_of(j, "sources_that_lose_mail", &what->coverage_lost);
	json_estimate_of(j, "all_sources", &what->coverage_all);
	json_object_end(j);
}

/* Counts by name; those of 0 only if all. */
static void json_counts(struct json *j, const char *key, const int64_t *count, int n, const char *(*name)(int),
                        bool all)
{
	json_object(j, key);
	for (int i = 0; i < n; i++)
		if (count[i] || all)
			json_int(j, name(i), count[i]);
	json_object_end(j);
}

static const char *fate_of(int i)
{
	return fate_name((enum fate)i);
}

static const char *evidence_of_number(int i)
{
	return evidence_name((enum evidence)i);
}

/* What could not be counted is null, not 0. */
static void json_no_totals(struct json *j)
{
	static const char *const keys[] = {"attempts", "mails",   "would_be_lost", "recipients",
	                                   "senders",  "clients", "sources",       "losing_sources"};
	static const char *const others[] = {"may_return", "accepted_mails", "null_sender"};

	json_object(j, "totals");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		json_null(j, keys[i]);
	json_object(j, "fates");
	for (int f = 0; f < FATE_COUNT; f++)
		json_null(j, fate_of(f));
	json_object_end(j);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		json_null(j, others[i]);
	json_object_end(j);
}

static void json_totals(struct json *j, const struct decision_totals *t)
{
	json_object(j, "totals");
	json_int(j, "attempts", t->attempts);
	json_int(j, "mails", t->mails);
	json_int(j, "would_be_lost", t->would_be_lost);
	json_int(j, "recipients", t->recipients);
	json_int(j, "senders", t->senders);
	json_int(j, "clients", t->clients);
	json_int(j, "sources", t->sources);
	json_int(j, "losing_sources", t->losing_sources);
	json_counts(j, "fates", t->fates, FATE_COUNT, fate_of, true);
	json_int(j, "may_return", t->may_return);
	json_int(j, "accepted_mails", t->accepted_mails);
	json_int(j, "null_sender", t->null_sender);
	json_object_end(j);
}

static void json_domain(struct json *j, const struct report *r, const struct decided *one)
{
	struct phase_sum sum = phase_sum_of(r->d, one->domain);

	json_object(j, NULL);
	json_str(j, "domain", one->domain);
	json_str(j, "decision", decision_name(one->decision));
	json_int(j, "would_be_lost", one->sources->lost);
	json_int(j, "mails", one->sources->mails);
	json_int(j, "sources", (int64_t)one->sources->n);
	json_int(j, "undecided", one->sources->undecided);
	json_str(j, "phase", phase_name(sum.phase));
	json_time(j, "since", sum.since);
	json_str(j, "decided_by", decided_by(one));
	json_criteria(j, one);
	json_object_end(j);
}

static void json_domains(struct json *j, const struct report *r)
{
	json_list(j, "domains");
	for (size_t i = 0; i < r->d->domains; i++)
		if (!r->what->domain || r->what == &r->d->domain[i])
			json_domain(j, r, &r->d->domain[i]);
	json_list_end(j);
}

/* ------------------------------------------------------------------ who */

/* Seconds, as `list sources` has it. */
static void json_second(struct json *j, const char *key, int64_t us)
{
	json_time(j, key, us == STAMP_NONE ? us : us - (us % 1000000 + 1000000) % 1000000);
}

/* The fields of `list sources`, then ours. */
static void json_source(struct json *j, const struct report *r, const struct source_row *s)
{
	const struct source_facts *f = &s->facts;

	json_object(j, NULL);
	json_str(j, "source", s->name);
	json_str(j, "kind", source_kind_name(f->kind));
	json_str(j, "rule", r->d->rule);
	json_int(j, "clients", f->clients);
	json_int(j, "senders", f->senders);
	json_int(j, "recipients", f->recipients);
	json_int(j, "attempts", s->attempts);
	json_int(j, "mails", f->mails);
	json_int(j, "would_be_lost", f->lost);
	json_counts(j, "fates", f->fates, FATE_COUNT, fate_of, false);
	json_counts(j, "spf", f->spf, EVIDENCE_COUNT, evidence_of_number, false);
	json_counts(j, "dkim", f->dkim, EVIDENCE_COUNT, evidence_of_number, false);
	json_counts(j, "dmarc", f->dmarc, EVIDENCE_COUNT, evidence_of_number, false);
	json_counts(j, "spam", f->spam, EVIDENCE_COUNT, evidence_of_number, false);
	json_second(j, "first_seen", s->first_us);
	json_second(j, "last_seen", s->last_us);
	json_int(j, "days_seen", f->days_seen);
	json_str(j, "suggestion", suggestion_name(s->suggested.suggestion));
	json_str(j, "reason", s->suggested.reason);
	json_str(j, "verdict", source_verdict_name(s->verdict));
	json_str(j, "note", s->note);
	json_str(j, "owner", s->owner);
	json_str(j, "expires", s->expires);
	json_str(j, "shared_domain", s->domain);
	json_int(j, "undecided", s->decided[SOURCE_VERDICT_NONE]);
	json_int(j, "lossy_days", s->lossy_days);
	json_str(j, "sentence", s->suggested.sentence);
	json_object_end(j);
}

static void json_sources(struct json *j, const struct report *r)
{
	const struct source_list *l = r->what->sources;

	json_list(j, "sources");
	for (size_t i = 0; l && i < l->n; i++)
		json_source(j, r, &l->row[i]);
	json_list_end(j);
}

static void json_expired(struct json *j, const struct report *r)
{
	json_list(j, "expired");
	for (size_t i = 0; i < r->expired_n; i++) {
		const struct report_expired *e = &r->expired[i];
		json_object(j, NULL);
		json_str(j, "kind", e->kind);
		json_str(j, "subject", e->subject);
		json_str(j, "verdict", e->verdict);
		json_str(j, "owner", e->owner);
		json_str(j, "expires", e->expires);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_others(struct json *j, const struct report *r)
{
	json_list(j, "other_warnings");
	for (size_t i = 0; i < r->other_n; i++) {
		json_object(j, NULL);
		json_slice(j, "text", slice_of(r->other[i].text, r->other[i].n));
		json_int(j, "attempts", r->other[i].attempts);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_account(struct json *j, const struct decision_account *a)
{
	const struct {
		const char *key;
		int64_t n;
	} rows[] = {
	    {"lines", a->understood + a->no_interest + a->other},
	    {"understood", a->understood},
	    {"not_of_interest", a->no_interest},
	    {"not_understood", a->other},
	    {"names_a_rule", a->names_rule},
	    {"sessions_checked", a->checked},
	    {"sessions_that_differ", a->differ},
	    {"suspect", a->suspect},
	    {"truncated", a->truncated},
	    {"damaged", a->damaged},
	    {"evictions", a->evictions},
	    {"match_limit", a->limit_hits},
	    {"streams", a->streams},
	    {"streams_unsure", a->unsure},
	};

	json_object(j, "account");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		json_int(j, rows[i].key, rows[i].n);
	json_bool(j, "in_memory", a->in_memory);
	json_object_end(j);
}

/* ------------------------------------------------------------------ all of it */

void report_json(struct json *j, const struct report *r)
{
	const struct decision *d = r->d;
	char why[300];
	const char *missing = report_missing(r, why, sizeof why);

	json_object(j, NULL);
	json_int(j, "schema", REPORT_SCHEMA);
	json_time(j, "generated_at", r->now);
	json_str(j, "rule", d->rule);
	json_str(j, "title", d->title);
	json_str(j, "domain", r->what->domain);
	json_window(j, r);
	json_str(j, "phase", phase_name(phase_sum_of(d, r->what->domain).phase));
	json_str(j, "decision", decision_name(r->what->decision));
	json_str(j, "missing", missing);
	json_list(j, "notes");
	for (size_t i = 0; i < r->notes; i++)
		json_str(j, NULL, r->note[i]);
	json_list_end(j);
	json_bool(j, "anonymized", r->anonymous);
	json_str(j, "map", r->map);
	if (missing) {
		json_list(j, "criteria");
		json_list_end(j);
	} else {
		json_criteria(j, r->what);
	}
	if (missing)
		json_no_totals(j);
	else
		json_totals(j, &r->totals);
	json_domains(j, r);
	json_sources(j, r);
	report_json_proof(j, d->proof);
	json_expired(j, r);
	json_hosts(j, &d->window);
	json_phases(j, r);
	if (missing) {
		json_null(j, "calendar");
		json_null(j, "estimate");
	} else {
		json_calendar(j, &d->window);
		json_estimate(j, r->what);
	}
	json_others(j, r);
	json_account(j, &d->account);
	report_json_more(j, r);
	json_object_end(j);
}
