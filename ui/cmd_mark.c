#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "../analyzer/msg.h"
#include "../analyzer/punycode.h"
#include "../analyzer/verdict.h"
#include "command.h"
#include "encode.h"

struct mark_command {
	struct common common;
	const char *note, *owner, *expires;
};

#define AT(field) offsetof(struct mark_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct mark_command),
    {"--note", "TEXT", OPTION_STRING, AT(note), "why, at most 500 bytes; an empty one takes it away", 0, 0, NULL},
    {"--owner", "NAME", OPTION_STRING, AT(owner), "who answers for it", 0, 0, NULL},
    {"--expires", "DATE", OPTION_STRING, AT(expires), "YYYY-MM-DD, the last day on which it counts, or `never`", 0, 0,
     NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

/* One run of the command. */
struct marking {
	const char *database;
	struct mark mark;
	struct text line;
	bool bad;
};

static void print_line(struct marking *m)
{
	fwrite(m->line.p, 1, m->line.n, stdout);
	putchar('\n');
	text_clear(&m->line);
}

static void add_subject(struct text *t, const struct subject *s)
{
	char both[SUBJECT_TEXT + PUNYCODE_TEXT];

	text_printf(t, "%s ", subject_kind_name(s->kind));
	encode_term(t, slice_str(punycode_both(slice_str(s->text), both, sizeof both)));
}

/* ------------------------------------------------------------------ what the outcome is */

static void print_done(struct marking *m, const struct subject *s, const struct marked *done)
{
	struct text *t = &m->line;

	add_subject(t, s);
	if (done->how == MARKED_NOTHING) {
		text_str(t, ": no verdict to clear");
	} else if (done->how == MARKED_ALREADY) {
		text_printf(t, ": already %s", verdict_word_name(m->mark.word));
	} else if (m->mark.word == VERDICT_CLEAR) {
		text_printf(t, ": cleared%s%s", done->had ? ", it was " : "",
		            done->had ? verdict_word_name(done->was) : "");
	} else {
		text_printf(t, ": %s", verdict_word_name(m->mark.word));
		if (done->had && done->was != m->mark.word)
			text_printf(t, ", it was %s", verdict_word_name(done->was));
	}
	print_line(m);
}

static void print_reach(struct marking *m, const struct ways *w)
{
	struct text *t = &m->line;

	text_printf(t, "  covers %lld mail%s, of which %lld would be lost", (long long)w->mails,
	            w->mails == 1 ? "" : "s", (long long)w->lost);
	print_line(m);
	if (w->narrower)
		text_printf(t, "  %lld of these %s a narrower verdict, which counts", (long long)w->narrower,
		            w->narrower == 1 ? "has" : "have");
	if (w->narrower)
		print_line(m);
	if (w->wider)
		text_printf(t, "  %lld of these had a wider verdict, which counts no more for them",
		            (long long)w->wider);
	if (w->wider)
		print_line(m);
}

static void warn_of_doubt(const struct subject *s, const struct ways *w)
{
	char safe[SUBJECT_TEXT + 100];

	msg_safe(slice_str(s->text), safe, sizeof safe);
	if (s->also_domain)
		msg_note("`%s` is taken as the source of that name; `@%s` is the domain of senders", safe, safe);
	if (w->mails)
		return;
	if (*s->near)
		msg_warn("mark: %s %s: no mail so far matches it; did you mean the source %s?",
		         subject_kind_name(s->kind), safe, s->near);
	else
		msg_warn("mark: %s %s: no mail so far matches it", subject_kind_name(s->kind), safe);
}

/* --------------------------------------------------------------------------- marking */

static void mark_one(struct marking *m, const struct subject *s, struct reader *r)
{
	char how[200];
	struct verdict_row row;
	struct marked done;
	struct ways ways;

	ways_load(r, s, STAMP_NONE, &ways);
	bool stands = verdict_find(r, s, &row) && row.word == m->mark.word;
	bool changed = stands && ways_changed(r, s, row.id, how, sizeof how);
	verdict_mark(m->database, s, &m->mark, &ways, changed, &done);
	print_done(m, s, &done);
	if (m->mark.word != VERDICT_CLEAR) {
		print_reach(m, &ways);
		warn_of_doubt(s, &ways);
	}
	ways_release(&ways);
}

/* place: of a complaint, `mark` or `mark: line 3`. */
static void mark_typed(struct marking *m, struct slice typed, const char *place)
{
	char why[200], safe[300];
	struct subject s;
	struct reader *r = reader_open(m->database);

	if (subject_parse(r, typed, &s, why, sizeof why)) {
		mark_one(m, &s, r);
	} else {
		msg_warn("%s: `%s`: %s", place, msg_safe(typed, safe, sizeof safe), why);
		m->bad = true;
	}
	reader_close(r);
}

/* One subject a line; empty lines and those that begin with # are passed over. */
static void mark_lines(struct marking *m)
{
	char *line = NULL, place[40];
	size_t cap = 0;
	ssize_t n;

	for (unsigned long number = 1; (n = getline(&line, &cap, stdin)) > 0; number++) {
		struct slice s = slice_of(line, (size_t)n);
		while (s.n && strchr("\r\n", s.p[s.n - 1]) && s.p[s.n - 1])
			s.n--;
		if (s.n == 0 || s.p[0] == '#')
			continue;
		snprintf(place, sizeof place, "mark: line %lu", number);
		mark_typed(m, s, place);
	}
	if (ferror(stdin))
		msg_die(EX_IOERR, "mark: cannot read the subjects: %s", strerror(errno));
	free(line);
}

/* ------------------------------------------------------------------------ the command */

static enum verdict_word word_of(const char *name)
{
	static const char *const names[] = {"exempt", "move", "block", "clear"};
	enum verdict_word word;
	char safe[100];

	if (verdict_word_of(slice_str(name), &word) && word != VERDICT_LATER)
		return word;
	const char *near = option_nearest(name, names, sizeof names / sizeof *names);
	msg_safe(slice_str(name), safe, sizeof safe);
	if (near)
		msg_die(EX_USAGE, "mark: no verdict `%s`; did you mean `%s`?", safe, near);
	msg_die(EX_USAGE, "mark: no verdict `%s`; there are exempt move block clear", safe);
}

static void check_text(const char *option, const char *text)
{
	const char *trouble = text ? verdict_text_trouble(text) : NULL;

	if (trouble)
		msg_die(EX_USAGE, "mark: %s: %s", option, trouble);
}

static struct mark mark_of(const struct mark_command *o, const char *verdict)
{
	struct mark m = {.word = word_of(verdict), .note = o->note, .owner = o->owner, .expires = VERDICT_KEEP};
	char safe[100];

	check_text("--note", o->note);
	check_text("--owner", o->owner);
	if (!o->expires)
		return m;
	msg_safe(slice_str(o->expires), safe, sizeof safe);
	if (m.word == VERDICT_CLEAR)
		msg_die(EX_USAGE, "mark: --expires does not go with clear");
	if (!verdict_day(o->expires, &m.expires))
		msg_die(EX_USAGE, "mark: --expires: `%s` is no day; YYYY-MM-DD or `never`", safe);
	if (m.expires < verdict_today())
		msg_die(EX_USAGE, "mark: --expires: %s is past", safe);
	return m;
}

int command_mark(const struct command *c, struct common *common, int argc, char **argv)
{
	struct mark_command o = {.common = *common};
	struct option_rest rest = {0};
	struct settings settings;

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n != 2)
		msg_die(EX_USAGE, "mark: what, and how? for example `wouldblock mark news.example exempt`");
	common_settings(&o.common, &settings);
	char *database = common_database(&o.common, &settings);
	struct marking m = {.database = database, .mark = mark_of(&o, rest.v[1])};
	if (strcmp(rest.v[0], "-") == 0)
		mark_lines(&m);
	else
		mark_typed(&m, slice_str(rest.v[0]), "mark");
	output_check();
	text_release(&m.line);
	free(database);
	settings_release(&settings);
	return m.bad ? EX_DATAERR : 0;
}
