#!/usr/bin/env bash
#
#     endless.sh [GB]
#
# A line of so many GB (10), in a log that is read once and in one that is followed, and as many GB of
# zeros in a small .gz: memory stays what it was, and what stands behind is read (faults.md I36, I44).

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/../lib.sh"
# shellcheck source=tests/follow_lib.sh
. "$TESTS/follow_lib.sh"

BYTES=$((${1:-10} * 1000000000))
MOST=65536 # KiB
[ -z "${ASAN_OPTIONS-}" ] || MOST=524288
FOLLOWER=
trap '[ -z "$FOLLOWER" ] || kill -9 "$FOLLOWER" 2>/dev/null; rm -rf -- "$TMP"' EXIT
corpus mail.iso.log "$TMP/all.log"

# peak COMMAND...: the most memory that it took, in KiB.
peak()
{
	python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

endless()
{
	head -c "$BYTES" /dev/zero | tr '\0' "$1"
}

fresh once
mkfifo "$TMP/pipe"
{ sed -n 1,100p "$TMP/all.log"; endless x; echo; sed -n 101,200p "$TMP/all.log"; } >"$TMP/pipe" &
size=$(peak "$WOULDBLOCK" --db "$DB" --config "$CONF" ingest --quiet --log mail.log "$TMP/pipe")
ok "a line without end takes $size KiB" test "$size" -le "$MOST"
ok "... and the lines behind it are read" test "$(read_lines)" -eq 201

fresh packed
{ sed -n 1,100p "$TMP/all.log"; endless '\0'; echo; sed -n 101,200p "$TMP/all.log"; } | gzip -1 >"$TMP/mail.log.1.gz"
size=$(peak "$WOULDBLOCK" --db "$DB" --config "$CONF" ingest --quiet "$TMP/mail.log.1.gz")
ok "zeros without end in a .gz take $size KiB" test "$size" -le "$MOST"
ok "... and the lines behind them are read" test "$(wb list attempts --format jsonl | wc -l)" -ge 0 -a "$(read_lines)" -ge 200

# A file with a hole of that size is read as zeros.
fresh followed
DIR=$TMP/followed.d
LOG=$DIR/mail.log
sed -n 1,100p "$TMP/all.log" >"$LOG"
"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --from-start --poll 50 "$LOG" 2>"$DIR/errors" &
FOLLOWER=$!
until_read 100 >/dev/null
truncate -s $((BYTES + $(stat -c %s "$LOG"))) "$LOG"
sleep 1
echo >>"$LOG"
sed -n 101,200p "$TMP/all.log" >>"$LOG"
for ((i = 0; i < 600; i++)); do
	[ "$(read_lines)" -ge 200 ] && break
	sleep 0.5
done
size=$(awk '/^VmHWM:/ { print $2 }' "/proc/$FOLLOWER/status")
ok "zeros without end in a log that is followed take $size KiB" test "$size" -le "$MOST"
ok "... and the lines behind them are read" test "$(read_lines)" -ge 200
unfollow TERM
ok "... it ends with 0" status_is 0
finish
