#include "input_fixture.h"

#include "../../analyzer/piece.h"
#include "../../analyzer/tracker.h"
#include "../../analyzer/writer.h"
#include "../../parsers/shapes.h"

#define LINES 20000

/* A log of many kinds of lines, an overlong one and some NULs among them; its size. */
static size_t make_log(const char *name)
{
	size_t cap = LINES * 200 + INPUT_LINE_MAX * 2, n = 0;
	char *p = xmalloc(cap);

	for (int i = 0; i < LINES; i++) {
		const char *stamp = i % 3 ? "2026-11-20T10:%02d:%02d+00:00" : "Nov 20 10:%02d:%02d";
		n += (size_t)snprintf(p + n, 64, stamp, i / 600 % 60, i / 10 % 60);
		switch (i % 6) {
		case 0:
			n += (size_t)snprintf(p + n, 100, " mx%d postfix/smtpd[%d]: connect from a[192.0.2.%d]\n",
			                      i % 2, i, i % 250);
			break;
		case 1:
			n += (size_t)snprintf(p + n, 100, " mx1 postfix/smtpd[7]: 4F%05X1: client=a[192.0.2.1]\n", i);
			break;
		case 2: n += (size_t)snprintf(p + n, 100, " mx1 nobody knows %d\n", i); break;
		case 3: n += (size_t)snprintf(p + n, 100, " mx1 postfix/qmgr[7]: 4F%05X1: removed\n", i); break;
		case 4:
			n += (size_t)snprintf(p + n, 100, " mx1 postfix/postscreen[7]: PASS OLD [192.0.2.1]:%d\n", i);
			break;
		default: p[n++] = '\0'; p[n++] = '\n';
		}
		if (i == 7777) {
			memset(p + n, 'x', INPUT_LINE_MAX + 5000);
			n += INPUT_LINE_MAX + 5000;
			p[n++] = '\n';
		}
	}
	put(name, p, n);
	free(p);
	return n;
}

static void same_text(struct slice a, struct slice b)
{
	assert_int_equal(slice_is_set(a), slice_is_set(b));
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
}

static void same_line(const struct parsed *a, int64_t a_off, const struct parsed *b, int64_t b_off)
{
	assert_int_equal(a_off, b_off);
	same_text(a->bytes, b->bytes);
	assert_int_equal(a->line.form, b->line.form);
	assert_int_equal(a->line.stamp.us, b->line.stamp.us);
	assert_int_equal(a->line.pid, b->line.pid);
	same_text(a->line.host, b->line.host);
	assert_int_equal(a->rec.kind, b->rec.kind);
	assert_int_equal(a->rec.shape, b->rec.shape);
	same_text(a->rec.queue_id, b->rec.queue_id);
	assert_ptr_equal(b->rec.line, &b->line);
}

/* What one reads line by line, and the reader in pieces, must be the same to the byte. */
static void read_ahead_and_read_here_are_the_same(void **state)
{
	struct input *here, *ahead;
	struct syslog_frame frame, start;
	struct input_block block = {.bytes = SLICE_NONE};
	struct piece one;
	const struct piece *p;
	size_t size = make_log("mail.log.1"), lines = 0, bytes = 0, all_passed = 0;

	(void)state;
	here = open_these("mail.log.1", 2026);
	ahead = open_these("mail.log.1", 2026);
	assert_int_equal(input_start(here, 0, 0, NULL, 0), INPUT_OK);
	assert_int_equal(input_start(ahead, 0, 0, NULL, 0), INPUT_OK);
	syslog_init(&start, 2026);
	frame = start;
	piece_init(&one);
	struct reader *r = reader_start(ahead, &start, NULL);
	assert_non_null(r);
	while ((p = reader_next(r))->next == INPUT_BLOCK) {
		uint32_t passed[RECORD_KIND_COUNT] = {0};
		size_t kept = 0;
		assert_int_not_equal(p->lines, 0);
		for (size_t i = 0; i < p->lines; i++) {
			if (block.bytes.n == 0)
				assert_int_equal(input_next(here, true, &block), INPUT_BLOCK);
			piece_fill(&one, &frame, &block, 1); /* whose first line is always kept */
			assert_int_equal(one.kept, 1);
			struct parsed x, y;
			piece_line(&one, 0, &x);
			if (kept < p->kept && p->line[kept].number == i) {
				piece_line(p, kept++, &y);
				same_line(&x, one.block.off, &y, p->block.off + (y.bytes.p - p->block.bytes.p));
			} else {
				assert_false(tracker_asks(x.rec.kind));
				passed[x.rec.kind]++;
				all_passed++;
			}
			bytes += (size_t)(one.block.next - one.block.off);
		}
		lines += p->lines;
		assert_int_equal(kept, p->kept);
		assert_memory_equal(passed, p->passed, sizeof passed);
		assert_int_equal(one.block.next, p->block.next);
		assert_int_equal(one.block.skipped, p->block.skipped);
		assert_int_equal(frame.clock.last_us, p->frame.clock.last_us);
	}
	assert_true(all_passed > LINES / 10);
	assert_int_equal(p->next, INPUT_END);
	assert_ptr_equal(reader_next(r), p);
	assert_int_equal(block.bytes.n, 0);
	assert_int_equal(input_next(here, true, &block), INPUT_END);
	assert_int_equal(lines, LINES + 1);
	assert_int_equal(bytes, size);
	assert_null(reader_stop(r));
	piece_release(&one);
	input_close(here);
	input_close(ahead);
}

/* Who makes pieces for a lean reader. */
static struct writer *helper;

static void nudge(void *arg)
{
	(void)arg;
	writer_nudge(helper);
}

static struct reader *start_lean(struct input *in, const struct syslog_frame *frame)
{
	struct reader *r = reader_lean(in, frame, NULL, nudge, NULL);

	writer_spare(helper, reader_make, r);
	return r;
}

/*
 * A caller in a hurry makes pieces himself, one who is slow makes none, and a lean reader without its helper has only
 * him; all get the same.
 */
static void it_does_not_matter_who_makes_a_piece(void **state)
{
	struct syslog_frame frame;
	size_t size = make_log("mail.log.1");

	(void)state;
	helper = writer_new();
	assert_non_null(helper);
	for (int slow = 0; slow < 45; slow++) {
		struct input *in = open_these("mail.log.1", 2026);
		assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
		syslog_init(&frame, 2026);
		struct reader *r = slow < 15   ? reader_start(in, &frame, NULL)
		                   : slow < 30 ? start_lean(in, &frame)
		                               : reader_lean(in, &frame, NULL, nudge, NULL);
		assert_non_null(r);
		size_t lines = 0;
		int64_t at = 0;
		const struct piece *p;
		while ((p = reader_next(r))->next == INPUT_BLOCK) {
			assert_int_equal(p->block.off, at);
			at = p->block.next;
			lines += p->lines;
			if (slow % 3)
				usleep(slow % 3 == 1 ? 20 : 300);
		}
		assert_int_equal(p->next, INPUT_END);
		assert_int_equal(lines, LINES + 1);
		assert_int_equal(at, size);
		writer_spare(helper, NULL, NULL);
		assert_null(reader_stop(r));
		input_close(in);
	}
	helper = writer_free(helper);
}

static void a_reader_can_be_stopped_before_the_end(void **state)
{
	struct syslog_frame frame;

	(void)state;
	make_log("mail.log.1");
	for (int taken = 0; taken < 4; taken++) {
		struct input *in = open_these("mail.log.1", 2026);
		assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
		syslog_init(&frame, 2026);
		struct reader *r = reader_start(in, &frame, NULL);
		assert_non_null(r);
		for (int i = 0; i < taken; i++)
			assert_int_equal(reader_next(r)->next, INPUT_BLOCK);
		assert_null(reader_stop(r));
		input_close(in);
	}
}

static void a_piece_has_no_more_lines_than_asked_for(void **state)
{
	struct input_block block = {.bytes = SLICE("a\nb\nc\nd"), .off = 100, .next = 107, .unterminated = true};
	struct syslog_frame frame;
	struct piece p;
	struct parsed third;

	(void)state;
	syslog_init(&frame, 2026);
	piece_init(&p);
	piece_fill(&p, &frame, &block, 3);
	assert_int_equal(p.lines, 3);
	assert_int_equal(p.block.off, 100);
	assert_int_equal(p.block.next, 106);
	assert_false(p.block.unterminated);
	piece_line(&p, 2, &third);
	assert_true(slice_eq(third.bytes, SLICE("c")));
	assert_int_equal(block.off, 106);
	piece_fill(&p, &frame, &block, 3);
	assert_int_equal(p.lines, 1);
	assert_int_equal(p.block.next, 107);
	assert_true(p.block.unterminated);
	assert_int_equal(block.bytes.n, 0);
	piece_release(&p);
}

/* What stands behind an action line tells that a repetition is not of that. */
static void the_line_behind_an_action_line_is_kept(void **state)
{
#define SCREEN "Oct 10 12:00:01 mx1 postfix/postscreen[9]: PASS OLD [192.0.2.7]:25\n"
#define OTHER_HOST "Oct 10 12:00:01 mx2 postfix/postscreen[9]: PASS OLD [192.0.2.7]:25\n"
#define WARN                                                                                              \
	"Oct 10 12:00:01 mx1 postfix/smtpd[8]: NOQUEUE: warn: RCPT from unknown[192.0.2.7]: *** Invalid " \
	"Inbound Sender ***; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<e>\n"
	static const char text[] = SCREEN OTHER_HOST SCREEN OTHER_HOST WARN OTHER_HOST SCREEN SCREEN
	    "Oct 10 12:00:01 mx1 last message repeated 2 times\n" SCREEN SCREEN "garbage\n";
	static const size_t numbers[] = {0, 1, 4, 6, 8, 9, 11};
	struct input_block block = {.bytes = slice_str(text), .off = 0, .next = sizeof text - 1};
	struct syslog_frame frame;
	struct piece p;

	(void)state;
	syslog_init(&frame, 2026);
	piece_init(&p);
	piece_fill(&p, &frame, &block, PIECE_LINES);
	assert_int_equal(p.lines, 12);
	assert_int_equal(p.kept, sizeof numbers / sizeof *numbers);
	for (size_t i = 0; i < p.kept; i++)
		assert_int_equal(p.line[i].number, numbers[i]);
	assert_int_equal(p.passed[RECORD_SCREEN], 5);
	piece_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(read_ahead_and_read_here_are_the_same),
	    cmocka_unit_test(it_does_not_matter_who_makes_a_piece),
	    cmocka_unit_test(a_reader_can_be_stopped_before_the_end),
	    cmocka_unit_test(a_piece_has_no_more_lines_than_asked_for),
	    cmocka_unit_test(the_line_behind_an_action_line_is_kept),
	};

	shapes_init();
	return cmocka_run_group_tests(tests, setup, teardown);
}
