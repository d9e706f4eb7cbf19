#!/usr/bin/env bash
#
# Access tables as we read them, against Postfix's own postmap: the same answer for each key, and
# for a sender or a client the answer of the first key, in smtpd's order, that postmap knows.
#
# BUILD=PATH names another folder than .build where access_query was made.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

QUERY=$(realpath -m -- "${BUILD:-$ROOT/.build}/access_query")
PATH=$PATH:/usr/sbin:/sbin
ETC=$TMP/etc
mkdir -- "$ETC"
echo 'compatibility_level = 3.6' >"$ETC/main.cf"

ok "postmap is there" command -v postmap
ok "access_query is there" test -x "$QUERY"
[ "$failed" -eq 0 ] || finish

# ------------------------------------------------------------------ asking both

# table TYPE NAME <TEXT: makes $TABLE, and its index if it has one.
table()
{
	TABLE=$1:$ETC/$2
	cat >"$ETC/$2"
	case $1 in
	hash | btree) postmap -c "$ETC" "$TABLE" 2>/dev/null ;;
	esac
}

theirs()
{
	postmap -c "$ETC" -q "$1" "$TABLE" 2>/dev/null
}

# The first key that postmap knows decides.
theirs_of()
{
	local key
	for key; do
		theirs "$key" && return
	done
	echo
}

# ours MODE ASKED
ours()
{
	printf '%s\n' "$2" | "$QUERY" "$TABLE" "$1" 2>/dev/null
}

# alike OURS THEIRS
alike()
{
	[ "$1" = "$2" ] && return
	echo "we say '$1', postmap '$2'"
	return 1
}

# keys KEY...: each one is answered as postmap does.
keys()
{
	local key
	for key; do
		ok "${TABLE%%:*}: $key" alike "$(ours key "$key")" "$(theirs_of "$key")"
	done
}

# sender ADDRESS KEY...: the keys are those of grammar 8.2.
sender()
{
	ok "${TABLE%%:*}, sender: $1" alike "$(ours sender "$1")" "$(theirs_of "${@:2}")"
}

# client 'NAME IP' KEY...
client()
{
	ok "${TABLE%%:*}, client: $1" alike "$(ours client "$1")" "$(theirs_of "${@:2}")"
}

# found ASKED MODE: so that two empty answers are no proof.
found()
{
	ok "${TABLE%%:*}: $1 has a row" test -n "$(ours "$2" "$1")"
}

# ------------------------------------------------------------------ the switched sender map

sender_map()
{
	cat <<-'END'
		# exempted addresses first
		boss@Company.My    DUNNO
		"quoted boss"@company.my   DUNNO quoted
		x@company.my   REJECT 5.7.1 Delivery not authorized,
		   message refused
		bounces+@company.my  never
		sales@         INFO any sales

		company.my     wouldblock_own_domain
		.company.my    wouldblock_own_domain
		 # a comment that begins with a blank
		company.my     REJECT 5.7.1 appended, so it never counts
		news.company.my   DUNNO
		<>             WARN null sender
		two.words      WARN  *** Invalid  Inbound Sender ***   
		no-action
		"open quote@company.my  DUNNO
		a\ b@company.my  backslash
		"a\"b"@company.my  inner quote
		MÜLLER.example DUNNO umlaut
		192.0.2        REJECT net
		192.0.2.7      DUNNO host
		2001:db8:1     REJECT net6
		2001:db8::25   DUNNO host6
		unknown        INFO no name
		mx.example     OK
	END
	printf 'latin\xfc.example DUNNO\ntab.example\tDUNNO\tx\r\n'
}

for type in hash btree texthash; do
	table "$type" "sender_$type" < <(sender_map)
	keys boss@company.my BOSS@COMPANY.MY '"quoted boss"@company.my' 'quoted boss@company.my' x@company.my \
		bounces+@company.my sales@ company.my Company.MY .company.my news.company.my '<>' two.words no-action \
		'"open quote@company.my' 'a\ b@company.my' '"a\"b"@company.my' müller.example MÜLLER.example 192.0.2 \
		192.0.2.7 2001:db8:1 tab.example '#' nothing.example $'latin\xfc.example'
done

table hash sender < <(sender_map)
found news.company.my key
sender boss@company.my boss@company.my
sender Boss@COMPANY.my boss@company.my
sender a@company.my a@company.my company.my my a@
sender a@deep.news.company.my a@deep.news.company.my deep.news.company.my news.company.my
sender a@mail.company.my a@mail.company.my mail.company.my company.my
sender a@notcompany.my a@notcompany.my notcompany.my my a@
sender a@company.my.evil.example a@company.my.evil.example company.my.evil.example my.evil.example evil.example example a@
sender sales@elsewhere.example sales@elsewhere.example elsewhere.example example sales@
sender '"quoted boss"@company.my' '"quoted boss"@company.my'
sender '"boss"@company.my' boss@company.my
sender '"a\"b"@company.my' '"a\"b"@company.my'
sender 'x@company.my.' x@company.my
sender '' '<>'
client 'mx.example 198.51.100.1' mx.example
client 'a.mx.example 192.0.2.7' a.mx.example mx.example
client 'unknown 192.0.2.7' unknown
client 'other.example 192.0.2.7' other.example example 192.0.2.7
client 'other.example 192.0.2.8' other.example example 192.0.2.8 192.0.2
client 'other.example ::ffff:192.0.2.7' other.example example 192.0.2.7
client 'other.example 2001:db8:1::9' other.example example 2001:db8:1::9 2001:db8:1: 2001:db8:1
client 'other.example 2001:DB8::25' other.example example 2001:db8::25
client 'other.example 2001:db8::26' other.example example 2001:db8::26 2001:db8:: 2001:db8: 2001:db8 2001

# ------------------------------------------------------------------ class 1: networks

table cidr networks <<-'END'
	# longest prefix first
	192.0.2.9          REJECT 5.7.1 this one
	192.0.2.0/24       DUNNO
	198.51.100.7/24    REJECT host bits
	198.51.100.0/024   DUNNO zeros
	[2001:db8:9::]/48  DUNNO brackets
	[2001:db8:a::/48]  DUNNO inner
	2001:db8:b::1      DUNNO one
	::ffff:203.0.113.0/120 DUNNO mapped
	192.0.02.0/24      REJECT octal
	300.0.0.0/8        REJECT none
	203.0.113.0/33     REJECT long
	10.0.0.0/8
	if 172.16.0.0/12
	172.16.1.0/24      inner
	if !172.16.2.0/24
	172.16.0.0/12      not two
	endif
	ENDIF
	endif
	!172.16.0.0/12     wouldblock_own_domain_names
	0.0.0.0/0          last
	!2001:db8:c::/48   wouldblock6
	::/0               wouldblock_own_domain_names
END
keys 192.0.2.9 192.0.2.8 192.0.3.1 198.51.100.7 2001:db8:9::1 2001:db8:a:0::5 2001:db8:b::1 2001:DB8:B:0::1 \
	2001:db8:b::2 ::ffff:203.0.113.5 ::ffff:192.0.2.8 203.0.113.5 10.1.1.1 172.16.1.5 172.16.2.5 172.31.0.1 \
	2001:db8:c::1 unknown host.example 192.0.2 ::1 '[2001:db8:9::1]'
found 192.0.2.8 key
client 'a.example 192.0.2.8' a.example 192.0.2.8
client 'a.example ::ffff:192.0.2.8' a.example 192.0.2.8
client 'unknown 2001:db8:9::1' unknown 2001:db8:9::1

# ------------------------------------------------------------------ class 2: names

table pcre names <<-'END'
	/(^|\.)news\.example$/      DUNNO
	/^MX(\d+)\.(case)\.example$/i   WARN case $1
	/^mx(\d+)\.(.*)\.example$/  PREPEND X-Mx: ${1}of$(2) for $$1
	/^opt(x)?\.example$/        WARN <$1>
	!/\./                       INFO no dot
	/bad(/                      REJECT
	/flag/q                     REJECT
	/group/                     REJECT $1
	!/neg(x)/                   REJECT $1
	/open
	if /^if\./
	/\.a\.example$/             in if
	if !/^if\.b\./
	/\.example$/                not b
	endif
	/./                         b
	endif
	endif
	~tilde\.example~            WARN a delimiter
	/sla\/sh\.example/          WARN slash
	/ext ended \. example/x     WARN extended
	/anchored\.example/A        WARN anchored
	garbage
	/^dollar\./                 WARN 50$$
	/^long\.example$/           WARN one
	   two  three
	/^/                         REJECT 5.7.1 Delivery not authorized, message refused
END
keys news.example a.news.example xnews.example NEWS.EXAMPLE MX1.case.example mx1.case.example mx12.b.example \
	opt.example optx.example localhost flag.example group.example negx.example if.a.example if.b.example \
	if.c.example if.nowhere.test tilde.example sla/sh.example ext.example extended.example anchored.example \
	x.anchored.example dollar.example long.example unknown 192.0.2.7 2001:db8::1 $'bad\xff.example'
found mx12.b.example key
client 'a.news.example 192.0.2.7' a.news.example
client 'unknown 192.0.2.7' unknown

table pcre names_only <<-'END'
	/^10\./  OK
END
client 'a.example 10.0.0.1' a.example 10.0.0.1
client 'a.example 110.0.0.1' a.example 110.0.0.1

# ------------------------------------------------------------------ the rest

table regexp posix <<-'END'
	/^([a-z]+)\.net\.example$/   WARN $1
	/[.]com$/                    OK
	/^MIXED$/i                   WARN case
	!/[[:alpha:]]/               INFO no letter
	if /^in/
	/x$/                         WARN in
	endif
	/^/                          DUNNO
END
keys abc.net.example a.com MIXED mixed 192.0.2.7 in.x in.y

for TABLE in 'inline:{ {A@b.example = WARN x y}, c.example=OK, c.example=DUNNO }' 'static:{ REJECT 5.7.1 no }' static:all; do
	keys a@b.example A@B.example c.example d.example
done

finish
