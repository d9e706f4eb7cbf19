#include "version.h"

#include <stdio.h>

#include "../parsers/pattern.h"
#include "db.h"
#include "origin.h"

const char *version_text(void)
{
	static char text[512];

	snprintf(text, sizeof text, "compiler %s\nSQLite %s\nPCRE2 %s, JIT %s\nlibpsl %s\nschema %d\n",
#if defined __clang__
	         __VERSION__,
#else
	         "gcc " __VERSION__,
#endif
	         db_library(), pattern_library(), pattern_has_jit() ? "yes" : "no", origin_library(), DB_SCHEMA);
	return text;
}
