#!/bin/bash
# Speed and size against other programs: see README.md beside this file.
#
#   bench.sh [PATH-OF-wouldblock]
#
# WOULDBLOCK  the program, if not given as argument (.build/wouldblock)
# GENLOG      the generator, if it is built already
# BENCH_DIR   where logs and databases lie (/var/tmp/wouldblock-bench); logs are kept for the next run
# BENCH_RUNS  runs of each program, of which the median counts (7)
# BENCH_BYTES size of the big logs (1000000000)
# BENCH_BIG   1: memory with three times the size, too
# BENCH_ONLY  numbers of the figures to take, as "1 2 8" (all)
set -u -o pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "${1:-${WOULDBLOCK:-$here/../../.build/wouldblock}}")
dir=${BENCH_DIR:-/var/tmp/wouldblock-bench}
runs=${BENCH_RUNS:-7}
bytes=${BENCH_BYTES:-1000000000}
only=${BENCH_ONLY:-1 2 3 6 8 9 10 11 12 13 14}
words='warn: |reject: |status='
db=$dir/db/bench.db
failed=0

complain() {
	printf 'bench: %s\n' "$*" >&2
	exit 69
}

wanted() {
	[[ " $only " == *" $1 "* ]]
}

# ---- logs

build_genlog() {
	mkdir -p "$dir" || complain "cannot make $dir"
	genlog=$(realpath "${GENLOG:-$dir/genlog}")
	[[ -n ${GENLOG:-} ]] || "${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -o "$genlog" "$here"/genlog*.c ||
		complain "genlog does not compile"
	sum=$(cat "$here"/genlog*.[ch] | sha256sum | cut -c1-12)
}

# log NAME STAMP BYTES: $dir/NAME.log and its truth. A log of another generator or size is made anew.
log() {
	local file=$dir/$1.log mark="$sum $2 $3"

	if [[ ! -s $file || $(cat "$file.made" 2>/dev/null) != "$mark" ]]; then
		rm -f "$file.made"
		"$genlog" --stamp "$2" --bytes "$3" --truth "$file.truth" > "$file" || complain "cannot make $file"
		# BSD stamps have no year: the file's own time says it.
		touch -d "2026-$(stamp_of "$file" "$2")" "$file"
		printf '%s\n' "$mark" > "$file.made"
	fi
	cat "$file" > /dev/null # into the page cache
}

stamp_of() {
	if [[ $2 == iso ]]; then
		tail -n 1 "$1" | cut -c6-19 | tr T ' '
	else
		date -d "$(tail -n 1 "$1" | cut -c1-15)" '+%m-%d %H:%M:%S'
	fi
}

truth() { # NAME of the log, NAME of the figure
	sed -n "s/^$2 //p" "$dir/$1.log.truth"
}

# ---- measuring

# seconds VARIABLE COMMAND...: wall clock; the command's output goes to a file, for grep stops early at /dev/null.
seconds() {
	local -n result=$1
	local from to

	shift
	from=$EPOCHREALTIME
	"$@" > "$dir/output" 2> "$dir/errors" || {
		cat "$dir/errors" >&2
		complain "failed: $*"
	}
	to=$EPOCHREALTIME
	# shellcheck disable=SC2034 # it is the caller's variable
	result=$(awk -v a="$from" -v b="$to" 'BEGIN { printf "%.4f", b - a }')
}

median() {
	printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

fresh() { # a new directory: locks and journals lie beside the database
	rm -rf "$dir/db"
	mkdir "$dir/db"
}

ingest() {
	fresh
	seconds "$1" "$bin" --db "$db" ingest "$2"
}

# figure NUMBER TEXT VALUE SENSE LEAST GOAL: SENSE is `>=` or `<=`.
figure() {
	local verdict

	verdict=$(awk -v v="$3" -v s="$4" -v l="$5" -v g="$6" 'BEGIN {
		print (s == ">=" ? v >= g : v <= g) ? "goal" : (s == ">=" ? v >= l : v <= l) ? "pass" : "FAIL" }')
	printf '%-3s %-58s %10s   least %s %-7s goal %s %-7s %s\n' "$1" "$2" "$3" "$4" "$5" "$4" "$6" "$verdict"
	[[ $verdict != FAIL ]] || failed=1
}

# A B A B ...: figure NUMBER is the other program's median time through ours.
paired() { # NUMBER TEXT LOG RUNS LEAST GOAL COMMAND...
	local number=$1 text=$2 file=$3 n=$4 least=$5 goal=$6 theirs=() ours=() t i

	shift 6
	for ((i = 0; i < n; i++)); do
		seconds t "$@"
		theirs+=("$t")
		ingest t "$file"
		ours+=("$t")
	done
	t=$(awk -v a="$(median "${theirs[@]}")" -v b="$(median "${ours[@]}")" 'BEGIN { printf "%.3f", a / b }')
	figure "$number" "$text" "$t" '>=' "$least" "$goal"
	printf '      theirs: %s   ours: %s   (seconds: %s | %s)\n' "$(median "${theirs[@]}")" "$(median "${ours[@]}")" \
		"${theirs[*]}" "${ours[*]}"
}

query() {
	sqlite3 -readonly "$db" "$1"
}

# ---- a run whose counts are not exact does not count

same() { # TEXT TRUE COUNTED
	if [[ $2 == "$3" ]]; then
		printf '    %-58s %10s   exact\n' "$1" "$3"
	else
		printf '    %-58s %10s   WRONG: %s are in the log\n' "$1" "$3" "$2"
		failed=1
	fi
}

check_counts() { # NAME of the log
	# shellcheck disable=SC2034 # the time is of no interest
	local lost fate unused

	ingest unused "$dir/$1.log"
	same "$1: warn lines" "$(truth "$1" warn_lines)" "$(query "select count(*) from attempt where action = 'warn'")"
	same "$1: reject lines" "$(truth "$1" reject_lines)" "$(query "select count(*) from attempt where action = 'reject'")"
	"$bin" --db "$db" list mails --format jsonl > "$dir/mails" || complain "list mails failed"
	same "$1: warned mails" "$(truth "$1" warned_mails)" "$(wc -l < "$dir/mails")"
	lost=$(grep -c '"would_be_lost": *true' "$dir/mails")
	same "$1: would be lost" "$(truth "$1" would_be_lost)" "$lost"
	for fate in delivered queued bounced spam refused tempfailed; do
		# The mail's own fate stands behind its list of recipients, which have one each.
		same "$1: $fate" "$(truth "$1" $fate)" "$(grep -cE "\"fate\": *\"$fate\", *\"would_be_lost\"" "$dir/mails")"
	done
}

# ---- the figures

speed() {
	local stamp

	for stamp in bsd iso; do
		log "$stamp" "$stamp" "$bytes"
		check_counts "$stamp"
		if wanted 1; then
			paired 1 "grep -cE through ours, $stamp" "$dir/$stamp.log" "$runs" 0.50 1.00 \
				grep -cE "$words" "$dir/$stamp.log"
		fi
		if wanted 2; then
			paired 2 "wc -l through ours, $stamp" "$dir/$stamp.log" "$runs" 0.06 0.12 wc -l "$dir/$stamp.log"
		fi
	done
}

against_pflogsumm() {
	if ! command -v pflogsumm > "$dir/output"; then
		printf '3   pflogsumm is not installed\n'
		return
	fi
	log small bsd 100000000
	paired 3 "pflogsumm through ours, 100 MB" "$dir/small.log" "$(((runs + 1) / 2))" 15 30 pflogsumm "$dir/small.log"
}

instructions() {
	local total

	if ! command -v valgrind > "$dir/output"; then
		printf '6   valgrind is not installed\n'
		return
	fi
	log tiny bsd 30000000
	fresh
	valgrind --tool=callgrind --callgrind-out-file="$dir/callgrind.out" "$bin" --db "$db" ingest "$dir/tiny.log" \
		> "$dir/output" 2> "$dir/errors" || complain "valgrind failed: $(tail -n 1 "$dir/errors")"
	total=$(sed -n -E 's/^(summary|totals): ([0-9]+).*/\2/p' "$dir/callgrind.out" | sort -n | tail -n 1)
	figure 6 "instructions a line, 30 MB" "$((total / $(truth tiny lines)))" '<=' 3000 1600
}

peak_kib() { # LOG
	fresh
	command time -f %M -o "$dir/peak" "$bin" --db "$db" ingest "$1" > "$dir/output" || complain "ingest failed"
	tail -n 1 "$dir/peak"
}

memory() {
	local one three

	if ! command -v time > "$dir/output" && [[ ! -x /usr/bin/time ]]; then
		printf '8   time(1) is not installed\n'
		return
	fi
	log bsd bsd "$bytes"
	one=$(peak_kib "$dir/bsd.log")
	figure 8 "peak memory in MiB" "$(awk -v k="$one" 'BEGIN { printf "%.1f", k / 1024 }')" '<=' 64 40
	[[ ${BENCH_BIG:-0} == 1 ]] || return
	log big bsd "$((3 * bytes))"
	three=$(peak_kib "$dir/big.log")
	figure 8 "peak memory in MiB, three times the log" "$(awk -v k="$three" 'BEGIN { printf "%.1f", k / 1024 }')" '<=' 64 40
	figure 8 "three times the log through the log" "$(awk -v a="$three" -v b="$one" 'BEGIN { printf "%.3f", a / b }')" '<=' 1.6 1.05
}

database() {
	# shellcheck disable=SC2034 # the time is of no interest
	local size events f unused

	log bsd bsd "$bytes"
	ingest unused "$dir/bsd.log"
	size=0
	for f in "$db" "$db-wal"; do
		[[ ! -f $f ]] || size=$((size + $(stat -c %s "$f")))
	done
	events=$(query 'select count(*) from attempt')
	((events)) || complain 'the database holds no attempts'
	figure 9 "database bytes an event ($events attempts)" "$(awk -v s="$size" -v n="$events" 'BEGIN { printf "%.1f", s / n }')" \
		'<=' 100 70
}

# ---- follow: what a line that is appended costs, and what none does

flood() {
	local lines read holes peak behind

	log flood iso 50000000
	read -r _ lines _ read _ holes _ peak _ behind < <("$here/flood.py" "$bin" "$dir/flood.log" "$dir/flood" 60)
	same "flood: lines, 5 000 a second for 60 s" "$lines" "$read"
	same "flood: holes" 0 "$holes"
	figure 8 "peak memory of the flood in MiB (read $behind ms behind)" \
		"$(awk -v k="$peak" 'BEGIN { printf "%.1f", k / 1024 }')" '<=' 64 40
	rm -rf "$dir/flood"
}

build_live() {
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -o "$dir/live" "$here/live.c" || complain "live.c does not compile"
	"${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -fPIC -shared -o "$dir/live_shim.so" "$here/live_shim.c" ||
		complain "live_shim.c does not compile"
	# Where that is allowed nobody else gets between the line and its reader.
	alone=()
	! chrt -f 10 true 2> "$dir/errors" || alone=(chrt -f 10)
}

# live_round ours|theirs: 1 000 lines; the times of each in $dir/ours or $dir/theirs.
live_round() {
	local page=$dir/live.page log=$dir/live.log reader

	fresh
	rm -f "$page"
	: > "$log"
	"$dir/live" append "$log" "$page" 0
	if [[ $1 == ours ]]; then
		BENCH_LIVE=$page LD_PRELOAD=$dir/live_shim.so "${alone[@]}" "$bin" --db "$db" follow --from-start "$log" &
	else
		"${alone[@]}" "$dir/live" reader "$log" "$page" &
	fi
	reader=$!
	sleep 0.5
	"${alone[@]}" "$dir/live" append "$log" "$page" 1000 > "$dir/$1"
	kill "$reader"
	wait "$reader" 2> "$dir/errors"
}

# nth SHARE COLUMN FILE: 0.99 is p99.
nth() {
	sort -g -k "$2,$2" "$3" | awk -v s="$1" -v c="$2" '{ v[NR] = $c } END { i = int(NR * s); print v[i < 1 ? 1 : i] }'
}

live() {
	local i parsed=() bare=() committed=() p50=() t

	build_live
	for ((i = 0; i < 3; i++)); do
		live_round theirs
		bare+=("$(nth 0.99 1 "$dir/theirs")")
		live_round ours
		parsed+=("$(nth 0.99 1 "$dir/ours")")
		committed+=("$(nth 0.99 2 "$dir/ours")")
		p50+=("$(nth 0.5 1 "$dir/theirs") $(nth 0.5 1 "$dir/ours") $(nth 0.5 2 "$dir/ours")")
	done
	t=$(awk -v a="$(median "${parsed[@]}")" -v b="$(median "${bare[@]}")" 'BEGIN { printf "%.2f", a / b }')
	! wanted 11 || figure 11 "appended to parsed through a bare inotify reader, p99" "$t" '<=' 3 1.5
	t=$(awk -v us="$(median "${committed[@]}")" 'BEGIN { printf "%.2f", us / 1000 }')
	! wanted 12 || figure 12 "appended to committed in ms, p99" "$t" '<=' 20 1
	printf '      p99 in us, bare: %s   parsed: %s   committed: %s\n' "${bare[*]}" "${parsed[*]}" "${committed[*]}"
	printf '      p50 in us, bare, parsed, committed:%s\n' "$(printf '   %s' "${p50[@]}")"
}

idle() {
	local follower

	if ! command -v strace > "$dir/output"; then
		printf '13  strace is not installed\n'
		return
	fi
	log tiny bsd 30000000
	fresh
	head -n 1000 "$dir/tiny.log" > "$dir/live.log"
	"$bin" --db "$db" follow --from-start "$dir/live.log" &
	follower=$!
	sleep 2
	timeout 10 strace -f -qq -o "$dir/db/calls" -p "$follower" 2> "$dir/errors"
	kill "$follower"
	wait "$follower"
	figure 13 "system calls in 10 s without a line" "$(grep -vc detached "$dir/db/calls")" '<=' 50 10
}

# ten.db: ten million attempts of eleven weeks, most of them refusals that no rule speaks of. Kept for the next
# run; made anew if the generator or the tables are others.
big_database() {
	local mark made=$dir/ten.made

	ten=$dir/ten.db
	mark="$sum $(cat "$here"/../../sql/schema.sql "$here"/../../sql/write/*.sql | sha256sum | cut -c1-12)"
	[[ ! -s $ten || $(cat "$made" 2>/dev/null) != "$mark" ]] || return 0
	rm -f "$made" "$ten" "$ten"-* "$ten".*lock
	"$genlog" --dense --stamp iso --start 2026-09-01 --bytes 9200000000 --truth "$dir/ten.truth" |
		"$bin" --db "$ten" ingest --quiet --log mail.log - > "$dir/output" || complain "cannot make $ten"
	printf '%s\n' "$mark" > "$made"
}

# The sums of the big database, against its facts and the generator's truth.
check_sums() {
	local db=$ten

	same "ten: warn lines" "$(sed -n 's/^warn_lines //p' "$dir/ten.truth")" "$(query 'select sum(attempts) from roll_source_day')"
	same "ten: warned mails" "$(sed -n 's/^warned_mails //p' "$dir/ten.truth")" "$(query 'select count(*) from fact_mail')"
	same "ten: would be lost" "$(sed -n 's/^would_be_lost //p' "$dir/ten.truth")" "$(query 'select sum(lost) from roll_pair')"
	same "ten: mails, by source and day" "$(query 'select count(*) from fact_mail')" "$(query 'select sum(mails) from roll_source_day')"
	same "ten: lost people" "$(query 'select count(distinct recipient) from fact_recipient where fate <= 3')" \
		"$(query 'select count(distinct recipient) from roll_person where lost > 0')"
}

# time_report WHAT DATABASE FORMAT...
time_report() {
	local what=$1 database=$2 format t times i

	shift 2
	for format; do
		times=()
		for ((i = 0; i < (runs + 1) / 2; i++)); do
			t=$EPOCHREALTIME
			"$bin" --db "$database" report --rule own-domain --format "$format" > "$dir/output" 2> "$dir/errors"
			(($? <= 2)) || complain "report failed: $(cat "$dir/errors")" # 1, 2: no GO, no error
			times+=("$(awk -v a="$t" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.4f", b - a }')")
		done
		figure 14 "report of ten million attempts, $what, $format, seconds" "$(median "${times[@]}")" '<=' 1 0.1
	done
}

# A copy of the big database in which its six heaviest sources have a verdict each.
mark_big_database() {
	marked=$dir/marked.db
	cp "$ten" "$marked"
	"$bin" --db "$marked" list sources --rule own-domain --limit 6 --format jsonl | sed 's/^{"source": *"\([^"]*\)".*/\1/' > "$dir/heavy"
	head -n 3 "$dir/heavy" | "$bin" --db "$marked" mark - exempt > "$dir/output" || complain 'mark failed'
	tail -n 3 "$dir/heavy" | "$bin" --db "$marked" mark - move > "$dir/output" || complain 'mark failed'
}

# Without verdicts, with six, and with all sources decided.
big_report() {
	big_database
	check_sums
	time_report undecided "$ten" text json
	mark_big_database
	time_report 'six verdicts' "$marked" text json
	"$bin" --db "$marked" list sources --rule own-domain --limit 270 --format jsonl | sed 's/^{"source": *"\([^"]*\)".*/\1/' |
		tail -n +7 | "$bin" --db "$marked" mark - block > "$dir/output" || complain 'mark failed'
	time_report 'all decided' "$marked" text
	rm -f "$marked" "$marked"-* "$marked".*lock
}

frames() { # DATABASE WORDS
	local first=() key=() query=() held=() i

	cat "$1" > /dev/null # into the page cache
	for ((i = 0; i < (runs + 1) / 2; i++)); do
		python3 "$here/frames.py" "$bin" "$1" > "$dir/frames" 2> "$dir/errors" ||
			complain "frames.py failed: $(tail -n 1 "$dir/errors")"
		first+=("$(sed -n 's/^first //p' "$dir/frames")")
		key+=("$(sed -n 's/^key99 //p' "$dir/frames")")
		query+=("$(sed -n 's/^query \([^ ]*\).*/\1/p' "$dir/frames")")
		held+=("$(sed -n 's/^transaction //p' "$dir/frames")")
	done
	figure 10 "ms from start to the first frame with figures$2" "$(median "${first[@]}")" '<=' 150 50
	figure 10 "ms from a key to its frame, p99$2" "$(median "${key[@]}")" '<=' 50 16
	figure 10 "ms of the longest query$2" "$(median "${query[@]}")" '<=' 50 16
	figure 10 "ms of the longest read transaction$2" "$(median "${held[@]}")" '<=' 50 16
	printf '      %s; slowest keys of the last run: %s; longest query: %s\n' "$(sed -n 's/^key50 /p50 /p' "$dir/frames")" \
		"$(sed -n 's/^slowest: //p' "$dir/errors")" "$(sed -n 's/^query //p' "$dir/frames")"
}

dashboard() { # row 10, on a database of ten million attempts
	command -v python3 > "$dir/output" || complain 'python3 is not installed'
	big_database
	frames "$ten" ''
	mark_big_database
	frames "$marked" ', six verdicts'
	rm -f "$marked" "$marked"-* "$marked".*lock
}

[[ -x $bin ]] || complain "no program at $bin: make first"
command -v sqlite3 > /dev/null || complain 'sqlite3 is not installed'
build_genlog
printf '%s on %s CPUs, %s, %s runs\n' "$("$bin" --version | head -n 1)" "$(nproc)" "$dir" "$runs"
if wanted 1 || wanted 2; then speed; fi
if wanted 3; then against_pflogsumm; fi
if wanted 6; then instructions; fi
if wanted 8; then
	memory
	flood
fi
if wanted 9; then database; fi
if wanted 10; then dashboard; fi
if wanted 11 || wanted 12; then live; fi
if wanted 13; then idle; fi
if wanted 14; then big_report; fi
rm -rf "$dir/db"
exit $failed
