/*
 * proof: what the log and the files prove beside the warnings (design.md 3, 4):
 * whether each verdict is in force, who is still warned, what the rule did not
 * see, and after the switch whom it hit that nobody predicted.
 */
#ifndef WB_PROOF_H
#define WB_PROOF_H

#include "decision.h"

/*
 * One subject with a verdict exempt or move that decides would-be-lost mail, of the window or before it, or whose mail
 * is still warned.
 */
enum proof_kind {
	PROOF_NONE,    /* nothing proves it */
	PROOF_FILES,   /* the map and network files given let all its mails through */
	PROOF_SEEN,    /* seen sending since the verdict without a warning, and not warned after that */
	PROOF_LOGIN,   /* move: each of its senders was seen logged in and accepted on 465/587 */
	PROOF_NETWORKS /* move: its clients are in mynetworks */
};
struct proof_subject {
	int64_t verdict_id;
	char *kind, *subject, *verdict; /* words of the view `verdict` */
	char *note, *owner, *expires;
	int64_t said_us;
	int64_t mails, lost, recipients; /* of the window */
	enum proof_kind proof;
	char why[200];         /* in words: what proves it, or what is missing and what to do */
	int64_t last_warned;   /* of its mails, at the window's end; STAMP_NONE never */
	int64_t last_unwarned; /* accepted without a warning of the rule (sighting); STAMP_NONE */
	bool still_warned;     /* warned within the last quiet_days of the window */
	int64_t mismatches;    /* move: refused on 465/587 because the login does not own the sender */
	char *login;           /* move: the login it was seen with last; NULL none */
};

/* Mail of an own domain from outside that the rule did not warn about, while it warned. */
struct proof_gap {
	char *host, *domain, *sender, *source, *client_ip, *client_name;
	int64_t mails, first_us, last_us;
	char why[160]; /* `this host never warned`, `quoted local part`, `subdomain`, `exempted by verdict` ... */
	bool exempted; /* a verdict exempt covers it: no gap but an exception at work */
};

/* Insiders that the article forbids: outside senders over port 25, and inside clients that the rule warns. */
struct proof_insider {
	char *client_ip, *client_name;
	bool foreign; /* sends with senders that are not ours over port 25; else: warned, so it is not in mynetworks */
	char *sender; /* one of them */
	int64_t senders, mails, first_us, last_us;
	enum insider_networks { INSIDER_UNKNOWN, INSIDER_IN_NETWORKS, INSIDER_NOT_IN_NETWORKS } networks;
};

/* Phase reject: a refused attempt that nobody predicted. */
struct proof_regression {
	int64_t time_us;
	uint64_t place;
	char *host, *client_name, *client_ip, *sender, *recipient, *source;
	int code;
	int64_t attempts; /* this (client, sender, recipient) again and again counts once, with its lines here */
	char why[160];    /* `source was marked exempt`, `never seen while the rule warned` */
};

/* Forecast against fact, per source, after the switch. */
struct proof_forecast {
	char *source;
	double forecast; /* refused recipients a day, from the warnings: would-be-lost and others */
	int64_t refused; /* (client, sender, recipient) refused since the switch */
	double days;     /* since the switch */
	enum source_verdict verdict;
};

struct proof {
	struct proof_subject *subject; /* of all: those without a proof first, then most lost mail */
	size_t subjects;
	int64_t not_proven, still_warned;
	struct proof_gap *gap;
	size_t gaps;
	int64_t gap_mails, exempted_mails; /* of all, however many rows are kept */
	struct proof_insider *insider;
	size_t insiders;
	struct proof_regression *regression;
	size_t regressions;
	int64_t regressions_all;         /* distinct ones, however many rows are kept */
	struct proof_forecast *forecast; /* most refused first, then highest forecast */
	size_t forecasts;
	struct proof_work *work; /* ours: what proof_of_domain asks */
};

#define PROOF_ROWS 200 /* kept of each list but the subjects; the counts are of all */

/*
 * d: window, phases and the sources of `d->all` are there; nothing of the
 * criteria. In the snapshot of the reader. Never NULL.
 */
struct proof *proof_new(struct reader *r, const struct decision_options *o, const struct decision *d);
struct proof *proof_free(struct proof *p); /* always NULL */

/*
 * The same two counts for one own domain: subjects whose would-be-lost mail of
 * that domain is not proven, and that are still warned.
 */
void proof_of_domain(struct reader *r, const struct decision_options *o, const struct decision *d,
                     const struct proof *p, struct slice domain, int64_t *not_proven, int64_t *still_warned);

#endif
