/*
 * rules: the admin's rules: a name, a title, a pattern for the warning text and
 * one for the reject text (design.md 1). The built-in rule `own-domain` is
 * always there unless a setting changes it.
 */
#ifndef WB_RULES_H
#define WB_RULES_H

#include "slice.h"

#define RULES_MAX 62 /* a mail keeps its rules as bits; bit 0 is "no rule" */

struct pattern;

struct rule {
	char *name; /* [a-z0-9-]+, unique */
	char *title;
	char *warn, *reject, *map; /* source texts; reject and map may be NULL */
	struct pattern *warn_pattern, *reject_pattern;
};

struct rules {
	struct rule rule[RULES_MAX]; /* rule[i] is rule number i + 1 everywhere */
	int count;
	uint64_t limit_hits; /* matches that ran into a limit: an `intact` failure */
};

/* With the built-in rule in it. False: no memory, and it is not. */
bool rules_init(struct rules *r);
void rules_release(struct rules *r);

/*
 * Sets one field (title, warn, reject, map) of rule `name`, making the rule if
 * it is new. False with a reason in why (cap bytes), for a pattern with the
 * byte offset: `offset 7: missing closing parenthesis`. *at is that offset or 0.
 */
bool rules_set(struct rules *r, struct slice name, struct slice field, struct slice value, size_t *at, char *why,
               size_t cap);

/* A rule that cannot warn (no warn pattern) is a mistake: false with its name in why. number: 1..count. */
bool rules_check(const struct rules *r, int number, char *why, size_t cap);

/*
 * Number (1..count) of the first rule whose warn pattern (reject = false) or
 * reject pattern (reject = true) matches the text, 0 if none. Runs of blanks in
 * the text count as one blank (grammar 2.3). A limit hit counts as no match and
 * is counted in limit_hits.
 */
int rules_match(struct rules *r, struct slice text, bool reject);

/* A hash over everything that changes which rule a text has; stable between runs. rule_hash: of one rule alone. */
uint64_t rules_hash(const struct rules *r);
uint64_t rule_hash(const struct rule *r);

#endif
