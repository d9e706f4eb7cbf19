#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include "../analyzer/msg.h"
#include "anonymize.h"
#include "command.h"
#include "in_force.h"
#include "json.h"
#include "outfile.h"
#include "report_tables.h"

enum { FORMAT_TEXT, FORMAT_HTML, FORMAT_MD, FORMAT_JSON, FORMAT_CSV };
static const char *const formats[] = {"text", "html", "md", "json", "csv", NULL};
#define TOP_TEXT 15
#define TOP_PAGES 200 /* html, md: who reads on has a file for it */
#define TOP_NOT_SAID (-1)

struct report_command {
	struct common common;
	const char *since, *until, *rule, *domain, *output, *table;
	struct in_force_given files;
	int format;
	int64_t top;
	bool raw, anonymize;
};

#define AT(field) offsetof(struct report_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct report_command),
    {"--rule", "NAME", OPTION_STRING, AT(rule), "which rule, or all (default: own-domain)", 0, 0, NULL},
    {"--domain", "DOMAIN", OPTION_STRING, AT(domain), "only this own domain, which may be switched alone", 0, 0, NULL},
    {"--since", "TIME", OPTION_TIME, AT(since), "mails from then on: YYYY-MM-DD, or with HH:MM, or RFC 3339", 0, 0,
     NULL},
    {"--until", "TIME", OPTION_TIME, AT(until), "mails before then; in the past: judged as of that time", 0, 0, NULL},
    {"--format", "FORMAT", OPTION_CHOICE, AT(format), "how to print (default: text)", 0, 0, formats},
    {"--output", "FILE", OPTION_STRING, AT(output), "into this file, mode 0600, instead of stdout", 0, 0, NULL},
    {"--table", "NAME", OPTION_STRING, AT(table), "csv: which table (default: sources); `?` lists them", 0, 0, NULL},
    {"--csv-raw", NULL, OPTION_FLAG, AT(raw), "csv: without the ' that keeps a spreadsheet from calculating", 0, 0,
     NULL},
    {"--anonymize", NULL, OPTION_FLAG, AT(anonymize),
     "people as pseudonyms, client addresses cut to their networks, no notes", 0, 0, NULL},
    {"--top", "N", OPTION_INT, AT(top), "how many rows of each list: text 15 if not given, html and md 200", 0, 100000,
     NULL},
    {"--sender-access", "MAP", OPTION_STRING, AT(files.map),
     "the rule's access map as it is now, TYPE:PATH (default: the setting `map`, if it can be read)", 0, 0, NULL},
    {"--mynetworks", "LIST", OPTION_STRING, AT(files.networks),
     "Postfix's mynetworks (default: those of main.cf, else the setting)", 0, 0, NULL},
    {"--main-cf", "FILE", OPTION_STRING, AT(files.main_cf),
     "Postfix's main.cf, only read (default: the setting `main_cf`, else the one beside the map)", 0, 0, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

/* All that the reports of one call have in common. */
struct reporting {
	const struct report_command *o;
	const struct settings *settings;
	struct reader *reader;
	struct origin *origin;
	int64_t now;
	const char *version;
	const struct report_table *table;
	struct text text;
	struct json json;
	int reports;
	enum verdict_of_all worst;
};

/* no-go is worse than not knowing, and a go needs all to be go. */
static enum verdict_of_all worse(enum verdict_of_all a, enum verdict_of_all b)
{
	static const int badness[] = {[DECISION_GO] = 0, [DECISION_NOT_ENOUGH] = 1, [DECISION_NO_GO] = 2};

	return badness[a] > badness[b] ? a : b;
}

static struct decision_options options_of(const struct reporting *p, const char *rule, const struct in_force *f)
{
	struct decision_options o = in_force_options(f, p->settings, p->origin);

	o.rule = slice_str(rule);
	o.since = option_time("--since", p->o->since);
	o.until = option_time("--until", p->o->until);
	o.now = p->now;
	return o;
}

/* The own domain of that name, in any case, with or without the last dot; NULL: the rule has not seen it. */
static const struct decided *domain_find(const struct decision *d, const char *name)
{
	struct slice asked = slice_str(name);

	while (asked.n && asked.p[asked.n - 1] == '.')
		asked.n--;
	for (size_t i = 0; i < d->domains; i++)
		if (slice_eq_fold(slice_str(d->domain[i].domain), asked))
			return &d->domain[i];
	return NULL;
}

static void print_text(struct reporting *p, const struct report *r, const struct report_look *look)
{
	if (p->reports)
		text_str(&p->text,
		         "\n================================================================================\n\n");
	report_text(&p->text, r, look);
}

static void print_markdown(struct reporting *p, const struct report *r, const struct report_look *look)
{
	if (p->reports)
		text_str(&p->text, "\n---\n\n");
	report_markdown(&p->text, r, look);
}

static void print_html(struct reporting *p, const struct report *r, const struct report_look *look)
{
	report_html(&p->text, r, look, p->reports + 1);
}

static void print_json(struct reporting *p, const struct report *r, const struct report_look *look)
{
	(void)look;
	report_json(&p->json, r);
}

/* Without anything to judge a table has no rows, and what is missing is said beside it. */
static void print_csv(struct reporting *p, const struct report *r, const struct report_look *look)
{
	char why[300];

	(void)look;
	if (p->reports == 0)
		report_csv_head(&p->text, p->table);
	if (report_missing(r, why, sizeof why))
		msg_warn("report: %s", why);
	else
		report_csv(&p->text, r, p->table, p->o->raw);
	for (size_t i = 0; i < r->notes; i++)
		msg_warn("report: %s", r->note[i]);
}

static void print_report(struct reporting *p, const struct report *r)
{
	static void (*const printers[])(struct reporting *, const struct report *,
	                                const struct report_look *) = {[FORMAT_TEXT] = print_text,
	                                                               [FORMAT_HTML] = print_html,
	                                                               [FORMAT_MD] = print_markdown,
	                                                               [FORMAT_JSON] = print_json,
	                                                               [FORMAT_CSV] = print_csv};
	int64_t top = p->o->format == FORMAT_TEXT ? TOP_TEXT : TOP_PAGES;
	const struct report_look look = {.top = p->o->top == TOP_NOT_SAID ? top : p->o->top,
	                                 .colour = !p->o->output && output_colour()};

	printers[p->o->format](p, r, &look);
}

/* Own domains of the settings, and those that the rule has seen, stay as they are. */
static void anonymize(struct reporting *p, struct report *r, struct decision *d)
{
	struct slice *own = xcalloc(p->settings->domains.n + d->domains + 1, sizeof *own);
	size_t n = 0;

	for (size_t i = 0; i < p->settings->domains.n; i++)
		own[n++] = p->settings->domains.item[i];
	for (size_t i = 0; i < d->domains; i++)
		own[n++] = slice_str(d->domain[i].domain);
	struct anonymizer *a = anonymizer_new(p->reader, own, n);
	anonymize_report(a, r, d);
	anonymizer_free(a);
	free(own);
}

/* A rule that has not seen the domain that was asked for is left out. */
static void report_rule(struct reporting *p, const char *rule)
{
	struct in_force files;
	struct report r;

	in_force_read(&files, "report", &p->o->files, p->settings, rule);
	struct decision_options o = options_of(p, rule, &files);
	struct decision *d = decision_new(p->reader, &o);
	bool asked = p->o->domain && d->known && d->any;
	const struct decided *domain = asked ? domain_find(d, p->o->domain) : NULL;

	if (!asked || domain) {
		report_init(&r, p->reader, &o, d, domain);
		r.version = p->version;
		if (p->o->anonymize)
			anonymize(p, &r, d);
		print_report(p, &r);
		p->worst = p->reports++ ? worse(p->worst, r.what->decision) : r.what->decision;
		report_release(&r);
	}
	decision_free(d);
	in_force_release(&files);
}

struct names {
	char **name;
	size_t n;
};

static struct names rules_load(struct reader *reader)
{
	struct query *q = query_new(reader, SQL_READ_REPORT_RULES, NULL, 0);
	struct names rules = {0};

	while (query_row(q)) {
		struct slice name = query_text(q, 0);
		rules.name = xrealloc(rules.name, (rules.n + 1) * sizeof *rules.name);
		rules.name[rules.n++] = xstrndup(name.p, name.n);
	}
	query_free(q);
	return rules;
}

static void report_all_rules(struct reporting *p)
{
	struct names rules = rules_load(p->reader);

	if (p->o->format == FORMAT_JSON)
		json_list(&p->json, NULL);
	if (rules.n == 0) /* nothing was read yet: the report says so */
		report_rule(p, "own-domain");
	for (size_t i = 0; i < rules.n; i++) {
		report_rule(p, rules.name[i]);
		free(rules.name[i]);
	}
	if (p->o->format == FORMAT_JSON)
		json_list_end(&p->json);
	free(rules.name);
}

/* The page's head says the decision, which is known last. */
static void close_html(struct reporting *p)
{
	struct text page = {0};

	report_html_begin(&page, p->o->rule, p->worst, p->reports);
	text_add(&page, slice_of(p->text.p, p->text.n));
	report_html_end(&page);
	text_release(&p->text);
	p->text = page;
}

/* Nothing is printed before all is known, and the last line of a text only once all of it is there. */
static void print_all(struct reporting *p)
{
	if (p->o->format == FORMAT_HTML)
		close_html(p);
	if (p->o->format == FORMAT_TEXT || p->o->format == FORMAT_MD)
		text_printf(&p->text, "\nRESULT: %s", decision_name(p->worst));
	if (p->o->format != FORMAT_CSV)
		text_char(&p->text, '\n');
	if (p->o->output)
		outfile_write(p->o->output, slice_of(p->text.p, p->text.n));
	else
		fwrite(p->text.p, 1, p->text.n, stdout);
	output_check();
}

static const struct report_table *chosen_table(const struct report_command *o)
{
	const struct report_table *table = report_table_find(o->table ? o->table : "sources");
	struct text names = {0};
	char safe[100];

	if (o->table && o->format != FORMAT_CSV)
		msg_die(EX_USAGE, "report: --table goes with --format csv");
	if (o->raw && o->format != FORMAT_CSV)
		msg_die(EX_USAGE, "report: --csv-raw goes with --format csv");
	if (table)
		return table;
	for (size_t i = 0; report_tables(i); i++)
		text_printf(&names, "%s%s", i ? " " : "", report_tables(i)->name);
	msg_die(EX_USAGE, "report: there is no table `%s`; there are: %s",
	        msg_safe(slice_str(o->table), safe, sizeof safe), names.p);
}

static void no_such_domain(const struct report_command *o)
{
	char safe[300];

	msg_die(EX_USAGE, "report: no own domain `%s` was seen; `wouldblock report` lists them",
	        msg_safe(slice_str(o->domain), safe, sizeof safe));
}

/* 0, 1, 2 as the decision says; all else has ended the program before. */
static int exit_code(enum verdict_of_all decision)
{
	return decision == DECISION_GO ? 0 : decision == DECISION_NO_GO ? 1 : 2;
}

static int64_t clock_now(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		msg_die(EX_OSERR, "the clock cannot be read");
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int command_report(const struct command *c, struct common *common, int argc, char **argv)
{
	struct report_command o = {.common = *common, .top = TOP_NOT_SAID, .rule = "own-domain"};
	struct option_rest rest = {0};
	struct settings settings;

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n)
		msg_die(EX_USAGE, "report: what is `%s`? A report takes options only", rest.v[0]);
	const struct report_table *table = chosen_table(&o);
	common_settings(&o.common, &settings);
	char *database = common_database(&o.common, &settings);
	struct reporting p = {.o = &o,
	                      .settings = &settings,
	                      .reader = reader_open(database),
	                      .origin = common_origin(&settings),
	                      .now = clock_now(),
	                      .version = common->version,
	                      .table = table};
	p.json.out = &p.text;
	if (strcmp(o.rule, "all") == 0)
		report_all_rules(&p);
	else
		report_rule(&p, o.rule);
	if (p.reports == 0)
		no_such_domain(&o);
	if (p.worst == DECISION_GO)
		reader_check(p.reader); /* who finds less for a damaged page must not say go */
	print_all(&p);
	text_release(&p.text);
	origin_free(p.origin);
	reader_close(p.reader);
	free(database);
	settings_release(&settings);
	return exit_code(p.worst);
}
