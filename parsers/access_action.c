/* The right-hand side of an access table (access(5); check_table_result() of smtpd_check.c). */
#include <stdio.h>
#include <strings.h>

#include "access.h"
#include "logical.h"

static const struct word {
	const char *name; /* in tables; NULL: has none */
	char needs;       /* a byte that must be in the text, else Postfix warns and goes on; 0: nothing */
} words[] = {
    [ACCESS_DUNNO] = {"DUNNO", 0},
    [ACCESS_OK] = {"OK", 0},
    [ACCESS_WARN] = {"WARN", 0},
    [ACCESS_INFO] = {"INFO", 0},
    [ACCESS_REJECT] = {"REJECT", 0},
    [ACCESS_DEFER] = {"DEFER", 0},
    [ACCESS_DEFER_IF_PERMIT] = {"DEFER_IF_PERMIT", 0},
    [ACCESS_DEFER_IF_REJECT] = {"DEFER_IF_REJECT", 0},
    [ACCESS_HOLD] = {"HOLD", 0},
    [ACCESS_DISCARD] = {"DISCARD", 0},
    [ACCESS_FILTER] = {"FILTER", ':'},
    [ACCESS_REDIRECT] = {"REDIRECT", '@'},
    [ACCESS_BCC] = {"BCC", '@'},
    [ACCESS_PREPEND] = {"PREPEND", ':'},
    [ACCESS_HANGUP] = {"HANGUP", 0},
    [ACCESS_BROKEN] = {NULL, 0}, /* so that each has a row */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

static size_t digits_at(struct slice s)
{
	size_t n = 0;

	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

/* Length of the enhanced status code at the start (RFC 3463), 0: none. */
static size_t dsn_length(struct slice s)
{
	size_t second, third;

	if (s.n < 5 || !strchr("245", s.p[0]) || s.p[1] != '.')
		return 0;
	second = digits_at(slice_from(s, 2));
	if (second < 1 || second > 3 || 2 + second >= s.n || s.p[2 + second] != '.')
		return 0;
	third = digits_at(slice_from(s, 3 + second));
	if (third < 1 || third > 3)
		return 0;
	third += 3 + second;
	return third == s.n || is_space(s.p[third]) ? third : 0;
}

/*
 * A detail of x.1.y says which address was bad; about the other address, or
 * about a client, Postfix says another one (smtpd_dsn_fix.c).
 */
static const char *address_dsn(struct slice detail, enum access_class class)
{
	static const char *const of_sender[] = {"1.0", "1.7", "1.8", "1.7", "1.7", "1.0", "1.7", "1.7", "1.8"};
	static const char *const of_recipient[] = {"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.3", "1.2"};
	size_t y = detail.n == 1 && detail.p[0] >= '1' && detail.p[0] <= '8' ? (size_t)(detail.p[0] - '0') : 0;

	if (class == ACCESS_OF_CLIENT)
		return "0.0";
	return class == ACCESS_OF_SENDER ? of_sender[y] : of_recipient[y];
}

/* Takes code and DSN off the text; the DSN's class follows the code. */
static void reply(struct access_action *out, int code, struct slice text, enum access_class class,
                  const char *otherwise)
{
	size_t n = dsn_length(text);
	struct slice dsn = n ? slice_head(text, n) : SLICE("5.7.1");
	struct slice rest = slice_from(dsn, 2);

	if (slice_skip(&rest, SLICE("1.")))
		rest = slice_str(address_dsn(rest, class));
	else
		rest = slice_from(dsn, 2);
	out->code = code;
	/* What is no reply code at all becomes Postfix's own answer to that. */
	if (code < 400 || code > 599) {
		out->code = 450;
		rest = SLICE("7.1");
	}
	snprintf(out->dsn, sizeof(out->dsn), "%d.%.*s", out->code / 100, (int)rest.n, rest.p);
	out->text = trim_left(slice_from(text, n));
	if (out->text.n == 0)
		out->text = slice_str(otherwise);
	out->word = out->code >= 500 ? ACCESS_REJECT : ACCESS_DEFER;
}

static enum access_word word_of(struct slice s)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].name && s.n == strlen(words[i].name) && strncasecmp(s.p, words[i].name, s.n) == 0)
			return (enum access_word)i;
	return s.n == 5 && strncasecmp(s.p, "RELAY", s.n) == 0 ? ACCESS_OK : ACCESS_LIST;
}

static void plain_word(struct access_action *out, enum access_word word, struct slice text)
{
	out->word = word;
	out->text = text;
	if (words[word].needs && slice_chr(text, words[word].needs) < 0)
		out->word = ACCESS_VOID;
}

void access_action_parse(struct slice action, enum access_class class, int reject_code, int defer_code,
                         struct access_action *out)
{
	size_t n = 0;
	struct slice first, text;
	enum access_word word;

	while (n < action.n && action.p[n] != ' ' && action.p[n] != '\t')
		n++;
	first = slice_head(action, n);
	text = trim_left(slice_from(action, n));
	word = word_of(first);
	*out = (struct access_action){.word = ACCESS_LIST, .text = action};
	if (word == ACCESS_REJECT || word == ACCESS_DEFER)
		reply(out, word == ACCESS_REJECT ? reject_code : defer_code, text, class, "Access denied");
	else if (word == ACCESS_DEFER_IF_PERMIT || word == ACCESS_DEFER_IF_REJECT) {
		reply(out, defer_code, text, class, "Service unavailable");
		out->word = word;
	} else if (word != ACCESS_LIST)
		plain_word(out, word, text);
	else if (all_digits(action))
		plain_word(out, ACCESS_OK, text);
	else if (n == 3 && text.n > 0 && all_digits(first) && (first.p[0] == '4' || first.p[0] == '5'))
		reply(out, (first.p[0] - '0') * 100 + (first.p[1] - '0') * 10 + (first.p[2] - '0'), text, class,
		      "Access denied");
	else if (slice_chr(action, ':') >= 0)
		out->word = ACCESS_BROKEN;
}
