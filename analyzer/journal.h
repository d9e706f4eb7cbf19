/*
 * journal: systemd's journal as a log to follow, by way of journalctl, which is
 * started without a shell. What it says is turned into lines as rsyslog would
 * write them (RFC 3339 stamps, host, program[pid], text), a stream whose places
 * are counted in bytes of these lines; the journal's own cursor stands with the
 * position, in the same transaction (generation.path_hint).
 */
#ifndef WB_JOURNAL_H
#define WB_JOURNAL_H

#include <stdbool.h>

struct follow;
struct journal;

struct journal *journal_new(struct follow *f);
struct journal *journal_free(struct journal *j); /* always NULL; NULL is fine */
/* A batch was rolled back: begins again behind the last entry that the database has. */
void journal_again(struct journal *j);
/* Reads what is there and commits; true if there is more. Starts the program again if it has ended. */
bool journal_step(struct journal *j);
/* To wait for; -1: none now. */
int journal_fd(const struct journal *j);

#endif
