#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include "../analyzer/fact.h"
#include "../analyzer/ingest.h"
#include "../analyzer/input.h"
#include "../analyzer/msg.h"
#include "../analyzer/query.h"
#include "command.h"
#include "encode.h"
#include "progress.h"

struct ingest_command {
	struct common common;
	const char *log;
	int64_t year, batch;
	bool rebuild, set_aside, no_follow, quiet;
};

static const struct option_row rows[] = {
    COMMON_ROWS(struct ingest_command),
    {"--log", "NAME", OPTION_STRING, offsetof(struct ingest_command, log), "which log stdin (or the files) belongs to",
     0, 0, NULL},
    {"--year", "YYYY", OPTION_INT, offsetof(struct ingest_command, year),
     "year of the first stamp that has none, where the file's time does not tell", 1970, 9999, NULL},
    {"--rebuild", NULL, OPTION_FLAG, offsetof(struct ingest_command, rebuild),
     "forget all that was read and read it anew, in order; needs all logs", 0, 0, NULL},
    {"--set-aside", NULL, OPTION_FLAG, offsetof(struct ingest_command, set_aside),
     "if the database is damaged: rename it, keep what people said, and read these logs into a new one", 0, 0, NULL},
    {"--no-follow", NULL, OPTION_FLAG, offsetof(struct ingest_command, no_follow),
     "refuse a log that is a symbolic link; else what it leads to is read", 0, 0, NULL},
    {"--batch", "LINES", OPTION_INT, offsetof(struct ingest_command, batch),
     "commit at least every so many lines, 65536 if not given", 1, 65536, NULL},
    {"--quiet", NULL, OPTION_FLAG, offsetof(struct ingest_command, quiet), "say nothing but trouble", 0, 0, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

static volatile int stop; /* the signal that came, or 0 */

static void on_signal(int sig)
{
	stop = sig;
}

static void catch_signals(void)
{
	struct sigaction a = {.sa_handler = on_signal};

	sigemptyset(&a.sa_mask);
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
}

struct show {
	struct progress progress;
	const char *path;
};

static void show_progress(void *arg, const char *path, int64_t done, int64_t total)
{
	struct show *s = arg;

	if (s->path != path) {
		if (s->path)
			progress_end(&s->progress);
		progress_init(&s->progress, path, total > 0 ? (uint64_t)total : 0);
		s->path = path;
	}
	progress_at(&s->progress, done > 0 ? (uint64_t)done : 0, NULL);
}

static uint64_t understood(const struct ingest_result *r)
{
	return r->lines - r->kinds[RECORD_OTHER] - r->kinds[RECORD_NO_INTEREST];
}

static void print_samples(const struct ingest_result *r)
{
	struct text t = {0};

	for (int i = 0; i < r->samples; i++) {
		text_clear(&t);
		text_str(&t, "    ");
		encode_term(&t, slice_str(r->sample[i].path));
		text_printf(&t, ":%llu: ", (unsigned long long)r->sample[i].line);
		encode_term(&t, slice_of(r->sample[i].text, r->sample[i].n));
		puts(t.p);
	}
	text_release(&t);
}

/* Most lines first; each kind by its name in `records`. */
static void print_kinds(const struct ingest_result *r)
{
	bool shown[RECORD_KIND_COUNT] = {[RECORD_OTHER] = true, [RECORD_NO_INTEREST] = true};

	for (;;) {
		int best = -1;
		for (int k = 0; k < RECORD_KIND_COUNT; k++)
			if (!shown[k] && r->kinds[k] && (best < 0 || r->kinds[k] > r->kinds[best]))
				best = k;
		if (best < 0)
			return;
		shown[best] = true;
		printf("    %12llu  %s\n", (unsigned long long)r->kinds[best],
		       record_kind_name((enum record_kind)best));
	}
}

static void print_account(const struct ingest_result *r)
{
	printf("%llu lines = %llu understood + %llu not of interest + %llu not understood\n",
	       (unsigned long long)r->lines, (unsigned long long)understood(r),
	       (unsigned long long)r->kinds[RECORD_NO_INTEREST], (unsigned long long)r->kinds[RECORD_OTHER]);
	print_kinds(r);
	if (r->samples)
		printf("  not understood, for example:\n");
	print_samples(r);
	if (r->counts.sessions_checked)
		printf("%llu sessions checked against Postfix's own counters, %llu differ\n",
		       (unsigned long long)r->counts.sessions_checked, (unsigned long long)r->counts.sessions_differ);
	if (r->counts.evictions)
		printf("%llu sessions or mails had to make room: their fate is `unknown`\n",
		       (unsigned long long)r->counts.evictions);
	if (r->limit_hits)
		printf("%llu matches of a rule's pattern ran into the match limit: the text counts as none of its\n",
		       (unsigned long long)r->limit_hits);
	if (r->counts.suspect)
		printf("%llu attempts can be read in two ways and decide nothing\n",
		       (unsigned long long)r->counts.suspect);
}

static void print_span(const struct ingest_result *r)
{
	char from[STAMP_TEXT], to[STAMP_TEXT];

	if (r->first_us == STAMP_NONE)
		return;
	from[stamp_text(r->first_us, 0, from)] = '\0';
	to[stamp_text(r->last_us, 0, to)] = '\0';
	printf("%llu attempts in lines from %s to %s\n", (unsigned long long)r->counts.attempts, from, to);
}

static void print_result(const struct ingest_result *r)
{
	printf("%zu file%s read, %zu new", r->files, r->files == 1 ? "" : "s", r->files_new);
	if (r->known)
		printf(", %zu already read", r->known);
	putchar('\n');
	print_span(r);
	print_account(r);
	if (r->unsure)
		printf("the year of some stamps is a guess: say it with --year YYYY in a fresh database\n");
}

/* What a number of the database is that is no fate: damage, which others tell of. */
#define NO_FATE FATE_COUNT

/* All the mails that are warned so far, by fate. Summed up here: SQLite would sort them for it. */
static void count_mails(struct reader *r, int64_t mails[NO_FATE + 1])
{
	struct query *q = query_new(r, SQL_READ_INGEST_FATES, NULL, 0);
	int64_t mail = 0;
	uint64_t fate = NO_FATE;

	while (query_row(q)) {
		if (query_number(q, 0) != mail) {
			mails[fate]++;
			mail = query_number(q, 0);
			fate = NO_FATE;
		}
		if ((uint64_t)query_number(q, 1) < fate)
			fate = (uint64_t)query_number(q, 1);
	}
	mails[fate]++;
	query_free(q);
}

/* All the mails that are warned so far, and what became of them. */
static void print_mails(struct reader *r)
{
	int64_t mails[NO_FATE + 1] = {0}, all = 0, lost = 0;

	count_mails(r, mails);
	for (int f = 0; f < FATE_COUNT; f++) {
		all += mails[f];
		lost += fate_loses((enum fate)f) ? mails[f] : 0;
	}
	printf("  %lld mail%s warned, %lld would be lost\n", (long long)all, all == 1 ? "" : "s", (long long)lost);
	for (int f = 0; f < FATE_COUNT; f++)
		if (mails[f])
			printf("    %12lld  %s\n", (long long)mails[f], fate_name((enum fate)f));
}

/* What is known after this call; earlier ones are part of it. */
static void print_database(const char *database)
{
	const struct query_param always[] = {{"since", SLICE_NONE, 0, true}, {"until", SLICE_NONE, 0, true}};
	struct reader *r = reader_open(database);
	struct query *q = query_new(r, SQL_READ_REPORT_HEAD, always, sizeof always / sizeof *always);
	struct text t = {0};

	if (query_row(q) && slice_is_set(query_text(q, 0))) {
		encode_term(&t, query_text(q, 0));
		text_str(&t, " to ");
		encode_term(&t, query_text(q, 1));
		text_str(&t, ", hosts ");
		encode_term(&t, query_text(q, 5));
		printf("the database now: %s\n", t.p);
		print_mails(r);
	}
	text_release(&t);
	query_free(q);
	reader_close(r);
}

int command_ingest(const struct command *c, struct common *common, int argc, char **argv)
{
	struct ingest_command o = {.common = *common, .batch = 65536};
	struct option_rest rest = {0};
	struct settings settings;
	struct show show = {0};
	struct ingest_result result;

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n == 0)
		msg_die(EX_USAGE, "ingest: which log? for example `wouldblock ingest /var/log/mail.log*`");
	common_settings(&o.common, &settings);
	char *database = common_database_made(&o.common, &settings);
	struct origin *origin = common_origin(&settings);
	msg_quiet(o.quiet);
	if (o.no_follow)
		input_refuse_links();
	catch_signals();
	struct ingest_options options = {.log = o.log,
	                                 .year = (int)o.year,
	                                 .rebuild = o.rebuild,
	                                 .set_aside = o.set_aside,
	                                 .filters = settings.relays.item,
	                                 .filters_n = settings.relays.n,
	                                 .batch_lines = (uint32_t)o.batch,
	                                 .progress = show_progress,
	                                 .progress_arg = &show,
	                                 .stop = &stop};
	ingest_run(database, &settings.rules, origin, (const char *const *)rest.v, (size_t)rest.n, &options, &result);
	if (show.path)
		progress_end(&show.progress);
	if (!o.quiet) {
		print_result(&result);
		if (result.lines || result.known)
			print_database(database);
	}
	output_check();
	int code = stop ? 128 + stop : result.exit;
	ingest_release(&result);
	origin_free(origin);
	settings_release(&settings);
	free(database);
	return code;
}
