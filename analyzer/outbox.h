/*
 * outbox: the summaries that were mailed, or are about to be: once for each day
 * and set of recipients, whenever and however often somebody asks.
 *
 *   1. The whole mail is committed as `prepared`, before anybody gets it.
 *   2. It is handed over. 3. The row is committed as `sent`.
 *
 * Who dies between 2 and 3 leaves a row that is prepared, of which nobody can
 * know whether it was handed over; the next run hands over the same bytes with
 * the same Message-ID, so that there is at most this one repeat, and programs
 * can tell that it is one. One lock is held from 1 to 3.
 *
 * What sendmail does not take is tried again 1, 5, 15, 60, 60 ... minutes later, by
 * whoever runs us then, for less than a day; then it is given up (faults.md P21).
 */
#ifndef WB_OUTBOX_H
#define WB_OUTBOX_H

#include "query.h"

struct outbox_mail {
	int64_t id;          /* of the row; 0: none */
	int32_t day;         /* local days since 1970 */
	bool sent, given_up; /* neither: prepared */
	int64_t sent_us, made_us;
	int64_t tries;    /* that failed */
	int64_t tried_us; /* the last of them; STAMP_NONE: none */
	char *why;        /* it failed; NULL: none did */
	char *sender, *message_id;
	char *bytes; /* the whole mail, bytes_n of them; NULL of one that is not prepared */
	size_t bytes_n;
};

struct outbox {
	struct outbox_mail *mail; /* oldest day first */
	size_t n;
};

/*
 * Waits up to DB_PATIENCE for the lock beside the database (`.mail.lock`), then
 * ends the program with 75: another one is sending. Held until outbox_unlock, or our death.
 */
int outbox_lock(const char *database);
void outbox_unlock(int lock);

/*
 * Those of one day for these recipients (the last is the newest), those of all days that are only prepared, and all
 * of all days.
 */
void outbox_of_day(const char *database, const char *recipients, int32_t day, struct outbox *out);
void outbox_waiting(const char *database, const char *recipients, struct outbox *out);
void outbox_all(const char *database, const char *recipients, struct outbox *out);
void outbox_release(struct outbox *b);

/* Commits a mail as prepared; `bytes`, `sender` and the others are borrowed. */
void outbox_prepare(const char *database, const char *recipients, const struct outbox_mail *m, int64_t now_us);
void outbox_sent(const char *database, int64_t id, int64_t now_us);
/* Commits a try that failed. True if that was the last one: it is given up. */
bool outbox_failed(const char *database, const struct outbox_mail *m, const char *why, int64_t now_us);

/*
 * When the next try of a mail is due that failed so often, the last time then. A clock that
 * stands before that last try was set since: what is due then is due now.
 */
int64_t outbox_next_us(int64_t tries, int64_t tried_us);
bool outbox_is_due(const struct outbox_mail *m, int64_t now_us);
#define OUTBOX_WAIT_MAX_S 3600 /* between two tries */

/* Mails of all recipients that sendmail did not take: those that wait, and those given up that no mail has told of. */
struct outbox_trouble {
	struct outbox_unsent {
		int32_t day;
		bool given_up;
		int64_t tries, tried_us;
		char *recipients, *why;
	} * mail; /* oldest day first */
	size_t n;
};
void outbox_trouble_load(struct outbox_trouble *t, struct reader *r, int64_t now_us);
void outbox_trouble_release(struct outbox_trouble *t);

/*
 * 16 hex digits that only this database gives for this text, the same each time: for a
 * Message-ID that nobody else can foretell.
 */
#define OUTBOX_MARK 17
void outbox_mark(struct reader *r, struct slice text, char out[OUTBOX_MARK]);

#endif
