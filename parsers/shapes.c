#include "shapes_i.h"
#include "vector.h"

#include <stdlib.h>

/*
 * Each daemon's rows are sorted into lists by the first byte that can tell them
 * apart, so that a line is compared with one or two rows only.
 */

#define ROWS_MAX 1280
#define POOL_MAX 8192
#define BUCKETS 128

/* How the text of a line begins decides which of a daemon's three sets of lists is asked. */
enum head { HEAD_PLAIN, HEAD_QUEUE_ID, HEAD_NOQUEUE, HEAD_COUNT };

/*
 * The word is compared before anything else: most rows that are tried differ
 * there. Beside it stands what else the finder asks of a row. A list ends with
 * a candidate of no row, whose word is like any text.
 */
struct candidate {
	struct word word;
	const struct compiled *row;
	uint16_t shape;
	uint8_t kind, daemon, tail, word_n;
};

/* Where in the pool the list of a text begins. */
typedef uint16_t lists[HEAD_COUNT][BUCKETS];

static struct {
	struct compiled row[ROWS_MAX];
	int rows;
	lists list[DAEMON_COUNT];
	struct candidate pool[POOL_MAX];
	size_t pool_n;
	int foreign; /* the row of programs that nobody knows */
} shapes;

/* ------------------------------------------------------------------ daemons */

struct daemon_name {
	const char *name;
	enum record_daemon daemon;
};

/* Last component of `postfix/.../NAME`. */
static const struct daemon_name postfix_names[] = {
    {"smtpd", DAEMON_SMTPD},
    {"cleanup", DAEMON_CLEANUP},
    {"qmgr", DAEMON_QMGR},
    {"oqmgr", DAEMON_QMGR},
    {"nqmgr", DAEMON_QMGR},
    {"smtp", DAEMON_AGENT},
    {"lmtp", DAEMON_AGENT},
    {"local", DAEMON_AGENT},
    {"virtual", DAEMON_AGENT},
    {"pipe", DAEMON_AGENT},
    {"error", DAEMON_AGENT},
    {"retry", DAEMON_AGENT},
    {"relay", DAEMON_AGENT},
    {"discard", DAEMON_DISCARD},
    {"pickup", DAEMON_PICKUP},
    {"bounce", DAEMON_BOUNCE},
    {"defer", DAEMON_BOUNCE},
    {"trace", DAEMON_BOUNCE},
    {"postscreen", DAEMON_POSTSCREEN},
    {"dnsblog", DAEMON_DNSBLOG},
    {"postsuper", DAEMON_POSTSUPER},
    {"master", DAEMON_MASTER},
    {"qmqpd", DAEMON_QMQPD},
    {"anvil", DAEMON_HELPER},
    {"scache", DAEMON_HELPER},
    {"tlsmgr", DAEMON_HELPER},
    {"tlsproxy", DAEMON_HELPER},
    {"verify", DAEMON_HELPER},
    {"proxymap", DAEMON_HELPER},
    {"proxywrite", DAEMON_HELPER},
    {"trivial-rewrite", DAEMON_HELPER},
    {"rewrite", DAEMON_HELPER},
    {"flush", DAEMON_HELPER},
    {"showq", DAEMON_HELPER},
    {"spawn", DAEMON_HELPER},
    {"postfix-script", DAEMON_HELPER},
    {"postlog", DAEMON_HELPER},
    {"postlogd", DAEMON_HELPER},
    {"sendmail", DAEMON_HELPER},
    {"postdrop", DAEMON_HELPER},
    {"postqueue", DAEMON_HELPER},
    {"postmap", DAEMON_HELPER},
    {"postalias", DAEMON_HELPER},
    {"postconf", DAEMON_HELPER},
    {"postcat", DAEMON_HELPER},
    {"postkick", DAEMON_HELPER},
    {"postlock", DAEMON_HELPER},
    {"postmulti", DAEMON_HELPER},
    {"posttls-finger", DAEMON_HELPER},
    {"postfix", DAEMON_HELPER},
};

/* Whole tags, or the first component. */
static const struct daemon_name program_names[] = {
    {"amavis", DAEMON_AMAVIS},           {"amavisd", DAEMON_AMAVIS},
    {"rspamd", DAEMON_RSPAMD},           {"postgrey", DAEMON_POSTGREY},
    {"policyd-spf", DAEMON_SPF},         {"opendkim", DAEMON_OPENDKIM},
    {"opendmarc", DAEMON_OPENDMARC},     {"spamd", DAEMON_SPAMD},
    {"dovecot", DAEMON_DOVECOT},         {"rsyslogd", DAEMON_SYSLOG},
    {"systemd-journald", DAEMON_SYSLOG}, {"journal", DAEMON_SYSLOG},
    {"syslog-ng", DAEMON_SYSLOG},        {"syslogd", DAEMON_SYSLOG},
    {"imjournal", DAEMON_SYSLOG},        {"imuxsock", DAEMON_SYSLOG},
    {"kernel", DAEMON_SYSLOG},
};

static enum record_daemon daemon_find(const struct daemon_name *names, size_t n, struct slice s)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(slice_str(names[i].name), s))
			return names[i].daemon;
	return DAEMON_NONE;
}

#define DAEMON_FIND(names, s) daemon_find(names, sizeof(names) / sizeof *(names), s)

static enum record_daemon daemon_of_tag(struct slice tag)
{
	ptrdiff_t slash = slice_rchr(tag, '/');
	enum record_daemon d = DAEMON_FIND(program_names, tag);

	if (d != DAEMON_NONE || tag.n == 0)
		return d;
	if (slash < 0) /* APP-NAME was cut at the slash, or a program that we do not know: the text may tell */
		return DAEMON_LOST;
	d = DAEMON_FIND(postfix_names, slice_from(tag, (size_t)slash + 1));
	if (d == DAEMON_NONE)
		d = DAEMON_FIND(program_names, slice_head(tag, (size_t)slice_chr(tag, '/')));
	return d;
}

/* A log names a few dozen tags, millions of times: remember what each was. */
#define TAG_BITS 7
#define TAG_TEXT 46

struct tag_slot {
	uint64_t first, last; /* words of the text, which are all of a short one */
	uint8_t n, daemon;
	char text[TAG_TEXT];
};

static _Thread_local struct tag_slot tag_slots[1 << TAG_BITS];

static inline enum record_daemon daemon_cached(struct slice tag)
{
	if (tag.n == 0 || tag.n > TAG_TEXT)
		return daemon_of_tag(tag);
	uint64_t first = tag.n < 8 ? slice_word_short(tag.p, tag.n) : slice_word(tag.p);
	/* these tell daemons apart, the length their services */
	uint64_t last = tag.n < 8 ? first : slice_word(tag.p + tag.n - 8);
	struct tag_slot *slot = &tag_slots[(last + tag.n) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - TAG_BITS)];

	if (slot->n != tag.n || slot->last != last || slot->first != first ||
	    (tag.n > 16 && !slice_same(slot->text + 8, tag.p + 8, tag.n - 16))) {
		*slot = (struct tag_slot){first, last, (uint8_t)tag.n, (uint8_t)daemon_of_tag(tag), ""};
		memcpy(slot->text, tag.p, tag.n);
	}
	return slot->daemon;
}

/* -------------------------------------------------------------------- lists */

/* The byte that a line must have behind its head for this row, or -1 if many can stand there. */
static int row_first_byte(const struct compiled *c)
{
	return c->word_n ? c->word.bytes[0] : -1;
}

static bool row_in_head(const struct compiled *c, enum head head)
{
	switch (head) {
	case HEAD_QUEUE_ID: return c->has_id;
	case HEAD_NOQUEUE: return c->has_id && c->id_optional;
	default: return !c->has_id;
	}
}

/* A line whose daemon's name is lost is asked of all of Postfix. */
static bool row_of_daemon(const struct compiled *c, enum record_daemon d)
{
	if (d == DAEMON_LOST)
		return c->shape->daemon != DAEMON_NONE &&
		       (c->shape->daemon < DAEMON_AMAVIS || c->shape->daemon == DAEMON_LOST);
	return c->shape->daemon == d;
}

/* Rows of one daemon and head, in the table's order. */
struct few {
	const struct compiled *row[ROWS_MAX];
	int n;
};

static void rows_choose(struct few *of, enum record_daemon d, enum head head)
{
	of->n = 0;
	for (int i = 0; i < shapes.rows; i++)
		if (row_in_head(&shapes.row[i], head) && row_of_daemon(&shapes.row[i], d))
			of->row[of->n++] = &shapes.row[i];
}

static void candidate_add(const struct candidate *c)
{
	if (shapes.pool_n >= POOL_MAX)
		abort();
	shapes.pool[shapes.pool_n++] = *c;
}

static void candidate_add_row(const struct compiled *c)
{
	const struct candidate of_row = {
	    .word = c->word,
	    .row = c,
	    .shape = (uint16_t)(c - shapes.row),
	    .kind = (uint8_t)c->shape->kind,
	    .daemon = (uint8_t)c->shape->daemon,
	    .tail = (uint8_t)c->tail,
	    .word_n = c->word_n,
	};

	candidate_add(&of_row);
}

static void candidate_add_end(void)
{
	struct candidate end = {.tail = TAIL_TOKENS};

	memset(&end.word.free, 255, sizeof end.word.free);
	candidate_add(&end);
}

/* The rows of a bucket, and those that can stand behind many first bytes; of -1 these alone. */
static uint16_t list_build(const struct few *of, int bucket)
{
	size_t start = shapes.pool_n;

	for (int i = 0; i < of->n; i++) {
		int byte = row_first_byte(of->row[i]);
		if (byte < 0 || byte % BUCKETS == bucket)
			candidate_add_row(of->row[i]);
	}
	candidate_add_end();
	return (uint16_t)start;
}

static void lists_build(enum record_daemon d, enum head head)
{
	uint16_t *list = shapes.list[d][head], any;
	bool named[BUCKETS] = {false}; /* most are not */
	struct few of;

	rows_choose(&of, d, head);
	any = list_build(&of, -1);
	for (int i = 0; i < of.n; i++) {
		int byte = row_first_byte(of.row[i]);
		if (byte >= 0)
			named[byte % BUCKETS] = true;
	}
	for (int b = 0; b < BUCKETS; b++)
		list[b] = named[b] ? list_build(&of, b) : any;
}

static void rows_add(const struct shape *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (shapes.rows >= ROWS_MAX)
			abort();
		if (strcmp(rows[i].name, "foreign-program") == 0)
			shapes.foreign = shapes.rows;
		pattern_compile(&shapes.row[shapes.rows++], &rows[i]);
	}
}

void shapes_init(void)
{
	if (shapes.rows)
		return;
	pattern_init();
	rows_add(shapes_postfix, shapes_postfix_count);
	rows_add(shapes_companions, shapes_companions_count);
	rows_add(shapes_noise, shapes_noise_count);
	for (int d = 0; d < DAEMON_COUNT; d++)
		for (int h = 0; h < HEAD_COUNT; h++)
			lists_build((enum record_daemon)d, (enum head)h);
}

size_t shapes_count(void)
{
	return (size_t)shapes.rows;
}

const struct shape *shapes_row(int shape)
{
	return shape >= 0 && shape < shapes.rows ? shapes.row[shape].shape : NULL;
}

/* -------------------------------------------------------------------- lines */

static inline vector is_hex(vector v)
{
	return vector_in(v, '0', '9') | vector_in(v, 'A', 'F');
}

/* Most texts without an id end here: words have vowels, which no id of either kind has beside their consonants. */
static inline bool begins_like_id(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	return s.n > 2 && (pattern_classes[p[0]] & pattern_classes[p[1]] & pattern_classes[p[2]] &
	                   (CLASS_SHORT_ID | CLASS_LONG_ID));
}

/* Length of any id that s begins with, if a colon and a blank follow; else 0. */
__attribute__((noinline)) static size_t odd_id_span(struct slice s)
{
	struct slice id;

	return shapes_queue_id(&s, &id) && slice_starts(s, SLICE(": ")) ? id.n : 0;
}

static inline size_t id_span(struct slice s)
{
	if (s.n >= VECTOR_BYTES) { /* a short one is all told by one look */
		size_t n = vector_first(~vector_mask(is_hex(vector_load(s.p))));
		if (n >= 6 && n + 1 < VECTOR_BYTES && s.p[n] == ':' && s.p[n + 1] == ' ')
			return n;
	}
	return begins_like_id(s) ? odd_id_span(s) : 0;
}

/* Where a text's candidates begin; those before the first whose word fits are passed over. */
static inline const struct candidate *candidate_first(enum record_daemon daemon, enum head head, struct slice s)
{
	unsigned char byte = s.n ? (unsigned char)s.p[0] : 0;
	const struct candidate *c = &shapes.pool[shapes.list[daemon][head][byte % BUCKETS]];
	vector first = word_first(s);

	while (!word_fits(&c->word, first))
		c++;
	return c;
}

/* Is the text of the candidate's row, with whose word it begins? */
static inline bool candidate_fits(const struct candidate *c, struct slice s, struct record *r)
{
	if (c->tail == TAIL_TOKENS)
		return c->row && pattern_tokens(c->row, s, r);
	return c->tail == TAIL_ANYTHING || s.n == c->word_n;
}

static inline void candidate_take(const struct candidate *c, struct record *r)
{
	r->shape = c->shape;
	r->kind = (enum record_kind)c->kind;
	r->daemon = (enum record_daemon)c->daemon;
}

/* From a candidate on, which may be the end: is the record's body of one? */
static bool parse_on(const struct candidate *c, struct record *r)
{
	vector first = word_first(r->body);

	for (; c->row; c++)
		if (word_fits(&c->word, first) && candidate_fits(c, r->body, r)) {
			candidate_take(c, r);
			return true;
		}
	return false;
}

static inline bool is_of_program(const struct line *line)
{
	return line->form == LINE_LOG || line->form == LINE_REPEATED;
}

/* Whose rows a line of this daemon is compared with. */
static inline enum record_daemon rows_of(enum record_daemon daemon)
{
	return daemon == DAEMON_NONE ? DAEMON_LOST : daemon;
}

/* A program that Postfix does not know, and a text that does not look like Postfix's either. */
static bool foreign(struct slice tag, struct slice text)
{
	struct slice id;

	if (tag.n == 0 || slice_starts(tag, SLICE("postfix")) || slice_starts(text, SLICE("NOQUEUE")))
		return false;
	return !(shapes_queue_id(&text, &id) && slice_starts(text, SLICE(": ")));
}

/* A program's line whose text is not of the first candidate that it looks like. */
__attribute__((noinline)) static void parse_further(const struct candidate *c, struct record *r)
{
	const struct line *line = r->line;
	enum record_daemon daemon = daemon_cached(line->tag);

	if (parse_on(c + (c->row != NULL), r))
		return;
	if (r->body.p != line->text.p) { /* what it seems to begin with may be no id */
		r->queue_id = SLICE_NONE;
		r->body = line->text;
		if (parse_on(candidate_first(rows_of(daemon), HEAD_PLAIN, r->body), r))
			return;
	}
	r->kind = RECORD_OTHER;
	r->daemon = daemon;
	r->shape = -1;
	if (rows_of(daemon) == DAEMON_LOST && foreign(line->tag, line->text)) {
		r->kind = RECORD_NO_INTEREST;
		r->daemon = DAEMON_NONE;
		r->shape = shapes.foreign;
	}
}

/* A line of no program. */
__attribute__((noinline)) static void parse_form(struct record *r)
{
	static const enum record_kind of_form[] = {
	    [LINE_ODD] = RECORD_OTHER,
	    [LINE_LAST_REPEATED] = RECORD_REPEAT,
	    [LINE_LOSS] = RECORD_LOSS,
	    [LINE_BANNER] = RECORD_NO_INTEREST,
	};

	r->kind = of_form[r->line->form];
	r->daemon = DAEMON_NONE;
	r->queue_id = SLICE_NONE;
	r->body = r->line->text;
	r->shape = -1;
}

void shapes_parse(const struct line *line, struct record *r)
{
	enum head head = HEAD_PLAIN;
	struct slice s = line->text;

	r->line = line;
	r->ahead = NULL;
	r->fields = FIELDS_UNREAD;
	r->flags = 0;
	if (!is_of_program(line)) {
		parse_form(r);
		return;
	}
	r->queue_id = SLICE_NONE;
	if (slice_starts(s, SLICE("NOQUEUE: "))) {
		head = HEAD_NOQUEUE;
		s = slice_of(s.p + 9, s.n - 9);
	} else {
		size_t n = id_span(s);
		if (n) {
			head = HEAD_QUEUE_ID;
			r->queue_id = slice_of(s.p, n);
			s = slice_of(s.p + n + 2, s.n - n - 2);
		}
	}
	r->body = s;
	const struct candidate *c = candidate_first(rows_of(daemon_cached(line->tag)), head, s);
	if (candidate_fits(c, s, r))
		candidate_take(c, r);
	else
		parse_further(c, r);
}

/*
 * The action of one line and the addresses of the next are no mail's. Where
 * cleanup quotes a header, a stranger's Subject could say the same.
 */
static bool is_glued(const struct record *r)
{
	return r->kind == RECORD_ATTEMPT && r->daemon != DAEMON_CLEANUP && syslog_glued(r->line) >= 0;
}

bool shapes_fields(struct record *r)
{
	const struct compiled *c = r->shape >= 0 ? &shapes.row[r->shape] : NULL;
	bool (*read)(struct record *) = c ? c->shape->fields : NULL;

	if (r->fields == FIELDS_READ || r->fields == FIELDS_WRONG)
		return r->fields == FIELDS_READ;
	if (r->fields == FIELDS_FORGOTTEN && c && c->tail == TAIL_TOKENS)
		pattern_tokens(c, r->body, r);
	record_clear_rest(r);
	r->flags = 0;
	if (!read || !c->fills_client)
		record_clear_client(r);
	if (!read || !c->fills_sender)
		r->sender = SLICE_NONE;
	r->fields = FIELDS_READ;
	if (!read || (read(r) && !is_glued(r)))
		return true;
	record_clear(r);
	r->flags = 0;
	r->fields = FIELDS_WRONG;
	r->kind = RECORD_OTHER;
	r->queue_id = SLICE_NONE;
	return false;
}
