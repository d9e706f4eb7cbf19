#!/usr/bin/env bash
#
#     kill.sh KILLS
#
# So many kills of a follower while its log is written and rotated, 50 a run (kill.py).

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/../lib.sh"

corpus mail.iso.log "$TMP/whole.log"
for ((seed = 1; seed <= (${1:-1000} + 49) / 50; seed++)); do
	ok "50 kills, seed $seed: nothing lost, nothing doubled, every fate the same" \
		python3 "$TESTS/torture/kill.py" "$WOULDBLOCK" "$TMP/whole.log" "$TMP/run" --kills 50 --seed "$seed"
done
finish
