"""Sends one case of the table as the client it names, by XCLIENT, and tells what the server answered."""
import re
import smtplib
import subprocess
from dataclasses import dataclass, field

from traffic import CLIENTS, PASSWORDS, REPLIES

SENDING_HOST = "sender.test"


@dataclass
class Answer:
    """What was said of one recipient: a (code, text) and a word for each try."""
    replies: list = field(default_factory=list)
    words: list = field(default_factory=list)

    def add(self, code, text):
        self.replies.append((code, text))
        self.words.append("ok" if code == 250 else word_of(code, text))


def word_of(code, text):
    for word, (its_code, its_text) in REPLIES.items():
        if code == its_code and its_text in text:
            return "rule" if word == "block" else word   # no client can tell them apart
    return f"{code} {text}"


@dataclass
class Sent:
    """What became of a case: an Answer by recipient, the queue ids it got, the sessions it took."""
    answers: dict
    queued: list = field(default_factory=list)
    sessions: int = 0


def xclient(client):
    name, ip = CLIENTS[client]
    return f"NAME={name or '[UNAVAILABLE]'} ADDR={'IPV6:' if ':' in ip else ''}{ip}"


def message_id(case, stage):
    return f"<{stage}.{case.name}@e2e.example>"


def send(server, case, stage):
    """A second try follows where the table has one."""
    sent = Sent({to: Answer() for to in case.recipients(stage)})
    for _ in range(max(len(words) for _, words in case.expected(stage))):
        (by_swaks if case.swaks else by_smtp)(server, case, stage, sent)
        sent.sessions += 1
    return sent


def queue_id(reply):
    return re.search(r"queued as (\w+)", reply).group(1)


def by_smtp(server, case, stage, sent):
    smtp = smtplib.SMTP("127.0.0.1", server.submission if case.submission else server.smtp, SENDING_HOST, timeout=15)
    try:
        smtp.ehlo()
        code, text = smtp.docmd("XCLIENT", xclient(case.client))
        if code != 220:
            raise RuntimeError(f"XCLIENT: {code} {text}")
        smtp.ehlo()
        if case.login:
            smtp.login(case.login, PASSWORDS[case.login])
        transaction(smtp, case, stage, sent)
    finally:
        smtp.quit()


def transaction(smtp, case, stage, sent):
    code, text = smtp.docmd("MAIL", f"FROM:<{case.sender}>")
    if code != 250:
        raise RuntimeError(f"{case.name}: MAIL: {code} {text}")
    bound = []
    for to, answer in sent.answers.items():
        code, text = smtp.docmd("RCPT", f"TO:<{to}>")
        if code == 250:
            bound.append(answer)
        else:
            answer.add(code, text.decode())
    if not bound:
        return
    code, text = smtp.data(f"Message-ID: {message_id(case, stage)}\r\nFrom: <{case.sender or 'x@other.example'}>\r\n"
                           f"Subject: {case.name}\r\n\r\n{case.name} in {stage}\r\n")
    for answer in bound:
        answer.add(code, text.decode())
    if code == 250:
        sent.queued.append(queue_id(text.decode()))


def by_swaks(server, case, stage, sent):
    """One recipient. Its answer is read from swaks' transcript: the last reply to RCPT or to the data."""
    (to, answer), = sent.answers.items()
    port = server.submission if case.submission else server.smtp
    login = []
    if case.login:
        login = ["--auth", "PLAIN", "--auth-user", case.login, "--auth-password", PASSWORDS[case.login]]
    done = subprocess.run(
        ["swaks", "--server", "127.0.0.1", "--port", str(port), "--helo", SENDING_HOST, "--timeout", "15",
         "--xclient", xclient(case.client), *login, "--from", case.sender, "--to", to,
         "--header", f"Message-Id: {message_id(case, stage)}"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL)
    part = re.split(r"^ -> (?:RCPT TO|\.$)", done.stdout, flags=re.M)[-1]
    reply = re.search(r"^<(?:-|\*\*) +(\d{3}) (.*)$", part, flags=re.M)
    if not reply:
        raise RuntimeError(f"swaks: status {done.returncode}: {done.stdout}{done.stderr}")
    code, text = int(reply.group(1)), reply.group(2)
    answer.add(code, text)
    if code == 250:
        sent.queued.append(queue_id(text))
