/*
 * The HTML report's own insides: report_html.c has the first page and the order
 * of the others, report_html_parts.c tables, charts and what was not seen.
 */
#ifndef WB_REPORT_HTML_I_H
#define WB_REPORT_HTML_I_H

#include "html.h"
#include "report_i.h"
#include "report_tables.h"

struct html_page {
	struct page page; /* text, report, look */
	int number;       /* of the rule on the page: in every id */
};

/* ------------------------------------------------------------------ report_html_parts.c */

/* In a box of its own that scrolls; class may be "". */
void html_table(struct html_page *h, const struct report_table *table, const char *class);

void html_days(struct html_page *h);
void html_fates(struct html_page *h);
void html_losses(struct html_page *h);
void html_coverage(struct html_page *h);
void html_unseen(struct html_page *h);

#endif
