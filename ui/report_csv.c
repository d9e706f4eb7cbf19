#include "report_tables.h"

#define DAY_US INT64_C(86400000000)

/* As the JSON has it. */
static void csv_time(struct text *t, int64_t us)
{
	char buf[STAMP_TEXT];

	text_add(t, slice_of(buf, stamp_text(us, us % 1000000 ? 6 : 0, buf)));
}

static void csv_day(struct text *t, int64_t day)
{
	char buf[STAMP_TEXT];

	stamp_text(day * DAY_US, 0, buf);
	text_add(t, slice_of(buf, strlen("2026-11-22")));
}

static void csv_bare(struct text *t, const struct field *f)
{
	switch (f->kind) {
	case FIELD_NULL:
	case FIELD_TEXT:
	case FIELD_WORDS: return;
	case FIELD_INT: text_int(t, f->number); return;
	case FIELD_REAL:
	case FIELD_SHARE: text_printf(t, "%.10g", f->real + 0.0); return;
	case FIELD_BOOL: text_str(t, f->number ? "true" : "false"); return;
	case FIELD_TIME: csv_time(t, f->number); return;
	case FIELD_DAY: csv_day(t, f->number); return;
	}
}

/* Every field between quotes but the one that is not there, as `list` has it. */
static void csv_field(struct text *t, const struct field *f, bool raw)
{
	if (f->kind == FIELD_NULL)
		return;
	if (f->kind == FIELD_TEXT || f->kind == FIELD_WORDS) {
		encode_csv(t, field_text(f), raw);
		return;
	}
	text_char(t, '"');
	csv_bare(t, f);
	text_char(t, '"');
}

void report_csv_head(struct text *t, const struct report_table *table)
{
	text_str(t, "\"rule\"");
	for (size_t c = 0; c < table->columns; c++)
		text_printf(t, ",\"%s\"", table->column[c].name);
	text_char(t, '\n');
}

void report_csv(struct text *t, const struct report *r, const struct report_table *table, bool raw)
{
	struct report_row row = {0};
	size_t n = table->rows(r);

	for (size_t i = 0; i < n; i++) {
		report_row_fill(&row, table, r, i);
		encode_csv(t, slice_str(r->d->rule), raw);
		for (size_t c = 0; c < table->columns; c++) {
			text_char(t, ',');
			csv_field(t, &row.field[c], raw);
		}
		text_char(t, '\n');
	}
	report_row_release(&row);
}
