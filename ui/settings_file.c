#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../analyzer/msg.h"

#define FILE_MAX (1024 * 1024)
#define LINE_WANTED 16384
#define SECTION_MAX 48 /* libinih cuts a longer name in silence */
#define WHY_MAX 320

/*
 * Debian's libinih has its limits as variables, others have constants: weak, so
 * that both will do. With constants, a line beyond 200 bytes is a complaint.
 */
extern int ini_max_line __attribute__((weak));
extern int ini_initial_alloc __attribute__((weak));
extern bool ini_use_stack __attribute__((weak));

/* A key that was set, to tell when it is set again. */
struct seen {
	char section[SECTION_MAX + 1], key[32];
	int line;
};

#define SEEN_MAX (128 + RULES_MAX * 4)

/*
 * libinih calls line_next for a line, then handles it, then calls again: so we
 * know the line of each key, which it does not tell, and see the lines that it
 * passes over in silence.
 */
struct loader {
	struct settings *s;
	const char *path; /* as it may be shown */
	struct slice rest;
	int line;
	bool open;    /* the line must turn out to be a key */
	bool skip;    /* in a section that was refused */
	int empty_at; /* line of a [rule NAME] that has no key yet, or 0 */
	int rule_line[RULES_MAX];
	struct seen seen[SEEN_MAX];
	size_t seen_n;
	int complaints;
};

__attribute__((format(printf, 3, 4))) static void complain(struct loader *l, int line, const char *fmt, ...)
{
	char text[WHY_MAX + 160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	msg_warn("%s:%d: %s", l->path, line, text);
	l->complaints++;
}

/* A line or section is over: did it come to what it promised? */
static void line_close(struct loader *l)
{
	if (l->open)
		complain(l, l->line, "neither [section] nor key = value");
	l->open = false;
}

static void section_close(struct loader *l)
{
	if (l->empty_at)
		complain(l, l->empty_at, "a rule without any key");
	l->empty_at = 0;
}

/* libinih must read the name as we do: not cut, and nothing in it that begins a comment. */
static bool section_is_good(struct slice name)
{
	struct slice rule = settings_rule_name(name);

	for (size_t i = 0; i < rule.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", rule.p[i]))
			return false;
	return name.n <= SECTION_MAX && (rule.n > 0 || settings_has_section(name));
}

static void section_open(struct loader *l, struct slice line)
{
	char shown[160];
	ptrdiff_t end = slice_chr(line, ']');
	struct slice name = slice_head(slice_from(line, 1), end > 0 ? (size_t)end - 1 : 0);
	struct slice behind = slice_from(line, (size_t)(end + 1));

	section_close(l);
	l->skip = true;
	while (behind.n > 0 && strchr(" \t", behind.p[0]))
		behind = slice_from(behind, 1);
	if (end < 0)
		complain(l, l->line, "a section without ]");
	else if (behind.n > 0 && !strchr(";#", behind.p[0]))
		complain(l, l->line, "text behind the ] of a section");
	else if (!section_is_good(name))
		complain(l, l->line, "unknown section [%s]%s", msg_safe(name, shown, sizeof(shown)),
		         slice_starts(name, SLICE("rule")) ? "; a rule's is [rule NAME], of a-z, 0-9 and -" : "");
	else
		l->skip = false;
	if (!l->skip && !settings_has_section(name))
		l->empty_at = l->line;
}

/* NUL is none: a line that has one is refused as a whole. */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Takes the next line of the file, without the blanks around it and its newline. */
static struct slice line_take(struct loader *l)
{
	ptrdiff_t end = slice_chr(l->rest, '\n');
	struct slice line = end < 0 ? l->rest : slice_head(l->rest, (size_t)end);

	l->rest = slice_from(l->rest, line.n + 1);
	if (++l->line == 1)
		slice_skip(&line, SLICE("\xEF\xBB\xBF"));
	/* libinih takes an indented line for more of the line before. */
	while (line.n > 0 && is_blank(line.p[0]))
		line = slice_from(line, 1);
	while (line.n > 0 && is_blank(line.p[line.n - 1]))
		line.n--;
	return line;
}

static char *line_next(char *buf, int cap, void *user)
{
	struct loader *l = user;
	struct slice line;

	line_close(l);
	if (l->rest.n == 0)
		return NULL;
	line = line_take(l);
	if (slice_chr(line, '\0') >= 0) {
		complain(l, l->line, "has a NUL byte");
		line.n = 0;
	} else if (line.n + 2 > (size_t)cap) {
		complain(l, l->line, "longer than %d bytes", cap - 2);
		line.n = 0;
	} else if (slice_starts(line, SLICE("["))) {
		section_open(l, line);
	} else {
		l->open = line.n > 0 && !strchr(";#", line.p[0]);
	}
	if (line.n > 0)
		memcpy(buf, line.p, line.n);
	memcpy(buf + line.n, "\n", 2);
	return buf;
}

static const struct seen *seen_find(const struct loader *l, const char *section, const char *key)
{
	for (size_t i = 0; i < l->seen_n; i++)
		if (strcmp(l->seen[i].section, section) == 0 && strcmp(l->seen[i].key, key) == 0)
			return &l->seen[i];
	return NULL;
}

static void seen_add(struct loader *l, const char *section, const char *key)
{
	struct seen *seen = &l->seen[l->seen_n];

	if (l->seen_n == SEEN_MAX)
		return;
	l->seen_n++;
	snprintf(seen->section, sizeof(seen->section), "%s", section);
	snprintf(seen->key, sizeof(seen->key), "%s", key);
	seen->line = l->line;
}

static void key_set(struct loader *l, const char *section, const char *key, const char *value)
{
	const struct seen *before = seen_find(l, section, key);
	char name[160], why[WHY_MAX];
	bool (*put)(struct settings *, const char *, const char *, const char *, char *, size_t) =
	    before ? settings_add : settings_set;
	int rules = l->s->rules.count;

	msg_safe(slice_str(key), name, sizeof(name));
	if (before && !settings_is_list(section, key)) {
		complain(l, l->line, "%s: %s: is set in line %d already", section, name, before->line);
		return;
	}
	if (!put(l->s, section, key, value, why, sizeof(why)))
		complain(l, l->line, "%s: %s: %s", section, name, why);
	else if (!before)
		seen_add(l, section, key);
	if (l->s->rules.count > rules)
		l->rule_line[rules] = l->line;
}

static int on_key(void *user, const char *section, const char *key, const char *value)
{
	struct loader *l = user;

	l->open = false;
	if (l->skip)
		return 1;
	l->empty_at = 0;
	if (section[0] == '\0')
		complain(l, l->line, "a key before any [section]");
	else
		key_set(l, section, key, value);
	return 1;
}

static void rules_complete(struct loader *l)
{
	char why[WHY_MAX];

	for (int i = 0; i < l->s->rules.count; i++)
		if (!rules_check(&l->s->rules, i + 1, why, sizeof(why)))
			complain(l, l->rule_line[i], "%s", why);
}

static void parse(struct loader *l)
{
	int bad;

	if (&ini_max_line && &ini_initial_alloc && &ini_use_stack) {
		ini_max_line = ini_initial_alloc = LINE_WANTED;
		ini_use_stack = false;
	}
	bad = ini_parse_stream(line_next, l, on_key, l);
	section_close(l);
	rules_complete(l);
	if (bad != 0 && l->complaints == 0)
		complain(l, bad > 0 ? bad : l->line, "cannot be understood");
}

/* What is wrong with the file before a line of it is read, or NULL (faults.md S7). */
static const char *file_trouble(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "others than its owner may write to it; chmod go-w";
	if (st->st_size > FILE_MAX)
		return "larger than 1 MiB";
	return NULL;
}

/* The whole file in new memory, NULL with a reason in *why. */
static char *file_read(int fd, size_t *n, const char **why)
{
	char *text;
	struct stat st;
	ssize_t got = 1;

	errno = 0;
	*why = fstat(fd, &st) == 0 ? file_trouble(&st) : strerror(errno);
	if (*why)
		return NULL;
	text = xmalloc(FILE_MAX + 1);
	for (*n = 0; *n <= FILE_MAX && got > 0; *n += got > 0 ? (size_t)got : 0)
		do
			got = read(fd, text + *n, FILE_MAX + 1 - *n);
		while (got < 0 && errno == EINTR);
	if (got >= 0 && *n <= FILE_MAX)
		return text;
	*why = got < 0 ? strerror(errno) : "grows while it is read";
	free(text); /* leaves errno alone */
	return NULL;
}

/* errno of a failure: does it tell of the system, or of the file? */
static int failed(void)
{
	return errno == EIO || errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -1 : 1;
}

static int load(struct settings *s, int fd, const char *path)
{
	struct loader *l;
	const char *why;
	size_t n;
	char *text = file_read(fd, &n, &why);
	int complaints;

	if (!text) {
		msg_warn("%s: %s", path, why);
		return failed();
	}
	l = xcalloc(1, sizeof(*l));
	l->s = s;
	l->path = path;
	l->rest = slice_of(text, n);
	parse(l);
	complaints = l->complaints;
	free(l);
	free(text);
	return complaints;
}

int settings_load(struct settings *s, const char *path)
{
	char shown[512];
	int fd, complaints;

	settings_default(s);
	/* O_NONBLOCK: a FIFO must not hold us before we see what it is. */
	do
		fd = open(path ? path : SETTINGS_FILE, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	while (fd < 0 && errno == EINTR);
	if (fd < 0 && !path && errno == ENOENT)
		return 0;
	msg_safe(slice_str(path ? path : SETTINGS_FILE), shown, sizeof(shown));
	if (fd < 0) {
		msg_warn("%s: %s", shown, strerror(errno));
		return failed();
	}
	complaints = load(s, fd, shown);
	close(fd);
	return complaints;
}
