#!/usr/bin/env bash
#
#     unit.sh ROOM
#
# Runs the unit tests of a room. BUILD=PATH names another folder than .build where they were made.

set -u
cd -- "$(dirname -- "$0")/.." || exit 1
export TZ=UTC LC_ALL=C.UTF-8

bad=0 ran=0
for test in "${BUILD:-.build}/unit/$1"/*_test; do
	# one of a test that is no more
	[ -e "tests/unit/$(basename -- "$test").c" ] || continue
	ran=$((ran + 1))
	"$test" || {
		echo "not ok - $test ends with status $?"
		bad=1
	}
done
[ "$ran" -gt 0 ] && [ "$bad" -eq 0 ]
