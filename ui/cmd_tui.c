#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "../analyzer/msg.h"
#include "follower.h"
#include "term.h"
#include "tui.h"

struct tui_command {
	struct common common;
	const char *rule, *since, *until, *follow, *keys, *size, *times;
	bool dump;
};

#define AT(field) offsetof(struct tui_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct tui_command),
    {"--rule", "NAME", OPTION_STRING, AT(rule), "which rule (default: own-domain)", 0, 0, NULL},
    {"--since", "TIME", OPTION_TIME, AT(since), "mails from then on: YYYY-MM-DD, or with HH:MM, or RFC 3339", 0, 0,
     NULL},
    {"--until", "TIME", OPTION_TIME, AT(until), "mails before then; in the past: as of that time", 0, 0, NULL},
    {"--follow", "FILE", OPTION_STRING, AT(follow), "also read this log into the database as it grows", 0, 0, NULL},
    {"--keys", "SCRIPT", OPTION_STRING, AT(keys),
     "press these keys first: jj<enter>/news<enter><esc>; <up> <down> <pgup> <pgdn> <home> <end> <tab> <bksp> <lt> "
     "<mouse Y X> <size COLSxROWS>",
     0, 0, NULL},
    {"--size", "SIZE", OPTION_STRING, AT(size), "with --dump: how large the screen is, COLSxROWS (default: 80x24)", 0,
     0, NULL},
    {"--times", "FILE", OPTION_STRING, AT(times),
     "write there at the end how often each query ran, and how many milliseconds it took in all and at most", 0, 0,
     NULL},
    {"--dump", NULL, OPTION_FLAG, AT(dump), "print the screen as text, and end; needs no terminal", 0, 0, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

static int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What ages are told by: the clock, or the moment that --until asks about. */
static int64_t now_of(const struct tui *t)
{
	int64_t now = clock_now();

	return t->load.until != STAMP_NONE && t->load.until < now ? t->load.until : now;
}

/* ------------------------------------------------------------------ without a terminal */

static void size_of(const char *said, int *cols, int *lines)
{
	struct slice s = slice_str(said);
	uint64_t a, b;

	if (!slice_number(&s, GRID_MAX, &a) || !slice_skip(&s, SLICE("x")) || !slice_number(&s, GRID_MAX, &b) || s.n ||
	    a == 0 || b == 0)
		msg_die(EX_USAGE, "tui: --size: COLSxROWS, each from 1 to %d, for example 80x24", GRID_MAX);
	*cols = (int)a;
	*lines = (int)b;
}

static struct key next_key(struct slice *script)
{
	struct slice was = *script;
	struct key k;
	char safe[60];

	if (!keys_script(script, &k))
		msg_die(EX_USAGE, "tui: --keys: no such key: %s", msg_safe(was, safe, sizeof safe));
	return k;
}

static void dump(struct tui *t, const struct tui_command *o)
{
	struct slice script = slice_str(o->keys ? o->keys : "");
	struct grid g = {0};
	struct text out = {0};
	int cols, lines;

	size_of(o->size ? o->size : "80x24", &cols, &lines);
	for (;;) {
		tui_settle(t);
		grid_reset(&g, lines, cols);
		tui_draw(t, &g, now_of(t));
		if (script.n == 0 || t->quit)
			break;
		struct key k = next_key(&script);
		if (k.code == CODE_SIZE) {
			cols = k.x;
			lines = k.y;
		}
		tui_key(t, &k);
	}
	grid_print(&g, &out);
	fwrite(out.p, 1, out.n, stdout);
	output_check();
	text_release(&out);
	grid_release(&g);
}

/* ------------------------------------------------------------------ in a terminal */

static void show(struct tui *t, struct grid *g)
{
	int lines, cols;

	if (t->redraw)
		term_redraw();
	t->redraw = false;
	term_size(&lines, &cols);
	grid_reset(g, lines, cols);
	tui_draw(t, g, now_of(t));
	term_show(g);
}

/* A process that does not run must hold no lock: neither a reader's nor a writer's. */
static void suspend(struct tui *t, struct follower *f)
{
	t->suspend = false;
	lane_rest(t->rows, true);
	lane_rest(t->head_lane, true);
	if (f)
		follower_stop(f);
	term_suspend();
	if (f)
		follower_start(f);
	lane_rest(t->rows, false);
	lane_rest(t->head_lane, false);
}

/* Of what ended a thread of ours. */
static void look_at_threads(struct tui *t, struct follower *f)
{
	const struct msg_death *death = lane_death(t->rows);
	int code;

	if (!death)
		death = lane_death(t->head_lane);
	if (death)
		msg_die(death->code, "%s", death->words);
	const char *trouble = f ? follower_trouble(f, &code) : NULL;
	if (trouble && !t->trouble)
		tui_say(t, trouble);
	t->trouble = trouble;
}

/* One key of the script, if all that was asked for before is there. */
static bool scripted(struct tui *t, struct slice *script, struct key *k)
{
	if (script->n == 0 || !tui_view(t)->sheet)
		return false;
	*k = next_key(script);
	return true;
}

static void run(struct tui *t, struct follower *f, int wake, struct slice script)
{
	struct grid g = {0};
	struct key k;

	while (!t->quit && !term_signal()) {
		look_at_threads(t, f);
		show(t, &g);
		/* all that is there is taken before it is shown: a paste, a storm of resizes */
		enum term_event e = scripted(t, &script, &k) ? TERM_KEY : term_wait(1000, wake, &k);
		for (int n = 0; e == TERM_KEY && n < 1000 && !t->quit; n++) {
			tui_key(t, &k);
			if (t->suspend)
				suspend(t, f);
			e = term_wait(0, wake, &k);
		}
		if (e == TERM_GONE)
			break;
		tui_take(t);
	}
	grid_release(&g);
}

/* ------------------------------------------------------------------ the command */

/* A plan needs a rule of the settings with a map of rows; without one the view says so. */
static const char *no_plan(const struct settings *s, const char *name)
{
	for (int i = 0; i < s->rules.count; i++) {
		const char *map = s->rules.rule[i].map;
		if (strcmp(s->rules.rule[i].name, name) != 0)
			continue;
		if (!map)
			return "This rule has no access map in the settings, so there is no plan: name one as `map`.";
		struct slice path = access_path_of(slice_str(map));
		if (access_kind_of(slice_str(map)) != ACCESS_INDEXED || plan_text_trouble(map) || strpbrk(map, " ,") ||
		    path.n == 0 || path.p[path.n - 1] == '/')
			return "The rule's access map in the settings is none that a plan can be made for.";
		return NULL;
	}
	return "The settings do not know this rule, so there is no plan.";
}

static void need_database(const char *database)
{
	char safe[400];

	if (access(database, F_OK) != 0 && errno == ENOENT)
		msg_die(EX_NOINPUT,
		        "tui: no database %s yet: `wouldblock ingest /var/log/mail.log*` makes it, or `wouldblock tui "
		        "--follow /var/log/mail.log`",
		        msg_safe(slice_str(database), safe, sizeof safe));
}

static bool colour_wanted(void)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no);
}

/* What ended it is said after the screen is gone, and ends us, as msg_die would have: what it had taken stays so. */
static void end_follower(struct follower *f)
{
	int code;

	if (!f)
		return;
	follower_stop(f);
	const char *trouble = follower_trouble(f, &code);
	if (!trouble)
		return;
	msg_warn("%s", trouble);
	fflush(stdout);
	_exit(code);
}

/* A line for each query that ran, `read/tui_live 12 9.311 1.204`, and one for the read transactions. */
static void write_times(const char *path, const struct reader_times *t)
{
	FILE *f = fopen(path, "we");
	char safe[300];

	for (int i = 0; f && i <= SQL_COUNT; i++) {
		const struct reader_time *one = i < SQL_COUNT ? &t->query[i] : &t->held;
		if (one->times)
			fprintf(f, "%s %lld %.3f %.3f\n", i < SQL_COUNT ? sql_name[i] : "transaction",
			        (long long)one->times, (double)one->total_us / 1000, (double)one->longest_us / 1000);
	}
	if (!f || fclose(f) != 0)
		msg_die(EX_CANTCREAT, "tui: cannot write %s: %s", msg_safe(slice_str(path), safe, sizeof safe),
		        strerror(errno));
}

static void run_in_terminal(const struct load *load, struct follower *f, const int wake[2], const char *keys)
{
	term_open(colour_wanted());
	struct tui *t = tui_new(load, true, wake[1]);
	run(t, f, wake[0], slice_str(keys ? keys : ""));
	term_close();
	bool freed = tui_free(t);
	end_follower(f);
	if (!freed) {
		/* A query of a large database is still running; nothing of ours is lost with it. */
		fflush(stdout);
		_exit(0);
	}
}

static void run_without_terminal(const struct load *load, const struct tui_command *o, struct follower *f)
{
	struct tui *t = tui_new(load, false, -1);

	dump(t, o);
	tui_free(t);
	end_follower(f);
}

static struct follower *follow(const struct tui_command *o, const struct settings *s, const char *database, int wake)
{
	struct follower *f;

	if (geteuid() == 0 && !o->common.database && !s->database && !getenv("WOULDBLOCK_DB"))
		msg_die(EX_NOPERM, "tui: --follow does not need root: run it as a user in group adm, or name a "
		                   "database with --db");
	f = follower_new(&o->common, database, o->follow, wake);
	if (!follower_start(f))
		end_follower(f);
	return f;
}

int command_tui(const struct command *c, struct common *common, int argc, char **argv)
{
	struct tui_command o = {.common = *common, .rule = "own-domain"};
	struct option_rest rest = {0};
	struct settings settings;
	struct planned planned = {0};
	struct follower *f = NULL;
	struct reader_times took = {0};
	int wake[2];

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n)
		msg_die(EX_USAGE, "tui: what is `%s`? It takes options only", rest.v[0]);
	if (!o.dump && term_trouble())
		msg_die(EX_USAGE, "tui: %s; `wouldblock report` and `wouldblock list` need none", term_trouble());
	glyph_ascii_only(strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
	reader_threads();
	common_settings(&o.common, &settings);
	char *database = o.follow ? common_database_made(&o.common, &settings) : common_database(&o.common, &settings);
	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		msg_die(EX_OSERR, "tui: %s", strerror(errno));
	if (o.follow)
		f = follow(&o, &settings, database, wake[1]);
	need_database(database);
	struct load load = {.database = database,
	                    .rule = o.rule,
	                    .since = option_time("--since", o.since),
	                    .until = option_time("--until", o.until),
	                    .settings = &settings,
	                    .origin = common_origin(&settings),
	                    .no_plan = no_plan(&settings, o.rule),
	                    .took = o.times ? &took : NULL};
	if (!load.no_plan) {
		planned_open(&planned, "tui", &o.common, &(struct planned_options){.rule = o.rule});
		reader_brief(planned.reader);
		load.planned = &planned;
	}
	if (o.dump)
		run_without_terminal(&load, &o, f);
	else
		run_in_terminal(&load, f, wake, o.keys);
	follower_free(f);
	close(wake[0]);
	close(wake[1]);
	if (load.planned)
		reader_times_add(&took, reader_times(planned.reader));
	if (o.times)
		write_times(o.times, &took);
	if (load.planned)
		planned_release(&planned);
	origin_free((struct origin *)load.origin);
	free(database);
	settings_release(&settings);
	return 0;
}
