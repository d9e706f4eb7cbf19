/*
 * source_list: the one model of the sources of a rule's warned mails, for all
 * who show or judge them: `list sources`, `review`, the report, the criteria.
 * Two screens cannot disagree, for they ask here.
 *
 * A source is known by its name, as `list sources` prints it: a network of
 * which some clients have a name that thousands share is one row, kind shared.
 * A mail belongs to the source of its first attempt, an attempt to its own
 * client's. Times are microseconds since 1970 UTC, days local days since 1970.
 */
#ifndef WB_SOURCE_LIST_H
#define WB_SOURCE_LIST_H

#include "../parsers/stamp.h"
#include "fact.h"
#include "origin.h"
#include "query.h"
#include "suggest.h"

struct source_window {
	struct slice rule;    /* name of the rule; must be set */
	int64_t since, until; /* mails first tried in [since, until); STAMP_NONE: open */
	/* Only mails whose sender is of this domain or of one below it; absent: all. Lower case, no trailing dot. */
	struct slice domain;
	int64_t days_watched; /* for the suggestion; 0: from the first to the last day with a mail of the rule */
};

/* What counts of a verdict here: the word, and MIXED where mails have several or some have none. */
#define SOURCE_VERDICTS(X) X(NONE, "") X(EXEMPT, "exempt") X(MOVE, "move") X(BLOCK, "block") X(MIXED, "mixed")
enum source_verdict {
#define X(id, name) SOURCE_VERDICT_##id,
	SOURCE_VERDICTS(X)
#undef X
	    SOURCE_VERDICT_COUNT
};
const char *source_verdict_name(enum source_verdict v); /* "" for NONE */

struct source_row {
	int64_t id;   /* dim_source; the lowest where several have this name */
	char *name;   /* news.example | 10.20.30.77 | 203.0.113.0/24 */
	char *domain; /* kind shared: the domain that thousands share; else "" */
	char *shown;  /* name for people: a punycode name both ways, `müller.example (xn--mller-kva.example)` */

	/*
	 * Kind, mails, lost, senders, recipients (both case folded), clients, fates, evidence, days: see
	 * suggest.h. spf[EVIDENCE_NONE_SAID] and its like are 0. listed, tls and logins count mails.
	 */
	struct source_facts facts;
	int64_t attempts;     /* the rule's warn and reject_warning lines */
	int64_t listed_lines; /* lines in the window, of any rule, that say a client of it stands on a blocklist */
	int64_t first_us, last_us;
	int64_t lossy_days; /* days with a mail that would be lost */

	/* Would-be-lost mails by the verdict that counts for each of them (view mail_verdict); sums to facts.lost. */
	int64_t decided[SOURCE_VERDICT_COUNT]; /* [NONE]: undecided; [MIXED] is always 0 */
	/* Of all its would-be-lost mails; of a source without any, what was said of the source itself. */
	enum source_verdict verdict;
	/* The one human_verdict row that decides all its losses, else the one on the source itself; 0 and NULL: none. */
	int64_t verdict_id;
	bool one;                     /* that one does decide all its losses */
	char *note, *owner, *expires; /* of that row; expires as YYYY-MM-DD */

	struct suggested suggested; /* ours, never a verdict */
};

/* Of all of the rule's mails; attempts, fates and may_return also of those of which no client is known. */
struct source_total {
	int64_t attempts, mails, lost, sources, losing;
	int64_t fates[FATE_COUNT]; /* (mail, recipient) pairs */
	int64_t may_return;        /* of these: refused for now, and less than 36 hours before the end of the log */
};

struct source_list {
	struct source_row *row; /* heaviest loss first, then most mails, then by name: as `list sources` */
	size_t n;
	int64_t mails, lost, undecided_lost; /* of all rows */
	int64_t undecided;                   /* sources with would-be-lost mail and no verdict for some of it */
	int64_t senders, clients;            /* different ones of all sources together */
	int64_t people;                      /* different recipients of mails that would be lost */
	struct source_total total;
};

/* Never NULL; a rule that is not known has no rows. In the snapshot of the reader. */
struct source_list *source_list_load(struct reader *r, const struct source_window *w);
/*
 * The lists of several domains into out, as if each were loaded alone with w and that domain (NULL: all), whatever w's
 * is: n of them cost little more than one.
 */
void source_lists_load(struct reader *r, const struct source_window *w, const char *const *domain, size_t n,
                       struct source_list **out);
struct source_list *source_list_free(struct source_list *l);                               /* always NULL */
const struct source_row *source_list_find(const struct source_list *l, struct slice name); /* or NULL */

#endif
