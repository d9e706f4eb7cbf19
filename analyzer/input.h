/*
 * input: the log files of one call, in order of time, as blocks of whole lines
 * with their place. Plain files by read(2) in blocks; gz, bz2, xz, zst by magic
 * number through a child decompressor without a shell (igzip, pigz, gzip; pbzip2,
 * bzip2; xz; zstd: the first one installed in /usr/bin:/bin); `-` is stdin.
 *
 * It knows bytes, files and first stamps. What was read before (generations,
 * offsets) is the caller's: it looks at head and seam here and says from where
 * to read. faults.md 1.2, 1.4, I1-I53.
 */
#ifndef WB_INPUT_H
#define WB_INPUT_H

#include <sys/types.h>

#include "../parsers/slice.h"
#include "../parsers/stamp.h"

#define INPUT_HEAD 1024      /* bytes kept of the beginning of a stream */
#define INPUT_SEAM 256       /* bytes compared just before the offset */
#define INPUT_LINE_MAX 65536 /* a longer line is cut here; the rest is passed over and counted (I36) */

struct input;
struct input_file; /* one file of the call */

enum input_pack { INPUT_PLAIN, INPUT_GZ, INPUT_BZ2, INPUT_XZ, INPUT_ZST, INPUT_STDIN };

/* What can be said of a file before it is read. */
struct input_about {
	const char *path; /* as given; "-" for stdin */
	enum input_pack pack;
	int64_t size;     /* bytes on disk, -1 for a pipe */
	int64_t content;  /* bytes uncompressed: of a gz as it says itself, modulo 2^32; -1: not known */
	int64_t mtime_us; /* the file's time */
	uint64_t dev, ino;
	char head[INPUT_HEAD]; /* first bytes of the uncompressed stream */
	size_t head_n;
	bool head_whole;  /* the stream is not longer than the head */
	bool whole_line;  /* a first line is there to its end (or 64 KiB of it) */
	int64_t first_us; /* of its first good stamp, STAMP_NONE if its first 64 KiB hold none */
	int first_year;   /* for stamps without a year: the year of the first one; 0 not needed or not known */
	bool year_unsure; /* not known, or its only witness is far from the last line (T2) */
	char family[256]; /* base name without rotation suffix and compression: `mail.log` */
	bool rotated;     /* the name says so; savelog's `mail.log.0` is rotated, number 0 */
	int rotation;     /* 0 live, N for .N, -1 no number; dates (-YYYYMMDD): the date as number in `dated` */
	int64_t dated;    /* -20261122 or .20261122-101112 as YYYYMMDDhhmmss, 0 if none */
};

/*
 * Of all files of this process, from now on. How long a compressed file may be
 * read, each time that it is: 3 600 s if nobody says. Whoever crafts one of which
 * no end comes out (I44) must not hold us for ever. What was read of it stands,
 * and the trouble says so.
 */
void input_unpack_limit(int64_t seconds);
/* A symbolic link is not followed, if it is the last part of a path: such a file cannot be read (I21). */
void input_refuse_links(void);
bool input_is_refused_link(const char *path); /* a link, and these are refused; for a word at the start */

/*
 * Opens the files. A file that cannot be read (missing, directory, no
 * permission, unknown tool) is a complaint: one line by msg_warn, counted in
 * *bad, the others go on. year: --year, 0 if not given. The same file twice
 * (device and inode) is kept once. Files come sorted by first stamp, then
 * older rotation first, then name. Empty files are kept, with head_n 0.
 */
struct input *input_open(const char *const *paths, size_t n, int year, size_t *bad);
/*
 * The same without a word, for names that may have moved on since they were
 * listed, and only until `enough` says so of the file that was opened last.
 * NULL, and errno: not for want of a file, but of memory, descriptors or a process.
 */
struct input *input_open_listed(const char *const *paths, size_t n,
                                bool (*enough)(void *arg, const struct input_about *a), void *arg);
/*
 * While something is uncompressed `told` is asked before each read whether to
 * stop, since one line may be without end. Then input_next says INPUT_AGAIN and
 * input_start INPUT_FAILED. NULL: nobody is asked.
 */
void input_heed(struct input *in, bool (*told)(void *arg), void *arg);
struct input *input_close(struct input *in); /* always NULL; ends the children */

size_t input_count(const struct input *in);
const struct input_about *input_about(const struct input *in, size_t i);

/*
 * One file that may grow for ever. Without a word: NULL and why, if it cannot be
 * read. It stays open whatever becomes of its name.
 */
struct input *input_open_one(const char *path, int year, const char **why);
/* File i as an input of its own; `in` is without it. Nothing is being read in either then. */
struct input *input_split(struct input *in, size_t i);
/* Looks again at the beginning and size of the only file. NULL, or why that fails. */
const char *input_look(struct input *in);
/* The descriptor of the only file, for fstat(2) and a watch. */
int input_fd(const struct input *in);
/*
 * What `in` of one file has read but not given out: a half line, or nothing. A
 * writer may still change it (NULs that stand for bytes to come, I46), so who
 * comes back later starts again at the offset, unless the line is overlong.
 */
bool input_half_line(const struct input *in);
bool input_is_reading(const struct input *in);
/* Nobody will write to the only file any more, or somebody will: may a half line be taken as a line? */
void input_finished(struct input *in, bool finished);

/*
 * Begins to read file i at uncompressed offset `off` (always just after a
 * newline, or 0). seam, n: what must stand right before off; for off = 0 n is 0.
 * INPUT_MISMATCH if other bytes stand there, INPUT_SHORT if the stream ends
 * before off; INPUT_CHANGED if it is a plain file that no longer begins as it
 * did when it was looked at: it was truncated and written anew, so that look
 * tells nothing. One file is open for reading at a time.
 */
enum input_seek { INPUT_OK, INPUT_MISMATCH, INPUT_SHORT, INPUT_CHANGED, INPUT_FAILED };
enum input_seek input_start(struct input *in, size_t i, int64_t off, const char *seam, size_t n);

/*
 * The next block of whole lines: *bytes ends with a newline (or is the last,
 * unterminated line of a stream that is complete: see `unterminated`), *off is
 * the offset of its first byte in the uncompressed stream. Valid until the next
 * call. INPUT_AGAIN only for a pipe that has nothing yet: the caller may commit
 * and call again with wait = true, which blocks until there is something or a
 * signal came (INPUT_AGAIN then, so that the caller can see why).
 * `skipped`: bytes at the end of the block's last line that were passed over
 * because the line was too long (they are part of the offset's count); the
 * line's newline follows its first INPUT_LINE_MAX bytes.
 * INPUT_ERROR also if a plain file was truncated meanwhile: no byte is given out
 * that was written behind that (I6, I7).
 */
enum input_next { INPUT_BLOCK, INPUT_AGAIN, INPUT_END, INPUT_ERROR };
struct input_block {
	struct slice bytes;
	int64_t off;  /* place of bytes.p */
	int64_t next; /* place after the block, skipped bytes included */
	int64_t skipped;
	bool unterminated;
};
enum input_next input_next(struct input *in, bool wait, struct input_block *out);

/*
 * Leaves the buffer in which the last block lies to the caller, who got it by
 * malloc once he has called this, and goes on in `fresh` of INPUT_BUFFER bytes
 * by malloc: so a block may outlive the next call.
 */
#define INPUT_BLOCK_BYTES (256 * 1024)
#define INPUT_BUFFER (INPUT_LINE_MAX + 1 + INPUT_BLOCK_BYTES)
char *input_swap(struct input *in, char *fresh);

/*
 * After INPUT_END or INPUT_ERROR: how the stream ended. NULL if well; else a
 * text such as "compressed file damaged: unexpected end of file". What was read before stands.
 */
const char *input_trouble(const struct input *in);

/*
 * A half line at the end of a plain file stays in the file: it may be completed
 * later (I29). It is given out as `unterminated` only for compressed files,
 * stdin, files whose name says that they are rotated, and after input_finished.
 * A long run of NULs in front of a line is a block by itself, without a newline (I5).
 */

/* Uncompressed bytes given out so far, and compressed or plain bytes done / in all for progress and ETA (-1 unknown). */
void input_progress(const struct input *in, int64_t *bytes, int64_t *done, int64_t *total);

#endif
