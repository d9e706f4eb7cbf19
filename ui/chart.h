/*
 * chart: drawings as inline SVG. They take their colours from the page's style
 * by class (html_style.c), so that they follow light, dark and paper, and they
 * carry a title and a description for those who do not see them. Marks and
 * patterns say all that colours say.
 */
#ifndef WB_CHART_H
#define WB_CHART_H

#include "encode.h"

/* What all charts have. Texts are encoded here. */
struct chart {
	const char *id; /* unique on the page: ASCII, no blank */
	const char *title, *description;
	const char *first, *last; /* under the ends of the time axis */
};

struct chart_day {
	int64_t whole, part; /* two bars, one in front of the other; part <= whole */
	bool unwatched;      /* hatched */
	bool hole;           /* marked with a cross under the axis */
	const char *tip;     /* shown to a pointer; NULL: none */
};
void chart_days(struct text *t, const struct chart *c, const struct chart_day *day, size_t n);

/* Steps that never fall, such as how many were seen so far. */
struct chart_line {
	const char *class, *name; /* name: written at its end */
	const int64_t *y;
};
void chart_steps(struct text *t, const struct chart *c, const struct chart_line *line, size_t lines, size_t n);

/* A bar of a table's row, of 0..1 of its cell; the number stands beside it, so readers of the page skip it. */
void chart_bar(struct text *t, const char *class, double share);
/* A swatch of a legend: class `hatch` and `hole` are drawn as in chart_days. */
void chart_swatch(struct text *t, const char *class);

/* A round number that is not below n: where the scale ends. */
int64_t chart_ceiling(int64_t n);

#endif
