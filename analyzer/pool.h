/*
 * pool: host names that a provider made from the address: dyn-149.dsl.example,
 * 203-0-113-149.pool.example. They say whose line it is, not who sends.
 */
#ifndef WB_POOL_H
#define WB_POOL_H

#include "../parsers/network.h"

#define POOL_HOST_MAX 253

/*
 * Is the address recognisable in `host`? host: the labels in front of the
 * registrable domain, lower case, at most POOL_HOST_MAX bytes of [a-z0-9._-].
 *
 * IPv4: all octets in order or reversed, separated, zero-padded or in hex; the
 * last two as a pair; the last one with a word such as dyn or pool. IPv6: the
 * usual text with - for :, or all 32 digits in either direction.
 */
bool pool_has_ip(const char *host, const struct ip *ip);

#endif
