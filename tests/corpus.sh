#!/usr/bin/env bash
#
# The logs of a real Postfix, judged by what really happened (tests/corpus/README.md).

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

# count SENTENCE COMMAND...: the command ends with `N passed, M failed`.
count()
{
	local sentence=$1 said=$TMP/judged p f
	shift
	"$@" >"$said" 2>&1
	if [[ $(tail -n 1 -- "$said") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]}
	else
		p=0 f=1
	fi
	tally "$p" "$f"
	if [ "$f" -eq 0 ] && [ "$p" -gt 0 ]; then
		echo "ok - $sentence ($p checks)"
	else
		echo "not ok - $sentence ($f of $((p + f)) checks)"
		sed 's/^/#   /' -- "$said"
	fi
}

mkdir -- "$TMP/corpus" "$TMP/corpus/altered"
for folder in . altered; do
	xz -dc -- "$TESTS/corpus/$folder/truth.tsv.xz" >"$TMP/corpus/$folder/truth.tsv"
done

for log in mail.log mail.iso.log mail.5424.log mail.5424-default.log mail.postlog.log \
	altered/mail.log altered/mail.iso.log altered/mail.5424.log altered/mail.5424-default.log; do
	corpus "$log" "$TMP/corpus/$log"
	count "$log is read as it happened" \
		python3 "$TESTS/corpus/judge.py" "$WOULDBLOCK" "$TMP/corpus/$log" "$TMP/corpus/$(dirname -- "$log")/truth.tsv"
done

# Whoever keeps the corpus beside the project has a second opinion.
if [ -x "$ROOT/../shared/corpus/check" ]; then
	count "the corpus' own check agrees" "$ROOT/../shared/corpus/check" "$WOULDBLOCK"
	count "and for Postfix's own log file" "$ROOT/../shared/corpus/check" "$WOULDBLOCK" --log mail.postlog.log
fi

finish
