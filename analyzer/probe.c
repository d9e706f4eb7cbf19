#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "../parsers/syslog.h"
#include "msg.h"
#include "unpack.h"

#define READ_TRIES 3            /* after EIO (P11), EAGAIN (P13) */
#define LOOK 65536              /* how far we look for a first stamp */
#define SAMPLE_ABOVE (16 << 20) /* larger plain files are sampled */
#define SAMPLE_STEP 65536
#define SAMPLE_SIZE 4096 /* enough to hold the start of a next line */
#define LEAP_YEAR 1972   /* in which 29 Feb is a good stamp, whatever the year will be */

#define REFUSED_LINK "is a symbolic link, which --no-follow refuses"

static _Atomic bool refuses_links;

void input_refuse_links(void)
{
	refuses_links = true;
}

bool input_is_refused_link(const char *path)
{
	struct stat st;

	return refuses_links && lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

bool probe_is_pipe(const struct input_file *f)
{
	return f->about.pack == INPUT_STDIN;
}

/* The next bytes of a file, or of what its child makes of it. */
static ssize_t read_some(int fd, struct unpack *child, char *buf, size_t n)
{
	return child ? unpack_read(child, buf, n) : read(fd, buf, n);
}

/* Until the buffer is full or the stream ends. An error is an end: reading will meet it again. */
static size_t read_full(int fd, struct unpack *child, char *buf, size_t cap)
{
	size_t n = 0;
	int tries = 0;

	while (n < cap) {
		ssize_t got = read_some(fd, child, buf + n, cap - n);

		if (got < 0 && (errno == EINTR || ((errno == EIO || errno == EAGAIN) && ++tries < READ_TRIES)))
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return n;
}

static size_t pread_full(int fd, char *buf, size_t cap, int64_t off)
{
	size_t n = 0;
	int tries = 0;

	while (n < cap) {
		ssize_t got = pread(fd, buf + n, cap - n, off + (int64_t)n);

		if (got < 0 && (errno == EINTR || ((errno == EIO || errno == EAGAIN) && ++tries < READ_TRIES)))
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return n;
}

/*
 * A pipe gives its first complete line when it pleases; we wait. A signal ends
 * the wait: whoever sent it wants something else of us than a good head.
 */
static void wait_first_line(struct input_file *f)
{
	struct pollfd p = {.fd = f->fd, .events = POLLIN};

	while (f->early_n < LOOK && !memchr(f->early, '\n', f->early_n)) {
		ssize_t got;

		if (poll(&p, 1, -1) < 0)
			return;
		got = read(f->fd, f->early + f->early_n, LOOK - f->early_n);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		f->early_end = got <= 0;
		if (got <= 0)
			return;
		f->early_n += (size_t)got;
	}
}

static const char *why_not(mode_t mode)
{
	if (S_ISREG(mode) || S_ISFIFO(mode))
		return NULL;
	if (S_ISDIR(mode))
		return "is a directory";
	return S_ISSOCK(mode) ? "is a socket" : "is a device";
}

/* What the descriptor says of the file. NULL, or why it cannot be read. */
static const char *take_stock(struct input_file *f)
{
	struct input_about *a = &f->about;
	bool is_stdin = strcmp(a->path, "-") == 0;
	const char *why;
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return strerror(errno);
	why = why_not(st.st_mode);
	errno = 0;
	if (why && !(is_stdin && !S_ISDIR(st.st_mode)))
		return why;
	a->dev = st.st_dev;
	a->ino = st.st_ino;
	a->mtime_us = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
	a->size = is_stdin || S_ISFIFO(st.st_mode) ? -1 : st.st_size;
	a->content = a->size;
	a->pack = a->size < 0 ? INPUT_STDIN : INPUT_PLAIN;
	return NULL;
}

/* Opens and decides on the descriptor, never on the name (faults.md 1.4). NULL, or why not. */
static const char *open_file(struct input_file *f)
{
	const char *path = f->about.path;
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (refuses_links ? O_NOFOLLOW : 0);

	do
		f->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, flags);
	while (f->fd < 0 && errno == EINTR);
	if (f->fd < 0 && errno == ELOOP && input_is_refused_link(path))
		return REFUSED_LINK;
	/* What open(2) says of a socket helps nobody. */
	if (f->fd < 0)
		return errno == ENXIO ? "is a socket or a device" : strerror(errno);
	return take_stock(f);
}

/* The last four bytes of a gz; of several members they tell only of the last. */
static int64_t packed_content(const struct input_file *f)
{
	unsigned char end[4];

	if (f->about.pack != INPUT_GZ || f->about.size < 18 ||
	    pread_full(f->fd, (char *)end, sizeof(end), f->about.size - 4) != sizeof(end))
		return -1;
	return (int64_t)end[0] | (int64_t)end[1] << 8 | (int64_t)end[2] << 16 | (int64_t)end[3] << 24;
}

/* The first LOOK bytes of a compressed file's contents, by a child that is sent away again. */
static const char *look_inside(struct input_file *f, char *buf, size_t *n)
{
	static _Thread_local char why[256];
	struct unpack u;

	f->about.content = packed_content(f);
	if (!unpack_start(&u, f->about.pack, f->fd, why, sizeof(why)))
		return why;
	*n = read_full(-1, &u, buf, LOOK);
	unpack_stop(&u);
	return NULL;
}

/* Reads the beginning into buf. NULL, or why it cannot be. */
static const char *look(struct input_file *f, char *buf, size_t *n)
{
	if (probe_is_pipe(f)) {
		f->early = buf;
		wait_first_line(f);
		*n = f->early_n;
		if (unpack_magic(buf, *n) != INPUT_PLAIN)
			return "compressed data on a pipe: name the file, or uncompress it before";
		return NULL;
	}
	posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*n = pread_full(f->fd, buf, LOOK, 0);
	f->about.pack = unpack_magic(buf, *n);
	return f->about.pack == INPUT_PLAIN ? NULL : look_inside(f, buf, n);
}

static bool parse_first(struct slice line, int year, struct stamp *out)
{
	struct syslog_frame frame;
	struct line l;

	syslog_init(&frame, year);
	syslog_parse(&frame, line, &l);
	*out = l.stamp;
	return l.form != LINE_ODD && l.form != LINE_BANNER && l.stamp.us != STAMP_NONE && !(l.stamp.flags & STAMP_BAD);
}

/* Off the front of `text`: a line without its newline, or what is left. */
static struct slice take_line(struct slice *text)
{
	ptrdiff_t end = slice_chr(*text, '\n');
	struct slice line = slice_head(*text, end < 0 ? text->n : (size_t)end);

	*text = slice_from(*text, line.n + 1);
	return line;
}

static void find_first_stamp(struct input_file *f, struct slice text)
{
	struct stamp st;

	f->about.first_us = STAMP_NONE;
	while (text.n > 0) {
		struct slice line = take_line(&text);

		if (!parse_first(line, LEAP_YEAR, &st))
			continue;
		f->about.first_us = st.us;
		f->yearless = st.flags & STAMP_YEARLESS;
		/* A NUL run may be longer than what we keep. */
		while (line.n > 0 && line.p[0] == '\0')
			line = slice_from(line, 1);
		f->first_n = line.n < sizeof(f->first) ? line.n : sizeof(f->first);
		memcpy(f->first, line.p, f->first_n);
		return;
	}
}

void probe_set_year(struct input_file *f, int year, bool unsure)
{
	struct stamp st;

	f->about.first_year = year;
	f->about.year_unsure = unsure;
	if (parse_first(slice_of(f->first, f->first_n), year, &st))
		f->about.first_us = st.us;
}

/* The look at the head. NULL, or why it cannot be read. */
static const char *look_and_tell(struct input_file *f)
{
	struct input_about *a = &f->about;
	char *buf = xmalloc(LOOK);
	size_t n = 0;
	const char *why = look(f, buf, &n);

	if (!why) {
		a->head_n = n < INPUT_HEAD ? n : INPUT_HEAD;
		a->head_whole = n <= INPUT_HEAD && (!probe_is_pipe(f) || f->early_end);
		a->whole_line = n == LOOK || memchr(buf, '\n', n);
		memcpy(a->head, buf, a->head_n);
		find_first_stamp(f, slice_of(buf, n));
	}
	if (!f->early)
		free(buf);
	return why;
}

struct input_file *probe_try(const char *path, const char **why)
{
	struct input_file *f = xcalloc(1, sizeof(*f));

	f->fd = -1;
	f->about.path = xstrdup(path);
	*why = open_file(f);
	if (!*why)
		*why = look_and_tell(f);
	if (!*why)
		return f;
	int error = errno;
	probe_free(f);
	errno = error;
	return NULL;
}

/* Reading would never come to an end: what we say of its lines becomes lines of it (faults.md P14). */
static bool is_our_output(const struct input_file *f)
{
	struct stat in, out;

	return fstat(f->fd, &in) == 0 && S_ISREG(in.st_mode) && fstat(STDOUT_FILENO, &out) == 0 &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

struct input_file *probe_open(const char *path)
{
	char shown[1024];
	const char *why;
	struct input_file *f = probe_try(path, &why);

	if (f && is_our_output(f)) {
		f = probe_free(f);
		errno = 0;
		why = "is where the output goes";
	}
	/* Not the file's trouble: to go on without it would tear what its lines belong to. */
	if (!f && msg_is_lack(errno))
		msg_fail(EX_OSERR, "cannot read %s: %s", msg_safe(slice_str(path), shown, sizeof(shown)), why);
	if (!f)
		msg_warn("cannot read %s: %s", msg_safe(slice_str(path), shown, sizeof(shown)), why);
	return f;
}

const char *probe_again(struct input_file *f)
{
	const char *why = take_stock(f);

	return why ? why : look_and_tell(f);
}

struct input_file *probe_free(struct input_file *f)
{
	if (!f)
		return NULL;
	if (f->fd >= 0)
		close(f->fd);
	free(f->early);
	free((char *)f->about.path);
	free(f);
	return NULL;
}

/* Where the stamp of a line begins: behind what a damaged file or a collector puts in front. */
static struct slice at_stamp(struct slice line)
{
	struct slice rest;
	uint64_t priority;

	while (line.n > 0 && line.p[0] == '\0')
		line = slice_from(line, 1);
	rest = line;
	if (slice_skip(&rest, SLICE("<")) && slice_number(&rest, 191, &priority) && slice_skip(&rest, SLICE(">")))
		return rest;
	return line;
}

/*
 * Months that fall by more than six are a new year; that rise by more than six,
 * a late line of the old one (two writers on New Year's Eve).
 */
static void span_line(struct probe_span *s, struct slice line)
{
	struct slice text = at_stamp(line);
	int month = stamp_bsd_month(text);

	if (month == 0)
		return;
	if (s->first_month == 0)
		s->first_month = s->last_month = month;
	if (s->last_month - month > 6)
		s->year_ends++;
	else if (month - s->last_month > 6)
		s->year_ends--;
	s->last_month = month;
	s->last_n = text.n < sizeof(s->last) ? text.n : sizeof(s->last);
	memcpy(s->last, text.p, s->last_n);
}

/* Every line of a stream. Of a line longer than the buffer only the front matters. */
static void span_stream(struct probe_span *s, int fd, struct unpack *child)
{
	size_t cap = 2 * LOOK, n = 0, got;
	char *buf = xmalloc(cap);
	bool inside = false; /* in the rest of a long line */

	while ((got = read_full(fd, child, buf + n, cap - n)) > 0) {
		struct slice text = slice_of(buf, n + got);
		ptrdiff_t end = slice_rchr(text, '\n');
		struct slice lines = slice_head(text, (size_t)(end + 1));

		while (lines.n > 0) {
			struct slice line = take_line(&lines);

			if (!inside)
				span_line(s, line);
			inside = false;
		}
		text = slice_from(text, (size_t)(end + 1));
		if (text.n == cap) {
			if (!inside)
				span_line(s, text);
			inside = true;
			text = SLICE_NONE;
		}
		n = text.n;
		if (n > 0)
			memmove(buf, text.p, n);
	}
	free(buf);
}

/* One line near each sample point; of the last stretch every line, so that the last is right. */
static void span_samples(struct probe_span *s, int fd, int64_t size)
{
	char *buf = xmalloc(SAMPLE_STEP);

	for (int64_t off = 0; off < size - SAMPLE_STEP; off += SAMPLE_STEP) {
		struct slice text = slice_of(buf, pread_full(fd, buf, SAMPLE_SIZE, off));

		if (off > 0)
			take_line(&text);
		span_line(s, take_line(&text));
	}
	struct slice text = slice_of(buf, pread_full(fd, buf, SAMPLE_STEP, size - SAMPLE_STEP));

	take_line(&text);
	while (slice_chr(text, '\n') >= 0)
		span_line(s, take_line(&text));
	free(buf);
}

void probe_span(struct input_file *f, struct probe_span *span)
{
	char why[256];
	struct unpack u;

	*span = (struct probe_span){0};
	if (f->about.pack == INPUT_PLAIN && f->about.size > SAMPLE_ABOVE) {
		span_samples(span, f->fd, f->about.size);
	} else if (f->about.pack == INPUT_PLAIN) {
		lseek(f->fd, 0, SEEK_SET);
		span_stream(span, f->fd, NULL);
	} else if (unpack_start(&u, f->about.pack, f->fd, why, sizeof(why))) {
		span_stream(span, -1, &u);
		unpack_stop(&u);
	}
}
