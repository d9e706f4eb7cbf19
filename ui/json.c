#include "json.h"

#include <math.h>

#include "../parsers/stamp.h"

#define LEVELS_ON_LINES 2

/* The comma, the line and the key that a value needs in front. */
static void value_begin(struct json *j, const char *key)
{
	if (j->full)
		text_char(j->out, ',');
	if (j->depth && j->depth <= LEVELS_ON_LINES) {
		text_char(j->out, '\n');
		text_fill(j->out, ' ', (size_t)j->depth);
	}
	if (key) {
		encode_json(j->out, slice_str(key));
		text_char(j->out, ':');
	}
	j->full = true;
}

static void open_with(struct json *j, const char *key, char bracket)
{
	value_begin(j, key);
	text_char(j->out, bracket);
	j->depth++;
	j->full = false;
}

static void close_with(struct json *j, char bracket)
{
	j->depth--;
	if (j->full && j->depth < LEVELS_ON_LINES) {
		text_char(j->out, '\n');
		text_fill(j->out, ' ', (size_t)j->depth);
	}
	text_char(j->out, bracket);
	j->full = true;
}

void json_object(struct json *j, const char *key)
{
	open_with(j, key, '{');
}

void json_list(struct json *j, const char *key)
{
	open_with(j, key, '[');
}

void json_object_end(struct json *j)
{
	close_with(j, '}');
}

void json_list_end(struct json *j)
{
	close_with(j, ']');
}

void json_null(struct json *j, const char *key)
{
	value_begin(j, key);
	text_str(j->out, "null");
}

void json_slice(struct json *j, const char *key, struct slice s)
{
	if (!slice_is_set(s)) {
		json_null(j, key);
		return;
	}
	value_begin(j, key);
	encode_json(j->out, s);
}

void json_str(struct json *j, const char *key, const char *s)
{
	json_slice(j, key, s && *s ? slice_str(s) : SLICE_NONE);
}

void json_int(struct json *j, const char *key, int64_t n)
{
	value_begin(j, key);
	text_int(j->out, n);
}

void json_bool(struct json *j, const char *key, bool b)
{
	value_begin(j, key);
	text_str(j->out, b ? "true" : "false");
}

void json_real(struct json *j, const char *key, double x)
{
	if (!isfinite(x)) {
		json_null(j, key);
		return;
	}
	value_begin(j, key);
	text_printf(j->out, "%.10g", x + 0.0); /* no -0 */
}

void json_time(struct json *j, const char *key, int64_t us)
{
	const int64_t year_0 = INT64_C(-62167219200) * 1000000, year_10000 = INT64_C(253402300800) * 1000000;
	char buf[STAMP_TEXT];

	if (us < year_0 || us >= year_10000) /* STAMP_NONE too, and the open ends of holes */
		json_null(j, key);
	else
		json_slice(j, key, slice_of(buf, stamp_text(us, us % 1000000 ? 6 : 0, buf)));
}
