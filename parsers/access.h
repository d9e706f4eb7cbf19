/*
 * access: Postfix access tables, read from their source text and asked as
 * smtpd asks them (access(5), cidr_table(5), pcre_table(5), regexp_table(5),
 * postmap(1); src/smtpd/smtpd_check.c, src/global/mail_addr_find.c of 3.7).
 * The indexed types (hash, btree, lmdb, cdb, dbm, sdbm, texthash) are one kind: what
 * counts is the text beside the .db. No files are opened here.
 *
 * A row that Postfix would skip is a complaint, and the others count. A row
 * that Postfix might understand and we do not (a regexp: that PCRE2 would read
 * another way) is a complaint, too, and makes every lookup that gets as far as
 * that row ACCESS_UNSURE: never a guess.
 */
#ifndef WB_ACCESS_H
#define WB_ACCESS_H

#include "slice.h"

#define ACCESS_BYTES_MAX (64u << 20) /* of a table's text */
#define ACCESS_KEY_MAX 4608          /* of a key asked for; Postfix takes no longer addresses */
#define ACCESS_ACTION_MAX 2048       /* of an action that has $1 in it */

struct access;

enum access_kind {
	ACCESS_UNKNOWN,
	ACCESS_INDEXED,
	ACCESS_INLINE,
	ACCESS_STATIC,
	ACCESS_CIDR,
	ACCESS_PCRE,
	ACCESS_REGEXP
};

/* Of `type:name`; a bare path is indexed; mysql: and the like are ACCESS_UNKNOWN. */
enum access_kind access_kind_of(struct slice name);
/* What follows the type: the path, or an inline: or static: table's content. */
struct slice access_path_of(struct slice name);

/* Called for each row that does not count; why is plain ASCII. Rows that are shadowed: access_next_shadowed. */
struct access_complaints {
	void (*say)(void *arg, const char *table, int line, const char *why);
	void *arg;
};

/*
 * The table `name` (type:name) with this source text, which is copied (inline:
 * and static: have theirs in the name). NULL, and one complaint at line 0, if
 * the type is unknown, the text too long, an inline: table malformed, or there
 * is no memory.
 */
struct access *access_new(struct slice name, struct slice bytes, const struct access_complaints *complain);
struct access *access_free(struct access *a); /* always NULL */

/* One row as it counts: key (case folded if indexed; a pattern's text else) and action. */
struct access_row {
	struct slice key, action;
	int line;
	int winner; /* 0; else the line of the row that has the key already: this one is never found */
	struct slice winner_action;
};

/* Row *at and the next ones, in their order: begin with *at = 0. False at the end. if/endif are left out. */
bool access_next(const struct access *a, size_t *at, struct access_row *out);
/* Only those that are shadowed ("you are still warning": the first row wins). */
bool access_next_shadowed(const struct access *a, size_t *at, struct access_row *out);

enum access_answer { ACCESS_NONE, ACCESS_FOUND, ACCESS_UNSURE };

struct access_hit {
	struct slice key, action; /* the key that was found, as asked for; both live as long as hit and table */
	int line;
	const char *why; /* ACCESS_UNSURE: a constant text */
	char key_text[ACCESS_KEY_MAX], action_text[ACCESS_ACTION_MAX];
};

/* Settings of Postfix that change what is asked for. */
struct access_options {
	bool parents; /* smtpd_access_maps is in parent_domain_matches_subdomains; else `.domain` is asked for */
	struct slice delimiters; /* recipient_delimiter */
	struct slice null_key;   /* smtpd_null_access_lookup_key */
	struct slice origin;     /* myorigin, for senders without a domain; absent: such a lookup is unsure */
};

#define ACCESS_OPTIONS ((struct access_options){true, SLICE_NONE, SLICE("<>"), SLICE_NONE})

/* One key as `postmap -q` does it: no parents, and case folded for indexed tables. */
enum access_answer access_get(const struct access *a, struct slice key, struct access_hit *hit);

/*
 * check_sender_access: the whole address, without its extension, the domain and
 * its parents, user@. sender: as in MAIL FROM and in the log, without <>,
 * quoted where it must be; empty is the null sender.
 */
enum access_answer access_find_sender(const struct access *a, struct slice sender, const struct access_options *o,
                                      struct access_hit *hit);

/*
 * check_client_access: the verified name (`unknown` if there is none) and its
 * parents, then the address and its parent networks.
 */
enum access_answer access_find_client(const struct access *a, struct slice name, struct slice ip,
                                      const struct access_options *o, struct access_hit *hit);

/* ------------------------------------------------------------------ what a row's right-hand side means */

enum access_word {
	ACCESS_DUNNO,
	ACCESS_OK, /* also RELAY, and a number alone: `550` is a permit */
	ACCESS_WARN,
	ACCESS_INFO,
	ACCESS_REJECT, /* code, dsn, text; also `5xx text` */
	ACCESS_DEFER,  /* the same with 4xx */
	ACCESS_DEFER_IF_PERMIT,
	ACCESS_DEFER_IF_REJECT,
	ACCESS_HOLD,
	ACCESS_DISCARD,
	ACCESS_FILTER,
	ACCESS_REDIRECT,
	ACCESS_BCC,
	ACCESS_PREPEND,
	ACCESS_HANGUP,
	ACCESS_VOID,   /* FILTER, REDIRECT, BCC, PREPEND without what they need: Postfix warns and goes on */
	ACCESS_LIST,   /* restrictions, or the names of classes of them: in text */
	ACCESS_BROKEN, /* names a lookup table: "server configuration error", 451 4.3.5 */
};

/* What the reply names: decides on which DSN details may stand. */
enum access_class { ACCESS_OF_CLIENT, ACCESS_OF_SENDER, ACCESS_OF_RECIPIENT };

struct access_action {
	enum access_word word;
	int code;          /* 0: no reply */
	char dsn[12];      /* "" likewise */
	struct slice text; /* of the row, code and DSN taken off; "Access denied" where Postfix says so itself */
};

/* reject_code, defer_code: access_map_reject_code (554) and access_map_defer_code (450). */
void access_action_parse(struct slice action, enum access_class class, int reject_code, int defer_code,
                         struct access_action *out);

#endif
