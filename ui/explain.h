/*
 * explain: what the rule does with one mail, in force and after the plan, and
 * what the verdicts and the log say of it: asked once, told as text or JSON.
 */
#ifndef WB_EXPLAIN_H
#define WB_EXPLAIN_H

#include "plan_text.h"

/* One mail that is asked about, and how it is told. */
struct explaining {
	const char *client, *client_name, *asked_sender, *recipient; /* as they were given */
	struct planned now;
	struct plan *plan; /* NULL: there can be none: */
	char why[300];
	struct ip ip;
	char ip_text[IP_TEXT], key[16];
	char *name;            /* never NULL */
	const char *name_from; /* option, log or nowhere */
	char *sender, *folded; /* without <> */
	char domain[SUBJECT_TEXT];
	struct source_name source;
	struct query_param params[8];
	size_t n;
	char *host; /* for swaks; NULL: unknown */
	struct text out;
};

/* Into e->out. Puts the plan in force in e->now.policy, so each is called once. */
void explain_text(struct explaining *e);
void explain_json(struct explaining *e);

struct query *explain_ask(struct explaining *e, enum sql_id id);
/* now: as main.cf has the rule; else as it is on the day, without warn_if_reject before it. */
void explain_judge(struct explaining *e, bool now, struct policy_judgement *j);

#endif
