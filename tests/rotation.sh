#!/usr/bin/env bash
#
# Rotation by the programs that do it on a mail server: rsyslogd writes, logrotate rotates, follow
# reads (tests/rotation/play.py: the 24 scenarios of faults.md). Then follow as the user whom the
# service unit gives it, and the unit itself.

# Root, or sudo without a password, is needed for the user of the service alone; without, that part
# is skipped, and says so.

if [ "$(id -u)" -ne 0 ] && sudo -n true 2>/dev/null; then
	exec sudo -n --preserve-env=TMPDIR,WOULDBLOCK,ASAN_OPTIONS,UBSAN_OPTIONS bash "$0"
fi

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=tests/follow_lib.sh
. "$TESTS/follow_lib.sh"
PATH=$PATH:/usr/sbin:/sbin

FOLLOWER=
trap '[ -z "$FOLLOWER" ] || kill -9 "$FOLLOWER" 2>/dev/null; rm -rf -- "$TMP"' EXIT
corpus mail.iso.log "$TMP/all.log"

# ------------------------------------------------------------------ the 24 scenarios

if command -v logrotate >/dev/null && command -v rsyslogd >/dev/null; then
	python3 "$TESTS/rotation/play.py" "$WOULDBLOCK" "$TMP/all.log" "$TMP/scenes" | tee "$TMP/played"
	read -r p _ f _ s _ < <(tail -n 1 -- "$TMP/played")
	tally "${p:-0}" "${f:-1}"
	skipped=$((skipped + s))
	ok "all of them were played" test "$((p + f + s))" -eq 30
else
	skip "the rotation scenarios" "they need logrotate and rsyslogd"
fi

# ------------------------------------------------------------------ as the user of the service unit

UNIT=$ROOT/samples/systemd/wouldblock.service

# What makes a command run as a user without any right but that of group adm.
AS_SERVICE=(setpriv --reuid=65534 --regid=65534 "--groups=$(getent group adm | cut -d: -f3)" --no-new-privs
	--inh-caps=-all --bounding-set=-all --)

# The program and its files where a stranger may go; the log as Debian has it.
service_scene()
{
	local all=$TMP/all.log
	chmod 711 -- "$TMP"
	fresh service
	install -m 755 -- "$WOULDBLOCK" "$TMP/wouldblock"
	chmod 711 -- "$TMP/service.d"
	mkdir -m 750 -- "$TMP/service.d/log"
	chgrp adm -- "$TMP/service.d/log"
	install -d -m 700 -o 65534 -g 65534 -- "$TMP/service.d/state"
	LOG=$TMP/service.d/log/mail.log DB=$TMP/service.d/state/wouldblock.db
	head -n 1000 -- "$all" >"$LOG"
	chown root:adm -- "$LOG"
	chmod 640 -- "$LOG"
}

follow_as_service()
{
	"${AS_SERVICE[@]}" "$TMP/wouldblock" --db "$DB" --config "$CONF" follow --from-start --poll 50 --rotate-wait 300 "$LOG" \
		>"$OUT" 2>"$ERR" &
	FOLLOWER=$!
}

if [ "$(id -u)" -ne 0 ]; then
	skip "follow as a user of group adm" "it needs root or sudo without a password, to become that user and to give the log to root:adm"
elif ! getent group adm >/dev/null || ! "${AS_SERVICE[@]}" true 2>/dev/null; then
	skip "follow as a user of group adm" "it needs a group adm and setpriv(1)"
else
	service_scene
	follow_as_service
	ok "a user of group adm follows a log that is root:adm 0640" until_read 1000
	install -m 640 -o root -g adm /dev/null "$LOG.new"
	mv -- "$LOG" "$LOG.1" && mv -- "$LOG.new" "$LOG"
	sed -n '1001,1500p' -- "$TMP/all.log" >>"$LOG"
	ok "and after it was rotated" until_read 1500
	unfollow TERM
	ok "it ends with 0, and said nothing" test "$STATUS$(cat -- "$ERR")" = 0
	sed -n '1501,2000p' -- "$TMP/all.log" >>"$LOG"
	gzip -- "$LOG.1" && mv -- "$LOG.1.gz" "$LOG.2.gz" && mv -- "$LOG" "$LOG.1"
	sed -n '2001,2500p' -- "$TMP/all.log" >"$LOG"
	chown root:adm -- "$LOG" && chmod 640 -- "$LOG"
	follow_as_service
	ok "after a rotation without it, too" until_read 2500
	chmod 600 -- "$LOG"
	sed -n '2501,2600p' -- "$TMP/all.log" >>"$LOG"
	ok "a log that it may not open any more is read on as long as it is open" until_read 2600
	unfollow TERM
	ok "nothing is missing" test "$(sqlite3 -readonly "$DB" "SELECT count(*) FROM hole")" -eq 0
	follow_as_service
	sleep 0.3
	ok "what it may not open it waits for, and says why" grep -q 'Permission denied; waiting' "$ERR"
	sed -n '2601,2700p' -- "$TMP/all.log" >>"$LOG"
	chmod 640 -- "$LOG"
	ok "and reads when it may" until_read 2700
	unfollow TERM
	ok "its files are its own, and nobody else may read them" \
		test "$(find "$TMP/service.d/state" -type f ! -perm 600 -o -type f ! -uid 65534)" = ""
fi

# ------------------------------------------------------------------ where it began, in the report

# begun WORDS ARGS...: a log with two rotated files is followed; every format of the report says where that began.
begun()
{
	local words=$1 format
	shift
	fresh begun
	LOG=$TMP/begun.d/mail.log
	head -n 900 -- "$TMP/all.log" >"$LOG.2"
	sed -n '901,1800p' -- "$TMP/all.log" >"$LOG.1"
	sed -n '1801,2700p' -- "$TMP/all.log" >"$LOG"
	"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --poll 50 "$@" "$LOG" 2>"$ERR" &
	FOLLOWER=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.1
		wb status 2>/dev/null | grep -q "all was read" && break
	done
	sed -n '2701,4000p' -- "$TMP/all.log" >>"$LOG"
	until_read 1300
	unfollow TERM
	for format in text md html; do
		run report --format "$format"
		ok "begun with the $words: the report says so as $format" grep -Fq "with the $words, $LOG" <(paste -sd ' ' <"$OUT" | tr -s ' ')
	done
	run report --format json
	ok "... as JSON" test "$(python3 -c 'import json, sys; print([(b["log"], b["with"]) for b in json.load(sys.stdin)["window"]["begun"]])' \
		<"$OUT")" = "[('$LOG', '$words')]"
	ok "... which is what its schema says" python3 "$TESTS/report/schema.py" "$ROOT/samples/report.schema.json" "$OUT"
}

begun "end of the live file"
begun "start of the live file" --from-start
begun "1 rotated files" --history 1
fresh never
wb ingest --quiet "$TMP/all.log"
run report
ok "a log that was never followed has no such line" test "$(grep -c '^Followed' "$OUT")" -eq 0

# ------------------------------------------------------------------ a flood

"$TESTS/torture/flood.sh" 5 | tee "$TMP/flooded"
read -r p _ f _ s _ < <(tail -n 1 -- "$TMP/flooded")
tally "${p:-0}" "${f:-1}"
ok "a flood of 5 s was read" test "$((p + f))" -eq 3

# ------------------------------------------------------------------ the units

if command -v systemd-analyze >/dev/null; then
	mkdir -- "$TMP/units"
	for unit in "$ROOT"/samples/systemd/*; do
		sed "s|/usr/local/bin/wouldblock|$WOULDBLOCK|" "$unit" >"$TMP/units/${unit##*/}"
	done
	systemd-analyze verify --man=no --recursive-errors=no "$TMP"/units/* >"$OUT" 2>&1
	STATUS=$?
	ok "systemd has nothing to say against the units" test "$STATUS$(cat -- "$OUT")" = 0
	# In tenths: 4 is an exposure of 0.4.
	ok "the service of follow has an exposure of 0.5 at most" \
		systemd-analyze security --offline=yes --threshold=5 "$TMP/units/wouldblock.service"
	sed '/^CapabilityBoundingSet/d; /^SystemCallFilter/d' "$UNIT" >"$TMP/units/open.service"
	ok "and would not without its fences" \
		test "$(systemd-analyze security --offline=yes --threshold=5 "$TMP/units/open.service" >/dev/null 2>&1; echo $?)" -ne 0
else
	skip "the systemd units" "they need systemd-analyze"
fi

finish
