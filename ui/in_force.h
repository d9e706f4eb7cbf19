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
	char *map;             /* `hash:/etc/postfix/x`, of the type that main.cf says, if it does; NULL: not known */
	char *main_cf;         /* the path of the one that was read; NULL: none */
	bool networks_known;   /* mynetworks */
	bool placed;           /* a list of main.cf asks the map: */
	struct policy_place place;
};

/* rule: its name; it need not be one of the settings. command is for complaints. */
void in_force_read(struct in_force *f, const char *command, const struct in_force_given *given,
                   const struct settings *s, const char *rule);
/*
 * The same without the rule's map itself, for those who read it in a way of
 * their own: f->map is its name as they know it, for free(), or NULL; all else
 * in f is filled. The type in f->map is corrected.
 */
void in_force_read_around(struct in_force *f, const char *command, const struct in_force_given *given,
                          const struct settings *s);
void in_force_release(struct in_force *f);

/*
 * How the settings, who is inside and these files would have a rule judged.
 * The caller says which rule, as of when (now) and of what time (since, until:
 * STAMP_NONE here). It borrows from all three.
 */
struct decision_options in_force_options(const struct in_force *f, const struct settings *s,
                                         const struct origin *origin);

#endif
