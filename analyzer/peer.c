/*
 * Hosts that log, clients that connect, and addresses, as the tracker compares them.
 */
#include "msg.h"
#include "tracker_i.h"

uint64_t tracker_address(const struct tracker *t, struct slice a)
{
	char buf[2048];
	/* `postmaster` and `<postmaster@x.>` differ on purpose; a trailing dot of the domain does not (design.md 3) */
	struct slice folded = slice_fold(slice_ends(a, SLICE(".")) ? slice_head(a, a.n - 1) : a, buf, sizeof buf);
	uint64_t h = slice_hash(folded, t->key[0], t->key[1]);

	return h ? h : 1; /* 0 stands for "all recipients" */
}

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
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	int dots = 0;

	if (name.n == 0 || slice_eq(name, SLICE("unknown")))
		return 0;
	if (name.p[name.n - 1] == '.')
		name.n--;
	for (size_t i = name.n; i-- > 0;) {
		unsigned char c = (unsigned char)name.p[i];
		if (c == '.' && ++dots == 2)
			break;
		h = (h ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c)) * UINT64_C(0x100000001b3);
	}
	return h | 1;
}

void peer_read(struct slice name, struct slice ip, struct peer *out)
{
	memset(out, 0, sizeof *out);
	out->tail = tail_hash(name);
	out->has_ip = ip_parse(ip, &out->ip);
	if (!out->has_ip)
		return;
	const uint8_t *b = out->ip.b;
	bool v4 = ip_is_v4(&out->ip);
	for (int i = v4 ? 12 : 0; i < (v4 ? 15 : 8); i++)
		out->net = out->net << 8 | b[i];
	out->net |= v4 ? UINT64_C(1) << 32 : 0;
	out->loopback = v4 ? b[12] == 127 : ip_is_loopback(&out->ip);
}

/* name: the client's, of which p was read. */
void peer_org(struct tracker *t, struct peer *p, struct slice name)
{
	if (!p->org && p->tail && name.n)
		p->org = org_hash(t, name);
}

struct slice first_label(struct slice name)
{
	ptrdiff_t dot = slice_chr(name, '.');

	return dot > 0 ? slice_head(name, (size_t)dot) : name;
}

static inline bool host_is(const struct host *h, struct slice name)
{
	return h->name_n == name.n && slice_same(h->name, name.p, name.n);
}

struct host *tracker_host(struct tracker *t, struct slice name)
{
	struct host *h = t->last_host;

	if (h && host_is(h, name))
		return h;
	name.n = name.n ? strnlen(name.p, name.n) : 0; /* damage: what we keep ends at a NUL */
	for (uint32_t i = 0; i < t->hosts; i++)
		if (host_is(t->host[i], name))
			return t->last_host = t->host[i];
	if (t->hosts == HOSTS_MAX) /* forged names: all the rest share the last one */
		return t->last_host = t->host[HOSTS_MAX - 1];
	h = xcalloc(1, sizeof *h);
	h->name = xstrndup(name.n ? name.p : "", name.n);
	h->name_n = strlen(h->name);
	h->label_n = first_label(slice_of(h->name, h->name_n)).n;
	h->number = t->hosts;
	h->loss_us = h->now_us = STAMP_NONE;
	h->due_us = INT64_MAX;
	h->id = t->sink.host(t->sink.arg, name);
	t->host[t->hosts++] = h;
	return t->last_host = h;
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
