/*
 * ways: what the mails of a subject are like: how many, from which networks,
 * what SPF, DKIM and DMARC mostly say. Kept with a verdict as JSON
 * (human_verdict.seen), so that a decided subject is asked about again when it
 * changes its ways, and only then.
 */
#ifndef WB_WAYS_H
#define WB_WAYS_H

#include "../parsers/stamp.h"
#include "fact.h"
#include "subject.h"

#define WAYS_NETWORKS 2000 /* more are not kept, and then none is new */

struct ways {
	int64_t mails, lost;     /* warned; of these would-be-lost */
	int64_t narrower, wider; /* of lost: decided by a narrower, by a wider verdict than one on this subject */
	int64_t until;           /* the end of the log, microseconds since 1970 */
	int64_t days;            /* of log in which they came, at least 1 */
	struct network *network; /* /24 and /64, sorted */
	size_t networks;
	bool more;                      /* than WAYS_NETWORKS */
	enum evidence spf, dkim, dmarc; /* what most of those said that said anything */
};

/*
 * Of the mails first tried after `since` (STAMP_NONE: all). With reader_brief in pieces (walk.h): mails that come in
 * meanwhile are counted or not, as if the verdict had been said a second sooner or later.
 */
void ways_load(struct reader *r, const struct subject *s, int64_t since, struct ways *out);
void ways_release(struct ways *w);
/* The caller frees it. */
char *ways_json(const struct ways *w);

/*
 * Has the subject changed its ways since row `id` of human_verdict? A new
 * network, five times the mails a day (and at least ten mails), SPF, DKIM or
 * DMARC of most mails turned from pass to something else or the other way (of
 * at least three). Then true, with the changes in words. Never for a row that
 * knew no mail.
 */
bool ways_changed(struct reader *r, const struct subject *s, int64_t id, char *how, size_t cap);

#endif
