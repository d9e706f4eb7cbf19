/*
 * html: what pages are made of: text through encode_html, links to places of
 * the same page, the look and the script. A page asks nobody for anything: its
 * policy (CSP) allows this one style and this one script by their hashes, and
 * nothing else, whatever a log says.
 */
#ifndef WB_HTML_H
#define WB_HTML_H

#include "encode.h"

void html_str(struct text *t, const char *s); /* NULL: nothing */
/* Our own words, in which what stands between backticks is something to type. Names of a log may stand in them. */
void html_words(struct text *t, struct slice words);
/* A link to the meaning of a word (report_words.h), around text that is encoded; word NULL: the text alone. */
void html_word(struct text *t, const char *word, const char *s);

/* From the doctype to <body>; title is encoded. */
void html_begin(struct text *t, const char *title);
/* The script, and the end. */
void html_end(struct text *t);

/* html_style.c; neither has a `<` in it */
extern const char html_style[], html_script[];

#endif
