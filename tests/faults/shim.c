/*
 * A library to preload (LD_PRELOAD): lets chosen calls of the C library fail, so that tests can see
 * what the program makes of it. Calls are counted from main() on, in this process alone.
 *
 *   FI_CALL   which, parted by commas: open read pread write pwrite sync ftruncate fstat mmap malloc
 *             spawn inotify list rename
 *   FI_PATH   only for files whose name holds this text (what has no file is left alone then)
 *   FI_N      the call that fails: 1 is the first; 0 or not set: none, they are only counted
 *   FI_ERR    EINTR EIO ENOSPC EMFILE ENOMEM EROFS ...: what it says; SHORT: half of what was asked
 *             for; KILL: it never comes back; ESTALE: the descriptor that it is said of is not valid any
 *             more, until it is closed; LOST, TORN, MIXED: the power goes before the call (power.h; FI_SEED)
 *   FI_EVER   every call from then on fails
 *   FI_RUN    does not fail: runs this for /bin/sh before the call
 *   FI_DIE    kills the process once a pattern is to be matched with what holds this text (faults.md I52)
 *   FI_DIE_BY ABRT (if not set), SEGV or KILL
 *   FI_MAGIC  what statfs says every file lies on: its magic number, as in linux/magic.h, in hex
 *   FI_COUNT  a file of 16 bytes, which takes the number of calls and that of failures
 *   FI_WAYS   a file that takes the number, of 8 bytes, of each call that was come to by another way
 *             (the functions that led there) than those before it
 *
 *   FI_GONE            a name that nobody is told of by access(2)
 *   FI_CLOCK           seconds since 1970 at which the clock stands
 *   FI_SQLITE          3034000: the number of version that SQLite says it has
 *   FI_SQLITE_WITHOUT  JSON: SQLite says that it was built without
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "power.h"

#define EXPORT __attribute__((visibility("default")))

static struct {
	bool armed, ever, halves;
	int ways; /* descriptor, -1 */
	const char *calls, *path, *run;
	int error;
	int stale; /* descriptor, -1 */
	bool power;
	enum power_order order;
	uint64_t seed;
	uint64_t n;
	struct {
		uint64_t calls, failures;
	} own, *count;
} fault = {.count = &fault.own, .ways = -1, .stale = -1};

static const struct {
	const char *name;
	int value;
} errors[] = {
    {"EINTR", EINTR},   {"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT},
    {"EMFILE", EMFILE}, {"ENOENT", ENOENT}, {"ESTALE", ESTALE}, {"ENFILE", ENFILE},
    {"ENOMEM", ENOMEM}, {"EROFS", EROFS},   {"EACCES", EACCES}, {"EAGAIN", EAGAIN},
};

/* ------------------------------------------------------------------ which calls */

static bool is_called(const char *what)
{
	size_t n = strlen(what);

	for (const char *p = fault.calls; p && *p; p += strcspn(p, ","), p += *p == ',')
		if (strncmp(p, what, n) == 0 && (p[n] == ',' || p[n] == '\0'))
			return true;
	return false;
}

static bool is_wanted(int fd, const char *name)
{
	char link[64], path[4096];
	long n;

	if (!fault.path)
		return true;
	if (name)
		return strstr(name, fault.path);
	if (fd < 0)
		return false;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, fault.path);
}

#define WAY 8 /* functions, from the innermost on */
#define WAYS (1u << 16)

/* Is this the first call by this way? What is full knows no more new ones. */
static bool is_new_way(void)
{
	static uint64_t seen[WAYS];
	void *at[WAY];
	int n = backtrace(at, WAY);
	uint64_t hash = 1;

	for (int i = 0; i < n; i++)
		hash = (hash ^ (uint64_t)(uintptr_t)at[i]) * UINT64_C(0x9e3779b97f4a7c15);
	for (unsigned i = 0; i < 64; i++) {
		uint64_t *slot = &seen[((hash >> 40) + i) % WAYS];
		if (*slot == hash)
			return false;
		if (*slot == 0) {
			*slot = hash;
			return true;
		}
	}
	return false;
}

static void note_way(uint64_t n)
{
	static __thread bool inside; /* backtrace may ask for memory itself */

	if (fault.ways < 0 || inside)
		return;
	inside = true;
	if (is_new_way() && syscall(SYS_write, fault.ways, &n, sizeof n) != sizeof n)
		fault.ways = -1;
	inside = false;
}

static void run(void)
{
	pid_t child;

	fault.armed = false;
	child = fork();
	if (child == 0) {
		execl("/bin/sh", "sh", "-c", fault.run, (char *)NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	fault.armed = true;
}

/* This call is counted; true if it must fail, or give half of what is asked for. */
static bool fails(const char *what, int fd, const char *name)
{
	int saved = errno;
	uint64_t n;

	if (!fault.armed || !is_called(what) || !is_wanted(fd, name))
		return false;
	n = ++fault.count->calls;
	note_way(n);
	errno = saved;
	if (fault.error == ESTALE && fault.stale >= 0 && fd == fault.stale) {
		errno = ESTALE;
		return true;
	}
	if (fault.n == 0 || (fault.ever ? n < fault.n : n != fault.n))
		return false;
	fault.count->failures++;
	if (fault.run) {
		run();
		return false;
	}
	if (fault.power)
		power_cut(fault.order, fault.seed + n);
	if (fault.power || fault.error == -1)
		kill(getpid(), SIGKILL);
	if (fault.error == ESTALE)
		fault.stale = fd;
	errno = fault.error;
	return true;
}

/* ------------------------------------------------------------------ main */

static void read_orders(void)
{
	const char *n = getenv("FI_N"), *error = getenv("FI_ERR"), *file = getenv("FI_COUNT");
	int fd;

	fault.calls = getenv("FI_CALL");
	fault.path = getenv("FI_PATH");
	fault.run = getenv("FI_RUN");
	fault.ever = getenv("FI_EVER");
	fault.n = n ? strtoull(n, NULL, 10) : 0;
	fault.halves = error && strcmp(error, "SHORT") == 0;
	fault.error = error && strcmp(error, "KILL") == 0 ? -1 : EIO;
	for (size_t i = 0; error && i < sizeof errors / sizeof *errors; i++)
		if (strcmp(error, errors[i].name) == 0)
			fault.error = errors[i].value;
	for (int i = 0; error && i < 3; i++)
		if (strcmp(error, (const char *[]){"LOST", "TORN", "MIXED"}[i]) == 0) {
			fault.power = true;
			fault.order = (enum power_order)i;
		}
	const char *seed = getenv("FI_SEED");
	fault.seed = seed ? strtoull(seed, NULL, 10) : 1;
	fd = file ? (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC) : -1;
	if (fd >= 0) {
		void *p =
		    (void *)syscall(SYS_mmap, NULL, sizeof *fault.count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (p != MAP_FAILED)
			fault.count = p;
		syscall(SYS_close, fd);
	}
	if (getenv("FI_WAYS"))
		fault.ways = (int)syscall(SYS_openat, AT_FDCWD, getenv("FI_WAYS"), O_WRONLY | O_APPEND | O_CLOEXEC);
	unsetenv("LD_PRELOAD"); /* children are not meant */
}

static int (*real_main)(int, char **, char **);

static int armed_main(int argc, char **argv, char **env)
{
	read_orders();
	fault.armed = fault.calls != NULL;
	return real_main(argc, argv, env);
}

/* The next library's function of this name. dlsym may ask for memory: malloc must not need it for that. */
#define NEXT(name)                     \
	static __typeof__(name) *real; \
	if (!real)                     \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

EXPORT int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv, void (*init)(void),
                             void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
EXPORT int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv, void (*init)(void),
                             void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	NEXT(__libc_start_main);
	real_main = program;
	return real(armed_main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* ------------------------------------------------------------------ files */

static size_t portion(size_t n)
{
	return n > 1 ? n / 2 : n;
}

#define OPEN(name)                                                                      \
	EXPORT int name(const char *path, int flags, ...)                               \
	{                                                                               \
		NEXT(name);                                                             \
		va_list ap;                                                             \
		va_start(ap, flags);                                                    \
		mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0; \
		va_end(ap);                                                             \
		return fails("open", -1, path) ? -1 : real(path, flags, mode);          \
	}
OPEN(open)
OPEN(open64)

/* What _FORTIFY_SOURCE makes of open() where the flags are not known to the compiler. */
#define OPEN_2(name)                                                     \
	EXPORT int name(const char *path, int flags);                    \
	EXPORT int name(const char *path, int flags)                     \
	{                                                                \
		NEXT(name);                                              \
		return fails("open", -1, path) ? -1 : real(path, flags); \
	}
OPEN_2(__open_2)
OPEN_2(__open64_2)

EXPORT int close(int fd)
{
	NEXT(close);
	if (fd >= 0 && fd == fault.stale)
		fault.stale = -1;
	return real(fd);
}

EXPORT DIR *opendir(const char *path)
{
	NEXT(opendir);
	return fails("list", -1, path) ? NULL : real(path);
}

EXPORT int rename(const char *from, const char *to)
{
	NEXT(rename);
	return fails("rename", -1, from) ? -1 : real(from, to);
}

#define TRANSFER(what, ...)          \
	if (fails(what, fd, NULL)) { \
		if (!fault.halves)   \
			return -1;   \
		n = portion(n);      \
	}                            \
	return real(__VA_ARGS__)

EXPORT ssize_t read(int fd, void *to, size_t n)
{
	NEXT(read);
	TRANSFER("read", fd, to, n);
}

EXPORT ssize_t write(int fd, const void *from, size_t n)
{
	NEXT(write);
	TRANSFER("write", fd, from, n);
}

#define READ_AT(name)                                             \
	EXPORT ssize_t name(int fd, void *p, size_t n, off_t off) \
	{                                                         \
		NEXT(name);                                       \
		TRANSFER("pread", fd, p, n, off);                 \
	}
READ_AT(pread)
READ_AT(pread64)

#define WRITE_AT(name)                                                  \
	EXPORT ssize_t name(int fd, const void *p, size_t n, off_t off) \
	{                                                               \
		NEXT(name);                                             \
		if (fails("pwrite", fd, NULL)) {                        \
			if (!fault.halves)                              \
				return -1;                              \
			n = portion(n);                                 \
		}                                                       \
		if (fault.power)                                        \
			power_write(fd, p, n, off);                     \
		return real(fd, p, n, off);                             \
	}
WRITE_AT(pwrite)
WRITE_AT(pwrite64)

/* What a compiler makes of read and pread when it knows how large the buffer is. */
EXPORT ssize_t __read_chk(int fd, void *to, size_t n, size_t room);
EXPORT ssize_t __read_chk(int fd, void *to, size_t n, size_t room)
{
	NEXT(__read_chk);
	TRANSFER("read", fd, to, n, room);
}

EXPORT ssize_t __pread_chk(int fd, void *to, size_t n, off_t off, size_t room);
EXPORT ssize_t __pread_chk(int fd, void *to, size_t n, off_t off, size_t room)
{
	NEXT(__pread_chk);
	TRANSFER("pread", fd, to, n, off, room);
}

#define SYNC(name)                                                \
	EXPORT int name(int fd)                                   \
	{                                                         \
		NEXT(name);                                       \
		int rc = fails("sync", fd, NULL) ? -1 : real(fd); \
		if (rc == 0 && fault.power)                       \
			power_sync(fd);                           \
		return rc;                                        \
	}
SYNC(fsync)
SYNC(fdatasync)

#define CUT(name)                                 \
	EXPORT int name(int fd, off_t n)          \
	{                                         \
		NEXT(name);                       \
		if (fails("ftruncate", fd, NULL)) \
			return -1;                \
		if (fault.power)                  \
			power_truncate(fd, n);    \
		return real(fd, n);               \
	}
CUT(ftruncate)
CUT(ftruncate64)

#define STAT(name, type)                                             \
	EXPORT int name(int fd, struct type *st)                     \
	{                                                            \
		NEXT(name);                                          \
		return fails("fstat", fd, NULL) ? -1 : real(fd, st); \
	}
STAT(fstat, stat)
STAT(fstat64, stat64)

#define MAP(name)                                                                                \
	EXPORT void *name(void *at, size_t n, int prot, int flags, int fd, off_t off)            \
	{                                                                                        \
		NEXT(name);                                                                      \
		return fails("mmap", fd, NULL) ? MAP_FAILED : real(at, n, prot, flags, fd, off); \
	}
MAP(mmap)
MAP(mmap64)

/* ------------------------------------------------------------------ memory */

static char early[65536]; /* for dlsym, before we know where malloc is */
static size_t early_n;
static bool asking;

static void *early_take(size_t n)
{
	void *p = early + early_n;

	early_n += (n + 15) & ~(size_t)15;
	return early_n <= sizeof early ? p : NULL;
}

static bool is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof early;
}

#define MEMORY(name, bytes)                                \
	static __typeof__(name) *real;                     \
	if (!real) {                                       \
		if (asking)                                \
			return early_take(bytes);          \
		asking = true;                             \
		*(void **)&real = dlsym(RTLD_NEXT, #name); \
		asking = false;                            \
	}                                                  \
	if (fails("malloc", -1, NULL)) {                   \
		errno = ENOMEM;                            \
		return NULL;                               \
	}

EXPORT void *malloc(size_t n)
{
	MEMORY(malloc, n)
	return real(n);
}

EXPORT void *calloc(size_t n, size_t size)
{
	MEMORY(calloc, n * size)
	return real(n, size);
}

EXPORT void *aligned_alloc(size_t line, size_t n)
{
	MEMORY(aligned_alloc, n)
	return real(line, n);
}

EXPORT void *realloc(void *p, size_t n)
{
	MEMORY(realloc, n)
	return real(p, n);
}

EXPORT void free(void *p)
{
	static __typeof__(free) *real;

	if (!real && !asking) {
		asking = true; /* dlsym frees what its last complaint took */
		*(void **)&real = dlsym(RTLD_NEXT, "free");
		asking = false;
	}
	if (real && !is_early(p))
		real(p);
}

/* Memory of the C library's own, and glibc 2.36 does not bear the lack of it here: no fault of ours. */
EXPORT struct passwd *getpwuid(uid_t uid)
{
	NEXT(getpwuid);
	bool armed = fault.armed;
	struct passwd *p;

	fault.armed = false;
	p = real(uid);
	fault.armed = armed;
	return p;
}

/* ------------------------------------------------------------------ children, watches */

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *act,
                       const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	NEXT(posix_spawn);
	return fails("spawn", -1, NULL) ? errno : real(pid, path, act, attr, argv, env);
}

EXPORT int inotify_init1(int flags)
{
	NEXT(inotify_init1);
	return fails("inotify", -1, NULL) ? -1 : real(flags);
}

EXPORT int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	NEXT(inotify_add_watch);
	return fails("inotify", -1, path) ? -1 : real(fd, path, mask);
}

/* ------------------------------------------------------------------ another SQLite */

EXPORT int sqlite3_libversion_number(void);
EXPORT int sqlite3_libversion_number(void)
{
	NEXT(sqlite3_libversion_number);
	const char *said = getenv("FI_SQLITE");

	return said ? atoi(said) : real();
}

EXPORT int sqlite3_compileoption_used(const char *option);
EXPORT int sqlite3_compileoption_used(const char *option)
{
	NEXT(sqlite3_compileoption_used);
	const char *without = getenv("FI_SQLITE_WITHOUT");

	if (without && strncmp(option, "OMIT_", 5) == 0 && strcmp(option + 5, without) == 0)
		return 1;
	return real(option);
}

/* ------------------------------------------------------------------ another machine */

EXPORT int access(const char *path, int mode)
{
	NEXT(access);
	const char *gone = getenv("FI_GONE");

	if (gone && strncmp(path, gone, strlen(gone)) == 0) {
		errno = ENOENT;
		return -1;
	}
	return gone && strcmp(path, "/run/systemd/journal") == 0 ? 0 : real(path, mode);
}

/* time(2) is none of the calls that somebody asks who sends mail or keeps days. */
EXPORT int clock_gettime(clockid_t id, struct timespec *now)
{
	NEXT(clock_gettime);
	const char *stands = getenv("FI_CLOCK");

	if (!stands || id != CLOCK_REALTIME)
		return real(id, now);
	*now = (struct timespec){.tv_sec = atoll(stands)};
	return 0;
}

/* ------------------------------------------------------------------ a line that is poison */

EXPORT int pcre2_match_8(const void *code, const unsigned char *text, size_t n, size_t from, uint32_t options,
                         void *data, void *context);
EXPORT int pcre2_match_8(const void *code, const unsigned char *text, size_t n, size_t from, uint32_t options,
                         void *data, void *context)
{
	NEXT(pcre2_match_8);
	const char *die = getenv("FI_DIE"), *by = getenv("FI_DIE_BY");

	if (die && memmem(text, n, die, strlen(die))) {
		if (by && strcmp(by, "SEGV") == 0)
			*(volatile int *)mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 0;
		else if (by && strcmp(by, "KILL") == 0)
			kill(getpid(), SIGKILL);
		abort();
	}
	return real(code, text, n, from, options, data, context);
}

/* ------------------------------------------------------------------ another file system */

static void pretend(long *type)
{
	const char *magic = getenv("FI_MAGIC");

	if (magic)
		*type = (long)strtoul(magic, NULL, 16);
}

#define STATFS(name, buffer)                                 \
	EXPORT int name(const char *path, struct buffer *st) \
	{                                                    \
		NEXT(name);                                  \
		int rc = real(path, st);                     \
		pretend(&st->f_type);                        \
		return rc;                                   \
	}
STATFS(statfs, statfs)
STATFS(statfs64, statfs64)
