#include <math.h>
#include <stdio.h>

#include "../analyzer/stretch.h"
#include "report_i.h"
#include "report_tables.h"

void field_str(struct field *f, const char *s)
{
	f->kind = s && *s ? FIELD_TEXT : FIELD_NULL;
	f->text = slice_str(s);
}

void field_words(struct field *f, const char *s)
{
	field_str(f, s);
	if (f->kind != FIELD_NULL)
		f->kind = FIELD_WORDS;
}

void field_int(struct field *f, int64_t n)
{
	f->kind = FIELD_INT;
	f->number = n;
}

void field_real(struct field *f, double x)
{
	f->kind = isfinite(x) ? FIELD_REAL : FIELD_NULL;
	f->real = x;
}

void field_share(struct field *f, double percent_of)
{
	f->kind = isfinite(percent_of) ? FIELD_SHARE : FIELD_NULL;
	f->real = percent_of;
}

void field_bool(struct field *f, bool b)
{
	f->kind = FIELD_BOOL;
	f->number = b;
}

void field_time(struct field *f, int64_t us)
{
	bool open = us == STAMP_NONE || us <= STRETCH_EVER || us >= STRETCH_FOREVER;

	f->kind = open ? FIELD_NULL : FIELD_TIME;
	f->number = us;
}

void field_day(struct field *f, int64_t day)
{
	f->kind = FIELD_DAY;
	f->number = day;
}

struct slice field_text(const struct field *f)
{
	return slice_is_set(f->text) ? f->text : slice_of(f->own.p, f->own.n);
}

struct slice field_shown(const struct field *f, char buf[64])
{
	char date[STAMP_TEXT];

	switch (f->kind) {
	case FIELD_NULL: return SLICE_NONE;
	case FIELD_TEXT:
	case FIELD_WORDS: return slice_is_set(f->shown) ? f->shown : field_text(f);
	case FIELD_INT: return slice_str(grouped(f->number, buf));
	case FIELD_REAL: snprintf(buf, 64, "%.1f", f->real + 0.0); break;
	case FIELD_SHARE: percent(f->real / 100, buf); break;
	case FIELD_BOOL: return f->number ? SLICE("yes") : SLICE("no");
	case FIELD_TIME: snprintf(buf, 64, "%s", time_of(f->number, date)); break;
	case FIELD_DAY: snprintf(buf, 64, "%s", day_of(f->number * INT64_C(86400000000), date)); break;
	}
	return slice_str(buf);
}

void report_row_fill(struct report_row *row, const struct report_table *t, const struct report *r, size_t i)
{
	for (size_t c = 0; c < t->columns; c++) {
		text_clear(&row->field[c].own);
		row->field[c] = (struct field){.own = row->field[c].own};
	}
	t->row(r, i, row->field);
}

void report_row_release(struct report_row *row)
{
	for (size_t c = 0; c < REPORT_FIELDS; c++)
		text_release(&row->field[c].own);
}
