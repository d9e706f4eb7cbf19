/*
 * names: texts to numbers and back to the same numbers for ever: addresses,
 * clients with their source, texts with their rule, what action lines have in
 * common. A bounded cache of keyed hashes in memory holds all of them if it can,
 * else the database decides on a miss. Always called inside a write transaction.
 */
#ifndef WB_NAMES_H
#define WB_NAMES_H

#include "../parsers/rules.h"
#include "fact.h"
#include "origin.h"

struct db;
struct names;

/* own: domains of the setting. rules, origin and own are borrowed. */
struct names *names_new(struct db *d, struct rules *rules, const struct origin *origin, const struct slice *own,
                        size_t own_n, const uint64_t key[2]);
struct names *names_free(struct names *n); /* always NULL */
/* A log so large will be read that its names will fill much of what is held of them. */
void names_expect_many(struct names *n);

/*
 * What names will be looked for when an action line's turn comes, known by whoever parses it: their keyed hashes
 * (key: that of names_new), so that the places where they are can be fetched in the meantime.
 */
struct names_ahead {
	uint64_t client, sender, recipient, helo; /* 0: not told */
};
void names_look_ahead(struct names_ahead *a, const struct record *r, const uint64_t key[2]);
void names_fetch(const struct names *n, const struct names_ahead *a);

uint32_t names_host(struct names *n, struct slice name);
uint32_t names_log(struct names *n, struct slice name);
/* hash: of names_ahead, or 0. */
uint32_t names_word(struct names *n, struct slice word, uint64_t hash); /* 0 for an absent one */
uint32_t names_address(struct names *n, struct slice text, uint64_t hash);
uint32_t names_fold(struct names *n, uint32_t address); /* the row of the folded spelling */
/* The row of the domain of a sender that a rule warned about or refused; made if it is new, and then an own domain.
   *made: it had none before. */
uint32_t names_sender_domain(struct names *n, uint32_t address, struct slice text, bool *made);
uint32_t names_domain_of(struct names *n, uint32_t address); /* the one it has by now; 0 none */
/*
 * Is this the address of an own domain, or of one below it: of the setting, or
 * one that a rule has warned about or refused so far? An address without a
 * domain is not.
 */
bool names_is_own(const struct names *n, struct slice address);
uint32_t names_client(struct names *n, struct slice name, struct slice ip, uint64_t hash);
uint32_t names_source(struct names *n, uint32_t client);
uint32_t names_source_named(struct names *n,
                            uint32_t client); /* the first source of that name: it stands for all in sums */
/* What the text of an action line is. */
struct text_sort {
	int rule;    /* the row of the rule it belongs to, 0 none */
	bool listed; /* it says that the client stands on a blocklist */
};
uint32_t names_text(struct names *n, const struct record *r, struct text_sort *sort);
/*
 * The number in the settings (1..count) of the rule that a line of this action and text belongs to, 0 none: a
 * warning by its pattern for warnings, a refusal by the other, a reject_warning by either.
 */
int names_match_rule(struct rules *rules, enum record_action action, struct slice text);
int names_rule_of_text(const struct names *n, uint32_t text);
/* What the line has in common with others; *action is the word of its action. */
uint32_t names_line(struct names *n, const struct fact_attempt *a, uint32_t *action);

/* New names wait in memory until this writes them: before a commit. */
void names_flush(struct names *n);
/* All rows were deleted. */
void names_forget(struct names *n);

#endif
