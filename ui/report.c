#include "report_i.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"

#define OTHERS_SHOWN 20

static char *copy(struct slice s)
{
	return slice_is_set(s) ? xstrndup(s.p, s.n) : NULL;
}

static void load_others(struct report *r, struct reader *reader)
{
	const struct query_param limit = {.name = "limit", .number = OTHERS_SHOWN};
	struct query *q = query_new(reader, SQL_READ_REPORT_OTHER_TEXTS, &limit, 1);

	r->other = xcalloc(OTHERS_SHOWN, sizeof *r->other);
	for (; r->other_n < OTHERS_SHOWN && query_row(q); r->other_n++) {
		struct slice text = query_text(q, 0);
		r->other[r->other_n] =
		    (struct report_other){.text = copy(text), .n = text.n, .attempts = query_number(q, 1)};
		r->others = query_number(q, 2);
	}
	query_free(q);
}

static void load_expired(struct report *r, struct reader *reader)
{
	struct query *q = query_new(reader, SQL_READ_REPORT_EXPIRED, NULL, 0);

	while (query_row(q)) {
		r->expired = xrealloc(r->expired, (r->expired_n + 1) * sizeof *r->expired);
		r->expired[r->expired_n++] = (struct report_expired){.kind = copy(query_text(q, 0)),
		                                                     .subject = copy(query_text(q, 1)),
		                                                     .verdict = copy(query_text(q, 2)),
		                                                     .owner = copy(query_text(q, 3)),
		                                                     .expires = copy(query_text(q, 4))};
	}
	query_free(q);
}

void report_init(struct report *r, struct reader *reader, const struct decision_options *o, const struct decision *d,
                 const struct decided *domain)
{
	*r = (struct report){.d = d,
	                     .what = domain ? domain : &d->all,
	                     .totals = d->totals,
	                     .now = o->now,
	                     .map = o->policy ? o->map : NULL};
	if (!d->known || !d->any)
		return;
	if (domain)
		decision_totals_of(d, domain, &r->totals);
	load_others(r, reader);
	load_expired(r, reader);
	report_more_load(r, reader, o);
}

void report_release(struct report *r)
{
	for (size_t i = 0; i < r->other_n; i++)
		free(r->other[i].text);
	for (size_t i = 0; i < r->expired_n; i++) {
		free(r->expired[i].kind);
		free(r->expired[i].subject);
		free(r->expired[i].verdict);
		free(r->expired[i].owner);
		free(r->expired[i].expires);
	}
	free(r->other);
	free(r->expired);
	report_more_release(r);
}

const char *report_missing(const struct report *r, char *buf, size_t cap)
{
	const struct decision_window *w = &r->d->window;
	char safe[120], from[STAMP_TEXT], to[STAMP_TEXT];

	if (w->log_end == STAMP_NONE) {
		snprintf(buf, cap, "Nothing was read yet: `wouldblock ingest /var/log/mail.log*`");
	} else if (!r->d->known) {
		snprintf(buf, cap, "This database has no rule `%s`; `wouldblock list rules` shows all texts.",
		         msg_safe(slice_str(r->d->rule), safe, sizeof safe));
	} else if (!r->d->any) {
		from[stamp_text(w->log_first, 0, from)] = '\0';
		to[stamp_text(w->log_end, 0, to)] = '\0';
		snprintf(buf, cap, "No log lies in that window: it goes from %s to %s.", from, to);
	} else {
		return NULL;
	}
	return buf;
}
