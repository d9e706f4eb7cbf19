#include "calendar.h"

#include <stdio.h>
#include <string.h>

#include "../parsers/stamp.h"

static const struct {
	const char *name;
	int months;
} ends[CALENDAR_ENDS] = {
    [CALENDAR_MONTH] = {"month end", 1},
    [CALENDAR_QUARTER] = {"quarter end", 3},
    [CALENDAR_YEAR] = {"year end", 12},
};

const char *calendar_end_name(enum calendar_end e)
{
	return ends[e].name;
}

static int32_t clamp(int64_t day)
{
	return (int32_t)(day < INT32_MIN ? INT32_MIN : day > INT32_MAX ? INT32_MAX : day);
}

const char *calendar_date_text(int32_t day, char buf[CALENDAR_DATE_TEXT])
{
	static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct stamp_date d = stamp_date_of(day);

	snprintf(buf, CALENDAR_DATE_TEXT, "%d %s %d", d.day, names[d.month - 1], d.year);
	return buf;
}

int32_t calendar_end_from(int32_t day, enum calendar_end e)
{
	struct stamp_date d = stamp_date_of(day);
	int last = (d.month + ends[e].months - 1) / ends[e].months * ends[e].months;

	/* The day before the next one begins. */
	return clamp(stamp_days_of((int64_t)d.year + (last == 12), last % 12 + 1, 1) - 1);
}

bool calendar_is_end(int32_t day, enum calendar_end e)
{
	return calendar_end_from(day, e) == day;
}

static int32_t end_after(int32_t day, enum calendar_end e)
{
	return day == INT32_MAX ? day : calendar_end_from(day + 1, e);
}

static void next_ends(struct calendar *c, int32_t today)
{
	for (enum calendar_end e = 0; e < CALENDAR_ENDS; e++) {
		c->next[e] = calendar_end_from(today, e);
		if (c->inside[e] && c->last[e] >= c->next[e])
			c->next[e] = end_after(c->last[e], e);
	}
}

static void end_inside(struct calendar *c, enum calendar_end e, int32_t day)
{
	c->inside[e]++;
	c->last[e] = day;
}

struct calendar calendar_of_days(const int32_t *days, size_t n, int32_t today)
{
	struct calendar c = {0};

	for (size_t i = 0; i < n; i++)
		for (enum calendar_end e = 0; e < CALENDAR_ENDS && (i == 0 || days[i] != days[i - 1]); e++)
			if (calendar_is_end(days[i], e))
				end_inside(&c, e, days[i]);
	next_ends(&c, today);
	return c;
}

const char *calendar_end_text(const struct calendar *c, enum calendar_end e, char buf[CALENDAR_TEXT])
{
	char date[CALENDAR_DATE_TEXT];

	if (c->inside[e])
		snprintf(buf, CALENDAR_TEXT, "%s inside: %s", ends[e].name, calendar_date_text(c->last[e], date));
	else
		snprintf(buf, CALENDAR_TEXT, "no %s inside; next %s", ends[e].name,
		         calendar_date_text(c->next[e], date));
	return buf;
}

/* Adds those that are inside, or those that are not, under a heading; nothing if there are none. */
static size_t list_ends(const struct calendar *c, bool inside, const char *heading, char *buf, size_t used)
{
	const char *between = heading;
	char date[CALENDAR_DATE_TEXT];

	for (enum calendar_end e = 0; e < CALENDAR_ENDS; e++) {
		if ((c->inside[e] > 0) != inside)
			continue;
		calendar_date_text(inside ? c->last[e] : c->next[e], date);
		snprintf(buf + used, CALENDAR_TEXT - used, "%s%s (%s%s)", between, ends[e].name, inside ? "" : "next ",
		         date);
		used += strlen(buf + used);
		between = ", ";
	}
	return used;
}

const char *calendar_text(const struct calendar *c, char buf[CALENDAR_TEXT])
{
	size_t used = list_ends(c, true, "inside: ", buf, 0);

	list_ends(c, false, used ? "; not inside: " : "not inside: ", buf, used);
	return buf;
}
