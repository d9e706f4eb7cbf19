#!/usr/bin/env bash
#
# What befalls the log, the process and the database of a follower besides rotation, crash and calls
# that fail (faults.md part 2: I, P, D): each time every line that is there counts once, or a hole is
# on record.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=tests/follow_lib.sh
. "$TESTS/follow_lib.sh"

corpus mail.iso.log "$TMP/all.log"
FOLLOWER=
trap '[ -z "$FOLLOWER" ] || kill -9 "$FOLLOWER" 2>/dev/null; rm -rf -- "$TMP"' EXIT

scene()
{
	fresh "$1"
	DIR=$TMP/$1.d
	mkdir -- "$DIR/logs"
	LOG=$DIR/logs/mail.log
}

follow()
{
	"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --from-start --poll 50 --rotate-wait 300 "$@" "$LOG" 2>>"$DIR/errors" &
	FOLLOWER=$!
}

# part FROM TO: these lines of the log.
part()
{
	sed -n "$1,$2p" -- "$TMP/all.log"
}

holes()
{
	sqlite3 -readonly "$DB" "SELECT count(*) FROM hole"
}

has_hole()
{
	[ "$(holes)" -gt 0 ]
}

# begin NAME: lines 1 to 1000 are there, and were read.
begin()
{
	scene "$1"
	part 1 1000 >"$LOG"
	follow
	until_read 1000 >/dev/null
}

# ends WHAT LINES: so many are read in the end, none of them twice, and it ends with 0.
ends()
{
	ok "$1: what is there is read" until_read "$2"
	unfollow
	ok "$1: each line once" test "$(read_lines)" -eq "$2"
	ok "$1: it ends with 0" status_is 0
}

says_error()
{
	until_true grep -q -- "$1" "$DIR/errors"
}

# ------------------------------------------------------------------ the log

begin truncated
size=$(stat -c %s -- "$LOG")
kill -STOP "$FOLLOWER"
part 1001 1400 >"$DIR/other"
filler='2026-10-26T01:02:03.000001+00:00 gw01 filler: '
head -c $((size - $(stat -c %s "$DIR/other") - ${#filler} - 1)) /dev/zero | tr '\0' 'x' >"$DIR/x"
{ cat "$DIR/other"; printf %s "$filler"; cat "$DIR/x"; echo; } >"$LOG"
ok "truncated and written to the same size: the sizes are equal" test "$(stat -c %s -- "$LOG")" -eq "$size"
kill -CONT "$FOLLOWER"
ends "truncated and written to the same size" 1401
ok "... and it is a hole" test "$(holes)" -gt 0

begin emptied
: >"$LOG"
sleep 0.3
before=$(cut -d' ' -f14,15 "/proc/$FOLLOWER/stat")
sleep 1
after=$(cut -d' ' -f14,15 "/proc/$FOLLOWER/stat")
ok "truncated, and nothing more: it waits without work ($before, $after)" \
	test $((${after% *} + ${after#* } - ${before% *} - ${before#* })) -le 10
part 1001 1200 >>"$LOG"
ends "truncated, and lines only later" 1200
ok "... and it is a hole" test "$(holes)" -gt 0

scene empty
: >"$LOG"
follow
until_true test -s "$DB.ingest.lock"
part 1 1 | head -c 60 >>"$LOG"
sleep 0.2
ok "an empty file, then half a line: nothing is counted" test "$(read_lines)" -eq 0
part 1 1 | tail -c +61 >>"$LOG"
ok "... and the line when it is whole" until_read 1
part 2 200 >>"$LOG"
ends "a file that begins empty" 200

begin alike
mv -- "$LOG" "$LOG.1"
{ part 1 20; part 1001 1100; } >"$LOG"
ok "a new file that begins as the one before, for more than is compared: it is said" says_error 'nothing in it continues what was read'
part 1101 1200 >>"$LOG"
ok "... what comes after that is read" until_read 1100
unfollow
ok "... nothing is counted twice" test "$(read_lines)" -le 1200
ok "... and what may be missing is a hole" test "$(holes)" -gt 0

scene short
part 1 1 >"$LOG"
follow
ok "a file of one line is read at once" until_read 1
mv -- "$LOG" "$LOG.1"
part 2 2 >"$LOG"
ok "and the next one" until_read 2
mv -- "$LOG.1" "$LOG.2"
mv -- "$LOG" "$LOG.1"
part 2 100 >"$LOG"
ok "one that begins with the line that was all of the file before: the others are counted" until_read 100
part 101 200 >>"$LOG"
ok "... and it is read on" until_read 200
unfollow

scene symlink
part 1 1000 >"$DIR/one"
ln -s "$DIR/one" "$LOG"
follow
until_read 1000 >/dev/null
part 1101 1200 >"$DIR/two"
ln -sfn "$DIR/two" "$LOG"
ok "a symbolic link that is turned to another file: that one is followed" until_read 1100
part 1001 1100 >>"$DIR/one"
ends "a late writer of the file that it led to" 1200

rm -- "$LOG"
ln -s "$DIR/two" "$LOG"
wb ingest --no-follow "$LOG" >"$OUT" 2>"$ERR"
STATUS=$?
ok "a symbolic link, and --no-follow: ingest refuses it" complains 66
ok "... and says why" says 'symbolic link'
timeout 10 "$WOULDBLOCK" --db "$DB" --config "$CONF" follow --no-follow "$LOG" >"$OUT" 2>"$ERR"
STATUS=$?
ok "a symbolic link, and --no-follow: follow refuses it" complains 66
ok "... and says why" says 'symbolic link'
ln -s "$DIR/logs" "$DIR/way"
wb ingest --quiet --no-follow "$DIR/way/../two" >"$OUT" 2>"$ERR"
STATUS=$?
ok "... a link on the way to a log is none of its matters" status_is 0

scene nolink
part 1 1000 >"$LOG"
follow --no-follow
until_read 1000 >/dev/null
part 2001 2100 >"$DIR/other"
mv -- "$LOG" "$LOG.1"
ln -s "$DIR/other" "$LOG"
ok "a symbolic link in the place of a log, and --no-follow: it is said" says_error 'symbolic link'
part 1001 1100 >>"$LOG.1"
ok "... and the old file is read on" until_read 1100
rm -- "$LOG"
part 1101 1200 >"$LOG"
ends "a link in the place of the log for a while" 1200

begin odd
mv -- "$LOG" "$LOG.1"
mkdir -- "$LOG"
ok "a folder in the place of the log: it is said" says_error 'is no plain file'
part 1001 1100 >>"$LOG.1"
ok "... and the old file is read on" until_read 1100
rmdir -- "$LOG"
mkfifo -- "$LOG"
sleep 0.2
ok "... a pipe there does not stop it" kill -0 "$FOLLOWER"
rm -- "$LOG"
part 1101 1200 >"$LOG"
ends "a folder and a pipe in the place of the log for a while" 1200
ok "... and nothing is missing" test "$(holes)" -eq 0
mkdir -- "$DIR/folder"
mkfifo -- "$DIR/pipe"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$DIR/socket"
for odd in "$DIR/folder" "$DIR/pipe" "$DIR/socket" /dev/zero; do
	timeout 10 "$WOULDBLOCK" --db "$DB" --config "$CONF" follow "$odd" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "follow ${odd##*/}: status 66 and one line" complains 66
	[ "$odd" = "$DIR/pipe" ] && continue
	timeout 10 "$WOULDBLOCK" --db "$DB" --config "$CONF" ingest "$odd" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "ingest ${odd##*/}: status 66 and one line" complains 66
done
part 1201 1300 >"$DIR/pipe" &
wb ingest --log "$LOG" "$DIR/pipe" >"$OUT" 2>"$ERR"
ok "ingest of a pipe with a name: its lines are counted" test "$(read_lines)" -eq 1300
wb ingest --log "$LOG" - >"$OUT" 2>"$ERR" < <(part 1201 1300)
ok "... and not again when they come through another one" test "$(read_lines)" -eq 1300

begin moved
mv -- "$DIR/logs" "$DIR/away"
part 1001 1100 >>"$DIR/away/mail.log"
ok "the folder of the log moved away: the open file is read on" until_read 1100
mkdir -- "$DIR/logs"
part 1101 1200 >"$LOG"
ends "another folder in its place" 1200

begin lost
unfollow
part 1001 1100 >>"$LOG"
rm -r -- "$DIR/logs"
mkdir -- "$DIR/logs"
part 1101 1200 >"$LOG"
follow
ends "the folder of the log gone with what was unread, another in its place" 1100
ok "... and it is a hole" test "$(holes)" -gt 0

begin elsewhere
unfollow
part 1001 1100 >>"$LOG"
mkdir -- "$DIR/old"
mv -- "$LOG" "$DIR/old/mail.log.1"
part 1101 1200 >"$LOG"
follow
ok "rotated into a folder of which nobody told: it is said, with the option that names one" says_error '--olddir'
ends "rotated into a folder of which nobody told" 1100
ok "... and it is a hole" test "$(holes)" -gt 0

scene twice
part 1 1000 >"$LOG"
ln -- "$LOG" "$DIR/logs/other.log"
ln -s mail.log "$DIR/logs/third.log"
follow "$LOG" "$DIR/logs/./mail.log" "$DIR/logs/other.log" "$DIR/logs/third.log"
ok "one file under four names: it is said" says_error 'is the same file as another log'
part 1001 1100 >>"$LOG"
ends "one file under four names" 1100

begin edited
sed -i 700d "$LOG"
ok "a log edited by hand: it is said" says_error 'edited'
part 1001 1100 >>"$LOG"
ends "a log edited by hand" 1100
ok "... and it is a hole" test "$(holes)" -gt 0

# The last page is zeros after a power cut, and was read before.
begin zeros
size=$(stat -c %s -- "$LOG")
dd if=/dev/zero of="$LOG" bs=1 seek=$((size - 4096)) count=4096 conv=notrunc status=none
printf '\n' >>"$LOG"
part 1001 1100 >>"$LOG"
ok "the last page that was read turned to zeros: it is a hole" until_true has_hole
part 1101 1200 >>"$LOG"
ok "... what comes after that is read" until_read 1100
unfollow
ok "... and nothing is counted again" test "$(read_lines)" -le 1201

# On a network a file may have its size before it has its bytes: zeros are read. More of them than we keep, and fewer.
for n in 5000 600000; do
	begin "zeros$n"
	cp -- "$LOG" "$DIR/whole"
	part 1001 $((1000 + n / 200)) >>"$DIR/whole"
	truncate -s "$(stat -c %s -- "$DIR/whole")" -- "$LOG"
	sleep 0.3
	ok "$n zeros at the end: they are not taken for what was written" test "$(read_lines)" -eq 1000
	cat -- "$DIR/whole" 1<>"$LOG"
	ends "$n zeros at the end, then the bytes" $((1000 + n / 200))
	ok "... and nothing is missing" test "$(holes)" -eq 0
done

SHIM=$(realpath -m -- "${FAULT_SHIM:-${BUILD:-$ROOT/.build}/faults.so}")
if [ -e "$SHIM" ]; then
	scene stale
	part 1 1000 >"$LOG"
	export LD_PRELOAD FI_CALL=read,pread,fstat FI_PATH=/mail.log FI_ERR=ESTALE FI_N=40
	LD_PRELOAD="$(ldd "$WOULDBLOCK" | awk '/libasan/ { print $3 " " }')$SHIM"
	follow
	unset LD_PRELOAD FI_CALL FI_PATH FI_ERR FI_N
	for ((at = 1001; at <= 2000; at += 20)); do
		part "$at" $((at + 19)) >>"$LOG"
		sleep 0.02
	done
	ends "a log on a network whose open file is not valid any more (ESTALE)" 2000
	ok "... and nothing is missing" test "$(holes)" -eq 0
else
	ok "the library that makes calls fail is there" false
fi

if [ -e "$SHIM" ]; then
	begin packed
	unfollow
	part 1001 1100 >>"$LOG"
	mv -- "$LOG" "$LOG.1"
	gzip -- "$LOG.1"
	part 1101 1200 >"$LOG"
	export LD_PRELOAD FI_CALL=spawn FI_N=1 FI_EVER=1 FI_ERR=ENOENT
	LD_PRELOAD="$(ldd "$WOULDBLOCK" | awk '/libasan/ { print $3 " " }')$SHIM"
	follow
	unset LD_PRELOAD FI_CALL FI_N FI_EVER FI_ERR
	ends "a rotated log, and nothing there to uncompress it with: the one behind it" 1100
	ok "... the log is named, and what is missing" grep -q 'mail\.log\.1\.gz.*package gzip' "$DIR/errors"
	ok "... and the hole names them, too" test \
		"$(sqlite3 -readonly "$DB" "SELECT count(*) FROM hole WHERE cause LIKE '%mail.log.1.gz%package gzip%'")" -eq 1
fi

scene savelog
part 1 1000 >"$LOG"
follow
until_read 1000 >/dev/null
unfollow
part 1001 1100 >>"$LOG"
mv -- "$LOG" "$DIR/logs/mail.log.0"
gzip -- "$DIR/logs/mail.log.0" && mv -- "$DIR/logs/mail.log.0.gz" "$DIR/logs/mail.log.1.gz"
part 1101 1200 >"$LOG"
mv -- "$LOG" "$DIR/logs/mail.log.0"
part 1201 1300 >"$LOG"
follow
ends "savelog's names, twice, while it was stopped" 1300
ok "... and nothing is missing" test "$(holes)" -eq 0

# ------------------------------------------------------------------ what may not be opened

if can_be_nobody; then
	scene closed
	chmod 755 -- "$TMP" "$DIR" "$DIR/logs"
	chmod 777 -- "$DIR"
	cp -- "$WOULDBLOCK" "$TMP/program"
	somebody=()
	[ "$(id -u)" -ne 0 ] || somebody=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	# closed_follow: as somebody whom the modes keep out.
	closed_follow()
	{
		"${somebody[@]}" "$TMP/program" --db "$DB" --config "$CONF" follow --from-start --poll 50 --rotate-wait 300 \
			"$LOG" 2>>"$DIR/errors" &
		FOLLOWER=$!
	}
	part 1 1000 >"$LOG"
	closed_follow
	until_read 1000 >/dev/null
	chmod 200 -- "$LOG"
	part 1001 1100 >>"$LOG"
	ok "a log that may not be opened any more is read on" until_read 1100
	unfollow
	part 1101 1200 >>"$LOG"
	mv -- "$LOG" "$LOG.1"
	part 1201 1300 >"$LOG"
	closed_follow
	ends "a rotated log that may not be opened: the one behind it" 1200
	ok "... and it is a hole that says why" test \
		"$(sqlite3 -readonly "$DB" "SELECT count(*) FROM hole WHERE cause LIKE '%mail.log.1 %Permission denied'")" -eq 1
	chmod 700 -- "$TMP"
else
	skip "a log that may not be opened" "root, and no other user to be"
fi

# ------------------------------------------------------------------ the process

begin signals
for ((at = 1001; at <= 2000; at += 50)); do
	part "$at" $((at + 49)) >>"$LOG"
	kill -HUP "$FOLLOWER"
	kill -USR1 "$FOLLOWER"
	kill -USR2 "$FOLLOWER"
	kill -ALRM "$FOLLOWER"
	kill -PIPE "$FOLLOWER"
	kill -CHLD "$FOLLOWER"
	kill -WINCH "$FOLLOWER"
	kill -STOP "$FOLLOWER"
	kill -CONT "$FOLLOWER"
done
ends "a storm of signals" 2000

begin stopped
longest=0
for ((at = 1001; at <= 2000; at += 50)); do
	part "$at" $((at + 49)) >>"$LOG"
	[ $((at % 3)) -eq 0 ] && signal=TERM || signal=INT
	before=${EPOCHREALTIME/./}
	unfollow "$signal"
	took=$(((${EPOCHREALTIME/./} - before) / 1000))
	[ "$took" -le "$longest" ] || longest=$took
	[ "$STATUS" -eq 0 ] || break
	follow
	until_true grep -qx "$FOLLOWER" "$DB.ingest.lock" # from here on it hears
done
ends "told to stop twenty times, at once after lines came" 2000
ok "... each time it ended within 2 s ($longest ms)" test "$longest" -le $((2000 * ${TIME_FACTOR:-1}))
ok "... and nothing is missing" test "$(holes)" -eq 0

scene race
part 1 1000 >"$LOG"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	(
		"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --from-start --poll 50 "$LOG" 2>/dev/null &
		wait $!
		echo $? >"$DIR/status.$i"
	) &
done
until_read 1000 >/dev/null
turned_away()
{
	[ "$(cat -- "$DIR"/status.* | sort | uniq -c | tr -s ' ')" = " 11 75" ]
}
ok "twelve started at once: eleven are turned away with 75" until_true turned_away
part 1001 1100 >>"$LOG"
ok "... and one reads" until_read 1100
kill "$(head -n 1 -- "$DB.ingest.lock")"
wait
ok "... each line once" test "$(read_lines)" -eq 1100

if command -v prlimit >/dev/null; then
	begin descriptors
	prlimit --pid "$FOLLOWER" --nofile=3:
	mv -- "$LOG" "$LOG.1"
	part 1101 1200 >"$LOG"
	part 1001 1100 >>"$LOG.1"
	ok "no descriptor left when the log is rotated: it is said" says_error 'Too many open files'
	ok "... and it stays" kill -0 "$FOLLOWER"
	prlimit --pid "$FOLLOWER" --nofile=1024:
	ends "descriptors again" 1200
	ok "... and nothing is missing" test "$(holes)" -eq 0
else
	skip "no descriptor left" "prlimit is not installed"
fi

# ------------------------------------------------------------------ the database

begin gone
mv -- "$DB" "$DB.away"
part 1001 1100 >>"$LOG"
ok "its database moved away: it says so" says_error 'moved or replaced'
wait "$FOLLOWER"
STATUS=$? FOLLOWER=
ok "... and ends with 75" status_is 75
rm -f -- "$DB"*[^y]
mv -- "$DB.away" "$DB"
rm -f -- "$DB-wal" "$DB-shm"
follow
ends "its database back, without its log of writes" 1100

scene link
part 1 100 >"$LOG"
: >"$DIR/real"
ln -- "$DIR/real" "$DB"
wb follow "$LOG" >"$OUT" 2>"$ERR"
STATUS=$?
ok "a database with a second name: refused" complains 73
rm -- "$DB"
ln -s real "$DB"
wb follow "$LOG" >"$OUT" 2>"$ERR"
STATUS=$?
ok "a symbolic link as database: refused" complains 73
ok "... and what it leads to is as it was" test ! -s "$DIR/real"

begin shell
for ((at = 1001; at <= 2000; at += 100)); do
	part "$at" $((at + 99)) >>"$LOG"
	sqlite3 "$DB" 'PRAGMA busy_timeout = 5000; VACUUM; ANALYZE;' >/dev/null
done
ends "VACUUM and ANALYZE beside it" 2000

begin reader
coproc sqlite3 -readonly "$DB"
reader=$COPROC_PID
echo 'BEGIN; SELECT sum(lines) FROM counted;' >&"${COPROC[1]}"
read -r seen <&"${COPROC[0]}"
part 1001 3000 >>"$LOG"
ok "a reader that keeps what it saw: it is no hindrance" until_read 3000
echo 'SELECT sum(lines) FROM counted; COMMIT;' >&"${COPROC[1]}"
read -r still <&"${COPROC[0]}"
kill "$reader"
ok "... and sees that still" test "$seen" = "$still"
ends "beside a reader that keeps what it saw" 3000

begin backup
sqlite3 "$DB" ".backup '$DIR/backup'"
part 1001 2000 >>"$LOG"
until_read 2000 >/dev/null
unfollow
rm -f -- "$DB" "$DB-wal" "$DB-shm"
mv -- "$DIR/backup" "$DB"
part 2001 2100 >>"$LOG"
follow
ends "an older backup of the database" 2100
ok "... and nothing is missing" test "$(holes)" -eq 0
finish
