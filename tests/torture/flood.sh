#!/usr/bin/env bash
#
#     flood.sh SECONDS
#
# 5 000 lines a second, with a rotation half-way: nothing is lost, and memory stays under 64 MiB
# (performance.md, goal 8).

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/../lib.sh"

corpus mail.iso.log "$TMP/all.log"
flood()
{
	python3 "$TESTS/bench/flood.py" "$WOULDBLOCK" "$TMP/all.log" "$TMP/dir" "$1" >"$TMP/flood"
}
ok "a flood of ${1:-60} s is read line by line, each once" flood "${1:-60}"
read -r _ lines _ read _ _ _ peak _ behind <"$TMP/flood"
ok "all $lines lines were counted" test "$lines" -eq "$read" -a "$lines" -ge $((5000 * ${1:-60}))
# A sanitizer needs much memory of its own.
[ -z "${ASAN_OPTIONS-}" ] && most=64 || most=512
ok "memory stays under $most MiB: $((peak / 1024)) MiB, all was read $behind ms after the end" test "$peak" -le $((most * 1024))
finish
