#include "verdict_world.h"

#include "../../ui/settings.h"
#include "../../ui/tui.h"

static struct settings settings;
static struct origin *origin;
static struct tui *tui;
static struct grid grid;
static struct text out;
static int cols = 100, lines = 30;

static int open_world(void **state)
{
	world_open(state);
	for (int i = 0; i < 4; i++)
		world_mail(BOSS, i % 2 ? NEWS_B : NEWS_A, i, FATE_DELIVERED, EVIDENCE_PASS);
	world_mail(CLERK, STRANGER, 1, FATE_QUEUED, EVIDENCE_FAIL);
	world_mail(BRANCH, PRINTER, 2, FATE_REFUSED, EVIDENCE_NONE_SAID);
	world_sql("UPDATE generation SET first_stamp = %lld", (long long)NOON(0));
	settings_default(&settings);
	origin = origin_new(NULL, 0, NULL, 0);
	const struct load load = {.database = world_path,
	                          .rule = "own-domain",
	                          .since = STAMP_NONE,
	                          .until = NOON(5),
	                          .settings = &settings,
	                          .origin = origin,
	                          .no_plan = "no plan here"};
	cols = 100;
	lines = 30;
	tui = tui_new(&load, false, -1);
	return 0;
}

static int close_world(void **state)
{
	assert_true(tui_free(tui));
	origin_free(origin);
	settings_release(&settings);
	grid_release(&grid);
	text_release(&out);
	return world_close(state);
}

static const char *screen(void)
{
	tui_settle(tui);
	grid_reset(&grid, lines, cols);
	tui_draw(tui, &grid, NOON(5));
	text_clear(&out);
	grid_print(&grid, &out);
	return out.p;
}

static uint32_t pressed[4000]; /* by any test */
static size_t presses;

static bool was_pressed(uint32_t code)
{
	for (size_t i = 0; i < presses; i++)
		if (pressed[i] == code)
			return true;
	return false;
}

static void press(const char *script)
{
	struct slice s = slice_str(script);
	struct key k;

	screen();
	while (s.n) {
		assert_true(keys_script(&s, &k));
		if (!was_pressed(k.code) && presses < sizeof pressed / sizeof *pressed)
			pressed[presses++] = k.code;
		if (k.code == CODE_SIZE) {
			cols = k.x;
			lines = k.y;
		}
		tui_key(tui, &k);
		screen();
	}
}

static bool shows(const char *what)
{
	return strstr(screen(), what) != NULL;
}

static const char *selected(void)
{
	static char key[300];
	size_t row;

	screen();
	if (!list_selected(&tui_view(tui)->list, &row))
		return "";
	struct slice k = sheet_key(tui_view(tui)->sheet, row);
	snprintf(key, sizeof key, "%.*s", (int)k.n, k.p);
	return key;
}

static enum screen_id view(void)
{
	return tui_view(tui)->screen;
}

static int64_t verdicts(const char *subject, const char *word)
{
	return world_number("SELECT count(*) FROM verdict WHERE subject = '%s' AND verdict = '%s'", subject, word);
}

/* ------------------------------------------------------------------ each key */

static void key_up(void)
{
	press("j<up>");
	assert_string_equal(selected(), "source:news.example");
	press("jjk");
	assert_string_equal(selected(), "source:203.0.113.0/24");
}

static void key_down(void)
{
	press("j");
	assert_string_equal(selected(), "source:203.0.113.0/24");
	press("<down>");
	assert_string_equal(selected(), "source:10.20.30.77");
}

static void key_pages(void)
{
	press("<size 40x10>1<pgdn>");
	assert_string_equal(selected(), "source:10.20.30.77");
	press("<pgup>");
	assert_string_equal(selected(), "source:news.example");
}

static void key_ends(void)
{
	press("G");
	assert_string_equal(selected(), "source:10.20.30.77");
	press("g");
	assert_string_equal(selected(), "source:news.example");
	press("<end>");
	assert_string_equal(selected(), "source:10.20.30.77");
	press("<home>");
	assert_string_equal(selected(), "source:news.example");
}

static void key_enter_and_back(void)
{
	press("<enter>");
	assert_int_equal(view(), SCREEN_SOURCE);
	assert_true(shows("203.0.113.7"));
	press("<esc>");
	assert_int_equal(view(), SCREEN_SOURCES);
	press("5j<enter>");
	assert_int_equal(tui->mode, TUI_CARD);
	press("<bksp>");
	assert_int_equal(tui->mode, TUI_LIST);
	press("1\n");
	assert_int_equal(view(), SCREEN_SOURCE);
	press("\177");
	assert_int_equal(view(), SCREEN_SOURCES);
}

static void key_views(void)
{
	press("<tab>");
	assert_int_equal(view(), SCREEN_SENDERS);
	press("<left>");
	assert_int_equal(view(), SCREEN_SOURCES);
	press("h");
	assert_int_equal(view(), SCREEN_TABS);
	press("l");
	assert_int_equal(view(), SCREEN_SOURCES);
	press("<right>");
	assert_int_equal(view(), SCREEN_SENDERS);
	press("<backtab>");
	assert_int_equal(view(), SCREEN_SOURCES);
	for (char key[] = "1"; key[0] <= '0' + SCREEN_TABS; key[0]++) {
		press(key);
		assert_int_equal(view(), key[0] - '0');
	}
	press("9");
	assert_int_equal(view(), SCREEN_TABS);
}

static void key_verdicts(void)
{
	press("e");
	assert_int_equal(verdicts("news.example", "exempt"), 1);
	press("m");
	assert_int_equal(verdicts("news.example", "move"), 1);
	press("b");
	assert_int_equal(verdicts("news.example", "block"), 1);
	press("x");
	assert_int_equal(world_number("SELECT count(*) FROM verdict"), 0);
}

static void key_undo(void)
{
	press("eb");
	press("u");
	assert_int_equal(verdicts("news.example", "exempt"), 1);
	press("u");
	assert_int_equal(world_number("SELECT count(*) FROM verdict"), 0);
	press("u");
	assert_true(shows("nothing to undo"));
}

static void key_note(void)
{
	press("nbefore<enter>e");
	assert_int_equal(world_number("SELECT count(*) FROM verdict WHERE note = 'before'"), 1);
	press("n<bksp>after<enter>");
	assert_int_equal(world_number("SELECT count(*) FROM verdict WHERE note = 'after' AND verdict = 'exempt'"), 1);
	press("nnot this<esc>");
	assert_int_equal(world_number("SELECT count(*) FROM verdict WHERE note = 'after'"), 1);
}

static void key_mark(void)
{
	press("<space><space>b");
	assert_int_equal(verdicts("news.example", "block"), 1);
	assert_int_equal(world_number("SELECT count(*) FROM verdict WHERE verdict = 'block'"), 2);
	assert_int_equal(tui_view(tui)->list.marks, 0);
	press("u");
	assert_int_equal(world_number("SELECT count(*) FROM verdict"), 0);
}

static void key_mark_all(void)
{
	press("*");
	assert_int_equal(tui_view(tui)->list.marks, 3);
	press("<esc>");
	assert_int_equal(tui_view(tui)->list.marks, 0);
}

static void key_filter(void)
{
	press("/NEWS<enter>");
	assert_int_equal(tui_view(tui)->list.n, 1);
	press("/<bksp><bksp><bksp><bksp>zzz");
	assert_int_equal(tui_view(tui)->list.n, 0);
	assert_true(shows("No row holds this"));
	press("<esc>");
	assert_int_equal(tui_view(tui)->list.n, 3);
	press("/10.20<enter>");
	assert_string_equal(selected(), "source:10.20.30.77");
	press("<esc>");
	assert_int_equal(tui_view(tui)->list.n, 3);
}

static void key_sort(void)
{
	press("sg");
	assert_string_equal(selected(), "source:10.20.30.77");
	press("Sg");
	assert_string_equal(selected(), "source:news.example");
	for (int i = 0; i < 11; i++)
		press("s");
	assert_true(shows("in the order of the view"));
	assert_int_equal(tui_view(tui)->list.column, -1);
}

static void key_jump(void)
{
	press(":plan<enter>");
	assert_int_equal(view(), SCREEN_PLAN);
	press("1:10.20<enter>");
	assert_string_equal(selected(), "source:10.20.30.77");
	press(":no such thing<enter>");
	assert_true(shows("no view and no row"));
}

static void key_pause(void)
{
	press("2p");
	world_mail(BRANCH, SIX, 3, FATE_DELIVERED, EVIDENCE_PASS);
	assert_false(shows("7 warned"));
	assert_true(shows("HELD"));
	press("p");
	assert_false(shows("HELD"));
	assert_true(shows("of 7 warned"));
}

static void key_newest(void)
{
	press("f");
	assert_true(shows("only Live"));
	press("4k");
	assert_true(tui_view(tui)->list.n == 0 || !tui_view(tui)->list.newest);
	press("f");
	assert_true(tui_view(tui)->list.newest);
}

static void key_reload(void)
{
	press("r");
	assert_true(shows("loaded anew"));
}

static void key_redraw(void)
{
	press("<redraw>");
	assert_true(tui->redraw);
}

static void key_help(void)
{
	size_t n;
	const struct key_row *k = keys_table(&n);

	press("<size 100x60>?");
	for (size_t i = 0; i < n; i++)
		assert_true(shows(k[i].help));
	press("<esc>");
	assert_int_equal(tui->mode, TUI_LIST);
}

static void key_suspend(void)
{
	press("\032");
	assert_true(tui->suspend);
}

static void key_quit(void)
{
	press("q");
	assert_true(tui->quit);
	tui->quit = false;
	press("\003");
	assert_true(tui->quit);
}

static void (*const tests_of[DO_COUNT])(void) = {
    [DO_UP] = key_up,
    [DO_DOWN] = key_down,
    [DO_PAGE_UP] = key_pages,
    [DO_PAGE_DOWN] = key_pages,
    [DO_HOME] = key_ends,
    [DO_END] = key_ends,
    [DO_ENTER] = key_enter_and_back,
    [DO_BACK] = key_enter_and_back,
    [DO_NEXT] = key_views,
    [DO_PREVIOUS] = key_views,
    [DO_VIEW] = key_views,
    [DO_MARK] = key_mark,
    [DO_MARK_ALL] = key_mark_all,
    [DO_EXEMPT] = key_verdicts,
    [DO_MOVE] = key_verdicts,
    [DO_BLOCK] = key_verdicts,
    [DO_CLEAR] = key_verdicts,
    [DO_UNDO] = key_undo,
    [DO_NOTE] = key_note,
    [DO_FILTER] = key_filter,
    [DO_SORT] = key_sort,
    [DO_REVERSE] = key_sort,
    [DO_JUMP] = key_jump,
    [DO_PAUSE] = key_pause,
    [DO_NEWEST] = key_newest,
    [DO_RELOAD] = key_reload,
    [DO_REDRAW] = key_redraw,
    [DO_HELP] = key_help,
    [DO_SUSPEND] = key_suspend,
    [DO_QUIT] = key_quit,
};

static void every_key_of_the_table_does_what_it_says(void **state)
{
	size_t n;
	const struct key_row *k = keys_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (!tests_of[k[i].action])
			fail_msg("no test presses `%s`", k[i].shown);
		tests_of[k[i].action]();
		for (size_t c = 0; c < KEY_CODES; c++)
			if (k[i].code[c] != CODE_NONE && !was_pressed(k[i].code[c]))
				fail_msg("no test presses each key of `%s`", k[i].shown);
		close_world(state);
		open_world(state);
	}
}

/* ------------------------------------------------------------------ what must hold */

static void the_criteria_follow_a_verdict_at_once(void **state)
{
	(void)state;
	assert_true(shows("undecided 2"));
	press("e");
	assert_true(shows("undecided 1"));
	press("u");
	assert_true(shows("undecided 2"));
}

static void new_mail_is_seen_and_the_selection_stays(void **state)
{
	(void)state;
	press("j");
	assert_string_equal(selected(), "source:203.0.113.0/24");
	for (int i = 0; i < 3; i++)
		world_mail(BRANCH, SIX, 3, FATE_DELIVERED, EVIDENCE_PASS);
	assert_true(shows("2001:db8::/64"));
	assert_string_equal(selected(), "source:203.0.113.0/24");
	assert_int_equal(tui_view(tui)->list.at, 2);
}

static void a_verdict_on_a_sender_and_on_a_client_can_be_given(void **state)
{
	(void)state;
	press("2m");
	assert_int_equal(verdicts("boss@firma.example", "move"), 1);
	press("1g<enter>/203.0.113.7<enter>e");
	assert_int_equal(verdicts("203.0.113.7", "exempt"), 1);
}

static void no_verdict_can_be_given_on_a_recipient(void **state)
{
	(void)state;
	press("3e");
	assert_true(shows("no verdict can be given here"));
	assert_int_equal(world_number("SELECT count(*) FROM human_verdict"), 0);
}

static void enter_leads_from_a_source_to_lines(void **state)
{
	(void)state;
	press("2<enter>");
	assert_int_equal(view(), SCREEN_MAILS);
	assert_int_equal(tui_view(tui)->list.n, 4);
	press("<enter>");
	assert_int_equal(view(), SCREEN_LINES);
	press("<esc><esc>");
	assert_int_equal(view(), SCREEN_SENDERS);
}

static void the_mouse_selects_and_goes_in(void **state)
{
	char script[60];

	(void)state;
	screen();
	snprintf(script, sizeof script, "<mouse %d 5>", tui->list_y + 1);
	press(script);
	assert_string_equal(selected(), "source:203.0.113.0/24");
	snprintf(script, sizeof script, "<mouse %d %d>", tui->tabs_y, tui->tab_x[SCREEN_LIVE] + 2);
	press(script);
	assert_int_equal(view(), SCREEN_LIVE);
	press("1");
	snprintf(script, sizeof script, "<double %d 5>", tui->list_y);
	press(script);
	assert_int_equal(view(), SCREEN_SOURCE);
	press("<mouse 9999 9999><mouse 0 0>");
}

static void any_size_can_be_drawn(void **state)
{
	static const int sizes[] = {1, 2, 3, 5, 10, 16, 20, 39, 40, 59, 60, 80, 100, 300};
	char script[80];

	(void)state;
	for (size_t a = 0; a < sizeof sizes / sizeof *sizes; a++)
		for (size_t b = 0; b < sizeof sizes / sizeof *sizes; b++) {
			snprintf(script, sizeof script, "<size %dx%d>1<enter>G<esc>?<esc>/x<esc>5<enter><esc>",
			         sizes[a], sizes[b]);
			press(script);
		}
}

/* Pressed at random for a while: whatever is pressed, it goes on, and only q ends it. */
static void no_order_of_keys_breaks_it(void **state)
{
	static const uint32_t codes[] = {'j',
	                                 'k',
	                                 'g',
	                                 'G',
	                                 '1',
	                                 '2',
	                                 '3',
	                                 '4',
	                                 '5',
	                                 '6',
	                                 '7',
	                                 's',
	                                 'S',
	                                 '/',
	                                 ':',
	                                 '*',
	                                 ' ',
	                                 'e',
	                                 'u',
	                                 'n',
	                                 'x',
	                                 'p',
	                                 'f',
	                                 '?',
	                                 'a',
	                                 0xfc,
	                                 CODE_ENTER,
	                                 CODE_ESCAPE,
	                                 CODE_BACKSPACE,
	                                 CODE_TAB,
	                                 CODE_PAGE_DOWN,
	                                 CODE_END,
	                                 CODE_RESIZE,
	                                 CODE_LEFT};
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		seed = seed * 1664525 + 1013904223;
		struct key k = {.code = codes[(seed >> 16) % (sizeof codes / sizeof *codes)]};
		tui_key(tui, &k);
		screen();
		assert_false(tui->quit);
	}
}

static void a_sender_that_would_steer_the_terminal_is_shown_escaped(void **state)
{
	(void)state;
	world_sql("INSERT INTO address VALUES (20, 'x' || char(27) || ']0;evil' || char(7) || char(8238) || "
	          "'@firma.example', NULL, "
	          "(SELECT id FROM domain WHERE name = 'firma.example'))");
	world_mail(20, NEWS_A, 3, FATE_DELIVERED, EVIDENCE_PASS);
	press("2");
	assert_true(shows("x\\x1b]0;evil\\x07\\u{202e}@firma.example"));
	for (const char *p = screen(); *p; p++)
		assert_true((unsigned char)*p >= ' ' || *p == '\n');
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
	const struct CMUnitTest tests[] = {
	    TEST(every_key_of_the_table_does_what_it_says),
	    TEST(the_criteria_follow_a_verdict_at_once),
	    TEST(new_mail_is_seen_and_the_selection_stays),
	    TEST(a_verdict_on_a_sender_and_on_a_client_can_be_given),
	    TEST(no_verdict_can_be_given_on_a_recipient),
	    TEST(enter_leads_from_a_source_to_lines),
	    TEST(the_mouse_selects_and_goes_in),
	    TEST(any_size_can_be_drawn),
	    TEST(no_order_of_keys_breaks_it),
	    TEST(a_sender_that_would_steer_the_terminal_is_shown_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
