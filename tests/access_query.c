/*
 *     access_query TYPE:PATH key|sender|client|rows <KEYS
 *
 * Asks an access table as our code reads it, so that tests/postmap.sh can
 * compare it with what postmap says. A line of stdin is a key (`postmap -q`), a
 * sender, or `name ip`; a line of stdout is the action, empty if there is none,
 * or `unsure: why`. rows prints the table's rows; it reads no keys.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../parsers/access.h"

static char *whole_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(1 << 20);

	if (!f || !text) {
		perror(path);
		exit(66);
	}
	*n = fread(text, 1, 1 << 20, f);
	fclose(f);
	return text;
}

static void say(void *arg, const char *table, int line, const char *why)
{
	(void)arg;
	fprintf(stderr, "%s:%d: %s\n", table, line, why);
}

static enum access_answer ask(const struct access *a, char how, struct slice line, struct access_hit *hit)
{
	struct access_options o = ACCESS_OPTIONS;
	ptrdiff_t blank = slice_chr(line, ' ');

	if (how == 'k')
		return access_get(a, line, hit);
	if (how == 's')
		return access_find_sender(a, line, &o, hit);
	return access_find_client(a, slice_head(line, blank < 0 ? line.n : (size_t)blank),
	                          slice_from(line, blank < 0 ? line.n : (size_t)blank + 1), &o, hit);
}

static void print_rows(const struct access *a)
{
	struct access_row row;

	for (size_t at = 0; access_next(a, &at, &row);)
		printf("%d %.*s|%.*s|%d\n", row.line, (int)row.key.n, row.key.p, (int)row.action.n, row.action.p,
		       row.winner);
}

int main(int argc, char **argv)
{
	static struct access_hit hit;
	struct access_complaints complaints = {say, NULL};
	struct slice name = slice_str(argc > 2 ? argv[1] : "");
	enum access_kind kind = access_kind_of(name);
	char *text = NULL, *line = NULL;
	size_t n = 0, room = 0;
	struct access *a;
	ssize_t got;

	if (argc != 3) {
		fprintf(stderr, "usage: access_query TYPE:PATH key|sender|client|rows\n");
		return 64;
	}
	if (kind != ACCESS_INLINE && kind != ACCESS_STATIC)
		text = whole_file(access_path_of(name).p, &n);
	a = access_new(name, slice_of(text, n), &complaints);
	free(text);
	if (!a)
		return 65;
	if (argv[2][0] == 'r')
		print_rows(a);
	while (argv[2][0] != 'r' && (got = getline(&line, &room, stdin)) >= 0) {
		struct slice key = slice_of(line, (size_t)got - (line[got - 1] == '\n'));
		enum access_answer answer = ask(a, argv[2][0], key, &hit);
		if (answer == ACCESS_UNSURE)
			printf("unsure: %s\n", hit.why);
		else
			printf("%.*s\n", (int)hit.action.n, hit.action.p ? hit.action.p : "");
	}
	free(line);
	access_free(a);
	return 0;
}
