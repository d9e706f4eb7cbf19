#include "own.h"

#include <stdlib.h>

#include "msg.h"

#define SLOTS (OWN_MAX * 2)

struct own {
	uint64_t key[2];
	uint64_t slot[SLOTS]; /* hashes; 0 is empty */
	uint32_t used;
	uint64_t lengths; /* bit n % 64: there is one of n bytes */
};

struct own *own_new(const uint64_t key[2])
{
	struct own *o = xcalloc(1, sizeof *o);

	memcpy(o->key, key, sizeof o->key);
	return o;
}

struct own *own_free(struct own *o)
{
	free(o);
	return NULL;
}

static uint64_t length_bit(struct slice domain)
{
	return UINT64_C(1) << (domain.n % 64);
}

static uint64_t hash_of(const struct own *o, struct slice domain)
{
	return slice_hash(domain, o->key[0], o->key[1]) | 1;
}

/* Where the hash is, or the empty slot it shall have. There is always an empty one. */
static uint32_t slot_of(const struct own *o, uint64_t hash)
{
	uint32_t i = (uint32_t)(hash >> 20) % SLOTS;

	while (o->slot[i] && o->slot[i] != hash)
		i = (i + 1) % SLOTS;
	return i;
}

void own_add(struct own *o, struct slice domain)
{
	uint64_t hash = hash_of(o, domain);
	uint32_t i = slot_of(o, hash);

	if (domain.n == 0 || o->slot[i] || o->used == OWN_MAX)
		return;
	o->slot[i] = hash;
	o->lengths |= length_bit(domain);
	o->used++;
}

/* As it was written. */
static struct slice domain_of(struct slice address)
{
	ptrdiff_t at = slice_rchr(address, '@');
	struct slice domain = at < 0 ? SLICE("") : slice_from(address, (size_t)at + 1);

	while (slice_ends(domain, SLICE(".")))
		domain.n--;
	return domain;
}

struct slice own_domain(struct slice address, char *buf, size_t cap)
{
	return slice_fold(domain_of(address), buf, cap);
}

bool own_has(const struct own *o, struct slice address)
{
	char buf[1024];
	struct slice domain = domain_of(address);
	size_t end = domain.n < sizeof buf ? domain.n : sizeof buf;

	/* only what is as long as one of ours, and stands behind a dot, need be folded and looked for */
	for (uint64_t bits = o->lengths; bits; bits &= bits - 1)
		for (size_t n = (size_t)__builtin_ctzll(bits); n <= end; n += 64) {
			if (n == 0 || (n < end && domain.p[end - n - 1] != '.'))
				continue;
			struct slice tail = slice_fold(slice_from(domain, end - n), buf, n);
			if (o->slot[slot_of(o, hash_of(o, tail))])
				return true;
		}
	return false;
}
