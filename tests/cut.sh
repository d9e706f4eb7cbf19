#!/usr/bin/env bash
#
#     cut.sh [CUTS]
#
# A log that ends at any byte: what the part says may be less than what the whole says, never
# other; and when the rest has come, nothing tells that there was a cut. CUTS is the number of
# cuts through the larger piece, or `every`: at each byte of the smaller one.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

CUTS=${1:-60}

# piece NAME LINES: some lines of the corpus, as sed names them.
piece()
{
	corpus mail.iso.log "$TMP/whole.log"
	sed -n "$2" -- "$TMP/whole.log" >"$TMP/$1.log"
	touch -r "$TMP/whole.log" -- "$TMP/$1.log"
}

# Every cut leaves NUMBER.jsonl; they are looked at in one go, since starting Python costs more than a cut.
compare()
{
	python3 - "$@" <<-'END'
		import glob, json, os, sys
		KEY = "time client_ip sender recipient action stage text".split()
		def read(path):
		    with open(path, encoding="utf-8") as f:
		        return [json.loads(line) for line in f]
		def less(part, full):
		    """What a cut may make of an attempt of the whole log."""
		    if [part[k] for k in KEY] != [full[k] for k in KEY]:
		        return False
		    if part["queue_id"] not in (None, full["queue_id"]) or part["message_id"] not in (None, full["message_id"]):
		        return False
		    return (part["fate"] in (full["fate"], "queued", "unknown") and (part["fate"] is None) == (full["fate"] is None)
		            or part["fate"] == "tempfailed" and part["may_return"] is True)
		whole, bad = read(sys.argv[1]), 0
		for path in sorted(glob.glob(os.path.join(sys.argv[2], "*.jsonl"))):
		    part = read(path)
		    wrong = [(p, f) for p, f in zip(part, whole) if not less(p, f)]
		    if wrong or len(part) > len(whole):
		        bad += 1
		        print("cut at byte", os.path.basename(path)[:-6], *map(str, (wrong or [len(part)])[0]), sep="\n  ")
		print(bad, "cuts of which something else is told")
		sys.exit(bad > 0)
	END
}

# cut_at NAME BYTE: reads the part, keeps what it says, reads the whole into the same database.
cut_at()
{
	local log=$TMP/cut.log
	fresh cut
	head -c "$2" -- "$TMP/$1.log" >"$log"
	touch -r "$TMP/$1.log" -- "$log"
	wb ingest "$log" >"$OUT" 2>"$ERR" || echo "$2: status $?" >>"$TMP/$1.ended"
	wb list attempts --format jsonl >"$TMP/$1.cuts/$2.jsonl"
	cat -- "$TMP/$1.log" >"$log"
	touch -r "$TMP/$1.log" -- "$log"
	wb ingest "$log" >"$OUT" 2>"$ERR" || echo "$2: status $? when whole" >>"$TMP/$1.ended"
	dump "$DB" | cmp -s -- - "$TMP/$1.dump" || echo "$2" >>"$TMP/$1.other"
}

# cuts NAME BYTES...: what must be true of all of them.
cuts()
{
	local name=$1 byte
	shift
	mkdir -- "$TMP/$name.cuts"
	: >"$TMP/$name.ended"
	: >"$TMP/$name.other"
	fresh "$name"
	run ingest "$TMP/$name.log"
	ok "the $name piece is read whole" status_is 0
	dump "$DB" >"$TMP/$name.dump"
	wb list attempts --format jsonl >"$TMP/$name.jsonl"
	ok "the $name piece has warned mail of several fates" test \
		"$(grep -o '"fate": *"[a-z]*"' "$TMP/$name.jsonl" | sort -u | wc -l)" -ge 2
	for byte; do
		cut_at "$name" "$byte"
	done
	ok "$name piece, $# cuts: each is read and ends well" same /dev/null "$TMP/$name.ended"
	ok "$name piece, $# cuts: none tells of a fate that the whole does not have" \
		compare "$TMP/$name.jsonl" "$TMP/$name.cuts"
	ok "$name piece, $# cuts: with the rest read, each database is the one of the whole" \
		same /dev/null "$TMP/$name.other"
	ok "$name piece, $# cuts: the last is the whole" same "$TMP/$name.jsonl" "$TMP/$name.cuts/${!#}.jsonl"
}

# A .gz that breaks off, as when it is read while it is written: what is there counts, the rest follows.
cut_gz()
{
	local size byte wrong=0
	gzip -nc <"$TMP/$1.log" >"$TMP/whole.gz"
	size=$(wc -c <"$TMP/whole.gz")
	for ((byte = size / 12; byte < size; byte += size / 12)); do
		fresh gz
		head -c "$byte" -- "$TMP/whole.gz" >"$TMP/mail.log.1.gz"
		run ingest "$TMP/mail.log.1.gz"
		[ "$STATUS" -eq 65 ] || { echo "cut at $byte: status $STATUS"; wrong=1; }
		cat -- "$TMP/whole.gz" >"$TMP/mail.log.1.gz"
		run ingest "$TMP/mail.log.1.gz"
		[ "$STATUS" -eq 0 ] || { echo "whole after a cut at $byte: status $STATUS"; wrong=1; }
		wb list attempts --format jsonl >"$TMP/gz.jsonl"
		same "$TMP/$1.jsonl" "$TMP/gz.jsonl" || { echo "after a cut at $byte"; wrong=1; }
	done
	return "$wrong"
}

# A forged sender to two people through two sessions at once: greylisted, back, filtered, delivered; one that stays away.
piece small '2399,2420p; 2446,2471p; 2475,2481p; 2503,2530p'
# The whole phase WARN.
piece large '1587,3228p'
if [ "$CUTS" = every ]; then
	mapfile -t at < <(seq "$(wc -c <"$TMP/small.log")")
	cuts small "${at[@]}"
else
	mapfile -t at < <(awk -v n="$CUTS" -v size="$(wc -c <"$TMP/large.log")" \
		'BEGIN { srand(8); for (i = 1; i < n; i++) print int((i - rand()) * size / n); print size }')
	cuts large "${at[@]}"
	# around the end of each of some lines: just before the newline, on it, just after
	mapfile -t at < <(LC_ALL=C awk '{ n += length($0) + 1 } NR % 4 == 0 { print n - 1; print n; print n + 1 } END { print n }' \
		"$TMP/small.log" | sort -nu)
	cuts small "${at[@]}"
	ok "a .gz cut anywhere says so, and is read to its end when it is whole" cut_gz large
fi

finish
