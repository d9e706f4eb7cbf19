#include "slab.h"

#include <stdlib.h>
#include <string.h>

#include "msg.h"

/* What was given back is poison to AddressSanitizer, but for the link to the next free one. */
#if defined(__SANITIZE_ADDRESS__)
#define GUARDED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GUARDED 1
#endif
#endif

#ifdef GUARDED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(at, n) ((void)(at), (void)(n))
#endif

void slab_init(struct slab *s, size_t size, uint32_t max)
{
	size = (size + 7) & ~(size_t)7;
	*s = (struct slab){.size = size, .max = max};
	s->base = xcalloc_aligned(max, size, &s->memory);
}

void slab_release(struct slab *s)
{
	free(s->memory);
	memset(s, 0, sizeof *s);
}

void *slab_take(struct slab *s)
{
	void *thing = s->free;

	if (thing) {
		memcpy(&s->free, thing, sizeof s->free); /* the next free one is written at its start */
		__builtin_prefetch(s->free, 1);
	} else if (s->high < s->max)
		thing = s->base + s->size * s->high++;
	else
		return NULL;
	s->used++;
	ASAN_UNPOISON_MEMORY_REGION(thing, s->size);
	memset(thing, 0, s->size);
	return thing;
}

void slab_give(struct slab *s, void *thing)
{
	memcpy(thing, &s->free, sizeof s->free);
	s->free = thing;
	s->used--;
	ASAN_POISON_MEMORY_REGION((char *)thing + sizeof s->free, s->size - sizeof s->free);
}
