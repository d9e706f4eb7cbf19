/*
 * Whose mail a verdict exempt or move decides, and what log and files know of
 * each: loaded once, so that a proof for one domain asks no query.
 */
#include <stdio.h>
#include <stdlib.h>

#include "msg.h"
#include "places.h"
#include "proof_i.h"

/* ---------------------------------------------------------------- the verdicts */

static void load_subjects(struct proof_work *w)
{
	struct query *q = proof_ask(w, SQL_READ_PROOF_SUBJECTS, 0);

	while (query_row(q)) {
		w->subject = xgrown(w->subject, w->subjects, sizeof *w->subject);
		w->subject[w->subjects++] = (struct proof_subject){.verdict_id = query_number(q, 0),
		                                                   .kind = text_copy(q, 1),
		                                                   .subject = text_copy(q, 2),
		                                                   .verdict = text_copy(q, 3),
		                                                   .note = text_copy(q, 4),
		                                                   .owner = text_copy(q, 5),
		                                                   .expires = text_copy(q, 6),
		                                                   .said_us = query_number(q, 7)};
	}
	query_free(q);
}

void proof_subject_release(struct proof_subject *s)
{
	char *const texts[] = {s->kind, s->subject, s->verdict, s->note, s->owner, s->expires, s->login};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
}

static int compare_subjects(const void *a, const void *b)
{
	const struct proof_subject *x = a, *y = b;

	return (x->verdict_id > y->verdict_id) - (x->verdict_id < y->verdict_id);
}

struct proof_subject *proof_subject_find(const struct proof_work *w, int64_t verdict)
{
	const struct proof_subject key = {.verdict_id = verdict};

	return w->subjects ? bsearch(&key, w->subject, w->subjects, sizeof key, compare_subjects) : NULL;
}

/* ------------------------------------------------------------------- the pairs */

static int64_t moment_of(const struct query *q, int column)
{
	return query_is_null(q, column) ? STAMP_NONE : query_number(q, column);
}

static void load_pairs(struct proof_work *w)
{
	const struct query *q;
	struct walk walk;

	proof_walk(w, &walk, SQL_READ_PROOF_PAIRS, 2);
	while ((q = walk_row(&walk)) != NULL) {
		if (query_is_null(q, 2))
			continue;
		w->pair = xgrown(w->pair, w->pairs, sizeof *w->pair);
		w->pair[w->pairs++] = (struct proof_pair){.sender = query_number(q, 0),
		                                          .client = query_number(q, 1),
		                                          .verdict = query_number(q, 2),
		                                          .person = query_number(q, 3),
		                                          .address = text_copy(q, 4),
		                                          .domain = text_copy(q, 5),
		                                          .name = text_copy(q, 6),
		                                          .ip = text_copy(q, 7),
		                                          .mails = query_number(q, 8),
		                                          .lost = query_number(q, 9),
		                                          .lost_ever = query_number(q, 10),
		                                          .first_warned = moment_of(q, 11),
		                                          .last_warned = moment_of(q, 12),
		                                          .kind = POLICY_NOT_KNOWN,
		                                          .member = POLICY_UNSURE,
		                                          .login_us = STAMP_NONE};
	}
	walk_release(&walk);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct proof_pair *x = a, *y = b;

	if (x->sender != y->sender)
		return (x->sender > y->sender) - (x->sender < y->sender);
	return (x->client > y->client) - (x->client < y->client);
}

/* NULL: no verdict exempt or move decides it. */
static struct proof_pair *pair_find(const struct proof_work *w, int64_t sender, int64_t client)
{
	const struct proof_pair key = {.sender = sender, .client = client};

	return w->pairs ? bsearch(&key, w->pair, w->pairs, sizeof key, compare_pairs) : NULL;
}

static void add_person(struct proof_work *w, int64_t verdict, int64_t recipient)
{
	w->person = xgrown(w->person, w->persons, sizeof *w->person);
	w->person[w->persons++] = (struct proof_person){verdict, recipient};
}

/* One verdict decides all that the source loses: its people are meant. */
static void load_people_of(struct proof_work *w, const struct source_row *source)
{
	const struct query_param params[] = {{"rule", w->o->rule, 0, false},
	                                     {"source", slice_str(source->name), 0, false}};
	struct query *q = query_new(w->reader, SQL_READ_PROOF_PEOPLE, params, sizeof params / sizeof *params);

	while (query_row(q))
		add_person(w, source->verdict_id, query_number(q, 0));
	query_free(q);
}

static void load_people_of_mail(struct proof_work *w, int64_t mail, int64_t verdict)
{
	const struct query_param params[] = {{"rule", w->o->rule, 0, false}, {"mail", SLICE_NONE, mail, false}};
	struct query *q = query_new(w->reader, SQL_READ_PROOF_MAIL_PEOPLE, params, sizeof params / sizeof *params);

	while (query_row(q))
		add_person(w, verdict, query_number(q, 0));
	query_free(q);
}

static struct places load_clients_of(const struct proof_work *w, struct slice sources)
{
	const struct query_param param = {"sources", sources, 0, false};
	struct query *q = query_new(w->reader, SQL_READ_PROOF_MIXED_CLIENTS, &param, 1);
	struct places clients = {.size = sizeof(bool)};

	while (query_row(q))
		*(bool *)places_at(&clients, query_number(q, 0)) = true;
	query_free(q);
	return clients;
}

/* Where a source has mails that a verdict does not decide, each mail is asked. */
static void load_people_mixed(struct proof_work *w, struct slice sources)
{
	struct places clients = load_clients_of(w, sources);
	const struct query *q;
	struct walk walk;

	proof_walk(w, &walk, SQL_READ_PROOF_MIXED_MAILS, 1);
	while ((q = walk_row(&walk)) != NULL) {
		const bool *mixed = places_find(&clients, query_number(q, 2));
		const struct proof_pair *pair =
		    mixed && *mixed ? pair_find(w, query_number(q, 1), query_number(q, 2)) : NULL;
		if (pair && pair->lost > 0)
			load_people_of_mail(w, query_number(q, 0), pair->verdict);
	}
	walk_release(&walk);
	free(clients.p);
}

static int compare_people(const void *a, const void *b)
{
	const struct proof_person *x = a, *y = b;

	if (x->verdict != y->verdict)
		return (x->verdict > y->verdict) - (x->verdict < y->verdict);
	return (x->recipient > y->recipient) - (x->recipient < y->recipient);
}

/* A verdict may decide the mails of several sources, which have people in common. */
static void people_once(struct proof_work *w)
{
	size_t n = 0;

	if (w->persons)
		qsort(w->person, w->persons, sizeof *w->person, compare_people);
	for (size_t i = 0; i < w->persons; i++)
		if (n == 0 || compare_people(&w->person[n - 1], &w->person[i]) != 0)
			w->person[n++] = w->person[i];
	w->persons = n;
}

static void load_people(struct proof_work *w)
{
	const struct source_list *l = w->d->all.sources;
	char *mixed = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&mixed, &n);

	if (!f)
		msg_bug("no memory stream");
	for (size_t i = 0; i < l->n; i++) {
		const struct source_row *row = &l->row[i];
		if (row->decided[SOURCE_VERDICT_EXEMPT] + row->decided[SOURCE_VERDICT_MOVE] == 0)
			continue;
		if (row->one)
			load_people_of(w, row);
		else
			fprintf(f, "%c%lld", ftell(f) ? ',' : '[', (long long)row->id);
	}
	bool any = ftell(f) > 0;
	fputc(']', f);
	if (fclose(f) != 0)
		msg_bug("a memory stream that fails");
	if (any)
		load_people_mixed(w, slice_of(mixed, n));
	free(mixed);
	people_once(w);
}

static void load_seen(struct proof_work *w)
{
	struct query *q = proof_ask(w, SQL_READ_PROOF_SEEN, 0);

	while (query_row(q)) {
		w->seen = xgrown(w->seen, w->seens, sizeof *w->seen);
		w->seen[w->seens++] = (struct proof_seen){query_number(q, 0), text_copy(q, 1), query_number(q, 2)};
	}
	query_free(q);
}

/* ----------------------------------------------------- what is known of a pair */

static void pair_judge(struct proof_work *w, struct proof_pair *pair)
{
	if (proof_has_files(w))
		pair->kind = proof_judge_pair(w, pair);
	if (w->o->policy)
		pair->member = policy_in_networks(w->o->policy, slice_str(pair->name), slice_str(pair->ip));
}

/* A mail needs all of its tries: the one that the files stop, or do not know, stands for the pair. */
static void pair_judge_try(struct proof_work *w, struct proof_pair *pair, struct slice name, struct slice ip)
{
	struct proof_pair again = *pair;

	again.name = xstrndup(name.p, name.n);
	again.ip = xstrndup(ip.p, ip.n);
	pair_judge(w, &again);
	bool stopped = proof_has_files(w) && proof_lets_through(pair->kind) && !proof_lets_through(again.kind);
	bool outside = pair->member == POLICY_INSIDE && again.member != POLICY_INSIDE;
	if (stopped || outside) {
		free(pair->name);
		free(pair->ip);
		*pair = again;
		pair->name = again.name; /* said once more for clang's analyzer, which loses sight of them */
		pair->ip = again.ip;
	} else {
		free(again.name);
		free(again.ip);
	}
}

/* A client that came back with mails of a pair. */
struct again {
	size_t pair; /* which */
	int64_t client;
	char *name, *ip;
};

static int compare_again(const void *a, const void *b)
{
	const struct again *x = a, *y = b;

	if (x->pair != y->pair)
		return (x->pair > y->pair) - (x->pair < y->pair);
	return (x->client > y->client) - (x->client < y->client);
}

static int compare_called(const void *a, const void *b)
{
	const struct again *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (x->pair != y->pair)
		return (x->pair > y->pair) - (x->pair < y->pair);
	return order ? order : strcmp(x->ip, y->ip);
}

/* Each client of a pair once. */
static size_t load_again(const struct proof_work *w, struct again **again)
{
	const struct query *q;
	struct walk walk;
	size_t n = 0, once = 0;

	*again = NULL;
	proof_walk(w, &walk, SQL_READ_PROOF_TRIES, 1);
	while ((q = walk_row(&walk)) != NULL) {
		const struct proof_pair *pair = query_is_null(q, 3) || !query_number(q, 4)
		                                    ? NULL
		                                    : pair_find(w, query_number(q, 1), query_number(q, 2));
		if (!pair)
			continue;
		*again = xgrown(*again, n, sizeof **again);
		(*again)[n++] = (struct again){.pair = (size_t)(pair - w->pair), .client = query_number(q, 3)};
	}
	walk_release(&walk);
	if (n)
		qsort(*again, n, sizeof **again, compare_again);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare_again(&(*again)[once - 1], &(*again)[i]) != 0)
			(*again)[once++] = (*again)[i];
	return once;
}

static void again_name(const struct proof_work *w, struct again *again)
{
	const struct query_param param = {"client", SLICE_NONE, again->client, false};
	struct query *q = query_new(w->reader, SQL_READ_CLIENT_CALLED, &param, 1);
	bool found = query_row(q);

	again->name = found ? text_copy(q, 0) : xstrdup("");
	again->ip = found ? text_copy(q, 1) : xstrdup("");
	query_free(q);
}

static void load_tries(struct proof_work *w)
{
	struct again *again;
	size_t n = load_again(w, &again);

	for (size_t i = 0; i < n; i++)
		again_name(w, &again[i]);
	if (n)
		qsort(again, n, sizeof *again, compare_called);
	for (size_t i = 0; i < n; i++) {
		pair_judge_try(w, &w->pair[again[i].pair], slice_str(again[i].name), slice_str(again[i].ip));
		free(again[i].name);
		free(again[i].ip);
	}
	free(again);
}

static void pair_login(struct proof_work *w, struct proof_pair *pair)
{
	struct query *q = proof_ask(w, SQL_READ_PROOF_LOGIN, pair->person);

	if (query_row(q)) {
		pair->login_us = query_number(q, 0);
		pair->login = text_copy(q, 1);
	}
	query_free(q);
}

struct mismatch {
	int64_t person, lines;
};

static int compare_mismatches(const void *a, const void *b)
{
	const struct mismatch *x = a, *y = b;

	return (x->person > y->person) - (x->person < y->person);
}

/* Has an earlier pair of this verdict the same sender? Then its lines are counted there. */
static bool mismatch_told(const struct proof_work *w, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (w->pair[k].mismatches && w->pair[k].verdict == w->pair[i].verdict &&
		    w->pair[k].person == w->pair[i].person)
			return true;
	return false;
}

static void load_mismatches(struct proof_work *w)
{
	struct query *q = proof_ask(w, SQL_READ_PROOF_MISMATCH, 0);
	struct mismatch *m = NULL;
	size_t n = 0;

	while (query_row(q)) {
		m = xgrown(m, n, sizeof *m);
		m[n++] = (struct mismatch){query_number(q, 0), query_number(q, 1)};
	}
	query_free(q);
	for (size_t i = 0; n && i < w->pairs; i++) {
		struct mismatch key = {w->pair[i].person, 0}, *found = NULL;
		if (w->pair[i].lost_ever && key.person)
			found = bsearch(&key, m, n, sizeof *m, compare_mismatches);
		if (found && !mismatch_told(w, i))
			w->pair[i].mismatches = found->lines;
	}
	free(m);
}

bool proof_pair_is_warned(const struct proof_work *w, const struct proof_pair *pair)
{
	return pair->last_warned != STAMP_NONE && pair->last_warned >= w->quiet_from;
}

static bool pair_moves(const struct proof_work *w, const struct proof_pair *pair)
{
	const struct proof_subject *s = proof_subject_find(w, pair->verdict);

	return s && slice_eq(slice_str(s->verdict), SLICE("move"));
}

void proof_pairs_load(struct proof_work *w)
{
	bool moves = false;

	load_subjects(w);
	if (w->subjects == 0)
		return;
	load_pairs(w);
	if (w->pairs == 0)
		return;
	load_people(w);
	load_seen(w);
	for (size_t i = 0; i < w->pairs; i++) {
		if (w->pair[i].lost_ever == 0 && !proof_pair_is_warned(w, &w->pair[i]))
			continue;
		pair_judge(w, &w->pair[i]);
		if (!pair_moves(w, &w->pair[i]) || !w->pair[i].person)
			continue;
		pair_login(w, &w->pair[i]);
		moves = true;
	}
	if (w->o->policy)
		load_tries(w);
	if (moves)
		load_mismatches(w);
}

static void pair_release(struct proof_pair *pair)
{
	free(pair->address);
	free(pair->domain);
	free(pair->name);
	free(pair->ip);
	free(pair->login);
}

void proof_pairs_release(struct proof_work *w)
{
	for (size_t i = 0; i < w->pairs; i++)
		pair_release(&w->pair[i]);
	for (size_t i = 0; i < w->seens; i++)
		free(w->seen[i].domain);
	for (size_t i = 0; i < w->subjects; i++)
		proof_subject_release(&w->subject[i]);
	free(w->pair);
	free(w->seen);
	free(w->subject);
	free(w->person);
}
