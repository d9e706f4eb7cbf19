/*
 * writer: one thread that does jobs one after the other while its owner goes
 * on: the database's rows and commits, so that SQLite and the disk do not keep
 * the tracker waiting (performance.md, point 7). Order is that of the calls, so
 * a transaction holds what it would hold without the thread. Between jobs it can
 * help with something else.
 */
#ifndef WB_WRITER_H
#define WB_WRITER_H

#include <stdbool.h>

struct writer;

/* NULL: no thread could be had. */
struct writer *writer_new(void);
struct writer *writer_free(struct writer *w); /* all jobs are done first; always NULL */

/*
 * Waits if too many are waiting already. What arg points to is the job's until
 * it is done. Returns its number. In a job itself: does it at once.
 */
unsigned writer_do(struct writer *w, void (*job)(void *arg), void *arg);

/*
 * What the thread does when it has no job: it calls work while that says true, which is that there is more to do. Each
 * call should be short, since jobs wait for it. NULL: nothing, from the return on. writer_nudge: there is some again.
 */
void writer_spare(struct writer *w, bool (*work)(void *arg), void *arg);
void writer_nudge(struct writer *w);

/* Wait until this job, or all of them, are done. In a job itself: return at once. */
void writer_await(struct writer *w, unsigned job);
void writer_settle(struct writer *w);

#endif
