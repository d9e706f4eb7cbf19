/*
 * anonymize: a report without people in it, for those who need the figures and
 * not the names. The model itself is changed, so that no format can forget
 * one:
 *   local parts, logins, owners   pseudonyms, the same one for the same person
 *   domains of addresses          pseudonyms, unless they are ours
 *   addresses of clients          cut to their network, /24 and /64
 *   names of clients, notes, what Postfix's files said of one person: left out
 * Organisations, own domains and hosts stay: the report is about them.
 *
 * Pseudonyms are made with the key of the database. Without it nobody can tell
 * whether a guess is right, and the key is in no report.
 */
#ifndef WB_ANONYMIZE_H
#define WB_ANONYMIZE_H

#include "report.h"

struct anonymizer;

/* own: the domains that stay as they are, and what is below them; borrowed until the end. */
struct anonymizer *anonymizer_new(struct reader *reader, const struct slice *own, size_t own_n);
/* The same with a key of any bytes, for tests. */
struct anonymizer *anonymizer_keyed(struct slice key, const struct slice *own, size_t own_n);
struct anonymizer *anonymizer_free(struct anonymizer *a); /* always NULL */

/* d: what r shows. Both are changed. */
void anonymize_report(const struct anonymizer *a, struct report *r, struct decision *d);

/* ------------------------------------------------------------------ one by one; each appends to t */

/* `anna@firma.example` to `p4k2vq7@firma.example`; a bare `anna` to `p...`; `<>` and "" stay. */
void anonymize_address(const struct anonymizer *a, struct text *t, struct slice address);
/* An address or a network, cut to /24 or /64; what is neither stays. exact: two of one network can be told apart. */
void anonymize_network(const struct anonymizer *a, struct text *t, struct slice network, bool exact);
/* Words, in which addresses of both sorts stand somewhere. */
void anonymize_words(const struct anonymizer *a, struct text *t, struct slice words);

#endif
