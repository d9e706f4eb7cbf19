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

#include "../../analyzer/policy.h"
#include "folder.h"

#define RULE "check_sender_access hash:map"
#define REFUSAL "REJECT 5.7.1 Delivery not authorized, message refused\n"

static struct policy *p;
static struct policy_judgement j;
static char folder[] = "/tmp/wouldblock-policy.XXXXXX";

static int begin(void **state)
{
	(void)state;
	p = policy_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	p = policy_free(p);
	return 0;
}

static void give(const char *name, const char *text)
{
	assert_true(policy_table(p, name, slice_str(text)));
}

static enum policy_kind judged(const char *list, const char *name, const char *ip, const char *sender)
{
	policy_judge(p, list, slice_str(name), slice_str(ip), slice_str(sender), &j);
	return j.kind;
}

static void text_is(const char *text)
{
	assert_int_equal(j.text.n, strlen(text));
	assert_memory_equal(j.text.p, text, j.text.n);
}

/* The tables and classes that a plan writes: sender map, then networks, then names. */
static void give_plan(const char *last)
{
	char names[200];

	give("hash:map", "boss@company.my DUNNO\nx@company.my REJECT 5.7.1 blocked\nnews.company.my DUNNO\n"
	                 "company.my wouldblock_own_domain\n.company.my wouldblock_own_domain\n");
	give("cidr:networks", "192.0.2.9 REJECT 5.7.1 this one\n192.0.2.0/24 DUNNO\n"
	                      "0.0.0.0/0 wouldblock_own_domain_names\n::/0 wouldblock_own_domain_names\n");
	snprintf(names, sizeof(names), "/(^|\\.)news\\.example$/ DUNNO\n/^/ %s\n", last);
	give("pcre:names", names);
	policy_class(p, "wouldblock_own_domain", "check_client_access cidr:networks");
	policy_class(p, "wouldblock_own_domain_names", "check_client_access pcre:names");
}

static void the_article_s_map_warns_and_then_rejects(void **state)
{
	(void)state;
	give("hash:map",
	     "company.my WARN *** Invalid Inbound Sender ***\n.company.my WARN *** Invalid Inbound Sender ***\n");
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@Mail.Company.my"), POLICY_WARN);
	text_is("*** Invalid Inbound Sender ***");
	assert_int_equal(j.code, 0);
	assert_int_equal(j.steps, 1);
	assert_int_equal(j.step[0].line, 1);
	assert_true(slice_eq(j.step[0].key, SLICE("company.my")));
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@elsewhere.example"), POLICY_NO_ROW);
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", ""), POLICY_NO_ROW);
	give("hash:map", "company.my " REFUSAL);
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@company.my"), POLICY_REJECT);
	assert_int_equal(j.code, 554);
	assert_string_equal(j.dsn, "5.7.1");
	text_is("Delivery not authorized, message refused");
}

static void an_appended_reject_goes_on_warning(void **state)
{
	struct access_row row;
	size_t at = 0;

	(void)state;
	give("hash:map", "company.my WARN w\n.company.my WARN w\ncompany.my " REFUSAL ".company.my " REFUSAL);
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@company.my"), POLICY_WARN);
	assert_true(access_next_shadowed(policy_access(p, "hash:map"), &at, &row));
	assert_int_equal(row.line, 3);
	assert_int_equal(row.winner, 1);
}

static void a_plan_s_classes_let_through_who_is_exempt_and_nobody_else(void **state)
{
	static const struct {
		const char *name, *ip, *sender;
		enum policy_kind kind;
		int steps;
	} rows[] = {
	    {"unknown", "203.0.113.5", "a@company.my", POLICY_REJECT, 5},
	    {"unknown", "203.0.113.5", "boss@company.my", POLICY_DUNNO, 1},
	    {"unknown", "203.0.113.5", "x@company.my", POLICY_REJECT, 1},
	    {"unknown", "203.0.113.5", "a@news.company.my", POLICY_DUNNO, 1},
	    {"unknown", "192.0.2.8", "a@company.my", POLICY_DUNNO, 3},
	    {"unknown", "::ffff:192.0.2.8", "a@company.my", POLICY_DUNNO, 3},
	    {"unknown", "192.0.2.9", "a@company.my", POLICY_REJECT, 3},
	    {"mx.news.example", "203.0.113.5", "a@company.my", POLICY_DUNNO, 5},
	    {"mx.news.example", "2001:db8::1", "a@company.my", POLICY_DUNNO, 5},
	    {"mx.badnews.example", "203.0.113.5", "a@company.my", POLICY_REJECT, 5},
	    {"unknown", "2001:db8::1", "a@company.my", POLICY_REJECT, 5},
	    {"unknown", "203.0.113.5", "a@elsewhere.example", POLICY_NO_ROW, 1},
	};

	(void)state;
	give_plan("REJECT 5.7.1 Delivery not authorized, message refused");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(judged(RULE, rows[i].name, rows[i].ip, rows[i].sender), rows[i].kind);
		assert_int_equal(j.steps, rows[i].steps);
	}
}

static void only_the_last_row_changes_on_the_day(void **state)
{
	(void)state;
	give_plan("WARN *** Invalid Inbound Sender ***");
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@company.my"), POLICY_WARN);
	give_plan("DEFER 4.7.1 later");
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@company.my"), POLICY_DEFER);
	assert_int_equal(j.code, 450);
	assert_string_equal(j.dsn, "4.7.1");
	text_is("later");
}

static void mynetworks_come_first_unless_told_otherwise(void **state)
{
	(void)state;
	give("hash:map", "company.my " REFUSAL);
	assert_int_equal(judged(RULE, "unknown", "10.1.1.1", "a@company.my"), POLICY_REJECT);
	assert_true(policy_networks(p, "127.0.0.0/8, !!10.0.0.0/8 [2001:db8::]/32,!192.0.2.1 192.0.2.0/24"));
	assert_int_equal(judged(RULE, "unknown", "10.1.1.1", "a@company.my"), POLICY_PERMIT_NETWORKS);
	assert_int_equal(judged(RULE, "unknown", "192.0.2.1", "a@company.my"), POLICY_REJECT);
	assert_int_equal(judged(RULE, "unknown", "11.1.1.1", "a@company.my"), POLICY_REJECT);
	policy_networks_first(p, false);
	assert_int_equal(judged(RULE, "unknown", "10.1.1.1", "a@company.my"), POLICY_REJECT);
	assert_int_equal(judged("permit_mynetworks " RULE, "unknown", "10.1.1.1", "a@company.my"),
	                 POLICY_PERMIT_NETWORKS);
}

static enum policy_member member(const char *name, const char *ip)
{
	return policy_in_networks(p, slice_str(name), slice_str(ip));
}

static void networks_hold_addresses_names_and_tables(void **state)
{
	(void)state;
	assert_int_equal(member("unknown", "10.0.0.1"), POLICY_UNSURE);
	give("cidr:n", "203.0.113.0/28 any\n");
	give("hash:h", "198.51.100.7 any\nhosts.example any\n");
	assert_true(policy_networks(p, "10.0.0.0/8 !bad.example.com Example.com cidr:n hash:h [::1] 192.0.2.7"));
	assert_int_equal(member("unknown", "10.9.9.9"), POLICY_INSIDE);
	assert_int_equal(member("unknown", "::ffff:10.9.9.9"), POLICY_INSIDE);
	assert_int_equal(member("mx.example.COM", "203.0.113.99"), POLICY_INSIDE);
	assert_int_equal(member("mx.bad.example.com", "203.0.113.1"), POLICY_OUTSIDE);
	assert_int_equal(member("myexample.com", "203.0.113.99"), POLICY_OUTSIDE);
	assert_int_equal(member("unknown", "203.0.113.15"), POLICY_INSIDE);
	assert_int_equal(member("unknown", "203.0.113.16"), POLICY_OUTSIDE);
	assert_int_equal(member("unknown", "198.51.100.7"), POLICY_INSIDE);
	assert_int_equal(member("unknown", "198.51.100.8"), POLICY_OUTSIDE);
	assert_int_equal(member("a.hosts.example", "198.51.100.8"), POLICY_INSIDE);
	assert_int_equal(member("unknown", "::1"), POLICY_INSIDE);
	assert_int_equal(member("unknown", "::2"), POLICY_OUTSIDE);
	assert_int_equal(member("unknown", "192.0.2.7"), POLICY_INSIDE);
}

static void a_broken_network_is_told_and_leaves_open_what_comes_after(void **state)
{
	static const char *const rows[] = {
	    "192.0.2.1/24", "2001:db8::/32", "[2001:db8::]/129", "/no/such/file", "!", "hash:/no/such/file"};
	char list[80];

	(void)state;
	give("hash:map", "company.my " REFUSAL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(list, sizeof(list), "10.0.0.0/8 %s 172.16.0.0/12", rows[i]);
		assert_false(policy_networks(p, list));
		assert_int_equal(member("unknown", "10.0.0.1"), POLICY_INSIDE);
		assert_int_equal(member("unknown", "172.16.0.1"), POLICY_UNSURE);
		assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@company.my"), POLICY_NOT_KNOWN);
		assert_true(j.text.n > 0);
	}
}

static void what_is_missing_is_not_known_and_never_guessed(void **state)
{
	(void)state;
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@company.my"), POLICY_NOT_KNOWN);
	assert_false(policy_table(p, "mysql:map", SLICE("")));
	assert_int_equal(judged("check_sender_access mysql:map", "unknown", "203.0.113.5", "a@b.c"), POLICY_NOT_KNOWN);
	assert_false(policy_read_map(p, "hash:/no/such/map"));
	assert_int_equal(judged("check_sender_access hash:/no/such/map", "unknown", "1.2.3.4", "a@b.c"),
	                 POLICY_NOT_KNOWN);
	assert_false(policy_read_map(p, "/dev/null/x"));
	assert_false(policy_read_map(p, "/dev/zero"));
	give("hash:map", "company.my some_class\nb.c OK\n");
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@company.my"), POLICY_NOT_KNOWN);
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "a@b.c"), POLICY_OK);
	assert_int_equal(judged("reject_unknown_client_hostname " RULE, "unknown", "203.0.113.5", "a@b.c"),
	                 POLICY_NOT_KNOWN);
	assert_int_equal(judged(RULE, "unknown", "203.0.113.5", "boss"), POLICY_NOT_KNOWN);
}

static void warn_if_reject_makes_a_warning_of_one_restriction(void **state)
{
	(void)state;
	give_plan("REJECT 5.7.1 no");
	give("hash:late", "company.my DEFER 4.7.1 later\n");
	assert_int_equal(judged("warn_if_reject " RULE, "unknown", "203.0.113.5", "a@company.my"), POLICY_WARN);
	assert_int_equal(j.code, 554);
	text_is("no");
	assert_int_equal(
	    judged("warn_if_reject " RULE ", check_sender_access hash:late", "unknown", "203.0.113.5", "a@company.my"),
	    POLICY_DEFER);
}

static void effects_that_end_nothing_are_told_by_the_strongest(void **state)
{
	(void)state;
	give("hash:map",
	     "a.x HOLD h\nb.x FILTER smtp:f\nc.x INFO i\nd.x PREPEND X-A: b\ne.x DISCARD d\nf.x hold, warn_too\n"
	     "g.x FILTER broken\nh.x check_client_access hash:z\ni.x BCC a@b\nj.x REDIRECT a@b\nk.x 550\n"
	     "l.x defer_if_permit\n");
	give("hash:second", "x WARN w\n");
	policy_class(p, "hold", "check_sender_access hash:second");
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@a.x"), POLICY_HOLD);
	assert_int_equal(judged(RULE " check_sender_access hash:second", "u", "1.2.3.4", "a@a.x"), POLICY_WARN);
	give("hash:third", "x WARN third\n");
	assert_int_equal(
	    judged("check_sender_access hash:second check_sender_access hash:third", "u", "1.2.3.4", "a@a.x"),
	    POLICY_WARN);
	text_is("w");
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@b.x"), POLICY_FILTER);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@c.x"), POLICY_INFO);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@d.x"), POLICY_PREPEND);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@e.x"), POLICY_DISCARD);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@f.x"), POLICY_NOT_KNOWN);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@g.x"), POLICY_DUNNO);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@h.x"), POLICY_DEFER);
	assert_int_equal(j.code, 451);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@i.x"), POLICY_BCC);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@j.x"), POLICY_REDIRECT);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@k.x"), POLICY_OK);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@l.x"), POLICY_NOT_KNOWN);
	for (int k = POLICY_NO_ROW; k <= POLICY_NOT_KNOWN; k++)
		assert_non_null(policy_kind_text((enum policy_kind)k));
}

static void classes_without_end_come_to_one(void **state)
{
	(void)state;
	give("hash:map", "x loop\ny twice\n");
	policy_class(p, "loop", "permit_sasl_authenticated, loop");
	policy_class(p, "twice", "again again");
	policy_class(p, "again", "twice twice");
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@x"), POLICY_DEFER);
	assert_int_equal(j.code, 451);
	assert_true(j.steps_cut);
	assert_int_equal(judged(RULE, "u", "1.2.3.4", "a@y"), POLICY_DEFER);
	/* as wide as it is deep, and nothing that ends it */
	give("hash:z", "q OK\n");
	for (int i = 0; i < 40; i++) {
		char name[20], list[80];
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(list, sizeof(list), "c%d c%d", i + 1, i + 1);
		policy_class(p, name, i == 39 ? "check_sender_access hash:z" : list);
	}
	assert_int_equal(judged("c0", "u", "1.2.3.4", "a@y"), POLICY_NOT_KNOWN);
}

static void own_domains_are_the_keys_each_once(void **state)
{
	static const char *const want[] = {"company.my", "firma.example", "only.dotted"};
	char **domains = NULL;
	size_t n;

	(void)state;
	give("hash:map",
	     "Company.my WARN\n.company.my WARN\ncompany.my REJECT\nboss@firma.example OK\nfirma.example WARN\n"
	     "192.0.2.7 OK\n<> WARN\nuser@ OK\n2001:db8::1 OK\n.only.dotted WARN\n");
	n = policy_domains(p, "hash:map", &domains);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n && i < 3; i++)
		assert_string_equal(domains[i], want[i]);
	policy_domains_free(domains, n);
	assert_int_equal(policy_domains(p, "hash:none", &domains), 0);
	assert_null(domains);
}

/* ------------------------------------------------------------------ from disk */

static const char *file(const char *name, const char *text)
{
	static char path[8][128];
	static int turn;
	char *own = path[turn++ % 8];
	FILE *f;

	snprintf(own, sizeof(path[0]), "%s/%s", folder, name);
	f = fopen(own, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
	return own;
}

static const char *list_for(const char *path)
{
	static char list[200];

	snprintf(list, sizeof(list), "check_sender_access hash:%s", path);
	return list;
}

static int begin_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int end_folder(void **state)
{
	(void)state;
	return folder_remove(folder);
}

static const char main_cf[] = "# Univention\n"
			      "myhostname = mx.company.my\n"
			      "myorigin = $myhostname\n"
			      "maps = ${config_directory}/\n"
			      "empty =\n"
			      "mynetworks = 127.0.0.0/8,\n"
			      "    # more\n"
			      "    $config_directory/nets ${empty?192.0.2.0/24}${empty:198.51.100.0/24}\n"
			      "smtpd_restriction_classes = own, names\n"
			      "own = check_client_access cidr:$(maps)networks.cidr\n"
			      "names = check_client_access pcre:$config_directory/names.pcre\n"
			      "access_map_reject_code = 550\n"
			      "recipient_delimiter = +\n"
			      "smtpd_recipient_restrictions = reject_rbl_client bl.example,\n"
			      "  permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination,\n"
			      "  warn_if_reject check_sender_access hash:$config_directory/map,\n"
			      "  check_policy_service inet:127.0.0.1:10023\n"
			      "not a setting\n";

static void give_main_cf(void)
{
	file("nets", "10.0.0.0/8\n# x\n!172.16.1.0/24 172.16.0.0/12\n");
	file("networks.cidr", "192.0.2.0/24 DUNNO\n0.0.0.0/0 names\n::/0 names\n");
	file("names.pcre", "/^/ REJECT no\n");
	assert_true(policy_read_main_cf(p, file("main.cf", main_cf)));
}

static void a_main_cf_gives_classes_networks_and_codes(void **state)
{
	const char *map = file("map", "company.my own\nboss@company.my DUNNO\n");

	(void)state;
	give_main_cf();
	assert_true(policy_read_map(p, map));
	assert_int_equal(judged(list_for(map), "unknown", "203.0.113.5", "a@company.my"), POLICY_REJECT);
	assert_int_equal(j.code, 550);
	assert_int_equal(judged(list_for(map), "unknown", "203.0.113.5", "boss+x@company.my"), POLICY_DUNNO);
	assert_int_equal(judged(list_for(map), "unknown", "192.0.2.5", "a@company.my"), POLICY_DUNNO);
	assert_int_equal(judged(list_for(map), "unknown", "203.0.113.5", "boss"), POLICY_REJECT);
	assert_int_equal(member("unknown", "10.0.0.1"), POLICY_INSIDE);
	assert_int_equal(member("unknown", "172.16.1.1"), POLICY_OUTSIDE);
	assert_int_equal(member("unknown", "172.16.2.1"), POLICY_INSIDE);
	assert_int_equal(member("unknown", "198.51.100.1"), POLICY_INSIDE);
	assert_int_equal(member("unknown", "192.0.2.1"), POLICY_OUTSIDE);
	assert_string_equal(policy_setting(p, "myorigin"), "mx.company.my");
	assert_string_equal(policy_setting(p, "config_directory"), folder);
	assert_null(policy_setting(p, "not a setting"));
}

static void the_rule_s_place_in_the_list_is_found(void **state)
{
	struct policy_place place;
	char map[128];

	(void)state;
	give_main_cf();
	snprintf(map, sizeof(map), "%s/map", folder);
	assert_true(policy_place(p, map, &place));
	assert_string_equal(place.list, "smtpd_recipient_restrictions");
	assert_int_equal(place.count, 7);
	assert_int_equal(place.at, 5);
	assert_string_equal(place.entry[0], "reject_rbl_client bl.example");
	assert_string_equal(place.entry[1], "permit_mynetworks");
	assert_string_equal(place.entry[6], "check_policy_service inet:127.0.0.1:10023");
	assert_true(place.networks_before);
	assert_true(place.warn_if_reject);
	assert_int_equal(place.greylisting, POLICY_AFTER);
	assert_false(policy_place(p, "hash:/elsewhere", &place));
}

static void a_map_is_asked_by_a_list_or_by_a_class_that_a_list_names(void **state)
{
	(void)state;
	assert_true(policy_asks(p, "hash:/m")); /* without a main.cf nobody knows better */
	assert_true(policy_read_main_cf(p, file("main.cf",
	                                        "smtpd_restriction_classes = a, b, unused\n"
	                                        "a = check_client_access hash:/m, a b\n"
	                                        "b = check_sender_access proxy:hash:/m\n"
	                                        "unused = check_sender_access hash:/u\n"
	                                        "smtpd_recipient_restrictions = check_recipient_access hash:/r, a\n")));
	assert_true(policy_asks(p, "hash:/m"));
	assert_false(policy_asks(p, "hash:/u"));
	assert_false(policy_asks(p, "hash:/r"));
}

static void greylisting_before_the_rule_is_told_apart(void **state)
{
	struct policy_place place;

	(void)state;
	assert_true(
	    policy_read_main_cf(p, file("main.cf", "mynetworks = 10.0.0.0/8\n"
	                                           "smtpd_sender_restrictions = hash:/m\n"
	                                           "smtpd_client_restrictions = check_policy_service unix:postgrey\n"
	                                           "parent_domain_matches_subdomains = mynetworks\n")));
	assert_true(policy_place(p, "/m", &place));
	assert_string_equal(place.list, "smtpd_sender_restrictions");
	assert_false(place.networks_before);
	assert_int_equal(place.greylisting, POLICY_BEFORE);
	give("hash:map", ".company.my WARN\n");
	give("hash:hosts", "hosts.example any\n");
	assert_true(policy_networks(p, "10.0.0.0/8 hash:hosts"));
	assert_int_equal(member("a.hosts.example", "203.0.113.5"), POLICY_INSIDE);
	policy_networks_first(p, place.networks_before);
	assert_int_equal(judged(RULE, "unknown", "10.1.1.1", "a@x.company.my"), POLICY_WARN);
}

static void a_setting_that_names_another_unknown_one_is_not_known(void **state)
{
	(void)state;
	assert_true(policy_read_main_cf(p, file("main.cf", "mynetworks = $proxy_interfaces 10.0.0.0/8\n"
	                                                   "smtpd_restriction_classes = a, b\na = $b\nb = $a\n"
	                                                   "myorigin = ${x\n")));
	assert_int_equal(member("unknown", "10.0.0.1"), POLICY_UNSURE);
	assert_null(policy_setting(p, "mynetworks"));
	give("hash:map", "company.my WARN\n");
	assert_int_equal(judged(RULE, "unknown", "10.0.0.1", "a@company.my"), POLICY_NOT_KNOWN);
	assert_int_equal(judged("a", "unknown", "10.0.0.1", "a@b.c"), POLICY_NOT_KNOWN);
	assert_false(policy_read_main_cf(p, "/no/such/main.cf"));
}

static void a_file_of_networks_that_names_itself_ends(void **state)
{
	char text[200];

	(void)state;
	snprintf(text, sizeof(text), "10.0.0.0/8 %s/self\n", folder);
	file("self", text);
	snprintf(text, sizeof(text), "%s/self", folder);
	assert_false(policy_networks(p, text));
	assert_int_equal(member("unknown", "10.0.0.1"), POLICY_INSIDE);
	assert_int_equal(member("unknown", "11.0.0.1"), POLICY_UNSURE);
}

static void a_bomb_of_names_in_main_cf_is_refused(void **state)
{
	char text[2000];
	size_t n = 0;

	(void)state;
	n += (size_t)snprintf(text + n, sizeof(text) - n, "a0 = 0123456789\n");
	for (int i = 1; i < 18; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "a%d = $a%d$a%d$a%d$a%d\n", i, i - 1, i - 1, i - 1,
		                      i - 1);
	snprintf(text + n, sizeof(text) - n, "mynetworks = $a17\n");
	assert_true(policy_read_main_cf(p, file("main.cf", text)));
	assert_int_equal(member("unknown", "10.0.0.1"), POLICY_UNSURE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_article_s_map_warns_and_then_rejects),
	    TEST(an_appended_reject_goes_on_warning),
	    TEST(a_plan_s_classes_let_through_who_is_exempt_and_nobody_else),
	    TEST(only_the_last_row_changes_on_the_day),
	    TEST(mynetworks_come_first_unless_told_otherwise),
	    TEST(networks_hold_addresses_names_and_tables),
	    TEST(a_broken_network_is_told_and_leaves_open_what_comes_after),
	    TEST(what_is_missing_is_not_known_and_never_guessed),
	    TEST(warn_if_reject_makes_a_warning_of_one_restriction),
	    TEST(effects_that_end_nothing_are_told_by_the_strongest),
	    TEST(classes_without_end_come_to_one),
	    TEST(own_domains_are_the_keys_each_once),
	    TEST(a_main_cf_gives_classes_networks_and_codes),
	    TEST(the_rule_s_place_in_the_list_is_found),
	    TEST(a_map_is_asked_by_a_list_or_by_a_class_that_a_list_names),
	    TEST(greylisting_before_the_rule_is_told_apart),
	    TEST(a_setting_that_names_another_unknown_one_is_not_known),
	    TEST(a_file_of_networks_that_names_itself_ends),
	    TEST(a_bomb_of_names_in_main_cf_is_refused),
	};

	return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
