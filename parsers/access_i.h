/* Inside access*.c: how a table lies in memory. */
#ifndef WB_ACCESS_I_H
#define WB_ACCESS_I_H

#include "access.h"
#include "network.h"

#define NO_ROW UINT32_MAX

enum row_op { ROW_MATCH, ROW_IF, ROW_ENDIF };

struct row {
	struct slice key, action;
	int line;
	uint32_t other; /* indexed: the row that shadows this one; ROW_IF: its endif; NO_ROW: none */
	uint8_t op;
	bool negate;
	bool opaque; /* Postfix may understand it; we do not */
	bool groups; /* $1 in the action */
	bool v6;     /* the family as spelt: families never mix */
	struct network net;
	struct pattern *pattern;
};

struct access {
	enum access_kind kind;
	char *name;
	char *text; /* what all rows point into */
	struct row *row;
	size_t rows, room;
	size_t open_ifs; /* while it is read */
	uint32_t *index; /* indexed: hash table of row number + 1 */
	size_t index_mask;
	struct access_complaints complain;
	bool no_memory;
};

void access_complain(const struct access *a, int line, const char *why);
/* A new row at the end; NULL without memory, which is noted in the table. */
struct row *access_row_add(struct access *a, int line);

/* A step of reading: one logical line. Each kind has one, and one that finds. */
void access_indexed_line(struct access *a, struct slice line, int number);
void access_cidr_line(struct access *a, struct slice line, int number);
void access_pattern_line(struct access *a, struct slice line, int number);
bool access_inline_read(struct access *a, struct slice content);
bool access_static_read(struct access *a, struct slice content);

/* After the last line: pairs each if with its endif, or makes the index. */
void access_pair(struct access *a);
void access_index(struct access *a);

/* `if` or `endif` at the start of the line: steps over it. */
bool access_keyword(struct slice *line, struct slice word);
/* Takes `!` and blanks off; true if their number is odd. */
bool access_negated(struct slice *s);

/* key: folded for the indexed kind. */
enum access_answer access_indexed_find(const struct access *a, struct slice key, struct access_hit *hit);
enum access_answer access_cidr_find(const struct access *a, struct slice key, struct access_hit *hit);
enum access_answer access_pattern_find(const struct access *a, struct slice key, struct access_hit *hit);
/* For a row that was found; key must already be in the hit. */
enum access_answer access_found(struct access_hit *hit, const struct row *r, struct slice action);
enum access_answer access_unsure(struct access_hit *hit, const char *why, int line);
bool access_is_utf8(struct slice s);
/* Tables that are asked for parts of a key; the others get whole keys only. */
bool access_takes_parts(const struct access *a);

#endif
