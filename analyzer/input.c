#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"
#include "probe.h"
#include "sibling.h"
#include "unpack.h"

#define BLOCK INPUT_BLOCK_BYTES
#define KEPT (INPUT_LINE_MAX + 1) /* of a line without end: its front and room for a newline */
#define SPARE_FDS 64              /* for database, child and what else the program has open */
#define READ_TRIES 3              /* after EIO (P11) */
#define NUL_RUN 4096              /* so many NULs are a hole in the file, fewer are part of their line */

struct input {
	struct input_file **files; /* in order of reading */
	size_t n;
	struct input_file *cur; /* the one being read, or NULL */
	size_t cur_index;
	struct unpack child;
	int fd;      /* where its bytes come from: the file, or the child */
	char *buf;   /* INPUT_BUFFER bytes */
	size_t from; /* buf[from..upto) is read and not yet given out */
	size_t upto;
	int64_t at;     /* place of buf[from] */
	size_t given;   /* what the caller holds: this much of buf, */
	int64_t next;   /* and the place behind it */
	bool given_cut; /* the last line of that was too long: its end is not in buf */
	char seam[INPUT_SEAM];
	size_t seam_n;  /* what stands right before `at` in the file, as far as we know it */
	bool too_long;  /* the line at `from` is; its first INPUT_LINE_MAX bytes are kept, */
	int64_t passed; /* and this much of the rest was passed over */
	bool ended;     /* nothing more will come */
	int64_t bytes;
	bool (*told)(void *arg); /* to stop; or NULL */
	void *told_arg;
	char trouble[300]; /* empty if all is well */
};

enum fill { FILL_SOME, FILL_AGAIN, FILL_END, FILL_ERROR, FILL_CHANGED, FILL_LATE };

/* Files stay open from first look to last line, since names move; sets can be large (P8). */
static void raise_limit(size_t files)
{
	struct rlimit lim;
	rlim_t want = (rlim_t)files + SPARE_FDS;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0 || lim.rlim_cur >= want)
		return;
	lim.rlim_cur = want < lim.rlim_max ? want : lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
}

/* The file among the first n that is the same as f, or NULL. */
static const struct input_file *same_file(const struct input *in, const struct input_file *f)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->files[i]->about.ino == f->about.ino && in->files[i]->about.dev == f->about.dev)
			return in->files[i];
	return NULL;
}

static void note_same(const struct input_file *f, const struct input_file *kept)
{
	char a[512], b[512];

	msg_note("%s is the same file as %s: read once", msg_safe(slice_str(f->about.path), a, sizeof(a)),
	         msg_safe(slice_str(kept->about.path), b, sizeof(b)));
}

static int by_time(const void *va, const void *vb)
{
	return sibling_compare(&(*(struct input_file *const *)va)->about, &(*(struct input_file *const *)vb)->about);
}

/* enough NULL: all of them, and complain. */
static struct input *open_all(const char *const *paths, size_t n, int year, size_t *bad,
                              bool (*enough)(void *arg, const struct input_about *a), void *arg)
{
	struct input *in = xcalloc(1, sizeof(*in));

	in->files = xcalloc(n, sizeof(in->files[0]));
	in->buf = xmalloc(INPUT_BUFFER);
	in->fd = -1;
	*bad = 0;
	raise_limit(n);
	for (size_t i = 0; i < n; i++) {
		const char *why;
		struct input_file *f = enough ? probe_try(paths[i], &why) : probe_open(paths[i]);
		const struct input_file *same = f ? same_file(in, f) : NULL;

		if (!f && enough && msg_is_lack(errno)) {
			int error = errno;
			input_close(in);
			errno = error;
			return NULL;
		}
		if (!f) {
			++*bad;
		} else if (same) {
			if (!enough)
				note_same(f, same);
			probe_free(f);
		} else {
			sibling_name(paths[i], &f->about);
			in->files[in->n++] = f;
			if (enough && enough(arg, &f->about))
				break;
		}
	}
	sibling_years(in->files, in->n, year);
	qsort(in->files, in->n, sizeof(in->files[0]), by_time);
	return in;
}

struct input *input_open(const char *const *paths, size_t n, int year, size_t *bad)
{
	return open_all(paths, n, year, bad, NULL, NULL);
}

struct input *input_open_listed(const char *const *paths, size_t n,
                                bool (*enough)(void *arg, const struct input_about *a), void *arg)
{
	size_t bad;

	return open_all(paths, n, 0, &bad, enough, arg);
}

struct input *input_open_one(const char *path, int year, const char **why)
{
	struct input_file *f = probe_try(path, why);
	struct input *in;

	if (!f)
		return NULL;
	in = xcalloc(1, sizeof(*in));
	in->files = xcalloc(1, sizeof(in->files[0]));
	in->buf = xmalloc(INPUT_BUFFER);
	in->fd = -1;
	sibling_name(path, &f->about);
	in->files[in->n++] = f;
	sibling_years(in->files, in->n, year);
	return in;
}

void input_heed(struct input *in, bool (*told)(void *arg), void *arg)
{
	in->told = told;
	in->told_arg = arg;
}

static void stop_reading(struct input *in)
{
	unpack_stop(&in->child);
	in->cur = NULL;
	in->fd = -1;
}

struct input *input_close(struct input *in)
{
	if (!in)
		return NULL;
	stop_reading(in);
	for (size_t i = 0; i < in->n; i++)
		probe_free(in->files[i]);
	free(in->files);
	free(in->buf);
	free(in);
	return NULL;
}

struct input *input_split(struct input *in, size_t i)
{
	struct input *one = xcalloc(1, sizeof(*one));

	stop_reading(in);
	one->files = xcalloc(1, sizeof(one->files[0]));
	one->buf = xmalloc(INPUT_BUFFER);
	one->fd = -1;
	one->files[one->n++] = in->files[i];
	in->n--;
	memmove(in->files + i, in->files + i + 1, (in->n - i) * sizeof(in->files[0]));
	return one;
}

const char *input_look(struct input *in)
{
	const char *why;

	stop_reading(in);
	why = probe_again(in->files[0]);
	if (!why)
		sibling_years(in->files, 1, 0);
	return why;
}

int input_fd(const struct input *in)
{
	return in->files[0]->fd;
}

bool input_half_line(const struct input *in)
{
	return !in->too_long && in->upto > in->from + in->given;
}

bool input_is_reading(const struct input *in)
{
	return in->cur != NULL;
}

void input_finished(struct input *in, bool finished)
{
	in->files[0]->about.rotated = finished;
	in->ended = false;
}

size_t input_count(const struct input *in)
{
	return in->n;
}

const struct input_about *input_about(const struct input *in, size_t i)
{
	return &in->files[i]->about;
}

/* Has the pipe something, or ended? A signal ends the wait: the caller shall look why it came. */
static bool pipe_ready(const struct input *in, bool wait)
{
	struct pollfd p = {.fd = in->fd, .events = POLLIN};

	return poll(&p, 1, wait ? -1 : 0) > 0;
}

/* A child's stream has ended: how? */
static enum fill end_of_child(struct input *in)
{
	in->fd = -1;
	return unpack_end(&in->child, in->trouble, sizeof(in->trouble)) ? FILL_END : FILL_ERROR;
}

/* Does the file still hold these bytes there? */
static bool holds(const struct input *in, int64_t off, const char *bytes, size_t n)
{
	char there[INPUT_HEAD];
	ssize_t got;

	do
		got = pread(in->fd, there, n, off);
	while (got < 0 && errno == EINTR);
	return got < 0 || ((size_t)got == n && memcmp(there, bytes, n) == 0); /* an error tells nothing */
}

/*
 * A file may be truncated under us at any moment and grow beyond our place before the next look.
 * If what was given out stands where it stood after something was read, or the head that was
 * looked at if nothing was, then all that was read since belongs to it.
 */
static bool is_unchanged(const struct input *in)
{
	const struct input_about *a = &in->cur->about;

	if (a->pack != INPUT_PLAIN)
		return true;
	return in->at == 0 ? holds(in, 0, a->head, a->head_n)
	                   : holds(in, in->at - (int64_t)in->seam_n, in->seam, in->seam_n);
}

static enum fill changed(struct input *in)
{
	snprintf(in->trouble, sizeof(in->trouble), "truncated while it was read");
	return FILL_CHANGED;
}

/* Of the file, or of what the child makes of it. */
static ssize_t read_some(struct input *in, char *buf, size_t n)
{
	return in->child.pid ? unpack_read(&in->child, buf, n) : read(in->fd, buf, n);
}

static bool is_told_to_stop(const struct input *in)
{
	return in->child.pid && in->told && in->told(in->told_arg);
}

/* The child was ended, for its time is over. */
static enum fill late(struct input *in)
{
	in->fd = -1;
	unpack_why_late(in->trouble, sizeof(in->trouble));
	return FILL_LATE;
}

/* Reads once into the free part of the buffer; what is unread moves to the front before. */
static enum fill fill(struct input *in, bool wait)
{
	ssize_t got;
	size_t room;
	int tries = 0;

	if (in->fd < 0)
		return FILL_END;
	if ((probe_is_pipe(in->cur) && !pipe_ready(in, wait)) || is_told_to_stop(in))
		return FILL_AGAIN;
	if (in->from > 0)
		memmove(in->buf, in->buf + in->from, in->upto - in->from);
	in->upto -= in->from;
	in->from = 0;
	room = INPUT_BUFFER - in->upto;
	do
		got = read_some(in, in->buf + in->upto, room < BLOCK ? room : BLOCK);
	while (got < 0 && ((errno == EINTR && !is_told_to_stop(in)) ||
	                   ((errno == EIO || (errno == EAGAIN && !probe_is_pipe(in->cur))) && ++tries < READ_TRIES)));
	if (got < 0 && (errno == EINTR || (errno == EAGAIN && probe_is_pipe(in->cur))))
		return FILL_AGAIN;
	if (got < 0 && errno == ETIMEDOUT && in->cur->about.pack != INPUT_PLAIN && !probe_is_pipe(in->cur))
		return late(in);
	if (got < 0) {
		snprintf(in->trouble, sizeof(in->trouble), "read error: %s", strerror(errno));
		return FILL_ERROR;
	}
	if (!is_unchanged(in))
		return changed(in);
	if (got == 0)
		return in->child.pid ? end_of_child(in) : FILL_END;
	in->upto += (size_t)got;
	return FILL_SOME;
}

/* Reads on to `off` without giving anything out; what stands right before it must be `seam`. */
static enum input_seek skip_to(struct input *in, int64_t off, struct slice seam)
{
	char tail[INPUT_SEAM];
	size_t have = 0;

	while (in->at < off) {
		size_t n = in->upto - in->from, keep, old;

		if (n == 0) {
			enum fill how = fill(in, true);

			if (how == FILL_END || (how == FILL_ERROR && !probe_is_pipe(in->cur)))
				return INPUT_SHORT;
			if (how == FILL_AGAIN)
				snprintf(in->trouble, sizeof(in->trouble), "told to stop");
			if (how != FILL_SOME)
				return INPUT_FAILED;
			continue;
		}
		if ((int64_t)n > off - in->at)
			n = (size_t)(off - in->at);
		/* The last seam.n bytes of what was kept and what is new. */
		keep = n < seam.n ? n : seam.n;
		old = have + keep > seam.n ? seam.n - keep : have;
		memmove(tail, tail + have - old, old);
		memcpy(tail + old, in->buf + in->from + n - keep, keep);
		have = old + keep;
		in->from += n;
		in->at += (int64_t)n;
	}
	return slice_eq(slice_of(tail, have), seam) ? INPUT_OK : INPUT_MISMATCH;
}

/* From its first byte on: the first bytes are read at once, to see that they are those that were looked at. */
static enum input_seek start_first(struct input *in)
{
	switch (lseek(in->fd, 0, SEEK_SET) < 0 ? FILL_ERROR : fill(in, true)) {
	case FILL_CHANGED: return INPUT_CHANGED;
	case FILL_ERROR: in->ended = true; break; /* what comes next says so */
	default: break;
	}
	return INPUT_OK;
}

/* Where the seam should be stands something else: in the file that was looked at, or in another one by now? */
static enum input_seek or_changed(const struct input *in, enum input_seek how)
{
	return holds(in, 0, in->cur->about.head, in->cur->about.head_n) ? how : INPUT_CHANGED;
}

static enum input_seek start_plain(struct input *in, int64_t off, struct slice seam)
{
	char there[INPUT_SEAM];
	struct stat st;
	ssize_t got;

	if (off == 0)
		return start_first(in);
	if (fstat(in->fd, &st) == 0 && st.st_size < off)
		return or_changed(in, INPUT_SHORT);
	do
		got = pread(in->fd, there, seam.n, off - (int64_t)seam.n);
	while (got < 0 && errno == EINTR);
	if (got < 0 || lseek(in->fd, off, SEEK_SET) < 0) {
		snprintf(in->trouble, sizeof(in->trouble), "read error: %s", strerror(errno));
		return INPUT_FAILED;
	}
	in->at = off;
	memcpy(in->seam, there, (size_t)got);
	in->seam_n = (size_t)got;
	return slice_eq(slice_of(there, (size_t)got), seam) ? INPUT_OK : or_changed(in, INPUT_MISMATCH);
}

static enum input_seek start_packed(struct input *in, int64_t off, struct slice seam)
{
	if (!unpack_start(&in->child, in->cur->about.pack, in->cur->fd, in->trouble, sizeof(in->trouble)))
		return INPUT_FAILED;
	in->fd = in->child.out;
	return skip_to(in, off, seam);
}

/* What the look at the head took from the pipe comes first. */
static enum input_seek start_pipe(struct input *in, int64_t off, struct slice seam)
{
	struct input_file *f = in->cur;

	if (f->begun) {
		snprintf(in->trouble, sizeof(in->trouble), "a pipe can be read only once");
		return INPUT_FAILED;
	}
	f->begun = true;
	memcpy(in->buf, f->early, f->early_n);
	in->upto = f->early_n;
	if (f->early_end)
		in->fd = -1;
	return skip_to(in, off, seam);
}

enum input_seek input_start(struct input *in, size_t i, int64_t off, const char *seam, size_t n)
{
	struct slice before = slice_of(seam, n);
	enum input_seek how;

	if (i >= in->n || off < 0 || n > INPUT_SEAM || (int64_t)n > off)
		msg_bug("input_start: file %zu, offset %lld, seam %zu", i, (long long)off, n);
	stop_reading(in);
	in->cur = in->files[i];
	in->cur_index = i;
	in->fd = in->cur->fd;
	in->from = in->upto = in->given = in->seam_n = 0;
	in->at = in->passed = 0;
	in->too_long = in->ended = false;
	in->trouble[0] = '\0';
	if (probe_is_pipe(in->cur))
		how = start_pipe(in, off, before);
	else if (in->cur->about.pack == INPUT_PLAIN)
		how = start_plain(in, off, before);
	else
		how = start_packed(in, off, before);
	in->next = in->at;
	if (how != INPUT_OK)
		stop_reading(in);
	return how;
}

/*
 * How many bytes at p are whole lines of bearable length. Strides of one
 * line's limit, so that an overlong line is found by a handful of searches per
 * block: where a line is cut must not depend on where a block ends.
 */
static size_t whole_lines(const char *p, size_t n)
{
	const char *q;
	size_t good = 0;

	while (n - good > INPUT_LINE_MAX) {
		q = memrchr(p + good, '\n', INPUT_LINE_MAX + 1);
		if (!q)
			return good;
		good = (size_t)(q - p) + 1;
	}
	q = memrchr(p + good, '\n', n - good);
	return q ? (size_t)(q - p) + 1 : good;
}

/* Hands out n bytes; `used` is how far the buffer goes on behind them. */
static void give(struct input *in, struct input_block *out, size_t n, size_t used)
{
	*out = (struct input_block){
	    .bytes = slice_of(in->buf + in->from, n),
	    .off = in->at,
	    .next = in->at + (int64_t)n + in->passed,
	    .skipped = in->passed,
	};
	in->given = used;
	in->given_cut = in->too_long;
	in->next = out->next;
	in->bytes += out->next - out->off;
	in->passed = 0;
	in->too_long = false;
}

/* The overlong line: passes over its rest, and gives out its front once the newline is there. */
static bool pass_over(struct input *in, struct input_block *out)
{
	char *rest = in->buf + in->from + INPUT_LINE_MAX;
	size_t n = in->upto - in->from - INPUT_LINE_MAX;
	char *q = memchr(rest, '\n', n);

	if (!q) {
		in->passed += (int64_t)n;
		in->upto -= n;
		return false;
	}
	in->passed += q - rest;
	*rest = '\n';
	give(in, out, KEPT, INPUT_LINE_MAX + (size_t)(q - rest) + 1);
	return true;
}

/* Will nobody complete a half line at the end any more (I29, I30)? */
static bool is_complete(const struct input_file *f)
{
	return f->about.pack != INPUT_PLAIN || f->about.rotated;
}

/* Is there nothing but NULs behind what is in the buffer? */
static bool only_nuls_follow(const struct input *in)
{
	char there[16384];
	int64_t off = in->at + (int64_t)(in->upto - in->from);
	ssize_t got;

	while ((got = pread(in->fd, there, sizeof there, off)) > 0) {
		if (there[0] != '\0' || memcmp(there, there + 1, (size_t)got - 1) != 0)
			return false;
		off += got;
	}
	return true;
}

static size_t leading_nuls(const struct input *in)
{
	const char *p = in->buf + in->from;
	size_t have = in->upto - in->from, n = 0;

	while (n < have && p[n] == '\0')
		n++;
	return n;
}

/*
 * NULs in front of a line: what a truncated file is filled up with when its
 * writer goes on at his old place. n is their number, have what is there. In a
 * file that may grow they are kept back until text follows, for its bytes may
 * not have come yet, however many they are (I46, I47).
 */
static bool is_nul_run(const struct input *in, size_t n, size_t have)
{
	return n >= NUL_RUN && (n < have || (n >= BLOCK && (is_complete(in->cur) || !only_nuls_follow(in))));
}

/* A block from what is in the buffer, if there is a whole line. */
static bool cut_block(struct input *in, struct input_block *out)
{
	size_t have = in->upto - in->from, n;

	n = in->too_long ? 0 : leading_nuls(in);
	if (is_nul_run(in, n, have)) {
		give(in, out, n, n);
		return true;
	}
	if (n > 0 && n == have)
		return false;
	if (!in->too_long) {
		n = whole_lines(in->buf + in->from, have);
		if (n > 0) {
			give(in, out, n, n);
			return true;
		}
		in->too_long = have > INPUT_LINE_MAX;
	}
	return in->too_long && pass_over(in, out);
}

static enum input_next at_end(struct input *in, struct input_block *out)
{
	size_t have = in->upto - in->from;

	if (!is_complete(in->cur))
		return INPUT_END; /* a file that grows meanwhile can be asked again */
	in->ended = true;
	if (have == 0)
		return INPUT_END;
	give(in, out, have, have);
	out->unterminated = true;
	return INPUT_BLOCK;
}

/* What was given out is done with; what stands at its end is remembered. */
static void given_done(struct input *in)
{
	const char *end = in->buf + in->from + in->given;
	size_t new = in->given < INPUT_SEAM ? in->given : INPUT_SEAM;
	size_t old = in->seam_n + new > INPUT_SEAM ? INPUT_SEAM - new : in->seam_n;

	if (in->given_cut) /* of its end only the newline is sure to stand in the buffer */
		new = 1, old = 0;
	memmove(in->seam, in->seam + in->seam_n - old, old);
	memcpy(in->seam + old, end - new, new);
	in->seam_n = old + new;
	in->from += in->given;
	in->given = 0;
	in->given_cut = false;
	in->at = in->next;
}

enum input_next input_next(struct input *in, bool wait, struct input_block *out)
{
	if (!in->cur)
		msg_bug("input_next without input_start");
	if (in->given)
		given_done(in);
	if (in->ended)
		return in->trouble[0] ? INPUT_ERROR : INPUT_END;
	while (!cut_block(in, out)) {
		switch (fill(in, wait)) {
		case FILL_SOME: break;
		case FILL_AGAIN: return INPUT_AGAIN;
		case FILL_END: return at_end(in, out);
		case FILL_CHANGED:
		case FILL_LATE:
		case FILL_ERROR: in->ended = true; return INPUT_ERROR;
		}
	}
	return INPUT_BLOCK;
}

char *input_swap(struct input *in, char *fresh)
{
	char *old = in->buf;

	given_done(in);
	memcpy(fresh, old + in->from, in->upto - in->from);
	in->upto -= in->from;
	in->from = 0;
	in->buf = fresh;
	return old;
}

const char *input_trouble(const struct input *in)
{
	return in->trouble[0] ? in->trouble : NULL;
}

/* How far into the file on disk: our position, or the child's, which is the same one. */
static int64_t disk_position(const struct input *in)
{
	off_t at = in->cur ? lseek(in->cur->fd, 0, SEEK_CUR) : 0;
	int64_t size = in->cur ? in->cur->about.size : 0;

	return at < size ? at : size;
}

void input_progress(const struct input *in, int64_t *bytes, int64_t *done, int64_t *total)
{
	*bytes = in->bytes;
	*done = *total = 0;
	for (size_t i = 0; i < in->n; i++) {
		if (in->files[i]->about.size < 0) {
			*done = *total = -1;
			return;
		}
		*total += in->files[i]->about.size;
		if (i < in->cur_index)
			*done += in->files[i]->about.size;
	}
	*done += disk_position(in);
}
