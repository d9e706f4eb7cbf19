/* The walk through restrictions, tables and classes (generic_checks() of smtpd_check.c). */
#include <stdio.h>

#include "../parsers/logical.h"
#include "policy_i.h"

#define DEEP_MAX 100   /* Postfix's own limit */
#define WALK_MAX 10000 /* restrictions in all: classes that name each other twice would take for ever */

/* How a restriction ended. */
enum end { GO_ON, STOP };

struct walk {
	const struct policy *p;
	struct slice name, ip, sender;
	struct policy_judgement *out;
	int depth, done;
	int warn_depth; /* warn_if_reject holds at this depth and below; 0: it does not */
};

static const char *const kind_texts[] = {
    [POLICY_NO_ROW] = "no row",
    [POLICY_DUNNO] = "dunno",
    [POLICY_PREPEND] = "prepend",
    [POLICY_INFO] = "info",
    [POLICY_BCC] = "bcc",
    [POLICY_REDIRECT] = "redirect",
    [POLICY_FILTER] = "filter",
    [POLICY_HOLD] = "hold",
    [POLICY_WARN] = "warn",
    [POLICY_PERMIT_NETWORKS] = "permit, in mynetworks",
    [POLICY_OK] = "permit",
    [POLICY_DISCARD] = "discard",
    [POLICY_DEFER] = "defer",
    [POLICY_REJECT] = "reject",
    [POLICY_NOT_KNOWN] = "not known",
};

const char *policy_kind_text(enum policy_kind kind)
{
	return kind_texts[kind];
}

/* Into the judgement's own room; what no longer fits is cut. */
static struct slice keep(struct policy_judgement *j, struct slice s)
{
	char *to = j->buf + j->used;

	s = slice_head(s, sizeof(j->buf) - j->used);
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	j->used += s.n;
	return slice_of(to, s.n);
}

static void trace(struct walk *w, const char *table, int line, struct slice key, struct slice action)
{
	struct policy_judgement *j = w->out;

	/* Half of the room is the result's own. */
	if (j->steps == POLICY_STEPS || j->used + key.n + action.n > sizeof(j->buf) / 2) {
		j->steps_cut = true;
		return;
	}
	j->step[j->steps++] =
	    (struct policy_step){table, line, slice_is_set(key) ? keep(j, key) : key, keep(j, action)};
}

/* The strongest of what was said stays; the first of two alike. */
static void say(struct walk *w, enum policy_kind kind, int code, const char *dsn, struct slice text)
{
	struct policy_judgement *j = w->out;

	if (kind <= j->kind)
		return;
	j->kind = kind;
	j->code = code;
	snprintf(j->dsn, sizeof(j->dsn), "%s", dsn);
	j->text = keep(j, slice_head(text, 512));
}

static enum end not_known(struct walk *w, struct slice what, const char *why)
{
	char text[384];
	int n = snprintf(text, sizeof(text), "%.*s: %s", (int)(what.n < 200 ? what.n : 200), what.p ? what.p : "", why);

	say(w, POLICY_NOT_KNOWN, 0, "", slice_of(text, (size_t)n));
	return STOP;
}

/* A reply, or under warn_if_reject a warning with the same text. */
static enum end refuse(struct walk *w, int code, const char *dsn, struct slice text)
{
	char own[12];

	snprintf(own, sizeof(own), "%s", dsn);
	if (w->p->soft_bounce && code >= 500) {
		code -= 100;
		own[0] = '4';
	}
	if (w->warn_depth) {
		say(w, POLICY_WARN, code, own, text);
		return GO_ON;
	}
	say(w, code >= 500 ? POLICY_REJECT : POLICY_DEFER, code, own, text);
	return STOP;
}

/* Postfix's answer to a mistake in its settings; warn_if_reject does not soften it. */
static enum end broken(struct walk *w)
{
	say(w, POLICY_DEFER, 451, "4.3.5", SLICE("Server configuration error"));
	return STOP;
}

static enum end permit(struct walk *w, enum policy_kind kind, struct slice text)
{
	say(w, kind, 0, "", text);
	return STOP;
}

/* ------------------------------------------------------------------ rows */

/* What a word does that only says something and goes on. */
static const struct {
	enum access_word word;
	enum policy_kind kind;
} going_on[] = {
    {ACCESS_DUNNO, POLICY_DUNNO}, {ACCESS_VOID, POLICY_DUNNO},        {ACCESS_WARN, POLICY_WARN},
    {ACCESS_INFO, POLICY_INFO},   {ACCESS_HOLD, POLICY_HOLD},         {ACCESS_FILTER, POLICY_FILTER},
    {ACCESS_BCC, POLICY_BCC},     {ACCESS_REDIRECT, POLICY_REDIRECT}, {ACCESS_PREPEND, POLICY_PREPEND},
};

static enum end walk_list(struct walk *w, struct slice list);

static enum end obey(struct walk *w, struct slice value, enum access_class class)
{
	struct access_action action;

	access_action_parse(value, class, w->p->reject_code, w->p->defer_code, &action);
	for (size_t i = 0; i < sizeof(going_on) / sizeof(going_on[0]); i++) {
		if (going_on[i].word != action.word)
			continue;
		say(w, going_on[i].kind, 0, "", action.text);
		return GO_ON;
	}
	switch (action.word) {
	case ACCESS_OK: return permit(w, POLICY_OK, action.text);
	case ACCESS_DISCARD: return permit(w, POLICY_DISCARD, action.text);
	case ACCESS_REJECT:
	case ACCESS_DEFER: return refuse(w, action.code, action.dsn, action.text);
	case ACCESS_LIST: return walk_list(w, value);
	case ACCESS_BROKEN: return broken(w);
	default: return not_known(w, value, "depends on what other restrictions say");
	}
}

enum question { ASK_CLIENT, ASK_SENDER };

static enum end ask(struct walk *w, struct slice table, enum question question)
{
	const struct policy_map *m = policy_map_of(w->p, table);
	struct access_hit hit;
	enum access_answer answer;

	if (!m || !m->access)
		return not_known(w, table, m ? "the table cannot be read" : "the table was not given");
	answer = question == ASK_SENDER ? access_find_sender(m->access, w->sender, &w->p->options, &hit)
	                                : access_find_client(m->access, w->name, w->ip, &w->p->options, &hit);
	if (answer == ACCESS_NONE) {
		trace(w, m->name, 0, SLICE_NONE, SLICE(""));
		return GO_ON;
	}
	if (answer == ACCESS_UNSURE)
		return not_known(w, slice_str(m->name), hit.why);
	trace(w, m->name, hit.line, hit.key, hit.action);
	return obey(w, hit.action, question == ASK_SENDER ? ACCESS_OF_SENDER : ACCESS_OF_CLIENT);
}

/* ------------------------------------------------------------------ restrictions */

static enum end do_ask_client(struct walk *w, struct slice argument)
{
	return ask(w, argument, ASK_CLIENT);
}

static enum end do_ask_sender(struct walk *w, struct slice argument)
{
	return ask(w, argument, ASK_SENDER);
}

static enum end do_networks(struct walk *w, struct slice argument)
{
	(void)argument;
	switch (policy_in_networks(w->p, w->name, w->ip)) {
	case POLICY_INSIDE: return permit(w, POLICY_PERMIT_NETWORKS, SLICE("permit_mynetworks"));
	case POLICY_OUTSIDE: return GO_ON;
	default: return not_known(w, SLICE("mynetworks"), "not given, or a part of it cannot be read");
	}
}

static enum end do_nothing(struct walk *w, struct slice argument)
{
	(void)w;
	(void)argument;
	return GO_ON;
}

static enum end do_permit(struct walk *w, struct slice argument)
{
	return permit(w, POLICY_OK, argument);
}

static enum end do_reject(struct walk *w, struct slice argument)
{
	(void)argument;
	return refuse(w, 554, "5.7.1", SLICE("Access denied"));
}

static enum end do_defer(struct walk *w, struct slice argument)
{
	(void)argument;
	return refuse(w, 450, "4.3.2", SLICE("Try again later"));
}

static enum end do_warn(struct walk *w, struct slice argument)
{
	(void)argument;
	if (!w->warn_depth)
		w->warn_depth = w->depth;
	return GO_ON;
}

static const struct restriction {
	const char *name;
	bool table; /* a table follows */
	enum end (*run)(struct walk *w, struct slice argument);
} restrictions[] = {
    {"check_sender_access", true, do_ask_sender},
    {"check_client_access", true, do_ask_client},
    {"permit_mynetworks", false, do_networks},
    /* The client that is asked about has not logged in. */
    {"permit_sasl_authenticated", false, do_nothing},
    {"permit_tls_clientcerts", false, do_nothing},
    {"permit_tls_all_clientcerts", false, do_nothing},
    {"warn_if_reject", false, do_warn},
    {"permit", false, do_permit},
    {"reject", false, do_reject},
    {"defer", false, do_defer},
};

static const struct restriction *restriction_of(struct slice word)
{
	for (size_t i = 0; i < sizeof(restrictions) / sizeof(restrictions[0]); i++)
		if (policy_word_is(word, restrictions[i].name))
			return &restrictions[i];
	return NULL;
}

static enum end run_word(struct walk *w, struct slice word, struct slice *list)
{
	const struct restriction *r = restriction_of(word);
	const char *class = r ? NULL : policy_pair_get(&w->p->classes, word.p, word.n);
	struct slice argument = SLICE_NONE;

	if (class) {
		trace(w, NULL, 0, SLICE_NONE, word);
		return walk_list(w, slice_str(class));
	}
	if (!r)
		return not_known(w, word, "a restriction that is not judged here, or a class that is not known");
	if (r->table && !list_word(list, &argument))
		return broken(w);
	return r->run(w, argument);
}

static enum end walk_list(struct walk *w, struct slice list)
{
	struct slice word;
	enum end end = GO_ON;

	if (w->depth >= DEEP_MAX)
		return broken(w);
	w->depth++;
	while (end == GO_ON && list_word(&list, &word)) {
		if (w->done++ == WALK_MAX)
			end = not_known(w, word, "the classes name each other without end");
		else
			end = run_word(w, word, &list);
		/* It holds for one restriction, and for all that is inside that. */
		if (w->warn_depth >= w->depth && !policy_word_is(word, "warn_if_reject"))
			w->warn_depth = 0;
	}
	w->depth--;
	return end;
}

void policy_judge(const struct policy *p, const char *list, struct slice client_name, struct slice client_ip,
                  struct slice sender, struct policy_judgement *out)
{
	struct walk w = {.p = p, .name = client_name, .ip = client_ip, .sender = sender, .out = out};

	out->kind = POLICY_NO_ROW;
	out->code = out->steps = 0;
	out->dsn[0] = '\0';
	out->text = SLICE_NONE;
	out->steps_cut = false;
	out->used = 0;
	if (p->networks_first && p->networks_set && do_networks(&w, SLICE_NONE) == STOP)
		return;
	walk_list(&w, slice_str(list));
}
