#!/usr/bin/env bash
#
# The dashboard: each view as text at three sizes, with hostile, no and many data, against tests/tui/;
# what it says where it cannot run; and in a real terminal (tmux) that a new line appears, keys act,
# the size may change, and the terminal is put back however it ends.
#
# UPDATE=1 writes what is seen as what is wanted.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

export TZ=UTC LC_ALL=C.UTF-8
unset NO_COLOR
LOG=$TMP/mail.log GOLDEN=$TESTS/tui UNTIL=2026-10-08T12:00:00Z
NEXT=0

# mail MINUTE CLIENT SENDER RECIPIENT [STATUS]: a warned mail that is accepted, and delivered if STATUS says how.
mail()
{
	local id
	NEXT=$((NEXT + 1))
	id=$(printf '4B%08X' "$NEXT")
	sed "s/^/2026-10-0$((6 + $1 / 1440))T$(printf '%02d:%02d' $(($1 / 60 % 24)) $(($1 % 60))):00.000000+00:00 gw01 postfix\//" <<-END
		smtpd[$NEXT]: connect from $2
		smtpd[$NEXT]: NOQUEUE: warn: RCPT from $2: *** Invalid Inbound Sender ***; from=<$3> to=<$4> proto=ESMTP helo=<x.example>
		smtpd[$NEXT]: $id: client=$2
		cleanup[9]: $id: message-id=<$NEXT@x.example>
		qmgr[8]: $id: from=<$3>, size=700, nrcpt=1 (queue active)
		smtpd[$NEXT]: disconnect from $2 ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
	END
	[ -z "${5-}" ] || echo "2026-10-0$((6 + $1 / 1440))T$(printf '%02d:%02d' $(($1 / 60 % 24)) $(($1 % 60))):01.000000+00:00 gw01 postfix/local[7]: $id: to=<$4>, relay=local, delay=1, delays=1/0/0/0, dsn=${5%% *}, status=${5#* }
2026-10-0$((6 + $1 / 1440))T$(printf '%02d:%02d' $(($1 / 60 % 24)) $(($1 % 60))):02.000000+00:00 gw01 postfix/qmgr[8]: $id: removed"
}

hostile_log()
{
	local marks
	marks=$(printf '\xcc\x81%.0s' {1..40})
	for i in 1 2 3; do
		mail $i 'a.news.example[203.0.113.7]' boss@firma.example anna@firma.example '2.0.0 sent (delivered to mailbox)'
	done
	mail 64 'unknown[203.0.113.77]' $'ev\u202eil\u200b@firma.example' bob@firma.example
	mail 65 'unknown[203.0.113.77]' $'\e]0;title\a\e[2J\x9b31m@firma.example' $'\xff\xfe@firma.example' '5.0.0 bounced (gone)'
	mail 66 'unknown[198.51.100.5]' $'日本語テスト@firma.example' $'漢字@firma.example' '2.0.0 sent (delivered to mailbox)'
	mail 127 'unknown[198.51.100.5]' "e${marks}x@firma.example" '%n%s%08x@firma.example' '2.0.0 sent (delivered to mailbox)'
	mail 1570 'unknown[10.20.30.77]' 'back\slash"quote@firma.example' "'; drop table x; --@firma.example"
	mail 1571 $'xn--mller-kva.example[192.0.2.9]' "$(printf 'long%.0s' {1..60})@firma.example" anna@firma.example
}

# 600 sources, 1 to 3 mails each.
large_log()
{
	awk 'BEGIN { for (i = 0; i < 600; i++) for (k = 0; k <= i % 3; k++) {
		t = sprintf("2026-10-0%dT%02d:%02d:%02d.000000+00:00 gw01 postfix/", 6 + i % 2, i / 60 % 24, i % 60, k)
		c = sprintf("host%d.sender%03d.example[198.18.%d.%d]", k, i, i / 250, i % 250); n = i * 4 + k
		q = sprintf("4C%08X", n)
		print t "smtpd[" n "]: connect from " c
		print t "smtpd[" n "]: NOQUEUE: warn: RCPT from " c ": *** Invalid Inbound Sender ***; from=<user" i % 40 "@firma.example> to=<to" i % 90 "@firma.example> proto=ESMTP helo=<x>"
		print t "smtpd[" n "]: " q ": client=" c
		print t "qmgr[8]: " q ": from=<user" i % 40 "@firma.example>, size=7, nrcpt=1 (queue active)"
		print t "smtpd[" n "]: disconnect from " c " ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"
	} }' | sort -s -k1,1
}

# dump ARGS...: a screen as text, as of a fixed moment.
dump()
{
	wb tui --dump --until "$UNTIL" "$@" 2>"$ERR"
}

# views SIZE NAME SCRIPT ...: each of these screens under its name; where a log lies is no matter.
views()
{
	local size=$1
	shift
	while [ $# -gt 0 ]; do
		echo "=== $1: $2"
		dump --size "$size" --keys "$2" || echo "status $?"
		shift 2
	done | sed 's/^\(│\{0,1\}[▶ ]*\)\/.*/\1(where it stands)/'
}

golden()
{
	if [ -n "${UPDATE-}" ]; then
		cp -- "$TMP/seen" "$GOLDEN/$1"
	fi
	same "$GOLDEN/$1" "$TMP/seen"
}

# Nothing but printable characters and line ends, no line wider than the screen: judged by another program.
harmless()
{
	python3 - "$TMP/seen" "$1" <<-'END'
		import sys, unicodedata
		text = open(sys.argv[1], encoding='utf-8', errors='strict').read()
		for c in text:
		    if c != '\n' and unicodedata.category(c) in ('Cc', 'Cf', 'Cs', 'Co', 'Zl', 'Zp'):
		        sys.exit('U+%04X' % ord(c))
		for line in text.split('\n'):
		    width = sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)
		    if width > int(sys.argv[2]) and not line.startswith('==='):
		        sys.exit('%d columns: %s' % (width, line))
	END
}

EVERY=(sources 1 senders 2 recipients 3 live 4 criteria 5 plan 6 holes 7)

# ------------------------------------------------------------------ each view as text

hostile_log >"$LOG"
fresh hostile
run ingest "$LOG"
ok "the hostile log is read" status_is 0
run mark 10.20.30.77 move --note $'it is the print server'
for size in 80x24 40x10 200x60; do
	views $size "${EVERY[@]}" source '<enter>' source-end '<enter>G' mails '2<enter>' lines '4k<enter>' card '5j<enter>' \
		help '?' filtered '2/\u{202E<enter>' marked '<space><space>' nothing '/nowhere' note 'nwhy' >"$TMP/seen"
	ok "hostile data at $size: as wanted" golden "hostile-$size.txt"
	ok "... nothing that a terminal would obey, and no line too wide" harmless ${size%x*}
done
: >"$TMP/empty.log"
fresh empty
run ingest "$TMP/empty.log"
for size in 80x24 40x10 200x60; do
	views $size "${EVERY[@]}" help '?' enter '<enter>' mails '2<enter>' lines '4<enter>' card '5<enter>' >"$TMP/seen"
	ok "without data at $size: as wanted" golden "empty-$size.txt"
done
large_log >"$TMP/large.log"
fresh large
run ingest "$TMP/large.log"
for size in 80x24 40x10 200x60; do
	views $size "${EVERY[@]}" end G page '<pgdn><pgdn>' sorted ssssss source '<enter>' source-end '<enter>G' \
		mails '2<enter>' lines '4<enter>' card '5j<enter>' filtered '/sender59<enter>' all '*' >"$TMP/seen"
	ok "600 sources at $size: as wanted" golden "large-$size.txt"
	ok "... no line too wide" harmless ${size%x*}
done
# What is summed up here, against what SQL sums up: most mails that would be lost first, so many columns of numbers.
as_listed()
{
	wb list "$1" --until "$UNTIL" --limit 1000 --format jsonl | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    print(*[row[k] for k in sys.argv[1:] if k in row])' "${1%s}" sources clients mails would_be_lost | sort >"$TMP/listed"
	dump --size 150x300 --keys "$2" | awk -v n="$3" '/@/ { sub(/^[│▶ ]+/, ""); s = $1; for (i = 2; i <= n; i++) s = s " " $i; print s }' |
		sort >"$TMP/seen"
	test "$(wc -l <"$TMP/listed")" -ge 40 && same "$TMP/listed" "$TMP/seen"
}
ok "senders are summed up as SQL does" as_listed senders 2 5
ok "... recipients, too" as_listed recipients 3 4
# The dashboard asks in many short transactions what the report asks in one.
same_decision()
{
	wb report --until "$UNTIL" --format json "$@" >"$TMP/report.json"
	dump --size 200x60 --keys 5 "$@" >"$TMP/seen"
	python3 "$TESTS/tui/decision.py" "$TMP/report.json" "$TMP/seen"
}
ok "the criteria are the report's" same_decision
ok "... in a stretch of the log" same_decision --since 2026-10-07
run mark "$(wb list sources --limit 1 --format jsonl | python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())["source"])')" exempt
ok "... with a verdict" same_decision
LC_ALL=C dump >"$TMP/seen"
ok "without UTF-8 all is ASCII" test -z "$(LC_ALL=C tr -d '\n -~' <"$TMP/seen")"

# ------------------------------------------------------------------ where it cannot run

run tui </dev/null
ok "no terminal: status 64, one line" complains 64
ok "... which names commands that need none" says 'wouldblock report'
run tui --dump --keys '<nokey>'
ok "a key that is none: status 64, one line" complains 64
run tui --dump --size 80
ok "a size that is none: status 64, one line" complains 64
run tui now
ok "a word too many: status 64, one line" complains 64
good=$DB
DB=$TMP/nowhere/db
run tui --dump
ok "no database: status 66, one line" complains 66
ok "... which says what makes one" says 'wouldblock ingest'
DB=$good

# ------------------------------------------------------------------ in a real terminal

S=$TMP/tmux.socket
tm()
{
	tmux -S "$S" -f /dev/null "$@"
}
trap 'tm kill-server 2>/dev/null; rm -rf -- "$TMP"' EXIT

# A terminal with a shell in it.
terminal()
{
	local try
	for try in 1 2 3 4 5; do
		# a server that is still ending is none
		tm new-session -d -x 100 -y 30 "PS1='\$ ' exec bash --norc --noprofile" 2>"$TMP/tmux.$try" && break
		sleep 0.1
	done
	until_seen '^\$'
}

screen()
{
	tm capture-pane -p 2>&1
}

# until_seen ERE [SECONDS]: the screen shows it before long.
until_seen()
{
	local end=$((${EPOCHREALTIME/./} + ${2:-5} * 1000000 * ${TIME_FACTOR:-1}))
	until screen | grep -Eq -- "$1"; do
		if [ "${EPOCHREALTIME/./}" -gt "$end" ]; then
			echo "never seen: $1"
			screen
			return 1
		fi
		sleep 0.02
	done
}

until_gone()
{
	local end=$((${EPOCHREALTIME/./} + 5000000 * ${TIME_FACTOR:-1}))
	while screen | grep -Eq -- "$1"; do
		[ "${EPOCHREALTIME/./}" -le "$end" ] || return 1
		sleep 0.02
	done
}

# The state of the terminal as stty has it, where the shell in it can be asked.
settings_of_terminal()
{
	tm send-keys "clear; stty -a >$TMP/stty.$1; echo told-$1-so" Enter
	until_seen "^told-$1-so"
}

start()
{
	tm send-keys "clear; $WOULDBLOCK --db $DB --config $CONF tui $*" Enter
}

ended()
{
	until_seen '^\$ *$' && ! screen | grep -q Sources
}

WOULDBLOCK=$(realpath -- "$WOULDBLOCK")
live=$TMP/live.log
hostile_log >"$live"
fresh terminal
"$WOULDBLOCK" --db "$DB" --config "$CONF" follow --from-start "$live" >"$TMP/follow.said" 2>&1 &
follow=$!
trap 'kill "$follow" 2>/dev/null; tm kill-server 2>/dev/null; rm -rf -- "$TMP"' EXIT
if ! terminal; then
	skip "the dashboard in a terminal" "tmux does not start"
	kill "$follow"
	finish
fi
for _ in {1..100}; do
	[ -n "$(wb list sources --format csv 2>/dev/null)" ] && break
	sleep 0.05
done
settings_of_terminal before
start
ok "it starts in a terminal" until_seen '▶ news.example'
ok "it sees that somebody follows" until_seen 'following live.log'
tm send-keys 4
ok "Live shows the newest line" until_seen '▶.* 10-07 02:11:00|▶.*longlong'
# From the write to the screen: follow's part, ours, and what tmux and this loop add.
mail 1600 'new.arrival.example[192.0.2.200]' fresh@firma.example anna@firma.example >>"$live"
appended=${EPOCHREALTIME/./}
ok "a new line appears" until_seen 'fresh@fir'
ms=$(((${EPOCHREALTIME/./} - appended) / 1000))
echo "# after $ms ms"
ok "... within a quarter of a second (was $ms ms)" test $ms -le $((250 * ${TIME_FACTOR:-1}))
# No flicker: a line that comes and a selection that moves send what has changed, and never clear the screen.
tm pipe-pane "cat >$TMP/bytes.steady"
mail 1601 'steady.arrival.example[192.0.2.201]' steady@firma.example anna@firma.example >>"$live"
until_seen 'steady@f'
tm send-keys k
sleep 0.1
tm send-keys j
sleep 0.1
tm pipe-pane
ok "what changes is drawn, without clearing the screen" \
	test -s "$TMP/bytes.steady" -a "$(grep -acE $'\e\\[[0-3]?J' "$TMP/bytes.steady")" -eq 0
ok "... in fewer bytes than a screen has (were $(wc -c <"$TMP/bytes.steady"))" \
	test "$(wc -c <"$TMP/bytes.steady")" -lt 3000
tm send-keys 1 :news Enter e
ok "a verdict is said" until_seen 'news.example: exempt'
ok "... and stands in its row" until_seen '▶ news.example .*exempt'
tm send-keys u
ok "it is taken back" until_seen '▶ news.example .*undecided'
tm send-keys b u
ok "an undo that is faster than the writing takes that back, not what was before" until_seen 'taken back: news.example'
ok "... so there is none" test -z "$(wb list verdicts --format csv | grep news)"
tm send-keys Space Space b
ok "marked rows are decided together" until_seen '2 rows: block'
tm send-keys u
ok "... and taken back together" until_seen 'taken back: 2 rows'
tm send-keys /arrival Enter
ok "a filter shows what holds the text" until_seen 'holds "arrival".*1/1'
tm send-keys Enter
ok "Enter goes in" until_seen 'Sources > Source'
ok "... to the lines of the log" until_seen 'WARN|warn'
tm send-keys e
ok "e decides the source that is looked at" until_seen 'arrival.example: exempt'
tm send-keys u
ok "... and u takes it back" until_seen 'taken back: arrival.example'
tm resize-window -x 40 -y 10
ok "a small screen is drawn anew" until_seen 'NO-GO|NOT-ENOUGH'
ok "... within its width" test "$(screen | wc -L)" -le 40
tm resize-window -x 300 -y 100
ok "so is a large one" until_seen '┌ Sources > Source .*─┐$'
tm resize-window -x 100 -y 30
tm send-keys Escape Escape
ok "Esc goes back" until_gone 'Sources > Source'
for ((n = 1; n <= 40; n++)); do
	tm resize-window -x $((1 + n * 7 % 120)) -y $((1 + n * 5 % 40))
done
tm resize-window -x 100 -y 30
ok "forty sizes, one right after the other, some with hardly a cell: it is drawn as before" until_seen 'per hour'
tm send-keys '?'
ok "? helps" until_seen 'only rows that hold a text'
tm send-keys Escape C-z
ok "Ctrl-Z leaves it" until_seen 'Stopped'
tm send-keys fg Enter
ok "fg comes back" until_seen '▶Sources|▶ '
tm send-keys q
ok "q ends it" ended
settings_of_terminal after
ok "the terminal is as it was" same "$TMP/stty.before" "$TMP/stty.after"

# The process that the shell in the terminal runs.
dashboard()
{
	pgrep -P "$(tm list-panes -F '#{pane_pid}')"
}

# dies SIGNAL: the terminal is put back when this ends it.
dies()
{
	start
	until_seen 'Sources ─' || return 1
	kill "-$1" "$(dashboard)" || return 1
	until_seen '\$ *$' || return 1
	tm send-keys "clear" Enter
	settings_of_terminal "$1" && same "$TMP/stty.before" "$TMP/stty.$1"
}
for signal in TERM HUP INT SEGV ABRT; do
	ok "SIG$signal puts the terminal back" dies $signal
done
tm send-keys "clear; TERM=dumb $WOULDBLOCK --db $DB tui" Enter
ok "TERM=dumb: it says so" until_seen 'TERM is dumb'
tm send-keys "clear; TERM=nosuchterminal $WOULDBLOCK --db $DB tui" Enter
ok "an unknown TERM: it says so" until_seen 'terminal is not known'
tm send-keys "clear; env -u TERM $WOULDBLOCK --db $DB tui; echo ends with \$?" Enter
ok "no TERM at all: status 64" until_seen 'ends with 64'
# In each terminal, what reaches it as bytes: colours of its range, none as a background, so that light and dark stay
# what they are; and all that is to be read is there without them.
coloured()
{
	rm -f -- "$TMP/bytes.$1"
	tm pipe-pane "cat >$TMP/bytes.$1"
	tm send-keys "clear; TERMINFO=$TERMINFO TERM=$1 ${2-} $WOULDBLOCK --db $DB --config $CONF tui --keys '<space>jj'" Enter
	until_seen 'NO-GO' && until_seen '1 marked'
	screen >"$TMP/text.$1"
	tm send-keys q
	while dashboard >"$TMP/pid"; do
		sleep 0.02
	done
	tm pipe-pane
	tm send-keys clear Enter
	until_seen '^\$ *$'
	grep -aoE $'\e\\[[0-9;]*m' "$TMP/bytes.$1" | sort -u >"$TMP/sgr.$1"
}

# only TERM ERE: each attribute that was set is one of these; bold, reverse and their ends are of every terminal.
only()
{
	! sed 's/^.*\[//; s/m$//; s/38;5;\([0-9]*\)/x\1/g' "$TMP/sgr.$1" | tr ';' '\n' |
		grep -Evx -- "|0|00|1|7|22|27|39|49|10|11|$2"
}

# Few systems have one with 16 colours.
TERMINFO=$TMP/terminfo
for term in tmux-256color xterm xterm-256color vt100 screen; do
	infocmp -x "$term"
done >"$TMP/terms"
infocmp -x xterm | sed 's/^xterm|[^,]*/xterm-16color|with 16 colours/; s/colors#[0-9a-fx]*/colors#16/' >>"$TMP/terms"
tic -x -o "$TERMINFO" "$TMP/terms"
for term in tmux-256color xterm-16color xterm vt100; do
	coloured $term
	ok "TERM=$term: what is read needs no colour" same "$TMP/text.tmux-256color" "$TMP/text.$term"
done
ok "256 colours: they are used, and no others" eval "grep -q '38;5;' '$TMP/sgr.tmux-256color' && only tmux-256color 'x[0-9]{1,3}'"
ok "16 colours: the first eight are used" eval "grep -q '3[1-6]' '$TMP/sgr.xterm-16color' && only xterm-16color '3[0-7]'"
ok "8 colours: they are used, and no others" eval "grep -q '3[1-6]' '$TMP/sgr.xterm' && only xterm '3[0-7]'"
ok "a terminal without colours gets none" only vt100 ''
coloured xterm-256color NO_COLOR=1
ok "NO_COLOR: no colour, and all is there" eval "only xterm-256color '' && same '$TMP/text.tmux-256color' '$TMP/text.xterm-256color'"
coloured xterm-256color LC_ALL=C
ok "without UTF-8 nothing but ASCII reaches the terminal" eval "tr -d '[:cntrl:] -~' <'$TMP/bytes.xterm-256color' | cmp -s - /dev/null"

# While follow writes and each view is looked at, the write-ahead log can be emptied: nobody reads in it for long. Under
# write.lock, as our own checkpoints.
shortened()
{
	flock "$DB.write.lock" sqlite3 "$DB" 'PRAGMA busy_timeout = 250; PRAGMA wal_checkpoint(TRUNCATE)' | grep -qx '0|0|0'
}
printf '[rule own-domain]\nwarn = Invalid Inbound Sender\nreject = Delivery not authorized\nmap = hash:%s\n' "$TMP/map" >"$TMP/map.conf"
echo 'firma.example WARN *** Invalid Inbound Sender ***' >"$TMP/map"
CONF=$TMP/map.conf
start --times "$TMP/times"
until_seen 'NO-GO'
held=0 minute=1620
for keys in 2 Enter Enter 3 Enter 4 Enter 5 6 7 1 Enter r; do
	mail $minute "m$minute.busy.example[192.0.2.210]" busy@firma.example anna@firma.example '5.0.0 bounced (gone)' >>"$live"
	tm send-keys "$keys"
	minute=$((minute + 1))
	shortened || held=$((held + 1))
done
ok "in every view the write-ahead log can be shortened while somebody writes" test $held -eq 0
tm send-keys C-z
until_seen 'Stopped'
ok "... and while it is stopped" shortened
tm send-keys fg Enter
until_seen '▶Sources|▶ '
tm send-keys Escape Escape 6
ok "Plan says what makes an exception, and takes none for that row" eval "until_seen 'none yet: e' && tm send-keys je && until_seen 'no verdict can be given'"
ok "... and shows the files" until_seen 'wouldblock_own_domain'
tm send-keys q
ended
# brief: no read transaction was held longer than 50 ms, and nothing else is told.
brief()
{
	awk -v most="$((50 * ${TIME_FACTOR:-1}))" '
		$1 == "transaction" { ok = $2 > 100 && $4 <= most }
		$1 !~ /^(transaction|read\/[a-z_]*)$/ { bad = 1 }
		END { exit !ok || bad }' "$TMP/times"
}
ok "... each query has a read transaction of its own, and none is long" brief
CONF=$TMP/empty.conf
: >"$CONF"

# The rest of a key that comes long after its Esc is that key, and no keys of its own: not b, nor e.
start
until_seen '▶ news.example'
tm send-keys -H 1b
sleep 0.1
tm send-keys -H 5b
sleep 0.05
tm send-keys -H 42
ok "a key whose bytes come late is that key" until_gone '▶ news.example'
tm send-keys -H 1b
sleep 0.1
tm send-keys -H 5b 32 34 3b 35 62
sleep 0.1
ok "... or none, if we do not know it" eval "! screen | grep -Eq 'no such key|: block|being written'"
tm send-keys q
ended

# click COLUMN ROW [BUTTON]: pressed and let go there, as a terminal says it; 64 and 65 are the wheel.
click()
{
	local bytes
	bytes=$(printf '\033[<%d;%d;%dM\033[<%d;%d;%dm' "${3:-0}" "$1" "$2" "${3:-0}" "$1" "$2" | od -An -v -tx1)
	# shellcheck disable=SC2086 # bytes are words
	tm send-keys -H $bytes
}
row_of()
{
	screen | grep -n -- "$1" | head -n 1 | cut -d: -f1
}
tm send-keys "clear; TERM=xterm-256color $WOULDBLOCK --db $DB --config $CONF tui" Enter
until_seen 'NO-GO'
until_seen '▶ news.example'
click 8 "$(row_of ' 203.0.113.0/24')"
ok "a click selects" until_seen '▶ 203.0.113.0/24'
click 8 5 64
ok "the wheel scrolls up" until_seen '▶ news.example'
click 8 5 65
ok "... and down" until_gone '▶ news.example'
click "$(screen | grep -n . | sed -n 's/Recipients.*//p' | sed 's/^[0-9]*://' | head -n 1 | wc -m)" "$(row_of 'Sources ─')"
ok "a click on a view's name shows it" until_seen '▶Recipients'
tm send-keys 1g
until_seen '▶ news.example'
row=$(row_of 'news.example')
click 8 "$row"
click 8 "$row"
ok "a double click goes in" until_seen 'Sources > Source'
tm send-keys q
ended
start
until_seen 'Sources ─'
pid=$(dashboard)
tm kill-server
gone=1
for _ in {1..100}; do
	kill -0 "$pid" 2>/dev/null || { gone=0; break; }
	sleep 0.02
done
ok "a terminal that is closed ends it" test $gone -eq 0
kill "$follow"
wait "$follow"
ok "follow ends when it is told to" test $? -eq 0
trap 'tm kill-server 2>/dev/null; rm -rf -- "$TMP"' EXIT

# ------------------------------------------------------------------ --follow

# Who asks gets the lock for reading logs: nobody follows.
nobody_follows()
{
	flock -n "$DB.ingest.lock" true
}

# as_ingested LOG: what the database says of the log is what one that reads it in one go says.
as_ingested()
{
	local followed=$DB
	lists "$TMP/followed" || return 1
	fresh whole
	wb ingest "$1" >"$TMP/ingested.said" && lists "$TMP/whole"
	DB=$followed
	sed -i 's/"verdict":.*//' "$TMP/whole" "$TMP/followed"
	same "$TMP/whole" "$TMP/followed"
}

fresh both
mkdir "$TMP/grow"
live=$TMP/grow/live.log
hostile_log >"$live"
terminal
printf '[log]\nhistory = %s\n' "$live" >"$TMP/history.conf"
CONF=$TMP/history.conf
start --follow "$live"
ok "--follow makes the database and starts" until_seen '▶ news.example'
mail 1700 'second.arrival.example[192.0.2.201]' both@firma.example anna@firma.example >>"$live"
ok "... reads the log" until_seen 'arrival.example'
pid=$(dashboard)
ok "... in the same process" test -z "$(pgrep -P "$pid")" -a "$(head -n 1 "$DB.ingest.lock")" = "$pid"
tm send-keys C-z
until_seen 'Stopped'
ok "while it is stopped it holds no lock" nobody_follows
mail 1710 'third.arrival.example[192.0.2.202]' third@firma.example anna@firma.example >>"$live"
tm send-keys fg Enter
tm send-keys 4
ok "... and goes on where it was" until_seen 'third@'
ok "a verdict can be given while it follows" eval "tm send-keys 1ge; until_seen 'news.example: exempt'"
tm send-keys q
ok "... it ends" ended
ok "... and nobody follows any more" nobody_follows
ok "... everything is in the database, once" as_ingested "$live"
start --follow "$live"
until_seen 'following live.log'
for i in {1..20}; do
	mail $((1720 + i)) "k$i.killed.example[192.0.2.203]" "k$i@firma.example" anna@firma.example '2.0.0 sent (delivered)'
done >>"$live" &
sleep 0.05
kill -KILL "$(dashboard)"
wait $!
until_seen 'Killed'
tm kill-server
terminal
start --follow "$live"
all_once()
{
	until_seen 'killed.example' && tm send-keys q && ended && as_ingested "$live"
}

ok "killed and started again it has all, once" all_once
# 2 000 mails in 12 000 lines at once. While they are read, any figure of a moment may be seen; at the end only the true ones.
burst()
{
	awk 'BEGIN { for (i = 0; i < 2000; i++) {
		t = sprintf("2026-10-08T%02d:%02d:%02d.000000+00:00 gw01 postfix/", i / 3600, i / 60 % 60, i % 60)
		c = "b" i % 7 ".burst" i % 50 ".example[198.19." i % 50 "." i % 7 "]"; q = sprintf("4D%08X", i)
		print t "smtpd[" i "]: connect from " c
		print t "smtpd[" i "]: NOQUEUE: warn: RCPT from " c ": *** Invalid Inbound Sender ***; from=<burst" i % 40 "@firma.example> to=<to" i % 90 "@firma.example> proto=ESMTP helo=<x>"
		print t "smtpd[" i "]: " q ": client=" c
		print t "qmgr[8]: " q ": from=<burst" i % 40 "@firma.example>, size=7, nrcpt=1 (queue active)"
		print t "smtpd[" i "]: disconnect from " c " ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"
		print t "local[7]: " q ": to=<to" i % 90 "@firma.example>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=" (i % 4 ? "sent (ok)" : "bounced (gone)")
	} }'
}
start --follow "$live"
until_seen 'following live.log'
before=$(wb list mails --format jsonl | grep -c '"would_be_lost": *true')
mails=$(wb list mails --format jsonl | wc -l)
burst >>"$live"
ok "after a burst of 12 000 lines the figures are exact" until_seen "would be lost: $(((before + 1500) / 1000)) $(printf '%03d' $(((before + 1500) % 1000))) mails .* of $(((mails + 2000) / 1000)) $(printf '%03d' $(((mails + 2000) % 1000))) warned" 20
tm send-keys /burst4.ex Enter
ok "... a source's, too" eval "until_seen '1/1' && until_seen 'burst4.example .* 40 +20 '"
tm send-keys Escape q
ended
ok "... and all is in the database, once" as_ingested "$live"

# A crash in another thread than the one that draws.
crash_of_thread()
{
	local pid thread
	start --follow "$live"
	until_seen 'following live.log' || return 1
	pid=$(dashboard)
	for thread in /proc/"$pid"/task/*; do
		thread=${thread##*/}
	done
	[ "$thread" != "$pid" ] || return 1
	python3 -c 'import ctypes, sys; ctypes.CDLL(None).syscall(234, int(sys.argv[1]), int(sys.argv[2]), 11)' "$pid" "$thread"
	until_seen 'Segmentation' || return 1
	settings_of_terminal thread && same "$TMP/stty.before" "$TMP/stty.thread"
}
ok "a crash in a thread puts the terminal back, too" crash_of_thread
start --follow "$live"
until_seen 'following live.log'
mv -- "$DB" "$DB.moved"
mail 1760 'late.arrival.example[192.0.2.204]' late@firma.example anna@firma.example >>"$live"
ok "an error that ends following is on the screen" eval "until_seen 'STOPPED: ' && until_seen 'moved or replaced'"
tm send-keys 2
ok "... which goes on" until_seen '▶Senders'
tm send-keys q
ok "... and it is said again at the end" until_seen '^wouldblock: .*moved'
mv -- "$DB.moved" "$DB"
settings_of_terminal moved
ok "... with the terminal as it was" same "$TMP/stty.before" "$TMP/stty.moved"
tm send-keys "clear; flock $DB.ingest.lock -c '$WOULDBLOCK --db $DB --config $CONF tui --follow $live'; echo ends with \$?" Enter
ok "where somebody else follows it says so and ends" until_seen 'another wouldblock'
ok "... with status 75" until_seen 'ends with 75'
tm kill-server

finish
