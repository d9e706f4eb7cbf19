/*
 * report_words: what the words of a report mean, for those who have to sign
 * it. Every figure of the HTML leads here. The meanings are those of the
 * README, in a sentence or two.
 */
#ifndef WB_REPORT_WORDS_H
#define WB_REPORT_WORDS_H

#include <stddef.h>

struct report_word {
	const char *id;   /* of the page: ASCII, no blank */
	const char *word; /* as people see it */
	const char *means;
};

/* Number `at`, in the order in which they are read; NULL: there are no more. */
const struct report_word *report_words(size_t at);

#endif
