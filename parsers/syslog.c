#include "syslog.h"

#include "stamp_i.h"
#include "vector.h"

/* Kept out of the way of ordinary lines, whose function would else spill its registers for them. */
#define APART __attribute__((noinline))

/* A host name or tag as long as this is none. */
#define WORD_MAX 256
/* Where rsyslog's forward templates cut the tag (1.4), and its repeat markers the text (1.6). */
#define TAG_CUT 32
#define INNER_CUT 800
/* Room for `[1234567]: `. */
#define PLAIN_PID 11

static const struct slice banners[] = {
    SLICE("-- Logs begin at "), SLICE("-- Journal begins at "), SLICE("-- Boot "),
    SLICE("-- Reboot --"),      SLICE("-- No entries --"),      SLICE("Hint: "),
};

/* How syslog daemons own up to lost lines: beginning of the tag, words, where the number stands. */
static const struct loss_words {
	struct slice tag, words;
	enum { LOSS_UNTOLD, LOSS_BEFORE, LOSS_BEHIND } number;
} loss_words[] = {
    {SLICE("rsyslogd"), SLICE(" messages lost due to rate-limiting"), LOSS_BEFORE},
    {SLICE("rsyslogd"), SLICE("begin to drop messages"), LOSS_UNTOLD},
    {SLICE("rsyslogd"), SLICE("begins to drop messages"), LOSS_UNTOLD},
    {SLICE("rsyslogd"), SLICE("imuxsock lost "), LOSS_BEHIND},
    {SLICE("imuxsock"), SLICE(" messages lost due to rate-limiting"), LOSS_BEFORE},
    {SLICE("imuxsock"), SLICE("begin to drop messages"), LOSS_UNTOLD},
    {SLICE("imjournal"), SLICE(" messages lost due to rate-limiting"), LOSS_BEFORE},
    {SLICE("imjournal"), SLICE("begin to drop messages"), LOSS_UNTOLD},
    {SLICE("systemd-journal"), SLICE("Suppressed "), LOSS_BEHIND},
    {SLICE("journal"), SLICE("Suppressed "), LOSS_BEHIND},
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct slice blanks_skip(struct slice in)
{
	while (in.n && in.p[0] == ' ')
		in = slice_from(in, 1);
	return in;
}

/* Takes a word and the one blank behind it. False if there is none, or it is too long to be one. */
static inline bool word_take(struct slice *in, struct slice *word)
{
	size_t n = vector_find(*in, ' ');

	if (n == 0 || n >= WORD_MAX)
		return false;
	*word = slice_of(in->p, n);
	n += n < in->n;
	*in = slice_of(in->p + n, in->n - n);
	return true;
}

static uint32_t number_or_0(struct slice digits)
{
	uint64_t v;

	return slice_number(&digits, UINT32_MAX, &v) && digits.n == 0 ? (uint32_t)v : 0;
}

/* `NAME[PID` without an end: cut at 32 characters, or the line itself ends here. */
static bool tag_cut(struct slice word, struct line *out)
{
	ptrdiff_t open = slice_rchr(word, '[');
	size_t i = (size_t)open + 1;

	if (open < 0 && word.n != TAG_CUT)
		return false;
	out->tag = word;
	if (open >= 0) {
		while (i < word.n && digit(word.p[i]))
			i++;
		if (open == 0 || i < word.n || (i == (size_t)open + 1 && word.n != TAG_CUT))
			return false;
		out->tag = slice_head(word, (size_t)open);
		out->pid = number_or_0(slice_from(word, (size_t)open + 1));
	}
	out->flags |= LINE_PID_DOUBTFUL;
	return true;
}

/* `NAME:` and tags that were cut. */
APART static bool tag_without_end(struct slice tag, bool colon, struct line *out)
{
	out->tag = tag;
	return colon || tag_cut(tag, out);
}

/* `NAME[anything]`, with the pid if that is a number. */
APART static bool tag_short(struct slice tag, struct line *out)
{
	ptrdiff_t open = slice_rchr(tag, '[');

	out->tag = tag;
	out->pid = 0;
	if (open >= 0) {
		out->tag.n = (size_t)open;
		out->pid = number_or_0(slice_of(tag.p + open + 1, tag.n - (size_t)open - 2));
	}
	return out->tag.n > 0;
}

/* `NAME[PID]:`, `NAME[PID]`, `NAME:`. Read from the right, where the pid is. */
static inline bool tag_split(struct slice word, struct line *out)
{
	bool colon = word.p[word.n - 1] == ':';
	struct slice tag = slice_of(word.p, word.n - colon);
	const char *end = tag.p + tag.n;
	uint64_t last, odd;
	size_t spare;

	if (tag.n == 0)
		return false;
	if (end[-1] != ']')
		return tag_without_end(tag, colon, out);
	if (tag.n < 10)
		return tag_short(tag, out);
	/* The eight bytes before `]` hold `[` and, above it, one to seven digits. */
	last = slice_word(end - 9);
	odd = slice_word_odd(last);
	if (odd == 0 || odd >> 63)
		return tag_short(tag, out);
	spare = 8 - (size_t)__builtin_clzll(odd) / 8;
	out->tag = slice_of(tag.p, tag.n - 10 + spare);
	out->pid = slice_word_number(last >> spare * 8 << spare * 8);
	return out->tag.p[out->tag.n] == '[' || tag_short(tag, out);
}

/* `message repeated 3 times`, which stands in both markers. */
static bool repeat_scan(struct slice *in, uint32_t *times)
{
	struct slice rest = *in;
	uint64_t n;

	if (!slice_skip(&rest, SLICE("message repeated ")) || !slice_number(&rest, UINT32_MAX, &n) || n == 0)
		return false;
	if (!slice_skip(&rest, SLICE(" times")) && !slice_skip(&rest, SLICE(" time")))
		return false;
	*times = (uint32_t)n;
	*in = rest;
	return true;
}

APART static bool last_repeated(struct slice in, struct line *out)
{
	if (!slice_skip(&in, SLICE("last ")) || !repeat_scan(&in, &out->repeated))
		return false;
	out->form = LINE_LAST_REPEATED;
	out->tag = out->text = SLICE_NONE;
	out->pid = 0;
	return true;
}

static void inner_take(struct line *out)
{
	struct slice in = out->text;

	if (!repeat_scan(&in, &out->repeated))
		return;
	if (!slice_skip(&in, SLICE(": ["))) {
		out->repeated = 0;
		return;
	}
	out->form = LINE_REPEATED;
	/* The writer closes the bracket behind a cut text too; only the length tells. */
	if (!slice_ends(in, SLICE("]")) || in.n - 1 >= INNER_CUT)
		out->flags |= LINE_INNER_CUT;
	if (slice_ends(in, SLICE("]")))
		in.n--;
	out->text = blanks_skip(in);
}

static uint32_t loss_number(const struct loss_words *row, struct slice text, size_t at)
{
	size_t end = row->number == LOSS_BEHIND ? at + row->words.n : at, start = end;

	if (row->number == LOSS_UNTOLD)
		return 0;
	if (row->number == LOSS_BEFORE)
		while (start > 0 && digit(text.p[start - 1]))
			start--;
	else
		while (end < text.n && digit(text.p[end]))
			end++;
	return number_or_0(slice_of(text.p + start, end - start));
}

static void loss_find(struct line *out)
{
	for (size_t i = 0; i < sizeof(loss_words) / sizeof(loss_words[0]); i++) {
		const struct loss_words *row = &loss_words[i];
		ptrdiff_t at = slice_starts(out->tag, row->tag) ? slice_find(out->text, row->words) : -1;
		if (at >= 0) {
			out->form = LINE_LOSS;
			out->repeated = loss_number(row, out->text, (size_t)at);
			return;
		}
	}
}

APART static void marker_find(struct line *out)
{
	if (out->text.p[0] == 'm')
		inner_take(out);
	else if (slice_eq(out->tag, SLICE("syslogd")))
		last_repeated(out->text, out);
	loss_find(out);
}

/* The envelope is read; `text` may still be a marker instead of a program's words. */
static inline void text_take(struct slice text, struct slice tag, struct line *out)
{
	text = blanks_skip(text);
	out->text = text;
	/* Nothing of Postfix's own reports a loss, and nearly every line is Postfix's. */
	if (text.n && (text.p[0] == 'm' || tag.n == 0 || tag.p[0] != 'p'))
		marker_find(out);
}

/*
 * `2026-03-05T06:08:09.1Z stdout F `, or docker's without the two words: what
 * follows is a line with a stamp of its own, which gives way to the outer one.
 */
APART static struct slice inner_stamp_skip(struct slice in)
{
	struct slice rest = in;
	size_t inner;

	if (slice_skip(&rest, SLICE("stdout ")) || slice_skip(&rest, SLICE("stderr ")))
		rest = slice_from(rest, rest.n > 1 && rest.p[1] == ' ' ? 2 : 0);
	inner = stamp_length(rest);
	return inner ? slice_from(rest, inner + 1) : in;
}

/* A second stamp of either kind or docker's word, told from a host by a few of its bytes: `mx1 postfix` is none. */
static inline bool container_likely(struct slice in)
{
	return in.n > 9 && ((in.p[3] == ' ' && (in.p[9] == ':' || in.p[8] == '-')) ||
	                    (in.p[4] == '-' && in.p[7] == '-') || (in.p[0] == 's' && in.p[6] == ' '));
}

static struct slice container_skip(struct slice in)
{
	return container_likely(in) ? inner_stamp_skip(in) : in;
}

/*
 * `HOST NAME[PID]: ` with a pid of one to seven digits, as nearly all lines go
 * on behind their stamp. Returns its length without the last two bytes; 0 for
 * all else: then see program_scan.
 */
static inline size_t plain_scan(struct slice in, struct line *out)
{
	size_t n = vector_find(in, ' ');
	const char *start = in.p;
	uint64_t digits, odd;

	/* A second stamp of few bytes has blanks, and one stands where the tag's bracket should. */
	if (n == 0 || n >= WORD_MAX || n == in.n || (n >= VECTOR_BYTES && container_likely(in)))
		return 0;
	out->host = slice_of(in.p, n);
	in = slice_of(in.p + n + 1, in.n - n - 1);
	n = vector_find_either(in, ' ', '[');
	if (n == 0 || n + PLAIN_PID > in.n || n >= WORD_MAX - PLAIN_PID || in.p[n] != '[')
		return 0;
	digits = slice_word(in.p + n + 1);
	odd = slice_word_odd(digits);
	if (odd == 0 || odd & 0x80)
		return 0;
	out->tag = slice_of(in.p, n);
	unsigned pid_bits = (unsigned)__builtin_ctzll(odd) - 7;
	out->pid = slice_word_number(digits << (64 - pid_bits));
	n += 1 + pid_bits / 8;
	return memcmp(in.p + n, "]: ", 3) == 0 ? (size_t)(in.p + n + 1 - start) : 0;
}

/* A log has a few hundred processes at a time: remember what stands before their texts, up to the colon. */
#define HEAD_BITS 8
#define HEAD_TEXT 56

struct head {
	uint32_t pid;
	uint8_t n, host_n, tag_at, tag_n; /* n is 0, or a vector's bytes at least */
	char text[HEAD_TEXT];
};

static _Thread_local struct head heads[1 << HEAD_BITS];

/* The bytes before the colon have the pid. */
static inline struct head *head_slot(struct slice in, size_t n)
{
	return &heads[slice_word(in.p + n - 8) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - HEAD_BITS)];
}

/* What plain_scan says is remembered. */
static size_t head_scan(struct slice in, struct line *out)
{
	size_t n = plain_scan(in, out);

	if (n >= VECTOR_BYTES && n <= HEAD_TEXT) {
		struct head *h = head_slot(in, n);
		h->pid = out->pid;
		h->n = (uint8_t)n;
		h->host_n = (uint8_t)out->host.n;
		h->tag_at = (uint8_t)(out->tag.p - in.p);
		h->tag_n = (uint8_t)out->tag.n;
		memcpy(h->text, in.p, n);
	}
	return n;
}

/* The head that in begins with, if it is remembered; its colon is looked for where it mostly stands. */
static inline const struct head *head_again(struct slice in)
{
	if (in.n < 2 * VECTOR_BYTES)
		return NULL;
	size_t n = VECTOR_BYTES + vector_find(slice_of(in.p + VECTOR_BYTES, in.n - VECTOR_BYTES), ':');
	if (n + 1 >= in.n || in.p[n + 1] != ' ')
		return NULL;
	const struct head *h = head_slot(in, n);
	return h->n == n && vector_same(in.p, h->text, n) ? h : NULL;
}

/* What follows a stamp of the old kind. */
static bool program_scan(struct slice in, struct line *out)
{
	struct slice word, behind;

	if (!word_take(&in, &out->host))
		return false;
	behind = in;
	if (!word_take(&behind, &word))
		return false;
	if (!tag_split(word, out))
		return last_repeated(in, out);
	text_take(behind, out->tag, out);
	return true;
}

static bool legacy_scan(struct syslog_frame *f, struct slice in, struct line *out)
{
	size_t used;

	return stamp_scan(&f->clock, in, &out->stamp, &used) &&
	       program_scan(container_skip(slice_from(in, used + 1)), out);
}

/* Steps over one `[id name="value" ...]`; `]` alone does not end it inside quotes. */
static bool element_skip(struct slice *in)
{
	bool quoted = false;

	for (size_t i = 1; i < in->n; i++) {
		char c = in->p[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == ']' && !quoted) {
			*in = slice_from(*in, i + 1);
			return true;
		}
	}
	return false;
}

static bool structured_skip(struct slice *in)
{
	if (!slice_skip(in, SLICE("-"))) {
		if (in->n == 0 || in->p[0] != '[')
			return false;
		while (in->n && in->p[0] == '[')
			if (!element_skip(in))
				return false;
	}
	return in->n == 0 || in->p[0] == ' ';
}

static struct slice nil_or(struct slice word)
{
	return slice_eq(word, SLICE("-")) ? SLICE_NONE : word;
}

/* RFC 5424, behind `<PRI>1 `. */
APART static bool protocol_scan(struct syslog_frame *f, struct slice in, struct line *out)
{
	struct slice procid, msgid;
	size_t used = 1;

	if (slice_starts(in, SLICE("- ")))
		out->stamp = (struct stamp){.us = f->clock.last_us, .flags = STAMP_BAD};
	else if (!stamp_scan(&f->clock, in, &out->stamp, &used))
		return false;
	in = slice_from(in, used + 1);
	if (!word_take(&in, &out->host) || !word_take(&in, &out->tag) || !word_take(&in, &procid) ||
	    !word_take(&in, &msgid) || !structured_skip(&in))
		return false;
	out->host = nil_or(out->host);
	out->tag = nil_or(out->tag);
	out->pid = number_or_0(procid);
	in = blanks_skip(in);
	slice_skip(&in, SLICE("\xEF\xBB\xBF"));
	text_take(in, out->tag, out);
	return true;
}

/* `<22>`, perhaps with an octet count in front, as a capture of the wire has it. */
APART static bool pri_skip(struct slice *in)
{
	struct slice rest = *in;
	uint64_t n;

	if (slice_number(&rest, 99999999, &n) && !slice_skip(&rest, SLICE(" ")))
		return false;
	if (!slice_skip(&rest, SLICE("<")) || !slice_number(&rest, 191, &n) || !slice_skip(&rest, SLICE(">")))
		return false;
	*in = rest;
	return true;
}

static bool envelope_scan(struct syslog_frame *f, struct slice in, struct line *out)
{
	if (in.n < 5)
		return false;
	if ((in.p[0] == '<' || (digit(in.p[0]) && in.p[4] != '-')) && pri_skip(&in) && slice_skip(&in, SLICE("1 ")))
		return protocol_scan(f, in, out);
	return legacy_scan(f, in, out);
}

static enum line_form odd_form(struct slice in)
{
	for (size_t i = 0; i < sizeof(banners) / sizeof(banners[0]); i++)
		if (slice_starts(in, banners[i]))
			return LINE_BANNER;
	return LINE_ODD;
}

/* Field by field: for the whole struct gcc takes a slow string instruction. */
static inline void line_clear(struct line *out, uint8_t flags)
{
	out->form = LINE_LOG;
	out->stamp.us = STAMP_NONE;
	out->stamp.digits = 0;
	out->stamp.flags = 0;
	out->host = SLICE_NONE;
	out->tag = SLICE_NONE;
	out->text = SLICE_NONE;
	out->pid = 0;
	out->repeated = 0;
	out->flags = flags;
}

void syslog_init(struct syslog_frame *f, int first_year)
{
	stamp_clock_init(&f->clock, first_year);
}

/* Any line: what it says of the time counts only if the rest is well, too. */
APART static void line_scan(struct syslog_frame *f, struct slice in, uint8_t damage, struct line *out)
{
	/* A piece of text that happens to begin with a date must not set the year of what follows. */
	struct stamp_clock before = f->clock;

	line_clear(out, damage);
	if (envelope_scan(f, in, out))
		return;
	f->clock = before;
	line_clear(out, damage);
	out->form = odd_form(in);
	out->text = in;
}

/* Any line, without the CR behind it and NULs in front. */
static void line_other(struct syslog_frame *f, struct slice in, struct line *out)
{
	uint8_t damage = 0;

	while (in.n && in.p[in.n - 1] == '\r')
		in.n--;
	while (in.n && in.p[0] == '\0') {
		in = slice_from(in, 1);
		damage = LINE_DAMAGED;
	}
	line_scan(f, in, damage, out);
}

static inline void line_begin(struct line *out)
{
	out->form = LINE_LOG;
	out->repeated = 0;
	out->flags = 0;
}

/* A line of the minute of the one before, from a host and a process; or any other. */
APART static void line_next(struct syslog_frame *f, struct slice in, struct line *out)
{
	size_t used = in.n && in.p[in.n - 1] != '\r' ? stamp_again(&f->clock, in, &out->stamp) : 0;
	struct slice rest = slice_from(in, used + 1);
	size_t head = used ? head_scan(rest, out) : 0;

	if (head == 0) {
		line_other(f, in, out);
		return;
	}
	line_begin(out);
	f->clock.last_us = out->stamp.us;
	text_take(slice_from(rest, head + 2), out->tag, out);
}

void syslog_parse(struct syslog_frame *f, struct slice in, struct line *out)
{
	/* Whatever is not as nearly every line is done elsewhere, lest it cost these their registers. */
	size_t used = in.n && in.p[in.n - 1] != '\r' ? stamp_near(&f->clock, in, &out->stamp) : 0;
	struct slice rest = slice_of(in.p + used + 1, in.n - used - 1);
	const struct head *head = used ? head_again(rest) : NULL;

	if (!head) {
		line_next(f, in, out);
		return;
	}
	line_begin(out);
	f->clock.last_us = out->stamp.us;
	out->host = slice_of(rest.p, head->host_n);
	out->tag = slice_of(rest.p + head->tag_at, head->tag_n);
	out->pid = head->pid;
	text_take(slice_of(rest.p + head->n + 2, rest.n - head->n - 2), out->tag, out);
}

/* Does a stamp end at `end` of text? Where it begins, or -1. */
static ptrdiff_t stamp_before(struct slice text, size_t end)
{
	for (size_t n = end < 40 ? end : 40; n >= 15; n--) {
		struct slice stamp = slice_of(text.p + end - n, n);
		bool number = digit(stamp.p[0]) && stamp.p[4] != '-';
		if (!number && stamp_length(stamp) == n)
			return (ptrdiff_t)(end - n);
	}
	return -1;
}

ptrdiff_t syslog_glued(const struct line *l)
{
	struct slice text = l->text, rest = text, again;
	ptrdiff_t at, start;

	if (l->host.n == 0)
		return -1;
	/* The host with the blank behind it, as it stands in the line's own head; of blanks there are too many. */
	again = slice_of(l->host.p, l->host.n + 1);
	for (; (at = slice_find(rest, again)) >= 0; rest = slice_from(rest, (size_t)at + 1)) {
		size_t host = (size_t)(rest.p - text.p) + (size_t)at;
		if (host > 0 && text.p[host - 1] == ' ' && (start = stamp_before(text, host - 1)) >= 0)
			return start;
	}
	return -1;
}
