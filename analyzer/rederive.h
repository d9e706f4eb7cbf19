/*
 * rederive: what was derived from facts with other settings (the rule of a
 * text, the source of a client, senders' domains, the sums of all these), made
 * anew from the facts, so that it is as if the logs had been read with the
 * settings of today (design.md 8).
 *
 * Facts alone do not tell everything: of mail that told nothing of the old
 * rules nothing was kept, nor of most lines that were not understood, and what
 * came from outside was only counted. Where today's settings might have seen
 * more there, the time before is a hole until the logs are read anew: a rule
 * that was changed for that rule, own domains, inside networks and canaries for
 * all. The suffix list and shared domains leave no such doubt.
 */
#ifndef WB_REDERIVE_H
#define WB_REDERIVE_H

#include "../parsers/rules.h"
#include "origin.h"

struct db;

struct rederived {
	bool rules, inside, own, canaries, suffixes; /* what differs; suffixes: the list, or shared domains */
	int64_t texts, clients;                      /* with another rule, with another source */
	bool holes;                                  /* the time before is a hole, at least for one rule */
};

/*
 * Compares the settings with those of the database, makes anew what depends on
 * those that differ, and remembers them. False if none does; the first time
 * there is nothing to compare with. In a batch, with no row waiting elsewhere;
 * afterwards numbers of texts are what they were, those of sources and domains
 * are not: names must be loaded anew.
 */
bool rederive(struct db *d, struct rules *rules, const struct origin *origin, struct rederived *out);
/* Remembers them without a look: all that was derived is gone (a rebuild). In a batch. */
void rederive_remember(struct db *d, const struct rules *rules, const struct origin *origin);

#endif
