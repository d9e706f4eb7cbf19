/*
 * store's own insides, shared by its files and nobody else:
 *   store.c          names, half-finished state, holes, the account; batches and birth
 *   store_attempt.c  action lines, and mail that came in
 *   store_mail.c     transactions and mails, told again and again
 */
#ifndef WB_STORE_I_H
#define WB_STORE_I_H

#include "bulk.h"
#include "db.h"
#include "names.h"
#include "rollup.h"
#include "store.h"
#include "told.h"
#include "unfinished.h"

#define CLIENT_SIDES 1024

struct client_side {
	uint32_t client; /* its row; 0: none yet */
	bool inside;
};

struct store {
	struct db *db;
	struct rules *rules;
	const struct origin *origin;
	struct names *names;
	struct sink sink;
	struct rollup *rollup;
	struct closing {
		struct store *store;
		struct generation g; /* gen 0: none */
		unsigned job;
	} closing[2]; /* of batches that are being committed */
	struct bulk *attempts, *transactions, *mails, *recipients, *counted, *spans;
	struct unfinished *unfinished;
	struct told *told;
	uint64_t key[2];
	int64_t epoch; /* owner.h */
	bool in_batch;
	unsigned batches;
	struct {
		uint64_t id;
		uint32_t sender, client;
	} mail;                   /* told last; its transactions follow */
	int64_t day_from, day_to; /* the stretch in which `day` holds */
	int32_t day;
	struct client_side side[CLIENT_SIDES];
};

/* store_attempt.c: what a sink is told (fact.h) */
int32_t store_day_of(struct store *s, int64_t us); /* the local day */
void store_attempt(void *arg, struct fact_attempt *a);
void store_arrived(void *arg, uint32_t host, int64_t us, const struct ip *ip, bool submission);
void store_accepted(void *arg, const struct fact_accepted *f);

/* store_mail.c: the same */
void store_transaction(void *arg, const struct fact_transaction *t);
void store_mail(void *arg, const struct fact_mail *m);

#endif
