#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>

#include "../analyzer/calendar.h"
#include "../analyzer/filesystem.h"
#include "../analyzer/follow.h"
#include "../analyzer/msg.h"
#include "../analyzer/outbox.h"
#include "../analyzer/query.h"
#include "../analyzer/stretch.h"
#include "../parsers/stamp.h"
#include "command.h"
#include "encode.h"
#include "json.h"

enum format { FORMAT_TEXT, FORMAT_JSON };
static const char *const formats[] = {"text", "json", NULL};

struct status_command {
	struct common common;
	int format;
};

static const struct option_row rows[] = {
    COMMON_ROWS(struct status_command),
    {"--format", "FORMAT", OPTION_CHOICE, offsetof(struct status_command, format), "text for people, json for programs",
     0, 0, formats},
};
#define ROWS (sizeof rows / sizeof *rows)

/* A log, as the database and its file say. */
struct log_status {
	char *log, *file, *begun; /* begun may be NULL */
	int64_t position, lag;    /* bytes; lag -1: the file is not there, or another one */
	int64_t last_us;
};

struct status {
	struct follow_state follow;
	struct log_status *log;
	size_t logs;
	int64_t holes, now_us;
	int64_t lines, odd; /* all that were read, and those that were not understood */
	struct {
		int64_t at_us; /* STAMP_NONE: never */
		char *file;
		bool rebuilding;
	} damage;
	struct outbox_trouble mail;
	bool in_memory;
	const char *version;
};

/* More of them than that, and it may be the log of something else, or of a Postfix that we do not know (faults.md I39). */
#define ODD_PERCENT 1

static char *text_of(struct slice s)
{
	return slice_is_set(s) ? xstrndup(s.p, s.n) : NULL;
}

/* How much of the file is unread: of the very file that was read, since a new one says nothing of the old. */
static int64_t lag_of(const char *file, const struct query *q)
{
	struct stat st;

	if (!file || stat(file, &st) != 0 || (int64_t)st.st_dev != query_number(q, 3) ||
	    (int64_t)st.st_ino != query_number(q, 4) || st.st_size < query_number(q, 2))
		return -1;
	return st.st_size - query_number(q, 2);
}

static void logs_load(struct status *s, struct reader *r)
{
	struct query *q = query_new(r, SQL_READ_STATUS_LOGS, NULL, 0);

	while (query_row(q)) {
		s->log = xrealloc(s->log, (s->logs + 1) * sizeof *s->log);
		struct log_status *l = &s->log[s->logs++];
		*l = (struct log_status){.log = text_of(query_text(q, 0)),
		                         .file = text_of(query_text(q, 1)),
		                         .begun = text_of(query_text(q, 6)),
		                         .position = query_number(q, 2),
		                         .last_us = query_is_null(q, 5) ? STAMP_NONE : query_number(q, 5)};
		l->lag = lag_of(l->file, q);
	}
	query_free(q);
}

static void status_load(struct status *s, const char *database)
{
	struct reader *r = reader_open(database);
	int64_t midnight[2];
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	s->now_us = ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
	stretch_day_starts(stamp_local_day(s->now_us), 1, midnight);
	follow_state(database, &s->follow);
	logs_load(s, r);
	s->in_memory = filesystem_of(database) == FILESYSTEM_MEMORY;
	const struct query_param since = {"since", SLICE_NONE, midnight[0], false};
	struct query *q = query_new(r, SQL_READ_STATUS_HOLES, &since, 1);
	s->holes = query_row(q) ? query_number(q, 0) : 0;
	query_free(q);
	q = query_new(r, SQL_READ_STATUS_LINES, NULL, 0);
	if (query_row(q)) {
		s->lines = query_number(q, 0);
		s->odd = query_number(q, 1);
	}
	query_free(q);
	s->damage.at_us = STAMP_NONE;
	q = query_new(r, SQL_READ_STATUS_LOST, NULL, 0);
	if (query_row(q)) {
		s->damage.at_us = query_number(q, 0);
		s->damage.file = text_of(query_text(q, 1));
		s->damage.rebuilding = query_number(q, 2);
	}
	query_free(q);
	outbox_trouble_load(&s->mail, r, s->now_us);
	reader_close(r);
}

static void status_release(struct status *s)
{
	outbox_trouble_release(&s->mail);
	free(s->damage.file);
	for (size_t i = 0; i < s->logs; i++) {
		free(s->log[i].log);
		free(s->log[i].file);
		free(s->log[i].begun);
	}
	free(s->log);
}

static bool is_paused(const struct status *s)
{
	return s->follow.alive && s->follow.paused_us != STAMP_NONE;
}

/* ------------------------------------------------------------------ for people */

static void age(struct text *t, const char *before, int64_t us, int64_t now)
{
	int64_t s = us < now ? (now - us) / 1000000 : 0;

	if (us == STAMP_NONE)
		return;
	text_str(t, before);
	if (s < 120)
		text_printf(t, "%lld s", (long long)s);
	else if (s < 7200)
		text_printf(t, "%lld min", (long long)s / 60);
	else if (s < 172800)
		text_printf(t, "%lld h", (long long)s / 3600);
	else
		text_printf(t, "%lld d", (long long)s / 86400);
	text_str(t, " ago");
}

static void say_log(struct text *t, const struct log_status *l, int64_t now)
{
	encode_term(t, slice_str(l->log));
	text_printf(t, ": read to byte %lld", (long long)l->position);
	if (l->lag < 0)
		text_str(t, ", the file is not there any more");
	else if (l->lag == 0)
		text_str(t, ", its end");
	else
		text_printf(t, ", %lld behind", (long long)l->lag);
	age(t, "; last line ", l->last_us, now);
	if (l->begun) {
		text_str(t, "; followed since the ");
		encode_term(t, slice_str(l->begun));
	}
	text_char(t, '\n');
}

/* In how long that is, or that it is due. */
static void wait_until(struct text *t, const char *before, int64_t us, int64_t now)
{
	text_str(t, before);
	if (us > now)
		text_printf(t, "in %lld s", (long long)(us - now + 999999) / 1000000);
	else
		text_str(t, "now");
}

static void say_pause(struct text *t, const struct follow_state *f, int64_t now)
{
	text_str(t, "paused, nothing can be stored: ");
	encode_term(t, slice_str(f->why));
	age(t, "; first ", f->paused_us, now);
	wait_until(t, ", next try ", f->next_try_us, now);
	text_char(t, '\n');
}

static bool is_kept(const struct status *s)
{
	return s->follow.alive && s->follow.kept_us != STAMP_NONE;
}

static void say_kept(struct text *t, const struct follow_state *f, int64_t now)
{
	text_printf(t, "the write-ahead log has %lld kB: a reader holds an old state of the database",
	            (long long)f->kept_bytes / 1024);
	age(t, ", seen first ", f->kept_us, now);
	text_char(t, '\n');
}

static void say_damage(struct text *t, const struct status *s)
{
	char at[STAMP_TEXT];

	at[stamp_text(s->damage.at_us, 0, at)] = '\0';
	text_printf(t, "made anew on %s, %s; the damaged database is ", at,
	            s->damage.rebuilding ? "and the logs are being read again"
	                                 : "and all logs that were there have been read again");
	encode_term(t, slice_str(s->damage.file ? s->damage.file : "gone"));
	text_char(t, '\n');
}

static void say_mail(struct text *t, const struct outbox_unsent *m, int64_t now)
{
	char date[CALENDAR_DATE_TEXT];

	text_printf(t, "the summary of %s to ", calendar_date_text(m->day, date));
	encode_term(t, slice_str(m->recipients));
	text_printf(t, " was not sent, %lld %s", (long long)m->tries, m->tries == 1 ? "try" : "tries");
	age(t, ", the last ", m->tried_us, now);
	if (m->given_up)
		text_str(t, ", given up: the next one tells of it");
	else
		wait_until(t, ", the next ", outbox_next_us(m->tries, m->tried_us), now);
	text_str(t, ": ");
	encode_term(t, slice_str(m->why));
	text_char(t, '\n');
}

static void print_text(const struct status *s)
{
	struct text t = {0};

	text_printf(&t, "wouldblock %s: ", s->version);
	if (s->follow.alive) {
		text_printf(&t, "follow runs (pid %ld)", s->follow.pid);
		age(&t, ", all was read ", s->follow.caught_up_us, s->now_us);
	} else {
		text_str(&t, "follow does not run");
	}
	text_char(&t, '\n');
	if (is_paused(s))
		say_pause(&t, &s->follow, s->now_us);
	if (is_kept(s))
		say_kept(&t, &s->follow, s->now_us);
	if (s->damage.at_us != STAMP_NONE)
		say_damage(&t, s);
	for (size_t i = 0; i < s->mail.n; i++)
		say_mail(&t, &s->mail.mail[i], s->now_us);
	if (s->in_memory)
		text_str(&t, "the database lies in memory (tmpfs): it does not survive a reboot\n");
	for (size_t i = 0; i < s->logs; i++)
		say_log(&t, &s->log[i], s->now_us);
	if (s->logs == 0)
		text_str(&t, "nothing was read yet\n");
	text_printf(&t, "holes today: %lld\n", (long long)s->holes);
	if (s->odd * 100 > s->lines * ODD_PERCENT)
		text_printf(&t, "%lld of %lld lines were not understood: is this Postfix's log?\n", (long long)s->odd,
		            (long long)s->lines);
	fwrite(t.p, 1, t.n, stdout);
	text_release(&t);
}

/* ------------------------------------------------------------------ for programs */

static void json_log(struct json *j, const struct log_status *l, int64_t now)
{
	json_object(j, NULL);
	json_str(j, "log", l->log);
	json_str(j, "file", l->file);
	json_int(j, "position", l->position);
	if (l->lag < 0)
		json_null(j, "lag_bytes");
	else
		json_int(j, "lag_bytes", l->lag);
	json_time(j, "last_line", l->last_us);
	if (l->last_us == STAMP_NONE)
		json_null(j, "last_line_age");
	else
		json_int(j, "last_line_age", (now - l->last_us) / 1000000);
	json_str(j, "begun", l->begun);
	json_object_end(j);
}

/* Null unless it pauses. */
static void json_pause(struct json *j, const struct status *s)
{
	if (!is_paused(s)) {
		json_null(j, "paused");
		return;
	}
	json_object(j, "paused");
	json_time(j, "since", s->follow.paused_us);
	json_time(j, "next_try", s->follow.next_try_us);
	json_str(j, "why", s->follow.why);
	json_object_end(j);
}

static void json_kept(struct json *j, const struct status *s)
{
	if (!is_kept(s)) {
		json_null(j, "wal_kept");
		return;
	}
	json_object(j, "wal_kept");
	json_time(j, "since", s->follow.kept_us);
	json_int(j, "bytes", s->follow.kept_bytes);
	json_object_end(j);
}

/* Null if it was never set aside. */
static void json_damage(struct json *j, const struct status *s)
{
	if (s->damage.at_us == STAMP_NONE) {
		json_null(j, "damaged");
		return;
	}
	json_object(j, "damaged");
	json_time(j, "set_aside", s->damage.at_us);
	json_str(j, "file", s->damage.file);
	json_bool(j, "rebuilding", s->damage.rebuilding);
	json_object_end(j);
}

static void json_mail(struct json *j, const struct outbox_unsent *m)
{
	struct stamp_date d = stamp_date_of(m->day);
	char date[40];

	snprintf(date, sizeof date, "%04d-%02d-%02d", d.year, d.month, d.day);
	json_object(j, NULL);
	json_str(j, "day", date);
	json_str(j, "recipients", m->recipients);
	json_int(j, "tries", m->tries);
	json_time(j, "last_try", m->tried_us);
	json_time(j, "next_try", m->given_up ? STAMP_NONE : outbox_next_us(m->tries, m->tried_us));
	json_bool(j, "given_up", m->given_up);
	json_str(j, "why", m->why);
	json_object_end(j);
}

static void print_json(const struct status *s)
{
	struct text t = {0};
	struct json j = {.out = &t};

	json_object(&j, NULL);
	json_str(&j, "version", s->version);
	json_bool(&j, "following", s->follow.alive);
	if (s->follow.alive)
		json_int(&j, "pid", s->follow.pid);
	else
		json_null(&j, "pid");
	json_time(&j, "since", s->follow.alive ? s->follow.since_us : STAMP_NONE);
	json_time(&j, "caught_up", s->follow.alive ? s->follow.caught_up_us : STAMP_NONE);
	json_pause(&j, s);
	json_kept(&j, s);
	json_damage(&j, s);
	json_list(&j, "unsent_summaries");
	for (size_t i = 0; i < s->mail.n; i++)
		json_mail(&j, &s->mail.mail[i]);
	json_list_end(&j);
	json_bool(&j, "in_memory", s->in_memory);
	json_list(&j, "logs");
	for (size_t i = 0; i < s->logs; i++)
		json_log(&j, &s->log[i], s->now_us);
	json_list_end(&j);
	json_int(&j, "holes_today", s->holes);
	json_int(&j, "lines", s->lines);
	json_int(&j, "lines_not_understood", s->odd);
	json_object_end(&j);
	text_char(&t, '\n');
	fwrite(t.p, 1, t.n, stdout);
	text_release(&t);
}

int command_status(const struct command *c, struct common *common, int argc, char **argv)
{
	struct status_command o = {.common = *common};
	struct option_rest rest = {0};
	struct settings settings;
	struct status status = {.version = common->version};

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n)
		msg_die(EX_USAGE, "status: takes no operands");
	common_settings(&o.common, &settings);
	char *database = common_database(&o.common, &settings);
	status_load(&status, database);
	if (o.format == FORMAT_JSON)
		print_json(&status);
	else
		print_text(&status);
	output_check();
	status_release(&status);
	settings_release(&settings);
	free(database);
	return 0;
}
