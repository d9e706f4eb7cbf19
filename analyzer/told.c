#include "told.h"

#include <stdlib.h>

#include "msg.h"

#define MAILS 16384 /* a power of two: the place of a mail goes by its id */

struct told {
	struct told_mail mail[MAILS];
	struct told_mail *last; /* what told_recipient is about; NULL: it is not remembered */
};

struct told *told_new(void)
{
	return xcalloc(1, sizeof(struct told));
}

struct told *told_free(struct told *t)
{
	free(t);
	return NULL;
}

static size_t slot_of(uint64_t id)
{
	return (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 40) % MAILS;
}

const struct told_mail *told_find(const struct told *t, uint64_t id)
{
	const struct told_mail *m = &t->mail[slot_of(id)];

	return m->id == id ? m : NULL;
}

void told_mail(struct told *t, uint64_t id, const struct mail_place *at)
{
	struct told_mail *m = &t->mail[slot_of(id)];

	m->id = id;
	m->at = *at;
	m->recipients = 0;
	t->last = m;
}

/* Will the table hold it as a row of its own, and its recipient's rows one after the other, with one fate? */
static bool is_plain(const struct told_mail *m, uint32_t recipient, uint32_t text, enum fate fate)
{
	for (size_t i = 0; i < m->recipients; i++) {
		const struct told_recipient *r = &m->recipient[i];
		if (r->recipient == recipient && (r->text == text || r->fate != (uint8_t)fate ||
		                                  m->recipient[m->recipients - 1].recipient != recipient))
			return false;
	}
	return true;
}

void told_recipient(struct told *t, uint32_t recipient, uint32_t text, enum fate fate)
{
	struct told_mail *m = t->last;

	if (!m)
		return;
	if (m->recipients == TOLD_RECIPIENTS || !is_plain(m, recipient, text, fate)) {
		m->id = 0;
		t->last = NULL;
		return;
	}
	m->recipient[m->recipients++] = (struct told_recipient){recipient, text, (uint8_t)fate};
}

void told_forget(struct told *t, uint64_t id)
{
	struct told_mail *m = &t->mail[slot_of(id)];

	if (m->id == id)
		m->id = 0;
}

void told_forget_all(struct told *t)
{
	for (size_t i = 0; i < MAILS; i++)
		t->mail[i].id = 0;
	t->last = NULL;
}
