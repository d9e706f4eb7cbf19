#include "input_fixture.h"

#include <glob.h>

#include "../../analyzer/packed.h"
#include "../../parsers/shapes.h"

#define HOST 5

static const uint64_t key[2] = {1, 2};

static struct parsed before, after;
static struct packed packed;
static _Alignas(8) char rest[2 * PACKED_REST];
static size_t seen[RECORD_KIND_COUNT], whole;

static bool read_ahead(enum record_kind kind)
{
	return kind == RECORD_ATTEMPT || kind == RECORD_CLIENT || kind == RECORD_DISCONNECT || kind == RECORD_QUEUED;
}

static void same_text(struct slice a, struct slice b)
{
	assert_ptr_equal(a.p, b.p);
	assert_int_equal(a.n, b.n);
}

static void same_line(const struct line *a, const struct line *b)
{
	assert_int_equal(a->form, b->form);
	assert_int_equal(a->stamp.us, b->stamp.us);
	assert_int_equal(a->stamp.digits, b->stamp.digits);
	assert_int_equal(a->stamp.flags, b->stamp.flags);
	same_text(a->host, b->host);
	same_text(a->tag, b->tag);
	same_text(a->text, b->text);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->repeated, b->repeated);
	assert_int_equal(a->flags, b->flags);
}

static void same_head(const struct record *a, const struct record *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->daemon, b->daemon);
	same_text(a->queue_id, b->queue_id);
	same_text(a->body, b->body);
	assert_int_equal(a->shape, b->shape);
	assert_int_equal(a->flags, b->flags);
}

static void same_ahead(void)
{
	assert_int_equal(before.rec.ahead != NULL, after.rec.ahead != NULL);
	if (before.rec.ahead)
		assert_memory_equal(before.rec.ahead, after.rec.ahead, sizeof before.ahead);
}

/* All of them, by their bytes. */
static void same_fields(const struct record *a, const struct record *b)
{
	const size_t head = offsetof(struct record, client_name);

	assert_memory_equal((const char *)a + head, (const char *)b + head, sizeof *a - head);
}

/* `before`, packed and taken out again, to where nothing is as it should be. */
static void pack(const char *block)
{
	size_t used = 8;

	packed_put(&packed, &before, block, slice_is_set(before.line.host) ? HOST : PACKED_NO_HOST, rest, &used);
	assert_true(used <= 8 + PACKED_REST && used % 8 == 0);
	assert_int_equal(packed.host, slice_is_set(before.line.host) ? HOST : PACKED_NO_HOST);
	memset(&after, 0xaa, sizeof after);
	packed_get(&packed, block, before.line.host, rest, &after);
	whole += packed.whole;
}

static void comes_back(const char *block)
{
	pack(block);
	same_text(before.bytes, after.bytes);
	assert_int_equal(before.number, after.number);
	assert_ptr_equal(after.rec.line, &after.line);
	same_line(&before.line, &after.line);
	same_head(&before.rec, &after.rec);
	same_ahead();
	if (!packed.whole)
		assert_ptr_equal(packed_ahead(&packed, rest), after.rec.ahead);
	assert_int_equal(shapes_fields(&before.rec), shapes_fields(&after.rec)); /* of those that were not read ahead */
	same_head(&before.rec, &after.rec);
	same_fields(&before.rec, &after.rec);
}

static void one_line(const char *block, struct slice bytes, struct syslog_frame *frame)
{
	before.bytes = bytes;
	before.number = seen[RECORD_OTHER] % 512;
	syslog_parse(frame, bytes, &before.line);
	shapes_parse(&before.line, &before.rec);
	if (read_ahead(before.rec.kind) && shapes_fields(&before.rec) && before.rec.kind == RECORD_ATTEMPT) {
		names_look_ahead(&before.ahead, &before.rec, key);
		before.rec.ahead = &before.ahead;
	}
	seen[before.rec.kind]++;
	comes_back(block);
}

static void lines_of(struct slice block)
{
	struct syslog_frame frame;
	ptrdiff_t n;

	syslog_init(&frame, 2026);
	for (struct slice s = block; s.n; s = slice_from(s, (size_t)n + 1)) {
		n = slice_chr(s, '\n');
		if (n < 0)
			n = (ptrdiff_t)s.n;
		one_line(block.p, slice_head(s, (size_t)n), &frame);
	}
}

static void read_log(const char *path)
{
	const char *const paths[] = {path};
	struct input_block block;
	size_t bad = 0;
	struct input *in = input_open(paths, 1, 2026, &bad);

	assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
	while (input_next(in, true, &block) == INPUT_BLOCK)
		lines_of(block.bytes);
	input_close(in);
}

static void lines_of_logs_come_back(void **state)
{
	(void)state;
	static const char *const patterns[] = {"samples/stories/*.log", "tests/corpus/*.log.xz"};

	memset(seen, 0, sizeof seen);
	whole = 0;
	for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++) {
		glob_t list;
		assert_int_equal(glob(patterns[k], 0, NULL, &list), 0);
		for (size_t i = 0; i < list.gl_pathc; i++)
			read_log(list.gl_pathv[i]);
		globfree(&list);
	}
	for (int k = 0; k < RECORD_KIND_COUNT; k++)
		if (read_ahead((enum record_kind)k))
			assert_true(seen[k] > 1000);
	assert_int_equal(whole, 0);
}

/* As a line whose daemon's name is lost, for then all rows of Postfix are compared. */
static void the_examples_of_all_shapes_come_back(void **state)
{
	char line[4096];

	(void)state;
	memset(seen, 0, sizeof seen);
	whole = 0;
	for (size_t i = 0; i < shapes_count(); i++) {
		int n = snprintf(line, sizeof line, "Nov 20 10:00:00 mx1 postfix[7]: %s", shapes_row((int)i)->example);
		lines_of(slice_of(line, (size_t)n));
	}
	assert_true(seen[RECORD_ATTEMPT] > 20);
	assert_int_equal(whole, 0);
}

#define HEAD "Nov 20 10:00:00 mx1 postfix/smtpd[7]: "
#define FROM "from unknown[192.0.2.7]:1234: "
#define TAIL "; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<e>"

static void what_is_rare_comes_back(void **state)
{
	static const char *const lines[] = {
	    HEAD "4F00000001: client=a.example[192.0.2.1]:99, sasl_method=PLAIN, sasl_username=u, "
		 "orig_queue_id=4F00000002, orig_client=b.example[192.0.2.2]",
	    HEAD "NOQUEUE: reject: RCPT " FROM "554 5.7.1 no" TAIL " sasl_method=PLAIN sasl_username=u",
	    HEAD "proxy-reject: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 4F00000003" TAIL,
	    "Nov 20 10:00:00 mx1 postfix/cleanup[7]: 4F00000001: warning: header Subject: hi from "
	    "a.example[192.0.2.1]; "
	    "from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<e>: policy",
	    HEAD "message repeated 3 times: [ NOQUEUE: warn: RCPT " FROM "text" TAIL "]",
	    HEAD "NOQUEUE: warn: RCPT " FROM "text; from=<> to=<c@d.example> proto=ESMTP helo=<>",
	    "no envelope at all",
	    "",
	};
	const struct record *r = &after.rec;

	(void)state;
	whole = 0;
	lines_of(slice_str(lines[0]));
	assert_true(slice_is_set(r->sasl_username) && slice_is_set(r->orig_queue_id) && slice_is_set(r->orig_client));
	lines_of(slice_str(lines[1]));
	assert_true(slice_is_set(r->sasl_username) && slice_is_set(r->dsn) && r->code == 554);
	lines_of(slice_str(lines[2]));
	assert_true(slice_is_set(r->queued_as));
	lines_of(slice_str(lines[3]));
	assert_true(slice_is_set(r->detail));
	lines_of(slice_str(lines[4]));
	assert_int_equal(after.line.repeated, 3);
	lines_of(slice_str(lines[5]));
	assert_true(slice_is_set(r->sender) && r->sender.n == 0);
	lines_of(slice_str(lines[6]));
	lines_of(slice_str(lines[7]));
	assert_int_equal(whole, 0);
}

/* Longer than places in it can be told, up to the last byte of which the text is. */
static void long_lines_come_back(void **state)
{
	(void)state;
	whole = 0;
	for (size_t n = UINT16_MAX - 3; n <= UINT16_MAX + 3; n++) {
		char *line = xmalloc(n);
		size_t head = sizeof HEAD - 1;
		memcpy(line, HEAD, head);
		memset(line + head, 'x', n - head);
		lines_of(slice_of(line, n));
		assert_int_equal(packed.whole, n > UINT16_MAX - 1);
		free(line);
	}
	assert_int_equal(whole, 4);
}

/* No parser does that today. */
static void a_text_from_elsewhere_makes_a_line_whole(void **state)
{
	static char memory[] = "\n" HEAD "NOQUEUE: warn: RCPT " FROM "text" TAIL;
	char *line = memory + 1;
	struct slice elsewhere[] = {SLICE("said elsewhere"), {memory + sizeof memory - 3, 10}, {memory, 5}};

	(void)state;
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
		lines_of(slice_str(line));
		assert_false(packed.whole);
		before.rec.helo = elsewhere[i];
		comes_back(line);
		assert_true(packed.whole);
		same_text(after.rec.helo, elsewhere[i]);
		assert_ptr_equal(after.rec.ahead, &after.ahead);
	}
}

static void fields_of_another_kind_make_a_line_whole(void **state)
{
	(void)state;
	lines_of(SLICE("Nov 20 10:00:00 mx1 postfix/cleanup[7]: 4F00000001: message-id=<a@b.example>"));
	assert_int_equal(after.rec.kind, RECORD_MESSAGE_ID);
	assert_false(packed.whole); /* its fields are read when somebody asks */
	assert_true(shapes_fields(&before.rec));
	comes_back(before.bytes.p);
	assert_true(packed.whole);
	assert_true(slice_is_set(after.rec.message_id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_of_logs_come_back),
	    cmocka_unit_test(the_examples_of_all_shapes_come_back),
	    cmocka_unit_test(what_is_rare_comes_back),
	    cmocka_unit_test(long_lines_come_back),
	    cmocka_unit_test(a_text_from_elsewhere_makes_a_line_whole),
	    cmocka_unit_test(fields_of_another_kind_make_a_line_whole),
	};

	shapes_init();
	return cmocka_run_group_tests(tests, setup, teardown);
}
