#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/suggest.h"

#define TEN_DIGITS INT64_C(9999999999)

/* An organisation of which 20 mails were delivered on 18 days, and nothing else is known. */
static struct source_facts delivered(void)
{
	return (struct source_facts){
	    .kind = SOURCE_ORG,
	    .mails = 20,
	    .lost = 20,
	    .senders = 1,
	    .recipients = 7,
	    .clients = 2,
	    .fates[FATE_DELIVERED] = 20,
	    .days_seen = 18,
	    .days_watched = 30,
	};
}

static struct source_facts refused(void)
{
	struct source_facts f = delivered();

	f.lost = 0;
	f.fates[FATE_DELIVERED] = 0;
	f.fates[FATE_REFUSED] = 20;
	return f;
}

static void assert_answer(const struct source_facts *f, const char *rule, enum suggestion s)
{
	struct suggested out;

	suggest(f, &out);
	assert_string_equal(out.rule, rule);
	assert_int_equal(out.suggestion, s);
}

static void assert_reason(const struct source_facts *f, const char *reason)
{
	struct suggested out;

	suggest(f, &out);
	assert_string_equal(out.reason, reason);
}

#define LOOKS(f, rule) assert_answer(f, rule, SUGGEST_LOOK)
#define EXEMPTS(f, rule) assert_answer(f, rule, SUGGEST_EXEMPT)
#define MOVES(f, rule) assert_answer(f, rule, SUGGEST_MOVE)
#define BLOCKS(f, rule) assert_answer(f, rule, SUGGEST_BLOCK)

/* ------------------------------------------------------------------ the table */

static void each_example_is_answered_by_its_own_row_and_no_earlier_one(void **state)
{
	(void)state;
	size_t n;
	const struct suggest_row *rows = suggest_rows(&n);

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			if (rows[j].applies(&rows[i].example))
				fail_msg("%s takes the example of %s", rows[j].name, rows[i].name);
		assert_true(rows[i].applies(&rows[i].example));
		assert_answer(&rows[i].example, rows[i].name, rows[i].suggestion);
	}
}

static void the_first_row_that_applies_answers(void **state)
{
	(void)state;
	size_t n, later = 0;
	const struct suggest_row *rows = suggest_rows(&n);

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			later += rows[j].applies(&rows[i].example);
	/* The last row alone applies to all of them: so order decides. */
	assert_true(later >= n - 1);
}

static void the_last_row_answers_anything_and_says_look(void **state)
{
	(void)state;
	size_t n;
	const struct suggest_row *rows = suggest_rows(&n);
	struct source_facts nothing = {0}, odd;

	memset(&odd, 0xff, sizeof(odd)); /* all figures -1 */
	assert_true(rows[n - 1].applies(&nothing));
	assert_true(rows[n - 1].applies(&odd));
	assert_int_equal(rows[n - 1].suggestion, SUGGEST_LOOK);
	LOOKS(&odd, "empty");
}

static void names_are_different_and_fit_for_programs(void **state)
{
	(void)state;
	size_t n;
	const struct suggest_row *rows = suggest_rows(&n);

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(strspn(rows[i].name, "abcdefghijklmnopqrstuvwxyz-"), strlen(rows[i].name));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(rows[i].name, rows[j].name);
	}
	assert_string_equal(suggestion_name(SUGGEST_LOOK), "look");
	assert_string_equal(suggestion_name(SUGGEST_EXEMPT), "exempt");
	assert_string_equal(suggestion_name(SUGGEST_MOVE), "move");
	assert_string_equal(suggestion_name(SUGGEST_BLOCK), "block");
}

static void assert_text(const char *s, size_t cap)
{
	size_t n = strlen(s);

	assert_true(n > 0 && n < cap);
	for (size_t i = 0; i < n; i++)
		assert_true(s[i] >= ' ' && s[i] <= '~' && !strchr("{}|", s[i]));
}

/* Figures of ten digits where the example has any, so that rows keep their answer. */
static void enlarge(struct source_facts *f)
{
	int64_t *counts[] = {f->fates, f->spf, f->dkim, f->dmarc, f->spam};
	size_t sizes[] = {FATE_COUNT, EVIDENCE_COUNT, EVIDENCE_COUNT, EVIDENCE_COUNT, EVIDENCE_COUNT};
	int64_t *single[] = {&f->mails,     &f->lost,         &f->senders, &f->recipients, &f->clients, &f->may_return,
	                     &f->days_seen, &f->days_watched, &f->listed,  &f->logins,     &f->tls};

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		for (size_t j = 0; j < sizes[i]; j++)
			counts[i][j] = counts[i][j] ? TEN_DIGITS : 0;
	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++)
		*single[i] = *single[i] ? TEN_DIGITS : 0;
}

static void reasons_fit_a_screen_whatever_the_figures(void **state)
{
	(void)state;
	size_t n;
	const struct suggest_row *rows = suggest_rows(&n);

	for (size_t i = 0; i < n; i++) {
		struct source_facts f = rows[i].example;
		struct suggested out;
		suggest(&f, &out);
		assert_text(out.reason, SUGGEST_REASON);
		assert_text(out.sentence, SUGGEST_SENTENCE);
		enlarge(&f);
		suggest(&f, &out);
		assert_text(out.reason, SUGGEST_REASON - 1); /* shorter than its buffer: not cut */
		assert_text(out.sentence, SUGGEST_SENTENCE - 1);
		assert_int_equal(out.sentence[strlen(out.sentence) - 1], '.');
	}
}

static void the_longest_names_of_checks_fit_too(void **state)
{
	(void)state;
	struct source_facts f = delivered();
	struct suggested out;

	f.spf[EVIDENCE_FAIL] = f.dmarc[EVIDENCE_FAIL] = 10;
	suggest(&f, &out);
	assert_string_equal(out.reason, "delivered, though SPF and DMARC said fail or softfail");
	f.dkim[EVIDENCE_PASS] = f.dmarc[EVIDENCE_PASS] = 10;
	suggest(&f, &out);
	assert_string_equal(out.reason, "DKIM and DMARC pass, but SPF and DMARC fail or softfail");
	assert_text(out.sentence, SUGGEST_SENTENCE - 1);
}

static void figures_are_told_with_the_right_noun(void **state)
{
	(void)state;
	struct source_facts f = delivered();
	struct suggested out;

	f.mails = f.lost = f.clients = f.days_seen = 1;
	f.tls = 1;
	suggest(&f, &out);
	assert_string_equal(out.reason, "seen on only 1 day");
	assert_string_equal(
	    out.sentence,
	    "It was seen on only 1 day, too few to judge it by. 1 mail (1 would be lost) from 1 sender at "
	    "1 address to 7 recipients, on 1 of 30 days watched, 1 over TLS.");
	f.days_seen = 2;
	assert_reason(&f, "seen on only 2 days");
}

static void the_reasons_of_the_dashboard_are_those_of_the_contract(void **state)
{
	(void)state;
	struct source_facts news = delivered(), printer = delivered(), botnet = refused();

	news.spf[EVIDENCE_PASS] = 20;
	assert_reason(&news, "SPF pass, 18 days");
	printer.kind = SOURCE_INSIDE;
	assert_reason(&printer, "inside host");
	botnet.kind = SOURCE_NET;
	botnet.spf[EVIDENCE_FAIL] = 19;
	assert_reason(&botnet, "never delivered; SPF fail on 19 mails");
}

/* ------------------------------------------------------------------ each row, and where it ends */

static void without_a_mail_there_is_nothing_to_judge(void **state)
{
	(void)state;
	struct source_facts f = {.kind = SOURCE_INSIDE};

	LOOKS(&f, "empty");
	f.mails = 1;
	MOVES(&f, "inside");
}

static void an_inside_host_is_to_move_whatever_spf_says(void **state)
{
	(void)state;
	struct source_facts f = delivered(), g = refused();

	f.kind = g.kind = SOURCE_INSIDE;
	f.spf[EVIDENCE_FAIL] = 20;
	MOVES(&f, "inside");
	MOVES(&g, "inside");
	f.days_seen = 1;
	MOVES(&f, "inside");
}

static void an_inside_host_with_a_virus_is_looked_at_first(void **state)
{
	(void)state;
	static const enum evidence words[] = {EVIDENCE_SPAMMY, EVIDENCE_SPAM, EVIDENCE_INFECTED, EVIDENCE_BANNED};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct source_facts f = delivered();
		f.kind = SOURCE_INSIDE;
		f.spam[words[i]] = 1;
		LOOKS(&f, "inside-bad");
		assert_reason(&f, "inside host, but the filter objected 1 time");
	}
}

static void who_logs_in_for_every_mail_is_to_move_wherever_he_is(void **state)
{
	(void)state;
	struct source_facts f = delivered();

	f.kind = SOURCE_SHARED;
	f.spf[EVIDENCE_FAIL] = 20; /* a notebook in a hotel */
	f.logins = 20;
	MOVES(&f, "login");
	f.logins = 19;
	LOOKS(&f, "doubted-delivered");
}

static void a_login_with_spam_may_be_stolen(void **state)
{
	(void)state;
	struct source_facts f = delivered();

	f.logins = 1;
	f.spam[EVIDENCE_SPAM] = 1;
	LOOKS(&f, "login-bad");
}

static void spf_pass_and_fail_is_looked_at_even_if_nothing_was_delivered(void **state)
{
	(void)state;
	struct source_facts f = delivered(), g = refused();

	f.spf[EVIDENCE_PASS] = g.spf[EVIDENCE_PASS] = 17;
	f.spf[EVIDENCE_SOFTFAIL] = g.spf[EVIDENCE_FAIL] = 3;
	LOOKS(&f, "spf-both");
	LOOKS(&g, "spf-both");
	assert_reason(&f, "SPF pass on 17, fail or softfail on 3");
}

static void checks_that_disagree_are_looked_at_where_mail_was_delivered(void **state)
{
	(void)state;
	struct source_facts f = delivered(), g = refused();

	f.spf[EVIDENCE_FAIL] = g.spf[EVIDENCE_FAIL] = 20;
	f.dkim[EVIDENCE_PASS] = g.dkim[EVIDENCE_PASS] = 20;
	LOOKS(&f, "checks-disagree");
	BLOCKS(&g, "forged-spf"); /* a signature of his own saves no forger */
}

static void spf_pass_with_dmarc_fail_is_looked_at_always(void **state)
{
	(void)state;
	struct source_facts f = delivered(), g = refused();

	f.spf[EVIDENCE_PASS] = g.spf[EVIDENCE_PASS] = 20;
	f.dmarc[EVIDENCE_FAIL] = g.dmarc[EVIDENCE_FAIL] = 1;
	LOOKS(&f, "checks-disagree");
	LOOKS(&g, "checks-disagree");
}

static void spf_pass_does_not_excuse_spam(void **state)
{
	(void)state;
	struct source_facts f = delivered(), g = refused();

	f.spf[EVIDENCE_PASS] = g.spf[EVIDENCE_PASS] = 20;
	f.spam[EVIDENCE_SPAMMY] = 1;
	g.fates[FATE_SPAM] = 1; /* no word, but the fate says it */
	LOOKS(&f, "spf-bad");
	LOOKS(&g, "spf-bad");
}

static void spf_pass_does_not_excuse_a_block_list(void **state)
{
	(void)state;
	struct source_facts f = delivered();

	f.spf[EVIDENCE_PASS] = 20;
	f.listed = 1;
	LOOKS(&f, "spf-listed");
}

static void forgery_that_nobody_received_is_to_be_blocked_even_after_one_day(void **state)
{
	(void)state;
	struct source_facts f = refused();

	f.kind = SOURCE_SHARED;
	f.days_seen = 1;
	LOOKS(&f, "few-days");
	f.listed = 1;
	BLOCKS(&f, "only-listed");
	f.spam[EVIDENCE_INFECTED] = 1;
	BLOCKS(&f, "only-bad");
	f.dmarc[EVIDENCE_FAIL] = 1;
	BLOCKS(&f, "forged-dmarc");
	f.spf[EVIDENCE_FAIL] = 1;
	BLOCKS(&f, "forged-spf");
}

static void nothing_that_loses_mail_is_ever_blocked_by_our_suggestion(void **state)
{
	(void)state;
	static const enum fate losing[] = {FATE_DELIVERED, FATE_QUEUED, FATE_HELD, FATE_UNKNOWN};

	for (size_t i = 0; i < sizeof(losing) / sizeof(*losing); i++) {
		struct source_facts f = refused();
		struct suggested out;
		f.spf[EVIDENCE_FAIL] = 20;
		f.spam[EVIDENCE_SPAM] = 20;
		f.listed = 20;
		BLOCKS(&f, "forged-spf");
		f.fates[losing[i]] = 1; /* though `lost` does not say so */
		suggest(&f, &out);
		assert_int_equal(out.suggestion, SUGGEST_LOOK);
		f.fates[losing[i]] = 0;
		f.lost = 1; /* and the other way */
		suggest(&f, &out);
		assert_int_equal(out.suggestion, SUGGEST_LOOK);
	}
}

static void softfail_alone_is_no_forgery(void **state)
{
	(void)state;
	struct source_facts f = refused();

	f.spf[EVIDENCE_SOFTFAIL] = 20;
	BLOCKS(&f, "never-delivered");
	f.days_seen = 1;
	LOOKS(&f, "few-days");
}

static void what_may_return_is_waited_for(void **state)
{
	(void)state;
	struct source_facts f = refused();

	f.fates[FATE_TEMPFAILED] = 1;
	BLOCKS(&f, "never-delivered");
	f.may_return = 1;
	LOOKS(&f, "waiting");
	f.spf[EVIDENCE_PASS] = 20;
	LOOKS(&f, "waiting");
	f.may_return = 0;
	LOOKS(&f, "vouched-undelivered");
}

static void a_vouched_sender_of_whom_nothing_arrives_is_looked_at(void **state)
{
	(void)state;
	struct source_facts f = refused();

	f.dkim[EVIDENCE_PASS] = 1;
	LOOKS(&f, "vouched-undelivered");
	assert_reason(&f, "DKIM pass, but never delivered");
	f.dmarc[EVIDENCE_PASS] = 1;
	assert_reason(&f, "DKIM and DMARC pass, but never delivered");
}

static void what_is_still_queued_or_unknown_is_looked_at(void **state)
{
	(void)state;
	struct source_facts f = refused();

	f.lost = 1;
	f.fates[FATE_QUEUED] = 1;
	f.spf[EVIDENCE_PASS] = 20;
	LOOKS(&f, "unsettled");
	f.fates[FATE_DELIVERED] = 1;
	EXEMPTS(&f, "spf-good");
}

static void mail_that_was_delivered_though_something_spoke_against_it_is_looked_at(void **state)
{
	(void)state;
	struct source_facts f = delivered();

	f.kind = SOURCE_SHARED; /* of a shared source too, for this is the better reason */
	f.listed = 1;
	LOOKS(&f, "listed-delivered");
	f.spam[EVIDENCE_SPAMMY] = 1;
	LOOKS(&f, "bad-delivered");
	f.spf[EVIDENCE_SOFTFAIL] = 1;
	LOOKS(&f, "doubted-delivered");
}

static void a_shared_source_is_never_exempt(void **state)
{
	(void)state;
	struct source_facts f = delivered();

	f.kind = SOURCE_SHARED;
	f.spf[EVIDENCE_PASS] = f.dkim[EVIDENCE_PASS] = f.dmarc[EVIDENCE_PASS] = 20;
	LOOKS(&f, "shared");
	assert_reason(&f, "thousands share it; only by sender");
}

static void too_few_days_are_looked_at(void **state)
{
	(void)state;
	struct source_facts f = delivered(), g = refused();

	f.spf[EVIDENCE_PASS] = 20;
	f.days_seen = g.days_seen = SUGGEST_DAYS - 1;
	LOOKS(&f, "few-days");
	LOOKS(&g, "few-days");
	f.days_seen = g.days_seen = SUGGEST_DAYS;
	EXEMPTS(&f, "spf-good");
	BLOCKS(&g, "never-delivered");
}

static void what_never_was_delivered_is_blocked_however_it_ended(void **state)
{
	(void)state;
	static const enum fate ends[] = {FATE_BOUNCED, FATE_REFUSED, FATE_TEMPFAILED, FATE_ABORTED, FATE_DISCARDED};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct source_facts f = refused();
		f.fates[FATE_REFUSED] = 0;
		f.fates[ends[i]] = 20;
		BLOCKS(&f, "never-delivered");
	}
}

static void two_results_for_one_mail_are_unclear(void **state)
{
	(void)state;
	struct source_facts f = delivered();

	f.spf[EVIDENCE_PASS] = 20;
	f.spam[EVIDENCE_MIXED] = 1;
	LOOKS(&f, "unclear");
	f.spam[EVIDENCE_MIXED] = 0;
	f.dmarc[EVIDENCE_MIXED] = 1;
	LOOKS(&f, "unclear");
	assert_reason(&f, "two different results for one mail, 1 time");
	f.dmarc[EVIDENCE_MIXED] = 0;
	f.dkim[EVIDENCE_MIXED] = 1; /* two signatures: tells nothing */
	EXEMPTS(&f, "spf-good");
	f.dkim[EVIDENCE_FAIL] = 19;
	EXEMPTS(&f, "spf-good");
}

static void a_network_without_a_name_is_never_exempt_as_a_whole(void **state)
{
	(void)state;
	struct source_facts f = delivered();

	f.kind = SOURCE_NET;
	f.spf[EVIDENCE_PASS] = 20;
	LOOKS(&f, "no-name");
	f.spf[EVIDENCE_PASS] = 0;
	LOOKS(&f, "anything");
}

static void one_mail_without_a_pass_is_one_too_many_to_exempt(void **state)
{
	(void)state;
	struct source_facts f = delivered();
	struct {
		int64_t *pass;
		const char *rule;
	} checks[] = {{f.spf, "spf-good"}, {f.dmarc, "dmarc-good"}, {f.dkim, "dkim-good"}};

	for (size_t i = 0; i < 3; i++) {
		checks[i].pass[EVIDENCE_PASS] = 20;
		EXEMPTS(&f, checks[i].rule);
		checks[i].pass[EVIDENCE_PASS] = 19;
		LOOKS(&f, "partly-vouched");
		checks[i].pass[EVIDENCE_PASS] = 21; /* more than there are: a mistake exempts nobody */
		LOOKS(&f, "partly-vouched");
		checks[i].pass[EVIDENCE_PASS] = 0;
	}
	f.spf[EVIDENCE_PASS] = f.dkim[EVIDENCE_PASS] = 10; /* of which mails? */
	LOOKS(&f, "partly-vouched");
}

static void if_nothing_was_said_nothing_is_suggested(void **state)
{
	(void)state;
	struct source_facts f = delivered();

	LOOKS(&f, "anything");
	f.spam[EVIDENCE_CLEAN] = 20;
	f.spf[EVIDENCE_NO_RECORD] = 10;
	f.spf[EVIDENCE_NEUTRAL] = 10;
	f.tls = 20;
	LOOKS(&f, "anything");
}

/* Whatever is known besides: nothing is exempt unless every word of the principle is true. */
static void no_combination_exempts_what_must_not_be(void **state)
{
	(void)state;
	struct suggested out;
	int exempt = 0;

	for (unsigned bits = 0; bits < 1u << 12; bits++) {
		struct source_facts f = delivered();
		f.kind = (enum source_kind)(bits & 3);
		f.spf[EVIDENCE_PASS] = bits & 4 ? 20 : 0;
		f.dkim[EVIDENCE_PASS] = bits & 8 ? 20 : 0;
		f.dmarc[EVIDENCE_PASS] = bits & 16 ? 20 : 0;
		f.spf[EVIDENCE_FAIL] = bits & 32 ? 1 : 0;
		f.dmarc[EVIDENCE_FAIL] = bits & 64 ? 1 : 0;
		f.spam[EVIDENCE_SPAM] = bits & 128 ? 1 : 0;
		f.listed = bits & 256 ? 1 : 0;
		f.days_seen = bits & 512 ? 1 : 18;
		f.fates[FATE_DELIVERED] = bits & 1024 ? 0 : 20;
		f.lost = bits & 2048 ? 0 : 20;
		suggest(&f, &out);
		bool good = f.kind == SOURCE_ORG && (bits & 28) && !(bits & (32 | 64 | 128 | 256 | 512 | 1024));
		assert_int_equal(out.suggestion == SUGGEST_EXEMPT, good);
		exempt += good;
	}
	assert_int_equal(exempt, 14);
}

/* Asked alone, out of the order of the table. */
static void no_row_that_exempts_relies_on_those_above_it(void **state)
{
	(void)state;
	size_t n, exempting = 0;
	const struct suggest_row *rows = suggest_rows(&n);

	for (size_t i = 0; i < n; i++) {
		if (rows[i].suggestion != SUGGEST_EXEMPT)
			continue;
		exempting++;
		for (int change = 0; change < 12; change++) {
			struct source_facts f = rows[i].example;
			switch (change) {
			case 0: f.kind = SOURCE_SHARED; break;
			case 1: f.kind = SOURCE_NET; break;
			case 2: f.kind = SOURCE_INSIDE; break;
			case 3: f.fates[FATE_DELIVERED] = 0; break;
			case 4: f.days_seen = SUGGEST_DAYS - 1; break;
			case 5: f.spf[EVIDENCE_FAIL] = 1; break;
			case 6: f.spf[EVIDENCE_SOFTFAIL] = 1; break;
			case 7: f.dmarc[EVIDENCE_FAIL] = 1; break;
			case 8: f.spam[EVIDENCE_SPAM] = 1; break;
			case 9: f.listed = 1; break;
			case 10: f.spf[EVIDENCE_MIXED] = 1; break;
			default: f.mails++; break;
			}
			assert_true(rows[i].applies(&rows[i].example));
			assert_false(rows[i].applies(&f));
		}
	}
	assert_int_equal(exempting, 3);
}

static void figures_beyond_any_log_are_cut_at_the_end_of_the_buffer(void **state)
{
	(void)state;
	struct source_facts f = delivered();
	struct suggested out;

	f.spf[EVIDENCE_PASS] = f.spf[EVIDENCE_FAIL] = INT64_C(1000000000000000000);
	memset(&out, 'x', sizeof(out));
	suggest(&f, &out);
	assert_string_equal(out.rule, "spf-both");
	assert_int_equal(strlen(out.reason), SUGGEST_REASON - 1);
	assert_int_equal(strncmp(out.reason, "SPF pass on 1000000000000000000, fail or", 40), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_example_is_answered_by_its_own_row_and_no_earlier_one),
	    cmocka_unit_test(the_first_row_that_applies_answers),
	    cmocka_unit_test(the_last_row_answers_anything_and_says_look),
	    cmocka_unit_test(names_are_different_and_fit_for_programs),
	    cmocka_unit_test(reasons_fit_a_screen_whatever_the_figures),
	    cmocka_unit_test(the_longest_names_of_checks_fit_too),
	    cmocka_unit_test(figures_are_told_with_the_right_noun),
	    cmocka_unit_test(the_reasons_of_the_dashboard_are_those_of_the_contract),
	    cmocka_unit_test(without_a_mail_there_is_nothing_to_judge),
	    cmocka_unit_test(an_inside_host_is_to_move_whatever_spf_says),
	    cmocka_unit_test(an_inside_host_with_a_virus_is_looked_at_first),
	    cmocka_unit_test(who_logs_in_for_every_mail_is_to_move_wherever_he_is),
	    cmocka_unit_test(a_login_with_spam_may_be_stolen),
	    cmocka_unit_test(spf_pass_and_fail_is_looked_at_even_if_nothing_was_delivered),
	    cmocka_unit_test(checks_that_disagree_are_looked_at_where_mail_was_delivered),
	    cmocka_unit_test(spf_pass_with_dmarc_fail_is_looked_at_always),
	    cmocka_unit_test(spf_pass_does_not_excuse_spam),
	    cmocka_unit_test(spf_pass_does_not_excuse_a_block_list),
	    cmocka_unit_test(forgery_that_nobody_received_is_to_be_blocked_even_after_one_day),
	    cmocka_unit_test(nothing_that_loses_mail_is_ever_blocked_by_our_suggestion),
	    cmocka_unit_test(softfail_alone_is_no_forgery),
	    cmocka_unit_test(what_may_return_is_waited_for),
	    cmocka_unit_test(a_vouched_sender_of_whom_nothing_arrives_is_looked_at),
	    cmocka_unit_test(what_is_still_queued_or_unknown_is_looked_at),
	    cmocka_unit_test(mail_that_was_delivered_though_something_spoke_against_it_is_looked_at),
	    cmocka_unit_test(a_shared_source_is_never_exempt),
	    cmocka_unit_test(too_few_days_are_looked_at),
	    cmocka_unit_test(what_never_was_delivered_is_blocked_however_it_ended),
	    cmocka_unit_test(two_results_for_one_mail_are_unclear),
	    cmocka_unit_test(a_network_without_a_name_is_never_exempt_as_a_whole),
	    cmocka_unit_test(one_mail_without_a_pass_is_one_too_many_to_exempt),
	    cmocka_unit_test(if_nothing_was_said_nothing_is_suggested),
	    cmocka_unit_test(no_combination_exempts_what_must_not_be),
	    cmocka_unit_test(no_row_that_exempts_relies_on_those_above_it),
	    cmocka_unit_test(figures_beyond_any_log_are_cut_at_the_end_of_the_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
