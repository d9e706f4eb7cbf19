#include "quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fact.h"
#include "input.h"
#include "msg.h"

/* The block that begins at the line; a log that is still growing may end in the middle of one. */
static bool read_line(struct input *in, int64_t off, struct quote *out)
{
	struct input_block block;

	if (input_start(in, 0, off, "", 0) != INPUT_OK || input_next(in, true, &block) != INPUT_BLOCK)
		return false;
	ptrdiff_t end = slice_chr(block.bytes, '\n');
	out->n = end < 0 ? block.bytes.n : (size_t)end;
	if (out->n > QUOTE_MAX)
		out->n = QUOTE_MAX;
	memcpy(out->line, block.bytes.p, out->n);
	return true;
}

static bool same_stream(const struct input *in, struct slice head)
{
	const struct input_about *a = input_about(in, 0);
	size_t n = head.n < a->head_n ? head.n : a->head_n;

	return n > 0 && memcmp(a->head, head.p, n) == 0;
}

static bool quote_from(const char *path, struct slice head, int64_t off, struct quote *out)
{
	struct stat st;
	size_t bad = 0;
	bool found = false;

	/* Not a pipe: opening one waits for somebody to write. */
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || access(path, R_OK) != 0)
		return false;
	struct input *in = input_open(&path, 1, 0, &bad);
	if (input_count(in) == 1 && same_stream(in, head))
		found = read_line(in, off, out);
	input_close(in);
	return found;
}

/* As it was named, or as logrotate and savelog name it a little later. */
static bool quote_beside(const char *path, struct slice head, int64_t off, struct quote *out)
{
	static const char *const packed[] = {"", ".gz", ".xz", ".zst", ".bz2"};
	char other[1100];

	if (quote_from(path, head, off, out))
		return true;
	for (int n = 0; n < 10; n++)
		for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
			snprintf(other, sizeof other, "%s.%d%s", path, n, packed[i]);
			if (quote_from(other, head, off, out))
				return true;
		}
	return false;
}

bool quote_line(struct reader *r, uint64_t place, struct quote *out)
{
	int64_t off = (int64_t)(place & ((UINT64_C(1) << PLACE_SHIFT) - 1));
	struct query_param params[] = {{"gen", SLICE_NONE, (int64_t)(place >> PLACE_SHIFT), false}};
	struct query *q = query_new(r, SQL_READ_QUOTE_STREAM, params, 1);
	char path[1024] = "", *head = NULL;
	size_t n = 0;

	out->n = 0;
	snprintf(out->where, sizeof out->where, "a log that is not known any more");
	if (query_row(q)) {
		struct slice hint = query_text(q, 0);
		snprintf(path, sizeof path, "%.*s", (int)hint.n, hint.p ? hint.p : "");
		snprintf(out->where, sizeof out->where, "%s, byte %lld", path, (long long)off);
		n = query_text(q, 1).n;
		head = n ? xstrndup(query_text(q, 1).p, n) : NULL;
	}
	query_free(q); /* a log may take long to unpack: nothing of the database is held meanwhile */
	bool found = *path && strcmp(path, "-") != 0 && quote_beside(path, slice_of(head ? head : "", n), off, out);
	free(head);
	return found;
}
