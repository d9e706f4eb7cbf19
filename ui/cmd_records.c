#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "../analyzer/input.h"
#include "../analyzer/msg.h"
#include "../parsers/shapes.h"
#include "command.h"
#include "encode.h"

struct records_command {
	struct common common;
	int64_t year;
	int format;
};

static const char *const formats[] = {"text", "jsonl", NULL};

static const struct option_row rows[] = {
    COMMON_ROWS(struct records_command),
    {"--format", "FORMAT", OPTION_CHOICE, offsetof(struct records_command, format), "how to print (default: text)", 0,
     0, formats},
    {"--year", "YYYY", OPTION_INT, offsetof(struct records_command, year), "year of the first stamp that has none",
     1970, 9999, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

static void put_text(void *arg, const char *field, struct slice value, bool quoted)
{
	struct text *t = arg;

	(void)quoted;
	text_printf(t, " %s=", field);
	encode_term(t, value);
}

static void put_json(void *arg, const char *field, struct slice value, bool quoted)
{
	struct text *t = arg;

	text_printf(t, ",\"%s\":", field);
	if (quoted)
		encode_json(t, value);
	else
		text_add(t, value);
}

static void put_optional(struct text *t, record_put *put, const char *field, struct slice value)
{
	if (slice_is_set(value))
		put(t, field, value, true);
	else if (put == put_json)
		text_printf(t, ",\"%s\":null", field);
}

/* What every line has: kind, when, where, who. */
static void put_head(struct text *t, const struct record *r, record_put *put)
{
	const struct line *l = r->line;
	char buf[STAMP_TEXT];
	struct slice time = SLICE_NONE;

	if (l->stamp.us != STAMP_NONE)
		time = slice_of(buf, stamp_text(l->stamp.us, l->stamp.digits, buf));
	if (put == put_json)
		text_printf(t, "{\"kind\":\"%s\"", record_kind_name(r->kind));
	else
		text_printf(t, "%s", record_kind_name(r->kind));
	put_optional(t, put, "time", time);
	put_optional(t, put, "host", l->host);
	put_optional(t, put, "service", l->tag);
	if (l->pid)
		text_printf(t, put == put_json ? ",\"pid\":%u" : " pid=%u", l->pid);
	else if (put == put_json)
		text_str(t, ",\"pid\":null");
}

static void print_record(struct text *t, struct record *r, bool json)
{
	record_put *put = json ? put_json : put_text;

	shapes_fields(r);
	text_clear(t);
	put_head(t, r, put);
	record_fields(r, put, t);
	if (r->kind == RECORD_OTHER || (r->kind == RECORD_NO_INTEREST && !json))
		put(t, "line", r->line->text, true);
	if (r->kind == RECORD_NO_INTEREST && r->shape >= 0)
		put(t, "shape", slice_str(shapes_row(r->shape)->name), true);
	text_str(t, json ? "}\n" : "\n");
	fwrite(t->p, 1, t->n, stdout);
}

static void print_block(struct text *t, struct syslog_frame *frame, struct slice rest, bool json)
{
	while (rest.n && !ferror(stdout)) {
		ptrdiff_t end = slice_chr(rest, '\n');
		struct line line;
		struct record r;
		syslog_parse(frame, end < 0 ? rest : slice_head(rest, (size_t)end), &line);
		shapes_parse(&line, &r);
		print_record(t, &r, json);
		rest = slice_from(rest, end < 0 ? rest.n : (size_t)end + 1);
	}
}

static int print_file(struct input *in, size_t i, struct text *t, bool json)
{
	struct syslog_frame frame;
	struct input_block block;
	enum input_next next = INPUT_END;
	char path[300];

	if (input_about(in, i)->head_n == 0)
		return 0;
	syslog_init(&frame, input_about(in, i)->first_year);
	if (input_start(in, i, 0, NULL, 0) != INPUT_OK)
		return EX_NOINPUT;
	while (!ferror(stdout) && (next = input_next(in, true, &block)) <= INPUT_AGAIN)
		if (next == INPUT_BLOCK)
			print_block(t, &frame, block.bytes, json);
	if (next != INPUT_ERROR)
		return 0;
	msg_warn("%s: %s", msg_safe(slice_str(input_about(in, i)->path), path, sizeof path), input_trouble(in));
	return EX_DATAERR;
}

int command_records(const struct command *c, struct common *common, int argc, char **argv)
{
	struct records_command o = {.common = *common};
	struct option_rest rest = {0};
	struct settings settings;
	struct text t = {0};
	size_t bad = 0;
	int code = 0;

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n == 0)
		msg_die(EX_USAGE, "records: which log? `-` is stdin");
	common_settings(&o.common, &settings);
	shapes_init();
	struct input *in = input_open((const char *const *)rest.v, (size_t)rest.n, (int)o.year, &bad);
	for (size_t i = 0; i < input_count(in); i++) {
		int failed = print_file(in, i, &t, o.format == 1);
		code = code ? code : failed;
	}
	input_close(in);
	text_release(&t);
	settings_release(&settings);
	output_check();
	return bad ? EX_NOINPUT : code;
}
