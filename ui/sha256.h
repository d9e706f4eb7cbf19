/*
 * sha256: SHA-256 of FIPS 180-4. It names what a report was made from (the
 * first bytes of a log), what a page may run (CSP), and makes pseudonyms.
 */
#ifndef WB_SHA256_H
#define WB_SHA256_H

#include "../parsers/slice.h"

#define SHA256_BYTES 32
struct sha256 {
	uint32_t state[8];
	uint64_t bytes; /* so far */
	unsigned char block[64];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, struct slice bytes);
/* Begin anew with sha256_init. */
void sha256_end(struct sha256 *h, unsigned char out[SHA256_BYTES]);

#define SHA256_HEX 65
/* 64 digits, lower case, and NUL. Returns out. */
const char *sha256_hex(struct slice bytes, char out[SHA256_HEX]);
#define SHA256_BASE64 45
/* 44 characters of RFC 4648 section 4 and NUL, as a CSP has it. Returns out. */
const char *sha256_base64(struct slice bytes, char out[SHA256_BASE64]);

#endif
