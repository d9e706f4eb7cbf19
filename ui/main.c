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
    {"follow", "[FILE]...", "Read logs into the database as they grow, for ever",
     "Every line once, across restart, crash and every kind of rotation: rotated files are\n"
     "found beside the log by their names, and known by what is in them. Without FILE the\n"
     "logs of the settings (/var/log/mail.log, else /var/log/maillog). A log that the\n"
     "database does not know begins at its end, unless --from-start or --history N says\n"
     "otherwise. SIGHUP reads the settings anew, SIGTERM ends it.\n\n"
     "  wouldblock follow --history 4\n",
     command_follow},
    {"status", "", "Say whether follow runs or pauses and why, how far it has read, and what is missing", NULL,
     command_status},
    {"tui", "", "Show it all on the screen, as it happens, and decide source by source",
     "Sources, senders, recipients, live lines, criteria, plan, holes; Enter goes in, Esc\n"
     "back, e m b decide, u takes back, ? tells all keys. It reads while `follow` writes;\n"
     "--follow FILE does both. --dump prints a screen as text, after the keys of --keys.\n\n"
     "  wouldblock tui --follow /var/log/mail.log\n"
     "  wouldblock tui --keys '<enter>' --size 120x40 --dump\n",
     command_tui},
    {"report", "", "Say whether the rule may start to refuse, and to whom it matters",
     "Ten criteria decide. Exit code 0: go, all are met; 1: no-go; 2: not enough\n"
     "evidence; any error: 64 or more. A text is whole if its last line is `RESULT: ...`.\n"
     "Whether exceptions are in force is judged by the map and network files, where\n"
     "they can be read, else by what the log shows since the verdict.\n\n"
     "  wouldblock report --format json --output report.json\n"
     "  wouldblock report --domain company.my --until 2026-11-01\n",
     command_report},
    {"summary", "", "Say what is new of one day, on the screen or by mail",
     "New sources with loss, changes, regressions, holes, and how far it is to a GO; short\n"
     "if nothing is new. By mail it goes out once a day and set of recipients, however\n"
     "often it is run. What sendmail would not take (status 75) is tried again by runs 1,\n"
     "5, 15 and then every 60 minutes later, for less than a day; days that got no mail\n"
     "are told by the next. The day is the calendar's; what was not read of it is said.\n\n"
     "  wouldblock summary --day 2026-11-15\n"
     "  wouldblock summary --mail-to postmaster,it@company.my\n",
     command_summary},
    {"list", "attempts|mails|sources|senders|recipients|clients|rules|holes|verdicts",
     "Print a table: aligned for people, JSON or CSV for programs",
     "  wouldblock list sources\n"
     "  wouldblock list mails --source news.example --fate delivered\n"
     "  wouldblock list attempts --format jsonl | jq -r .text | sort | uniq -c\n\n"
     "--sender and --recipient take an address, or @domain.tld for all of a domain;\n"
     "--client takes an address or a name as logged. A filter that a list does not know is\n"
     "refused; rules knows --rule, holes --since and --until, verdicts --all, mails all,\n"
     "the others all but --all. A source's suggestion and verdict are of all its mails in\n"
     "the time asked for, whatever other filters choose.\n",
     command_list},
    {"mark", "SUBJECT exempt|move|block|clear", "Record what you decided of a source, client or sender",
     "SUBJECT is what Postfix can tell apart. Of several that fit a mail the first counts:\n"
     "  boss@company.my   an envelope sender (which anybody can forge)\n"
     "  192.0.2.7         the address of a client\n"
     "  192.0.2.0/24      a network; the longest counts\n"
     "  news.example      a source, by its clients' verified names, as `list sources` has it\n"
     "  @company.my       the domain of senders, and what is below it\n"
     "A bare name that is no source but a domain of senders is that domain; sender:, ip:,\n"
     "network:, source: and domain: in front say what you mean. `-` reads subjects from\n"
     "stdin, one a line.\n\n"
     "exempt: legitimate, goes on sending from outside. move: legitimate, must move to\n"
     "587/465 or into mynetworks. block: let REJECT have it. clear: no verdict any more.\n"
     "Said again, a verdict keeps the note, owner and expiry that are not given anew.\n"
     "`list verdicts` shows what counts, with --all the history.\n",
     command_mark},
    {"review", "", "Decide source by source, in a conversation",
     "One question for each undecided source, heaviest loss first: who it is, what became\n"
     "of its mails, what speaks for it and against it. Answers are words or their first\n"
     "letters: e m b decide, l DATE puts it off, n and w choose a narrower or wider\n"
     "subject, r shows lines of the log, o keeps a note, u takes back, s skips, q quits,\n"
     "? helps. What is decided is asked again only if it changes its ways: a new network,\n"
     "five times the mails, SPF, DKIM or DMARC turned.\n\n"
     "Answers may be piped in, one a line:  printf 'e ticket 5\\ns\\n' | wouldblock review\n",
     command_review},
    {"plan", "", "Print everything for the day: exceptions, the switched map, steps, the way back",
     "With --dir it writes the files: the sender map, the tables of the exceptions, settings\n"
     "for main.cf, scripts for plain Postfix and for UCS, tries with swaks, and the way back.\n"
     "It writes nowhere else, and never touches Postfix itself.\n\n"
     "  wouldblock plan --stage warn --dir plan-warn\n"
     "  wouldblock plan --dir plan\n",
     command_plan},
    {"explain", "--client IP --sender ADDRESS", "Say what the rule does with one mail, now and after the plan, and why",
     "  wouldblock explain --client 192.0.2.7 --sender boss@company.my\n", command_explain},
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
	      "`wouldblock COMMAND --help` or `wouldblock help COMMAND` tells more of each,\n"
	      "`wouldblock help settings` prints a settings file with all defaults.\n",
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

	if (argc > 0 && strcmp(argv[0], "settings") == 0) {
		settings_print(stdout);
		output_check();
		return 0;
	}
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
	o.common.version = WB_VERSION;
	const struct command *c = find(rest.v[0]);
	return c->run(c, &o.common, rest.n - 1, rest.v + 1);
}
