#!/usr/bin/env bash
#
# The conversation of `review`, its answers piped in: what is asked, what is written, what is not
# asked again, and that nothing of a log reaches the screen as it is.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

LOG=$TMP/mail.log

# warned SECOND CLIENT SENDER [DAY]: a mail that is warned and accepted, and stays queued.
warned()
{
	local id
	id=$(printf '4B%08X' "$1")
	sed "s/^/2026-10-${4:-06}T06:$(printf '%02d:%02d' $(($1 / 60)) $(($1 % 60))).000000+00:00 gw01 postfix\//" <<-END
		smtpd[$1]: connect from $2
		smtpd[$1]: NOQUEUE: warn: RCPT from $2: *** Invalid Inbound Sender ***; from=<$3> to=<anna@firma.example> proto=ESMTP helo=<x.example>
		smtpd[$1]: $id: client=$2
		cleanup[9]: $id: message-id=<$1@x.example>
		qmgr[8]: $id: from=<$3>, size=700, nrcpt=1 (queue active)
		smtpd[$1]: disconnect from $2 ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
	END
}
{
	for i in 1 2 3 4; do
		warned $i 'a.news.example[203.0.113.7]' boss@firma.example
	done
	warned 5 'b.news.example[198.51.100.9]' clerk@firma.example
	warned 6 'unknown[203.0.113.77]' boss@firma.example
	warned 7 'unknown[203.0.113.77]' $'ev\u202eil@firma.example'
	warned 8 'unknown[10.20.30.77]' printer@firma.example
} >"$LOG"
fresh review
run ingest "$LOG"
ok "eight warned mails are read" status_is 0

# answers LINE...: a review that gets these answers.
answers()
{
	printf '%s\n' "$@" | wb review >"$OUT" 2>"$ERR"
	STATUS=$?
}

# asked: the questions of the last review, in their order.
asked()
{
	sed -n 's/^\([0-9]* of [0-9]*\)  \([^ ]*\) .*/\2/p' "$OUT" | uniq | paste -sd ' '
}

# said: verdicts that count, as `SUBJECT VERDICT`.
said()
{
	sqlite3 -readonly "$DB" "SELECT group_concat(x, ', ') FROM
		(SELECT subject || ' ' || verdict || coalesce(' (' || note || ')', '') AS x FROM verdict ORDER BY subject)"
}

is()
{
	[ "$1" = "$2" ] && return
	echo "is '$1', should be '$2'"
	return 1
}

again()
{
	sqlite3 "$DB" 'DELETE FROM human_verdict'
}

# ------------------------------------------------------------------ what is asked

wb review </dev/null >"$OUT" 2>"$ERR"
STATUS=$?
ok "without any answer it ends well" status_is 0
ok "and tells what is undecided" says '^0 decided, 0 put off; undecided: 3 sources, 8 would-be-lost mails$'
answers s s s
ok "the heaviest loss is asked first" is "$(asked)" 'news.example 203.0.113.0/24 10.20.30.77'
ok "skipped is undecided" says '^0 decided, 0 put off; undecided: 3 sources'
ok "a question names fates" says '^  fates +5 queued'
ok "and evidence" says '^  evidence +SPF nothing'
ok "and what we suggest, with a reason" says '^  suggested move: inside'
ok "a network says whose mails it covers besides" says 'of these 4 mails of others: 4 lost'
ok "no line is longer than 80" test "$(wc -L <"$OUT")" -le 80
answers q
ok "quit ends it" is "$(asked)" news.example

# ------------------------------------------------------------------ what is written

answers 'e ticket 5' b 'move'
ok "three answers are three verdicts" is "$(said)" '10.20.30.77 move, 203.0.113.0/24 block, news.example exempt (ticket 5)'
ok "none is undecided" says '^3 decided, 0 put off; undecided: 0 sources, 0 would-be-lost mails$'
answers s
ok "decided is not asked again" says '^Nothing to decide'
again
answers 'o because' m q
ok "a note stands with the next verdict" is "$(said)" 'news.example move (because)'
again
answers e u b q
ok "undone, and said otherwise" is "$(said)" 'news.example block'
ok "the history keeps it all" is "$(sqlite3 -readonly "$DB" 'SELECT group_concat(verdict) FROM human_verdict')" 'exempt,clear,block'
again
answers e b u u q
ok "undone twice leads back to the first" is "$(said) $(asked)" ' news.example 203.0.113.0/24 10.20.30.77 203.0.113.0/24 news.example'
answers u q
ok "nothing to undo: it says so" says 'nothing to undo'
answers 'x' '' '?' 'e now' q
ok "an unknown answer is told, and help helps" says 'no such answer'
ok "... and the next one counts" is "$(said)" 'news.example exempt (now)'
again

# ------------------------------------------------------------------ later

answers 'l 2999-01-01' q
ok "put off: no verdict" is "$(said)" ''
ok "put off is counted" says '^0 decided, 1 put off'
answers q
ok "put off is not asked" is "$(asked)" 203.0.113.0/24
sqlite3 "$DB" 'UPDATE human_verdict SET expires = 20000'
answers q
ok "its day has come: asked" is "$(asked)" news.example
again
answers l 2999-01-01 q
ok "the day may come on a line of its own" says '1 put off'
again
answers 'l 2020-01-01' 'l soon' q
ok "a day that is past or none is refused" is "$(grep -c 'not a day to come' "$OUT")" 2
again

# ------------------------------------------------------------------ narrower, wider

answers n q
ok "narrower names networks, addresses, senders" says '^ +1 +network +203.0.113.0/24 +4 mails +4 lost$'
number=$(sed -n 's/^ *\([0-9]*\)  ip  *203.0.113.7 .*/\1/p' "$OUT")
answers n "$number" e q
ok "a narrower subject is decided" is "$(said)" '203.0.113.7 exempt'
ok "and the source is asked again for its rest" says '^  undecided 1 of the 5$'
again
answers s w 1 e q
ok "a wider subject says what else it would admit" says 'would admit besides: 6 mails of others: 6 lost, 0 refused, 0 spam'
ok "and is what is decided" is "$(said)" 'firma.example exempt'
again
answers n 99 n 0 n x n '' e q
ok "a number that is none: as it was" is "$(said)" 'news.example exempt'
again
answers w 1 b
ok "a domain that is decided leaves nothing to ask" is "$(said) $(asked)" 'firma.example block news.example'
again

# ------------------------------------------------------------------ raw lines

answers s r q
ok "raw lines stand where the log has them" says "^  $LOG, byte [0-9]+\$"
ok "each line as it is" says 'warn: RCPT from unknown\[203.0.113.77\]: \*\*\* Invalid Inbound Sender'
ok "without what would turn the screen around" test -z "$(grep -F $'\u202e' "$OUT")"
ok "what it was is shown" says 'ev\\u\{202E\}il@firma.example'
gzip -c -- "$LOG" >"$LOG.2.gz"
mv -- "$LOG" "$LOG.1"
answers s r q
ok "a log that was rotated is found" says 'Invalid Inbound Sender'
mv -- "$LOG.1" "$TMP/elsewhere"
answers s r q
ok "one that was packed too" says 'Invalid Inbound Sender'
rm -- "$LOG.2.gz"
warned 9 'other.example[192.0.2.1]' x@firma.example >"$LOG"
answers s r q
ok "another log in its place is not quoted: where the line stood" says "not there any more: $LOG, byte"
ok "... and nothing of it" test -z "$(grep 'Invalid' "$OUT")"
mv -- "$TMP/elsewhere" "$LOG"

# ------------------------------------------------------------------ asked again

answers e e e
ok "all is decided" is "$(said)" '10.20.30.77 exempt, 203.0.113.0/24 exempt, news.example exempt'
warned 10 'c.news.example[192.0.2.200]' boss@firma.example 07 >>"$LOG"
run ingest "$LOG"
answers q
ok "a new network: asked again" says 'decided, but it has changed: new network 192.0.2.0/24'
answers e
ok "confirmed" says '^1 decided'
answers q
ok "and not asked again" says '^Nothing to decide'

run review --rule other
ok "a rule that is none: status 64 and one line" complains 64
run review now
ok "a word too many: status 64 and one line" complains 64
DB=$TMP/nowhere/db run review
ok "no database: status 66 and one line" complains 66

finish
