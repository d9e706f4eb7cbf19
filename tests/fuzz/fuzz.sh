#!/usr/bin/env bash
#
#     fuzz.sh SECONDS TARGET...
#
# Runs each libFuzzer target of $BUILD for so long. The seeds are pieces of the sample logs and of
# the corpus; what a target finds out stays in $BUILD/found, what breaks it in $BUILD/TARGET-crash-*.

set -eu -o pipefail
cd -- "$(dirname -- "$0")/../.."
BUILD=${BUILD:-.build/fuzz} LINES=25
seconds=$1
shift

# seeds FOLDER: some lines a file.
seeds()
{
	local log
	mkdir -p -- "$1"
	for log in tests/corpus/*.log.xz; do
		xz -dc -- "$log" | split -a 4 -l "$LINES" - "$1/$(basename -- "$log" .log.xz)."
	done
	find samples/stories -name '*.log' 2>/dev/null | while read -r log; do
		split -a 4 -l "$LINES" -- "$log" "$1/$(basename -- "$log" .log)."
	done
}

rm -rf -- "$BUILD/seeds"
seeds "$BUILD/seeds"
for target; do
	mkdir -p -- "$BUILD/found/$target"
	echo "== $target, $seconds s"
	"$BUILD/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -max_len=16384 -print_final_stats=1 \
		-dict=tests/fuzz/postfix.dict -artifact_prefix="$BUILD/$target-" -verbosity=0 -print_funcs=0 \
		"$BUILD/found/$target" "$BUILD/seeds" 2>&1 | sed '/^###### Recommended/,/^###### End/d'
done
