/*
 * Rule gaps: mail of an own domain from outside that the rule did not warn
 * about while it warned.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proof_i.h"

/* The first that applies is why. */
enum reason { REASON_EXEMPT, REASON_HOST, REASON_ROW, REASON_QUOTED, REASON_BELOW, REASON_NO_ROW, REASON_UNKNOWN };
#define REASONS (REASON_UNKNOWN + 1)

struct names {
	char **name; /* in order of bytes */
	size_t n;
};

/* The gaps of one sender's domain, source and host, by reason: rows come in that order. */
struct gathering {
	struct proof *p;
	struct names own, warned; /* own domains; hosts on which the rule warned */
	struct proof_gap gap[REASONS];
	struct proof_top top;
};

/* A row of proof_gaps.sql. */
struct passed {
	struct slice domain, source, host, sender, client_name, client_ip, verdict;
	int64_t mails, first_us, last_us;
};

/* ------------------------------------------------------------------------- names */

static int compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void names_add(struct names *s, struct slice name)
{
	s->name = xgrown(s->name, s->n, sizeof *s->name);
	s->name[s->n++] = xstrndup(name.p, name.n);
}

static void names_sort(struct names *s)
{
	if (s->n > 1)
		qsort(s->name, s->n, sizeof *s->name, compare_names);
}

static bool names_have(const struct names *s, struct slice name)
{
	char buf[1024];
	const char *key = buf;

	if (s->n == 0 || name.n >= sizeof buf)
		return false;
	memcpy(buf, name.p ? name.p : "", name.n);
	buf[name.n] = '\0';
	return bsearch(&key, s->name, s->n, sizeof *s->name, compare_names) != NULL;
}

static void names_release(struct names *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->name[i]);
	free(s->name);
}

/* Those that the rule has met, those of the setting, and the map's keys. */
static void load_own(const struct proof_work *w, struct names *own)
{
	struct query *q = proof_ask(w, SQL_READ_PROOF_DOMAINS, 0);
	char **keys = NULL;

	while (query_row(q))
		names_add(own, query_text(q, 0));
	query_free(q);
	for (size_t i = 0; i < w->o->domains_n; i++)
		names_add(own, w->o->domains[i]);
	size_t n = proof_has_files(w) ? policy_domains(w->o->policy, w->o->map, &keys) : 0;
	for (size_t i = 0; i < n; i++)
		names_add(own, slice_str(keys[i]));
	policy_domains_free(keys, n);
	names_sort(own);
}

static void load_warned(const struct proof_work *w, struct names *hosts)
{
	struct query *q = proof_ask(w, SQL_READ_PROOF_HOSTS, 0);

	while (query_row(q))
		names_add(hosts, host_canonical(w->o, query_text(q, 0)));
	query_free(q);
	names_sort(hosts);
}

static bool is_own(const struct names *own, struct slice domain)
{
	while (domain.n && !names_have(own, domain)) {
		ptrdiff_t dot = slice_chr(domain, '.');
		domain = dot < 0 ? SLICE("") : slice_from(domain, (size_t)dot + 1);
	}
	return domain.n > 0;
}

/* ----------------------------------------------------------------------- reasons */

static enum reason reason_of(const struct gathering *g, const struct passed *x)
{
	const struct proof_work *w = g->p->work;
	bool files = proof_has_files(w);
	enum policy_kind kind = files ? proof_judge(w, x->client_name, x->client_ip, x->sender) : POLICY_NOT_KNOWN;

	if (slice_eq(x->verdict, SLICE("exempt")))
		return REASON_EXEMPT;
	if (!names_have(&g->warned, x->host))
		return REASON_HOST;
	if (kind != POLICY_NO_ROW && proof_lets_through(kind))
		return REASON_ROW;
	if (slice_starts(x->sender, SLICE("\"")))
		return REASON_QUOTED;
	if (!names_have(&g->own, x->domain))
		return REASON_BELOW;
	return kind == POLICY_NO_ROW ? REASON_NO_ROW : REASON_UNKNOWN;
}

static void say(const struct proof_work *w, enum reason reason, char *why, size_t cap)
{
	static const char *const words[REASONS] = {
	    [REASON_EXEMPT] = "exempted by verdict",
	    [REASON_HOST] = "this host never warned: the rule may be missing on it",
	    [REASON_ROW] = "let through by the files given",
	    [REASON_QUOTED] = "quoted local part",
	    [REASON_BELOW] = "subdomain of an own domain",
	    [REASON_NO_ROW] = "the map given has no row for it",
	    [REASON_UNKNOWN] = "not warned, reason not known",
	};
	char text[100];

	snprintf(why, cap, "%s", words[reason]);
	if (!proof_has_files(w) || (reason != REASON_ROW && reason != REASON_UNKNOWN))
		return;
	proof_judge_text(w, text, sizeof text);
	snprintf(why, cap, reason == REASON_ROW ? "%s: %s" : "%s; the files given say: %s", words[reason], text);
}

/* -------------------------------------------------------------------------- gaps */

static char *copy(struct slice s)
{
	return slice_is_set(s) ? xstrndup(s.p, s.n) : NULL;
}

static int compare_gaps(const void *a, const void *b)
{
	const struct proof_gap *x = a, *y = b;

	if (x->exempted != y->exempted)
		return x->exempted ? 1 : -1;
	if (x->mails != y->mails)
		return x->mails > y->mails ? -1 : 1;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return strcmp(x->source, y->source);
}

void proof_gap_release(void *gap)
{
	struct proof_gap *g = gap;
	char *const texts[] = {g->host, g->domain, g->sender, g->source, g->client_ip, g->client_name};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
}

static void gather_end(struct gathering *g)
{
	for (int r = 0; r < REASONS; r++)
		if (g->gap[r].mails)
			proof_top_add(&g->top, &g->gap[r]);
	memset(g->gap, 0, sizeof g->gap);
}

/* Where one of the three changes, others begin. */
static bool is_of_same(const struct gathering *g, const struct passed *x)
{
	for (int r = 0; r < REASONS; r++)
		if (g->gap[r].mails)
			return slice_eq(slice_str(g->gap[r].domain), x->domain) &&
			       slice_eq(slice_str(g->gap[r].source), x->source) &&
			       slice_eq(slice_str(g->gap[r].host), x->host);
	return true;
}

/* The sender with the most mails comes first and stands for all. */
static void gather(struct gathering *g, const struct passed *x)
{
	if (!is_of_same(g, x))
		gather_end(g);
	enum reason reason = reason_of(g, x);
	struct proof_gap *gap = &g->gap[reason];
	if (gap->mails == 0) {
		*gap = (struct proof_gap){.host = copy(x->host),
		                          .domain = copy(x->domain),
		                          .sender = copy(x->sender),
		                          .source = copy(x->source),
		                          .client_ip = copy(x->client_ip),
		                          .client_name = copy(x->client_name),
		                          .first_us = x->first_us,
		                          .last_us = x->last_us,
		                          .exempted = reason == REASON_EXEMPT};
		say(g->p->work, reason, gap->why, sizeof gap->why);
	}
	gap->mails += x->mails;
	gap->first_us = x->first_us < gap->first_us ? x->first_us : gap->first_us;
	gap->last_us = x->last_us > gap->last_us ? x->last_us : gap->last_us;
	*(gap->exempted ? &g->p->exempted_mails : &g->p->gap_mails) += x->mails;
}

static bool counts(const struct gathering *g, const struct passed *x)
{
	const struct decision_options *o = g->p->work->o;

	return is_own(&g->own, x->domain) && !host_is_retired(o, x->host) &&
	       !(o->origin && origin_is_canary(o->origin, x->client_ip, x->sender));
}

void proof_gaps_load(struct proof *p)
{
	const struct proof_work *w = p->work;
	struct gathering g = {.p = p, .top = {sizeof(struct proof_gap), compare_gaps, proof_gap_release, NULL, 0}};

	load_own(w, &g.own);
	load_warned(w, &g.warned);
	struct query *q = proof_ask(w, SQL_READ_PROOF_GAPS, 0);
	while (query_row(q)) {
		struct passed x = {.domain = query_text(q, 0),
		                   .source = query_text(q, 1),
		                   .host = host_canonical(w->o, query_text(q, 2)),
		                   .sender = query_text(q, 3),
		                   .client_name = query_text(q, 4),
		                   .client_ip = query_text(q, 5),
		                   .mails = query_number(q, 6),
		                   .first_us = query_number(q, 7),
		                   .last_us = query_number(q, 8),
		                   .verdict = query_text(q, 9)};
		if (counts(&g, &x))
			gather(&g, &x);
	}
	query_free(q);
	gather_end(&g);
	p->gaps = proof_top_end(&g.top, &p->gap);
	names_release(&g.own);
	names_release(&g.warned);
}
