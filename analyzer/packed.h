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

/*
 * x, whose line begins at block + at, and whose host has this number or is PACKED_NO_HOST. What stands beside the
 * head goes to rest + *used, where PACKED_REST bytes must be free, and *used moves on.
 */
void packed_put(struct packed *out, const struct parsed *x, const char *block, int host, char *rest, size_t *used);
/*
 * The same again; where fields were not read, what shapes_parse found of them on its way is forgotten. host: the name
 * that goes with p->host, absent for none. Texts are borrowed from the block, `ahead` from rest.
 */
void packed_get(const struct packed *p, const char *block, struct slice host, const char *rest, struct parsed *out);
/* Of an action line, without the rest of it; NULL: there is none. Borrowed. */
const struct names_ahead *packed_ahead(const struct packed *p, const char *rest);

#endif
