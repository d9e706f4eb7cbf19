#include "verdict.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../parsers/utf8.h"
#include "db.h"
#include "msg.h"

static const char *const words[] = {
#define X(id, name) [VERDICT_##id] = name,
    VERDICT_WORDS(X)
#undef X
};

const char *verdict_word_name(enum verdict_word w)
{
	return words[w];
}

bool verdict_word_of(struct slice name, enum verdict_word *out)
{
	for (int w = 0; w < VERDICT_WORD_COUNT; w++)
		if (slice_eq(name, slice_str(words[w]))) {
			*out = (enum verdict_word)w;
			return true;
		}
	return false;
}

/* ----------------------------------------------------------------- what is said */

const char *verdict_text_trouble(const char *text)
{
	struct slice s = slice_str(text);
	uint32_t code;

	if (s.n > VERDICT_NOTE)
		return "too long, 500 bytes is the limit";
	while (s.n) {
		size_t n = utf8_decode(s, &code);
		if (n == 0)
			return "not UTF-8";
		if (code < 0x20 || (code >= 0x7f && code < 0xa0))
			return "it has a control character";
		s = slice_from(s, n);
	}
	return NULL;
}

bool verdict_day(const char *text, int64_t *day)
{
	int64_t us;

	if (strcmp(text, "never") == 0) {
		*day = VERDICT_NEVER;
		return true;
	}
	if (strlen(text) != strlen("2026-11-22") || !stamp_parse_time(slice_str(text), &us))
		return false;
	*day = stamp_local_day(us);
	return true;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t verdict_today(void)
{
	return stamp_local_day(now_us());
}

/* The login name lives through sudo and su; without a terminal there is none. */
static const char *who(char *buf, size_t cap)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *p;

	if (getlogin_r(buf, cap) == 0 && *buf)
		return buf;
	if (sudo && *sudo && !verdict_text_trouble(sudo))
		return sudo;
	p = getpwuid(getuid());
	if (p)
		return p->pw_name;
	snprintf(buf, cap, "%lu", (unsigned long)getuid());
	return buf;
}

/* ------------------------------------------------------------- what was said before */

/* A row of human_verdict; what is NULL there is NULL here. */
struct said {
	int64_t id;
	enum verdict_word word;
	char *note, *owner, *seen;
	int64_t expires;
};

/* The last word, and the last one that decides (LATER does not). */
struct history {
	struct said last, decision;
};

static char *copy(struct slice s)
{
	return slice_is_set(s) ? xstrndup(s.p, s.n) : NULL;
}

/* Columns as verdict_last.sql has them. */
static void said_load(sqlite3_stmt *q, struct said *out)
{
	out->id = sqlite3_column_int64(q, 0);
	if (!verdict_word_of(db_column_slice(q, 1), &out->word))
		out->word = VERDICT_CLEAR;
	out->note = copy(db_column_slice(q, 2));
	out->owner = copy(db_column_slice(q, 3));
	out->expires = sqlite3_column_type(q, 4) == SQLITE_NULL ? VERDICT_NEVER : sqlite3_column_int64(q, 4);
	out->seen = copy(db_column_slice(q, 5));
}

static void said_release(struct said *s)
{
	free(s->note);
	free(s->owner);
	free(s->seen);
}

/* The word at row `before`, and what was decided then: LATER leaves an older decision standing. */
static void history_until(struct db *d, const struct subject *s, int64_t before, struct history *h)
{
	sqlite3_stmt *q = db_stmt(d, SQL_READ_VERDICT_LAST);

	*h = (struct history){.last = {.word = VERDICT_CLEAR, .expires = VERDICT_NEVER},
	                      .decision = {.word = VERDICT_CLEAR, .expires = VERDICT_NEVER}};
	db_bind_slice(q, 1, slice_str(subject_kind_name(s->kind)));
	db_bind_slice(q, 2, slice_str(s->text));
	while (db_step(d, q)) {
		if (sqlite3_column_int64(q, 0) > before)
			continue;
		if (!h->last.id)
			said_load(q, &h->last);
		if (slice_eq(db_column_slice(q, 1), slice_str(words[VERDICT_LATER])))
			continue;
		said_load(q, &h->decision);
		break;
	}
	sqlite3_reset(q);
}

static void history_release(struct history *h)
{
	said_release(&h->last);
	said_release(&h->decision);
}

/* ---------------------------------------------------------------------- writing */

static int64_t add_row(struct db *d, const struct subject *s, const struct said *v)
{
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_VERDICT);
	struct slice low, high;
	uint8_t range[32];
	char name[256];

	subject_range(s, range, &low, &high);
	sqlite3_bind_int64(q, 1, now_us());
	db_bind_slice(q, 2, slice_str(subject_kind_name(s->kind)));
	db_bind_slice(q, 3, slice_str(s->text));
	db_bind_slice(q, 4, slice_str(words[v->word]));
	db_bind_slice(q, 5, slice_str(v->note));
	db_bind_slice(q, 6, slice_str(v->owner));
	if (v->expires != VERDICT_NEVER)
		sqlite3_bind_int64(q, 7, v->expires);
	else
		sqlite3_bind_null(q, 7);
	db_bind_slice(q, 8, slice_str(who(name, sizeof name)));
	db_bind_slice(q, 9, low);
	db_bind_slice(q, 10, high);
	if (slice_is_set(low))
		sqlite3_bind_int(q, 11, subject_bits(s));
	else
		sqlite3_bind_null(q, 11);
	db_bind_slice(q, 12, slice_str(v->seen));
	db_run(d, q);
	return sqlite3_last_insert_rowid(d->h);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same(const struct said *a, const struct said *b)
{
	return a->word == b->word && a->expires == b->expires && same_text(a->note, b->note) &&
	       same_text(a->owner, b->owner);
}

static char *text_of(const char *given, const char *kept)
{
	const char *text = given ? given : kept;

	return text && *text ? xstrdup(text) : NULL;
}

/* The row that is meant, with what stays of the last one. */
static struct said meant(const struct mark *m, const struct history *h)
{
	bool stays = h->decision.id && h->decision.word == m->word && h->decision.expires >= verdict_today();
	const struct said *kept = stays && m->word != VERDICT_CLEAR ? &h->decision : &(struct said){0};

	return (struct said){.word = m->word,
	                     .note = text_of(m->note, kept->note),
	                     .owner = text_of(m->owner, kept->owner),
	                     .expires = m->expires != VERDICT_KEEP ? m->expires
	                                : kept->id                 ? kept->expires
	                                                           : VERDICT_NEVER};
}

void verdict_mark(const char *database, const struct subject *s, const struct mark *m, const struct ways *ways,
                  bool changed, struct marked *out)
{
	struct db *d = db_open_write(database);
	struct history h;

	db_begin(d);
	history_until(d, s, INT64_MAX, &h);
	struct said v = meant(m, &h);
	*out = (struct marked){.before = h.last.id, .had = h.decision.word != VERDICT_CLEAR, .was = h.decision.word};
	if (m->word == VERDICT_CLEAR && h.last.word == VERDICT_CLEAR)
		out->how = MARKED_NOTHING;
	else if (h.last.id && same(&v, &h.last) && !changed)
		out->how = MARKED_ALREADY;
	if (out->how == MARKED_NEW) {
		v.seen = ways_json(ways);
		out->id = add_row(d, s, &v);
	}
	db_commit(d);
	db_close(d);
	said_release(&v);
	history_release(&h);
}

void verdict_restore(const char *database, const struct subject *s, int64_t before)
{
	struct db *d = db_open_write(database);
	struct history h;

	db_begin(d);
	history_until(d, s, before, &h);
	add_row(d, s, &h.decision);
	if (h.last.word == VERDICT_LATER)
		add_row(d, s, &h.last);
	db_commit(d);
	db_close(d);
	history_release(&h);
}

/* ---------------------------------------------------------------------- reading */

bool verdict_find(struct reader *r, const struct subject *s, struct verdict_row *out)
{
	const struct query_param params[] = {{"kind", slice_str(subject_kind_name(s->kind)), 0, false},
	                                     {"subject", slice_str(s->text), 0, false}};
	struct query *q = query_new(r, SQL_READ_VERDICT_LAST, params, 2);
	enum verdict_word word;

	*out = (struct verdict_row){.word = VERDICT_CLEAR, .expires = VERDICT_NEVER, .ask_from = VERDICT_NEVER};
	while (query_row(q)) {
		bool last = out->last == 0, known = verdict_word_of(query_text(q, 1), &word);
		if (last)
			out->last = query_number(q, 0);
		if (last && known && word == VERDICT_LATER && !query_is_null(q, 4))
			out->ask_from = query_number(q, 4);
		if (!known || word == VERDICT_LATER)
			continue;
		out->id = query_number(q, 0);
		out->word = word;
		out->expires = query_is_null(q, 4) ? VERDICT_NEVER : query_number(q, 4);
		break;
	}
	query_free(q);
	return out->word != VERDICT_CLEAR;
}
