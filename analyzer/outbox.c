#include "outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "../parsers/stamp.h"
#include "db.h"
#include "msg.h"

/* ------------------------------------------------------------------ the lock */

int outbox_lock(const char *database)
{
	const struct timespec nap = {.tv_nsec = 50 * 1000 * 1000};
	char name[4096], file[512];

	snprintf(name, sizeof name, "%s.mail.lock", database);
	msg_safe(slice_str(name), file, sizeof file);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		msg_die(EX_CANTCREAT, "cannot create %s: %s", file, strerror(errno));
	for (int naps = 0; flock(fd, LOCK_EX | LOCK_NB) != 0;) {
		if (errno == EWOULDBLOCK && naps++ < DB_PATIENCE * 20)
			nanosleep(&nap, NULL);
		else if (errno == EWOULDBLOCK)
			msg_die(EX_TEMPFAIL, "%s: another wouldblock is sending a summary; try again", file);
		else if (errno != EINTR)
			msg_die(EX_IOERR, "cannot lock %s: %s", file, strerror(errno));
	}
	return fd;
}

void outbox_unlock(int lock)
{
	close(lock);
}

/* ------------------------------------------------------------------ reading */

static char *copy(struct slice s)
{
	return slice_is_set(s) ? xstrndup(s.p, s.n) : NULL;
}

/* Columns as summary_outbox.sql has them. */
static void load(struct outbox *out, const struct query *q)
{
	struct slice bytes = query_text(q, 6);

	out->mail = xrealloc(out->mail, (out->n + 1) * sizeof *out->mail);
	out->mail[out->n++] = (struct outbox_mail){.id = query_number(q, 0),
	                                           .day = (int32_t)query_number(q, 1),
	                                           .sender = copy(query_text(q, 2)),
	                                           .message_id = copy(query_text(q, 3)),
	                                           .sent = slice_eq(query_text(q, 4), SLICE("sent")),
	                                           .sent_us = query_is_null(q, 5) ? STAMP_NONE : query_number(q, 5),
	                                           .bytes = copy(bytes),
	                                           .bytes_n = bytes.n,
	                                           .given_up = slice_eq(query_text(q, 4), SLICE("given up")),
	                                           .made_us = query_number(q, 7),
	                                           .tries = query_number(q, 8),
	                                           .tried_us = query_is_null(q, 9) ? STAMP_NONE : query_number(q, 9),
	                                           .why = copy(query_text(q, 10))};
}

static void ask(const char *database, const struct query_param *params, size_t n, struct outbox *out)
{
	struct reader *r = reader_open(database);
	struct query *q = query_new(r, SQL_READ_SUMMARY_OUTBOX, params, n);

	*out = (struct outbox){0};
	while (query_row(q))
		load(out, q);
	query_free(q);
	reader_close(r);
}

void outbox_of_day(const char *database, const char *recipients, int32_t day, struct outbox *out)
{
	const struct query_param params[] = {{"recipients", slice_str(recipients), 0, false},
	                                     {"day", SLICE_NONE, day, false}};

	ask(database, params, 2, out);
}

void outbox_waiting(const char *database, const char *recipients, struct outbox *out)
{
	const struct query_param params[] = {{"recipients", slice_str(recipients), 0, false},
	                                     {"state", SLICE("prepared"), 0, false}};

	ask(database, params, 2, out);
}

void outbox_all(const char *database, const char *recipients, struct outbox *out)
{
	const struct query_param params = {"recipients", slice_str(recipients), 0, false};

	ask(database, &params, 1, out);
}

void outbox_release(struct outbox *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->mail[i].why);
		free(b->mail[i].sender);
		free(b->mail[i].message_id);
		free(b->mail[i].bytes);
	}
	free(b->mail);
	*b = (struct outbox){0};
}

/* ------------------------------------------------------------------ writing */

void outbox_prepare(const char *database, const char *recipients, const struct outbox_mail *m, int64_t now_us)
{
	struct db *d = db_open_write(database);

	db_begin(d);
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_OUTBOX);
	sqlite3_bind_int64(q, 1, m->day);
	db_bind_slice(q, 2, slice_str(recipients));
	db_bind_slice(q, 3, slice_str(m->sender));
	db_bind_slice(q, 4, slice_str(m->message_id));
	sqlite3_bind_blob64(q, 5, m->bytes, m->bytes_n, SQLITE_STATIC);
	sqlite3_bind_int64(q, 6, now_us);
	db_run(d, q);
	db_commit(d);
	db_close(d);
}

void outbox_sent(const char *database, int64_t id, int64_t now_us)
{
	struct db *d = db_open_write(database);

	db_begin(d);
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_OUTBOX_SENT);
	sqlite3_bind_int64(q, 1, now_us);
	sqlite3_bind_int64(q, 2, id);
	db_run(d, q);
	db_commit(d);
	db_close(d);
}

/* ------------------------------------------------------------------ tries */

#define MINUTE_US INT64_C(60000000)
#define GIVE_UP_US (22 * 60 * MINUTE_US) /* with the longest wait it is over before the next morning's mail */
#define TRIES_MAX 30                     /* in that time there are 26: if the clock is set back again and again */
#define TOLD_US (7 * 24 * 60 * MINUTE_US)

int64_t outbox_next_us(int64_t tries, int64_t tried_us)
{
	static const int64_t minutes[] = {0, 1, 5, 15, OUTBOX_WAIT_MAX_S / 60};
	const int64_t last = sizeof minutes / sizeof *minutes - 1;

	return tried_us + minutes[tries < last ? tries : last] * MINUTE_US;
}

bool outbox_is_due(const struct outbox_mail *m, int64_t now_us)
{
	return m->tries == 0 || now_us < m->tried_us || now_us >= outbox_next_us(m->tries, m->tried_us);
}

bool outbox_failed(const char *database, const struct outbox_mail *m, const char *why, int64_t now_us)
{
	bool over = now_us - m->made_us >= GIVE_UP_US || m->tries + 1 >= TRIES_MAX;
	struct db *d = db_open_write(database);

	db_begin(d);
	sqlite3_stmt *q = db_stmt(d, SQL_WRITE_OUTBOX_FAILED);
	sqlite3_bind_int64(q, 1, now_us);
	db_bind_slice(q, 2, slice_str(why));
	sqlite3_bind_int64(q, 3, over);
	sqlite3_bind_int64(q, 4, m->id);
	db_run(d, q);
	db_commit(d);
	db_close(d);
	return over;
}

void outbox_trouble_load(struct outbox_trouble *t, struct reader *r, int64_t now_us)
{
	const struct query_param since = {"since", SLICE_NONE, now_us - TOLD_US, false};
	struct query *q = query_new(r, SQL_READ_OUTBOX_TROUBLE, &since, 1);

	*t = (struct outbox_trouble){0};
	while (query_row(q)) {
		t->mail = xrealloc(t->mail, (t->n + 1) * sizeof *t->mail);
		t->mail[t->n++] = (struct outbox_unsent){.day = (int32_t)query_number(q, 0),
		                                         .recipients = copy(query_text(q, 1)),
		                                         .given_up = query_number(q, 2) != 0,
		                                         .tries = query_number(q, 3),
		                                         .tried_us = query_number(q, 4),
		                                         .why = copy(query_text(q, 5))};
	}
	query_free(q);
}

void outbox_trouble_release(struct outbox_trouble *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->mail[i].recipients);
		free(t->mail[i].why);
	}
	free(t->mail);
	*t = (struct outbox_trouble){0};
}

/* ------------------------------------------------------------------ marks */

void outbox_mark(struct reader *r, struct slice text, char out[OUTBOX_MARK])
{
	const struct query_param key = {"key", SLICE("key"), 0, false};
	struct query *q = query_new(r, SQL_READ_META, &key, 1);
	uint64_t keys[2] = {0, 0};

	if (query_row(q) && query_text(q, 0).n == sizeof keys)
		memcpy(keys, query_text(q, 0).p, sizeof keys);
	query_free(q);
	snprintf(out, OUTBOX_MARK, "%016" PRIx64, slice_hash(text, keys[0], keys[1]));
}
