#include "input_fixture.h"

static void names_tell_family_and_rotation(void **state)
{
	static const struct {
		const char *name, *family;
		int rotation;
		bool rotated;
		int64_t dated;
	} rows[] = {
	    {"mail.log", "mail.log", 0, false, 0},
	    {"mail.log.1", "mail.log", 1, true, 0},
	    {"mail.log.2.gz", "mail.log", 2, true, 0},
	    {"mail.log.0", "mail.log", 0, true, 0},
	    {"mail.log.gz", "mail.log", 0, false, 0},
	    {"maillog-20261122", "maillog", -1, true, 20261122000000},
	    {"mail.log-2026-11-22.zst", "mail.log", -1, true, 20261122000000},
	    {"mail.log-2026112205", "mail.log", -1, true, 20261122050000},
	    {"mail.log-20261122-1690000000.xz", "mail.log", -1, true, 20261122042640},
	    {"mail.log.20261122-101112", "mail.log", -1, true, 20261122101112},
	    {"mail.log.20261122-101112.bz2", "mail.log", -1, true, 20261122101112},
	    {"mail-2.log", "mail-2.log", 0, false, 0},
	    {"mail.log-7", "mail.log-7", 0, false, 0},
	    {"mail.log-20261322", "mail.log-20261322", 0, false, 0},
	    {"mail.log.99999999999999999999", "mail.log.99999999999999999999", 0, false, 0},
	    {"20261122", "20261122", 0, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct input_about *a;
		struct input *in;

		put_text(rows[i].name, "x\n");
		in = open_these(rows[i].name, 0);
		a = input_about(in, 0);
		assert_string_equal(a->family, rows[i].family);
		assert_int_equal(a->rotation, rows[i].rotation);
		assert_int_equal(a->rotated, rows[i].rotated);
		assert_int_equal(a->dated, rows[i].dated);
		input_close(in);
	}
}

static void expect_order(struct input *in, const char *const *want, size_t n)
{
	assert_int_equal(input_count(in), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(name_of(in, i), want[i]);
}

static void a_rotated_set_comes_in_order_of_time_however_it_is_given(void **state)
{
	static const char *const want[] = {"m.log.3.gz", "m.log.2", "m.log.1", "m.log"};

	(void)state;
	/* .2, .1 and the live file begin in the same second: the older rotation is first. */
	put_text("m.log.3", ISO("19", "d"));
	put_text("m.log.2", ISO("20", "c"));
	put_text("m.log.1", ISO("20", "b"));
	put_text("m.log", ISO("20", "a"));
	run("gzip m.log.3");
	for (unsigned code = 0; code < 256; code++) {
		unsigned k[] = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6};
		struct input *in;
		char names[200];

		if ((1u << k[0] | 1u << k[1] | 1u << k[2] | 1u << k[3]) != 15)
			continue;
		snprintf(names, sizeof(names), "%s %s %s %s", want[k[0]], want[k[1]], want[k[2]], want[k[3]]);
		in = open_these(names, 0);
		expect_order(in, want, 4);
		input_close(in);
	}
}

static void dated_rotations_of_one_second_come_in_order_of_their_dates(void **state)
{
	static const char *const want[] = {
	    "m-20261120",
	    "m.20261121-101112",
	    "m-20261122.gz",
	    "m",
	};
	struct input *in;

	(void)state;
	put_text("m", ISO("20", "a"));
	put_text("m-20261122", ISO("20", "b"));
	put_text("m.20261121-101112", ISO("20", "c"));
	put_text("m-20261120", ISO("20", "d"));
	run("gzip m-20261122");
	in = open_these("m m-20261122.gz m-20261120 m.20261121-101112", 0);
	expect_order(in, want, 4);
	input_close(in);
}

static void stamps_with_a_year_need_none(void **state)
{
	struct input *in;

	(void)state;
	put_text("a", "garbage\n" ISO("20", "x"));
	in = open_these("a", 2011);
	expect_year(in, 0, 0, false);
	assert_true(input_about(in, 0)->first_us == INT64_C(1795168800) * 1000000);
	input_close(in);
}

static void a_year_end_inside_a_file_sets_its_first_year_back(void **state)
{
	static const char *const ends[] = {
	    BSD("Dec 30") BSD("Dec 31") BSD("Jan  1") BSD("Jan  2"),
	    /* a late line of another writer is no second year end */
	    BSD("Dec 30") BSD("Jan  1") BSD("Dec 31") BSD("Jan  1") BSD("Jan  2"),
	    "<22>" BSD("Nov 30") "\n\nrubbish\n<22>" BSD("Jan  2"),
	};
	struct input *in;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		put_text("a", ends[i]);
		set_mtime("a", 2025, 1, 2);
		in = open_these("a", 0);
		expect_year(in, 0, 2024, false);
		input_close(in);
		run("gzip -kf a; xz -kf a");
		in = open_these("a.gz", 0);
		expect_year(in, 0, 2024, false);
		input_close(in);
		in = open_these("a.xz", 0);
		expect_year(in, 0, 2024, false);
		input_close(in);
	}
}

static void a_large_file_is_sampled_and_its_year_ends_are_found(void **state)
{
	FILE *f = fopen(at("big"), "we");
	struct input *in;

	(void)state;
	for (int year = 0; year < 3; year++) {
		static const char *const months[] = {"Jan", "Mar", "May", "Jul", "Sep", "Nov"};

		for (size_t m = 0; m < 6; m++)
			for (int i = 0; i < 20000; i++)
				fprintf(f, "%s %2d" AFTER_DATE, months[m], 1 + i / 800);
	}
	fprintf(f, "%s", BSD("Jan  1"));
	assert_int_equal(fclose(f), 0);
	set_mtime("big", 2026, 1, 2);
	in = open_these("big", 0);
	assert_true(input_about(in, 0)->size > 16 << 20);
	expect_year(in, 0, 2023, false);
	input_close(in);
}

static void a_file_time_far_from_the_last_line_makes_the_year_unsure(void **state)
{
	struct input *in;

	(void)state;
	put_text("a", BSD("Nov 20"));
	set_mtime("a", 2026, 3, 5);
	in = open_these("a", 0);
	expect_year(in, 0, 2025, true);
	input_close(in);
	put_text("a", BSD("Dec 20"));
	set_mtime("a", 1970, 1, 1);
	in = open_these("a", 0);
	assert_true(input_about(in, 0)->year_unsure);
	input_close(in);
}

static void the_newer_neighbour_dates_an_older_file_that_was_copied(void **state)
{
	static const char *const want[] = {"m.2.gz", "m.1", "m"};
	struct input *in;

	(void)state;
	put_text("m", BSD("Jan  5") BSD("Jan  6"));
	put_text("m.1", BSD("Dec 28") BSD("Jan  4"));
	put_text("m.2", BSD("Dec 20") BSD("Dec 27"));
	run("gzip m.2");
	set_mtime("m", 2025, 1, 6);
	set_mtime("m.1", 2026, 1, 5); /* a year too late, and near the last line's day */
	set_mtime("m.2.gz", 2026, 3, 1);
	in = open_these("m.1 m m.2.gz", 0);
	expect_order(in, want, 3);
	expect_year(in, 0, 2024, false);
	expect_year(in, 1, 2024, false);
	expect_year(in, 2, 2025, false);
	input_close(in);
}

static void a_writer_that_went_on_in_the_old_file_costs_it_no_year(void **state)
{
	struct input *in;

	(void)state;
	put_text("m", BSD("Nov 15") BSD("Nov 21"));
	put_text("m.1", BSD("Nov  8") BSD("Nov 20"));
	set_mtime("m", 2025, 11, 21);
	set_mtime("m.1", 2025, 11, 20);
	in = open_these("m.1 m", 0);
	expect_year(in, 0, 2025, false);
	expect_year(in, 1, 2025, false);
	input_close(in);
}

static void the_same_rotation_packed_and_plain_has_one_year(void **state)
{
	struct input *in;

	(void)state;
	put_text("m", BSD("Nov 16"));
	put_text("m.1", BSD("Nov  9") BSD("Nov 15"));
	run("gzip -k m.1");
	set_mtime("m", 2025, 11, 16);
	set_mtime("m.1", 2026, 3, 15);
	set_mtime("m.1.gz", 2026, 3, 15);
	in = open_these("m m.1 m.1.gz", 0);
	assert_string_equal(name_of(in, 0), "m.1");
	for (size_t i = 0; i < 3; i++)
		expect_year(in, i, 2025, false);
	input_close(in);
	in = open_these("m m.1 m.1.gz", 2019);
	for (size_t i = 0; i < 3; i++)
		expect_year(in, i, 2019, false);
	input_close(in);
}

static void a_given_year_is_that_of_the_oldest_file_and_the_others_follow(void **state)
{
	struct input *in;

	(void)state;
	put_text("m", BSD("Feb  5"));
	put_text("m.1", BSD("Jan  2") BSD("Feb  4"));
	put_text("m.2", BSD("Dec 28") BSD("Jan  1"));
	put_text("m.3", BSD("Dec 20") BSD("Dec 27"));
	in = open_these("m m.1 m.2 m.3", 2019);
	expect_year(in, 0, 2019, false);
	expect_year(in, 1, 2019, false);
	expect_year(in, 2, 2020, false);
	expect_year(in, 3, 2020, false);
	input_close(in);
	in = open_these("m.1 m.3", 2019);
	expect_year(in, 0, 2019, false);
	expect_year(in, 1, 2020, false);
	input_close(in);
	in = open_these("m.2", 2019);
	expect_year(in, 0, 2019, false);
	input_close(in);
}

static void sets_of_two_directories_do_not_date_each_other(void **state)
{
	struct input *in;

	(void)state;
	run("mkdir one two");
	put_text("one/m", BSD("Mar  5"));
	put_text("two/m.1", BSD("Nov  5"));
	set_mtime("one/m", 2025, 3, 5);
	set_mtime("two/m.1", 2025, 11, 5);
	in = open_these("two/m.1 one/m", 0);
	expect_year(in, 0, 2025, false);
	expect_year(in, 1, 2025, false);
	input_close(in);
	in = open_these("two/m.1 one/m", 2019);
	expect_year(in, 0, 2019, false);
	expect_year(in, 1, 2019, false);
	input_close(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(names_tell_family_and_rotation),
	    T(a_rotated_set_comes_in_order_of_time_however_it_is_given),
	    T(dated_rotations_of_one_second_come_in_order_of_their_dates),
	    T(stamps_with_a_year_need_none),
	    T(a_year_end_inside_a_file_sets_its_first_year_back),
	    T(a_large_file_is_sampled_and_its_year_ends_are_found),
	    T(a_file_time_far_from_the_last_line_makes_the_year_unsure),
	    T(the_newer_neighbour_dates_an_older_file_that_was_copied),
	    T(a_writer_that_went_on_in_the_old_file_costs_it_no_year),
	    T(the_same_rotation_packed_and_plain_has_one_year),
	    T(a_given_year_is_that_of_the_oldest_file_and_the_others_follow),
	    T(sets_of_two_directories_do_not_date_each_other),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
