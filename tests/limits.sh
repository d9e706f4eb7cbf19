#!/usr/bin/env bash
#
# What a process and a database may meet besides what events.sh and faults.sh do to them (faults.md
# part 2: P, D): no memory, no descriptors, odd outputs, a new program under the old one, users and
# folders that may not, a database that is not what it seems.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=tests/follow_lib.sh
. "$TESTS/follow_lib.sh"

SHIM=$(realpath -m -- "${FAULT_SHIM:-${BUILD:-$ROOT/.build}/faults.so}")
corpus mail.iso.log "$TMP/all.log"
FOLLOWER=
trap '[ -z "$FOLLOWER" ] || kill -9 "$FOLLOWER" 2>/dev/null; chmod -R u+w -- "$TMP"; rm -rf -- "$TMP"' EXIT

# scene NAME [LINES]: a log with so many lines, and a database of its own.
scene()
{
	fresh "$1"
	DIR=$TMP/$1.d
	mkdir -- "$DIR/logs"
	LOG=$DIR/logs/mail.log
	[ $# -eq 1 ] || part 1 "$2" >"$LOG"
}

# part FROM TO: these lines of the log.
part()
{
	sed -n "$1,$2p" -- "$TMP/all.log"
}

# follow [PROGRAM]
follow()
{
	"${1:-$WOULDBLOCK}" --db "$DB" --config "$CONF" follow --from-start --poll 50 --rotate-wait 300 "$LOG" 2>>"$DIR/errors" &
	FOLLOWER=$!
}

holes()
{
	sqlite3 -readonly "$DB" "SELECT count(*) FROM hole"
}

says_error()
{
	until_true grep -q -- "$1" "$DIR/errors"
}

is_whole()
{
	[ "$(sqlite3 -readonly "$DB" 'PRAGMA integrity_check')" = ok ]
}

# ends_by_itself: STATUS is how; 10 s at most.
ends_by_itself()
{
	until_true is_gone || kill -9 "$FOLLOWER"
	wait "$FOLLOWER"
	STATUS=$? FOLLOWER=
}

is_gone()
{
	! kill -0 "$FOLLOWER"
}

# counts LINES: so many were read, none of them twice.
counts()
{
	[ "$(read_lines)" -eq "$1" ] && return
	echo "$(read_lines) lines were read, not $1"
	return 1
}

# ------------------------------------------------------------------ memory

# So much that it cannot begin, that it fails in the middle, that it comes to its end.
if [ -n "${ASAN_OPTIONS-}" ]; then
	echo "# a sanitizer has too much memory of its own to be short of it"
else
	scene memory 5000
	ends=''
	for mib in 12 20 40 80 110 130 140 400; do
		(
			ulimit -v $((mib * 1024))
			exec timeout 0.6 "$WOULDBLOCK" --db "$DB" --config "$CONF" follow --from-start --poll 50 "$LOG" 2>>"$DIR/errors"
		)
		ends="$ends $?"
	done
	ok "follow with little memory (RLIMIT_AS): it ends with 71, or reads until it is told to end:$ends" \
		test "$(tr ' ' '\n' <<<"$ends" | grep -vcE '^(71|124|127|)$')" -eq 0 -a "${ends/71/}" != "$ends"
	ok "... with 71 it says why" grep -q 'out of memory' "$DIR/errors"
	follow
	ok "... with enough it reads all" until_read 5000
	unfollow
	ok "... each line once" counts 5000
	ok "... and nothing is missing" test "$(holes)" -eq 0
	ok "... the database is whole" is_whole

	scene memory-ingest 5000
	(
		ulimit -v 40000
		wb ingest "$LOG" >"$OUT" 2>"$ERR"
	)
	STATUS=$?
	ok "no memory for ingest: status 71 and one line" complains 71
	run ingest --quiet "$LOG"
	ok "... the next one reads it all" counts 5000
fi

# ------------------------------------------------------------------ descriptors

scene few 1000
for n in 8 9 10 11 12 16; do
	(
		ulimit -n "$n"
		wb ingest --quiet "$LOG" >"$OUT" 2>"$ERR"
	)
	STATUS=$?
	[ "$STATUS" -eq 0 ] && break
	[ "$n" -gt 8 ] || ok "eight descriptors and no more: a line says what cannot be opened" test "$(wc -l <"$ERR")" -eq 1
	ok "... with $n: no crash" test "$STATUS" -ge 64 -a "$STATUS" -le 78
done
ok "... it reads with $n" counts 1000

scene closed 1000
wb ingest "$LOG" <&- >&- 2>&-
STATUS=$?
ok "stdin, stdout and stderr closed: ingest ends well" status_is 0
ok "... all is read" counts 1000
ok "... and nothing was written into the database by the way" is_whole
part 1001 1100 >>"$LOG"
"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --poll 50 "$LOG" <&- >&- 2>&- &
FOLLOWER=$!
ok "... follow reads, too" until_read 1100
unfollow
ok "... and the database is whole" is_whole

scene itself 1000
cp -- "$LOG" "$DIR/before"
for command in records ingest; do
	# shellcheck disable=SC2094 # just that
	timeout 10 "$WOULDBLOCK" --db "$DB" --config "$CONF" "$command" "$LOG" >>"$LOG" 2>"$ERR"
	STATUS=$?
	ok "$command with its output into the log that it reads: status 66 and one line" complains 66
	[ "$command" = ingest ] || ok "... and the log is as it was" same "$DIR/before" "$LOG"
done

# ------------------------------------------------------------------ another program, another place

scene replaced 1000
cp -- "$WOULDBLOCK" "$DIR/program"
follow "$DIR/program"
until_read 1000 >/dev/null
cp -- "$WOULDBLOCK" "$DIR/new"
mv -- "$DIR/new" "$DIR/program"
timeout 10 "$DIR/program" --db "$DB" --config "$CONF" follow "$LOG" >"$OUT" 2>"$ERR"
STATUS=$?
ok "a new program in the place of the one that runs: the new one is turned away with 75" complains 75
part 1001 1100 >>"$LOG"
ok "... the old one goes on" until_read 1100
unfollow
follow "$DIR/program"
part 1101 1200 >>"$LOG"
ok "... and the new one when that has ended" until_read 1200
unfollow
ok "... each line once" counts 1200

# As somebody who is not root, whose database has its own place on the machine.
if can_be_nobody; then
	chmod 755 -- "$TMP"
	cp -- "$WOULDBLOCK" "$TMP/program"
	scene cron 1000
	mkdir -- "$DIR/home" "$DIR/here"
	chmod 777 -- "$DIR/home" "$DIR/here"
	chmod 755 -- "$DIR" "$DIR/logs"
	(
		umask 000
		cd -- "$DIR/here" || exit
		as_nobody env -i HOME="$DIR/home" "$TMP/program" ingest --quiet "$LOG" >"$OUT" 2>"$ERR"
	)
	STATUS=$?
	ok "without an environment, as cron has it, umask 000: status 0" status_is 0
	ok "... the database is at its own place" test -s "$DIR/home/.local/state/wouldblock/wouldblock.db"
	ok "... and nobody else may read it" test -z "$(find "$DIR/home" -mindepth 1 -type f -perm /077)"
	(
		cd -- "$DIR/here" || exit
		as_nobody env -i "$TMP/program" ingest --quiet "$LOG" >"$OUT" 2>"$ERR"
	)
	ok "... nothing is made where it was started, even without a HOME" test -z "$(ls -A "$DIR/here")"
	chmod 700 -- "$TMP"
else
	skip "without an environment" "root, and no other user to be"
fi

# ------------------------------------------------------------------ our own mail in the log

own()
{
	local t='2026-10-24T09:00:0'
	echo "${t}0.000000+00:00 gw01 postfix/pickup[5]: 4OWNMAIL1: uid=994 from=<wouldblock>"
	echo "${t}0.100000+00:00 gw01 postfix/cleanup[6]: 4OWNMAIL1: message-id=<summary.2026-10-23.0123456789abcdef@gw01.firma.example>"
	echo "${t}0.200000+00:00 gw01 postfix/qmgr[7]: 4OWNMAIL1: from=<wouldblock@gw01.firma.example>, size=4711, nrcpt=1 (queue active)"
	echo "${t}1.000000+00:00 gw01 postfix/local[8]: 4OWNMAIL1: to=<postmaster@firma.example>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to mailbox)"
	echo "${t}1.100000+00:00 gw01 postfix/qmgr[7]: 4OWNMAIL1: removed"
}
# The same time passes by in both.
scene strangers 3000
own | sed 's/postfix/other/' >>"$LOG"
run ingest --quiet "$LOG"
lists "$DIR/without"
strangers=$DIR/without
scene own 3000
own >>"$LOG"
run ingest --quiet "$LOG"
lists "$DIR/with"
ok "the mail that we sent is in the log that we read: no attempt, mail or fate is another one" same "$strangers" "$DIR/with"
ok "... though its lines are counted" counts 3005

# ------------------------------------------------------------------ who may, and where

if can_be_nobody && [ "$(id -u)" -eq 0 ]; then
	chmod 755 -- "$TMP"
	cp -- "$WOULDBLOCK" "$TMP/program"
	scene readonly 1000
	follow
	until_read 1000 >/dev/null
	unfollow KILL
	wb list rules >"$DIR/mine"
	chmod 644 -- "$DB"*
	chmod 555 -- "$DIR"
	ok "with a write-ahead log" test -s "$DB-wal"
	as_nobody "$TMP/program" --db "$DB" --config "$CONF" list rules >"$OUT" 2>"$ERR"
	ok "a folder where nobody may write, a write-ahead log in it: who may read the database, can" same "$DIR/mine" "$OUT"
	chmod 755 -- "$DIR"
	sqlite3 "$DB" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	rm -f -- "$DB-wal" "$DB-shm"
	chmod 555 -- "$DIR"
	as_nobody "$TMP/program" --db "$DB" --config "$CONF" list rules >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "a folder where nobody may write: who may read the database, can" status_is 0
	ok "... and reads the same" same "$DIR/mine" "$OUT"
	chmod 755 -- "$DIR"
	as_nobody "$TMP/program" --db "$DB" --config "$CONF" ingest "$LOG" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "a database of somebody else: nothing is written to it" complains 73
	chmod 777 -- "$DIR"
	as_nobody "$TMP/program" --db "$DB" --config "$CONF" ingest "$LOG" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "... not even where everybody may write" complains 73
	ok "... and it is said why" says 'belongs to somebody else'
	chmod 755 -- "$DIR"
else
	# Whoever is not root is kept out of his own folder by its mode, and there is nobody else to be.
	scene readonly 1000
	run ingest --quiet "$LOG"
	wb list rules >"$TMP/mine"
	chmod 555 -- "$DIR"
	run list rules
	ok "a folder where nobody may write: who may read the database, can" same "$TMP/mine" "$OUT"
	run ingest "$LOG"
	ok "... and not write" complains 73
	chmod 755 -- "$DIR"
fi

scene open 1000
run ingest --quiet "$LOG"
chmod 666 -- "$DB"
for command in "ingest $LOG" "follow $LOG" "mark news.example block"; do
	# shellcheck disable=SC2086 # words
	run $command
	ok "a database that everybody may write to: ${command%% *} refuses it" complains 73
done
ok "... and it is said why" says 'everybody may write'

# ------------------------------------------------------------------ a database that is another one

scene other 1000
run ingest --quiet "$LOG"
mv -- "$DB" "$DIR/other"
rm -f -- "$DB"*
follow
until_read 1000 >/dev/null
cp -- "$DIR/other" "$DB.new"
mv -- "$DB.new" "$DB"
part 1001 1100 >>"$LOG"
ok "another database in the place of the one that is written to: it is said" says_error 'moved or replaced'
ends_by_itself
ok "... and it ends with 75" status_is 75
rm -f -- "$DB-wal" "$DB-shm"
follow
ok "... started anew it goes on with that one" until_read 1100
unfollow
ok "... each line once" counts 1100

# Numbers beyond 32 bits.
scene large 1000
run ingest --quiet "$LOG"
sqlite3 "$DB" "UPDATE counted SET lines = 5000000000 WHERE sort = 'no-interest' AND name = (SELECT max(name) FROM counted WHERE sort = 'no-interest');
	UPDATE generation SET off = 6000000000"
sum=$(read_lines)
run status --format json
ok "counters beyond 32 bits are whole" says "\"lines\":$sum"
ok "... places, too" says '"position":6000000000'
ok "... $sum is such a one" test "$sum" -gt 5000000000

# Only SQLite opens the database: whoever else closes it lets go of all locks on it.
if command -v strace >/dev/null; then
	scene opened 1000
	strace -f -qq -e trace=open,openat,close,dup,dup2,dup3,fcntl -o "$DIR/calls" \
		"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --from-start --poll 50 "$LOG" 2>>"$DIR/errors" &
	tracer=$!
	until_read 1000 >/dev/null
	part 1001 1100 >>"$LOG"
	until_read 1100 >/dev/null
	kill "$(head -n 1 -- "$DB.ingest.lock")"
	wait "$tracer"
	opens=$(grep "\"$DB\", " "$DIR/calls" | grep -vc " = -1 ")
	ok "the database's file is opened by SQLite's one connection and by nobody else ($opens)" test "$opens" -eq 1
else
	skip "who opens the database" "strace is not installed"
fi

# ------------------------------------------------------------------ an SQLite that will not do

if [ -e "$SHIM" ]; then
	PRELOAD="$(ldd "$WOULDBLOCK" | awk '/libasan/ { print $3 " " }')$SHIM"
	# A machine with the journal alone; what it may have as log is not touched: there is no more time than to say so.
	scene journal
	timeout 0.5 env LD_PRELOAD="$PRELOAD" FI_GONE=/var/log/ "$WOULDBLOCK" --db "$DB" --config "$CONF" follow >"$OUT" 2>"$ERR"
	ok "no log, but systemd's journal: the message names the cause" says "log to systemd's journal only"
	ok "... and two ways out" says 'install rsyslog, or .wouldblock follow --journal'
	scene old 100
	LD_PRELOAD=$PRELOAD FI_SQLITE=3034000 "$WOULDBLOCK" --db "$DB" --config "$CONF" ingest "$LOG" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "an SQLite that is too old: status 78 and one line" complains 78
	ok "... which says what is needed" says '3\.35 or newer'
	LD_PRELOAD=$PRELOAD FI_SQLITE_WITHOUT=JSON "$WOULDBLOCK" --db "$DB" --config "$CONF" ingest "$LOG" >"$OUT" 2>"$ERR"
	STATUS=$?
	ok "an SQLite without JSON: status 78 and one line" complains 78
	ok "... no database was made" test ! -e "$DB"
else
	ok "the library that makes calls fail is there" false
fi
finish
