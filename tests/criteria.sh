#!/usr/bin/env bash
#
# The ten criteria of the decision, each proven by a log that fails only it, and a log that passes
# them all. What the cases are stands in tests/criteria/README.md. Then, with what may go: no trouble
# of any kind ends in 0.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

MAKE_LOG=$TESTS/criteria/make-log
ETC=$TMP/etc
MAP=hash:$ETC/check_custom_sender_access
FILES=(--sender-access "$MAP" --main-cf "$ETC/main.cf")
END=2025-10-04 # the day behind the log's end

# ------------------------------------------------------------------ what the admin has done

# What plan would have written: two sources are exempt by their verified names.
mkdir -- "$ETC"
cat >"$ETC/check_custom_sender_access" <<-END
	company.my wouldblock_own_domain
	.company.my wouldblock_own_domain
	filiale.example wouldblock_own_domain
	.filiale.example wouldblock_own_domain
END
cat >"$ETC/wouldblock_own_domain_networks.cidr" <<-END
	0.0.0.0/0 wouldblock_own_domain_names
	::/0 wouldblock_own_domain_names
END
cat >"$ETC/wouldblock_own_domain_names.pcre" <<-'END'
	/(^|\.)news\.example$/ DUNNO
	/(^|\.)quarterly\.example$/ DUNNO
	/^/ WARN *** Invalid Inbound Sender ***
END
cat >"$ETC/main.cf" <<-END
	mynetworks = 127.0.0.0/8, [::1]/128
	smtpd_restriction_classes = wouldblock_own_domain, wouldblock_own_domain_names
	wouldblock_own_domain = check_client_access cidr:$ETC/wouldblock_own_domain_networks.cidr
	wouldblock_own_domain_names = check_client_access pcre:$ETC/wouldblock_own_domain_names.pcre
	smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_sender_access $MAP
END

# verdict WORD SUBJECT...
verdict()
{
	local word=$1
	shift
	printf '%s\n' "$@" | wb mark - "$word" >"$OUT" 2>"$ERR" || {
		cat -- "$ERR"
		exit 1
	}
}

# Verdicts are said when somebody says them, which is now; the stories want the fourth day of the log.
said_on_the_fourth_day()
{
	sqlite3 "$DB" "UPDATE human_verdict SET at = (SELECT min(first_stamp) FROM generation) + 3 * 86400000000"
}

# case_of CASE [FIRST-DAY]: its database, and the verdicts that all cases have in common.
case_of()
{
	fresh "$1"
	LOGS=$TMP/$1.d/log
	mkdir -- "$LOGS"
	"$MAKE_LOG" "$1" "$LOGS" "${@:2}" || exit 1
	[ "$1" != intact-year ] || touch -d 2026-06-01 -- "$LOGS/mail.log"
	run ingest "$LOGS"/*.log*
	ok "$1: is read" status_is 0
	verdict block 198.18.{1,2,3}.0/24
	verdict exempt news.example quarterly.example
	verdict move anna@company.my
	case $1 in
	coverage) verdict block 198.18.11{0,1,2,3,4,5,6,7}.0/24 ;;
	in-force | still-warned-greylisted) verdict exempt partner.example ;;
	in-force-pool) verdict exempt 203.0.113.101 ;;
	esac
	said_on_the_fourth_day
}

# ------------------------------------------------------------------ what is asked

# report ARGS...: the report as JSON, as of the day behind the log's end.
report()
{
	run report --format json --until "$END" "$@"
}

# decides DECISION ROW...: the last report says so, by its exit code too, and of the ten rows just these fail.
decides()
{
	local codes='go no-go not-enough-evidence' code=0 word
	for word in $codes; do
		[ "$word" = "$1" ] && break
		code=$((code + 1))
	done
	status_is "$code" && python3 - "$OUT" "$@" <<-'END'
		import json, sys
		report = json.load(open(sys.argv[1]))
		decision, rows = sys.argv[2], sorted(sys.argv[3:])
		criteria = report['criteria']
		names = ('window continuity current intact alive unchanged coverage undecided in_force still_warned').split()
		if [c['name'] for c in criteria] != names:
		    sys.exit('not the ten rows: %s' % [c['name'] for c in criteria])
		failed = sorted(c['name'] for c in criteria if not c['pass'])
		if failed != rows:
		    sys.exit('these rows fail: %s, should be: %s\n%s' % (failed, rows, json.dumps(criteria, indent=1)))
		if report['decision'] != decision:
		    sys.exit('the decision is %s' % report['decision'])
		for c in criteria:
		    if (c['advice'] is None) != c['pass']:
		        sys.exit('advice where none is needed, or none where it is: %s' % c)
	END
}

# figure_is ROW NUMBER: the figure of that row, to a tenth, never rounded up.
figure_is()
{
	python3 -c '
import json, math, sys
figure = next(c["figure"] for c in json.load(open(sys.argv[1]))["criteria"] if c["name"] == sys.argv[2])
sys.exit(0 if math.floor(figure * 10) / 10 == float(sys.argv[3]) else str(figure))' "$OUT" "$@"
}

# asked MAP: a main.cf in $TMP/alone that asks this map.
asked()
{
	sed "s|check_sender_access $MAP|check_sender_access hash:$1|" "$ETC/main.cf" >"$TMP/alone/main.cf"
}

# ------------------------------------------------------------------ all rows pass

case_of all-pass
GOOD=$DB
report "${FILES[@]}"
ok "a log that passes them all, a quarterly source proven by the files: go" decides go
while read -r row figure; do
	ok "... $row $figure" figure_is "$row" "$figure"
done <<-END
	window 33
	continuity 100
	alive 1
	coverage 99.2
	undecided 0
	in_force 0
	still_warned 0
END
report "${FILES[@]}" --domain company.my
ok "its only own domain: go" decides go
report
ok "the same without the files: the quarterly source is not proven" decides no-go in_force
mkdir -- "$TMP/alone"
cp -- "${MAP#hash:}" "$TMP/alone"
report --sender-access "hash:$TMP/alone/${MAP##*/}"
ok "the same without the classes that the map names: nothing is known of it" decides no-go in_force

touch -d '1 hour ago' "${MAP#hash:}.db"
report "${FILES[@]}"
ok "a map that is newer than what postmap made of it is not in force" decides no-go in_force
touch "${MAP#hash:}.db"
report "${FILES[@]}"
ok "... and is once postmap has run" decides go
rm -- "${MAP#hash:}.db"
sed s/company/compny/ "${MAP#hash:}" >"$TMP/alone/typo"
asked "$TMP/alone/typo"
report --sender-access "hash:$TMP/alone/typo" --main-cf "$TMP/alone/main.cf"
ok "the same with a map that has no row for the domain: it not_known nothing" decides no-go in_force
: >"$TMP/alone/empty"
asked "$TMP/alone/empty"
report --sender-access "hash:$TMP/alone/empty" --main-cf "$TMP/alone/main.cf"
ok "the same with an empty map: it not_known nothing" decides no-go in_force

# not_known WHY: the files prove no exception, and that is said of the quarterly source.
not_known()
{
	decides no-go in_force && python3 -c '
import json, sys
why = next(e["why"] for e in json.load(open(sys.argv[1]))["exceptions"] if e["subject"] == "quarterly.example")
sys.exit(0 if "not known: " + sys.argv[2] in why else why)' "$OUT" "$1"
}
sed "s|check_sender_access $MAP|check_recipient_access $MAP|" "$ETC/main.cf" >"$TMP/alone/main.cf"
report --sender-access "$MAP" --main-cf "$TMP/alone/main.cf"
ok "a main.cf that does not ask the map: what the map says is not in force" not_known 'main.cf does not ask the map'
sed -i 's|^smtpd_recipient_restrictions.*|smtpd_recipient_restrictions = first|' "$TMP/alone/main.cf"
printf '%s\n' "first = second" "second = check_sender_access $MAP" >>"$TMP/alone/main.cf"
sed -i 's|^smtpd_restriction_classes = |&first, second, |' "$TMP/alone/main.cf"
report --sender-access "$MAP" --main-cf "$TMP/alone/main.cf"
ok "... and one that asks it in a class of a class: go" decides go
sed "s|check_sender_access hash:|check_sender_access proxy:btree:|" "$ETC/main.cf" >"$TMP/alone/main.cf"
touch -d '1 hour ago' "${MAP#hash:}.db"
report --sender-access "lmdb:${MAP#hash:}" --main-cf "$TMP/alone/main.cf"
ok "a map that main.cf names with another type is judged as that type" not_known 'a map is newer'
rm -- "${MAP#hash:}.db"

case_of seen
report
ok "seen sending without a warning since the verdict is proof as well" decides go
sqlite3 "$DB" "UPDATE human_verdict SET at = at + 60 * 86400000000"
report
ok "... but not if all of it was before the verdict" decides no-go in_force

# ------------------------------------------------------------------ each row fails alone

# alone CASE DECISION ROW: with the files given.
alone()
{
	case_of "$1"
	report "${FILES[@]}"
	ok "$1: only $3 fails" decides "$2" "$3"
}

END=2025-09-21 alone window not-enough-evidence window
ok "... 20 days" figure_is window 20
alone window-late-host not-enough-evidence window
ok "... 5 days" figure_is window 5
alone continuity not-enough-evidence continuity
ok "... 98.2 %" figure_is continuity 98.2
END=2025-10-06 alone current not-enough-evidence current
alone current-host not-enough-evidence current
printf '[hosts]\nretired = mx2\n' >"$CONF"
report "${FILES[@]}"
ok "... unless the host is retired" decides go
: >"$CONF"

# followed CAUGHT-UP: as if a follow ran, and had last read all of its log then; until FOLLOW is killed.
followed()
{
	printf '%d\nfollow %020d %020d\n%s\n' $$ 1 "$1" /var/log/mail.log >"$DB.ingest.lock"
	flock --no-fork "$DB.ingest.lock" sleep 60 &
	FOLLOW=$!
	while flock --nonblock --shared "$DB.ingest.lock" true; do sleep 0.05; done
}

now_us()
{
	date +%s%6N
}

case_of current-host "$(date -d '-33 days' +%F)"
followed "$(now_us)"
run report --format json "${FILES[@]}"
ok "current-host: a follow that is up to date says nothing of the other host's log" decides not-enough-evidence current
printf '[hosts]\nretired = mx2\n' >"$CONF"
run report --format json "${FILES[@]}"
ok "... unless the host is retired" decides go
kill "$FOLLOW"
wait "$FOLLOW" 2>/dev/null
run report --format json "${FILES[@]}"
ok "a follow that is not there any more is not current" decides not-enough-evidence current
followed "$(($(now_us) - 301000000))"
run report --format json "${FILES[@]}"
ok "... nor is one that is behind by more than five minutes" decides not-enough-evidence current
kill "$FOLLOW"
wait "$FOLLOW" 2>/dev/null
: >"$CONF"
alone intact not-enough-evidence intact
alone intact-overlap not-enough-evidence intact
alone intact-year not-enough-evidence intact
alone intact-ambiguous not-enough-evidence intact
alone intact-zeros not-enough-evidence intact
alone intact-filter not-enough-evidence intact
alone alive not-enough-evidence alive
ok "... 1 of 2 hosts" figure_is alive 1
case_of current-host
END=2025-09-30 report "${FILES[@]}" --since 2025-09-28T16:00:00Z
ok "a warning in the window, on its first day, is a sign of life" figure_is alive 2
END=2025-09-30 report "${FILES[@]}" --since 2025-09-28T17:00:00Z
ok "... one of that day that lies before the window is none" figure_is alive 1
alone unchanged not-enough-evidence unchanged
END=2025-10-16 alone unchanged-reject not-enough-evidence unchanged
case_of rolled-back
END=2025-10-11 report "${FILES[@]}"
ok "rolled-back: only unchanged fails, and whom the rule hit is no-go" decides no-go unchanged
END=2025-10-11 report "${FILES[@]}" --since 2025-09-05
ok "... from the day behind it on: go" decides go
ok "... and its days are days in warn" figure_is window 36
alone coverage not-enough-evidence coverage
ok "... 94 %" figure_is coverage 94
alone undecided no-go undecided
ok "... one source" figure_is undecided 1
alone in-force no-go in_force
case_of rule-off
report
ok "rule-off: while the rule is off, nobody not_known an exception by not being warned" \
	decides no-go in_force unchanged window
report "${FILES[@]}"
ok "... nor is it watched, whatever the files say" decides not-enough-evidence unchanged window
ok "... 26 days" figure_is window 26
case_of rule-paused
END=2025-10-11 report "${FILES[@]}"
ok "rule-paused: the days without the rule are not watched" decides not-enough-evidence unchanged window
ok "... 28 days" figure_is window 28
alone still-warned no-go still_warned
END=2025-10-12 alone current-gap not-enough-evidence current
alone unchanged-brief not-enough-evidence unchanged
printf '[hosts]\ncanary_client = 192.0.2.200\n' >"$CONF"
alone alive-canary not-enough-evidence alive
: >"$CONF"

# Whose only mail lies before the window is refused as well.
case_of in-force-before
END=2025-10-31 report "${FILES[@]}" --since 2025-09-20
ok "in-force-before: an exception of whom the window does not know, in the files: go" decides go
sed -i 's/^.*quarterly.*$/# &/' "$ETC/wouldblock_own_domain_names.pcre"
END=2025-10-31 report "${FILES[@]}" --since 2025-09-20
ok "... and not in the files: not proven" decides no-go in_force
sed -i 's/^# //' "$ETC/wouldblock_own_domain_names.pcre"

sed -i 1i203.0.113.101/32\ DUNNO "$ETC/wouldblock_own_domain_networks.cidr"
alone in-force-pool no-go in_force
sed -i 1i203.0.113.102/32\ DUNNO "$ETC/wouldblock_own_domain_networks.cidr"
report "${FILES[@]}"
ok "... until the files let all its addresses through" decides go
sed -i /203.0.113/d "$ETC/wouldblock_own_domain_networks.cidr"
sed -i 1i/partner/\ DUNNO "$ETC/wouldblock_own_domain_names.pcre"
alone still-warned-greylisted no-go still_warned
sed -i /partner/d "$ETC/wouldblock_own_domain_names.pcre"

# ------------------------------------------------------------------ at the thresholds

DB=$GOOD
report "${FILES[@]}" --until 2025-10-04T23:59:56Z
ok "24 hours behind is current" decides go
report "${FILES[@]}" --until 2025-10-04T23:59:57Z
ok "a second more is not" decides not-enough-evidence current
report "${FILES[@]}" --until 2025-09-30T23:59:00Z
ok "30 days are a window" decides go
report "${FILES[@]}" --until 2025-09-29T23:59:00Z
ok "29 days are none" decides not-enough-evidence window
report "${FILES[@]}" --since 2025-09-05
ok "nor are the 29 days from --since on" decides not-enough-evidence window
printf '[criteria]\ndays = 34\n' >"$CONF"
report "${FILES[@]}"
ok "the settings' days count" decides not-enough-evidence window
printf '[criteria]\nquiet_days = 13\n' >"$CONF"
report "${FILES[@]}"
ok "the settings' quiet days count" decides no-go still_warned
printf '[criteria]\ncoverage = 99.5\n' >"$CONF"
report "${FILES[@]}"
ok "the settings' coverage counts" decides not-enough-evidence coverage
: >"$CONF"

# ------------------------------------------------------------------ an own domain by itself

case_of domains
report "${FILES[@]}"
ok "a second own domain is undecided: the rule is no-go" decides no-go undecided
report "${FILES[@]}" --domain company.my
ok "... the first domain may go" decides go
report "${FILES[@]}" --domain filiale.example
ok "... the second may not" decides no-go undecided
run report --format json --until "$END" "${FILES[@]}" --domain nobody.example
ok "... and of a domain that is none nothing is said" complains 64

# ------------------------------------------------------------------ verdicts that do not count

sqlite3 "$GOOD" ".backup '$TMP/copy'"

# changed SQL: another copy of the good database, changed.
changed()
{
	fresh changed
	cp -- "$TMP/copy" "$DB"
	[ -z "$1" ] || sqlite3 "$DB" "$1"
}

changed ""
report "${FILES[@]}"
ok "a copy of what may go may go" decides go
wb mark news.example clear >"$OUT" 2>"$ERR"
report "${FILES[@]}"
ok "a verdict that was cleared is none" decides no-go undecided
wb mark news.example exempt >"$OUT" 2>"$ERR"
report "${FILES[@]}"
ok "... and counts when it is said again" decides go
changed "UPDATE human_verdict SET expires = strftime('%s', '2025-09-20') / 86400 WHERE subject = 'news.example'"
report "${FILES[@]}"
ok "a verdict that expired is none" decides no-go undecided
sed -i 's/^.*quarterly.*$/# &/' "$ETC/wouldblock_own_domain_names.pcre"
DB=$GOOD
report "${FILES[@]}"
ok "an exception that is not in the files is not proven" decides no-go in_force
sed -i 's/^# //' "$ETC/wouldblock_own_domain_names.pcre"
report "${FILES[@]}"
ok "... and is again, once it is" decides go

# ------------------------------------------------------------------ no trouble ends in 0

# never_goes: any exit code but 0, no signal, and no GO to be read.
never_goes()
{
	if [ "$STATUS" -eq 0 ] || [ "$STATUS" -gt 78 ] || grep -q '^ "decision":"go"\|^RESULT: go' -- "$OUT"; then
		echo "status $STATUS"
		cat -- "$ERR"
		tail -n 3 -- "$OUT"
		return 1
	fi
}

# trouble SENTENCE: the text and the JSON report of $DB.
trouble()
{
	report "${FILES[@]}"
	ok "$1: json" never_goes
	run report --until "$END" "${FILES[@]}"
	ok "$1: text" never_goes
}

fresh trouble
trouble "no database"
: >"$DB"
trouble "an empty file"
echo 'this is no database, however long it may be' >"$DB"
trouble "not a database"
changed ""
truncate -s -4096 -- "$DB"
trouble "a database without its last page"
changed ""
truncate -s $(($(stat -c %s "$DB") / 2)) -- "$DB"
trouble "half a database"
changed "PRAGMA user_version = 9999"
trouble "a newer database"
changed "DELETE FROM human_verdict"
trouble "verdicts that are gone"
changed "DELETE FROM generation"
trouble "a log that was never read"
changed "DELETE FROM dim_rule"
trouble "no rule"
for table in roll_host_day roll_domain_day roll_text_day span; do
	changed "DELETE FROM $table"
	trouble "$table is empty"
done
changed "DROP VIEW verdict"
trouble "the view verdict is gone"
changed "UPDATE fact_mail SET client = 0 WHERE id = (SELECT min(id) FROM fact_mail)"
trouble "a mail of which the client is not known, so that no list has it"
changed "INSERT INTO hole (from_time, to_time, cause) SELECT min(first_stamp), max(last_stamp), 'lost' FROM generation"
trouble "a hole of all the log"
fresh directory
mkdir -- "$DB"
trouble "a directory in its place"

if can_be_nobody && [ "$(id -u)" -eq 0 ]; then
	changed ""
	chmod 755 -- "$TMP" "$TMP/changed.d" "$ETC"
	chmod 600 -- "$DB"
	cp -- "$WOULDBLOCK" "$TMP/program"
	as_nobody "$TMP/program" --db "$DB" --config "$CONF" report --until "$END" "${FILES[@]}" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "a database that may not be read" never_goes
	chmod 700 -- "$TMP"
else
	skip "a database that may not be read" "nobody here whom modes keep out"
fi

DB=$GOOD
wb report --until "$END" "${FILES[@]}" >/dev/full 2>"$ERR"
STATUS=$?
ok "no room for the text" never_goes
wb report --format json --until "$END" "${FILES[@]}" >/dev/full 2>"$ERR"
STATUS=$?
ok "no room for the JSON" never_goes
report "${FILES[@]}" --output "$TMP/nowhere/report"
ok "no such folder for --output" never_goes
report --sender-access "hash:$TMP/nowhere" --main-cf "$ETC/main.cf"
ok "no such map" never_goes
report --sender-access "$MAP" --main-cf "$TMP/nowhere"
ok "no such main.cf" never_goes
report "${FILES[@]}" --rule other
ok "no such rule" never_goes
report "${FILES[@]}" --until 2025-08-01
ok "--until before the log" never_goes
report "${FILES[@]}" --since 2026-01-01 --until 2026-01-02
ok "--since behind the log" never_goes
run report "${FILES[@]}" --format json
ok "as of now the log has ended long ago" never_goes
report "${FILES[@]}" --no-such-option
ok "an option that is none" never_goes

case_of all-pass "$(date -d '-20 days' +%F)"
for until in "$(date -d '+20 days' +%F)" "$(date -d '-1 day' +%F)" "$(date +%F)"; do
	END=$until trouble "the log is ahead of the clock, --until $until"
done
run report "${FILES[@]}" --format json
ok "the log is ahead of the clock" never_goes
END=2025-10-04

# Blocks of zeros or of noise: no go, or the very report of the whole database, since nothing needs that block.
same_or_never()
{
	if [ "$STATUS" -ne 0 ]; then
		never_goes
	else
		same <(grep -v generated_at "$TMP/good") <(grep -v generated_at "$OUT")
	fi
}

# blocks WITH STEP: each STEPth block of a disk, which is half a page of ours, once; says which one it was.
blocks()
{
	local block blocks
	blocks=$(($(stat -c %s "$TMP/copy") / 4096))
	for ((block = 0; block < blocks; block += $2)); do
		changed ""
		head -c 4096 /dev/zero | tr '\0' "$1" | dd of="$DB" bs=4096 seek="$block" conv=notrunc status=none
		report "${FILES[@]}"
		same_or_never || {
			echo "block $block"
			return 1
		}
	done
}
changed ""
report "${FILES[@]}"
cp -- "$OUT" "$TMP/good"
ok "a block of zeros, wherever it is" blocks '\0' 1
ok "a block of noise, wherever it is" blocks '\252' 5

finish
