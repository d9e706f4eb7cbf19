#!/usr/bin/env python3
"""The proof: a real Postfix with the plan applied does to the same traffic what was predicted.

    proof.py WOULDBLOCK FOLDER

While the map warns, the traffic of the table is sent and its log read; verdicts are given, the plan is made and
applied, and the same traffic is sent again: still warning, deferring, refusing. At each stage four witnesses must say
what the table says of each recipient: the server's replies, the mailboxes, the log as grep reads it, and wouldblock.
Then the admin's mistakes: a row forgotten on the day, and the article's own, REJECT appended below WARN.
"""
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import client
import layout
import traffic
from program import Program
from server import MAP, Server, write
from standins import Standins
from traffic import CASES, CLIENTS, STAGES, VERDICTS, Case


# ------------------------------------------------------------------ telling

class Telling:
    passed = failed = 0

    def ok(self, sentence, problems=()):
        """True if there are no problems."""
        problems = list(problems)
        if problems:
            self.failed += 1
        else:
            self.passed += 1
        print(f"{'not ok' if problems else 'ok'} - {sentence}", flush=True)
        for problem in problems[:20]:
            print(f"#   {problem}")

    def same(self, sentence, found, expected):
        self.ok(sentence, [] if found == expected else [f"is {found!r}, should be {expected!r}"])


tell = Telling()


# ------------------------------------------------------------------ witnesses

class Witnesses:
    """All that is known of one stage, by recipient."""

    def __init__(self, server, log_text, program):
        self.boxes = server.delivered()
        self.warned = re.findall(r": warn: RCPT from .*? to=<([^ ]*)> proto=", log_text)
        attempts = program.list("attempts")
        self.attempts = [a for a in attempts if a["rule"] == "own-domain"]
        self.fates = {r["recipient"]: r["fate"] for m in program.list("mails") for r in m["recipients"]}

    def attempts_of(self, to, action):
        return [a for a in self.attempts if a["recipient"] == to and a["action"] == action]


def problems_of(case, stage, sent, seen):
    """Where a witness differs from the table."""
    for (to, answer), (warned, words) in zip(sent.answers.items(), case.expected(stage)):
        words = ["rule" if w == "block" else w for w in words]
        warnings = len(words) if warned else 0
        delivered = 1 if words[-1] == "ok" and to.endswith("@company.my") else 0
        ours = [w for w in words if w in ("rule", "later")]
        fate = traffic.FATES[" ".join(words)] if warned else None
        refusals = seen.attempts_of(to, "reject")
        yield from differs(f"replies for {to}", answer.words, words)
        yield from differs(f"copies in the mailbox of {to}",
                           seen.boxes.count((client.message_id(case, stage), to)), delivered)
        yield from differs(f"warnings in the log for {to}", seen.warned.count(to), warnings)
        yield from differs(f"warnings that wouldblock has for {to}", len(seen.attempts_of(to, "warn")), warnings)
        yield from differs(f"refusals by the rule that wouldblock has for {to}", len(refusals), len(ours))
        yield from differs(f"the fate of {to}", seen.fates.get(to), fate)
        for a in refusals + seen.attempts_of(to, "warn"):
            name, ip = CLIENTS[case.client]
            yield from differs(f"the client for {to}", (a["client_name"], a["client_ip"]), (name or "unknown", ip))
            yield from differs(f"the sender for {to}", a["sender"], case.sender)
            if a["action"] == "reject":
                yield from differs(f"the code for {to}", a["code"], traffic.REPLIES[ours[0]][0])
            else:
                yield from differs(f"would_be_lost for {to}", a["would_be_lost"], fate == "delivered")


def differs(what, found, expected):
    if found != expected:
        yield f"{what}: {found!r}, should be {expected!r}"


# ------------------------------------------------------------------ one stage

def send(server, stage, cases):
    """Sends the cases and waits for the end of all that they started: by case name, what was answered."""
    sent = {case.name: client.send(server, case, stage) for case in cases}
    server.settle([q for s in sent.values() for q in s.queued], sum(s.sessions for s in sent.values()))
    return sent


def judge(stage, cases, sent, server, log_text, program):
    """Of each case of the stage, what all witnesses say."""
    seen = Witnesses(server, log_text, program)
    for case in cases:
        name, ip = CLIENTS[case.client]
        tell.ok(f"{stage}: {case.name}: <{case.sender}> from {name or 'unknown'}[{ip}] is {case.reject}"
                if stage == "reject" else f"{stage}: {case.name}", problems_of(case, stage, sent[case.name], seen))
    everybody = {to for s in sent.values() for to in s.answers}
    tell.same(f"{stage}: wouldblock has no attempt of anybody else",
              {a["recipient"] for a in seen.attempts if f"+{stage}-" in a["recipient"]} - everybody, set())
    accepted = [to for s in sent.values() for to, a in s.answers.items() if a.words[-1] == "ok"]
    tell.same(f"{stage}: nothing is in a mailbox that was not accepted",
              sorted(to for message_id, to in seen.boxes if message_id.startswith(f"<{stage}.")),
              sorted(to for to in accepted if to.endswith("@company.my")))


def ingest(program, *args):
    said = program.run("ingest", *args)
    what = os.path.basename(args[-1])
    tell.ok(f"every line of {what} is understood", [] if re.search(r"\b0 not understood", said) else [said])
    tell.ok(f"Postfix's own counters agree with those of {what}", [] if re.search(r", 0 differ", said) else [said])


def of_stage(stage):
    return [case for case in CASES if stage in case.stages]


# ------------------------------------------------------------------ the plan

def make_plan(program, folder, stage):
    """The files of the stage, into a new folder; the scripts must at least be scripts."""
    os.makedirs(folder)
    program.run("plan", "--dir", folder, "--stage", stage)
    for name in ("postfix.sh", "ucs.sh", "swaks.sh", "rollback.sh"):
        done = subprocess.run(["sh", "-n", f"{folder}/{name}"], capture_output=True, text=True)
        tell.same(f"{stage}: {name} is there, and a shell script", done.stderr, "")


def apply_plan(server, folder):
    """What the plan's postfix.sh does for an admin, here for this server's folder."""
    for name in sorted(os.listdir(folder)):
        if name == MAP or name.endswith((".cidr", ".pcre")):
            shutil.copy(f"{folder}/{name}", server.etc)
    tell.same("postmap finds nothing to say of the plan's map", server.postmap(), "")
    server.set(settings_of(f"{folder}/main.cf.add"))
    server.reload()


def settings_of(path):
    """main.cf form: NAME = VALUE, # comments, continued lines begin with a blank."""
    with open(path) as f:
        text = re.sub(r"\n[ \t]+", " ", re.sub(r"^#.*\n", "", f.read(), flags=re.M))
    return dict(map(str.strip, line.split("=", 1)) for line in text.splitlines() if line.strip())


def explained(program, case, when):
    """What `explain` says that the rule does, `now` or `after` the switch: `rule`, `later` or `warn`, or `ok` if it
    lets the mail through."""
    name, ip = CLIENTS[case.client]
    said = json.loads(program.run("explain", "--client", ip, "--client-name", name or "unknown", "--sender",
                                  case.sender or "<>", "--format", "json"))
    return {"reject": "rule", "defer": "later", "warn": "warn"}.get(said[when]["kind"], "ok")


def what_the_rule_does(case, stage):
    """The same, by the table."""
    words = {"rule" if w == "block" else w for _, tries in case.expected(stage) for w in tries}
    if words & {"rule", "later"}:
        return next(iter(words & {"rule", "later"}))
    return "warn" if any(warned for warned, _ in case.expected(stage)) else "ok"


def asks_the_rule(case):
    """Those who have logged in, or want to relay, never come to it; explain is not asked of them."""
    return not case.submission and "elsewhere" not in case.to


def predict(program, stage, when):
    """explain's words for the stage: before it the ones for `after`, in it those for `now`."""
    wrong = []
    for case in filter(asks_the_rule, of_stage(stage)):
        wrong += differs(case.name, explained(program, case, when), what_the_rule_does(case, stage))
    tell.ok(f"{stage}: explain ({when}) says what Postfix does", wrong)


# ------------------------------------------------------------------ the story

def a_year_ago():
    """The stamps of Postfix's own log have no year, so the warnings of this minute can be last year's: a rule that
    warned and refused within ten minutes would be in no phase at all."""
    now = time.gmtime()
    return str(now.tm_year - (4 if (now.tm_mon, now.tm_mday) == (2, 29) else 1))


def the_rollout(path, folder, standins):
    server = Server(f"{folder}/postfix", standins)
    server.people(traffic.MAILBOXES, traffic.LOGINS, traffic.PROTECTED)
    write(f"{server.etc}/{MAP}", layout.article_map(f"WARN {traffic.WARN_TEXT}"))
    server.postmap()
    program = Program(path, f"{folder}/program", f"{server.etc}/{MAP}")
    try:
        server.start()
        article_stage(server, program)
        verdicts(program)
        predict(program, "article", "now")
        server.set({"mynetworks": f"127.0.0.0/8 [::1]/128 {traffic.MOVED_TO_MYNETWORKS}"})
        predict(program, "reject", "after")
        for stage in STAGES[1:3]:
            plan_stage(server, program, Program(path, f"{folder}/program-{stage}", f"{server.etc}/{MAP}"), stage)
        plan_stage(server, program, program, "reject")
        regressions(program, "nothing is refused that was not predicted", [])
        forgotten_row(server, program)
    finally:
        server.stop()


def article_stage(server, program):
    cases = of_stage("article")
    sent = send(server, "article", cases)
    log = server.rotate()
    ingest(program, "--year", a_year_ago(), log)
    with gzip.open(log, "rt", errors="surrogateescape") as f:
        judge("article", cases, sent, server, f.read(), program)


def verdicts(program):
    for subject, verdict in VERDICTS:
        program.run("mark", subject, verdict, "--note", "by the proof")
    tell.same("the verdicts are all there", len(program.list("verdicts")), len(VERDICTS))
    found = {r["recipient"]: m["verdict"] for m in program.list("mails") for r in m["recipients"]}
    for case in of_stage("article"):
        for to, (warned, _) in zip(case.recipients("article"), case.expected("article")):
            if warned:
                tell.same(f"{case.name}: the verdict that decides {to}", found[to], verdict_of(case))


def verdict_of(case):
    """Which verdict decides its mails, told from what Postfix is to do with them."""
    if ("move", CLIENTS[case.client][1]) in ((verdict, subject) for subject, verdict in VERDICTS):
        return "move"
    words = case.reject.replace("/", " ").split()
    return "block" if "block" in words else None if "rule" in words else "exempt"


def plan_stage(server, planner, reader, stage):
    """One stage of the plan of `planner`; `reader` reads its log."""
    folder = f"{server.top}/plan-{stage}"
    make_plan(planner, folder, stage)
    apply_plan(server, folder)
    predict(planner, stage, "now")
    server.standins.forget()
    cases = of_stage(stage)
    sent = send(server, stage, cases)
    log, log_text = server.log, server.log_text()
    if stage != "reject":
        log = server.rotate()
        with gzip.open(log, "rt", errors="surrogateescape") as f:
            log_text = f.read()
    ingest(reader, log)
    judge(stage, cases, sent, server, log_text, reader)


def regressions(program, sentence, sources):
    tell.same(f"report: {sentence}", sorted(r["source"] for r in program.report()["regressions"]), sorted(sources))


# ------------------------------------------------------------------ mistakes

def forgotten_row(server, program):
    """The admin loses the newsletter's row: what was promised to pass is refused. And a stranger is."""
    table = f"{server.etc}/{layout.CLASS}_names.pcre"
    with open(table) as f:
        rows = f.readlines()
    kept = [row for row in rows if r"news\.example" not in row]
    tell.same("the row of news.example can be forgotten", len(kept), len(rows) - 1)
    write(table, "".join(kept))
    server.reload()
    steps = ((Case("forgotten", "news1", "letters@company.my", "anna", "", "rule"), ["news.example"]),
             (Case("stranger", "stranger", "clerk@company.my", "anna", "", "rule"),
              ["news.example", "233.252.0.0/24"]))
    for case, sources in steps:
        sent = send(server, "reject", [case])
        ingest(program, server.log)
        seen = Witnesses(server, server.log_text(), program)
        tell.ok(f"{case.name}: is refused, and wouldblock has it", problems_of(case, "reject", sent[case.name], seen))
        regressions(program, f"{case.name}: is a regression", sources)


def appended_map(path, folder, standins):
    """The article's second block appends its REJECT rows: the first row wins, and Postfix goes on warning."""
    server = Server(f"{folder}/appended", standins, foreground=True)
    server.people(traffic.MAILBOXES, traffic.LOGINS, traffic.PROTECTED)
    write(f"{server.etc}/{MAP}", layout.article_map(f"WARN {traffic.WARN_TEXT}") + layout.article_map(layout.REFUSE))
    said = server.postmap()
    tell.same("REJECT rows below WARN rows: postmap warns of each", said.count("duplicate entry"), 2)
    program = Program(path, f"{folder}/program-appended", f"{server.etc}/{MAP}")
    cases = [case for case in of_stage("article") if case.name in ("letter", "spoof", "v6", "subdomain")]
    try:
        server.start()
        sent = send(server, "article", cases)
    finally:
        server.stop()
    ingest(program, server.log)
    judge("article", cases, sent, server, server.log_text(), program)
    for case in cases:
        tell.same(f"explain: {case.name} is still warned", explained(program, case, "now"), "warn")
    tell.ok("report says it, too", [] if "You are still warning" in str(program.report()["notes"]) else ["no note"])


def main():
    path, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))   # so that `finally` stops Postfix
    standins = Standins(traffic.PICKY, traffic.LISTED, traffic.PASSWORDS)
    try:
        the_rollout(path, folder, standins)
        standins.forget()
        appended_map(path, folder, standins)
    except (RuntimeError, TimeoutError, OSError) as e:
        tell.ok("the proof comes to its end", [*str(e).splitlines()])
    print(f"{tell.passed} passed, {tell.failed} failed, 0 skipped")
    sys.exit(1 if tell.failed else 0)


main()
