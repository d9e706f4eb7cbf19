#include "origin.h"

#include <libpsl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "msg.h"
#include "pool.h"
#include "shared_domains.h"

#define NAME_MAX_BYTES 253 /* RFC 1035, without the trailing dot */
#define NAME_CAP (NAME_MAX_BYTES + 1)
#define NAMING 1 /* raise it when this file or pool.c names a client differently */

/*
 * What the suffix list said of a name, which is dear to ask: the domains of a
 * log's clients come again and again below other hosts.
 */
#define SUFFIX_SLOTS 2048
#define SUFFIX_TEXT 46

struct suffix_said {
	uint8_t n;              /* bytes of name in use, 0: none */
	bool any, icann;        /* is it a public suffix, a hoster's ones counted or not */
	char name[SUFFIX_TEXT]; /* not ended */
};

struct origin {
	psl_ctx_t *psl;
	struct suffix_said *said;
	struct network *inside;
	size_t inside_n;
	char **shared; /* sorted */
	size_t shared_n;
	const struct network *canary_client;
	const struct slice *canary_sender, *own;
	size_t canary_clients, canary_senders, own_n;
	uint64_t hash[ORIGIN_PARTS];
};

const char *source_kind_name(enum source_kind k)
{
	static const char *const names[] = {
#define X(id, name) [SOURCE_##id] = name,
	    SOURCE_KINDS(X)
#undef X
	};

	return names[k];
}

/* FNV-1a: this hash is stored, so it must not depend on a seed. */
static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

/*
 * A host name in lower case without its trailing dot. False for what is none:
 * other bytes, empty labels, a last label of digits only (an address).
 */
static bool name_normal(struct slice s, char buf[NAME_CAP])
{
	size_t last = 0;

	if (slice_ends(s, SLICE(".")))
		s.n--;
	if (s.n == 0 || s.n > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-_.", c)) || c == '\0')
			return false;
		if (c == '.') {
			if (i == last)
				return false;
			last = i + 1;
		}
		buf[i] = c;
	}
	buf[s.n] = '\0';
	return last < s.n && strspn(buf + last, "0123456789") < s.n - last;
}

/* --- the lists ------------------------------------------------------------ */

static psl_ctx_t *suffixes_of_file(uint64_t *hash)
{
	const char *path = psl_dist_filename();
	FILE *f = path && *path ? fopen(path, "rbe") : NULL;
	psl_ctx_t *psl = NULL;
	char block[8192];
	uint64_t h = *hash;
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		h = hash_bytes(h, block, n);
	rewind(f);
	psl = psl_load_fp(f);
	fclose(f);
	if (psl)
		*hash = h;
	return psl;
}

/*
 * The list in the library costs nothing to open; the distribution's file is
 * read only where it is newer. Either way its identity goes into the hash.
 */
static psl_ctx_t *suffixes_load(uint64_t *hash)
{
	psl_ctx_t *psl = psl_builtin() && !psl_builtin_outdated() ? NULL : suffixes_of_file(hash);

	if (psl)
		return psl;
	if (!psl_builtin())
		msg_die(EX_OSFILE, "Public Suffix List: none found; install the package publicsuffix");
	*hash = hash_bytes(*hash, psl_builtin_sha1sum(), strlen(psl_builtin_sha1sum()));
	return (psl_ctx_t *)psl_builtin();
}

static void shared_add(struct origin *o, struct slice domain)
{
	char name[NAME_CAP];

	if (slice_starts(domain, SLICE(".")))
		domain = slice_from(domain, 1);
	if (!name_normal(domain, name))
		return;
	/* Grown by doubling: a full array has a power of two in it. */
	if ((o->shared_n & (o->shared_n - 1)) == 0)
		o->shared = xrealloc(o->shared, (o->shared_n ? 2 * o->shared_n : 1) * sizeof(*o->shared));
	o->shared[o->shared_n++] = xstrdup(name);
}

static void shared_add_builtin(struct origin *o)
{
	struct slice rest = slice_str(shared_domains_txt);

	while (rest.n > 0) {
		ptrdiff_t end = slice_chr(rest, '\n');
		struct slice line = end < 0 ? rest : slice_head(rest, (size_t)end);
		size_t word = 0;

		while (word < line.n && !strchr(" \t\r#", line.p[word]))
			word++;
		shared_add(o, slice_head(line, word));
		rest = slice_from(rest, line.n + 1);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct origin *origin_new(const struct network *inside, size_t n, const struct slice *shared, size_t shared_n)
{
	struct origin *o = xcalloc(1, sizeof(*o));
	const int naming = NAMING;

	for (int i = 0; i < ORIGIN_PARTS; i++)
		o->hash[i] = hash_bytes(UINT64_C(0xcbf29ce484222325), &naming, sizeof(naming));
	o->psl = suffixes_load(&o->hash[ORIGIN_NAMES]);
	o->said = xcalloc(SUFFIX_SLOTS, sizeof(*o->said));
	if (n > 0) {
		o->inside = xcalloc(n, sizeof(*inside));
		memcpy(o->inside, inside, n * sizeof(*inside));
		o->inside_n = n;
		o->hash[ORIGIN_INSIDE] = hash_bytes(o->hash[ORIGIN_INSIDE], o->inside, n * sizeof(*inside));
	}
	shared_add_builtin(o);
	for (size_t i = 0; i < shared_n; i++)
		shared_add(o, shared[i]);
	qsort(o->shared, o->shared_n, sizeof(*o->shared), compare_names);
	for (size_t i = 0; i < o->shared_n; i++)
		o->hash[ORIGIN_NAMES] = hash_bytes(o->hash[ORIGIN_NAMES], o->shared[i], strlen(o->shared[i]) + 1);
	return o;
}

struct origin *origin_free(struct origin *o)
{
	if (!o)
		return NULL;
	psl_free(o->psl);
	for (size_t i = 0; i < o->shared_n; i++)
		free(o->shared[i]);
	free(o->shared);
	free(o->said);
	free(o->inside);
	free(o);
	return NULL;
}

uint64_t origin_hash(const struct origin *o, enum origin_part part)
{
	return o->hash[part];
}

const char *origin_library(void)
{
	return psl_get_version();
}

bool origin_is_inside(const struct origin *o, const struct ip *a)
{
	for (size_t i = 0; i < o->inside_n; i++)
		if (network_has(&o->inside[i], a))
			return true;
	return ip_is_private(a);
}

void origin_canaries(struct origin *o, const struct network *clients, size_t clients_n, const struct slice *senders,
                     size_t senders_n)
{
	o->canary_client = clients;
	o->canary_clients = clients_n;
	o->canary_sender = senders;
	o->canary_senders = senders_n;
	for (size_t i = 0; i < clients_n; i++)
		o->hash[ORIGIN_CANARIES] = hash_bytes(o->hash[ORIGIN_CANARIES], &clients[i], sizeof clients[i]);
	for (size_t i = 0; i < senders_n; i++)
		o->hash[ORIGIN_CANARIES] = hash_bytes(o->hash[ORIGIN_CANARIES], senders[i].p, senders[i].n);
}

/* Apart, so that where there are none nobody makes room for it. */
__attribute__((noinline)) static bool is_canary(const struct origin *o, struct slice ip, struct slice sender)
{
	struct ip address;

	for (size_t i = 0; i < o->canary_senders; i++)
		if (slice_is_set(sender) && slice_eq_fold(o->canary_sender[i], sender))
			return true;
	if (o->canary_clients == 0 || !ip_parse(ip, &address))
		return false;
	for (size_t i = 0; i < o->canary_clients; i++)
		if (network_has(&o->canary_client[i], &address))
			return true;
	return false;
}

bool origin_is_canary(const struct origin *o, struct slice ip, struct slice sender)
{
	return o->canary_senders + o->canary_clients && is_canary(o, ip, sender);
}

void origin_domains(struct origin *o, const struct slice *domains, size_t n)
{
	o->own = domains;
	o->own_n = n;
	for (size_t i = 0; i < n; i++)
		o->hash[ORIGIN_OWN] = hash_bytes(o->hash[ORIGIN_OWN], domains[i].p, domains[i].n);
}

const struct slice *origin_own(const struct origin *o, size_t *n)
{
	*n = o->own_n;
	return o->own;
}

/* --- domains -------------------------------------------------------------- */

static struct suffix_said suffix_ask(const struct origin *o, const char *name)
{
	struct suffix_said said = {.any = psl_is_public_suffix2(o->psl, name, PSL_TYPE_ANY) != 0};

	/* what is no suffix with the hosters' ones is none without them */
	said.icann = said.any && psl_is_public_suffix2(o->psl, name, PSL_TYPE_ICANN) != 0;
	return said;
}

/* n: the length of name. */
static struct suffix_said suffix_say(const struct origin *o, const char *name, size_t n)
{
	if (n == 0 || n > SUFFIX_TEXT)
		return suffix_ask(o, name);
	struct suffix_said *said = &o->said[hash_bytes(n, name, n) * UINT64_C(0x9e3779b97f4a7c15) >> 53];
	_Static_assert(SUFFIX_SLOTS == 1 << (64 - 53), "the slots are what these bits can say");
	if (said->n != n || !slice_same(said->name, name, n)) {
		*said = suffix_ask(o, name);
		said->n = (uint8_t)n;
		memcpy(said->name, name, n);
	}
	return *said;
}

/*
 * The parts of the name that are one label longer than its longest public
 * suffix, NULL if there is none. `any` counts a hoster's suffix (dyndns.org) as
 * public, so each of its customers is a domain of his own; `icann` does not, and
 * names the hoster.
 */
struct registrable {
	const char *any, *icann;
};

static struct registrable registrable(const struct origin *o, const char *name)
{
	struct registrable r = {NULL, NULL};
	const char *end = name + strlen(name), *below = NULL;
	bool found = false;

	for (const char *p = name; p; p = strchr(p, '.')) {
		p += *p == '.';
		struct suffix_said said = suffix_say(o, p, (size_t)(end - p));
		if (said.any && !found)
			r.any = below;
		found |= said.any;
		if (said.icann) {
			r.icann = below;
			break;
		}
		below = p;
	}
	return r;
}

struct slice origin_org(const struct origin *o, struct slice name, char *buf, size_t cap)
{
	char host[NAME_CAP];
	const char *org;
	size_t n;

	if (!name_normal(name, host) || !(org = registrable(o, host).any))
		return SLICE_NONE;
	n = strlen(org);
	if (n >= cap)
		return SLICE_NONE;
	memcpy(buf, org, n + 1);
	return slice_of(buf, n);
}

static bool is_listed(const struct origin *o, const char *name)
{
	for (const char *p = name; p; p = strchr(p, '.')) {
		p += *p == '.';
		if (bsearch(&p, o->shared, o->shared_n, sizeof(*o->shared), compare_names))
			return true;
	}
	return false;
}

/* Only the labels in front of the domain count: 113.example is a name one can buy. */
static bool has_ip_digits(const char *name, const char *domain, const struct ip *ip)
{
	char host[NAME_CAP];
	size_t n = (size_t)(domain - name);

	memcpy(host, name, n);
	host[n] = '\0';
	return pool_has_ip(host, ip);
}

/* --- the source ----------------------------------------------------------- */

/* Names the client by its domain, or says the domain that it shares with thousands. */
static enum source_kind name_domain(const struct origin *o, const char *name, const struct ip *ip, const char **domain)
{
	struct registrable r = registrable(o, name);

	*domain = r.icann;
	if (r.icann && (is_listed(o, name) || has_ip_digits(name, r.icann, ip)))
		return SOURCE_SHARED;
	*domain = r.any;
	return r.any ? SOURCE_ORG : SOURCE_NET;
}

void origin_name(const struct origin *o, struct slice name, struct slice ip, struct source_name *out)
{
	char host[NAME_CAP] = "";
	const char *domain = NULL;
	struct network net;
	struct ip a;

	memset(out, 0, sizeof(*out));
	out->kind = SOURCE_NET;
	if (!ip_parse(ip, &a)) {
		strcpy(out->text, "unknown");
		return;
	}
	if (origin_is_inside(o, &a)) {
		out->kind = SOURCE_INSIDE;
		ip_text(&a, out->text);
		return;
	}
	if (name_normal(name, host))
		out->kind = name_domain(o, host, &a, &domain);
	if (out->kind == SOURCE_ORG) {
		snprintf(out->text, sizeof(out->text), "%s", domain);
		return;
	}
	net = network_around(&a);
	network_text(&net, out->text);
	if (domain)
		snprintf(out->domain, sizeof(out->domain), "%s", domain);
}
