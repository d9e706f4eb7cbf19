/*
 * Recipients that were refused for now, until they return or 36 hours are over.
 */
#include "msg.h"
#include "tracker_i.h"

static inline size_t filter_slot(uint64_t hash, int bits)
{
	return (size_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> (64 - bits));
}

uint64_t open_mail_key(uint64_t mail_id)
{
	return mail_id * UINT64_C(0x9e3779b97f4a7c15);
}

/* A count that can be told no more stays where it is: the filter may say yes too often, never no. */
static void filter_add(uint8_t *filter, uint64_t hash, int bits, int by)
{
	uint8_t *n = &filter[filter_slot(hash, bits)];

	if (*n < UINT8_MAX)
		*n = (uint8_t)(*n + by);
}

static inline bool filter_has(const uint8_t *filter, uint64_t hash, int bits)
{
	return filter[filter_slot(hash, bits)] != 0;
}

/* A counting filter tells for nearly every accepted mail that it is no return of anything. */
static void open_count(struct tracker *t, const struct open *o, int by)
{
	filter_add(t->net_filter, o->peer.net, NET_FILTER_BITS, by);
	filter_add(t->pair_filter, o->peer.net ^ o->sender_hash, PAIR_FILTER_BITS, by);
	if (o->peer.tail) {
		filter_add(t->tail_filter, o->peer.tail, NET_FILTER_BITS, by);
		filter_add(t->pair_filter, o->peer.tail ^ o->sender_hash, PAIR_FILTER_BITS, by);
	}
}

void open_touch(struct tracker *t, struct open *o)
{
	news_add(&t->open_news, &o->news);
}

void open_insert(struct tracker *t, struct open *o)
{
	finder_put(&t->open_by_address, &o->by_address);
	o->by_mail.key = open_mail_key(o->mail_id);
	finder_put(&t->open_by_mail, &o->by_mail);
	o->older = t->open_new;
	*(t->open_new ? &t->open_new->newer : &t->open_old) = o;
	t->open_new = o;
	open_count(t, o, 1);
	if (o->r) {
		o->r->open = o;
		o->r->mail->refs++;
	}
	if (!o->stored)
		open_touch(t, o);
}

void open_drop(struct tracker *t, struct open *o)
{
	finder_drop(&t->open_by_address, &o->by_address);
	finder_drop(&t->open_by_mail, &o->by_mail);
	*(o->older ? &o->older->newer : &t->open_old) = o->newer;
	*(o->newer ? &o->newer->older : &t->open_new) = o->older;
	open_count(t, o, -1);
	if (o->r) {
		o->r->open = NULL;
		mail_unref(t, o->r->mail);
		o->r = NULL;
	}
	if (o->stored)
		t->sink.pending_drop(t->sink.arg, PENDING_OPEN, o->place);
	news_remove(&t->open_news, &o->news);
	slab_give(&t->opens, o);
}

static bool open_in_time(const struct open *o, int64_t start_us)
{
	return o->end_us <= start_us && start_us - o->last_try_us <= RETURN_WITHIN &&
	       start_us - o->first_us <= CHAIN_WITHIN;
}

static bool same_sender_side(struct tracker *t, const struct open *o, struct peer *peer, struct slice name)
{
	if (o->peer.net == peer->net)
		return true;
	if (!o->peer.tail || o->peer.tail != peer->tail)
		return false;
	peer_org(t, peer, name);
	return o->peer.org && o->peer.org == peer->org;
}

/* In two steps, with some work after each: where it is looked for, and the first thing that is there. */
void open_fetch(const struct tracker *t, uint64_t sender, uint64_t address, int step)
{
	uint64_t key = open_key(sender, address);

	if (step == 1)
		__builtin_prefetch(finder_slot(&t->open_by_address, key));
	else
		__builtin_prefetch(finder_first(&t->open_by_address, key));
}

struct open *open_find(struct tracker *t, uint64_t sender, uint64_t address, struct peer *peer, struct slice name,
                       int64_t start_us)
{
	uint64_t key = open_key(sender, address);
	struct open *best = NULL;
	bool best_same = false;

	if (!peer->has_ip)
		return NULL;
	for (struct found *f = finder_first(&t->open_by_address, key); f; f = f->chain) {
		struct open *o = FOUND(f, struct open, by_address);
		if (f->key != key || !open_in_time(o, start_us) || !same_sender_side(t, o, peer, name))
			continue;
		bool same = ip_eq(&o->peer.ip, &peer->ip);
		if (!best || (same && !best_same) || (same == best_same && o->last_try_us < best->last_try_us)) {
			best = o;
			best_same = same;
		}
	}
	return best;
}

bool open_may_return(const struct tracker *t, const struct peer *peer)
{
	return filter_has(t->net_filter, peer->net, NET_FILTER_BITS) ||
	       (peer->tail && filter_has(t->tail_filter, peer->tail, NET_FILTER_BITS));
}

bool open_may_return_from(const struct tracker *t, const struct peer *peer, uint64_t sender)
{
	return filter_has(t->pair_filter, peer->net ^ sender, PAIR_FILTER_BITS) ||
	       (peer->tail && filter_has(t->pair_filter, peer->tail ^ sender, PAIR_FILTER_BITS));
}

void open_expire(struct tracker *t, int64_t now_us)
{
	/* an hour more than a return may take: lines of several hosts are not in step */
	while (t->open_old && t->open_old->last_try_us < now_us - RETURN_WITHIN - 3600 * SECOND)
		open_drop(t, t->open_old);
}

/* The oldest makes room: whether it comes back cannot be seen any more. */
void open_evict(struct tracker *t)
{
	struct open *o = t->open_old;

	if (o->r && o->r->text[0]) {
		t->counts.evictions++;
		if (t->us - o->last_try_us <= RETURN_WITHIN)
			recipient_fate(t, o->r, FATE_UNKNOWN);
	} else {
		t->counts.forgotten++;
	}
	open_drop(t, o);
}

void opens_flush(struct tracker *t)
{
	for (struct news *n; (n = t->open_news.first);) {
		struct open *o = FOUND(n, struct open, news);
		news_remove(&t->open_news, n);
		o->stored = true;
		t->sink.pending_put(t->sink.arg, PENDING_OPEN, o->place, pending_open(o));
	}
}
