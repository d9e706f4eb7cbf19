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
	exec sudo -n --preserve-env=TMPDIR,WOULDBLOCK,BUILD,FAULT_SHIM,ASAN_OPTIONS,UBSAN_OPTIONS bash "$0"
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

# ------------------------------------------------------------------ as a timer runs it

SHIM=$(realpath -m -- "${FAULT_SHIM:-${BUILD:-$ROOT/.build}/faults.so}")
PRELOAD="$(ldd "$WOULDBLOCK" | awk '/libasan/ { print $3 " " }')$SHIM"

# at TIME ARGS...: a run while the clock stands at TIME, of 2026 if it has no year.
at()
{
	local seconds
	seconds=$(date -ud "$([[ $1 =~ ^[0-9]{4}- ]] || echo 2026-)$1" +%s)
	shift
	LD_PRELOAD=$PRELOAD FI_CLOCK=$seconds wb "$@" >"$OUT" 2>"$ERR"
	STATUS=$?
}

takes()
{
	sendmail "echo >>'$TMP/asked'; cat >'$TMP/mail.got'"
	rm -f -- "$TMP/asked" "$TMP/mail.got"
}

refuses()
{
	sendmail "echo >>'$TMP/asked'; echo full >&2; exit 75"
	rm -f -- "$TMP/asked"
}

# asked N: so often sendmail was run.
asked()
{
	local n=0
	[ -e "$TMP/asked" ] && n=$(wc -l <"$TMP/asked")
	[ "$n" -eq "$1" ] || { echo "asked $n times, should be $1" && false; }
}

# told ERE: subject or text of the mail that was handed over last.
told()
{
	python3 - "$TMP/mail.got" >"$TMP/told" <<-'END'
		import email, email.policy, sys
		mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
		print(mail["subject"])
		print(" ".join(mail.get_body(("plain",)).get_content().split()).replace(" * ", "\n* "))
	END
	grep -Eq -- "$1" "$TMP/told" && return
	cat -- "$TMP/told"
	return 1
}

not_told()
{
	! told "$1" >"$TMP/not" && [ -s "$TMP/told" ]
}

days_made()
{
	local days
	days=$(sqlite3 "$DB" "SELECT group_concat(strftime('%d', day * 86400, 'unixepoch') || ' ' || state, ', ') FROM human_mail")
	[ "$days" = "$1" ] || { echo "made: $days, should be: $1" && false; }
}

# timed NAME: a database that has read the log.
timed()
{
	fresh "$1"
	run ingest "$TMP/warn.log"
}

timed tries
refuses
at '03-11 06:00' summary --mail
ok "sendmail takes nothing: 75" status_is 75
ok "the next try is a minute later" says 'not sent: .*full; the next try is due at 2026-03-11T06:01:00Z'
at '03-11 06:00:59' summary --mail
ok "a run before that does not try" asked 1
ok "... and says when it is due, with 75" status_is 75
ok "... by its last line" says 'the next try is due at 2026-03-11T06:01:00Z$'
at '03-11 06:00:59' status
ok "status says it" says 'the summary of 10 Mar 2026 to postmaster was not sent, 1 try, the last 59 s ago, the next in 1 s: .*full'
at '03-11 06:00:59' status --format json
ok "... for programs, too" says '"day":"2026-03-10".*"tries":1,.*"next_try":"2026-03-11T06:01:00.*"given_up":false'
run tui --dump --size 140x30
ok "the dashboard has it in its first line" test -n "$(head -n 1 -- "$OUT" | grep 'MAIL NOT SENT, 1 try')"
waits='' last=$(date -ud '2026-03-11 06:00' +%s) next=$((last + 60)) n=1
while [ "$n" -lt 60 ]; do
	waits+=" $(((next - last) / 60))" last=$next n=$((n + 1))
	at "$(date -ud "@$last" '+%F %T')" summary --mail
	[ "$STATUS" -eq 75 ] || break
	next=$(date -ud "$(grep -o 'due at .*' "$ERR" | tail -n 1 | cut -c8-)" +%s)
done
ok "it is tried again after 1, 5, 15 and then every 60 minutes" \
	test "$waits" = " 1 5 15$(printf ' 60%.0s' $(seq 22))"
ok "within a day it is given up, with a status that nobody starts again" status_is 69
ok "that is said" says 'given up after 26 tries'
ok "sendmail was asked so often" asked 26
ok "and not the next day's made, in the night" days_made '10 given up'
at '03-12 06:00' status
ok "status says it until another mail does" says 'of 10 Mar 2026 .* 26 tries, the last 99 min ago, given up'
takes
at '03-12 06:00' summary --mail
ok "the next mail goes out" status_is 0
ok "... and what was given up does not" asked 1
ok "it tells of the one that was given up, and why" \
	told '^\* 10 Mar 2026: sendmail did not take it, 26 tries, given up: .*/sendmail: status 75: full; [0-9]+ mails warned, of which [0-9]+ mails? would be lost'
ok "so does its subject" told ', 1 day without a mail'
at '03-12 06:01' summary --mail
ok "another run finds it sent" says 'was sent'
at '03-12 06:00' status
ok "then status has no trouble to tell" silent 'summary'
at '03-13 06:00' summary --mail
ok "the mail after that does not tell it again" not_told 'without a mail|got no mail'

timed night
refuses
at '03-11 22:00' summary --mail
at '03-11 23:59' summary --mail
takes
at '03-12 00:10' summary --mail
ok "a try in the night sends what waits" says 'summary of 2026-03-10: sent'
ok "... and does not make the day that is just over" days_made '10 sent'
refuses
at '03-12 06:00' summary --mail
ok "that is for the morning" days_made '10 sent, 11 prepared'
at '03-13 06:00' summary --mail
ok "who is run once a day makes each day's" days_made '10 sent, 11 given up, 12 prepared'
takes
at '03-13 06:01' summary --mail
ok "... which tells of the one before" told '^\* 11 Mar 2026: sendmail did not take it, 2 tries, given up'

timed back
refuses
at '03-11 05:59' summary --mail
sqlite3 "$DB" 'UPDATE human_mail SET tries = tries + 26'
for minute in 58 57 56; do
	at "03-11 05:$minute" summary --mail
	[ "$STATUS" -eq 75 ] || break
done
ok "a clock that is set back again and again: 30 tries at most" test "$(sqlite3 "$DB" 'SELECT tries FROM human_mail')" -eq 30
ok "... then it is given up" status_is 69

timed wait
refuses
run summary --mail
sqlite3 "$DB" "UPDATE human_mail SET tried_at = tried_at - 59000000"
takes
run summary --mail --wait
ok "--wait tries when it is due, by itself" status_is 0
ok "... once" asked 1
run summary --mail --wait --day 2026-03-02
ok "--wait with a day" complains 64

# ------------------------------------------------------------------ days without a mail, clocks that are wrong

timed missed
takes
at '03-05 06:00' summary --mail
ok "the first mail of all misses no day" not_told 'without a mail|got no mail'
at '03-09 06:00' summary --mail
ok "the machine was off for three days: one mail" asked 2
ok "its subject counts them" told ', 3 days without a mail$'
for day in 5 6 7; do
	at '03-09 06:00' summary --day "2026-03-0$day"
	figures=$(tr '\n' ' ' <"$OUT" | grep -oE '[0-9 ]+ mails? warned, of which [0-9]+ mails? would be lost' | sed 's/^ *//')
	ok "its text has the figures of that day: $day March" told "^\* $day Mar 2026: none was sent; $figures( |\$)"
done
at '2027-03-13 06:00' summary --mail
ok "a clock that jumps ahead by a year: one mail" asked 3
ok "... with at most eight rows about it" test "$(told ', 368 days without' && grep -c 'none was sent' "$TMP/told")" = 8
ok "... of which the first is of all the others" told '^\* 9 Mar 2026 to 4 Mar 2027 \(361 days\): none was sent; [0-9]+ mails warned'
at '03-10 06:00' summary --mail
ok "and back: one mail, without a word of it" not_told 'without a mail|got no mail'
ok "... for the day that it is then" told '2026-03-09: '
at '03-13 06:00' summary --mail --day 2026-03-12
ok "somebody asks for a day: nothing of others" not_told 'without a mail|got no mail'

for when in '1970-01-01 00:10' '2023-12-31'; do
	timed unset
	takes
	at "$when" summary --mail
	ok "a clock that was never set ($when): no mail, a clear line" complains 71
	ok "... of the clock" says "the clock says ${when%% *}.*no mail is sent"
	ok "... nothing was made" days_made ''
	at "$when" ingest "$TMP/warn.log"
	ok "... reading goes on" status_is 0
done
DB=$TMP/warn.d/db
: >"$CONF"

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
