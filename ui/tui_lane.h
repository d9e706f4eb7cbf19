/*
 * tui_lane: a thread with a read-only connection of its own that loads what the
 * screen shows, so that no query, however large the database, holds up a key.
 * Two of them: one for the view that is shown and for verdicts, one for the head
 * (the decision).
 *
 * A lane holds no read transaction while it waits. It looks twenty times a second
 * whether somebody has committed, and loads anew if so; after a load that took
 * long it waits four times as long before the next.
 */
#ifndef WB_TUI_LANE_H
#define WB_TUI_LANE_H

#include "../analyzer/msg.h"
#include "../analyzer/verdict.h"
#include "screens.h"

/* A verdict on some subjects, or one that is taken back. */
struct lane_said {
	struct subject subject;
	int64_t before; /* its last row before, for undo */
};
struct lane_write {
	bool undo;
	enum verdict_word word;
	char *note;     /* NULL: as it was */
	bool keep_word; /* the verdict that stands is said again, with the note */
	char **key;     /* `sender:x@y`: subjects as subject_parse reads them */
	size_t keys;
	struct lane_said *said; /* undo: what to take back */
	size_t saids;
	struct lane_write *next; /* the lane's */
};
void lane_write_free(struct lane_write *w);

/* What comes back: a sheet, a head, or the outcome of a write. The taker frees what he keeps. */
struct lane_answer {
	enum screen_id screen;
	char *key;
	struct sheet *sheet;
	struct head *head;
	struct lane_said *said; /* what was written, for undo */
	size_t saids;
	bool wrote;
	char words[300]; /* of a write, for people */
};

/* tui_write.c: of the lane. Tells in a->words what came of it, and in a->saids what can be taken back. */
void lane_write_do(struct reader *reader, const char *database, const struct lane_write *w, struct lane_answer *a);

struct lane;

/*
 * load is copied. threaded false: nothing happens but in lane_work. wake: written to when there is an
 * answer; -1: none. With threads reader_threads must have been called.
 */
struct lane *lane_new(const struct load *load, bool is_head, bool threaded, int wake);
/*
 * Waits for what it is doing; false, and nothing freed, if that takes longer than `ms`. Verdicts
 * are written before, however long they take.
 */
bool lane_free(struct lane *l, int ms);
/* What ended it, as nothing but a broken database or settings do; NULL: nothing did. For who draws to die of. */
const struct msg_death *lane_death(struct lane *l);

/* From now on this view is to be loaded, at once and whenever the database changes. */
void lane_show(struct lane *l, enum screen_id screen, struct slice key);
void lane_again(struct lane *l);                    /* at once */
void lane_pause(struct lane *l, bool on);           /* changes of the database do not count */
void lane_do(struct lane *l, struct lane_write *w); /* takes it over */
/* The next answer, or NULL; the caller frees it with lane_answer_free. */
struct lane_answer *lane_take(struct lane *l);
void lane_answer_free(struct lane_answer *a);

/* Without a thread: does all that is due now. */
void lane_work(struct lane *l);
/* Before the process is stopped: waits until it holds no read transaction, at most a second. */
void lane_rest(struct lane *l, bool on);

#endif
