/*
 * finder: things found again by a 64-bit key, in chains. It owns only its slots;
 * a thing brings its own link, a `struct found`, one for each finder it is in.
 *
 * There are twice as many slots as there are things, from a few up to its limit:
 * who holds little looks into little memory, which then is near, and who looks
 * for what is not there seldom finds another thing in its place. The keys must be
 * hashes; slots go by their upper halves. Things of equal keys are met in the
 * order of finder_put, the newest first, however many slots there are.
 */
#ifndef WB_FINDER_H
#define WB_FINDER_H

#include <stddef.h>
#include <stdint.h>

struct found {
	struct found *chain;
	uint64_t key;
};

struct finder {
	struct found **slot;
	uint32_t mask, used;
	uint32_t most; /* mask, when it has grown up */
};

/* The thing that a link is a member of. */
#define FOUND(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* limit: so many things are in it at most. */
void finder_init(struct finder *f, uint32_t limit);
void finder_release(struct finder *f);

static inline struct found **finder_slot(const struct finder *f, uint64_t key)
{
	return &f->slot[(key >> 32) & f->mask];
}

/* The first link that may have the key; the rest by `chain`, with other keys among them. */
static inline struct found *finder_first(const struct finder *f, uint64_t key)
{
	return *finder_slot(f, key);
}

/* link->key is set. */
void finder_put(struct finder *f, struct found *link);
/* It is in there. */
void finder_drop(struct finder *f, struct found *link);

#endif
