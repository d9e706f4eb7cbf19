/*
 * Any bytes as lines of a log: whatever the parsers hand out lies inside the line that they were
 * given, and every byte of it can be read. A line is a block of its own, so that the sanitizer sees
 * a read beyond it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../parsers/companions.h"
#include "../../parsers/shapes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct {
	const char *name;
	size_t at;
} record_slices[] = {
#define SLICE_AT(field)                                \
	{                                              \
#field, offsetof(struct record, field) \
	}
    SLICE_AT(word),        SLICE_AT(stage),         SLICE_AT(client_name),    SLICE_AT(client_ip),
    SLICE_AT(client_port), SLICE_AT(dsn),           SLICE_AT(text),           SLICE_AT(sender),
    SLICE_AT(recipient),   SLICE_AT(helo),          SLICE_AT(orig_recipient), SLICE_AT(proto),
    SLICE_AT(sasl_method), SLICE_AT(sasl_username), SLICE_AT(message_id),     SLICE_AT(relay),
    SLICE_AT(relay_ip),    SLICE_AT(relay_port),    SLICE_AT(delay),          SLICE_AT(delays),
    SLICE_AT(response),    SLICE_AT(orig_queue_id), SLICE_AT(orig_client),    SLICE_AT(queued_as),
    SLICE_AT(recipients),  SLICE_AT(result),        SLICE_AT(queue_id),       SLICE_AT(body),
#undef SLICE_AT
};

static volatile unsigned char sum;

static void fail(const char *what, struct slice line)
{
	fprintf(stderr, "%s, in: %.*s\n", what, (int)line.n, line.p);
	abort();
}

static void touch(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		sum = (unsigned char)(sum + (unsigned char)s.p[i]);
}

static void check(const char *name, struct slice s, struct slice line)
{
	uintptr_t p = (uintptr_t)s.p, low = (uintptr_t)line.p;

	if (!s.p && s.n == 0)
		return;
	if (p < low || p > low + line.n || s.n > low + line.n - p)
		fail(name, line);
	touch(s);
}

static void check_head(const struct record *r, struct slice line)
{
	check("queue_id", r->queue_id, line);
	check("body", r->body, line);
	if (r->kind >= RECORD_KIND_COUNT || r->daemon >= DAEMON_COUNT)
		fail("kind or daemon out of range", line);
	if (r->shape != -1 && !shapes_row(r->shape))
		fail("no such shape", line);
}

static void check_fields(const struct record *r, struct slice line)
{
	for (size_t i = 0; i < sizeof(record_slices) / sizeof(record_slices[0]); i++) {
		struct slice s;

		memcpy(&s, (const char *)r + record_slices[i].at, sizeof(s));
		check(record_slices[i].name, s, line);
	}
	if (r->code != 0 && (r->code < 400 || r->code > 599))
		fail("code", line);
	/* the line's words, or ours for them */
	touch(r->status);
	touch(r->category);
	touch(r->detail);
	rspamd_symbol(r->detail, "R_SPF_ALLOW");
}

/* What record_fields puts may be names of ours or digits, too: it need not lie in the line. */
static void put(void *arg, const char *field, struct slice value, bool quoted)
{
	(void)quoted;
	if (!field || !*field)
		fail("a field without a name", *(struct slice *)arg);
	touch(value);
}

static void feed(struct syslog_frame *frame, struct slice in)
{
	struct line line;
	struct record r;

	syslog_parse(frame, in, &line);
	check("host", line.host, in);
	check("tag", line.tag, in);
	check("line text", line.text, in);
	ptrdiff_t glued = syslog_glued(&line);
	if (glued < -1 || glued > (ptrdiff_t)line.text.n)
		fail("syslog_glued", in);

	shapes_parse(&line, &r);
	check_head(&r, in);
	if (!shapes_fields(&r) && r.kind != RECORD_OTHER)
		fail("no fields, but a kind", in);
	check_head(&r, in);
	check_fields(&r, in);
	record_fields(&r, put, &in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice rest = slice_of((const char *)data, n);
	struct syslog_frame frame;

	shapes_init();
	syslog_init(&frame, 2026);
	while (rest.n) {
		ptrdiff_t end = slice_chr(rest, '\n');
		size_t len = end < 0 ? rest.n : (size_t)end;
		char *copy = malloc(len);

		if (len)
			memcpy(copy, rest.p, len);
		feed(&frame, slice_of(copy, len));
		free(copy);
		rest = slice_from(rest, len + 1);
	}
	return 0;
}
