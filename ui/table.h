/*
 * table: rows to people and programs. The same rows go out as an aligned table
 * that fits the screen, JSON lines, one JSON list, or CSV.
 *
 * Cells arrive one by one in the order of the columns. The formats for programs
 * stream row by row; the aligned table looks at up to 2 000 rows to find its
 * widths, then streams. Without any row it prints nothing (the caller has the
 * sentence), a JSON list is `[]`, CSV its heading.
 */
#ifndef WB_TABLE_H
#define WB_TABLE_H

#include <stdio.h>

#include "../parsers/slice.h"

enum table_format {
	TABLE_TEXT,
	TABLE_JSON,
	TABLE_JSONL,
	TABLE_CSV,
	TABLE_CSV_RAW /* for machines: the bytes of the log, nothing put in front of a formula */
};

enum cell_type {
	CELL_NULL, /* `-` in the text table, null, an empty field without quotes */
	CELL_TEXT, /* encoded for the way out */
	CELL_INT,
	CELL_BOOL, /* yes/no in the text table, else true/false */
	CELL_JSON  /* JSON that SQL's functions or we made: as it is in JSON, else as text */
};

enum {
	COLUMN_RIGHT = 1,  /* numbers: never cut, for a cut number is another number */
	COLUMN_HIDDEN = 2, /* not in the text table, only for programs */
	COLUMN_GROW = 4    /* gets the room that is left, is the first to be cut */
};

struct column {
	const char *name;  /* the contract's field name; JSON key, CSV header */
	const char *title; /* heading in the text table; NULL: name in capitals */
	int min, max;      /* width in columns in the text table; max 0: as wide as it needs */
	unsigned flags;
};

struct table;

/*
 * width: of the screen in columns; 0: no cell is cut, and max only limits the padding. colour:
 * escape codes may be used for the heading. `cols` must outlive the table.
 * Rows whose columns are all at their min may still be wider than the screen.
 */
struct table *table_new(FILE *out, enum table_format f, const struct column *cols, size_t n, int width, bool colour);
/*
 * `text` is for CELL_TEXT and CELL_JSON (absent: as CELL_NULL), `number` for CELL_INT and
 * CELL_BOOL.
 */
void table_cell(struct table *t, enum cell_type type, struct slice text, int64_t number);
/*
 * Writes what is left, frees. Returns rows written, or -1 if the stream had an error (the
 * caller exits 74).
 */
int64_t table_end(struct table *t);

#endif
