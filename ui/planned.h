/*
 * planned: what `plan` and `explain` have in common: which rule and which of
 * Postfix's files they speak of, the policy that is in force now, and the plan.
 */
#ifndef WB_PLANNED_H
#define WB_PLANNED_H

#include "../analyzer/plan.h"
#include "command.h"
#include "in_force.h"

struct planned_options {
	const char *rule, *warn_text, *reject_text;
	struct in_force_given given;
};

#define PLANNED_ROWS(type)                                                                                          \
	{                                                                                                           \
	    "--rule", "NAME", OPTION_STRING, offsetof(type, planned.rule), "which rule (default: own-domain)",      \
	    0,        0,      NULL},                                                                                \
	    {"--sender-access",                                                                                     \
	     "MAP",                                                                                                 \
	     OPTION_STRING,                                                                                         \
	     offsetof(type, planned.given.map),                                                                     \
	     "the rule's access map, as /etc/postfix/NAME or hash:/etc/postfix/NAME (default: the setting `map`)",  \
	     0,                                                                                                     \
	     0,                                                                                                     \
	     NULL},                                                                                                 \
	    {"--mynetworks",                                                                                        \
	     "LIST",                                                                                                \
	     OPTION_STRING,                                                                                         \
	     offsetof(type, planned.given.networks),                                                                \
	     "Postfix's mynetworks (default: those of main.cf, else the setting)",                                  \
	     0,                                                                                                     \
	     0,                                                                                                     \
	     NULL},                                                                                                 \
	    {"--main-cf",                                                                                           \
	     "FILE",                                                                                                \
	     OPTION_STRING,                                                                                         \
	     offsetof(type, planned.given.main_cf),                                                                 \
	     "Postfix's main.cf, which is only read (default: the setting `main_cf`, else the one beside the map)", \
	     0,                                                                                                     \
	     0,                                                                                                     \
	     NULL},                                                                                                 \
	    {"--warn-text",                                                                                         \
	     "TEXT",                                                                                                \
	     OPTION_STRING,                                                                                         \
	     offsetof(type, planned.warn_text),                                                                     \
	     "what WARN rows say (default: what they say now)",                                                     \
	     0,                                                                                                     \
	     0,                                                                                                     \
	     NULL},                                                                                                 \
	{                                                                                                           \
		"--reject-text", "TEXT", OPTION_STRING, offsetof(type, planned.reject_text),                        \
		    "what REJECT rows say (default: the rule's `reject`)", 0, 0, NULL                               \
	}

struct planned {
	const char *command; /* plan, explain: for complaints */
	struct planned_options options;
	struct settings settings;
	struct reader *reader;
	struct origin *origin;
	int rule;              /* its number */
	struct in_force files; /* as they are now; its map is always known, if not what it says */
	char *map_bytes;
	struct slice map_text; /* absent: it cannot be read */
	char *config_directory;
};

/* Dies with a complaint if the options or the settings make no sense. */
void planned_open(struct planned *p, const char *command, const struct common *common, const struct planned_options *o);
void planned_release(struct planned *p);
/* The list that is judged: the rule's restriction as main.cf has it. For free(). */
char *planned_list(const struct planned *p, bool warn_if_reject);
/* The host that warned last, for swaks; NULL: none did. For free(). */
char *planned_host(const struct planned *p);
/* NULL if there can be no plan, with a reason in why. */
struct plan *planned_plan(const struct planned *p, enum plan_stage stage, char *why, size_t cap);

#endif
