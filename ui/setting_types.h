/*
 * setting_types: what a setting's value can be, and how its text is checked and
 * stored. Each type knows one C type as its destination.
 */
#ifndef WB_SETTING_TYPES_H
#define WB_SETTING_TYPES_H

#include "../parsers/network.h"
#include "../parsers/slice.h"

/* Lists own their items; every text ends in NUL. */
struct settings_list {
	struct slice *item;
	size_t n;
};

struct settings_networks {
	struct network *item;
	size_t n;
};

struct setting_type {
	bool list; /* store is called for each item and adds it */
	/* value is not empty and ends in NUL behind its last byte. False with a reason in why. */
	bool (*store)(void *dest, struct slice value, char *why, size_t cap);
	void (*clear)(void *dest); /* NULL: a number, nothing to give back */
};

extern const struct setting_type SETTING_PATH;      /* char *: begins with / */
extern const struct setting_type SETTING_ZONE;      /* char *: for TZ, known to this machine */
extern const struct setting_type SETTING_ADDRESS;   /* char * */
extern const struct setting_type SETTING_TEXTS;     /* struct settings_list */
extern const struct setting_type SETTING_HOSTS;     /* struct settings_list: names or addresses */
extern const struct setting_type SETTING_ALIASES;   /* struct settings_list: NAME=HOST */
extern const struct setting_type SETTING_DOMAINS;   /* struct settings_list: lower case, no trailing dot */
extern const struct setting_type SETTING_ADDRESSES; /* struct settings_list */
extern const struct setting_type SETTING_NETWORKS;  /* struct settings_networks */
extern const struct setting_type SETTING_DAYS;      /* int */
extern const struct setting_type SETTING_PERCENT;   /* double, 0 to 100 */
extern const struct setting_type SETTING_DURATION;  /* int64_t, seconds */
extern const struct setting_type SETTING_SIZE;      /* int64_t, bytes */

/*
 * Stores a whole value: one, or each item of a list, split at commas and
 * blanks. What a list holds already stays. False with a reason in why.
 */
bool setting_type_store(const struct setting_type *t, void *dest, struct slice value, char *why, size_t cap);
void setting_type_clear(const struct setting_type *t, void *dest);

#endif
