/*
 * Is what the admin decided in force? For each verdict exempt or move that
 * decides would-be-lost mail: what proves it, or what is missing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "proof_i.h"

/* What is known of a verdict's mail: of all of it, or of that of one own domain. */
struct tally {
	int64_t mails, lost, lost_ever, mismatches;
	int64_t first_warned, last_warned, last_unwarned; /* STAMP_NONE: never */
	/* Of its pairs that lose mail, if there are none, that are still warned, one that ...; NULL: none does */
	const struct proof_pair *stopped;  /* would still be warned or refused, say the files */
	const struct proof_pair *unsure;   /* the files do not tell */
	const struct proof_pair *outside;  /* is not in mynetworks */
	const struct proof_pair *stranger; /* was not seen logged in */
	const struct proof_pair *login;    /* was, last of all */
};

/* ---------------------------------------------------------------------- tallies */

/* NULL is that of a null sender, or of none that the line names; both have names of their own (decision_rule_days.sql). */
static bool is_of_domain(const char *domain, struct slice own)
{
	const char *name = !domain ? "(null sender)" : *domain ? domain : "(no domain)";

	return !slice_is_set(own) || domain_is_below(slice_str(name), own);
}

static void widen(struct tally *t, const struct proof_pair *pair)
{
	if (pair->first_warned == STAMP_NONE)
		return;
	if (t->first_warned == STAMP_NONE || pair->first_warned < t->first_warned)
		t->first_warned = pair->first_warned;
	if (pair->last_warned > t->last_warned)
		t->last_warned = pair->last_warned;
}

static void tally_pair(struct tally *t, const struct proof_pair *pair)
{
	t->mails += pair->mails;
	t->lost += pair->lost;
	t->lost_ever += pair->lost_ever;
	t->mismatches += pair->mismatches;
	widen(t, pair);
}

static bool pair_counts(const struct proof_work *w, const struct tally *t, const struct proof_pair *pair)
{
	return pair->lost_ever > 0 || (t->lost_ever == 0 && proof_pair_is_warned(w, pair));
}

static void tally_files(const struct proof_work *w, struct tally *t, const struct proof_pair *pair)
{
	if (proof_has_files(w) && pair->kind == POLICY_NOT_KNOWN)
		t->unsure = pair;
	else if (proof_has_files(w) && !proof_lets_through(pair->kind))
		t->stopped = pair;
	if (pair->member != POLICY_INSIDE)
		t->outside = pair;
}

/* Only once the first warning is known: a login before it tells nothing of who has moved since. */
static void tally_login(struct tally *t, const struct proof_pair *pair)
{
	if (pair->login_us == STAMP_NONE || t->first_warned == STAMP_NONE || pair->login_us < t->first_warned)
		t->stranger = pair;
	else if (!t->login || pair->login_us > t->login->login_us)
		t->login = pair;
}

/* One for each of w->subject; the caller frees them. */
static struct tally *tally_all(const struct proof_work *w, struct slice domain)
{
	struct tally *all = xcalloc(w->subjects + 1, sizeof *all);

	for (size_t i = 0; i < w->subjects; i++)
		all[i].first_warned = all[i].last_warned = all[i].last_unwarned = STAMP_NONE;
	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < w->pairs; i++) {
			const struct proof_pair *pair = &w->pair[i];
			const struct proof_subject *s = proof_subject_find(w, pair->verdict);
			if (!s || !is_of_domain(pair->domain, domain))
				continue;
			struct tally *t = &all[s - w->subject];
			if (turn == 0) {
				tally_pair(t, pair);
			} else if (pair_counts(w, t, pair)) {
				tally_files(w, t, pair);
				tally_login(t, pair);
			}
		}
	for (size_t i = 0; i < w->seens; i++) {
		const struct proof_subject *s = proof_subject_find(w, w->seen[i].verdict);
		struct tally *t = s ? &all[s - w->subject] : NULL;
		if (t && is_of_domain(w->seen[i].domain, domain) && w->seen[i].last_us > t->last_unwarned)
			t->last_unwarned = w->seen[i].last_us;
	}
	return all;
}

/* -------------------------------------------------------------------- the proof */

static bool is_seen(const struct proof_subject *s, const struct tally *t)
{
	return t->last_unwarned > s->said_us && t->last_unwarned > t->last_warned;
}

static bool is_move(const struct proof_subject *s)
{
	return slice_eq(slice_str(s->verdict), SLICE("move"));
}

/*
 * The files given count more than what was seen: they are what will be in
 * force. A move is proven by mynetworks or by logins; an exception that the
 * files make for it is no move, and a row that stops its old way no harm.
 */
static enum proof_kind prove(const struct proof_work *w, const struct proof_subject *s, const struct tally *t)
{
	bool files = proof_has_files(w);

	if (!is_move(s)) {
		if (files && !t->unsure)
			return t->stopped ? PROOF_NONE : PROOF_FILES;
		return !t->stopped && is_seen(s, t) ? PROOF_SEEN : PROOF_NONE;
	}
	if (w->o->policy && !t->outside && !t->stopped && !t->unsure)
		return PROOF_NETWORKS;
	if (!t->stranger && t->login)
		return PROOF_LOGIN;
	return !files && is_seen(s, t) ? PROOF_SEEN : PROOF_NONE;
}

/* ------------------------------------------------------------------------ words */

#define WHY sizeof(((struct proof_subject *)NULL)->why)

/* `boss@company.my from 192.0.2.7`, cut so that the rest of the sentence has room. */
static const char *pair_text(const struct proof_pair *pair, char buf[80])
{
	snprintf(buf, 80, "%.40s from %.30s", pair->address ? pair->address : "a sender not named", pair->ip);
	return buf;
}

static void say_files(const struct proof_work *w, const struct proof_pair *pair, char why[WHY])
{
	char text[90], who[80];

	proof_judge_pair(w, pair);
	proof_judge_text(w, text, sizeof text);
	snprintf(why, WHY, "the files given say of %s: %s", pair_text(pair, who), text);
}

static void say_not_seen(const struct proof_subject *s, const struct tally *t, char why[WHY])
{
	char warned[PROOF_WHEN], when[PROOF_WHEN];

	if (t->last_unwarned > s->said_us)
		snprintf(why, WHY, "seen without a warning on %s, but warned again on %s",
		         proof_when(t->last_unwarned, when), proof_when(t->last_warned, warned));
	else if (t->last_warned > s->said_us)
		snprintf(why, WHY, "warned on %s, after the verdict of %s: put the exception in force",
		         proof_when(t->last_warned, warned), proof_when(s->said_us, when));
	else
		snprintf(why, WHY,
		         "not seen sending since the verdict of %s: give the map and network files to prove it",
		         proof_when(s->said_us, when));
}

static void say_not_moved(const struct proof_work *w, const struct tally *t, char why[WHY])
{
	const char *networks = w->o->policy ? ", and the client is not in mynetworks" : "";
	const char *exempted = proof_has_files(w) && !t->stopped && !t->unsure && t->outside
	                           ? "; an exception lets it through, but it was to move"
	                           : "";
	char owner[60] = "", who[80];

	if (t->mismatches)
		snprintf(owner, sizeof owner, "; %lld tries refused: login does not own the sender",
		         (long long)t->mismatches);
	snprintf(why, WHY, "%s: not seen logged in on 465/587%s%s%s", pair_text(t->stranger, who), networks, exempted,
	         owner);
}

static void say(const struct proof_work *w, const struct proof_subject *s, const struct tally *t, enum proof_kind kind,
                char why[WHY])
{
	char when[PROOF_WHEN];

	switch (kind) {
	case PROOF_FILES: snprintf(why, WHY, "the files given let all its senders and clients through"); break;
	case PROOF_NETWORKS: snprintf(why, WHY, "all its clients are in mynetworks"); break;
	case PROOF_LOGIN:
		snprintf(why, WHY, "its senders were seen logged in on 465/587, last on %s",
		         proof_when(t->login ? t->login->login_us : 0, when));
		break;
	case PROOF_SEEN:
		snprintf(why, WHY, "seen without a warning on %s, and not warned since",
		         proof_when(t->last_unwarned, when));
		break;
	case PROOF_NONE:
		if (is_move(s))
			say_not_moved(w, t, why);
		else if (t->stopped || t->unsure)
			say_files(w, t->stopped ? t->stopped : t->unsure, why);
		else
			say_not_seen(s, t, why);
		break;
	}
}

/* ----------------------------------------------------------------- the subjects */

static bool is_still_warned(const struct proof_work *w, const struct tally *t)
{
	return t->last_warned != STAMP_NONE && t->last_warned >= w->quiet_from;
}

/* Somebody loses mail by it, or would by the next one. */
static bool is_asked(const struct proof_work *w, const struct tally *t)
{
	return t->lost_ever > 0 || is_still_warned(w, t);
}

static int64_t people_of(const struct proof_work *w, int64_t verdict)
{
	int64_t n = 0;

	for (size_t i = 0; i < w->persons; i++)
		n += w->person[i].verdict == verdict;
	return n;
}

static char *copy_of(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void subject_fill(const struct proof_work *w, const struct proof_subject *from, const struct tally *t,
                         struct proof_subject *s)
{
	*s = *from;
	s->kind = copy_of(from->kind);
	s->subject = copy_of(from->subject);
	s->verdict = copy_of(from->verdict);
	s->note = copy_of(from->note);
	s->owner = copy_of(from->owner);
	s->expires = copy_of(from->expires);
	s->login = copy_of(t->login ? t->login->login : NULL);
	s->mails = t->mails;
	s->lost = t->lost;
	s->recipients = people_of(w, s->verdict_id);
	s->last_warned = t->last_warned;
	s->last_unwarned = t->last_unwarned;
	s->mismatches = t->mismatches;
	s->still_warned = is_still_warned(w, t);
	s->proof = prove(w, s, t);
	say(w, s, t, s->proof, s->why);
}

static int compare_shown(const void *a, const void *b)
{
	const struct proof_subject *x = a, *y = b;
	bool bad_x = x->proof == PROOF_NONE, bad_y = y->proof == PROOF_NONE;

	if (bad_x != bad_y)
		return bad_x ? -1 : 1;
	if (x->lost != y->lost)
		return x->lost > y->lost ? -1 : 1;
	return (x->verdict_id > y->verdict_id) - (x->verdict_id < y->verdict_id);
}

void proof_subjects_make(struct proof *p)
{
	const struct proof_work *w = p->work;
	struct tally *all = tally_all(w, SLICE_NONE);

	p->subject = xcalloc(w->subjects + 1, sizeof *p->subject);
	for (size_t i = 0; i < w->subjects; i++) {
		if (!is_asked(w, &all[i]))
			continue;
		struct proof_subject *s = &p->subject[p->subjects++];
		subject_fill(w, &w->subject[i], &all[i], s);
		p->not_proven += s->proof == PROOF_NONE;
		p->still_warned += s->still_warned;
	}
	free(all);
	if (p->subjects > 1)
		qsort(p->subject, p->subjects, sizeof *p->subject, compare_shown);
}

void proof_of_domain(struct reader *r, const struct decision_options *o, const struct decision *d,
                     const struct proof *p, struct slice domain, int64_t *not_proven, int64_t *still_warned)
{
	const struct proof_work *w = p->work;

	(void)r, (void)o, (void)d;
	*not_proven = *still_warned = 0;
	if (!w)
		return;
	struct tally *all = tally_all(w, domain);
	for (size_t i = 0; i < w->subjects; i++) {
		if (!is_asked(w, &all[i]))
			continue;
		*not_proven += prove(w, &w->subject[i], &all[i]) == PROOF_NONE;
		*still_warned += is_still_warned(w, &all[i]);
	}
	free(all);
}
