#include "finder.h"

#include <stdlib.h>

#include "msg.h"

#define SLOTS_FIRST 256

void finder_init(struct finder *f, uint32_t limit)
{
	uint32_t slots = SLOTS_FIRST;

	while (slots < limit)
		slots *= 2;
	/* all that it may ever need at once: what is not used yet is no memory yet */
	*f = (struct finder){.slot = xcalloc(slots, sizeof *f->slot), .mask = SLOTS_FIRST - 1, .most = slots - 1};
}

void finder_release(struct finder *f)
{
	free(f->slot);
	*f = (struct finder){0};
}

/* Twice the slots: each chain is parted in two, the order of each kept. */
static void finder_grow(struct finder *f)
{
	uint32_t before = f->mask + 1;

	for (uint32_t i = 0; i < before; i++) {
		struct found **low = &f->slot[i], **high = &f->slot[i + before];
		for (struct found *x = *low; x; x = x->chain) {
			struct found ***end = (x->key >> 32) & before ? &high : &low;
			**end = x;
			*end = &x->chain;
		}
		*low = *high = NULL;
	}
	f->mask += before;
}

void finder_put(struct finder *f, struct found *link)
{
	if (f->used++ > f->mask / 2 && f->mask < f->most)
		finder_grow(f);
	struct found **slot = finder_slot(f, link->key);
	link->chain = *slot;
	*slot = link;
}

void finder_drop(struct finder *f, struct found *link)
{
	struct found **at = finder_slot(f, link->key);

	while (*at != link)
		at = &(*at)->chain;
	*at = link->chain;
	f->used--;
}
