#!/usr/bin/env bash
#
#     steps.sh [STEP | all]
#
# A small log in three files is followed, and killed at its system call 1, 1 + STEP, 1 + 2 STEP ...
# of those that read, write, lock or sync; the next start must make the same database as one that
# nobody disturbed (faults.md 1.8, point 3).

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/../lib.sh"

STEP=${1:-10}
[ "$STEP" != all ] || STEP=1
CALLS=openat,read,pread64,write,pwrite64,fdatasync,fsync,ftruncate,flock,unlink
corpus mail.iso.log "$TMP/whole.log"

# once COMMAND...: a follower for as long as it lives, or until it has read all.
once()
{
	local i
	"$@" "$WOULDBLOCK" --db "$DB" --config "$CONF" follow --history 9 --poll 50 --rotate-wait 100 \
		"$TMP/logs/mail.log" >"$OUT" 2>"$ERR" &
	for ((i = 0; i < 200; i++)); do
		kill -0 $! 2>/dev/null || break
		[ "$(lines_read)" -ge 900 ] && sleep 0.3 && break
		sleep 0.02
	done
	kill_children $!
	wait $! 2>/dev/null
}

# strace does not pass the signal on.
kill_children()
{
	local children
	read -ra children 2>/dev/null <"/proc/$1/task/$1/children"
	kill "${children[@]}" 2>/dev/null
	grep -q strace "/proc/$1/comm" 2>/dev/null || kill "$1" 2>/dev/null
}

lines_read()
{
	local n
	n=$(sqlite3 -readonly "$DB" "SELECT coalesce(sum(lines), 0) FROM counted WHERE sort <> 'check'" 2>/dev/null)
	echo "${n:-0}"
}

mkdir -- "$TMP/logs"
sed -n '1,300p' "$TMP/whole.log" | gzip >"$TMP/logs/mail.log.2.gz"
sed -n '301,600p' "$TMP/whole.log" >"$TMP/logs/mail.log.1"
sed -n '601,900p' "$TMP/whole.log" >"$TMP/logs/mail.log"
touch -d yesterday -- "$TMP/logs/mail.log.1" "$TMP/logs/mail.log.2.gz"
fresh undisturbed
once env
dump "$DB" >"$TMP/undisturbed.dump"
ok "undisturbed, all is read" test "$(lines_read)" -eq 900
if ! command -v strace >/dev/null; then
	skip "a kill at each step" "strace is not installed"
	finish
fi
fresh counted
once strace -f -qq -o "$TMP/calls" -e "trace=$CALLS"
calls=$(grep -c '(' "$TMP/calls")
ok "there are steps to be killed at: $calls" test "$calls" -gt 100
bad=
for ((n = 1; n <= calls; n += STEP)); do
	fresh step
	once strace -qq -o "$TMP/calls" -e "trace=$CALLS" -e "inject=$CALLS:signal=KILL:when=$n"
	once env
	dump "$DB" >"$TMP/step.dump"
	cmp -s -- "$TMP/undisturbed.dump" "$TMP/step.dump" || bad="$bad $n"
done
ok "killed at every step, the next start makes the same database; others:$bad" test -z "$bad"
finish
