/*
 * policy: what a Postfix restriction list says of one client and sender: access
 * tables, restriction classes, mynetworks and the settings of main.cf that they
 * depend on (design.md 1 and 6; postfix-log-grammar 8). It is put together from
 * memory or read from disk, and only ever read.
 *
 * What cannot be read, or is not understood, is told once (msg_warn), and every
 * judgement that would need it is POLICY_NOT_KNOWN: never a guess. Tables are
 * judged by their source text; whether postmap has run since is not asked here.
 */
#ifndef WB_POLICY_H
#define WB_POLICY_H

#include "../parsers/access.h"
#include "../parsers/network.h"

struct policy;

struct policy *policy_new(void);
struct policy *policy_free(struct policy *p); /* always NULL */

/* ------------------------------------------------------------------ from memory */

/*
 * A table `type:name` with its text, which is copied; it takes the place of one
 * of that name. False if it cannot be read at all (then it is there, but not known).
 */
bool policy_table(struct policy *p, const char *name, struct slice bytes);
/* A restriction class and its list. */
void policy_class(struct policy *p, const char *name, const char *list);
/* mynetworks, as in main.cf: replaces what was there. False if a part of it is not understood. */
bool policy_networks(struct policy *p, const char *list);
/*
 * Is mynetworks let through before the rule is asked? True until told
 * otherwise; policy_place answers it for a main.cf. A permit_mynetworks in the
 * judged list itself always counts.
 */
void policy_networks_first(struct policy *p, bool first);

/* ------------------------------------------------------------------ from disk */

/* `hash:/etc/postfix/x`, or a bare path (indexed); inline: and static: need no file. False as for policy_table. */
bool policy_read_map(struct policy *p, const char *name);
/*
 * Settings, classes and mynetworks of a main.cf, and the tables that its classes
 * and mynetworks name; the rule's own table is policy_read_map's. False if the
 * file cannot be read. A setting that names another which is not in the file
 * (Postfix may have a default of its own for it) is not known.
 */
bool policy_read_main_cf(struct policy *p, const char *path);
/*
 * An indexed table whose source is newer than what postmap made of it, as far as
 * both lie side by side: Postfix still goes by the older rows. NULL: none.
 */
const char *policy_unmapped(const struct policy *p);
/* The expanded value of a main.cf setting; NULL if it is not set there, or names what is not known. */
const char *policy_setting(const struct policy *p, const char *name);

enum policy_side { POLICY_ABSENT, POLICY_BEFORE, POLICY_AFTER };

/* Where the rule stands in main.cf. All belongs to the policy. */
struct policy_place {
	const char *list;         /* smtpd_recipient_restrictions, ... */
	const char *const *entry; /* its entries, each a restriction with what belongs to it */
	int count, at;            /* entry[at] is the rule's */
	bool networks_before;     /* permit_mynetworks stands before it in this list */
	bool warn_if_reject;
	enum policy_side greylisting; /* before or after the rule, in Postfix's order of the lists */
};

/* False if no list of the main.cf has a check_sender_access with this map (with or without its type). */
bool policy_place(const struct policy *p, const char *map, struct policy_place *out);
/*
 * Does Postfix ask the map at all? False if a main.cf was read and none of its
 * lists comes to a check_sender_access with it, classes included. True without
 * a main.cf: nobody knows better. master.cf is not read.
 */
bool policy_asks(const struct policy *p, const char *map);

/* ------------------------------------------------------------------ asking */

/* From the weakest to the strongest: of what does not end the list, the strongest is told. */
enum policy_kind {
	POLICY_NO_ROW, /* no table had a row for it */
	POLICY_DUNNO,  /* a row said DUNNO */
	POLICY_PREPEND,
	POLICY_INFO,
	POLICY_BCC,
	POLICY_REDIRECT,
	POLICY_FILTER,
	POLICY_HOLD,
	POLICY_WARN,            /* also what warn_if_reject made one: then code and dsn are set */
	POLICY_PERMIT_NETWORKS, /* from here on the list ends */
	POLICY_OK,
	POLICY_DISCARD,
	POLICY_DEFER,
	POLICY_REJECT,
	POLICY_NOT_KNOWN, /* text says why */
};

#define POLICY_STEPS 32
#define POLICY_TEXT 16384

/* One row that spoke, or one restriction. */
struct policy_step {
	const char *table; /* type:name; NULL: action is a restriction of a list */
	int line;
	struct slice key, action; /* key absent: the table had no row */
};

/* Its slices point into itself and into the policy: not to be copied. */
struct policy_judgement {
	enum policy_kind kind;
	int code; /* of the reply, 0: none */
	char dsn[12];
	struct slice text; /* of the row, or what is not known and why */
	struct policy_step step[POLICY_STEPS];
	int steps;
	bool steps_cut; /* there were more */
	size_t used;
	char buf[POLICY_TEXT];
};

/*
 * Judges a list such as `check_sender_access hash:/etc/postfix/x`: a client
 * without login, with its verified name (or `unknown`), its address, and the
 * sender as the log has it, without <>. Tables must have been given or read before.
 */
void policy_judge(const struct policy *p, const char *list, struct slice client_name, struct slice client_ip,
                  struct slice sender, struct policy_judgement *out);
const char *policy_kind_text(enum policy_kind kind); /* "warn", "no row", "not known" */

enum policy_member { POLICY_OUTSIDE, POLICY_INSIDE, POLICY_UNSURE };

/* Is the client in mynetworks? UNSURE if they were never given, or a part that matters is not known. */
enum policy_member policy_in_networks(const struct policy *p, struct slice client_name, struct slice client_ip);

/*
 * The domains that are keys of a table: a dot in front taken off, each once, in
 * the table's order. Returns how many; *out is the caller's to free (each and
 * all: policy_domains_free). 0 and NULL if the table is not known.
 */
size_t policy_domains(const struct policy *p, const char *table, char ***out);
void policy_domains_free(char **domains, size_t count);

/* The table, to look at its rows (access_next_shadowed); NULL if it is not known. */
const struct access *policy_access(const struct policy *p, const char *table);

#endif
