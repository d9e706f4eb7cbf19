#include "told.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

/* 24 576 mails, 2 MB. */
#define SETS 3072
#define WAYS 8

struct slot { /* of a mail */
	int64_t first_us, last_us;
	uint32_t sender, client;
	int32_t day;
	uint32_t text[TOLD_TEXTS]; /* 0: none */
	uint8_t evidence[4], flags;
	uint8_t recipients;
	struct {
		uint8_t text, fate; /* text: which of those */
	} said[TOLD_RECIPIENTS];
	uint32_t recipient[TOLD_RECIPIENTS];
};

struct set {
	uint64_t id[WAYS]; /* 0: none */
	struct slot slot[WAYS];
};

struct told {
	struct set set[SETS];
	uint64_t *last; /* the id of the mail that told_recipient is about; NULL: it is not remembered */
	struct slot *last_slot;
	void *memory; /* all this is in it */
};

struct told *told_new(void)
{
	void *memory;
	struct told *t = xcalloc_aligned(1, sizeof *t, &memory);

	t->memory = memory;
	return t;
}

struct told *told_free(struct told *t)
{
	if (t)
		free(t->memory);
	return NULL;
}

void told_expect_many(struct told *t)
{
	memory_ask(t, sizeof *t);
}

static size_t set_of(uint64_t id)
{
	return (size_t)((id * UINT64_C(0x9e3779b97f4a7c15) >> 32) * SETS >> 32);
}

/* WAYS: it is not there. */
static int way_of(const struct set *set, uint64_t id)
{
	int way = 0;

	while (way < WAYS && set->id[way] != id)
		way++;
	return way;
}

/* A free one, else that of the mail that began first: it is the likeliest to be over. */
static int way_for(const struct set *set, uint64_t id)
{
	int way = way_of(set, id);

	if (way < WAYS)
		return way;
	way = 0;
	for (int i = 1; i < WAYS; i++)
		if (set->id[i] < set->id[way])
			way = i;
	return way;
}

bool told_find(const struct told *t, uint64_t id, struct told_mail *found)
{
	const struct set *set = &t->set[set_of(id)];
	int way = way_of(set, id);

	if (way == WAYS)
		return false;
	const struct slot *s = &set->slot[way];
	found->at = (struct mail_place){.sender = s->sender,
	                                .client = s->client,
	                                .day = s->day,
	                                .first_us = s->first_us,
	                                .last_us = s->last_us,
	                                .flags = s->flags};
	memcpy(found->at.evidence, s->evidence, sizeof s->evidence);
	found->recipients = s->recipients;
	for (size_t i = 0; i < s->recipients; i++)
		found->recipient[i] =
		    (struct told_recipient){s->recipient[i], s->text[s->said[i].text], (enum fate)s->said[i].fate};
	return true;
}

void told_mail(struct told *t, uint64_t id, const struct mail_place *at)
{
	struct set *set = &t->set[set_of(id)];
	int way = way_for(set, id);

	set->id[way] = id;
	set->slot[way] = (struct slot){.first_us = at->first_us,
	                               .last_us = at->last_us,
	                               .sender = at->sender,
	                               .client = at->client,
	                               .day = at->day,
	                               .flags = at->flags};
	memcpy(set->slot[way].evidence, at->evidence, sizeof at->evidence);
	t->last = &set->id[way];
	t->last_slot = &set->slot[way];
}

/* Its number among the mail's texts; TOLD_TEXTS: there is no room for it. */
static uint8_t text_of(struct slot *s, uint32_t text)
{
	uint8_t i = 0;

	while (i < TOLD_TEXTS && s->text[i] && s->text[i] != text)
		i++;
	if (i < TOLD_TEXTS)
		s->text[i] = text;
	return i;
}

/* Will the table hold it as a row of its own, and its recipient's rows one after the other, with one fate? */
static bool is_plain(const struct slot *s, uint32_t recipient, uint8_t text, enum fate fate)
{
	for (size_t i = 0; i < s->recipients; i++)
		if (s->recipient[i] == recipient && (s->said[i].text == text || s->said[i].fate != (uint8_t)fate ||
		                                     s->recipient[s->recipients - 1] != recipient))
			return false;
	return true;
}

void told_recipient(struct told *t, uint32_t recipient, uint32_t text, enum fate fate)
{
	struct slot *s = t->last_slot;

	if (!t->last)
		return;
	uint8_t which = text_of(s, text);
	if (which == TOLD_TEXTS || s->recipients == TOLD_RECIPIENTS || !is_plain(s, recipient, which, fate)) {
		*t->last = 0;
		t->last = NULL;
		return;
	}
	s->recipient[s->recipients] = recipient;
	s->said[s->recipients].text = which;
	s->said[s->recipients++].fate = (uint8_t)fate;
}

void told_forget(struct told *t, uint64_t id)
{
	struct set *set = &t->set[set_of(id)];
	int way = way_of(set, id);

	if (way < WAYS)
		set->id[way] = 0;
}

void told_forget_all(struct told *t)
{
	for (size_t i = 0; i < SETS; i++)
		memset(t->set[i].id, 0, sizeof t->set[i].id);
	t->last = NULL;
}
