#include "names_i.h"

#include <stdlib.h>

#include "mask.h"
#include "msg.h"

/* ------------------------------------------------------------------------ words */

static uint32_t intern_service(struct names *n, struct slice text)
{
	uint64_t hash = names_hash(n, text);
	struct interned *slot = cache_slot(&n->services, hash);

	if (slot->hash != hash)
		*slot =
		    (struct interned){.hash = hash, .id = names_row(n, SQL_READ_SERVICE_ID, SQL_WRITE_SERVICE, text)};
	return slot->id;
}

static uint32_t word_row(struct names *n, struct slice text)
{
	uint32_t id = names_search(n, &n->word, &n->words, SQL_READ_WORD_ID, text);

	if (id)
		return id;
	bulk_row(n->word.rows);
	bulk_number(n->word.rows, ++n->word.last);
	bulk_text(n->word.rows, text);
	return n->word.last;
}

static uint32_t intern_word(struct names *n, struct slice text, uint64_t hash)
{
	struct interned *slot = cache_slot(&n->words, hash);

	if (slot->hash != hash)
		*slot = (struct interned){.hash = hash, .id = word_row(n, text)};
	return slot->id;
}

/* ------------------------------------------------------------------------ texts */

int names_match_rule(struct rules *rules, enum record_action action, struct slice text)
{
	int rule = 0;

	if (action == ACTION_WARN || action == ACTION_WARNING || action == ACTION_REJECT_WARNING)
		rule = rules_match(rules, text, false);
	if (!rule && (action == ACTION_REJECT || action == ACTION_MILTER_REJECT || action == ACTION_PROXY_REJECT ||
	              action == ACTION_REJECT_WARNING))
		rule = rules_match(rules, text, true);
	return rule;
}

int names_rule_of(struct names *n, const struct record *r)
{
	return r->flags & RECORD_SUSPECT ? 0 : n->rule_id[names_match_rule(n->rules, r->action, r->text)];
}

void names_text_remember(struct names *n, uint32_t text, int rule, bool listed)
{
	if (text >= n->text_rules) {
		uint32_t more = text * 2 + 64;
		n->text_rule = xrealloc(n->text_rule, more);
		memset(n->text_rule + n->text_rules, 0, more - n->text_rules);
		n->text_rules = more;
	}
	n->text_rule[text] = (uint8_t)(rule | (listed ? TEXT_LISTED : 0));
}

static uint32_t text_row(struct names *n, struct slice text, bool template, int rule)
{
	sqlite3_stmt *q;

	for (int turn = 0; turn < 2; turn++) {
		q = db_stmt(n->db, turn ? SQL_WRITE_TEXT : SQL_READ_TEXT_ID);
		db_bind_slice(q, 1, text);
		sqlite3_bind_int(q, 2, template);
		sqlite3_bind_int(q, 3, rule);
		if (turn) {
			sqlite3_bind_int(q, 4, record_text_is_listed(text));
			db_run(n->db, q);
		} else if (db_step(n->db, q)) {
			uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
			sqlite3_reset(q);
			return id;
		}
	}
	uint32_t id = (uint32_t)sqlite3_last_insert_rowid(n->db->h);
	names_text_remember(n, id, rule, record_text_is_listed(text));
	return id;
}

static struct interned *text_slot(struct names *n, const struct record *r, struct slice text)
{
	struct masked masked;
	int rule = 0;
	bool template = mask_text(r, &masked);
	uint64_t sort = 1;

	if (template) {
		rule = names_rule_of(n, r);
		text = slice_of(masked.bytes, masked.n);
		sort = (uint64_t)rule * 2;
	} else { /* always the same bytes: then what decides the rule besides stands for it */
		sort = 1 + 2 * (uint64_t)r->action + (r->flags & RECORD_SUSPECT ? 512 : 0);
	}
	uint64_t hash = names_hash(n, text) * 1024 + sort;
	struct interned *slot = cache_slot(&n->texts, hash);
	if (slot->hash != hash) {
		rule = template ? rule : names_rule_of(n, r);
		uint32_t id = text_row(n, text, template, rule);
		*slot = (struct interned){
		    .hash = hash, .id = id, .more = (uint32_t)rule | (record_text_is_listed(text) ? TEXT_LISTED : 0u)};
	}
	text_keep_known(n, r, text, rule, hash);
	return slot;
}

uint32_t names_text(struct names *n, const struct record *r, struct text_sort *out)
{
	struct slice text = slice_is_set(r->text) ? r->text : SLICE("");
	const struct interned *slot = text_known(n, r, text);

	if (!slot)
		slot = text_slot(n, r, text);
	*out = (struct text_sort){.rule = (int)(slot->more & ~(uint32_t)TEXT_LISTED),
	                          .listed = (slot->more & TEXT_LISTED) != 0};
	return slot->id;
}

/* ------------------------------------------------------------------------ lines */

uint32_t names_word(struct names *n, struct slice word, uint64_t hash)
{
	return slice_is_set(word) ? intern_word(n, word, hash ? hash : names_hash(n, word)) : 0;
}

/* All that decides the row, one after the other. */
static struct slice line_bytes(const struct fact_attempt *a, char *buf)
{
	const struct record *r = a->rec;
	const struct slice parts[] = {r->line->tag, r->word, r->stage, r->proto, r->dsn};
	uint32_t numbers[] = {a->host, (uint32_t)r->code, r->line->stamp.digits, a->flags};
	size_t at = sizeof numbers;

	memcpy(buf, numbers, sizeof numbers);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct slice part = slice_head(parts[i], LINE_PART);
		if (part.n)
			memcpy(buf + at, part.p, part.n);
		at += part.n;
		buf[at++] = slice_is_set(part) ? '\1' : '\0';
	}
	return slice_of(buf, at);
}

struct line_ids {
	uint32_t service, action, stage, proto;
};

static void line_bind(sqlite3_stmt *q, const struct fact_attempt *a, const struct line_ids *ids)
{
	sqlite3_bind_int64(q, 1, a->host);
	sqlite3_bind_int64(q, 2, ids->service);
	sqlite3_bind_int64(q, 3, ids->action);
	db_bind_id(q, 4, ids->stage);
	db_bind_id(q, 5, ids->proto);
	db_bind_id(q, 6, (uint32_t)a->rec->code);
	db_bind_slice(q, 7, a->rec->dsn);
	sqlite3_bind_int(q, 8, a->rec->line->stamp.digits);
	sqlite3_bind_int64(q, 9, a->flags);
}

static uint32_t line_row(struct names *n, const struct fact_attempt *a, uint32_t action)
{
	const struct record *r = a->rec;
	struct slice tag = slice_is_set(r->line->tag) ? r->line->tag : SLICE("");
	struct line_ids ids = {.service = intern_service(n, tag),
	                       .action = action,
	                       .stage = names_word(n, r->stage, 0),
	                       .proto = names_word(n, r->proto, 0)};
	sqlite3_stmt *q = db_stmt(n->db, SQL_READ_LINE_ID);

	line_bind(q, a, &ids);
	if (db_step(n->db, q)) {
		uint32_t id = (uint32_t)sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
		return id;
	}
	q = db_stmt(n->db, SQL_WRITE_LINE);
	line_bind(q, a, &ids);
	db_run(n->db, q);
	return (uint32_t)sqlite3_last_insert_rowid(n->db->h);
}

static struct interned *line_slot(struct names *n, const struct fact_attempt *a, struct slice bytes)
{
	uint64_t hash = names_hash(n, bytes);
	struct interned *slot = cache_slot(&n->lines, hash);

	if (slot->hash != hash) {
		uint32_t word = names_word(n, a->rec->word, 0);
		*slot = (struct interned){.hash = hash, .id = line_row(n, a, word), .more = word};
	}
	return slot;
}

/* What action lines have in common: the row, and the word of its action. There are a few dozen, which come again and again. */
uint32_t names_line(struct names *n, const struct fact_attempt *a, uint32_t *action)
{
	char buf[LINE_BYTES];
	struct slice bytes = line_bytes(a, buf);
	struct line_again *again =
	    &n->line_again[((uint32_t)a->rec->shape * 31 + (uint32_t)a->rec->code + a->flags * 7 + a->host) %
	                   LINES_AGAIN];

	if (again->n != bytes.n || memcmp(again->bytes, buf, bytes.n) != 0) {
		const struct interned *slot = line_slot(n, a, bytes);
		again->n = bytes.n;
		memcpy(again->bytes, buf, bytes.n);
		again->line = slot->id;
		again->action = slot->more;
	}
	*action = again->action;
	return again->line;
}

int names_rule_of_text(const struct names *n, uint32_t text)
{
	return text < n->text_rules ? n->text_rule[text] & ~TEXT_LISTED : 0;
}
