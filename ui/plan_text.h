/*
 * plan_text: the plan for people and shells: the steps in their order, and the
 * scripts. Scripts are plain sh, and every value in them comes through
 * encode_shell; what cannot be quoted so that it is safe to paste is a comment.
 */
#ifndef WB_PLAN_TEXT_H
#define WB_PLAN_TEXT_H

#include "encode.h"
#include "planned.h"

struct plan_view {
	const struct planned *now;
	const struct plan *plan;
	const char *host; /* that warned last, for swaks; NULL: unknown */
	const char *dir;  /* where the files go; NULL: nowhere */
};

void plan_text_steps(struct text *t, const struct plan_view *v);
void plan_text_postfix(struct text *t, const struct plan_view *v);
void plan_text_ucs(struct text *t, const struct plan_view *v);
void plan_text_rollback(struct text *t, const struct plan_view *v);
void plan_text_swaks(struct text *t, const struct plan_view *v);

/*
 * A swaks line that tries sender and recipient, without its newline; false if
 * one of them cannot be said safely. host NULL: the script's $SERVER. An absent
 * recipient: the sender.
 */
bool plan_text_try(struct text *t, const char *host, struct slice sender, struct slice recipient, bool login);
/* What the stage's row answers, in words; sender_row: it stands in the map, so Postfix names the sender. */
void plan_text_reply(struct text *t, const struct plan *p, bool sender_row);

#endif
