#include "setting_types.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../analyzer/msg.h"

static bool refuse(char *why, size_t cap, struct slice value, const char *wanted)
{
	char shown[160];

	snprintf(why, cap, "'%s' is not %s", msg_safe(value, shown, sizeof(shown)), wanted);
	return false;
}

static void text_clear(void *dest)
{
	char **text = dest;

	free(*text);
	*text = NULL;
}

static bool text_store(void *dest, struct slice value, char *why, size_t cap)
{
	(void)why, (void)cap;
	text_clear(dest);
	*(char **)dest = xstrndup(value.p, value.n);
	return true;
}

static bool path_store(void *dest, struct slice value, char *why, size_t cap)
{
	if (!slice_starts(value, SLICE("/")))
		return refuse(why, cap, value, "a path that begins with /");
	return text_store(dest, value, why, cap);
}

/* The C library takes a zone that it does not know for UTC and says nothing. */
static bool zone_is_known(const char *zone)
{
	const char *dir = getenv("TZDIR");
	char path[512];
	int n = snprintf(path, sizeof(path), "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", zone);
	struct stat st;

	if (n < (int)sizeof(path) && stat(path, &st) == 0)
		return S_ISREG(st.st_mode);
	/* `CET-1CEST`: three letters or more, then the offset. */
	n = (int)strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	zone += n;
	zone += strspn(zone, "+-");
	return n >= 3 && isdigit((unsigned char)*zone);
}

static bool zone_store(void *dest, struct slice value, char *why, size_t cap)
{
	if (value.p[0] == '/' || slice_find(value, SLICE("..")) >= 0 || !zone_is_known(value.p))
		return refuse(why, cap, value, "a time zone that this machine knows");
	return text_store(dest, value, why, cap);
}

static void list_clear(void *dest)
{
	struct settings_list *l = dest;

	for (size_t i = 0; i < l->n; i++)
		free((char *)l->item[i].p);
	free(l->item);
	*l = (struct settings_list){NULL, 0};
}

static bool item_store(void *dest, struct slice value, char *why, size_t cap)
{
	struct settings_list *l = dest;

	(void)why, (void)cap;
	l->item = xrealloc(l->item, (l->n + 1) * sizeof(*l->item));
	l->item[l->n++] = slice_of(xstrndup(value.p, value.n), value.n);
	return true;
}

static bool is_host_byte(char c)
{
	return isalnum((unsigned char)c) || strchr("-_.:[]", c) || (c & 0x80);
}

static bool is_host(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || !is_host_byte(s.p[i]))
			return false;
	return s.n > 0 && s.n <= 255;
}

static bool host_store(void *dest, struct slice value, char *why, size_t cap)
{
	return is_host(value) ? item_store(dest, value, why, cap) : refuse(why, cap, value, "a host name or address");
}

static bool alias_store(void *dest, struct slice value, char *why, size_t cap)
{
	ptrdiff_t is = slice_chr(value, '=');

	if (is < 0 || !is_host(slice_head(value, (size_t)is)) || !is_host(slice_from(value, (size_t)is + 1)))
		return refuse(why, cap, value, "NAME=HOST");
	return item_store(dest, value, why, cap);
}

static bool domain_store(void *dest, struct slice value, char *why, size_t cap)
{
	struct settings_list *l = dest;
	struct slice domain = value;
	char *p;

	if (slice_ends(domain, SLICE(".")))
		domain.n--;
	if (!is_host(domain) || domain.p[0] == '.' || strpbrk(value.p, ":[]"))
		return refuse(why, cap, value, "a domain");
	item_store(dest, domain, why, cap);
	p = (char *)l->item[l->n - 1].p;
	slice_fold(domain, p, domain.n);
	return true;
}

/* An address ends up as an argument of sendmail: it must not look like an option. */
static bool is_address(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && s.p[0] != '-';
}

static bool address_store(void *dest, struct slice value, char *why, size_t cap)
{
	return is_address(value) ? text_store(dest, value, why, cap) : refuse(why, cap, value, "a mail address");
}

static bool addresses_store(void *dest, struct slice value, char *why, size_t cap)
{
	return is_address(value) ? item_store(dest, value, why, cap) : refuse(why, cap, value, "a mail address");
}

static void networks_clear(void *dest)
{
	struct settings_networks *l = dest;

	free(l->item);
	*l = (struct settings_networks){NULL, 0};
}

static bool network_store(void *dest, struct slice value, char *why, size_t cap)
{
	struct settings_networks *l = dest;
	struct network n;

	if (!network_parse(value, &n))
		return refuse(why, cap, value, "an address or a network without host bits");
	l->item = xrealloc(l->item, (l->n + 1) * sizeof(*l->item));
	l->item[l->n++] = n;
	return true;
}

static bool days_store(void *dest, struct slice value, char *why, size_t cap)
{
	struct slice rest = value;
	uint64_t n;

	if (!slice_number(&rest, 3660, &n) || rest.n > 0)
		return refuse(why, cap, value, "a number of days, 0 to 3660");
	*(int *)dest = (int)n;
	return true;
}

/* Not strtod: the decimal point must not depend on the locale. */
static bool percent_parse(struct slice s, double *out)
{
	uint64_t whole, part;
	double scale = 1;

	if (!slice_number(&s, 100, &whole))
		return false;
	*out = (double)whole;
	if (slice_skip(&s, SLICE("."))) {
		size_t left = s.n;

		if (!slice_number(&s, 999999, &part))
			return false;
		for (left -= s.n; left > 0; left--)
			scale *= 10;
		*out += (double)part / scale;
	}
	slice_skip(&s, SLICE("%"));
	return s.n == 0 && *out <= 100;
}

static bool percent_store(void *dest, struct slice value, char *why, size_t cap)
{
	double percent;

	if (!percent_parse(value, &percent))
		return refuse(why, cap, value, "a percentage, 0 to 100");
	*(double *)dest = percent;
	return true;
}

static bool duration_store(void *dest, struct slice value, char *why, size_t cap)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	struct slice rest = value;
	uint64_t n;

	if (slice_number(&rest, 1000000, &n) && rest.n == 1)
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (units[i].unit == rest.p[0]) {
				*(int64_t *)dest = (int64_t)n * units[i].seconds;
				return true;
			}
	return refuse(why, cap, value, "a time with its unit, such as 90s, 5m, 24h or 2d");
}

static bool size_store(void *dest, struct slice value, char *why, size_t cap)
{
	static const char units[] = "kMG";
	struct slice rest = value;
	const char *unit;
	uint64_t n;

	if (!slice_number(&rest, 1000000, &n) || n == 0 || rest.n != 1 || !(unit = memchr(units, rest.p[0], 3)))
		return refuse(why, cap, value, "a size with its unit, such as 500k, 64M or 1G");
	*(int64_t *)dest = (int64_t)n << (10 * (unit - units + 1));
	return true;
}

const struct setting_type SETTING_PATH = {false, path_store, text_clear};
const struct setting_type SETTING_ZONE = {false, zone_store, text_clear};
const struct setting_type SETTING_ADDRESS = {false, address_store, text_clear};
const struct setting_type SETTING_TEXTS = {true, item_store, list_clear};
const struct setting_type SETTING_HOSTS = {true, host_store, list_clear};
const struct setting_type SETTING_ALIASES = {true, alias_store, list_clear};
const struct setting_type SETTING_DOMAINS = {true, domain_store, list_clear};
const struct setting_type SETTING_ADDRESSES = {true, addresses_store, list_clear};
const struct setting_type SETTING_NETWORKS = {true, network_store, networks_clear};
const struct setting_type SETTING_DAYS = {false, days_store, NULL};
const struct setting_type SETTING_PERCENT = {false, percent_store, NULL};
const struct setting_type SETTING_DURATION = {false, duration_store, NULL};
const struct setting_type SETTING_SIZE = {false, size_store, NULL};

/* The next item of a list; false at its end. */
static bool list_next(struct slice *rest, struct slice *item)
{
	size_t n = 0;

	while (rest->n > 0 && strchr(", \t", rest->p[0]))
		*rest = slice_from(*rest, 1);
	while (n < rest->n && !strchr(", \t", rest->p[n]))
		n++;
	*item = slice_head(*rest, n);
	*rest = slice_from(*rest, n);
	return n > 0;
}

bool setting_type_store(const struct setting_type *t, void *dest, struct slice value, char *why, size_t cap)
{
	struct slice item;
	bool good = true;

	if (!t->list)
		return t->store(dest, value, why, cap);
	while (good && list_next(&value, &item)) {
		char *text = xstrndup(item.p, item.n);

		good = t->store(dest, slice_of(text, item.n), why, cap);
		free(text);
	}
	return good;
}

void setting_type_clear(const struct setting_type *t, void *dest)
{
	if (t->clear)
		t->clear(dest);
}
