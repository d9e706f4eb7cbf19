#include "finder.h"

#include <stdbool.h>
#include <stdlib.h>

#include "msg.h"

#define SLOTS_FIRST 256

static uint32_t slots_for(uint32_t limit)
{
	uint32_t slots = SLOTS_FIRST;

	while (slots < limit)
		slots *= 2;
	return slots;
}

size_t finder_bytes(uint32_t limit)
{
	return slots_for(limit) * sizeof(struct finder_slot);
}

void finder_init_at(struct finder *f, void *base, uint32_t limit, void *slots)
{
	*f = (struct finder){.slot = slots, .base = base, .mask = SLOTS_FIRST - 1, .most = slots_for(limit) - 1};
}

void finder_init(struct finder *f, void *base, uint32_t limit)
{
	/* all that it may ever need at once: what is not used yet is no memory yet */
	void *slots = xcalloc(1, finder_bytes(limit));

	finder_init_at(f, base, limit, slots);
	f->memory = slots;
}

void finder_release(struct finder *f)
{
	free(f->memory);
	*f = (struct finder){0};
}

static struct found *slot_chain(const struct finder *f, const struct finder_slot *slot)
{
	return slot->first ? finder_newest(f, slot) : NULL;
}

static uint32_t place_of(const struct finder *f, const struct found *link)
{
	return (uint32_t)((size_t)((const char *)link - f->base) / 8) + 1;
}

/* Twice the slots: each chain is parted in two, the order of each kept. Apart, so that others need not make room for it. */
__attribute__((noinline)) static void finder_grow(struct finder *f)
{
	uint32_t before = f->mask + 1;

	for (uint32_t i = 0; i < before; i++) {
		struct finder_slot *slots[] = {&f->slot[i], &f->slot[i + before]};
		struct found *first[] = {NULL, NULL}, **end[] = {&first[0], &first[1]};
		uint32_t marks[] = {0, 0};
		for (struct found *x = slot_chain(f, slots[0]); x; x = x->chain) {
			bool high = (x->key >> 32) & before;
			marks[high] |= finder_mark(x->key);
			*end[high] = x;
			end[high] = &x->chain;
		}
		for (int half = 0; half < 2; half++) {
			*end[half] = NULL;
			*slots[half] = (struct finder_slot){first[half] ? place_of(f, first[half]) : 0, marks[half]};
		}
	}
	f->mask += before;
}

void finder_put(struct finder *f, struct found *link)
{
	if (f->used++ > f->mask / 2 && f->mask < f->most)
		finder_grow(f);
	struct finder_slot *slot = finder_slot(f, link->key);
	link->chain = slot_chain(f, slot);
	slot->first = place_of(f, link);
	slot->marks |= finder_mark(link->key);
}

void finder_drop(struct finder *f, struct found *link)
{
	struct finder_slot *slot = finder_slot(f, link->key);

	f->used--;
	if (slot->first != place_of(f, link)) {
		struct found *before = finder_newest(f, slot);
		while (before->chain != link)
			before = before->chain;
		before->chain = link->chain;
	} else if (link->chain) {
		slot->first = place_of(f, link->chain);
	} else {
		*slot = (struct finder_slot){0, 0};
	}
}
