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

# paused WORDS: `status` says that it pauses, and why, since when and until when, to people and to programs.
paused()
{
	run status
	says "^paused, nothing can be stored: .*$1.*; first [0-9]+ s ago, next try (in [0-9]+ s|now)\$" || return
	run status --format json
	python3 -c 'import json, sys; from datetime import datetime
p = json.load(sys.stdin)["paused"]
sys.exit(sys.argv[1] not in p["why"] or not datetime.fromisoformat(p["since"][:19]) <= datetime.fromisoformat(p["next_try"][:19]))' \
		"$1" <"$OUT"
}

# not_paused: neither form of `status` says that it pauses.
not_paused()
{
	run status
	says "follow runs \(pid" && ! grep -q '^paused' "$OUT" && run status --format json && says '"paused":null'
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
