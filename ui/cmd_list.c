#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "../analyzer/fact.h"
#include "../analyzer/msg.h"
#include "../analyzer/query.h"
#include "../analyzer/source_list.h"
#include "../parsers/stamp.h"
#include "command.h"
#include "table.h"

/* ------------------------------------------------------------------- the lists */

struct field {
	struct column column;
	enum cell_type type;
	bool day; /* people see the day of this time only */
};

#define TEXT(name, min, max)                                \
	{                                                   \
		{name, NULL, min, max, 0}, CELL_TEXT, false \
	}
#define WIDE(name, min, max)                                          \
	{                                                             \
		{name, NULL, min, max, COLUMN_GROW}, CELL_TEXT, false \
	}
#define DAY(name)                                        \
	{                                                \
		{name, NULL, 10, 10, 0}, CELL_TEXT, true \
	}
#define NUMBER(name)                                               \
	{                                                          \
		{name, NULL, 4, 12, COLUMN_RIGHT}, CELL_INT, false \
	}
#define LOST                                                                   \
	{                                                                      \
		{"would_be_lost", "LOST", 4, 8, COLUMN_RIGHT}, CELL_INT, false \
	}
#define MORE(name, type)                                       \
	{                                                      \
		{name, NULL, 0, 0, COLUMN_HIDDEN}, type, false \
	}

static const struct field attempt_fields[] = {
    TEXT("time", 20, 27),           MORE("host", CELL_TEXT),
    MORE("service", CELL_TEXT),     MORE("pid", CELL_INT),
    TEXT("action", 6, 14),          MORE("stage", CELL_TEXT),
    MORE("client_name", CELL_TEXT), TEXT("client_ip", 15, 39),
    MORE("code", CELL_INT),         MORE("dsn", CELL_TEXT),
    MORE("text", CELL_TEXT),        WIDE("sender", 8, 60),
    WIDE("recipient", 8, 60),       MORE("helo", CELL_TEXT),
    MORE("proto", CELL_TEXT),       MORE("sasl_username", CELL_TEXT),
    MORE("queue_id", CELL_TEXT),    MORE("rule", CELL_TEXT),
    MORE("message_id", CELL_TEXT),  MORE("source", CELL_TEXT),
    TEXT("fate", 10, 10),           MORE("would_be_lost", CELL_BOOL),
    MORE("may_return", CELL_BOOL),
};

static const struct field mail_fields[] = {
    TEXT("first_time", 20, 27),
    MORE("last_time", CELL_TEXT),
    MORE("host", CELL_TEXT),
    WIDE("sender", 10, 60),
    MORE("recipients", CELL_JSON),
    WIDE("source", 10, 40),
    MORE("rule", CELL_TEXT),
    MORE("client_ips", CELL_JSON),
    {{"transactions", "TRIES", 5, 6, COLUMN_RIGHT}, CELL_INT, false},
    MORE("attempts", CELL_INT),
    MORE("message_id", CELL_TEXT),
    MORE("queue_id", CELL_TEXT),
    TEXT("fate", 10, 10),
    MORE("would_be_lost", CELL_BOOL),
    MORE("spf", CELL_TEXT),
    MORE("dkim", CELL_TEXT),
    MORE("dmarc", CELL_TEXT),
    MORE("spam_verdict", CELL_TEXT),
    MORE("verdict", CELL_TEXT),
};

static const struct field source_fields[] = {
    WIDE("source", 15, 50),
    TEXT("kind", 6, 6),
    MORE("rule", CELL_TEXT),
    {{"clients", "IPS", 3, 12, COLUMN_RIGHT}, CELL_INT, false},
    NUMBER("senders"),
    MORE("recipients", CELL_INT),
    MORE("attempts", CELL_INT),
    NUMBER("mails"),
    LOST,
    MORE("fates", CELL_JSON),
    MORE("spf", CELL_JSON),
    MORE("dkim", CELL_JSON),
    MORE("dmarc", CELL_JSON),
    MORE("spam", CELL_JSON),
    MORE("first_seen", CELL_TEXT),
    DAY("last_seen"),
    {{"days_seen", "DAYS", 4, 5, COLUMN_RIGHT}, CELL_INT, false},
    {{"suggestion", "SUGGEST", 7, 7, 0}, CELL_TEXT, false},
    MORE("reason", CELL_TEXT),
    TEXT("verdict", 7, 7),
    MORE("note", CELL_TEXT),
};

static const struct field sender_fields[] = {
    WIDE("sender", 12, 70),
    MORE("rule", CELL_TEXT),
    NUMBER("sources"),
    NUMBER("clients"),
    NUMBER("attempts"),
    NUMBER("mails"),
    LOST,
    MORE("first_seen", CELL_TEXT),
    DAY("last_seen"),
};

static const struct field recipient_fields[] = {
    WIDE("recipient", 12, 70), MORE("rule", CELL_TEXT),       NUMBER("sources"), NUMBER("mails"), LOST,
    MORE("fates", CELL_JSON),  MORE("first_seen", CELL_TEXT), DAY("last_seen"),
};

static const struct field client_fields[] = {
    TEXT("client_ip", 15, 39),     WIDE("client_name", 8, 60), WIDE("source", 8, 40), MORE("rule", CELL_TEXT),
    MORE("senders", CELL_INT),     MORE("attempts", CELL_INT), NUMBER("mails"),       LOST,
    MORE("first_seen", CELL_TEXT), DAY("last_seen"),
};

static const struct field rule_fields[] = {
    TEXT("rule", 4, 20), TEXT("action", 6, 14),         WIDE("text", 20, 400),
    NUMBER("attempts"),  MORE("first_seen", CELL_TEXT), MORE("last_seen", CELL_TEXT),
};

static const struct field hole_fields[] = {
    {{"from", NULL, 20, 20, 0}, CELL_TEXT, false},
    {{"to", NULL, 20, 20, 0}, CELL_TEXT, false},
    TEXT("host", 4, 20),
    WIDE("cause", 10, 60),
    NUMBER("lines"),
    WIDE("file", 8, 60),
};

static const struct field verdict_fields[] = {
    DAY("at"),
    TEXT("kind", 6, 7),
    WIDE("subject", 16, 70),
    TEXT("verdict", 7, 7),
    MORE("note", CELL_TEXT),
    MORE("owner", CELL_TEXT),
    TEXT("expires", 10, 10),
    TEXT("who", 3, 12),
    NUMBER("mails"),
    LOST,
};

/* The filters of the command line; a list that does not know one refuses it. */
#define FILTERS(X) X(since) X(until) X(source) X(sender) X(client) X(recipient) X(rule) X(fate) X(all)
#define BIT(name) FILTER_AT_##name,
enum { FILTERS(BIT) FILTER_COUNT };
#define OF(name) (1u << FILTER_AT_##name)
#define OPTION_NAME(name) "--" #name,
static const char *const filter_options[] = {FILTERS(OPTION_NAME)};

enum {
	OF_RULES = OF(rule),
	OF_HOLES = OF(since) | OF(until),
	OF_VERDICTS = OF(all),
	OF_MAILS = (1u << FILTER_COUNT) - 1,
	OF_OTHERS = OF_MAILS & ~OF(all)
};

struct list {
	const char *name;
	enum sql_id query;
	unsigned filters;
	const struct field *field;
	size_t fields;
	const char *nothing; /* what to say when there is no row */
};

#define LIST(name, query, filters, fields, nothing)                                      \
	{                                                                                \
		name, query, filters, fields, sizeof(fields) / sizeof *(fields), nothing \
	}

static const struct list lists[] = {
    LIST("attempts", SQL_READ_LIST_ATTEMPTS, OF_OTHERS, attempt_fields, "no action line"),
    LIST("mails", SQL_READ_LIST_MAILS, OF_MAILS, mail_fields, "no mail was warned"),
    LIST("sources", SQL_READ_LIST_SOURCES, OF_OTHERS, source_fields, "no source of a warned mail"),
    LIST("senders", SQL_READ_LIST_SENDERS, OF_OTHERS, sender_fields, "no sender of a warned mail"),
    LIST("recipients", SQL_READ_LIST_RECIPIENTS, OF_OTHERS, recipient_fields, "no recipient of a warned mail"),
    LIST("clients", SQL_READ_LIST_CLIENTS, OF_OTHERS, client_fields, "no client of a warned mail"),
    LIST("rules", SQL_READ_LIST_RULES, OF_RULES, rule_fields, "no text of a rule"),
    LIST("holes", SQL_READ_LIST_HOLES, OF_HOLES, hole_fields, "no hole in the log"),
    LIST("verdicts", SQL_READ_LIST_VERDICTS, OF_VERDICTS, verdict_fields, "no verdict yet: `wouldblock review`"),
};
#define LISTS (sizeof lists / sizeof *lists)

/* ------------------------------------------------------------------ the command */

struct list_command {
	struct common common;
	int format;
	int64_t limit;
	const char *since, *until, *source, *sender, *client, *recipient, *rule;
	int fate;
	bool all, raw;
};

static const char *const formats[] = {"text", "json", "jsonl", "csv", NULL};
static const char *const fates[] = {
#define X(id, name) name,
    FATES(X)
#undef X
	NULL};

#define AT(field) offsetof(struct list_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct list_command),
    {"--format", "FORMAT", OPTION_CHOICE, AT(format), "how to print (default: text)", 0, 0, formats},
    {"--since", "TIME", OPTION_TIME, AT(since), "from then on: YYYY-MM-DD, or with HH:MM, or RFC 3339", 0, 0, NULL},
    {"--until", "TIME", OPTION_TIME, AT(until), "before then", 0, 0, NULL},
    {"--source", "SOURCE", OPTION_STRING, AT(source), "of this source, as `list sources` names it", 0, 0, NULL},
    {"--sender", "ADDRESS", OPTION_STRING, AT(sender), "from this envelope sender, or @domain", 0, 0, NULL},
    {"--client", "CLIENT", OPTION_STRING, AT(client), "from this client, an address or a name as logged", 0, 0, NULL},
    {"--recipient", "ADDRESS", OPTION_STRING, AT(recipient), "to this recipient, or @domain", 0, 0, NULL},
    {"--rule", "NAME", OPTION_STRING, AT(rule), "of this rule", 0, 0, NULL},
    {"--fate", "FATE", OPTION_CHOICE, AT(fate), "with this fate", 0, 0, fates},
    {"--limit", "N", OPTION_INT, AT(limit), "at most so many rows", 0, INT64_MAX, NULL},
    {"--all", NULL, OPTION_FLAG, AT(all),
     "mails: also those that were not warned but have an action line; verdicts: all that was ever said", 0, 0, NULL},
    {"--csv-raw", NULL, OPTION_FLAG, AT(raw), "csv: without the ' that keeps a spreadsheet from calculating", 0, 0,
     NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

static const struct list *find_list(const char *name)
{
	const char *names[LISTS];
	char safe[100];

	for (size_t i = 0; i < LISTS; i++) {
		if (strcmp(lists[i].name, name) == 0)
			return &lists[i];
		names[i] = lists[i].name;
	}
	const char *near = option_nearest(name, names, LISTS);
	msg_safe(slice_str(name), safe, sizeof safe);
	if (near)
		msg_die(EX_USAGE, "list: no list `%s`; did you mean `%s`?", safe, near);
	msg_die(EX_USAGE,
	        "list: no list `%s`; there are attempts mails sources senders recipients clients rules holes verdicts",
	        safe);
}

/* Filters that were given. */
static unsigned given(const struct list_command *o)
{
	const bool is[FILTER_COUNT] = {
	    [FILTER_AT_since] = o->since,   [FILTER_AT_until] = o->until,    [FILTER_AT_source] = o->source,
	    [FILTER_AT_sender] = o->sender, [FILTER_AT_client] = o->client,  [FILTER_AT_recipient] = o->recipient,
	    [FILTER_AT_rule] = o->rule,     [FILTER_AT_fate] = o->fate >= 0, [FILTER_AT_all] = o->all,
	};
	unsigned bits = 0;

	for (unsigned i = 0; i < FILTER_COUNT; i++)
		bits |= is[i] ? 1u << i : 0;
	return bits;
}

static void refuse_filters(const struct list *l, const struct list_command *o)
{
	unsigned odd = given(o) & ~l->filters;

	for (unsigned i = 0; i < FILTER_COUNT; i++)
		if (odd & 1u << i)
			msg_die(EX_USAGE, "list %s: %s does not apply", l->name, filter_options[i]);
	if (o->raw && o->format != TABLE_CSV)
		msg_die(EX_USAGE, "list %s: --csv-raw goes with --format csv", l->name);
}

static void print_cell(struct table *t, const struct query *q, int at, const struct field *f, bool people)
{
	if (query_is_null(q, at))
		table_cell(t, CELL_NULL, SLICE_NONE, 0);
	else if (f->type == CELL_INT || f->type == CELL_BOOL)
		table_cell(t, f->type, SLICE_NONE, query_number(q, at));
	else
		table_cell(t, f->type, slice_head(query_text(q, at), people && f->day ? 10 : SIZE_MAX), 0);
}

/* A repeat marker's line stands for as many attempts as it says. */
static int64_t repeats(const struct list *l, const struct query *q)
{
	return (int)l->fields < query_columns(q) ? query_number(q, (int)l->fields) : 1;
}

/* What is printed, and how many rows may still be. */
struct listing {
	const struct list *list;
	struct table *table;
	bool text;
	int64_t left;
};

static void print_rows(struct listing *p, struct query *q)
{
	const struct list *l = p->list;

	while (p->left > 0 && query_row(q))
		for (int64_t n = repeats(l, q); n > 0 && p->left > 0; n--, p->left--)
			for (size_t i = 0; i < l->fields; i++)
				print_cell(p->table, q, (int)i, &l->field[i], p->text);
	query_free(q);
}

/* ------------------------------------------------------- sources and what is thought of them */

enum { SOURCE_NAME, SOURCE_RULE = 2, SOURCE_JUDGED = 4 }; /* columns of list_sources.sql; the last four are judged */

/* The models of the rules that the list has, each loaded when its first row comes. */
struct judged {
	struct judged *next;
	char *rule;
	struct source_list *sources;
};

/* The source is judged by all its mails of the window, whatever else is chosen: it is what it is. */
static const struct source_list *judged_of(struct judged **all, struct reader *r, struct slice rule, int64_t since,
                                           int64_t until)
{
	for (struct judged *j = *all; j; j = j->next)
		if (slice_eq(slice_str(j->rule), rule))
			return j->sources;
	struct judged *j = xcalloc(1, sizeof *j);
	j->next = *all;
	j->rule = xstrndup(rule.p, rule.n);
	j->sources = source_list_load(r, &(struct source_window){.rule = rule, .since = since, .until = until});
	*all = j;
	return j->sources;
}

static void judged_free(struct judged *j)
{
	while (j) {
		struct judged *next = j->next;
		source_list_free(j->sources);
		free(j->rule);
		free(j);
		j = next;
	}
}

static void print_text(struct table *t, const char *s)
{
	table_cell(t, s && *s ? CELL_TEXT : CELL_NULL, slice_str(s), 0);
}

static void print_judged(struct table *t, const struct source_row *row)
{
	print_text(t, row ? suggestion_name(row->suggested.suggestion) : NULL);
	print_text(t, row ? row->suggested.reason : NULL);
	print_text(t, row ? source_verdict_name(row->verdict) : NULL);
	print_text(t, row ? row->note : NULL);
}

/* As print_rows, but the last columns are not the query's. What no rule warned about has no judgement. */
static void print_sources(struct listing *p, struct reader *r, struct query *q, int64_t since, int64_t until)
{
	const struct list *l = p->list;
	struct judged *all = NULL;

	for (; p->left > 0 && query_row(q); p->left--) {
		struct slice rule = query_text(q, SOURCE_RULE);
		const struct source_row *row = NULL;
		if (slice_is_set(rule))
			row = source_list_find(judged_of(&all, r, rule, since, until), query_text(q, SOURCE_NAME));
		for (size_t i = 0; i < l->fields - SOURCE_JUDGED; i++)
			print_cell(p->table, q, (int)i, &l->field[i], p->text);
		print_judged(p->table, row);
	}
	query_free(q);
	judged_free(all);
}

/* Attempts stand in the order of the log: stream by stream. */
static void print_streams(struct listing *p, struct reader *r, struct query_param *params, size_t n)
{
	struct query *streams = query_new(r, SQL_READ_STREAMS, NULL, 0);

	while (p->left > 0 && query_row(streams)) {
		params[n] = (struct query_param){.name = "gen", .number = query_number(streams, 0)};
		print_rows(p, query_new(r, p->list->query, params, n + 1));
	}
	query_free(streams);
}

static int64_t print_list(const struct list *l, struct reader *r, struct query_param *params, size_t n,
                          const struct list_command *o)
{
	struct column columns[32];
	enum table_format format = o->raw ? TABLE_CSV_RAW : (enum table_format)o->format;

	for (size_t i = 0; i < l->fields; i++)
		columns[i] = l->field[i].column;
	struct listing p = {.list = l,
	                    .table = table_new(stdout, format, columns, l->fields, output_width(), output_colour()),
	                    .text = format == TABLE_TEXT,
	                    .left = o->limit};
	if (l->query == SQL_READ_LIST_ATTEMPTS)
		print_streams(&p, r, params, n);
	else if (l->query == SQL_READ_LIST_SOURCES)
		print_sources(&p, r, query_new(r, l->query, params, n), option_time("--since", o->since),
		              option_time("--until", o->until));
	else
		print_rows(&p, query_new(r, l->query, params, n));
	return table_end(p.table);
}

int command_list(const struct command *c, struct common *common, int argc, char **argv)
{
	struct list_command o = {.common = *common, .limit = INT64_MAX, .fate = -1};
	struct option_rest rest = {0};
	struct settings settings;

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n != 1)
		msg_die(EX_USAGE,
		        "list: which one? attempts mails sources senders recipients clients rules holes verdicts");
	const struct list *l = find_list(rest.v[0]);
	refuse_filters(l, &o);
	common_settings(&o.common, &settings);
	int64_t since = option_time("--since", o.since), until = option_time("--until", o.until);
	char *database = common_database(&o.common, &settings);
	struct reader *r = reader_open(database);
	struct query_param params[12] = {
	    {"since", SLICE_NONE, since, since == STAMP_NONE},
	    {"until", SLICE_NONE, until, until == STAMP_NONE},
	    {"source", slice_str(o.source), 0, !o.source},
	    {"sender", slice_str(o.sender), 0, !o.sender},
	    {"client", slice_str(o.client), 0, !o.client},
	    {"recipient", slice_str(o.recipient), 0, !o.recipient},
	    {"rule", slice_str(o.rule), 0, !o.rule},
	    {"fate", slice_str(o.fate < 0 ? NULL : fates[o.fate]), 0, o.fate < 0},
	    {"all", SLICE_NONE, o.all, false},
	    {"limit", SLICE_NONE, o.limit, false},
	};
	int64_t n = print_list(l, r, params, 10, &o);
	if (n == 0 && o.format == TABLE_TEXT)
		printf("%s\n", given(&o) ? "no row matches" : l->nothing);
	output_check();
	reader_close(r);
	free(database);
	settings_release(&settings);
	return n < 0 ? EX_IOERR : 0;
}
