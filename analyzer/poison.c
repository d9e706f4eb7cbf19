#include "poison.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

#define ISOLATE 2   /* deaths in one batch */
#define CONDEMN 3   /* on one line: points, of which ... */
#define BY_FAULT 3  /* ... death by our own fault gives so many, and by another's hand one */
#define LINES 80000 /* to isolate at most: a batch, and what a thread may have parsed ahead */
#define MAGIC 0x706f6973

/* As it stands in the file. */
struct note {
	uint32_t magic;
	uint32_t parsing; /* 1: at the place below; 2: and died of it */
	uint32_t gen;
	uint32_t single; /* 1: the line there is all of the batch */
	int64_t off;
	struct {
		uint32_t gen;
		uint32_t single;
		int64_t off;
		uint32_t deaths, points;
	} suspect; /* deaths 0: nobody is */
};

struct poison {
	struct note note;
	int fd;
	uint32_t lines; /* still to be read one by one */
};

/* Of the one who follows; for the handler, which may touch nothing else. */
static struct poison *volatile noting;

static void note_write(struct poison *p)
{
	if (pwrite(p->fd, &p->note, sizeof p->note, 0) < 0)
		return; /* what is not remembered is not held against anybody */
}

/* Whatever it is, the instruction is tried again, or abort(3) goes on: then it is the end. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	struct poison *p = noting;

	(void)sig, (void)context;
	if (!p || !p->note.parsing || (info->si_code <= 0 && info->si_pid != getpid()))
		return;
	p->note.parsing = 2;
	note_write(p);
}

/* Somebody who looks at crashes himself (a sanitizer, the screen that puts the terminal back) is left alone. */
static void catch_faults(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	struct sigaction a = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | (int)SA_RESETHAND}, now;

	sigemptyset(&a.sa_mask);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (sigaction(faults[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			sigaction(faults[i], &a, NULL);
}

/* What the last run says by how it ended. */
static void judge(struct poison *p)
{
	struct note *n = &p->note;

	if (n->parsing) {
		if (n->suspect.deaths == 0 || n->suspect.gen != n->gen || n->suspect.off != n->off ||
		    n->suspect.single != n->single) {
			memset(&n->suspect, 0, sizeof n->suspect);
			n->suspect.gen = n->gen;
			n->suspect.off = n->off;
			n->suspect.single = n->single;
			n->suspect.deaths = n->single ? ISOLATE : 0; /* without these it would not be alone */
		}
		n->suspect.deaths++;
		if (n->single)
			n->suspect.points += n->parsing == 2 ? BY_FAULT : 1;
	}
	n->parsing = 0;
	p->lines = n->suspect.deaths >= ISOLATE ? LINES : 0;
}

struct poison *poison_new(const char *database)
{
	struct poison *p = xcalloc(1, sizeof *p);
	char name[4096];

	snprintf(name, sizeof name, "%s.reading", database);
	p->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (p->fd < 0) {
		free(p);
		return NULL;
	}
	if (pread(p->fd, &p->note, sizeof p->note, 0) != sizeof p->note || p->note.magic != MAGIC)
		memset(&p->note, 0, sizeof p->note);
	p->note.magic = MAGIC;
	judge(p);
	note_write(p);
	noting = p;
	catch_faults();
	return p;
}

struct poison *poison_free(struct poison *p)
{
	if (!p)
		return NULL;
	noting = NULL;
	close(p->fd);
	free(p);
	return NULL;
}

void poison_forget(struct poison *p)
{
	if (!p)
		return;
	memset(&p->note, 0, sizeof p->note);
	p->note.magic = MAGIC;
	p->lines = 0;
	note_write(p);
}

void poison_at(struct poison *p, uint32_t gen, int64_t off)
{
	if (!p)
		return;
	p->note.gen = gen;
	p->note.off = off;
	p->note.single = p->lines > 0;
	p->note.parsing = 1;
	note_write(p);
}

void poison_rest(struct poison *p)
{
	if (!p || !p->note.parsing)
		return;
	p->note.parsing = 0;
	note_write(p);
}

void poison_passed(struct poison *p, uint32_t gen, int64_t off)
{
	if (!p)
		return;
	p->lines -= p->lines > 0;
	if (p->note.suspect.deaths == 0 || p->note.suspect.gen != gen || off <= p->note.suspect.off)
		return;
	memset(&p->note.suspect, 0, sizeof p->note.suspect);
	note_write(p);
}

bool poison_isolates(const struct poison *p)
{
	return p && p->lines > 0;
}

void poison_calm(struct poison *p)
{
	if (!p || p->lines == 0)
		return;
	poison_forget(p);
}

bool poison_is(const struct poison *p, uint32_t gen, int64_t off, int *deaths)
{
	if (!p || !p->note.suspect.single || p->note.suspect.points < CONDEMN || p->note.suspect.gen != gen ||
	    p->note.suspect.off != off)
		return false;
	*deaths = (int)p->note.suspect.deaths;
	return true;
}
