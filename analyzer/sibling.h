/*
 * sibling: what the name of a log file says of its place in a rotated set, the
 * order in which the files of a call are read, and the years that one file of a
 * set lends to the next.
 *
 * Names: NAME, NAME.N, NAME-YYYYMMDD[-HHMMSS] (logrotate's dateext, also with
 * dashes in the date or an epoch behind it), NAME.YYYYMMDD-HHMMSS (Postfix),
 * each with or without .gz .bz2 .xz .zst. faults.md 1.5.
 */
#ifndef WB_SIBLING_H
#define WB_SIBLING_H

#include "probe.h"

/* Fills family, rotated, rotation and dated from the path. */
void sibling_name(const char *path, struct input_about *about);

/* Newest first, as the names alone tell it. */
int sibling_compare_names(const struct input_about *a, const struct input_about *b);

/* Order of reading, for sorting: first stamp, older rotation, name. */
int sibling_compare(const struct input_about *a, const struct input_about *b);

/*
 * Finds first_year (and with it first_us) of the files whose stamps have none:
 * from the end of each file, newest first, or from `year` (--year, 0 if not
 * given), which is the year of the oldest file of each set. A set is what has
 * one family in one directory. Reorders `files`.
 */
void sibling_years(struct input_file **files, size_t n, int year);

#endif
