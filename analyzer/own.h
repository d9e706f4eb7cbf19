/*
 * own: the domains that a rule speaks for, as far as they are known while a log
 * is read: those of the setting, and each that a rule has warned about or
 * refused. A domain covers what stands below it. No database here.
 */
#ifndef WB_OWN_H
#define WB_OWN_H

#include "../parsers/slice.h"

/* Born with this limit: a rule that warns about everybody must not make everybody ours. */
#define OWN_MAX 8192

struct own;

/* key: keeps whoever sends from choosing what collides. */
struct own *own_new(const uint64_t key[2]);
struct own *own_free(struct own *o); /* always NULL */
/* domain: case folded, without a trailing dot; an empty one and one beyond the limit are not taken. */
void own_add(struct own *o, struct slice domain);
/* Is this the address of such a domain or of one below it, in any case? An address without a domain is not. */
bool own_has(const struct own *o, struct slice address);
/* The domain of an address as own_add wants it, in buf; empty if it has none. */
struct slice own_domain(struct slice address, char *buf, size_t cap);

#endif
