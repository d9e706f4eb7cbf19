/*
 * sendmail: hands a mail to the sendmail program: `sendmail -i -f SENDER --
 * RCPT...`, no shell, never `-t`, no text of the mail among its words.
 *
 * It reads the mail from a file without a name that holds all of it, so that
 * our death can neither cut the mail short nor block it, and no pipe can fill.
 */
#ifndef WB_SENDMAIL_H
#define WB_SENDMAIL_H

#include "../parsers/slice.h"

#define SENDMAIL_SECONDS 120 /* then it is killed, and what it started with it */

struct sendmail {
	const char *program; /* a path with a / */
	const char *sender;
	const struct slice *to; /* addresses, none of which begins with `-`; each followed by a NUL */
	size_t to_n;
	int seconds;
};

/*
 * True if it took the mail: it ended with 0 and had read all. `said` is then
 * what it wrote beside that (or ""), else why not, in words that a terminal may
 * see. Waits for the program itself, not for what it left running.
 */
#define SENDMAIL_SAID 500
bool sendmail_hand(const struct sendmail *s, struct slice mail, char said[SENDMAIL_SAID]);

#endif
