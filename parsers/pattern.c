#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 100000
#define HEAP_LIMIT_KIB (16 * 1024)
#define JIT_STACK_MIN (32 * 1024)
#define JIT_STACK_MAX (512 * 1024)

struct pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *jit_stack; /* NULL: interpreted */
};

/* PCRE2 10.42 refuses NULL as text, even of length 0. */
static PCRE2_SPTR bytes_of(struct slice s)
{
	return (PCRE2_SPTR)(s.p ? s.p : "");
}

/* Without JIT (a kernel that forbids it, `(*NO_JIT)`) the interpreter answers the same. */
static bool prepare_jit(struct pattern *p)
{
	if (pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) != 0)
		return true;
	p->jit_stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	if (!p->jit_stack)
		return false;
	pcre2_jit_stack_assign(p->context, NULL, p->jit_stack);
	return true;
}

static bool prepare(struct pattern *p, bool groups)
{
	p->data = groups ? pcre2_match_data_create_from_pattern(p->code, NULL) : pcre2_match_data_create(1, NULL);
	p->context = pcre2_match_context_create(NULL);
	if (!p->data || !p->context)
		return false;
	pcre2_set_match_limit(p->context, MATCH_LIMIT);
	pcre2_set_depth_limit(p->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(p->context, HEAP_LIMIT_KIB);
	return prepare_jit(p);
}

static uint32_t library_options(unsigned options)
{
	static const uint32_t of_bit[] = {PCRE2_CASELESS, PCRE2_MULTILINE,      PCRE2_DOTALL,  PCRE2_EXTENDED,
	                                  PCRE2_ANCHORED, PCRE2_DOLLAR_ENDONLY, PCRE2_UNGREEDY};
	/* NEVER_UTF: `(*UTF)` in a pattern would make every 8-bit text an error. */
	uint32_t all = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;

	for (size_t i = 0; i < sizeof(of_bit) / sizeof(of_bit[0]); i++)
		if (options & 1u << i)
			all |= of_bit[i];
	return all;
}

struct pattern *pattern_new(struct slice text, size_t *at, char *why, size_t cap)
{
	return pattern_new_as(text, 0, at, why, cap);
}

struct pattern *pattern_new_as(struct slice text, unsigned options, size_t *at, char *why, size_t cap)
{
	struct pattern *p = calloc(1, sizeof(*p));
	int error = 0;

	*at = 0;
	if (!p) {
		snprintf(why, cap, "out of memory");
		return NULL;
	}
	p->code = pcre2_compile(bytes_of(text), text.n, library_options(options), &error, at, NULL);
	if (!p->code) {
		pcre2_get_error_message(error, (PCRE2_UCHAR *)why, cap);
		return pattern_free(p);
	}
	if (!prepare(p, options & PATTERN_GROUPS)) {
		snprintf(why, cap, "out of memory");
		*at = 0;
		return pattern_free(p);
	}
	return p;
}

struct pattern *pattern_free(struct pattern *p)
{
	if (!p)
		return NULL;
	pcre2_match_context_free(p->context);
	pcre2_match_data_free(p->data);
	pcre2_jit_stack_free(p->jit_stack);
	pcre2_code_free(p->code);
	free(p);
	return NULL;
}

enum pattern_answer pattern_match(const struct pattern *p, struct slice subject)
{
	int rc = pcre2_match(p->code, bytes_of(subject), subject.n, 0, 0, p->data, p->context);

	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(p->code, bytes_of(subject), subject.n, 0, PCRE2_NO_JIT, p->data, p->context);
	if (rc == PCRE2_ERROR_NOMATCH)
		return PATTERN_NO;
	/* 0: a match whose groups did not fit. Any other error leaves the question open, too. */
	return rc >= 0 ? PATTERN_YES : PATTERN_LIMIT;
}

unsigned pattern_groups(const struct pattern *p)
{
	uint32_t count = 0;

	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &count);
	return count;
}

struct slice pattern_group(const struct pattern *p, struct slice subject, unsigned n)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->data);

	/* `\K` in a lookahead lets a match end before it starts. */
	if (n >= pcre2_get_ovector_count(p->data) || at[2 * n] == PCRE2_UNSET || at[2 * n] > at[2 * n + 1])
		return SLICE_NONE;
	return slice_head(slice_from(subject, at[2 * n]), at[2 * n + 1] - at[2 * n]);
}

bool pattern_has_jit(void)
{
	uint32_t on = 0;

	return pcre2_config(PCRE2_CONFIG_JIT, &on) >= 0 && on;
}

/* The library says `10.42 2022-12-11`; the date is of no use to anybody. */
const char *pattern_library(void)
{
	static char version[64];

	if (!version[0] && pcre2_config(PCRE2_CONFIG_VERSION, version) > 0)
		version[strcspn(version, " ")] = '\0';
	return version;
}
