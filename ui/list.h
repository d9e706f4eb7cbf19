/*
 * list: which rows are shown, in which order, which is selected and which are
 * marked. It knows neither a terminal nor what stands in the rows.
 *
 * Selection and marks are kept by the rows' ids, so they stay where they are
 * when the rows are loaded anew; of a selected row that is gone the place in
 * the list stays.
 */
#ifndef WB_LIST_H
#define WB_LIST_H

#include "../parsers/slice.h"

/* Rows as whoever has them answers; an id is unique among them. */
struct list_rows {
	size_t n;
	struct slice (*id)(const void *arg, size_t row);
	/* As strcmp, by a column of theirs. NULL: cannot be sorted. */
	int (*compare)(const void *arg, size_t a, size_t b, int column);
	bool (*matches)(const void *arg, size_t row, struct slice what);
	const void *arg;
};

#define LIST_FILTER 200 /* bytes */

/* {.column = -1} is an empty list in the order of its rows. */
struct list {
	struct list_rows rows;
	size_t *order; /* rows that are shown */
	size_t n;
	size_t at, top; /* in order: the selected one, and the first on the screen */
	char *selected; /* its id; NULL: the list is empty */
	size_t selected_n;
	int column; /* sorted by; -1: as the rows come */
	bool descending;
	bool newest; /* the last row is selected whatever comes */
	char filter[LIST_FILTER];
	char **mark; /* ids, each a size_t and its bytes; sorted */
	size_t marks;
};

void list_release(struct list *l);
/* Other rows, or the same ones changed; `rows` lives until the next call. */
void list_show(struct list *l, struct list_rows rows);
void list_sort(struct list *l, int column, bool descending);
void list_filter(struct list *l, struct slice what);

void list_move(struct list *l, int64_t by); /* stops at the ends */
void list_to(struct list *l, size_t at);
/* Scrolls so far that the selected row is among `height`. */
void list_scroll(struct list *l, size_t height);
/* Selects the next row below that matches, around the end; false: there is none. */
bool list_find(struct list *l, struct slice what);

/* The row of the source, not the place in the list; false: the list is empty. */
bool list_selected(const struct list *l, size_t *row);

void list_mark_toggle(struct list *l); /* the selected row */
void list_mark_all(struct list *l);    /* those shown; none if they all are marked */
void list_unmark(struct list *l);
bool list_is_marked(const struct list *l, struct slice id);

#endif
