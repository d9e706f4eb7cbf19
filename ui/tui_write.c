/* Verdicts as the screen gives them: written, taken back, and told. */
#include "tui_lane.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"

void lane_write_free(struct lane_write *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->keys; i++)
		free(w->key[i]);
	free(w->key);
	free(w->said);
	free(w->note);
	free(w);
}

static void remember(struct lane_answer *a, const struct subject *s, int64_t before)
{
	a->said = xrealloc(a->said, (a->saids + 1) * sizeof *a->said);
	a->said[a->saids++] = (struct lane_said){*s, before};
}

/* False: nothing was said of it, so there is nothing a note could stand at. */
static bool write_one(struct reader *reader, const char *database, const struct lane_write *w, const struct subject *s,
                      struct lane_answer *a)
{
	struct mark m = {.word = w->word, .note = w->note, .expires = VERDICT_KEEP};
	struct verdict_row row;
	struct marked done;
	struct ways ways;
	char how[200];
	bool stands = verdict_find(reader, s, &row);

	if (w->keep_word && !stands)
		return false;
	if (w->keep_word)
		m.word = row.word;
	ways_load(reader, s, STAMP_NONE, &ways);
	bool changed = stands && row.word == m.word && ways_changed(reader, s, row.id, how, sizeof how);
	verdict_mark(database, s, &m, &ways, changed, &done);
	ways_release(&ways);
	if (done.how == MARKED_NEW)
		remember(a, s, done.before);
	return true;
}

static void words_of(const struct lane_write *w, struct lane_answer *a, const char *trouble, const char *name)
{
	size_t n = a->saids;
	int used;

	if (n == 0 && !*trouble)
		used = snprintf(a->words, sizeof a->words, "nothing new was said");
	else if (n == 0)
		used = 0;
	else if (n == 1)
		used = snprintf(a->words, sizeof a->words, "%.120s: %s", name,
		                w->keep_word               ? "noted"
		                : w->word == VERDICT_CLEAR ? "cleared"
		                                           : verdict_word_name(w->word));
	else
		used = snprintf(a->words, sizeof a->words, "%zu rows: %s", n,
		                w->keep_word               ? "noted"
		                : w->word == VERDICT_CLEAR ? "cleared"
		                                           : verdict_word_name(w->word));
	if (*trouble && used >= 0 && used < (int)sizeof a->words)
		snprintf(a->words + used, sizeof a->words - (size_t)used, "%s%s", used ? "; " : "", trouble);
}

static void write_marks(struct reader *reader, const char *database, const struct lane_write *w, struct lane_answer *a)
{
	char trouble[200] = "", name[130] = "";
	struct subject s;

	for (size_t i = 0; i < w->keys; i++) {
		if (!subject_parse(reader, slice_str(w->key[i]), &s, trouble, sizeof trouble))
			continue;
		snprintf(name, sizeof name, "%.120s", s.text);
		if (!write_one(reader, database, w, &s, a))
			snprintf(trouble, sizeof trouble, "no verdict to note it at");
		reader_renew(reader); /* the next subject is judged with this verdict there */
	}
	words_of(w, a, trouble, name);
}

static void write_undo(const char *database, const struct lane_write *w, struct lane_answer *a)
{
	for (size_t i = w->saids; i-- > 0;)
		verdict_restore(database, &w->said[i].subject, w->said[i].before);
	if (w->saids == 1)
		snprintf(a->words, sizeof a->words, "taken back: %.200s", w->said[0].subject.text);
	else
		snprintf(a->words, sizeof a->words, "taken back: %zu rows", w->saids);
}

void lane_write_do(struct reader *reader, const char *database, const struct lane_write *w, struct lane_answer *a)
{
	reader_renew(reader);
	if (w->undo)
		write_undo(database, w, a);
	else
		write_marks(reader, database, w, a);
}
