/*
 * Mails of a source, a sender, a client or a recipient, those read last first, and the newest lines of a source. No
 * index leads to them: the facts are walked from their end, in pieces, until enough are found.
 */
#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/clock.h"
#include "../analyzer/fact.h"
#include "../analyzer/msg.h"
#include "../analyzer/walk.h"

/* ------------------------------------------------------------------ sets of rows, by their ids */

struct set {
	bool *has;
	size_t n;
};

static void set_add(struct set *s, int64_t id)
{
	if (id < 0 || id >= INT64_C(1) << 30)
		return;
	if ((size_t)id >= s->n) {
		size_t more = (size_t)id + (size_t)id / 2 + 64;
		s->has = xrealloc(s->has, more);
		memset(s->has + s->n, 0, more - s->n);
		s->n = more;
	}
	s->has[id] = true;
}

static bool set_has(const struct set *s, int64_t id)
{
	return id >= 0 && (size_t)id < s->n && s->has[id];
}

/* ------------------------------------------------------------------ whose mails */

struct found {
	int64_t id, time;
};

struct wanted {
	const struct load *l;
	struct slice sender, recipient;
	bool null_sender; /* also mails whose sender is not known */
	struct set client, address;
	size_t most;
	struct found *found;
	size_t n, told; /* told: how many the screen shows */
	size_t rows;
	int64_t began_us, last; /* last: the mail that was found last */
};

static void load_clients(struct set *clients, const struct load *l, const struct query_param *key)
{
	struct query *q = query_new(l->reader, SQL_READ_TUI_SUBJECT_CLIENTS, key, 1);

	while (query_row(q))
		set_add(clients, query_number(q, 0));
	query_free(q);
}

static void load_spellings(struct set *addresses, const struct load *l, int64_t id)
{
	const struct query *q;
	struct walk w;

	walk_init(&w, l->reader, SQL_READ_TUI_SPELT, NULL, 0, -1);
	while ((q = walk_row(&w)) != NULL)
		if (query_number(q, 1) == id)
			set_add(addresses, query_number(q, 0));
	walk_release(&w);
}

static void load_address(struct set *addresses, const struct load *l, struct slice text, bool spellings)
{
	const struct query_param p = {"address", text, 0, false};
	struct query *q = query_new(l->reader, SQL_READ_TUI_ADDRESS_ID, &p, 1);
	int64_t id = query_row(q) ? query_number(q, 0) : -1;

	query_free(q);
	set_add(addresses, id);
	if (spellings && id >= 0)
		load_spellings(addresses, l, id);
}

/* `sender:x@y` and its like. */
static void wanted_init(struct wanted *x, const struct load *l, size_t most)
{
	struct query_param key = {"none", SLICE_NONE, 0, true};
	struct slice rest = l->key;

	*x = (struct wanted){.l = l, .most = most, .began_us = clock_us(), .last = -1};
	if (slice_skip(&rest, SLICE("sender:"))) {
		x->sender = slice_is_set(rest) ? rest : SLICE("");
		x->null_sender = rest.n == 0;
		load_address(&x->address, l, x->sender, true);
		return;
	}
	if (slice_skip(&rest, SLICE("recipient:"))) {
		x->recipient = slice_is_set(rest) ? rest : SLICE("");
		if (rest.n)
			load_address(&x->address, l, rest, false);
		else
			set_add(&x->address, 0); /* of mails that named none */
		return;
	}
	if (slice_skip(&rest, SLICE("source:")))
		key = (struct query_param){"source", rest, 0, false};
	else if (slice_skip(&rest, SLICE("ip:")))
		key = (struct query_param){"ip", rest, 0, false};
	else
		return;
	load_clients(&x->client, l, &key);
}

static void wanted_release(struct wanted *x)
{
	free(x->client.has);
	free(x->address.has);
	free(x->found);
}

static bool in_window(const struct load *l, int64_t time)
{
	return (l->since == STAMP_NONE || time >= l->since) && (l->until == STAMP_NONE || time < l->until);
}

static bool is_of_rule(const struct load *l, int64_t mail)
{
	const struct query_param p[] = {{"rule", slice_str(l->rule), 0, false}, {"mail", SLICE_NONE, mail, false}};
	struct query *q = query_new(l->reader, SQL_READ_TUI_MAIL_RULE, p, 2);
	bool is = query_row(q);

	query_free(q);
	return is;
}

static void found_add(struct wanted *x, int64_t mail, int64_t time)
{
	if (!in_window(x->l, time) || !is_of_rule(x->l, mail))
		return;
	x->found = xgrown(x->found, x->n, sizeof *x->found);
	x->found[x->n++] = (struct found){mail, time};
}

/* ------------------------------------------------------------------ what is found, as rows */

static int newest_first(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? 1 : -1;
	return (x->id < y->id) - (x->id > y->id);
}

static void add_mail(struct sheet *s, const struct load *l, int64_t mail)
{
	const struct query_param p[] = {{"rule", slice_str(l->rule), 0, false}, {"mail", SLICE_NONE, mail, false}};
	struct query *q = query_new(l->reader, SQL_READ_TUI_MAIL, p, 2);

	if (query_row(q))
		screen_row(s, q, &mails_section);
	query_free(q);
}

static void show(struct sheet *s, struct wanted *x)
{
	sheet_section(s, &mails_section);
	if (x->n)
		qsort(x->found, x->n, sizeof *x->found, newest_first);
	for (size_t i = 0; i < x->n; i++)
		add_mail(s, x->l, x->found[i].id);
}

#define TELL_US 150000 /* who waits longer than this is shown what there is */
#define TELL_ROWS 1000 /* so often we look at the clock */

static bool tell_is_due(struct wanted *x)
{
	if (!x->l->give || ++x->rows % TELL_ROWS || x->n == x->told)
		return false;
	return clock_us() - x->began_us > TELL_US;
}

/* Some of it, while the rest is looked for; each time later, for all of it is made anew. */
static void tell(struct wanted *x)
{
	struct sheet *s = sheet_new();

	show(s, x);
	s->more = true;
	x->l->give(x->l->give_arg, s);
	x->told = x->n;
	x->began_us = clock_us() + (clock_us() - x->began_us);
}

/* ------------------------------------------------------------------ walks */

static bool has_sender(const struct wanted *x, const struct query *q)
{
	return query_is_null(q, 2) ? x->null_sender : set_has(&x->address, query_number(q, 2));
}

static int64_t time_of_mail(const struct load *l, int64_t mail)
{
	const struct query_param p = {"mail", SLICE_NONE, mail, false};
	struct query *q = query_new(l->reader, SQL_READ_TUI_MAIL_TIME, &p, 1);
	int64_t time = query_row(q) ? query_number(q, 0) : STAMP_NONE;

	query_free(q);
	return time;
}

static void look_at_mail(struct wanted *x, const struct query *q)
{
	if (slice_is_set(x->sender) ? has_sender(x, q) : set_has(&x->client, query_number(q, 1)))
		found_add(x, query_number(q, 0), query_number(q, 3));
}

/* A mail names a recipient once for each text. */
static void look_at_recipient(struct wanted *x, const struct query *q)
{
	int64_t mail = query_number(q, 0);

	if (mail == x->last || !set_has(&x->address, query_number(q, 1)))
		return;
	x->last = mail;
	found_add(x, mail, time_of_mail(x->l, mail));
}

static void look(struct wanted *x)
{
	bool by_recipient = slice_is_set(x->recipient);
	const struct query *q;
	struct walk w;

	walk_init(&w, x->l->reader, by_recipient ? SQL_READ_TUI_RECIPIENT_WALK : SQL_READ_TUI_MAIL_WALK, NULL, 0,
	          INT64_MAX);
	while (x->n < x->most && (q = walk_row(&w)) != NULL) {
		if (tell_is_due(x)) {
			walk_pause(&w);
			tell(x);
		} else if (by_recipient) {
			look_at_recipient(x, q);
		} else {
			look_at_mail(x, q);
		}
	}
	walk_release(&w);
}

void screen_mails(struct sheet *s, const struct load *l)
{
	struct wanted x;

	wanted_init(&x, l, SCREEN_FEW);
	look(&x);
	show(s, &x);
	s->more = x.n == x.most;
	wanted_release(&x);
}

/* ------------------------------------------------------------------ the newest lines of a source */

struct lines {
	const struct load *l;
	struct set client, warns, text;
	struct found found[2 * SCREEN_LINES_MOST];
	size_t n;
};

static void lines_init(struct lines *x, const struct load *l)
{
	const struct query_param source = {"source", slice_from(l->key, sizeof "source:" - 1), 0, false};
	const struct query_param rule = {"rule", slice_str(l->rule), 0, false};

	*x = (struct lines){.l = l};
	load_clients(&x->client, l, &source);
	struct query *q = query_new(l->reader, SQL_READ_TUI_WARN_LINES, &rule, 1);
	while (query_row(q))
		set_add(query_number(q, 0) ? &x->text : &x->warns, query_number(q, 1));
	query_free(q);
}

/* The newest so many of a part of a stream, beside those that we have. */
static void lines_walk(struct lines *x, int64_t low, int64_t high)
{
	const struct query_param p = {"low", SLICE_NONE, low, false};
	size_t end = x->n + SCREEN_LINES_MOST;
	const struct query *q;
	struct walk w;

	walk_init(&w, x->l->reader, SQL_READ_TUI_ATTEMPT_WALK, &p, 1, high);
	while (x->n < end && (q = walk_row(&w)) != NULL)
		if (set_has(&x->client, query_number(q, 1)) && set_has(&x->warns, query_number(q, 2)) &&
		    set_has(&x->text, query_number(q, 3)))
			x->found[x->n++] = (struct found){query_number(q, 0), query_number(q, 4)};
	walk_release(&w);
}

static void lines_keep_newest(struct lines *x)
{
	size_t kept = 0;

	if (x->n)
		qsort(x->found, x->n, sizeof *x->found, newest_first);
	for (size_t i = 0; i < x->n && kept < SCREEN_LINES_MOST; i++)
		if (kept == 0 || x->found[kept - 1].id != x->found[i].id)
			x->found[kept++] = x->found[i];
	x->n = kept;
}

#define HOUR_US INT64_C(3600000000)

/* Which hours a local day has: no zone is more than 14 hours off. */
static void hours_of(int32_t day, int64_t *from, int64_t *to)
{
	int64_t hour = INT64_C(24) * day - 15;

	while (stamp_local_day((hour + 1) * HOUR_US - 1) < day)
		hour++;
	*from = hour;
	while (stamp_local_day((hour + 1) * HOUR_US) <= day)
		hour++;
	*to = hour;
}

struct stretch {
	int64_t low, high;
};

static void lines_of_day(struct lines *x, int32_t day)
{
	struct query_param p[] = {{"from", SLICE_NONE, 0, false}, {"to", SLICE_NONE, 0, false}};
	struct stretch *part = NULL;
	size_t n = 0;

	hours_of(day, &p[0].number, &p[1].number);
	struct query *q = query_new(x->l->reader, SQL_READ_TUI_PLACES, p, 2);
	while (query_row(q)) {
		int64_t end = (query_number(q, 0) + 1) << PLACE_SHIFT;
		if (query_is_null(q, 1))
			continue;
		part = xrealloc(part, (n + 1) * sizeof *part);
		part[n++] = (struct stretch){query_number(q, 1), query_is_null(q, 2) ? end : query_number(q, 2)};
	}
	query_free(q);
	for (size_t i = 0; i < n; i++) {
		lines_walk(x, part[i].low, part[i].high);
		lines_keep_newest(x);
	}
	free(part);
}

static size_t load_days(const struct load *l, int32_t **days)
{
	const struct query_param p[] = {{"rule", slice_str(l->rule), 0, false},
	                                {"source", slice_from(l->key, sizeof "source:" - 1), 0, false}};
	struct query *q = query_new(l->reader, SQL_READ_TUI_LINE_DAYS, p, 2);
	size_t n = 0;

	*days = NULL;
	while (query_row(q)) {
		*days = xrealloc(*days, (n + 1) * sizeof **days);
		(*days)[n++] = (int32_t)query_number(q, 0);
	}
	query_free(q);
	return n;
}

size_t screen_newest_lines(const struct load *l, uint64_t place[SCREEN_LINES_MOST])
{
	struct lines x;
	int32_t *days;
	size_t n = load_days(l, &days);

	lines_init(&x, l);
	for (size_t i = 0; i < n && x.n < SCREEN_LINES_MOST; i++)
		lines_of_day(&x, days[i]);
	for (size_t i = 0; i < x.n; i++)
		place[i] = (uint64_t)x.found[i].id;
	free(days);
	free(x.client.has);
	free(x.warns.has);
	free(x.text.has);
	return x.n;
}
