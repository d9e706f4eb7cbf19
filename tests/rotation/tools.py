"""The programs that write and rotate logs, and the one that follows them, each in a folder of its own."""
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

RSYSLOG = """
global(workDirectory="{dir}" maxMessageSize="64k" net.enableDNS="off"
  parser.escapeControlCharactersOnReceive="off" parser.dropTrailingLFOnReception="off")
module(load="imuxsock" sysSock.use="off")
input(type="imuxsock" socket="{dir}/socket" rateLimit.interval="0" ruleset="mail")
template(name="line" type="string" string="%rawmsg-after-pri%\\n")
ruleset(name="mail") {{ action(type="omfile" file="{log}" template="line" fileCreateMode="0640") }}
"""


def until(what, true, seconds=20):
    """Waits for something to become true; what it is called, if it never does."""
    end = time.time() + seconds
    while not true():
        if time.time() > end:
            raise AssertionError(what() if callable(what) else what)
        time.sleep(0.01)


def tail_of(path, n):
    try:
        with open(path, "rb") as f:
            f.seek(max(0, f.seek(0, os.SEEK_END) - n))
            return f.read()
    except FileNotFoundError:  # it was compressed meanwhile
        return b""


class Rsyslog:
    """A real rsyslogd that writes what it is sent, byte for byte."""

    def __init__(self, directory, log):
        self.dir, self.log = directory, log
        config = os.path.join(directory, "rsyslog.conf")
        self.pid = os.path.join(directory, "rsyslog.pid")
        with open(config, "w", encoding="utf-8") as f:
            f.write(RSYSLOG.format(dir=directory, log=log))
        self.process = subprocess.Popen(
            ["rsyslogd", "-n", "-f", config, "-i", self.pid],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(os.path.join(directory, "rsyslog.err"), "wb"),
            preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        until("rsyslogd makes no socket", self.connect)

    def connect(self):
        try:
            self.socket.connect(os.path.join(self.dir, "socket"))
        except OSError:
            return False
        return os.path.exists(self.pid)

    def send(self, line):
        self.socket.send(b"<22>" + line)

    def wait_for(self, line, folders):
        """Until the line is in a file."""
        end = line + b"\n"
        until("rsyslogd does not write", lambda: any(tail_of(p, len(end)) == end for p in plain_files(folders)))

    def hang_up(self):
        """Until it has let go of the file; it opens a new one when it has something to write."""
        self.process.send_signal(signal.SIGHUP)
        until("rsyslogd keeps its file", lambda: not self.holds_a_log())

    def holds_a_log(self):
        folder = f"/proc/{self.process.pid}/fd"
        for name in os.listdir(folder):
            try:
                if os.path.basename(os.readlink(os.path.join(folder, name))).startswith("mail.log"):
                    return True
            except FileNotFoundError:
                pass  # it was closed just now
        return False

    def no_room(self, room):
        """From now on no file of it may be larger than so many bytes; None: any may."""
        _, hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (hard if room is None else room, hard))

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.socket.close()


def plain_files(folders):
    for folder in folders:
        for name in os.listdir(folder):
            if name.startswith("mail.log") and not name.endswith(".gz"):
                yield os.path.join(folder, name)


class Logrotate:
    """A real logrotate with its own configuration and state."""

    def __init__(self, directory, log, rules, hang_up=None):
        self.state = os.path.join(directory, "logrotate.state")
        self.config = os.path.join(directory, "logrotate.conf")
        after = f"postrotate\nkill -HUP $(cat {hang_up})\nendscript\n" if hang_up else ""
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(f"{log} {{\n" + "".join(r + "\n" for r in rules) + after + "}\n")
        os.chmod(self.config, 0o644)

    def command(self):
        return ["logrotate", "--force", "--state", self.state, self.config]

    def rotate(self, may_fail=False):
        done = subprocess.run(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        if done.returncode and not may_fail:
            raise AssertionError(f"logrotate: {done.stdout.decode(errors='replace')}")
        return done.returncode


class Follower:
    """`wouldblock follow`, which may be stopped and started."""

    def __init__(self, program, directory, log, *args):
        self.db = os.path.join(directory, "db")
        self.config = os.path.join(directory, "config")
        self.errors = os.path.join(directory, "errors")
        open(self.config, "w", encoding="utf-8").close()
        self.command = [program, "--db", self.db, "--config", self.config, "follow", "--from-start", "--poll", "50",
                        "--rotate-wait", "300", *args, log]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(self.errors, "ab"))

    def stop(self):
        self.process.terminate()
        status = self.process.wait(20)
        self.process = None
        if status:
            raise AssertionError(f"follow ends with {status}: {open(self.errors, encoding='utf-8').read()}")

    def ask(self, sql):
        """None as long as there is nothing to be asked."""
        try:
            c = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True, timeout=10)
            try:
                return c.execute(sql).fetchall()
            finally:
                c.close()
        except sqlite3.OperationalError:
            return None

    def lines(self):
        rows = self.ask("SELECT coalesce(sum(lines), 0) FROM counted WHERE sort <> 'check'")
        return rows[0][0] if rows else 0

    def wait_for(self, lines):
        until(lambda: f"{self.lines()} lines are read, not {lines}", lambda: self.lines() >= lines)

    def wait_for_rest(self):
        """Until nothing more has been read for a second."""
        last, since = -1, time.time()
        while time.time() - since < 1:
            n = self.lines()
            if n != last:
                last, since = n, time.time()
            time.sleep(0.05)
        return last

    def holes(self):
        return self.ask("SELECT cause, from_time, to_time, bytes FROM hole ORDER BY id")

    def report(self):
        done = subprocess.run(self.command[:5] + ["report", "--since", "2026-10-01"], stdout=subprocess.PIPE, check=False)
        return " ".join(done.stdout.decode().split())

    def end(self):
        if self.process:
            self.process.kill()
            self.process.wait()


def other_filesystem(directory):
    """A folder on another file system than this one; None if there is none to be had."""
    try:
        if os.stat("/dev/shm").st_dev != os.stat(os.path.dirname(directory)).st_dev:
            return os.path.join("/dev/shm", os.path.basename(os.path.dirname(directory)) + "-" + os.path.basename(directory))
    except OSError:
        pass
    return None


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
