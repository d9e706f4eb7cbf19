#include "plan_text.h"

#include <time.h>

#include "../parsers/stamp.h"

static void heading(struct text *t, const char *title)
{
	text_printf(t, "\n%s\n", title);
}

static void shown(struct text *t, const char *s)
{
	encode_term(t, slice_str(s));
}

static void moment(struct text *t, int64_t us)
{
	time_t s = (time_t)(us / 1000000);
	struct tm tm;
	char buf[40];

	if (us == STAMP_NONE || !gmtime_r(&s, &tm)) {
		text_str(t, "(no line has a time)");
		return;
	}
	strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%SZ", &tm);
	text_str(t, buf);
}

/* ------------------------------------------------------------------ what it is made of */

static void say_place(struct text *t, const struct plan_view *v)
{
	static const char *const greylisting[] = {
	    "no greylisting is in the lists", "greylisting stands before it",
	    "greylisting stands after it, and is no longer reached by what is refused"};
	const struct planned *now = v->now;

	text_str(t, "  place     ");
	if (!now->files.main_cf) {
		text_str(t, "unknown: no main.cf was read (--main-cf FILE)\n");
		return;
	}
	if (!now->files.placed) {
		text_str(t, "! no restriction list of ");
		shown(t, now->files.main_cf);
		text_str(t, " asks this map with check_sender_access\n");
		return;
	}
	text_printf(t, "number %d of %d in ", now->files.place.at + 1, now->files.place.count);
	shown(t, now->files.place.list);
	text_printf(t, "\n            %s\n", greylisting[now->files.place.greylisting]);
	for (int i = now->files.place.at > 0 ? now->files.place.at - 1 : 0;
	     i < now->files.place.count && i < now->files.place.at + 3; i++) {
		text_str(t, i == now->files.place.at ? "          > " : "            ");
		shown(t, now->files.place.entry[i]);
		text_char(t, '\n');
	}
	if (now->files.place.warn_if_reject)
		text_str(
		    t, "          ! warn_if_reject stands before it: on the day take it out, or nothing is refused\n");
	if (!now->files.place.networks_before)
		text_str(t, "          ! permit_mynetworks does not stand before it in this list: inside hosts are "
		            "asked, too\n");
}

static void say_domains(struct text *t, const struct plan *p)
{
	static const char *const from[] = {"the map's rows", "the settings", "the log: senders that were warned"};

	text_str(t, "  domains   ");
	for (size_t i = 0; i < p->domains; i++) {
		text_str(t, i ? ", " : "");
		shown(t, p->domain[i]);
	}
	text_printf(t, " (from %s)\n", from[p->domains_from]);
}

static void say_head(struct text *t, const struct plan_view *v)
{
	const struct plan *p = v->plan;

	text_printf(t, "wouldblock plan: rule %s, stage %s\n\n  log read  to ", p->rule, plan_stage_name(p->stage));
	moment(t, p->forecast.to);
	text_str(t, "\n  map       ");
	shown(t, p->map);
	text_str(t, p->map_known ? p->map_ours ? ", as an earlier plan left it\n" : "\n"
	                         : ", which cannot be read: rows that it may have are not in the new one\n");
	say_domains(t, p);
	say_place(t, v);
	text_str(t, "  last row  ");
	shown(t, p->action);
	text_char(t, '\n');
	for (size_t i = 0; i < p->remarks; i++) {
		text_str(t, p->remark[i].danger ? "  ! " : "  - ");
		shown(t, p->remark[i].text);
		text_char(t, '\n');
	}
}

/* ------------------------------------------------------------------ verdicts */

static void say_verdict(struct text *t, const struct plan *p, const struct plan_verdict *v)
{
	bool forgeable =
	    v->word == VERDICT_EXEMPT && (v->subject.kind == SUBJECT_SENDER || v->subject.kind == SUBJECT_DOMAIN);

	text_printf(t, "  %c %-7s ", forgeable ? '!' : ' ', verdict_word_name(v->word));
	text_printf(t, "%-8s ", subject_kind_name(v->subject.kind));
	shown(t, v->subject.text);
	text_str(t, ": ");
	if (v->file && v->subject.kind == SUBJECT_DOMAIN && v->word != VERDICT_EXEMPT)
		text_str(t, "the rule's own rows, ");
	shown(t, v->file ? v->file : v->why);
	if (v->key && strcmp(v->key, v->subject.text) != 0) {
		text_str(t, " as ");
		shown(t, v->key);
	}
	if (v->owner) {
		text_str(t, ", owner ");
		shown(t, v->owner);
	}
	if (v->expires) {
		text_str(t, ", until ");
		shown(t, v->expires);
	}
	if (v->file && p->forecast.days > 0)
		text_printf(t, " (%lld mail%s in the forecast's stretch)", (long long)v->mails,
		            v->mails == 1 ? "" : "s");
	text_char(t, '\n');
}

static void say_verdicts(struct text *t, const struct plan *p)
{
	bool forgeable = false, left = false;

	heading(t, "Verdicts in the files, the first that fits decides");
	for (size_t i = 0; i < p->verdicts; i++) {
		const struct plan_verdict *v = &p->verdict[i];
		left |= !v->file;
		if (!v->file)
			continue;
		say_verdict(t, p, v);
		forgeable |= v->word == VERDICT_EXEMPT &&
		             (v->subject.kind == SUBJECT_SENDER || v->subject.kind == SUBJECT_DOMAIN);
	}
	if (p->verdicts == 0)
		text_str(t, "  none: every mail that is warned now will be refused\n");
	if (forgeable)
		text_str(t, "  ! FORGEABLE: anybody can write this sender. The last choice, when neither name nor "
		            "network is known.\n");
	if (left)
		heading(t, "Verdicts that no row can express");
	for (size_t i = 0; i < p->verdicts; i++)
		if (!p->verdict[i].file)
			say_verdict(t, p, &p->verdict[i]);
	if (p->expireds)
		heading(t, "Verdicts that have expired: not in the files");
	for (size_t i = 0; i < p->expireds; i++) {
		text_str(t, "    ");
		shown(t, p->expired[i].verdict);
		text_char(t, ' ');
		shown(t, p->expired[i].kind);
		text_char(t, ' ');
		shown(t, p->expired[i].subject);
		text_str(t, ", since ");
		shown(t, p->expired[i].expires);
		text_char(t, '\n');
	}
}

static void say_clients(struct text *t, const struct plan *p, bool inside)
{
	static const char *const networks[] = {"not in mynetworks", "in mynetworks already", "mynetworks not known"};

	for (size_t i = 0; i < p->clients; i++) {
		const struct plan_client *c = &p->client[i];
		if (c->inside != inside)
			continue;
		text_str(t, inside ? "    inside   " : "  ! outside  ");
		shown(t, c->name ? c->name : "");
		text_char(t, '[');
		shown(t, c->ip ? c->ip : "");
		text_printf(t, "], %lld mail%s", (long long)c->mails, c->mails == 1 ? "" : "s");
		text_printf(t,
		            inside ? ": 587/465 with a login, or mynetworks (%s)\n"
		                   : ": 587/465 with a login, never mynetworks: it "
		                     "could relay\n",
		            networks[c->networks]);
	}
}

static void say_moves(struct text *t, const struct plan *p)
{
	if (p->senders + p->clients == 0)
		return;
	heading(t, "Who must move before the day");
	say_clients(t, p, true);
	say_clients(t, p, false);
	for (size_t i = 0; i < p->senders; i++) {
		const struct plan_sender *s = &p->sender[i];
		text_str(t, s->login ? "    sender   " : "  ! sender   ");
		shown(t, s->sender);
		if (!s->login) {
			text_str(t, ": never seen logged in\n");
			continue;
		}
		text_str(t, ": was seen logged in");
		if (*s->login) {
			text_str(t, " as ");
			shown(t, s->login);
		}
		text_char(t, '\n');
	}
}

/* ------------------------------------------------------------------ the forecast */

struct figures {
	int64_t attempts, mails, lost;
};

static void add_figures(struct figures *f, int64_t attempts, int64_t mails, int64_t lost)
{
	f->attempts += attempts;
	f->mails += mails;
	f->lost += lost;
}

static struct figures of_word(const struct plan *p, enum verdict_word word)
{
	struct figures f = {0, 0, 0};

	for (size_t i = 0; i < p->verdicts; i++)
		if (p->verdict[i].word == word)
			add_figures(&f, p->verdict[i].attempts, p->verdict[i].mails, p->verdict[i].lost);
	return f;
}

static struct figures refused(const struct plan *p)
{
	struct figures f = of_word(p, VERDICT_BLOCK), move = of_word(p, VERDICT_MOVE);

	add_figures(&f, move.attempts, move.mails, move.lost);
	add_figures(&f, p->forecast.attempts, p->forecast.mails, p->forecast.lost);
	return f;
}

static void row(struct text *t, const char *name, struct figures f)
{
	text_printf(t, "  %-22s %10lld %10lld %14lld\n", name, (long long)f.attempts, (long long)f.mails,
	            (long long)f.lost);
}

static void rate(struct text *t, const char *name, const struct plan *p, double days)
{
	struct figures f = refused(p);
	double by = days / p->forecast.days;

	text_printf(t, "  %-22s %10.1f %10.1f %14.1f\n", name, (double)f.attempts * by, (double)f.mails * by,
	            (double)f.lost * by);
}

static void say_forecast(struct text *t, const struct plan *p)
{
	struct figures none = {p->forecast.attempts, p->forecast.mails, p->forecast.lost};

	heading(t, "Forecast: what the last row will refuse, if mail stays as it was");
	if (p->forecast.days < 1.0 / 24) {
		text_str(t, "  none: less than an hour of log was read\n");
		return;
	}
	text_str(t, "  from ");
	moment(t, p->forecast.from);
	text_str(t, " to ");
	moment(t, p->forecast.to);
	text_printf(t, ", %.1f days\n", p->forecast.days);
	text_printf(t, "  %-22s %10s %10s %14s\n", "", "lines", "mails", "would be lost");
	row(t, "undecided", none);
	row(t, "move, if not moved", of_word(p, VERDICT_MOVE));
	row(t, "block", of_word(p, VERDICT_BLOCK));
	row(t, "exempt (let through)", of_word(p, VERDICT_EXEMPT));
	rate(t, "refused in an hour", p, 1.0 / 24);
	rate(t, "refused in a day", p, 1);
	rate(t, "refused in a week", p, 7);
	text_str(t, "  Lines are more than mails: several recipients, and those who try again.\n");
}

/* ------------------------------------------------------------------ the steps */

static void say_files(struct text *t, const struct plan_view *v)
{
	heading(t, "Files");
	for (size_t i = 0; i < v->plan->files; i++) {
		text_str(t, "  ");
		encode_cell(t, slice_str(v->plan->file[i].name), 40, true, false);
		text_printf(t, " %s\n", v->plan->file[i].what);
	}
	text_str(t, "  postfix.sh, ucs.sh, rollback.sh, swaks.sh: read them before you run them\n");
	if (!v->dir)
		text_str(t, "  (nothing was written: wouldblock plan --dir DIR does)\n");
}

static const char *const next_steps[] = {
    [PLAN_WARN] = "  5. When that holds, the softer first day: wouldblock plan --stage defer --dir NEWDIR. A mistake\n"
		  "     then only delays mail, for senders try again for days. Only the last row changes.\n",
    [PLAN_DEFER] =
	"  5. Within a day, before senders give up: wouldblock plan --stage reject --dir NEWDIR, or rollback.sh.\n"
	"     Only the last row changes. A 4xx that stays delays mail first, and then loses it.\n",
    [PLAN_REJECT] =
	"  5. If mail has not been deferred for a day yet: --stage defer first, so that a mistake only delays.\n"
	"     Keep watching (below). A new exception: wouldblock mark, and the plan again.\n",
};

static void say_steps(struct text *t, const struct plan_view *v)
{
	const struct plan *p = v->plan;

	heading(t, "Steps");
	text_str(
	    t, "  1. wouldblock report                    expected: go (exit code 0); else not yet\n"
	       "  2. sh postfix.sh (on UCS: sh ucs.sh)    expected: `backup: ...`, nothing of postfix check, and at "
	       "the end\n"
	       "                                          `in force`. It makes a backup of main.cf, master.cf and the "
	       "map\n"
	       "                                          first, and stops if the map is not the one it knows\n"
	       "     postmap must say nothing: `duplicate entry` means that rows were appended, and are never found\n"
	       "  3. the lines of swaks.sh, each alone    expected for the article's first, from outside on port 25:\n"
	       "                                          ");
	plan_text_reply(t, p, false);
	text_str(t, "\n                                          and for its second, with a login on 587: 250\n");
	text_str(t, "  4. wouldblock explain --client IP --sender ADDRESS    for anybody you worry about\n");
	text_str(t, next_steps[p->stage]);
	text_str(t, "  Exceptions say DUNNO: they end this rule and no other check. Nobody from outside comes into "
	            "mynetworks.\n");
}

static void watch(struct text *t, const struct plan *p, const char *when, double days, const char *what)
{
	struct figures f = refused(p);

	text_printf(t, "  %s: ", when);
	if (p->forecast.days >= 1.0 / 24)
		text_printf(t, "about %.0f line%s and %.0f mail%s, ", (double)f.attempts * days / p->forecast.days, "s",
		            (double)f.mails * days / p->forecast.days, "s");
	text_str(t, what);
}

static void say_watch(struct text *t, const struct plan *p)
{
	heading(t, p->stage == PLAN_REJECT
	               ? "What to watch after it, with the forecast's numbers"
	               : "What to watch after it, with the forecast's numbers (warned or deferred, not refused)");
	watch(t, p, "+1 h", 1.0 / 24,
	      "wouldblock ingest /var/log/mail.log; wouldblock report: regressions must be none\n");
	text_printf(
	    t,
	    "        wouldblock list attempts --rule %s --since TIME: each refusal, its sender and client\n"
	    "        grep 'permit:' /var/log/mail.log: exceptions that fire (smtpd_log_access_permit_actions)\n",
	    p->rule);
	watch(t, p, "+1 d", 1, "wouldblock report; wouldblock list sources: nobody who was not there before\n");
	watch(t, p, "+1 w", 7, "wouldblock report; exceptions that never fired can go\n");
	text_str(t, "  Many more: rollback.sh, then look. None at all: the rule is not asked.\n");
}

static void say_insiders(struct text *t, const struct plan_view *v)
{
	struct query_param params[] = {{"rule", slice_str(v->plan->rule), 0, false}, {"limit", SLICE_NONE, 20, false}};
	struct query *q = query_new(v->now->reader, SQL_READ_PLAN_INSIDERS, params, 2);

	while (query_row(q)) {
		text_str(t, "  - inside client ");
		encode_term(t, query_text(q, 1));
		text_char(t, '[');
		encode_term(t, query_text(q, 0));
		text_char(t, ']');
		if (query_number(q, 2))
			text_printf(t, ": mails warned: %lld, so it is not in mynetworks",
			            (long long)query_number(q, 2));
		if (query_number(q, 3))
			text_printf(t, "%s mails with senders that are not ours over port 25: %lld",
			            query_number(q, 2) ? ";" : ":", (long long)query_number(q, 3));
		text_char(t, '\n');
	}
	query_free(q);
}

static void say_effects(struct text *t, const struct plan_view *v)
{
	heading(t, "What else will happen");
	text_str(t, "  - a REJECT without a text of its own logs `Access denied`, on which common ban filters "
	            "(fail2ban) act; the\n"
	            "    plan's rows have a text, but look at your filters for `reject: RCPT`, too\n"
	            "  - senders get bounces from their own servers, and will call\n"
	            "  - mailing lists count bounces and unsubscribe our users\n"
	            "  - the rule sees the envelope sender: a forged header From, and the null sender, pass as before\n"
	            "  - a name's row covers every verified name below it, also one with an address in it\n");
	if (!v->now->files.networks_known)
		text_str(t, "  - mynetworks is not known here: whether an inside host is let through is not judged\n");
	say_insiders(t, v);
}

void plan_text_steps(struct text *t, const struct plan_view *v)
{
	say_head(t, v);
	say_verdicts(t, v->plan);
	say_moves(t, v->plan);
	say_forecast(t, v->plan);
	say_files(t, v);
	say_steps(t, v);
	say_watch(t, v->plan);
	say_effects(t, v);
	heading(t, "The way back");
	text_str(t, "  sh rollback.sh: the map, its tables and main.cf as the last backup has them, postmap, reload.\n"
	            "  Mail that was refused meanwhile is with its senders; they know it by the bounce.\n");
}
