#!/usr/bin/env python3
"""The dashboard in a terminal of its own: how long from start to the first frame, from a key to its frame.

    frames.py PROGRAM DATABASE [KEYS]

Prints `first MS`, `key99 MS`, `key50 MS`, `keys N`, `query MS NAME` of the query that took longest, `transaction MS` of
the longest read transaction, and on stderr the slowest keys. A frame is over when nothing came
for QUIET seconds; its time is that of its last byte. Keys are sent one by one, each after the frame of the one before.
"""
import fcntl
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time

QUIET = 0.004
MOVES = 'jjjkkGg<pgdn><pgdn><pgup>'
SCRIPT = ('1' + MOVES + 'sSssss/ource1\r\x1b/2\r\x1b*\x1b  \x1b?jjj\x1b:source3\r' + MOVES +
          '2' + MOVES + 's/u1\r\x1b*\x1b' + '3' + MOVES + 's/to\r\x1b' + '4' + MOVES + '5jjjG\r\x1b6jjG7' + MOVES + '1\r\x1b') * 3
NAMES = {'<pgdn>': b'\x1b[6~', '<pgup>': b'\x1b[5~'}


def keys_of(script):
    i = 0
    while i < len(script):
        name = next((n for n in NAMES if script.startswith(n, i)), None)
        yield NAMES[name] if name else script[i].encode()
        i += len(name) if name else 1


class Screen:
    def __init__(self, program, database, settings):
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
            os.environ.update(TERM='xterm-256color', LC_ALL='C.UTF-8')
            os.execv(program, [program, '--db', database, '--config', settings, 'tui', '--times', settings + '.times'])

    def read(self, wait):
        """What comes within that time, and when; nothing: None."""
        if not select.select([self.fd], [], [], wait)[0]:
            return None
        try:
            return os.read(self.fd, 1 << 16), time.monotonic()
        except OSError:
            return None

    def until(self, what, wait):
        seen, end = b'', time.monotonic() + wait
        while what not in seen and time.monotonic() < end:
            got = self.read(0.05)
            if got:
                seen += got[0]
                when = got[1]
        if what not in seen:
            sys.exit('frames.py: never seen: %r' % what)
        return when

    def frame(self):
        """When the frame that is being drawn was complete; None: nothing was drawn."""
        last, wait = None, 0.25
        while True:
            got = self.read(wait)
            if got is None:
                return last
            last, wait = got[1], QUIET


def main():
    # none of the machine's; with a map, so that there is a plan
    settings, rows = tempfile.NamedTemporaryFile(), tempfile.NamedTemporaryFile()
    rows.write(b'firma.example WARN *** Invalid Inbound Sender ***\n')
    settings.write(b'[rule own-domain]\nwarn = Invalid Inbound Sender\nreject = Delivery not authorized\n'
                   b'map = hash:' + rows.name.encode() + b'\n')
    rows.flush()
    settings.flush()
    screen = Screen(sys.argv[1], sys.argv[2], settings.name)
    first = screen.until(b'warned mails', 60) - screen.started
    time.sleep(1)
    while screen.read(0.3):
        pass
    took = []
    for key in keys_of(sys.argv[3] if len(sys.argv) > 3 else SCRIPT):
        sent = time.monotonic()
        os.write(screen.fd, key)
        done = screen.frame()
        if done:
            took.append((done - sent, key))
    os.write(screen.fd, b'\x1b\x1b\x1bq')
    while screen.read(1):
        pass
    os.waitpid(screen.pid, 0)
    times = [line.split() for line in open(settings.name + '.times')]
    os.unlink(settings.name + '.times')
    held = next(float(t[3]) for t in times if t[0] == 'transaction')
    longest = max((float(t[3]), t[0]) for t in times if t[0] != 'transaction')
    took.sort()
    at = lambda share: took[min(len(took) - 1, int(len(took) * share))][0] * 1000
    print('first %.1f\nkey99 %.1f\nkey50 %.1f\nkeys %d' % (first * 1000, at(0.99), at(0.5), len(took)))
    print('query %.1f %s\ntransaction %.1f' % (longest + (held,)))
    print('slowest:', ', '.join('%r %.0f ms' % (k, t * 1000) for t, k in took[-8:]), file=sys.stderr)


main()
