#include <stdio.h>

#include "../analyzer/punycode.h"
#include "report_i.h"

/* A list command with the rule of this report, if it is not the built-in one. */
static const char *list_of(const struct page *p, const char *list, char *buf, size_t cap)
{
	bool built_in = strcmp(p->r->d->rule, "own-domain") == 0;

	snprintf(buf, cap, "list %s%s%s", list, built_in ? "" : " --rule ", built_in ? "" : p->r->d->rule);
	return buf;
}

/* ------------------------------------------------------------------ sources */

static void source_words(const struct source_row *s, struct text *words)
{
	text_clear(words);
	if (s->verdict != SOURCE_VERDICT_NONE)
		text_printf(words, "verdict %s", source_verdict_name(s->verdict));
	else
		text_str(words, s->facts.lost ? "undecided" : "no loss");
	if (s->verdict == SOURCE_VERDICT_MIXED && s->decided[SOURCE_VERDICT_NONE])
		text_printf(words, ", %lld %s undecided", (long long)s->decided[SOURCE_VERDICT_NONE],
		            mail_word(s->decided[SOURCE_VERDICT_NONE]));
	if (s->owner)
		text_printf(words, ", owner %s", s->owner);
	if (s->expires)
		text_printf(words, ", until %s", s->expires);
	if (s->note)
		text_printf(words, " (%s)", s->note);
	text_printf(words, "; suggested %s: %s", suggestion_name(s->suggested.suggestion), s->suggested.reason);
	if (*s->domain)
		text_printf(words, "; shared by all of %s", s->domain);
}

static void page_source(struct page *p, const struct source_row *s, struct text *words)
{
	const struct source_facts *f = &s->facts;
	char last[STAMP_TEXT];

	text_str(p->t, "  ");
	add_cell(p->t, s->shown, 24);
	text_printf(p->t, "%-6s %5lld %7lld %7lld %7lld %4lld  %s\n", source_kind_name(f->kind), (long long)f->clients,
	            (long long)f->senders, (long long)f->mails, (long long)f->lost, (long long)f->days_seen,
	            day_of(s->last_us, last));
	source_words(s, words);
	add_line_words(p->t, 4, 6, slice_of(words->p, words->n));
}

void page_sources(struct page *p)
{
	const struct source_list *l = p->r->what->sources;
	struct text words = {0};
	char where[120];

	heading(p, "Who sent it, heaviest loss first");
	if (l->n)
		text_printf(p->t, "  %-24s %-6s %5s %7s %7s %7s %4s  %s\n", "SOURCE", "KIND", "IPS", "SENDERS", "MAILS",
		            "LOST", "DAYS", "LAST");
	else
		text_str(p->t, "  nobody\n");
	for (size_t i = 0; i < shown(p, l->n); i++)
		page_source(p, &l->row[i], &words);
	add_more(p, l->n, list_of(p, "sources", where, sizeof where));
	text_release(&words);
}

/* ------------------------------------------------------------------ own domains */

static void page_domain(struct page *p, const struct decided *one)
{
	struct phase_sum sum = phase_sum_of(p->r->d, one->domain);
	const char *by = decided_by(one);
	char since[STAMP_TEXT];

	text_str(p->t, "  ");
	add_cell(p->t, one->domain, 19);
	text_printf(p->t, "%-6s %-10s %-19s %7lld %s\n", phase_name(sum.phase), day_of(sum.since, since),
	            decision_name(one->decision), (long long)one->sources->lost, by ? by : "-");
}

void page_domains(struct page *p)
{
	const struct decision *d = p->r->d;
	size_t n = p->r->what->domain ? 1 : d->domains;

	heading(p, "Own domains: each may be switched alone");
	if (n)
		text_printf(p->t, "  %-19s %-6s %-10s %-19s %7s %s\n", "DOMAIN", "PHASE", "SINCE", "DECISION", "LOST",
		            "FAILS");
	else
		text_str(p->t, "  none was seen as a sender's domain\n");
	for (size_t i = 0; i < shown(p, n); i++)
		page_domain(p, p->r->what->domain ? p->r->what : &d->domain[i]);
	add_more(p, n, "report --format json");
}

/* ------------------------------------------------------------------ exceptions */

static void exception_words(const struct proof_subject *s, struct text *words)
{
	char when[STAMP_TEXT];

	text_clear(words);
	text_printf(words, "%s: %s", s->proof == PROOF_NONE ? "NOT PROVEN" : "proven", s->why);
	if (s->still_warned)
		text_printf(words, "; STILL WARNED, last %s", time_of(s->last_warned, when));
	else if (s->last_warned != STAMP_NONE)
		text_printf(words, "; last warned %s", day_of(s->last_warned, when));
	if (s->login)
		text_printf(words, "; logs in as %s", s->login);
	if (s->mismatches)
		text_printf(words, "; refused %lld times because the login does not own the sender",
		            (long long)s->mismatches);
	if (s->owner)
		text_printf(words, "; owner %s", s->owner);
	if (s->expires)
		text_printf(words, "; until %s", s->expires);
	if (s->note)
		text_printf(words, " (%s)", s->note);
}

static void page_exception(struct page *p, const struct proof_subject *s, struct text *words)
{
	char said[STAMP_TEXT], both[2 * PUNYCODE_TEXT];

	text_printf(p->t, "  %-7s ", s->kind);
	add_cell(p->t, punycode_both(slice_str(s->subject), both, sizeof both), 34);
	text_printf(p->t, "%-7s %7lld %7lld  %s\n", s->verdict, (long long)s->mails, (long long)s->lost,
	            day_of(s->said_us, said));
	exception_words(s, words);
	add_line_words(p->t, 4, 6, slice_of(words->p, words->n));
}

static void page_expired(struct page *p)
{
	const struct report *r = p->r;

	for (size_t i = 0; i < shown(p, r->expired_n); i++) {
		const struct report_expired *e = &r->expired[i];
		add_line(p->t, 2, "expired on %s: %s %s %s%s%s", e->expires, e->verdict, e->kind, e->subject,
		         e->owner ? ", owner " : "", e->owner ? e->owner : "");
	}
	add_more(p, r->expired_n, "list verdicts --all");
}

void page_exceptions(struct page *p)
{
	const struct proof *proof = p->r->d->proof;
	struct text words = {0};

	heading(p, "Exceptions: who must not be hit%s", p->r->what->domain ? " (of the whole rule)" : "");
	if (proof->subjects) {
		add_line(p->t, 2, "judged by %s%s",
		         p->r->map ? "the files, " : "the log alone: no map was given or found",
		         p->r->map ? p->r->map : "");
		text_printf(p->t, "  %-7s %-34s %-7s %7s %7s  %s\n", "KIND", "SUBJECT", "VERDICT", "MAILS", "LOST",
		            "SAID");
	} else {
		text_str(p->t, "  no source that loses mail was marked exempt or move\n");
	}
	for (size_t i = 0; i < shown(p, proof->subjects); i++)
		page_exception(p, &proof->subject[i], &words);
	add_more(p, proof->subjects, "list verdicts");
	page_expired(p);
	text_release(&words);
}

/* ------------------------------------------------------------------ insiders */

static void page_insider(struct page *p, const struct proof_insider *s)
{
	static const char *const networks[] = {
	    [INSIDER_UNKNOWN] = "",
	    [INSIDER_IN_NETWORKS] = ", in mynetworks",
	    [INSIDER_NOT_IN_NETWORKS] = ", not in mynetworks",
	};
	bool named = s->client_name && *s->client_name && strcmp(s->client_name, "unknown") != 0;
	char last[STAMP_TEXT], who[300];

	if (s->senders == 1 && s->sender)
		snprintf(who, sizeof who, "%s", *s->sender ? s->sender : "<>");
	else
		snprintf(who, sizeof who, "%lld senders, such as %s", (long long)s->senders,
		         s->sender ? s->sender : "-");
	add_line(p->t, 4, "%s%s%s%s%s: %lld %s, last %s, %s", or_dash(s->client_ip), named ? " (" : "",
	         named ? s->client_name : "", named ? ")" : "", networks[s->networks], (long long)s->mails,
	         mail_word(s->mails), day_of(s->last_us, last), who);
}

/* One sort of them, in at most as many rows as are wanted. */
static void page_insiders_of(struct page *p, bool foreign, const char *title)
{
	const struct proof *proof = p->r->d->proof;
	size_t n = 0;

	for (size_t i = 0; i < proof->insiders; i++) {
		const struct proof_insider *s = &proof->insider[i];
		if (s->foreign != foreign || n++ >= shown(p, SIZE_MAX))
			continue;
		if (n == 1)
			add_line(p->t, 2, "%s", title);
		page_insider(p, s);
	}
	add_more(p, n, "report --format json");
}

void page_insiders(struct page *p)
{
	if (p->r->d->proof->insiders == 0)
		return;
	heading(p, "Insiders");
	page_insiders_of(p, false, "warned, so not let through as insiders: into mynetworks, or to 587/465");
	page_insiders_of(p, true, "send over port 25 with senders that are not ours:");
}
