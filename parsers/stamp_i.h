/*
 * stamp's own insides, shared with syslog.c and nobody else: the stamp of nearly
 * every line, which is of the same minute as the one before it.
 */
#ifndef WB_STAMP_I_H
#define WB_STAMP_I_H

#include "stamp.h"
#include "vector.h"

#define SECOND_US 1000000

/* Heads up to the minute: `Mar  5 07:08`, `2026-03-05T07:08`. */
#define BSD_KEY 12
#define ISO_KEY 16
#define MICROS 16 /* `:09.123456+01:00` */

/*
 * `YYYY-MM-DDTHH:MM:SS.UUUUUU+HH:MM ` as rsyslog writes it, of which all but
 * SS.UUUUUU is as it was: these are one number. 0 for all else.
 */
static inline size_t micros_again(const struct stamp_clock *c, struct slice in, struct stamp *out)
{
	/* How far a byte may be above that of the model `:00.000000+01:00`. */
	const vector most = {0, 9, 9, 0, 9, 9, 9, 9, 9, 9};
	char above[MICROS];
	uint64_t front, back;
	uint32_t us;

	_Static_assert(ISO_KEY == VECTOR_BYTES && MICROS == VECTOR_BYTES, "both are a vector");
	if (c->key_n != ISO_KEY || in.n <= ISO_KEY + MICROS || in.p[ISO_KEY + MICROS] != ' ')
		return 0;
	vector same = (vector)(vector_load(in.p) == vector_load(c->key));
	vector v = vector_load(in.p + ISO_KEY) - vector_load(c->model);
	if (vector_mask(same & (vector)(v <= most)) != 0xffff)
		return 0;
	memcpy(above, &v, sizeof above);
	front = slice_word(above);
	back = slice_word(above + 8);
	us = slice_word_number((front >> 8 & 0xffff) | front >> 32 << 16 | back << 48);
	if (us >= 61 * SECOND_US)
		return 0;
	out->us = c->minute_us - c->zone_offset * SECOND_US + us;
	out->digits = 6;
	out->flags = c->minute_flags;
	return ISO_KEY + MICROS;
}

/* `Mmm DD HH:MM:SS `, of which all but SS is as it was. */
static inline size_t second_again(const struct stamp_clock *c, struct slice in, struct stamp *out)
{
	const char *p = in.p + BSD_KEY;
	unsigned tens, ones;

	if (c->key_n != BSD_KEY || in.n <= BSD_KEY + 3 || memcmp(in.p, c->key, 8) != 0 ||
	    memcmp(in.p + 8, c->key + 8, 4) != 0)
		return 0;
	tens = (unsigned)p[1] - '0';
	ones = (unsigned)p[2] - '0';
	if (p[0] != ':' || ones > 9 || tens * 10 + ones > 60 || p[3] != ' ')
		return 0;
	out->us = c->minute_us + (int64_t)(tens * 10 + ones) * SECOND_US;
	out->digits = 0;
	out->flags = c->minute_flags;
	return BSD_KEY + 3;
}

/* All other spellings behind the minute. Kept apart, lest its variables cost the other two their registers. */
size_t stamp_minute_again(struct stamp_clock *c, struct slice in, struct stamp *out);

/*
 * A stamp of the same minute as the last one, in one of the two common forms. Its
 * length, and *out as stamp_scan fills it, but the clock stands still: who goes
 * by it sets c->last_us. 0: it is another minute, or none; *out may have been
 * written to.
 */
static inline size_t stamp_near(const struct stamp_clock *c, struct slice in, struct stamp *out)
{
	size_t end = micros_again(c, in, out);

	return end ? end : second_again(c, in, out);
}

/* The same in any form. */
static inline size_t stamp_again(struct stamp_clock *c, struct slice in, struct stamp *out)
{
	size_t end = stamp_near(c, in, out);

	return end ? end : stamp_minute_again(c, in, out);
}

#endif
