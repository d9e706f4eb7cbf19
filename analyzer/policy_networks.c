/* mynetworks: a match list of client names and addresses (src/util/match_list.c, match_ops.c). */
#include <stdlib.h>

#include "../parsers/logical.h"
#include "msg.h"
#include "policy_i.h"

#define FILES_DEEP 10 /* a list may name a file that names a file */

static bool read_list(struct policy *p, struct slice list, bool negate, int depth);

void policy_networks_release(struct policy *p)
{
	for (size_t i = 0; i < p->members; i++)
		free(p->member[i].text);
	free(p->member);
	p->member = NULL;
	p->members = p->member_room = 0;
}

static bool complain(struct slice pattern, const char *why)
{
	char safe[256];

	msg_warn("mynetworks: %s: %s", msg_safe(pattern, safe, sizeof(safe)), why);
	return false;
}

static struct policy_member_row *add(struct policy *p, enum member_kind kind, bool negate, struct slice text)
{
	struct policy_member_row *m;
	char *own = xmalloc(text.n + 1);

	if (p->members == p->member_room) {
		p->member_room = p->member_room ? 2 * p->member_room : 16;
		p->member = xrealloc(p->member, p->member_room * sizeof(*p->member));
	}
	m = &p->member[p->members++];
	*m = (struct policy_member_row){.kind = kind, .negate = negate, .text = own};
	memcpy(own, text.p, text.n);
	own[text.n] = '\0';
	if (kind != MEMBER_TABLE)
		slice_fold(slice_of(own, text.n), own, text.n);
	return m;
}

static bool add_broken(struct policy *p, struct slice pattern, const char *why)
{
	add(p, MEMBER_BROKEN, false, pattern);
	return complain(pattern, why);
}

/* Each line of the file is a list of its own. */
static bool add_file(struct policy *p, struct slice path, bool negate, int depth)
{
	char *name = xstrndup(path.p, path.n), *text, *joined;
	struct slice bytes, line;
	struct logical l;
	bool good = true;
	int number;

	text = depth < FILES_DEEP ? policy_read_file(name, &bytes) : NULL;
	free(name);
	if (!text)
		return add_broken(p, path, depth < FILES_DEEP ? "cannot be read" : "files that name each other");
	joined = xmalloc(bytes.n + 1);
	logical_init(&l, bytes, joined);
	while (logical_next(&l, &line, &number) != LOGICAL_END)
		good &= read_list(p, line, negate, depth + 1);
	free(joined);
	free(text);
	return good;
}

static bool add_table(struct policy *p, struct slice name, bool negate)
{
	char *text;
	bool good = true;

	if (access_kind_of(name) == ACCESS_UNKNOWN)
		return add_broken(p, name, "IPv6 must stand in [], and tables of this type cannot be read here");
	text = xstrndup(name.p, name.n);
	if (!policy_map_of(p, name))
		good = policy_read_map(p, text);
	free(text);
	add(p, MEMBER_TABLE, negate, name);
	return good;
}

/* Is it meant to be an address, so that one that is none is a mistake and no host's name? */
static bool looks_like_network(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdefABCDEF.:[]/", s.p[i] ? s.p[i] : 'x'))
			return false;
	return s.p[0] == '[' || slice_chr(s, '/') >= 0;
}

static bool add_pattern(struct policy *p, struct slice pattern, bool negate)
{
	struct network net;
	struct policy_member_row *m;

	if (!network_parse(pattern, &net)) {
		if (looks_like_network(pattern))
			return add_broken(p, pattern, "no network, or one with address bits beyond its length");
		add(p, MEMBER_NAME, negate, pattern);
		return true;
	}
	m = add(p, MEMBER_NETWORK, negate, pattern);
	m->net = net;
	m->v6 = slice_chr(pattern, ':') >= 0;
	return true;
}

static bool read_list(struct policy *p, struct slice list, bool negate, int depth)
{
	struct slice word;
	bool good = true;

	while (list_word(&list, &word)) {
		bool no = negate;
		struct slice item = word;
		while (slice_skip(&item, SLICE("!")))
			no = !no;
		if (item.n == 0)
			good &= add_broken(p, word, "no pattern after the !");
		else if (item.p[0] == '/')
			good &= add_file(p, item, no, depth);
		else if (item.p[0] != '[' && slice_chr(item, ':') >= 0)
			good &= add_table(p, item, no);
		else
			good &= add_pattern(p, item, no);
	}
	return good;
}

void policy_networks_unknown(struct policy *p)
{
	policy_networks_release(p);
	p->networks_set = true;
	add(p, MEMBER_BROKEN, false, SLICE("mynetworks"));
}

bool policy_networks(struct policy *p, const char *list)
{
	policy_networks_release(p);
	p->networks_set = true;
	return read_list(p, slice_str(list), false, 0);
}

/* ------------------------------------------------------------------ asking */

/* Names match as they are, and by a parent domain. */
static bool name_matches(struct slice name, struct slice pattern, bool parents)
{
	if (slice_eq(name, pattern))
		return true;
	if (name.n <= pattern.n || !slice_ends(name, pattern))
		return false;
	return parents ? name.p[name.n - pattern.n - 1] == '.' : pattern.n > 0 && pattern.p[0] == '.';
}

static enum policy_member of_answer(enum access_answer answer)
{
	static const enum policy_member members[] = {
	    [ACCESS_NONE] = POLICY_OUTSIDE, [ACCESS_FOUND] = POLICY_INSIDE, [ACCESS_UNSURE] = POLICY_UNSURE};

	return members[answer];
}

/* The name with its parents, then the address, but not the networks around it. */
static enum policy_member table_has(const struct policy *p, const char *table, struct slice name, struct slice ip)
{
	const struct access *a = policy_access(p, table);
	struct access_hit hit;
	struct access_options o = p->options;
	enum access_answer answer;

	if (!a)
		return POLICY_UNSURE;
	o.parents = p->network_parents;
	answer = access_find_client(a, name, SLICE_NONE, &o, &hit);
	return of_answer(answer == ACCESS_NONE ? access_get(a, ip, &hit) : answer);
}

struct client {
	struct slice name, address;
	struct ip ip;
	bool has_ip;
};

static enum policy_member row_has(const struct policy *p, const struct policy_member_row *m, const struct client *c)
{
	switch (m->kind) {
	case MEMBER_NETWORK:
		/* `[::ffff:192.0.2.0]/120` is IPv6 to Postfix, and the client is not. */
		if (!c->has_ip || m->v6 == ip_is_v4(&c->ip) || !network_has(&m->net, &c->ip))
			return POLICY_OUTSIDE;
		return POLICY_INSIDE;
	case MEMBER_NAME:
		return name_matches(c->name, slice_str(m->text), p->network_parents) ? POLICY_INSIDE : POLICY_OUTSIDE;
	case MEMBER_TABLE: return table_has(p, m->text, c->name, c->address);
	case MEMBER_BROKEN: break;
	}
	return POLICY_UNSURE;
}

enum policy_member policy_in_networks(const struct policy *p, struct slice client_name, struct slice client_ip)
{
	char name[256], address[IP_TEXT];
	struct client c = {.address = client_ip};

	if (!p->networks_set)
		return POLICY_UNSURE;
	c.name = slice_fold(client_name.n ? client_name : SLICE("unknown"), name, sizeof(name));
	c.has_ip = ip_parse(client_ip, &c.ip);
	if (c.has_ip)
		c.address = slice_of(address, ip_text(&c.ip, address));
	for (size_t i = 0; i < p->members; i++) {
		enum policy_member has = row_has(p, &p->member[i], &c);
		if (has == POLICY_UNSURE)
			return POLICY_UNSURE;
		if (has == POLICY_INSIDE)
			return p->member[i].negate ? POLICY_OUTSIDE : POLICY_INSIDE;
	}
	return POLICY_OUTSIDE;
}
