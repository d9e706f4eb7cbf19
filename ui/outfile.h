/*
 * outfile: a whole file at once, mode 0600: who reads it finds all of it or
 * what was there before.
 */
#ifndef WB_OUTFILE_H
#define WB_OUTFILE_H

#include "../parsers/slice.h"

/*
 * Writes a new file beside `path` and renames it. A link, a device or a
 * directory of that name is refused. Ends the program with 73 if the file
 * cannot be made, 74 if it cannot be written; then `path` is as it was.
 */
void outfile_write(const char *path, struct slice bytes);

#endif
