/*
 * genlog: a big mail log as two busy hosts would write it, to measure with, and
 * the truth about it, to count against. The same options give the same bytes.
 */
#include "genlog_story.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct options {
	uint64_t bytes, lines, seed;
	bool iso, dense;
	int year, month, day;
	const char *truth;
};

static const char usage[] =
    "genlog [--bytes N|--lines N] [--stamp bsd|iso] [--seed N] [--start YYYY-MM-DD] [--dense]\n"
    "       [--truth FILE] > LOG\n"
    "  --bytes, --lines  how much, at least: sessions that are open run to their end (default 1 GB)\n"
    "  --start           first day (default 2026-11-02, a Monday)\n"
    "  --dense           only what leads to a warn or reject line, five times as much of it a day\n"
    "  --truth           writes what is in the log, a name and a number a line\n";

static _Noreturn void misused(const char *what)
{
	fprintf(stderr, "genlog: %s\n%s", what, usage);
	exit(64);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end)
		misused(text);
	return n;
}

static void options_read(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
	    {"bytes", required_argument, NULL, 'b'}, {"lines", required_argument, NULL, 'l'},
	    {"stamp", required_argument, NULL, 's'}, {"seed", required_argument, NULL, 'r'},
	    {"start", required_argument, NULL, 'd'}, {"dense", no_argument, NULL, 'n'},
	    {"truth", required_argument, NULL, 't'}, {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (c) {
		case 'b': o->bytes = number(optarg); break;
		case 'l': o->lines = number(optarg); break;
		case 's':
			o->iso = !strcmp(optarg, "iso");
			if (!o->iso && strcmp(optarg, "bsd"))
				misused(optarg);
			break;
		case 'r': o->seed = number(optarg); break;
		case 'd':
			if (sscanf(optarg, "%4d-%2d-%2d", &o->year, &o->month, &o->day) != 3)
				misused(optarg);
			break;
		case 'n': o->dense = true; break;
		case 't': o->truth = optarg; break;
		default: misused("unknown option");
		}
	if (optind < argc)
		misused(argv[optind]);
}

static bool enough(const struct options *o, const struct lines *l)
{
	if (o->lines)
		return lines_count(l) >= o->lines;
	return lines_bytes(l) >= (o->bytes ? o->bytes : UINT64_C(1000000000));
}

static void truth_write(const char *file, const struct truth *t, const struct lines *l)
{
	static const char *const names[FATE_COUNT] = {
#define X(id, name) name,
	    FATES(X)
#undef X
	};
	uint64_t mails = 0;
	FILE *f = fopen(file, "w");

	if (!f) {
		perror(file);
		exit(73);
	}
	fprintf(f, "lines %" PRIu64 "\nbytes %" PRIu64 "\n", lines_count(l), lines_bytes(l));
	fprintf(f, "warn_lines %" PRIu64 "\nreject_lines %" PRIu64 "\n", t->warns, t->rejects);
	fprintf(f, "sessions %" PRIu64 "\n", t->sessions);
	for (int i = 0; i < FATE_COUNT; i++)
		mails += t->fates[i];
	fprintf(f, "warned_mails %" PRIu64 "\n", mails);
	fprintf(f, "would_be_lost %" PRIu64 "\n", t->fates[FATE_DELIVERED] + t->fates[FATE_QUEUED]);
	for (int i = 0; i < FATE_COUNT; i++)
		fprintf(f, "%s %" PRIu64 "\n", names[i], t->fates[i]);
	if (fclose(f)) {
		perror(file);
		exit(74);
	}
}

int main(int argc, char **argv)
{
	struct options o = {.seed = 1, .year = 2026, .month = 11, .day = 2};
	struct world w;
	struct lines *l;
	struct teller *t;

	options_read(&o, argc, argv);
	l = lines_new(stdout, o.iso);
	world_init(&w, l, o.seed);
	t = teller_new(&w, days_from_date(o.year, o.month, o.day) * 24 * HOUR, o.dense);
	while (!enough(&o, l)) {
		lines_write(l, teller_next(t));
		teller_step(t);
	}
	teller_end(t);
	lines_flush(l);
	if (o.truth)
		truth_write(o.truth, teller_truth(t), l);
	teller_free(t);
	world_release(&w);
	lines_free(l);
	return 0;
}
