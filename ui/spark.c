#include "spark.h"

static const char *const steps[2][8] = {{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
                                        {"_", ".", ":", "-", "=", "+", "*", "#"}};

static int64_t largest(const int64_t *figure, size_t n)
{
	int64_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (figure[i] > most)
			most = figure[i];
	return most;
}

void spark_line(struct text *t, const int64_t *figure, size_t n)
{
	int64_t most = largest(figure, n);

	for (size_t i = 0; i < n; i++) {
		int step = 0;
		if (figure[i] > 0)
			step = 1 + (int)((double)figure[i] / (double)most * 6 + 0.0001);
		text_str(t, steps[glyph_is_ascii()][step]);
	}
}

size_t spark_fit(const int64_t *figure, size_t have, size_t cols, int64_t *out)
{
	size_t each = cols ? (have + cols - 1) / cols : 0, n = 0;

	if (each == 0)
		return 0;
	/* the newest group is whole: what is left over stands at the beginning */
	for (size_t i = 0, group = have % each ? have % each : each; i < have; group = each) {
		out[n] = 0;
		for (size_t end = i + group; i < end; i++)
			out[n] += figure[i];
		n++;
	}
	return n;
}

static int share(int64_t part, int64_t total, int cols)
{
	if (part <= 0 || total <= 0)
		return 0;
	int n = (int)((double)part / (double)total * cols + 0.5);
	return n < 1 ? 1 : n > cols ? cols : n;
}

void spark_bar(struct text *t, int64_t first, int64_t second, int64_t total, int cols)
{
	int a = share(first, total, cols), b = share(second, total, cols);

	if (a == cols && b > 0 && cols > 1)
		a--;
	for (int i = 0; i < cols; i++)
		text_str(t, glyph(i < a ? GLYPH_FULL : i < a + b ? GLYPH_HALF : GLYPH_EMPTY));
}

int32_t spark_days(struct text *t, const int32_t *day, size_t n, int32_t from, int32_t to, int cols)
{
	size_t i = 0;

	if (cols < 1 || from > to)
		return from;
	if ((int64_t)to - from + 1 > cols)
		from = to - cols + 1;
	for (int32_t d = from; d <= to; d++) {
		while (i < n && day[i] < d)
			i++;
		text_str(t, glyph(i < n && day[i] == d ? GLYPH_FULL : GLYPH_EMPTY));
	}
	return from;
}
