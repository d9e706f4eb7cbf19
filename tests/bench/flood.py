#!/usr/bin/env python3
"""
    flood.py WOULDBLOCK LOG DIR SECONDS [RATE]

Writes LOG, over and over if it is too short, at RATE lines a second (5 000) for so many seconds, with a rotation
half-way, under a follower. Prints `lines N read N holes N peak_kib N behind_ms N`: behind is how long after the last
line all was read. The status is 0 if every line was counted once.
"""
import os
import shutil
import sqlite3
import subprocess
import sys
import time

STEPS = 100  # a second


def lines_of(path):
    """The lines of the log for ever; a repetition is a log that says the same again."""
    while True:
        with open(path, "rb") as f:
            yield from f


def ask(db, sql):
    try:
        c = sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=10)
        try:
            return c.execute(sql).fetchone()[0]
        finally:
            c.close()
    except sqlite3.OperationalError:
        return 0


def lines_read(db):
    return ask(db, "SELECT coalesce(sum(lines), 0) FROM counted WHERE sort <> 'check'")


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(x.split()[1]) for x in f if x.startswith("VmHWM"))


def write(log, source, seconds, rate):
    """At its times, however long a step took; returns how many lines."""
    began, written, out = time.monotonic(), 0, open(log, "ab", buffering=0)
    for step in range(1, seconds * STEPS + 1):
        want = step * rate // STEPS
        out.write(b"".join(next(source) for _ in range(want - written)))
        written = want
        if step == seconds * STEPS // 2:
            os.rename(log, log + ".1")
            out.close()
            out = open(log, "ab", buffering=0)
        time.sleep(max(0, began + step / STEPS - time.monotonic()))
    out.close()
    return written


def main():
    program, source, directory, seconds = *sys.argv[1:4], int(sys.argv[4])
    rate = int(sys.argv[5]) if len(sys.argv) > 5 else 5000
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    log, db, config = (os.path.join(directory, x) for x in ("mail.log", "db", "config"))
    for name in (log, config):
        open(name, "wb").close()
    follower = subprocess.Popen([program, "--db", db, "--config", config, "follow", "--from-start", "--rotate-wait", "1000", log])
    try:
        lines = write(log, lines_of(source), seconds, rate)
        end = time.monotonic()
        while lines_read(db) < lines and time.monotonic() < end + 60 and follower.poll() is None:
            time.sleep(0.01)
        behind = time.monotonic() - end
        time.sleep(0.3)
        peak = peak_kib(follower.pid)
    finally:
        follower.terminate()
        status = follower.wait(60)
    read, holes = lines_read(db), ask(db, "SELECT count(*) FROM hole WHERE cause <> 'overlap'")
    print(f"lines {lines} read {read} holes {holes} peak_kib {peak} behind_ms {behind * 1000:.0f}")
    sys.exit(bool(status or read != lines or holes))


if __name__ == "__main__":
    main()
