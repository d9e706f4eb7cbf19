/*
 * spark: small pictures made of text: a line of bars, one bar of parts, a strip
 * of days. Text of ours only; where there is no UTF-8, ASCII stands in.
 */
#ifndef WB_SPARK_H
#define WB_SPARK_H

#include "grid.h"

/*
 * One character for each of n figures, 0 the lowest, the highest figure the tallest. A figure above
 * 0 is never drawn like 0. Negative figures are 0.
 */
void spark_line(struct text *t, const int64_t *figure, size_t n);

/* The last `n` of `have` figures are joined by sums so that they fit into `cols` characters. Returns how many. */
size_t spark_fit(const int64_t *figure, size_t have, size_t cols, int64_t *out);

/*
 * `cols` characters, of which each part gets its share: FULL for the first, HALF for the second,
 * EMPTY for the rest of `total`. What is above 0 gets at least one.
 */
void spark_bar(struct text *t, int64_t first, int64_t second, int64_t total, int cols);

/*
 * One character a day from `from` to `to`: FULL if it is among `day` (ascending), else EMPTY. The last
 * `cols` days at most. Returns the first day shown.
 */
int32_t spark_days(struct text *t, const int32_t *day, size_t n, int32_t from, int32_t to, int cols);

#endif
