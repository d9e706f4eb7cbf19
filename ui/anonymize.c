#include "anonymize.h"

#include <stdio.h>
#include <stdlib.h>

#include "../analyzer/msg.h"
#include "../parsers/network.h"
#include "report_i.h"
#include "sha256.h"

#define PSEUDONYM 8 /* letters of 5 bits: a million people collide once in two */
#define V4_BITS 120
#define V6_BITS 64

struct anonymizer {
	char *key;
	size_t key_n;
	const struct slice *own;
	size_t own_n;
};

struct anonymizer *anonymizer_keyed(struct slice key, const struct slice *own, size_t own_n)
{
	struct anonymizer *a = xcalloc(1, sizeof *a);

	*a = (struct anonymizer){.key = xmalloc(key.n + 1), .key_n = key.n, .own = own, .own_n = own_n};
	if (key.n)
		memcpy(a->key, key.p, key.n);
	return a;
}

struct anonymizer *anonymizer_new(struct reader *reader, const struct slice *own, size_t own_n)
{
	const struct query_param name = {.name = "key", .text = SLICE("key")};
	struct query *q = query_new(reader, SQL_READ_META, &name, 1);
	struct anonymizer *a = anonymizer_keyed(query_row(q) ? query_text(q, 0) : SLICE_NONE, own, own_n);

	query_free(q);
	return a;
}

struct anonymizer *anonymizer_free(struct anonymizer *a)
{
	if (a) {
		explicit_bzero(a->key, a->key_n);
		free(a->key);
	}
	free(a);
	return NULL;
}

/* ------------------------------------------------------------------ pseudonyms */

/* HMAC would guard against bytes added to a hash that is shown whole; only 40 bits of this one are. */
static void add_pseudonym(const struct anonymizer *a, struct text *t, const char *sort, struct slice who)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* none that is taken for another */
	unsigned char hash[SHA256_BYTES];
	struct sha256 h;
	uint64_t bits = 0;

	sha256_init(&h);
	sha256_add(&h, slice_of(a->key, a->key_n));
	sha256_add(&h, slice_str(sort));
	for (size_t i = 0; i < who.n; i++) {
		char folded = who.p[i] >= 'A' && who.p[i] <= 'Z' ? (char)(who.p[i] | 32) : who.p[i];
		sha256_add(&h, slice_of(&folded, 1));
	}
	sha256_end(&h, hash);
	for (int i = 0; i < 8; i++)
		bits = bits << 8 | hash[i];
	text_str(t, sort);
	for (int i = 0; i < PSEUDONYM; i++, bits >>= 5)
		text_char(t, letters[bits & 31]);
}

static struct slice without_dot(struct slice domain)
{
	while (domain.n && domain.p[domain.n - 1] == '.')
		domain.n--;
	return domain;
}

static bool is_own(const struct anonymizer *a, struct slice domain)
{
	domain = without_dot(domain);
	for (size_t i = 0; i < a->own_n; i++) {
		struct slice own = a->own[i];
		if (own.n == 0 || domain.n < own.n || !slice_eq_fold(slice_from(domain, domain.n - own.n), own))
			continue;
		if (domain.n == own.n || domain.p[domain.n - own.n - 1] == '.')
			return true;
	}
	return false;
}

static void add_domain(const struct anonymizer *a, struct text *t, struct slice domain)
{
	if (is_own(a, domain)) {
		text_add(t, without_dot(domain));
		return;
	}
	add_pseudonym(a, t, "d", without_dot(domain));
	text_str(t, ".invalid");
}

void anonymize_address(const struct anonymizer *a, struct text *t, struct slice address)
{
	ptrdiff_t at = slice_rchr(address, '@');

	if (address.n == 0 || slice_eq(address, SLICE("<>"))) {
		text_add(t, address);
		return;
	}
	add_pseudonym(a, t, "p", without_dot(address));
	if (at < 0)
		return;
	text_char(t, '@');
	add_domain(a, t, slice_from(address, (size_t)at + 1));
}

/* ------------------------------------------------------------------ networks */

static uint8_t bits_kept(const struct ip *ip)
{
	return ip_is_v4(ip) ? V4_BITS : V6_BITS;
}

void anonymize_network(const struct anonymizer *a, struct text *t, struct slice network, bool exact)
{
	char buf[NETWORK_TEXT];
	struct network n, around;

	if (!network_parse(network, &n) || n.bits <= bits_kept(&n.ip)) {
		text_add(t, network);
		return;
	}
	around = network_around(&n.ip);
	text_add(t, slice_of(buf, network_text(&around, buf)));
	if (!exact)
		return;
	text_char(t, '-');
	add_pseudonym(a, t, "h", network);
}

/* ------------------------------------------------------------------ words */

static bool is_name_byte(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
	       c == '_' || c >= 0x80;
}

static bool ends_local_part(unsigned char c)
{
	return c <= ' ' || c == 0x7f || memchr("<>()[],;:`|\"", c, 12);
}

/* Where the local part before words[at] begins, not before `from`. A quoted one goes back to its first quote. */
static size_t local_part_begin(struct slice words, size_t from, size_t at)
{
	size_t i = at;

	if (i > from && words.p[i - 1] == '"')
		for (i--; i > from && words.p[i - 1] != '"';)
			i--;
	if (i > from && words.p[i - 1] == '"')
		i--;
	while (i > from && !ends_local_part((unsigned char)words.p[i - 1]))
		i--;
	return i;
}

static size_t name_end(struct slice words, size_t at)
{
	while (at < words.n && is_name_byte((unsigned char)words.p[at]))
		at++;
	while (at && words.p[at - 1] == '.')
		at--;
	return at;
}

/* The address at words[at] of bytes that an IP may have; 0: there is none. */
static size_t ip_length(struct slice words, size_t at)
{
	size_t n = 0;
	struct network network;

	if (at && (is_name_byte((unsigned char)words.p[at - 1]) || words.p[at - 1] == ':'))
		return 0;
	while (at + n < words.n && n < 64 && words.p[at + n] && strchr("0123456789abcdefABCDEF:./", words.p[at + n]))
		n++;
	for (; n >= 2; n--)
		if (network_parse(slice_of(words.p + at, n), &network))
			return n;
	return 0;
}

/* Names in which providers write an address, as `198-51-100-7`: how many bytes it takes; 0: none. */
static size_t dashed_length(struct slice words, size_t at)
{
	size_t i = at;

	if (at && words.p[at - 1] >= '0' && words.p[at - 1] <= '9')
		return 0;
	for (int part = 0; part < 4; part++) {
		size_t digits = 0;
		if (part && (i >= words.n || !strchr("-_", words.p[i]) || !words.p[i++]))
			return 0;
		while (i < words.n && words.p[i] >= '0' && words.p[i] <= '9' && ++digits)
			i++;
		if (digits == 0 || digits > 3)
			return 0;
	}
	return i - at;
}

static void add_without_ips(const struct anonymizer *a, struct text *t, struct slice words)
{
	for (size_t i = 0; i < words.n;) {
		size_t ip = ip_length(words, i), dashed = dashed_length(words, i);
		if (ip) {
			anonymize_network(a, t, slice_of(words.p + i, ip), false);
			i += ip;
		} else if (dashed) {
			add_pseudonym(a, t, "h", slice_of(words.p + i, dashed));
			i += dashed;
		} else {
			text_char(t, words.p[i++]);
		}
	}
}

void anonymize_words(const struct anonymizer *a, struct text *t, struct slice words)
{
	size_t done = 0;

	for (size_t i = 0; i < words.n; i++) {
		if (words.p[i] != '@')
			continue;
		size_t from = local_part_begin(words, done, i), to = name_end(words, i + 1);
		if (to <= i)
			to = i + 1;
		add_without_ips(a, t, slice_of(words.p + done, from - done));
		anonymize_address(a, t, slice_of(words.p + from, to - from));
		done = to;
		i = to - 1;
	}
	add_without_ips(a, t, slice_from(words, done));
}

/* ------------------------------------------------------------------ the model's strings */

typedef void anonymize_fn(const struct anonymizer *a, struct text *t, struct slice s);

static void network_exact(const struct anonymizer *a, struct text *t, struct slice s)
{
	anonymize_network(a, t, s, true);
}

static void network_only(const struct anonymizer *a, struct text *t, struct slice s)
{
	anonymize_network(a, t, s, false);
}

static void login(const struct anonymizer *a, struct text *t, struct slice s)
{
	anonymize_address(a, t, s);
}

/* Of an owned string. */
static void change(const struct anonymizer *a, char **s, anonymize_fn *how)
{
	struct text t = {0};

	if (!*s)
		return;
	how(a, &t, slice_str(*s));
	free(*s);
	*s = t.p ? t.p : xstrdup("");
}

static void drop(char **s)
{
	free(*s);
	*s = NULL;
}

/* Of an array of cap bytes. */
static void change_array(const struct anonymizer *a, char *s, size_t cap)
{
	struct text t = {0};

	anonymize_words(a, &t, slice_str(s));
	size_t n = t.n < cap ? t.n : cap - 1;
	if (t.n)
		memcpy(s, t.p, n);
	s[n] = '\0';
	text_release(&t);
}
#define CHANGE_ARRAY(a, s) change_array(a, s, sizeof(s))

/* From `mark` on it speaks of one person, whose address may be cut. */
static void cut_at(char *s, const char *mark, const char *instead)
{
	char *at = strstr(s, mark);

	if (at)
		memcpy(at, instead, strlen(instead) + 1);
}

static void change_subject(const struct anonymizer *a, const char *kind, char **subject)
{
	if (strcmp(kind, "sender") == 0)
		change(a, subject, anonymize_address);
	else if (strcmp(kind, "domain") != 0)
		change(a, subject, network_exact);
}

static void change_owner(const struct anonymizer *a, char **owner)
{
	change(a, owner, login);
}

/* ------------------------------------------------------------------ the parts of a report */

static void of_decided(const struct anonymizer *a, struct decided *d)
{
	for (int i = 0; i < CRITERION_COUNT; i++) {
		CHANGE_ARRAY(a, d->criterion[i].value);
		CHANGE_ARRAY(a, d->criterion[i].threshold);
		CHANGE_ARRAY(a, d->criterion[i].advice);
	}
	for (size_t i = 0; d->sources && i < d->sources->n; i++) {
		struct source_row *s = &d->sources->row[i];
		change(a, &s->name, network_exact);
		change(a, &s->shown, network_exact);
		change_owner(a, &s->owner);
		drop(&s->note);
		CHANGE_ARRAY(a, s->suggested.reason);
		CHANGE_ARRAY(a, s->suggested.sentence);
	}
}

static void of_subject(const struct anonymizer *a, struct proof_subject *s)
{
	change_subject(a, s->kind, &s->subject);
	change_owner(a, &s->owner);
	change(a, &s->login, login);
	drop(&s->note);
	if (strstr(s->why, "the files given say of") || strstr(s->why, "not seen logged in"))
		snprintf(s->why, sizeof s->why, "one of its senders shows that it is not; who, is left out here");
	CHANGE_ARRAY(a, s->why);
}

static void of_gap(const struct anonymizer *a, struct proof_gap *g)
{
	change(a, &g->sender, anonymize_address);
	change(a, &g->source, network_exact);
	change(a, &g->client_ip, network_only);
	drop(&g->client_name);
	cut_at(g->why, "; the files given say", "");
	cut_at(g->why, "let through by the files given", "let through by the files given");
	CHANGE_ARRAY(a, g->why);
}

static void of_insider(const struct anonymizer *a, struct proof_insider *s)
{
	change(a, &s->client_ip, network_exact);
	change(a, &s->sender, anonymize_address);
	drop(&s->client_name);
}

static void of_regression(const struct anonymizer *a, struct proof_regression *g)
{
	change(a, &g->sender, anonymize_address);
	change(a, &g->recipient, anonymize_address);
	change(a, &g->source, network_exact);
	change(a, &g->client_ip, network_only);
	drop(&g->client_name);
	CHANGE_ARRAY(a, g->why);
}

static void of_proof(const struct anonymizer *a, struct proof *p)
{
	for (size_t i = 0; i < p->subjects; i++)
		of_subject(a, &p->subject[i]);
	for (size_t i = 0; i < p->gaps; i++)
		of_gap(a, &p->gap[i]);
	for (size_t i = 0; i < p->insiders; i++)
		of_insider(a, &p->insider[i]);
	for (size_t i = 0; i < p->regressions; i++)
		of_regression(a, &p->regression[i]);
	for (size_t i = 0; i < p->forecasts; i++)
		change(a, &p->forecast[i].source, network_exact);
}

void anonymize_report(const struct anonymizer *a, struct report *r, struct decision *d)
{
	of_decided(a, &d->all);
	for (size_t i = 0; i < d->domains; i++)
		of_decided(a, &d->domain[i]);
	if (d->proof)
		of_proof(a, d->proof);
	for (size_t i = 0; i < r->expired_n; i++) {
		change_subject(a, r->expired[i].kind, &r->expired[i].subject);
		change_owner(a, &r->expired[i].owner);
	}
	for (size_t i = 0; i < r->other_n; i++) {
		struct text t = {0};
		anonymize_words(a, &t, slice_of(r->other[i].text, r->other[i].n));
		free(r->other[i].text);
		r->other[i].text = t.p ? t.p : xstrdup("");
		r->other[i].n = t.n;
	}
	r->anonymous = true;
}
