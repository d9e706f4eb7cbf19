/*
 * finder: things found again by a 64-bit key, in chains. It owns only its slots;
 * a thing brings its own link, a `struct found`, one for each finder it is in.
 *
 * There are twice as many slots as there are things, from a few up to its limit:
 * who holds little looks into little memory, which then is near, and who looks
 * for what is not there seldom finds another thing in its place. The keys must be
 * hashes; slots go by their upper halves. Things of equal keys are met in the
 * order of finder_put, the newest first, however many slots there are.
 *
 * A slot bears marks of the keys behind it: who looks for what is not there is
 * told so by the slot alone, and nearly never has to touch a thing, which is far.
 */
#ifndef WB_FINDER_H
#define WB_FINDER_H

#include <stddef.h>
#include <stdint.h>

struct found {
	_Alignas(8) struct found *chain; /* on any machine: links are told apart in eights of bytes */
	uint64_t key;
};

struct finder_slot {
	uint32_t first; /* how far behind the base its newest link is, in eights of bytes, and 1; 0: none */
	uint32_t marks; /* bit: the low bits of the keys behind it; of some that have left, too, until it is empty */
};

struct finder {
	struct finder_slot *slot;
	void *memory; /* what free() takes back */
	char *base;   /* where the memory of the things begins */
	uint32_t mask, used;
	uint32_t most; /* mask, when it has grown up */
};

/* The thing that a link is a member of. */
#define FOUND(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* limit: so many things are in it at most. base: where their memory begins, all of it (slab.h). */
void finder_init(struct finder *f, void *base, uint32_t limit);
/* The same with slots in memory that is somebody else's, cleared, of so many bytes. */
void finder_init_at(struct finder *f, void *base, uint32_t limit, void *slots);
size_t finder_bytes(uint32_t limit);
void finder_release(struct finder *f);

static inline struct finder_slot *finder_slot(const struct finder *f, uint64_t key)
{
	return &f->slot[(key >> 32) & f->mask];
}

static inline uint32_t finder_mark(uint64_t key)
{
	return UINT32_C(1) << (key & 31);
}

/* The newest link of a slot that is not empty. */
static inline struct found *finder_newest(const struct finder *f, const struct finder_slot *slot)
{
	return (struct found *)(void *)(f->base + ((size_t)slot->first - 1) * 8);
}

/* The first link that may have the key; the rest by `chain`, with other keys among them. */
static inline struct found *finder_first(const struct finder *f, uint64_t key)
{
	const struct finder_slot *slot = finder_slot(f, key);

	return slot->marks & finder_mark(key) ? finder_newest(f, slot) : NULL;
}

/* link->key is set. */
void finder_put(struct finder *f, struct found *link);
/* It is in there. */
void finder_drop(struct finder *f, struct found *link);

#endif
