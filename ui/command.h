/*
 * command: what every command gets, and the table of commands. A command is one
 * file that ends in one function and has one row in main.c.
 */
#ifndef WB_COMMAND_H
#define WB_COMMAND_H

#include "../analyzer/origin.h"
#include "option.h"
#include "settings.h"

/* Options that stand before the command's name or behind it. */
struct common {
	const char *database, *config, *timezone;
	const char *version; /* of this program */
};

#define DATABASE_PLACES "~/.local/state/wouldblock/wouldblock.db, for root /var/lib/wouldblock/wouldblock.db"
#define COMMON_ROWS(type)                                                                                              \
	{"--db",                                                                                                       \
	 "FILE",                                                                                                       \
	 OPTION_STRING,                                                                                                \
	 offsetof(type, common.database),                                                                              \
	 "the database (default: `file` of the settings, else $WOULDBLOCK_DB, else " DATABASE_PLACES ")",              \
	 0,                                                                                                            \
	 0,                                                                                                            \
	 NULL},                                                                                                        \
	    {"--config",                                                                                               \
	     "FILE",                                                                                                   \
	     OPTION_STRING,                                                                                            \
	     offsetof(type, common.config),                                                                            \
	     "the settings file (default: " SETTINGS_FILE ", if it is there)",                                         \
	     0,                                                                                                        \
	     0,                                                                                                        \
	     NULL},                                                                                                    \
	{                                                                                                              \
		"--tz", "ZONE", OPTION_STRING, offsetof(type, common.timezone),                                        \
		    "zone of the log's host, for stamps that do not say theirs and for days (default: TZ)", 0, 0, NULL \
	}

struct command {
	const char *name;
	const char *operands; /* as usage shows them */
	const char *summary;  /* one line */
	const char *help;     /* more, or NULL */
	int (*run)(const struct command *c, struct common *common, int argc, char **argv);
};

int command_explain(const struct command *c, struct common *common, int argc, char **argv);
int command_follow(const struct command *c, struct common *common, int argc, char **argv);
int command_ingest(const struct command *c, struct common *common, int argc, char **argv);
int command_list(const struct command *c, struct common *common, int argc, char **argv);
int command_mark(const struct command *c, struct common *common, int argc, char **argv);
int command_plan(const struct command *c, struct common *common, int argc, char **argv);
int command_records(const struct command *c, struct common *common, int argc, char **argv);
int command_report(const struct command *c, struct common *common, int argc, char **argv);
int command_review(const struct command *c, struct common *common, int argc, char **argv);
int command_status(const struct command *c, struct common *common, int argc, char **argv);
int command_summary(const struct command *c, struct common *common, int argc, char **argv);
int command_tui(const struct command *c, struct common *common, int argc, char **argv);

/* Usage, summary, options, help text; then the program is to end with 0. */
int command_help(const struct command *c, const struct option_row *rows, size_t n);

/* Settings file and zone as the options say; dies with 78 on a bad file. */
void common_settings(const struct common *c, struct settings *s);
/* Where the database is; the caller frees it. Adopts the zone in which its days were cut, unless one was said. */
char *common_database(const struct common *c, const struct settings *s);
/* The same for who writes: makes the directories of the default place; dies with 73 if it cannot. */
char *common_database_made(const struct common *c, const struct settings *s);
/* Who is inside, and which domains are shared, as the settings say. The caller frees it. */
struct origin *common_origin(const struct settings *s);

/* Ends the program with 74 if what was written to stdout did not arrive (faults.md P14). */
void output_check(void);
/*
 * Columns of the terminal on stdout; if it is none, $COLUMNS, else 0: programs and grep need the
 * whole of an address.
 */
int output_width(void);
bool output_colour(void);

#endif
