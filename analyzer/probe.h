/*
 * probe: a look at a file before it is read: may it be read at all, how is it
 * packed, how does it begin, and, for stamps without a year, how does it end.
 */
#ifndef WB_PROBE_H
#define WB_PROBE_H

#include "input.h"

#define PROBE_FIRST 512 /* bytes kept of the first line with a stamp */
#define PROBE_STAMP 64  /* bytes kept of the last one: the stamp and a little */

struct input_file {
	struct input_about about;
	int fd;      /* open as long as the struct lives: the name may move on */
	char *early; /* pipes: what was read to see the head, before any reading */
	size_t early_n;
	bool early_end; /* ... and the end was seen */
	bool begun;     /* pipes can be read once */
	bool yearless;  /* the first stamp has no year */
	char first[PROBE_FIRST];
	size_t first_n;
};

/* What the stamps without a year say from the first line to the last. */
struct probe_span {
	int first_month, last_month; /* 0: no such stamp */
	int year_ends;
	char last[PROBE_STAMP];
	size_t last_n;
};

/* Opens a file and looks at its beginning. NULL after a complaint if it cannot be read. */
struct input_file *probe_open(const char *path);
/* The same without a word: NULL, and why, if it cannot be read. */
struct input_file *probe_try(const char *path, const char **why);
/* Looks again at a file that is open: it may have grown from nothing, or begun anew. Not for pipes. NULL, or why not. */
const char *probe_again(struct input_file *f);
struct input_file *probe_free(struct input_file *f); /* always NULL */

bool probe_is_pipe(const struct input_file *f);

/* Sets the year of the first stamp and its time. 0: not known. */
void probe_set_year(struct input_file *f, int year, bool unsure);

/*
 * Follows the months from the first line to the last. Plain files up to 16 MiB
 * and compressed ones are read whole, larger ones at one line per 64 KiB. Not for pipes.
 */
void probe_span(struct input_file *f, struct probe_span *span);

#endif
