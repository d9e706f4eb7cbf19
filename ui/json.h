/*
 * json: objects and lists for programs, into a growing text. Every value goes
 * out through encode_json, so the result is always valid JSON, whatever the log
 * held. A key is NULL inside a list.
 *
 * What stands in the two outer levels begins on a line of its own; what is
 * deeper follows on the same line, so that a row stays a line.
 */
#ifndef WB_JSON_H
#define WB_JSON_H

#include "encode.h"

/* Begin with {.out = &text}. */
struct json {
	struct text *out;
	int depth;
	bool full; /* something stands in the object or list already: a comma is due */
};

void json_object(struct json *j, const char *key);
void json_list(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_list_end(struct json *j);

void json_null(struct json *j, const char *key);
void json_slice(struct json *j, const char *key, struct slice s); /* absent: null */
void json_str(struct json *j, const char *key, const char *s);    /* NULL or "": null */
void json_int(struct json *j, const char *key, int64_t n);
void json_bool(struct json *j, const char *key, bool b);
void json_real(struct json *j, const char *key, double x); /* null for what is no number */
/* RFC 3339 in UTC, to the microsecond if it has any; null for STAMP_NONE and beyond the years 0 to 9999. */
void json_time(struct json *j, const char *key, int64_t us);

#endif
