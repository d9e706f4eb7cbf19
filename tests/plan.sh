#!/usr/bin/env bash
#
# `plan` and `explain`: what is written, where, and that Postfix's own postmap answers each key of
# the written tables as `explain` says.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

PATH=$PATH:/usr/sbin:/sbin
ETC=$TMP/etc
MAP=$ETC/check_custom_sender_access
CLASS=wouldblock_own_domain
WARN='WARN *** Invalid Inbound Sender ***'
REFUSE='REJECT 5.7.1 Delivery not authorized, message refused'

ok "postmap is there" command -v postmap
ok "shellcheck is there" command -v shellcheck
[ "$failed" -eq 0 ] || finish

# ------------------------------------------------------------------ a log, a map, verdicts

# mail SECOND NAME IP SENDER: a warned and delivered mail.
n=0
mail()
{
	local at pid=$((1000 + n)) id
	at=$(date -u -d "@$((1790000000 + $1))" +%Y-%m-%dT%H:%M:%S.000000+00:00)
	id=$(printf 'A%09X' "$((n + 1))")
	n=$((n + 1))
	cat <<-END
		$at mx1 postfix/smtpd[$pid]: connect from $2[$3]
		$at mx1 postfix/smtpd[$pid]: NOQUEUE: warn: RCPT from $2[$3]: *** Invalid Inbound Sender ***; from=<$4> to=<anna@company.my> proto=ESMTP helo=<x>
		$at mx1 postfix/smtpd[$pid]: $id: client=$2[$3]
		$at mx1 postfix/cleanup[200]: $id: message-id=<$n@x>
		$at mx1 postfix/qmgr[300]: $id: from=<$4>, size=100, nrcpt=1 (queue active)
		$at mx1 postfix/local[400]: $id: to=<anna@company.my>, relay=local, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
		$at mx1 postfix/qmgr[300]: $id: removed
		$at mx1 postfix/smtpd[$pid]: disconnect from $2[$3] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
	END
}

# login SECOND SENDER USER: a mail accepted on 587.
login()
{
	local at id
	at=$(date -u -d "@$((1790000000 + $1))" +%Y-%m-%dT%H:%M:%S.000000+00:00)
	id=$(printf 'B%09X' "$1")
	cat <<-END
		$at mx1 postfix/submission/smtpd[99]: connect from laptop.example[192.0.2.150]
		$at mx1 postfix/submission/smtpd[99]: $id: client=laptop.example[192.0.2.150], sasl_method=PLAIN, sasl_username=$3
		$at mx1 postfix/cleanup[200]: $id: message-id=<l$1@x>
		$at mx1 postfix/qmgr[300]: $id: from=<$2>, size=100, nrcpt=1 (queue active)
		$at mx1 postfix/local[400]: $id: to=<anna@company.my>, relay=local, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
		$at mx1 postfix/qmgr[300]: $id: removed
		$at mx1 postfix/submission/smtpd[99]: disconnect from laptop.example[192.0.2.150] ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6
	END
}

# What a hostile sender's address may look like, quoted as RFC 5321 has it.
# shellcheck disable=SC2016
HOSTILE=('"$(touch pwned)"@company.my' '"; reboot #"@company.my' '"it'"'"'s"@company.my' '`id`@company.my'
	'-x@company.my' '"a\"b"@company.my' '"a b"@company.my' '#no@company.my' '"a,b"@company.my')

the_log()
{
	local s i=500
	mail 0 mx1.news.example 192.0.2.11 letters@company.my
	mail 60 mx1.news.example 192.0.2.11 letters@company.my
	mail 120 mail.news.example 192.0.2.12 '"a b"@company.my'
	mail 180 unknown 198.51.100.20 till@company.my
	mail 240 unknown 198.51.100.66 till@company.my
	mail 300 unknown 2001:db8:25::5 door@company.my
	mail 360 mx.cloud-host.example 203.0.113.77 boss@company.my
	mail 420 unknown 203.0.113.9 disk@alerts.company.my
	mail 430 unknown 203.0.113.9 clerk@company.my
	mail 440 printer.lan 10.20.30.77 printer@company.my
	mail 450 out.partner.example 233.252.0.5 sales@company.my
	mail 460 mx.cloud-host.example 203.0.113.77 disk@alerts.company.my
	for s in "${HOSTILE[@]}"; do
		mail $((i++)) mx.evil.example 233.252.0.66 "$s"
	done
	login 600 printer@company.my printer
	mail 604000 mx1.news.example 192.0.2.11 letters@company.my
}

verdicts()
{
	# shellcheck disable=SC2016
	wb mark source:news.example exempt --owner 'Eve; rm -rf /' --note 'newsletter $(id) `id`' --expires 2099-12-31
	wb mark 198.51.100.0/24 exempt
	wb mark 198.51.100.66 block
	wb mark 2001:db8:25::/48 exempt
	wb mark 203.0.113.0/24 block
	wb mark boss@company.my exempt
	wb mark old@company.my block
	wb mark domain:alerts.company.my exempt
	wb mark 10.20.30.77 move
	wb mark sales@company.my move
	wb mark 233.252.0.5 exempt
	wb mark source:bad.example block
	wb mark source:com exempt
	wb mark sender:boss@elsewhere.example exempt
	# Once the day was in the future.
	python3 - "$DB" <<-'END'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		db.execute("INSERT INTO human_verdict (at, kind, subject, verdict, expires)"
		           " VALUES (1577000000000000, 'source', 'old-partner.example', 'exempt', 18262)")
		db.commit()
	END
} >/dev/null 2>&1

mkdir -- "$ETC"
cat >"$MAP" <<END
# hosted domains
company.my   $WARN
.company.my  $WARN
friend@partner.example  OK
# two of one
spam.example  REJECT go
	away
last.example DUNNO
END
cat >"$ETC/main.cf" <<END
compatibility_level = 3.6
mynetworks = 127.0.0.0/8 [::1]/128
smtpd_restriction_classes = in_house
in_house = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination,
    check_sender_access hash:$MAP,
    check_policy_service inet:127.0.0.1:10023
END
cat >"$CONF" <<END
[rule own-domain]
title = Mail from our own domains, from outside
warn = Invalid Inbound Sender
reject = Delivery not authorized, message refused
map = $MAP
END

fresh plan
the_log >"$TMP/mail.log"
run plan
ok "without a database there is no plan" complains 66
run ingest "$TMP/mail.log"
ok "the log is read" status_is 0

# ------------------------------------------------------------------ no verdict at all

run plan --dir "$TMP/none"
ok "without a verdict there is still a plan" status_is 0
ok "which says so" grep -q 'none: every mail that is warned now will be refused' "$TMP/none/plan.txt"
ok "and says nothing to stderr" test ! -s "$ERR"

verdicts

# ------------------------------------------------------------------ where it writes

P=$TMP/plan
run plan
ok "without --dir the steps are printed" says 'sh rollback.sh'
cp -- "$OUT" "$TMP/steps"
find "$TMP" -newer "$TMP/steps" -type f >"$TMP/newer"
run plan --dir "$P"
ok "with --dir the files are written" status_is 0
files()
{
	printf '%s\n' check_custom_sender_access main.cf.add plan.txt postfix.sh rollback.sh swaks.sh ucs.sh \
		${CLASS}_names.pcre ${CLASS}_networks.cidr ${CLASS}_open.cidr ${CLASS}_open_names.pcre | LC_ALL=C sort
}
files >"$TMP/files"
(cd "$P" && find . -mindepth 1 | sed 's,^\./,,' | LC_ALL=C sort) >"$TMP/found"
ok "these and no others" same "$TMP/files" "$TMP/found"
ok "files are 0644" test -z "$(find "$P" -type f ! -perm 0644)"
ok "the directory is 0755" test "$(stat -c %a "$P")" = 755
sed '/^  (nothing was written/d' "$TMP/steps" >"$TMP/steps2"
ok "the steps are the same in the file" same "$TMP/steps2" "$P/plan.txt"
run plan --dir "$P"
ok "a second time it refuses to write over them" complains 73
echo mine >"$P/plan.txt"
run plan --dir "$P" --stage warn
ok "and has not touched one" grep -qx mine "$P/plan.txt"
ok "not one of them" grep -q 'REJECT' "$P/${CLASS}_names.pcre"
run plan --dir "$P" --force
ok "with --force it replaces them" status_is 0
ok "really" grep -q Steps "$P/plan.txt"
ok "no temporary file is left" test -z "$(find "$P" -name '.*' -mindepth 1)"
mkdir -- "$TMP/links"
echo precious >"$TMP/precious"
ln -s ../precious "$TMP/links/plan.txt"
run plan --dir "$TMP/links"
ok "a link is a file that is there" complains 73
run plan --dir "$TMP/links" --force
ok "--force replaces the link" test ! -L "$TMP/links/plan.txt"
ok "and not what it pointed to" grep -qx precious "$TMP/precious"
run plan --dir "$TMP/no/such/place"
ok "a directory is made, but not its parents" complains 73
run plan --force
ok "--force without --dir is a mistake" complains 64
run plan extra
ok "operands are a mistake" complains 64
run plan --sender-access pcre:/etc/x
ok "a map of patterns is a mistake" complains 64
run plan --reject-text $'two\nlines'
ok "a text of two lines is a mistake" complains 64
run plan --rule nobody
ok "a rule that is not there is a mistake" complains 64
cp -r -- "$P" "$TMP/again"
run plan --dir "$TMP/again" --force
ok "the same database gives the same bytes" diff -r "$P" "$TMP/again"
ok "Postfix's files were not touched" grep -q "^company.my   $(printf %s "$WARN" | sed 's/[*]/\\*/g')$" "$MAP"

# ------------------------------------------------------------------ what stands in the files

has()
{
	grep -qxF -- "$2" "$P/$1" && return
	cat -- "$P/$1"
	return 1
}
hasnt()
{
	! grep -nF -- "$2" "$P/$1"
}
B=check_custom_sender_access
ok "an exempt sender has a row" has $B 'boss@company.my DUNNO'
ok "a blocked one too" has $B "old@company.my $REFUSE"
ok "one that must move is refused by the stage" has $B "sales@company.my $REFUSE"
ok "an exempt subdomain goes to the open class" has $B "alerts.company.my ${CLASS}_open"
ok "with its twin, which other settings ask for" has $B ".alerts.company.my ${CLASS}_open"
ok "our domain to the class" has $B "company.my $CLASS"
ok "and its twin with the dot" has $B ".company.my $CLASS"
ok "nothing warns any more" hasnt $B 'WARN'
ok "the admin's rows stay" has $B 'friend@partner.example  OK'
ok "with what continues them" has $B $'\taway'
ok "and their comments" has $B '# two of one'
ok "a sender of another domain has no row" hasnt $B elsewhere.example
head -n 3 -- "$P/${CLASS}_networks.cidr" >/dev/null
grep -v '^#' "$P/${CLASS}_networks.cidr" >"$TMP/rows"
cat >"$TMP/rows2" <<END
10.20.30.77 $REFUSE
198.51.100.66 $REFUSE
233.252.0.5 DUNNO
198.51.100.0/24 DUNNO
203.0.113.0/24 $REFUSE
2001:db8:25::/48 DUNNO
0.0.0.0/0 ${CLASS}_names
::/0 ${CLASS}_names
END
ok "networks: addresses first, then long ones, then by name" same "$TMP/rows2" "$TMP/rows"
grep -v '^#' "$P/${CLASS}_names.pcre" >"$TMP/rows"
cat >"$TMP/rows2" <<END
/(^|\.)bad\.example\$/ $REFUSE
/(^|\.)news\.example\$/ DUNNO
/^/ $REFUSE
END
ok "names: anchored, escaped, and the stage's row" same "$TMP/rows2" "$TMP/rows"
ok "the classes that are in use stay" has main.cf.add \
	"smtpd_restriction_classes = in_house, $CLASS, ${CLASS}_names, ${CLASS}_open, ${CLASS}_open_names"
ok "a class asks its table" has main.cf.add "$CLASS = check_client_access cidr:\$config_directory/${CLASS}_networks.cidr"
ok "permits are logged" has main.cf.add 'smtpd_log_access_permit_actions = static:all'
in_plan()
{
	grep -Eq -- "$1" "$P/plan.txt" && return
	cat -- "$P/plan.txt"
	return 1
}
ok "a public suffix is no source" in_plan 'source +com: not the name of a source'
ok "what the rule never asks about is said" in_plan 'boss@elsewhere.example: not of a domain'
ok "expired verdicts are listed" in_plan 'old-partner.example, since 2020-01-01'
ok "forgeable exceptions are marked" in_plan '! exempt +sender +boss@company.my'
ok "an inside host may come into mynetworks" in_plan 'inside +printer.lan\[10.20.30.77\].*mynetworks'
ok "an outside one never" in_plan 'outside +out.partner.example\[233.252.0.5\].*never mynetworks'
ok "who was seen logged in" in_plan 'printer@company.my: was seen logged in as printer'
ok "and who never was" in_plan 'sales@company.my: never seen logged in'
ok "greylisting's place is said" in_plan 'greylisting stands after it'
ok "fail2ban's word is said" in_plan 'Access denied'
ok "the forecast covers the week" in_plan 'to 2026-09-28T.*, 7.0 days'
ok "mynetworks is offered to the inside host in the scripts" grep -q '^# postconf .*mynetworks.*, 10.20.30.77"$' "$P/postfix.sh"
ok "and not to the outside one" test -z "$(grep mynetworks "$P"/*.sh | grep -F 233.252.0.5)"

# Each figure of the forecast, counted from the log.
ok "undecided: the hostile ones" in_plan "undecided +${#HOSTILE[@]} +${#HOSTILE[@]} +${#HOSTILE[@]}"
ok "move" in_plan 'move, if not moved +2 +2 +2'
ok "block: two addresses" in_plan 'block +[0-9]+ '

for stage in warn defer reject; do
	run plan --dir "$TMP/$stage" --stage $stage
	tail -n 1 -- "$TMP/$stage/${CLASS}_names.pcre" >>"$TMP/last"
	# Blocked ones get what everybody gets: before the day nobody is refused.
	action=$(tail -n 1 -- "$TMP/$stage/${CLASS}_names.pcre")
	grep -v '^/^/' "$TMP/$stage/${CLASS}_names.pcre" | grep -v '^# everybody' |
		awk -v action="${action#* }" '{ at = index($0, action); print at ? substr($0, 1, at - 1) "ACTION" : $0 }' \
			>"$TMP/$stage.others"
done
printf '/^/ %s\n' "$WARN" 'DEFER 4.7.1 Delivery not authorized, message refused' "$REFUSE" >"$TMP/last2"
ok "each stage has its last row" same "$TMP/last2" "$TMP/last"
ok "and its blocked rows the same action" grep -q '^/.*bad.* ACTION$' "$TMP/warn.others"
ok "and no other row of it changes" same "$TMP/warn.others" "$TMP/reject.others"

# ------------------------------------------------------------------ scripts and hostile text

for script in postfix ucs rollback swaks; do
	ok "$script.sh: sh reads it" sh -n "$P/$script.sh"
	ok "$script.sh: bash reads it" bash -n "$P/$script.sh"
	ok "$script.sh: shellcheck has nothing to say" shellcheck -s sh "$P/$script.sh"
done
for s in "${HOSTILE[@]}"; do
	wb mark "sender:$s" exempt >/dev/null 2>&1
done
run plan --dir "$TMP/hostile"
P=$TMP/hostile
for script in postfix ucs rollback swaks; do
	ok "hostile senders: sh reads $script.sh" sh -n "$P/$script.sh"
done
mkdir -- "$TMP/bin" "$TMP/cwd"
cat >"$TMP/bin/swaks" <<'END'
#!/bin/sh
while [ $# -gt 0 ]; do
	if [ "$1" = --from ]; then
		printf '%s\n' "$2"
	fi
	shift
done
END
chmod +x "$TMP/bin/swaks"
ln -s swaks "$TMP/bin/reboot"
(cd "$TMP/cwd" && PATH=$TMP/bin:/usr/bin:/bin sh "$P/swaks.sh") >"$TMP/tried" 2>&1
# shellcheck disable=SC2016
for s in '"$(touch pwned)"@company.my' '"; reboot #"@company.my' '"it'"'"'s"@company.my' '`id`@company.my' '"a\"b"@company.my'; do
	ok "swaks gets $s as one word" grep -qxF -- "$s" "$TMP/tried"
done
ok "nothing was run but swaks" test -z "$(ls -A "$TMP/cwd")"
ok "what swaks would take for an option is only a comment" grep -q '^# (cannot be tried.*-x@company.my' "$P/swaks.sh"
ok "a local part in quotes keeps them" has $B '"a b"@company.my DUNNO'
ok "one that would be a comment has no row" hasnt $B '#no@company.my DUNNO'
ok "and it is said" in_plan '#no@company.my: postmap has no spelling'

# ------------------------------------------------------------------ postmap and explain

# table NAME: made for postmap from the plan.
cp -- "$P"/*.cidr "$P"/*.pcre "$ETC/"
cp -- "$MAP" "$TMP/map.old"
cp -- "$P/$B" "$MAP"
cp -- "$ETC/main.cf" "$TMP/main.cf.old"
{
	grep -v '^smtpd_restriction_classes' "$TMP/main.cf.old"
	cat -- "$P/main.cf.add"
} >"$ETC/main.cf"
: >"$ETC/master.cf"
ok "postmap has nothing to say of the map" test -z "$(postmap -c "$ETC" "hash:$MAP" 2>&1)"

query()
{
	postmap -c "$ETC" -q "$2" "$1" 2>/dev/null
}

# theirs NAME IP KEY...: Postfix's own walk: the sender's first key that postmap knows, then the classes' tables.
theirs()
{
	local name=$1 ip=$2 key action='' class='' table
	shift 2
	for key; do
		action=$(query "hash:$MAP" "$key") && break
	done
	while case $action in "$CLASS"*) true ;; *) false ;; esac do
		class=$action
		table=$(sed -n "s/^$class = check_client_access //p" "$P/main.cf.add" | sed "s,\\\$config_directory,$ETC,")
		action=$(query "$table" "$name") || action=$(query "$table" "$ip") || action=''
	done
	echo "$action"
}

# asked NAME IP SENDER KEY...: what Postfix says, and the question for explain, to be compared below.
asked()
{
	local name=$1 ip=$2 sender=$3
	shift 3
	printf '%s\n' "<$sender> from ${name}[$ip]" >>"$TMP/questions"
	theirs "$name" "$ip" "$@" >>"$TMP/theirs"
	wb explain --client "$ip" --client-name "$name" --sender "$sender" --format json >>"$TMP/explained" 2>/dev/null
}

# compare: each question, in force and after the plan.
compare()
{
	local question theirs now after
	python3 -c 'import json, sys
for line in sys.stdin:
    said = json.loads(line)
    steps = [said[w]["steps"] for w in ("now", "after")]
    print(*(s[-1]["action"] or "" if s else "" for s in steps), sep="\n")' <"$TMP/explained" >"$TMP/ours"
	while read -r question <&3 && read -r theirs <&4 && read -r now <&5 && read -r after <&5; do
		ok "$question, in force: $theirs" alike "$now" "$theirs"
		ok "$question, after the plan" alike "$after" "$theirs"
	done 3<"$TMP/questions" 4<"$TMP/theirs" 5<"$TMP/ours"
	ok "all were compared" test "$(wc -l <"$TMP/explained")" -eq "$(wc -l <"$TMP/theirs")"
}

# answer NAME IP SENDER: in force, as Postfix's log would have it.
answer()
{
	wb explain --client "$2" --client-name "$1" --sender "$3" --format json 2>/dev/null |
		python3 -c 'import json, sys; print((json.load(sys.stdin)["now"]["steps"] or [{}])[-1].get("action") or "")'
}

alike()
{
	[ "$1" = "$2" ] && return
	echo "explain says '$1', postmap '$2'"
	return 1
}

while read -r name ip; do
	asked "$name" "$ip" letters@company.my letters@company.my company.my
	asked "$name" "$ip" Letters@Company.MY letters@company.my company.my
	asked "$name" "$ip" x@deep.company.my x@deep.company.my deep.company.my company.my
	asked "$name" "$ip" boss@company.my boss@company.my
	asked "$name" "$ip" sales@company.my sales@company.my
	asked "$name" "$ip" disk@alerts.company.my disk@alerts.company.my alerts.company.my
	asked "$name" "$ip" disk@sub.alerts.company.my disk@sub.alerts.company.my sub.alerts.company.my alerts.company.my
	asked "$name" "$ip" '"a b"@company.my' '"a b"@company.my'
	asked "$name" "$ip" '"a c"@company.my' '"a c"@company.my' 'a c@company.my' company.my
	asked "$name" "$ip" '<>' '<>'
	asked "$name" "$ip" x@notcompany.my x@notcompany.my notcompany.my my x@
	asked "$name" "$ip" x@spam.example x@spam.example spam.example
done <<END
mx1.news.example 192.0.2.11
MX9.News.Example 198.18.5.9
evilnews.example 192.0.2.99
news.example.evil.test 192.0.2.98
news.example 203.0.113.40
unknown 198.51.100.20
unknown 198.51.100.66
unknown 2001:db8:25:7::1
unknown 2001:db8:26::1
out.bad.example 233.252.0.5
out.bad.example 233.252.0.6
END
for s in "${HOSTILE[@]}"; do
	case $s in
	\"it*) asked mx.evil.example 233.252.0.66 "$s" "it's@company.my" ;;
	'#no@company.my') asked mx.evil.example 233.252.0.66 "$s" "$s" company.my ;;
	*) asked mx.evil.example 233.252.0.66 "$s" "$s" ;;
	esac
done
compare
ok "and boss is let through" alike "$(answer unknown 203.0.113.9 boss@company.my)" DUNNO
ok "a stranger is refused" alike "$(answer mx.evil.example 233.252.0.66 x@company.my)" "$REFUSE"
ok "an exempt domain, but a blocked network" alike "$(answer unknown 203.0.113.9 disk@alerts.company.my)" "$REFUSE"
ok "an exempt address before a blocked name" alike "$(answer out.bad.example 233.252.0.5 disk@alerts.company.my)" DUNNO
ok "a blocked name of an exempt domain" alike "$(answer out.bad.example 233.252.0.6 disk@alerts.company.my)" "$REFUSE"
ok "nobody in particular of an exempt domain" alike "$(answer x.test 233.252.0.7 disk@alerts.company.my)" ''

# ------------------------------------------------------------------ the plan made anew over its own map

run plan --dir "$TMP/second"
ok "over a map of its own, the plan writes the same map" same "$P/$B" "$TMP/second/$B"
wb mark boss@company.my clear >/dev/null
run plan --dir "$TMP/third"
ok "a verdict that is cleared takes its row with it" test -z "$(grep boss@company.my "$TMP/third/$B")"
ok "and that is said" grep -q 'boss@company.my DUNNO.*no verdict any more' "$TMP/third/plan.txt"
ok "the admin's rows are still there" grep -q 'friend@partner.example  OK' "$TMP/third/$B"
sed -i "s/^# wouldblock: end.*/mine@company.my OK\n&/" "$MAP"
run plan --dir "$TMP/fourth"
ok "a row that the admin put among the plan's is kept" grep -q '^mine@company.my OK' "$TMP/fourth/$B"

# ------------------------------------------------------------------ the article's trap

cat >"$MAP" <<END
company.my   $WARN
.company.my  $WARN
company.my   $REFUSE
.company.my  $REFUSE
END
run plan --dir "$TMP/trap"
ok "appended REJECT rows: plan says that you are still warning" grep -q 'you are still warning: line 3' "$TMP/trap/plan.txt"
ok "and rewrites the map" test "$(grep -c '^company.my' "$TMP/trap/$B")" -eq 1
run explain --client 233.252.0.66 --sender x@company.my
ok "explain says so, too" says 'you are still warning'
ok "and that it warns" says 'Now +warned'
ok "and what the plan does" says 'After +refused: 554 5.7.1 Delivery not authorized'

# ------------------------------------------------------------------ the script's own care

cp -- "$TMP/map.old" "$MAP"
cp -- "$TMP/main.cf.old" "$ETC/main.cf"
run plan --dir "$TMP/apply" --stage warn
mkdir -- "$TMP/fake"
printf '#!/bin/sh\nexit 0\n' >"$TMP/fake/postfix"
chmod +x "$TMP/fake/postfix"
apply()
{
	PATH=$TMP/fake:$PATH sh "$1" "${@:2}"
}
echo 'new.example OK' >>"$MAP"
ok "postfix.sh stops if the map has changed since" test "$(apply "$TMP/apply/postfix.sh" 2>&1 | grep -c 'not what the plan was made from')" -eq 1
cp -- "$TMP/map.old" "$MAP"
ok "postfix.sh puts it in force" apply "$TMP/apply/postfix.sh"
ok "the map is the plan's" same "$TMP/apply/$B" "$MAP"
ok "the classes are known" test "$(postconf -c "$ETC" -h smtpd_restriction_classes)" = \
	"in_house, $CLASS, ${CLASS}_names, ${CLASS}_open, ${CLASS}_open_names"
ok "postfix.sh again changes nothing" apply "$TMP/apply/postfix.sh"
ok "not even the classes" test "$(postconf -c "$ETC" -h smtpd_restriction_classes)" = \
	"in_house, $CLASS, ${CLASS}_names, ${CLASS}_open, ${CLASS}_open_names"
first=$(find "$ETC" -maxdepth 1 -name 'wouldblock-backup-*' | sort | head -n 1)
ok "rollback.sh goes back" apply "$TMP/apply/rollback.sh" "$first"
ok "to the old map" same "$TMP/map.old" "$MAP"
ok "and the old main.cf" same "$TMP/main.cf.old" "$ETC/main.cf"

# ------------------------------------------------------------------ explain

run explain --client 192.0.2.11 --sender letters@company.my
ok "explain finds the name in the log" says 'mx1.news.example\[192.0.2.11\] \(the name is the log'
ok "the verdict" says 'exempt source news.example'
ok "and the history" says '3 mails warned of this client and sender, 3 would be lost'
run explain --client 10.20.30.77 --sender printer@company.my
ok "a login is told" says 'accepted with a login printer'
run explain --client nonsense --sender x@company.my
ok "a client is an address" complains 64
run explain --client 192.0.2.11
ok "a sender is needed" complains 64
run explain --client 127.0.0.1 --sender x@company.my
ok "who is in mynetworks is not asked" says 'Now +not asked'
mv -- "$MAP" "$MAP.away"
run explain --client 192.0.2.11 --sender letters@company.my
ok "without the map, what is in force is not known" says 'Now +not known'
ok "but what the plan does is" says 'After +let through by an exception'
run plan
ok "and the plan says that rows may be missing" says 'cannot be read'
mv -- "$MAP.away" "$MAP"

finish
