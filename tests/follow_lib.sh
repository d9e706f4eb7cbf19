# shellcheck shell=bash
# What the tests of follow share: waiting for it, and ending it. FOLLOWER is its pid, $DIR/errors what it said.

# unfollow [SIGNAL]: ends it; STATUS is how.
unfollow()
{
	kill -"${1:-TERM}" "$FOLLOWER" 2>/dev/null
	wait "$FOLLOWER" 2>/dev/null
	# shellcheck disable=SC2034 # it is the caller's
	STATUS=$?
	FOLLOWER=
}

read_lines()
{
	local n
	n=$(sqlite3 -readonly "$DB" "SELECT coalesce(sum(lines), 0) FROM counted WHERE sort <> 'check'" 2>/dev/null)
	echo "${n:-0}"
}

# until_true COMMAND...: 10 s at most.
until_true()
{
	local i
	for ((i = 0; i < 500; i++)); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.02
	done
	echo "never true: $*"
	cat -- "${DIR-}/errors" 2>/dev/null
	return 1
}

has_read()
{
	[ "$(read_lines)" -ge "$1" ]
}

# until_read N: waits until so many lines are counted, 10 s at most.
until_read()
{
	until_true has_read "$1" && return
	echo "read $(read_lines) lines, not $1"
	return 1
}
