/*
 * unpack: compressed files through a child decompressor. The first tool that
 * is installed in /usr/bin or /bin is started with fixed arguments, the file's
 * descriptor as stdin and an empty environment; no shell (faults.md S8). A file
 * of which far more comes out than anybody wrote (I44) ends with its time.
 */
#ifndef WB_UNPACK_H
#define WB_UNPACK_H

#include <sys/types.h>

#include "input.h"

struct unpack_tool;

struct unpack {
	pid_t pid;        /* 0: no child */
	int out;          /* the uncompressed stream, blocking */
	int err;          /* what the child complains of */
	int64_t until_ns; /* when its time is over, of CLOCK_MONOTONIC */
	const struct unpack_tool *tool;
};

/* What the first bytes of a file say; INPUT_PLAIN if they are no magic number. */
enum input_pack unpack_magic(const char *head, size_t n);

/*
 * Starts the child at the beginning of the file fd. False, and the reason in
 * `why`, if no tool is installed or it does not start. fd stays the caller's;
 * its position is the child's.
 */
bool unpack_start(struct unpack *u, enum input_pack pack, int fd, char *why, size_t cap);

/*
 * The next bytes, as read(2) has it, but for ETIMEDOUT: the child was not done
 * in the time that input_unpack_limit gives it. It is ended then, and what came
 * out before stands.
 */
ssize_t unpack_read(struct unpack *u, char *buf, size_t n);
/* Why that was, in words fit for a terminal. */
void unpack_why_late(char *why, size_t cap);

/*
 * After the end of u->out: waits for the child. False if the file was damaged
 * or the child failed; `why` says so in words fit for a terminal. What it gave
 * out before stands. Trailing garbage is no damage where the tool can tell.
 */
bool unpack_end(struct unpack *u, char *why, size_t cap);

/* Before the end: the child is killed and waited for. Nothing happens without a child. */
void unpack_stop(struct unpack *u);

#endif
