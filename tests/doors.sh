#!/usr/bin/env bash
#
# Which file may include what: parsers/ looks at nobody, analyzer/ at parsers/, ui/ at both; and
# each foreign library has its family of files.

set -u
cd -- "$(dirname -- "$0")/.." || exit 1

# HEADER FILES (as a regular expression)
doors='
pcre2\.h           parsers/pattern\.c
sqlite3\.h         analyzer/db(_[a-z]+)?\.[ch]
libpsl\.h          analyzer/origin\.c
sys/inotify\.h     analyzer/watch\.c
ini\.h             ui/settings_file\.c
(n?curses[a-z]*/)?n?cursesw?\.h  ui/term\.c
'

# includes HEADER FILES: where a room's file includes such a header, but for those that may.
includes()
{
	grep -EnH "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($1)[>\"]" {parsers,analyzer,ui}/*.[ch] |
		grep -Ev "^($2):"
}

bad=0
while read -r header files; do
	if [ -n "$header" ] && includes "$header" "$files"; then
		echo "    only $files may include this" | tr -d '\134'
		bad=1
	fi
done <<<"$doors"

uphill()
{
	includes '(.*/)?analyzer/.*' '(analyzer|ui)/[a-z_0-9]+\.[ch]'
	includes '(.*/)?ui/.*' 'ui/[a-z_0-9]+\.[ch]'
}

if uphill | grep .; then
	echo "    an include that runs uphill: parsers <- analyzer <- ui"
	bad=1
fi
exit "$bad"
