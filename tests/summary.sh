#!/usr/bin/env bash
#
# The summary: what is new of a day, short if nothing is, what is missing instead of zeros; by mail
# once a day and set of recipients, through a real Postfix (tests/summary/through_postfix.py), which
# only root can start.

if [ "$(id -u)" -ne 0 ]; then
	if ! sudo -n true 2>/dev/null; then
		echo "not ok - Postfix can be started: that takes root, or sudo without a password"
		echo "0 passed, 1 failed, 0 skipped"
		exit 1
	fi
	exec sudo -n --preserve-env=TMPDIR,WOULDBLOCK,ASAN_OPTIONS,UBSAN_OPTIONS bash "$0"
fi

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

# If the proof was killed, it could not stop what it had started.
stop_all()
{
	local etc=$TMP/mail/postfix/etc
	[ -e "$etc/main.cf" ] && postfix -c "$etc" status && postfix -c "$etc" abort
	rm -rf -- "$TMP"
} >/dev/null 2>&1
trap stop_all EXIT
PATH=$PATH:/usr/sbin

silent()
{
	! grep -Eqi -- "$1" "$OUT" "$ERR" && return
	echo "somebody says '$1':"
	cat -- "$ERR" "$OUT"
	return 1
}

# at_most N: the last run printed no more lines.
at_most()
{
	[ "$(wc -l <"$OUT")" -le "$1" ] && return
	cat -- "$OUT"
	return 1
}

# ------------------------------------------------------------------ on the screen

fresh warn
"$TESTS/summary/make-log" warn >"$TMP/warn.log"
run ingest "$TMP/warn.log"
run mark news.example block --note 'ticket <b>7</b>'
sqlite3 "$DB" "UPDATE human_verdict SET at = strftime('%s', '2026-03-10 12:00') * 1000000"

run summary --day 2026-03-10
ok "a day with news: status 0" status_is 0
ok "it is told which sources lose mail for the first time" says '^New sources that would lose mail$'
ok "these are the three" says 'first\.example +1 +1 +1'
ok "a name beyond ASCII is there both ways" says 'müller\.example \(xn--mller-kva\.example\)'
ok "what was decided that day" says '^\* source news\.example: block, by .*: ticket <b>7</b>$'
ok "lines that syslog lost" says 'syslog lost lines, 52'
ok "what is missing for a GO, and what to do" says '^\* window: 10 days .*watch 20 more days'
ok "what has changed of it since the day before" says '^\* coverage: .*new since the$'
cp -- "$OUT" "$TMP/one"
run summary --day 2026-03-10
ok "the same day tells the same" same "$TMP/one" "$OUT"
ok "no line is longer than 78 columns" test -z "$(LC_ALL=C.UTF-8 grep -E '.{79}' "$OUT")"

run summary --day 2026-03-09
ok "nothing new is said" says '^Nothing new\.$'
ok "nothing new is short" at_most 16
ok "it is still told how far it is" says '^Missing for a GO: [0-9] of 10'

run summary --day 2026-03-01
ok "the first day says that it is the first" says 'the first day of the log'
run summary --day 2026-03-12
ok "a day that was read in part says from when on it is missing" says 'The log ends at 2026-03-12T23:59:00Z'

fresh reject
"$TESTS/summary/make-log" reject >"$TMP/reject.log"
run ingest "$TMP/reject.log"
run summary --day 2026-03-10
ok "a regression is told on its day" says '^REGRESSIONS: .*nobody had predicted'
ok "with the one who was hit" says 'lager@firma\.example by first\.example'
run summary --day 2026-03-11
ok "and not on the day after" silent 'REGRESSIONS'

# ------------------------------------------------------------------ nothing instead of zeros

none='[^0-9]0 (mails|sources|people)'
fresh warn2
run ingest "$TMP/warn.log"
run summary
ok "without --day it is yesterday, of which nothing was read" says '^Nothing was read of this day: the log that was read ends'
ok "no zeros" silent "$none"
run summary --day 2026-02-01
ok "a day before the log" says 'begins at$'
ok "no zeros there" silent "$none"
fresh empty
: >"$TMP/empty.log"
run ingest "$TMP/empty.log"
run summary
ok "an empty database: nothing was read yet" says 'Nothing was read yet'
ok "no zeros either" silent "$none"
fresh none
run summary
ok "no database" complains 66
run summary --mail-to a@b.example
ok "no database, by mail" complains 66
ok "nothing is made beside it" test -z "$(ls "$TMP/none.d")"
fresh foreign
sqlite3 "$DB" 'CREATE TABLE t (x)'
run summary
ok "a database of another program" complains 78
fresh text
echo 'no database at all, but a text of some length' >"$DB"
run summary
ok "a file that is no database" complains 65

# ------------------------------------------------------------------ what is asked for

DB=$TMP/warn.d/db
printf '[mail]\nsendmail = %s\n' "$TMP/none" >"$CONF" # nothing leaves this machine
run summary --day 2999-01-01
ok "a day that has not begun" complains 64
run summary --day soon
ok "no day" complains 64
run summary --day today
ok "today can be printed" status_is 0
run summary --day today --mail-to a@b.example
ok "today cannot be sent" complains 64
run summary --again
ok "--again alone" complains 64
for bad in $'a@b.example\nBcc: c@d.example' '"a b"@c.example' -f@b.example a@-b 'a;b' 'a@b@c' 'ä@b.example' '' ','; do
	run summary --day 2026-03-10 --mail-to="$bad"
	ok "not an address: $(printf %q "$bad")" complains 64
done
printf '[mail]\nfrom = two words\n' >"$CONF"
run summary --mail-to a@b.example --day 2026-03-10
ok "a sender in the settings that is none" complains 78
: >"$CONF"

# ------------------------------------------------------------------ what sendmail may do

# sendmail SCRIPT
sendmail()
{
	printf '#!/bin/sh\n%s\n' "$1" >"$TMP/sendmail"
	chmod 755 -- "$TMP/sendmail"
	printf '[mail]\nto = postmaster\nsendmail = %s\n' "$TMP/sendmail" >"$CONF"
}

sendmail "cat >'$TMP/mail.got'; printf '%s\n' \"\$@\" >'$TMP/words.got'; echo warned >&2"
run summary --mail --day 2026-03-02
ok "sent" status_is 0
ok "what it said is told" says 'took it, and said: warned'
printf '%s\n' -i -f wouldblock -- postmaster >"$TMP/words.want"
ok "it gets these words: no -t, no shell" same "$TMP/words.want" "$TMP/words.got"
ok "addresses of the header have a domain" grep -Eq '^From: wouldblock <wouldblock@[A-Za-z0-9.-]+>$' "$TMP/mail.got"
ok "the recipient's too" grep -Eq '^To: postmaster@[A-Za-z0-9.-]+$' "$TMP/mail.got"
ok "no header of lists" test -z "$(grep -Ei '^(List-|Precedence)' "$TMP/mail.got")"
sendmail 'echo no >&2; exit 69'
run summary --mail --day 2026-03-01
ok "not taken: 75" status_is 75
ok "and why" says 'not sent: .*status 69: no'
sendmail 'kill -9 $$'
run summary --mail --day 2026-03-01
ok "killed: 75" status_is 75
ok "killed is said" says 'killed by signal 9'
sendmail 'exit 0'
run summary --mail --day 2026-03-01
ok "who takes it without reading has not taken it" status_is 75
rm -- "$TMP/sendmail"
run summary --mail --day 2026-03-01
ok "no sendmail: 75" status_is 75
ok "that is said" says 'not sent: .*No such file'
sendmail "cat >'$TMP/mail.got'; sleep 60 &"
run summary --mail --day 2026-03-01
ok "what it leaves running is not waited for" status_is 0
sendmail "cat >'$TMP/mail.again'"
run summary --mail --day 2026-03-01
ok "sent is sent" says 'was sent'
ok "nothing was handed over" test ! -e "$TMP/mail.again"

# ------------------------------------------------------------------ through a real Postfix

sqlite3 "$DB" "
	UPDATE dim_source SET name = 'x</td><script>alert(1)</script>.example' WHERE name = 'first.example';
	UPDATE dim_source SET name = 'b' || char(13, 10) || 'Bcc: boss@evil.example' || char(10, 10) || '--=_x' WHERE name = 'second.example';
	UPDATE dim_source SET name = char(8238, 27) || '[31m.example' WHERE name = 'xn--mller-kva.example'"
chmod 711 -- "$TMP"
python3 "$TESTS/summary/through_postfix.py" "$WOULDBLOCK" "$DB" "$TMP/mail" | tee "$TMP/proof"
if [[ $(tail -n 1 -- "$TMP/proof") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
	tally "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
else
	ok "the proof comes to its end" false
fi
finish
