#!/usr/bin/env bash
#
# Input, options, settings, databases and outputs that are not as they should be: one line on
# stderr that says so, the right status, and nothing lost of what could be read.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

GOOD=$TMP/good.log BAD=$TMP/bad
line()
{
	printf '2026-10-06T06:08:%02d.000000+00:00 gw01 postfix/smtpd[31416]: NOQUEUE: warn: RCPT from unknown[203.0.113.%d]: *** Invalid Inbound Sender ***; from=<chefin@firma.example> to=<rechnung@firma.example> proto=ESMTP helo=<x.example>' "$1" "$1"
}
for n in 1 2 3; do
	line "$n"
	echo
done >"$GOOD"

# attempts N: the database holds so many.
attempts()
{
	local n
	n=$(count_attempts)
	[ "$n" -eq "$1" ] && return
	echo "$n attempts, should be $1"
	return 1
}

# holds N: the last run ended well, and so many attempts were read.
holds()
{
	status_is 0 && attempts "$1"
}

# ------------------------------------------------------------------ files that cannot be read

fresh missing
run ingest "$TMP/no-such.log"
ok "a missing file: status 66 and one line" complains 66
ok "a missing file: it is named" says 'no-such\.log'
fresh missing
run ingest "$TMP/no-such.log" "$GOOD"
ok "a missing file beside a good one: status 66 and one line" complains 66
ok "a missing file beside a good one: the good one is read" attempts 3

fresh folder
run ingest "$TMP"
ok "a directory: status 66 and one line" complains 66
fresh folder
run ingest "$GOOD" /dev/zero
ok "a device beside a good file: status 66 and one line" complains 66
ok "a device beside a good file: the good one is read" attempts 3

if can_be_nobody; then
	chmod 755 -- "$TMP"
	cp -- "$WOULDBLOCK" "$TMP/program"
	install -m 000 -- "$GOOD" "$BAD"
	fresh nobody
	chmod 777 -- "$TMP/nobody.d"
	as_nobody "$TMP/program" --db "$DB" --config "$CONF" ingest "$BAD" "$GOOD" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "an unreadable file beside a good one: status 66 and one line" complains 66
	as_nobody "$TMP/program" --db "$DB" --config "$CONF" list attempts --format jsonl >"$OUT" 2>"$ERR"
	ok "an unreadable file beside a good one: the good one is read" test "$(wc -l <"$OUT")" -eq 3
	rm -f -- "$BAD"

	fresh closed
	chmod 555 -- "$TMP/closed.d"
	as_nobody "$TMP/program" --db "$DB" --config "$CONF" ingest "$GOOD" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "a database where nobody may write: status 73 and one line" complains 73
	chmod 755 -- "$TMP/closed.d"
	chmod 700 -- "$TMP"
else
	skip "an unreadable file" "root, and no other user to be"
	skip "a database where nobody may write" "root, and no other user to be"
fi

# ------------------------------------------------------------------ content

: >"$BAD"
fresh empty
run ingest "$BAD"
ok "an empty file: status 0" status_is 0
ok "an empty file: the program says so" says 'empty|\b0 lines|lines:? +0\b|no lines'

python3 -c 'import random, sys; random.seed(1); sys.stdout.buffer.write(random.randbytes(1 << 20))' >"$BAD"
fresh garbage
run ingest "$BAD"
ok "a megabyte of noise: status 0" status_is 0
ok "a megabyte of noise: it is counted as not understood" says 'not understood[ :]+[1-9]|[1-9][0-9 ,.]* (lines )?not understood'
ok "a megabyte of noise: no attempt is made of it" attempts 0
run status
ok "a megabyte of noise: status says that it is not understood" says 'lines were not understood: is this'

{
	cat -- "$GOOD"
	head -c 10000000 /dev/zero | tr '\0' x
	echo
	line 4
	echo
} >"$BAD"
fresh long
run ingest "$BAD"
ok "a line of 10 MB: what stands around it is read" holds 4

{
	cat -- "$GOOD"
	line 4
	head -c 10000000 /dev/zero | tr '\0' x
	echo
	line 5
	echo
} >"$BAD"
fresh longer
run ingest "$BAD"
ok "10 MB behind a warning: status 0" status_is 0
# peak LOG: the most memory that reading it took, in KiB.
peak()
{
	fresh peak
	# a sanitizer keeps what was given back
	ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=1 python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$WOULDBLOCK" --db "$DB" --config "$CONF" ingest --quiet "$1"
}
# Not so large that memory is asked for in advance.
{ head -c 50000000 /dev/zero | tr '\0' x; echo; } >"$BAD.large"
small=$(peak "$BAD") large=$(peak "$BAD.large")
ok "a line of 50 MB takes no more memory than one of 10 MB ($small and $large KiB)" test "$large" -le $((small + 1024))
rm -- "$BAD.large"
ok "10 MB behind a warning: the next line is read" test "$(wb list attempts --format jsonl | grep -c '203\.0\.113\.5"')" -eq 1

{
	head -c 4096 /dev/zero
	cat -- "$GOOD"
	printf 'a\0b\0c\n\0\0\0\n'
	line 4 | sed 's/chefin/chef\x00in/'
	echo
	line 5
	echo
} >"$BAD"
fresh nul
run ingest "$BAD"
ok "NUL bytes: the lines behind them are read" holds 5
wb list attempts --format jsonl >"$TMP/nul.jsonl"
ok "NUL bytes: what stands around one in a field is kept" grep -q '"chef\\u0000in@firma.example"' "$TMP/nul.jsonl"
ok "NUL bytes: the list is valid JSON" python3 -c 'import json, sys; [json.loads(x) for x in open(sys.argv[1])]' "$TMP/nul.jsonl"

{
	sed 's/$/\r/' "$GOOD"
	line 4
} >"$BAD.1"
fresh half
run ingest "$BAD.1"
ok "CRLF, and no newline at the end of a rotated file: all is read" holds 4
ok "CRLF: no CR in a field" test "$(wb list attempts --format jsonl | grep -c '\\r')" -eq 0
rm -f -- "$BAD.1"

# A newline in the middle of a line: what stands behind it is no line, however much it looks like one.
warning=$(line 6)
{
	printf '%s\n%s\n' "${warning% helo*}" "helo=<x.example>"
	echo "${warning#* gw01 }"
	echo "gw01 ${warning#* gw01 }"
	line 5
	echo
} >"$BAD"
fresh newline
run ingest "$BAD"
ok "a newline in a line: no attempt is made of what stands behind it" holds 2
ok "a newline in a line: it is counted as not understood" says ' 3 not understood'
ok "a newline in a line: its pieces are kept to be looked at" test "$(sqlite3 -readonly "$DB" 'SELECT count(*) FROM quarantine')" -ge 2

# Where rsyslog cuts a line: with its newline the length is its limit.
cut_line=$(line 7)
pad=$(printf 'y%.0s' {1..8000})
long=${cut_line/chefin@/$pad@}
for n in 8111 8112 8113; do
	{
		printf '%s\n' "${long:0:$n}"
		line 5
		echo
	} >"$BAD"
	fresh "cut$n"
	run ingest "$BAD"
	wb list attempts --format jsonl >"$TMP/cut.jsonl"
	ok "a line cut at $n bytes: the next one is read" test "$(grep -c '203\.0\.113\.5"' "$TMP/cut.jsonl")" -eq 1
	ok "a line cut at $n bytes: what is missing is not guessed" python3 -c 'import json, sys
for a in map(json.loads, open(sys.argv[1])):
    if a["client_ip"].endswith(".7"):
        assert a["recipient"] in (None, "rechnung@firma.example") and a["helo"] is None and a["proto"] in (None, "ESMTP"), a' "$TMP/cut.jsonl"
done

corpus mail.iso.log "$TMP/corpus.log"
gzip -nc <"$TMP/corpus.log" >"$TMP/whole.gz"
head -c $(($(wc -c <"$TMP/whole.gz") / 2)) "$TMP/whole.gz" >"$BAD.gz"
fresh torn
run ingest "$BAD.gz" "$GOOD"
ok "a .gz that breaks off: status 65 and one line" complains 65
ok "a .gz that breaks off: what was there is kept, and other files are read" test "$(count_attempts)" -gt 100
wb list attempts --format jsonl >"$TMP/torn.jsonl"
ok "a .gz that breaks off: the good file beside it is read" test "$(grep -c '"2026-10-06T06:08:0[123]\.000000Z"' "$TMP/torn.jsonl")" -eq 3

# the last eight bytes are the checksum and the length
{
	head -c -8 "$TMP/whole.gz"
	printf 'notthose'
} >"$BAD.gz"
fresh sum
run ingest "$BAD.gz"
ok "a .gz with a wrong checksum: status 65 and one line" complains 65
fresh sound
run ingest "$TMP/corpus.log"
sound=$(count_attempts)
DB=$TMP/sum.d/db
ok "a .gz with a wrong checksum: what was there is kept" test "$(count_attempts)" -gt $((sound / 2))

# One bit turned, here and there: nobody can say what of the rest is as it was.
odd=''
for ((at = 40; at < $(wc -c <"$TMP/whole.gz"); at += $(wc -c <"$TMP/whole.gz") / 12)); do
	python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[int(sys.argv[3])] ^= 16
open(sys.argv[2], "wb").write(b)' "$TMP/whole.gz" "$BAD.gz" "$at"
	fresh flipped
	run ingest "$BAD.gz"
	case $STATUS in
	65) [ "$(sqlite3 -readonly "$DB" 'SELECT count(*) FROM hole')" -gt 0 ] || odd="$odd $at:no-hole" ;;
	66) [ "$(wc -l <"$ERR")" -eq 1 ] || odd="$odd $at:66" ;;
	*) odd="$odd $at:$STATUS" ;;
	esac
done
ok "a .gz with a bit turned: each time it is said, and what was read of it has a hole behind it;$odd" test -z "$odd"

# 300 MB in 300 KB: neither memory nor the signal to end waits for it.
head -c 300000000 /dev/zero | gzip -1 >"$BAD.gz"
large=$(peak "$BAD.gz")
ok "a .gz of 300 MB of zeros takes no more memory than a line of 10 MB ($small and $large KiB)" test "$large" -le $((small + 8192))
# interrupted SORT: a .gz of 1.8 GB, told to stop soon after it was begun.
interrupted()
{
	local begun pid
	fresh bomb
	cat -- "$BAD.gz" "$BAD.gz" "$BAD.gz" "$BAD.gz" "$BAD.gz" "$BAD.gz" >"$BAD.six.gz"
	begun=${EPOCHREALTIME/./}
	"$WOULDBLOCK" --db "$DB" --config "$CONF" ingest --quiet "$BAD.six.gz" >"$OUT" 2>"$ERR" &
	pid=$!
	sleep 0.2
	kill -TERM "$pid"
	wait "$pid"
	STATUS=$?
	ok "a .gz of 1.8 GB of $1 can be interrupted" status_is 143
	ok "... at once" test $((${EPOCHREALTIME/./} - begun)) -le $((1000000 * ${TIME_FACTOR:-1}))
}
interrupted zeros

# One that takes too long: what was read is kept, the rest is a hole, and what comes behind it is read.
gzip -c "$TMP/corpus.log" | cat - "$BAD.six.gz" >"$BAD.gz"
rm -- "$BAD.six.gz"
printf '[log]\nunpack_limit = 1s\n' >"$TMP/hasty"
chmod 644 -- "$TMP/hasty"
fresh late
begun=${EPOCHREALTIME/./}
"$WOULDBLOCK" --db "$DB" --config "$TMP/hasty" ingest "$BAD.gz" "$GOOD" >"$OUT" 2>"$ERR"
STATUS=$?
took=$(((${EPOCHREALTIME/./} - begun) / 1000))
ok "a .gz of which no end comes out: status 65 and one line" complains 65
ok "... it says why" says 'not uncompressed to its end within 1 s'
ok "... it is given up when its time is over ($took ms)" test "$took" -le $((2500 * ${TIME_FACTOR:-1}))
ok "... what was read is kept, and the next file is read" attempts $((sound + 3))
ok "... and what is missing is a hole that says why" test \
	"$(sqlite3 -readonly "$DB" "SELECT count(*) FROM hole WHERE cause LIKE 'not uncompressed to its end within 1 s%'")" -eq 1

# One line without end gives nothing out, and is interrupted, too.
head -c 50000000 /dev/zero | tr '\0' x | gzip -1 >"$BAD.small.gz"
for _ in 1 2 3 4 5 6; do cat -- "$BAD.small.gz"; done >"$BAD.gz"
interrupted "one letter"
rm -f -- "$BAD.gz" "$BAD.small.gz" "$BAD.six.gz"

# What uncompresses a file is not installed: only the one that fails says so.
SHIM=$(realpath -m -- "${FAULT_SHIM:-${BUILD:-$ROOT/.build}/faults.so}")
if [ -e "$SHIM" ]; then
	fresh tool
	cp -- "$TMP/whole.gz" "$BAD.gz"
	LD_PRELOAD="$(ldd "$WOULDBLOCK" | awk '/libasan/ { print $3 " " }')$SHIM" FI_CALL=spawn FI_N=1 FI_EVER=1 FI_ERR=ENOENT \
		"$WOULDBLOCK" --db "$DB" --config "$CONF" ingest "$BAD.gz" "$GOOD" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "nothing there to uncompress a .gz with: status 66 and one line" complains 66
	ok "nothing there to uncompress a .gz with: the package is named" says 'package gzip'
	ok "nothing there to uncompress a .gz with: the other file is read" attempts 3
	rm -f -- "$BAD.gz"
else
	ok "the library that makes calls fail is there" false
fi

# ------------------------------------------------------------------ commands, options, settings

fresh words
run injest "$GOOD"
ok "an unknown command: status 64 and one line" complains 64
ok "an unknown command: the nearest is suggested" says 'ingest'
run ingest --yaer 2026 "$GOOD"
ok "an unknown option: status 64 and one line" complains 64
ok "an unknown option: the nearest is suggested" says '--year'
run ingest
ok "no file to read: status 64 and one line" complains 64
run ingest --year twenty "$GOOD"
ok "an option with a senseless value: status 64 and one line" complains 64
run list atempts
ok "an unknown list: status 64 and one line" complains 64
ok "an unknown list: the nearest is suggested" says 'attempts'
ok "none of these made a database" test ! -e "$DB"

CONF=$TMP/broken.conf
printf '[rule x]\ntitle = X\nwarn = Invalid (Sender\n' >"$CONF"
run ingest "$GOOD"
ok "a broken pattern in the settings: status 78 and one line" complains 78
ok "a broken pattern in the settings: file and line are told" says 'broken\.conf:3:'
ok "a broken pattern in the settings: the place in it is told" says 'offset [0-9]+'
printf '[database]\nfiel = /x\n[criteria]\ndays = many\n[networks]\ninside = 10.0.0.0/33\n' >"$CONF"
run ingest "$GOOD"
ok "three mistakes in the settings: status 78" status_is 78
ok "three mistakes in the settings: all are told in one run" lines_of_complaint 3
for n in 2 4 6; do
	ok "three mistakes in the settings: the one of line $n is told" says "broken\\.conf:$n:"
done
CONF=$TMP/no-such.conf
run ingest "$GOOD"
ok "settings that are not there, though named: status 78 or 66" test "$STATUS" -eq 78 -o "$STATUS" -eq 66
ok "settings that are not there, though named: one line" lines_of_complaint 1
CONF=$TMP/conf
ok "none of these made a database, either" test ! -e "$DB"

# ------------------------------------------------------------------ databases

DB=/proc/nowhere/db
run ingest "$GOOD"
ok "a database where no file can be made: status 73 and one line" complains 73

# untouched COPY: the database file is byte for byte what it was.
untouched()
{
	cmp -- "$DB" "$1"
}

# refuses COPY WHAT ARGS...: the program will have nothing to do with this database.
refuses()
{
	local copy=$1 what=$2
	shift 2
	run "$@"
	ok "$1 with $what: status 78 and one line" complains 78
	ok "$1 with $what: nothing is written" untouched "$copy"
}

fresh newer
run ingest "$GOOD"
sqlite3 "$DB" 'PRAGMA journal_mode = DELETE; PRAGMA user_version = 9999' >/dev/null
cp -- "$DB" "$TMP/newer"
refuses "$TMP/newer" "a database of a newer schema" ingest "$GOOD"
refuses "$TMP/newer" "a database of a newer schema" list attempts

fresh foreign
sqlite3 "$DB" 'CREATE TABLE attempt(x); INSERT INTO attempt VALUES (1)'
cp -- "$DB" "$TMP/foreign"
refuses "$TMP/foreign" "another program's database" ingest "$GOOD"
refuses "$TMP/foreign" "another program's database" list attempts

fresh text
seq 2000 >"$DB"
cp -- "$DB" "$TMP/text"
run ingest "$GOOD"
ok "a text file as database: status 65 or 78" test "$STATUS" -eq 65 -o "$STATUS" -eq 78
ok "a text file as database: one line" lines_of_complaint 1
ok "a text file as database: nothing is written" untouched "$TMP/text"
run list attempts
ok "list with a text file as database: status 65 or 78" test "$STATUS" -eq 65 -o "$STATUS" -eq 78

fresh nothing
run list attempts
ok "list without a database: one line, and not well" lines_of_complaint 1
ok "list without a database: its status is an error's" test "$STATUS" -ge 64
ok "list without a database: none is made" test ! -e "$DB"

# ------------------------------------------------------------------ where the output goes

fresh full
wb ingest "$TMP/corpus.log" >/dev/full 2>"$ERR"
STATUS=$?
ok "ingest to a full disk: status 74 and one line" complains 74
ok "ingest to a full disk: what was read is kept" attempts "$sound"
wb list attempts --format jsonl >/dev/full 2>"$ERR"
STATUS=$?
ok "list to a full disk: status 74 and one line" complains 74
wb list attempts >/dev/full 2>"$ERR"
STATUS=$?
ok "list for people to a full disk: status 74 and one line" complains 74
wb records "$TMP/corpus.log" >/dev/full 2>"$ERR"
STATUS=$?
ok "records to a full disk: status 74 and one line" complains 74
{
	wb list attempts --format jsonl 2>"$ERR"
	echo "$?" >"$TMP/status"
} | head -n 1 >"$OUT"
ok "list to someone who leaves: no complaint" same /dev/null "$ERR"
ok "list to someone who leaves: not status 0" test "$(cat "$TMP/status")" -ne 0
ok "list to someone who leaves: the first line is whole" python3 -m json.tool "$OUT"

# ------------------------------------------------------------------ two lines in one

# rsyslog, killed while the disk was full, goes on behind the half line (faults.md I32).
half='NOQUEUE: reject: RCPT from a.example[192.0.2.7]: 554 5.7.1 <x@y>: Sender addr'
second='NOQUEUE: warn: RCPT from b.example[192.0.2.8]: *** Invalid Inbound Sender ***; from=<boss@company.my> to=<u@company.my> proto=ESMTP helo=<h>'
{
	echo "2026-11-22T05:17:00Z mx1 postfix/smtpd[8]: $second"
	echo "2026-11-22T05:18:00Z mx1 postfix/smtpd[7]: ${half}2026-11-22T05:18:01Z mx1 postfix/smtpd[8]: $second"
} >"$TMP/glued.log"
fresh glued
run ingest "$TMP/glued.log"
ok "two lines in one: no attempt is made of both" holds 1
ok "two lines in one: it is shown as not understood" says ' 1 not understood'
run report --format json
ok "two lines in one: counted as damaged, and as a line with the rule's text" python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
account = report["account"]
failed = [c["name"] for c in report["criteria"] if not c["pass"]]
sys.exit(0 if account["damaged"] == 1 and account["names_a_rule"] == 1 and "intact" in failed else str(account))' "$OUT"

# ------------------------------------------------------------------ a pattern without end

CONF=$TMP/slow.conf
printf '[rule slow]\nwarn = (a+)+$\n' >"$CONF"
printf '%s %s\n' '2026-11-22T05:18:00Z mx1 postfix/smtpd[7]: NOQUEUE: warn: RCPT from mx.example.net[192.0.2.7]:' \
	"$(printf 'a%.0s' {1..200})b; from=<a@example.com> to=<b@example.org> proto=ESMTP helo=<x>" >"$TMP/slow.log"
fresh slow
run ingest "$TMP/slow.log"
ok "a pattern that hits the match limit: ingest says so" says 'match limit'
run report
ok "a pattern that hits the match limit: report says so" says 'match limit'

finish
