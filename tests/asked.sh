#!/usr/bin/env bash
#
# What is asked for is what comes: filters, zones, the usual place of the database, help, and what
# the program says when there is nothing to say.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

LOG=$TMP/mail.log
SENDER=chefin@firma.example
LONG=ein-sehr-langer-name-eines-absenders@abteilung-mit-langem-namen.filiale.firma.example

# warned SECOND CLIENT SENDER RECIPIENT
warned()
{
	printf '2026-10-06T06:08:%02d.000000+00:00 gw01 postfix/smtpd[31416]: NOQUEUE: warn: RCPT from %s: *** Invalid Inbound Sender ***; from=<%s> to=<%s> proto=ESMTP helo=<x.example>\n' "$@"
}
{
	warned 1 'mail.news.example[203.0.113.7]' "$SENDER" rechnung@firma.example
	warned 2 'unknown[198.51.100.9]' "$LONG" lager@filiale.example
} >"$LOG"
fresh asked
run ingest "$LOG"
ok "two warnings are read" status_is 0
ok "ingest says from when to when" says '2026-10-06T06:08:01Z to 2026-10-06T06:08:02Z, hosts gw01'
ok "ingest says how many mails were warned, and would be lost" says '2 mails warned, [0-2] would be lost'
run ingest "$LOG"
ok "a second time: the file is already read" says '1 already read'

# rows N ARGS...: `list` ends well with so many rows.
rows()
{
	local n=$1
	shift
	run list "$@" --format jsonl
	status_is 0 && [ "$(wc -l <"$OUT")" -eq "$n" ] && return
	echo "$(wc -l <"$OUT") rows, should be $n"
	return 1
}

# ------------------------------------------------------------------ filters

for list in attempts mails sources senders recipients clients; do
	ok "$list: all" rows 2 "$list"
	while read -r n filter value; do
		ok "$list $filter $value: $n rows" rows "$n" "$list" "$filter" "$value"
	done <<-END
		1 --client 203.0.113.7
		1 --client MAIL.news.example
		1 --client unknown
		0 --client other.example
		1 --recipient lager@filiale.example
		1 --recipient @Filiale.example
		0 --recipient @example
		1 --sender $SENDER
		1 --sender @firma.example
		0 --sender @other.example
		1 --source news.example
		2 --rule own-domain
		0 --rule other
		1 --fate aborted
		1 --fate unknown
		0 --fate delivered
		1 --since 2026-10-06T06:08:02Z
		1 --until 2026-10-06T06:08:02Z
	END
done
ok "mails --all: a client's name counts" rows 1 mails --all --client mail.news.example

refused()
{
	complains 64 && says "list $1: $2 does not apply"
}
for filter in since until source sender client recipient fate; do
	case $filter in
	since | until) value=2026-10-06 ;;
	fate) value=spam ;;
	*) value=x ;;
	esac
	run list rules --"$filter" "$value"
	ok "list rules refuses --$filter" refused rules "--$filter"
	case $filter in
	since | until) continue ;;
	esac
	run list holes --"$filter" "$value"
	ok "list holes refuses --$filter" refused holes "--$filter"
done
run list attempts --all
ok "only mails knows --all" refused attempts --all
run list mails --csv-raw
ok "--csv-raw without csv is refused" complains 64

run list mails --sender nobody@firma.example
ok "no row for a filter: the program says so" says '^no row matches$'
run list holes
ok "no row at all: the list's own sentence" says '^no hole in the log$'

# ------------------------------------------------------------------ zones

ok "--since in the zone of --tz: before the log" rows 2 mails --tz Europe/Berlin --since '2026-10-06 08:00'
ok "--since in the zone of --tz: behind the log" rows 0 mails --tz UTC --since '2026-10-06 08:00'
ok "--until in the zone of --tz" rows 0 attempts --tz Europe/Berlin --until '2026-10-06 08:00'
printf '[log]\ntimezone = Europe/Berlin\n' >"$TMP/zone.conf"
CONF=$TMP/zone.conf
ok "--since in the zone of the settings" rows 2 mails --since '2026-10-06 08:00'
ok "--tz counts more than the settings" rows 0 mails --tz UTC --since '2026-10-06 08:00'
CONF=$TMP/conf
run list mails --tz UTC --since soon
ok "a time that is none is refused" complains 64

# ------------------------------------------------------------------ what is shown

run list senders
ok "to a pipe an address is whole" says "^$LONG "
COLUMNS=80 run list senders
ok "COLUMNS is heeded: no line is longer" test "$(wc -L <"$OUT")" -le 80
run report --since 2027-01-01
ok "a report of a time behind the log says so" says 'No log lies in that window: it goes from 2026-10-06T06:08:01Z to'
ok "a report of a time behind the log: status 2" status_is 2
run report
ok "no line of the report is longer than 80" test "$(wc -L <"$OUT")" -le 80
run report --rule own-domain --until 2026-10-06T06:08:01.5Z
ok "a report of a part counts that part" says 'of 1 warned mail \(1 attempt\)$'

wb list sources --format jsonl >"$TMP/sources"
ok "attempts of sources are warnings" test "$(grep -c '"attempts":1,' "$TMP/sources")" -eq 2
echo '2026-10-06T06:08:03.000000+00:00 gw01 postfix/smtpd[31416]: NOQUEUE: reject: RCPT from mail.news.example[203.0.113.7]: 554 5.7.1 <chefin@firma.example>: Sender address rejected: Access denied; from=<chefin@firma.example> to=<lager@firma.example> proto=ESMTP helo=<x.example>' >>"$LOG"
run ingest "$LOG"
for list in sources senders clients; do
	run list "$list" --client 203.0.113.7 --format jsonl
	ok "attempts of $list are warnings only" says '"attempts":1,'
done
sqlite3 -readonly "$DB" 'SELECT typeof(dsn), dsn FROM attempt ORDER BY place' >"$TMP/got"
printf 'null|\nnull|\ntext|5.7.1\n' >"$TMP/expected"
ok "the view attempt has the DSN as text, or null" same "$TMP/expected" "$TMP/got"

# ------------------------------------------------------------------ help

for command in ingest report list records; do
	run "$command" --help
	cp -- "$OUT" "$TMP/expected"
	ok "$command --help: no line ends with a blank" test -z "$(grep ' $' "$OUT")"
	run help "$command"
	ok "help $command is $command --help" same "$TMP/expected" "$OUT"
done
run --help
cp -- "$OUT" "$TMP/expected"
run help
ok "help is --help" same "$TMP/expected" "$OUT"
run help lsit
ok "help of an unknown command: status 64 and one line" complains 64
run --version
ok "--version never has empty brackets" test -z "$(grep -F '()' "$OUT")"

# ------------------------------------------------------------------ signals

mkfifo -- "$TMP/fifo"
for signal in INT:130 TERM:143; do
	fresh signal
	# an asynchronous command of a shell ignores SIGINT; env gives it back
	env --default-signal=INT "$WOULDBLOCK" --db "$DB" --config "$CONF" ingest --log mail.log - <"$TMP/fifo" >"$OUT" 2>"$ERR" &
	pid=$!
	exec 9>"$TMP/fifo"
	cat -- "$LOG" >&9
	for _ in $(seq 50); do
		[ -s "$DB" ] && break
		sleep 0.1
	done
	sleep 0.3
	kill -s "${signal%:*}" "$pid"
	wait "$pid"
	STATUS=$?
	exec 9>&-
	ok "SIG${signal%:*} ends ingest with ${signal#*:}" status_is "${signal#*:}"
done

# ------------------------------------------------------------------ the usual place

# usual STATE HOME ARGS...: without --db, as somebody who is not root.
usual()
{
	local state=$1 home=$2
	shift 2
	as_nobody env -u WOULDBLOCK_DB XDG_STATE_HOME="$state" HOME="$home" "$TMP/program" --config "$CONF" "$@" >"$OUT" 2>"$ERR"
	STATUS=$?
}

if can_be_nobody; then
	chmod 755 -- "$TMP"
	chmod 644 -- "$LOG"
	cp -- "$WOULDBLOCK" "$TMP/program"
	mkdir -m 777 -- "$TMP/home"
	usual '' "$TMP/home" ingest "$LOG"
	ok "the first ingest makes the directory below the home" status_is 0
	place=$TMP/home/.local/state/wouldblock
	ok "the database is there" test -f "$place/wouldblock.db"
	ok "its directory is closed to others" test "$(stat -c %a "$place")" = 700
	usual '' "$TMP/home" list mails --format jsonl
	ok "list finds it" test "$(wc -l <"$OUT")" -eq 2
	mkdir -m 777 -- "$TMP/xdg"
	usual "$TMP/xdg/a/b" "$TMP/home" ingest "$LOG"
	ok "XDG_STATE_HOME is made whole" test -f "$TMP/xdg/a/b/wouldblock/wouldblock.db"
	mkdir -m 555 -- "$TMP/closed"
	usual '' "$TMP/closed" ingest "$LOG"
	ok "a home where nothing can be made: status 73 and one line" complains 73
	ok "a home where nothing can be made: the directory is named" says "$TMP/closed/.local"
	usual '' "$TMP/no-home" ingest "$LOG"
	ok "a home that is not there is not made: status 73 and one line" complains 73
	chmod 700 -- "$TMP"
else
	skip "the usual place of the database" "root, and no other user to be"
fi
run --db "$TMP/nowhere/db" ingest "$LOG"
ok "a directory that was named is not made" test ! -e "$TMP/nowhere"

finish
