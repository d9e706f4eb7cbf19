#include "packed.h"

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

#define PUT(name) f->name = packed_text_of(r->name, line, beyond);
#define GET(name) r->name = packed_slice(f->name, line);

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

size_t packed_put_fields(const struct record *r, struct slice line, void *to, uint64_t *beyond)
{
	switch (r->kind) {
	case RECORD_CLIENT: client_put(to, r, line, beyond); return sizeof(struct client);
	case RECORD_DISCONNECT: disconnect_put(to, r, line, beyond); return sizeof(struct disconnect);
	case RECORD_QUEUED: queued_put(to, r, line, beyond); return sizeof(struct queued);
	case RECORD_ATTEMPT: attempt_put(to, r, line, beyond); return sizeof(struct attempt);
	default: *beyond = PACKED_BEYOND; return 0;
	}
}

void packed_get_fields(const void *from, const char *line, struct record *r)
{
	record_clear(r);
	if (r->fields == FIELDS_WRONG)
		return;
	switch (r->kind) {
	case RECORD_CLIENT: client_get(from, line, r); break;
	case RECORD_DISCONNECT: disconnect_get(from, line, r); break;
	case RECORD_QUEUED: queued_get(from, line, r); break;
	case RECORD_ATTEMPT: attempt_get(from, line, r); break;
	default: break; /* such a line is whole */
	}
}

/* -------------------------------------------------------------------------- lines */

void packed_put_whole(struct packed *p, const struct parsed *x, char *rest, size_t *used)
{
	p->whole = true;
	memcpy(rest + p->rest, x, sizeof *x);
	*used = p->rest + sizeof *x;
}

void packed_get_whole(const struct packed *p, const char *rest, struct parsed *out)
{
	memcpy(out, rest + p->rest, sizeof *out);
	out->rec.line = &out->line;
	if (out->rec.ahead)
		out->rec.ahead = &out->ahead;
}

const struct names_ahead *packed_ahead(const struct packed *p, const char *rest)
{
	const struct attempt *f = (const void *)(rest + p->rest);

	return p->kind == RECORD_ATTEMPT && p->fields == FIELDS_READ && !p->whole && f->is_ahead ? &f->ahead : NULL;
}
