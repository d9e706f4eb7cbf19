# shellcheck shell=bash
#
# Lines of a log to decide on, for the suites of the report. Days are of 2026, in UTC.

RBL='554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using bl.example'

# session TIME PID CLIENT SENDER TEXT...: one SMTP session of one refused recipient; TEXT... are its actions.
session()
{
	local time=$1 pid=$2 client=$3 sender=$4 text
	shift 4
	printf '%s gw01 postfix/smtpd[%d]: connect from %s\n' "$time" "$pid" "$client"
	for text; do
		printf '%s gw01 postfix/smtpd[%d]: NOQUEUE: %s; from=<%s> to=<rechnung@firma.example> proto=ESMTP helo=<x.example>\n' \
			"$time" "$pid" "$text" "$sender"
	done
	printf '%s gw01 postfix/smtpd[%d]: disconnect from %s ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4\n' "$time" "$pid" "$client"
}

# spam_day DAY: two forged mails that another check refuses: warned, and nothing lost.
spam_day()
{
	local hour
	for hour in 00:00:30 23:59:00; do
		session "$1T$hour.000000+00:00" 4711 'mail.spam.example[198.51.100.7]' chefin@firma.example \
			'warn: RCPT from mail.spam.example[198.51.100.7]: *** Invalid Inbound Sender ***' \
			"reject: RCPT from mail.spam.example[198.51.100.7]: $RBL"
	done
}

# delivered TIME NUMBER [SENDER]: a warned mail that arrived.
delivered()
{
	local sender=${3:-news@firma.example}
	cat <<-END
		$1 gw01 postfix/smtpd[$2]: connect from mail.news.example[203.0.113.7]
		$1 gw01 postfix/smtpd[$2]: NOQUEUE: warn: RCPT from mail.news.example[203.0.113.7]: *** Invalid Inbound Sender ***; from=<$sender> to=<lager@firma.example> proto=ESMTP helo=<mail.news.example>
		$1 gw01 postfix/smtpd[$2]: 4F0000$2: client=mail.news.example[203.0.113.7]
		$1 gw01 postfix/cleanup[77]: 4F0000$2: message-id=<$2@news.example>
		$1 gw01 postfix/qmgr[78]: 4F0000$2: from=<$sender>, size=1200, nrcpt=1 (queue active)
		$1 gw01 postfix/smtpd[$2]: disconnect from mail.news.example[203.0.113.7] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
		$1 gw01 postfix/local[79]: 4F0000$2: to=<lager@firma.example>, relay=local, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
		$1 gw01 postfix/qmgr[78]: 4F0000$2: removed
	END
}

days()
{
	local i
	for ((i = $2; i < $3; i++)); do
		date -u -d "$1 +$i days" +%F
	done
}

REJECT='reject: RCPT from %s: 554 5.7.1 <%s>: Sender address rejected: Delivery not authorized, message refused'
refused()
{
	# shellcheck disable=SC2059
	session "$1" "$2" "$3" chefin@firma.example "$(printf "$REJECT" "$3" chefin@firma.example)"
}
