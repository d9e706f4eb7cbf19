/*
 * names' own insides, shared by its files and nobody else:
 *   names.c        addresses, senders' domains, clients and sources; birth
 *   names_cache.c  what is remembered, rows that wait, the search of a name
 *   names_text.c   texts of action lines, and what the lines have in common
 *   names_again.c  texts that differ from one seen before by the line's own words only
 */
#ifndef WB_NAMES_I_H
#define WB_NAMES_I_H

#include "bulk.h"
#include "db.h"
#include "names.h"

/* A keyed 64-bit hash stands for the text: two texts with one hash are not to be expected in the life of the sun. */
struct interned {
	uint64_t hash;
	uint32_t id, more; /* more: a client's source, an address' folded row, a text's rule */
};

#define WAYS 4 /* a set is one cache line */
struct cache {
	struct interned *slot;
	void *memory; /* which they are in */
	uint32_t mask;
	bool holds_all; /* all rows of the table were loaded, and nothing had to make room */
	bool lost;      /* something had to make room, and may be one of the rows that still wait */
};

/* A table of many rows, which wait to be written; we give them the numbers that SQLite would. */
struct table {
	struct bulk *rows;
	uint32_t last, written; /* numbers given; those up to `written` need not be waited for */
};

/* What belongs to a row, at the place that its number gives: as long as there are no more rows than places, of all of them. */
struct known {
	uint32_t id; /* 0: of none */
	uint32_t first,
	    second; /* of an address: its folded row, its domain; a client: its source; a source: the first of its name */
};
#define ADDRESSES 131072
#define CLIENTS 65536
#define WORDS 65536
#define SOURCES 16384

/* What action lines have in common, as bytes: numbers, then parts of at most LINE_PART bytes with a byte behind each. */
#define LINE_PART 40
#define LINE_BYTES (4 * sizeof(uint32_t) + 5 * (LINE_PART + 1))
#define LINES_AGAIN 64
struct line_again {
	size_t n; /* 0: none */
	uint32_t line, action;
	char bytes[LINE_BYTES];
};

/* A text with marks, of at most AGAIN_MARKS and all of one word, as names_again.c compares it. */
#define AGAIN_BYTES 256
#define AGAIN_MARKS 4
#define AGAIN_SETS 16
#define AGAIN_WAYS 4
#define AGAIN_QUADS 2048 /* power of two */
struct text_again {
	uint64_t hash;                     /* of its slot in `texts` */
	uint16_t n, fixed;                 /* bytes, and those that are no marks */
	uint16_t mark[AGAIN_MARKS], marks; /* where the marks stand */
	uint16_t most;                     /* no rule's pattern can hide in a word of so many bytes */
	uint8_t word, may;                 /* which word it is; bits: the words that mask_text would look for */
	uint16_t also;                     /* what decides the rule besides the text */
	bool sure;                         /* a word of such a length cannot change the rule */
	int rule;
	uint64_t quads[AGAIN_QUADS / 64]; /* bits: hashes of all four bytes that stand together in it */
	char bytes[AGAIN_BYTES];
};

struct texts_again {
	uint64_t key[AGAIN_SETS * AGAIN_WAYS]; /* hash of how it begins or ends, and of `also` */
	struct text_again text[AGAIN_SETS * AGAIN_WAYS];
	unsigned turn;
};

/* What the patterns of the rules are, if all of them are nothing but the bytes they look for. */
struct rule_bytes {
	bool known, literal;
	uint16_t most; /* the shortest one that could stand in a word has one byte more */
	bool has[256];
};

struct names {
	struct db *db;
	struct rules *rules;
	const struct origin *origin;
	uint64_t key[2];
	struct cache addresses, clients, words, texts, services, lines, sources_named, domains_named, source_names,
	    hosts;
	struct table address, client, word, source;
	struct bulk *domain_rows; /* domains of addresses that were written without one */
	struct own *own;
	const struct slice *own_settings;
	size_t own_settings_n;
	uint8_t *text_rule; /* by text id, with TEXT_LISTED */
	uint32_t text_rules;
	int rule_id[RULES_MAX + 1]; /* rule number of the settings -> row of dim_rule */
	struct known *address_known, *client_known, *source_known;
	void *large, *large_memory; /* what is looked at most: three caches and address_known */
	bool indexed;
	struct line_again line_again[LINES_AGAIN];
	struct texts_again texts_again;
	struct rule_bytes rule_bytes;
};

#define TEXT_LISTED 0x80 /* rules are at most RULES_MAX */

/* The column of an address' domain, the last of its row. */
#define ADDRESS_DOMAIN 4

/* names_cache.c */
void cache_init(struct cache *c, uint32_t slots);
/* The same, in memory that is somebody else's, cleared, and begins where a line of the processor's cache begins. */
void cache_init_at(struct cache *c, uint32_t slots, void *at);
void cache_clear(struct cache *c);
/* Where the text is, or the place it shall have; good until the next call. */
struct interned *cache_slot(struct cache *c, uint64_t hash);
void cache_put(struct cache *c, uint64_t hash, uint32_t id, uint32_t more);
/* Are there rows to load, and few enough for the cache to hold them all and as many again? */
bool cache_fits(struct cache *c, const struct table *t);
void table_flush(struct table *t);
/* Before the row is asked for by its number. */
void table_need(struct table *t, uint32_t id);
/* Before a row is looked for by its name, which its cache does not hold: only rows that it has lost can wait unseen. */
void table_search(struct table *t, struct cache *c);
/* Asks for what cache_slot will look at. */
void cache_fetch(const struct cache *c, uint64_t hash);
uint64_t names_hash_of(struct slice text, const uint64_t key[2]); /* never 0 */
uint64_t names_hash(const struct names *n, struct slice text);
/* Makes the indices without which a search by name would read the whole table. */
void names_index(struct names *n);
/* The number in the first row of an answer, 0 if there is none. */
uint32_t names_answer(struct names *n, sqlite3_stmt *q);
/* The row of a text in a two-column table of few rows, made if it is new. */
uint32_t names_row(struct names *n, enum sql_id find, enum sql_id add, struct slice text);
/* The row of a text in a table of many; a cache that holds all rows there are knows that it is new without asking. */
uint32_t names_search(struct names *n, struct table *t, struct cache *c, enum sql_id find, struct slice text);

/* names_text.c */
/* Which rule's the text is, and whether it says that the client stands on a blocklist. */
void names_text_remember(struct names *n, uint32_t text, int rule, bool listed);
/* Which rule is this the text of? A suspect line decides nothing. */
int names_rule_of(struct names *n, const struct record *r);

/* names_again.c */
/* The slot of the record's text, if that is one seen before but for the record's own words; else NULL. text: r->text. */
struct interned *text_known(struct names *n, const struct record *r, struct slice text);
/* text: the record's as the database has it, with marks or without; rule: its rule; hash: of its slot. */
void text_keep_known(struct names *n, const struct record *r, struct slice text, int rule, uint64_t hash);

#endif
