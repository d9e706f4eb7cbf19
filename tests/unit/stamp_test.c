#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../../parsers/stamp.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define LORD_HOWE "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
#define YEARLESS STAMP_YEARLESS

static struct stamp_clock clk;

static void zone(const char *tz, int year)
{
	setenv("TZ", tz, 1);
	tzset();
	stamp_clock_init(&clk, year);
}

static int in_utc(void **state)
{
	(void)state;
	zone("UTC0", 2026);
	return 0;
}

static int in_berlin(void **state)
{
	(void)state;
	zone(BERLIN, 2026);
	return 0;
}

/* Reads the stamp from a buffer that ends where the text ends; *used gets its length, 0 if there is none. */
static struct stamp scan(const char *text, size_t *used)
{
	size_t n = strlen(text);
	char *exact = malloc(n ? n : 1);
	struct stamp st = {0};

	assert_non_null(exact);
	memcpy(exact, text, n);
	if (!stamp_scan(&clk, slice_of(exact, n), &st, used))
		*used = 0;
	assert_int_equal(*used, stamp_length(slice_of(exact, n)));
	free(exact);
	return st;
}

static void assert_stamp(const char *text, const char *utc, int flags)
{
	char buf[STAMP_TEXT];
	size_t used;
	struct stamp st = scan(text, &used);

	assert_int_equal(used, strlen(text));
	stamp_text(st.us, st.digits, buf);
	assert_string_equal(buf, utc);
	assert_int_equal(st.flags, flags);
}

static void assert_no_stamp(const char *text)
{
	size_t used;
	struct stamp_clock before = clk;

	scan(text, &used);
	assert_int_equal(used, 0);
	assert_memory_equal(&before, &clk, sizeof(clk));
}

static void each_bsd_spelling_is_read(void **state)
{
	(void)state;
	assert_stamp("Mar  5 07:08:09", "2026-03-05T07:08:09Z", YEARLESS);
	assert_stamp("Mar 05 07:08:09", "2026-03-05T07:08:09Z", YEARLESS);
	assert_stamp("Mar 05 07:08:09.123456", "2026-03-05T07:08:09.123456Z", YEARLESS);
	assert_stamp("Mar 05 07:08:10.5", "2026-03-05T07:08:10.5Z", YEARLESS);
	assert_stamp("Mar 15 17:28:39", "2026-03-15T17:28:39Z", YEARLESS);
}

static void each_month_has_its_name(void **state)
{
	static const char names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	(void)state;
	for (int i = 0; i < 12; i++) {
		char text[] = "xxx  5 07:08:09", utc[] = "2026-00-05T07:08:09Z";
		memcpy(text, names[i], 3);
		utc[5] = (char)('0' + (i + 1) / 10);
		utc[6] = (char)('0' + (i + 1) % 10);
		assert_stamp(text, utc, YEARLESS);
		assert_int_equal(stamp_bsd_month(slice_str(text)), i + 1);
	}
}

static void each_iso_spelling_is_read(void **state)
{
	(void)state;
	assert_stamp("2026-03-05T07:08:09Z", "2026-03-05T07:08:09Z", 0);
	assert_stamp("2026-03-05T07:08:09.123456+01:00", "2026-03-05T06:08:09.123456Z", 0);
	assert_stamp("2026-03-05T07:08:09+0100", "2026-03-05T06:08:09Z", 0);
	assert_stamp("2026-03-05T07:08:09.5-05:30", "2026-03-05T12:38:09.5Z", 0);
	assert_stamp("2026-03-05T07:08:09.123456789Z", "2026-03-05T07:08:09.123456Z", 0);
	assert_stamp("2026-03-05T07:08:09.1234567Z", "2026-03-05T07:08:09.123456Z", 0);
	assert_stamp("2026-03-05T07:08:09.000001-00:00", "2026-03-05T07:08:09.000001Z", 0);
	assert_stamp("2026-03-05T07:08:09.12345678+01:00", "2026-03-05T06:08:09.123456Z", 0);
}

static void short_full_takes_utc_as_utc_and_any_other_name_as_local(void **state)
{
	(void)state;
	zone(BERLIN, 0);
	assert_stamp("Thu 2026-03-05 07:08:09 CET", "2026-03-05T06:08:09Z", 0);
	assert_stamp("Thu 2026-03-05 07:08:09 UTC", "2026-03-05T07:08:09Z", 0);
	assert_stamp("Thu 2026-03-05 07:08:09 GMT", "2026-03-05T07:08:09Z", 0);
	assert_stamp("Thu 2026-03-05 07:08:09 PST", "2026-03-05T06:08:09Z", 0);
	assert_stamp("Thu 2026-03-05 07:08:09 +03", "2026-03-05T06:08:09Z", 0);
}

static void epoch_stamps_are_utc_and_octet_counts_are_none(void **state)
{
	(void)state;
	zone(BERLIN, 0);
	assert_stamp("1772694489.123456", "2026-03-05T07:08:09.123456Z", 0);
	assert_stamp("1772694489", "2026-03-05T07:08:09Z", 0);
	assert_stamp("12.345678", "1970-01-01T00:00:12.345678Z", 0);
	assert_stamp("4102444800", "2100-01-01T00:00:00Z", 0);
	assert_no_stamp("163 <22>1 2026");
	assert_no_stamp("12.34567 gw01");
	assert_no_stamp("1772694489:");
}

static void what_is_no_stamp_moves_nothing(void **state)
{
	static const char *const texts[] = {
	    "",
	    "M",
	    "Mar  5 07:08:0",
	    "Mar  5 07:08:09x",
	    "Mar  5 07:08:09.",
	    "Mar  5 07:08:09. x",
	    "Mrz  5 07:08:09",
	    "mar  5 07:08:09",
	    "Mar   5 7:08:09",
	    "Mar 5 07:08:09 x",
	    "2026-03-05T07:08:0",
	    "2026-03-05T07:08:09+",
	    "2026-03-05T07:08:09+01:0",
	    "2026-03-05T07:08:09Zgw01",
	    "2026-03-05 07:08:09 gw01",
	    "Xxx 2026-03-05 07:08:09 CET",
	    "connect from unknown[192.0.2.7]",
	    "99999999999999999999 x",
	};
	size_t used;

	(void)state;
	scan("Mar  5 07:08:09", &used);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_no_stamp(texts[i]);
}

static void every_beginning_of_a_stamp_is_read_inside_its_bounds(void **state)
{
	static const char *const texts[] = {
	    "Mar  5 07:08:09.123456 gw01",
	    "2026-03-05T07:08:09.123456+01:00 gw01",
	    "Thu 2026-03-05 07:08:09.1 CET gw01",
	    "1772694489.123456 gw01",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t n = 0, used; n <= strlen(texts[i]); n++) {
			char part[64] = "";
			memcpy(part, texts[i], n);
			scan(part, &used);
			assert_true(used <= n);
		}
}

static void lines_of_one_minute_differ_only_in_what_follows_it(void **state)
{
	(void)state;
	assert_stamp("Mar  5 07:08:00", "2026-03-05T07:08:00Z", YEARLESS);
	assert_stamp("Mar  5 07:08:59", "2026-03-05T07:08:59Z", YEARLESS);
	assert_stamp("Mar  5 07:08:01.250", "2026-03-05T07:08:01.250Z", YEARLESS);
	assert_stamp("2026-03-05T07:08:09.000001+01:00", "2026-03-05T06:08:09.000001Z", 0);
	assert_stamp("2026-03-05T07:08:10.900000+01:00", "2026-03-05T06:08:10.900000Z", 0);
	assert_stamp("2026-03-05T07:08:11+01:00", "2026-03-05T06:08:11Z", 0);
	assert_stamp("2026-03-05T07:08:10.900000+02:00", "2026-03-05T05:08:10.900000Z", 0);
	assert_stamp("2026-03-05T07:08:11+02:00", "2026-03-05T05:08:11Z", 0);
	assert_stamp("2026-03-05T07:08:11Z", "2026-03-05T07:08:11Z", 0);
	assert_stamp("2026-03-05T07:08:12", "2026-03-05T07:08:12Z", 0);
	assert_stamp("2026-03-05T07:08:13-0100", "2026-03-05T08:08:13Z", 0);
}

static void the_offset_of_the_line_wins_over_the_zone(void **state)
{
	(void)state;
	assert_stamp("2026-07-05T07:08:09+05:00", "2026-07-05T02:08:09Z", 0);
	assert_stamp("2026-07-05T07:08:09-05:00", "2026-07-05T12:08:09Z", 0);
	assert_stamp("Jul  5 07:08:09", "2026-07-05T05:08:09Z", YEARLESS);
	assert_stamp("Jan  5 07:08:09", "2026-01-05T06:08:09Z", YEARLESS);
}

static void an_impossible_moment_takes_the_time_of_the_line_before(void **state)
{
	static const char *const texts[] = {
	    "Apr 31 07:00:00",      "Feb 30 07:00:00",      "Apr  0 07:00:00",           "Apr  5 24:00:00",
	    "Apr  5 07:60:00",      "Apr  5 07:00:61",      "Feb 29 07:00:00",           "2026-13-05T07:08:09Z",
	    "2026-00-05T07:08:09Z", "0000-01-05T07:08:09Z", "2026-03-05T07:08:09+24:00", "2026-03-05T07:08:09+01:60",
	    "999999999999",
	};
	struct stamp_clock good;

	(void)state;
	assert_stamp("Apr  5 07:00:01", "2026-04-05T07:00:01Z", YEARLESS);
	good = clk;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bool yearless = texts[i][0] > '9';
		assert_stamp(texts[i], "2026-04-05T07:00:01Z", STAMP_BAD | (yearless ? YEARLESS : 0));
		assert_memory_equal(&good, &clk, sizeof(clk));
	}
}

static void an_impossible_first_moment_has_no_time(void **state)
{
	size_t used;
	struct stamp st = scan("Apr 31 07:00:00", &used);

	(void)state;
	assert_int_equal(used, 15);
	assert_true(st.us == STAMP_NONE);
	assert_int_equal(st.flags, STAMP_BAD | YEARLESS);
}

static void second_60_is_the_next_minute(void **state)
{
	(void)state;
	assert_stamp("Jun 30 23:59:60", "2026-07-01T00:00:00Z", YEARLESS);
	assert_stamp("Jun 30 23:59:60.5", "2026-07-01T00:00:00.5Z", YEARLESS);
	assert_stamp("2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z", 0);
}

static void the_year_follows_the_order_of_the_lines(void **state)
{
	(void)state;
	assert_stamp("Dec 31 23:59:59", "2026-12-31T23:59:59Z", YEARLESS);
	assert_stamp("Jan  1 00:00:00", "2027-01-01T00:00:00Z", YEARLESS);
	assert_stamp("Dec 31 23:59:59", "2026-12-31T23:59:59Z", YEARLESS);
	assert_stamp("Jan  1 00:00:01", "2027-01-01T00:00:01Z", YEARLESS);
	assert_stamp("Jun 30 00:00:01", "2027-06-30T00:00:01Z", YEARLESS);
	assert_stamp("Dec  1 00:00:01", "2027-12-01T00:00:01Z", YEARLESS);
	assert_stamp("Jan  1 00:00:01", "2028-01-01T00:00:01Z", YEARLESS);
}

static void a_year_ends_only_where_the_month_moves_by_more_than_six(void **state)
{
	(void)state;
	assert_stamp("Jul  1 00:00:00", "2026-07-01T00:00:00Z", YEARLESS);
	assert_stamp("Jan  1 00:00:00", "2026-01-01T00:00:00Z", YEARLESS);
	assert_stamp("Jul  1 00:00:00", "2026-07-01T00:00:00Z", YEARLESS);
	assert_stamp("Aug  1 00:00:00", "2026-08-01T00:00:00Z", YEARLESS);
	assert_stamp("Jan  1 00:00:00", "2027-01-01T00:00:00Z", YEARLESS);
	assert_stamp("Aug  1 00:00:00", "2026-08-01T00:00:00Z", YEARLESS);
}

static void a_year_from_nowhere_is_unsure(void **state)
{
	(void)state;
	zone("UTC0", 0);
	assert_stamp("Dec 31 23:59:59", "1970-12-31T23:59:59Z", YEARLESS | STAMP_UNSURE);
	assert_stamp("Jan  1 00:00:00", "1971-01-01T00:00:00Z", YEARLESS | STAMP_UNSURE);
	assert_stamp("Jan  1 00:00:01", "1971-01-01T00:00:01Z", YEARLESS | STAMP_UNSURE);
}

static void a_line_with_a_year_anchors_those_without(void **state)
{
	(void)state;
	zone("UTC0", 0);
	assert_stamp("Oct  3 06:07:27", "1970-10-03T06:07:27Z", YEARLESS | STAMP_UNSURE);
	assert_stamp("2025-12-31T23:00:00Z", "2025-12-31T23:00:00Z", 0);
	assert_stamp("Dec 31 23:00:00", "2025-12-31T23:00:00Z", YEARLESS);
	assert_stamp("Jan  1 00:00:00", "2026-01-01T00:00:00Z", YEARLESS);
	assert_stamp("1772694489.123456", "2026-03-05T07:08:09.123456Z", 0);
	assert_stamp("Mar  5 07:08:09", "2026-03-05T07:08:09Z", YEARLESS);
}

static void an_epoch_stamp_anchors_even_inside_the_same_minute(void **state)
{
	(void)state;
	assert_stamp("Mar  5 07:08:09", "2026-03-05T07:08:09Z", YEARLESS);
	assert_stamp("1867302489.000000", "2029-03-04T07:08:09.000000Z", 0);
	assert_stamp("Mar  5 07:08:09", "2029-03-05T07:08:09Z", YEARLESS);
}

static void feb_29_needs_a_leap_year(void **state)
{
	(void)state;
	zone("UTC0", 2028);
	assert_stamp("Feb 29 12:00:00", "2028-02-29T12:00:00Z", YEARLESS);
	zone("UTC0", 2000);
	assert_stamp("Feb 29 12:00:00", "2000-02-29T12:00:00Z", YEARLESS);
	zone("UTC0", 2100);
	assert_stamp("Feb 28 12:00:00", "2100-02-28T12:00:00Z", YEARLESS);
	assert_stamp("Feb 29 12:00:00", "2100-02-28T12:00:00Z", YEARLESS | STAMP_BAD);
}

static void feb_29_chooses_a_year_where_none_is_known(void **state)
{
	(void)state;
	zone("UTC0", 0);
	assert_stamp("Feb 29 12:00:00", "1972-02-29T12:00:00Z", YEARLESS | STAMP_UNSURE);
	assert_stamp("Mar  1 12:00:00", "1972-03-01T12:00:00Z", YEARLESS | STAMP_UNSURE);
}

static void the_second_pass_of_a_repeated_hour_is_known_by_the_step_back(void **state)
{
	(void)state;
	assert_stamp("Oct 25 01:59:59", "2026-10-24T23:59:59Z", YEARLESS);
	assert_stamp("Oct 25 02:00:00", "2026-10-25T00:00:00Z", YEARLESS);
	assert_stamp("Oct 25 02:59:58", "2026-10-25T00:59:58Z", YEARLESS);
	assert_stamp("Oct 25 02:00:01", "2026-10-25T01:00:01Z", YEARLESS | STAMP_FOLDED);
	assert_stamp("Oct 25 02:00:02", "2026-10-25T01:00:02Z", YEARLESS | STAMP_FOLDED);
	assert_stamp("Oct 25 02:45:00", "2026-10-25T01:45:00Z", YEARLESS | STAMP_FOLDED);
	assert_stamp("Oct 25 03:00:00", "2026-10-25T02:00:00Z", YEARLESS);
	assert_stamp("Oct 25 02:59:59", "2026-10-25T01:59:59Z", YEARLESS | STAMP_FOLDED);
	assert_stamp("Oct 25 03:00:01", "2026-10-25T02:00:01Z", YEARLESS);
}

static void small_steps_back_do_not_change_the_pass(void **state)
{
	(void)state;
	assert_stamp("Oct 25 02:30:00", "2026-10-25T00:30:00Z", YEARLESS);
	assert_stamp("Oct 25 02:29:58", "2026-10-25T00:29:58Z", YEARLESS);
	assert_stamp("Oct 25 02:25:00", "2026-10-25T00:25:00Z", YEARLESS);
	assert_stamp("Oct 25 02:58:00", "2026-10-25T00:58:00Z", YEARLESS);
	assert_stamp("Oct 25 02:05:00", "2026-10-25T01:05:00Z", YEARLESS | STAMP_FOLDED);
	assert_stamp("Oct 25 02:04:00", "2026-10-25T01:04:00Z", YEARLESS | STAMP_FOLDED);
}

static void a_long_silence_does_not_end_the_second_pass(void **state)
{
	(void)state;
	assert_stamp("Oct 25 02:50:00", "2026-10-25T00:50:00Z", YEARLESS);
	assert_stamp("Oct 25 02:01:00", "2026-10-25T01:01:00Z", YEARLESS | STAMP_FOLDED);
	assert_stamp("Oct 25 02:59:00", "2026-10-25T01:59:00Z", YEARLESS | STAMP_FOLDED);
}

static void the_next_years_hour_begins_with_its_first_pass(void **state)
{
	(void)state;
	assert_stamp("Oct 25 02:50:00", "2026-10-25T00:50:00Z", YEARLESS);
	assert_stamp("Oct 25 02:10:00", "2026-10-25T01:10:00Z", YEARLESS | STAMP_FOLDED);
	assert_stamp("2027-10-01T00:00:00Z", "2027-10-01T00:00:00Z", 0);
	assert_stamp("Oct 31 02:10:00", "2027-10-31T00:10:00Z", YEARLESS);
}

static void half_an_hour_repeats_on_lord_howe(void **state)
{
	(void)state;
	zone(LORD_HOWE, 2026);
	assert_stamp("Apr  5 01:20:00", "2026-04-04T14:20:00Z", YEARLESS);
	assert_stamp("Apr  5 01:59:59", "2026-04-04T14:59:59Z", YEARLESS);
	assert_stamp("Apr  5 01:30:01", "2026-04-04T15:00:01Z", YEARLESS | STAMP_FOLDED);
	assert_stamp("Apr  5 02:00:00", "2026-04-04T15:30:00Z", YEARLESS);
}

static void the_hour_that_dst_leaves_out_is_mapped_forward(void **state)
{
	(void)state;
	assert_stamp("Mar 29 01:59:59", "2026-03-29T00:59:59Z", YEARLESS);
	assert_stamp("Mar 29 02:30:00", "2026-03-29T01:30:00Z", YEARLESS | STAMP_SKIPPED);
	assert_stamp("Mar 29 02:30:01", "2026-03-29T01:30:01Z", YEARLESS | STAMP_SKIPPED);
	assert_stamp("Mar 29 03:00:00", "2026-03-29T01:00:00Z", YEARLESS);
	assert_stamp("Mar 29 04:00:00", "2026-03-29T02:00:00Z", YEARLESS);
}

static void stamps_beyond_2038_and_2106_are_ordinary(void **state)
{
	(void)state;
	assert_stamp("2038-01-19T03:14:08Z", "2038-01-19T03:14:08Z", 0);
	assert_stamp("Feb  7 06:28:16", "2038-02-07T06:28:16Z", YEARLESS);
	assert_stamp("2106-02-07T06:28:16Z", "2106-02-07T06:28:16Z", 0);
	assert_stamp("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", 0);
}

static void a_clock_that_jumps_is_believed(void **state)
{
	(void)state;
	assert_stamp("2026-03-05T07:08:09Z", "2026-03-05T07:08:09Z", 0);
	assert_stamp("1970-01-01T00:00:01Z", "1970-01-01T00:00:01Z", 0);
	assert_stamp("2036-03-05T07:08:09Z", "2036-03-05T07:08:09Z", 0);
}

static int64_t us_of(const char *text)
{
	int64_t us = 0;

	assert_true(stamp_parse_time(slice_str(text), &us));
	return us;
}

static void the_first_year_is_counted_back_from_the_end(void **state)
{
	(void)state;
	assert_int_equal(stamp_first_year(SLICE("Mar  5 07:08:09 gw01"), us_of("2026-03-06T00:00:00Z"), 0), 2026);
	assert_int_equal(stamp_first_year(SLICE("Mar  5 07:08:09 gw01"), us_of("2026-03-06T00:00:00Z"), 1), 2025);
	assert_int_equal(stamp_first_year(SLICE("Dec 31 23:59:59 gw01"), us_of("2026-01-01T00:10:00Z"), 0), 2025);
	assert_int_equal(stamp_first_year(SLICE("Jan  1 00:00:00 gw01"), us_of("2025-12-31T12:00:00Z"), 1), 2025);
	assert_int_equal(stamp_first_year(SLICE("<22>Mar  5 07:08:09 gw01"), us_of("2026-03-04T07:08:10Z"), 0), 2026);
	assert_int_equal(stamp_first_year(SLICE("Mar  5 07:08:09 gw01"), us_of("2026-03-04T07:08:08Z"), 0), 2025);
}

static void a_file_that_ends_on_feb_29_ended_in_a_leap_year(void **state)
{
	(void)state;
	assert_int_equal(stamp_first_year(SLICE("Feb 29 07:08:09 gw01"), us_of("2026-03-06T00:00:00Z"), 0), 2024);
	assert_int_equal(stamp_first_year(SLICE("Feb 29 07:08:09 gw01"), us_of("2103-03-06T00:00:00Z"), 1), 2095);
}

static void a_last_line_with_a_year_needs_no_end_and_one_without_stamp_gives_none(void **state)
{
	(void)state;
	assert_int_equal(stamp_first_year(SLICE("2025-03-05T07:08:09Z gw01"), us_of("2030-01-01"), 1), 2024);
	assert_int_equal(stamp_first_year(SLICE("connect from"), us_of("2030-01-01"), 1), 0);
	assert_int_equal(stamp_first_year(SLICE("Mar  5 07:08:09 gw01"), STAMP_NONE, 0), 0);
	assert_int_equal(stamp_first_year(SLICE("Apr 31 07:08:09 gw01"), us_of("2030-01-01"), 0), 0);
}

static void only_bsd_stamps_have_a_month_for_counting(void **state)
{
	(void)state;
	assert_int_equal(stamp_bsd_month(SLICE("<22>Dec 31 23:59:59 gw01")), 12);
	assert_int_equal(stamp_bsd_month(SLICE("2026-12-31T23:59:59Z")), 0);
	assert_int_equal(stamp_bsd_month(SLICE("Dec 31 23:59")), 0);
	assert_int_equal(stamp_bsd_month(SLICE_NONE), 0);
}

static void text_and_time_are_each_others_inverse(void **state)
{
	static const int64_t some[] = {
	    0, -1, 1, 951782400000000, -62135596800000000, 253402300799999999, 4107542399999999};
	char buf[STAMP_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		int64_t us = 0;
		size_t n = stamp_text(some[i], 6, buf);
		assert_int_equal(n, 27);
		assert_true(stamp_parse_time(slice_of(buf, n), &us));
		assert_true(us == some[i]);
	}
	assert_int_equal(stamp_text(951782400999999, 3, buf), 24);
	assert_string_equal(buf, "2000-02-29T00:00:00.999Z");
}

static void years_without_four_digits_are_clamped_in_text(void **state)
{
	char buf[STAMP_TEXT];

	(void)state;
	stamp_text(INT64_MAX, 0, buf);
	assert_string_equal(buf, "9999-12-31T23:59:59Z");
	stamp_text(STAMP_NONE, 9, buf);
	assert_string_equal(buf, "0000-01-01T00:00:00.000000Z");
}

static void times_for_options_are_local_unless_they_say_otherwise(void **state)
{
	(void)state;
	assert_true(us_of("2026-07-05") == us_of("2026-07-04T22:00:00Z"));
	assert_true(us_of("2026-07-05 07:08") == us_of("2026-07-05T05:08:00Z"));
	assert_true(us_of("2026-01-05 07:08:09") == us_of("2026-01-05T06:08:09Z"));
	assert_true(us_of("2026-01-05T07:08:09.25+0200") == us_of("2026-01-05T05:08:09.250Z"));
}

static void times_for_options_must_be_whole_and_possible(void **state)
{
	static const char *const texts[] = {
	    "",
	    "2026",
	    "2026-7-5",
	    "2026-02-30",
	    "2026-07-05 24:00",
	    "2026-07-05 07:08:0",
	    "2026-07-05x",
	    "2026-07-05T07:08:09Zx",
	    "1772694489",
	    "1772694489.123456789",
	    "Mar 05 07:08:09.123456",
	    "2026-07-05T07:08:09+99:00",
	    "2026-07-05 07:08 ",
	};
	int64_t us = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(stamp_parse_time(slice_str(texts[i]), &us));
	assert_int_equal(us, 42);
}

static void every_hour_of_a_dst_day_is_in_that_day_and_no_other(void **state)
{
	int32_t spring = stamp_local_day(us_of("2026-03-29")), autumn = stamp_local_day(us_of("2026-10-25"));
	int short_day = 0, long_day = 0;

	(void)state;
	assert_int_equal(spring, 20541);
	for (int h = -30; h < 60; h++) {
		short_day += stamp_local_day(us_of("2026-03-29") + h * INT64_C(3600000000)) == spring;
		long_day += stamp_local_day(us_of("2026-10-25") + h * INT64_C(3600000000)) == autumn;
	}
	assert_int_equal(short_day, 23);
	assert_int_equal(long_day, 25);
	assert_int_equal(stamp_local_day(us_of("2026-03-29") - 1), spring - 1);
	assert_int_equal(stamp_local_day(us_of("1969-12-31T22:59:59Z")), -1);
}

static void a_date_is_the_one_the_c_library_has(void **state)
{
	(void)state;
	/* Day by day over more than 400 years, before and after 1970. */
	for (int32_t day = -80000; day <= 80000; day++) {
		time_t t = (time_t)day * 86400;
		struct tm tm;
		struct stamp_date d = stamp_date_of(day);
		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
		assert_int_equal(stamp_days_of(d.year, d.month, d.day), day);
	}
}

static void the_outermost_days_have_dates_and_come_back(void **state)
{
	(void)state;
	static const int32_t days[] = {INT32_MIN, INT32_MIN + 1, INT32_MAX - 1, INT32_MAX};

	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++) {
		struct stamp_date d = stamp_date_of(days[i]);
		assert_int_equal(stamp_days_of(d.year, d.month, d.day), days[i]);
	}
}

/* What is read with a look at the stamp before must be what is read without one, whatever byte differs. */
static void a_stamp_near_the_last_is_read_as_any_other(void **state)
{
	static const char *const known[] = {"2026-03-05T07:08:09.123456+01:00 mx1 postfix/smtpd[1]: x",
	                                    "2026-03-05T07:08:59.987654-05:30 mx1 postfix/smtpd[1]: x",
	                                    "Mar  5 07:08:09 mx1 postfix/smtpd[1]: x",
	                                    "Oct 15 17:18:51 mx1 postfix/smtpd[1]: x"};

	(void)state;
	for (size_t k = 0; k < sizeof known / sizeof *known; k++)
		for (size_t at = 0; at <= stamp_length(slice_str(known[k])); at++)
			for (int c = 1; c < 256; c++) {
				struct stamp_clock anew;
				struct stamp want;
				size_t used, near;
				char text[80];

				zone("UTC0", 2026);
				scan(known[k], &used);
				scan(known[k], &used);
				anew = clk;
				anew.key_n = 0; /* what it remembers of the minute */
				snprintf(text, sizeof text, "%s", known[k]);
				text[at] = (char)c;
				struct stamp got = scan(text, &near);
				if (!stamp_scan(&anew, slice_str(text), &want, &used)) {
					assert_int_equal(near, 0);
					continue;
				}
				assert_int_equal(near, used);
				assert_int_equal(got.us, want.us);
				assert_int_equal(got.digits, want.digits);
				assert_int_equal(got.flags, want.flags);
				assert_int_equal(clk.last_us, anew.last_us);
			}
}

int main(void)
{
#define UTC(f) cmocka_unit_test_setup(f, in_utc)
#define BER(f) cmocka_unit_test_setup(f, in_berlin)
	const struct CMUnitTest tests[] = {
	    UTC(each_bsd_spelling_is_read),
	    UTC(each_month_has_its_name),
	    UTC(each_iso_spelling_is_read),
	    UTC(short_full_takes_utc_as_utc_and_any_other_name_as_local),
	    UTC(epoch_stamps_are_utc_and_octet_counts_are_none),
	    UTC(what_is_no_stamp_moves_nothing),
	    UTC(every_beginning_of_a_stamp_is_read_inside_its_bounds),
	    UTC(lines_of_one_minute_differ_only_in_what_follows_it),
	    BER(the_offset_of_the_line_wins_over_the_zone),
	    UTC(an_impossible_moment_takes_the_time_of_the_line_before),
	    UTC(an_impossible_first_moment_has_no_time),
	    UTC(second_60_is_the_next_minute),
	    UTC(the_year_follows_the_order_of_the_lines),
	    UTC(a_year_ends_only_where_the_month_moves_by_more_than_six),
	    UTC(a_year_from_nowhere_is_unsure),
	    UTC(a_line_with_a_year_anchors_those_without),
	    UTC(an_epoch_stamp_anchors_even_inside_the_same_minute),
	    UTC(feb_29_needs_a_leap_year),
	    UTC(feb_29_chooses_a_year_where_none_is_known),
	    BER(the_second_pass_of_a_repeated_hour_is_known_by_the_step_back),
	    BER(small_steps_back_do_not_change_the_pass),
	    BER(a_long_silence_does_not_end_the_second_pass),
	    BER(the_next_years_hour_begins_with_its_first_pass),
	    UTC(half_an_hour_repeats_on_lord_howe),
	    BER(the_hour_that_dst_leaves_out_is_mapped_forward),
	    UTC(stamps_beyond_2038_and_2106_are_ordinary),
	    UTC(a_clock_that_jumps_is_believed),
	    UTC(the_first_year_is_counted_back_from_the_end),
	    UTC(a_file_that_ends_on_feb_29_ended_in_a_leap_year),
	    UTC(a_last_line_with_a_year_needs_no_end_and_one_without_stamp_gives_none),
	    UTC(only_bsd_stamps_have_a_month_for_counting),
	    UTC(text_and_time_are_each_others_inverse),
	    UTC(years_without_four_digits_are_clamped_in_text),
	    BER(times_for_options_are_local_unless_they_say_otherwise),
	    UTC(times_for_options_must_be_whole_and_possible),
	    BER(every_hour_of_a_dst_day_is_in_that_day_and_no_other),
	    UTC(a_stamp_near_the_last_is_read_as_any_other),
	    cmocka_unit_test(a_date_is_the_one_the_c_library_has),
	    cmocka_unit_test(the_outermost_days_have_dates_and_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
