/* Where something is typed: a filter, a name to jump to, a note. */
#include "tui_i.h"

#include <stdio.h>

#include "../parsers/utf8.h"

static void prompt(struct tui *t, enum tui_prompt what, const char *start)
{
	t->mode = TUI_PROMPT;
	t->prompt = what;
	snprintf(t->input, sizeof t->input, "%s", start);
}

void tui_act_filter(struct tui *t)
{
	prompt(t, PROMPT_FILTER, tui_view(t)->list.filter);
}

void tui_act_jump(struct tui *t)
{
	prompt(t, PROMPT_JUMP, "");
}

void tui_act_note(struct tui *t)
{
	prompt(t, PROMPT_NOTE, t->note ? t->note : "");
}

static void jump(struct tui *t)
{
	struct slice name = slice_str(t->input);
	enum screen_id id = screen_find(name);

	if (id != SCREEN_NONE)
		tui_show_tab(t, id);
	else if (name.n && !list_find(&tui_view(t)->list, name))
		tui_say(t, "no view and no row of that name");
}

static void prompt_done(struct tui *t)
{
	t->mode = TUI_LIST;
	if (t->prompt == PROMPT_JUMP)
		jump(t);
	else if (t->prompt == PROMPT_NOTE)
		tui_take_note(t);
}

static size_t utf8_bytes(uint32_t code, char out[4])
{
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char head[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(head[n] | code);
	return n;
}

static void input_add(struct tui *t, uint32_t code)
{
	char buf[4];
	size_t n = strlen(t->input), k;

	if (code < ' ' || code == 127 || code >= 0x110000 || utf8_width(code) < 1)
		return;
	k = utf8_bytes(code, buf);
	if (n + k >= sizeof t->input)
		return;
	memcpy(t->input + n, buf, k);
	t->input[n + k] = '\0';
}

static void input_cut(struct tui *t)
{
	size_t n = strlen(t->input);

	while (n > 0 && ((unsigned char)t->input[--n] & 0xc0) == 0x80)
		;
	t->input[n] = '\0';
}

void tui_prompt_key(struct tui *t, uint32_t code)
{
	if (code == CODE_ENTER || code == '\n') {
		prompt_done(t);
		return;
	}
	if (code == CODE_ESCAPE) {
		t->mode = TUI_LIST;
		t->input[0] = '\0';
	} else if (code == CODE_BACKSPACE || code == 127) {
		input_cut(t);
	} else {
		input_add(t, code);
	}
	if (t->prompt == PROMPT_FILTER)
		list_filter(&tui_view(t)->list, slice_str(t->input));
}
