#!/usr/bin/env python3
"""
    play.py WOULDBLOCK LOG DIR [NAME...]

The rotation scenarios, which are faults.md's twelve and two more: a log that the real rsyslogd writes is
rotated by the real logrotate, under the eyes of a follower and once more with a follower that is
stopped meanwhile. In the end its database must say what it says of the log in one piece, and what is
missing must be a hole.
"""
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import facts
from tools import Follower, Logrotate, Rsyslog, other_filesystem, remove, until

FIRST, WHILE_DOWN = 1500, 100
COPYTRUNCATE = "copytruncate seen: loss possible"


class Skip(Exception):
    """What is needed and not there."""


class Scene:
    """A folder with a log, its writer, its follower."""

    def __init__(self, program, whole, directory, running, needs_olddir=False):
        self.dir, self.log, self.running = directory, os.path.join(directory, "mail.log"), running
        self.whole, self.lines, self.at = whole, whole.split(b"\n")[:-1], 0
        self.olddir = other_filesystem(directory) if needs_olddir else None
        if needs_olddir and not self.olddir:
            raise Skip("needs a second file system, and /dev/shm is none")
        os.makedirs(directory, 0o755)
        self.writer = Rsyslog(directory, self.log)
        self.follower = Follower(program, directory, self.log, *(["--olddir", self.olddir] if self.olddir else []))

    def folders(self):
        return [d for d in (self.dir, self.olddir) if d and os.path.isdir(d)]

    def send(self, n):
        for line in self.lines[self.at:self.at + n]:
            self.writer.send(line)
        self.at = min(len(self.lines), self.at + n)

    def write(self, n):
        """The next n lines, until they are in the file that the writer has."""
        self.send(n)
        self.writer.wait_for(self.lines[self.at - 1], self.folders())

    def logrotate(self, *rules, hang_up=True):
        return Logrotate(self.dir, self.log, rules, self.writer.pid if hang_up else None)

    def survivors(self):
        """All lines that any file holds now, in the order in which they were written."""
        held = set()
        for folder in self.folders():
            for name in os.listdir(folder):
                if name.startswith("mail.log"):
                    held.update(facts.content(os.path.join(folder, name)).replace(b"\0", b"").split(b"\n"))
        return [x for x in self.lines[:self.at] if x in held]

    def end(self):
        self.follower.end()
        self.writer.stop()
        if self.olddir:
            remove(self.olddir)


# ------------------------------------------------------------------ the twelve


def rename_create(s):
    s.logrotate("rotate 9", "create").rotate()
    s.write(500)


def late_hang_up(s):
    s.logrotate("rotate 9", "create", hang_up=False).rotate()
    for _ in range(5):
        s.write(100)
        time.sleep(1)
    s.writer.hang_up()
    s.write(300)


def path_missing(s):
    s.logrotate("rotate 9", "nocreate", hang_up=False).rotate()
    s.write(100)
    time.sleep(5)
    s.writer.hang_up()
    s.write(300)


def copytruncate(s):
    s.logrotate("rotate 9", "copytruncate", hang_up=False).rotate()
    s.write(400)


def copytruncate_compress(s):
    s.logrotate("rotate 9", "copytruncate", "compress", hang_up=False).rotate()
    s.write(400)


def copytruncate_killed(s):
    """Killed when the truncation was seen and nothing had been written since."""
    s.logrotate("rotate 9", "copytruncate", hang_up=False).rotate()
    if s.running:
        until("the truncation is not noticed", s.follower.holes)
        s.follower.end()
        s.follower.process = None
    s.write(400)


def busy_copytruncate(s):
    rotate = s.logrotate("rotate 40", "copytruncate", hang_up=False)
    writer = threading.Thread(target=busy_writer, args=(s, 4000))
    writer.start()
    for _ in range(20):
        rotate.rotate()
    writer.join()


def busy_writer(s, n):
    for _ in range(n // 20):
        s.send(20)
        time.sleep(0.004)


def compress_at_once(s):
    s.logrotate("rotate 9", "create", "compress").rotate()
    s.write(400)


def new_file_with_inode(s, pin):
    """The log as a new file with the inode of `pin`, which goes: the lower ones are taken first, as the kernel takes the lowest."""
    inode, names = os.stat(pin).st_ino, []
    for i in range(10000):
        names.append(os.path.join(s.dir, f"inode{i}"))
        os.close(os.open(names[-1], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
        if os.stat(names[-1]).st_ino > inode:
            break
    os.unlink(pin)
    os.close(os.open(s.log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
    for name in names:
        os.unlink(name)
    return os.stat(s.log).st_ino == inode


def chain(s):
    """Each new log has the inode of the one that was compressed just now."""
    rotate = s.logrotate("rotate 9", "nocreate", "compress", "delaycompress", "allowhardlink", hang_up=False)
    forced = 0
    for i in range(4):
        pin = os.path.join(s.dir, "pin")
        if i:
            os.link(s.log + ".1", pin)
        rotate.rotate()
        if i:
            forced += new_file_with_inode(s, pin)
        s.writer.hang_up()
        s.write(100)
    s.note = f"{forced} of 3 inodes used again"


def dated(s):
    rotate = s.logrotate("rotate 9", "create", "dateext", "compress")
    rotate.rotate()
    s.write(200)
    rotate.rotate(may_fail=True)  # the second one on a day is refused
    s.write(100)


def olddir(s):
    s.logrotate("rotate 9", "create", "renamecopy", f"olddir {s.olddir}", "createolddir 755").rotate()
    s.write(200)


def postfix_logrotate(s):
    """What `postfix logrotate` does, in its order."""
    name = s.log + time.strftime(".%Y%m%d-%H%M%S")
    os.rename(s.log, name)
    s.writer.hang_up()
    s.send(200)
    time.sleep(1)
    subprocess.run(["gzip", name], check=True)
    s.write(100)


def five_in_a_row(s):
    rotate = s.logrotate("rotate 3", "create")
    for _ in range(5):
        rotate.rotate()
        s.write(100)


COMPRESS_SLOWLY = """#!/bin/sh
gzip -c | { head -c 9000; touch %s; sleep 60; }
"""


def interrupted_compress(s):
    half, slow = os.path.join(s.dir, "half-done"), os.path.join(s.dir, "compress")
    with open(slow, "w", encoding="utf-8") as f:
        f.write(COMPRESS_SLOWLY % half)
    os.chmod(slow, 0o755)
    rotate = s.logrotate("rotate 9", "create", "compress", f"compresscmd {slow}", "compressext .gz")
    with subprocess.Popen(rotate.command(), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as p:
        until("compression does not begin", lambda: os.path.exists(half))
        os.killpg(p.pid, 9)
    if not os.path.exists(s.log + ".1") or os.path.getsize(s.log + ".1.gz") != 9000:
        raise AssertionError("compression was not interrupted half-way")
    s.write(200)
    if not s.running:
        s.follower.start()
        s.follower.wait_for(s.at)
    time.sleep(0.5)
    subprocess.run(["gzip", "-f", s.log + ".1"], check=True)
    s.write(100)


def no_room(s):
    """No room in the middle of a line; when there is room again rsyslogd goes on right behind it (I31, I32)."""
    room = os.path.getsize(s.log) + 1000
    s.writer.no_room(room)
    s.send(20)
    until("the disk does not fill up", lambda: os.path.getsize(s.log) == room)
    with open(s.log, "rb") as f:
        whole, half = f.read().rsplit(b"\n", 1)
    if not half:
        raise AssertionError("it is full at the end of a line: this proves nothing")
    if s.running:
        lines = whole.count(b"\n") + 1
        s.follower.wait_for(lines)
        time.sleep(0.3)
        if s.follower.lines() != lines:
            raise AssertionError("half a line was counted")
    s.writer.no_room(None)
    s.note = f"{len(half)} bytes of a line were there"


# ------------------------------------------------------------------ what must be true


def exact(s, whole_facts):
    """Every line once, and nothing missing."""
    s.follower.wait_for(len(s.lines))
    s.follower.stop()
    bad = facts.differences(facts.facts(s.follower.db, s.whole), whole_facts)
    if s.follower.lines() != len(s.lines):
        bad.append(f"{s.follower.lines()} lines are counted, not {len(s.lines)}")
    return bad


def no_holes(s, whole_facts):
    return exact(s, whole_facts) + [f"a hole: {h}" for h in s.follower.holes()]


def as_the_file_says(s, _):
    """What the writer made of it is no matter: what the file holds in the end counts, each line once."""
    until("the last line is not written", lambda: s.lines[-1] in facts.content(s.log)[-4096:])
    said = facts.content(s.log)
    s.follower.wait_for(said.count(b"\n"))
    s.follower.stop()
    again = os.path.join(s.dir, "again")
    subprocess.run([s.follower.command[0], "--db", again, "--config", s.follower.config, "ingest", "--quiet", s.log], check=True)
    bad = facts.differences(facts.facts(s.follower.db, said), facts.facts(again, said))
    if s.follower.lines() != said.count(b"\n"):
        bad.append(f"{s.follower.lines()} lines are counted, not {said.count(bytes([10]))}")
    missing = len(s.lines) - len(set(said.split(b"\n")) & set(s.lines))
    s.note += f", {missing} lines got lost on their way there"
    return bad


def truncation_told(s, whole_facts):
    bad = exact(s, whole_facts)
    if [h[0] for h in s.follower.holes() if h[1] is not None and h[2] is not None] != [COPYTRUNCATE]:
        bad.append(f"one truncation that may have cost lines, and these holes: {s.follower.holes()}")
    if COPYTRUNCATE not in s.follower.report():
        bad.append("the report has no word of it")
    return bad


def stamp_us(line):
    """Of a line of this corpus, which has the stamps of RFC 3339 in UTC."""
    whole, _, rest = line.decode("latin-1").partition(".")
    parsed = time.strptime(whole, "%Y-%m-%dT%H:%M:%S")
    return (int(time.mktime(parsed)) - time.timezone) * 1000000 + int(rest[:6])


def untold(s, lines):
    """Those of the lines that lie in no hole."""
    holes = [h for h in s.follower.holes() if h[1] is not None and h[2] is not None]
    return [x for x in lines if not any(h[1] <= stamp_us(x) <= h[2] for h in holes)]


def stretches(s):
    """From where to where in the whole log each stream was read, in order; with a complaint if two of them meet."""
    rows, bad = s.follower.ask("SELECT head, seam, base, off FROM generation"), []
    read = sorted((at + base, at + off) for at, base, off in ((facts.place_of(s.whole, h, e, o), b, o) for h, e, b, o in rows))
    for (_, end), (start, _) in zip(read, read[1:]):
        if start < end:
            bad.append(f"bytes {start} to {end} were read twice")
    return read, bad


def survivors_exact(s, program):
    """What any file still holds was read, what was read counts once, and what is missing lies in a hole."""
    left = s.survivors()
    s.follower.wait_for_rest()
    s.follower.stop()
    read, bad = stretches(s)
    lines = [x for start, end in read for x in s.whole[max(0, start):end].split(b"\n") if x]
    known, file = set(lines), os.path.join(s.dir, "read")
    with open(file, "wb") as f:
        f.write(b"".join(x + b"\n" for x in lines))
    subprocess.run([program, "--db", file + ".db", "--config", s.follower.config, "ingest", "--quiet", file], check=True)
    s.note = f"{len(s.lines) - len(left)} of {len(s.lines)} lines are in no file any more, {len(s.lines) - len(lines)} were not read"
    bad += facts.differences(facts.facts(s.follower.db, s.whole), facts.facts(file + ".db", b"".join(x + b"\n" for x in lines)))
    bad += [f"not read: {x}" for x in left if x not in known][:3]
    return bad + [f"lost, and in no hole: {x}" for x in untold(s, [x for x in s.lines if x not in known])[:3]]


def busy_told(s, program):
    bad = survivors_exact(s, program)
    if not [h for h in s.follower.holes() if h[0] == COPYTRUNCATE]:
        bad.append("no word of truncations that may have cost lines")
    return bad


def loss_told(s, program):
    bad = survivors_exact(s, program)
    if not s.running and s.follower.lines() == len(s.lines):
        bad.append("nothing was lost: this proves nothing")
    return bad


SCENARIOS = [
    (1, "rename and create", rename_create, no_holes),
    (2, "rename, the writer goes on for 5 s until it is told", late_hang_up, no_holes),
    (3, "rename, no new file for 5 s", path_missing, no_holes),
    (4, "copytruncate, idle writer", copytruncate, truncation_told),
    (5, "copytruncate 20 times, busy writer", busy_copytruncate, busy_told),
    (6, "rename and compress at once", compress_at_once, no_holes),
    (7, "four rotations with delaycompress, inodes used again", chain, no_holes),
    (8, "dateext and compress", dated, no_holes),
    (9, "olddir on another file system", olddir, no_holes),
    (10, "Postfix's own rotation", postfix_logrotate, no_holes),
    (11, "five rotations in a row, three are kept", five_in_a_row, loss_told),
    (12, "compression interrupted and finished later", interrupted_compress, no_holes),
    (13, "copytruncate and compress at once", copytruncate_compress, truncation_told),
    (14, "copytruncate, and killed before the next line", copytruncate_killed, truncation_told),
    (15, "no room on the disk in the middle of a line", no_room, as_the_file_says),
]


class Stage:
    """What all scenarios share."""

    def __init__(self, program, log, directory):
        self.program, self.directory = program, directory
        with open(log, "rb") as f:
            self.whole = f.read()
        os.makedirs(directory, exist_ok=True)
        config, db = os.path.join(directory, "config"), os.path.join(directory, "whole.db")
        open(config, "w", encoding="utf-8").close()
        subprocess.run([program, "--db", db, "--config", config, "ingest", "--quiet", log], check=True)
        self.facts = facts.facts(db, self.whole)

    def play(self, scenario, running):
        number, sentence, rotate, judge = scenario
        directory = os.path.join(self.directory, f"{number}{'r' if running else 's'}")
        name = f"{number} {sentence}, {'running' if running else 'stopped'}"
        s, since = None, time.time()
        try:
            s = Scene(self.program, self.whole, directory, running, rotate is olddir)
            s.note = ""
            s.write(FIRST)
            s.follower.start()
            s.follower.wait_for(FIRST)
            if not running:
                s.follower.stop()
                s.write(WHILE_DOWN)
            rotate(s)
            if not s.follower.process:
                s.follower.start()
            s.write(len(s.lines))
            bad = judge(s, self.program if judge in (busy_told, loss_told) else self.facts)
        except Skip as why:
            return name, None, [str(why)], 0
        except (AssertionError, OSError, subprocess.SubprocessError) as why:
            bad = [repr(why)]
        finally:
            if s:
                s.end()
        if not bad:
            shutil.rmtree(directory)
        return name + (f" ({s.note})" if s and s.note else ""), not bad, bad, time.time() - since


def main():
    stage = Stage(*sys.argv[1:4])
    wanted = sys.argv[4:]
    plays = [(x, running) for x in SCENARIOS for running in (True, False)
             if not wanted or f"{x[0]}{'r' if running else 's'}" in wanted or str(x[0]) in wanted]
    count = {True: 0, False: 0, None: 0}
    with ThreadPoolExecutor(8) as pool:
        for name, good, said, seconds in pool.map(lambda p: stage.play(*p), plays):
            count[good] += 1
            print(f"{'skipped' if good is None else 'ok' if good else 'not ok'} - {name}, {seconds:.1f} s")
            for x in said:
                print("#   " + x)
    print(f"{count[True]} passed, {count[False]} failed, {count[None]} skipped")
    sys.exit(bool(count[False]))


if __name__ == "__main__":
    main()
