/*
 * wouldblock: which mail would a rule refuse that only warns today?
 */
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/msg.h"
#include "../analyzer/version.h"
#include "command.h"
#include "encode.h"

#ifndef WB_VERSION
#define WB_VERSION "unknown"
#endif
#ifndef WB_COMMIT
#define WB_COMMIT ""
#endif

static const struct command commands[] = {
    {"ingest", "FILE...", "Read mail logs into the database",
     "Plain files, gz, bz2, xz and zst, found by content, not by name; `-` is stdin. A\n"
     "rotated set may be given in any order. Lines that were read before, under any\n"
     "name, are not counted again: run it as often as you like.\n\n"
     "  wouldblock ingest /var/log/mail.log*\n",
     command_ingest},
    {"report", "", "Print what the rule would have refused, and to whom it matters",
     "It ends with exit code 2, not-enough-evidence: it counts and does not judge, and a 0\n"
     "would say go.\n",
     command_report},
    {"list", "attempts|mails|sources|senders|recipients|clients|rules|holes",
     "Print a table: aligned for people, JSON or CSV for programs",
     "  wouldblock list sources\n"
     "  wouldblock list mails --source news.example --fate delivered\n"
     "  wouldblock list attempts --format jsonl | jq -r .text | sort | uniq -c\n\n"
     "--sender and --recipient take an address, or @domain.tld for all of a domain;\n"
     "--client takes an address or a name as logged. A filter that a list does not know is\n"
     "refused; rules knows --rule, holes --since and --until, mails all, the others all\n"
     "but --all.\n",
     command_list},
    {"records", "FILE...", "Print what the parser understands, line by line, without a database",
     "For bug reports, tests, and to feed other programs.\n", command_records},
};
#define COMMANDS (sizeof commands / sizeof *commands)

struct main_options {
	struct common common;
};

static const struct option_row main_rows[] = {COMMON_ROWS(struct main_options)};
#define MAIN_ROWS (sizeof main_rows / sizeof *main_rows)

static void usage(FILE *out)
{
	fputs("usage: wouldblock [--db FILE] [--config FILE] COMMAND [OPTION]...\n\n"
	      "Says which mail a Postfix access rule would refuse while it still only warns:\n"
	      "who sent it, who would miss it, and what really became of it.\n\nCommands:\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\nOptions:\n", out);
	option_help(out, main_rows, MAIN_ROWS);
	fputs("\nStart with:  wouldblock ingest /var/log/mail.log*  &&  wouldblock report\n"
	      "`wouldblock COMMAND --help` or `wouldblock help COMMAND` tells more of each.\n",
	      out);
}

static int version(void)
{
	printf("wouldblock %s (%s)\n%s", WB_VERSION, *WB_COMMIT ? WB_COMMIT : "no commit", version_text());
	output_check();
	return 0;
}

/* A database opened as descriptor 2 would be written to by an error message (faults.md P15). */
static void hold_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(EX_OSERR);
}

static const struct command *find(const char *name)
{
	const char *names[COMMANDS + 1];

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	const char *near = option_nearest(name, names, COMMANDS);
	char safe[100];
	msg_safe(slice_str(name), safe, sizeof safe);
	if (near)
		msg_die(EX_USAGE, "no command `%s`; did you mean `%s`?", safe, near);
	msg_die(EX_USAGE, "no command `%s`; `wouldblock --help` lists them", safe);
}

static int help(struct common *common, int argc, char **argv)
{
	char word[] = "--help", *words[] = {word, NULL};

	if (argc > 0) {
		const struct command *c = find(argv[0]);
		return c->run(c, common, 1, words);
	}
	usage(stdout);
	output_check();
	return 0;
}

int main(int argc, char **argv)
{
	struct main_options o = {0};
	struct option_rest rest = {.stop_at_operand = true};

	hold_descriptors();
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_CTYPE, "");
	encode_ascii_only(strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && isatty(STDOUT_FILENO));
	option_parse(main_rows, MAIN_ROWS, argc - 1, argv + 1, &o, &rest);
	if (rest.version)
		return version();
	if (rest.help)
		return help(&o.common, 0, NULL);
	if (rest.n == 0) {
		usage(stderr);
		return EX_USAGE;
	}
	if (strcmp(rest.v[0], "help") == 0)
		return help(&o.common, rest.n - 1, rest.v + 1);
	const struct command *c = find(rest.v[0]);
	return c->run(c, &o.common, rest.n - 1, rest.v + 1);
}
