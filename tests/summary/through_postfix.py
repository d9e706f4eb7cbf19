#!/usr/bin/env python3
"""A summary goes through a real Postfix into a mailbox, and is read back by a mail library.

    through_postfix.py WOULDBLOCK DATABASE FOLDER

DATABASE holds hostile names already; the day is 2026-03-10. What must hold of the mail: it is one that RFC 5322 and
2045 know, both parts say the same, nothing of the log has become a header or markup. Then the kills: between the
hand-over and the commit, before the hand-over, and at any moment.
"""
import email
import email.policy
import html.parser
import os
import random
import re
import signal
import subprocess
import sys
import time
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, f"{TESTS}/e2e")
from server import Server, wait_until, write  # noqa: E402

TO = ["it@company.my", "postmaster@company.my"]
DAY = "2026-03-10"
HEADERS = {"date", "from", "to", "subject", "message-id", "auto-submitted", "mime-version", "content-type"}
OF_TRANSPORT = {"return-path", "x-original-to", "delivered-to", "received"}


class Telling:
    passed = failed = 0

    def ok(self, sentence, is_true, what=""):
        self.passed += bool(is_true)
        self.failed += not is_true
        print(f"{'ok' if is_true else 'not ok'} - {sentence}", flush=True)
        if not is_true and what != "":
            print("\n".join(f"#   {line}" for line in str(what).splitlines()[:20]))

    def same(self, sentence, found, expected):
        self.ok(sentence, found == expected, f"is {found!r}, should be {expected!r}")


tell = Telling()


# ------------------------------------------------------------------ Postfix and its mailboxes

class MailServer(Server):
    """The one of the other proofs, which takes mail from the sendmail program too."""

    def __init__(self, top):
        nobody = SimpleNamespace(port=9)   # no login, no policy service: nothing comes by SMTP
        super().__init__(top, SimpleNamespace(auth=nobody, greylist=nobody, blocklist=nobody))
        with open(f"{self.etc}/master.cf", "a") as f:
            f.write("pickup unix n - n 60 1 pickup\n")
        self.people([address.split("@")[0] for address in TO], {}, [])
        write(f"{self.etc}/check_custom_sender_access", "")
        self.postmap()

    def mails(self, of=TO[1]):
        """The bytes of each mail in a mailbox, oldest first."""
        folder = f"{self.top}/boxes/{of.split('@')[0]}/new"
        paths = [f"{folder}/{name}" for name in os.listdir(folder)] if os.path.isdir(folder) else []
        found = []
        for path in sorted(paths, key=os.path.getmtime):
            with open(path, "rb") as f:
                found.append(f.read())
        return found

    def wait_for_mails(self, n):
        wait_until(f"{n} mails are in the mailbox", lambda: len(self.mails()) >= n)
        wait_until("the queue is empty", lambda: not self.command("postqueue", "-j"))


# ------------------------------------------------------------------ the program and its sendmail

class Summary:
    def __init__(self, program, database, folder, etc):
        self.program, self.database, self.folder, self.etc = program, database, folder, etc
        self.conf, self.sendmail = f"{folder}/conf", f"{folder}/sendmail"
        write(self.conf, f"[mail]\nto = {', '.join(TO)}\nfrom = robot@company.my\nsendmail = {self.sendmail}\n")
        self.becomes("")

    def becomes(self, before="", after=""):
        """sendmail: Postfix's own, with something before and behind the hand-over."""
        write(self.sendmail, f"#!/bin/sh\n{before}\n/usr/sbin/sendmail -C {self.etc} \"$@\" || exit\n{after}\n")
        os.chmod(self.sendmail, 0o755)

    def start(self, *args):
        return subprocess.Popen([self.program, "--db", self.database, "--config", self.conf, "summary", *args],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *args):
        process = self.start(*args)
        said, _ = process.communicate()
        return process.returncode, said


# ------------------------------------------------------------------ what a mail must be

class Words(html.parser.HTMLParser):
    """The words that a reader of the HTML sees, its elements and attributes."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.words, self.elements, self.attributes, self.on = [], set(), set(), True
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.on = tag not in ("title", "head")

    def handle_endtag(self, tag):
        self.on = True

    def handle_data(self, data):
        if self.on:
            self.words += data.split()


def words_of_text(text):
    """Without what only text has: lines under titles, marks of items."""
    lines = [re.sub(r"^\* ", "", line) for line in text.splitlines() if not re.fullmatch(r"=+|-+", line)]
    return " ".join(lines).split()


def check_mail(raw, printed):
    """printed: what the program prints of the same day."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    ours = [(k, v) for k, v in message.items() if k.lower() not in OF_TRANSPORT]
    names = [k.lower() for k, _ in ours]
    tell.same("the header has each field once, and no other", (len(names), set(names)), (len(HEADERS), HEADERS))
    tell.ok("no field, part or recipient has come from the log", b"\nBcc:" not in raw and b"\nbcc:" not in raw)
    tell.same("the parser finds no defect", [str(d) for p in message.walk() for d in p.defects], [])
    tell.same("it is for those who were named", message["to"].addresses[0].addr_spec + "," +
              message["to"].addresses[1].addr_spec, ",".join(TO))
    tell.same("its sender is the one of the settings", message["from"].addresses[0].addr_spec, "robot@company.my")
    tell.same("it says that no person sent it", message["auto-submitted"], "auto-generated")
    tell.ok("it has a Message-ID", re.fullmatch(r"<summary\.2026-03-10\.[0-9a-f]{16}@[A-Za-z0-9.-]+>",
                                                message["message-id"]), message["message-id"])
    age = time.time() - parsedate_to_datetime(message["date"]).timestamp()
    tell.ok("its date is now", 0 <= age < 60, message["date"])
    tell.ok("its subject tells what there is", re.search(
        r": 2026-03-10: NO-GO, 3 new sources, 1 hole, 1 verdict$", message["subject"]), message["subject"])
    body = raw[raw.index(b"\n\n"):]
    tell.ok("it is ASCII, without control characters", all(c == 10 or 32 <= c < 127 for c in of_sender(raw)))
    tell.ok("no line of the header is longer than 78", max(len(line) for line in of_sender(raw).split(b"\n")) <= 78)
    tell.ok("no line of the body is longer than 76", max(len(line) for line in body.split(b"\n")) <= 76)
    tell.same("it has a text part and an HTML part, in that order",
              (message.get_content_type(), [p.get_content_type() for p in message.iter_parts()]),
              ("multipart/alternative", ["text/plain", "text/html"]))
    text, page = [part.get_content() for part in message.iter_parts()]
    tell.same("the text part is what the program prints", text, printed)
    tell.ok("no line of the text is longer than 78", max(len(line) for line in text.splitlines()) <= 78)
    check_page(text, page)
    return message


def check_page(text, page):
    seen = Words(page)
    tell.same("both parts say the same", seen.words, words_of_text(text))
    tell.ok("the hostile name is there, as text", "</td><script>alert(1)</script>" in text)
    tell.same("the page has these elements and no other", seen.elements - {
        "html", "head", "meta", "title", "body", "h1", "h2", "p", "ul", "li", "table", "tr", "th", "td"}, set())
    tell.same("no link, image or script: attributes are", seen.attributes, {"lang", "charset", "style", "colspan"})
    tell.ok("nothing is fetched from anywhere", not re.search(r"https?:|url\(|@import", page))


# ------------------------------------------------------------------ the proofs

def sent_once(summary, server):
    _, printed = summary.run("--day", DAY)
    status, said = summary.run("--mail", "--day", DAY)
    tell.same("a summary is sent", (status, said), (0, f"summary of {DAY}: sent to {','.join(TO)}\n"))
    server.wait_for_mails(1)
    raw, = server.mails()
    message = check_mail(raw, printed)
    tell.same("each recipient has it", len(server.mails(TO[0])), 1)
    status, said = summary.run("--mail-to", "postmaster@COMPANY.my,it@company.my", "--day", DAY)
    tell.ok("the second run says that it was sent", status == 0 and "was sent" in said, said)
    status, said = summary.run("--mail", "--day", DAY, "--again")
    tell.same("with --again it goes out once more", status, 0)
    server.wait_for_mails(2)
    again = email.message_from_bytes(server.mails()[1], policy=email.policy.default)
    tell.ok("that is another mail, with a Message-ID of its own", again["message-id"] != message["message-id"])
    tell.same("and no other mail came", len(server.mails()), 2)


def of_sender(raw):
    """The mail as it was handed over: without what the transport put in front."""
    return raw[raw.index(b"\nDate: ") + 1:]


def killed_after(summary, server):
    day, before = "2026-03-09", len(server.mails())
    summary.becomes(after="kill -KILL $PPID")
    status, _ = summary.run("--mail", "--day", day)
    tell.same("killed between hand-over and commit", status, -signal.SIGKILL)
    server.wait_for_mails(before + 1)
    summary.becomes()
    status, said = summary.run("--mail", "--day", day)
    tell.same("the next run sends it again", (status, said), (0, f"summary of {day}: sent to {','.join(TO)}\n"))
    status, said = summary.run("--mail", "--day", day)
    tell.ok("the run after that does not", status == 0 and "was sent" in said, said)
    server.wait_for_mails(before + 2)
    first, second = server.mails()[before:]
    tell.same("at most one repeat, with the same bytes", of_sender(first), of_sender(second))


def killed_before(summary, server):
    day, before = "2026-03-08", len(server.mails())
    summary.becomes(before="kill -KILL $PPID; exit 1")
    status, _ = summary.run("--mail", "--day", day)
    tell.same("killed before the hand-over", status, -signal.SIGKILL)
    summary.becomes()
    tell.same("the next run sends it", summary.run("--mail", "--day", day)[0], 0)
    server.wait_for_mails(before + 1)
    tell.same("once", len(server.mails()), before + 1)


def refused_by_sendmail(summary, server):
    """Two days of trouble; the third run sends both, and its own."""
    before = len(server.mails())
    summary.becomes(before="echo 'the spool is full' >&2; exit 75")
    for day in ("2026-03-05", "2026-03-06"):
        status, said = summary.run("--mail", "--day", day)
        tell.ok(f"what sendmail refuses is not sent: {day}", status == 75 and "not sent" in said
                and "status 75: the spool is full" in said, f"{status}: {said}")
    summary.becomes()
    status, said = summary.run("--mail", "--day", "2026-03-07")
    tell.same("the next run sends the days before too", (status, re.findall(r"^summary of (\S+): sent to", said, re.M)),
              (0, ["2026-03-05", "2026-03-06", "2026-03-07"]))
    server.wait_for_mails(before + 3)
    subjects = sorted(str(email.message_from_bytes(m, policy=email.policy.default)["subject"])
                      for m in server.mails()[before:])
    tell.same("each day's is there once", [re.search(r"2026-03-\d\d", s).group() for s in subjects],
              ["2026-03-05", "2026-03-06", "2026-03-07"])


def killed_anywhere(summary, folder):
    """Day after day, runs that are killed at some moment, then one that is left in peace."""
    taken, days = f"{folder}/taken", [f"2026-02-{day:02d}" for day in range(1, 16)]
    os.makedirs(taken)
    write(summary.sendmail, f"#!/bin/sh\ncat >{taken}/$$.part && mv {taken}/$$.part {taken}/$$\n")
    began = time.monotonic()
    summary.run("--mail", "--day", "2026-01-31")
    whole = time.monotonic() - began
    dice, killed, statuses = random.Random(11), 0, set()
    for day in days:
        for _ in range(4):
            process = summary.start("--mail", "--day", day)
            time.sleep(dice.uniform(0, whole))
            process.kill()
            killed += process.wait() == -signal.SIGKILL
            process.stdout.close()
        statuses.add(summary.run("--mail", "--day", day)[0])
    tell.ok("many runs were killed", killed >= len(days), killed)
    tell.same("the run that is left in peace ends well", statuses, {0})
    mails = read_all(taken)
    tell.ok("what was handed over is whole", all(mail.endswith(b"--\n") for mail in mails))
    tell.same("killed at any moment: each day has one mail, always with the same bytes",
              (len(set(mails)), len({email.message_from_bytes(m)["message-id"] for m in mails})),
              (len(days) + 1, len(days) + 1))
    tell.ok("then nothing more is sent", all("was sent" in summary.run("--mail", "--day", day)[1] for day in days))


def read_all(folder):
    found = []
    for name in os.listdir(folder):
        if not name.endswith(".part"):   # a sendmail whose parent is dead may still be at it
            with open(f"{folder}/{name}", "rb") as f:
                found.append(f.read())
    return found


def two_at_once(summary, folder):
    day, taken = "2026-03-03", f"{folder}/twice"
    os.makedirs(taken)
    write(summary.sendmail, f"#!/bin/sh\ncat >{taken}/$$\nsleep 0.3\n")
    both = [summary.start("--mail", "--day", day) for _ in range(2)]
    said = "".join(process.communicate()[0] for process in both)
    tell.ok("two runs at once send one mail", len(os.listdir(taken)) == 1 and "was sent" in said, said)


def main(program, database, folder):
    os.makedirs(folder)
    server = MailServer(f"{folder}/postfix")
    summary = Summary(program, database, folder, server.etc)
    server.command("postfix", "start")
    try:
        sent_once(summary, server)
        killed_after(summary, server)
        killed_before(summary, server)
        refused_by_sendmail(summary, server)
    finally:
        server.stop()
    killed_anywhere(summary, folder)
    two_at_once(summary, folder)
    print(f"{tell.passed} passed, {tell.failed} failed")


main(*sys.argv[1:])
