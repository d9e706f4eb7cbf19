#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "../analyzer/msg.h"
#include "../analyzer/query.h"
#include "../parsers/stamp.h"
#include "command.h"
#include "table.h"

/* ------------------------------------------------------------------- the lists */

struct field {
	struct column column;
	enum cell_type type;
};

#define TEXT(name, min, max) {{name, NULL, min, max, 0}, CELL_TEXT}
#define WIDE(name, min, max) {{name, NULL, min, max, COLUMN_GROW}, CELL_TEXT}
#define NUMBER(name) {{name, NULL, 4, 12, COLUMN_RIGHT}, CELL_INT}
#define LOST {{"would_be_lost", "LOST", 4, 8, COLUMN_RIGHT}, CELL_INT}
#define MORE(name, type) {{name, NULL, 0, 0, COLUMN_HIDDEN}, type}

static const struct field attempt_fields[] = {
    TEXT("time", 20, 27),
    MORE("host", CELL_TEXT),
    MORE("service", CELL_TEXT),
    MORE("pid", CELL_INT),
    TEXT("action", 6, 14),
    MORE("stage", CELL_TEXT),
    MORE("client_name", CELL_TEXT),
    TEXT("client_ip", 9, 39),
    MORE("code", CELL_INT),
    MORE("dsn", CELL_TEXT),
    MORE("text", CELL_TEXT),
    WIDE("sender", 8, 60),
    WIDE("recipient", 8, 60),
    MORE("helo", CELL_TEXT),
    MORE("proto", CELL_TEXT),
    MORE("sasl_username", CELL_TEXT),
    MORE("queue_id", CELL_TEXT),
    MORE("rule", CELL_TEXT),
    MORE("message_id", CELL_TEXT),
    MORE("source", CELL_TEXT),
    TEXT("fate", 10, 10),
    MORE("would_be_lost", CELL_BOOL),
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
    {{"transactions", "TRIES", 5, 6, COLUMN_RIGHT}, CELL_INT},
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
    WIDE("source", 12, 50),
    TEXT("kind", 6, 6),
    MORE("rule", CELL_TEXT),
    NUMBER("clients"),
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
    TEXT("last_seen", 10, 20),
    {{"days_seen", "DAYS", 4, 5, COLUMN_RIGHT}, CELL_INT},
    MORE("suggestion", CELL_TEXT),
    MORE("reason", CELL_TEXT),
    MORE("verdict", CELL_TEXT),
    MORE("note", CELL_TEXT),
};

static const struct field sender_fields[] = {
    WIDE("sender", 12, 70), MORE("rule", CELL_TEXT), NUMBER("sources"),
    NUMBER("clients"),      NUMBER("attempts"),      NUMBER("mails"),
    LOST,                   MORE("first_seen", CELL_TEXT), TEXT("last_seen", 10, 20),
};

static const struct field recipient_fields[] = {
    WIDE("recipient", 12, 70), MORE("rule", CELL_TEXT),       NUMBER("sources"),          NUMBER("mails"), LOST,
    MORE("fates", CELL_JSON),  MORE("first_seen", CELL_TEXT), TEXT("last_seen", 10, 20),
};

static const struct field client_fields[] = {
    TEXT("client_ip", 9, 39), WIDE("client_name", 8, 60),    WIDE("source", 8, 40),    MORE("rule", CELL_TEXT),
    MORE("senders", CELL_INT), MORE("attempts", CELL_INT),    NUMBER("mails"),          LOST,
    MORE("first_seen", CELL_TEXT), TEXT("last_seen", 10, 20),
};

static const struct field rule_fields[] = {
    TEXT("rule", 4, 20), TEXT("action", 6, 14),          WIDE("text", 20, 400), NUMBER("attempts"),
    MORE("first_seen", CELL_TEXT), MORE("last_seen", CELL_TEXT),
};

static const struct field hole_fields[] = {
    {{"from", NULL, 20, 20, 0}, CELL_TEXT}, {{"to", NULL, 20, 20, 0}, CELL_TEXT}, TEXT("host", 4, 20),
    WIDE("cause", 10, 60),                  NUMBER("lines"),                       MORE("file", CELL_TEXT),
};

struct list {
	const char *name;
	enum sql_id query;
	const struct field *field;
	size_t fields;
	const char *nothing; /* what to say when there is no row */
};

#define LIST(name, query, fields, nothing) {name, query, fields, sizeof(fields) / sizeof *(fields), nothing}

static const struct list lists[] = {
    LIST("attempts", SQL_READ_LIST_ATTEMPTS, attempt_fields, "no action line"),
    LIST("mails", SQL_READ_LIST_MAILS, mail_fields, "no mail was warned"),
    LIST("sources", SQL_READ_LIST_SOURCES, source_fields, "no source of a warned mail"),
    LIST("senders", SQL_READ_LIST_SENDERS, sender_fields, "no sender of a warned mail"),
    LIST("recipients", SQL_READ_LIST_RECIPIENTS, recipient_fields, "no recipient of a warned mail"),
    LIST("clients", SQL_READ_LIST_CLIENTS, client_fields, "no client of a warned mail"),
    LIST("rules", SQL_READ_LIST_RULES, rule_fields, "no text of a rule"),
    LIST("holes", SQL_READ_LIST_HOLES, hole_fields, "no hole in the log"),
};
#define LISTS (sizeof lists / sizeof *lists)

/* ------------------------------------------------------------------ the command */

struct list_command {
	struct common common;
	int format;
	int64_t since, until, limit;
	const char *source, *sender, *client, *recipient, *rule;
	int fate;
	bool all, raw;
};

static const char *const formats[] = {"text", "json", "jsonl", "csv", NULL};
static const char *const fates[] = {"delivered", "queued",     "held",    "unknown",   "bounced", "spam",
                                    "refused",   "tempfailed", "aborted", "discarded", NULL};

#define AT(field) offsetof(struct list_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct list_command),
    {"--format", "FORMAT", OPTION_CHOICE, AT(format), "how to print", 0, 0, formats},
    {"--since", "TIME", OPTION_TIME, AT(since), "from then on: YYYY-MM-DD, or with HH:MM, or RFC 3339", 0, 0, NULL},
    {"--until", "TIME", OPTION_TIME, AT(until), "before then", 0, 0, NULL},
    {"--source", "SOURCE", OPTION_STRING, AT(source), "of this source, as `list sources` names it", 0, 0, NULL},
    {"--sender", "ADDRESS", OPTION_STRING, AT(sender), "from this envelope sender, or @domain", 0, 0, NULL},
    {"--client", "IP", OPTION_STRING, AT(client), "from this client", 0, 0, NULL},
    {"--recipient", "ADDRESS", OPTION_STRING, AT(recipient), "to this recipient, or @domain", 0, 0, NULL},
    {"--rule", "NAME", OPTION_STRING, AT(rule), "of this rule", 0, 0, NULL},
    {"--fate", "FATE", OPTION_CHOICE, AT(fate), "with this fate", 0, 0, fates},
    {"--limit", "N", OPTION_INT, AT(limit), "at most so many rows", 0, INT64_MAX, NULL},
    {"--all", NULL, OPTION_FLAG, AT(all), "mails: also those that were not warned but have an action line", 0, 0, NULL},
    {"--csv-raw", NULL, OPTION_FLAG, AT(raw), "csv: without the ' that keeps a spreadsheet from calculating", 0, 0, NULL},
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
	msg_die(EX_USAGE, "list: no list `%s`; there are attempts mails sources senders recipients clients rules holes", safe);
}

static void print_cell(struct table *t, const struct query *q, int at, enum cell_type type)
{
	if (query_is_null(q, at))
		table_cell(t, CELL_NULL, SLICE_NONE, 0);
	else if (type == CELL_INT || type == CELL_BOOL)
		table_cell(t, type, SLICE_NONE, query_number(q, at));
	else
		table_cell(t, type, query_text(q, at), 0);
}

/* A repeat marker's line stands for as many attempts as it says. */
static int64_t repeats(const struct list *l, const struct query *q)
{
	return (int)l->fields < query_columns(q) ? query_number(q, (int)l->fields) : 1;
}

static int64_t print_list(const struct list *l, struct query *q, const struct list_command *o)
{
	struct column columns[32];
	enum table_format format = o->raw && o->format == 3 ? TABLE_CSV_RAW : (enum table_format)o->format;
	int64_t left = o->limit;

	for (size_t i = 0; i < l->fields; i++)
		columns[i] = l->field[i].column;
	struct table *t = table_new(stdout, format, columns, l->fields, output_width(), output_colour());
	while (left > 0 && query_row(q))
		for (int64_t n = repeats(l, q); n > 0 && left > 0; n--, left--)
			for (size_t i = 0; i < l->fields; i++)
				print_cell(t, q, (int)i, l->field[i].type);
	return table_end(t);
}

int command_list(const struct command *c, struct common *common, int argc, char **argv)
{
	struct list_command o = {
	    .common = *common, .since = STAMP_NONE, .until = STAMP_NONE, .limit = INT64_MAX, .fate = -1};
	struct option_rest rest = {0};
	struct settings settings;

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n != 1)
		msg_die(EX_USAGE, "list: which one? attempts mails sources senders recipients clients rules holes");
	const struct list *l = find_list(rest.v[0]);
	common_settings(&o.common, &settings);
	char *database = common_database(&o.common, &settings);
	struct reader *r = reader_open(database);
	const struct query_param params[] = {
	    {"since", SLICE_NONE, o.since, o.since == STAMP_NONE},
	    {"until", SLICE_NONE, o.until, o.until == STAMP_NONE},
	    {"source", slice_str(o.source), 0, !o.source},
	    {"sender", slice_str(o.sender), 0, !o.sender},
	    {"client", slice_str(o.client), 0, !o.client},
	    {"recipient", slice_str(o.recipient), 0, !o.recipient},
	    {"rule", slice_str(o.rule), 0, !o.rule},
	    {"fate", slice_str(o.fate < 0 ? NULL : fates[o.fate]), 0, o.fate < 0},
	    {"all", SLICE_NONE, o.all, false},
	    {"limit", SLICE_NONE, o.limit, false},
	};
	struct query *q = query_new(r, l->query, params, sizeof params / sizeof *params);
	int64_t n = print_list(l, q, &o);
	if (n == 0 && o.format == 0)
		printf("%s\n", l->nothing);
	output_check();
	query_free(q);
	reader_close(r);
	free(database);
	settings_release(&settings);
	return n < 0 ? EX_IOERR : 0;
}
