#!/usr/bin/env python3
"""Judge what wouldblock says of a log by what is known to have happened.

    judge.py BINARY LOG TRUTH

LOG is ingested twice into a fresh database; `list attempts` and `list mails` are then held against
TRUTH (README.md in this folder says what its columns mean) and against each other. The years of BSD
stamps hang on LOG's own time, which the caller has set.

The truth is turned into a list of attempts that must be listed, each with the values that its fields
may have, and every listed attempt must be one of them. What the log cannot tell is whether a mail that
came after a refusal for now is its return or a new one; so there are two readings, the scenario's own
and the contract's rule for joining, and where they differ, either is right.

Every comparison is one check; the last line is `N passed, M failed`, the status 1 if any failed.
"""
import collections
import datetime
import ipaddress
import json
import os
import re
import subprocess
import sys
import tempfile

SHOWN = 15                                   # failures printed of one kind
WARNING = "*** Invalid Inbound Sender ***"
REFUSAL = "Delivery not authorized, message refused"
FATES = ("delivered", "queued", "held", "unknown", "bounced", "spam", "refused", "tempfailed", "aborted", "discarded")
LOST = FATES[:4]
FATE_OF_OUTCOME = {
    "delivered": "delivered", "deferred": "queued", "held": "held", "bounced": "bounced",
    "spam-blocked": "spam", "rejected-by-rule": "refused", "rejected-by-other-rule": "refused",
    "temp-rejected-by-other-rule": "tempfailed", "greylisted-never-retried": "tempfailed",
    "aborted-by-client": "aborted", "discarded": "discarded"}
RETURN_WITHIN, RETURN_AT_ALL = 36 * 3600, 5 * 86400
WARNING_ACTIONS = ("warn", "reject_warning", "warning")

ATTEMPT_FIELDS = ("time host service pid action stage client_name client_ip code dsn text sender recipient helo proto "
                  "sasl_username queue_id rule message_id source fate would_be_lost may_return").split()
MAIL_FIELDS = ("first_time last_time host sender recipients source rule client_ips transactions attempts message_id "
               "queue_id fate would_be_lost spf dkim dmarc spam_verdict verdict").split()


class Ledger:
    """Counts checks; tells the first few failures of each kind."""

    def __init__(self):
        self.passed, self.failed = 0, collections.Counter()

    def check(self, good, kind, text=""):
        if good:
            self.passed += 1
            return True
        self.failed[kind] += 1
        if self.failed[kind] <= SHOWN:
            print("  %s: %s" % (kind, text if len(text) < 260 else text[:256] + " ..."))
        return False

    def close(self):
        for kind, n in sorted(self.failed.items()):
            if n > SHOWN:
                print("  %s: %d in all" % (kind, n))
        print("%d passed, %d failed" % (self.passed, sum(self.failed.values())))
        return 1 if self.failed or not self.passed else 0


def seconds(text):
    """RFC 3339, any number of fraction digits -> seconds since 1970."""
    whole, fraction, zone = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", text).groups()
    moment = datetime.datetime.fromisoformat(whole + zone.replace("Z", "+00:00"))
    return moment.timestamp() + float(fraction or 0)


def address(text):
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def fold(text):
    return (text or "").casefold()


# ------------------------------------------------------------------ the truth

class Recipient:
    """One RCPT as it was sent, spelt as Postfix logs it."""

    def __init__(self, cell):
        self.cell, self.id, self.phase = cell, cell["id"], cell["phase"]
        self.scenario = cell["pair"].rpartition(".")[0]
        self.sender, self.rcpt = spelt(cell["mail_from"]), spelt(cell["rcpt"])
        self.helo = "".join("?" if c in ' <>()\\";@' else c for c in cell["helo"])
        self.ip = ipaddress.ip_address(cell["client_ip"])
        self.name = cell["client_name"]
        self.begin, self.said = seconds(cell["t_mail"]), seconds(cell["t_rcpt"])
        self.end = max(self.said, seconds(cell["t_end"] or cell["t_rcpt"]))
        self.other = [] if cell["other_hit"] == "-" else cell["other_hit"].split(",")
        self.reply, self.verdict = cell["reply_rcpt"], cell["reply_data"]
        self.queue_id = None if cell["queue_id"] == "-" else cell["queue_id"]
        self.fate = FATE_OF_OUTCOME[cell["outcome"].replace("greylisted-then-", "")]
        self.fates = {self.fate}             # what the readings say, filled by read_twice
        self.message = None                  # list of the transaction's recipients

    @property
    def ours(self):
        """Warned by the rule under test, not by the map's other texts."""
        return self.cell["rule_hit"] == "WARN" and self.scenario not in ("act-loc", "act-notext")

    @property
    def tried(self):
        """Postfix came to judge this recipient."""
        return self.reply[:3] not in ("", "503")

    @property
    def accepted(self):
        return self.reply.startswith("2")

    @property
    def by_itself(self):
        """What became of this try, whatever came later."""
        if "4" in (self.reply[:1], self.verdict[:1]):
            return "tempfailed"
        return "refused" if self.reply[:1] == "5" else self.fate

    def place(self):
        return "%s %s %s try %s" % (self.id, self.phase, self.scenario, self.cell["attempt"])


def spelt(text):
    if not text.startswith('"'):
        text = re.sub(r"^@[^:]*:", "", text)
        text = re.sub(r"\([^()]*\)", "", text)
    return re.sub(r"[\0-\x1f\x7f]", "?", text.replace("\t", " "))


def unescape(cell):
    return re.sub(r"\\(?:\\|x([0-9a-f]{2}))", lambda m: chr(int(m[1], 16)) if m[1] else "\\", cell)


def read_truth(path, postlog):
    with open(path, encoding="utf-8") as f:
        names, *lines = [ln.rstrip("\n").split("\t") for ln in f]
    all_ = [Recipient(dict(zip(names, map(unescape, ln)))) for ln in lines]
    rcpts = [r for r in all_ if (r.phase == "POSTLOG") == postlog]
    messages = collections.defaultdict(list)
    for r in rcpts:
        r.message = messages[r.id.rpartition(".")[0]]
        r.message.append(r)
    return rcpts, list(messages.values())


# ------------------------------------------------------------------ two readings

def neighbours(a, b):
    """Same network, or same organisational domain of a verified name."""
    if a.ip.version == b.ip.version:
        if b.ip in ipaddress.ip_network("%s/%d" % (a.ip, 24 if a.ip.version == 4 else 64), strict=False):
            return True
    return "unknown" not in (a.name, b.name) and organisation(a.name) == organisation(b.name)


def organisation(name):
    return ".".join(name.lower().rstrip(".").split(".")[-2:])


def joined_by_contract(rcpts):
    """design.md 3, `mail`: {recipient: fate}, {recipient: mail} as a reader of the log may join them."""
    open_, chains, mail = collections.defaultdict(list), {}, {}
    for r in sorted(rcpts, key=lambda r: r.said):
        group = mail.get(r.message[0].id) or {"members": []}
        if r is r.message[0] or r.message[0].id not in mail:
            mail.update((x.id, group) for x in r.message)
            group["members"].extend(r.message)
        if not r.tried:
            continue
        who = (fold(r.sender), fold(r.rcpt))
        fit = [c for c in open_[who] if may_continue(c, r)]
        chain = next((c for c in fit if c[-1].ip == r.ip), fit[0] if fit else None)
        if chain:
            open_[who].remove(chain)
            merge(mail, mail[chain[-1].id], group)
        else:
            chain = []
        chain.append(r)
        chains.update((x.id, chain) for x in chain)
        if r.by_itself == "tempfailed":
            open_[who].append(chain)
    fates = {i: c[-1].by_itself for i, c in chains.items()}
    return {r: fates.get(r.id, r.fate) for r in rcpts}, {r: id(mail[r.id]) for r in rcpts}


def may_continue(chain, r):
    last = chain[-1]
    return (last.message is not r.message and last.end <= r.begin + 0.001 and r.said - last.said <= RETURN_WITHIN
            and r.said - chain[0].said <= RETURN_AT_ALL and last.cell["service"] == r.cell["service"]
            and r.cell["sasl_user"] == last.cell["sasl_user"] == "-" and (last.ip == r.ip or neighbours(last, r)))


def merge(mail, into, group):
    if into is group:
        return
    into["members"].extend(group["members"])
    mail.update((x.id, into) for x in group["members"])


def joined_by_scenario(rcpts):
    return {r: r.fate for r in rcpts}, {r: (r.phase, r.scenario) for r in rcpts}


def count_mails(rcpts, fates, mail, first_of):
    """(phase, sender) -> [mails that the rule warned, those of them that would be lost]"""
    first, warned, lost = {}, set(), set()
    for r in rcpts:
        if r.ours or first_of == "any":
            first.setdefault(mail[r], (r.phase, fold(r.sender)))
        if r.ours:
            warned.add(mail[r])
            if fates[r] in LOST:
                lost.add(mail[r])
    return [collections.Counter(first[m] for m in which) for which in (warned, lost)]


def read_twice(rcpts):
    """Fills .fates; -> for warned and lost mails: {(phase, sender): (least, most)}."""
    counts = []
    for fates, mail in (joined_by_scenario(rcpts), joined_by_contract(rcpts)):
        for r in rcpts:
            r.fates.add(fates[r])
        counts += [count_mails(rcpts, fates, mail, first) for first in ("any", "warned")]
    bounds = []
    for which in (0, 1):
        keys = set().union(*(c[which] for c in counts))
        bounds.append({k: (min(c[which][k] for c in counts), max(c[which][k] for c in counts)) for k in keys})
    return bounds


# ------------------------------------------------------------------ what must be listed

ANY = object()
SOME = object()                              # anything but null


class Expected:
    """An attempt that must be listed: field -> the values that are right (or ANY, SOME)."""

    def __init__(self, kind, r, action, stage, service="smtpd", rcpts=None, **fields):
        self.kind, self.r, self.action, self.stage = kind, r, action, stage
        self.found = None
        rcpts = rcpts or [r]
        one = r if stage == "RCPT" or stage != "MAIL" and len(r.message) == 1 else None
        screen = service == "postscreen"
        cut = action == "reject" and 2 * len(r.cell["mail_from"].encode()) > 1800
        self.fields = {
            "action": [action], "stage": [stage], "host": ["gw01"],
            "service": [service_name(r, service)],
            "client_name": [None if screen else r.name],
            "sender": ANY if cut else [r.sender],
            "recipient": ANY if cut else [one.rcpt if one else None],
            "helo": ANY if cut else [r.helo],
            "proto": ANY if cut else ["SMTP", "ESMTP"],
            "queue_id": queue_ids(r.message),
            "source": sources(r),
            "fate": sorted(set().union(*([best(c)] for c in combinations([x.fates for x in rcpts])))),
            "code": [None], "dsn": [None]}
        if r.cell["sasl_user"] == "-":
            self.fields["sasl_username"] = [None]
        if action not in WARNING_ACTIONS:
            self.fields["fate"] = [None]
        self.fields.update(fields)

    def wrong(self, a):
        return [f for f, good in self.fields.items() if not allowed(a[f], good)]


def combinations(sets):
    out = [()]
    for s in sets:
        out = [c + (f,) for c in out for f in s]
    return out


def best(fates):
    return min(fates, key=FATES.index)


def allowed(value, good):
    return good is ANY or (value is not None if good is SOME else value in good)


def service_name(r, daemon):
    if r.cell["service"] == "smtp":
        return ("postfix-in/" if r.phase == "PORTLOG" else "postfix/") + daemon
    return "postfix/%s/%s" % (r.cell["service"], daemon)


def queue_ids(message):
    ids = {r.queue_id for r in message if r.queue_id}
    if ids:
        return sorted(ids)
    return SOME if any(r.accepted for r in message) else [None]


def sources(r):
    if r.ip.is_private and str(r.ip).startswith(("10.", "172.", "192.168.")):
        return [str(r.ip)]
    net = str(ipaddress.ip_network("%s/%d" % (r.ip, 24 if r.ip.version == 4 else 64), strict=False))
    if r.name == "unknown":
        return [net]
    # digits in a name may be the address's: then thousands may share the domain, and the name is no one's
    return [organisation(r.name), net, str(r.ip)] if re.search(r"\d", r.name) else [organisation(r.name)]


def status(reply):
    m = re.match(r"([45]\d\d) ([45]\.\d{1,3}\.\d{1,3}) ", reply)
    return {"code": [int(m[1])], "dsn": [m[2]]} if m else {}


def message_ids(r):
    return [r.cell["msgid"].strip("<>")] if r.queue_id and r.verdict.startswith("2") and r.fate != "discarded" else ANY


RULED = {"rule": SOME}
UNRULED = {"rule": [None]}
REFUSED_LATE = {"NODELAY-REJECT": "MAIL", "LATE-DATA": "DATA"}
CHECKS_OF_CLEANUP = {"hdr": "header", "body": "body"}


def expect(message):
    """The attempts that a transaction leaves in the log."""
    r = message[0]
    if r.phase in ("NODELAY-WARN", "NODELAY-REJECT", "LATE-DATA"):
        yield from expect_undelayed(message)
        return
    for r in message:
        if r.cell["rule_hit"] == "WARN":
            yield Expected("warn", r, "warn", "RCPT", message_id=message_ids(r),
                           **({"rule": SOME, "text": [WARNING]} if r.ours else UNRULED))
        refused = r.reply[:1] in ("4", "5") and not r.reply.startswith("503")
        if r.cell["rule_hit"] == "REJECT":
            yield Expected("reject of the rule", r, "reject", "RCPT", **RULED, **status(r.reply))
        elif refused:
            screen = r.phase == "PSC-enforce" and "reject" in r.other
            yield Expected("refusal", r, "reject", "RCPT", "postscreen" if screen else "smtpd", **UNRULED, **status(r.reply))
        yield from expect_others(r)


def expect_others(r):
    kind, _, _ = r.scenario.partition("-")
    for word in r.other:
        if kind in CHECKS_OF_CLEANUP:
            yield Expected("cleanup's " + word, r, word, CHECKS_OF_CLEANUP[kind], "cleanup", code=ANY, dsn=ANY,
                           proto=ANY, queue_id=ANY)
        elif word == "milter-reject":
            if r is r.message[-1]:           # one line for the message, which names its last recipient
                yield Expected("milter", r, word, "END-OF-MESSAGE", "cleanup", recipient=[r.rcpt], code=ANY, dsn=["5.7.1"])
        elif word == "warn":
            yield Expected("another warning", r, "warn", "RCPT", **UNRULED)
        elif word == "reject_warning":
            yield Expected("reject_warning", r, word, "RCPT", code=SOME, dsn=SOME)
        elif word != "reject":
            yield Expected("action " + word, r, word, "RCPT")


def expect_undelayed(message):
    """smtpd_delay_reject = no, or a rule at DATA: one line stands for all recipients."""
    r = message[0]
    if r.cell["rule_hit"] == "WARN":
        for stage in ("MAIL", "DATA", "END-OF-MESSAGE") if r.queue_id else ("MAIL",):
            yield Expected("warn", r, "warn", stage, rcpts=message, text=[WARNING],
                           message_id=message_ids(r), **RULED)
    elif r.cell["rule_hit"] == "REJECT":
        stage = REFUSED_LATE[r.phase]
        reply = r.cell["reply_mail"] if stage == "MAIL" else r.verdict
        yield Expected("reject of the rule", r, "reject", stage, **RULED, **status(reply))
    for word in r.other:                     # of the client: said at once, before HELO
        silent = dict.fromkeys(("sender", "recipient", "helo"), [None])
        free = dict.fromkeys(("code", "dsn", "queue_id", "fate"), ANY)
        yield Expected("early " + word, r, word, "CONNECT", proto=["SMTP"], **silent, **free, **UNRULED)


# ------------------------------------------------------------------ comparing

def pair_up(expected, attempts, slack):
    """Each expected attempt gets the listed one that fits best; nearest in time among equals."""
    by_client = collections.defaultdict(list)
    for a in attempts:
        by_client[address(a["client_ip"]), a["action"]].append(a)
    pairs = []
    for i, e in enumerate(expected):
        for a in by_client[e.r.ip, e.action]:
            if e.r.begin - slack <= a["at"] <= e.r.end + 0.6:
                pairs.append((len(e.wrong(a)), abs(a["at"] - e.r.said), i, a["no"]))
    taken = set()
    for _, _, i, no in sorted(pairs):
        if expected[i].found is None and no not in taken:
            expected[i].found = attempts[no]
            taken.add(no)
    return taken


def judge_attempts(ledger, expected, attempts, slack):
    taken = pair_up(expected, attempts, slack)
    for e in expected:
        if not ledger.check(e.found, e.kind + " missing", "%s: %s[%s] <%s> to <%s>" % (
                e.r.place(), e.r.name, e.r.ip, e.r.sender, e.r.rcpt)):
            continue
        wrong = e.wrong(e.found)
        for f, good in e.fields.items():
            if good is not ANY:
                ledger.check(f not in wrong, "%s: %s" % (e.kind, f), "%s: %r, should be %s" % (
                    e.r.place(), e.found[f], "something" if good is SOME else " or ".join(map(repr, good))))
    for a in attempts:
        ledger.check(a["no"] in taken, a["action"] + " left over", "%s %s %s[%s] <%s> to <%s>" % (
            a["time"], a["stage"], a["client_name"], a["client_ip"], a["sender"], a["recipient"]))
        judge_alone(ledger, a)
    names = {e.found["rule"] for e in expected if e.found and e.fields.get("rule") is SOME}
    ledger.check(len(names) == 1, "rule", "one rule, these names: %s" % names)
    return names.pop() if len(names) == 1 else None


def judge_alone(ledger, a):
    """What must hold of any attempt, whatever happened."""
    warned = a["action"] in WARNING_ACTIONS
    ledger.check((a["fate"] in FATES) if warned else a["fate"] is None, "fate", "%s has %r" % (a["action"], a["fate"]))
    ledger.check(a["would_be_lost"] is (a["fate"] in LOST if warned else None), "would_be_lost",
                 "%s: %r with fate %s" % (a["time"], a["would_be_lost"], a["fate"]))
    ledger.check(a["may_return"] is not True or a["fate"] == "tempfailed", "may_return", "with fate %s" % a["fate"])


def judge_counts(ledger, mails, bounds, starts):
    for which, (what, lo_hi) in enumerate(zip(("warned mails", "lost mails"), bounds)):
        got = collections.Counter()
        for m in mails:
            if which == 0 or m["would_be_lost"] is True:
                past = [p for t, p in starts if t - 1.1 <= m["from"]]
                got[past[-1] if past else "before", fold(m["sender"])] += 1
        for key in sorted(set(lo_hi) | set(got)):
            lo, hi = lo_hi.get(key, (0, 0))
            ledger.check(lo <= got[key] <= hi, what, "%s from <%s>: %d listed, truth has %d to %d" % (*key, got[key], lo, hi))


def judge_agreement(ledger, mails, attempts, rule):
    """`list mails` against `list attempts`: the same mails seen from the other side."""
    warned = [a for a in attempts if a["rule"] == rule and a["action"] == "warn"]
    by_sender = collections.defaultdict(list)
    for m in mails:
        by_sender[fold(m["sender"])].append(m)
        m["warnings"] = []
    for a in warned:
        mine = [m for m in by_sender[fold(a["sender"])] if belongs(a, m)]
        where = "%s <%s> to <%s>" % (a["time"], a["sender"], a["recipient"])
        if ledger.check(mine, "attempt without a mail", where):
            same = [m for m in mine if fate_in(m, a) == a["fate"]]
            if ledger.check(same, "fates differ", "%s: attempt %s, mail %s" % (where, a["fate"], [fate_in(m, a) for m in mine])):
                for m in same:
                    m["warnings"].append(a)
    for m in mails:
        judge_mail(ledger, m)
    for sender, group in by_sender.items():
        lines = sum(fold(a["sender"]) == sender for a in warned)
        most = sum(fold(a["sender"]) == sender for a in attempts)
        ledger.check(lines <= sum(m["attempts"] for m in group) <= most, "attempts of the mails",
                     "<%s>: %d, but %d warnings and %d lines" % (sender, sum(m["attempts"] for m in group), lines, most))


def belongs(a, m):
    return (m["from"] <= a["at"] <= m["to"] and address(a["client_ip"]) in map(address, m["client_ips"])
            and (a["recipient"] is None or fold(a["recipient"]) in map(fold, (r["recipient"] for r in m["recipients"]))))


def fate_in(m, a):
    if a["recipient"] is None:
        return m["fate"]
    fates = [r["fate"] for r in m["recipients"] if fold(r["recipient"]) == fold(a["recipient"])]
    return fates[0] if fates else None


def judge_mail(ledger, m):
    where = "%s <%s>" % (m["first_time"], m["sender"])
    fates = [r["fate"] for r in m["recipients"] if r["fate"] is not None]
    ledger.check(m["recipients"] and len({r["recipient"] for r in m["recipients"]}) == len(m["recipients"]),
                 "recipients", "%s: none, or one of them twice" % where)
    ledger.check(all(f in FATES for f in fates) and m["fate"] in fates, "fate of a mail", "%s: %s of %s" % (where, m["fate"], fates))
    ledger.check(m["from"] <= m["to"], "times of a mail", where)
    ledger.check(m["transactions"] >= 1 and m["attempts"] >= 1, "transactions", "%s: %r" % (where, m["transactions"]))
    if not ledger.check(m["warnings"], "mail without a warning", where):
        return
    told = [a["fate"] for a in m["warnings"]]
    ledger.check(m["fate"] == best(told), "fate of a mail", "%s: %s, its warnings say %s" % (where, m["fate"], told))
    ledger.check(m["would_be_lost"] is (m["fate"] in LOST), "would_be_lost of a mail", "%s: %r with %s" % (
        where, m["would_be_lost"], m["fate"]))
    ids = {a["queue_id"] for a in m["warnings"]}
    ledger.check(m["queue_id"] in ids or m["transactions"] > 1, "queue_id of a mail", "%s: %r, its warnings say %s" % (where, m["queue_id"], ids))
    ledger.check(m["source"] in {a["source"] for a in m["warnings"]}, "source of a mail", where)


# ------------------------------------------------------------------ the account that ingest prints

NUMBER = r"(\d+(?:[ ,.'\u00a0\u202f]\d{3})*)"
ACCOUNT = ("lines", "understood", "not of interest", "not understood")


def figure(text, words):
    """`WORDS NUMBER` or `NUMBER WORDS` in what ingest prints."""
    for pattern in (r"(?:^|[\s,;(+=])%s[ :.]+%s\b", r"%s\s+%s\b"):
        order = (words, NUMBER) if "[ :.]+" in pattern else (NUMBER, words)
        for m in re.finditer(pattern % order, text, re.I | re.M):
            if not text[:m.start() + 1].rstrip().lower().endswith("not"):
                return int(re.sub(r"\D", "", m[1]))
    return None


def judge_account(ledger, text, log):
    with open(log, "rb") as f:
        lines = f.read().count(b"\n")
    n = {w: figure(text, w) for w in ACCOUNT}
    if ledger.check(None not in n.values(), "account", "ingest does not print %s" % ", ".join(w for w in n if n[w] is None)):
        ledger.check(n["lines"] == lines, "account", "%d lines read, the log has %d" % (n["lines"], lines))
        ledger.check(n["understood"] + n["not of interest"] + n["not understood"] == n["lines"], "account", "does not add up: %s" % n)
        ledger.check(n["not understood"] * 1000 <= lines, "account", "%d lines of a real log not understood" % n["not understood"])


# ------------------------------------------------------------------ running

class Program:
    def __init__(self, ledger, binary, db):
        self.ledger, self.call = ledger, [binary, "--db", db]

    def run(self, *words):
        p = subprocess.run(self.call + list(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.ledger.check(p.returncode == 0, "exit code", "%d of %s: %s" % (p.returncode, words, p.stderr.decode(errors="replace")))
        return p.stdout

    def lists(self):
        return [self.run("list", what, "--format", "jsonl") for what in ("attempts", "mails")]

    def ingest(self, log):
        said = self.run("ingest", log).decode("utf-8", "replace")
        return said, self.lists()


def objects(ledger, raw, fields, digits):
    """The JSON lines, if they keep to the contract's form."""
    out = []
    for no, line in enumerate(raw.decode("utf-8").splitlines()):
        o = json.loads(line)
        missing = [f for f in fields if f not in o]
        ledger.check(not missing, "fields", "line %d lacks %s" % (no + 1, missing))
        o.update(dict.fromkeys(missing), no=no)
        for f in ("time", "first_time", "last_time"):
            if f in o:
                ledger.check(re.fullmatch(r"[\d-]{10}T[\d:]{8}%sZ" % digits, o[f]), "time", "%s: %r" % (f, o[f]))
        out.append(o)
    return out


def judge(ledger, binary, log, truth):
    name = os.path.basename(log)
    whole_seconds = name in ("mail.log", "mail.postlog.log")
    rcpts, messages = read_truth(truth, name == "mail.postlog.log")
    bounds = read_twice(rcpts)
    with tempfile.TemporaryDirectory(prefix="judge.") as tmp:
        program = Program(ledger, binary, os.path.join(tmp, "db"))
        said, first = program.ingest(log)
        _, second = program.ingest(log)
    ledger.check(first == second, "second pass", "the lists have changed")
    digits = "" if whole_seconds else r"\.\d{6}"
    attempts = objects(ledger, first[0], ATTEMPT_FIELDS, digits)
    mails = objects(ledger, first[1], MAIL_FIELDS, digits)
    for a in attempts:
        a["at"] = seconds(a["time"])
    for m in mails:
        m["from"], m["to"] = seconds(m["first_time"]), seconds(m["last_time"])
    expected = [e for message in messages for e in expect(message)]
    if name == "mail.5424-default.log":      # this log has lost the daemon's name
        for e in expected:
            e.fields["service"] = [e.fields["service"][0], e.fields["service"][0].rpartition("/")[0], e.fields["service"][0].split("/")[0]]
    rule = judge_attempts(ledger, expected, attempts, 1.1 if whole_seconds else 0.3)
    ours = [m for m in mails if m["rule"] == rule]
    starts = sorted((min(r.begin for r in rcpts if r.phase == p), p) for p in {r.phase for r in rcpts})
    judge_counts(ledger, ours, bounds, starts)
    judge_agreement(ledger, ours, attempts, rule)
    judge_account(ledger, said, log)
    print("%s: %d attempts of %d, %d mails of the rule; %d fates with two readings" % (
        name, len(attempts), len(expected), len(ours), sum(len(r.fates) > 1 for r in rcpts if r.ours)))


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.stdout.reconfigure(errors="backslashreplace")
    os.environ["TZ"] = "UTC"
    ledger = Ledger()
    judge(ledger, *sys.argv[1:])
    return ledger.close()


if __name__ == "__main__":
    sys.exit(main())
