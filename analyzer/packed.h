/*
 * packed: what a line says, in a tenth of the room: its texts are places in the
 * line. Whoever parses ahead of another leaves it to him so, for all that one
 * processor writes and another reads has to travel between their caches, and
 * what is small is still near when its turn comes.
 */
#ifndef WB_PACKED_H
#define WB_PACKED_H

#include "../parsers/record.h"
#include "names.h"

struct parsed {
	struct slice bytes; /* the line without its newline */
	size_t number;      /* of the piece's lines; the first is 0 */
	struct line line;
	struct record rec;
	struct names_ahead ahead; /* of an action line, if rec.ahead says so */
};

/* A text in its line: the place of its first byte, counted from 1, and its length behind that; 0: absent. */
typedef uint32_t packed_text;

struct packed {
	_Alignas(64) char numbers[offsetof(struct line, host)]; /* with which a struct line begins */
	uint32_t at;                                            /* where the line begins in its block */
	uint32_t rest; /* where its fields are in what goes with this, if they were read */
	uint16_t n, number;
	packed_text tag, text;
	uint16_t body;    /* in the text, and up to its end */
	uint8_t queue_id; /* the length of the one with which the text begins; 0: none */
	uint8_t host;
	int16_t shape;
	uint8_t kind, daemon, fields, flags;
	bool whole; /* such a line as cannot be packed: the rest is all of it */
};

#define PACKED_AT(text) (((text)&UINT16_MAX) - 1)

/* Room that the rest of a line may need. */
#define PACKED_REST (sizeof(struct parsed) + 8)
#define PACKED_NO_HOST 255

#define PACKED_LINE_MAX (UINT16_MAX - 1)
#define PACKED_BEYOND (UINT64_C(1) << 63)

/*
 * *beyond gets PACKED_BEYOND if the text does not lie in the line, and keeps it: to ask once is enough. The first byte
 * counts as 1, so that an absent text is 0.
 */
static inline packed_text packed_text_of(struct slice s, struct slice line, uint64_t *beyond)
{
	uint64_t at = s.p ? (uintptr_t)s.p - (uintptr_t)line.p : 0;

	*beyond |= at | (line.n - at - s.n);
	return (packed_text)((at + (s.p != NULL)) | s.n << 16);
}

static inline struct slice packed_slice(packed_text t, const char *line)
{
	return (struct slice){t & UINT16_MAX ? line + PACKED_AT(t) : NULL, t >> 16};
}

/* What packed_put and packed_get need for lines that are not the many: with fields, and whole ones. */
size_t packed_put_fields(const struct record *r, struct slice line, void *to, uint64_t *beyond);
void packed_put_whole(struct packed *p, const struct parsed *x, char *rest, size_t *used);
void packed_get_fields(const void *from, const char *line, struct record *r);
void packed_get_whole(const struct packed *p, const char *rest, struct parsed *out);

/* Do the body and the queue id stand where they nearly always do? */
static inline bool packed_is_plain(const struct record *r, struct slice text)
{
	return (uintptr_t)r->body.p + r->body.n == (uintptr_t)text.p + text.n && r->body.n <= text.n &&
	       slice_is_set(text) && r->queue_id.n <= UINT8_MAX && (r->queue_id.p == text.p || !r->queue_id.p);
}

/*
 * x, whose line begins at block + at, and whose host has this number or is PACKED_NO_HOST. What stands beside the
 * head goes to rest + *used, where PACKED_REST bytes must be free, and *used moves on.
 */
static inline void packed_put(struct packed *p, const struct parsed *x, const char *block, int host, char *rest,
                              size_t *used)
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
	p->tag = packed_text_of(l->tag, line, &beyond);
	p->text = packed_text_of(l->text, line, &beyond);
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
		*used += (packed_put_fields(r, line, rest + *used, &beyond) + 7) / 8 * 8;
	if (line.n > PACKED_LINE_MAX || beyond & PACKED_BEYOND || !packed_is_plain(r, l->text))
		packed_put_whole(p, x, rest, used);
}

/*
 * The same again; where fields were not read, what shapes_parse found of them on its way is forgotten. host: the name
 * that goes with p->host, absent for none. Texts are borrowed from the block, `ahead` from rest.
 */
static inline void packed_get(const struct packed *p, const char *block, struct slice host, const char *rest,
                              struct parsed *out)
{
	struct line *l = &out->line;
	struct record *r = &out->rec;
	const char *line = block + p->at;

	if (p->whole) {
		packed_get_whole(p, rest, out);
		return;
	}
	out->bytes = slice_of(line, p->n);
	out->number = p->number;
	memcpy(l, p->numbers, sizeof p->numbers);
	l->host = host;
	l->tag = packed_slice(p->tag, line);
	l->text = packed_slice(p->text, line);
	r->kind = p->kind;
	r->daemon = p->daemon;
	r->line = l;
	r->ahead = NULL;
	r->queue_id = slice_of(p->queue_id ? l->text.p : NULL, p->queue_id);
	r->body = slice_of(l->text.p + p->body, l->text.n - p->body);
	r->shape = p->shape;
	r->fields = p->fields;
	r->flags = p->flags;
	if (r->fields != FIELDS_FORGOTTEN)
		packed_get_fields(rest + p->rest, line, r);
}

/* Of an action line, without the rest of it; NULL: there is none. Borrowed. */
const struct names_ahead *packed_ahead(const struct packed *p, const char *rest);

#endif
