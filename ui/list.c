#include "list.h"

#include <stdlib.h>

#include "../analyzer/msg.h"

void list_release(struct list *l)
{
	list_unmark(l);
	free(l->mark);
	free(l->order);
	free(l->selected);
	*l = (struct list){.column = -1};
}

static struct slice id_at(const struct list *l, size_t at)
{
	return l->rows.id(l->rows.arg, l->order[at]);
}

/* ------------------------------------------------------------------ order */

/* qsort_r needs all that one comparison asks. Rows that are the same to it stay in their order. */
static int compare(const void *a, const void *b, void *arg)
{
	const struct list *l = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = l->column >= 0 && l->rows.compare ? l->rows.compare(l->rows.arg, x, y, l->column) : 0;

	if (c != 0)
		return l->descending ? -c : c;
	return x < y ? -1 : x > y;
}

static void remember(struct list *l)
{
	free(l->selected);
	l->selected = NULL;
	l->selected_n = 0;
	if (l->n == 0)
		return;
	struct slice id = id_at(l, l->at);
	l->selected = xstrndup(id.n ? id.p : "", id.n);
	l->selected_n = id.n;
}

/* Finds the selected row again; if it is gone, what is in its place now is selected. */
static void find_selected(struct list *l)
{
	struct slice wanted = slice_of(l->selected, l->selected_n);

	for (size_t i = 0; l->selected && !l->newest && i < l->n; i++)
		if (slice_eq(id_at(l, i), wanted)) {
			l->top = i > l->at ? l->top + (i - l->at) : l->top - (l->at - i < l->top ? l->at - i : l->top);
			l->at = i;
			return;
		}
	if (l->newest || l->at >= l->n)
		l->at = l->n ? l->n - 1 : 0;
	remember(l);
}

static void arrange(struct list *l)
{
	struct slice what = slice_str(l->filter);

	l->order = xrealloc(l->order, (l->rows.n + 1) * sizeof *l->order);
	l->n = 0;
	for (size_t row = 0; row < l->rows.n; row++)
		if (what.n == 0 || l->rows.matches(l->rows.arg, row, what))
			l->order[l->n++] = row;
	if (l->column >= 0)
		qsort_r(l->order, l->n, sizeof *l->order, compare, l);
	find_selected(l);
}

void list_show(struct list *l, struct list_rows rows)
{
	l->rows = rows;
	arrange(l);
}

void list_sort(struct list *l, int column, bool descending)
{
	l->column = column;
	l->descending = descending;
	arrange(l);
}

void list_filter(struct list *l, struct slice what)
{
	size_t n = what.n < LIST_FILTER - 1 ? what.n : LIST_FILTER - 1;

	memcpy(l->filter, n ? what.p : "", n);
	l->filter[n] = '\0';
	arrange(l);
}

/* ------------------------------------------------------------------ moving */

void list_to(struct list *l, size_t at)
{
	l->newest = false;
	l->at = l->n == 0 ? 0 : at < l->n ? at : l->n - 1;
	remember(l);
}

void list_move(struct list *l, int64_t by)
{
	size_t step = by < 0 ? (size_t)-by : (size_t)by;

	if (by < 0)
		list_to(l, step < l->at ? l->at - step : 0);
	else
		list_to(l, step < l->n ? l->at + step : l->n);
}

void list_scroll(struct list *l, size_t height)
{
	if (height == 0)
		return;
	if (l->at < l->top)
		l->top = l->at;
	if (l->at >= l->top + height)
		l->top = l->at - height + 1;
	/* no room is left empty while rows stand above it */
	if (l->top + height > l->n)
		l->top = l->n > height ? l->n - height : 0;
}

bool list_find(struct list *l, struct slice what)
{
	for (size_t i = 1; i <= l->n; i++) {
		size_t at = (l->at + i) % l->n;
		if (l->rows.matches(l->rows.arg, l->order[at], what)) {
			list_to(l, at);
			return true;
		}
	}
	return false;
}

bool list_selected(const struct list *l, size_t *row)
{
	if (l->n == 0)
		return false;
	*row = l->order[l->at];
	return true;
}

/* ------------------------------------------------------------------ marks */

static struct slice mark_id(const char *mark)
{
	size_t n;

	memcpy(&n, mark, sizeof n);
	return slice_of(mark + sizeof n, n);
}

static int id_compare(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : a.n < b.n ? -1 : a.n > b.n;
}

/* Where the id stands, or belongs. */
static size_t mark_place(const struct list *l, struct slice id)
{
	size_t low = 0, high = l->marks;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (id_compare(mark_id(l->mark[mid]), id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool list_is_marked(const struct list *l, struct slice id)
{
	size_t i = mark_place(l, id);

	return i < l->marks && slice_eq(mark_id(l->mark[i]), id);
}

static char *mark_new(struct slice id)
{
	char *mark = xmalloc(sizeof id.n + id.n);

	memcpy(mark, &id.n, sizeof id.n);
	if (id.n)
		memcpy(mark + sizeof id.n, id.p, id.n);
	return mark;
}

static void mark_add(struct list *l, struct slice id)
{
	size_t i = mark_place(l, id);

	l->mark = xrealloc(l->mark, (l->marks + 1) * sizeof *l->mark);
	memmove(l->mark + i + 1, l->mark + i, (l->marks - i) * sizeof *l->mark);
	l->mark[i] = mark_new(id);
	l->marks++;
}

static void mark_drop(struct list *l, struct slice id)
{
	size_t i = mark_place(l, id);

	free(l->mark[i]);
	l->marks--;
	memmove(l->mark + i, l->mark + i + 1, (l->marks - i) * sizeof *l->mark);
}

void list_mark_toggle(struct list *l)
{
	if (l->n == 0)
		return;
	struct slice id = id_at(l, l->at);
	if (list_is_marked(l, id))
		mark_drop(l, id);
	else
		mark_add(l, id);
}

static int compare_marks(const void *a, const void *b)
{
	return id_compare(mark_id(*(char *const *)a), mark_id(*(char *const *)b));
}

/* Put in their order once and not one by one: there may be thousands. */
void list_mark_all(struct list *l)
{
	size_t before = l->marks, n = before;

	l->mark = xrealloc(l->mark, (before + l->n + 1) * sizeof *l->mark);
	for (size_t i = 0; i < l->n; i++)
		if (!list_is_marked(l, id_at(l, i)))
			l->mark[n++] = mark_new(id_at(l, i));
	l->marks = n;
	if (n == before)
		list_unmark(l);
	else
		qsort(l->mark, n, sizeof *l->mark, compare_marks);
}

void list_unmark(struct list *l)
{
	for (size_t i = 0; i < l->marks; i++)
		free(l->mark[i]);
	l->marks = 0;
}
