# shellcheck shell=bash
#
# What faults.sh says of damaged databases, lines that kill, readers that hold a snapshot, and file systems
# that are none for a database (faults.md D2, D3, D9, D10, I52). It has scene, part, follow, SHIM and the log.

# ------------------------------------------------------------------ damaged databases

damages()
{
	python3 "$TESTS/faults/damage.py" "$WOULDBLOCK" "$TESTS/criteria/make-log" "$TMP/damages" "$@"
}

ok "damaged databases: no reader says go, follow makes them anew" damages --count "${DAMAGES:-20}" --seed "${DAMAGE_SEED:-1}"

# rotated: the log in three files, and a database that has read them, and three verdicts.
rotated()
{
	part 1 1000 | gzip >"$LOG.2.gz"
	part 1001 2000 >"$LOG.1"
	touch -d '1 hour ago' "$LOG.1" "$LOG.2.gz"
	part 2001 "$TOTAL" >"$LOG"
	wb ingest --quiet "$LOG" "$LOG.1" "$LOG.2.gz"
	wb mark news.example exempt --note 'a newsletter' >/dev/null 2>&1
	wb mark 198.18.77.0/24 block >/dev/null 2>&1
	wb mark 198.18.77.0/24 move >/dev/null 2>&1
	sqlite3 "$DB" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
}

# of_table NAME: the page where it begins.
of_table()
{
	sqlite3 -readonly "$DB" "SELECT rootpage FROM sqlite_schema WHERE name = '$1'"
}

# spoil PAGE
spoil()
{
	head -c 8192 /dev/urandom | dd of="$DB" bs=8192 seek=$(($1 - 1)) conv=notrunc status=none
}

aside()
{
	find "$(dirname -- "$DB")" -name 'db.corrupt-*Z' | wc -l
}

verdicts()
{
	sqlite3 -readonly "$DB" 'SELECT count(*) FROM human_verdict'
}

# rebuilt [TIMES]: in this scene, so often. The damaged database itself may look like one that was.
rebuilt()
{
	[ "$(grep -c 'have been read again' "$DIR/errors")" -ge "${1:-1}" ] && [ "$(sqlite3 -readonly "$DB" "SELECT count(*) FROM meta WHERE key = 'rebuild'")" = 0 ] && [ "$(aside)" -gt 0 ]
}

is_dead()
{
	! kill -0 "$FOLLOWER" 2>/dev/null
}

# ended: waits until it has ended by itself; STATUS is how.
ended()
{
	until_true is_dead
	unfollow KILL
}

scene damaged
rotated
spoil "$(of_table fact_attempt)"
run report
ok "a damaged database: the report does not say go" test "$STATUS" -ne 0
run list attempts
ok "... who reads the page ends with 65 and one line" complains 65
run ingest --quiet "$LOG"
ok "... ingest ends with 65 and one line" complains 65
ok "... that says what to do" says 'ingest --set-aside'
ok "... and leaves it where it is" test "$(aside)" -eq 0
follow
ok "... follow makes a new one" until_true rebuilt
ends_whole "a damaged database"
ok "... the damaged one is there, once" test "$(aside)" -eq 1
ok "... with all that people said, in order" test "$(sqlite3 -readonly "$DB" \
	"SELECT group_concat(subject || ' ' || verdict || ' ' || coalesce(note, ''), ', ') FROM human_verdict ORDER BY id")" \
	= 'news.example exempt a newsletter, 198.18.77.0/24 block , 198.18.77.0/24 move '
ok "... and nothing is missing" test "$(sqlite3 -readonly "$DB" 'SELECT count(*) FROM hole')" -eq 0
run status
ok "... status names it" says '^made anew on .*all logs .*read again; the damaged database is .*corrupt-'
follow
until_true at_rest
unfollow
ok "... another start makes no other" test "$(aside)" -eq 1

scene headless
rotated
printf 'no such header ' | dd of="$DB" conv=notrunc status=none
run list attempts
ok "a database without its header: a reader ends with 65 and one line" complains 65
rm -- "$LOG.2.gz" "$LOG.1"
cp -- "$DB" "$DIR/headless"
run ingest --set-aside --quiet "$LOG"
ok "... ingest --set-aside makes a new one" status_is 0
ok "... from what is still there" test "$(read_lines)" -eq $((TOTAL - 2000))
ok "... with all that people said" test "$(verdicts)" -eq 3
run list holes
ok "... what is not is a hole" says 'lost with a damaged database'
run report --since 2026-10-01
ok "... that the report knows" says 'holes: 1 in the window'
ok "... and the damaged one is as it was" cmp -- "$DIR/headless" "$(find "$DIR" -name 'db.corrupt-*Z')"

scene empty
rotated
: >"$DB"
run report
ok "an empty file in the place of the database: the report ends with an error" test "$STATUS" -ge 64
"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --poll 50 "$LOG" 2>>"$DIR/errors" &
FOLLOWER=$!
ok "... follow makes a new one" until_true rebuilt
unfollow
ok "... of all logs that are there, though nobody asked for old ones" test "$(read_lines)" -eq "$TOTAL"
ok "... says that not all could be read" grep -q 'NOT ALL' "$DIR/errors"
run list holes
ok "... and nobody knows since when something is missing" says '^- .*lost with a damaged database'

scene others
part 1 100 >"$LOG"
seq 1000 >"$DB"
cp -- "$DB" "$DIR/text"
follow
ended
ok "a file that never was a database of ours: 65" status_is 65
ok "... and it is left as it is" cmp -- "$DB" "$DIR/text"

# Each time the process dies, there is either the old one or the new one, and what people said.
for n in 1 2 3 4; do
	scene "killed$n"
	rotated
	sqlite3 "$DB" 'INSERT INTO meta VALUES (1, 1)' # so that it has a write-ahead log
	spoil "$(of_table fact_attempt)"
	follow LD_PRELOAD="$PRELOAD" FI_CALL=rename FI_N="$n" FI_ERR=KILL
	ended
	ok "killed at step $n of making it anew" status_is 137
	run report
	ok "... the report does not say go" test "$STATUS" -ne 0
	follow
	ok "... it is made anew" until_true rebuilt
	ends_whole "killed at step $n of making it anew"
	ok "... the damaged one is there, once, and all that people said" test "$(aside) $(verdicts)" = "1 3"
done

# The logs are not read yet.
scene unread
rotated
spoil "$(of_table fact_attempt)"
follow LD_PRELOAD="$PRELOAD" FI_CALL=list FI_PATH="$DIR/logs" FI_N=1 FI_ERR=KILL
ended
run list holes
ok "killed before the logs are read again: all of the time is a hole" says '^2026-10-03T06:07:.*Z +2026-10-22T[^ ]* +- +lost with'
run status
ok "... status says so" says 'logs are being read again'
follow
ok "... and the next start reads them" until_true rebuilt
ends_whole "killed before the logs were read again"

scene thrice
rotated
for i in 1 2; do
	spoil "$(of_table fact_attempt)"
	follow
	until_true rebuilt "$i"
	until_read "$TOTAL" >/dev/null
	unfollow
	ok "damaged $i times within a day: there is a new one" test "$(aside)" -eq "$i"
done
sqlite3 "$DB" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
spoil "$(of_table fact_attempt)"
newest=$(find "$DIR" -name 'db.corrupt-*Z' | sort | tail -n 1)
for i in 1 2; do
	follow
	ended
	ok "... the third time it ends with 65" status_is 65
done
ok "... and says why" grep -q 'for the third time within a day' "$DIR/errors"
ok "... and no copy is made" test "$(aside)" -eq 2
oldest=$(find "$DIR" -name 'db.corrupt-*Z' | sort | head -n 1)
mv -- "$oldest" "$DB.corrupt-20200101T000000Z"
follow
ok "... a day later there is a new one" until_true rebuilt 3
ends_whole "damaged for the third time, a day later"
ok "... two are kept, the newest ones" test "$(aside)" -eq 2 -a -e "$newest" -a ! -e "$DB.corrupt-20200101T000000Z"

# While it runs: a page of which nothing is in memory.
scene meanwhile
rotated
follow
until_true at_rest
for table in fact_attempt fact_transaction fact_mail fact_recipient address client pending; do
	spoil "$(of_table $table)"
done
sqlite3 "$DB" 'INSERT INTO meta VALUES (1, 1)' # whoever has pages in memory reads them again
sed 's/^2026-1/2026-2/; s/^2026-20/2026-11/' "$TMP/all.log" | grep -v '^2026-2' >>"$LOG"
ok "damaged while it runs: a new one is made" until_true rebuilt
until_read $(($(wc -l <"$LOG") + 2000)) >/dev/null
unfollow
ok "... and it ends with 0" status_is 0
ok "... all that is there is read, once" test "$(read_lines)" -eq "$(($(wc -l <"$LOG") + 2000))"
ok "... and it is whole" test "$(sqlite3 -readonly "$DB" 'PRAGMA integrity_check')" = ok

# The write-ahead log of another database (D5). SQLite takes it, and mixes the pages of both. Of a larger one there are
# pages missing; where all fit together nobody can tell.
# with_log NAME LINES: a database as it lies on the disk, NAME, and its write-ahead log, NAME-wal: it has LINES lines, and the
# second half of them stands in the log. A shell that has it open keeps the log there.
with_log()
{
	scene "$1"
	wb ingest --quiet <(part 1 $(($2 / 2))) --log "$LOG"
	sqlite3 "$DB" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	coproc sqlite3 "$DB"
	local shell=$COPROC_PID
	echo 'SELECT count(*) FROM hole;' >&"${COPROC[1]}"
	read -r _ <&"${COPROC[0]}"
	wb ingest --quiet <(part $(($2 / 2 + 1)) "$2") --log "$LOG"
	cp -- "$DB" "$TMP/$1"
	cp -- "$DB-wal" "$TMP/$1-wal"
	kill -9 "$shell"
	wait "$shell" 2>/dev/null
}

with_log fewer 2000
with_log more 4000
for reader in report "report --format json" "list attempts" "list mails" "tui --dump" status summary; do
	scene mixed
	cp -- "$TMP/fewer" "$DB"
	cp -- "$TMP/more-wal" "$DB-wal"
	# shellcheck disable=SC2086 # words
	run $reader
	ok "the write-ahead log of another database: $reader ends with 65 and one line" complains 65
done
cp -- "$TMP/more" "$DB"
cp -- "$TMP/more-wal" "$DB-wal"
run report
ok "... its own one is no damage" test "$STATUS" -le 2
ok "... and is read" test "$(read_lines)" -eq 4000

# ------------------------------------------------------------------ a line that kills (I52)

# poisoned FROM BY: line FROM has a text that nobody may match a pattern with.
poisoned()
{
	local line

	line=$(grep -m 1 'NOQUEUE: warn' "$TMP/all.log" | sed 's/Sender \*\*\*/& poison/')
	{ head -n $(($1 - 1)) "$TMP/all.log"; printf '%s\n' "$line"; part "$1" 1000; } >"$LOG"
	deaths=0
	for ((i = 0; i < 10; i++)); do
		# a sanitizer that looks at faults itself would keep them from the program's own handler
		follow LD_PRELOAD="$PRELOAD" FI_DIE=poison FI_DIE_BY="$2" \
			"ASAN_OPTIONS=${ASAN_OPTIONS-}:handle_segv=0:handle_abort=0" 2>/dev/null
		until_true passed_or_dead
		kill -0 "$FOLLOWER" 2>/dev/null && break
		wait "$FOLLOWER" 2>/dev/null
		deaths=$((deaths + 1))
	done
}

passed_or_dead()
{
	has_read 1001 || ! kill -0 "$FOLLOWER" 2>/dev/null
}

poison_is_known()
{
	ok "$1: after $2 deaths it goes on" test "$deaths" -eq "$2"
	part 1001 1100 >>"$LOG"
	ok "$1: ... with each other line" until_read 1101
	unfollow
	ok "$1: ... once" test "$(read_lines)" -eq 1101
	ok "$1: it is in quarantine" test \
		"$(sqlite3 -readonly "$DB" "SELECT count(*) FROM quarantine WHERE reason = 'died of it' AND instr(bytes, 'poison')")" = 1
	run list holes
	ok "$1: and a hole" says 'a line that the program dies of'
	run report --format json
	ok "$1: the report counts it, and intact fails" python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
bad = [c["name"] for c in r["criteria"] if not c["pass"]]
sys.exit(0 if r["account"]["damaged"] == 1 and r["account"]["names_a_rule"] == 1 and "intact" in bad else str((r["account"], bad)))' "$OUT"
}

scene poison
poisoned 500 ABRT
poison_is_known "a line that aborts the program" 3

scene fault
poisoned 1 SEGV
poison_is_known "a first line that the program faults on" 3

scene slain
poisoned 700 KILL
poison_is_known "a line at which somebody kills it" 5

# Who is killed anywhere has nothing against any line.
scene innocent
part 1 500 >"$LOG"
for ((i = 0; i < 12; i++)); do
	follow
	part $((501 + 200 * i)) $((700 + 200 * i)) >>"$LOG"
	sleep "0.0$((i % 5 + 1))"
	unfollow KILL
done
part 2901 "$TOTAL" >>"$LOG"
follow
ends_whole "killed twelve times while it read"
ok "... no line is in quarantine for that" test "$(sqlite3 -readonly "$DB" "SELECT count(*) FROM quarantine WHERE reason = 'died of it'")" -eq 0

# ------------------------------------------------------------------ a reader that holds a snapshot (D2)

printf '[database]\nwal_limit = 300k\n' >"$TMP/small.conf"
chmod 644 "$TMP/small.conf"
scene kept
part 1 1000 >"$LOG"
CONF=$TMP/small.conf follow
until_read 1000 >/dev/null
coproc sqlite3 -readonly "$DB"
reader=$COPROC_PID
echo 'BEGIN; SELECT sum(lines) FROM counted;' >&"${COPROC[1]}"
read -r _ <&"${COPROC[0]}"
for ((at = 1001; at <= 3000; at += 100)); do
	part "$at" $((at + 99)) >>"$LOG"
	until_read $((at + 99)) >/dev/null
done
ok "a reader with an old state: follow says that the write-ahead log grows" \
	until_true grep -q 'write-ahead log has grown to .* kB, since a reader holds an old state' "$DIR/errors"
ok "... once" test "$(grep -c 'write-ahead log has grown' "$DIR/errors")" -eq 1
run status
ok "... and status says it" says '^the write-ahead log has [0-9]+ kB: a reader holds'
run status --format json
ok "... to programs, too" python3 -c 'import json, sys
sys.exit(json.load(sys.stdin)["wal_kept"]["bytes"] < 300 * 1024)' <"$OUT"
echo 'COMMIT;' >&"${COPROC[1]}"
kill "$reader"
ok "... and when it is over" until_true grep -q 'nobody keeps its write-ahead log' "$DIR/errors"
run status --format json
ok "... as does status" says '"wal_kept": ?null'
unfollow

# ------------------------------------------------------------------ file systems (D9, D10)

# away ARGS...: run, where statfs says that all files lie on file system $MAGIC.
away()
{
	env LD_PRELOAD="$PRELOAD" FI_MAGIC="$MAGIC" "$WOULDBLOCK" --db "$DB" --config "$CONF" "$@" >"$OUT" 2>"$ERR"
	STATUS=$?
}

scene network
part 1 1000 >"$LOG"
wb ingest --quiet "$LOG"
for MAGIC in 6969 ff534d42 01021997 65735546; do
	for writer in "ingest $LOG" "follow $LOG" "mark news.example exempt"; do
		# shellcheck disable=SC2086 # words
		away $writer
		ok "a database on file system $MAGIC: ${writer%% *} refuses" complains 78
	done
done
away list attempts --format jsonl
cp -- "$OUT" "$DIR/away"
run list attempts --format jsonl
ok "... a reader reads it while nobody can have it open" same "$DIR/away" "$OUT"
follow
until_true at_rest
part 1001 1100 >>"$LOG"
until_read 1100 >/dev/null
away list attempts
ok "... but not if it has a write-ahead log" complains 78
unfollow

scene memory
part 1 1000 >"$LOG"
MAGIC=01021994
run ingest --quiet "$LOG"
away ingest --quiet "$LOG"
ok "a database in memory: it is written" status_is 0
away report
ok "... and the report says that it does not survive a reboot" says 'does not survive a reboot'
away report --format json
ok "... to programs, too" says '"in_memory": ?true'
away status
ok "... and status" says 'does not survive a reboot'
if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] && shm=$(mktemp -d /dev/shm/wouldblock-test.XXXXXX 2>/dev/null); then
	DB=$shm/db
	run ingest --quiet "$LOG"
	ok "... as one on a real tmpfs is" status_is 0
	run report
	ok "... and said to be" says 'does not survive a reboot'
	rm -rf -- "$shm"
fi
