#include "msg.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "../parsers/utf8.h"

#define PREFIX "wouldblock: "

/* Where msg_try is to go on. */
struct trying {
	jmp_buf home;
	struct msg_death *death;
};

static void (*_Atomic exit_hook)(void);
static _Thread_local struct trying *trying;
static bool quiet;
static _Thread_local jmp_buf *rescue; /* a helping thread has none: it cannot begin anything anew */
static _Thread_local int rescue_of;   /* the only code that it is for; 0: any */
static _Thread_local char failure[MSG_MAX];

void msg_on_exit(void (*hook)(void))
{
	atomic_store(&exit_hook, hook);
}

void msg_quiet(bool on)
{
	quiet = on;
}

/*
 * Bytes that steer a terminal should have gone through msg_safe. If one comes
 * here all the same, it must not get out (faults.md N3), and a message is one line.
 */
static void disarm(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
}

/*
 * One write, so that lines of several processes do not mix; no malloc, so that
 * it works without memory.
 */
__attribute__((format(printf, 2, 0))) static void say(const char *prefix, const char *fmt, va_list ap)
{
	int saved = errno;
	char text[MSG_MAX];
	size_t at = (size_t)snprintf(text, sizeof(text), "%s", prefix);
	size_t room = sizeof(text) - at - 1;
	int n = vsnprintf(text + at, room, fmt, ap);
	size_t len = n < 0 ? 0 : (size_t)n;

	if (len >= room) {
		len = room - 1;
		memcpy(text + at + len - 3, "...", 3);
	}
	len += at;
	disarm(text, len);
	text[len++] = '\n';
	while (write(STDERR_FILENO, text, len) < 0 && errno == EINTR)
		;
	errno = saved;
}

void msg_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(PREFIX, fmt, ap);
	va_end(ap);
}

void msg_note(const char *fmt, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

/* The terminal first: a message written to the other screen would vanish with it. */
static void call_hook(void)
{
	void (*hook)(void) = atomic_exchange(&exit_hook, NULL); /* of two threads that die, one calls it */

	if (hook)
		hook();
}

bool msg_try(void (*work)(void *arg), void *arg, struct msg_death *d)
{
	struct trying here = {.death = d}, *outer = trying;

	if (setjmp(here.home)) {
		trying = outer;
		return false;
	}
	trying = &here;
	work(arg);
	trying = outer;
	return true;
}

__attribute__((format(printf, 2, 0))) static noreturn void end_work(int code, const char *fmt, va_list ap)
{
	struct msg_death *d = trying->death;

	d->code = code;
	vsnprintf(d->words, sizeof d->words, fmt, ap);
	disarm(d->words, strlen(d->words));
	longjmp(trying->home, 1);
}

__attribute__((format(printf, 2, 0))) static noreturn void die(int code, const char *fmt, va_list ap)
{
	if (trying && code != EX_OSERR)
		end_work(code, fmt, ap);
	call_hook();
	say(PREFIX, fmt, ap);
	fflush(stdout); /* what was printed before stands; nothing else is to be tidied up */
	_exit(code);
}

void msg_die(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	die(code, fmt, ap);
	va_end(ap);
}

void msg_rescue(jmp_buf *to)
{
	msg_rescue_of(0, to);
}

void msg_rescue_of(int code, jmp_buf *to)
{
	rescue = to;
	rescue_of = code;
}

bool msg_is_lack(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE || error == EAGAIN;
}

void msg_fail(int code, const char *fmt, ...)
{
	jmp_buf *to = rescue_of && rescue_of != code ? NULL : rescue;
	va_list ap;

	rescue = NULL;
	va_start(ap, fmt);
	if (!to)
		die(code, fmt, ap);
	vsnprintf(failure, sizeof failure, fmt, ap);
	disarm(failure, strlen(failure));
	va_end(ap);
	msg_warn("%s", failure);
	longjmp(*to, code);
}

const char *msg_failure(void)
{
	return failure;
}

void msg_bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	char prefix[256];

	call_hook();
	snprintf(prefix, sizeof(prefix), PREFIX "bug: %s:%d: ", file, line);
	va_start(ap, fmt);
	say(prefix, fmt, ap);
	va_end(ap);
	/* Not exit(): what is half done must not be flushed as if it were whole. */
	_exit(EX_SOFTWARE);
}

/* What the first bytes of s look like when shown; *used is how many they are. */
static size_t show_one(struct slice s, char *piece, size_t cap, size_t *used)
{
	uint32_t code;
	size_t n = utf8_decode(s, &code);

	*used = n ? n : 1;
	if (n == 0 || code < 0x20 || code == 0x7f)
		return (size_t)snprintf(piece, cap, "\\x%02x", (unsigned)(unsigned char)s.p[0]);
	if (code == '\\')
		return (size_t)snprintf(piece, cap, "\\\\");
	if (utf8_width(code) == UTF8_HIDDEN)
		return (size_t)snprintf(piece, cap, "\\u{%x}", (unsigned)code);
	memcpy(piece, s.p, n);
	return n;
}

const char *msg_safe(struct slice s, char *buf, size_t cap)
{
	char piece[16];
	size_t at = 0, cut = 0, used;

	if (cap == 0)
		return buf;
	while (s.n > 0) {
		size_t n = show_one(s, piece, sizeof(piece), &used);

		if (at + n >= cap) {
			size_t dots = cap - 1 - cut < 3 ? cap - 1 - cut : 3;

			memset(buf + cut, '.', dots);
			at = cut + dots;
			break;
		}
		memcpy(buf + at, piece, n);
		at += n;
		if (at + 3 < cap)
			cut = at;
		s = slice_from(s, used);
	}
	buf[at] = '\0';
	return buf;
}

#define CACHE_LINE 64

static void *or_die(void *p)
{
	if (!p)
		msg_fail(EX_OSERR, "out of memory");
	return p;
}

/* malloc(0) may give NULL, which is not a lack of memory. */
void *xmalloc(size_t n)
{
	return or_die(malloc(n ? n : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return or_die(calloc(n ? n : 1, size ? size : 1));
}

void *xaligned(size_t n)
{
	return or_die(aligned_alloc(CACHE_LINE, (n + CACHE_LINE) / CACHE_LINE * CACHE_LINE));
}

void *xcalloc_aligned(size_t n, size_t size, void **memory)
{
	char *p = xcalloc(n + (CACHE_LINE + size - 1) / size, size);

	*memory = p;
	return p + (CACHE_LINE - (uintptr_t)p % CACHE_LINE) % CACHE_LINE;
}

void memory_ask(void *p, size_t n)
{
#ifdef MADV_POPULATE_WRITE /* Linux 5.14 */
	size_t page = (size_t)sysconf(_SC_PAGESIZE), skip = (page - (uintptr_t)p % page) % page;

	if (n >= skip + page)
		(void)madvise((char *)p + skip, (n - skip) / page * page, MADV_POPULATE_WRITE);
#else
	(void)p, (void)n;
#endif
}

void *xrealloc(void *p, size_t n)
{
	return or_die(realloc(p, n ? n : 1));
}

void *xgrown(void *p, size_t n, size_t size)
{
	return (n & (n - 1)) == 0 ? xrealloc(p, (n ? 2 * n : 1) * size) : p;
}

char *xstrdup(const char *s)
{
	return or_die(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return or_die(strndup(s, n));
}
