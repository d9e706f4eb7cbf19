#include "chart.h"

#define WIDTH 720
#define HEIGHT 250
#define LEFT 66
#define RIGHT 12
#define TOP 14
#define BOTTOM 46
#define PLOT_WIDTH (WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define AXIS (HEIGHT - BOTTOM)
#define TIPS 400 /* on more days nobody hits one with a pointer */

/* Those of which half is a good number, too. */
int64_t chart_ceiling(int64_t n)
{
	static const int64_t ones[] = {1, 2, 4, 6, 8, 10}, tens[] = {12, 16, 20, 30, 40, 50, 60, 80, 100};
	int64_t unit = 1;

	for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
		if (n <= ones[i])
			return ones[i];
	for (; unit <= INT64_MAX / 1000; unit *= 10)
		for (size_t i = 0; i < sizeof tens / sizeof *tens; i++)
			if (n <= unit * tens[i])
				return unit * tens[i];
	return INT64_MAX;
}

static double height_of(int64_t n, int64_t most)
{
	return (double)n / (double)most * PLOT_HEIGHT;
}

/* ------------------------------------------------------------------ the frame */

static void label(struct text *t, double x, double y, const char *anchor, const char *s)
{
	text_printf(t, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	encode_html(t, slice_str(s));
	text_str(t, "</text>\n");
}

static void level(struct text *t, int64_t n, int64_t most)
{
	double y = AXIS - height_of(n, most);
	struct text number = {0};

	text_printf(t, "<path class=\"%s\" d=\"M%d %.1fH%d\"/>\n", n ? "grid" : "axis", LEFT, y, WIDTH - RIGHT);
	text_int(&number, n);
	label(t, LEFT - 6, y + 5, "end", number.p);
	text_release(&number);
}

static void frame_begin(struct text *t, const struct chart *c, int64_t most)
{
	text_printf(t, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
	encode_html(t, slice_str(c->title));
	text_printf(t, "\" aria-describedby=\"%s-d\">\n<desc id=\"%s-d\">", c->id, c->id);
	encode_html(t, slice_str(c->description));
	text_str(t, "</desc>\n");
	level(t, most, most);
	if (most > 1)
		level(t, most / 2, most);
}

static void frame_end(struct text *t, const struct chart *c, int64_t most)
{
	level(t, 0, most);
	label(t, LEFT, HEIGHT - 6, "start", c->first);
	label(t, WIDTH - RIGHT, HEIGHT - 6, "end", c->last);
	text_str(t, "</svg>\n");
}

/* ------------------------------------------------------------------ days */

static void rectangle(struct text *t, const char *class, double x, double width, double height)
{
	if (height > 0)
		text_printf(t, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n", class, x,
		            AXIS - height, width, height);
}

static void hatch_pattern(struct text *t, const char *id)
{
	text_printf(t,
	            "<defs><pattern id=\"%s-h\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	            "patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V6\"/></pattern></defs>\n",
	            id);
}

static void one_day(struct text *t, const struct chart *c, const struct chart_day *day, size_t i, size_t n,
                    int64_t most)
{
	double wide = (double)PLOT_WIDTH / (double)n, x = LEFT + wide * (double)i, gap = wide > 4 ? wide * 0.15 : 0;
	double middle = x + wide / 2;

	if (!day->whole && !day->unwatched && !day->hole)
		return;
	if (n <= TIPS && day->tip) {
		text_str(t, "<g><title>");
		encode_html(t, slice_str(day->tip));
		text_str(t, "</title>\n");
	}
	if (day->unwatched)
		text_printf(t, "<rect fill=\"url(#%s-h)\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>\n", c->id,
		            x, TOP, wide, PLOT_HEIGHT);
	rectangle(t, "warned", x + gap, wide - 2 * gap, height_of(day->whole, most));
	rectangle(t, "lost", x + gap, wide - 2 * gap, height_of(day->part, most));
	if (day->hole)
		text_printf(t, "<path class=\"hole\" d=\"M%.1f %dl8 8m0 -8l-8 8\"/>\n", middle - 4, AXIS + 5);
	if (n <= TIPS && day->tip)
		text_str(t, "</g>\n");
}

void chart_days(struct text *t, const struct chart *c, const struct chart_day *day, size_t n)
{
	int64_t most = 1;

	for (size_t i = 0; i < n; i++)
		if (day[i].whole > most)
			most = day[i].whole;
	most = chart_ceiling(most);
	frame_begin(t, c, most);
	hatch_pattern(t, c->id);
	for (size_t i = 0; i < n; i++)
		one_day(t, c, &day[i], i, n, most);
	frame_end(t, c, most);
}

/* ------------------------------------------------------------------ steps */

/* Each value stands for its whole day. */
static void steps(struct text *t, const struct chart_line *line, size_t n, int64_t most)
{
	double wide = (double)PLOT_WIDTH / (double)n;

	text_printf(t, "<path class=\"%s\" d=\"M%d %d", line->class, LEFT, AXIS);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || line->y[i] != line->y[i - 1])
			text_printf(t, "H%.2fV%.2f", LEFT + wide * (double)i, AXIS - height_of(line->y[i], most));
	text_printf(t, "H%d\"/>\n", WIDTH - RIGHT);
}

void chart_steps(struct text *t, const struct chart *c, const struct chart_line *line, size_t lines, size_t n)
{
	int64_t most = 1;

	for (size_t k = 0; k < lines; k++)
		if (n && line[k].y[n - 1] > most)
			most = line[k].y[n - 1];
	most = chart_ceiling(most);
	frame_begin(t, c, most);
	for (size_t k = 0; k < lines && n; k++) {
		double y = AXIS - height_of(line[k].y[n - 1], most);
		steps(t, &line[k], n, most);
		label(t, WIDTH - RIGHT - 4, y - 6 < TOP + 8 ? y + 24 : y - 6, "end", line[k].name);
	}
	frame_end(t, c, most);
}

/* ------------------------------------------------------------------ small ones */

void chart_bar(struct text *t, const char *class, double share)
{
	text_printf(t,
	            "<svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
	            "<rect class=\"%s\" width=\"%.2f\" height=\"10\"/></svg>",
	            class, share > 0 && share < 0.005 ? 0.5 : share * 100);
}

void chart_swatch(struct text *t, const char *class)
{
	text_str(t, "<svg viewBox=\"0 0 28 18\" aria-hidden=\"true\">");
	if (strcmp(class, "hatch") == 0)
		text_str(t, "<path class=\"hatch\" d=\"M0 18L18 0M8 18L26 0M18 18L28 8M0 10L10 0\"/>");
	else if (strcmp(class, "hole") == 0)
		text_str(t, "<path class=\"hole\" d=\"M9 4l10 10m0 -10l-10 10\"/>");
	else if (strncmp(class, "line", 4) == 0)
		text_printf(t, "<path class=\"%s\" d=\"M0 9H28\"/>", class);
	else
		text_printf(t, "<rect class=\"%s\" width=\"28\" height=\"18\"/>", class);
	text_str(t, "</svg>");
}
