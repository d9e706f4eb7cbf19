#include "fact.h"

const char *fate_name(enum fate f)
{
	static const char *const names[] = {
#define X(id, name) name,
	    FATES(X)
#undef X
	};
	return f < FATE_COUNT ? names[f] : "unknown";
}

static const char *const evidence_names[] = {
#define X(id, name) name,
    EVIDENCE_WORDS(X)
#undef X
};

const char *evidence_name(enum evidence e)
{
	return e < EVIDENCE_COUNT ? evidence_names[e] : "";
}

enum evidence evidence_of(struct slice word)
{
	for (int e = EVIDENCE_PASS; e < EVIDENCE_OTHER; e++) {
		struct slice name = slice_str(evidence_names[e]);
		/* amavis says BAD-HEADER-2, UNCHECKED-ENCRYPTED, BANNED (names), INFECTED (names) */
		if (slice_eq_fold(slice_head(word, name.n), name) &&
		    (word.n == name.n || word.p[name.n] == '-' || word.p[name.n] == ' ' || word.p[name.n] == ','))
			return (enum evidence)e;
	}
	return EVIDENCE_OTHER;
}
