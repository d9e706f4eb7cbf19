/*
 * msg: how we speak to the user about trouble. One line each, to stderr,
 * `wouldblock: what: why` (design.md 5). Text from logs or file names passes
 * the terminal's encoder before it is shown (msg_safe).
 */
#ifndef WB_MSG_H
#define WB_MSG_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdnoreturn.h>

#include "../parsers/slice.h"

/* Warns and goes on. */
void msg_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A note without "wouldblock:" trouble: progress and advice, suppressed by msg_quiet. */
void msg_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_quiet(bool on);
/* Ends the program with a sysexits code after calling the exit hook (which puts the terminal back). */
noreturn void msg_die(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Trouble that may pass: no room on the disk, no memory, no descriptors. Says so and ends the
 * program like msg_die, unless somebody can begin anew: then it is his turn, once, and what was
 * half made is his to drop.
 */
noreturn void msg_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Where msg_fail goes with its code, which setjmp gives there; NULL: it ends the program. */
void msg_rescue(jmp_buf *to);
void msg_rescue_of(int code, jmp_buf *to); /* with this code only */
/* What it said before it went there, without `wouldblock: `; of this thread, "" if nothing yet. */
const char *msg_failure(void);
/* An errno that tells of us, not of a file: no memory, no descriptors, no process. */
bool msg_is_lack(int error);
/* Our own mistake: says `bug: file:line: what`, aborts with EX_SOFTWARE (70). */
#define msg_bug(...) msg_bug_at(__FILE__, __LINE__, __VA_ARGS__)
noreturn void msg_bug_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void msg_on_exit(void (*hook)(void));

/*
 * Runs work(arg). False: msg_die was called on the way, which ended the work and not the program; what
 * it would have said is in *d. What the work had taken stays taken, so the caller ends what must end
 * (db_abandon). For threads: each has its own. Without memory (71) and with a bug (70) the program ends.
 */
#define MSG_MAX 2048
struct msg_death {
	int code;
	char words[MSG_MAX];
};
bool msg_try(void (*work)(void *arg), void *arg, struct msg_death *d);

/*
 * `s` as it may be shown on a terminal: printable ASCII and well-formed
 * printable UTF-8 stay, everything else becomes \xNN or \u{NNNN}, backslash is
 * doubled (faults.md H1). Into buf, cut with `...` if longer. Returns buf.
 */
const char *msg_safe(struct slice s, char *buf, size_t cap);

/* Memory or msg_fail (71). */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
/* Not cleared; begins where a line of the processor's cache begins (64 bytes), for what is laid out in such lines. */
void *xaligned(size_t n);
/* The same, cleared; *memory is what free() takes back. What nobody has touched is no memory yet. */
void *xcalloc_aligned(size_t n, size_t size, void **memory);
/*
 * Much of this cleared memory will soon be in use, here and there: the system
 * gives all of it at once, instead of a page of zeroes where it is first looked
 * at and another where it is first written to. No more than a hint.
 */
void memory_ask(void *p, size_t n);
/* Room for one more of n, each so large: grown by doubling, so that a full array has a power of two in it, or none. */
void *xgrown(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

#endif
