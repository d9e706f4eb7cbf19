/* version: what this program was built from, for bug reports. */
#ifndef WB_VERSION_H
#define WB_VERSION_H

/* Compiler, libraries, JIT, schema; some lines. */
const char *version_text(void);

#endif
