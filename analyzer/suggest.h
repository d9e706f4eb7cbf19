/*
 * suggest: what we would do with a source, and why, in words (design.md 3).
 *
 * A suggestion is an opinion for a person who then decides. It is never a
 * verdict and never becomes one by itself: evidence is what other parts of the
 * system said, and those parts err. Nothing of the decision go / no-go is read
 * from here. The default is `look`: a person must look, and the reason says
 * where the doubt is.
 *
 * The judgement is a table, read from the top; the first row that applies
 * answers. Principles, in this order:
 *   - what speaks against itself is to be looked at, whatever else is known
 *   - from inside: move; with a login: move
 *   - nothing delivered, and signs of forgery: block
 *   - mail arrived although something spoke against it: look
 *   - thousands share it: never exempt
 *   - too few days: look
 *   - exempt only an organisation with a verified name, of which every mail
 *     passed the same check, on several days, and nothing spoke against one
 * SPF speaks of the envelope sender's domain, which is what the rule judges. A
 * DKIM signature or a DMARC pass may be another domain's, so the sentence says
 * so. SPF softfail is no sign of forgery, but no vouching either. A broken
 * DKIM signature alone tells nothing: forwarders break them. TLS tells nothing
 * of who sends; it is only told.
 */
#ifndef WB_SUGGEST_H
#define WB_SUGGEST_H

#include "fact.h"
#include "origin.h"

#define SUGGEST_DAYS 3 /* on fewer days seen, a source is too new to be judged by how it behaves */

/*
 * What is known of a source under one rule. Mails are counted, but for
 * `fates` and `may_return`, which count (mail, recipient) pairs. All zero is a
 * good start; a figure nobody has is 0.
 */
struct source_facts {
	enum source_kind kind;
	int64_t mails, lost;                  /* warned; of these would-be-lost */
	int64_t senders, recipients, clients; /* different addresses */
	int64_t fates[FATE_COUNT];
	int64_t may_return; /* of fates[FATE_TEMPFAILED]: its 36 hours are not over */
	int64_t days_seen, days_watched;
	int64_t spf[EVIDENCE_COUNT], dkim[EVIDENCE_COUNT], dmarc[EVIDENCE_COUNT]; /* by the word that was said */
	int64_t spam[EVIDENCE_COUNT]; /* by the word of the spam and virus filter */
	int64_t listed;               /* the client was on a DNS block list */
	int64_t logins, tls;
};

#define SUGGESTIONS(X) X(LOOK, "look") X(EXEMPT, "exempt") X(MOVE, "move") X(BLOCK, "block")
enum suggestion {
#define X(id, name) SUGGEST_##id,
	SUGGESTIONS(X)
#undef X
	    SUGGESTION_COUNT
};
const char *suggestion_name(enum suggestion s);

#define SUGGEST_REASON 61
#define SUGGEST_SENTENCE 512

struct suggested {
	enum suggestion suggestion;
	const char *rule;                /* name of the row that answered; static */
	char reason[SUGGEST_REASON];     /* at most 60 characters, ASCII: `SPF pass, 18 days` */
	char sentence[SUGGEST_SENTENCE]; /* for the report: whole sentences with the figures */
};

/* Never fails. Figures that contradict each other (more passes than mails) lead to a cautious row, not to an error. */
void suggest(const struct source_facts *f, struct suggested *out);

/*
 * One row of the table. In `reason` and `sentence`, {spf_fail} is replaced by
 * that figure, {spf_fail mail|mails} by the figure and the right noun, and
 * {vouchers}, {doubters} by the names of the checks that passed, that failed.
 */
struct suggest_row {
	const char *name;
	bool (*applies)(const struct source_facts *f);
	enum suggestion suggestion;
	const char *reason, *sentence;
	struct source_facts example; /* this row answers it, and no row above applies to it */
};

/* The table in its order, for the tests that let its rows prove themselves. */
const struct suggest_row *suggest_rows(size_t *n);

#endif
