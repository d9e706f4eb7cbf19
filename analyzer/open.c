/*
 * Recipients that were refused for now, until they return or 36 hours are over.
 */
#include "msg.h"
#include "tracker_i.h"

static struct open **open_slot(struct tracker *t, uint64_t key)
{
	return &t->open_table[(key >> 20) & t->open_mask];
}

static size_t filter_slot(uint64_t hash)
{
	return (size_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 48) % NET_FILTER;
}

struct open **open_mail_slot(struct tracker *t, uint64_t mail_id)
{
	return &t->open_mail_table[(mail_id * UINT64_C(0x9e3779b97f4a7c15) >> 40) & t->open_mask];
}

static void filter_add(uint16_t *filter, uint64_t hash, int by)
{
	uint16_t *n = &filter[filter_slot(hash)];

	*n = (uint16_t)(*n + by);
}

static bool filter_has(const uint16_t *filter, uint64_t hash)
{
	return filter[filter_slot(hash)] != 0;
}

/* A counting filter tells for nearly every accepted mail that it is no return of anything. */
static void open_count(struct tracker *t, const struct open *o, int by)
{
	filter_add(t->net_filter, o->peer.net, by);
	filter_add(t->pair_filter, o->peer.net ^ o->sender_hash, by);
	if (o->peer.tail) {
		filter_add(t->tail_filter, o->peer.tail, by);
		filter_add(t->pair_filter, o->peer.tail ^ o->sender_hash, by);
	}
}

void open_touch(struct tracker *t, struct open *o)
{
	if (o->dirty)
		return;
	o->dirty = true;
	o->next_dirty = NULL;
	*t->open_dirty_end = o;
	t->open_dirty_end = &o->next_dirty;
}

void open_insert(struct tracker *t, struct open *o)
{
	struct open **at = open_slot(t, o->key);

	o->chain = *at;
	*at = o;
	o->older = t->open_new;
	*(t->open_new ? &t->open_new->newer : &t->open_old) = o;
	t->open_new = o;
	open_count(t, o, 1);
	at = open_mail_slot(t, o->mail_id);
	o->mail_chain = *at;
	*at = o;
	if (o->r) {
		o->r->open = o;
		o->r->mail->refs++;
	}
	if (!o->stored)
		open_touch(t, o);
}

void open_drop(struct tracker *t, struct open *o)
{
	struct open **at = open_slot(t, o->key);

	while (*at != o)
		at = &(*at)->chain;
	*at = o->chain;
	for (at = open_mail_slot(t, o->mail_id); *at != o;)
		at = &(*at)->mail_chain;
	*at = o->mail_chain;
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
	if (o->dirty)
		o->key = 0; /* still in the list of new ones; opens_flush gives it back */
	else
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

struct open *open_find(struct tracker *t, uint64_t sender, uint64_t address, struct peer *peer, struct slice name,
                       int64_t start_us)
{
	uint64_t key = sender * 31 + address;
	struct open *best = NULL;
	bool best_same = false;

	if (!peer->has_ip)
		return NULL;
	for (struct open *o = *open_slot(t, key); o; o = o->chain) {
		if (o->key != key || !open_in_time(o, start_us) || !same_sender_side(t, o, peer, name))
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
	return filter_has(t->net_filter, peer->net) || (peer->tail && filter_has(t->tail_filter, peer->tail));
}

bool open_may_return_from(const struct tracker *t, const struct peer *peer, uint64_t sender)
{
	return filter_has(t->pair_filter, peer->net ^ sender) ||
	       (peer->tail && filter_has(t->pair_filter, peer->tail ^ sender));
}

void open_expire(struct tracker *t, int64_t now_us)
{
	/* an hour more than a return may take: lines of several hosts are not in step */
	while (t->open_old && t->open_old->last_try_us < now_us - RETURN_WITHIN - 3600 * SECOND)
		open_drop(t, t->open_old);
}

/* Slots of dropped ones that are still in the list of new ones. */
static bool opens_reap(struct tracker *t)
{
	struct open **at = &t->open_dirty, *o;
	bool any = false;

	while ((o = *at)) {
		if (o->key) {
			at = &o->next_dirty;
			continue;
		}
		*at = o->next_dirty;
		slab_give(&t->opens, o);
		any = true;
	}
	t->open_dirty_end = at;
	return any;
}

/* The oldest makes room: whether it comes back cannot be seen any more. */
void open_evict(struct tracker *t)
{
	struct open *o = t->open_old;

	if (opens_reap(t))
		return;
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
	for (struct open *o = t->open_dirty, *next; o; o = next) {
		next = o->next_dirty;
		o->dirty = false;
		if (o->key == 0) {
			slab_give(&t->opens, o);
			continue;
		}
		o->stored = true;
		t->sink.pending_put(t->sink.arg, PENDING_OPEN, o->place, pending_open(o));
	}
	t->open_dirty = NULL;
	t->open_dirty_end = &t->open_dirty;
}
