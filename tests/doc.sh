#!/usr/bin/env bash
#
# README and manual say what is true: the manual has every command and option and no other, README's
# example is what `make demo` prints, its SQL runs, and the files it names are there. The catalogue of
# faults names checks that there are.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

README=$ROOT/README.md MANUAL=$ROOT/samples/man/wouldblock.1
TICK='`'

# A filter: lines as they can be compared with others.
words()
{
	LC_ALL=C sort -u
}

# within SMALL LARGE: every line of SMALL is a line of LARGE; both are sorted.
within()
{
	LC_ALL=C comm -23 -- "$1" "$2" >"$TMP/missing"
	[ -s "$1" ] && [ ! -s "$TMP/missing" ] && return
	echo "$(wc -l <"$1") looked for, missing:"
	cat -- "$TMP/missing"
	return 1
}

# options FILE: the options of a --help text, each with what help calls its value.
options()
{
	sed -n '/^Options:/,$p' "$1" | grep -oE '^  -[^ ]+(, --?[^ ]+)?( [A-Z]+)?' | sed 's/^  //'
}

# ------------------------------------------------------------------ the manual

# The manual without its fonts and escapes.
sed -e 's/\\f[BIRP]//g' -e 's/\\-/-/g' "$MANUAL" >"$TMP/manual"

# manual_part MACRO TITLE: the lines of one section (SH) or subsection (SS).
manual_part()
{
	awk -v macro=".$1" -v title="$2" '
		$1 == ".SH" || ($1 == ".SS" && macro == ".SS") { on = $1 == macro && substr($0, 5) == title; next }
		on' "$TMP/manual"
}

# tags: the options among the tags of a part.
tags()
{
	grep -A1 '^\.TP' | grep -E '^--?[a-z]'
}

run --help
ok "--help ends with 0" status_is 0
options "$OUT" | words >"$TMP/common"
sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$OUT" | words >"$TMP/commands"
sed -n 's/^\.SS //p' "$TMP/manual" | words >"$TMP/sections"
ok "the manual has the commands of --help" within "$TMP/commands" "$TMP/sections"
ok "the manual has no other command" within "$TMP/sections" "$TMP/commands"
manual_part SH OPTIONS | tags | words >"$TMP/got"
ok "the manual has the common options" same "$TMP/common" "$TMP/got"

cp -- "$TMP/common" "$TMP/all"
while read -r command; do
	run "$command" --help
	options "$OUT" | words | LC_ALL=C comm -23 - "$TMP/common" >"$TMP/expected"
	manual_part SS "$command" | tags | words >"$TMP/got"
	ok "the manual has the options of $command and no other" same "$TMP/expected" "$TMP/got"
	cat -- "$TMP/expected" >>"$TMP/all"
done <"$TMP/commands"

run list --help
sed -n 's/^usage: wouldblock list .* \([a-z|]*\)$/\1/p' "$OUT" | tr '|' '\n' | words >"$TMP/lists"
manual_part SS list | sed -n 's/^\.B //p' | words >"$TMP/got"
ok "the manual has the lists of list" within "$TMP/lists" "$TMP/got"
tr -s ' \n' ' ' <"$OUT" | sed 's/.*--fate FATE with this fate: \([a-z, ]*\) --.*/\1/' |
	tr -s ', ' '\n' | grep -vx or | words >"$TMP/fates"
manual_part SH FATES | sed -n 's/^\.B //p' | words >"$TMP/got"
ok "the manual has the fates" same "$TMP/fates" "$TMP/got"
sed -n "s/^| $TICK\([a-z]*\)$TICK .* | \(\*\*yes\*\*\|no\) |\$/\1/p" "$README" | words >"$TMP/got"
ok "README has the fates" same "$TMP/fates" "$TMP/got"

# Where there is no groff nobody reads the manual.
if command -v groff >/dev/null; then
	groff -man -ww -z "$MANUAL" >"$TMP/groff" 2>&1
	: >"$TMP/expected"
	ok "groff has nothing to say of the manual" same "$TMP/expected" "$TMP/groff"
fi

# ------------------------------------------------------------------ README

# fenced MARK: what stands in README's blocks that begin with ```MARK.
fenced()
{
	awk -v fence="$TICK$TICK$TICK" -v mark="$1" '
		index($0, fence) == 1 { inside = !inside; on = inside && $0 == fence mark; next }
		on' "$README"
}

# The demo as make has it, with this program and in a folder of its own. `-o all`: nothing is built.
mkdir -p -- "$TMP/build/have"
touch -- "$TMP/build/have/build" "$TMP/build/have/demo"
ln -s -- "$WOULDBLOCK" "$TMP/build/wouldblock"
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
	make -C "$ROOT" -o all BUILD="$TMP/build" demo >"$TMP/demo" 2>"$TMP/demo.err"
STATUS=$?
ok "make demo ends well" test "$STATUS" -eq 0
sed -n '/^wouldblock: rule /,/^RESULT/p' "$TMP/demo" >"$TMP/report"
fenced '' >"$TMP/got"
ok "README shows a screenful" test "$(wc -l <"$TMP/got")" -gt 30
head -n "$(wc -l <"$TMP/got")" -- "$TMP/report" >"$TMP/expected"
ok "README's example is how the report of make demo begins" same "$TMP/expected" "$TMP/got"
ok "the report of make demo goes on" test "$(wc -l <"$TMP/report")" -gt "$(wc -l <"$TMP/got")"

fenced sql | tr '\n' ' ' | tr ';' '\n' | grep '[^ ]' >"$TMP/sql"
ok "README has queries" test "$(wc -l <"$TMP/sql")" -ge 5
while read -r query; do
	sqlite3 -readonly "$TMP/build/demo/db" "$query" >"$TMP/rows" 2>&1
	STATUS=$?
	ok "a query runs and finds something: ${query:0:60}" test "$STATUS" -eq 0 -a -s "$TMP/rows"
done <"$TMP/sql"

sed -n 's/^CREATE VIEW \([a-z_]*\).*/\1/p' "$ROOT/sql/schema.sql" | words >"$TMP/views"
sed -n "s/^| $TICK\([a-z_]*\)$TICK | .*/\1/p" "$README" | words >"$TMP/got"
ok "README has the views of the database" within "$TMP/views" "$TMP/got"

sed -n '/^## File tour/,/^## What a change/p' "$README" | grep -oE "${TICK}[^$TICK]*/[^$TICK]*$TICK" |
	tr -d "$TICK" >"$TMP/tour"
ok "README's file tour names files" test "$(wc -l <"$TMP/tour")" -gt 20
while read -r file; do
	ok "$file is there" test -e "$ROOT/$file"
done <"$TMP/tour"

grep -oE "(^|[ (]|$TICK)--[a-z][a-z-]*" "$README" | grep -oE -- '--.*' | words >"$TMP/used"
grep -oE -- '--[a-z-]+' "$TMP/all" | words >"$TMP/known"
ok "README names only options that there are" within "$TMP/used" "$TMP/known"

# ------------------------------------------------------------------ the samples' index

for path in "$ROOT"/samples/*; do
	name=$(basename -- "$path")
	[ "$name" = README.md ] || ok "samples/README.md has $name" grep -q "]($name" "$ROOT/samples/README.md"
done
grep -oE '\]\([^)]*\)' "$ROOT/samples/README.md" | tr -d '[]()' >"$TMP/links"
while read -r link; do
	ok "samples/README.md leads to $link" test -e "$ROOT/samples/$link"
done <"$TMP/links"

# ------------------------------------------------------------------ the catalogue of faults

ok "each fault of the input, the process and the database has a check, and each of these is there" \
	python3 "$TESTS/faults/catalogue.py"

finish
