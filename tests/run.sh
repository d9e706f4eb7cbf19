#!/usr/bin/env bash
#
#     run.sh [NAME | NAME:SECONDS:COMMAND]...
#
# Runs the suites of tests/suites (those named, else all), or ones given whole, and says of each
# what passed, failed and was skipped, and how long it took of the seconds that it may take. The
# status is 0 only if nothing failed, nothing was skipped and no suite was too slow: it may take
# what those before it have left over.
#
# A run of all suites also says what their seconds come to, and fails if that is more than eight
# minutes.
#
# ALLOW_SKIP=1: a skipped check is no failure.   TIME_FACTOR=N: N times the seconds (valgrind).

set -u
export TZ=UTC LC_ALL=C.UTF-8
TESTS=$(cd -- "$(dirname -- "$0")" && pwd)
cd -- "$TESTS/.." || exit 1
TMP=$(mktemp -d "${TMPDIR:-/tmp}/wouldblock-run.XXXXXX")
trap 'rm -rf -- "$TMP"' EXIT

ALLOW_SKIP=${ALLOW_SKIP:-0} TIME_FACTOR=${TIME_FACTOR:-1}
all_passed=0 all_failed=0 all_skipped=0 all_ms=0 all_budget=0 bad=0

# counts FILE: passed, failed and skipped of a suite's output: our own last line, or cmocka's groups.
counts()
{
	awk '
		/^[0-9]+ passed, [0-9]+ failed/ { last = $0 }
		/^\[  PASSED  \] [0-9]+ test/ { p += $4 }
		/^\[  FAILED  \] [0-9]+ test/ { f += $4 }
		/^\[  SKIPPED \] [0-9]+ test/ { s += $4 }
		END {
			if (last != "") {
				split(last, w)
				p = w[1]; f = w[3]; s = w[6] == "skipped" ? w[5] : 0
			}
			print p + 0, f + 0, s + 0
		}' "$1"
}

# suite NAME SECONDS COMMAND
suite()
{
	local name=$1 ms budget=$(($2 * 1000 * TIME_FACTOR)) status start p f s why='' late=''
	start=${EPOCHREALTIME/./}
	timeout -k 5 $((budget * 4 / 1000 + 1)) bash -c "$3" >"$TMP/said" 2>&1
	status=$?
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	read -r p f s < <(counts "$TMP/said")
	[ "$status" -ne 0 ] && why="status $status"
	[ $((p + f + s)) -eq 0 ] && why=${why:-no check at all}
	if [ "$f" -eq 0 ] && [ -n "$why" ]; then
		f=1
	fi
	[ "$f" -ne 0 ] && why=${why:-failed}
	[ "$s" -ne 0 ] && [ "$ALLOW_SKIP" -eq 0 ] && why=${why:-skipped}
	all_ms=$((all_ms + ms)) all_budget=$((all_budget + budget))
	[ "$ms" -gt "$budget" ] && [ "$all_ms" -gt "$all_budget" ] && why=${why:+$why, }"too slow"
	[ "$ms" -gt "$budget" ] && late="   (slow)"

	printf '%-12s %6d passed %4d failed %4d skipped %4d.%01d s of %d%s\n' \
		"$name" "$p" "$f" "$s" $((ms / 1000)) $((ms % 1000 / 100)) $((budget / 1000)) "${why:+   <- $why}${late-}"
	if [ -n "$why" ]; then
		bad=$((bad + 1))
		[ "$why" = "too slow" ] || tell "$TMP/said"
	fi
	all_passed=$((all_passed + p)) all_failed=$((all_failed + f))
	all_skipped=$((all_skipped + s))
}

# What went wrong, or the end of it if the suite does not speak our language.
tell()
{
	local wrong='^(not ok|skipped|#|\[  (FAILED|ERROR|LINE))'
	if grep -Eq -- "$wrong" "$1"; then
		grep -E -- "$wrong" "$1" | head -n 60
	else
		tail -n 25 -- "$1"
	fi | sed 's/^/    /'
}

# table [NAME]: runs the suites of the table, or the one of this name.
table()
{
	local name seconds command found=0
	while read -r name seconds command <&3; do
		case $name in
		'' | '#'*) continue ;;
		esac
		[ $# -eq 0 ] || [ "$1" = "$name" ] || continue
		found=1
		suite "$name" "$seconds" "$command"
	done 3<"$TESTS/suites"
	[ "$found" -eq 1 ] && return
	echo "run.sh: no suite '${1-}'" >&2
	exit 64
}

# Whoever waits for all of it is promised this much.
ALL_SECONDS=480
promises()
{
	local sum
	sum=$(awk '$1 !~ /^#/ { s += $2 } END { print s + 0 }' "$TESTS/suites")
	if [ "$sum" -gt "$ALL_SECONDS" ]; then
		bad=$((bad + 1))
		echo "promised $sum s, which is more than $ALL_SECONDS s   <- tests/suites"
	else
		echo "promised $sum s of $ALL_SECONDS"
	fi
}

if [ $# -eq 0 ]; then
	table
	promises
fi
for wanted; do
	if [[ $wanted =~ ^([^:]+):([0-9]+):(.+)$ ]]; then
		suite "${BASH_REMATCH[@]:1:3}"
	else
		table "$wanted"
	fi
done

printf '%-12s %6d passed %4d failed %4d skipped %4d.%01d s\n' \
	total "$all_passed" "$all_failed" "$all_skipped" $((all_ms / 1000)) $((all_ms % 1000 / 100))
[ "$bad" -eq 0 ]
