#include "record.h"

#include <stdio.h>

const char *record_kind_name(enum record_kind k)
{
	static const char *const names[] = {
#define X(id, name) name,
	    RECORD_KINDS(X)
#undef X
	};
	return k < RECORD_KIND_COUNT ? names[k] : "other";
}

bool record_text_is_listed(struct slice text)
{
	return slice_find(text, SLICE("blocked using ")) >= 0;
}

enum field_type { FIELD_SLICE, FIELD_CODE, FIELD_COUNT, FIELD_SIZE };

struct field {
	const char *name;
	enum field_type type;
	size_t at;
};

#define TEXT_FIELD(name)                                          \
	{                                                         \
#name, FIELD_SLICE, offsetof(struct record, name) \
	}

/* The contract's order (design.md 5); what we add comes last. */
static const struct field fields[] = {
    TEXT_FIELD(queue_id),
    {"action", FIELD_SLICE, offsetof(struct record, word)},
    TEXT_FIELD(stage),
    TEXT_FIELD(client_name),
    TEXT_FIELD(client_ip),
    TEXT_FIELD(client_port),
    {"code", FIELD_CODE, offsetof(struct record, code)},
    TEXT_FIELD(dsn),
    TEXT_FIELD(text),
    TEXT_FIELD(sender),
    TEXT_FIELD(recipient),
    TEXT_FIELD(orig_recipient),
    TEXT_FIELD(helo),
    TEXT_FIELD(proto),
    TEXT_FIELD(sasl_method),
    TEXT_FIELD(sasl_username),
    TEXT_FIELD(message_id),
    {"size", FIELD_SIZE, offsetof(struct record, size)},
    {"nrcpt", FIELD_COUNT, offsetof(struct record, nrcpt)},
    TEXT_FIELD(relay),
    TEXT_FIELD(relay_ip),
    TEXT_FIELD(relay_port),
    TEXT_FIELD(delay),
    TEXT_FIELD(delays),
    TEXT_FIELD(status),
    TEXT_FIELD(response),
    TEXT_FIELD(orig_queue_id),
    TEXT_FIELD(queued_as),
    TEXT_FIELD(orig_client),
    TEXT_FIELD(recipients),
    TEXT_FIELD(category),
    TEXT_FIELD(result),
    TEXT_FIELD(detail),
    {"rcpt_ok", FIELD_COUNT, offsetof(struct record, rcpt_ok)},
    {"rcpt_all", FIELD_COUNT, offsetof(struct record, rcpt_all)},
    {"data_ok", FIELD_COUNT, offsetof(struct record, data_ok)},
    {"data_all", FIELD_COUNT, offsetof(struct record, data_all)},
};

static void put_number(record_put *put, void *arg, const char *name, int64_t v)
{
	char buf[24];
	int n = snprintf(buf, sizeof buf, "%lld", (long long)v);

	put(arg, name, slice_of(buf, (size_t)n), false);
}

static void put_field(const struct record *r, const struct field *f, record_put *put, void *arg)
{
	const char *at = (const char *)r + f->at;

	switch (f->type) {
	case FIELD_SLICE: {
		struct slice s = *(const struct slice *)(const void *)at;
		if (slice_is_set(s))
			put(arg, f->name, s, true);
		break;
	}
	case FIELD_CODE:
	case FIELD_COUNT: {
		int v = *(const int *)(const void *)at;
		if (f->type == FIELD_CODE ? v > 0 : v >= 0)
			put_number(put, arg, f->name, v);
		break;
	}
	case FIELD_SIZE:
		if (r->size >= 0)
			put_number(put, arg, f->name, r->size);
		break;
	}
}

void record_fields(const struct record *r, record_put *put, void *arg)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		put_field(r, &fields[i], put, arg);
	if (r->flags & RECORD_SUSPECT)
		put(arg, "suspect", SLICE("true"), false);
	if (r->flags & RECORD_TRUNCATED)
		put(arg, "truncated", SLICE("true"), false);
	if (r->line->repeated)
		put_number(put, arg, "repeated", r->line->repeated);
}
