#!/usr/bin/env bash
#
# The HTML report in a real browser: light, dark, on 360 pixels and on paper; silent, without a request,
# for readers of the screen, too; and whatever a log says stays text. PICTURES=DIR keeps what was seen.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=tests/report/log.sh
. "$TESTS/report/log.sh"

PICTURES=${PICTURES:-$TMP/pictures}
mkdir -p -- "$PICTURES" "$TMP/pages"
cd -- "$TMP/pages" || exit 1

# ------------------------------------------------------------------ pages

for day in $(days 2026-01-01 0 40); do
	spam_day "$day"
done >"$TMP/quiet.log"
head -n 40 -- "$TMP/quiet.log" >quiet-head.log

# page NAME ARGS...: the report as NAME.html.
page()
{
	local name=$1
	shift
	run report --format html --output "$name.html" "$@"
	ok "$name: a page is made" test "$STATUS" -le 2 -a -s "$name.html"
	# tidy has a word for each mistake of HTML
	ok "$name: tidy has nothing to say" test -z "$(tidy -e -q -utf8 "$name.html" 2>&1 | tee "$TMP/tidy")"
	[ ! -s "$TMP/tidy" ] || head -n 5 -- "$TMP/tidy"
}

fresh go
run ingest "$TMP/quiet.log"
page go --until 2026-02-09T23:00:00Z

# All that an administrator, a sender and a name server can say; what is lost, exempt, expired, cut, of no rule.
# shellcheck disable=SC2016 # text, not to be expanded
BAD='</td></title><script>document.title=1</script><img src=x onerror=alert(1)>"'"'"'&amp;${7*7}{{7*7}}'
ESCAPES=$'\033[31m\u202e\xff\u0301\u0301'
LONG=$(printf 'x%.0s' {1..60}).$(printf 'y%.0s' {1..60})
head -n 320 -- "$TMP/quiet.log" >"$TMP/before.log"
{
	tail -n +401 -- "$TMP/quiet.log"
	delivered 2026-02-10T06:00:00.000000+00:00 5001 'news@firma.example'
	delivered 2026-02-10T07:00:00.000000+00:00 5002 "$ESCAPES${BAD// /}@$LONG.firma.example"
	session 2026-02-10T10:00:00.000000+00:00 4712 "mail.$LONG.example[203.0.113.99]" "\"${BAD}\"@firma.example" \
		"warn: RCPT from mail.$LONG.example[203.0.113.99]: *** Invalid Inbound Sender ***"
	session 2026-02-10T10:00:01.000000+00:00 4713 'mail.two.example[203.0.113.98]' chefin@firma.example \
		"warn: RCPT from mail.two.example[203.0.113.98]: something $BAD$ESCAPES $LONG"
	session 2026-02-10T10:00:02.000000+00:00 4714 'mail.xn--mller-kva.example[203.0.113.97]' chefin@firma.example \
		'warn: RCPT from mail.xn--mller-kva.example[203.0.113.97]: *** Invalid Inbound Sender ***'
	refused 2026-02-11T08:00:00.000000+00:00 6001 'mail.spam.example[198.51.100.7]'
	refused 2026-02-11T08:30:00.000000+00:00 6003 'mail.new.example[203.0.113.50]'
	spam_day 2026-02-11
} >"$TMP/hostile.log"
fresh hostile
run ingest "$TMP/before.log" "$TMP/hostile.log"
wb mark news.example exempt --note "$BAD" --owner "$BAD $LONG" --expires 2027-01-31 >/dev/null 2>"$ERR" ||
	wb mark news.example exempt --note "$BAD" --owner "$BAD $LONG" >/dev/null
page hostile --until 2026-02-12
ok "a hole and days not watched are marked" test "$(grep -c 'class="hole" d="M[0-9.]* [0-9]*l8' hostile.html)" -gt 0 -a \
	"$(grep -c 'fill="url(#' hostile.html)" -gt 0
# shellcheck disable=SC2016
printf '%s\n' '<script>document.title=1</script>' '<img src=x onerror=alert(1)>' '${7*7}' '\x1b[31m' '\u{202e}' '\xff' \
	'müller.example' >hostile.html.texts

printf '[rule other]\ntitle = </title><script>alert(2)</script>\nwarn = never seen\n' >"$TMP/two.conf"
CONF=$TMP/two.conf
fresh two
run ingest "$TMP/quiet.log"
page rules --until 2026-02-09T23:00:00Z --rule all
CONF=$TMP/conf

fresh nothing
: >"$TMP/empty.log"
run ingest "$TMP/empty.log"
page nothing
echo 'Nothing was read yet' >nothing.html.texts

# Nothing is met, and there is much to say of it: still one sheet.
HOST=$(printf 'mx-%.0s' {1..18})01
{
	sed "s/ gw01 / $HOST /; s/Invalid Inbound Sender/Invalid Inbound Sender of long ago/" quiet-head.log
	sed 's/ gw01 / other-host-that-never-warns-and-has-a-long-name.firma.example /; /warn:/d' "$TMP/hostile.log"
} >"$TMP/worst.log"
fresh worst
run ingest "$TMP/worst.log"
page worst --domain firma.example

# ------------------------------------------------------------------ the browser

said=$TMP/checked
python3 "$TESTS/html/check.py" "$PICTURES" hostile.html=NO-GO go.html=GO worst.html=EVIDENCE rules.html nothing.html >"$said" 2>&1
grep -Ev '^[0-9]+ passed' "$said"
read -r p f < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$said" | tail -n 1)
tally "${p:-0}" "${f:-1}"

finish
