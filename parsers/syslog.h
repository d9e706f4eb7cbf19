/*
 * syslog: the envelope of a log line: when, which host, which program, which
 * process, and the text. Forms: postfix-log-grammar.md 1.1, 1.3, 1.4, 1.6.
 *
 * Knows nothing of Postfix but one thing: RFC 5424 lines written by rsyslog's
 * default template have lost the daemon's name (APP-NAME ends at the slash,
 * 1.3). The tag is then just `postfix`; shapes finds the daemon by the text.
 */
#ifndef WB_SYSLOG_H
#define WB_SYSLOG_H

#include "slice.h"
#include "stamp.h"

enum line_form {
	LINE_ODD, /* no envelope that we know: nothing but `text` (the whole line) is set, the clock has not moved */
	LINE_LOG, /* an ordinary line */
	LINE_REPEATED,      /* `message repeated N times: [ TEXT]`: text is the inner text, repeated is N (>= 1) */
	LINE_LAST_REPEATED, /* `last message repeated N times`: no tag; the host's line before happened N times more */
	LINE_LOSS, /* syslog itself says that lines were lost (1.6): `repeated` is their number, 0 if it does not say */
	LINE_BANNER /* `-- Boot ... --`, `-- Logs begin at ...`: no line of a program */
};

enum {
	LINE_PID_DOUBTFUL = 1, /* the tag was cut at 32 characters, pid may lack digits (1.4) */
	LINE_INNER_CUT = 2,    /* the inner text of a repeat marker was, or may have been, cut at 800 bytes (1.6) */
	LINE_DAMAGED = 4       /* NUL run in front skipped (faults.md I5) */
};

struct line {
	struct stamp stamp;
	uint32_t pid; /* 0: the line has none */
	uint32_t repeated;
	enum line_form form;
	uint8_t flags;
	struct slice host;
	struct slice tag;  /* `postfix/smtpd`, `amavis`; without pid and colon */
	struct slice text; /* MSG: without the blank(s) behind the tag, without BOM, without a CR at the end */
};

/* Per stream: the clock, and the last envelope, kept since the next line is mostly alike. Plain data. */
struct syslog_frame {
	struct stamp_clock clock;
};

void syslog_init(struct syslog_frame *f, int first_year);

/*
 * One line without its newline. Always fills *out (form LINE_ODD if nothing
 * fits); slices point into `in`. Never fails, allocates or reads beyond `in`.
 * Works in time linear in in.n, and for ordinary lines looks at the head only.
 */
void syslog_parse(struct syslog_frame *f, struct slice in, struct line *out);

/*
 * Where in l->text a second line seems to begin without a newline before it
 * (I32): a stamp, a blank and the same host once more. -1: nowhere. Reads all
 * of the text, so it is for lines that matter or were not understood. A
 * stranger can write such a text into a Subject: what is found spoils a line,
 * it never proves a second one.
 */
ptrdiff_t syslog_glued(const struct line *l);

#endif
