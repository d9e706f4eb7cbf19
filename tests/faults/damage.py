#!/usr/bin/env python3
"""
    damage.py WOULDBLOCK MAKE-LOG DIR [--count N] [--seed S] [--first I] [--jobs N]

Damages a database in N ways (faults.md D3, gate G7): bits, zeros and noise in its header, its pages, its
write-ahead log; cut off; empty; a text file. Its report is a no-go for one undecided source alone, so that
little is missing for a GO. Readers must not say go, crash or hang; follow must go on, and where it has put a
new database in the place of the damaged one, that must say of attempts and mails what an undamaged one says.
The numbers of damages make them: --first 17 --count 1 is the 17th of that seed again.
"""
import argparse
import concurrent.futures
import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

PAGE = 8192
END = "2025-10-04"
HANG = 10
RULE = """company.my wouldblock_own_domain
.company.my wouldblock_own_domain
filiale.example wouldblock_own_domain
.filiale.example wouldblock_own_domain
"""
NETWORKS = "0.0.0.0/0 wouldblock_own_domain_names\n::/0 wouldblock_own_domain_names\n"
NAMES = "/(^|\\.)news\\.example$/ DUNNO\n/(^|\\.)quarterly\\.example$/ DUNNO\n/^/ WARN *** Invalid Inbound Sender ***\n"
MAIN_CF = """mynetworks = 127.0.0.0/8, [::1]/128
smtpd_restriction_classes = wouldblock_own_domain, wouldblock_own_domain_names
wouldblock_own_domain = check_client_access cidr:{0}/wouldblock_own_domain_networks.cidr
wouldblock_own_domain_names = check_client_access pcre:{0}/wouldblock_own_domain_names.pcre
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_sender_access hash:{0}/map
"""
ENV = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8", NO_COLOR="1")


def run(world, db, *args, patience=HANG):
    """Status (-999: it hangs), stdout, stderr."""
    command = [world.program, "--db", db, "--config", world.config, *args]
    with subprocess.Popen(command, env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        try:
            out, err = p.communicate(timeout=patience * world.slow)
        except subprocess.TimeoutExpired:
            p.kill()
            p.communicate()
            return -999, b"", b""
        return p.returncode, out, err


def report(world, db):
    return run(world, db, "report", "--format", "json", "--until", END, "--sender-access", f"hash:{world.etc}/map",
               "--main-cf", f"{world.etc}/main.cf")


def says(world, db):
    """All that is said of attempts and mails but the verdict, which may be lost."""
    out = []
    for what in (["attempts"], ["mails", "--all"]):
        status, text, said = run(world, db, "list", *what, "--format", "jsonl")
        if status:
            return f"list {what[0]} ends with {status}: {said!r}"
        rows = [json.loads(x) for x in text.splitlines()]
        out += sorted(json.dumps({k: v for k, v in x.items() if k != "verdict"}) for x in rows)
    return out


def at_rest(db):
    try:
        with open(db + ".ingest.lock", "rb") as f:
            return any(x.startswith(b"follow ") and int(x.split()[2]) for x in f.read().splitlines()[:2])
    except (OSError, ValueError, IndexError):
        return False


def follow(world, db, end=signal.SIGTERM):
    """Until all is read; its status, or -999 if it never is, and what it said."""
    command = [world.program, "--db", db, "--config", world.config, "follow", "--history", "9", "--poll", "30",
               "--rotate-wait", "50", world.log]
    with open(db + ".said", "w+b") as said, subprocess.Popen(command, env=ENV, stdout=subprocess.DEVNULL, stderr=said) as p:
        until = time.time() + HANG * world.slow
        while time.time() < until and p.poll() is None and not at_rest(db):
            time.sleep(0.01)
        late = p.poll() is None and not at_rest(db)
        p.send_signal(end)
        try:
            status = p.wait(HANG * world.slow)
        except subprocess.TimeoutExpired:
            p.kill()
            late = True
            status = p.wait()
        said.seek(0)
        return -999 if late else status, said.read().decode("utf-8", "replace")


class World:
    """The program, its log, its verdicts; an undamaged database in the middle of its life."""

    def __init__(self, args):
        self.program = args.wouldblock
        self.slow = int(os.environ.get("TIME_FACTOR", "1"))
        self.dir = args.directory
        self.etc = os.path.join(self.dir, "etc")
        self.config = os.path.join(self.dir, "config")
        self.seed = os.path.join(self.dir, "seed", "db")
        self.log = os.path.join(self.dir, "logs", "mail.log")
        for d in (self.etc, os.path.dirname(self.seed), os.path.dirname(self.log)):
            os.makedirs(d)
        self.write(self.config, "")
        for name, text in (("map", RULE), ("wouldblock_own_domain_networks.cidr", NETWORKS),
                           ("wouldblock_own_domain_names.pcre", NAMES), ("main.cf", MAIN_CF.format(self.etc))):
            self.write(os.path.join(self.etc, name), text)
        subprocess.run([args.make_log, "all-pass", self.dir], check=True)
        with open(os.path.join(self.dir, "mail.log"), "rb") as f:
            lines = f.read().splitlines(keepends=True)
        third = len(lines) // 3
        with open(self.log + ".2.gz", "wb") as f:
            f.write(gzip.compress(b"".join(lines[:third]), mtime=0))
        self.write(self.log + ".1", b"".join(lines[third:2 * third]).decode())
        os.utime(self.log + ".1", (time.time() - 3600,) * 2)
        os.utime(self.log + ".2.gz", (time.time() - 7200,) * 2)
        self.live(lines, third)

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, 0o644)

    def live(self, lines, third):
        """Most of the log is read and decided upon, the rest stands in the write-ahead log of one that was killed."""
        self.write(self.log, b"".join(lines[2 * third:-300]).decode())
        self.good(follow(self, self.seed))
        for word, subjects in (("block", ("198.18.1.0/24", "198.18.2.0/24", "198.18.3.0/24")),
                               ("exempt", ("news.example",)), ("move", ("anna@company.my",))):
            for subject in subjects:
                self.good(run(self, self.seed, "mark", subject, word))
        c = sqlite3.connect(self.seed)
        c.execute("UPDATE human_verdict SET at = (SELECT min(first_stamp) FROM generation) + 3 * 86400000000")
        c.commit()
        c.close()
        with open(self.log, "ab") as f:
            f.write(b"".join(lines[-300:]))
        os.unlink(self.seed + ".ingest.lock")
        if follow(self, self.seed, signal.SIGKILL)[0] != -signal.SIGKILL:
            sys.exit("follow did not come to rest")
        status, out, said = report(self, self.seed)
        failed = [x["name"] for x in json.loads(out)["criteria"] if not x["pass"]] if status == 1 else None
        if failed != ["undecided"]:
            sys.exit(f"undamaged, the report ends with {status}, and these fail: {failed}; {said!r}")
        self.wanted = says(self, self.seed)
        self.wal = os.path.getsize(self.seed + "-wal")

    @staticmethod
    def good(answer):
        if answer[0]:
            sys.exit(f"undamaged, it ends with {answer[0]}: {answer[-1]}")


# ------------------------------------------------------------------ damages

def overwrite(path, at, data):
    with open(path, "r+b") as f:
        f.seek(at)
        f.write(data)


def flip(path, rng, low, high, n):
    with open(path, "rb") as f:
        data = f.read()
    for _ in range(n):
        at = rng.randrange(low, high)
        overwrite(path, at, bytes([data[at] ^ 1 << rng.randrange(8)]))


def damage(db, rng):
    """What was done, in words."""
    size, wal = os.path.getsize(db), os.path.getsize(db + "-wal")
    sort = rng.choice("header header flips flips page page zeros zeros noise cut wal wal wal-cut wal-gone wal-noise "
                      "empty text schema".split())
    n = rng.choice((1, 1, 3, 30))
    page = rng.randrange(size // PAGE) * PAGE
    if sort == "header":
        flip(db, rng, 0, 100, n)
    elif sort == "schema":
        flip(db, rng, 100, PAGE, n)
    elif sort == "flips":
        flip(db, rng, 100, size, 10 * n)
    elif sort == "page":  # its own header and the first pointers
        flip(db, rng, page, page + 40, n)
    elif sort == "zeros":
        overwrite(db, page, bytes(PAGE * rng.choice((1, 1, 4))))
    elif sort == "noise":
        overwrite(db, rng.randrange(size), rng.randbytes(rng.choice((1, 100, 5000))))
    elif sort == "cut":
        os.truncate(db, rng.randrange(1, size))
    elif sort == "empty":
        os.truncate(db, 0)
    elif sort == "text":
        with open(db, "w", encoding="utf-8") as f:
            f.write("this is no database\n" * rng.randrange(1, 500))
    elif sort == "wal":
        flip(db + "-wal", rng, 0, wal, n)
    elif sort == "wal-noise":
        overwrite(db + "-wal", rng.randrange(wal), rng.randbytes(5000))
    elif sort == "wal-cut":
        os.truncate(db + "-wal", rng.randrange(wal))
    else:
        os.unlink(db + "-wal")
    return f"{sort} {n} at page {page // PAGE + 1}"


def end_is_bad(what, status, said):
    """A code of sysexits(3), and a line."""
    if status == -999:
        return f"{what} hangs"
    if status < 0 or status == 99 or 2 < status < 64:
        return f"{what} ends with {status}: {said[-300:]}"
    if status >= 64 and "wouldblock: " not in said:
        return f"{what} ends with {status} and says {said[-300:]!r}"
    return None


def readers(world, db):
    for what, ask in (("report", lambda: report(world, db)), ("status", lambda: run(world, db, "status")),
                      ("list", lambda: run(world, db, "list", "mails", "--format", "jsonl")),
                      ("tui", lambda: run(world, db, "tui", "--dump", "--keys", "<enter>", "--size", "100x30"))):
        status, _, said = ask()
        bad = end_is_bad(what, status, said.decode("utf-8", "replace"))
        if not bad and what == "report" and status == 0:
            bad = "GO"
        if bad:
            return bad
    return None


def healed(world, db, said):
    """What a database that took the damaged one's place must be."""
    now = says(world, db)
    if now != world.wanted:
        if isinstance(now, str):
            return f"made anew, {now}"
        return f"made anew, it lacks {[x for x in world.wanted if x not in now][:2]}, has {[x for x in now if x not in world.wanted][:2]}"
    c = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
    whole = c.execute("PRAGMA integrity_check").fetchall()
    verdicts = c.execute("SELECT count(*) FROM human_verdict").fetchone()[0]
    unfinished = c.execute("SELECT count(*) FROM meta WHERE key = 'rebuild'").fetchone()[0]
    c.close()
    if whole != [("ok",)] or unfinished:
        return f"made anew, it is {whole}, unfinished {unfinished}"
    if verdicts < 5 and "NOT ALL" not in said and "-wal" not in said:
        return "verdicts"
    return None


def one(world, seed, i):
    rng = random.Random(seed * 1000003 + i)
    d = os.path.join(world.dir, f"damage-{i}")
    db = os.path.join(d, "db")
    shutil.rmtree(d, ignore_errors=True)
    os.makedirs(d)
    for end in ("", "-wal", ".write.lock"):
        shutil.copy(world.seed + end, db + end)
    what = damage(db, rng)
    bad = readers(world, db)
    if not bad:
        status, said = follow(world, db)
        bad = end_is_bad("follow", status, said)
        outcome = "went on"
        if any(".corrupt-" in x for x in os.listdir(d)):
            outcome = "made anew"
            bad = bad or (f"follow ends with {status}: {said}" if status else healed(world, db, said))
        elif status == 78 and what.startswith("header"):
            outcome = "refused"  # a version that is newer, for all one can tell
        elif status and not bad:
            bad = f"follow ends with {status}: {said[-400:]}"
        if not bad and outcome == "went on" and what.startswith("wal") and says(world, db) != world.wanted:
            bad = "what the write-ahead log lost was not read again"
        if bad == "verdicts":
            bad, outcome = (None if "wal" in what else "verdicts are gone without a word"), "made anew"
        bad = bad or readers(world, db)
    if bad:
        return i, what, "bad", bad
    shutil.rmtree(d)
    return i, what, outcome, None


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("wouldblock")
    ap.add_argument("make_log")
    ap.add_argument("directory")
    ap.add_argument("--count", type=int, default=20)
    ap.add_argument("--first", type=int, default=1)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--jobs", type=int, default=3)
    args = ap.parse_args()
    shutil.rmtree(args.directory, ignore_errors=True)
    world = World(args)
    sums, bad = {}, 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for i, what, outcome, wrong in pool.map(lambda i: one(world, args.seed, i), range(args.first, args.first + args.count)):
            sums[outcome] = sums.get(outcome, 0) + 1
            if wrong:
                bad += 1
                print(f"# {i}, {what}: {wrong}"[:900], flush=True)
    print(f"{args.count} damages, seed {args.seed}: " + ", ".join(f"{n} {x}" for x, n in sorted(sums.items())))
    sys.exit(bad > 0 or sums.get("made anew", 0) == 0)


if __name__ == "__main__":
    main()
