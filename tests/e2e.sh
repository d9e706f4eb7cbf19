#!/usr/bin/env bash
#
# A real Postfix with the plan applied does to the same traffic what was predicted (tests/e2e/proof.py).
# Postfix is Debian's, run from folders of the test's own on ports of loopback; only root can start it.

if [ "$(id -u)" -ne 0 ]; then
	if ! sudo -n true 2>/dev/null; then
		echo "not ok - Postfix can be started: that takes root, or sudo without a password"
		echo "0 passed, 1 failed, 0 skipped"
		exit 1
	fi
	exec sudo -n --preserve-env=TMPDIR,WOULDBLOCK,ASAN_OPTIONS,UBSAN_OPTIONS bash "$0"
fi

# shellcheck source=tests/lib.sh
. "$(dirname -- "$0")/lib.sh"

# at_home FOLDER: the processes that work there.
at_home()
{
	find /proc/[0-9]*/cwd -maxdepth 0 -lname "$1/*" 2>/dev/null
}

nothing()
{
	[ -z "$*" ] && return
	printf '%s\n' "$@"
	return 1
}

# If the proof was killed, it could not stop what it had started.
stop_all()
{
	local etc
	for etc in "$TMP"/*/etc; do
		[ -e "$etc/main.cf" ] && postfix -c "$etc" status && postfix -c "$etc" abort
	done >/dev/null 2>&1
	rm -rf -- "$TMP"
}
trap stop_all EXIT

PATH=$PATH:/usr/sbin
for program in postfix postconf postmap postqueue swaks python3; do
	ok "$program is there" command -v "$program" || finish
done
ok "the machine's own Postfix can load pcre: tables" bash -c 'postconf -m | grep -qx pcre' || finish

chmod 711 -- "$TMP" # Postfix's daemons are not root
touch -- "$TMP/began"
python3 "$TESTS/e2e/proof.py" "$WOULDBLOCK" "$TMP" | tee "$TMP/proof"
if [[ $(tail -n 1 -- "$TMP/proof") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
	tally "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
else
	ok "the proof comes to its end" false
fi
ok "nothing is left running" nothing "$(at_home "$TMP")"
ok "the machine's own Postfix is as it was" nothing "$(find /etc/postfix -newer "$TMP/began" 2>/dev/null)"
finish
