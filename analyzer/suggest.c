#include "suggest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "msg.h"

const char *suggestion_name(enum suggestion s)
{
	static const char *const names[] = {
#define X(id, name) name,
	    SUGGESTIONS(X)
#undef X
	};
	return s < SUGGESTION_COUNT ? names[s] : "look";
}

/* ------------------------------------------------------------------ figures of a source */

#define FIGURE(name, value)                                    \
	static int64_t name##_of(const struct source_facts *f) \
	{                                                      \
		return value;                                  \
	}

FIGURE(mails, f->mails)
FIGURE(lost, f->lost)
FIGURE(senders, f->senders)
FIGURE(recipients, f->recipients)
FIGURE(clients, f->clients)
FIGURE(may_return, f->may_return)
FIGURE(days_seen, f->days_seen)
FIGURE(days_watched, f->days_watched)
FIGURE(listed, f->listed)
FIGURE(tls, f->tls)
FIGURE(unsettled, f->fates[FATE_QUEUED] + f->fates[FATE_HELD] + f->fates[FATE_UNKNOWN])
FIGURE(spf_pass, f->spf[EVIDENCE_PASS])
FIGURE(spf_fail, f->spf[EVIDENCE_FAIL])
FIGURE(spf_doubt, f->spf[EVIDENCE_FAIL] + f->spf[EVIDENCE_SOFTFAIL])
FIGURE(dmarc_fail, f->dmarc[EVIDENCE_FAIL])
/* Not of DKIM: there it tells nothing but two signatures, two results. */
FIGURE(mixed, f->spf[EVIDENCE_MIXED] + f->dmarc[EVIDENCE_MIXED] + f->spam[EVIDENCE_MIXED])

/* How often the content filter objected. */
static int64_t bad_of(const struct source_facts *f)
{
	int64_t said =
	    f->spam[EVIDENCE_SPAMMY] + f->spam[EVIDENCE_SPAM] + f->spam[EVIDENCE_INFECTED] + f->spam[EVIDENCE_BANNED];

	/* The fate counts recipients, so it is not added: it speaks where no word was said. */
	return said ? said : f->fates[FATE_SPAM];
}

static const struct {
	const char *name;
	int64_t (*of)(const struct source_facts *f);
} figures[] = {
    {"mails", mails_of},
    {"lost", lost_of},
    {"senders", senders_of},
    {"recipients", recipients_of},
    {"clients", clients_of},
    {"may_return", may_return_of},
    {"days_seen", days_seen_of},
    {"days_watched", days_watched_of},
    {"listed", listed_of},
    {"tls", tls_of},
    {"unsettled", unsettled_of},
    {"spf_pass", spf_pass_of},
    {"spf_fail", spf_fail_of},
    {"spf_doubt", spf_doubt_of},
    {"dmarc_fail", dmarc_fail_of},
    {"mixed", mixed_of},
    {"bad", bad_of},
};

/* ------------------------------------------------------------------ questions that the rows ask */

/* In doubt yes: if either count knows of a loss, nothing may call the source harmless. */
static bool loses(const struct source_facts *f)
{
	return f->lost > 0 || f->fates[FATE_DELIVERED] > 0 || unsettled_of(f) > 0;
}

/* Sets of checks: those that passed at least once, those that failed. */
enum { BY_SPF = 1, BY_DKIM = 2, BY_DMARC = 4, BY_ALL = 8 };

static unsigned vouchers(const struct source_facts *f)
{
	return (f->spf[EVIDENCE_PASS] > 0 ? BY_SPF : 0u) | (f->dkim[EVIDENCE_PASS] > 0 ? BY_DKIM : 0u) |
	       (f->dmarc[EVIDENCE_PASS] > 0 ? BY_DMARC : 0u);
}

static unsigned doubters(const struct source_facts *f)
{
	return (spf_doubt_of(f) > 0 ? BY_SPF : 0u) | (f->dmarc[EVIDENCE_FAIL] > 0 ? BY_DMARC : 0u);
}

/* What must be true besides a check that vouches for every mail. Said here too, lest a moved row lets one through. */
static bool may_exempt(const struct source_facts *f)
{
	return f->kind == SOURCE_ORG && f->fates[FATE_DELIVERED] > 0 && f->days_seen >= SUGGEST_DAYS && !doubters(f) &&
	       bad_of(f) <= 0 && f->listed <= 0 && mixed_of(f) <= 0;
}

#define QUESTION(name, answer)                         \
	static bool name(const struct source_facts *f) \
	{                                              \
		(void)f;                               \
		return answer;                         \
	}

QUESTION(is_empty, f->mails <= 0)
QUESTION(is_inside_bad, f->kind == SOURCE_INSIDE && bad_of(f) > 0)
QUESTION(is_inside, f->kind == SOURCE_INSIDE)
QUESTION(is_login_bad, f->logins > 0 && bad_of(f) > 0)
QUESTION(is_login, f->logins == f->mails)
QUESTION(is_spf_both, spf_pass_of(f) > 0 && spf_doubt_of(f) > 0)
/* Where nothing is lost, only SPF can speak for it: a forger signs for a domain of his own. */
QUESTION(is_checks_disagree, vouchers(f) && doubters(f) && (spf_pass_of(f) > 0 || loses(f)))
QUESTION(is_spf_bad, spf_pass_of(f) > 0 && bad_of(f) > 0)
QUESTION(is_spf_listed, spf_pass_of(f) > 0 && f->listed > 0)
QUESTION(is_forged_spf, !loses(f) && spf_fail_of(f) > 0)
QUESTION(is_forged_dmarc, !loses(f) && dmarc_fail_of(f) > 0)
QUESTION(is_only_bad, !loses(f) && bad_of(f) > 0)
QUESTION(is_only_listed, !loses(f) && f->listed > 0)
QUESTION(is_waiting, !loses(f) && f->may_return > 0)
QUESTION(is_vouched_undelivered, !loses(f) && vouchers(f))
QUESTION(is_unsettled, loses(f) && f->fates[FATE_DELIVERED] <= 0)
QUESTION(is_doubted_delivered, loses(f) && doubters(f))
QUESTION(is_bad_delivered, loses(f) && bad_of(f) > 0)
QUESTION(is_listed_delivered, loses(f) && f->listed > 0)
QUESTION(is_shared, loses(f) && f->kind == SOURCE_SHARED)
QUESTION(is_few_days, f->days_seen < SUGGEST_DAYS)
QUESTION(is_never_delivered, !loses(f))
QUESTION(is_unclear, mixed_of(f) > 0)
QUESTION(is_no_name, f->kind == SOURCE_NET && vouchers(f))
QUESTION(is_spf_good, may_exempt(f) && f->spf[EVIDENCE_PASS] == f->mails)
QUESTION(is_dmarc_good, may_exempt(f) && f->dmarc[EVIDENCE_PASS] == f->mails)
QUESTION(is_dkim_good, may_exempt(f) && f->dkim[EVIDENCE_PASS] == f->mails)
QUESTION(is_partly_vouched, vouchers(f))
QUESTION(is_anything, true)

/* ------------------------------------------------------------------ the rows */

/* Parts of examples. */
#define SEEN_ON(n, days) \
	.mails = (n), .senders = 2, .recipients = 9, .clients = 2, .days_watched = 30, .days_seen = (days)
#define SEEN(n) SEEN_ON(n, 18)
#define DELIVERED(n) .lost = (n), .fates[FATE_DELIVERED] = (n)
#define REFUSED(n) .fates[FATE_REFUSED] = (n)

static const struct suggest_row rows[] = {
    {"empty",
     is_empty,
     SUGGEST_LOOK,
     "no mail of it was warned",
     "There is no mail to judge it by, only single lines.",
     {.kind = SOURCE_ORG, .days_seen = 18, .days_watched = 30}},

    {"inside-bad",
     is_inside_bad,
     SUGGEST_LOOK,
     "inside host, but the filter objected {bad time|times}",
     "An inside host, but the content filter called its mail spam, banned or infected {bad time|times}: first find out "
     "what runs on it.",
     {.kind = SOURCE_INSIDE, SEEN(20), DELIVERED(18), .spam[EVIDENCE_INFECTED] = 2}},

    {"inside",
     is_inside,
     SUGGEST_MOVE,
     "inside host",
     "An inside host: let it log in on port 587 or 465, or add its address to mynetworks.",
     {.kind = SOURCE_INSIDE, SEEN(98), DELIVERED(98)}},

    {"login-bad",
     is_login_bad,
     SUGGEST_LOOK,
     "logs in, but the filter objected {bad time|times}",
     "It logs in, but the content filter called its mail spam, banned or infected {bad time|times}: the "
     "password may be stolen.",
     {.kind = SOURCE_SHARED, SEEN(20), DELIVERED(18), .logins = 20, .spam[EVIDENCE_SPAM] = 2}},

    {"login",
     is_login,
     SUGGEST_MOVE,
     "logs in already, on the wrong port",
     "Each of its mails came with a login, but not on 587 or 465: only the port must be changed.",
     {.kind = SOURCE_SHARED, SEEN(20), DELIVERED(20), .logins = 20, .tls = 20}},

    {"spf-both",
     is_spf_both,
     SUGGEST_LOOK,
     "SPF pass on {spf_pass}, fail or softfail on {spf_doubt}",
     "SPF speaks for it and against it: pass on {spf_pass mail|mails}, fail or softfail on {spf_doubt}. Some of its "
     "addresses may be missing in the SPF record, or somebody there forges.",
     {.kind = SOURCE_ORG, SEEN(20), DELIVERED(20), .spf[EVIDENCE_PASS] = 17, .spf[EVIDENCE_FAIL] = 3}},

    {"checks-disagree",
     is_checks_disagree,
     SUGGEST_LOOK,
     "{vouchers} pass, but {doubters} fail or softfail",
     "The checks disagree: {vouchers} pass, but {doubters} fail or softfail. Mail that is forwarded looks like this, "
     "and so does a forgery with a signature of its own.",
     {.kind = SOURCE_ORG, SEEN(20), DELIVERED(20), .spf[EVIDENCE_FAIL] = 20, .dkim[EVIDENCE_PASS] = 20}},

    {"spf-bad",
     is_spf_bad,
     SUGGEST_LOOK,
     "SPF pass, but the filter objected {bad time|times}",
     "It passes SPF, but the content filter called its mail spam, banned or infected {bad time|times}: an account or a "
     "server there may be in wrong hands.",
     {.kind = SOURCE_ORG, SEEN(20), DELIVERED(16), .spf[EVIDENCE_PASS] = 20, .spam[EVIDENCE_SPAM] = 4}},

    {"spf-listed",
     is_spf_listed,
     SUGGEST_LOOK,
     "SPF pass, but on a block list",
     "It passes SPF, but on {listed mail|mails} its address stood on a DNS block list.",
     {.kind = SOURCE_ORG, SEEN(20), DELIVERED(16), .spf[EVIDENCE_PASS] = 20, .listed = 4}},

    {"forged-spf",
     is_forged_spf,
     SUGGEST_BLOCK,
     "never delivered; SPF fail on {spf_fail mail|mails}",
     "Nothing of it was delivered, and SPF failed on {spf_fail mail|mails}: the domain says that this is no sender of "
     "its own.",
     {.kind = SOURCE_NET, SEEN(870), REFUSED(900), .spf[EVIDENCE_FAIL] = 860}},

    {"forged-dmarc",
     is_forged_dmarc,
     SUGGEST_BLOCK,
     "never delivered; DMARC fail on {dmarc_fail mail|mails}",
     "Nothing of it was delivered, and DMARC failed on {dmarc_fail mail|mails}.",
     {.kind = SOURCE_NET, SEEN(70), REFUSED(70), .dmarc[EVIDENCE_FAIL] = 70}},

    {"only-bad",
     is_only_bad,
     SUGGEST_BLOCK,
     "never delivered; the filter objected {bad time|times}",
     "Nothing of it was delivered, and the content filter called its mail spam, banned or infected {bad time|times}.",
     {.kind = SOURCE_NET, SEEN(70), .fates[FATE_SPAM] = 70, .spam[EVIDENCE_SPAM] = 70, .dkim[EVIDENCE_PASS] = 70}},

    {"only-listed",
     is_only_listed,
     SUGGEST_BLOCK,
     "never delivered; on a block list",
     "Nothing of it was delivered, and on {listed mail|mails} its address stood on a DNS block list.",
     {.kind = SOURCE_SHARED, SEEN(70), REFUSED(70), .listed = 60}},

    {"waiting",
     is_waiting,
     SUGGEST_LOOK,
     "refused for now, may return",
     "Nothing of it was delivered yet, but {may_return recipient was|recipients were} refused for now less than 36 "
     "hours ago and may be tried again.",
     {.kind = SOURCE_NET, SEEN(5), .fates[FATE_TEMPFAILED] = 5, .may_return = 1}},

    {"vouched-undelivered",
     is_vouched_undelivered,
     SUGGEST_LOOK,
     "{vouchers} pass, but never delivered",
     "It passes {vouchers}, but nothing of it was delivered: perhaps legitimate mail that fails for another reason.",
     {.kind = SOURCE_ORG, SEEN(20), REFUSED(20), .spf[EVIDENCE_PASS] = 20}},

    {"unsettled",
     is_unsettled,
     SUGGEST_LOOK,
     "none delivered yet; {unsettled} queued, held or unknown",
     "Nothing of it is known to be delivered, but for {unsettled recipient|recipients} it is queued, held or its fate "
     "is not in the log.",
     {.kind = SOURCE_ORG, SEEN(5), .lost = 5, .fates[FATE_HELD] = 4, .fates[FATE_UNKNOWN] = 1}},

    {"doubted-delivered",
     is_doubted_delivered,
     SUGGEST_LOOK,
     "delivered, though {doubters} said fail or softfail",
     "People received its mail although {doubters} said fail or softfail: a forwarder, a mailing list, a sender "
     "missing in the record, or a forgery that got through.",
     {.kind = SOURCE_ORG, SEEN(20), DELIVERED(20), .spf[EVIDENCE_SOFTFAIL] = 20}},

    {"bad-delivered",
     is_bad_delivered,
     SUGGEST_LOOK,
     "delivered, though the filter objected {bad time|times}",
     "People received mail from it although the content filter called its mail spam, banned or infected "
     "{bad time|times}.",
     {.kind = SOURCE_NET, SEEN(20), DELIVERED(19), .fates[FATE_SPAM] = 1}},

    {"listed-delivered",
     is_listed_delivered,
     SUGGEST_LOOK,
     "delivered, though on a block list",
     "People received mail from it although on {listed mail|mails} its address stood on a DNS block list.",
     {.kind = SOURCE_NET, SEEN(20), DELIVERED(19), .listed = 1}},

    {"shared",
     is_shared,
     SUGGEST_LOOK,
     "thousands share it; only by sender",
     "Thousands send from there, so it must not be exempt as a whole: if a sender is legitimate, exempt that sender.",
     {.kind = SOURCE_SHARED, SEEN(20), DELIVERED(20), .spf[EVIDENCE_PASS] = 20}},

    {"few-days",
     is_few_days,
     SUGGEST_LOOK,
     "seen on only {days_seen day|days}",
     "It was seen on only {days_seen day|days}, too few to judge it by.",
     {.kind = SOURCE_ORG, SEEN_ON(3, 1), DELIVERED(3), .spf[EVIDENCE_PASS] = 3}},

    {"never-delivered",
     is_never_delivered,
     SUGGEST_BLOCK,
     "never delivered, {days_seen day|days}",
     "Nothing of it was ever delivered: REJECT would take nothing from anybody.",
     {.kind = SOURCE_NET, SEEN(40), REFUSED(38), .fates[FATE_ABORTED] = 2}},

    {"unclear",
     is_unclear,
     SUGGEST_LOOK,
     "two different results for one mail, {mixed time|times}",
     "SPF, DMARC or the content filter gave two different results for one mail, {mixed time|times}.",
     {.kind = SOURCE_ORG, SEEN(20), DELIVERED(20), .spf[EVIDENCE_PASS] = 20, .spam[EVIDENCE_MIXED] = 1}},

    {"no-name",
     is_no_name,
     SUGGEST_LOOK,
     "{vouchers} pass, but no verified name",
     "It passes {vouchers}, but its clients have no verified name: exempting the whole network admits its neighbours, "
     "so exempt the addresses that you know.",
     {.kind = SOURCE_NET, SEEN(20), DELIVERED(20), .spf[EVIDENCE_PASS] = 20}},

    {"spf-good",
     is_spf_good,
     SUGGEST_EXEMPT,
     "SPF pass, {days_seen day|days}",
     "Every mail passed SPF, so the sender's domain itself allows it to send.",
     {.kind = SOURCE_ORG, SEEN(201), DELIVERED(230), .spf[EVIDENCE_PASS] = 201, .spam[EVIDENCE_CLEAN] = 201}},

    {"dmarc-good",
     is_dmarc_good,
     SUGGEST_EXEMPT,
     "DMARC pass, {days_seen day|days}",
     "Every mail passed DMARC. That speaks of the header From: see that it is your own domain's.",
     {.kind = SOURCE_ORG, SEEN(201), DELIVERED(230), .dmarc[EVIDENCE_PASS] = 201, .dkim[EVIDENCE_PASS] = 12}},

    {"dkim-good",
     is_dkim_good,
     SUGGEST_EXEMPT,
     "DKIM pass, {days_seen day|days}",
     "Every mail had a good DKIM signature. Anybody can sign for himself: see that it is your own domain's.",
     {.kind = SOURCE_ORG, SEEN(201), DELIVERED(230), .dkim[EVIDENCE_PASS] = 201}},

    {"partly-vouched",
     is_partly_vouched,
     SUGGEST_LOOK,
     "{vouchers} pass, but not on every mail",
     "{vouchers} pass on some of its mails; no single check vouches for all of them.",
     {.kind = SOURCE_ORG, SEEN(20), DELIVERED(20), .spf[EVIDENCE_PASS] = 12}},

    {"anything",
     is_anything,
     SUGGEST_LOOK,
     "nothing speaks for or against it",
     "People received its mail, and neither SPF, DKIM, DMARC nor a filter said anything that decides.",
     {.kind = SOURCE_ORG, SEEN(20), DELIVERED(20), .spf[EVIDENCE_NO_RECORD] = 20}},
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* Behind each sentence. */
#define FIGURES                                                                                                       \
	" {mails mail|mails} ({lost} would be lost) from {senders sender|senders} at {clients address|addresses} to " \
	"{recipients recipient|recipients}, on {days_seen} of {days_watched day|days} watched, {tls} over TLS."

const struct suggest_row *suggest_rows(size_t *n)
{
	*n = ROWS;
	return rows;
}

/* ------------------------------------------------------------------ words */

static const struct {
	const char *name;
	unsigned (*of)(const struct source_facts *f);
} checks[] = {{"vouchers", vouchers}, {"doubters", doubters}};

static const char *const check_names[BY_ALL] = {
    "no check", "SPF", "DKIM", "SPF and DKIM", "DMARC", "SPF and DMARC", "DKIM and DMARC", "SPF, DKIM and DMARC",
};

/* Text that grows in a buffer and is cut at its end. */
struct words {
	char *p;
	size_t n, cap;
};

static void put(struct words *w, struct slice s)
{
	size_t room = w->cap - 1 - w->n, n = s.n < room ? s.n : room;

	memcpy(w->p + w->n, s.p, n);
	w->n += n;
	w->p[w->n] = '\0';
}

static void put_number(struct words *w, int64_t number, struct slice nouns)
{
	char digits[24];
	const char *bar = nouns.n ? memchr(nouns.p, '|', nouns.n) : NULL;

	snprintf(digits, sizeof(digits), "%" PRId64, number);
	put(w, slice_str(digits));
	if (!bar)
		return;
	size_t one = (size_t)(bar - nouns.p);
	put(w, slice_str(" "));
	put(w, number == 1 ? slice_of(nouns.p, one) : slice_of(bar + 1, nouns.n - one - 1));
}

/* What stands between braces. */
static void put_figure(struct words *w, const struct source_facts *f, struct slice name, struct slice nouns)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		if (slice_eq(name, slice_str(figures[i].name))) {
			put_number(w, figures[i].of(f), nouns);
			return;
		}
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		if (slice_eq(name, slice_str(checks[i].name))) {
			put(w, slice_str(check_names[checks[i].of(f)]));
			return;
		}
	msg_bug("a suggestion names a figure that is none: %.*s", (int)name.n, name.p);
}

static void put_form(struct words *w, const struct source_facts *f, const char *form)
{
	const char *open;

	while ((open = strchr(form, '{'))) {
		size_t n = strcspn(open + 1, "}"), name = strcspn(open + 1, " }");
		put(w, slice_of(form, (size_t)(open - form)));
		put_figure(w, f, slice_of(open + 1, name),
		           slice_of(open + 1 + name + (name < n), n - name - (name < n)));
		form = open + 1 + n + 1;
	}
	put(w, slice_str(form));
}

void suggest(const struct source_facts *f, struct suggested *out)
{
	const struct suggest_row *row = rows;
	struct words reason = {out->reason, 0, sizeof(out->reason)};
	struct words sentence = {out->sentence, 0, sizeof(out->sentence)};

	while (!row->applies(f)) /* the last one always does */
		row++;
	out->suggestion = row->suggestion;
	out->rule = row->name;
	put_form(&reason, f, row->reason);
	put_form(&sentence, f, row->sentence);
	put_form(&sentence, f, FIGURES);
}
