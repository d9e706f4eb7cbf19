#include <stdio.h>

#include "report_html_i.h"
#include "report_words.h"

/* ------------------------------------------------------------------ the first page */

static void scope_row(struct text *t, const char *name, const char *word, struct slice words)
{
	text_str(t, "<dt>");
	html_word(t, word, name);
	text_str(t, "</dt><dd>");
	encode_html(t, words);
	text_str(t, "</dd>\n");
}

static void scope_say(struct html_page *h, const char *name, const char *word,
                      void (*say)(struct text *t, const struct report *r))
{
	struct text words = {0};

	say(&words, h->page.r);
	scope_row(h->page.t, name, word, slice_of(words.p, words.n));
	text_release(&words);
}

static void say_domain(struct text *t, const struct report *r)
{
	if (r->what->domain)
		text_printf(t, "%s and what is below it, alone", r->what->domain);
	else
		add_count(t, (int64_t)r->d->domains, "own domain, all that was seen",
		          "own domains, all that were seen");
}

static void say_hosts(struct text *t, const struct report *r)
{
	const struct decision_window *w = &r->d->window;

	for (size_t i = 0; i < w->hosts && i < 6; i++)
		text_printf(t, "%s%s", i ? ", " : "", w->host[i].name);
	if (w->hosts > 6)
		text_printf(t, " and %zu more", w->hosts - 6);
	if (w->hosts == 0)
		text_str(t, "none");
}

static void say_inputs(struct text *t, const struct report *r)
{
	const struct decision_account *a = &r->d->account;
	char end[STAMP_TEXT];

	add_count(t, a->understood + a->no_interest + a->other, "line of ", "lines of ");
	add_count(t, (int64_t)r->inputs, "log, read to ", "logs, read to ");
	text_str(t, time_of(r->d->window.log_end, end));
}

static void say_judged_by(struct text *t, const struct report *r)
{
	text_str(t, r->map ? "the log, and Postfix's files: " : "the log alone: no map was given or found");
	if (r->map)
		text_str(t, r->map);
}

static void first_scope(struct html_page *h)
{
	const struct report *r = h->page.r;
	struct text *t = h->page.t;
	char now[STAMP_TEXT];

	text_str(t, "<dl class=\"scope\">\n");
	scope_say(h, "Scope", "own-domain", say_domain);
	scope_say(h, "Phase", "phase", say_phase);
	scope_say(h, "Window", "window", say_window);
	if (r->begun_n)
		scope_say(h, "Followed", NULL, say_begun);
	if (r->d->window.as_of)
		scope_say(h, "As of", NULL, say_as_of);
	scope_say(h, "Hosts", "host", say_hosts);
	scope_say(h, "Made from", "account", say_inputs);
	scope_say(h, "Exceptions judged by", "in_force", say_judged_by);
	if (r->anonymous)
		scope_row(t, "Anonymized", NULL,
		          SLICE("people are pseudonyms, addresses are cut to their networks, notes are left out"));
	text_printf(t, "<dt>Made at</dt><dd id=\"r%d-made\">%s", h->number, time_of(r->now, now));
	if (r->version)
		text_printf(t, " by wouldblock %s", r->version);
	text_str(t, "</dd>\n</dl>\n");
}

static void tile(struct text *t, int64_t n, const char *word, const char *what, const char *more)
{
	char buf[32];

	text_printf(t, "<li><b>%s</b> ", grouped(n, buf));
	html_word(t, word, what);
	text_printf(t, "%s</li>\n", more);
}

static void first_headline(struct html_page *h)
{
	const struct decision_totals *n = &h->page.r->totals;
	struct text *t = h->page.t;
	char buf[32], more[64];

	text_str(t, "<ul class=\"tiles\">\n");
	tile(t, n->would_be_lost, "would-be-lost", n->would_be_lost == 1 ? "mail would be lost" : "mails would be lost",
	     "");
	tile(t, n->recipients, "people", n->recipients == 1 ? "person" : "people", " who would lose mail");
	tile(t, n->losing_sources, "source", n->losing_sources == 1 ? "source" : "sources", " of these mails");
	snprintf(more, sizeof more, ", in %s attempts", grouped(n->attempts, buf));
	tile(t, n->mails, "mail", n->mails == 1 ? "mail warned" : "mails warned", more);
	text_str(t, "</ul>\n<p>");
	if (n->may_return)
		text_printf(t, "%s more <a href=\"#w-may-return\">may still return</a>. ", grouped(n->may_return, buf));
	text_printf(t, "Warned: %s ", grouped(n->sources, buf));
	html_word(t, "source", n->sources == 1 ? "source" : "sources");
	text_str(t, " with ");
	add_count(t, n->senders, "sender and ", "senders and ");
	add_count(t, n->clients, "client address. Beside them ", "client addresses. Beside them ");
	text_printf(t, "%s <a href=\"#w-accepted\">mails were accepted</a>, whatever the sender.</p>\n",
	            grouped(n->accepted_mails, buf));
}

static void criterion_row(struct text *t, enum criterion_id id, const struct criterion *c)
{
	text_str(t, "<tr><th scope=\"row\">");
	html_word(t, criterion_name(id), criterion_name(id));
	text_printf(t, "</th><td class=\"%s\">%s</td><td>", c->pass ? "good" : "bad", c->pass ? "met" : "FAILS");
	html_str(t, c->value);
	text_str(t, "</td><td>");
	html_str(t, c->threshold);
	if (*c->advice) {
		text_str(t, "<span class=\"advice\">");
		html_words(t, slice_str(c->advice));
		text_str(t, "</span>");
	}
	text_str(t, "</td></tr>\n");
}

static void first_criteria(struct html_page *h)
{
	struct text *t = h->page.t;

	text_str(t, "<table class=\"criteria\">\n<caption class=\"vh\">The ten criteria</caption>\n<thead><tr>");
	text_str(
	    t, "<th scope=\"col\"><a href=\"#w-criterion\">Criterion</a></th><th scope=\"col\">Met</th>"
	       "<th scope=\"col\">Figure</th><th scope=\"col\">Threshold, and what to do</th></tr></thead>\n<tbody>\n");
	for (int i = 0; i < CRITERION_COUNT; i++)
		criterion_row(t, (enum criterion_id)i, &h->page.r->what->criterion[i]);
	text_str(t, "</tbody>\n</table>\n");
}

static void first_signatures(struct text *t)
{
	static const char *const who[] = {"Mail administrator", "IT manager"};

	text_str(t,
	         "<table class=\"sign\">\n<caption class=\"vh\">Signatures</caption>\n<thead><tr><th scope=\"col\">Role"
	         "</th><th scope=\"col\">Name</th><th scope=\"col\">Date</th><th scope=\"col\">Signature</th></tr>"
	         "</thead>\n<tbody>\n");
	for (size_t i = 0; i < sizeof who / sizeof *who; i++)
		text_printf(t, "<tr><th scope=\"row\">%s</th><td></td><td></td><td></td></tr>\n", who[i]);
	text_str(t, "</tbody>\n</table>\n");
}

static void first_title(struct html_page *h)
{
	struct text *t = h->page.t, words = {0};

	say_title(&words, h->page.r);
	text_printf(t, "<p class=\"dim\">wouldblock report</p>\n<h1 id=\"r%d-title\">", h->number);
	encode_html(t, slice_of(words.p, words.n));
	text_str(t, "</h1>\n");
	text_release(&words);
}

static void first_decision(struct html_page *h)
{
	struct text *t = h->page.t, words = {0};

	say_decision(&words, h->page.r);
	text_printf(t, "<p class=\"decision %s\">%s</p>\n", decision_name(h->page.r->what->decision), words.p);
	text_release(&words);
}

/* A reader who looks at nothing else sees why. */
static void first_reason(struct html_page *h)
{
	const struct decided *what = h->page.r->what;
	struct text *t = h->page.t;
	int failed = 0;

	for (int i = 0; i < CRITERION_COUNT; i++) {
		enum criterion_id id = (enum criterion_id)i;
		if (what->criterion[id].pass)
			continue;
		text_str(t, failed++ ? ", " : "<p>Not met: ");
		html_word(t, criterion_name(id), criterion_name(id));
	}
	if (failed)
		text_str(t, ".</p>\n");
	else if (what->decision == DECISION_GO)
		text_str(t, "<p>All ten criteria are met.</p>\n");
}

static void first_page(struct html_page *h)
{
	struct text *t = h->page.t;

	first_decision(h);
	first_reason(h);
	for (size_t i = 0; i < h->page.r->notes; i++) {
		text_str(t, "<p class=\"note\">");
		html_words(t, slice_str(h->page.r->note[i]));
		text_str(t, "</p>\n");
	}
	first_headline(h);
	first_criteria(h);
	first_scope(h);
	first_signatures(t);
}

/* ------------------------------------------------------------------ the others */

static void part_fates(struct html_page *h)
{
	html_fates(h);
}

static void part_sources(struct html_page *h)
{
	html_losses(h);
	text_str(h->page.t, "<h3>With evidence and verdict</h3>\n");
	html_table(h, report_table_find("sources"), "");
}

static void part_exceptions(struct html_page *h)
{
	const struct report_table *expired = report_table_find("expired");

	if (h->page.r->what->domain)
		text_str(h->page.t, "<p>Of the whole rule.</p>\n");
	html_table(h, report_table_find("exceptions"), "");
	if (!report_table_is_shown(expired, h->page.r))
		return;
	text_printf(h->page.t, "<h3>%s</h3>\n", expired->title);
	html_table(h, expired, "");
}

static void part_rates(struct html_page *h)
{
	struct text *t = h->page.t;

	text_printf(t,
	            "<p>From the last %.1f days of the window. <code>wouldblock plan --dir DIR</code> writes the "
	            "exceptions, the switched map, the commands and the way back.</p>\n",
	            h->page.r->forecast_days);
	html_table(h, report_table_find("rates"), "");
	text_str(
	    t, "<h3>The way back</h3>\n<p><code>sh rollback.sh</code>, which the plan writes: the map, its tables and "
	       "main.cf as the last backup has them, postmap, reload. Mail that was refused meanwhile is with its "
	       "senders; they know it by the bounce. A softer first day is <code>plan --stage defer</code>: a mistake "
	       "then only delays.</p>\n");
}

static void part_switched(struct html_page *h)
{
	for (size_t i = 0; i < 2; i++) {
		const struct report_table *table = report_table_find(i ? "forecast" : "regressions");
		text_printf(h->page.t, "<h3>%s</h3>\n", table->title);
		html_table(h, table, "");
	}
}

static void part_hosts(struct html_page *h)
{
	const struct report_table *insiders = report_table_find("insiders"), *phases = report_table_find("phases");

	html_table(h, report_table_find("hosts"), "");
	text_printf(h->page.t, "<h3>%s</h3>\n", phases->title);
	html_table(h, phases, "");
	if (!report_table_is_shown(insiders, h->page.r))
		return;
	text_str(h->page.t, "<h3><a href=\"#w-insider\">Insiders</a></h3>\n");
	html_table(h, insiders, "");
}

static void part_domains(struct html_page *h)
{
	html_table(h, report_table_find("domains"), "");
}

static void part_others(struct html_page *h)
{
	html_table(h, report_table_find("other_warnings"), "");
}

static void part_account(struct html_page *h)
{
	html_table(h, report_table_find("account"), "");
	text_str(h->page.t,
	         "<h3>What it was made from</h3>\n<p>No log is kept here: only where each stood, which bytes of it "
	         "were read, and a hash of its beginning.</p>\n");
	html_table(h, report_table_find("inputs"), "");
}

static bool is_switched(const struct report *r)
{
	return r->d->window.switched != STAMP_NONE;
}

static bool has_others(const struct report *r)
{
	return r->other_n > 0;
}

/* A part with its heading; whole: it makes its own section. */
static const struct part {
	const char *id, *title;
	void (*make)(struct html_page *h);
	bool (*if_any)(const struct report *r); /* NULL: always */
	bool whole, wide;
} parts[] = {
    {"days", "Day by day", html_days, NULL, true, false},
    {"fates", "What became of it", part_fates, NULL, false, false},
    {"sources", "Who sent it, heaviest loss first", part_sources, NULL, false, true},
    {"coverage", "Have we watched long enough?", html_coverage, NULL, true, false},
    {"unseen", "What was not seen", html_unseen, NULL, true, false},
    {"domains", "Own domains: each may be switched alone", part_domains, NULL, false, false},
    {"exceptions", "Exceptions: who must not be hit", part_exceptions, NULL, false, true},
    {"rates", "The day, and the way back", part_rates, NULL, false, false},
    {"switched", "After the switch", part_switched, is_switched, false, false},
    {"hosts", "Hosts that take outside mail", part_hosts, NULL, false, false},
    {"others", "Warnings that belong to no rule", part_others, has_others, false, false},
    {"account", "Account of all lines read", part_account, NULL, false, true},
};
#define PARTS (sizeof parts / sizeof *parts)

static void contents(struct html_page *h)
{
	struct text *t = h->page.t;

	text_str(t, "<nav aria-label=\"Contents\">\n<ul>\n");
	for (size_t i = 0; i < PARTS; i++)
		if (!parts[i].if_any || parts[i].if_any(h->page.r))
			text_printf(t, "<li><a href=\"#r%d-%s\">%s</a></li>\n", h->number, parts[i].id, parts[i].title);
	text_str(t, "<li><a href=\"#words\">What the words mean</a></li>\n</ul>\n</nav>\n");
}

static void part_make(struct html_page *h, const struct part *part)
{
	struct text *t = h->page.t;

	if (part->if_any && !part->if_any(h->page.r))
		return;
	if (part->whole) {
		part->make(h);
		return;
	}
	text_printf(t, "<section%s aria-labelledby=\"r%d-%s\">\n<h2 id=\"r%d-%s\">%s</h2>\n",
	            part->wide ? " class=\"wide\"" : "", h->number, part->id, h->number, part->id, part->title);
	part->make(h);
	text_str(t, "</section>\n");
}

void report_html(struct text *t, const struct report *r, const struct report_look *look, int number)
{
	struct html_page h = {{t, r, look}, number};
	char why[300];
	const char *missing = report_missing(r, why, sizeof why);

	text_printf(t, "<article aria-labelledby=\"r%d-title\">\n<section class=\"first\">\n", number);
	first_title(&h);
	if (missing) {
		first_decision(&h);
		text_str(t, "<p class=\"note\">");
		html_words(t, slice_str(missing));
		text_str(t, "</p>\n</section>\n</article>\n");
		return;
	}
	first_page(&h);
	text_str(t, "</section>\n");
	contents(&h);
	for (size_t i = 0; i < PARTS; i++)
		part_make(&h, &parts[i]);
	text_str(t, "</article>\n");
}

/* ------------------------------------------------------------------ around them */

void report_html_begin(struct text *t, const char *rule, enum verdict_of_all all, int rules)
{
	struct text title = {0};

	if (rules == 1)
		text_printf(&title, "%s: rule %s", decision_name(all), rule);
	else
		text_printf(&title, "%s: %d rules", decision_name(all), rules);
	text_str(&title, " - wouldblock report");
	html_begin(t, title.p);
	text_release(&title);
	text_str(t, "<a class=\"skip\" href=\"#main\">To the report</a>\n<main id=\"main\">\n");
	if (rules > 1)
		text_printf(t, "<p>%d rules; the worst decides: <b>%s</b>.</p>\n", rules, decision_name(all));
}

void report_html_end(struct text *t)
{
	const struct report_word *w;

	text_str(
	    t,
	    "<section aria-labelledby=\"words\">\n<h2 id=\"words\">What the words mean</h2>\n<dl class=\"words\">\n");
	for (size_t i = 0; (w = report_words(i)) != NULL; i++)
		text_printf(t, "<dt id=\"w-%s\">%s</dt>\n<dd>%s</dd>\n", w->id, w->word, w->means);
	text_str(t, "</dl>\n</section>\n</main>\n");
	html_end(t);
}
