#!/usr/bin/env python3
"""
    kill.py WOULDBLOCK LOG DIR [--kills N] [--seed S] [--down PERCENT] [--rotate-wait MS]

A writer writes LOG piece by piece, a rotator renames, compresses and sometimes lets the writer go
on in the renamed file, and a follower is killed after 20 to 600 ms, again and again (faults.md
1.8, point 2). In the end its database must say what an ingest of the whole LOG says: attempts,
mails, fates, and the sums. Prints what it did; the status is 0 if nothing differs.
"""
import argparse
import gzip
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

PENDING = (Path(__file__).parent.parent / "pending.sql").read_text()
SUMS = [
    "SELECT sort, name, sum(lines) FROM counted GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT r.name, s.name, d.day, d.attempts, d.mails, d.lost, d.delivered, d.queued, d.unknown, d.refused, d.tempfailed"
    " FROM roll_source_day d JOIN dim_source s ON s.id = d.source LEFT JOIN dim_rule r ON r.id = d.rule ORDER BY 1, 2, 3",
    "SELECT hour, sum(attempts) FROM roll_hour GROUP BY 1 ORDER BY 1",
    "SELECT h.name, sum(p.lines) FROM span p JOIN host h ON h.id = p.host GROUP BY 1 ORDER BY 1",
    "SELECT h.name, d.day, d.accepted, d.outside, d.null_sender FROM roll_host_day d JOIN host h ON h.id = d.host ORDER BY 1, 2",
    "SELECT kind, count(*), sum(mails) FROM sighting GROUP BY 1 ORDER BY 1",
    "SELECT count(*), sum(count) FROM fact_attempt",
    "SELECT count(*) FROM fact_transaction",
    f"SELECT count(*) FROM ({PENDING})",
]


class Writer:
    """A syslog daemon and a logrotate in one."""

    def __init__(self, log, directory, rng, keep=60):
        with open(log, "rb") as f:
            self.data = f.read()
        self.path = os.path.join(directory, "mail.log")
        self.rng, self.keep = rng, keep
        self.at = self.rotations = self.late = 0
        self.fd = self.open()

    def open(self):
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)

    def write(self, n):
        """About n bytes, in pieces that end anywhere."""
        end = min(len(self.data), self.at + n)
        while self.at < end:
            piece = min(end - self.at, self.rng.choice((1, 7, 80, 200, 1500, 6000)))
            self.at += os.write(self.fd, self.data[self.at:self.at + piece])

    def end_line(self):
        end = self.data.find(b"\n", self.at - 1 if self.at else 0)
        if self.at and self.data[self.at - 1:self.at] == b"\n":
            return
        end = len(self.data) if end < 0 else end + 1
        self.at += os.write(self.fd, self.data[self.at:end])

    def shift(self):
        for i in range(self.keep, 0, -1):
            for end in ("", ".gz"):
                name = f"{self.path}.{i}{end}"
                if not os.path.exists(name):
                    continue
                if i == self.keep:
                    os.unlink(name)
                else:
                    os.rename(name, f"{self.path}.{i + 1}{end}")

    def compress(self, name):
        """As gzip does: the packed file grows under its name while the plain one is still there."""
        with open(name, "rb") as f:
            packed = gzip.compress(f.read(), mtime=0)
        half = self.rng.randrange(len(packed))
        with open(name + ".gz", "wb") as f:
            f.write(packed[:half])
            f.flush()
            time.sleep(self.rng.choice((0, 0, 0.005)))
            f.write(packed[half:])
        old = os.stat(name)
        os.utime(name + ".gz", ns=(old.st_atime_ns, old.st_mtime_ns))
        os.unlink(name)

    def rotate(self):
        self.rotations += 1
        self.shift()
        os.rename(self.path, self.path + ".1")
        if os.path.exists(self.path + ".2"):
            self.compress(self.path + ".2")
        if self.rng.random() < 0.4:  # the writer has not noticed yet
            self.late += 1
            if self.rng.random() < 0.5:
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o640))
            self.write(self.rng.randrange(3000))
            time.sleep(self.rng.choice((0, 0.02)))
            self.write(self.rng.randrange(3000))
        self.end_line()
        os.close(self.fd)
        self.fd = self.open()


def start(args, directory):
    return subprocess.Popen(
        [args.wouldblock, "--db", os.path.join(directory, "db"), "--config", args.config, "follow", "--history", "1000",
         "--poll", "50", "--rotate-wait", str(args.rotate_wait), os.path.join(directory, "mail.log")],
        stderr=open(os.path.join(directory, "errors"), "ab"), stdout=subprocess.DEVNULL)


def lines_read(db):
    try:
        c = sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=5)
        return c.execute("SELECT coalesce(sum(lines), 0) FROM counted WHERE sort <> 'check'").fetchone()[0]
    except sqlite3.Error:
        return -1


def finish(args, directory, lines):
    """Until all is read, or nothing more happens."""
    p = start(args, directory)
    db, last, since = os.path.join(directory, "db"), -2, time.time()
    while time.time() - since < 3 and p.poll() is None:
        n = lines_read(db)
        if n != last:
            last, since = n, time.time()
        if n >= lines and time.time() - since > 0.5:
            break
        time.sleep(0.05)
    p.send_signal(signal.SIGTERM)
    return p.wait(10)


def says(args, db):
    out = []
    for what in (["list", "attempts"], ["list", "mails", "--all"]):
        text = subprocess.run([args.wouldblock, "--db", db, "--config", args.config, *what, "--format", "jsonl"],
                              stdout=subprocess.PIPE, check=True).stdout
        # Two streams that were read at the same time, one late: attempts stand in the order of streams.
        out.append(sorted(text.splitlines()))
    c = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
    for sql in SUMS:
        out.append(c.execute(sql).fetchall())
    out.append(c.execute("PRAGMA integrity_check").fetchall())
    return out


def compare(ours, whole):
    bad = 0
    for a, b in zip(ours, whole):
        if a == b:
            continue
        bad += 1
        lost = [x for x in b if x not in a][:3]
        more = [x for x in a if x not in b][:3]
        print("differs:", len(b), "rows in the whole,", len(a), "here")
        for x in lost:
            print("  missing:", str(x)[:400])
        for x in more:
            print("  too many:", str(x)[:400])
        if not lost and not more:
            print("  rows are doubled")
    return bad


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("wouldblock")
    ap.add_argument("log")
    ap.add_argument("directory")
    ap.add_argument("--kills", type=int, default=30)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--down", type=int, default=15)
    ap.add_argument("--rotate-wait", type=int, default=150)
    args = ap.parse_args()
    rng = random.Random(args.seed)
    directory = args.directory
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    args.config = os.path.join(directory, "config")
    open(args.config, "w", encoding="utf-8").close()
    w = Writer(args.log, directory, rng)
    each = len(w.data) // args.kills + 1
    killed = died = 0
    for i in range(args.kills):
        p = start(args, directory)
        until = time.time() + rng.uniform(0.02, 0.6)
        goal = min(len(w.data), (i + 1) * each)
        while time.time() < until:
            if w.at < goal:
                w.write(min(goal - w.at, rng.randrange(1, max(2, each // 4))))
            if rng.random() < 0.03:
                w.rotate()
            time.sleep(rng.choice((0, 0.001, 0.005, 0.02)))
        if p.poll() is None:
            p.kill()
            killed += 1
        else:
            died += 1
            print("ended by itself with", p.returncode)
        p.wait()
        if rng.random() * 100 < args.down:
            for _ in range(rng.randrange(1, 6)):
                w.write(rng.randrange(1, 4000))
                w.rotate()
    w.write(len(w.data))
    os.close(w.fd)
    lines = w.data.count(b"\n")
    status = finish(args, directory, lines)
    whole = os.path.join(directory, "whole.db")
    subprocess.run([args.wouldblock, "--db", whole, "--config", args.config, "ingest", "--quiet", args.log], check=True)
    bad = compare(says(args, os.path.join(directory, "db")), says(args, whole))
    c = sqlite3.connect(f"file:{os.path.join(directory, 'db')}?mode=ro", uri=True)
    holes = c.execute("SELECT cause, count(*) FROM hole GROUP BY 1").fetchall()
    print(f"seed {args.seed}: {killed} kills, {lines} lines, {w.rotations} rotations, {w.late} with a late writer, "
          f"holes {holes}, {bad} differences, last status {status}")
    sys.exit(bool(bad or died or status or any(h[0] != "overlap" for h in holes)))


if __name__ == "__main__":
    main()
