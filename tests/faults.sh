#!/usr/bin/env bash
#
#     faults.sh [every | staged]
#
# What the system does to us (faults.md P6 to P13, D1 to D3, D9, D10, I52, I53): calls that fail
# (tests/faults/shim.c), a disk that is full, names that change between two looks; and what
# tests/faults_damage.sh has. `every`: each call of each sort fails once,
# which takes hours.
#
# FAULT_SHIM=PATH names the preloaded library; `make test` builds it.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=tests/follow_lib.sh
. "$TESTS/follow_lib.sh"

SHIM=$(realpath -m -- "${FAULT_SHIM:-${BUILD:-$ROOT/.build}/faults.so}")
ok "the library that makes calls fail is there" test -e "$SHIM" || finish
spellings()
{
	comm -23 \
		<(nm -D -- "$WOULDBLOCK" | sed -n 's/.* U \([^@]*\).*/\1/p' |
			grep -xE "(__)?($(nm -D --defined-only -- "$SHIM" | awk '{ print $3 }' | grep -v _ | sed 's/64$//' |
				sort -u | paste -sd '|'))(64)?(_2|_chk)?" | sort -u) \
		<(nm -D --defined-only -- "$SHIM" | awk '{ print $3 }' | sort -u)
}
ok "... and stands before each spelling of them that the compiler may choose" test -z "$(spellings)"
# A sanitizer's library insists on being the first.
PRELOAD="$(ldd "$WOULDBLOCK" | awk '/libasan/ { print $3 " " }')$SHIM"
corpus mail.iso.log "$TMP/all.log"
TOTAL=$(wc -l <"$TMP/all.log")
fresh whole
wb ingest --quiet "$TMP/all.log"
lists "$TMP/whole.lists"
sort -o "$TMP/whole.lists" "$TMP/whole.lists"

FOLLOWER='' SMALL=''
trap 'end_all' EXIT

end_all()
{
	[ -z "$FOLLOWER" ] || kill -9 "$FOLLOWER" 2>/dev/null
	[ -z "$SMALL" ] || umount "$SMALL" 2>/dev/null
	rm -rf -- "$TMP"
}

# ------------------------------------------------------------------ a follower and its log

# scene NAME: an empty folder, a database, a log that is not there yet.
scene()
{
	fresh "$1"
	DIR=$TMP/$1.d
	LOG=$DIR/logs/mail.log
	mkdir -- "$DIR/logs"
}

# part FROM TO: these lines of the log.
part()
{
	sed -n "$1,$2p" -- "$TMP/all.log"
}

# follow [NAME=VALUE...]: starts it, under orders for the shim if there are any.
WAIT=300 # rotate_wait in milliseconds
follow()
{
	truncate -s 0 -- "$DIR/struck"
	truncate -s 16 -- "$DIR/struck"
	env FI_COUNT="$DIR/struck" "$@" "$WOULDBLOCK" --db "$DB" --config "$CONF" follow --history 9 --poll 50 --rotate-wait "$WAIT" \
		"$LOG" 2>>"$DIR/errors" &
	FOLLOWER=$!
}

# The call that was meant has been made.
struck()
{
	[ "$(od -An -t d8 -j 8 -- "$DIR/struck")" -gt 0 ]
}

at_rest()
{
	grep -Eq '^follow [0-9]+ 0*[1-9]' "$DB.ingest.lock"
}

says_all()
{
	lists "$TMP/now.lists" && sort -o "$TMP/now.lists" "$TMP/now.lists" && same "$TMP/whole.lists" "$TMP/now.lists"
}

# ends_whole WHAT: all is read, each line once, and every mail is what it is.
ends_whole()
{
	ok "$1: all is read" until_read "$TOTAL"
	unfollow
	ok "$1: it ends with 0" status_is 0
	ok "$1: each line once" test "$(read_lines)" -eq "$TOTAL"
	ok "$1: attempts, mails and fates are those of the whole log" says_all
	ok "$1: the database is whole" test "$(sqlite3 -readonly "$DB" 'PRAGMA integrity_check')" = ok
}

# ------------------------------------------------------------------ names that change between two looks

# A writer that is late by more than rotate_wait, and a follower that was not there when it began.
scene late
part 1 2000 >"$LOG"
follow
until_read 2000 >/dev/null
unfollow KILL
mv -- "$LOG" "$LOG.1"
: >"$LOG"
touch -d '1 hour ago' "$LOG.1"
rm -- "$DB.ingest.lock"
follow
until_true at_rest
part 2001 3000 >>"$LOG.1"
sleep 0.3
part 3001 "$TOTAL" >>"$LOG"
ends_whole "lines behind the end of a rotated file that was read, before the first of the new one"

# The new file has lines, and the writer of the old one is not done: until that was silent for rotate_wait it may be in
# the middle of a line, or write into what has no name any more (I2, I30).
scene slow
WAIT=60000
exec 7>>"$LOG"
part 1 1000 >&7
follow
until_read 1000 >/dev/null
mv -- "$LOG" "$LOG.1"
part 1101 2000 >"$LOG"
ok "a writer that is late: the new file is read meanwhile" until_read 1900
warned=$(part 1001 1100 | grep -E -m 1 'NOQUEUE: ')
n=$((1000 + $(part 1001 1100 | grep -nxF -m 1 -- "$warned" | cut -d: -f1)))
part 1001 $((n - 1)) >&7
printf %s "${warned:0:150}" >&7
ok "... and of the old one what is whole" until_read $((1900 + n - 1001))
sleep 0.5
printf '%s\n' "${warned:150}" >&7
ok "... and the line in whose middle it was, as one" until_read $((1900 + n - 1000))
gzip -c -- "$LOG.1" >"$LOG.1.gz" && rm -- "$LOG.1"
sleep 0.5
part $((n + 1)) 1100 >&7
ok "... and what it wrote when its file had no name any more" until_read 2000
exec 7>&-
unfollow
ok "... each line once" test "$(read_lines)" -eq 2000
part 1 2000 >"$DIR/both"
"$WOULDBLOCK" --db "$DIR/both.db" --config "$CONF" ingest --quiet "$DIR/both"
ok "... and each attempt" test "$(count_attempts)" -eq "$(DB=$DIR/both.db count_attempts)"
WAIT=300

# The live file is renamed after it was opened, before the others are listed.
scene renamed
part 1 1000 >"$LOG"
follow
until_read 1000 >/dev/null
unfollow KILL
mv -- "$LOG" "$LOG.3"
part 1001 1500 | gzip >"$LOG.2.gz"
part 1501 2000 >"$LOG.1"
touch -d '1 hour ago' "$LOG.1" "$LOG.2.gz" "$LOG.3"
part 2001 2500 >"$LOG"
part 2501 "$TOTAL" >"$DIR/rest"
cat >"$DIR/rotate" <<-END
	cd '$DIR/logs'
	mv mail.log.3 mail.log.4; mv mail.log.2.gz mail.log.3.gz; mv mail.log.1 mail.log.2; mv mail.log mail.log.1
	cp '$DIR/rest' mail.log
END
follow LD_PRELOAD="$PRELOAD" FI_CALL=list FI_PATH="$DIR/logs" FI_N=1 FI_RUN="sh '$DIR/rotate'"
ends_whole "a live file renamed between its opening and the listing of the others"
ok "... that moment came" struck

# Between the last look at a rotated file and the listing, its writer ends it, and fills others.
scene finished
part 1 1000 >"$LOG"
part 1001 1500 >"$DIR/late"
part 1501 2000 | gzip >"$DIR/second.gz"
part 2001 2500 >"$DIR/third"
part 2501 "$TOTAL" >"$DIR/rest"
cat >"$DIR/rotate" <<-END
	cd '$DIR/logs'
	cat '$DIR/late' >>mail.log.1
	gzip -c mail.log.1 >mail.log.3.gz; rm mail.log.1
	cp '$DIR/second.gz' mail.log.2.gz; cp '$DIR/third' mail.log.1; touch -d '1 hour ago' mail.log.*
	cp '$DIR/rest' mail.log
END
follow LD_PRELOAD="$PRELOAD" FI_CALL=list FI_PATH="$DIR/logs" FI_N=3 FI_RUN="sh '$DIR/rotate'"
until_read 1000 >/dev/null
mv -- "$LOG" "$LOG.1"
ends_whole "a rotated file that was finished between the last look at it and the listing"
ok "... that moment came" struck

# logrotate moves the old files up one by one before it renames the live one (I53).
scene shifted
part 1 500 | gzip >"$LOG.3.gz"
part 501 1000 | gzip >"$LOG.2.gz"
part 1001 1500 >"$LOG.1"
touch -d '1 hour ago' "$LOG.1" "$LOG.2.gz" "$LOG.3.gz"
part 1501 "$TOTAL" >"$LOG"
cat >"$DIR/rotate" <<-END
	cd '$DIR/logs'
	mv mail.log.3.gz mail.log.4.gz; mv mail.log.2.gz mail.log.3.gz; mv mail.log.1 mail.log.2
END
follow LD_PRELOAD="$PRELOAD" FI_CALL=open FI_PATH=mail.log.2.gz FI_N=1 FI_RUN="sh '$DIR/rotate'"
ends_whole "names that move up between the listing and the opening"
ok "... that moment came" struck

# The same of a whole rotation: each name can be opened, and the old .2 is none of them.
scene rotated_whole
part 1 500 >"$LOG.3"
part 501 1000 >"$LOG.2"
part 1001 1500 >"$LOG.1"
touch -d '1 hour ago' "$LOG.1" "$LOG.2" "$LOG.3"
part 1501 2500 >"$LOG"
part 2501 "$TOTAL" >"$DIR/rest"
cat >"$DIR/rotate" <<-END
	cd '$DIR/logs'
	mv mail.log.3 mail.log.4; mv mail.log.2 mail.log.3; mv mail.log.1 mail.log.2; mv mail.log mail.log.1
	cp '$DIR/rest' mail.log
END
follow LD_PRELOAD="$PRELOAD" FI_CALL=open FI_PATH=mail.log.2 FI_N=1 FI_RUN="sh '$DIR/rotate'"
ends_whole "a whole rotation between the listing and the opening"
ok "... that moment came" struck

# Copied and truncated between the look that says what the live file is and the reading of it, or between two reads of
# it: it holds other lines then, and more of them than the place that was reached (I4, I6). Before which of the first
# reads that is, is all one.
for n in 2 3 4 5; do
	scene "truncated$n"
	part 1 1000 >"$LOG"
	follow
	until_read 1000 >/dev/null
	unfollow
	cp -- "$LOG" "$LOG.1"
	part 1001 1500 >"$LOG"
	part 1501 2000 >"$DIR/next"
	cat >"$DIR/rotate" <<-END
		cd '$DIR/logs'
		mv mail.log.1 mail.log.2; cp mail.log mail.log.1; cat '$DIR/next' >mail.log; touch '$DIR/done'
	END
	follow LD_PRELOAD="$PRELOAD" FI_CALL=read FI_PATH=/mail.log FI_N="$n" FI_RUN="sh '$DIR/rotate'"
	until_true test -e "$DIR/done"
	part 2001 "$TOTAL" >>"$LOG"
	ends_whole "a live file truncated right before read $n, and grown beyond what it was"
	ok "... that moment came" struck
done

# ------------------------------------------------------------------ calls that fail

# The log is written while calls fail; live batches are small, so that many are torn.
scene torn
part 1 1000 >"$LOG"
follow
until_read 1000 >/dev/null
unfollow
follow LD_PRELOAD="$PRELOAD" FI_CALL=pwrite FI_PATH=db-wal FI_N=90 FI_ERR=ENOSPC
for ((at = 1001; at <= TOTAL; at += 200)); do
	part "$at" $((at + 199)) >>"$LOG"
	sleep 0.01
done
ends_whole "a disk that is full for one write in the middle of a batch"
ok "... that moment came" struck
ok "... it has said so" grep -q 'disk is full' "$DIR/errors"

# What cannot be stored for ever: follow waits, says so, and can be ended.
scene stored
part 1 1000 >"$LOG"
follow
until_read 1000 >/dev/null
unfollow
rm -- "$DB.ingest.lock"
follow LD_PRELOAD="$PRELOAD" FI_CALL=pwrite FI_PATH=db-wal FI_N=90 FI_EVER=1 FI_ERR=EIO
until_true at_rest
part 1001 "$TOTAL" >>"$LOG"
ok "nothing can be written: status says that it pauses" until_true paused "disk I/O error"
run list attempts --format jsonl
ok "... and what is stored can be read" test "$STATUS" -eq 0 -a -s "$OUT"
SECONDS=0
unfollow
ok "... and it ends with 0, and soon, when it is told to" test "$STATUS" -eq 0 -a "$SECONDS" -le $((2 * ${TIME_FACTOR:-1}))

[ "${1-}" != staged ] || finish

faults()
{
	python3 "$TESTS/faults/faults.py" "$WOULDBLOCK" "$SHIM" "$TMP/all.log" "$TMP/faults" "$@"
}

if [ "${1-}" = every ]; then
	ok "each call that fails: on it goes, or it stops in good order, and nothing is lost" faults --every --jobs 4
	finish
fi
ok "calls that fail: on it goes, or it stops in good order, and nothing is lost" faults --points "${FAULT_POINTS:-2}" --jobs 4

# shellcheck source=tests/faults_damage.sh
. "$TESTS/faults_damage.sh"

# ------------------------------------------------------------------ a disk that is full

# Room is given back while it runs: to a limit of file size, which anybody may set ...
scene limit
cat -- "$TMP/all.log" >"$LOG"
(
	trap '' XFSZ
	ulimit -S -f 600
	exec "$WOULDBLOCK" --db "$DB" --config "$CONF" follow --history 9 --poll 50 --rotate-wait 300 "$LOG" 2>>"$DIR/errors"
) &
FOLLOWER=$!
ok "no room for the database: it says so" until_true grep -q "^wouldblock: .*db: " "$DIR/errors"
ok "... and stays" kill -0 "$FOLLOWER"
prlimit --pid "$FOLLOWER" --fsize=unlimited
ends_whole "room after a file was not allowed to grow"

# ... and to a file system, where that is permitted.
SMALL=$TMP/small
mkdir -- "$SMALL"
if ! mount -t tmpfs -o size=700k none "$SMALL" 2>"$TMP/refused"; then
	echo "# no small file system may be mounted here ($(cat -- "$TMP/refused")): the limit above stands for it"
	SMALL=
	finish
fi
scene full
DB=$SMALL/db
cat -- "$TMP/all.log" >"$LOG"
run ingest --quiet "$LOG"
ok "ingest ends with 74 and one line when the disk is full" complains 74
rm -f -- "$DB"*
follow
ok "follow says that the disk is full" until_true grep -q 'disk is full' "$DIR/errors"
ok "... and stays" kill -0 "$FOLLOWER"
ok "... and status says that it pauses" until_true paused "database or disk is full"
mount -o remount,size=20m "$SMALL"
ends_whole "room after the disk was full"
finish
