/*
 * companions: what the readers of evidence ask beyond the record's fields.
 */
#ifndef WB_COMPANIONS_H
#define WB_COMPANIONS_H

#include "slice.h"

/*
 * Does rspamd's symbol list (record.detail of a RSPAMD record: `[SYM(score){opts;},...]`)
 * hold this symbol? Options quote the mail (URLs, names), so a name counts only
 * at the beginning of an entry (grammar 6.2).
 */
bool rspamd_symbol(struct slice symbols, const char *name);

#endif
