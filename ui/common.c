#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "../analyzer/input.h"
#include "../analyzer/msg.h"
#include "../analyzer/query.h"
#include "command.h"

static void zone_set(const struct common *c, struct settings *s)
{
	char why[200];

	if (c->timezone && !settings_set(s, "log", "timezone", c->timezone, why, sizeof why))
		msg_die(EX_USAGE, "--tz: %s", why);
	if (s->timezone)
		setenv("TZ", s->timezone, 1);
	tzset();
}

void common_settings(const struct common *c, struct settings *s)
{
	int complaints = settings_load(s, c->config);

	if (complaints != 0)
		exit(complaints < 0 ? EX_IOERR : EX_CONFIG);
	zone_set(c, s);
	input_unpack_limit(s->unpack_limit);
}

/* Days must be cut as they were when the database was made, unless somebody says a zone. */
static void zone_adopt(const struct settings *s, const char *database)
{
	char zone[256];

	if (s->timezone || !reader_zone(database, zone, sizeof zone) || !zone[0])
		return;
	setenv("TZ", zone, 1);
	tzset();
}

char *common_database(const struct common *c, const struct settings *s)
{
	char *database = c->database ? xstrdup(c->database) : settings_database(s);

	zone_adopt(s, database);
	return database;
}

char *common_database_made(const struct common *c, const struct settings *s)
{
	char *failed = c->database ? NULL : settings_make_directories(s);
	char safe[300];

	if (failed)
		msg_die(EX_CANTCREAT, "cannot make directory %s for the database: %s",
		        msg_safe(slice_str(failed), safe, sizeof safe), strerror(errno));
	return common_database(c, s);
}

struct origin *common_origin(const struct settings *s)
{
	size_t n = s->inside.n + s->mynetworks.n;
	struct network *inside = xcalloc(n + 1, sizeof *inside);

	if (s->inside.n)
		memcpy(inside, s->inside.item, s->inside.n * sizeof *inside);
	if (s->mynetworks.n)
		memcpy(inside + s->inside.n, s->mynetworks.item, s->mynetworks.n * sizeof *inside);
	struct origin *o = origin_new(inside, n, s->shared.item, s->shared.n);
	free(inside);

	origin_canaries(o, s->canary_client.item, s->canary_client.n, s->canary_sender.item, s->canary_sender.n);
	origin_domains(o, s->domains.item, s->domains.n);
	return o;
}

void output_check(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return;
	if (errno == EPIPE)
		_exit(128 + SIGPIPE); /* the reader has had enough: nothing to tell */
	msg_die(EX_IOERR, "cannot write output: %s", strerror(errno ? errno : EIO));
}

int output_width(void)
{
	const char *columns = getenv("COLUMNS");
	bool terminal = isatty(STDOUT_FILENO);
	struct winsize w;

	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
		return w.ws_col;
	long n = columns ? strtol(columns, NULL, 10) : 0;
	if (n >= 40 && n <= 10000)
		return (int)n;
	return terminal ? 80 : 0;
}

bool output_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

int command_help(const struct command *c, const struct option_row *rows, size_t n)
{
	printf("usage: wouldblock %s [OPTION]...%s%s\n\n%s.\n", c->name, *c->operands ? " " : "", c->operands,
	       c->summary);
	if (c->help)
		printf("\n%s", c->help);
	printf("\nOptions:\n");
	option_help(stdout, rows, n);
	output_check();
	return 0;
}
