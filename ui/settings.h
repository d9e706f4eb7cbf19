/*
 * settings: what the admin set in the settings file (design.md 5), each key
 * with its default. settings_file.c is the only file that knows libinih.
 *
 * One table row per key holds its name, type, place, default and help; the
 * sections [rule NAME] are open-ended and live in parsers/rules. Nothing is
 * read but the settings file; `database` is only looked up in the environment.
 */
#ifndef WB_SETTINGS_H
#define WB_SETTINGS_H

#include <stdio.h>

#include "../parsers/rules.h"
#include "setting_types.h"

#define SETTINGS_FILE "/etc/wouldblock.conf"

struct settings {
	/* [database] */
	char *database;    /* NULL: not set, see settings_database */
	int64_t wal_limit; /* bytes */
	/* [log] */
	struct settings_list log_files;
	char *timezone; /* a name for TZ; NULL: the machine's */
	struct settings_list history, olddir;
	int64_t rotate_wait, poll, unpack_limit; /* seconds */
	/* [networks] */
	struct settings_networks inside, mynetworks;
	struct settings_list domains, shared; /* lower case, no trailing dot */
	/* [hosts] */
	struct settings_list alias; /* NAME=HOST: what the log calls NAME is HOST */
	struct settings_list retired;
	struct settings_networks canary_client;
	struct settings_list canary_sender;
	/* [filter] */
	struct settings_list relays; /* host names or addresses */
	/* [postfix] */
	char *main_cf; /* absolute path; NULL: beside the rule's map */
	/* [criteria] */
	int days, quiet_days;
	double continuity, coverage; /* percent, 0 to 100 */
	int64_t behind;              /* seconds */
	/* [mail] */
	struct settings_list mail_to;
	char *mail_from;
	char *sendmail; /* absolute path */
	/* [rule NAME] */
	struct rules rules;
};

/* Every setting at its default. */
void settings_default(struct settings *s);
void settings_release(struct settings *s);

/*
 * Defaults, then the file. path NULL: SETTINGS_FILE if there is one, else only
 * the defaults; a path that is given must exist. Each bad line is one msg_warn
 * with file and line, all of them in one run; the rest of the file counts.
 * Returns the number of complaints: with any, the program ends with EX_CONFIG. -1: the file could
 * not be read, and that may pass; EX_IOERR then.
 * *s is always to be released.
 */
int settings_load(struct settings *s, const char *path);

/*
 * Sets one key, as an option of the command line does; a list is replaced.
 * Section `rule NAME` sets a rule's field. False with a reason in why.
 */
bool settings_set(struct settings *s, const char *section, const char *key, const char *value, char *why, size_t cap);
/* The same, but a list keeps what it has. */
bool settings_add(struct settings *s, const char *section, const char *key, const char *value, char *why, size_t cap);

bool settings_is_list(const char *section, const char *key);
bool settings_has_section(struct slice section); /* rules apart */
/* NAME of `rule NAME`; absent for any other section. */
struct slice settings_rule_name(struct slice section);

/*
 * Where the database is: the setting, else $WOULDBLOCK_DB, else for a plain
 * user below $XDG_STATE_HOME (or ~/.local/state), else below /var/lib. The
 * caller frees it.
 */
char *settings_database(const struct settings *s);
/*
 * Makes what is missing of the directories of that place, mode 0700, if nobody named another one:
 * all of XDG_STATE_HOME, but neither a home nor /var/lib. NULL, or which one failed, with errno;
 * the caller frees it.
 */
char *settings_make_directories(const struct settings *s);

/* All keys with their help and defaults, as a file that settings_load reads as the defaults. */
void settings_print(FILE *out);

#endif
