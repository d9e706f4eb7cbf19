/* The sender map: senders and domains with verdicts, the rule's own keys, and all else that stood in it. */
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "plan_i.h"

#define MAP "the switched sender map"

/* ------------------------------------------------------------------ keys of the rule */

static bool has_own(const struct plan_making *m, const char *key)
{
	for (size_t i = 0; i < m->owns; i++)
		if (strcmp(m->own[i].key, key) == 0)
			return true;
	return false;
}

static void add_own(struct plan_making *m, char *key)
{
	if (has_own(m, key)) {
		free(key);
		return;
	}
	m->own = xrealloc(m->own, (m->owns + 1) * sizeof *m->own);
	m->own[m->owns++] = (struct plan_key){key, NULL};
}

static void add_domain(struct plan *p, struct slice name)
{
	for (size_t i = 0; i < p->domains; i++)
		if (slice_eq(name, slice_str(p->domain[i])))
			return;
	p->domain = xrealloc(p->domain, (p->domains + 1) * sizeof *p->domain);
	p->domain[p->domains++] = xstrndup(name.p, name.n);
}

/* Letters of names; what else a key could have would break a row. */
static bool is_key(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == 0x7f || strchr("\"\\#@:", name.p[i]))
			return false;
	return name.n > 0 && name.n <= 253 && name.p[0] != '.';
}

/* Does another of the rule's keys stand for a domain that this one lies in? */
static bool lies_in_another(const struct plan_making *m, const struct access *a, struct slice name)
{
	struct access_row row;

	for (size_t at = 0; access_next(a, &at, &row);)
		if (row.key.n < name.n && plan_below(name, row.key) && plan_is_rule_action(m->o, m->p, row.action))
			return true;
	return false;
}

static bool keys_of_map(struct plan_making *m)
{
	const struct access *a = m->o->policy ? policy_access(m->o->policy, m->o->map) : NULL;
	struct access_row row;
	int first, last;
	bool block = plan_old_block(m->o, &first, &last);

	for (size_t at = 0; a && slice_is_set(m->o->map_text) && access_next(a, &at, &row);) {
		if (row.winner || !plan_is_rule_action(m->o, m->p, row.action))
			continue;
		struct slice name = row.key;
		bool domain = slice_chr(name, '@') < 0, made = block && first <= row.line && row.line <= last;
		/* An earlier plan's row for a sender stands only as long as its verdict does. */
		if (made && !slice_starts(row.action, slice_str(m->p->class)))
			continue;
		slice_skip(&name, SLICE("."));
		/* Nor does its row for a subdomain, which the domain's row covers. */
		if (made && domain && lies_in_another(m, a, name))
			continue;
		add_own(m, xstrndup(row.key.p, row.key.n));
		if (domain && is_key(name))
			add_domain(m->p, name);
	}
	return m->p->domains > 0;
}

static void add_twins(struct plan_making *m)
{
	for (size_t i = 0; i < m->p->domains; i++) {
		add_own(m, xstrdup(m->p->domain[i]));
		add_own(m, plan_joined(".", m->p->domain[i]));
	}
}

static void domains_of_log(struct plan_making *m, struct reader *r)
{
	struct query_param rule = {"rule", slice_str(m->p->rule), 0, false};
	struct query *q = query_new(r, SQL_READ_PLAN_DOMAINS, &rule, 1);

	/* The shortest come first. */
	while (query_row(q))
		if (is_key(query_text(q, 0)) && !plan_is_own(m->p, query_text(q, 0)))
			add_domain(m->p, query_text(q, 0));
	query_free(q);
}

/* The longest domain with a verdict that the key lies in. */
static struct plan_verdict *verdict_over(struct plan *p, struct slice key)
{
	struct slice name = key;

	if (slice_chr(name, '@') >= 0)
		name = slice_from(name, (size_t)slice_rchr(name, '@') + 1);
	slice_skip(&name, SLICE("."));
	for (size_t i = 0; i < p->verdicts; i++) {
		struct plan_verdict *v = &p->verdict[i];
		if (v->subject.kind == SUBJECT_DOMAIN && plan_below(name, slice_str(v->subject.text)))
			return v;
	}
	return NULL;
}

static const char *domain_action(const struct plan_making *m, const struct plan_verdict *v)
{
	return v && v->word == VERDICT_EXEMPT ? m->open : m->p->class;
}

static void decide_own(struct plan_making *m)
{
	for (size_t i = 0; i < m->owns; i++) {
		struct plan_verdict *v = verdict_over(m->p, slice_str(m->own[i].key));
		m->own[i].action = domain_action(m, v);
		if (!v)
			continue;
		v->file = m->p->map_name;
		if (v->word == VERDICT_EXEMPT && m->own[i].key[0] != '.')
			plan_remark(m->p, true, "`%s` is exempt: anybody may send as anyone of %s", v->subject.text,
			            m->own[i].key);
	}
}

void plan_keys_find(struct plan_making *m, struct reader *r)
{
	struct plan *p = m->p;

	p->domains_from = PLAN_FROM_MAP;
	if (!keys_of_map(m)) {
		p->domains_from = PLAN_FROM_SETTINGS;
		for (size_t i = 0; i < m->o->domains_n; i++)
			if (is_key(m->o->domains[i]))
				add_domain(p, m->o->domains[i]);
		if (p->domains == 0) {
			p->domains_from = PLAN_FROM_LOG;
			domains_of_log(m, r);
		}
		add_twins(m);
	}
	decide_own(m);
}

/* ------------------------------------------------------------------ senders */

/* Does a table with this one row answer for the sender? */
static bool row_works(const char *key, struct slice sender)
{
	struct access_options options = ACCESS_OPTIONS;
	struct access_hit hit;
	struct slice name = SLICE("hash:row");
	char *row = plan_joined(key, " DUNNO\n");
	/* A key that begins another row, or a comment, is another key. */
	bool works = !strpbrk(key, "\r\n\t\v\f") && key[0] != '#';
	struct access *a = works ? access_new(name, slice_str(row), NULL) : NULL;

	works = a && access_find_sender(a, sender, &options, &hit) == ACCESS_FOUND && slice_chr(hit.key, '@') >= 0 &&
	        slice_eq(hit.action, SLICE("DUNNO"));
	access_free(a);
	free(row);
	return works;
}

/* The local part without quotes and backslashes, then quoted anew if `quote`. */
static char *respell(struct slice sender, bool quote)
{
	size_t at = (size_t)slice_rchr(sender, '@'), n = 0;
	char *out = xmalloc(2 * sender.n + 4);

	if (quote)
		out[n++] = '"';
	for (size_t i = 0; i < at; i++) {
		if (sender.p[i] == '"' || (sender.p[i] == '\\' && i + 1 == at))
			continue;
		if (sender.p[i] == '\\')
			i++;
		if (quote && (sender.p[i] == '"' || sender.p[i] == '\\'))
			out[n++] = '\\';
		out[n++] = sender.p[i];
	}
	if (quote)
		out[n++] = '"';
	memcpy(out + n, sender.p + at, sender.n - at);
	out[n + sender.n - at] = '\0';
	return out;
}

/* The key as postmap reads and smtpd asks it; NULL: there is none. */
static char *sender_key(struct slice sender)
{
	char *key = xstrndup(sender.p, sender.n);

	for (int i = 0; i < 3; i++) {
		if (row_works(key, sender))
			return key;
		free(key);
		if (i < 2)
			key = respell(sender, i == 1);
	}
	return NULL;
}

static void key_sender(struct plan_making *m, struct plan_verdict *v)
{
	struct slice sender = slice_str(v->subject.text);
	ptrdiff_t at = slice_rchr(sender, '@');

	if (at < 0)
		snprintf(v->why, sizeof v->why,
		         "an address without a domain: Postfix adds its own, so no row is sure to find it");
	else if (!plan_is_own(m->p, slice_from(sender, (size_t)at + 1)))
		snprintf(v->why, sizeof v->why, "not of a domain that the rule asks about");
	else if (!(v->key = sender_key(sender)))
		snprintf(v->why, sizeof v->why,
		         "postmap has no spelling for this address: no row of a map can find it");
}

static void key_domain(struct plan_making *m, struct plan_verdict *v)
{
	struct slice name = slice_str(v->subject.text);

	if (v->file)
		return; /* by the rule's own rows */
	if (!plan_is_own(m->p, name) || !is_key(name))
		snprintf(v->why, sizeof v->why, "not a domain that the rule asks about");
	else
		v->key = xstrdup(v->subject.text);
}

/* ------------------------------------------------------------------ the file */

struct keys {
	struct plan_key *key;
	size_t n;
	FILE *f;
};

static bool put(struct keys *k, const char *key, const char *action)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->key[i].key, key) == 0)
			return false;
	k->key = xrealloc(k->key, (k->n + 1) * sizeof *k->key);
	k->key[k->n++] = (struct plan_key){xstrdup(key), action};
	fprintf(k->f, "%s %s\n", key, action);
	return true;
}

static void put_verdicts(struct plan_making *m, struct keys *k, enum subject_kind kind)
{
	for (size_t i = 0; i < m->p->verdicts; i++) {
		struct plan_verdict *v = &m->p->verdict[i];
		if (v->subject.kind != kind)
			continue;
		kind == SUBJECT_SENDER ? key_sender(m, v) : key_domain(m, v);
		if (!v->key)
			continue;
		v->file = m->p->map_name;
		plan_put_comment(k->f, v);
		bool sender = kind == SUBJECT_SENDER;
		if (!put(k, v->key, sender ? plan_action(m, v->word) : domain_action(m, v)))
			plan_remark(m->p, true,
			            "`%s` has the same key as another verdict's sender: the first one counts",
			            v->subject.text);
		if (!sender) {
			char *twin = plan_joined(".", v->key);
			put(k, twin, domain_action(m, v));
			free(twin);
		}
	}
}

void plan_map_write(struct plan_making *m)
{
	struct plan *p = m->p;
	struct keys k = {.f = plan_file_open(p, xstrdup(p->map_name), NULL, MAP)};

	fprintf(k.f, "%s%s\n", PLAN_BEGIN, p->rule);
	put_verdicts(m, &k, SUBJECT_SENDER);
	put_verdicts(m, &k, SUBJECT_DOMAIN);
	for (size_t i = 0; i < m->owns; i++)
		put(&k, m->own[i].key, m->own[i].action);
	fprintf(k.f, "%s%s\n", PLAN_END, p->rule);
	plan_old_write(m, k.key, k.n, k.f);
	plan_file_close(k.f);
	for (size_t i = 0; i < k.n; i++)
		free(k.key[i].key);
	free(k.key);
}
