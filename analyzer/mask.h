/*
 * mask: refusals repeat sender, recipient and address of the client in their
 * text; with marks in place of these a log has a few hundred texts, not a
 * million. Exact: the view `attempt` puts the row's own words back.
 */
#ifndef WB_MASK_H
#define WB_MASK_H

#include "../parsers/record.h"

#define MASK_MAX 4096 /* longer texts are left as they are */

struct masked {
	char bytes[MASK_MAX];
	size_t n;
};

#define MASK_BYTE '\1'
#define MASK_LETTERS "SRCIH"
#define MASK_WORDS 5

/* The words that a text may repeat, in the order in which they are looked for, each in what those before it left. */
static inline void mask_words(const struct record *r, struct slice words[MASK_WORDS])
{
	words[0] = r->sender;
	words[1] = r->recipient;
	words[2] = r->client_name;
	words[3] = r->client_ip;
	words[4] = r->helo;
}

/* Short words, and the name of a client that has none, are left where they are. */
static inline bool mask_takes(struct slice word)
{
	return word.n >= 4 && !slice_eq(word, SLICE("unknown"));
}

/* Bit i: word i may stand in such a text. Addresses have an @, names stand in <>: most texts have neither. */
static inline unsigned mask_may(struct slice text)
{
	bool at = slice_chr(text, '@') >= 0, angle = slice_chr(text, '<') >= 0;

	return 1u << 3 | (angle ? 1u << 0 | 1u << 1 | 1u << 2 | 1u << 4 : at ? 1u << 0 | 1u << 1 : 0);
}

/*
 * The record's text with byte 1 and a letter for each of its words in it:
 * S sender, R recipient, C client name, I client address, H helo. False if
 * there is nothing to mask, or if text or word hold the mark's byte.
 */
bool mask_text(const struct record *r, struct masked *m);

#endif
