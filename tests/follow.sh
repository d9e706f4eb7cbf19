#!/usr/bin/env bash
#
# follow: every line once, whatever becomes of the file (faults.md 1.5, the rotation scenarios of
# part 3, I1 to I53). Each rotation runs twice: with a follower that looks on, and with one that is
# stopped before it and started after it.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=tests/follow_lib.sh
. "$TESTS/follow_lib.sh"

corpus mail.iso.log "$TMP/all.log"
TOTAL=$(wc -l <"$TMP/all.log")
fresh whole
wb ingest --quiet "$TMP/all.log"
lists "$TMP/whole.lists"
sort -o "$TMP/whole.lists" "$TMP/whole.lists"

FOLLOWER=
WAIT=300 # rotate_wait in milliseconds
trap '[ -z "$FOLLOWER" ] || kill -9 "$FOLLOWER" 2>/dev/null; rm -rf -- "$TMP"' EXIT

# ------------------------------------------------------------------ a follower

# follow ARGS...: starts it on $LOG.
follow()
{
	"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --poll 50 --rotate-wait "$WAIT" "$@" "$LOG" 2>>"$DIR/errors" &
	FOLLOWER=$!
}

holes()
{
	sqlite3 -readonly "$DB" "SELECT count(*) FROM hole"
}

says_all()
{
	lists "$TMP/now.lists" && sort -o "$TMP/now.lists" "$TMP/now.lists" && same "$TMP/whole.lists" "$TMP/now.lists"
}

# ------------------------------------------------------------------ a log that is written and rotated

# scene NAME: an empty folder, a database, a log that is not there yet.
scene()
{
	fresh "$1"
	DIR=$TMP/$1.d
	LOG=$DIR/mail.log
	WRITTEN=0
}

# lines N [FILE]: the next N lines of the corpus to the log or another file.
lines()
{
	sed -n "$((WRITTEN + 1)),$((WRITTEN + $1))p" -- "$TMP/all.log" >>"${2:-$LOG}"
	WRITTEN=$((WRITTEN + $1))
}

rest()
{
	lines $((TOTAL - WRITTEN))
}

# shift_names: .N becomes .N+1, packed or not.
shift_names()
{
	local n
	for n in 8 7 6 5 4 3 2 1; do
		[ ! -e "$LOG.$n" ] || mv -- "$LOG.$n" "$LOG.$((n + 1))"
		[ ! -e "$LOG.$n.gz" ] || mv -- "$LOG.$n.gz" "$LOG.$((n + 1)).gz"
	done
}

rename_create()
{
	shift_names
	mv -- "$LOG" "$LOG.1"
	: >"$LOG"
	lines 500
}

rename_late_writer()
{
	mv -- "$LOG" "$LOG.1"
	: >"$LOG"
	lines 200 "$LOG.1"
	sleep 0.2
	lines 200 "$LOG.1"
	lines 300
}

path_missing()
{
	mv -- "$LOG" "$LOG.1"
	lines 100 "$LOG.1"
	sleep 0.5
	lines 300
}

copytruncate()
{
	cp -- "$LOG" "$LOG.1"
	: >"$LOG"
	lines 400
}

rename_compress()
{
	mv -- "$LOG" "$LOG.1"
	: >"$LOG"
	gzip -- "$LOG.1"
	lines 400
}

delayed_chain()
{
	local i
	for i in 1 2 3 4; do
		shift_names
		mv -- "$LOG" "$LOG.1"
		: >"$LOG"
		[ ! -e "$LOG.2" ] || gzip -- "$LOG.2"
		lines 100
		sleep 0.1
	done
}

dated()
{
	mv -- "$LOG" "$LOG-20261021"
	: >"$LOG"
	gzip -- "$LOG-20261021"
	lines 200
}

olddir()
{
	mkdir -p -- "$DIR/old"
	cp -p -- "$LOG" "$DIR/old/mail.log.1" && rm -- "$LOG"
	lines 200
}

postlogd()
{
	local name=$LOG.20261021-061053
	mv -- "$LOG" "$name"
	lines 200
	sleep 0.2
	gzip -- "$name"
}

interrupted_compress()
{
	mv -- "$LOG" "$LOG.1"
	: >"$LOG"
	gzip -c -- "$LOG.1" | head -c 3000 >"$LOG.1.gz"
	lines 200
	sleep 0.3
	gzip -f -- "$LOG.1"
}

# rotation SENTENCE FUNCTION HOLES [ARGS]: running, then stopped; HOLES: `none` or `some`.
rotation()
{
	local sentence=$1 how=$2 wanted=$3 when
	shift 3
	for when in running stopped; do
		scene "$how-$when"
		lines 1500
		follow --from-start "$@"
		ok "$sentence, $when: the first lines are read" until_read 1500
		if [ "$when" = stopped ]; then
			unfollow
			ok "$sentence: it stops with 0" status_is 0
			lines 100
		fi
		"$how"
		[ "$when" = running ] || follow --from-start "$@"
		rest
		ok "$sentence, $when: every line is counted" until_read "$TOTAL"
		unfollow
		ok "$sentence, $when: it ends with 0" status_is 0
		ok "$sentence, $when: each line once" test "$(read_lines)" -eq "$TOTAL"
		ok "$sentence, $when: attempts, mails and fates are those of the whole log" says_all
		if [ "$wanted" = none ]; then
			ok "$sentence, $when: no hole" test "$(holes)" -eq 0
		else
			ok "$sentence, $when: what may be missing is a hole" test "$(holes)" -gt 0
		fi
	done
}

rotation "rename and create" rename_create none
rotation "rename, a late writer" rename_late_writer none
rotation "rename, and no new file for a while" path_missing none
rotation "copytruncate" copytruncate some
rotation "rename and compress at once" rename_compress none
rotation "four rotations with delayed compression" delayed_chain none
rotation "dateext" dated none
rotation "olddir" olddir none --olddir "$TMP/olddir-running.d/old" --olddir "$TMP/olddir-stopped.d/old"
rotation "Postfix's own rotation" postlogd none
rotation "compression interrupted and finished later" interrupted_compress none

# ------------------------------------------------------------------ more rotations than are kept

scene lost
lines 1000
follow --from-start
until_read 1000 >/dev/null
unfollow
lines 100
for _ in 1 2 3 4 5; do
	shift_names
	mv -- "$LOG" "$LOG.1"
	rm -f -- "$LOG.3"
	lines 100
done
rest
follow
ok "more rotations than are kept: what is left is read" until_read $((TOTAL - 300))
unfollow
ok "more rotations than are kept: nothing else is counted" test "$(read_lines)" -eq $((TOTAL - 300))
ok "more rotations than are kept: the loss is a hole" test "$(holes)" -gt 0

# ------------------------------------------------------------------ one file, changed under our eyes

scene truncated
lines 1000
follow --from-start
until_read 1000 >/dev/null
kill -STOP "$FOLLOWER"
: >"$LOG"
lines 2000
kill -CONT "$FOLLOWER"
ok "truncated and grown larger between two looks: all of the new content is read" until_read 3000
rest
ok "and what follows" until_read "$TOTAL"
unfollow
ok "each line once" test "$(read_lines)" -eq "$TOTAL"
ok "it may have lost lines: a hole" test "$(holes)" -gt 0

scene tail
lines 1000
follow --from-start
until_read 1000 >/dev/null
head -n 900 -- "$LOG" >"$DIR/cut" && cat -- "$DIR/cut" >"$LOG"
sleep 0.3
rest
ok "a file that lost its tail is not read again from its start" until_read $((TOTAL))
unfollow
ok "what it holds is counted once" test "$(read_lines)" -eq "$TOTAL"
ok "its lost tail is a hole" test "$(holes)" -gt 0

scene nuls
lines 500
follow --from-start
until_read 500 >/dev/null
size=$(wc -c <"$LOG")
: >"$LOG"
truncate -s "$size" -- "$LOG"
rest
ok "a hole of NULs where a writer goes on at his old place: the lines behind it are read" until_read "$TOTAL"
unfollow
ok "... and each attempt is there" test "$(count_attempts)" -eq "$(DB=$TMP/whole.d/db count_attempts)"

scene half
lines 100
head -c 40 "$TMP/all.log" >"$DIR/half"
printf '2026-10-26T01:02:03.000001+00:00 gw01 postfix/smtpd[7]: conn' >>"$LOG"
follow --from-start
until_read 100 >/dev/null
sleep 0.3
ok "a half line waits for its rest" test "$(read_lines)" -eq 100
printf 'ect from a.example[192.0.2.1]\n' >>"$LOG"
ok "and is one line" until_read 101
printf '2026-10-26T01:02:04.000001+00:00 gw01 postfix/smtpd[7]: disconn' >>"$LOG"
mv -- "$LOG" "$LOG.1"
printf '2026-10-26T01:02:05.000001+00:00 gw01 postfix/smtpd[8]: connect from b.example[192.0.2.2]\n' >"$LOG"
ok "a half line in a rotated file counts when the file has been silent" until_read 103
unfollow
ok "it was not glued to the next line" test "$(read_lines)" -eq 103

# ------------------------------------------------------------------ where to begin

scene end
lines 1000
follow
until_true test -s "$DB.ingest.lock"
sleep 0.3
rest
ok "without a word it begins at the end" until_read $((TOTAL - 1000))
unfollow
ok "and what was there is not counted" test "$(read_lines)" -eq $((TOTAL - 1000))
run status --format json
ok "status says where it began" says '"begun":"end of the live file"'

scene history
for _ in 1 2 3; do
	lines 300
	shift_names
	mv -- "$LOG" "$LOG.1"
done
rest
follow --history 2
ok "--history 2 reads two rotated files and the live one" until_read $((TOTAL - 300))
unfollow
ok "and no more" test "$(read_lines)" -eq $((TOTAL - 300))

scene absent
follow
until_true grep -q waiting "$DIR/errors"
ok "a log that is not there is waited for, and said so once" test "$(grep -c waiting "$DIR/errors")" -eq 1
rest
ok "it is read from its first line when it comes" until_read "$TOTAL"
unfollow

# ------------------------------------------------------------------ several logs, one writer

scene several
OTHER=$DIR/other.log
LOG=$DIR/mail.log
sed -n "1,2000p" "$TMP/all.log" >"$LOG"
sed -n "2001,4000p" "$TMP/all.log" | sed 's/ gw01 / gw02 /' >"$OTHER"
follow --from-start "$OTHER"
ok "two logs at once are read" until_read 4000
sed -n "4001,4500p" "$TMP/all.log" >>"$LOG"
sed -n "4501,5000p" "$TMP/all.log" | sed 's/ gw01 / gw02 /' >>"$OTHER"
ok "and both go on" until_read 5000
wb follow "$LOG" >"$OUT" 2>"$ERR"
STATUS=$?
ok "a second follower is turned away with 75, and told whose turn it is" complains 75
ok "it names the first" says "pid $FOLLOWER"
run status
ok "status says that it runs" says "follow runs \(pid $FOLLOWER\)"
kill -HUP "$FOLLOWER"
sleep 0.2
sed -n "5001,5500p" "$TMP/all.log" >>"$LOG"
ok "SIGHUP reads the settings anew, and nothing is lost" until_read 5500
echo nonsense >"$CONF"
kill -HUP "$FOLLOWER"
until_true grep -q "old ones stay" "$DIR/errors"
: >"$CONF"
ok "bad settings are complained of, and the old ones stay" grep -q "old ones stay" "$DIR/errors"
rm -- "$DB.ingest.lock"
first=$FOLLOWER
follow --from-start "$OTHER"
second=$FOLLOWER
until_true test -s "$DB.ingest.lock"
sleep 0.3
sed -n "5501,5600p" "$TMP/all.log" >>"$LOG"
until_read 5600 >/dev/null
sleep 0.3
ok "lock file removed, second writer: each line is counted once" test "$(read_lines)" -eq 5600
ok "and the first has stopped" until_true grep -q "taken over" "$DIR/errors"
FOLLOWER=$first
unfollow KILL
ok "... with 75" status_is 75
FOLLOWER=$second
unfollow
run status
ok "status says that it does not run" says 'follow does not run'

# ------------------------------------------------------------------ a service manager that listens

# What comes, line by line.
cat >"$TMP/manager" <<-'END'
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind(sys.argv[1])
	with open(sys.argv[1] + ".heard", "wb", buffering=0) as f:
	    while True:
	        f.write(s.recv(4096) + b"\n")
END

# hears ERE [TIMES]
hears()
{
	[ "$(grep -c -- "$1" "$TMP/notify.heard")" -ge "${2:-1}" ]
}

scene locked
python3 "$TMP/manager" "$TMP/notify" &
manager=$!
until_true test -S "$TMP/notify"
lines 1000
NOTIFY_SOCKET=$TMP/notify WATCHDOG_USEC=400000 follow --from-start
ok "systemd hears when follow is ready" until_true hears '^READY=1$'
ok "... that all is read" until_true hears '^STATUS=following, all is read$'
ok "... that it lives, though nothing happens, before its watchdog would end it" until_true hears '^WATCHDOG=1$' 3
kill -HUP "$FOLLOWER"
ok "... that it reads its settings anew, and since when" until_true hears '^MONOTONIC_USEC=[0-9]*$'
ok "... and is ready again" until_true hears '^READY=1$' 2
until_read 1000 >/dev/null

# ------------------------------------------------------------------ a lock that somebody does not let go

# Of ours, and SQLite's own, at the same time: it takes five seconds until that is trouble.
first=$FOLLOWER first_db=$DB first_dir=$DIR
exec 8>>"$DB.write.lock"
flock 8
lines 500
scene shell
lines 1000
follow --from-start
until_read 1000 >/dev/null
coproc sqlite3 "$DB"
echo 'BEGIN EXCLUSIVE; SELECT 1;' >&"${COPROC[1]}"
read -r <&"${COPROC[0]}"
lines 500
DB=$first_db DIR=$first_dir
ok "another process keeps the lock of those who write: status says that follow pauses" \
	until_true paused "another wouldblock is writing"
ok "... and systemd hears why" until_true hears '^STATUS=paused, next try in [0-9]* s: .*another wouldblock is writing'
alive=$(grep -c '^WATCHDOG=1$' "$TMP/notify.heard")
ok "... and that it lives" until_true hears '^WATCHDOG=1$' $((alive + 2))
flock -u 8
ok "... it goes on when it can" until_read 1500
ok "... and systemd hears that, too" until_true hears '^STATUS=following, all is read$' 2
ok "... and status says so" until_true not_paused
SECONDS=0
flock 8
sed -n 1501,1600p "$TMP/all.log" >>"$DIR/mail.log"
second=$FOLLOWER FOLLOWER=$first
sleep 0.3
unfollow
ok "... and it ends soon when it is told to while it waits" test "$SECONDS" -le $((2 * ${TIME_FACTOR:-1}))
ok "... and says so" until_true hears '^STOPPING=1$'
kill "$manager"
exec 8>&-
FOLLOWER=$second DB=$TMP/shell.d/db DIR=$TMP/shell.d
ok "a shell keeps the database to itself: follow says so" until_true grep -q "database is locked" "$DIR/errors"
ok "... and that it pauses" until_true grep -aq "^paused 0*[1-9].*database is locked" "$DB.ingest.lock"
echo 'COMMIT;' >&"${COPROC[1]}"
ok "... it goes on when it can" until_read 1500
unfollow
ok "... each line once" test "$(read_lines)" -eq 1500

# ------------------------------------------------------------------ systemd's journal

# A journalctl that knows the corpus as a journal, in its export format, and waits at the end.
cat >"$TMP/journalctl" <<-END
	#!/usr/bin/env python3
	import re, sys, time, datetime
	cursor = next((a[9:] for a in sys.argv if a.startswith("--cursor=")), None)
	out = sys.stdout.buffer
	for n, line in enumerate(open("$TMP/all.log", "rb"), 1):
	    if cursor is not None and n < int(cursor[2:]):
	        continue
	    m = re.match(rb"(\\S+) (\\S+) ([^\\[: ]+)(?:\\[(\\d+)\\])?: (.*)", line)
	    t = datetime.datetime.fromisoformat(m[1].decode())
	    us = int(t.timestamp()) * 1000000 + t.microsecond
	    out.write(b"__CURSOR=s=%d\\n__REALTIME_TIMESTAMP=%d\\n_HOSTNAME=%s\\nSYSLOG_IDENTIFIER=%s\\n" % (n, us, m[2], m[3]))
	    if m[4]:
	        out.write(b"SYSLOG_PID=%s\\n" % m[4])
	    out.write(b"MESSAGE\\n" + len(m[5]).to_bytes(8, "little") + m[5] + b"\\n\\n" if n % 2 else b"MESSAGE=" + m[5] + b"\\n\\n")
	    if n % 100 == 0:
	        out.flush()
	        time.sleep(0.003)
	out.flush()
	time.sleep(60)
END
chmod +x "$TMP/journalctl"

scene journal
for i in 1 2 3 4; do
	"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --journal --from-start --journalctl "$TMP/journalctl" 2>>"$DIR/errors" &
	FOLLOWER=$!
	sleep "0.$((i + 1))"
	unfollow KILL
done
"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --journal --from-start --journalctl "$TMP/journalctl" 2>>"$DIR/errors" &
FOLLOWER=$!
ok "the journal is read, through four kills" until_read "$TOTAL"
unfollow
ok "each of its lines once" test "$(read_lines)" -eq "$TOTAL"
ok "it says of attempts, mails and fates what the log says" says_all
ok "and nothing is missing" test "$(holes)" -eq 0

# ------------------------------------------------------------------ at rest

if command -v strace >/dev/null; then
	scene idle
	lines 1000
	"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --from-start "$LOG" 2>>"$DIR/errors" &
	FOLLOWER=$!
	until_read 1000 >/dev/null
	sleep 1
	timeout 4 strace -f -qq -o "$TMP/strace" -p "$FOLLOWER" 2>/dev/null
	unfollow
	ok "at rest it makes a system call a second, or two: $(wc -l <"$TMP/strace") in 4 s" \
		test "$(wc -l <"$TMP/strace")" -le 8
else
	skip "system calls at rest" "strace is not installed"
fi

# ------------------------------------------------------------------ killed

ok "12 kills with rotations: nothing lost, nothing doubled, every fate the same" \
	python3 "$TESTS/torture/kill.py" "$WOULDBLOCK" "$TMP/all.log" "$TMP/killed" --kills 12 --seed 5

finish
