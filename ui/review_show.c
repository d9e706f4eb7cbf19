#include "review_show.h"

#include "../analyzer/punycode.h"

#define WIDTH 78
#define NAME_WIDTH 40

static const char *plural(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void add_name(struct text *t, const char *name)
{
	char both[SUBJECT_TEXT + PUNYCODE_TEXT];

	encode_cell(t, slice_str(punycode_both(slice_str(name), both, sizeof both)), 60, false, false);
}

void show_subject(struct text *t, const struct subject *s)
{
	text_printf(t, "%s ", subject_kind_name(s->kind));
	add_name(t, s->text);
}

/* Words behind a label, in as many lines as they need. */
static void add_wrapped(struct text *t, const char *label, const char *words)
{
	size_t at = strlen(label);

	text_str(t, label);
	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " "), room = p == words ? 0 : 1;
		if (at + room + n > WIDTH && p != words) {
			text_str(t, "\n            ");
			at = 12;
		} else if (room) {
			text_char(t, ' ');
			at++;
		}
		encode_term(t, slice_of(p, n));
		at += n;
		p += n;
	}
	text_char(t, '\n');
}

/* ------------------------------------------------------------------- the question */

/* `360 delivered, 5 bounced` */
static void add_counts(struct text *t, const int64_t *count, int n, const char *(*name)(int))
{
	bool any = false;

	for (int i = 0; i < n; i++)
		if (count[i]) {
			text_printf(t, "%s%lld %s", any ? ", " : "", (long long)count[i], name(i));
			any = true;
		}
	if (!any)
		text_str(t, "nothing");
}

static const char *fate_of(int i)
{
	return fate_name((enum fate)i);
}

static const char *evidence_of_number(int i)
{
	return evidence_name((enum evidence)i);
}

static void add_fates(struct text *t, const struct source_facts *f)
{
	struct text words = {0};

	add_counts(&words, f->fates, FATE_COUNT, fate_of);
	text_str(&words, " (mail by recipient)");
	if (f->may_return)
		text_printf(&words, ", %lld may still return", (long long)f->may_return);
	add_wrapped(t, "  fates     ", words.p);
	text_release(&words);
}

static void add_evidence(struct text *t, const struct source_facts *f, int64_t listed_lines)
{
	const struct {
		const char *label;
		const int64_t *count;
	} sorts[] = {{"SPF ", f->spf}, {"DKIM ", f->dkim}, {"DMARC ", f->dmarc}, {"filter ", f->spam}};
	struct text words = {0};

	for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
		text_str(&words, sorts[i].label);
		add_counts(&words, sorts[i].count, EVIDENCE_COUNT, evidence_of_number);
		text_str(&words, "; ");
	}
	text_printf(&words, "TLS %lld, login %lld, blocklisted %lld", (long long)f->tls, (long long)f->logins,
	            (long long)f->listed);
	if (listed_lines)
		text_printf(&words, ", %lld line%s of a blocklist", (long long)listed_lines, plural(listed_lines));
	add_wrapped(t, "  evidence  ", words.p);
	text_release(&words);
}

static void add_people(struct text *t, const struct source_row *row)
{
	const struct source_facts *f = &row->facts;
	char from[STAMP_TEXT], to[STAMP_TEXT];
	struct text words = {0};

	text_printf(&words, "%lld of %lld mail%s; %lld recipient%s, %lld sender%s, %lld address%s", (long long)f->lost,
	            (long long)f->mails, plural(f->mails), (long long)f->recipients, plural(f->recipients),
	            (long long)f->senders, plural(f->senders), (long long)f->clients, f->clients == 1 ? "" : "es");
	add_wrapped(t, "  lost      ", words.p);
	text_clear(&words);
	stamp_text(row->first_us, 0, from);
	stamp_text(row->last_us, 0, to);
	text_printf(&words, "%.10s to %.10s, on %lld day%s, with loss on %lld", from, to, (long long)f->days_seen,
	            plural(f->days_seen), (long long)row->lossy_days);
	add_wrapped(t, "  seen      ", words.p);
	text_release(&words);
}

static void add_source(struct text *t, const struct source_row *row)
{
	struct text words = {0};

	add_people(t, row);
	add_fates(t, &row->facts);
	add_evidence(t, &row->facts, row->listed_lines);
	text_printf(&words, "%s: %s", suggestion_name(row->suggested.suggestion), row->suggested.reason);
	add_wrapped(t, "  suggested ", words.p);
	add_wrapped(t, "            ", row->suggested.sentence);
	text_release(&words);
}

static void add_standing(struct text *t, const struct review_question *q)
{
	if (q->why == REVIEW_CHANGED)
		add_wrapped(t, "  decided, but it has changed: ", q->how);
	else
		text_str(t, "  decided, to be asked again today\n");
}

static void add_verdict(struct text *t, const struct source_row *row)
{
	if (!row->verdict_id)
		return;
	text_printf(t, "  verdict   %s", source_verdict_name(row->verdict));
	if (row->note) {
		text_str(t, ": ");
		encode_cell(t, slice_str(row->note), 50, false, false);
	}
	text_char(t, '\n');
}

void show_question(struct text *t, const struct review *v, const struct review_question *q, size_t n, size_t total,
                   int64_t left)
{
	const struct source_row *row = source_list_find(v->sources, slice_str(q->source ? q->source : q->subject.text));

	text_printf(t, "\n%zu of %zu  ", n, total);
	add_name(t, q->source ? q->source : q->subject.text);
	if (row) {
		text_printf(t, "  (%s", source_kind_name(row->facts.kind));
		if (*row->domain) {
			text_str(t, ", shared by all of ");
			encode_cell(t, slice_str(row->domain), 30, false, false);
		}
		text_str(t, ")\n");
	} else {
		text_printf(t, "  (%s)\n", subject_kind_name(q->subject.kind));
	}
	if (q->why != REVIEW_UNDECIDED)
		add_standing(t, q);
	if (row) {
		add_source(t, row);
		if (q->why != REVIEW_UNDECIDED)
			add_verdict(t, row);
	}
	if (q->why == REVIEW_UNDECIDED && row && left < row->facts.lost)
		text_printf(t, "  undecided %lld of the %lld\n", (long long)left, (long long)row->facts.lost);
}

/* -------------------------------------------------------------------- the subjects */

static void add_others(struct text *t, const struct review_choice *c)
{
	text_printf(t, "%lld mail%s of others: %lld lost, %lld refused, %lld spam", (long long)c->others,
	            plural(c->others), (long long)c->others_lost, (long long)c->others_refused,
	            (long long)c->others_spam);
}

void show_reach(struct text *t, const struct review_choice *c)
{
	text_str(t, "  about     ");
	show_subject(t, &c->subject);
	text_printf(t, "\n            it covers %lld mail%s, of which %lld would be lost\n", (long long)c->mails,
	            plural(c->mails), (long long)c->lost);
	if (c->others) {
		text_str(t, "            of these ");
		add_others(t, c);
		text_char(t, '\n');
	}
	if (c->subject.kind == SUBJECT_SENDER)
		text_str(t, "            Anybody can forge a sender: the last choice.\n");
}

void show_choices(struct text *t, const struct review_choice *c, size_t n, bool wider)
{
	for (size_t i = 0; i < n; i++) {
		text_printf(t, "  %2zu  %-7s  ", i + 1, subject_kind_name(c[i].subject.kind));
		encode_cell(t, slice_str(c[i].subject.text), NAME_WIDTH, true, false);
		text_printf(t, "  %5lld mails %5lld lost\n", (long long)c[i].mails, (long long)c[i].lost);
		if (!wider)
			continue;
		text_str(t, "      would admit besides: ");
		add_others(t, &c[i]);
		text_char(t, '\n');
	}
}

/* ---------------------------------------------------------------------------- the rest */

void show_line(struct text *t, bool found, const char *where, struct slice line)
{
	text_str(t, found ? "  " : "  not there any more: ");
	encode_term(t, slice_str(where));
	text_char(t, '\n');
	if (!found)
		return;
	text_str(t, "    ");
	encode_term(t, line);
	text_char(t, '\n');
}

void show_help(struct text *t)
{
	text_str(t, "  e [NOTE]  exempt: legitimate, goes on sending from outside\n"
	            "  m [NOTE]  move: legitimate, must move to 587/465 or into mynetworks\n"
	            "  b [NOTE]  block: let REJECT have it\n"
	            "  l DATE    later: ask again from that day on (YYYY-MM-DD)\n"
	            "  n, w      narrower, wider: decide about another subject in its place\n"
	            "  r         the newest raw lines of the log\n"
	            "  o NOTE    a note for the verdict to come\n"
	            "  u         undo the last answer\n"
	            "  s, q      skip this one; quit. What was answered is kept\n");
}
