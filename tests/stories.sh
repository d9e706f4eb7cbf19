#!/usr/bin/env bash
#
# The sample logs against what their own READMEs say of them: each story's warnings, mails, fates
# and losses, and the demonstration's mails and losses, source by source.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

STORIES=$ROOT/samples/stories DEMO=$ROOT/samples/demo

# rows README: the rows of its table, cells parted by tabs, without blanks around them.
rows()
{
	sed -e '/^|/!d' -e 's/^| *//' -e 's/ *| *$//' -e 's/ *| */\t/g' -- "$1" | sed 1,2d
}

# said FATES: `delivered (2), spam` and `delivered (one of them bounced)` as `delivered delivered spam`.
said()
{
	local word
	tr ',' '\n' <<<"$1" | while read -r word rest; do
		case $rest in
		'('[0-9]*')')
			rest=${rest#(}
			yes "$word" | head -n "${rest%)}"
			;;
		*) echo "$word" ;;
		esac
	done | sort | paste -sd ' '
}

# found KEY: of the mails in the database, all of one top-level key, sorted.
found()
{
	wb list mails --format jsonl | python3 -c '
import json, sys
print(*sorted(str(json.loads(line)[sys.argv[1]]) for line in sys.stdin))' "$1"
}

is()
{
	[ "$1" = "$2" ] && return
	echo "is '$1', should be '$2'"
	return 1
}

number()
{
	tr -d ' ' <<<"$1"
}

# ------------------------------------------------------------------ stories

told=0
while IFS=$'\t' read -r name _ warnings mails fates lost; do
	year=()
	[[ $name == *'(BSD)'* ]] && year=(--year 2026)
	name=${name#\`}
	name=${name%%\`*}
	[ "$name" = year-ends ] && year=(--year 2025)
	log=$STORIES/$name.log
	told=$((told + 1))
	fresh "$name"
	run ingest "${year[@]}" "$log"
	ok "$name: is read" status_is 0
	ok "$name: grep says $warnings" is "$(grep -c 'Invalid Inbound Sender' -- "$log")" "$warnings"
	ok "$name: mails" is "$(found fate | wc -w)" "$mails"
	ok "$name: fates" is "$(found fate)" "$(said "$fates")"
	ok "$name: would be lost" is "$(found would_be_lost | tr ' ' '\n' | grep -c True)" "$lost"
	ok "$name: every line is understood" is \
		"$(sqlite3 -readonly "$DB" "SELECT coalesce(sum(lines), 0) FROM counted WHERE sort = 'not-understood'")" 0
done < <(rows "$STORIES/README.md")
ok "the table has all stories" is "$told" "$(find "$STORIES" -name '*.log' | wc -l)"

# ------------------------------------------------------------------ the demonstration

log=$TMP/mail.log
"$DEMO/make-log" >"$log"
text=$(tr -s '\n ' '  ' <"$DEMO/README.md")

# said_of ERE: the number before a word of the README.
said_of()
{
	number "$(grep -Eo "[0-9][0-9 ]*$1" <<<"$text" | head -n 1 | grep -Eo '^[0-9 ]*[0-9]')"
}

fresh demo
run ingest "$log"
ok "the demonstration is read" status_is 0
ok "its lines" is "$(wc -l <"$log")" "$(said_of ' lines')"
ok "its warnings" is "$(grep -c 'Invalid Inbound Sender' -- "$log")" "$(grep -Eo 'says [0-9 ]+[0-9]' <<<"$text" | tr -dc 0-9)"
ok "its mails" is "$(found fate | wc -w)" "$(said_of ' mails,')"
ok "its losses" is "$(found would_be_lost | tr ' ' '\n' | grep -c True)" "$(said_of ' of them would be lost')"

# sources PREFIX: mails and losses of the sources whose name begins so.
sources()
{
	wb list sources --format jsonl | python3 -c '
import json, sys
rows = [row for row in map(json.loads, sys.stdin) if row["source"].startswith(sys.argv[1])]
print(sum(row["mails"] for row in rows), sum(row["would_be_lost"] for row in rows))' "$1"
}

rows=0
while IFS=$'\t' read -r source _ mails people _; do
	prefix=$source
	[[ $source == robots* ]] && prefix=198.19.
	rows=$((rows + 1))
	ok "$source: mails and losses" is "$(sources "$prefix")" "$(number "$mails") $(number "$people")"
done < <(rows "$DEMO/README.md")
ok "there is a row of robots and one of each sender" test "$rows" -ge 10

finish
