#!/usr/bin/env bash
#
# The report: its numbers are those of the lists, its decision is its exit code, no trouble looks
# like a go, a text without its last line is not whole, and what comes from the log stays in 80 columns.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

# ------------------------------------------------------------------ a log to decide on

# shellcheck source=tests/report/log.sh
. "$TESTS/report/log.sh"

for day in $(days 2026-01-01 0 40); do
	spam_day "$day"
done >"$TMP/quiet.log"
UNTIL=(--until 2026-02-09T23:00:00Z) # as of then, whatever the clock says

# decides N RESULT ARGS...: the report ends with status N, and its text with this result.
decides()
{
	local status=$1 result=$2
	shift 2
	run report "$@"
	status_is "$status" && [ "$(tail -n 1 -- "$OUT")" = "RESULT: $result" ] && return
	tail -n 3 -- "$OUT"
	return 1
}

# fails NAME...: exactly these criteria fail in the last report's text.
fails()
{
	local got
	got=$(sed -n 's/^  FAIL  \([a-z_]*\) .*/\1/p' "$OUT" | paste -sd ' ')
	[ "$got" = "$*" ] && return
	echo "failing: $got, should be: $*"
	return 1
}

# never_go ARGS...: no text that looks whole, and none of the three statuses of a decision.
never_go()
{
	[ "$STATUS" -ge 64 ] && ! grep -q '^RESULT' "$OUT" && return
	echo "status $STATUS"
	tail -n 3 -- "$OUT"
	return 1
}

# ------------------------------------------------------------------ 0, 1, 2

fresh go
run ingest "$TMP/quiet.log"
ok "all criteria met: go, status 0" decides 0 go "${UNTIL[@]}"
ok "a go has no failing row" fails
ok "a go says what it is, and never safe" says 'all criteria met'
ok "no report says safe" test -z "$(grep -iw safe "$OUT")"
ok "--until in the past is said" says '^As of'
run report "${UNTIL[@]}" --format json
ok "the same in JSON: status 0" status_is 0
cp -- "$OUT" "$TMP/one.json"
run report "${UNTIL[@]}" --format json
sed -i '/"generated_at"/d' "$TMP/one.json" "$OUT"
ok "the same database gives the same bytes" same "$TMP/one.json" "$OUT"
run report "${UNTIL[@]}"
cp -- "$OUT" "$TMP/one.txt"
run report "${UNTIL[@]}"
ok "the same for the text" same "$TMP/one.txt" "$OUT"
ok "a shorter window is not enough" decides 2 not-enough-evidence "${UNTIL[@]}" --since 2026-01-20
ok "its days are what fails" says '^  FAIL  window        2[01] days'
ok "a log that has ended long ago is not enough" decides 2 not-enough-evidence
ok "that is the row current" fails current
ok "as of a time behind the log's end by a month: not enough" decides 2 not-enough-evidence --until 2026-03-15
ok "--rule all: the only rule decides" decides 0 go "${UNTIL[@]}" --rule all
printf '[rule other]\nwarn = never seen\n' >"$TMP/two.conf"
CONF=$TMP/two.conf
fresh two
run ingest "$TMP/quiet.log"
ok "--rule all: a rule that was never seen takes the go away" decides 2 not-enough-evidence "${UNTIL[@]}" --rule all
ok "--rule all: each rule is there" test "$(grep -c '^wouldblock: rule ' "$OUT")" -eq 2
ok "--rule all: one result" test "$(grep -c '^RESULT' "$OUT")" -eq 1
run report "${UNTIL[@]}" --rule all --format json
ok "--rule all in JSON: a list" python3 -c 'import json, sys; assert [r["rule"] for r in json.load(open(sys.argv[1]))] == ["own-domain", "other"]' "$OUT"
ok "the first rule alone: go" decides 0 go "${UNTIL[@]}" --rule own-domain
ok "the other alone: not enough" decides 2 not-enough-evidence "${UNTIL[@]}" --rule other
CONF=$TMP/conf

{
	cat -- "$TMP/quiet.log"
	delivered 2026-02-09T23:59:30.000000+00:00 5001
} >"$TMP/loss.log"
fresh loss
run ingest "$TMP/loss.log"
NOW=(--until 2026-02-10)
ok "a loss without a verdict: no-go, status 1" decides 1 no-go "${NOW[@]}"
ok "the row undecided fails" says '^  FAIL  undecided     1 source, 1 mail '
ok "a failing row has its advice" says 'decide each: .wouldblock review'
ok "the headline counts it" says '^would be lost: 1 mail to 1 person, from 1 source, of 81 warned mails'
ok "before the loss it was a go" decides 0 go "${UNTIL[@]}"
wb mark news.example exempt --note 'ticket 5' >/dev/null 2>&1
ok "an exception that nothing proves: no-go" decides 1 no-go "${NOW[@]}"
ok "it is named, with its note" says 'NOT PROVEN'
ok "the row in_force fails" says '^  FAIL  in_force'
wb mark news.example block >/dev/null 2>&1
run report "${NOW[@]}"
ok "a block decides it, and leaves only that the source was new" fails coverage
ok "not enough evidence then" status_is 2

# ------------------------------------------------------------------ after the switch

{
	cat -- "$TMP/quiet.log"
	refused 2026-02-10T08:00:00.000000+00:00 6001 'mail.spam.example[198.51.100.7]'
	refused 2026-02-10T23:00:00.000000+00:00 6002 'mail.spam.example[198.51.100.7]'
} >"$TMP/switched.log"
fresh switched
run ingest "$TMP/switched.log"
run report --until 2026-02-11
ok "after the switch it says so" says '^After the switch of 2026-02-10T08:00:00Z'
ok "who was forecast is no regression" says '^  no regression'
ok "forecast stands against fact" says '^  spam\.example .* 2\.[0-9] '
refused 2026-02-10T23:30:00.000000+00:00 6003 'mail.new.example[203.0.113.50]' >>"$TMP/switched.log"
run ingest "$TMP/switched.log"
ok "somebody who was never seen: no-go" decides 1 no-go --until 2026-02-11
ok "the regression is listed" says '^  2026-02-10T23:30:00Z gw01: chefin@firma.example to'
ok "the decision says why" says '^NO-GO: mail was refused that nobody predicted'
run report --until 2026-02-11 --format json
ok "in JSON, too" python3 -c 'import json, sys; assert [r["source"] for r in json.load(open(sys.argv[1]))["regressions"]] == ["new.example"]' "$OUT"

# ------------------------------------------------------------------ the map given

DB=$TMP/loss.d/db

mkdir -- "$TMP/postfix"
MAP=$TMP/postfix/check_custom_sender_access
wb mark news.example exempt >/dev/null 2>&1
printf 'firma.example own_domain\n' >"$MAP"
cat >"$TMP/postfix/main.cf" <<-END
	smtpd_restriction_classes = own_domain, own_domain_names
	own_domain = check_client_access pcre:$TMP/postfix/names.pcre
	own_domain_names = check_client_access cidr:$TMP/postfix/networks.cidr
	smtpd_recipient_restrictions = permit_mynetworks, check_sender_access hash:$MAP, reject_unauth_destination
	mynetworks = 127.0.0.0/8
END
printf '/(^|\\.)news\\.example$/ DUNNO\n/^/ own_domain_names\n' >"$TMP/postfix/names.pcre"
printf '0.0.0.0/0 WARN *** Invalid Inbound Sender ***\n::/0 WARN *** Invalid Inbound Sender ***\n' >"$TMP/postfix/networks.cidr"
run report "${NOW[@]}" --sender-access "hash:$MAP"
ok "with the map, main.cf beside it: proven" says '^    proven: '
printf '/^/ own_domain_names\n' >"$TMP/postfix/names.pcre"
run report "${NOW[@]}" --sender-access "$MAP" --main-cf "$TMP/postfix/main.cf"
ok "without its row: not proven" says 'NOT PROVEN'
run report "${NOW[@]}" --sender-access "$TMP/none"
ok "a map that was named and is not there: 66" complains 66
run report "${NOW[@]}" --main-cf "$TMP/none"
ok "a main.cf that was named and is not there: 66" complains 66
run report "${NOW[@]}" --mynetworks 10.0.0.0/8,192.0.2.0/99
ok "networks that are none: 64 and one line" complains 64
ok "networks that are none: never a go" never_go

# ------------------------------------------------------------------ own domains

ok "--domain: that own domain" decides 1 no-go "${NOW[@]}" --domain FIRMA.example.
ok "it is said" says '^Domain   firma.example'
run report --domain other.example
ok "--domain of a domain that was never seen: 64" complains 64

# ------------------------------------------------------------------ what must never be a go

fresh hole
{
	head -n 80 -- "$TMP/quiet.log"
	head -c 30000 /dev/zero
	echo
	tail -n +160 -- "$TMP/quiet.log"
} >"$TMP/damaged.log"
run ingest "$TMP/damaged.log"
run report "${UNTIL[@]}"
ok "a damaged log is never a go" test "$STATUS" -ne 0
sed -n 1,160p "$TMP/quiet.log" >"$TMP/a.log"
sed -n '169,$p' "$TMP/quiet.log" >"$TMP/b.log"
fresh seam
run ingest "$TMP/a.log" "$TMP/b.log"
ok "two logs that nothing joins: never a go" decides 2 not-enough-evidence "${UNTIL[@]}"
ok "the row continuity fails" says '^  FAIL  continuity'
ok "the hole is listed" says '^  holes: 1 in the window'
ok "with its cause" says 'gw01: not joined'

fresh ahead
for day in $(days "$(date -u +%F)" -35 5); do
	spam_day "$day"
done >"$TMP/ahead.log"
run ingest "$TMP/ahead.log"
run report
ok "a log that is ahead of the clock is never a go" test "$STATUS" -eq 2
ok "it is said" says 'ahead of this machine'

fresh missing
run report
ok "no database: never a go" never_go
ok "no database: 66 and one line" complains 66
: >"$DB"
run report
ok "an empty file: never a go" never_go
echo "this is not a database, and long enough to be looked at by whoever opens it as one" >"$DB"
run report
ok "no database of anybody: never a go" never_go
ok "no database of anybody: one line" lines_of_complaint 1
DB=$TMP/go.d/db
sqlite3 -readonly "$DB" ".backup $TMP/copy" && cp -- "$TMP/copy" "$TMP/newer"
sqlite3 "$TMP/newer" 'PRAGMA user_version = 999'
DB=$TMP/newer
run report "${UNTIL[@]}"
ok "a database of a newer version: never a go" never_go
ok "a database of a newer version: 78 and one line" complains 78
fresh nothing
: >"$TMP/empty.log"
run ingest "$TMP/empty.log"
ok "nothing was read: not enough" decides 2 not-enough-evidence
ok "nothing was read: it is said" says '^Nothing was read yet'
DB=$TMP/go.d/db
ok "a rule that is not there: not enough" decides 2 not-enough-evidence --rule nosuch
ok "a rule that is not there: it is said" says 'no rule .nosuch'
ok "a window without a log: not enough" decides 2 not-enough-evidence --since 2027-01-01
run report "${UNTIL[@]}" --since nonsense
ok "a time that is none: never a go" never_go

# Pages in the middle become zeros: what cannot be read ends the program, whatever was read before.
size=$(stat -c %s -- "$TMP/copy")
wrong=0 hit=0
for ((at = 4096; at < size; at += 4096)); do
	cp -- "$TMP/copy" "$TMP/zeros"
	dd if=/dev/zero of="$TMP/zeros" bs=4096 seek=$((at / 4096)) count=1 conv=notrunc status=none
	DB=$TMP/zeros
	run report "${UNTIL[@]}"
	if [ "$STATUS" -ge 64 ]; then
		hit=$((hit + 1))
		never_go >/dev/null || wrong=$((wrong + 1))
	elif [ "$STATUS" -ne 0 ]; then
		: # what it does not find it counts as missing
	elif ! same "$TMP/one.txt" "$OUT" >/dev/null; then
		wrong=$((wrong + 1))
		echo "#   page $((at / 4096)): another go"
	fi
done
ok "zeros in the middle of a database are noticed" test "$hit" -gt 0
ok "and never end in another go" test "$wrong" -eq 0
DB=$TMP/go.d/db

# ------------------------------------------------------------------ where it goes

wb report "${UNTIL[@]}" >/dev/full 2>"$ERR"
STATUS=$?
ok "a full disk: 74 and one line" complains 74
run report "${UNTIL[@]}" --output "$TMP/report.txt"
ok "--output: the decision's status" status_is 0
ok "--output: all of it" same "$TMP/one.txt" "$TMP/report.txt"
ok "--output: mode 0600" test "$(stat -c %a -- "$TMP/report.txt")" = 600
ok "--output: nothing on stdout" test ! -s "$OUT"
chmod 644 -- "$TMP/report.txt"
run report "${UNTIL[@]}" --output "$TMP/report.txt" --format json
ok "--output over a file: 0600 again, and nothing left beside it" \
	test "$(stat -c %a -- "$TMP/report.txt")-$(find "$TMP" -maxdepth 1 -name '.report*' | wc -l)" = 600-0
echo precious >"$TMP/precious"
ln -s precious "$TMP/link"
run report "${UNTIL[@]}" --output "$TMP/link"
ok "--output never follows a link: 73" complains 73
ok "what it led to is as it was" test "$(cat "$TMP/precious")" = precious
run report "${UNTIL[@]}" --output /dev/full
ok "--output into a device: 73" complains 73
run report "${UNTIL[@]}" --output "$TMP/no/such/file"
ok "--output where nothing can be made: 73" complains 73

# ------------------------------------------------------------------ numbers

# compare SENTENCE ARGS...: report.py with these filters.
compare()
{
	local said=$TMP/compared sentence=$1 p f
	shift
	python3 "$TESTS/report.py" "$WOULDBLOCK" "$DB" "$CONF" "$@" >"$said" 2>&1
	read -r p f < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$said" | tail -n 1)
	tally "${p:-0}" "${f:-1}"
	if [ "${p:-0}" -gt 0 ] && [ "${f:-1}" -eq 0 ]; then
		echo "ok - $sentence ($p checks)"
	else
		echo "not ok - $sentence"
		grep -v '^ok' "$said" | sed 's/^/#   /'
	fi
}

fresh corpus
corpus mail.log "$TMP/mail.log"
run ingest "$TMP/mail.log"
compare "the corpus: the report agrees with the lists"
compare "the corpus: since a day" --since 2026-10-12
compare "the corpus: until a moment" --until 2026-10-09T06:00:00Z
compare "the corpus: a stretch" --since 2026-10-07 --until 2026-10-20T12:00:00Z
compare "the corpus: an own domain" --domain firma.example
fresh demo
if [ -f "$ROOT/samples/demo/mail.log.gz" ]; then
	run ingest "$ROOT/samples/demo/mail.log.gz"
else
	"$ROOT/samples/demo/make-log" >"$TMP/demo.log"
	run ingest "$TMP/demo.log"
fi
compare "the demonstration: the report agrees with the lists"
compare "the demonstration: since a day" --since 2026-10-20
compare "the demonstration: until a moment" --until 2026-11-01T12:00:00Z
compare "the demonstration: an own domain, a stretch" --domain firma.example --since 2026-10-20 --until 2026-11-10
DB=$TMP/loss.d/db
compare "a log with a verdict" --until 2026-02-10
for db in demo corpus loss two hole seam; do
	DB=$TMP/$db.d/db
	run report
	ok "$db: no line is longer than 80" test "$(wc -L <"$OUT")" -le 80
	ok "$db: no line ends with a blank" test -z "$(grep -n ' $' "$OUT")"
done
DB=$TMP/demo.d/db
run report
ok "the decision is on the first page" test "$(grep -n '^would be lost' "$OUT" | cut -d: -f1)" -le 40
ok "a list that is cut says how many more, and where" says '^  [0-9]+ more: .wouldblock list sources'
run report --top 3
ok "--top is heeded" test "$(sed -n '/^Who sent it/,/^Own/p' "$OUT" | grep -c '^  [a-z0-9].* \(org\|inside\|net\|shared\) ')" -eq 3

# ------------------------------------------------------------------ hostile text

LONG=$(printf 'x%.0s' {1..70}).$(printf 'y%.0s' {1..60})
ESCAPES=$'\033[31m\u202e\xff\u0301\u0301'
{
	cat -- "$TMP/quiet.log"
	session 2026-02-10T10:00:00.000000+00:00 4712 "mail.$LONG.example[203.0.113.99]" "$ESCAPES\$(id)@$LONG.firma.example" \
		"warn: RCPT from mail.$LONG.example[203.0.113.99]: *** Invalid Inbound Sender ***"
	session 2026-02-10T10:00:01.000000+00:00 4713 "mail.$LONG.example[203.0.113.99]" "\"a b\"@$ESCAPES.example" \
		"warn: RCPT from mail.$LONG.example[203.0.113.99]: something$ESCAPES else $LONG$LONG"
	delivered 2026-02-10T11:00:00.000000+00:00 5002 "$ESCAPES@$LONG.firma.example"
	session 2026-02-10T12:00:00.000000+00:00 4714 'mail.xn--mller-kva.example[203.0.113.98]' chefin@firma.example \
		'warn: RCPT from mail.xn--mller-kva.example[203.0.113.98]: *** Invalid Inbound Sender ***'
} >"$TMP/hostile.log"
fresh hostile
run ingest "$TMP/hostile.log"
wb mark "sender:a@$LONG.firma.example" exempt --note "$LONG $LONG" --owner "$LONG" >/dev/null 2>&1
wb mark news.example exempt --note "$LONG $LONG" --owner "$LONG" >/dev/null 2>&1
run report --until 2026-02-11
ok "hostile text: no line is longer than 80" test "$(wc -L <"$OUT")" -le 80
ok "hostile text: nothing a terminal obeys" test -z "$(LC_ALL=C tr -d '\n\40-\176\200-\377' <"$OUT" | head -c 1)"
ok "hostile text: no line ends with a blank" test -z "$(grep -n ' $' "$OUT")"
ok "hostile text: the text is whole" says '^RESULT: '
ok "a punycode name is shown both ways" says 'müller\.example'
run report --until 2026-02-11 --format json
ok "hostile text: JSON all the same" python3 -m json.tool "$OUT"
ok "warnings of no rule are there" says '"other_warnings"'

finish
