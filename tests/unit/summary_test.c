#include "verdict_world.h"

#include <time.h>

#include "../../ui/encode.h"
#include "../../ui/summary.h"

/* ------------------------------------------------------------------ the leaflet */

static struct leaflet page;
static struct text out;

static int release(void **state)
{
	(void)state;
	leaflet_release(&page);
	text_release(&out);
	return 0;
}

static const char *as_text(void)
{
	text_clear(&out);
	leaflet_text(&out, &page);
	return out.p;
}

static const char *as_html(void)
{
	text_clear(&out);
	leaflet_html(&out, &page);
	return out.p;
}

static void assert_no_line_wider(int cols)
{
	struct slice rest = slice_of(out.p, out.n);

	while (rest.n) {
		ptrdiff_t n = slice_chr(rest, '\n');
		assert_true(n >= 0);
		for (ptrdiff_t i = 0; i < n; i++)
			assert_true((unsigned char)rest.p[i] >= ' ' && rest.p[i] != 0x7f);
		assert_true(encode_width(slice_head(rest, (size_t)n)) <= cols);
		rest = slice_from(rest, (size_t)n + 1);
	}
}

static void a_long_line_is_broken_between_words(void **state)
{
	(void)state;
	leaflet_say(&page, BLOCK_ITEM, "%s",
	            "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen");
	assert_string_equal(as_text(), "* one two three four five six seven eight nine ten eleven twelve thirteen\n"
	                               "  fourteen fifteen\n");
}

static void a_figure_is_not_broken(void **state)
{
	(void)state;
	leaflet_say(&page, BLOCK_LINE, "%s",
	            "seventy columns of words stand before the figure which is as large 12 345 678 x");
	assert_string_equal(as_text(),
	                    "seventy columns of words stand before the figure which is as large\n12 345 678 x\n");
}

static void digits_and_blanks_of_a_stranger_are_broken_all_the_same(void **state)
{
	(void)state;
	leaflet_say(
	    &page, BLOCK_LINE, "%s",
	    "1 222 333 444 555 666 777 888 999 111 222 333 444 555 666 777 888 999 111 222 333 444 555 666 777");
	as_text();
	assert_no_line_wider(LEAFLET_WIDTH);
	assert_null(strstr(out.p, "…"));
}

static void no_text_is_wider_than_a_line(void **state)
{
	char wide[400] = "";

	(void)state;
	for (int i = 0; i < 120; i++)
		strcat(wide, i % 3 ? "x" : "\346\227\245");
	leaflet_say(&page, BLOCK_TITLE, "%s", wide);
	leaflet_say(&page, BLOCK_LINE, "a %s b", wide);
	leaflet_say(&page, BLOCK_ITEM, "%s", "\033[2J\r\nBcc: x\n\n.\n\342\200\256evil");
	leaflet_row(&page, BLOCK_ROW);
	for (int i = 0; i < LEAFLET_CELLS; i++)
		leaflet_cell(&page, "%s", wide);
	as_text();
	assert_no_line_wider(LEAFLET_WIDTH);
	assert_null(strstr(out.p, "\nBcc:"));
	assert_null(strstr(out.p, "\342\200\256"));
}

static void a_name_wider_than_its_column_has_a_line_of_its_own(void **state)
{
	(void)state;
	leaflet_row(&page, BLOCK_ROW);
	leaflet_cell(&page, "%s", "a.name.that.is.wider.than.its.column.example");
	leaflet_cell(&page, "7");
	leaflet_cell(&page, "block");
	assert_string_equal(as_text(), "  a.name.that.is.wider.than.its.column.example\n"
	                               "                                     7 block\n");
}

static void nothing_of_a_stranger_is_markup(void **state)
{
	(void)state;
	leaflet_say(&page, BLOCK_TITLE, "%s", "</title><script>alert('1')</script>");
	leaflet_row(&page, BLOCK_ROW);
	leaflet_cell(&page, "%s", "\"><img src=x onerror=alert(1)>&lt;");
	as_html();
	assert_null(strstr(out.p, "<script"));
	assert_null(strstr(out.p, "<img"));
	assert_non_null(strstr(out.p, "&lt;img src=x onerror=alert(1)&gt;&amp;lt;"));
}

static void lists_and_tables_are_closed_where_they_end(void **state)
{
	(void)state;
	leaflet_say(&page, BLOCK_TITLE, "t");
	leaflet_say(&page, BLOCK_ITEM, "a");
	leaflet_say(&page, BLOCK_ITEM, "b");
	leaflet_row(&page, BLOCK_ROW);
	leaflet_cell(&page, "c");
	leaflet_say(&page, BLOCK_LINE, "d");
	leaflet_say(&page, BLOCK_ITEM, "e");
	as_html();
	assert_non_null(strstr(out.p, "<li>a</li>\n<li>b</li>\n</ul>\n<table"));
	assert_non_null(strstr(out.p, "</tr>\n</table>\n<p"));
	assert_non_null(strstr(out.p, "<li>e</li>\n</ul>\n</body>\n</html>\n"));
}

/* ------------------------------------------------------------------ a day beside the days before */

#define TODAY 10
static struct summary s;
static struct settings settings;
static struct origin *origin;

static int open_days(void **state)
{
	world_open(state);
	world_sql("UPDATE generation SET first_stamp = %lld", (long long)NOON(0) - DAY_US / 2);
	settings_default(&settings);
	origin = origin_new(NULL, 0, NULL, 0);
	s = (struct summary){0};
	return 0;
}

static int close_days(void **state)
{
	summary_release(&s);
	settings_release(&settings);
	origin = origin_free(origin);
	return world_close(state);
}

static void mails(int n, int client, int day, enum fate fate, enum evidence spf)
{
	for (int i = 0; i < n; i++)
		world_mail(BOSS, client, day, fate, spf);
}

static const struct summary_rule *tell(int day)
{
	struct reader *r = world_reader();

	world_sql("UPDATE generation SET last_stamp = %lld", (long long)NOON(TODAY + 1));
	summary_release(&s);
	summary_load(&s, r, &settings, origin, DAY_ONE + day, NOON(TODAY + 20));
	reader_close(r);
	assert_true(s.read);
	assert_int_equal(s.rules, 1);
	return &s.rule[0];
}

static bool changed(const struct summary_rule *r, const char *source, const char *how)
{
	for (size_t i = 0; i < r->changes; i++)
		if (strcmp(r->change[i].source->name, source) == 0 && strstr(r->change[i].how, how))
			return true;
	return false;
}

static void a_source_is_new_on_the_day_of_its_first_loss_alone(void **state)
{
	(void)state;
	mails(1, STRANGER, 2, FATE_REFUSED, EVIDENCE_FAIL);
	mails(1, STRANGER, TODAY, FATE_DELIVERED, EVIDENCE_FAIL);
	mails(1, NEWS_A, 3, FATE_DELIVERED, EVIDENCE_PASS);
	mails(1, NEWS_A, TODAY, FATE_DELIVERED, EVIDENCE_PASS);
	mails(1, SIX, TODAY, FATE_SPAM, EVIDENCE_FAIL);
	mails(1, STRANGER, TODAY + 1, FATE_DELIVERED, EVIDENCE_FAIL);
	const struct summary_rule *r = tell(TODAY);
	assert_int_equal(r->fresh_n, 1);
	assert_string_equal(r->fresh[0]->name, "203.0.113.0/24");
	assert_int_equal(r->harmless, 1);
	assert_int_equal(r->day->mails, 3);
	assert_int_equal(r->day->lost, 2);
	assert_int_equal(tell(TODAY + 1)->fresh_n, 0);
}

static void evidence_that_turns_is_told(void **state)
{
	(void)state;
	mails(4, NEWS_A, 2, FATE_DELIVERED, EVIDENCE_PASS);
	mails(3, NEWS_A, TODAY, FATE_DELIVERED, EVIDENCE_FAIL);
	assert_true(changed(tell(TODAY), "news.example", "SPF was pass before, and is fail now"));
}

static void two_mails_turn_nothing(void **state)
{
	(void)state;
	mails(4, NEWS_A, 2, FATE_DELIVERED, EVIDENCE_PASS);
	mails(2, NEWS_A, TODAY, FATE_DELIVERED, EVIDENCE_FAIL);
	assert_false(changed(tell(TODAY), "news.example", "SPF"));
}

static void five_times_the_mails_are_told(void **state)
{
	(void)state;
	for (int day = 0; day < TODAY; day++)
		mails(2, NEWS_A, day, FATE_DELIVERED, EVIDENCE_PASS);
	mails(10, NEWS_A, TODAY, FATE_DELIVERED, EVIDENCE_PASS);
	assert_true(changed(tell(TODAY), "news.example", "10 mails that day, 2.0 a day before"));
}

static void four_times_are_not(void **state)
{
	(void)state;
	for (int day = 0; day < TODAY; day++)
		mails(3, NEWS_A, day, FATE_DELIVERED, EVIDENCE_PASS);
	mails(12, NEWS_A, TODAY, FATE_DELIVERED, EVIDENCE_PASS);
	assert_false(changed(tell(TODAY), "news.example", "a day before"));
}

static void a_new_network_of_what_was_decided_is_told(void **state)
{
	(void)state;
	mails(1, NEWS_A, 2, FATE_DELIVERED, EVIDENCE_PASS);
	mails(1, PRINTER, 2, FATE_DELIVERED, EVIDENCE_PASS);
	mark_as("source:news.example", VERDICT_EXEMPT);
	mails(1, NEWS_B, TODAY, FATE_DELIVERED, EVIDENCE_PASS);
	mails(1, PRINTER, TODAY, FATE_DELIVERED, EVIDENCE_PASS);
	const struct summary_rule *r = tell(TODAY);
	assert_true(changed(r, "news.example", "1 network never seen before, and its verdict is exempt"));
	assert_false(changed(r, "10.20.30.77", "network"));
	assert_false(changed(tell(TODAY + 1), "news.example", "network"));
}

static void a_verdict_is_told_on_the_day_it_was_said(void **state)
{
	(void)state;
	mails(1, NEWS_A, 2, FATE_DELIVERED, EVIDENCE_PASS);
	mark_as("source:news.example", VERDICT_EXEMPT);
	world_sql("UPDATE human_verdict SET at = %lld", (long long)NOON(TODAY));
	tell(TODAY);
	assert_int_equal(s.said_n, 1);
	assert_string_equal(s.said[0].verdict, "exempt");
	assert_false(s.said[0].expired);
	tell(TODAY - 1);
	assert_int_equal(s.said_n, 0);
}

static void a_verdict_is_told_when_it_has_expired(void **state)
{
	(void)state;
	mails(1, NEWS_A, 2, FATE_DELIVERED, EVIDENCE_PASS);
	mark_as("source:news.example", VERDICT_EXEMPT);
	world_sql("UPDATE human_verdict SET at = 1, expires = %d", DAY_ONE + TODAY);
	tell(TODAY);
	assert_int_equal(s.said_n, 1);
	assert_true(s.said[0].expired);
	mark_as("source:news.example", VERDICT_BLOCK);
	world_sql("UPDATE human_verdict SET at = 1");
	tell(TODAY);
	assert_int_equal(s.said_n, 0); /* another word stands since then */
}

static void a_hole_is_told_on_the_days_that_it_reaches_into(void **state)
{
	(void)state;
	mails(1, NEWS_A, 2, FATE_DELIVERED, EVIDENCE_PASS);
	world_sql("INSERT INTO hole (gen, from_time, to_time, cause) VALUES (1, %lld, %lld, 'lost')",
	          (long long)NOON(TODAY - 1), (long long)NOON(TODAY));
	assert_int_equal(tell(TODAY - 2)->holes, 0);
	assert_int_equal(tell(TODAY - 1)->holes, 1);
	assert_int_equal(tell(TODAY)->holes, 1);
	assert_int_equal(tell(TODAY + 1)->holes, 0);
}

static void a_day_may_have_23_or_25_hours(void **state)
{
	const int64_t hour = INT64_C(3600000000);
	struct reader *r = world_reader();

	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	summary_load(&s, r, &settings, origin, DAY_ONE + 23, NOON(400)); /* 2024-10-27 */
	assert_int_equal(s.to - s.from, 25 * hour);
	int64_t end = s.to;
	summary_release(&s);
	summary_load(&s, r, &settings, origin, DAY_ONE + 24, NOON(400));
	assert_int_equal(s.from, end);
	summary_release(&s);
	summary_load(&s, r, &settings, origin, DAY_ONE + 177, NOON(400)); /* 2025-03-30 */
	assert_int_equal(s.to - s.from, 23 * hour);
	reader_close(r);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void a_day_like_the_one_before_has_nothing_new(void **state)
{
	(void)state;
	for (int day = 0; day < TODAY + 1; day++)
		mails(2, NEWS_A, day, FATE_DELIVERED, EVIDENCE_PASS);
	tell(TODAY);
	assert_false(s.anything);
}

#define T(test) cmocka_unit_test_teardown(test, release)
#define D(test) cmocka_unit_test_setup_teardown(test, open_days, close_days)
int main(void)
{
	setenv("TZ", "UTC", 1);
	const struct CMUnitTest tests[] = {
	    T(a_long_line_is_broken_between_words),
	    T(a_figure_is_not_broken),
	    T(digits_and_blanks_of_a_stranger_are_broken_all_the_same),
	    T(no_text_is_wider_than_a_line),
	    T(a_name_wider_than_its_column_has_a_line_of_its_own),
	    T(nothing_of_a_stranger_is_markup),
	    T(lists_and_tables_are_closed_where_they_end),
	    D(a_source_is_new_on_the_day_of_its_first_loss_alone),
	    D(evidence_that_turns_is_told),
	    D(two_mails_turn_nothing),
	    D(five_times_the_mails_are_told),
	    D(four_times_are_not),
	    D(a_new_network_of_what_was_decided_is_told),
	    D(a_verdict_is_told_on_the_day_it_was_said),
	    D(a_verdict_is_told_when_it_has_expired),
	    D(a_hole_is_told_on_the_days_that_it_reaches_into),
	    D(a_day_may_have_23_or_25_hours),
	    D(a_day_like_the_one_before_has_nothing_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
