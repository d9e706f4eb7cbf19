/*
 * The names beside a log that may be its rotated files.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "follow_i.h"
#include "sibling.h"

#define NAMES_MAX 1000 /* newest first; more is somebody's joke (S11) */

void names_release(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i].path);
	free(names->v);
	*names = (struct names){0};
}

static bool is_sibling(const struct followed *l, const char *name)
{
	struct input_about about = {0};

	sibling_name(name, &about);
	return about.rotated && strcmp(about.family, l->base) == 0;
}

static void list_name(struct names *names, int dir, const char *where, const char *name)
{
	struct name *n;
	struct stat st;
	char path[1400];

	if (fstatat(dir, name, &st, 0) != 0 || !S_ISREG(st.st_mode))
		return;
	snprintf(path, sizeof path, "%s%s", where, name);
	if (names->n == names->cap) {
		names->cap = names->cap ? 2 * names->cap : 32;
		names->v = xrealloc(names->v, names->cap * sizeof *names->v);
	}
	n = &names->v[names->n++];
	*n = (struct name){
	    xstrdup(path), {0}, st.st_dev, st.st_ino, st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec,
	    st.st_uid};
	sibling_name(path, &n->about);
}

static void list_dir(const struct followed *l, struct names *names, const char *where)
{
	DIR *dir = opendir(where);

	if (!dir && (errno == EIO || msg_is_lack(errno)))
		names->error = errno; /* not: there is none */
	if (!dir)
		return;
	for (const struct dirent *e; (e = readdir(dir));)
		if (is_sibling(l, e->d_name))
			list_name(names, dirfd(dir), where, e->d_name);
	closedir(dir);
}

/* As the names tell it; of two for one content the plain one first. */
static int by_name(const void *va, const void *vb)
{
	const struct name *a = va, *b = vb;
	int c = sibling_compare_names(&a->about, &b->about);

	return c ? c : strcmp(a->path, b->path);
}

static int newest_first(const void *va, const void *vb)
{
	const struct name *a = va, *b = vb;

	return (a->mtime_ns < b->mtime_ns) - (a->mtime_ns > b->mtime_ns);
}

/* Whoever may not write logs must not make us read his files (S11). */
static void drop_strangers(const struct followed *l, struct names *names)
{
	struct stat st;
	size_t kept = 0;

	if (stat(l->path, &st) != 0)
		return;
	for (size_t i = 0; i < names->n; i++) {
		if (names->v[i].owner == st.st_uid || names->v[i].owner == 0)
			names->v[kept++] = names->v[i];
		else
			free(names->v[i].path);
	}
	names->n = kept;
}

void names_list(const struct follow *f, const struct followed *l, struct names *names)
{
	char where[1100];

	*names = (struct names){0};
	list_dir(l, names, l->dir);
	for (size_t i = 0; i < f->o->olddirs_n; i++) {
		snprintf(where, sizeof where, "%s/", f->o->olddirs[i]);
		list_dir(l, names, where);
	}
	drop_strangers(l, names);
	if (names->n > NAMES_MAX) {
		qsort(names->v, names->n, sizeof *names->v, newest_first);
		while (names->n > NAMES_MAX)
			free(names->v[--names->n].path);
	}
	if (names->n)
		qsort(names->v, names->n, sizeof *names->v, by_name);
}

bool names_same(const struct names *a, const struct names *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; i < a->n && same; i++)
		same =
		    strcmp(a->v[i].path, b->v[i].path) == 0 && a->v[i].dev == b->v[i].dev && a->v[i].ino == b->v[i].ino;
	return same;
}
