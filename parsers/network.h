/*
 * network: IP addresses and networks as Postfix writes them (grammar 2.6, 8.5;
 * faults.md H21). An address is 16 bytes; IPv4 is kept v4-mapped, so one
 * client is never counted as two.
 */
#ifndef WB_NETWORK_H
#define WB_NETWORK_H

#include "slice.h"

struct ip {
	uint8_t b[16];
};

struct network {
	struct ip ip;
	uint8_t bits; /* 0..128; IPv4 /24 is 120 */
};

/* `192.0.2.7`, `2001:db8::1`, `::ffff:192.0.2.7`. False for `unknown`, zone ids, zero-padded octets. */
bool ip_parse(struct slice s, struct ip *out);
bool ip_is_v4(const struct ip *a);
bool ip_eq(const struct ip *a, const struct ip *b);
/* The one canonical form; IPv6 lower case, compressed. Returns its length. */
#define IP_TEXT 48
size_t ip_text(const struct ip *a, char buf[IP_TEXT]);

/* `192.0.2.0/24`, `[2001:db8::]/32`, `2001:db8::/32`, or an address alone. Host bits beyond the length: false. */
bool network_parse(struct slice s, struct network *out);
bool network_has(const struct network *n, const struct ip *a);
/* The network a source of kind `net` has: /24 for IPv4, /64 for IPv6. */
struct network network_around(const struct ip *a);
#define NETWORK_TEXT 56
size_t network_text(const struct network *n, char buf[NETWORK_TEXT]);

/* 10/8 172.16/12 192.168/16 127/8 169.254/16 100.64/10 fc00::/7 fe80::/10 ::1 */
bool ip_is_private(const struct ip *a);
bool ip_is_loopback(const struct ip *a);

#endif
