#include "genlog_world.h"

#include <stdlib.h>
#include <string.h>

#define PID_MAX 32768u
#define FOR_EVER INT64_MAX
#define FIRST_INODE 0x2a0000u

struct pool_row {
	const char *name;
	unsigned processes, uses; /* at most so many; a process ends after so many jobs */
	unsigned idle;            /* seconds after which it goes */
};

static const struct pool_row pool_rows[POOL_COUNT] = {
    [POOL_SMTPD] = {"postfix/smtpd", 150, 100, 100},
    [POOL_SUBMISSION] = {"postfix/submission/smtpd", 150, 100, 100},
    [POOL_REINJECT] = {"postfix/smtpd", 16, 100, 100},
    [POOL_CLEANUP] = {"postfix/cleanup", 60, 100, 100},
    [POOL_QMGR] = {"postfix/qmgr", 1, UINT32_MAX, UINT32_MAX},
    [POOL_SMTP] = {"postfix/smtp", 60, 100, 100},
    [POOL_LMTP] = {"postfix/lmtp", 60, 100, 100},
    [POOL_VIRTUAL] = {"postfix/virtual", 60, 100, 100},
    [POOL_BOUNCE] = {"postfix/bounce", 20, 100, 100},
    [POOL_ANVIL] = {"postfix/anvil", 1, UINT32_MAX, UINT32_MAX},
    [POOL_POSTSCREEN] = {"postfix/postscreen", 1, UINT32_MAX, UINT32_MAX},
    [POOL_DNSBLOG] = {"postfix/dnsblog", 20, 100, 100},
    [POOL_POSTGREY] = {"postgrey", 1, UINT32_MAX, UINT32_MAX},
    [POOL_AMAVIS] = {"amavis", 8, 20, UINT32_MAX},
};

/* ---- chance: splitmix64 ---- */

static uint64_t next(struct world *w)
{
	uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t world_random(struct world *w, uint32_t below)
{
	return (uint32_t)((next(w) >> 32) * below >> 32);
}

uint32_t world_between(struct world *w, uint32_t low, uint32_t high)
{
	return low + world_random(w, high - low + 1);
}

bool world_chance(struct world *w, uint32_t of_thousand)
{
	return world_random(w, 1000) < of_thousand;
}

/* Each octave of ranks is as likely as the other: 1/k without floating point. */
uint32_t world_zipf(struct world *w, uint32_t n)
{
	uint32_t octaves = 0, rank;

	while (n >> octaves)
		octaves++;
	do {
		uint32_t first = 1u << world_random(w, octaves);

		rank = first - 1 + world_random(w, first);
	} while (rank >= n);
	return rank;
}

/* ---- processes and queue files ---- */

static bool pid_in_use(const struct host *h, uint32_t pid)
{
	for (int p = 0; p < POOL_COUNT; p++)
		for (unsigned i = 0; i < h->pool[p].n; i++)
			if (h->pool[p].proc[i].pid == pid)
				return true;
	return false;
}

static void proc_start(struct world *w, struct host *h, enum pool_id pool, struct proc *p)
{
	p->uses = 0;
	do {
		h->next_pid += world_between(w, 1, 40);
		if (h->next_pid >= PID_MAX)
			h->next_pid = 300 + h->next_pid % 100;
	} while (pid_in_use(h, h->next_pid));
	p->pid = h->next_pid;
	snprintf(p->head, sizeof p->head, "%s %s[%u]: ", h->name, pool_rows[pool].name, p->pid);
}

struct proc *host_process(struct world *w, struct host *h, enum pool_id pool, int64_t now)
{
	const struct pool_row *row = &pool_rows[pool];
	struct pool *all = &h->pool[pool];
	struct proc *p = NULL;

	for (unsigned i = 0; i < all->n && !p; i++)
		if (all->proc[i].free_at <= now)
			p = &all->proc[i];
	if (!p) {
		if (all->n == row->processes)
			return NULL;
		p = &all->proc[all->n++];
		proc_start(w, h, pool, p);
	} else if (p->uses >= row->uses || now - p->free_at > row->idle * SECOND) {
		proc_start(w, h, pool, p);
	}
	p->uses++;
	return p;
}

const char *host_head(struct world *w, struct host *h, enum pool_id pool, int64_t now)
{
	struct proc *p = host_process(w, h, pool, now);

	if (!p)
		return h->pool[pool].proc[0].head;
	if (pool_rows[pool].processes > 1)
		p->free_at = now + 20000;
	return p->head;
}

uint64_t queue_id_new(struct host *h, int64_t now)
{
	unsigned i = h->last_inode;

	do
		i = (i + 1) % INODES;
	while (h->inode_busy[i] > now && i != h->last_inode);
	h->last_inode = i;
	h->inode_busy[i] = FOR_EVER;
	return (uint64_t)(now % SECOND) << 32 | (FIRST_INODE + i);
}

void queue_id_free(struct host *h, uint64_t id, int64_t when)
{
	h->inode_busy[(uint32_t)id - FIRST_INODE] = when;
}

static void host_init(struct host *h, const char *name, const char *address, bool filter)
{
	h->name = name;
	h->address = address;
	h->filter = filter;
	h->next_pid = 700;
	for (int p = 0; p < POOL_COUNT; p++)
		h->pool[p].proc = xcalloc(pool_rows[p].processes, sizeof *h->pool[p].proc);
}

/* ---- people and clients ---- */

static const char *const first_names[] = {
    "anna",   "bernd", "carla",  "dirk",  "elke",   "frank", "greta", "hans", "inge",  "jonas",
    "katrin", "lars",  "maria",  "nils",  "olga",   "peter", "ruth",  "sven", "tanja", "uwe",
    "vera",   "wolf",  "yasmin", "achim", "britta", "cem",   "doris", "emil", "fatma", "georg",
};
static const char *const last_names[] = {
    "becker",   "vogel", "klein",   "schmitt", "wolff", "neumann", "braun",  "kaya",    "lange",  "werner",
    "hartmann", "kraus", "lehmann", "koehler", "maier", "huber",   "fuchs",  "peters",  "scholz", "weiss",
    "jung",     "hahn",  "keller",  "vogt",    "roth",  "frank",   "berger", "winkler", "simon",  "ludwig",
};
static const char *const trades[] = {"kunde", "lieferant", "handel", "verlag", "praxis", "bau", "uni", "stadt"};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void person_name(uint32_t i, char buf[24])
{
	uint32_t f = i % COUNT(first_names), l = i / COUNT(first_names) % COUNT(last_names);
	uint32_t again = i / (uint32_t)(COUNT(first_names) * COUNT(last_names));

	if (again)
		snprintf(buf, 24, "%s.%s%u", first_names[f], last_names[l], again + 1);
	else
		snprintf(buf, 24, "%s.%s", first_names[f], last_names[l]);
}

static void domain_name(uint32_t d, char buf[32])
{
	snprintf(buf, 32, "%s%04u-gmbh.example", trades[d % COUNT(trades)], d);
}

static void people_init(struct world *w)
{
	char name[24], domain[32];

	w->own = xcalloc(OWN_PEOPLE, sizeof *w->own);
	w->nobody = xcalloc(NOBODIES, sizeof *w->nobody);
	w->outside = xcalloc(OUTSIDE_PEOPLE, sizeof *w->outside);
	for (uint32_t i = 0; i < OWN_PEOPLE; i++) {
		person_name(i, name);
		snprintf(w->own[i], sizeof w->own[i], "%s@%s", name,
		         i % 4 == 3 ? "filiale.firma.example" : "firma.example");
	}
	for (uint32_t i = 0; i < NOBODIES; i++) {
		person_name(OWN_PEOPLE + i, name);
		snprintf(w->nobody[i], sizeof w->nobody[i], "%s@firma.example", name);
	}
	for (uint32_t i = 0; i < OUTSIDE_PEOPLE; i++) {
		person_name(i * 7u, name);
		domain_name(i % DOMAINS, domain);
		snprintf(w->outside[i], sizeof w->outside[i], "%s@%s", name, domain);
	}
}

/* helo NULL: the client gives its own name. */
static void client_set(struct client *c, const char *name, const char *ip, const char *helo)
{
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(c->ip, sizeof c->ip, "%s", ip);
	snprintf(c->helo, sizeof c->helo, "%s", helo ? helo : name);
	snprintf(c->text, sizeof c->text, "%s[%s]", c->name, c->ip);
	c->tls = true;
	c->pipelining = true;
}

static struct client *clients_new(uint32_t n)
{
	return xcalloc(n, sizeof(struct client));
}

static void mtas_init(struct world *w)
{
	char name[64], ip[40], domain[32];

	w->mta = clients_new(MTAS);
	for (uint32_t i = 0; i < MTAS; i++) {
		domain_name(i / 2, domain);
		snprintf(name, sizeof name, "mail%u.%s", i % 2 + 1, domain);
		if (i / 2 % 12 == 5)
			snprintf(ip, sizeof ip, "2001:db8:%x::%x", 0x100 + i / 2, 0x25 + i % 2);
		else
			snprintf(ip, sizeof ip, "198.18.%u.%u", i / 200, i % 200 + 10);
		client_set(&w->mta[i], name, ip, NULL);
		w->mta[i].tls = i / 2 % 9 != 0;
		w->mta[i].pipelining = i / 2 % 3 != 0;
	}
}

static void bots_init(struct world *w)
{
	char name[64], ip[40], helo[64];

	w->bot = clients_new(BOTS);
	for (uint32_t i = 0; i < BOTS; i++) {
		uint32_t at = (i * 24593u + 77u) % 65536u; /* odd, hence each address once */
		uint32_t high = at >> 8, low = at & 255;

		snprintf(ip, sizeof ip, "198.19.%u.%u", high, low);
		if (i % 9 < 5)
			snprintf(name, sizeof name, "unknown");
		else
			snprintf(name, sizeof name, "dyn-198-19-%u-%u.pool.isp%02u.example", high, low, i % 40);
		if (i % 5 == 0)
			snprintf(helo, sizeof helo, "[%s]", ip);
		else if (i % 5 == 1)
			snprintf(helo, sizeof helo, "WIN-%08X", i * 2654435761u);
		else
			snprintf(helo, sizeof helo, "srv%u.hosting%02u.example", i, i % 60);
		client_set(&w->bot[i], name, ip, helo);
		w->bot[i].tls = i % 3 == 0;
		w->bot[i].pipelining = false;
	}
}

static void roamers_init(struct world *w)
{
	char name[64], ip[40], helo[64];

	w->roamer = clients_new(ROAMERS);
	for (uint32_t i = 0; i < ROAMERS; i++) {
		snprintf(ip, sizeof ip, "198.18.%u.%u", 160 + i / 250, i % 250 + 2);
		snprintf(name, sizeof name, "p%08X.dip.isp%02u.example", i * 2246822519u, i % 40);
		snprintf(helo, sizeof helo, "[192.168.%u.%u]", i % 4 + 1, i % 250 + 2);
		client_set(&w->roamer[i], name, ip, helo);
	}
}

static struct client *services_new(uint32_t n, const char *name_format, const char *network)
{
	struct client *c = clients_new(n);
	char name[64], ip[40];

	for (uint32_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "out%u.%s", i + 1, name_format);
		snprintf(ip, sizeof ip, "%s.%u", network, 33 + i);
		client_set(&c[i], name, ip, NULL);
	}
	return c;
}

static struct client *printers_new(void)
{
	struct client *c = clients_new(PRINTERS);
	char name[64], ip[40];

	for (uint32_t i = 0; i < PRINTERS; i++) {
		snprintf(name, sizeof name, "printer%u.firma.example", i + 1);
		snprintf(ip, sizeof ip, "10.20.30.%u", 77 + i);
		client_set(&c[i], i % 2 ? "unknown" : name, ip, name);
		c[i].tls = c[i].pipelining = false;
	}
	return c;
}

const struct client *world_neighbour(struct world *w, const struct client *c)
{
	if (c >= w->mta && c < w->mta + MTAS)
		return &w->mta[(size_t)(c - w->mta) ^ 1];
	if (c >= w->invoicer && c < w->invoicer + INVOICERS)
		return &w->invoicer[world_random(w, INVOICERS)];
	return c;
}

void world_init(struct world *w, struct lines *lines, uint64_t seed)
{
	memset(w, 0, sizeof *w);
	w->random = seed;
	w->lines = lines;
	host_init(&w->host[0], "mx1", "192.0.2.25", true);
	host_init(&w->host[1], "mx2", "192.0.2.26", false);
	people_init(w);
	mtas_init(w);
	bots_init(w);
	roamers_init(w);
	w->mailer = services_new(MAILERS, "mta.news.example", "203.0.113");
	w->invoicer = services_new(INVOICERS, "send.rechnungsdienst.example", "198.51.100");
	w->printer = printers_new();
	client_set(&w->forwarder, "relay.uni-alumni.example", "203.0.113.130", NULL);
	client_set(&w->monitor, "monitor.firma.example", "10.20.1.9", NULL);
	w->monitor.tls = false;
}

void world_release(struct world *w)
{
	for (int h = 0; h < 2; h++)
		for (int p = 0; p < POOL_COUNT; p++)
			free(w->host[h].pool[p].proc);
	free(w->own);
	free(w->nobody);
	free(w->outside);
	free(w->mta);
	free(w->bot);
	free(w->roamer);
	free(w->mailer);
	free(w->invoicer);
	free(w->printer);
}
