#!/usr/bin/env bash
#
#     starts.sh [STARTS [SIGNALS]]
#
# Twelve followers of one log at the same moment, so many times (100): one reads, the others are turned
# away. One follower and so many of each signal at any time (200): nothing is lost (faults.md P1, P4).

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/../lib.sh"
# shellcheck source=tests/follow_lib.sh
. "$TESTS/follow_lib.sh"

FOLLOWER=
trap '[ -z "$FOLLOWER" ] || kill -9 "$FOLLOWER" 2>/dev/null; rm -rf -- "$TMP"' EXIT
corpus mail.iso.log "$TMP/all.log"
TOTAL=$(wc -l <"$TMP/all.log")

bad=
for ((n = 1; n <= ${1:-100}; n++)); do
	fresh race
	DIR=$TMP/race.d
	LOG=$DIR/mail.log
	sed -n 1,50p "$TMP/all.log" >"$LOG"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		(
			"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --from-start --poll 50 "$LOG" 2>/dev/null &
			wait $!
			echo $? >"$DIR/status.$i"
		) &
	done
	until_read 50 >/dev/null || bad="$bad $n:unread"
	turned_away()
	{
		[ "$(cat -- "$DIR"/status.* | sort | uniq -c | tr -s ' ')" = " 11 75" ]
	}
	until_true turned_away >/dev/null || bad="$bad $n:$(cat -- "$DIR"/status.* | sort | uniq -c | tr -s '\n ' ' ')"
	kill "$(head -n 1 -- "$DB.ingest.lock")"
	wait
	[ "$(read_lines)" -eq 50 ] || bad="$bad $n:doubled"
done
ok "${1:-100} times twelve at once: one reads, eleven are turned away;$bad" test -z "$bad"

fresh signals
DIR=$TMP/signals.d
LOG=$DIR/mail.log
: >"$LOG"
follow()
{
	"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --from-start --poll 50 --rotate-wait 300 "$LOG" 2>>"$DIR/errors" &
	FOLLOWER=$!
}
follow
RANDOM=7 bad='' at=0
for ((n = 1; n <= 3 * ${2:-200}; n++)); do
	sed -n "$((at + 1)),$((at + 5))p" "$TMP/all.log" >>"$LOG"
	at=$((at + 5 < TOTAL ? at + 5 : TOTAL))
	sleep "0.0$((RANDOM % 90 + 10))"
	case $((n % 3)) in
	0) kill -HUP "$FOLLOWER" || bad="$bad $n:HUP" ;;
	*)
		# Until it has said that it is there, nobody promises what a signal does.
		until_true grep -qx "$FOLLOWER" "$DB.ingest.lock" >/dev/null || bad="$bad $n:start"
		SECONDS=0
		unfollow "$([ $((n % 3)) -eq 1 ] && echo TERM || echo INT)"
		[ "$STATUS" -eq 0 ] && [ "$SECONDS" -le 2 ] || bad="$bad $n:$STATUS"
		follow
		;;
	esac
done
ok "${2:-200} times TERM, INT and HUP at any time: it ends with 0 within 2 s, or goes on;$bad" test -z "$bad"
ok "... all is read" until_read "$at"
unfollow TERM
ok "... each line once" test "$(read_lines)" -eq "$at"
ok "... and nothing is missing" test "$(sqlite3 -readonly "$DB" 'SELECT count(*) FROM hole')" -eq 0
finish
