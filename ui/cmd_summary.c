#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "../analyzer/calendar.h"
#include "../analyzer/msg.h"
#include "../analyzer/outbox.h"
#include "../analyzer/stretch.h"
#include "command.h"
#include "letter.h"
#include "sendmail.h"
#include "summary.h"

#define RECIPIENTS_MAX 100
#define NAP_S 10
#define BORN_US (INT64_C(1704067200) * 1000000) /* 2024-01-01: this program was not begun yet */

struct summary_command {
	struct common common;
	const char *day, *mail_to, *from;
	bool mail, again, wait;
};

#define AT(field) offsetof(struct summary_command, field)
static const struct option_row rows[] = {
    COMMON_ROWS(struct summary_command),
    {"--day", "DAY", OPTION_STRING, AT(day), "YYYY-MM-DD, yesterday or today (default: yesterday)", 0, 0, NULL},
    {"--mail", NULL, OPTION_FLAG, AT(mail), "send it to the addresses of the setting `to`, instead of printing it", 0,
     0, NULL},
    {"--mail-to", "LIST", OPTION_STRING, AT(mail_to), "send it to these addresses, parted by commas", 0, 0, NULL},
    {"--from", "ADDRESS", OPTION_STRING, AT(from), "its sender (default: the setting `from`)", 0, 0, NULL},
    {"--wait", NULL, OPTION_FLAG, AT(wait), "if the next try is not due yet, wait for it (60 minutes at most)", 0, 0,
     NULL},
    {"--again", NULL, OPTION_FLAG, AT(again), "send it though it was sent already", 0, 0, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

/* One run of the command. */
struct summarizing {
	const struct summary_command *o;
	struct settings settings;
	char *database;
	int32_t day;
	int64_t now;
	/* of a mail: */
	struct slice *to; /* in one spelling, sorted, each once; NUL behind each */
	size_t to_n;
	char *recipients; /* the same as one text */
	char host[256];   /* this machine */
	bool timed;       /* a timer runs us, not somebody who asks for a day */
	bool gave_up;
	int64_t next; /* no try is due before; STAMP_NONE: one was */
};

static int64_t clock_now(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		msg_die(EX_OSERR, "the clock cannot be read");
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* `2026-11-21` */
struct day_text {
	char text[40];
};
static struct day_text day_text(int32_t day)
{
	struct stamp_date d = stamp_date_of(day);
	struct day_text t;

	snprintf(t.text, sizeof t.text, "%04d-%02d-%02d", d.year, d.month, d.day);
	return t;
}

/* ------------------------------------------------------------------ what is asked for */

static int32_t day_of(const struct summarizing *z)
{
	const char *said = z->o->day;
	int32_t today = stamp_local_day(z->now);
	int64_t us;
	char safe[100];

	if (!said || strcmp(said, "yesterday") == 0)
		return today - 1;
	if (strcmp(said, "today") == 0)
		return today;
	if (strlen(said) != strlen("2026-11-21") || !stamp_parse_time(slice_str(said), &us))
		msg_die(EX_USAGE, "--day %s: no day; YYYY-MM-DD, yesterday or today",
		        msg_safe(slice_str(said), safe, sizeof safe));
	if (stamp_local_day(us) > today)
		msg_die(EX_USAGE, "--day %s: that day has not begun", said);
	return stamp_local_day(us);
}

static void set_mail(struct summarizing *z, const char *option, const char *key, const char *value)
{
	char why[300];

	if (value && !settings_set(&z->settings, "mail", key, value, why, sizeof why))
		msg_die(EX_USAGE, "%s: %s", option, why);
}

static void check_address(const char *option, struct slice address, bool given)
{
	const char *trouble = letter_address_trouble(address);
	char safe[300];

	if (trouble)
		msg_die(given ? EX_USAGE : EX_CONFIG, "%s `%s`: %s", option, msg_safe(address, safe, sizeof safe),
		        trouble);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct slice *)a)->p, ((const struct slice *)b)->p);
}

/* The domain's case says nothing; that of what stands before it may. */
static struct slice one_spelling(struct slice address)
{
	char *copy = xstrndup(address.p, address.n), *at = strrchr(copy, '@');

	if (at)
		slice_fold(slice_str(at), at, strlen(at));
	return slice_of(copy, address.n);
}

static void recipients_make(struct summarizing *z)
{
	const struct settings_list *said = &z->settings.mail_to;
	bool given = z->o->mail_to != NULL;
	struct text all = {0};

	if (said->n == 0)
		msg_die(given ? EX_USAGE : EX_CONFIG, "summary: nobody to send it to: `to` in [mail], or --mail-to");
	if (said->n > RECIPIENTS_MAX)
		msg_die(given ? EX_USAGE : EX_CONFIG, "summary: more than %d recipients", RECIPIENTS_MAX);
	z->to = xcalloc(said->n, sizeof *z->to);
	for (size_t i = 0; i < said->n; i++) {
		check_address(given ? "--mail-to" : "setting `to`", said->item[i], given);
		z->to[z->to_n++] = one_spelling(said->item[i]);
	}
	qsort(z->to, z->to_n, sizeof *z->to, compare);
	size_t n = 0;
	for (size_t i = 0; i < z->to_n; i++) {
		if (n && slice_eq(z->to[n - 1], z->to[i])) {
			free((char *)z->to[i].p);
			continue;
		}
		z->to[n++] = z->to[i];
		text_str(&all, n > 1 ? "," : "");
		text_add(&all, z->to[n - 1]);
	}
	z->to_n = n;
	z->recipients = all.p;
}

/* ------------------------------------------------------------------ names of this machine */

static void host_of(char *host, size_t cap)
{
	if (gethostname(host, cap) != 0 || host[cap - 1] != '\0' || !letter_is_host(slice_str(host)))
		snprintf(host, cap, "localhost");
}

/* What Debian's programs put behind an address without a domain. */
static void mail_domain(const char *host, char *domain, size_t cap)
{
	FILE *f = fopen("/etc/mailname", "re");

	domain[0] = '\0';
	if (f && fgets(domain, (int)cap, f))
		domain[strcspn(domain, " \t\r\n")] = '\0';
	if (f)
		fclose(f);
	if (!letter_is_host(slice_str(domain)))
		snprintf(domain, cap, "%s", host);
}

static struct slice qualified(struct slice address, const char *domain)
{
	struct text t = {0};

	text_add(&t, address);
	if (slice_rchr(address, '@') < 0)
		text_printf(&t, "@%s", domain);
	return slice_of(t.p, t.n);
}

/* ------------------------------------------------------------------ the mail */

/* What a reader of the database has made of the day. */
struct written {
	struct text text, html, subject;
	char id[OUTBOX_MARK + 310], boundary[OUTBOX_MARK];
};

/* made: what was mailed before, for a mail by the timer; else NULL. */
static void write_parts(struct summarizing *z, struct reader *r, const struct outbox *made, struct written *w)
{
	struct origin *origin = common_origin(&z->settings);
	struct summary s;
	struct leaflet leaflet = {0};

	summary_load(&s, r, &z->settings, origin, z->day, z->now);
	if (made)
		summary_missed_load(&s, r, made);
	summary_say(&s, &leaflet);
	leaflet_text(&w->text, &leaflet);
	leaflet_html(&w->html, &leaflet);
	text_printf(&w->subject, "wouldblock on %s: ", z->host);
	summary_subject(&s, &w->subject);
	leaflet_release(&leaflet);
	summary_release(&s);
	origin_free(origin);
}

/* nth: of this day for these recipients; the same mail has the same Message-ID, another one another. */
static void write_marks(const struct summarizing *z, struct reader *r, size_t nth, struct written *w)
{
	char mark[OUTBOX_MARK];
	struct text about = {0};

	text_printf(&about, "%d %zu %s", z->day, nth, z->recipients);
	outbox_mark(r, slice_of(about.p, about.n), mark);
	snprintf(w->id, sizeof w->id, "summary.%s.%s@%s", day_text(z->day).text, mark, z->host);
	text_str(&about, " boundary");
	outbox_mark(r, slice_of(about.p, about.n), w->boundary);
	text_release(&about);
}

static void write_letter(const struct summarizing *z, const struct written *w, struct text *out)
{
	struct slice *to = xcalloc(z->to_n, sizeof *to);
	char domain[256];

	mail_domain(z->host, domain, sizeof domain);
	struct slice from = qualified(slice_str(z->settings.mail_from), domain);
	for (size_t i = 0; i < z->to_n; i++)
		to[i] = qualified(z->to[i], domain);
	const struct letter letter = {.name = SLICE("wouldblock"),
	                              .from = from,
	                              .to = to,
	                              .to_n = z->to_n,
	                              .subject = slice_of(w->subject.p, w->subject.n),
	                              .id = slice_str(w->id),
	                              .boundary = slice_str(w->boundary),
	                              .date_us = z->now,
	                              .text = slice_of(w->text.p, w->text.n),
	                              .html = slice_of(w->html.p, w->html.n)};
	letter_write(out, &letter);
	for (size_t i = 0; i < z->to_n; i++)
		free((char *)to[i].p);
	free((char *)from.p);
	free(to);
}

static void written_release(struct written *w)
{
	text_release(&w->text);
	text_release(&w->html);
	text_release(&w->subject);
}

/* ------------------------------------------------------------------ sending */

static void prepare_new(struct summarizing *z, size_t nth)
{
	struct outbox all = {0};
	struct written w = {0};
	struct text bytes = {0};
	struct reader *r = reader_open(z->database);

	if (z->timed)
		outbox_all(z->database, z->recipients, &all);
	write_parts(z, r, z->timed ? &all : NULL, &w);
	write_marks(z, r, nth, &w);
	reader_close(r);
	write_letter(z, &w, &bytes);
	const struct outbox_mail m = {
	    .day = z->day, .sender = z->settings.mail_from, .message_id = w.id, .bytes = bytes.p, .bytes_n = bytes.n};
	outbox_prepare(z->database, z->recipients, &m, z->now);
	written_release(&w);
	text_release(&bytes);
	outbox_release(&all);
}

/* Commits the day's mail as prepared, unless one is there. */
static void prepare(struct summarizing *z)
{
	struct outbox made;

	outbox_of_day(z->database, z->recipients, z->day, &made);
	const struct outbox_mail *last = made.n ? &made.mail[made.n - 1] : NULL;
	if (last && last->sent && !z->o->again) {
		char at[STAMP_TEXT];
		at[stamp_text(last->sent_us, 0, at)] = '\0';
		printf("summary of %s: was sent to %s at %s; --again sends it once more\n", day_text(z->day).text,
		       z->recipients, at);
	} else if (last && last->given_up && z->timed) {
		printf("summary of %s: was given up after %lld tries; --day %s sends it\n", day_text(z->day).text,
		       (long long)last->tries, day_text(z->day).text);
	} else if (!last || last->sent || last->given_up) {
		prepare_new(z, made.n);
	}
	outbox_release(&made);
}

/* Commits that sendmail did not take it, and says so. */
static void not_taken(struct summarizing *z, const struct outbox_mail *m, const char *program, const char *said)
{
	struct text why = {0};
	char at[STAMP_TEXT];
	int64_t now = clock_now();

	text_printf(&why, "%s: %s", program, said);
	if (outbox_failed(z->database, m, why.p, now)) {
		z->gave_up = true;
		msg_warn("summary of %s: not sent: %s; given up after %lld tries: the next summary tells of it",
		         day_text(m->day).text, why.p, (long long)m->tries + 1);
	} else {
		at[stamp_text(outbox_next_us(m->tries + 1, now), 0, at)] = '\0';
		msg_warn("summary of %s: not sent: %s; the next try is due at %s", day_text(m->day).text, why.p, at);
	}
	text_release(&why);
}

static bool hand_over(struct summarizing *z, const struct outbox_mail *m)
{
	const struct sendmail sendmail = {.program = z->settings.sendmail,
	                                  .sender = m->sender,
	                                  .to = z->to,
	                                  .to_n = z->to_n,
	                                  .seconds = SENDMAIL_SECONDS};
	char said[SENDMAIL_SAID], program[300];
	bool taken = sendmail_hand(&sendmail, slice_of(m->bytes, m->bytes_n), said);

	msg_safe(slice_str(sendmail.program), program, sizeof program);
	if (!taken) {
		not_taken(z, m, program, said);
		return false;
	}
	if (*said)
		msg_warn("summary of %s: %s took it, and said: %s", day_text(m->day).text, program, said);
	outbox_sent(z->database, m->id, clock_now());
	printf("summary of %s: sent to %s\n", day_text(m->day).text, z->recipients);
	return true;
}

/* All that waits for these recipients, older days first; false at the first failure, which the next would share. */
static bool hand_over_all(struct summarizing *z)
{
	struct outbox waiting;
	size_t sent = 0;

	outbox_waiting(z->database, z->recipients, &waiting);
	while (sent < waiting.n && hand_over(z, &waiting.mail[sent]))
		sent++;
	bool all = sent == waiting.n;
	outbox_release(&waiting);
	return all;
}

#define RETRY_US (INT64_C(2) * 3600 * 1000000)   /* a try that short ago, and somebody runs us again and again */
#define MORNING_US (INT64_C(5) * 3600 * 1000000) /* after midnight: the day's log has been read, and mail delivered */

/*
 * A timer runs us, and whoever starts us again after 75: what waits is tried if that is due, and then yesterday's is
 * made, but not in the night by a try of the day before, since the timer comes in the morning.
 */
static void send_timed(struct summarizing *z)
{
	struct outbox waiting;
	int64_t midnight[2];

	outbox_waiting(z->database, z->recipients, &waiting);
	const struct outbox_mail *first = waiting.n ? &waiting.mail[0] : NULL;
	bool due = !first || outbox_is_due(first, z->now);
	bool retry = first && first->tries && z->now >= first->tried_us && z->now - first->tried_us < RETRY_US;
	if (!due)
		z->next = outbox_next_us(first->tries, first->tried_us);
	outbox_release(&waiting);
	if (!due)
		return;
	bool taken = hand_over_all(z);
	stretch_day_starts(z->day + 1, 1, midnight);
	if (retry && z->now - midnight[0] < MORNING_US)
		return;
	prepare(z);
	if (taken)
		hand_over_all(z);
}

/* One look at what there is to send; the exit code. 69: nothing is left to try, and not all was sent. */
static int send_once(struct summarizing *z)
{
	struct outbox waiting;

	z->next = STAMP_NONE;
	int lock = outbox_lock(z->database);
	if (z->timed) {
		send_timed(z);
	} else {
		prepare(z);
		hand_over_all(z);
	}
	outbox_waiting(z->database, z->recipients, &waiting);
	outbox_unlock(lock);
	bool wait = waiting.n > 0;
	outbox_release(&waiting);
	return wait ? EX_TEMPFAIL : z->gave_up ? EX_UNAVAILABLE : 0;
}

/* By the clock, since a machine may sleep, but never longer than tries are apart, whatever becomes of the clock. */
static void wait_for_next(int64_t next)
{
	int64_t now = clock_now(), began = now;

	for (int naps = 0; now >= began && now < next && naps < OUTBOX_WAIT_MAX_S / NAP_S; naps++) {
		int64_t left = next - now < NAP_S * INT64_C(1000000) ? next - now : NAP_S * INT64_C(1000000);
		const struct timespec nap = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
		nanosleep(&nap, NULL);
		now = clock_now();
	}
}

static int send_all(struct summarizing *z)
{
	char at[STAMP_TEXT];
	int status = send_once(z);

	if (z->next != STAMP_NONE && z->o->wait) {
		wait_for_next(z->next);
		z->now = clock_now();
		z->day = day_of(z);
		status = send_once(z);
	}
	if (z->next != STAMP_NONE) {
		at[stamp_text(z->next, 0, at)] = '\0';
		msg_warn("summary: sendmail did not take the last one; the next try is due at %s", at);
	}
	output_check();
	return status;
}

/* A clock that was never set says 1970, or what the firmware took for now (faults.md T11). */
static void check_clock(const struct summarizing *z)
{
	char at[STAMP_TEXT];

	if (z->now >= BORN_US)
		return;
	at[stamp_text(z->now, 0, at)] = '\0';
	msg_die(EX_OSERR, "summary: the clock says %s, which is before this program was begun: no mail is sent", at);
}

static int mail_it(struct summarizing *z)
{
	int64_t now_day = stamp_local_day(z->now);

	check_clock(z);
	if (z->day >= now_day)
		msg_die(EX_USAGE, "summary: %s is not over: it can be printed, not sent", day_text(z->day).text);
	check_address(z->o->from ? "--from" : "setting `from`", slice_str(z->settings.mail_from), z->o->from != NULL);
	recipients_make(z);
	host_of(z->host, sizeof z->host);
	encode_ascii_only(false);               /* the mail is UTF-8, whatever this terminal is */
	reader_close(reader_open(z->database)); /* no lock beside what is no database of ours */
	int status = send_all(z);
	for (size_t i = 0; i < z->to_n; i++)
		free((char *)z->to[i].p);
	free(z->to);
	free(z->recipients);
	return status;
}

static int print_it(struct summarizing *z)
{
	struct reader *r = reader_open(z->database);
	struct written w = {0};

	write_parts(z, r, NULL, &w);
	reader_close(r);
	fwrite(w.text.p, 1, w.text.n, stdout);
	written_release(&w);
	output_check();
	return 0;
}

int command_summary(const struct command *c, struct common *common, int argc, char **argv)
{
	struct summary_command o = {.common = *common};
	struct option_rest rest = {0};
	struct summarizing z = {.o = &o, .now = clock_now()};

	option_parse(rows, ROWS, argc, argv, &o, &rest);
	if (rest.help)
		return command_help(c, rows, ROWS);
	if (rest.n)
		msg_die(EX_USAGE, "summary: what is `%s`? A summary takes options only", rest.v[0]);
	if (o.again && !o.mail && !o.mail_to)
		msg_die(EX_USAGE, "summary: --again belongs to --mail or --mail-to");
	if (o.wait && (o.day || o.again || (!o.mail && !o.mail_to)))
		msg_die(EX_USAGE, "summary: --wait belongs to --mail or --mail-to, without --day and --again");
	common_settings(&o.common, &z.settings);
	set_mail(&z, "--mail-to", "to", o.mail_to);
	set_mail(&z, "--from", "from", o.from);
	z.database = common_database(&o.common, &z.settings);
	z.day = day_of(&z);
	z.timed = !o.day && !o.again;
	int status = o.mail || o.mail_to ? mail_it(&z) : print_it(&z);
	free(z.database);
	settings_release(&z.settings);
	return status;
}
