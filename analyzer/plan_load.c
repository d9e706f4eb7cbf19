/* What a plan is made from: verdicts and figures of the database, and the bytes of the map. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../parsers/stamp.h"
#include "msg.h"
#include "plan_i.h"

static char *column(const struct query *q, int at)
{
	struct slice s = query_text(q, at);

	return query_is_null(q, at) ? NULL : xstrndup(s.p ? s.p : "", s.n);
}

static void load_verdicts(struct plan *p, struct reader *r)
{
	struct query *q = query_new(r, SQL_READ_PLAN_VERDICTS, NULL, 0);

	while (query_row(q)) {
		struct plan_verdict v = {.id = query_number(q, 0)};
		if (!verdict_word_of(query_text(q, 3), &v.word) ||
		    !subject_of_row(query_text(q, 1), query_text(q, 2), &v.subject))
			continue;
		v.note = column(q, 4);
		v.owner = column(q, 5);
		v.expires = column(q, 6);
		p->verdict = xrealloc(p->verdict, (p->verdicts + 1) * sizeof *p->verdict);
		p->verdict[p->verdicts++] = v;
	}
	query_free(q);
}

static void load_expired(struct plan *p, struct reader *r)
{
	struct query *q = query_new(r, SQL_READ_PLAN_EXPIRED, NULL, 0);

	while (query_row(q)) {
		p->expired = xrealloc(p->expired, (p->expireds + 1) * sizeof *p->expired);
		p->expired[p->expireds++] =
		    (struct plan_expired){column(q, 0), column(q, 1), column(q, 2), column(q, 3)};
	}
	query_free(q);
}

static struct plan_verdict *verdict_of(struct plan *p, int64_t id)
{
	for (size_t i = 0; i < p->verdicts; i++)
		if (p->verdict[i].id == id)
			return &p->verdict[i];
	return NULL;
}

static void load_stretch(struct plan *p, struct reader *r, const struct query_param *rule)
{
	struct query *q = query_new(r, SQL_READ_PLAN_STRETCH, rule, 1);

	p->forecast.from = p->forecast.to = STAMP_NONE;
	if (query_row(q) && !query_is_null(q, 0) && !query_is_null(q, 1)) {
		p->forecast.from = query_number(q, 0);
		p->forecast.to = query_number(q, 1);
		p->forecast.days = (double)(p->forecast.to - p->forecast.from) / 86400e6;
	}
	query_free(q);
}

/* A mail of the stretch. One with lines in two parts of it comes twice. */
struct figure {
	int64_t mail, verdict;
	bool lost;
};
struct figures {
	struct figure *row;
	size_t n;
};

static void part_load(struct plan *p, struct reader *r, struct figures *f, int64_t low, int64_t high)
{
	const struct query_param params[] = {{"rule", slice_str(p->rule), 0, false},
	                                     {"since", SLICE_NONE, p->forecast.from, false},
	                                     {"low", SLICE_NONE, low, false},
	                                     {"high", SLICE_NONE, high, high < 0}};
	struct query *q = query_new(r, SQL_READ_PLAN_FIGURES, params, 4);

	while (query_row(q)) {
		struct plan_verdict *v = verdict_of(p, query_number(q, 1));
		*(v ? &v->attempts : &p->forecast.attempts) += query_number(q, 2);
		if (!query_number(q, 3))
			continue;
		f->row = xgrown(f->row, f->n, sizeof *f->row);
		f->row[f->n++] = (struct figure){query_number(q, 0), query_number(q, 1), query_number(q, 4) != 0};
	}
	query_free(q);
}

static int compare_figures(const void *a, const void *b)
{
	const struct figure *x = a, *y = b;

	return (x->mail > y->mail) - (x->mail < y->mail);
}

static void figures_count(struct plan *p, struct figures *f)
{
	if (f->n)
		qsort(f->row, f->n, sizeof *f->row, compare_figures);
	for (size_t i = 0; i < f->n; i++) {
		struct plan_verdict *v = verdict_of(p, f->row[i].verdict);
		if (i && f->row[i - 1].mail == f->row[i].mail)
			continue;
		*(v ? &v->mails : &p->forecast.mails) += 1;
		*(v ? &v->lost : &p->forecast.lost) += f->row[i].lost;
	}
	free(f->row);
}

/* Hour by hour, each a query, so that none takes long. */
static void load_figures(struct plan *p, struct reader *r)
{
	struct query_param params[] = {{"rule", slice_str(p->rule), 0, false}, {"since", SLICE_NONE, 0, false}};
	struct figures f = {0};
	int64_t *place = NULL;
	size_t n = 0;

	load_stretch(p, r, params);
	params[1].number = p->forecast.from;
	struct query *q = query_new(r, SQL_READ_PLAN_PARTS, &params[1], 1);
	while (query_row(q)) {
		place = xgrown(place, n, sizeof *place);
		place[n++] = query_number(q, 0);
	}
	query_free(q);
	for (size_t i = 0; i < n; i++)
		part_load(p, r, &f, place[i], i + 1 < n ? place[i + 1] : -1);
	figures_count(p, &f);
	free(place);
}

void plan_load(struct plan *p, struct reader *r, const struct plan_options *o)
{
	load_verdicts(p, r);
	load_expired(p, r);
	load_figures(p, r);
	plan_moves_load(p, r, o);
}

/* ------------------------------------------------------------------ the map's bytes */

static char *read_all(FILE *f, struct slice *bytes, const char **why)
{
	size_t n = 0, room = 1 << 16, got;
	char *text = xmalloc(room);

	while ((got = fread(text + n, 1, room - n, f)) > 0 && n + got <= ACCESS_BYTES_MAX) {
		n += got;
		if (n == room)
			text = xrealloc(text, room *= 2);
	}
	*bytes = slice_of(text, n);
	*why = ferror(f) ? strerror(errno) : got ? "is longer than 64 MiB" : NULL;
	if (!*why)
		return text;
	free(text);
	return NULL;
}

char *plan_read_map(const char *path, struct slice *bytes)
{
	/* A pipe would have us wait for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *why = fd < 0 ? strerror(errno) : NULL;
	bool absent = fd < 0 && errno == ENOENT;
	struct stat st;
	char *text = NULL, safe[512];

	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)))
		why = "is no regular file";
	FILE *f = why ? NULL : fdopen(fd, "r");
	if (f)
		text = read_all(f, bytes, &why);
	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	if (!text && !absent)
		msg_warn("%s: %s", msg_safe(slice_str(path), safe, sizeof safe), why ? why : "out of memory");
	return text;
}
