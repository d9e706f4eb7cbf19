#!/usr/bin/env bash
#
# What the admin decides: `mark` and what every list then says, the five levels of precedence,
# history, expiry, complaints, and writing beside others who read and write.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

LOG=$TMP/mail.log

# warned SECOND CLIENT SENDER: a mail that is warned and accepted, and stays queued.
warned()
{
	local id
	id=$(printf '4B%08X' "$1")
	sed "s/^/2026-10-06T06:$(printf '%02d:%02d' $(($1 / 60)) $(($1 % 60))).000000+00:00 gw01 postfix\//" <<-END
		smtpd[$1]: connect from $2
		smtpd[$1]: NOQUEUE: warn: RCPT from $2: *** Invalid Inbound Sender ***; from=<$3> to=<anna@firma.example> proto=ESMTP helo=<x.example>
		smtpd[$1]: $id: client=$2
		cleanup[9]: $id: message-id=<$1@x.example>
		qmgr[8]: $id: from=<$3>, size=700, nrcpt=1 (queue active)
		smtpd[$1]: disconnect from $2 ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
	END
}
{
	warned 1 'a.news.example[203.0.113.7]' boss@firma.example
	warned 2 'b.news.example[198.51.100.9]' clerk@firma.example
	warned 3 'unknown[203.0.113.77]' Boss@Firma.Example
	warned 4 'unknown[10.20.30.77]' printer@filiale.firma.example
	warned 5 'mail.xn--mller-kva.example[192.0.2.5]' clerk@firma.example
} >"$LOG"
fresh verdicts
wb ingest "$LOG" >"$OUT" 2>"$ERR"
STATUS=$?
ok "five warned mails are read" status_is 0

# verdicts: of the five mails, in their order; - is none.
verdicts()
{
	wb list mails --format jsonl | python3 -c '
import json, sys
print(*[json.loads(line)["verdict"] or "-" for line in sys.stdin])'
}

are()
{
	local got
	got=$(verdicts)
	[ "$got" = "$1" ] && return
	echo "verdicts are '$got', should be '$1'"
	return 1
}

# field LIST WHERE NAME: of the rows of a list whose first text field of that name is WHERE.
field()
{
	wb list "$1" --format jsonl | python3 -c '
import json, sys
for row in map(json.loads, sys.stdin):
    if sys.argv[1] in (row.get("source"), row.get("subject")):
        print(json.dumps(row[sys.argv[2]]))' "$2" "$3"
}

is()
{
	[ "$1" = "$2" ] && return
	echo "is '$1', should be '$2'"
	return 1
}

rows()
{
	sqlite3 -readonly "$DB" 'SELECT count(*) FROM human_verdict'
}

# ------------------------------------------------------------------ precedence

ok "at first nothing is decided" are '- - - - -'
run list verdicts
ok "list verdicts without one says how to begin" says '^no verdict yet: .wouldblock review.$'

n=0
while read -r subject verdict expected; do
	n=$((n + 1))
	run mark "$subject" "$verdict"
	ok "mark $subject $verdict" status_is 0
	ok "then the mails are $expected" are "$expected"
	ok "and there are $n rows" is "$(rows)" "$n"
done <<-END
	@firma.example block block block block block block
	@filiale.firma.example move block block block move block
	news.example exempt exempt exempt block move block
	203.0.0.0/16 move move exempt move move block
	203.0.113.0/24 block block exempt block move block
	203.0.113.7 exempt exempt exempt block move block
	boss@firma.example move move exempt move move block
	10.20.30.77 exempt move exempt move exempt block
END
run list verdicts --format jsonl
ok "list verdicts has them all" is "$(wc -l <"$OUT")" 8
ok "with the fields of the contract" is "$(head -n 1 -- "$OUT" | python3 -c 'import json, sys; print(*json.load(sys.stdin))')" \
	'at kind subject verdict note owner expires who mails would_be_lost'
ok "each with the mails that it decides" is "$(field verdicts boss@firma.example mails)$(field verdicts 203.0.113.7 mails)" 20
ok "a source's verdict is that of its mails" is "$(field sources news.example verdict)" '"mixed"'
ok "of an inside host too" is "$(field sources 10.20.30.77 verdict)" '"exempt"'
ok "a source has a suggestion and a reason" is "$(field sources 10.20.30.77 suggestion) $(field sources 10.20.30.77 reason | grep -c inside)" '"move" 1'

for subject in boss@firma.example 203.0.113.7 203.0.113.0/24 203.0.0.0/16; do
	run mark "$subject" clear
	ok "clear $subject" says "cleared, it was"
done
ok "what is wider counts again" are 'exempt exempt block exempt block'
run list verdicts
ok "what was cleared is not listed" is "$(grep -c 203 "$OUT")" 0
run list verdicts --all --format jsonl
ok "the history has every word" is "$(wc -l <"$OUT")" 12
ok "in the order it was said" is "$(head -n 1 -- "$OUT" | grep -c '"subject":"firma.example"')" 1
run list verdicts --source x
ok "list verdicts refuses --source" complains 64

# ------------------------------------------------------------------ what mark says

run mark news.example exempt
ok "said again: already so" says '^source news.example: already exempt$'
ok "no row is added" is "$(rows)" 12
ok "it says what it covers" says 'covers 2 mails, of which 2 would be lost'
run mark news.example clear
run mark news.example clear
ok "cleared twice: nothing to clear" says 'no verdict to clear'
run mark boss@firma.example block
run mark 203.0.113.0/24 exempt
ok "narrower verdicts are told" says '2 of these have a narrower verdict'
run mark mail.news.example exempt
ok "what matches nothing is taken" status_is 0
ok "with a warning that names the source" says '^wouldblock: mark: source mail.news.example: no mail so far matches it; did you mean the source news.example'
run mark MÜLLER.example exempt
ok "a name beyond ASCII is the source that the log names" says '^source müller.example \(xn--mller-kva.example\): exempt$'
run mark firma.example block
ok "a bare name that is a domain of senders is that domain" says '^domain firma.example: already block'

# ------------------------------------------------------------------ note, owner, expiry

run mark news.example exempt --note $'it says "Grüße", =1+1' --owner anna --expires 2999-12-31
ok "a note, an owner and an expiry are taken" status_is 0
ok "list sources has the note" is "$(field sources news.example note)" '"it says \"Gr\u00fc\u00dfe\", =1+1"'
ok "list verdicts has the expiry" is "$(field verdicts news.example expires)" '"2999-12-31"'
run mark news.example exempt
ok "they stay when it is said again" is "$(field verdicts news.example owner)" '"anna"'
run list verdicts --format csv
ok "csv keeps a note from being calculated" is "$(grep -c '"=1' "$OUT")" 0
run mark news.example exempt --expires never --note ''
ok "never takes the expiry away" is "$(field verdicts news.example expires) $(field verdicts news.example note)" 'null null'
sqlite3 "$DB" "UPDATE human_verdict SET expires = 20000 WHERE subject = 'news.example'"
ok "an expired verdict decides nothing" is "$(field verdicts news.example verdict)" ''

# ------------------------------------------------------------------ two ways to one number

# as_reported ARGS...: of the report's sources, which the model has counted, what as_listed prints.
as_reported()
{
	wb report "$@" --format csv --csv-raw --table sources | python3 -c '
import csv, sys
for row in csv.DictReader(sys.stdin):
    print(*[row[k] for k in ("source", "kind", "clients", "senders", "recipients", "mails", "would_be_lost", "attempts", "days_seen")], sep="|")'
}

# as_listed ARGS...: of `list sources`, which counts the facts.
as_listed()
{
	wb list sources "$@" --format jsonl | python3 -c '
import json, sys
for row in map(json.loads, sys.stdin):
    if row["rule"] == "own-domain":
        print(*[row[k] for k in ("source", "kind", "clients", "senders", "recipients", "mails", "would_be_lost", "attempts", "days_seen")], sep="|")'
}

verdicts_db=$DB
fresh corpus
corpus mail.iso.log "$TMP/corpus.log"
wb ingest "$TMP/corpus.log" >/dev/null 2>&1
as_listed >"$TMP/expected"
as_reported >"$TMP/got"
ok "the corpus has sources" test "$(wc -l <"$TMP/expected")" -ge 5
ok "the model of sources has the numbers of list sources" same "$TMP/expected" "$TMP/got"
middle=$(sqlite3 -readonly "$DB" 'SELECT (min(first_time) + max(first_time)) / 2 FROM fact_mail')
day=$(sqlite3 -readonly "$DB" "SELECT date($middle / 1000000, 'unixepoch')")
as_listed --since "$day" >"$TMP/expected"
as_reported --since "$day" >"$TMP/got"
ok "so it is from a day on" same "$TMP/expected" "$TMP/got"
wb list sources --format jsonl | head -n 3 | python3 -c '
import json, sys
for row in map(json.loads, sys.stdin):
    print(row["source"])' >"$TMP/heaviest"
wb mark "$(sed -n 1p "$TMP/heaviest")" exempt >/dev/null
wb mark "$(sed -n 2p "$TMP/heaviest")" move >/dev/null
wb mark "$(sqlite3 -readonly "$DB" "SELECT sender FROM mail WHERE would_be_lost AND sender LIKE '%@%' ORDER BY id DESC LIMIT 1")" block >/dev/null
wb list mails --format jsonl | python3 -c '
import collections, json, sys
words = collections.defaultdict(list)
for row in map(json.loads, sys.stdin):
    if row["would_be_lost"] and row["rule"] == "own-domain":
        words[row["source"]].append(row["verdict"] or "")
for source, said in words.items():
    print(source, said[0] if len(set(said)) == 1 else "mixed", said.count(""), sep="|")' | sort >"$TMP/expected"
wb report --format json | python3 -c '
import json, sys
for row in json.load(sys.stdin)["sources"]:
    if row["would_be_lost"]:
        print(row["source"], row["verdict"] or "", row["undecided"], sep="|")' | sort >"$TMP/got"
ok "what is decided of a source is what the verdicts on its lost mails say" same "$TMP/expected" "$TMP/got"
ok "some of them are decided, of one only a part" grep -q mixed "$TMP/got"
ok "and one as a whole" grep -q '|\(exempt\|move\|block\)|0' "$TMP/got"
DB=$verdicts_db

# ------------------------------------------------------------------ complaints

# refused STATUS PATTERN ARGS...
refused()
{
	local status=$1 pattern=$2 before
	shift 2
	before=$(rows)
	run mark "$@"
	ok "refused: mark ${*:0:60}" complains "$status"
	ok "... because: $pattern" says "$pattern"
	ok "... and nothing is written" is "$(rows)" "$before"
}
refused 65 'null sender' '<>' block
refused 65 'beyond its length' 192.0.2.1/24 block
refused 65 'all addresses' 0.0.0.0/0 exempt
refused 65 'cannot be seen' $'a\eb.example' exempt
refused 64 'did you mean .exempt' news.example exemt
refused 64 'no verdict .later' news.example later
refused 64 'is past' news.example exempt --expires 2020-01-01
refused 64 'is no day' news.example exempt --expires 2999-02-30
refused 64 'control character' news.example exempt --note $'a\eb'
refused 64 'too long' news.example exempt --note "$(printf 'x%.0s' {1..501})"
refused 64 'what, and how' news.example
refused 64 'does not go with clear' news.example clear --expires 2999-12-31

printf '192.0.2.1\n\n# a comment\n192.0.2.1/24\r\n192.0.2.2\r\n' | wb mark - block >"$OUT" 2>"$ERR"
STATUS=$?
complains_of_lines()
{
	status_is 65 && says '^wouldblock: mark: line 4: .192.0.2.1/24'
}
ok "subjects from stdin: a bad line is a complaint with its number" complains_of_lines
ok "... and the others are marked" is "$(field verdicts 192.0.2.1 verdict)$(field verdicts 192.0.2.2 verdict)" '"block""block"'

DB=$TMP/nowhere/db run mark news.example exempt
ok "no database: status 66 and one line" complains 66
echo 'no database' >"$TMP/other"
DB=$TMP/other run mark news.example exempt
ok "something else than a database: status 65 and one line" complains 65

# ------------------------------------------------------------------ beside others

before=$(rows)
coproc READER { sqlite3 -readonly "$DB" 2>&1; }
reader=$READER_PID # which bash forgets once the program has ended
echo 'BEGIN; SELECT count(*) FROM human_verdict;' >&"${READER[1]}"
read -r seen <&"${READER[0]}"
run mark @other.example exempt
ok "beside an open reader it writes" status_is 0
echo 'SELECT count(*) FROM human_verdict; COMMIT; SELECT count(*) FROM human_verdict;' >&"${READER[1]}"
read -r still <&"${READER[0]}"
read -r after <&"${READER[0]}"
eval "exec ${READER[1]}>&-"
wait "$reader" 2>/dev/null
ok "the reader sees it afterwards, not before" is "$seen $still $after" "$before $before $((before + 1))"

flock "$DB.write.lock" sleep 2 &
sleep 0.3
run mark @other.example clear
ok "it waits for another writer" status_is 0
wait
(
	exec 9>>"$DB.write.lock"
	flock 9
	exec sleep 30
) &
pid=$!
sleep 0.3
run mark @other.example exempt
ok "but not for ever: status 75 and one line" complains 75
kill "$pid"
wait "$pid" 2>/dev/null

for i in 1 2 3 4 5 6 7 8; do
	wb mark "192.0.2.$((100 + i))" block >/dev/null 2>&1 &
done
wait
ok "eight at once are eight rows" is "$(sqlite3 -readonly "$DB" "SELECT count(*) FROM human_verdict WHERE subject LIKE '192.0.2.10_'")" 8
wb list verdicts --all --format jsonl >"$TMP/before"
cat -- "$LOG" <(warned 9 'a.news.example[203.0.113.8]' boss@firma.example) >"$TMP/longer" && mv -- "$TMP/longer" "$LOG"
run ingest "$LOG"
ok "a log is read beside verdicts" status_is 0
ok "a new mail has the verdict that stands" is "$(verdicts | awk '{ print $NF }')" block
run ingest --rebuild "$LOG"
ok "all is read anew" status_is 0
wb list verdicts --all --format jsonl >"$TMP/after"
ok "and no word is lost" is "$(sqlite3 -readonly "$DB" 'SELECT count(*) FROM human_verdict')" "$(wc -l <"$TMP/before")"

finish
