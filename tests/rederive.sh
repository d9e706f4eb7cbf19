#!/usr/bin/env bash
#
# Settings that change after logs were read: what was derived is made anew from the facts, as if the
# logs had been read with the new settings, and what the facts do not tell is a hole.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

LOG=$TMP/mail.log
OLD=$TMP/old.conf
NEW=$TMP/new.conf
DEFAULT=$TMP/default.conf
: >"$DEFAULT"
"$TESTS/../samples/demo/make-log" 2>"$ERR" | grep '^2026-10-1' >"$LOG" || exit 1
for story in the-rule-switches-to-reject hostile-sender-imitates-the-log spoofers-refused-by-blocklist; do
	cp -p -- "$TESTS/../samples/stories/$story.log" "$TMP/$story.log"
done
half=$(($(wc -l <"$LOG") / 2))

# named DB FILE: all that is derived, by names, for numbers are given in another order. Not what a host took
# in and which accepted mail told something: of these the facts do not tell all.
named()
{
	sqlite3 -readonly "$1" >"$2" <<-'END'
		SELECT 'attempt', time, host, service, pid, action, client_name, client_ip, text, sender, recipient, queue_id,
		  rule, source, fate, may_return, count, mail FROM attempt ORDER BY 2, 18, 3, 5, 6, 11;
		SELECT 'mail', id, rule, source, source_kind, fate, recipients, spf, sender_domain FROM mail ORDER BY 2, 3;
		SELECT 'day', * FROM source_day ORDER BY 2, 3, 4, 5;
		SELECT 'hour', ru.name, h.hour, h.attempts FROM roll_hour h LEFT JOIN dim_rule ru ON ru.id = h.rule ORDER BY 2, 3;
		SELECT 'domain', ru.name, ho.name, d.name, r.day, r.warned, r.refused, r.deferred, r.first_warned, r.last_warned,
		  r.first_refused, r.last_refused FROM roll_domain_day r JOIN dim_rule ru ON ru.id = r.rule
		  JOIN host ho ON ho.id = r.host LEFT JOIN domain d ON d.id = r.domain ORDER BY 2, 3, 4, 5;
		SELECT 'text of day', x.text, ru.name, r.day, sum(r.attempts) FROM roll_text_day r JOIN text x ON x.id = r.text
		  LEFT JOIN dim_rule ru ON ru.id = x.rule GROUP BY 2, 3, 4 ORDER BY 2, 3, 4;
		SELECT 'text', x.text, x.template % 2, x.listed, ru.name, w.text, sum(r.attempts), min(r.first_time),
		  max(r.last_time) FROM roll_text r JOIN text x ON x.id = r.text JOIN word w ON w.id = r.action
		  LEFT JOIN dim_rule ru ON ru.id = x.rule GROUP BY 2, 3, 4, 5, 6 ORDER BY 2, 3, 4, 5, 6;
		SELECT 'listed', s.name, s.kind, r.day, r.attempts FROM roll_listed r JOIN dim_source s ON s.id = r.source
		  ORDER BY 2, 3, 4;
		SELECT 'client', c.name, c.ip, s.kind, s.name, s.domain FROM client c JOIN dim_source s ON s.id = c.source
		  WHERE c.id IN (SELECT client FROM fact_attempt) ORDER BY 2, 3;
		SELECT 'sender', a.text, d.name FROM address a JOIN domain d ON d.id = a.domain ORDER BY 2;
		SELECT 'counted', * FROM counted ORDER BY 2, 3, 4;
		SELECT 'line', * FROM roll_line ORDER BY 2, 3;
	END
}

# anew NAME LOG...: read with $OLD and again with $NEW; half of the first log with $OLD and all with $NEW; with $NEW
# alone. The first two must hold what the third does.
anew()
{
	local name=$1
	shift
	fresh "$name-fresh"
	CONF=$NEW run ingest "$@"
	named "$DB" "$TMP/$name.fresh"
	fresh "$name"
	CONF=$OLD run ingest "$@"
	named "$DB" "$TMP/$name.old"
	CONF=$NEW run ingest "$@"
	ok "$name: it is noticed and said" says 'not as they were'
	named "$DB" "$TMP/$name.anew"
	ok "$name: all is as if it had been read so" same "$TMP/$name.fresh" "$TMP/$name.anew"
	CONF=$NEW run ingest "$@"
	ok "$name: once" says_not 'not as they were'
	[ "$1" = "$LOG" ] || return
	fresh "$name-half"
	head -n "$half" -- "$LOG" >"$TMP/growing.log"
	CONF=$OLD run ingest "$TMP/growing.log"
	cp -- "$LOG" "$TMP/growing.log"
	CONF=$NEW run ingest "$TMP/growing.log"
	named "$DB" "$TMP/$name.half"
	ok "$name: mails that were open then as well" same "$TMP/$name.fresh" "$TMP/$name.half"
}

says_not()
{
	! says "$1"
}

# differs NAME: the change does change something, or the case proves nothing.
differs()
{
	! cmp -s "$TMP/$1.old" "$TMP/$1.anew"
}

# holes: the causes that stand there for all that was read.
holes()
{
	[ "$(sqlite3 -readonly "$DB" "SELECT group_concat(cause, ', ') FROM (SELECT cause FROM hole h
		WHERE cause LIKE '% have changed' OR cause LIKE '% has changed' ORDER BY 1)")" = "$1" ]
}

# ------------------------------------------------------------------ rules

: >"$OLD"
printf '[rule own-domain]\nwarn = Invalid Sender\n' >"$NEW"
anew pattern "$LOG"
ok "a rule that no longer warns: something changes" differs pattern
ok "a rule that no longer warns: the time before is a hole" holes 'rule own-domain has changed'
CONF=$OLD run ingest "$LOG"
named "$DB" "$TMP/back"
ok "changed back: all is as it was" same "$TMP/pattern.old" "$TMP/back"
run report
ok "changed back: the time before is still not watched" says 'FAIL  window  *0 days'
ok "changed back: nor is it covered" says 'FAIL  continuity'
CONF=$OLD run ingest --rebuild "$LOG"
ok "read anew: no hole is left" holes ''

printf '[rule blocklist]\ntitle = Blocklists\nwarn = blocked using\nreject = blocked using\n' >"$NEW"
anew new-rule "$LOG"
ok "a new rule: something changes" differs new-rule
ok "a new rule: the time before is a hole for it alone" holes 'rule blocklist has changed'
printf '[rule nobody]\nwarn = nobody says this\n' >"$NEW"
anew silent-rule "$LOG"
printf '[rule own-domain]\nwarn = Invalid\nreject = 5.7.1|not authorized|refused\n' >"$NEW"
anew switched "$TMP/the-rule-switches-to-reject.log"
printf '[rule own-domain]\nwarn = \\*\\*\\*|Invalid\nreject = .\n' >"$NEW"
anew everything "$LOG"
anew hostile "$TMP/hostile-sender-imitates-the-log.log"
anew listed "$TMP/spoofers-refused-by-blocklist.log"

# The same words warn and refuse: one row of the texts for each rule, which come together and part again.
n=0
for action in warn reject reject_warning warn reject; do
	n=$((n + 1))
	echo "2026-11-22T05:18:0${n}Z mx1 postfix/smtpd[$n]: NOQUEUE: $action: RCPT from mx.example.net[192.0.2.$n]:" \
		"554 5.7.1 same words; from=<a$n@firma.example> to=<b@example.org> proto=ESMTP helo=<x>"
done | sed 's/warn: \(.*\): 554 5.7.1/warn: \1:/; s/reject_warn: /reject_warning: /' >"$TMP/same.log"
printf '[rule own-domain]\nwarn = same\nreject = other\n' >"$OLD"
printf '[rule own-domain]\nwarn = same\nreject = same\n' >"$NEW"
anew together "$TMP/same.log"
ok "the same words, now of one rule: something changes" differs together
cp -- "$NEW" "$TMP/both.conf" && cp -- "$OLD" "$NEW" && mv -- "$TMP/both.conf" "$OLD"
anew apart "$TMP/same.log"
ok "the same words, now of two: something changes" differs apart

# Lines that may be read in two ways, and a canary's: the decision asks for each of them.
suspect='sasl_method=PLAIN sasl_username=u; from=<z@y> to=<q@y> proto=ESMTP helo=<h>'
sed "1s/\$/ $suspect/" "$TMP/same.log" >"$TMP/asked.log"
printf '[hosts]\ncanary_client = 192.0.2.4\n[rule own-domain]\nwarn = same\nreject = other\n' >"$OLD"
printf '[hosts]\ncanary_client = 192.0.2.4\n[rule own-domain]\nwarn = same\nreject = same\n' >"$NEW"
anew asked "$TMP/asked.log"
ok "there is a line in doubt, and a canary's" test "$(grep -c '^line|[01]|' "$TMP/asked.fresh")" -eq 2

# A warning that repeats the sender is one text, and the rule would have to look at the sender.
sed 's/same words/<a@firma.example>: no/; s/from=<a[0-9]/from=<a/' "$TMP/same.log" >"$TMP/torn.log"
sed -i 'p; s/a@firma/b@firma/g' "$TMP/torn.log"
: >"$OLD"
printf '[rule own-domain]\nwarn = a@firma\n' >"$NEW"
fresh torn
CONF=$OLD run ingest "$TMP/torn.log"
CONF=$NEW run ingest "$TMP/torn.log"
ok "a text that would be of two rules: the time before is a hole" holes 'rule own-domain has changed'
: >"$OLD"

# ------------------------------------------------------------------ who sends

printf '[networks]\ninside = 203.0.113.0/24, 198.51.100.0/25\n' >"$NEW"
anew inside "$LOG"
ok "inside networks: something changes" differs inside
ok "inside networks: the time before is a hole" holes 'inside networks have changed'
run report
ok "inside networks: the time before is not covered" says 'FAIL  continuity'

printf '[networks]\nshared = newsletter.example, kunde-nord.example\n' >"$NEW"
anew shared "$LOG"
ok "a shared domain: nothing is in doubt" holes ''

printf '[networks]\ndomains = firma.example, other.example\n' >"$NEW"
anew own "$LOG"
ok "own domains: the time before is a hole" holes 'own domains have changed'

finish
