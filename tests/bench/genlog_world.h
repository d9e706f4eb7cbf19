/*
 * genlog_world: who is there: the two hosts with their processes and queue
 * files, the people, the clients that come. All of it follows from the seed.
 */
#ifndef WB_GENLOG_WORLD_H
#define WB_GENLOG_WORLD_H

#include "genlog_line.h"

#define OWN_PEOPLE 6000
#define OUTSIDE_PEOPLE 30000
#define NOBODIES 3000 /* addresses of ours that do not exist */
#define DOMAINS 1500
#define MTAS (2 * DOMAINS) /* two per outside domain, in one network */
#define BOTS 17000
#define ROAMERS 700 /* own people at home, on 587 */
#define MAILERS 12  /* the newsletter service */
#define INVOICERS 9 /* the invoicing service in the cloud */
#define PRINTERS 5

enum pool_id {
	POOL_SMTPD,
	POOL_SUBMISSION,
	POOL_REINJECT, /* smtpd on 10025: the same name in the log, another service */
	POOL_CLEANUP,
	POOL_QMGR,
	POOL_SMTP,
	POOL_LMTP,
	POOL_VIRTUAL,
	POOL_BOUNCE,
	POOL_ANVIL,
	POOL_POSTSCREEN,
	POOL_DNSBLOG,
	POOL_POSTGREY,
	POOL_AMAVIS,
	POOL_COUNT
};

struct proc {
	char head[56]; /* `mx1 postfix/smtpd[1234]: ` */
	uint32_t pid, uses;
	int64_t free_at;
};

struct pool {
	struct proc *proc;
	unsigned n;
};

#define INODES 1021

struct host {
	const char *name, *address;
	bool filter; /* amavis behind the queue; else straight into the store */
	uint32_t next_pid;
	struct pool pool[POOL_COUNT];
	int64_t inode_busy[INODES]; /* until when a queue file has it */
	unsigned last_inode;
};

struct client {
	char text[112]; /* `mail.kunde0001.example[198.18.0.10]` */
	char ip[40];
	char name[64];
	char helo[64];
	bool tls, pipelining; /* pipelining: DATA is sent before the answer to RCPT is there */
};

struct world {
	uint64_t random;
	struct lines *lines;
	struct host host[2];
	char (*own)[48], (*nobody)[48], (*outside)[56]; /* addresses */
	struct client *mta, *bot, *roamer, *mailer, *invoicer, *printer;
	struct client forwarder, monitor;
	uint32_t serial; /* what must be unique takes a number from here */
};

void world_init(struct world *w, struct lines *lines, uint64_t seed);
void world_release(struct world *w);

uint32_t world_random(struct world *w, uint32_t below);
/* low ... high, both possible; also used for microseconds. */
uint32_t world_between(struct world *w, uint32_t low, uint32_t high);
bool world_chance(struct world *w, uint32_t of_thousand);
/* A number below n, k about as often as 1/(k+1). */
uint32_t world_zipf(struct world *w, uint32_t n);

/* Another client of the same sender, with an address nearby; or the same one. */
const struct client *world_neighbour(struct world *w, const struct client *c);

/*
 * A process of the pool that is idle at `now`; one that served its number or
 * idled too long is replaced by a new pid. NULL if all that may run are busy.
 * The caller sets free_at.
 */
struct proc *host_process(struct world *w, struct host *h, enum pool_id pool, int64_t now);
/* For daemons whose overlap nobody can see: the head of a line, busy for a moment. */
const char *host_head(struct world *w, struct host *h, enum pool_id pool, int64_t now);

/* A queue file opened at `now`. Its inode is taken until queue_id_free says when it goes. */
uint64_t queue_id_new(struct host *h, int64_t now);
void queue_id_free(struct host *h, uint64_t id, int64_t when);

#endif
