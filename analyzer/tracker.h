/*
 * tracker: records in, facts out. Ties each warning to its transaction, its
 * mail and its fate (postfix-log-grammar.md 7, design.md 3).
 *
 * It correlates by interest: only sessions with an action line, the mails these
 * lead to, and what comes from our own content filter take room; a line about
 * any other mail costs one lookup. All memory is bounded at birth; what has to
 * make room is counted and closed as `unknown`.
 *
 * The tracker knows no database: it says facts to a sink, and its half-finished
 * state too, so that it can be loaded again at any commit.
 */
#ifndef WB_TRACKER_H
#define WB_TRACKER_H

#include "fact.h"
#include "origin.h"

struct tracker;

/* Counters for the account; all since tracker_new. */
struct tracker_counts {
	uint64_t attempts;
	uint64_t evictions;        /* sessions and mails closed as unknown for want of room */
	uint64_t forgotten;        /* refusals for now, nobody warned, and mail on its way in, that had to make room */
	uint64_t accepted;         /* `client=` of clients that are not loopback */
	uint64_t sessions_checked; /* disconnect lines with counters */
	uint64_t sessions_differ;  /* ... whose refused recipients are not as many as our reject lines */
	uint64_t suspect, truncated; /* attempts that decide nothing, or lack fields */
};

struct tracker_limits {
	uint32_t sessions, mails, transactions, recipients, messages, waits, opens, arrivals;
};
extern const struct tracker_limits tracker_limits_default;

/*
 * key: two random numbers that stay with the database (addresses are kept as
 * keyed hashes). filters: relays that are content filters besides loopback,
 * host or address as in relay=; filters_n may be 0. The origin is borrowed.
 */
struct tracker *tracker_new(const struct sink *sink, const struct origin *origin, const uint64_t key[2],
                            const struct slice *filters, size_t filters_n, const struct tracker_limits *limits);
struct tracker *tracker_free(struct tracker *t); /* always NULL */

/*
 * One record, in the order of the log. place: of its line; larger than all
 * before within one stream. rec must have been through shapes_parse; the
 * tracker asks for its fields as needed.
 */
void tracker_feed(struct tracker *t, struct record *rec, uint64_t place);
/*
 * Do records of this kind tell it anything? If not, tracker_feed may be left
 * out, but for the first that a host has behind an action line.
 */
bool tracker_asks(enum record_kind kind);

/* What an action line is: does it warn; 4 or 5, if it refuses for now or for good; does its smtpd serve logins only? */
bool attempt_warns(const struct record *rec);
int attempt_class(const struct record *rec);
bool attempt_on_submission(const struct record *rec);

/* Another stream begins: what is open stays open, the clocks of hosts start anew. */
void tracker_stream(struct tracker *t);

/* Says all that is new to the sink: before every commit. */
void tracker_flush(struct tracker *t);

/* Half-finished state as pending_put once got it; before the first feed, in the order of kind and key, then tracker_loaded. */
void tracker_load(struct tracker *t, int kind, struct slice state);
void tracker_loaded(struct tracker *t);

/* The stream is over for good: open sessions close as lost, what is said is said. */
void tracker_abandon(struct tracker *t);

const struct tracker_counts *tracker_counts(const struct tracker *t);

#endif
