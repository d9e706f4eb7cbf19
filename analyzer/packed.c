#include "packed.h"

/* -------------------------------------------------------------------------- texts */

#define LINE_MAX_PACKED (UINT16_MAX - 1)
#define BEYOND (UINT64_C(1) << 63)

/*
 * *beyond gets BEYOND if the text does not lie in the line, and keeps it: to ask once is enough. The first
 * byte counts as 1, so that an absent text is 0.
 */
static inline packed_text text_put(struct slice s, struct slice line, uint64_t *beyond)
{
	uint64_t at = s.p ? (uintptr_t)s.p - (uintptr_t)line.p : 0;

	*beyond |= at | (line.n - at - s.n);
	return (packed_text)((at + (s.p != NULL)) | s.n << 16);
}

static inline struct slice text_get(packed_text t, const char *line)
{
	return (struct slice){t & UINT16_MAX ? line + PACKED_AT(t) : NULL, t >> 16};
}

/* ------------------------------------------------------------------------- fields */

/*
 * The fields that lines of these kinds can have; of other kinds nobody reads them ahead. What is not named here would
 * be lost: packed_test compares.
 */
#define TEXTS_OF_ATTEMPT(X) \
	X(client_name)      \
	X(client_ip)        \
	X(client_port)      \
	X(sender)           \
	X(word)             \
	X(stage)            \
	X(dsn)              \
	X(text)             \
	X(recipient)        \
	X(helo)             \
	X(proto)            \
	X(sasl_method)      \
	X(sasl_username)    \
	X(queued_as)        \
	X(detail)

#define TEXTS_OF_CLIENT(X) \
	X(client_name)     \
	X(client_ip)       \
	X(client_port)     \
	X(sasl_method)     \
	X(sasl_username)   \
	X(orig_queue_id)   \
	X(orig_client)

#define TEXTS_OF_DISCONNECT(X) \
	X(client_name)         \
	X(client_ip)           \
	X(client_port)

#define TEXTS_OF_QUEUED(X) X(sender)

#define MEMBER(name) packed_text name;

struct attempt {
	struct names_ahead ahead; /* the first, where packed_ahead finds it */
	bool is_ahead;
	enum record_action action;
	int code;
	TEXTS_OF_ATTEMPT(MEMBER)
};

struct client {
	TEXTS_OF_CLIENT(MEMBER)
};

struct disconnect {
	int rcpt_ok, rcpt_all, data_ok, data_all;
	TEXTS_OF_DISCONNECT(MEMBER)
};

struct queued {
	int64_t size;
	int nrcpt;
	TEXTS_OF_QUEUED(MEMBER)
};

#define PUT(name) f->name = text_put(r->name, line, beyond);
#define GET(name) r->name = text_get(f->name, line);

static void attempt_put(struct attempt *f, const struct record *r, struct slice line, uint64_t *beyond)
{
	f->is_ahead = r->ahead;
	if (r->ahead)
		f->ahead = *r->ahead;
	f->action = r->action;
	f->code = r->code;
	TEXTS_OF_ATTEMPT(PUT)
}

static void attempt_get(const struct attempt *f, const char *line, struct record *r)
{
	r->ahead = f->is_ahead ? &f->ahead : NULL;
	r->action = f->action;
	r->code = f->code;
	TEXTS_OF_ATTEMPT(GET)
}

static void client_put(struct client *f, const struct record *r, struct slice line, uint64_t *beyond)
{
	TEXTS_OF_CLIENT(PUT)
}

static void client_get(const struct client *f, const char *line, struct record *r)
{
	TEXTS_OF_CLIENT(GET)
}

static void disconnect_put(struct disconnect *f, const struct record *r, struct slice line, uint64_t *beyond)
{
	f->rcpt_ok = r->rcpt_ok;
	f->rcpt_all = r->rcpt_all;
	f->data_ok = r->data_ok;
	f->data_all = r->data_all;
	TEXTS_OF_DISCONNECT(PUT)
}

static void disconnect_get(const struct disconnect *f, const char *line, struct record *r)
{
	r->rcpt_ok = f->rcpt_ok;
	r->rcpt_all = f->rcpt_all;
	r->data_ok = f->data_ok;
	r->data_all = f->data_all;
	TEXTS_OF_DISCONNECT(GET)
}

static void queued_put(struct queued *f, const struct record *r, struct slice line, uint64_t *beyond)
{
	f->size = r->size;
	f->nrcpt = r->nrcpt;
	TEXTS_OF_QUEUED(PUT)
}

static void queued_get(const struct queued *f, const char *line, struct record *r)
{
	r->size = f->size;
	r->nrcpt = f->nrcpt;
	TEXTS_OF_QUEUED(GET)
}

/* To where there is room for all of it. Returns what it needs. */
static size_t fields_put(const struct record *r, struct slice line, void *to, uint64_t *beyond)
{
	switch (r->kind) {
	case RECORD_CLIENT: client_put(to, r, line, beyond); return sizeof(struct client);
	case RECORD_DISCONNECT: disconnect_put(to, r, line, beyond); return sizeof(struct disconnect);
	case RECORD_QUEUED: queued_put(to, r, line, beyond); return sizeof(struct queued);
	case RECORD_ATTEMPT: attempt_put(to, r, line, beyond); return sizeof(struct attempt);
	default: *beyond = BEYOND; return 0;
	}
}

static void fields_get(const void *from, const char *line, struct record *r)
{
	record_clear(r);
	switch (r->kind) {
	case RECORD_CLIENT: client_get(from, line, r); break;
	case RECORD_DISCONNECT: disconnect_get(from, line, r); break;
	case RECORD_QUEUED: queued_get(from, line, r); break;
	case RECORD_ATTEMPT: attempt_get(from, line, r); break;
	default: break; /* such a line is whole */
	}
}

/* -------------------------------------------------------------------------- lines */

/* Do the body and the queue id stand where they nearly always do? */
static inline bool head_is_plain(const struct record *r, struct slice text)
{
	return (uintptr_t)r->body.p + r->body.n == (uintptr_t)text.p + text.n && r->body.n <= text.n &&
	       slice_is_set(text) && r->queue_id.n <= UINT8_MAX && (r->queue_id.p == text.p || !r->queue_id.p);
}

void packed_put(struct packed *p, const struct parsed *x, const char *block, int host, char *rest, size_t *used)
{
	const struct line *l = &x->line;
	const struct record *r = &x->rec;
	struct slice line = x->bytes;
	uint64_t beyond = 0;

	memcpy(p->numbers, l, sizeof p->numbers);
	p->at = (uint32_t)(line.p - block);
	p->rest = (uint32_t)*used;
	p->n = (uint16_t)line.n;
	p->number = (uint16_t)x->number;
	p->tag = text_put(l->tag, line, &beyond);
	p->text = text_put(l->text, line, &beyond);
	p->body = (uint16_t)((uintptr_t)r->body.p - (uintptr_t)l->text.p);
	p->queue_id = (uint8_t)r->queue_id.n;
	p->host = (uint8_t)host;
	p->shape = (int16_t)r->shape;
	p->kind = (uint8_t)r->kind;
	p->daemon = (uint8_t)r->daemon;
	p->fields = (uint8_t)(r->fields == FIELDS_UNREAD ? FIELDS_FORGOTTEN : r->fields);
	p->flags = r->flags;
	p->whole = false;
	if (r->fields == FIELDS_READ)
		*used += (fields_put(r, line, rest + *used, &beyond) + 7) / 8 * 8;
	if (line.n <= LINE_MAX_PACKED && !(beyond & BEYOND) && head_is_plain(r, l->text))
		return;
	p->whole = true;
	memcpy(rest + p->rest, x, sizeof *x);
	*used = p->rest + sizeof *x;
}

static void whole_get(const char *from, struct parsed *out)
{
	memcpy(out, from, sizeof *out);
	out->rec.line = &out->line;
	if (out->rec.ahead)
		out->rec.ahead = &out->ahead;
}

void packed_get(const struct packed *p, const char *block, struct slice host, const char *rest, struct parsed *out)
{
	struct line *l = &out->line;
	struct record *r = &out->rec;
	const char *line = block + p->at;

	if (p->whole) {
		whole_get(rest + p->rest, out);
		return;
	}
	out->bytes = slice_of(line, p->n);
	out->number = p->number;
	memcpy(l, p->numbers, sizeof p->numbers);
	l->host = host;
	l->tag = text_get(p->tag, line);
	l->text = text_get(p->text, line);
	r->kind = p->kind;
	r->daemon = p->daemon;
	r->line = l;
	r->ahead = NULL;
	r->queue_id = slice_of(p->queue_id ? l->text.p : NULL, p->queue_id);
	r->body = slice_of(l->text.p + p->body, l->text.n - p->body);
	r->shape = p->shape;
	r->fields = p->fields;
	r->flags = p->flags;
	if (r->fields == FIELDS_READ)
		fields_get(rest + p->rest, line, r);
	else if (r->fields == FIELDS_WRONG)
		record_clear(r);
}

const struct names_ahead *packed_ahead(const struct packed *p, const char *rest)
{
	const struct attempt *f = (const void *)(rest + p->rest);

	return p->kind == RECORD_ATTEMPT && p->fields == FIELDS_READ && !p->whole && f->is_ahead ? &f->ahead : NULL;
}
