/*
 * Hosts that log, clients that connect, and addresses, as the tracker compares them.
 */
#include "../parsers/vector.h"
#include "msg.h"
#include "tracker_i.h"

/* -------------------------------------------------------------------- addresses */

/* Eight bytes with A to Z made small, and nothing else. */
static inline uint64_t word_small(uint64_t w)
{
	uint64_t low = w & 0x7f7f7f7f7f7f7f7f;
	uint64_t from_a = low + 0x3f3f3f3f3f3f3f3f, above_z = low + 0x2525252525252525; /* the top bits tell */

	return w | (from_a & ~above_z & ~w & 0x8080808080808080) >> 2;
}

/* Fewer than eight bytes as one word. */
static inline uint64_t word_short(struct slice s)
{
	uint64_t w = 0;

	for (size_t i = 0; i < s.n; i++)
		w = w << 8 | (unsigned char)s.p[i];
	return w;
}

/* Sixteen bytes in the same way, as two words. */
static inline void words_small(vector v, uint64_t w[2])
{
	typedef uint64_t halves __attribute__((vector_size(VECTOR_BYTES)));
	halves small = (halves)(v | (vector_in(v, 'A', 'Z') & 0x20));

	w[0] = small[0];
	w[1] = small[1];
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w[0] = __builtin_bswap64(w[0]);
	w[1] = __builtin_bswap64(w[1]);
#endif
}

/* slice_hash_short of the text with A to Z made small; *ascii: it has no other bytes. */
static inline uint64_t hash_small(struct slice s, const uint64_t key[2], bool *ascii)
{
	uint64_t h = key[0] ^ s.n, by = key[1] | 1, last, w[2];
	uint64_t bits = 0;
	vector all = {0};
	size_t i = 0;

	for (; i + VECTOR_BYTES < s.n; i += VECTOR_BYTES) {
		vector v = vector_load(s.p + i);
		all |= v;
		words_small(v, w);
		h = slice_mix(slice_mix(h ^ w[0], by) ^ w[1], by);
	}
	if (i + 8 < s.n) {
		bits = slice_word(s.p + i);
		h = slice_mix(h ^ word_small(bits), by);
	}
	last = s.n >= 8 ? slice_word(s.p + s.n - 8) : word_short(s);
	*ascii = !((bits | last) & 0x8080808080808080) && vector_mask(all) == 0;
	return slice_mix(h ^ word_small(last), by);
}

/* Apart, so that the others need not make room for it. */
__attribute__((noinline)) static uint64_t hash_folded(struct slice s, const uint64_t key[2])
{
	char buf[2048];

	return slice_hash_short(slice_fold(s, buf, sizeof buf), key[0], key[1]);
}

/* Nearly all are ASCII, and need not be written down anew to be folded. */
uint64_t tracker_address(const struct tracker *t, struct slice a)
{
	bool ascii;

	/* `postmaster` and `<postmaster@x.>` differ on purpose; a trailing dot of the domain does not (design.md 3) */
	if (a.n && a.p[a.n - 1] == '.')
		a.n--;
	uint64_t h = hash_small(a, t->key, &ascii);
	if (!ascii)
		h = hash_folded(a, t->key);
	return h ? h : 1; /* 0 stands for "all recipients" */
}

/* -------------------------------------------------------------------- clients */

static uint64_t org_hash(struct tracker *t, struct slice name)
{
	char buf[SOURCE_TEXT];
	uint64_t h = slice_hash(name, t->key[0], t->key[1]) | 1;
	size_t slot = (h >> 1) % ORG_CACHE;

	if (t->org_cache[slot].name != h) {
		struct slice org = origin_org(t->origin, name, buf, sizeof buf);
		t->org_cache[slot].name = h;
		t->org_cache[slot].org = org.n ? slice_hash(org, t->key[1], t->key[0]) | 1 : 0;
	}
	return t->org_cache[slot].org;
}

/* The last two labels, any case: equal for all names of one organisational domain. */
static uint64_t tail_hash(struct slice name)
{
	static const uint64_t key[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x9e3779b97f4a7c15)};
	bool ascii;

	if (name.n == 0 || slice_eq(name, SLICE("unknown")))
		return 0;
	if (name.p[name.n - 1] == '.')
		name.n--;
	ptrdiff_t dot = slice_rchr(name, '.');
	if (dot > 0)
		dot = slice_rchr(slice_head(name, (size_t)dot), '.');
	return hash_small(slice_from(name, (size_t)(dot + 1)), key, &ascii) | 1;
}

/* The machine itself, as nearly always written: what a content filter gives back comes from there. */
static const struct peer here = {
    .ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}},
    .has_ip = true,
    .loopback = true,
    .net = UINT64_C(1) << 32 | 0x7f0000,
};

void peer_read_ip(struct slice ip, struct peer *out)
{
	if (slice_eq(ip, SLICE("127.0.0.1"))) {
		*out = here;
		return;
	}
	*out = (struct peer){0};
	out->has_ip = ip_parse(ip, &out->ip);
	if (!out->has_ip)
		return;
	const uint8_t *b = out->ip.b;
	if (ip_is_v4(&out->ip)) {
		out->net = UINT64_C(1) << 32 | (uint64_t)b[12] << 16 | (uint64_t)b[13] << 8 | b[14];
		out->loopback = b[12] == 127;
		return;
	}
	for (int i = 0; i < 8; i++)
		out->net = out->net << 8 | b[i];
	out->loopback = ip_is_loopback(&out->ip);
}

void peer_read_name(struct slice name, struct peer *out)
{
	out->tail = tail_hash(name);
}

void peer_read(struct slice name, struct slice ip, struct peer *out)
{
	peer_read_ip(ip, out);
	peer_read_name(name, out);
}

/* name: the client's, of which p was read. */
void peer_org(struct tracker *t, struct peer *p, struct slice name)
{
	if (!p->org && p->tail && name.n)
		p->org = org_hash(t, name);
}

/* -------------------------------------------------------------------- hosts */

struct slice first_label(struct slice name)
{
	ptrdiff_t dot = slice_chr(name, '.');

	return dot > 0 ? slice_head(name, (size_t)dot) : name;
}

/* It has logged last, and before it who was that so far. */
static struct host *host_logs(struct tracker *t, struct host *h)
{
	t->last_host[1] = t->last_host[0];
	t->last_word[1] = t->last_word[0];
	t->last_host[0] = h;
	t->last_word[0] = h->word;
	return h;
}

static struct host *host_get(struct tracker *t, struct slice name)
{
	struct host *h;

	name.n = name.n ? strnlen(name.p, name.n) : 0; /* damage: what we keep ends at a NUL */
	uint64_t word = host_word(name);
	for (uint32_t i = 0; i < t->hosts; i++)
		if (host_is(t->host[i], name, word))
			return host_logs(t, t->host[i]);
	if (t->hosts == HOSTS_MAX) /* forged names: all the rest share the last one */
		return host_logs(t, t->host[HOSTS_MAX - 1]);
	h = xcalloc(1, sizeof *h);
	h->name = xstrndup(name.n ? name.p : "", name.n);
	h->name_n = strlen(h->name);
	h->word = word;
	h->label_n = first_label(slice_of(h->name, h->name_n)).n;
	h->number = t->hosts;
	h->loss_us = STAMP_NONE;
	h->due_us = INT64_MAX;
	h->id = t->sink.host(t->sink.arg, name);
	t->host[t->hosts++] = h;
	return host_logs(t, h);
}

struct host *tracker_host(struct tracker *t, struct slice name)
{
	struct host *h = tracker_host_again(t, name);

	return h ? h : host_get(t, name);
}

void text_keep(char *out, size_t cap, struct slice text)
{
	size_t n = text.n < cap ? text.n : cap - 1;

	if (n)
		memcpy(out, text.p, n);
	out[n] = '\0';
}

bool texts_add(uint32_t text[FACT_TEXTS], uint32_t id)
{
	for (int i = 0; i < FACT_TEXTS; i++) {
		if (text[i] == id)
			return true;
		if (text[i] == 0) {
			text[i] = id;
			return true;
		}
	}
	return false;
}
