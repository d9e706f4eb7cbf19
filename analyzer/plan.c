#include "plan.h"

#include <stdarg.h>
#include <stdlib.h>

#include "../parsers/logical.h"
#include "../parsers/utf8.h"
#include "msg.h"
#include "plan_i.h"

#define WARN_TEXT "*** Invalid Inbound Sender ***"
#define REJECT_TEXT "Delivery not authorized, message refused"
#define TEXT_CAP 400

const char *plan_stage_name(enum plan_stage s)
{
	static const char *const names[] = {"warn", "defer", "reject"};

	return names[s];
}

void plan_remark(struct plan *p, bool danger, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		msg_die(71, "out of memory");
	va_end(args);
	p->remark = xrealloc(p->remark, (p->remarks + 1) * sizeof *p->remark);
	p->remark[p->remarks++] = (struct plan_remark){danger, false, text};
}

bool plan_below(struct slice name, struct slice domain)
{
	return slice_ends(name, domain) && (name.n == domain.n || name.p[name.n - domain.n - 1] == '.');
}

bool plan_is_own(const struct plan *p, struct slice name)
{
	for (size_t i = 0; i < p->domains; i++)
		if (plan_below(name, slice_str(p->domain[i])))
			return true;
	return false;
}

/* ------------------------------------------------------------------ texts */

const char *plan_text_trouble(const char *text)
{
	struct slice s = slice_str(text);
	uint32_t code;

	if (trim(s).n == 0)
		return "is empty";
	if (s.n > TEXT_CAP)
		return "is longer than 400 bytes";
	while (s.n) {
		size_t n = utf8_decode(s, &code);
		if (n == 0 || utf8_width(code) == UTF8_HIDDEN)
			return "has a character in it that nobody would see";
		s = slice_from(s, n);
	}
	return NULL;
}

/* A pattern that stands for nothing but itself. */
static bool is_plain(const char *pattern)
{
	return pattern && !strpbrk(pattern, "\\^$.[]|()?*+{}") && !plan_text_trouble(pattern);
}

static bool matches(const struct plan_options *o, struct slice text, bool reject)
{
	return rules_match(o->rules, text, reject) == o->rule;
}

/* The one given, else the article's if the rule has it, else the pattern if it is no more than a text. */
static char *text_of(const struct plan_options *o, const char *given, const char *usual, const char *pattern,
                     bool reject)
{
	if (given)
		return xstrdup(given);
	if (!pattern || matches(o, slice_str(usual), reject))
		return xstrdup(usual);
	return is_plain(pattern) ? xstrdup(pattern) : NULL;
}

static void find_texts(struct plan *p, const struct plan_options *o)
{
	const struct rule *rule = &o->rules->rule[o->rule - 1];
	struct slice now = plan_map_warning(o);

	p->reject_text = text_of(o, o->reject_text, REJECT_TEXT, rule->reject, true);
	if (!o->warn_text && slice_is_set(now))
		p->warn_text = xstrndup(now.p, now.n);
	else
		p->warn_text = text_of(o, o->warn_text, WARN_TEXT, rule->warn, false);
	if (p->reject_text && !(rule->reject && matches(o, slice_str(p->reject_text), true)))
		plan_remark(p, true,
		            "the rule's `reject` pattern does not match the text `%s`: the report would not know the "
		            "rule's refusals",
		            p->reject_text);
	if (p->warn_text && p->stage == PLAN_WARN && !matches(o, slice_str(p->warn_text), false))
		plan_remark(
		    p, true,
		    "the rule's `warn` pattern does not match the text `%s`: the report would not know the rule's "
		    "warnings",
		    p->warn_text);
}

/* Of the last row at this stage; NULL: its text is not known. */
static char *stage_action(const struct plan *p)
{
	static const char *const words[] = {"WARN", "DEFER 4.7.1", "REJECT 5.7.1"};
	const char *text = p->stage == PLAN_WARN ? p->warn_text : p->reject_text;
	char *action = NULL;

	if (text && asprintf(&action, "%s %s", words[p->stage], text) < 0)
		msg_die(71, "out of memory");
	return action;
}

/* ------------------------------------------------------------------ files */

void plan_put_comment(FILE *f, const struct plan_verdict *v)
{
	char subject[SUBJECT_TEXT], owner[200], note[300];

	fprintf(f, "# %s %s", verdict_word_name(v->word),
	        msg_safe(slice_str(v->subject.text), subject, sizeof subject));
	if (v->owner)
		fprintf(f, ", owner %s", msg_safe(slice_str(v->owner), owner, sizeof owner));
	if (v->expires)
		fprintf(f, ", until %s", v->expires);
	if (v->note)
		fprintf(f, ": %s", msg_safe(slice_str(v->note), note, sizeof note));
	fputc('\n', f);
}

const char *plan_action(const struct plan_making *m, enum verdict_word word)
{
	/* before the day nobody is refused, not even who is to be: that is what the stages are for */
	return word == VERDICT_EXEMPT ? "DUNNO" : m->p->action;
}

FILE *plan_file_open(struct plan *p, char *name, const char *class, const char *what)
{
	struct plan_file *file = &p->file[p->files++];

	*file = (struct plan_file){.name = name, .class = class, .what = what};
	FILE *f = open_memstream(&file->text, &file->n);
	if (!f)
		msg_die(71, "out of memory");
	return f;
}

void plan_file_close(FILE *f)
{
	if (fclose(f) != 0)
		msg_die(71, "out of memory");
}

/* ------------------------------------------------------------------ all of it */

char *plan_joined(const char *a, const char *b)
{
	char *s = NULL;

	if (asprintf(&s, "%s%s", a, b) < 0)
		msg_die(71, "out of memory");
	return s;
}

static void name_things(struct plan *p, const struct plan_options *o)
{
	const char *slash = strrchr(access_path_of(slice_str(o->map)).p, '/');

	p->stage = o->stage;
	p->rule = xstrdup(o->rules->rule[o->rule - 1].name);
	p->class = plan_joined("wouldblock_", p->rule);
	for (char *c = p->class; *c; c++)
		if (*c == '-')
			*c = '_';
	p->names_class = plan_joined(p->class, "_names");
	p->map = xstrdup(o->map);
	p->map_path = xstrdup(access_path_of(slice_str(o->map)).p);
	p->map_name = xstrdup(slash ? slash + 1 : p->map_path);
	p->map_known = slice_is_set(o->map_text);
	int first, last;
	p->map_ours = plan_old_block(o, &first, &last);
	p->config_directory = xstrdup(o->config_directory);
}

/* Does an exempt domain have exceptions of its own, among clients and names that are not exempt? */
static void name_open_classes(struct plan_making *m)
{
	struct plan *p = m->p;
	bool domains = false, clients = false, names = false;

	for (size_t i = 0; i < p->verdicts; i++) {
		const struct plan_verdict *v = &p->verdict[i];
		bool exempt = v->word == VERDICT_EXEMPT;
		domains |= v->subject.kind == SUBJECT_DOMAIN && exempt;
		clients |= (v->subject.kind == SUBJECT_IP || v->subject.kind == SUBJECT_NETWORK) && !exempt;
		names |= v->subject.kind == SUBJECT_SOURCE && !exempt && !*v->why;
	}
	m->open = "DUNNO";
	if (!domains || !(clients || names))
		return;
	p->open_class = plan_joined(p->class, "_open");
	if (names)
		p->open_names_class = plan_joined(p->class, "_open_names");
	m->open = p->open_class;
}

/* Postfix asks for the address without its extension, too. */
static void say_extensions(const struct plan_making *m)
{
	const char *delimiter = m->o->policy ? policy_setting(m->o->policy, "recipient_delimiter") : NULL;

	for (size_t i = 0; delimiter && *delimiter && i < m->p->verdicts; i++)
		if (m->p->verdict[i].subject.kind == SUBJECT_SENDER) {
			plan_remark(m->p, false,
			            "recipient_delimiter is `%s`: the row of a sender is that of its extensions, too "
			            "(user%.1sanything@...)",
			            delimiter, delimiter);
			return;
		}
}

static bool complain(char *why, size_t cap, const char *text)
{
	snprintf(why, cap, "%s", text);
	return false;
}

static bool find_all(struct plan_making *m, struct reader *r, char *why, size_t cap)
{
	struct plan *p = m->p;

	find_texts(p, m->o);
	if (!p->reject_text)
		return complain(why, cap,
		                "the rule's `reject` is a pattern, not a text: say the text with --reject-text");
	p->action = stage_action(p);
	if (!p->action)
		return complain(why, cap, "the rule's `warn` is a pattern, not a text: say the text with --warn-text");
	plan_load(p, r, m->o);
	plan_names_check(m);
	name_open_classes(m);
	plan_keys_find(m, r);
	say_extensions(m);
	return p->domains > 0 ||
	       complain(why, cap,
	                "no domain of ours is known: neither the map nor the setting [networks] domains "
	                "nor the log names one");
}

struct plan *plan_new(struct reader *r, const struct plan_options *o, char *why, size_t cap)
{
	struct plan_making m = {.p = xcalloc(1, sizeof *m.p), .o = o};

	name_things(m.p, o);
	bool good = find_all(&m, r, why, cap);
	if (good) {
		plan_map_write(&m);
		plan_tables_write(&m);
		plan_main_cf_write(&m);
	}
	for (size_t i = 0; i < m.owns; i++)
		free(m.own[i].key);
	free(m.own);
	return good ? m.p : plan_free(m.p);
}

/* ------------------------------------------------------------------ in force */

/* `cidr:/etc/postfix/wouldblock_own_domain_networks.cidr`, of a file with a class; for free(). */
static char *table_of(const struct plan *p, const struct plan_file *f)
{
	char *name = NULL;

	if (asprintf(&name, "%s:%s/%s", strrchr(f->name, '.') + 1, p->config_directory, f->name) < 0)
		msg_die(71, "out of memory");
	return name;
}

void plan_into_policy(const struct plan *p, struct policy *policy)
{
	policy_table(policy, p->map, slice_of(p->file[0].text, p->file[0].n));
	for (size_t i = 0; i < p->files; i++) {
		const struct plan_file *f = &p->file[i];
		if (!f->class)
			continue;
		char *table = table_of(p, f), *list = plan_joined("check_client_access ", table);
		policy_table(policy, table, slice_of(f->text, f->n));
		policy_class(policy, f->class, list);
		free(table);
		free(list);
	}
}

/* ------------------------------------------------------------------ giving back */

static void free_each(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

struct plan *plan_free(struct plan *p)
{
	if (!p)
		return NULL;
	char **text[] = {&p->rule,        &p->class,    &p->names_class, &p->open_class,       &p->open_names_class,
	                 &p->map,         &p->map_path, &p->map_name,    &p->config_directory, &p->warn_text,
	                 &p->reject_text, &p->action};
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		free(*text[i]);
	for (size_t i = 0; i < p->verdicts; i++) {
		free(p->verdict[i].note);
		free(p->verdict[i].owner);
		free(p->verdict[i].expires);
		free(p->verdict[i].key);
	}
	for (size_t i = 0; i < p->expireds; i++) {
		free(p->expired[i].kind);
		free(p->expired[i].subject);
		free(p->expired[i].verdict);
		free(p->expired[i].expires);
	}
	for (size_t i = 0; i < p->remarks; i++)
		free(p->remark[i].text);
	for (size_t i = 0; i < p->senders; i++) {
		free(p->sender[i].sender);
		free(p->sender[i].login);
	}
	for (size_t i = 0; i < p->clients; i++) {
		free(p->client[i].ip);
		free(p->client[i].name);
	}
	for (size_t i = 0; i < p->files; i++) {
		free(p->file[i].name);
		free(p->file[i].text);
	}
	free_each(p->domain, p->domains);
	free(p->verdict);
	free(p->expired);
	free(p->remark);
	free(p->sender);
	free(p->client);
	free(p);
	return NULL;
}
