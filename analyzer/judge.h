/*
 * judge: whom the verdicts in force cover, of all clients and senders, as the
 * views client_verdict and sender_verdict say it (sql/schema.sql), for those who
 * ask of everybody: the views look up each sender's verdicts anew, which takes
 * seconds where domains have verdicts. With reader_brief in pieces (walk.h).
 */
#ifndef WB_JUDGE_H
#define WB_JUDGE_H

#include "query.h"

struct judged_client {
	int64_t client, verdict;
};
struct judged_sender {
	int64_t sender, own, domain; /* verdicts: on the address, on its domain; 0: none */
};
/* Of those only whom one covers, by their number. */
struct judged {
	struct judged_client *client;
	struct judged_sender *sender;
	size_t clients, senders;
};

void judged_load(struct judged *j, struct reader *r);
void judged_release(struct judged *j);

#endif
