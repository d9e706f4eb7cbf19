#include <sys/types.h>

#include "plan_text.h"

/* ------------------------------------------------------------------ words and lines */

/* Everything that comes here is a path, a class or a text of a row: checked to be visible. */
static void word(struct text *t, const char *s)
{
	if (!encode_shell(t, slice_str(s)))
		text_str(t, "''");
}

/* NAME=VALUE, and a newline. */
static void variable(struct text *t, const char *name, const char *value)
{
	text_printf(t, "%s=", name);
	word(t, value);
	text_char(t, '\n');
}

/* What cksum(1) says of these bytes: POSIX's CRC, with the length behind them. */
static uint32_t cksum_add(uint32_t crc, unsigned char byte)
{
	crc ^= (uint32_t)byte << 24;
	for (int i = 0; i < 8; i++)
		crc = crc << 1 ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
	return crc;
}

static uint32_t cksum(struct slice s)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < s.n; i++)
		crc = cksum_add(crc, (unsigned char)s.p[i]);
	for (size_t n = s.n; n; n >>= 8)
		crc = cksum_add(crc, n & 0xff);
	return ~crc;
}

static void begin(struct text *t, const struct plan_view *v, const char *does, bool classes)
{
	text_printf(t, "#!/bin/sh\n# wouldblock: %s, rule %s, stage %s.\n", does, v->plan->rule,
	            plan_stage_name(v->plan->stage));
	text_str(t, "# Read it first. Run it as root, from the folder where it lies.\n"
	            "set -eu\ncd -- \"$(dirname -- \"$0\")\"\n\n");
	variable(t, "config", v->plan->config_directory);
	variable(t, "map", v->plan->map_path);
	variable(t, "map_file", v->plan->map_name);
	/* One of the few types with an index; in quotes, for `hash` is also a command. */
	text_printf(t, "map_type='%.*s'\n", (int)strcspn(v->plan->map, ":"), v->plan->map);
	text_str(t, "tables='");
	for (size_t i = 0; i < v->plan->files; i++)
		if (v->plan->file[i].class)
			text_printf(t, " %s", v->plan->file[i].name);
	text_str(t, " '\n");
	if (classes)
		text_str(t, "classes='");
	for (size_t i = 0; i < v->plan->files; i++)
		if (classes && v->plan->file[i].class)
			text_printf(t, " %s", v->plan->file[i].class);
	text_str(t, classes ? " '\n\n" : "\n");
}

/* ------------------------------------------------------------------ parts of both ways to apply it */

static void check_map(struct text *t, const struct plan_view *v)
{
	text_str(t, "# Rows that somebody has added since would be lost.\n"
	            "if [ -e \"$map\" ] && ! cmp -s -- \"$map_file\" \"$map\"; then\n");
	if (slice_is_set(v->now->map_text))
		text_printf(t,
		            "\tif [ \"$(cksum <\"$map\")\" != '%lu %lu' ]; then\n"
		            "\t\techo \"$map is not what the plan was made from: make the plan again\" >&2\n"
		            "\t\texit 1\n\tfi\n",
		            (unsigned long)cksum(v->now->map_text), (unsigned long)v->now->map_text.n);
	else
		text_str(t, "\techo \"$map was not there when the plan was made: make the plan again where it can be "
		            "read\" >&2\n"
		            "\texit 1\n");
	text_str(t, "fi\n\n");
}

static void backup(struct text *t, const char *more)
{
	text_str(t, "# Backup; rollback.sh takes the last one.\n"
	            "umask 022\n"
	            "backup=$config/wouldblock-backup-$(date +%Y%m%d-%H%M%S)\n"
	            "mkdir -- \"$backup\"\n"
	            "postconf -c \"$config\" -n >\"$backup/postconf-n\"\n"
	            "for file in \"$config/main.cf\" \"$config/master.cf\" \"$config/main.cf.local\" \"$map\"; do\n"
	            "\t[ ! -e \"$file\" ] || cp -p -- \"$file\" \"$backup/\"\n"
	            "done\n"
	            "for table in $tables; do\n"
	            "\t[ ! -e \"$config/$table\" ] || cp -p -- \"$config/$table\" \"$backup/\"\n"
	            "done\n");
	text_str(t, more);
	text_str(t, "echo \"backup: $backup\"\n\n");
}

static void install_tables(struct text *t)
{
	text_str(t, "# The tables before the settings that name them.\n"
	            "for table in $tables; do\n"
	            "\tcp -- \"$table\" \"$config/$table.new\"\n"
	            "\tchmod 644 -- \"$config/$table.new\"\n"
	            "\tmv -- \"$config/$table.new\" \"$config/$table\"\n"
	            "done\n\n");
}

/* A map that names a class which Postfix does not know yet would have it answer 451. */
static void install_map(struct text *t)
{
	text_str(t, "# The classes must be known before the map names them.\n"
	            "for class in $classes; do\n"
	            "\tif [ -z \"$(postconf -c \"$config\" -h \"$class\" 2>/dev/null)\" ]; then\n"
	            "\t\techo \"main.cf does not have $class: nothing was switched\" >&2\n"
	            "\t\texit 1\n"
	            "\tfi\n"
	            "done\n"
	            "postfix -c \"$config\" check\n"
	            "postfix -c \"$config\" reload\n\n"
	            "# The map, in place of the old one: rows that are only appended would never be found.\n"
	            "cp -- \"$map_file\" \"$map.new\"\n"
	            "chmod 644 -- \"$map.new\"\n"
	            "mv -- \"$map.new\" \"$map\"\n"
	            "[ \"$map_type\" = texthash ] || postmap -c \"$config\" \"$map_type:$map\"\n"
	            "postfix -c \"$config\" reload\n"
	            "echo \"in force; to go back: sh rollback.sh\"\n");
}

static void ip_word(struct text *t, const char *ip, bool brackets)
{
	bool v6 = brackets && strchr(ip, ':');

	text_str(t, v6 ? "[" : "");
	encode_term(t, slice_str(ip));
	text_str(t, v6 ? "]" : "");
}

/* Of the inside clients that must move, those that are not in mynetworks yet. */
static bool offer_networks(struct text *t, const struct plan_view *v, const char *before, const char *between,
                           const char *behind)
{
	bool any = false;
	struct ip ip;

	for (size_t i = 0; i < v->plan->clients; i++) {
		const struct plan_client *c = &v->plan->client[i];
		if (!c->inside || c->networks == POLICY_INSIDE || !ip_parse(slice_str(c->ip), &ip))
			continue;
		text_str(t, any ? between : before);
		ip_word(t, c->ip, true);
		any = true;
	}
	text_str(t, any ? behind : "");
	return any;
}

void plan_text_postfix(struct text *t, const struct plan_view *v)
{
	begin(t, v, "puts the plan in force in a plain Postfix", true);
	check_map(t, v);
	backup(t, "");
	install_tables(t);
	text_str(t, "# Classes that are in use already stay.\n"
	            "list=$(postconf -c \"$config\" -h smtpd_restriction_classes)\n"
	            "for class in $classes; do\n"
	            "\tcase \" $(printf '%s' \"$list\" | tr ',\\t\\n' '   ') \" in\n"
	            "\t*\" $class \"*) ;;\n"
	            "\t*) list=\"${list:+$list, }$class\" ;;\n"
	            "\tesac\n"
	            "done\n"
	            "postconf -c \"$config\" -e \"smtpd_restriction_classes = $list\"\n");
	for (size_t i = 0; i < v->plan->files; i++) {
		const struct plan_file *f = &v->plan->file[i];
		if (f->class)
			text_printf(
			    t, "postconf -c \"$config\" -e \"%s = check_client_access %s:\\$config_directory/%s\"\n",
			    f->class, strrchr(f->name, '.') + 1, f->name);
	}
	text_str(t, "# Each exception that fires is logged, unless something is set already.\n"
	            "if [ -z \"$(postconf -c \"$config\" -h smtpd_log_access_permit_actions)\" ]; then\n"
	            "\tpostconf -c \"$config\" -e 'smtpd_log_access_permit_actions = static:all'\n"
	            "fi\n\n");
	if (offer_networks(t, v,
	                   "# Inside hosts that must move. If you decide that they may relay without a login:\n"
	                   "# postconf -c \"$config\" -e \"mynetworks = $(postconf -c \"$config\" -h mynetworks), ",
	                   ", ", "\"\n"))
		text_char(t, '\n');
	install_map(t);
}

void plan_text_ucs(struct text *t, const struct plan_view *v)
{
	begin(t, v, "puts the plan in force on Univention Corporate Server", true);
	check_map(t, v);
	backup(t, "ucr search --brief '^mail/postfix' >\"$backup/ucr\"\n");
	text_str(
	    t, "# The rule's place: its number decides what is asked before and after it (greylisting stands at 40).\n"
	       "if ! ucr search --brief '^mail/postfix/smtpd/restrictions/' | grep -F -- \"$map\"; then\n"
	       "\tucr set \"mail/postfix/smtpd/restrictions/recipient/30=check_sender_access $map_type:$map\"\n"
	       "fi\n\n");
	install_tables(t);
	text_str(t,
	         "# main.cf is made from templates, which put main.cf.local at its end; what postconf -e sets is lost\n"
	         "# with the next commit. `postconf -n` shows below whether it came through.\n"
	         "touch -- \"$config/main.cf.local\"\n"
	         "sed '/^# wouldblock begin$/,/^# wouldblock end$/d' \"$config/main.cf.local\" "
	         ">\"$config/main.cf.local.new\"\n"
	         "list=$(postconf -c \"$config\" -h smtpd_restriction_classes)\n"
	         "for class in $classes; do\n"
	         "\tcase \" $(printf '%s' \"$list\" | tr ',\\t\\n' '   ') \" in\n"
	         "\t*\" $class \"*) ;;\n"
	         "\t*) list=\"${list:+$list, }$class\" ;;\n"
	         "\tesac\n"
	         "done\n"
	         "{\n"
	         "\techo '# wouldblock begin'\n"
	         "\tgrep -v '^smtpd_restriction_classes' main.cf.add\n"
	         "\techo \"smtpd_restriction_classes = $list\"\n"
	         "\techo '# wouldblock end'\n"
	         "} >>\"$config/main.cf.local.new\"\n"
	         "mv -- \"$config/main.cf.local.new\" \"$config/main.cf.local\"\n\n");
	text_str(t, "# All DCs of the domain, which may have to be in mynetworks:\n"
	            "# univention-ldapsearch -LLL '(objectClass=univentionDomainController)' cn aRecord aAAARecord\n");
	offer_networks(t, v,
	               "# Inside hosts that must move. If you decide that they may relay without a login:\n"
	               "# ucr set mail/postfix/mynetworks=\"$(ucr get mail/postfix/mynetworks),",
	               ",", "\"\n");
	text_str(t, "ucr commit /etc/postfix/*\n\n");
	install_map(t);
}

void plan_text_rollback(struct text *t, const struct plan_view *v)
{
	begin(t, v, "goes back to what was in force before", false);
	text_str(t, "# sh rollback.sh [BACKUP]; the last backup if none is named.\n"
	            "backup=${1:-}\n"
	            "if [ -z \"$backup\" ]; then\n"
	            "\tfor folder in \"$config\"/wouldblock-backup-*/; do\n"
	            "\t\t[ ! -d \"$folder\" ] || backup=${folder%/}\n"
	            "\tdone\n"
	            "fi\n"
	            "if [ ! -e \"$backup/main.cf\" ]; then\n"
	            "\techo \"no backup in $config\" >&2\n"
	            "\texit 1\n"
	            "fi\n\n"
	            "# The map first: its old rows do not name the classes.\n"
	            "if [ -e \"$backup/$map_file\" ]; then\n"
	            "\tcp -p -- \"$backup/$map_file\" \"$map\"\n"
	            "else\n"
	            "\t: >\"$map\"\n"
	            "fi\n"
	            "[ \"$map_type\" = texthash ] || postmap -c \"$config\" \"$map_type:$map\"\n"
	            "for table in $tables; do\n"
	            "\t[ ! -e \"$backup/$table\" ] || cp -p -- \"$backup/$table\" \"$config/$table\"\n"
	            "done\n"
	            "cp -p -- \"$backup/main.cf\" \"$config/main.cf\"\n"
	            "if [ -e \"$config/main.cf.local\" ]; then\n"
	            "\tif [ -e \"$backup/main.cf.local\" ]; then\n"
	            "\t\tcp -p -- \"$backup/main.cf.local\" \"$config/main.cf.local\"\n"
	            "\telse\n"
	            "\t\tmv -- \"$config/main.cf.local\" \"$config/main.cf.local.wouldblock\"\n"
	            "\tfi\n"
	            "fi\n"
	            "if command -v ucr >/dev/null; then\n"
	            "\techo \"settings as they were: $backup/ucr (ucr set what you have changed since)\"\n"
	            "\tucr commit /etc/postfix/*\n"
	            "fi\n"
	            "postfix -c \"$config\" check\n"
	            "postfix -c \"$config\" reload\n"
	            "echo \"back to $backup\"\n");
}

/* ------------------------------------------------------------------ swaks */

bool plan_text_try(struct text *t, const char *host, struct slice sender, struct slice recipient, bool login)
{
	struct text from = {0}, to = {0}, server = {0};
	struct slice rcpt = slice_is_set(recipient) ? recipient : sender;
	/* swaks takes - for an option, @ for a file, and parts recipients at commas. */
	bool good = !(sender.n && strchr("-@", sender.p[0])) && !(rcpt.n && strchr("-@", rcpt.p[0])) &&
	            slice_chr(rcpt, ',') < 0 && rcpt.n > 0 && encode_shell(&from, sender.n ? sender : SLICE("<>")) &&
	            encode_shell(&to, rcpt) && (!host || (encode_shell(&server, slice_str(host)) && host[0] != '-'));
	if (good) {
		text_printf(t, "swaks --server %s --port %s", host ? server.p : "\"$SERVER\"",
		            login ? "587 -tls --auth --auth-user " : "25");
		text_printf(t, "%s --from %s --to %s --quit-after RCPT", login ? from.p : "", from.p, to.p);
	}
	text_release(&from);
	text_release(&to);
	text_release(&server);
	return good;
}

static void try_line(struct text *t, struct slice sender, struct slice recipient, bool login)
{
	if (plan_text_try(t, NULL, sender, recipient, login)) {
		text_char(t, '\n');
		return;
	}
	text_str(t, "# (cannot be tried by a line that is safe to paste: ");
	encode_term(t, sender);
	text_str(t, ")\n");
}

void plan_text_reply(struct text *t, const struct plan *p, bool sender_row)
{
	static const char *const replies[] = {"250, and in the log `warn: RCPT` with `", "450 4.7.1, with `",
	                                      "554 5.7.1, with `"};

	text_str(t, replies[p->stage]);
	if (p->stage != PLAN_WARN)
		text_str(t, sender_row ? "Sender address rejected: " : "Client host rejected: ");
	encode_term(t, slice_str(p->stage == PLAN_WARN ? p->warn_text : p->reject_text));
	text_str(t, "`");
}

static void expect(struct text *t, const struct plan *p, enum verdict_word word, bool sender_row)
{
	text_str(t, "# expect: ");
	if (word == VERDICT_EXEMPT) {
		text_str(t, "250, or what a later check says (greylisting, RBL); not this rule's text");
	} else if (word == VERDICT_BLOCK && (sender_row || p->stage == PLAN_REJECT)) {
		text_str(t, "554 5.7.1, with `");
		encode_term(t, slice_str(p->reject_text));
		text_str(t, "`");
	} else {
		plan_text_reply(t, p, sender_row);
	}
	text_char(t, '\n');
}

/* From where its mail comes, in words. */
static void from_where(struct text *t, const struct plan_verdict *v)
{
	static const char *const where[] = {[SUBJECT_SENDER] = "from any outside host",
	                                    [SUBJECT_IP] = "from the host ",
	                                    [SUBJECT_NETWORK] = "from a host in ",
	                                    [SUBJECT_SOURCE] = "from a host whose verified name is below ",
	                                    [SUBJECT_DOMAIN] = "from any outside host without a verdict of its own"};

	text_printf(t, "# run it %s", where[v->subject.kind]);
	if (v->subject.kind != SUBJECT_SENDER && v->subject.kind != SUBJECT_DOMAIN)
		encode_term(t, slice_str(v->subject.text));
	text_char(t, '\n');
}

static void try_verdict(struct text *t, const struct plan *p, const struct plan_verdict *v, struct slice usual)
{
	struct text at = {0};
	struct slice sender = usual;

	if (v->subject.kind == SUBJECT_SENDER)
		sender = slice_str(v->subject.text);
	if (v->subject.kind == SUBJECT_DOMAIN) {
		text_printf(&at, "test@%s", v->subject.text);
		sender = slice_of(at.p, at.n);
	}
	text_printf(t, "\n# %s ", verdict_word_name(v->word));
	encode_term(t, slice_str(v->subject.text));
	text_char(t, '\n');
	from_where(t, v);
	bool own_row = v->subject.kind != SUBJECT_DOMAIN;
	expect(t, p, v->word == VERDICT_BLOCK && !own_row ? VERDICT_MOVE : v->word, v->subject.kind == SUBJECT_SENDER);
	try_line(t, sender, usual, false);
	text_release(&at);
}

void plan_text_swaks(struct text *t, const struct plan_view *v)
{
	struct text own = {0};

	text_printf(&own, "user@%s", v->plan->domain[0]);
	struct slice usual = slice_of(own.p, own.n);
	text_printf(
	    t,
	    "#!/bin/sh\n# wouldblock: tries for rule %s, stage %s. Each line alone, from where it says; nothing is\n"
	    "# delivered, for swaks quits after RCPT. Put a user of yours in place of `user`.\n",
	    v->plan->rule, plan_stage_name(v->plan->stage));
	text_str(t, "SERVER=${SERVER:-");
	if (!v->host || !encode_shell(t, slice_str(v->host)))
		text_str(t, "localhost");
	text_str(t, "}\n\n# The article's first: from outside, port 25, no login, a sender of ours\n# run it from an "
	            "outside host "
	            "without a verdict\n");
	expect(t, v->plan, VERDICT_MOVE, false);
	try_line(t, usual, SLICE_NONE, false);
	text_str(t, "\n# The article's second: the same sender logged in, port 587 (swaks asks for the password)\n"
	            "# run it from anywhere\n# expect: 250\n");
	try_line(t, usual, SLICE_NONE, true);
	for (size_t i = 0; i < v->plan->verdicts; i++)
		if (v->plan->verdict[i].file)
			try_verdict(t, v->plan, &v->plan->verdict[i], usual);
	text_release(&own);
}
