/*
 * The account of what was read: lines by what they were, hosts by their spans.
 */
#include <stdio.h>

#include "../parsers/shapes.h"
#include "ingest_i.h"

static inline bool part_is(const struct part *p, struct slice host)
{
	return p->host_n == host.n && slice_same(p->host, host.p, host.n);
}

static struct part *part_find(struct run *run, struct slice host)
{
	if (run->parts && part_is(&run->part[run->last_part], host))
		return &run->part[run->last_part];
	for (size_t i = 0; i < run->parts; i++)
		if (part_is(&run->part[i], host)) {
			run->last_part = i;
			return &run->part[i];
		}
	return NULL;
}

static void widen(int64_t *first_us, int64_t *last_us, int64_t from_us, int64_t to_us)
{
	if (*first_us == STAMP_NONE || from_us < *first_us)
		*first_us = from_us;
	if (*last_us == STAMP_NONE || to_us > *last_us)
		*last_us = to_us;
}

void run_flush_spans(struct run *run)
{
	for (size_t i = 0; i < run->parts; i++) {
		struct part *p = &run->part[i];
		store_span(run->store, run->g.gen, slice_of(p->host, p->host_n), p->first_us, p->last_us, p->lines);
		widen(&run->r->first_us, &run->r->last_us, p->first_us, p->last_us);
	}
	run->parts = 0;
}

static struct part *part_add(struct run *run, struct slice host, int64_t us)
{
	if (run->parts == SPANS)
		run_flush_spans(run);
	struct part *p = &run->part[run->parts];
	run->last_part = run->parts++;
	p->host_n = host.n < sizeof p->host ? host.n : sizeof p->host;
	memcpy(p->host, host.p, p->host_n);
	p->first_us = p->last_us = us;
	p->lines = 0;
	return p;
}

static void span_add(struct run *run, struct slice host, int64_t first_us, int64_t last_us, int64_t lines)
{
	struct part *p = part_find(run, slice_head(host, sizeof p->host));

	if (!p)
		p = part_add(run, slice_head(host, sizeof p->host), first_us);
	widen(&p->first_us, &p->last_us, first_us, last_us);
	widen(&run->g.first_us, &run->g.last_us, first_us, last_us);
	p->lines += lines;
}

void run_note_spans(struct run *run, const struct piece *piece)
{
	for (size_t i = 0; i < piece->hosts; i++)
		if (piece->host[i].lines)
			span_add(run, piece->host[i].name, piece->host[i].first_us, piece->host[i].last_us,
			         piece->host[i].lines);
}

void run_sample(struct run *run, int64_t off, struct slice bytes, uint64_t number, const struct line *line)
{
	struct ingest_result *r = run->r;
	bool glued = syslog_glued(line) >= 0;

	run->names_rule += store_names_rule(run->store, bytes);
	store_sample(run->store, run->g.gen, off, bytes, glued ? "two lines in one" : "not understood", 5);
	if (r->samples == 5)
		return;
	struct ingest_sample *s = &r->sample[r->samples++];
	snprintf(s->path, sizeof s->path, "%s", run->path);
	s->line = number;
	s->n = bytes.n < 400 ? bytes.n : 400;
	s->text = xmalloc(s->n + 1);
	memcpy(s->text, bytes.p, s->n); /* it may hold a NUL */
}

void run_forget_counts(struct run *run)
{
	memset(run->kinds, 0, sizeof run->kinds);
	memset(run->shapes, 0, (shapes_count() + 1) * sizeof *run->shapes);
	run->names_rule = run->checked = run->differ = 0;
	run->parts = 0;
	run->batch_lines = run->batch_bytes = 0;
}

void run_flush_counts(struct run *run)
{
	const struct tracker_counts *c = tracker_counts(run->tracker);
	uint64_t limit_hits = store_limit_hits(run->store);
	const struct {
		const char *name;
		uint64_t now, told;
	} checks[] = {
	    {"evictions", c->evictions, run->told.evictions},
	    {"forgotten", c->forgotten, run->told.forgotten},
	    {"accepted", c->accepted, run->told.accepted},
	    {"sessions checked", c->sessions_checked, run->told.sessions_checked},
	    {"sessions that differ", c->sessions_differ, run->told.sessions_differ},
	    {"suspect", c->suspect, run->told.suspect},
	    {"truncated", c->truncated, run->told.truncated},
	    {"match limit", limit_hits, run->told_limit_hits},
	    {"names a rule", run->names_rule, 0},
	};

	for (int k = 0; k < RECORD_KIND_COUNT; k++) {
		if (run->kinds[k] && k != RECORD_NO_INTEREST)
			store_count(run->store, run->g.gen, k == RECORD_OTHER ? "not-understood" : "understood",
			            record_kind_name((enum record_kind)k), (int64_t)run->kinds[k]);
		run->r->kinds[k] += run->kinds[k];
		run->kinds[k] = 0;
	}
	for (size_t i = 0; i <= shapes_count(); i++) {
		if (run->shapes[i])
			store_count(run->store, run->g.gen, "no-interest",
			            i < shapes_count() ? shapes_row((int)i)->name : "syslog-banner",
			            (int64_t)run->shapes[i]);
		run->shapes[i] = 0;
	}
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if (checks[i].now != checks[i].told)
			store_count(run->store, run->g.gen, "check", checks[i].name,
			            (int64_t)(checks[i].now - checks[i].told));
	run->names_rule = 0;
	run->told = *c;
	run->r->limit_hits = run->told_limit_hits = limit_hits;
}
