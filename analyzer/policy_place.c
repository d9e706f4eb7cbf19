/* The lists of restrictions of a main.cf, and where in them the rule stands. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "../parsers/logical.h"
#include "msg.h"
#include "policy_i.h"

bool policy_word_is(struct slice word, const char *name)
{
	return slice_eq_fold(word, slice_str(name));
}

/* In the order in which smtpd goes through them at RCPT TO, and then DATA. */
static const char *const lists[] = {
    "smtpd_client_restrictions", "smtpd_helo_restrictions",      "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",  "smtpd_recipient_restrictions", "smtpd_data_restrictions",
};

#define LISTS (sizeof(lists) / sizeof(lists[0]))

void policy_lists_release(struct policy *p)
{
	for (size_t i = 0; i < p->lists; i++) {
		for (int k = 0; k < p->list[i].count; k++)
			free(p->list[i].entry[k]);
		free(p->list[i].entry);
	}
	free(p->list);
	p->list = NULL;
	p->lists = 0;
}

/* Restrictions that one word belongs to. */
static bool takes_word(struct slice word)
{
	static const struct slice starts[] = {
	    SLICE("check_"),       SLICE("reject_rbl"),   SLICE("reject_rhsbl_"), SLICE("reject_maps_rbl_"),
	    SLICE("permit_dnswl"), SLICE("permit_rhswl"), SLICE("sleep"),
	};

	if (policy_word_is(word, "check_relay_domains"))
		return false;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (slice_eq_fold(slice_head(word, starts[i].n), starts[i]))
			return true;
	return false;
}

static void split_list(struct policy_list *l, const char *value)
{
	struct slice rest = slice_str(value), word, argument;

	while (list_word(&rest, &word)) {
		char *entry = NULL;
		if (!takes_word(word) || !list_word(&rest, &argument))
			entry = xstrndup(word.p, word.n);
		else if (asprintf(&entry, "%.*s %.*s", (int)word.n, word.p, (int)argument.n, argument.p) < 0)
			break;
		l->entry = xrealloc(l->entry, (size_t)(l->count + 1) * sizeof(*l->entry));
		l->entry[l->count++] = entry;
	}
}

const char *policy_list_name(size_t i)
{
	return i < LISTS ? lists[i] : NULL;
}

void policy_list_add(struct policy *p, const char *name, const char *value)
{
	struct policy_list *l;

	p->list = xrealloc(p->list, (p->lists + 1) * sizeof(*p->list));
	l = &p->list[p->lists++];
	*l = (struct policy_list){.name = name};
	if (value)
		split_list(l, value);
}

/* ------------------------------------------------------------------ where the rule stands */

/* The words are those of postgrey, sqlgrey and their like, and their usual ports. */
static bool is_greylisting(const char *entry)
{
	return strncasecmp(entry, "check_policy_service ", 21) == 0 &&
	       (strcasestr(entry, "grey") || strcasestr(entry, "gray") || strstr(entry, ":10023") ||
	        strstr(entry, ":60000") || strstr(entry, ":2501"));
}

/* `check_sender_access TABLE`, or in the sender's own list the table alone. */
static bool is_rule(const struct policy_list *l, const char *entry, struct slice path)
{
	struct slice rest = slice_str(entry), word, table;

	if (!list_word(&rest, &word))
		return false;
	if (policy_word_is(word, "check_sender_access"))
		return list_word(&rest, &table) && slice_eq(access_path_of(table), path);
	return strcmp(l->name, "smtpd_sender_restrictions") == 0 && slice_chr(word, ':') > 0 && rest.n == 0 &&
	       slice_eq(access_path_of(word), path);
}

static bool find_rule(const struct policy *p, struct slice path, struct policy_place *out)
{
	for (size_t i = 0; i < p->lists; i++) {
		const struct policy_list *l = &p->list[i];
		for (int k = 0; k < l->count; k++) {
			if (!is_rule(l, l->entry[k], path))
				continue;
			out->list = l->name;
			out->entry = (const char *const *)l->entry;
			out->count = l->count;
			out->at = k;
			return true;
		}
	}
	return false;
}

#define CLASS_DEPTH 8 /* a class may name another, even itself */

/* The list, or a class that it names, has a check_sender_access with this table. */
static bool list_asks(const struct policy *p, struct slice list, struct slice path, int depth)
{
	struct slice word, table;

	while (list_word(&list, &word)) {
		if (policy_word_is(word, "check_sender_access")) {
			if (list_word(&list, &table) && slice_eq(access_path_of(table), path))
				return true;
			continue;
		}
		const char *class = depth < CLASS_DEPTH ? policy_pair_get(&p->classes, word.p, word.n) : NULL;
		if (class && list_asks(p, slice_str(class), path, depth + 1))
			return true;
	}
	return false;
}

bool policy_asks(const struct policy *p, const char *map)
{
	struct slice path = access_path_of(slice_str(map));
	struct policy_place place;

	if (p->lists == 0 || find_rule(p, path, &place))
		return true;
	for (size_t i = 0; i < p->lists; i++)
		for (int k = 0; k < p->list[i].count; k++)
			if (list_asks(p, slice_str(p->list[i].entry[k]), path, 0))
				return true;
	return false;
}

/* The first one that is found says on which side greylisting stands. */
static enum policy_side greylisting_of(const struct policy *p, const struct policy_place *place)
{
	bool passed = false;

	for (size_t i = 0; i < p->lists; i++) {
		const struct policy_list *l = &p->list[i];
		for (int k = 0; k < l->count; k++) {
			passed |= l->name == place->list && k == place->at;
			if (is_greylisting(l->entry[k]))
				return passed ? POLICY_AFTER : POLICY_BEFORE;
		}
	}
	return POLICY_ABSENT;
}

bool policy_place(const struct policy *p, const char *map, struct policy_place *out)
{
	*out = (struct policy_place){0};
	if (!find_rule(p, access_path_of(slice_str(map)), out))
		return false;
	for (int k = 0; k < out->at; k++)
		out->networks_before |= policy_word_is(slice_str(out->entry[k]), "permit_mynetworks");
	out->warn_if_reject = out->at > 0 && policy_word_is(slice_str(out->entry[out->at - 1]), "warn_if_reject");
	out->greylisting = greylisting_of(p, out);
	return true;
}
