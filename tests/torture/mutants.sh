#!/usr/bin/env bash
#
#     mutants.sh [TEXT]
#
# The mistakes that would cost exactness (faults.md 1.8, and some that were ours), made on purpose
# in a copy of the tree: with each of them the kill test must fail, or, where the moment is too short
# for a random kill, one that kills at each write or makes the moment. If a mistake passes, the test
# is too weak. TEXT: only those whose name holds it.

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/../lib.sh"

BUILT=${BUILD:-$ROOT/.build}
[ "${BUILT#/}" != "$BUILT" ] || BUILT=$ROOT/$BUILT
ONLY=${1-}
TREE=$TMP/tree
mkdir -- "$TREE"
cp -a -- "$ROOT"/{analyzer,parsers,ui,sql,samples,Makefile,tests,.ci} "$TREE/"
cp -a -- "$BUILT" "$TREE/.build"
corpus mail.iso.log "$TMP/whole.log"

# killed PROGRAM [ARGS]: the kill test fails with one of three seeds.
killed()
{
	local program=$1 seed
	shift
	for seed in 1 2 3; do
		python3 "$TESTS/torture/kill.py" "$program" "$TMP/whole.log" "$TMP/run" --kills 40 --seed "$seed" "$@" || return 0
	done
	echo "the kill test does not notice"
	return 1
}

SHIM=${FAULT_SHIM:-$BUILT/faults.so}

# written PROGRAM: an end at each write to the files is noticed.
written()
{
	! python3 "$TESTS/faults/faults.py" "$1" "$SHIM" "$TMP/whole.log" "$TMP/run" --every --only pwrite-KILL --jobs 4
}

# staged PROGRAM: one of the races and failures that are made on purpose is noticed.
staged()
{
	! FAULT_SHIM=$SHIM WOULDBLOCK=$1 "$TESTS/faults.sh" staged
}

# mutant SENTENCE TEST FILE SED: the change must change something, and compile.
mutant()
{
	local found=$2
	[[ $1 == *"$ONLY"* ]] || return 0
	set -- "$1" "$3" "$4"
	cp -- "$TREE/$2" "$TMP/kept"
	sed -i -E -- "$3" "$TREE/$2"
	ok "$1: the mistake can be made" test "$(cmp -s -- "$TMP/kept" "$TREE/$2"; echo $?)" -eq 1
	ok "$1: it compiles" make -C "$TREE" BUILD=.build COMMIT= .build/wouldblock
	ok "$1: it is found" "$found" "$TREE/.build/wouldblock"
	cp -- "$TMP/kept" "$TREE/$2"
}

ok "without a mistake nothing is found, staged" env FAULT_SHIM="$SHIM" "$TESTS/faults.sh" staged
ok "without a mistake nothing is found" python3 "$TESTS/torture/kill.py" "$WOULDBLOCK" "$TMP/whole.log" "$TMP/run" --kills 40
mutant "position in a second transaction" written analyzer/store.c \
	's/^(	)rollup_flush\(s->rollup\);/&\n	db_commit(s->db);\n	db_begin(s->db);/'
mutant "inode as identity" killed analyzer/resume.c \
	's/return n > 0 \&\& memcmp\(g->head, a->head, n\) == 0;/return n > 0 \&\& g->dev == a->dev \&\& g->ino == a->ino;/'
mutant "no siblings" killed analyzer/follow_list.c 's/return about\.rotated \&\& strcmp/return false \&\& strcmp/'
mutant "no compressed siblings" killed analyzer/follow_list.c \
	's/return about\.rotated \&\& strcmp/return !strstr(name, ".gz") \&\& about.rotated \&\& strcmp/'
mutant "one listing" staged analyzer/follow_set.c 's/same = in \&\& names_same\(&before, &after\);/same = in != NULL;/'
mutant "position past a half line" killed analyzer/input.c 's/if \(!is_complete\(in->cur\)\)/if (in->upto == in->from)/'
mutant "memory not dropped after an error" staged analyzer/follow.c \
	'/^static void begin_anew/,/^}/ s/^	memory_(drop|load)\(f\);//'
mutant "the rest of what is open not read first" staged analyzer/follow_set.c 's/^	tails_catch_up\(f, l, NULL\);//'
mutant "a file without a line as an anchor" staged analyzer/follow_set.c 's/bool begun = t \&\& t->begun;/bool begun = t;/'
mutant "rotate_wait 0" staged analyzer/follow_log.c 's/quiet_ms >= f->o->rotate_wait_ms/quiet_ms >= 0/'
mutant "read on in a file that was truncated meanwhile" staged analyzer/input.c 's/^(	if \()a->pack != INPUT_PLAIN\)$/\1a)/'
finish
