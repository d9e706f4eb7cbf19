/*
 * genlog_line: the lines of a made-up log. They are composed in any order and
 * leave in the order of their time, as a syslog would write them.
 */
#ifndef WB_GENLOG_LINE_H
#define WB_GENLOG_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SECOND INT64_C(1000000)

struct lines;

/* Times are microseconds since 1970 on the machine's wall clock; iso: RFC 3339 stamps, else BSD. */
struct lines *lines_new(FILE *out, bool iso);
struct lines *lines_free(struct lines *l); /* always NULL */

/*
 * Composes a line: head (`mx1 postfix/smtpd[123]: `), then the text of the
 * format. Its verbs: %s a string, %u an unsigned, %q a queue id, %Q the same,
 * 0 being NOQUEUE, %t milliseconds the way Postfix writes delays.
 */
void lines_add(struct lines *l, int64_t when, const char *head, const char *format, ...);

/* Writes what is older than `until`. */
void lines_write(struct lines *l, int64_t until);
void lines_flush(struct lines *l); /* everything composed so far */

uint64_t lines_count(const struct lines *l); /* written */
uint64_t lines_bytes(const struct lines *l);

/* `Nov  3 07:01:22`, as anvil puts it into its text; buf has 16 bytes. */
void lines_bsd_stamp(int64_t when, char buf[16]);
/* Days since 1970 of a date of the Gregorian calendar. */
int64_t days_from_date(int year, int month, int day);

void *xcalloc(size_t n, size_t size);

#endif
