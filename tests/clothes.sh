#!/usr/bin/env bash
#
# The same log in other clothes gives the same database (faults.md 1.8, point 4): piped,
# compressed, renamed, in pieces, in any order, twice.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

LOGS=$TMP/logs
mkdir -- "$LOGS"
# BSD stamps have no year: every garment must keep that as well.
corpus mail.log "$LOGS/mail.log"

# wear DIR: an empty folder to dress the log in.
wear()
{
	rm -rf -- "${TMP:?}/$1"
	mkdir -- "$TMP/$1"
	WORN=$TMP/$1
}

# read_in NAME ARGS...: one `ingest` into a fresh database, dumped to $TMP/NAME.dump.
read_in()
{
	local name=$1
	shift
	fresh "$name"
	run ingest "$@"
	dump "$DB" >"$TMP/$name.dump"
}

# dressed SENTENCE NAME: the run went well and its database is the one of the plain log.
dressed()
{
	ok "$1: it ends well" status_is 0
	ok "$1: the database is the same" same "$TMP/plain.dump" "$TMP/$2.dump"
}

# ------------------------------------------------------------------ the plain log

read_in plain "$LOGS/mail.log"
ok "the plain log is read" status_is 0
ok "its attempts are in the dump" test "$(wc -l <"$TMP/plain.dump")" -ge "$(count_attempts)"
ok "its attempts are many" test "$(count_attempts)" -gt 700
lists "$TMP/plain.lists"

run ingest "$LOGS/mail.log"
ok "a second pass ends well" status_is 0
dump "$DB" >"$TMP/second.dump"
ok "a second pass changes no row" same "$TMP/plain.dump" "$TMP/second.dump"

# ------------------------------------------------------------------ one file, other clothes

fresh stdin
wb ingest --log mail.log --year 2026 - <"$LOGS/mail.log" >"$OUT" 2>"$ERR"
STATUS=$?
dump "$DB" >"$TMP/stdin.dump"
dressed "from stdin, with its name and year" stdin

fresh pipe
# cat, so that stdin is a pipe and no file that can be asked for its size
# shellcheck disable=SC2002
cat -- "$LOGS/mail.log" | wb ingest --log mail.log --year 2026 - >"$OUT" 2>"$ERR"
STATUS=$?
dump "$DB" >"$TMP/pipe.dump"
dressed "through a pipe" pipe

while read -r suffix tool; do
	if ! command -v "$tool" >/dev/null; then
		skip "packed as .$suffix" "$tool is not installed"
		continue
	fi
	wear packed
	"$tool" -c <"$LOGS/mail.log" >"$WORN/mail.log.$suffix"
	touch -r "$LOGS/mail.log" -- "$WORN/mail.log.$suffix"
	read_in packed "$WORN/mail.log.$suffix"
	dressed "packed as .$suffix" packed
done <<-'END'
	gz gzip
	bz2 bzip2
	xz xz
	zst zstd
END

wear names
for name in mail.log.1 mail.log-20261025 mail.log.20261025-000000 mail.log.0; do
	cp -p -- "$LOGS/mail.log" "$WORN/$name"
	read_in names "$WORN/$name"
	dressed "renamed to $name" names
	rm -- "$WORN/$name"
done

wear liar
gzip -c <"$LOGS/mail.log" >"$WORN/mail.log"
touch -r "$LOGS/mail.log" -- "$WORN/mail.log"
read_in liar "$WORN/mail.log"
dressed "packed, though its name does not say so" liar
wear liar
cp -p -- "$LOGS/mail.log" "$WORN/mail.log.gz"
read_in liar "$WORN/mail.log.gz"
dressed "plain, though its name says .gz" liar

wear members
half=$(($(wc -l <"$LOGS/mail.log") / 2))
{
	head -n "$half" -- "$LOGS/mail.log" | gzip -c
	tail -n +"$((half + 1))" -- "$LOGS/mail.log" | gzip -c
} >"$WORN/mail.log.1.gz"
touch -r "$LOGS/mail.log" -- "$WORN/mail.log.1.gz"
read_in members "$WORN/mail.log.1.gz"
dressed "a .gz of two members" members

# Several writers, whose stamps are not in order: what belongs together is known by its place in the file and its names.
wear jitter
python3 - "$LOGS/mail.log" "$WORN/mail.log" <<-'END'
	import datetime, random, sys
	dice = random.Random(3)
	with open(sys.argv[1], "rb") as a, open(sys.argv[2], "wb") as b:
	    for line in a:
	        t = datetime.datetime.strptime("2026 " + line[:15].decode(), "%Y %b %d %H:%M:%S")
	        t += datetime.timedelta(seconds=dice.randint(-2, 2))
	        b.write(t.strftime("%b %e %H:%M:%S").encode() + line[15:])
END
touch -r "$LOGS/mail.log" -- "$WORN/mail.log"
read_in jitter "$WORN/mail.log"
wb list attempts --format jsonl >"$TMP/jitter.attempts"
DB=$TMP/plain.d/db wb list attempts --format jsonl >"$TMP/orderly.attempts"
# A try that came back within these seconds may seem to have come before it was refused: one mail of this log did.
jittered()
{
	python3 - "$@" <<-'END'
		import collections, json, sys
		KEY = "client_ip sender recipient action stage text helo pid fate would_be_lost may_return source rule".split()
		orderly, jitter = (collections.Counter(tuple(map(str, map(a.get, KEY))) for a in map(json.loads, open(p))) for p in sys.argv[1:])
		wrong = (orderly - jitter) + (jitter - orderly)
		print(*wrong, sep="\n")
		sys.exit(sum(wrong.values()) > 2)
	END
}
ok "stamps that are wrong by up to 2 s: the attempts and their fates are the same" \
	jittered "$TMP/orderly.attempts" "$TMP/jitter.attempts"

# ------------------------------------------------------------------ the same file twice

read_in twice "$LOGS/mail.log" "$LOGS/mail.log"
dressed "named twice in one call" twice
read_in twice "$LOGS/mail.log" "$LOGS/./mail.log"
dressed "named twice, spelt differently" twice

wear pair
ln -- "$LOGS/mail.log" "$WORN/mail.log"
read_in pair "$LOGS/mail.log" "$WORN/mail.log"
dressed "with a hard link of it" pair
rm -- "$WORN/mail.log"

wear pair
cp -p -- "$LOGS/mail.log" "$WORN/mail.log.1"
gzip -c <"$LOGS/mail.log" >"$WORN/mail.log.1.gz"
touch -r "$LOGS/mail.log" -- "$WORN/mail.log.1.gz"
read_in pair "$WORN/mail.log.1" "$WORN/mail.log.1.gz"
dressed ".1 and .1.gz both there" pair
read_in pair "$WORN/mail.log.1.gz" "$WORN/mail.log.1"
dressed ".1.gz and .1 both there" pair
fresh later
run ingest "$WORN/mail.log.1"
run ingest "$WORN/mail.log.1.gz"
dump "$DB" >"$TMP/later.dump"
dressed "packed after it was read, and read again" later

# ------------------------------------------------------------------ a rotated set

wear set
lines=$(wc -l <"$LOGS/mail.log")
first=$((lines / 3)) second=$((lines * 2 / 3))
# stamp FILE LINE: the file's time is that of its last line, as when it was rotated
stamp()
{
	touch -d "$(sed -n "$2p" -- "$LOGS/mail.log" | cut -c1-15 | sed -E 's/^(...) +([0-9]+) (.*)/\1 \2 2026 \3/')" -- "$1"
}
sed -n "1,${first}p" -- "$LOGS/mail.log" | gzip -c >"$WORN/mail.log.2.gz"
sed -n "$((first + 1)),${second}p" -- "$LOGS/mail.log" >"$WORN/mail.log.1"
sed -n "$((second + 1)),\$p" -- "$LOGS/mail.log" >"$WORN/mail.log"
stamp "$WORN/mail.log.2.gz" "$first"
stamp "$WORN/mail.log.1" "$second"
stamp "$WORN/mail.log" "$lines"

read_in set "$WORN/mail.log.2.gz" "$WORN/mail.log.1" "$WORN/mail.log"
ok "a rotated set is read" status_is 0
lists "$TMP/set.lists"
ok "a rotated set says the same of attempts and mails as the whole log" same "$TMP/plain.lists" "$TMP/set.lists"
while read -r a b c; do
	read_in order "$WORN/$a" "$WORN/$b" "$WORN/$c"
	ok "the set in the order $a $b $c: it ends well" status_is 0
	ok "the set in the order $a $b $c: the database is the same" same "$TMP/set.dump" "$TMP/order.dump"
done <<-'END'
	mail.log.2.gz mail.log mail.log.1
	mail.log.1 mail.log.2.gz mail.log
	mail.log.1 mail.log mail.log.2.gz
	mail.log mail.log.1 mail.log.2.gz
	mail.log mail.log.2.gz mail.log.1
END

fresh oldest
for part in mail.log.2.gz mail.log.1 mail.log; do
	run ingest "$WORN/$part"
	ok "the set file by file, oldest first: $part" status_is 0
done
lists "$TMP/oldest.lists"
ok "the set file by file says the same of attempts and mails" same "$TMP/plain.lists" "$TMP/oldest.lists"

# ------------------------------------------------------------------ a log that grows

wear grow
fresh grow
bytes=$(wc -c <"$LOGS/mail.log")
for step in 1 2 3 4 5; do
	head -c $((bytes * step / 5)) -- "$LOGS/mail.log" >"$WORN/mail.log"
	touch -r "$LOGS/mail.log" -- "$WORN/mail.log"
	run ingest "$WORN/mail.log"
	ok "grown to $step fifths, cut within a line: it ends well" status_is 0
done
dump "$DB" >"$TMP/grow.dump"
ok "grown in five steps: the database is the same" same "$TMP/plain.dump" "$TMP/grow.dump"

wear rotate
fresh rotate
head -n "$first" -- "$LOGS/mail.log" >"$WORN/mail.log"
run ingest "$WORN/mail.log"
sed -n "$((first + 1)),${second}p" -- "$LOGS/mail.log" >>"$WORN/mail.log"
gzip -c <"$WORN/mail.log" >"$WORN/mail.log.1.gz"
stamp "$WORN/mail.log.1.gz" "$second"
sed -n "$((second + 1)),\$p" -- "$LOGS/mail.log" >"$WORN/mail.log"
touch -r "$LOGS/mail.log" -- "$WORN/mail.log"
run ingest "$WORN/mail.log" "$WORN/mail.log.1.gz"
ok "rotated and packed between two calls: it ends well" status_is 0
lists "$TMP/rotate.lists"
ok "rotated and packed between two calls: attempts and mails are the same" same "$TMP/plain.lists" "$TMP/rotate.lists"

# ------------------------------------------------------------------ older content in a later call

fresh older
run ingest "$TMP/set/mail.log"
run ingest "$TMP/set/mail.log.1" "$TMP/set/mail.log.2.gz"
ok "older content in a later call: it ends well" status_is 0
ok "older content in a later call: the program says what to do about the seam" says '--rebuild'
wb list attempts --format jsonl >"$TMP/older.attempts"
DB=$TMP/plain.d/db wb list attempts --format jsonl >"$TMP/plain.attempts"

# Each attempt is there once; where the seam cuts a mail its fate may have become unknown.
seam()
{
	python3 - "$@" <<-'END'
		import collections, json, sys
		KEY = "time host service pid action stage client_ip sender recipient helo text code dsn rule".split()
		def read(path):
		    d = collections.defaultdict(list)
		    for line in open(path, encoding="utf-8"):
		        a = json.loads(line)
		        d[tuple(a[k] for k in KEY)].append(a["fate"])
		    return d
		whole, cut = map(read, sys.argv[1:])
		wrong = [k for k in {*whole, *cut} if len(whole[k]) != len(cut[k])]
		for k in whole:
		    wrong += [(k, f, c) for f, c in zip(whole[k], cut[k]) if f != c and not (f and c == "unknown")]
		for w in wrong[:10]:
		    print(w)
		sys.exit(bool(wrong))
	END
}
ok "older content in a later call: the attempts are the same, fates at worst unknown" \
	seam "$TMP/plain.attempts" "$TMP/older.attempts"

run ingest --rebuild "$TMP/set/mail.log.2.gz" "$TMP/set/mail.log.1" "$TMP/set/mail.log"
ok "a rebuild with all files ends well" status_is 0
lists "$TMP/rebuilt.lists"
ok "a rebuild with all files mends the seam" same "$TMP/plain.lists" "$TMP/rebuilt.lists"

finish
