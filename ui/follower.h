/*
 * follower: `follow` in a thread of its own, for the screen of the same process.
 * It shares nothing that changes: settings, patterns and the connection are its
 * own, and what it writes is seen by the screen as by any other program, once
 * it is committed. What would end `follow` ends the thread; whoever shows the
 * screen asks why.
 */
#ifndef WB_FOLLOWER_H
#define WB_FOLLOWER_H

#include "../analyzer/ingest.h"
#include "command.h"

struct follower;

/*
 * wake: written to when it ends by itself; -1: nobody is to be woken. Dies if the log can be none (66) or
 * the settings are bad (78). reader_threads must have been called.
 */
struct follower *follower_new(const struct common *c, const char *database, const char *log, int wake);
/* Goes on where it was. False: it ended before it had a database to show; see follower_trouble. */
bool follower_start(struct follower *f);
/* Commits what it has read and ends; at most a second. The terminal may stop us then: nobody waits for a lock. */
void follower_stop(struct follower *f);
/* Why it has ended by itself, as `what: why`, and the code of sysexits(3); NULL: it has not. */
const char *follower_trouble(struct follower *f, int *code);
struct follower *follower_free(struct follower *f); /* stops it; always NULL */

/* An absolute path, for free(). Dies (66) if that can never be a log that grows; a missing one may come. */
char *follower_path(const char *name);

/* `history` of the settings: logs to be read before the first start, while there is no database. */
void follower_history(const char *database, struct settings *s, const struct origin *origin,
                      const struct ingest_options *how);
/* The same into a database that is there: one that took the place of a damaged one. */
void follower_history_again(const char *database, struct settings *s, const struct origin *origin,
                            const struct ingest_options *how);

#endif
