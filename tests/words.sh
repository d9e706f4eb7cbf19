#!/usr/bin/env bash
#
# An action word that Postfix does not know is nothing that we understand: a warning must never
# vanish because its word is spelt in a new way. Each word is spelt right, then wrong in five ways.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

HEAD='2026-10-06T06:08:07.000000+00:00 gw01 postfix'
TAIL='from=<a@firma.example> to=<b@firma.example> proto=ESMTP helo=<x.example>'

# action_line WORD TRUE_WORD: the line as the daemon writes it, TRUE_WORD with WORD in its place.
action_line()
{
	local text daemon=smtpd id=NOQUEUE stage=RCPT
	case $2 in
	reject*) text='554 5.7.1 <b@firma.example>: Recipient address rejected: Access denied' ;;
	hold | discard) text="<b@firma.example>: Recipient address triggers ${2^^} action" ;;
	redirect | bcc) text="<b@firma.example>: Recipient address triggers ${2^^} c@firma.example" ;;
	filter) text='<b@firma.example>: Recipient address triggers FILTER smtp:[127.0.0.1]:10025' ;;
	permit) text='action=permit_mynetworks for Client host=unknown[203.0.113.7]' ;;
	milter-reject) daemon=cleanup id=B7CAC315 stage=END-OF-MESSAGE text='5.7.1 rejected by policy' ;;
	milter-hold) daemon=cleanup id=B7CAC315 stage=END-OF-MESSAGE text='milter triggers HOLD action' ;;
	milter-discard) daemon=cleanup id=B7CAC315 stage=END-OF-MESSAGE text='milter triggers DISCARD action' ;;
	*) text='*** Invalid Inbound Sender ***' ;;
	esac
	echo "$HEAD/${daemon}[4711]: $id: $1: $stage from unknown[203.0.113.7]: $text; $TAIL"
}

# misspelt WORD: one a line; none of them is a word of Postfix.
misspelt()
{
	local middle=$((${#1} / 2))
	echo "${1:0:middle-1}${1:middle:1}${1:middle-1:1}${1:middle+1}"
	echo "${1%?}"
	echo "${1#?}"
	echo "$1x"
	echo "${1^^}"
}

# kinds FILE: of each line of FILE, as `records` has it: kind, action.
kinds()
{
	wb records "$1" --format jsonl | python3 -c '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    print(r["kind"], r.get("action") or "-")'
}

WORDS='warn reject reject_warning hold discard redirect filter bcc info permit milter-reject milter-hold milter-discard'
bad=0
for word in $WORDS; do
	action_line "$word" "$word" >>"$TMP/right.log"
	misspelt "$word" >"$TMP/wrong.words"
	: >"$TMP/wrong.log"
	while read -r wrong; do
		action_line "$wrong" "$word" >>"$TMP/wrong.log"
	done <"$TMP/wrong.words"
	cat -- "$TMP/wrong.log" >>"$TMP/all.wrong"
	bad=$((bad + $(wc -l <"$TMP/wrong.log")))

	echo "attempt $word" >"$TMP/expected"
	tail -n 1 -- "$TMP/right.log" >"$TMP/one.log"
	kinds "$TMP/one.log" >"$TMP/got"
	ok "'$word' is an action" same "$TMP/expected" "$TMP/got"
	sed 's/.*/other -/' "$TMP/wrong.words" >"$TMP/expected"
	kinds "$TMP/wrong.log" >"$TMP/got"
	ok "$(paste -sd' ' "$TMP/wrong.words") are not understood" same "$TMP/expected" "$TMP/got"
done

cat -- "$TMP/right.log" "$TMP/all.wrong" >"$TMP/mail.log"
fresh words
run ingest "$TMP/mail.log"
ok "a log of right and wrong words is read" status_is 0
ok "its account has $bad lines as not understood" says "not understood[ :]+$bad\\b|\\b$bad (lines )?not understood"
tr ' ' '\n' <<<"$WORDS" >"$TMP/expected"
wb list attempts --format jsonl | python3 -c 'import json, sys; [print(json.loads(x)["action"]) for x in sys.stdin]' >"$TMP/got"
ok "its attempts are those of the right words" same "$TMP/expected" "$TMP/got"

finish
