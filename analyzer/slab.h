/*
 * slab: a fixed number of equal things, handed out and taken back in constant
 * time. Born with its limit (house.md, Memory); untouched slots cost no memory,
 * since calloc gives pages that do not exist until they are written.
 */
#ifndef WB_SLAB_H
#define WB_SLAB_H

#include <stddef.h>
#include <stdint.h>

struct slab {
	char *base; /* where a line of the cache begins */
	void *memory;
	size_t size;              /* of one thing */
	uint32_t max, used, high; /* high: slots that were ever handed out */
	void *free;
};

void slab_init(struct slab *s, size_t size, uint32_t max);
void slab_release(struct slab *s);
/* A zeroed thing, or NULL if all are out. */
void *slab_take(struct slab *s);
void slab_give(struct slab *s, void *thing);

#endif
