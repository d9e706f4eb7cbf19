/* Inside policy*.c. */
#ifndef WB_POLICY_I_H
#define WB_POLICY_I_H

#include "policy.h"

struct policy_map {
	char *name;            /* type:path, without `proxy:` */
	struct access *access; /* NULL: cannot be read */
	bool unmapped;         /* its source is newer than its index */
};

/* A name and its text: a class and its list, a setting of main.cf and its value. */
struct policy_pair {
	char *name, *value;
};

struct policy_pairs {
	struct policy_pair *pair;
	size_t count, room;
};

enum member_kind { MEMBER_NETWORK, MEMBER_NAME, MEMBER_TABLE, MEMBER_BROKEN };

/* One pattern of mynetworks. */
struct policy_member_row {
	enum member_kind kind;
	bool negate;
	bool v6;
	struct network net;
	char *text; /* name, or table */
};

struct policy_list {
	const char *name; /* of the setting */
	char **entry;
	int count;
};

struct policy {
	struct policy_map *map;
	size_t maps, map_room;
	struct policy_pairs classes, settings;
	struct policy_member_row *member;
	size_t members, member_room;
	bool networks_set, networks_first, network_parents;
	struct access_options options;
	char *delimiters, *null_key, *origin; /* what options points into */
	int reject_code, defer_code;
	bool soft_bounce;
	struct policy_list *list;
	size_t lists;
};

const char *policy_pair_get(const struct policy_pairs *ps, const char *name, size_t n);
void policy_pair_set(struct policy_pairs *ps, struct slice name, struct slice value);
void policy_pairs_release(struct policy_pairs *ps);

struct policy_map *policy_map_of(const struct policy *p, struct slice name);
void policy_networks_release(struct policy *p);
/* There are some, and nobody knows which. */
void policy_networks_unknown(struct policy *p);
void policy_lists_release(struct policy *p);
/* The settings that are lists of restrictions, in smtpd's order; NULL after the last. */
const char *policy_list_name(size_t i);
/* One of them; value may be NULL: it is not set. */
void policy_list_add(struct policy *p, const char *name, const char *value);
/* Restrictions are compared without regard to case. */
bool policy_word_is(struct slice word, const char *name);

/* A whole file, for free(); NULL with a complaint. */
char *policy_read_file(const char *path, struct slice *bytes);

#endif
