# shellcheck shell=bash
#
# What the black-box suites share: where the program is, a place for their files, and how a
# check is told. A suite sources this file, says `ok SENTENCE COMMAND...` for each thing that
# must be true, and ends with `finish`, whose last line is `N passed, M failed, K skipped`.
#
# WOULDBLOCK=PATH names another binary than the one of this tree.

set -u
export TZ=UTC LC_ALL=C.UTF-8 NO_COLOR=1 PYTHONDONTWRITEBYTECODE=1
unset WOULDBLOCK_DB XDG_STATE_HOME

TESTS=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname -- "$TESTS")
WOULDBLOCK=$(realpath -m -- "${WOULDBLOCK:-$ROOT/.build/wouldblock}")
TMP=$(mktemp -d "${TMPDIR:-/tmp}/wouldblock-test.XXXXXX")
export HOME=$TMP
trap 'rm -rf -- "$TMP"' EXIT

passed=0 failed=0 skipped=0
DB=$TMP/db OUT=$TMP/out ERR=$TMP/err CONF=$TMP/conf
STATUS=0
: >"$CONF"
chmod 644 -- "$CONF"

if [ ! -x "$WOULDBLOCK" ]; then
	echo "not ok - the program is there: $WOULDBLOCK"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi

# ------------------------------------------------------------------ telling

# ok SENTENCE COMMAND...: the sentence is true if the command succeeds.
ok()
{
	local sentence=$1
	shift
	if "$@" >"$TMP/said" 2>&1; then
		passed=$((passed + 1))
		echo "ok - $sentence"
		return 0
	fi
	failed=$((failed + 1))
	echo "not ok - $sentence"
	head -n 20 -- "$TMP/said" | sed 's/^/#   /'
	return 1
}

skip()
{
	skipped=$((skipped + 1))
	echo "skipped - $1: $2"
}

# tally PASSED FAILED: checks that another program has counted.
tally()
{
	passed=$((passed + $1)) failed=$((failed + $2))
}

finish()
{
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}

# ------------------------------------------------------------------ running the program

# wb ARGS...: the program with this suite's database ($DB) and without the machine's settings.
wb()
{
	"$WOULDBLOCK" --db "$DB" --config "$CONF" "$@"
}

# run ARGS...: wb, with $STATUS, $OUT and $ERR to look at afterwards.
run()
{
	wb "$@" >"$OUT" 2>"$ERR"
	STATUS=$?
}

# fresh NAME: a database of its own, not there yet.
fresh()
{
	rm -rf -- "$TMP/$1.d"
	mkdir -- "$TMP/$1.d"
	DB=$TMP/$1.d/db
}

# A helper for `ok`: shows what the program said when its status is another one.
status_is()
{
	[ "$STATUS" -eq "$1" ] && return
	echo "status $STATUS, should be $1"
	cat -- "$ERR" "$OUT"
	return 1
}

# complains CODE: the last run ended with CODE and one line on stderr, as design.md 5 has it.
complains()
{
	status_is "$1" && lines_of_complaint 1
}

lines_of_complaint()
{
	[ "$(wc -l <"$ERR")" -eq "$1" ] && [ "$(grep -c '^wouldblock: ' -- "$ERR")" -eq "$1" ] && return
	echo "stderr should have $1 lines that begin with 'wouldblock: ':"
	cat -- "$ERR"
	return 1
}

# says ERE: the last run said so on stdout or stderr.
says()
{
	grep -Eqi -- "$1" "$OUT" "$ERR" && return
	echo "nobody says '$1':"
	cat -- "$ERR" "$OUT"
	return 1
}

same()
{
	cmp -s -- "$1" "$2" && return
	diff -- "$1" "$2" | head -n 15 | cut -c1-300
	return 1
}

count_attempts()
{
	wb list attempts --format jsonl | wc -l
}

# lists FILE: all that `list` says of attempts and mails, as one file.
lists()
{
	wb list attempts --format jsonl >"$1" && wb list mails --all --format jsonl >>"$1"
}

# ------------------------------------------------------------------ what a database holds

# What is true of a run, not of the log, is named in tests/metadata: TABLE or TABLE.COLUMN.
dump_query()
{
	sqlite3 -readonly "$1" "
		WITH excluded(name) AS (VALUES $(sed -e 's/[[:space:]]*#.*//' -e '/^$/d' -e "s/.*/('&')/" -- "$TESTS/metadata" | paste -sd,)),
		col(t, c, n) AS (SELECT t.name, c.name, c.cid FROM sqlite_schema t, pragma_table_info(t.name) c
			WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
			AND t.name NOT IN excluded AND t.name || '.' || c.name NOT IN excluded
			ORDER BY t.name, c.cid)
		SELECT 'SELECT ''' || t || ' '' || ' || group_concat('quote(\"' || c || '\")', ' || ''|'' || ')
			|| ' FROM \"' || t || '\";' FROM col GROUP BY t;"
}

# dump DB: every row of every table, sorted; two databases with the same content give the same text.
dump()
{
	local query
	query=$(dump_query "$1") && [ -n "$query" ] || return
	{
		sqlite3 -readonly "$1" "$query"
		sqlite3 -readonly "$1" <"$TESTS/pending.sql" | sed 's/^/pending /'
	} | LC_ALL=C sort
}

# ------------------------------------------------------------------ logs to read

# corpus NAME FILE: the corpus' log NAME under another name, with the time it had when it was written.
corpus()
{
	xz -dc -- "$TESTS/corpus/$1.xz" >"$2" || exit 1
	case $1 in
	altered/*) touch -d '2026-01-10 12:00' -- "$2" ;;
	*postlog*) touch -d '2026-11-23 12:00' -- "$2" ;;
	*) touch -d '2026-10-25 12:00' -- "$2" ;;
	esac
}

# as_nobody COMMAND...: as a user whom file modes keep out, if there is one.
can_be_nobody()
{
	[ "$(id -u)" -ne 0 ] || setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null
}

as_nobody()
{
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
	fi
}

# summed TABLE...: SQL for the sums roll_TABLE, counted from the facts in the stretch of the parameters :since and :until,
# as reader_window does.
summed()
{
	local table

	for table; do
		echo "CREATE TEMP TABLE roll_$table AS SELECT * FROM main.roll_$table WHERE 0;"
		cat -- "$ROOT/sql/write/recount_$table.sql"
		echo ';'
	done
}
