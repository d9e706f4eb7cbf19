/*
 * in_force: the policy that Postfix has now, as its files say it: the rule's
 * access map, main.cf, mynetworks. What was named on the command line must be
 * there (else the program ends, 66); what the settings or custom name is read
 * if it is there.
 */
#ifndef WB_IN_FORCE_H
#define WB_IN_FORCE_H

#include "../analyzer/decision.h"
#include "../analyzer/policy.h"
#include "settings.h"

struct in_force_given {
	const char *map, *networks, *main_cf; /* of the command line; NULL: not given */
};

struct in_force {
	struct policy *policy; /* NULL: no file is known */
	char *map;             /* `hash:/etc/postfix/x`; NULL: not known */
};

/* rule: its name; it need not be one of the settings. command is for complaints. */
void in_force_read(struct in_force *f, const char *command, const struct in_force_given *given,
                   const struct settings *s, const char *rule);
void in_force_release(struct in_force *f);

/*
 * How the settings, who is inside and these files would have a rule judged.
 * The caller says which rule, as of when (now) and of what time (since, until:
 * STAMP_NONE here). It borrows from all three.
 */
struct decision_options in_force_options(const struct in_force *f, const struct settings *s,
                                         const struct origin *origin);

#endif
