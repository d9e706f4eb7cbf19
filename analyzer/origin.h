/*
 * origin: who sends, as an admin would name it: client name and address to a
 * source (design.md 3). origin.c is the only file that knows libpsl.
 */
#ifndef WB_ORIGIN_H
#define WB_ORIGIN_H

#include "../parsers/network.h"
#include "../parsers/slice.h"

#define SOURCE_KINDS(X) X(ORG, "org") X(NET, "net") X(INSIDE, "inside") X(SHARED, "shared")
enum source_kind {
#define X(id, name) SOURCE_##id,
	SOURCE_KINDS(X)
#undef X
	    SOURCE_KIND_COUNT
};
const char *source_kind_name(enum source_kind k);

struct origin;

/*
 * inside: networks of the setting [networks] inside, besides the private
 * ranges; may be NULL with n = 0. shared: extra domains that thousands share,
 * besides the built-in list. Never NULL (dies without memory).
 */
struct origin *origin_new(const struct network *inside, size_t n, const struct slice *shared, size_t shared_n);
struct origin *origin_free(struct origin *o); /* always NULL */

#define SOURCE_TEXT 300
struct source_name {
	enum source_kind kind;
	char text[SOURCE_TEXT];   /* news.example | 10.20.30.77 | 203.0.113.0/24 */
	char domain[SOURCE_TEXT]; /* shared: the domain shown beside it; else "" */
};

/*
 * The source of a client. name: the verified client name as logged, `unknown`
 * or absent if there is none; ip as logged. If ip is no address (`unknown`) the
 * source is net `unknown`.
 * Order: inside address -> that one IP; verified name below a registrable
 * domain -> that domain (lower case, no trailing dot), unless thousands share
 * it or the name has IP digits in it -> its network, kind shared; else its
 * network (/24, /64).
 */
void origin_name(const struct origin *o, struct slice name, struct slice ip, struct source_name *out);

/* The organisational (registrable) domain of a host name, or the absent slice; points into buf (>= 256 bytes). */
struct slice origin_org(const struct origin *o, struct slice name, char *buf, size_t cap);

/*
 * Test clients and test senders of the setting [hosts]: they prove that a rule
 * is alive and count nowhere else. senders are compared in any case; borrowed.
 */
void origin_canaries(struct origin *o, const struct network *clients, size_t clients_n, const struct slice *senders,
                     size_t senders_n);
/* Own domains of the setting [networks] domains; borrowed. NULL with 0 if none were set. */
void origin_domains(struct origin *o, const struct slice *domains, size_t n);
const struct slice *origin_own(const struct origin *o, size_t *n);

bool origin_is_canary(const struct origin *o, struct slice ip, struct slice sender);

bool origin_is_inside(const struct origin *o, const struct ip *a);

/* What of the settings is in it; ORIGIN_NAMES: how we name, the suffix list, shared domains. */
enum origin_part { ORIGIN_NAMES, ORIGIN_INSIDE, ORIGIN_OWN, ORIGIN_CANARIES, ORIGIN_PARTS };
/* A hash of one part: what was derived with it must be made anew when it changes. */
uint64_t origin_hash(const struct origin *o, enum origin_part part);
const char *origin_library(void); /* libpsl's version */

#endif
