/*
 * Inside rederive*.c:
 *   rederive.c       which settings differ, in which order, and what stays a hole
 *   rederive_text.c  the rule of each text
 *   rederive_sums.c  sources, senders' domains, sums
 */
#ifndef WB_REDERIVE_I_H
#define WB_REDERIVE_I_H

#include "db.h"
#include "rederive.h"

struct rederiving {
	struct db *db;
	struct rules *rules;
	const struct origin *origin;
	struct rederived *out;
	int row[RULES_MAX + 1];      /* number of a rule in the settings -> row of dim_rule */
	bool changed[RULES_MAX + 1]; /* by number: its patterns are others, or it is new */
	bool touched[RULES_MAX + 1]; /* by row: a text has come to it, or gone */
	bool all_lines;              /* every line that was not understood is still there to look at */
};

void rederive_texts(struct rederiving *w);
void rederive_sources(struct rederiving *w);
/* After the texts and the sources. */
void rederive_sums(struct rederiving *w);

#endif
