#include "term.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "../analyzer/clock.h"
#include "../analyzer/msg.h"

/*
 * How roles look. Colours are chosen to be read on light and on dark; -1 is the terminal's own. Where
 * there are none, attributes are left.
 */
static const struct {
	short of256, of8;
	attr_t attributes;
} looks[ROLE_COUNT] = {
    [ROLE_PLAIN] = {-1, -1, A_NORMAL},
    [ROLE_DIM] = {244, -1, A_NORMAL},
    [ROLE_TITLE] = {-1, -1, A_BOLD},
    [ROLE_HEAD] = {-1, -1, A_BOLD},
    [ROLE_FRAME] = {244, -1, A_NORMAL},
    [ROLE_TAB] = {-1, -1, A_BOLD},
    [ROLE_KEY] = {32, COLOR_CYAN, A_BOLD},
    [ROLE_LOST] = {166, COLOR_RED, A_BOLD},
    [ROLE_GOOD] = {34, COLOR_GREEN, A_NORMAL},
    [ROLE_BAD] = {160, COLOR_RED, A_BOLD},
    [ROLE_DOUBT] = {136, COLOR_MAGENTA, A_NORMAL},
    [ROLE_SPARK] = {32, COLOR_CYAN, A_NORMAL},
    [ROLE_SAID] = {-1, -1, A_BOLD},
};

static bool is_open, wants_colour;
static pthread_t drawer; /* the thread that draws */
static SCREEN *screen;
static attr_t look[ROLE_COUNT];
static int errors = -1, said = -1; /* stderr as it was, and the file that stands in for it */
static struct termios before;
static bool knows_before;
static volatile sig_atomic_t ends, resized;

/* ------------------------------------------------------------------ crashes */

static char restoring[256]; /* what puts the screen back, made while all was well */
static size_t restoring_n;

/* NULL: the terminal has no such thing; -1 as a pointer is curses' word for a name that is none. */
static const char *ability(const char *name)
{
	const char *s = tigetstr(name);

	return (intptr_t)s == -1 ? NULL : s;
}

static void restoring_add(const char *name)
{
	const char *s = ability(name);
	size_t n = s ? strlen(s) : 0;

	if (n && restoring_n + n < sizeof restoring) {
		memcpy(restoring + restoring_n, s, n);
		restoring_n += n;
	}
}

static void prepare_restoring(void)
{
	static const char mouse_off[] = "\033[?1000l\033[?1002l\033[?1006l";

	restoring_n = 0;
	if (ability("kmous")) {
		memcpy(restoring, mouse_off, sizeof mouse_off - 1);
		restoring_n = sizeof mouse_off - 1;
	}
	restoring_add("sgr0");
	restoring_add("rmkx");
	restoring_add("cnorm");
	restoring_add("rmcup");
}

/* Only what a signal handler may call. */
static void restore(void)
{
	if (!is_open)
		return;
	for (size_t at = 0; at < restoring_n;) {
		ssize_t n = write(STDOUT_FILENO, restoring + at, restoring_n - at);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	if (knows_before)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	if (errors >= 0)
		dup2(errors, STDERR_FILENO);
}

static void on_crash(int sig)
{
	restore();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void on_end(int sig)
{
	ends = sig;
}

static void on_resize(int sig)
{
	(void)sig;
	resized = 1;
}

static void catch (int sig, void (*handler)(int), int flags)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = flags};

	sigemptyset(&a.sa_mask);
	sigaction(sig, &a, NULL);
}

static void catch_all(void)
{
	static const int crash[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGSYS, SIGTRAP};
	static const int end[] = {SIGTERM, SIGHUP, SIGINT};

	/* a sanitizer has more to say of a crash than we have; it ends in SIGABRT or _exit */
	for (size_t i = 0; i < sizeof crash / sizeof *crash; i++)
		catch (crash[i], on_crash, (int)SA_RESETHAND | SA_NODEFER);
	for (size_t i = 0; i < sizeof end / sizeof *end; i++)
		catch (end[i], on_end, 0);
	catch (SIGWINCH, on_resize, 0);
	catch (SIGTSTP, SIG_IGN, 0); /* Ctrl-Z is a key of ours */
}

/*
 * So long Esc waits for the rest of what may be another key. Terminals send a key's bytes at once, and so do
 * networks, nearly always.
 */
#define ESCAPE_MS 10

/* ------------------------------------------------------------------ opening and closing */

const char *term_trouble(void)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return "no terminal";
	if (!term || !*term)
		return "TERM is not set";
	if (strcmp(term, "dumb") == 0)
		return "TERM is dumb";
	return NULL;
}

static void look_init(bool colour)
{
	bool coloured = colour && has_colors() && start_color() == OK;

	if (coloured)
		use_default_colors();
	for (int r = 0; r < ROLE_COUNT; r++) {
		short c = COLORS >= 256 ? looks[r].of256 : looks[r].of8;
		look[r] = looks[r].attributes;
		if (!coloured || c < 0)
			continue;
		init_pair((short)(r + 1), c, -1);
		look[r] |= COLOR_PAIR(r + 1);
	}
}

static void hold_errors(void)
{
	fflush(stderr);
	if (said < 0)
		said = memfd_create("wouldblock", MFD_CLOEXEC);
	errors = dup(STDERR_FILENO);
	if (said >= 0 && errors >= 0)
		dup2(said, STDERR_FILENO);
}

#define SAID_MOST 4000 /* bytes of messages that are repeated at the end */
static void let_errors_go(void)
{
	char buf[SAID_MOST];

	if (errors < 0)
		return;
	fflush(stderr);
	dup2(errors, STDERR_FILENO);
	close(errors);
	errors = -1;
	ssize_t n = said >= 0 ? pread(said, buf, sizeof buf, 0) : 0;
	if (n > 0 && write(STDERR_FILENO, buf, (size_t)n) < 0)
		return; /* nobody is there to be told */
	if (said >= 0 && (ftruncate(said, 0) < 0 || lseek(said, 0, SEEK_SET) < 0))
		said = -1;
}

/* The library is not to be touched while another thread may be in it. */
static void on_exit_of_any(void)
{
	if (pthread_equal(pthread_self(), drawer))
		term_close();
	else
		restore();
}

void term_open(bool colour)
{
	const char *trouble = term_trouble();

	if (is_open)
		return;
	if (trouble)
		msg_die(EX_USAGE, "tui: %s; `wouldblock report` and `wouldblock list` need none", trouble);
	wants_colour = colour;
	knows_before = tcgetattr(STDIN_FILENO, &before) == 0;
	if (!screen)
		screen = newterm(NULL, stdout, stdin);
	else
		refresh();
	if (!screen)
		msg_die(EX_USAGE,
		        "tui: this terminal is not known here (TERM=%s); `wouldblock report` and `wouldblock list` "
		        "need none",
		        getenv("TERM"));
	if (!getenv("ESCDELAY")) /* curses heeds it, for a slow line */
		set_escdelay(ESCAPE_MS);
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(200);
	look_init(wants_colour);
	prepare_restoring();
	is_open = true;
	drawer = pthread_self();
	msg_on_exit(on_exit_of_any);
	catch_all();
	hold_errors();
}

void term_close(void)
{
	if (!is_open)
		return;
	is_open = false;
	endwin();
	let_errors_go();
}

void term_size(int *rows, int *cols)
{
	struct winsize w;

	*rows = 24;
	*cols = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col) {
		*rows = w.ws_row;
		*cols = w.ws_col;
	}
	if (is_open && (*rows != LINES || *cols != COLS))
		resizeterm(*rows, *cols);
}

/* ------------------------------------------------------------------ showing */

/* Cells that can go out together: the same look, one byte each. */
static int run_of(const struct grid *g, int y, int x, char *bytes)
{
	const struct grid_cell *first = grid_at(g, y, x);
	int n = 0;

	while (x + n < g->cols) {
		const struct grid_cell *c = grid_at(g, y, x + n);
		struct slice b = grid_bytes(g, y, x + n);
		if (c->role != first->role || c->selected != first->selected || c->width != 1 || b.n > 1)
			break;
		bytes[n++] = b.n ? b.p[0] : ' ';
	}
	return n;
}

static void show_row(const struct grid *g, int y)
{
	char bytes[GRID_MAX];

	for (int x = 0; x < g->cols;) {
		const struct grid_cell *c = grid_at(g, y, x);
		struct slice b = grid_bytes(g, y, x);
		int n = run_of(g, y, x, bytes);

		attrset((int)(look[c->role] | (c->selected ? A_REVERSE : A_NORMAL)));
		if (n) {
			mvaddnstr(y, x, bytes, n);
			x += n;
			continue;
		}
		/* each by its own place: should the library think it of another width, the next is right again */
		if (b.n)
			mvaddnstr(y, x, b.p, (int)b.n);
		x += c->width ? c->width : 1;
	}
}

void term_show(const struct grid *g)
{
	erase();
	for (int y = 0; y < g->rows; y++)
		show_row(g, y);
	attrset(A_NORMAL);
	curs_set(g->cursor_y >= 0 ? 1 : 0);
	move(g->cursor_y >= 0 ? g->cursor_y : g->rows - 1, g->cursor_x >= 0 ? g->cursor_x : 0);
	refresh();
}

void term_redraw(void)
{
	clearok(curscr, TRUE);
}

/* ------------------------------------------------------------------ keys */

static const struct {
	int curses;
	uint32_t code;
} keys[] = {
    {KEY_UP, CODE_UP},         {KEY_DOWN, CODE_DOWN},       {KEY_LEFT, CODE_LEFT},           {KEY_RIGHT, CODE_RIGHT},
    {KEY_PPAGE, CODE_PAGE_UP}, {KEY_NPAGE, CODE_PAGE_DOWN}, {KEY_HOME, CODE_HOME},           {KEY_END, CODE_END},
    {KEY_BTAB, CODE_BACK_TAB}, {KEY_ENTER, CODE_ENTER},     {KEY_BACKSPACE, CODE_BACKSPACE}, {KEY_RESIZE, CODE_RESIZE},
};

static bool read_mouse(struct key *k)
{
	MEVENT e;

	if (getmouse(&e) != OK)
		return false;
	k->code = CODE_MOUSE;
	k->y = e.y;
	k->x = e.x;
	k->button = e.bstate & BUTTON4_PRESSED          ? MOUSE_UP
	            : e.bstate & BUTTON5_PRESSED        ? MOUSE_DOWN
	            : e.bstate & BUTTON1_DOUBLE_CLICKED ? MOUSE_DOUBLE
	                                                : MOUSE_LEFT;
	return true;
}

/* The rest of a key whose Esc came so early that it was taken for one: what a line that stutters leaves of it. */
#define REST_MS 300
static struct {
	int64_t escaped_ms; /* when Esc came; 0: something else came since */
	char bytes[16];     /* `[B`, as far as it came */
	size_t n;
} rest;

static const struct {
	const char *bytes;
	uint32_t code;
} late[] = {
    {"[A", CODE_UP},   {"[B", CODE_DOWN},  {"[C", CODE_RIGHT},    {"[D", CODE_LEFT},       {"OA", CODE_UP},
    {"OB", CODE_DOWN}, {"OC", CODE_RIGHT}, {"OD", CODE_LEFT},     {"[H", CODE_HOME},       {"[F", CODE_END},
    {"OH", CODE_HOME}, {"OF", CODE_END},   {"[5~", CODE_PAGE_UP}, {"[6~", CODE_PAGE_DOWN}, {"[Z", CODE_BACK_TAB},
};

/* Does c belong to it? Then it is no key of its own; the last byte makes *code the key that it ends, if we know it. */
static bool is_rest(uint32_t c, uint32_t *code)
{
	bool begins = rest.n == 0 && (c == '[' || c == 'O'), goes_on = rest.n > 0 && c >= ' ' && c < 127;

	if (!rest.escaped_ms || clock_ms() - rest.escaped_ms > REST_MS || (!begins && !goes_on) ||
	    rest.n + 1 == sizeof rest.bytes) {
		rest.n = 0;
		rest.escaped_ms = c == '\033' ? clock_ms() : 0;
		return false;
	}
	rest.bytes[rest.n++] = (char)c;
	rest.bytes[rest.n] = '\0';
	*code = CODE_WAIT;
	if (begins || c < '@') /* parameters, and what stands between them */
		return true;
	for (size_t i = 0; i < sizeof late / sizeof *late; i++)
		if (strcmp(rest.bytes, late[i].bytes) == 0)
			*code = late[i].code;
	rest.n = 0;
	rest.escaped_ms = 0;
	return true;
}

/* False: nothing was typed. A key that nobody knows is CODE_NONE. */
static bool read_key(struct key *k)
{
	wint_t c;

	*k = (struct key){0};
	int how = get_wch(&c);
	if (how == ERR)
		return false;
	if (how == OK) {
		k->code = (uint32_t)c;
		is_rest((uint32_t)c, &k->code);
		return true;
	}
	if (c == KEY_MOUSE)
		return read_mouse(k);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].curses == (int)c)
			k->code = keys[i].code;
	return true;
}

static void empty(int fd)
{
	char buf[256];

	while (read(fd, buf, sizeof buf) == (ssize_t)sizeof buf)
		;
}

enum term_event term_wait(int ms, int wake, struct key *k)
{
	struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = wake, .events = POLLIN}};

	if (resized) {
		resized = 0;
		*k = (struct key){.code = CODE_RESIZE};
		return TERM_KEY;
	}
	if (read_key(k))
		return TERM_KEY;
	int n = poll(p, 2, ms);
	if (n <= 0)
		return TERM_TIME;
	if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return TERM_GONE;
	if (p[1].revents & POLLIN) {
		empty(wake);
		return TERM_WOKEN;
	}
	if (read_key(k))
		return TERM_KEY;
	return TERM_TIME;
}

int term_signal(void)
{
	return ends;
}

void term_suspend(void)
{
	term_close();
	raise(SIGSTOP);
	term_open(wants_colour);
	term_redraw();
}
