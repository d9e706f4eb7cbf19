#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "../analyzer/msg.h"
#include "../analyzer/query.h"
#include "../parsers/stamp.h"
#include "command.h"
#include "encode.h"

#define NOT_ENOUGH_EVIDENCE 2 /* design.md 4: no figure of ours is a decision, and 0 would say go */
#define BAR 24

struct report_command {
	struct common common;
	const char *since, *until, *rule;
	int64_t top;
};

#define AT(field) offsetof(struct report_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct report_command),
    {"--rule", "NAME", OPTION_STRING, AT(rule), "which rule (default: own-domain)", 0, 0, NULL},
    {"--since", "TIME", OPTION_TIME, AT(since), "mails from then on: YYYY-MM-DD, or with HH:MM, or RFC 3339", 0, 0,
     NULL},
    {"--until", "TIME", OPTION_TIME, AT(until), "mails before then", 0, 0, NULL},
    {"--top", "N", OPTION_INT, AT(top), "how many sources to name, 15 if not given", 0, 100000, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

struct report {
	struct reader *reader;
	struct query_param params[12];
	size_t n;
	struct text line;
};

static struct query *ask(struct report *r, enum sql_id id)
{
	return query_new(r->reader, id, r->params, r->n);
}

/* 12 345: easier to read than 12345, and no locale is asked. */
static const char *grouped(int64_t n, char buf[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%lld", (long long)n), out = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
			buf[out++] = ' ';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

static void print_line(struct report *r)
{
	fwrite(r->line.p, 1, r->line.n, stdout);
	putchar('\n');
	text_clear(&r->line);
}

static void heading(const char *title)
{
	printf("\n%s\n", title);
}

/* "1 mail", "2 mails" */
static void count(struct text *t, int64_t n, const char *one, const char *many)
{
	char buf[32];

	text_printf(t, "%s %s", grouped(n, buf), n == 1 ? one : many);
}

static void print_span(struct report *r, const struct query *q)
{
	if (query_is_null(q, 0)) {
		printf("Log      no line has a time\n");
		return;
	}
	text_str(&r->line, "Log      ");
	encode_term(&r->line, query_text(q, 0));
	text_str(&r->line, " to ");
	encode_term(&r->line, query_text(q, 1));
	text_str(&r->line, ", ");
	text_add(&r->line, query_text(q, 2));
	text_str(&r->line, " days");
	print_line(r);
}

/* False: there is nothing to report, and it has been said why. */
static bool print_window(struct report *r, const struct query *q)
{
	if (query_number(q, 3) == 0) {
		printf("Nothing was read yet: `wouldblock ingest /var/log/mail.log*`\n");
		return false;
	}
	if (query_number(q, 9)) {
		text_str(&r->line, "No log lies in that window: it goes from ");
		encode_term(&r->line, query_text(q, 7));
		text_str(&r->line, " to ");
		encode_term(&r->line, query_text(q, 8));
		print_line(r);
		return false;
	}
	print_span(r, q);
	text_str(&r->line, "Hosts    ");
	encode_cell(&r->line, query_text(q, 5), 60, false, false);
	print_line(r);
	if (query_number(q, 4))
		printf("Caution  the year of some stamps is a guess\n");
	if (query_number(q, 6)) {
		text_str(&r->line, "Caution  ");
		count(&r->line, query_number(q, 6), "hole", "holes");
		text_str(&r->line, " in the log: `wouldblock list holes`");
		print_line(r);
	}
	return true;
}

static void print_headline(struct report *r)
{
	struct query *q = ask(r, SQL_READ_REPORT_TOTALS);
	struct text *t = &r->line;

	if (!query_row(q))
		msg_bug("a sum without a row");
	int64_t mails = query_number(q, 0), lost = query_number(q, 1), refused = query_number(q, 8);
	heading("If the rule had refused, it would have taken");
	text_str(t, "  ");
	count(t, lost, "mail", "mails");
	text_str(t, " from ");
	count(t, query_number(q, 6), "person", "people");
	text_str(t, ", sent by ");
	count(t, query_number(q, 3), "source", "sources");
	print_line(r);
	text_str(t, "of ");
	count(t, mails, "warned mail", "warned mails");
	text_str(t, " (");
	count(t, query_number(q, 7), "warning line", "warning lines");
	text_str(t, ")");
	print_line(r);
	text_str(t, "by ");
	count(t, query_number(q, 2), "source", "sources");
	text_str(t, ", ");
	count(t, query_number(q, 4), "sender", "senders");
	text_str(t, ", ");
	count(t, query_number(q, 5), "client address", "client addresses");
	text_str(t, ".");
	print_line(r);
	if (refused) {
		count(t, refused, "line says", "lines say");
		text_str(t, " that the rule has refused already.");
		print_line(r);
	}
	query_free(q);
}

static void print_fate(struct report *r, const struct query *q)
{
	int64_t n = query_number(q, 2), back = query_number(q, 3), most = query_number(q, 4);
	char buf[32];

	text_str(&r->line, "  ");
	encode_cell(&r->line, query_text(q, 0), 11, true, false);
	text_printf(&r->line, "%9s  %-8s ", grouped(n, buf), query_number(q, 1) ? "LOST" : "not lost");
	for (int64_t i = 0; i < (n * BAR + most - 1) / most; i++)
		text_char(&r->line, '#');
	if (back)
		text_printf(&r->line, "  %s may still return", grouped(back, buf));
	print_line(r);
}

static void print_fates(struct report *r)
{
	struct query *q = ask(r, SQL_READ_REPORT_FATES);
	bool any = false;

	heading("What became of it, mail by recipient");
	while (query_row(q))
		if (query_number(q, 2)) {
			print_fate(r, q);
			any = true;
		}
	if (!any)
		printf("  nothing\n");
	query_free(q);
}

static void print_source(struct report *r, const struct query *q)
{
	text_str(&r->line, "  ");
	encode_cell(&r->line, query_text(q, 0), 26, true, false);
	text_str(&r->line, " ");
	encode_cell(&r->line, query_text(q, 1), 6, true, false);
	text_printf(&r->line, " %4lld %7lld %6lld %6lld %4lld  ", (long long)query_number(q, 2),
	            (long long)query_number(q, 3), (long long)query_number(q, 4), (long long)query_number(q, 5),
	            (long long)query_number(q, 6));
	encode_cell(&r->line, query_text(q, 7), 10, false, false);
	print_line(r);
}

static void print_sources(struct report *r)
{
	struct query *q = ask(r, SQL_READ_REPORT_SOURCES);
	bool any = false;

	heading("Who sent it, heaviest loss first");
	while (query_row(q)) {
		if (!any)
			printf("  %-26s %-6s %4s %7s %6s %6s %4s  %s\n", "SOURCE", "KIND", "IPS", "SENDERS", "MAILS",
			       "LOST", "DAYS", "LAST");
		any = true;
		print_source(r, q);
	}
	if (!any)
		printf("  nobody\n");
	query_free(q);
}

static void print_other_texts(struct report *r)
{
	struct query *q = ask(r, SQL_READ_REPORT_OTHER_TEXTS);
	bool any = false;
	char buf[32];

	while (query_row(q)) {
		if (!any)
			heading("Warnings that belong to no rule");
		any = true;
		text_printf(&r->line, "  %9s  ", grouped(query_number(q, 1), buf));
		encode_cell(&r->line, query_text(q, 0), 66, false, false);
		print_line(r);
	}
	query_free(q);
}

struct account {
	int64_t understood, no_interest, other, checked, differ, evicted, suspect, limit;
};

static void account_add(struct account *a, const struct query *q)
{
	static const struct {
		const char *sort, *name; /* name NULL: all of the sort */
		size_t at;
	} places[] = {
	    {"understood", NULL, offsetof(struct account, understood)},
	    {"no-interest", NULL, offsetof(struct account, no_interest)},
	    {"not-understood", NULL, offsetof(struct account, other)},
	    {"check", "sessions checked", offsetof(struct account, checked)},
	    {"check", "sessions that differ", offsetof(struct account, differ)},
	    {"check", "evictions", offsetof(struct account, evicted)},
	    {"check", "suspect", offsetof(struct account, suspect)},
	    {"check", "match limit", offsetof(struct account, limit)},
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (slice_eq(query_text(q, 0), slice_str(places[i].sort)) &&
		    (!places[i].name || slice_eq(query_text(q, 1), slice_str(places[i].name))))
			*(int64_t *)(void *)((char *)a + places[i].at) += query_number(q, 2);
}

static void print_account(struct report *r)
{
	struct query *q = ask(r, SQL_READ_REPORT_ACCOUNT);
	struct account a = {0};
	char buf[32];

	while (query_row(q))
		account_add(&a, q);
	query_free(q);
	heading("Account of all lines read");
	printf("  %12s  understood\n", grouped(a.understood, buf));
	printf("  %12s  not of interest\n", grouped(a.no_interest, buf));
	printf("  %12s  not understood\n", grouped(a.other, buf));
	printf("  %12s  lines\n", grouped(a.understood + a.no_interest + a.other, buf));
	if (a.checked)
		printf("  %12s  sessions checked against Postfix's own counters, %lld differ\n",
		       grouped(a.checked, buf), (long long)a.differ);
	if (a.limit)
		printf("  %12s  matches of a rule's pattern ran into the match limit\n", grouped(a.limit, buf));
	if (a.suspect)
		printf("  %12s  attempts can be read in two ways and decide nothing\n", grouped(a.suspect, buf));
	if (a.evicted)
		printf("  %12s  sessions or mails had to make room, their fate is unknown\n", grouped(a.evicted, buf));
}

static void print_title(struct report *r)
{
	struct query *q = ask(r, SQL_READ_REPORT_RULES);
	struct slice rule = r->params[2].text;
	bool known = false;

	while (query_row(q)) {
		if (!slice_eq(query_text(q, 0), rule))
			continue;
		known = true;
		text_str(&r->line, "wouldblock: rule ");
		encode_term(&r->line, rule);
		text_str(&r->line, ": ");
		encode_term(&r->line, query_text(q, 1));
		print_line(r);
	}
	query_free(q);
	char safe[100];
	if (!known)
		msg_die(EX_USAGE, "report: no rule `%s` in this database; `wouldblock list rules` shows all texts",
		        msg_safe(rule, safe, sizeof safe));
}

static void print_report(struct report *r)
{
	print_title(r);
	struct query *q = ask(r, SQL_READ_REPORT_HEAD);
	bool any = query_row(q) && print_window(r, q);
	query_free(q);
	if (!any)
		return;
	print_headline(r);
	print_fates(r);
	print_sources(r);
	print_other_texts(r);
	print_account(r);
}

int command_report(const struct command *c, struct common *common, int argc, char **argv)
{
	struct report_command o = {.common = *common, .top = 15, .rule = "own-domain"};
	struct option_rest rest = {0};
	struct settings settings;

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n)
		msg_die(EX_USAGE, "report: what is `%s`? A report takes options only", rest.v[0]);
	common_settings(&o.common, &settings);
	int64_t since = option_time("--since", o.since), until = option_time("--until", o.until);
	char *database = common_database(&o.common, &settings);
	struct report r = {.reader = reader_open(database),
	                   .params = {{"since", SLICE_NONE, since, since == STAMP_NONE},
	                              {"until", SLICE_NONE, until, until == STAMP_NONE},
	                              {"rule", slice_str(o.rule), 0, false},
	                              {"limit", SLICE_NONE, o.top, false}},
	                   .n = 4};
	print_report(&r);
	printf("\nRESULT: not-enough-evidence (this version counts, it does not judge)\n");
	output_check();
	text_release(&r.line);
	reader_close(r.reader);
	free(database);
	settings_release(&settings);
	return NOT_ENOUGH_EVIDENCE;
}
