/* Inside plan*.c. */
#ifndef WB_PLAN_I_H
#define WB_PLAN_I_H

#include <stdio.h>

#include "plan.h"

/* A row of the map that the rule speaks through: its key is in every plan's map. */
struct plan_key {
	char *key;
	const char *action; /* belongs to the plan, or is a constant */
};

/* While a plan is made. */
struct plan_making {
	struct plan *p;
	const struct plan_options *o;
	struct plan_key *own; /* the rule's keys, as they stand in the map */
	size_t owns;
	const char *open; /* what a sender of an exempt domain comes to: a class, or DUNNO */
};

void plan_remark(struct plan *p, bool danger, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* For a row's note: control characters escaped, for they would begin another row. */
void plan_put_comment(FILE *f, const struct plan_verdict *v);
/* What a row of this verdict says. */
const char *plan_action(const struct plan_making *m, enum verdict_word word);
/* A file of the plan from here on; its name is taken over. */
FILE *plan_file_open(struct plan *p, char *name, const char *class, const char *what);
void plan_file_close(FILE *f);
char *plan_joined(const char *a, const char *b); /* for free() */

bool plan_below(struct slice name, struct slice domain); /* equal to it, or below it */
/* Is the sender's domain one that the rule asks about? */
bool plan_is_own(const struct plan *p, struct slice name);

/* plan_load.c: verdicts, expired ones, the forecast's figures, and who must move. */
void plan_load(struct plan *p, struct reader *r, const struct plan_options *o);

/* plan_moves.c: needs the verdicts */
void plan_moves_load(struct plan *p, struct reader *r, const struct plan_options *o);

/* plan_map.c */
void plan_keys_find(struct plan_making *m, struct reader *r);
/* The text of the rule's first warning in the map; absent: it has none. */
struct slice plan_map_warning(const struct plan_options *o);
void plan_map_write(struct plan_making *m);

/* plan_old.c */
enum plan_row {
	PLAN_ROW_KEPT,
	PLAN_ROW_RULE,     /* the rule's: in its place stands a row of the plan */
	PLAN_ROW_SHADOWED, /* never found: dropped */
	PLAN_ROW_OURS,     /* of an earlier plan: made anew */
	PLAN_ROW_CLASH     /* the plan has the key, too: kept as a comment */
};
/* Is this an action that the rule speaks through: its texts, or a class of ours? */
bool plan_is_rule_action(const struct plan_options *o, const struct plan *p, struct slice action);
/* Writes what is kept of the map; keys: those that the plan has. */
void plan_old_write(struct plan_making *m, const struct plan_key *keys, size_t n, FILE *f);
/* First and last line of what an earlier plan made of the map; false: none did. */
bool plan_old_block(const struct plan_options *o, int *first, int *last);
#define PLAN_BEGIN "# wouldblock: begin, rows made anew by each plan for rule "
#define PLAN_END "# wouldblock: end, rule "

/* plan_tables.c */
void plan_names_check(struct plan_making *m);
void plan_tables_write(struct plan_making *m);
void plan_main_cf_write(struct plan_making *m);

#endif
