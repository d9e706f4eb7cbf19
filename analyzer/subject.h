/*
 * subject: what a verdict is about. Postfix can tell mails apart by the
 * sender's address, the client's address or network, the client's verified
 * name, and the sender's domain; so a subject is one of these, in one spelling,
 * the one that the database has.
 */
#ifndef WB_SUBJECT_H
#define WB_SUBJECT_H

#include "../parsers/network.h"
#include "query.h"

/* In the order of precedence: the first that has a verdict decides. Networks: the longest. */
#define SUBJECT_KINDS(X) X(SENDER, "sender") X(IP, "ip") X(NETWORK, "network") X(SOURCE, "source") X(DOMAIN, "domain")
enum subject_kind {
#define X(id, name) SUBJECT_##id,
	SUBJECT_KINDS(X)
#undef X
	    SUBJECT_KIND_COUNT
};
const char *subject_kind_name(enum subject_kind k);

#define SUBJECT_TEXT 1024
struct subject {
	enum subject_kind kind;
	char text[SUBJECT_TEXT];
	struct network net; /* IP and NETWORK */
	bool
	    also_domain; /* a bare name that was taken as a source, though mail from that sender's domain is known too */
	char near[256];  /* guessed: the source that such a client has, or "" */
	bool guessed;    /* a bare name of which nothing is known yet: taken as a source */
};

/*
 * Reads what a person typed:
 *   boss@company.my             sender
 *   192.0.2.7, 2001:db8::7      ip
 *   192.0.2.0/24                network; of full length: ip
 *   news.example                source of that name; if there is none and it is a domain of senders: domain;
 *                               of neither is anything known: source
 *   @company.my                 domain, and what is below it
 *   sender: ip: network: source: domain:   in front say what is meant
 * Case is folded (an address' too, as the log's is), a trailing dot dropped,
 * `<...>` taken off an address. A source that is a network or an inside
 * address becomes that network or ip. A name beyond ASCII is taken as its
 * A-label where the database has that one. False with a reason in why.
 */
bool subject_parse(struct reader *r, struct slice typed, struct subject *out, char *why, size_t cap);

/* The subject of a source of the database, by its name; false for a name that cannot be one. */
bool subject_of_source(struct slice name, struct subject *out);
/* From the words of a row of human_verdict; false if it was made by somebody else. */
bool subject_of_row(struct slice kind, struct slice text, struct subject *out);

/* First and last address of IP and NETWORK, 16 bytes each, as slices into buf; absent for the other kinds. */
void subject_range(const struct subject *s, uint8_t buf[32], struct slice *low, struct slice *high);
int subject_bits(const struct subject *s); /* 0..128 of the v4-mapped form; 0 for the other kinds */

/* The parameters :kind, :subject, :low, :high of the queries that ask for a subject; buf must outlive them. */
#define SUBJECT_PARAMS 4
void subject_params(const struct subject *s, uint8_t buf[32], struct query_param params[SUBJECT_PARAMS]);

#endif
