/* The tables of client addresses and of names, and the settings that name them. */
#include <stdlib.h>
#include <string.h>

#include "../parsers/logical.h"
#include "msg.h"
#include "plan_i.h"
#include "punycode.h"

#define NETWORKS "exceptions by client address"
#define NAMES "exceptions by verified name, and the stage's row"
#define OPEN "what is not exempt, for senders of exempt domains"

/* ------------------------------------------------------------------ names */

/*
 * A source's name as a host's can be: ASCII. It must stand for a source by
 * itself, as it does for mail_verdict: `com` or a provider's name would let in
 * thousands that nobody decided about.
 */
static const char *name_trouble(const struct plan_options *o, struct slice name, char ascii[PUNYCODE_TEXT])
{
	struct source_name source;

	if (!punycode_ascii(name, ascii, PUNYCODE_TEXT) ||
	    strspn(ascii, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(ascii))
		return "no host's name looks like that";
	if (!o->origin)
		return NULL;
	/* An address that no host has (RFC 6666). */
	origin_name(o->origin, slice_str(ascii), SLICE("100::1"), &source);
	if (source.kind == SOURCE_SHARED)
		return "thousands share this name: exempt an address, a network or a sender";
	if (source.kind != SOURCE_ORG || strcmp(source.text, ascii) != 0)
		return "not the name of a source: only a whole organisation is told by its name";
	return NULL;
}

void plan_names_check(struct plan_making *m)
{
	char ascii[PUNYCODE_TEXT];

	for (size_t i = 0; i < m->p->verdicts; i++) {
		struct plan_verdict *v = &m->p->verdict[i];
		if (v->subject.kind != SUBJECT_SOURCE)
			continue;
		const char *trouble = name_trouble(m->o, slice_str(v->subject.text), ascii);
		if (trouble)
			snprintf(v->why, sizeof v->why, "%s", trouble);
	}
}

static void write_name(const struct plan_making *m, FILE *f, const struct plan_verdict *v)
{
	char ascii[PUNYCODE_TEXT];

	plan_put_comment(f, v);
	if (!punycode_ascii(slice_str(v->subject.text), ascii, sizeof ascii))
		msg_bug("a name that was checked");
	fputs("/(^|\\.)", f);
	for (const char *c = ascii; *c; c++)
		fprintf(f, *c == '.' ? "\\." : "%c", *c);
	fputs("$/ ", f);
	/* $ begins a substring in this type of table, and $$ is one. */
	for (const char *c = plan_action(m, v->word); *c; c++)
		fprintf(f, *c == '$' ? "$$" : "%c", *c);
	fputc('\n', f);
}

static void write_names(const struct plan_making *m, FILE *f, bool open, const char *file)
{
	for (size_t i = 0; i < m->p->verdicts; i++) {
		struct plan_verdict *v = &m->p->verdict[i];
		if (v->subject.kind != SUBJECT_SOURCE || *v->why)
			continue;
		write_name(m, f, v);
		if (!open)
			v->file = file;
	}
}

static void write_last(const struct plan_making *m, FILE *f)
{
	fprintf(f, "# everybody else: stage %s\n/^/ ", plan_stage_name(m->p->stage));
	for (const char *c = m->p->action; *c; c++)
		fprintf(f, *c == '$' ? "$$" : "%c", *c);
	fputc('\n', f);
}

/* ------------------------------------------------------------------ addresses */

static bool is_address(const struct plan_verdict *v)
{
	return v->subject.kind == SUBJECT_IP || v->subject.kind == SUBJECT_NETWORK;
}

/* The first row that matches counts, and the verdicts stand with addresses and long networks first. */
static void write_addresses(const struct plan_making *m, FILE *f, bool open, const char *file)
{
	for (size_t i = 0; i < m->p->verdicts; i++) {
		struct plan_verdict *v = &m->p->verdict[i];
		if (!is_address(v))
			continue;
		plan_put_comment(f, v);
		fprintf(f, "%s %s\n", v->subject.text, plan_action(m, v->word));
		if (!open)
			v->file = file;
	}
}

static void write_hand_over(FILE *f, const char *class)
{
	fprintf(f, "# everybody else: by name\n0.0.0.0/0 %s\n::/0 %s\n", class, class);
}

static FILE *begin(const struct plan_making *m, const char *class, const char *end, const char *what, char **name)
{
	*name = plan_joined(class, end);
	FILE *f = plan_file_open(m->p, *name, class, what);
	fprintf(f, "# wouldblock: %s, rule %s\n", what, m->p->rule);
	return f;
}

static void write_open(struct plan_making *m)
{
	struct plan *p = m->p;
	char *name;
	FILE *f = begin(m, p->open_class, ".cidr", OPEN, &name);

	write_addresses(m, f, true, name);
	if (p->open_names_class)
		write_hand_over(f, p->open_names_class);
	plan_file_close(f);
	if (!p->open_names_class)
		return;
	f = begin(m, p->open_names_class, ".pcre", OPEN, &name);
	write_names(m, f, true, name);
	plan_file_close(f);
}

void plan_tables_write(struct plan_making *m)
{
	struct plan *p = m->p;
	char *name = plan_joined(p->class, "_networks.cidr");
	FILE *f = plan_file_open(p, name, p->class, NETWORKS);

	fprintf(f, "# wouldblock: %s, rule %s\n", NETWORKS, p->rule);
	write_addresses(m, f, false, name);
	write_hand_over(f, p->names_class);
	plan_file_close(f);
	f = begin(m, p->names_class, ".pcre", NAMES, &name);
	write_names(m, f, false, name);
	write_last(m, f);
	plan_file_close(f);
	if (p->open_class)
		write_open(m);
}

/* ------------------------------------------------------------------ main.cf */

static bool is_our_class(const struct plan *p, struct slice word)
{
	static const char *const ends[] = {"", "_names", "_open", "_open_names"};

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t n = strlen(p->class), tail = strlen(ends[i]);
		if (word.n == n + tail && memcmp(word.p, p->class, n) == 0 && memcmp(word.p + n, ends[i], tail) == 0)
			return true;
	}
	return false;
}

static void write_classes(const struct plan_making *m, FILE *f)
{
	const struct plan *p = m->p;
	const char *now = m->o->policy ? policy_setting(m->o->policy, "smtpd_restriction_classes") : NULL;
	struct slice list = slice_str(now), word;
	const char *comma = "";

	if (!now)
		fputs("# Classes that are in use already (postconf -h smtpd_restriction_classes) must stay in this "
		      "list.\n",
		      f);
	fputs("smtpd_restriction_classes = ", f);
	while (now && list_word(&list, &word))
		if (!is_our_class(p, word)) {
			fprintf(f, "%s%.*s", comma, (int)word.n, word.p);
			comma = ", ";
		}
	for (size_t i = 0; i < p->files; i++)
		if (p->file[i].class) {
			fprintf(f, "%s%s", comma, p->file[i].class);
			comma = ", ";
		}
	fputc('\n', f);
}

void plan_main_cf_write(struct plan_making *m)
{
	struct plan *p = m->p;
	FILE *f = plan_file_open(p, xstrdup("main.cf.add"), NULL, "settings for main.cf");

	fprintf(f, "# wouldblock: rule %s. postfix.sh sets these; on UCS they go to main.cf.local (ucs.sh).\n",
	        p->rule);
	write_classes(m, f);
	for (size_t i = 0; i < p->files; i++) {
		const struct plan_file *t = &p->file[i];
		if (t->class)
			fprintf(f, "%s = check_client_access %s:$config_directory/%s\n", t->class,
			        strrchr(t->name, '.') + 1, t->name);
	}
	fputs("# Each exception that fires is logged: what is used, dead or too wide can be told apart.\n"
	      "smtpd_log_access_permit_actions = static:all\n",
	      f);
	plan_file_close(f);
}
