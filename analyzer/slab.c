#include "slab.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

void slab_init(struct slab *s, size_t size, uint32_t max)
{
	size = (size + 7) & ~(size_t)7;
	*s = (struct slab){.base = xcalloc(max, size), .size = size, .max = max};
}

void slab_release(struct slab *s)
{
	free(s->base);
	memset(s, 0, sizeof *s);
}

void *slab_take(struct slab *s)
{
	void *thing = s->free;

	if (thing)
		memcpy(&s->free, thing, sizeof s->free); /* the next free one is written at its start */
	else if (s->high < s->max)
		thing = s->base + s->size * s->high++;
	else
		return NULL;
	s->used++;
	memset(thing, 0, s->size);
	return thing;
}

void slab_give(struct slab *s, void *thing)
{
	memcpy(thing, &s->free, sizeof s->free);
	s->free = thing;
	s->used--;
}
