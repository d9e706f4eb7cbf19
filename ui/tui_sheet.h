/*
 * tui_sheet: the rows of one view, loaded and complete: nothing in it points
 * into the database, so another thread can draw it. Texts are the log's bytes
 * as they are; the grid encodes them.
 *
 * A sheet has one section, or several below each other, each with columns of
 * its own and a row as its heading.
 */
#ifndef WB_TUI_SHEET_H
#define WB_TUI_SHEET_H

#include "grid.h"
#include "list.h"

enum sheet_kind {
	SHEET_TEXT,
	SHEET_NUMBER,
	SHEET_AGO,   /* a moment: `4 min ago` */
	SHEET_CLOCK, /* a moment: local date and time, of today the time only */
	SHEET_LOST,  /* a number: above 0 as what would be lost */
	SHEET_FATE   /* text, with the fate's role */
};

enum { SHEET_GROW = 1 }; /* gets the room that is left, is cut first */

struct sheet_column {
	const char *title;
	enum sheet_kind kind;
	int min, max; /* width; max 0: as wide as it needs */
	unsigned flags;
	int drop; /* 0: never; where room is short, the highest goes first */
};

#define SHEET_COLUMNS 12
struct sheet_section {
	const char *title; /* NULL: of the only section */
	const struct sheet_column *column;
	size_t columns;
	/*
	 * What its rows are: `sender`, `ip` ... Their keys are `sender:boss@company.my`: what the view behind
	 * Enter is asked for, and what a verdict is about. NULL: the bare id.
	 */
	const char *kind;
	bool judged; /* a verdict can be given on such a row */
	int enter;   /* the view behind Enter (enum screen_id), 0: all of the row */
};

struct sheet_cell {
	size_t at, n; /* text in the pool */
	int64_t number;
	bool none;      /* nothing is known: shown as `-` */
	enum role role; /* PLAIN: as its kind has it */
};

struct sheet_row {
	size_t section, cell; /* cell: the first of its */
	size_t id, id_n;      /* a letter for the section, and the key */
	bool heading;
};

struct sheet {
	struct sheet_section section[16];
	size_t sections;
	struct sheet_row *row;
	size_t rows;
	struct sheet_cell *cell;
	size_t cells;
	struct text pool;
	char *title; /* what it is about, or NULL; the log's text */
	char *note;  /* shown in place of rows that are not there, or NULL */
	bool more;   /* than SHEET_ROWS: the rest was left out */
};
#define SHEET_ROWS 20000

struct sheet *sheet_new(void);
struct sheet *sheet_free(struct sheet *s); /* always NULL */

/* Rows added from now on are its; with a title, the first is its heading. What it points to must outlive the sheet. */
void sheet_section(struct sheet *s, const struct sheet_section *section);
void sheet_row(struct sheet *s, struct slice id); /* unique in its section */
/* The cells of the row, one by one. */
void sheet_text(struct sheet *s, struct slice text);
void sheet_str(struct sheet *s, const char *text);
void sheet_number(struct sheet *s, int64_t n);
void sheet_none(struct sheet *s);
void sheet_role(struct sheet *s, enum role role); /* of the last cell */

/* The other one's sections and rows below ours; its note, too, if we have none. */
void sheet_join(struct sheet *s, const struct sheet *below);

struct slice sheet_id(const struct sheet *s, size_t row);
struct slice sheet_key(const struct sheet *s, size_t row);
const struct sheet_section *sheet_section_of(const struct sheet *s, size_t row);
/* Its text as it is drawn, but for the encoder; numbers and moments into buf. */
#define SHEET_VALUE 64
struct slice sheet_value(const struct sheet *s, size_t row, size_t column, int64_t now, char buf[SHEET_VALUE]);
enum role sheet_role_of(const struct sheet *s, size_t row, size_t column);

/* For list_show. */
struct list_rows sheet_rows(const struct sheet *s);

/* Widths of a section's columns in `cols` columns of screen, 0: left out; blanks between them are not in it. */
void sheet_widths(const struct sheet *s, size_t section, int cols, int64_t now, int width[SHEET_COLUMNS]);

/* `4 min ago`, `2 h ago`, `18 d ago`; into buf. */
const char *ago_text(int64_t us, int64_t now, char buf[SHEET_VALUE]);

#endif
