/*
 * letter: a mail that we write ourselves, as bytes for sendmail: RFC 5322
 * header, one multipart/alternative body of a text and an HTML part, both UTF-8
 * in quoted-printable (RFC 2045, 2046). ASCII alone, lines of at most 76 bytes,
 * ends of lines as Unix has them (sendmail makes CR LF of them).
 *
 * Nothing of a value can end a line of the header or become a boundary: a
 * subject passes encode_header, addresses are checked by letter_address, and in
 * quoted-printable `=_` cannot stand, with which every boundary begins.
 */
#ifndef WB_LETTER_H
#define WB_LETTER_H

#include "encode.h"

struct letter {
	struct slice name, from; /* whom it comes from: a name for people, and an address */
	const struct slice *to;  /* addresses */
	size_t to_n;
	struct slice subject;      /* any bytes */
	struct slice id, boundary; /* of letters, digits, `-`, `.` and one `@`; boundary without its `=_` */
	int64_t date_us;           /* since 1970; printed in local time with its offset */
	struct slice text, html;   /* lines that end in LF */
};

void letter_write(struct text *out, const struct letter *l);

/*
 * Why the address can stand in neither a header nor an envelope: it must be
 * ASCII, of the form atom(.atom)* without quotes, perhaps with @ and a host
 * name or [address], at most 254 bytes. NULL: it can.
 */
const char *letter_address_trouble(struct slice address);
/* Letters, digits, `-` and `.`, as a host name has them: at most 253 bytes. */
bool letter_is_host(struct slice s);

/*
 * A field of a header, from its name to the end of its (folded) lines. What a
 * terminal must not see is escaped as encode_term does, what is beyond ASCII or
 * does not fold becomes encoded words (RFC 2047); longer than HEADER_COLUMNS it
 * is cut.
 */
#define HEADER_COLUMNS 300
void encode_header(struct text *t, const char *name, struct slice value);

/*
 * RFC 2045, 6.7. Also a line that begins with `From ` or a dot is escaped there, for
 * mailboxes and programs that take these for something.
 */
void encode_quoted_printable(struct text *t, struct slice s);

#endif
