#include "shapes.h"

#include "attrs.h"

#include <stdlib.h>

/*
 * The engine: patterns become tokens, and each daemon's rows are sorted into
 * lists by the first byte that can tell them apart, so that a line is compared
 * with one or two rows only.
 */

#define ROWS_MAX 1280
#define TOKENS_MAX 8
#define POOL_MAX 65535
#define BUCKETS 128

enum token_type {
	TOKEN_LITERAL,
	TOKEN_QUEUE_ID,
	TOKEN_QUEUE_ID_OR_NONE,
	TOKEN_CLIENT,
	TOKEN_SCREEN_CLIENT,
	TOKEN_STAGE,
	TOKEN_DIGITS,
	TOKEN_WORD,
	TOKEN_ADDRESS,
	TOKEN_UNTIL,
	TOKEN_REST
};

struct token {
	enum token_type type;
	struct slice literal;
};

/*
 * A row's first literal, behind the queue id if it has one, is compared as a
 * word before anything else: most rows that are tried differ there.
 */
struct compiled {
	uint64_t word, mask; /* its first bytes, up to eight; mask 0: there is none */
	uint8_t word_n;
	bool has_id;
	int first; /* the token where matching goes on behind the word */
	int tokens;
	const struct shape *shape;
	struct token token[TOKENS_MAX];
};

/* How the text of a line begins decides which of a daemon's three sets of lists is asked. */
enum head { HEAD_PLAIN, HEAD_QUEUE_ID, HEAD_NOQUEUE, HEAD_COUNT };

struct list {
	uint16_t start, n;
};

static struct {
	struct compiled row[ROWS_MAX];
	int rows;
	struct list list[DAEMON_COUNT][HEAD_COUNT][BUCKETS];
	uint16_t pool[POOL_MAX];
	size_t pool_n;
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

/* A text of less than eight bytes as a word. */
static uint64_t short_word(struct slice s)
{
	uint64_t w = 0;

	for (size_t i = 0; i < s.n; i++)
		w |= (uint64_t)(unsigned char)s.p[i] << 8 * i;
	return w;
}

/* A log names a few dozen tags, millions of times: remember what each was. */
#define TAG_SLOTS 1024
#define TAG_TEXT 46

struct tag_slot {
	uint8_t n, daemon;
	char text[TAG_TEXT];
};

static struct tag_slot tag_slots[TAG_SLOTS];

static enum record_daemon daemon_cached(struct slice tag)
{
	if (tag.n == 0 || tag.n > TAG_TEXT)
		return daemon_of_tag(tag);
	/* the last bytes tell daemons apart, the length their services */
	uint64_t ends = tag.n < 8 ? short_word(tag) : slice_word(tag.p + tag.n - 8);
	uint64_t h = (ends + tag.n) * UINT64_C(0x9e3779b97f4a7c15) >> 54;
	struct tag_slot *slot = &tag_slots[h % TAG_SLOTS];

	if (slot->n != tag.n || !slice_same(slot->text, tag.p, tag.n)) {
		slot->daemon = (uint8_t)daemon_of_tag(tag);
		slot->n = (uint8_t)tag.n;
		memcpy(slot->text, tag.p, tag.n);
	}
	return slot->daemon;
}

/* ----------------------------------------------------------------- scanners */

enum { CLASS_SHORT_ID = 1, CLASS_LONG_ID = 2, CLASS_HOST = 4, CLASS_ADDRESS = 8 };

static uint8_t classes[256];

static void classes_fill(const char *bytes, uint8_t bits)
{
	for (; *bytes; bytes++)
		classes[(unsigned char)*bytes] |= bits;
}

static void classes_init(void)
{
	classes_fill("0123456789ABCDEF", CLASS_SHORT_ID);
	classes_fill("0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz", CLASS_LONG_ID);
	classes_fill("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_", CLASS_HOST);
	classes_fill("0123456789abcdefABCDEF.:", CLASS_ADDRESS);
	classes_fill("unkow", CLASS_ADDRESS); /* unknown[unknown]: the peer vanished */
}

/* How many bytes of this class s begins with. */
static inline size_t span(struct slice s, uint8_t class)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i + 4 <= s.n && (classes[p[i]] & classes[p[i + 1]] & classes[p[i + 2]] & classes[p[i + 3]] & class))
		i += 4;
	while (i < s.n && (classes[p[i]] & class))
		i++;
	return i;
}

/* mail_queue.h: a short id is five hex digits and an inode, a long one at least twelve of 52 letters. */
bool shapes_queue_id(struct slice *s, struct slice *id)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t n = 0, most = s->n < 64 ? s->n : 64;
	unsigned all = CLASS_SHORT_ID | CLASS_LONG_ID, next;

	for (; n < most && (next = all & classes[p[n]]); n++)
		all = next;
	if (!((all & CLASS_SHORT_ID) && n >= 6) && !((all & CLASS_LONG_ID) && n >= 12))
		return false;
	*id = slice_of(s->p, n);
	*s = slice_of(s->p + n, s->n - n);
	return true;
}

static size_t digits_span(struct slice s)
{
	const char *p = s.p;
	size_t i = 0;

	while (i < s.n && p[i] >= '0' && p[i] <= '9')
		i++;
	return i;
}

static bool scan_port(struct slice *s, struct slice *port)
{
	size_t n = digits_span(*s);

	if (n == 0 && slice_starts(*s, SLICE("unknown")))
		n = 7;
	*port = slice_head(*s, n);
	*s = slice_from(*s, n);
	return n > 0;
}

/* `[ADDR]`, then `:PORT` if there is one. */
static inline bool scan_address(struct slice *s, struct slice *ip, struct slice *port)
{
	struct slice t = *s;

	if (!slice_skip(&t, SLICE("[")))
		return false;
	size_t n = span(t, CLASS_ADDRESS);
	if (n == 0 || n >= t.n || t.p[n] != ']')
		return false;
	*ip = slice_of(t.p, n);
	t = slice_of(t.p + n + 1, t.n - n - 1);
	*port = SLICE_NONE;
	if (t.n > 1 && t.p[0] == ':' && t.p[1] != ' ') {
		t = slice_from(t, 1);
		if (!scan_port(&t, port))
			return false;
	}
	*s = t;
	return true;
}

bool shapes_client(struct slice *s, struct slice *name, struct slice *ip, struct slice *port)
{
	struct slice t = *s;
	size_t n = span(t, CLASS_HOST);

	if (n == 0)
		return false;
	*name = slice_of(t.p, n);
	t = slice_of(t.p + n, t.n - n);
	if (!scan_address(&t, ip, port))
		return false;
	*s = t;
	return true;
}

/* state->where of smtpd; the two-word ones first (grammar 2.5, 2.7). */
static const struct slice stages[] = {
    SLICE("DATA content"), SLICE("BDAT content"), SLICE("RCPT"),     SLICE("END-OF-MESSAGE"), SLICE("MAIL"),
    SLICE("DATA"),         SLICE("CONNECT"),      SLICE("EHLO"),     SLICE("HELO"),           SLICE("BDAT"),
    SLICE("VRFY"),         SLICE("ETRN"),         SLICE("STARTTLS"), SLICE("AUTH"),           SLICE("RSET"),
    SLICE("NOOP"),         SLICE("QUIT"),         SLICE("HELP"),     SLICE("XCLIENT"),        SLICE("XFORWARD"),
    SLICE("UNKNOWN"),      SLICE("EXPN"),         SLICE("connect"),
};

static bool scan_stage(struct slice *s)
{
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (slice_skip(s, stages[i]))
			return true;
	return false;
}

static bool scan_digits(struct slice *s)
{
	size_t n = digits_span(*s);

	*s = slice_from(*s, n);
	return n > 0;
}

static bool scan_word(struct slice *s)
{
	ptrdiff_t blank = slice_chr(*s, ' ');
	size_t n = blank < 0 ? s->n : (size_t)blank;

	*s = slice_from(*s, n);
	return n > 0;
}

/* ------------------------------------------------------------------ patterns */

/* slice_skip for lengths that the compiler does not know. */
static inline bool match_literal(struct slice *s, struct slice literal)
{
	if (s->n < literal.n || !slice_same(s->p, literal.p, literal.n))
		return false;
	*s = slice_from(*s, literal.n);
	return true;
}

static bool match_until(struct slice *s, struct slice literal)
{
	ptrdiff_t at = slice_find(*s, literal);

	if (at < 0)
		return false;
	*s = slice_from(*s, (size_t)at + literal.n);
	return true;
}

/* External form; else as in `%~`, but for the bracket that closes what a bracket has opened. */
static bool match_address(struct slice *s, struct slice literal)
{
	bool bracket = slice_starts(*s, SLICE("<"));
	struct slice t = *s, address;

	if (attrs_address(&t, &address) && match_literal(&t, literal)) {
		*s = t;
		return true;
	}
	while (match_until(s, literal))
		if (!bracket || s->p[-(ptrdiff_t)literal.n - 1] == '>')
			return true;
	return false;
}

static bool match_token(const struct token *t, struct slice *s)
{
	struct slice a, b, c;

	switch (t->type) {
	case TOKEN_LITERAL: return match_literal(s, t->literal);
	case TOKEN_QUEUE_ID: return shapes_queue_id(s, &a);
	case TOKEN_QUEUE_ID_OR_NONE: return slice_skip(s, SLICE("NOQUEUE")) || shapes_queue_id(s, &a);
	case TOKEN_CLIENT: return shapes_client(s, &a, &b, &c);
	case TOKEN_SCREEN_CLIENT: return scan_address(s, &a, &b);
	case TOKEN_STAGE: return scan_stage(s);
	case TOKEN_DIGITS: return scan_digits(s);
	case TOKEN_WORD: return scan_word(s);
	case TOKEN_ADDRESS: return match_address(s, t->literal);
	case TOKEN_UNTIL: return match_until(s, t->literal);
	case TOKEN_REST: s->n = 0; return true;
	}
	return false;
}

/* Of s, which begins behind the queue id and its colon, the first bytes are known to be the row's word. */
static bool match_row(const struct compiled *c, struct slice s)
{
	s = slice_from(s, c->word_n);
	for (const struct token *t = c->token + c->first, *end = c->token + c->tokens; t < end; t++)
		if (!match_token(t, &s))
			return false;
	return s.n == 0;
}

static const struct {
	char letter;
	enum token_type type;
} letters[] = {
    {'q', TOKEN_QUEUE_ID}, {'Q', TOKEN_QUEUE_ID_OR_NONE},
    {'c', TOKEN_CLIENT},   {'p', TOKEN_SCREEN_CLIENT},
    {'s', TOKEN_STAGE},    {'d', TOKEN_DIGITS},
    {'w', TOKEN_WORD},     {'a', TOKEN_ADDRESS},
    {'~', TOKEN_UNTIL},    {'*', TOKEN_REST},
};

static void compile_letter(struct compiled *c, char letter)
{
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].letter == letter) {
			c->token[c->tokens++].type = letters[i].type;
			return;
		}
	abort(); /* a mistake in our own table; the test of the table finds it first */
}

/* Takes the first k bytes off the literal where matching begins. */
static void literal_cut(struct compiled *c, size_t k)
{
	struct token *t = &c->token[c->first];

	t->literal = slice_from(t->literal, k);
	c->first += t->literal.n == 0;
}

/* What the lists and the word settle is no longer among the tokens to match. */
static void compile_head(struct compiled *c)
{
	enum token_type type = c->token[0].type;

	c->has_id = c->tokens > 1 && (type == TOKEN_QUEUE_ID || type == TOKEN_QUEUE_ID_OR_NONE) &&
	            slice_starts(c->token[1].literal, SLICE(": "));
	if (c->has_id) {
		c->first = 1;
		literal_cut(c, 2);
	}
	if (c->first >= c->tokens || c->token[c->first].type != TOKEN_LITERAL)
		return;
	struct slice head = slice_head(c->token[c->first].literal, 8);
	c->word_n = (uint8_t)head.n;
	c->word = head.n < 8 ? short_word(head) : slice_word(head.p);
	c->mask = UINT64_MAX >> (64 - 8 * head.n);
	literal_cut(c, head.n);
}

static void compile(struct compiled *c, const struct shape *shape)
{
	const char *p = shape->pattern;

	c->shape = shape;
	while (*p) {
		if (c->tokens >= TOKENS_MAX)
			abort();
		if (*p == '%') {
			compile_letter(c, p[1]);
			p += 2;
			continue;
		}
		struct slice literal = slice_of(p, strcspn(p, "%"));
		p += literal.n;
		enum token_type before = c->tokens ? c->token[c->tokens - 1].type : TOKEN_LITERAL;
		if (before == TOKEN_UNTIL || before == TOKEN_ADDRESS)
			c->token[c->tokens - 1].literal = literal;
		else
			c->token[c->tokens++] = (struct token){TOKEN_LITERAL, literal};
	}
	compile_head(c);
}

/* -------------------------------------------------------------------- lists */

/* The byte that a line must have behind its head for this row, or -1 if many can stand there. */
static int row_first_byte(const struct compiled *c)
{
	return c->mask ? (int)(c->word & 0xff) : -1;
}

static bool row_in_head(const struct compiled *c, enum head head)
{
	switch (head) {
	case HEAD_QUEUE_ID: return c->has_id;
	case HEAD_NOQUEUE: return c->has_id && c->token[0].type == TOKEN_QUEUE_ID_OR_NONE;
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

/* Rows that can stand behind many first bytes are in every list of their daemon, in the table's order. */
static void lists_build(enum record_daemon d, enum head head)
{
	struct list *list = shapes.list[d][head];
	uint16_t member[ROWS_MAX];
	int16_t first[ROWS_MAX];
	bool named[BUCKETS] = {false}, any = false; /* most lists are empty */
	int members = 0;

	for (int i = 0; i < shapes.rows; i++) {
		const struct compiled *c = &shapes.row[i];
		if (!row_of_daemon(c, d) || !row_in_head(c, head))
			continue;
		int byte = row_first_byte(c);
		first[members] = (int16_t)(byte < 0 ? -1 : byte % BUCKETS);
		any |= byte < 0;
		if (byte >= 0)
			named[byte % BUCKETS] = true;
		member[members++] = (uint16_t)i;
	}
	for (int b = 0; b < BUCKETS; b++) {
		list[b].start = (uint16_t)shapes.pool_n;
		for (int i = 0; i < members && (any || named[b]); i++) {
			if (first[i] >= 0 && first[i] != b)
				continue;
			if (shapes.pool_n >= POOL_MAX)
				abort();
			shapes.pool[shapes.pool_n++] = member[i];
		}
		list[b].n = (uint16_t)(shapes.pool_n - list[b].start);
	}
}

static void rows_add(const struct shape *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (shapes.rows >= ROWS_MAX)
			abort();
		compile(&shapes.row[shapes.rows++], &rows[i]);
	}
}

void shapes_init(void)
{
	if (shapes.rows)
		return;
	classes_init();
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

static bool try_list(struct record *r, enum head head, struct slice s)
{
	/* no literal has a NUL, so that a text shorter than a word has none that is longer */
	uint64_t word = s.n < 8 ? short_word(s) : slice_word(s.p);
	const struct list *l = &shapes.list[r->daemon][head][word % BUCKETS];

	for (int i = 0; i < l->n; i++) {
		int row = shapes.pool[l->start + i];
		const struct compiled *c = &shapes.row[row];
		if (((word ^ c->word) & c->mask) != 0 || !match_row(c, s))
			continue;
		r->shape = row;
		r->kind = c->shape->kind;
		r->daemon = c->shape->daemon;
		r->body = s;
		return true;
	}
	return false;
}

static bool classify(struct record *r, struct slice text)
{
	struct slice s = text, id;

	if (slice_starts(s, SLICE("NOQUEUE: "))) {
		if (try_list(r, HEAD_NOQUEUE, slice_from(s, 9)))
			return true;
	} else if (shapes_queue_id(&s, &id) && slice_skip(&s, SLICE(": "))) {
		r->queue_id = id;
		if (try_list(r, HEAD_QUEUE_ID, s))
			return true;
		r->queue_id = SLICE_NONE;
	}
	return try_list(r, HEAD_PLAIN, text);
}

/* A program that Postfix does not know, and a text that does not look like Postfix's either. */
static bool foreign(const struct record *r, struct slice text)
{
	struct slice id;

	if (r->line->tag.n == 0 || slice_starts(r->line->tag, SLICE("postfix")) || slice_starts(text, SLICE("NOQUEUE")))
		return false;
	return !(shapes_queue_id(&text, &id) && slice_starts(text, SLICE(": ")));
}

static int foreign_row(void)
{
	static int row = -1;

	for (int i = 0; row < 0 && i < shapes.rows; i++)
		if (strcmp(shapes.row[i].shape->name, "foreign-program") == 0)
			row = i;
	return row;
}

static void record_clear(struct record *r, const struct line *line)
{
	r->kind = RECORD_OTHER;
	r->line = line;
	r->queue_id = SLICE_NONE;
	r->body = line->text;
	r->shape = -1;
	r->fields = FIELDS_UNREAD;
	r->flags = 0;
}

void shapes_parse(const struct line *line, struct record *r)
{
	static const enum record_kind of_form[] = {
	    [LINE_ODD] = RECORD_OTHER,
	    [LINE_LAST_REPEATED] = RECORD_REPEAT,
	    [LINE_LOSS] = RECORD_LOSS,
	    [LINE_BANNER] = RECORD_NO_INTEREST,
	};

	record_clear(r, line);
	r->daemon = DAEMON_NONE;
	if (line->form != LINE_LOG && line->form != LINE_REPEATED) {
		r->kind = of_form[line->form];
		return;
	}
	enum record_daemon d = daemon_cached(line->tag);
	r->daemon = d == DAEMON_NONE ? DAEMON_LOST : d;
	if (classify(r, line->text))
		return;
	if (r->daemon == DAEMON_LOST && foreign(r, line->text)) {
		r->kind = RECORD_NO_INTEREST;
		r->shape = foreign_row();
		d = DAEMON_NONE;
	}
	r->daemon = d;
}

#define CLEAR_PIECE 64

/* All behind the head. */
static void fields_clear(struct record *r)
{
	const size_t head = offsetof(struct record, action);
	char *p = (char *)r + head, *end = (char *)r + sizeof *r;

	_Static_assert(sizeof *r - offsetof(struct record, action) >= CLEAR_PIECE, "the last piece lies within");
	/* Piece by piece: for all at once gcc takes a slow string instruction. */
	for (; end - p >= CLEAR_PIECE; p += CLEAR_PIECE)
		memset(p, 0, CLEAR_PIECE);
	memset(end - CLEAR_PIECE, 0, CLEAR_PIECE);
	r->action = ACTION_OTHER;
	r->size = r->nrcpt = -1;
	r->rcpt_ok = r->rcpt_all = r->data_ok = r->data_all = -1;
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
	const struct shape *row = shapes_row(r->shape);

	if (r->fields != FIELDS_UNREAD)
		return r->fields == FIELDS_READ;
	fields_clear(r);
	r->fields = FIELDS_READ;
	if (!row || !row->fields)
		return true;
	if (row->fields(r) && !is_glued(r))
		return true;
	fields_clear(r);
	r->fields = FIELDS_WRONG;
	r->kind = RECORD_OTHER;
	r->queue_id = SLICE_NONE;
	return false;
}
