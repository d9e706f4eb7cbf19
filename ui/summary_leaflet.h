/*
 * summary_leaflet: paragraphs, items and small tables that can be printed as text
 * of 78 columns and as HTML, so that the two parts of a mail say the same. What
 * goes in are bytes as they are; each way out has its encoder.
 */
#ifndef WB_SUMMARY_LEAFLET_H
#define WB_SUMMARY_LEAFLET_H

#include "encode.h"

enum block { BLOCK_TITLE, BLOCK_HEADING, BLOCK_LINE, BLOCK_ITEM, BLOCK_ROW_HEAD, BLOCK_ROW };
#define LEAFLET_CELLS 5

struct leaflet {
	struct {
		enum block kind;
		char *cell[LEAFLET_CELLS]; /* of a row; all others have one */
		size_t cells;
	} * block;
	size_t n;
};

void leaflet_say(struct leaflet *p, enum block kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Begins a row; leaflet_cell adds the others. The first cell is wide, those that are numbers stand to the right. */
void leaflet_row(struct leaflet *p, enum block kind);
void leaflet_cell(struct leaflet *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void leaflet_release(struct leaflet *p);

#define LEAFLET_WIDTH 76 /* columns of a line of text; RFC 5322 wants at most 78 */
void leaflet_text(struct text *t, const struct leaflet *p);
/* A whole document: no image, no link, no script, nothing from elsewhere; its styles stand in its elements. */
void leaflet_html(struct text *t, const struct leaflet *p);

#endif
