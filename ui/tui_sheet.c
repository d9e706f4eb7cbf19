#include "tui_sheet.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "../analyzer/fact.h"
#include "../analyzer/msg.h"
#include "../parsers/stamp.h"

struct sheet *sheet_new(void)
{
	return xcalloc(1, sizeof(struct sheet));
}

struct sheet *sheet_free(struct sheet *s)
{
	if (!s)
		return NULL;
	free(s->row);
	free(s->cell);
	text_release(&s->pool);
	free(s->title);
	free(s->note);
	free(s);
	return NULL;
}

/* ------------------------------------------------------------------ filling */

static bool is_power(size_t n)
{
	return (n & (n - 1)) == 0;
}

static size_t keep(struct sheet *s, struct slice text)
{
	size_t at = s->pool.n;

	text_add(&s->pool, text);
	return at;
}

static struct sheet_row *row_add(struct sheet *s, struct slice id)
{
	if (is_power(s->rows))
		s->row = xrealloc(s->row, (s->rows ? 2 * s->rows : 1) * sizeof *s->row);
	struct sheet_row *r = &s->row[s->rows++];
	const char *kind = s->section[s->sections - 1].kind, letter = (char)('A' + s->sections - 1);
	*r = (struct sheet_row){.section = s->sections - 1, .cell = s->cells, .id = keep(s, slice_of(&letter, 1))};
	if (kind) {
		keep(s, slice_str(kind));
		keep(s, SLICE(":"));
	}
	keep(s, id);
	r->id_n = s->pool.n - r->id;
	return r;
}

void sheet_section(struct sheet *s, const struct sheet_section *section)
{
	if (s->sections == sizeof s->section / sizeof *s->section || section->columns > SHEET_COLUMNS)
		msg_bug("a sheet with too many sections or columns");
	s->section[s->sections++] = *section;
	if (section->title)
		row_add(s, SLICE("\n"))->heading = true;
}

void sheet_row(struct sheet *s, struct slice id)
{
	row_add(s, id);
}

static struct sheet_cell *cell_add(struct sheet *s)
{
	if (is_power(s->cells))
		s->cell = xrealloc(s->cell, (s->cells ? 2 * s->cells : 1) * sizeof *s->cell);
	s->cell[s->cells] = (struct sheet_cell){0};
	return &s->cell[s->cells++];
}

void sheet_text(struct sheet *s, struct slice text)
{
	struct sheet_cell *c = cell_add(s);

	c->none = !slice_is_set(text);
	c->at = keep(s, text);
	c->n = text.n;
}

void sheet_str(struct sheet *s, const char *text)
{
	sheet_text(s, slice_str(text));
}

void sheet_number(struct sheet *s, int64_t n)
{
	cell_add(s)->number = n;
}

void sheet_none(struct sheet *s)
{
	cell_add(s)->none = true;
}

void sheet_role(struct sheet *s, enum role role)
{
	s->cell[s->cells - 1].role = role;
}

/* The letter of a row's section is part of its id. */
static void join_row(struct sheet *s, const struct sheet_row *r, size_t sections, size_t cells, size_t pool)
{
	if (is_power(s->rows))
		s->row = xrealloc(s->row, (s->rows ? 2 * s->rows : 1) * sizeof *s->row);
	struct sheet_row *row = &s->row[s->rows++];
	*row = *r;
	row->section += sections;
	row->cell += cells;
	row->id += pool;
	s->pool.p[row->id] = (char)('A' + (int)row->section);
}

void sheet_join(struct sheet *s, const struct sheet *below)
{
	const size_t sections = s->sections, cells = s->cells, pool = s->pool.n;

	if (sections + below->sections > sizeof s->section / sizeof *s->section)
		msg_bug("a sheet with too many sections");
	if (below->pool.n)
		text_add(&s->pool, slice_of(below->pool.p, below->pool.n));
	for (size_t i = 0; i < below->sections; i++)
		s->section[s->sections++] = below->section[i];
	for (size_t i = 0; i < below->rows; i++)
		join_row(s, &below->row[i], sections, cells, pool);
	for (size_t i = 0; i < below->cells; i++) {
		struct sheet_cell *c = cell_add(s);
		*c = below->cell[i];
		c->at += pool;
	}
	if (below->note && !s->note)
		s->note = xstrdup(below->note);
	s->more |= below->more;
}

/* ------------------------------------------------------------------ asking */

static struct slice pool(const struct sheet *s, size_t at, size_t n)
{
	return n ? slice_of(s->pool.p + at, n) : SLICE("");
}

struct slice sheet_id(const struct sheet *s, size_t row)
{
	return pool(s, s->row[row].id, s->row[row].id_n);
}

struct slice sheet_key(const struct sheet *s, size_t row)
{
	return slice_from(sheet_id(s, row), 1);
}

const struct sheet_section *sheet_section_of(const struct sheet *s, size_t row)
{
	return &s->section[s->row[row].section];
}

static const struct sheet_cell *cell_of(const struct sheet *s, size_t row, size_t column)
{
	return &s->cell[s->row[row].cell + column];
}

const char *ago_text(int64_t us, int64_t now, char buf[SHEET_VALUE])
{
	int64_t s = us < now ? (now - us) / 1000000 : 0;

	if (us == STAMP_NONE)
		return "never";
	if (s < 120)
		snprintf(buf, SHEET_VALUE, "%lld s ago", (long long)s);
	else if (s < 7200)
		snprintf(buf, SHEET_VALUE, "%lld min ago", (long long)s / 60);
	else if (s < 172800)
		snprintf(buf, SHEET_VALUE, "%lld h ago", (long long)s / 3600);
	else
		snprintf(buf, SHEET_VALUE, "%lld d ago", (long long)s / 86400);
	return buf;
}

static void clock_text(int64_t us, int64_t now, char buf[SHEET_VALUE])
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	if (!localtime_r(&t, &tm))
		snprintf(buf, SHEET_VALUE, "-");
	else
		strftime(buf, SHEET_VALUE, stamp_local_day(us) == stamp_local_day(now) ? "%H:%M:%S" : "%m-%d %H:%M:%S",
		         &tm);
}

struct slice sheet_value(const struct sheet *s, size_t row, size_t column, int64_t now, char buf[SHEET_VALUE])
{
	const struct sheet_cell *c = cell_of(s, row, column);

	if (c->none)
		return SLICE("-");
	switch (sheet_section_of(s, row)->column[column].kind) {
	case SHEET_NUMBER:
	case SHEET_LOST: snprintf(buf, SHEET_VALUE, "%lld", (long long)c->number); break;
	case SHEET_AGO: return slice_str(ago_text(c->number, now, buf));
	case SHEET_CLOCK: clock_text(c->number, now, buf); break;
	default: return pool(s, c->at, c->n);
	}
	return slice_str(buf);
}

/* The role that the fate of that name has. */
static enum role fate_role(struct slice fate)
{
	static const enum role roles[FATE_COUNT] = {
	    [FATE_DELIVERED] = ROLE_LOST, [FATE_QUEUED] = ROLE_LOST,      [FATE_HELD] = ROLE_LOST,
	    [FATE_UNKNOWN] = ROLE_LOST,   [FATE_TEMPFAILED] = ROLE_DOUBT, [FATE_BOUNCED] = ROLE_DIM,
	    [FATE_SPAM] = ROLE_GOOD,      [FATE_REFUSED] = ROLE_GOOD,     [FATE_ABORTED] = ROLE_DIM,
	    [FATE_DISCARDED] = ROLE_GOOD};

	for (int f = 0; f < FATE_COUNT; f++)
		if (slice_eq(fate, slice_str(fate_name((enum fate)f))))
			return roles[f];
	return ROLE_PLAIN;
}

enum role sheet_role_of(const struct sheet *s, size_t row, size_t column)
{
	const struct sheet_cell *c = cell_of(s, row, column);

	if (c->none)
		return ROLE_DIM;
	if (c->role != ROLE_PLAIN)
		return c->role;
	switch (sheet_section_of(s, row)->column[column].kind) {
	case SHEET_LOST: return c->number > 0 ? ROLE_LOST : ROLE_PLAIN;
	case SHEET_FATE: return fate_role(pool(s, c->at, c->n));
	default: return ROLE_PLAIN;
	}
}

/* ------------------------------------------------------------------ as rows of a list */

static struct slice id_of_row(const void *arg, size_t row)
{
	return sheet_id(arg, row);
}

static bool is_number(enum sheet_kind k)
{
	return k == SHEET_NUMBER || k == SHEET_LOST || k == SHEET_AGO || k == SHEET_CLOCK;
}

/* What is not known comes first, then by number or by text in any case. */
static int compare_rows(const void *arg, size_t a, size_t b, int column)
{
	const struct sheet *s = arg;
	const struct sheet_cell *x = cell_of(s, a, (size_t)column), *y = cell_of(s, b, (size_t)column);

	if (x->none || y->none)
		return (y->none ? 1 : 0) - (x->none ? 1 : 0);
	if (is_number(sheet_section_of(s, a)->column[column].kind))
		return x->number < y->number ? -1 : x->number > y->number;
	size_t n = x->n < y->n ? x->n : y->n;
	int c = n ? strncasecmp(s->pool.p + x->at, s->pool.p + y->at, n) : 0;
	return c ? c : x->n < y->n ? -1 : x->n > y->n;
}

static bool holds(struct slice text, struct slice what)
{
	if (what.n == 0)
		return true;
	char small = (char)tolower((unsigned char)what.p[0]), large = (char)toupper((unsigned char)what.p[0]);
	for (size_t i = 0; i + what.n <= text.n; i++)
		if ((text.p[i] == small || text.p[i] == large) && strncasecmp(text.p + i, what.p, what.n) == 0)
			return true;
	return false;
}

/* Shown as it is, as most texts are. */
static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || (unsigned char)s.p[i] >= 127 || s.p[i] == '\\')
			return false;
	return true;
}

/* As it stands in the log, or as it is shown: whoever reads `\x1b` may look for that. */
static bool reads(struct slice value, struct slice what)
{
	struct text t = {0};

	if (holds(value, what))
		return true;
	if (is_plain(value))
		return false;
	encode_term(&t, value);
	bool found = t.n != value.n && holds(slice_of(t.p, t.n), what);
	text_release(&t);
	return found;
}

/* A heading stays only where all is shown. */
static bool row_matches(const void *arg, size_t row, struct slice what)
{
	const struct sheet *s = arg;
	char buf[SHEET_VALUE];

	if (s->row[row].heading)
		return what.n == 0;
	for (size_t c = 0; c < sheet_section_of(s, row)->columns; c++)
		if (reads(sheet_value(s, row, c, 0, buf), what))
			return true;
	return false;
}

struct list_rows sheet_rows(const struct sheet *s)
{
	return (struct list_rows){.n = s->rows,
	                          .id = id_of_row,
	                          .compare = s->sections == 1 ? compare_rows : NULL,
	                          .matches = row_matches,
	                          .arg = s};
}

/* ------------------------------------------------------------------ widths */

#define WIDTH_ROWS 500 /* that are looked at to find widths */

/* As wide as what stands in it, within its limits. */
static int wanted(const struct sheet *s, size_t section, size_t column, int64_t now)
{
	const struct sheet_column *c = &s->section[section].column[column];
	int width = encode_width(slice_str(c->title)), looked = 0;
	char buf[SHEET_VALUE];

	for (size_t row = 0; row < s->rows && looked < WIDTH_ROWS; row++) {
		if (s->row[row].section != section || s->row[row].heading)
			continue;
		struct slice v = sheet_value(s, row, column, now, buf);
		int w = encode_width(slice_head(v, 1000));
		width = w > width ? w : width;
		looked++;
	}
	if (width < c->min)
		width = c->min;
	return c->max && width > c->max ? c->max : width;
}

static int total(const int *width, size_t n)
{
	int sum = 0, shown = 0;

	for (size_t i = 0; i < n; i++) {
		sum += width[i];
		shown += width[i] > 0;
	}
	return sum + (shown > 1 ? 2 * (shown - 1) : 0);
}

/* Takes from those that may be cut, as evenly as their minimum lets it. */
static void cut_growing(const struct sheet_section *sec, int cols, int *width)
{
	for (int over = total(width, sec->columns) - cols; over > 0; over--) {
		size_t widest = SHEET_COLUMNS;
		for (size_t i = 0; i < sec->columns; i++)
			if (sec->column[i].flags & SHEET_GROW && width[i] > sec->column[i].min &&
			    (widest == SHEET_COLUMNS || width[i] > width[widest]))
				widest = i;
		if (widest == SHEET_COLUMNS)
			return;
		width[widest]--;
	}
}

/* Drops the column that matters least; false: none may go. */
static bool drop_one(const struct sheet_section *sec, int *width)
{
	size_t least = SHEET_COLUMNS;

	for (size_t i = 0; i < sec->columns; i++)
		if (width[i] && sec->column[i].drop &&
		    (least == SHEET_COLUMNS || sec->column[i].drop > sec->column[least].drop))
			least = i;
	if (least == SHEET_COLUMNS)
		return false;
	width[least] = 0;
	return true;
}

void sheet_widths(const struct sheet *s, size_t section, int cols, int64_t now, int width[SHEET_COLUMNS])
{
	const struct sheet_section *sec = &s->section[section];
	int full[SHEET_COLUMNS];

	for (size_t i = 0; i < sec->columns; i++)
		full[i] = width[i] = wanted(s, section, i, now);
	do {
		for (size_t i = 0; i < sec->columns; i++)
			width[i] = width[i] ? full[i] : 0;
		cut_growing(sec, cols, width);
	} while (total(width, sec->columns) > cols && drop_one(sec, width));
}
