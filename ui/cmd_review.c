#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/msg.h"
#include "../analyzer/quote.h"
#include "../analyzer/review.h"
#include "command.h"
#include "review_show.h"

#define LINES 8 /* raw lines that `r` shows */

struct review_command {
	struct common common;
	const char *rule;
};

#define AT(field) offsetof(struct review_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct review_command),
    {"--rule", "NAME", OPTION_STRING, AT(rule), "which rule (default: own-domain)", 0, 0, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

/* What `u` needs to take an answer back. */
struct answer {
	struct subject subject;
	int64_t before;
	size_t question;
	bool later;
};

struct conversation {
	const char *database;
	struct source_window window;
	struct reader *reader; /* as of the last answer */
	struct review *review;
	size_t at;              /* the question */
	struct subject subject; /* about which the next verdict is */
	char *note;             /* for it, or NULL */
	struct answer *answer;
	size_t answers;
	bool terminal, ended;
	struct text text;
	char *line; /* the last answer, and the room of getline */
	size_t line_cap;
};

/* ------------------------------------------------------------------ talking */

static void say(struct conversation *c)
{
	fwrite(c->text.p, 1, c->text.n, stdout);
	text_clear(&c->text);
}

/* The answer without blanks around it; absent at the end. What is piped in is not shown again. */
static struct slice listen(struct conversation *c, const char *prompt)
{
	printf("%s%s", prompt, c->terminal ? "" : "\n");
	fflush(stdout);
	ssize_t n = getline(&c->line, &c->line_cap, stdin);
	if (n < 0) {
		if (ferror(stdin))
			msg_die(EX_IOERR, "review: cannot read an answer: %s", strerror(errno));
		if (c->terminal)
			putchar('\n');
		c->ended = true;
		return SLICE_NONE;
	}
	struct slice s = slice_of(c->line, (size_t)n);
	while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	while (s.n && (unsigned char)s.p[0] <= ' ')
		s = slice_from(s, 1);
	c->line[s.p + s.n - c->line] = '\0';
	return s;
}

static const struct review_question *question(const struct conversation *c)
{
	return &c->review->question[c->at];
}

static bool same_subject(const struct subject *a, const struct subject *b)
{
	return a->kind == b->kind && strcmp(a->text, b->text) == 0;
}

static int64_t left(const struct conversation *c)
{
	const struct review_question *q = question(c);

	return q->source ? review_undecided(c->reader, &c->window, q->source) : 0;
}

/* What the verdict would be about, where that is not plain from the question. */
static void show_about(struct conversation *c)
{
	const struct review_question *q = question(c);
	struct review_choice reach;

	review_reach(c->reader, &c->window, &c->subject, q->source, &reach);
	if (!same_subject(&c->subject, &q->subject) || (q->source && reach.others))
		show_reach(&c->text, &reach);
	say(c);
}

static void show(struct conversation *c)
{
	show_question(&c->text, c->review, question(c), c->at + 1, c->review->n, left(c));
	say(c);
	show_about(c);
}

static void begin(struct conversation *c, size_t at)
{
	c->at = at;
	free(c->note);
	c->note = NULL;
	if (at < c->review->n)
		c->subject = question(c)->subject;
}

/* ------------------------------------------------------------------ answers that write */

static void refresh(struct conversation *c)
{
	reader_close(c->reader);
	c->reader = reader_open(c->database);
}

static void remember(struct conversation *c, const struct marked *done, bool later)
{
	c->answer = xgrown(c->answer, c->answers, sizeof *c->answer);
	c->answer[c->answers++] =
	    (struct answer){.subject = c->subject, .before = done->before, .question = c->at, .later = later};
}

/* On to the next question, or to what is left of this one. */
static void go_on(struct conversation *c)
{
	if (question(c)->source && !same_subject(&c->subject, &question(c)->subject) && left(c) > 0) {
		begin(c, c->at);
		show(c);
		return;
	}
	begin(c, c->at + 1);
}

static void write_verdict(struct conversation *c, const struct mark *m)
{
	struct marked done;
	struct ways ways;

	ways_load(c->reader, &c->subject, STAMP_NONE, &ways);
	/* Asked about and confirmed: what it is like now is what counts from now on. */
	verdict_mark(c->database, &c->subject, m, &ways, question(c)->why != REVIEW_UNDECIDED, &done);
	ways_release(&ways);
	refresh(c);
	if (done.how == MARKED_NEW)
		remember(c, &done, m->word == VERDICT_LATER);
	text_str(&c->text, "  ");
	show_subject(&c->text, &c->subject);
	text_printf(&c->text, ": %s%s\n", done.how == MARKED_ALREADY ? "already " : "", verdict_word_name(m->word));
	say(c);
	go_on(c);
}

static bool take_note(struct conversation *c, struct slice text)
{
	const char *trouble = verdict_text_trouble(text.p);

	if (trouble) {
		printf("  the note: %s\n", trouble);
		return false;
	}
	free(c->note);
	c->note = xstrndup(text.p, text.n);
	return true;
}

static void decide(struct conversation *c, enum verdict_word word, struct slice note)
{
	if (note.n && !take_note(c, note))
		return;
	write_verdict(c, &(struct mark){.word = word, .note = c->note, .expires = VERDICT_KEEP});
}

static void answer_exempt(struct conversation *c, struct slice rest)
{
	decide(c, VERDICT_EXEMPT, rest);
}

static void answer_move(struct conversation *c, struct slice rest)
{
	decide(c, VERDICT_MOVE, rest);
}

static void answer_block(struct conversation *c, struct slice rest)
{
	decide(c, VERDICT_BLOCK, rest);
}

static void answer_later(struct conversation *c, struct slice rest)
{
	int64_t day;

	if (slice_skip(&rest, SLICE("until ")) || rest.n == 0)
		rest = rest.n ? rest : listen(c, "  later until (YYYY-MM-DD)? ");
	if (c->ended)
		return;
	if (!verdict_day(rest.p, &day) || day == VERDICT_NEVER || day <= verdict_today()) {
		printf("  not a day to come: YYYY-MM-DD\n");
		return;
	}
	write_verdict(c, &(struct mark){.word = VERDICT_LATER, .note = c->note, .expires = day});
}

static void answer_undo(struct conversation *c, struct slice rest)
{
	(void)rest;
	if (c->answers == 0) {
		printf("  nothing to undo\n");
		return;
	}
	struct answer a = c->answer[--c->answers];
	verdict_restore(c->database, &a.subject, a.before);
	refresh(c);
	text_str(&c->text, "  taken back: ");
	show_subject(&c->text, &a.subject);
	text_char(&c->text, '\n');
	say(c);
	bool here = a.question == c->at;
	begin(c, a.question);
	if (here)
		show(c);
}

/* ------------------------------------------------------------------ answers that show */

static void choose(struct conversation *c, bool wider)
{
	struct review_choice choice[REVIEW_CHOICES];
	uint64_t k;
	size_t n = wider ? review_wider(c->reader, &c->window, &c->subject, question(c)->source, choice)
	                 : review_narrower(c->reader, &c->window, &c->subject, choice);

	if (n == 0) {
		printf("  nothing %s than this\n", wider ? "wider" : "narrower");
		return;
	}
	show_choices(&c->text, choice, n, wider);
	say(c);
	struct slice s = listen(c, "  which number (none: as it was)? ");
	if (s.n == 0)
		return;
	if (!slice_number(&s, n, &k) || s.n || k == 0) {
		printf("  no such number\n");
		return;
	}
	c->subject = choice[k - 1].subject;
	show_about(c);
}

static void answer_narrower(struct conversation *c, struct slice rest)
{
	(void)rest;
	choose(c, false);
}

static void answer_wider(struct conversation *c, struct slice rest)
{
	(void)rest;
	choose(c, true);
}

static void answer_raw(struct conversation *c, struct slice rest)
{
	uint64_t place[LINES];
	struct quote quote;
	bool of_question = same_subject(&c->subject, &question(c)->subject);

	(void)rest;
	size_t n =
	    review_lines(c->reader, &c->window, &c->subject, of_question ? question(c)->source : NULL, place, LINES);
	for (size_t i = 0; i < n; i++) {
		bool found = quote_line(c->reader, place[i], &quote);
		show_line(&c->text, found, quote.where, slice_of(quote.line, quote.n));
	}
	if (n == 0)
		text_str(&c->text, "  no line\n");
	say(c);
}

static void answer_note(struct conversation *c, struct slice rest)
{
	if (rest.n == 0)
		rest = listen(c, "  note? ");
	if (!c->ended && take_note(c, rest))
		printf("  noted, for the verdict to come\n");
}

static void answer_skip(struct conversation *c, struct slice rest)
{
	(void)rest;
	begin(c, c->at + 1);
}

static void answer_quit(struct conversation *c, struct slice rest)
{
	(void)rest;
	c->ended = true;
}

static void answer_help(struct conversation *c, struct slice rest)
{
	(void)rest;
	show_help(&c->text);
	say(c);
}

/* -------------------------------------------------------------------- the conversation */

static const struct {
	const char *word; /* its first letter is enough, but for `note` */
	char key;
	void (*answer)(struct conversation *c, struct slice rest);
} answers[] = {
    {"exempt", 'e', answer_exempt}, {"move", 'm', answer_move}, {"block", 'b', answer_block},
    {"later", 'l', answer_later},   {"raw", 'r', answer_raw},   {"narrower", 'n', answer_narrower},
    {"wider", 'w', answer_wider},   {"note", 'o', answer_note}, {"undo", 'u', answer_undo},
    {"skip", 's', answer_skip},     {"quit", 'q', answer_quit}, {"help", '?', answer_help},
};

static void take(struct conversation *c, struct slice line)
{
	ptrdiff_t blank = slice_chr(line, ' ');
	struct slice word = blank < 0 ? line : slice_head(line, (size_t)blank), rest = slice_from(line, word.n);

	while (rest.n && rest.p[0] == ' ')
		rest = slice_from(rest, 1);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		if (slice_eq(word, slice_of(&answers[i].key, 1)) || slice_eq(word, slice_str(answers[i].word))) {
			answers[i].answer(c, rest);
			return;
		}
	if (word.n)
		printf("  no such answer; ? tells which there are\n");
}

static void ask(struct conversation *c)
{
	size_t at = c->at;

	show(c);
	while (!c->ended && c->at == at) {
		struct slice line = listen(c, "exempt move block later narrower wider raw note undo skip quit ?> ");
		if (!c->ended)
			take(c, line);
	}
}

/* Another answer may have covered it. */
static bool is_open(const struct conversation *c)
{
	return !question(c)->source || left(c) > 0;
}

static void talk(struct conversation *c)
{
	if (c->review->n == 0) {
		printf("Nothing to decide: every source with would-be-lost mail has a verdict.\n");
		return;
	}
	for (begin(c, 0); !c->ended && c->at < c->review->n;)
		if (is_open(c))
			ask(c);
		else
			begin(c, c->at + 1);
}

static void sum_up(struct conversation *c)
{
	struct review *now = review_load(c->reader, &c->window, verdict_today());
	size_t later = 0;

	for (size_t i = 0; i < c->answers; i++)
		later += c->answer[i].later;
	printf("\n%zu decided, %zu put off; undecided: %lld source%s, %lld would-be-lost mail%s\n", c->answers - later,
	       later, (long long)now->sources->undecided, now->sources->undecided == 1 ? "" : "s",
	       (long long)now->sources->undecided_lost, now->sources->undecided_lost == 1 ? "" : "s");
	review_free(now);
}

static void check_rule(struct reader *r, const char *rule)
{
	struct query *q = query_new(r, SQL_READ_REPORT_RULES, NULL, 0);
	bool known = false;
	char safe[100];

	while (query_row(q))
		known |= slice_eq(query_text(q, 0), slice_str(rule));
	query_free(q);
	if (!known)
		msg_die(EX_USAGE, "review: no rule `%s` in this database; `wouldblock list rules` shows all texts",
		        msg_safe(slice_str(rule), safe, sizeof safe));
}

int command_review(const struct command *c, struct common *common, int argc, char **argv)
{
	struct review_command o = {.common = *common, .rule = "own-domain"};
	struct option_rest rest = {0};
	struct settings settings;

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n)
		msg_die(EX_USAGE, "review: what is `%s`? A review takes options only", rest.v[0]);
	common_settings(&o.common, &settings);
	char *database = common_database(&o.common, &settings);
	struct conversation talk_of = {
	    .database = database,
	    .window = {.rule = slice_str(o.rule), .since = STAMP_NONE, .until = STAMP_NONE},
	    .reader = reader_open(database),
	    .terminal = isatty(STDIN_FILENO),
	};
	check_rule(talk_of.reader, o.rule);
	talk_of.review = review_load(talk_of.reader, &talk_of.window, verdict_today());
	talk(&talk_of);
	sum_up(&talk_of);
	output_check();
	review_free(talk_of.review);
	reader_close(talk_of.reader);
	text_release(&talk_of.text);
	free(talk_of.answer);
	free(talk_of.note);
	free(talk_of.line);
	free(database);
	settings_release(&settings);
	return 0;
}
