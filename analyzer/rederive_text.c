/*
 * The rule of each text. A text is one row for each rule that it belongs to:
 * the same words may warn for one rule and refuse for none. Numbers stay, since
 * half-finished mails name their warnings by them: where two rows come to the
 * same rule both stay, where one would have to be of two rules its warnings
 * keep the number and its refusals get another.
 */
#include <stdlib.h>

#include "../parsers/shapes.h"
#include "msg.h"
#include "names.h"
#include "rederive_i.h"

/* Lines of one text that do the same. */
struct usage {
	int64_t action; /* word */
	bool suspect, warns;
	int rule; /* row */
};

struct text_now {
	int64_t id;
	int was, now; /* rows of rules; now: of its warnings, else of its first lines */
	struct usage *usage;
	size_t usages;
	bool torn; /* one usage is of two rules */
};

struct texts {
	struct text_now *text;
	size_t n, room;
};

static void usage_add(struct text_now *t, struct usage u)
{
	for (size_t i = 0; i < t->usages; i++)
		if (t->usage[i].action == u.action && t->usage[i].suspect == u.suspect) {
			t->torn |= t->usage[i].rule != u.rule;
			return;
		}
	if (t->usages == 0)
		t->now = u.rule;
	/* Two words that warn share the number, which open mails may hold. */
	t->torn |= u.warns && u.rule != t->now;
	t->usage = xrealloc(t->usage, (t->usages + 1) * sizeof *t->usage);
	t->usage[t->usages++] = u;
}

static struct texts texts_load(struct rederiving *w)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_REDERIVE_TEXTS);
	struct texts all = {0};

	while (db_step(w->db, q)) {
		int64_t id = sqlite3_column_int64(q, 0);
		if (all.n == 0 || all.text[all.n - 1].id != id) {
			if (all.n == all.room) {
				all.room = all.room ? 2 * all.room : 256;
				all.text = xrealloc(all.text, all.room * sizeof *all.text);
			}
			all.text[all.n++] = (struct text_now){.id = id, .was = sqlite3_column_int(q, 2)};
		}
		struct usage u = {.action = sqlite3_column_int64(q, 3),
		                  .suspect = sqlite3_column_int(q, 5) != 0,
		                  .warns = sqlite3_column_int(q, 6) != 0};
		if (!u.suspect)
			u.rule = w->row[names_match_rule(w->rules, shapes_action(db_column_slice(q, 4)),
			                                 db_column_slice(q, 7))];
		usage_add(&all.text[all.n - 1], u);
	}
	return all;
}

static void touch(struct rederiving *w, int a, int b)
{
	w->touched[a] = w->touched[b] = true;
}

static int64_t id_of(struct rederiving *w, int64_t like, int template, int rule)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_REDERIVE_TAKEN);

	sqlite3_bind_int64(q, 1, like);
	sqlite3_bind_int(q, 2, template);
	sqlite3_bind_int(q, 3, rule);
	int64_t id = db_step(w->db, q) ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_reset(q);
	return id;
}

static int template_of(struct rederiving *w, int64_t id)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_READ_REDERIVE_TEMPLATE);

	sqlite3_bind_int64(q, 1, id);
	int template = db_step(w->db, q) ? sqlite3_column_int(q, 0) % 2 : 0;
	sqlite3_reset(q);
	return template;
}

static void text_set(struct rederiving *w, int64_t id, int64_t rule, int template)
{
	sqlite3_stmt *q = db_stmt(w->db, SQL_WRITE_REDERIVE_TEXT);

	sqlite3_bind_int64(q, 1, rule);
	sqlite3_bind_int(q, 2, template);
	sqlite3_bind_int64(q, 3, id);
	db_run(w->db, q);
}

/* The place of another row of the same text and rule is taken: then 2, 4 ... more in template tell them apart. */
static void text_name(struct rederiving *w, const struct text_now *t)
{
	int template = template_of(w, t->id);

	while (id_of(w, t->id, template, t->now))
		template += 2;
	text_set(w, t->id, t->now, template);
	touch(w, t->was, t->now);
	w->out->texts++;
}

/* Lines that do not warn, and are of another rule than those that do. */
static void usage_move(struct rederiving *w, const struct text_now *t, const struct usage *u)
{
	int template = template_of(w, t->id);
	sqlite3_stmt *q = db_stmt(w->db, SQL_WRITE_REDERIVE_COPY);

	sqlite3_bind_int(q, 1, u->rule);
	sqlite3_bind_int64(q, 2, t->id);
	db_run(w->db, q);
	q = db_stmt(w->db, SQL_WRITE_REDERIVE_MOVE);
	sqlite3_bind_int64(q, 1, id_of(w, t->id, template, u->rule));
	sqlite3_bind_int64(q, 2, t->id);
	sqlite3_bind_int64(q, 3, u->action);
	sqlite3_bind_int(q, 4, u->suspect ? 4 : 0);
	db_run(w->db, q);
	touch(w, t->was, u->rule);
}

/* It keeps its rule until the logs are read anew: whoever is concerned has a hole. */
static void keep_torn(struct rederiving *w, const struct text_now *t)
{
	for (size_t i = 0; i < t->usages; i++)
		touch(w, t->was, t->usage[i].rule);
}

void rederive_texts(struct rederiving *w)
{
	struct texts all = texts_load(w);

	/* Out of each other's way first: a row may come to the place of one that goes. */
	for (size_t i = 0; i < all.n; i++)
		if (!all.text[i].torn && all.text[i].now != all.text[i].was)
			text_set(w, all.text[i].id, -all.text[i].id, template_of(w, all.text[i].id));
	for (size_t i = 0; i < all.n; i++)
		if (all.text[i].torn)
			keep_torn(w, &all.text[i]);
		else if (all.text[i].now != all.text[i].was)
			text_name(w, &all.text[i]);
	for (size_t i = 0; i < all.n; i++) {
		struct text_now *t = &all.text[i];
		for (size_t k = 0; k < t->usages && !t->torn; k++)
			if (t->usage[k].rule != t->now)
				usage_move(w, t, &t->usage[k]);
		free(t->usage);
	}
	free(all.text);
}
