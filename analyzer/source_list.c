#include "source_list.h"

#include <stdlib.h>

#include "msg.h"
#include "punycode.h"
#include "source_count.h"
#include "subject.h"
#include "walk.h"

const char *source_verdict_name(enum source_verdict v)
{
	static const char *const names[] = {
#define X(id, name) [SOURCE_VERDICT_##id] = name,
	    SOURCE_VERDICTS(X)
#undef X
	};

	return names[v];
}

static enum source_verdict verdict_of(struct slice name)
{
	for (int v = SOURCE_VERDICT_EXEMPT; v <= SOURCE_VERDICT_BLOCK; v++)
		if (slice_eq(name, slice_str(source_verdict_name((enum source_verdict)v))))
			return (enum source_verdict)v;
	return SOURCE_VERDICT_NONE;
}

/* ------------------------------------------------------------------ rows by their name */

/* The list's rows in the order of their names: the other queries name them. */
struct index {
	struct source_row **by_name;
	size_t n;
};

static int compare_slices(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_rows(const void *a, const void *b)
{
	const struct source_row *const *x = a, *const *y = b;

	return compare_slices(slice_str((*x)->name), slice_str((*y)->name));
}

static int compare_name(const void *key, const void *row)
{
	const struct slice *name = key;
	const struct source_row *const *x = row;

	return compare_slices(*name, slice_str((*x)->name));
}

static void index_make(struct index *x, struct source_list *l)
{
	x->n = l->n;
	x->by_name = xcalloc(l->n + 1, sizeof *x->by_name);
	for (size_t i = 0; i < l->n; i++)
		x->by_name[i] = &l->row[i];
	qsort(x->by_name, x->n, sizeof *x->by_name, compare_rows);
}

static struct source_row *index_find(const struct index *x, struct slice name)
{
	struct source_row **p =
	    slice_is_set(name) && x->n ? bsearch(&name, x->by_name, x->n, sizeof *x->by_name, compare_name) : NULL;

	return p ? *p : NULL;
}

/* ---------------------------------------------------------------------- the queries */

static char *copy(struct slice s)
{
	return slice_is_set(s) ? xstrndup(s.p, s.n) : NULL;
}

static char *name_shown(struct slice name)
{
	char both[PUNYCODE_TEXT];

	return xstrdup(punycode_both(name, both, sizeof both));
}

/* What counts now: rows of human_verdict in the order of their numbers. */
struct words {
	struct word {
		int64_t verdict;
		enum source_verdict word;
	} * word;
	size_t n;
};

/* Columns as verdict_current.sql has them. */
static void load_verdicts(struct words *w, struct query *q)
{
	while (query_row(q)) {
		w->word = xgrown(w->word, w->n, sizeof *w->word);
		w->word[w->n++] = (struct word){query_number(q, 0), verdict_of(query_text(q, 3))};
	}
}

static int compare_verdict(const void *key, const void *word)
{
	const int64_t *verdict = key;
	const struct word *w = word;

	return (*verdict > w->verdict) - (*verdict < w->verdict);
}

static void load_decided(struct source_row *row, const struct words *w, const struct source_loss *loss, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct word *word =
		    w->n ? bsearch(&loss[i].verdict, w->word, w->n, sizeof *w->word, compare_verdict) : NULL;
		row->decided[word ? word->word : SOURCE_VERDICT_NONE] += loss[i].mails;
		if (loss[i].mails == row->facts.lost) {
			row->verdict_id = loss[i].verdict;
			row->one = true;
		}
	}
}

/* Columns as source_rows.sql has them. */
static void load_row(struct source_row *row, const struct query *q, const struct source_count *n)
{
	struct slice name = query_text(q, 1);

	*row = (struct source_row){
	    .id = n->id,
	    .name = copy(name),
	    .domain = xstrdup(n->domain),
	    .shown = name_shown(name),
	    .facts = {.kind = n->kind,
	              .clients = n->clients,
	              .senders = n->senders,
	              .recipients = n->recipients,
	              .mails = query_number(q, 2),
	              .lost = query_number(q, 3),
	              .days_seen = query_number(q, 7)},
	    .attempts = query_number(q, 4),
	    .first_us = query_number(q, 5),
	    .last_us = query_number(q, 6),
	    .lossy_days = query_number(q, 8),
	    .listed_lines = n->listed_lines,
	};
	for (int f = 0; f < FATE_COUNT; f++)
		row->facts.fates[f] = query_number(q, 11 + f);
}

static void total_add(struct source_total *t, const struct query *q)
{
	int64_t mails = query_number(q, 2), lost = query_number(q, 3);

	t->attempts += query_number(q, 4);
	for (int f = 0; f < FATE_COUNT; f++)
		t->fates[f] += query_number(q, 11 + f);
	if (query_number(q, 0) == 0)
		return;
	t->mails += mails;
	t->lost += lost;
	t->sources += mails > 0 && !query_is_null(q, 1);
	t->losing += lost > 0 && !query_is_null(q, 1);
}

struct days {
	int64_t first, last; /* local days with a mail */
};

/* What a list is made from; row i of it has the number source[i], ascending until the rows are put into their order. */
struct loading {
	struct reader *reader;
	const struct source_window *window;
	struct source_list *l;
	struct source_counts *counts;
	int64_t *source;
	struct words words;
	struct days days;
};

static void walk_begin(struct walk *walk, const struct loading *x, enum sql_id id)
{
	const struct source_window *w = x->window;
	const struct query_param params[] = {
	    {"rule", w->rule, 0, false},
	    {"since", SLICE_NONE, w->since, w->since == STAMP_NONE},
	    {"until", SLICE_NONE, w->until, w->until == STAMP_NONE},
	    {"domain", w->domain, 0, !slice_is_set(w->domain)},
	};

	walk_init(walk, x->reader, id, params, sizeof params / sizeof *params, -1);
}

static void add_row(struct loading *x, const struct query *q)
{
	const struct source_count *n = source_counts_of(x->counts, query_number(q, 0));
	struct source_list *l = x->l;
	size_t losses;

	if (!n || query_number(q, 2) == 0)
		return;
	l->row = xgrown(l->row, l->n, sizeof *l->row);
	x->source = xgrown(x->source, l->n, sizeof *x->source);
	x->source[l->n] = query_number(q, 0);
	struct source_row *row = &l->row[l->n];
	load_row(row, q, n);
	const struct source_loss *loss = source_counts_losses(x->counts, query_number(q, 0), &losses);
	load_decided(row, &x->words, loss, losses);
	if (l->n == 0 || query_number(q, 9) < x->days.first)
		x->days.first = query_number(q, 9);
	if (l->n == 0 || query_number(q, 10) > x->days.last)
		x->days.last = query_number(q, 10);
	l->n++;
	l->mails += row->facts.mails;
	l->lost += row->facts.lost;
}

static void load_rows(struct loading *x)
{
	const struct query *q;
	struct walk w;

	walk_begin(&w, x, SQL_READ_SOURCE_ROWS);
	while ((q = walk_row(&w)) != NULL) {
		total_add(&x->l->total, q);
		if (!query_is_null(q, 1))
			add_row(x, q);
	}
	walk_release(&w);
}

static int compare_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct source_facts *facts_of(const struct loading *x, int64_t source)
{
	const int64_t *at = x->source ? bsearch(&source, x->source, x->l->n, sizeof *x->source, compare_number) : NULL;

	return at ? &x->l->row[at - x->source].facts : NULL;
}

/* Columns as source_evidence.sql has them; 0 is no word. */
static void add_evidence(struct source_facts *f, const struct query *q)
{
	int64_t *const sorts[] = {f->spf, f->dkim, f->dmarc, f->spam};
	int64_t flags = query_number(q, 5), mails = query_number(q, 6);

	for (int i = 0; i < 4; i++) {
		int64_t word = query_number(q, 1 + i);
		if (word > 0 && word < EVIDENCE_COUNT)
			sorts[i][word] += mails;
	}
	f->tls += flags & 1 ? mails : 0;
	f->listed += flags & 2 ? mails : 0;
	f->logins += flags & 4 ? mails : 0;
}

static void load_evidence(struct loading *x)
{
	const struct query *q;
	struct walk w;

	walk_begin(&w, x, SQL_READ_SOURCE_EVIDENCE);
	while ((q = walk_row(&w)) != NULL) {
		struct source_facts *f = facts_of(x, query_number(q, 0));
		if (f)
			add_evidence(f, q);
	}
	walk_release(&w);
}

struct returning {
	int64_t mail, recipient, source;
};

static int compare_returning(const void *a, const void *b)
{
	const struct returning *x = a, *y = b;

	if (x->mail != y->mail)
		return (x->mail > y->mail) - (x->mail < y->mail);
	return (x->recipient > y->recipient) - (x->recipient < y->recipient);
}

/* A pair counts once, however many texts of the rule it met. */
static void load_returning(struct loading *x)
{
	struct returning *r = NULL;
	const struct query *q;
	struct walk w;
	size_t n = 0;

	walk_begin(&w, x, SQL_READ_SOURCE_RETURNING);
	while ((q = walk_row(&w)) != NULL) {
		r = xgrown(r, n, sizeof *r);
		r[n++] = (struct returning){query_number(q, 1), query_number(q, 2),
		                            source_counts_first(x->counts, query_number(q, 3))};
	}
	walk_release(&w);
	if (n)
		qsort(r, n, sizeof *r, compare_returning);
	for (size_t i = 0; i < n; i++) {
		struct source_facts *f = facts_of(x, r[i].source);
		if (i && compare_returning(&r[i - 1], &r[i]) == 0)
			continue;
		x->l->total.may_return++;
		if (f)
			f->may_return++;
	}
	free(r);
}

static int heaviest_first(const void *a, const void *b)
{
	const struct source_row *x = a, *y = b;

	if (x->facts.lost != y->facts.lost)
		return x->facts.lost < y->facts.lost ? 1 : -1;
	if (x->facts.mails != y->facts.mails)
		return x->facts.mails < y->facts.mails ? 1 : -1;
	return compare_slices(slice_str(x->name), slice_str(y->name));
}

static void set_texts(struct source_row *row, const struct query *q)
{
	row->note = copy(query_text(q, 4));
	row->owner = copy(query_text(q, 5));
	row->expires = copy(query_text(q, 6));
}

/* Is this verdict one on the source itself? */
static bool is_own(const struct source_row *row, const struct query *q)
{
	struct subject s;

	return subject_of_source(slice_str(row->name), &s) &&
	       slice_eq(query_text(q, 1), slice_str(subject_kind_name(s.kind)));
}

/* Columns as verdict_current.sql has them: of the row that decides all, or of the source's own. */
static void load_texts(struct source_list *l, const struct index *x, struct query *q)
{
	while (query_row(q)) {
		int64_t id = query_number(q, 0);
		struct source_row *own = index_find(x, query_text(q, 2));
		for (size_t i = 0; i < l->n; i++)
			if (l->row[i].verdict_id == id)
				set_texts(&l->row[i], q);
		if (!own || own->verdict_id || !is_own(own, q))
			continue;
		own->verdict_id = id;
		if (own->facts.lost == 0)
			own->verdict = verdict_of(query_text(q, 3));
		set_texts(own, q);
	}
}

static void sum_up(struct source_list *l, struct source_row *row)
{
	int64_t rest = row->facts.lost;
	int kinds = 0;

	if (row->facts.lost == 0)
		return;
	for (int v = 0; v < SOURCE_VERDICT_MIXED; v++)
		rest -= row->decided[v];
	row->decided[SOURCE_VERDICT_NONE] +=
	    rest; /* none, or the database is at odds with itself: nothing decides it */
	for (int v = 0; v < SOURCE_VERDICT_MIXED; v++)
		if (row->decided[v]) {
			row->verdict = (enum source_verdict)v;
			kinds++;
		}
	if (kinds > 1)
		row->verdict = SOURCE_VERDICT_MIXED;
	l->undecided_lost += row->decided[SOURCE_VERDICT_NONE];
	l->undecided += row->decided[SOURCE_VERDICT_NONE] > 0;
}

/* ------------------------------------------------------------------------- the list */

static void judge(struct source_list *l, const struct source_window *w, const struct days *days)
{
	int64_t watched = w->days_watched ? w->days_watched : l->n ? days->last - days->first + 1 : 0;

	for (size_t i = 0; i < l->n; i++) {
		l->row[i].facts.days_watched = watched;
		sum_up(l, &l->row[i]);
		suggest(&l->row[i].facts, &l->row[i].suggested);
	}
}

static struct source_list *list_load(struct reader *r, const struct source_window *w, struct source_counts *counts)
{
	struct source_list *l = xcalloc(1, sizeof *l);
	struct loading x = {.reader = r, .window = w, .l = l, .counts = counts};
	struct index index;

	source_counts_make(counts, w->domain);
	struct source_count all = source_counts_all(counts);
	l->senders = all.senders;
	l->clients = all.clients;
	l->people = all.recipients;
	struct query *q = query_new(r, SQL_READ_VERDICT_CURRENT, NULL, 0);
	load_verdicts(&x.words, q);
	query_free(q);
	load_rows(&x);
	load_evidence(&x);
	load_returning(&x);
	if (l->n)
		qsort(l->row, l->n, sizeof *l->row, heaviest_first);
	index_make(&index, l);
	q = query_new(r, SQL_READ_VERDICT_CURRENT, NULL, 0);
	load_texts(l, &index, q);
	query_free(q);
	judge(l, w, &x.days);
	free(index.by_name);
	free(x.words.word);
	free(x.source);
	return l;
}

static char *copy_of(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static struct source_list *list_copy(const struct source_list *l)
{
	struct source_list *out = xcalloc(1, sizeof *out);

	*out = *l;
	out->row = xcalloc(l->n + 1, sizeof *out->row);
	for (size_t i = 0; i < l->n; i++) {
		struct source_row *row = &out->row[i];
		*row = l->row[i];
		row->name = copy_of(row->name);
		row->domain = copy_of(row->domain);
		row->shown = copy_of(row->shown);
		row->note = copy_of(row->note);
		row->owner = copy_of(row->owner);
		row->expires = copy_of(row->expires);
	}
	return out;
}

static bool is_all(struct reader *r, const struct source_window *w)
{
	const struct query_param params[] = {{"rule", w->rule, 0, false}, {"domain", w->domain, 0, false}};
	struct query *q = query_new(r, SQL_READ_SOURCE_ELSEWHERE, params, 2);
	bool all = !query_row(q);

	query_free(q);
	return all;
}

void source_lists_load(struct reader *r, const struct source_window *w, const char *const *domain, size_t n,
                       struct source_list **out)
{
	const struct source_list *all = NULL; /* most have one own domain: its list is that of all */
	struct source_window one = *w;

	reader_window(r, w->since, w->until);
	struct source_counts *counts = source_counts_new(r, w->rule, w->since, w->until);
	for (size_t i = 0; i < n; i++) {
		one.domain = domain[i] ? slice_str(domain[i]) : SLICE_NONE;
		bool same = all && (!domain[i] || is_all(r, &one));
		out[i] = same ? list_copy(all) : list_load(r, &one, counts);
		if (!all && (!domain[i] || is_all(r, &one)))
			all = out[i];
	}
	source_counts_free(counts);
}

struct source_list *source_list_load(struct reader *r, const struct source_window *w)
{
	reader_window(r, w->since, w->until);
	struct source_counts *counts = source_counts_new(r, w->rule, w->since, w->until);
	struct source_list *l = list_load(r, w, counts);
	source_counts_free(counts);
	return l;
}

static void row_release(struct source_row *row)
{
	free(row->name);
	free(row->domain);
	free(row->shown);
	free(row->note);
	free(row->owner);
	free(row->expires);
}

struct source_list *source_list_free(struct source_list *l)
{
	if (!l)
		return NULL;
	for (size_t i = 0; i < l->n; i++)
		row_release(&l->row[i]);
	free(l->row);
	free(l);
	return NULL;
}

const struct source_row *source_list_find(const struct source_list *l, struct slice name)
{
	for (size_t i = 0; i < l->n; i++)
		if (slice_eq(slice_str(l->row[i].name), name))
			return &l->row[i];
	return NULL;
}
