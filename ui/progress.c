#include "progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../analyzer/clock.h"

#define SECOND INT64_C(1000000000)
#define REDRAW (SECOND / 10)
#define CLEAR "\r\033[K"

static int screen_width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void progress_init(struct progress *p, const char *label, uint64_t total)
{
	const char *term = getenv("TERM");

	*p = (struct progress){.label = label, .total = total};
	p->on = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
	p->start_ns = clock_ns();
	/* Work that is done at once shall not flicker. */
	p->next_ns = p->start_ns + 2 * REDRAW;
}

static void eta_text(struct text *t, double seconds)
{
	int64_t s = (int64_t)(seconds + 0.5);

	if (s < 100)
		text_printf(t, "%" PRId64 " s left", s);
	else if (s < 6000)
		text_printf(t, "%" PRId64 " min left", (s + 30) / 60);
	else if (s < 360000)
		text_printf(t, "%" PRId64 " h %02" PRId64 " min left", s / 3600, s / 60 % 60);
	else
		text_str(t, "days left");
}

/* The line's text after ns nanoseconds of work. */
static void progress_text(struct text *t, const struct progress *p, uint64_t done, int64_t ns, const char *extra)
{
	double seconds = (double)ns / (double)SECOND;
	double rate = ns > 0 ? (double)done / seconds : 0;

	text_str(t, p->label);
	/* A file may grow while it is read: never more than all of it. */
	if (p->total)
		text_printf(t, " %3d %%", done < p->total ? (int)((double)done / (double)p->total * 100) : 100);
	else
		text_printf(t, " %.0f MB", (double)done / 1e6);
	text_printf(t, rate < 1e7 ? "  %.1f MB/s" : "  %.0f MB/s", rate / 1e6);
	if (p->total > done && rate > 0) {
		double left = (double)(p->total - done) / rate;
		text_str(t, "  ");
		eta_text(t, left < 1e9 ? left : 1e9);
	}
	if (extra) {
		text_str(t, "  ");
		text_str(t, extra);
	}
}

static void line_write(struct progress *p)
{
	/* A terminal that is gone must not stop the work. */
	if (write(STDERR_FILENO, p->line.p, p->line.n) != (ssize_t)p->line.n)
		p->on = false;
}

void progress_at(struct progress *p, uint64_t done, const char *extra)
{
	struct text plain = {0};

	if (!p->on)
		return;
	int64_t now = clock_ns();
	if (now < p->next_ns)
		return;
	p->next_ns = now + REDRAW;

	progress_text(&plain, p, done, now - p->start_ns, extra);
	text_clear(&p->line);
	text_str(&p->line, CLEAR);
	/* Not in the last column: some terminals would go to the next line. */
	encode_cell(&p->line, slice_of(plain.p, plain.n), screen_width() - 1, false, false);
	text_release(&plain);
	line_write(p);
	p->drawn = true;
}

void progress_end(struct progress *p)
{
	if (p->drawn) {
		text_clear(&p->line);
		text_str(&p->line, CLEAR);
		line_write(p);
	}
	p->drawn = false;
	text_release(&p->line);
}
