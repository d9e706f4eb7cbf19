#include "screens.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"

#define COUNT(columns) columns, sizeof columns / sizeof *columns
#define MOST 2000 /* lines of a file */

static const struct sheet_column verdict_columns[] = {
    {"VERDICT", SHEET_TEXT, 7, 7, 0, 0},
    {"SUBJECT", SHEET_TEXT, 10, 60, SHEET_GROW, 0},
    {"MAILS", SHEET_NUMBER, 5, 0, 0, 2},
    {"LOST", SHEET_LOST, 4, 0, 0, 0},
    {"WHERE IT GOES", SHEET_TEXT, 8, 90, SHEET_GROW, 1},
    {"EXPIRES", SHEET_TEXT, 7, 10, 0, 3},
};
static const struct sheet_column remark_columns[] = {
    {"", SHEET_TEXT, 2, 2, 0, 0},
    {"", SHEET_TEXT, 10, 0, SHEET_GROW, 0},
};
static const struct sheet_column file_columns[] = {
    {"", SHEET_TEXT, 10, 0, SHEET_GROW, 0},
};
static const struct sheet_section verdicts_section = {"Exceptions so far", COUNT(verdict_columns), NULL, true,
                                                      SCREEN_NONE};
static const struct sheet_section no_verdicts_section = {"Exceptions so far", COUNT(file_columns), NULL, false,
                                                         SCREEN_NONE};
static const struct sheet_section remarks_section = {"Remarks", COUNT(remark_columns), NULL, false, SCREEN_NONE};

static void add_verdicts(struct sheet *s, const struct plan *p)
{
	struct text t = {0};

	if (p->verdicts == 0) { /* of a section of its own: nobody is to judge this row */
		sheet_section(s, &no_verdicts_section);
		sheet_row(s, SLICE("none"));
		sheet_str(s, "none yet: e, m or b on a source, a sender or a client make them");
		return;
	}
	sheet_section(s, &verdicts_section);
	for (size_t i = 0; i < p->verdicts; i++) {
		const struct plan_verdict *v = &p->verdict[i];
		text_printf(&t, "%s:%s", subject_kind_name(v->subject.kind), v->subject.text);
		sheet_row(s, slice_of(t.p, t.n)); /* the key is the subject: it can be judged here too */
		sheet_str(s, verdict_word_name(v->word));
		sheet_text(s, slice_of(t.p, t.n));
		sheet_number(s, v->mails);
		sheet_number(s, v->lost);
		sheet_str(s, v->file ? v->file : v->why);
		sheet_str(s, v->expires ? v->expires : "");
		text_clear(&t);
	}
	text_release(&t);
}

static void add_remarks(struct sheet *s, const struct plan *p)
{
	char id[32];

	if (p->remarks == 0)
		return;
	sheet_section(s, &remarks_section);
	for (size_t i = 0; i < p->remarks; i++) {
		snprintf(id, sizeof id, "%zu", i);
		sheet_row(s, slice_str(id));
		sheet_str(s, p->remark[i].danger ? "!" : " ");
		sheet_role(s, ROLE_BAD);
		sheet_str(s, p->remark[i].text);
	}
}

static void add_file(struct sheet *s, const struct plan_file *f)
{
	struct slice rest = slice_of(f->text, f->n);
	struct sheet_section section = {f->what, COUNT(file_columns), NULL, false, SCREEN_NONE};
	char id[32];

	sheet_section(s, &section);
	sheet_row(s, SLICE("name"));
	sheet_str(s, f->name);
	sheet_role(s, ROLE_TITLE);
	for (int i = 0; i < MOST && rest.n; i++) {
		ptrdiff_t end = slice_chr(rest, '\n');
		struct slice line = end < 0 ? rest : slice_head(rest, (size_t)end);
		snprintf(id, sizeof id, "%d", i);
		sheet_row(s, slice_str(id));
		sheet_text(s, line);
		if (line.n && line.p[0] == '#')
			sheet_role(s, ROLE_DIM);
		rest = slice_from(rest, line.n + 1);
	}
}

void screen_plan(struct sheet *s, const struct load *l)
{
	struct plan *p = NULL;
	char why[300];

	snprintf(why, sizeof why, "%s", l->no_plan ? l->no_plan : "");
	if (l->planned) {
		reader_renew(l->planned->reader);
		p = planned_plan(l->planned, PLAN_REJECT, why, sizeof why);
		reader_renew(l->planned->reader);
	}
	if (!p) {
		s->note = xstrdup(why);
		return;
	}
	add_verdicts(s, p);
	add_remarks(s, p);
	/* the titles of sections are kept, so they are the plan's constants */
	for (size_t i = 0; i < p->files; i++)
		add_file(s, &p->file[i]);
	plan_free(p);
}
