#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/msg.h"
#include "plan_text.h"

struct plan_command {
	struct common common;
	struct planned_options planned;
	const char *dir;
	int stage;
	bool force;
};

static const char *const stages[] = {"warn", "defer", "reject", NULL};

#define AT(field) offsetof(struct plan_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct plan_command),
    PLANNED_ROWS(struct plan_command),
    {"--stage", "STAGE", OPTION_CHOICE, AT(stage), "what the last row does (default: reject)", 0, 0, stages},
    {"--dir", "DIR", OPTION_STRING, AT(dir), "write the files there, and nowhere else (default: write none)", 0, 0,
     NULL},
    {"--force", NULL, OPTION_FLAG, AT(force), "replace files that are there already", 0, 0, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

/* ------------------------------------------------------------------ files */

struct out_file {
	const char *name;
	struct slice text;
};

static const struct {
	const char *name;
	void (*render)(struct text *t, const struct plan_view *v);
} rendered[] = {
    {"plan.txt", plan_text_steps},       {"postfix.sh", plan_text_postfix}, {"ucs.sh", plan_text_ucs},
    {"rollback.sh", plan_text_rollback}, {"swaks.sh", plan_text_swaks},
};
#define RENDERED (sizeof rendered / sizeof *rendered)
#define FILES (RENDERED + PLAN_FILES)

static noreturn void cannot(const char *dir, const char *name, const char *why)
{
	char safe[400], file[300];

	msg_safe(slice_str(dir), safe, sizeof safe);
	msg_die(EX_CANTCREAT, "plan: %s/%s: %s", safe, msg_safe(slice_str(name), file, sizeof file), why);
}

static int open_dir(const char *dir)
{
	char safe[400];

	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		msg_die(EX_CANTCREAT, "plan: %s: %s", msg_safe(slice_str(dir), safe, sizeof safe), strerror(errno));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		msg_die(EX_CANTCREAT, "plan: %s: %s", msg_safe(slice_str(dir), safe, sizeof safe), strerror(errno));
	return fd;
}

/* The map's name is the admin's, all others are ours. */
static void check_names(const char *dir, const struct out_file *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(f[i].name, ".") == 0 || strcmp(f[i].name, "..") == 0 || strchr(f[i].name, '/') ||
		    !*f[i].name)
			cannot(dir, f[i].name, "no name for a file");
		for (size_t k = 0; k < i; k++)
			if (strcmp(f[i].name, f[k].name) == 0)
				cannot(dir, f[i].name, "the map has the name of another file of the plan");
	}
}

/* All are looked at before one is written. */
static void check_absent(const char *dir, int fd, const struct out_file *f, size_t n)
{
	struct stat st;

	for (size_t i = 0; i < n; i++)
		if (fstatat(fd, f[i].name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			cannot(dir, f[i].name, "is there already; --force replaces it");
}

static bool write_all(int fd, struct slice text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text = slice_from(text, (size_t)n);
	}
	return fchmod(fd, 0644) == 0;
}

static void write_file(const char *dir, int dir_fd, const struct out_file *f, bool force)
{
	char temp[300];

	if (snprintf(temp, sizeof temp, ".%s.%ld", f->name, (long)getpid()) >= (int)sizeof temp)
		cannot(dir, f->name, "the name is too long");
	const char *name = force ? temp : f->name;
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		cannot(dir, f->name, strerror(errno));
	bool good = write_all(fd, f->text);
	good = close(fd) == 0 && good;
	if (good && force)
		good = renameat(dir_fd, temp, dir_fd, f->name) == 0;
	if (good)
		return;
	int error = errno;
	unlinkat(dir_fd, name, 0);
	cannot(dir, f->name, strerror(error));
}

static size_t render_all(const struct plan_view *v, struct text texts[RENDERED], struct out_file out[FILES])
{
	size_t n = 0;

	for (size_t i = 0; i < v->plan->files; i++)
		out[n++] =
		    (struct out_file){v->plan->file[i].name, slice_of(v->plan->file[i].text, v->plan->file[i].n)};
	for (size_t i = 0; i < RENDERED; i++) {
		rendered[i].render(&texts[i], v);
		out[n++] = (struct out_file){rendered[i].name, slice_of(texts[i].p, texts[i].n)};
	}
	return n;
}

static void write_dir(const struct plan_view *v, bool force)
{
	struct text texts[RENDERED] = {{0}}, line = {0};
	struct out_file out[FILES];
	size_t n = render_all(v, texts, out);

	check_names(v->dir, out, n);
	int fd = open_dir(v->dir);
	if (!force)
		check_absent(v->dir, fd, out, n);
	for (size_t i = 0; i < n; i++)
		write_file(v->dir, fd, &out[i], force);
	close(fd);
	for (size_t i = 0; i < n; i++) {
		encode_term(&line, slice_str(v->dir));
		text_char(&line, '/');
		encode_term(&line, slice_str(out[i].name));
		printf("%s\n", line.p);
		text_clear(&line);
	}
	for (size_t i = 0; i < v->plan->remarks; i++)
		if (v->plan->remark[i].danger) {
			encode_term(&line, slice_str(v->plan->remark[i].text));
			printf("! %s\n", line.p);
			text_clear(&line);
		}
	printf("Read plan.txt first: it has the steps.\n");
	for (size_t i = 0; i < RENDERED; i++)
		text_release(&texts[i]);
	text_release(&line);
}

/* ------------------------------------------------------------------ the command */

static void print_steps(const struct plan_view *v)
{
	struct text t = {0};

	plan_text_steps(&t, v);
	fwrite(t.p, 1, t.n, stdout);
	text_release(&t);
}

int command_plan(const struct command *c, struct common *common, int argc, char **argv)
{
	struct plan_command o = {.common = *common, .stage = PLAN_REJECT};
	struct option_rest rest = {0};
	struct planned now;
	char why[300];

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n)
		msg_die(EX_USAGE, "plan: what is `%s`? A plan takes options only", rest.v[0]);
	if (o.force && !o.dir)
		msg_die(EX_USAGE, "plan: --force goes with --dir");
	if (o.dir && !*o.dir)
		msg_die(EX_USAGE, "plan: --dir: no directory is named");
	planned_open(&now, "plan", &o.common, &o.planned);
	struct plan *plan = planned_plan(&now, (enum plan_stage)o.stage, why, sizeof why);
	if (!plan)
		msg_die(EX_CONFIG, "plan: %s", why);
	char *host = planned_host(&now);
	struct plan_view view = {.now = &now, .plan = plan, .host = host, .dir = o.dir};
	if (o.dir)
		write_dir(&view, o.force);
	else
		print_steps(&view);
	output_check();
	free(host);
	plan_free(plan);
	planned_release(&now);
	return 0;
}
