/*
 * option: the command line by tables. One row holds all facts of an option: its
 * name, what it takes, where the value goes, its limits and its help.
 *
 * `--name value` and `--name=value`; options and operands in any order; `--`
 * ends the options; `-` alone is an operand. Of an option given twice the last
 * counts, but for OPTION_LIST. A user's mistake ends the program (64) with one
 * line. `-h`, `--help` and `--version` are understood everywhere.
 */
#ifndef WB_OPTION_H
#define WB_OPTION_H

#include <stdio.h>

#include "../parsers/slice.h"

enum option_type {
	OPTION_FLAG,   /* bool, set to true */
	OPTION_STRING, /* const char *, points into argv */
	OPTION_INT,    /* int64_t from min to max */
	OPTION_TIME,   /* const char *, points into argv; option_time reads it once the zone is known */
	OPTION_CHOICE, /* int, index into choices */
	OPTION_LIST    /* struct option_list, one entry each time it is given */
};

struct option_list {
	const char **v; /* strings point into argv; the array is freed by option_release */
	size_t n;
};

struct option_row {
	const char *name;    /* with its dashes: "--since" */
	const char *metavar; /* what help calls the value; NULL for a flag */
	enum option_type type;
	size_t at;                  /* offsetof the destination */
	const char *help;           /* limits and choices are added by option_help */
	int64_t min, max;           /* OPTION_INT */
	const char *const *choices; /* OPTION_CHOICE, NULL at the end */
};

struct option_rest {
	bool stop_at_operand; /* in: the first operand (a command's name) ends the options */
	bool help, version;   /* out: asked for; then the words behind it have not been looked at */
	char **v;             /* out: the operands */
	int n;
};

/*
 * argc and argv begin with the first word behind the program's (or command's)
 * name; argv's entries are moved so that the operands stand together. What is
 * not given keeps what dest held.
 */
void option_parse(const struct option_row *rows, size_t n, int argc, char **argv, void *dest, struct option_rest *rest);
/*
 * What an OPTION_TIME says, in microseconds; STAMP_NONE if it was not given. Asks the zone, which
 * another option may have set. name is for the complaint.
 */
int64_t option_time(const char *name, const char *value);
/* Frees the arrays of the OPTION_LIST destinations. */
void option_release(const struct option_row *rows, size_t n, void *dest);

/* A row for each option, aligned, no line over 80 columns. */
void option_help(FILE *out, const struct option_row *rows, size_t n);

/* The word that somebody who wrote `word` most likely meant, or NULL if none is near. */
const char *option_nearest(const char *word, const char *const *words, size_t n);

#endif
