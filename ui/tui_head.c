/* The upper lines: the rule, the decision with its criteria, what would be lost, and when. */
#include "tui_i.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "../analyzer/calendar.h"
#include "spark.h"

void tui_put(struct grid *g, int y, int *x, enum role role, const char *s)
{
	*x += grid_put(g, y, *x, g->cols, role, slice_str(s));
}

/* Since when the rule is in the phase that it is in; STAMP_NONE: not known. */
static int64_t phase_since(const struct decision_window *w)
{
	int64_t since = STAMP_NONE;

	for (size_t i = 0; i < w->phases; i++)
		if (w->phase[i].phase == w->rule_phase && w->phase[i].since != STAMP_NONE &&
		    (since == STAMP_NONE || w->phase[i].since < since))
			since = w->phase[i].since;
	return since;
}

/* room: columns that it may have. */
static int title_left(const struct tui *t, struct grid *g, int room)
{
	const struct decision *d = t->head ? t->head->decision : NULL;
	char day[CALENDAR_DATE_TEXT], words[120];
	int x = 0;

	tui_put(g, 0, &x, ROLE_TITLE, "wouldblock");
	tui_put(g, 0, &x, ROLE_DIM, glyph_is_ascii() ? " - " : " · ");
	tui_put(g, 0, &x, ROLE_PLAIN, t->load.rule);
	if (!d || !d->known || !d->any)
		return x;
	snprintf(words, sizeof words, " is in %s", phase_name(d->window.rule_phase));
	tui_put(g, 0, &x, ROLE_PLAIN, words);
	int64_t since = phase_since(&d->window);
	if (since == STAMP_NONE)
		return x;
	snprintf(words, sizeof words, " since %s", calendar_date_text(stamp_local_day(since), day));
	if (x + (int)strlen(words) <= room)
		tui_put(g, 0, &x, ROLE_PLAIN, words);
	return x;
}

/* What is read, and how long ago it last spoke. */
static void title_words(const struct tui *t, struct text *w, int64_t now)
{
	const struct head *h = t->head;
	char ago[SHEET_VALUE];

	if (t->paused)
		text_str(w, "HELD  ");
	if (h && h->unsent) {
		text_str(w, "MAIL NOT SENT, ");
		if (h->unsent > 1)
			text_printf(w, "%lld summaries  ", (long long)h->unsent);
		else
			text_printf(w, "%lld %s%s  ", (long long)h->unsent_tries,
			            h->unsent_tries == 1 ? "try" : "tries", h->unsent_given_up ? ", given up" : "");
	}
	if (t->trouble)
		text_printf(w, "STOPPED: %s", t->trouble);
	else if (!h)
		text_str(w, "reading the database ...");
	else if (h->last_us == STAMP_NONE)
		text_str(w, "nothing was read yet");
	else
		text_printf(w, "%s%s, %s", h->following ? "following " : "not followed: ", h->log ? h->log : "",
		            ago_text(h->last_us, now, ago));
}

static void draw_title(const struct tui *t, struct grid *g, int64_t now)
{
	struct text w = {0};

	title_words(t, &w, now);
	int width = encode_width(slice_of(w.p, w.n)), x = title_left(t, g, g->cols - width - 2);
	enum role role = t->trouble                                            ? ROLE_BAD
	                 : t->head && (!t->head->following || t->head->unsent) ? ROLE_DOUBT
	                                                                       : ROLE_DIM;
	if (g->cols - x > 12)
		grid_put_right(g, 0, x + 1, g->cols - x - 1, role, slice_of(w.p, w.n));
	text_release(&w);
}

/* `days 20/30`, `undecided 3`: the figure where it is one number. */
static void criterion_words(char *out, size_t cap, enum criterion_id c, const struct criterion *k)
{
	char name[32];
	size_t i;

	snprintf(name, sizeof name, "%s", criterion_name(c));
	for (i = 0; name[i]; i++)
		if (name[i] == '_')
			name[i] = ' ';
	if (isnan(k->figure) || c == CRITERION_CURRENT)
		snprintf(out, cap, "%s", name);
	else if (c == CRITERION_WINDOW)
		snprintf(out, cap, "days %g/%g", k->figure, k->limit);
	else if (c == CRITERION_CONTINUITY || c == CRITERION_COVERAGE)
		snprintf(out, cap, "%s %.1f %%", name, floor(k->figure * 10) / 10); /* 98.96 is not 99 */
	else if (c == CRITERION_UNDECIDED || c == CRITERION_STILL_WARNED)
		snprintf(out, cap, "%s %g", name, k->figure);
	else
		snprintf(out, cap, "%s", name);
}

static int failed(const struct decided *all)
{
	int n = 0;

	for (int c = 0; c < CRITERION_COUNT; c++)
		n += !all->criterion[c].pass;
	return n;
}

/*
 * Criteria from line y on, in at most `lines`; if all do not fit, those that are not met. Returns the
 * line behind them; draw false: only counts.
 */
static int criteria_lines(struct grid *g, const struct decided *all, int y, int x, bool only_failed, bool draw)
{
	char words[64];
	int left = 1;

	for (int c = 0; c < CRITERION_COUNT; c++) {
		const struct criterion *k = &all->criterion[c];
		if (only_failed && k->pass)
			continue;
		criterion_words(words, sizeof words, (enum criterion_id)c, k);
		int width = (int)strlen(words) + 1 + encode_width(slice_str(glyph(k->pass ? GLYPH_YES : GLYPH_NO)));
		if (x + width > g->cols && x > left) {
			y++;
			x = left;
		}
		if (draw) {
			x += grid_str(g, y, x, k->pass ? ROLE_PLAIN : ROLE_TITLE, words) + 1;
			x += grid_str(g, y, x, k->pass ? ROLE_GOOD : ROLE_BAD, glyph(k->pass ? GLYPH_YES : GLYPH_NO));
			x += 2;
		} else {
			x += width + 2;
		}
	}
	return y + 1;
}

static enum role decision_role(enum verdict_of_all d)
{
	return d == DECISION_GO ? ROLE_GOOD : d == DECISION_NO_GO ? ROLE_BAD : ROLE_DOUBT;
}

static int decision_word(struct grid *g, int y, const struct decided *all)
{
	char word[40];
	int x = 1;

	snprintf(word, sizeof word, "%s", decision_name(all->decision));
	for (char *p = word; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	tui_put(g, y, &x, decision_role(all->decision), word);
	return x + 2;
}

#define CRITERIA_COLS 150 /* so wide they are in one line */

static int draw_decision(const struct tui *t, struct grid *g, int y)
{
	if (!t->head->decision) {
		grid_str(g, y, 1, ROLE_DIM, "the decision is being worked out ...");
		return y + (g->cols < CRITERIA_COLS ? 2 : 1); /* what stands below is not to move when it comes */
	}
	const struct decided *all = &t->head->decision->all;
	int lines = g->rows >= 20 ? 3 : 2, x = decision_word(g, y, all);

	if (!t->head->decision->known || !t->head->decision->any) {
		tui_put(g, y, &x, ROLE_PLAIN, "the database knows nothing of this rule yet");
		return y + 1;
	}
	bool only_failed = criteria_lines(g, all, y, x, false, false) - y > lines;

	return criteria_lines(g, all, y, x, only_failed, true);
}

/* 5310 as `5 310`. */
static void add_grouped(struct text *t, int64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%lld", (long long)n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
			text_char(t, ' ');
		text_char(t, digits[i]);
	}
}

static void add_lost(struct text *w, int64_t mails, const struct decision_totals *s)
{
	add_grouped(w, mails);
	text_str(w, mails == 1 ? " mail" : " mails");
	if (!s)
		return;
	text_str(w, " to ");
	add_grouped(w, s->recipients);
	text_str(w, s->recipients == 1 ? " person" : " people");
}

static void add_all(struct text *w, int64_t mails, const struct decision_totals *s)
{
	text_str(w, ", of ");
	add_grouped(w, mails);
	text_str(w, " warned mails");
	if (!s)
		return;
	text_str(w, " (");
	add_grouped(w, s->attempts);
	text_str(w, " attempts)");
	if (s->may_return) {
		text_str(w, ", ");
		add_grouped(w, s->may_return);
		text_str(w, " may return");
	}
}

static void draw_totals(const struct tui *t, struct grid *g, int y)
{
	const struct head *h = t->head;
	const struct decision_totals *s = h->decision ? &h->decision->totals : NULL;
	int64_t lost = s ? s->would_be_lost : h->lost;
	struct text w = {0};
	int x = 1;

	tui_put(g, y, &x, ROLE_PLAIN, "would be lost: ");
	add_lost(&w, lost, s);
	tui_put(g, y, &x, lost ? ROLE_LOST : ROLE_GOOD, w.p);
	text_clear(&w);
	add_all(&w, s ? s->mails : h->mails, s);
	tui_put(g, y, &x, ROLE_PLAIN, w.p);
	text_release(&w);
}

static void draw_spark(struct grid *g, int y, int *x, const char *label, const int64_t *figure, size_t have, int cols)
{
	int64_t joined[HEAD_HOURS + HEAD_DAYS];
	struct text w = {0};

	tui_put(g, y, x, ROLE_DIM, label);
	size_t n = spark_fit(figure, have, (size_t)(cols > 0 ? cols : 0), joined);
	spark_line(&w, joined, n);
	tui_put(g, y, x, ROLE_SPARK, w.p ? w.p : "");
	text_release(&w);
}

static void draw_sparks(const struct tui *t, struct grid *g, int y)
{
	const struct decision *d = t->head->decision;
	int x = 1, room = (g->cols - 32) / 2;
	struct text strip = {0};

	draw_spark(g, y, &x, "per hour ", t->head->hour, HEAD_HOURS, room < HEAD_HOURS ? room : HEAD_HOURS);
	x += 2;
	draw_spark(g, y, &x, "lost per day ", t->head->day, HEAD_DAYS, g->cols - x - 14);
	x += 2;
	if (g->cols - x < 20 || !d || d->window.from == STAMP_NONE || !d->any)
		return;
	const struct decision_window *w = &d->window;
	tui_put(g, y, &x, ROLE_DIM, "days watched ");
	spark_days(&strip, w->day, (size_t)w->days, stamp_local_day(w->from), stamp_local_day(w->to), g->cols - x);
	tui_put(g, y, &x, ROLE_SPARK, strip.p ? strip.p : "");
	text_release(&strip);
}

/* All in one line, for small screens. */
static void draw_small_head(const struct tui *t, struct grid *g)
{
	const struct decision *d = t->head ? t->head->decision : NULL;
	struct text w = {0};
	int x = 0;

	if (!d) {
		grid_str(g, 0, 0, ROLE_DIM, "reading the database ...");
		return;
	}
	x = decision_word(g, 0, &d->all) - 1;
	if (t->trouble)
		tui_put(g, 0, &x, ROLE_BAD, "STOPPED ");
	if (t->paused)
		text_str(&w, "HELD ");
	text_printf(&w, "%d not met, ", failed(&d->all));
	tui_put(g, 0, &x, ROLE_PLAIN, w.p);
	text_clear(&w);
	text_printf(&w, "%lld lost", (long long)d->totals.would_be_lost);
	tui_put(g, 0, &x, d->totals.would_be_lost ? ROLE_LOST : ROLE_GOOD, w.p);
	text_release(&w);
}

/* Returns the line behind it. */
int tui_draw_head(const struct tui *t, struct grid *g, int64_t now)
{
	int y = 1;

	if (g->rows < LOW) {
		draw_small_head(t, g);
		return 1;
	}
	draw_title(t, g, now);
	if (!t->head)
		return y;
	y = draw_decision(t, g, y);
	draw_totals(t, g, y++);
	draw_sparks(t, g, y++);
	return y;
}
