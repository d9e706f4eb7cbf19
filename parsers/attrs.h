/*
 * attrs: the `; from=<...> to=<...> proto=... helo=<...>` tail of an action
 * line, told apart from text that imitates it. The algorithm is that of
 * postfix-log-grammar.md 2.7: everything left of the tail is the attacker's or
 * the admin's, so each `;` is tried as the beginning of a complete tail, and
 * only one may fit.
 */
#ifndef WB_ATTRS_H
#define WB_ATTRS_H

#include "slice.h"

enum attrs_flavour {
	ATTRS_SMTPD,          /* blanks between, ` sasl_method= sasl_username= sasl_sender=` */
	ATTRS_MILTER,         /* blanks between, ` sasl_username=<U>` */
	ATTRS_CLEANUP,        /* proto and helo may be missing, `: TEXT` may follow (3.2) */
	ATTRS_CLEANUP_MILTER, /* proto and helo may be missing (3.1) */
	ATTRS_SCREEN          /* postscreen: commas between, all four present, nothing validated */
};

struct attrs {
	struct slice text; /* what stands before the tail */
	struct slice from, to, proto, helo, sasl_method, sasl_username;
	struct slice after; /* ATTRS_CLEANUP: the admin's text behind the tail */
	bool suspect, truncated;
};

/*
 * Reads `s`, which begins with the free text and holds the tail. stage: HELO
 * and EHLO lines show the raw argument of the client. own_text: the text is the
 * admin's own (warn, info), so it may not hold an earlier `; from=<`.
 * truncated: the line ended before its tail did. An address that was cut is
 * absent; where it cannot be told what is tail and what is text, all are.
 * False if nothing looks like a tail: then text is all of s, and truncated is set.
 * Takes time linear in s.n.
 */
bool attrs_read(struct slice s, enum attrs_flavour flavour, struct slice stage, bool own_text, struct attrs *out);

/* An address between `<` and `>` in external form; steps over both brackets. */
bool attrs_address(struct slice *s, struct slice *address);

/*
 * Header and body check lines (3.2): ` from ORIGIN; from=<> to=<> proto= helo=<>: TEXT`
 * behind content that the client wrote. content: what stands before; origin as logged.
 */
bool attrs_read_check(struct slice s, struct slice *content, struct slice *origin, struct attrs *out);

#endif
