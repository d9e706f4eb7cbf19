#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "input_fixture.h"

#define LIMIT INPUT_LINE_MAX

/* A stream put together again from its blocks. */
struct whole {
	char *p;
	size_t n;
	size_t cut; /* lines */
	int64_t skipped;
	bool unterminated;
	enum input_next how;
};

/* Reads on to the end; every block must be whole lines, and follow the one before. */
static struct whole read_all(struct input *in, int64_t off)
{
	struct whole w = {0};
	struct input_block b;

	while ((w.how = input_next(in, true, &b)) == INPUT_BLOCK) {
		assert_int_equal(b.off, off);
		assert_int_equal(b.next, b.off + (int64_t)b.bytes.n + b.skipped);
		assert_true(b.bytes.n > 0);
		assert_false(w.unterminated);
		if (!b.unterminated)
			assert_int_equal(b.bytes.p[b.bytes.n - 1], '\n');
		w.p = xrealloc(w.p, w.n + b.bytes.n);
		memcpy(w.p + w.n, b.bytes.p, b.bytes.n);
		w.n += b.bytes.n;
		w.cut += b.skipped > 0;
		w.skipped += b.skipped;
		w.unterminated = b.unterminated;
		off = b.next;
	}
	assert_int_not_equal(w.how, INPUT_AGAIN);
	return w;
}

static void expect_bytes(struct whole w, const char *p, size_t n)
{
	assert_int_equal(w.n, n);
	if (n)
		assert_memory_equal(w.p, p, n);
	free(w.p);
}

/* n bytes of lines of uneven length, NULs among them, the last byte a newline. */
static char *make_lines(size_t n)
{
	char *p = xmalloc(n);
	unsigned seed = 7;

	for (size_t i = 0; i < n; i++) {
		seed = seed * 1103515245u + 12345u;
		p[i] = (seed >> 16) % 160 == 0 ? '\n' : (char)(seed >> 24);
	}
	p[n - 1] = '\n';
	return p;
}

static void blocks_make_up_exactly_the_file(void **state)
{
	static const size_t around[] = {1, LIMIT, 262144, LIMIT + 262144, 2 * 262144, 1000000};

	(void)state;
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		for (size_t n = around[i]; n <= around[i] + 2; n++) {
			char *p = make_lines(n);
			struct input *in;

			put("a.log", p, n);
			in = open_these("a.log", 0);
			assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
			expect_bytes(read_all(in, 0), p, n);
			assert_null(input_trouble(in));
			input_close(in);
			free(p);
		}
	}
}

static void a_line_at_the_limit_is_whole_and_one_byte_more_is_cut(void **state)
{
	(void)state;
	/* `before` shifts the line across the block boundaries. */
	for (size_t before = 0; before < 700000; before += 65521) {
		for (size_t len = LIMIT - 1; len <= LIMIT + 2; len++) {
			size_t n = before + len + 1 + 4, over = len > LIMIT ? len - LIMIT : 0;
			char *p = before ? make_lines(n) : xmalloc(n);
			struct input *in;
			struct whole w;

			if (before)
				p[before - 1] = '\n';
			memset(p + before, 'x', len);
			memcpy(p + before + len, "\nend\n", 5);
			put("a.log", p, n);
			in = open_these("a.log", 0);
			input_start(in, 0, 0, NULL, 0);
			w = read_all(in, 0);
			assert_int_equal(w.skipped, over);
			assert_int_equal(w.cut, over > 0);
			memmove(p + before + len - over, p + before + len, 5);
			expect_bytes(w, p, n - over);
			input_close(in);
			free(p);
		}
	}
}

static void a_line_of_ten_megabytes_is_cut_and_its_rest_counted(void **state)
{
	size_t len = 10000000;
	char *p = xmalloc(len + 20);
	struct input *in;
	struct input_block b;

	(void)state;
	memcpy(p, "first\n", 6);
	memset(p + 6, 'y', len);
	memcpy(p + 6 + len, "\nlast\n", 6);
	put("a.log", p, len + 12);
	run("gzip -k a.log");
	for (int packed = 0; packed < 2; packed++) {
		in = open_these(packed ? "a.log.gz" : "a.log", 0);
		input_start(in, 0, 0, NULL, 0);
		assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
		assert_true(slice_eq(b.bytes, SLICE("first\n")));
		assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
		assert_int_equal(b.bytes.n, LIMIT + 1);
		assert_int_equal(b.off, 6);
		assert_int_equal(b.skipped, len - LIMIT);
		assert_int_equal(b.next, 6 + len + 1);
		assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
		assert_true(slice_eq(b.bytes, SLICE("last\n")));
		assert_int_equal(b.off, 6 + len + 1);
		assert_int_equal(input_next(in, true, &b), INPUT_END);
		input_close(in);
	}
	free(p);
}

static void an_endless_line_stays_in_a_live_file_and_ends_a_rotated_one(void **state)
{
	size_t n = 1000000;
	char *p = xmalloc(n);
	struct input_block b;
	struct input *in;

	(void)state;
	memset(p, 'z', n);
	put("a.log", p, n);
	put("b.log.1", p, n);
	in = open_these("a.log", 0);
	input_start(in, 0, 0, NULL, 0);
	assert_int_equal(input_next(in, true, &b), INPUT_END);
	input_close(in);
	in = open_these("b.log.1", 0);
	input_start(in, 0, 0, NULL, 0);
	assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
	assert_true(b.unterminated);
	assert_int_equal(b.bytes.n, LIMIT);
	assert_int_equal(b.skipped, n - LIMIT);
	assert_int_equal(b.next, n);
	assert_int_equal(input_next(in, true, &b), INPUT_END);
	input_close(in);
	free(p);
}

static void a_half_line_waits_in_a_live_file_and_is_read_when_completed(void **state)
{
	struct input_block b;
	struct input *in;

	(void)state;
	put_text("mail.log", "one\ntw");
	in = open_these("mail.log", 0);
	input_start(in, 0, 0, NULL, 0);
	assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
	assert_true(slice_eq(b.bytes, SLICE("one\n")));
	assert_int_equal(input_next(in, true, &b), INPUT_END);
	run("printf 'o\\nth' >> mail.log");
	assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
	assert_true(slice_eq(b.bytes, SLICE("two\n")));
	assert_int_equal(b.off, 4);
	assert_false(b.unterminated);
	assert_int_equal(input_next(in, true, &b), INPUT_END);
	input_close(in);
}

static void a_half_line_of_a_finished_file_is_given_out_as_unterminated(void **state)
{
	static const char *const names[] = {"mail.log.1", "mail.log-20261122", "p.gz"};

	(void)state;
	put_text("mail.log.1", "one\ntw");
	put_text("mail.log-20261122", "one\ntw");
	put_text("p", "one\ntw");
	run("gzip p");
	for (size_t i = 0; i < 3; i++) {
		struct input *in = open_these(names[i], 0);
		struct whole w;

		input_start(in, 0, 0, NULL, 0);
		w = read_all(in, 0);
		assert_true(w.unterminated);
		assert_int_equal(w.how, INPUT_END);
		expect_bytes(w, "one\ntw", 6);
		input_close(in);
	}
}

static void magic_numbers_decide_and_not_names(void **state)
{
	static const struct {
		const char *make, *name;
		enum input_pack pack;
	} rows[] = {
	    {"gzip -c src > x.log", "x.log", INPUT_GZ},   {"bzip2 -c src > x.gz", "x.gz", INPUT_BZ2},
	    {"xz -c src > x.1", "x.1", INPUT_XZ},         {"zstd -qc src > x.zst", "x.zst", INPUT_ZST},
	    {"cp src plain.gz", "plain.gz", INPUT_PLAIN}, {"(gzip -c src; gzip -c src) > two.gz", "two.gz", INPUT_GZ},
	};
	size_t n = 700000;
	char *p = make_lines(2 * n);

	(void)state;
	p[n - 1] = '\n';
	memcpy(p + n, p, n);
	put("src", p, n);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct input *in;

		run("%s", rows[i].make);
		in = open_these(rows[i].name, 0);
		assert_int_equal(input_about(in, 0)->pack, rows[i].pack);
		assert_int_equal(input_about(in, 0)->head_n, INPUT_HEAD);
		assert_memory_equal(input_about(in, 0)->head, p, INPUT_HEAD);
		assert_false(input_about(in, 0)->head_whole);
		input_start(in, 0, 0, NULL, 0);
		expect_bytes(read_all(in, 0), p, i == 5 ? 2 * n : n);
		assert_null(input_trouble(in));
		input_close(in);
	}
	free(p);
}

static void a_damaged_file_says_so_and_gives_its_good_lines(void **state)
{
	static const char *const ways[] = {
	    "gzip -c src | head -c 200000 > cut.gz",
	    "xz -c src | head -c 200000 > cut.gz",
	    "zstd -qc src | head -c 200000 > cut.gz",
	    "bzip2 -c src | head -c 500000 > cut.gz",
	};
	size_t n = 1500000;
	char *p = make_lines(n);

	(void)state;
	put("src", p, n);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct input *in;
		struct whole w;

		run("%s", ways[i]);
		in = open_these("cut.gz", 0);
		assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
		w = read_all(in, 0);
		assert_int_equal(w.how, INPUT_ERROR);
		assert_false(w.unterminated);
		assert_true(w.n < n);
		if (i < 3)
			assert_true(w.n > 0);
		assert_non_null(input_trouble(in));
		assert_int_equal(strncmp(input_trouble(in), "compressed file damaged: ", 25), 0);
		assert_true(strlen(input_trouble(in)) > 30);
		expect_bytes(w, p, w.n);
		input_close(in);
	}
	free(p);
}

static void a_gzip_file_cut_at_any_byte_never_gives_part_of_a_line(void **state)
{
	const char *text = ISO("20", "connect from a[192.0.2.1]") ISO("21", "disconnect from a[192.0.2.1]");
	struct stat st;

	(void)state;
	put_text("s", text);
	run("gzip -k s");
	assert_int_equal(stat(at("s.gz"), &st), 0);
	for (int len = 2; len < (int)st.st_size; len += 3) {
		struct input *in;
		struct whole w;

		run("head -c %d s.gz > c.gz", len);
		in = open_these("c.gz", 0);
		input_start(in, 0, 0, NULL, 0);
		w = read_all(in, 0);
		assert_int_equal(w.how, INPUT_ERROR);
		assert_true(w.n == 0 || w.p[w.n - 1] == '\n');
		assert_true(w.n <= strlen(text));
		expect_bytes(w, text, w.n);
		input_close(in);
	}
}

static void garbage_behind_a_gzip_file_is_no_trouble(void **state)
{
	struct input *in;

	(void)state;
	put_text("s", "one\ntwo\n");
	run("gzip s && printf 'garbage\\n' >> s.gz");
	in = open_these("s.gz", 0);
	input_start(in, 0, 0, NULL, 0);
	expect_bytes(read_all(in, 0), "one\ntwo\n", 8);
	assert_null(input_trouble(in));
	input_close(in);
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void leaving_a_compressed_file_early_leaves_no_child_and_no_descriptor(void **state)
{
	size_t n = 5000000;
	char *p = make_lines(n);
	struct input_block b;
	int before = open_descriptors();
	struct input *in;

	(void)state;
	put("s", p, n);
	run("gzip -1 s");
	in = open_these("s.gz", 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
		assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
	}
	input_close(in);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(open_descriptors(), before);
	free(p);
}

static void what_cannot_be_read_is_one_line_each_and_the_rest_goes_on(void **state)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	const char *paths[] = {at("none.log"), at("sub"), at("ok.log"), "/dev/zero", at("sock"), at("bad\x1bname")};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct input *in;
	char want[700];
	size_t bad, lines = 0;

	(void)state;
	run("mkdir sub");
	put_text("ok.log", "x\n");
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.90s/sock", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	in = open_paths(paths, 6, 0, &bad);
	assert_int_equal(bad, 5);
	assert_int_equal(input_count(in), 1);
	assert_string_equal(name_of(in, 0), "ok.log");
	snprintf(want, sizeof(want), "wouldblock: cannot read %s: is a directory\n", paths[1]);
	assert_non_null(strstr(said, want));
	snprintf(want, sizeof(want), "cannot read %s: No such file or directory\n", paths[0]);
	assert_non_null(strstr(said, want));
	assert_non_null(strstr(said, "cannot read /dev/zero: is a device\n"));
	assert_non_null(strstr(said, "/sock: is a socket"));
	assert_non_null(strstr(said, "/bad\\x1bname: "));
	for (const char *q = said; (q = strchr(q, '\n')); q++)
		lines++;
	assert_int_equal(lines, 5);
	input_close(in);
	close(fd);
}

static void an_empty_file_is_kept_without_a_head(void **state)
{
	struct input_block b;
	struct input *in;

	(void)state;
	put_text("mail.log", "");
	in = open_these("mail.log", 0);
	assert_int_equal(input_count(in), 1);
	assert_int_equal(input_about(in, 0)->head_n, 0);
	assert_true(input_about(in, 0)->head_whole);
	assert_true(input_about(in, 0)->first_us == STAMP_NONE);
	assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
	assert_int_equal(input_next(in, true, &b), INPUT_END);
	input_close(in);
}

static void one_file_under_two_names_is_read_once_with_a_note(void **state)
{
	struct input *in;

	(void)state;
	put_text("mail.log", ISO("20", "x"));
	run("ln mail.log link.log; ln -s mail.log sym.log");
	in = open_these("mail.log link.log sym.log mail.log", 0);
	assert_int_equal(input_count(in), 1);
	assert_string_equal(name_of(in, 0), "mail.log");
	assert_non_null(strstr(said, "link.log is the same file as "));
	input_close(in);
}

static void reading_goes_on_behind_a_seam_that_fits(void **state)
{
	size_t n = 900000;
	char *p = make_lines(n);
	static const char *const names[] = {"s", "s.gz"};

	(void)state;
	put("s", p, n);
	run("gzip -k s");
	for (size_t k = 0; k < 2; k++) {
		struct input *in = open_these(names[k], 0);

		for (size_t off = 1; off <= n; off += 149993) {
			size_t seam = off < INPUT_SEAM ? off : INPUT_SEAM;
			char before[INPUT_SEAM];

			while (p[off - 1] != '\n')
				off++;
			memcpy(before, p + off - seam, seam);
			assert_int_equal(input_start(in, 0, (int64_t)off, before, seam), INPUT_OK);
			expect_bytes(read_all(in, (int64_t)off), p + off, n - off);
			before[0] ^= 1;
			assert_int_equal(input_start(in, 0, (int64_t)off, before, seam), INPUT_MISMATCH);
		}
		assert_int_equal(input_start(in, 0, (int64_t)n, p + n - 10, 10), INPUT_OK);
		assert_int_equal(input_start(in, 0, (int64_t)n + 1, p + n - 10, 10), INPUT_SHORT);
		assert_int_equal(input_start(in, 0, (int64_t)n + 1000000, p, 10), INPUT_SHORT);
		input_close(in);
	}
	free(p);
}

static void a_seam_gathered_from_single_bytes_is_right(void **state)
{
	/* A FIFO that gives one byte at a time: the kept tail is put together from many reads. */
	const char *text = "alpha\nbeta\ngamma\n";
	const char *path = at("fifo");
	struct input *in;
	size_t bad;
	pid_t pid;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(path, O_WRONLY);

		for (const char *q = text; *q; q++) {
			if (write(fd, q, 1) != 1)
				_exit(1);
			usleep(2000);
		}
		_exit(0);
	}
	in = open_paths(&path, 1, 0, &bad);
	assert_int_equal(bad, 0);
	assert_int_equal(input_about(in, 0)->pack, INPUT_STDIN);
	assert_int_equal(input_about(in, 0)->size, -1);
	assert_int_equal(input_start(in, 0, 11, "a\nbeta\n", 7), INPUT_OK);
	expect_bytes(read_all(in, 11), "gamma\n", 6);
	assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_FAILED);
	assert_non_null(input_trouble(in));
	input_close(in);
	waitpid(pid, NULL, 0);
}

/* Stdin is a pipe whose other end is returned; the old one comes back by stdin_back. */
static int old_stdin;

static int stdin_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	old_stdin = dup(STDIN_FILENO);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	return fds[1];
}

static void stdin_back(void)
{
	dup2(old_stdin, STDIN_FILENO);
	close(old_stdin);
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void stdin_answers_again_while_nothing_is_there(void **state)
{
	const char *path = "-";
	int64_t bytes, done, total;
	struct input_block b;
	int fd = stdin_pipe();
	struct input *in;
	size_t bad;

	(void)state;
	say(fd, BSD("Nov 20") "ha");
	in = open_paths(&path, 1, 0, &bad);
	assert_int_equal(bad, 0);
	expect_year(in, 0, 0, true);
	assert_int_equal(input_about(in, 0)->head_n, strlen(BSD("Nov 20")) + 2);
	assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
	assert_int_equal(input_next(in, false, &b), INPUT_BLOCK);
	assert_true(slice_eq(b.bytes, SLICE(BSD("Nov 20"))));
	assert_int_equal(input_next(in, false, &b), INPUT_AGAIN);
	say(fd, "lf\nrest");
	assert_int_equal(input_next(in, false, &b), INPUT_BLOCK);
	assert_true(slice_eq(b.bytes, SLICE("half\n")));
	assert_int_equal(input_next(in, false, &b), INPUT_AGAIN);
	close(fd);
	assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
	assert_true(b.unterminated);
	assert_true(slice_eq(b.bytes, SLICE("rest")));
	assert_int_equal(input_next(in, true, &b), INPUT_END);
	input_progress(in, &bytes, &done, &total);
	assert_int_equal(bytes, strlen(BSD("Nov 20")) + 9);
	assert_int_equal(total, -1);
	input_close(in);
	stdin_back();
}

static void stdin_takes_the_given_year(void **state)
{
	const char *path = "-";
	int fd = stdin_pipe();
	struct input *in;
	size_t bad;

	(void)state;
	say(fd, BSD("Feb 29"));
	close(fd);
	in = open_paths(&path, 1, 2024, &bad);
	expect_year(in, 0, 2024, false);
	input_close(in);
	stdin_back();
}

static void compressed_bytes_on_stdin_are_refused_in_plain_words(void **state)
{
	const char *path = "-";
	int fd = stdin_pipe();
	struct input *in;
	size_t bad;

	(void)state;
	say(fd, "\x1f\x8b\x08 whatever\n");
	close(fd);
	in = open_paths(&path, 1, 0, &bad);
	assert_int_equal(bad, 1);
	assert_non_null(strstr(said, "cannot read -: compressed data on a pipe"));
	input_close(in);
	stdin_back();
}

static void progress_counts_the_bytes_on_disk(void **state)
{
	size_t n = 3000000;
	char *p = make_lines(n);
	int64_t bytes, done, total;
	struct input_block b;
	struct input *in;

	(void)state;
	put("a", p, n);
	put("b", p, n);
	in = open_these("a b", 0);
	input_start(in, 0, 0, NULL, 0);
	input_next(in, true, &b);
	input_progress(in, &bytes, &done, &total);
	assert_int_equal(bytes, b.next);
	assert_int_equal(total, 2 * n);
	assert_true(done >= b.next && done < (int64_t)n);
	free(read_all(in, b.next).p);
	input_start(in, 1, 0, NULL, 0);
	free(read_all(in, 0).p);
	input_progress(in, &bytes, &done, &total);
	assert_int_equal(bytes, 2 * n);
	assert_int_equal(done, total);
	input_close(in);
	free(p);
}

/* ------------------------------------------------------------------ truncated under us */

/* Another content for the same file: its inode stays. */
static void rewrite(const char *name, const char *bytes, size_t n)
{
	int fd = open(at(name), O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static void a_file_truncated_after_it_was_looked_at_is_not_begun(void **state)
{
	static const char *const then[] = {"", "x", "another\n", "another line of the same size\n",
	                                   "another line, and it is a longer one\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(then) / sizeof(then[0]); i++) {
		put_text("mail.log", "the first line\nand the second\n");
		struct input *in = open_these("mail.log", 0);
		rewrite("mail.log", then[i], strlen(then[i]));
		assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_CHANGED);
		assert_int_equal(input_start(in, 0, 15, "line\n", 5), INPUT_CHANGED);
		assert_null(input_look(in));
		assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
		input_close(in);
	}
}

static void a_file_that_only_grew_since_it_was_looked_at_is_begun(void **state)
{
	struct input *in;

	(void)state;
	put_text("mail.log", "the fi");
	in = open_these("mail.log", 0);
	run("printf 'rst line\\n' >> mail.log");
	assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
	expect_bytes(read_all(in, 0), "the first line\n", 15);
	input_close(in);
}

/* However the new content lies to the place that was reached: shorter, as long, longer. */
static void no_byte_is_given_out_that_was_written_behind_a_truncation(void **state)
{
	static const size_t sizes[] = {0, 1000, 600000, 600001, 700000};
	size_t n = 600000;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *before = make_lines(n), *after = xmalloc(sizes[i] + 1);
		struct input_block b;
		struct input *in;

		for (size_t k = 0; k < sizes[i]; k++)
			after[k] = k % 60 == 59 ? '\n' : 'n';
		put("mail.log", before, n);
		in = open_these("mail.log", 0);
		assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
		assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
		rewrite("mail.log", after, sizes[i]);
		assert_memory_equal(b.bytes.p, before, b.bytes.n);
		assert_int_equal(input_next(in, true, &b), INPUT_ERROR);
		assert_string_equal(input_trouble(in), "truncated while it was read");
		assert_int_equal(input_next(in, true, &b), INPUT_ERROR);
		input_close(in);
		free(before);
		free(after);
	}
}

/* The end of a line that is too long is not kept, and blocks may be a few bytes: the place is known by what there is. */
static void what_grows_behind_blocks_of_any_size_is_the_same_file(void **state)
{
	static const size_t pieces[] = {1, 2, 3, 255, 256, 257, LIMIT + 1, 1, 300000, 5};
	struct input_block b;
	struct input *in;
	size_t at = 0;

	(void)state;
	put_text("mail.log", "");
	in = open_these("mail.log", 0);
	assert_int_equal(input_start(in, 0, 0, NULL, 0), INPUT_OK);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		run("{ head -c %zu /dev/zero | tr '\\0' '%c'; echo; } >> mail.log", pieces[i], (int)('a' + i));
		assert_int_equal(input_next(in, true, &b), INPUT_BLOCK);
		assert_int_equal(b.off, at);
		at = (size_t)b.next;
		assert_int_equal(input_next(in, true, &b), INPUT_END);
	}
	put_text("mail.log", "");
	run("head -c 500000 /dev/zero | tr '\\0' '\\n' > mail.log");
	assert_int_equal(input_next(in, true, &b), INPUT_ERROR);
	input_close(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(blocks_make_up_exactly_the_file),
	    T(a_line_at_the_limit_is_whole_and_one_byte_more_is_cut),
	    T(a_line_of_ten_megabytes_is_cut_and_its_rest_counted),
	    T(an_endless_line_stays_in_a_live_file_and_ends_a_rotated_one),
	    T(a_half_line_waits_in_a_live_file_and_is_read_when_completed),
	    T(a_half_line_of_a_finished_file_is_given_out_as_unterminated),
	    T(magic_numbers_decide_and_not_names),
	    T(a_damaged_file_says_so_and_gives_its_good_lines),
	    T(a_gzip_file_cut_at_any_byte_never_gives_part_of_a_line),
	    T(garbage_behind_a_gzip_file_is_no_trouble),
	    T(leaving_a_compressed_file_early_leaves_no_child_and_no_descriptor),
	    T(what_cannot_be_read_is_one_line_each_and_the_rest_goes_on),
	    T(an_empty_file_is_kept_without_a_head),
	    T(one_file_under_two_names_is_read_once_with_a_note),
	    T(reading_goes_on_behind_a_seam_that_fits),
	    T(a_seam_gathered_from_single_bytes_is_right),
	    T(stdin_answers_again_while_nothing_is_there),
	    T(stdin_takes_the_given_year),
	    T(compressed_bytes_on_stdin_are_refused_in_plain_words),
	    T(progress_counts_the_bytes_on_disk),
	    T(a_file_truncated_after_it_was_looked_at_is_not_begun),
	    T(a_file_that_only_grew_since_it_was_looked_at_is_begun),
	    T(no_byte_is_given_out_that_was_written_behind_a_truncation),
	    T(what_grows_behind_blocks_of_any_size_is_the_same_file),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
