#!/usr/bin/env bash
#
# The report's formats: as they were looked at once (tests/report/golden), the same twice, harmless to
# a spreadsheet, a Markdown reader and a terminal, without people in them if that is asked for, and
# honest where there is nothing to tell. GOLDEN=1 writes the golden ones anew: look at the difference.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=tests/report/log.sh
. "$TESTS/report/log.sh"

cd -- "$TMP" || exit 1 # so that the files of a report have the same names everywhere
UNTIL=(--until 2026-02-12)

# golden NAME: the last output, but for what is of the machine, is that of tests/report/golden/NAME.
golden()
{
	local file=$TESTS/report/golden/$1
	# whether the folder lies on a disk is the machine's affair, too (faults.md D9)
	sed -e "s|$TMP|TMP|g" -e 's/2[0-9-]*T[0-9:]*Z by wouldblock.*/NOW/' -e '/lies in memory (tmpfs)/d' \
		-e 's/in memory | 1/in memory | 0/' -e 's/in_memory",1/in_memory",0/' -- "$OUT" >"$TMP/now"
	[ -z "${GOLDEN:-}" ] || cp -- "$TMP/now" "$file"
	same "$file" "$TMP/now"
}

for day in $(days 2026-01-01 0 40); do
	spam_day "$day"
done >quiet.log
{
	cat quiet.log
	delivered 2026-02-10T06:00:00.000000+00:00 5001
	delivered 2026-02-10T07:00:00.000000+00:00 5002 chefin@firma.example
	spam_day 2026-02-11
} >loss.log
fresh loss
run ingest loss.log
wb mark news.example exempt --note 'the newsletter' --owner Marketing >/dev/null 2>&1
sqlite3 "$DB" "UPDATE human_verdict SET at = 1770000000000000"
run report "${UNTIL[@]}"
ok "text is as it was looked at" golden loss.txt
ok "text: no line is longer than 80" test "$(wc -L <"$OUT")" -le 80
run report "${UNTIL[@]}" --format md
ok "Markdown is as it was looked at" golden loss.md
ok "Markdown ends with its result" test "$(tail -n 1 "$OUT")" = 'RESULT: no-go'
for table in sources exceptions rates inputs; do
	run report "${UNTIL[@]}" --format csv --table "$table"
	ok "CSV $table is as it was looked at" golden "loss-$table.csv"
done
printf 'firma.example WARN x\n' >map
wb plan --sender-access "hash:$TMP/map" 2>&1 | awk '/^  undecided|^  exempt/ { print $1, $(NF - 2), $(NF - 1), $NF }' >planned
run report "${UNTIL[@]}" --format csv --table rates
sed -n 's/^"own-domain","\(undecided\|exempt\)","[a-z]*","\([0-9]*\)","\([0-9]*\)","\([0-9]*\)".*/\1 \2 \3 \4/p' "$OUT" >rates
ok "the forecast is that of the plan" same planned rates
ok "and there is one" test "$(wc -l <rates)" -eq 2
run report "${UNTIL[@]}" --format json
ok "the schema fits" python3 "$TESTS/report/schema.py" "$ROOT/samples/report.schema.json" "$OUT"
for format in text html md json csv; do
	run report "${UNTIL[@]}" --format "$format"
	cp -- "$OUT" first
	run report "${UNTIL[@]}" --format "$format"
	sed -i -e '/"generated_at"/d' -e '/id="r1-made"/d' first "$OUT"
	ok "$format: the same database gives the same bytes" same first "$OUT"
	ok "$format: the decision is the status" status_is 1
	run report "${UNTIL[@]}" --format "$format" --output "made.$format"
	ok "$format: into a file, mode 0600" test "$(stat -c %a "made.$format")" = 600
done
run report --format html --output made.html
ok "a hash of each log stands in the page" grep -q "$(head -c 1024 loss.log | sha256sum | cut -d' ' -f1)" made.html
run report --format csv --table nosuch
ok "a table that is none: 64, and which there are" complains 64
ok "they are named" says 'sources.*inputs'
run report --table sources
ok "--table without csv: 64" complains 64
run report --csv-raw
ok "--csv-raw without csv: 64" complains 64

# ------------------------------------------------------------------ hostile

# shellcheck disable=SC2016 # text, not to be expanded
BAD='=1+1|`x`**b**[a](http://web.example)<script>'
{
	cat quiet.log
	delivered 2026-02-10T06:00:00.000000+00:00 5001
	session 2026-02-10T10:00:01.000000+00:00 4713 'mail.two.example[203.0.113.98]' chefin@firma.example \
		"warn: RCPT from mail.two.example[203.0.113.98]: =cmd|' /C calc'!A0 $BAD" \
		"warn: RCPT from mail.two.example[203.0.113.98]: @SUM(1) $BAD"
	spam_day 2026-02-11
} >hostile.log
fresh hostile
run ingest hostile.log
wb mark news.example exempt --note "$BAD" --owner "+$BAD" >/dev/null
run report "${UNTIL[@]}" --format csv --table other_warnings
ok "CSV: a formula of a log is none" test "$(python3 -c '
import csv, sys
print(sum(c[:1] in "=+-@\t\r" for row in csv.reader(open(sys.argv[1], newline=""), strict=True) for c in row if c))' "$OUT")" = 0
run report "${UNTIL[@]}" --format csv --table other_warnings --csv-raw
ok "CSV: raw is raw" says '"=cmd'
run report "${UNTIL[@]}" --format md
ok "Markdown: rows have as many cells as their heads" python3 - "$OUT" <<-'END'
	import re, sys
	cells = None
	for line in open(sys.argv[1]):
	    n = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else None
	    assert cells is None or n is None or n == cells, line
	    cells = n
END
ok "Markdown: no markup of a log outside of code" python3 - "$OUT" <<-'END'
	import re, sys
	for line in open(sys.argv[1]).read().splitlines()[3:]:
	    rest = re.sub(r"`[^`]*`", "", re.sub(r"\\\\`", "", line))
	    assert not re.search(r"<script|(?<!\\)\[|(?<!\\)\*\*", rest), line
END
ok "Markdown: what the log said is there" says '`=cmd\\x7c'

# ------------------------------------------------------------------ anonymized

# login_mail TIME PID SENDER LOGIN: accepted on 587.
login_mail()
{
	cat <<-END
		$1 gw01 postfix/submission/smtpd[$2]: connect from dsl-203-0-113-44.isp.example[203.0.113.44]
		$1 gw01 postfix/submission/smtpd[$2]: 5F0000$2: client=dsl-203-0-113-44.isp.example[203.0.113.44], sasl_method=PLAIN, sasl_username=$4
		$1 gw01 postfix/cleanup[77]: 5F0000$2: message-id=<$2@firma.example>
		$1 gw01 postfix/qmgr[78]: 5F0000$2: from=<$3>, size=1200, nrcpt=1 (queue active)
		$1 gw01 postfix/submission/smtpd[$2]: disconnect from dsl-203-0-113-44.isp.example[203.0.113.44] ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6
		$1 gw01 postfix/qmgr[78]: 5F0000$2: removed
	END
}

# accepted TIME PID CLIENT SENDER: without a warning.
accepted()
{
	cat <<-END
		$1 gw01 postfix/smtpd[$2]: connect from $3
		$1 gw01 postfix/smtpd[$2]: 6F0000$2: client=$3
		$1 gw01 postfix/cleanup[77]: 6F0000$2: message-id=<$2@x.example>
		$1 gw01 postfix/qmgr[78]: 6F0000$2: from=<$4>, size=1200, nrcpt=1 (queue active)
		$1 gw01 postfix/smtpd[$2]: disconnect from $3 ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		$1 gw01 postfix/qmgr[78]: 6F0000$2: removed
	END
}

DSL='dsl-203-0-113-44.isp.example[203.0.113.44]'
{
	cat quiet.log
	delivered 2026-02-10T06:00:00.000000+00:00 5001 annegret.geheim@firma.example
	delivered 2026-02-10T07:00:00.000000+00:00 5002 ein.sehr.langer.lokaler.teil.von.friederike.verborgen@firma.example
	session 2026-02-10T08:00:00.000000+00:00 4701 "$DSL" ottokar.geheim@firma.example \
		"warn: RCPT from $DSL: *** Invalid Inbound Sender ***" \
		"warn: RCPT from $DSL: ask hiltrud.geheim@privat-verborgen.example at 203.0.113.44 or dsl-203-0-113-44, now"
	session 2026-02-10T08:00:10.000000+00:00 4702 'drucker.firma.example[10.1.2.77]' "\"kuni gunde geheim\"@firma.example" \
		'warn: RCPT from drucker.firma.example[10.1.2.77]: *** Invalid Inbound Sender ***'
	accepted 2026-02-10T09:00:00.000000+00:00 5003 "$DSL" roswitha.geheim@firma.example
	accepted 2026-02-10T09:01:00.000000+00:00 5004 'drucker.firma.example[10.1.2.77]' privat.geheim@privat-verborgen.example
	login_mail 2026-02-10T09:02:00.000000+00:00 5005 annegret.geheim@firma.example annegret-login-geheim
	delivered 2026-02-10T10:00:00.000000+00:00 5006 ludmilla.geheim@firma.example
	delivered 2026-02-10T10:10:00.000000+00:00 5007 mechthild.geheim@firma.example
	refused 2026-02-11T08:00:00.000000+00:00 6001 'mail.spam.example[198.51.100.7]'
	refused 2026-02-11T08:30:00.000000+00:00 6003 'mail.neu.example[192.0.2.222]' |
		sed 's/chefin@/waltraud.geheim@/g; s/rechnung@firma.example/kunde.geheim@privat-verborgen.example/'
	spam_day 2026-02-11
} >people.log
fresh people
run ingest people.log
wb mark sender:annegret.geheim@firma.example move --owner 'Annegret Geheim' --note 'Tel. 555 Geheim' >/dev/null
wb mark sender:ludmilla.geheim@firma.example exempt --owner chef.geheim@firma.example --note geheim >/dev/null
wb mark ip:203.0.113.7 exempt --owner 'Ottokar Geheim' >/dev/null
wb mark sender:ein.sehr.langer.lokaler.teil.von.friederike.verborgen@firma.example exempt >/dev/null
wb mark sender:mechthild.geheim@firma.example exempt --owner Geheim --note geheim >/dev/null
sqlite3 "$DB" "UPDATE human_verdict SET expires = 20000 WHERE subject LIKE 'mechthild%'"
printf '%s\n' geheim verborgen ottokar friederike kuni gunde 'Tel. 555' ein.sehr.langer 203.0.113.44 203-0-113-44 10.1.2.77 drucker 192.0.2.222 >secrets
mkdir etc
printf 'firma.example own_domain\n' >etc/map
cat >etc/main.cf <<-END
	smtpd_restriction_classes = own_domain
	own_domain = check_client_access cidr:$TMP/etc/networks.cidr
	smtpd_recipient_restrictions = permit_mynetworks, check_sender_access hash:$TMP/etc/map, reject_unauth_destination
	mynetworks = 127.0.0.0/8
END
printf '0.0.0.0/0 WARN *** Invalid Inbound Sender ***\n::/0 WARN *** Invalid Inbound Sender ***\n' >etc/networks.cidr

# leaks SENTENCE WORD...: leaks.py finds none.
leaks()
{
	local p f sentence=$1
	shift
	python3 "$TESTS/report/leaks.py" "$WOULDBLOCK" "$DB" "$CONF" "$TMP/secrets" "$@" >"$TMP/leaked" 2>&1
	read -r p f < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$TMP/leaked" | tail -n 1)
	tally "${p:-0}" "${f:-1}"
	echo "$sentence: ${p:-0} checks"
	grep -v '^ok' "$TMP/leaked" | grep -v ' passed, '
}

leaks "nothing of people" --until 2026-02-12
leaks "nothing of people, judged by files" --until 2026-02-12 --sender-access "hash:$TMP/etc/map" --main-cf "$TMP/etc/main.cf"
leaks "nothing of people, before the switch" --until 2026-02-11
run report "${UNTIL[@]}" --anonymize --format json
cp -- "$OUT" once
run report "${UNTIL[@]}" --anonymize --format json
sed -i '/"generated_at"/d' once "$OUT"
ok "pseudonyms are the same the next time" same once "$OUT"
ok "the schema fits, too" python3 "$TESTS/report/schema.py" "$ROOT/samples/report.schema.json" <(run report --anonymize --format json; cat "$OUT")
run report "${UNTIL[@]}" --anonymize --format json
python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(r["totals"], r["decision"])' "$OUT" >hidden
run report "${UNTIL[@]}" --format json
python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(r["totals"], r["decision"])' "$OUT" >open
ok "the figures are the same" same open hidden

# ------------------------------------------------------------------ nothing to tell

# missing SENTENCE STATUS ERE ARGS...: each format says so, and no figure.
missing()
{
	local sentence=$1 status=$2 ere=$3 format
	shift 3
	for format in text html md json csv; do
		run report "$@" --format "$format"
		ok "$sentence: $format ends with $status" status_is "$status"
		ok "$sentence: $format says what is missing" says "$ere"
		ok "$sentence: $format shows no figure" test -z "$(grep -E 'would be lost: 0|<b>0</b>|"mails":0|"mails","0"' "$OUT")"
	done
	run report "$@" --format csv --table totals
	ok "$sentence: no totals of 0" test "$(wc -l <"$OUT")" -eq 1
	run report "$@" --format json
	ok "$sentence: the schema fits" python3 "$TESTS/report/schema.py" "$ROOT/samples/report.schema.json" "$OUT"
}

: >empty.log
fresh empty
run ingest empty.log
missing "nothing was read" 2 'nothing was read yet'
DB=$TMP/loss.d/db
missing "a rule that is not there" 2 'no rule .*nosuch' --rule nosuch
missing "a window without a log" 2 'No log lies in that window' --since 2027-01-01
DB=$TMP/foreign
sqlite3 "$DB" 'CREATE TABLE mail (id); INSERT INTO mail VALUES (1)'
for format in text html md json csv; do
	run report --format "$format"
	ok "somebody else's database: $format: 78 and one line" complains 78
	ok "somebody else's database: $format: nothing on stdout" test ! -s "$OUT"
done
fresh other
for i in $(seq 100); do
	echo "2026-02-01T00:00:$((i % 60 + 100 - 100 < 10 ? 0 : 1))0.000000+00:00 gw01 systemd[1]: Started unit $i."
done >other.log
run ingest other.log
run report
ok "a log of another program: no go" status_is 2
ok "a log of another program: it is said" says 'No host in the window took mail from outside'
run report --format html
ok "a log of another program: in the page, too" says 'class="note">No host'

# The rest of a file that was being read when somebody pulled the plug.
fresh half
run ingest quiet.log
sqlite3 "$DB" "UPDATE generation SET state = 0, off = 1000"
head -c 70000 /dev/zero | tr '\0' 'x' >>quiet.log
run report
ok "half read: it is said" says 'Half read: .* bytes of .*quiet.log'
run report --format json
ok "half read: in JSON, too" says '^ +"Half read'
run report --format csv
ok "half read: beside the CSV, too" grep -q '^wouldblock: report: Half read' "$ERR"

finish
