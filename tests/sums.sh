#!/usr/bin/env bash
#
#     sums.sh
#
# The sums that grow with the log (roll_* of sql/schema.sql) against the same, counted from the facts.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

is()
{
	[ "$1" = "$2" ] || {
		printf '%s\n' "$1" | head -n 5
		return 1
	}
}

# apart: rows of the sums that differ from what the facts say, each after its table.
apart()
{
	local table rows

	{
		printf '.parameter init\n.mode list\n'
		summed source_day pair person evidence loose
		for table in source_day:'(attempts OR mails)' pair:mails person:mails evidence:mails loose:1; do
			rows="SELECT * FROM %s.roll_${table%%:*} WHERE ${table#*:}"
			# shellcheck disable=SC2059 # rows is a format
			printf "SELECT '${table%%:*}', * FROM ($rows EXCEPT $rows);\nSELECT '${table%%:*}', * FROM ($rows EXCEPT $rows);\n" \
				main temp temp main
		done
	} | sqlite3 "$DB"
}

agree()
{
	ok "$1" is "$(apart)" ''
}

corpus mail.iso.log "$TMP/corpus.log"
wb ingest "$TMP/corpus.log" >"$OUT" 2>&1
agree "the corpus, read at once"
ok "it has sums" test "$(sqlite3 -readonly "$DB" 'SELECT count(*) FROM roll_pair WHERE mails > 0')" -ge 20
sqlite3 "$DB" 'UPDATE roll_pair SET lost = lost + 1 WHERE sender = (SELECT max(sender) FROM roll_pair)'
ok "one that is wrong is found" is "$(apart | grep -c ^pair)" 2

# Fates change from one reading to the next; sessions and mails are cut in two.
fresh grown
for part in 1 2 3 4 5 6 7; do
	head -c "$(($(stat -c %s "$TMP/corpus.log") * part / 7))" "$TMP/corpus.log" >"$TMP/grown.log"
	wb ingest "$TMP/grown.log" >"$OUT" 2>&1
	agree "the corpus, after $part of 7 readings"
done

fresh demo
"$ROOT/samples/demo/make-log" >"$TMP/demo.log"
wb ingest "$TMP/demo.log" >"$OUT" 2>&1
agree "the demo"
sqlite3 "$DB" 'DELETE FROM roll_pair; DELETE FROM roll_source_day'
run report
ok "a report of sums that are gone is none: status 65" status_is 65
wb ingest --rebuild "$TMP/demo.log" >"$OUT" 2>&1
agree "the demo, read anew"

finish
