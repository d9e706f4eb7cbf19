#!/usr/bin/env bash
#
#     damage.sh COUNT [SEED]
#
# So many damaged databases (faults.md D3, gate G7), 250 for each seed from SEED on (damage.py).

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/../lib.sh"

count=${1:-2000}
for ((seed = ${2:-1}; count > 0; seed++, count -= 250)); do
	ok "damaged databases, seed $seed: no reader says go, none crashes or hangs, follow makes them anew" \
		python3 "$TESTS/faults/damage.py" "$WOULDBLOCK" "$TESTS/criteria/make-log" "$TMP/run" \
		--count $((count < 250 ? count : 250)) --seed "$seed"
	tail -n 1 -- "$TMP/said"
done
finish
