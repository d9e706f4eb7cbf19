#!/usr/bin/env python3
"""
    faults.py WOULDBLOCK SHIM LOG DIR [--points N | --every] [--only TEXT] [--jobs N]

Lets single calls of the system fail under ingest, follow, mark and summary (shim.c), once or from
then on, or end the program: N spread over each sort of call and error, or every one (of those that ask
for memory, each that is come to by a way of its own). Each time it
must go on, or stop with a line of complaint and a code of sysexits(3); its database must be whole; and the next
run, undisturbed, must make it the same as one that nobody disturbed, or a hole must be on record.
Says what is not so, and in the last line how many were tried.
"""
import argparse
import concurrent.futures
import gzip
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LINES = 900
POWER = {"LOST", "TORN", "MIXED"}  # it goes: power.h
ENDS = {"KILL", *POWER}
CODES = {65, 66, 69, 71, 73, 74, 75, 77}  # never 70, a bug of ours, nor 99, a sanitizer's

# scenario, calls, errors, once, ever
ROWS = [
    ("ingest", "open", "EMFILE EACCES", True, True),
    ("ingest", "read pread", "EIO", True, True),
    ("ingest", "read pread pwrite open", "EINTR", True, False),
    ("ingest", "read pread pwrite", "SHORT", True, True),
    ("ingest", "pwrite", "ENOSPC EIO EDQUOT", True, True),
    ("ingest", "sync ftruncate fstat", "EIO", True, True),
    ("ingest", "mmap malloc", "ENOMEM", True, True),
    ("ingest", "spawn", "ENOMEM EAGAIN", True, True),
    ("ingest", "pwrite sync", "KILL", True, False),
    ("follow", "pwrite sync read", "KILL", True, False),
    ("ingest", "pwrite sync", "LOST TORN MIXED", True, False),
    ("follow", "pwrite sync", "LOST TORN MIXED", True, False),
    ("mark", "pwrite sync", "LOST TORN MIXED", True, False),
    ("follow", "open", "EMFILE EACCES", True, True),
    ("follow", "read pread", "EIO", True, True),
    ("follow", "read pread pwrite open", "EINTR", True, False),
    ("follow", "read", "EAGAIN", True, False),
    ("follow", "read pread pwrite", "SHORT", True, True),
    ("follow", "pwrite", "ENOSPC EIO EDQUOT EROFS", True, True),
    ("follow", "sync ftruncate fstat", "EIO", True, True),
    ("follow", "mmap malloc", "ENOMEM", True, True),
    ("follow", "spawn", "ENOMEM", True, True),
    ("follow", "inotify", "ENOSPC EMFILE", True, True),
    ("follow", "list", "EMFILE", True, False),
    ("mark", "open", "EMFILE", True, True),
    ("mark", "read pread", "EIO EINTR", True, False),
    ("mark", "pwrite", "ENOSPC EIO EINTR SHORT", True, False),
    ("mark", "sync fstat", "EIO", True, True),
    ("mark", "malloc", "ENOMEM", True, True),
    ("summary", "open", "EMFILE", True, True),
    ("summary", "read pread", "EIO EINTR SHORT", True, False),
    ("summary", "write", "ENOSPC EINTR SHORT", True, False),
    ("summary", "malloc", "ENOMEM", True, True),
]


class World:
    """The program, its logs, and what an undisturbed run makes of them."""

    def __init__(self, args):
        self.args = args
        self.preload = args.shim
        libs = subprocess.run(["ldd", args.wouldblock], stdout=subprocess.PIPE, text=True, check=True).stdout
        asan = re.search(r"=> (\S*libasan\S*)", libs)
        self.sanitized = asan is not None
        if asan:  # it insists on being the first, and has its own malloc: that cannot fail then
            self.preload = asan[1] + " " + args.shim
        self.logs = os.path.join(args.directory, "logs")
        self.config = os.path.join(args.directory, "config")
        os.makedirs(self.logs)
        open(self.config, "w", encoding="utf-8").close()
        with open(args.log, "rb") as f:
            lines = f.read().splitlines(keepends=True)[:LINES]
        self.write("mail.log.2.gz", gzip.compress(b"".join(lines[:300]), mtime=0), 86400)
        self.write("mail.log.1", b"".join(lines[300:600]), 43200)
        self.write("mail.log", b"".join(lines[600:]), 0)
        with open(os.path.join(HERE, "..", "metadata"), encoding="utf-8") as f:
            self.metadata = {x.split("#")[0].strip() for x in f} - {""}
        self.seed = os.path.join(args.directory, "seed.db")
        self.dumps = {}

    def write(self, name, data, age):
        path = os.path.join(self.logs, name)
        with open(path, "wb") as f:
            f.write(data)
        os.utime(path, (time.time() - age,) * 2)

    def dump(self, db):
        c = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
        c.text_factory = bytes
        rows = []
        for (table,) in c.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
            table = table.decode()
            columns = [x[1].decode() for x in c.execute(f'PRAGMA table_info("{table}")')]
            columns = [x for x in columns if f"{table}.{x}" not in self.metadata]
            if table in self.metadata or not columns:
                continue
            for row in c.execute("SELECT {} FROM \"{}\"".format(",".join(f'"{x}"' for x in columns), table)):
                rows.append((table, *row))
        c.close()
        return sorted(map(repr, rows))

    def environment(self, call=None, error=None, n=0, ever=False, count=None, ways=None):
        env = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8")
        if call:
            env.update(LD_PRELOAD=self.preload, FI_CALL=call, FI_COUNT=count, FI_N=str(n))
            if error:
                env["FI_ERR"] = error
            if ever:
                env["FI_EVER"] = "1"
            if ways:
                env["FI_WAYS"] = ways
        return env

    def command(self, db, *rest):
        return [self.args.wouldblock, "--db", db, "--config", self.config, *rest]


def run(world, command, env, patience=20):
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as p:
        try:
            said = p.communicate(timeout=patience)[1]
        except subprocess.TimeoutExpired:
            p.kill()
            return -999, p.communicate()[1]
        return p.returncode, said


def ingest(world, db, env):
    names = [os.path.join(world.logs, x) for x in ("mail.log.2.gz", "mail.log.1", "mail.log")]
    return run(world, world.command(db, "ingest", "--quiet", *names), env)


def at_rest(db):
    """Has a follower said in its lock file that all was read?"""
    try:
        with open(db + ".ingest.lock", "rb") as f:
            return re.search(rb"^follow \d+ 0*[1-9]", f.read(), re.M) is not None
    except OSError:
        return False


def follow(world, db, env):
    """Until it is at rest; one that is kept from that by a fault has a second or two."""
    command = world.command(db, "follow", "--history", "9", "--poll", "30", "--rotate-wait", "50",
                            os.path.join(world.logs, "mail.log"))
    if os.path.exists(db + ".ingest.lock"):
        os.unlink(db + ".ingest.lock")
    with open(db + ".said", "w+b") as said, subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=said) as p:
        end = time.time() + (1.2 if "FI_N" in env and env["FI_N"] != "0" else 15) * (5 if world.sanitized else 1)
        while time.time() < end and p.poll() is None and not at_rest(db):
            time.sleep(0.01)
        p.poll() is not None or time.sleep(0.12)
        p.send_signal(signal.SIGTERM)
        try:
            status = p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
            status = -999
        said.seek(0)
        return status, said.read()


def mark(world, db, env):
    if not os.path.exists(db):
        shutil.copy(world.seed, db)
    return run(world, world.command(db, "mark", "203.0.113.0/24", "block"), env)


def summary(world, db, env):
    if not os.path.exists(db):
        shutil.copy(world.seed, db)
    return run(world, world.command(db, "summary"), env)


SCENARIOS = {"ingest": ingest, "follow": follow, "mark": mark, "summary": summary}


def place(world, name):
    """A folder of its own: the database's path in it."""
    d = os.path.join(world.args.directory, name)
    shutil.rmtree(d, ignore_errors=True)
    os.makedirs(d)
    return os.path.join(d, "db")


def prepare(world):
    ingest(world, world.seed, world.environment())
    for name, scenario in SCENARIOS.items():
        db = place(world, "undisturbed-" + name)
        status, said = scenario(world, db, world.environment())
        if status != 0:
            sys.exit(f"undisturbed, {name} ends with {status}: {said!r}")
        world.dumps[name] = (facts(world, name, db), None)


def facts(world, name, db):
    rows = world.dump(db)
    if name == "mark":  # when it was said
        rows = [re.sub(r"\b1[6-9]\d{8,14}\b", "T", x) for x in rows]
    return rows


def count(world, scenario, call):
    db = place(world, f"count-{scenario}-{call}")
    counter, ways = db + ".count", db + ".ways"
    with open(counter, "wb") as f:
        f.write(bytes(16))
    open(ways, "wb").close()
    SCENARIOS[scenario](world, db, world.environment(call, count=counter, ways=ways))
    with open(counter, "rb") as f, open(ways, "rb") as w:
        return struct.unpack("QQ", f.read())[0], [x[0] for x in struct.iter_unpack("Q", w.read())]


def points(n, ways, args, phase):
    """Which of n calls fail: spread, and not the same for each sort."""
    if args.every and ways:
        return ways
    if args.every or n <= args.points:
        return range(1, n + 1)
    return sorted({1 + int((i + phase) * n / args.points) for i in range(args.points)})


def points_of(error, n, ways, args, phase):
    """Without power what is synced last decides: the checkpoint at the end."""
    spread = points(n, ways, args, phase)
    return sorted({*spread, max(1, n - 8)}) if error in POWER else spread


def whole(db):
    if not os.path.exists(db) or os.path.getsize(db) == 0:
        return None
    for end in ("", "-wal"):  # a copy: what was not tidied up is the next run's to find
        if os.path.exists(db + end):
            shutil.copy(db + end, db + "-copy" + end)
    try:
        c = sqlite3.connect(db + "-copy")
        said = c.execute("PRAGMA integrity_check").fetchall()
        c.close()
    except sqlite3.Error as e:
        return str(e)
    return None if said == [("ok",)] else str(said)


def judge(world, scenario, error, db, status, said):
    lines = said.decode("utf-8", "replace").splitlines()
    first = status
    if error in ENDS and status == -signal.SIGKILL:
        status = 0
    if status == -999:
        return "hangs"
    if status < 0:
        return f"ended by signal {-status}"
    if status == 78 and any(re.search("config: (Permission denied|Resource temp)", x) for x in lines):
        status = 77
    if status and status not in CODES:
        return f"ended with {status}: {lines[:4]}"
    if status and not any("wouldblock: " in x for x in lines):  # what a decompressor says may stand before it
        return f"ended with {status}, and says {lines[:4]}"
    if any("Sanitizer" in x for x in lines):
        return f"a sanitizer: {lines[:6]}"
    bad = whole(db)
    if bad:
        return f"the database is damaged: {bad}"
    status, said = SCENARIOS[scenario](world, db, world.environment())
    if status != 0:
        return f"the next run ends with {status}: {said!r}"
    wanted, got = world.dumps[scenario][0], facts(world, scenario, db)
    if wanted == got:
        return None
    more = sorted(set(got) - set(wanted))
    if any(x.startswith("('hole'") and "overlap" not in x for x in more):
        return "hole"
    if scenario == "ingest" and first == 66:
        return None  # a file that may not be opened is named; when it is read later, it is older than the rest
    if scenario == "mark" and len(got) > len(wanted):
        return None  # said twice is kept twice
    ends = [[x[:50] + " ... " + x[-150:] for x in rows[:3]] for rows in (sorted(set(wanted) - set(got)), more)]
    return f"other facts: missing {ends[0]}, too many {ends[1]}"


def attempt(world, scenario, call, error, ever, n):
    name = f"{scenario}-{call}-{error}-{'ever' if ever else 'once'}-{n}"
    db = place(world, name)
    counter = db + ".count"
    with open(counter, "wb") as f:
        f.write(bytes(16))
    status, said = SCENARIOS[scenario](world, db, world.environment(call, error, n, ever, counter))
    with open(counter, "rb") as f:
        hit = struct.unpack("QQ", f.read())[1]
    bad = judge(world, scenario, error, db, status, said)
    if bad in (None, "hole"):
        shutil.rmtree(os.path.dirname(db))
    return name, hit, status, bad


def jobs(world):
    sorts = 0
    for scenario, calls, errors, once, ever in ROWS:
        for call in calls.split():
            n, ways = count(world, scenario, call)
            for error in errors.split():
                for forever in [x for x, wanted in ((False, once), (True, ever)) if wanted]:
                    sorts += 1
                    for at in points_of(error, n, ways if call == "malloc" else None, world.args, sorts * 0.618 % 1):
                        job = (scenario, call, error, forever, at)
                        if world.args.only in "{}-{}-{}-{}-{}".format(*job[:3], "ever" if forever else "once", at):
                            yield job


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("wouldblock")
    ap.add_argument("shim")
    ap.add_argument("log")
    ap.add_argument("directory")
    ap.add_argument("--points", type=int, default=3)
    ap.add_argument("--every", action="store_true")
    ap.add_argument("--only", default="")
    ap.add_argument("--jobs", type=int, default=2)
    args = ap.parse_args()
    shutil.rmtree(args.directory, ignore_errors=True)
    os.makedirs(args.directory)
    world = World(args)
    prepare(world)
    tried = hits = stopped = holes = bad = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for name, hit, status, wrong in pool.map(lambda job: attempt(world, *job), list(jobs(world))):
            tried += 1
            hits += hit > 0
            stopped += status != 0
            holes += wrong == "hole"
            if wrong not in (None, "hole"):
                bad += 1
                print(f"# {name}: {wrong}"[:700], flush=True)
    if world.sanitized:
        print("# memory did not fail: a sanitizer has its own")
    print(f"{tried} faults tried, {hits} met, {stopped} stopped the program, {holes} left a hole on record, {bad} bad")
    sys.exit(bad > 0 or hits == 0)


if __name__ == "__main__":
    main()
