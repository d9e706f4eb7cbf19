#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../ui/settings.h"

static char path[] = "/tmp/wb-settings-XXXXXX";
static struct settings s;
static char said[65536]; /* what the last load wrote to stderr */

static int setup(void **state)
{
	int fd;

	(void)state;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	settings_default(&s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	settings_release(&s);
	unlink(path);
	rmdir(path);
	return 0;
}

static void write_file(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static int load_path(const char *which)
{
	FILE *caught = tmpfile();
	int saved = dup(STDERR_FILENO), complaints;

	assert_non_null(caught);
	dup2(fileno(caught), STDERR_FILENO);
	settings_release(&s);
	complaints = settings_load(&s, which);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(caught);
	said[fread(said, 1, sizeof(said) - 1, caught)] = '\0';
	fclose(caught);
	return complaints;
}

static int load(const char *text)
{
	write_file(text, strlen(text));
	return load_path(path);
}

/* The file has one mistake, in that line, and the complaint has these words. */
static void is_refused(const char *text, int line, const char *words)
{
	char place[64];
	int complaints = load(text);

	snprintf(place, sizeof(place), "wouldblock: %s:%d: ", path, line);
	if (complaints != 1 || strncmp(said, place, strlen(place)) != 0 || !strstr(said, words))
		fail_msg("'%s' gave %d complaints: %s", text, complaints, said);
}

static void is_accepted(const char *text)
{
	int complaints = load(text);

	if (complaints != 0 || said[0])
		fail_msg("'%s' gave %d complaints: %s", text, complaints, said);
}

static void are_defaults(void)
{
	assert_null(s.timezone);
	assert_int_equal(s.log_files.n, 1);
	assert_string_equal(s.log_files.item[0].p, "/var/log/mail.log");
	assert_int_equal(s.history.n + s.domains.n + s.shared.n + s.alias.n + s.retired.n + s.relays.n, 0);
	assert_int_equal(s.inside.n + s.canary_client.n + s.canary_sender.n, 0);
	assert_int_equal(s.days, 30);
	assert_int_equal(s.quiet_days, 7);
	assert_true(s.continuity == 99 && s.coverage == 97);
	assert_int_equal(s.behind, 300);
	assert_int_equal(s.mail_to.n, 1);
	assert_string_equal(s.mail_to.item[0].p, "postmaster");
	assert_string_equal(s.mail_from, "wouldblock");
	assert_string_equal(s.sendmail, "/usr/sbin/sendmail");
	assert_int_equal(s.rules.count, 1);
	assert_string_equal(s.rules.rule[0].name, "own-domain");
	assert_string_equal(s.rules.rule[0].warn, "Invalid Inbound Sender");
}

static void the_defaults_are_those_of_the_contract(void **state)
{
	(void)state;
	are_defaults();
	assert_null(s.database);
}

static void an_empty_file_changes_nothing(void **state)
{
	(void)state;
	is_accepted("");
	are_defaults();
	is_accepted("\n\n# comment\n ; indented comment\n[mail]\n");
	are_defaults();
}

static void every_key_can_be_set(void **state)
{
	(void)state;
	is_accepted("[database]\nfile = /srv/wb.db\nwal_limit = 500k\n"
	            "[log]\nfiles = /a.log, /b.log\ntimezone = Europe/Berlin\nhistory = /c.gz /d.gz\n"
	            "[networks]\ninside = 198.51.100.0/24, [2001:db8:25::]/48\ndomains = Firma.Example.\n"
	            "shared = provider.example\n"
	            "[hosts]\nalias = mail=mx1\nretired = mx0\ncanary_client = 192.0.2.25\n"
	            "canary_sender = c@firma.example\n[filter]\nrelays = amavis.firma.example\n"
	            "[criteria]\ndays = 14\ncontinuity = 99.5\ncoverage = 95%\nquiet_days = 3\nbehind = "
	            "36h\n"
	            "[mail]\nto = a@firma.example, b@firma.example\nfrom = wb@firma.example\nsendmail = "
	            "/bin/mta\n");
	assert_string_equal(s.database, "/srv/wb.db");
	assert_int_equal(s.wal_limit, 500 << 10);
	assert_int_equal(s.log_files.n, 2);
	assert_string_equal(s.log_files.item[0].p, "/a.log");
	assert_string_equal(s.log_files.item[1].p, "/b.log");
	assert_string_equal(s.timezone, "Europe/Berlin");
	assert_int_equal(s.history.n, 2);
	assert_int_equal(s.inside.n, 2);
	assert_int_equal(s.inside.item[0].bits, 120);
	assert_int_equal(s.inside.item[1].bits, 48);
	assert_string_equal(s.domains.item[0].p, "firma.example");
	assert_int_equal(s.domains.item[0].n, 13);
	assert_string_equal(s.shared.item[0].p, "provider.example");
	assert_string_equal(s.alias.item[0].p, "mail=mx1");
	assert_string_equal(s.retired.item[0].p, "mx0");
	assert_int_equal(s.canary_client.item[0].bits, 128);
	assert_string_equal(s.canary_sender.item[0].p, "c@firma.example");
	assert_string_equal(s.relays.item[0].p, "amavis.firma.example");
	assert_int_equal(s.days, 14);
	assert_int_equal(s.quiet_days, 3);
	assert_true(s.continuity == 99.5 && s.coverage == 95);
	assert_int_equal(s.behind, 36 * 3600);
	assert_int_equal(s.mail_to.n, 2);
	assert_string_equal(s.mail_from, "wb@firma.example");
	assert_string_equal(s.sendmail, "/bin/mta");
}

static void what_is_printed_reads_back_as_the_defaults(void **state)
{
	FILE *f = fopen(path, "w");

	(void)state;
	settings_print(f);
	fclose(f);
	assert_int_equal(load_path(path), 0);
	assert_string_equal(said, "");
	are_defaults();
	assert_null(s.database);
}

/* Each `key =` that settings_print knows stands in the sample, too. */
static void the_sample_is_complete_and_without_mistakes(void **state)
{
	char sample[16384], line[512], key[128];
	FILE *f = fopen("samples/wouldblock.conf", "r");
	int found = 0;

	(void)state;
	if (!f)
		skip();
	sample[fread(sample, 1, sizeof(sample) - 1, f)] = '\0';
	fclose(f);
	is_accepted(sample);
	are_defaults();
	f = fopen(path, "w+");
	settings_print(f);
	rewind(f);
	while (fgets(line, sizeof(line), f))
		if (line[0] != ';' && sscanf(line, "%99[a-z_] =", key) == 1) {
			strcat(key, " =");
			if (!strstr(sample, key))
				fail_msg("not in the sample: %s", key);
			found++;
		}
	fclose(f);
	assert_true(found >= 24);
}

static void the_samples_commented_examples_are_good_too(void **state)
{
	char text[16384], line[512];
	FILE *f = fopen("samples/wouldblock.conf", "r");

	(void)state;
	if (!f)
		skip();
	text[0] = '\0';
	while (fgets(line, sizeof(line), f))
		strcat(text, line[0] == ';' && line[1] != ' ' && line[1] != '\n' ? line + 1 : line);
	fclose(f);
	is_accepted(text);
	assert_int_equal(s.inside.n, 2);
	assert_int_equal(s.alias.n, 2);
	assert_int_equal(s.rules.count, 2);
}

static void each_mistake_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *words;
	} rows[] = {
	    {"days = 3\n", 1, "before any [section]"},
	    {"\n[mial]\nto = x\n", 2, "unknown section [mial]"},
	    {"[]\n", 1, "unknown section []"},
	    {"[criteria]\ndaze = 3\n", 2, "criteria: daze: unknown setting"},
	    {"[criteria]\ndays\n", 2, "neither [section] nor key = value"},
	    {"[criteria]\ndays", 2, "neither [section] nor key = value"},
	    {"[criteria]\ndays ; = 3\n", 2, "neither [section] nor key = value"},
	    {"[criteria]\n= 3\n", 2, "unknown setting"},
	    {"[criteria\ndays = 3\n", 1, "without ]"},
	    {"[criteria] days = 3\n", 1, "behind the ]"},
	    {"[criteria ;x]\n", 1, "unknown section"},
	    {"[rule a ;x]\nwarn = x\n", 1, "unknown section [rule a ;x]"},
	    {"[criteria]\ndays = 3 4\n", 2, "'3 4' is not a number of days"},
	    {"[criteria]\ndays = -3\n", 2, "not a number of days"},
	    {"[criteria]\ndays = 18446744073709551646\n", 2, "not a number of days"},
	    {"[criteria]\ndays =\n", 2, "must not be empty"},
	    {"[criteria]\ncoverage = 100.1\n", 2, "not a percentage"},
	    {"[criteria]\ncoverage = 97,5\n", 2, "not a percentage"},
	    {"[criteria]\ncoverage = 97.\n", 2, "not a percentage"},
	    {"[criteria]\nbehind = 5\n", 2, "with its unit"},
	    {"[database]\nwal_limit = 64\n", 2, "a size with its unit"},
	    {"[database]\nwal_limit = 0M\n", 2, "a size with its unit"},
	    {"[criteria]\nbehind = 5min\n", 2, "with its unit"},
	    {"[criteria]\ndays = 3\n\ndays = 4\n", 4, "is set in line 2 already"},
	    {"[networks]\ninside = 198.51.100.7/24\n", 2, "'198.51.100.7/24' is not an address or a network"},
	    {"[networks]\ninside = 10.0.0.0/8 unknown\n", 2, "'unknown' is not"},
	    {"[networks]\ndomains = .x.example\n", 2, "not a domain"},
	    {"[networks]\nshared = a@b\n", 2, "not a domain"},
	    {"[log]\ntimezone = Mars/Olympus\n", 2, "not a time zone"},
	    {"[log]\ntimezone = ../../../etc/passwd\n", 2, "not a time zone"},
	    {"[log]\ntimezone = /etc/passwd\n", 2, "not a time zone"},
	    {"[hosts]\nalias = mail\n", 2, "not NAME=HOST"},
	    {"[hosts]\nretired = a/b\n", 2, "not a host name"},
	    {"[mail]\nto = -oQ/tmp\n", 2, "not a mail address"},
	    {"[mail]\nfrom = a b\n", 2, "not a mail address"},
	    {"[mail]\nsendmail = sendmail\n", 2, "begins with /"},
	    {"[rule own-domain]\nwarn = abc(de\n", 2, "rule own-domain: warn: offset 6: missing"},
	    {"[rule own-domain]\nworn = x\n", 2, "unknown key"},
	    {"[rule Own]\nwarn = x\n", 1, "unknown section [rule Own]; a rule's is [rule NAME]"},
	    {"[rule]\nwarn = x\n", 1, "unknown section [rule]"},
	    {"[rule x]\n[mail]\n", 1, "a rule without any key"},
	    {"[mail]\n[rule x]", 2, "a rule without any key"},
	    {"[rule x]\ntitle = X\nreject = no\n", 2, "rule x: has no warn pattern"},
	    {"[rule x]\nwarn = a\nwarn = b\n", 3, "is set in line 2 already"},
	    {"[rule a-name-that-libinih-would-cut-in-silence-and-so-mix-up]\nwarn = a\n", 1, "unknown section"},
	    {"[rule a-name-of-forty-one-bytes-is-one-too-many]\nwarn = a\n", 2, "a rule's name is 1 to 40"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_refused(rows[i].text, rows[i].line, rows[i].words);
}

static void all_mistakes_are_named_in_one_run_and_the_rest_counts(void **state)
{
	(void)state;
	assert_int_equal(load("[criteria]\ndays = x\nquiet_days = 9\n[nope]\na = 1\nb = 2\n[rule r]\nwarn = (\n"
	                      "title = T\njunk\n"),
	                 4);
	assert_non_null(strstr(said, ":2: criteria: days: "));
	assert_non_null(strstr(said, ":4: unknown section [nope]"));
	assert_non_null(strstr(said, ":8: rule r: warn: offset 1: "));
	assert_non_null(strstr(said, ":10: neither"));
	assert_int_equal(s.quiet_days, 9);
	assert_int_equal(s.days, 30);
}

static void text_from_the_file_is_shown_without_control_characters(void **state)
{
	(void)state;
	assert_int_equal(load("[\x1b]0;x\n[mail]\n\x1b[31mto = a\nfrom = -\x1b[31m\n"), 3);
	assert_null(strchr(said, 0x1b));
	assert_non_null(strcasestr(said, "\\x1B"));
}

static void an_indented_key_is_a_key_and_not_more_of_the_line_before(void **state)
{
	(void)state;
	is_accepted("[criteria]\ndays = 14\n    quiet_days = 3\n\tbehind = 1h\n  [mail]\n  from = x\n");
	assert_int_equal(s.days, 14);
	assert_int_equal(s.quiet_days, 3);
	assert_int_equal(s.behind, 3600);
	assert_string_equal(s.mail_from, "x");
}

static void a_list_in_several_lines_adds_up(void **state)
{
	(void)state;
	is_accepted("[mail]\nto = a\nto = b, c\n[networks]\ninside = 10.0.0.0/8\ninside = "
	            "11.0.0.0/8\n[mail]\nto = d\n");
	assert_int_equal(s.mail_to.n, 4);
	assert_string_equal(s.mail_to.item[3].p, "d");
	assert_int_equal(s.inside.n, 2);
}

static void an_empty_list_has_nothing_in_it(void **state)
{
	(void)state;
	is_accepted("[mail]\nto = \n[database]\nfile =\n");
	assert_int_equal(s.mail_to.n, 0);
	assert_null(s.database);
}

static void comments_end_a_value_at_a_blank_and_semicolon_only(void **state)
{
	(void)state;
	is_accepted("[rule a]\nwarn = a;b # c ; comment\n[rule b]\nwarn = x [;] y\n[log]\ntimezone "
	            "=   ; none\n");
	assert_string_equal(s.rules.rule[1].warn, "a;b # c");
	assert_string_equal(s.rules.rule[2].warn, "x [;] y");
	assert_null(s.timezone);
}

static void windows_line_ends_and_a_byte_order_mark_do_no_harm(void **state)
{
	(void)state;
	is_accepted("\xEF\xBB\xBF[criteria]\r\ndays = 14\r\n\r\n[mail]\r\nto = a\r\n");
	assert_int_equal(s.days, 14);
	assert_string_equal(s.mail_to.item[0].p, "a");
}

static void a_rule_may_be_changed_and_more_added_in_order(void **state)
{
	(void)state;
	is_accepted("[rule no-rdns]\ntitle = No name\nwarn = cannot find\n[rule own-domain]\nwarn "
	            "= Foreign\n"
	            "reject =\n[rule z]\nwarn = cannot\n");
	assert_int_equal(s.rules.count, 3);
	assert_string_equal(s.rules.rule[0].warn, "Foreign");
	assert_null(s.rules.rule[0].reject);
	assert_int_equal(rules_match(&s.rules, SLICE("cannot find it"), false), 2);
	assert_int_equal(rules_match(&s.rules, SLICE("cannot"), false), 3);
}

/* Never cut in silence: such a line counts whole, or is a complaint. */
static void a_long_line_is_whole_or_a_complaint(void **state)
{
	static const size_t lengths[] = {150, 197, 198, 199, 200, 201, 250, 1000, 16382, 16383, 16384, 16390, 60000};
	static char text[70000];

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t n = (size_t)sprintf(text, "[mail]\nfrom = "), start = strlen("[mail]\n");
		int complaints;

		memset(text + n, 'x', lengths[i] - (n - start));
		strcpy(text + start + lengths[i], "\nto = a\n");
		complaints = load(text);
		assert_string_equal(s.mail_to.item[0].p, "a");
		if (complaints == 0)
			assert_int_equal(strlen(s.mail_from), lengths[i] - (n - start));
		else
			assert_non_null(strstr(said, ":2: longer than "));
		assert_int_equal(complaints, strlen(said) > 0);
		if (lengths[i] < 198)
			assert_int_equal(complaints, 0);
		if (lengths[i] > 20000)
			assert_int_equal(complaints, 1);
	}
}

static void a_nul_byte_is_a_complaint(void **state)
{
	static const char text[] = "[mail]\nfrom = a\0b\nto = c\n\0";

	(void)state;
	write_file(text, sizeof(text));
	assert_int_equal(load_path(path), 2);
	assert_non_null(strstr(said, ":2: has a NUL byte"));
	assert_non_null(strstr(said, ":4: has a NUL byte"));
	assert_string_equal(s.mail_from, "wouldblock");
}

static void a_file_that_others_may_write_is_refused(void **state)
{
	(void)state;
	write_file("[mail]\nfrom = evil\n", 19);
	chmod(path, 0620);
	assert_int_equal(load_path(path), 1);
	assert_non_null(strstr(said, "others than its owner"));
	chmod(path, 0602);
	assert_int_equal(load_path(path), 1);
	assert_string_equal(s.mail_from, "wouldblock");
	chmod(path, 0644);
	assert_int_equal(load_path(path), 0);
	assert_string_equal(s.mail_from, "evil");
}

static void a_file_beyond_1_mib_is_refused(void **state)
{
	static char text[1024 * 1024 + 1];

	(void)state;
	memset(text, '\n', sizeof(text));
	write_file(text, sizeof(text));
	assert_int_equal(load_path(path), 1);
	assert_non_null(strstr(said, "larger than 1 MiB"));
	write_file(text, sizeof(text) - 1);
	assert_int_equal(load_path(path), 0);
}

static void a_missing_file_that_was_named_is_a_complaint(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(load_path(path), 1);
	assert_non_null(strstr(said, "No such file"));
	are_defaults();
}

static void what_is_no_file_is_refused_without_waiting(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load_path(path), 1);
	assert_non_null(strstr(said, "not a regular file"));
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(load_path(path), 1);
	assert_non_null(strstr(said, "not a regular file"));
}

static void an_option_sets_a_key_and_replaces_a_list(void **state)
{
	char why[200] = "";

	(void)state;
	assert_true(settings_set(&s, "mail", "to", "a b", why, sizeof(why)));
	assert_true(settings_set(&s, "mail", "to", "c", why, sizeof(why)));
	assert_int_equal(s.mail_to.n, 1);
	assert_string_equal(s.mail_to.item[0].p, "c");
	assert_true(settings_add(&s, "mail", "to", "d", why, sizeof(why)));
	assert_int_equal(s.mail_to.n, 2);
	assert_true(settings_set(&s, "rule x", "warn", "y", why, sizeof(why)));
	assert_int_equal(s.rules.count, 2);
	assert_false(settings_set(&s, "mail", "nope", "c", why, sizeof(why)));
	assert_string_equal(why, "unknown setting");
	assert_false(settings_set(&s, "criteria", "days", "many", why, sizeof(why)));
	assert_int_equal(s.days, 30);
	assert_false(settings_set(&s, "log", "timezone", "Nowhere", why, sizeof(why)));
	assert_null(s.timezone);
	assert_true(settings_set(&s, "log", "timezone", "CET-1CEST", why, sizeof(why)));
	assert_string_equal(s.timezone, "CET-1CEST");
	assert_true(settings_set(&s, "log", "timezone", "", why, sizeof(why)));
	assert_null(s.timezone);
}

static void the_database_is_the_setting_else_the_environments(void **state)
{
	char why[200];
	char *file;

	(void)state;
	setenv("WOULDBLOCK_DB", "/srv/env.db", 1);
	file = settings_database(&s);
	assert_string_equal(file, "/srv/env.db");
	free(file);
	assert_true(settings_set(&s, "database", "file", "/srv/set.db", why, sizeof(why)));
	file = settings_database(&s);
	assert_string_equal(file, "/srv/set.db");
	free(file);
	unsetenv("WOULDBLOCK_DB");
	assert_true(settings_set(&s, "database", "file", "", why, sizeof(why)));
	setenv("XDG_STATE_HOME", "/srv/state", 1);
	file = settings_database(&s);
	assert_string_equal(file,
	                    geteuid() ? "/srv/state/wouldblock/wouldblock.db" : "/var/lib/wouldblock/wouldblock.db");
	free(file);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_defaults_are_those_of_the_contract),
	    T(an_empty_file_changes_nothing),
	    T(every_key_can_be_set),
	    T(what_is_printed_reads_back_as_the_defaults),
	    T(the_sample_is_complete_and_without_mistakes),
	    T(the_samples_commented_examples_are_good_too),
	    T(each_mistake_is_named_with_its_line),
	    T(all_mistakes_are_named_in_one_run_and_the_rest_counts),
	    T(text_from_the_file_is_shown_without_control_characters),
	    T(an_indented_key_is_a_key_and_not_more_of_the_line_before),
	    T(a_list_in_several_lines_adds_up),
	    T(an_empty_list_has_nothing_in_it),
	    T(comments_end_a_value_at_a_blank_and_semicolon_only),
	    T(windows_line_ends_and_a_byte_order_mark_do_no_harm),
	    T(a_rule_may_be_changed_and_more_added_in_order),
	    T(a_long_line_is_whole_or_a_complaint),
	    T(a_nul_byte_is_a_complaint),
	    T(a_file_that_others_may_write_is_refused),
	    T(a_file_beyond_1_mib_is_refused),
	    T(a_missing_file_that_was_named_is_a_complaint),
	    T(what_is_no_file_is_refused_without_waiting),
	    T(an_option_sets_a_key_and_replaces_a_list),
	    T(the_database_is_the_setting_else_the_environments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
